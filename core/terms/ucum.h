/*
 * Whether a text is a UCUM unit: the grammar of the specification (case sensitive form) over the atoms that clinical
 * data uses. Pure.
 */
#ifndef TERMS_UCUM_H
#define TERMS_UCUM_H

#include <dragoman/base.h>

/* The longest unit that is looked at: the longest in UCUM's own example list has 40 characters. */
#define UCUM_BYTES_MAX 64u
/* Parentheses within parentheses; real units have one pair. */
#define UCUM_DEPTH_MAX 8u

/* True for a valid unit made of known atoms. False may also mean an atom that is rare: the unit is then kept as text.
 */
bool ucum_is_valid(dragoman_bytes unit);

#endif

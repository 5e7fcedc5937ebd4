/*
 * Bytes as hexadecimal text, for protocols that are not text. For tests.
 */
#ifndef KIT_HEX_H
#define KIT_HEX_H

#include "base/buffer.h"

/* Appends the bytes that `text` spells: pairs of hexadecimal digits, with anything else between them. A lone digit is
 * left out. */
void hex_read(const char *text, buffer *to);
/* Appends two digits for each byte, without blanks. */
void hex_write(dragoman_bytes bytes, buffer *to);

#endif

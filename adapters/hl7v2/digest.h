/*
 * A 64-bit hash of bytes, for telling a message that is sent again from one that is new. Its values are kept in stores:
 * they never change. It is no protection against somebody who wants two messages to look alike.
 */
#ifndef HL7V2_DIGEST_H
#define HL7V2_DIGEST_H

#include <dragoman/base.h>

/* XXH64 of the bytes with `seed`. */
uint64_t hl7v2_digest(dragoman_bytes bytes, uint64_t seed);

#endif

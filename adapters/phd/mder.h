/*
 * Medical Device Encoding Rules (IEEE 11073-20601 Annex F): big endian, checked reading and bounded writing.
 *
 * A reader never looks beyond its bytes: what is missing reads as 0 and makes it `failed`. So a whole structure is read
 * first and the failure asked for once. Slices are borrowed from the bytes that are read.
 */
#ifndef PHD_MDER_H
#define PHD_MDER_H

#include <dragoman/base.h>

typedef struct phd_reader {
    const uint8_t *at;
    size_t left;
    bool failed; /* something was to be read that is not there */
} phd_reader;

/* Begins to read. */
phd_reader phd_read(dragoman_bytes bytes);
/* The next INT-U8. */
uint8_t phd_u8(phd_reader *reader);
/* The next INT-U16. */
uint16_t phd_u16(phd_reader *reader);
/* The next INT-U32. */
uint32_t phd_u32(phd_reader *reader);
/* The next OCTET STRING (SIZE(8)) as a number. */
uint64_t phd_u64(phd_reader *reader);
/* The next `size` bytes. */
dragoman_bytes phd_take(phd_reader *reader, size_t size);
/* OCTET STRING, ANY DEFINED BY: a length and its bytes. */
dragoman_bytes phd_octets(phd_reader *reader);
/* SEQUENCE OF: a count, a length, and a reader over the elements. */
phd_reader phd_list(phd_reader *reader, uint16_t *ret_count);
/* Whether everything was there and nothing is left. */
bool phd_is_done(const phd_reader *reader);
/* Everything that is left, without reading it. */
dragoman_bytes phd_rest(const phd_reader *reader);

typedef struct phd_writer {
    uint8_t *data;
    size_t size;
    size_t room;
} phd_writer;

/* Appends an INT-U8. Here and below, what does not fit is left out: the caller gives room enough for what it writes. */
void phd_put_u8(phd_writer *writer, uint8_t value);
/* Appends an INT-U16. */
void phd_put_u16(phd_writer *writer, uint32_t value);
/* Appends an INT-U32. */
void phd_put_u32(phd_writer *writer, uint32_t value);
/* Appends bytes as they are. */
void phd_put_bytes(phd_writer *writer, dragoman_bytes bytes);
/* Reserves a length; returns its place for phd_close_length, which fills in how much was written since. */
size_t phd_open_length(phd_writer *writer);
/* Fills in a length that phd_open_length reserved. */
void phd_close_length(phd_writer *writer, size_t place);

#endif

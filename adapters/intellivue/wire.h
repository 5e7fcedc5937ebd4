/*
 * Reading and writing the data types of the guide's "Data Types" section: big-endian integers, and lists that begin
 * with a count and the length of what follows.
 *
 * A reader never looks beyond its end: a read that does not fit gives zeros and sets has_failed, which stays set. So a
 * structure is read to its end, and looked at once.
 */
#ifndef INTELLIVUE_WIRE_H
#define INTELLIVUE_WIRE_H

#include <dragoman/base.h>

typedef struct intellivue_reader {
    const uint8_t *at;
    size_t left;
    bool has_failed;
} intellivue_reader;

/* A reader over `bytes`, which must outlive it. */
static inline intellivue_reader intellivue_reader_of(dragoman_bytes bytes) {
    return (intellivue_reader){bytes.data, bytes.size, false};
}

/* The next `size` bytes; an empty slice when there are fewer. */
dragoman_bytes intellivue_read_bytes(intellivue_reader *reader, size_t size);
/* u_8. */
uint8_t intellivue_read_u8(intellivue_reader *reader);
/* u_16. */
uint16_t intellivue_read_u16(intellivue_reader *reader);
/* u_32. */
uint32_t intellivue_read_u32(intellivue_reader *reader);
/* A reader over the next `size` bytes; it has failed when there are fewer. */
intellivue_reader intellivue_read_part(intellivue_reader *reader, size_t size);
/* { u_16 length; value[length] }: VariableLabel, String and the like. */
dragoman_bytes intellivue_read_sized(intellivue_reader *reader);
/* { u_16 count; u_16 length; value[] }: gives a reader over the values and their count. */
intellivue_reader intellivue_read_list(intellivue_reader *reader, uint16_t *ret_count);
/* Whether everything was read and all of it was there. */
static inline bool intellivue_reader_is_done(const intellivue_reader *reader) {
    return !reader->has_failed && reader->left == 0;
}

/* Writes into a buffer that is large enough by design; has_failed when it was not. */
typedef struct intellivue_writer {
    uint8_t *data;
    size_t size;
    size_t capacity;
    bool has_failed;
} intellivue_writer;

/* Appends bytes. */
void intellivue_write_bytes(intellivue_writer *writer, const uint8_t *data, size_t size);
/* Appends a u_8. */
void intellivue_write_u8(intellivue_writer *writer, uint8_t value);
/* Appends a u_16. */
void intellivue_write_u16(intellivue_writer *writer, uint16_t value);
/* Appends a u_32. */
void intellivue_write_u32(intellivue_writer *writer, uint32_t value);
/* Leaves room for a u_16 length and returns its place. */
size_t intellivue_write_later(intellivue_writer *writer);
/* Fills in how many bytes followed a length's place. */
void intellivue_write_length(intellivue_writer *writer, size_t place);

#endif

/*
 * What a frame informs of: blocks of time, address, parameter and value, separated by RS.
 */
#ifndef BCC_BLOCK_H
#define BCC_BLOCK_H

#include <dragoman/report.h>

typedef struct bcc_block {
    dragoman_bytes address;
    dragoman_bytes parameter;
    dragoman_bytes value; /* a comma in it is its own */
} bcc_block;

typedef enum bcc_block_outcome {
    BCC_BLOCK_READ = 1,
    BCC_BLOCK_BAD = 2, /* it has not the form of one, and was passed over */
    BCC_BLOCK_NONE = 3,
} bcc_block_outcome;

/* Cuts the next block off `information`. */
bcc_block_outcome bcc_block_next(dragoman_bytes *information, bcc_block *ret_block);
/* Whether two texts are the same. */
bool bcc_is_same(dragoman_bytes one, dragoman_bytes other);
/* Reads "12.50" as it is written. False: it is no number, or one with a zero before it that would get lost ("00051").
 */
bool bcc_number_read(dragoman_bytes text, dragoman_decimal *ret_number);

#endif

/*
 * All that may ever be said to a rack of pumps: two requests, and the sign that a frame arrived. What a request asks
 * is a constant. The bed's name before it is the only thing that is not: it is taken over character by character from a
 * closed alphabet, letters, digits, '-' and '_', in which nothing ends the name and nothing else can be said.
 */
#ifndef BCC_REQUEST_H
#define BCC_REQUEST_H

#include "limits.h"
#include <dragoman/base.h>

typedef enum bcc_request {
    BCC_REQUEST_ALIVE = 0,
    BCC_REQUEST_ALL = 1, /* every value of every pump */
    BCC_REQUESTS = 2,
} bcc_request;

typedef struct bcc_bed {
    uint8_t size;
    uint8_t name[BCC_BED_MOST];
} bcc_bed;

/* Takes over a bed's name, up to the first '/'. False: it is empty, too long, or has a character that is not of the
 * alphabet; nothing was taken over then. */
bool bcc_bed_read(dragoman_bytes text, bcc_bed *ret_bed);
/* Writes the frame of a request to `bed`. Returns its size, at most BCC_REQUEST_MOST. */
size_t bcc_request_write(bcc_request request, const bcc_bed *bed, bool is_stuffed, uint8_t to[BCC_REQUEST_MOST]);
/* The sign that a frame arrived. */
dragoman_bytes bcc_acknowledgement(void);

#endif

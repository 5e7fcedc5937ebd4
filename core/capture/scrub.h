/*
 * Takes out of a capture what may tell who a patient is. What is not known to be harmless is masked: known are the
 * kinds of records, the lengths and the time between them, and what the caller lists.
 *
 * A letter becomes x, a digit 9, any other byte '.'; hosts become addresses of the documentation's nets (RFC 5737), the
 * same host the same address; the first record comes on 1 January 2000. One thread.
 */
#ifndef CAPTURE_SCRUB_H
#define CAPTURE_SCRUB_H

#include "capture/capture.h"

/* Sequences of bytes that may stay. */
#define SCRUB_KEPT_MAX 256u
/* Different hosts of one capture: the documentation's three nets have 254 each, and a ward has fewer devices. */
#define SCRUB_HOSTS_MAX 762u

typedef struct scrub_options {
    dragoman_bytes kept[SCRUB_KEPT_MAX]; /* none is empty; the longest that fits counts */
    uint32_t kept_count;
    /* Whether the value of a setting of the adapter may stay: numbers and choices. NULL: none may. */
    bool (*may_keep_setting)(void *context, dragoman_bytes key);
    void *context;
} scrub_options;

typedef struct scrub scrub;

/* Begins to scrub a capture; the header is changed in place: what is not known is taken out of its facts. What
 * `options` points to must outlive it. NULL: no memory. */
scrub *scrub_create(const scrub_options *options, capture_header *header);
/* Frees it. NULL is allowed. */
void scrub_destroy(scrub *self);
/* Changes a record in place; its parts then lie in memory that lives until the next call. False: it is of a kind that
 * nobody knows and must be left out. NO_MEMORY leaves it out, too, and is told by scrub_has_failed. */
bool scrub_record(scrub *self, capture_record *record);
/* Whether there was no memory, or there were more hosts than SCRUB_HOSTS_MAX. */
bool scrub_has_failed(const scrub *self);
/* Bytes that were masked. */
uint64_t scrub_masked(const scrub *self);
/* Bytes that were left as they were. */
uint64_t scrub_kept(const scrub *self);

#endif

/*
 * One of the ward's devices with its cable: what happens to it by chance, and when. On the house's loop.
 */
#ifndef WARD24_BEDSIDE_H
#define WARD24_BEDSIDE_H

#include "ward24/cable.h"
#include "ward24/said.h"

#define BEDSIDE_KINDS 7u
/* How long after the end of a fault a link may need: two minutes, the longest pause between two tries to connect and
 * that between two questions to a device which did not answer, and then the device must say something. */
#define BEDSIDE_BACK_US 150000000

/* What is done to it, and how often it was. */
typedef enum bedside_fault {
    BEDSIDE_UNPLUGGED = 0, /* the cable is out for 1 s to 3 minutes */
    BEDSIDE_BROKEN,        /* the connection ends in the middle of a word */
    BEDSIDE_REBOOTED,      /* off for 5 s to a minute; all that it knew is gone */
    BEDSIDE_CLOCK_SET,     /* goes on at once with a clock that is wrong by days, an hour back, an hour ahead, right */
    BEDSIDE_FAULTS,
} bedside_fault;

typedef struct bedside bedside;

typedef struct bedside_options {
    uint32_t kind;      /* 0 to BEDSIDE_KINDS - 1 */
    uint16_t link_port; /* where the link listens; 0: it connects, or is a serial port */
    const char *folder; /* where serial ports appear */
    uint64_t seed;
} bedside_options;

/* The name of a kind's link. Static. */
const char *bedside_name(uint32_t kind);
/* Appends the kind's entry in the list of links of the site file. `number` is a port that is free. */
void bedside_write_link(uint32_t kind, uint16_t number, const char *folder, buffer *to);
/* A port of 127.0.0.1 that nobody has now, of the kind's sort. Ends the program when there is none. */
uint16_t bedside_free_port(uint32_t kind);
/* Whether the house's link listens. */
bool bedside_is_called(uint32_t kind);

/* Makes a device that is on and plugged in. `number` as in bedside_write_link. NULL: no memory, or a port cannot be
 * had.
 */
bedside *bedside_create(loop *on, const bedside_options *options, uint16_t number);
/* Ends it. NULL is allowed. */
void bedside_destroy(bedside *self);

/* Since when it is on and plugged in; INT64_MAX: it is not. Monotonic. */
int64_t bedside_whole_since_us(const bedside *self);
/* When something happened to it last: a fault's beginning or end, noise. Monotonic. */
int64_t bedside_troubled_at_us(const bedside *self);
/* How often each fault happened, and faults of noise. */
uint64_t bedside_fault_count(const bedside *self, bedside_fault fault);
uint64_t bedside_noise_count(const bedside *self);
/* Whether it said this number lately; true too where its numbers are not looked at. */
bool bedside_said(const bedside *self, dragoman_decimal number);

#endif

/*
 * What is known of the oximeter, and the report of each second: values, wave, conditions as alerts. Everything goes out
 * with our names for the fields of the protocol; what they mean is the profile's.
 */
#ifndef CONTEC_OXIMETER_H
#define CONTEC_OXIMETER_H

#include "packet.h"
#include <dragoman/adapter.h>

/* Coding systems of ours for the fields and bits. */
#define CONTEC_SYSTEM_VALUE "urn:dragoman:contec:value"
#define CONTEC_SYSTEM_WAVE "urn:dragoman:contec:wave"
#define CONTEC_SYSTEM_ALERT "urn:dragoman:contec:alert"

/* Packets of a report: a second. Each carries all values; a report of each would say the same sixty times. */
#define CONTEC_BLOCK 60u
/* Conditions that are told as alerts. */
#define CONTEC_CONDITIONS 4u

typedef struct contec_oximeter {
    const dragoman_host *host;
    void *context;
    bool is_v7;
    uint32_t count; /* packets since the last report */
    contec_moment last;
    int16_t wave[CONTEC_BLOCK];
    bool was_there[CONTEC_CONDITIONS];   /* in one of these packets */
    int64_t since_us[CONTEC_CONDITIONS]; /* our wall clock when a condition was first seen; 0: it is not there */
    bool tells_again;                    /* after a break the conditions that are still there are told again */
    uint8_t id[CONTEC_DATA_MOST];
    uint8_t id_size; /* 0: not known */
} contec_oximeter;

/* Another device may be at the end of the line. */
void contec_oximeter_begin(contec_oximeter *self);
/* Takes a packet; a full block is told. What emit said, or NO_MEMORY. */
dragoman_status contec_oximeter_take(contec_oximeter *self, const contec_packet *packet, const dragoman_now *now);
/* Tells what came since the last report, so that no gap lies inside a block. */
dragoman_status contec_oximeter_tell(contec_oximeter *self, const dragoman_now *now);

/* Fills `alerts` with what began, goes on or ended with this block. Returns how many. */
uint32_t contec_alerts(contec_oximeter *self, const dragoman_now *now, dragoman_code *codings, uint8_t *texts,
                       dragoman_alert *alerts);
/* Notes which conditions a packet shows. */
void contec_alerts_note(contec_oximeter *self, const contec_moment *moment);
/* Room that each alert takes of `texts`. */
#define CONTEC_ALERT_TEXT 64u

#endif

/*
 * What is known of the oximeter, and the report that is made of a packet: values in all their variants, the wave,
 * conditions as alerts. Everything goes out with Nonin's own names; what they mean is the profile's.
 */
#ifndef NONIN_OXIMETER_H
#define NONIN_OXIMETER_H

#include "packet.h"
#include <dragoman/adapter.h>

/* Coding systems of ours for the names of the format definitions. */
#define NONIN_SYSTEM_VALUE "urn:dragoman:nonin:value"
#define NONIN_SYSTEM_WAVE "urn:dragoman:nonin:wave"
#define NONIN_SYSTEM_PERFUSION "urn:dragoman:nonin:perfusion"
#define NONIN_SYSTEM_ALERT "urn:dragoman:nonin:alert"

/* Conditions that are told as alerts. */
#define NONIN_CONDITIONS 4u

typedef struct nonin_oximeter {
    const dragoman_host *host;
    void *context;
    int64_t since_us[NONIN_CONDITIONS]; /* our wall clock when a condition was first seen; 0: it is not there */
    bool tells_again;                   /* after a break the conditions that are still there are told again */
} nonin_oximeter;

/* Emits a packet's report. NO_MEMORY, or what emit said. */
dragoman_status nonin_oximeter_tell(nonin_oximeter *self, const nonin_packet *packet, const dragoman_now *now);

/* Fills `alerts` with what began, goes on or ended since the packet before. */
uint32_t nonin_alerts(nonin_oximeter *self, const nonin_packet *packet, const dragoman_now *now, dragoman_code *codings,
                      uint8_t *texts, dragoman_alert *alerts);
/* Room that each alert takes of `texts`. */
#define NONIN_ALERT_TEXT 64u

#endif

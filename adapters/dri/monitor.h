/*
 * What is known of the monitor at the other end, and the reports that are made of what it sends: values, means, waves
 * and alarms. Everything goes out under the names of the record specification; what they mean is the profile's.
 */
#ifndef DRI_MONITOR_H
#define DRI_MONITOR_H

#include "record.h"
#include <dragoman/adapter.h>

/* Coding systems of ours for the names of the record specification. */
#define DRI_SYSTEM_DISPLAYED "urn:dragoman:dri:displayed"
#define DRI_SYSTEM_MEAN_10 "urn:dragoman:dri:mean-10s"
#define DRI_SYSTEM_MEAN_60 "urn:dragoman:dri:mean-60s"
#define DRI_SYSTEM_WAVE "urn:dragoman:dri:wave"
#define DRI_SYSTEM_ALARM "urn:dragoman:dri:alarm"

/* Kinds of subrecords of physiological data. */
#define DRI_KIND_DISPLAYED 1u
#define DRI_KIND_MEAN_10 2u
#define DRI_KIND_MEAN_60 3u
#define DRI_KIND_AUXILIARY 4u
/* The kind of the subrecord that holds alarms. */
#define DRI_KIND_ALARMS 1u

/* One alarm as the monitor shows it. */
typedef struct dri_alarm {
    uint8_t text[DRI_ALARM_UTF8];
    uint8_t size; /* 0: none */
    uint8_t color;
    int64_t since_us; /* our wall clock when it was first seen; names it */
} dri_alarm;

typedef struct dri_monitor {
    const dragoman_host *host;
    void *context;
    uint8_t level;
    uint32_t cuff_time; /* of the monitor's clock, seconds since 1970; 0: not known */
    uint32_t output_time;
    uint32_t wedge_time;
    dri_alarm alarms[DRI_ALARMS];
    uint32_t alarm_count;
    uint32_t inactivation;
    bool tells_again; /* after a break the alarms that are still there are told again */
} dri_monitor;

/* A new connection: standing alarms are told again, old times are forgotten. */
void dri_monitor_begin(dri_monitor *monitor);
/* Takes a subrecord of displayed values or means. INVALID: it is too short. NO_MEMORY or what emit said. */
dragoman_status dri_monitor_values(dri_monitor *monitor, const dri_subrecord *subrecord);
/* Takes the times of measurements that are made now and then. INVALID: it is too short. */
dragoman_status dri_monitor_auxiliary(dri_monitor *monitor, const dri_subrecord *subrecord);
/* Takes a wave. INVALID: it says that it is longer than it is. UNSUPPORTED: a kind whose scale nobody states surely. */
dragoman_status dri_monitor_wave(dri_monitor *monitor, const dri_subrecord *subrecord);
/* Takes the alarms that are shown, and tells what began, changed and ended. INVALID: it is too short. */
dragoman_status dri_monitor_alarms(dri_monitor *monitor, const dri_subrecord *subrecord, const dragoman_now *now);
/* Emits a report of this monitor with the lists of `report`. */
dragoman_status dri_monitor_emit(dri_monitor *monitor, const dragoman_report *report);

#endif

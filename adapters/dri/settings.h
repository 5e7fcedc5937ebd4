/*
 * What a site may say of a link: what the monitor is asked for, and how often.
 */
#ifndef DRI_SETTINGS_H
#define DRI_SETTINGS_H

#include "limits.h"
#include <dragoman/adapter.h>

typedef struct dri_settings {
    int64_t displayed_every_us;
    int64_t alarms_every_us;
    bool has_mean_10;
    bool has_mean_60;
    uint8_t waves[DRI_WAVES]; /* their kinds */
    uint32_t wave_count;
} dri_settings;

extern const dragoman_setting_rule dri_setting_rules[];
#define DRI_SETTING_RULES 4u

/* Reads what the host checked. INVALID: a wave has no such name, or they are too many for the line; the log says so. */
dragoman_status dri_settings_read(const dragoman_host *host, void *context, const dragoman_start *start,
                                  dri_settings *ret_settings);

#endif

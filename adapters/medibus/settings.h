/*
 * What a site may say of a link.
 */
#ifndef MEDIBUS_SETTINGS_H
#define MEDIBUS_SETTINGS_H

#include "limits.h"
#include <dragoman/adapter.h>

/* One curve that the site wants. */
typedef struct medibus_wanted_curve {
    uint8_t code;
    uint8_t every;
} medibus_wanted_curve;

/* A response that the device shall fill with some codes only: the argument of the configuration command. */
typedef struct medibus_only {
    uint8_t argument[MEDIBUS_ONLY_TEXT];
    uint8_t size;
} medibus_only;

typedef struct medibus_settings {
    int64_t measured_every_us;
    int64_t alarms_every_us;
    int64_t limits_every_us;
    int64_t settings_every_us;
    int64_t clock_every_us;
    uint32_t high_from;   /* 0: not said */
    uint32_t medium_from; /* 0: not said */
    bool is_of_profile;   /* the two above are not the link's */
    uint32_t curve_count;
    uint32_t only_count;
    medibus_wanted_curve curves[MEDIBUS_STREAMS];
    medibus_only only[MEDIBUS_ONLY_MOST];
} medibus_settings;

extern const dragoman_setting_rule medibus_setting_rules[];
#define MEDIBUS_SETTING_RULES 9u

/* Reads what the host checked. INVALID: a curve or code is not of its form; the log says which key. */
dragoman_status medibus_settings_read(const dragoman_host *host, void *context, const dragoman_start *start,
                                      medibus_settings *ret_settings);

/* Fills what the link does not say with what the profile says that speaks for the device `name`. */
void medibus_settings_complete(medibus_settings *settings, const dragoman_host *host, void *context,
                               dragoman_bytes name);

#endif

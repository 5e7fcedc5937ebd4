#include "settings.h"
#include <string.h>

#define HOUR_MS 3600000
#define VALUES_MS 10000

const dragoman_setting_rule bcc_setting_rules[BCC_SETTING_RULES] = {
    {.key = "values_every",
     .summary = "How often all pumps are asked for; at least 5 s.",
     .default_value = "10s",
     .minimum = BCC_INTERVAL_LEAST_MS,
     .maximum = HOUR_MS,
     .type = DRAGOMAN_SETTING_DURATION},
    {.key = "stuffing",
     .summary = "Whether the rack doubles the letters D and E, which is a setting there too.",
     .default_value = "true",
     .type = DRAGOMAN_SETTING_BOOLEAN},
    {.key = "bed",
     .summary = "The bed's name for requests, if it is not the one that the rack tells: letters, digits, - and _.",
     .type = DRAGOMAN_SETTING_TEXT},
};

static bool is_false(dragoman_bytes value) {
    return value.size == 5 && memcmp(value.data, "false", 5) == 0;
}

static int64_t milliseconds_of(dragoman_bytes value) {
    int64_t number = 0;
    for (size_t n = 0; n < value.size && n < 12; n++) {
        if (value.data[n] < '0' || value.data[n] > '9') {
            return VALUES_MS;
        }
        number = number * 10 + (value.data[n] - '0');
    }
    return number >= BCC_INTERVAL_LEAST_MS ? number : VALUES_MS;
}

dragoman_status bcc_settings_read(const dragoman_host *host, void *context, const dragoman_start *start,
                                  bcc_settings *ret_settings) {
    dragoman_bytes bed = dragoman_setting_find(start, DRAGOMAN_TEXT("bed"));
    *ret_settings = (bcc_settings){
        .every_us = milliseconds_of(dragoman_setting_find(start, DRAGOMAN_TEXT("values_every"))) * 1000,
        .is_stuffed = !is_false(dragoman_setting_find(start, DRAGOMAN_TEXT("stuffing"))),
        .has_bed = bed.size > 0,
        .bed = {.size = 1, .name = "1"},
    };
    bool has_slash = bed.size > 0 && memchr(bed.data, '/', bed.size) != NULL;
    if (bed.size > 0 && (has_slash || !bcc_bed_read(bed, &ret_settings->bed))) {
        host->log(context, DRAGOMAN_LOG_ERROR, DRAGOMAN_TEXT("bed: at most 32 letters, digits, - and _ are expected"),
                  (dragoman_bytes){NULL, 0});
        return DRAGOMAN_INVALID;
    }
    return DRAGOMAN_OK;
}

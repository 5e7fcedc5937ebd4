#include "settings.h"

#define HOUR_MS 3600000
#define VALUES_MS 5000
#define DETAILS_MS 60000

const dragoman_setting_rule asena_setting_rules[ASENA_SETTING_RULES] = {
    {.key = "values_every",
     .summary = "How often rate, volume, pressure and alarm are asked for.",
     .default_value = "5s",
     .minimum = 1000,
     .maximum = HOUR_MS,
     .type = DRAGOMAN_SETTING_DURATION},
    {.key = "details_every",
     .summary = "How often serial number, protocol and syringe are asked for.",
     .default_value = "1m",
     .minimum = 1000,
     .maximum = HOUR_MS,
     .type = DRAGOMAN_SETTING_DURATION},
};

static int64_t microseconds_of(const dragoman_start *start, dragoman_bytes key, int64_t otherwise_ms) {
    dragoman_bytes value = dragoman_setting_find(start, key);
    int64_t number = 0;
    for (size_t n = 0; n < value.size && n < 12; n++) {
        if (value.data[n] < '0' || value.data[n] > '9') {
            return otherwise_ms * 1000;
        }
        number = number * 10 + (value.data[n] - '0');
    }
    return (number > 0 ? number : otherwise_ms) * 1000;
}

void asena_settings_read(const dragoman_start *start, int64_t ret_every_us[ASENA_QUERIES]) {
    int64_t values_us = microseconds_of(start, DRAGOMAN_TEXT("values_every"), VALUES_MS);
    int64_t details_us = microseconds_of(start, DRAGOMAN_TEXT("details_every"), DETAILS_MS);
    ret_every_us[ASENA_QUERY_SERIAL] = details_us;
    ret_every_us[ASENA_QUERY_PROTOCOL] = details_us;
    ret_every_us[ASENA_QUERY_SYRINGE] = details_us;
    ret_every_us[ASENA_QUERY_INFUSION] = values_us;
    ret_every_us[ASENA_QUERY_VOLUME_TO_INFUSE] = values_us;
    ret_every_us[ASENA_QUERY_ALARM] = values_us;
}

#include "settings.h"
#include "waves.h"
#include <string.h>

#define HOUR_MS 3600000
#define DISPLAYED_MS 10000
#define ALARMS_MS 60000

const dragoman_setting_rule dri_setting_rules[DRI_SETTING_RULES] = {
    {.key = "displayed_every",
     .summary = "How often the values on the screen are sent; at least 5 s.",
     .default_value = "10s",
     .minimum = DRI_INTERVAL_LEAST_MS,
     .maximum = HOUR_MS,
     .type = DRAGOMAN_SETTING_DURATION},
    {.key = "alarms_every",
     .summary = "How often all alarms are asked for; changes come at once.",
     .default_value = "1m",
     .minimum = DRI_INTERVAL_LEAST_MS,
     .maximum = HOUR_MS,
     .type = DRAGOMAN_SETTING_DURATION},
    {.key = "means",
     .summary = "Means that are sent too, when a case was started at the monitor: of 10 s, of 60 s, or both.",
     .default_value = "none",
     .choices = "none 10s 60s both",
     .type = DRAGOMAN_SETTING_CHOICE},
    {.key = "waves",
     .summary = "Waves, at most 8 and 600 samples a second: ECG1 PLETH INVP1 CO2 AWP RESP EEG1 ENT and their like.",
     .type = DRAGOMAN_SETTING_TEXT,
     .is_list = 1},
};

static bool is_text(dragoman_bytes one, const char *other) {
    return one.size == strlen(other) && memcmp(one.data, other, one.size) == 0;
}

static int64_t milliseconds_of(const dragoman_start *start, dragoman_bytes key, int64_t otherwise) {
    dragoman_bytes value = dragoman_setting_find(start, key);
    int64_t number = 0;
    for (size_t n = 0; n < value.size && n < 12; n++) {
        if (value.data[n] < '0' || value.data[n] > '9') {
            return otherwise;
        }
        number = number * 10 + (value.data[n] - '0');
    }
    return number >= DRI_INTERVAL_LEAST_MS ? number : otherwise;
}

/* The word up to a comma or blank; it and what ended it are cut off. */
static bool cut_word(dragoman_bytes *text, dragoman_bytes *ret_word) {
    while (text->size > 0 && (text->data[0] == ' ' || text->data[0] == ',')) {
        text->data++;
        text->size--;
    }
    size_t size = 0;
    while (size < text->size && text->data[size] != ' ' && text->data[size] != ',') {
        size++;
    }
    *ret_word = (dragoman_bytes){text->data, size};
    text->data += size;
    text->size -= size;
    return size > 0;
}

static bool add_waves(dragoman_bytes text, dri_settings *settings, uint32_t *rate) {
    dragoman_bytes word;
    while (cut_word(&text, &word)) {
        const dri_wave *wave = dri_wave_named(word);
        if (wave == NULL || settings->wave_count == DRI_WAVES || *rate + wave->rate > DRI_WAVE_RATE) {
            return false;
        }
        *rate += wave->rate;
        settings->waves[settings->wave_count++] = wave->kind;
    }
    return true;
}

dragoman_status dri_settings_read(const dragoman_host *host, void *context, const dragoman_start *start,
                                  dri_settings *ret_settings) {
    dragoman_bytes means = dragoman_setting_find(start, DRAGOMAN_TEXT("means"));
    uint32_t rate = 0;
    *ret_settings = (dri_settings){
        .displayed_every_us = milliseconds_of(start, DRAGOMAN_TEXT("displayed_every"), DISPLAYED_MS) * 1000,
        .alarms_every_us = milliseconds_of(start, DRAGOMAN_TEXT("alarms_every"), ALARMS_MS) * 1000,
        .has_mean_10 = is_text(means, "10s") || is_text(means, "both"),
        .has_mean_60 = is_text(means, "60s") || is_text(means, "both"),
    };
    for (uint32_t n = 0; n < start->settings.count; n++) {
        const dragoman_setting *setting = (const dragoman_setting *)dragoman_list_at(&start->settings, n);
        if (is_text(setting->key, "waves") && !add_waves(setting->value, ret_settings, &rate)) {
            host->log(context, DRAGOMAN_LOG_ERROR,
                      DRAGOMAN_TEXT("waves: at most 8 names like ECG1 or PLETH are expected, of at most 600 samples a "
                                    "second together"),
                      (dragoman_bytes){NULL, 0});
            return DRAGOMAN_INVALID;
        }
    }
    return DRAGOMAN_OK;
}

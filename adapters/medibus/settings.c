#include "settings.h"
#include "code.h"
#include <string.h>

#define DAY_MS 86400000

const dragoman_setting_rule medibus_setting_rules[MEDIBUS_SETTING_RULES] = {
    {.key = "measured_every",
     .summary = "How often measured data are asked for.",
     .default_value = "2s",
     .minimum = 500,
     .maximum = DAY_MS,
     .type = DRAGOMAN_SETTING_DURATION},
    {.key = "alarms_every",
     .summary = "How often alarms are asked for.",
     .default_value = "2s",
     .minimum = 500,
     .maximum = DAY_MS,
     .type = DRAGOMAN_SETTING_DURATION},
    {.key = "limits_every",
     .summary = "How often alarm limits are asked for; measured values carry them.",
     .default_value = "1m",
     .minimum = 500,
     .maximum = DAY_MS,
     .type = DRAGOMAN_SETTING_DURATION},
    {.key = "settings_every",
     .summary = "How often device settings and text messages are asked for.",
     .default_value = "30s",
     .minimum = 500,
     .maximum = DAY_MS,
     .type = DRAGOMAN_SETTING_DURATION},
    {.key = "clock_every",
     .summary = "How often the device's date and time are asked for.",
     .default_value = "10m",
     .minimum = 500,
     .maximum = DAY_MS,
     .type = DRAGOMAN_SETTING_DURATION},
    {.key = "curves",
     .summary = "Realtime curves, at most 12: their codes as 00, or 00:2 for every second value.",
     .type = DRAGOMAN_SETTING_TEXT,
     .is_list = 1},
    {.key = "only",
     .summary =
         "Asks a device to fill a response with some codes only: 24:EB,E1 is response 24 with the codes EB and E1.",
     .type = DRAGOMAN_SETTING_TEXT,
     .is_list = 1},
    {.key = "high_from",
     .summary = "Alarms are of high priority from this number on (1 to 31); without it no priority is stated.",
     .minimum = 1,
     .maximum = 31,
     .type = DRAGOMAN_SETTING_INTEGER},
    {.key = "medium_from",
     .summary = "Alarms are of medium priority from this number on, and below it of low; only with high_from.",
     .minimum = 1,
     .maximum = 31,
     .type = DRAGOMAN_SETTING_INTEGER},
};

static int64_t read_number(dragoman_bytes value, int64_t otherwise) {
    int64_t number = 0;
    for (size_t n = 0; n < value.size && n < 12; n++) {
        if (value.data[n] < '0' || value.data[n] > '9') {
            return otherwise;
        }
        number = number * 10 + (value.data[n] - '0');
    }
    return value.size > 0 && number > 0 ? number : otherwise;
}

static int64_t number_of(const dragoman_start *start, dragoman_bytes key, int64_t otherwise) {
    return read_number(dragoman_setting_find(start, key), otherwise);
}

static bool is_key(const dragoman_setting *setting, const char *key) {
    return setting->key.size == strlen(key) && memcmp(setting->key.data, key, setting->key.size) == 0;
}

/* The text up to a comma or blank; it and what ended it are cut off. */
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

static bool read_code(dragoman_bytes word, uint8_t *ret_code) {
    uint32_t code = 0;
    if (word.size != 2 || !medibus_hex(word.data, 2, &code)) {
        return false;
    }
    *ret_code = (uint8_t)code;
    return true;
}

/* "00" or "00:2". */
static bool read_curve(dragoman_bytes word, medibus_wanted_curve *ret_curve) {
    *ret_curve = (medibus_wanted_curve){.every = 1};
    if (word.size == 2) {
        return read_code(word, &ret_curve->code);
    }
    uint32_t every = 0;
    for (size_t n = 3; n < word.size; n++) {
        if (word.data[n] < '0' || word.data[n] > '9' || every > 25) {
            return false;
        }
        every = every * 10 + (uint32_t)(word.data[n] - '0');
    }
    ret_curve->every = (uint8_t)every;
    return word.size > 3 && word.data[2] == ':' && every >= 1 && every <= 255 &&
           read_code((dragoman_bytes){word.data, 2}, &ret_curve->code);
}

static bool add_curves(dragoman_bytes text, medibus_settings *settings) {
    dragoman_bytes word;
    while (cut_word(&text, &word)) {
        if (settings->curve_count == MEDIBUS_STREAMS || !read_curve(word, &settings->curves[settings->curve_count])) {
            return false;
        }
        settings->curve_count++;
    }
    return true;
}

static bool may_be_configured(uint8_t code) {
    return code == MEDIBUS_DATA_1 || code == MEDIBUS_DATA_2 || code == MEDIBUS_SETTINGS || code == MEDIBUS_TEXTS ||
           code == MEDIBUS_ALARMS_1 || code == MEDIBUS_ALARMS_2;
}

/* "24:EB,E1": the response's code as a byte, then the codes as digits. */
static bool add_only(dragoman_bytes text, medibus_settings *settings) {
    uint8_t response = 0;
    if (settings->only_count == MEDIBUS_ONLY_MOST || text.size < 3 || text.data[2] != ':' ||
        !read_code((dragoman_bytes){text.data, 2}, &response) || !may_be_configured(response)) {
        return false;
    }
    medibus_only *only = &settings->only[settings->only_count++];
    *only = (medibus_only){.size = 1};
    only->argument[0] = response;
    text = (dragoman_bytes){text.data + 3, text.size - 3};
    dragoman_bytes word;
    while (cut_word(&text, &word)) {
        uint8_t code = 0;
        if (only->size + 2u > MEDIBUS_ONLY_TEXT || !read_code(word, &code)) {
            return false;
        }
        medibus_hex_write(code, only->argument + only->size);
        only->size = (uint8_t)(only->size + 2);
    }
    return only->size > 1;
}

static dragoman_status refuse(const dragoman_host *host, void *context, dragoman_bytes words) {
    host->log(context, DRAGOMAN_LOG_ERROR, words, (dragoman_bytes){NULL, 0});
    return DRAGOMAN_INVALID;
}

dragoman_status medibus_settings_read(const dragoman_host *host, void *context, const dragoman_start *start,
                                      medibus_settings *ret_settings) {
    *ret_settings = (medibus_settings){
        .measured_every_us = number_of(start, DRAGOMAN_TEXT("measured_every"), 2000) * 1000,
        .alarms_every_us = number_of(start, DRAGOMAN_TEXT("alarms_every"), 2000) * 1000,
        .limits_every_us = number_of(start, DRAGOMAN_TEXT("limits_every"), 60000) * 1000,
        .settings_every_us = number_of(start, DRAGOMAN_TEXT("settings_every"), 30000) * 1000,
        .clock_every_us = number_of(start, DRAGOMAN_TEXT("clock_every"), 600000) * 1000,
        .high_from = (uint32_t)number_of(start, DRAGOMAN_TEXT("high_from"), 0),
        .medium_from = (uint32_t)number_of(start, DRAGOMAN_TEXT("medium_from"), 0),
    };
    for (uint32_t n = 0; n < start->settings.count; n++) {
        const dragoman_setting *setting = (const dragoman_setting *)dragoman_list_at(&start->settings, n);
        if (is_key(setting, "curves") && !add_curves(setting->value, ret_settings)) {
            return refuse(host, context, DRAGOMAN_TEXT("curves: at most 12 codes like 00 or 00:2 are expected"));
        }
        if (is_key(setting, "only") && !add_only(setting->value, ret_settings)) {
            return refuse(
                host, context,
                DRAGOMAN_TEXT("only: a response of 24, 27, 29, 2A, 2B or 2E and codes are expected, as 24:EB,E1"));
        }
    }
    return DRAGOMAN_OK;
}

void medibus_settings_complete(medibus_settings *settings, const dragoman_host *host, void *context,
                               dragoman_bytes name) {
    if (settings->high_from != 0 && !settings->is_of_profile) {
        return;
    }
    dragoman_code sender = {.code = name, .system = DRAGOMAN_TEXT("MEDIBUS")};
    settings->is_of_profile = true;
    settings->high_from = (uint32_t)read_number(host->profile_setting(context, &sender, DRAGOMAN_TEXT("high_from")), 0);
    settings->medium_from =
        (uint32_t)read_number(host->profile_setting(context, &sender, DRAGOMAN_TEXT("medium_from")), 0);
}

#include "number.h"
#include "session.h"

static bool setting_is(const dragoman_start *start, const char *key, const char *value) {
    dragoman_bytes name = {(const uint8_t *)key, strlen(key)};
    return hl7v2_is(dragoman_setting_find(start, name), value);
}

static bool copy(const dragoman_host *host, void *context, dragoman_bytes text, dragoman_bytes *ret_copy) {
    uint8_t *kept = (uint8_t *)host->allocate(context, text.size + 1);
    if (kept == NULL) {
        return false;
    }
    if (text.size > 0) {
        memcpy(kept, text.data, text.size);
    }
    *ret_copy = (dragoman_bytes){kept, text.size};
    return true;
}

static bool read_discards(const dragoman_host *host, void *context, const dragoman_start *start,
                          hl7v2_settings *settings) {
    for (uint32_t n = 0; n < start->settings.count && settings->discard_count < HL7V2_DISCARDS; n++) {
        const dragoman_setting *setting = (const dragoman_setting *)dragoman_list_at(&start->settings, n);
        if (!hl7v2_is(setting->key, "discard")) {
            continue;
        }
        dragoman_bytes rest = setting->value;
        dragoman_bytes word = {NULL, 0};
        while (settings->discard_count < HL7V2_DISCARDS && hl7v2_cut(&rest, ' ', &word)) {
            if (word.size == 0) {
                continue;
            }
            if (!copy(host, context, word, &settings->discard[settings->discard_count++])) {
                return false;
            }
        }
    }
    return true;
}

dragoman_status hl7v2_settings_read(const dragoman_host *host, void *context, const dragoman_start *start,
                                    hl7v2_settings *ret_settings, hl7v2_dialect *ret_dialect) {
    *ret_settings = (hl7v2_settings){.max_message = HL7V2_MAX_MESSAGE};
    uint64_t size = 0;
    dragoman_bytes most = dragoman_setting_find(start, DRAGOMAN_TEXT("max_message"));
    for (size_t n = 0; n < most.size && n < 12 && most.data[n] >= '0' && most.data[n] <= '9'; n++) {
        size = size * 10 + (uint64_t)(most.data[n] - '0');
    }
    if (size >= HL7V2_MAX_MESSAGE_LEAST && size <= HL7V2_MAX_MESSAGE_MOST) {
        ret_settings->max_message = (size_t)size;
    }
    ret_settings->sender_has_peer = setting_is(start, "sender_key", "peer") || setting_is(start, "sender_key", "both");
    ret_settings->sender_has_header = !setting_is(start, "sender_key", "peer");
    dragoman_bytes charset = dragoman_setting_find(start, DRAGOMAN_TEXT("charset"));
    bool is_kept = true;
    if (charset.size > 0 && !hl7v2_is(charset, "auto")) {
        is_kept = copy(host, context, charset, &ret_settings->charset);
    }
    static const char *const keys[] = {"speaker", "on_refusal", "acknowledge", "odd_values"};
    hl7v2_dialect_set(ret_dialect, "charset", ret_settings->charset);
    for (size_t n = 0; n < sizeof keys / sizeof *keys; n++) {
        dragoman_bytes key = {(const uint8_t *)keys[n], strlen(keys[n])};
        hl7v2_dialect_set(ret_dialect, keys[n], dragoman_setting_find(start, key));
    }
    return is_kept && read_discards(host, context, start, ret_settings) ? DRAGOMAN_OK : DRAGOMAN_NO_MEMORY;
}

static void release(const dragoman_host *host, void *context, dragoman_bytes text) {
    host->release(context, (void *)(uintptr_t)text.data);
}

void hl7v2_settings_fini(const dragoman_host *host, void *context, hl7v2_settings *settings) {
    release(host, context, settings->charset);
    for (uint32_t n = 0; n < settings->discard_count; n++) {
        release(host, context, settings->discard[n]);
    }
    settings->discard_count = 0;
    settings->charset = (dragoman_bytes){NULL, 0};
}

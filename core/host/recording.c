#include "host/recording.h"

#include "base/bytes.h"
#include "base/version.h"

static const char *const habits[] = {[TIME_FOLLOWS] = "follows", [TIME_NEVER] = "never", [TIME_UTC] = "utc"};

const char *host_channel_word(uint32_t kind) {
    static const char *const words[] = {
        "", "stream", "datagram", "message", "http-client", "http-server", [DRAGOMAN_CHANNEL_FILE] = "file"};
    return kind < sizeof(words) / sizeof(words[0]) ? words[kind] : "";
}

static bool is_secret(const dragoman_adapter_descriptor *adapter, dragoman_bytes key) {
    for (uint32_t i = 0; i < adapter->setting_count; i++) {
        if (bytes_is(key, adapter->settings[i].key)) {
            return adapter->settings[i].type == DRAGOMAN_SETTING_SECRET;
        }
    }
    /* A setting that nobody describes may be anything. */
    return true;
}

static void add(capture_header *header, const char *key, dragoman_bytes value) {
    if (value.size > 0) {
        capture_add_fact(header, key, value);
    }
}

static bool add_channels(const dragoman_adapter_descriptor *adapter, arena *memory, capture_header *header) {
    for (uint32_t i = 0; i < adapter->channel_count; i++) {
        uint32_t kind = DRAGOMAN_CHANNEL_STREAM;
        while (kind < DRAGOMAN_CHANNEL_FILE && (adapter->channels[i].kinds & 1u << kind) == 0) {
            kind++;
        }
        dragoman_bytes fact = arena_format(memory, "%s %s", adapter->channels[i].name, host_channel_word(kind));
        if (fact.data == NULL) {
            return false;
        }
        add(header, "channel", fact);
    }
    return true;
}

static bool add_settings(const dragoman_adapter_descriptor *adapter, const host_instance_options *options,
                         arena *memory, capture_header *header) {
    for (uint32_t i = 0; i < options->setting_count; i++) {
        const dragoman_setting *setting = &options->settings[i];
        if (is_secret(adapter, setting->key)) {
            continue;
        }
        /* With its NUL, since a fact's key is a C string. */
        dragoman_bytes key = arena_format(memory, "setting:%.*s", BYTES_FORMAT(setting->key));
        if (key.data == NULL) {
            return false;
        }
        capture_add_fact(header, (const char *)key.data, setting->value);
    }
    return true;
}

dragoman_status host_recording_describe(const host_adapter *adapter, const host_instance_options *options,
                                        dragoman_bytes zone, arena *memory, capture_header *ret_header) {
    const dragoman_adapter_descriptor *descriptor = adapter->descriptor;
    ret_header->fact_count = 0;
    add(ret_header, "adapter", bytes_of(descriptor->name));
    add(ret_header, "adapter_version", bytes_of(descriptor->version));
    add(ret_header, "dragoman", bytes_of(base_version()));
    add(ret_header, "link", options->link);
    add(ret_header, "profile", options->profile);
    add(ret_header, "time_zone", zone);
    add(ret_header, "daylight_saving", bytes_of(habits[options->habit]));
    return add_channels(descriptor, memory, ret_header) && add_settings(descriptor, options, memory, ret_header)
               ? DRAGOMAN_OK
               : DRAGOMAN_NO_MEMORY;
}

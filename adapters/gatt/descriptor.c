/* What this adapter tells the host about itself. */
#include "json.h"
#include "session.h"

static const dragoman_channel channels[] = {
    {.name = "main",
     .kinds = 1u << DRAGOMAN_CHANNEL_MESSAGE | 1u << DRAGOMAN_CHANNEL_STREAM | 1u << DRAGOMAN_CHANNEL_FILE},
};

static const dragoman_setting_rule settings[] = {
    {.key = "line_check",
     .summary =
         "Lines over a stream end with * and a CRC: always, and others are refused (crc16), or if they like (none).",
     .default_value = "none",
     .choices = "none crc16",
     .type = DRAGOMAN_SETTING_CHOICE},
};

/* An object that names a characteristic. */
static uint32_t recognise(dragoman_bytes start) {
    static const char name[] = "\"characteristic\"";
    size_t at = 0;
    while (at < start.size && (start.data[at] == ' ' || start.data[at] == '\n' || start.data[at] == '\r')) {
        at++;
    }
    if (at == start.size || start.data[at] != '{') {
        return DRAGOMAN_UNLIKE;
    }
    for (; at + sizeof name - 1 <= start.size; at++) {
        if (memcmp(start.data + at, name, sizeof name - 1) == 0) {
            return DRAGOMAN_ALIKE;
        }
    }
    return DRAGOMAN_UNLIKE;
}

const dragoman_adapter_descriptor dragoman_adapter = {
    .magic = DRAGOMAN_ABI_MAGIC,
    .abi_major = DRAGOMAN_ABI_MAJOR,
    .abi_minor = DRAGOMAN_ABI_MINOR,
    .struct_size = sizeof(dragoman_adapter_descriptor),
    .scope = DRAGOMAN_SCOPE_SESSION,
    .name = "gatt",
    .version = "1.0.0",
    .summary =
        "Bluetooth health characteristics as JSON from a gateway: over MQTT, as lines over TCP or serial, from files",
    .channels = channels,
    .channel_count = sizeof channels / sizeof *channels,
    .setting_count = sizeof settings / sizeof *settings,
    .settings = settings,
    .recognise = recognise,
    .init = gatt_session_init,
    .fini = gatt_session_fini,
    .handle = gatt_session_handle,
    .deadline = gatt_session_deadline,
    .expire = gatt_session_expire,
    .next = gatt_session_next,
};

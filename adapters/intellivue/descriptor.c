/* What this adapter tells the host about itself. */
#include "association.h"
#include "instance.h"
#include <string.h>

static const dragoman_channel channels[] = {
    [INTELLIVUE_CHANNEL_MAIN] = {.name = "main",
                                 .kinds = 1u << DRAGOMAN_CHANNEL_DATAGRAM | 1u << DRAGOMAN_CHANNEL_STREAM},
    [INTELLIVUE_CHANNEL_DISCOVERY] = {.name = "discovery", .kinds = 1u << DRAGOMAN_CHANNEL_DATAGRAM, .is_optional = 1},
};

static const dragoman_setting_rule settings[] = {
    {.key = "monitors",
     .summary = "Monitors to speak to from a listening main channel, as address:port, beside those that announce "
                "themselves.",
     .type = DRAGOMAN_SETTING_TEXT,
     .is_list = 1},
    {.key = "numerics",
     .summary = "Numerics as measured each second, or averaged over 12 seconds, one or five minutes.",
     .default_value = "1s",
     .choices = "1s 12s 60s 300s",
     .type = DRAGOMAN_SETTING_CHOICE},
    {.key = "waves",
     .summary = "Whether waves are asked for: those that the monitor has in its priority list.",
     .default_value = "true",
     .type = DRAGOMAN_SETTING_BOOLEAN},
    {.key = "enumerations",
     .summary = "Whether states such as the rhythm are asked for.",
     .default_value = "true",
     .type = DRAGOMAN_SETTING_BOOLEAN},
    {.key = "alerts",
     .summary = "Whether patient alarms and technical alarms are asked for.",
     .default_value = "true",
     .type = DRAGOMAN_SETTING_BOOLEAN},
    {.key = "demographics",
     .summary = "Whether the monitor is asked for the name and id of the patient who is admitted to it.",
     .default_value = "true",
     .type = DRAGOMAN_SETTING_BOOLEAN},
};

static bool begins_with(dragoman_bytes start, const char *bytes, size_t size) {
    return start.size >= size && memcmp(start.data, bytes, size) == 0;
}

/* A frame of the fixed baudrate protocol (its flag, protocol and message type), a data export message (SPpdu), or an
 * association request or response (session header and data). */
static uint32_t recognise(dragoman_bytes start) {
    bool is_association = start.size > 2 && (start.data[0] == CN_SPDU_SI || start.data[0] == AC_SPDU_SI) &&
                          begins_with((dragoman_bytes){start.data + 2, start.size - 2}, "\x05\x08\x13\x01", 4);
    bool is_message = begins_with(start, "\xC0\x11\x01", 3) || begins_with(start, "\xE1\x00\x00\x02", 4);
    return is_association || is_message ? DRAGOMAN_ALIKE : DRAGOMAN_UNLIKE;
}

const dragoman_adapter_descriptor dragoman_adapter = {
    .magic = DRAGOMAN_ABI_MAGIC,
    .abi_major = DRAGOMAN_ABI_MAJOR,
    .abi_minor = DRAGOMAN_ABI_MINOR,
    .struct_size = sizeof(dragoman_adapter_descriptor),
    .scope = DRAGOMAN_SCOPE_LINK,
    .name = "intellivue",
    .version = "1.0.0",
    .summary = "Philips IntelliVue monitors: Data Export over UDP and RS-232",
    .channels = channels,
    .channel_count = sizeof channels / sizeof *channels,
    .setting_count = sizeof settings / sizeof *settings,
    .settings = settings,
    .recognise = recognise,
    .init = intellivue_init,
    .fini = intellivue_fini,
    .handle = intellivue_handle,
    .deadline = intellivue_deadline,
    .expire = intellivue_expire,
    .next = intellivue_next,
};

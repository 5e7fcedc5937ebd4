/* What this adapter tells the host about itself. */
#include "session.h"

static const dragoman_channel channels[] = {
    {.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM},
};

/* A day: longer silence is no sign of anything. */
#define LONGEST_SILENCE_MS 86400000

static const dragoman_setting_rule settings[] = {
    {.key = "system_id",
     .summary = "The EUI-64 that this manager tells its agents, sixteen hexadecimal digits; without it one is made "
                "of the link's name.",
     .type = DRAGOMAN_SETTING_TEXT},
    {.key = "stored",
     .summary = "Whether measurements that an agent has stored are read from it (read) or left there (leave).",
     .default_value = "read",
     .choices = "read leave",
     .type = DRAGOMAN_SETTING_CHOICE},
    {.key = "clear_stored",
     .summary = "Whether a stored segment is deleted in the agent when all of it is safe here.",
     .default_value = "false",
     .type = DRAGOMAN_SETTING_BOOLEAN},
    {.key = "scanners",
     .summary = "Whether an agent's scanners are told to report (enable) or left as they are (leave).",
     .default_value = "enable",
     .choices = "enable leave",
     .type = DRAGOMAN_SETTING_CHOICE},
    {.key = "release_after",
     .summary = "An agent that is silent for so long is released, so that a live one associates anew; 0s is never.",
     .default_value = "0s",
     .minimum = 0,
     .maximum = LONGEST_SILENCE_MS,
     .type = DRAGOMAN_SETTING_DURATION},
};

/* An agent speaks first, and what it says is an association request. */
static uint32_t recognise(dragoman_bytes start) {
    phd_frame frame = phd_frame_next(start);
    if (frame.kind == PHD_FRAME_APDU) {
        return frame.choice == PHD_AARQ ? DRAGOMAN_ALIKE : DRAGOMAN_MAYBE;
    }
    return DRAGOMAN_UNLIKE;
}

const dragoman_adapter_descriptor dragoman_adapter = {
    .magic = DRAGOMAN_ABI_MAGIC,
    .abi_major = DRAGOMAN_ABI_MAJOR,
    .abi_minor = DRAGOMAN_ABI_MINOR,
    .struct_size = sizeof(dragoman_adapter_descriptor),
    .scope = DRAGOMAN_SCOPE_SESSION,
    .name = "phd",
    .version = "1.0.0",
    .summary = "IEEE 11073-20601 personal health devices: oximeters, scales, blood pressure, glucose and others",
    .channels = channels,
    .channel_count = sizeof channels / sizeof *channels,
    .setting_count = sizeof settings / sizeof *settings,
    .settings = settings,
    .recognise = recognise,
    .init = phd_session_init,
    .fini = phd_session_fini,
    .handle = phd_session_handle,
    .deadline = phd_session_deadline,
    .expire = phd_session_expire,
    .next = phd_session_next,
};

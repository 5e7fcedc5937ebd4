/* What this adapter tells the host about itself. */
#include "session.h"

static const dragoman_channel channels[] = {
    {.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM | 1u << DRAGOMAN_CHANNEL_FILE},
};

static const dragoman_setting_rule settings[] = {
    {.key = "place", .summary = "Where the device of this link stands.", .type = DRAGOMAN_SETTING_TEXT},
    {.key = "every",
     .summary = "How often the device is asked, where its profile has commands; else as the profile says.",
     .minimum = LINES_EVERY_LEAST_MS,
     .maximum = LINES_EVERY_MOST_MS,
     .type = DRAGOMAN_SETTING_DURATION},
};

const dragoman_adapter_descriptor dragoman_adapter = {
    .magic = DRAGOMAN_ABI_MAGIC,
    .abi_major = DRAGOMAN_ABI_MAJOR,
    .abi_minor = DRAGOMAN_ABI_MINOR,
    .struct_size = sizeof(dragoman_adapter_descriptor),
    .scope = DRAGOMAN_SCOPE_LINK,
    .name = "lines",
    .version = "1.0.0",
    .summary = "Devices that send text lines or delimited records, described wholly by a profile",
    .channels = channels,
    .channel_count = sizeof channels / sizeof *channels,
    .setting_count = sizeof settings / sizeof *settings,
    .settings = settings,
    .init = lines_session_init,
    .fini = lines_session_fini,
    .handle = lines_session_handle,
    .deadline = lines_session_deadline,
    .expire = lines_session_expire,
    .next = lines_session_next,
    .check_profile = lines_layout_check,
};

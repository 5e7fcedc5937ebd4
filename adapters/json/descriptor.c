/* What this adapter tells the host about itself. */
#include "map.h"
#include "session.h"

static const dragoman_channel channels[] = {
    {.name = "main",
     .kinds = 1u << DRAGOMAN_CHANNEL_MESSAGE | 1u << DRAGOMAN_CHANNEL_STREAM | 1u << DRAGOMAN_CHANNEL_FILE},
};

const dragoman_adapter_descriptor dragoman_adapter = {
    .magic = DRAGOMAN_ABI_MAGIC,
    .abi_major = DRAGOMAN_ABI_MAJOR,
    .abi_minor = DRAGOMAN_ABI_MINOR,
    .struct_size = sizeof(dragoman_adapter_descriptor),
    .scope = DRAGOMAN_SCOPE_SESSION,
    .name = "json",
    .version = "1.0.0",
    .summary = "Measurements as JSON, known by a profile: over MQTT, as lines over TCP or serial, from files",
    .channels = channels,
    .channel_count = sizeof channels / sizeof *channels,
    .init = json_session_init,
    .fini = json_session_fini,
    .handle = json_session_handle,
    .deadline = json_session_deadline,
    .expire = json_session_expire,
    .next = json_session_next,
    .check_profile = json_map_check,
};

/* What this adapter tells the host about itself. */
#include "session.h"

static const dragoman_channel channels[] = {
    {.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM | 1u << DRAGOMAN_CHANNEL_FILE},
};

/* A whole packet, wherever it begins. */
static uint32_t recognise(dragoman_bytes start) {
    nonin_packet packet;
    for (size_t at = 0; at < start.size; at++) {
        if (nonin_packet_read((dragoman_bytes){start.data + at, start.size - at}, &packet) == DRAGOMAN_OK) {
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
    .scope = DRAGOMAN_SCOPE_LINK,
    .name = "nonin",
    .version = "1.0.0",
    .summary =
        "Nonin pulse oximeters, serial data formats 2 and 7: saturation, pulse rate, plethysmogram, sensor state",
    .channels = channels,
    .channel_count = sizeof channels / sizeof *channels,
    .recognise = recognise,
    .init = nonin_session_init,
    .fini = nonin_session_fini,
    .handle = nonin_session_handle,
    .deadline = nonin_session_deadline,
    .expire = nonin_session_expire,
    .next = nonin_session_next,
};

/* What this adapter tells the host about itself. */
#include "session.h"

/* Packets in a row that make it likely: they have no checksum. */
#define PACKETS_ALIKE 20u

static const dragoman_channel channels[] = {
    {.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM | 1u << DRAGOMAN_CHANNEL_FILE},
};

static uint32_t recognise(dragoman_bytes start) {
    contec_packet packet;
    uint32_t packets = 0;
    for (size_t at = 0; at < start.size && packets < PACKETS_ALIKE;) {
        dragoman_bytes rest = {start.data + at, start.size - at};
        dragoman_status found = contec_packet_read(rest, &packet);
        bool is_one = found == DRAGOMAN_OK && (packet.type == CONTEC_FIRST || packet.type == CONTEC_REALTIME);
        packets = is_one ? packets + 1 : 0;
        at += found == DRAGOMAN_OK ? packet.size : 1;
    }
    return packets == PACKETS_ALIKE ? DRAGOMAN_ALIKE : DRAGOMAN_UNLIKE;
}

const dragoman_adapter_descriptor dragoman_adapter = {
    .magic = DRAGOMAN_ABI_MAGIC,
    .abi_major = DRAGOMAN_ABI_MAJOR,
    .abi_minor = DRAGOMAN_ABI_MINOR,
    .struct_size = sizeof(dragoman_adapter_descriptor),
    .scope = DRAGOMAN_SCOPE_LINK,
    .name = "contec",
    .version = "1.0.0",
    .summary = "Contec CMS50 finger clips, first protocol and V7.0: saturation, pulse rate, perfusion, plethysmogram",
    .channels = channels,
    .channel_count = sizeof channels / sizeof *channels,
    .recognise = recognise,
    .init = contec_session_init,
    .fini = contec_session_fini,
    .handle = contec_session_handle,
    .deadline = contec_session_deadline,
    .expire = contec_session_expire,
    .next = contec_session_next,
};

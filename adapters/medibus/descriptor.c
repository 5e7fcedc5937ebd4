/* What this adapter tells the host about itself. */
#include "frame.h"
#include "session.h"
#include "settings.h"

static const dragoman_channel channels[] = {
    {.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM | 1u << DRAGOMAN_CHANNEL_FILE},
};

/* A command or response with its checksum, from the first byte on. */
static uint32_t recognise(dragoman_bytes start) {
    size_t size = 0;
    while (size < start.size && start.data[size] != MEDIBUS_CR) {
        size++;
    }
    if (size < 4 || size == start.size || (start.data[0] != MEDIBUS_ESC && start.data[0] != MEDIBUS_SOH)) {
        return DRAGOMAN_UNLIKE;
    }
    uint32_t stated = 0;
    bool is_frame = medibus_hex(start.data + size - 2, 2, &stated) &&
                    medibus_checksum(start.data[0], (dragoman_bytes){start.data + 1, size - 3}) == stated;
    return is_frame ? DRAGOMAN_ALIKE : DRAGOMAN_MAYBE;
}

const dragoman_adapter_descriptor dragoman_adapter = {
    .magic = DRAGOMAN_ABI_MAGIC,
    .abi_major = DRAGOMAN_ABI_MAJOR,
    .abi_minor = DRAGOMAN_ABI_MINOR,
    .struct_size = sizeof(dragoman_adapter_descriptor),
    .scope = DRAGOMAN_SCOPE_LINK,
    .name = "medibus",
    .version = "1.0.0",
    .summary =
        "Dräger ventilators and anaesthesia machines over MEDIBUS (RS 232): values, limits, alarms, settings, curves",
    .channels = channels,
    .channel_count = sizeof channels / sizeof *channels,
    .setting_count = MEDIBUS_SETTING_RULES,
    .settings = medibus_setting_rules,
    .recognise = recognise,
    .init = medibus_session_init,
    .fini = medibus_session_fini,
    .handle = medibus_session_handle,
    .deadline = medibus_session_deadline,
    .expire = medibus_session_expire,
    .next = medibus_session_next,
};

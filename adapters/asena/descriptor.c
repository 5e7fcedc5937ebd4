/* What this adapter tells the host about itself. */
#include "frame.h"
#include "session.h"
#include "settings.h"

static const dragoman_channel channels[] = {
    {.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM | 1u << DRAGOMAN_CHANNEL_FILE},
};

/* An answer from the first byte on. */
static uint32_t recognise(dragoman_bytes start) {
    asena_scanner scanner;
    asena_scanner_reset(&scanner);
    for (size_t n = 0; n < start.size; n++) {
        asena_answer answer;
        switch (asena_scan(&scanner, start.data[n], &answer)) {
        case ASENA_SCANNED_ANSWER:
            return DRAGOMAN_ALIKE;
        case ASENA_SCANNED_NOTHING:
            break;
        default:
            return DRAGOMAN_UNLIKE;
        }
    }
    return scanner.size > 0 && !scanner.is_spoilt ? DRAGOMAN_MAYBE : DRAGOMAN_UNLIKE;
}

const dragoman_adapter_descriptor dragoman_adapter = {
    .magic = DRAGOMAN_ABI_MAGIC,
    .abi_major = DRAGOMAN_ABI_MAJOR,
    .abi_minor = DRAGOMAN_ABI_MINOR,
    .struct_size = sizeof(dragoman_adapter_descriptor),
    .scope = DRAGOMAN_SCOPE_LINK,
    .name = "asena",
    .version = "1.0.0",
    .summary = "Alaris Asena infusion pumps (RS 232), read only: rate, volume, pressure, syringe, alarm",
    .channels = channels,
    .channel_count = sizeof channels / sizeof *channels,
    .setting_count = ASENA_SETTING_RULES,
    .settings = asena_setting_rules,
    .recognise = recognise,
    .init = asena_session_init,
    .fini = asena_session_fini,
    .handle = asena_session_handle,
    .deadline = asena_session_deadline,
    .expire = asena_session_expire,
    .next = asena_session_next,
};

/* What this adapter tells the host about itself. */
#include "frame.h"
#include "session.h"
#include "settings.h"

static const dragoman_channel channels[] = {
    {.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM | 1u << DRAGOMAN_CHANNEL_FILE},
};

static const char *const charsets[] = {"ISO-8859-1"};

/* A frame from the first byte on: SOH, five digits, STX. */
static uint32_t recognise(dragoman_bytes start) {
    if (start.size < BCC_DIGITS + 2 || start.data[0] != BCC_SOH || start.data[BCC_DIGITS + 1] != BCC_STX) {
        return DRAGOMAN_UNLIKE;
    }
    for (size_t n = 1; n <= BCC_DIGITS; n++) {
        if (start.data[n] < '0' || start.data[n] > '9') {
            return DRAGOMAN_UNLIKE;
        }
    }
    return DRAGOMAN_ALIKE;
}

const dragoman_adapter_descriptor dragoman_adapter = {
    .magic = DRAGOMAN_ABI_MAGIC,
    .abi_major = DRAGOMAN_ABI_MAJOR,
    .abi_minor = DRAGOMAN_ABI_MINOR,
    .struct_size = sizeof(dragoman_adapter_descriptor),
    .scope = DRAGOMAN_SCOPE_LINK,
    .name = "bcc",
    .version = "1.0.0",
    .summary = "B. Braun Space infusion pumps over BCC (SpaceCom, RS 232 or TCP), read only: values, settings, alarms",
    .channels = channels,
    .channel_count = sizeof channels / sizeof *channels,
    .setting_count = BCC_SETTING_RULES,
    .settings = bcc_setting_rules,
    .charsets = charsets,
    .charset_count = sizeof charsets / sizeof *charsets,
    .recognise = recognise,
    .init = bcc_session_init,
    .fini = bcc_session_fini,
    .handle = bcc_session_handle,
    .deadline = bcc_session_deadline,
    .expire = bcc_session_expire,
    .next = bcc_session_next,
};

/* What this adapter tells the host about itself. */
#include "frame.h"
#include "record.h"
#include "session.h"
#include "settings.h"

static const dragoman_channel channels[] = {
    {.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM | 1u << DRAGOMAN_CHANNEL_FILE},
};

static const char *const charsets[] = {"ISO-8859-1"};

/* A frame from the first byte on. */
static uint32_t recognise(dragoman_bytes start) {
    dri_scanner scanner;
    dri_scanner_reset(&scanner);
    for (size_t n = 0; n < start.size; n++) {
        dragoman_bytes bytes;
        dri_record record;
        switch (dri_scan(&scanner, start.data[n], &bytes)) {
        case DRI_SCANNED_RECORD:
            return dri_record_read(bytes, &record) ? DRAGOMAN_ALIKE : DRAGOMAN_UNLIKE;
        case DRI_SCANNED_NOTHING:
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
    .name = "dri",
    .version = "1.0.0",
    .summary = "GE / Datex-Ohmeda S/5 and CARESCAPE monitors over the S/5 Computer Interface (RS 232): values, alarms, "
               "waves",
    .channels = channels,
    .channel_count = sizeof channels / sizeof *channels,
    .setting_count = DRI_SETTING_RULES,
    .settings = dri_setting_rules,
    .charsets = charsets,
    .charset_count = sizeof charsets / sizeof *charsets,
    .recognise = recognise,
    .init = dri_session_init,
    .fini = dri_session_fini,
    .handle = dri_session_handle,
    .deadline = dri_session_deadline,
    .expire = dri_session_expire,
    .next = dri_session_next,
};

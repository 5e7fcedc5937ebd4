/* What this adapter tells the host about itself. */
#include "charset.h"
#include "session.h"

static const dragoman_channel channels[] = {
    {.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM | 1u << DRAGOMAN_CHANNEL_FILE},
};

static const dragoman_setting_rule settings[] = {
    {.key = "charset",
     .summary = "The character set of the messages, whatever their MSH-18 says.",
     .default_value = "auto",
     .choices = HL7V2_CHARSET_CHOICES,
     .type = DRAGOMAN_SETTING_CHOICE},
    {.key = "max_message",
     .summary = "The largest message that is taken; a longer one is refused and skipped.",
     .default_value = "64MiB",
     .minimum = HL7V2_MAX_MESSAGE_LEAST,
     .maximum = HL7V2_MAX_MESSAGE_MOST,
     .type = DRAGOMAN_SETTING_SIZE},
    {.key = "acknowledge",
     .summary = "How messages are acknowledged: as each asks (auto), or always in one mode, or never.",
     .default_value = "auto",
     .choices = "auto original enhanced never",
     .type = DRAGOMAN_SETTING_CHOICE},
    {.key = "on_refusal",
     .summary =
         "What a sender gets when dragoman itself is in trouble (disk full): AR (auto), AE, or a closed connection.",
     .default_value = "auto",
     .choices = "auto AR AE close",
     .type = DRAGOMAN_SETTING_CHOICE},
    {.key = "discard",
     .summary = "Message types that are acknowledged and thrown away, as MDM or MDM^T02.",
     .type = DRAGOMAN_SETTING_TEXT,
     .is_list = 1},
    {.key = "odd_values",
     .summary = "A value that is not of its declared type (NM of 12a): refuse the message (auto), or keep it as "
                "questionable text.",
     .default_value = "auto",
     .choices = "auto refuse keep",
     .type = DRAGOMAN_SETTING_CHOICE},
    {.key = "speaker",
     .summary =
         "What sends here: a monitor's OBX-7 is an alarm limit and its bed part of its name; auto goes by the codes.",
     .default_value = "auto",
     .choices = "auto monitor laboratory",
     .type = DRAGOMAN_SETTING_CHOICE},
    {.key = "sender_key",
     .summary =
         "What tells senders apart when a message is repeated: MSH-3 and MSH-4 (header), their address, or both.",
     .default_value = "header",
     .choices = "header peer both",
     .type = DRAGOMAN_SETTING_CHOICE},
};

/* The first bytes that are not blanks or a byte order mark. */
static dragoman_bytes first_bytes(dragoman_bytes start) {
    if (start.size >= 3 && memcmp(start.data, "\xef\xbb\xbf", 3) == 0) {
        start = (dragoman_bytes){start.data + 3, start.size - 3};
    }
    while (start.size > 0 && (start.data[0] == ' ' || start.data[0] == '\r' || start.data[0] == '\n')) {
        start = (dragoman_bytes){start.data + 1, start.size - 1};
    }
    return start;
}

static uint32_t recognise(dragoman_bytes start) {
    start = first_bytes(start);
    bool is_block = start.size > 0 && start.data[0] == 0x0b;
    if (is_block) {
        start = (dragoman_bytes){start.data + 1, start.size - 1};
    }
    hl7v2_delimiters delimiters;
    if (hl7v2_delimiters_read(start, &delimiters) == DRAGOMAN_OK) {
        return DRAGOMAN_ALIKE;
    }
    bool is_batch = hl7v2_frame_is_batch_line(start) && start.size > 3 && start.data[3] == '|';
    return is_batch ? DRAGOMAN_ALIKE : is_block ? DRAGOMAN_MAYBE : DRAGOMAN_UNLIKE;
}

const dragoman_adapter_descriptor dragoman_adapter = {
    .magic = DRAGOMAN_ABI_MAGIC,
    .abi_major = DRAGOMAN_ABI_MAJOR,
    .abi_minor = DRAGOMAN_ABI_MINOR,
    .struct_size = sizeof(dragoman_adapter_descriptor),
    .scope = DRAGOMAN_SCOPE_SESSION,
    .name = "hl7v2",
    .version = "1.0.0",
    .summary = "HL7 v2 results, alarms and ADT over MLLP or from files (PCD-01, ACM, IDCO, laboratory)",
    .channels = channels,
    .channel_count = sizeof channels / sizeof *channels,
    .setting_count = sizeof settings / sizeof *settings,
    .settings = settings,
    .charsets = hl7v2_charsets,
    .charset_count = HL7V2_CHARSETS,
    .recognise = recognise,
    .init = hl7v2_session_init,
    .fini = hl7v2_session_fini,
    .handle = hl7v2_session_handle,
    .deadline = hl7v2_session_deadline,
    .expire = hl7v2_session_expire,
    .next = hl7v2_session_next,
};

#include "dialect.h"
#include "escape.h"

static const char *const keys[] = {"speaker", "charset", "on_refusal", "acknowledge", "odd_values"};

void hl7v2_dialect_set(hl7v2_dialect *dialect, const char *key, dragoman_bytes value) {
    if (value.size == 0 || hl7v2_is(value, "auto")) {
        return;
    }
    if (strcmp(key, "speaker") == 0) {
        dialect->speaker = hl7v2_is(value, "monitor")      ? HL7V2_SPEAKER_MONITOR
                           : hl7v2_is(value, "laboratory") ? HL7V2_SPEAKER_LABORATORY
                                                           : HL7V2_SPEAKER_AUTO;
    } else if (strcmp(key, "charset") == 0) {
        dialect->charset = value;
    } else if (strcmp(key, "on_refusal") == 0) {
        dialect->on_refusal = hl7v2_is(value, "AE") ? 'E' : hl7v2_is(value, "close") ? 'C' : 'R';
    } else if (strcmp(key, "acknowledge") == 0) {
        dialect->mode = hl7v2_is(value, "original")   ? 'o'
                        : hl7v2_is(value, "enhanced") ? 'e'
                        : hl7v2_is(value, "never")    ? 'n'
                                                      : 'a';
    } else if (strcmp(key, "odd_values") == 0) {
        dialect->keeps_odd_values = hl7v2_is(value, "keep");
    }
}

/* What is still open after the link and the profile have spoken. */
static void complete(hl7v2_dialect *dialect) {
    dialect->on_refusal = dialect->on_refusal == 0 ? 'R' : dialect->on_refusal;
    dialect->mode = dialect->mode == 0 ? 'a' : dialect->mode;
}

/* The profile's word first, then the link's over it. */
static void merge(hl7v2_dialect *dialect, const hl7v2_dialect *link) {
    dialect->speaker = link->speaker != HL7V2_SPEAKER_AUTO ? link->speaker : dialect->speaker;
    dialect->charset = link->charset.size > 0 ? link->charset : dialect->charset;
    dialect->on_refusal = link->on_refusal != 0 ? link->on_refusal : dialect->on_refusal;
    dialect->mode = link->mode != 0 ? link->mode : dialect->mode;
    dialect->keeps_odd_values |= link->keeps_odd_values;
}

static void ask_profile(hl7v2_message *message, const hl7v2_segment *header, hl7v2_dialect *dialect) {
    const dragoman_host *host = message->host;
    if (!DRAGOMAN_HAS(host, profile_setting) || host->profile_setting == NULL) {
        return;
    }
    dragoman_bytes application = hl7v2_header_field(header, 3);
    dragoman_bytes name = hl7v2_word(message, hl7v2_component(message, application, 1));
    dragoman_code sender = {
        .code = name.size > 0 ? name : hl7v2_word(message, hl7v2_component(message, application, 2)),
        .text = hl7v2_word(message, hl7v2_component(message, hl7v2_header_field(header, 4), 1)),
        .system = DRAGOMAN_TEXT("HL7 v2"),
    };
    for (size_t n = 0; n < sizeof keys / sizeof *keys; n++) {
        dragoman_bytes key = {(const uint8_t *)keys[n], strlen(keys[n])};
        hl7v2_dialect_set(dialect, keys[n], host->profile_setting(message->context, &sender, key));
    }
}

/* MSH-3 to the end of MSH-4 as one slice: what tells senders apart. */
static dragoman_bytes sender_of(const hl7v2_segment *header) {
    dragoman_bytes from = hl7v2_header_field(header, 3);
    dragoman_bytes to = hl7v2_header_field(header, 4);
    return to.data == NULL ? from : hl7v2_slice(from.data, to.data + to.size);
}

const hl7v2_dialect *hl7v2_dialect_of(hl7v2_dialects *dialects, hl7v2_message *message, const hl7v2_segment *header) {
    dragoman_bytes sender = sender_of(header);
    bool is_known = dialects->sender_size > 0 && dialects->sender_size == sender.size + 1 &&
                    (sender.size == 0 || memcmp(dialects->sender, sender.data, sender.size) == 0);
    if (is_known) {
        return &dialects->last;
    }
    dialects->last = (hl7v2_dialect){0};
    ask_profile(message, header, &dialects->last);
    merge(&dialects->last, &dialects->link);
    complete(&dialects->last);
    dialects->sender_size = 0;
    if (sender.size < sizeof dialects->sender) {
        if (sender.data != NULL) {
            memcpy(dialects->sender, sender.data, sender.size);
        }
        dialects->sender_size = sender.size + 1;
    }
    return &dialects->last;
}

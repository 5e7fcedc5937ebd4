/*
 * Escape sequences of HL7 v2 chapter 2.7: from a slice of a message to text.
 */
#ifndef HL7V2_ESCAPE_H
#define HL7V2_ESCAPE_H

#include "message.h"

/* The slow path of hl7v2_text. */
dragoman_bytes hl7v2_unescape(hl7v2_message *message, dragoman_bytes raw);

/* The text of a slice: \F\ \S\ \T\ \R\ \E\ \P\ \X..\ resolved, highlighting and layout dropped, line breaks kept,
 * \C..\ and \M..\ converted. What is no sequence of the standard (\Z..\ is the sender's own) stays as written. Borrowed
 * from the message where nothing had to change, else from its memory. */
static inline dragoman_bytes hl7v2_text(hl7v2_message *message, dragoman_bytes raw) {
    if (!message->may_escape || raw.size == 0 ||
        (!message->is_raw && memchr(raw.data, message->delimiters.escape, raw.size) == NULL)) {
        return raw;
    }
    return hl7v2_unescape(message, raw);
}

/* A word: without blanks around it, and empty when it is HL7's null. */
static inline dragoman_bytes hl7v2_word(hl7v2_message *message, dragoman_bytes raw) {
    raw = hl7v2_trim(raw);
    return hl7v2_is_null(raw) ? (dragoman_bytes){NULL, 0} : hl7v2_text(message, raw);
}

#endif

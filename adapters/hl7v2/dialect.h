/*
 * What holds for one sender: the link's own settings, and where they say `auto`, those of the device profile that
 * speaks for that sender. Senders change seldom on a connection, so the last one is remembered.
 */
#ifndef HL7V2_DIALECT_H
#define HL7V2_DIALECT_H

#include "message.h"

/* Bytes of MSH-3 and MSH-4 that are remembered; a sender with longer names is asked about for every message. */
#define HL7V2_SENDER_BYTES 128

typedef enum hl7v2_speaker {
    HL7V2_SPEAKER_AUTO = 0,
    HL7V2_SPEAKER_MONITOR = 1,
    HL7V2_SPEAKER_LABORATORY = 2,
} hl7v2_speaker;

typedef struct hl7v2_dialect {
    hl7v2_speaker speaker;
    dragoman_bytes charset; /* empty: by MSH-18 */
    uint8_t on_refusal;     /* 'R', 'E' or 'C' */
    uint8_t mode;           /* 'o' original, 'e' enhanced, 'a' as the message asks, 'n' never */
    bool keeps_odd_values;
} hl7v2_dialect;

/* The dialect of the last sender. */
typedef struct hl7v2_dialects {
    hl7v2_dialect link; /* what the site says, `auto` where it says nothing */
    hl7v2_dialect last;
    uint8_t sender[HL7V2_SENDER_BYTES];
    size_t sender_size; /* 0: none is remembered */
} hl7v2_dialects;

/* Takes one setting; `speaker`, `charset`, `on_refusal`, `acknowledge` and `odd_values` are known, "auto" and empty say
 * nothing. */
void hl7v2_dialect_set(hl7v2_dialect *dialect, const char *key, dragoman_bytes value);

/* What holds for the message with this header. Borrowed until the next call. */
const hl7v2_dialect *hl7v2_dialect_of(hl7v2_dialects *dialects, hl7v2_message *message, const hl7v2_segment *header);

#endif

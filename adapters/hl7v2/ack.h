/*
 * Acknowledgements: what is owed to the sender, kept in the order of its messages, written when the host says what
 * became of them.
 *
 * Original mode (no MSH-15 and -16): AA, AE or AR. Enhanced mode: CA, CE or CR by MSH-15 and AA, AE or AR by MSH-16. E
 * is for a message that is at fault, R for a receiver in trouble. MSH-3 to -6 are swapped and, as MSH-10, go back byte
 * for byte.
 */
#ifndef HL7V2_ACK_H
#define HL7V2_ACK_H

#include "translation.h"

typedef struct hl7v2_answer hl7v2_answer;

typedef struct hl7v2_answers {
    const dragoman_host *host;
    void *context;
    hl7v2_answer *first; /* oldest */
    hl7v2_answer *last;
    hl7v2_answer *free; /* a few that are used again */
    uint32_t free_count;
    uint8_t *out; /* what is to be sent, in order */
    size_t out_size;
    size_t out_capacity;
    uint64_t seed;
    uint64_t counter; /* of MSH-10 */
    bool wants_close; /* the site asked for that instead of a refusal */
    bool is_out_of_memory;
} hl7v2_answers;

/* Owes an answer to the message that the translation has just read. `number`: the host's; 0: the host did not take the
 * message. `text`: the message as it came, of which the header is kept. is_silent: nothing will be sent. NO_MEMORY. */
dragoman_status hl7v2_answers_add(hl7v2_answers *answers, uint64_t number, dragoman_bytes text,
                                  const hl7v2_translation *translation, bool is_silent);

/* Writes the answers to all messages up to event->through. */
void hl7v2_answers_settle(hl7v2_answers *answers, const dragoman_settled_event *event, int64_t wall_us);

/* Writes the answers at the head of the line that wait for nothing. */
void hl7v2_answers_flush(hl7v2_answers *answers, int64_t wall_us);

/* What was in `out` has been sent: forgets it, and the room if a burst had made it large. */
void hl7v2_answers_sent(hl7v2_answers *answers);

/* Gives all memory back. */
void hl7v2_answers_fini(hl7v2_answers *answers);

#endif

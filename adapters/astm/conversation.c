/* What is done in each step of the link's table (E1381 6), and how messages are handed on. */
#include "conversation.h"

dragoman_bytes astm_peer_of(const astm_conversation *s) {
    return (dragoman_bytes){(const uint8_t *)s->peer, s->peer_size};
}

void astm_say(astm_conversation *s, uint32_t level, const char *text) {
    s->host->log(s->context, level, (dragoman_bytes){(const uint8_t *)text, strlen(text)}, (dragoman_bytes){NULL, 0});
}

void astm_count(astm_conversation *s, uint32_t counter, uint64_t add) {
    if (add > 0) {
        s->host->count(s->context, counter, add);
    }
}

static dragoman_status bury(astm_conversation *s, dragoman_bytes text, const char *reason) {
    astm_say(s, DRAGOMAN_LOG_WARNING, reason);
    astm_count(s, DRAGOMAN_COUNT_REFUSED, 1);
    return s->host->dead_letter(s->context, text, DRAGOMAN_TEXT("translate"),
                                (dragoman_bytes){(const uint8_t *)reason, strlen(reason)});
}

/* One message of the holding or file becomes reports, inside of the host's open message. What is at fault itself goes
 * to the dead letters: it would come again and again if it were refused. */
static dragoman_status translate(astm_conversation *s, dragoman_bytes text) {
    astm_outcome outcome;
    dragoman_status status = astm_translate(s->host, s->context, &s->dialect, astm_peer_of(s), text, &outcome);
    astm_count(s, DRAGOMAN_COUNT_ODD_VALUE, outcome.odd);
    astm_count(s, DRAGOMAN_COUNT_REPLACED_CHARACTER, outcome.replaced);
    if (status == DRAGOMAN_INVALID) {
        return bury(s, text, "a message broke a rule of the model");
    }
    if (status == DRAGOMAN_OK && outcome.fault != NULL) {
        return bury(s, text, outcome.fault);
    }
    s->is_query_open |= outcome.has_query && s->answers_queries && !s->is_file;
    return status;
}

/* All complete messages of the holding. */
static dragoman_status translate_complete(astm_conversation *s) {
    dragoman_status status = DRAGOMAN_OK;
    while (status == DRAGOMAN_OK) {
        dragoman_bytes text = astm_holding_text(&s->holding);
        size_t size = astm_message_size(text, &s->holding.searched);
        if (size == 0) {
            return DRAGOMAN_OK;
        }
        status = translate(s, (dragoman_bytes){text.data, size});
        if (status == DRAGOMAN_OK) {
            astm_holding_done(&s->holding, size);
        }
    }
    return status;
}

/* What is held and will not be completed: whole records were acknowledged and are results like others; the beginning of
 * one is for somebody to look at. */
static dragoman_status translate_rest(astm_conversation *s) {
    dragoman_bytes text = astm_holding_text(&s->holding);
    size_t whole = text.size;
    while (whole > 0 && !astm_is_end(text.data[whole - 1])) {
        whole--;
    }
    dragoman_status status = whole > 0 ? translate(s, (dragoman_bytes){text.data, whole}) : DRAGOMAN_OK;
    if (status == DRAGOMAN_OK && whole < text.size) {
        status = bury(s, (dragoman_bytes){text.data + whole, text.size - whole},
                      "the beginning of a record was received and never its end");
    }
    if (status == DRAGOMAN_OK) {
        astm_holding_done(&s->holding, text.size);
    }
    return status;
}

/* A message of a file of bare records. */
static dragoman_status translate_text(astm_conversation *s) {
    return translate(s, s->text);
}

/* A piece of work between begin and end of one message of the host; what fails takes all of it back. */
static dragoman_status in_message(astm_conversation *s, dragoman_status (*work)(astm_conversation *s),
                                  bool is_receiving, uint8_t due, uint64_t *ret_number) {
    dragoman_bytes nothing = {NULL, 0};
    bool was_query_open = s->is_query_open;
    dragoman_status status = s->host->message_begin(s->context, astm_peer_of(s), nothing, 0, ret_number);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    status = work(s);
    if (status == DRAGOMAN_OK && !s->is_file) {
        status = astm_holding_keep(&s->holding, is_receiving, due);
    }
    if (status == DRAGOMAN_OK) {
        return s->host->message_end(s->context);
    }
    s->host->message_abandon(s->context);
    s->is_query_open = was_query_open;
    astm_say(s, DRAGOMAN_LOG_ERROR, "a message could not be handed on");
    return status;
}

/* Adds an answer to what is owed. In a file there is nobody to answer. */
static dragoman_status owe(astm_conversation *s, const astm_owed *owed) {
    if (s->is_file) {
        return DRAGOMAN_OK;
    }
    if (!astm_answers_add(&s->answers, owed)) {
        astm_say(s, DRAGOMAN_LOG_ERROR, "the other side does not wait for answers");
        return DRAGOMAN_LIMIT;
    }
    return DRAGOMAN_OK;
}

static dragoman_status owe_sign(astm_conversation *s, uint8_t sign) {
    return owe(s, &(astm_owed){.sign = sign, .is_due = true});
}

/* ENQ: the other side begins. What is left of its last message will not be completed. */
static dragoman_status begin(astm_conversation *s) {
    astm_owed owed = {.sign = ASTM_ACK, .is_begin = true, .is_due = true, .mark = astm_holding_mark(&s->holding)};
    if (astm_holding_text(&s->holding).size > 0) {
        astm_say(s, DRAGOMAN_LOG_WARNING, "a message was not completed; the results that were received are kept");
        owed.is_due = false;
        if (in_message(s, translate_rest, true, 1, &owed.number) != DRAGOMAN_OK) {
            /* Not ready: the other side asks again (6.2.3). */
            astm_holding_return(&s->holding, owed.mark);
            s->phase = ASTM_NEUTRAL;
            return owe_sign(s, ASTM_NAK);
        }
    }
    s->due = 1;
    s->has_taken = false;
    return owe(s, &owed);
}

/* EOT, or silence: the same without an answer. */
dragoman_status astm_conversation_end(astm_conversation *s) {
    astm_owed owed = {.mark = astm_holding_mark(&s->holding)};
    if (astm_holding_text(&s->holding).size == 0) {
        return DRAGOMAN_OK;
    }
    astm_say(s, DRAGOMAN_LOG_WARNING,
             "a message ended without its terminator; the results that were received are kept");
    if (in_message(s, translate_rest, false, s->due, &owed.number) != DRAGOMAN_OK) {
        /* It stays where it is until the other side begins anew. */
        astm_holding_return(&s->holding, owed.mark);
        return DRAGOMAN_OK;
    }
    return owe(s, &owed);
}

/* The frame's text joins what is held. When that is over the limit, the whole records before it are handed on: they are
 * results, and the other side would send them again and again if they were refused. */
static dragoman_status take_text(astm_conversation *s) {
    if (astm_holding_text(&s->holding).size + s->text.size > s->max_message) {
        astm_say(s, DRAGOMAN_LOG_WARNING, "a message is longer than max_message; what follows in it has no header");
        dragoman_status status = translate_rest(s);
        if (status != DRAGOMAN_OK) {
            return status;
        }
    }
    if (!astm_holding_add(&s->holding, s->text)) {
        return DRAGOMAN_NO_MEMORY;
    }
    return translate_complete(s);
}

uint8_t astm_number_after(uint8_t number) {
    return (uint8_t)((number + 1) % 8);
}

static dragoman_status take(astm_conversation *s, dragoman_bytes text) {
    astm_owed owed = {
        .sign = ASTM_ACK, .mark = astm_holding_mark(&s->holding), .due = s->due, .had_taken = s->has_taken};
    s->text = text;
    dragoman_status status = in_message(s, take_text, true, astm_number_after(s->due), &owed.number);
    s->text = (dragoman_bytes){NULL, 0};
    if (status != DRAGOMAN_OK) {
        astm_holding_return(&s->holding, owed.mark);
        return owe_sign(s, ASTM_NAK);
    }
    s->due = astm_number_after(s->due);
    s->has_taken = true;
    if (s->is_file) {
        astm_holding_settled(&s->holding);
    }
    return owe(s, &owed);
}

/* A frame that is not taken. In a file nobody sends it again, so that it goes to the dead letters. */
static dragoman_status refuse(astm_conversation *s, const astm_sight *sight) {
    if (s->is_file) {
        const char *reason =
            sight->fault != NULL ? sight->fault : "the frame has another number than the one that is due";
        return s->host->dead_letter(s->context, sight->text, DRAGOMAN_TEXT("frame"),
                                    (dragoman_bytes){(const uint8_t *)reason, strlen(reason)});
    }
    return owe_sign(s, ASTM_NAK);
}

static dragoman_status offer(astm_conversation *s) {
    if (s->tries++ == ASTM_TRIES) {
        astm_say(s, DRAGOMAN_LOG_WARNING, "the analyser never became ready for the answer to its query");
        s->is_query_open = false;
        s->phase = ASTM_NEUTRAL;
        return DRAGOMAN_OK;
    }
    s->reply_frame = 0;
    return owe_sign(s, ASTM_ENQ);
}

/* The next frame of our answer, or the end of it. */
static dragoman_status send_next(astm_conversation *s) {
    s->tries = 1;
    if (s->reply_frame == ASTM_REPLY_FRAMES) {
        s->is_query_open = false;
        s->phase = ASTM_NEUTRAL;
        return owe_sign(s, ASTM_EOT);
    }
    return owe(s, &(astm_owed){.reply = ++s->reply_frame, .is_due = true});
}

static dragoman_status give_up(astm_conversation *s) {
    astm_say(s, DRAGOMAN_LOG_WARNING, "the analyser did not take the answer to its query");
    s->is_query_open = false;
    s->phase = ASTM_NEUTRAL;
    return owe_sign(s, ASTM_EOT);
}

static dragoman_status send_again(astm_conversation *s) {
    if (s->tries++ == ASTM_TRIES) {
        return give_up(s);
    }
    return owe(s, &(astm_owed){.reply = s->reply_frame, .is_due = true});
}

static int64_t patience_us(const astm_conversation *s, astm_step step) {
    switch (s->phase) {
    case ASTM_RECEIVING:
        return ASTM_RECEIVER_TIMEOUT_US;
    case ASTM_OFFERING:
    case ASTM_SENDING:
        return ASTM_SENDER_TIMEOUT_US;
    case ASTM_PAUSING:
        return step == ASTM_DO_YIELD ? ASTM_CONTENTION_US : ASTM_BUSY_US;
    default:
        return 0;
    }
}

static dragoman_status do_step(astm_conversation *s, astm_step step, const astm_sight *sight) {
    switch (step) {
    case ASTM_DO_BEGIN:
        return begin(s);
    case ASTM_DO_TAKE:
        return take(s, sight->text);
    case ASTM_DO_REPEAT:
        return owe_sign(s, ASTM_ACK);
    case ASTM_DO_REFUSE:
        return refuse(s, sight);
    case ASTM_DO_END:
        return astm_conversation_end(s);
    case ASTM_DO_OFFER:
        return offer(s);
    case ASTM_DO_SEND:
        return send_next(s);
    case ASTM_DO_RESEND:
        return send_again(s);
    case ASTM_DO_GIVE_UP:
        return give_up(s);
    default:
        return DRAGOMAN_OK;
    }
}

/* One input through the table. */
dragoman_status astm_step_do(astm_conversation *s, astm_input input, const astm_sight *sight, const dragoman_now *now) {
    const astm_row *row = astm_link_row(s->phase, input);
    if (row->step == ASTM_DO_NOTHING) {
        return DRAGOMAN_OK;
    }
    s->phase = (astm_phase)row->next;
    dragoman_status status = do_step(s, (astm_step)row->step, sight);
    int64_t patience = patience_us(s, (astm_step)row->step);
    s->deadline_us = patience > 0 && !s->is_file ? now->monotonic_us + patience : DRAGOMAN_NO_DEADLINE;
    if (status == DRAGOMAN_OK && s->phase == ASTM_NEUTRAL && s->is_query_open) {
        s->tries = 0;
        return astm_step_do(s, ASTM_SAW_WISH, sight, now);
    }
    return status;
}

dragoman_status astm_conversation_take(astm_conversation *s, dragoman_bytes text) {
    uint64_t number = 0;
    s->text = text;
    dragoman_status status = in_message(s, translate_text, false, 0, &number);
    s->text = (dragoman_bytes){NULL, 0};
    return status;
}

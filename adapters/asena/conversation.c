#include "conversation.h"
#include <string.h>

static const dragoman_bytes nothing = {NULL, 0};

static void tell(asena_conversation *self, uint32_t level, dragoman_bytes text) {
    self->pump.host->log(self->pump.context, level, text, nothing);
}

static void count(asena_conversation *self, uint32_t counter) {
    self->pump.host->count(self->pump.context, counter, 1);
}

/* ------------------------------------------------------------------ asking */

static void send(asena_conversation *self, const dragoman_now *now) {
    self->is_waiting = true;
    if (self->to_send_count < ASENA_TO_SEND) {
        self->to_send[self->to_send_count++] = (uint8_t)self->query;
    }
    self->tries++;
    self->until_us = now->monotonic_us + ASENA_ANSWER_US;
}

static void ask(asena_conversation *self, asena_query query, const dragoman_now *now) {
    self->query = query;
    self->tries = 0;
    send(self, now);
}

/* The query that is due first; ASENA_QUERIES: the pump answers none. */
static asena_query first_due(const asena_conversation *self) {
    asena_query first = ASENA_QUERIES;
    for (uint32_t n = 0; n < ASENA_QUERIES; n++) {
        if (!self->is_mute[n] && (first == ASENA_QUERIES || self->due_us[n] < self->due_us[first])) {
            first = (asena_query)n;
        }
    }
    return first;
}

static void ask_next(asena_conversation *self, const dragoman_now *now) {
    asena_query query = first_due(self);
    if (!self->is_waiting && query != ASENA_QUERIES && self->due_us[query] <= now->monotonic_us) {
        ask(self, query, now);
    }
}

static void end_query(asena_conversation *self, const dragoman_now *now) {
    self->is_waiting = false;
    self->due_us[self->query] = now->monotonic_us + self->every_us[self->query];
}

/* ---------------------------------------------------------- what states do */

static void ask_name(asena_conversation *self, const dragoman_now *now) {
    ask(self, ASENA_QUERY_SERIAL, now);
}

static void open_line(asena_conversation *self, const dragoman_now *now) {
    asena_scanner_reset(&self->scanner);
    asena_pump_begin(&self->pump);
    ask_name(self, now);
}

static void open_file(asena_conversation *self, const dragoman_now *now) {
    (void)now;
    asena_scanner_reset(&self->scanner);
    asena_pump_begin(&self->pump);
}

static void close_line(asena_conversation *self, const dragoman_now *now) {
    (void)now;
    self->is_waiting = false;
    self->to_send_count = 0;
}

/* The pump is known: everything else is due. */
static void begin(asena_conversation *self, const dragoman_now *now) {
    for (uint32_t n = 0; n < ASENA_QUERIES; n++) {
        self->due_us[n] = now->monotonic_us;
        self->is_mute[n] = false;
    }
    end_query(self, now);
    ask_next(self, now);
}

static void go_on(asena_conversation *self, const dragoman_now *now) {
    end_query(self, now);
    ask_next(self, now);
}

static void pause(asena_conversation *self, const dragoman_now *now) {
    self->is_waiting = false;
    self->until_us = now->monotonic_us + ASENA_PAUSE_US;
}

/* A pump need not know every query. One that does not even tell what it infuses is silent. */
static void skip(asena_conversation *self, const dragoman_now *now) {
    asena_query query = self->query;
    if (query == ASENA_QUERY_INFUSION || query == ASENA_QUERY_SERIAL) {
        tell(self, DRAGOMAN_LOG_WARNING, DRAGOMAN_TEXT("the pump gives no answers; it is asked for its name again"));
        self->state = ASENA_PAUSED;
        pause(self, now);
        return;
    }
    self->is_mute[query] = true;
    end_query(self, now);
    ask_next(self, now);
}

/* ---------------------------------------------------------------- the table */

typedef struct transition {
    asena_state state;
    asena_happening what;
    asena_state next;
    void (*act)(asena_conversation *self, const dragoman_now *now);
} transition;

static const transition transitions[] = {
    {ASENA_CLOSED, ASENA_OPENED, ASENA_NAMING, open_line},
    {ASENA_CLOSED, ASENA_FILE_OPENED, ASENA_LISTENING, open_file},
    {ASENA_LISTENING, ASENA_LINE_CLOSED, ASENA_CLOSED, close_line},

    {ASENA_NAMING, ASENA_ANSWERED, ASENA_READING, begin},
    {ASENA_NAMING, ASENA_UNANSWERED, ASENA_PAUSED, pause},
    {ASENA_NAMING, ASENA_LINE_CLOSED, ASENA_CLOSED, close_line},

    {ASENA_READING, ASENA_ANSWERED, ASENA_READING, go_on},
    {ASENA_READING, ASENA_UNANSWERED, ASENA_READING, skip},
    {ASENA_READING, ASENA_LINE_CLOSED, ASENA_CLOSED, close_line},

    {ASENA_PAUSED, ASENA_PAUSE_OVER, ASENA_NAMING, ask_name},
    {ASENA_PAUSED, ASENA_LINE_CLOSED, ASENA_CLOSED, close_line},
};

void asena_conversation_happens(asena_conversation *self, asena_happening what, const dragoman_now *now) {
    for (size_t n = 0; n < sizeof transitions / sizeof *transitions; n++) {
        const transition *row = &transitions[n];
        if (row->state == self->state && row->what == what) {
            self->state = row->next;
            row->act(self, now);
            return;
        }
    }
}

/* ------------------------------------------------------- what the line says */

static void try_again(asena_conversation *self, const dragoman_now *now) {
    if (self->tries < ASENA_TRIES) {
        send(self, now);
    } else {
        asena_conversation_happens(self, ASENA_UNANSWERED, now);
    }
}

static bool is_awaited(const asena_conversation *self, dragoman_bytes name) {
    dragoman_bytes asked = asena_query_name(self->query);
    bool is_same = self->is_waiting && name.size == asked.size;
    for (size_t n = 0; is_same && n < name.size; n++) {
        is_same = name.data[n] == asked.data[n];
    }
    return is_same;
}

/* A late answer is as good as one in time, once the pump is known. */
static void take_answer(asena_conversation *self, const asena_answer *answer, const dragoman_now *now) {
    bool is_answer = is_awaited(self, answer->fields[0]);
    bool is_reading = self->state == ASENA_READING || self->state == ASENA_LISTENING;
    if (!is_answer && !is_reading) {
        return;
    }
    dragoman_status status = asena_pump_take(&self->pump, answer, now);
    if (status == DRAGOMAN_INVALID) {
        count(self, DRAGOMAN_COUNT_BAD_FRAME);
    } else if (status != DRAGOMAN_OK && status != DRAGOMAN_UNSUPPORTED) {
        tell(self, DRAGOMAN_LOG_ERROR, DRAGOMAN_TEXT("a report could not be handed on"));
    }
    if (is_answer) {
        asena_conversation_happens(self, ASENA_ANSWERED, now);
    }
}

bool asena_conversation_byte(asena_conversation *self, uint8_t byte, const dragoman_now *now) {
    asena_answer answer;
    switch (asena_scan(&self->scanner, byte, &answer)) {
    case ASENA_SCANNED_ANSWER:
        take_answer(self, &answer, now);
        return true;
    case ASENA_SCANNED_BROKEN:
        count(self, DRAGOMAN_COUNT_BAD_FRAME);
        if (self->is_waiting) {
            try_again(self, now);
        }
        return true;
    case ASENA_SCANNED_NOISE:
        count(self, DRAGOMAN_COUNT_RESYNCHRONISED);
        return false;
    default:
        return false;
    }
}

/* --------------------------------------------------------------------- time */

int64_t asena_conversation_deadline(const asena_conversation *self) {
    if (self->state == ASENA_CLOSED || self->state == ASENA_LISTENING) {
        return DRAGOMAN_NO_DEADLINE;
    }
    if (self->is_waiting || self->state == ASENA_PAUSED) {
        return self->until_us;
    }
    asena_query query = first_due(self);
    return query == ASENA_QUERIES ? DRAGOMAN_NO_DEADLINE : self->due_us[query];
}

void asena_conversation_expire(asena_conversation *self, const dragoman_now *now) {
    if (now->monotonic_us < asena_conversation_deadline(self)) {
        return;
    }
    if (self->is_waiting) {
        try_again(self, now);
    } else if (self->state == ASENA_PAUSED) {
        asena_conversation_happens(self, ASENA_PAUSE_OVER, now);
    } else {
        ask_next(self, now);
    }
}

bool asena_conversation_speak(asena_conversation *self, asena_query *ret_query) {
    if (self->to_send_count == 0) {
        return false;
    }
    *ret_query = (asena_query)self->to_send[0];
    self->to_send_count--;
    memmove(self->to_send, self->to_send + 1, self->to_send_count);
    return true;
}

#include "conversation.h"
#include <string.h>

static const dragoman_bytes nothing = {NULL, 0};

static void tell(bcc_conversation *self, uint32_t level, dragoman_bytes text) {
    self->rack.host->log(self->rack.context, level, text, nothing);
}

/* ------------------------------------------------------------------ asking */

static void say(bcc_conversation *self, bcc_saying saying) {
    if (self->to_say_count < BCC_TO_SAY) {
        self->to_say[self->to_say_count++] = saying;
    }
}

static bool is_to_be_said(const bcc_conversation *self, bcc_request request) {
    for (uint32_t n = 0; n < self->to_say_count; n++) {
        if (self->to_say[n].number == 0 && self->to_say[n].request == request) {
            return true;
        }
    }
    return false;
}

/* A request that is still waiting for the acknowledgements before it is not said twice. */
static void send(bcc_conversation *self, const dragoman_now *now) {
    self->is_waiting = true;
    self->tries++;
    self->until_us = now->monotonic_us + BCC_ANSWER_US;
    if (!is_to_be_said(self, self->request)) {
        say(self, (bcc_saying){.request = self->request, .is_settled = true});
    }
}

static void ask(bcc_conversation *self, bcc_request request, const dragoman_now *now) {
    self->request = request;
    self->tries = 0;
    send(self, now);
}

/* ---------------------------------------------------------- what states do */

static void greet(bcc_conversation *self, const dragoman_now *now) {
    self->bed = self->settings.bed;
    ask(self, BCC_REQUEST_ALIVE, now);
}

static void open_line(bcc_conversation *self, const dragoman_now *now) {
    bcc_rack_begin(&self->rack);
    greet(self, now);
}

static void open_file(bcc_conversation *self, const dragoman_now *now) {
    (void)now;
    bcc_rack_begin(&self->rack);
}

static void close_line(bcc_conversation *self, const dragoman_now *now) {
    (void)now;
    self->is_waiting = false;
    self->to_say_count = 0;
}

static void ask_all(bcc_conversation *self, const dragoman_now *now) {
    ask(self, BCC_REQUEST_ALL, now);
}

/* The answer may go on in further frames: they are taken as they come. */
static void rest(bcc_conversation *self, const dragoman_now *now) {
    if (self->is_waiting) {
        self->is_waiting = false;
        self->until_us = now->monotonic_us + self->settings.every_us;
    }
}

static void pause(bcc_conversation *self, const dragoman_now *now) {
    self->is_waiting = false;
    self->until_us = now->monotonic_us + BCC_PAUSE_US;
}

static void lose(bcc_conversation *self, const dragoman_now *now) {
    tell(self, DRAGOMAN_LOG_WARNING, DRAGOMAN_TEXT("the rack gives no answers; it is greeted again"));
    pause(self, now);
}

/* ---------------------------------------------------------------- the table */

typedef struct transition {
    bcc_state state;
    bcc_happening what;
    bcc_state next;
    void (*act)(bcc_conversation *self, const dragoman_now *now);
} transition;

static const transition transitions[] = {
    {BCC_CLOSED, BCC_OPENED, BCC_GREETING, open_line},        {BCC_CLOSED, BCC_FILE_OPENED, BCC_LISTENING, open_file},
    {BCC_LISTENING, BCC_LINE_CLOSED, BCC_CLOSED, close_line},

    {BCC_GREETING, BCC_ANSWERED, BCC_READING, ask_all},       {BCC_GREETING, BCC_UNANSWERED, BCC_PAUSED, pause},
    {BCC_GREETING, BCC_LINE_CLOSED, BCC_CLOSED, close_line},

    {BCC_READING, BCC_ANSWERED, BCC_READING, rest},           {BCC_READING, BCC_UNANSWERED, BCC_PAUSED, lose},
    {BCC_READING, BCC_LINE_CLOSED, BCC_CLOSED, close_line},

    {BCC_PAUSED, BCC_PAUSE_OVER, BCC_GREETING, greet},        {BCC_PAUSED, BCC_LINE_CLOSED, BCC_CLOSED, close_line},
};

void bcc_conversation_happens(bcc_conversation *self, bcc_happening what, const dragoman_now *now) {
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

/* The rack's own word for its bed is that of further requests, if it is one that can be said. */
static void learn_bed(bcc_conversation *self, const bcc_frame *frame) {
    if (self->state == BCC_GREETING && !self->settings.has_bed && !bcc_bed_read(frame->bed, &self->bed)) {
        tell(self, DRAGOMAN_LOG_WARNING,
             DRAGOMAN_TEXT("the rack's name of its bed cannot be used in requests; the setting bed names one"));
    }
}

static uint64_t digest_of(dragoman_bytes bytes) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t n = 0; n < bytes.size; n++) {
        hash = (hash ^ bytes.data[n]) * 0x100000001b3u;
    }
    return hash;
}

/* One frame is one message. */
static void keep(bcc_conversation *self, const bcc_frame *frame, dragoman_bytes whole, const dragoman_now *now) {
    const dragoman_host *host = self->rack.host;
    void *context = self->rack.context;
    uint64_t number = 0;
    if (host->message_begin(context, nothing, nothing, digest_of(whole), &number) != DRAGOMAN_OK) {
        tell(self, DRAGOMAN_LOG_ERROR, DRAGOMAN_TEXT("a frame finds no place to be kept"));
        return;
    }
    dragoman_status status = bcc_rack_take(&self->rack, frame, now);
    if (status == DRAGOMAN_INVALID) {
        status = host->dead_letter(context, whole, DRAGOMAN_TEXT("block"),
                                   DRAGOMAN_TEXT("a block is not of time, address, parameter and value"));
    }
    if (status != DRAGOMAN_OK || host->message_end(context) != DRAGOMAN_OK) {
        host->message_abandon(context);
        tell(self, DRAGOMAN_LOG_ERROR, DRAGOMAN_TEXT("a report could not be handed on"));
        return;
    }
    if (self->state != BCC_LISTENING) {
        say(self, (bcc_saying){.number = number});
    }
}

void bcc_conversation_take(bcc_conversation *self, dragoman_bytes line, const dragoman_now *now) {
    const dragoman_host *host = self->rack.host;
    uint8_t *bytes = (uint8_t *)host->batch(self->rack.context, line.size);
    bcc_frame frame;
    if (bytes == NULL) {
        tell(self, DRAGOMAN_LOG_ERROR, DRAGOMAN_TEXT("a frame finds no memory"));
        return;
    }
    dragoman_bytes whole = {bytes, line.size};
    if (self->settings.is_stuffed) {
        whole.size = bcc_unstuff(line, bytes);
    } else {
        memcpy(bytes, line.data, line.size);
    }
    if (!bcc_frame_read(whole, &frame)) {
        host->count(self->rack.context, DRAGOMAN_COUNT_BAD_FRAME, 1);
        return;
    }
    learn_bed(self, &frame);
    keep(self, &frame, whole, now);
    bcc_conversation_happens(self, BCC_ANSWERED, now);
}

void bcc_conversation_settled(bcc_conversation *self, uint64_t through, bool is_kept) {
    uint32_t count = 0;
    for (uint32_t n = 0; n < self->to_say_count; n++) {
        bcc_saying saying = self->to_say[n];
        bool is_meant = !saying.is_settled && saying.number <= through;
        if (is_meant && !is_kept) {
            continue;
        }
        saying.is_settled = saying.is_settled || is_meant;
        self->to_say[count++] = saying;
    }
    self->to_say_count = count;
}

/* --------------------------------------------------------------------- time */

int64_t bcc_conversation_deadline(const bcc_conversation *self) {
    return self->state == BCC_CLOSED || self->state == BCC_LISTENING ? DRAGOMAN_NO_DEADLINE : self->until_us;
}

void bcc_conversation_expire(bcc_conversation *self, const dragoman_now *now) {
    if (now->monotonic_us < bcc_conversation_deadline(self)) {
        return;
    }
    if (self->state == BCC_PAUSED) {
        bcc_conversation_happens(self, BCC_PAUSE_OVER, now);
    } else if (!self->is_waiting) {
        ask_all(self, now);
    } else if (self->tries < BCC_TRIES) {
        send(self, now);
    } else {
        bcc_conversation_happens(self, BCC_UNANSWERED, now);
    }
}

/* A request waits for the acknowledgements before it: the rack waits for them. */
dragoman_bytes bcc_conversation_speak(bcc_conversation *self) {
    if (self->to_say_count == 0 || !self->to_say[0].is_settled) {
        return nothing;
    }
    bcc_saying saying = self->to_say[0];
    self->to_say_count--;
    memmove(self->to_say, self->to_say + 1, self->to_say_count * sizeof *self->to_say);
    if (saying.number > 0) {
        return bcc_acknowledgement();
    }
    size_t size = bcc_request_write(saying.request, &self->bed, self->settings.is_stuffed, self->frame);
    return (dragoman_bytes){self->frame, size};
}

#include "simulate/analyser.h"
#include "base/bytes.h"
#include "base/time.h"

#include <stdlib.h>

enum { STX = 0x02, ETX = 0x03, EOT = 0x04, ENQ = 0x05, ACK = 0x06, NAK = 0x15, ETB = 0x17 };

/* E1381 6.5.2 and 6.2.3, and how often a frame is tried (6.5.1.2). */
#define REPLY_US 15000000
#define BUSY_US 10000000
#define TRIES 6
/* In contention the instrument asks again after a second (6.2.1). */
#define CONTENTION_US 1000000

typedef enum analyser_state {
    IDLE,
    ASKED,     /* ENQ was sent */
    SENT,      /* a frame was sent */
    RECEIVING, /* the host sends */
} analyser_state;

struct analyser {
    analyser_options options;
    analyser_figures figures;
    port *line;
    loop_timer *timer;  /* the next thing to do, or the end of patience */
    loop_timer *unplug; /* the next time that the cable is pulled */
    loop_timer *later;  /* what was delayed is sent */
    buffer delayed;
    buffer message; /* records, each with its CR */
    size_t from;    /* of the frame that is on its way, in the message */
    size_t to;
    uint32_t number; /* of that frame */
    uint32_t tries;
    uint64_t random;
    uint64_t sample;
    analyser_state state;
    bool is_connected;
    bool is_query;
};

/* splitmix64. */
static uint64_t draw(analyser *self, uint64_t below) {
    uint64_t z = (self->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

static void wake_in(analyser *self, int64_t us) {
    loop_timer_set(self->timer, clock_now().monotonic_us + us);
}

static void say(analyser *self, const void *bytes, size_t size) {
    if (self->options.faults.delay_us == 0) {
        port_send(self->line, (dragoman_bytes){bytes, size});
        return;
    }
    buffer_append(&self->delayed, bytes, size);
    loop_timer_set(self->later, clock_now().monotonic_us + self->options.faults.delay_us);
}

static void say_sign(analyser *self, uint8_t sign) {
    say(self, &sign, 1);
}

static void send_delayed(void *context) {
    analyser *self = context;
    port_send(self->line, buffer_bytes(&self->delayed));
    buffer_reset(&self->delayed);
}

/* ------------------------------------------------------------ messages */

static void put_time(analyser *self, buffer *to) {
    int64_t seconds = (clock_now().wall_us + self->options.faults.clock_shift_us) / 1000000;
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    time_date(seconds / 86400, &year, &month, &day);
    buffer_append_format(to, "%04d%02u%02u%02d%02d%02d", (int)year, month, day, (int)(seconds / 3600 % 24),
                         (int)(seconds / 60 % 60), (int)(seconds % 60));
}

static void put_results(analyser *self, buffer *to) {
    static const struct {
        const char *code, *unit, *range;
        unsigned least, spread, digits;
    } tests[] = {{"WBC", "10*3/uL", "4.00-10.00", 350, 900, 2},
                 {"RBC", "10*6/uL", "3.80-5.80", 300, 280, 2},
                 {"HGB", "g/dL", "12.0-17.0", 80, 100, 1},
                 {"HCT", "%", "36.0-50.0", 250, 280, 1},
                 {"PLT", "10*3/uL", "150-400", 90, 350, 0}};
    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        unsigned value = tests[i].least + (unsigned)draw(self, tests[i].spread);
        unsigned scale = tests[i].digits == 2 ? 100 : tests[i].digits == 1 ? 10 : 1;
        buffer_append_format(to, "R|%u|^^^^%s^1|%u", i + 1, tests[i].code, value / scale);
        if (scale > 1) {
            buffer_append_format(to, ".%0*u", (int)tests[i].digits, value % scale);
        }
        buffer_append_format(to, "|%s|%s|N||F||||", tests[i].unit, tests[i].range);
        put_time(self, to);
        buffer_append_text(to, "\r");
    }
}

/* A message with results, or one with a query. Its patient and specimen are invented. */
static void write_message(analyser *self) {
    buffer *to = &self->message;
    buffer_reset(to);
    buffer_append_text(to, "H|\\^&|||XN-550^00-24^1^^^^SIM00001||||||||E1394-97|");
    put_time(self, to);
    buffer_append_text(to, "\r");
    if (self->is_query) {
        buffer_append_format(to, "Q|1|2^%llu^SIM-%06llu^B||||||||||N\r", (unsigned long long)self->sample % 10 + 1,
                             (unsigned long long)self->sample);
    } else {
        unsigned patient = 1000 + (unsigned)draw(self, 50);
        buffer_append_format(to, "P|1|||SIM%u|Simulated^Patient %u\r", patient, patient);
        buffer_append_format(to, "O|1|2^%llu^SIM-%06llu^B||^^^^WBC\\^^^^RBC\\^^^^HGB\\^^^^HCT\\^^^^PLT|||||||N\r",
                             (unsigned long long)self->sample % 10 + 1, (unsigned long long)self->sample);
        put_results(self, to);
    }
    buffer_append_text(to, "L|1|N\r");
    self->from = self->to = 0;
    self->number = 0;
}

/* -------------------------------------------------------------- sending */

static bool is_turn(uint64_t count, uint32_t every) {
    return every > 0 && count % every == 0;
}

/* The frame from..to, once more or for the first time. */
static void send_frame(analyser *self) {
    buffer frame;
    const uint8_t *text = self->message.data;
    buffer_init(&frame);
    buffer_append_byte(&frame, STX);
    buffer_append_format(&frame, "%u", self->number % 8);
    buffer_append(&frame, text + self->from, self->to - self->from);
    buffer_append_byte(&frame, text[self->to - 1] == '\r' ? ETX : ETB);
    unsigned sum = 0;
    for (size_t i = 1; i < frame.size; i++) {
        sum += frame.data[i];
    }
    buffer_append_format(&frame, "%02X\r\n", sum & 0xff);
    self->figures.frames++;
    if (is_turn(self->figures.frames, self->options.faults.corrupt)) {
        frame.data[draw(self, frame.size)] ^= (uint8_t)(1u << draw(self, 8));
        self->figures.corrupted++;
    }
    if (is_turn(self->figures.frames, self->options.faults.drop)) {
        self->figures.dropped++;
    } else {
        say(self, frame.data, frame.size);
    }
    buffer_fini(&frame);
    self->state = SENT;
    wake_in(self, REPLY_US);
}

static void plan_next(analyser *self) {
    self->state = IDLE;
    bool is_over = self->options.messages > 0 && self->figures.messages >= self->options.messages;
    if (is_over && !self->options.asks && self->options.ended != NULL) {
        self->options.ended(self->options.context);
        return;
    }
    wake_in(self, self->options.interval_us);
}

static void finish_message(analyser *self) {
    say_sign(self, EOT);
    if (self->is_query) {
        self->figures.queries++;
        self->is_query = false;
    } else {
        self->figures.messages++;
        self->is_query = self->options.asks;
    }
    buffer_reset(&self->message);
    self->state = IDLE;
    /* Who has asked leaves the line to the host for a moment. */
    if (self->options.asks && !self->is_query) {
        wake_in(self, CONTENTION_US + self->options.interval_us);
    } else {
        plan_next(self);
    }
}

/* The next frame: what is left of the record, as much as a frame takes. */
static void send_next(analyser *self) {
    self->from = self->to;
    if (self->from == self->message.size) {
        finish_message(self);
        return;
    }
    const uint8_t *begin = self->message.data + self->from;
    const uint8_t *end = memchr(begin, '\r', self->message.size - self->from);
    size_t size = (size_t)(end - begin) + 1;
    self->to = self->from + (size < self->options.frame ? size : self->options.frame);
    self->number++;
    self->tries = 0;
    send_frame(self);
}

/* The message is sent from its beginning later. */
static void give_up(analyser *self) {
    say_sign(self, EOT);
    self->figures.given_up++;
    self->from = self->to = 0;
    self->number = 0;
    self->state = IDLE;
    wake_in(self, self->options.interval_us < CONTENTION_US ? CONTENTION_US : self->options.interval_us);
}

static void answered(analyser *self, uint8_t sign) {
    if (self->state == ASKED && sign == ACK) {
        send_next(self);
    } else if (self->state == ASKED && sign == NAK) {
        self->state = IDLE;
        wake_in(self, BUSY_US);
    } else if (self->state == ASKED && sign == ENQ) {
        self->state = IDLE;
        wake_in(self, CONTENTION_US);
    } else if (self->state == SENT && sign == ACK) {
        self->figures.acknowledged++;
        send_next(self);
    } else if (self->state == SENT && sign == NAK) {
        self->figures.refused++;
        if (++self->tries == TRIES) {
            give_up(self);
        } else {
            send_frame(self);
        }
    }
}

/* ------------------------------------------------------------ receiving */

/* What the host sends is not read: it is acknowledged, or refused. */
static void hear_host(analyser *self, uint8_t byte) {
    uint8_t answer = self->options.faults.refuses ? NAK : ACK;
    if (self->state == IDLE && byte == ENQ) {
        self->state = RECEIVING;
        say_sign(self, ACK);
        wake_in(self, 2 * REPLY_US);
    } else if (self->state == RECEIVING && byte == '\n') {
        say_sign(self, answer);
        wake_in(self, 2 * REPLY_US);
    } else if (self->state == RECEIVING && byte == EOT) {
        self->figures.answers++;
        plan_next(self);
        if (self->options.messages > 0 && self->figures.messages >= self->options.messages &&
            self->options.ended != NULL) {
            self->options.ended(self->options.context);
        }
    }
}

static void received(void *context, dragoman_bytes bytes) {
    analyser *self = context;
    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t byte = bytes.data[i];
        if (self->state == ASKED || self->state == SENT) {
            answered(self, byte);
        } else {
            hear_host(self, byte);
        }
    }
}

static void rang(void *context) {
    analyser *self = context;
    if (!self->is_connected) {
        return;
    }
    if (self->state == ASKED || self->state == SENT) {
        self->figures.silences++;
        give_up(self);
        return;
    }
    if (self->message.size == 0) {
        self->sample += self->is_query ? 0 : 1;
        write_message(self);
    }
    self->state = ASKED;
    say_sign(self, ENQ);
    wake_in(self, REPLY_US);
}

/* ----------------------------------------------------------------- line */

static void tell(analyser *self, const char *name) {
    if (self->options.names != NULL) {
        fprintf(self->options.names, "%s\n", name);
        fflush(self->options.names);
    }
}

static void listens(void *context, const char *name) {
    tell(context, name);
}

static void opened(void *context, const char *name) {
    analyser *self = context;
    if (self->options.kind == PORT_PSEUDO_TERMINAL) {
        tell(self, name);
    }
    self->is_connected = true;
    self->state = IDLE;
    self->from = self->to = 0;
    self->number = 0;
    wake_in(self, self->options.interval_us);
}

static void closed(void *context) {
    analyser *self = context;
    self->is_connected = false;
    self->state = IDLE;
}

static void pull(void *context) {
    analyser *self = context;
    port_unplug(self->line);
    loop_timer_set(self->unplug, clock_now().monotonic_us + self->options.faults.unplug_us);
}

analyser *analyser_create(loop *on, const analyser_options *options) {
    analyser *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    self->options = *options;
    self->random = options->seed;
    buffer_init(&self->delayed);
    buffer_init(&self->message);
    self->timer = loop_timer_create(on, rang, self);
    self->unplug = loop_timer_create(on, pull, self);
    self->later = loop_timer_create(on, send_delayed, self);
    port_options line = {.kind = options->kind,
                         .host = options->host,
                         .number = options->number,
                         .link = options->link,
                         .opened = opened,
                         .listens = listens,
                         .received = received,
                         .closed = closed,
                         .context = self};
    if (self->timer != NULL && self->unplug != NULL && self->later != NULL) {
        self->line = port_create(on, &line);
    }
    if (self->line == NULL) {
        analyser_destroy(self);
        return NULL;
    }
    if (options->faults.unplug_us > 0) {
        loop_timer_set(self->unplug, clock_now().monotonic_us + options->faults.unplug_us);
    }
    return self;
}

void analyser_destroy(analyser *self) {
    if (self == NULL) {
        return;
    }
    port_destroy(self->line);
    loop_timer_destroy(self->timer);
    loop_timer_destroy(self->unplug);
    loop_timer_destroy(self->later);
    buffer_fini(&self->delayed);
    buffer_fini(&self->message);
    free(self);
}

const analyser_figures *analyser_figures_of(const analyser *self) {
    return &self->figures;
}

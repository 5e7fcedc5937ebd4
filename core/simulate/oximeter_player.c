#include "simulate/oximeter_player.h"

#include "loop/clock.h"
#include <stdlib.h>

/* How often the frames that are due go out. */
#define TICK_US 40000
#define SECOND_US 1000000

struct oximeter_player {
    line_options options;
    const oximeter_protocol *protocol;
    oximeter_figures figures;
    oximeter finger;
    port *line;
    loop_timer *tick;
    loop_timer *late; /* frames that are held back */
    buffer held;
    bool is_open;
    int64_t since_us; /* of the first frame */
    uint64_t sent;    /* frames since then */
    int64_t unplug_at_us;
};

static void say(oximeter_player *self, dragoman_bytes bytes) {
    if (self->options.faults.delay_us == 0) {
        port_send(self->line, bytes);
        return;
    }
    if (self->held.size == 0) {
        loop_timer_set(self->late, clock_now().monotonic_us + self->options.faults.delay_us);
    }
    buffer_append_bytes(&self->held, bytes);
}

static void send_held(void *context) {
    oximeter_player *self = context;
    port_send(self->line, buffer_bytes(&self->held));
    buffer_reset(&self->held);
}

/* One frame, with the faults that were wished for. */
static void send_frame(oximeter_player *self) {
    const line_faults *faults = &self->options.faults;
    uint8_t frame[OXIMETER_FRAME_BYTES];
    oximeter_moment now = oximeter_next(&self->finger);
    size_t size = self->protocol->write(&now, self->sent++, faults->clock_shift_us, frame);
    uint64_t number = ++self->figures.frames;
    if (faults->drop > 0 && number % faults->drop == 0) {
        self->figures.dropped++;
        return;
    }
    if (faults->corrupt > 0 && number % faults->corrupt == 0) {
        uint64_t round = number / faults->corrupt;
        frame[round % size] ^= (uint8_t)(1u << round / size % 8);
        self->figures.corrupted++;
    }
    say(self, (dragoman_bytes){frame, size});
}

static void tick(void *context) {
    oximeter_player *self = context;
    int64_t now_us = clock_now().monotonic_us;
    loop_timer_set(self->tick, now_us + TICK_US);
    if (self->is_open) {
        uint64_t due = (uint64_t)(now_us - self->since_us) * self->protocol->frequency / SECOND_US;
        while (self->sent < due) {
            send_frame(self);
        }
    }
    if (self->options.faults.unplug_us > 0 && now_us >= self->unplug_at_us) {
        self->unplug_at_us = now_us + self->options.faults.unplug_us;
        port_unplug(self->line);
    }
}

static void opened(void *context, const char *name) {
    oximeter_player *self = context;
    self->figures.opened++;
    self->is_open = true;
    self->since_us = clock_now().monotonic_us;
    self->sent = 0;
    if (self->options.kind == PORT_PSEUDO_TERMINAL) {
        line_tell_name(self->options.names, name);
    }
}

static void listens(void *context, const char *name) {
    const oximeter_player *self = context;
    line_tell_name(self->options.names, name);
}

static void received(void *context, dragoman_bytes bytes) {
    oximeter_player *self = context;
    self->figures.heard += bytes.size;
}

static void closed(void *context) {
    oximeter_player *self = context;
    self->is_open = false;
    buffer_reset(&self->held);
}

oximeter_player *oximeter_player_create(loop *on, const line_options *options, const oximeter_protocol *protocol) {
    oximeter_player *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    self->options = *options;
    self->protocol = protocol;
    buffer_init(&self->held);
    oximeter_init(&self->finger, options->seed, protocol->frequency);
    self->tick = loop_timer_create(on, tick, self);
    self->late = loop_timer_create(on, send_held, self);
    port_options wanted = {.kind = options->kind,
                           .host = options->host,
                           .number = options->number,
                           .link = options->link,
                           .opened = opened,
                           .listens = listens,
                           .received = received,
                           .closed = closed,
                           .context = self};
    self->line = self->tick != NULL && self->late != NULL ? port_create(on, &wanted) : NULL;
    if (self->line == NULL) {
        oximeter_player_destroy(self);
        return NULL;
    }
    int64_t now_us = clock_now().monotonic_us;
    self->unplug_at_us = now_us + options->faults.unplug_us;
    loop_timer_set(self->tick, now_us + TICK_US);
    return self;
}

void oximeter_player_destroy(oximeter_player *self) {
    if (self == NULL) {
        return;
    }
    port_destroy(self->line);
    loop_timer_destroy(self->tick);
    loop_timer_destroy(self->late);
    buffer_fini(&self->held);
    free(self);
}

const oximeter_figures *oximeter_player_figures(const oximeter_player *self) {
    return &self->figures;
}

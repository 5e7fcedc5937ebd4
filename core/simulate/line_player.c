#include "simulate/line_player.h"

#include <stdlib.h>

struct line_player {
    line_options options;
    const line_protocol *protocol;
    void *device;
    line_figures figures;
    port *line;
    loop_timer *tick;
    loop_timer *late; /* frames that are held back */
    buffer held;
    int64_t unplug_at_us;
};

static void send_held(void *context) {
    line_player *self = context;
    port_send(self->line, buffer_bytes(&self->held));
    buffer_reset(&self->held);
}

static void send_frame(line_player *self, dragoman_bytes frame) {
    if (self->options.faults.delay_us == 0) {
        port_send(self->line, frame);
        return;
    }
    if (self->held.size == 0) {
        loop_timer_set(self->late, clock_now().monotonic_us + self->options.faults.delay_us);
    }
    buffer_append_bytes(&self->held, frame);
}

void line_player_send(line_player *self, dragoman_bytes frame) {
    const line_faults *faults = &self->options.faults;
    uint64_t number = ++self->figures.answered;
    if (faults->drop > 0 && number % faults->drop == 0) {
        self->figures.dropped++;
        return;
    }
    if (frame.size == 0 || faults->corrupt == 0 || number % faults->corrupt != 0) {
        send_frame(self, frame);
        return;
    }
    uint64_t round = number / faults->corrupt;
    buffer wrong;
    buffer_init(&wrong);
    buffer_append_bytes(&wrong, frame);
    /* A step that meets every byte of most frames before it comes to the same again. */
    wrong.data[round * 37 % wrong.size] ^= (uint8_t)(1u << round % 7);
    self->figures.corrupted++;
    send_frame(self, buffer_bytes(&wrong));
    buffer_fini(&wrong);
}

line_figures *line_player_figures(line_player *self) {
    return &self->figures;
}

static void tick(void *context) {
    line_player *self = context;
    int64_t now_us = clock_now().monotonic_us;
    loop_timer_set(self->tick, now_us + LINE_TICK_US);
    self->protocol->tick(self->device, self, clock_now().wall_us);
    if (self->options.faults.unplug_us > 0 && now_us >= self->unplug_at_us) {
        self->unplug_at_us = now_us + self->options.faults.unplug_us;
        port_unplug(self->line);
    }
}

static void opened(void *context, const char *name) {
    line_player *self = context;
    self->figures.opened++;
    self->protocol->opened(self->device);
    if (self->options.kind == PORT_PSEUDO_TERMINAL) {
        line_tell_name(self->options.names, name);
    }
}

static void listens(void *context, const char *name) {
    line_player *self = context;
    line_tell_name(self->options.names, name);
}

static void received(void *context, dragoman_bytes bytes) {
    line_player *self = context;
    self->protocol->received(self->device, self, bytes);
}

/* What was on its way does not reach the next line. */
static void closed(void *context) {
    line_player *self = context;
    buffer_reset(&self->held);
}

line_player *line_player_create(loop *on, const line_options *options, const line_protocol *protocol) {
    line_player *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    self->options = *options;
    self->protocol = protocol;
    buffer_init(&self->held);
    self->device = protocol->create(options->seed, options->faults.clock_shift_us);
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
    bool is_made = self->device != NULL && self->tick != NULL && self->late != NULL;
    self->line = is_made ? port_create(on, &wanted) : NULL;
    if (self->line == NULL) {
        line_player_destroy(self);
        return NULL;
    }
    int64_t now_us = clock_now().monotonic_us;
    self->unplug_at_us = now_us + options->faults.unplug_us;
    loop_timer_set(self->tick, now_us + LINE_TICK_US);
    return self;
}

void line_player_destroy(line_player *self) {
    if (self == NULL) {
        return;
    }
    port_destroy(self->line);
    loop_timer_destroy(self->tick);
    loop_timer_destroy(self->late);
    if (self->device != NULL) {
        self->protocol->destroy(self->device);
    }
    buffer_fini(&self->held);
    free(self);
}

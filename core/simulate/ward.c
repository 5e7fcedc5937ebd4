#include "simulate/ward.h"

#include <stdlib.h>

typedef struct place {
    ward *of;
    bed bed;
    sender *sender;
    loop_timer *timer;
    int64_t due_us;
    uint64_t id;
    bed_event pending; /* to be told in the next message */
} place;

struct ward {
    loop *on;
    ward_options options;
    sender_figures figures;
    place *places;
    uint32_t place_count;
    buffer text;
    uint64_t begun; /* messages */
    bool is_over;
    loop_timer *end;
    void (*ended)(void *context);
    void *context;
};

static bool is_done(const ward *self) {
    return self->is_over || (self->options.messages > 0 && self->begun >= self->options.messages);
}

static void check_end(ward *self) {
    if (!is_done(self)) {
        return;
    }
    for (uint32_t i = 0; i < self->place_count; i++) {
        if (!sender_is_free(self->places[i].sender)) {
            return;
        }
    }
    if (self->ended != NULL) {
        void (*ended)(void *) = self->ended;
        self->ended = NULL;
        ended(self->context);
    }
}

static void write_message(place *at, int64_t utc_us, buffer *to) {
    const ward_options *options = &at->of->options;
    uint64_t id = at->id++;
    switch (options->with_events ? at->pending : BED_NOTHING) {
    case BED_ADMITTED:
    case BED_DISCHARGED:
        bed_write_admission(&at->bed, utc_us, at->pending == BED_DISCHARGED, id, to);
        break;
    case BED_ALARM_BEGAN:
    case BED_ALARM_ENDED:
        bed_write_alarm(&at->bed, utc_us, at->pending == BED_ALARM_ENDED, id, to);
        break;
    default:
        bed_write_observations(&at->bed, utc_us, options->metrics, id, to);
        at->pending = BED_NOTHING;
        return;
    }
    if (at->pending == BED_ALARM_ENDED) {
        at->bed.alarm = -1;
    }
    at->pending = BED_NOTHING;
}

static void send_next(place *at) {
    ward *self = at->of;
    if (is_done(self)) {
        check_end(self);
        return;
    }
    dragoman_now now = clock_now();
    if (at->pending == BED_NOTHING) {
        at->pending = bed_tick(&at->bed, now.wall_us);
        if (at->pending == BED_ALARM_ENDED && !self->options.with_events) {
            at->bed.alarm = -1;
        }
    }
    buffer_reset(&self->text);
    write_message(at, now.wall_us, &self->text);
    self->begun++;
    sender_send(at->sender, buffer_bytes(&self->text));
}

static void timer_rang(void *context) {
    place *at = context;
    at->due_us += at->of->options.interval_us;
    loop_timer_set(at->timer, at->due_us);
    if (sender_is_free(at->sender)) {
        send_next(at);
    }
}

static void answered(void *context, sender *of, dragoman_bytes code, dragoman_bytes control_id) {
    place *at = context;
    ward *self = at->of;
    (void)of;
    if (self->options.acknowledged != NULL && code.data[1] == 'A') {
        fwrite(control_id.data, 1, control_id.size, self->options.acknowledged);
        fputc('\n', self->options.acknowledged);
        fflush(self->options.acknowledged);
    }
    /* An event goes out beside the values, not instead of them. */
    if (self->options.interval_us == 0 || (at->pending != BED_NOTHING && !is_done(self))) {
        send_next(at);
        return;
    }
    check_end(self);
}

static void ready(void *context, sender *of) {
    place *at = context;
    ward *self = at->of;
    (void)of;
    if (self->options.interval_us == 0) {
        send_next(at);
        return;
    }
    /* Beds do not beat in step. */
    at->due_us = clock_now().monotonic_us + self->options.interval_us * (at->bed.number - 1) / self->options.beds;
    loop_timer_set(at->timer, at->due_us);
}

static void time_is_over(void *context) {
    ward *self = context;
    self->is_over = true;
    for (uint32_t i = 0; i < self->place_count; i++) {
        loop_timer_set(self->places[i].timer, INT64_MAX);
    }
    check_end(self);
}

ward *ward_create(loop *on, const ward_options *options, void (*ended)(void *context), void *context) {
    ward *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    *self = (ward){.on = on, .options = *options, .ended = ended, .context = context};
    buffer_init(&self->text);
    self->places = calloc(options->beds, sizeof(*self->places));
    self->end = loop_timer_create(on, time_is_over, self);
    if (self->places == NULL || self->end == NULL) {
        ward_destroy(self);
        return NULL;
    }
    for (uint32_t i = 0; i < options->beds; i++) {
        place *at = &self->places[self->place_count++];
        *at = (place){.of = self, .id = options->first_id};
        bed_init(&at->bed, i + 1, options->seed);
        sender_options with = {.host = options->host,
                               .port = options->port,
                               .figures = &self->figures,
                               .answered = answered,
                               .ready = ready,
                               .context = at};
        at->timer = loop_timer_create(on, timer_rang, at);
        at->sender = at->timer == NULL ? NULL : sender_create(on, &with);
        if (at->sender == NULL) {
            ward_destroy(self);
            return NULL;
        }
    }
    if (options->duration_us > 0) {
        loop_timer_set(self->end, clock_now().monotonic_us + options->duration_us);
    }
    return self;
}

void ward_destroy(ward *self) {
    if (self == NULL) {
        return;
    }
    for (uint32_t i = 0; self->places != NULL && i < self->place_count; i++) {
        sender_destroy(self->places[i].sender);
        loop_timer_destroy(self->places[i].timer);
    }
    loop_timer_destroy(self->end);
    buffer_fini(&self->text);
    free(self->places);
    free(self);
}

const sender_figures *ward_figures(const ward *self) {
    return &self->figures;
}

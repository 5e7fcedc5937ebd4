#include "publish/runner.h"

#include "base/bytes.h"
#include "base/version.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static const char agent_name[] = "dragoman/" DRAGOMAN_VERSION;

int64_t runner_now(void) {
    return clock_now().monotonic_us;
}

int64_t runner_back_off(publish_runner *self, uint32_t tries) {
    int64_t wait_us = tries > 20 ? RUNNER_LAST_RETRY_US : (int64_t)RUNNER_FIRST_RETRY_US << tries;
    wait_us = wait_us > RUNNER_LAST_RETRY_US ? RUNNER_LAST_RETRY_US : wait_us;
    self->chance = self->chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return wait_us / 2 + (int64_t)(self->chance >> 33) % (wait_us / 2 + 1);
}

static void say(publish_runner *self, dragoman_log_level level, const char *text) {
    if (self->options->log != NULL) {
        self->options->log(self->options->log_context, bytes_of(self->name), level, bytes_of(text));
    }
}

void runner_tell(publish_runner *self, bool is_well, const char *reason) {
    if (is_well && self->losses > 0) {
        /* It took what it lost before, too. */
        return;
    }
    pthread_mutex_lock(&self->lock);
    bool is_news = is_well != self->is_well || strcmp(self->reason, reason) != 0;
    bool was_well = self->is_well;
    if (is_news) {
        self->is_well = is_well;
        snprintf(self->reason, sizeof self->reason, "%s", reason);
    }
    pthread_mutex_unlock(&self->lock);
    if (is_news && !is_well) {
        say(self, DRAGOMAN_LOG_WARNING, reason);
    } else if (is_news && !was_well) {
        say(self, DRAGOMAN_LOG_INFO, "delivers");
    }
}

static void sink_log(void *context, dragoman_log_level level, const char *text) {
    say(context, level, text);
}

static const char *text_or_null(dragoman_bytes text) {
    return text.size == 0 ? NULL : (const char *)text.data;
}

static dragoman_status open_sink(publish_runner *self, error_record *error) {
    const site_publish *of = self->of;
    const site *whole = self->options->of;
    sink_options options = {.name = of->name,
                            .to = of->to,
                            .folder = whole->folder.size == 0 ? "." : (const char *)whole->folder.data,
                            .certificate_file = text_or_null(of->tls.certificate_file),
                            .key_file = text_or_null(of->tls.key_file),
                            .authority_file = text_or_null(of->tls.authority_file),
                            .verify_server = of->tls.verify_server,
                            .format = self->format,
                            .bundle = (fhir_bundle)of->bundle,
                            .settings = of->settings,
                            .setting_count = of->setting_count,
                            .agent = agent_name,
                            .site = whole->name,
                            .links = self->options->links,
                            .links_context = self->options->links_context,
                            .log = sink_log,
                            .log_context = self};
    return self->module->open(&options, &self->sink, error);
}

dragoman_status runner_init(publish_runner *self, const publish_options *options, const site_publish *of,
                            error_record *error) {
    static const sink_format formats[] = {[SITE_FHIR] = SINK_FORMAT_BUNDLES,
                                          [SITE_FHIR_NDJSON] = SINK_FORMAT_RESOURCES,
                                          [SITE_PROTOBUF] = SINK_FORMAT_PROTOBUF,
                                          [SITE_JSON] = SINK_FORMAT_JSON};
    *self = (publish_runner){.options = options, .of = of, .format = formats[of->format], .is_well = true};
    pthread_mutex_init(&self->lock, NULL);
    snprintf(self->name, sizeof self->name, "%.*s", BYTES_FORMAT(of->name));
    atomic_init(&self->figures.oldest_us, INT64_MAX);
    self->chance = (uint64_t)clock_now().wall_us ^ bytes_hash(of->name, 1);
    self->module = options->sink != NULL ? options->sink : publish_module_find(options->sinks_folder, of->to, error);
    dragoman_status status = self->module == NULL ? DRAGOMAN_INVALID : open_sink(self, error);
    if (status != DRAGOMAN_OK) {
        publish_feed_init(&self->feed, NULL, NULL);
        return status;
    }
    publish_feed_init(&self->feed, self->module->wake, self->sink);
    if (of->every_us > 0 && self->format != SINK_FORMAT_BUNDLES && self->format != SINK_FORMAT_RESOURCES) {
        return error_set(error, DRAGOMAN_INVALID, "%s: `every` thins out FHIR only: an archive takes all values",
                         self->name);
    }
    self->thinner = of->every_us > 0 ? thin_create(of->every_us) : NULL;
    self->next_number = 1;
    self->items = calloc(SINK_ITEMS_MAX, sizeof *self->items);
    self->done_numbers = calloc(WINDOW_ROWS, sizeof *self->done_numbers);
    if (self->items == NULL || self->done_numbers == NULL || (of->every_us > 0 && self->thinner == NULL)) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for the sink %s", self->name);
    }
    return DRAGOMAN_OK;
}

static bool is_stopping(const publish_runner *self) {
    return atomic_load_explicit(&self->is_stopping, memory_order_acquire);
}

/* Sleeps; false when the thread is to end. */
static bool pause_until(publish_runner *self, int64_t until_us) {
    while (!is_stopping(self) && runner_now() < until_us) {
        publish_feed_wait(&self->feed, false, until_us);
    }
    return !is_stopping(self);
}

static dragoman_status start_rendering(publish_runner *self, error_record *error) {
    fhir_options options = {.shape = (fhir_shape)self->of->shape,
                            .bundle = self->format == SINK_FORMAT_RESOURCES ? FHIR_RESOURCES : self->needs.bundle,
                            .write = self->needs.write,
                            .unvalidated_is_final = self->of->unvalidated_is_final,
                            .identifier_base = self->options->of->identifier_base,
                            .gateway_id = self->of->gateway_id};
    return renderer_init(&self->rendering, self->format, &options, self->options->book, error);
}

/* Delivery goes on behind a position; the rows above it come from the store. */
static dragoman_status begin_at(publish_runner *self, const store_position *position) {
    dragoman_status status = window_init(&self->window, position->low_water);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    self->read_through = position->low_water;
    self->stream_number = position->low_water;
    self->stream_passed = 0;
    if (position->note.size > 0 && position->note.size <= sizeof self->put_note) {
        memmove(self->put_note, position->note.data, position->note.size);
    }
    self->put = (store_position){.low_water = position->low_water, .note = {self->put_note, position->note.size}};
    if (self->module->resume != NULL) {
        self->module->resume(self->sink, self->put.note);
    }
    return DRAGOMAN_OK;
}

static dragoman_status start_position(publish_runner *self, error_record *error) {
    arena memory;
    store_position position;
    arena_init(&memory, (size_t)1 << 20);
    dragoman_status status = store_position_get(self->reader, self->name, &memory, &position);
    if (self->name[0] == '\0') {
        position.low_water = self->run_from - 1;
    } else if (status == DRAGOMAN_OK && position.low_water == 0) {
        /* From now on the store keeps rows for it. */
        status = store_position_put(self->options->from, self->name, &position);
    }
    if (status == DRAGOMAN_OK && position.done_count > 0) {
        self->done = malloc(position.done_count * sizeof *self->done);
        status = self->done == NULL ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
    }
    if (status == DRAGOMAN_OK) {
        status = begin_at(self, &position);
    }
    if (status == DRAGOMAN_OK && position.done_count > 0) {
        memcpy(self->done, position.done, position.done_count * sizeof *self->done);
        self->done_count = position.done_count;
    }
    if (status != DRAGOMAN_OK) {
        error_set(error, status, "the position of %s cannot be read from the store (%s)", self->name,
                  error_status_name(status));
    }
    arena_fini(&memory);
    return status;
}

/* Whatever is missing is tried again; each step once it has succeeded is left alone. */
static dragoman_status start(publish_runner *self, error_record *error) {
    dragoman_status status = DRAGOMAN_OK;
    if (self->reader == NULL) {
        status = store_reader_open(self->options->from, &self->reader, error);
    }
    if (status == DRAGOMAN_OK && self->window.entries == NULL) {
        status = start_position(self, error);
    }
    if (status == DRAGOMAN_OK) {
        status = self->module->probe(self->sink, &self->needs, error);
    }
    return status == DRAGOMAN_OK ? start_rendering(self, error) : status;
}

/* A stop need not wait until a server has been given up. */
static dragoman_status try_start(publish_runner *self, error_record *error) {
    while (!publish_feed_go_out(&self->feed, false) && !is_stopping(self)) {
        /* Somebody rang for something else. */
    }
    dragoman_status status = is_stopping(self) ? DRAGOMAN_CLOSED : start(self, error);
    publish_feed_come_back(&self->feed);
    return status;
}

static bool get_ready(publish_runner *self) {
    error_record error = {0};
    for (uint32_t tries = 0; try_start(self, &error) != DRAGOMAN_OK; tries++) {
        if (is_stopping(self)) {
            return false;
        }
        runner_tell(self, false, error.text);
        int64_t wait_us =
            error.status == DRAGOMAN_UNSUPPORTED ? RUNNER_HOPELESS_RETRY_US : runner_back_off(self, tries);
        if (!pause_until(self, runner_now() + wait_us)) {
            return false;
        }
    }
    runner_tell(self, true, "");
    self->is_lane = !self->needs.is_stream;
    self->needs.items_at_once = !self->is_lane                               ? 1
                                : self->needs.items_at_once > SINK_ITEMS_MAX ? SINK_ITEMS_MAX
                                                                             : self->needs.items_at_once;
    atomic_store_explicit(&self->must_look, true, memory_order_release);
    return true;
}

static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* When something can be handed over that cannot be now. While the sink takes no more, its answer comes first. */
static int64_t next_delivery(const publish_runner *self, int64_t now_us) {
    if (self->has_ended || (self->under_way > 0 && !runner_can_submit(self, INT64_MAX))) {
        return INT64_MAX;
    }
    if (now_us < self->not_before_us) {
        return self->not_before_us;
    }
    int64_t next_us = self->window.delayed_until_us;
    if (!self->has_letter && !is_stopping(self)) {
        next_us = earlier(next_us, self->look_at_us);
    }
    return self->items[0].is_waiting ? earlier(next_us, self->items[0].retry_at_us) : next_us;
}

/* The next time at which something happens by itself. */
static int64_t next_time(const publish_runner *self, int64_t now_us) {
    int64_t next_us = next_delivery(self, now_us);
    if (self->store_retry_us > now_us) {
        next_us = earlier(next_us, self->store_retry_us);
    }
    if (!runner_is_settled(self)) {
        next_us = earlier(next_us, self->looked_at_us + RUNNER_POSITION_US);
    }
    if (self->thinner != NULL && self->source == RUNNER_LIVE && window_has_room(&self->window)) {
        int64_t close_us = thin_next_close_us(self->thinner);
        next_us = close_us == INT64_MAX ? next_us : earlier(next_us, now_us + close_us - clock_now().wall_us);
    }
    if (self->needs.look_after_ms > 0 && !self->has_ended) {
        next_us = earlier(next_us, now_us + (int64_t)self->needs.look_after_ms * 1000);
    }
    if (self->must_flush) {
        /* The position is not looked at sooner: to wake for it would be to wake for nothing, again and again. */
        int64_t flush_us = self->put_at_us + RUNNER_PAUSE_US;
        int64_t look_us = self->looked_at_us + RUNNER_POSITION_US;
        next_us = earlier(next_us, flush_us > look_us ? flush_us : look_us);
    }
    return next_us < now_us ? now_us : next_us;
}

static void show(publish_runner *self) {
    const window *at = &self->window;
    int64_t oldest_us = window_is_empty(at) ? INT64_MAX : window_at(at, at->head)->row.received_at_us;
    uint64_t passed = self->thinner == NULL ? at->low_water + at->done_count
                                            : self->read_through - (at->tail - at->head - at->done_count);
    atomic_store_explicit(&self->figures.passed, passed, memory_order_relaxed);
    atomic_store_explicit(&self->figures.oldest_us, oldest_us, memory_order_relaxed);
}

static void wait_for_something(publish_runner *self, bool has_more, int64_t now_us) {
    enum { LONGEST_WAIT_MS = 1000 };
    bool is_for_rows = window_has_room(&self->window) && !self->has_ended;
    int64_t next_us = has_more && is_for_rows ? now_us : next_time(self, now_us);
    if (self->under_way == 0) {
        /* A stream makes its bytes safe from time to time. */
        self->module->wait(self->sink, 0, runner_told, self);
        if (next_us > now_us) {
            publish_feed_wait(&self->feed, is_for_rows, next_us);
        }
        return;
    }
    int64_t wait_us = next_us == INT64_MAX ? INT64_MAX : next_us - now_us;
    int wait_ms = wait_us > LONGEST_WAIT_MS * 1000 ? LONGEST_WAIT_MS : (int)((wait_us + 999) / 1000);
    bool may_wait = publish_feed_go_out(&self->feed, is_for_rows);
    self->module->wait(self->sink, may_wait ? wait_ms : 0, runner_told, self);
    publish_feed_come_back(&self->feed);
}

/* At a stop what is committed still goes out, as long as it goes and for a bounded time. */
static bool may_end(publish_runner *self, bool has_more, int64_t stop_at_us, int64_t now_us) {
    bool is_idle = self->under_way == 0 && !has_more &&
                   (window_is_empty(&self->window) || self->is_sick || now_us < self->not_before_us);
    return self->has_ended || is_idle || now_us >= stop_at_us;
}

static void run_loop(publish_runner *self) {
    int64_t stop_at_us = INT64_MAX;
    for (;;) {
        int64_t now_us = runner_now();
        if (stop_at_us == INT64_MAX && is_stopping(self)) {
            stop_at_us = now_us + RUNNER_STOP_US;
        }
        runner_settle_letter(self);
        if (self->is_lost && stop_at_us == INT64_MAX) {
            return;
        }
        bool has_more = !self->has_ended && runner_take_in(self, now_us);
        runner_submit(self, now_us);
        if (stop_at_us == INT64_MAX) {
            runner_take_letters(self, now_us);
        }
        runner_put_position(self, now_us, false);
        show(self);
        if (stop_at_us != INT64_MAX && may_end(self, has_more, stop_at_us, now_us)) {
            self->module->wait(self->sink, SINK_WAIT_LAST, runner_told, self);
            runner_put_position(self, now_us, true);
            return;
        }
        wait_for_something(self, has_more, now_us);
    }
}

static void forget_what_is_taken(publish_runner *self) {
    runner_end_batch(self);
    window_fini(&self->window);
    renderer_fini(&self->rendering);
    for (uint32_t i = 0; i < SINK_ITEMS_MAX; i++) {
        buffer_fini(&self->items[i].body);
        self->items[i] = (runner_item){0};
    }
    self->under_way = 0;
    self->stream_next = 0;
    self->source = RUNNER_STORE;
    self->is_lost = false;
    self->has_letter = false;
}

static dragoman_status open_again(publish_runner *self, error_record *error) {
    dragoman_status status = self->sink != NULL ? DRAGOMAN_OK : open_sink(self, error);
    if (status == DRAGOMAN_OK && self->thinner != NULL) {
        thin *made = thin_create(self->of->every_us);
        status = made == NULL ? error_set(error, DRAGOMAN_NO_MEMORY, "no memory to begin again") : DRAGOMAN_OK;
        thin_destroy(made == NULL ? NULL : self->thinner);
        self->thinner = made == NULL ? self->thinner : made;
    }
    if (status == DRAGOMAN_OK && begin_at(self, &self->put) != DRAGOMAN_OK) {
        status = error_set(error, DRAGOMAN_NO_MEMORY, "no memory to begin again");
    }
    return status;
}

/* What the receiver took behind its mark may be gone: all of that is given again, as after a crash. False: to end. */
static bool begin_again(publish_runner *self) {
    error_record error = {0};
    dragoman_status status = DRAGOMAN_IO;
    self->lost_above = self->losses == 0 ? self->put.low_water : self->lost_above;
    forget_what_is_taken(self);
    while (status != DRAGOMAN_OK) {
        if (!pause_until(self, runner_now() + runner_back_off(self, self->losses++))) {
            return false;
        }
        status = open_again(self, &error);
        if (status != DRAGOMAN_OK) {
            runner_tell(self, false, error.text);
        }
    }
    publish_feed_leave(&self->feed, self->sink);
    return true;
}

static void *run(void *context) {
    publish_runner *self = context;
    bool is_going_on = true;
    while (is_going_on && get_ready(self)) {
        run_loop(self);
        is_going_on = self->is_lost && !is_stopping(self);
        self->module->close(self->sink);
        self->sink = NULL;
        is_going_on = is_going_on && begin_again(self);
    }
    return NULL;
}

dragoman_status runner_start(publish_runner *self, error_record *error) {
    sigset_t all;
    sigset_t before;
    /* Signals are for the thread that knows what to do with them; a pipe that nobody reads is an error code here. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    self->has_thread = pthread_create(&self->thread, NULL, run, self) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return self->has_thread
               ? DRAGOMAN_OK
               : error_set(error, DRAGOMAN_NO_MEMORY, "the thread of the sink %s cannot be started", self->name);
}

void runner_stop(publish_runner *self) {
    atomic_store_explicit(&self->is_stopping, true, memory_order_release);
    publish_feed_ring(&self->feed);
}

void runner_fini(publish_runner *self) {
    if (self->has_thread) {
        pthread_join(self->thread, NULL);
    }
    if (self->sink != NULL) {
        self->module->close(self->sink);
    }
    runner_end_batch(self);
    thin_destroy(self->thinner);
    window_fini(&self->window);
    renderer_fini(&self->rendering);
    store_reader_close(self->reader);
    for (uint32_t i = 0; self->items != NULL && i < SINK_ITEMS_MAX; i++) {
        buffer_fini(&self->items[i].body);
    }
    free(self->items);
    free(self->done);
    free(self->done_numbers);
    publish_feed_fini(&self->feed);
    pthread_mutex_destroy(&self->lock);
}

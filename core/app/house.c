#include "app/house.h"

#include "app/dialects.h"
#include "app/house_inside.h"
#include "app/log.h"
#include "app/mappings.h"
#include "base/bytes.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* ---- hooks of the host */

static void settled(store_message *message, dragoman_settlement settlement, dragoman_status status,
                    const char *reason) {
    host_message_settle((host_message *)message, settlement, status, reason);
}

static void keep(void *context, host_message *message) {
    house *self = context;
    message->store.settle = settled;
    dragoman_status status = store_submit(self->kept, &message->store);
    if (status != DRAGOMAN_OK) {
        host_message_settle(message, DRAGOMAN_NOT_KEPT, status, "the store takes no more messages now");
    }
}

static dragoman_status state_get(void *context, dragoman_bytes link, dragoman_bytes key, arena *memory,
                                 dragoman_bytes *ret_value) {
    house *self = context;
    return store_state_get(self->kept, link, key, memory, ret_value);
}

static house_link *find_link(house *self, dragoman_bytes name) {
    for (uint32_t i = 0; i < self->link_count; i++) {
        if (bytes_equal(self->links[i].options.name, name)) {
            return &self->links[i];
        }
    }
    return NULL;
}

static void log_line(void *context, dragoman_bytes link, uint32_t level, dragoman_bytes text,
                     dragoman_bytes private_text) {
    house *self = context;
    log_write(level, link, text, self->of->log_private ? private_text : (dragoman_bytes){NULL, 0});
}

static void count(void *context, dragoman_bytes link, uint32_t counter, uint64_t add) {
    house_link *found = find_link(context, link);
    if (found != NULL && found->link != NULL) {
        link_count(found->link, counter, add);
    }
}

static void wake(void *context) {
    house *self = context;
    loop_bell_ring(self->bell);
}

static void told(void *context, host_instance *instance) {
    (void)context;
    link_session_told(host_instance_owner(instance));
}

/* While draining: stops the loop when every link is done. */
static void check_drained(house *self) {
    for (uint32_t i = 0; i < self->link_count; i++) {
        if (self->links[i].link != NULL && !link_is_drained(self->links[i].link)) {
            return;
        }
    }
    loop_stop(self->on);
}

static void bell_rang(void *context) {
    house *self = context;
    dragoman_now now = clock_now();
    host_environment_settle(self->environment, &now, told, self);
    if (self->is_draining) {
        check_drained(self);
    }
}

/* ---- stopping */

static void drain(house *self) {
    if (self->is_draining) {
        loop_stop(self->on);
        return;
    }
    self->is_draining = true;
    for (uint32_t i = 0; i < self->link_count; i++) {
        if (self->links[i].link != NULL) {
            link_drain(self->links[i].link);
        }
    }
    loop_timer_set(self->drain_timer, clock_now().monotonic_us + HOUSE_DRAIN_US);
    check_drained(self);
}

static void drain_late(void *context) {
    house *self = context;
    loop_stop(self->on);
}

static void signalled(void *context, bool can_read, bool can_write) {
    house *self = context;
    struct signalfd_siginfo info;
    (void)can_read;
    (void)can_write;
    if (read(self->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        drain(self);
    }
}

/* ---- opening */

static dragoman_status open_loop(house *self, error_record *error) {
    dragoman_status status = loop_create(&self->on, error);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    /* Blocked before any thread is made, so that only the descriptor gets them. */
    sigprocmask(SIG_BLOCK, &set, NULL);
    /* OpenSSL and the log write to what may have no reader any more: an error to them, not the end of the house. */
    signal(SIGPIPE, SIG_IGN);
    self->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    self->bell = loop_bell_create(self->on, bell_rang, self);
    self->drain_timer = loop_timer_create(self->on, drain_late, self);
    self->signal_watch = self->signals < 0 ? NULL : loop_watch_create(self->on, self->signals, signalled, self);
    if (self->bell == NULL || self->drain_timer == NULL || self->signal_watch == NULL) {
        return error_set(error, DRAGOMAN_IO, "the event loop cannot start");
    }
    loop_watch_want(self->signal_watch, true, false);
    host_hooks hooks = {
        .context = self, .keep = keep, .state_get = state_get, .log = log_line, .count = count, .wake = wake};
    dialects_hook(&self->dialects, &hooks);
    self->environment = host_environment_create(&hooks);
    return self->environment == NULL ? error_set(error, DRAGOMAN_NO_MEMORY, "no memory")
                                     : house_watch_devices(self, error);
}

static int64_t wall_us(void *context) {
    (void)context;
    return clock_now().wall_us;
}

static int64_t monotonic_us(void *context) {
    (void)context;
    return clock_now().monotonic_us;
}

static dragoman_status open_store(house *self, error_record *error) {
    const site_store *wanted = &self->of->store;
    const site_hold *holds[STORE_CLASSES] = {&wanted->values, &wanted->alerts, &wanted->context, &wanted->waves};
    store_options options = {.path = (const char *)wanted->path.data,
                             .max_bytes_total = wanted->max_bytes,
                             .wall_us = wall_us,
                             .monotonic_us = monotonic_us,
                             .refuse_when_full = wanted->when_full == SITE_REFUSE};
    for (int i = 0; i < STORE_CLASSES; i++) {
        options.hold_us[i] = holds[i]->hold_us;
        options.max_bytes[i] = holds[i]->max_bytes;
    }
    return store_open(&options, &self->kept, error);
}

static void sink_log(void *context, dragoman_bytes sink, uint32_t level, dragoman_bytes text) {
    (void)context;
    log_write(level, sink, text, (dragoman_bytes){NULL, 0});
}

static dragoman_status open_publishers(house *self, error_record *error) {
    publish_options options = {.of = self->of,
                               .links = house_states_visit,
                               .links_context = &self->states,
                               .from = self->kept,
                               .book = self->book,
                               .census = self->census,
                               .sinks_folder = self->places.sinks,
                               .log_context = self,
                               .log = sink_log};
    return publish_start(&options, &self->publisher, error);
}

static dragoman_status open_control(house *self, error_record *error) {
    return control_server_create(self->on, (const char *)self->of->control_path.data, house_answer, self,
                                 &self->control, error);
}

/* ---- a disk that was full at the start */

static void say_here(house *self, uint32_t level, const char *text) {
    log_write(level, self->of->name, bytes_of(text), (dragoman_bytes){NULL, 0});
}

static void look_at_links(void *context) {
    house *self = context;
    for (uint32_t i = 0; i < self->link_count; i++) {
        house_states_put(&self->states, i, self->link_count, self->links[i].options.name, self->links[i].link);
    }
    loop_timer_set(self->states_timer, clock_now().monotonic_us + HOUSE_STATES_EVERY_US);
}

static dragoman_status open_rest(house *self, error_record *error) {
    dragoman_status status = open_publishers(self, error);
    status = status == DRAGOMAN_OK ? house_open_links(self, error) : status;
    if (status == DRAGOMAN_OK) {
        house_restore_devices(self);
        self->states_timer = loop_timer_create(self->on, look_at_links, self);
        if (self->states_timer == NULL) {
            return error_set(error, DRAGOMAN_NO_MEMORY, "no memory");
        }
        look_at_links(self);
    }
    return status;
}

/* Until there is room nothing is listened to, so that devices keep what they have to say. */
static void try_store_again(void *context) {
    house *self = context;
    error_record error = {0};
    dragoman_status status = open_store(self, &error);
    if (status == DRAGOMAN_FULL) {
        self->store_trouble = error;
        loop_timer_set(self->store_timer, clock_now().monotonic_us + HOUSE_STORE_RETRY_US);
        return;
    }
    if (status == DRAGOMAN_OK) {
        say_here(self, DRAGOMAN_LOG_INFO, "the store has room: begins");
        status = open_rest(self, &error);
    }
    if (status != DRAGOMAN_OK) {
        self->failure = error;
        loop_stop(self->on);
    }
}

static dragoman_status open_or_wait(house *self, error_record *error) {
    dragoman_status status = open_store(self, error);
    if (status != DRAGOMAN_FULL) {
        return status == DRAGOMAN_OK ? open_rest(self, error) : status;
    }
    self->store_trouble = *error;
    self->store_timer = loop_timer_create(self->on, try_store_again, self);
    if (self->store_timer == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory");
    }
    say_here(self, DRAGOMAN_LOG_ERROR, error->text);
    loop_timer_set(self->store_timer, clock_now().monotonic_us + HOUSE_STORE_RETRY_US);
    return DRAGOMAN_OK;
}

dragoman_status house_open(const site *of, const app_places *places, house **ret_house, error_record *error) {
    house *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory");
    }
    self->of = of;
    self->places = *places;
    self->signals = -1;
    self->started_at = clock_now();
    house_states_init(&self->states);
    dragoman_status status = open_loop(self, error);
    if (status == DRAGOMAN_OK) {
        status = app_mappings_read(places, (const char *)of->mappings.data, NULL, NULL, &self->book, error);
    }
    if (status == DRAGOMAN_OK) {
        status = dialects_init(&self->dialects, self->book, error);
    }
    if (status == DRAGOMAN_OK) {
        self->census = terms_census_create();
        status = self->census == NULL ? error_set(error, DRAGOMAN_NO_MEMORY, "no memory") : open_control(self, error);
    }
    if (status == DRAGOMAN_OK) {
        status = open_or_wait(self, error);
    }
    if (status != DRAGOMAN_OK) {
        house_close(self);
        return status;
    }
    *ret_house = self;
    return DRAGOMAN_OK;
}

dragoman_status house_run(house *self, error_record *error) {
    loop_run(self->on);
    *error = self->failure;
    return error->status;
}

void house_close(house *self) {
    if (self == NULL) {
        return;
    }
    house_close_links(self);
    house_settle_adapters(self);
    publish_stop(self->publisher);
    /* Closing the store settles what is still out; after that every message is back. */
    store_close(self->kept);
    if (self->environment != NULL) {
        dragoman_now now = clock_now();
        host_environment_settle(self->environment, &now, told, self);
    }
    host_environment_destroy(self->environment);
    house_unload(self);
    control_server_destroy(self->control);
    terms_census_destroy(self->census);
    dialects_fini(&self->dialects);
    terms_book_destroy(self->book);
    loop_watch_destroy(self->signal_watch);
    if (self->signals >= 0) {
        close(self->signals);
    }
    loop_timer_destroy(self->states_timer);
    loop_timer_destroy(self->devices_timer);
    loop_timer_destroy(self->store_timer);
    loop_timer_destroy(self->drain_timer);
    house_states_fini(&self->states);
    loop_bell_destroy(self->bell);
    loop_destroy(self->on);
    free(self);
}

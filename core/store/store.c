#include "store/inside.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* Two programs that write one store would damage it, so the first takes a lock that ends with it. */
static dragoman_status lock_store(store *self, error_record *error) {
    char path[sizeof self->path + 8];
    snprintf(path, sizeof path, "%s-lock", self->path);
    self->lock_file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (self->lock_file < 0) {
        int code = errno;
        dragoman_status status = code == EROFS || code == EACCES     ? DRAGOMAN_READ_ONLY
                                 : code == ENOSPC || code == EDQUOT  ? DRAGOMAN_FULL
                                 : code == ENOENT || code == ENOTDIR ? DRAGOMAN_NOT_FOUND
                                                                     : DRAGOMAN_IO;
        return error_set(error, status,
                         "the store's lock %s cannot be made (%s): its folder must exist and be writable", path,
                         strerror(code));
    }
    if (flock(self->lock_file, LOCK_EX | LOCK_NB) != 0) {
        return error_set(error, DRAGOMAN_DENIED,
                         "another dragoman uses the store %s: end it, or name another store.path", self->path);
    }
    return DRAGOMAN_OK;
}

static void destroy(store *self) {
    store_database_close(&self->database);
    store_riders_fini(&self->riders);
    store_states_fini(&self->states);
    store_window_fini(&self->window);
    store_registry_fini(&self->registry);
    store_episodic_fini(&self->episodic);
    buffer_fini(&self->bytes);
    buffer_fini(&self->repeated);
    free(self->rows);
    free(self->extras);
    free(self->verdicts);
    pthread_mutex_destroy(&self->lock);
    pthread_mutex_destroy(&self->health_lock);
    pthread_mutex_destroy(&self->listen_lock);
    pthread_cond_destroy(&self->wake);
    if (self->lock_file >= 0) {
        close(self->lock_file);
    }
    free(self);
}

static dragoman_status init(store *self, const store_options *options) {
    self->options = *options;
    self->lock_file = -1;
    self->last = &self->first;
    pthread_mutex_init(&self->lock, NULL);
    pthread_mutex_init(&self->health_lock, NULL);
    pthread_mutex_init(&self->listen_lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&self->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    store_riders_init(&self->riders);
    store_states_init(&self->states);
    store_registry_init(&self->registry);
    store_room_init(&self->room, &self->options);
    buffer_init(&self->bytes);
    buffer_init(&self->repeated);
    dragoman_status window = store_window_init(&self->window);
    dragoman_status episodic = store_episodic_init(&self->episodic);
    self->verdicts = calloc(STORE_BATCH_MESSAGES, sizeof *self->verdicts);
    return window != DRAGOMAN_OK ? window : self->verdicts == NULL ? DRAGOMAN_NO_MEMORY : episodic;
}

static bool copy_text(char *to, size_t room, const char *text) {
    int length = snprintf(to, room, "%s", text == NULL ? "" : text);
    return length >= 0 && (size_t)length < room;
}

dragoman_status store_open(const store_options *options, store **ret_store, error_record *error) {
    store *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for the store");
    }
    dragoman_status status = init(self, options);
    if (status != DRAGOMAN_OK) {
        error_set(error, status, "no memory for the store");
    } else if (!copy_text(self->path, sizeof self->path, options->path) || self->path[0] == '\0' ||
               !copy_text(self->vfs, sizeof self->vfs, options->vfs)) {
        status = error_set(error, DRAGOMAN_INVALID, "the store's path is empty or longer than %zu bytes",
                           sizeof self->path - 1);
    } else {
        self->options.path = self->path;
        status = lock_store(self, error);
    }
    if (status == DRAGOMAN_OK) {
        /* Who had it before was killed, and may have seen a sync fail. */
        self->is_log_doubtful = store_database_has_log(self->path);
        status = store_commit_ready(self, true, error);
    }
    if (status == DRAGOMAN_OK) {
        store_commit_tell(self, &(error_record){.status = DRAGOMAN_OK}, 0);
        self->has_thread = pthread_create(&self->thread, NULL, store_commit_run, self) == 0;
        if (!self->has_thread) {
            status = error_set(error, DRAGOMAN_NO_MEMORY, "the store's thread cannot be started");
        }
    }
    if (status != DRAGOMAN_OK) {
        destroy(self);
        return status;
    }
    *ret_store = self;
    return DRAGOMAN_OK;
}

void store_close(store *self) {
    if (self == NULL) {
        return;
    }
    pthread_mutex_lock(&self->lock);
    self->is_closing = true;
    pthread_cond_signal(&self->wake);
    pthread_mutex_unlock(&self->lock);
    pthread_join(self->thread, NULL);
    destroy(self);
}

dragoman_status store_submit(store *self, store_message *message) {
    dragoman_status status = DRAGOMAN_OK;
    pthread_mutex_lock(&self->lock);
    if (self->is_closing) {
        status = DRAGOMAN_CLOSED;
    } else if (self->queued >= STORE_QUEUE_MESSAGES) {
        status = DRAGOMAN_FULL;
    } else {
        message->next = NULL;
        *self->last = message;
        self->last = &message->next;
        self->queued++;
        self->waiting++;
        if (self->queued == 1) {
            pthread_cond_signal(&self->wake);
        }
    }
    pthread_mutex_unlock(&self->lock);
    return status;
}

void store_listen(store *self, void (*committed)(void *context, const store_row *rows, size_t count), void *context) {
    pthread_mutex_lock(&self->listen_lock);
    self->committed = committed;
    self->committed_context = context;
    pthread_mutex_unlock(&self->listen_lock);
}

void store_flush(store *self) {
    pthread_mutex_lock(&self->lock);
    self->must_flush = true;
    pthread_cond_signal(&self->wake);
    pthread_mutex_unlock(&self->lock);
}

static dragoman_status ride(store *self, const store_rider *rider) {
    pthread_mutex_lock(&self->lock);
    bool is_closing = self->is_closing;
    pthread_mutex_unlock(&self->lock);
    return is_closing ? DRAGOMAN_CLOSED : store_riders_put(&self->riders, rider);
}

static dragoman_bytes text_of(const char *text) {
    return (dragoman_bytes){(const uint8_t *)text, strnlen(text, STORE_SINK_NAME_BYTES)};
}

dragoman_status store_position_put(store *self, const char *sink, const store_position *position) {
    uint64_t done[STORE_POSITION_WINDOW];
    if (position->done_count > STORE_POSITION_WINDOW || position->note.size > STORE_POSITION_NOTE_BYTES) {
        return DRAGOMAN_LIMIT;
    }
    for (uint32_t i = 0; i < position->done_count; i++) {
        done[i] = htole64(position->done[i]);
    }
    store_rider rider = {.kind = STORE_RIDER_POSITION,
                         .sink = text_of(sink),
                         .number = position->low_water,
                         .reason = position->note,
                         .payload = {(const uint8_t *)done, position->done_count * sizeof *done}};
    return ride(self, &rider);
}

dragoman_status store_position_forget(store *self, const char *sink) {
    return ride(self, &(store_rider){.kind = STORE_RIDER_FORGET, .sink = text_of(sink)});
}

dragoman_status store_dead_put(store *self, const char *sink, uint64_t row_number, dragoman_bytes payload,
                               dragoman_bytes stage, dragoman_bytes reason) {
    store_rider rider = {.kind = STORE_RIDER_DEAD,
                         .sink = text_of(sink),
                         .number = row_number,
                         .payload = payload,
                         .stage = stage,
                         .reason = reason};
    return ride(self, &rider);
}

dragoman_status store_park(store *self, const char *sink, uint64_t row_number, dragoman_bytes reason) {
    store_rider rider = {.kind = STORE_RIDER_PARK, .sink = text_of(sink), .number = row_number, .reason = reason};
    return ride(self, &rider);
}

dragoman_status store_unpark(store *self, const char *sink, uint64_t row_number) {
    return ride(self, &(store_rider){.kind = STORE_RIDER_UNPARK, .sink = text_of(sink), .number = row_number});
}

static dragoman_status change_dead(store *self, store_rider_kind kind, uint64_t number) {
    dragoman_status status = ride(self, &(store_rider){.kind = kind, .number = number});
    if (status == DRAGOMAN_OK) {
        store_flush(self);
    }
    return status;
}

dragoman_status store_dead_retry(store *self, uint64_t number) {
    return change_dead(self, STORE_RIDER_DEAD_RETRY, number);
}

dragoman_status store_dead_remove(store *self, uint64_t number) {
    return change_dead(self, STORE_RIDER_DEAD_REMOVE, number);
}

dragoman_status store_state_get(store *self, dragoman_bytes link, dragoman_bytes key, arena *memory,
                                dragoman_bytes *ret_value) {
    return store_states_find(&self->states, link, key, memory, ret_value);
}

void store_state_visit(store *self, dragoman_bytes start,
                       void (*visit)(void *context, dragoman_bytes link, dragoman_bytes value), void *context) {
    store_states_visit(&self->states, start, visit, context);
}

void store_health_get(store *self, store_health *ret_health) {
    pthread_mutex_lock(&self->health_lock);
    *ret_health = self->health;
    pthread_mutex_unlock(&self->health_lock);
    pthread_mutex_lock(&self->lock);
    ret_health->waiting = self->waiting;
    pthread_mutex_unlock(&self->lock);
}

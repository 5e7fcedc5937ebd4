#include "host/instance.h"

#include "base/bytes.h"
#include "host/internal.h"
#include "host/limits.h"
#include <stdlib.h>

/* Batch memory lives until the call returns, so each call into the adapter is bracketed by these two. */
static void call_begin(host_instance *instance, const dragoman_now *now) {
    instance->now = *now;
}

static void call_end(host_instance *instance) {
    if (instance->tap != NULL) {
        capture_session_note(instance->tap, instance->last_number);
    }
    arena_reset(&instance->environment->batch);
}

/* What crosses the border is recorded before the adapter sees it, so that what kills it is on disk. */
static void tap(const host_instance *instance, capture_record record, const dragoman_now *now) {
    if (instance->tap != NULL) {
        record.now = *now;
        capture_session_add(instance->tap, record);
    }
}

static void tap_event(const host_instance *instance, const dragoman_event *event, const dragoman_now *now) {
    if (instance->tap != NULL) {
        tap(instance, capture_record_of_event(event), now);
    }
}

static dragoman_status note_failure(host_instance *instance, dragoman_status status) {
    if (status != DRAGOMAN_OK && status != DRAGOMAN_NEED_MORE && instance->failure == DRAGOMAN_OK) {
        instance->failure = status;
    }
    return status;
}

dragoman_status host_instance_failure(const host_instance *instance) {
    return instance->failure;
}

const char *host_instance_failure_reason(const host_instance *instance) {
    return instance->lost_reason;
}

static bool answers_later(const host_instance *instance) {
    return instance->far != NULL && instance->far->answers_later;
}

/* Something is handed over that will be answered. */
static void note_given(host_instance *instance, size_t size) {
    if (answers_later(instance) && !instance->is_far_lost) {
        instance->given++;
        instance->unanswered_bytes += size;
    }
}

static void release_pieces(host_instance *instance) {
    host_piece *piece = instance->pieces.after;
    while (piece != &instance->pieces) {
        host_piece *after = piece->after;
        free(piece);
        piece = after;
    }
}

dragoman_status host_instance_create(host_environment *environment, const host_adapter *adapter,
                                     const host_instance_options *options, const dragoman_now *now,
                                     host_instance **ret_instance, error_record *error) {
    host_instance *instance = calloc(1, sizeof(*instance));
    if (instance == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for another instance of %s", adapter->descriptor->name);
    }
    instance->environment = environment;
    instance->adapter = adapter->descriptor;
    instance->far = adapter->far;
    instance->link = options->link;
    instance->profile = options->profile;
    instance->zone = options->zone;
    instance->habit = options->habit;
    instance->owner = options->owner;
    instance->stale_after_us = options->stale_after_us;
    instance->pieces.before = instance->pieces.after = &instance->pieces;
    dragoman_start start = {.struct_size = sizeof(start), .link = options->link, .now = *now};
    start.settings = DRAGOMAN_LIST(options->settings, options->setting_count);
    memcpy(start.seed, options->seed, DRAGOMAN_SEED_BYTES);
    const host_hooks *hooks = &environment->hooks;
    if (hooks->device != NULL && options->profile.size > 0) {
        start.profile = hooks->device(hooks->meaning, options->profile);
    }
    if (options->recorder != NULL) {
        instance->tap = capture_session_begin(options->recorder, options->seed, now);
    }
    call_begin(instance, now);
    instance->is_far_open = answers_later(instance);
    note_given(instance, 0);
    dragoman_status status = instance->far != NULL
                                 ? instance->far->begin(instance->far->context, instance, &start, &instance->state)
                                 : instance->adapter->init(&host_services, instance, &start, &instance->state);
    call_end(instance);
    if (status != DRAGOMAN_OK) {
        instance->is_far_open = false;
        host_instance_destroy(instance);
        return error_set(error, status, "adapter %s would not start on link %.*s: %s", adapter->descriptor->name,
                         BYTES_FORMAT(options->link), error_status_name(status));
    }
    *ret_instance = instance;
    return DRAGOMAN_OK;
}

void host_instance_destroy(host_instance *instance) {
    if (instance == NULL) {
        return;
    }
    call_begin(instance, &instance->now);
    note_given(instance, 0);
    instance->adapter->fini(instance->state);
    call_end(instance);
    capture_session_end(instance->tap, &instance->now);
    instance->tap = NULL;
    if (instance->open != NULL) {
        host_environment_give(instance->environment, instance->open);
        instance->open = NULL;
    }
    release_pieces(instance);
    instance->pieces.before = instance->pieces.after = &instance->pieces;
    instance->is_dead = true;
    host_instance_free_dead(instance);
}

void host_instance_free_dead(host_instance *instance) {
    if (instance->is_dead && instance->unsettled == 0 && !instance->is_being_told && !instance->is_far_open) {
        free(instance);
    }
}

static dragoman_status call_handle(host_instance *instance, const dragoman_event *event, const dragoman_now *now,
                                   dragoman_progress *progress) {
    *progress = (dragoman_progress){0};
    note_given(instance, host_far_size(event));
    call_begin(instance, now);
    dragoman_status status = instance->adapter->handle(instance->state, event, now, progress);
    call_end(instance);
    return note_failure(instance, status);
}

dragoman_status host_instance_handle(host_instance *instance, const dragoman_event *event, const dragoman_now *now) {
    dragoman_progress progress;
    tap_event(instance, event, now);
    return call_handle(instance, event, now, &progress);
}

dragoman_status host_instance_show(host_instance *instance, const dragoman_event *event, const dragoman_now *now,
                                   dragoman_progress *ret_progress) {
    return call_handle(instance, event, now, ret_progress);
}

int64_t host_instance_deadline(const host_instance *instance) {
    return instance->adapter->deadline(instance->state);
}

dragoman_status host_instance_expire(host_instance *instance, const dragoman_now *now) {
    tap(instance, (capture_record){.kind = CAPTURE_EXPIRED}, now);
    note_given(instance, 0);
    call_begin(instance, now);
    dragoman_status status = instance->adapter->expire(instance->state, now);
    call_end(instance);
    return note_failure(instance, status);
}

dragoman_status host_instance_next(host_instance *instance, dragoman_action *ret_action) {
    *ret_action = (dragoman_action){.struct_size = sizeof(*ret_action)};
    /* What the action points to must outlive this call, so batch memory is not reset here. */
    dragoman_status status = instance->adapter->next(instance->state, ret_action);
    if (status == DRAGOMAN_OK && instance->tap != NULL) {
        tap(instance, capture_record_of_action(ret_action), &instance->now);
    }
    return status;
}

void *host_instance_owner(const host_instance *instance) {
    return instance->owner;
}

uint32_t host_instance_unsettled(const host_instance *instance, size_t *ret_bytes) {
    *ret_bytes = instance->unsettled_bytes;
    return instance->unsettled + (uint32_t)(instance->given - instance->answered);
}

host_progress host_instance_progress(const host_instance *instance) {
    host_progress progress = instance->progress;
    if (answers_later(instance)) {
        /* What will come of a call is not known yet: the call itself is counted, and is settled with all of it. */
        progress.completed = instance->given;
        progress.settled = instance->oldest == NULL ? instance->answered : instance->oldest->caused_by - 1;
    }
    return progress;
}

void host_instance_keep(host_instance *instance) {
    host_message *message = instance->open;
    instance->open = NULL;
    host_message_seal(message);
    host_environment_remember(instance->environment, message);
    if (instance->oldest == NULL) {
        instance->oldest = message;
    } else {
        instance->newest->later = message;
    }
    instance->newest = message;
    message->weight = message->bytes.size + message->memory.used;
    instance->progress.completed++;
    instance->unsettled++;
    instance->unsettled_bytes += message->weight;
    instance->environment->unsettled++;
    instance->environment->unsettled_bytes += message->weight;
    instance->environment->hooks.keep(instance->environment->hooks.context, message);
}

host_message *host_instance_take_settled(host_instance *instance) {
    host_message *message = instance->oldest;
    if (message == NULL || !message->is_settled) {
        return NULL;
    }
    instance->oldest = message->later;
    instance->progress.settled++;
    instance->progress.not_kept +=
        message->settlement == DRAGOMAN_NOT_KEPT && message->status != DRAGOMAN_INVALID ? 1 : 0;
    instance->unsettled--;
    instance->unsettled_bytes -= message->weight;
    return message;
}

bool host_instance_settle(host_instance *instance, const host_message *message, const dragoman_now *now) {
    if (instance->speaks_of != NULL && message->settlement == DRAGOMAN_NOT_KEPT) {
        host_presence_not_kept(instance->speaks_of);
    }
    if (instance->is_dead) {
        return false;
    }
    dragoman_event event = {.struct_size = sizeof(event), .kind = DRAGOMAN_EVENT_SETTLED};
    event.of.settled = (dragoman_settled_event){.through = message->store.number,
                                                .settlement = message->settlement,
                                                .status = message->status,
                                                .reason = bytes_of(message->reason)};
    (void)host_instance_handle(instance, &event, now);
    return true;
}

void host_stream_fini(host_stream *stream) {
    if (stream->environment != NULL) {
        stream->environment->unread_bytes -= stream->counted;
    }
    buffer_fini(&stream->unread);
    *stream = (host_stream){0};
}

/* Where the unread bytes are while they are being fed: in the stream's own buffer or, when it was empty, still in the
 * reader's. */
typedef struct feeding {
    dragoman_bytes unread;
    size_t seen;
    size_t needed;
} feeding;

bool host_instance_is_over_budget(const host_instance *instance, uint32_t stop_at) {
    const host_environment *all = instance->environment;
    if (stop_at > 0 && (instance->unanswered_bytes >= HOST_FAR_BYTES_MAX ||
                        instance->given - instance->answered >= HOST_FAR_EVENTS_MAX)) {
        return true;
    }
    return stop_at > 0 && instance->unsettled > 0 &&
           (instance->unsettled >= stop_at || all->unsettled_bytes > HOST_UNSETTLED_BYTES_MAX ||
            all->unsettled >= HOST_UNSETTLED_MESSAGES_MAX);
}

bool host_instance_is_held(const host_instance *instance, uint32_t channel) {
    return channel < 64 && (instance->held >> channel & 1) != 0;
}

/* What is left behind the first `size` bytes; nothing may be at no address. */
static dragoman_bytes after(dragoman_bytes bytes, size_t size) {
    return size == 0 ? bytes : (dragoman_bytes){bytes.data + size, bytes.size - size};
}

static dragoman_status feed_loop(host_instance *instance, uint32_t channel, feeding *at, bool is_end, uint32_t stop_at,
                                 const dragoman_now *now, bool *ret_is_stopped) {
    bool end_is_told = false;
    while (at->unread.size > at->seen || (is_end && !end_is_told)) {
        if (host_instance_is_over_budget(instance, stop_at)) {
            *ret_is_stopped = true;
            return DRAGOMAN_OK;
        }
        if (at->unread.size < at->needed && !is_end) {
            return DRAGOMAN_OK;
        }
        dragoman_event event = {.struct_size = sizeof(event), .kind = DRAGOMAN_EVENT_BYTES, .channel = channel};
        event.of.bytes =
            (dragoman_bytes_event){.unread = at->unread, .fresh = at->unread.size - at->seen, .is_end = is_end ? 1 : 0};
        dragoman_progress progress;
        dragoman_status status = call_handle(instance, &event, now, &progress);
        if (status != DRAGOMAN_OK && status != DRAGOMAN_NEED_MORE) {
            return status;
        }
        size_t consumed = progress.consumed;
        if (consumed > at->unread.size || (consumed > 0 && status == DRAGOMAN_NEED_MORE)) {
            /* An adapter that miscounts cannot be trusted with the rest of the stream. */
            return DRAGOMAN_INTERNAL;
        }
        at->unread = after(at->unread, consumed);
        at->needed = progress.needed;
        /* After progress the rest is looked at afresh; without any, only new bytes can change the answer. */
        at->seen = consumed > 0 ? 0 : at->unread.size;
        end_is_told = is_end && at->unread.size == at->seen;
    }
    return DRAGOMAN_OK;
}

/* Keeps what was not consumed for the next time. */
static dragoman_status keep_rest(host_stream *stream, const feeding *at, bool was_direct) {
    if (at->unread.size > HOST_UNREAD_BYTES_MAX) {
        return DRAGOMAN_LIMIT;
    }
    stream->seen = at->seen;
    stream->needed = at->needed;
    if (was_direct) {
        buffer_append_bytes(&stream->unread, at->unread);
        return stream->unread.failed ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
    }
    if (at->unread.size == 0) {
        /* An idle connection holds no buffer: five hundred of them must cost little. */
        buffer_fini(&stream->unread);
        buffer_init(&stream->unread);
        return DRAGOMAN_OK;
    }
    memmove(stream->unread.data, at->unread.data, at->unread.size);
    stream->unread.size = at->unread.size;
    return DRAGOMAN_OK;
}

/* Keeps the books of what streams hold. */
static dragoman_status count_unread(host_environment *environment, host_stream *stream) {
    environment->unread_bytes += stream->unread.size - stream->counted;
    stream->counted = stream->unread.size;
    stream->environment = environment;
    bool is_small = stream->unread.size <= HOST_UNREAD_SMALL_BYTES_MAX;
    return is_small || environment->unread_bytes <= HOST_UNREAD_TOTAL_BYTES_MAX ? DRAGOMAN_OK : DRAGOMAN_LIMIT;
}

/* To one whose answers come later everything goes as it came: what is not used up, the other side keeps. It is recorded
 * when it goes. */
static dragoman_status feed_far(host_instance *instance, uint32_t channel, host_stream *stream, dragoman_bytes fresh,
                                bool is_end, uint32_t stop_at, const dragoman_now *now, bool *ret_is_stopped) {
    *ret_is_stopped = host_instance_is_over_budget(instance, stop_at);
    if (*ret_is_stopped || stream->unread.size > 0) {
        buffer_append_bytes(&stream->unread, fresh);
        fresh = buffer_bytes(&stream->unread);
    }
    if (stream->unread.failed) {
        return DRAGOMAN_NO_MEMORY;
    }
    bool is_held = host_instance_is_held(instance, channel);
    if (*ret_is_stopped || (fresh.size == 0 && is_end == stream->is_end_told && !is_held)) {
        return count_unread(instance->environment, stream);
    }
    dragoman_event event = {
        .struct_size = sizeof(event), .kind = DRAGOMAN_EVENT_BYTES, .channel = channel, .reserved = stop_at};
    host_far_hold(instance, channel, false);
    event.of.bytes = (dragoman_bytes_event){.unread = fresh, .fresh = fresh.size, .is_end = is_end ? 1 : 0};
    dragoman_progress progress;
    stream->is_end_told = is_end;
    tap(instance,
        (capture_record){.kind = CAPTURE_BYTES,
                         .channel = (uint8_t)channel,
                         .number = stop_at,
                         .code = is_end ? 1 : 0,
                         .part_count = 1,
                         .parts = {fresh}},
        now);
    dragoman_status status = call_handle(instance, &event, now, &progress);
    buffer_fini(&stream->unread);
    buffer_init(&stream->unread);
    dragoman_status counted = count_unread(instance->environment, stream);
    return status == DRAGOMAN_OK || status == DRAGOMAN_NEED_MORE ? counted : status;
}

dragoman_status host_instance_feed(host_instance *instance, uint32_t channel, host_stream *stream, dragoman_bytes fresh,
                                   bool is_end, uint32_t stop_at, const dragoman_now *now, bool *ret_is_stopped) {
    *ret_is_stopped = false;
    if (answers_later(instance)) {
        return feed_far(instance, channel, stream, fresh, is_end, stop_at, now, ret_is_stopped);
    }
    capture_record record = {.kind = CAPTURE_BYTES,
                             .channel = (uint8_t)channel,
                             .number = stop_at,
                             .code = is_end ? 1 : 0,
                             .part_count = 1,
                             .parts = {fresh}};
    tap(instance, record, now);
    bool is_direct = stream->unread.size == 0;
    if (!is_direct) {
        buffer_append_bytes(&stream->unread, fresh);
        if (stream->unread.failed) {
            return DRAGOMAN_NO_MEMORY;
        }
    }
    feeding at = {.unread = is_direct ? fresh : buffer_bytes(&stream->unread),
                  .seen = is_direct ? 0 : stream->seen,
                  .needed = stream->needed};
    dragoman_status status = feed_loop(instance, channel, &at, is_end, stop_at, now, ret_is_stopped);
    dragoman_status kept = keep_rest(stream, &at, is_direct);
    dragoman_status counted = count_unread(instance->environment, stream);
    kept = kept == DRAGOMAN_OK ? counted : kept;
    return status == DRAGOMAN_OK || status == DRAGOMAN_NEED_MORE ? kept : status;
}

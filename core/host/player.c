#include "host/player.h"

#include "base/bytes.h"
#include "host/internal.h"
#include "host/recording.h"
#include <stdio.h>
#include <stdlib.h>

typedef struct session {
    host_player *player;
    uint32_t number;
    host_instance *instance;
    host_stream *streams; /* by the adapter's channels */
    bool *is_open;
    bool is_over; /* the adapter ended it */
} session;

struct host_player {
    host_player_options options;
    bool is_complete;
    uint32_t channel_kinds[UINT8_MAX + 1]; /* of the capture's channels: dragoman_channel_kind */
    uint8_t channels[UINT8_MAX + 1];       /* theirs among the adapter's */
    uint32_t channel_count;
    session **sessions; /* in the order in which they began */
    uint32_t session_count, session_room;
    dragoman_now now;
    bool has_begun;
    dragoman_status failure;
    const char *fault;
};

static uint32_t kind_of(dragoman_bytes word) {
    for (uint32_t kind = DRAGOMAN_CHANNEL_STREAM; kind <= DRAGOMAN_CHANNEL_FILE; kind++) {
        if (bytes_is(word, host_channel_word(kind))) {
            return kind;
        }
    }
    return 0;
}

static bool find_channel(const dragoman_adapter_descriptor *adapter, dragoman_bytes name, uint8_t *ret_index) {
    for (uint32_t i = 0; i < adapter->channel_count && i <= UINT8_MAX; i++) {
        if (bytes_is(name, adapter->channels[i].name)) {
            *ret_index = (uint8_t)i;
            return true;
        }
    }
    return false;
}

/* "unicast datagram": the capture's next channel. */
static dragoman_status take_channel(host_player *self, dragoman_bytes fact, error_record *error) {
    const dragoman_adapter_descriptor *adapter = self->options.adapter->descriptor;
    size_t size = 0;
    while (size < fact.size && fact.data[size] != ' ') {
        size++;
    }
    dragoman_bytes name = {fact.data, size};
    dragoman_bytes word = {NULL, 0};
    if (size < fact.size) {
        word = (dragoman_bytes){fact.data + size + 1, fact.size - size - 1};
    }
    if (self->channel_count > UINT8_MAX) {
        return error_set(error, DRAGOMAN_LIMIT, "more than %d channels", UINT8_MAX + 1);
    }
    if (!find_channel(adapter, name, &self->channels[self->channel_count])) {
        return error_set(error, DRAGOMAN_UNSUPPORTED, "the adapter %s has no channel \"%.*s\"", adapter->name,
                         BYTES_FORMAT(name));
    }
    self->channel_kinds[self->channel_count++] = kind_of(word);
    return DRAGOMAN_OK;
}

dragoman_status host_player_create(const host_player_options *options, const capture_header *header,
                                   host_player **ret_player, error_record *error) {
    host_player *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory");
    }
    self->options = *options;
    self->is_complete = (header->flags & CAPTURE_IS_COMPLETE) != 0;
    dragoman_status status = DRAGOMAN_OK;
    for (uint32_t i = 0; i < header->fact_count && status == DRAGOMAN_OK; i++) {
        if (bytes_is(header->facts[i].key, "channel")) {
            status = take_channel(self, header->facts[i].value, error);
        }
    }
    if (status != DRAGOMAN_OK) {
        free(self);
        return status;
    }
    *ret_player = self;
    return DRAGOMAN_OK;
}

dragoman_status host_player_failure(const host_player *self) {
    return self->failure;
}

const char *host_player_fault(const host_player *self) {
    return self->fault;
}

/* ---- sessions */

static session *find_session(const host_player *self, uint32_t number) {
    for (uint32_t i = 0; i < self->session_count; i++) {
        if (self->sessions[i]->number == number) {
            return self->sessions[i];
        }
    }
    return NULL;
}

static void free_session(host_player *self, session *one) {
    host_instance_destroy(one->instance);
    for (uint32_t i = 0; one->streams != NULL && i < self->options.adapter->descriptor->channel_count; i++) {
        host_stream_fini(&one->streams[i]);
    }
    free(one->streams);
    free(one->is_open);
    free(one);
}

/* Says what became of an instance's messages up to and with `through`, where it was not said before. */
static void settle_through(const host_instance *instance, uint64_t through, const dragoman_settled_event *as) {
    char reason[ERROR_TEXT_BYTES];
    snprintf(reason, sizeof(reason), "%.*s", BYTES_FORMAT(as->reason));
    for (host_message *message = instance->oldest; message != NULL && message->store.number <= through;
         message = message->later) {
        host_message_settle(message, as->settlement, as->status, reason);
    }
}

static void end_session(host_player *self, session *one) {
    static const dragoman_settled_event durable = {.settlement = DRAGOMAN_DURABLE};
    uint32_t at = 0;
    if (self->is_complete) {
        settle_through(one->instance, UINT64_MAX, &durable);
    }
    while (self->sessions[at] != one) {
        at++;
    }
    self->session_count--;
    memmove(&self->sessions[at], &self->sessions[at + 1], (self->session_count - at) * sizeof(session *));
    free_session(self, one);
}

static bool make_room(host_player *self) {
    if (self->session_count < self->session_room) {
        return true;
    }
    uint32_t room = self->session_room == 0 ? 16 : self->session_room * 2;
    session **more = realloc(self->sessions, room * sizeof(session *));
    if (more != NULL) {
        self->sessions = more;
        self->session_room = room;
    }
    return more != NULL;
}

static dragoman_status begin_session(host_player *self, const capture_record *record, session **ret_session,
                                     error_record *error) {
    static const uint8_t no_seed[DRAGOMAN_SEED_BYTES] = {0};
    uint32_t channels = self->options.adapter->descriptor->channel_count;
    bool has_seed =
        record->kind == CAPTURE_STARTED && record->part_count > 0 && record->parts[0].size == DRAGOMAN_SEED_BYTES;
    if (self->session_count == HOST_PLAYER_SESSIONS_MAX) {
        return error_set(error, DRAGOMAN_LIMIT, "more than %u sessions at once", HOST_PLAYER_SESSIONS_MAX);
    }
    session *one = calloc(1, sizeof(*one));
    if (one == NULL || !make_room(self) || (one->streams = calloc(channels + 1, sizeof(host_stream))) == NULL ||
        (one->is_open = calloc(channels + 1, sizeof(bool))) == NULL) {
        if (one != NULL) {
            free_session(self, one);
        }
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for another session");
    }
    one->player = self;
    one->number = record->session;
    host_instance_options options = self->options.instance;
    options.seed = has_seed ? record->parts[0].data : no_seed;
    options.owner = one;
    dragoman_status status = host_instance_create(self->options.environment, self->options.adapter, &options,
                                                  &record->now, &one->instance, error);
    if (status != DRAGOMAN_OK) {
        free_session(self, one);
        return status;
    }
    /* One that began in an earlier file counts its messages on from there. */
    one->instance->last_number = has_seed && self->is_complete ? record->number : 0;
    self->sessions[self->session_count++] = one;
    *ret_session = one;
    return DRAGOMAN_OK;
}

/* ---- calls */

static void note(session *one, dragoman_status status) {
    host_player *self = one->player;
    if (status == DRAGOMAN_OK || status == DRAGOMAN_NEED_MORE) {
        status = host_instance_failure(one->instance);
    }
    if (status != DRAGOMAN_OK) {
        one->is_over = true;
        self->failure = self->failure == DRAGOMAN_OK ? status : self->failure;
    }
}

static void find_fault(session *one, const char *what) {
    one->player->fault = one->player->fault == NULL ? what : one->player->fault;
    note(one, DRAGOMAN_INTERNAL);
}

/* After each call: what it wants done is fetched, as a link does. */
static void after_call(session *one, dragoman_status status) {
    const host_player_options *options = &one->player->options;
    dragoman_action action;
    uint32_t count = 0;
    if (status == DRAGOMAN_INTERNAL) {
        find_fault(one, "it consumes more than there is, or consumes and asks for more in one call");
    }
    note(one, status);
    while (!one->is_over && host_instance_next(one->instance, &action) == DRAGOMAN_OK) {
        if (++count > HOST_PLAYER_ACTIONS_MAX) {
            find_fault(one, "its actions never end: next must answer NOT_FOUND when all are done");
        } else if (options->act != NULL) {
            options->act(options->context, one->number, &action);
        }
    }
}

static void told(void *context, host_instance *instance) {
    (void)context;
    after_call(host_instance_owner(instance), DRAGOMAN_OK);
}

static void settle(host_player *self, const dragoman_now *now) {
    host_environment_settle(self->options.environment, now, told, NULL);
}

/* ---- deadlines */

static session *first_due(const host_player *self, int64_t before_us) {
    session *first = NULL;
    for (uint32_t i = 0; i < self->session_count; i++) {
        session *one = self->sessions[i];
        int64_t at_us = one->is_over ? DRAGOMAN_NO_DEADLINE : host_instance_deadline(one->instance);
        if (at_us <= before_us) {
            before_us = at_us - 1;
            first = one;
        }
    }
    return first;
}

/* Tells the deadlines that pass before `now`. */
static dragoman_status pass_time(host_player *self, const dragoman_now *now, error_record *error) {
    session *one;
    uint32_t count = 0;
    int64_t lateness_us = self->is_complete ? HOST_PLAYER_LATENESS_MAX_US : 0;
    while ((one = first_due(self, now->monotonic_us - lateness_us)) != NULL) {
        int64_t at_us = host_instance_deadline(one->instance);
        /* One that was passed already when it was set is told where time stands. */
        at_us = at_us < self->now.monotonic_us ? self->now.monotonic_us : at_us;
        dragoman_now then = *now;
        then.wall_us -= now->monotonic_us - at_us;
        then.monotonic_us = at_us;
        self->now = then;
        dragoman_status status = host_instance_expire(one->instance, &then);
        after_call(one, status);
        if (!one->is_over && host_instance_deadline(one->instance) <= at_us) {
            find_fault(one, "its deadline is not later than now after it expired");
        }
        settle(self, &then);
        if (++count == HOST_PLAYER_EXPIRIES_MAX) {
            return error_set(error, DRAGOMAN_LIMIT, "more than %u deadlines between two records",
                             HOST_PLAYER_EXPIRIES_MAX);
        }
    }
    return DRAGOMAN_OK;
}

/* ---- records */

static dragoman_bytes part(const capture_record *record, uint32_t index) {
    return index < record->part_count ? record->parts[index] : (dragoman_bytes){NULL, 0};
}

/* The event of a record; false when it is none. */
static bool as_event(const capture_record *record, dragoman_event *ret_event) {
    dragoman_event event = {.struct_size = sizeof(event), .kind = record->kind, .channel = record->channel};
    switch (record->kind) {
    case CAPTURE_OPENED:
        event.of.opened = (dragoman_opened_event){.channel_kind = record->code,
                                                  .is_initiator = record->detail,
                                                  .peer = part(record, 0),
                                                  .tls_subject = part(record, 1),
                                                  .tls_fingerprint = part(record, 2)};
        break;
    case CAPTURE_DATAGRAM:
        event.of.datagram = (dragoman_datagram_event){.from = part(record, 0), .payload = part(record, 1)};
        break;
    case CAPTURE_MESSAGE:
        event.of.message =
            (dragoman_message_event){.topic = part(record, 0), .payload = part(record, 1), .is_retained = record->code};
        break;
    case CAPTURE_HTTP_REQUEST:
        event.of.http = (dragoman_http_event){.exchange = record->number,
                                              .method = part(record, 0),
                                              .target = part(record, 1),
                                              .headers = part(record, 2),
                                              .body = part(record, 3)};
        break;
    case CAPTURE_HTTP_RESPONSE:
        event.of.http = (dragoman_http_event){
            .exchange = record->number, .code = record->code, .headers = part(record, 0), .body = part(record, 1)};
        break;
    case CAPTURE_CLOSED:
        event.of.closed.reason = record->code;
        break;
    case CAPTURE_REFUSED:
        event.of.refused =
            (dragoman_refused_event){.action = record->code, .status = record->detail, .reason = part(record, 0)};
        break;
    default:
        return false;
    }
    *ret_event = event;
    return true;
}

static void play_bytes(session *one, const capture_record *record) {
    bool is_stopped = false;
    uint32_t stop_at = one->player->is_complete ? (uint32_t)record->number : 0;
    dragoman_status status = host_instance_feed(one->instance, record->channel, &one->streams[record->channel],
                                                part(record, 0), record->code != 0, stop_at, &record->now, &is_stopped);
    after_call(one, status);
}

static void play_settled(const session *one, const capture_record *record) {
    dragoman_settled_event settled = {
        .through = record->number, .settlement = record->code, .status = record->detail, .reason = part(record, 0)};
    settle_through(one->instance, settled.through, &settled);
}

/* What came on a channel that was not said to be open: of a capture that begins in the middle. */
static void open_silently(session *one, const capture_record *record) {
    const host_player *self = one->player;
    uint32_t kind = DRAGOMAN_CHANNEL_STREAM;
    for (uint32_t i = 0; i < self->channel_count; i++) {
        kind = self->channels[i] == record->channel ? self->channel_kinds[i] : kind;
    }
    dragoman_event event = {.struct_size = sizeof(event), .kind = DRAGOMAN_EVENT_OPENED, .channel = record->channel};
    event.of.opened.channel_kind = kind;
    one->is_open[record->channel] = true;
    after_call(one, host_instance_handle(one->instance, &event, &record->now));
}

static void play_event(session *one, const capture_record *record) {
    dragoman_event event;
    bool has_data =
        record->kind == CAPTURE_BYTES || record->kind == CAPTURE_DATAGRAM || record->kind == CAPTURE_MESSAGE;
    if (has_data && !one->is_open[record->channel]) {
        open_silently(one, record);
    }
    if (record->kind == CAPTURE_OPENED) {
        if (one->is_open[record->channel] && (record->flags & CAPTURE_IS_CONTINUED) != 0) {
            return;
        }
        one->is_open[record->channel] = true;
        /* A channel that opens again is another stream. */
        host_stream_fini(&one->streams[record->channel]);
    }
    if (one->is_over) {
        return;
    }
    if (record->kind == CAPTURE_BYTES) {
        play_bytes(one, record);
    } else if (record->kind == CAPTURE_SETTLED) {
        play_settled(one, record);
    } else if (record->kind == CAPTURE_EXPIRED) {
        if (host_instance_deadline(one->instance) <= record->now.monotonic_us) {
            after_call(one, host_instance_expire(one->instance, &record->now));
        }
    } else if (as_event(record, &event)) {
        after_call(one, host_instance_handle(one->instance, &event, &record->now));
    }
    if (record->kind == CAPTURE_CLOSED) {
        one->is_open[record->channel] = false;
    }
}

static bool is_ours(const capture_record *record) {
    return record->kind < CAPTURE_ACTION || record->kind == CAPTURE_STARTED || record->kind == CAPTURE_EXPIRED ||
           record->kind == CAPTURE_ENDED;
}

dragoman_status host_player_play(host_player *self, const capture_record *given, error_record *error) {
    capture_record record = *given;
    if (!is_ours(&record)) {
        return DRAGOMAN_OK;
    }
    if (record.channel >= self->channel_count) {
        if (record.channel > 0) {
            return error_set(error, DRAGOMAN_INVALID, "a record of channel %u, and the capture has %u", record.channel,
                             self->channel_count);
        }
    } else {
        record.channel = self->channels[record.channel];
    }
    if (self->has_begun && record.now.monotonic_us < self->now.monotonic_us) {
        /* Time that is told to adapters never goes back. */
        record.now.monotonic_us = self->now.monotonic_us;
    }
    dragoman_status status = self->has_begun ? pass_time(self, &record.now, error) : DRAGOMAN_OK;
    self->now = record.now;
    self->has_begun = true;
    session *one = find_session(self, record.session);
    if (status == DRAGOMAN_OK && one == NULL && record.kind != CAPTURE_ENDED) {
        status = begin_session(self, &record, &one, error);
    }
    if (status != DRAGOMAN_OK || one == NULL) {
        return status;
    }
    if (record.kind == CAPTURE_ENDED) {
        end_session(self, one);
    } else {
        play_event(one, &record);
    }
    settle(self, &record.now);
    return DRAGOMAN_OK;
}

void *host_player_context(const host_instance *instance) {
    const session *one = host_instance_owner(instance);
    return one->player->options.context;
}

uint32_t host_player_session(const host_instance *instance) {
    const session *one = host_instance_owner(instance);
    return one->number;
}

void host_player_destroy(host_player *self) {
    if (self == NULL) {
        return;
    }
    while (self->session_count > 0) {
        end_session(self, self->sessions[0]);
    }
    settle(self, &self->now);
    free(self->sessions);
    free(self);
}

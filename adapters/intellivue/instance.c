#include "instance.h"
#include "codes.h"
#include "discovery.h"
#include "frame.h"
#include "text.h"
#include <string.h>

typedef struct instance {
    intellivue_wish wish;
    bool is_open;      /* the main channel */
    bool is_serial;    /* it is a stream */
    bool takes_others; /* monitors may be spoken to that announce themselves */
    uint32_t count;
    intellivue_monitor *monitors[INTELLIVUE_MONITORS];
    int64_t deadlines_us[INTELLIVUE_MONITORS]; /* beside each other, because all are looked at after each event */
    uint32_t hashes[INTELLIVUE_MONITORS];      /* of the addresses */
    bool is_waiting[INTELLIVUE_MONITORS];      /* is in the queue */
    uint16_t queue[INTELLIVUE_MONITORS];       /* monitors that are owed something, a ring */
    uint32_t queue_first;
    uint32_t queue_count;
    uint8_t plain[INTELLIVUE_REQUEST_BYTES];
    uint8_t sent[INTELLIVUE_SENT_BYTES];
    intellivue_frame frame;
} instance;

static void count(const instance *self, dragoman_counter counter, uint64_t add) {
    self->wish.host->count(self->wish.host_context, counter, add);
}

/* FNV-1a. */
static uint32_t hash_of(dragoman_bytes address) {
    uint32_t hash = 2166136261u;
    for (size_t n = 0; n < address.size; n++) {
        hash = (hash ^ address.data[n]) * 16777619u;
    }
    return hash;
}

/* The index of the monitor with this address, or count. */
static uint32_t find_monitor(const instance *self, dragoman_bytes address) {
    uint32_t hash = hash_of(address);
    uint32_t n = 0;
    for (; n < self->count; n++) {
        const intellivue_monitor *monitor = self->monitors[n];
        if (self->hashes[n] == hash && monitor->address_size == address.size &&
            memcmp(monitor->address, address.data, address.size) == 0) {
            break;
        }
    }
    return n;
}

/* The index of a new or known monitor; INTELLIVUE_MONITORS when there is no room. */
static uint32_t add_monitor(instance *self, dragoman_bytes address) {
    uint32_t index = address.size > 0 ? find_monitor(self, address) : 0;
    if (index < self->count) {
        return index;
    }
    intellivue_monitor *monitor = NULL;
    if (self->count < INTELLIVUE_MONITORS && address.size <= INTELLIVUE_ADDRESS_BYTES) {
        monitor = (intellivue_monitor *)self->wish.host->allocate(self->wish.host_context, sizeof *monitor);
    }
    if (monitor == NULL) {
        return INTELLIVUE_MONITORS;
    }
    if (address.size > 0) {
        memcpy(monitor->address, address.data, address.size);
    }
    monitor->address_size = (uint8_t)address.size;
    monitor->timeout_us = INT64_MAX;
    intellivue_polls_stop(&monitor->polls);
    intellivue_text *key = &monitor->identity.key;
    dragoman_bytes name = address.size > 0 ? address : DRAGOMAN_TEXT("monitor");
    key->size = (uint8_t)(name.size < sizeof key->data ? name.size : sizeof key->data);
    memcpy(key->data, name.data, key->size);
    self->monitors[self->count] = monitor;
    self->hashes[self->count] = hash_of(address);
    self->deadlines_us[self->count] = INT64_MAX;
    return self->count++;
}

/* After anything that may have changed what a monitor wants. */
static void settle(instance *self, uint32_t index) {
    const intellivue_monitor *monitor = self->monitors[index];
    self->deadlines_us[index] = intellivue_dialogue_deadline_us(monitor);
    if (monitor->owes != 0 && !self->is_waiting[index]) {
        self->queue[(self->queue_first + self->queue_count) % INTELLIVUE_MONITORS] = (uint16_t)index;
        self->queue_count++;
        self->is_waiting[index] = true;
    }
}

static void step(instance *self, uint32_t index, intellivue_happening happening, intellivue_arrival *arrival) {
    (void)intellivue_dialogue_step(self->monitors[index], happening, arrival);
    settle(self, index);
}

static void step_all(instance *self, intellivue_happening happening, const dragoman_now *now) {
    intellivue_arrival arrival = {.wish = &self->wish, .now = now};
    for (uint32_t n = 0; n < self->count; n++) {
        step(self, n, happening, &arrival);
    }
}

/* Which happening an association control message is; INTELLIVUE_HAPPENINGS: none that a client gets. */
static intellivue_happening association_happening(uint8_t session) {
    switch (session) {
    case AC_SPDU_SI:
        return INTELLIVUE_ASSOCIATION_RESPONSE;
    case RF_SPDU_SI:
        return INTELLIVUE_REFUSE;
    case FN_SPDU_SI:
        return INTELLIVUE_RELEASE_REQUEST;
    case DN_SPDU_SI:
        return INTELLIVUE_RELEASE_RESPONSE;
    case AB_SPDU_SI:
        return INTELLIVUE_ABORT;
    default:
        return INTELLIVUE_HAPPENINGS;
    }
}

static intellivue_happening operation_happening(const intellivue_operation *operation) {
    if (operation->ro_type == ROER_APDU) {
        return INTELLIVUE_OPERATION_ERROR;
    }
    if (operation->ro_type != ROIV_APDU) {
        return INTELLIVUE_POLL_RESULT;
    }
    bool is_create = operation->command == CMD_CONFIRMED_EVENT_REPORT && operation->type == NOM_NOTI_MDS_CREAT;
    return is_create ? INTELLIVUE_MDS_CREATE_EVENT : INTELLIVUE_HAPPENINGS;
}

/* A whole message of a monitor. */
static void take_message(instance *self, uint32_t index, dragoman_bytes message, const dragoman_now *now) {
    intellivue_arrival arrival = {.wish = &self->wish, .now = now, .message = message};
    intellivue_operation operation;
    intellivue_happening happening = INTELLIVUE_HAPPENINGS;
    if (message.size > 0 && message.size <= INTELLIVUE_MESSAGE_BYTES) {
        if (message.data[0] != INTELLIVUE_SESSION_ID) {
            bool is_whole = intellivue_association_is_whole(message);
            happening = is_whole ? association_happening(message.data[0]) : INTELLIVUE_HAPPENINGS;
        } else if (intellivue_operation_read(message, &operation) == DRAGOMAN_OK) {
            happening = operation_happening(&operation);
            arrival.operation = &operation;
        }
    }
    if (happening == INTELLIVUE_HAPPENINGS) {
        count(self, DRAGOMAN_COUNT_BAD_FRAME, 1);
        return;
    }
    step(self, index, happening, &arrival);
}

static void take_indication(instance *self, const dragoman_datagram_event *datagram, const dragoman_now *now) {
    uint16_t port = 0;
    char address[INTELLIVUE_ADDRESS_BYTES];
    if (datagram->payload.size > INTELLIVUE_MESSAGE_BYTES || !intellivue_connect_indication(datagram->payload, &port)) {
        count(self, DRAGOMAN_COUNT_BAD_FRAME, 1);
        return;
    }
    size_t size = intellivue_address_with_port(datagram->from, port, address);
    dragoman_bytes where = {(const uint8_t *)address, size};
    if (size == 0 || !self->is_open || self->is_serial) {
        return;
    }
    uint32_t index = self->takes_others ? add_monitor(self, where) : find_monitor(self, where);
    if (index >= self->count) {
        return;
    }
    intellivue_arrival arrival = {.wish = &self->wish, .now = now};
    step(self, index, INTELLIVUE_CONNECT_INDICATION, &arrival);
}

static void take_datagram(instance *self, const dragoman_event *event, const dragoman_now *now) {
    const dragoman_datagram_event *datagram = &event->of.datagram;
    if (event->channel == INTELLIVUE_CHANNEL_DISCOVERY) {
        take_indication(self, datagram, now);
        return;
    }
    uint32_t index = find_monitor(self, datagram->from);
    if (index == self->count) {
        count(self, DRAGOMAN_COUNT_BAD_FRAME, 1);
        return;
    }
    take_message(self, index, datagram->payload, now);
}

static dragoman_status take_bytes(instance *self, const dragoman_bytes_event *bytes, const dragoman_now *now,
                                  dragoman_progress *progress) {
    intellivue_frame_next(bytes->unread, bytes->is_end != 0, &self->frame);
    progress->consumed = self->frame.consumed;
    switch (self->frame.kind) {
    case INTELLIVUE_FRAME_MESSAGE:
        take_message(self, 0, (dragoman_bytes){self->frame.content, self->frame.size}, now);
        return DRAGOMAN_OK;
    case INTELLIVUE_FRAME_BROKEN:
        count(self, DRAGOMAN_COUNT_BAD_FRAME, 1);
        return DRAGOMAN_OK;
    case INTELLIVUE_FRAME_NOISE:
        count(self, DRAGOMAN_COUNT_RESYNCHRONISED, self->frame.consumed);
        return DRAGOMAN_OK;
    default:
        return DRAGOMAN_NEED_MORE;
    }
}

static dragoman_status open_main(instance *self, const dragoman_opened_event *opened, const dragoman_now *now) {
    self->is_open = true;
    self->is_serial = opened->channel_kind == DRAGOMAN_CHANNEL_STREAM;
    bool is_towards_one = !self->is_serial && opened->is_initiator != 0 && opened->peer.size > 0;
    self->takes_others = !self->is_serial && !is_towards_one;
    if ((self->is_serial && add_monitor(self, (dragoman_bytes){NULL, 0}) == INTELLIVUE_MONITORS) ||
        (is_towards_one && add_monitor(self, opened->peer) == INTELLIVUE_MONITORS)) {
        return DRAGOMAN_NO_MEMORY;
    }
    step_all(self, INTELLIVUE_CHANNEL_OPENED, now);
    return DRAGOMAN_OK;
}

dragoman_status intellivue_handle(void *instance_pointer, const dragoman_event *event, const dragoman_now *now,
                                  dragoman_progress *ret_progress) {
    instance *self = (instance *)instance_pointer;
    bool is_main = event->channel == INTELLIVUE_CHANNEL_MAIN;
    switch (event->kind) {
    case DRAGOMAN_EVENT_OPENED:
        return is_main ? open_main(self, &event->of.opened, now) : DRAGOMAN_OK;
    case DRAGOMAN_EVENT_CLOSED:
        if (is_main) {
            self->is_open = false;
            step_all(self, INTELLIVUE_CHANNEL_CLOSED, now);
        }
        return DRAGOMAN_OK;
    case DRAGOMAN_EVENT_REFUSED:
        /* Most likely a monitor that the site names, and does not allow to be spoken to. */
        self->wish.host->log(self->wish.host_context, DRAGOMAN_LOG_WARNING, event->of.refused.reason,
                             (dragoman_bytes){NULL, 0});
        return DRAGOMAN_OK;
    case DRAGOMAN_EVENT_DATAGRAM:
        take_datagram(self, event, now);
        return DRAGOMAN_OK;
    case DRAGOMAN_EVENT_BYTES:
        return take_bytes(self, &event->of.bytes, now, ret_progress);
    default:
        return DRAGOMAN_OK;
    }
}

int64_t intellivue_deadline(const void *instance_pointer) {
    const instance *self = (const instance *)instance_pointer;
    int64_t deadline_us = DRAGOMAN_NO_DEADLINE;
    for (uint32_t n = 0; n < self->count; n++) {
        deadline_us = self->deadlines_us[n] < deadline_us ? self->deadlines_us[n] : deadline_us;
    }
    return deadline_us;
}

dragoman_status intellivue_expire(void *instance_pointer, const dragoman_now *now) {
    instance *self = (instance *)instance_pointer;
    intellivue_arrival arrival = {.wish = &self->wish, .now = now};
    for (uint32_t n = 0; n < self->count; n++) {
        if (self->deadlines_us[n] <= now->monotonic_us) {
            intellivue_dialogue_expire(self->monitors[n], &arrival);
            settle(self, n);
        }
    }
    return DRAGOMAN_OK;
}

static void fill_action(instance *self, const intellivue_monitor *monitor, const intellivue_writer *plain,
                        dragoman_action *action) {
    action->channel = INTELLIVUE_CHANNEL_MAIN;
    if (self->is_serial) {
        intellivue_writer framed = {.data = self->sent, .capacity = sizeof self->sent};
        intellivue_frame_write(&framed, (dragoman_bytes){plain->data, plain->size});
        action->kind = DRAGOMAN_ACTION_SEND;
        action->data = (dragoman_bytes){framed.data, framed.size};
        return;
    }
    action->kind = DRAGOMAN_ACTION_DATAGRAM;
    action->data = (dragoman_bytes){plain->data, plain->size};
    action->target = (dragoman_bytes){(const uint8_t *)monitor->address, monitor->address_size};
}

dragoman_status intellivue_next(void *instance_pointer, dragoman_action *ret_action) {
    instance *self = (instance *)instance_pointer;
    while (self->queue_count > 0) {
        uint32_t index = self->queue[self->queue_first];
        intellivue_monitor *monitor = self->monitors[index];
        intellivue_writer plain = {.data = self->plain, .capacity = sizeof self->plain};
        if (self->is_open && intellivue_dialogue_next(monitor, &self->wish, &plain)) {
            fill_action(self, monitor, &plain, ret_action);
            return DRAGOMAN_OK;
        }
        self->queue_first = (self->queue_first + 1) % INTELLIVUE_MONITORS;
        self->queue_count--;
        self->is_waiting[index] = false;
    }
    return DRAGOMAN_NOT_FOUND;
}

static bool setting_is(const dragoman_start *start, dragoman_bytes key, const char *value) {
    dragoman_bytes found = dragoman_setting_find(start, key);
    return found.size == strlen(value) && (found.size == 0 || memcmp(found.data, value, found.size) == 0);
}

static uint32_t want_unless_off(const dragoman_start *start, dragoman_bytes key, uint32_t want) {
    return setting_is(start, key, "false") ? 0 : want;
}

static void read_settings(const dragoman_start *start, intellivue_wish *wish) {
    static const struct {
        const char *word;
        uint32_t period;
    } periods[] = {{"12s", POLL_EXT_PERIOD_NU_AVG_12SEC},
                   {"60s", POLL_EXT_PERIOD_NU_AVG_60SEC},
                   {"300s", POLL_EXT_PERIOD_NU_AVG_300SEC}};
    wish->wants = want_unless_off(start, DRAGOMAN_TEXT("waves"), INTELLIVUE_WANTS_WAVES) |
                  want_unless_off(start, DRAGOMAN_TEXT("enumerations"), INTELLIVUE_WANTS_ENUMERATIONS) |
                  want_unless_off(start, DRAGOMAN_TEXT("alerts"), INTELLIVUE_WANTS_ALERTS) |
                  want_unless_off(start, DRAGOMAN_TEXT("demographics"), INTELLIVUE_WANTS_DEMOGRAPHICS);
    wish->extensions = POLL_EXT_PERIOD_NU_1SEC;
    for (size_t n = 0; n < sizeof periods / sizeof *periods; n++) {
        if (setting_is(start, DRAGOMAN_TEXT("numerics"), periods[n].word)) {
            wish->extensions = periods[n].period;
        }
    }
    wish->extensions |= (wish->wants & INTELLIVUE_WANTS_WAVES) != 0 ? POLL_EXT_PERIOD_RTSA : 0;
    wish->extensions |= (wish->wants & INTELLIVUE_WANTS_ENUMERATIONS) != 0 ? POLL_EXT_ENUM : 0;
}

/* Monitors that the site names: "address:port" each. */
static bool add_named(instance *self, const dragoman_start *start) {
    for (uint32_t n = 0; n < start->settings.count; n++) {
        const dragoman_setting *setting = (const dragoman_setting *)dragoman_list_at(&start->settings, n);
        bool is_monitor = setting->key.size == 8 && memcmp(setting->key.data, "monitors", 8) == 0;
        if (is_monitor && setting->value.size > 0 && add_monitor(self, setting->value) == INTELLIVUE_MONITORS) {
            return false;
        }
    }
    return true;
}

dragoman_status intellivue_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                void **ret_instance) {
    instance *self = (instance *)host->allocate(context, sizeof *self);
    *ret_instance = self;
    if (self == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    self->wish = (intellivue_wish){.host = host, .host_context = context, .seed = 1};
    for (size_t n = 0; n < DRAGOMAN_SEED_BYTES; n++) {
        self->wish.seed = self->wish.seed * 31 + start->seed[n];
    }
    self->wish.seed |= 1; /* xorshift stays at 0 */
    read_settings(start, &self->wish);
    return add_named(self, start) ? DRAGOMAN_OK : DRAGOMAN_NO_MEMORY;
}

void intellivue_fini(void *instance_pointer) {
    instance *self = (instance *)instance_pointer;
    if (self == NULL) {
        return;
    }
    const dragoman_host *host = self->wish.host;
    void *context = self->wish.host_context;
    for (uint32_t n = 0; n < self->count; n++) {
        intellivue_monitor_forget(self->monitors[n], host, context);
        intellivue_alarms_forget(self->monitors[n], host, context);
        host->release(context, self->monitors[n]);
    }
    host->release(context, self);
}

#include "host/border.h"

#include <stdlib.h>
#include <string.h>

/* Pieces of memory that stay for a while after they were taken back, so that nobody else's bytes stand in them. */
#define KEPT_MOST 64u
/* Slices of one event at most: an HTTP request's. */
#define SLICES_MOST 5u

/* The one that is watched: an init is told nothing by which it could find its watch. */
static border_watch *watched;
static dragoman_adapter_descriptor open_descriptor;

static void *kept[KEPT_MOST];
static uint32_t kept_next;

typedef struct guarded {
    const dragoman_adapter_descriptor *adapter;
    border_watch *watch;
    const dragoman_host *host;
    void *context;
    dragoman_host table;
    void *state; /* the adapter's */
} guarded;

/* Stands before each piece of memory of `allocate`. */
typedef struct head {
    size_t size;
    size_t reserved; /* keeps what follows aligned for any type */
} head;

static void *count_allocate(void *context, size_t size) {
    guarded *self = context;
    self->watch->allocations++;
    head *made =
        size == 0 || size > SIZE_MAX - sizeof(*made) ? NULL : self->host->allocate(self->context, sizeof(*made) + size);
    if (made == NULL) {
        return NULL;
    }
    made->size = size;
    self->watch->live_bytes += size;
    return made + 1;
}

static void count_release(void *context, void *memory) {
    guarded *self = context;
    if (memory != NULL) {
        head *made = (head *)memory - 1;
        self->watch->live_bytes -= made->size;
        self->host->release(self->context, made);
    }
}

static void *count_batch(void *context, size_t size) {
    guarded *self = context;
    self->watch->allocations++;
    return self->host->batch(self->context, size);
}

static dragoman_status pass_begin(void *context, dragoman_bytes sender, dragoman_bytes id, uint64_t digest,
                                  uint64_t *ret_number) {
    const guarded *self = context;
    return self->host->message_begin(self->context, sender, id, digest, ret_number);
}

static dragoman_status count_emit(void *context, const dragoman_report *report) {
    const guarded *self = context;
    dragoman_status status = self->host->emit(self->context, report);
    self->watch->refused_reports += status == DRAGOMAN_INVALID ? 1 : 0;
    return status;
}

static dragoman_status pass_end(void *context) {
    const guarded *self = context;
    return self->host->message_end(self->context);
}

static void pass_abandon(void *context) {
    const guarded *self = context;
    self->host->message_abandon(self->context);
}

static dragoman_status pass_state_put(void *context, dragoman_bytes key, dragoman_bytes value) {
    const guarded *self = context;
    return self->host->state_put(self->context, key, value);
}

static dragoman_status pass_state_get(void *context, dragoman_bytes key, dragoman_bytes *ret_value) {
    const guarded *self = context;
    return self->host->state_get(self->context, key, ret_value);
}

static dragoman_status pass_utf8(void *context, const char *charset, dragoman_bytes text, dragoman_bytes *ret_text,
                                 size_t *ret_replaced) {
    const guarded *self = context;
    return self->host->to_utf8(self->context, charset, text, ret_text, ret_replaced);
}

static void pass_log(void *context, uint32_t level, dragoman_bytes text, dragoman_bytes private_text) {
    const guarded *self = context;
    self->host->log(self->context, level, text, private_text);
}

static void pass_count(void *context, uint32_t counter, uint64_t add) {
    const guarded *self = context;
    self->host->count(self->context, counter, add);
}

static dragoman_status pass_dead_letter(void *context, dragoman_bytes payload, dragoman_bytes stage,
                                        dragoman_bytes reason) {
    const guarded *self = context;
    return self->host->dead_letter(self->context, payload, stage, reason);
}

static dragoman_bytes pass_profile_setting(void *context, const dragoman_code *sender, dragoman_bytes key) {
    const guarded *self = context;
    return self->host->profile_setting(self->context, sender, key);
}

static const dragoman_host table = {.struct_size = sizeof(dragoman_host),
                                    .abi_major = DRAGOMAN_ABI_MAJOR,
                                    .abi_minor = DRAGOMAN_ABI_MINOR,
                                    .allocate = count_allocate,
                                    .release = count_release,
                                    .batch = count_batch,
                                    .message_begin = pass_begin,
                                    .emit = count_emit,
                                    .message_end = pass_end,
                                    .message_abandon = pass_abandon,
                                    .state_put = pass_state_put,
                                    .state_get = pass_state_get,
                                    .to_utf8 = pass_utf8,
                                    .log = pass_log,
                                    .count = pass_count,
                                    .dead_letter = pass_dead_letter,
                                    .profile_setting = pass_profile_setting};

/* Puts a copy of the slice in its place; false: there is no memory. */
static bool lend(dragoman_bytes *slice) {
    uint8_t *copy = slice->size == 0 ? NULL : malloc(slice->size);
    if (slice->size > 0 && copy == NULL) {
        return false;
    }
    if (copy != NULL) {
        memcpy(copy, slice->data, slice->size);
    }
    slice->data = copy;
    return true;
}

static void take_back(const dragoman_bytes *slice) {
    if (slice->data != NULL) {
        memset((void *)(uintptr_t)slice->data, watched->gone, slice->size);
        free(kept[kept_next]);
        kept[kept_next] = (void *)(uintptr_t)slice->data;
        kept_next = (kept_next + 1) % KEPT_MOST;
    }
}

void border_close(void) {
    for (uint32_t i = 0; i < KEPT_MOST; i++) {
        free(kept[i]);
        kept[i] = NULL;
    }
}

/* All that an event points to. */
static uint32_t slices_of(dragoman_event *event, dragoman_bytes *ret_slices[SLICES_MOST]) {
    uint32_t count = 0;
    switch (event->kind) {
    case DRAGOMAN_EVENT_OPENED:
        ret_slices[count++] = &event->of.opened.peer;
        ret_slices[count++] = &event->of.opened.tls_subject;
        ret_slices[count++] = &event->of.opened.tls_fingerprint;
        break;
    case DRAGOMAN_EVENT_BYTES:
        ret_slices[count++] = &event->of.bytes.unread;
        break;
    case DRAGOMAN_EVENT_DATAGRAM:
        ret_slices[count++] = &event->of.datagram.payload;
        ret_slices[count++] = &event->of.datagram.from;
        break;
    case DRAGOMAN_EVENT_MESSAGE:
        ret_slices[count++] = &event->of.message.topic;
        ret_slices[count++] = &event->of.message.payload;
        break;
    case DRAGOMAN_EVENT_HTTP_REQUEST:
    case DRAGOMAN_EVENT_HTTP_RESPONSE:
        ret_slices[count++] = &event->of.http.method;
        ret_slices[count++] = &event->of.http.target;
        ret_slices[count++] = &event->of.http.headers;
        ret_slices[count++] = &event->of.http.body;
        break;
    case DRAGOMAN_EVENT_SETTLED:
        ret_slices[count++] = &event->of.settled.reason;
        break;
    case DRAGOMAN_EVENT_REFUSED:
        ret_slices[count++] = &event->of.refused.reason;
        break;
    default:
        break;
    }
    return count;
}

/* Copies of settings, for as long as init runs. */
static bool lend_settings(dragoman_list *list) {
    dragoman_setting *copies = list->count == 0 ? NULL : calloc(list->count, sizeof(*copies));
    uint32_t made = 0;
    for (; copies != NULL && made < list->count; made++) {
        dragoman_setting one = *(const dragoman_setting *)dragoman_list_at(list, made);
        if (!lend(&one.key)) {
            break;
        }
        copies[made].key = one.key;
        if (!lend(&one.value)) {
            take_back(&one.key);
            break;
        }
        copies[made].value = one.value;
    }
    bool is_whole = made == list->count;
    *list = (dragoman_list){copies, made, sizeof(*copies)};
    return is_whole;
}

static void take_settings_back(const dragoman_list *list) {
    for (uint32_t i = 0; i < list->count; i++) {
        const dragoman_setting *setting = dragoman_list_at(list, i);
        take_back(&setting->key);
        take_back(&setting->value);
    }
    free((void *)(uintptr_t)list->items);
}

static dragoman_status border_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                   void **ret_instance) {
    guarded *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    *self = (guarded){.adapter = watched->adapter, .watch = watched, .host = host, .context = context, .table = table};
    *ret_instance = self;
    dragoman_start lent = *start;
    dragoman_status status = DRAGOMAN_NO_MEMORY;
    bool has_settings = lend_settings(&lent.settings);
    bool has_profile = lend_settings(&lent.profile);
    bool has_link = lend(&lent.link);
    if (has_settings && has_profile && has_link) {
        status = self->adapter->init(&self->table, self, &lent, &self->state);
    }
    if (has_link) {
        take_back(&lent.link);
    }
    take_settings_back(&lent.profile);
    take_settings_back(&lent.settings);
    return status;
}

static void border_fini(void *instance) {
    guarded *self = instance;
    if (self != NULL) {
        self->adapter->fini(self->state);
        free(self);
    }
}

static dragoman_status border_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                     dragoman_progress *ret_progress) {
    guarded *self = instance;
    self->watch->calls++;
    if (self->watch->is_plain) {
        return self->adapter->handle(self->state, event, now, ret_progress);
    }
    dragoman_event lent = *event;
    dragoman_bytes *slices[SLICES_MOST];
    dragoman_status status = DRAGOMAN_OK;
    uint32_t count = slices_of(&lent, slices);
    uint32_t made = 0;
    while (made < count && lend(slices[made])) {
        made++;
    }
    status = made < count ? DRAGOMAN_NO_MEMORY : self->adapter->handle(self->state, &lent, now, ret_progress);
    for (uint32_t i = 0; i < made; i++) {
        take_back(slices[i]);
    }
    return status;
}

static int64_t border_deadline(const void *instance) {
    const guarded *self = instance;
    return self->adapter->deadline(self->state);
}

static dragoman_status border_expire(void *instance, const dragoman_now *now) {
    const guarded *self = instance;
    self->watch->calls++;
    return self->adapter->expire(self->state, now);
}

static dragoman_status border_next(void *instance, dragoman_action *ret_action) {
    const guarded *self = instance;
    return self->adapter->next(self->state, ret_action);
}

static const dragoman_adapter_descriptor *border_open(border_watch *watch) {
    watched = watch;
    open_descriptor = (dragoman_adapter_descriptor){0};
    size_t known =
        watch->adapter->struct_size < sizeof(open_descriptor) ? watch->adapter->struct_size : sizeof(open_descriptor);
    memcpy(&open_descriptor, watch->adapter, known);
    open_descriptor.init = border_init;
    open_descriptor.fini = border_fini;
    open_descriptor.handle = border_handle;
    open_descriptor.deadline = border_deadline;
    open_descriptor.expire = border_expire;
    open_descriptor.next = border_next;
    return &open_descriptor;
}

const dragoman_adapter_descriptor *border_of(const host_adapter *adapter, border_watch *watch) {
    return adapter->far != NULL ? adapter->descriptor : border_open(watch);
}

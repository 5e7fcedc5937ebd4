#include "host/presence.h"

#include "base/bytes.h"
#include "host/internal.h"
#include <stdio.h>
#include <stdlib.h>

#define DEVICES_FIRST 64u
/* What decoding a device's own description may need. */
#define DESCRIPTION_BYTES_MAX ((size_t)16 << 20)
/* What is kept of a device over restarts: beyond it only the device and its place, without its parts. 16,384 devices
 * still fit into what the store keeps of all adapters. */
#define KEPT_BYTES_MAX 4096u
/* A device that has been away for so long is not kept any more: it comes back as a new one. */
#define KEPT_AWAY_US INT64_C(2592000000000)
#define KEY_BYTES (sizeof(HOST_PRESENCE_KEYS) - 1 + 16)
#define TIME_BYTES 8

struct host_device {
    const dragoman_adapter_descriptor *adapter;
    dragoman_bytes link, profile; /* as of an instance: they live longer than the environment */
    dragoman_bytes key;           /* behind this struct */
    host_device *same_bucket;
    buffer description; /* an encoded report with nothing but the device, its place and its parts */
    int64_t stale_after_us;
    int64_t heard_us; /* monotonic */
    int64_t last_heard_us;
    int64_t changed_us; /* UTC: when its state was said last */
    uint32_t state;
    uint32_t before; /* what its state was before that */
    bool is_kept;    /* over a restart */
};

static host_device **bucket_of(host_environment *environment, dragoman_bytes link, dragoman_bytes key) {
    return &environment->buckets[bytes_hash(key, bytes_hash(link, 0)) % HOST_DEVICE_BUCKETS];
}

static host_device *find(host_device *first, dragoman_bytes link, dragoman_bytes key) {
    for (host_device *each = first; each != NULL; each = each->same_bucket) {
        if (bytes_equal(each->key, key) && bytes_equal(each->link, link)) {
            return each;
        }
    }
    return NULL;
}

static bool make_room(host_environment *environment) {
    if (environment->device_count < environment->device_room) {
        return true;
    }
    uint32_t room = environment->device_room == 0 ? DEVICES_FIRST : environment->device_room * 2;
    host_device **more = room > HOST_DEVICES_MAX ? NULL : realloc(environment->devices, room * sizeof(*more));
    if (more == NULL) {
        return false;
    }
    environment->devices = more;
    environment->device_room = room;
    return true;
}

static host_device *add(host_environment *environment, const host_presence_origin *origin, dragoman_bytes key) {
    if (environment->buckets == NULL) {
        environment->buckets = calloc(HOST_DEVICE_BUCKETS, sizeof(*environment->buckets));
    }
    host_device *made =
        environment->buckets != NULL && make_room(environment) ? calloc(1, sizeof(*made) + key.size) : NULL;
    if (made == NULL) {
        return NULL;
    }
    memcpy(made + 1, key.data, key.size);
    made->adapter = origin->adapter;
    made->link = origin->link;
    made->profile = origin->profile;
    made->key = (dragoman_bytes){(const uint8_t *)(made + 1), key.size};
    made->stale_after_us = origin->stale_after_us;
    made->state = made->before = DRAGOMAN_DEVICE_LIVE;
    host_device **bucket = bucket_of(environment, made->link, made->key);
    made->same_bucket = *bucket;
    buffer_init(&made->description);
    *bucket = made;
    environment->devices[environment->device_count++] = made;
    return made;
}

/* ---- what is kept over a restart */

static dragoman_bytes key_of(const host_device *device, char to[KEY_BYTES + 1]) {
    int size =
        snprintf(to, KEY_BYTES + 1, "%s%016llx", HOST_PRESENCE_KEYS, (unsigned long long)bytes_hash(device->key, 0));
    return (dragoman_bytes){(const uint8_t *)to, (size_t)size};
}

/* The time, and the device as in a report that says its state. Empty when there is no memory. */
static void write_kept(const host_device *device, const dragoman_report *description, buffer *to) {
    dragoman_report kept = *description;
    uint64_t changed_us = (uint64_t)device->changed_us;
    kept.device_state = device->state;
    for (int pass = 0; pass == 0 || (pass == 1 && to->size > KEPT_BYTES_MAX); pass++) {
        buffer_reset(to);
        for (unsigned shift = 0; shift < 64; shift += 8) {
            buffer_append_byte(to, (uint8_t)(changed_us >> shift));
        }
        (void)model_encode(&kept, to);
        kept.nodes = (dragoman_list){NULL, 0, 0};
    }
}

/* Keeps the device with the open message; what does not fit is not kept. */
static void keep(const host_instance *instance, host_device *device, const dragoman_report *description) {
    char key[KEY_BYTES + 1];
    buffer value;
    buffer_init(&value);
    write_kept(device, description, &value);
    device->is_kept = !value.failed && value.size <= KEPT_BYTES_MAX &&
                      host_message_add_state(instance->open, key_of(device, key), buffer_bytes(&value)) == DRAGOMAN_OK;
    buffer_fini(&value);
}

bool host_presence_restore(host_environment *environment, const host_presence_origin *origin, dragoman_bytes kept,
                           const dragoman_now *now) {
    arena memory;
    model_record record;
    uint64_t changed_us = 0;
    for (unsigned i = 0; kept.size > TIME_BYTES && i < TIME_BYTES; i++) {
        changed_us |= (uint64_t)kept.data[i] << 8 * i;
    }
    arena_init(&memory, DESCRIPTION_BYTES_MAX);
    dragoman_bytes encoded = {kept.data + TIME_BYTES, kept.size - TIME_BYTES};
    bool is_good = kept.size > TIME_BYTES && model_decode(encoded, &memory, &record, NULL) == DRAGOMAN_OK &&
                   record.report.device != NULL && record.report.device_state != DRAGOMAN_DEVICE_NOT_SAID;
    host_device *device = is_good ? add(environment, origin, record.report.device->key) : NULL;
    if (device != NULL) {
        device->state = device->before = record.report.device_state;
        record.report.device_state = DRAGOMAN_DEVICE_NOT_SAID;
        (void)model_encode(&record.report, &device->description);
        device->heard_us = now->monotonic_us;
        device->changed_us = (int64_t)changed_us;
        device->is_kept = true;
    }
    arena_fini(&memory);
    return device != NULL;
}

/* ---- who says it */

/* An instance that no adapter knows, to speak in the device's link's name: it is freed when what it says has been
 * settled. NULL: no memory. */
static host_instance *speaker_of(host_environment *environment, host_device *device, const dragoman_now *now) {
    host_instance *instance = calloc(1, sizeof(*instance));
    if (instance != NULL) {
        *instance = (host_instance){.environment = environment,
                                    .adapter = device->adapter,
                                    .link = device->link,
                                    .profile = device->profile,
                                    .now = *now,
                                    .speaks_of = device,
                                    .is_dead = true};
    }
    return instance;
}

static void end_speaking(host_instance *instance) {
    if (instance->unsettled == 0) {
        free(instance);
    }
}

static bool begin_message(host_instance *instance) {
    dragoman_bytes none = {NULL, 0};
    uint64_t number = 0;
    return host_services.message_begin(instance, none, none, 0, &number) == DRAGOMAN_OK;
}

static void say(host_environment *environment, host_device *device, uint32_t state, const dragoman_now *now) {
    host_instance *instance = speaker_of(environment, device, now);
    arena memory;
    model_record record;
    arena_init(&memory, DESCRIPTION_BYTES_MAX);
    if (instance != NULL && model_decode(buffer_bytes(&device->description), &memory, &record, NULL) == DRAGOMAN_OK &&
        begin_message(instance)) {
        device->before = device->state;
        device->state = state;
        device->changed_us = now->wall_us;
        record.report.device_state = state;
        (void)host_services.emit(instance, &record.report);
        keep(instance, device, &record.report);
        (void)host_services.message_end(instance);
    }
    if (instance != NULL) {
        end_speaking(instance);
    }
    arena_fini(&memory);
}

void host_presence_not_kept(host_device *device) {
    device->state = device->before;
}

static void forget_kept(host_environment *environment, host_device *device, const dragoman_now *now) {
    host_instance *instance = speaker_of(environment, device, now);
    char key[KEY_BYTES + 1];
    if (instance == NULL) {
        return;
    }
    if (begin_message(instance)) {
        dragoman_bytes nothing = {NULL, 0};
        device->is_kept = host_message_add_state(instance->open, key_of(device, key), nothing) != DRAGOMAN_OK;
        (void)host_services.message_end(instance);
    }
    end_speaking(instance);
}

void host_presence_heard(host_instance *instance, const dragoman_report *report) {
    if (instance->is_dead || instance->stale_after_us == 0 || report->device == NULL || report->device->key.size == 0) {
        return;
    }
    host_environment *environment = instance->environment;
    dragoman_bytes key = report->device->key;
    dragoman_report description = {.struct_size = sizeof(description),
                                   .device = report->device,
                                   .place = report->place,
                                   .nodes = report->nodes,
                                   .sender = report->sender};
    host_device *device =
        environment->buckets == NULL ? NULL : find(*bucket_of(environment, instance->link, key), instance->link, key);
    if (device == NULL) {
        host_presence_origin origin = {instance->adapter, instance->link, instance->profile, instance->stale_after_us};
        device = add(environment, &origin, key);
        if (device == NULL) {
            return;
        }
        device->changed_us = instance->now.wall_us;
        keep(instance, device, &description);
    }
    buffer_reset(&device->description);
    (void)model_encode(&description, &device->description);
    device->heard_us = instance->now.monotonic_us;
    device->last_heard_us = instance->now.wall_us;
    if (device->state != DRAGOMAN_DEVICE_LIVE) {
        say(environment, device, DRAGOMAN_DEVICE_LIVE, &instance->now);
    }
}

void host_presence_watch(host_environment *environment, const dragoman_now *now,
                         bool (*is_connected)(void *context, dragoman_bytes link), void *context) {
    for (uint32_t i = 0; i < environment->device_count; i++) {
        host_device *device = environment->devices[i];
        if (now->monotonic_us - device->heard_us <= device->stale_after_us) {
            continue;
        }
        uint32_t state = is_connected(context, device->link) ? DRAGOMAN_DEVICE_STALE : DRAGOMAN_DEVICE_GONE;
        if (state != device->state) {
            say(environment, device, state, now);
        } else if (device->is_kept && now->wall_us - device->changed_us > KEPT_AWAY_US) {
            forget_kept(environment, device, now);
        }
    }
    arena_reset(&environment->batch);
}

bool host_presence_get(const host_environment *environment, uint32_t index, host_device_health *ret_health) {
    if (index >= environment->device_count) {
        return false;
    }
    const host_device *device = environment->devices[index];
    *ret_health = (host_device_health){
        .link = device->link, .key = device->key, .state = device->state, .last_heard_us = device->last_heard_us};
    return true;
}

void host_presence_forget_all(host_environment *environment) {
    for (uint32_t i = 0; i < environment->device_count; i++) {
        buffer_fini(&environment->devices[i]->description);
        free(environment->devices[i]);
    }
    free(environment->devices);
    free(environment->buckets);
}

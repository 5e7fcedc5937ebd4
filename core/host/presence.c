#include "host/presence.h"

#include "base/bytes.h"
#include "host/internal.h"
#include <stdlib.h>

#define DEVICES_FIRST 64u
/* What decoding a device's own description may need. */
#define DESCRIPTION_BYTES_MAX ((size_t)16 << 20)

struct host_device {
    const dragoman_adapter_descriptor *adapter;
    dragoman_bytes link, profile; /* as of an instance: they live longer than the environment */
    dragoman_bytes key;           /* behind this struct */
    host_device *same_bucket;
    buffer description; /* an encoded report with nothing but the device, its place and its parts */
    int64_t stale_after_us;
    int64_t heard_us; /* monotonic */
    int64_t last_heard_us;
    uint32_t state;
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

static host_device *add(const host_instance *instance, dragoman_bytes key, host_device **bucket) {
    host_environment *environment = instance->environment;
    host_device *made = make_room(environment) ? calloc(1, sizeof(*made) + key.size) : NULL;
    if (made == NULL) {
        return NULL;
    }
    memcpy(made + 1, key.data, key.size);
    made->adapter = instance->adapter;
    made->link = instance->link;
    made->profile = instance->profile;
    made->key = (dragoman_bytes){(const uint8_t *)(made + 1), key.size};
    made->stale_after_us = instance->stale_after_us;
    made->state = DRAGOMAN_DEVICE_LIVE;
    made->same_bucket = *bucket;
    buffer_init(&made->description);
    *bucket = made;
    environment->devices[environment->device_count++] = made;
    return made;
}

/* Says the device's state in its link's name. The instance is none that an adapter knows: it is freed when what it says
 * has been settled. */
static void say(host_environment *environment, host_device *device, uint32_t state, const dragoman_now *now) {
    host_instance *instance = calloc(1, sizeof(*instance));
    arena memory;
    model_record record;
    device->state = state;
    arena_init(&memory, DESCRIPTION_BYTES_MAX);
    if (instance != NULL && model_decode(buffer_bytes(&device->description), &memory, &record, NULL) == DRAGOMAN_OK) {
        *instance = (host_instance){.environment = environment,
                                    .adapter = device->adapter,
                                    .link = device->link,
                                    .profile = device->profile,
                                    .now = *now,
                                    .is_dead = true};
        record.report.device_state = state;
        (void)host_services.emit(instance, &record.report);
    }
    if (instance != NULL && instance->unsettled == 0) {
        free(instance);
    }
    arena_fini(&memory);
}

void host_presence_heard(host_instance *instance, const dragoman_report *report) {
    if (instance->is_dead || instance->stale_after_us == 0 || report->device == NULL || report->device->key.size == 0) {
        return;
    }
    host_environment *environment = instance->environment;
    if (environment->buckets == NULL) {
        environment->buckets = calloc(HOST_DEVICE_BUCKETS, sizeof(*environment->buckets));
        if (environment->buckets == NULL) {
            return;
        }
    }
    host_device **bucket = bucket_of(environment, instance->link, report->device->key);
    host_device *device = find(*bucket, instance->link, report->device->key);
    if (device == NULL) {
        device = add(instance, report->device->key, bucket);
    }
    if (device == NULL) {
        return;
    }
    dragoman_report description = {.struct_size = sizeof(description),
                                   .device = report->device,
                                   .place = report->place,
                                   .nodes = report->nodes,
                                   .sender = report->sender};
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

/* The devices of the running house: who has become quiet, and how each stands. */
#include "app/house_inside.h"

#include "base/bytes.h"
#include "base/time.h"
#include "host/presence.h"

/* How often it is looked: a device is said to be quiet at most so much later than it is. */
#define LOOK_EVERY_US 1000000

static bool is_connected(void *context, dragoman_bytes name) {
    const house *self = context;
    for (uint32_t i = 0; i < self->link_count; i++) {
        const house_link *link = &self->links[i];
        if (link->link != NULL && bytes_equal(link->options.name, name)) {
            link_health health;
            link_health_get(link->link, &health);
            return health.state == LINK_LIVE || health.state == LINK_STALE;
        }
    }
    return false;
}

static void look(void *context) {
    house *self = context;
    dragoman_now now = clock_now();
    /* A house that stops has no links, which says nothing of its devices. */
    if (!self->is_draining) {
        host_presence_watch(self->environment, &now, is_connected, self);
        loop_timer_set(self->devices_timer, now.monotonic_us + LOOK_EVERY_US);
    }
}

static void restore(void *context, dragoman_bytes link_name, dragoman_bytes kept) {
    house *self = context;
    dragoman_now now = clock_now();
    for (uint32_t i = 0; i < self->link_count; i++) {
        const house_link *link = &self->links[i];
        const link_options *options = &link->options;
        if (link->link != NULL && options->stale_after_us > 0 && bytes_equal(options->name, link_name)) {
            host_presence_origin origin = {options->adapter->descriptor, options->name, options->profile,
                                           options->stale_after_us};
            (void)host_presence_restore(self->environment, &origin, kept, &now);
        }
    }
}

void house_restore_devices(house *self) {
    store_state_visit(self->kept, DRAGOMAN_TEXT(HOST_PRESENCE_KEYS), restore, self);
}

dragoman_status house_watch_devices(house *self, error_record *error) {
    self->devices_timer = loop_timer_create(self->on, look, self);
    if (self->devices_timer == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for another timer");
    }
    loop_timer_set(self->devices_timer, clock_now().monotonic_us + LOOK_EVERY_US);
    return DRAGOMAN_OK;
}

void house_write_devices(const house *self, json_out *out) {
    static const char *const states[] = {"not-said", "live", "stale", "gone"};
    host_device_health health;
    json_out_array(out, "devices");
    for (uint32_t i = 0; host_presence_get(self->environment, i, &health); i++) {
        json_out_object(out, NULL);
        json_out_text(out, "link", health.link);
        json_out_text(out, "key", health.key);
        json_out_text(out, "state", bytes_of(states[health.state]));
        if (health.last_heard_us != 0) {
            char text[TIME_TEXT_BYTES];
            size_t size = time_write_utc(health.last_heard_us, 3, text);
            json_out_text(out, "last_heard", (dragoman_bytes){(const uint8_t *)text, size});
        }
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

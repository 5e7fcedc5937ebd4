#include "ward24/cable.h"

#include "ward24/datagrams.h"
#include <stdlib.h>

#define HOST "127.0.0.1"

typedef struct side {
    cable *of;
    port *port; /* NULL: pulled */
    struct side *other;
    bool is_device;
} side;

struct cable {
    loop *on;
    cable_options options;
    side device, house;
    datagrams *udp;
    uint64_t random;
    uint32_t quiet_bytes; /* until the next fault */
    uint32_t break_after; /* 0: it does not break */
    bool is_breaking;
    uint64_t faults;
    buffer carried;
};

/* splitmix64. */
static uint32_t draw(cable *self, uint32_t below) {
    uint64_t z = (self->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

static void plan_fault(cable *self) {
    self->quiet_bytes = CABLE_APART_BYTES + draw(self, 2 * self->options.noise_bytes);
}

/* What one byte becomes. */
static void strike(cable *self, uint8_t byte) {
    self->faults++;
    self->options.struck(self->options.context);
    switch (draw(self, 3)) {
    case 0:
        buffer_append_byte(&self->carried, byte ^ (uint8_t)(1u << draw(self, 8)));
        break;
    case 1:
        buffer_append_byte(&self->carried, byte);
        buffer_append_byte(&self->carried, byte);
        break;
    default:
        break;
    }
}

static void carry(cable *self, dragoman_bytes bytes) {
    buffer_reset(&self->carried);
    for (size_t i = 0; i < bytes.size; i++) {
        if (self->options.noise_bytes > 0 && self->quiet_bytes-- == 0) {
            strike(self, bytes.data[i]);
            plan_fault(self);
        } else {
            buffer_append_byte(&self->carried, bytes.data[i]);
        }
    }
}

/* Both sides see that the other is gone. */
static void hang_up(cable *self) {
    if (!self->is_breaking) {
        self->is_breaking = true;
        port_unplug(self->device.port);
        port_unplug(self->house.port);
        self->is_breaking = false;
    }
}

static void received(void *context, dragoman_bytes bytes) {
    side *from = context;
    cable *self = from->of;
    bool is_breaking = from->is_device && self->break_after > 0 && bytes.size >= self->break_after;
    if (from->is_device) {
        self->options.said(self->options.context, bytes);
        bytes.size = is_breaking ? self->break_after - 1 : bytes.size;
        self->break_after -= self->break_after > 0 && !is_breaking ? (uint32_t)bytes.size : 0;
    }
    carry(self, bytes);
    port_send(from->other->port, buffer_bytes(&self->carried));
    if (is_breaking) {
        self->break_after = 0;
        self->options.struck(self->options.context);
        hang_up(self);
    }
}

static void opened(void *context, const char *name) {
    (void)context;
    (void)name;
}

static void closed(void *context) {
    const side *from = context;
    if (from->port != NULL && from->other->port != NULL) {
        hang_up(from->of);
    }
}

static bool open_side(side *self, const cable_end *end) {
    port_options options = {.kind = end->kind,
                            .host = HOST,
                            .number = end->number,
                            .link = end->link,
                            .opened = opened,
                            .listens = opened,
                            .received = received,
                            .closed = closed,
                            .context = self};
    self->port = port_create(self->of->on, &options);
    return self->port != NULL;
}

static void close_side(side *self) {
    port *old = self->port;
    self->port = NULL;
    port_destroy(old);
}

cable *cable_create(loop *on, const cable_options *options) {
    cable *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    *self = (cable){.on = on, .options = *options, .random = options->seed};
    self->device = (side){.of = self, .other = &self->house, .is_device = true};
    self->house = (side){.of = self, .other = &self->device};
    buffer_init(&self->carried);
    if (options->noise_bytes > 0 && !options->is_udp) {
        plan_fault(self);
    }
    if (!cable_plug(self, true)) {
        cable_destroy(self);
        return NULL;
    }
    return self;
}

void cable_destroy(cable *self) {
    if (self != NULL) {
        (void)cable_plug(self, false);
        datagrams_destroy(self->udp);
        buffer_fini(&self->carried);
        free(self);
    }
}

bool cable_plug(cable *self, bool is_in) {
    if (self->options.is_udp) {
        if (self->udp == NULL) {
            self->udp = datagrams_create(self->on, &self->options);
        }
        if (self->udp != NULL) {
            datagrams_plug(self->udp, is_in);
        }
        return self->udp != NULL;
    }
    if (is_in) {
        return open_side(&self->device, &self->options.device) && open_side(&self->house, &self->options.house);
    }
    close_side(&self->device);
    close_side(&self->house);
    return true;
}

void cable_break(cable *self, uint32_t after_bytes) {
    self->break_after = self->options.is_udp ? 0 : after_bytes;
}

uint64_t cable_faults(const cable *self) {
    return self->faults + (self->udp == NULL ? 0 : datagrams_faults(self->udp));
}

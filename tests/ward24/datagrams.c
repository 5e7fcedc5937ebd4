#include "ward24/datagrams.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATAGRAM_BYTES 65507

struct datagrams {
    cable_options options;
    int house, device;
    loop_watch *house_watch, *device_watch;
    struct sockaddr_in house_at, device_at;
    bool is_in;
    uint64_t random;
    uint64_t faults;
    uint8_t held[DATAGRAM_BYTES];
    size_t held_size; /* 0: none */
    uint8_t room[DATAGRAM_BYTES];
};

static uint32_t draw(datagrams *self, uint32_t below) {
    uint64_t z = (self->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

static void put(datagrams *self, const uint8_t *data, size_t size) {
    (void)sendto(self->house, data, size, 0, (const struct sockaddr *)&self->house_at, sizeof(self->house_at));
}

static void to_house(datagrams *self, size_t size) {
    uint32_t chance = self->options.noise_bytes;
    uint32_t fault = chance > 0 && draw(self, chance) == 0 ? 1 + draw(self, 3) : 0;
    if (fault != 0) {
        self->faults++;
        self->options.struck(self->options.context);
    }
    if (fault == 1) {
        return;
    }
    if (fault == 2 && self->held_size == 0) {
        memcpy(self->held, self->room, size);
        self->held_size = size;
        return;
    }
    put(self, self->room, size);
    if (fault == 3) {
        put(self, self->room, size);
    }
    if (self->held_size > 0) {
        put(self, self->held, self->held_size);
        self->held_size = 0;
    }
}

static void house_ready(void *context, bool can_read, bool can_write) {
    datagrams *self = context;
    struct sockaddr_in from;
    socklen_t from_size = sizeof(from);
    (void)can_read;
    (void)can_write;
    ssize_t size =
        recvfrom(self->house, self->room, sizeof(self->room), MSG_DONTWAIT, (struct sockaddr *)&from, &from_size);
    if (size >= 0 && self->is_in) {
        self->house_at = from;
        (void)sendto(self->device, self->room, (size_t)size, 0, (const struct sockaddr *)&self->device_at,
                     sizeof(self->device_at));
    }
}

static void device_ready(void *context, bool can_read, bool can_write) {
    datagrams *self = context;
    (void)can_read;
    (void)can_write;
    ssize_t size = recv(self->device, self->room, sizeof(self->room), MSG_DONTWAIT);
    if (size >= 0) {
        self->options.said(self->options.context, (dragoman_bytes){self->room, (size_t)size});
        if (self->is_in) {
            to_house(self, (size_t)size);
        }
    }
}

static struct sockaddr_in here(uint16_t number) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(number)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int open_socket(uint16_t number) {
    struct sockaddr_in address = here(number);
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor >= 0 && bind(descriptor, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        close(descriptor);
        descriptor = -1;
    }
    return descriptor;
}

datagrams *datagrams_create(loop *on, const cable_options *options) {
    datagrams *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    self->options = *options;
    self->random = options->seed;
    self->house = open_socket(options->house.number);
    self->device = open_socket(0);
    self->device_at = here(options->device.number);
    if (self->house >= 0 && self->device >= 0) {
        self->house_watch = loop_watch_create(on, self->house, house_ready, self);
        self->device_watch = loop_watch_create(on, self->device, device_ready, self);
    }
    if (self->house_watch == NULL || self->device_watch == NULL) {
        datagrams_destroy(self);
        return NULL;
    }
    loop_watch_want(self->house_watch, true, false);
    loop_watch_want(self->device_watch, true, false);
    return self;
}

void datagrams_destroy(datagrams *self) {
    if (self == NULL) {
        return;
    }
    loop_watch_destroy(self->house_watch);
    loop_watch_destroy(self->device_watch);
    if (self->house >= 0) {
        close(self->house);
    }
    if (self->device >= 0) {
        close(self->device);
    }
    free(self);
}

void datagrams_plug(datagrams *self, bool is_in) {
    self->is_in = is_in;
    self->held_size = 0;
}

uint64_t datagrams_faults(const datagrams *self) {
    return self->faults;
}

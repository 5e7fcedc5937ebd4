#include "simulate/play_ward.h"
#include "simulate/play_monitor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATAGRAM_BYTES 2048
/* Datagrams that are read in one turn. */
#define READS_PER_TURN 16

typedef struct bedside {
    play_ward *of;
    play_monitor monitor;
    int descriptor;
    loop_watch *watch;
    loop_timer *timer;
    struct sockaddr_in client; /* who associated last */
    int64_t plug_due_us;       /* is unplugged or plugged in again */
    size_t held_size;          /* a datagram that was held back */
    uint8_t held[DATAGRAM_BYTES];
} bedside;

struct play_ward {
    play_ward_options options;
    struct sockaddr_in announce_to;
    play_ward_figures figures;
    uint64_t random;
    uint32_t count;
    bedside *bedsides;
};

/* Whether a fault of one in `rate` falls on this datagram. */
static bool falls(play_ward *self, uint32_t rate) {
    self->random = self->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return rate > 0 && (uint32_t)(self->random >> 33) % rate == 0;
}

static void put_out(bedside *at, const uint8_t *data, size_t size, const struct sockaddr_in *to) {
    at->of->figures.sent++;
    /* What finds no room in the system is lost, as on a network. */
    (void)sendto(at->descriptor, data, size, MSG_DONTWAIT, (const struct sockaddr *)to, sizeof *to);
}

static void send_held(bedside *at) {
    if (at->held_size > 0) {
        put_out(at, at->held, at->held_size, &at->client);
        at->held_size = 0;
    }
}

static void send_datagram(void *context, dragoman_bytes message, bool is_announcement) {
    bedside *at = context;
    play_ward *self = at->of;
    uint8_t copy[DATAGRAM_BYTES];
    if (message.size > sizeof copy || (is_announcement && self->options.announce_port == 0)) {
        return;
    }
    memcpy(copy, message.data, message.size);
    if (is_announcement) {
        put_out(at, copy, message.size, &self->announce_to);
        return;
    }
    if (falls(self, self->options.drop)) {
        self->figures.dropped++;
        return;
    }
    if (falls(self, self->options.corrupt)) {
        uint32_t bit = (uint32_t)(self->random >> 20) % (uint32_t)(message.size * 8);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        self->figures.corrupted++;
    }
    if (at->held_size == 0 && falls(self, self->options.delay)) {
        memcpy(at->held, copy, message.size);
        at->held_size = message.size;
        self->figures.delayed++;
        return;
    }
    put_out(at, copy, message.size, &at->client);
    send_held(at);
}

static void plan(bedside *at) {
    int64_t due_us = play_monitor_due_us(&at->monitor);
    loop_timer_set(at->timer, at->plug_due_us < due_us ? at->plug_due_us : due_us);
}

static void turn_plug(bedside *at, int64_t now_us) {
    play_ward *self = at->of;
    at->monitor.is_unplugged = !at->monitor.is_unplugged;
    self->figures.unplugged += at->monitor.is_unplugged ? 1 : 0;
    at->plug_due_us = now_us + (at->monitor.is_unplugged ? self->options.unplug_us : self->options.unplug_every_us);
}

static void rang(void *context) {
    bedside *at = context;
    dragoman_now now = clock_now();
    if (at->plug_due_us <= now.monotonic_us) {
        turn_plug(at, now.monotonic_us);
    }
    play_monitor_tick(&at->monitor, now.monotonic_us, now.wall_us, send_datagram, at);
    plan(at);
}

static void ready(void *context, bool can_read, bool can_write) {
    bedside *at = context;
    (void)can_read;
    (void)can_write;
    for (int turn = 0; turn < READS_PER_TURN; turn++) {
        uint8_t data[DATAGRAM_BYTES];
        struct sockaddr_in from;
        socklen_t from_size = sizeof from;
        ssize_t size = recvfrom(at->descriptor, data, sizeof data, MSG_DONTWAIT, (struct sockaddr *)&from, &from_size);
        if (size < 0) {
            break;
        }
        at->client = from;
        dragoman_now now = clock_now();
        play_monitor_hear(&at->monitor, (dragoman_bytes){data, (size_t)size}, now.monotonic_us, now.wall_us,
                          send_datagram, at);
    }
    plan(at);
}

static struct sockaddr_in address_of(const uint8_t ip[4], uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    memcpy(&address.sin_addr, ip, 4);
    return address;
}

static bool open_port(bedside *at, uint16_t port) {
    const struct sockaddr_in address = address_of(at->of->options.ip, port);
    const int yes = 1;
    at->descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return at->descriptor >= 0 && setsockopt(at->descriptor, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes) == 0 &&
           bind(at->descriptor, (const struct sockaddr *)&address, sizeof address) == 0;
}

static dragoman_status start_bedside(play_ward *self, loop *on, uint32_t index, error_record *error) {
    bedside *at = &self->bedsides[index];
    const play_ward_options *options = &self->options;
    uint16_t port = (uint16_t)(options->port + index);
    int64_t now_us = clock_now().monotonic_us;
    at->of = self;
    at->descriptor = -1;
    self->count++;
    play_monitor_init(&at->monitor, index + 1, options->seed, options->ip, port, now_us);
    at->monitor.clock_offset_us = options->clock_offset_us;
    at->plug_due_us =
        options->unplug_every_us == 0 ? INT64_MAX : now_us + options->unplug_every_us * (index + 1) / options->monitors;
    if (!open_port(at, port)) {
        return error_set(error, DRAGOMAN_IO, "port %u cannot be had: %s", port, strerror(errno));
    }
    at->watch = loop_watch_create(on, at->descriptor, ready, at);
    at->timer = loop_timer_create(on, rang, at);
    if (at->watch == NULL || at->timer == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory");
    }
    loop_watch_want(at->watch, true, false);
    plan(at);
    return DRAGOMAN_OK;
}

dragoman_status play_ward_create(loop *on, const play_ward_options *options, play_ward **ret_ward,
                                 error_record *error) {
    play_ward *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory");
    }
    self->options = *options;
    self->random = options->seed;
    self->announce_to = address_of(options->announce_ip, options->announce_port);
    self->bedsides = calloc(options->monitors, sizeof *self->bedsides);
    if (self->bedsides == NULL) {
        free(self);
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory");
    }
    dragoman_status status = DRAGOMAN_OK;
    for (uint32_t n = 0; n < options->monitors && status == DRAGOMAN_OK; n++) {
        status = start_bedside(self, on, n, error);
    }
    if (status != DRAGOMAN_OK) {
        play_ward_destroy(self);
        return status;
    }
    *ret_ward = self;
    return DRAGOMAN_OK;
}

void play_ward_destroy(play_ward *self) {
    if (self == NULL) {
        return;
    }
    for (uint32_t n = 0; n < self->count; n++) {
        bedside *at = &self->bedsides[n];
        loop_watch_destroy(at->watch);
        loop_timer_destroy(at->timer);
        if (at->descriptor >= 0) {
            close(at->descriptor);
        }
    }
    free(self->bedsides);
    free(self);
}

play_ward_figures play_ward_look(const play_ward *self) {
    play_ward_figures figures = self->figures;
    for (uint32_t n = 0; n < self->count; n++) {
        figures.polled += self->bedsides[n].monitor.polled;
        figures.operating += self->bedsides[n].monitor.state == PLAY_OPERATING ? 1 : 0;
    }
    return figures;
}

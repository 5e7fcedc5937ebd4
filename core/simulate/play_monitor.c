#include "simulate/play_monitor.h"

#include <stdio.h>

/* A monitor ends an association that is silent for ten seconds, repeats its create event after three, and gives up with
 * it after the third ("Connection Time-out Mechanism"). */
#define SILENCE_US 10000000
#define CREATE_AGAIN_US 3000000
#define CREATES_MOST 3
/* How often it announces itself while nobody is associated. */
#define ANNOUNCE_US 2000000
#define TICK_US 125
#define ACTIVE_MOST_US INT64_C(3600000000)

#define ROIV 1
#define CMD_CONFIRMED_EVENT_REPORT 1
#define CMD_CONFIRMED_ACTION 7
#define NO_SUCH_OBJECT_CLASS 0
#define NO_SUCH_ACTION 9
#define SINGLE_POLL 0x0C16
#define EXTENDED_POLL 0xF13B
#define GRANTED 0x8C000000u /* numerics of a second, waves, enumerations */

typedef struct served {
    uint16_t object_class;
    int64_t period_us;
} served;

/* "Periods of results": numerics and alarms each second, waves each 256 ms. */
static const served classes[PLAY_POLLS] = {{6, 1000000}, {9, 256000}, {5, 1000000}, {54, 1000000}};

typedef struct outlet {
    play_monitor *monitor;
    play_send send;
    void *context;
    int64_t now_us;
    int64_t wall_us;
} outlet;

static uint32_t draw(play_monitor *self) {
    self->random = self->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(self->random >> 33);
}

void play_monitor_init(play_monitor *self, uint32_t number, uint64_t seed, const uint8_t ip[4], uint16_t port,
                       int64_t now_us) {
    *self = (play_monitor){.number = number,
                           .random = seed * UINT64_C(0x9E3779B97F4A7C15) + number,
                           .started_us = now_us - 3600000000 - (int64_t)number * 1000,
                           .announce_due_us = now_us + (int64_t)(number % 100) * 10000,
                           .create_due_us = INT64_MAX,
                           .rate = 70};
    snprintf(self->bed, sizeof self->bed, "SIM %u", number % 100000);
    snprintf(self->serial, sizeof self->serial, "DE%08u", number);
    self->identity = (play_identity){.model = "M8000", .bed = self->bed, .port = port};
    memcpy(self->identity.ip, ip, 4);
    const uint8_t system_id[6] = {0x02, 0x09, 0x5C, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
    memcpy(self->identity.system_id, system_id, sizeof system_id);
}

static uint32_t ticks_at(const play_monitor *self, int64_t now_us) {
    return (uint32_t)((now_us - self->started_us) / TICK_US);
}

static void say(const outlet *out, const buffer *message, bool is_announcement) {
    if (!message->failed) {
        out->monitor->sent++;
        out->send(out->context, (dragoman_bytes){message->data, message->size}, is_announcement);
    }
}

/* Sends what `write` writes. */
static void say_plain(const outlet *out, void (*write)(buffer *)) {
    buffer message;
    buffer_init(&message);
    write(&message);
    say(out, &message, false);
    buffer_fini(&message);
}

static void leave(play_monitor *self, int64_t now_us) {
    self->state = PLAY_UNASSOCIATED;
    self->create_due_us = INT64_MAX;
    self->announce_due_us = now_us + ANNOUNCE_US;
    for (uint32_t n = 0; n < PLAY_POLLS; n++) {
        self->polls[n] = (play_poll){0};
    }
}

static void say_create(const outlet *out) {
    play_monitor *self = out->monitor;
    buffer message;
    buffer_init(&message);
    play_create_event(&message, &self->identity, 1, ticks_at(self, out->now_us), out->wall_us + self->clock_offset_us);
    say(out, &message, false);
    buffer_fini(&message);
    self->creates++;
    self->create_due_us = out->now_us + CREATE_AGAIN_US;
}

static uint32_t at16(dragoman_bytes message, size_t place) {
    return place + 2 <= message.size ? (uint32_t)message.data[place] << 8 | message.data[place + 1] : 0;
}

/* The extension that a request asks for: the last six words of its user data are extension, length, options, list. */
static uint32_t asked_extensions(dragoman_bytes message) {
    for (size_t n = message.size; n > 12; n--) {
        if (at16(message, n - 12) == 0xF001 && at16(message, n - 10) == 8) {
            return at16(message, n - 8) << 16 | at16(message, n - 6);
        }
    }
    return 0;
}

static void associate(const outlet *out, dragoman_bytes message) {
    play_monitor *self = out->monitor;
    buffer response;
    if (self->state == PLAY_OPERATING) {
        say_plain(out, play_refuse); /* one client at a time */
        return;
    }
    buffer_init(&response);
    play_association_response(&response, asked_extensions(message) & GRANTED);
    say(out, &response, false);
    buffer_fini(&response);
    self->state = PLAY_CREATING;
    self->creates = 0;
    say_create(out);
}

static void say_result(const outlet *out, play_result *result) {
    buffer message;
    buffer_init(&message);
    play_result_begin(&message, result);
    play_values_write(out->monitor, result, out->wall_us, &message);
    play_result_end(&message, result);
    say(out, &message, false);
    buffer_fini(&message);
}

/* A single poll is answered with one linked result and an empty last one, as monitors do for numerics. */
static void answer_single(const outlet *out, play_result *result) {
    bool is_linked = result->object_class == 6;
    result->linked_state = is_linked ? 1 : 0;
    result->linked_count = is_linked ? 1 : 0;
    say_result(out, result);
    if (is_linked) {
        buffer message;
        buffer_init(&message);
        result->linked_state = 0;
        play_result_empty(&message, result);
        say(out, &message, false);
        buffer_fini(&message);
    }
}

static play_poll *find_poll(play_monitor *self, uint32_t object_class) {
    for (uint32_t n = 0; n < PLAY_POLLS; n++) {
        if (classes[n].object_class == object_class) {
            return &self->polls[n];
        }
    }
    return NULL;
}

static void refuse_poll(const outlet *out, uint32_t invoke_id, uint16_t error_value) {
    buffer message;
    buffer_init(&message);
    play_error(&message, (uint16_t)invoke_id, error_value);
    say(out, &message, false);
    buffer_fini(&message);
}

/* PollMdibDataReq and PollMdibDataReqExt, behind headers of 28 bytes. */
static void answer_poll(const outlet *out, dragoman_bytes message) {
    play_monitor *self = out->monitor;
    uint32_t invoke_id = at16(message, 8);
    uint32_t action = at16(message, 24);
    play_result result = {.invoke_id = (uint16_t)invoke_id,
                          .number = (uint16_t)at16(message, 28),
                          .is_extended = action == EXTENDED_POLL,
                          .ticks = ticks_at(self, out->now_us),
                          .object_class = (uint16_t)at16(message, 32),
                          .group = (uint16_t)at16(message, 34)};
    if (action == SINGLE_POLL) {
        self->polled++;
        answer_single(out, &result);
        return;
    }
    play_poll *poll = find_poll(self, result.object_class);
    if (action != EXTENDED_POLL || poll == NULL) {
        refuse_poll(out, invoke_id, poll == NULL ? NO_SUCH_OBJECT_CLASS : NO_SUCH_ACTION);
        return;
    }
    self->polled++;
    int64_t active_us = (int64_t)(at16(message, 44) << 16 | at16(message, 46)) * TICK_US;
    *poll = (play_poll){.number = result.number,
                        .group = result.group,
                        .until_us = out->now_us + (active_us > ACTIVE_MOST_US ? ACTIVE_MOST_US : active_us),
                        .due_us = poll->until_us > out->now_us ? poll->due_us : out->now_us};
    buffer confirmation;
    buffer_init(&confirmation);
    play_result_empty(&confirmation, &result);
    say(out, &confirmation, false);
    buffer_fini(&confirmation);
}

static void take_operation(const outlet *out, dragoman_bytes message) {
    play_monitor *self = out->monitor;
    if (self->state == PLAY_CREATING && at16(message, 4) == 2 && at16(message, 10) == CMD_CONFIRMED_EVENT_REPORT) {
        self->state = PLAY_OPERATING;
        self->create_due_us = INT64_MAX;
    } else if (self->state == PLAY_OPERATING && at16(message, 4) == ROIV && at16(message, 10) == CMD_CONFIRMED_ACTION &&
               message.size >= 36) {
        answer_poll(out, message);
    }
}

void play_monitor_hear(play_monitor *self, dragoman_bytes message, int64_t now_us, int64_t wall_us, play_send send,
                       void *context) {
    const outlet out = {self, send, context, now_us, wall_us};
    if (self->is_unplugged || message.size < 2) {
        return;
    }
    self->heard_us = now_us;
    switch (message.data[0]) {
    case 0x0D:
        associate(&out, message);
        break;
    case 0x09:
        say_plain(&out, play_release_response);
        leave(self, now_us);
        break;
    case 0x19:
        leave(self, now_us);
        break;
    case 0xE1:
        take_operation(&out, message);
        break;
    default:
        break;
    }
}

/* Heart rate and its alarm: above 110 for a while, now and then. */
static void live(play_monitor *self) {
    uint32_t chance = draw(self);
    int32_t pull = self->rate > 75 ? -1 : self->rate < 65 ? 1 : 0;
    self->rate += (int32_t)(chance % 3) - 1 + pull;
    if (chance % 97 == 0) {
        self->rate = 118;
    }
    self->is_in_alarm = self->rate > 110;
}

static void serve(const outlet *out, uint32_t index) {
    play_monitor *self = out->monitor;
    play_poll *poll = &self->polls[index];
    if (poll->until_us <= out->now_us) {
        *poll = (play_poll){0};
        return;
    }
    if (classes[index].object_class == 6) {
        live(self);
    }
    poll->sequence_no++;
    play_result result = {.invoke_id = poll->number,
                          .number = poll->number,
                          .is_extended = true,
                          .sequence_no = poll->sequence_no,
                          .ticks = ticks_at(self, poll->due_us),
                          .object_class = classes[index].object_class,
                          .group = poll->group};
    say_result(out, &result);
    self->blocks += classes[index].object_class == 9 ? 1 : 0;
    poll->due_us += classes[index].period_us;
    if (poll->due_us < out->now_us - classes[index].period_us * 8) {
        poll->due_us = out->now_us; /* whoever plays it was asleep */
    }
}

static void announce(const outlet *out) {
    play_monitor *self = out->monitor;
    buffer message;
    buffer_init(&message);
    play_connect_indication(&message, &self->identity);
    say(out, &message, true);
    buffer_fini(&message);
    self->announce_due_us = out->now_us + ANNOUNCE_US;
}

void play_monitor_tick(play_monitor *self, int64_t now_us, int64_t wall_us, play_send send, void *context) {
    const outlet out = {self, send, context, now_us, wall_us};
    if (self->state != PLAY_UNASSOCIATED && now_us - self->heard_us > SILENCE_US) {
        if (!self->is_unplugged) {
            say_plain(&out, play_abort);
        }
        leave(self, now_us);
    }
    if (self->is_unplugged) {
        return;
    }
    if (self->create_due_us <= now_us && self->creates >= CREATES_MOST) {
        say_plain(&out, play_abort);
        leave(self, now_us);
    } else if (self->create_due_us <= now_us) {
        say_create(&out);
    }
    if (self->state == PLAY_UNASSOCIATED && self->announce_due_us <= now_us) {
        announce(&out);
    }
    for (uint32_t n = 0; n < PLAY_POLLS && self->state == PLAY_OPERATING; n++) {
        if (self->polls[n].until_us > 0 && self->polls[n].due_us <= now_us) {
            serve(&out, n);
        }
    }
}

static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

int64_t play_monitor_due_us(const play_monitor *self) {
    if (self->state == PLAY_UNASSOCIATED) {
        return self->announce_due_us;
    }
    int64_t due_us = earlier(self->heard_us + SILENCE_US + 1, self->create_due_us);
    for (uint32_t n = 0; n < PLAY_POLLS; n++) {
        due_us = self->polls[n].until_us > 0 ? earlier(due_us, self->polls[n].due_us) : due_us;
    }
    return due_us;
}

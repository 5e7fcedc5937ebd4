/* Files of network packets through a translation: what devices and their gateways said to one another. */
#include "app/translation_inside.h"

#include "base/bytes.h"
#include "capture/flows.h"
#include "host/player.h"
#include "host/recording.h"
#include <stdlib.h>

/* Conversations of one file: more than a ward has in a week. */
#define CONVERSATIONS_MAX 65536u
/* What an adapter sees of one when it is asked whether it is its protocol. */
#define START_BYTES 4096u

typedef struct conversation {
    packets_end ends[2];
    buffer starts[2];
    bool is_tcp;
    bool is_to_many;
    uint32_t device; /* which side it is */
    uint32_t session;
    uint8_t channel;
    uint32_t opened;             /* of a session's first conversation: its channels that are open */
    const host_adapter *adapter; /* NULL: nobody recognises it */
} conversation;

typedef struct packets_playing {
    translation *on;
    conversation *items;
    uint32_t count;
    bool has_more; /* than CONVERSATIONS_MAX */
    host_player *players[TRANSLATION_ADAPTERS_MAX];
    int64_t first_us;
    dragoman_status status;
    error_record *error;
} packets_playing;

/* ---- what there is */

static void look(void *context, const flows_event *event) {
    packets_playing *self = context;
    if (event->kind == FLOWS_BEGIN) {
        if (self->count == CONVERSATIONS_MAX) {
            self->has_more = true;
            return;
        }
        conversation *fresh = &self->items[self->count++];
        *fresh = (conversation){.ends = {event->ends[0], event->ends[1]}, .is_tcp = event->is_tcp};
        buffer_init(&fresh->starts[0]);
        buffer_init(&fresh->starts[1]);
    }
    if (event->kind != FLOWS_DATA || event->flow > self->count) {
        return;
    }
    conversation *one = &self->items[event->flow - 1];
    buffer *start = &one->starts[event->side];
    one->is_to_many |= event->is_to_many;
    /* Of datagrams the first tells what it is. */
    if (start->size < START_BYTES && (one->is_tcp || start->size == 0)) {
        size_t room = START_BYTES - start->size;
        buffer_append(start, event->data.data, event->data.size < room ? event->data.size : room);
    }
}

static uint32_t likeness(const host_adapter *adapter, const buffer *start) {
    return start->size == 0 ? DRAGOMAN_UNLIKE : host_adapter_recognise(adapter, buffer_bytes(start));
}

static bool can_carry(const dragoman_channel *channel, bool is_tcp) {
    return (channel->kinds & 1u << (is_tcp ? DRAGOMAN_CHANNEL_STREAM : DRAGOMAN_CHANNEL_DATAGRAM)) != 0;
}

/* The adapter's channel for a conversation; false when it has none of that kind. What is sent to many belongs to the
 * one that is named so. */
static bool find_channel(const host_adapter *adapter, const conversation *one, uint8_t *ret_channel) {
    const dragoman_adapter_descriptor *descriptor = adapter->descriptor;
    bool found = false;
    for (uint32_t i = 0; i < descriptor->channel_count && i < 32; i++) {
        const char *name = descriptor->channels[i].name;
        bool is_for_many = strcmp(name, "broadcast") == 0 || strcmp(name, "multicast") == 0;
        if (!can_carry(&descriptor->channels[i], one->is_tcp) || (found && is_for_many != one->is_to_many)) {
            continue;
        }
        *ret_channel = (uint8_t)i;
        found = true;
        if (is_for_many == one->is_to_many) {
            return true;
        }
    }
    return found;
}

static bool is_device(const packets_end *wanted, const packets_end *end) {
    return memcmp(wanted->address, end->address, sizeof(end->address)) == 0 &&
           (wanted->port == 0 || wanted->port == end->port);
}

/* Who the device is and who understands it. Without a word or a likeness it is the side that was called, or that calls
 * to many. */
static void choose(const translation *self, const packets_end *wanted, conversation *one) {
    uint32_t best = DRAGOMAN_UNLIKE;
    one->device = one->is_to_many ? 0 : 1;
    if (self->options->device != NULL) {
        one->device = is_device(wanted, &one->ends[0]) ? 0 : 1;
        if (!is_device(wanted, &one->ends[one->device])) {
            return;
        }
    }
    for (uint32_t i = 0; i < self->adapter_count; i++) {
        for (uint32_t at = 0; at < 2; at++) {
            uint8_t channel = 0;
            bool may_be = self->options->device == NULL || at == one->device;
            uint32_t like = likeness(&self->adapters[i], &one->starts[at]);
            if (may_be && like > best && find_channel(&self->adapters[i], one, &channel)) {
                best = like;
                one->adapter = &self->adapters[i];
                one->device = at;
                one->channel = channel;
            }
        }
    }
    if (one->adapter == NULL && self->options->adapter != NULL && self->adapter_count > 0 &&
        find_channel(&self->adapters[0], one, &one->channel)) {
        one->adapter = &self->adapters[0];
    }
}

/* What goes on behind a gap begins in the middle: it is what it was before. */
static void choose_as_before(const packets_playing *self, conversation *one) {
    for (const conversation *before = one; before > self->items && one->adapter == NULL;) {
        before--;
        if (before->is_tcp == one->is_tcp && packets_same_end(&before->ends[0], &one->ends[0]) &&
            packets_same_end(&before->ends[1], &one->ends[1])) {
            one->adapter = before->adapter;
            one->device = before->device;
            one->channel = before->channel;
        }
    }
}

/* A connection is a session; datagrams of one device are one, whatever their ports. */
static void find_sessions(packets_playing *self) {
    for (uint32_t i = 0; i < self->count; i++) {
        conversation *one = &self->items[i];
        one->session = i + 1;
        for (uint32_t k = 0; k < i && !one->is_tcp && one->adapter != NULL; k++) {
            const conversation *other = &self->items[k];
            bool is_same = !other->is_tcp && other->adapter == one->adapter &&
                           memcmp(other->ends[other->device].address, one->ends[one->device].address, 16) == 0;
            if (is_same) {
                one->session = other->session;
                break;
            }
        }
    }
}

/* ---- playing */

static host_player *player_of(packets_playing *self, const conversation *one, const dragoman_now *now) {
    translation *on = self->on;
    size_t index = (size_t)(one->adapter - on->adapters);
    if (self->players[index] != NULL || self->status != DRAGOMAN_OK) {
        return self->players[index];
    }
    host_instance_options instance = {.link = DRAGOMAN_TEXT("translate"),
                                      .profile = bytes_of(on->options->profile),
                                      .settings = on->options->settings,
                                      .setting_count = on->options->setting_count,
                                      .zone = on->zone};
    arena memory;
    arena_init(&memory, CAPTURE_HEADER_BYTES_MAX);
    capture_header *header = calloc(1, sizeof(*header));
    dragoman_bytes zone = bytes_of(on->options->time_zone);
    self->status = header == NULL ? error_set(self->error, DRAGOMAN_NO_MEMORY, "no memory")
                                  : host_recording_describe(one->adapter, &instance, zone, &memory, header);
    if (self->status == DRAGOMAN_OK) {
        self->status = translation_record(on, one->adapter, &instance, zone, now, self->error);
    }
    if (self->status == DRAGOMAN_OK) {
        host_player_options options = {.environment = on->environment, .adapter = one->adapter, .instance = instance};
        self->status = host_player_create(&options, header, &self->players[index], self->error);
    }
    free(header);
    arena_fini(&memory);
    return self->players[index];
}

static void play(packets_playing *self, const conversation *one, capture_record record, int64_t wall_us) {
    record.session = one->session;
    record.channel = one->channel;
    record.now = (dragoman_now){
        .monotonic_us = 1000000 + wall_us - self->first_us, .wall_us = wall_us, .wall_quality = DRAGOMAN_CLOCK_UNKNOWN};
    host_player *player = player_of(self, one, &record.now);
    if (self->status == DRAGOMAN_OK) {
        self->status = host_player_play(player, &record, self->error);
    }
}

static void open(packets_playing *self, const conversation *one, int64_t wall_us) {
    char peer[PACKETS_END_TEXT_BYTES];
    packets_write_end(&one->ends[one->device], peer);
    uint32_t bit = 1u << one->channel;
    uint32_t *opened = &self->items[one->session - 1].opened;
    if ((*opened & bit) != 0 && !one->is_tcp) {
        return;
    }
    *opened |= bit;
    capture_record record = {.kind = CAPTURE_OPENED,
                             .code = one->is_tcp ? DRAGOMAN_CHANNEL_STREAM : DRAGOMAN_CHANNEL_DATAGRAM,
                             .detail = one->device,
                             .part_count = 3,
                             .parts = {bytes_of(peer)}};
    play(self, one, record, wall_us);
}

static void say(packets_playing *self, const conversation *one, const flows_event *event) {
    char from[PACKETS_END_TEXT_BYTES];
    capture_record record = {.kind = CAPTURE_BYTES, .part_count = 1, .parts = {event->data}};
    if (!one->is_tcp) {
        packets_write_end(&one->ends[one->device], from);
        record = (capture_record){.kind = CAPTURE_DATAGRAM, .part_count = 2, .parts = {bytes_of(from), event->data}};
    }
    play(self, one, record, event->wall_us);
}

static void close_conversation(packets_playing *self, const conversation *one, const flows_event *event) {
    uint32_t reason = event->kind == FLOWS_CLOSED ? DRAGOMAN_CLOSE_PEER : DRAGOMAN_CLOSE_BROKEN;
    play(self, one, (capture_record){.kind = CAPTURE_CLOSED, .code = reason}, event->wall_us);
    play(self, one, (capture_record){.kind = CAPTURE_ENDED}, event->wall_us);
}

static void take(void *context, const flows_event *event) {
    packets_playing *self = context;
    if (event->flow > self->count || self->items[event->flow - 1].adapter == NULL || self->status != DRAGOMAN_OK) {
        return;
    }
    const conversation *one = &self->items[event->flow - 1];
    bool is_devices = event->side == one->device;
    if (event->kind == FLOWS_BEGIN) {
        open(self, one, event->wall_us);
    } else if (event->kind == FLOWS_DATA && is_devices) {
        say(self, one, event);
    } else if (event->kind == FLOWS_END && is_devices) {
        play(self, one, (capture_record){.kind = CAPTURE_BYTES, .code = 1, .part_count = 1}, event->wall_us);
    } else if (event->kind == FLOWS_CLOSED || event->kind == FLOWS_BROKEN) {
        close_conversation(self, one, event);
    }
}

/* ---- passes over the file */

typedef struct pass {
    flows *to;
    int64_t *first_us;
} pass;

static void forward(void *context, const packets_segment *segment) {
    const pass *self = context;
    if (*self->first_us == INT64_MIN) {
        *self->first_us = segment->wall_us;
    }
    flows_take(self->to, segment);
}

static dragoman_status run_pass(packets_playing *self, dragoman_bytes file,
                                void (*tell)(void *context, const flows_event *event), bool is_last) {
    packets_count count;
    flows *all = flows_create(tell, self);
    if (all == NULL) {
        return error_set(self->error, DRAGOMAN_NO_MEMORY, "no memory");
    }
    pass with = {all, &self->first_us};
    dragoman_status status = packets_read(file, self->on->options->filter, forward, &with, &count, self->error);
    uint64_t left_out = count.fragments + count.cut + flows_passed_over(all);
    if (is_last && status == DRAGOMAN_OK && (flows_gaps(all) > 0 || left_out > 0)) {
        fprintf(stderr, "%s: packets are missing %llu times; %llu fragments and cut packets were passed over\n",
                self->on->path, (unsigned long long)flows_gaps(all), (unsigned long long)left_out);
    }
    flows_destroy(all);
    return status;
}

static void tell_unknown(const packets_playing *self) {
    uint32_t unknown = 0;
    for (uint32_t i = 0; i < self->count; i++) {
        unknown += self->items[i].adapter == NULL ? 1 : 0;
    }
    if (unknown > 0 || self->has_more) {
        fprintf(stderr, "%s: %u of %s%u conversations are nobody's: name an --adapter or --filter\n", self->on->path,
                unknown, self->has_more ? "more than " : "", self->count);
    }
}

static dragoman_status play_all(packets_playing *self, dragoman_bytes file) {
    packets_end wanted = {.port = 0};
    const char *device = self->on->options->device;
    if (device != NULL && !packets_parse_end(device, &wanted)) {
        return error_set(self->error, DRAGOMAN_INVALID, "--device %s: write ADDRESS or ADDRESS:PORT", device);
    }
    dragoman_status status = run_pass(self, file, look, false);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    uint32_t known = 0;
    for (uint32_t i = 0; i < self->count; i++) {
        choose(self->on, &wanted, &self->items[i]);
        choose_as_before(self, &self->items[i]);
        known += self->items[i].adapter != NULL ? 1 : 0;
    }
    find_sessions(self);
    tell_unknown(self);
    if (known == 0) {
        return error_set(self->error, DRAGOMAN_UNSUPPORTED, "%s: no adapter recognises anything in these packets",
                         self->on->path);
    }
    status = run_pass(self, file, take, true);
    return status == DRAGOMAN_OK ? self->status : status;
}

dragoman_status packets_playing_run(translation *on, dragoman_bytes file, error_record *error) {
    packets_playing self = {.on = on, .first_us = INT64_MIN, .error = error};
    self.items = calloc(CONVERSATIONS_MAX, sizeof(*self.items));
    dragoman_status status =
        self.items == NULL ? error_set(error, DRAGOMAN_NO_MEMORY, "no memory") : play_all(&self, file);
    for (uint32_t i = 0; i < on->adapter_count; i++) {
        if (self.players[i] != NULL && status == DRAGOMAN_OK && host_player_failure(self.players[i]) != DRAGOMAN_OK) {
            status = error_set(error, host_player_failure(self.players[i]), "%s: the adapter %s gave up", on->path,
                               on->adapters[i].descriptor->name);
        }
        host_player_destroy(self.players[i]);
    }
    for (uint32_t i = 0; i < self.count; i++) {
        buffer_fini(&self.items[i].starts[0]);
        buffer_fini(&self.items[i].starts[1]);
    }
    free(self.items);
    return status;
}

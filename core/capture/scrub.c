#include "capture/scrub.h"

#include "base/bytes.h"
#include <stdio.h>
#include <stdlib.h>

/* 2000-01-01T00:00:00Z */
#define BEGINNING_US INT64_C(946684800000000)

struct scrub {
    const scrub_options *options;
    int64_t shift_us; /* of the wall clock */
    buffer memory;    /* of the record that was scrubbed last */
    uint64_t hosts[SCRUB_HOSTS_MAX];
    uint32_t host_count;
    bool has_failed;
    uint64_t masked, kept;
};

/* What a part of a record is. */
typedef enum part_rule {
    PART_MASK = 0, /* anything */
    PART_KEEP,     /* ours: the seed */
    PART_PEER,     /* an address with a port */
    PART_EMPTY,    /* a certificate's words: nothing of it stays */
} part_rule;

typedef struct record_rule {
    uint8_t kind;
    part_rule parts[CAPTURE_PARTS_MAX];
} record_rule;

/* The kinds that are known. One that is not in this table is left out. */
static const record_rule rules[] = {
    {CAPTURE_OPENED, {PART_PEER, PART_EMPTY, PART_EMPTY}},
    {CAPTURE_BYTES, {PART_MASK}},
    {CAPTURE_DATAGRAM, {PART_PEER, PART_MASK}},
    {CAPTURE_MESSAGE, {PART_MASK, PART_MASK}},
    {CAPTURE_HTTP_REQUEST, {PART_MASK, PART_MASK, PART_MASK, PART_MASK}},
    {CAPTURE_HTTP_RESPONSE, {PART_MASK, PART_MASK}},
    {CAPTURE_CLOSED, {PART_MASK}},
    {CAPTURE_SETTLED, {PART_MASK}},
    {CAPTURE_REFUSED, {PART_MASK}},
    {CAPTURE_SEND, {PART_MASK}},
    {CAPTURE_SEND_DATAGRAM, {PART_PEER, PART_MASK}},
    {CAPTURE_ASK_OPEN, {PART_PEER}},
    {CAPTURE_ASK_CLOSE, {PART_MASK}},
    {CAPTURE_STARTED, {PART_KEEP}},
    {CAPTURE_EXPIRED, {PART_MASK}},
    {CAPTURE_ENDED, {PART_MASK}},
    {CAPTURE_STATE, {PART_MASK, PART_MASK}},
};

/* Facts that say nothing of a patient or of a house. */
static const char *const harmless_facts[] = {"adapter", "adapter_version", "dragoman", "channel", "daylight_saving"};

static bool is_harmless_fact(const scrub_options *options, dragoman_bytes key) {
    static const char prefix[] = "setting:";
    for (size_t i = 0; i < sizeof(harmless_facts) / sizeof(harmless_facts[0]); i++) {
        if (bytes_is(key, harmless_facts[i])) {
            return true;
        }
    }
    return bytes_starts_with(key, prefix) && options->may_keep_setting != NULL &&
           options->may_keep_setting(options->context,
                                     (dragoman_bytes){key.data + sizeof(prefix) - 1, key.size - (sizeof(prefix) - 1)});
}

scrub *scrub_create(const scrub_options *options, capture_header *header) {
    scrub *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    self->options = options;
    self->shift_us = BEGINNING_US - header->start.wall_us;
    header->start.wall_us = BEGINNING_US;
    buffer_init(&self->memory);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < header->fact_count; i++) {
        if (is_harmless_fact(options, header->facts[i].key)) {
            header->facts[kept++] = header->facts[i];
        }
    }
    header->fact_count = kept;
    return self;
}

void scrub_destroy(scrub *self) {
    if (self != NULL) {
        buffer_fini(&self->memory);
        free(self);
    }
}

bool scrub_has_failed(const scrub *self) {
    return self->has_failed;
}

uint64_t scrub_masked(const scrub *self) {
    return self->masked;
}

uint64_t scrub_kept(const scrub *self) {
    return self->kept;
}

/* The length of the longest sequence that may stay at the beginning of `rest`. */
static size_t kept_at(const scrub_options *options, dragoman_bytes rest) {
    size_t longest = 0;
    for (uint32_t i = 0; i < options->kept_count; i++) {
        dragoman_bytes word = options->kept[i];
        bool is_here = word.size <= rest.size && memcmp(word.data, rest.data, word.size) == 0;
        longest = is_here && word.size > longest ? word.size : longest;
    }
    return longest;
}

static uint8_t mask_of(uint8_t byte) {
    bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    return is_letter ? 'x' : byte >= '0' && byte <= '9' ? '9' : '.';
}

static void mask(scrub *self, dragoman_bytes bytes) {
    for (size_t at = 0; at < bytes.size;) {
        size_t stays = kept_at(self->options, (dragoman_bytes){bytes.data + at, bytes.size - at});
        if (stays > 0) {
            buffer_append(&self->memory, bytes.data + at, stays);
            self->kept += stays;
            at += stays;
        } else {
            buffer_append_byte(&self->memory, mask_of(bytes.data[at++]));
            self->masked++;
        }
    }
}

/* Which of the hosts it is, from 0. */
static uint32_t host_of(scrub *self, dragoman_bytes host) {
    uint64_t hash = bytes_hash(host, 0);
    for (uint32_t i = 0; i < self->host_count; i++) {
        if (self->hosts[i] == hash) {
            return i;
        }
    }
    if (self->host_count == SCRUB_HOSTS_MAX) {
        self->has_failed = true;
        return 0;
    }
    self->hosts[self->host_count] = hash;
    return self->host_count++;
}

/* A port of digits behind the last colon stays: protocols are told by it. */
static void mask_peer(scrub *self, dragoman_bytes peer) {
    static const char *const nets[] = {"192.0.2", "198.51.100", "203.0.113"};
    size_t port = peer.size;
    while (port > 0 && peer.data[port - 1] >= '0' && peer.data[port - 1] <= '9') {
        port--;
    }
    bool has_port = port > 0 && port < peer.size && peer.data[port - 1] == ':';
    dragoman_bytes host = {peer.data, has_port ? port - 1 : peer.size};
    uint32_t index = host_of(self, host);
    buffer_append_format(&self->memory, "%s.%u", nets[index / 254 % 3], index % 254 + 1);
    if (has_port) {
        buffer_append(&self->memory, peer.data + port - 1, peer.size - (port - 1));
    }
    self->masked += host.size;
}

static void scrub_part(scrub *self, part_rule rule, dragoman_bytes part) {
    if (rule == PART_KEEP) {
        buffer_append_bytes(&self->memory, part);
    } else if (rule == PART_PEER && part.size > 0) {
        mask_peer(self, part);
    } else if (rule == PART_MASK) {
        mask(self, part);
    } else {
        self->masked += part.size;
    }
}

static const record_rule *rule_of(uint8_t kind) {
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].kind == kind) {
            return &rules[i];
        }
    }
    return NULL;
}

bool scrub_record(scrub *self, capture_record *record) {
    const record_rule *rule = rule_of(record->kind);
    size_t sizes[CAPTURE_PARTS_MAX];
    if (rule == NULL) {
        return false;
    }
    buffer_reset(&self->memory);
    record->now.wall_us += self->shift_us;
    for (uint32_t i = 0; i < record->part_count; i++) {
        size_t before = self->memory.size;
        scrub_part(self, rule->parts[i], record->parts[i]);
        sizes[i] = self->memory.size - before;
    }
    if (self->memory.failed) {
        self->has_failed = true;
        return false;
    }
    const uint8_t *at = self->memory.data;
    for (uint32_t i = 0; i < record->part_count; i++) {
        record->parts[i] = (dragoman_bytes){sizes[i] == 0 ? NULL : at, sizes[i]};
        at += sizes[i];
    }
    return true;
}

#include "capture/flows.h"

#include "base/bytes.h"
#include <stdlib.h>

#define BUCKETS 4096u

/* A segment that came before an earlier one. */
typedef struct waiting {
    struct waiting *after; /* by sequence */
    uint32_t sequence;
    size_t size;
    uint8_t bytes[];
} waiting;

typedef struct side {
    bool is_known; /* `next` is */
    uint32_t next; /* sequence number of the byte that is expected */
    bool has_end;
    uint32_t end; /* sequence number of the FIN */
    bool is_ended;
    waiting *first;
    size_t bytes;
    uint32_t count;
} side;

typedef struct flow {
    struct flow *after; /* in its bucket */
    packets_end ends[2];
    bool is_tcp;
    uint32_t number;
    side sides[2];
} flow;

struct flows {
    void (*tell)(void *context, const flows_event *event);
    void *context;
    flow *buckets[BUCKETS];
    uint32_t open;
    uint32_t last_number;
    uint64_t passed_over, gaps;
};

flows *flows_create(void (*tell)(void *context, const flows_event *event), void *context) {
    flows *self = calloc(1, sizeof(*self));
    if (self != NULL) {
        self->tell = tell;
        self->context = context;
    }
    return self;
}

static void forget_waiting(side *one) {
    while (one->first != NULL) {
        waiting *first = one->first;
        one->first = first->after;
        free(first);
    }
    one->bytes = 0;
    one->count = 0;
}

static void free_flow(flow *one) {
    forget_waiting(&one->sides[0]);
    forget_waiting(&one->sides[1]);
    free(one);
}

void flows_destroy(flows *self) {
    for (uint32_t i = 0; self != NULL && i < BUCKETS; i++) {
        while (self->buckets[i] != NULL) {
            flow *first = self->buckets[i];
            self->buckets[i] = first->after;
            free_flow(first);
        }
    }
    free(self);
}

uint64_t flows_passed_over(const flows *self) {
    return self->passed_over;
}

uint64_t flows_gaps(const flows *self) {
    return self->gaps;
}

/* The same for both directions. */
static uint32_t bucket_of(const packets_segment *segment) {
    uint64_t from = bytes_hash((dragoman_bytes){(const uint8_t *)&segment->from, 18}, segment->is_tcp);
    uint64_t to = bytes_hash((dragoman_bytes){(const uint8_t *)&segment->to, 18}, segment->is_tcp);
    return (uint32_t)((from ^ to) % BUCKETS);
}

static flow *find(const flows *self, const packets_segment *segment, uint32_t *ret_side) {
    for (flow *one = self->buckets[bucket_of(segment)]; one != NULL; one = one->after) {
        bool is_first =
            packets_same_end(&one->ends[0], &segment->from) && packets_same_end(&one->ends[1], &segment->to);
        bool is_second =
            packets_same_end(&one->ends[1], &segment->from) && packets_same_end(&one->ends[0], &segment->to);
        if (one->is_tcp == segment->is_tcp && (is_first || is_second)) {
            *ret_side = is_first ? 0 : 1;
            return one;
        }
    }
    return NULL;
}

static void tell(flows *self, const flow *one, flows_event_kind kind, uint32_t at, const packets_segment *segment,
                 dragoman_bytes data) {
    flows_event event = {.kind = kind,
                         .wall_us = segment->wall_us,
                         .flow = one->number,
                         .side = at,
                         .ends = one->ends,
                         .is_tcp = one->is_tcp,
                         .is_to_many = segment->is_to_many,
                         .data = data};
    self->tell(self->context, &event);
}

static const dragoman_bytes nothing = {NULL, 0};

static flow *begin(flows *self, const packets_segment *segment) {
    flow *one = self->open == FLOWS_MAX ? NULL : calloc(1, sizeof(*one));
    if (one == NULL) {
        self->passed_over++;
        return NULL;
    }
    /* An answer to a SYN was not the beginning: who is answered began. */
    bool is_answer = (segment->flags & (PACKETS_TCP_SYN | PACKETS_TCP_ACK)) == (PACKETS_TCP_SYN | PACKETS_TCP_ACK);
    one->ends[0] = is_answer ? segment->to : segment->from;
    one->ends[1] = is_answer ? segment->from : segment->to;
    one->is_tcp = segment->is_tcp;
    one->number = ++self->last_number;
    uint32_t bucket = bucket_of(segment);
    one->after = self->buckets[bucket];
    self->buckets[bucket] = one;
    self->open++;
    tell(self, one, FLOWS_BEGIN, 0, segment, nothing);
    return one;
}

static void end(flows *self, flow *one, flows_event_kind kind, const packets_segment *segment) {
    flow **at = &self->buckets[bucket_of(segment)];
    tell(self, one, kind, 0, segment, nothing);
    while (*at != one) {
        at = &(*at)->after;
    }
    *at = one->after;
    self->open--;
    free_flow(one);
}

/* How far `sequence` lies behind `from`, in the circle of 2^32 (RFC 9293, 3.4). */
static int32_t distance(uint32_t from, uint32_t sequence) {
    return (int32_t)(sequence - from);
}

/* Takes bytes at `sequence` that continue the stream or overlap with what it has. */
static void take_data(flows *self, const flow *one, side *of, uint32_t at, const packets_segment *segment,
                      uint32_t sequence, dragoman_bytes data) {
    size_t known = (size_t)-(int64_t)distance(of->next, sequence);
    if (known >= data.size) {
        return;
    }
    dragoman_bytes fresh = {data.data + known, data.size - known};
    of->next += (uint32_t)fresh.size;
    tell(self, one, FLOWS_DATA, at, segment, fresh);
}

/* Takes what waited and fits now. */
static void release(flows *self, const flow *one, side *of, uint32_t at, const packets_segment *segment) {
    while (of->first != NULL && distance(of->next, of->first->sequence) <= 0) {
        waiting *first = of->first;
        of->first = first->after;
        of->bytes -= first->size;
        of->count--;
        take_data(self, one, of, at, segment, first->sequence, (dragoman_bytes){first->bytes, first->size});
        free(first);
    }
}

/* False when there is no more room to wait. */
static bool hold_back(side *of, uint32_t sequence, dragoman_bytes data) {
    if (of->bytes + data.size > FLOWS_WAITING_BYTES_MAX || of->count == FLOWS_WAITING_SEGMENTS_MAX) {
        return false;
    }
    waiting *fresh = malloc(sizeof(*fresh) + data.size);
    if (fresh == NULL) {
        return false;
    }
    fresh->sequence = sequence;
    fresh->size = data.size;
    memcpy(fresh->bytes, data.data, data.size);
    waiting **at = &of->first;
    while (*at != NULL && distance((*at)->sequence, sequence) > 0) {
        at = &(*at)->after;
    }
    fresh->after = *at;
    *at = fresh;
    of->bytes += data.size;
    of->count++;
    return true;
}

/* A gap that will never be filled: the conversation is broken, and another begins where the bytes go on. */
static flow *step_over(flows *self, flow *one, const packets_segment *segment) {
    self->gaps++;
    tell(self, one, FLOWS_BROKEN, 0, segment, nothing);
    one->number = ++self->last_number;
    for (int i = 0; i < 2; i++) {
        side *of = &one->sides[i];
        if (of->first != NULL) {
            of->next = of->first->sequence;
        }
    }
    tell(self, one, FLOWS_BEGIN, 0, segment, nothing);
    release(self, one, &one->sides[0], 0, segment);
    release(self, one, &one->sides[1], 1, segment);
    return one;
}

/* Whether the other side has acknowledged what the file does not hold. */
static bool is_lost(const side *of, const packets_segment *segment) {
    return (segment->flags & PACKETS_TCP_ACK) != 0 && of->first != NULL && of->is_known &&
           distance(of->first->sequence, segment->acknowledged) > 0;
}

static void check_end(flows *self, flow *one, uint32_t at, const packets_segment *segment) {
    side *of = &one->sides[at];
    if (of->has_end && !of->is_ended && distance(of->end, of->next) >= 0) {
        of->is_ended = true;
        tell(self, one, FLOWS_END, at, segment, nothing);
    }
    if (one->sides[0].is_ended && one->sides[1].is_ended) {
        end(self, one, FLOWS_CLOSED, segment);
    }
}

static void take_tcp(flows *self, flow *one, uint32_t at, const packets_segment *segment) {
    side *of = &one->sides[at];
    uint32_t sequence = segment->sequence + ((segment->flags & PACKETS_TCP_SYN) != 0 ? 1 : 0);
    if (!of->is_known) {
        of->is_known = true;
        of->next = sequence;
    }
    if ((segment->flags & PACKETS_TCP_FIN) != 0) {
        of->has_end = true;
        of->end = sequence + (uint32_t)segment->payload.size;
    }
    if (segment->payload.size > 0 && distance(of->next, sequence) <= 0) {
        take_data(self, one, of, at, segment, sequence, segment->payload);
        release(self, one, of, at, segment);
    } else if (segment->payload.size > 0 && !hold_back(of, sequence, segment->payload)) {
        one = step_over(self, one, segment);
    }
    if (is_lost(&one->sides[1 - at], segment)) {
        one = step_over(self, one, segment);
    }
    check_end(self, one, at, segment);
}

void flows_take(void *context, const packets_segment *segment) {
    flows *self = context;
    uint32_t at = 0;
    flow *one = find(self, segment, &at);
    bool is_reset = segment->is_tcp && (segment->flags & PACKETS_TCP_RST) != 0;
    bool is_new = segment->is_tcp && (segment->flags & (PACKETS_TCP_SYN | PACKETS_TCP_ACK)) == PACKETS_TCP_SYN;
    if (one != NULL &&
        (is_reset || (is_new && one->sides[at].is_known && segment->sequence + 1 != one->sides[at].next))) {
        /* The same ports again: the connection before ended unseen. */
        end(self, one, FLOWS_BROKEN, segment);
        one = NULL;
    }
    if (is_reset) {
        return;
    }
    bool says_something = segment->payload.size > 0 || is_new;
    if (one == NULL && (says_something || !segment->is_tcp)) {
        one = begin(self, segment);
        at = one != NULL && !packets_same_end(&one->ends[0], &segment->from) ? 1 : 0;
    }
    if (one == NULL) {
        return;
    }
    if (segment->is_tcp) {
        take_tcp(self, one, at, segment);
    } else {
        tell(self, one, FLOWS_DATA, at, segment, segment->payload);
    }
}

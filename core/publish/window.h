/*
 * The rows that a sink has taken and is not done with: a bounded window above its low-water mark.
 *
 * Rows enter in the order of their numbers. Those of one device form a lane: only a lane's first row is ever under way,
 * so the order per device holds however many lanes are busy at once, and a lane that has to wait for its next try holds
 * up nobody else until the window is full. Single-threaded. Nothing is allocated after window_create, and nothing is
 * searched: lanes are found by hash.
 */
#ifndef PUBLISH_WINDOW_H
#define PUBLISH_WINDOW_H

#include "publish/feed.h"
#include "publish/render.h"

#define WINDOW_ROWS STORE_POSITION_WINDOW
/* Bytes of rows in a window, but for a single larger one: what a sink may hold of a house full of waveforms. */
#define WINDOW_BYTES ((size_t)16 << 20)

typedef enum window_state {
    WINDOW_WAITING = 0,
    WINDOW_UNDER_WAY = 1,
    WINDOW_DONE = 2,
} window_state;

typedef struct window_entry {
    store_row row;          /* its bytes live in its batch, or in `owned` */
    void *owned;            /* or NULL */
    publish_batch *batch;   /* given back when this row leaves; only with the last row of a batch */
    uint64_t through;       /* rows up to here are none of the sink's business: low water when this one is done */
    uint64_t others_before; /* the sink's deliveries at this row's last failure */
    renderer_choice choice; /* what of it goes out; inside `owned` */
    uint32_t next;          /* of its lane: index + 1 */
    uint32_t lane;          /* index */
    uint16_t tries;
    uint16_t failures; /* tries that failed while other rows went through */
    uint8_t state;     /* window_state */
    bool is_counted;   /* in the census */
} window_entry;

typedef struct window_lane {
    uint64_t key;
    uint32_t first, last; /* entries, index + 1 */
    uint32_t chain;       /* lanes of the same hash, index + 1 */
    uint32_t link;        /* the list that it is in, index + 1 */
    int64_t not_before_us;
} window_lane;

typedef struct window {
    window_entry *entries; /* WINDOW_ROWS */
    window_lane *lanes;    /* WINDOW_ROWS */
    uint32_t *buckets;     /* WINDOW_ROWS: lane index + 1 */
    uint64_t head, tail;   /* sequence numbers of the first entry and behind the last */
    uint64_t low_water;    /* everything up to here is done */
    size_t bytes;
    uint32_t done_count; /* rows above low water that are done */
    uint32_t free_lane, ready_first, ready_last, delayed;
    int64_t delayed_until_us; /* the earliest of the delayed lanes, or INT64_MAX */
} window;

/* Makes an empty window above `low_water`. NO_MEMORY. */
dragoman_status window_init(window *self, uint64_t low_water);
/* Gives everything back, also the batches of rows that are not done. */
void window_fini(window *self);

/* Whether another row fits. */
static inline bool window_has_room(const window *self) {
    return self->tail == self->head || (self->tail - self->head < WINDOW_ROWS && self->bytes < WINDOW_BYTES);
}
/* Whether nothing is in it. */
static inline bool window_is_empty(const window *self) {
    return self->tail == self->head;
}
/* Takes a row in; there must be room. `is_lane`: it queues in its device's lane; else the caller walks the rows with
 * window_at. */
window_entry *window_add(window *self, const store_row *row, bool is_lane);
/* Notes that the rows up to `number`, behind all that were added, need nothing. */
void window_skip(window *self, uint64_t number);
/* The entry with a sequence number from head to below tail. */
static inline window_entry *window_at(const window *self, uint64_t sequence) {
    return &self->entries[sequence % WINDOW_ROWS];
}

/* The first row of the lane whose turn it is, now under way; NULL: none is ready at this monotonic time. */
window_entry *window_next(window *self, int64_t now_us);
/* A row that was under way has to wait; its lane with it. */
void window_delay(window *self, window_entry *entry, int64_t until_us);
/* A row is delivered, dead or has nothing to say. Its lane goes on, and the low-water mark rises when it can. */
void window_done(window *self, window_entry *entry);

/* The lowest number of a row that is not done; UINT64_MAX: none. For windows whose rows do not rise. */
uint64_t window_lowest(const window *self);
/* Writes the numbers of the rows above the low-water mark that are done into `to` (WINDOW_ROWS); returns how many. */
uint32_t window_done_above(const window *self, uint64_t *to);

#endif

#include "publish/window.h"

#include <stdlib.h>
#include <string.h>

dragoman_status window_init(window *self, uint64_t low_water) {
    *self = (window){.low_water = low_water, .delayed_until_us = INT64_MAX};
    self->entries = calloc(WINDOW_ROWS, sizeof *self->entries);
    self->lanes = calloc(WINDOW_ROWS, sizeof *self->lanes);
    self->buckets = calloc(WINDOW_ROWS, sizeof *self->buckets);
    if (self->entries == NULL || self->lanes == NULL || self->buckets == NULL) {
        window_fini(self);
        return DRAGOMAN_NO_MEMORY;
    }
    for (uint32_t i = WINDOW_ROWS; i > 0; i--) {
        self->lanes[i - 1].link = self->free_lane;
        self->free_lane = i;
    }
    return DRAGOMAN_OK;
}

static void let_go(window_entry *entry) {
    publish_batch_release(entry->batch);
    free(entry->owned);
    entry->batch = NULL;
    entry->owned = NULL;
}

void window_fini(window *self) {
    for (; self->entries != NULL && self->head < self->tail; self->head++) {
        let_go(window_at(self, self->head));
    }
    free(self->entries);
    free(self->lanes);
    free(self->buckets);
    *self = (window){0};
}

static uint32_t *bucket_of(window *self, uint64_t key) {
    return &self->buckets[key * UINT64_C(0x9e3779b97f4a7c15) >> 52];
}

static void make_ready(window *self, uint32_t lane) {
    self->lanes[lane - 1].link = 0;
    if (self->ready_last == 0) {
        self->ready_first = lane;
    } else {
        self->lanes[self->ready_last - 1].link = lane;
    }
    self->ready_last = lane;
}

static uint32_t find_lane(window *self, uint64_t key) {
    uint32_t *bucket = bucket_of(self, key);
    for (uint32_t lane = *bucket; lane != 0; lane = self->lanes[lane - 1].chain) {
        if (self->lanes[lane - 1].key == key) {
            return lane;
        }
    }
    /* There are as many lanes as rows, so one is free. */
    uint32_t lane = self->free_lane;
    self->free_lane = self->lanes[lane - 1].link;
    self->lanes[lane - 1] = (window_lane){.key = key, .chain = *bucket};
    *bucket = lane;
    return lane;
}

static void free_lane(window *self, uint32_t lane) {
    uint32_t *at = bucket_of(self, self->lanes[lane - 1].key);
    while (*at != lane) {
        at = &self->lanes[*at - 1].chain;
    }
    *at = self->lanes[lane - 1].chain;
    self->lanes[lane - 1].link = self->free_lane;
    self->free_lane = lane;
}

static void queue(window *self, window_entry *entry, uint32_t index) {
    uint32_t lane = find_lane(self, entry->row.device);
    window_lane *of = &self->lanes[lane - 1];
    entry->lane = lane;
    if (of->last == 0) {
        of->first = index + 1;
        make_ready(self, lane);
    } else {
        self->entries[of->last - 1].next = index + 1;
    }
    of->last = index + 1;
}

window_entry *window_add(window *self, const store_row *row, bool is_lane) {
    uint32_t index = (uint32_t)(self->tail % WINDOW_ROWS);
    window_entry *entry = &self->entries[index];
    *entry = (window_entry){.row = *row, .through = row->number};
    self->tail++;
    self->bytes += row->bytes.size;
    if (is_lane) {
        queue(self, entry, index);
    }
    return entry;
}

void window_skip(window *self, uint64_t number) {
    if (window_is_empty(self)) {
        self->low_water = number;
    } else {
        window_at(self, self->tail - 1)->through = number;
    }
}

/* Takes the lanes out of the delayed list whose time has come. */
static void wake_delayed(window *self, int64_t now_us) {
    uint32_t lane = self->delayed;
    self->delayed = 0;
    self->delayed_until_us = INT64_MAX;
    while (lane != 0) {
        window_lane *of = &self->lanes[lane - 1];
        uint32_t next = of->link;
        if (of->not_before_us <= now_us) {
            make_ready(self, lane);
        } else {
            of->link = self->delayed;
            self->delayed = lane;
            if (of->not_before_us < self->delayed_until_us) {
                self->delayed_until_us = of->not_before_us;
            }
        }
        lane = next;
    }
}

window_entry *window_next(window *self, int64_t now_us) {
    if (self->delayed_until_us <= now_us) {
        wake_delayed(self, now_us);
    }
    uint32_t lane = self->ready_first;
    if (lane == 0) {
        return NULL;
    }
    self->ready_first = self->lanes[lane - 1].link;
    if (self->ready_first == 0) {
        self->ready_last = 0;
    }
    window_entry *entry = &self->entries[self->lanes[lane - 1].first - 1];
    entry->state = WINDOW_UNDER_WAY;
    return entry;
}

void window_delay(window *self, window_entry *entry, int64_t until_us) {
    entry->state = WINDOW_WAITING;
    if (entry->lane == 0) {
        return;
    }
    window_lane *lane = &self->lanes[entry->lane - 1];
    lane->not_before_us = until_us;
    lane->link = self->delayed;
    self->delayed = entry->lane;
    if (until_us < self->delayed_until_us) {
        self->delayed_until_us = until_us;
    }
}

static void pass_lane(window *self, window_entry *entry) {
    window_lane *lane = &self->lanes[entry->lane - 1];
    lane->first = entry->next;
    if (lane->first == 0) {
        free_lane(self, entry->lane);
    } else {
        make_ready(self, entry->lane);
    }
}

void window_done(window *self, window_entry *entry) {
    entry->state = WINDOW_DONE;
    self->done_count++;
    if (entry->lane != 0) {
        pass_lane(self, entry);
    }
    while (!window_is_empty(self) && window_at(self, self->head)->state == WINDOW_DONE) {
        window_entry *first = window_at(self, self->head);
        self->low_water = first->through;
        self->head++;
        self->done_count--;
        self->bytes -= first->row.bytes.size;
        let_go(first);
    }
}

uint32_t window_done_above(const window *self, uint64_t *to) {
    uint32_t count = 0;
    for (uint64_t i = self->head; i < self->tail; i++) {
        const window_entry *entry = window_at(self, i);
        if (entry->state == WINDOW_DONE) {
            to[count++] = entry->row.number;
        }
    }
    return count;
}

uint64_t window_lowest(const window *self) {
    uint64_t lowest = UINT64_MAX;
    for (uint64_t i = self->head; i < self->tail; i++) {
        const window_entry *entry = window_at(self, i);
        if (entry->state != WINDOW_DONE && entry->row.number < lowest) {
            lowest = entry->row.number;
        }
    }
    return lowest;
}

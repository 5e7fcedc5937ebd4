#include "publish/thin.h"

#include "model/identity.h"
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 16384 };

typedef struct metric {
    struct metric *chain; /* of its bucket */
    struct metric *next;  /* of its lane, or of the free ones */
    struct lane *lane;
    uint64_t key;
    thin_row *row;
    uint32_t index;
    bool is_absent;
} metric;

typedef struct lane {
    struct lane *chain;
    struct lane *newer, **older; /* those that wait, by how long */
    uint64_t device;
    int64_t stretch; /* the one that is open, or was closed last */
    bool is_open;
    thin_row *first, *last;
    metric *metrics;
} lane;

struct thin {
    int64_t every_us;
    size_t bytes;
    lane *lanes[BUCKETS];
    metric *metrics[BUCKETS];
    metric *free_metrics;
    lane *oldest, **newest; /* open lanes */
    thin_row *due, **due_end;
    thin_row *first_row, **last_row; /* all rows, by number */
};

thin *thin_create(int64_t every_us) {
    thin *self = calloc(1, sizeof *self);
    if (self != NULL) {
        self->every_us = every_us;
        self->newest = &self->oldest;
        self->due_end = &self->due;
        self->last_row = &self->first_row;
    }
    return self;
}

void thin_destroy(thin *self) {
    if (self == NULL) {
        return;
    }
    for (thin_row *row = self->first_row, *next = NULL; row != NULL; row = next) {
        next = row->newer;
        free(row);
    }
    for (size_t i = 0; i < BUCKETS; i++) {
        for (lane *of = self->lanes[i], *next = NULL; of != NULL; of = next) {
            next = of->chain;
            free(of);
        }
        for (metric *of = self->metrics[i], *next = NULL; of != NULL; of = next) {
            next = of->chain;
            free(of);
        }
    }
    for (metric *of = self->free_metrics, *next = NULL; of != NULL; of = next) {
        next = of->next;
        free(of);
    }
    free(self);
}

static size_t bucket_of(uint64_t key) {
    return (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 50);
}

static lane *find_lane(thin *self, uint64_t device) {
    lane **bucket = &self->lanes[bucket_of(device)];
    for (lane *of = *bucket; of != NULL; of = of->chain) {
        if (of->device == device) {
            return of;
        }
    }
    lane *made = calloc(1, sizeof *made);
    if (made != NULL) {
        *made = (lane){.device = device, .stretch = INT64_MIN, .chain = *bucket};
        *bucket = made;
    }
    return made;
}

static thin_row *make_row(const store_row *row, uint32_t count) {
    thin_row *made = malloc(sizeof *made + count * (sizeof(uint32_t) + 1) + row->bytes.size);
    if (made == NULL) {
        return NULL;
    }
    uint32_t *left_out = (uint32_t *)(made + 1);
    uint8_t *stays = (uint8_t *)(left_out + count);
    uint8_t *bytes = stays + count;
    *made = (thin_row){.row = *row, .count = count, .left_out = left_out, .stays = stays};
    made->row.bytes.data = bytes;
    if (row->bytes.size > 0) {
        memcpy(bytes, row->bytes.data, row->bytes.size);
    }
    memset(made->stays, 0, count);
    return made;
}

static void enlist(thin *self, thin_row *row) {
    row->newer = NULL;
    row->older = self->last_row;
    *self->last_row = row;
    self->last_row = &row->newer;
    self->bytes += row->row.bytes.size;
}

static void delist(thin *self, thin_row *row) {
    *row->older = row->newer;
    if (row->newer == NULL) {
        self->last_row = row->older;
    } else {
        row->newer->older = row->older;
    }
    self->bytes -= row->row.bytes.size;
}

static void make_due(thin *self, thin_row *row) {
    for (uint32_t i = 0; i < row->count; i++) {
        if (row->stays[i] == 0) {
            row->left_out[row->choice.left_out_count++] = i;
        }
    }
    row->choice.left_out = row->left_out;
    row->next = NULL;
    *self->due_end = row;
    self->due_end = &row->next;
}

static void unlink_metric(thin *self, metric *of) {
    metric **at = &self->metrics[bucket_of(of->key)];
    while (*at != of) {
        at = &(*at)->chain;
    }
    *at = of->chain;
    of->next = self->free_metrics;
    self->free_metrics = of;
}

static void close_lane(thin *self, lane *of) {
    for (metric *one = of->metrics, *next = NULL; one != NULL; one = next) {
        next = one->next;
        unlink_metric(self, one);
    }
    for (thin_row *row = of->first, *next = NULL; row != NULL; row = next) {
        next = row->next;
        if (row->kept > 0) {
            make_due(self, row);
        } else {
            delist(self, row);
            free(row);
        }
    }
    *of->older = of->newer;
    if (of->newer == NULL) {
        self->newest = of->older;
    } else {
        of->newer->older = of->older;
    }
    of->metrics = NULL;
    of->first = NULL;
    of->last = NULL;
    of->is_open = false;
}

static void open_lane(thin *self, lane *of, int64_t stretch) {
    of->stretch = stretch;
    of->is_open = true;
    of->newer = NULL;
    of->older = self->newest;
    *self->newest = of;
    self->newest = &of->newer;
}

static bool is_absent(const dragoman_observation *observation) {
    if (observation->values.count == 0) {
        return observation->components.count == 0;
    }
    const dragoman_value *value = dragoman_list_at(&observation->values, 0);
    return value->kind == DRAGOMAN_VALUE_NONE;
}

static bool is_continuous(const dragoman_observation *observation, const terms_meaning *meaning) {
    if (observation->domain != DRAGOMAN_DOMAIN_DEVICE || observation->obtained == DRAGOMAN_OBTAINED_EPISODIC ||
        observation->obtained == DRAGOMAN_OBTAINED_MANUAL || (meaning->term != NULL && meaning->term->episodic != 0)) {
        return false;
    }
    const dragoman_value *value = observation->values.count == 0 ? NULL : dragoman_list_at(&observation->values, 0);
    return value == NULL || value->kind != DRAGOMAN_VALUE_SAMPLES;
}

static metric *find_metric(thin *self, lane *of, uint64_t key) {
    metric **bucket = &self->metrics[bucket_of(key)];
    for (metric *one = *bucket; one != NULL; one = one->chain) {
        if (one->key == key && one->lane == of) {
            return one;
        }
    }
    metric *made = self->free_metrics;
    if (made != NULL) {
        self->free_metrics = made->next;
    } else {
        made = malloc(sizeof *made);
    }
    if (made != NULL) {
        *made = (metric){.chain = *bucket, .next = of->metrics, .lane = of, .key = key};
        *bucket = made;
        of->metrics = made;
    }
    return made;
}

/* The value takes the place of its metric's last one, unless it is none and that one is. */
static void replace(thin *self, lane *of, thin_row *row, uint32_t index, const dragoman_observation *observation) {
    metric *last = find_metric(self, of, identity_metric(observation) ^ of->device * UINT64_C(0xff51afd7ed558ccd));
    bool absent = is_absent(observation);
    if (last == NULL) {
        /* No memory to wait: it goes with its report. */
        row->stays[index] = 1;
        row->kept++;
        return;
    }
    if (last->row != NULL && absent && !last->is_absent) {
        return;
    }
    if (last->row != NULL) {
        last->row->stays[last->index] = 0;
        last->row->kept--;
    }
    last->row = row;
    last->index = index;
    last->is_absent = absent;
    row->stays[index] = 1;
    row->kept++;
}

/* Rows of a lane that have nothing left to say; the newest may still get something. */
static void drop_empty(thin *self, lane *of) {
    thin_row **at = &of->first;
    of->last = NULL;
    while (*at != NULL) {
        thin_row *row = *at;
        if (row->kept == 0) {
            *at = row->next;
            delist(self, row);
            free(row);
        } else {
            of->last = row;
            at = &row->next;
        }
    }
}

/* What goes at once: everything but continuous values. NULL: nothing does, or no memory (ret_failed). */
static thin_row *split(const store_row *row, const renderer *reading, bool *ret_waits, bool *ret_failed) {
    const dragoman_report *report = &reading->record.report;
    uint32_t at_once = 0;
    uint32_t waiting = 0;
    for (uint32_t i = 0; i < report->observations.count; i++) {
        bool waits = is_continuous(dragoman_list_at(&report->observations, i), &reading->meanings.observations[i]);
        waiting += waits;
        at_once += !waits;
    }
    *ret_waits = waiting > 0;
    *ret_failed = false;
    if (at_once == 0 && report->alerts.count == 0 && report->contexts.count == 0 && waiting > 0) {
        return NULL;
    }
    thin_row *made = make_row(row, report->observations.count);
    *ret_failed = made == NULL;
    for (uint32_t i = 0; made != NULL && i < report->observations.count; i++) {
        made->stays[i] = !is_continuous(dragoman_list_at(&report->observations, i), &reading->meanings.observations[i]);
    }
    return made;
}

static void wait_for_end(thin *self, lane *of, thin_row *row, const renderer *reading) {
    const dragoman_list *observations = &reading->record.report.observations;
    row->choice.only_values = true;
    row->next = NULL;
    if (of->last == NULL) {
        of->first = row;
    } else {
        of->last->next = row;
    }
    of->last = row;
    for (uint32_t i = 0; i < observations->count; i++) {
        const dragoman_observation *observation = dragoman_list_at(observations, i);
        if (is_continuous(observation, &reading->meanings.observations[i])) {
            replace(self, of, row, i, observation);
        }
    }
    drop_empty(self, of);
}

dragoman_status thin_take(thin *self, const store_row *row, const renderer *reading) {
    bool waits = false;
    bool has_failed = false;
    thin_row *now = split(row, reading, &waits, &has_failed);
    thin_row *later = waits && !has_failed ? make_row(row, reading->record.report.observations.count) : NULL;
    lane *of = waits && !has_failed ? find_lane(self, row->device) : NULL;
    if (has_failed || (waits && (later == NULL || of == NULL))) {
        free(now);
        free(later);
        return DRAGOMAN_NO_MEMORY;
    }
    if (now != NULL) {
        enlist(self, now);
        make_due(self, now);
    }
    if (later != NULL) {
        int64_t stretch = row->received_at_us / self->every_us;
        if (of->is_open && stretch > of->stretch) {
            close_lane(self, of);
        }
        if (!of->is_open) {
            /* What comes after its stretch was closed counts to the next one. */
            open_lane(self, of, stretch > of->stretch ? stretch : of->stretch + 1);
        }
        enlist(self, later);
        wait_for_end(self, of, later, reading);
    }
    while (self->bytes > THIN_BYTES && self->oldest != NULL) {
        close_lane(self, self->oldest);
    }
    return DRAGOMAN_OK;
}

int64_t thin_next_close_us(const thin *self) {
    int64_t next_us = INT64_MAX;
    for (const lane *of = self->oldest; of != NULL; of = of->newer) {
        int64_t end_us = (of->stretch + 1) * self->every_us + THIN_GRACE_US;
        next_us = end_us < next_us ? end_us : next_us;
    }
    return next_us;
}

void thin_close_until(thin *self, int64_t wall_us) {
    for (lane *of = self->oldest, *next = NULL; of != NULL; of = next) {
        next = of->newer;
        if ((of->stretch + 1) * self->every_us + THIN_GRACE_US <= wall_us) {
            close_lane(self, of);
        }
    }
}

thin_row *thin_next(thin *self) {
    thin_row *row = self->due;
    if (row != NULL) {
        self->due = row->next;
        if (self->due == NULL) {
            self->due_end = &self->due;
        }
        delist(self, row);
    }
    return row;
}

uint64_t thin_oldest(const thin *self) {
    return self->first_row == NULL ? UINT64_MAX : self->first_row->row.number;
}

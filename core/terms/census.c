#include "base/bytes.h"
#include "terms/terms.h"

#include <pthread.h>
#include <stdlib.h>

#define SLOTS (2 * TERMS_CENSUS_MAX) /* a power of two, half empty */

typedef struct census_entry {
    terms_census_row row; /* its texts point into `texts` */
    uint64_t hash;
    uint8_t texts[];
} census_entry;

struct terms_census {
    pthread_mutex_t lock;
    census_entry *slots[SLOTS];
    uint32_t count;
    terms_census_row rest; /* what found no place */
};

terms_census *terms_census_create(void) {
    terms_census *census = calloc(1, sizeof(*census));
    if (census != NULL && pthread_mutex_init(&census->lock, NULL) != 0) {
        free(census);
        return NULL;
    }
    return census;
}

void terms_census_destroy(terms_census *census) {
    if (census == NULL) {
        return;
    }
    for (size_t i = 0; i < SLOTS; i++) {
        free(census->slots[i]);
    }
    pthread_mutex_destroy(&census->lock);
    free(census);
}

/* The text cut to what is kept, at a character's border. */
static dragoman_bytes cut(dragoman_bytes text) {
    if (text.size > TERMS_CENSUS_TEXT_BYTES) {
        text.size = TERMS_CENSUS_TEXT_BYTES;
        while (text.size > 0 && (text.data[text.size] & 0xC0) == 0x80) {
            text.size--;
        }
    }
    return text;
}

static dragoman_bytes keep(uint8_t **at, dragoman_bytes text) {
    dragoman_bytes kept = {*at, text.size};
    if (text.size > 0) {
        memcpy(*at, text.data, text.size);
    }
    *at += text.size;
    return kept;
}

static bool is_same(const terms_census_row *a, const terms_census_row *b) {
    return a->is_unit == b->is_unit && bytes_equal(a->code.code, b->code.code) &&
           bytes_equal(a->code.text, b->code.text) && bytes_equal(a->code.system, b->code.system) &&
           bytes_equal(a->profile, b->profile);
}

static census_entry *make_entry(const terms_census_row *row, uint64_t hash) {
    size_t size = row->profile.size + row->code.code.size + row->code.text.size + row->code.system.size;
    census_entry *entry = calloc(1, sizeof(*entry) + size);
    if (entry != NULL) {
        uint8_t *at = entry->texts;
        entry->hash = hash;
        entry->row = *row;
        entry->row.profile = keep(&at, row->profile);
        entry->row.code.code = keep(&at, row->code.code);
        entry->row.code.text = keep(&at, row->code.text);
        entry->row.code.system = keep(&at, row->code.system);
    }
    return entry;
}

/* The row to count in; the one for the rest when there is no place. */
static terms_census_row *place_of(terms_census *self, const terms_census_row *row) {
    uint64_t hash = bytes_hash(row->code.code, row->is_unit ? 1 : 0);
    hash = bytes_hash(row->code.text, hash);
    hash = bytes_hash(row->code.system, hash);
    hash = bytes_hash(row->profile, hash);
    size_t slot = hash % SLOTS;
    for (; self->slots[slot] != NULL; slot = (slot + 1) % SLOTS) {
        if (self->slots[slot]->hash == hash && is_same(&self->slots[slot]->row, row)) {
            return &self->slots[slot]->row;
        }
    }
    census_entry *entry = self->count == TERMS_CENSUS_MAX ? NULL : make_entry(row, hash);
    if (entry == NULL) {
        return &self->rest;
    }
    self->slots[slot] = entry;
    self->count++;
    return &entry->row;
}

static void count(terms_census *self, terms_census_row row) {
    row.profile = cut(row.profile);
    row.code = (dragoman_code){cut(row.code.code), cut(row.code.text), cut(row.code.system)};
    terms_census_row *place = place_of(self, &row);
    place->count++;
    if (place == &self->rest) {
        return;
    }
    place->mapping = row.mapping;
    place->mdc = row.mdc;
    place->is_mismatch = place->is_mismatch || row.is_mismatch;
    if (row.example.special == DRAGOMAN_FINITE) {
        place->example = row.example;
    }
}

static const dragoman_decimal no_example = {.special = DRAGOMAN_NAN};

/* Only a number can be shown to anybody: a text may name a patient. */
static dragoman_decimal example_of(const dragoman_list *values) {
    const dragoman_value *value = values->count == 0 ? NULL : dragoman_list_at(values, 0);
    return value != NULL && value->kind == DRAGOMAN_VALUE_DECIMAL ? value->number : no_example;
}

static dragoman_code code_of(const dragoman_concept *concept) {
    if (concept->coding_count > 0) {
        return concept->codings[0];
    }
    return (dragoman_code){.text = concept->text};
}

static void count_concept(terms_census *self, dragoman_bytes profile, const dragoman_concept *concept,
                          const terms_meaning *meaning, dragoman_decimal example) {
    count(self, (terms_census_row){
                    .profile = profile,
                    .code = code_of(concept),
                    .mapping = meaning->mapping,
                    .is_mismatch = meaning->is_mismatch != 0,
                    .mdc = meaning->mdc,
                    .example = example,
                });
}

static void count_metric(terms_census *self, dragoman_bytes profile, const dragoman_concept *code,
                         const dragoman_code *unit, const dragoman_list *values, const terms_meaning *meaning) {
    count_concept(self, profile, code, meaning, example_of(values));
    if (unit->code.size + unit->text.size > 0) {
        count(self, (terms_census_row){
                        .profile = profile,
                        .code = *unit,
                        .is_unit = true,
                        .mapping = meaning->unit_mapping,
                        .mdc = meaning->unit == NULL ? 0 : meaning->unit->code,
                        .example = no_example,
                    });
    }
}

static void count_observations(terms_census *self, const model_record *record, const terms_meanings *meanings) {
    dragoman_bytes profile = record->stamp.profile;
    for (uint32_t i = 0; i < record->report.observations.count; i++) {
        const dragoman_observation *observation = dragoman_list_at(&record->report.observations, i);
        count_metric(self, profile, &observation->code, &observation->unit, &observation->values,
                     meanings->observations + i);
        for (uint32_t j = 0; j < observation->components.count; j++) {
            const dragoman_component *component = dragoman_list_at(&observation->components, j);
            count_metric(self, profile, &component->code, &component->unit, &component->values,
                         meanings->components[i] + j);
        }
    }
}

void terms_census_add(terms_census *census, const model_record *record, const terms_meanings *meanings) {
    pthread_mutex_lock(&census->lock);
    count_observations(census, record, meanings);
    for (uint32_t i = 0; i < record->report.alerts.count; i++) {
        const dragoman_alert *alert = dragoman_list_at(&record->report.alerts, i);
        count_concept(census, record->stamp.profile, &alert->event, meanings->alert_events + i, no_example);
    }
    pthread_mutex_unlock(&census->lock);
}

static int by_count(const void *a, const void *b) {
    const terms_census_row *left = *(const terms_census_row *const *)a;
    const terms_census_row *right = *(const terms_census_row *const *)b;
    return left->count > right->count ? -1 : left->count < right->count ? 1 : 0;
}

void terms_census_visit(terms_census *census, void (*visit)(void *context, const terms_census_row *row),
                        void *context) {
    pthread_mutex_lock(&census->lock);
    const terms_census_row *rows[TERMS_CENSUS_MAX + 1];
    size_t row_count = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        if (census->slots[i] != NULL) {
            rows[row_count++] = &census->slots[i]->row;
        }
    }
    if (census->rest.count > 0) {
        census->rest.example = no_example;
        rows[row_count++] = &census->rest;
    }
    qsort(rows, row_count, sizeof(rows[0]), by_count);
    for (size_t i = 0; i < row_count; i++) {
        visit(context, rows[i]);
    }
    pthread_mutex_unlock(&census->lock);
}

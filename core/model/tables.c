#include "model/tables.h"
#include "base/bytes.h"

#include <stdlib.h>

/* Only the newest orders are compared: results of one order stand together. */
#define NEWEST_ORDERS 4

void concept_table_init(concept_table *self) {
    self->entries = self->first_entries;
    self->slots = self->first_slots;
    self->count = 0;
    self->capacity = TABLE_FIRST_ENTRIES;
    self->slot_count = TABLE_FIRST_SLOTS;
    self->failed = false;
    memset(self->first_slots, 0, sizeof self->first_slots);
}

void concept_table_fini(concept_table *self) {
    if (self->entries != self->first_entries) {
        free(self->entries);
        free(self->slots);
    }
}

static uint64_t mix(uint64_t hash, uint64_t with) {
    hash = (hash ^ with) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

/* Size and both ends of a text: enough to tell codes apart, equality decides. */
static uint64_t mix_ends(uint64_t hash, dragoman_bytes text) {
    uint64_t first = 0;
    uint64_t last = 0;
    if (text.size >= 8) {
        memcpy(&first, text.data, 8);
        memcpy(&last, text.data + text.size - 8, 8);
    } else if (text.size >= 4) {
        memcpy(&first, text.data, 4);
        memcpy(&last, text.data + text.size - 4, 4);
    } else if (text.size > 0) {
        first = (uint64_t)text.data[0] << 16 | (uint64_t)text.data[text.size / 2] << 8 | text.data[text.size - 1];
    }
    return mix(hash, first ^ (last << 17 | last >> 47) ^ text.size << 56);
}

/* What a concept is named by tells most apart; the rest counts with its size. */
static uint64_t hash_concept(const dragoman_concept *concept) {
    if (concept->coding_count == 0) {
        return mix_ends(0, concept->text);
    }
    const dragoman_code *coding = &concept->codings[0];
    uint64_t sizes =
        coding->text.size << 20 ^ coding->system.size << 12 ^ concept->text.size << 4 ^ concept->coding_count;
    return mix_ends(sizes, coding->code.size > 0 ? coding->code : coding->text);
}

/* As bytes_equal; texts of one report are often the very same. */
static inline bool same_text(dragoman_bytes a, dragoman_bytes b) {
    return a.size == b.size && (a.data == b.data || bytes_equal(a, b));
}

static bool same_code(const dragoman_code *a, const dragoman_code *b) {
    return same_text(a->code, b->code) && same_text(a->text, b->text) && same_text(a->system, b->system);
}

static bool same_concept(const dragoman_concept *a, const dragoman_concept *b) {
    if (a->coding_count != b->coding_count || !same_text(a->text, b->text)) {
        return false;
    }
    for (uint32_t i = 0; a->codings != b->codings && i < a->coding_count; i++) {
        if (!same_code(&a->codings[i], &b->codings[i])) {
            return false;
        }
    }
    return true;
}

static void put_slot(concept_table *self, uint64_t hash, uint32_t index) {
    uint32_t mask = self->slot_count - 1;
    for (uint32_t step = 0; step < TABLE_LONGEST_SEARCH; step++) {
        uint32_t *slot = &self->slots[((uint32_t)hash + step) & mask];
        if (*slot == 0) {
            *slot = index;
            return;
        }
    }
}

static bool grow(concept_table *self) {
    bool is_first = self->entries == self->first_entries;
    if (self->capacity > UINT32_MAX / 8) {
        return false;
    }
    uint32_t capacity = self->capacity * 4;
    table_entry *entries = realloc(is_first ? NULL : self->entries, capacity * sizeof *entries);
    if (entries == NULL) {
        return false;
    }
    if (is_first) {
        memcpy(entries, self->first_entries, sizeof self->first_entries);
        self->slots = NULL;
    }
    self->entries = entries;
    free(self->slots);
    self->slots = calloc((size_t)capacity * 2, sizeof *self->slots);
    if (self->slots == NULL) {
        return false;
    }
    self->capacity = capacity;
    self->slot_count = capacity * 2;
    for (uint32_t i = 0; i < self->count; i++) {
        put_slot(self, entries[i].hash, i + 1);
    }
    return true;
}

uint32_t concept_table_index(concept_table *self, const dragoman_concept *concept) {
    if (self->failed) {
        return 0;
    }
    uint64_t hash = hash_concept(concept);
    uint32_t mask = self->slot_count - 1;
    for (uint32_t step = 0; step < TABLE_LONGEST_SEARCH; step++) {
        uint32_t index = self->slots[((uint32_t)hash + step) & mask];
        if (index == 0) {
            break;
        }
        const table_entry *entry = &self->entries[index - 1];
        if (entry->hash == hash && same_concept(&entry->concept, concept)) {
            return index;
        }
    }
    if (self->count == self->capacity && !grow(self)) {
        self->failed = true;
        return 0;
    }
    self->entries[self->count] = (table_entry){.concept = *concept, .hash = hash};
    self->count++;
    put_slot(self, hash, self->count);
    return self->count;
}

void order_table_init(order_table *self) {
    self->entries = self->first_entries;
    self->count = 0;
    self->capacity = sizeof self->first_entries / sizeof self->first_entries[0];
    self->failed = false;
}

void order_table_fini(order_table *self) {
    if (self->entries != self->first_entries) {
        free(self->entries);
    }
}

uint32_t order_table_index(order_table *self, const dragoman_order *order) {
    if (self->failed || self->capacity > UINT32_MAX / 8) {
        self->failed = true;
        return 0;
    }
    uint32_t newest = self->count > NEWEST_ORDERS ? self->count - NEWEST_ORDERS : 0;
    for (uint32_t i = self->count; i > newest; i--) {
        if (self->entries[i - 1] == order) {
            return i;
        }
    }
    if (self->count == self->capacity) {
        bool is_first = self->entries == self->first_entries;
        uint32_t capacity = self->capacity * 4 + NEWEST_ORDERS;
        const dragoman_order **entries = realloc(is_first ? NULL : self->entries, capacity * sizeof *entries);
        if (entries == NULL) {
            self->failed = true;
            return 0;
        }
        if (is_first) {
            memcpy(entries, self->first_entries, sizeof self->first_entries);
        }
        self->entries = entries;
        self->capacity = capacity;
    }
    self->entries[self->count++] = order;
    return self->count;
}

#include "fhir/cache.h"

#include <stdlib.h>

#define FIRST_SLOTS ((size_t)64)

void fhir_cache_init(fhir_cache *self) {
    *self = (fhir_cache){0};
    /* Between clearings one report alone can make it grow, and reports have limits of their own. */
    arena_init(&self->memory, SIZE_MAX / 2);
}

void fhir_cache_fini(fhir_cache *self) {
    free(self->slots);
    arena_fini(&self->memory);
    *self = (fhir_cache){0};
}

void fhir_cache_clear(fhir_cache *self) {
    if (self->slot_count > 0) {
        memset(self->slots, 0, self->slot_count * sizeof *self->slots);
    }
    self->used = 0;
    arena_reset(&self->memory);
}

static fhir_cache_slot *slot_for(const fhir_cache *self, dragoman_bytes key, uint64_t hash) {
    size_t mask = self->slot_count - 1;
    size_t at = (size_t)hash & mask;
    while (self->slots[at].value != NULL && (self->slots[at].hash != hash || !bytes_equal(self->slots[at].key, key))) {
        at = (at + 1) & mask;
    }
    return &self->slots[at];
}

void *fhir_cache_find(const fhir_cache *self, dragoman_bytes key) {
    return self->slot_count == 0 ? NULL : slot_for(self, key, bytes_hash(key, 0))->value;
}

static bool grow(fhir_cache *self) {
    size_t count = self->slot_count == 0 ? FIRST_SLOTS : self->slot_count * 2;
    fhir_cache grown = {.slots = calloc(count, sizeof *grown.slots), .slot_count = count};
    if (grown.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < self->slot_count; i++) {
        const fhir_cache_slot *slot = &self->slots[i];
        if (slot->value != NULL) {
            *slot_for(&grown, slot->key, slot->hash) = *slot;
        }
    }
    free(self->slots);
    self->slots = grown.slots;
    self->slot_count = count;
    return true;
}

void *fhir_cache_add(fhir_cache *self, dragoman_bytes key, size_t size) {
    if ((self->used + 1) * 2 > self->slot_count && !grow(self)) {
        return NULL;
    }
    dragoman_bytes copy = arena_copy(&self->memory, key);
    void *value = arena_allocate_zeroed(&self->memory, size);
    if (value == NULL || (key.size > 0 && copy.data == NULL)) {
        return NULL;
    }
    uint64_t hash = bytes_hash(key, 0);
    *slot_for(self, key, hash) = (fhir_cache_slot){.hash = hash, .key = copy, .value = value};
    self->used++;
    return value;
}

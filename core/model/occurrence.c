#include "model/identity.h"
#include "model/model.h"

/* A set of the identities met so far: open addressing, the hash itself is the key. */
typedef struct met {
    uint64_t identity;
    uint32_t count; /* 0: free */
} met;

dragoman_status model_occurrences(const model_record *record, arena *memory, const uint32_t **ret_occurrences) {
    uint32_t count = record->report.observations.count;
    size_t slots = 16;
    while (slots < (size_t)count * 2) {
        slots *= 2;
    }
    uint32_t *occurrences = arena_allocate(memory, (size_t)count * sizeof *occurrences);
    met *table = arena_allocate_zeroed(memory, slots * sizeof *table);
    if (occurrences == NULL || table == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint64_t identity = identity_observation(record, i);
        size_t at = identity & (slots - 1);
        while (table[at].count > 0 && table[at].identity != identity) {
            at = (at + 1) & (slots - 1);
        }
        table[at].identity = identity;
        occurrences[i] = table[at].count++;
    }
    *ret_occurrences = occurrences;
    return DRAGOMAN_OK;
}

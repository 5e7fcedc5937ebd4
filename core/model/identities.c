#include "model/identity.h"
#include "model/model.h"

/* A set of the identities met so far: open addressing, the hash itself is the key. */
typedef struct met {
    uint64_t identity;
    uint32_t count; /* 0: free */
} met;

dragoman_status model_identities(const model_record *record, arena *memory, const model_identity **ret_identities) {
    uint32_t count = record->report.observations.count;
    size_t slots = 16;
    while (slots < (size_t)count * 2) {
        slots *= 2;
    }
    model_identity *identities = arena_allocate(memory, (size_t)count * sizeof *identities);
    met *table = arena_allocate_zeroed(memory, slots * sizeof *table);
    if (identities == NULL || table == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    uint64_t patient = identity_patient(record);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t hash = identity_observation(record, i, patient);
        size_t at = hash & (slots - 1);
        while (table[at].count > 0 && table[at].identity != hash) {
            at = (at + 1) & (slots - 1);
        }
        table[at].identity = hash;
        identities[i] = (model_identity){.hash = hash, .occurrence = table[at].count++};
    }
    *ret_identities = identities;
    return DRAGOMAN_OK;
}

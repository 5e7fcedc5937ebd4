#include "store/stamp.h"

#include "store/stamping.h"
#include "store/state.h"
#include <stdlib.h>

struct store_stamper {
    store_registry registry;
    store_episodic episodic;
    store_states states;
    buffer repeated;
};

dragoman_status store_stamper_create(store_stamper **ret_stamper, error_record *error) {
    store_stamper *self = calloc(1, sizeof(*self));
    if (self == NULL || store_episodic_init(&self->episodic) != DRAGOMAN_OK) {
        free(self);
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for the device registry");
    }
    store_registry_init(&self->registry);
    store_states_init(&self->states);
    buffer_init(&self->repeated);
    *ret_stamper = self;
    return DRAGOMAN_OK;
}

void store_stamper_destroy(store_stamper *self) {
    if (self != NULL) {
        store_registry_fini(&self->registry);
        store_episodic_fini(&self->episodic);
        store_states_fini(&self->states);
        buffer_fini(&self->repeated);
        free(self);
    }
}

dragoman_status store_stamp(store_stamper *self, const store_message *message, const store_report *report, buffer *to) {
    store_stamping with = {&self->registry, &self->episodic, &self->repeated};
    uint64_t lane = 0;
    return store_stamp_report(&with, message, report, to, &lane);
}

dragoman_status store_stamper_state_put(store_stamper *self, const store_message *message) {
    dragoman_status status = store_states_check(&self->states, message);
    return status == DRAGOMAN_OK ? store_states_apply(&self->states, message) : status;
}

dragoman_status store_stamper_state_get(store_stamper *self, dragoman_bytes link, dragoman_bytes key, arena *memory,
                                        dragoman_bytes *ret_value) {
    return store_states_find(&self->states, link, key, memory, ret_value);
}

#include "app/house_states.h"

#include <stdlib.h>

const char *house_state_word(link_state state) {
    static const char *const words[] = {[LINK_NEVER_SEEN] = "never-seen",
                                        [LINK_CONNECTING] = "connecting",
                                        [LINK_LIVE] = "live",
                                        [LINK_STALE] = "stale",
                                        [LINK_GONE] = "gone"};
    return words[state];
}

void house_states_init(house_states *self) {
    *self = (house_states){.count = 0};
    pthread_mutex_init(&self->lock, NULL);
}

void house_states_fini(house_states *self) {
    free(self->items);
    pthread_mutex_destroy(&self->lock);
}

void house_states_put(house_states *self, uint32_t index, uint32_t count, dragoman_bytes name, const link_link *link) {
    house_state state = {.name = name, .word = "failed"};
    if (link != NULL) {
        link_health health;
        link_health_get(link, &health);
        state.word = house_state_word(health.state);
        state.last_heard_us = health.last_heard_us;
    }
    pthread_mutex_lock(&self->lock);
    if (self->items == NULL) {
        self->items = calloc(count, sizeof(*self->items));
        self->count = self->items == NULL ? 0 : count;
    }
    if (index < self->count) {
        self->items[index] = state;
    }
    pthread_mutex_unlock(&self->lock);
}

void house_states_visit(void *self,
                        void (*visit)(void *to, dragoman_bytes name, const char *state, int64_t last_heard_us),
                        void *to) {
    house_states *states = self;
    pthread_mutex_lock(&states->lock);
    for (uint32_t i = 0; i < states->count; i++) {
        if (states->items[i].word != NULL) {
            visit(to, states->items[i].name, states->items[i].word, states->items[i].last_heard_us);
        }
    }
    pthread_mutex_unlock(&states->lock);
}

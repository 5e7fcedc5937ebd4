#include "app/dialects.h"

#include "base/bytes.h"
#include <stdlib.h>

typedef struct taking {
    dialects *to;
    dragoman_status status;
    error_record *error;
} taking;

static void take(void *context, const terms_profile_facts *facts) {
    taking *at = context;
    if (at->status != DRAGOMAN_OK || at->to->count == DIALECTS_MAX) {
        return;
    }
    dialect *added = &at->to->items[at->to->count];
    *added = (dialect){.facts = *facts};
    if (facts->zone.size > 0) {
        error_record why = {0};
        at->status = time_zone_create(facts->zone, &added->zone, &why);
        if (at->status != DRAGOMAN_OK) {
            error_set(at->error, at->status, "profile %.*s: %s", BYTES_FORMAT(facts->name), why.text);
            return;
        }
    }
    at->to->count++;
}

dragoman_status dialects_init(dialects *self, const terms_book *book, error_record *error) {
    *self = (dialects){.book = book, .items = calloc(DIALECTS_MAX, sizeof(dialect))};
    if (self->items == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for the profiles");
    }
    taking at = {.to = self, .status = DRAGOMAN_OK, .error = error};
    terms_visit_profiles(book, take, &at);
    return at.status;
}

void dialects_fini(dialects *self) {
    for (uint32_t i = 0; i < self->count; i++) {
        time_zone_destroy(self->items[i].zone);
    }
    free(self->items);
    *self = (dialects){0};
}

static host_profile profile_of(void *meaning, dragoman_bytes adapter, dragoman_bytes chosen,
                               const dragoman_report *report) {
    const dialects *self = meaning;
    dragoman_bytes name = chosen.size > 0 ? chosen : terms_profile_of(self->book, adapter, report);
    for (uint32_t i = 0; name.size > 0 && i < self->count; i++) {
        const dialect *found = &self->items[i];
        if (bytes_equal(found->facts.name, name)) {
            return (host_profile){.name = found->facts.name,
                                  .zone = found->zone,
                                  .habit = found->facts.habit < 0 ? TIME_FOLLOWS : (time_habit)found->facts.habit};
        }
    }
    return (host_profile){0};
}

typedef struct asking {
    dragoman_bytes key;
    dragoman_bytes found;
} asking;

static void ask(void *context, dragoman_bytes name, dragoman_bytes value) {
    asking *at = context;
    if (bytes_equal(name, at->key)) {
        at->found = value;
    }
}

static dragoman_bytes profile_setting(void *meaning, dragoman_bytes adapter, dragoman_bytes chosen,
                                      const dragoman_code *sender, dragoman_bytes key) {
    const dialects *self = meaning;
    dragoman_report about = {.struct_size = sizeof(about), .sender = *sender};
    dragoman_bytes name = chosen.size > 0 ? chosen : terms_profile_of(self->book, adapter, &about);
    asking at = {.key = key};
    if (name.size > 0) {
        terms_visit_profile_settings(self->book, name, ask, &at);
    }
    return at.found;
}

static dragoman_list device(void *meaning, dragoman_bytes chosen) {
    const dialects *self = meaning;
    return terms_profile_device(self->book, chosen);
}

static bool is_episodic(void *meaning, dragoman_bytes profile, const dragoman_report *report,
                        const dragoman_observation *observation) {
    const dialects *self = meaning;
    return terms_is_episodic(self->book, profile, report, observation);
}

void dialects_hook(dialects *self, host_hooks *hooks) {
    hooks->meaning = self;
    hooks->profile = profile_of;
    hooks->profile_setting = profile_setting;
    hooks->device = device;
    hooks->is_episodic = is_episodic;
}

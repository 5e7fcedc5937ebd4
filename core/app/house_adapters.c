/* The adapters of a running house: here, or each in a process of its own. */
#include "app/house_inside.h"
#include "app/log.h"
#include "base/bytes.h"
#include <stdio.h>
#include <stdlib.h>

/* How long what adapters were given may take to be answered when the house closes. */
#define SETTLE_US 2000000

/* Whether the adapter came with dragoman: the build wrote down which do. */
static bool is_built_here(const house *self, dragoman_bytes name) {
    char path[APP_PATH_BYTES + 16];
    char line[128];
    bool is_found = false;
    snprintf(path, sizeof(path), "%s/built-here", self->places.adapters);
    FILE *list = fopen(path, "re");
    while (list != NULL && !is_found && fgets(line, sizeof(line), list) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        is_found = bytes_is(name, line);
    }
    if (list != NULL) {
        fclose(list);
    }
    return is_found;
}

/* Where the site does not say it, a stranger's adapter runs in a process: docs/decisions/isolation.md. */
static bool is_process(const house *self, const site_link *link) {
    int said = link->isolate != SITE_ISOLATE_DEFAULT ? link->isolate : self->of->isolate;
    return said == SITE_ISOLATE_PROCESS || (said == SITE_ISOLATE_DEFAULT && !is_built_here(self, link->adapter));
}

/* Where nobody said it, a kernel that can hold a process less apart is better than a house that stands still. */
static bool is_said(const site *of, const site_link *link) {
    return (link->isolate != SITE_ISOLATE_DEFAULT ? link->isolate : of->isolate) == SITE_ISOLATE_PROCESS;
}

static void say(void *context, uint32_t level, dragoman_bytes adapter, dragoman_bytes text) {
    (void)context;
    log_write(level, adapter, text, (dragoman_bytes){NULL, 0});
}

static house_adapter *find(const house *self, const site_link *link) {
    bool wants_process = is_process(self, link);
    for (uint32_t i = 0; i < self->adapter_count; i++) {
        house_adapter *each = &self->adapters[i];
        bool is_like = each->is_process == wants_process && each->is_said == is_said(self->of, link);
        if (is_like && !each->is_own && bytes_is(link->adapter, each->adapter.descriptor->name)) {
            return each;
        }
    }
    return NULL;
}

static dragoman_status load(void *context, const char *path, host_adapter *ret_adapter, error_record *error) {
    return isolate_load(context, path, ret_adapter, error);
}

dragoman_status house_need_adapter(house *self, const site_link *link, const host_adapter **ret_adapter,
                                   error_record *error) {
    bool is_own = is_process(self, link) && link->child == SITE_CHILD_OWN;
    house_adapter *found = is_own ? NULL : find(self, link);
    if (found != NULL) {
        *ret_adapter = &found->adapter;
        return DRAGOMAN_OK;
    }
    house_adapter *made = &self->adapters[self->adapter_count];
    *made = (house_adapter){.is_process = is_process(self, link), .is_said = is_said(self->of, link), .is_own = is_own};
    isolate_options options = {.program = self->places.child,
                               .memory_max = self->of->isolation.memory_max,
                               .answer_within_us = self->of->isolation.answer_within_us,
                               .cpu_max_us = self->of->isolation.cpu_max_us,
                               .needs_landlock = made->is_said,
                               .on = self->on,
                               .told = link_session_told,
                               .say = say};
    host_loader loader = {.context = &options, .load = load};
    dragoman_status status = host_adapter_load_named(made->is_process ? &loader : NULL, self->places.adapters,
                                                     link->adapter, &made->adapter, error);
    if (status == DRAGOMAN_OK) {
        self->adapter_count++;
        *ret_adapter = &made->adapter;
    }
    return status;
}

void house_settle_adapters(house *self) {
    for (uint32_t i = 0; i < self->adapter_count; i++) {
        if (self->adapters[i].is_process) {
            isolate_settle(&self->adapters[i].adapter, SETTLE_US);
        }
    }
}

void house_close_adapters(house *self) {
    for (uint32_t i = 0; i < self->adapter_count; i++) {
        host_adapter_close(&self->adapters[i].adapter);
    }
    free(self->adapters);
}

#include "app/isolation.h"

static dragoman_status load(void *context, const char *path, host_adapter *ret_adapter, error_record *error) {
    const app_isolation *self = context;
    return isolate_load(&self->options, path, ret_adapter, error);
}

void app_isolation_init(app_isolation *ret, const app_places *places) {
    *ret = (app_isolation){.options = {.program = places->child,
                                       .memory_max = ISOLATE_MEMORY_MAX,
                                       .answer_within_us = ISOLATE_ANSWER_WITHIN_US,
                                       .cpu_max_us = ISOLATE_CPU_MAX_US},
                           .loader = {.context = ret, .load = load}};
}

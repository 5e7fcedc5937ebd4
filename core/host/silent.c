#include "host/silent.h"

static host_profile no_profile(void *meaning, dragoman_bytes adapter, dragoman_bytes chosen,
                               const dragoman_report *report) {
    (void)meaning, (void)adapter, (void)chosen, (void)report;
    return (host_profile){0};
}

static dragoman_bytes no_setting(void *meaning, dragoman_bytes adapter, dragoman_bytes chosen,
                                 const dragoman_code *sender, dragoman_bytes key) {
    (void)meaning, (void)adapter, (void)chosen, (void)sender, (void)key;
    return (dragoman_bytes){NULL, 0};
}

static bool never_episodic(void *meaning, dragoman_bytes profile, const dragoman_report *report,
                           const dragoman_observation *observation) {
    (void)meaning, (void)profile, (void)report, (void)observation;
    return false;
}

static dragoman_status no_state(void *context, dragoman_bytes link, dragoman_bytes key, arena *memory,
                                dragoman_bytes *ret_value) {
    (void)context, (void)link, (void)key, (void)memory, (void)ret_value;
    return DRAGOMAN_NOT_FOUND;
}

static void ignore_log(void *context, dragoman_bytes link, uint32_t level, dragoman_bytes text,
                       dragoman_bytes private_text) {
    (void)context, (void)link, (void)level, (void)text, (void)private_text;
}

static void ignore_count(void *context, dragoman_bytes link, uint32_t counter, uint64_t add) {
    (void)context, (void)link, (void)counter, (void)add;
}

static void ignore_wake(void *context) {
    (void)context;
}

host_hooks host_silent_hooks(void) {
    return (host_hooks){.state_get = no_state,
                        .log = ignore_log,
                        .count = ignore_count,
                        .wake = ignore_wake,
                        .profile = no_profile,
                        .profile_setting = no_setting,
                        .is_episodic = never_episodic};
}

/*
 * An adapter that reads the device section of its profile, and runs in a host of the first minor too: it prints what it
 * was started with as a dead letter, and finds fault with every value "wrong".
 */
#include <dragoman/adapter.h>
#include <string.h>

static const dragoman_host *host;
static void *host_context;

static dragoman_status letter(dragoman_bytes payload, dragoman_bytes stage) {
    return host->dead_letter(host_context, payload, stage, DRAGOMAN_TEXT("started"));
}

static dragoman_status init(const dragoman_host *of, void *context, const dragoman_start *start, void **ret_instance) {
    host = of;
    host_context = context;
    *ret_instance = (void *)(uintptr_t)of;
#if DRAGOMAN_ABI_MINOR >= 1
    if (DRAGOMAN_HAS(start, profile)) {
        for (uint32_t i = 0; i < start->profile.count; i++) {
            const dragoman_setting *setting = dragoman_list_at(&start->profile, i);
            letter(setting->key, setting->value);
        }
        return DRAGOMAN_OK;
    }
#endif
    (void)start;
    return letter(DRAGOMAN_TEXT("no profile"), DRAGOMAN_TEXT("is known"));
}

static void fini(void *instance) {
    (void)instance;
}

static dragoman_status handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                              dragoman_progress *ret_progress) {
    (void)instance, (void)now;
    ret_progress->consumed = event->kind == DRAGOMAN_EVENT_BYTES ? event->of.bytes.unread.size : 0;
    return DRAGOMAN_OK;
}

static int64_t deadline(const void *instance) {
    (void)instance;
    return DRAGOMAN_NO_DEADLINE;
}

static dragoman_status expire(void *instance, const dragoman_now *now) {
    (void)instance, (void)now;
    return DRAGOMAN_OK;
}

static dragoman_status next(void *instance, dragoman_action *ret_action) {
    (void)instance, (void)ret_action;
    return DRAGOMAN_NOT_FOUND;
}

#if DRAGOMAN_ABI_MINOR >= 1
static void check_profile(const dragoman_list *profile, dragoman_mistake_teller tell, void *context) {
    if (profile->count == 0) {
        tell(context, (dragoman_bytes){NULL, 0}, DRAGOMAN_TEXT("a device section is needed"));
    }
    for (uint32_t i = 0; i < profile->count; i++) {
        const dragoman_setting *setting = dragoman_list_at(profile, i);
        if (setting->value.size == 5 && memcmp(setting->value.data, "wrong", 5) == 0) {
            tell(context, setting->key, DRAGOMAN_TEXT("this is wrong"));
        }
    }
}
#endif

static const dragoman_channel channels[] = {{.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM}};

DRAGOMAN_EXPORT const dragoman_adapter_descriptor dragoman_adapter = {
    .magic = DRAGOMAN_ABI_MAGIC,
    .abi_major = DRAGOMAN_ABI_MAJOR,
    .abi_minor = DRAGOMAN_ABI_MINOR,
    .struct_size = sizeof(dragoman_adapter_descriptor),
    .scope = DRAGOMAN_SCOPE_SESSION,
    .name = "profiled",
    .version = "1.0.0",
    .summary = "reads the device section of its profile",
    .channels = channels,
    .channel_count = 1,
    .init = init,
    .fini = fini,
    .handle = handle,
    .deadline = deadline,
    .expire = expire,
    .next = next,
#if DRAGOMAN_ABI_MINOR >= 1
    .check_profile = check_profile,
#endif
};

/*
 * A host for one adapter and one input, for the tests that build host and adapter against different headers: loads the
 * adapter that is named, gives it standard input as a file, and prints every report's bytes in hexadecimal, a line
 * each.
 */
#include "base/bytes.h"
#include "host/instance.h"
#include <stdio.h>
#include <string.h>

static void keep(void *context, host_message *message) {
    (void)context;
    for (uint32_t i = 0; i < message->store.report_count; i++) {
        dragoman_bytes bytes = message->store.reports[i].bytes;
        for (size_t n = 0; n < bytes.size; n++) {
            printf("%02x", bytes.data[n]);
        }
        printf("\n");
    }
    for (uint32_t i = 0; i < message->store.dead_count; i++) {
        const store_dead *dead = &message->store.dead[i];
        printf("letter %.*s = %.*s\n", BYTES_FORMAT(dead->payload), BYTES_FORMAT(dead->stage));
    }
    host_message_settle(message, DRAGOMAN_DURABLE, DRAGOMAN_OK, NULL);
}

static dragoman_status no_state(void *context, dragoman_bytes link, dragoman_bytes key, arena *memory,
                                dragoman_bytes *ret_value) {
    (void)context, (void)link, (void)key, (void)memory, (void)ret_value;
    return DRAGOMAN_NOT_FOUND;
}

static void say(void *context, dragoman_bytes link, uint32_t level, dragoman_bytes text, dragoman_bytes private_text) {
    (void)context, (void)link, (void)level, (void)private_text;
    fprintf(stderr, "%.*s\n", BYTES_FORMAT(text));
}

static void count(void *context, dragoman_bytes link, uint32_t counter, uint64_t add) {
    (void)context, (void)link, (void)counter, (void)add;
}

static void wake(void *context) {
    (void)context;
}

static host_profile profile(void *meaning, dragoman_bytes adapter, dragoman_bytes chosen,
                            const dragoman_report *report) {
    (void)meaning, (void)adapter, (void)chosen, (void)report;
    return (host_profile){0};
}

static dragoman_bytes setting(void *meaning, dragoman_bytes adapter, dragoman_bytes chosen, const dragoman_code *sender,
                              dragoman_bytes key) {
    (void)meaning, (void)adapter, (void)chosen, (void)sender, (void)key;
    return (dragoman_bytes){NULL, 0};
}

static bool episodic(void *meaning, dragoman_bytes name, const dragoman_report *report,
                     const dragoman_observation *observation) {
    (void)meaning, (void)name, (void)report, (void)observation;
    return false;
}

static const dragoman_setting device[] = {{DRAGOMAN_TEXT_INIT("lines.0.name"), DRAGOMAN_TEXT_INIT("air")},
                                          {DRAGOMAN_TEXT_INIT("lines.1.name"), DRAGOMAN_TEXT_INIT("wrong")}};

static dragoman_list device_of(void *meaning, dragoman_bytes chosen) {
    (void)meaning, (void)chosen;
    return DRAGOMAN_LIST(device, 2);
}

static void tell_mistake(void *context, dragoman_bytes key, dragoman_bytes sentence) {
    (void)context;
    printf("mistake %.*s: %.*s\n", BYTES_FORMAT(key), BYTES_FORMAT(sentence));
}

static void check_profile(const dragoman_adapter_descriptor *adapter) {
    dragoman_list list = device_of(NULL, (dragoman_bytes){NULL, 0});
    if (DRAGOMAN_HAS(adapter, check_profile) && adapter->check_profile != NULL) {
        adapter->check_profile(&list, tell_mistake, NULL);
    }
}

static void told(void *context, host_instance *instance) {
    dragoman_action action;
    (void)context;
    while (host_instance_next(instance, &action) == DRAGOMAN_OK) {
        printf("action %u %.*s", action.kind, BYTES_FORMAT(action.data));
    }
}

static int run(host_environment *environment, const host_adapter *adapter, dragoman_bytes input) {
    static const uint8_t seed[DRAGOMAN_SEED_BYTES];
    dragoman_now now = {.monotonic_us = 1, .wall_us = 1700000000000000};
    host_instance_options options = {.link = DRAGOMAN_TEXT("driver"), .profile = DRAGOMAN_TEXT("chosen"), .seed = seed};
    host_instance *instance = NULL;
    error_record error = {0};
    if (host_instance_create(environment, adapter, &options, &now, &instance, &error) != DRAGOMAN_OK) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    dragoman_event event = {.struct_size = sizeof(event), .kind = DRAGOMAN_EVENT_OPENED};
    event.of.opened = (dragoman_opened_event){.channel_kind = DRAGOMAN_CHANNEL_STREAM};
    host_stream stream = {0};
    bool is_stopped = false;
    dragoman_status status = host_instance_handle(instance, &event, &now);
    /* A kind that nobody of this minor knows must change nothing. */
    dragoman_event unknown = {.struct_size = sizeof(unknown), .kind = 4711};
    status = status == DRAGOMAN_OK ? host_instance_handle(instance, &unknown, &now) : status;
    status =
        status == DRAGOMAN_OK ? host_instance_feed(instance, 0, &stream, input, true, 0, &now, &is_stopped) : status;
    host_environment_settle(environment, &now, told, NULL);
    host_instance_destroy(instance);
    host_stream_fini(&stream);
    return status == DRAGOMAN_OK || status == DRAGOMAN_NEED_MORE ? 0 : 1;
}

int main(int argc, char **argv) {
    static uint8_t input[1 << 20];
    error_record error = {0};
    host_adapter adapter;
    size_t size = fread(input, 1, sizeof(input), stdin);
    if (argc != 2 || host_adapter_load(argv[1], &adapter, &error) != DRAGOMAN_OK) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    host_hooks hooks = {.keep = keep,
                        .state_get = no_state,
                        .log = say,
                        .count = count,
                        .wake = wake,
                        .profile = profile,
                        .profile_setting = setting,
                        .device = device_of,
                        .is_episodic = episodic};
    host_environment *environment = host_environment_create(&hooks);
    check_profile(adapter.descriptor);
    int outcome = run(environment, &adapter, (dragoman_bytes){input, size});
    host_environment_destroy(environment);
    host_adapter_close(&adapter);
    return outcome;
}

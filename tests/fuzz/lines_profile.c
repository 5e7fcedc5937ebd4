/* Device sections: "key=value" lines as a profile's flattened tree. One that has no mistake must be one that can be
 * started, and takes whatever its device says. */
#include "kit/fake_host.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_lines;

#define ENTRIES 200

static void count_mistake(void *context, dragoman_bytes key, dragoman_bytes sentence) {
    uint32_t *count = context;
    if (sentence.size == 0 || (key.size > 0 && key.data == NULL)) {
        abort();
    }
    (*count)++;
}

/* The section, up to an empty line; what follows it is said by the device. */
static uint32_t split(const uint8_t *data, size_t size, dragoman_setting *entries, size_t *ret_used) {
    uint32_t count = 0;
    size_t at = 0;
    while (at < size && count < ENTRIES) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t line = end == NULL ? size - at : (size_t)(end - data) - at;
        if (line == 0) {
            at++;
            break;
        }
        const uint8_t *sign = memchr(data + at, '=', line);
        size_t key = sign == NULL ? line : (size_t)(sign - data) - at;
        size_t value = sign == NULL ? line : key + 1;
        entries[count++] = (dragoman_setting){{data + at, key}, {data + at + value, line - value}};
        at += end == NULL ? line : line + 1;
    }
    *ret_used = at;
    return count;
}

static void say(void *instance, fake_host *host, dragoman_bytes said) {
    const dragoman_adapter_descriptor *adapter = &dragoman_adapter_lines;
    dragoman_now now = {.monotonic_us = 1};
    dragoman_progress progress = {0};
    dragoman_event event = {.struct_size = sizeof event, .kind = DRAGOMAN_EVENT_OPENED};
    event.of.opened = (dragoman_opened_event){.channel_kind = DRAGOMAN_CHANNEL_FILE, .peer = DRAGOMAN_TEXT("file")};
    (void)adapter->handle(instance, &event, &now, &progress);
    do {
        event = (dragoman_event){.struct_size = sizeof event, .kind = DRAGOMAN_EVENT_BYTES};
        event.of.bytes = (dragoman_bytes_event){.unread = said, .fresh = said.size, .is_end = 1};
        progress = (dragoman_progress){0};
        (void)adapter->handle(instance, &event, &now, &progress);
        arena_reset(&host->batch);
        if (progress.consumed > said.size) {
            abort();
        }
        said = (dragoman_bytes){said.data + progress.consumed, said.size - progress.consumed};
    } while (progress.consumed > 0 && said.size > 0);
}

/* What is read from a file is UTF-8; here it is ASCII. */
static bool is_text(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (data[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    dragoman_setting entries[ENTRIES];
    uint32_t mistakes = 0;
    size_t used = 0;
    fake_host host;
    void *instance = NULL;
    dragoman_list list = DRAGOMAN_LIST(entries, split(data, size, entries, &used));
    dragoman_adapter_lines.check_profile(&list, count_mistake, &mistakes);
    fake_host_init(&host, &dragoman_adapter_lines);
    host.is_quiet = true;
    dragoman_start start = {.struct_size = sizeof start, .profile = list};
    dragoman_status status = dragoman_adapter_lines.init(&host.table, &host, &start, &instance);
    if (mistakes == 0 && status != DRAGOMAN_OK) {
        abort();
    }
    if (status == DRAGOMAN_OK && is_text(data, used)) {
        say(instance, &host, (dragoman_bytes){data + used, size - used});
    }
    dragoman_adapter_lines.fini(instance);
    fake_host_fini(&host);
    if (host.broken != NULL) {
        abort();
    }
    return 0;
}

/* Device sections: "key=value" lines as a profile's flattened tree. A map that has no mistake must be one that can be
 * started. */
#include "kit/fake_host.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_modbus;

#define ENTRIES 200

static void count_mistake(void *context, dragoman_bytes key, dragoman_bytes sentence) {
    uint32_t *count = context;
    if (sentence.size == 0 || (key.size > 0 && key.data == NULL)) {
        abort();
    }
    (*count)++;
}

static uint32_t split(const uint8_t *data, size_t size, dragoman_setting *entries) {
    uint32_t count = 0;
    for (size_t at = 0; at < size && count < ENTRIES;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t line = end == NULL ? size - at : (size_t)(end - data) - at;
        const uint8_t *sign = memchr(data + at, '=', line);
        size_t key = sign == NULL ? line : (size_t)(sign - data) - at;
        size_t value = sign == NULL ? line : key + 1;
        entries[count++] = (dragoman_setting){{data + at, key}, {data + at + value, line - value}};
        at += line + 1;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    dragoman_setting entries[ENTRIES];
    uint32_t mistakes = 0;
    fake_host host;
    void *instance = NULL;
    dragoman_list list = DRAGOMAN_LIST(entries, split(data, size, entries));
    dragoman_adapter_modbus.check_profile(&list, count_mistake, &mistakes);
    fake_host_init(&host, &dragoman_adapter_modbus);
    dragoman_start start = {.struct_size = sizeof start, .profile = list};
    dragoman_status status = dragoman_adapter_modbus.init(&host.table, &host, &start, &instance);
    if (mistakes == 0 && status != DRAGOMAN_OK) {
        abort();
    }
    dragoman_adapter_modbus.fini(instance);
    fake_host_fini(&host);
    return 0;
}

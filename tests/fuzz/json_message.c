/* A device section as "key=value" lines up to an empty one, and behind it lines of JSON. A section without a mistake
 * can be started; whole or in pieces the same is said; nothing crashes or leaks. */
#include "kit/fake_host.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_json;

#define ENTRIES 64

static void count_mistake(void *context, dragoman_bytes key, dragoman_bytes sentence) {
    uint32_t *count = context;
    if (sentence.size == 0 || (key.size > 0 && key.data == NULL)) {
        abort();
    }
    (*count)++;
}

/* Cuts the section off the input. */
static uint32_t split(dragoman_bytes *input, dragoman_setting *entries) {
    uint32_t count = 0;
    while (input->size > 0 && input->data[0] != '\n' && count < ENTRIES) {
        const uint8_t *end = memchr(input->data, '\n', input->size);
        size_t line = end == NULL ? input->size : (size_t)(end - input->data);
        const uint8_t *sign = memchr(input->data, '=', line);
        size_t key = sign == NULL ? line : (size_t)(sign - input->data);
        size_t value = sign == NULL ? line : key + 1;
        entries[count++] = (dragoman_setting){{input->data, key}, {input->data + value, line - value}};
        size_t used = line < input->size ? line + 1 : line;
        *input = (dragoman_bytes){input->data + used, input->size - used};
    }
    return count;
}

static void start_with(dragoman_list list) {
    uint32_t mistakes = 0;
    fake_host host;
    void *instance = NULL;
    dragoman_adapter_json.check_profile(&list, count_mistake, &mistakes);
    fake_host_init(&host, &dragoman_adapter_json);
    dragoman_start start = {.struct_size = sizeof start, .profile = list};
    dragoman_status status = dragoman_adapter_json.init(&host.table, &host, &start, &instance);
    if (mistakes == 0 && status != DRAGOMAN_OK) {
        abort();
    }
    dragoman_adapter_json.fini(instance);
    fake_host_fini(&host);
}

/* By a section of its own: what the input says of itself rarely fits what it holds. */
static void read_lines(dragoman_bytes input, size_t piece) {
    static const char device[] = "messages.0.name=m messages.0.when.0=$.a messages.0.device=$.d messages.0.time=$.t "
                                 "messages.0.values.0.name=v messages.0.values.0.path=$.a messages.0.values.1.name=w "
                                 "messages.0.values.1.path=$['b'][0] messages.0.values.1.type=text";
    fake_session whole;
    fake_session pieces;
    bool is_open = fake_session_open_device(&whole, &dragoman_adapter_json, NULL, device, DRAGOMAN_CHANNEL_FILE) &&
                   fake_session_open_device(&pieces, &dragoman_adapter_json, NULL, device, DRAGOMAN_CHANNEL_FILE);
    if (!is_open) {
        abort();
    }
    fake_session_feed(&whole, input, true);
    fake_session_feed_pieces(&pieces, input, piece, true);
    bool is_same = strcmp(fake_host_text(&whole.host), fake_host_text(&pieces.host)) == 0;
    if (fake_session_close(&whole) != NULL || fake_session_close(&pieces) != NULL || !is_same) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    dragoman_setting entries[ENTRIES];
    if (size < 2) {
        return 0;
    }
    dragoman_bytes input = {data + 1, size - 1};
    uint32_t count = split(&input, entries);
    start_with(DRAGOMAN_LIST(entries, count));
    read_lines(input, 1u + data[0]);
    return 0;
}

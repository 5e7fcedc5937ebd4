/* A capture of any bytes: whatever stands in it, reading ends, and what was read is written and read again the same.
 * What it holds is played through an adapter. */
#include "base/bytes.h"
#include "capture/capture.h"
#include "capture/layout.h"
#include "host/player.h"
#include "host/silent.h"
#include <stdlib.h>

extern const dragoman_adapter_descriptor dragoman_adapter_hl7v2;

static void keep(void *context, host_message *message) {
    const bool *is_complete = context;
    if (!*is_complete) {
        host_message_settle(message, DRAGOMAN_DURABLE, DRAGOMAN_OK, NULL);
    }
}

/* What is written of a record is what it was read from, up to parts that a later minor appended. */
static void check_record(const capture_record *record) {
    buffer again;
    buffer_init(&again);
    capture_write_record(record, &again);
    capture_reader reader = {.bytes = buffer_bytes(&again)};
    capture_record read;
    if (capture_reader_next(&reader, &read, NULL) != DRAGOMAN_OK || read.part_count != record->part_count ||
        read.session != record->session || read.now.wall_us != record->now.wall_us) {
        abort();
    }
    for (uint32_t i = 0; i < read.part_count; i++) {
        if (!bytes_equal(read.parts[i], record->parts[i])) {
            abort();
        }
    }
    buffer_fini(&again);
}

/* Makes the checks right, so that what is behind them is reached. */
static void mend_checks(uint8_t *data, size_t size) {
    size_t at = LAYOUT_FILE_HEAD_BYTES;
    while (size >= at + LAYOUT_FRAME_BYTES) {
        size_t length = data[at] | (size_t)data[at + 1] << 8 | (size_t)data[at + 2] << 16 | (size_t)data[at + 3] << 24;
        if (length > size - at - LAYOUT_FRAME_BYTES) {
            return;
        }
        uint32_t check = layout_check((dragoman_bytes){data + at + LAYOUT_FRAME_BYTES, length});
        for (unsigned i = 0; i < 4; i++) {
            data[at + 4 + i] = (uint8_t)(check >> (8 * i));
        }
        at += LAYOUT_FRAME_BYTES + length;
    }
}

static void play_all(const uint8_t *data, size_t size) {
    static capture_header header;
    capture_reader reader;
    capture_record record;
    host_player *player = NULL;
    if (capture_reader_init(&reader, (dragoman_bytes){data, size}, &header, NULL) != DRAGOMAN_OK) {
        return;
    }
    bool is_complete = (header.flags & CAPTURE_IS_COMPLETE) != 0;
    host_hooks hooks = host_silent_hooks();
    hooks.context = &is_complete;
    hooks.keep = keep;
    host_adapter adapter = {.descriptor = &dragoman_adapter_hl7v2, .path = "(linked in)"};
    host_environment *environment = host_environment_create(&hooks);
    host_player_options options = {
        .environment = environment, .adapter = &adapter, .instance = {.link = DRAGOMAN_TEXT("fuzz")}};
    (void)host_player_create(&options, &header, &player, NULL);
    while (capture_reader_next(&reader, &record, NULL) == DRAGOMAN_OK) {
        check_record(&record);
        if (player != NULL) {
            (void)host_player_play(player, &record, NULL);
        }
    }
    if (player != NULL && host_player_fault(player) != NULL) {
        abort();
    }
    host_player_destroy(player);
    host_environment_destroy(environment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *copy = calloc(size + 1, 1);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    play_all(copy, size);
    mend_checks(copy, size);
    play_all(copy, size);
    free(copy);
    return 0;
}

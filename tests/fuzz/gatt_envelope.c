/* Any bytes as lines, as a message of a broker, and as the value of each characteristic in an envelope that is as it
 * should be. Nothing crashes or leaks, and the contract is kept. */
#include "kit/fake_host.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_gatt;

static const char *const characteristics[] = {"2A18", "2A34", "2AA7", "2AA8", "2AAA", "2A1C", "2A37", "2A35",
                                              "2A5E", "2A5F", "2A9D", "2A9C", "2A2B", "2A19", "2A29", "FFFF"};

static void open_session(fake_session *session, const char *settings, dragoman_channel_kind kind) {
    if (!fake_session_open(session, &dragoman_adapter_gatt, settings, kind)) {
        abort();
    }
}

static void close_session(fake_session *session) {
    if (fake_session_close(session) != NULL) {
        abort();
    }
}

/* Pieces of eight bytes and more, each the value of a characteristic: what one leaves behind the next may use. */
static void as_values(dragoman_bytes input) {
    fake_session session;
    open_session(&session, NULL, DRAGOMAN_CHANNEL_STREAM);
    while (input.size > 0) {
        size_t most = input.data[0] / 16u * 4u;
        size_t used = most < input.size - 1 ? most : input.size - 1;
        char line[512];
        int at = snprintf(line, sizeof line,
                          "{\"device\":{\"address\":\"AA:BB:CC:00:11:22\"},\"characteristic\":\"%s\",\"value\":\"",
                          characteristics[input.data[0] % 16u]);
        for (size_t n = 0; n < used; n++) {
            at += snprintf(line + at, sizeof line - (size_t)at, "%02x", input.data[1 + n]);
        }
        at += snprintf(line + at, sizeof line - (size_t)at, "\"}\n");
        fake_session_feed(&session, (dragoman_bytes){(const uint8_t *)line, (size_t)at}, false);
        input = (dragoman_bytes){input.data + 1 + used, input.size - 1 - used};
    }
    close_session(&session);
}

static void as_lines(size_t piece, dragoman_bytes input, bool has_check) {
    fake_session whole;
    fake_session pieces;
    open_session(&whole, has_check ? "line_check=crc16" : NULL, DRAGOMAN_CHANNEL_FILE);
    open_session(&pieces, has_check ? "line_check=crc16" : NULL, DRAGOMAN_CHANNEL_FILE);
    fake_session_feed(&whole, input, true);
    fake_session_feed_pieces(&pieces, input, piece, true);
    if (strcmp(fake_host_text(&whole.host), fake_host_text(&pieces.host)) != 0) {
        abort();
    }
    close_session(&whole);
    close_session(&pieces);
}

static void as_message(dragoman_bytes input, bool is_retained) {
    fake_session session;
    open_session(&session, NULL, DRAGOMAN_CHANNEL_MESSAGE);
    dragoman_event event = {.kind = DRAGOMAN_EVENT_MESSAGE};
    event.of.message =
        (dragoman_message_event){.topic = DRAGOMAN_TEXT("gw"), .payload = input, .is_retained = is_retained ? 1 : 0};
    fake_session_tell(&session, event);
    close_session(&session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    dragoman_bytes input = {data + 1, size - 1};
    switch (data[0] % 4u) {
    case 0:
        as_values(input);
        break;
    case 1:
        as_lines(1u + data[0] / 4u, input, false);
        break;
    case 2:
        as_lines(1u + data[0] / 4u, input, true);
        break;
    default:
        as_message(input, data[0] > 127);
        break;
    }
    return 0;
}

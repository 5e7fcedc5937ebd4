/* Any bytes on a line of a Contec finger clip or in a file: the same reports come however the bytes arrive, and nothing
 * goes out but the three commands that only ask. */
#include "kit/fake_host.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_contec;

#define COMMAND 9u

static bool is_harmless(const buffer *sent) {
    bool is_good = sent->size % COMMAND == 0;
    for (size_t at = 0; is_good && at < sent->size; at += COMMAND) {
        uint8_t command = sent->data[at + 2];
        is_good = sent->data[at] == 0x7d && sent->data[at + 1] == 0x81 &&
                  (command == 0xa1 || command == 0xaa || command == 0xaf);
    }
    return is_good;
}

static void run(fake_session *session, dragoman_channel_kind kind, dragoman_bytes input, size_t piece,
                int64_t pause_us) {
    if (!fake_session_open(session, &dragoman_adapter_contec, NULL, kind)) {
        abort();
    }
    fake_session_pass(session, pause_us);
    fake_session_feed_pieces(session, input, piece, false);
    fake_session_pass(session, pause_us);
    fake_session_feed(session, (dragoman_bytes){NULL, 0}, true);
    if (!is_harmless(&session->sent) || (kind == DRAGOMAN_CHANNEL_FILE && session->sent.size > 0)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) {
        return 0;
    }
    dragoman_channel_kind kind = (data[0] & 1) != 0 ? DRAGOMAN_CHANNEL_FILE : DRAGOMAN_CHANNEL_STREAM;
    int64_t pause_us = (data[0] & 2) != 0 ? 7000000 : 0;
    dragoman_bytes input = {data + 1, size - 1};
    fake_session whole;
    fake_session pieces;
    run(&whole, kind, input, size, pause_us);
    run(&pieces, kind, input, 1 + data[0] / 4u, pause_us);
    if (whole.host.reports != pieces.host.reports || whole.host.observations != pieces.host.observations ||
        memcmp(whole.host.counters, pieces.host.counters, sizeof whole.host.counters) != 0) {
        abort();
    }
    if (fake_session_close(&whole) != NULL || fake_session_close(&pieces) != NULL) {
        abort();
    }
    return 0;
}

/* Any bytes on a line of a Nonin oximeter or in a file: the same reports come however the bytes arrive, nothing is ever
 * sent. So that packets are found at all, the sums of what looks like frames may be put right. */
#include "kit/fake_host.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_nonin;

/* 25 frames of five bytes, the first with SYNC. */
#define PACKET 125u
#define INPUT_MOST 4096u

static void put_right(uint8_t *bytes, size_t size, bool is_narrow) {
    for (size_t at = 0; at + 5 <= size; at += 5) {
        uint8_t *status = bytes + at + (is_narrow ? 1 : 0);
        bytes[at] = is_narrow ? 1 : bytes[at];
        *status = (uint8_t)((*status & 0xfeu) | 0x80u | (at % PACKET == 0 ? 1u : 0u));
        bytes[at + 4] = (uint8_t)(bytes[at] + bytes[at + 1] + bytes[at + 2] + bytes[at + 3]);
    }
}

static void run(fake_session *session, dragoman_channel_kind kind, dragoman_bytes input, size_t piece) {
    if (!fake_session_open(session, &dragoman_adapter_nonin, NULL, kind)) {
        abort();
    }
    fake_session_feed_pieces(session, input, piece, true);
    if (session->sent.size > 0) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t bytes[INPUT_MOST];
    if (size < 1 || size > sizeof bytes) {
        return 0;
    }
    memcpy(bytes, data + 1, size - 1);
    if ((data[0] & 2) != 0) {
        put_right(bytes, size - 1, (data[0] & 4) != 0);
    }
    dragoman_channel_kind kind = (data[0] & 1) != 0 ? DRAGOMAN_CHANNEL_FILE : DRAGOMAN_CHANNEL_STREAM;
    dragoman_bytes input = {bytes, size - 1};
    fake_session whole;
    fake_session pieces;
    run(&whole, kind, input, INPUT_MOST);
    run(&pieces, kind, input, 1 + data[0] / 8u);
    /* The names of alerts hold the time at which they began, which is another one. */
    if (whole.host.reports != pieces.host.reports || whole.host.observations != pieces.host.observations ||
        memcmp(whole.host.counters, pieces.host.counters, sizeof whole.host.counters) != 0) {
        abort();
    }
    if (fake_session_close(&whole) != NULL || fake_session_close(&pieces) != NULL) {
        abort();
    }
    return 0;
}

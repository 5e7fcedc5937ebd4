/* Any bytes as an analyser's side of the line, as pieces with silence, settlements of all kinds, kills and restarts
 * between them; and any bytes as a file. Nothing crashes or leaks, the contract is kept, and a file gives the same
 * however its bytes arrive. */
#include "kit/fake_host.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_astm;

static const char *const settings[] = {NULL, "queries=ignore max_message=4096", "charset=SHIFT_JIS code_component=4",
                                       "patient_field=5 order_number=specimen loinc_component=5"};

static void open_session(fake_session *session, uint8_t choice, dragoman_channel_kind kind) {
    if (!fake_session_open(session, &dragoman_adapter_astm, settings[choice % 4u], kind)) {
        abort();
    }
}

static void close_session(fake_session *session) {
    if (fake_session_close(session) != NULL) {
        abort();
    }
}

static void as_file(uint8_t choice, size_t piece, dragoman_bytes input) {
    fake_session whole;
    fake_session pieces;
    open_session(&whole, choice, DRAGOMAN_CHANNEL_FILE);
    open_session(&pieces, choice, DRAGOMAN_CHANNEL_FILE);
    fake_session_feed(&whole, input, true);
    fake_session_feed_pieces(&pieces, input, piece, true);
    /* Where a message over the limit is cut depends on how it came. */
    if (choice % 4u != 1 && strcmp(fake_host_text(&whole.host), fake_host_text(&pieces.host)) != 0) {
        abort();
    }
    close_session(&whole);
    close_session(&pieces);
}

/* A frame around the text, with the right sum: else nothing would ever come behind the check of it. */
static void feed_frame(fake_session *session, uint8_t number, dragoman_bytes text) {
    uint8_t frame[320] = {2, (uint8_t)('0' + number % 8u)};
    size_t size = 2;
    memcpy(frame + size, text.data, text.size);
    size += text.size;
    frame[size++] = (number & 8u) != 0 ? 0x17 : 3;
    uint8_t sum = 0;
    for (size_t n = 1; n < size; n++) {
        sum = (uint8_t)(sum + frame[n]);
    }
    size += (size_t)snprintf((char *)frame + size, 8, "%02X\r\n", sum);
    fake_session_feed(session, (dragoman_bytes){frame, size}, false);
}

/* What one byte asks for; `text` is what follows it. Returns how much of the text was used. */
static size_t act(fake_session *session, uint8_t choice, uint8_t what, dragoman_bytes text) {
    static const uint8_t signs[] = {4, 5, 6, 21};
    size_t used = what / 16u < text.size ? what / 16u * 4u : text.size;
    used = used < text.size ? used : text.size;
    switch (what % 8u) {
    case 0:
    case 1:
        feed_frame(session, (uint8_t)(what / 16u), (dragoman_bytes){text.data, used});
        return used;
    case 2:
        fake_session_feed(session, (dragoman_bytes){&signs[what / 16u % 4u], 1}, false);
        return 0;
    case 3:
        fake_session_pass(session, INT64_C(11000000) * (what / 64u));
        return 0;
    case 4:
        session->settling = (what & 16u) != 0 ? FAKE_SETTLE_NEVER : FAKE_SETTLE_AT_ONCE;
        return 0;
    case 5:
        if (session->host.last_number > session->settled) {
            bool is_kept = (what & 16u) != 0;
            fake_session_settle(session, session->settled + 1, is_kept ? DRAGOMAN_DURABLE : DRAGOMAN_NOT_KEPT,
                                is_kept ? DRAGOMAN_OK : DRAGOMAN_FULL, "no room");
        }
        return 0;
    case 6:
        if (what / 16u == 3 && !fake_session_restart(session, settings[choice % 4u], DRAGOMAN_CHANNEL_STREAM)) {
            abort();
        }
        session->host.refuse_begin = what / 16u == 5 ? DRAGOMAN_FULL : DRAGOMAN_OK;
        return 0;
    default:
        fake_session_feed(session, (dragoman_bytes){text.data, used}, false);
        return used;
    }
}

static void as_line(uint8_t choice, dragoman_bytes input) {
    fake_session session;
    open_session(&session, choice, DRAGOMAN_CHANNEL_STREAM);
    while (input.size > 0 && !session.has_failed) {
        size_t used = act(&session, choice, input.data[0], (dragoman_bytes){input.data + 1, input.size - 1});
        input = (dragoman_bytes){input.data + 1 + used, input.size - 1 - used};
    }
    close_session(&session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    dragoman_bytes input = {data + 2, size - 2};
    if ((data[0] & 4u) != 0) {
        as_line(data[0], input);
    } else {
        as_file(data[0], 1u + data[1], input);
    }
    return 0;
}

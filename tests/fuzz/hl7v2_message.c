/* Any bytes through the whole adapter: nothing crashes or leaks, the contract is kept, and a file gives the same
 * reports however its bytes arrive. */
#include "kit/fake_host.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_hl7v2;

static const char *const settings[] = {
    NULL,
    "odd_values=keep max_message=1024",
    "charset=ISO-8859-1 acknowledge=enhanced",
    "charset=ISO-2022-JP on_refusal=close",
    "speaker=monitor acknowledge=original on_refusal=AE",
    "speaker=laboratory sender_key=both discard=MDM+ORM^O01",
    "charset=SHIFT_JIS acknowledge=never",
    "charset=UTF-8 sender_key=peer",
};

static void open_session(fake_session *session, uint8_t choice, dragoman_channel_kind kind) {
    if (!fake_session_open(session, &dragoman_adapter_hl7v2, settings[choice % 8u], kind)) {
        abort();
    }
}

static void close_session(fake_session *session) {
    if (fake_session_close(session) != NULL) {
        abort();
    }
}

/* As a file: whole, and in pieces. */
static void as_file(uint8_t choice, size_t piece, dragoman_bytes input) {
    fake_session whole;
    fake_session pieces;
    open_session(&whole, choice, DRAGOMAN_CHANNEL_FILE);
    open_session(&pieces, choice, DRAGOMAN_CHANNEL_FILE);
    fake_session_feed(&whole, input, true);
    fake_session_feed_pieces(&pieces, input, piece, true);
    bool is_same = strcmp(fake_host_text(&whole.host), fake_host_text(&pieces.host)) == 0;
    /* How much of a message over the limit is kept depends on how it came. */
    if (!is_same && choice % 8u != 1) {
        abort();
    }
    close_session(&whole);
    close_session(&pieces);
}

/* As a block on a stream, with settlements between, some of them bad. */
static void as_stream(uint8_t choice, size_t piece, dragoman_bytes input) {
    fake_session session;
    open_session(&session, choice, DRAGOMAN_CHANNEL_STREAM);
    session.settling = (choice & 16) != 0 ? FAKE_SETTLE_NEVER : FAKE_SETTLE_AT_ONCE;
    session.host.limit = (choice & 32) != 0 ? 65536 : 0;
    fake_session_feed(&session, DRAGOMAN_TEXT("\x0b"), false);
    fake_session_feed_pieces(&session, input, piece, false);
    fake_session_feed(&session, DRAGOMAN_TEXT("\r\x1c\r"), false);
    if (!session.has_failed && session.host.last_number > session.settled) {
        fake_session_settle(&session, session.host.last_number, DRAGOMAN_NOT_KEPT, DRAGOMAN_FULL, "no|room^here");
    }
    close_session(&session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    uint8_t choice = data[0];
    size_t piece = 1u + data[1];
    dragoman_bytes input = {data + 2, size - 2};
    if ((choice & 8) != 0) {
        as_stream(choice, piece, input);
    } else {
        as_file(choice, piece, input);
    }
    return 0;
}

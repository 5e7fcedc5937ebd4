/* Any bytes on a MEDIBUS line or in a file: the same reports and answers come however the bytes arrive, and nothing but
 * requests goes out. */
#include "kit/medibus_line.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_medibus;

#define SETTINGS "curves=00 curves=01:2 only=24:EB high_from=24"

/* The curves are configured first, so that realtime bytes mean something. */
static void begin(fake_session *session, dragoman_channel_kind kind) {
    if (!fake_session_open(session, &dragoman_adapter_medibus, SETTINGS, kind)) {
        abort();
    }
    if (kind == DRAGOMAN_CHANNEL_STREAM) {
        line_respond(session, 'Q', "");
        line_respond(session, 'R', "8200'EvitaXL'07.00:06.00");
        fake_session_pass(session, 200000);
        line_respond(session, 'J', "");
        line_respond(session, 'S',
                     "00  250000  -20  100960"
                     "01  250000 -180  180168");
        line_respond(session, 'T', "");
    }
}

static void end(fake_session *session) {
    if (!line_is_harmless(buffer_bytes(&session->sent), "$%&'()*+,-.0JQRSTU") ||
        session->sent.size > session->sends * 4096u) {
        abort();
    }
    if (fake_session_close(session) != NULL) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) {
        return 0;
    }
    dragoman_channel_kind kind = (data[0] & 1) != 0 ? DRAGOMAN_CHANNEL_FILE : DRAGOMAN_CHANNEL_STREAM;
    size_t piece = 1 + data[0] / 2;
    dragoman_bytes input = {data + 1, size - 1};
    fake_session whole;
    fake_session pieces;
    begin(&whole, kind);
    begin(&pieces, kind);
    fake_session_feed(&whole, input, true);
    fake_session_feed_pieces(&pieces, input, piece, true);
    if (whole.host.reports != pieces.host.reports || whole.host.observations != pieces.host.observations) {
        abort();
    }
    end(&whole);
    end(&pieces);
    return 0;
}

/* Any bytes on the line of an Asena pump or in a file: the same reports come however the bytes arrive, and nothing but
 * the six queries goes out, whatever the settings and the profile say. */
#include "kit/asena_line.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_asena;

#define SETTINGS "values_every=1000 details_every=INF_START"
#define DEVICE "command=!INF_STOP|CD57"

static void end(fake_session *session) {
    if (!asena_is_harmless(buffer_bytes(&session->sent)) || fake_session_close(session) != NULL) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) {
        return 0;
    }
    dragoman_channel_kind kind = (data[0] & 1) != 0 ? DRAGOMAN_CHANNEL_FILE : DRAGOMAN_CHANNEL_STREAM;
    dragoman_bytes input = {data + 1, size - 1};
    fake_session whole;
    fake_session pieces;
    if (!fake_session_open_device(&whole, &dragoman_adapter_asena, SETTINGS, DEVICE, kind) ||
        !fake_session_open_device(&pieces, &dragoman_adapter_asena, SETTINGS, DEVICE, kind)) {
        abort();
    }
    whole.host.is_quiet = true;
    pieces.host.is_quiet = true;
    fake_session_feed(&whole, input, true);
    fake_session_feed_pieces(&pieces, input, 1 + data[0] / 2, true);
    if (whole.host.reports != pieces.host.reports || whole.host.observations != pieces.host.observations) {
        abort();
    }
    end(&whole);
    end(&pieces);
    return 0;
}

/* Any bytes on the line of an S/5 Computer Interface or in a file, as they are or as records with right frames: the
 * same reports come however the bytes arrive, and nothing but transmission requests goes out. */
#include "kit/dri_line.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_dri;

/* Frames in a record's place get past what a checksum keeps out. */
static void read_input(const uint8_t *data, size_t size, bool is_framed, buffer *to) {
    while (is_framed && size > 1) {
        size_t part = 1 + (size_t)data[0] * 6;
        part = part < size - 1 ? part : size - 1;
        dri_frame(to, (dragoman_bytes){data + 1, part});
        data += part + 1;
        size -= part + 1;
    }
    buffer_append(to, data, size);
}

static void end(fake_session *session) {
    if (!dri_is_harmless(buffer_bytes(&session->sent)) || fake_session_close(session) != NULL) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) {
        return 0;
    }
    dragoman_channel_kind kind = (data[0] & 1) != 0 ? DRAGOMAN_CHANNEL_FILE : DRAGOMAN_CHANNEL_STREAM;
    fake_session whole;
    fake_session pieces;
    buffer input;
    buffer_init(&input);
    read_input(data + 1, size - 1, (data[0] & 2) != 0, &input);
    if (!fake_session_open(&whole, &dragoman_adapter_dri, "means=both waves=ECG1", kind) ||
        !fake_session_open(&pieces, &dragoman_adapter_dri, "means=both waves=ECG1", kind)) {
        abort();
    }
    whole.host.is_quiet = true;
    pieces.host.is_quiet = true;
    fake_session_feed(&whole, buffer_bytes(&input), true);
    fake_session_feed_pieces(&pieces, buffer_bytes(&input), 1 + data[0] / 4, true);
    if (whole.host.reports != pieces.host.reports || whole.host.observations != pieces.host.observations ||
        whole.host.dead_letters != pieces.host.dead_letters) {
        abort();
    }
    end(&whole);
    end(&pieces);
    buffer_fini(&input);
    return 0;
}

/* Any bytes on a BCC line or in a file, as they are or as the information of a right frame: the same reports come
 * however the bytes arrive, and nothing but the two requests and acknowledgements goes out, whatever the settings and
 * the profile say. */
#include "kit/bcc_line.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_bcc;

#define SETTINGS "values_every=MEM:SET"
#define DEVICE "bed=x>MEM:SET request=MEM:SET"

/* Information in a frame's place gets past what a checksum keeps out. */
static void read_input(dragoman_bytes bytes, bool is_information, buffer *to) {
    char text[2048];
    size_t size = bytes.size < sizeof text ? bytes.size : sizeof text - 1;
    for (size_t n = 0; n < size; n++) {
        text[n] = bytes.data[n] < 5 ? ',' : (char)bytes.data[n];
    }
    text[size] = 0;
    if (is_information) {
        bcc_line_frame(to, "SpaceCom9/1/1", text);
    } else {
        buffer_append_bytes(to, bytes);
    }
}

static void end(fake_session *session) {
    if (!bcc_line_is_harmless(buffer_bytes(&session->sent)) || fake_session_close(session) != NULL) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) {
        return 0;
    }
    dragoman_channel_kind kind = (data[0] & 1) != 0 ? DRAGOMAN_CHANNEL_FILE : DRAGOMAN_CHANNEL_STREAM;
    buffer input;
    buffer_init(&input);
    read_input((dragoman_bytes){data + 1, size - 1}, (data[0] & 16) != 0, &input);
    fake_session whole;
    fake_session pieces;
    if (!fake_session_open_device(&whole, &dragoman_adapter_bcc, SETTINGS, DEVICE, kind) ||
        !fake_session_open_device(&pieces, &dragoman_adapter_bcc, SETTINGS, DEVICE, kind)) {
        abort();
    }
    whole.host.is_quiet = true;
    pieces.host.is_quiet = true;
    fake_session_feed(&whole, buffer_bytes(&input), true);
    fake_session_feed_pieces(&pieces, buffer_bytes(&input), 1 + data[0] / 2, true);
    if (whole.host.reports != pieces.host.reports || whole.host.observations != pieces.host.observations ||
        whole.host.dead_letters != pieces.host.dead_letters) {
        abort();
    }
    end(&whole);
    end(&pieces);
    buffer_fini(&input);
    return 0;
}

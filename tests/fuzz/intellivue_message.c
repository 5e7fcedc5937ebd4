/* Any bytes as a message of an associated monitor, as a datagram and in a frame on RS-232: nothing crashes or leaks,
 * the contract is kept, and both ways give the same reports. */
#include "adapters/intellivue/frame.h"
#include "kit/fake_host.h"
#include "simulate/play_message.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_intellivue;

#define MONITOR "10.0.0.9:24105"

static const play_identity identity = {
    .system_id = {0, 9, 0x5C, 1, 2, 3}, .model = "M8000", .serial = "DE1", .bed = "1", .port = 24105};

static void tell(fake_session *session, bool is_serial, dragoman_bytes message) {
    if (!is_serial) {
        fake_session_datagram(session, 0, MONITOR, message);
        return;
    }
    uint8_t bytes[INTELLIVUE_SENT_BYTES];
    intellivue_writer writer = {.data = bytes, .capacity = sizeof bytes};
    intellivue_frame_write(&writer, message);
    if (!writer.has_failed) {
        fake_session_feed(session, (dragoman_bytes){bytes, writer.size}, false);
    }
}

/* The text of all reports is left in `said`. */
static void run(bool is_serial, dragoman_bytes input, buffer *said) {
    fake_session session;
    buffer message;
    buffer_init(&message);
    if (!fake_session_open(&session, &dragoman_adapter_intellivue, is_serial ? NULL : "monitors=" MONITOR,
                           is_serial ? DRAGOMAN_CHANNEL_STREAM : DRAGOMAN_CHANNEL_DATAGRAM)) {
        abort();
    }
    play_association_response(&message, 0x8C000000);
    tell(&session, is_serial, buffer_bytes(&message));
    buffer_reset(&message);
    play_create_event(&message, &identity, 1, 80000, INT64_C(1767254400000000));
    tell(&session, is_serial, buffer_bytes(&message));
    fake_session_pass(&session, 2500000); /* all polls are out */
    /* Twice: what was said once is not said again. */
    tell(&session, is_serial, input);
    uint64_t reports = session.host.reports;
    tell(&session, is_serial, input);
    if (session.host.reports != reports) {
        abort();
    }
    buffer_append_text(said, fake_host_text(&session.host));
    if (fake_session_close(&session) != NULL) {
        abort();
    }
    buffer_fini(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    buffer as_datagram;
    buffer as_frame;
    buffer_init(&as_datagram);
    buffer_init(&as_frame);
    run(false, (dragoman_bytes){data, size}, &as_datagram);
    if (size > 0 && size <= INTELLIVUE_REQUEST_BYTES) {
        run(true, (dragoman_bytes){data, size}, &as_frame);
        if (as_datagram.size != as_frame.size ||
            (as_frame.size > 0 && memcmp(as_datagram.data, as_frame.data, as_frame.size) != 0)) {
            abort();
        }
    }
    buffer_fini(&as_datagram);
    buffer_fini(&as_frame);
    return 0;
}

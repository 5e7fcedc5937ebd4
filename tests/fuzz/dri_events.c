/* Sequences of events: openings, records of every kind, noise, time, endings, in any order. */
#include "kit/bytes_left.h"
#include "kit/dri_line.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_dri;

/* Values whose groups measure where the input says so. */
static void feed_values(fake_session *session, bytes_left *from) {
    uint8_t data[DRI_KIT_CLASS] = {0};
    uint8_t what = take(from);
    dragoman_bytes numbers = take_bytes(from, DRI_KIT_CLASS);
    buffer bytes;
    buffer_init(&bytes);
    memcpy(data, numbers.data, numbers.size);
    dri_physiological(&bytes, take(from), data, what >> 4 & 7u);
    dri_part part = {what & 7u, buffer_bytes(&bytes)};
    dri_feed(session, 0, &part, 1);
    buffer_fini(&bytes);
}

static void feed_alarms(fake_session *session, bytes_left *from) {
    static const char *const texts[] = {"", "HR high", "Apnea", "Z\xfc rich"};
    uint8_t message[DRI_KIT_ALARMS] = {0};
    for (unsigned place = 0; place < 5; place++) {
        uint8_t what = take(from);
        dri_put_alarm(message, place, texts[what & 3u], what >> 2 & 3u);
    }
    message[8] = take(from);
    dri_part part = {1, {message, sizeof message}};
    dri_feed(session, 4, &part, 1);
}

static void tell(fake_session *session, uint32_t kind) {
    dragoman_event event = {.struct_size = sizeof event, .kind = kind};
    if (kind == DRAGOMAN_EVENT_OPENED) {
        event.of.opened.channel_kind = DRAGOMAN_CHANNEL_STREAM;
    } else {
        event.of.closed.reason = DRAGOMAN_CLOSE_BROKEN;
    }
    fake_session_tell(session, event);
}

static void step(fake_session *session, bytes_left *from) {
    dri_part part = {0};
    uint8_t what = take(from);
    switch (what % 7u) {
    case 0:
        feed_values(session, from);
        break;
    case 1:
        feed_alarms(session, from);
        break;
    case 2:
        part.kind = take(from);
        part.bytes = take_bytes(from, take(from));
        dri_feed(session, what >> 5, &part, 1);
        break;
    case 3:
        fake_session_feed(session, take_bytes(from, take(from)), false);
        break;
    case 4:
        fake_session_pass(session, (int64_t)take(from) * 500000);
        break;
    case 5:
        tell(session, DRAGOMAN_EVENT_CLOSED);
        tell(session, DRAGOMAN_EVENT_OPENED);
        break;
    default:
        tell(session, what > 127 ? DRAGOMAN_EVENT_CLOSED : DRAGOMAN_EVENT_OPENED);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bytes_left from = {data, size};
    fake_session session;
    if (!fake_session_open(&session, &dragoman_adapter_dri, "means=both waves=ECG1,PLETH,CO2",
                           DRAGOMAN_CHANNEL_STREAM)) {
        abort();
    }
    session.host.is_quiet = true;
    for (int n = 0; n < 200 && from.size > 0; n++) {
        step(&session, &from);
        if (!dri_is_harmless(buffer_bytes(&session.sent))) {
            abort();
        }
        buffer_reset(&session.sent);
    }
    if (fake_session_close(&session) != NULL) {
        abort();
    }
    return 0;
}

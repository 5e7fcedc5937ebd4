/* Sequences of events: openings, answers that were asked for or not, commands, noise, time, endings, in any order. */
#include "kit/asena_line.h"
#include "kit/bytes_left.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_asena;

/* An answer with whatever text in it. */
static void feed_text(fake_session *session, dragoman_bytes bytes) {
    char text[64];
    size_t size = bytes.size < sizeof text ? bytes.size : sizeof text - 1;
    for (size_t n = 0; n < size; n++) {
        text[n] = bytes.data[n] == 0 ? ' ' : (char)bytes.data[n];
    }
    text[size] = 0;
    asena_feed(session, text);
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
    static const char *const answers[] = {"INST_SERIALNO^8002-51733",
                                          "COMMS_PROTOCOL^Asena Rev 2.1.5",
                                          "INF^8002-51733^-^SET^4.00^ml/h^^1.250^ml^17.91^mmHg^24+^EVENT^127904",
                                          "INF_VTBI^ACTIV^11.000^ml^STOP",
                                          "ALARM^AL_OCCLU^OCCLUSION^",
                                          "ALARM^AL_NOALM^ ^ ",
                                          "SYRINGE_STATUS^BD PLASTIPAK^ 50^CONF",
                                          "INF_START"};
    switch (take(from) % 6u) {
    case 0:
        asena_feed(session, answers[take(from) % 8u]);
        break;
    case 1:
        feed_text(session, take_bytes(from, take(from)));
        break;
    case 2:
        fake_session_pass(session, (int64_t)take(from) * 100000);
        break;
    case 3:
        tell(session, take(from) % 2 == 0 ? DRAGOMAN_EVENT_OPENED : DRAGOMAN_EVENT_CLOSED);
        break;
    default:
        fake_session_feed(session, take_bytes(from, take(from)), false);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bytes_left from = {data, size};
    fake_session session;
    if (!fake_session_open(&session, &dragoman_adapter_asena, "values_every=1000", DRAGOMAN_CHANNEL_STREAM)) {
        abort();
    }
    session.host.is_quiet = true;
    for (int n = 0; n < 200 && from.size > 0; n++) {
        step(&session, &from);
        if (!asena_is_harmless(buffer_bytes(&session.sent))) {
            abort();
        }
        buffer_reset(&session.sent);
    }
    if (fake_session_close(&session) != NULL) {
        abort();
    }
    return 0;
}

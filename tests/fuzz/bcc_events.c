/* Sequences of events: openings, frames that were asked for or not, commands, settlements, noise, time, endings, in any
 * order. */
#include "kit/bcc_line.h"
#include "kit/bytes_left.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_bcc;

/* An answer with whatever text in it. */
static void feed_text(fake_session *session, dragoman_bytes bytes) {
    char text[64];
    size_t size = bytes.size < sizeof text ? bytes.size : sizeof text - 1;
    for (size_t n = 0; n < size; n++) {
        text[n] = bytes.data[n] == 0 ? ' ' : (char)bytes.data[n];
    }
    text[size] = 0;
    bcc_line_feed(session, "1/1/1", text);
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
    static const char *const answers[] = {
        "1150,0,GNACK,0",
        "7,50113,GNMODEL,686N030004|7,50113,INSERNUM,561151|7,50113,INRT,12.50|7,50113,INA3,1",
        "8,50113,INA3,0|8,50114,INA3,1|8,50114,GNNEW,Perfusor|8,50114,PATID,1",
        "9,50113,INRT,_NV|rubbish",
        "MEM:SET#13,INRT,99",
    };
    static const char *const beds[] = {"1/1/1", "SpaceCom9/1/1", "x>MEM:SET/1/1"};
    switch (take(from) % 7u) {
    case 0:
        bcc_line_feed(session, beds[take(from) % 3u], answers[take(from) % 5u]);
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
    case 4:
        session->settling = take(from) % 2 == 0 ? FAKE_SETTLE_AT_ONCE : FAKE_SETTLE_NEVER;
        break;
    case 5:
        if (session->host.last_number > 0) {
            fake_session_settle(session, session->host.last_number,
                                take(from) % 2 == 0 ? DRAGOMAN_DURABLE : DRAGOMAN_NOT_KEPT, DRAGOMAN_OK, "");
        }
        break;
    default:
        fake_session_feed(session, take_bytes(from, take(from)), false);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bytes_left from = {data, size};
    fake_session session;
    if (!fake_session_open(&session, &dragoman_adapter_bcc, "values_every=5000", DRAGOMAN_CHANNEL_STREAM)) {
        abort();
    }
    session.host.is_quiet = true;
    for (int n = 0; n < 200 && from.size > 0; n++) {
        step(&session, &from);
        if (!bcc_line_is_harmless(buffer_bytes(&session.sent))) {
            abort();
        }
        buffer_reset(&session.sent);
    }
    if (fake_session_close(&session) != NULL) {
        abort();
    }
    return 0;
}

/* Sequences of events: openings, answers, requests of the device, realtime bytes, noise, time, endings, in any order.
 */
#include "kit/bytes_left.h"
#include "kit/medibus_line.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_medibus;

/* Data of a frame, as many characters as a byte says. */
static void take_text(bytes_left *from, char text[64]) {
    size_t size = take(from) % 63u;
    for (size_t n = 0; n < size; n++) {
        uint8_t character = take(from);
        text[n] = (char)(character == 0 ? ' ' : character);
    }
    text[size] = 0;
}

static void answer(fake_session *session, bytes_left *from) {
    char text[64];
    uint8_t code = (uint8_t)"$%&'()*+,-.0JQRSTU\x15"[take(from) % 19u];
    take_text(from, text);
    line_respond(session, code, text);
}

static void tell_closed(fake_session *session) {
    dragoman_progress progress = {0};
    dragoman_event event = {.struct_size = sizeof event, .kind = DRAGOMAN_EVENT_CLOSED};
    event.of.closed.reason = DRAGOMAN_CLOSE_BROKEN;
    (void)session->adapter->handle(session->instance, &event, &session->now, &progress);
    event = (dragoman_event){.struct_size = sizeof event, .kind = DRAGOMAN_EVENT_OPENED};
    event.of.opened.channel_kind = DRAGOMAN_CHANNEL_STREAM;
    (void)session->adapter->handle(session->instance, &event, &session->now, &progress);
    arena_reset(&session->host.batch);
}

static void step(fake_session *session, bytes_left *from) {
    char text[64];
    uint8_t what = take(from);
    switch (what % 8u) {
    case 0:
    case 1:
        answer(session, from);
        break;
    case 2:
        take_text(from, text);
        line_command(session, take(from), text);
        break;
    case 3:
        line_respond(session, 'S',
                     "00  250000  -20  100960"
                     "01  250000 -180  180168");
        break;
    case 4: {
        size_t size = take(from) % 32u;
        size = size < from->size ? size : from->size;
        fake_session_feed(session, (dragoman_bytes){from->at, size}, false);
        from->at += size;
        from->size -= size;
        break;
    }
    case 5:
        (void)line_answer_all(session, NULL, 0);
        break;
    case 6:
        fake_session_pass(session, (int64_t)take(from) * 50000);
        break;
    default:
        if (what >= 0xe0) {
            tell_closed(session);
        } else {
            line_respond(session, 'R', "8200'EvitaXL'07.00:06.00");
        }
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bytes_left from = {data, size};
    fake_session session;
    if (!fake_session_open(&session, &dragoman_adapter_medibus, "curves=00 curves=01:2 only=24:EB",
                           DRAGOMAN_CHANNEL_STREAM)) {
        abort();
    }
    session.host.is_quiet = true;
    for (int n = 0; n < 200 && from.size > 0; n++) {
        step(&session, &from);
        if (!line_is_harmless(buffer_bytes(&session.sent), "$%&'()*+,-.0JQRSTU")) {
            abort();
        }
        buffer_reset(&session.sent);
    }
    if (fake_session_close(&session) != NULL) {
        abort();
    }
    return 0;
}

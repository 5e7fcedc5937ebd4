/* Sequences of events on a link with several monitors: datagrams of all kinds in any order, from known and unknown
 * places, time that passes, channels that open and close. The contract is kept throughout. */
#include "kit/fake_host.h"
#include "simulate/play_message.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_intellivue;

static const char *const monitors[] = {"10.0.0.1:24105", "10.0.0.2:24105", "[fe80::1%eth0]:24105", "10.0.0.9:1"};

static const play_identity identity = {
    .system_id = {0, 9, 0x5C, 1, 2, 3}, .model = "M8000", .serial = "DE1", .bed = "1", .port = 24105};

enum { RAW, RESPONSE, CREATE, REFUSE, ABORT, RELEASE, ERROR, INDICATION, PASS, CLOSE, OPEN, RESULT, STEPS };

typedef struct input {
    const uint8_t *at;
    size_t left;
} input;

static uint8_t take(input *from) {
    if (from->left == 0) {
        return 0;
    }
    from->left--;
    return *from->at++;
}

static void put_result(input *from, buffer *to) {
    static const uint16_t classes[] = {5, 6, 9, 33, 42, 54};
    play_result result = {.number = take(from), .is_extended = (take(from) & 1) != 0, .sequence_no = take(from)};
    result.invoke_id = result.number;
    result.object_class = classes[take(from) % 6];
    result.linked_state = take(from) % 4;
    result.linked_count = take(from);
    play_result_begin(to, &result);
    for (uint8_t objects = take(from) % 4; objects > 0; objects--) {
        size_t object = play_object(to, &result, take(from), 1);
        size_t attribute = play_attribute(to, (uint16_t)(0x0900 + take(from)));
        size_t size = take(from) % 64u;
        size = size < from->left ? size : from->left;
        buffer_append(to, from->at, size);
        from->at += size;
        from->left -= size;
        play_close(to, attribute);
        play_close(to, object);
    }
    play_result_end(to, &result);
}

static void put_message(input *from, uint8_t step, buffer *to) {
    switch (step) {
    case RESPONSE:
        play_association_response(to, (uint32_t)take(from) << 24);
        break;
    case CREATE:
        play_create_event(to, &identity, take(from), (uint32_t)take(from) << 24, INT64_C(1767254400000000));
        break;
    case REFUSE:
        play_refuse(to);
        break;
    case ABORT:
        play_abort(to);
        break;
    case RELEASE:
        play_release_response(to);
        break;
    case ERROR:
        play_error(to, take(from), take(from));
        break;
    case INDICATION:
        play_connect_indication(to, &identity);
        break;
    case RESULT:
        put_result(from, to);
        break;
    default: {
        size_t size = take(from);
        size = size < from->left ? size : from->left;
        buffer_append(to, from->at, size);
        from->at += size;
        from->left -= size;
        break;
    }
    }
}

static void run_step(fake_session *session, input *from, buffer *message) {
    uint8_t step = take(from) % STEPS;
    const char *where = monitors[take(from) % 4u];
    dragoman_event event = {.kind = DRAGOMAN_EVENT_CLOSED};
    switch (step) {
    case PASS:
        fake_session_pass(session, (int64_t)take(from) * 100000);
        return;
    case CLOSE:
        event.of.closed.reason = DRAGOMAN_CLOSE_BROKEN;
        fake_session_tell(session, event);
        return;
    case OPEN:
        event.kind = DRAGOMAN_EVENT_OPENED;
        event.of.opened.channel_kind = DRAGOMAN_CHANNEL_DATAGRAM;
        fake_session_tell(session, event);
        return;
    default:
        buffer_reset(message);
        put_message(from, step, message);
        fake_session_datagram(session, step == INDICATION ? 1 : 0, where, buffer_bytes(message));
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fake_session session;
    buffer message;
    input from = {data, size};
    buffer_init(&message);
    if (!fake_session_open(&session, &dragoman_adapter_intellivue, "monitors=10.0.0.1:24105 numerics=12s",
                           DRAGOMAN_CHANNEL_DATAGRAM)) {
        abort();
    }
    while (from.left > 0) {
        run_step(&session, &from, &message);
    }
    if (fake_session_close(&session) != NULL) {
        abort();
    }
    buffer_fini(&message);
    return 0;
}

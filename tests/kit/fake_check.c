#include "kit/fake_check.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void returns_for_feeds(char *text) {
    for (; *text != 0; text++) {
        *text = *text == '\n' ? '\r' : *text;
    }
}

static void check_file(const dragoman_adapter_descriptor *adapter, const char *settings, const char *input,
                       const char *expected, size_t piece) {
    fake_session session;
    char *text = strdup(input);
    returns_for_feeds(text);
    assert_true(fake_session_open(&session, adapter, settings, DRAGOMAN_CHANNEL_FILE));
    fake_session_feed_pieces(&session, (dragoman_bytes){(const uint8_t *)text, strlen(text)}, piece, true);
    free(text);
    assert_string_equal(fake_host_text(&session.host), expected);
    assert_int_equal(session.sent.size, 0);
    assert_null(fake_session_close(&session));
}

void fake_check_file(const dragoman_adapter_descriptor *adapter, const char *settings, const char *input,
                     const char *expected) {
    check_file(adapter, settings, input, expected, SIZE_MAX);
    check_file(adapter, settings, input, expected, 1);
}

void fake_check_blocks(const dragoman_adapter_descriptor *adapter, const char *settings, const char *const *inputs,
                       size_t count, const char *expected) {
    fake_session session;
    assert_true(fake_session_open(&session, adapter, settings, DRAGOMAN_CHANNEL_STREAM));
    for (size_t n = 0; n < count; n++) {
        char *text = strdup(inputs[n]);
        returns_for_feeds(text);
        fake_session_feed(&session, DRAGOMAN_TEXT("\x0b"), false);
        fake_session_feed(&session, (dragoman_bytes){(const uint8_t *)text, strlen(text)}, false);
        fake_session_feed(&session, DRAGOMAN_TEXT("\x1c\r"), false);
        free(text);
    }
    assert_string_equal(fake_session_sent(&session), expected);
    assert_null(fake_session_close(&session));
}

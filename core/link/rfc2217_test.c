/* The COM-PORT option: what is said and understood, byte by byte, by the tables of RFC 2217 section 3 and RFC 854. */
#include "link/rfc2217.h"

#include "base/bytes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct talk {
    rfc2217 filter;
    buffer sent;
} talk;

static void begin(talk *self, const serial_settings *settings) {
    buffer_init(&self->sent);
    rfc2217_begin(&self->filter, settings, &self->sent);
}

static void sent(talk *self, const char *bytes, size_t size) {
    assert_int_equal(self->sent.size, size);
    assert_memory_equal(self->sent.data, bytes, size);
    buffer_fini(&self->sent);
    buffer_init(&self->sent);
}
#define SENT(self, text) sent(self, text, sizeof(text) - 1)

/* Gives bytes to the filter, one at a time or all at once, and compares what is left of them. */
static void take(talk *self, const char *bytes, size_t size, const char *left, size_t left_size, bool by_one) {
    uint8_t room[64];
    uint8_t kept[64];
    size_t count = 0;
    memcpy(room, bytes, size);
    size_t step = by_one ? 1 : size;
    for (size_t at = 0; at < size; at += step) {
        size_t some = rfc2217_take(&self->filter, room + at, step, &self->sent);
        memcpy(kept + count, room + at, some);
        count += some;
    }
    assert_int_equal(count, left_size);
    assert_memory_equal(kept, left, left_size);
}
#define TAKE(self, text, left, by_one) take(self, text, sizeof(text) - 1, left, sizeof(left) - 1, by_one)

static void the_settings_are_asked_for_when_the_server_knows_the_option(void **state) {
    (void)state;
    talk self;
    serial_settings settings = {
        .baud = 19200, .bits = 7, .parity = SERIAL_PARITY_EVEN, .stop = 2, .dtr = SERIAL_LINE_OFF};
    begin(&self, &settings);
    SENT(&self, "\xff\xfb\x00\xff\xfd\x00\xff\xfb\x03\xff\xfd\x03\xff\xfb\x2c");
    TAKE(&self, "\xff\xfd\x2c", "", false);
    SENT(&self, "\xff\xfa\x2c\x01\x00\x00\x4b\x00\xff\xf0" /* SET-BAUDRATE 19200 */
                "\xff\xfa\x2c\x02\x07\xff\xf0"             /* SET-DATASIZE 7 */
                "\xff\xfa\x2c\x03\x03\xff\xf0"             /* SET-PARITY even */
                "\xff\xfa\x2c\x04\x02\xff\xf0"             /* SET-STOPSIZE 2 */
                "\xff\xfa\x2c\x05\x01\xff\xf0"             /* SET-CONTROL: no flow control */
                "\xff\xfa\x2c\x05\x09\xff\xf0"             /* DTR off */
                "\xff\xfa\x2c\x05\x0b\xff\xf0"             /* RTS on */
                "\xff\xfa\x2c\x0a\x00\xff\xf0\xff\xfa\x2c\x0b\x00\xff\xf0");
    /* Once more is once too often (RFC 854). */
    TAKE(&self, "\xff\xfd\x2c", "", false);
    SENT(&self, "");
    assert_false(rfc2217_is_ready(&self.filter));
    TAKE(&self, "\xff\xfa\x2c\x65\x00\x00\x4b\x00\xff\xf0\xff\xfa\x2c\x66\x07\xff\xf0\xff\xfa\x2c\x67\x03\xff\xf0", "",
         true);
    assert_false(rfc2217_is_ready(&self.filter));
    TAKE(&self, "\xff\xfa\x2c\x68\x02\xff\xf0", "", true);
    assert_true(rfc2217_is_ready(&self.filter));
    assert_false(self.filter.has_differing);
    buffer_fini(&self.sent);
}

static void another_answer_than_asked_for_is_noticed(void **state) {
    (void)state;
    talk self;
    serial_settings settings = {.baud = 0};
    begin(&self, &settings);
    /* 9600 was meant, and the server can 4800. */
    TAKE(&self, "\xff\xfa\x2c\x65\x00\x00\x12\xc0\xff\xf0", "", false);
    assert_true(self.filter.has_differing);
    buffer_fini(&self.sent);
}

static void bytes_of_the_port_are_told_from_the_servers_words(void **state) {
    (void)state;
    for (int by_one = 0; by_one < 2; by_one++) {
        talk self;
        serial_settings settings = {.baud = 0};
        begin(&self, &settings);
        buffer_fini(&self.sent);
        buffer_init(&self.sent);
        TAKE(&self,
             "a\xff\xff"
             "b\xff\xf1"
             "c\xff\xfa\x2c\x6a\x00\xff\xff\xff\xf0"
             "d\xff\xfb\x01"
             "e\xff\xfd\x18"
             "f\r\0g",
             "a\xff"
             "bcdef\r\0g",
             by_one != 0);
        /* ECHO and TERMINAL-TYPE are refused; BINARY and the like were agreed before. */
        SENT(&self, "\xff\xfe\x01\xff\xfc\x18");
        TAKE(&self, "\xff\xfb\x00\xff\xfd\x00\xff\xfb\x03\xff\xfd\x03\xff\xfc\x01\xff\xfe\x18", "", by_one != 0);
        SENT(&self, "");
        buffer_fini(&self.sent);
    }
}

static void a_server_without_the_option_says_so(void **state) {
    (void)state;
    talk self;
    serial_settings settings = {.baud = 0};
    begin(&self, &settings);
    TAKE(&self, "\xff\xfe\x2c", "", false);
    assert_true(self.filter.is_refused);
    buffer_fini(&self.sent);
}

static void a_command_without_end_holds_nothing_up(void **state) {
    (void)state;
    talk self;
    serial_settings settings = {.baud = 0};
    uint8_t much[1024];
    begin(&self, &settings);
    memset(much, 'x', sizeof(much));
    TAKE(&self, "\xff\xfa\x2c\x65", "", false);
    assert_int_equal(rfc2217_take(&self.filter, much, sizeof(much), &self.sent), 0);
    TAKE(&self,
         "\xff\xf0"
         "data",
         "data", false);
    assert_int_equal(self.filter.answered, 0);
    buffer_fini(&self.sent);
}

static void an_iac_of_the_port_is_doubled(void **state) {
    (void)state;
    buffer to;
    buffer_init(&to);
    rfc2217_escape(DRAGOMAN_TEXT("\xff"
                                 "a\xff\xff"),
                   &to);
    assert_int_equal(to.size, 7);
    assert_memory_equal(to.data,
                        "\xff\xff"
                        "a\xff\xff\xff\xff",
                        7);
    buffer_fini(&to);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_settings_are_asked_for_when_the_server_knows_the_option),
        cmocka_unit_test(another_answer_than_asked_for_is_noticed),
        cmocka_unit_test(bytes_of_the_port_are_told_from_the_servers_words),
        cmocka_unit_test(a_server_without_the_option_says_so),
        cmocka_unit_test(a_command_without_end_holds_nothing_up),
        cmocka_unit_test(an_iac_of_the_port_is_doubled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

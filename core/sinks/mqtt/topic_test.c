/* Names in topics: MQTT 5.0, 1.5.4 (UTF-8 strings) and 4.7 (topic names and filters). */
#include "sinks/mqtt/topic.h"

#include "base/bytes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const char *write_bed(const char *template, dragoman_bytes bed) {
    static char to[TOPIC_BYTES];
    topic_template self;
    const dragoman_bytes names[TOPIC_WORDS] = {[TOPIC_SITE] = DRAGOMAN_TEXT_INIT("ICU"), [TOPIC_BED] = bed};
    assert_int_equal(topic_template_read(&self, bytes_of(template), UINT32_MAX, NULL), DRAGOMAN_OK);
    size_t length = topic_write(&self, names, to);
    assert_int_equal(length, length == 0 ? 0 : strlen(to));
    return length == 0 ? NULL : to;
}

static void a_name_is_one_level_whatever_it_holds(void **state) {
    static const struct {
        const char *name, *level;
    } cases[] = {
        {"Bed 4", "Bed 4"},
        {"+", "%2B"},
        {"#", "%23"},
        {"a/b", "a%2Fb"},
        {"../x", "..%2Fx"},
        {"50%", "50%25"},
        {"%2F", "%252F"},
        {"$SYS", "%24SYS"},
        {"a$", "a$"},
        {"", "-"},
        {"-", "%2D"},
        {"--", "--"},
        {"\r\n\t", "%0D%0A%09"},
        {"\x7f", "%7F"},
        {"Bett Müller", "Bett Müller"},
        {"\xC2\x85", "%C2%85"},                   /* U+0085 NEXT LINE */
        {"\xEF\xB7\x90", "%EF%B7%90"},            /* U+FDD0 */
        {"\xEF\xBF\xBE", "%EF%BF%BE"},            /* U+FFFE */
        {"\xF0\x9F\xBF\xBF", "%F0%9F%BF%BF"},     /* U+1FFFF */
        {"\xF0\x9F\x9B\x8F", "\xF0\x9F\x9B\x8F"}, /* U+1F6CF BED */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[64];
        snprintf(expected, sizeof expected, "d/ICU/%s/x", cases[i].level);
        assert_string_equal(write_bed("d/{site}/{bed}/x", bytes_of(cases[i].name)), expected);
    }
}

static void every_character_makes_a_topic_without_wildcards(void **state) {
    (void)state;
    for (unsigned one = 1; one < 0x80; one++) {
        for (unsigned other = 1; other < 0x80; other++) {
            const uint8_t name[] = {(uint8_t)one, (uint8_t)other};
            const char *topic = write_bed("{bed}", (dragoman_bytes){name, sizeof name});
            assert_null(strpbrk(topic, "+#/"));
            assert_true(topic[0] != '$');
        }
    }
}

static void what_is_longer_than_a_topic_is_not_written(void **state) {
    static uint8_t name[TOPIC_BYTES];
    (void)state;
    memset(name, '/', sizeof name);
    assert_null(write_bed("{bed}", (dragoman_bytes){name, sizeof name}));
    assert_null(write_bed("{bed}", (dragoman_bytes){name, TOPIC_BYTES / 3}));
    assert_non_null(write_bed("{bed}", (dragoman_bytes){name, TOPIC_BYTES / 3 - 8}));
}

static void a_template_that_cannot_work_is_told(void **state) {
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"", "1 to"},        {"a/+", "wildcard"}, {"#", "wildcard"},    {"$SYS/{bed}", "begin"},  {"/a", "begin"},
        {"a/{bed", "brace"}, {"a/bed}", "brace"}, {"{ward}", "{ward}"}, {"{metric}", "{metric}"}, {"a\tb", "control"},
        {"{}", "{}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        topic_template self;
        error_record error = {0};
        assert_int_equal(topic_template_read(&self, bytes_of(cases[i].text), 1u << TOPIC_BED, &error),
                         DRAGOMAN_INVALID);
        assert_non_null(strstr(error.text, cases[i].reason));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_one_level_whatever_it_holds),
        cmocka_unit_test(every_character_makes_a_topic_without_wildcards),
        cmocka_unit_test(what_is_longer_than_a_topic_is_not_written),
        cmocka_unit_test(a_template_that_cannot_work_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

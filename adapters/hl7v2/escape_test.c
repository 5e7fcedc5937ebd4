/* Escape sequences and character sets, on the standard's own examples where it has some. */
#include "charset.h"
#include "escape.h"
#include "kit/fake_host.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct scene {
    fake_host host;
    hl7v2_memory memory;
    hl7v2_message message;
} scene;

static void set_up(scene *self, const char *text, size_t size, const char *declared, const char *override) {
    fake_host_init(&self->host, NULL);
    self->memory = (hl7v2_memory){.host = &self->host.table, .context = &self->host};
    self->message = (hl7v2_message){.host = &self->host.table, .context = &self->host, .memory = &self->memory};
    assert_int_equal(hl7v2_message_init(&self->message, (dragoman_bytes){(const uint8_t *)text, size}), DRAGOMAN_OK);
    assert_int_equal(hl7v2_charset_apply(&self->message, (dragoman_bytes){(const uint8_t *) override, strlen(override)},
                                         (dragoman_bytes){(const uint8_t *)declared, strlen(declared)}),
                     DRAGOMAN_OK);
}

/* The text of NTE-3 of a message that holds nothing else. */
static void check_set(const char *raw, const char *declared, const char *override, const char *expected,
                      size_t replaced) {
    scene self;
    char text[512];
    int size = snprintf(text, sizeof text, "MSH|^~\\&|X\rNTE|1||%s\r", raw);
    set_up(&self, text, (size_t)size, declared, override);
    hl7v2_reader reader = {.message = &self.message};
    hl7v2_segment segment;
    assert_true(hl7v2_reader_next(&reader, &segment));
    assert_true(hl7v2_reader_next(&reader, &segment));
    dragoman_bytes found = hl7v2_text(&self.message, hl7v2_field(&segment, 3));
    char *shown = strndup(found.data == NULL ? "" : (const char *)found.data, found.size);
    assert_string_equal(shown, expected);
    free(shown);
    assert_int_equal(self.message.replaced, replaced);
    fake_host_fini(&self.host);
    assert_null(self.host.broken);
}

static void check(const char *raw, const char *expected) {
    check_set(raw, "UNICODE UTF-8", "", expected, 0);
}

static void delimiters_are_resolved(void **state) {
    (void)state;
    check("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f\\P\\g", "a|b^c&d~e\\f#g");
}

static void layout_is_dropped_but_for_line_ends(void **state) {
    (void)state;
    check("one\\.br\\two\\.sp2\\four", "one\ntwo\n\nfour");
    check("\\.in+4\\\\.ti-4\\1. text\\H\\bold\\N\\ end\\.ce\\", "1. textbold end");
}

static void hexadecimal_is_in_the_messages_set(void **state) {
    (void)state;
    check("\\X41\\\\XC3BC\\", "A\xc3\xbc");
    check("\\XC3\\\\XBC\\", "\xc3\xbc");
    check_set("\\XFC\\", "8859/1", "", "\xc3\xbc", 0);
    check_set("\\XFF\\", "UNICODE UTF-8", "", "\xef\xbf\xbd", 1);
    check_set("a\\X00\\b", "UNICODE UTF-8", "",
              "a\xef\xbf\xbd"
              "b",
              1);
}

static void what_is_no_sequence_stays(void **state) {
    (void)state;
    check("50\\100", "50\\100");
    check("\\Zlocal\\ \\X4\\ \\Q\\ \\\\", "\\Zlocal\\ \\X4\\ \\Q\\ \\\\");
    check("\\", "\\");
}

static void sets_are_converted(void **state) {
    (void)state;
    check_set("Gr\xfc\xdf", "8859/1", "", "Gr\xc3\xbc\xc3\x9f", 0);
    check_set("\xa4", "8859/15", "", "\xe2\x82\xac", 0);
    check_set("\x80", "8859/1", "WINDOWS-1252", "\xe2\x82\xac", 0);
    check_set("\xc3\xbc", "", "", "\xc3\xbc", 0);
    check_set("\xfc", "", "", "\xc3\xbc", 1);
    check_set("\xfc", "ASCII", "", "\xc3\xbc", 1);
    check_set("a\xff\xc3\xbc", "UNICODE UTF-8", "", "a\xef\xbf\xbd\xc3\xbc", 1);
}

static void japanese_switches_sets_by_iso_2022(void **state) {
    (void)state;
    /* Kanji for "Yamada" in JIS X 0208, whose bytes may look like delimiters. */
    check_set("\x1b$B;3ED\x1b(B", "~ISO IR87", "", "\xe5\xb1\xb1\xe7\x94\xb0", 0);
    check_set("\x1b$B:|%^\x1b(B", "~ISO IR87", "", "\xe5\x8c\x99\xe3\x83\x9e", 0);
}

static void escapes_switch_sets(void **state) {
    (void)state;
    /* 2D42 is ISO 8859-2, 2842 ASCII, 2442 JIS X 0208. */
    check_set("\\C2D42\\\xb9\\C2842\\ end", "8859/1", "", "\xc5\xa1 end", 0);
    check_set("\xe9 \\C2D4C\\\xbf", "8859/1", "", "\xc3\xa9 \xd0\x9f", 0);
    check_set("\\M2442\\;3ED\\C2842\\ A", "", "", "\xe5\xb1\xb1\xe7\x94\xb0 A", 0);
}

static void names_of_sets_are_known_in_all_spellings(void **state) {
    (void)state;
    static const struct {
        const char *said;
        const char *set;
    } cases[] = {{"8859/9", "ISO-8859-9"},  {"ISO-8859-9", "ISO-8859-9"}, {"iso8859_9", "ISO-8859-9"},
                 {"ISO IR14", "JIS_X0201"}, {"GB 18030-2000", "GB18030"}, {"UTF-8", NULL},
                 {"unicode utf-8", NULL}};
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        const char *set = "?";
        assert_int_equal(
            hl7v2_charset_find((dragoman_bytes){(const uint8_t *)cases[n].said, strlen(cases[n].said)}, &set),
            DRAGOMAN_OK);
        assert_true(set == cases[n].set || strcmp(set, cases[n].set) == 0);
    }
    const char *set = NULL;
    assert_int_equal(hl7v2_charset_find(DRAGOMAN_TEXT("EBCDIC"), &set), DRAGOMAN_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delimiters_are_resolved),
        cmocka_unit_test(layout_is_dropped_but_for_line_ends),
        cmocka_unit_test(hexadecimal_is_in_the_messages_set),
        cmocka_unit_test(what_is_no_sequence_stays),
        cmocka_unit_test(sets_are_converted),
        cmocka_unit_test(japanese_switches_sets_by_iso_2022),
        cmocka_unit_test(escapes_switch_sets),
        cmocka_unit_test(names_of_sets_are_known_in_all_spellings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The sections of a profile that are trees: their values in the order of the file, and where each stands. */
#include "base/bytes.h"
#include "base/yaml_tree.h"
#include "terms/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "profile: acme\nfor: thing\nsource: { document: d }\n"

typedef struct told {
    char text[8][200];
    unsigned count;
} told;

static void tell(void *context, mistake_place place, const char *sentence) {
    told *self = context;
    assert_true(self->count < 8);
    snprintf(self->text[self->count++], sizeof(self->text[0]), "%u:%u: %s", place.line, place.column, sentence);
}

static terms_profile *read_text(const char *text, told *mistakes) {
    memset(mistakes, 0, sizeof(*mistakes));
    mistake_list list = {tell, mistakes, 0};
    return profile_read("p.yaml", bytes_of(text), &terms_compiled, &list);
}

static void values_come_in_the_order_of_the_file(void **state) {
    told mistakes;
    (void)state;
    terms_profile *profile = read_text(HEAD "device:\n"
                                            "  zeta: 1\n"
                                            "  registers:\n"
                                            "    - { name: air, address: \"0\" }\n"
                                            "    - name: door\n"
                                            "      bits: [open, alarm]\n"
                                            "  alpha: true\n",
                                       &mistakes);
    assert_non_null(profile);
    static const char *const wanted[][2] = {
        {"zeta", "1"},
        {"registers.0.name", "air"},
        {"registers.0.address", "0"},
        {"registers.1.name", "door"},
        {"registers.1.bits.0", "open"},
        {"registers.1.bits.1", "alarm"},
        {"alpha", "true"},
    };
    dragoman_list list = {profile->device.items, profile->device.count, sizeof(profile_entry)};
    assert_int_equal(list.count, 7);
    for (uint32_t i = 0; i < list.count; i++) {
        const dragoman_setting *setting = dragoman_list_at(&list, i);
        assert_true(bytes_is(setting->key, wanted[i][0]));
        assert_true(bytes_is(setting->value, wanted[i][1]));
    }
    profile_destroy(profile);
}

static void assert_place(const terms_profile *profile, const char *key, uint32_t line, uint32_t column) {
    mistake_place place = profile_section_place(profile, &profile->device, bytes_of(key));
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
}

static void each_has_its_place(void **state) {
    told mistakes;
    (void)state;
    terms_profile *profile =
        read_text(HEAD "device:\n  unit: 1\n  registers:\n    - { name: air, address: 7 }\n", &mistakes);
    assert_non_null(profile);
    assert_place(profile, "unit", 5, 9);
    assert_place(profile, "registers.0.address", 7, 29);
    assert_place(profile, "registers.0", 7, 15);
    assert_place(profile, "registers", 7, 15);
    /* No beginning of a name is taken for the name. */
    assert_place(profile, "register", 5, 3);
    assert_place(profile, "", 5, 3);
    profile_destroy(profile);
    profile = read_text(HEAD, &mistakes);
    assert_non_null(profile);
    assert_int_equal(profile->device.count, 0);
    assert_place(profile, "", 1, 1);
    profile_destroy(profile);
}

static void assert_refused(const char *text, const char *wanted) {
    told mistakes;
    assert_null(read_text(text, &mistakes));
    assert_int_equal(mistakes.count, 1);
    assert_string_equal(mistakes.text[0], wanted);
}

static void what_is_no_table_is_refused(void **state) {
    (void)state;
    assert_refused(HEAD "device: [1]\n", "4:9: a mapping (key: value) is expected here");
    assert_refused(HEAD "device: { a.b: 1 }\n", "4:11: a key here is a word without a dot");
    assert_refused(HEAD "device: { a: 1, a: 2 }\n", "4:17: the key \"a\" stands twice");
    assert_refused(HEAD "device: { a: &x { b: *x } }\n", "4:14: the device section is more than 8 deep");
    assert_refused(HEAD "device:\n"
                        "  a: &a [1,1,1,1,1,1,1,1,1,1]\n"
                        "  b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                        "  c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
                        "  d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                        "  e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n",
                   "5:10: the device section has more than 20000 values");
}

static void the_link_section_is_as_the_device_section(void **state) {
    told mistakes;
    (void)state;
    terms_profile *profile = read_text(HEAD "link: { serial: { baud: 19200, parity: even }, pace: 20ms }\n", &mistakes);
    assert_non_null(profile);
    assert_int_equal(profile->device.count, 0);
    assert_int_equal(profile->link.count, 3);
    assert_true(bytes_is(profile->link.items[1].setting.key, "serial.parity"));
    assert_true(bytes_is(profile->link.items[1].setting.value, "even"));
    mistake_place place = profile_section_place(profile, &profile->link, bytes_of("pace"));
    assert_int_equal(place.line, 4);
    assert_int_equal(place.column, 54);
    profile_destroy(profile);
    assert_refused(HEAD "link: 9600\n", "4:7: a mapping (key: value) is expected here");
    assert_refused(HEAD "link: { a: &x { b: *x } }\n", "4:12: the link section is more than 8 deep");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_in_the_order_of_the_file),
        cmocka_unit_test(each_has_its_place),
        cmocka_unit_test(what_is_no_table_is_refused),
        cmocka_unit_test(the_link_section_is_as_the_device_section),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

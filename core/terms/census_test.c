#include "base/bytes.h"
#include "terms/terms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct seen {
    terms_census_row rows[8];
    size_t count;
    uint64_t total;
} seen;

static void look(void *context, const terms_census_row *row) {
    seen *self = context;
    if (self->count < 8) {
        self->rows[self->count] = *row;
    }
    self->count++;
    self->total += row->count;
}

/* Adds a report of one observation to the census. */
static void add(terms_census *census, dragoman_code coding, dragoman_code unit, dragoman_value value) {
    dragoman_observation observation = {
        .code = {.codings = &coding, .coding_count = 1}, .unit = unit, .values = DRAGOMAN_LIST(&value, 1)};
    model_record record = {.report = {.observations = DRAGOMAN_LIST(&observation, 1)}};
    arena memory;
    terms_meanings meanings;
    arena_init(&memory, 1 << 16);
    assert_int_equal(terms_conclude(NULL, &record, &memory, &meanings), DRAGOMAN_OK);
    terms_census_add(census, &record, &meanings);
    arena_fini(&memory);
}

static dragoman_value number(int64_t mantissa) {
    return (dragoman_value){.kind = DRAGOMAN_VALUE_DECIMAL, .number = {.mantissa = mantissa}};
}

static void counts_codes_and_units(void **state) {
    (void)state;
    terms_census *census = terms_census_create();
    dragoman_code rate = {DRAGOMAN_TEXT("147842"), DRAGOMAN_TEXT("MDC_ECG_HEART_RATE"), DRAGOMAN_TEXT("MDC")};
    dragoman_code local = {DRAGOMAN_TEXT("X1"), DRAGOMAN_TEXT("Thing"), DRAGOMAN_TEXT("L")};
    dragoman_code wrong = {DRAGOMAN_TEXT("147842"), DRAGOMAN_TEXT("MDC_RESP_RATE"), DRAGOMAN_TEXT("MDC")};
    dragoman_code widget = {.code = DRAGOMAN_TEXT("widget")};
    dragoman_code none = {0};
    add(census, rate, none, number(60));
    add(census, rate, none, number(61));
    add(census, rate, none, number(62));
    add(census, local, widget, number(5));
    add(census, local, widget, (dragoman_value){.kind = DRAGOMAN_VALUE_TEXT, .text = DRAGOMAN_TEXT("Mrs Example")});
    add(census, wrong, none, number(1));
    seen rows = {0};
    terms_census_visit(census, look, &rows);
    assert_int_equal(rows.count, 4);
    assert_true(bytes_is(rows.rows[0].code.code, "147842"));
    assert_int_equal(rows.rows[0].count, 3);
    assert_int_equal(rows.rows[0].mapping, TERMS_SPOKEN);
    assert_int_equal(rows.rows[0].mdc, 147842);
    assert_int_equal(rows.rows[0].example.mantissa, 62);
    for (size_t i = 1; i < 4; i++) {
        const terms_census_row *row = &rows.rows[i];
        if (bytes_is(row->code.code, "X1")) {
            assert_int_equal(row->mapping, TERMS_UNMAPPED);
            assert_int_equal(row->count, 2);
            assert_int_equal(row->example.mantissa, 5); /* a text is never an example */
        } else if (row->is_unit) {
            assert_int_equal(row->mapping, TERMS_UNMAPPED);
            assert_int_equal(row->example.special, DRAGOMAN_NAN);
        } else {
            assert_true(row->is_mismatch);
        }
    }
    terms_census_destroy(census);
}

static void stays_bounded(void **state) {
    (void)state;
    terms_census *census = terms_census_create();
    char text[300];
    memset(text, 'x', sizeof(text));
    for (unsigned i = 0; i < TERMS_CENSUS_MAX + 100; i++) {
        char code[16];
        snprintf(code, sizeof(code), "%u", i);
        dragoman_code coding = {bytes_of(code), {(const uint8_t *)text, sizeof(text)}, DRAGOMAN_TEXT("L")};
        add(census, coding, (dragoman_code){0}, number(1));
    }
    seen rows = {0};
    terms_census_visit(census, look, &rows);
    assert_int_equal(rows.count, TERMS_CENSUS_MAX + 1);
    assert_int_equal(rows.total, TERMS_CENSUS_MAX + 100);
    assert_int_equal(rows.rows[0].count, 100); /* the row of the rest */
    assert_int_equal(rows.rows[0].code.code.size, 0);
    assert_int_equal(rows.rows[1].code.text.size, TERMS_CENSUS_TEXT_BYTES);
    terms_census_destroy(census);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_codes_and_units),
        cmocka_unit_test(stays_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

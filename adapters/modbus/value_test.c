/* What registers hold, by the numbers that manuals print. */
#include "number.h"
#include "value.h"
#include "words.h"

#include "kit/fake_host.h"
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The value of a single register map row, read from these bytes at its own address, as "kind text". */
static const char *said_of(modbus_register is, dragoman_bytes data, uint16_t first) {
    static char text[128];
    fake_host host;
    modbus_map map = {.system = DRAGOMAN_TEXT("urn:test")};
    modbus_said said;
    fake_host_init(&host, NULL);
    modbus_scene scene = {.host = &host.table, .context = &host, .map = &map};
    is.scale = is.scale.mantissa == 0 ? (dragoman_decimal){.mantissa = 1} : is.scale;
    assert_true(modbus_value_read(&scene, &is, data, first, &said));
    switch (said.value.kind) {
    case DRAGOMAN_VALUE_DECIMAL:
        snprintf(text, sizeof text, "%" PRId64 "e%d", said.value.number.mantissa, said.value.number.exponent);
        break;
    case DRAGOMAN_VALUE_TEXT:
        snprintf(text, sizeof text, "\"%.*s\"", (int)said.value.text.size, (const char *)said.value.text.data);
        break;
    case DRAGOMAN_VALUE_CODE:
        snprintf(text, sizeof text, "%.*s=%.*s", (int)said.coding.code.size, (const char *)said.coding.code.data,
                 (int)said.coding.text.size, (const char *)said.coding.text.data);
        break;
    case DRAGOMAN_VALUE_BITS:
        snprintf(text, sizeof text, "bits %" PRIx64 "/%u", said.value.bits, said.value.bit_count);
        break;
    default:
        snprintf(text, sizeof text, "absent %u", said.value.absent);
        break;
    }
    fake_host_fini(&host);
    return text;
}

#define SAYS(is, first, bytes, wanted)                                                                                 \
    assert_string_equal(said_of((modbus_register)is, DRAGOMAN_TEXT(bytes), first), wanted)
#define IS(...) {.table = MODBUS_HOLDING, __VA_ARGS__}
#define TENTH .scale = {.mantissa = 1, .exponent = -1}

static void whole_numbers_with_scale_and_offset(void **state) {
    (void)state;
    /* XY-MD02: 0131h is 30.5 degrees, FF33h is -20.5. */
    SAYS(IS(.size = 1, .type = MODBUS_INT16, TENTH), 0, "\x01\x31", "305e-1");
    SAYS(IS(.size = 1, .type = MODBUS_INT16, TENTH), 0, "\xff\x33", "-205e-1");
    /* Thermo Scientific: FFFFFCE0h is -80.0 degrees, 0001E240h is 123456. */
    SAYS(IS(.size = 2, .type = MODBUS_INT32, TENTH), 0, "\xff\xff\xfc\xe0", "-800e-1");
    SAYS(IS(.size = 2, .type = MODBUS_UINT32), 0, "\x00\x01\xe2\x40", "123456e0");
    SAYS(IS(.size = 4, .type = MODBUS_INT64), 0, "\xff\xff\xff\xff\xff\xff\xff\xfe", "-2e0");
    SAYS(IS(.size = 4, .type = MODBUS_UINT64), 0, "\x7f\xff\xff\xff\xff\xff\xff\xff", "9223372036854775807e0");
    /* Larger than a decimal's mantissa: said in full as text. */
    SAYS(IS(.size = 4, .type = MODBUS_UINT64), 0, "\xff\xff\xff\xff\xff\xff\xff\xff", "\"18446744073709551615\"");
    SAYS(IS(.size = 1, .type = MODBUS_UINT16, TENTH, .offset = {.mantissa = -40}), 0, "\x01\xf4", "100e-1");
    SAYS(IS(.address = 7, .size = 1, .type = MODBUS_UINT16), 5, "\0\1\0\2\0\3", "3e0");
}

static void byte_and_word_order(void **state) {
    (void)state;
    SAYS(IS(.size = 2, .type = MODBUS_UINT32, .is_word_little = true), 0, "\x56\x78\x12\x34", "305419896e0");
    SAYS(IS(.size = 2, .type = MODBUS_UINT32, .is_byte_little = true), 0, "\x34\x12\x78\x56", "305419896e0");
    SAYS(IS(.size = 2, .type = MODBUS_UINT32, .is_byte_little = true, .is_word_little = true), 0, "\x78\x56\x34\x12",
         "305419896e0");
    /* Vaisala, M212287EN: 41F47AE1h, least significant word first, is 30.56. */
    SAYS(IS(.size = 2, .type = MODBUS_FLOAT32, .is_word_little = true), 0, "\x7a\xe1\x41\xf4", "3056e-2");
}

static void floats_are_short_decimals(void **state) {
    (void)state;
    /* Vaisala HMP110, test register: -123.45 is C2F6E666h. */
    SAYS(IS(.size = 2, .type = MODBUS_FLOAT32), 0, "\xc2\xf6\xe6\x66", "-12345e-2");
    SAYS(IS(.size = 2, .type = MODBUS_FLOAT32), 0, "\xc2\xfe\0\0", "-127e0");
    SAYS(IS(.size = 2, .type = MODBUS_FLOAT32), 0, "\0\0\0\0", "0e0");
    SAYS(IS(.size = 4, .type = MODBUS_FLOAT64), 0, "\x3f\xb9\x99\x99\x99\x99\x99\x9a", "1e-1");
    SAYS(IS(.size = 4, .type = MODBUS_FLOAT64), 0, "\x40\x09\x21\xfb\x54\x44\x2d\x18", "3141592653589793e-15");
    SAYS(IS(.size = 2, .type = MODBUS_FLOAT32), 0, "\x7f\x7f\xff\xff", "34028235e31");
    /* A quiet NaN is no value, infinities have their own reasons. */
    SAYS(IS(.size = 2, .type = MODBUS_FLOAT32), 0, "\x7f\xc0\0\0", "absent 6");
    SAYS(IS(.size = 2, .type = MODBUS_FLOAT32), 0, "\x7f\x80\0\0", "absent 7");
    SAYS(IS(.size = 4, .type = MODBUS_FLOAT64), 0, "\xff\xf0\0\0\0\0\0\0", "absent 8");
    /* Smaller than any decimal: text. */
    SAYS(IS(.size = 4, .type = MODBUS_FLOAT64), 0, "\x01\xa5\x6e\x1f\xc2\xf8\xf3\x59", "\"1e-300\"");
}

/* Read back, the decimal is the same number, and none with a digit less is. */
static void every_float_comes_back(void **state) {
    (void)state;
    srand(7);
    for (int i = 0; i < 200000; i++) {
        uint32_t bits = (uint32_t)rand() << 16 ^ (uint32_t)rand();
        float value = 0;
        char text[64];
        char whole[MODBUS_NUMBER_TEXT];
        dragoman_decimal found;
        memcpy(&value, &bits, sizeof value);
        if ((bits >> 23 & 0xff) == 0xff) {
            continue;
        }
        assert_true(modbus_float32(bits, &found, whole));
        snprintf(text, sizeof text, "%" PRId64 "e%d", found.mantissa, found.exponent);
        assert_true(strtof(text, NULL) == value);
        int digits = snprintf(text, sizeof text, "%" PRId64, found.mantissa < 0 ? -found.mantissa : found.mantissa);
        if (digits > 1 && found.exponent != 0) {
            snprintf(text, sizeof text, "%.*e", digits - 2, (double)value);
            assert_true(strtof(text, NULL) != value);
        }
    }
}

static void absent_values_meanings_and_bits(void **state) {
    static const dragoman_decimal absents[] = {{.mantissa = -32768}, {.mantissa = 9999}};
    static const modbus_meaning doors[] = {{1, DRAGOMAN_TEXT_INIT("closed")}, {2, DRAGOMAN_TEXT_INIT("open")}};
    (void)state;
    SAYS(IS(.size = 1, .type = MODBUS_INT16, .absents = absents, .absent_count = 2, .absent = DRAGOMAN_ABSENT_ERROR), 0,
         "\x80\x00", "absent 5");
    SAYS(IS(.size = 1, .type = MODBUS_INT16, .absents = absents, .absent_count = 2, .absent = DRAGOMAN_ABSENT_ERROR), 0,
         "\x80\x01", "-32767e0");
    SAYS(IS(.size = 1, .type = MODBUS_UINT16, .meanings = doors, .meaning_count = 2), 0, "\0\2", "2=open");
    /* A number that nobody named travels on as itself. */
    SAYS(IS(.size = 1, .type = MODBUS_UINT16, .meanings = doors, .meaning_count = 2), 0, "\0\7", "7=");
    SAYS(IS(.size = 1, .type = MODBUS_UINT16, .first_bit = 8, .bit_count = 4), 0, "\xf4\x01", "4e0");
    SAYS(IS(.size = 1, .type = MODBUS_INT16, .first_bit = 0, .bit_count = 4), 0, "\x00\x0f", "-1e0");
    SAYS(IS(.size = 1, .type = MODBUS_BIT, .first_bit = 3, .bit_count = 1), 0, "\x00\x08", "1e0");
    SAYS(IS(.size = 1, .type = MODBUS_BITS), 0, "\x00\x28", "bits 28/16");
    SAYS(IS(.size = 2, .type = MODBUS_BITS), 0, "\x00\x05\x00\x00", "bits 50000/32");
}

static void bcd_and_strings(void **state) {
    (void)state;
    SAYS(IS(.size = 1, .type = MODBUS_BCD16), 0, "\x12\x34", "1234e0");
    SAYS(IS(.size = 2, .type = MODBUS_BCD32, TENTH), 0, "\x00\x12\x34\x56", "123456e-1");
    SAYS(IS(.size = 1, .type = MODBUS_BCD16), 0, "\x12\x3a", "absent 5");
    SAYS(IS(.size = 4, .type = MODBUS_STRING), 0, "155DR0A ", "\"155DR0A\"");
    SAYS(IS(.size = 2, .type = MODBUS_STRING, .is_byte_little = true), 0, "BADC", "\"ABCD\"");
    SAYS(IS(.size = 2, .type = MODBUS_STRING), 0, "A\xff\0\0", "\"A\xef\xbf\xbd\"");
    SAYS(IS(.size = 2, .type = MODBUS_STRING), 0, "\0\0\0\0", "absent 1");
}

/* 6.1: the answer CD 6B 05 to 19 coils from 20 on: coils 27 to 20 are 1100 1101. */
static void packed_bits_are_in_the_standards_order(void **state) {
    (void)state;
    for (uint16_t i = 0; i < 8; i++) {
        char wanted[8];
        snprintf(wanted, sizeof wanted, "%de0", 0xcd >> i & 1);
        modbus_register is = {.table = MODBUS_COIL, .address = (uint16_t)(19 + i), .size = 1};
        assert_string_equal(said_of(is, DRAGOMAN_TEXT("\xcd\x6b\x05"), 19), wanted);
    }
    modbus_register run = {.table = MODBUS_COIL, .type = MODBUS_BITS, .address = 27, .size = 11};
    assert_string_equal(said_of(run, DRAGOMAN_TEXT("\xcd\x6b\x05"), 19), "bits 56b/11");
}

static void decimals_are_read_exactly(void **state) {
    dragoman_decimal number;
    int64_t whole = 0;
    (void)state;
    assert_true(modbus_decimal(DRAGOMAN_TEXT("-0.10"), &number) && number.mantissa == -10 && number.exponent == -2);
    assert_true(modbus_decimal(DRAGOMAN_TEXT("1e-3"), &number) && number.mantissa == 1 && number.exponent == -3);
    assert_false(modbus_decimal(DRAGOMAN_TEXT("0,1"), &number));
    assert_false(modbus_decimal(DRAGOMAN_TEXT("1234567890123456789"), &number));
    assert_true(modbus_integer(DRAGOMAN_TEXT("0x0530"), 0, 65535, &whole) && whole == 0x530);
    assert_false(modbus_integer(DRAGOMAN_TEXT("0x"), 0, 65535, &whole));
    assert_false(modbus_integer(DRAGOMAN_TEXT("99999999999999999999"), 0, INT64_MAX, &whole));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_with_scale_and_offset),
        cmocka_unit_test(byte_and_word_order),
        cmocka_unit_test(floats_are_short_decimals),
        cmocka_unit_test(every_float_comes_back),
        cmocka_unit_test(absent_values_meanings_and_bits),
        cmocka_unit_test(bcd_and_strings),
        cmocka_unit_test(packed_bits_are_in_the_standards_order),
        cmocka_unit_test(decimals_are_read_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

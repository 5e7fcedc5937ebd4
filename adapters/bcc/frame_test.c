/* Frames, their stuffing, requests and blocks, on the example of the interface specification that verifies. */
#include "block.h"
#include "frame.h"
#include "request.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ALIVE                                                                                                          \
    "\x01"                                                                                                             \
    "00031\x02"                                                                                                        \
    "1/1/1>ADMIN:ALIVE\x03"                                                                                            \
    "00061\x04"
#define ALIVE_STUFFED                                                                                                  \
    "\x01"                                                                                                             \
    "00031\x02"                                                                                                        \
    "1/1/1>AEXMIN:ALIVEE\x03"                                                                                          \
    "00061\x04"

static void the_example_is_whole(void **state) {
    (void)state;
    bcc_frame frame;
    assert_true(bcc_frame_read(DRAGOMAN_TEXT(ALIVE), &frame));
    assert_int_equal(frame.bed.size, 5);
    assert_memory_equal(frame.bed.data, "1/1/1", 5);
    assert_int_equal(frame.information.size, 11);
    assert_memory_equal(frame.information.data, "ADMIN:ALIVE", 11);
}

/* A sum of one byte, and a length: any one wrong bit is seen. */
static void any_wrong_bit_is_seen(void **state) {
    (void)state;
    uint8_t bytes[] = ALIVE;
    for (size_t n = 0; n + 1 < sizeof bytes; n++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            bcc_frame frame;
            bytes[n] ^= (uint8_t)(1u << bit);
            assert_false(bcc_frame_read((dragoman_bytes){bytes, sizeof bytes - 1}, &frame));
            bytes[n] ^= (uint8_t)(1u << bit);
        }
    }
}

static void frames_of_another_length_are_none(void **state) {
    (void)state;
    bcc_frame frame;
    /* The specification prints this refusal with a length and a checksum that are not its own. */
    assert_false(bcc_frame_read(DRAGOMAN_TEXT("\x01"
                                              "00044\x02"
                                              "1/1/1>0,0,GNNACK,Wrong area!\x03"
                                              "00113\x04"),
                                &frame));
    for (size_t size = 0; size < sizeof(ALIVE) - 1; size++) {
        assert_false(bcc_frame_read((dragoman_bytes){(const uint8_t *)ALIVE, size}, &frame));
    }
}

static void check_unstuffed(dragoman_bytes line, dragoman_bytes wanted) {
    uint8_t bytes[64];
    assert_int_equal(bcc_unstuff(line, bytes), wanted.size);
    assert_memory_equal(bytes, wanted.data, wanted.size);
}

static void stuffing_comes_out_from_left_to_right(void **state) {
    (void)state;
    check_unstuffed(DRAGOMAN_TEXT(ALIVE_STUFFED), DRAGOMAN_TEXT(ALIVE));
    check_unstuffed(DRAGOMAN_TEXT("EX"), DRAGOMAN_TEXT("D"));
    check_unstuffed(DRAGOMAN_TEXT("EEX"), DRAGOMAN_TEXT("EX"));
    check_unstuffed(DRAGOMAN_TEXT("EEEX"), DRAGOMAN_TEXT("ED"));
    check_unstuffed(DRAGOMAN_TEXT("exeexeX"), DRAGOMAN_TEXT("dexeX"));
    /* What no rack that stuffs would send stays. */
    check_unstuffed(DRAGOMAN_TEXT("REST E"), DRAGOMAN_TEXT("REST E"));
}

static void requests_are_those_of_the_specification(void **state) {
    (void)state;
    uint8_t bytes[BCC_REQUEST_MOST];
    bcc_bed bed;
    assert_true(bcc_bed_read(DRAGOMAN_TEXT("1/1/1"), &bed));
    size_t size = bcc_request_write(BCC_REQUEST_ALIVE, &bed, false, bytes);
    assert_int_equal(size, sizeof(ALIVE) - 1);
    assert_memory_equal(bytes, ALIVE, size);
    size = bcc_request_write(BCC_REQUEST_ALIVE, &bed, true, bytes);
    assert_int_equal(size, sizeof(ALIVE_STUFFED) - 1);
    assert_memory_equal(bytes, ALIVE_STUFFED, size);
    size = bcc_request_write(BCC_REQUEST_ALL, &bed, false, bytes);
    assert_int_equal(size, 27);
    assert_memory_equal(bytes,
                        "\x01"
                        "00027\x02"
                        "1/1/1>MEM:GET\x03",
                        21);
}

static void the_longest_request_has_room(void **state) {
    (void)state;
    uint8_t bytes[BCC_REQUEST_MOST];
    bcc_bed bed;
    assert_true(bcc_bed_read(DRAGOMAN_TEXT("DDDDDDDDEEEEEEEEddddddddeeeeeeee/1/1"), &bed));
    assert_true(bcc_request_write(BCC_REQUEST_ALIVE, &bed, true, bytes) <= sizeof bytes);
}

/* Nothing that could end a bed's name and begin something else is part of one. */
static void beds_are_of_a_closed_alphabet(void **state) {
    (void)state;
    bcc_bed bed = {0};
    for (unsigned character = 0; character < 256; character++) {
        uint8_t name[] = {'1', (uint8_t)character};
        bool is_allowed = character == '-' || character == '_' || character == '/' ||
                          (character >= '0' && character <= '9') || (character >= 'A' && character <= 'Z') ||
                          (character >= 'a' && character <= 'z');
        assert_int_equal(bcc_bed_read((dragoman_bytes){name, 2}, &bed), is_allowed);
    }
    assert_false(bcc_bed_read(DRAGOMAN_TEXT(""), &bed));
    assert_false(bcc_bed_read(DRAGOMAN_TEXT("/1/1"), &bed));
    assert_false(bcc_bed_read(DRAGOMAN_TEXT("123456789012345678901234567890123"), &bed));
}

static void blocks_are_four_parts(void **state) {
    (void)state;
    dragoman_bytes rest = DRAGOMAN_TEXT("1156,50113,INSOL,Ringer, 500ml\x1e"
                                        "bad\x1e"
                                        "1156,50113,V3.30\x1e"
                                        "7,,X,1");
    bcc_block block;
    assert_int_equal(bcc_block_next(&rest, &block), BCC_BLOCK_READ);
    assert_true(bcc_is_same(block.address, DRAGOMAN_TEXT("50113")));
    assert_true(bcc_is_same(block.parameter, DRAGOMAN_TEXT("INSOL")));
    assert_true(bcc_is_same(block.value, DRAGOMAN_TEXT("Ringer, 500ml")));
    assert_int_equal(bcc_block_next(&rest, &block), BCC_BLOCK_BAD);
    assert_int_equal(bcc_block_next(&rest, &block), BCC_BLOCK_READ);
    assert_int_equal(block.value.size, 0);
    assert_int_equal(bcc_block_next(&rest, &block), BCC_BLOCK_BAD);
    assert_int_equal(bcc_block_next(&rest, &block), BCC_BLOCK_NONE);
}

static void numbers_keep_their_digits(void **state) {
    (void)state;
    dragoman_decimal number;
    assert_true(bcc_number_read(DRAGOMAN_TEXT("500.00"), &number));
    assert_int_equal(number.mantissa, 50000);
    assert_int_equal(number.exponent, -2);
    assert_true(bcc_number_read(DRAGOMAN_TEXT("0.01"), &number));
    assert_true(bcc_number_read(DRAGOMAN_TEXT("-3"), &number));
    assert_int_equal(number.mantissa, -3);
    assert_true(bcc_number_read(DRAGOMAN_TEXT("0"), &number));
    assert_false(bcc_number_read(DRAGOMAN_TEXT("00051"), &number));
    assert_false(bcc_number_read(DRAGOMAN_TEXT("686N030004"), &number));
    assert_false(bcc_number_read(DRAGOMAN_TEXT("5."), &number));
    assert_false(bcc_number_read(DRAGOMAN_TEXT(".5"), &number));
    assert_false(bcc_number_read(DRAGOMAN_TEXT(""), &number));
    assert_false(bcc_number_read(DRAGOMAN_TEXT("-"), &number));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_is_whole),
        cmocka_unit_test(any_wrong_bit_is_seen),
        cmocka_unit_test(frames_of_another_length_are_none),
        cmocka_unit_test(stuffing_comes_out_from_left_to_right),
        cmocka_unit_test(requests_are_those_of_the_specification),
        cmocka_unit_test(the_longest_request_has_room),
        cmocka_unit_test(beds_are_of_a_closed_alphabet),
        cmocka_unit_test(blocks_are_four_parts),
        cmocka_unit_test(numbers_keep_their_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

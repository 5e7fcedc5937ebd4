/* Frames: the documents' own examples, and every way in which noise can strike a short frame. */
#include "frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(...) ((dragoman_bytes){(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})})

static void assert_written(const modbus_question *asked, dragoman_bytes wanted) {
    uint8_t out[MODBUS_ADU_MAX];
    assert_int_equal(modbus_frame_write(asked, out), wanted.size);
    assert_memory_equal(out, wanted.data, wanted.size);
}

static modbus_answer find(const modbus_question *asked, dragoman_bytes unread, uint8_t *room) {
    modbus_answer answer;
    modbus_frame_find(asked, unread, room, &answer);
    assert_true(answer.consumed <= unread.size && answer.noise <= unread.size);
    return answer;
}

/* CRC-16/MODBUS of "123456789" is 4B37 (the check value of its parameters). */
static void the_crc_has_its_check_value(void **state) {
    (void)state;
    assert_int_equal(modbus_crc((const uint8_t *)"123456789", 9), 0x4b37);
}

/* A sensor's manual: 01 04 00 01 00 01 60 0A reads its temperature. */
static void a_published_rtu_request(void **state) {
    (void)state;
    modbus_question asked = {MODBUS_RTU, 1, MODBUS_READ_INPUT_REGISTERS, 0, 1, 1};
    assert_written(&asked, BYTES(0x01, 0x04, 0x00, 0x01, 0x00, 0x01, 0x60, 0x0a));
}

/* Thermo Scientific TDE, appendix B: cabinet set point of unit 19h; Isotemp, appendix B: of unit 01h, with its answer.
 */
static void published_ascii_requests(void **state) {
    (void)state;
    modbus_question asked = {MODBUS_ASCII, 0x19, MODBUS_READ_HOLDING_REGISTERS, 0, 0x530, 2};
    assert_written(&asked, DRAGOMAN_TEXT(":190305300002AD\r\n"));
    asked.first = 0x538;
    assert_written(&asked, DRAGOMAN_TEXT(":190305380002A5\r\n"));
    asked.unit = 1;
    assert_written(&asked, DRAGOMAN_TEXT(":010305380002BD\r\n"));
    asked.first = 0x530;
    assert_written(&asked, DRAGOMAN_TEXT(":010305300002C5\r\n"));
    uint8_t room[MODBUS_PDU_MAX + 3];
    modbus_answer answer = find(&asked, DRAGOMAN_TEXT(":010304FFFFFCE01E\r\n"), room);
    assert_int_equal(answer.find, MODBUS_FIND_ANSWER);
    assert_memory_equal(answer.pdu.data, "\x03\x04\xff\xff\xfc\xe0", 6);
}

/* MODBUS Application Protocol V1.1b3, the examples of 6.1 to 6.4, framed for TCP. */
static void the_standards_examples(void **state) {
    static const struct {
        modbus_question asked;
        uint8_t request[5];
        uint8_t answer[12];
        size_t size;
    } examples[] = {
        {{MODBUS_TCP, 255, MODBUS_READ_COILS, 7, 0x13, 0x13}, {1, 0, 0x13, 0, 0x13}, {1, 3, 0xcd, 0x6b, 5}, 5},
        {{MODBUS_TCP, 255, MODBUS_READ_DISCRETE_INPUTS, 7, 0xc4, 0x16},
         {2, 0, 0xc4, 0, 0x16},
         {2, 3, 0xac, 0xdb, 0x35},
         5},
        {{MODBUS_TCP, 255, MODBUS_READ_HOLDING_REGISTERS, 7, 0x6b, 3},
         {3, 0, 0x6b, 0, 3},
         {3, 6, 2, 0x2b, 0, 0, 0, 0x64},
         8},
        {{MODBUS_TCP, 255, MODBUS_READ_INPUT_REGISTERS, 7, 8, 1}, {4, 0, 8, 0, 1}, {4, 2, 0, 0xa}, 4},
    };
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        uint8_t wanted[12] = {0, 7, 0, 0, 0, 6, 255};
        memcpy(wanted + 7, examples[i].request, 5);
        assert_written(&examples[i].asked, (dragoman_bytes){wanted, sizeof wanted});
        uint8_t frame[24] = {0, 7, 0, 0, 0, (uint8_t)(examples[i].size + 1), 255};
        memcpy(frame + 7, examples[i].answer, examples[i].size);
        modbus_answer answer = find(&examples[i].asked, (dragoman_bytes){frame, examples[i].size + 7}, NULL);
        assert_int_equal(answer.find, MODBUS_FIND_ANSWER);
        assert_int_equal(answer.pdu.size, examples[i].size);
        assert_memory_equal(answer.pdu.data, examples[i].answer, examples[i].size);
    }
}

/* 6.21: "read device identification", basic, from object 0, and the standard's answer shape. */
static void an_identification_is_as_long_as_its_objects(void **state) {
    (void)state;
    modbus_question asked = {MODBUS_RTU, 1, MODBUS_READ_IDENTIFICATION, 0, 0, 0};
    uint8_t request[] = {1, 0x2b, 0x0e, 1, 0, 0, 0};
    uint16_t crc = modbus_crc(request, 5);
    request[5] = (uint8_t)crc;
    request[6] = (uint8_t)(crc >> 8);
    assert_written(&asked, (dragoman_bytes){request, sizeof request});
    uint8_t frame[] = {1, 0x2b, 0x0e, 1, 1, 0, 0, 2, 0, 3, 'A', 'B', 'C', 1, 1, 'D', 0, 0};
    crc = modbus_crc(frame, sizeof frame - 2);
    frame[sizeof frame - 2] = (uint8_t)crc;
    frame[sizeof frame - 1] = (uint8_t)(crc >> 8);
    for (size_t size = 1; size < sizeof frame; size++) {
        assert_int_equal(find(&asked, (dragoman_bytes){frame, size}, NULL).find, MODBUS_FIND_MORE);
    }
    modbus_answer answer = find(&asked, (dragoman_bytes){frame, sizeof frame}, NULL);
    assert_int_equal(answer.find, MODBUS_FIND_ANSWER);
    assert_int_equal(answer.pdu.size, sizeof frame - 3);
}

/* No function that changes anything can be written, whatever a question says. */
static void only_reading_functions_are_written(void **state) {
    (void)state;
    for (int framing = MODBUS_TCP; framing <= MODBUS_ASCII; framing++) {
        for (int function = 0; function < 256; function++) {
            uint8_t out[MODBUS_ADU_MAX];
            modbus_question asked = {(uint8_t)framing, 1, (uint8_t)function, 1, 2, 3};
            bool is_reading = (function >= 1 && function <= 4) || function == 0x2b;
            assert_int_equal(modbus_frame_write(&asked, out) > 0, is_reading);
        }
    }
    for (int table = 0; table < 256; table++) {
        uint32_t function = modbus_function_of((uint8_t)table);
        assert_true(function >= 1 && function <= 4);
    }
}

/* ---- noise */

typedef struct trial {
    modbus_question asked;
    dragoman_bytes frame;
    dragoman_bytes pdu;
} trial;

/* A struck frame gives its own values or none; the good frame behind it is found when the first is given up. */
static void try_struck(const trial *of, const uint8_t *struck, size_t size) {
    uint8_t room[MODBUS_PDU_MAX + 3];
    uint8_t both[128];
    modbus_answer answer = find(&of->asked, (dragoman_bytes){struck, size}, room);
    if (answer.find == MODBUS_FIND_ANSWER) {
        assert_int_equal(answer.pdu.size, of->pdu.size);
        assert_memory_equal(answer.pdu.data, of->pdu.data, of->pdu.size);
    }
    memcpy(both, struck, size);
    memcpy(both + size, of->frame.data, of->frame.size);
    size_t at = 0;
    do {
        answer = find(&of->asked, (dragoman_bytes){both + at, size + of->frame.size - at}, room);
        /* What looks like a beginning is given up after the timeout; then the next byte is looked at. */
        at += answer.find == MODBUS_FIND_MORE ? answer.consumed + 1 : 0;
    } while (answer.find == MODBUS_FIND_MORE && at < size + of->frame.size);
    assert_int_equal(answer.find, MODBUS_FIND_ANSWER);
    assert_int_equal(answer.pdu.size, of->pdu.size);
    assert_memory_equal(answer.pdu.data, of->pdu.data, of->pdu.size);
}

static void strike(const trial *of) {
    uint8_t struck[64];
    size_t size = of->frame.size;
    for (size_t bit = 0; bit < size * 8; bit++) {
        memcpy(struck, of->frame.data, size);
        struck[bit / 8] ^= (uint8_t)(1u << bit % 8);
        try_struck(of, struck, size);
    }
    for (size_t at = 0; at < size; at++) {
        memcpy(struck, of->frame.data, at); /* cut */
        try_struck(of, struck, at);
        memcpy(struck + at, of->frame.data + at + 1, size - at - 1); /* missing */
        try_struck(of, struck, size - 1);
        memcpy(struck, of->frame.data, at + 1); /* doubled */
        memcpy(struck + at + 1, of->frame.data + at, size - at);
        try_struck(of, struck, size + 1);
    }
}

static void no_single_fault_makes_a_value(void **state) {
    static const uint8_t rtu[] = {0x01, 0x04, 0x04, 0x01, 0x31, 0x02, 0x22, 0x2a, 0xce};
    static const char ascii[] = ":010304FFFFFCE01E\r\n";
    static const uint8_t busy[] = {0x01, 0x84, 0x06, 0xc3, 0x02};
    (void)state;
    trial of = {.asked = {MODBUS_RTU, 1, MODBUS_READ_INPUT_REGISTERS, 0, 1, 2},
                .frame = {rtu, sizeof rtu},
                .pdu = {rtu + 1, sizeof rtu - 3}};
    uint16_t crc = modbus_crc(rtu, sizeof rtu - 2);
    assert_int_equal(crc, rtu[7] | rtu[8] << 8);
    strike(&of);
    of.frame = (dragoman_bytes){busy, sizeof busy};
    of.pdu = (dragoman_bytes){busy + 1, 2};
    assert_int_equal(modbus_crc(busy, 3), busy[3] | busy[4] << 8);
    strike(&of);
    of = (trial){.asked = {MODBUS_ASCII, 1, MODBUS_READ_HOLDING_REGISTERS, 0, 0x530, 2},
                 .frame = {(const uint8_t *)ascii, sizeof ascii - 1},
                 .pdu = {(const uint8_t *)"\x03\x04\xff\xff\xfc\xe0", 6}};
    strike(&of);
}

/* Random blows at long frames: with a CRC of 16 bits one in 65,536 gets through; with this seed none does. */
static void random_blows_at_a_long_frame(void **state) {
    uint8_t frame[256] = {1, 3, 250};
    (void)state;
    srand(5);
    for (size_t i = 3; i < 253; i++) {
        frame[i] = (uint8_t)rand();
    }
    uint16_t crc = modbus_crc(frame, 253);
    frame[253] = (uint8_t)crc;
    frame[254] = (uint8_t)(crc >> 8);
    modbus_question asked = {MODBUS_RTU, 1, MODBUS_READ_HOLDING_REGISTERS, 0, 0, 125};
    for (int round = 0; round < 20000; round++) {
        uint8_t struck[256];
        memcpy(struck, frame, sizeof struck);
        for (int blows = 1 + rand() % 4; blows > 0; blows--) {
            struck[3 + rand() % 252] ^= (uint8_t)(1 + rand() % 255);
        }
        modbus_answer answer = find(&asked, (dragoman_bytes){struck, 255}, NULL);
        assert_true(answer.find != MODBUS_FIND_ANSWER || memcmp(struck, frame, 255) == 0);
    }
}

/* A late answer to an earlier question is stepped over on TCP: its transaction is another one. */
static void a_late_answer_is_no_answer(void **state) {
    (void)state;
    modbus_question asked = {MODBUS_TCP, 1, MODBUS_READ_INPUT_REGISTERS, 0x0102, 0, 1};
    modbus_answer answer = find(&asked, BYTES(1, 1, 0, 0, 0, 5, 1, 4, 2, 0, 9, 1, 2, 0, 0, 0, 5, 1, 4, 2, 0, 8), NULL);
    assert_int_equal(answer.find, MODBUS_FIND_ANSWER);
    assert_int_equal(answer.noise, 11);
    assert_int_equal(answer.pdu.data[3], 8);
    /* The header's length is held to. */
    answer = find(&asked, BYTES(1, 2, 0, 0, 0, 6, 1, 4, 2, 0, 8), NULL);
    assert_int_equal(answer.find, MODBUS_FIND_NOTHING);
    assert_int_equal(answer.broken, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_crc_has_its_check_value),
        cmocka_unit_test(a_published_rtu_request),
        cmocka_unit_test(published_ascii_requests),
        cmocka_unit_test(the_standards_examples),
        cmocka_unit_test(an_identification_is_as_long_as_its_objects),
        cmocka_unit_test(only_reading_functions_are_written),
        cmocka_unit_test(no_single_fault_makes_a_value),
        cmocka_unit_test(random_blows_at_a_long_frame),
        cmocka_unit_test(a_late_answer_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

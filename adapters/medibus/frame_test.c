/* Frames: the protocol definition's own, and each of them damaged in every way. */
#include "frame.h"
#include "outbox.h"
#include "record.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct vector {
    const char *bytes;
    uint8_t code;
    const char *data;
} vector;

/* "MEDIBUS example 1" to 6 of the definition, with the checksums computed where it misprints them. */
static const vector commands[] = {
    {"\x1bQ6C\r", 0x51, ""}, {"\x1bR6D\r", 0x52, ""},
    {"\x1bU70\r", 0x55, ""}, {"\x1b(43\r", 0x28, ""},
    {"\x1b$3F\r", 0x24, ""}, {"\x1bJ$EB10\r", 0x4a, "$EB"},
    {"\x1bS6E\r", 0x53, ""}, {"\x1bT00020603FA\r", 0x54, "00020603"},
};

static const vector responses[] = {
    {"\x01Q52\r", 0x51, ""},
    {"\x01R53\r", 0x52, ""},
    {"\x01(11:11:1911-NOV-93E6\r", 0x28, "11:11:1911-NOV-93"},
    {"\x01$25\r", 0x24, ""},
    {"\x01$EB 98 E1 70 7A\r", 0x24, "EB 98 E1 70 "},
    {"\x01J4B\r", 0x4a, ""},
    {"\x01\x15"
     "16\r",
     0x15, ""},
    {"\x01T55\r", 0x54, ""},
};

#define NEXT "\x01$EB 97 5C\r"

static void commands_are_written_as_in_the_examples(void **state) {
    (void)state;
    static medibus_outbox outbox;
    for (size_t n = 0; n < sizeof commands / sizeof *commands; n++) {
        const char *data = commands[n].data;
        medibus_outbox_reset(&outbox);
        assert_int_equal(
            medibus_send_command(&outbox, commands[n].code, (dragoman_bytes){(const uint8_t *)data, strlen(data)}),
            DRAGOMAN_OK);
        dragoman_bytes sent = medibus_outbox_lend(&outbox);
        assert_int_equal(sent.size, strlen(commands[n].bytes));
        assert_memory_equal(sent.data, commands[n].bytes, sent.size);
    }
}

static void a_refusal_of_a_corrupt_command_is_written_as_in_the_example(void **state) {
    (void)state;
    static medibus_outbox outbox;
    medibus_outbox_reset(&outbox);
    assert_int_equal(medibus_send_response(&outbox, 0x15, (dragoman_bytes){NULL, 0}), DRAGOMAN_OK);
    assert_memory_equal(medibus_outbox_lend(&outbox).data,
                        "\x01\x15"
                        "16\r",
                        5);
}

static void no_other_command_is_written(void **state) {
    (void)state;
    static const char allowed[] = "$%&'()*+,-.0JQRSTU";
    static medibus_outbox outbox;
    for (unsigned code = 0; code < 256; code++) {
        medibus_outbox_reset(&outbox);
        dragoman_status status = medibus_send_command(&outbox, (uint8_t)code, (dragoman_bytes){NULL, 0});
        bool is_allowed = code != 0 && strchr(allowed, (int)code) != NULL;
        assert_int_equal(status, is_allowed ? DRAGOMAN_OK : DRAGOMAN_UNSUPPORTED);
        assert_int_equal(outbox.size > 0, is_allowed);
    }
}

static void streams_are_enabled_by_a_sync_command(void **state) {
    (void)state;
    static medibus_outbox outbox;
    medibus_outbox_reset(&outbox);
    assert_int_equal(medibus_send_streams(&outbox, 0x923), DRAGOMAN_OK);
    dragoman_bytes sent = medibus_outbox_lend(&outbox);
    assert_int_equal(sent.size, 9);
    assert_memory_equal(sent.data, "\xd0\xc1\xc3\xc2\xc2\xc3\xc9\xc0\xc0", 9);
}

/* Feeds bytes; returns the last response, and how many frames of any kind were whole. */
static medibus_item scan_all(medibus_scanner *scanner, const uint8_t *bytes, size_t size, size_t *ret_whole) {
    medibus_item last = {0};
    for (size_t n = 0; n < size; n++) {
        medibus_item item = medibus_scan(scanner, bytes[n]);
        if (item.kind == MEDIBUS_ITEM_RESPONSE || item.kind == MEDIBUS_ITEM_COMMAND) {
            last = item;
            (*ret_whole)++;
        }
    }
    return last;
}

static bool is_vector(const medibus_item *item, const vector *expected) {
    return item->kind == MEDIBUS_ITEM_RESPONSE && item->code == expected->code &&
           item->data.size == strlen(expected->data) && memcmp(item->data.data, expected->data, item->data.size) == 0;
}

static void responses_are_read_as_in_the_examples(void **state) {
    (void)state;
    static medibus_scanner scanner;
    for (size_t n = 0; n < sizeof responses / sizeof *responses; n++) {
        size_t whole = 0;
        medibus_item item = scan_all(&scanner, (const uint8_t *)responses[n].bytes, strlen(responses[n].bytes), &whole);
        assert_int_equal(whole, 1);
        assert_true(is_vector(&item, &responses[n]));
    }
}

/* Whatever came of the damaged bytes is nothing, or the same again; and the next frame is read. */
static void check_damage(const uint8_t *bytes, size_t size, const vector *original) {
    static medibus_scanner scanner;
    medibus_scanner_reset(&scanner);
    size_t whole = 0;
    medibus_item item = scan_all(&scanner, bytes, size, &whole);
    assert_true(whole == 0 || (whole == 1 && is_vector(&item, original)));
    whole = 0;
    item = scan_all(&scanner, (const uint8_t *)NEXT, sizeof NEXT - 1, &whole);
    assert_int_equal(whole, 1);
    assert_true(is_vector(&item, &(vector){NEXT, 0x24, "EB 97 "}));
}

static void damage(const vector *original) {
    uint8_t bytes[64];
    size_t size = strlen(original->bytes);
    for (size_t n = 0; n < size; n++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(bytes, original->bytes, size);
            bytes[n] = (uint8_t)(bytes[n] ^ 1u << bit);
            check_damage(bytes, size, original);
        }
        memcpy(bytes, original->bytes, n);
        check_damage(bytes, n, original);
        memcpy(bytes + n, original->bytes + n + 1, size - n - 1);
        check_damage(bytes, size - 1, original);
        memcpy(bytes, original->bytes, n + 1);
        memcpy(bytes + n + 1, original->bytes + n, size - n);
        check_damage(bytes, size + 1, original);
    }
}

static void every_flipped_bit_cut_doubled_and_missing_byte_is_seen(void **state) {
    (void)state;
    for (size_t n = 0; n < sizeof responses / sizeof *responses; n++) {
        damage(&responses[n]);
    }
}

/* The same for a page of 80 values: one fault of chance in each of many copies. */
static void a_fault_in_a_long_answer_is_seen(void **state) {
    (void)state;
    static char data[80 * 6 + 1];
    static uint8_t frame[600];
    size_t size = 2;
    frame[0] = 0x01;
    frame[1] = 0x24;
    for (unsigned n = 0; n < 80; n++) {
        (void)snprintf(data + (size_t)n * 6, 7, "%02X%4u", n, n * 37 % 1000);
    }
    memcpy(frame + size, data, sizeof data - 1);
    size += sizeof data - 1;
    medibus_hex_write(medibus_checksum(0x01, (dragoman_bytes){frame + 1, size - 1}), frame + size);
    frame[size + 2] = '\r';
    size += 3;
    vector original = {"", 0x24, data};
    srand(1);
    for (int n = 0; n < 20000; n++) {
        uint8_t copy[sizeof frame];
        size_t at = (size_t)rand() % size;
        size_t length = size;
        memcpy(copy, frame, size);
        if (n % 4 == 0) {
            copy[at] = (uint8_t)(copy[at] ^ 1u << rand() % 8);
        } else if (n % 4 == 1) {
            length = at;
        } else if (n % 4 == 2) {
            memmove(copy + at, frame + at + 1, size - at - 1);
            length--;
        } else {
            memmove(copy + at + 1, frame + at, size - at);
            length++;
        }
        check_damage(copy, length, &original);
    }
}

static void a_command_stands_in_the_middle_of_a_response_and_curves_everywhere(void **state) {
    (void)state;
    static medibus_scanner scanner;
    static const char bytes[] = "\x01$EB\xd1 9\x13\x1b\x80"
                                "04\x91"
                                "B\r8 \x11"
                                "E1 70 7A\r";
    static const medibus_item_kind expected[] = {MEDIBUS_ITEM_FAST,    MEDIBUS_ITEM_SUSPEND, MEDIBUS_ITEM_FAST,
                                                 MEDIBUS_ITEM_FAST,    MEDIBUS_ITEM_COMMAND, MEDIBUS_ITEM_RESUME,
                                                 MEDIBUS_ITEM_RESPONSE};
    size_t found = 0;
    medibus_item item = {0};
    for (size_t n = 0; n < sizeof bytes - 1; n++) {
        item = medibus_scan(&scanner, (uint8_t)bytes[n]);
        if (item.kind != MEDIBUS_ITEM_NONE) {
            assert_int_equal(item.kind, expected[found++]);
        }
    }
    assert_int_equal(found, 7);
    assert_true(is_vector(&item, &responses[4]));
}

static void what_is_longer_than_any_frame_is_dropped(void **state) {
    (void)state;
    static medibus_scanner scanner;
    size_t broken = 0;
    (void)medibus_scan(&scanner, MEDIBUS_SOH);
    for (size_t n = 0; n < 2u * MEDIBUS_RESPONSE_MOST; n++) {
        broken += medibus_scan(&scanner, 'A').kind == MEDIBUS_ITEM_BROKEN_RESPONSE ? 1 : 0;
    }
    assert_int_equal(broken, 1);
    (void)medibus_scan(&scanner, MEDIBUS_ESC);
    for (size_t n = 0; n < 2u * MEDIBUS_ARGUMENT_MOST; n++) {
        broken += medibus_scan(&scanner, 'A').kind == MEDIBUS_ITEM_BROKEN_COMMAND ? 1 : 0;
    }
    assert_int_equal(broken, 2);
    check_damage((const uint8_t *)"", 0, &responses[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_written_as_in_the_examples),
        cmocka_unit_test(a_refusal_of_a_corrupt_command_is_written_as_in_the_example),
        cmocka_unit_test(no_other_command_is_written),
        cmocka_unit_test(streams_are_enabled_by_a_sync_command),
        cmocka_unit_test(responses_are_read_as_in_the_examples),
        cmocka_unit_test(every_flipped_bit_cut_doubled_and_missing_byte_is_seen),
        cmocka_unit_test(a_fault_in_a_long_answer_is_seen),
        cmocka_unit_test(a_command_stands_in_the_middle_of_a_response_and_curves_everywhere),
        cmocka_unit_test(what_is_longer_than_any_frame_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

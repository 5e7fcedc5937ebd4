/* Frames and requests, on frames that programs which read such monitors send, and what becomes of broken ones. */
#include "frame.h"
#include "kit/hex.h"
#include "record.h"
#include "request.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* As pycollect sends them: all values each ten seconds, their end, and waves 4, 8 and 9. */
#define START_VALUES                                                                                                   \
    "7e 31 00 00 00 e8 fd 25 04 07 67 00 00 00 00 00 00 00 00 00 00 00 ff 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "  \
    "00 00 00 00 01 0a 00 08 00 00 00 00 00 bf 7e"
#define STOP_VALUES                                                                                                    \
    "7e 31 00 00 00 e8 fd 33 06 07 67 00 00 00 00 00 00 00 00 00 00 00 ff 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "  \
    "00 00 00 00 01 00 00 08 00 00 00 00 00 c5 7e"
#define START_WAVES                                                                                                    \
    "7e 58 00 00 00 e8 fd 58 27 08 67 00 00 00 00 01 00 00 00 00 00 00 ff 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "  \
    "00 00 00 00 00 00 05 00 01 04 08 09 ff 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "  \
    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 45 7e"

static size_t read_hex(const char *digits, uint8_t *to, size_t most) {
    buffer bytes;
    buffer_init(&bytes);
    hex_read(digits, &bytes);
    size_t size = bytes.size;
    assert_true(size <= most);
    memcpy(to, bytes.data, size);
    buffer_fini(&bytes);
    return size;
}

/* The last thing that a scanner says of bytes; noise and broken frames are counted. */
static dri_scanned scan(dri_scanner *scanner, const uint8_t *bytes, size_t size, dragoman_bytes *ret_record,
                        unsigned *ret_broken) {
    dri_scanned last = DRI_SCANNED_NOTHING;
    *ret_broken = 0;
    for (size_t n = 0; n < size; n++) {
        last = dri_scan(scanner, bytes[n], ret_record);
        *ret_broken += last == DRI_SCANNED_BROKEN ? 1 : 0;
    }
    return last;
}

static void check_whole(const char *digits, size_t size, uint16_t main_type) {
    uint8_t bytes[256];
    dri_scanner scanner = {0};
    dragoman_bytes bare;
    dri_record record;
    unsigned broken = 0;
    size_t count = read_hex(digits, bytes, sizeof bytes);
    assert_int_equal(scan(&scanner, bytes, count, &bare, &broken), DRI_SCANNED_RECORD);
    assert_int_equal(bare.size, size);
    assert_int_equal(dri_checksum(bare), bytes[count - 2]);
    assert_true(dri_record_read(bare, &record));
    assert_int_equal(record.main_type, main_type);
    assert_int_equal(record.count, 1);
    assert_int_equal(record.subrecords[0].data.size, size - 40);
}

static void published_frames_are_whole(void **state) {
    (void)state;
    check_whole(START_VALUES, 49, 0);
    check_whole(STOP_VALUES, 49, 0);
    check_whole(START_WAVES, 88, 1);
}

static void any_wrong_bit_is_seen(void **state) {
    (void)state;
    uint8_t bytes[256];
    size_t count = read_hex(START_VALUES, bytes, sizeof bytes);
    for (size_t n = 1; n + 1 < count; n++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            dri_scanner scanner = {0};
            dragoman_bytes record;
            unsigned broken = 0;
            bytes[n] ^= (uint8_t)(1u << bit);
            assert_int_not_equal(scan(&scanner, bytes, count, &record, &broken), DRI_SCANNED_RECORD);
            bytes[n] ^= (uint8_t)(1u << bit);
        }
    }
}

static void escaped_bytes_come_back(void **state) {
    (void)state;
    /* A record that is none: 7E, 7D and a checksum that has to be escaped itself: 7E + 7D + 83 = 17E. */
    static const uint8_t bytes[] = {0x7e, 0x7d, 0x5e, 0x7d, 0x5d, 0x83, 0x7d, 0x5e, 0x7e};
    dri_scanner scanner = {0};
    dragoman_bytes record;
    unsigned broken = 0;
    assert_int_equal(scan(&scanner, bytes, sizeof bytes, &record, &broken), DRI_SCANNED_RECORD);
    assert_int_equal(record.size, 3);
    assert_memory_equal(record.data, "\x7e\x7d\x83", 3);
}

static void what_needs_no_escape_has_none(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0x7e, 0x7d, 0x41, 0x61, 0x7e};
    dri_scanner scanner = {0};
    dragoman_bytes record;
    unsigned broken = 0;
    assert_int_equal(scan(&scanner, bytes, sizeof bytes, &record, &broken), DRI_SCANNED_BROKEN);
}

static void a_lost_flag_costs_one_frame(void **state) {
    (void)state;
    uint8_t bytes[256];
    dri_scanner scanner = {0};
    dragoman_bytes record;
    unsigned broken = 0;
    size_t count = read_hex(START_VALUES, bytes, sizeof bytes);
    /* The end of one frame is the beginning of the next. */
    assert_int_equal(scan(&scanner, bytes, count - 1, &record, &broken), DRI_SCANNED_NOTHING);
    assert_int_equal(scan(&scanner, bytes, count, &record, &broken), DRI_SCANNED_RECORD);
    assert_int_equal(broken, 0);
    assert_int_equal(scan(&scanner, bytes + 1, count - 2, &record, &broken), DRI_SCANNED_NOTHING);
    assert_int_equal(scan(&scanner, bytes + 1, count - 1, &record, &broken), DRI_SCANNED_BROKEN);
    assert_int_equal(scan(&scanner, bytes, count, &record, &broken), DRI_SCANNED_RECORD);
}

static void a_frame_without_end_is_given_up(void **state) {
    (void)state;
    uint8_t bytes[256];
    dri_scanner scanner = {0};
    dragoman_bytes record;
    unsigned broken = 0;
    uint8_t flag = DRI_FLAG;
    (void)dri_scan(&scanner, flag, &record);
    for (unsigned n = 0; n < 5000; n++) {
        assert_int_equal(dri_scan(&scanner, 1, &record), DRI_SCANNED_NOTHING);
    }
    assert_int_equal(dri_scan(&scanner, flag, &record), DRI_SCANNED_BROKEN);
    size_t count = read_hex(START_VALUES, bytes, sizeof bytes);
    assert_int_equal(scan(&scanner, bytes, count, &record, &broken), DRI_SCANNED_RECORD);
}

static void subrecords_outside_of_their_record_are_none(void **state) {
    (void)state;
    uint8_t bytes[48] = {48, 0};
    dri_record record;
    bytes[21] = 0xff;
    assert_true(dri_record_read((dragoman_bytes){bytes, sizeof bytes}, &record));
    bytes[16] = 8;
    assert_true(dri_record_read((dragoman_bytes){bytes, sizeof bytes}, &record));
    assert_int_equal(record.subrecords[0].data.size, 0);
    bytes[16] = 9;
    assert_false(dri_record_read((dragoman_bytes){bytes, sizeof bytes}, &record));
    bytes[16] = 0;
    bytes[0] = 47;
    assert_false(dri_record_read((dragoman_bytes){bytes, sizeof bytes}, &record));
    assert_false(dri_record_read((dragoman_bytes){bytes, 39}, &record));
}

static void check_request(dri_request request, uint32_t interval_s, const char *digits) {
    static const uint8_t waves[] = {1, 8, 9};
    dri_outbox outbox = {0};
    uint8_t wanted[256];
    size_t count = read_hex(digits, wanted, sizeof wanted);
    assert_int_equal(dri_request_put(&outbox, request, interval_s, (dragoman_bytes){waves, sizeof waves}), DRAGOMAN_OK);
    dragoman_bytes sent = dri_outbox_lend(&outbox);
    assert_int_equal(sent.size, count);
    assert_memory_equal(sent.data, wanted, count);
    assert_int_equal(dri_outbox_lend(&outbox).size, 0);
}

/* The bytes that LNhealth sends for the first and the last, whose 0 fill all eight places. */
static void requests_are_those_of_published_readers(void **state) {
    (void)state;
    check_request(DRI_REQUEST_DISPLAYED, 5,
                  "7e 31 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ff 00 00 00 00 00 00 00 00 00 00 "
                  "00 00 00 00 00 00 00 00 01 05 00 0e 00 00 00 00 00 44 7e");
    check_request(DRI_REQUEST_CHANGES, 60,
                  "7e 34 00 00 00 00 00 00 00 00 00 00 00 00 00 04 00 00 00 00 00 00 ff 00 00 00 00 00 00 00 00 00 00 "
                  "00 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00 00 00 00 00 39 7e");
    check_request(DRI_REQUEST_WAVES, 1,
                  "7e 48 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00 00 00 00 00 ff 00 00 00 00 00 00 00 00 00 00 "
                  "00 00 00 00 00 00 00 00 00 00 00 00 01 08 09 ff ff ff ff ff 00 00 00 00 00 00 00 00 00 00 00 00 00 "
                  "00 00 00 00 00 00 00 55 7e");
}

static void a_full_outbox_says_so(void **state) {
    (void)state;
    dri_outbox outbox = {0};
    dragoman_status status = DRAGOMAN_OK;
    unsigned count = 0;
    while (status == DRAGOMAN_OK && count < 1000) {
        status = dri_request_put(&outbox, DRI_REQUEST_DISPLAYED, 5, (dragoman_bytes){NULL, 0});
        count += status == DRAGOMAN_OK ? 1 : 0;
    }
    assert_int_equal(status, DRAGOMAN_LIMIT);
    assert_in_range(count, 7, 40);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_frames_are_whole),
        cmocka_unit_test(any_wrong_bit_is_seen),
        cmocka_unit_test(escaped_bytes_come_back),
        cmocka_unit_test(what_needs_no_escape_has_none),
        cmocka_unit_test(a_lost_flag_costs_one_frame),
        cmocka_unit_test(a_frame_without_end_is_given_up),
        cmocka_unit_test(subrecords_outside_of_their_record_are_none),
        cmocka_unit_test(requests_are_those_of_published_readers),
        cmocka_unit_test(a_full_outbox_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

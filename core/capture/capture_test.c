/* The capture file: what is written is read again, a cut is no error, a changed bit is found. */
#include "base/bytes.h"
#include "capture/capture.h"
#include "capture/layout.h"
#include "capture/recorder.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const dragoman_now start = {.monotonic_us = 5, .wall_us = 1700000000000000, .wall_quality = 2};

static void write_sample(buffer *to) {
    capture_header header = {.flags = CAPTURE_IS_COMPLETE, .start = start};
    capture_add_fact(&header, "adapter", DRAGOMAN_TEXT("hl7v2"));
    capture_add_fact(&header, "channel", DRAGOMAN_TEXT("main stream"));
    capture_write_header(&header, to);
    dragoman_event event = {.kind = DRAGOMAN_EVENT_DATAGRAM, .channel = 1};
    event.of.datagram =
        (dragoman_datagram_event){.from = DRAGOMAN_TEXT("10.0.0.1:24105"), .payload = DRAGOMAN_TEXT("\x01\x02")};
    capture_record record = capture_record_of_event(&event);
    record.session = 3;
    record.now = (dragoman_now){.monotonic_us = 9, .wall_us = 1700000000000004, .wall_quality = 1};
    capture_write_record(&record, to);
    dragoman_action action = {.kind = DRAGOMAN_ACTION_SEND, .data = DRAGOMAN_TEXT("answer")};
    record = capture_record_of_action(&action);
    capture_write_record(&record, to);
}

/* The check value that every description of CRC-32 gives. */
static void check_of_the_catalogue(void **state) {
    (void)state;
    assert_int_equal(layout_check(DRAGOMAN_TEXT("123456789")), 0xcbf43926u);
}

static void what_is_written_is_read(void **state) {
    (void)state;
    buffer file;
    buffer_init(&file);
    write_sample(&file);
    capture_reader reader;
    capture_header header;
    capture_record record;
    assert_int_equal(capture_reader_init(&reader, buffer_bytes(&file), &header, NULL), DRAGOMAN_OK);
    assert_int_equal(header.flags, CAPTURE_IS_COMPLETE);
    assert_int_equal(header.start.wall_us, start.wall_us);
    assert_true(bytes_is(capture_fact(&header, "adapter"), "hl7v2"));
    assert_int_equal(capture_fact(&header, "profile").size, 0);
    assert_int_equal(capture_reader_next(&reader, &record, NULL), DRAGOMAN_OK);
    assert_int_equal(record.kind, CAPTURE_DATAGRAM);
    assert_int_equal(record.channel, 1);
    assert_int_equal(record.session, 3);
    assert_int_equal(record.now.monotonic_us, 9);
    assert_int_equal(record.now.wall_us, 1700000000000004);
    assert_int_equal(record.now.wall_quality, 1);
    assert_int_equal(record.part_count, 2);
    assert_true(bytes_is(record.parts[0], "10.0.0.1:24105"));
    assert_true(bytes_is(record.parts[1], "\x01\x02"));
    assert_int_equal(capture_reader_next(&reader, &record, NULL), DRAGOMAN_OK);
    assert_int_equal(record.kind, CAPTURE_SEND);
    assert_true(bytes_is(record.parts[0], "answer"));
    assert_int_equal(capture_reader_next(&reader, &record, NULL), DRAGOMAN_NOT_FOUND);
    assert_false(reader.is_torn);
    buffer_fini(&file);
}

/* How many records some bytes give, or -1 when they are told to be damaged. */
static int count(dragoman_bytes bytes, bool *ret_is_torn) {
    capture_reader reader;
    capture_header header;
    capture_record record;
    int found = 0;
    *ret_is_torn = false;
    if (capture_reader_init(&reader, bytes, &header, NULL) != DRAGOMAN_OK) {
        return -1;
    }
    for (;; found++) {
        dragoman_status status = capture_reader_next(&reader, &record, NULL);
        if (status != DRAGOMAN_OK) {
            *ret_is_torn = reader.is_torn;
            return status == DRAGOMAN_NOT_FOUND ? found : -1;
        }
    }
}

static void a_cut_is_no_error_behind_the_header(void **state) {
    (void)state;
    buffer file;
    bool is_torn;
    buffer_init(&file);
    write_sample(&file);
    size_t header = LAYOUT_FILE_HEAD_BYTES + LAYOUT_FRAME_BYTES + file.data[LAYOUT_FILE_HEAD_BYTES];
    for (size_t size = 0; size <= file.size; size++) {
        int found = count((dragoman_bytes){file.data, size}, &is_torn);
        assert_true(size < header ? found == -1 : found >= 0);
        bool is_whole = size == header || size == file.size || (found == 1 && !is_torn);
        assert_true(size < header || is_torn == !is_whole);
    }
    assert_int_equal(count(buffer_bytes(&file), &is_torn), 2);
    buffer_fini(&file);
}

static void a_changed_bit_is_found(void **state) {
    (void)state;
    buffer file;
    bool is_torn;
    buffer_init(&file);
    write_sample(&file);
    for (size_t bit = 0; bit < file.size * 8; bit++) {
        file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        int found = count(buffer_bytes(&file), &is_torn);
        /* The minor may be any. */
        bool is_minor = bit / 8 == 10 || bit / 8 == 11;
        assert_true(is_minor ? found == 2 : found < 2);
        file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    buffer_fini(&file);
}

/* ---- the recorder */

static void note_trouble(void *context, const char *sentence) {
    int *times = context;
    (*times)++;
    assert_non_null(strstr(sentence, "cannot be written"));
}

static size_t size_of(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 ? (size_t)about.st_size : 0;
}

static void files_rotate_and_never_grow_beyond_their_bounds(void **state) {
    (void)state;
    char folder[] = "/tmp/dragoman-capture-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[64];
    char older[80];
    snprintf(path, sizeof(path), "%s/c", folder);
    capture_recorder *recorder = NULL;
    capture_header header = {.flags = 0};
    int troubles = 0;
    capture_recorder_options options = {.path = path,
                                        .max_bytes = CAPTURE_FILES * CAPTURE_FILE_BYTES_MIN,
                                        .trouble = note_trouble,
                                        .context = &troubles};
    assert_int_equal(capture_recorder_create(&options, &header, &start, &recorder, NULL), DRAGOMAN_OK);
    uint8_t block[1000] = {0};
    capture_session *session = capture_session_begin(recorder, block, &start);
    capture_record record = {.kind = CAPTURE_BYTES, .now = start, .part_count = 1, .parts = {{block, sizeof(block)}}};
    for (int i = 0; i < 1000; i++) {
        capture_session_add(session, record);
        assert_true(size_of(path) <= CAPTURE_FILE_BYTES_MIN);
    }
    capture_session_end(session, &start);
    capture_recorder_destroy(recorder);
    assert_int_equal(troubles, 0);
    for (unsigned i = 0; i < 10; i++) {
        snprintf(older, sizeof(older), i == 0 ? "%s" : "%s.%u", path, i);
        size_t size = size_of(older);
        assert_true(i < CAPTURE_FILES ? size > 0 && size <= CAPTURE_FILE_BYTES_MIN : size == 0);
        unlink(older);
    }
    rmdir(folder);
}

static void what_cannot_be_written_is_told_once(void **state) {
    (void)state;
    capture_recorder *recorder = NULL;
    capture_header header = {.flags = 0};
    error_record error = {0};
    int troubles = 0;
    capture_recorder_options options = {
        .path = "/nowhere/c", .max_bytes = 0, .trouble = note_trouble, .context = &troubles};
    assert_int_equal(capture_recorder_create(&options, &header, &start, &recorder, &error), DRAGOMAN_IO);
    assert_non_null(strstr(error.text, "/nowhere/c"));
    char folder[] = "/tmp/dragoman-capture-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[64];
    snprintf(path, sizeof(path), "%s/c", folder);
    options.path = path;
    assert_int_equal(capture_recorder_create(&options, &header, &start, &recorder, &error), DRAGOMAN_OK);
    uint8_t block[1000] = {0};
    capture_session *session = capture_session_begin(recorder, block, &start);
    unlink(path);
    rmdir(folder);
    capture_record record = {.kind = CAPTURE_BYTES, .now = start, .part_count = 1, .parts = {{block, sizeof(block)}}};
    for (int i = 0; i < 200; i++) {
        capture_session_add(session, record);
    }
    assert_int_equal(troubles, 1);
    capture_session_end(session, &start);
    capture_recorder_destroy(recorder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_of_the_catalogue),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_cut_is_no_error_behind_the_header),
        cmocka_unit_test(a_changed_bit_is_found),
        cmocka_unit_test(files_rotate_and_never_grow_beyond_their_bounds),
        cmocka_unit_test(what_cannot_be_written_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

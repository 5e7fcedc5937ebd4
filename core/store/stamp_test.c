/* What the house adds to a report at commit: the device's key that never changes, the epoch of its clock, and which
 * values only repeat an older one. */
#include "kit/store_kit.h"

#include "base/bytes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1700000000000000)
#define SECOND INT64_C(1000000)

typedef struct fixture {
    char folder[256];
    char path[300];
    store_options options;
    store *store;
    store_reader *reader;
    arena memory;
    uint64_t sent;
} fixture;

static void open_store(fixture *self) {
    assert_int_equal(store_open(&self->options, &self->store, NULL), DRAGOMAN_OK);
    assert_int_equal(store_reader_open(self->store, &self->reader, NULL), DRAGOMAN_OK);
}

static void close_store(fixture *self) {
    store_reader_close(self->reader);
    store_close(self->store);
}

static int set_up(void **state) {
    fixture *self = calloc(1, sizeof *self);
    store_kit_folder(self->folder, sizeof self->folder);
    snprintf(self->path, sizeof self->path, "%s/store.db", self->folder);
    self->options = (store_options){.path = self->path};
    arena_init(&self->memory, (size_t)1 << 26);
    open_store(self);
    *state = self;
    return 0;
}

static int tear_down(void **state) {
    fixture *self = *state;
    close_store(self);
    arena_fini(&self->memory);
    store_kit_remove(self->folder);
    free(self);
    return 0;
}

/* What a message of one report says of its device; the report itself is empty. */
typedef struct word {
    const char *link;
    const char *device;
    const char *eui; /* NULL: none */
    int64_t stated_at_us;
    const model_candidate *candidates;
    uint32_t candidate_count;
} word;

/* Sends it and reads back the stamp. */
static model_stamp say(fixture *self, word what) {
    store_kit_message message;
    dragoman_identifier identifier = {.value = bytes_of(what.eui), .universal_type = DRAGOMAN_TEXT("EUI-64")};
    store_kit_message_init(&message, NULL, 0);
    store_kit_message_report(&message, "", what.device, STORE_VALUES);
    message.message.link = bytes_of(what.link);
    message.message.received_at_us = NOW;
    message.message.received_quality = DRAGOMAN_CLOCK_SYNCHRONISED;
    message.report.ticket.stated_at_us = what.stated_at_us;
    message.report.ticket.candidates = what.candidates;
    message.report.ticket.candidate_count = what.candidate_count;
    if (what.eui != NULL) {
        message.report.ticket.identifiers = DRAGOMAN_LIST(&identifier, 1);
    }
    store_kit_submit(self->store, &message);
    store_kit_answer answer = store_kit_wait(&message);
    store_kit_message_fini(&message);
    assert_int_equal(answer.settlement, DRAGOMAN_DURABLE);
    store_row row;
    model_record record;
    error_record error = {0};
    assert_int_equal(store_reader_row(self->reader, ++self->sent, &row, &error), DRAGOMAN_OK);
    dragoman_bytes bytes = arena_copy(&self->memory, row.bytes);
    if (model_decode(bytes, &self->memory, &record, &error) != DRAGOMAN_OK) {
        fail_msg("%s", error.text);
    }
    assert_true(record.has_stamp);
    assert_true(bytes_is(record.stamp.link, what.link));
    assert_int_equal(record.stamp.received_at_us, NOW);
    assert_int_equal(record.stamp.received_quality, DRAGOMAN_CLOCK_SYNCHRONISED);
    return record.stamp;
}

static void reopen(fixture *self) {
    close_store(self);
    open_store(self);
}

static void a_name_is_unique_on_its_link_only(void **state) {
    fixture *self = *state;
    assert_true(bytes_is(say(self, (word){"icu1", "bed1", NULL, INT64_MIN, NULL, 0}).device_key, "icu1/bed1"));
    assert_true(bytes_is(say(self, (word){"icu2", "bed1", NULL, INT64_MIN, NULL, 0}).device_key, "icu2/bed1"));
    assert_true(bytes_is(say(self, (word){"icu1", "bed1", NULL, INT64_MIN, NULL, 0}).device_key, "icu1/bed1"));
}

static void an_eui_64_is_the_same_device_on_every_link(void **state) {
    fixture *self = *state;
    const char *key = "0012210123456789";
    assert_true(
        bytes_is(say(self, (word){"icu1", "bed1", "00-12-21-01-23-45-67-89", INT64_MIN, NULL, 0}).device_key, key));
    assert_true(bytes_is(say(self, (word){"icu2", "x", "0012210123456789", INT64_MIN, NULL, 0}).device_key, key));
    reopen(self);
    /* From now on its other name is enough. */
    assert_true(bytes_is(say(self, (word){"icu2", "x", NULL, INT64_MIN, NULL, 0}).device_key, key));
}

static void a_key_does_not_change_when_an_eui_64_is_learned_later(void **state) {
    fixture *self = *state;
    say(self, (word){"icu1", "bed1", NULL, INT64_MIN, NULL, 0});
    say(self, (word){"icu1", "bed1", "00122101234567ab", INT64_MIN, NULL, 0});
    reopen(self);
    assert_true(
        bytes_is(say(self, (word){"icu9", "other", "00122101234567AB", INT64_MIN, NULL, 0}).device_key, "icu1/bed1"));
}

static void an_eui_64_of_another_device_is_not_taken_from_it(void **state) {
    fixture *self = *state;
    const char *eui = "0012210123456789";
    say(self, (word){"icu1", "bed1", eui, INT64_MIN, NULL, 0});
    say(self, (word){"icu1", "bed2", NULL, INT64_MIN, NULL, 0});
    assert_true(bytes_is(say(self, (word){"icu1", "bed2", eui, INT64_MIN, NULL, 0}).device_key, "icu1/bed2"));
    assert_true(bytes_is(say(self, (word){"icu3", "bed3", eui, INT64_MIN, NULL, 0}).device_key, eui));
}

static void what_is_no_real_eui_64_identifies_nobody(void **state) {
    fixture *self = *state;
    static const char *const none[] = {"0000000000000000", "FFFFFFFFFFFFFFFF", "12345", "00122101234567XY"};
    for (size_t i = 0; i < 4; i++) {
        char device[16];
        char key[32];
        snprintf(device, sizeof device, "bed%zu", i);
        snprintf(key, sizeof key, "icu1/bed%zu", i);
        assert_true(bytes_is(say(self, (word){"icu1", device, none[i], INT64_MIN, NULL, 0}).device_key, key));
    }
}

static void the_clock_epoch_rises_when_the_clock_went_back(void **state) {
    fixture *self = *state;
    word what = {"icu1", "bed1", NULL, NOW, NULL, 0};
    model_stamp stamp = say(self, what);
    assert_int_equal(stamp.clock_epoch, 0);
    assert_true(stamp.has_clock_offset);
    assert_int_equal(stamp.clock_offset_us, 0);
    what.stated_at_us = NOW - 60 * SECOND; /* overtaken on another connection */
    assert_int_equal(say(self, what).clock_epoch, 0);
    what.stated_at_us = NOW + 600 * SECOND;
    assert_int_equal(say(self, what).clock_epoch, 0);
    what.stated_at_us = INT64_C(946684800) * SECOND; /* reset to 2000-01-01 */
    assert_int_equal(say(self, what).clock_epoch, 1);
    what.stated_at_us += 10 * SECOND;
    assert_int_equal(say(self, what).clock_epoch, 1);
    what.stated_at_us = NOW + 700 * SECOND; /* set right again: says no time twice */
    assert_int_equal(say(self, what).clock_epoch, 1);
    reopen(self);
    what.stated_at_us = INT64_C(946684800) * SECOND; /* and reset once more */
    stamp = say(self, what);
    assert_int_equal(stamp.clock_epoch, 2);
    assert_int_equal(stamp.clock_offset_us, INT64_C(946684800) * SECOND - NOW);
    reopen(self);
    what.stated_at_us = INT64_MIN; /* a report that states no time */
    stamp = say(self, what);
    assert_int_equal(stamp.clock_epoch, 2);
    assert_false(stamp.has_clock_offset);
}

static void an_hour_back_raises_the_epoch_also_after_reopening(void **state) {
    fixture *self = *state;
    word what = {"icu1", "bed1", NULL, NOW, NULL, 0};
    for (int i = 0; i < 10; i++) {
        what.stated_at_us += 30 * SECOND;
        assert_int_equal(say(self, what).clock_epoch, 0);
    }
    reopen(self);
    what.stated_at_us -= 3600 * SECOND;
    assert_int_equal(say(self, what).clock_epoch, 1);
}

static void an_unchanged_episodic_value_is_marked_repeated(void **state) {
    fixture *self = *state;
    model_candidate pair[] = {{.index = 3, .group = 1, .metric = 77, .value = 120},
                              {.index = 9, .group = 2, .metric = 78, .value = 80}};
    word what = {"icu1", "bed1", NULL, INT64_MIN, pair, 2};
    assert_int_equal(say(self, what).repeated_count, 0);
    model_stamp stamp = say(self, what);
    assert_int_equal(stamp.repeated_count, 2);
    assert_int_equal(stamp.repeated[0], 3);
    assert_int_equal(stamp.repeated[1], 9);
    pair[0].value = 121;
    stamp = say(self, what);
    assert_int_equal(stamp.repeated_count, 1);
    assert_int_equal(stamp.repeated[0], 9);
    reopen(self);
    stamp = say(self, what);
    assert_int_equal(stamp.repeated_count, 2);
    word other = {"icu1", "bed2", NULL, INT64_MIN, pair, 2};
    assert_int_equal(say(self, other).repeated_count, 0);
    pair[0].value = 120; /* back at an older value: a new measurement */
    assert_int_equal(say(self, what).repeated_count, 1);
}

static void what_was_measured_together_is_repeated_together(void **state) {
    fixture *self = *state;
    model_candidate cuff[] = {{.index = 0, .group = 5, .metric = 1, .value = 120},
                              {.index = 1, .group = 5, .metric = 2, .value = 80}};
    word what = {"icu1", "bed1", NULL, INT64_MIN, cuff, 2};
    assert_int_equal(say(self, what).repeated_count, 0);
    assert_int_equal(say(self, what).repeated_count, 2);
    cuff[0].value = 125; /* measured again: the diastolic pressure only happens to be the same */
    assert_int_equal(say(self, what).repeated_count, 0);
}

static void devices_can_be_listed(void **state) {
    fixture *self = *state;
    say(self, (word){"icu1", "bed1", NULL, NOW, NULL, 0});
    say(self, (word){"icu1", "bed2", NULL, INT64_MIN, NULL, 0});
    const store_device_row *devices = NULL;
    size_t count = 0;
    assert_int_equal(store_reader_devices(self->reader, 0, 10, &self->memory, &devices, &count, NULL), DRAGOMAN_OK);
    assert_int_equal(count, 2);
    assert_true(bytes_is(devices[0].key, "icu1/bed1"));
    assert_int_equal(devices[0].stated_at_us, NOW);
    assert_int_equal(devices[1].lane, 2);
    assert_int_equal(devices[1].stated_at_us, INT64_MIN);
}

static void a_name_that_is_too_long_is_refused_alone(void **state) {
    fixture *self = *state;
    char name[600];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    store_kit_answer answer = store_kit_send(self->store, "A", 1, "", name, STORE_VALUES);
    assert_int_equal(answer.settlement, DRAGOMAN_NOT_KEPT);
    assert_int_equal(answer.status, DRAGOMAN_LIMIT);
    assert_non_null(strstr(answer.reason, "device key"));
    assert_int_equal(store_kit_send(self->store, "B", 1, "", "bed1", STORE_VALUES).settlement, DRAGOMAN_DURABLE);
    /* It was not kept, so it is no duplicate either. */
    assert_int_equal(store_kit_send(self->store, "A", 1, "", "bed1", STORE_VALUES).settlement, DRAGOMAN_DURABLE);
}

int main(void) {
#define IN_A_STORE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_A_STORE(a_name_is_unique_on_its_link_only),
        IN_A_STORE(an_eui_64_is_the_same_device_on_every_link),
        IN_A_STORE(a_key_does_not_change_when_an_eui_64_is_learned_later),
        IN_A_STORE(an_eui_64_of_another_device_is_not_taken_from_it),
        IN_A_STORE(what_is_no_real_eui_64_identifies_nobody),
        IN_A_STORE(the_clock_epoch_rises_when_the_clock_went_back),
        IN_A_STORE(an_hour_back_raises_the_epoch_also_after_reopening),
        IN_A_STORE(an_unchanged_episodic_value_is_marked_repeated),
        IN_A_STORE(what_was_measured_together_is_repeated_together),
        IN_A_STORE(devices_can_be_listed),
        IN_A_STORE(a_name_that_is_too_long_is_refused_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The publisher on a real store, with a sink that does as it is told. */
#include "publish/publish.h"
#include "publish/runner.h"

#include "base/bytes.h"
#include "kit/random_report.h"
#include "kit/sink_kit.h"
#include "kit/store_kit.h"
#include "loop/clock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

enum { RETRIES_LEAST = 11 };

typedef struct fixture {
    char folder[256];
    char path[300];
    store *store;
    publish *publish;
    terms_book *book;
    site site;
    site_publish sink;
} fixture;

static void open_store(fixture *self) {
    store_options options = {.path = self->path, .max_bytes_total = UINT64_C(1) << 40};
    for (int i = 0; i < STORE_CLASSES; i++) {
        options.hold_us[i] = INT64_MAX / 4;
    }
    assert_int_equal(store_open(&options, &self->store, NULL), DRAGOMAN_OK);
}

static int set_up(void **state) {
    fixture *self = calloc(1, sizeof *self);
    store_kit_folder(self->folder, sizeof self->folder);
    snprintf(self->path, sizeof self->path, "%s/store.db", self->folder);
    assert_int_equal(terms_book_create("mappings", NULL, 0, &self->book, NULL), DRAGOMAN_OK);
    self->sink = (site_publish){.name = DRAGOMAN_TEXT("kit"),
                                .to = DRAGOMAN_TEXT("kit:"),
                                .format = SITE_PROTOBUF,
                                .values = true,
                                .alerts = true,
                                .context = true,
                                .waves = true};
    self->site = (site){.name = DRAGOMAN_TEXT("test"), .publish = &self->sink, .publish_count = 1};
    sink_kit_reset();
    open_store(self);
    *state = self;
    return 0;
}

static void start(fixture *self) {
    error_record error = {0};
    publish_options options = {.of = &self->site, .from = self->store, .book = self->book, .sink = &sink_kit};
    dragoman_status status = publish_start(&options, &self->publish, &error);
    if (status != DRAGOMAN_OK) {
        fail_msg("%s", error.text);
    }
}

static void stop(fixture *self) {
    publish_stop(self->publish);
    self->publish = NULL;
}

static void restart_store(fixture *self) {
    store_close(self->store);
    open_store(self);
}

static int tear_down(void **state) {
    fixture *self = *state;
    publish_stop(self->publish);
    store_close(self->store);
    terms_book_destroy(self->book);
    store_kit_remove(self->folder);
    sink_kit_reset();
    free(self);
    return 0;
}

static void send(fixture *self, const char *text, const char *device) {
    assert_int_equal(store_kit_send(self->store, NULL, 0, text, device, STORE_VALUES).settlement, DRAGOMAN_DURABLE);
}

/* Row `number` of device `number % devices` says so. Many at a time, so that commits hold many. */
static void send_many(fixture *self, unsigned from, unsigned count, unsigned devices) {
    typedef struct texts {
        char report[32], device[16];
    } texts;
    store_kit_message *messages = calloc(count, sizeof *messages);
    texts *of = calloc(count, sizeof *of);
    for (unsigned i = 0; i < count; i++) {
        snprintf(of[i].report, sizeof of[i].report, "<%u:%u>", (from + i) % devices, from + i);
        snprintf(of[i].device, sizeof of[i].device, "bed%u", (from + i) % devices);
        store_kit_message_init(&messages[i], NULL, 0);
        store_kit_message_report(&messages[i], of[i].report, of[i].device, STORE_VALUES);
        store_kit_submit(self->store, &messages[i]);
    }
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(store_kit_wait(&messages[i]).settlement, DRAGOMAN_DURABLE);
        store_kit_message_fini(&messages[i]);
    }
    free(messages);
    free(of);
}

static publish_health health_of(fixture *self) {
    publish_health health;
    assert_true(publish_health_get(self->publish, 0, &health));
    return health;
}

/* Every number of 0 to below `count` once, rising for each device. */
static void assert_all_in_order(unsigned count, unsigned devices) {
    unsigned *next = calloc(devices, sizeof *next);
    assert_int_equal(sink_kit_count(), count);
    for (unsigned i = 0; i < devices; i++) {
        next[i] = i;
    }
    for (unsigned i = 0; i < count; i++) {
        unsigned device = 0;
        unsigned number = 0;
        assert_int_equal(sscanf(sink_kit_text(i), "<%u:%u>", &device, &number), 2);
        assert_int_equal(number, next[device]);
        next[device] += devices;
    }
    free(next);
}

static void rows_of_a_device_arrive_in_order_and_of_many_at_once(void **state) {
    fixture *self = *state;
    sink_kit_set(&(sink_kit_manner){.items_at_once = 8, .shuffles = true});
    start(self);
    send_many(self, 0, 3000, 20);
    sink_kit_wait(3000);
    assert_all_in_order(3000, 20);
    assert_true(sink_kit_most_under_way() > 1);
    assert_true(sink_kit_lanes_never_shared());
    assert_int_equal(health_of(self).delivered_rows, 3000);
    assert_true(health_of(self).is_well);
}

static void a_stream_gets_rows_joined_in_the_order_of_their_numbers(void **state) {
    fixture *self = *state;
    sink_kit_set(&(sink_kit_manner){.is_stream = true, .items_at_once = 1});
    start(self);
    send_many(self, 0, 3000, 1);
    sink_kit_wait(3000);
    assert_all_in_order(3000, 1);
}

static void what_was_committed_before_the_start_comes_first(void **state) {
    fixture *self = *state;
    sink_kit_set(&(sink_kit_manner){.items_at_once = 1});
    send_many(self, 0, 100, 3);
    start(self);
    send_many(self, 100, 50, 3);
    sink_kit_wait(150);
    assert_all_in_order(150, 3);
}

/* Commits go on while the sink changes from catching up to the live feed and, being slow, back. */
static void at_the_border_of_store_and_feed_nothing_is_missing_or_double(void **state) {
    fixture *self = *state;
    sink_kit_set(&(sink_kit_manner){.items_at_once = 16});
    send_many(self, 0, 2000, 7);
    start(self);
    for (unsigned from = 2000; from < 12000; from += 50) {
        send_many(self, from, 50, 7);
    }
    sink_kit_wait(12000);
    assert_all_in_order(12000, 7);
    stop(self);
    assert_int_equal(sink_kit_count(), 12000);
}

static void a_slow_sink_falls_back_to_the_store_and_rejoins(void **state) {
    fixture *self = *state;
    static char large[1 << 20];
    memset(large, 'x', sizeof large - 1);
    sink_kit_set(&(sink_kit_manner){.items_at_once = 1, .is_held = true});
    start(self);
    for (unsigned i = 0; i < 24; i++) {
        /* Three times what the feed holds, three more than the window. */
        int size = snprintf(large, sizeof large, "<0:%u>", i);
        large[size] = 'x';
        send(self, large, "bed0");
    }
    sink_kit_hold(false);
    sink_kit_wait(24);
    assert_all_in_order(24, 1);
    send(self, "<0:24>", "bed0");
    sink_kit_wait(25);
    assert_all_in_order(25, 1);
}

static void after_a_restart_it_goes_on_where_it_was(void **state) {
    fixture *self = *state;
    sink_kit_set(&(sink_kit_manner){.items_at_once = 4});
    start(self);
    send_many(self, 0, 500, 5);
    sink_kit_wait(500);
    stop(self);
    restart_store(self);
    start(self);
    send_many(self, 500, 10, 5);
    sink_kit_wait(510);
    assert_all_in_order(510, 5);
}

/* One device's row waits for long: the others pass it, also across a restart, and it is not lost. */
static void rows_out_of_order_are_remembered(void **state) {
    fixture *self = *state;
    sink_kit_set(&(sink_kit_manner){.items_at_once = 4, .retries = "<2:"});
    start(self);
    send_many(self, 0, 300, 3);
    sink_kit_wait(200);
    stop(self);
    assert_int_equal(sink_kit_count(), 200);
    restart_store(self);
    store_reader *reader = NULL;
    arena memory;
    store_position position;
    arena_init(&memory, 1 << 20);
    assert_int_equal(store_reader_open(self->store, &reader, NULL), DRAGOMAN_OK);
    assert_int_equal(store_position_get(reader, "kit", &memory, &position), DRAGOMAN_OK);
    assert_int_equal(position.low_water, 2);
    assert_int_equal(position.done_count, 198);
    arena_fini(&memory);
    store_reader_close(reader);
    sink_kit_set(&(sink_kit_manner){.items_at_once = 4});
    start(self);
    sink_kit_wait(300);
    assert_all_in_order(300, 3);
}

static void what_a_stream_lost_behind_its_mark_is_given_again(void **state) {
    fixture *self = *state;
    sink_kit_set(&(sink_kit_manner){.is_stream = true, .items_at_once = 1, .safe_each = 700, .losses = 2});
    start(self);
    for (unsigned from = 0; from < 3000; from += 50) {
        send_many(self, from, 50, 3);
    }
    sink_kit_wait(3000);
    stop(self);
    assert_int_equal(sink_kit_count(), 3000);
    assert_all_in_order(3000, 3);
}

static void what_is_rejected_becomes_a_dead_letter_and_holds_up_nobody(void **state) {
    fixture *self = *state;
    sink_kit_set(&(sink_kit_manner){.items_at_once = 2, .rejects = "<0:30>"});
    start(self);
    send_many(self, 0, 60, 2);
    sink_kit_wait(59);
    stop(self);
    restart_store(self);
    store_reader *reader = NULL;
    arena memory;
    const store_dead_row *letters = NULL;
    store_dead_row letter;
    size_t count = 0;
    arena_init(&memory, 1 << 20);
    assert_int_equal(store_reader_open(self->store, &reader, NULL), DRAGOMAN_OK);
    assert_int_equal(store_dead_list(reader, &(store_dead_query){.sink = "kit"}, 10, &memory, &letters, &count, NULL),
                     DRAGOMAN_OK);
    assert_int_equal(count, 1);
    assert_true(bytes_is(letters[0].reason, "the kit does not like it"));
    assert_int_equal(letters[0].row_number, 31);
    assert_int_equal(store_dead_get(reader, letters[0].number, &memory, &letter, NULL), DRAGOMAN_OK);
    assert_true(bytes_starts_with(letter.payload, "<0:30>"));
    /* Somebody has mended the receiver and asks to try it again. */
    sink_kit_set(&(sink_kit_manner){.items_at_once = 2});
    start(self);
    assert_int_equal(store_dead_retry(self->store, letter.number), DRAGOMAN_OK);
    publish_look_again(self->publish);
    sink_kit_wait(60);
    assert_int_equal(strncmp(sink_kit_text(59), "<0:30>", 6), 0);
    stop(self);
    restart_store(self);
    store_reader_close(reader);
    assert_int_equal(store_reader_open(self->store, &reader, NULL), DRAGOMAN_OK);
    assert_int_equal(store_dead_list(reader, &(store_dead_query){.sink = "kit"}, 10, &memory, &letters, &count, NULL),
                     DRAGOMAN_OK);
    assert_int_equal(count, 0);
    arena_fini(&memory);
    store_reader_close(reader);
}

/* A file may lose what it took before it was synced: a letter is removed behind that, not before. */
static void a_letter_that_a_stream_lost_is_given_again(void **state) {
    fixture *self = *state;
    sink_kit_set(&(sink_kit_manner){.items_at_once = 2, .rejects = "<1:3>"});
    start(self);
    send_many(self, 0, 5, 2);
    sink_kit_wait(4);
    stop(self);
    restart_store(self);
    sink_kit_reset();
    sink_kit_set(&(sink_kit_manner){.is_stream = true, .items_at_once = 1, .safe_each = 2, .losses = 1});
    start(self);
    send(self, "<2:1>", "bed2");
    send(self, "<2:2>", "bed2");
    sink_kit_wait(2);
    assert_int_equal(store_dead_retry(self->store, 1), DRAGOMAN_OK);
    publish_look_again(self->publish);
    sink_kit_wait(3);
    send(self, "<2:3>", "bed2");
    sink_kit_wait(4);
    stop(self);
    assert_int_equal(sink_kit_count(), 4);
    bool is_there = strncmp(sink_kit_text(2), "<1:3>", 5) == 0 || strncmp(sink_kit_text(3), "<1:3>", 5) == 0;
    assert_true(is_there);
}

static void what_is_no_report_becomes_a_dead_letter(void **state) {
    fixture *self = *state;
    self->sink.format = SITE_FHIR;
    sink_kit_set(&(sink_kit_manner){.items_at_once = 1});
    start(self);
    send(self, "\x0a\xff\xff garbage", "bed0");
    send(self, "more garbage", "bed1");
    int64_t until_us = clock_now().monotonic_us + 10000000;
    while (health_of(self).dead < 2 && clock_now().monotonic_us < until_us) {
        usleep(1000);
    }
    assert_int_equal(health_of(self).dead, 2);
    assert_int_equal(sink_kit_count(), 0);
    stop(self);
    restart_store(self);
    store_health health;
    store_health_get(self->store, &health);
    assert_int_equal(health.dead, 2);
}

static void a_receiver_that_is_away_is_asked_seldom_and_gets_everything(void **state) {
    fixture *self = *state;
    sink_kit_set(&(sink_kit_manner){.items_at_once = 4, .retries = "<"});
    start(self);
    send_many(self, 0, 40, 4);
    int64_t begun_us = clock_now().monotonic_us;
    publish_health health = health_of(self);
    while (health.retries < 7) {
        usleep(1000);
        health = health_of(self);
    }
    /* Each of the four devices asks once; two more refusals mean at least one full round of waiting, half of it by
     * chance. */
    assert_true(clock_now().monotonic_us - begun_us >= RUNNER_FIRST_RETRY_US / 2);
    assert_false(health.is_well);
    assert_string_equal(health.reason, "the kit is busy");
    assert_int_equal(health.behind_rows, 40);
    sink_kit_set(&(sink_kit_manner){.items_at_once = 4});
    sink_kit_wait(40);
    assert_all_in_order(40, 4);
}

static int64_t processor_us(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

static void waiting_costs_nothing(void **state) {
    fixture *self = *state;
    sink_kit_set(&(sink_kit_manner){.items_at_once = 4, .retries = "<"});
    start(self);
    send_many(self, 0, 40, 4);
    while (health_of(self).retries < 4) {
        usleep(1000);
    }
    /* One item asks how the receiver is and gets no answer, while the time of the others' next try goes by. */
    sink_kit_hold(true);
    usleep(1000000);
    int64_t before_us = processor_us();
    usleep(1000000);
    assert_true(processor_us() - before_us < 200000);
    sink_kit_set(&(sink_kit_manner){.items_at_once = 4});
    sink_kit_wait(40);
    usleep(200000);
    before_us = processor_us();
    usleep(1000000);
    assert_true(processor_us() - before_us < 200000);
}

static void the_receivers_own_wish_is_kept(void **state) {
    fixture *self = *state;
    sink_kit_set(&(sink_kit_manner){.items_at_once = 2, .retries = "<", .retry_after_us = 700000});
    start(self);
    int64_t from_us = clock_now().monotonic_us;
    send(self, "<0:0>", "bed0");
    while (health_of(self).retries == 0) {
        usleep(1000);
    }
    sink_kit_set(&(sink_kit_manner){.items_at_once = 2});
    sink_kit_wait(1);
    assert_true(clock_now().monotonic_us - from_us >= 700000);
}

static void a_stop_is_bounded_when_nothing_comes_back(void **state) {
    fixture *self = *state;
    sink_kit_set(&(sink_kit_manner){.items_at_once = 1, .is_held = true});
    start(self);
    send_many(self, 0, 3, 1);
    int64_t from_us = clock_now().monotonic_us;
    stop(self);
    assert_true(clock_now().monotonic_us - from_us < 6000000);
    assert_int_equal(sink_kit_count(), 0);
    sink_kit_hold(false);
    start(self);
    sink_kit_wait(3);
    assert_all_in_order(3, 1);
}

static void a_sink_gets_the_classes_it_wants(void **state) {
    fixture *self = *state;
    self->sink.values = false;
    sink_kit_set(&(sink_kit_manner){.items_at_once = 1});
    start(self);
    send(self, "<0:0>", "bed0");
    store_kit_send(self->store, NULL, 0, "alert", "bed0", STORE_ALERTS);
    send(self, "<0:1>", "bed0");
    sink_kit_wait(1);
    stop(self);
    assert_int_equal(sink_kit_count(), 1);
    assert_int_equal(strncmp(sink_kit_text(0), "alert", 5), 0);
}

static void count_codes(void *context, const terms_census_row *row) {
    uint64_t *seen = context;
    *seen += row->is_unit ? 0 : row->count;
}

static void without_a_sink_codes_are_counted(void **state) {
    fixture *self = *state;
    arena memory;
    buffer bytes;
    arena_init(&memory, 1 << 24);
    buffer_init(&bytes);
    assert_int_equal(model_encode(kit_monitor_report(20, &memory), &bytes), DRAGOMAN_OK);
    store_kit_message message;
    store_kit_message_init(&message, NULL, 0);
    store_kit_message_report(&message, "", "bed0", STORE_VALUES);
    message.report.bytes = buffer_bytes(&bytes);
    store_kit_submit(self->store, &message);
    assert_int_equal(store_kit_wait(&message).settlement, DRAGOMAN_DURABLE);
    self->site.publish_count = 0;
    terms_census *census = terms_census_create();
    publish_options options = {.of = &self->site, .from = self->store, .book = self->book, .census = census};
    assert_int_equal(publish_start(&options, &self->publish, NULL), DRAGOMAN_OK);
    message.message.report_count = 1;
    message.is_settled = false;
    store_kit_submit(self->store, &message);
    assert_int_equal(store_kit_wait(&message).settlement, DRAGOMAN_DURABLE);
    /* It is counted behind the commit, by a thread of its own. */
    uint64_t seen = 0;
    while (seen == 0) {
        usleep(1000);
        terms_census_visit(census, count_codes, &seen);
    }
    stop(self);
    /* The row of this run, and not the one that was there. */
    seen = 0;
    terms_census_visit(census, count_codes, &seen);
    assert_int_equal(seen, 20);
    publish_health health;
    assert_false(publish_health_get(self->publish, 0, &health));
    store_kit_message_fini(&message);
    terms_census_destroy(census);
    buffer_fini(&bytes);
    arena_fini(&memory);
}

/* Otherwise its rows would be kept for it for ever. */
static void the_position_of_a_sink_that_is_gone_is_forgotten(void **state) {
    fixture *self = *state;
    sink_kit_set(&(sink_kit_manner){.items_at_once = 1});
    store_position_put(self->store, "gone", &(store_position){.low_water = 1});
    store_position_put(self->store, "kit", &(store_position){.low_water = 0});
    store_kit_settle(self->store);
    start(self);
    send(self, "<0:0>", "bed0");
    sink_kit_wait(1);
    stop(self);
    restart_store(self);
    store_reader *reader = NULL;
    arena memory;
    const store_position_row *rows = NULL;
    size_t count = 0;
    arena_init(&memory, 1 << 20);
    assert_int_equal(store_reader_open(self->store, &reader, NULL), DRAGOMAN_OK);
    assert_int_equal(store_reader_positions(reader, &memory, &rows, &count, NULL), DRAGOMAN_OK);
    assert_int_equal(count, 1);
    assert_true(bytes_is(rows[0].sink, "kit"));
    arena_fini(&memory);
    store_reader_close(reader);
}

/* A row that fails while others go through is at fault itself, and does not come for ever. */
static void a_row_that_fails_alone_is_a_dead_letter_in_the_end(void **state) {
    fixture *self = *state;
    sink_kit_set(&(sink_kit_manner){.items_at_once = 2, .retries = "<0:0>", .retry_after_us = 1});
    start(self);
    send(self, "<0:0>", "bed0");
    int64_t until_us = clock_now().monotonic_us + 30000000;
    for (unsigned i = 1; health_of(self).dead == 0 && clock_now().monotonic_us < until_us; i++) {
        char text[32];
        snprintf(text, sizeof text, "<1:%u>", i);
        send(self, text, "bed1");
        sink_kit_wait(i);
    }
    assert_int_equal(health_of(self).dead, 1);
    assert_true(health_of(self).retries > RETRIES_LEAST);
    send(self, "<0:1>", "bed0");
    while (strncmp(sink_kit_text(sink_kit_count() - 1), "<0:1>", 5) != 0 && clock_now().monotonic_us < until_us) {
        usleep(1000);
    }
    assert_int_equal(strncmp(sink_kit_text(sink_kit_count() - 1), "<0:1>", 5), 0);
}

static void latency_is_measured(void **state) {
    fixture *self = *state;
    int64_t committed_us = 0;
    int64_t published_us = 0;
    sink_kit_set(&(sink_kit_manner){.items_at_once = 1});
    start(self);
    publish_latency(self->publish, 50, &committed_us, &published_us);
    assert_int_equal(committed_us, 0);
    send(self, "<0:0>", "bed0");
    sink_kit_wait(1);
    while (published_us == 0) {
        publish_latency(self->publish, 50, &committed_us, &published_us);
    }
    /* The kit's messages were received in 2023. */
    assert_true(committed_us > INT64_C(1000000000));
    assert_true(published_us >= committed_us);
}

#define PUBLISH_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        PUBLISH_TEST(rows_of_a_device_arrive_in_order_and_of_many_at_once),
        PUBLISH_TEST(a_stream_gets_rows_joined_in_the_order_of_their_numbers),
        PUBLISH_TEST(what_was_committed_before_the_start_comes_first),
        PUBLISH_TEST(at_the_border_of_store_and_feed_nothing_is_missing_or_double),
        PUBLISH_TEST(a_slow_sink_falls_back_to_the_store_and_rejoins),
        PUBLISH_TEST(after_a_restart_it_goes_on_where_it_was),
        PUBLISH_TEST(rows_out_of_order_are_remembered),
        PUBLISH_TEST(what_a_stream_lost_behind_its_mark_is_given_again),
        PUBLISH_TEST(what_is_rejected_becomes_a_dead_letter_and_holds_up_nobody),
        PUBLISH_TEST(a_letter_that_a_stream_lost_is_given_again),
        PUBLISH_TEST(what_is_no_report_becomes_a_dead_letter),
        PUBLISH_TEST(a_receiver_that_is_away_is_asked_seldom_and_gets_everything),
        PUBLISH_TEST(waiting_costs_nothing),
        PUBLISH_TEST(the_receivers_own_wish_is_kept),
        PUBLISH_TEST(a_stop_is_bounded_when_nothing_comes_back),
        PUBLISH_TEST(a_sink_gets_the_classes_it_wants),
        PUBLISH_TEST(without_a_sink_codes_are_counted),
        PUBLISH_TEST(the_position_of_a_sink_that_is_gone_is_forgotten),
        PUBLISH_TEST(a_row_that_fails_alone_is_a_dead_letter_in_the_end),
        PUBLISH_TEST(latency_is_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

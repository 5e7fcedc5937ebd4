#include "base/bytes.h"
#include "kit/puppet.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void brackets_make_one_message(void **state) {
    puppet_bench *self = *state;
    assert_int_equal(puppet_tell(self, "(rrd1)"), DRAGOMAN_OK);
    assert_int_equal(self->kept_count, 1);
    store_message *kept = &self->kept[0]->store;
    assert_int_equal(kept->number, 1);
    assert_int_equal(kept->report_count, 2);
    assert_int_equal(kept->dead_count, 1);
    assert_int_equal(kept->state_count, 1);
    assert_true(bytes_is(kept->sender, "sender") && bytes_is(kept->id, "id") && bytes_is(kept->link, "link"));
    assert_true(kept->reports[0].bytes.size > 0);
    assert_ptr_equal(kept->reports[1].bytes.data, kept->reports[0].bytes.data + kept->reports[0].bytes.size);
    puppet_settle(self, 0, DRAGOMAN_DURABLE);
}

static void an_empty_message_is_one_too(void **state) {
    puppet_bench *self = *state;
    assert_int_equal(puppet_tell(self, "()"), DRAGOMAN_OK);
    assert_int_equal(self->kept_count, 1);
    puppet_settle(self, 0, DRAGOMAN_DURABLE);
}

static void what_is_emitted_outside_is_a_message_of_its_own(void **state) {
    puppet_bench *self = *state;
    puppet_tell(self, "rd1");
    assert_int_equal(self->kept_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(self->kept[i]->store.number, i + 1);
        puppet_settle(self, i, DRAGOMAN_DURABLE);
    }
}

static void brackets_that_do_not_fit_are_refused(void **state) {
    puppet_bench *self = *state;
    assert_int_equal(puppet_tell(self, "(("), DRAGOMAN_INVALID);
    puppet_tell(self, ")");
    assert_int_equal(puppet_tell(self, ")"), DRAGOMAN_INVALID);
    assert_int_equal(self->kept_count, 1);
    puppet_settle(self, 0, DRAGOMAN_DURABLE);
}

static void an_abandoned_message_leaves_nothing(void **state) {
    puppet_bench *self = *state;
    puppet_tell(self, "(r1x(r)");
    assert_int_equal(self->kept_count, 1);
    assert_int_equal(self->kept[0]->store.report_count, 1);
    assert_int_equal(self->kept[0]->store.state_count, 0);
    puppet_settle(self, 0, DRAGOMAN_DURABLE);
}

/* host_services.state_get through the adapter's own table, outside of a call: good enough for reading. */
static const char *state_of(void) {
    static char text[32];
    dragoman_bytes value = {NULL, 0};
    assert_int_equal(puppet_made->host->state_get(puppet_made->context, DRAGOMAN_TEXT("key"), &value), DRAGOMAN_OK);
    snprintf(text, sizeof(text), "%.*s", BYTES_FORMAT(value));
    return text;
}

static void state_is_read_back_before_it_is_committed(void **state) {
    puppet_bench *self = *state;
    assert_string_equal(state_of(), "committed");
    puppet_tell(self, "1");
    assert_string_equal(state_of(), "1");
    puppet_tell(self, "(2");
    assert_string_equal(state_of(), "2");
    puppet_tell(self, "x");
    assert_string_equal(state_of(), "1");
    puppet_tell(self, "(2)");
    assert_string_equal(state_of(), "2");
    puppet_settle(self, 0, DRAGOMAN_DURABLE);
    host_environment_settle(self->environment, &self->now, puppet_told, self);
    assert_string_equal(state_of(), "2");
    puppet_settle(self, 1, DRAGOMAN_NOT_KEPT);
    host_environment_settle(self->environment, &self->now, puppet_told, self);
    assert_string_equal(state_of(), "committed");
}

static void what_dead_letters_hold_counts_as_unsettled(void **state) {
    puppet_bench *self = *state;
    bool is_stopped = false;
    assert_int_equal(puppet_feed(self, "DDDDDDDD", 100, &is_stopped), DRAGOMAN_OK);
    assert_true(is_stopped);
    assert_int_equal(self->kept_count, 4);
    size_t bytes = 0;
    assert_int_equal(host_instance_unsettled(self->instance, &bytes), 4);
    assert_true(bytes > HOST_UNSETTLED_BYTES_MAX);
    for (size_t i = 0; i < 4; i++) {
        puppet_settle(self, i, DRAGOMAN_DURABLE);
    }
    host_environment_settle(self->environment, &self->now, puppet_told, self);
    assert_int_equal(host_instance_unsettled(self->instance, &bytes), 0);
    assert_int_equal(bytes, 0);
    assert_int_equal(puppet_feed(self, "", 100, &is_stopped), DRAGOMAN_OK);
    assert_int_equal(self->kept_count, 8);
    for (size_t i = 4; i < 8; i++) {
        puppet_settle(self, i, DRAGOMAN_DURABLE);
    }
}

static void no_more_messages_than_the_store_queues_are_unsettled(void **state) {
    puppet_bench *self = *state;
    static char many[2 * HOST_UNSETTLED_MESSAGES_MAX + 9];
    bool is_stopped = false;
    for (size_t i = 0; i < sizeof(many) - 1; i++) {
        many[i] = "()"[i % 2];
    }
    assert_int_equal(puppet_feed(self, many, UINT32_MAX, &is_stopped), DRAGOMAN_OK);
    assert_true(is_stopped);
    assert_int_equal(self->kept_count, HOST_UNSETTLED_MESSAGES_MAX);
    for (size_t i = 0; i < self->kept_count; i++) {
        puppet_settle(self, i, DRAGOMAN_DURABLE);
    }
}

/* Senders that begin large messages and do not end them. */
static void unread_bytes_of_all_streams_have_a_limit(void **state) {
    enum { STREAMS = HOST_UNREAD_TOTAL_BYTES_MAX / HOST_UNREAD_BYTES_MAX + 2 };
    puppet_bench *self = *state;
    host_stream streams[STREAMS] = {{.needed = 0}};
    uint8_t *large = calloc(1, HOST_UNREAD_BYTES_MAX);
    large[0] = 'W';
    bool is_stopped = false;
    uint32_t taken = 0;
    for (uint32_t i = 0; i < STREAMS; i++) {
        dragoman_bytes piece = {large, HOST_UNREAD_BYTES_MAX};
        dragoman_status status =
            host_instance_feed(self->instance, 0, &streams[i], piece, false, 0, &self->now, &is_stopped);
        taken += status == DRAGOMAN_OK;
        assert_true(status == DRAGOMAN_OK || status == DRAGOMAN_LIMIT);
    }
    assert_int_equal(taken, HOST_UNREAD_TOTAL_BYTES_MAX / HOST_UNREAD_BYTES_MAX);
    /* Whoever says little is heard all the same; and the room comes back. */
    assert_int_equal(puppet_feed(self, "W", 0, &is_stopped), DRAGOMAN_OK);
    for (uint32_t i = 0; i < STREAMS; i++) {
        host_stream_fini(&streams[i]);
    }
    dragoman_bytes piece = {large, HOST_UNREAD_BYTES_MAX};
    assert_int_equal(host_instance_feed(self->instance, 0, &streams[0], piece, false, 0, &self->now, &is_stopped),
                     DRAGOMAN_OK);
    host_stream_fini(&streams[0]);
    free(large);
}

static void settlements_come_in_their_order_and_ring_once(void **state) {
    puppet_bench *self = *state;
    puppet_tell(self, "()()()");
    puppet_settle(self, 0, DRAGOMAN_DURABLE);
    puppet_settle(self, 1, DRAGOMAN_DUPLICATE);
    puppet_settle(self, 2, DRAGOMAN_NOT_KEPT);
    assert_int_equal(self->wakes, 1);
    assert_string_equal(puppet_made->settled, "");
    host_environment_settle(self->environment, &self->now, puppet_told, self);
    assert_string_equal(puppet_made->settled, "D1 d2 N3 ");
    assert_int_equal(self->told, 3);
    size_t bytes = 1;
    assert_int_equal(host_instance_unsettled(self->instance, &bytes), 0);
    assert_int_equal(bytes, 0);
}

/* The adapter takes a settlement for all messages before it: what was refused at once, or committed by luck, waits. */
static void a_settlement_does_not_overtake(void **state) {
    puppet_bench *self = *state;
    size_t bytes = 0;
    puppet_tell(self, "()()x()");
    puppet_settle(self, 2, DRAGOMAN_NOT_KEPT);
    puppet_settle(self, 1, DRAGOMAN_DURABLE);
    host_environment_settle(self->environment, &self->now, puppet_told, self);
    assert_string_equal(puppet_made->settled, "");
    assert_int_equal(self->told, 0);
    assert_int_equal(host_instance_unsettled(self->instance, &bytes), 3);
    puppet_settle(self, 0, DRAGOMAN_DUPLICATE);
    host_environment_settle(self->environment, &self->now, puppet_told, self);
    assert_string_equal(puppet_made->settled, "d1 D2 N3 ");
    assert_int_equal(self->told, 3);
}

static void told_and_ended(void *context, host_instance *instance) {
    puppet_bench *self = context;
    self->told++;
    host_instance_destroy(instance);
    self->instance = NULL;
}

static void an_instance_may_end_when_it_is_told(void **state) {
    puppet_bench *self = *state;
    puppet_tell(self, "()()()");
    puppet_settle(self, 1, DRAGOMAN_DURABLE);
    puppet_settle(self, 0, DRAGOMAN_DURABLE);
    host_environment_settle(self->environment, &self->now, told_and_ended, self);
    assert_int_equal(self->told, 1);
    puppet_settle(self, 2, DRAGOMAN_DURABLE);
    host_environment_settle(self->environment, &self->now, told_and_ended, self);
    assert_int_equal(self->told, 1);
}

static void nothing_is_settled_to_an_instance_that_is_gone(void **state) {
    puppet_bench *self = *state;
    puppet_tell(self, "(r)(r)(r");
    host_instance_destroy(self->instance);
    self->instance = NULL;
    puppet_settle(self, 0, DRAGOMAN_DURABLE);
    puppet_settle(self, 1, DRAGOMAN_DURABLE);
    host_environment_settle(self->environment, &self->now, puppet_told, self);
    assert_int_equal(self->told, 0);
    assert_int_equal(self->kept_count, 2);
}

static void an_adapter_is_not_called_before_what_it_needs_is_there(void **state) {
    puppet_bench *self = *state;
    bool is_stopped = false;
    assert_int_equal(puppet_feed(self, "wa", 0, &is_stopped), DRAGOMAN_OK);
    assert_int_equal(puppet_made->unread, 2);
    puppet_made->unread = 99;
    assert_int_equal(puppet_feed(self, "b", 0, &is_stopped), DRAGOMAN_OK);
    assert_int_equal(puppet_made->unread, 99);
    assert_int_equal(puppet_feed(self, "c.", 0, &is_stopped), DRAGOMAN_OK);
    assert_int_equal(self->stream.unread.size, 0);
}

static void only_new_bytes_are_fresh(void **state) {
    puppet_bench *self = *state;
    bool is_stopped = false;
    assert_int_equal(puppet_feed(self, "wa", 0, &is_stopped), DRAGOMAN_OK);
    assert_int_equal(puppet_made->fresh, 2);
    self->stream.needed = 0;
    assert_int_equal(puppet_feed(self, "b", 0, &is_stopped), DRAGOMAN_OK);
    assert_int_equal(puppet_made->unread, 3);
    assert_int_equal(puppet_made->fresh, 1);
}

static void it_stops_at_so_many_unsettled_and_goes_on(void **state) {
    puppet_bench *self = *state;
    bool is_stopped = false;
    assert_int_equal(puppet_feed(self, "()()()()", 2, &is_stopped), DRAGOMAN_OK);
    assert_true(is_stopped);
    assert_int_equal(self->kept_count, 2);
    puppet_settle(self, 0, DRAGOMAN_DURABLE);
    host_environment_settle(self->environment, &self->now, puppet_told, self);
    assert_int_equal(puppet_feed(self, "", 2, &is_stopped), DRAGOMAN_OK);
    assert_true(is_stopped);
    assert_int_equal(self->kept_count, 3);
    puppet_settle(self, 1, DRAGOMAN_DURABLE);
    puppet_settle(self, 2, DRAGOMAN_DURABLE);
    host_environment_settle(self->environment, &self->now, puppet_told, self);
    assert_int_equal(puppet_feed(self, "", 2, &is_stopped), DRAGOMAN_OK);
    assert_false(is_stopped);
    assert_int_equal(self->kept_count, 4);
    puppet_settle(self, 3, DRAGOMAN_DURABLE);
}

static void an_adapter_that_miscounts_ends_its_session(void **state) {
    puppet_bench *self = *state;
    bool is_stopped = false;
    assert_int_equal(puppet_feed(self, "!", 0, &is_stopped), DRAGOMAN_INTERNAL);
}

static void limits_hold(void **state) {
    puppet_bench *self = *state;
    assert_int_equal(puppet_tell(self, "L"), DRAGOMAN_LIMIT);
    assert_int_equal(puppet_tell(self, "M"), DRAGOMAN_NO_MEMORY);
    assert_int_equal(puppet_tell(self, "B"), DRAGOMAN_NO_MEMORY);
    assert_int_equal(self->kept_count, 0);
}

/* Feeds `command` within one message until it is refused; returns how often it was taken. */
static uint32_t taken(puppet_bench *self, const char *command, uint32_t at_most) {
    uint32_t count_taken = 0;
    assert_int_equal(puppet_tell(self, "("), DRAGOMAN_OK);
    while (count_taken <= at_most && puppet_tell(self, command) == DRAGOMAN_OK) {
        count_taken++;
    }
    assert_int_equal(puppet_made->last, DRAGOMAN_LIMIT);
    /* What was taken before stays whole. */
    assert_int_equal(puppet_tell(self, ")"), DRAGOMAN_OK);
    puppet_settle(self, self->kept_count - 1, DRAGOMAN_DURABLE);
    return count_taken;
}

static void a_message_has_limits(void **state) {
    puppet_bench *self = *state;
    assert_int_equal(taken(self, "1", HOST_MESSAGE_STATES_MAX), HOST_MESSAGE_STATES_MAX);
    assert_int_equal(self->kept[0]->store.state_count, HOST_MESSAGE_STATES_MAX);
    assert_int_equal(taken(self, "d", HOST_MESSAGE_DEAD_MAX), HOST_MESSAGE_DEAD_MAX);
    assert_int_equal(self->kept[1]->store.dead_count, HOST_MESSAGE_DEAD_MAX);
    assert_int_equal(taken(self, "r", HOST_MESSAGE_REPORTS_MAX), HOST_MESSAGE_REPORTS_MAX);
    assert_int_equal(self->kept[2]->store.report_count, HOST_MESSAGE_REPORTS_MAX);
}

static void an_adapter_cannot_wait_for_ever(void **state) {
    puppet_bench *self = *state;
    static uint8_t megabyte[1 << 20];
    bool is_stopped = false;
    dragoman_status status = puppet_feed(self, "W", 0, &is_stopped);
    size_t given = 1;
    while (status == DRAGOMAN_OK && given <= HOST_UNREAD_BYTES_MAX + sizeof(megabyte)) {
        status = host_instance_feed(self->instance, 0, &self->stream, (dragoman_bytes){megabyte, sizeof(megabyte)},
                                    false, 0, &self->now, &is_stopped);
        given += sizeof(megabyte);
    }
    assert_int_equal(status, DRAGOMAN_LIMIT);
    assert_true(given > HOST_UNREAD_BYTES_MAX);
}

static void texts_become_utf8(void **state) {
    (void)state;
    dragoman_bytes text = {NULL, 0};
    size_t replaced = 9;
    const dragoman_host *host = puppet_made->host;
    assert_int_equal(host->to_utf8(puppet_made->context, "ISO-8859-1", DRAGOMAN_TEXT("M\xFCller"), &text, &replaced),
                     DRAGOMAN_OK);
    assert_true(bytes_is(text, "M\xC3\xBCller"));
    assert_int_equal(replaced, 0);
    /* 山 in JIS X 0208, as ISO-2022-JP writes it; then a byte that no escape explains. */
    assert_int_equal(
        host->to_utf8(puppet_made->context, "ISO-2022-JP", DRAGOMAN_TEXT("\x1b$B;3\x1b(B\xFFz"), &text, &replaced),
        DRAGOMAN_OK);
    assert_true(bytes_is(text, "\xE5\xB1\xB1\xEF\xBF\xBDz"));
    assert_int_equal(replaced, 1);
    /* A letter of Vietnamese, which a tone may follow: the converter waits for one, and none comes. */
    assert_int_equal(host->to_utf8(puppet_made->context, "CP1258", DRAGOMAN_TEXT("Ha"), &text, &replaced), DRAGOMAN_OK);
    assert_true(bytes_is(text, "Ha"));
    assert_int_equal(host->to_utf8(puppet_made->context, "EUC-KR", DRAGOMAN_TEXT("x"), &text, NULL),
                     DRAGOMAN_UNSUPPORTED);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, puppet_set_up, puppet_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(brackets_make_one_message),
        TEST(an_empty_message_is_one_too),
        TEST(what_is_emitted_outside_is_a_message_of_its_own),
        TEST(brackets_that_do_not_fit_are_refused),
        TEST(an_abandoned_message_leaves_nothing),
        TEST(state_is_read_back_before_it_is_committed),
        TEST(what_dead_letters_hold_counts_as_unsettled),
        TEST(no_more_messages_than_the_store_queues_are_unsettled),
        TEST(unread_bytes_of_all_streams_have_a_limit),
        TEST(settlements_come_in_their_order_and_ring_once),
        TEST(a_settlement_does_not_overtake),
        TEST(an_instance_may_end_when_it_is_told),
        TEST(nothing_is_settled_to_an_instance_that_is_gone),
        TEST(an_adapter_is_not_called_before_what_it_needs_is_there),
        TEST(only_new_bytes_are_fresh),
        TEST(it_stops_at_so_many_unsettled_and_goes_on),
        TEST(an_adapter_that_miscounts_ends_its_session),
        TEST(limits_hold),
        TEST(a_message_has_limits),
        TEST(an_adapter_cannot_wait_for_ever),
        TEST(texts_become_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/bytes.h"
#include "host/instance.h"
#include "host/limits.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define BIG_PAYLOAD (HOST_UNSETTLED_BYTES_MAX / 4)

/* An adapter that does what its input says: each byte is a command. */
typedef struct puppet {
    const dragoman_host *host;
    void *context;
    dragoman_status last;
    uint64_t number;
    char settled[64]; /* what it was told, in order: D, d (duplicate), N and the message's number */
    size_t fresh, unread;
    int64_t deadline_us;
} puppet;

static puppet *made;

static dragoman_status puppet_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                   void **ret_instance) {
    (void)start;
    puppet *self = host->allocate(context, sizeof(*self));
    *self = (puppet){.host = host, .context = context, .deadline_us = DRAGOMAN_NO_DEADLINE};
    made = self;
    *ret_instance = self;
    return DRAGOMAN_OK;
}

static void puppet_fini(void *instance) {
    puppet *self = instance;
    self->host->release(self->context, self);
}

static dragoman_status emit(puppet *self) {
    dragoman_code code = {DRAGOMAN_TEXT("HR"), DRAGOMAN_TEXT(""), DRAGOMAN_TEXT("X")};
    dragoman_value value = {.kind = DRAGOMAN_VALUE_DECIMAL, .number = {.mantissa = 72}};
    dragoman_observation observation = {.code = {.codings = &code, .coding_count = 1},
                                        .values = DRAGOMAN_LIST(&value, 1),
                                        .measured_at = {.civil_us = INT64_C(1720000000000000),
                                                        .offset_minutes = DRAGOMAN_OFFSET_UNKNOWN,
                                                        .precision = DRAGOMAN_TIME_SECOND}};
    dragoman_device device = {.struct_size = sizeof(device), .key = DRAGOMAN_TEXT("bed 1")};
    dragoman_report report = {
        .struct_size = sizeof(report), .device = &device, .observations = DRAGOMAN_LIST(&observation, 1)};
    return self->host->emit(self->context, &report);
}

static dragoman_status obey(puppet *self, uint8_t command) {
    dragoman_bytes key = DRAGOMAN_TEXT("key");
    switch (command) {
    case '(':
        return self->host->message_begin(self->context, DRAGOMAN_TEXT("sender"), DRAGOMAN_TEXT("id"), 1, &self->number);
    case ')':
        return self->host->message_end(self->context);
    case 'x':
        self->host->message_abandon(self->context);
        return DRAGOMAN_OK;
    case 'r':
        return emit(self);
    case 'd':
        return self->host->dead_letter(self->context, DRAGOMAN_TEXT("payload"), DRAGOMAN_TEXT("stage"),
                                       DRAGOMAN_TEXT("reason"));
    case 'D': {
        static uint8_t large[BIG_PAYLOAD];
        return self->host->dead_letter(self->context, (dragoman_bytes){large, sizeof(large)}, DRAGOMAN_TEXT("stage"),
                                       DRAGOMAN_TEXT("reason"));
    }
    case '1':
    case '2':
        return self->host->state_put(self->context, key, (dragoman_bytes){&command, 1});
    case 'L':
        return self->host->state_put(self->context,
                                     (dragoman_bytes){(const uint8_t *)self, HOST_STATE_KEY_BYTES_MAX + 1}, key);
    case 'M':
        return self->host->allocate(self->context, HOST_INSTANCE_BYTES_MAX) == NULL ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
    case 'B':
        return self->host->batch(self->context, HOST_BATCH_BYTES_MAX + 1) == NULL ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
    default:
        return DRAGOMAN_OK;
    }
}

static dragoman_status puppet_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                     dragoman_progress *ret_progress) {
    puppet *self = instance;
    (void)now;
    if (event->kind == DRAGOMAN_EVENT_SETTLED) {
        size_t used = strlen(self->settled);
        snprintf(self->settled + used, sizeof(self->settled) - used, "%c%llu ", "?DdN"[event->of.settled.settlement],
                 (unsigned long long)event -> of.settled.through);
    }
    if (event->kind != DRAGOMAN_EVENT_BYTES) {
        return DRAGOMAN_OK;
    }
    self->unread = event->of.bytes.unread.size;
    self->fresh = event->of.bytes.fresh;
    if (self->unread == 0) {
        return DRAGOMAN_OK;
    }
    uint8_t command = event->of.bytes.unread.data[0];
    if (command == 'W') {
        ret_progress->needed = SIZE_MAX;
        return DRAGOMAN_NEED_MORE;
    }
    if (command == 'w' && self->unread < 4 && event->of.bytes.is_end == 0) {
        ret_progress->needed = 4;
        return DRAGOMAN_NEED_MORE;
    }
    self->last = obey(self, command);
    ret_progress->consumed = command == '!' ? self->unread + 1 : command == 'w' && self->unread >= 4 ? 4 : 1;
    return DRAGOMAN_OK;
}

static int64_t puppet_deadline(const void *instance) {
    return ((const puppet *)instance)->deadline_us;
}

static dragoman_status puppet_expire(void *instance, const dragoman_now *now) {
    (void)instance;
    (void)now;
    return DRAGOMAN_OK;
}

static dragoman_status puppet_next(void *instance, dragoman_action *ret_action) {
    (void)instance;
    (void)ret_action;
    return DRAGOMAN_NOT_FOUND;
}

static const dragoman_channel channels[] = {{.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM}};
static const char *const charsets[] = {"ISO-8859-1", "ISO-2022-JP", "CP1258"};
static const dragoman_adapter_descriptor descriptor = {.magic = DRAGOMAN_ABI_MAGIC,
                                                       .abi_major = DRAGOMAN_ABI_MAJOR,
                                                       .struct_size = sizeof(descriptor),
                                                       .scope = DRAGOMAN_SCOPE_SESSION,
                                                       .name = "puppet",
                                                       .version = "1",
                                                       .summary = "does what it is told",
                                                       .channels = channels,
                                                       .channel_count = 1,
                                                       .charsets = charsets,
                                                       .charset_count = 3,
                                                       .init = puppet_init,
                                                       .fini = puppet_fini,
                                                       .handle = puppet_handle,
                                                       .deadline = puppet_deadline,
                                                       .expire = puppet_expire,
                                                       .next = puppet_next};

/* The house around it: keeps messages until the test settles them. */
typedef struct bench {
    host_environment *environment;
    host_adapter adapter;
    host_instance *instance;
    host_stream stream;
    host_message *kept[HOST_UNSETTLED_MESSAGES_MAX + 8];
    size_t kept_count;
    int wakes, told;
    dragoman_now now;
} bench;

static void keep(void *context, host_message *message) {
    bench *self = context;
    self->kept[self->kept_count++] = message;
}

static dragoman_status state_get(void *context, dragoman_bytes link, dragoman_bytes key, arena *memory,
                                 dragoman_bytes *ret_value) {
    (void)context, (void)link, (void)key, (void)memory;
    *ret_value = DRAGOMAN_TEXT("committed");
    return DRAGOMAN_OK;
}

static void say(void *context, dragoman_bytes link, uint32_t level, dragoman_bytes text, dragoman_bytes private_text) {
    (void)context, (void)link, (void)level, (void)text, (void)private_text;
}

static void count(void *context, dragoman_bytes link, uint32_t counter, uint64_t add) {
    (void)context, (void)link, (void)counter, (void)add;
}

static void wake(void *context) {
    ((bench *)context)->wakes++;
}

static host_profile profile(void *meaning, dragoman_bytes adapter, dragoman_bytes chosen,
                            const dragoman_report *report) {
    (void)meaning, (void)adapter, (void)chosen, (void)report;
    return (host_profile){0};
}

static bool episodic(void *meaning, dragoman_bytes name, const dragoman_report *report,
                     const dragoman_observation *observation) {
    (void)meaning, (void)name, (void)report, (void)observation;
    return false;
}

static void told(void *context, host_instance *instance) {
    (void)instance;
    ((bench *)context)->told++;
}

static int set_up(void **state) {
    bench *self = calloc(1, sizeof(*self));
    host_hooks hooks = {.context = self,
                        .keep = keep,
                        .state_get = state_get,
                        .log = say,
                        .count = count,
                        .wake = wake,
                        .profile = profile,
                        .is_episodic = episodic};
    static const uint8_t seed[DRAGOMAN_SEED_BYTES];
    host_instance_options options = {.link = DRAGOMAN_TEXT("link"), .seed = seed, .owner = self};
    self->environment = host_environment_create(&hooks);
    self->adapter.descriptor = &descriptor;
    self->now = (dragoman_now){.monotonic_us = 1000, .wall_us = INT64_C(1720000000000000)};
    assert_int_equal(
        host_instance_create(self->environment, &self->adapter, &options, &self->now, &self->instance, NULL),
        DRAGOMAN_OK);
    *state = self;
    return 0;
}

static void settle(bench *self, size_t index, dragoman_settlement settlement) {
    host_message_settle(self->kept[index], settlement, DRAGOMAN_OK, NULL);
}

static int tear_down(void **state) {
    bench *self = *state;
    host_instance_destroy(self->instance);
    host_environment_settle(self->environment, &self->now, told, self);
    host_stream_fini(&self->stream);
    host_environment_destroy(self->environment);
    free(self);
    return 0;
}

static dragoman_status feed(bench *self, const char *text, uint32_t stop_at, bool *ret_is_stopped) {
    return host_instance_feed(self->instance, 0, &self->stream, bytes_of(text), false, stop_at, &self->now,
                              ret_is_stopped);
}

static dragoman_status tell(bench *self, const char *text) {
    bool is_stopped = false;
    assert_int_equal(feed(self, text, 0, &is_stopped), DRAGOMAN_OK);
    return made->last;
}

static void brackets_make_one_message(void **state) {
    bench *self = *state;
    assert_int_equal(tell(self, "(rrd1)"), DRAGOMAN_OK);
    assert_int_equal(self->kept_count, 1);
    store_message *kept = &self->kept[0]->store;
    assert_int_equal(kept->number, 1);
    assert_int_equal(kept->report_count, 2);
    assert_int_equal(kept->dead_count, 1);
    assert_int_equal(kept->state_count, 1);
    assert_true(bytes_is(kept->sender, "sender") && bytes_is(kept->id, "id") && bytes_is(kept->link, "link"));
    assert_true(kept->reports[0].bytes.size > 0);
    assert_ptr_equal(kept->reports[1].bytes.data, kept->reports[0].bytes.data + kept->reports[0].bytes.size);
    settle(self, 0, DRAGOMAN_DURABLE);
}

static void an_empty_message_is_one_too(void **state) {
    bench *self = *state;
    assert_int_equal(tell(self, "()"), DRAGOMAN_OK);
    assert_int_equal(self->kept_count, 1);
    settle(self, 0, DRAGOMAN_DURABLE);
}

static void what_is_emitted_outside_is_a_message_of_its_own(void **state) {
    bench *self = *state;
    tell(self, "rd1");
    assert_int_equal(self->kept_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(self->kept[i]->store.number, i + 1);
        settle(self, i, DRAGOMAN_DURABLE);
    }
}

static void brackets_that_do_not_fit_are_refused(void **state) {
    bench *self = *state;
    assert_int_equal(tell(self, "(("), DRAGOMAN_INVALID);
    tell(self, ")");
    assert_int_equal(tell(self, ")"), DRAGOMAN_INVALID);
    assert_int_equal(self->kept_count, 1);
    settle(self, 0, DRAGOMAN_DURABLE);
}

static void an_abandoned_message_leaves_nothing(void **state) {
    bench *self = *state;
    tell(self, "(r1x(r)");
    assert_int_equal(self->kept_count, 1);
    assert_int_equal(self->kept[0]->store.report_count, 1);
    assert_int_equal(self->kept[0]->store.state_count, 0);
    settle(self, 0, DRAGOMAN_DURABLE);
}

/* host_services.state_get through the adapter's own table, outside of a call: good enough for reading. */
static const char *state_of(void) {
    static char text[32];
    dragoman_bytes value = {NULL, 0};
    assert_int_equal(made->host->state_get(made->context, DRAGOMAN_TEXT("key"), &value), DRAGOMAN_OK);
    snprintf(text, sizeof(text), "%.*s", BYTES_FORMAT(value));
    return text;
}

static void state_is_read_back_before_it_is_committed(void **state) {
    bench *self = *state;
    assert_string_equal(state_of(), "committed");
    tell(self, "1");
    assert_string_equal(state_of(), "1");
    tell(self, "(2");
    assert_string_equal(state_of(), "2");
    tell(self, "x");
    assert_string_equal(state_of(), "1");
    tell(self, "(2)");
    assert_string_equal(state_of(), "2");
    settle(self, 0, DRAGOMAN_DURABLE);
    host_environment_settle(self->environment, &self->now, told, self);
    assert_string_equal(state_of(), "2");
    settle(self, 1, DRAGOMAN_NOT_KEPT);
    host_environment_settle(self->environment, &self->now, told, self);
    assert_string_equal(state_of(), "committed");
}

static void what_dead_letters_hold_counts_as_unsettled(void **state) {
    bench *self = *state;
    bool is_stopped = false;
    assert_int_equal(feed(self, "DDDDDDDD", 100, &is_stopped), DRAGOMAN_OK);
    assert_true(is_stopped);
    assert_int_equal(self->kept_count, 4);
    size_t bytes = 0;
    assert_int_equal(host_instance_unsettled(self->instance, &bytes), 4);
    assert_true(bytes > HOST_UNSETTLED_BYTES_MAX);
    for (size_t i = 0; i < 4; i++) {
        settle(self, i, DRAGOMAN_DURABLE);
    }
    host_environment_settle(self->environment, &self->now, told, self);
    assert_int_equal(host_instance_unsettled(self->instance, &bytes), 0);
    assert_int_equal(bytes, 0);
    assert_int_equal(feed(self, "", 100, &is_stopped), DRAGOMAN_OK);
    assert_int_equal(self->kept_count, 8);
    for (size_t i = 4; i < 8; i++) {
        settle(self, i, DRAGOMAN_DURABLE);
    }
}

static void no_more_messages_than_the_store_queues_are_unsettled(void **state) {
    bench *self = *state;
    static char many[2 * HOST_UNSETTLED_MESSAGES_MAX + 9];
    bool is_stopped = false;
    for (size_t i = 0; i < sizeof(many) - 1; i++) {
        many[i] = "()"[i % 2];
    }
    assert_int_equal(feed(self, many, UINT32_MAX, &is_stopped), DRAGOMAN_OK);
    assert_true(is_stopped);
    assert_int_equal(self->kept_count, HOST_UNSETTLED_MESSAGES_MAX);
    for (size_t i = 0; i < self->kept_count; i++) {
        settle(self, i, DRAGOMAN_DURABLE);
    }
}

/* Senders that begin large messages and do not end them. */
static void unread_bytes_of_all_streams_have_a_limit(void **state) {
    enum { STREAMS = HOST_UNREAD_TOTAL_BYTES_MAX / HOST_UNREAD_BYTES_MAX + 2 };
    bench *self = *state;
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
    assert_int_equal(feed(self, "W", 0, &is_stopped), DRAGOMAN_OK);
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
    bench *self = *state;
    tell(self, "()()()");
    settle(self, 0, DRAGOMAN_DURABLE);
    settle(self, 1, DRAGOMAN_DUPLICATE);
    settle(self, 2, DRAGOMAN_NOT_KEPT);
    assert_int_equal(self->wakes, 1);
    assert_string_equal(made->settled, "");
    host_environment_settle(self->environment, &self->now, told, self);
    assert_string_equal(made->settled, "D1 d2 N3 ");
    assert_int_equal(self->told, 3);
    size_t bytes = 1;
    assert_int_equal(host_instance_unsettled(self->instance, &bytes), 0);
    assert_int_equal(bytes, 0);
}

/* The adapter takes a settlement for all messages before it: what was refused at once, or committed by luck, waits. */
static void a_settlement_does_not_overtake(void **state) {
    bench *self = *state;
    size_t bytes = 0;
    tell(self, "()()x()");
    settle(self, 2, DRAGOMAN_NOT_KEPT);
    settle(self, 1, DRAGOMAN_DURABLE);
    host_environment_settle(self->environment, &self->now, told, self);
    assert_string_equal(made->settled, "");
    assert_int_equal(self->told, 0);
    assert_int_equal(host_instance_unsettled(self->instance, &bytes), 3);
    settle(self, 0, DRAGOMAN_DUPLICATE);
    host_environment_settle(self->environment, &self->now, told, self);
    assert_string_equal(made->settled, "d1 D2 N3 ");
    assert_int_equal(self->told, 3);
}

static void told_and_ended(void *context, host_instance *instance) {
    bench *self = context;
    self->told++;
    host_instance_destroy(instance);
    self->instance = NULL;
}

static void an_instance_may_end_when_it_is_told(void **state) {
    bench *self = *state;
    tell(self, "()()()");
    settle(self, 1, DRAGOMAN_DURABLE);
    settle(self, 0, DRAGOMAN_DURABLE);
    host_environment_settle(self->environment, &self->now, told_and_ended, self);
    assert_int_equal(self->told, 1);
    settle(self, 2, DRAGOMAN_DURABLE);
    host_environment_settle(self->environment, &self->now, told_and_ended, self);
    assert_int_equal(self->told, 1);
}

static void nothing_is_settled_to_an_instance_that_is_gone(void **state) {
    bench *self = *state;
    tell(self, "(r)(r)(r");
    host_instance_destroy(self->instance);
    self->instance = NULL;
    settle(self, 0, DRAGOMAN_DURABLE);
    settle(self, 1, DRAGOMAN_DURABLE);
    host_environment_settle(self->environment, &self->now, told, self);
    assert_int_equal(self->told, 0);
    assert_int_equal(self->kept_count, 2);
}

static void an_adapter_is_not_called_before_what_it_needs_is_there(void **state) {
    bench *self = *state;
    bool is_stopped = false;
    assert_int_equal(feed(self, "wa", 0, &is_stopped), DRAGOMAN_OK);
    assert_int_equal(made->unread, 2);
    made->unread = 99;
    assert_int_equal(feed(self, "b", 0, &is_stopped), DRAGOMAN_OK);
    assert_int_equal(made->unread, 99);
    assert_int_equal(feed(self, "c.", 0, &is_stopped), DRAGOMAN_OK);
    assert_int_equal(self->stream.unread.size, 0);
}

static void only_new_bytes_are_fresh(void **state) {
    bench *self = *state;
    bool is_stopped = false;
    assert_int_equal(feed(self, "wa", 0, &is_stopped), DRAGOMAN_OK);
    assert_int_equal(made->fresh, 2);
    self->stream.needed = 0;
    assert_int_equal(feed(self, "b", 0, &is_stopped), DRAGOMAN_OK);
    assert_int_equal(made->unread, 3);
    assert_int_equal(made->fresh, 1);
}

static void it_stops_at_so_many_unsettled_and_goes_on(void **state) {
    bench *self = *state;
    bool is_stopped = false;
    assert_int_equal(feed(self, "()()()()", 2, &is_stopped), DRAGOMAN_OK);
    assert_true(is_stopped);
    assert_int_equal(self->kept_count, 2);
    settle(self, 0, DRAGOMAN_DURABLE);
    host_environment_settle(self->environment, &self->now, told, self);
    assert_int_equal(feed(self, "", 2, &is_stopped), DRAGOMAN_OK);
    assert_true(is_stopped);
    assert_int_equal(self->kept_count, 3);
    settle(self, 1, DRAGOMAN_DURABLE);
    settle(self, 2, DRAGOMAN_DURABLE);
    host_environment_settle(self->environment, &self->now, told, self);
    assert_int_equal(feed(self, "", 2, &is_stopped), DRAGOMAN_OK);
    assert_false(is_stopped);
    assert_int_equal(self->kept_count, 4);
    settle(self, 3, DRAGOMAN_DURABLE);
}

static void an_adapter_that_miscounts_ends_its_session(void **state) {
    bench *self = *state;
    bool is_stopped = false;
    assert_int_equal(feed(self, "!", 0, &is_stopped), DRAGOMAN_INTERNAL);
}

static void limits_hold(void **state) {
    bench *self = *state;
    assert_int_equal(tell(self, "L"), DRAGOMAN_LIMIT);
    assert_int_equal(tell(self, "M"), DRAGOMAN_NO_MEMORY);
    assert_int_equal(tell(self, "B"), DRAGOMAN_NO_MEMORY);
    assert_int_equal(self->kept_count, 0);
}

/* Feeds `command` within one message until it is refused; returns how often it was taken. */
static uint32_t taken(bench *self, const char *command, uint32_t at_most) {
    uint32_t count_taken = 0;
    assert_int_equal(tell(self, "("), DRAGOMAN_OK);
    while (count_taken <= at_most && tell(self, command) == DRAGOMAN_OK) {
        count_taken++;
    }
    assert_int_equal(made->last, DRAGOMAN_LIMIT);
    /* What was taken before stays whole. */
    assert_int_equal(tell(self, ")"), DRAGOMAN_OK);
    settle(self, self->kept_count - 1, DRAGOMAN_DURABLE);
    return count_taken;
}

static void a_message_has_limits(void **state) {
    bench *self = *state;
    assert_int_equal(taken(self, "1", HOST_MESSAGE_STATES_MAX), HOST_MESSAGE_STATES_MAX);
    assert_int_equal(self->kept[0]->store.state_count, HOST_MESSAGE_STATES_MAX);
    assert_int_equal(taken(self, "d", HOST_MESSAGE_DEAD_MAX), HOST_MESSAGE_DEAD_MAX);
    assert_int_equal(self->kept[1]->store.dead_count, HOST_MESSAGE_DEAD_MAX);
    assert_int_equal(taken(self, "r", HOST_MESSAGE_REPORTS_MAX), HOST_MESSAGE_REPORTS_MAX);
    assert_int_equal(self->kept[2]->store.report_count, HOST_MESSAGE_REPORTS_MAX);
}

static void an_adapter_cannot_wait_for_ever(void **state) {
    bench *self = *state;
    static uint8_t megabyte[1 << 20];
    bool is_stopped = false;
    dragoman_status status = feed(self, "W", 0, &is_stopped);
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
    const dragoman_host *host = made->host;
    assert_int_equal(host->to_utf8(made->context, "ISO-8859-1", DRAGOMAN_TEXT("M\xFCller"), &text, &replaced),
                     DRAGOMAN_OK);
    assert_true(bytes_is(text, "M\xC3\xBCller"));
    assert_int_equal(replaced, 0);
    /* 山 in JIS X 0208, as ISO-2022-JP writes it; then a byte that no escape explains. */
    assert_int_equal(
        host->to_utf8(made->context, "ISO-2022-JP", DRAGOMAN_TEXT("\x1b$B;3\x1b(B\xFFz"), &text, &replaced),
        DRAGOMAN_OK);
    assert_true(bytes_is(text, "\xE5\xB1\xB1\xEF\xBF\xBDz"));
    assert_int_equal(replaced, 1);
    /* A letter of Vietnamese, which a tone may follow: the converter waits for one, and none comes. */
    assert_int_equal(host->to_utf8(made->context, "CP1258", DRAGOMAN_TEXT("Ha"), &text, &replaced), DRAGOMAN_OK);
    assert_true(bytes_is(text, "Ha"));
    assert_int_equal(host->to_utf8(made->context, "EUC-KR", DRAGOMAN_TEXT("x"), &text, NULL), DRAGOMAN_UNSUPPORTED);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
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

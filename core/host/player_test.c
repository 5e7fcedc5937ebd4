/* A player gives an adapter what a capture says, at its times: deadlines between records where they lie, recorded ones
 * where they came, settlements as they were. */
#include "base/bytes.h"
#include "host/player.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* An adapter that notes each call with its time, wants to be woken a second after each byte, and begins a message with
 * each datagram. */
static buffer calls;

typedef struct noter {
    const dragoman_host *host;
    void *context;
    int64_t deadline_us;
} noter;

static dragoman_status noter_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                  void **ret_instance) {
    noter *self = host->allocate(context, sizeof(*self));
    self->host = host;
    self->context = context;
    self->deadline_us = DRAGOMAN_NO_DEADLINE;
    *ret_instance = self;
    buffer_append_format(&calls, "start %u\n", start->seed[0]);
    return DRAGOMAN_OK;
}

static void noter_fini(void *instance) {
    noter *self = instance;
    self->host->release(self->context, self);
}

static dragoman_status noter_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                    dragoman_progress *ret_progress) {
    noter *self = instance;
    uint64_t number = 0;
    buffer_append_format(&calls, "%lld %u", (long long)now->monotonic_us, event->kind);
    if (event->kind == DRAGOMAN_EVENT_BYTES) {
        ret_progress->consumed = event->of.bytes.unread.size;
        self->deadline_us = now->monotonic_us + 1000000;
    } else if (event->kind == DRAGOMAN_EVENT_DATAGRAM) {
        (void)self->host->message_begin(self->context, event->of.datagram.from, (dragoman_bytes){NULL, 0}, 0, &number);
        (void)self->host->message_end(self->context);
    } else if (event->kind == DRAGOMAN_EVENT_SETTLED) {
        buffer_append_format(&calls, " %llu as %u", (unsigned long long)event->of.settled.through,
                             event->of.settled.settlement);
    }
    buffer_append_text(&calls, "\n");
    return DRAGOMAN_OK;
}

static int64_t noter_deadline(const void *instance) {
    return ((const noter *)instance)->deadline_us;
}

static dragoman_status noter_expire(void *instance, const dragoman_now *now) {
    noter *self = instance;
    self->deadline_us = DRAGOMAN_NO_DEADLINE;
    buffer_append_format(&calls, "%lld expired, %lld\n", (long long)now->monotonic_us, (long long)now->wall_us);
    return DRAGOMAN_OK;
}

static dragoman_status noter_next(void *instance, dragoman_action *ret_action) {
    (void)instance, (void)ret_action;
    return DRAGOMAN_NOT_FOUND;
}

static const dragoman_channel channels[] = {
    {.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM | 1u << DRAGOMAN_CHANNEL_DATAGRAM}};
static const dragoman_adapter_descriptor descriptor = {.magic = DRAGOMAN_ABI_MAGIC,
                                                       .abi_major = DRAGOMAN_ABI_MAJOR,
                                                       .struct_size = sizeof(descriptor),
                                                       .scope = DRAGOMAN_SCOPE_LINK,
                                                       .name = "noter",
                                                       .version = "1",
                                                       .summary = "notes what it is told",
                                                       .channels = channels,
                                                       .channel_count = 1,
                                                       .init = noter_init,
                                                       .fini = noter_fini,
                                                       .handle = noter_handle,
                                                       .deadline = noter_deadline,
                                                       .expire = noter_expire,
                                                       .next = noter_next};

static void keep(void *context, host_message *message) {
    const uint32_t *flags = context;
    if ((*flags & CAPTURE_IS_COMPLETE) == 0) {
        host_message_settle(message, DRAGOMAN_DURABLE, DRAGOMAN_OK, NULL);
    }
}

static void wake(void *context) {
    (void)context;
}

/* Plays some records, `at_us` being their times, and gives what the adapter noted. */
static const char *play(uint32_t flags, const capture_record *records, const int64_t *at_us, size_t count) {
    capture_header header = {.flags = flags};
    host_hooks hooks = {.context = &flags, .keep = keep, .wake = wake};
    host_adapter adapter = {.descriptor = &descriptor, .path = "(linked in)"};
    host_environment *environment = host_environment_create(&hooks);
    host_player_options options = {
        .environment = environment, .adapter = &adapter, .instance = {.link = DRAGOMAN_TEXT("l")}};
    host_player *player = NULL;
    capture_add_fact(&header, "channel", DRAGOMAN_TEXT("main stream"));
    buffer_reset(&calls);
    assert_int_equal(host_player_create(&options, &header, &player, NULL), DRAGOMAN_OK);
    for (size_t i = 0; i < count; i++) {
        capture_record record = records[i];
        record.session = 1;
        record.now = (dragoman_now){.monotonic_us = at_us[i], .wall_us = 1700000000000000 + at_us[i]};
        assert_int_equal(host_player_play(player, &record, NULL), DRAGOMAN_OK);
    }
    assert_null(host_player_fault(player));
    host_player_destroy(player);
    host_environment_destroy(environment);
    buffer_append_byte(&calls, 0);
    return (const char *)calls.data;
}

static const uint8_t seed[DRAGOMAN_SEED_BYTES] = {7};
static const capture_record started = {.kind = CAPTURE_STARTED, .part_count = 1, .parts = {{seed, sizeof(seed)}}};
static const capture_record opened = {.kind = CAPTURE_OPENED, .code = DRAGOMAN_CHANNEL_STREAM};
static const capture_record bytes = {.kind = CAPTURE_BYTES, .part_count = 1, .parts = {DRAGOMAN_TEXT_INIT("x")}};
static const capture_record datagram = {
    .kind = CAPTURE_DATAGRAM, .part_count = 2, .parts = {DRAGOMAN_TEXT_INIT("a:1"), DRAGOMAN_TEXT_INIT("x")}};
static const capture_record expired = {.kind = CAPTURE_EXPIRED};
static const capture_record ended = {.kind = CAPTURE_ENDED};

static void deadlines_follow_from_the_times(void **state) {
    (void)state;
    const capture_record records[] = {started, opened, bytes, bytes};
    const int64_t at_us[] = {10, 10, 20, 5000000};
    assert_string_equal(play(0, records, at_us, 4), "start 7\n10 1\n20 2\n1000020 expired, 1700000001000020\n"
                                                    "5000000 2\n");
}

static void recorded_deadlines_come_where_they_came(void **state) {
    (void)state;
    /* Told 80 ms late then: bytes came before it. One that is not due is not told. */
    const capture_record records[] = {started, opened, bytes, datagram, expired, expired};
    const int64_t at_us[] = {10, 10, 20, 1050000, 1080000, 1090000};
    assert_string_equal(play(CAPTURE_IS_COMPLETE, records, at_us, 6),
                        "start 7\n10 1\n20 2\n1050000 3\n1080000 expired, 1700000001080000\n");
}

static void settlements_come_as_they_were(void **state) {
    (void)state;
    capture_record kept = {.kind = CAPTURE_SETTLED, .number = 1, .code = DRAGOMAN_DUPLICATE};
    capture_record lost = {.kind = CAPTURE_SETTLED, .number = 2, .code = DRAGOMAN_NOT_KEPT, .detail = DRAGOMAN_FULL};
    const capture_record records[] = {started, opened, datagram, datagram, kept, lost, datagram, ended};
    const int64_t at_us[] = {1, 2, 3, 4, 5, 6, 7, 8};
    assert_string_equal(play(CAPTURE_IS_COMPLETE, records, at_us, 8),
                        "start 7\n2 1\n3 3\n4 3\n5 8 1 as 2\n6 8 2 as 3\n7 3\n");
    const capture_record alone[] = {started, opened, datagram};
    assert_string_equal(play(0, alone, at_us, 3), "start 7\n2 1\n3 3\n3 8 1 as 1\n");
}

static void a_later_file_counts_messages_on(void **state) {
    (void)state;
    capture_record continued = started;
    continued.flags = CAPTURE_IS_CONTINUED;
    continued.number = 40;
    capture_record kept = {.kind = CAPTURE_SETTLED, .number = 41, .code = DRAGOMAN_DURABLE};
    const capture_record records[] = {continued, datagram, kept};
    const int64_t at_us[] = {1, 2, 3};
    /* The channel that nobody opened in this file is opened by its first datagram. */
    assert_string_equal(play(CAPTURE_IS_COMPLETE, records, at_us, 3), "start 7\n2 1\n2 3\n3 8 41 as 1\n");
}

static void time_never_goes_back(void **state) {
    (void)state;
    const capture_record records[] = {started, opened, bytes};
    const int64_t at_us[] = {100, 50, 20};
    assert_string_equal(play(0, records, at_us, 3), "start 7\n100 1\n100 2\n");
}

static int free_calls(void **state) {
    (void)state;
    buffer_fini(&calls);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadlines_follow_from_the_times),
        cmocka_unit_test(recorded_deadlines_come_where_they_came),
        cmocka_unit_test(settlements_come_as_they_were),
        cmocka_unit_test(a_later_file_counts_messages_on),
        cmocka_unit_test(time_never_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, free_calls);
}

/* The contract suite catches what it is there for: an adapter that keeps the contract passes, and the same adapter with
 * one thing wrong does not. */
#include "base/bytes.h"
#include "capture/capture.h"
#include "host/contract_capture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

typedef enum misdeed {
    NOTHING,
    CONSUMES_TOO_MUCH,
    CONSUMES_AND_NEEDS_MORE,
    DEADLINE_IN_THE_PAST,
    DEADLINE_THAT_STAYS,
    ENDLESS_ACTIONS,
    ENDLESS_ACTIONS_WHEN_LOST,
    SPLIT_DEPENDENT,
    GLOBAL_COUNTER,
    GLOBAL_HALF_LINE,
    NO_START,
    NO_MESSAGE,
} misdeed;

/* What the adapter does wrong; a test sets it before the suite runs. */
static misdeed doing;
/* Globals that an adapter must not have. */
static uint32_t lines_of_all;
static bool someone_is_half_way;

/* An adapter whose every line is a message, answered when it is settled. */
typedef struct liner {
    const dragoman_host *host;
    void *context;
    uint32_t owed;
    bool is_lost;
    int64_t deadline_us;
    char answer[8];
} liner;

static dragoman_status liner_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                  void **ret_instance) {
    (void)start;
    liner *self = host->allocate(context, sizeof(*self));
    if (self == NULL || doing == NO_START) {
        return DRAGOMAN_NO_MEMORY;
    }
    self->host = host;
    self->context = context;
    self->deadline_us = DRAGOMAN_NO_DEADLINE;
    *ret_instance = self;
    return DRAGOMAN_OK;
}

static void liner_fini(void *instance) {
    liner *self = instance;
    if (self != NULL) {
        self->host->release(self->context, self);
    }
}

static dragoman_status take_line(liner *self, dragoman_bytes line, const dragoman_bytes_event *event) {
    char id[64];
    uint64_t number = 0;
    size_t odd = doing == SPLIT_DEPENDENT    ? event->unread.size
                 : doing == GLOBAL_COUNTER   ? ++lines_of_all
                 : doing == GLOBAL_HALF_LINE ? (size_t)someone_is_half_way
                                             : 0;
    snprintf(id, sizeof(id), "%.*s %zu", BYTES_FORMAT(line), odd);
    someone_is_half_way = false;
    if (doing == NO_MESSAGE) {
        return DRAGOMAN_OK;
    }
    dragoman_status status = self->host->message_begin(self->context, DRAGOMAN_TEXT("liner"), bytes_of(id), 0, &number);
    return status == DRAGOMAN_OK ? self->host->message_end(self->context) : status;
}

static dragoman_status take_bytes(liner *self, const dragoman_bytes_event *event, dragoman_progress *ret_progress) {
    size_t size = event->unread.size;
    const uint8_t *end = size == 0 ? NULL : memchr(event->unread.data, '\n', size);
    if (end == NULL) {
        someone_is_half_way = size > 0;
        bool takes_rest = event->is_end != 0 && size > 0;
        ret_progress->consumed = doing == CONSUMES_AND_NEEDS_MORE && size > 0 ? 1 : takes_rest ? size : 0;
        return takes_rest ? take_line(self, event->unread, event) : DRAGOMAN_NEED_MORE;
    }
    dragoman_bytes line = {event->unread.data, (size_t)(end - event->unread.data)};
    ret_progress->consumed = doing == CONSUMES_TOO_MUCH ? size + 1 : line.size + 1;
    return take_line(self, line, event);
}

static dragoman_status liner_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                    dragoman_progress *ret_progress) {
    liner *self = instance;
    if (event->kind == DRAGOMAN_EVENT_SETTLED) {
        self->owed++;
        self->is_lost = event->of.settled.settlement == DRAGOMAN_NOT_KEPT;
    }
    if (event->kind != DRAGOMAN_EVENT_BYTES) {
        return DRAGOMAN_OK;
    }
    self->deadline_us = now->monotonic_us + (doing == DEADLINE_IN_THE_PAST ? -1 : 1000);
    return take_bytes(self, &event->of.bytes, ret_progress);
}

static int64_t liner_deadline(const void *instance) {
    return ((const liner *)instance)->deadline_us;
}

static dragoman_status liner_expire(void *instance, const dragoman_now *now) {
    liner *self = instance;
    (void)now;
    if (doing != DEADLINE_THAT_STAYS) {
        self->deadline_us = DRAGOMAN_NO_DEADLINE;
    }
    return DRAGOMAN_OK;
}

static dragoman_status liner_next(void *instance, dragoman_action *ret_action) {
    liner *self = instance;
    bool never_ends = doing == ENDLESS_ACTIONS || (doing == ENDLESS_ACTIONS_WHEN_LOST && self->is_lost);
    if (self->owed == 0 && !never_ends) {
        return DRAGOMAN_NOT_FOUND;
    }
    self->owed -= self->owed > 0 ? 1 : 0;
    snprintf(self->answer, sizeof(self->answer), "OK\n");
    ret_action->kind = DRAGOMAN_ACTION_SEND;
    ret_action->data = bytes_of(self->answer);
    return DRAGOMAN_OK;
}

static const dragoman_channel channels[] = {{.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM}};
static const dragoman_adapter_descriptor descriptor = {.magic = DRAGOMAN_ABI_MAGIC,
                                                       .abi_major = DRAGOMAN_ABI_MAJOR,
                                                       .struct_size = sizeof(descriptor),
                                                       .scope = DRAGOMAN_SCOPE_SESSION,
                                                       .name = "liner",
                                                       .version = "1",
                                                       .summary = "every line is a message",
                                                       .channels = channels,
                                                       .channel_count = 1,
                                                       .init = liner_init,
                                                       .fini = liner_fini,
                                                       .handle = liner_handle,
                                                       .deadline = liner_deadline,
                                                       .expire = liner_expire,
                                                       .next = liner_next};

/* What the suite said of the adapter: the broken clauses with their details, a line each. */
typedef struct verdict {
    char text[4096];
    size_t size;
} verdict;

static void note(void *context, const char *clause, bool is_kept, const char *detail) {
    verdict *said = context;
    if (!is_kept) {
        int size = snprintf(said->text + said->size, sizeof(said->text) - said->size, "%s: %s\n", clause, detail);
        said->size += (size_t)size;
        assert_true(said->size < sizeof(said->text));
    }
}

static uint32_t judge(misdeed what, verdict *ret_said) {
    host_adapter adapter = {.descriptor = &descriptor, .path = "(linked in)"};
    contract_sample sample = {.bytes = DRAGOMAN_TEXT("one\ntwo\nthree"), .channel_kind = DRAGOMAN_CHANNEL_STREAM};
    *ret_said = (verdict){0};
    doing = what;
    lines_of_all = 0;
    someone_is_half_way = false;
    return contract_run(&adapter, &sample, note, ret_said);
}

static void who_keeps_it_passes(void **state) {
    verdict said;
    (void)state;
    uint32_t broken = judge(NOTHING, &said);
    assert_string_equal(said.text, "");
    assert_int_equal(broken, 0);
}

static void who_breaks_it_is_caught(void **state) {
    static const struct {
        misdeed what;
        const char *words; /* that the verdict must have */
    } cases[] = {
        {CONSUMES_TOO_MUCH, "the whole sample at once: it consumes more than there is"},
        {CONSUMES_AND_NEEDS_MORE, "byte by byte: it consumes more than there is, or consumes and asks for more"},
        {DEADLINE_IN_THE_PAST, "the whole sample at once: its deadline lies in the past"},
        {DEADLINE_THAT_STAYS, "its deadlines, one after the other: its deadline lies in the past"},
        {ENDLESS_ACTIONS, "the whole sample at once: its actions never end"},
        {ENDLESS_ACTIONS_WHEN_LOST, "nothing can be kept: its actions never end"},
        {SPLIT_DEPENDENT, "byte by byte: it says something else"},
        {GLOBAL_COUNTER, "two instances in turn: it says something else"},
        {GLOBAL_HALF_LINE, "after another instance died half-way: it says something else"},
        {NO_START, "the whole sample at once: init fails"},
        {NO_MESSAGE, "the whole sample at once: the sample gives no message"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        verdict said;
        assert_true(judge(cases[i].what, &said) > 0);
        if (strstr(said.text, cases[i].words) == NULL) {
            print_error("expected \"%s\" among:\n%s", cases[i].words, said.text);
        }
        assert_non_null(strstr(said.text, cases[i].words));
    }
}

/* Of a capture with two connections, one of them cut in the middle of a line. */
static uint32_t judge_capture(misdeed what) {
    host_adapter adapter = {.descriptor = &descriptor, .path = "(linked in)"};
    static const char *const said[] = {"one\ntw", "o\nthree", "four\n"};
    capture_header header = {.start = {.monotonic_us = 1000000, .wall_us = 1700000000000000}};
    verdict told = {0};
    buffer capture;
    buffer_init(&capture);
    capture_add_fact(&header, "channel", DRAGOMAN_TEXT("main stream"));
    capture_write_header(&header, &capture);
    for (uint32_t i = 0; i < 3; i++) {
        capture_record record = {.kind = CAPTURE_BYTES, .session = 1 + i / 2, .code = i == 1, .part_count = 1};
        record.parts[0] = bytes_of(said[i]);
        record.now = header.start;
        record.now.monotonic_us += 2000 * (i + 1);
        capture_write_record(&record, &capture);
    }
    doing = what;
    lines_of_all = 0;
    someone_is_half_way = false;
    uint32_t broken = contract_run_capture(&adapter, buffer_bytes(&capture), NULL, note, &told);
    buffer_fini(&capture);
    return broken;
}

static void a_capture_finds_them_too(void **state) {
    static const misdeed found[] = {
        CONSUMES_TOO_MUCH, CONSUMES_AND_NEEDS_MORE,   DEADLINE_THAT_STAYS, ENDLESS_ACTIONS, SPLIT_DEPENDENT,
        GLOBAL_COUNTER,    ENDLESS_ACTIONS_WHEN_LOST, GLOBAL_HALF_LINE,    NO_START,        NO_MESSAGE};
    (void)state;
    assert_int_equal(judge_capture(NOTHING), 0);
    for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
        if (judge_capture(found[i]) == 0) {
            fail_msg("misdeed %d is not found", found[i]);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_capture_finds_them_too),
        cmocka_unit_test(who_keeps_it_passes),
        cmocka_unit_test(who_breaks_it_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

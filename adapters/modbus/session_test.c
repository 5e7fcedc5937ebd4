/* A session as a whole: whose turn it is, what silence costs, what exceptions mean, and that nothing is ever written.
 */
#include "frame.h"

#include "kit/fake_host.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

extern const dragoman_adapter_descriptor dragoman_adapter;

#define ROW(n, name, table, address, type)                                                                             \
    "registers." #n ".name=" name " registers." #n ".table=" table " registers." #n ".address=" address                \
    " registers." #n ".type=" type " "
#define FRIDGE "every=1s " ROW(0, "air", "input", "0", "int16") ROW(1, "product", "input", "1", "int16")

/* The last request's frame, and forgets it. */
static dragoman_bytes taken(fake_session *bus) {
    static uint8_t frame[MODBUS_ADU_MAX];
    size_t size = bus->sent.size;
    assert_true(size <= sizeof frame);
    memcpy(frame, bus->sent.data, size);
    bus->sent.size = 0;
    return (dragoman_bytes){frame, size};
}

/* The unit of an RTU request, after checking that it is one of the reading functions; 0: none was sent. */
static uint8_t asked_of(fake_session *bus) {
    dragoman_bytes frame = taken(bus);
    if (frame.size == 0) {
        return 0;
    }
    assert_int_equal(frame.size, 8);
    assert_true(frame.data[1] >= 1 && frame.data[1] <= 4);
    return frame.data[0];
}

/* Answers as RTU: unit and PDU, with its CRC. */
static void answer(fake_session *bus, const char *bytes, size_t size) {
    uint8_t frame[256];
    memcpy(frame, bytes, size);
    uint16_t crc = modbus_crc(frame, size);
    frame[size] = (uint8_t)crc;
    frame[size + 1] = (uint8_t)(crc >> 8);
    fake_session_feed(bus, (dragoman_bytes){frame, size + 2}, false);
}

#define ANSWER(bus, bytes) answer(bus, bytes, sizeof(bytes) - 1)
#define SECOND INT64_C(1000000)

static void open_bus(fake_session *bus, const char *settings, const char *device) {
    assert_true(fake_session_open_device(bus, &dragoman_adapter, settings, device, DRAGOMAN_CHANNEL_STREAM));
}

static uint32_t lines_with(fake_session *bus, const char *words) {
    uint32_t count = 0;
    for (const char *at = fake_host_text(&bus->host); (at = strstr(at, words)) != NULL; at++) {
        count++;
    }
    return count;
}

static void it_asks_at_once_and_then_at_its_rate(void **state) {
    fake_session bus;
    (void)state;
    open_bus(&bus, "framing=rtu", FRIDGE);
    for (int i = 0; i < 5; i++) {
        dragoman_bytes frame = taken(&bus);
        assert_int_equal(frame.size, 8);
        assert_memory_equal(frame.data, "\x01\x04\0\0\0\x02", 6);
        ANSWER(&bus, "\x01\x04\x04\x00\x2d\xff\xff");
        if (i == 0) {
            fake_session_pass(&bus, SECOND); /* into its own phase */
            continue;
        }
        fake_session_pass(&bus, SECOND - 100);
    }
    assert_int_equal(bus.host.observations, 10);
    assert_int_equal(lines_with(&bus, "air"), 5);
    assert_null(fake_session_close(&bus));
}

/* 300 ms late each time, and yet as many questions as there are seconds: the times stay where they were. */
static void a_late_answer_moves_no_later_question(void **state) {
    fake_session bus;
    uint32_t asked = 0;
    uint32_t late_ms = 0;
    (void)state;
    open_bus(&bus, "framing=rtu timeout=900", FRIDGE);
    for (int ms = 0; ms < 100000; ms += 10) {
        asked += bus.sent.size > 0 && late_ms == 0;
        late_ms += bus.sent.size > 0 ? 10 : 0;
        if (late_ms > 300) {
            assert_int_equal(asked_of(&bus), 1);
            ANSWER(&bus, "\x01\x04\x04\x00\x01\x00\x02");
            late_ms = 0;
        }
        fake_session_pass(&bus, 10000);
    }
    /* The first is asked at once, the next ones in the phase of its own. */
    assert_in_range(asked, 100, 101);
    assert_null(fake_session_close(&bus));
}

static void a_dead_neighbour_costs_one_timeout(void **state) {
    fake_session bus;
    uint32_t asked[4] = {0};
    (void)state;
    open_bus(&bus, "framing=rtu units=1-3 timeout=200", FRIDGE);
    for (int ms = 0; ms < 30000; ms += 10) {
        uint8_t unit = asked_of(&bus);
        assert_true(unit <= 3);
        asked[unit]++;
        if (unit == 1 || unit == 3) {
            char frame[] = {(char)unit, 4, 4, 0, 1, 0, 2};
            answer(&bus, frame, sizeof frame);
        }
        fake_session_pass(&bus, 10000);
    }
    /* The living lose none of their thirty turns; the dead one was tried after 1, 2, 4, 8 and 16 seconds. */
    assert_true(asked[1] >= 29 && asked[3] >= 29);
    assert_in_range(asked[2], 4, 6);
    /* Its gap is stated once. */
    assert_int_equal(lines_with(&bus, "absent:temp"), 2);
    assert_null(fake_session_close(&bus));
}

static void silence_is_stated_once_and_again_after_it_spoke(void **state) {
    fake_session bus;
    (void)state;
    open_bus(&bus, "framing=rtu timeout=100", FRIDGE);
    ANSWER(&bus, "\x01\x04\x04\x00\x01\x00\x02");
    fake_session_pass(&bus, 20 * SECOND);
    assert_int_equal(lines_with(&bus, "absent:"), 2);
    taken(&bus);
    while (bus.sent.size == 0) {
        fake_session_pass(&bus, 10000);
    }
    fake_host_forget(&bus.host);
    ANSWER(&bus, "\x01\x04\x04\x00\x01\x00\x02");
    fake_session_pass(&bus, 20 * SECOND);
    assert_int_equal(lines_with(&bus, "absent:"), 2);
    assert_null(fake_session_close(&bus));
}

static void a_closed_channel_leaves_no_old_value(void **state) {
    fake_session bus;
    (void)state;
    open_bus(&bus, "framing=rtu", FRIDGE);
    ANSWER(&bus, "\x01\x04\x04\x00\x01\x00\x02");
    dragoman_event event = {.struct_size = sizeof event, .kind = DRAGOMAN_EVENT_CLOSED};
    event.of.closed.reason = DRAGOMAN_CLOSE_BROKEN;
    dragoman_progress progress;
    bus.adapter->handle(bus.instance, &event, &bus.now, &progress);
    assert_int_equal(lines_with(&bus, "absent:"), 2);
    /* A connection that comes back and brings nothing is no news. */
    event.kind = DRAGOMAN_EVENT_OPENED;
    event.of.opened = (dragoman_opened_event){.channel_kind = DRAGOMAN_CHANNEL_STREAM, .is_initiator = 1};
    bus.adapter->handle(bus.instance, &event, &bus.now, &progress);
    arena_reset(&bus.host.batch);
    fake_session_pass(&bus, 5 * SECOND);
    assert_int_equal(lines_with(&bus, "absent:"), 2);
    assert_null(fake_session_close(&bus));
}

static void an_exception_is_no_silence(void **state) {
    fake_session bus;
    (void)state;
    open_bus(&bus, "framing=rtu timeout=1000", FRIDGE);
    taken(&bus);
    /* Illegal data address for both: each is asked for by itself. */
    ANSWER(&bus, "\x01\x84\x02");
    fake_session_pass(&bus, 25000);
    assert_memory_equal(taken(&bus).data, "\x01\x04\0\0\0\x01", 6);
    ANSWER(&bus, "\x01\x04\x02\x00\x2a");
    fake_session_pass(&bus, 25000);
    assert_memory_equal(taken(&bus).data, "\x01\x04\0\x01\0\x01", 6);
    ANSWER(&bus, "\x01\x84\x02");
    assert_int_equal(lines_with(&bus, "absent:unsupported"), 1);
    /* What it does not have is not asked for again. */
    for (int i = 0; i < 300; i++) {
        fake_session_pass(&bus, 10000);
        dragoman_bytes frame = taken(&bus);
        if (frame.size > 0) {
            assert_memory_equal(frame.data, "\x01\x04\0\0\0\x01", 6);
            ANSWER(&bus, "\x01\x04\x02\x00\x2a");
        }
    }
    assert_int_equal(lines_with(&bus, "absent:"), 1);
    assert_true(lines_with(&bus, "air") >= 4);
    assert_null(fake_session_close(&bus));
}

static void a_busy_device_is_stated_once(void **state) {
    fake_session bus;
    (void)state;
    open_bus(&bus, "framing=rtu", FRIDGE);
    for (int i = 0; i < 1000; i++) {
        if (taken(&bus).size > 0) {
            ANSWER(&bus, "\x01\x84\x06");
        }
        fake_session_pass(&bus, 10000);
    }
    assert_int_equal(lines_with(&bus, "absent:temp"), 2);
    assert_null(fake_session_close(&bus));
}

static void a_struck_answer_is_asked_for_once_more(void **state) {
    fake_session bus;
    (void)state;
    open_bus(&bus, "framing=rtu timeout=300", FRIDGE);
    taken(&bus);
    fake_session_feed(&bus, DRAGOMAN_TEXT("\x01\x04\x04\x00\x01\x00\x02\x00\x00"), false);
    fake_session_pass(&bus, 325000);
    assert_int_equal(asked_of(&bus), 1);
    ANSWER(&bus, "\x01\x04\x04\x00\x01\x00\x02");
    assert_int_equal(bus.host.observations, 2);
    assert_int_equal(bus.host.counters[DRAGOMAN_COUNT_BAD_FRAME], 1);
    assert_int_equal(lines_with(&bus, "absent:"), 0);
    assert_null(fake_session_close(&bus));
}

/* The same answer twice, and one that comes while nothing is out, answer nothing. */
static void what_was_not_asked_for_is_thrown_away(void **state) {
    fake_session bus;
    (void)state;
    open_bus(&bus, "framing=rtu turnaround=0 units=1-2", FRIDGE);
    taken(&bus);
    uint8_t twice[18] = {1, 4, 4, 0, 1, 0, 2};
    uint16_t crc = modbus_crc(twice, 7);
    twice[7] = (uint8_t)crc;
    twice[8] = (uint8_t)(crc >> 8);
    memcpy(twice + 9, twice, 9);
    fake_session_feed(&bus, (dragoman_bytes){twice, sizeof twice}, false);
    assert_int_equal(bus.host.observations, 2);
    assert_int_equal(bus.host.counters[DRAGOMAN_COUNT_RESYNCHRONISED], 9);
    assert_int_equal(asked_of(&bus), 2);
    ANSWER(&bus, "\x02\x04\x04\x00\x01\x00\x02");
    ANSWER(&bus, "\x01\x04\x04\x00\x01\x00\x02");
    assert_int_equal(bus.host.observations, 4);
    assert_null(fake_session_close(&bus));
}

static void it_is_asked_once_who_it_is(void **state) {
    fake_session bus;
    (void)state;
    open_bus(&bus, "framing=rtu", FRIDGE "identification=true");
    assert_memory_equal(taken(&bus).data, "\x01\x2b\x0e\x01\x00", 5);
    ANSWER(&bus, "\x01\x2b\x0e\x01\x01\x00\x00\x03\x00\x04"
                 "Acme\x01\x02"
                 "F1\x02\x03"
                 "1.2");
    fake_session_pass(&bus, 25000);
    assert_int_equal(asked_of(&bus), 1);
    ANSWER(&bus, "\x01\x04\x04\x00\x01\x00\x02");
    const char *text = fake_host_text(&bus.host);
    assert_non_null(strstr(text, "Acme"));
    assert_non_null(strstr(text, "F1"));
    assert_non_null(strstr(text, "1.2"));
    assert_null(fake_session_close(&bus));
}

static void places_are_told(void **state) {
    fake_session bus;
    (void)state;
    open_bus(&bus, "framing=rtu units=7=Pharmacy+2 place=Ward", FRIDGE);
    ANSWER(&bus, "\x07\x04\x04\x00\x01\x00\x02");
    assert_non_null(strstr(fake_host_text(&bus.host), "Pharmacy 2"));
    assert_non_null(strstr(fake_host_text(&bus.host), "unit-7"));
    assert_null(fake_session_close(&bus));
}

static void without_a_map_nothing_starts(void **state) {
    fake_session bus;
    (void)state;
    assert_false(fake_session_open_device(&bus, &dragoman_adapter, NULL, NULL, DRAGOMAN_CHANNEL_STREAM));
    assert_null(fake_session_close(&bus));
    assert_false(fake_session_open_device(&bus, &dragoman_adapter, "units=0", FRIDGE, DRAGOMAN_CHANNEL_STREAM));
    assert_null(fake_session_close(&bus));
}

/* Whatever comes in, what goes out reads. */
static void noise_never_makes_it_write(void **state) {
    fake_session bus;
    (void)state;
    srand(11);
    open_bus(&bus, "framing=rtu units=1-4 timeout=50",
             FRIDGE "identification=true " ROW(2, "door", "coil", "5", "bit"));
    bus.host.is_quiet = true;
    for (int i = 0; i < 20000; i++) {
        uint8_t noise[16];
        size_t size = (size_t)rand() % sizeof noise;
        for (size_t n = 0; n < size; n++) {
            noise[n] = (uint8_t)(rand() % 6);
        }
        dragoman_bytes frame = taken(&bus);
        bool is_reading = frame.size == 8 && frame.data[1] >= 1 && frame.data[1] <= 4;
        bool is_identification = frame.size == 7 && memcmp(frame.data + 1, "\x2b\x0e\x01", 3) == 0;
        assert_true(frame.size == 0 || is_reading || is_identification);
        fake_session_feed(&bus, (dragoman_bytes){noise, size}, false);
        fake_session_pass(&bus, 7000);
    }
    assert_null(fake_session_close(&bus));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_asks_at_once_and_then_at_its_rate),
        cmocka_unit_test(a_late_answer_moves_no_later_question),
        cmocka_unit_test(a_dead_neighbour_costs_one_timeout),
        cmocka_unit_test(silence_is_stated_once_and_again_after_it_spoke),
        cmocka_unit_test(a_closed_channel_leaves_no_old_value),
        cmocka_unit_test(an_exception_is_no_silence),
        cmocka_unit_test(a_busy_device_is_stated_once),
        cmocka_unit_test(a_struck_answer_is_asked_for_once_more),
        cmocka_unit_test(what_was_not_asked_for_is_thrown_away),
        cmocka_unit_test(it_is_asked_once_who_it_is),
        cmocka_unit_test(places_are_told),
        cmocka_unit_test(without_a_map_nothing_starts),
        cmocka_unit_test(noise_never_makes_it_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

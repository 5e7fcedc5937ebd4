/* On a stream without checksums: what is damaged is refused or harmless, and the next good APDU is read. */
#include "frame.h"
#include "kit/hex.h"
#include "kit/phd_agent.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* An oximeter's measurements: 98 % and 105 /min (10404, configuration 0191). */
#define MEASURED                                                                                                       \
    "E700 0036 0034 8000 0101 002E 0000 0008A340 0D1D 0024 F000 0000 0002 001C "                                       \
    "0001 000A 0062 2007100108314200 000A 000A 0069 2007100108314200"
/* The same a minute later: 97 % and 99 /min. */
#define LATER                                                                                                          \
    "E700 0036 0034 8001 0101 002E 0000 0008A340 0D1D 0024 F000 0001 0002 001C "                                       \
    "0001 000A 0061 2007100108324200 000A 000A 0063 2007100108324200"
#define MEASURED_LINES                                                                                                 \
    "observation 1.0.0.1 code=150456^^MDC : 98 unit=262688^^MDC own=2007-10-01T08:31:42 unvalidated device "           \
    "obtained=1 "                                                                                                      \
    "method=150588^^MDC\n"                                                                                             \
    "observation 1.0.0.10 code=149530^^MDC : 105 unit=264864^^MDC own=2007-10-01T08:31:42 unvalidated device "         \
    "obtained=1 method=150588^^MDC\n"
#define LATER_LINES                                                                                                    \
    "observation 1.0.0.1 code=150456^^MDC : 97 unit=262688^^MDC own=2007-10-01T08:32:42 unvalidated device "           \
    "obtained=1 "                                                                                                      \
    "method=150588^^MDC\n"                                                                                             \
    "observation 1.0.0.10 code=149530^^MDC : 99 unit=264864^^MDC own=2007-10-01T08:32:42 unvalidated device "          \
    "obtained=1 method=150588^^MDC\n"

/* Where the two values stand in the APDU: what is flipped there cannot be seen. */
static bool is_value(size_t byte) {
    return (byte >= 34 && byte <= 43) || (byte >= 48 && byte <= 57);
}

/* Fails when there is an observation that the device did not make. */
static void check_values(const char *text, const char *what, size_t at) {
    for (const char *line = text; line[0] != 0; line = strchr(line, '\n') + 1) {
        char known[256] = {0};
        size_t size = (size_t)(strchr(line, '\n') - line) + 1;
        assert_true(size < sizeof known);
        memcpy(known, line, size);
        bool is_observation = strncmp(line, "observation", 11) == 0;
        if (is_observation && strstr(MEASURED_LINES LATER_LINES, known) == NULL) {
            fail_msg("%s at %zu: %s", what, at, known);
        }
    }
}

/* Feeds a damaged APDU and a good one behind it. The good one is always read. Returns the observations made. */
static uint64_t feed(dragoman_bytes damaged, const char *what, size_t at, bool is_value_hit) {
    fake_session session;
    buffer good;
    phd_agent_open(&session, NULL, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, PHD_AGENT_AARQ("0191"));
    buffer_init(&good);
    buffer_append_bytes(&good, damaged);
    hex_read(LATER, &good);
    fake_session_feed(&session, buffer_bytes(&good), false);
    buffer_fini(&good);
    /* A damaged APDU may be a good one of another meaning that ends the association; the agent begins anew. */
    uint64_t made = session.host.observations;
    if (strstr(fake_host_text(&session.host), LATER_LINES) == NULL) {
        phd_agent_say(&session, PHD_AGENT_AARQ("0191"));
        phd_agent_say(&session, LATER);
        if (strstr(fake_host_text(&session.host), LATER_LINES) == NULL) {
            fail_msg("%s at %zu: the next good APDU was not read", what, at);
        }
    }
    if (!is_value_hit) {
        check_values(fake_host_text(&session.host), what, at);
    }
    phd_agent_close(&session);
    return made;
}

static void every_flipped_bit_is_refused_or_harmless(void **state) {
    (void)state;
    buffer bytes;
    buffer_init(&bytes);
    hex_read(MEASURED, &bytes);
    for (size_t n = 0; n < bytes.size * 8; n++) {
        bytes.data[n / 8] ^= (uint8_t)(1u << (n % 8));
        (void)feed(buffer_bytes(&bytes), "a flipped bit", n, is_value(n / 8));
        bytes.data[n / 8] ^= (uint8_t)(1u << (n % 8));
    }
    buffer_fini(&bytes);
}

static void every_missing_byte_is_refused(void **state) {
    (void)state;
    buffer bytes;
    buffer_init(&bytes);
    hex_read(MEASURED, &bytes);
    for (size_t at = 0; at < bytes.size; at++) {
        buffer less;
        buffer_init(&less);
        buffer_append(&less, bytes.data, at);
        buffer_append(&less, bytes.data + at + 1, bytes.size - at - 1);
        assert_int_equal(feed(buffer_bytes(&less), "a missing byte", at, false), 2);
        buffer_fini(&less);
    }
    buffer_fini(&bytes);
}

static void every_doubled_byte_is_refused(void **state) {
    (void)state;
    buffer bytes;
    buffer_init(&bytes);
    hex_read(MEASURED, &bytes);
    for (size_t at = 0; at < bytes.size; at++) {
        buffer more;
        buffer_init(&more);
        buffer_append(&more, bytes.data, at + 1);
        buffer_append(&more, bytes.data + at, bytes.size - at);
        /* The first doubled byte stands before a whole APDU. */
        assert_int_equal(feed(buffer_bytes(&more), "a doubled byte", at, false), at == 0 ? 4 : 2);
        buffer_fini(&more);
    }
    buffer_fini(&bytes);
}

static void every_cut_is_refused(void **state) {
    (void)state;
    buffer bytes;
    buffer_init(&bytes);
    hex_read(MEASURED, &bytes);
    for (size_t size = 0; size < bytes.size; size++) {
        assert_int_equal(feed((dragoman_bytes){bytes.data, size}, "a cut", size, false), 2);
    }
    buffer_fini(&bytes);
}

static void a_cut_that_silence_follows_is_left_behind(void **state) {
    (void)state;
    fake_session session;
    phd_agent_open(&session, NULL, FAKE_SETTLE_AT_ONCE);
    phd_agent_say(&session, PHD_AGENT_AARQ("0191"));
    phd_agent_say(&session, "E700 006E 006C 0000 0203 0066 0000 0000 0000");
    fake_session_pass(&session, 2000000);
    phd_agent_say(&session, "E700 0036 0034 8000 0101 002E 0000");
    fake_session_pass(&session, 6000000);
    phd_agent_say(&session, PHD_AGENT_AARQ("0191") MEASURED);
    assert_int_equal(session.host.observations, 2);
    phd_agent_close(&session);
}

static void lengths_that_do_not_agree_begin_nothing(void **state) {
    (void)state;
    const struct {
        const char *hex;
        phd_frame_kind kind;
        size_t consumed;
    } cases[] = {
        {"", PHD_FRAME_MORE, 0},
        {"E2", PHD_FRAME_MORE, 0},
        {"E1", PHD_FRAME_SKIP, 1},
        {"E201", PHD_FRAME_SKIP, 2},
        {"E400 0002 0000", PHD_FRAME_APDU, 6},
        {"E400 0003 000000", PHD_FRAME_SKIP, 7},
        {"E400 0002 0000 E5", PHD_FRAME_APDU, 6},
        {"E400 0002 0000 00", PHD_FRAME_SKIP, 7},
        {"E600 0002 00", PHD_FRAME_MORE, 0},
        {"E200 0032 80000000 0001 002B", PHD_FRAME_SKIP, 12},
        {"E300 002C 0003 5079 0026", PHD_FRAME_MORE, 0},
        {"E300 002C 0003 5079 0027", PHD_FRAME_SKIP, 10},
        {"E700 0036 0035", PHD_FRAME_SKIP, 6},
        {"E700 0036 0034 8000 0102 002E", PHD_FRAME_SKIP, 12},
        {"E700 0036 0034 8000 0101 002D", PHD_FRAME_SKIP, 12},
        {"E700 FFFF FFFD 8000 0101 FFF7", PHD_FRAME_SKIP, 12},
        {"0000 E400 0002 0000", PHD_FRAME_SKIP, 2},
    };
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        buffer bytes;
        buffer_init(&bytes);
        hex_read(cases[n].hex, &bytes);
        phd_frame frame = phd_frame_next(buffer_bytes(&bytes));
        assert_int_equal(frame.kind, cases[n].kind);
        assert_int_equal(frame.consumed, cases[n].consumed);
        buffer_fini(&bytes);
    }
}

/* A scale's configuration and two weighings (20601 H.2), 260 bytes. */
#define LONG                                                                                                           \
    "E700 00A2 00A0 1235 0101 009A 0000 FFFFFFFF 0D1C 0090 4000 0003 008A"                                             \
    "0006 0001 0004 0024 092F 0004 0002E140 0A46 0002 F040 0996 0002 06C3 0A55 000C 0002 0008 0A56 0004 0990 0008"     \
    "0006 0002 0004 0024 092F 0004 0002E144 0A46 0002 F048 0996 0002 0511 0A55 000C 0002 0008 0A56 0004 0990 0008"     \
    "0006 0003 0005 002A 092F 0004 0002E150 0A46 0002 F042 0996 0002 07A0 0A47 0002 0001 0A55 000C 0002 0008"          \
    "0A56 0004 0990 0008"                                                                                              \
    "E700 005A 0058 1236 0101 0052 0000 00000000 0D1D 0048 F000 0000 0004 0040"                                        \
    "0001 000C FF0002FA 2007120612100000 0003 000C FF0000F3 2007120612100000"                                          \
    "0001 000C FF0002F8 2007120620050000 0003 000C FF0000F2 2007120620050000"
#define ROUNDS 4000

static uint32_t draw(uint64_t *random) {
    *random = *random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*random >> 33);
}

/* Three times something: a bit is flipped, a byte is lost or doubled, or the rest is cut off. */
static void damage(buffer *bytes, uint64_t *random) {
    for (int n = 0; n < 3 && bytes->size > 1; n++) {
        size_t at = draw(random) % bytes->size;
        switch (draw(random) % 4) {
        case 0:
            bytes->data[at] ^= (uint8_t)(1u << draw(random) % 8);
            break;
        case 1:
            memmove(bytes->data + at, bytes->data + at + 1, bytes->size - at - 1);
            bytes->size--;
            break;
        case 2:
            buffer_append_byte(bytes, 0);
            memmove(bytes->data + at + 1, bytes->data + at, bytes->size - at - 1);
            break;
        default:
            bytes->size = at + 1;
            break;
        }
    }
}

static void after_any_damage_a_device_is_taken_again(void **state) {
    (void)state;
    uint64_t random = 1;
    for (int round = 0; round < ROUNDS; round++) {
        fake_session session;
        buffer bytes;
        buffer_init(&bytes);
        hex_read(LONG, &bytes);
        damage(&bytes, &random);
        phd_agent_open(&session, NULL, FAKE_SETTLE_AT_ONCE);
        phd_agent_say(&session, PHD_AGENT_AARQ("4000"));
        fake_session_feed(&session, buffer_bytes(&bytes), false);
        /* Its APDU may have been left without an end. The first request may end an old association. */
        fake_session_pass(&session, 6000000);
        phd_agent_say(&session, PHD_AGENT_AARQ("0191"));
        phd_agent_say(&session, LATER);
        if (strstr(fake_host_text(&session.host), LATER_LINES) == NULL) {
            phd_agent_say(&session, PHD_AGENT_AARQ("0191") LATER);
        }
        if (strstr(fake_host_text(&session.host), LATER_LINES) == NULL) {
            fail_msg("round %d: the device was not taken again", round);
        }
        phd_agent_close(&session);
        buffer_fini(&bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_that_do_not_agree_begin_nothing),
        cmocka_unit_test(every_flipped_bit_is_refused_or_harmless),
        cmocka_unit_test(every_missing_byte_is_refused),
        cmocka_unit_test(every_doubled_byte_is_refused),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(a_cut_that_silence_follows_is_left_behind),
        cmocka_unit_test(after_any_damage_a_device_is_taken_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Packets of formats 2 and 7: what is one, what is not, what stands in it; and what becomes of a broken one. */
#include "kit/fake_host.h"
#include "kit/nonin_samples.h"
#include "packet.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t published[] = NONIN_SAMPLE_2;
static const uint8_t wide[] = NONIN_SAMPLE_7;

static dragoman_bytes packet_of(const uint8_t *bytes) {
    return (dragoman_bytes){bytes, NONIN_PACKET_BYTES};
}

static void the_published_packet(void **state) {
    nonin_packet packet;
    (void)state;
    assert_int_equal(nonin_packet_read(packet_of(published), &packet), DRAGOMAN_OK);
    assert_int_equal(packet.format, 2);
    assert_int_equal(packet.data[NONIN_AT_HR + 1], 72);
    assert_int_equal(packet.data[NONIN_AT_SPO2], 97);
    assert_int_equal(packet.data[NONIN_AT_REVISION], 48);
    assert_int_equal(packet.pleth[24], 1);
    assert_int_equal(packet.perfusion, 0);
}

/* The bits that the published vectors name: 82 green, 84 red, 86 yellow, 88 alarm, 90 out of track, A0 artefact, C0
 * disconnected. */
static void the_bits_of_the_status(void **state) {
    static const struct {
        uint8_t status, perfusion;
        bool is_status;
    } bits[] = {
        {0x82, NONIN_GREEN, false},       {0x84, NONIN_RED, false},         {0x86, NONIN_GREEN | NONIN_RED, false},
        {0x88, NONIN_SENSOR_ALARM, true}, {0x90, NONIN_OUT_OF_TRACK, true}, {0xa0, NONIN_ARTEFACT, true},
        {0xc0, NONIN_DISCONNECTED, true}};
    (void)state;
    for (size_t n = 0; n < sizeof bits / sizeof *bits; n++) {
        uint8_t bytes[NONIN_PACKET_BYTES];
        nonin_packet packet;
        memcpy(bytes, published, sizeof bytes);
        bytes[36] = bits[n].status; /* the eighth frame */
        bytes[39] = (uint8_t)(bytes[35] + bytes[36] + bytes[37] + bytes[38]);
        assert_int_equal(nonin_packet_read(packet_of(bytes), &packet), DRAGOMAN_OK);
        uint8_t found = bits[n].is_status ? packet.status & bits[n].perfusion : packet.perfusion;
        assert_int_equal(found, bits[n].perfusion);
    }
}

static void a_wave_of_sixteen_bits(void **state) {
    nonin_packet packet;
    (void)state;
    assert_int_equal(nonin_packet_read(packet_of(wide), &packet), DRAGOMAN_OK);
    assert_int_equal(packet.format, 7);
    assert_int_equal(packet.pleth[0], 256);
    assert_int_equal(packet.data[NONIN_AT_STAT2], 0x21);
}

/* No single bit can be wrong unseen. */
static void a_wrong_bit_is_seen_wherever_it_is(void **state) {
    (void)state;
    for (size_t at = 0; at < NONIN_PACKET_BYTES * 8u; at++) {
        uint8_t narrow[NONIN_PACKET_BYTES];
        uint8_t broad[NONIN_PACKET_BYTES];
        nonin_packet packet;
        memcpy(narrow, published, sizeof narrow);
        memcpy(broad, wide, sizeof broad);
        narrow[at / 8] ^= (uint8_t)(1u << at % 8);
        broad[at / 8] ^= (uint8_t)(1u << at % 8);
        assert_int_equal(nonin_packet_read(packet_of(narrow), &packet), DRAGOMAN_INVALID);
        assert_int_equal(nonin_packet_read(packet_of(broad), &packet), DRAGOMAN_INVALID);
    }
}

static void a_part_of_a_packet_is_waited_for(void **state) {
    nonin_packet packet;
    (void)state;
    for (size_t size = 1; size < NONIN_PACKET_BYTES; size++) {
        assert_int_equal(nonin_packet_read((dragoman_bytes){published, size}, &packet), DRAGOMAN_NEED_MORE);
        assert_int_equal(nonin_packet_read((dragoman_bytes){wide, size}, &packet), DRAGOMAN_NEED_MORE);
    }
}

/* After a broken packet the next is read; what was skipped is counted. */
static void a_broken_packet_costs_itself_alone(void **state) {
    uint8_t bytes[3u * NONIN_PACKET_BYTES];
    fake_session session;
    (void)state;
    for (size_t n = 0; n < 3; n++) {
        memcpy(bytes + n * NONIN_PACKET_BYTES, published, NONIN_PACKET_BYTES);
    }
    bytes[NONIN_PACKET_BYTES + 62] ^= 1;
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    session.host.is_quiet = true;
    fake_session_feed(&session, (dragoman_bytes){bytes, sizeof bytes}, true);
    assert_int_equal(session.host.reports, 2);
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_BAD_FRAME], 1);
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_RESYNCHRONISED], NONIN_PACKET_BYTES);
    assert_null(fake_session_close(&session));
}

/* A saturation that no blood has is told, and not believed. */
static void an_impossible_saturation_is_in_question(void **state) {
    uint8_t bytes[NONIN_PACKET_BYTES];
    fake_session session;
    (void)state;
    memcpy(bytes, published, sizeof bytes);
    bytes[13] = 101;
    bytes[14] = (uint8_t)(bytes[10] + bytes[11] + bytes[12] + bytes[13]);
    assert_true(fake_session_open(&session, &dragoman_adapter, NULL, DRAGOMAN_CHANNEL_STREAM));
    fake_session_feed(&session, (dragoman_bytes){bytes, sizeof bytes}, true);
    assert_non_null(strstr(fake_host_text(&session.host), "SpO2^^urn:dragoman:nonin:value : 101"));
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_ODD_VALUE], 1);
    assert_null(fake_session_close(&session));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_packet),
        cmocka_unit_test(the_bits_of_the_status),
        cmocka_unit_test(a_wave_of_sixteen_bits),
        cmocka_unit_test(a_wrong_bit_is_seen_wherever_it_is),
        cmocka_unit_test(a_part_of_a_packet_is_waited_for),
        cmocka_unit_test(a_broken_packet_costs_itself_alone),
        cmocka_unit_test(an_impossible_saturation_is_in_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

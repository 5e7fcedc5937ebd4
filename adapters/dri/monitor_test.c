/* What goes out: values with their special numbers and labels, means, times of what is measured now and then, waves,
 * and alarms from message to message. */
#include "kit/dri_line.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MEASURES 3
/* Places in the basic class, counted out of the groups before: ECG 16 bytes, four pressures and the cuff 14 each, four
 * temperatures 8 each, saturation and CO2 14, O2 and N2O 10. */
#define ECG 0
#define P1 16
#define P2 30
#define CUFF 72
#define T1 86
#define SPO2 118
#define AGENT 166
#define DEVICE "report device=monitor maker=Datex-Ohmeda protocol=9"
#define SYSTEM "^^urn:dragoman:dri:displayed : "
/* 2026-01-02T10:00:00, as the monitor's clock counts. */
#define TIME 1767348000u
#define AT " at=2026-01-02T10:00:00 unvalidated device obtained=1"

static void open_line(fake_session *session, const char *settings) {
    assert_true(fake_session_open(session, &dragoman_adapter, settings, DRAGOMAN_CHANNEL_FILE));
    fake_host_forget(&session->host);
}

static void put_group(uint8_t *data, unsigned at, unsigned status, unsigned label, const int *numbers, size_t count) {
    dri_put_short(data + at, (int)status);
    dri_put_short(data + at + 4, (int)label);
    for (size_t n = 0; n < count; n++) {
        dri_put_short(data + at + 6 + n * 2, numbers[n]);
    }
}

static void feed_class(fake_session *session, uint8_t kind, uint32_t time, const uint8_t *data, uint8_t in_class) {
    buffer bytes;
    buffer_init(&bytes);
    dri_physiological(&bytes, time, data, in_class);
    dri_part part = {kind, buffer_bytes(&bytes)};
    dri_feed(session, 0, &part, 1);
    buffer_fini(&bytes);
}

static void check_and_close(fake_session *session, const char *expected) {
    assert_string_equal(fake_host_text(&session->host), expected);
    assert_null(fake_session_close(session));
}

/* Whether the text holds these words. */
static void check_has(fake_session *session, const char *words) {
    if (strstr(fake_host_text(&session->host), words) == NULL) {
        print_error("%s\nin\n%s\n", words, fake_host_text(&session->host));
        fail();
    }
}

static void only_what_is_there_and_measures_is_told(void **state) {
    (void)state;
    uint8_t data[DRI_KIT_CLASS] = {0};
    static const int numbers[] = {3640};
    fake_session session;
    open_line(&session, NULL);
    put_group(data, T1, 0, 1, numbers, 1);
    feed_class(&session, 1, TIME, data, 0);
    put_group(data, T1, 1, 1, numbers, 1);
    feed_class(&session, 1, TIME, data, 0);
    assert_int_equal(session.host.reports, 0);
    put_group(data, T1, MEASURES, 1, numbers, 1);
    feed_class(&session, 1, TIME, data, 0);
    check_and_close(&session, DEVICE "\nobservation 1.1.7.1 code=temp.eso" SYSTEM "36.40 unit=Cel^^UCUM" AT "\n");
}

/* "Measurement data": five numbers say why there is none; everything below -32000 is none. */
static void special_numbers_are_reasons(void **state) {
    (void)state;
    uint8_t data[DRI_KIT_CLASS] = {0};
    static const int one[] = {-32767, -32766, -32764, -32763};
    static const int two[] = {-32762, -32001, -32000, 0};
    fake_session session;
    open_line(&session, NULL);
    put_group(data, P1, MEASURES, 1, one, 4);
    put_group(data, P2, MEASURES, 2, two, 4);
    feed_class(&session, 1, TIME, data, 0);
    check_has(&session, "code=art.sys" SYSTEM "absent:unknown");
    check_has(&session, "code=art.dia" SYSTEM "absent:temp-unknown");
    check_has(&session, "code=art.mean" SYSTEM "absent:negative-infinity");
    check_has(&session, "code=art.hr" SYSTEM "absent:positive-infinity");
    check_has(&session, "code=cvp.sys" SYSTEM "absent:error");
    check_has(&session, "code=cvp.dia" SYSTEM "absent:unknown");
    check_has(&session, "code=cvp.mean" SYSTEM "-320.00 unit=mm[Hg]^^UCUM");
    check_has(&session, "code=cvp.hr" SYSTEM "0 unit=/min^^UCUM");
    assert_int_equal(session.host.counters[DRAGOMAN_COUNT_ODD_VALUE], 1);
    assert_null(fake_session_close(&session));
}

static void labels_name_what_is_measured(void **state) {
    (void)state;
    uint8_t data[DRI_KIT_CLASS] = {0};
    static const int heart[] = {72, 0, 0, 0, 12};
    static const int saturation[] = {9800, 71, 4, 9700};
    static const int agent[] = {180, 210, 90};
    static const int pressure[] = {2500, 1000, 1500, 70};
    fake_session session;
    open_line(&session, NULL);
    put_group(data, ECG, MEASURES | 6u << 3, 0, heart, 5);
    put_group(data, P1, MEASURES, 3, pressure, 4);
    put_group(data, P2, MEASURES, 10, pressure, 4);
    put_group(data, SPO2, MEASURES, 2, saturation, 4);
    put_group(data, AGENT, MEASURES, 6, agent, 3);
    feed_class(&session, 1, TIME, data, 0);
    check_has(&session, "1.1.1.1 code=ecg.hr_spo2" SYSTEM "72 ");
    check_has(&session, "1.1.2.1 code=pa.sys" SYSTEM "25.00 ");
    check_has(&session, "1.1.3.1 code=p2.sys" SYSTEM "25.00 ");
    check_has(&session, "code=spo2.spo2" SYSTEM "98.00 unit=%^^UCUM");
    check_has(&session, "code=spo2.svo2" SYSTEM "97.00 ");
    check_has(&session, "code=sev.et" SYSTEM "1.80 ");
    check_has(&session, "code=sev.fi" SYSTEM "2.10 ");
    check_has(&session, "code=aa.mac_sum" SYSTEM "0.90 at=");
    /* The rates beside the ECG share its status. */
    check_has(&session, "code=ecg_extra.hr_ecg" SYSTEM "0 ");
    assert_null(fake_session_close(&session));
}

static void the_heart_rate_says_what_it_is_of(void **state) {
    (void)state;
    static const char *const names[] = {"ecg.hr^",          "ecg.hr_ecg^",      "ecg.hr_pressure^", "ecg.hr_pressure^",
                                        "ecg.hr_pressure^", "ecg.hr_pressure^", "ecg.hr_spo2^",     "ecg.hr_pressure^",
                                        "ecg.hr_pressure^", "ecg.hr^"};
    for (unsigned source = 0; source < sizeof names / sizeof *names; source++) {
        uint8_t data[DRI_KIT_CLASS] = {0};
        static const int heart[] = {72};
        fake_session session;
        open_line(&session, NULL);
        put_group(data, ECG, MEASURES | source << 3, 0, heart, 1);
        feed_class(&session, 1, TIME, data, 0);
        check_has(&session, names[source]);
        assert_null(fake_session_close(&session));
    }
}

static void means_say_that_they_are_means(void **state) {
    (void)state;
    uint8_t data[DRI_KIT_CLASS] = {0};
    static const int numbers[] = {3640};
    fake_session session;
    open_line(&session, NULL);
    put_group(data, T1, MEASURES, 1, numbers, 1);
    feed_class(&session, 2, TIME, data, 0);
    check_has(&session, "code=temp.eso^^urn:dragoman:dri:mean-10s : 36.40 unit=Cel^^UCUM at=2026-01-02T10:00:00 "
                        "unvalidated device obtained=4");
    check_has(&session, "method=mean-10s^mean of 10 s^urn:dragoman:dri:method");
    fake_host_forget(&session.host);
    feed_class(&session, 3, TIME, data, 0);
    check_has(&session, "code=temp.eso^^urn:dragoman:dri:mean-60s : 36.40");
    assert_null(fake_session_close(&session));
}

/* The auxiliary information knows when the cuff was inflated: half a minute before. */
static void the_cuff_has_a_time_of_its_own(void **state) {
    (void)state;
    uint8_t data[DRI_KIT_CLASS] = {0};
    uint8_t auxiliary[114] = {0};
    static const int numbers[] = {12000, 7000, 8700, 70};
    fake_session session;
    open_line(&session, NULL);
    put_group(data, CUFF, MEASURES, 3, numbers, 4);
    feed_class(&session, 1, TIME, data, 0);
    check_has(&session, "code=nibp.sys" SYSTEM "120.00 unit=mm[Hg]^^UCUM at=2026-01-02T10:00:00 unvalidated device "
                        "obtained=2");
    fake_host_forget(&session.host);
    dri_put_short(auxiliary, (int)((TIME - 30) & 0xffff));
    dri_put_short(auxiliary + 2, (int)((TIME - 30) >> 16));
    dri_part part = {4, {auxiliary, sizeof auxiliary}};
    dri_feed(&session, 0, &part, 1);
    feed_class(&session, 1, TIME, data, 0);
    check_has(&session, "code=nibp.sys" SYSTEM "120.00 unit=mm[Hg]^^UCUM own=2026-01-02T09:59:30 unvalidated device "
                        "obtained=2");
    assert_null(fake_session_close(&session));
}

/* Extended class 1: 48 bytes of rhythm, then status, label and twelve ST levels, of which the seventh is V1's. */
static void classes_are_told_apart(void **state) {
    (void)state;
    uint8_t data[DRI_KIT_CLASS] = {0};
    static const int levels[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    fake_session session;
    open_line(&session, NULL);
    put_group(data, 48, MEASURES, 0, levels, 12);
    feed_class(&session, 1, TIME, data, 1);
    check_has(&session, "1.2.2.7 code=ecg_12.stV1" SYSTEM "0.07 unit=mm^^UCUM");
    fake_host_forget(&session.host);
    /* Extended class 2: relaxation 24, EEG 72, bispectral index 16, then entropy. */
    memset(data, 0, sizeof data);
    put_group(data, 112, MEASURES, 0, levels, 3);
    feed_class(&session, 1, TIME, data, 2);
    check_has(&session, "code=ent.se" SYSTEM "1 at=");
    fake_host_forget(&session.host);
    /* Extended class 3: gas exchange 14, then flow and volume. */
    memset(data, 0, sizeof data);
    put_group(data, 14, MEASURES, 0, levels, 8);
    feed_class(&session, 1, TIME, data, 3);
    check_has(&session, "code=flow_vol2.pmean" SYSTEM "0.02 unit=cm[H2O]^^UCUM");
    check_has(&session, "code=flow_vol2.insp_time" SYSTEM "0.08 unit=s^^UCUM");
    fake_host_forget(&session.host);
    feed_class(&session, 1, TIME, data, 4);
    check_and_close(&session, "");
}

static void a_wave_becomes_a_block_with_holes(void **state) {
    (void)state;
    static const uint8_t wave[] = {4, 0, 0, 0, 0, 0, 0x10, 0x27, 0xf0, 0xd8, 0x01, 0x80, 0x00, 0x83};
    fake_session session;
    open_line(&session, NULL);
    dri_part part = {4, {wave, sizeof wave}};
    dri_feed(&session, 1, &part, 1);
    /* In hundredths of mmHg, each 10 ms. */
    check_has(&session, "code=INVP1^^urn:dragoman:dri:wave : samples 4x1 period=10000000 scale=0.01 [10000 -10000 E "
                        "-32000] unit=mm[Hg]^^UCUM at=none");
    assert_null(fake_session_close(&session));
}

static void what_is_too_short_is_kept_as_a_letter(void **state) {
    (void)state;
    static const uint8_t bytes[] = {4, 0, 0, 0, 0, 0, 1, 0};
    dri_part part = {1, {bytes, sizeof bytes}};
    fake_session session;
    open_line(&session, NULL);
    dri_feed(&session, 1, &part, 1);
    dri_feed(&session, 0, &part, 1);
    dri_feed(&session, 4, &part, 1);
    part.kind = 4;
    dri_feed(&session, 0, &part, 1);
    assert_int_equal(session.host.dead_letters, 4);
    /* What nobody states surely is passed over: airway flow, ECG of twelve leads, patients. */
    part.kind = 14;
    dri_feed(&session, 1, &part, 1);
    part.kind = 6;
    dri_feed(&session, 5, &part, 1);
    assert_int_equal(session.host.dead_letters, 4);
    assert_int_equal(session.host.reports, 0);
    assert_null(fake_session_close(&session));
}

static void feed_alarms(fake_session *session, const uint8_t *message) {
    dri_part part = {1, {message, DRI_KIT_ALARMS}};
    fake_host_forget(&session->host);
    dri_feed(session, 4, &part, 1);
}

static void alarms_begin_change_and_end(void **state) {
    (void)state;
    uint8_t message[DRI_KIT_ALARMS] = {0};
    fake_session session;
    open_line(&session, NULL);
    dri_put_alarm(message, 0, "HR high", 3);
    dri_put_alarm(message, 1, "Check\nsensor", 1);
    feed_alarms(&session, message);
    check_has(&session, "event=HR high^^urn:dragoman:dri:alarm\"HR high\" text=HR high phase=1 state=2 priority=4 ");
    check_has(&session, "text=Check sensor phase=1 state=2 priority=2 ");
    feed_alarms(&session, message);
    assert_string_equal(fake_host_text(&session.host), "");
    dri_put_alarm(message, 0, "HR high", 2);
    feed_alarms(&session, message);
    check_has(&session, "phase=6");
    dri_put_short(message + 8, 5);
    feed_alarms(&session, message);
    check_has(&session, "phase=4");
    check_has(&session, "inactivation=2");
    dri_put_alarm(message, 0, "", 0);
    feed_alarms(&session, message);
    check_has(&session, "phase=3");
    check_has(&session, "HR high");
    assert_null(strstr(fake_host_text(&session.host), "Check sensor"));
    assert_null(fake_session_close(&session));
}

static void letters_beyond_ascii_are_latin(void **state) {
    (void)state;
    uint8_t message[DRI_KIT_ALARMS] = {0};
    fake_session session;
    open_line(&session, NULL);
    dri_put_alarm(message, 4, "Atemwegsdruck zu gro\xdf", 2);
    feed_alarms(&session, message);
    check_has(&session, "Atemwegsdruck zu gro\xc3\x9f^^urn:dragoman:dri:alarm");
    assert_null(fake_session_close(&session));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_there_and_measures_is_told),
        cmocka_unit_test(special_numbers_are_reasons),
        cmocka_unit_test(labels_name_what_is_measured),
        cmocka_unit_test(the_heart_rate_says_what_it_is_of),
        cmocka_unit_test(means_say_that_they_are_means),
        cmocka_unit_test(the_cuff_has_a_time_of_its_own),
        cmocka_unit_test(classes_are_told_apart),
        cmocka_unit_test(a_wave_becomes_a_block_with_holes),
        cmocka_unit_test(what_is_too_short_is_kept_as_a_letter),
        cmocka_unit_test(alarms_begin_change_and_end),
        cmocka_unit_test(letters_beyond_ascii_are_latin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

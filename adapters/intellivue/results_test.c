/* What a monitor's results become: numerics, waves, enumerations, alarms, patients. */
#include "kit/monitor_scene.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_numeric_keeps_its_digits_its_label_and_its_time(void **state) {
    (void)state;
    monitor_scene self;
    monitor_scene_open(&self, &dragoman_adapter, "");
    monitor_scene_associate(&self, 0x80000000);
    uint16_t number = monitor_scene_find_poll(&self, MONITOR_SCENE_NUMERICS, 0);
    play_result result = monitor_scene_result(number, MONITOR_SCENE_NUMERICS, 0, 1);
    play_result_begin(&self.message, &result);
    size_t object = play_object(&self.message, &result, 102, 3);
    monitor_scene_put_numeric(&self.message, 0x4B48, 0, 0x17A0, 3650, -2);
    size_t at = play_attribute(&self.message, 0x0924); /* label: T1, of the vendor's own */
    play_put32(&self.message, 0x0002F0C7);
    play_close(&self.message, at);
    at = play_attribute(&self.message, 0x0927);
    play_put_string(&self.message, "T1");
    play_close(&self.message, at);
    play_close(&self.message, object);
    monitor_scene_put_heart_rate(&self.message, &result, 0x0082, 72);
    play_result_end(&self.message, &result);
    monitor_scene_hear(&self);
    monitor_scene_says(&self,
                       "report device=00095c123456 type=69965^^MDC id=00095c123456^Philips system id&&L^ maker=Philips "
                       "model=M8000 place=//ICU 3@\n"
                       "observation 1.1.102.1 code=150344^^MDC+0002-f0c7^^MDIL\"T1\" : 36.50 unit=268192^^MDC "
                       "at=2026-01-01T08:00:01.000 unvalidated device\n"
                       "observation 1.1.101.1 code=147842^^MDC : 72 unit=264864^^MDC at=2026-01-01T08:00:01.000 "
                       "unvalidated device status=4100\n");
    monitor_scene_close(&self);
}

static void values_without_validity_are_absent(void **state) {
    (void)state;
    monitor_scene self;
    monitor_scene_open(&self, &dragoman_adapter, "");
    monitor_scene_associate(&self, 0x80000000);
    play_result result =
        monitor_scene_result(monitor_scene_find_poll(&self, MONITOR_SCENE_NUMERICS, 0), MONITOR_SCENE_NUMERICS, 0, 1);
    play_result_begin(&self.message, &result);
    monitor_scene_put_heart_rate(&self.message, &result, 0x8000, 250);
    monitor_scene_put_heart_rate(&self.message, &result, 0x2000, 250);
    monitor_scene_put_heart_rate(&self.message, &result, 0x0400, 60);
    monitor_scene_put_heart_rate(&self.message, &result, 0, 0x7FFFFF);
    play_result_end(&self.message, &result);
    monitor_scene_hear(&self);
    monitor_scene_says(&self, "147842^^MDC : absent:error unit");
    monitor_scene_says(&self, "147842^^MDC : absent:temp-unknown unit");
    monitor_scene_says(&self,
                       "147842^^MDC : 60 unit=264864^^MDC at=2026-01-01T08:00:01.000 unvalidated device status=20");
    monitor_scene_says(&self, "147842^^MDC : NaN unit");
    assert_null(strstr(fake_host_text(&self.session.host), "250"));
    monitor_scene_close(&self);
}

/* Arterial pressure: systolic, diastolic and mean in one object, with the times of its own cuff. */
static void a_compound_gives_its_parts_side_by_side(void **state) {
    (void)state;
    monitor_scene self;
    monitor_scene_open(&self, &dragoman_adapter, "");
    monitor_scene_associate(&self, 0x80000000);
    play_result result =
        monitor_scene_result(monitor_scene_find_poll(&self, MONITOR_SCENE_NUMERICS, 0), MONITOR_SCENE_NUMERICS, 0, 1);
    play_result_begin(&self.message, &result);
    size_t object = play_object(&self.message, &result, 200, 4);
    size_t at = play_attribute(&self.message, 0x094B);
    play_put16(&self.message, 3);
    size_t list = play_open(&self.message);
    static const int16_t values[][2] = {{0x4A05, 120}, {0x4A06, 80}, {0x4A07, 93}};
    for (size_t n = 0; n < 3; n++) {
        play_put16(&self.message, (uint16_t)values[n][0]);
        play_put16(&self.message, 0);
        play_put16(&self.message, 0x0F20);
        play_put_float(&self.message, values[n][1], 0);
    }
    play_close(&self.message, list);
    play_close(&self.message, at);
    at = play_attribute(&self.message, 0x0990); /* absolute time stamp */
    play_put_time(&self.message, MONITOR_SCENE_CREATED_US - 60000000);
    play_close(&self.message, at);
    at = play_attribute(&self.message, 0x093F); /* metric specification: measured automatically, now and then */
    play_put32(&self.message, 0);
    play_put16(&self.message, 1);
    play_put16(&self.message, 0xB000);
    play_put32(&self.message, 0x01030000);
    play_close(&self.message, at);
    at = play_attribute(&self.message, 0x0924);
    play_put32(&self.message, 0x00024A04);
    play_close(&self.message, at);
    play_close(&self.message, object);
    play_result_end(&self.message, &result);
    monitor_scene_hear(&self);
    monitor_scene_says(
        &self, "observation 1.1.200.1 code=150021^^MDC : 120 unit=266016^^MDC own=2026-01-01T07:59:00 unvalidated "
               "device obtained=2\n"
               "observation 1.1.200.2 code=150022^^MDC : 80 unit=266016^^MDC own=2026-01-01T07:59:00 unvalidated "
               "device obtained=2\n"
               "observation 1.1.200.3 code=150023^^MDC : 93 unit=266016^^MDC own=2026-01-01T07:59:00 unvalidated "
               "device obtained=2\n");
    monitor_scene_close(&self);
}

static void put_oxygen(buffer *to, play_result *result, uint16_t handle, uint32_t label, uint16_t category) {
    size_t object = play_object(to, result, handle, (uint16_t)(1 + (label != 0 ? 1 : 0) + (category != 0 ? 1 : 0)));
    monitor_scene_put_numeric(to, 0x5164, 0, 0x0220, 40, 0);
    if (label != 0) {
        size_t at = play_attribute(to, 0x0924);
        play_put32(to, label);
        play_close(to, at);
    }
    if (category != 0) {
        size_t at = play_attribute(to, 0x093F);
        play_put32(to, 0);
        play_put16(to, category);
        play_put16(to, 0x4000);
        play_put32(to, 0);
        play_close(to, at);
    }
    play_close(to, object);
}

/* The same identifier is measured oxygen, oxygen that is set on a ventilator, or an alarm limit: the context tells. */
static void what_is_set_does_not_pass_for_measured(void **state) {
    (void)state;
    monitor_scene self;
    monitor_scene_open(&self, &dragoman_adapter, "");
    monitor_scene_associate(&self, 0x80000000);
    uint16_t number = monitor_scene_find_poll(&self, MONITOR_SCENE_NUMERICS, 0);
    play_result result = monitor_scene_result(number, MONITOR_SCENE_NUMERICS, 0, 1);
    play_result_begin(&self.message, &result);
    put_oxygen(&self.message, &result, 1, 0x00025164, 1);
    put_oxygen(&self.message, &result, 2, 0x0402F87F, 0);
    put_oxygen(&self.message, &result, 3, 0x00025164, 4);
    put_oxygen(&self.message, &result, 4, 0x00025164, 130);
    put_oxygen(&self.message, &result, 5, 0, 0); /* nothing is known of it yet */
    play_result_end(&self.message, &result);
    monitor_scene_hear(&self);
    monitor_scene_says(&self, "1.1.1.1 code=151908^^MDC : 40");
    monitor_scene_says(&self, "1.1.2.1 code=16929124^^MDC+0402-f87f^^MDIL : 40");
    monitor_scene_says(&self, "1.1.3.1 code=16929124^^MDC : 40");
    assert_int_equal(self.session.host.observations, 3);
    monitor_scene_close(&self);
}

static void put_wave(buffer *to, play_result *result, bool has_context) {
    static const uint16_t samples[] = {800, 816, 0x8320, 960}; /* the third is marked as invalid */
    size_t object = play_object(to, result, 300, has_context ? 6 : 1);
    size_t at = play_attribute(to, 0x096E);
    play_put16(to, 0x4A14);
    play_put16(to, 0);
    play_put16(to, sizeof samples);
    for (size_t n = 0; n < 4; n++) {
        play_put16(to, samples[n]);
    }
    play_close(to, at);
    if (has_context) {
        at = play_attribute(to, 0x096F); /* -40 to 520 over 160 to 9120 */
        play_put_float(to, -40, 0);
        play_put_float(to, 520, 0);
        play_put16(to, 160);
        play_put16(to, 9120);
        play_close(to, at);
        at = play_attribute(to, 0x096D); /* 16 bits, 14 of which count */
        play_put16(to, 32);
        play_put16(to, 0x100E);
        play_put16(to, 0x1000);
        play_close(to, at);
        at = play_attribute(to, 0x0A16); /* bit 15: invalid */
        play_put16(to, 1);
        play_put16(to, 4);
        play_put16(to, 1);
        play_put16(to, 0x8000);
        play_close(to, at);
        at = play_attribute(to, 0x098D); /* 8 ms */
        play_put32(to, 64);
        play_close(to, at);
        at = play_attribute(to, 0x0996);
        play_put16(to, 0x0F20);
        play_close(to, at);
    }
    play_close(to, object);
}

/* Samples before their scale is known are no values. */
static void a_wave_waits_for_its_scale(void **state) {
    (void)state;
    monitor_scene self;
    monitor_scene_open(&self, &dragoman_adapter, "");
    monitor_scene_associate(&self, 0x88000000);
    fake_session_pass(&self.session, 3000000);
    uint16_t number = monitor_scene_find_poll(&self, MONITOR_SCENE_WAVES, 0);
    for (uint16_t n = 1; n <= 3; n++) {
        play_result result = monitor_scene_result(number, MONITOR_SCENE_WAVES, 0, n);
        play_result_begin(&self.message, &result);
        put_wave(&self.message, &result, n == 2);
        play_result_end(&self.message, &result);
        monitor_scene_hear(&self);
    }
    monitor_scene_says(
        &self, "observation 1.1.300.1 code=150036^^MDC : samples 4x1 period=8000000 scale=0.0625 [800 816 E 960] "
               "unit=266016^^MDC own=2026-01-01T08:00:01.000..2026-01-01T08:00:01.032 unvalidated device");
    assert_int_equal(self.session.host.observations, 2);
    monitor_scene_close(&self);
}

/* Sinus rhythm, and pairs of extrasystoles with how many a minute: the codes are the guide's. */
static void enumerations_are_codes(void **state) {
    (void)state;
    monitor_scene self;
    monitor_scene_open(&self, &dragoman_adapter, "");
    monitor_scene_associate(&self, 0x84000000);
    play_result result = monitor_scene_result(monitor_scene_find_poll(&self, MONITOR_SCENE_ENUMERATIONS, 0),
                                              MONITOR_SCENE_ENUMERATIONS, 0, 1);
    play_result_begin(&self.message, &result);
    size_t object = play_object(&self.message, &result, 258, 1);
    size_t at = play_attribute(&self.message, 0x099E);
    play_put32(&self.message, 0xD0070000);
    play_put32(&self.message, 0x00010002);
    play_put16(&self.message, 0x4012);
    play_close(&self.message, at);
    play_close(&self.message, object);
    object = play_object(&self.message, &result, 259, 1);
    at = play_attribute(&self.message, 0x099E);
    play_put32(&self.message, 0xD0060000);
    play_put32(&self.message, 0x00040008);
    play_put16(&self.message, 0x4280);
    play_put_float(&self.message, 3, 0);
    play_put16(&self.message, 0x0AA0);
    play_close(&self.message, at);
    play_close(&self.message, object);
    play_result_end(&self.message, &result);
    monitor_scene_hear(&self);
    monitor_scene_says(&self, "observation 1.1.258.1 code=184327^^MDC :  code=147474^^MDC at=");
    monitor_scene_says(
        &self, "observation 1.1.259.1 code=184326^^MDC :  code=148096^^MDC [ code=148096^^MDC 3 unit=264864^^MDC ] ");
    monitor_scene_close(&self);
}

static void put_alarms(buffer *to, play_result *result, uint32_t count, uint16_t type, uint16_t alarm_state) {
    size_t object = play_object(to, result, 1, 1);
    size_t at = play_attribute(to, 0x0902);
    play_put16(to, count);
    size_t list = play_open(to);
    for (uint32_t n = 0; n < count; n++) {
        play_put16(to, 0x4182); /* heart rate ... */
        play_put16(to, 0x0018); /* ... is high */
        play_put16(to, type);
        play_put16(to, alarm_state);
        play_put16(to, MONITOR_SCENE_NUMERICS);
        play_put16(to, 0);
        play_put16(to, (uint16_t)(101 + n));
        play_put16(to, 516);
        size_t info = play_open(to);
        play_put16(to, 1);
        play_put32(to, 0x00020018);
        play_put32(to, 0);
        play_put_string(to, "** HR 130 > 120");
        play_close(to, info);
    }
    play_close(to, list);
    play_close(to, at);
    play_close(to, object);
}

static void tell_alarms(monitor_scene *self, uint16_t number, uint16_t sequence_no, uint32_t count, uint16_t type,
                        uint16_t alarm_state) {
    play_result result = monitor_scene_result(number, MONITOR_SCENE_ALERTS, 0x0801, sequence_no);
    play_result_begin(&self->message, &result);
    put_alarms(&self->message, &result, count, type, alarm_state);
    play_result_end(&self->message, &result);
    monitor_scene_hear(self);
}

static void alarms_begin_change_and_end(void **state) {
    (void)state;
    monitor_scene self;
    monitor_scene_open(&self, &dragoman_adapter, "");
    monitor_scene_associate(&self, 0x80000000);
    uint16_t number = monitor_scene_find_poll(&self, MONITOR_SCENE_ALERTS, 0x0801);
    tell_alarms(&self, number, 1, 0, 0, 0);
    tell_alarms(&self, number, 2, 1, 512, 0x0008); /* medium, new */
    tell_alarms(&self, number, 3, 1, 512, 0);      /* goes on: nothing to tell */
    assert_int_equal(self.session.host.reports, 1);
    tell_alarms(&self, number, 4, 1, 1024, 0x1000); /* high, and silenced */
    tell_alarms(&self, number, 5, 0, 0, 0);
    assert_int_equal(self.session.host.reports, 3);
    monitor_scene_says(
        &self, "alert 1.1.101.0 id=24-16770-0-101-1@1767254401000^&&^ event=196632^^MDC text=** HR 130 > 120 "
               "source=147842^^MDC phase=1 state=2 priority=3 kind=1 inactivation=0 at=2026-01-01T08:00:01.000\n");
    monitor_scene_says(
        &self, "id=24-16770-0-101-1@1767254401000.1^&&^ parent=24-16770-0-101-1@1767254401000^&&^ event=196632^^MDC "
               "text=** HR 130 > 120 source=147842^^MDC phase=4 state=2 priority=4 kind=1 inactivation=20 ");
    monitor_scene_says(
        &self, "id=24-16770-0-101-1@1767254401000.2^&&^ parent=24-16770-0-101-1@1767254401000^&&^ event=196632^^MDC "
               "source=147842^^MDC phase=3 state=1 priority=4 kind=1 inactivation=20 ");
    monitor_scene_close(&self);
}

/* The association was lost while an alarm was on; it is over when the monitor comes back. */
static void an_alarm_that_ended_unheard_is_ended(void **state) {
    (void)state;
    monitor_scene self;
    monitor_scene_open(&self, &dragoman_adapter, "");
    monitor_scene_associate(&self, 0x80000000);
    tell_alarms(&self, monitor_scene_find_poll(&self, MONITOR_SCENE_ALERTS, 0x0801), 1, 1, 512, 0x0008);
    play_abort(&self.message);
    monitor_scene_hear(&self);
    fake_session_pass(&self.session, 3000000);
    while (strncmp(monitor_scene_sent(&self), "0dec", 4) != 0) {
    }
    play_association_response(&self.message, 0x80000000);
    monitor_scene_hear(&self);
    play_create_event(&self.message, &monitor_scene_identity, 8, MONITOR_SCENE_TICKS, MONITOR_SCENE_CREATED_US);
    monitor_scene_hear(&self);
    tell_alarms(&self, monitor_scene_find_poll(&self, MONITOR_SCENE_ALERTS, 0x0801), 1, 0, 0, 0);
    monitor_scene_says(&self, "phase=3 state=1");
    monitor_scene_close(&self);
}

/* What was there before we came did not begin now. */
static void alarms_of_the_first_list_go_on(void **state) {
    (void)state;
    monitor_scene self;
    monitor_scene_open(&self, &dragoman_adapter, "");
    monitor_scene_associate(&self, 0x80000000);
    uint16_t number = monitor_scene_find_poll(&self, MONITOR_SCENE_ALERTS, 0x0801);
    tell_alarms(&self, number, 1, 1, 256, 0x2000);
    monitor_scene_says(&self, "phase=2 state=3 priority=2");
    monitor_scene_close(&self);
}

static void put_demographics(buffer *to, uint16_t number, uint16_t admission) {
    play_result result = monitor_scene_result(number, MONITOR_SCENE_PATIENT, 0x0807, 0);
    play_result_begin(to, &result);
    size_t object = play_object(to, &result, 2, 5);
    size_t at = play_attribute(to, 0x0957);
    play_put16(to, admission);
    play_close(to, at);
    at = play_attribute(to, 0x0961);
    play_put16(to, 2);
    play_close(to, at);
    at = play_attribute(to, 0x095A);
    play_put_string(to, "4711");
    play_close(to, at);
    at = play_attribute(to, 0x095C);
    play_put_string(to, "Moore");
    play_close(to, at);
    at = play_attribute(to, 0x0958);
    play_put_time(to, INT64_C(-315619200000000) + INT64_C(631152000000000)); /* 1980-01-01 */
    play_close(to, at);
    play_close(to, object);
    play_result_end(to, &result);
}

static void the_admitted_patient_is_named_and_no_other(void **state) {
    (void)state;
    monitor_scene self;
    monitor_scene_open(&self, &dragoman_adapter, "");
    monitor_scene_associate(&self, 0x80000000);
    uint16_t numerics = monitor_scene_find_poll(&self, MONITOR_SCENE_NUMERICS, 0);
    uint16_t number = monitor_scene_find_poll(&self, MONITOR_SCENE_PATIENT, 0x0807);
    put_demographics(&self.message, number, 2);
    monitor_scene_hear(&self);
    monitor_scene_tell_heart_rate(&self, numerics, 1, 71);
    monitor_scene_says(&self, "patient{ id=4711^&&^ name=Moore, born=1980-01-01 sex=F }");
    fake_host_forget(&self.session.host);
    fake_session_pass(&self.session, 9500000);
    monitor_scene_tell_heart_rate(&self, numerics, 2, 72);
    fake_session_pass(&self.session, 600000);
    put_demographics(&self.message, monitor_scene_find_poll(&self, MONITOR_SCENE_PATIENT, 0x0807), 8); /* discharged */
    monitor_scene_hear(&self);
    fake_host_forget(&self.session.host);
    monitor_scene_tell_heart_rate(&self, numerics, 3, 73);
    monitor_scene_says(&self, "observation 1.1.101.1 code=147842^^MDC : 73");
    assert_null(strstr(fake_host_text(&self.session.host), "patient"));
    monitor_scene_close(&self);
}

/* A cut message is refused as a whole; one with a flipped bit never breaks anything. */
static void damaged_datagrams_are_harmless(void **state) {
    (void)state;
    monitor_scene self;
    buffer whole;
    buffer_init(&whole);
    monitor_scene_open(&self, &dragoman_adapter, "");
    monitor_scene_associate(&self, 0x88000000);
    fake_session_pass(&self.session, 3000000);
    uint16_t number = monitor_scene_find_poll(&self, MONITOR_SCENE_WAVES, 0);
    play_result result = monitor_scene_result(number, MONITOR_SCENE_WAVES, 0, 1);
    play_result_begin(&whole, &result);
    put_wave(&whole, &result, true);
    play_result_end(&whole, &result);
    for (size_t size = 0; size < whole.size; size++) {
        fake_session_datagram(&self.session, 0, MONITOR_SCENE_ADDRESS, (dragoman_bytes){whole.data, size});
    }
    assert_int_equal(self.session.host.reports, 0);
    for (size_t bit = 0; bit < whole.size * 8; bit++) {
        whole.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        fake_session_datagram(&self.session, 0, MONITOR_SCENE_ADDRESS, buffer_bytes(&whole));
        whole.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    buffer_fini(&whole);
    monitor_scene_close(&self);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_numeric_keeps_its_digits_its_label_and_its_time),
        cmocka_unit_test(values_without_validity_are_absent),
        cmocka_unit_test(a_compound_gives_its_parts_side_by_side),
        cmocka_unit_test(what_is_set_does_not_pass_for_measured),
        cmocka_unit_test(a_wave_waits_for_its_scale),
        cmocka_unit_test(enumerations_are_codes),
        cmocka_unit_test(alarms_begin_change_and_end),
        cmocka_unit_test(an_alarm_that_ended_unheard_is_ended),
        cmocka_unit_test(alarms_of_the_first_list_go_on),
        cmocka_unit_test(the_admitted_patient_is_named_and_no_other),
        cmocka_unit_test(damaged_datagrams_are_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

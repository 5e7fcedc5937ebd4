#include "base/bytes.h"
#include "base/posix_zone.h"
#include "base/time.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A civil second and the offsets that Python's zoneinfo over Debian's tzdata gives for its first and second passing. */
typedef struct vector {
    const char *zone;
    int64_t civil_s;
    int16_t first;
    int16_t second;
} vector;

static const vector vectors[] = {
    {"Europe/Berlin", INT64_C(1705320000), 60, 60},         /* 2024-01-15T12:00:00 */
    {"Europe/Berlin", INT64_C(5695941600), 120, 120},       /* 2150-07-01T06:00:00 */
    {"America/New_York", INT64_C(1705320000), -300, -300},  /* 2024-01-15T12:00:00 */
    {"America/New_York", INT64_C(5695941600), -240, -240},  /* 2150-07-01T06:00:00 */
    {"Australia/Sydney", INT64_C(1705320000), 660, 660},    /* 2024-01-15T12:00:00 */
    {"Australia/Sydney", INT64_C(5695941600), 600, 600},    /* 2150-07-01T06:00:00 */
    {"Asia/Kolkata", INT64_C(1705320000), 330, 330},        /* 2024-01-15T12:00:00 */
    {"Asia/Kolkata", INT64_C(5695941600), 330, 330},        /* 2150-07-01T06:00:00 */
    {"America/St_Johns", INT64_C(1705320000), -210, -210},  /* 2024-01-15T12:00:00 */
    {"America/St_Johns", INT64_C(5695941600), -150, -150},  /* 2150-07-01T06:00:00 */
    {"Asia/Tokyo", INT64_C(1705320000), 540, 540},          /* 2024-01-15T12:00:00 */
    {"Asia/Tokyo", INT64_C(5695941600), 540, 540},          /* 2150-07-01T06:00:00 */
    {"Europe/Dublin", INT64_C(1705320000), 0, 0},           /* 2024-01-15T12:00:00 */
    {"Europe/Dublin", INT64_C(5695941600), 60, 60},         /* 2150-07-01T06:00:00 */
    {"America/Sao_Paulo", INT64_C(1705320000), -180, -180}, /* 2024-01-15T12:00:00 */
    {"America/Sao_Paulo", INT64_C(5695941600), -180, -180}, /* 2150-07-01T06:00:00 */
    {"Pacific/Auckland", INT64_C(1705320000), 780, 780},    /* 2024-01-15T12:00:00 */
    {"Pacific/Auckland", INT64_C(5695941600), 720, 720},    /* 2150-07-01T06:00:00 */
    {"Australia/Lord_Howe", INT64_C(1705320000), 660, 660}, /* 2024-01-15T12:00:00 */
    {"Australia/Lord_Howe", INT64_C(5695941600), 630, 630}, /* 2150-07-01T06:00:00 */
    {"UTC", INT64_C(1705320000), 0, 0},                     /* 2024-01-15T12:00:00 */
    {"UTC", INT64_C(5695941600), 0, 0},                     /* 2150-07-01T06:00:00 */
    {"Asia/Kathmandu", INT64_C(1705320000), 345, 345},      /* 2024-01-15T12:00:00 */
    {"Asia/Kathmandu", INT64_C(5695941600), 345, 345},      /* 2150-07-01T06:00:00 */
    {"Pacific/Apia", INT64_C(1705320000), 780, 780},        /* 2024-01-15T12:00:00 */
    {"Pacific/Apia", INT64_C(5695941600), 780, 780},        /* 2150-07-01T06:00:00 */
    {"Europe/Berlin", INT64_C(1729994399), 120, 120},       /* 2024-10-27T01:59:59 */
    {"Europe/Berlin", INT64_C(1729994400), 120, 60},        /* 2024-10-27T02:00:00 */
    {"Europe/Berlin", INT64_C(1729997999), 120, 60},        /* 2024-10-27T02:59:59 */
    {"Europe/Berlin", INT64_C(1729998000), 60, 60},         /* 2024-10-27T03:00:00 */
    {"Europe/Berlin", INT64_C(1711850399), 60, 60},         /* 2024-03-31T01:59:59 */
    {"Europe/Berlin", INT64_C(1711852200), 60, 60},         /* 2024-03-31T02:30:00, skipped */
    {"Europe/Berlin", INT64_C(1711854000), 120, 120},       /* 2024-03-31T03:00:00 */
    {"Europe/Berlin", INT64_C(2866415400), 120, 60},        /* 2060-10-31T02:30:00 */
    {"Europe/Berlin", INT64_C(2847668400), 120, 120},       /* 2060-03-28T03:00:00 */
    {"Europe/Berlin", INT64_C(2847664799), 60, 60},         /* 2060-03-28T01:59:59 */
    {"America/New_York", INT64_C(1730597400), -240, -300},  /* 2024-11-03T01:30:00 */
    {"America/New_York", INT64_C(1710037800), -300, -300},  /* 2024-03-10T02:30:00, skipped */
    {"America/New_York", INT64_C(3403474200), -240, -300},  /* 2077-11-07T01:30:00 */
    {"America/New_York", INT64_C(162352800), -300, -300},   /* 1975-02-23T02:00:00, skipped */
    {"Australia/Lord_Howe", INT64_C(1712454300), 660, 630}, /* 2024-04-07T01:45:00 */
    {"Australia/Lord_Howe", INT64_C(1728180900), 630, 630}, /* 2024-10-06T02:15:00, skipped */
    {"Australia/Lord_Howe", INT64_C(3163974300), 660, 630}, /* 2070-04-06T01:45:00 */
    {"Australia/Sydney", INT64_C(1712457000), 660, 600},    /* 2024-04-07T02:30:00 */
    {"Australia/Sydney", INT64_C(1735689599), 660, 660},    /* 2024-12-31T23:59:59 */
    {"Australia/Sydney", INT64_C(2524608000), 660, 660},    /* 2050-01-01T00:00:00 */
    {"Australia/Sydney", INT64_C(2532565800), 660, 600},    /* 2050-04-03T02:30:00 */
    {"America/Nuuk", INT64_C(1711841400), -120, -120},      /* 2024-03-30T23:30:00, skipped */
    {"America/Nuuk", INT64_C(1761435000), -60, -120},       /* 2025-10-25T23:30:00 */
    {"Pacific/Apia", INT64_C(1325160000), -600, -600},      /* 2011-12-29T12:00:00 */
    {"Pacific/Apia", INT64_C(1325332800), 840, 840},        /* 2011-12-31T12:00:00 */
    {"Europe/Dublin", INT64_C(1729992600), 60, 0},          /* 2024-10-27T01:30:00 */
    {"Europe/Dublin", INT64_C(3786912000), 0, 0},           /* 2090-01-01T00:00:00 */
    {"Europe/Dublin", INT64_C(3802550400), 60, 60},         /* 2090-07-01T00:00:00 */
    {"Asia/Tokyo", INT64_C(647892279), 540, 540},           /* 1990-07-13T18:04:39 */
    {"Europe/Dublin", INT64_C(2795742288), 60, 60},         /* 2058-08-05T03:04:48 */
    {"Europe/Berlin", INT64_C(311111475), 60, 60},          /* 1979-11-10T19:51:15 */
    {"Pacific/Auckland", INT64_C(404285457), 720, 720},     /* 1982-10-24T05:30:57 */
    {"Asia/Tokyo", INT64_C(2503055453), 540, 540},          /* 2049-04-26T13:10:53 */
    {"Europe/Berlin", INT64_C(3907149204), 120, 120},       /* 2093-10-23T15:13:24 */
    {"Pacific/Auckland", INT64_C(922121676), 720, 720},     /* 1999-03-22T16:54:36 */
    {"Europe/Berlin", INT64_C(369140570), 120, 120},        /* 1981-09-12T11:02:50 */
    {"Europe/Dublin", INT64_C(1796035739), 0, 0},           /* 2026-11-30T10:48:59 */
    {"America/New_York", INT64_C(1033639716), -240, -240},  /* 2002-10-03T10:08:36 */
    {"America/New_York", INT64_C(2366729934), -300, -300},  /* 2044-12-30T16:58:54 */
    {"Europe/Dublin", INT64_C(253877686), 0, 0},            /* 1978-01-17T09:34:46 */
    {"Australia/Lord_Howe", INT64_C(531725347), 660, 660},  /* 1986-11-07T05:29:07 */
    {"Asia/Kolkata", INT64_C(2708517688), 330, 330},        /* 2055-10-30T14:01:28 */
    {"UTC", INT64_C(2503952625), 0, 0},                     /* 2049-05-06T22:23:45 */
    {"Europe/Berlin", INT64_C(2478638287), 120, 120},       /* 2048-07-17T22:38:07 */
    {"Australia/Lord_Howe", INT64_C(1703729684), 660, 660}, /* 2023-12-28T02:14:44 */
    {"Europe/Berlin", INT64_C(949539216), 60, 60},          /* 2000-02-03T00:53:36 */
    {"Europe/Berlin", INT64_C(2390857534), 120, 120},       /* 2045-10-05T23:05:34 */
    {"Australia/Sydney", INT64_C(1243862422), 600, 600},    /* 2009-06-01T13:20:22 */
    {"Europe/Dublin", INT64_C(619570852), 60, 60},          /* 1989-08-19T23:00:52 */
    {"Pacific/Auckland", INT64_C(505913792), 780, 780},     /* 1986-01-12T11:36:32 */
    {"Australia/Lord_Howe", INT64_C(1324919352), 660, 660}, /* 2011-12-26T17:09:12 */
    {"Pacific/Auckland", INT64_C(3505236015), 780, 780},    /* 2081-01-27T20:40:15 */
    {"UTC", INT64_C(776213899), 0, 0},                      /* 1994-08-06T22:58:19 */
    {"America/New_York", INT64_C(2497953681), -300, -300},  /* 2049-02-26T12:01:21 */
    {"Australia/Lord_Howe", INT64_C(2744112455), 660, 660}, /* 2056-12-15T13:27:35 */
    {"Asia/Kolkata", INT64_C(1599435267), 330, 330},        /* 2020-09-06T23:34:27 */
    {"America/New_York", INT64_C(2352544553), -240, -240},  /* 2044-07-19T12:35:53 */
    {"Asia/Kathmandu", INT64_C(269676599), 330, 330},       /* 1978-07-19T06:09:59 */
    {"Australia/Lord_Howe", INT64_C(255985076), 600, 600},  /* 1978-02-10T18:57:56 */
    {"Australia/Lord_Howe", INT64_C(884585951), 660, 660},  /* 1998-01-12T06:19:11 */
    {"America/Sao_Paulo", INT64_C(2922295636), -180, -180}, /* 2062-08-08T20:47:16 */
    {"Pacific/Auckland", INT64_C(1836494974), 780, 780},    /* 2028-03-12T17:29:34 */
    {"Pacific/Apia", INT64_C(1349251823), 840, 840},        /* 2012-10-03T08:10:23 */
    {"America/Sao_Paulo", INT64_C(2514969041), -180, -180}, /* 2049-09-11T10:30:41 */
    {"America/Sao_Paulo", INT64_C(1552984408), -180, -180}, /* 2019-03-19T08:33:28 */
    {"America/St_Johns", INT64_C(1066984055), -150, -150},  /* 2003-10-24T08:27:35 */
    {"Pacific/Apia", INT64_C(772092314), -660, -660},       /* 1994-06-20T06:05:14 */
    {"Asia/Kathmandu", INT64_C(3349342752), 345, 345},      /* 2076-02-19T12:59:12 */
};

static time_zone *zone_of(const char *name) {
    time_zone *zone = NULL;
    error_record error = {0};
    if (time_zone_create(bytes_of(name), &zone, &error) != DRAGOMAN_OK) {
        fail_msg("%s", error.text);
    }
    return zone;
}

static dragoman_time stated(int64_t civil_s) {
    return (dragoman_time){
        .civil_us = civil_s * 1000000, .offset_minutes = DRAGOMAN_OFFSET_UNKNOWN, .precision = DRAGOMAN_TIME_SECOND};
}

static int16_t offset_in(const time_zone *zone, int64_t civil_s, time_habit habit, int64_t near_us) {
    dragoman_time time = stated(civil_s);
    time_assume_zone(&time, zone, habit, near_us);
    assert_int_equal(time.civil_us, civil_s * 1000000);
    assert_true((time.flags & DRAGOMAN_TIME_ZONE_ASSUMED) != 0);
    return time.offset_minutes;
}

static void offsets_are_those_of_another_implementation(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const vector *v = &vectors[i];
        time_zone *zone = zone_of(v->zone);
        int64_t late_us = (v->civil_s - v->second * 60) * 1000000;
        int64_t early_us = (v->civil_s - v->first * 60) * 1000000;
        if (offset_in(zone, v->civil_s, TIME_FOLLOWS, INT64_MIN) != v->first ||
            offset_in(zone, v->civil_s, TIME_FOLLOWS, early_us) != v->first ||
            offset_in(zone, v->civil_s, TIME_FOLLOWS, late_us) != v->second) {
            fail_msg("%s %lld: %d, expected %d then %d", v->zone, (long long)v->civil_s,
                     offset_in(zone, v->civil_s, TIME_FOLLOWS, INT64_MIN), v->first, v->second);
        }
        time_zone_destroy(zone);
    }
}

static void clocks_that_never_follow_keep_standard_time(void **state) {
    (void)state;
    const int64_t july_2024 = 1721044800;
    const int64_t january_2024 = 1705320000;
    const int64_t july_2150 = 5695941600;
    const int64_t july_1999 = 930830400;
    time_zone *berlin = zone_of("Europe/Berlin");
    assert_int_equal(offset_in(berlin, july_2024, TIME_NEVER, INT64_MIN), 60);
    assert_int_equal(offset_in(berlin, january_2024, TIME_NEVER, INT64_MIN), 60);
    assert_int_equal(offset_in(berlin, july_2150, TIME_NEVER, INT64_MIN), 60);
    assert_int_equal(offset_in(berlin, july_1999, TIME_NEVER, INT64_MIN), 60);
    assert_int_equal(offset_in(berlin, july_2024, TIME_UTC, INT64_MIN), 0);
    time_zone_destroy(berlin);
    time_zone *sydney = zone_of("Australia/Sydney");
    assert_int_equal(offset_in(sydney, january_2024, TIME_NEVER, INT64_MIN), 600);
    time_zone_destroy(sydney);
}

static void only_a_date_without_offset_is_touched(void **state) {
    (void)state;
    time_zone *zone = zone_of("Europe/Berlin");
    dragoman_time time = stated(1721044800);
    time.offset_minutes = -300;
    time_assume_zone(&time, zone, TIME_FOLLOWS, INT64_MIN);
    assert_int_equal(time.offset_minutes, -300);
    assert_int_equal(time.flags, 0);
    time = stated(3600);
    time.flags = DRAGOMAN_TIME_OF_DAY;
    time_assume_zone(&time, zone, TIME_FOLLOWS, INT64_MIN);
    assert_int_equal(time.offset_minutes, DRAGOMAN_OFFSET_UNKNOWN);
    time = (dragoman_time){.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN};
    time_assume_zone(&time, zone, TIME_FOLLOWS, INT64_MIN);
    assert_int_equal(time.offset_minutes, DRAGOMAN_OFFSET_UNKNOWN);
    time_zone_destroy(zone);
}

static void fixed_offsets_need_no_file(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int16_t offset;
    } fixed[] = {{"UTC", 0},     {"Z", 0},        {"+01:00", 60}, {"-03:30", -210},
                 {"+0545", 345}, {"+14:00", 840}, {"-08", -480}};
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        time_zone *zone = zone_of(fixed[i].name);
        assert_int_equal(offset_in(zone, 1721044800, TIME_FOLLOWS, INT64_MIN), fixed[i].offset);
        assert_int_equal(offset_in(zone, 1721044800, TIME_NEVER, INT64_MIN), fixed[i].offset);
        time_zone_destroy(zone);
    }
}

static void names_that_are_no_zone_are_refused_with_the_mend(void **state) {
    (void)state;
    static const char *const bad[] = {"",      "Europe/Nowhere", "../../etc/passwd", "/etc/passwd", "+15:00",
                                      "+1",    "Europe/Be",      "+01:00:00",        "Europe",      "zone.tab",
                                      "+01:6", "+01:60"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        time_zone *zone = NULL;
        error_record error = {0};
        assert_int_equal(time_zone_create(bytes_of(bad[i]), &zone, &error), DRAGOMAN_INVALID);
        assert_null(zone);
        assert_true(strlen(error.text) > 20);
    }
}

static void rules_in_posix_form_are_read_or_refused(void **state) {
    (void)state;
    static const char *const good[] = {"UTC0",
                                       "CET-1CEST,M3.5.0,M10.5.0/3",
                                       "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
                                       "IST-1GMT0,M10.5.0,M3.5.0/1",
                                       "EST5EDT4:30,J60/26,300/-167:59:59",
                                       "<+0330>-3:30"};
    static const char *const bad[] = {"",
                                      "C-1",
                                      "CET",
                                      "CET-1CEST",
                                      "CET-1CEST,M3.5.0",
                                      "CET-1CEST,M13.5.0,M10.5.0",
                                      "CET-1CEST,M3.6.0,M10.5.0",
                                      "CET-25",
                                      "<+03-3",
                                      "CET-1CEST,M3.5.0,M10.5.0/168",
                                      "CET-1CEST,J0,J5",
                                      "CET-1CEST,M3.5.0,M10.5.0x"};
    posix_zone zone;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(posix_zone_parse(bytes_of(good[i]), &zone));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(posix_zone_parse(bytes_of(bad[i]), &zone));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_those_of_another_implementation),
        cmocka_unit_test(clocks_that_never_follow_keep_standard_time),
        cmocka_unit_test(only_a_date_without_offset_is_touched),
        cmocka_unit_test(fixed_offsets_need_no_file),
        cmocka_unit_test(names_that_are_no_zone_are_refused_with_the_mend),
        cmocka_unit_test(rules_in_posix_form_are_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

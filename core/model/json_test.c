#include "base/bytes.h"
#include "kit/random_report.h"
#include "model/json.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <yajl/yajl_parse.h>

#define NOON_US (INT64_C(1721044805) * 1000000) /* 2024-07-15T12:00:05 */

typedef struct json_case {
    dragoman_value value;
    const char *json;
} json_case;

static const int16_t wave[] = {1, -2, -32768};

static const dragoman_samples samples = {.struct_size = sizeof samples,
                                         .sample_bytes = 2,
                                         .has_missing = 1,
                                         .data = wave,
                                         .count = 3,
                                         .dimensions = 1,
                                         .period_ns = 4000000,
                                         .scale = {.mantissa = 5, .exponent = -3},
                                         .low = {.special = DRAGOMAN_NAN},
                                         .high = {.special = DRAGOMAN_NAN},
                                         .missing = -32768};

static const dragoman_code wet = {DRAGOMAN_TEXT_INIT("1"), DRAGOMAN_TEXT_INIT("wet"), DRAGOMAN_TEXT_INIT("L")};

static const json_case cases[] = {
    {{.kind = DRAGOMAN_VALUE_DECIMAL, .number = {.mantissa = 980, .exponent = -1}}, "{\"number\":98.0}"},
    {{.kind = DRAGOMAN_VALUE_DECIMAL, .number = {.mantissa = -72, .exponent = 1}}, "{\"number\":-72e1}"},
    {{.kind = DRAGOMAN_VALUE_DECIMAL, .number = {.special = DRAGOMAN_NRES}}, "{\"number\":\"NRes\"}"},
    {{.kind = DRAGOMAN_VALUE_DECIMAL, .comparator = DRAGOMAN_LESS, .number = {.mantissa = 5}},
     "{\"comparator\":\"<\",\"number\":5}"},
    {{.kind = DRAGOMAN_VALUE_NONE, .absent = DRAGOMAN_ABSENT_NOT_A_NUMBER}, "{\"absent\":\"not-a-number\"}"},
    {{.kind = DRAGOMAN_VALUE_TEXT, .text = DRAGOMAN_TEXT_INIT("a\"b\\\n\xC3\xA4")},
     "{\"text\":\"a\\\"b\\\\\\n\xC3\xA4\"}"},
    {{.kind = DRAGOMAN_VALUE_CODE, .concept = {.codings = &wet, .coding_count = 1}},
     "{\"code\":{\"codings\":[{\"code\":\"1\",\"text\":\"wet\",\"system\":\"L\"}]}}"},
    {{.kind = DRAGOMAN_VALUE_BITS, .bits = UINT64_MAX, .bit_count = 64},
     "{\"bits\":18446744073709551615,\"bit_count\":64}"},
    {{.kind = DRAGOMAN_VALUE_SAMPLES, .samples = &samples},
     "{\"samples\":{\"dimensions\":1,\"sample_bytes\":2,\"period_ns\":4000000,\"scale\":0.005,\"origin\":0,"
     "\"missing\":-32768,\"data\":[1,-2,-32768]}}"},
    {{.kind = DRAGOMAN_VALUE_TIME, .from = {.civil_us = NOON_US, .precision = DRAGOMAN_TIME_SECOND, .flags = 1}},
     "{\"time\":\"2024-07-15T12:00:05Z\",\"time_zone_assumed\":true}"},
    {{.kind = DRAGOMAN_VALUE_PERIOD, .to = {.civil_us = NOON_US, .precision = DRAGOMAN_TIME_DAY}},
     "{\"period\":{\"end\":\"2024-07-15\"}}"},
    {{.kind = DRAGOMAN_VALUE_RANGE, .number = {.special = DRAGOMAN_NAN}, .other_number = {.mantissa = 90}},
     "{\"range\":{\"high\":90}}"},
    {{.kind = DRAGOMAN_VALUE_RATIO, .number = {.mantissa = 1}, .other_number = {.mantissa = 128}},
     "{\"ratio\":{\"numerator\":1,\"denominator\":128}}"},
    {{.kind = DRAGOMAN_VALUE_ATTACHMENT,
      .text = DRAGOMAN_TEXT_INIT("image/png"),
      .data = DRAGOMAN_TEXT_INIT("\x89PNG")},
     "{\"attachment\":{\"media_type\":\"image/png\",\"data\":\"iVBORw==\"}}"},
};

static void values_are_written_as_documented(void **state) {
    (void)state;
    buffer line;
    buffer expected;
    buffer_init(&line);
    buffer_init(&expected);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buffer_reset(&line);
        buffer_reset(&expected);
        dragoman_observation observation = {.values = DRAGOMAN_LIST(&cases[i].value, 1),
                                            .domain = DRAGOMAN_DOMAIN_LABORATORY,
                                            .status = DRAGOMAN_STATUS_TEST_DATA | 1u << 30,
                                            .result = DRAGOMAN_RESULT_UNVALIDATED};
        dragoman_device device = {.struct_size = sizeof device, .key = DRAGOMAN_TEXT("k1")};
        model_record record = {.report = {.struct_size = sizeof record.report,
                                          .device = &device,
                                          .observations = DRAGOMAN_LIST(&observation, 1)}};
        assert_int_equal(model_write_json(&record, &line), DRAGOMAN_OK);
        char id[MODEL_ID_BYTES];
        (void)model_observation_id(&record, 0, id);
        buffer_append_format(&expected,
                             "{\"device\":{\"key\":\"k1\"},\"observations\":[{\"id\":\"%s\",\"values\":[%s],"
                             "\"status\":[\"test-data\",\"bit-30\"],\"result\":\"unvalidated\","
                             "\"domain\":\"laboratory\"}]}\n",
                             id, cases[i].json);
        if (!bytes_equal(buffer_bytes(&line), buffer_bytes(&expected))) {
            fail_msg("%.*s", BYTES_FORMAT(buffer_bytes(&line)));
        }
    }
    buffer_fini(&line);
    buffer_fini(&expected);
}

static void every_report_is_one_line_of_json(void **state) {
    (void)state;
    arena memory;
    arena_init(&memory, 64 << 20);
    buffer line;
    buffer_init(&line);
    for (uint64_t seed = 0; seed < 300; seed++) {
        arena_reset(&memory);
        buffer_reset(&line);
        model_record record = {.report = *kit_random_report(seed, &memory), .has_stamp = true};
        assert_int_equal(model_write_json(&record, &line), DRAGOMAN_OK);
        assert_ptr_equal(memchr(line.data, '\n', line.size), line.data + line.size - 1);
        yajl_handle parser = yajl_alloc(NULL, NULL, NULL);
        yajl_status parsed = yajl_parse(parser, line.data, line.size);
        if (parsed == yajl_status_ok) {
            parsed = yajl_complete_parse(parser);
        }
        yajl_free(parser);
        assert_int_equal(parsed, yajl_status_ok);
    }
    buffer_fini(&line);
    arena_fini(&memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_written_as_documented),
        cmocka_unit_test(every_report_is_one_line_of_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The adapters as they are installed, each loaded from its own library, keep the contract on what golden cases send:
 * one line for each adapter. An adapter without a line fails. */
#include "base/buffer.h"
#include "base/bytes.h"
#include "host/contract.h"
#include "kit/asena_samples.h"
#include "kit/astm_samples.h"
#include "kit/bcc_samples.h"
#include "kit/contec_samples.h"
#include "kit/dri_samples.h"
#include "kit/gatt_samples.h"
#include "kit/intellivue_samples.h"
#include "kit/json_samples.h"
#include "kit/lines_samples.h"
#include "kit/medibus_samples.h"
#include "kit/modbus_samples.h"
#include "kit/nonin_samples.h"
#include "kit/phd_samples.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define CASES_MAX 16
#define SAMPLES_MAX 4

/* Which golden cases an adapter is run on, and how they are framed on a stream; or samples where a frame is more than
 * what stands around it. */
typedef struct line {
    const char *adapter;
    contract_sample samples[SAMPLES_MAX];
    const char *folder;
    const char *fence;          /* what opens a message in a golden case */
    const char *before, *after; /* each message on a stream */
    const char *cases[CASES_MAX];
} line;

static const line lines[] = {
    {.adapter = "asena",
     .samples = {{.bytes = DRAGOMAN_TEXT_INIT(ASENA_SAMPLE), .channel_kind = DRAGOMAN_CHANNEL_STREAM},
                 {.bytes = DRAGOMAN_TEXT_INIT(ASENA_SAMPLE), .channel_kind = DRAGOMAN_CHANNEL_FILE}}},
    {.adapter = "astm",
     .samples = {{.bytes = DRAGOMAN_TEXT_INIT(ASTM_SAMPLE_FRAMES), .channel_kind = DRAGOMAN_CHANNEL_STREAM},
                 {.bytes = DRAGOMAN_TEXT_INIT(ASTM_SAMPLE_FRAMES), .channel_kind = DRAGOMAN_CHANNEL_FILE},
                 {.bytes = DRAGOMAN_TEXT_INIT(ASTM_SAMPLE_RECORDS), .channel_kind = DRAGOMAN_CHANNEL_FILE}}},
    {.adapter = "bcc",
     .samples = {{.bytes = DRAGOMAN_TEXT_INIT(BCC_SAMPLE), .channel_kind = DRAGOMAN_CHANNEL_STREAM},
                 {.bytes = DRAGOMAN_TEXT_INIT(BCC_SAMPLE), .channel_kind = DRAGOMAN_CHANNEL_FILE}}},
    {.adapter = "dri",
     .samples = {{.bytes = DRAGOMAN_TEXT_INIT(DRI_SAMPLE), .channel_kind = DRAGOMAN_CHANNEL_STREAM},
                 {.bytes = DRAGOMAN_TEXT_INIT(DRI_SAMPLE), .channel_kind = DRAGOMAN_CHANNEL_FILE}}},
    {.adapter = "contec",
     .samples = {{.bytes = DRAGOMAN_TEXT_INIT(CONTEC_SAMPLE_FIRST), .channel_kind = DRAGOMAN_CHANNEL_STREAM},
                 {.bytes = DRAGOMAN_TEXT_INIT(CONTEC_SAMPLE_V7), .channel_kind = DRAGOMAN_CHANNEL_FILE}}},
    {.adapter = "gatt",
     .samples = {{.bytes = DRAGOMAN_TEXT_INIT(GATT_SAMPLE_LINES), .channel_kind = DRAGOMAN_CHANNEL_STREAM},
                 {.bytes = DRAGOMAN_TEXT_INIT(GATT_SAMPLE_LINES), .channel_kind = DRAGOMAN_CHANNEL_FILE}}},
    {.adapter = "hl7v2",
     .folder = "tests/golden/hl7v2",
     .fence = "```hl7",
     .before = "\x0b",
     .after = "\x1c\r",
     .cases = {"pcd01-multi-parameter-monitor", "acm-physiological-alarm", "adt-merge-two-records", "batch-file",
               "character-set-japanese-iso-ir87", "laboratory-oul-r22-analyser", "odd-delimiters",
               "pcd01-waveforms-two-leads", "refused-broken-messages", "value-types-numbers"}},
    {.adapter = "intellivue",
     .samples = {{.bytes = DRAGOMAN_TEXT_INIT(INTELLIVUE_SAMPLE), .channel_kind = DRAGOMAN_CHANNEL_STREAM}}},
    {.adapter = "lines",
     .samples = {{.bytes = DRAGOMAN_TEXT_INIT(LINES_SAMPLE),
                  .channel_kind = DRAGOMAN_CHANNEL_STREAM,
                  .device = lines_sample_device,
                  .device_count = LINES_SAMPLE_DEVICE_COUNT},
                 {.bytes = DRAGOMAN_TEXT_INIT(LINES_SAMPLE),
                  .channel_kind = DRAGOMAN_CHANNEL_FILE,
                  .device = lines_sample_device,
                  .device_count = LINES_SAMPLE_DEVICE_COUNT}}},
    {.adapter = "json",
     .samples = {{.bytes = DRAGOMAN_TEXT_INIT(JSON_SAMPLE),
                  .channel_kind = DRAGOMAN_CHANNEL_STREAM,
                  .device = json_sample_device,
                  .device_count = JSON_SAMPLE_DEVICE_COUNT},
                 {.bytes = DRAGOMAN_TEXT_INIT(JSON_SAMPLE),
                  .channel_kind = DRAGOMAN_CHANNEL_FILE,
                  .device = json_sample_device,
                  .device_count = JSON_SAMPLE_DEVICE_COUNT}}},
    {.adapter = "medibus",
     .samples = {{.bytes = DRAGOMAN_TEXT_INIT(MEDIBUS_SAMPLE), .channel_kind = DRAGOMAN_CHANNEL_STREAM},
                 {.bytes = DRAGOMAN_TEXT_INIT(MEDIBUS_SAMPLE), .channel_kind = DRAGOMAN_CHANNEL_FILE}}},
    {.adapter = "modbus",
     .samples = {{.bytes = DRAGOMAN_TEXT_INIT(MODBUS_SAMPLE),
                  .channel_kind = DRAGOMAN_CHANNEL_STREAM,
                  .device = modbus_sample_device,
                  .device_count = MODBUS_SAMPLE_DEVICE_COUNT}}},
    {.adapter = "nonin",
     .samples = {{.bytes = DRAGOMAN_TEXT_INIT(NONIN_SAMPLE_2 NONIN_SAMPLE_OFF),
                  .channel_kind = DRAGOMAN_CHANNEL_STREAM},
                 {.bytes = DRAGOMAN_TEXT_INIT(NONIN_SAMPLE_7), .channel_kind = DRAGOMAN_CHANNEL_FILE}}},
    {.adapter = "phd",
     .samples = {{.bytes = DRAGOMAN_TEXT_INIT(PHD_SAMPLE_MEASUREMENTS), .channel_kind = DRAGOMAN_CHANNEL_STREAM},
                 {.bytes = DRAGOMAN_TEXT_INIT(PHD_SAMPLE_CONFIGURATION), .channel_kind = DRAGOMAN_CHANNEL_STREAM}}},
};

static void tell(void *context, const char *clause, bool is_kept, const char *detail) {
    if (!is_kept) {
        print_error("%s: broken: %s: %s\n", (const char *)context, clause, detail);
    }
}

/* Appends what stands between the fences in a golden case, its lines ended as segments are. */
static void read_case(const line *of, const char *name, buffer *to) {
    char path[256];
    char text[4096];
    bool is_inside = false;
    snprintf(path, sizeof(path), "%s/%s.md", of->folder, name);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        fail_msg("%s cannot be read", path);
        return;
    }
    while (fgets(text, sizeof(text), file) != NULL) {
        size_t size = strlen(text);
        if (strncmp(text, "```", 3) == 0) {
            is_inside = strncmp(text, of->fence, strlen(of->fence)) == 0;
            continue;
        }
        if (is_inside) {
            bool is_whole = size > 0 && text[size - 1] == '\n';
            buffer_append(to, text, is_whole ? size - 1 : size);
            buffer_append_text(to, is_whole ? "\r" : "");
        }
    }
    fclose(file);
    assert_true(to->size > 0);
}

static void check(const host_adapter *adapter, const char *name, uint32_t channel_kind, dragoman_bytes bytes) {
    contract_sample sample = {.bytes = bytes, .channel_kind = channel_kind};
    assert_int_equal(contract_run(adapter, &sample, tell, (void *)(uintptr_t)name), 0);
}

static void check_line(const line *of, const host_adapter *adapter) {
    for (size_t i = 0; i < SAMPLES_MAX && of->samples[i].bytes.size > 0; i++) {
        assert_int_equal(contract_run(adapter, &of->samples[i], tell, (void *)(uintptr_t)of->adapter), 0);
    }
    for (size_t i = 0; i < CASES_MAX && of->cases[i] != NULL; i++) {
        buffer plain;
        buffer framed;
        buffer_init(&plain);
        buffer_init(&framed);
        read_case(of, of->cases[i], &plain);
        buffer_append_text(&framed, of->before);
        buffer_append_bytes(&framed, buffer_bytes(&plain));
        buffer_append_text(&framed, of->after);
        check(adapter, of->cases[i], DRAGOMAN_CHANNEL_FILE, buffer_bytes(&plain));
        check(adapter, of->cases[i], DRAGOMAN_CHANNEL_STREAM, buffer_bytes(&framed));
        buffer_fini(&plain);
        buffer_fini(&framed);
    }
}

static bool visit(void *context, const char *file, const host_adapter *adapter, const error_record *refusal) {
    uint32_t *seen = context;
    if (adapter == NULL) {
        fail_msg("%s", refusal->text);
        return false;
    }
    bool has_line = false;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (strcmp(lines[i].adapter, adapter->descriptor->name) == 0) {
            check_line(&lines[i], adapter);
            has_line = true;
            (*seen)++;
        }
    }
    if (!has_line) {
        print_error("%s has no line in this test\n", file);
    }
    assert_true(has_line);
    return false;
}

static void every_installed_adapter_keeps_the_contract(void **state) {
    char folder[512];
    uint32_t seen = 0;
    error_record error = {0};
    const char *prefix = getenv("DRAGOMAN_TEST_PREFIX");
    (void)state;
    assert_non_null(prefix);
    snprintf(folder, sizeof(folder), "%s/lib/dragoman/adapters", prefix);
    assert_int_equal(host_adapter_visit(NULL, folder, visit, &seen, &error), DRAGOMAN_OK);
    assert_int_equal(seen, sizeof(lines) / sizeof(lines[0]));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_installed_adapter_keeps_the_contract)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

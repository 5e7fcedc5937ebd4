/* Every adapter of the house keeps the contract, on samples of what its devices send: one line for each. */
#include "base/bytes.h"
#include "host/contract.h"
#include "kit/asena_samples.h"
#include "kit/astm_samples.h"
#include "kit/bcc_samples.h"
#include "kit/contec_samples.h"
#include "kit/dri_samples.h"
#include "kit/gatt_samples.h"
#include "kit/intellivue_samples.h"
#include "kit/medibus_samples.h"
#include "kit/nonin_samples.h"
#include "kit/phd_samples.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const dragoman_adapter_descriptor dragoman_adapter_asena;
extern const dragoman_adapter_descriptor dragoman_adapter_astm;
extern const dragoman_adapter_descriptor dragoman_adapter_bcc;
extern const dragoman_adapter_descriptor dragoman_adapter_dri;
extern const dragoman_adapter_descriptor dragoman_adapter_contec;
extern const dragoman_adapter_descriptor dragoman_adapter_gatt;
extern const dragoman_adapter_descriptor dragoman_adapter_hl7v2;
extern const dragoman_adapter_descriptor dragoman_adapter_intellivue;
extern const dragoman_adapter_descriptor dragoman_adapter_medibus;
extern const dragoman_adapter_descriptor dragoman_adapter_nonin;
extern const dragoman_adapter_descriptor dragoman_adapter_phd;

#define RESULTS                                                                                                        \
    "MSH|^~\\&|VSP^080019FFFE1443EC^EUI-64|GE|||20230309143900||ORU^R01^ORU_R01|7|P|2.6|||AL|AL||UNICODE UTF-8\r"      \
    "PID|||1^^^H^MR||\xd0\x98\xd0\x92\xd0\x90^O\r"                                                                     \
    "PV1||I|ICU^^B1\r"                                                                                                 \
    "OBR|1|||182777000^monitoring of patient^SCT|||20230309143800\r"                                                   \
    "OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X\r"                                            \
    "OBX|2|NM|147842^MDC_ECG_HEART_RATE^MDC|1.5.1.1|80|264864^MDC_DIM_BEAT_PER_MIN^MDC|50-120||||R\r"                  \
    "OBX|3|ST|1^A^L||a\\F\\b||||||F\r"
#define UPDATE "MSH|^~\\&|HIS|H|||20230309143901||ADT^A08|8|P|2.3\rPID|||1^^^H^MR\rPV1|||ICU^^B2\r"
#define REFUSED "MSH|^~\\&|HIS|H|||20230309143902||MDM^T02|9|P|2.3\r"

static void tell(void *context, const char *clause, bool is_kept, const char *detail) {
    if (!is_kept) {
        print_error("%s: broken: %s: %s\n", (const char *)context, clause, detail);
    }
}

static void check(const dragoman_adapter_descriptor *descriptor, uint32_t channel_kind, dragoman_bytes bytes) {
    host_adapter adapter = {.descriptor = descriptor, .path = "(linked in)"};
    contract_sample sample = {.bytes = bytes, .channel_kind = channel_kind};
    assert_int_equal(contract_run(&adapter, &sample, tell, (void *)(uintptr_t)descriptor->name), 0);
}

static void hl7v2_over_mllp(void **state) {
    (void)state;
    check(&dragoman_adapter_hl7v2, DRAGOMAN_CHANNEL_STREAM,
          DRAGOMAN_TEXT("noise\x0b" RESULTS "\x1c\r\x0b" UPDATE "\x1c\r\x0b" REFUSED "\x1c\r"));
}

static void hl7v2_from_a_file(void **state) {
    (void)state;
    check(&dragoman_adapter_hl7v2, DRAGOMAN_CHANNEL_FILE,
          DRAGOMAN_TEXT("FHS|^~\\&\rBHS|^~\\&\r" RESULTS UPDATE REFUSED "BTS|3\rFTS|1\r"));
}

static void intellivue_on_rs232(void **state) {
    (void)state;
    check(&dragoman_adapter_intellivue, DRAGOMAN_CHANNEL_STREAM, DRAGOMAN_TEXT(INTELLIVUE_SAMPLE));
}

static void medibus_on_a_line(void **state) {
    (void)state;
    check(&dragoman_adapter_medibus, DRAGOMAN_CHANNEL_STREAM, DRAGOMAN_TEXT("noise" MEDIBUS_SAMPLE));
}

static void medibus_from_a_file(void **state) {
    (void)state;
    check(&dragoman_adapter_medibus, DRAGOMAN_CHANNEL_FILE, DRAGOMAN_TEXT(MEDIBUS_SAMPLE));
}

static void contec_on_a_line(void **state) {
    (void)state;
    check(&dragoman_adapter_contec, DRAGOMAN_CHANNEL_STREAM,
          DRAGOMAN_TEXT("noise" CONTEC_SAMPLE_FIRST "noise" CONTEC_SAMPLE_V7));
    check(&dragoman_adapter_contec, DRAGOMAN_CHANNEL_FILE, DRAGOMAN_TEXT(CONTEC_SAMPLE_V7 CONTEC_SAMPLE_FIRST));
}

static void nonin_on_a_line(void **state) {
    (void)state;
    check(&dragoman_adapter_nonin, DRAGOMAN_CHANNEL_STREAM,
          DRAGOMAN_TEXT("noise" NONIN_SAMPLE_2 NONIN_SAMPLE_OFF "noise" NONIN_SAMPLE_7));
    check(&dragoman_adapter_nonin, DRAGOMAN_CHANNEL_FILE, DRAGOMAN_TEXT(NONIN_SAMPLE_7 NONIN_SAMPLE_2));
}

static void dri_on_a_line(void **state) {
    (void)state;
    check(&dragoman_adapter_dri, DRAGOMAN_CHANNEL_STREAM, DRAGOMAN_TEXT("noise" DRI_SAMPLE));
    check(&dragoman_adapter_dri, DRAGOMAN_CHANNEL_FILE, DRAGOMAN_TEXT(DRI_SAMPLE));
}

static void asena_on_a_line(void **state) {
    (void)state;
    check(&dragoman_adapter_asena, DRAGOMAN_CHANNEL_STREAM, DRAGOMAN_TEXT("noise" ASENA_SAMPLE));
    check(&dragoman_adapter_asena, DRAGOMAN_CHANNEL_FILE, DRAGOMAN_TEXT(ASENA_SAMPLE));
}

static void bcc_on_a_line(void **state) {
    (void)state;
    check(&dragoman_adapter_bcc, DRAGOMAN_CHANNEL_STREAM, DRAGOMAN_TEXT("noise" BCC_SAMPLE));
    check(&dragoman_adapter_bcc, DRAGOMAN_CHANNEL_FILE, DRAGOMAN_TEXT(BCC_SAMPLE));
}

static void astm_over_a_line(void **state) {
    (void)state;
    check(&dragoman_adapter_astm, DRAGOMAN_CHANNEL_STREAM, DRAGOMAN_TEXT("noise" ASTM_SAMPLE_FRAMES));
}

static void astm_from_files(void **state) {
    (void)state;
    check(&dragoman_adapter_astm, DRAGOMAN_CHANNEL_FILE, DRAGOMAN_TEXT(ASTM_SAMPLE_FRAMES));
    check(&dragoman_adapter_astm, DRAGOMAN_CHANNEL_FILE, DRAGOMAN_TEXT(ASTM_SAMPLE_RECORDS));
}

static void phd_over_a_stream(void **state) {
    (void)state;
    check(&dragoman_adapter_phd, DRAGOMAN_CHANNEL_STREAM, DRAGOMAN_TEXT(PHD_SAMPLE_MEASUREMENTS));
    check(&dragoman_adapter_phd, DRAGOMAN_CHANNEL_STREAM, DRAGOMAN_TEXT(PHD_SAMPLE_CONFIGURATION));
}

static void gatt_in_lines(void **state) {
    (void)state;
    check(&dragoman_adapter_gatt, DRAGOMAN_CHANNEL_STREAM, DRAGOMAN_TEXT(GATT_SAMPLE_LINES));
    check(&dragoman_adapter_gatt, DRAGOMAN_CHANNEL_FILE, DRAGOMAN_TEXT(GATT_SAMPLE_LINES));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intellivue_on_rs232), cmocka_unit_test(hl7v2_over_mllp),
        cmocka_unit_test(hl7v2_from_a_file),   cmocka_unit_test(astm_over_a_line),
        cmocka_unit_test(astm_from_files),     cmocka_unit_test(gatt_in_lines),
        cmocka_unit_test(medibus_on_a_line),   cmocka_unit_test(medibus_from_a_file),
        cmocka_unit_test(asena_on_a_line),     cmocka_unit_test(dri_on_a_line),
        cmocka_unit_test(phd_over_a_stream),   cmocka_unit_test(nonin_on_a_line),
        cmocka_unit_test(contec_on_a_line),    cmocka_unit_test(bcc_on_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "fhir/status.h"
#include "fhir/concept.h"

#define WITHOUT_VALUE                                                                                                  \
    (DRAGOMAN_STATUS_INVALID | DRAGOMAN_STATUS_NOT_AVAILABLE | DRAGOMAN_STATUS_ONGOING | DRAGOMAN_STATUS_PROBE_OFF |   \
     DRAGOMAN_STATUS_NO_INFORMATION)
#define KNOWN_BITS (0xFFFFu | DRAGOMAN_STATUS_OVERFLOW | DRAGOMAN_STATUS_UNDERFLOW | WITHOUT_VALUE)

/* The PHD guide knows two states and a third for what is invalid. */
static const char *personal_status(uint32_t status) {
    if ((status & DRAGOMAN_STATUS_INVALID) != 0) {
        return "entered-in-error";
    }
    return (status & DRAGOMAN_STATUS_EARLY) != 0 ? "preliminary" : "final";
}

const char *fhir_result_status(const fhir_writer *writer, uint8_t result, uint32_t status) {
    if (writer->is_personal) {
        return personal_status(status);
    }
    const char *live =
        writer->options.unvalidated_is_final || (status & DRAGOMAN_STATUS_VALIDATED) != 0 ? "final" : "preliminary";
    bool is_early = (status & DRAGOMAN_STATUS_EARLY) != 0;
    switch ((dragoman_result)result) {
    case DRAGOMAN_RESULT_FINAL:
    case DRAGOMAN_RESULT_NOT_ASKED:
        return is_early ? "preliminary" : "final";
    case DRAGOMAN_RESULT_PRELIMINARY:
        return "preliminary";
    case DRAGOMAN_RESULT_UNVALIDATED:
        return is_early ? "preliminary" : live;
    case DRAGOMAN_RESULT_CORRECTED:
        return "corrected";
    case DRAGOMAN_RESULT_AMENDED:
        return "amended";
    case DRAGOMAN_RESULT_WRONG:
        return "entered-in-error";
    case DRAGOMAN_RESULT_CANCELLED:
        return "cancelled";
    case DRAGOMAN_RESULT_PENDING:
        return "registered";
    case DRAGOMAN_RESULT_UNSTATED:
        break;
    }
    return is_early ? "preliminary" : "unknown";
}

static const char *reason_of_status(uint32_t status) {
    if ((status & DRAGOMAN_STATUS_INVALID) != 0) {
        return "error";
    }
    if ((status & DRAGOMAN_STATUS_PROBE_OFF) != 0) {
        return "not-performed";
    }
    if ((status & (DRAGOMAN_STATUS_NOT_AVAILABLE | DRAGOMAN_STATUS_ONGOING)) != 0) {
        return "temp-unknown";
    }
    return "unknown";
}

static const char *reason_of_absent(uint8_t absent) {
    static const char *const reasons[] = {
        [DRAGOMAN_PRESENT] = "unknown",
        [DRAGOMAN_ABSENT_UNKNOWN] = "unknown",
        [DRAGOMAN_ABSENT_TEMPORARILY_UNKNOWN] = "temp-unknown",
        [DRAGOMAN_ABSENT_NOT_ASKED] = "not-asked",
        [DRAGOMAN_ABSENT_NOT_PERFORMED] = "not-performed",
        [DRAGOMAN_ABSENT_ERROR] = "error",
        [DRAGOMAN_ABSENT_NOT_A_NUMBER] = "not-a-number",
        [DRAGOMAN_ABSENT_POSITIVE_INFINITY] = "positive-infinity",
        [DRAGOMAN_ABSENT_NEGATIVE_INFINITY] = "negative-infinity",
        [DRAGOMAN_ABSENT_NOT_APPLICABLE] = "not-applicable",
        [DRAGOMAN_ABSENT_UNSUPPORTED] = "unsupported",
        [DRAGOMAN_ABSENT_MASKED] = "masked",
    };
    return absent < sizeof reasons / sizeof *reasons ? reasons[absent] : "unknown";
}

/* IEEE 11073-20601 special values, as the PHD guide maps them. */
static const char *reason_of_special(uint8_t special) {
    switch ((dragoman_special)special) {
    case DRAGOMAN_NAN:
        return "not-a-number";
    case DRAGOMAN_POSITIVE_INFINITY:
        return "positive-infinity";
    case DRAGOMAN_NEGATIVE_INFINITY:
        return "negative-infinity";
    case DRAGOMAN_FINITE:
        return NULL;
    case DRAGOMAN_NRES:
    case DRAGOMAN_RESERVED:
        break;
    }
    return "error";
}

const char *fhir_absent_reason(uint32_t status, uint8_t result, const dragoman_value *value, uint8_t profile_absent) {
    if ((status & WITHOUT_VALUE) != 0) {
        return reason_of_status(status);
    }
    if (result == DRAGOMAN_RESULT_NOT_ASKED) {
        return "not-asked";
    }
    if (value == NULL || value->kind == DRAGOMAN_VALUE_NONE) {
        uint8_t stated = value == NULL ? DRAGOMAN_PRESENT : value->absent;
        return reason_of_absent(stated != DRAGOMAN_PRESENT ? stated : profile_absent);
    }
    if (profile_absent != DRAGOMAN_PRESENT) {
        return reason_of_absent(profile_absent);
    }
    return value->kind == DRAGOMAN_VALUE_DECIMAL ? reason_of_special(value->number.special) : NULL;
}

void fhir_absent(buffer *to, const char *reason) {
    JSON_APPEND(to, "\"dataAbsentReason\":{\"coding\":[{\"system\":"
                    "\"http://terminology.hl7.org/CodeSystem/data-absent-reason\",\"code\":\"");
    buffer_append_text(to, reason);
    JSON_APPEND(to, "\"}]},");
}

static const char *reliability(uint32_t status) {
    if ((status & DRAGOMAN_STATUS_INVALID) != 0) {
        return "UNRELIABLE";
    }
    if ((status & (DRAGOMAN_STATUS_QUESTIONABLE | DRAGOMAN_STATUS_CALIBRATING)) != 0) {
        return "UNCERTREL";
    }
    if ((status & DRAGOMAN_STATUS_VALIDATED) != 0) {
        return "HRELIABLE";
    }
    return (status & KNOWN_BITS) == 0 ? "RELIABLE" : NULL;
}

static void label(buffer *to, const char *system, const char *code) {
    if (code != NULL) {
        fhir_plain_coding(to, system, bytes_of(code), (dragoman_bytes){NULL, 0});
    }
}

void fhir_meta(buffer *to, const char *profile, uint32_t status, uint8_t domain) {
    bool is_test = (status & (DRAGOMAN_STATUS_TEST_DATA | DRAGOMAN_STATUS_DEMO_DATA)) != 0;
    size_t begin = json_open(to, "meta", '{');
    if (profile != NULL) {
        buffer_append_format(to, "\"profile\":[\"http://hl7.org/fhir/uv/phd/StructureDefinition/%s\"],", profile);
    }
    size_t labels = json_open(to, "security", '[');
    label(to, "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
          domain == DRAGOMAN_DOMAIN_DEVICE ? reliability(status) : NULL);
    label(to, "http://terminology.hl7.org/CodeSystem/v3-ActReason", is_test ? "HTEST" : NULL);
    json_close(to, labels);
    json_close(to, begin);
}

/* Codes of HL7 table 0078 that v3-ObservationInterpretation took over under the same letters. */
static const char *const interpretations[] = {"L", "H", "LL", "HH", "<",  ">",  "N",   "A",   "AA",  "U",   "D", "B",
                                              "W", "S", "R",  "I",  "MS", "VS", "POS", "NEG", "IND", "DET", "ND"};

static void one_flag(const fhir_writer *writer, buffer *to, const dragoman_code *flag) {
    size_t begin = json_open(to, NULL, '{');
    size_t codings = json_open(to, "coding", '[');
    bool is_plain = flag->system.size == 0 || bytes_is(flag->system, "HL70078");
    bool is_known = false;
    for (size_t i = 0; is_plain && i < sizeof interpretations / sizeof *interpretations; i++) {
        is_known |= bytes_is(json_trimmed(flag->code), interpretations[i]);
    }
    if (is_known) {
        fhir_plain_coding(to, "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", flag->code,
                          flag->text);
    } else if (flag->system.size > 0 && !is_plain) {
        fhir_coding(writer, to, flag, false);
    }
    json_close(to, codings);
    if (!is_known) {
        json_text(to, "text", flag->text.size > 0 ? flag->text : flag->code);
    }
    json_close(to, begin);
}

static void one_status(buffer *to, dragoman_bytes system, const char *code) {
    size_t begin = json_open(to, NULL, '{');
    size_t codings = json_open(to, "coding", '[');
    size_t coding = json_open(to, NULL, '{');
    json_text(to, "system", system);
    json_constant(to, "code", code);
    json_close(to, coding);
    json_close(to, codings);
    json_close(to, begin);
}

void fhir_interpretation(const fhir_writer *writer, buffer *to, uint32_t status, const dragoman_concept *flags) {
    static const struct {
        uint32_t bit;
        const char *code;
    } states[] = {
        {DRAGOMAN_STATUS_QUESTIONABLE, "questionable"},
        {DRAGOMAN_STATUS_CALIBRATING, "calibration-ongoing"},
        {DRAGOMAN_STATUS_VALIDATED, "validated-data"},
        {DRAGOMAN_STATUS_EARLY, "early-indication"},
        {DRAGOMAN_STATUS_ONGOING, "msmt-ongoing"},
        {DRAGOMAN_STATUS_IN_ALARM, "in-alarm"},
        {DRAGOMAN_STATUS_ALARM_INHIBITED, "alarm-inhibited"},
    };
    static const char v3[] = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
    /* The PHD guide fixes its own canonical for the states, and takes no other interpretation. */
    dragoman_bytes system = writer->is_personal ? bytes_of("http://hl7.org/fhir/uv/pocd/CodeSystem/measurement-status")
                                                : writer->status_system;
    size_t begin = json_open(to, "interpretation", '[');
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        if ((status & states[i].bit) != 0) {
            one_status(to, system, states[i].code);
        }
    }
    if (writer->is_personal) {
        json_close(to, begin);
        return;
    }
    if ((status & DRAGOMAN_STATUS_OVERFLOW) != 0) {
        one_status(to, bytes_of(v3), ">");
    }
    if ((status & DRAGOMAN_STATUS_UNDERFLOW) != 0) {
        one_status(to, bytes_of(v3), "<");
    }
    for (uint32_t i = 0; flags != NULL && i < flags->coding_count; i++) {
        one_flag(writer, to, &flags->codings[i]);
    }
    if (flags != NULL && flags->coding_count == 0) {
        size_t element = json_open(to, NULL, '{');
        json_text(to, "text", flags->text);
        json_close(to, element);
    }
    json_close(to, begin);
}

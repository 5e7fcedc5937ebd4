#include "fhir/concept.h"

typedef struct known_system {
    const char *name; /* HL7 table 0396 */
    const char *uri;  /* its canonical URI in FHIR */
} known_system;

static const known_system known_systems[] = {
    {"LN", FHIR_LOINC},
    {"LOINC", FHIR_LOINC},
    {"UCUM", FHIR_UCUM},
    {"SCT", "http://snomed.info/sct"},
    {"SNOMED-CT", "http://snomed.info/sct"},
    {"I10", "http://hl7.org/fhir/sid/icd-10"},
    {"ICD10", "http://hl7.org/fhir/sid/icd-10"},
    {"I10C", "http://hl7.org/fhir/sid/icd-10-cm"},
    {"I9C", "http://hl7.org/fhir/sid/icd-9-cm"},
    {"C4", "http://www.ama-assn.org/go/cpt"},
    {"CVX", "http://hl7.org/fhir/sid/cvx"},
    {"NDC", "http://hl7.org/fhir/sid/ndc"},
    {"RXNORM", "http://www.nlm.nih.gov/research/umls/rxnorm"},
};

/* LOINC's last digit is the Luhn digit of the number before the dash: what does not hold is no LOINC code, whatever it
 * is said to be. */
static bool has_loinc_form(dragoman_bytes code) {
    size_t digits = code.size - 2;
    unsigned sum = 0;
    if (code.size < 3 || code.size > 10 || code.data[digits] != '-' || code.data[0] == '0') {
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        unsigned digit = (unsigned)code.data[digits - 1 - i] - '0';
        unsigned weighed = i % 2 == 0 ? digit * 2 : digit;
        if (digit > 9) {
            return false;
        }
        sum += weighed > 9 ? weighed - 9 : weighed;
    }
    return code.data[code.size - 1] == '0' + (10 - sum % 10) % 10;
}

static bool is_said_to_be_loinc(dragoman_bytes system) {
    return bytes_is(system, "LN") || bytes_is(system, FHIR_LOINC) || bytes_is(system, "LOINC") ||
           bytes_is(system, "2.16.840.1.113883.6.1");
}

bool fhir_is_loinc(const dragoman_code *code) {
    return is_said_to_be_loinc(code->system) && has_loinc_form(code->code);
}

uint32_t fhir_mdc_number(const dragoman_code *code) {
    if (!bytes_is(code->system, "MDC") && !bytes_is(code->system, FHIR_MDC)) {
        return 0;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < code->code.size; i++) {
        uint8_t digit = (uint8_t)(code->code.data[i] - '0');
        if (digit > 9 || number > UINT32_MAX) {
            return 0;
        }
        number = number * 10 + digit;
    }
    return number > UINT32_MAX ? 0 : (uint32_t)number;
}

void fhir_plain_coding(buffer *to, const char *system, dragoman_bytes code, dragoman_bytes display) {
    size_t begin = json_open(to, NULL, '{');
    json_constant(to, "system", system);
    json_code(to, "code", code);
    json_text(to, "display", display);
    json_close(to, begin);
}

void fhir_mdc_coding(buffer *to, uint32_t mdc, dragoman_bytes display) {
    size_t begin = json_open(to, NULL, '{');
    json_constant(to, "system", FHIR_MDC);
    buffer_append_format(to, "\"code\":\"%lu\",", (unsigned long)mdc);
    json_text(to, "display", display);
    json_close(to, begin);
}

void fhir_append_local_uri(const fhir_writer *writer, buffer *to, const char *kind, dragoman_bytes name) {
    dragoman_bytes base = fhir_base(writer);
    uint8_t separator = bytes_starts_with(base, "http") ? '/' : ':';
    buffer_append_bytes(to, base);
    buffer_append_byte(to, separator);
    buffer_append_text(to, kind);
    if (name.size > 0) {
        buffer_append_byte(to, separator);
        json_percent(to, name, "");
    }
}

static bool is_oid(dragoman_bytes text) {
    if (text.size < 3 || text.data[0] > '2' || text.data[0] < '0' || text.data[1] != '.') {
        return false;
    }
    for (size_t i = 1; i < text.size; i++) {
        bool is_digit = text.data[i] >= '0' && text.data[i] <= '9';
        bool is_point = text.data[i] == '.' && text.data[i - 1] != '.' && i + 1 < text.size;
        bool has_leading_zero =
            text.data[i] == '0' && text.data[i - 1] == '.' && i + 1 < text.size && text.data[i + 1] != '.';
        if ((!is_digit && !is_point) || has_leading_zero) {
            return false;
        }
    }
    return true;
}

/* Whether `text` is an absolute URI that may stand as it is. */
static bool is_uri(dragoman_bytes text) {
    if (!bytes_starts_with(text, "http://") && !bytes_starts_with(text, "https://") &&
        !bytes_starts_with(text, "urn:")) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] <= ' ' || text.data[i] >= 0x7F || strchr("\"<>\\^`{|}", text.data[i]) != NULL) {
            return false;
        }
    }
    return true;
}

/* Appends the URI of a coding system as it was named. */
static void append_system(const fhir_writer *writer, buffer *to, dragoman_bytes system) {
    if (bytes_is(system, "2.16.840.1.113883.6.1")) {
        JSON_APPEND(to, FHIR_LOINC);
        return;
    }
    for (size_t i = 0; i < sizeof known_systems / sizeof *known_systems; i++) {
        if (bytes_is(system, known_systems[i].name)) {
            buffer_append_text(to, known_systems[i].uri);
            return;
        }
    }
    if (is_uri(system)) {
        buffer_append_bytes(to, system);
    } else if (is_oid(system)) {
        JSON_APPEND(to, "urn:oid:");
        buffer_append_bytes(to, system);
    } else if (bytes_starts_with(system, "HL7") && system.size == 7) {
        JSON_APPEND(to, "http://terminology.hl7.org/CodeSystem/v2-");
        json_percent(to, (dragoman_bytes){system.data + 3, 4}, "");
    } else {
        fhir_append_local_uri(writer, to, "code", system);
    }
}

void fhir_coding(const fhir_writer *writer, buffer *to, const dragoman_code *code, bool as_local) {
    if (json_trimmed(code->code).size == 0) {
        return;
    }
    size_t begin = json_open(to, NULL, '{');
    uint32_t mdc = as_local ? 0 : fhir_mdc_number(code);
    bool claims_loinc = is_said_to_be_loinc(code->system) && !has_loinc_form(code->code);
    as_local = as_local || claims_loinc;
    JSON_APPEND(to, "\"system\":\"");
    if (mdc != 0) {
        JSON_APPEND(to, FHIR_MDC);
    } else if (as_local) {
        fhir_append_local_uri(writer, to, "code", code->system);
    } else {
        append_system(writer, to, code->system);
    }
    JSON_APPEND(to, "\",");
    if (mdc != 0) {
        buffer_append_format(to, "\"code\":\"%lu\",", (unsigned long)mdc);
    } else {
        json_code(to, "code", code->code);
    }
    json_text(to, "display", code->text);
    json_close(to, begin);
}

dragoman_bytes fhir_concept_words(const dragoman_concept *concept) {
    if (json_trimmed(concept->text).size > 0 || concept->coding_count == 0) {
        return concept->text;
    }
    for (uint32_t i = 0; i < concept->coding_count; i++) {
        if (json_trimmed(concept->codings[i].text).size > 0) {
            return concept->codings[i].text;
        }
    }
    return concept->codings[0].code;
}

void fhir_meant_concept(const fhir_writer *writer, buffer *to, const char *name, const dragoman_concept *concept,
                        const terms_meaning *meaning) {
    size_t begin = json_open(to, name, '{');
    size_t codings = json_open(to, "coding", '[');
    uint32_t mdc = meaning == NULL ? 0 : meaning->mdc;
    if (mdc != 0) {
        fhir_mdc_coding(to, mdc, bytes_of(meaning->term == NULL ? NULL : meaning->term->refid));
    }
    for (uint32_t i = 0; i < concept->coding_count; i++) {
        uint32_t number = fhir_mdc_number(&concept->codings[i]);
        if (number == 0 || number != mdc) {
            fhir_coding(writer, to, &concept->codings[i], false);
        }
    }
    json_close(to, codings);
    json_text(to, "text", fhir_concept_words(concept));
    json_close(to, begin);
}

void fhir_concept(const fhir_writer *writer, buffer *to, const char *name, const dragoman_concept *concept) {
    fhir_meant_concept(writer, to, name, concept, NULL);
}

static void append_lower(buffer *to, dragoman_bytes text) {
    for (size_t i = 0; i < text.size; i++) {
        uint8_t character = text.data[i];
        buffer_append_byte(to, character >= 'A' && character <= 'Z' ? (uint8_t)(character + 32) : character);
    }
}

static bool is_uuid(dragoman_bytes text) {
    if (text.size != 36) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (is_dash ? c != '-' : !is_hex) {
            return false;
        }
    }
    return true;
}

void fhir_append_authority(const fhir_writer *writer, buffer *to, const dragoman_identifier *identifier) {
    dragoman_bytes universal = json_trimmed(identifier->universal);
    dragoman_bytes type = identifier->universal_type;
    dragoman_bytes authority = json_trimmed(identifier->authority);
    if (is_uuid(universal)) {
        JSON_APPEND(to, "urn:uuid:");
        append_lower(to, universal);
    } else if (is_oid(universal)) {
        JSON_APPEND(to, "urn:oid:");
        buffer_append_bytes(to, universal);
    } else if (is_uri(universal)) {
        buffer_append_bytes(to, universal);
    } else if (bytes_is(type, "DNS") && universal.size > 0) {
        JSON_APPEND(to, "http://");
        json_percent(to, universal, "");
    } else {
        fhir_append_local_uri(writer, to, "id", authority.size > 0 ? authority : universal);
    }
}

/* Codes of HL7 table 0203 that FHIR's code system v2-0203 has and that stand in device and patient messages. */
static const char *const identifier_types[] = {"MR",  "PI", "PT", "PN", "VN", "AN",   "SN",   "SS",  "DL",
                                               "PPN", "NI", "NH", "MC", "MA", "EI",   "RI",   "XX",  "U",
                                               "MB",  "BR", "AM", "MD", "EN", "FILL", "PLAC", "JHN", "PE"};

static void identifier_type(buffer *to, dragoman_bytes type) {
    size_t begin = json_open(to, "type", '{');
    for (size_t i = 0; i < sizeof identifier_types / sizeof *identifier_types; i++) {
        if (bytes_is(type, identifier_types[i])) {
            size_t codings = json_open(to, "coding", '[');
            fhir_plain_coding(to, "http://terminology.hl7.org/CodeSystem/v2-0203", type, (dragoman_bytes){NULL, 0});
            json_close(to, codings);
            json_close(to, begin);
            return;
        }
    }
    json_text(to, "text", type);
    json_close(to, begin);
}

/* The 16 hexadecimal digits of an EUI-64 in the way the device guides write them: FE-ED-AB-... */
static bool append_eui64(buffer *to, dragoman_bytes value) {
    char digits[16];
    size_t count = 0;
    for (size_t i = 0; i < value.size; i++) {
        uint8_t c = value.data[i];
        c = c >= 'a' && c <= 'f' ? (uint8_t)(c - 32) : c;
        if (c == '-' || c == ':' || c == ' ') {
            continue;
        }
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F')) || count == sizeof digits) {
            return false;
        }
        digits[count++] = (char)c;
    }
    for (size_t i = 0; count == 16 && i < count; i += 2) {
        buffer_append(to, digits + i, 2);
        if (i < 14) {
            buffer_append_byte(to, '-');
        }
    }
    return count == 16;
}

void fhir_identifier(const fhir_writer *writer, buffer *to, const char *name, const dragoman_identifier *identifier) {
    dragoman_bytes value = json_trimmed(identifier->value);
    bool is_eui64 = bytes_is(identifier->universal_type, "EUI-64") || bytes_is(identifier->type, "EUI-64");
    if (value.size == 0) {
        return;
    }
    size_t begin = json_open(to, name, '{');
    identifier_type(to, is_eui64 ? (dragoman_bytes){NULL, 0} : identifier->type);
    if (is_eui64) {
        size_t before = to->size;
        JSON_APPEND(to, "\"system\":\"urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680\",\"value\":\"");
        dragoman_bytes number = json_trimmed(identifier->universal).size > 0 ? identifier->universal : value;
        if (append_eui64(to, number)) {
            JSON_APPEND(to, "\",");
            json_close(to, begin);
            return;
        }
        to->size = before;
    }
    JSON_APPEND(to, "\"system\":\"");
    fhir_append_authority(writer, to, identifier);
    JSON_APPEND(to, "\",");
    json_text(to, "value", value);
    json_close(to, begin);
}

#include "fhir/personal.h"
#include "base/time.h"
#include "fhir/concept.h"

#include <stdio.h>

#define GUIDE "http://hl7.org/fhir/uv/phd/"
#define SYSTEM_ID "urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680"
#define NO_SYSTEM_ID "00-00-00-00-00-00-00-00" /* what the guide writes for a device that has none */

#define PARTITION_INFRASTRUCTURE 8u
#define FIRST_SPECIALISATION 4096u /* MDC_DEV_SPEC_PROFILE_...: term n belongs to IEEE 11073-(n + 6304) */
#define END_OF_SPECIALISATIONS 4352u
#define TERM_TO_STANDARD 6304u /* 10400 - 4096 */

#define MDC_MOC_VMS_MDS_SIMP 65573u
#define MDC_MOC_VMS_MDS_AHD 531981u
#define MDC_DEV_SPEC_PROFILE_GENERIC 528457u
#define MDC_ID_PROD_SPEC_UNSPECIFIED 531971u
#define MDC_ID_PROD_SPEC_SW 531975u
#define MDC_ATTR_TIME_ABS 67975u
#define MDC_ATTR_TIME_STAMP_BO 68226u
#define MDC_ATTR_SUPPLEMENTAL_TYPES 68193u

static bool is_specialisation(uint32_t mdc) {
    uint32_t term = mdc & 0xFFFF;
    return mdc >> 16 == PARTITION_INFRASTRUCTURE && term >= FIRST_SPECIALISATION && term < END_OF_SPECIALISATIONS;
}

bool fhir_system_id_read(dragoman_bytes text, char to[FHIR_SYSTEM_ID_BYTES]) {
    size_t at = 0;
    for (size_t i = 0; i < text.size; i++) {
        char digit = (char)text.data[i];
        if ((digit == '-' || digit == ':') && at % 3 == 2 && i > 0) {
            continue;
        }
        bool is_digit =
            (digit >= '0' && digit <= '9') || (digit >= 'A' && digit <= 'F') || (digit >= 'a' && digit <= 'f');
        if (!is_digit || at + 1 >= FHIR_SYSTEM_ID_BYTES) {
            return false;
        }
        if (at % 3 == 2) {
            to[at++] = '-';
        }
        to[at++] = (char)(digit >= 'a' ? digit - 'a' + 'A' : digit);
    }
    to[at] = '\0';
    return at + 1 == FHIR_SYSTEM_ID_BYTES;
}

static bool system_id_of(const dragoman_device *device, char to[FHIR_SYSTEM_ID_BYTES]) {
    for (uint32_t i = 0; i < device->identifiers.count; i++) {
        const dragoman_identifier *identifier = dragoman_list_at(&device->identifiers, i);
        if (bytes_is(identifier->universal_type, "EUI-64") && fhir_system_id_read(identifier->value, to)) {
            return true;
        }
    }
    return false;
}

bool fhir_personal_is(const fhir_options *options, const dragoman_report *report) {
    char id[FHIR_SYSTEM_ID_BYTES];
    if (options->shape != FHIR_SHAPE_PHD || report->device == NULL || !system_id_of(report->device, id)) {
        return false;
    }
    const dragoman_concept *type = &report->device->type;
    for (uint32_t i = 0; i < type->coding_count; i++) {
        if (is_specialisation(fhir_mdc_number(&type->codings[i]))) {
            return true;
        }
    }
    return false;
}

static dragoman_bytes refid_of(const fhir_scene *scene, uint32_t mdc) {
    const terms_mdc *term = terms_find_mdc(scene->writer->book, mdc);
    return bytes_of(term == NULL ? NULL : term->refid);
}

static void mdc_concept(const fhir_scene *scene, buffer *to, const char *name, uint32_t mdc) {
    size_t begin = json_open(to, name, '{');
    size_t codings = json_open(to, "coding", '[');
    fhir_mdc_coding(to, mdc, refid_of(scene, mdc));
    json_close(to, codings);
    json_close(to, begin);
}

/* A required string, or the reason why there is none. */
static void required_text(buffer *to, const char *name, dragoman_bytes text) {
    if (json_trimmed(text).size > 0) {
        json_text(to, name, text);
        return;
    }
    buffer_append_format(to,
                         "\"_%s\":{\"extension\":[{\"url\":"
                         "\"http://hl7.org/fhir/StructureDefinition/data-absent-reason\","
                         "\"valueCode\":\"unknown\"}]},",
                         name);
}

static void profile(buffer *to, const char *name) {
    buffer_append_format(to, "\"meta\":{\"profile\":[\"" GUIDE "StructureDefinition/%s\"]},", name);
}

static void system_id(buffer *to, const char *value) {
    size_t identifier = json_open(to, NULL, '{');
    size_t type = json_open(to, "type", '{');
    size_t codings = json_open(to, "coding", '[');
    fhir_plain_coding(to, GUIDE "CodeSystem/ContinuaDeviceIdentifiers", bytes_of("SYSID"), (dragoman_bytes){NULL, 0});
    json_close(to, codings);
    json_close(to, type);
    json_constant(to, "system", SYSTEM_ID);
    json_constant(to, "value", value);
    json_close(to, identifier);
}

/* The version of the standard behind a specialisation: the device states it under the standard's name. */
static dragoman_bytes version_of(const dragoman_device *device, uint32_t mdc) {
    char name[32];
    snprintf(name, sizeof name, "IEEE 11073-%u", (unsigned)((mdc & 0xFFFF) + TERM_TO_STANDARD));
    for (uint32_t i = 0; i < device->versions.count; i++) {
        const dragoman_version *version = dragoman_list_at(&device->versions, i);
        if (bytes_is(version->part, name)) {
            return version->value;
        }
    }
    return (dragoman_bytes){NULL, 0};
}

static void specialisation(const fhir_scene *scene, buffer *to, uint32_t mdc, dragoman_bytes version) {
    size_t element = json_open(to, NULL, '{');
    mdc_concept(scene, to, "systemType", mdc);
    required_text(to, "version", version);
    json_close(to, element);
}

static void specialisations(const fhir_scene *scene, buffer *to, const dragoman_device *device) {
    size_t begin = json_open(to, "specialization", '[');
    for (uint32_t i = 0; i < device->type.coding_count; i++) {
        uint32_t mdc = fhir_mdc_number(&device->type.codings[i]);
        if (is_specialisation(mdc)) {
            specialisation(scene, to, mdc, version_of(device, mdc));
        }
    }
    json_close(to, begin);
}

/* The term of a production specification's part, as the adapter names it; 0: it is none. */
static uint32_t part_term(dragoman_bytes part) {
    static const struct {
        const char *part;
        uint32_t mdc;
    } terms[] = {{"hardware", 531974}, {"software", MDC_ID_PROD_SPEC_SW},
                 {"firmware", 531976}, {"protocol", 531977},
                 {"GMDN", 531978},     {"unspecified", MDC_ID_PROD_SPEC_UNSPECIFIED}};
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        if (bytes_is(part, terms[i].part)) {
            return terms[i].mdc;
        }
    }
    return 0;
}

static void version(const fhir_scene *scene, buffer *to, uint32_t mdc, dragoman_bytes value) {
    size_t element = json_open(to, NULL, '{');
    mdc_concept(scene, to, "type", mdc);
    required_text(to, "value", value);
    json_close(to, element);
}

static void versions(const fhir_scene *scene, buffer *to, const dragoman_device *device) {
    size_t begin = json_open(to, "version", '[');
    uint32_t count = 0;
    for (uint32_t i = 0; i < device->versions.count; i++) {
        const dragoman_version *stated = dragoman_list_at(&device->versions, i);
        uint32_t mdc = part_term(stated->part);
        if (mdc != 0 && json_trimmed(stated->value).size > 0) {
            version(scene, to, mdc, stated->value);
            count++;
        }
    }
    if (count == 0) {
        version(scene, to, MDC_ID_PROD_SPEC_UNSPECIFIED, (dragoman_bytes){NULL, 0});
    }
    json_close(to, begin);
}

static void part_number(buffer *to, const dragoman_device *device) {
    for (uint32_t i = 0; i < device->versions.count; i++) {
        const dragoman_version *stated = dragoman_list_at(&device->versions, i);
        if (bytes_is(stated->part, "part number")) {
            json_text(to, "partNumber", stated->value);
            return;
        }
    }
}

fhir_resource *fhir_personal_device(fhir_scene *scene, const dragoman_device *device) {
    char id[MODEL_ID_BYTES];
    char eui[FHIR_SYSTEM_ID_BYTES] = NO_SYSTEM_ID;
    model_device_id(scene->record, id);
    system_id_of(device, eui);
    buffer *to = fhir_resource_begin(scene, "Device", id);
    profile(to, "PhdDevice");
    size_t identifiers = fhir_own_identifier(scene, to, id);
    system_id(to, eui);
    json_close(to, identifiers);
    required_text(to, "manufacturer", device->manufacturer);
    json_text(to, "serialNumber", device->serial);
    required_text(to, "modelNumber", device->model);
    part_number(to, device);
    mdc_concept(scene, to, "type", MDC_MOC_VMS_MDS_SIMP);
    specialisations(scene, to, device);
    versions(scene, to, device);
    return fhir_resource_end(scene, "Device", id, fhir_base(scene->writer), bytes_of(id));
}

fhir_resource *fhir_personal_gateway(fhir_scene *scene) {
    const fhir_writer *writer = scene->writer;
    char id[MODEL_ID_BYTES];
    char eui[FHIR_SYSTEM_ID_BYTES] = NO_SYSTEM_ID;
    if (writer->options.gateway_id.size > 0) {
        fhir_system_id_read(writer->options.gateway_id, eui);
    }
    buffer content;
    buffer_init(&content);
    buffer_append_bytes(&content, fhir_base(writer));
    buffer_append_text(&content, eui);
    fhir_derive_id("phg-", buffer_bytes(&content), id);
    bool failed = content.failed;
    buffer_fini(&content);
    buffer *to = fhir_resource_begin(scene, "Device", id);
    profile(to, "PhgDevice");
    size_t identifiers = fhir_own_identifier(scene, to, id);
    system_id(to, eui);
    json_close(to, identifiers);
    json_constant(to, "modelNumber", "dragoman");
    mdc_concept(scene, to, "type", MDC_MOC_VMS_MDS_AHD);
    size_t all = json_open(to, "specialization", '[');
    specialisation(scene, to, MDC_DEV_SPEC_PROFILE_GENERIC, (dragoman_bytes){NULL, 0});
    json_close(to, all);
    all = json_open(to, "version", '[');
    version(scene, to, MDC_ID_PROD_SPEC_SW, bytes_of(DRAGOMAN_VERSION));
    json_close(to, all);
    /* The guide's flag for "no regulation applies": this program is no certified device. */
    JSON_APPEND(to, "\"property\":[{\"type\":{\"coding\":[{\"system\":\"" GUIDE "CodeSystem/ASN1ToHL7\","
                    "\"code\":\"532354.0\"}]},\"valueCode\":[{\"coding\":[{\"system\":"
                    "\"http://terminology.hl7.org/CodeSystem/v2-0136\",\"code\":\"Y\"}]}]}],");
    return failed ? NULL : fhir_resource_end(scene, "Device", id, fhir_base(writer), bytes_of(id));
}

/* One for each moment at which a device's clock was read, in every rendering the same. */
static void clock_id(const fhir_scene *scene, char to[MODEL_ID_BYTES]) {
    const dragoman_time *stated = &scene->record->report.sent_at;
    uint64_t seed = bytes_hash(bytes_of(scene->device->mds->id), (uint64_t)stated->civil_us);
    dragoman_bytes content = {(const uint8_t *)&scene->record->stamp.received_at_us,
                              sizeof scene->record->stamp.received_at_us};
    snprintf(to, MODEL_ID_BYTES, "coin-%016llx", (unsigned long long)bytes_hash(content, seed));
}

dragoman_status fhir_personal_clock_write(fhir_scene *scene) {
    char shown[TIME_TEXT_BYTES];
    char ours[TIME_TEXT_BYTES];
    dragoman_time stated = scene->record->report.sent_at;
    /* A clock whose zone nobody knows cannot be written: FHIR has no time of day without one. */
    bool is_told = stated.precision == DRAGOMAN_TIME_SECOND && stated.offset_minutes != DRAGOMAN_OFFSET_UNKNOWN &&
                   (stated.flags & DRAGOMAN_TIME_OF_DAY) == 0 && scene->record->has_stamp;
    if (!is_told) {
        return DRAGOMAN_OK;
    }
    char id[MODEL_ID_BYTES];
    clock_id(scene, id);
    bool is_local = (stated.flags & DRAGOMAN_TIME_ZONE_ASSUMED) != 0;
    dragoman_bytes device_time = {(const uint8_t *)shown, time_write_fhir(stated, shown)};
    dragoman_time received = time_of_utc_us(scene->record->stamp.received_at_us);
    dragoman_bytes our_time = {(const uint8_t *)ours, time_write_fhir(received, ours)};
    buffer *to = fhir_resource_begin(scene, "Observation", id);
    profile(to, "PhdCoincidentTimeStampObservation");
    json_close(to, fhir_own_identifier(scene, to, id));
    json_constant(to, "status", "final");
    mdc_concept(scene, to, "code", is_local ? MDC_ATTR_TIME_ABS : MDC_ATTR_TIME_STAMP_BO);
    fhir_reference(scene, to, "subject", scene->device->mds);
    json_text(to, "effectiveDateTime", our_time);
    json_text(to, "valueDateTime", device_time);
    fhir_reference(scene, to, "device", scene->device->gateway);
    scene->clock = fhir_resource_end(scene, "Observation", id, fhir_base(scene->writer), bytes_of(id));
    fhir_resource_write(scene, scene->clock);
    return scene->clock == NULL ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
}

static void extension(fhir_scene *scene, const char *url, const fhir_resource *target) {
    if (target != NULL) {
        size_t begin = json_open(scene->to, NULL, '{');
        json_constant(scene->to, "url", url);
        fhir_reference(scene, scene->to, "valueReference", target);
        json_close(scene->to, begin);
    }
}

/* The guide's key of a measurement, by which a device's resend is known: device, patient, type and the device's own
 * time. Only what a device stamped for one patient has it. */
static void measurement_identifier(fhir_scene *scene, const dragoman_observation *observation) {
    const dragoman_report *report = &scene->record->report;
    const dragoman_time *at = &observation->measured_at;
    char eui[FHIR_SYSTEM_ID_BYTES] = "";
    bool has_patient = scene->patient != NULL && report->patient->identifiers.count > 0;
    if (!has_patient || at->precision != DRAGOMAN_TIME_SECOND || !observation->time_is_own ||
        !system_id_of(report->device, eui)) {
        return;
    }
    const dragoman_identifier *patient = dragoman_list_at(&report->patient->identifiers, 0);
    buffer *to = scene->to;
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    const int64_t day_us = INT64_C(86400000000);
    int64_t days = (at->civil_us - ((at->civil_us % day_us) + day_us) % day_us) / day_us;
    int64_t rest_us = at->civil_us - days * day_us;
    time_date(days, &year, &month, &day);
    JSON_APPEND(to, ",{\"value\":\"");
    for (const char *digit = eui; *digit != '\0'; digit++) {
        if (*digit != '-') {
            buffer_append_byte(to, (uint8_t)*digit);
        }
    }
    buffer_append_byte(to, '-');
    json_escape(to, json_trimmed(patient->value));
    buffer_append_byte(to, '-');
    fhir_append_authority(scene->writer, to, patient);
    buffer_append_byte(to, '-');
    json_escape(to, observation->code.coding_count > 0 ? observation->code.codings[0].code : (dragoman_bytes){NULL, 0});
    buffer_append_format(to, "-%04lld%02u%02u%02u%02u%02u.%02u", (long long)year, month, day,
                         (unsigned)(rest_us / INT64_C(3600000000)), (unsigned)(rest_us / 60000000 % 60),
                         (unsigned)(rest_us / 1000000 % 60), (unsigned)(rest_us / 10000 % 100));
    for (uint32_t i = 0; i < observation->method.coding_count; i++) {
        buffer_append_byte(to, '-');
        json_escape(to, observation->method.codings[i].code);
    }
    JSON_APPEND(to, "\"}");
}

void fhir_personal_members(fhir_scene *scene, const dragoman_observation *observation) {
    measurement_identifier(scene, observation);
    JSON_APPEND(scene->to, "],");
    size_t begin = json_open(scene->to, "extension", '[');
    extension(scene, "http://hl7.org/fhir/StructureDefinition/observation-gatewayDevice", scene->device->gateway);
    extension(scene, GUIDE "StructureDefinition/CoincidentTimeStampReference", scene->clock);
    json_close(scene->to, begin);
}

const char *fhir_personal_profile(const dragoman_observation *observation) {
    if (observation->components.count > 0 || observation->values.count > 1) {
        return "PhdCompoundNumericObservation";
    }
    const dragoman_value *value = observation->values.count == 0 ? NULL : dragoman_list_at(&observation->values, 0);
    switch (value == NULL ? DRAGOMAN_VALUE_DECIMAL : (dragoman_value_kind)value->kind) {
    case DRAGOMAN_VALUE_CODE:
        return "PhdCodedEnumerationObservation";
    case DRAGOMAN_VALUE_BITS:
        return "PhdBitsEnumerationObservation";
    case DRAGOMAN_VALUE_TEXT:
        return "PhdStringEnumerationObservation";
    case DRAGOMAN_VALUE_SAMPLES:
        return "PhdRtsaObservation";
    case DRAGOMAN_VALUE_NONE:
    case DRAGOMAN_VALUE_DECIMAL:
    case DRAGOMAN_VALUE_TIME:
    case DRAGOMAN_VALUE_PERIOD:
    case DRAGOMAN_VALUE_RANGE:
    case DRAGOMAN_VALUE_RATIO:
    case DRAGOMAN_VALUE_ATTACHMENT:
        break;
    }
    return "PhdNumericObservation";
}

void fhir_personal_supplements(fhir_scene *scene, const dragoman_observation *observation) {
    for (uint32_t i = 0; i < observation->method.coding_count; i++) {
        uint32_t mdc = fhir_mdc_number(&observation->method.codings[i]);
        if (mdc != 0) {
            size_t element = json_open(scene->to, NULL, '{');
            mdc_concept(scene, scene->to, "code", MDC_ATTR_SUPPLEMENTAL_TYPES);
            mdc_concept(scene, scene->to, "valueCodeableConcept", mdc);
            json_close(scene->to, element);
        }
    }
}

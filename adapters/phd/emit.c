/* The device, the person and the report around observations. */
#include "observe.h"
#include <string.h>

/* Largest decimal form of a 32-bit number. */
#define DIGITS 10

static dragoman_bytes decimal_text(phd_report *report, uint32_t number) {
    uint8_t *text = (uint8_t *)report->host->batch(report->context, DIGITS);
    if (text == NULL) {
        report->failed = true;
        return (dragoman_bytes){NULL, 0};
    }
    size_t at = DIGITS;
    do {
        text[--at] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return (dragoman_bytes){text + at, DIGITS - at};
}

dragoman_code phd_code(phd_report *report, uint16_t partition, uint16_t term) {
    return (dragoman_code){.code = decimal_text(report, (uint32_t)partition << 16 | term),
                           .system = DRAGOMAN_TEXT("MDC")};
}

/* ProdSpecEntry.spec-type (A.3.1). */
static dragoman_bytes part_of(uint16_t kind) {
    switch (kind) {
    case 2:
        return DRAGOMAN_TEXT("part number");
    case 3:
        return DRAGOMAN_TEXT("hardware");
    case 4:
        return DRAGOMAN_TEXT("software");
    case 5:
        return DRAGOMAN_TEXT("firmware");
    case 6:
        return DRAGOMAN_TEXT("protocol");
    case 7:
        return DRAGOMAN_TEXT("GMDN");
    default:
        return DRAGOMAN_TEXT("unspecified");
    }
}

static dragoman_bytes bytes_of_text(const char *text) {
    return (dragoman_bytes){(const uint8_t *)text, strlen(text)};
}

/* The production specification, and which version of which specialisation the device keeps. */
static void add_versions(phd_report *report, dragoman_device *device) {
    const phd_facts *facts = report->facts;
    uint32_t most = facts->production_count + facts->specialisation_count;
    dragoman_version *versions =
        (dragoman_version *)report->host->batch(report->context, (most + (size_t)1) * sizeof *versions);
    uint32_t count = 0;
    report->failed |= versions == NULL;
    for (uint32_t n = 0; n < facts->production_count && versions != NULL; n++) {
        const phd_production *entry = &facts->production[n];
        versions[count++] = (dragoman_version){part_of(entry->kind), entry->text};
    }
    for (uint32_t n = 0; n < facts->specialisation_count && versions != NULL; n++) {
        const phd_specialisation *known = phd_specialisation_find(facts->specialisations[n].code);
        if (known != NULL) {
            dragoman_bytes version = decimal_text(report, facts->specialisations[n].version);
            versions[count++] = (dragoman_version){bytes_of_text(known->standard), version};
        }
    }
    device->versions = DRAGOMAN_LIST(versions, count);
}

/* The specialisations as codings: those that the device states, or the one that its configuration belongs to. */
static void add_type(phd_report *report, dragoman_device *device) {
    const phd_facts *facts = report->facts;
    const phd_specialisation *by_config = phd_specialisation_of_config(facts->config_id);
    uint32_t count = facts->specialisation_count;
    count = count == 0 && by_config != NULL ? 1 : count;
    if (count == 0) {
        return;
    }
    dragoman_code *codings = (dragoman_code *)report->host->batch(report->context, count * sizeof *codings);
    report->failed |= codings == NULL;
    for (uint32_t n = 0; n < count && codings != NULL; n++) {
        uint16_t code = n < facts->specialisation_count ? facts->specialisations[n].code : by_config->code;
        const phd_specialisation *known = phd_specialisation_find(code);
        codings[n] = phd_code(report, PHD_PART_INFRASTRUCTURE, code);
        codings[n].text = known == NULL ? (dragoman_bytes){NULL, 0} : bytes_of_text(known->name);
    }
    device->type = (dragoman_concept){.codings = codings, .coding_count = codings == NULL ? 0 : count};
}

/* The person-id that the device gave: who that is, only the device's owner knows (A.11.5). */
static void add_person(phd_report *report, uint16_t person, dragoman_bytes name, dragoman_patient *patient) {
    dragoman_identifier *identifier = (dragoman_identifier *)report->host->batch(report->context, sizeof *identifier);
    if (identifier == NULL) {
        report->failed = true;
        return;
    }
    *identifier = (dragoman_identifier){.value = decimal_text(report, person), .authority = name};
    *patient = (dragoman_patient){.struct_size = sizeof *patient, .identifiers = DRAGOMAN_LIST(identifier, 1)};
}

static void empty(phd_report *report) {
    report->observations = NULL;
    report->count = report->capacity = 0;
}

dragoman_status phd_report_emit(phd_report *report, uint16_t person, bool is_due) {
    const phd_facts *facts = report->facts;
    if (report->count == 0 && !is_due) {
        return report->failed ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
    }
    dragoman_bytes name = {(const uint8_t *)facts->name, PHD_SYSTEM_NAME_BYTES};
    dragoman_identifier identifier = {.value = name, .universal = name, .universal_type = DRAGOMAN_TEXT("EUI-64")};
    dragoman_device device = {.struct_size = sizeof device,
                              .key = name,
                              .identifiers = DRAGOMAN_LIST(&identifier, 1),
                              .manufacturer = facts->manufacturer,
                              .model = facts->model,
                              .serial = facts->serial};
    add_type(report, &device);
    add_versions(report, &device);
    dragoman_patient patient = {.struct_size = sizeof patient};
    if (person != PHD_PERSON_UNKNOWN) {
        add_person(report, person, name, &patient);
    }
    dragoman_report made = {
        .struct_size = sizeof made,
        .device = &device,
        .patient = person == PHD_PERSON_UNKNOWN ? NULL : &patient,
        .sent_at = is_due ? facts->clock : (dragoman_time){.precision = DRAGOMAN_TIME_NONE},
        .sender = {.code = facts->model, .text = facts->manufacturer, .system = DRAGOMAN_TEXT("IEEE 11073-20601")},
        .observations = DRAGOMAN_LIST(report->observations, report->count)};
    empty(report);
    return report->failed ? DRAGOMAN_NO_MEMORY : report->host->emit(report->context, &made);
}

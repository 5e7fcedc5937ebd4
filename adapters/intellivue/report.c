/* The report of one message: whose device, whose patient, which bed. */
#include "codes.h"
#include "findings.h"
#include "text.h"
#include <string.h>

/* component_id of ProdSpecEntry. */
#define ID_COMP_PRODUCT 8
#define ID_COMP_APPL_SW 88

static dragoman_bytes text_of(const intellivue_text *text) {
    return (dragoman_bytes){(const uint8_t *)text->data, text->size};
}

/* "software", or with the part's number where it is not the monitor or its application ("hardware 80"). */
static dragoman_bytes part_of(intellivue_findings *self, const intellivue_version *version) {
    static const char *const types[] = {"hardware", "software", "firmware", "protocol"};
    const char *type = types[(version->spec_type - 3) & 3];
    size_t size = strlen(type);
    char *text = (char *)intellivue_take(self, size + 1 + INTELLIVUE_DECIMAL_BYTES);
    if (text == NULL) {
        return (dragoman_bytes){NULL, 0};
    }
    memcpy(text, type, size);
    if (version->component != ID_COMP_PRODUCT && version->component != ID_COMP_APPL_SW) {
        text[size++] = ' ';
        size += intellivue_write_decimal(version->component, text + size);
    }
    return (dragoman_bytes){(const uint8_t *)text, size};
}

static void fill_device(intellivue_findings *self, dragoman_device *device) {
    const intellivue_identity *identity = &self->monitor->identity;
    dragoman_identifier *id = (dragoman_identifier *)intellivue_take(self, sizeof *id);
    dragoman_code *type = (dragoman_code *)intellivue_take(self, sizeof *type);
    dragoman_version *versions =
        (dragoman_version *)intellivue_take(self, (identity->version_count + 1) * sizeof *versions);
    if (id == NULL || type == NULL || versions == NULL) {
        return;
    }
    *device = (dragoman_device){.struct_size = sizeof *device,
                                .key = text_of(&identity->key),
                                .manufacturer = text_of(&identity->manufacturer),
                                .model = text_of(&identity->model),
                                .serial = text_of(&identity->serial)};
    if (identity->system_id.size > 0) {
        *id = (dragoman_identifier){.value = text_of(&identity->system_id),
                                    .universal_type = DRAGOMAN_TEXT("L"),
                                    .authority = DRAGOMAN_TEXT("Philips system id")};
        device->identifiers = DRAGOMAN_LIST(id, 1);
    }
    if (identity->type_code != 0) {
        *type = intellivue_code(self, identity->type_partition, identity->type_code);
        device->type = (dragoman_concept){.codings = type, .coding_count = 1};
    }
    for (uint32_t n = 0; n < identity->version_count; n++) {
        const intellivue_version *version = &identity->versions[n];
        versions[n].part = part_of(self, version);
        versions[n].value = (dragoman_bytes){(const uint8_t *)version->value, version->size};
    }
    device->versions = DRAGOMAN_LIST(versions, identity->version_count);
}

/* PatientSex as HL7 table 0001 has it; what the monitor leaves open stays empty. */
static dragoman_bytes sex_of(uint16_t sex) {
    return sex == 1   ? DRAGOMAN_TEXT("M")
           : sex == 2 ? DRAGOMAN_TEXT("F")
           : sex == 0 ? DRAGOMAN_TEXT("U")
                      : (dragoman_bytes){NULL, 0};
}

/* Whom the monitor says it measures; false when it says nobody. */
static bool fill_patient(intellivue_findings *self, dragoman_patient *patient) {
    const intellivue_person *person = &self->monitor->person;
    bool has_name = person->family.size + person->given.size > 0;
    dragoman_identifier *id = (dragoman_identifier *)intellivue_take(self, sizeof *id);
    dragoman_name *name = (dragoman_name *)intellivue_take(self, sizeof *name);
    bool is_known = self->monitor->has_person && person->is_admitted && (has_name || person->id.size > 0);
    if (!is_known || id == NULL || name == NULL) {
        return false;
    }
    *patient =
        (dragoman_patient){.struct_size = sizeof *patient, .born_at = person->born_at, .sex = sex_of(person->sex)};
    if (person->id.size > 0) {
        id->value = text_of(&person->id);
        patient->identifiers = DRAGOMAN_LIST(id, 1);
    }
    if (has_name) {
        name->family = text_of(&person->family);
        name->given = text_of(&person->given);
        patient->names = DRAGOMAN_LIST(name, 1);
    }
    return true;
}

dragoman_status intellivue_findings_emit(intellivue_findings *self) {
    if (self->has_failed) {
        return DRAGOMAN_LIMIT;
    }
    if (self->observation_count + self->alert_count == 0) {
        return DRAGOMAN_OK;
    }
    dragoman_device device = {0};
    dragoman_patient patient = {0};
    dragoman_place place = {.struct_size = sizeof place, .bed = text_of(&self->monitor->identity.bed)};
    fill_device(self, &device);
    bool has_patient = fill_patient(self, &patient);
    if (self->has_failed) {
        return DRAGOMAN_NO_MEMORY;
    }
    const dragoman_report report = {
        .struct_size = sizeof report,
        .device = &device,
        .place = place.bed.size > 0 ? &place : NULL,
        .patient = has_patient ? &patient : NULL,
        .sent_at = self->at,
        .sender = {.code = DRAGOMAN_TEXT("IntelliVue"), .system = DRAGOMAN_TEXT("Philips Data Export 1")},
        .observations = {self->observations, self->observation_count, sizeof *self->observations},
        .alerts = {self->alerts, self->alert_count, sizeof *self->alerts},
    };
    return self->host->emit(self->host_context, &report);
}

#include "value.h"

/* EnumVal (A.3.5). */
#define ENUM_OBJECT_ID 1
#define ENUM_TEXT 2
#define ENUM_BITS 16

uint64_t phd_bits_of(uint32_t sent, uint8_t count) {
    uint64_t bits = 0;
    for (uint8_t n = 0; n < count; n++) {
        bits |= (uint64_t)(sent >> (count - 1 - n) & 1u) << n;
    }
    return bits;
}

uint32_t phd_status_of(uint16_t sent) {
    const uint32_t known = DRAGOMAN_STATUS_INVALID | DRAGOMAN_STATUS_QUESTIONABLE | DRAGOMAN_STATUS_NOT_AVAILABLE |
                           DRAGOMAN_STATUS_CALIBRATING | DRAGOMAN_STATUS_TEST_DATA | DRAGOMAN_STATUS_DEMO_DATA |
                           DRAGOMAN_STATUS_VALIDATED | DRAGOMAN_STATUS_EARLY | DRAGOMAN_STATUS_ONGOING |
                           DRAGOMAN_STATUS_IN_ALARM | DRAGOMAN_STATUS_ALARM_INHIBITED;
    return (uint32_t)phd_bits_of(sent, 16) & known;
}

static void *batch(phd_report *report, size_t size) {
    void *memory = report->host->batch(report->context, size);
    report->failed |= memory == NULL;
    return memory;
}

static dragoman_value *new_value(phd_report *report, dragoman_list *list) {
    dragoman_value *value = (dragoman_value *)batch(report, sizeof *value);
    if (value != NULL) {
        *value = (dragoman_value){.kind = DRAGOMAN_VALUE_NONE};
        *list = DRAGOMAN_LIST(value, 1);
    }
    return value;
}

static dragoman_code unit_of(phd_report *report, uint16_t unit) {
    return unit == 0 ? (dragoman_code){.code = {NULL, 0}} : phd_code(report, PHD_PART_DIMENSION, unit);
}

static bool add_number(phd_report *report, dragoman_decimal number, uint16_t unit, dragoman_observation *observation) {
    dragoman_value *value = new_value(report, &observation->values);
    if (value != NULL) {
        *value = phd_number_value(number);
        observation->unit = unit_of(report, unit);
    }
    return value != NULL;
}

/* One part of a compound. */
typedef struct part {
    phd_type type;
    dragoman_decimal number;
    uint16_t unit;
    uint16_t status;
} part;

static bool add_part(phd_report *report, const part *from, dragoman_component *to) {
    dragoman_code *coding = (dragoman_code *)batch(report, sizeof *coding);
    *to = (dragoman_component){.unit = unit_of(report, from->unit)};
    dragoman_value *value = new_value(report, &to->values);
    if (coding == NULL || value == NULL) {
        return false;
    }
    *coding = phd_code(report, from->type.partition, from->type.code);
    to->code = (dragoman_concept){.codings = coding, .coding_count = 1};
    to->status = phd_status_of(from->status);
    *value = phd_number_value(from->number);
    return true;
}

/* Compound values: lists of FLOAT or SFLOAT in the order of the Metric-Id-List, or of whole Nu-Observed-Values. */
static bool add_compound(phd_report *report, const phd_object *object, const phd_measure *measure, phd_type type,
                         dragoman_observation *observation) {
    uint16_t count = 0;
    phd_reader reader = phd_read(measure->value);
    phd_reader list = phd_list(&reader, &count);
    bool is_full = measure->attribute == PHD_NU_CMPD_VAL_OBS;
    if (count == 0 || count > PHD_PARTS || !phd_is_done(&reader) || (!is_full && count > object->part_count)) {
        return false;
    }
    dragoman_component *components = (dragoman_component *)batch(report, count * sizeof *components);
    for (uint16_t n = 0; n < count && components != NULL; n++) {
        part one = {.type = {type.partition, is_full ? 0 : object->parts[n]}, .unit = object->unit};
        if (is_full) {
            one.type.code = phd_u16(&list);
            one.status = phd_u16(&list);
            one.unit = phd_u16(&list);
        }
        bool is_short = measure->attribute == PHD_NU_CMPD_VAL_OBS_BASIC;
        one.number = is_short ? phd_sfloat(phd_u16(&list)) : phd_float(phd_u32(&list));
        if (!add_part(report, &one, &components[n])) {
            return false;
        }
    }
    observation->components = DRAGOMAN_LIST(components, count);
    return components != NULL && phd_is_done(&list);
}

static bool add_nu_observed_value(phd_report *report, phd_reader *reader, phd_type *type,
                                  dragoman_observation *observation) {
    type->code = phd_u16(reader);
    uint16_t status = phd_u16(reader);
    uint16_t unit = phd_u16(reader);
    dragoman_decimal number = phd_float(phd_u32(reader));
    observation->status |= phd_status_of(status);
    return phd_is_done(reader) && add_number(report, number, unit, observation);
}

static bool add_code(phd_report *report, uint16_t partition, uint16_t code, dragoman_observation *observation) {
    dragoman_value *value = new_value(report, &observation->values);
    dragoman_code *coding = (dragoman_code *)batch(report, sizeof *coding);
    if (value == NULL || coding == NULL) {
        return false;
    }
    *coding = phd_code(report, partition, code);
    value->kind = DRAGOMAN_VALUE_CODE;
    value->concept = (dragoman_concept){.codings = coding, .coding_count = 1};
    return true;
}

/* Printable ASCII; anything else is replaced by a question mark. */
static bool add_text(phd_report *report, dragoman_bytes sent, dragoman_observation *observation) {
    dragoman_value *value = new_value(report, &observation->values);
    while (sent.size > 0 && (sent.data[sent.size - 1] == 0 || sent.data[sent.size - 1] == ' ')) {
        sent.size--;
    }
    uint8_t *text = (uint8_t *)batch(report, sent.size + 1);
    if (value == NULL || text == NULL) {
        return false;
    }
    for (size_t n = 0; n < sent.size; n++) {
        text[n] = sent.data[n] < ' ' || sent.data[n] > '~' ? '?' : sent.data[n];
    }
    value->kind = DRAGOMAN_VALUE_TEXT;
    value->text = (dragoman_bytes){text, sent.size};
    return true;
}

static bool add_bits(phd_report *report, uint32_t sent, uint8_t count, dragoman_observation *observation) {
    dragoman_value *value = new_value(report, &observation->values);
    if (value != NULL) {
        value->kind = DRAGOMAN_VALUE_BITS;
        value->bit_count = count;
        value->bits = phd_bits_of(sent, count);
    }
    return value != NULL;
}

/* EnumObsValue. */
static bool add_enumeration(phd_report *report, uint16_t partition, phd_reader *reader, phd_type *type,
                            dragoman_observation *observation) {
    type->code = phd_u16(reader);
    observation->status |= phd_status_of(phd_u16(reader));
    uint16_t choice = phd_u16(reader);
    phd_reader value = phd_read(phd_octets(reader));
    if (!phd_is_done(reader)) {
        return false;
    }
    switch (choice) {
    case ENUM_OBJECT_ID: {
        uint16_t code = phd_u16(&value);
        return phd_is_done(&value) && add_code(report, partition, code, observation);
    }
    case ENUM_TEXT: {
        dragoman_bytes text = phd_octets(&value);
        return phd_is_done(&value) && add_text(report, text, observation);
    }
    case ENUM_BITS: {
        uint16_t bits = phd_u16(&value);
        return phd_is_done(&value) && add_bits(report, bits, 16, observation);
    }
    default:
        return false;
    }
}

static bool add_samples(phd_report *report, const phd_object *object, dragoman_bytes sent,
                        dragoman_observation *observation) {
    dragoman_value *value = new_value(report, &observation->values);
    observation->unit = unit_of(report, object->unit);
    return value != NULL && phd_samples_add(report, object, sent, value);
}

bool phd_value_add(phd_report *report, const phd_object *object, const phd_measure *measure, phd_type *type,
                   dragoman_observation *observation) {
    phd_reader reader = phd_read(measure->value);
    uint16_t partition = object->enum_partition != 0 ? object->enum_partition : object->type.partition;
    switch (measure->attribute) {
    case PHD_NU_VAL_OBS_BASIC: {
        dragoman_decimal number = phd_sfloat(phd_u16(&reader));
        return phd_is_done(&reader) && add_number(report, number, object->unit, observation);
    }
    case PHD_NU_VAL_OBS_SIMP: {
        dragoman_decimal number = phd_float(phd_u32(&reader));
        return phd_is_done(&reader) && add_number(report, number, object->unit, observation);
    }
    case PHD_NU_VAL_OBS:
        return add_nu_observed_value(report, &reader, type, observation);
    case PHD_NU_CMPD_VAL_OBS:
    case PHD_NU_CMPD_VAL_OBS_SIMP:
    case PHD_NU_CMPD_VAL_OBS_BASIC:
        return add_compound(report, object, measure, *type, observation);
    case PHD_ENUM_OBS_VAL_SIMP_OID: {
        uint16_t code = phd_u16(&reader);
        return phd_is_done(&reader) && add_code(report, partition, code, observation);
    }
    case PHD_ENUM_OBS_VAL_SIMP_STR: {
        dragoman_bytes text = phd_octets(&reader);
        return phd_is_done(&reader) && add_text(report, text, observation);
    }
    case PHD_ENUM_OBS_VAL_SIMP_BIT_STR: {
        uint32_t bits = phd_u32(&reader);
        return phd_is_done(&reader) && add_bits(report, bits, 32, observation);
    }
    case PHD_ENUM_OBS_VAL_BASIC_BIT_STR: {
        uint16_t bits = phd_u16(&reader);
        return phd_is_done(&reader) && add_bits(report, bits, 16, observation);
    }
    case PHD_VAL_ENUM_OBS:
        return add_enumeration(report, partition, &reader, type, observation);
    case PHD_SIMP_SA_OBS_VAL: {
        dragoman_bytes samples = phd_octets(&reader);
        return phd_is_done(&reader) && add_samples(report, object, samples, observation);
    }
    default:
        return false;
    }
}

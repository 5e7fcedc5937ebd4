/* Enumerations: EnumObsVal. States are codes of the same partition as their physiological identifier. */
#include "codes.h"
#include "findings.h"

#define ENUM_OBJ_ID_CHOSEN 1u
#define ENUM_OBJ_ID_VAL_CHOSEN 4u

/* EnumObjIdVal: the state, and how much of it there is, as a component under the state's own code. */
static void add_amount(intellivue_findings *self, const dragoman_concept *state, uint32_t number, uint16_t unit,
                       dragoman_observation *observation) {
    dragoman_component *component = (dragoman_component *)intellivue_take(self, sizeof *component);
    dragoman_value *value = (dragoman_value *)intellivue_take(self, sizeof *value);
    if (component == NULL || value == NULL) {
        return;
    }
    *value = (dragoman_value){.kind = DRAGOMAN_VALUE_DECIMAL, .number = intellivue_float(number)};
    component->code = *state;
    component->unit = intellivue_code(self, INTELLIVUE_PART_DIM, unit);
    component->values = DRAGOMAN_LIST(value, 1);
    observation->components = DRAGOMAN_LIST(component, 1);
}

/* EnumVal; false when it is of no known choice. */
static bool read_choice(intellivue_findings *self, intellivue_reader *reader, dragoman_value *value,
                        dragoman_observation *observation) {
    uint16_t choice = intellivue_read_u16(reader);
    intellivue_reader chosen = intellivue_reader_of(intellivue_read_sized(reader));
    uint16_t code = intellivue_read_u16(&chosen);
    bool has_amount = choice == ENUM_OBJ_ID_VAL_CHOSEN;
    uint32_t number = has_amount ? intellivue_read_u32(&chosen) : 0;
    uint16_t unit = has_amount ? intellivue_read_u16(&chosen) : 0;
    dragoman_code *coding = (dragoman_code *)intellivue_take(self, sizeof *coding);
    if ((choice != ENUM_OBJ_ID_CHOSEN && !has_amount) || chosen.has_failed || coding == NULL) {
        return false;
    }
    *coding = intellivue_code(self, INTELLIVUE_PART_SCADA, code);
    *value = (dragoman_value){.kind = DRAGOMAN_VALUE_CODE, .concept = {.codings = coding, .coding_count = 1}};
    if (has_amount) {
        add_amount(self, &value->concept, number, unit, observation);
    }
    return true;
}

void intellivue_enumeration_read(intellivue_findings *self, const intellivue_object *object,
                                 const intellivue_metric *metric) {
    dragoman_bytes attribute = intellivue_attribute(object, NOM_ATTR_VAL_ENUM_OBS);
    if (attribute.size == 0) {
        return;
    }
    intellivue_reader reader = intellivue_reader_of(attribute);
    uint16_t physio_id = intellivue_read_u16(&reader);
    uint16_t state = intellivue_read_u16(&reader);
    dragoman_observation made = {0};
    dragoman_value *value = (dragoman_value *)intellivue_take(self, sizeof *value);
    if (value == NULL || !read_choice(self, &reader, value, &made) || reader.has_failed) {
        self->odd++;
        return;
    }
    dragoman_observation *observation = intellivue_findings_add(self);
    if (observation == NULL) {
        return;
    }
    dragoman_absent absent = intellivue_absence(state);
    if (absent != DRAGOMAN_PRESENT) {
        *value = (dragoman_value){.kind = DRAGOMAN_VALUE_NONE, .absent = (uint8_t)absent};
        made.components.count = 0;
    }
    observation->path = (dragoman_path){1, object->context + 1u, object->handle, 1};
    observation->code = intellivue_concept(self, INTELLIVUE_PART_SCADA, physio_id, metric, false);
    observation->values = DRAGOMAN_LIST(value, 1);
    observation->components = made.components;
    observation->status = intellivue_status(state);
}

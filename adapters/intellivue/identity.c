/* Who a monitor is and whom it measures: the attributes of its MDS and Patient Demographics objects. */
#include "codes.h"
#include "monitor.h"
#include "text.h"
#include <string.h>

/* spec_type of ProdSpecEntry. */
#define SERIAL_NUMBER 1
#define FIRST_REVISION 3 /* HW_REVISION, SW_REVISION, FW_REVISION, PROTOCOL_REVISION */
#define LAST_REVISION 6
/* component_id: the monitor as a whole. */
#define ID_COMP_PRODUCT 8

static void take_string(dragoman_bytes attribute, intellivue_text *text) {
    if (attribute.size > 0) {
        intellivue_reader reader = intellivue_reader_of(attribute);
        dragoman_bytes value = intellivue_read_sized(&reader);
        text->size = (uint8_t)intellivue_text_from_utf16(value, text->data, sizeof text->data);
    }
}

static void take_label(dragoman_bytes value, intellivue_text *text) {
    text->size = (uint8_t)intellivue_text_from_ascii(value, text->data, sizeof text->data);
}

static void take_system_id(dragoman_bytes attribute, intellivue_identity *identity) {
    intellivue_reader reader = intellivue_reader_of(attribute);
    dragoman_bytes value = intellivue_read_sized(&reader);
    if (value.size == 0 || value.size * 2 > sizeof identity->system_id.data) {
        return;
    }
    identity->system_id.size = 0;
    for (size_t n = 0; n < value.size; n++) {
        char *to = identity->system_id.data + identity->system_id.size;
        identity->system_id.size += (uint8_t)intellivue_write_hex(value.data[n], 2, to);
    }
    identity->key = identity->system_id;
}

static void take_model(dragoman_bytes attribute, intellivue_identity *identity) {
    intellivue_reader reader = intellivue_reader_of(attribute);
    dragoman_bytes manufacturer = intellivue_read_sized(&reader);
    dragoman_bytes model = intellivue_read_sized(&reader);
    if (!reader.has_failed) {
        take_label(manufacturer, &identity->manufacturer);
        take_label(model, &identity->model);
    }
}

/* ProductionSpec. */
static void take_production(dragoman_bytes attribute, intellivue_identity *identity) {
    intellivue_reader reader = intellivue_reader_of(attribute);
    uint16_t count = 0;
    intellivue_reader list = intellivue_read_list(&reader, &count);
    identity->version_count = 0;
    for (uint16_t n = 0; n < count; n++) {
        intellivue_version version = {.spec_type = intellivue_read_u16(&list)};
        version.component = intellivue_read_u16(&list);
        dragoman_bytes value = intellivue_read_sized(&list);
        if (list.has_failed) {
            return;
        }
        if (version.spec_type == SERIAL_NUMBER && version.component == ID_COMP_PRODUCT) {
            take_label(value, &identity->serial);
        } else if (version.spec_type >= FIRST_REVISION && version.spec_type <= LAST_REVISION &&
                   identity->version_count < INTELLIVUE_VERSIONS) {
            version.size = (uint8_t)intellivue_text_from_ascii(value, version.value, sizeof version.value);
            identity->versions[identity->version_count++] = version;
        }
    }
}

static void take_number(dragoman_bytes attribute, uint16_t *to) {
    intellivue_reader reader = intellivue_reader_of(attribute);
    uint16_t number = intellivue_read_u16(&reader);
    *to = reader.has_failed ? *to : number;
}

void intellivue_identity_learn(intellivue_monitor *monitor, const intellivue_object *object) {
    intellivue_identity *identity = &monitor->identity;
    take_system_id(intellivue_attribute(object, NOM_ATTR_SYS_ID), identity);
    take_model(intellivue_attribute(object, NOM_ATTR_ID_MODEL), identity);
    take_string(intellivue_attribute(object, NOM_ATTR_ID_BED_LABEL), &identity->bed);
    intellivue_reader type = intellivue_reader_of(intellivue_attribute(object, NOM_ATTR_SYS_TYPE));
    uint16_t partition = intellivue_read_u16(&type);
    uint16_t code = intellivue_read_u16(&type);
    if (!type.has_failed) {
        identity->type_partition = partition;
        identity->type_code = code;
    }
    dragoman_bytes production = intellivue_attribute(object, NOM_ATTR_ID_PROD_SPECN);
    if (production.size > 0) {
        take_production(production, identity);
    }
    dragoman_bytes absolute_time = intellivue_attribute(object, NOM_ATTR_TIME_ABS);
    dragoman_bytes relative_time = intellivue_attribute(object, NOM_ATTR_TIME_REL);
    if (absolute_time.size > 0 && relative_time.size > 0) {
        intellivue_clock_set(&monitor->clock, absolute_time, relative_time);
    }
}

void intellivue_person_learn(intellivue_monitor *monitor, const intellivue_object *object) {
    uint16_t state = 0;
    take_number(intellivue_attribute(object, NOM_ATTR_PT_DEMOG_ST), &state);
    intellivue_person person = {.is_admitted = state == INTELLIVUE_ADMITTED};
    take_number(intellivue_attribute(object, NOM_ATTR_PT_SEX), &person.sex);
    take_string(intellivue_attribute(object, NOM_ATTR_PT_ID), &person.id);
    take_string(intellivue_attribute(object, NOM_ATTR_PT_NAME_FAMILY), &person.family);
    take_string(intellivue_attribute(object, NOM_ATTR_PT_NAME_GIVEN), &person.given);
    person.born_at = intellivue_absolute_time(intellivue_attribute(object, NOM_ATTR_PT_DOB), DRAGOMAN_TIME_DAY);
    monitor->person = person;
    monitor->has_person = true;
}

void intellivue_alarms_forget(intellivue_monitor *monitor, const dragoman_host *host, void *host_context) {
    host->release(host_context, monitor->patient_alarms.alarms);
    host->release(host_context, monitor->technical_alarms.alarms);
    monitor->patient_alarms = (intellivue_alarm_list){0};
    monitor->technical_alarms = (intellivue_alarm_list){0};
}

void intellivue_monitor_forget(intellivue_monitor *monitor, const dragoman_host *host, void *host_context) {
    intellivue_metrics_forget(&monitor->metrics, host, host_context);
    monitor->person = (intellivue_person){0};
    monitor->has_person = false;
    monitor->clock = (intellivue_clock){0};
    intellivue_polls_stop(&monitor->polls);
}

/* Numerics: NuObsValue and NuObsValueCmp. */
#include "codes.h"
#include "findings.h"

/* MetricCategory ("Attribute: Metric Specification"). */
enum {
    MCAT_UNSPEC = 0,
    MANUAL_MEASUREMENT = 2,
    AUTO_SETTING = 3,
    MANUAL_SETTING = 4,
    AUTO_CALCULATION = 5,
    MANUAL_CALCULATION = 6,
    MANUAL_ADJUST_PAT_TEMP = 129,
    AUTO_ALARM_LIMIT_SETTING = 130
};
/* MetricAccess: values come episodically. */
#define AVAIL_INTERMITTEND 0x8000u
#define UPD_EPISODIC 0x2000u

/* A numeric without a label is held back for so long after the association began: only its context says whether it is
 * measured or set, and what is set on a ventilator must not pass for what the patient breathes. */
#define CONTEXT_TICKS (10u * 1000u * INTELLIVUE_TICKS_PER_MS)

static bool is_setting(const intellivue_metric *metric) {
    return metric != NULL &&
           (metric->label >> 16 == INTELLIVUE_PART_SETTING_LABELS ||
            (metric->has_spec && (metric->category == AUTO_SETTING || metric->category == MANUAL_SETTING)));
}

/* An alarm limit is a numeric with the identifier of what it limits: no value of it. */
static bool is_alarm_limit(const intellivue_metric *metric) {
    return metric != NULL && metric->has_spec && metric->category == AUTO_ALARM_LIMIT_SETTING;
}

static uint8_t obtained(const intellivue_metric *metric) {
    if (is_setting(metric)) {
        return DRAGOMAN_OBTAINED_SETTING;
    }
    if (metric == NULL || !metric->has_spec) {
        return DRAGOMAN_OBTAINED_UNSTATED;
    }
    switch (metric->category) {
    case MANUAL_MEASUREMENT:
    case MANUAL_ADJUST_PAT_TEMP:
        return DRAGOMAN_OBTAINED_MANUAL;
    case AUTO_CALCULATION:
    case MANUAL_CALCULATION:
        return DRAGOMAN_OBTAINED_CALCULATED;
    case MCAT_UNSPEC:
        return DRAGOMAN_OBTAINED_UNSTATED;
    default:
        break;
    }
    return (metric->access & (AVAIL_INTERMITTEND | UPD_EPISODIC)) != 0 ? DRAGOMAN_OBTAINED_EPISODIC
                                                                       : DRAGOMAN_OBTAINED_CONTINUOUS;
}

/* NuObsValue. `part` counts from 1. */
static void read_value(intellivue_findings *self, intellivue_reader *reader, const intellivue_object *object,
                       const intellivue_metric *metric, uint32_t part, bool is_compound) {
    uint16_t physio_id = intellivue_read_u16(reader);
    uint16_t state = intellivue_read_u16(reader);
    uint16_t unit = intellivue_read_u16(reader);
    uint32_t number = intellivue_read_u32(reader);
    if (reader->has_failed) {
        return;
    }
    dragoman_observation *observation = intellivue_findings_add(self);
    dragoman_value *value = (dragoman_value *)intellivue_take(self, sizeof *value);
    if (observation == NULL || value == NULL) {
        return;
    }
    dragoman_absent absent = intellivue_absence(state);
    *value = absent == DRAGOMAN_PRESENT
                 ? (dragoman_value){.kind = DRAGOMAN_VALUE_DECIMAL, .number = intellivue_float(number)}
                 : (dragoman_value){.kind = DRAGOMAN_VALUE_NONE, .absent = (uint8_t)absent};
    observation->path = (dragoman_path){1, object->context + 1u, object->handle, part};
    observation->code = intellivue_concept(self, is_setting(metric) ? INTELLIVUE_PART_SETTINGS : INTELLIVUE_PART_SCADA,
                                           physio_id, metric, is_compound);
    observation->unit = intellivue_code(self, INTELLIVUE_PART_DIM, unit);
    observation->values = DRAGOMAN_LIST(value, 1);
    observation->status = intellivue_status(state);
    observation->obtained = obtained(metric);
}

static void read_compound(intellivue_findings *self, dragoman_bytes attribute, const intellivue_object *object,
                          const intellivue_metric *metric) {
    intellivue_reader reader = intellivue_reader_of(attribute);
    uint16_t count = 0;
    intellivue_reader list = intellivue_read_list(&reader, &count);
    for (uint16_t n = 0; n < count && !list.has_failed; n++) {
        read_value(self, &list, object, metric, n + 1u, true);
    }
    self->odd += !intellivue_reader_is_done(&list) || reader.has_failed ? 1 : 0;
}

void intellivue_numeric_read(intellivue_findings *self, const intellivue_object *object,
                             const intellivue_metric *metric) {
    uint32_t first = self->observation_count;
    bool is_unknown = metric != NULL && metric->label == 0 && self->since_create < CONTEXT_TICKS;
    if (is_unknown || is_alarm_limit(metric)) {
        return;
    }
    dragoman_bytes compound = intellivue_attribute(object, NOM_ATTR_NU_CMPD_VAL_OBS);
    dragoman_bytes simple = intellivue_attribute(object, NOM_ATTR_NU_VAL_OBS);
    if (compound.size > 0) {
        read_compound(self, compound, object, metric);
    } else if (simple.size > 0) {
        intellivue_reader reader = intellivue_reader_of(simple);
        read_value(self, &reader, object, metric, 1, false);
        self->odd += reader.has_failed ? 1 : 0;
    }
    /* An aperiodic measurement is sent again and again, with the time at which it was taken. */
    dragoman_time own =
        intellivue_absolute_time(intellivue_attribute(object, NOM_ATTR_TIME_STAMP_ABS), DRAGOMAN_TIME_SECOND);
    for (uint32_t n = first; n < self->observation_count && own.precision != DRAGOMAN_TIME_NONE; n++) {
        self->observations[n].measured_at = own;
        self->observations[n].time_is_own = 1;
    }
}

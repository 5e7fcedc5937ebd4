#include "observe.h"
#include "value.h"
#include <string.h>

#define SECOND_US INT64_C(1000000)
#define LONGEST_PERIOD_S INT64_C(3155760000)
#define FIRST_CAPACITY 8

void phd_report_begin(phd_report *report, const dragoman_host *host, void *context, const phd_facts *facts) {
    *report = (phd_report){.host = host, .context = context, .facts = facts, .relative = facts->relative};
}

static dragoman_observation *next_observation(phd_report *report) {
    if (report->count == report->capacity) {
        uint32_t capacity = report->capacity == 0 ? FIRST_CAPACITY : report->capacity * 2;
        dragoman_observation *grown =
            (dragoman_observation *)report->host->batch(report->context, capacity * sizeof *grown);
        if (grown == NULL) {
            report->failed = true;
            return NULL;
        }
        if (report->count > 0) {
            memcpy(grown, report->observations, report->count * sizeof *grown);
        }
        report->observations = grown;
        report->capacity = capacity;
    }
    dragoman_observation *made = &report->observations[report->count];
    *made = (dragoman_observation){.path = {.mds = 1}};
    return made;
}

/* The first stamp that is a time, best clock first. */
static dragoman_time stamp_of(phd_report *report, const phd_measure *measure) {
    dragoman_time time = {.precision = DRAGOMAN_TIME_NONE};
    phd_reader reader = phd_read(measure->stamp_base_offset);
    bool has_clock = measure->stamp_base_offset.size > 0 || measure->stamp_absolute.size > 0;
    if (measure->stamp_base_offset.size > 0 && phd_base_offset_time(&reader, &time)) {
        return time;
    }
    reader = phd_read(measure->stamp_absolute);
    if (measure->stamp_absolute.size > 0 && phd_absolute_time(&reader, &time)) {
        return time;
    }
    report->odd_values += has_clock ? 1 : 0;
    if (measure->stamp_hires.size > 0) {
        reader = phd_read(measure->stamp_hires);
        return phd_hires_time(&report->facts->hires, phd_u64(&reader));
    }
    if (measure->stamp_relative.size > 0) {
        reader = phd_read(measure->stamp_relative);
        return phd_relative_time(&report->relative, phd_u32(&reader));
    }
    return time;
}

/* Measure-Active-Period, whole seconds of it: how long the measurement took from its stamp on. */
static void end_of(phd_report *report, const phd_measure *measure, dragoman_observation *observation) {
    if (measure->active_period.size == 0 || observation->measured_at.precision == DRAGOMAN_TIME_NONE) {
        return;
    }
    phd_reader reader = phd_read(measure->active_period);
    dragoman_decimal period = phd_float(phd_u32(&reader));
    int64_t seconds = period.mantissa;
    for (int16_t n = period.exponent; n > 0 && seconds <= LONGEST_PERIOD_S; n--) {
        seconds *= 10;
    }
    for (int16_t n = period.exponent; n < 0 && seconds > 0; n++) {
        seconds /= 10;
    }
    if (period.special != DRAGOMAN_FINITE || period.mantissa <= 0 || seconds > LONGEST_PERIOD_S) {
        report->odd_values++;
        return;
    }
    observation->measured_until = observation->measured_at;
    observation->measured_until.civil_us += seconds * SECOND_US;
}

static uint8_t obtained(uint16_t spec) {
    if ((spec & PHD_SPEC_SETTING) != 0) {
        return DRAGOMAN_OBTAINED_SETTING;
    }
    if ((spec & PHD_SPEC_CALCULATION) != 0) {
        return DRAGOMAN_OBTAINED_CALCULATED;
    }
    if ((spec & PHD_SPEC_MANUAL) != 0) {
        return DRAGOMAN_OBTAINED_MANUAL;
    }
    return (spec & PHD_SPEC_APERIODIC) != 0 ? DRAGOMAN_OBTAINED_EPISODIC : DRAGOMAN_OBTAINED_CONTINUOUS;
}

static dragoman_concept concept_of(phd_report *report, const phd_type *types, uint32_t count) {
    dragoman_code *codings = (dragoman_code *)report->host->batch(report->context, count * sizeof *codings);
    if (codings == NULL) {
        report->failed = true;
        return (dragoman_concept){NULL, 0, 0, {NULL, 0}};
    }
    for (uint32_t n = 0; n < count; n++) {
        codings[n] = phd_code(report, types[n].partition, types[n].code);
    }
    return (dragoman_concept){.codings = codings, .coding_count = count};
}

static void add_time(phd_report *report, const phd_measure *measure, dragoman_observation *observation) {
    observation->measured_at = stamp_of(report, measure);
    observation->time_is_own = observation->measured_at.precision != DRAGOMAN_TIME_NONE ? 1 : 0;
    if (!observation->time_is_own) {
        observation->measured_at = report->entry_at;
    }
    report->unstamped += observation->measured_at.precision == DRAGOMAN_TIME_NONE ? 1 : 0;
    end_of(report, measure, observation);
}

bool phd_report_add(phd_report *report, const phd_object *object, const phd_measure *measure) {
    if (measure->attribute == 0) {
        return true;
    }
    dragoman_observation *made = next_observation(report);
    if (made == NULL) {
        return false;
    }
    phd_type type = {object->metric_partition != 0 ? object->metric_partition : object->type.partition,
                     object->metric_id != 0 ? object->metric_id : object->type.code};
    made->path.metric = object->handle;
    made->status = phd_status_of(object->status);
    made->result = DRAGOMAN_RESULT_UNVALIDATED;
    made->obtained = obtained(object->metric_spec);
    if (!phd_value_add(report, object, measure, &type, made)) {
        report->odd_values++;
        return false;
    }
    made->code = concept_of(report, &type, 1);
    if (object->supplemental_count > 0) {
        made->method = concept_of(report, object->supplemental, object->supplemental_count);
    }
    add_time(report, measure, made);
    report->count += report->failed ? 0 : 1;
    return !report->failed;
}

/* Something the device says of itself. */
static void add_fact(phd_report *report, uint16_t attribute, uint16_t unit, const dragoman_value *value) {
    dragoman_observation *made = next_observation(report);
    dragoman_value *own = (dragoman_value *)report->host->batch(report->context, sizeof *own);
    if (made == NULL || own == NULL) {
        report->failed = true;
        return;
    }
    *own = *value;
    const phd_type type = {PHD_PART_OBJECT, attribute};
    made->code = concept_of(report, &type, 1);
    made->values = DRAGOMAN_LIST(own, 1);
    made->unit = unit == 0 ? made->unit : phd_code(report, PHD_PART_DIMENSION, unit);
    made->result = DRAGOMAN_RESULT_UNVALIDATED;
    made->domain = DRAGOMAN_DOMAIN_PLACE;
    report->count++;
}

void phd_report_add_facts(phd_report *report) {
    const phd_facts *facts = report->facts;
    if (facts->battery.size > 0) {
        phd_reader reader = phd_read(facts->battery);
        dragoman_value value = phd_number_value((dragoman_decimal){.mantissa = phd_u16(&reader)});
        add_fact(report, PHD_VAL_BATT_CHARGE, PHD_DIM_PERCENT, &value);
    }
    if (facts->battery_remaining.size > 0) {
        phd_reader reader = phd_read(facts->battery_remaining);
        dragoman_value value = phd_number_value(phd_float(phd_u32(&reader)));
        add_fact(report, PHD_TIME_BATT_REMAIN, phd_u16(&reader), &value);
    }
    if (facts->power.size > 0) {
        phd_reader reader = phd_read(facts->power);
        dragoman_value value = {.kind = DRAGOMAN_VALUE_BITS, .bit_count = 16};
        value.bits = phd_bits_of(phd_u16(&reader), 16);
        add_fact(report, PHD_POWER_STAT, 0, &value);
    }
}

/* Displayed values and means: every group that is there and measures, with each of its numbers. */
#include "groups.h"
#include "monitor.h"
#include <string.h>

/* Places in a subrecord of physiological data. */
#define AT_TIME 0u
#define AT_CLASS_DATA 4u
#define AT_CLASS_WORD 276u
#define CLASS_SHIFT 8u
#define CLASS_MASK 15u
/* "Measurement data": smaller values say why there is none. */
#define LEAST_VALUE (-32000)
#define INVALID_VALUE (-32767)
#define NOT_UPDATED (-32766)
#define UNDER_RANGE (-32764)
#define OVER_RANGE (-32763)
#define NOT_CALIBRATED (-32762)
/* Room for "flow_vol2.static_compliance". */
#define NAME_TEXT 32u
/* Parts of the path: the classes are VMDs, their groups channels. */
#define PATH_MDS 1u

typedef struct rows {
    dri_monitor *monitor;
    dragoman_observation *observations;
    dragoman_value *values;
    dragoman_code *codings;
    uint8_t *texts; /* NAME_TEXT for each row */
    uint32_t count;
    uint8_t kind; /* of the subrecord */
    dragoman_time time;
} rows;

/* How a number came to be, beside what its name says. */
static const dragoman_code mean_10 = {.code = DRAGOMAN_TEXT_INIT("mean-10s"),
                                      .text = DRAGOMAN_TEXT_INIT("mean of 10 s"),
                                      .system = DRAGOMAN_TEXT_INIT("urn:dragoman:dri:method")};
static const dragoman_code mean_60 = {.code = DRAGOMAN_TEXT_INIT("mean-60s"),
                                      .text = DRAGOMAN_TEXT_INIT("mean of 60 s"),
                                      .system = DRAGOMAN_TEXT_INIT("urn:dragoman:dri:method")};

/* The monitor's clock shows its own time of day. */
static dragoman_time time_of(uint32_t seconds) {
    return (dragoman_time){.civil_us = (int64_t)seconds * 1000000,
                           .offset_minutes = DRAGOMAN_OFFSET_UNKNOWN,
                           .precision = seconds == 0 ? DRAGOMAN_TIME_NONE : DRAGOMAN_TIME_SECOND};
}

static bool make_rows(dri_monitor *monitor, rows *ret_rows) {
    const dragoman_host *host = monitor->host;
    void *context = monitor->context;
    ret_rows->monitor = monitor;
    ret_rows->observations = (dragoman_observation *)host->batch(context, DRI_ROWS * sizeof(dragoman_observation));
    ret_rows->values = (dragoman_value *)host->batch(context, DRI_ROWS * sizeof(dragoman_value));
    ret_rows->codings = (dragoman_code *)host->batch(context, DRI_ROWS * sizeof(dragoman_code));
    ret_rows->texts = (uint8_t *)host->batch(context, (size_t)DRI_ROWS * NAME_TEXT);
    return ret_rows->observations != NULL && ret_rows->values != NULL && ret_rows->codings != NULL &&
           ret_rows->texts != NULL;
}

static dragoman_bytes system_of(uint8_t kind) {
    return kind == DRI_KIND_MEAN_10   ? DRAGOMAN_TEXT(DRI_SYSTEM_MEAN_10)
           : kind == DRI_KIND_MEAN_60 ? DRAGOMAN_TEXT(DRI_SYSTEM_MEAN_60)
                                      : DRAGOMAN_TEXT(DRI_SYSTEM_DISPLAYED);
}

static size_t append(uint8_t *to, size_t size, const char *text) {
    size_t more = strlen(text);
    memcpy(to + size, text, more);
    return size + more;
}

/* "art.sys". */
static dragoman_bytes name_of(const dri_group *group, const dri_field *field, uint32_t status, uint16_t label,
                              uint8_t *text) {
    bool is_of_all = field->quirk == DRI_QUIRK_OF_ALL;
    size_t size = append(text, 0, is_of_all ? group->name : dri_group_name(group, label));
    text[size++] = '.';
    size = append(text, size, dri_field_name(group, field, status, label));
    return (dragoman_bytes){text, size};
}

static uint32_t set_missing(dri_monitor *monitor, int16_t number, dragoman_value *value) {
    value->kind = DRAGOMAN_VALUE_NONE;
    switch (number) {
    case INVALID_VALUE:
        value->absent = DRAGOMAN_ABSENT_UNKNOWN;
        return DRAGOMAN_STATUS_INVALID;
    case NOT_UPDATED:
        value->absent = DRAGOMAN_ABSENT_TEMPORARILY_UNKNOWN;
        return DRAGOMAN_STATUS_NOT_AVAILABLE;
    case UNDER_RANGE:
        value->absent = DRAGOMAN_ABSENT_NEGATIVE_INFINITY;
        return DRAGOMAN_STATUS_UNDERFLOW;
    case OVER_RANGE:
        value->absent = DRAGOMAN_ABSENT_POSITIVE_INFINITY;
        return DRAGOMAN_STATUS_OVERFLOW;
    case NOT_CALIBRATED:
        value->absent = DRAGOMAN_ABSENT_ERROR;
        return DRAGOMAN_STATUS_INVALID;
    default:
        value->absent = DRAGOMAN_ABSENT_UNKNOWN;
        monitor->host->count(monitor->context, DRAGOMAN_COUNT_ODD_VALUE, 1);
        return DRAGOMAN_STATUS_INVALID;
    }
}

/* When the number was measured, if that was not when it was shown. Of what is measured now and then only the auxiliary
 * information knows. */
static void set_time(const rows *to, const dri_field *field, dragoman_observation *row) {
    const dri_monitor *monitor = to->monitor;
    uint32_t own = field->quirk == DRI_QUIRK_CUFF     ? monitor->cuff_time
                   : field->quirk == DRI_QUIRK_OUTPUT ? monitor->output_time
                   : field->quirk == DRI_QUIRK_WEDGE  ? monitor->wedge_time
                                                      : 0;
    bool is_episodic = field->quirk >= DRI_QUIRK_CUFF;
    row->measured_at = is_episodic && own != 0 ? time_of(own) : to->time;
    row->time_is_own = is_episodic && own != 0 ? 1 : 0;
    row->obtained = is_episodic ? DRAGOMAN_OBTAINED_EPISODIC : DRAGOMAN_OBTAINED_CONTINUOUS;
    if (to->kind != DRI_KIND_DISPLAYED) {
        row->measured_at = to->time;
        row->time_is_own = 0;
        row->obtained = DRAGOMAN_OBTAINED_CALCULATED;
        row->method =
            (dragoman_concept){.codings = to->kind == DRI_KIND_MEAN_10 ? &mean_10 : &mean_60, .coding_count = 1};
    }
}

static void add_field(rows *to, const dri_group *group, uint32_t in_class, uint32_t channel, const uint8_t *data) {
    uint32_t status = dri_long(data + group->header);
    uint16_t label = dri_word(data + group->header + 4);
    for (uint32_t n = 0; n < group->count && to->count < DRI_ROWS; n++) {
        const dri_field *field = &group->fields[n];
        int16_t number = dri_short(data + group->at + field->at);
        uint32_t at = to->count++;
        dragoman_observation *row = &to->observations[at];
        dragoman_value *value = &to->values[at];
        *value = (dragoman_value){.kind = DRAGOMAN_VALUE_DECIMAL,
                                  .number = {.mantissa = number, .exponent = field->exponent}};
        to->codings[at] =
            (dragoman_code){.code = name_of(group, field, status, label, to->texts + (size_t)at * NAME_TEXT),
                            .system = system_of(to->kind)};
        *row = (dragoman_observation){
            .path = {PATH_MDS, in_class + 1, channel, n + 1},
            .code = {.codings = &to->codings[at], .coding_count = 1},
            .values = DRAGOMAN_LIST(value, 1),
            .components = {NULL, 0, sizeof(dragoman_component)},
            .result = DRAGOMAN_RESULT_UNVALIDATED,
        };
        if (field->unit != NULL) {
            row->unit = (dragoman_code){.code = {(const uint8_t *)field->unit, strlen(field->unit)},
                                        .system = DRAGOMAN_TEXT("UCUM")};
        }
        if (number < LEAST_VALUE) {
            value->number = (dragoman_decimal){0};
            row->status = set_missing(to->monitor, number, value);
        }
        set_time(to, field, row);
    }
}

static void add_groups(rows *to, uint32_t in_class, const uint8_t *data) {
    uint32_t channel = 0;
    for (uint32_t n = 0; n < DRI_GROUPS; n++) {
        const dri_group *group = &dri_groups[n];
        if (group->in_class != in_class) {
            continue;
        }
        channel++;
        uint32_t wanted = DRI_GROUP_EXISTS | DRI_GROUP_ACTIVE;
        if ((dri_long(data + group->header) & wanted) == wanted) {
            add_field(to, group, in_class, channel, data);
        }
    }
}

dragoman_status dri_monitor_values(dri_monitor *monitor, const dri_subrecord *subrecord) {
    if (subrecord->data.size < DRI_PHYSIOLOGICAL) {
        return DRAGOMAN_INVALID;
    }
    const uint8_t *data = subrecord->data.data;
    uint32_t in_class = (uint32_t)dri_word(data + AT_CLASS_WORD) >> CLASS_SHIFT & CLASS_MASK;
    rows made = {.kind = subrecord->kind, .time = time_of(dri_long(data + AT_TIME))};
    if (!make_rows(monitor, &made)) {
        return DRAGOMAN_NO_MEMORY;
    }
    add_groups(&made, in_class, data + AT_CLASS_DATA);
    if (made.count == 0) {
        return DRAGOMAN_OK;
    }
    dragoman_report report = {.observations = DRAGOMAN_LIST(made.observations, made.count),
                              .nodes = {NULL, 0, sizeof(dragoman_node)},
                              .alerts = {NULL, 0, sizeof(dragoman_alert)},
                              .contexts = {NULL, 0, sizeof(dragoman_context)},
                              .sent_at = made.time};
    return dri_monitor_emit(monitor, &report);
}

/* "Auxiliary physiological information": four bytes, then two of cuff pressure, then four and four. */
dragoman_status dri_monitor_auxiliary(dri_monitor *monitor, const dri_subrecord *subrecord) {
    if (subrecord->data.size < DRI_AUXILIARY) {
        return DRAGOMAN_INVALID;
    }
    const uint8_t *data = subrecord->data.data;
    monitor->cuff_time = dri_long(data);
    monitor->output_time = dri_long(data + 6);
    monitor->wedge_time = dri_long(data + 10);
    return DRAGOMAN_OK;
}

#include "metric.h"
#include "codes.h"
#include "text.h"
#include <string.h>

static bool grow(intellivue_metrics *metrics, const dragoman_host *host, void *host_context) {
    uint32_t capacity = metrics->capacity == 0 ? INTELLIVUE_OBJECTS_STEP : metrics->capacity * 2;
    if (capacity > INTELLIVUE_OBJECTS) {
        return false;
    }
    intellivue_metric *rows = (intellivue_metric *)host->allocate(host_context, capacity * sizeof *rows);
    if (rows == NULL) {
        return false;
    }
    if (metrics->count > 0) {
        memcpy(rows, metrics->rows, metrics->count * sizeof *rows);
    }
    host->release(host_context, metrics->rows);
    metrics->rows = rows;
    metrics->capacity = capacity;
    return true;
}

intellivue_metric *intellivue_metric_of(intellivue_metrics *metrics, const dragoman_host *host, void *host_context,
                                        const intellivue_object *object) {
    for (uint32_t n = 0; n < metrics->count; n++) {
        intellivue_metric *row = &metrics->rows[n];
        if (row->handle == object->handle && row->context == object->context) {
            return row;
        }
    }
    if (metrics->count == metrics->capacity && !grow(metrics, host, host_context)) {
        return NULL;
    }
    intellivue_metric *row = &metrics->rows[metrics->count++];
    *row = (intellivue_metric){.context = object->context, .handle = object->handle};
    return row;
}

void intellivue_metrics_forget(intellivue_metrics *metrics, const dragoman_host *host, void *host_context) {
    host->release(host_context, metrics->rows);
    *metrics = (intellivue_metrics){0};
}

static void read_scale(intellivue_metric *metric, intellivue_reader *reader) {
    intellivue_scale scale = {0};
    scale.lower_absolute = intellivue_read_u32(reader);
    scale.upper_absolute = intellivue_read_u32(reader);
    scale.lower_scaled = intellivue_read_u16(reader);
    scale.upper_scaled = intellivue_read_u16(reader);
    if (!reader->has_failed) {
        metric->scale = scale;
        metric->has_scale = true;
    }
}

/* SaSpec: array size, bits of a sample, significant bits, flags. */
static void read_sample_spec(intellivue_metric *metric, intellivue_reader *reader) {
    (void)intellivue_read_u16(reader);
    uint8_t size = intellivue_read_u8(reader);
    uint8_t significant = intellivue_read_u8(reader);
    uint16_t flags = intellivue_read_u16(reader);
    if (!reader->has_failed) {
        metric->sample_size = size;
        metric->significant_bits = significant;
        metric->sa_flags = flags;
    }
}

static void read_masks(intellivue_metric *metric, intellivue_reader *reader) {
    uint16_t count = 0;
    intellivue_reader list = intellivue_read_list(reader, &count);
    uint16_t masks[INTELLIVUE_MASKS] = {0};
    for (uint16_t n = 0; n < count; n++) {
        uint16_t id = intellivue_read_u16(&list);
        uint16_t mask = intellivue_read_u16(&list);
        if (id < INTELLIVUE_MASKS) {
            masks[id] = mask;
        }
    }
    reader->has_failed |= list.has_failed;
    if (!reader->has_failed) {
        memcpy(metric->masks, masks, sizeof masks);
    }
}

/* MetricSpec: update period, category, access, structure, relevance. */
static void read_metric_spec(intellivue_metric *metric, intellivue_reader *reader) {
    (void)intellivue_read_u32(reader);
    uint16_t category = intellivue_read_u16(reader);
    uint16_t access = intellivue_read_u16(reader);
    if (!reader->has_failed) {
        metric->category = category;
        metric->access = access;
        metric->has_spec = true;
    }
}

static void read_number(uint32_t number, const intellivue_reader *reader, uint32_t *to) {
    *to = reader->has_failed ? *to : number;
}

static void learn(intellivue_metric *metric, uint16_t attribute, intellivue_reader *reader) {
    switch (attribute) {
    case NOM_ATTR_ID_LABEL: {
        uint32_t label = intellivue_read_u32(reader);
        read_number(label, reader, &metric->label);
        break;
    }
    case NOM_ATTR_ID_LABEL_STRING: {
        dragoman_bytes text = intellivue_read_sized(reader);
        metric->text_size = (uint8_t)intellivue_text_from_utf16(text, metric->text, sizeof metric->text);
        break;
    }
    case NOM_ATTR_UNIT_CODE: {
        uint16_t unit = intellivue_read_u16(reader);
        metric->unit = reader->has_failed ? metric->unit : unit;
        metric->has_unit |= !reader->has_failed;
        break;
    }
    case NOM_ATTR_TIME_PD_SAMP: {
        uint32_t period = intellivue_read_u32(reader);
        read_number(period, reader, &metric->sample_period);
        break;
    }
    case NOM_ATTR_SCALE_SPECN_I16:
        read_scale(metric, reader);
        break;
    case NOM_ATTR_SA_SPECN:
        read_sample_spec(metric, reader);
        break;
    case NOM_ATTR_SA_FIXED_VAL_SPECN:
        read_masks(metric, reader);
        break;
    case NOM_ATTR_METRIC_SPECN:
        read_metric_spec(metric, reader);
        break;
    default:
        break;
    }
}

uint32_t intellivue_metric_learn(intellivue_metric *metric, const intellivue_object *object) {
    intellivue_reader list = intellivue_reader_of(object->attributes);
    uint32_t too_short = 0;
    for (uint16_t n = 0; n < object->count; n++) {
        uint16_t attribute = intellivue_read_u16(&list);
        intellivue_reader value = intellivue_reader_of(intellivue_read_sized(&list));
        learn(metric, attribute, &value);
        too_short += value.has_failed ? 1 : 0;
    }
    return too_short;
}

/* Waves: SaObsValue and SaObsValueCmp. Samples go out as they were sent, beside the scale that makes values of them. */
#include "codes.h"
#include "findings.h"
#include "scale.h"

#define TICK_NS 125000

/* What a wave's samples look like, and what they mean. */
typedef struct wave_form {
    const intellivue_metric *metric;
    intellivue_line line;
    uint32_t sample_bytes;
    uint16_t significant; /* mask of the bits that are the sample */
} wave_form;

/* A wave whose context has not come yet, or that has no line for a scale, cannot be read: false. */
static bool form_of(const intellivue_metric *metric, wave_form *form) {
    if (metric == NULL || metric->sample_period == 0 || !metric->has_scale ||
        (metric->sample_size != 8 && metric->sample_size != 16)) {
        return false;
    }
    *form = (wave_form){.metric = metric, .sample_bytes = metric->sample_size / 8u, .significant = 0xFFFF};
    if ((metric->sa_flags & SA_EXT_VAL_RANGE) != 0 && metric->significant_bits < 16) {
        form->significant = (uint16_t)((1u << metric->significant_bits) - 1);
    }
    return intellivue_scale_line(&metric->scale, &form->line) == DRAGOMAN_OK;
}

/* Reads the samples into the narrowest type that holds them. Invalid ones become holes. */
static dragoman_samples *read_samples(intellivue_findings *self, const wave_form *form, dragoman_bytes array) {
    uint32_t count = (uint32_t)(array.size / form->sample_bytes);
    dragoman_samples *samples = (dragoman_samples *)intellivue_take(self, sizeof *samples);
    int32_t *data = (int32_t *)intellivue_take(self, (count + 1) * sizeof *data);
    if (samples == NULL || data == NULL) {
        return NULL;
    }
    intellivue_reader reader = intellivue_reader_of(array);
    uint16_t invalid = form->metric->masks[SA_FIX_INVALID_MASK];
    bool has_holes = false;
    for (uint32_t n = 0; n < count; n++) {
        uint16_t sample = form->sample_bytes == 1 ? intellivue_read_u8(&reader) : intellivue_read_u16(&reader);
        bool is_hole = (sample & invalid) != 0;
        data[n] = is_hole ? INT32_MIN : sample & form->significant;
        has_holes |= is_hole;
    }
    *samples = (dragoman_samples){.struct_size = sizeof *samples,
                                  .sample_bytes = 4,
                                  .has_missing = has_holes ? 1 : 0,
                                  .data = data,
                                  .count = count,
                                  .dimensions = 1,
                                  .period_ns = (int64_t)form->metric->sample_period * TICK_NS,
                                  .scale = form->line.scale,
                                  .origin = form->line.origin,
                                  .low = form->line.low,
                                  .high = form->line.high,
                                  .missing = has_holes ? INT32_MIN : 0};
    return samples;
}

/* Halves the block when all samples fit: INT32_MIN, the hole, becomes INT16_MIN. */
static void narrow(intellivue_findings *self, dragoman_samples *samples) {
    const int32_t *wide = (const int32_t *)samples->data;
    for (uint32_t n = 0; n < samples->count; n++) {
        if (wide[n] > INT16_MAX) {
            return;
        }
    }
    int16_t *slim = (int16_t *)intellivue_take(self, (samples->count + 1) * sizeof *slim);
    if (slim == NULL) {
        return;
    }
    for (uint32_t n = 0; n < samples->count; n++) {
        slim[n] = wide[n] == INT32_MIN ? INT16_MIN : (int16_t)wide[n];
    }
    samples->sample_bytes = 2;
    samples->data = slim;
    samples->missing = samples->has_missing ? INT16_MIN : 0;
}

/* SaObsValue. `part` counts from 1. */
static void read_value(intellivue_findings *self, intellivue_reader *reader, const intellivue_object *object,
                       const wave_form *form, uint32_t part, bool is_compound) {
    uint16_t physio_id = intellivue_read_u16(reader);
    uint16_t state = intellivue_read_u16(reader);
    dragoman_bytes array = intellivue_read_sized(reader);
    if (reader->has_failed || array.size % form->sample_bytes != 0 ||
        array.size / form->sample_bytes > INTELLIVUE_SAMPLES) {
        self->odd++;
        return;
    }
    dragoman_observation *observation = intellivue_findings_add(self);
    dragoman_value *value = (dragoman_value *)intellivue_take(self, sizeof *value);
    if (observation == NULL || value == NULL) {
        return;
    }
    dragoman_absent absent = intellivue_absence(state);
    *value = (dragoman_value){.kind = DRAGOMAN_VALUE_NONE, .absent = (uint8_t)absent};
    if (absent == DRAGOMAN_PRESENT) {
        dragoman_samples *samples = read_samples(self, form, array);
        if (samples == NULL) {
            self->observation_count--;
            return;
        }
        narrow(self, samples);
        *value = (dragoman_value){.kind = DRAGOMAN_VALUE_SAMPLES, .samples = samples};
        observation->measured_until =
            intellivue_time_add(self->at, (uint64_t)form->metric->sample_period * samples->count);
    }
    observation->path = (dragoman_path){1, object->context + 1u, object->handle, part};
    observation->code = intellivue_concept(self, INTELLIVUE_PART_SCADA, physio_id, form->metric, is_compound);
    if (form->metric->has_unit) {
        observation->unit = intellivue_code(self, INTELLIVUE_PART_DIM, form->metric->unit);
    }
    observation->values = DRAGOMAN_LIST(value, 1);
    observation->status = intellivue_status(state);
    observation->obtained = DRAGOMAN_OBTAINED_CONTINUOUS;
    observation->time_is_own = 1;
}

static void read_compound(intellivue_findings *self, dragoman_bytes attribute, const intellivue_object *object,
                          const wave_form *form) {
    intellivue_reader reader = intellivue_reader_of(attribute);
    uint16_t count = 0;
    intellivue_reader list = intellivue_read_list(&reader, &count);
    for (uint16_t n = 0; n < count && !list.has_failed; n++) {
        read_value(self, &list, object, form, n + 1u, true);
    }
    self->odd += !intellivue_reader_is_done(&list) || reader.has_failed ? 1 : 0;
}

void intellivue_wave_read(intellivue_findings *self, const intellivue_object *object, const intellivue_metric *metric) {
    dragoman_bytes compound = intellivue_attribute(object, NOM_ATTR_SA_CMPD_VAL_OBS);
    dragoman_bytes simple = intellivue_attribute(object, NOM_ATTR_SA_VAL_OBS);
    wave_form form;
    if ((compound.size == 0 && simple.size == 0) || !form_of(metric, &form)) {
        return;
    }
    if (compound.size > 0) {
        read_compound(self, compound, object, &form);
    } else {
        intellivue_reader reader = intellivue_reader_of(simple);
        read_value(self, &reader, object, &form, 1, false);
    }
}

/* NA and MA: numeric arrays as blocks of equally spaced samples. */
#include "number.h"
#include "value.h"

#define POWERS 10 /* ten to this is beyond any sample: only 0 survives it */

typedef struct shape {
    uint32_t rows;
    uint32_t width;   /* of the widest row */
    int16_t exponent; /* the least */
    bool is_number;   /* all parts are numbers or holes */
} shape;

static void measure(hl7v2_message *message, dragoman_bytes field, shape *ret_shape) {
    *ret_shape = (shape){.width = 1, .is_number = true};
    dragoman_bytes row = {NULL, 0};
    dragoman_bytes part = {NULL, 0};
    while (hl7v2_cut(&field, message->delimiters.repetition, &row)) {
        uint32_t width = 0;
        while (hl7v2_cut(&row, message->delimiters.component, &part)) {
            dragoman_decimal number = {0};
            part = hl7v2_trim(part);
            width++;
            if (part.size > 0 && !hl7v2_decimal_read(part, &number)) {
                ret_shape->is_number = false;
            }
            ret_shape->exponent = number.exponent < ret_shape->exponent ? number.exponent : ret_shape->exponent;
        }
        ret_shape->rows++;
        ret_shape->width = width > ret_shape->width ? width : ret_shape->width;
    }
}

/* The number in units of 10^exponent; false when it does not fit into a sample. */
static bool scale_to(dragoman_decimal number, int16_t exponent, int32_t *ret_sample) {
    int64_t sample = number.mantissa;
    int power = number.exponent - exponent;
    for (power = power > POWERS ? POWERS : power; power > 0; power--) {
        if (__builtin_mul_overflow(sample, INT64_C(10), &sample)) {
            return false;
        }
    }
    *ret_sample = (int32_t)sample;
    return sample > INT32_MIN && sample <= INT32_MAX;
}

/* Fills `to` row by row, short rows completed with holes when there is more than one. False when a number does not fit.
 */
static bool fill(hl7v2_message *message, dragoman_bytes field, const shape *form, int32_t *to, bool *ret_has_holes) {
    dragoman_bytes row = {NULL, 0};
    dragoman_bytes part = {NULL, 0};
    while (hl7v2_cut(&field, message->delimiters.repetition, &row)) {
        for (uint32_t n = 0; n < form->width; n++) {
            dragoman_decimal number = {0};
            part = (dragoman_bytes){NULL, 0};
            (void)hl7v2_cut(&row, message->delimiters.component, &part);
            part = hl7v2_trim(part);
            if (part.size == 0) {
                *to = INT32_MIN;
                *ret_has_holes = true;
            } else if (!hl7v2_decimal_read(part, &number) || !scale_to(number, form->exponent, to)) {
                return false;
            }
            to++;
        }
    }
    return true;
}

/* Halves the block when all samples fit: INT32_MIN, the hole, becomes INT16_MIN. */
static void narrow(hl7v2_message *message, dragoman_samples *samples, const int32_t *wide, uint32_t count) {
    for (uint32_t n = 0; n < count; n++) {
        if (wide[n] != INT32_MIN && (wide[n] <= INT16_MIN || wide[n] > INT16_MAX)) {
            return;
        }
    }
    int16_t *slim = (int16_t *)hl7v2_take(message->memory, count * sizeof *slim);
    if (slim == NULL) {
        return;
    }
    for (uint32_t n = 0; n < count; n++) {
        slim[n] = wide[n] == INT32_MIN ? INT16_MIN : (int16_t)wide[n];
    }
    samples->sample_bytes = 2;
    samples->data = slim;
    samples->missing = samples->has_missing ? INT16_MIN : 0;
}

static void keep_as_text(hl7v2_message *message, dragoman_bytes field, hl7v2_values *values) {
    dragoman_value value = {.kind = DRAGOMAN_VALUE_TEXT, .text = hl7v2_text(message, field)};
    values->list = hl7v2_values_one(message, &value);
    values->is_odd = true;
}

void hl7v2_samples_read(hl7v2_message *message, dragoman_bytes field, bool is_multiplexed, hl7v2_values *ret_values) {
    shape form;
    measure(message, field, &form);
    uint64_t count = (uint64_t)form.rows * form.width;
    if (count > HL7V2_SAMPLES) {
        ret_values->is_too_long = true;
        ret_values->list = hl7v2_values_absent(message, DRAGOMAN_ABSENT_ERROR);
        return;
    }
    int32_t *wide = (int32_t *)hl7v2_take(message->memory, count * sizeof *wide);
    dragoman_samples *samples = (dragoman_samples *)hl7v2_take(message->memory, sizeof *samples);
    if (wide == NULL || samples == NULL) {
        return;
    }
    bool has_holes = false;
    if (!form.is_number || !fill(message, field, &form, wide, &has_holes)) {
        keep_as_text(message, field, ret_values);
        return;
    }
    uint32_t dimensions = is_multiplexed || form.rows > 1 ? form.width : 1;
    *samples = (dragoman_samples){
        .struct_size = sizeof *samples,
        .sample_bytes = 4,
        .has_missing = has_holes,
        .data = wide,
        .count = (uint32_t)(count / dimensions),
        .dimensions = dimensions,
        .scale = {.mantissa = 1, .exponent = form.exponent},
        .low = HL7V2_NOT_A_NUMBER,
        .high = HL7V2_NOT_A_NUMBER,
        .missing = has_holes ? INT32_MIN : 0,
    };
    narrow(message, samples, wide, (uint32_t)count);
    dragoman_value value = {.kind = DRAGOMAN_VALUE_SAMPLES, .samples = samples};
    ret_values->list = hl7v2_values_one(message, &value);
    ret_values->samples = samples;
}

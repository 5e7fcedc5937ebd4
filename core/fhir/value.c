#include "fhir/value.h"
#include "base/decimal.h"
#include "base/time.h"
#include "fhir/concept.h"
#include "fhir/status.h"

fhir_unit fhir_unit_of(const terms_meaning *meaning, const dragoman_code *sent) {
    fhir_unit unit = {.ucum = meaning->ucum, .text = meaning->unit_text};
    if (json_trimmed(unit.text).size == 0) {
        unit.text = json_trimmed(sent->text).size > 0 ? sent->text : sent->code;
    }
    if (json_trimmed(unit.text).size == 0) {
        unit.text = unit.ucum;
    }
    return unit;
}

/* A number in the unit that it is written in. Returns false when it cannot be converted. */
static bool convert(const fhir_unit *unit, dragoman_decimal number, dragoman_decimal *ret_number) {
    *ret_number = number;
    return unit->from.size == 0 || terms_convert(number, unit->from, unit->ucum, ret_number) == DRAGOMAN_OK;
}

void fhir_unit_members(buffer *to, const fhir_unit *unit) {
    json_text(to, "unit", unit->text);
    if (unit->ucum.size > 0) {
        json_constant(to, "system", FHIR_UCUM);
        json_code(to, "code", unit->ucum);
    }
}

const char *fhir_comparator(uint8_t comparator) {
    static const char *const texts[] = {NULL, "<", "<=", ">", ">="};
    return comparator < sizeof texts / sizeof *texts ? texts[comparator] : NULL;
}

uint8_t fhir_comparator_of(uint8_t stated, uint32_t status) {
    if (stated != DRAGOMAN_EQUAL) {
        return stated;
    }
    if ((status & DRAGOMAN_STATUS_OVERFLOW) != 0) {
        return DRAGOMAN_GREATER;
    }
    return (status & DRAGOMAN_STATUS_UNDERFLOW) != 0 ? DRAGOMAN_LESS : DRAGOMAN_EQUAL;
}

void fhir_quantity(buffer *to, const char *name, dragoman_decimal number, uint8_t comparator, const fhir_unit *unit) {
    dragoman_decimal written;
    if (number.special != DRAGOMAN_FINITE || !convert(unit, number, &written)) {
        return;
    }
    size_t begin = json_open(to, name, '{');
    json_decimal(to, "value", written);
    json_constant(to, "comparator", fhir_comparator(comparator));
    fhir_unit_members(to, unit);
    json_close(to, begin);
}

static void time_member(buffer *to, const char *name, dragoman_time time) {
    char text[TIME_TEXT_BYTES];
    dragoman_bytes written = {(const uint8_t *)text, time_write_fhir(time, text)};
    json_text(to, name, written);
}

static void value_time(buffer *to, dragoman_time time) {
    char text[TIME_TEXT_BYTES];
    if ((time.flags & DRAGOMAN_TIME_OF_DAY) != 0) {
        /* R4's time may have a fraction, but HL7's validator refuses it: the digits stay as text then. */
        bool has_fraction = time.precision == DRAGOMAN_TIME_SECOND && time.fraction_digits > 0;
        json_text(to, has_fraction ? "valueString" : "valueTime",
                  (dragoman_bytes){(const uint8_t *)text, time_write_of_day(time, text)});
    } else {
        time_member(to, "valueDateTime", time);
    }
}

/* Whether a period may be written: FHIR wants its start not after its end, which needs both on one time line. */
static bool is_ordered(dragoman_time from, dragoman_time until) {
    bool both = from.precision != DRAGOMAN_TIME_NONE && until.precision != DRAGOMAN_TIME_NONE;
    bool known = from.offset_minutes != DRAGOMAN_OFFSET_UNKNOWN && until.offset_minutes != DRAGOMAN_OFFSET_UNKNOWN;
    if (!both) {
        return true;
    }
    return known ? time_utc_us(from) <= time_utc_us(until) : from.civil_us <= until.civil_us;
}

static void value_period(buffer *to, const dragoman_value *value) {
    size_t begin = json_open(to, "valuePeriod", '{');
    if (is_ordered(value->from, value->to)) {
        time_member(to, "start", value->from);
        time_member(to, "end", value->to);
    }
    json_close(to, begin);
}

static void value_range(buffer *to, const dragoman_value *value, const fhir_unit *unit) {
    dragoman_decimal low = value->number;
    dragoman_decimal high = value->other_number;
    bool both = low.special == DRAGOMAN_FINITE && high.special == DRAGOMAN_FINITE;
    if (both && decimal_compare(low, high) > 0) {
        /* FHIR forbids a range that falls; the words keep what was said. */
        char text[2 * DECIMAL_TEXT_BYTES + 3];
        size_t size = decimal_write(low, text);
        memcpy(text + size, " - ", 3);
        size += 3;
        size += decimal_write(high, text + size);
        json_text(to, "valueString", (dragoman_bytes){(const uint8_t *)text, size});
        return;
    }
    size_t begin = json_open(to, "valueRange", '{');
    fhir_quantity(to, "low", low, DRAGOMAN_EQUAL, unit);
    fhir_quantity(to, "high", high, DRAGOMAN_EQUAL, unit);
    json_close(to, begin);
}

static void value_ratio(buffer *to, const dragoman_value *value, const fhir_unit *unit) {
    static const fhir_unit plain = {0};
    if (value->number.special != DRAGOMAN_FINITE || value->other_number.special != DRAGOMAN_FINITE) {
        return;
    }
    size_t begin = json_open(to, "valueRatio", '{');
    fhir_quantity(to, "numerator", value->number, value->comparator, unit);
    fhir_quantity(to, "denominator", value->other_number, DRAGOMAN_EQUAL, &plain);
    json_close(to, begin);
}

void fhir_bits(buffer *to, const dragoman_value *value, uint32_t mdc) {
    for (uint32_t bit = 0; bit < value->bit_count && bit < 64; bit++) {
        size_t element = json_open(to, NULL, '{');
        size_t code = json_open(to, "code", '{');
        if (mdc != 0) {
            size_t codings = json_open(to, "coding", '[');
            size_t coding = json_open(to, NULL, '{');
            json_constant(to, "system", "http://hl7.org/fhir/uv/phd/CodeSystem/ASN1ToHL7");
            buffer_append_format(to, "\"code\":\"%lu.%u\",", (unsigned long)mdc, (unsigned)bit);
            json_close(to, coding);
            json_close(to, codings);
        }
        buffer_append_format(to, "\"text\":\"bit %u\",", (unsigned)bit);
        json_close(to, code);
        size_t concept = json_open(to, "valueCodeableConcept", '{');
        size_t codings = json_open(to, "coding", '[');
        bool is_set = (value->bits >> bit & 1) != 0;
        fhir_plain_coding(to, "http://terminology.hl7.org/CodeSystem/v2-0136", bytes_of(is_set ? "Y" : "N"),
                          (dragoman_bytes){NULL, 0});
        json_close(to, codings);
        json_close(to, concept);
        json_close(to, element);
    }
}

void fhir_value(const fhir_writer *writer, buffer *to, const dragoman_value *value, const fhir_unit *unit,
                uint32_t status) {
    size_t begin = to->size;
    switch ((dragoman_value_kind)value->kind) {
    case DRAGOMAN_VALUE_DECIMAL:
        fhir_quantity(to, "valueQuantity", value->number, fhir_comparator_of(value->comparator, status), unit);
        break;
    case DRAGOMAN_VALUE_TEXT:
        json_text(to, "valueString", value->text);
        break;
    case DRAGOMAN_VALUE_CODE:
        fhir_concept(writer, to, "valueCodeableConcept", &value->concept);
        break;
    case DRAGOMAN_VALUE_SAMPLES:
        fhir_samples(to, value->samples, unit);
        break;
    case DRAGOMAN_VALUE_TIME:
        value_time(to, value->from);
        break;
    case DRAGOMAN_VALUE_PERIOD:
        value_period(to, value);
        break;
    case DRAGOMAN_VALUE_RANGE:
        value_range(to, value, unit);
        break;
    case DRAGOMAN_VALUE_RATIO:
        value_ratio(to, value, unit);
        break;
    case DRAGOMAN_VALUE_ATTACHMENT:
        /* R4 has no value of this kind: the attachment stands in a Media. */
        fhir_absent(to, "unsupported");
        break;
    case DRAGOMAN_VALUE_BITS:
    case DRAGOMAN_VALUE_NONE:
        break;
    }
    if (to->size == begin) {
        fhir_absent(to, "unknown");
    }
}

static void one_range(buffer *to, const dragoman_range *range, const fhir_unit *unit, bool is_alarm) {
    bool has_low = range->text.size > 0 && range->low.special == DRAGOMAN_FINITE;
    bool has_high = range->text.size > 0 && range->high.special == DRAGOMAN_FINITE;
    if (range->text.size == 0 || (has_low && has_high && decimal_compare(range->low, range->high) > 0)) {
        has_low = false;
        has_high = false;
    }
    size_t element = json_open(to, NULL, '{');
    if (has_low) {
        fhir_quantity(to, "low", range->low, DRAGOMAN_EQUAL, unit);
    }
    if (has_high) {
        fhir_quantity(to, "high", range->high, DRAGOMAN_EQUAL, unit);
    }
    size_t before = to->size;
    if (range->text.size > 0 && !has_low && !has_high) {
        json_text(to, "text", range->text);
    }
    /* FHIR wants a low, a high or words in every range; a type alone says nothing. */
    if (is_alarm && (to->size > before || has_low || has_high)) {
        JSON_APPEND(to, "\"type\":{\"text\":\"alarm limits\"},");
    }
    json_close(to, element);
}

void fhir_ranges(buffer *to, const dragoman_range *normal, const dragoman_range *alarm, const fhir_unit *unit) {
    size_t begin = json_open(to, "referenceRange", '[');
    one_range(to, normal, unit, false);
    one_range(to, alarm, unit, true);
    json_close(to, begin);
}

#include "value.h"
#include "number.h"
#include "time.h"

typedef enum value_type {
    TYPE_TEXT,
    TYPE_LINES, /* repetitions are lines of one text */
    TYPE_NUMBER,
    TYPE_STRUCTURED,
    TYPE_CODED,
    TYPE_WORD,
    TYPE_TIME,
    TYPE_TIME_OF_DAY,
    TYPE_PERIOD,
    TYPE_RANGE,
    TYPE_ARRAY,
    TYPE_MULTIPLEXED,
    TYPE_EMBEDDED,
    TYPE_REFERENCE,
} value_type;

static const struct {
    char name[4];
    value_type type;
} types[] = {
    {"NM", TYPE_NUMBER},    {"CWE", TYPE_CODED}, {"CE", TYPE_CODED},       {"ST", TYPE_TEXT},
    {"TX", TYPE_LINES},     {"FT", TYPE_LINES},  {"SN", TYPE_STRUCTURED},  {"CNE", TYPE_CODED},
    {"CF", TYPE_CODED},     {"IS", TYPE_WORD},   {"ID", TYPE_WORD},        {"DT", TYPE_TIME},
    {"TS", TYPE_TIME},      {"DTM", TYPE_TIME},  {"TM", TYPE_TIME_OF_DAY}, {"DR", TYPE_PERIOD},
    {"NR", TYPE_RANGE},     {"NA", TYPE_ARRAY},  {"MA", TYPE_MULTIPLEXED}, {"ED", TYPE_EMBEDDED},
    {"RP", TYPE_REFERENCE},
};

static value_type type_of(dragoman_bytes kind) {
    kind = hl7v2_trim(kind);
    for (size_t n = 0; n < sizeof types / sizeof *types; n++) {
        if (hl7v2_is(kind, types[n].name)) {
            return types[n].type;
        }
    }
    return TYPE_TEXT;
}

dragoman_list hl7v2_values_one(hl7v2_message *message, const dragoman_value *value) {
    dragoman_value *kept = (dragoman_value *)hl7v2_take(message->memory, sizeof *kept);
    if (kept == NULL) {
        return (dragoman_list){NULL, 0, sizeof *kept};
    }
    *kept = *value;
    return DRAGOMAN_LIST(kept, 1);
}

dragoman_list hl7v2_values_absent(hl7v2_message *message, uint8_t reason) {
    dragoman_value value = {.kind = DRAGOMAN_VALUE_NONE, .absent = reason};
    return hl7v2_values_one(message, &value);
}

static void set_absent(dragoman_value *value, uint8_t reason) {
    value->kind = DRAGOMAN_VALUE_NONE;
    value->absent = reason;
}

/* What devices write where a number is not there. */
static bool says_none(dragoman_bytes text, uint8_t *ret_reason) {
    *ret_reason = DRAGOMAN_ABSENT_UNKNOWN;
    if (text.size == 0 || hl7v2_is_null(text)) {
        return true;
    }
    if (hl7v2_is(text, "NaN") || hl7v2_is(text, "NAN")) {
        *ret_reason = DRAGOMAN_ABSENT_NOT_A_NUMBER;
        return true;
    }
    if (hl7v2_is(text, "-?-") || hl7v2_is(text, "?")) {
        return true;
    }
    uint8_t first = text.data[0];
    bool is_same = text.size >= 2 && (first == '-' || first == '*' || first == '?');
    for (size_t n = 1; is_same && n < text.size; n++) {
        is_same = text.data[n] == first;
    }
    return is_same;
}

static bool read_number(hl7v2_message *message, dragoman_bytes raw, dragoman_value *value) {
    dragoman_bytes text = hl7v2_trim(raw);
    value->kind = DRAGOMAN_VALUE_DECIMAL;
    if (hl7v2_decimal_read(text, &value->number)) {
        return true;
    }
    uint8_t reason = 0;
    text = hl7v2_trim(hl7v2_text(message, text));
    if (says_none(text, &reason)) {
        set_absent(value, reason);
        return true;
    }
    value->comparator = (uint8_t)hl7v2_comparator_cut(&text);
    return hl7v2_decimal_read(text, &value->number);
}

static void read_text(hl7v2_message *message, dragoman_bytes raw, dragoman_value *value) {
    value->kind = DRAGOMAN_VALUE_TEXT;
    value->text = hl7v2_text(message, raw);
    if (value->text.size == 0 || hl7v2_is_null(hl7v2_trim(raw))) {
        set_absent(value, DRAGOMAN_ABSENT_UNKNOWN);
        value->text.size = 0;
    }
}

/* Whether a is not above b; numbers that are too far apart to compare exactly are not. */
static bool is_ordered(dragoman_decimal a, dragoman_decimal b) {
    while (a.exponent > b.exponent) {
        if (__builtin_mul_overflow(a.mantissa, INT64_C(10), &a.mantissa)) {
            return false;
        }
        a.exponent--;
    }
    while (b.exponent > a.exponent) {
        if (__builtin_mul_overflow(b.mantissa, INT64_C(10), &b.mantissa)) {
            return false;
        }
        b.exponent--;
    }
    return a.mantissa <= b.mantissa;
}

/* SN: comparator ^ number ^ separator or suffix ^ number. */
static bool read_structured(hl7v2_message *message, dragoman_bytes raw, dragoman_value *value) {
    hl7v2_components c;
    hl7v2_split(message, raw, &c);
    dragoman_bytes part[4];
    for (size_t n = 0; n < 4; n++) {
        part[n] = hl7v2_word(message, c.part[n]);
    }
    bool has_first = part[1].size > 0;
    bool has_second = part[3].size > 0;
    if (!has_first && !has_second) {
        set_absent(value, DRAGOMAN_ABSENT_UNKNOWN);
        return true;
    }
    if ((has_first && !hl7v2_decimal_read(part[1], &value->number)) ||
        (has_second && !hl7v2_decimal_read(part[3], &value->other_number))) {
        return false;
    }
    bool has_both = has_first && has_second;
    if (has_both && hl7v2_is(part[2], "-") && is_ordered(value->number, value->other_number)) {
        value->kind = DRAGOMAN_VALUE_RANGE;
        return true;
    }
    if (has_both && (hl7v2_is(part[2], "/") || hl7v2_is(part[2], ":"))) {
        value->kind = DRAGOMAN_VALUE_RATIO;
        return true;
    }
    dragoman_bytes sign = part[0];
    dragoman_comparator comparator = hl7v2_comparator_cut(&sign);
    bool is_plain = has_first && part[2].size == 0 && !has_second;
    if (is_plain && (sign.size == 0 || hl7v2_is(sign, "="))) {
        value->kind = DRAGOMAN_VALUE_DECIMAL;
        value->comparator = (uint8_t)comparator;
        return true;
    }
    *value = (dragoman_value){.kind = DRAGOMAN_VALUE_TEXT, .text = hl7v2_join(message, part, 4, 0)};
    return true;
}

static bool read_coded(hl7v2_message *message, dragoman_bytes raw, dragoman_value *value) {
    hl7v2_components c;
    hl7v2_split(message, raw, &c);
    value->kind = DRAGOMAN_VALUE_CODE;
    value->concept = hl7v2_concept_of(message, &c);
    if (value->concept.coding_count == 0 && value->concept.text.size == 0) {
        set_absent(value, DRAGOMAN_ABSENT_UNKNOWN);
    }
    return true;
}

static bool read_time(hl7v2_message *message, dragoman_bytes raw, value_type type, int16_t zone,
                      dragoman_value *value) {
    dragoman_bytes text = hl7v2_word(message, hl7v2_component(message, raw, 1));
    if (text.size == 0) {
        set_absent(value, DRAGOMAN_ABSENT_UNKNOWN);
        return true;
    }
    value->kind = DRAGOMAN_VALUE_TIME;
    return type == TYPE_TIME ? hl7v2_time_read(text, zone, &value->from)
                             : hl7v2_time_of_day_read(text, zone, &value->from);
}

/* DR and NR: two ends, either of which may be missing. */
static bool read_ends(hl7v2_message *message, dragoman_bytes raw, value_type type, int16_t zone,
                      dragoman_value *value) {
    dragoman_bytes low = hl7v2_word(message, hl7v2_component(message, raw, 1));
    dragoman_bytes high = hl7v2_word(message, hl7v2_component(message, raw, 2));
    if (low.size + high.size == 0) {
        set_absent(value, DRAGOMAN_ABSENT_UNKNOWN);
        return true;
    }
    if (type == TYPE_PERIOD) {
        value->kind = DRAGOMAN_VALUE_PERIOD;
        bool is_from = hl7v2_time_read(low, zone, &value->from);
        bool is_to = hl7v2_time_read(high, zone, &value->to);
        return (is_from || low.size == 0) && (is_to || high.size == 0);
    }
    value->kind = DRAGOMAN_VALUE_RANGE;
    value->number = HL7V2_NOT_A_NUMBER;
    value->other_number = HL7V2_NOT_A_NUMBER;
    bool is_range = (low.size == 0 || hl7v2_decimal_read(low, &value->number)) &&
                    (high.size == 0 || hl7v2_decimal_read(high, &value->other_number));
    return is_range && (low.size == 0 || high.size == 0 || is_ordered(value->number, value->other_number));
}

/* One repetition; false when it is not of its type. */
static bool read_one(hl7v2_message *message, value_type type, dragoman_bytes raw, int16_t zone, dragoman_value *value) {
    switch (type) {
    case TYPE_NUMBER:
        return read_number(message, raw, value);
    case TYPE_STRUCTURED:
        return read_structured(message, raw, value);
    case TYPE_CODED:
        return read_coded(message, raw, value);
    case TYPE_WORD: {
        dragoman_bytes word = hl7v2_word(message, raw);
        value->kind = DRAGOMAN_VALUE_CODE;
        value->concept = word.size > 0 ? hl7v2_concept_of_word(message, word) : value->concept;
        if (word.size == 0) {
            set_absent(value, DRAGOMAN_ABSENT_UNKNOWN);
        }
        return true;
    }
    case TYPE_TIME:
    case TYPE_TIME_OF_DAY:
        return read_time(message, raw, type, zone, value);
    case TYPE_PERIOD:
    case TYPE_RANGE:
        return read_ends(message, raw, type, zone, value);
    case TYPE_EMBEDDED:
        return hl7v2_embedded_read(message, raw, value);
    case TYPE_REFERENCE:
        return hl7v2_reference_read(message, raw, value);
    default:
        read_text(message, raw, value);
        return true;
    }
}

/* Repetitions of TX and FT: lines. */
static void read_lines(hl7v2_message *message, dragoman_bytes field, dragoman_value *value) {
    uint8_t separator = message->delimiters.repetition;
    if (memchr(field.data, separator, field.size) == NULL) {
        read_text(message, field, value);
        return;
    }
    bool may_grow = message->is_raw || memchr(field.data, message->delimiters.escape, field.size) != NULL;
    uint8_t *joined = (uint8_t *)hl7v2_take(message->memory, may_grow ? field.size * 4 : field.size);
    size_t size = 0;
    dragoman_bytes part = {NULL, 0};
    bool is_first = true;
    while (joined != NULL && hl7v2_cut(&field, separator, &part)) {
        part = hl7v2_text(message, part);
        if (!is_first) {
            joined[size++] = '\n';
        }
        if (part.size > 0) {
            memcpy(joined + size, part.data, part.size);
        }
        size += part.size;
        is_first = false;
    }
    value->kind = DRAGOMAN_VALUE_TEXT;
    value->text = (dragoman_bytes){joined, size};
}

static void read_repetitions(hl7v2_message *message, value_type type, dragoman_bytes field, int16_t zone,
                             hl7v2_values *values) {
    uint32_t count = 1;
    for (size_t n = 0; n < field.size; n++) {
        count += field.data[n] == message->delimiters.repetition;
    }
    if (count > HL7V2_VALUES) {
        count = HL7V2_VALUES;
        values->is_too_long = true;
    }
    dragoman_value *items = (dragoman_value *)hl7v2_take(message->memory, count * sizeof *items);
    if (items == NULL) {
        return;
    }
    dragoman_bytes part = {NULL, 0};
    for (uint32_t n = 0; n < count && hl7v2_cut(&field, message->delimiters.repetition, &part); n++) {
        memset(&items[n], 0, sizeof items[n]);
        if (!read_one(message, type, part, zone, &items[n])) {
            values->is_odd = true;
            memset(&items[n], 0, sizeof items[n]);
            read_text(message, part, &items[n]);
        }
    }
    values->list = DRAGOMAN_LIST(items, count);
}

void hl7v2_values_read(hl7v2_message *message, dragoman_bytes kind, dragoman_bytes field, int16_t zone,
                       hl7v2_values *ret_values) {
    memset(ret_values, 0, sizeof *ret_values);
    ret_values->list.item_size = sizeof(dragoman_value);
    dragoman_bytes trimmed = hl7v2_trim(field);
    if (trimmed.size == 0 || hl7v2_is_null(trimmed)) {
        ret_values->list = hl7v2_values_absent(message, DRAGOMAN_ABSENT_UNKNOWN);
        return;
    }
    value_type type = type_of(kind);
    if (type == TYPE_NUMBER) {
        /* The usual case: one number. */
        dragoman_value value = {.kind = DRAGOMAN_VALUE_DECIMAL};
        if (hl7v2_decimal_read(trimmed, &value.number)) {
            ret_values->list = hl7v2_values_one(message, &value);
            return;
        }
    }
    if (type == TYPE_LINES) {
        dragoman_value value = {0};
        read_lines(message, field, &value);
        ret_values->list = hl7v2_values_one(message, &value);
        return;
    }
    if (type == TYPE_ARRAY || type == TYPE_MULTIPLEXED) {
        hl7v2_samples_read(message, trimmed, type == TYPE_MULTIPLEXED, ret_values);
        return;
    }
    read_repetitions(message, type, field, zone, ret_values);
}

/* The two ends of "low-high", where either may be negative. */
static bool cut_ends(dragoman_bytes text, dragoman_range *range) {
    for (size_t n = 1; n + 1 < text.size; n++) {
        if (text.data[n] != '-') {
            continue;
        }
        dragoman_bytes low = hl7v2_trim((dragoman_bytes){text.data, n});
        dragoman_bytes high = hl7v2_trim((dragoman_bytes){text.data + n + 1, text.size - n - 1});
        return hl7v2_decimal_read(low, &range->low) && hl7v2_decimal_read(high, &range->high) &&
               is_ordered(range->low, range->high);
    }
    return false;
}

static bool read_range(hl7v2_message *message, dragoman_bytes text, dragoman_range *range) {
    dragoman_bytes number = text;
    dragoman_comparator comparator = hl7v2_comparator_cut(&number);
    if (comparator != DRAGOMAN_EQUAL) {
        bool is_below = comparator == DRAGOMAN_LESS || comparator == DRAGOMAN_LESS_OR_EQUAL;
        return hl7v2_decimal_read(number, is_below ? &range->high : &range->low);
    }
    if (memchr(text.data, message->delimiters.component, text.size) != NULL) {
        dragoman_bytes low = hl7v2_word(message, hl7v2_component(message, text, 1));
        dragoman_bytes high = hl7v2_word(message, hl7v2_component(message, text, 2));
        return hl7v2_decimal_read(low, &range->low) && hl7v2_decimal_read(high, &range->high) &&
               is_ordered(range->low, range->high);
    }
    return cut_ends(text, range);
}

dragoman_range hl7v2_range_read(hl7v2_message *message, dragoman_bytes field) {
    dragoman_range range = {0};
    dragoman_bytes raw = hl7v2_trim(field);
    if (raw.size == 0 || hl7v2_is_null(raw)) {
        return range;
    }
    range = (dragoman_range){HL7V2_NOT_A_NUMBER, HL7V2_NOT_A_NUMBER, hl7v2_text(message, raw)};
    if (range.text.size > 0 && !read_range(message, range.text, &range)) {
        range.low = HL7V2_NOT_A_NUMBER;
        range.high = HL7V2_NOT_A_NUMBER;
    }
    return range;
}

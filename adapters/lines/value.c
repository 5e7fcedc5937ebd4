/* What stands in a field: numbers with all their digits, words, bits, and the marks behind them. */
#include "report.h"
#include "words.h"

#include <stdio.h>

/* "4.0-12.0": two values of a record. */
#define LIMIT_TEXT (2 * LINES_TEXT_MAX + 2)

static const dragoman_decimal not_a_number = {.special = DRAGOMAN_NAN};

/* Text as UTF-8: what is no printable ASCII becomes U+FFFD. False: no memory. */
static bool copy_text(lines_building *to, dragoman_bytes text, dragoman_bytes *ret_text) {
    size_t size = 0;
    uint8_t *at = (uint8_t *)to->session->host->batch(to->session->context, text.size * 3 + 1);
    if (at == NULL) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] >= ' ' && text.data[i] < 0x7f) {
            at[size++] = text.data[i];
        } else {
            memcpy(at + size, "\xef\xbf\xbd", 3);
            size += 3;
            to->replaced++;
        }
    }
    *ret_text = (dragoman_bytes){at, size};
    return true;
}

static const lines_meaning *meaning_of(const lines_building *to, const lines_field *field, uint32_t index) {
    return &to->session->layout.meanings[field->first_meaning + index];
}

static lines_row *row_named(lines_building *to, dragoman_bytes name) {
    for (uint32_t i = 0; i < to->record->field_count; i++) {
        if (lines_same(to->rows[i].field->name, name)) {
            return &to->rows[i];
        }
    }
    return NULL;
}

/* What a meaning stands for is the case: its alert stands, and its state is that of the values that it speaks of. */
static void note(lines_building *to, lines_row *row, uint32_t index) {
    const lines_meaning *is = meaning_of(to, row->field, index);
    to->session->standing[row->field->first_meaning + index].is_seen = true;
    lines_row *named = is->of.size > 0 ? row_named(to, is->of) : NULL;
    bool is_value = row->field->type <= LINES_WORD;
    if (named != NULL) {
        named->status |= is->status;
    } else if (is_value) {
        row->status |= is->status;
    } else {
        for (uint32_t i = 0; i < to->record->field_count; i++) {
            to->rows[i].status |= to->rows[i].field->type == LINES_NUMBER ? is->status : 0;
        }
    }
}

static void say_absent(lines_row *row, uint8_t reason) {
    row->is_said = reason != LINES_UNMENTIONED;
    row->value = (dragoman_value){.kind = DRAGOMAN_VALUE_NONE, .absent = reason};
}

static bool say_text(lines_building *to, lines_row *row, dragoman_bytes text) {
    row->is_said = row->field->name.size > 0;
    row->value = (dragoman_value){.kind = DRAGOMAN_VALUE_TEXT};
    return copy_text(to, text, &row->value.text);
}

/* What is no number where one is expected is said as it stands. */
static bool say_odd(lines_building *to, lines_row *row, dragoman_bytes text, uint32_t status) {
    to->odd_values++;
    row->status |= status;
    return say_text(to, row, text);
}

/* Without what the field has around its value. */
static dragoman_bytes bare(const lines_field *field, dragoman_bytes text) {
    lines_cut_prefix(&text, field->prefix);
    lines_cut_suffix(&text, field->suffix);
    return lines_trim(text);
}

/* "---", "--.-", "+--": nothing but dashes, and what stands around digits. */
static bool is_dashes(dragoman_bytes text) {
    bool has_dash = false;
    for (size_t i = 0; i < text.size; i++) {
        has_dash = has_dash || text.data[i] == '-';
        if (memchr("-+.,:%/ ", text.data[i], 8) == NULL) {
            return false;
        }
    }
    return has_dash;
}

static uint8_t comparator_of(dragoman_bytes *text) {
    static const struct {
        const char *sign;
        uint8_t comparator;
    } signs[] = {{"<=", DRAGOMAN_LESS_OR_EQUAL},
                 {">=", DRAGOMAN_GREATER_OR_EQUAL},
                 {"<", DRAGOMAN_LESS},
                 {">", DRAGOMAN_GREATER}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (lines_cut_prefix(text, (dragoman_bytes){(const uint8_t *)signs[i].sign, strlen(signs[i].sign)})) {
            *text = lines_trim(*text);
            return signs[i].comparator;
        }
    }
    return DRAGOMAN_EQUAL;
}

static bool read_decimal(const lines_building *to, const lines_field *field, dragoman_bytes text,
                         dragoman_decimal *ret_number) {
    return lines_decimal(text, to->session->layout.has_comma ? ',' : '.', ret_number) &&
           (!field->has_scale || lines_multiply(*ret_number, field->scale, ret_number));
}

static bool read_number(lines_building *to, lines_row *row, dragoman_bytes text) {
    const lines_field *field = row->field;
    dragoman_bytes digits = text;
    dragoman_value value = {.kind = DRAGOMAN_VALUE_DECIMAL, .comparator = comparator_of(&digits)};
    if (!read_decimal(to, field, digits, &value.number)) {
        return say_odd(to, row, text, DRAGOMAN_STATUS_QUESTIONABLE);
    }
    if ((field->has_least && lines_compare(value.number, field->least) < 0) ||
        (field->has_most && lines_compare(value.number, field->most) > 0)) {
        return say_odd(to, row, text, DRAGOMAN_STATUS_INVALID);
    }
    row->is_said = true;
    row->value = value;
    return true;
}

static bool read_word(lines_building *to, lines_row *row, dragoman_bytes text, const lines_meaning *meaning) {
    row->is_said = true;
    row->meaning = (dragoman_code){.system = to->session->layout.system};
    if (meaning != NULL) {
        row->meaning.text = meaning->text;
    }
    row->value = (dragoman_value){.kind = DRAGOMAN_VALUE_CODE,
                                  .concept = {.codings = &row->meaning, .coding_count = 1, .text = row->meaning.text}};
    return copy_text(to, text, &row->meaning.code);
}

/* Takes the marks off that stand behind a value, as "*" in "95*". */
static void take_marks(lines_building *to, lines_row *row, dragoman_bytes *text) {
    bool goes_on = true;
    while (goes_on) {
        goes_on = false;
        for (uint32_t i = 0; i < row->field->meaning_count; i++) {
            if (lines_cut_suffix(text, meaning_of(to, row->field, i)->mark)) {
                *text = lines_trim(*text);
                note(to, row, i);
                goes_on = true;
            }
        }
    }
}

static bool read_value(lines_building *to, lines_row *row, dragoman_bytes text) {
    const lines_field *field = row->field;
    const lines_layout *layout = &to->session->layout;
    const lines_meaning *meaning = NULL;
    take_marks(to, row, &text);
    text = bare(field, text);
    for (uint32_t i = 0; i < field->meaning_count && meaning == NULL; i++) {
        const lines_meaning *other = meaning_of(to, field, i);
        if (other->is.size > 0 && lines_same(other->is, text)) {
            meaning = other;
            note(to, row, i);
        }
    }
    if (meaning != NULL && meaning->absent != 0) {
        say_absent(row, meaning->absent);
        return true;
    }
    if (text.size == 0 || is_dashes(text)) {
        uint8_t own = text.size == 0 ? field->blank : field->dashes;
        uint8_t common = text.size == 0 ? layout->blank : layout->dashes;
        say_absent(row, own != 0 ? own : common);
        return true;
    }
    return field->type == LINES_NUMBER ? read_number(to, row, text)
           : field->type == LINES_WORD ? read_word(to, row, text, meaning)
                                       : say_text(to, row, text);
}

/* Words that nobody knows are said as they stand. */
static bool read_alarms(lines_building *to, lines_row *row) {
    dragoman_bytes rest = row->text;
    dragoman_bytes word = {NULL, 0};
    bool has_unknown = false;
    while (lines_next_word(&rest, &word)) {
        bool is_known = is_dashes(word);
        for (uint32_t i = 0; i < row->field->meaning_count; i++) {
            if (lines_same(meaning_of(to, row->field, i)->is, word)) {
                note(to, row, i);
                is_known = true;
            }
        }
        has_unknown = has_unknown || !is_known;
    }
    return !has_unknown || say_odd(to, row, row->text, DRAGOMAN_STATUS_QUESTIONABLE);
}

static bool read_bits(lines_building *to, lines_row *row) {
    uint64_t bits = 0;
    dragoman_bytes text = bare(row->field, row->text);
    if (text.size == 0 || is_dashes(text)) {
        say_absent(row, text.size == 0 ? to->session->layout.blank : to->session->layout.dashes);
        row->is_said = row->is_said && row->field->name.size > 0;
        return true;
    }
    if (!lines_hexadecimal(text, &bits)) {
        return say_odd(to, row, row->text, DRAGOMAN_STATUS_QUESTIONABLE);
    }
    for (uint32_t i = 0; i < row->field->meaning_count; i++) {
        int64_t bit = meaning_of(to, row->field, i)->bit;
        if (bit >= 0 && (bits >> bit & 1) != 0) {
            note(to, row, i);
        }
    }
    row->is_said = row->field->name.size > 0;
    row->value = (dragoman_value){.kind = DRAGOMAN_VALUE_BITS, .bit_count = (uint8_t)(text.size * 4), .bits = bits};
    return true;
}

/* A text about the device itself; the last one counts. */
static void keep_own(lines_building *to, lines_own_text *own, dragoman_bytes text) {
    if (text.size == 0 || is_dashes(text)) {
        return;
    }
    own->size = (uint8_t)(text.size < LINES_TEXT_MAX ? text.size : LINES_TEXT_MAX);
    for (size_t i = 0; i < own->size; i++) {
        bool is_printable = text.data[i] >= ' ' && text.data[i] < 0x7f;
        own->bytes[i] = is_printable ? text.data[i] : '?';
        to->replaced += !is_printable;
    }
}

static void hear_of(lines_building *to, const lines_field *field) {
    for (uint32_t i = 0; i < field->meaning_count; i++) {
        to->session->standing[field->first_meaning + i].is_heard_of = true;
    }
}

static bool read_about_device(lines_building *to, lines_row *row) {
    dragoman_bytes text = bare(row->field, row->text);
    switch (row->field->type) {
    case LINES_SERIAL:
        keep_own(to, &to->session->serial, text);
        return true;
    case LINES_MODEL:
        keep_own(to, &to->session->model, text);
        return true;
    case LINES_VERSION:
        keep_own(to, &to->session->version, text);
        return true;
    case LINES_TIME:
        if (text.size > 0 && !is_dashes(text) && !lines_clock_read(row->field->format, text, &to->moment)) {
            to->odd_values++;
        }
        return true;
    default:
        return true; /* limits are put to their fields when all of these are read */
    }
}

bool lines_value_read(lines_building *to, lines_row *row) {
    hear_of(to, row->field);
    switch (row->field->type) {
    case LINES_NUMBER:
    case LINES_TEXT:
    case LINES_WORD:
        return read_value(to, row, row->text);
    case LINES_ALARMS:
        return read_alarms(to, row);
    case LINES_BITS:
        return read_bits(to, row);
    default:
        return read_about_device(to, row);
    }
}

static bool put_limit(lines_building *to, const lines_row *limit, lines_row *row) {
    bool is_low = limit->field->type == LINES_LOW_LIMIT;
    dragoman_decimal number = {0};
    dragoman_bytes text = bare(limit->field, limit->text);
    if (text.size == 0 || text.size > LINES_TEXT_MAX || is_dashes(text)) {
        return true;
    }
    if (!read_decimal(to, limit->field, text, &number)) {
        to->odd_values++; /* "OFF" and the like: there is no limit */
        return true;
    }
    if (row->limits.text.size == 0) {
        row->limits = (dragoman_range){not_a_number, not_a_number, {NULL, 0}};
    }
    *(is_low ? &row->limits.low : &row->limits.high) = number;
    *(is_low ? &row->low : &row->high) = text;
    char *said = (char *)to->session->host->batch(to->session->context, LIMIT_TEXT);
    if (said == NULL) {
        return false;
    }
    int size =
        snprintf(said, LIMIT_TEXT, "%s%.*s%s%.*s",
                 row->high.size == 0  ? ">"
                 : row->low.size == 0 ? "<"
                                      : "",
                 (int)row->low.size, (const char *)row->low.data, row->low.size > 0 && row->high.size > 0 ? "-" : "",
                 (int)row->high.size, (const char *)row->high.data);
    row->limits.text = (dragoman_bytes){(const uint8_t *)said, (size_t)size};
    if (row->low.size > 0 && row->high.size > 0 && lines_compare(row->limits.low, row->limits.high) > 0) {
        row->limits.low = row->limits.high = not_a_number;
        to->odd_values++;
    }
    return true;
}

bool lines_limits_put(lines_building *to) {
    bool is_good = true;
    for (uint32_t i = 0; is_good && i < to->record->field_count; i++) {
        const lines_row *limit = &to->rows[i];
        bool is_limit = limit->field->type == LINES_LOW_LIMIT || limit->field->type == LINES_HIGH_LIMIT;
        lines_row *row = is_limit && limit->text.data != NULL ? row_named(to, limit->field->of) : NULL;
        is_good = row == NULL || put_limit(to, limit, row);
    }
    return is_good;
}

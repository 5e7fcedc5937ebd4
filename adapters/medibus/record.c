#include "record.h"
#include "number.h"
#include <string.h>

/* Characters of a record of the realtime configuration behind its code: interval, minimum, maximum, highest value. */
#define CURVE_FACTS 21u
#define ALARM_PHRASE 12u
/* Priorities and lengths are sent as characters from '0' on. */
#define COUNT_BASE 0x30u
#define PRIORITY_MOST 31u

/* Characters of a value behind its code; 0: not of fixed width. */
static size_t width_of(uint8_t code) {
    switch (code) {
    case MEDIBUS_DATA_1:
    case MEDIBUS_DATA_2:
    case MEDIBUS_LOW_LIMITS_1:
    case MEDIBUS_LOW_LIMITS_2:
    case MEDIBUS_HIGH_LIMITS_1:
    case MEDIBUS_HIGH_LIMITS_2:
        return 4;
    case MEDIBUS_SETTINGS:
        return 5;
    case MEDIBUS_ALARMS_1:
    case MEDIBUS_ALARMS_2:
        return ALARM_PHRASE;
    case MEDIBUS_CURVES:
        return CURVE_FACTS;
    default:
        return 0;
    }
}

static dragoman_bytes cut(dragoman_bytes *data, size_t size) {
    dragoman_bytes piece = {data->data, size};
    data->data += size;
    data->size -= size;
    return piece;
}

static bool has_end_of_text(dragoman_bytes text) {
    return text.size > 0 && memchr(text.data, MEDIBUS_ETX, text.size) != NULL;
}

/* A length, the text, and the sign for its end. */
static bool cut_text(dragoman_bytes *data, dragoman_bytes *ret_text) {
    if (data->size == 0 || data->data[0] < COUNT_BASE) {
        return false;
    }
    size_t size = data->data[0] - COUNT_BASE;
    if (data->size < size + 2 || data->data[size + 1] != MEDIBUS_ETX) {
        return false;
    }
    (void)cut(data, 1);
    *ret_text = cut(data, size);
    (void)cut(data, 1);
    return !has_end_of_text(*ret_text);
}

dragoman_status medibus_record_next(uint8_t code, dragoman_bytes *data, medibus_record *ret_record) {
    bool is_alarm = code == MEDIBUS_ALARMS_1 || code == MEDIBUS_ALARMS_2;
    size_t width = width_of(code);
    if (width == 0 && code != MEDIBUS_TEXTS) {
        return DRAGOMAN_UNSUPPORTED;
    }
    if (data->size == 0) {
        return DRAGOMAN_NEED_MORE;
    }
    dragoman_bytes rest = *data;
    medibus_record record = {0};
    if (rest.size < 2 + width + (is_alarm ? 1 : 0)) {
        return DRAGOMAN_INVALID;
    }
    if (is_alarm) {
        uint8_t priority = cut(&rest, 1).data[0];
        if (priority < COUNT_BASE || priority > COUNT_BASE + PRIORITY_MOST) {
            return DRAGOMAN_INVALID;
        }
        record.priority = (uint8_t)(priority - COUNT_BASE);
    }
    uint32_t number = 0;
    record.digits = cut(&rest, 2);
    if (!medibus_hex(record.digits.data, 2, &number)) {
        return DRAGOMAN_INVALID;
    }
    record.code = (uint8_t)number;
    if (width == 0) {
        if (!cut_text(&rest, &record.text)) {
            return DRAGOMAN_INVALID;
        }
    } else {
        record.text = cut(&rest, width);
        if (has_end_of_text(record.text)) {
            return DRAGOMAN_INVALID;
        }
    }
    *data = rest;
    *ret_record = record;
    return DRAGOMAN_OK;
}

bool medibus_records_check(uint8_t code, dragoman_bytes data, uint32_t *ret_count) {
    medibus_record record;
    dragoman_status status;
    uint32_t count = 0;
    while ((status = medibus_record_next(code, &data, &record)) == DRAGOMAN_OK) {
        count++;
    }
    *ret_count = count;
    return status == DRAGOMAN_NEED_MORE;
}

static bool is_version(dragoman_bytes text) {
    return text.size == 5 && text.data[2] == '.';
}

static uint8_t keep(dragoman_bytes text, uint8_t *to) {
    if (text.size > 0) {
        memcpy(to, text.data, text.size);
    }
    return (uint8_t)text.size;
}

/* "DD.DD:MM.MM", either of it, or blanks. What is not of that form says nothing. */
static void read_versions(dragoman_bytes text, medibus_identity *identity) {
    text = medibus_trim(text);
    const uint8_t *colon = text.size > 0 ? memchr(text.data, ':', text.size) : NULL;
    size_t before = colon == NULL ? text.size : (size_t)(colon - text.data);
    dragoman_bytes software = medibus_trim((dragoman_bytes){text.data, before});
    if (is_version(software)) {
        identity->software_size = keep(software, identity->software);
    }
    if (colon != NULL) {
        dragoman_bytes protocol = medibus_trim((dragoman_bytes){colon + 1, text.size - before - 1});
        if (is_version(protocol)) {
            identity->protocol_size = keep(protocol, identity->protocol);
        }
    }
}

bool medibus_identity_read(dragoman_bytes data, medibus_identity *ret_identity) {
    *ret_identity = (medibus_identity){0};
    if (data.size == 0) {
        return true;
    }
    uint32_t number = 0;
    if (data.size < 6 || !medibus_hex(data.data, 4, &number) || data.data[4] != '\'') {
        return false;
    }
    dragoman_bytes rest = {data.data + 5, data.size - 5};
    const uint8_t *end = memchr(rest.data, '\'', rest.size);
    if (end == NULL || (size_t)(end - rest.data) > MEDIBUS_NAME_MOST || has_end_of_text(data)) {
        return false;
    }
    size_t size = (size_t)(end - rest.data);
    ret_identity->number_size = keep((dragoman_bytes){data.data, 4}, ret_identity->number);
    ret_identity->name_size = keep(medibus_trim((dragoman_bytes){rest.data, size}), ret_identity->name);
    read_versions((dragoman_bytes){end + 1, rest.size - size - 1}, ret_identity);
    return true;
}

/* A number from 1 to INT32_MAX without a fraction. */
static bool read_count(dragoman_bytes field, uint32_t *ret_count) {
    dragoman_decimal number = {0};
    if (medibus_number_read(field, &number) != MEDIBUS_NUMBER || number.exponent != 0 || number.mantissa <= 0 ||
        number.mantissa > INT32_MAX) {
        return false;
    }
    *ret_count = (uint32_t)number.mantissa;
    return true;
}

/* Hexadecimal digits, with blanks before them where the number is short. */
static bool read_steps(dragoman_bytes field, uint32_t *ret_steps) {
    field = medibus_trim(field);
    return field.size > 0 && medibus_hex(field.data, field.size, ret_steps) && *ret_steps > 0;
}

bool medibus_curve_facts_read(const medibus_record *record, medibus_curve_facts *ret_facts) {
    dragoman_bytes text = record->text;
    if (text.size != CURVE_FACTS) {
        return false;
    }
    medibus_curve_facts facts = {.code = record->code};
    dragoman_bytes interval = cut(&text, 8);
    dragoman_bytes low = cut(&text, 5);
    dragoman_bytes high = cut(&text, 5);
    if (!read_count(interval, &facts.interval_us) || medibus_number_read(low, &facts.low) != MEDIBUS_NUMBER ||
        medibus_number_read(high, &facts.high) != MEDIBUS_NUMBER || !read_steps(text, &facts.steps) ||
        !medibus_number_step(facts.low, facts.high, facts.steps, &facts.step)) {
        return false;
    }
    *ret_facts = facts;
    return true;
}

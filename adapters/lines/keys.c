#include "keys.h"
#include "words.h"

#define OFFSET(type, member) (uint32_t)offsetof(type, member)
#define COUNT_OF(array) (uint32_t)(sizeof(array) / sizeof((array)[0]))

static const char *const abouts[] = {"patient", "place", NULL};
static const char *const reasons[] = {"unknown",        "temporarily-unknown", "not-asked", "not-performed", "error",
                                      "not-applicable", "unsupported",         "masked",    "unmentioned",   NULL};
static const uint8_t reason_numbers[] = {DRAGOMAN_ABSENT_UNKNOWN,
                                         DRAGOMAN_ABSENT_TEMPORARILY_UNKNOWN,
                                         DRAGOMAN_ABSENT_NOT_ASKED,
                                         DRAGOMAN_ABSENT_NOT_PERFORMED,
                                         DRAGOMAN_ABSENT_ERROR,
                                         DRAGOMAN_ABSENT_NOT_APPLICABLE,
                                         DRAGOMAN_ABSENT_UNSUPPORTED,
                                         DRAGOMAN_ABSENT_MASKED,
                                         LINES_UNMENTIONED};
static const char reasons_known[] = "one of these is expected: unknown, temporarily-unknown, not-asked, not-performed, "
                                    "error, not-applicable, unsupported, masked, unmentioned";
static const char *const checksums[] = {
    "none", "xor", "sum", "negative-sum", "crc16-modbus", "crc16-arc", "crc16-ccitt", "crc16-xmodem", NULL};
static const char *const forms[] = {"hex", "binary", NULL};
static const char *const orders[] = {"big", "little", NULL};
static const char *const types[] = {"number", "text",  "word",    "alarms",    "bits",       "time",
                                    "serial", "model", "version", "low-limit", "high-limit", NULL};
static const char *const obtaineds[] = {"continuous", "episodic", "setting", "calculated", "manual", NULL};
static const uint8_t obtained_numbers[] = {DRAGOMAN_OBTAINED_CONTINUOUS, DRAGOMAN_OBTAINED_EPISODIC,
                                           DRAGOMAN_OBTAINED_SETTING, DRAGOMAN_OBTAINED_CALCULATED,
                                           DRAGOMAN_OBTAINED_MANUAL};
static const char *const alerts[] = {"physiological", "technical", "advisory", NULL};
static const uint8_t alert_numbers[] = {DRAGOMAN_ALERT_PHYSIOLOGICAL, DRAGOMAN_ALERT_TECHNICAL,
                                        DRAGOMAN_ALERT_ADVISORY};
static const char *const priorities[] = {"none", "low", "medium", "high", NULL};
static const uint8_t priority_numbers[] = {DRAGOMAN_PRIORITY_NONE, DRAGOMAN_PRIORITY_LOW, DRAGOMAN_PRIORITY_MEDIUM,
                                           DRAGOMAN_PRIORITY_HIGH};

static const struct {
    const char *word;
    uint32_t bit;
} statuses[] = {{"invalid", DRAGOMAN_STATUS_INVALID},
                {"questionable", DRAGOMAN_STATUS_QUESTIONABLE},
                {"not-available", DRAGOMAN_STATUS_NOT_AVAILABLE},
                {"calibrating", DRAGOMAN_STATUS_CALIBRATING},
                {"test", DRAGOMAN_STATUS_TEST_DATA},
                {"demo", DRAGOMAN_STATUS_DEMO_DATA},
                {"early", DRAGOMAN_STATUS_EARLY},
                {"in-alarm", DRAGOMAN_STATUS_IN_ALARM},
                {"alarm-inhibited", DRAGOMAN_STATUS_ALARM_INHIBITED},
                {"overflow", DRAGOMAN_STATUS_OVERFLOW},
                {"underflow", DRAGOMAN_STATUS_UNDERFLOW},
                {"probe-off", DRAGOMAN_STATUS_PROBE_OFF},
                {"no-information", DRAGOMAN_STATUS_NO_INFORMATION}};

#define TEXT_KEY(name, type, member) {.key = (name), .kind = LINES_KEY_TEXT, .offset = OFFSET(type, member)}
#define BYTES_KEY(name, type, member) {.key = (name), .kind = LINES_KEY_BYTES, .offset = OFFSET(type, member)}
#define MARK_KEY(name, type, member) {.key = (name), .kind = LINES_KEY_MARK, .offset = OFFSET(type, member)}
#define COUNT_KEY(name, type, member, low, high)                                                                       \
    {.key = (name), .kind = LINES_KEY_COUNT, .offset = OFFSET(type, member), .least = (low), .most = (high)}
#define FLAG_KEY(name, type, member) {.key = (name), .kind = LINES_KEY_BOOLEAN, .offset = OFFSET(type, member)}
#define TIME_KEY(name, type, member)                                                                                   \
    {.key = (name),                                                                                                    \
     .kind = LINES_KEY_DURATION,                                                                                       \
     .offset = OFFSET(type, member),                                                                                   \
     .least = LINES_EVERY_LEAST_MS,                                                                                    \
     .most = LINES_EVERY_MOST_MS}
#define WORD_KEY(name, type, member, list, expected)                                                                   \
    {.key = (name), .kind = LINES_KEY_WORD, .offset = OFFSET(type, member), .words = (list), .sentence = (expected)}
#define NUMBERED_KEY(name, type, member, list, values, expected)                                                       \
    {.key = (name),                                                                                                    \
     .kind = LINES_KEY_WORD,                                                                                           \
     .offset = OFFSET(type, member),                                                                                   \
     .words = (list),                                                                                                  \
     .numbers = (values),                                                                                              \
     .sentence = (expected)}
#define REASON_KEY(name, type, member) NUMBERED_KEY(name, type, member, reasons, reason_numbers, reasons_known)
#define DECIMAL_KEY(name, type, member, is_there)                                                                      \
    {.key = (name), .kind = LINES_KEY_DECIMAL, .offset = OFFSET(type, member), .flag = OFFSET(type, is_there)}
#define NOTE_KEY {.key = "note", .kind = LINES_KEY_NOTE}

static const lines_key head[] = {
    TEXT_KEY("manufacturer", lines_layout, manufacturer),
    TEXT_KEY("model", lines_layout, model),
    TEXT_KEY("system", lines_layout, system),
    WORD_KEY("about", lines_layout, about, abouts, "patient or place is expected"),
    REASON_KEY("dashes", lines_layout, dashes),
    REASON_KEY("blank", lines_layout, blank),
    FLAG_KEY("decimal_comma", lines_layout, has_comma),
    MARK_KEY("frame.start", lines_layout, frame.start),
    MARK_KEY("frame.lines", lines_layout, frame.lines),
    COUNT_KEY("frame.length", lines_layout, frame.length, 1, LINES_RECORD_BYTES_MAX),
    COUNT_KEY("frame.longest", lines_layout, frame.longest, 1, LINES_RECORD_BYTES_MAX),
    COUNT_KEY("frame.skip", lines_layout, frame.skip, 1, LINES_RECORD_BYTES_MAX),
    COUNT_KEY("frame.trailer", lines_layout, frame.trailer, 1, LINES_TRAILER_MAX),
    WORD_KEY("checksum.kind", lines_layout, checksum.kind, checksums,
             "one of these is expected: none, xor, sum, negative-sum, crc16-modbus, crc16-arc, crc16-ccitt, "
             "crc16-xmodem"),
    WORD_KEY("checksum.form", lines_layout, checksum.is_binary, forms, "hex or binary is expected"),
    WORD_KEY("checksum.order", lines_layout, checksum.is_little, orders, "big or little is expected"),
    COUNT_KEY("checksum.skip_first", lines_layout, checksum.skip_first, 0, LINES_MARK_BYTES_MAX),
    COUNT_KEY("checksum.skip_last", lines_layout, checksum.skip_last, 0, LINES_MARK_BYTES_MAX),
};

static const lines_key poll[] = {
    MARK_KEY("send", lines_poll, send),
    MARK_KEY("end", lines_poll, end),
    TIME_KEY("every", lines_poll, every_ms),
    TIME_KEY("timeout", lines_poll, timeout_ms),
    NOTE_KEY,
};

static const lines_key record[] = {
    TEXT_KEY("name", lines_record, name),
    BYTES_KEY("when", lines_record, when),
    BYTES_KEY("separators", lines_record, separators),
    BYTES_KEY("divider", lines_record, divider),
    COUNT_KEY("counted", lines_record, counted, 1, LINES_COLUMNS_MAX),
    COUNT_KEY("counted_from", lines_record, counted_from, 1, LINES_COLUMNS_MAX),
    FLAG_KEY("ignore", lines_record, is_ignored),
    FLAG_KEY("header", lines_record, is_header),
    NOTE_KEY,
};

static const lines_key field[] = {
    TEXT_KEY("name", lines_field, name),
    TEXT_KEY("text", lines_field, text),
    TEXT_KEY("unit", lines_field, unit),
    BYTES_KEY("key", lines_field, key),
    BYTES_KEY("column", lines_field, column),
    {.key = "to", .kind = LINES_KEY_TO, .offset = OFFSET(lines_field, to), .least = 1, .most = LINES_COLUMNS_MAX},
    COUNT_KEY("at", lines_field, at, 1, LINES_RECORD_BYTES_MAX),
    COUNT_KEY("width", lines_field, width, 1, LINES_RECORD_BYTES_MAX),
    BYTES_KEY("prefix", lines_field, prefix),
    BYTES_KEY("suffix", lines_field, suffix),
    WORD_KEY("type", lines_field, type, types,
             "one of these is expected: number, text, word, alarms, bits, time, serial, model, version, low-limit, "
             "high-limit"),
    TEXT_KEY("format", lines_field, format),
    TEXT_KEY("of", lines_field, of),
    DECIMAL_KEY("scale", lines_field, scale, has_scale),
    DECIMAL_KEY("least", lines_field, least, has_least),
    DECIMAL_KEY("most", lines_field, most, has_most),
    NUMBERED_KEY("obtained", lines_field, obtained, obtaineds, obtained_numbers,
                 "one of these is expected: continuous, episodic, setting, calculated, manual"),
    REASON_KEY("dashes", lines_field, dashes),
    REASON_KEY("blank", lines_field, blank),
    NOTE_KEY,
};

static const lines_key meaning[] = {
    TEXT_KEY("is", lines_meaning, is),
    TEXT_KEY("mark", lines_meaning, mark),
    {.key = "bit", .kind = LINES_KEY_BIT, .offset = OFFSET(lines_meaning, bit), .least = 0, .most = 63},
    TEXT_KEY("name", lines_meaning, name),
    TEXT_KEY("text", lines_meaning, text),
    TEXT_KEY("of", lines_meaning, of),
    {.key = "status", .kind = LINES_KEY_STATUS, .offset = OFFSET(lines_meaning, status)},
    NUMBERED_KEY("alert", lines_meaning, alert, alerts, alert_numbers,
                 "physiological, technical or advisory is expected"),
    NUMBERED_KEY("priority", lines_meaning, priority, priorities, priority_numbers,
                 "none, low, medium or high is expected"),
    REASON_KEY("absent", lines_meaning, absent),
    NOTE_KEY,
};

const lines_keys lines_head_keys = {
    head, COUNT_OF(head),
    "this key is not known here; known are manufacturer, model, system, about, dashes, blank, decimal_comma, frame "
    "(start, end, lines, length, longest, skip, trailer), checksum (kind, form, order, skip_first, skip_last), poll, "
    "records"};
const lines_keys lines_poll_keys = {poll, COUNT_OF(poll),
                                    "this key is not known here; known are send, end, every, timeout, note"};
const lines_keys lines_record_keys = {
    record, COUNT_OF(record),
    "this key is not known here; known are name, when, separators, divider, counted, counted_from, ignore, header, "
    "fields, note"};
const lines_keys lines_field_keys = {
    field, COUNT_OF(field),
    "this key is not known here; known are name, text, unit, key, column, to, at, width, prefix, suffix, type, format, "
    "of, scale, least, most, obtained, dashes, blank, means, note"};
const lines_keys lines_meaning_keys = {
    meaning, COUNT_OF(meaning),
    "this key is not known here; known are is, mark, bit, name, text, of, status, alert, priority, absent, note"};

void lines_mistake(lines_teller *teller, dragoman_bytes key, const char *sentence) {
    teller->count++;
    if (teller->tell != NULL) {
        teller->tell(teller->context, key, (dragoman_bytes){(const uint8_t *)sentence, strlen(sentence)});
    }
}

/* A control character by its name, or a byte as 0xFF. -1: it is neither. */
static int named_byte(dragoman_bytes word) {
    static const char *const names[] = {
        "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT",  "LF",  "VT", "FF", "CR", "SO", "SI", "DLE",
        "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US", "SP", NULL};
    uint64_t byte = 0;
    int number = lines_word(word, names);
    if (number >= 0) {
        return number;
    }
    bool is_hexadecimal = word.size == 4 && word.data[0] == '0' && word.data[1] == 'x' &&
                          lines_hexadecimal(lines_part(word, 2, 2), &byte);
    return is_hexadecimal ? (int)byte : -1;
}

bool lines_mark_read(dragoman_bytes text, lines_mark *ret_mark) {
    dragoman_bytes rest = text;
    dragoman_bytes word = {NULL, 0};
    lines_mark mark = {0};
    bool is_named = text.size > 0;
    while (is_named && lines_next_word(&rest, &word)) {
        int byte = named_byte(word);
        bool is_both = lines_is(word, "CRLF");
        is_named = (byte >= 0 || is_both) && mark.size + 2u <= sizeof mark.bytes;
        if (is_named) {
            mark.bytes[mark.size++] = is_both ? '\r' : (uint8_t)byte;
            mark.bytes[mark.size] = '\n';
            mark.size = (uint8_t)(mark.size + is_both);
        }
    }
    if (!is_named || mark.size == 0) {
        if (text.size == 0 || text.size > sizeof mark.bytes) {
            return false;
        }
        memcpy(mark.bytes, text.data, text.size);
        mark.size = (uint8_t)text.size;
    }
    *ret_mark = mark;
    return true;
}

/* NULL: the value was taken; else what is expected. */
static const char *take_word(const lines_key *row, dragoman_bytes value, void *member) {
    int number = lines_word(value, row->words);
    if (number < 0) {
        return row->sentence;
    }
    *(uint8_t *)member = row->numbers == NULL ? (uint8_t)number : row->numbers[number];
    return NULL;
}

static const char *take_status(dragoman_bytes value, void *member) {
    for (uint32_t i = 0; i < COUNT_OF(statuses); i++) {
        if (lines_is(value, statuses[i].word)) {
            *(uint32_t *)member = statuses[i].bit;
            return NULL;
        }
    }
    return "one of these is expected: invalid, questionable, not-available, calibrating, test, demo, early, in-alarm, "
           "alarm-inhibited, overflow, underflow, probe-off, no-information";
}

static const char *take_number(const lines_key *row, dragoman_bytes value, void *member) {
    int64_t number = 0;
    if (!lines_integer(value, row->least, row->most, &number)) {
        return row->kind == LINES_KEY_BIT            ? "a bit from 0 (the lowest) to 63 is expected"
               : row->kind == LINES_KEY_TO           ? "a column from 1 to 512, or last, is expected"
               : row->most == LINES_COLUMNS_MAX      ? "a column from 1 to 512 is expected"
               : row->most == LINES_RECORD_BYTES_MAX ? "a number from 1 to 65536 is expected"
               : row->most == LINES_TRAILER_MAX      ? "a number from 1 to 16 is expected"
                                                     : "a number from 0 to 64 is expected";
    }
    if (row->kind == LINES_KEY_BIT) {
        *(int64_t *)member = number;
    } else {
        *(uint32_t *)member = (uint32_t)number;
    }
    return NULL;
}

static const char *take_boolean(dragoman_bytes value, void *member) {
    bool is_true = lines_is(value, "true");
    *(bool *)member = is_true;
    return is_true || lines_is(value, "false") ? NULL : "true or false is expected";
}

static const char *take_duration(const lines_key *row, dragoman_bytes value, void *member) {
    int64_t *ms = (int64_t *)member;
    bool is_good = lines_duration(value, ms) && *ms >= row->least && *ms <= row->most;
    return is_good ? NULL : "a time from 50ms to 24h is expected, like 10s";
}

static const char *take_text(const lines_key *row, dragoman_bytes value, void *member) {
    *(dragoman_bytes *)member = value;
    for (size_t i = 0; row->kind == LINES_KEY_TEXT && i < value.size; i++) {
        if (value.data[i] < ' ' || value.data[i] == 0x7f) {
            return "a text without control characters is expected";
        }
    }
    return value.size > 0 && value.size <= LINES_TEXT_MAX ? NULL : "a text of 1 to 128 bytes is expected";
}

static const char *take_value(const lines_key *row, dragoman_bytes value, void *to) {
    void *member = (uint8_t *)to + row->offset;
    switch (row->kind) {
    case LINES_KEY_TEXT:
    case LINES_KEY_BYTES:
        return take_text(row, value, member);
    case LINES_KEY_MARK:
        return lines_mark_read(value, (lines_mark *)member)
                   ? NULL
                   : "a text, names such as CR LF STX ETX, or bytes such as 0xFF are expected, 64 at most";
    case LINES_KEY_TO:
        if (lines_is(value, "last")) {
            *(uint32_t *)member = LINES_LAST;
            return NULL;
        }
        return take_number(row, value, member);
    case LINES_KEY_COUNT:
    case LINES_KEY_BIT:
        return take_number(row, value, member);
    case LINES_KEY_DECIMAL:
        *((bool *)to + row->flag) = true;
        return lines_decimal(value, '.', (dragoman_decimal *)member) ? NULL
                                                                     : "a decimal number is expected, like \"0.1\"";
    case LINES_KEY_DURATION:
        return take_duration(row, value, member);
    case LINES_KEY_WORD:
        return take_word(row, value, member);
    case LINES_KEY_STATUS:
        return take_status(value, member);
    case LINES_KEY_BOOLEAN:
        return take_boolean(value, member);
    default:
        return NULL;
    }
}

void lines_keys_take(const lines_keys *keys, dragoman_bytes key, dragoman_bytes value, dragoman_bytes whole, void *to,
                     lines_teller *teller) {
    for (uint32_t i = 0; i < keys->count; i++) {
        if (lines_is(key, keys->items[i].key)) {
            const char *expected = take_value(&keys->items[i], value, to);
            if (expected != NULL) {
                lines_mistake(teller, whole, expected);
            }
            return;
        }
    }
    lines_mistake(teller, whole, keys->known);
}

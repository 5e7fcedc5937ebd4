#include "envelope.h"

#define SECOND_US INT64_C(1000000)
#define FRACTION_DIGITS 6
#define ADDRESS_BYTES 17

/* The base of the short UUIDs: 0000XXXX-0000-1000-8000-00805F9B34FB. */
static const char base_tail[] = "-0000-1000-8000-00805f9b34fb";

static int hex_digit(uint8_t byte) {
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    uint8_t small = (uint8_t)(byte | 0x20u);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

static bool is_hex(dragoman_bytes text) {
    for (size_t n = 0; n < text.size; n++) {
        if (hex_digit(text.data[n]) < 0) {
            return false;
        }
    }
    return true;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar: whole eras of 400 years, years counted from March. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2 ? 1 : 0;
    int64_t era = year / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

bool gatt_civil(int64_t year, int64_t month, int64_t day, int64_t hour, int64_t minute, int64_t second,
                int64_t *ret_civil_us) {
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    if (day > days[month - 1] + (month == 2 && is_leap ? 1 : 0)) {
        return false;
    }
    *ret_civil_us = (days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second) * SECOND_US;
    return true;
}

/* Cuts `count` digits off. */
static bool cut_digits(dragoman_bytes *text, size_t count, int64_t *ret_number) {
    int64_t number = 0;
    for (size_t n = 0; n < count; n++) {
        if (n >= text->size || text->data[n] < '0' || text->data[n] > '9') {
            return false;
        }
        number = number * 10 + (text->data[n] - '0');
    }
    *text = (dragoman_bytes){text->data + count, text->size - count};
    *ret_number = number;
    return true;
}

static bool cut_sign(dragoman_bytes *text, uint8_t sign) {
    bool is_there = text->size > 0 && (text->data[0] | 0x20u) == (sign | 0x20u);
    if (is_there) {
        *text = (dragoman_bytes){text->data + 1, text->size - 1};
    }
    return is_there;
}

/* Digits behind the point; those beyond the sixth are dropped. */
static bool cut_fraction(dragoman_bytes *text, dragoman_time *time) {
    int64_t digit = 0;
    int64_t unit = SECOND_US / 10;
    if (!cut_digits(text, 1, &digit)) {
        return false;
    }
    do {
        if (time->fraction_digits < FRACTION_DIGITS) {
            time->civil_us += digit * unit;
            unit /= 10;
            time->fraction_digits++;
        }
    } while (cut_digits(text, 1, &digit));
    return true;
}

static bool cut_zone(dragoman_bytes *text, int16_t *ret_offset) {
    int64_t hours = 0;
    int64_t minutes = 0;
    if (cut_sign(text, 'Z')) {
        *ret_offset = 0;
        return true;
    }
    bool is_west = text->size > 0 && text->data[0] == '-';
    if (!is_west && (text->size == 0 || text->data[0] != '+')) {
        return true;
    }
    *text = (dragoman_bytes){text->data + 1, text->size - 1};
    if (!cut_digits(text, 2, &hours) || !cut_sign(text, ':') || !cut_digits(text, 2, &minutes) || hours > 14 ||
        minutes > 59) {
        return false;
    }
    *ret_offset = (int16_t)((hours * 60 + minutes) * (is_west ? -1 : 1));
    return true;
}

/* Reads "2026-01-02T03:04:05[.123][Z|+01:00]" (RFC 3339). False when it is anything else. */
static bool read_time(dragoman_bytes text, dragoman_time *ret_time) {
    int64_t part[6] = {0};
    static const uint8_t signs[] = {'-', '-', 'T', ':', ':'};
    dragoman_time time = {.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN, .precision = DRAGOMAN_TIME_SECOND};
    for (size_t n = 0; n < 6; n++) {
        if ((n > 0 && !cut_sign(&text, signs[n - 1])) || !cut_digits(&text, n == 0 ? 4 : 2, &part[n])) {
            return false;
        }
    }
    if (!gatt_civil(part[0], part[1], part[2], part[3], part[4], part[5], &time.civil_us)) {
        return false;
    }
    if (cut_sign(&text, '.') && !cut_fraction(&text, &time)) {
        return false;
    }
    if (!cut_zone(&text, &time.offset_minutes) || text.size > 0) {
        return false;
    }
    *ret_time = time;
    return true;
}

/* "2A18", "0x2A18" or the 128 bits of one of the Bluetooth SIG's. */
static bool read_short(dragoman_bytes text, uint16_t *ret_uuid) {
    if (text.size == 6 && text.data[0] == '0' && (text.data[1] | 0x20u) == 'x') {
        text = (dragoman_bytes){text.data + 2, 4};
    } else if (text.size == 36) {
        bool is_based = memcmp(text.data, "0000", 4) == 0;
        for (size_t n = 8; n < 36 && is_based; n++) {
            is_based = (text.data[n] | 0x20u) == ((uint8_t)base_tail[n - 8] | 0x20u);
        }
        text = is_based ? (dragoman_bytes){text.data + 4, 4} : text;
    }
    if (text.size != 4 || !is_hex(text)) {
        return false;
    }
    uint32_t uuid = 0;
    for (size_t n = 0; n < 4; n++) {
        uuid = uuid * 16 + (uint32_t)hex_digit(text.data[n]);
    }
    *ret_uuid = (uint16_t)uuid;
    return true;
}

static bool is_uuid(dragoman_bytes text) {
    for (size_t n = 0; n < text.size; n++) {
        bool is_dash = n == 8 || n == 13 || n == 18 || n == 23;
        if (is_dash ? text.data[n] != '-' : hex_digit(text.data[n]) < 0) {
            return false;
        }
    }
    return text.size == 36;
}

/* Six pairs of digits with ':' or '-' between, as capitals with ':'. */
static bool read_address(gatt_json *json, dragoman_bytes text, dragoman_bytes *ret_address) {
    uint8_t *to = (uint8_t *)json->host->batch(json->context, ADDRESS_BYTES);
    if (text.size != ADDRESS_BYTES || to == NULL) {
        return false;
    }
    for (size_t n = 0; n < ADDRESS_BYTES; n++) {
        uint8_t byte = text.data[n];
        if (n % 3 == 2) {
            if (byte != ':' && byte != '-') {
                return false;
            }
            to[n] = ':';
        } else {
            if (hex_digit(byte) < 0) {
                return false;
            }
            to[n] = (uint8_t)"0123456789ABCDEF"[hex_digit(byte)];
        }
    }
    *ret_address = (dragoman_bytes){to, ADDRESS_BYTES};
    return true;
}

static bool read_kind(dragoman_bytes text, gatt_address_kind *ret_kind) {
    static const struct {
        const char *word;
        gatt_address_kind kind;
    } kinds[] = {{"public", GATT_ADDRESS_PUBLIC},
                 {"random-static", GATT_ADDRESS_STATIC},
                 {"random-private", GATT_ADDRESS_PRIVATE}};
    for (size_t n = 0; n < sizeof kinds / sizeof *kinds; n++) {
        if (gatt_is(text, kinds[n].word)) {
            *ret_kind = kinds[n].kind;
            return true;
        }
    }
    return false;
}

static bool read_value(dragoman_bytes text, gatt_envelope *envelope) {
    if (text.size % 2 != 0 || text.size / 2 > GATT_VALUE_BYTES || !is_hex(text)) {
        return false;
    }
    for (size_t n = 0; n < text.size; n += 2) {
        envelope->value[n / 2] = (uint8_t)(hex_digit(text.data[n]) * 16 + hex_digit(text.data[n + 1]));
    }
    envelope->value_size = text.size / 2;
    return true;
}

/* Marks a member as seen. False: it was there before. */
static bool is_first(uint32_t *seen, uint32_t bit) {
    bool was_seen = (*seen >> bit & 1u) != 0;
    *seen |= 1u << bit;
    return !was_seen;
}

/* One member of `device`: a text. */
static const char *read_device_member(gatt_json *json, dragoman_bytes name, gatt_envelope *envelope, uint32_t *seen) {
    struct {
        const char *name;
        dragoman_bytes *text;
    } members[] = {
        {"address", &envelope->address},
        {"name", &envelope->name},
        {"manufacturer", &envelope->manufacturer},
        {"model", &envelope->model},
        {"serial", &envelope->serial},
        {"hardware", &envelope->hardware},
        {"firmware", &envelope->firmware},
        {"software", &envelope->software},
        {"system_id", &envelope->system_id},
        {"address_kind", NULL},
    };
    uint32_t index = 0;
    while (index < sizeof members / sizeof *members && !gatt_is(name, members[index].name)) {
        index++;
    }
    if (index == sizeof members / sizeof *members) {
        gatt_json_skip(json);
        return NULL;
    }
    dragoman_bytes text = {NULL, 0};
    if (!is_first(seen, index)) {
        return "a member of device stands twice";
    }
    if (!gatt_json_text(json, &text)) {
        return "a member of device is no text";
    }
    if (members[index].text == NULL) {
        return read_kind(text, &envelope->address_kind) ? NULL : "device.address_kind is none that is known";
    }
    *members[index].text = text;
    if (index == 0) {
        return read_address(json, text, &envelope->address) ? NULL : "device.address is no address";
    }
    bool is_id = text.size == 16 && is_hex(text);
    return members[index].text != &envelope->system_id || is_id ? NULL : "device.system_id is not sixteen digits";
}

static const char *read_device(gatt_json *json, gatt_envelope *envelope) {
    uint32_t count = 0;
    uint32_t seen = 0;
    dragoman_bytes name = {NULL, 0};
    const char *fault = gatt_json_enter(json) ? NULL : "device is no object";
    while (fault == NULL && gatt_json_member(json, &count, &name)) {
        fault = read_device_member(json, name, envelope, &seen);
    }
    return fault;
}

typedef enum member {
    MEMBER_ID,
    MEMBER_GATEWAY,
    MEMBER_DEVICE,
    MEMBER_SERVICE,
    MEMBER_CHARACTERISTIC,
    MEMBER_VALUE,
    MEMBER_RECEIVED,
    MEMBER_RSSI,
    MEMBERS
} member;

static const char *const member_names[MEMBERS] = {"id",    "gateway",     "device", "service", "characteristic",
                                                  "value", "received_at", "rssi"};

static const char *read_text_member(member which, dragoman_bytes text, gatt_envelope *envelope) {
    switch (which) {
    case MEMBER_ID:
        envelope->id = text;
        return NULL;
    case MEMBER_GATEWAY:
        envelope->gateway = text;
        return NULL;
    case MEMBER_SERVICE:
        envelope->has_service = read_short(text, &envelope->service);
        return envelope->has_service || is_uuid(text) ? NULL : "service is no UUID";
    case MEMBER_CHARACTERISTIC:
        envelope->characteristic_text = text;
        envelope->is_short = read_short(text, &envelope->characteristic);
        return envelope->is_short || is_uuid(text) ? NULL : "characteristic is no UUID";
    case MEMBER_VALUE:
        return read_value(text, envelope) ? NULL : "value is no text of pairs of hexadecimal digits, or too long";
    default:
        return read_time(text, &envelope->received_at) ? NULL : "received_at is no time";
    }
}

static const char *read_member(gatt_json *json, dragoman_bytes name, gatt_envelope *envelope, uint32_t *seen) {
    uint32_t which = 0;
    while (which < MEMBERS && !gatt_is(name, member_names[which])) {
        which++;
    }
    if (which == MEMBERS) {
        gatt_json_skip(json);
        return NULL;
    }
    if (!is_first(seen, which)) {
        return "a member stands twice";
    }
    if (which == MEMBER_DEVICE) {
        return read_device(json, envelope);
    }
    int32_t ignored = 0;
    dragoman_bytes text = {NULL, 0};
    if (which == MEMBER_RSSI) {
        return gatt_json_integer(json, &ignored) ? NULL : "rssi is no whole number";
    }
    return gatt_json_text(json, &text) ? read_text_member((member)which, text, envelope) : "a member is no text";
}

const char *gatt_envelope_read(const dragoman_host *host, void *context, dragoman_bytes text,
                               gatt_envelope *ret_envelope) {
    *ret_envelope = (gatt_envelope){.received_at = {.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN}};
    gatt_json json = gatt_json_of(host, context, text);
    uint32_t count = 0;
    uint32_t seen = 0;
    dragoman_bytes name = {NULL, 0};
    const char *fault = gatt_json_enter(&json) ? NULL : "it is no object";
    while (fault == NULL && gatt_json_member(&json, &count, &name)) {
        fault = read_member(&json, name, ret_envelope, &seen);
    }
    if (fault == NULL && !gatt_json_is_done(&json)) {
        fault = "it is no JSON";
    }
    bool has_all = (seen >> MEMBER_CHARACTERISTIC & 1u) != 0 && (seen >> MEMBER_VALUE & 1u) != 0;
    if (fault == NULL && (!has_all || ret_envelope->address.size == 0)) {
        fault = "device.address, characteristic or value is missing";
    }
    return fault;
}

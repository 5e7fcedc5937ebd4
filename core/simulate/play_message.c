#include "simulate/play_message.h"
#include "base/time.h"

#define DAY_US INT64_C(86400000000)

/* "Association Control Protocol Examples": what stands around the user data of a response. */
static const uint8_t response_front[] = {
    0x05, 0x08, 0x13, 0x01, 0x00, 0x16, 0x01, 0x02, 0x80, 0x00, 0x14, 0x02, 0x00, 0x02, 0xC1, 0x00, 0x31,
    0x80, 0xA0, 0x80, 0x80, 0x01, 0x01, 0x00, 0x00, 0xA2, 0x80, 0xA0, 0x03, 0x00, 0x00, 0x01, 0xA5, 0x80,
    0x30, 0x80, 0x80, 0x01, 0x00, 0x81, 0x02, 0x51, 0x01, 0x00, 0x00, 0x30, 0x80, 0x80, 0x01, 0x00, 0x81,
    0x0C, 0x2A, 0x86, 0x48, 0xCE, 0x14, 0x02, 0x01, 0x00, 0x00, 0x00, 0x02, 0x01, 0x00, 0x00, 0x00, 0x00,
    0x61, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01, 0xA0, 0x80, 0x61, 0x80, 0xA1, 0x80, 0x06, 0x0C, 0x2A, 0x86,
    0x48, 0xCE, 0x14, 0x02, 0x01, 0x00, 0x00, 0x00, 0x03, 0x01, 0x00, 0x00, 0xA2, 0x03, 0x02, 0x01, 0x00,
    0xA3, 0x05, 0xA1, 0x03, 0x02, 0x01, 0x00, 0xBE, 0x80, 0x28, 0x80, 0x02, 0x01, 0x02, 0x81};
#define PRESENTATION_LENGTH_AT 15u /* in response_front */
#define TRAILER 16u

void play_put16(buffer *to, uint32_t value) {
    buffer_append_byte(to, (uint8_t)(value >> 8));
    buffer_append_byte(to, (uint8_t)value);
}

void play_put32(buffer *to, uint32_t value) {
    play_put16(to, value >> 16);
    play_put16(to, value & 0xFFFF);
}

size_t play_open(buffer *to) {
    size_t place = to->size;
    play_put16(to, 0);
    return place;
}

static void fill(buffer *to, size_t place, size_t value) {
    if (!to->failed) {
        to->data[place] = (uint8_t)(value >> 8);
        to->data[place + 1] = (uint8_t)value;
    }
}

void play_close(buffer *to, size_t place) {
    fill(to, place, to->size - place - 2);
}

void play_put_float(buffer *to, int32_t mantissa, int8_t exponent) {
    play_put32(to, (uint32_t)(uint8_t)exponent << 24 | ((uint32_t)mantissa & 0xFFFFFF));
}

void play_put_string(buffer *to, const char *text) {
    size_t place = play_open(to);
    for (; *text != 0; text++) {
        play_put16(to, (uint8_t)*text);
    }
    play_put16(to, 0);
    play_close(to, place);
}

/* A VariableLabel of ASCII text, with a final zero where that makes its length even. */
static void put_label(buffer *to, const char *text) {
    size_t place = play_open(to);
    size_t size = strlen(text);
    buffer_append(to, text, size);
    if (size % 2 != 0) {
        buffer_append_byte(to, 0);
    }
    play_close(to, place);
}

static void put_bcd(buffer *to, unsigned value) {
    buffer_append_byte(to, (uint8_t)(value / 10 % 10 << 4 | value % 10));
}

void play_put_time(buffer *to, int64_t civil_us) {
    int64_t days = civil_us / DAY_US;
    int64_t seconds = civil_us % DAY_US / 1000000;
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    time_date(days, &year, &month, &day);
    put_bcd(to, (unsigned)year / 100);
    put_bcd(to, (unsigned)year % 100);
    put_bcd(to, month);
    put_bcd(to, day);
    put_bcd(to, (unsigned)(seconds / 3600));
    put_bcd(to, (unsigned)(seconds / 60 % 60));
    put_bcd(to, (unsigned)(seconds % 60));
    put_bcd(to, 0);
}

size_t play_attribute(buffer *to, uint16_t id) {
    play_put16(to, id);
    return play_open(to);
}

void play_connect_indication(buffer *to, const play_identity *identity) {
    play_put32(to, 0x00010000); /* nomenclature version 1.0 */
    play_put16(to, 1);          /* ROIV */
    size_t operation = play_open(to);
    play_put16(to, 0); /* invoke id */
    play_put16(to, 0); /* CMD_EVENT_REPORT */
    size_t command = play_open(to);
    play_put16(to, 35); /* NOM_MOC_VMS_MDS_COMPOS_SINGLE_BED */
    play_put32(to, 0);
    play_put32(to, 0);
    play_put16(to, 0x0D17); /* NOM_NOTI_CONN_INDIC */
    size_t event = play_open(to);
    play_put16(to, 3);
    size_t list = play_open(to);
    size_t type = play_attribute(to, 0x0986);
    play_put32(to, 1u << 16 | 4429);
    play_close(to, type);
    size_t protocols = play_attribute(to, 0xF101);
    play_put16(to, 2);
    size_t entries = play_open(to);
    for (uint32_t application = 1; application <= 5; application += 4) { /* AP_ID_ACSE, AP_ID_DATA_OUT */
        play_put16(to, application);
        play_put16(to, 1); /* UDP */
        play_put16(to, identity->port);
        play_put16(to, 0);
    }
    play_close(to, entries);
    play_close(to, protocols);
    size_t address = play_attribute(to, 0xF100);
    buffer_append(to, identity->system_id, sizeof identity->system_id);
    buffer_append(to, identity->ip, sizeof identity->ip);
    play_put32(to, 0xFFFFFF00);
    play_close(to, address);
    play_close(to, list);
    play_close(to, event);
    play_close(to, command);
    play_close(to, operation);
}

/* MDSEUserInfoStd. */
static void put_user_data(buffer *to, uint32_t extensions) {
    static const uint32_t versions[] = {0x80000000, 0x40000000, 0, 0x00800000, 0x80000000};
    for (size_t n = 0; n < sizeof versions / sizeof *versions; n++) {
        play_put32(to, versions[n]);
    }
    play_put32(to, 0);
    play_put16(to, 1);
    size_t profiles = play_open(to);
    size_t support = play_attribute(to, 1);
    static const uint32_t profile[] = {0x80000000, 8000, 1364, 1456, 0xFFFFFFFF, 0x60000000};
    for (size_t n = 0; n < sizeof profile / sizeof *profile; n++) {
        play_put32(to, profile[n]);
    }
    play_put16(to, extensions != 0 ? 1 : 0);
    size_t packages = play_open(to);
    if (extensions != 0) {
        size_t extension = play_attribute(to, 0xF001);
        play_put32(to, extensions);
        play_put32(to, 0);
        play_close(to, extension);
    }
    play_close(to, packages);
    play_close(to, support);
    play_close(to, profiles);
}

void play_association_response(buffer *to, uint32_t extensions) {
    size_t begin = to->size;
    buffer_append_byte(to, 0x0E);
    buffer_append_byte(to, 0);
    buffer_append(to, response_front, sizeof response_front);
    buffer_append_byte(to, 0);
    size_t data = to->size;
    put_user_data(to, extensions);
    size_t end = to->size;
    for (uint32_t n = 0; n < TRAILER; n++) {
        buffer_append_byte(to, 0);
    }
    if (!to->failed) {
        to->data[data - 1] = (uint8_t)(end - data);
        to->data[begin + 1] = (uint8_t)(to->size - begin - 2);
        to->data[begin + 2 + PRESENTATION_LENGTH_AT] = (uint8_t)(to->size - begin - 2 - PRESENTATION_LENGTH_AT - 1);
    }
}

void play_refuse(buffer *to) {
    static const uint8_t refuse[] = {0x0C, 0x02, 0x00, 0x00};
    buffer_append(to, refuse, sizeof refuse);
}

void play_release_response(buffer *to) {
    static const uint8_t response[] = {0x0A, 0x18, 0xC1, 0x16, 0x61, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01, 0xA0, 0x80,
                                       0x63, 0x80, 0x80, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
    buffer_append(to, response, sizeof response);
}

void play_abort(buffer *to) {
    static const uint8_t abort_message[] = {0x19, 0x2E, 0x11, 0x01, 0x03, 0xC1, 0x29, 0xA0, 0x80, 0xA0, 0x80, 0x30,
                                            0x80, 0x02, 0x01, 0x01, 0x06, 0x02, 0x51, 0x01, 0x00, 0x00, 0x00, 0x00,
                                            0x61, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01, 0xA0, 0x80, 0x64, 0x80, 0x80,
                                            0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
    buffer_append(to, abort_message, sizeof abort_message);
}

void play_create_event(buffer *to, const play_identity *identity, uint16_t invoke_id, uint32_t ticks,
                       int64_t civil_us) {
    play_put32(to, 0xE1000002);
    play_put16(to, 1); /* ROIV */
    size_t operation = play_open(to);
    play_put16(to, invoke_id);
    play_put16(to, 1); /* CMD_CONFIRMED_EVENT_REPORT */
    size_t command = play_open(to);
    play_put16(to, 33); /* NOM_MOC_VMS_MDS */
    play_put32(to, 0);
    play_put32(to, ticks);
    play_put16(to, 0x0D06); /* NOM_NOTI_MDS_CREAT */
    size_t event = play_open(to);
    play_put16(to, 33);
    play_put32(to, 0);
    play_put16(to, 7);
    size_t list = play_open(to);
    size_t at = play_attribute(to, 0x0986); /* system type */
    play_put32(to, 1u << 16 | 4429);
    play_close(to, at);
    at = play_attribute(to, 0x0984); /* system id */
    play_put16(to, sizeof identity->system_id);
    buffer_append(to, identity->system_id, sizeof identity->system_id);
    play_close(to, at);
    at = play_attribute(to, 0x0928); /* system model */
    put_label(to, "Philips");
    put_label(to, identity->model);
    play_close(to, at);
    at = play_attribute(to, 0x091E); /* bed label */
    play_put_string(to, identity->bed);
    play_close(to, at);
    at = play_attribute(to, 0x0946); /* operating mode: monitoring */
    play_put16(to, 0x4000);
    play_close(to, at);
    at = play_attribute(to, 0x0987); /* date and time */
    play_put_time(to, civil_us);
    play_close(to, at);
    at = play_attribute(to, 0x098F); /* relative time */
    play_put32(to, ticks);
    play_close(to, at);
    play_close(to, list);
    play_close(to, event);
    play_close(to, command);
    play_close(to, operation);
}

/* Up to the list of contexts. */
static void put_head(buffer *to, play_result *result) {
    play_put32(to, 0xE1000002);
    play_put16(to, result->linked_state != 0 ? 5 : 2); /* ROLRS or RORS */
    result->places[0] = play_open(to);
    if (result->linked_state != 0) {
        buffer_append_byte(to, result->linked_state);
        buffer_append_byte(to, result->linked_count);
    }
    play_put16(to, result->invoke_id);
    play_put16(to, 7); /* CMD_CONFIRMED_ACTION */
    result->places[1] = play_open(to);
    play_put16(to, 33);
    play_put32(to, 0);
    play_put16(to, result->is_extended ? 0xF13B : 0x0C16);
    result->places[2] = play_open(to);
    play_put16(to, result->number);
    if (result->is_extended) {
        play_put16(to, result->sequence_no);
    }
    play_put32(to, result->ticks);
    play_put32(to, 0xFFFFFFFF);
    play_put32(to, 0xFFFFFFFF);
    play_put16(to, 1);
    play_put16(to, result->object_class);
    play_put16(to, result->group);
}

static void close_head(buffer *to, const play_result *result) {
    for (size_t n = 3; n > 0; n--) {
        play_close(to, result->places[n - 1]);
    }
}

void play_result_begin(buffer *to, play_result *result) {
    put_head(to, result);
    play_put16(to, 1); /* contexts */
    result->places[3] = play_open(to);
    play_put16(to, 0); /* context id */
    result->object_count_place = to->size;
    result->object_count = 0;
    play_put16(to, 0);
    result->places[4] = play_open(to);
}

size_t play_object(buffer *to, play_result *result, uint16_t handle, uint16_t attributes) {
    result->object_count++;
    play_put16(to, handle);
    play_put16(to, attributes);
    return play_open(to);
}

void play_result_end(buffer *to, play_result *result) {
    play_close(to, result->places[4]);
    fill(to, result->object_count_place, result->object_count);
    play_close(to, result->places[3]);
    close_head(to, result);
}

void play_result_empty(buffer *to, play_result *result) {
    put_head(to, result);
    play_put32(to, 0);
    close_head(to, result);
}

void play_error(buffer *to, uint16_t invoke_id, uint16_t error_value) {
    play_put32(to, 0xE1000002);
    play_put16(to, 3); /* ROER */
    size_t operation = play_open(to);
    play_put16(to, invoke_id);
    play_put16(to, error_value);
    play_put16(to, 0);
    play_close(to, operation);
}

#include "simulate/agent_apdu.h"
#include "base/time.h"

#define SECOND_US INT64_C(1000000)
#define DAY_US (86400 * SECOND_US)
#define PRST 0xe700

void apdu_u16(buffer *to, uint32_t value) {
    buffer_append_byte(to, (uint8_t)(value >> 8));
    buffer_append_byte(to, (uint8_t)value);
}

void apdu_u32(buffer *to, uint32_t value) {
    apdu_u16(to, value >> 16);
    apdu_u16(to, value & 0xffff);
}

size_t apdu_open(buffer *to) {
    apdu_u16(to, 0);
    return to->size;
}

void apdu_close(buffer *to, size_t place) {
    if (!to->failed && to->size >= place) {
        to->data[place - 2] = (uint8_t)((to->size - place) >> 8);
        to->data[place - 1] = (uint8_t)(to->size - place);
    }
}

void apdu_attribute(buffer *to, uint16_t id, const void *value, size_t size) {
    apdu_u16(to, id);
    apdu_u16(to, (uint32_t)size);
    buffer_append(to, value, size);
}

void apdu_attribute_u16(buffer *to, uint16_t id, uint16_t value) {
    const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    apdu_attribute(to, id, bytes, sizeof bytes);
}

size_t apdu_list(buffer *to, uint16_t count) {
    apdu_u16(to, count);
    return apdu_open(to);
}

apdu_data apdu_data_begin(buffer *to, uint16_t invoke_id, uint16_t choice) {
    apdu_data data;
    apdu_u16(to, PRST);
    data.lengths[0] = apdu_open(to);
    data.lengths[1] = apdu_open(to);
    apdu_u16(to, invoke_id);
    apdu_u16(to, choice);
    data.lengths[2] = apdu_open(to);
    return data;
}

void apdu_data_end(buffer *to, const apdu_data *data) {
    for (size_t n = 3; n > 0; n--) {
        apdu_close(to, data->lengths[n - 1]);
    }
}

static uint8_t bcd(int64_t value) {
    return (uint8_t)(value / 10 % 10 << 4 | value % 10);
}

void apdu_time(int64_t wall_us, uint8_t *ret_bytes) {
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    time_date(wall_us / DAY_US, &year, &month, &day);
    int64_t second = wall_us % DAY_US / SECOND_US;
    const uint8_t bytes[8] = {bcd(year / 100),    bcd(year % 100),       bcd(month),       bcd(day),
                              bcd(second / 3600), bcd(second / 60 % 60), bcd(second % 60), 0};
    memcpy(ret_bytes, bytes, sizeof bytes);
}

uint16_t apdu_at(dragoman_bytes body, size_t place) {
    return place + 2 <= body.size ? (uint16_t)(body.data[place] << 8 | body.data[place + 1]) : 0;
}

bool apdu_hear(dragoman_bytes bytes, apdu_heard *ret_heard) {
    *ret_heard = (apdu_heard){.choice = apdu_at(bytes, 0)};
    if (bytes.size < 4 || bytes.size - 4 < apdu_at(bytes, 2)) {
        return false;
    }
    ret_heard->size = (size_t)4 + apdu_at(bytes, 2);
    dragoman_bytes whole = {bytes.data, ret_heard->size};
    if (ret_heard->choice != PRST) {
        ret_heard->reason = apdu_at(whole, 4);
    } else if (whole.size >= 12) {
        ret_heard->invoke_id = apdu_at(whole, 6);
        ret_heard->operation = apdu_at(whole, 8);
        ret_heard->body = (dragoman_bytes){whole.data + 12, whole.size - 12};
    }
    return true;
}

#include "octets.h"
#include "envelope.h"

uint32_t gatt_unsigned(gatt_octets *from, size_t size) {
    if (from->left < size) {
        from->is_short = true;
        from->left = 0;
        return 0;
    }
    uint32_t number = 0;
    for (size_t n = size; n > 0; n--) {
        number = number << 8 | from->at[n - 1];
    }
    from->at += size;
    from->left -= size;
    return number;
}

int32_t gatt_signed16(gatt_octets *from) {
    return (int16_t)(uint16_t)gatt_unsigned(from, 2);
}

int32_t gatt_signed8(gatt_octets *from) {
    return (int8_t)(uint8_t)gatt_unsigned(from, 1);
}

/* NaN is the largest positive number, NRes the least negative, and around them lie +INF, -INF and a reserved one. */
static dragoman_decimal number_of(int32_t mantissa, int32_t exponent, int32_t nan) {
    static const struct {
        int32_t from_nan;
        uint8_t special;
    } specials[] = {{0, DRAGOMAN_NAN},
                    {1, DRAGOMAN_NRES},
                    {-1, DRAGOMAN_POSITIVE_INFINITY},
                    {2, DRAGOMAN_RESERVED},
                    {3, DRAGOMAN_NEGATIVE_INFINITY}};
    if (exponent == 0) {
        /* As unsigned numbers they stand in a row. */
        int32_t in_row = mantissa < 0 ? mantissa + 2 * (nan + 1) : mantissa;
        for (size_t n = 0; n < sizeof specials / sizeof *specials; n++) {
            if (in_row == nan + specials[n].from_nan) {
                return (dragoman_decimal){.special = specials[n].special};
            }
        }
    }
    return (dragoman_decimal){.mantissa = mantissa, .exponent = (int16_t)exponent};
}

dragoman_decimal gatt_sfloat(gatt_octets *from) {
    int32_t raw = (int32_t)gatt_unsigned(from, 2);
    int32_t mantissa = raw & 0xfff;
    int32_t exponent = raw >> 12;
    mantissa -= mantissa >= 0x800 ? 0x1000 : 0;
    exponent -= exponent >= 8 ? 16 : 0;
    return number_of(mantissa, exponent, 0x7ff);
}

dragoman_decimal gatt_float(gatt_octets *from) {
    int32_t mantissa = (int32_t)gatt_unsigned(from, 3);
    int32_t exponent = gatt_signed8(from);
    mantissa -= mantissa >= 0x800000 ? 0x1000000 : 0;
    return number_of(mantissa, exponent, 0x7fffff);
}

dragoman_time gatt_time(gatt_octets *from, bool *ret_is_odd) {
    dragoman_time time = {.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN};
    uint32_t year = gatt_unsigned(from, 2);
    uint32_t month = gatt_unsigned(from, 1);
    uint32_t day = gatt_unsigned(from, 1);
    uint32_t hour = gatt_unsigned(from, 1);
    uint32_t minute = gatt_unsigned(from, 1);
    uint32_t second = gatt_unsigned(from, 1);
    if (year == 0 || month == 0 || day == 0) {
        return time;
    }
    if (gatt_civil(year, month, day, hour, minute, second, &time.civil_us)) {
        time.precision = DRAGOMAN_TIME_SECOND;
    } else {
        *ret_is_odd = true;
    }
    return time;
}

dragoman_time gatt_time_after(dragoman_time time, int64_t minutes) {
    if (time.precision != DRAGOMAN_TIME_NONE) {
        time.civil_us += minutes * 60000000;
    }
    return time;
}

dragoman_decimal gatt_moved(dragoman_decimal number, int16_t places) {
    if (number.special == DRAGOMAN_FINITE) {
        number.exponent = (int16_t)(number.exponent + places);
        /* 12 x 10^1 is 120: how many of its digits count was not said by the exponent either. */
        for (; number.exponent > 0 && number.mantissa > -100000000 && number.mantissa < 100000000; number.exponent--) {
            number.mantissa *= 10;
        }
    }
    return number;
}

uint16_t gatt_crc(const uint8_t *bytes, size_t size) {
    uint32_t crc = 0xffff;
    for (size_t n = 0; n < size; n++) {
        crc ^= bytes[n];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 1u) != 0 ? crc >> 1 ^ 0x8408u : crc >> 1;
        }
    }
    return (uint16_t)crc;
}

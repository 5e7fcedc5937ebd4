#include "simulate/register_device.h"

#include <string.h>

/* Function codes and exceptions of the Application Protocol, 6 and 7. */
#define READ_COILS 1u
#define READ_INPUT_REGISTERS 4u
#define ENCAPSULATED 0x2bu
#define DEVICE_IDENTIFICATION 0x0eu
#define ILLEGAL_FUNCTION 1u
#define ILLEGAL_ADDRESS 2u
#define ILLEGAL_VALUE 3u
#define MOST_BITS 2000u
#define MOST_REGISTERS 125u
/* The temperature swings once in ten minutes. */
#define SWING_US INT64_C(600000000)

/* Registers that mean something: a transmitter's two input registers, a refrigerator's holding registers. */
#define INPUT_TEMPERATURE 1u
#define INPUT_HUMIDITY 2u
#define HOLDING_SETPOINT 0x0558u
#define HOLDING_POWER 0x0501u
#define HOLDING_DEFROST 0x0557u

static uint32_t mix(uint64_t seed, uint64_t number) {
    uint64_t mixed = (seed + number) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mixed >> 40);
}

/* A triangle between -5 and 5 tenths, at each unit in its own phase. */
static int32_t swing(const register_devices *self, uint8_t unit, int64_t now_us) {
    int64_t phase_us = (now_us + (int64_t)mix(self->seed, unit) * 1000) % SWING_US;
    int64_t step = phase_us * 20 / SWING_US;
    return (int32_t)(step < 10 ? step - 5 : 15 - step);
}

/* What a unit's register holds at a time; its table is named by the function that reads it. */
static uint16_t register_value(const register_devices *self, uint8_t unit, uint8_t table, uint16_t address,
                               int64_t now_us) {
    if (table == READ_INPUT_REGISTERS && address == INPUT_TEMPERATURE) {
        return (uint16_t)(40 + swing(self, unit, now_us));
    }
    if (table == READ_INPUT_REGISTERS && address == INPUT_HUMIDITY) {
        return (uint16_t)(500 + 10 * swing(self, unit, now_us));
    }
    if (table == 3 && address == HOLDING_SETPOINT) {
        return 40;
    }
    if (table == 3 && (address == HOLDING_POWER || address == HOLDING_DEFROST)) {
        return address == HOLDING_POWER ? 1 : 0;
    }
    return table < 3 ? address & 1u : address;
}

static uint32_t get16(const uint8_t *from) {
    return (uint32_t)from[0] << 8 | from[1];
}

static void put16(uint8_t *to, uint32_t number) {
    to[0] = (uint8_t)(number >> 8);
    to[1] = (uint8_t)number;
}

/* MODBUS over Serial Line V1.02, 6.2.2. */
static uint16_t checksum(const uint8_t *bytes, size_t size) {
    uint16_t crc = 0xffff;
    for (size_t i = 0; i < size; i++) {
        crc = (uint16_t)(crc ^ bytes[i]);
        for (int bit = 0; bit < 8; bit++) {
            bool carries = (crc & 1) != 0;
            crc = (uint16_t)(crc >> 1);
            crc = carries ? (uint16_t)(crc ^ 0xa001) : crc;
        }
    }
    return crc;
}

size_t register_request_size(register_framing framing, dragoman_bytes bytes) {
    if (framing == REGISTER_TCP) {
        if (bytes.size < 6) {
            return 0;
        }
        size_t length = get16(bytes.data + 4);
        bool is_good = get16(bytes.data + 2) == 0 && length >= 2 && length + 6 <= REGISTER_FRAME_BYTES;
        return !is_good ? SIZE_MAX : bytes.size < length + 6 ? 0 : length + 6;
    }
    if (bytes.size < 2) {
        return 0;
    }
    /* Requests of the reading functions are eight bytes long, those for identification seven. */
    size_t size = bytes.data[1] == ENCAPSULATED ? 7 : 8;
    return bytes.size < size ? 0 : size;
}

static size_t refuse(uint8_t function, uint8_t exception, uint8_t *to) {
    to[0] = (uint8_t)(function | 0x80u);
    to[1] = exception;
    return 2;
}

/* 6.21: three basic objects. */
static size_t identify(uint8_t *to) {
    static const char *const objects[] = {"dragoman", "simulated device", "1"};
    static const uint8_t head[] = {ENCAPSULATED, DEVICE_IDENTIFICATION, 1, 1, 0, 0, 3};
    memcpy(to, head, sizeof(head));
    size_t at = sizeof(head);
    for (uint8_t i = 0; i < 3; i++) {
        size_t size = strlen(objects[i]);
        to[at++] = i;
        to[at++] = (uint8_t)size;
        memcpy(to + at, objects[i], size);
        at += size;
    }
    return at;
}

static size_t read_values(const register_devices *self, uint8_t unit, dragoman_bytes pdu, int64_t now_us, uint8_t *to) {
    uint8_t function = pdu.data[0];
    bool is_bits = function < 3;
    uint32_t first = get16(pdu.data + 1);
    uint32_t count = get16(pdu.data + 3);
    if (count == 0 || count > (is_bits ? MOST_BITS : MOST_REGISTERS)) {
        return refuse(function, ILLEGAL_VALUE, to);
    }
    if (first + count > REGISTER_DEVICE_LAST + 1) {
        return refuse(function, ILLEGAL_ADDRESS, to);
    }
    size_t size = is_bits ? (count + 7) / 8 : count * 2;
    to[0] = function;
    to[1] = (uint8_t)size;
    memset(to + 2, 0, size);
    for (uint32_t i = 0; i < count; i++) {
        uint16_t value = register_value(self, unit, function, (uint16_t)(first + i), now_us);
        if (is_bits) {
            to[2 + i / 8] = (uint8_t)(to[2 + i / 8] | value << i % 8);
        } else {
            put16(to + 2 + (size_t)2 * i, value);
        }
    }
    return size + 2;
}

static size_t answer_pdu(const register_devices *self, uint8_t unit, dragoman_bytes pdu, int64_t now_us,
                         uint8_t exception, uint8_t *to) {
    uint8_t function = pdu.data[0];
    if (exception > 0) {
        return refuse(function, exception, to);
    }
    if (function == ENCAPSULATED && pdu.size > 1 && pdu.data[1] == DEVICE_IDENTIFICATION) {
        return identify(to);
    }
    if (function < READ_COILS || function > READ_INPUT_REGISTERS) {
        return refuse(function, ILLEGAL_FUNCTION, to);
    }
    return pdu.size == 5 ? read_values(self, unit, pdu, now_us, to) : refuse(function, ILLEGAL_VALUE, to);
}

size_t register_answer(const register_devices *self, register_framing framing, dragoman_bytes request, int64_t now_us,
                       uint8_t exception, uint8_t *to) {
    size_t head = framing == REGISTER_TCP ? 6 : 0; /* before the unit */
    size_t tail = framing == REGISTER_TCP ? 0 : 2;
    uint8_t unit = request.data[head];
    if (unit == 0 || unit > self->count) {
        return 0;
    }
    if (framing == REGISTER_RTU) {
        uint16_t crc = checksum(request.data, request.size - 2);
        if (request.data[request.size - 2] != (uint8_t)crc || request.data[request.size - 1] != crc >> 8) {
            return 0;
        }
    }
    dragoman_bytes pdu = {request.data + head + 1, request.size - head - 1 - tail};
    size_t size = answer_pdu(self, unit, pdu, now_us, exception, to + head + 1);
    to[head] = unit;
    if (framing == REGISTER_TCP) {
        memcpy(to, request.data, 4);
        put16(to + 4, (uint32_t)(size + 1));
        return size + 7;
    }
    uint16_t crc = checksum(to, size + 1);
    to[size + 1] = (uint8_t)crc;
    to[size + 2] = (uint8_t)(crc >> 8);
    return size + 3;
}

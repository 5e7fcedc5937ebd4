#include "frame.h"

#include <string.h>

/* MBAP: transaction, protocol 0, length, unit (Messaging on TCP/IP V1.0b, 3.1.3). */
#define MBAP_SIZE 7u
#define EXCEPTION_PDU 2u
#define EXCEPTION_CODE_LAST 11u
/* 6.21: function, MEI type, read code, conformity, more follows, next object, number of objects. */
#define IDENTIFICATION_HEAD 7u
#define MEI_IDENTIFICATION 0x0eu
#define READ_BASIC 0x01u

/* How far a candidate for an answer got. */
typedef enum fit { FIT_NO, FIT_MORE, FIT_BROKEN, FIT_YES } fit;

uint16_t modbus_crc(const uint8_t *bytes, size_t size) {
    uint32_t crc = 0xffff;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 1u) != 0 ? crc >> 1 ^ 0xa001u : crc >> 1;
        }
    }
    return (uint16_t)crc;
}

/* LRC of Modbus ASCII (6.2.1). */
static uint8_t lrc_of(const uint8_t *bytes, size_t size) {
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i++) {
        sum += bytes[i];
    }
    return (uint8_t)(0u - sum);
}

modbus_function modbus_function_of(uint8_t table) {
    switch (table) {
    case MODBUS_COIL:
        return MODBUS_READ_COILS;
    case MODBUS_DISCRETE:
        return MODBUS_READ_DISCRETE_INPUTS;
    case MODBUS_INPUT:
        return MODBUS_READ_INPUT_REGISTERS;
    default:
        return MODBUS_READ_HOLDING_REGISTERS;
    }
}

static void put16(uint8_t *to, uint32_t number) {
    to[0] = (uint8_t)(number >> 8);
    to[1] = (uint8_t)number;
}

/* The request's PDU: 5 bytes at most. 0: no reading function. */
static size_t write_pdu(const modbus_question *asked, uint8_t *to) {
    to[0] = asked->function;
    switch (asked->function) {
    case MODBUS_READ_COILS:
    case MODBUS_READ_DISCRETE_INPUTS:
    case MODBUS_READ_HOLDING_REGISTERS:
    case MODBUS_READ_INPUT_REGISTERS:
        put16(to + 1, asked->first);
        put16(to + 3, asked->count);
        return 5;
    case MODBUS_READ_IDENTIFICATION:
        to[1] = MEI_IDENTIFICATION;
        to[2] = READ_BASIC;
        to[3] = (uint8_t)asked->first;
        return 4;
    default:
        return 0;
    }
}

static size_t write_ascii(const uint8_t *bytes, size_t size, uint8_t *to) {
    static const char digits[] = "0123456789ABCDEF";
    size_t at = 0;
    to[at++] = ':';
    for (size_t i = 0; i < size; i++) {
        to[at++] = (uint8_t)digits[bytes[i] >> 4];
        to[at++] = (uint8_t)digits[bytes[i] & 15];
    }
    to[at++] = '\r';
    to[at++] = '\n';
    return at;
}

size_t modbus_frame_write(const modbus_question *asked, uint8_t *to) {
    uint8_t plain[8];
    plain[0] = asked->unit;
    size_t size = write_pdu(asked, plain + 1);
    if (size == 0) {
        return 0;
    }
    size++;
    switch (asked->framing) {
    case MODBUS_TCP:
        put16(to, asked->transaction);
        put16(to + 2, 0);
        put16(to + 4, (uint32_t)size);
        memcpy(to + 6, plain, size);
        return size + 6;
    case MODBUS_RTU: {
        uint16_t crc = modbus_crc(plain, size);
        memcpy(to, plain, size);
        to[size] = (uint8_t)crc; /* low byte first */
        to[size + 1] = (uint8_t)(crc >> 8);
        return size + 2;
    }
    default:
        plain[size] = lrc_of(plain, size);
        return write_ascii(plain, size + 1, to);
    }
}

/* ------------------------------------------------------------------ answers */

/* Bytes of data in the answer: whole registers, or bits in whole bytes. */
static size_t data_size(const modbus_question *asked) {
    bool is_bits = asked->function == MODBUS_READ_COILS || asked->function == MODBUS_READ_DISCRETE_INPUTS;
    return is_bits ? (asked->count + 7u) / 8u : asked->count * 2u;
}

/* The size of an identification's PDU by its objects. */
static fit measure_identification(dragoman_bytes pdu, size_t *ret_size) {
    if (pdu.size > 1 && pdu.data[1] != MEI_IDENTIFICATION) {
        return FIT_NO;
    }
    if (pdu.size < IDENTIFICATION_HEAD) {
        return FIT_MORE;
    }
    size_t at = IDENTIFICATION_HEAD;
    for (uint32_t left = pdu.data[6]; left > 0; left--) {
        if (at + 2 > MODBUS_PDU_MAX) {
            return FIT_NO;
        }
        if (at + 2 > pdu.size) {
            return FIT_MORE;
        }
        at += 2u + pdu.data[at + 1];
    }
    *ret_size = at;
    return at > MODBUS_PDU_MAX ? FIT_NO : FIT_YES;
}

/* Whether the bytes begin like the PDU of an answer, and how long that is. */
static fit measure(const modbus_question *asked, dragoman_bytes pdu, size_t *ret_size) {
    if (pdu.size == 0) {
        return FIT_MORE;
    }
    if (pdu.data[0] == (asked->function | MODBUS_EXCEPTION)) {
        *ret_size = EXCEPTION_PDU;
        if (pdu.size < EXCEPTION_PDU) {
            return FIT_MORE;
        }
        return pdu.data[1] > 0 && pdu.data[1] <= EXCEPTION_CODE_LAST ? FIT_YES : FIT_NO;
    }
    if (pdu.data[0] != asked->function) {
        return FIT_NO;
    }
    if (asked->function == MODBUS_READ_IDENTIFICATION) {
        return measure_identification(pdu, ret_size);
    }
    *ret_size = 2 + data_size(asked);
    if (pdu.size < 2) {
        return FIT_MORE;
    }
    return pdu.data[1] == data_size(asked) ? FIT_YES : FIT_NO;
}

static fit fit_rtu(const modbus_question *asked, dragoman_bytes at, dragoman_bytes *ret_pdu, size_t *ret_size) {
    if (at.data[0] != asked->unit) {
        return FIT_NO;
    }
    size_t size = 0;
    fit measured = measure(asked, (dragoman_bytes){at.data + 1, at.size - 1}, &size);
    if (measured != FIT_YES) {
        return measured;
    }
    if (at.size < size + 3) {
        return FIT_MORE;
    }
    uint32_t sent = at.data[size + 1] | (uint32_t)at.data[size + 2] << 8;
    *ret_pdu = (dragoman_bytes){at.data + 1, size};
    *ret_size = size + 3;
    return modbus_crc(at.data, size + 1) == sent ? FIT_YES : FIT_BROKEN;
}

static fit fit_tcp(const modbus_question *asked, dragoman_bytes at, dragoman_bytes *ret_pdu, size_t *ret_size) {
    uint8_t head[4];
    put16(head, asked->transaction);
    put16(head + 2, 0);
    if (memcmp(at.data, head, at.size < sizeof head ? at.size : sizeof head) != 0) {
        return FIT_NO;
    }
    if (at.size < MBAP_SIZE) {
        return FIT_MORE;
    }
    if (at.data[6] != asked->unit) {
        return FIT_NO;
    }
    size_t size = 0;
    size_t said = (size_t)at.data[4] << 8 | at.data[5];
    fit measured = measure(asked, (dragoman_bytes){at.data + MBAP_SIZE, at.size - MBAP_SIZE}, &size);
    if (measured == FIT_YES && said != size + 1) {
        return FIT_BROKEN;
    }
    if (measured == FIT_YES && at.size < MBAP_SIZE + size) {
        return FIT_MORE;
    }
    *ret_pdu = (dragoman_bytes){at.data + MBAP_SIZE, size};
    *ret_size = MBAP_SIZE + size;
    return measured;
}

static int hex_of(uint8_t character) {
    return character >= '0' && character <= '9'   ? character - '0'
           : character >= 'A' && character <= 'F' ? character - 'A' + 10
                                                  : -1;
}

/* Decodes the characters between ':' and CR into `room`; false when they are no whole bytes or too many. */
static bool decode_ascii(dragoman_bytes text, uint8_t *room, size_t *ret_size) {
    if (text.size % 2 != 0 || text.size / 2 > MODBUS_PDU_MAX + 2) {
        return false;
    }
    for (size_t i = 0; i < text.size; i += 2) {
        int high = hex_of(text.data[i]);
        int low = hex_of(text.data[i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        room[i / 2] = (uint8_t)(high << 4 | low);
    }
    *ret_size = text.size / 2;
    return true;
}

/* Over Serial Line V1.02, 2.5.2.1: ':' begins a frame wherever it comes, CR and LF end it. */
static fit fit_ascii(const modbus_question *asked, dragoman_bytes at, uint8_t *room, dragoman_bytes *ret_pdu,
                     size_t *ret_size) {
    if (at.data[0] != ':') {
        return FIT_NO;
    }
    size_t end = 1;
    while (end < at.size && at.data[end] != '\r' && at.data[end] != ':') {
        end++;
    }
    if (end == at.size || (at.data[end] == '\r' && end + 1 == at.size)) {
        return end < MODBUS_ADU_MAX ? FIT_MORE : FIT_BROKEN;
    }
    size_t size = 0;
    if (at.data[end] == ':' || at.data[end + 1] != '\n' ||
        !decode_ascii((dragoman_bytes){at.data + 1, end - 1}, room, &size) || size < 3 ||
        lrc_of(room, size - 1) != room[size - 1]) {
        return FIT_BROKEN;
    }
    size_t wanted = 0;
    dragoman_bytes pdu = {room + 1, size - 2};
    if (room[0] != asked->unit || measure(asked, pdu, &wanted) != FIT_YES || wanted != pdu.size) {
        return FIT_NO;
    }
    *ret_pdu = pdu;
    *ret_size = end + 2;
    return FIT_YES;
}

static fit fit_at(const modbus_question *asked, dragoman_bytes at, uint8_t *room, dragoman_bytes *ret_pdu,
                  size_t *ret_size) {
    switch (asked->framing) {
    case MODBUS_TCP:
        return fit_tcp(asked, at, ret_pdu, ret_size);
    case MODBUS_RTU:
        return fit_rtu(asked, at, ret_pdu, ret_size);
    default:
        return fit_ascii(asked, at, room, ret_pdu, ret_size);
    }
}

void modbus_frame_find(const modbus_question *asked, dragoman_bytes unread, uint8_t *room, modbus_answer *ret_answer) {
    *ret_answer = (modbus_answer){.find = MODBUS_FIND_NOTHING, .consumed = unread.size, .noise = unread.size};
    for (size_t i = 0; i < unread.size; i++) {
        size_t size = 0;
        fit found = fit_at(asked, (dragoman_bytes){unread.data + i, unread.size - i}, room, &ret_answer->pdu, &size);
        ret_answer->broken += found == FIT_BROKEN;
        if (found == FIT_YES || found == FIT_MORE) {
            ret_answer->find = found == FIT_YES ? MODBUS_FIND_ANSWER : MODBUS_FIND_MORE;
            ret_answer->consumed = i + (found == FIT_YES ? size : 0);
            ret_answer->noise = i;
            return;
        }
    }
}

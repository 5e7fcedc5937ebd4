/* What an answer, an exception, or silence means for the unit that was asked. */
#include "session.h"

#include <string.h>

/* Application Protocol V1.1b3, 7. */
typedef enum exception {
    ILLEGAL_FUNCTION = 1,
    ILLEGAL_DATA_ADDRESS = 2,
    ILLEGAL_DATA_VALUE = 3,
    SERVER_DEVICE_FAILURE = 4,
    ACKNOWLEDGE = 5,
    SERVER_DEVICE_BUSY = 6,
    GATEWAY_PATH_UNAVAILABLE = 10,
    GATEWAY_TARGET_SILENT = 11,
} exception;

static modbus_unit *asked_unit(modbus_session *self) {
    return &self->units[self->asked_unit];
}

static bool is_identification(modbus_session *self) {
    return self->asked.function == MODBUS_READ_IDENTIFICATION;
}

/* The registers of the question, as places in the unit's order. */
static uint32_t asked_registers(modbus_session *self, uint32_t *ret_count) {
    const modbus_request *request = &asked_unit(self)->plan.requests[self->asked_request];
    bool is_single = self->asked_single != MODBUS_NO_SINGLE;
    *ret_count = is_single ? 1 : request->registers;
    return request->from + (is_single ? self->asked_single : 0u);
}

static void note_heard(modbus_unit *unit) {
    unit->is_heard = true;
    unit->is_gap_told = false;
    unit->failures = 0;
    unit->quiet_until_us = INT64_MIN;
}

static void keep_object(modbus_session *self, modbus_unit *unit, uint8_t number, dragoman_bytes text) {
    if (number >= MODBUS_OBJECTS || text.size == 0 || unit->identification[number].size > 0) {
        return;
    }
    size_t size = text.size < MODBUS_TEXT_MAX ? text.size : MODBUS_TEXT_MAX;
    uint8_t *kept = (uint8_t *)self->host->allocate(self->context, size);
    if (kept == NULL) {
        return;
    }
    for (size_t i = 0; i < size; i++) {
        kept[i] = text.data[i] >= ' ' && text.data[i] < 0x7f ? text.data[i] : '?';
    }
    unit->identification[number] = (dragoman_bytes){kept, size};
}

/* 6.21: code, conformity, more follows, next object, number of objects, then the objects. The frame has measured them.
 */
static void hear_identification(modbus_session *self, modbus_unit *unit, dragoman_bytes pdu) {
    size_t at = 7;
    for (uint32_t left = pdu.data[6]; left > 0 && at + 2 <= pdu.size; left--) {
        keep_object(self, unit, pdu.data[at], (dragoman_bytes){pdu.data + at + 2, pdu.data[at + 1]});
        at += 2u + pdu.data[at + 1];
    }
    unit->next_object = pdu.data[5];
    unit->rounds_left = pdu.data[4] != 0 ? (uint8_t)(unit->rounds_left - 1) : 0;
}

static void hear_silence(modbus_session *self, const dragoman_now *now) {
    modbus_unit *unit = asked_unit(self);
    int64_t every_us = is_identification(self) ? 0 : unit->plan.requests[self->asked_request].every_us;
    int64_t wait_us = every_us > self->timeout_us ? every_us : self->timeout_us;
    for (uint32_t i = 0; i < unit->failures && wait_us < MODBUS_BACK_OFF_MOST_US; i++) {
        wait_us *= 2;
    }
    unit->failures++;
    unit->quiet_until_us = now->monotonic_us + (wait_us < MODBUS_BACK_OFF_MOST_US ? wait_us : MODBUS_BACK_OFF_MOST_US);
    if (!unit->is_gap_told) {
        unit->is_gap_told = true;
        modbus_report_absent(self, unit, 0, unit->plan.registers, DRAGOMAN_ABSENT_TEMPORARILY_UNKNOWN);
    }
    modbus_poll_done(self, now);
}

static uint8_t absent_of(uint8_t code) {
    switch (code) {
    case ILLEGAL_FUNCTION:
    case ILLEGAL_DATA_ADDRESS:
    case ILLEGAL_DATA_VALUE:
        return DRAGOMAN_ABSENT_UNSUPPORTED;
    case ACKNOWLEDGE:
    case SERVER_DEVICE_BUSY:
        return DRAGOMAN_ABSENT_TEMPORARILY_UNKNOWN;
    default:
        return DRAGOMAN_ABSENT_ERROR;
    }
}

static void hear_exception(modbus_session *self, uint8_t code, const dragoman_now *now) {
    modbus_unit *unit = asked_unit(self);
    if (code == GATEWAY_PATH_UNAVAILABLE || code == GATEWAY_TARGET_SILENT) {
        hear_silence(self, now);
        return;
    }
    note_heard(unit);
    if (is_identification(self)) {
        unit->rounds_left = 0;
        return;
    }
    uint32_t count = 0;
    uint32_t from = asked_registers(self, &count);
    uint8_t absent = absent_of(code);
    if (absent == DRAGOMAN_ABSENT_UNSUPPORTED && count > 1) {
        /* One of them may be missing in this model, or a gap may not be read over: each is asked for by itself. */
        unit->is_split[self->asked_request] = 1;
        self->asked_single = 0;
        self->goes_on = true;
        return;
    }
    modbus_report_absent(self, unit, from, count, absent);
    modbus_poll_go_on(self, now);
}

void modbus_hear_answer(modbus_session *self, dragoman_bytes pdu, const dragoman_now *now) {
    modbus_unit *unit = asked_unit(self);
    if ((pdu.data[0] & MODBUS_EXCEPTION) != 0) {
        hear_exception(self, pdu.data[1], now);
        return;
    }
    note_heard(unit);
    if (is_identification(self)) {
        hear_identification(self, unit, pdu);
        return;
    }
    uint32_t count = 0;
    uint32_t from = asked_registers(self, &count);
    modbus_report_values(self, unit, from, count, (dragoman_bytes){pdu.data + 2, pdu.size - 2}, self->asked.first);
    modbus_poll_go_on(self, now);
}

void modbus_hear_nothing(modbus_session *self, const dragoman_now *now) {
    if (self->is_garbled && !self->was_again) {
        /* Something answered, and noise struck it: once more. */
        self->is_again = true;
        return;
    }
    hear_silence(self, now);
}

void modbus_hear_end(modbus_session *self) {
    for (uint32_t i = 0; i < self->unit_count; i++) {
        modbus_unit *unit = &self->units[i];
        if (unit->is_heard && !unit->is_gap_told) {
            unit->is_gap_told = true;
            modbus_report_absent(self, unit, 0, unit->plan.registers, DRAGOMAN_ABSENT_TEMPORARILY_UNKNOWN);
        }
        unit->is_heard = false;
    }
}

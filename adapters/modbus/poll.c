/* Whose turn it is, and what it is asked. */
#include "session.h"

/* Nothing of it may be asked for any more: the device said that it has none of it. */
static bool is_useless(const modbus_unit *unit, const modbus_request *request) {
    for (uint32_t i = 0; i < request->registers; i++) {
        if (unit->told[modbus_register_at(unit, request, i)] != DRAGOMAN_ABSENT_UNSUPPORTED) {
            return false;
        }
    }
    return true;
}

/* When the unit wants to be asked, and for which request (its count: identification). */
static int64_t unit_due(const modbus_unit *unit, uint32_t *ret_request) {
    int64_t least = DRAGOMAN_NO_DEADLINE;
    *ret_request = unit->plan.count;
    if (unit->rounds_left > 0) {
        return unit->quiet_until_us;
    }
    for (uint32_t i = 0; i < unit->plan.count; i++) {
        if (unit->due_us[i] < least && !is_useless(unit, &unit->plan.requests[i])) {
            least = unit->due_us[i];
            *ret_request = i;
        }
    }
    return least < unit->quiet_until_us ? unit->quiet_until_us : least;
}

static int64_t find_due(const modbus_session *self, uint32_t *ret_unit, uint32_t *ret_request) {
    int64_t least = DRAGOMAN_NO_DEADLINE;
    for (uint32_t i = 0; i < self->unit_count; i++) {
        uint32_t request = 0;
        int64_t due_us = unit_due(&self->units[i], &request);
        if (due_us < least) {
            least = due_us;
            *ret_unit = i;
            *ret_request = request;
        }
    }
    return least;
}

int64_t modbus_poll_due(const modbus_session *self) {
    uint32_t unit = 0;
    uint32_t request = 0;
    return self->is_again || self->goes_on ? INT64_MIN : find_due(self, &unit, &request);
}

void modbus_poll_start(modbus_session *self, const dragoman_now *now) {
    for (uint32_t i = 0; i < self->unit_count; i++) {
        modbus_unit *unit = &self->units[i];
        unit->failures = 0;
        unit->quiet_until_us = now->monotonic_us;
        unit->rounds_left = self->map.has_identification ? MODBUS_IDENTIFICATION_ROUNDS : 0;
        unit->next_object = 0;
        unit->is_heard = false;
        for (uint32_t n = 0; n < unit->plan.count; n++) {
            /* Overdue by some part of its rate: asked at once, and from then on in a phase of its own. */
            int64_t every_us = unit->plan.requests[n].every_us;
            unit->due_us[n] = now->monotonic_us - (int64_t)(self->phase % (uint64_t)every_us);
            unit->is_split[n] = 0;
        }
        /* Another device may stand there now: what the last one had not is asked for again. A gap stays stated. */
        for (uint32_t n = 0; n < self->map.count; n++) {
            unit->told[n] = unit->told[n] == DRAGOMAN_ABSENT_UNSUPPORTED ? DRAGOMAN_PRESENT : unit->told[n];
        }
    }
    self->is_again = self->was_again = self->goes_on = false;
    self->has_stale = false;
}

static void set_question(modbus_session *self) {
    const modbus_unit *unit = &self->units[self->asked_unit];
    self->asked = (modbus_question){.framing = self->framing, .unit = unit->address};
    if (self->asked_request == unit->plan.count) {
        self->asked.function = MODBUS_READ_IDENTIFICATION;
        self->asked.first = unit->next_object;
        return;
    }
    const modbus_request *request = &unit->plan.requests[self->asked_request];
    self->asked.function = (uint8_t)modbus_function_of(request->table);
    self->asked.first = request->first;
    self->asked.count = request->count;
    if (self->asked_single != MODBUS_NO_SINGLE) {
        const modbus_register *is = &self->map.registers[modbus_register_at(unit, request, self->asked_single)];
        self->asked.first = is->address;
        self->asked.count = is->size;
    }
}

/* The first single from `from` on that the unit has. False: none is left. */
static bool find_single(modbus_session *self, uint32_t from) {
    const modbus_unit *unit = &self->units[self->asked_unit];
    const modbus_request *request = &unit->plan.requests[self->asked_request];
    for (uint32_t i = from; i < request->registers; i++) {
        if (unit->told[modbus_register_at(unit, request, i)] != DRAGOMAN_ABSENT_UNSUPPORTED) {
            self->asked_single = (uint16_t)i;
            return true;
        }
    }
    return false;
}

static void choose(modbus_session *self) {
    uint32_t unit = 0;
    uint32_t request = 0;
    find_due(self, &unit, &request);
    self->asked_unit = unit;
    self->asked_request = (uint16_t)request;
    self->asked_single = MODBUS_NO_SINGLE;
    bool is_split = request < self->units[unit].plan.count && self->units[unit].is_split[request] != 0;
    if (is_split) {
        find_single(self, 0);
    }
}

void modbus_poll_ask(modbus_session *self, const dragoman_now *now) {
    self->was_again = self->is_again;
    if (!self->is_again && !self->goes_on) {
        choose(self);
    }
    self->is_again = self->goes_on = self->is_garbled = false;
    self->has_stale = true;
    set_question(self);
    self->asked.transaction = ++self->transaction;
    self->out_size = modbus_frame_write(&self->asked, self->out);
    self->wake_us = now->monotonic_us + self->timeout_us;
}

void modbus_poll_done(modbus_session *self, const dragoman_now *now) {
    modbus_unit *unit = &self->units[self->asked_unit];
    if (self->asked_request == unit->plan.count) {
        return;
    }
    int64_t *due_us = &unit->due_us[self->asked_request];
    int64_t every_us = unit->plan.requests[self->asked_request].every_us;
    /* What was missed while the bus was busy is left out, not made up for. */
    int64_t missed = now->monotonic_us > *due_us ? (now->monotonic_us - *due_us) / every_us : 0;
    *due_us += every_us * (missed + 1);
}

void modbus_poll_go_on(modbus_session *self, const dragoman_now *now) {
    bool is_single = self->asked_single != MODBUS_NO_SINGLE;
    self->goes_on = is_single && find_single(self, self->asked_single + 1u);
    if (!self->goes_on) {
        modbus_poll_done(self, now);
    }
}

#include "session.h"
#include "words.h"

#include <stdlib.h>

static dragoman_bytes find(const dragoman_start *start, const char *key) {
    return dragoman_setting_find(start, (dragoman_bytes){(const uint8_t *)key, strlen(key)});
}

/* What the link says, else its profile. */
static dragoman_bytes find_either(const modbus_session *self, const dragoman_start *start, const char *key) {
    dragoman_code sender = {.system = DRAGOMAN_TEXT("Modbus")};
    dragoman_bytes own = find(start, key);
    bool is_said = own.size > 0 && !modbus_is(own, "auto");
    dragoman_bytes name = {(const uint8_t *)key, strlen(key)};
    return is_said ? own : self->host->profile_setting(self->context, &sender, name);
}

static int64_t milliseconds(const dragoman_start *start, const char *key, int64_t fallback) {
    int64_t number = 0;
    return modbus_integer(find(start, key), 0, MODBUS_EVERY_MOST_MS, &number) ? number : fallback;
}

static dragoman_status copy(modbus_session *self, dragoman_bytes text, dragoman_bytes *ret_copy) {
    if (text.size == 0) {
        return DRAGOMAN_OK;
    }
    uint8_t *kept = (uint8_t *)self->host->allocate(self->context, text.size);
    if (kept == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    memcpy(kept, text.data, text.size);
    *ret_copy = (dragoman_bytes){kept, text.size};
    return DRAGOMAN_OK;
}

static void release(modbus_session *self, dragoman_bytes text) {
    self->host->release(self->context, (void *)(uintptr_t)text.data);
}

static bool is_known(const modbus_session *self, uint8_t address) {
    for (uint32_t i = 0; i < self->unit_count; i++) {
        if (self->units[i].address == address) {
            return true;
        }
    }
    return false;
}

/* "3", "1-5" or "3=Pharmacy": one unit or several of one place. */
static dragoman_status take_units(modbus_session *self, dragoman_bytes text) {
    dragoman_bytes place = text;
    dragoman_bytes numbers = {NULL, 0};
    dragoman_bytes first = {NULL, 0};
    int64_t from = 0;
    int64_t to = 0;
    modbus_cut(&place, '=', &numbers);
    dragoman_bytes rest = numbers;
    modbus_cut(&rest, '-', &first);
    if (!modbus_integer(first, 1, MODBUS_UNIT_SELF, &from) ||
        !modbus_integer(rest.size > 0 ? rest : first, from, MODBUS_UNIT_SELF, &to)) {
        self->host->log(self->context, DRAGOMAN_LOG_ERROR,
                        DRAGOMAN_TEXT("units: a number from 1 to 255 is expected, or two as 1-5, or one with its place "
                                      "as 3=Pharmacy"),
                        (dragoman_bytes){NULL, 0});
        return DRAGOMAN_INVALID;
    }
    for (int64_t address = from; address <= to; address++) {
        if (is_known(self, (uint8_t)address)) {
            continue;
        }
        modbus_unit *unit = &self->units[self->unit_count++];
        unit->address = (uint8_t)address;
        dragoman_status status = copy(self, place, &unit->place);
        if (status != DRAGOMAN_OK) {
            return status;
        }
    }
    return DRAGOMAN_OK;
}

/* How many units the settings name at most. */
static uint32_t count_units(const dragoman_start *start) {
    uint32_t count = 1;
    for (uint32_t i = 0; i < start->settings.count; i++) {
        const dragoman_setting *setting = (const dragoman_setting *)dragoman_list_at(&start->settings, i);
        if (modbus_is(setting->key, "units")) {
            bool is_range = memchr(setting->value.data, '-', setting->value.size) != NULL;
            count = count + (is_range ? MODBUS_UNIT_SELF : 1);
        }
    }
    return count < MODBUS_UNIT_SELF ? count : MODBUS_UNIT_SELF;
}

static dragoman_status read_units(modbus_session *self, const dragoman_start *start) {
    uint32_t room = count_units(start);
    self->units = (modbus_unit *)self->host->allocate(self->context, room * sizeof(modbus_unit));
    if (self->units == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    memset(self->units, 0, room * sizeof(modbus_unit));
    dragoman_status status = DRAGOMAN_OK;
    for (uint32_t i = 0; status == DRAGOMAN_OK && i < start->settings.count; i++) {
        const dragoman_setting *setting = (const dragoman_setting *)dragoman_list_at(&start->settings, i);
        status = modbus_is(setting->key, "units") ? take_units(self, setting->value) : DRAGOMAN_OK;
    }
    return status == DRAGOMAN_OK && self->unit_count == 0 ? take_units(self, DRAGOMAN_TEXT("1")) : status;
}

static size_t aligned(size_t size) {
    return (size + 7) & ~(size_t)7;
}

/* Makes every unit's plan in a scratch room first, then gives each the room it needs. */
static dragoman_status make_plans(modbus_session *self) {
    uint32_t most = self->map.count;
    modbus_plan scratch = {.order = (uint16_t *)self->host->batch(self->context, most * sizeof(uint16_t) + 8),
                           .requests =
                               (modbus_request *)self->host->batch(self->context, most * sizeof(modbus_request) + 8)};
    if (scratch.order == NULL || scratch.requests == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    size_t size = 0;
    uint8_t *at = NULL;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < self->unit_count; i++) {
            modbus_unit *unit = &self->units[i];
            modbus_plan_make(&self->map, unit->address, self->every_ms, &scratch);
            size_t requests = aligned(scratch.count * sizeof(modbus_request));
            size_t due = scratch.count * sizeof(int64_t);
            size_t order = aligned(scratch.registers * sizeof(uint16_t));
            size += requests + due + order + aligned(scratch.count) + aligned(most);
            if (at == NULL) {
                continue;
            }
            unit->plan = (modbus_plan){.requests = (modbus_request *)(void *)at,
                                       .order = (uint16_t *)(void *)(at + requests + due),
                                       .count = scratch.count,
                                       .registers = scratch.registers};
            unit->due_us = (int64_t *)(void *)(at + requests);
            unit->is_split = at + requests + due + order;
            unit->told = unit->is_split + aligned(scratch.count);
            memcpy(unit->plan.requests, scratch.requests, scratch.count * sizeof(modbus_request));
            memcpy(unit->plan.order, scratch.order, scratch.registers * sizeof(uint16_t));
            at = unit->told + aligned(most);
        }
        if (pass == 0) {
            at = (uint8_t *)self->host->allocate(self->context, size + 8);
            self->room_block = at;
            if (at == NULL) {
                return DRAGOMAN_NO_MEMORY;
            }
            memset(at, 0, size + 8);
        }
    }
    return DRAGOMAN_OK;
}

static dragoman_status read_map(modbus_session *self, const dragoman_start *start) {
    dragoman_list none = {NULL, 0, sizeof(dragoman_setting)};
    const dragoman_list *profile = DRAGOMAN_HAS(start, profile) ? &start->profile : &none;
    dragoman_status status = modbus_map_read(profile, self->host, self->context, &self->map, &self->map_block);
    if (status == DRAGOMAN_INVALID) {
        self->host->log(self->context, DRAGOMAN_LOG_ERROR,
                        DRAGOMAN_TEXT("this link needs a profile whose device section lists registers; `dragoman "
                                      "profile check` tells what is wrong with one"),
                        (dragoman_bytes){NULL, 0});
    }
    return status;
}

dragoman_status modbus_settings_read(modbus_session *self, const dragoman_start *start) {
    static const char *const framings[] = {"tcp", "rtu", "ascii", NULL};
    int framing = modbus_word(find_either(self, start, "framing"), framings);
    self->is_framing_known = framing >= 0;
    self->framing = framing >= 0 ? (uint8_t)framing : MODBUS_TCP;
    int64_t timeout_ms = milliseconds(start, "timeout", MODBUS_TIMEOUT_MS);
    self->timeout_us = (timeout_ms < MODBUS_TIMEOUT_LEAST_MS ? MODBUS_TIMEOUT_LEAST_MS : timeout_ms) * 1000;
    self->every_ms = milliseconds(start, "every", 0);
    self->is_pause_known = find(start, "turnaround").size > 0;
    self->pause_us = milliseconds(start, "turnaround", 0) * 1000;
    for (size_t i = 0; i < sizeof self->phase; i++) {
        self->phase = self->phase << 8 | start->seed[i];
    }
    dragoman_status status = copy(self, find(start, "place"), &self->place);
    status = status == DRAGOMAN_OK ? read_map(self, start) : status;
    status = status == DRAGOMAN_OK ? read_units(self, start) : status;
    return status == DRAGOMAN_OK ? make_plans(self) : status;
}

void modbus_settings_release(modbus_session *self) {
    for (uint32_t i = 0; i < self->unit_count; i++) {
        release(self, self->units[i].place);
        for (uint32_t n = 0; n < MODBUS_OBJECTS; n++) {
            release(self, self->units[i].identification[n]);
        }
    }
    release(self, self->place);
    release(self, self->peer);
    self->host->release(self->context, self->units);
    self->host->release(self->context, self->room_block);
    self->host->release(self->context, self->map_block);
}

/* Reports: about a device or the place that it stands in, never about a patient. */
#include "session.h"
#include "value.h"

#include <stdio.h>
#include <string.h>

#define KEY 320

/* What a report is built from, in batch memory. */
typedef struct building {
    modbus_session *session;
    modbus_unit *unit;
    modbus_scene scene;
    dragoman_observation *observations;
    modbus_said *said;
    dragoman_code *codes;
    uint32_t count;
} building;

static bool begin(building *self, modbus_session *session, modbus_unit *unit, uint32_t most) {
    const dragoman_host *host = session->host;
    *self = (building){
        .session = session, .unit = unit, .scene = {.host = host, .context = session->context, .map = &session->map}};
    self->observations = (dragoman_observation *)host->batch(session->context, most * sizeof(dragoman_observation) + 1);
    self->said = (modbus_said *)host->batch(session->context, most * sizeof(modbus_said) + 1);
    self->codes = (dragoman_code *)host->batch(session->context, most * sizeof(dragoman_code) + 1);
    return self->observations != NULL && self->said != NULL && self->codes != NULL;
}

/* Adds the observation of a register; its value stands in said[count]. */
static void add(building *self, uint16_t index, uint32_t status) {
    const modbus_register *is = &self->session->map.registers[index];
    uint32_t at = self->count++;
    self->codes[at] = (dragoman_code){.code = is->name, .text = is->text, .system = self->session->map.system};
    self->observations[at] = (dragoman_observation){
        .path = {.mds = 1, .vmd = 1, .channel = 1, .metric = index + 1u},
        .code = {.codings = &self->codes[at], .coding_count = 1, .text = is->text},
        .values = DRAGOMAN_LIST(&self->said[at].value, 1),
        .status = status,
        .result = DRAGOMAN_RESULT_UNVALIDATED,
        .obtained = DRAGOMAN_OBTAINED_CONTINUOUS,
        .domain = DRAGOMAN_DOMAIN_PLACE,
    };
    if (is->unit.size > 0) {
        self->observations[at].unit = (dragoman_code){.code = is->unit, .system = DRAGOMAN_TEXT("UCUM")};
    }
}

static dragoman_bytes either(dragoman_bytes first, dragoman_bytes second) {
    return first.size > 0 ? first : second;
}

static dragoman_status send_out(modbus_session *session, const dragoman_report *report) {
    const dragoman_host *host = session->host;
    dragoman_bytes unnamed = {NULL, 0}; /* an answer to a poll has no name of its own */
    uint64_t number = 0;
    dragoman_status status = host->message_begin(session->context, unnamed, unnamed, 0, &number);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    status = host->emit(session->context, report);
    if (status == DRAGOMAN_OK) {
        return host->message_end(session->context);
    }
    host->message_abandon(session->context);
    return status;
}

static void finish(building *self) {
    modbus_session *session = self->session;
    const modbus_unit *unit = self->unit;
    char key[KEY];
    int size = snprintf(key, sizeof key, "%.*s%sunit-%u", (int)session->peer.size, (const char *)session->peer.data,
                        session->peer.size > 0 ? "/" : "", (unsigned)unit->address);
    dragoman_version version = {DRAGOMAN_TEXT("revision"), unit->identification[2]};
    dragoman_device device = {.struct_size = sizeof device,
                              .key = {(const uint8_t *)key, (size_t)size},
                              .manufacturer = either(session->map.manufacturer, unit->identification[0]),
                              .model = either(session->map.model, unit->identification[1])};
    if (version.value.size > 0) {
        device.versions = DRAGOMAN_LIST(&version, 1);
    }
    dragoman_place place = {.struct_size = sizeof place, .point_of_care = either(unit->place, session->place)};
    dragoman_report report = {.struct_size = sizeof report,
                              .device = &device,
                              .place = place.point_of_care.size > 0 ? &place : NULL,
                              .sender = {.system = DRAGOMAN_TEXT("Modbus")},
                              .observations = DRAGOMAN_LIST(self->observations, self->count)};
    if (send_out(session, &report) != DRAGOMAN_OK) {
        session->host->log(session->context, DRAGOMAN_LOG_ERROR,
                           DRAGOMAN_TEXT("values that were read could not be handed on"), (dragoman_bytes){NULL, 0});
    }
    session->host->count(session->context, DRAGOMAN_COUNT_ODD_VALUE, self->scene.odd_values);
    session->host->count(session->context, DRAGOMAN_COUNT_REPLACED_CHARACTER, self->scene.replaced);
}

static void no_memory(modbus_session *session) {
    session->host->log(session->context, DRAGOMAN_LOG_ERROR, DRAGOMAN_TEXT("no memory for the values that were read"),
                       (dragoman_bytes){NULL, 0});
}

void modbus_report_values(modbus_session *self, modbus_unit *unit, uint32_t from, uint32_t count, dragoman_bytes data,
                          uint16_t first) {
    building built;
    bool is_good = begin(&built, self, unit, count);
    for (uint32_t i = 0; is_good && i < count; i++) {
        uint16_t index = unit->plan.order[from + i];
        is_good = modbus_value_read(&built.scene, &self->map.registers[index], data, first, &built.said[built.count]);
        if (is_good) {
            unit->told[index] = DRAGOMAN_PRESENT;
            add(&built, index, 0);
        }
    }
    if (is_good) {
        finish(&built);
    } else {
        no_memory(self);
    }
}

void modbus_report_absent(modbus_session *self, modbus_unit *unit, uint32_t from, uint32_t count, uint8_t absent) {
    building built;
    if (!begin(&built, self, unit, count)) {
        no_memory(self);
        return;
    }
    /* The standard's "not available" is of a moment; what is missing for good or broken has its own reason. */
    uint32_t status = absent == DRAGOMAN_ABSENT_TEMPORARILY_UNKNOWN ? DRAGOMAN_STATUS_NOT_AVAILABLE : 0;
    for (uint32_t i = 0; i < count; i++) {
        uint16_t index = unit->plan.order[from + i];
        if (unit->told[index] == absent || unit->told[index] == DRAGOMAN_ABSENT_UNSUPPORTED) {
            continue;
        }
        unit->told[index] = absent;
        built.said[built.count] = (modbus_said){.value = {.kind = DRAGOMAN_VALUE_NONE, .absent = absent}};
        add(&built, index, status);
    }
    if (built.count > 0) {
        finish(&built);
    }
}

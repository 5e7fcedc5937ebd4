#include "plan.h"

static int64_t rate_of(const modbus_map *map, const modbus_register *is, int64_t every_ms) {
    int64_t common = every_ms > 0 ? every_ms : map->every_ms;
    return is->every_ms > 0 ? is->every_ms : common;
}

/* Whether a comes before b: by rate, table, address. */
static bool is_before(const modbus_map *map, const modbus_register *a, const modbus_register *b, int64_t every_ms) {
    int64_t rate_a = rate_of(map, a, every_ms);
    int64_t rate_b = rate_of(map, b, every_ms);
    if (rate_a != rate_b) {
        return rate_a < rate_b;
    }
    return a->table != b->table ? a->table < b->table : a->address < b->address;
}

/* Maps are mostly written in order, so that insertion is quick. */
static void sort(const modbus_map *map, uint8_t unit, int64_t every_ms, modbus_plan *plan) {
    plan->registers = 0;
    for (uint32_t i = 0; i < map->count; i++) {
        const modbus_register *is = &map->registers[i];
        if (is->device_unit != 0 && is->device_unit != unit) {
            continue;
        }
        uint32_t at = plan->registers++;
        while (at > 0 && is_before(map, is, &map->registers[plan->order[at - 1]], every_ms)) {
            plan->order[at] = plan->order[at - 1];
            at--;
        }
        plan->order[at] = (uint16_t)i;
    }
}

/* Whether the register can join the request, which then ends at *ret_end. */
static bool fits(const modbus_map *map, const modbus_request *request, const modbus_register *is, int64_t every_us,
                 uint32_t *ret_end) {
    uint32_t end = (uint32_t)request->first + request->count;
    uint32_t most = modbus_is_bits(is->table) ? map->bits_max : map->registers_max;
    uint32_t own_end = (uint32_t)is->address + is->size;
    *ret_end = own_end > end ? own_end : end;
    return request->every_us == every_us && request->table == is->table && is->address <= end + map->gap_max &&
           *ret_end - request->first <= most;
}

void modbus_plan_make(const modbus_map *map, uint8_t unit, int64_t every_ms, modbus_plan *room) {
    sort(map, unit, every_ms, room);
    room->count = 0;
    for (uint32_t i = 0; i < room->registers; i++) {
        const modbus_register *is = &map->registers[room->order[i]];
        int64_t every_us = rate_of(map, is, every_ms) * 1000;
        modbus_request *last = room->count > 0 ? &room->requests[room->count - 1] : NULL;
        uint32_t end = 0;
        if (last != NULL && fits(map, last, is, every_us, &end)) {
            last->count = (uint16_t)(end - last->first);
            last->registers++;
            continue;
        }
        room->requests[room->count++] = (modbus_request){.every_us = every_us,
                                                         .first = is->address,
                                                         .count = is->size,
                                                         .from = (uint16_t)i,
                                                         .registers = 1,
                                                         .table = is->table};
    }
}

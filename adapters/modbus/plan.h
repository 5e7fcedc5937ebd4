/*
 * Which requests read a map: registers of one table and rate that lie near each other are read together.
 */
#ifndef MODBUS_PLAN_H
#define MODBUS_PLAN_H

#include "map.h"

/* One read. Its registers stand in the plan's order from `from` on. */
typedef struct modbus_request {
    int64_t every_us;
    uint16_t first; /* address */
    uint16_t count; /* registers or bits */
    uint16_t from;
    uint16_t registers;
    uint8_t table;
} modbus_request;

typedef struct modbus_plan {
    uint16_t *order; /* indexes of the map's registers */
    modbus_request *requests;
    uint32_t count;
    uint32_t registers;
} modbus_plan;

/* The fewest requests for what the unit of this address has: no read is longer than the map allows, none bridges more
 * than its gap. `every_ms` above 0 is the rate of registers without one of their own. `room` must have a place for each
 * register of the map in `order` and in `requests`. */
void modbus_plan_make(const modbus_map *map, uint8_t unit, int64_t every_ms, modbus_plan *room);

#endif

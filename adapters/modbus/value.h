/*
 * What the bits of an answer mean by the map. Pure functions, but for the memory that texts take.
 */
#ifndef MODBUS_VALUE_H
#define MODBUS_VALUE_H

#include "map.h"

/* Where texts of values go, and what was odd about them. */
typedef struct modbus_scene {
    const dragoman_host *host;
    void *context;
    const modbus_map *map;
    uint32_t odd_values;
    uint32_t replaced; /* bytes of strings that are no characters */
} modbus_scene;

/* A value and the coding that it may point to. */
typedef struct modbus_said {
    dragoman_value value;
    dragoman_code coding;
} modbus_said;

/* Reads one register out of an answer. `data` is what was read from the address `first` on: two bytes a register, or
 * packed bits; the register lies wholly in it. What it says may point into `ret_said`. False: no memory. */
bool modbus_value_read(modbus_scene *scene, const modbus_register *is, dragoman_bytes data, uint16_t first,
                       modbus_said *ret_said);

#endif

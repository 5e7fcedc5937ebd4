/*
 * A register while it is read: with room for the lists that it may have.
 */
#ifndef MODBUS_MAP_ROW_H
#define MODBUS_MAP_ROW_H

#include "map.h"

/* Who is told of mistakes; `count` of them so far. */
typedef struct modbus_teller {
    dragoman_mistake_teller tell;
    void *context;
    uint32_t count;
} modbus_teller;

typedef struct modbus_row {
    modbus_register is;
    dragoman_decimal absents[MODBUS_ABSENTS_MAX];
    modbus_meaning meanings[MODBUS_MEANINGS_MAX];
    bool has_address, has_table, has_type, has_size;
    int64_t written_address;
} modbus_row;

/* Counts and tells a mistake. */
void modbus_mistake(modbus_teller *teller, dragoman_bytes key, const char *sentence);
/* Takes one value of a row; `key` names it in the row, `whole` in the section. */
void modbus_row_take(modbus_row *row, dragoman_bytes key, dragoman_bytes value, dragoman_bytes whole,
                     modbus_teller *teller);
/* Fills what the row leaves to the map, and tells what does not fit together. `key` names the row. */
void modbus_row_finish(modbus_row *row, const modbus_map *map, dragoman_bytes key, modbus_teller *teller);

#endif

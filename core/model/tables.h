/*
 * The tables of a report while it is encoded: which concepts, units and orders were spoken of so far, each once.
 * Private to the model's encoder. Memory grows only beyond some dozens of entries.
 */
#ifndef MODEL_TABLES_H
#define MODEL_TABLES_H

#include <dragoman/report.h>

#define TABLE_FIRST_ENTRIES 64 /* more than the metrics of a bedside monitor */
#define TABLE_FIRST_SLOTS 128
/* Search ends after so many neighbours and the concept is entered once more: somebody who makes texts collide gains
 * nothing. */
#define TABLE_LONGEST_SEARCH 64

typedef struct table_entry {
    dragoman_concept concept;
    uint64_t hash;
} table_entry;

/* Concepts, told apart by content. A unit is a concept of one coding. */
typedef struct concept_table {
    table_entry *entries;
    uint32_t *slots; /* entry index + 1, or 0 */
    uint32_t count;
    uint32_t capacity;
    uint32_t slot_count; /* a power of two, at least twice the capacity */
    bool failed;
    uint32_t first_slots[TABLE_FIRST_SLOTS];
    table_entry first_entries[TABLE_FIRST_ENTRIES];
} concept_table;

/* Orders, told apart by their address. */
typedef struct order_table {
    const dragoman_order **entries;
    uint32_t count;
    uint32_t capacity;
    bool failed;
    const dragoman_order *first_entries[8];
} order_table;

/* Prepares an empty table. */
void concept_table_init(concept_table *self);
/* Frees what grew. */
void concept_table_fini(concept_table *self);
/* The index, from 1, of a concept that is not empty; entered if it is new. 0 and `failed` when there is no memory.
 * Borrows the concept's codings and text. */
uint32_t concept_table_index(concept_table *self, const dragoman_concept *concept);

/* Prepares an empty table. */
void order_table_init(order_table *self);
/* Frees what grew. */
void order_table_fini(order_table *self);
/* As concept_table_index. Borrows the order. */
uint32_t order_table_index(order_table *self, const dragoman_order *order);

#endif

#include "memory.h"
#include "limits.h"
#include <string.h>

struct hl7v2_block {
    hl7v2_block *next;
    size_t size; /* of the whole block */
};

#define BLOCK_HEAD ((sizeof(hl7v2_block) + 15) & ~(size_t)15)

static void use_block(hl7v2_memory *memory, hl7v2_block *block) {
    block->next = memory->used;
    memory->used = block;
    memory->in_use += block->size;
    memory->at = (uint8_t *)block + BLOCK_HEAD;
    memory->left = block->size - BLOCK_HEAD;
}

void *hl7v2_memory_grow(hl7v2_memory *memory, size_t size) {
    if (size > HL7V2_MEMORY_BLOCK / 2) {
        void *piece = memory->host->batch(memory->context, size);
        memory->failed |= piece == NULL;
        return piece;
    }
    hl7v2_block *block = memory->spare;
    if (block != NULL) {
        memory->spare = block->next;
    } else {
        block = (hl7v2_block *)memory->host->batch(memory->context, HL7V2_MEMORY_BLOCK);
        if (block == NULL) {
            memory->failed = true;
            return NULL;
        }
        block->size = HL7V2_MEMORY_BLOCK;
    }
    use_block(memory, block);
    return hl7v2_take(memory, size);
}

void hl7v2_memory_reset(hl7v2_memory *memory) {
    while (memory->used != NULL) {
        hl7v2_block *block = memory->used;
        memory->used = block->next;
        block->next = memory->spare;
        memory->spare = block;
    }
    memory->in_use = 0;
    memory->at = NULL;
    memory->left = 0;
    memory->failed = false;
}

static bool make_room(hl7v2_rows *rows, hl7v2_memory *memory, uint32_t likely) {
    uint32_t capacity = rows->capacity > 0 ? rows->capacity * 2 : likely < 4 ? 4 : likely;
    capacity = capacity > rows->most ? rows->most : capacity;
    if (capacity == rows->count) {
        return false;
    }
    /* Not from the report's memory: the room is used again for the next report. */
    void *items = memory->host->batch(memory->context, (size_t)capacity * rows->item_size);
    if (items == NULL) {
        memory->failed = true;
        return false;
    }
    if (rows->count > 0) {
        memcpy(items, rows->items, (size_t)rows->count * rows->item_size);
    }
    rows->items = items;
    rows->capacity = capacity;
    return true;
}

void *hl7v2_rows_push(hl7v2_rows *rows, hl7v2_memory *memory, uint32_t likely) {
    if (rows->count == rows->capacity && !make_room(rows, memory, likely)) {
        return NULL;
    }
    void *item = hl7v2_rows_at(rows, rows->count++);
    memset(item, 0, rows->item_size);
    return item;
}

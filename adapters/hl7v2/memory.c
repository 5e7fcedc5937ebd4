#include "memory.h"
#include "limits.h"
#include <string.h>

struct hl7v2_block {
    hl7v2_block *next;
    size_t size; /* of the whole block */
};

#define BLOCK_HEAD ((sizeof(hl7v2_block) + 15) & ~(size_t)15)

static void use_block(hl7v2_memory *memory) {
    memory->at = (uint8_t *)memory->blocks + BLOCK_HEAD;
    memory->left = memory->blocks->size - BLOCK_HEAD;
}

void *hl7v2_memory_grow(hl7v2_memory *memory, size_t size) {
    if (size > HL7V2_MEMORY_LARGE) {
        void *piece = memory->host->batch(memory->context, size);
        memory->failed |= piece == NULL;
        return piece;
    }
    size_t wanted = size + BLOCK_HEAD + 15;
    if (wanted < HL7V2_MEMORY_BLOCK) {
        wanted = HL7V2_MEMORY_BLOCK;
    }
    hl7v2_block *block = (hl7v2_block *)memory->host->allocate(memory->context, wanted);
    if (block == NULL) {
        memory->failed = true;
        return NULL;
    }
    block->next = memory->blocks;
    block->size = wanted;
    memory->blocks = block;
    memory->kept += wanted;
    use_block(memory);
    return hl7v2_take(memory, size);
}

static void drop_newest(hl7v2_memory *memory) {
    hl7v2_block *block = memory->blocks;
    memory->blocks = block->next;
    memory->kept -= block->size;
    memory->host->release(memory->context, block);
}

void hl7v2_memory_reset(hl7v2_memory *memory) {
    memory->failed = false;
    memory->at = NULL;
    memory->left = 0;
    while (memory->blocks != NULL && (memory->blocks->next != NULL || memory->kept > HL7V2_MEMORY_KEPT)) {
        drop_newest(memory);
    }
    if (memory->blocks != NULL) {
        use_block(memory);
    }
}

void hl7v2_memory_fini(hl7v2_memory *memory) {
    while (memory->blocks != NULL) {
        drop_newest(memory);
    }
    memory->at = NULL;
    memory->left = 0;
}

void *hl7v2_rows_push(hl7v2_rows *rows, hl7v2_memory *memory) {
    if (rows->count == rows->capacity) {
        uint32_t capacity = rows->capacity == 0 ? 8 : rows->capacity * 2;
        if (capacity > rows->most) {
            capacity = rows->most;
        }
        if (capacity == rows->count) {
            return NULL;
        }
        void *items = memory->host->allocate(memory->context, (size_t)capacity * rows->item_size);
        if (items == NULL) {
            memory->failed = true;
            return NULL;
        }
        if (rows->count > 0) {
            memcpy(items, rows->items, (size_t)rows->count * rows->item_size);
        }
        memory->host->release(memory->context, rows->items);
        rows->items = items;
        rows->capacity = capacity;
    }
    void *item = hl7v2_rows_at(rows, rows->count++);
    memset(item, 0, rows->item_size);
    return item;
}

void hl7v2_rows_clear(hl7v2_rows *rows, const hl7v2_memory *memory, uint32_t kept) {
    rows->count = 0;
    if (rows->capacity > kept) {
        memory->host->release(memory->context, rows->items);
        rows->items = NULL;
        rows->capacity = 0;
    }
}

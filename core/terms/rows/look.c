#include "terms/hash.h"
#include "terms/tables.h"

#include <stddef.h>
#include <string.h>

static inline const char *name_of(const void *row, size_t name_at) {
    const char *name;
    memcpy(&name, (const uint8_t *)row + name_at, sizeof(name));
    return name;
}

/* The row whose name at offset `name_at` is `text`. */
static inline const void *find_text(const terms_slots *slots, const void *rows, size_t row_size, size_t name_at,
                                    dragoman_bytes text) {
    if (text.size == 0) {
        return NULL;
    }
    uint32_t slot = terms_hash_text(text) & slots->mask;
    for (; slots->rows[slot] != 0; slot = (slot + 1) & slots->mask) {
        const void *row = (const uint8_t *)rows + (size_t)(slots->rows[slot] - 1) * row_size;
        const char *name = name_of(row, name_at);
        if (strncmp(name, (const char *)text.data, text.size) == 0 && name[text.size] == '\0') {
            return row;
        }
    }
    return NULL;
}

/* The row whose code, its first member, is `code`. */
static inline const void *find_code(const terms_slots *slots, const void *rows, size_t row_size, uint32_t code) {
    uint32_t slot = terms_hash_code(code) & slots->mask;
    for (; slots->rows[slot] != 0; slot = (slot + 1) & slots->mask) {
        const void *row = (const uint8_t *)rows + (size_t)(slots->rows[slot] - 1) * row_size;
        uint32_t found;
        memcpy(&found, row, sizeof(found));
        if (found == code) {
            return row;
        }
    }
    return NULL;
}

_Static_assert(offsetof(terms_mdc, code) == 0 && offsetof(terms_unit, code) == 0 && offsetof(terms_alias, code) == 0,
               "find_code reads a row's first member");

const terms_mdc *terms_tables_mdc(const terms_tables *tables, uint32_t code) {
    return find_code(&tables->mdc_by_code, tables->mdcs, sizeof(terms_mdc), code);
}

const terms_mdc *terms_tables_refid(const terms_tables *tables, dragoman_bytes refid) {
    return find_text(&tables->mdc_by_refid, tables->mdcs, sizeof(terms_mdc), offsetof(terms_mdc, refid), refid);
}

const terms_unit *terms_tables_unit(const terms_tables *tables, uint32_t code) {
    return find_code(&tables->unit_by_code, tables->units, sizeof(terms_unit), code);
}

const terms_unit *terms_tables_unit_refid(const terms_tables *tables, dragoman_bytes refid) {
    return find_text(&tables->unit_by_refid, tables->units, sizeof(terms_unit), offsetof(terms_unit, refid), refid);
}

const terms_unit *terms_tables_ucum(const terms_tables *tables, dragoman_bytes ucum) {
    return find_text(&tables->unit_by_ucum, tables->units, sizeof(terms_unit), offsetof(terms_unit, ucum), ucum);
}

const terms_unit *terms_tables_unit_text(const terms_tables *tables, dragoman_bytes text) {
    const terms_unit_text *found =
        find_text(&tables->text_by_text, tables->texts, sizeof(terms_unit_text), offsetof(terms_unit_text, text), text);
    return found == NULL ? NULL : tables->units + found->unit;
}

const terms_alias *terms_tables_synonym(const terms_tables *tables, dragoman_bytes refid) {
    return find_text(&tables->alias_by_refid, tables->aliases, sizeof(terms_alias), offsetof(terms_alias, refid),
                     refid);
}

uint32_t terms_tables_other_number(const terms_tables *tables, uint32_t code) {
    const terms_alias *alias = find_code(&tables->alias_by_code, tables->aliases, sizeof(terms_alias), code);
    return alias == NULL ? 0 : alias->table_code;
}

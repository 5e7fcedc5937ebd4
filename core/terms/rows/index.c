#include "terms/hash.h"
#include "terms/rows/rows.h"

#include <stdlib.h>
#include <string.h>

/* Least power of two that leaves half of the slots empty. */
static uint32_t slot_count(uint32_t rows) {
    uint32_t count = 16;
    while (count < 2 * rows) {
        count *= 2;
    }
    return count;
}

/* Carves aligned pieces out of one block. With `at` NULL it only adds up what is needed. */
typedef struct carver {
    uint8_t *at;
    size_t used;
} carver;

static void *carve(carver *self, size_t size) {
    void *piece = self->at == NULL ? NULL : self->at + self->used;
    self->used += (size + 15) & ~(size_t)15;
    return piece;
}

static uint16_t *carve_slots(carver *self, uint32_t rows, terms_slots *slots) {
    uint32_t count = slot_count(rows);
    uint16_t *at = carve(self, count * sizeof(uint16_t));
    *slots = (terms_slots){at, count - 1};
    return at;
}

static void put(const terms_slots *slots, uint16_t *rows, uint32_t hash, uint32_t row) {
    uint32_t slot = hash & slots->mask;
    while (rows[slot] != 0) {
        slot = (slot + 1) & slots->mask;
    }
    rows[slot] = (uint16_t)(row + 1);
}

static dragoman_bytes slice(const char *text) {
    return (dragoman_bytes){(const uint8_t *)text, strlen(text)};
}

static void fill_mdcs(const terms_rows *self, terms_tables *tables, carver *from) {
    terms_mdc *mdcs = carve(from, self->mdcs.count * sizeof(terms_mdc));
    terms_link *links = carve(from, self->mdcs.count * sizeof(terms_link));
    uint16_t *by_code = carve_slots(from, self->mdcs.count, &tables->mdc_by_code);
    uint16_t *by_refid = carve_slots(from, self->mdcs.count, &tables->mdc_by_refid);
    tables->mdcs = mdcs;
    tables->links = links;
    tables->mdc_count = self->mdcs.count;
    for (uint32_t i = 0; from->at != NULL && i < self->mdcs.count; i++) {
        mdcs[i] = TERMS_ROW(row_mdc, self->mdcs, i)->mdc;
        put(&tables->mdc_by_code, by_code, terms_hash_code(mdcs[i].code), i);
        put(&tables->mdc_by_refid, by_refid, terms_hash_text(slice(mdcs[i].refid)), i);
    }
    for (uint32_t i = 0; from->at != NULL && i < self->groups.count; i++) {
        const row_group *group = TERMS_ROW(row_group, self->groups, i);
        const row_mdc *found = terms_rows_mdc(self, group->code);
        if (found != NULL) {
            links[found - (const row_mdc *)self->mdcs.items].group = group->group_code;
        }
    }
}

static void fill_pairs(const terms_rows *self, terms_tables *tables, carver *from) {
    terms_loinc *loincs = carve(from, self->pairs.count * sizeof(terms_loinc));
    tables->loincs = loincs;
    tables->loinc_count = self->pairs.count;
    for (uint32_t i = 0; from->at != NULL && i < self->pairs.count; i++) {
        const row_pair *pair = TERMS_ROW(row_pair, self->pairs, i);
        loincs[i] = pair->loinc;
        const row_mdc *found = terms_rows_mdc(self, pair->code);
        if (found != NULL) {
            terms_link *link = (terms_link *)tables->links + (found - (const row_mdc *)self->mdcs.items);
            link->loinc_first = link->loinc_count == 0 ? (uint16_t)i : link->loinc_first;
            link->loinc_count++;
        }
    }
}

static void fill_units(const terms_rows *self, terms_tables *tables, carver *from) {
    terms_unit *units = carve(from, self->units.count * sizeof(terms_unit));
    uint16_t *by_code = carve_slots(from, self->units.count, &tables->unit_by_code);
    uint16_t *by_refid = carve_slots(from, self->units.count, &tables->unit_by_refid);
    uint16_t *by_ucum = carve_slots(from, self->units.count, &tables->unit_by_ucum);
    tables->units = units;
    tables->unit_count = self->units.count;
    for (uint32_t i = 0; from->at != NULL && i < self->units.count; i++) {
        units[i] = TERMS_ROW(row_unit, self->units, i)->unit;
        put(&tables->unit_by_code, by_code, terms_hash_code(units[i].code), i);
        put(&tables->unit_by_refid, by_refid, terms_hash_text(slice(units[i].refid)), i);
        /* Several units share a UCUM code; the one with the least number, which comes first, is found. */
        if (terms_tables_ucum(tables, slice(units[i].ucum)) == NULL) {
            put(&tables->unit_by_ucum, by_ucum, terms_hash_text(slice(units[i].ucum)), i);
        }
    }
}

static void fill_aliases(const terms_rows *self, terms_tables *tables, carver *from) {
    terms_alias *aliases = carve(from, self->aliases.count * sizeof(terms_alias));
    uint16_t *by_refid = carve_slots(from, self->aliases.count, &tables->alias_by_refid);
    uint16_t *by_code = carve_slots(from, self->aliases.count, &tables->alias_by_code);
    tables->aliases = aliases;
    tables->alias_count = self->aliases.count;
    for (uint32_t i = 0; from->at != NULL && i < self->aliases.count; i++) {
        aliases[i] = TERMS_ROW(row_alias, self->aliases, i)->alias;
        if (aliases[i].kind == TERMS_ALIAS_SYNONYM) {
            put(&tables->alias_by_refid, by_refid, terms_hash_text(slice(aliases[i].refid)), i);
        } else if (aliases[i].kind == TERMS_ALIAS_NUMBER) {
            put(&tables->alias_by_code, by_code, terms_hash_code(aliases[i].code), i);
        }
    }
}

static void fill_texts(const terms_rows *self, terms_tables *tables, carver *from) {
    terms_unit_text *texts = carve(from, self->texts.count * sizeof(terms_unit_text));
    uint16_t *by_text = carve_slots(from, self->texts.count, &tables->text_by_text);
    tables->texts = texts;
    tables->text_count = self->texts.count;
    for (uint32_t i = 0; from->at != NULL && i < self->texts.count; i++) {
        const row_text *row = TERMS_ROW(row_text, self->texts, i);
        const terms_unit *unit = terms_tables_unit_refid(tables, slice(row->refid));
        texts[i] = (terms_unit_text){row->text, (uint32_t)(unit - tables->units)};
        put(&tables->text_by_text, by_text, terms_hash_text(slice(row->text)), i);
    }
}

static size_t fill(const terms_rows *self, terms_tables *tables, uint8_t *block) {
    carver from = {block, 0};
    carve(&from, sizeof(terms_tables));
    fill_mdcs(self, tables, &from);
    fill_pairs(self, tables, &from);
    fill_units(self, tables, &from);
    fill_aliases(self, tables, &from);
    fill_texts(self, tables, &from);
    return from.used;
}

terms_tables *terms_rows_index(const terms_rows *self) {
    terms_tables sizes = {0};
    size_t size = fill(self, &sizes, NULL);
    uint8_t *block = calloc(1, size);
    if (block != NULL) {
        fill(self, (terms_tables *)block, block);
    }
    return (terms_tables *)block;
}

#include "terms/rows/rows.h"

#include <stdlib.h>
#include <string.h>

void terms_rows_init(terms_rows *self) {
    memset(self, 0, sizeof(*self));
}

void terms_rows_fini(terms_rows *self) {
    free(self->mdcs.items);
    free(self->pairs.items);
    free(self->units.items);
    free(self->aliases.items);
    free(self->groups.items);
    free(self->episodics.items);
    free(self->texts.items);
    free(self->term_units.items);
    terms_rows_init(self);
}

void *terms_rows_add(terms_rows *self, terms_list *list, size_t size) {
    if (list->count >= TERMS_ROWS_MAX) {
        self->failed = true;
        return NULL;
    }
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        void *items = realloc(list->items, capacity * size);
        if (items == NULL) {
            self->failed = true;
            return NULL;
        }
        list->items = items;
        list->capacity = capacity;
    }
    return memset((uint8_t *)list->items + list->count++ * size, 0, size);
}

static void add_pairs(terms_rows *self, const terms_tables *tables, uint32_t index) {
    const terms_link *link = tables->links + index;
    for (uint32_t i = 0; i < link->loinc_count; i++) {
        row_pair *pair = terms_rows_add(self, &self->pairs, sizeof(row_pair));
        if (pair != NULL) {
            pair->code = tables->mdcs[index].code;
            pair->refid = tables->mdcs[index].refid;
            pair->loinc = tables->loincs[link->loinc_first + i];
            pair->use = (uint8_t)(!pair->loinc.is_preferred ? ROW_USE_OTHER : i == 0 ? ROW_USE_FIRST : ROW_USE_ALSO);
        }
    }
}

static void add_mdc(terms_rows *self, const terms_tables *tables, uint32_t index) {
    row_mdc *mdc = terms_rows_add(self, &self->mdcs, sizeof(row_mdc));
    if (mdc != NULL) {
        mdc->mdc = tables->mdcs[index];
    }
    uint32_t group_code = tables->links[index].group;
    if (group_code != 0) {
        row_group *group = terms_rows_add(self, &self->groups, sizeof(row_group));
        if (group != NULL) {
            group->code = tables->mdcs[index].code;
            group->refid = tables->mdcs[index].refid;
            group->group_code = group_code;
            const terms_mdc *found = terms_tables_mdc(tables, group_code);
            group->group_refid = found == NULL ? "" : found->refid;
        }
    }
    add_pairs(self, tables, index);
}

void terms_rows_from(terms_rows *self, const terms_tables *tables) {
    for (uint32_t i = 0; i < tables->mdc_count; i++) {
        add_mdc(self, tables, i);
    }
    for (uint32_t i = 0; i < tables->unit_count; i++) {
        row_unit *unit = terms_rows_add(self, &self->units, sizeof(row_unit));
        if (unit != NULL) {
            unit->unit = tables->units[i];
        }
    }
    for (uint32_t i = 0; i < tables->alias_count; i++) {
        row_alias *alias = terms_rows_add(self, &self->aliases, sizeof(row_alias));
        if (alias != NULL) {
            alias->alias = tables->aliases[i];
            const terms_mdc *found = terms_tables_mdc(tables, alias->alias.table_code);
            alias->table_refid = found == NULL ? "" : found->refid;
        }
    }
    for (uint32_t i = 0; i < tables->text_count; i++) {
        row_text *text = terms_rows_add(self, &self->texts, sizeof(row_text));
        if (text != NULL) {
            text->text = tables->texts[i].text;
            text->refid = tables->units[tables->texts[i].unit].refid;
            text->ucum = tables->units[tables->texts[i].unit].ucum;
        }
    }
}

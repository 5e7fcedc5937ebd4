#include "terms/rows/rows.h"

#include <stdlib.h>
#include <string.h>

typedef int (*compare)(const void *a, const void *b);

static void merge(uint8_t *to, const uint8_t *left, size_t left_count, const uint8_t *right, size_t right_count,
                  size_t size, compare order) {
    while (left_count > 0 && right_count > 0) {
        bool take_left = order(left, right) <= 0;
        memcpy(to, take_left ? left : right, size);
        to += size;
        if (take_left) {
            left += size;
            left_count--;
        } else {
            right += size;
            right_count--;
        }
    }
    memcpy(to, left, left_count * size);
    memcpy(to + left_count * size, right, right_count * size);
}

/* qsort does not promise to keep the order of equals, and the later of two equal rows replaces the earlier. */
static void sort_stably(terms_rows *self, terms_list *list, size_t size, compare order) {
    size_t count = list->count;
    uint8_t *other = count < 2 ? NULL : malloc(count * size);
    if (other == NULL) {
        self->failed = self->failed || count >= 2;
        return;
    }
    uint8_t *from = list->items;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t start = 0; start < count; start += 2 * width) {
            size_t middle = start + width < count ? start + width : count;
            size_t end = start + 2 * width < count ? start + 2 * width : count;
            merge(other + start * size, from + start * size, middle - start, from + middle * size, end - middle, size,
                  order);
        }
        uint8_t *sorted = other;
        other = from;
        from = sorted;
    }
    free(other);
    list->items = from;
    list->capacity = list->count;
}

static int by_number(uint32_t a, uint32_t b) {
    return a < b ? -1 : a > b ? 1 : 0;
}

static int by_mdc(const void *a, const void *b) {
    return by_number(((const row_mdc *)a)->mdc.code, ((const row_mdc *)b)->mdc.code);
}

static int by_unit(const void *a, const void *b) {
    return by_number(((const row_unit *)a)->unit.code, ((const row_unit *)b)->unit.code);
}

static int by_alias(const void *a, const void *b) {
    return by_number(((const row_alias *)a)->alias.code, ((const row_alias *)b)->alias.code);
}

static int by_pair(const void *a, const void *b) {
    const row_pair *left = a;
    const row_pair *right = b;
    int order = by_number(left->code, right->code);
    if (order == 0) {
        order = by_number(left->is_added, right->is_added);
    }
    return order != 0 ? order : by_number(left->use, right->use);
}

static int by_group(const void *a, const void *b) {
    return by_number(((const row_group *)a)->code, ((const row_group *)b)->code);
}

static int by_text(const void *a, const void *b) {
    return strcmp(((const row_text *)a)->text, ((const row_text *)b)->text);
}

static bool is_site(mistake_place place, terms_standing standing) {
    return place.file != NULL && standing == TERMS_SITE;
}

/* Whether `next` takes the place of `row`, which has the same code. */
static bool replaces_mdc(const row_mdc *row, const row_mdc *next) {
    return next->mdc.code == row->mdc.code && is_site(next->place, next->mdc.standing) && !next->is_implied &&
           (row->is_implied || strcmp(row->mdc.refid, next->mdc.refid) == 0);
}

/* Whether a site's row says what the compiled-in one says: a copy of ours is no news, and keeps its standing. */
static bool repeats_mdc(const row_mdc *row, const row_mdc *next) {
    return row->place.file == NULL && next->place.file != NULL && row->mdc.code == next->mdc.code &&
           row->mdc.kind == next->mdc.kind && strcmp(row->mdc.refid, next->mdc.refid) == 0 &&
           strcmp(row->mdc.name, next->mdc.name) == 0;
}

static void settle_mdcs(terms_rows *self) {
    uint32_t kept = 0;
    row_mdc *rows = self->mdcs.items;
    for (uint32_t i = 0; i < self->mdcs.count; i++) {
        row_mdc *last = kept == 0 ? NULL : rows + kept - 1;
        if (last != NULL &&
            ((last->mdc.code == rows[i].mdc.code && rows[i].is_implied) || repeats_mdc(last, rows + i))) {
            continue;
        }
        if (last != NULL && replaces_mdc(last, rows + i)) {
            rows[i].mdc.episodic |= last->mdc.episodic;
            kept--;
        }
        rows[kept++] = rows[i];
    }
    self->mdcs.count = kept;
}

/* A site's own pairings of a code replace all that were compiled in. */
static bool is_replaced_pair(const row_pair *rows, uint32_t count, uint32_t index) {
    if (rows[index].place.file != NULL) {
        return false;
    }
    for (uint32_t i = index + 1; i < count && rows[i].code == rows[index].code; i++) {
        if (is_site(rows[i].place, rows[i].loinc.standing) && !rows[i].is_added) {
            return true;
        }
    }
    for (uint32_t i = index; i > 0 && rows[i - 1].code == rows[index].code; i--) {
        if (is_site(rows[i - 1].place, rows[i - 1].loinc.standing) && !rows[i - 1].is_added) {
            return true;
        }
    }
    return false;
}

/* What is known of a LOINC code from another pairing of it: a magic code keeps its profile whoever pairs it. */
static void complete_pair(const terms_rows *self, row_pair *pair) {
    for (uint32_t i = 0; i < self->pairs.count; i++) {
        const row_pair *other = TERMS_ROW(row_pair, self->pairs, i);
        if (!other->is_added && strcmp(other->loinc.code, pair->loinc.code) == 0) {
            pair->loinc.category = other->loinc.category;
            pair->loinc.profile = other->loinc.profile;
            return;
        }
    }
}

static bool is_listed_pair(const row_pair *rows, uint32_t count, const row_pair *pair) {
    for (uint32_t i = count; i > 0 && rows[i - 1].code == pair->code; i--) {
        if (strcmp(rows[i - 1].loinc.code, pair->loinc.code) == 0) {
            return true;
        }
    }
    return false;
}

/* The standing of a compiled-in pairing that a site's row repeats. */
static void keep_standing(const terms_rows *self, row_pair *pair) {
    const row_pair *rows = self->pairs.items;
    for (uint32_t i = 0; pair->place.file != NULL && i < self->pairs.count; i++) {
        if (rows[i].place.file == NULL && rows[i].code == pair->code && rows[i].use == pair->use &&
            strcmp(rows[i].loinc.code, pair->loinc.code) == 0 && strcmp(rows[i].loinc.ucum, pair->loinc.ucum) == 0 &&
            strcmp(rows[i].loinc.category, pair->loinc.category) == 0 &&
            strcmp(rows[i].loinc.profile, pair->loinc.profile) == 0) {
            pair->loinc.standing = rows[i].loinc.standing;
        }
    }
}

static void settle_pairs(terms_rows *self) {
    row_pair *rows = self->pairs.items;
    for (uint32_t i = 0; i < self->pairs.count; i++) {
        if (rows[i].is_added) {
            complete_pair(self, rows + i);
        }
    }
    row_pair *kept = self->pairs.count == 0 ? NULL : malloc(self->pairs.count * sizeof(row_pair));
    if (kept == NULL) {
        self->failed = self->failed || self->pairs.count > 0;
        return;
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < self->pairs.count; i++) {
        bool is_double = rows[i].is_added && is_listed_pair(kept, count, rows + i);
        if (!is_double && !is_replaced_pair(rows, self->pairs.count, i)) {
            kept[count++] = rows[i];
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        keep_standing(self, kept + i);
    }
    free(rows);
    self->pairs = (terms_list){kept, count, self->pairs.count};
}

static void settle_units(terms_rows *self) {
    uint32_t kept = 0;
    row_unit *rows = self->units.items;
    for (uint32_t i = 0; i < self->units.count; i++) {
        row_unit *last = kept == 0 ? NULL : rows + kept - 1;
        if (last != NULL && last->unit.code == rows[i].unit.code && last->place.file == NULL &&
            strcmp(last->unit.refid, rows[i].unit.refid) == 0) {
            kept--;
        }
        rows[kept++] = rows[i];
    }
    self->units.count = kept;
}

static void settle_groups(terms_rows *self) {
    uint32_t kept = 0;
    row_group *rows = self->groups.items;
    for (uint32_t i = 0; i < self->groups.count; i++) {
        if (kept > 0 && rows[kept - 1].place.file == NULL && rows[kept - 1].code == rows[i].code) {
            kept--;
        }
        rows[kept++] = rows[i];
    }
    self->groups.count = kept;
}

/* Rows of one number stand together, so a compiled-in alias that a site repeats is near. */
static bool is_repeated_alias(const row_alias *rows, uint32_t count, uint32_t index) {
    if (rows[index].place.file != NULL) {
        return false;
    }
    for (uint32_t i = index + 1; i < count && rows[i].alias.code == rows[index].alias.code; i++) {
        if (rows[i].place.file != NULL && strcmp(rows[i].alias.refid, rows[index].alias.refid) == 0) {
            return true;
        }
    }
    return false;
}

static void settle_aliases(terms_rows *self) {
    uint32_t kept = 0;
    row_alias *rows = self->aliases.items;
    for (uint32_t i = 0; i < self->aliases.count; i++) {
        if (!is_repeated_alias(rows, self->aliases.count, i)) {
            rows[kept++] = rows[i];
        }
    }
    self->aliases.count = kept;
}

/* Of two spellings the later, a site's, counts. */
static void settle_texts(terms_rows *self) {
    uint32_t kept = 0;
    row_text *rows = self->texts.items;
    for (uint32_t i = 0; i < self->texts.count; i++) {
        row_text *last = kept == 0 ? NULL : rows + kept - 1;
        if (last != NULL && last->place.file == NULL && strcmp(last->text, rows[i].text) == 0) {
            kept--;
        }
        rows[kept++] = rows[i];
    }
    self->texts.count = kept;
}

const row_mdc *terms_rows_mdc(const terms_rows *self, uint32_t code) {
    row_mdc wanted = {.mdc.code = code};
    return self->mdcs.count == 0 ? NULL : bsearch(&wanted, self->mdcs.items, self->mdcs.count, sizeof(row_mdc), by_mdc);
}

static void mark_episodic(terms_rows *self) {
    for (uint32_t i = 0; i < self->episodics.count; i++) {
        uint32_t code = TERMS_ROW(row_episodic, self->episodics, i)->code;
        const row_mdc *found = terms_rows_mdc(self, code);
        if (found != NULL) {
            TERMS_ROW(row_mdc, self->mdcs, found - (const row_mdc *)self->mdcs.items)->mdc.episodic = 1;
        }
    }
}

void terms_rows_settle(terms_rows *self) {
    sort_stably(self, &self->mdcs, sizeof(row_mdc), by_mdc);
    sort_stably(self, &self->pairs, sizeof(row_pair), by_pair);
    sort_stably(self, &self->units, sizeof(row_unit), by_unit);
    sort_stably(self, &self->aliases, sizeof(row_alias), by_alias);
    sort_stably(self, &self->groups, sizeof(row_group), by_group);
    sort_stably(self, &self->texts, sizeof(row_text), by_text);
    settle_mdcs(self);
    settle_pairs(self);
    settle_units(self);
    settle_groups(self);
    settle_aliases(self);
    settle_texts(self);
    mark_episodic(self);
}

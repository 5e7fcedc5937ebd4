#include "terms/rows/rows.h"

#include <stdlib.h>
#include <string.h>

/* FHIR R4's observation-category. */
static const char *const categories[] = {"social-history", "vital-signs", "imaging", "laboratory", "procedure",
                                         "survey",         "exam",        "therapy", "activity"};
/* FHIR R4's vital-signs profiles that hold a value. */
static const char *const profiles[] = {"resprate",   "heartrate",  "oxygensat", "bodytemp", "bodyheight",
                                       "headcircum", "bodyweight", "bmi",       "bp"};

static bool is_one_of(const char *text, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}
#define IS_ONE_OF(text, words) is_one_of((text), (words), sizeof(words) / sizeof((words)[0]))

/* A name that stands somewhere, for finding doubles. */
typedef struct named {
    const char *name;
    mistake_place place;
} named;

static int by_name(const void *a, const void *b) {
    return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

/* Tells every name that stands twice. `rows` have `size` bytes each, their name at `name_at` and their place at
 * `place_at`. */
static void check_unique_names(terms_rows *self, const terms_list *list, size_t size, size_t name_at, size_t place_at,
                               mistake_list *mistakes) {
    named *names = list->count == 0 ? NULL : malloc(list->count * sizeof(named));
    if (names == NULL) {
        self->failed = self->failed || list->count > 0;
        return;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const uint8_t *row = (const uint8_t *)list->items + i * size;
        memcpy(&names[i].name, row + name_at, sizeof(names[i].name));
        memcpy(&names[i].place, row + place_at, sizeof(names[i].place));
    }
    qsort(names, list->count, sizeof(named), by_name);
    for (uint32_t i = 1; i < list->count; i++) {
        if (strcmp(names[i].name, names[i - 1].name) == 0) {
            const named *told = names[i].place.file == NULL ? &names[i - 1] : &names[i];
            mistake_tell(mistakes, told->place, "\"%s\" stands twice", told->name);
        }
    }
    free(names);
}

/* The term of a row that names both number and reference id; a mistake when they do not belong together. */
static const row_mdc *check_term(const terms_rows *self, uint32_t code, const char *refid, mistake_place place,
                                 mistake_list *mistakes) {
    const row_mdc *found = terms_rows_mdc(self, code);
    if (found == NULL) {
        mistake_tell(mistakes, place, "no term has the number %u (%s)", code, refid);
    } else if (strcmp(found->mdc.refid, refid) != 0) {
        mistake_tell(mistakes, place, "the number %u is %s, not %s", code, found->mdc.refid, refid);
    }
    return found;
}

static void check_mdcs(terms_rows *self, mistake_list *mistakes) {
    const row_mdc *rows = self->mdcs.items;
    for (uint32_t i = 0; i < self->mdcs.count; i++) {
        if (i > 0 && rows[i].mdc.code == rows[i - 1].mdc.code) {
            mistake_tell(mistakes, rows[i].place, "the number %u is already %s", rows[i].mdc.code,
                         rows[i - 1].mdc.refid);
        }
        bool is_unit = rows[i].mdc.kind == TERMS_UNIT;
        if (is_unit != (rows[i].mdc.code >> 16 == 4)) {
            mistake_tell(mistakes, rows[i].place, "%s: units, and only they, are in partition 4 (dimensions)",
                         rows[i].mdc.refid);
        }
        if (rows[i].mdc.code >> 16 == 258 && rows[i].mdc.kind != TERMS_SETTING) {
            mistake_tell(mistakes, rows[i].place, "%s: partition 258 holds nothing but settings", rows[i].mdc.refid);
        }
    }
    check_unique_names(self, &self->mdcs, sizeof(row_mdc), offsetof(row_mdc, mdc.refid), offsetof(row_mdc, place),
                       mistakes);
}

static bool is_known_ucum(const terms_rows *self, const char *ucum, size_t size) {
    for (uint32_t i = 0; i < self->units.count; i++) {
        const char *known = TERMS_ROW(row_unit, self->units, i)->unit.ucum;
        if (strncmp(known, ucum, size) == 0 && known[size] == '\0') {
            return true;
        }
    }
    return false;
}

static void check_units(terms_rows *self, mistake_list *mistakes) {
    const row_unit *rows = self->units.items;
    for (uint32_t i = 0; i < self->units.count; i++) {
        check_term(self, rows[i].unit.code, rows[i].unit.refid, rows[i].place, mistakes);
        if (i > 0 && rows[i].unit.code == rows[i - 1].unit.code) {
            mistake_tell(mistakes, rows[i].place, "the number %u is already %s", rows[i].unit.code,
                         rows[i - 1].unit.refid);
        }
        if (rows[i].unit.ucum[0] == '\0') {
            mistake_tell(mistakes, rows[i].place, "ucum: the UCUM code is missing");
        }
    }
    check_unique_names(self, &self->units, sizeof(row_unit), offsetof(row_unit, unit.refid), offsetof(row_unit, place),
                       mistakes);
}

/* LOINC's check digit: from the right every other digit is doubled, the digits of all are added up, Mod 10. */
static bool is_loinc(const char *code) {
    size_t digits = strspn(code, "0123456789");
    if (digits == 0 || digits > 7 || code[digits] != '-' || code[digits + 1] < '0' || code[digits + 1] > '9' ||
        code[digits + 2] != '\0') {
        return false;
    }
    unsigned sum = 0;
    for (size_t i = 0; i < digits; i++) {
        unsigned digit = (unsigned)(code[digits - 1 - i] - '0') * (i % 2 == 0 ? 2u : 1u);
        sum += digit / 10 + digit % 10;
    }
    return (10 - sum % 10) % 10 == (unsigned)(code[digits + 1] - '0');
}

static void check_pair(const terms_rows *self, const row_pair *row, mistake_list *mistakes) {
    const terms_loinc *loinc = &row->loinc;
    if (!row->is_added) {
        check_term(self, row->code, row->refid, row->place, mistakes);
        if (!IS_ONE_OF(loinc->category, categories)) {
            mistake_tell(mistakes, row->place, "fhir_category: \"%s\" is no observation category", loinc->category);
        }
        if (loinc->ucum[0] != '\0' && !is_known_ucum(self, loinc->ucum, strlen(loinc->ucum))) {
            mistake_tell(mistakes, row->place, "ucum: \"%s\" is not among the units", loinc->ucum);
        }
    }
    if (!is_loinc(loinc->code)) {
        mistake_tell(mistakes, row->place, "loinc: \"%s\" is no LOINC code (its check digit is wrong)", loinc->code);
    }
    if (loinc->profile[0] != '\0' && !IS_ONE_OF(loinc->profile, profiles)) {
        mistake_tell(mistakes, row->place, "profile: \"%s\" is no vital-signs profile", loinc->profile);
    } else if (loinc->profile[0] != '\0' && strcmp(loinc->category, "vital-signs") != 0) {
        mistake_tell(mistakes, row->place, "a row with a profile has the category vital-signs");
    }
}

static void check_pairs(const terms_rows *self, mistake_list *mistakes) {
    const row_pair *rows = self->pairs.items;
    for (uint32_t i = 0; i < self->pairs.count; i++) {
        check_pair(self, rows + i, mistakes);
        bool starts = i == 0 || rows[i - 1].code != rows[i].code;
        if (rows[i].use == (starts ? ROW_USE_ALSO : ROW_USE_FIRST) && !rows[i].is_added) {
            mistake_tell(mistakes, rows[i].place, "use: exactly one of the rows of %s that go out is \"first\"",
                         rows[i].refid);
        }
        for (uint32_t j = i; j > 0 && rows[j - 1].code == rows[i].code; j--) {
            if (strcmp(rows[j - 1].loinc.code, rows[i].loinc.code) == 0) {
                mistake_tell(mistakes, rows[i].place, "%s with %s stands twice", rows[i].refid, rows[i].loinc.code);
            }
        }
    }
}

static const row_mdc *find_refid(const terms_rows *self, const char *refid) {
    for (uint32_t i = 0; i < self->mdcs.count; i++) {
        const row_mdc *row = TERMS_ROW(row_mdc, self->mdcs, i);
        if (strcmp(row->mdc.refid, refid) == 0) {
            return row;
        }
    }
    return NULL;
}

static void check_alias(const terms_rows *self, row_alias *row, mistake_list *mistakes) {
    if (row->place.file == NULL) {
        return;
    }
    const row_mdc *meant = find_refid(self, row->table_refid);
    if (meant == NULL) {
        mistake_tell(mistakes, row->place, "table_refid: no term has the name %s", row->table_refid);
        return;
    }
    row->alias.table_code = meant->mdc.code;
    bool is_same_number = row->alias.code == meant->mdc.code;
    switch (row->alias.kind) {
    case TERMS_ALIAS_SYNONYM:
        if (!is_same_number || find_refid(self, row->alias.refid) != NULL) {
            mistake_tell(mistakes, row->place, "a synonym is an unlisted name of the number %u", meant->mdc.code);
        }
        break;
    case TERMS_ALIAS_NUMBER:
        if (terms_rows_mdc(self, row->alias.code) != NULL || strcmp(row->alias.refid, row->table_refid) != 0) {
            mistake_tell(mistakes, row->place, "an other-number is an unlisted number of a listed name");
        }
        break;
    default:
        if (terms_rows_mdc(self, row->alias.code) == NULL) {
            mistake_tell(mistakes, row->place, "a number-collision is about a listed number");
        }
        break;
    }
}

static void check_groups(const terms_rows *self, mistake_list *mistakes) {
    const row_group *rows = self->groups.items;
    for (uint32_t i = 0; i < self->groups.count; i++) {
        check_term(self, rows[i].code, rows[i].refid, rows[i].place, mistakes);
        check_term(self, rows[i].group_code, rows[i].group_refid, rows[i].place, mistakes);
        if (rows[i].code <= rows[i].group_code || rows[i].code > rows[i].group_code + 3) {
            mistake_tell(mistakes, rows[i].place, "the members of a group have its number + 1, + 2 and + 3");
        }
        if (i > 0 && rows[i].code == rows[i - 1].code) {
            mistake_tell(mistakes, rows[i].place, "%s stands twice", rows[i].refid);
        }
    }
}

static const row_unit *find_unit(const terms_rows *self, const char *refid) {
    for (uint32_t i = 0; i < self->units.count; i++) {
        const row_unit *row = TERMS_ROW(row_unit, self->units, i);
        if (strcmp(row->unit.refid, refid) == 0) {
            return row;
        }
    }
    return NULL;
}

static void check_texts(terms_rows *self, mistake_list *mistakes) {
    for (uint32_t i = 0; i < self->texts.count; i++) {
        const row_text *row = TERMS_ROW(row_text, self->texts, i);
        const row_unit *unit = find_unit(self, row->refid);
        if (unit == NULL) {
            mistake_tell(mistakes, row->place, "mdc_refid: no unit has the name %s", row->refid);
        } else if (strcmp(unit->unit.ucum, row->ucum) != 0) {
            mistake_tell(mistakes, row->place, "ucum: %s is %s in UCUM, not %s", row->refid, unit->unit.ucum,
                         row->ucum);
        }
    }
    check_unique_names(self, &self->texts, sizeof(row_text), offsetof(row_text, text), offsetof(row_text, place),
                       mistakes);
}

static void check_term_units(const terms_rows *self, mistake_list *mistakes) {
    for (uint32_t i = 0; i < self->term_units.count; i++) {
        const row_term_units *row = TERMS_ROW(row_term_units, self->term_units, i);
        check_term(self, row->code, row->refid, row->place, mistakes);
        for (const char *at = row->ucum_units; *at != '\0';) {
            size_t size = strcspn(at, ";");
            if (!is_known_ucum(self, at, size)) {
                mistake_tell(mistakes, row->place, "ucum_units: \"%.*s\" is not among the units", (int)size, at);
            }
            at += size;
            at += *at == ';' ? 1 : 0;
        }
    }
}

void terms_rows_check(terms_rows *self, mistake_list *mistakes) {
    check_mdcs(self, mistakes);
    check_units(self, mistakes);
    check_pairs(self, mistakes);
    for (uint32_t i = 0; i < self->aliases.count; i++) {
        check_alias(self, TERMS_ROW(row_alias, self->aliases, i), mistakes);
    }
    check_groups(self, mistakes);
    for (uint32_t i = 0; i < self->episodics.count; i++) {
        const row_episodic *row = TERMS_ROW(row_episodic, self->episodics, i);
        check_term(self, row->code, row->refid, row->place, mistakes);
    }
    check_texts(self, mistakes);
    check_term_units(self, mistakes);
}

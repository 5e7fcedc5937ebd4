#include "terms/rows/csv.h"
#include "terms/rows/rows.h"

#include <string.h>

/* One record of a file, with its header for finding fields by name. */
typedef struct reading {
    terms_rows *rows;
    mistake_list *mistakes;
    const csv_record *header;
    const csv_record *record;
    mistake_place place;
} reading;

static bool has_column(const csv_record *header, const char *name) {
    for (size_t i = 0; i < header->count; i++) {
        if (strcmp(header->fields[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The field of that column, "" when the file has no such column. */
static const char *field(const reading *self, const char *name) {
    for (size_t i = 0; i < self->header->count; i++) {
        if (strcmp(self->header->fields[i], name) == 0) {
            return self->record->fields[i];
        }
    }
    return "";
}

static uint32_t number(const reading *self, const char *name) {
    const char *text = field(self, name);
    uint64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && value <= UINT32_MAX; at++) {
        value = value * 10 + (uint64_t)(*at - '0');
    }
    if (at == text || *at != '\0' || value > UINT32_MAX) {
        mistake_tell(self->mistakes, self->place, "%s: \"%s\" is no number from 0 to 4294967295", name, text);
        return 0;
    }
    return (uint32_t)value;
}

/* The position of the field among `words`; a mistake and 0 when it is none of them. */
static uint8_t choice(const reading *self, const char *name, const char *const *words, uint8_t count) {
    const char *text = field(self, name);
    for (uint8_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            return i;
        }
    }
    mistake_tell(self->mistakes, self->place, "%s: \"%s\" is not known; the first known word is \"%s\"", name, text,
                 words[0]);
    return 0;
}

#define CHOICE(reading, name, words) choice(reading, name, words, (uint8_t)(sizeof(words) / sizeof((words)[0])))

static const char *refid(const reading *self, const char *name) {
    const char *text = field(self, name);
    size_t size = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    /* A site may add a private name of its own; ours all begin with the nomenclature's MDC_. */
    if (text[0] == '\0' || text[size] != '\0' || (!self->rows->is_site && strncmp(text, "MDC_", 4) != 0)) {
        mistake_tell(self->mistakes, self->place, "%s: \"%s\" is no reference id (MDC_ and letters, digits, _)", name,
                     text);
    }
    return text;
}

static const char *const kinds[] = {"numeric", "waveform",  "enumeration", "event",  "device",
                                    "unit",    "attribute", "site",        "setting"};

/* Whether a source is one of the three that were typed from the same vendor guide. */
static bool is_philips_family(const char *source, size_t size) {
    static const char *const family[] = {"openice", "lnhealth", "vscapture"};
    for (size_t i = 0; i < 3; i++) {
        if (strlen(family[i]) == size && memcmp(source, family[i], size) == 0) {
            return true;
        }
    }
    return false;
}

/* README.md "Rules of use": two independent sources or the registry confirm a row. */
static terms_standing standing_of(const char *sources) {
    uint32_t independent = 0;
    bool family_counted = false;
    bool by_rule = false;
    for (const char *at = sources; *at != '\0';) {
        size_t size = strcspn(at, ";");
        if (size == 5 && memcmp(at, "rtmms", 5) == 0) {
            return TERMS_CONFIRMED;
        }
        if (size > 5 && memcmp(at, "rule:", 5) == 0) {
            by_rule = true;
        } else if (is_philips_family(at, size)) {
            independent += family_counted ? 0 : 1;
            family_counted = true;
        } else {
            independent++;
        }
        at += size;
        at += *at == ';' ? 1 : 0;
    }
    return independent >= 2 ? TERMS_CONFIRMED : by_rule && independent == 0 ? TERMS_RULE : TERMS_SINGLE_SOURCE;
}

static void read_mdc(const reading *self) {
    row_mdc *row = terms_rows_add(self->rows, &self->rows->mdcs, sizeof(row_mdc));
    if (row == NULL) {
        return;
    }
    row->place = self->place;
    row->mdc.refid = refid(self, "refid");
    row->mdc.code = number(self, "code10");
    row->mdc.name = field(self, "name");
    row->mdc.kind = CHOICE(self, "kind", kinds);
    row->mdc.standing = (uint8_t)(self->rows->is_site ? TERMS_SITE : standing_of(field(self, "sources")));
    if (has_column(self->header, "partition")) {
        uint64_t partition = number(self, "partition");
        uint64_t term = number(self, "term");
        if (term > 65535 || partition * 65536 + term != row->mdc.code) {
            mistake_tell(self->mistakes, self->place, "code10 %u is not partition %u x 65536 + term %u", row->mdc.code,
                         (unsigned)partition, (unsigned)term);
        }
    }
}

static const char *const uses[] = {"first", "also", "other"};

static void read_pair(const reading *self) {
    row_pair *row = terms_rows_add(self->rows, &self->rows->pairs, sizeof(row_pair));
    if (row == NULL) {
        return;
    }
    row->place = self->place;
    row->refid = refid(self, "refid");
    row->code = number(self, "code10");
    row->use = CHOICE(self, "use", uses);
    bool is_single = strstr(field(self, "note"), "single source") != NULL;
    row->loinc = (terms_loinc){
        .code = field(self, "loinc"),
        .display = field(self, "display"),
        .ucum = field(self, "ucum"),
        .category = field(self, "fhir_category"),
        .profile = field(self, "profile"),
        .standing = (uint8_t)(self->rows->is_site ? TERMS_SITE
                              : is_single         ? TERMS_SINGLE_SOURCE
                                                  : TERMS_CONFIRMED),
        .is_preferred = row->use != ROW_USE_OTHER,
    };
}

/* LOINC's own table of IEEE codes, as a site downloads it. */
static void read_loinc_table(const reading *self) {
    if (field(self, "IEEE_CF_CODE10")[0] == '\0') {
        return; /* the table also lists LOINC codes that have no counterpart */
    }
    row_pair *row = terms_rows_add(self->rows, &self->rows->pairs, sizeof(row_pair));
    row_mdc *mdc = terms_rows_add(self->rows, &self->rows->mdcs, sizeof(row_mdc));
    if (row == NULL || mdc == NULL) {
        return;
    }
    mdc->place = row->place = self->place;
    mdc->mdc.refid = row->refid = refid(self, "IEEE_REFID");
    mdc->mdc.code = row->code = number(self, "IEEE_CF_CODE10");
    mdc->mdc.name = field(self, "IEEE_DESCRIPTION");
    mdc->mdc.kind = mdc->mdc.code >> 16 == 258 ? TERMS_SETTING : TERMS_NUMERIC;
    mdc->mdc.standing = TERMS_SITE;
    mdc->is_implied = true;
    row->is_added = true;
    row->use = ROW_USE_ALSO;
    row->loinc = (terms_loinc){
        .code = field(self, "LOINC_NUM"),
        .display = field(self, "LOINC_LONG_COMMON_NAME"),
        .ucum = field(self, "IEEE_UOM_UCUM"),
        .category = "",
        .profile = "",
        .standing = TERMS_SITE,
        .is_preferred = 1,
    };
}

static void read_unit(const reading *self) {
    row_unit *row = terms_rows_add(self->rows, &self->rows->units, sizeof(row_unit));
    if (row != NULL) {
        row->place = self->place;
        row->unit = (terms_unit){
            .code = number(self, "code10"),
            .refid = refid(self, "mdc_refid"),
            .ucum = field(self, "ucum"),
            .name = field(self, "name"),
        };
    }
}

static const char *const alias_kinds[] = {"synonym", "other-number", "number-collision"};

static void read_alias(const reading *self) {
    row_alias *row = terms_rows_add(self->rows, &self->rows->aliases, sizeof(row_alias));
    if (row != NULL) {
        row->place = self->place;
        row->alias.refid = refid(self, "refid");
        row->alias.code = number(self, "code10");
        row->alias.kind = CHOICE(self, "type", alias_kinds);
        row->table_refid = refid(self, "table_refid");
    }
}

static void read_group(const reading *self) {
    row_group *row = terms_rows_add(self->rows, &self->rows->groups, sizeof(row_group));
    if (row != NULL) {
        row->place = self->place;
        row->refid = refid(self, "refid");
        row->code = number(self, "code10");
        row->group_refid = refid(self, "group_refid");
        row->group_code = number(self, "group_code10");
    }
}

static void read_episodic(const reading *self) {
    row_episodic *row = terms_rows_add(self->rows, &self->rows->episodics, sizeof(row_episodic));
    if (row != NULL) {
        row->place = self->place;
        row->refid = refid(self, "refid");
        row->code = number(self, "code10");
    }
}

static void read_text(const reading *self) {
    row_text *row = terms_rows_add(self->rows, &self->rows->texts, sizeof(row_text));
    if (row != NULL) {
        row->place = self->place;
        row->text = field(self, "text");
        row->refid = refid(self, "mdc_refid");
        row->ucum = field(self, "ucum");
        if (row->text[0] == '\0') {
            mistake_tell(self->mistakes, self->place, "text: a unit's spelling is missing");
        }
    }
}

static void read_term_units(const reading *self) {
    row_term_units *row = terms_rows_add(self->rows, &self->rows->term_units, sizeof(row_term_units));
    if (row != NULL) {
        row->place = self->place;
        row->refid = refid(self, "refid");
        row->code = number(self, "code10");
        row->mdc_units = field(self, "mdc_units");
        row->ucum_units = field(self, "ucum_units");
    }
}

/* A kind of file is known by one column that no other kind has; `needs` are the columns it cannot be without. */
static const struct {
    const char *mark;
    void (*read)(const reading *self);
    const char *needs[6];
} files[] = {
    {"LOINC_NUM", read_loinc_table, {"IEEE_CF_CODE10", "IEEE_REFID"}},
    {"loinc", read_pair, {"refid", "code10", "ucum", "fhir_category", "profile", "use"}},
    {"group_refid", read_group, {"refid", "code10", "group_code10"}},
    {"table_refid", read_alias, {"refid", "code10", "type"}},
    {"reason", read_episodic, {"refid", "code10"}},
    {"text", read_text, {"mdc_refid", "ucum"}},
    {"mdc_units", read_term_units, {"refid", "code10", "ucum_units"}},
    {"mdc_refid", read_unit, {"code10", "ucum", "name"}},
    {"kind", read_mdc, {"refid", "code10", "name"}},
};
#define FILE_KINDS (sizeof(files) / sizeof(files[0]))

static size_t kind_of(const reading *self) {
    for (size_t i = 0; i < FILE_KINDS; i++) {
        if (!has_column(self->header, files[i].mark)) {
            continue;
        }
        for (size_t j = 0; j < 6 && files[i].needs[j] != NULL; j++) {
            if (!has_column(self->header, files[i].needs[j])) {
                mistake_tell(self->mistakes, self->place, "the column \"%s\" is missing beside \"%s\"",
                             files[i].needs[j], files[i].mark);
                return FILE_KINDS;
            }
        }
        return i;
    }
    mistake_tell(self->mistakes, self->place,
                 "the first line names no known table; mappings/terms/README.md lists their columns");
    return FILE_KINDS;
}

static void tell_broken_record(const reading *self, csv_result result) {
    if (result == CSV_OPEN_QUOTE) {
        mistake_tell(self->mistakes, self->place, "a quoted field does not end with \" and a comma");
    } else {
        mistake_tell(self->mistakes, self->place, "more than %d fields", CSV_FIELDS_MAX);
    }
}

void terms_rows_read(terms_rows *self, const char *file, char *text, size_t size, mistake_list *mistakes) {
    csv_reader reader;
    csv_record header = {0};
    csv_record record;
    reading row = {self, mistakes, &header, &record, {file, 1, 0}};
    csv_init(&reader, text, size);
    csv_result result = csv_next(&reader, &header);
    size_t kind = result == CSV_RECORD || result == CSV_END ? kind_of(&row) : FILE_KINDS;
    if (result != CSV_RECORD && result != CSV_END) {
        tell_broken_record(&row, result);
    }
    while (kind < FILE_KINDS && !self->failed && (result = csv_next(&reader, &record)) != CSV_END) {
        row.place.line = (uint32_t)record.line;
        if (result != CSV_RECORD) {
            tell_broken_record(&row, result);
        } else if (record.count != header.count) {
            mistake_tell(mistakes, row.place, "%zu fields, but the first line names %zu columns", record.count,
                         header.count);
        } else {
            files[kind].read(&row);
        }
    }
    if (self->failed) {
        mistake_tell(mistakes, row.place, "more than %u rows of one table, or no memory for them", TERMS_ROWS_MAX);
    }
}

#include "terms/generate/write.h"

/* A string literal; everything but plain printable ASCII as three octal digits, which no following digit can change. */
static void write_text(FILE *out, const char *text) {
    fputc('"', out);
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (*at < 0x20 || *at > 0x7E || *at == '"' || *at == '\\' || *at == '?') {
            fprintf(out, "\\%03o", *at);
        } else {
            fputc(*at, out);
        }
    }
    fputc('"', out);
}

static void write_texts(FILE *out, const char *const *texts, size_t count) {
    for (size_t i = 0; i < count; i++) {
        write_text(out, texts[i]);
        fputs(i + 1 < count ? ", " : "", out);
    }
}

static void write_mdcs(const terms_tables *tables, FILE *out) {
    fprintf(out, "static const terms_mdc mdcs[] = {\n");
    for (uint32_t i = 0; i < tables->mdc_count; i++) {
        const terms_mdc *mdc = tables->mdcs + i;
        const char *const texts[] = {mdc->refid, mdc->name};
        fprintf(out, "{%uu, %u, %u, %u, 0, ", mdc->code, mdc->kind, mdc->standing, mdc->episodic);
        write_texts(out, texts, 2);
        fprintf(out, "},\n");
    }
    fprintf(out, "};\nstatic const terms_link links[] = {\n");
    for (uint32_t i = 0; i < tables->mdc_count; i++) {
        const terms_link *link = tables->links + i;
        fprintf(out, "{%uu, %u, %u},\n", link->group, link->loinc_first, link->loinc_count);
    }
    fprintf(out, "};\n");
}

static void write_loincs(const terms_tables *tables, FILE *out) {
    fprintf(out, "static const terms_loinc loincs[] = {\n");
    for (uint32_t i = 0; i < tables->loinc_count; i++) {
        const terms_loinc *loinc = tables->loincs + i;
        const char *const texts[] = {loinc->code, loinc->display, loinc->ucum, loinc->category, loinc->profile};
        fputc('{', out);
        write_texts(out, texts, 5);
        fprintf(out, ", %u, %u},\n", loinc->standing, loinc->is_preferred);
    }
    fprintf(out, "};\n");
}

static void write_units(const terms_tables *tables, FILE *out) {
    fprintf(out, "static const terms_unit units[] = {\n");
    for (uint32_t i = 0; i < tables->unit_count; i++) {
        const terms_unit *unit = tables->units + i;
        const char *const texts[] = {unit->refid, unit->ucum, unit->name};
        fprintf(out, "{%uu, ", unit->code);
        write_texts(out, texts, 3);
        fprintf(out, "},\n");
    }
    fprintf(out, "};\nstatic const terms_unit_text texts[] = {\n");
    for (uint32_t i = 0; i < tables->text_count; i++) {
        fputc('{', out);
        write_text(out, tables->texts[i].text);
        fprintf(out, ", %u},\n", tables->texts[i].unit);
    }
    fprintf(out, "};\n");
}

static void write_aliases(const terms_tables *tables, FILE *out) {
    fprintf(out, "static const terms_alias aliases[] = {\n");
    for (uint32_t i = 0; i < tables->alias_count; i++) {
        const terms_alias *alias = tables->aliases + i;
        fprintf(out, "{%uu, %uu, %u, ", alias->code, alias->table_code, alias->kind);
        write_text(out, alias->refid);
        fprintf(out, "},\n");
    }
    fprintf(out, "};\n");
}

/* The hash tables and their names in terms_tables. */
static const struct {
    const char *name;
    size_t at;
} slots[] = {
    {"mdc_by_code", offsetof(terms_tables, mdc_by_code)},
    {"mdc_by_refid", offsetof(terms_tables, mdc_by_refid)},
    {"unit_by_code", offsetof(terms_tables, unit_by_code)},
    {"unit_by_refid", offsetof(terms_tables, unit_by_refid)},
    {"unit_by_ucum", offsetof(terms_tables, unit_by_ucum)},
    {"alias_by_refid", offsetof(terms_tables, alias_by_refid)},
    {"alias_by_code", offsetof(terms_tables, alias_by_code)},
    {"text_by_text", offsetof(terms_tables, text_by_text)},
};
#define SLOTS_COUNT (sizeof(slots) / sizeof(slots[0]))

static const terms_slots *slots_at(const terms_tables *tables, size_t index) {
    return (const terms_slots *)(const void *)((const uint8_t *)tables + slots[index].at);
}

static void write_slots(const terms_tables *tables, FILE *out) {
    for (size_t i = 0; i < SLOTS_COUNT; i++) {
        const terms_slots *one = slots_at(tables, i);
        fprintf(out, "static const uint16_t %s[] = {\n", slots[i].name);
        for (uint32_t slot = 0; slot <= one->mask; slot++) {
            fprintf(out, "%u,%s", one->rows[slot], slot % 16 == 15 ? "\n" : " ");
        }
        fprintf(out, "};\n");
    }
}

void generate_write(const terms_tables *tables, const uint64_t hashes[TERMS_COMPILED_FILES], FILE *out) {
    fprintf(out, "/* Written by generate-terms from mappings/terms. */\n#include \"terms/tables.h\"\n\n");
    write_mdcs(tables, out);
    write_loincs(tables, out);
    write_units(tables, out);
    write_aliases(tables, out);
    write_slots(tables, out);
    fprintf(out, "const terms_tables terms_compiled = {\n");
    fprintf(out, ".mdcs = mdcs, .links = links, .loincs = loincs, .units = units,\n");
    fprintf(out, ".aliases = aliases, .texts = texts,\n");
    fprintf(out, ".mdc_count = %u, .loinc_count = %u, .unit_count = %u,\n", tables->mdc_count, tables->loinc_count,
            tables->unit_count);
    fprintf(out, ".alias_count = %u, .text_count = %u,\n", tables->alias_count, tables->text_count);
    for (size_t i = 0; i < SLOTS_COUNT; i++) {
        fprintf(out, ".%s = {%s, %uu},\n", slots[i].name, slots[i].name, slots_at(tables, i)->mask);
    }
    fprintf(out, "};\nconst uint64_t terms_compiled_files[TERMS_COMPILED_FILES] = {\n");
    for (size_t i = 0; i < TERMS_COMPILED_FILES; i++) {
        fprintf(out, "UINT64_C(%llu),\n", (unsigned long long)hashes[i]);
    }
    fprintf(out, "};\n");
}

#include "base/bytes.h"
#include "terms/conclude.h"
#include "terms/ucum.h"

static void take(terms_meaning *meaning, const terms_unit *unit, terms_mapping mapping) {
    meaning->unit = unit;
    meaning->ucum = bytes_of(unit->ucum);
    meaning->unit_mapping = (uint8_t)mapping;
}

static const terms_unit *unit_named(const terms_tables *tables, dragoman_bytes name) {
    if (!conclude_is_refid(name)) {
        return NULL;
    }
    const terms_unit *unit = terms_tables_unit_refid(tables, name);
    if (unit != NULL) {
        return unit;
    }
    const terms_alias *synonym = terms_tables_synonym(tables, name);
    return synonym == NULL ? NULL : terms_tables_unit(tables, synonym->table_code);
}

/* The unit of a number: with its partition, without it (a unit can be in no other), or under another number. */
static const terms_unit *unit_numbered(const terms_tables *tables, uint32_t number, terms_mapping *ret_mapping) {
    uint32_t code = number <= 0xFFFF ? 4u << 16 | number : number;
    const terms_unit *unit = terms_tables_unit(tables, code);
    if (unit == NULL) {
        unit = terms_tables_unit(tables, terms_tables_other_number(tables, code));
        *ret_mapping = TERMS_ALIAS;
    }
    return unit;
}

/* A unit of the nomenclature. A wrong unit makes a wrong value: when number and name disagree, a unit is concluded only
 * if both mean the same. */
static void conclude_mdc_unit(const terms_tables *tables, const dragoman_code *unit, terms_meaning *meaning) {
    uint32_t number = conclude_number(unit->code);
    const terms_unit *listed = number == 0 ? NULL : terms_tables_unit(tables, number);
    if (listed != NULL && bytes_is(unit->text, listed->refid)) {
        take(meaning, listed, TERMS_SPOKEN);
        return;
    }
    const terms_unit *named = unit_named(tables, unit->text);
    named = named != NULL ? named : unit_named(tables, unit->code);
    terms_mapping mapping = TERMS_SPOKEN;
    const terms_unit *numbered = number == 0 ? NULL : unit_numbered(tables, number, &mapping);
    bool has_name = conclude_is_refid(unit->text);
    if (number == 0) {
        if (named != NULL) {
            take(meaning, named, TERMS_SPOKEN);
        }
        return;
    }
    if (!has_name || named == numbered) {
        if (numbered != NULL) {
            take(meaning, numbered, mapping);
        }
        return;
    }
    meaning->is_mismatch = 1;
    if (named != NULL && numbered != NULL && strcmp(named->ucum, numbered->ucum) == 0) {
        take(meaning, numbered, mapping);
    }
}

/* UCUM knows C as coulomb, F as farad, K as kelvin: a bare capital letter is no UCUM unless the sender says so. */
static bool is_doubtful(dragoman_bytes text) {
    return text.size == 1 && text.data[0] >= 'A' && text.data[0] <= 'Z' && text.data[0] != 'L';
}

static bool conclude_spelling(const terms_tables *tables, dragoman_bytes text, bool is_ucum, terms_meaning *meaning) {
    const terms_unit *unit = !is_ucum && is_doubtful(text) ? NULL : terms_tables_ucum(tables, text);
    if (unit != NULL) {
        take(meaning, unit, TERMS_SPOKEN);
        return true;
    }
    unit = terms_tables_unit_text(tables, text);
    if (unit != NULL) {
        take(meaning, unit, TERMS_ALIAS);
        return true;
    }
    if (is_ucum && ucum_is_valid(text)) {
        meaning->ucum = text;
        meaning->unit_mapping = TERMS_SPOKEN;
        return true;
    }
    return false;
}

static bool is_ucum_system(dragoman_bytes system) {
    return bytes_is(system, "UCUM") || bytes_is(system, "http://unitsofmeasure.org") ||
           bytes_is(system, "2.16.840.1.113883.6.8");
}

static bool conclude_profile_unit(const conclude_context *context, const dragoman_code *unit, terms_meaning *meaning) {
    if (context->profile == NULL) {
        return false;
    }
    const profile_unit *row = profile_find_unit(context->profile, unit->code);
    row = row != NULL ? row : profile_find_unit(context->profile, unit->text);
    const terms_unit *found = row != NULL ? row->unit : NULL;
    if (found == NULL) {
        uint32_t number = conclude_mdil(context, unit);
        found = number == 0 ? NULL : terms_tables_unit(context->tables, number);
    }
    if (found == NULL) {
        return false;
    }
    take(meaning, found, TERMS_PROFILE);
    return true;
}

/* What a person reads: the sender's own text, but no reference id where there is something shorter. */
static dragoman_bytes shown_text(const dragoman_code *unit, const terms_meaning *meaning) {
    if (unit->text.size > 0 && !conclude_is_refid(unit->text)) {
        return unit->text;
    }
    if (meaning->ucum.size > 0) {
        return meaning->ucum;
    }
    return unit->text.size > 0 ? unit->text : unit->code;
}

void conclude_unit(const conclude_context *context, const dragoman_code *unit, const profile_code *row,
                   terms_meaning *meaning) {
    if (unit->code.size == 0 && unit->text.size == 0) {
        if (row != NULL && row->unit != NULL) {
            take(meaning, row->unit, TERMS_PROFILE);
            meaning->unit_text = meaning->ucum;
        }
        return;
    }
    if (conclude_is_mdc(unit)) {
        conclude_mdc_unit(context->tables, unit, meaning);
    } else if (!conclude_profile_unit(context, unit, meaning)) {
        bool is_ucum = is_ucum_system(unit->system);
        if (!conclude_spelling(context->tables, unit->code, is_ucum, meaning)) {
            conclude_spelling(context->tables, unit->text, is_ucum, meaning);
        }
    }
    meaning->unit_text = shown_text(unit, meaning);
}

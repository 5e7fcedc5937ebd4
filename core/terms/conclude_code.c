#include "base/bytes.h"
#include "terms/conclude.h"

/* The nomenclature's names as messages write them. */
static const char *const systems[] = {"urn:iso:std:iso:11073:10101", "2.16.840.1.113883.6.24",
                                      "urn:oid:2.16.840.1.113883.6.24", "ISO/IEEE 11073", "IEEE"};

/* Terms from here on are a vendor's own in any partition, and so are partitions from PRIVATE_PARTITION on. */
#define PRIVATE_TERM 0xF000u
#define PRIVATE_PARTITION 1024u

bool conclude_is_refid(dragoman_bytes text) {
    return text.size > 4 && memcmp(text.data, "MDC_", 4) == 0;
}

bool conclude_is_mdc(const dragoman_code *coding) {
    if (coding->system.size == 3) {
        return memcmp(coding->system.data, "MDC", 3) == 0;
    }
    if (coding->system.size == 0) {
        return conclude_is_refid(coding->text) || conclude_is_refid(coding->code);
    }
    for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
        if (bytes_is(coding->system, systems[i])) {
            return true;
        }
    }
    return false;
}

uint32_t conclude_number(dragoman_bytes text) {
    uint64_t number = 0;
    if (text.size > 10) {
        return 0;
    }
    for (size_t i = 0; i < text.size; i++) {
        unsigned digit = (unsigned)text.data[i] - '0';
        if (digit > 9) {
            return 0;
        }
        number = number * 10 + digit;
    }
    return number > UINT32_MAX ? 0 : (uint32_t)number;
}

static bool read_hex(const uint8_t *at, uint32_t *ret_number) {
    uint32_t number = 0;
    for (size_t i = 0; i < 4; i++) {
        uint8_t byte = at[i];
        uint32_t digit = byte >= '0' && byte <= '9'   ? (uint32_t)byte - '0'
                         : byte >= 'a' && byte <= 'f' ? (uint32_t)byte - 'a' + 10
                         : byte >= 'A' && byte <= 'F' ? (uint32_t)byte - 'A' + 10
                                                      : 16;
        if (digit == 16) {
            return false;
        }
        number = number << 4 | digit;
    }
    *ret_number = number;
    return true;
}

uint32_t conclude_mdil(const conclude_context *context, const dragoman_code *coding) {
    uint32_t partition = 0;
    uint32_t term = 0;
    bool applies = context->profile != NULL && context->profile->rule == PROFILE_MDIL_HEX &&
                   bytes_is(coding->system, "MDIL") && coding->code.size == 9 && coding->code.data[4] == '-';
    if (!applies || !read_hex(coding->code.data, &partition) || !read_hex(coding->code.data + 5, &term)) {
        return 0;
    }
    return partition >= PRIVATE_PARTITION || term >= PRIVATE_TERM ? 0 : partition << 16 | term;
}

static bool is_name(const char *refid, dragoman_bytes text) {
    return strncmp(refid, (const char *)text.data, text.size) == 0 && refid[text.size] == '\0';
}

/* Whether a name that was sent beside a number speaks against the listed term; a plain name ("Heart rate") never does.
 */
static bool contradicts(const terms_tables *tables, const terms_mdc *term, dragoman_bytes text) {
    if (!conclude_is_refid(text) || is_name(term->refid, text)) {
        return false;
    }
    const terms_alias *synonym = terms_tables_synonym(tables, text);
    return synonym == NULL || synonym->table_code != term->code;
}

static const terms_mdc *term_named(const terms_tables *tables, dragoman_bytes name) {
    if (!conclude_is_refid(name)) {
        return NULL;
    }
    const terms_mdc *term = terms_tables_refid(tables, name);
    if (term != NULL) {
        return term;
    }
    const terms_alias *synonym = terms_tables_synonym(tables, name);
    return synonym == NULL ? NULL : terms_tables_mdc(tables, synonym->table_code);
}

/* A number that is in no table: it may be a term without its partition, or another number of a listed name. */
static void conclude_unlisted(const terms_tables *tables, uint32_t number, dragoman_bytes text,
                              terms_meaning *meaning) {
    const terms_mdc *named = term_named(tables, text);
    meaning->mapping = TERMS_SPOKEN;
    if (number <= 0xFFFF && named != NULL && (named->code & 0xFFFF) == number) {
        meaning->mdc = named->code;
        meaning->term = named;
        return;
    }
    uint32_t other = terms_tables_other_number(tables, number);
    const terms_mdc *listed = other == 0 ? NULL : terms_tables_mdc(tables, other);
    if (listed != NULL && !contradicts(tables, listed, text)) {
        meaning->mdc = other;
        meaning->term = listed;
        meaning->mapping = TERMS_ALIAS;
        return;
    }
    meaning->mdc = number;
    meaning->is_mismatch = named != NULL || listed != NULL;
}

static bool conclude_spoken(const terms_tables *tables, const dragoman_code *coding, terms_meaning *meaning) {
    if (!conclude_is_mdc(coding)) {
        return false;
    }
    uint32_t number = conclude_number(coding->code);
    if (number == 0) {
        const terms_mdc *named = term_named(tables, coding->text);
        named = named != NULL ? named : term_named(tables, coding->code);
        if (named == NULL) {
            return false;
        }
        meaning->mdc = named->code;
        meaning->term = named;
        meaning->mapping = TERMS_SPOKEN;
        return true;
    }
    const terms_mdc *term = terms_tables_mdc(tables, number);
    if (term == NULL) {
        conclude_unlisted(tables, number, coding->text, meaning);
        return true;
    }
    meaning->mdc = number;
    meaning->term = term;
    meaning->mapping = TERMS_SPOKEN;
    meaning->is_mismatch = contradicts(tables, term, coding->text);
    return true;
}

const terms_mdc *conclude_listed(const terms_tables *tables, const dragoman_concept *concept) {
    if (concept->coding_count == 0 || !conclude_is_mdc(concept->codings)) {
        return NULL;
    }
    uint32_t number = conclude_number(concept->codings->code);
    return number == 0 ? NULL : terms_tables_mdc(tables, number);
}

static void take_row(const profile_code *row, terms_meaning *meaning) {
    meaning->mdc = row->mdc;
    meaning->term = row->term;
    meaning->mapping = row->mdc == 0 ? TERMS_UNMAPPED : TERMS_PROFILE;
}

/* The profile's row for any of the codings; `overriding` asks only for codings that the nomenclature would claim. */
static const profile_code *find_row(const conclude_context *context, const dragoman_concept *concept, bool overriding) {
    for (uint32_t i = 0; i < concept->coding_count; i++) {
        const dragoman_code *coding = concept->codings + i;
        if (overriding != conclude_is_mdc(coding)) {
            continue;
        }
        const profile_code *row = profile_find_code(context->profile, coding);
        if (row != NULL) {
            return row;
        }
    }
    return NULL;
}

static const profile_code *conclude_by_profile(const conclude_context *context, const dragoman_concept *concept,
                                               terms_meaning *meaning) {
    const profile_code *row = find_row(context, concept, false);
    if (row != NULL) {
        take_row(row, meaning);
        return row;
    }
    for (uint32_t i = 0; i < concept->coding_count; i++) {
        uint32_t number = conclude_mdil(context, concept->codings + i);
        if (number != 0) {
            meaning->mdc = number;
            meaning->term = terms_tables_mdc(context->tables, number);
            meaning->mapping = TERMS_PROFILE;
            return NULL;
        }
    }
    return NULL;
}

static const profile_code *conclude_codings(const conclude_context *context, const dragoman_concept *concept,
                                            terms_meaning *meaning) {
    const terms_profile *profile = context->profile;
    if (profile != NULL && profile->overrides_mdc) {
        const profile_code *row = find_row(context, concept, true);
        if (row != NULL) {
            take_row(row, meaning);
            return row;
        }
    }
    for (uint32_t i = 0; i < concept->coding_count; i++) {
        if (conclude_spoken(context->tables, concept->codings + i, meaning)) {
            return NULL;
        }
    }
    return profile == NULL ? NULL : conclude_by_profile(context, concept, meaning);
}

const profile_code *conclude_concept(const conclude_context *context, const dragoman_concept *concept,
                                     terms_meaning *ret_meaning) {
    *ret_meaning = (terms_meaning){0};
    const profile_code *row = conclude_codings(context, concept, ret_meaning);
    if (ret_meaning->term != NULL) {
        const terms_link *link = terms_tables_link(context->tables, ret_meaning->term);
        ret_meaning->group = link->group;
        ret_meaning->loinc_count = link->loinc_count;
        ret_meaning->loincs = link->loinc_count == 0 ? NULL : context->tables->loincs + link->loinc_first;
    }
    return row;
}

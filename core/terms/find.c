#include "terms/tables.h"

const terms_mdc *terms_find_mdc(const terms_book *book, uint32_t code) {
    return terms_tables_mdc(terms_tables_of(book), code);
}

const terms_mdc *terms_find_refid(const terms_book *book, dragoman_bytes refid) {
    const terms_tables *tables = terms_tables_of(book);
    const terms_mdc *mdc = terms_tables_refid(tables, refid);
    if (mdc != NULL) {
        return mdc;
    }
    const terms_alias *alias = terms_tables_synonym(tables, refid);
    return alias == NULL ? NULL : terms_tables_mdc(tables, alias->table_code);
}

const terms_unit *terms_find_unit(const terms_book *book, uint32_t code) {
    return terms_tables_unit(terms_tables_of(book), code);
}

const terms_unit *terms_find_unit_refid(const terms_book *book, dragoman_bytes refid) {
    const terms_tables *tables = terms_tables_of(book);
    const terms_unit *unit = terms_tables_unit_refid(tables, refid);
    if (unit != NULL) {
        return unit;
    }
    const terms_alias *alias = terms_tables_synonym(tables, refid);
    return alias == NULL ? NULL : terms_tables_unit(tables, alias->table_code);
}

const terms_unit *terms_find_ucum(const terms_book *book, dragoman_bytes ucum) {
    return terms_tables_ucum(terms_tables_of(book), ucum);
}

const terms_loinc *terms_find_loinc(const terms_book *book, uint32_t code, uint32_t *ret_count) {
    const terms_tables *tables = terms_tables_of(book);
    const terms_mdc *mdc = terms_tables_mdc(tables, code);
    *ret_count = 0;
    if (mdc == NULL) {
        return NULL;
    }
    const terms_link *link = terms_tables_link(tables, mdc);
    *ret_count = link->loinc_count;
    return link->loinc_count == 0 ? NULL : tables->loincs + link->loinc_first;
}

uint32_t terms_group(const terms_book *book, uint32_t code) {
    const terms_tables *tables = terms_tables_of(book);
    const terms_mdc *mdc = terms_tables_mdc(tables, code);
    return mdc == NULL ? 0 : terms_tables_link(tables, mdc)->group;
}

/*
 * Files that people write about terms: the first byte says whether the rest is a profile (YAML) or a term file (CSV).
 *
 * What is accepted must also be usable: every term that the tables hold is found again by its number and by its name.
 */
#include "base/bytes.h"
#include "terms/profile.h"
#include "terms/rows/rows.h"

#include <stdlib.h>
#include <string.h>

static void ignore(void *context, mistake_place place, const char *sentence) {
    (void)context;
    (void)place;
    if (strlen(sentence) == 0) {
        abort();
    }
}

static void try_profile(dragoman_bytes text) {
    mistake_list mistakes = {ignore, NULL, 0};
    terms_profile *profile = profile_read("fuzz.yaml", text, &terms_compiled, &mistakes);
    if ((profile == NULL) != (mistakes.count > 0)) {
        abort();
    }
    for (uint32_t i = 0; profile != NULL && i < profile->codes.count; i++) {
        const profile_code *row = (const profile_code *)profile->codes.items + i;
        dragoman_code coding = {row->code, row->text, row->system};
        profile_find_code(profile, &coding);
    }
    profile_destroy(profile);
}

static void check_tables(const terms_tables *tables) {
    for (uint32_t i = 0; i < tables->mdc_count; i++) {
        const terms_mdc *mdc = tables->mdcs + i;
        if (terms_tables_mdc(tables, mdc->code) != mdc || terms_tables_refid(tables, bytes_of(mdc->refid)) != mdc) {
            abort();
        }
    }
}

static void try_table(dragoman_bytes bytes) {
    char *text = malloc(bytes.size + 1);
    if (text == NULL) {
        return;
    }
    if (bytes.size > 0) {
        memcpy(text, bytes.data, bytes.size);
    }
    mistake_list mistakes = {ignore, NULL, 0};
    terms_rows rows;
    terms_rows_init(&rows);
    terms_rows_from(&rows, &terms_compiled);
    rows.is_site = true;
    terms_rows_read(&rows, "fuzz.csv", text, bytes.size, &mistakes);
    terms_rows_settle(&rows);
    terms_rows_check(&rows, &mistakes);
    if (mistakes.count == 0 && !rows.failed) {
        terms_tables *tables = terms_rows_index(&rows);
        if (tables != NULL) {
            check_tables(tables);
        }
        free(tables);
    }
    terms_rows_fini(&rows);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    dragoman_bytes rest = {data + 1, size - 1};
    if (data[0] == 'y') {
        try_profile(rest);
    } else {
        try_table(rest);
    }
    return 0;
}

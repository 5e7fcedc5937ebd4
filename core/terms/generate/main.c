/*
 * generate-terms FOLDER OUT.c: checks the term files of mappings/terms and writes them as constant tables for the
 * compiler.
 *
 * Mistakes go to stderr as file:line: sentence, all of them, and nothing is written then.
 */
#include "terms/generate/write.h"
#include "terms/hash.h"
#include "terms/rows/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const file_names[] = {
    "mdc-terms.csv", "units.csv",  "term-units.csv", "mdc-loinc.csv",
    "aliases.csv",   "groups.csv", "episodic.csv",   "unit-texts.csv",
};
#define FILE_COUNT (sizeof(file_names) / sizeof(file_names[0]))
_Static_assert(FILE_COUNT == TERMS_COMPILED_FILES, "the book knows each compiled-in file");

static void report(void *context, mistake_place place, const char *sentence) {
    (void)context;
    fprintf(stderr, "%s:%u: %s\n", place.file, place.line, sentence);
}

/* The whole file with room for a NUL, or NULL. */
static char *read_whole(const char *path, size_t *ret_size) {
    FILE *file = fopen(path, "rb");
    char *text = file == NULL ? NULL : malloc(TERMS_FILE_BYTES_MAX + 1);
    if (text != NULL) {
        *ret_size = fread(text, 1, TERMS_FILE_BYTES_MAX, file);
    }
    if (file != NULL) {
        fclose(file);
    }
    return text;
}

static bool read_files(terms_rows *rows, const char *folder, char paths[FILE_COUNT][512], char *texts[FILE_COUNT],
                       uint64_t hashes[FILE_COUNT], mistake_list *mistakes) {
    for (size_t i = 0; i < FILE_COUNT; i++) {
        size_t size = 0;
        snprintf(paths[i], sizeof(paths[i]), "%s/%s", folder, file_names[i]);
        texts[i] = read_whole(paths[i], &size);
        if (texts[i] == NULL) {
            fprintf(stderr, "%s: cannot be read\n", paths[i]);
            return false;
        }
        hashes[i] = terms_hash_long((dragoman_bytes){(const uint8_t *)texts[i], size});
        terms_rows_read(rows, paths[i], texts[i], size, mistakes);
    }
    terms_rows_settle(rows);
    terms_rows_check(rows, mistakes);
    return mistakes->count == 0 && !rows->failed;
}

static bool write_tables(const terms_tables *tables, const uint64_t hashes[FILE_COUNT], const char *path) {
    FILE *out = fopen(path, "w");
    if (out == NULL) {
        return false;
    }
    generate_write(tables, hashes, out);
    bool written = ferror(out) == 0;
    return fclose(out) == 0 && written;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: generate-terms FOLDER OUT.c\n");
        return 2;
    }
    static char paths[FILE_COUNT][512];
    char *texts[FILE_COUNT] = {0};
    uint64_t hashes[FILE_COUNT] = {0};
    terms_rows rows;
    mistake_list mistakes = {report, NULL, 0};
    terms_rows_init(&rows);
    bool done = read_files(&rows, argv[1], paths, texts, hashes, &mistakes);
    terms_tables *tables = done ? terms_rows_index(&rows) : NULL;
    done = tables != NULL && write_tables(tables, hashes, argv[2]);
    if (!done && mistakes.count == 0) {
        fprintf(stderr, "generate-terms: no memory, or %s cannot be written\n", argv[2]);
    }
    free(tables);
    terms_rows_fini(&rows);
    for (size_t i = 0; i < FILE_COUNT; i++) {
        free(texts[i]);
    }
    return done ? 0 : 1;
}

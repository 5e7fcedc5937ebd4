#include "terms/book.h"
#include "base/bytes.h"
#include "terms/hash.h"
#include "terms/rows/rows.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What loading needs beside the book. */
typedef struct loading {
    terms_book *book;
    terms_rows rows;
    mistake_list mistakes;
    terms_mistake_teller tell;
    void *context;
    error_record *error;
    uint32_t tables; /* term files read */
} loading;

static void note_mistake(void *context, mistake_place place, const char *sentence) {
    loading *self = context;
    const char *file = place.file == NULL ? "mappings" : place.file;
    if (self->tell != NULL) {
        self->tell(self->context, file, place.line, place.column, sentence);
    }
    if (self->mistakes.count > 1) {
        return;
    }
    if (place.line == 0) {
        error_set(self->error, DRAGOMAN_INVALID, "%s: %s", file, sentence);
    } else if (place.column == 0) {
        error_set(self->error, DRAGOMAN_INVALID, "%s:%u: %s", file, place.line, sentence);
    } else {
        error_set(self->error, DRAGOMAN_INVALID, "%s:%u:%u: %s", file, place.line, place.column, sentence);
    }
}

/* Keeps a file's path and, once it is read, its text. Returns its number, or TERMS_FILES_MAX after a mistake. */
static uint32_t keep_file(loading *self, const char *path) {
    terms_book *book = self->book;
    char *name = strdup(path);
    if (name == NULL || book->file_count == TERMS_FILES_MAX) {
        mistake_tell(&self->mistakes, (mistake_place){path, 0, 0}, "no memory, or more than %u files", TERMS_FILES_MAX);
        free(name);
        return TERMS_FILES_MAX;
    }
    book->names[book->file_count] = name;
    return book->file_count++;
}

/* The whole file with room for a NUL behind it; NULL after a mistake. */
static char *read_whole(loading *self, const char *path, size_t most, size_t *ret_size) {
    FILE *file = fopen(path, "rbe");
    char *text = NULL;
    if (file == NULL) {
        mistake_tell(&self->mistakes, (mistake_place){path, 0, 0}, "cannot be opened: %s", strerror(errno));
        return NULL;
    }
    size_t capacity = 1 << 16;
    size_t size = 0;
    for (;;) {
        char *grown = realloc(text, capacity + 1);
        if (grown == NULL) {
            break;
        }
        text = grown;
        size += fread(text + size, 1, capacity - size, file);
        if (size < capacity || capacity > most) {
            break;
        }
        capacity *= 2;
    }
    bool failed = text == NULL || ferror(file) != 0 || size > most;
    fclose(file);
    if (failed) {
        mistake_tell(&self->mistakes, (mistake_place){path, 0, 0}, "cannot be read, or is larger than %zu bytes", most);
        free(text);
        return NULL;
    }
    *ret_size = size;
    return text;
}

static bool is_compiled_in(const char *text, size_t size) {
    uint64_t hash = terms_hash_long((dragoman_bytes){(const uint8_t *)text, size});
    for (size_t i = 0; i < TERMS_COMPILED_FILES; i++) {
        if (terms_compiled_files[i] == hash) {
            return true;
        }
    }
    return false;
}

static void load_table(loading *self, const char *path) {
    uint32_t number = keep_file(self, path);
    size_t size = 0;
    char *text = number == TERMS_FILES_MAX ? NULL : read_whole(self, path, TERMS_FILE_BYTES_MAX, &size);
    if (text == NULL) {
        return;
    }
    if (is_compiled_in(text, size)) {
        free(text);
        return;
    }
    self->book->texts[number] = text;
    if (self->tables++ == 0) {
        terms_rows_from(&self->rows, &terms_compiled);
        self->rows.is_site = true;
    }
    terms_rows_read(&self->rows, self->book->names[number], text, size, &self->mistakes);
}

/* Builds the book's own tables when there were term files. */
static void settle_tables(loading *self) {
    self->book->tables = &terms_compiled;
    if (self->tables == 0) {
        return;
    }
    terms_rows_settle(&self->rows);
    terms_rows_check(&self->rows, &self->mistakes);
    if (self->mistakes.count > 0) {
        return;
    }
    self->book->own = self->rows.failed ? NULL : terms_rows_index(&self->rows);
    if (self->book->own == NULL) {
        mistake_tell(&self->mistakes, (mistake_place){"term files", 0, 0}, "no memory for the tables");
        return;
    }
    self->book->tables = self->book->own;
}

static const terms_profile *profile_named(const terms_book *book, dragoman_bytes name) {
    for (uint32_t i = 0; book != NULL && name.size > 0 && i < book->profile_count; i++) {
        if (bytes_equal(book->profiles[i]->name, name)) {
            return book->profiles[i];
        }
    }
    return NULL;
}

/* Reads a profile. One of a name that the site's own files used already is skipped when `may_be_known`. */
static void load_profile(loading *self, const char *path, bool may_be_known) {
    uint32_t number = keep_file(self, path);
    size_t size = 0;
    char *text = number == TERMS_FILES_MAX ? NULL : read_whole(self, path, TERMS_PROFILE_BYTES_MAX, &size);
    if (text == NULL) {
        return;
    }
    terms_book *book = self->book;
    terms_profile *profile =
        profile_read(book->names[number], (dragoman_bytes){(const uint8_t *)text, size}, book->tables, &self->mistakes);
    free(text);
    if (profile == NULL) {
        return;
    }
    bool is_known = profile_named(book, profile->name) != NULL;
    if (is_known && !may_be_known) {
        mistake_tell(&self->mistakes, profile->place, "a profile \"%.*s\" was read already",
                     BYTES_FORMAT(profile->name));
    } else if (book->profile_count == TERMS_PROFILES_MAX) {
        mistake_tell(&self->mistakes, profile->place, "more than %u profiles", TERMS_PROFILES_MAX);
    } else if (!is_known) {
        book->profiles[book->profile_count++] = profile;
        return;
    }
    profile_destroy(profile);
}

static bool ends_with(const char *text, const char *ending) {
    size_t size = strlen(text);
    size_t wanted = strlen(ending);
    return size >= wanted && strcmp(text + size - wanted, ending) == 0;
}

static bool is_profile_file(const char *path) {
    return ends_with(path, ".yaml") || ends_with(path, ".yml");
}

static void load_site_file(loading *self, const char *path, bool tables) {
    bool is_table = ends_with(path, ".csv");
    if (is_table && tables) {
        load_table(self, path);
    } else if (!is_table && !tables && is_profile_file(path)) {
        load_profile(self, path, false);
    } else if (!is_table && tables && !is_profile_file(path)) {
        mistake_tell(&self->mistakes, (mistake_place){path, 0, 0},
                     "is neither a term file (.csv) nor a profile (.yaml)");
    }
}

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

/* Visits the entries of a folder in the order of their names. False when it cannot be read. */
static bool each_entry(const char *folder, void (*visit)(loading *self, const char *path, const char *name),
                       loading *self) {
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_visible, alphasort);
    for (int i = 0; i < count; i++) {
        char *path = NULL;
        if (asprintf(&path, "%s/%s", folder, entries[i]->d_name) >= 0) {
            visit(self, path, entries[i]->d_name);
            free(path);
        }
        free(entries[i]);
    }
    free(entries);
    return count >= 0;
}

static void load_table_entry(loading *self, const char *path, const char *name) {
    if (ends_with(name, ".csv")) {
        load_table(self, path);
    }
}

static void load_profile_entry(loading *self, const char *path, const char *name) {
    if (is_profile_file(name)) {
        load_profile(self, path, true);
    }
}

static void load_adapter_entry(loading *self, const char *path, const char *name) {
    if (strcmp(name, "terms") != 0) {
        each_entry(path, load_profile_entry, self); /* a plain file is no folder: nothing to visit */
    }
}

/* The folder's term files, where they are not just what is compiled in. A folder without any is well. */
static void load_folder_tables(loading *self, const char *mappings) {
    char *folder = NULL;
    if (asprintf(&folder, "%s/terms", mappings) >= 0) {
        each_entry(folder, load_table_entry, self);
        free(folder);
    }
}

/* A profile whose codes stand behind another's has codes itself, so that there is no chain and no circle. */
static void settle_base(loading *self, terms_profile *profile) {
    const terms_profile *base = profile_named(self->book, profile->codes_of);
    if (base == NULL || !bytes_equal(base->adapter, profile->adapter)) {
        mistake_tell(&self->mistakes, profile->place, "codes_of: there is no profile \"%.*s\" for the adapter %.*s",
                     BYTES_FORMAT(profile->codes_of), BYTES_FORMAT(profile->adapter));
        return;
    }
    if (base->codes_of.size > 0) {
        mistake_tell(&self->mistakes, profile->place, "codes_of: \"%.*s\" has codes_of itself; name that profile",
                     BYTES_FORMAT(profile->codes_of));
        return;
    }
    profile->base = base;
    profile->absent = profile->absent.values != NULL ? profile->absent : base->absent;
    profile->rule = profile->rule != PROFILE_NO_RULE ? profile->rule : base->rule;
    profile->overrides_mdc = profile->overrides_mdc || base->overrides_mdc;
}

static void settle_bases(loading *self) {
    for (uint32_t i = 0; i < self->book->profile_count; i++) {
        if (self->book->profiles[i]->codes_of.size > 0) {
            settle_base(self, self->book->profiles[i]);
        }
    }
}

static void load(loading *self, const char *mappings, const char *const *site_files, size_t site_file_count) {
    if (mappings != NULL) {
        load_folder_tables(self, mappings);
    }
    for (size_t i = 0; i < site_file_count; i++) {
        load_site_file(self, site_files[i], true);
    }
    settle_tables(self);
    for (size_t i = 0; i < site_file_count; i++) {
        load_site_file(self, site_files[i], false);
    }
    if (mappings != NULL && !each_entry(mappings, load_adapter_entry, self)) {
        mistake_tell(&self->mistakes, (mistake_place){mappings, 0, 0}, "is no folder that can be read: %s",
                     strerror(errno));
    }
    settle_bases(self);
}

dragoman_status terms_book_create_telling(const char *mappings, const char *const *site_files, size_t site_file_count,
                                          terms_mistake_teller tell, void *context, terms_book **ret_book,
                                          error_record *error) {
    loading self = {.book = calloc(1, sizeof(terms_book)), .tell = tell, .context = context, .error = error};
    if (self.book == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for the terms");
    }
    self.mistakes = (mistake_list){note_mistake, &self, 0};
    terms_rows_init(&self.rows);
    load(&self, mappings, site_files, site_file_count);
    terms_rows_fini(&self.rows);
    if (self.mistakes.count > 0) {
        terms_book_destroy(self.book);
        return DRAGOMAN_INVALID;
    }
    *ret_book = self.book;
    return DRAGOMAN_OK;
}

dragoman_status terms_book_create(const char *mappings, const char *const *site_files, size_t site_file_count,
                                  terms_book **ret_book, error_record *error) {
    return terms_book_create_telling(mappings, site_files, site_file_count, NULL, NULL, ret_book, error);
}

void terms_book_destroy(terms_book *book) {
    if (book == NULL) {
        return;
    }
    for (uint32_t i = 0; i < book->profile_count; i++) {
        profile_destroy(book->profiles[i]);
    }
    for (uint32_t i = 0; i < book->file_count; i++) {
        free(book->texts[i]);
        free(book->names[i]);
    }
    free(book->own);
    free(book);
}

const terms_tables *terms_tables_of(const terms_book *book) {
    return book == NULL ? &terms_compiled : book->tables;
}

const terms_profile *terms_book_profile(const terms_book *book, dragoman_bytes name) {
    return profile_named(book, name);
}

const terms_profile *terms_book_recognise(const terms_book *book, dragoman_bytes adapter,
                                          const dragoman_report *report) {
    profile_systems systems;
    profile_systems_find(report, &systems);
    for (uint32_t i = 0; book != NULL && i < book->profile_count; i++) {
        const terms_profile *profile = book->profiles[i];
        if ((adapter.size == 0 || bytes_equal(profile->adapter, adapter)) && profile_is_of(profile, report, &systems)) {
            return profile;
        }
    }
    return NULL;
}

dragoman_bytes terms_profile_of(const terms_book *book, dragoman_bytes adapter, const dragoman_report *report) {
    const terms_profile *profile = terms_book_recognise(book, adapter, report);
    return profile == NULL ? (dragoman_bytes){0} : profile->name;
}

static terms_profile_facts facts_of(const terms_profile *profile) {
    return (terms_profile_facts){
        .name = profile->name,
        .adapter = profile->adapter,
        .document = profile->document,
        .edition = profile->edition,
        .zone = profile->zone,
        .habit = profile->habit,
        .code_count = profile->codes.count,
        .unit_count = profile->units.count,
        .device_count = profile->device.count,
        .link_count = profile->link.count,
        .file = profile->place.file,
    };
}

bool terms_find_profile(const terms_book *book, dragoman_bytes name, terms_profile_facts *ret_facts) {
    const terms_profile *profile = profile_named(book, name);
    if (profile != NULL) {
        *ret_facts = facts_of(profile);
    }
    return profile != NULL;
}

void terms_visit_profiles(const terms_book *book, void (*visit)(void *context, const terms_profile_facts *facts),
                          void *context) {
    for (uint32_t i = 0; book != NULL && i < book->profile_count; i++) {
        terms_profile_facts facts = facts_of(book->profiles[i]);
        visit(context, &facts);
    }
}

void terms_visit_profile_settings(const terms_book *book, dragoman_bytes profile,
                                  void (*visit)(void *context, dragoman_bytes name, dragoman_bytes value),
                                  void *context) {
    const terms_profile *found = profile_named(book, profile);
    for (uint32_t i = 0; found != NULL && i < found->settings.count; i++) {
        const profile_setting *setting = (const profile_setting *)found->settings.items + i;
        visit(context, setting->name, setting->value);
    }
}

static void visit_rows(const terms_profile *profile, void (*visit)(void *context, const terms_profile_row *row),
                       void *context) {
    for (uint32_t i = 0; i < profile->codes.count; i++) {
        const profile_code *code = (const profile_code *)profile->codes.items + i;
        visit(context, &(terms_profile_row){.code = {code->code, code->text, code->system}, .mdc = code->mdc});
    }
    for (uint32_t i = 0; i < profile->units.count; i++) {
        const profile_unit *unit = (const profile_unit *)profile->units.items + i;
        visit(context, &(terms_profile_row){.code = {.text = unit->text}, .is_unit = true, .mdc = unit->unit->code});
    }
}

void terms_visit_profile_rows(const terms_book *book, dragoman_bytes profile,
                              void (*visit)(void *context, const terms_profile_row *row), void *context) {
    const terms_profile *found = profile_named(book, profile);
    if (found != NULL) {
        visit_rows(found, visit, context);
    }
    if (found != NULL && found->base != NULL) {
        visit_rows(found->base, visit, context);
    }
}

static const profile_section *section_of(const terms_profile *profile, terms_section section) {
    return section == TERMS_SECTION_DEVICE ? &profile->device : &profile->link;
}

dragoman_list terms_profile_section(const terms_book *book, dragoman_bytes profile, terms_section section) {
    const terms_profile *found = profile_named(book, profile);
    dragoman_list list = {NULL, 0, sizeof(profile_entry)};
    if (found != NULL) {
        list.items = section_of(found, section)->items;
        list.count = section_of(found, section)->count;
    }
    return list;
}

dragoman_list terms_profile_device(const terms_book *book, dragoman_bytes profile) {
    return terms_profile_section(book, profile, TERMS_SECTION_DEVICE);
}

bool terms_profile_place(const terms_book *book, dragoman_bytes profile, terms_section section, dragoman_bytes key,
                         const char **ret_file, uint32_t *ret_line, uint32_t *ret_column) {
    const terms_profile *found = profile_named(book, profile);
    if (found == NULL) {
        return false;
    }
    mistake_place place = profile_section_place(found, section_of(found, section), key);
    *ret_file = place.file;
    *ret_line = place.line;
    *ret_column = place.column;
    return true;
}

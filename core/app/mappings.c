#include "app/mappings.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct found {
    char *paths[APP_MAPPING_FILES_MAX];
    size_t count;
    bool has_more;
} found;

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static bool ends_with(const char *text, const char *ending) {
    size_t size = strlen(text);
    size_t wanted = strlen(ending);
    return size > wanted && strcmp(text + size - wanted, ending) == 0;
}

/* Takes a file of one of the folder's folders, when it is a table in terms/ or a profile in another. */
static void take_file(found *self, const char *folder, bool is_terms, const char *name) {
    bool is_wanted = is_terms ? ends_with(name, ".csv") : ends_with(name, ".yaml") || ends_with(name, ".yml");
    if (!is_wanted) {
        return;
    }
    char *path = NULL;
    if (self->count == APP_MAPPING_FILES_MAX || asprintf(&path, "%s/%s", folder, name) < 0) {
        self->has_more = true;
        return;
    }
    self->paths[self->count++] = path;
}

static void take_folder(found *self, const char *own, const char *name) {
    struct dirent **entries = NULL;
    char *folder = NULL;
    if (asprintf(&folder, "%s/%s", own, name) < 0) {
        self->has_more = true;
        return;
    }
    int count = scandir(folder, &entries, is_visible, alphasort);
    for (int i = 0; i < count; i++) {
        take_file(self, folder, strcmp(name, "terms") == 0, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    free(folder);
}

static dragoman_status find_files(const char *own, found *to, error_record *error) {
    struct dirent **entries = NULL;
    int count = scandir(own, &entries, is_visible, alphasort);
    if (count < 0) {
        return error_set(error, DRAGOMAN_INVALID, "mappings: %s is no folder that can be read: %s", own,
                         strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        take_folder(to, own, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return to->has_more
               ? error_set(error, DRAGOMAN_LIMIT, "mappings: %s holds more than %u files, or there is no memory", own,
                           APP_MAPPING_FILES_MAX)
               : DRAGOMAN_OK;
}

dragoman_status app_mappings_read(const app_places *places, const char *own, terms_mistake_teller tell, void *context,
                                  terms_book **ret_book, error_record *error) {
    found *files = calloc(1, sizeof(*files));
    if (files == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for the mappings");
    }
    dragoman_status status = own == NULL || own[0] == '\0' ? DRAGOMAN_OK : find_files(own, files, error);
    if (status == DRAGOMAN_OK) {
        status = terms_book_create_telling(places->mappings, (const char *const *)files->paths, files->count, tell,
                                           context, ret_book, error);
    }
    for (size_t i = 0; i < files->count; i++) {
        free(files->paths[i]);
    }
    free(files);
    return status;
}

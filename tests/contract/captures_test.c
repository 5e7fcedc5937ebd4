/* Every installed adapter keeps the contract on the captures of its golden cases: tests/captures/ADAPTER/. */
#include "base/buffer.h"
#include "base/bytes.h"
#include "host/contract_capture.h"
#include "host/silent.h"
#include "terms/terms.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FOLDER "tests/captures"

static char *path_of(const char *folder, const char *name) {
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    return path;
}

static void read_file(const char *path, buffer *to) {
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    while (feof(file) == 0) {
        uint8_t *room = buffer_reserve(to, 65536);
        assert_non_null(room);
        to->size += fread(room, 1, 65536, file);
    }
    fclose(file);
}

static void tell(void *context, const char *clause, bool is_kept, const char *detail) {
    if (!is_kept) {
        print_error("%s: broken: %s: %s\n", (const char *)context, clause, detail);
    }
}

static dragoman_list device(void *meaning, dragoman_bytes chosen) {
    return terms_profile_device(meaning, chosen);
}

static uint32_t check_folder(const char *folder, const host_adapter *adapter, const host_hooks *meanings) {
    struct dirent **entries = NULL;
    uint32_t broken = 0;
    int count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char *path = path_of(folder, entries[i]->d_name);
        if (strstr(path, ".capture") != NULL) {
            buffer capture;
            buffer_init(&capture);
            read_file(path, &capture);
            broken += contract_run_capture(adapter, buffer_bytes(&capture), meanings, tell, path);
            buffer_fini(&capture);
        }
        free(path);
        free(entries[i]);
    }
    free(entries);
    return broken;
}

static void every_adapter_keeps_the_contract_on_its_captures(void **state) {
    (void)state;
    const char *prefix = getenv("DRAGOMAN_TEST_PREFIX");
    assert_non_null(prefix);
    char *mappings = path_of(prefix, "share/dragoman/mappings");
    char *adapters = path_of(prefix, "lib/dragoman/adapters");
    terms_book *book = NULL;
    error_record error = {0};
    assert_int_equal(terms_book_create_telling(mappings, NULL, 0, NULL, NULL, &book, &error), DRAGOMAN_OK);
    host_hooks meanings = host_silent_hooks();
    meanings.meaning = book;
    meanings.device = device;
    struct dirent **entries = NULL;
    uint32_t broken = 0;
    uint32_t checked = 0;
    int count = scandir(FOLDER, &entries, NULL, alphasort);
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        host_adapter adapter;
        const char *name = entries[i]->d_name;
        if (name[0] != '.' && name[0] != '_' && strchr(name, '.') == NULL) {
            char *folder = path_of(FOLDER, name);
            assert_int_equal(host_adapter_load_named(NULL, adapters, bytes_of(name), &adapter, &error), DRAGOMAN_OK);
            broken += check_folder(folder, &adapter, &meanings);
            host_adapter_close(&adapter);
            free(folder);
            checked++;
        }
        free(entries[i]);
    }
    free(entries);
    terms_book_destroy(book);
    free(mappings);
    free(adapters);
    assert_true(checked > 0);
    assert_int_equal(broken, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_adapter_keeps_the_contract_on_its_captures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

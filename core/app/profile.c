#include "app/command.h"
#include "app/isolation.h"
#include "app/mappings.h"
#include "app/profile_checking.h"
#include "app/profile_coverage.h"
#include "base/bytes.h"
#include "host/adapter.h"

#include <stdio.h>
#include <string.h>

static const char help[] = "usage: dragoman profile check FILE.yaml\n"
                           "       dragoman profile coverage [--json] FILE.yaml CAPTURE...\n"
                           "\n"
                           "check: a device profile: every mistake at once, with file:line:column, also\n"
                           "those that only its adapter can see (registers, line formats).\n"
                           "\n"
                           "coverage: which codes and units were seen in captures (or files of messages or\n"
                           "packets), how often, with an example, and which of them the profile maps; and\n"
                           "what it has that was never seen. A sheet to sign: it holds no patient data but\n"
                           "numbers. --json is for programs.\n"
                           "\n"
                           "examples:\n"
                           "  dragoman profile check mappings/hl7v2/mindray.yaml\n"
                           "  dragoman profile coverage mappings/hl7v2/mindray.yaml examples/oru.hl7\n";

static void print_mistake(void *context, const char *file, uint32_t line, uint32_t column, const char *sentence) {
    bool *has_told = context;
    *has_told = true;
    fprintf(stderr, "%s:%u:%u: %s\n", file, line, column, sentence);
}

typedef struct looking {
    const char *path;
    terms_profile_facts facts;
    bool found;
} looking;

static void take_of_file(void *context, const terms_profile_facts *facts) {
    looking *self = context;
    if (facts->file != NULL && strcmp(facts->file, self->path) == 0) {
        self->facts = *facts;
        self->found = true;
    }
}

static bool is_known_to_adapter(const app_places *places, const terms_book *book, const terms_profile_facts *facts,
                                error_record *error) {
    host_adapter adapter;
    app_isolation isolation;
    bool has_told = false;
    app_isolation_init(&isolation, places);
    if (host_adapter_load_named(&isolation.loader, places->adapters, facts->adapter, &adapter, error) != DRAGOMAN_OK) {
        return false;
    }
    bool is_good = (facts->device_count == 0 && facts->link_count == 0) ||
                   profile_checking_run(book, &adapter, facts->name, print_mistake, &has_told, error);
    host_adapter_close(&adapter);
    return is_good;
}

static int check(const char *path) {
    error_record error = {0};
    app_places places;
    terms_book *book = NULL;
    bool has_told = false;
    dragoman_status status = app_places_find(&places, &error);
    if (status == DRAGOMAN_OK) {
        status = terms_book_create_telling(places.mappings, &path, 1, print_mistake, &has_told, &book, &error);
    }
    if (status != DRAGOMAN_OK) {
        if (!has_told) {
            fprintf(stderr, "dragoman profile: %s\n", error.text);
        }
        return APP_EXIT_FAILED;
    }
    looking found = {.path = path};
    terms_visit_profiles(book, take_of_file, &found);
    bool is_good = found.found && is_known_to_adapter(&places, book, &found.facts, &error);
    if (is_good) {
        printf("%s is good: profile %.*s for %.*s, %u codes, %u units, %u values of its device section.\n", path,
               BYTES_FORMAT(found.facts.name), BYTES_FORMAT(found.facts.adapter), found.facts.code_count,
               found.facts.unit_count, found.facts.device_count);
    } else {
        fprintf(stderr, "dragoman profile: %s\n", found.found ? error.text : "the file holds no profile (.yaml)");
    }
    terms_book_destroy(book);
    return is_good ? APP_EXIT_OK : APP_EXIT_FAILED;
}

static int cover(const char *path, const char *const *captures, int count, bool wants_json) {
    error_record error = {0};
    app_places places;
    terms_book *book = NULL;
    bool has_told = false;
    char name[256] = "";
    char adapter[64] = "";
    looking found = {.path = path};
    dragoman_status status = app_places_find(&places, &error);
    if (status == DRAGOMAN_OK) {
        status = terms_book_create_telling(places.mappings, &path, 1, print_mistake, &has_told, &book, &error);
    }
    if (status == DRAGOMAN_OK) {
        terms_visit_profiles(book, take_of_file, &found);
        snprintf(name, sizeof(name), "%.*s", BYTES_FORMAT(found.facts.name));
        snprintf(adapter, sizeof(adapter), "%.*s", BYTES_FORMAT(found.facts.adapter));
    } else if (!has_told) {
        fprintf(stderr, "dragoman profile: %s\n", error.text);
    }
    terms_book_destroy(book);
    if (status == DRAGOMAN_OK && !found.found) {
        fprintf(stderr, "dragoman profile: %s holds no profile (.yaml)\n", path);
    }
    return found.found ? profile_coverage_print(path, name, adapter, captures, count, wants_json) : APP_EXIT_FAILED;
}

static int run(int argc, char **argv) {
    bool wants_coverage = argc > 1 && strcmp(argv[1], "coverage") == 0;
    bool wants_json = wants_coverage && argc > 2 && strcmp(argv[2], "--json") == 0;
    int first = wants_json ? 3 : 2;
    if (wants_coverage && argc >= first + 2) {
        return cover(argv[first], (const char *const *)argv + first + 1, argc - first - 1, wants_json);
    }
    if (argc == 3 && strcmp(argv[1], "check") == 0) {
        return check(argv[2]);
    }
    return app_usage(&app_profile, "`check FILE.yaml` or `coverage FILE.yaml CAPTURE...` is expected");
}

const app_command app_profile = {"profile", "check a device profile: its codes, and what its adapter makes of it", help,
                                 run};

#include "app/command.h"
#include "app/rendering.h"
#include "app/site_checking.h"
#include "app/store_views.h"
#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char help[] = "usage: dragoman store status [--json] SITE.yaml\n"
                           "       dragoman store dead [--json] SITE.yaml [NUMBER]\n"
                           "       dragoman store retry SITE.yaml NUMBER...\n"
                           "       dragoman store remove SITE.yaml NUMBER...\n"
                           "       dragoman store show [--to FORM] SITE.yaml NUMBER...\n"
                           "\n"
                           "Looks into a site's store, whether dragoman runs or not.\n"
                           "\n"
                           "  status   what is kept, for how long, and how far each sink came\n"
                           "  dead     dead letters: what could not be understood or delivered, and why;\n"
                           "           with NUMBER the letter itself (patient data!)\n"
                           "  retry    deliver a dead letter of a sink again; needs the running dragoman\n"
                           "  remove   give a dead letter up; needs the running dragoman\n"
                           "  show     one report by its number, as text, json, fhir, ndjson or protobuf\n"
                           "           (patient data!)\n"
                           "\n"
                           "examples:\n"
                           "  dragoman store status site.yaml\n"
                           "  dragoman store dead site.yaml\n"
                           "  dragoman store retry site.yaml 17\n"
                           "  dragoman store show --to json site.yaml 4711\n";

typedef struct words {
    const char *path;
    bool wants_json;
    rendering_form form;
    const char *numbers[1024];
    int count;
} words;

static int read_words(int argc, char **argv, words *to) {
    to->form = RENDERING_TEXT;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            to->wants_json = true;
        } else if (strcmp(argv[i], "--to") == 0 && i + 1 < argc) {
            if (!rendering_form_parse(argv[++i], &to->form)) {
                return app_usage(&app_store, "--to does not know \"%s\"", argv[i]);
            }
        } else if (argv[i][0] == '-' && argv[i][1] != '\0') {
            return app_usage(&app_store, "\"%s\" is not understood", argv[i]);
        } else if (to->path == NULL) {
            to->path = argv[i];
        } else if (strspn(argv[i], "0123456789") != strlen(argv[i]) || to->count == 1024) {
            return app_usage(&app_store, "\"%s\" is no number", argv[i]);
        } else {
            to->numbers[to->count++] = argv[i];
        }
    }
    return to->path == NULL ? app_usage(&app_store, "a SITE.yaml is expected") : APP_EXIT_OK;
}

/* The site must be freed with site_fini in any case. */
static dragoman_status open_store(const words *given, site *ret_site, store_reader **ret_reader, error_record *error) {
    site_mistakes mistakes;
    dragoman_status status = site_read(given->path, NULL, ret_site, &mistakes, error);
    if (status == DRAGOMAN_OK) {
        status = store_reader_open_path((const char *)ret_site->store.path.data, NULL, ret_reader, error);
    }
    return status;
}

/* How often and how far apart the store is looked at until a removal, which rides in the next commit, is in it. */
#define LOOKS 2000
#define LOOK_APART_NS 2000000

static bool is_removed(store_reader *reader, uint64_t number) {
    for (int i = 0; i < LOOKS; i++) {
        if (store_view_may_change(reader, number, false, NULL) == DRAGOMAN_NOT_FOUND) {
            return true;
        }
        nanosleep(&(struct timespec){.tv_nsec = LOOK_APART_NS}, NULL);
    }
    return false;
}

static dragoman_status ask_one(const char *request, const words *given, const char *number, store_reader *reader,
                               error_record *error) {
    char line[64];
    buffer answer;
    buffer_init(&answer);
    snprintf(line, sizeof(line), "%s %.20s", request, number);
    dragoman_status status = site_ask(given->path, line, &answer, error);
    if (status == DRAGOMAN_OK && !bytes_starts_with(buffer_bytes(&answer), "ok")) {
        status = error_set(error, DRAGOMAN_IO, "%.*s", BYTES_FORMAT(buffer_bytes(&answer)));
    } else if (status == DRAGOMAN_OK) {
        bool is_retry = strcmp(request, "retry") == 0;
        bool is_done = !is_retry && is_removed(reader, strtoull(number, NULL, 10));
        printf("dead letter %s: %s\n", number,
               is_retry  ? "will be tried again"
               : is_done ? "removed"
                         : "will be removed when the store can be written");
    }
    buffer_fini(&answer);
    return status;
}

/* Changes go through the running dragoman, which alone writes. */
static int ask_each(const char *request, const words *given) {
    bool all_good = given->count > 0;
    if (!all_good) {
        return app_usage(&app_store, "the NUMBER of a dead letter is expected");
    }
    error_record error = {0};
    site of;
    store_reader *reader = NULL;
    dragoman_status opened = open_store(given, &of, &reader, &error);
    for (int i = 0; opened == DRAGOMAN_OK && i < given->count; i++) {
        uint64_t number = strtoull(given->numbers[i], NULL, 10);
        dragoman_status status = store_view_may_change(reader, number, strcmp(request, "retry") == 0, &error);
        if (status == DRAGOMAN_OK) {
            status = ask_one(request, given, given->numbers[i], reader, &error);
        }
        if (status != DRAGOMAN_OK) {
            fprintf(stderr, "dragoman store: %s\n", error.text);
            all_good = false;
        }
    }
    if (opened != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman store: %s\n", error.text);
        all_good = false;
    }
    store_reader_close(reader);
    site_fini(&of);
    return all_good ? APP_EXIT_OK : APP_EXIT_FAILED;
}

static int look(const char *what, const words *given) {
    if (strcmp(what, "show") == 0 && given->count == 0) {
        return app_usage(&app_store, "the NUMBER of a report is expected");
    }
    error_record error = {0};
    site of;
    store_reader *reader = NULL;
    dragoman_status status = open_store(given, &of, &reader, &error);
    if (status == DRAGOMAN_OK && strcmp(what, "status") == 0) {
        status = store_view_status(reader, given->wants_json, &error);
    } else if (status == DRAGOMAN_OK && strcmp(what, "dead") == 0) {
        status = given->count == 0 ? store_view_dead(reader, given->wants_json, &error)
                                   : store_view_letter(reader, strtoull(given->numbers[0], NULL, 10), &error);
    }
    for (int i = 0; status == DRAGOMAN_OK && strcmp(what, "show") == 0 && i < given->count; i++) {
        status = store_view_report(reader, &of, strtoull(given->numbers[i], NULL, 10), given->form, &error);
    }
    if (status != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman store: %s\n", error.text);
    }
    store_reader_close(reader);
    site_fini(&of);
    return status == DRAGOMAN_OK ? APP_EXIT_OK : APP_EXIT_FAILED;
}

static int run(int argc, char **argv) {
    static const char *const looks[] = {"status", "dead", "show"};
    words given = {0};
    if (argc < 2) {
        return app_usage(&app_store, "status, dead, retry, remove or show is expected");
    }
    int outcome = read_words(argc, argv, &given);
    if (outcome != APP_EXIT_OK) {
        return outcome;
    }
    if (strcmp(argv[1], "retry") == 0 || strcmp(argv[1], "remove") == 0) {
        return ask_each(argv[1], &given);
    }
    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        if (strcmp(argv[1], looks[i]) == 0) {
            return look(looks[i], &given);
        }
    }
    return app_usage(&app_store, "there is no `store %s`", argv[1]);
}

const app_command app_store = {"store", "look into a site's store: figures, dead letters, single reports", help, run};

#include "app/command.h"
#include "app/site_checking.h"
#include "base/bytes.h"
#include "base/json_out.h"
#include "config/key_table.h"
#include "config/schema.h"
#include "store/hold.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static const char help[] = "usage: dragoman check [OPTIONS] SITE.yaml\n"
                           "\n"
                           "Checks a site file: every mistake at once, with file:line:column, what is wrong\n"
                           "and the mend. Then says for how many hours the store has room. Nothing is\n"
                           "opened or started.\n"
                           "\n"
                           "  --rate N             messages in a second to reckon with (10: a ward of 30\n"
                           "                       beds, each every 3 s)\n"
                           "  --message-bytes N    of one message in the store (3000: some 20 values)\n"
                           "  --json               for programs\n"
                           "  --schema             print the JSON schema of site files, for editors\n"
                           "  --keys               print all keys of site files as a Markdown table\n"
                           "\n"
                           "examples:\n"
                           "  dragoman check site.yaml\n"
                           "  dragoman check --rate 200 site.yaml\n"
                           "  dragoman check --schema > site.schema.json\n";

enum { OPTION_RATE = 256, OPTION_BYTES, OPTION_JSON, OPTION_SCHEMA, OPTION_KEYS };

static const struct option options[] = {
    {"rate", required_argument, NULL, OPTION_RATE}, {"message-bytes", required_argument, NULL, OPTION_BYTES},
    {"json", no_argument, NULL, OPTION_JSON},       {"schema", no_argument, NULL, OPTION_SCHEMA},
    {"keys", no_argument, NULL, OPTION_KEYS},       {NULL, 0, NULL, 0}};

typedef struct wishes {
    double rate;
    double message_bytes;
    bool wants_json;
    bool wants_schema;
    bool wants_keys;
} wishes;

static bool take_number(const char *text, double *ret_number) {
    char *end = NULL;
    *ret_number = strtod(text, &end);
    return end != text && *end == '\0' && *ret_number > 0;
}

static int print_whole(void (*write)(buffer *to)) {
    buffer text;
    buffer_init(&text);
    write(&text);
    fwrite(text.data, 1, text.size, stdout);
    buffer_fini(&text);
    return APP_EXIT_OK;
}

static void write_mistakes(json_out *out, const site_mistakes *mistakes) {
    json_out_array(out, "mistakes");
    for (uint32_t i = 0; i < mistakes->count; i++) {
        json_out_object(out, NULL);
        json_out_number(out, "line", mistakes->items[i].line);
        json_out_number(out, "column", mistakes->items[i].column);
        json_out_text(out, "text", mistakes->items[i].text);
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

/* What links have from their profiles. */
static void write_defaults(json_out *out, const site *of) {
    json_out_array(out, "from_profiles");
    for (uint32_t i = 0; i < of->link_count; i++) {
        const site_link *link = &of->links[i];
        for (uint32_t j = 0; j < link->default_count; j++) {
            json_out_object(out, NULL);
            json_out_text(out, "link", link->name);
            json_out_text(out, "key", link->defaults[j].key);
            json_out_text(out, "value", link->defaults[j].value);
            json_out_object_end(out);
        }
    }
    json_out_array_end(out);
}

static void print_json(const site *of, const site_mistakes *mistakes, const store_hold_answer *answer) {
    buffer text;
    json_out out;
    buffer_init(&text);
    if (json_out_init(&out, &text, true)) {
        json_out_object(&out, NULL);
        json_out_boolean(&out, "good", mistakes->count == 0);
        write_mistakes(&out, mistakes);
        json_out_number(&out, "links", of->link_count);
        json_out_number(&out, "sinks", of->publish_count);
        json_out_array(&out, "recorded");
        for (uint32_t i = 0; mistakes->count == 0 && i < of->link_count; i++) {
            if (of->links[i].record.size > 0) {
                json_out_text(&out, NULL, of->links[i].name);
            }
        }
        json_out_array_end(&out);
        write_defaults(&out, of);
        json_out_boolean(&out, "hold_fits", answer->fits);
        if (answer->hours != UINT64_MAX) {
            json_out_number(&out, "hours_that_fit", (int64_t)answer->hours);
        }
        json_out_object_end(&out);
        json_out_fini(&out);
        fwrite(text.data, 1, text.size, stdout);
    }
    buffer_fini(&text);
}

static void print_recordings(const site *of) {
    for (uint32_t i = 0; i < of->link_count; i++) {
        if (of->links[i].record.size > 0) {
            printf("The link %.*s is recorded into %.*s: that file holds patient data.\n",
                   BYTES_FORMAT(of->links[i].name), BYTES_FORMAT(of->links[i].record));
        }
    }
}

static void print_defaults(const site *of) {
    for (uint32_t i = 0; i < of->link_count; i++) {
        const site_link *link = &of->links[i];
        for (uint32_t j = 0; j < link->default_count; j++) {
            if (j == 0) {
                printf("The link %.*s has from its profile %.*s:", BYTES_FORMAT(link->name),
                       BYTES_FORMAT(link->profile));
            }
            printf("%s %.*s %.*s%s", j == 0 ? "" : ",", BYTES_FORMAT(link->defaults[j].key),
                   BYTES_FORMAT(link->defaults[j].value), j + 1 == link->default_count ? ".\n" : "");
        }
    }
}

static void print_hold(const site *of, const wishes *wanted, const store_hold_answer *answer) {
    printf("At %g messages of %g bytes in a second ", wanted->rate, wanted->message_bytes);
    if (answer->hours == UINT64_MAX) {
        printf("the store has no limit of its own.\n");
        return;
    }
    printf("the store has room for %llu hours; it is to hold %g%s.\n", (unsigned long long)answer->hours,
           (double)of->store.hold_us / 3600e6, answer->fits ? "" : ": raise store.max_size, or lower store.hold");
}

/* What the store's disk can still take, with what the store has already; 0: not known. */
static uint64_t disk_of(const char *path) {
    struct statvfs disk;
    struct stat file;
    char folder[4096];
    snprintf(folder, sizeof(folder), "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL) {
        return 0;
    }
    *slash = '\0';
    if (statvfs(folder[0] == '\0' ? "/" : folder, &disk) != 0) {
        return 0;
    }
    uint64_t own = stat(path, &file) == 0 ? (uint64_t)file.st_size : 0;
    return (uint64_t)disk.f_bavail * disk.f_frsize + own;
}

static int check(const char *path, const wishes *wanted) {
    error_record error = {0};
    app_places places;
    site of;
    site_mistakes mistakes;
    if (app_places_find(&places, &error) != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman check: %s\n", error.text);
        return APP_EXIT_FAILED;
    }
    dragoman_status status = site_check(path, &places, wanted->wants_json ? NULL : stderr, &of, &mistakes);
    if (status == DRAGOMAN_OK || mistakes.count > 0) {
        store_hold_plan plan = {.messages_per_hour = (uint64_t)(wanted->rate * 3600),
                                .bytes_per_message = (uint64_t)wanted->message_bytes,
                                .max_bytes = of.store.max_bytes,
                                .disk_bytes = of.store.path.size == 0 ? 0 : disk_of((const char *)of.store.path.data),
                                .hold_us = (uint64_t)of.store.hold_us};
        store_hold_answer answer = store_hold_compute(&plan);
        if (wanted->wants_json) {
            print_json(&of, &mistakes, &answer);
        } else if (mistakes.count == 0) {
            printf("%s is good: %u link%s, %u sink%s.\n", path, of.link_count, of.link_count == 1 ? "" : "s",
                   of.publish_count, of.publish_count == 1 ? "" : "s");
            print_defaults(&of);
            print_recordings(&of);
            print_hold(&of, wanted, &answer);
        }
    }
    site_fini(&of);
    return status == DRAGOMAN_OK ? APP_EXIT_OK : APP_EXIT_FAILED;
}

static int run(int argc, char **argv) {
    wishes wanted = {.rate = 10, .message_bytes = 3000};
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case OPTION_RATE:
        case OPTION_BYTES:
            if (!take_number(optarg, option == OPTION_RATE ? &wanted.rate : &wanted.message_bytes)) {
                return app_usage(&app_check, "\"%s\" is no number above 0", optarg);
            }
            break;
        case OPTION_JSON:
            wanted.wants_json = true;
            break;
        case OPTION_SCHEMA:
            wanted.wants_schema = true;
            break;
        case OPTION_KEYS:
            wanted.wants_keys = true;
            break;
        default:
            return app_unknown_option(&app_check, argv);
        }
    }
    if (wanted.wants_schema || wanted.wants_keys) {
        return print_whole(wanted.wants_schema ? schema_write : key_table_write);
    }
    return argc - optind == 1 ? check(argv[optind], &wanted) : app_usage(&app_check, "one SITE.yaml is expected");
}

const app_command app_check = {"check", "check a site file: all mistakes at once, and how long the store holds", help,
                               run};

#include "app/command.h"
#include "app/json_view.h"
#include "app/site_checking.h"
#include "base/bytes.h"
#include "control/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] = "usage: dragoman status [--json] [--seen] SITE.yaml\n"
                           "\n"
                           "Asks the running dragoman of a site how it is: its links, the store, the sinks.\n"
                           "The exit code is 0 when all is well, 1 when something is wrong or nothing runs.\n"
                           "\n"
                           "  --seen   list the codes and units that were seen, how each was mapped, and how\n"
                           "           often: what a hospital signs off\n"
                           "  --json   for programs\n"
                           "\n"
                           "examples:\n"
                           "  dragoman status site.yaml\n"
                           "  dragoman status --seen site.yaml\n"
                           "  dragoman status --json site.yaml\n";

#define SIZE_TEXT_BYTES 32

/* "57344" as "56.0 KiB". */
static const char *size_text(const char *bytes, char to[SIZE_TEXT_BYTES]) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double size = strtod(bytes, NULL);
    size_t unit = 0;
    while (size >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        size /= 1024;
        unit++;
    }
    snprintf(to, SIZE_TEXT_BYTES, unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
    return to;
}

static double in_ms(const json_view *of, const char *key) {
    return strtod(json_view_text(of, key), NULL) / 1e3;
}

static void print_trouble(const json_view *of) {
    if (json_view_text(of, "trouble")[0] != '\0') {
        printf("    %s\n", json_view_text(of, "trouble"));
    }
}

/* Of an adapter in its own process, when that was replaced or is held less than it could be. */
static void print_isolation(const json_view *link) {
    json_view isolation = json_view_get(link, "isolation");
    const char *replaced = json_view_text(&isolation, "replaced");
    if (strcmp(json_view_text(&isolation, "mode"), "process") != 0) {
        return;
    }
    if (strstr(json_view_text(&isolation, "held"), "no Landlock") != NULL) {
        printf("    held by %s\n", json_view_text(&isolation, "held"));
    }
    if (strcmp(replaced, "0") != 0) {
        printf("    process replaced %s times, last %.19s: %s\n", replaced, json_view_text(&isolation, "replaced_at"),
               json_view_text(&isolation, "reason"));
    }
}

static void print_links(const json_view *status) {
    char size[SIZE_TEXT_BYTES];
    printf("%-16s %-10s %-11s %8s %11s %8s  %s\n", "link", "adapter", "state", "sessions", "heard", "refused",
           "last heard");
    json_view links = json_view_get(status, "links");
    for (size_t i = 0; i < json_view_count(&links); i++) {
        json_view link = json_view_at(&links, i);
        printf("%-16s %-10s %-11s %8s %11s %8s  %.19s\n", json_view_text(&link, "name"),
               json_view_text(&link, "adapter"), json_view_text(&link, "state"), json_view_text(&link, "sessions"),
               size_text(json_view_text(&link, "bytes_in"), size), json_view_text(&link, "refused"),
               json_view_text(&link, "last_heard"));
        print_trouble(&link);
        print_isolation(&link);
    }
}

/* Only those that are not heard: a ward has many that are. */
static void print_quiet_devices(const json_view *status) {
    json_view devices = json_view_get(status, "devices");
    for (size_t i = 0; i < json_view_count(&devices); i++) {
        json_view device = json_view_at(&devices, i);
        if (strcmp(json_view_text(&device, "state"), "live") != 0) {
            const char *heard = json_view_text(&device, "last_heard");
            printf("device %s on %s: %s, %s %.19s\n", json_view_text(&device, "key"), json_view_text(&device, "link"),
                   json_view_text(&device, "state"), heard[0] == '\0' ? "not heard since the start" : "last heard",
                   heard);
        }
    }
}

static void print_store(const json_view *status) {
    char size[SIZE_TEXT_BYTES];
    json_view store = json_view_get(status, "store");
    printf("\nstore: %s, %s reports in %s\n", json_view_text(&store, "state"), json_view_text(&store, "rows"),
           size_text(json_view_text(&store, "bytes"), size));
    print_trouble(&store);
    printf("since the start: %s messages, %s repeated, %s new under an old id, %s refused for want of room or disk\n"
           "in all: %s dropped before their hold was over, %s dead letters\n",
           json_view_text(&store, "messages"), json_view_text(&store, "duplicates"),
           json_view_text(&store, "same_id_other_bytes"), json_view_text(&store, "refused"),
           json_view_text(&store, "dropped"), json_view_text(&store, "dead_letters"));
}

/* Before a store whose disk was full at the start can be opened there are no links and sinks. */
static bool print_waiting(const json_view *status) {
    json_view store = json_view_get(status, "store");
    if (json_view_text(&store, "messages")[0] != '\0') {
        return false;
    }
    printf("store: %s; nothing is listened to before it has room\n", json_view_text(&store, "state"));
    print_trouble(&store);
    return true;
}

static void print_sinks(const json_view *status) {
    printf("\n%-16s %-8s %10s %10s %8s %8s\n", "sink", "is", "delivered", "behind", "retries", "dead");
    json_view sinks = json_view_get(status, "sinks");
    for (size_t i = 0; i < json_view_count(&sinks); i++) {
        json_view sink = json_view_at(&sinks, i);
        bool is_well = strcmp(json_view_text(&sink, "well"), "true") == 0;
        printf("%-16s %-8s %10s %10s %8s %8s\n", json_view_text(&sink, "name"), is_well ? "well" : "not well",
               json_view_text(&sink, "delivered_reports"), json_view_text(&sink, "behind_reports"),
               json_view_text(&sink, "retries"), json_view_text(&sink, "dead_letters"));
        print_trouble(&sink);
    }
    json_view latency = json_view_get(status, "latency_us");
    printf("\nfrom the last byte to the disk: p50 %.1f ms, p99 %.1f ms; to the sinks: p50 %.1f ms, p99 %.1f ms\n",
           in_ms(&latency, "committed_p50"), in_ms(&latency, "committed_p99"), in_ms(&latency, "published_p50"),
           in_ms(&latency, "published_p99"));
}

static void print_seen(const json_view *seen) {
    printf("%-10s %8s %-9s %-18s %-24s %s\n", "mapping", "count", "kind", "profile", "code", "text");
    for (size_t i = 0; i < json_view_count(seen); i++) {
        json_view row = json_view_at(seen, i);
        bool is_mismatch = strcmp(json_view_text(&row, "mismatch"), "true") == 0;
        printf("%-10s %8s %-9s %-18s %-24s %s%s\n", json_view_text(&row, "mapping"), json_view_text(&row, "count"),
               json_view_text(&row, "kind"), json_view_text(&row, "profile"), json_view_text(&row, "code"),
               json_view_text(&row, "text"), is_mismatch ? "  (code and name disagree)" : "");
    }
}

static int show(const buffer *answer, bool wants_json, bool wants_seen) {
    json_view view;
    if (!json_view_init(&view, buffer_bytes(answer))) {
        fprintf(stderr, "dragoman status: the answer is no JSON\n");
        return APP_EXIT_FAILED;
    }
    bool is_well = wants_seen || strcmp(json_view_text(&view, "well"), "true") == 0;
    if (wants_json) {
        fwrite(answer->data, 1, answer->size, stdout);
    } else if (wants_seen) {
        print_seen(&view);
    } else {
        printf("%s: %s\n\n", json_view_text(&view, "site"), is_well ? "all is well" : "something is wrong");
        if (!print_waiting(&view)) {
            print_links(&view);
            print_quiet_devices(&view);
            print_store(&view);
            print_sinks(&view);
        }
    }
    json_view_fini(&view);
    return is_well ? APP_EXIT_OK : APP_EXIT_FAILED;
}

static int run(int argc, char **argv) {
    const char *path = NULL;
    bool wants_json = false;
    bool wants_seen = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            wants_json = true;
        } else if (strcmp(argv[i], "--seen") == 0) {
            wants_seen = true;
        } else if (argv[i][0] == '-' || path != NULL) {
            return app_usage(&app_status, "\"%s\" is not understood", argv[i]);
        } else {
            path = argv[i];
        }
    }
    if (path == NULL) {
        return app_usage(&app_status, "one SITE.yaml is expected");
    }
    error_record error = {0};
    buffer answer;
    buffer_init(&answer);
    int outcome = APP_EXIT_FAILED;
    if (site_ask(path, wants_seen ? "seen" : "status", &answer, &error) == DRAGOMAN_OK) {
        outcome = show(&answer, wants_json, wants_seen);
    } else {
        fprintf(stderr, "dragoman status: %s\n", error.text);
    }
    buffer_fini(&answer);
    return outcome;
}

const app_command app_status = {"status", "how a running site is: links, store, sinks, codes seen", help, run};

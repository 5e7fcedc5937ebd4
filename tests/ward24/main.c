/*
 * A ward for a day: the house as it is, one simulated device of every kind, a clock that waits for work (clock.c), and
 * faults by chance. Prints a line for each hour, and at the end what was wrong.
 */
#include "app/log.h"
#include "app/site_checking.h"
#include "host/internal.h"
#include "link/session.h"
#include "ward24/watcher.h"

#include <dirent.h>
#include <dragoman/adapter.h>
#include <getopt.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define S_US INT64_C(1000000)
#define HOURS_MAX 1000
/* A look at memory each minute; what counts of an hour is the most. */
#define LOOKS 60
/* From here on memory must stay as it is. Before, the house fills the ring of messages by which it knows repetitions
 * (STORE_DUPLICATE_WINDOW), some four hours of this ward. */
#define WARM_HOURS 5
/* What the heap may grow all the same: tables grow with codes and keys that come seldom. */
#define GROWTH_KIB 256
/* A FHIR sink keeps what it rendered, up to FHIR_CACHE_BYTES: new patients and alarms add to it. */
#define FHIR_GROWTH_KIB_PER_HOUR 128
/* A link may be in the middle of a message when it is looked at. */
#define INSTANCE_GROWTH_BYTES 65536
/* The system gives memory in larger pieces. */
#define RESIDENT_GROWTH_KIB 2048

typedef struct hour {
    size_t heap_kib, resident_kib;
    uint32_t descriptors;
    size_t instances[BEDSIDE_KINDS]; /* bytes */
} hour;

typedef struct ward24 {
    int64_t minutes;
    uint64_t seed;
    bool has_no_fhir;
    char folder[PATH_MAX];
    house *house;
    watcher *watcher;
    bedside *devices[BEDSIDE_KINDS];
    uint16_t ports[BEDSIDE_KINDS];
    loop_timer *minute;
    int64_t begun_us;
    int64_t looks;
    hour now;
    hour warm;
    bool is_wrong;
} ward24;

static size_t resident_kib(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long all = 0;
    unsigned long resident = 0;
    if (file != NULL) {
        (void)!fscanf(file, "%lu %lu", &all, &resident);
        fclose(file);
    }
    return resident * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

static uint32_t count_descriptors(void) {
    uint32_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder != NULL && readdir(folder) != NULL) {
        count++;
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return count;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static void look(ward24 *self) {
    struct mallinfo2 heap = mallinfo2();
    hour *now = &self->now;
    now->heap_kib = larger(now->heap_kib, (heap.uordblks + heap.hblkhd) / 1024);
    now->resident_kib = larger(now->resident_kib, resident_kib());
    now->descriptors = (uint32_t)larger(now->descriptors, count_descriptors());
    for (uint32_t kind = 0; kind < BEDSIDE_KINDS; kind++) {
        const link_link *link = self->house->links[kind].link;
        for (const link_session *each = link->sessions; each != NULL; each = each->after) {
            size_t allocated = each->instance == NULL ? 0 : each->instance->allocated;
            now->instances[kind] = larger(now->instances[kind], allocated);
        }
    }
}

static void say_hour(const ward24 *self, int64_t number) {
    const watcher_figures *seen = watcher_seen(self->watcher);
    printf("ward24: hour %lld: heap %zu KiB, resident %zu KiB, %u descriptors, instances", (long long)number,
           self->now.heap_kib, self->now.resident_kib, self->now.descriptors);
    for (uint32_t kind = 0; kind < BEDSIDE_KINDS; kind++) {
        printf(" %zu", self->now.instances[kind]);
    }
    printf(" B; %llu reports, %llu values (%llu looked at), %llu stale, %llu gone, %llu back, %llu wrong\n",
           (unsigned long long)seen->reports, (unsigned long long)seen->values, (unsigned long long)seen->checked,
           (unsigned long long)seen->stale, (unsigned long long)seen->gone, (unsigned long long)seen->back,
           (unsigned long long)seen->wrong);
    fflush(stdout);
}

static void minute_rang(void *context) {
    ward24 *self = context;
    look(self);
    self->looks++;
    if (self->looks % LOOKS == 0) {
        int64_t number = self->looks / LOOKS;
        say_hour(self, number);
        self->warm = number == WARM_HOURS ? self->now : self->warm;
        self->now = self->looks < self->minutes ? (hour){0} : self->now;
    }
    if (self->looks >= self->minutes) {
        loop_stop(self->house->on);
        return;
    }
    loop_timer_set(self->minute, self->begun_us + (self->looks + 1) * 60 * S_US);
}

static void grew(ward24 *self, const char *what, size_t before, size_t after, size_t most) {
    if (after > before + most) {
        printf("ward24: %s grew from %zu in hour %d to %zu in the last\n", what, before, WARM_HOURS, after);
        self->is_wrong = true;
    }
}

static void judge(ward24 *self) {
    if (self->looks > WARM_HOURS * LOOKS) {
        size_t hours = (size_t)(self->looks / LOOKS - WARM_HOURS);
        size_t cache_kib = self->has_no_fhir ? 0 : hours * FHIR_GROWTH_KIB_PER_HOUR;
        grew(self, "the heap (KiB)", self->warm.heap_kib, self->now.heap_kib, GROWTH_KIB + cache_kib);
        grew(self, "resident memory (KiB)", self->warm.resident_kib, self->now.resident_kib,
             RESIDENT_GROWTH_KIB + cache_kib);
        grew(self, "the number of descriptors", self->warm.descriptors, self->now.descriptors, 4);
        for (uint32_t kind = 0; kind < BEDSIDE_KINDS; kind++) {
            grew(self, bedside_name(kind), self->warm.instances[kind], self->now.instances[kind],
                 INSTANCE_GROWTH_BYTES);
        }
    }
    for (uint32_t kind = 0; kind < BEDSIDE_KINDS; kind++) {
        bedside *device = self->devices[kind];
        printf(
            "ward24: %-12s %llu times unplugged, %llu broken, %llu rebooted, %llu clocks set, %llu faults of noise\n",
            bedside_name(kind), (unsigned long long)bedside_fault_count(device, BEDSIDE_UNPLUGGED),
            (unsigned long long)bedside_fault_count(device, BEDSIDE_BROKEN),
            (unsigned long long)bedside_fault_count(device, BEDSIDE_REBOOTED),
            (unsigned long long)bedside_fault_count(device, BEDSIDE_CLOCK_SET),
            (unsigned long long)bedside_noise_count(device));
    }
    self->is_wrong = self->is_wrong || watcher_seen(self->watcher)->wrong > 0;
}

static bool write_site(ward24 *self, char path[PATH_MAX], uint16_t reports_port, uint16_t fhir_port) {
    buffer text;
    buffer_init(&text);
    buffer_append_text(&text, "site: Ward for a day\ntime_zone: Europe/Berlin\n"
                              "store: { path: store.db, hold: 30m, max_size: 256MiB }\nlinks:\n");
    for (uint32_t kind = 0; kind < BEDSIDE_KINDS; kind++) {
        self->ports[kind] = bedside_free_port(kind);
        bedside_write_link(kind, self->ports[kind], self->folder, &text);
    }
    buffer_append_format(&text,
                         "publish:\n"
                         "  - { name: reports, to: \"tcp://127.0.0.1:%u\", format: protobuf }\n",
                         reports_port);
    if (!self->has_no_fhir) {
        buffer_append_format(&text, "  - { name: fhir, to: \"tcp://127.0.0.1:%u\", format: fhir }\n", fhir_port);
    }
    snprintf(path, PATH_MAX, "%s/site.yaml", self->folder);
    FILE *file = fopen(path, "w");
    bool is_written = file != NULL && fwrite(text.data, 1, text.size, file) == text.size && fclose(file) == 0;
    buffer_fini(&text);
    return is_written;
}

static bool open_devices(ward24 *self) {
    for (uint32_t kind = 0; kind < BEDSIDE_KINDS; kind++) {
        bedside_options options = {.kind = kind,
                                   .link_port = bedside_is_called(kind) ? link_port(self->house->links[kind].link) : 0,
                                   .folder = self->folder,
                                   .seed = self->seed * 1000 + kind};
        self->devices[kind] = bedside_create(self->house->on, &options, self->ports[kind]);
        if (self->devices[kind] == NULL) {
            fprintf(stderr, "ward24: %s cannot be simulated\n", bedside_name(kind));
            return false;
        }
    }
    watcher_begin(self->watcher, self->devices);
    return true;
}

static bool run_house(ward24 *self, uint16_t reports_port, uint16_t fhir_port) {
    error_record error = {0};
    self->watcher = watcher_create(self->house, reports_port, fhir_port);
    self->minute = loop_timer_create(self->house->on, minute_rang, self);
    if (self->watcher == NULL || self->minute == NULL || !open_devices(self)) {
        fprintf(stderr, "ward24: it cannot begin\n");
        return false;
    }
    self->begun_us = clock_now().monotonic_us;
    loop_timer_set(self->minute, self->begun_us + 60 * S_US);
    bool is_well = house_run(self->house, &error) == DRAGOMAN_OK;
    if (!is_well) {
        fprintf(stderr, "ward24: %s\n", error.text);
    }
    judge(self);
    return is_well;
}

static void end(ward24 *self) {
    for (uint32_t kind = 0; kind < BEDSIDE_KINDS; kind++) {
        bedside_destroy(self->devices[kind]);
    }
    watcher_destroy(self->watcher);
    loop_timer_destroy(self->minute);
}

static bool run_ward(ward24 *self) {
    char path[PATH_MAX];
    error_record error = {0};
    app_places places;
    site of;
    site_mistakes mistakes;
    uint16_t reports_port = bedside_free_port(0);
    uint16_t fhir_port = bedside_free_port(0);
    bool is_well = write_site(self, path, reports_port, fhir_port) && app_places_find(&places, &error) == DRAGOMAN_OK &&
                   site_check(path, &places, stderr, &of, &mistakes) == DRAGOMAN_OK;
    if (!is_well) {
        fprintf(stderr, "ward24: %s: %s\n", path, error.text);
        return false;
    }
    is_well = house_open(&of, &places, &self->house, &error) == DRAGOMAN_OK;
    if (is_well) {
        is_well = run_house(self, reports_port, fhir_port);
        end(self);
        house_close(self->house);
    } else {
        fprintf(stderr, "ward24: %s\n", error.text);
    }
    site_fini(&of);
    return is_well && !self->is_wrong;
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"minutes", required_argument, NULL, 'm'}, {"hours", required_argument, NULL, 'h'},
        {"without-fhir", no_argument, NULL, 'f'},  {"verbose", no_argument, NULL, 'v'},
        {"seed", required_argument, NULL, 's'},    {NULL, 0, NULL, 0}};
    static ward24 self = {.minutes = 24 * LOOKS, .seed = 1};
    bool is_verbose = false;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        int64_t number = optarg == NULL ? 0 : strtoll(optarg, NULL, 10);
        self.minutes = option == 'm' ? number : option == 'h' ? number * LOOKS : self.minutes;
        self.has_no_fhir = self.has_no_fhir || option == 'f';
        is_verbose = is_verbose || option == 'v';
        self.seed = option == 's' ? (uint64_t)number : self.seed;
        if (option == '?' || number < 0 || self.minutes < 1 || self.minutes > HOURS_MAX * LOOKS) {
            optind = 0;
            break;
        }
    }
    if (optind != argc - 1 || realpath(argv[argc - 1], self.folder) == NULL) {
        fprintf(stderr, "usage: ward24 [--hours N | --minutes N] [--seed N] [--without-fhir] [--verbose] FOLDER\n");
        return 2;
    }
    log_set_level(is_verbose ? DRAGOMAN_LOG_DEBUG : DRAGOMAN_LOG_ERROR);
    bool is_well = run_ward(&self);
    printf("%d passed, %d failed\n", is_well ? 1 : 0, is_well ? 0 : 1);
    return is_well ? EXIT_SUCCESS : EXIT_FAILURE;
}

/*
 * How fast the store commits, beside what this disk can do at all.
 *
 *     store [--seconds N] [--bytes N] [--folder F] [--submitters N]
 *
 * Prints for 1, 8 and 50 submitters (or the one number that is asked for), each waiting for its own message to settle
 * before it hands over the next: messages a second and how long the median, the 99th of 100 and the slowest waited.
 * Beside it the floor: a plain loop that appends the same bytes to a file and calls fdatasync, one message a sync and
 * fifty messages a sync.
 */
#include "store/store.h"
#include "loop/clock.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUBMITTERS_MAX = 50, WAITS_MAX = 4000000 };

typedef struct settings {
    const char *folder;
    int64_t seconds;
    size_t bytes;
    int submitters;
} settings;

typedef struct submitter {
    store_message message; /* first: settle gets a pointer to it */
    store_report report;
    store *store;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t settled;
    bool is_settled;
    int64_t until_us;
    char device[32];
    uint32_t *waits_us;
    size_t wait_count, wait_room;
    uint64_t digest;
} submitter;

static int64_t monotonic(void *context) {
    (void)context;
    return clock_now().monotonic_us;
}

static int64_t wall(void *context) {
    (void)context;
    return clock_now().wall_us;
}

static void settle(store_message *message, dragoman_settlement settlement, dragoman_status status, const char *reason) {
    submitter *self = (submitter *)(void *)message;
    if (settlement != DRAGOMAN_DURABLE) {
        fprintf(stderr, "not kept (%d): %s\n", (int)status, reason == NULL ? "duplicate" : reason);
        exit(1);
    }
    pthread_mutex_lock(&self->lock);
    self->is_settled = true;
    pthread_cond_signal(&self->settled);
    pthread_mutex_unlock(&self->lock);
}

static void *submit(void *context) {
    submitter *self = context;
    for (int64_t begun_us = monotonic(NULL); begun_us < self->until_us && self->wait_count < self->wait_room;) {
        char id[32];
        int length = snprintf(id, sizeof id, "%llu", (unsigned long long)self->wait_count);
        self->message.id = (dragoman_bytes){(const uint8_t *)id, (size_t)length};
        self->message.digest = ++self->digest;
        self->message.received_at_us = wall(NULL);
        self->report.ticket.stated_at_us = self->message.received_at_us;
        self->is_settled = false;
        if (store_submit(self->store, &self->message) != DRAGOMAN_OK) {
            fprintf(stderr, "the store takes nothing\n");
            exit(1);
        }
        pthread_mutex_lock(&self->lock);
        while (!self->is_settled) {
            pthread_cond_wait(&self->settled, &self->lock);
        }
        pthread_mutex_unlock(&self->lock);
        int64_t ended_us = monotonic(NULL);
        self->waits_us[self->wait_count++] = (uint32_t)(ended_us - begun_us);
        begun_us = ended_us;
    }
    return NULL;
}

static void begin_submitter(submitter *self, store *target, const settings *wanted, int index, uint8_t *payload) {
    int length = snprintf(self->device, sizeof self->device, "bed%d", index);
    self->report = (store_report){.bytes = {payload, wanted->bytes}, .observation_count = 20};
    self->report.ticket.device_key = (dragoman_bytes){(const uint8_t *)self->device, (size_t)length};
    self->message = (store_message){.link = DRAGOMAN_TEXT("monitors"),
                                    .adapter = DRAGOMAN_TEXT("hl7v2"),
                                    .adapter_version = DRAGOMAN_TEXT("1.0"),
                                    .sender = self->report.ticket.device_key,
                                    .reports = &self->report,
                                    .report_count = 1,
                                    .settle = settle};
    self->store = target;
    self->wait_room = WAITS_MAX / SUBMITTERS_MAX;
    self->waits_us = calloc(self->wait_room, sizeof *self->waits_us);
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->settled, NULL);
}

static int compare(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

static void report(const char *what, uint32_t *waits_us, size_t count, double seconds) {
    size_t median = count / 2;
    size_t late = count * 99 / 100;
    qsort(waits_us, count, sizeof *waits_us, compare);
    printf("%-34s %8.0f messages/s   p50 %6.2f ms   p99 %6.2f ms   slowest %6.2f ms\n", what, (double)count / seconds,
           waits_us[median] / 1000.0, waits_us[late] / 1000.0, waits_us[count - 1] / 1000.0);
}

static store *open_store(const settings *wanted, char *path, size_t room) {
    snprintf(path, room, "%s/bench.db", wanted->folder);
    store_options options = {.path = path, .wall_us = wall, .monotonic_us = monotonic};
    store *opened = NULL;
    error_record error = {0};
    if (store_open(&options, &opened, &error) != DRAGOMAN_OK) {
        fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
    return opened;
}

static void remove_store(const char *path) {
    static const char *const endings[] = {"", "-wal", "-shm", "-lock"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char name[4200];
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        unlink(name);
    }
}

static void run_store(const settings *wanted, int submitters, uint8_t *payload) {
    char path[4096];
    char what[64];
    store *target = open_store(wanted, path, sizeof path);
    submitter *all = calloc((size_t)submitters, sizeof *all);
    int64_t begun_us = monotonic(NULL);
    for (int i = 0; i < submitters; i++) {
        begin_submitter(&all[i], target, wanted, i, payload);
        all[i].until_us = begun_us + wanted->seconds * 1000000;
        pthread_create(&all[i].thread, NULL, submit, &all[i]);
    }
    size_t count = 0;
    for (int i = 0; i < submitters; i++) {
        pthread_join(all[i].thread, NULL);
        count += all[i].wait_count;
    }
    double seconds = (double)(monotonic(NULL) - begun_us) / 1e6;
    uint32_t *waits_us = calloc(count + 1, sizeof *waits_us);
    size_t at = 0;
    for (int i = 0; i < submitters; i++) {
        memcpy(waits_us + at, all[i].waits_us, all[i].wait_count * sizeof *waits_us);
        at += all[i].wait_count;
        free(all[i].waits_us);
    }
    snprintf(what, sizeof what, "store, %d submitter%s", submitters, submitters == 1 ? "" : "s");
    report(what, waits_us, count, seconds);
    free(waits_us);
    free(all);
    store_close(target);
    remove_store(path);
}

static void run_floor(const settings *wanted, size_t messages_a_sync, const uint8_t *payload) {
    char path[4096];
    char what[64];
    snprintf(path, sizeof path, "%s/bench.floor", wanted->folder);
    int file = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    uint32_t *waits_us = calloc(WAITS_MAX, sizeof *waits_us);
    int64_t begun_us = monotonic(NULL);
    int64_t last_us = begun_us;
    size_t syncs = 0;
    while (file >= 0 && last_us < begun_us + wanted->seconds * 1000000 && syncs < WAITS_MAX) {
        for (size_t i = 0; i < messages_a_sync; i++) {
            if (write(file, payload, wanted->bytes) != (ssize_t)wanted->bytes) {
                perror(path);
                exit(1);
            }
        }
        if (fdatasync(file) != 0) {
            perror(path);
            exit(1);
        }
        int64_t now_us = monotonic(NULL);
        waits_us[syncs++] = (uint32_t)(now_us - last_us);
        last_us = now_us;
    }
    snprintf(what, sizeof what, "floor: append, fdatasync every %zu", messages_a_sync);
    report(what, waits_us, syncs, (double)(last_us - begun_us) / 1e6 / (double)messages_a_sync);
    close(file);
    unlink(path);
    free(waits_us);
}

int main(int count, char **words) {
    settings wanted = {.folder = ".", .seconds = 3, .bytes = 3000};
    for (int i = 1; i + 1 < count; i += 2) {
        long long value = strtoll(words[i + 1], NULL, 10);
        if (strcmp(words[i], "--seconds") == 0) {
            wanted.seconds = value;
        } else if (strcmp(words[i], "--bytes") == 0) {
            wanted.bytes = (size_t)value;
        } else if (strcmp(words[i], "--folder") == 0) {
            wanted.folder = words[i + 1];
        } else if (strcmp(words[i], "--submitters") == 0 && value <= SUBMITTERS_MAX) {
            wanted.submitters = (int)value;
        } else {
            fprintf(stderr, "store: cannot do %s; --seconds N, --bytes N, --folder F, --submitters N (up to 50)\n",
                    words[i]);
            return 2;
        }
    }
    uint8_t *payload = malloc(wanted.bytes + 1);
    for (size_t i = 0; i < wanted.bytes; i++) {
        payload[i] = (uint8_t)(i * 7);
    }
    run_floor(&wanted, 1, payload);
    run_floor(&wanted, 50, payload);
    static const int usual[] = {1, 8, 50};
    for (size_t i = 0; wanted.submitters == 0 && i < sizeof usual / sizeof *usual; i++) {
        run_store(&wanted, usual[i], payload);
    }
    if (wanted.submitters > 0) {
        run_store(&wanted, wanted.submitters, payload);
    }
    free(payload);
    return 0;
}

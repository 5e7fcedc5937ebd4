/*
 * What this disk can do at all for messages that are acknowledged one by one: append, fdatasync, acknowledge over a
 * socket pair.
 *
 *     disk_floor [--folder F] [--bytes N] [--senders N] [--seconds N]
 *
 * As many messages as there are senders share one sync. Prints one line of JSON: messages a second, and how long one
 * sync took.
 */
#include "base/histogram.h"
#include "loop/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct settings {
    const char *folder;
    size_t bytes;
    long senders;
    long seconds;
} settings;

static int run(const settings *wanted) {
    char path[4096];
    snprintf(path, sizeof(path), "%s/disk_floor.tmp", wanted->folder);
    int file = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    int pair[2];
    char *message = calloc(1, wanted->bytes);
    if (file < 0 || message == NULL || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
        fprintf(stderr, "disk_floor: %s cannot be written\n", path);
        return 1;
    }
    unlink(path);
    histogram syncs = {.total = 0};
    uint64_t acknowledged = 0;
    int64_t start_us = clock_now().monotonic_us;
    int64_t now_us = start_us;
    while (now_us - start_us < wanted->seconds * 1000000) {
        char answer;
        for (long i = 0; i < wanted->senders; i++) {
            if (write(file, message, wanted->bytes) != (ssize_t)wanted->bytes) {
                return 1;
            }
        }
        if (fdatasync(file) != 0) {
            return 1;
        }
        for (long i = 0; i < wanted->senders; i++) {
            if (write(pair[0], "A", 1) != 1 || read(pair[1], &answer, 1) != 1) {
                return 1;
            }
            acknowledged++;
        }
        int64_t then_us = now_us;
        now_us = clock_now().monotonic_us;
        histogram_add(&syncs, now_us - then_us);
    }
    printf("{\"messages_per_second\": %.0f, \"p50_us\": %lld, \"p99_us\": %lld}\n",
           (double)acknowledged * 1e6 / (double)(now_us - start_us), (long long)histogram_percentile(&syncs, 50),
           (long long)histogram_percentile(&syncs, 99));
    close(file);
    free(message);
    return 0;
}

int main(int argc, char **argv) {
    settings wanted = {.folder = ".", .bytes = 3000, .senders = 1, .seconds = 3};
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--folder") == 0) {
            wanted.folder = argv[i + 1];
        } else if (strcmp(argv[i], "--bytes") == 0) {
            wanted.bytes = (size_t)strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--senders") == 0) {
            wanted.senders = strtol(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--seconds") == 0) {
            wanted.seconds = strtol(argv[i + 1], NULL, 10);
        }
    }
    return run(&wanted);
}

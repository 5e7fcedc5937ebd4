#include "app/log.h"

#include "base/bytes.h"
#include "base/time.h"
#include "loop/clock.h"
#include <dragoman/adapter.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic uint32_t highest_level = DRAGOMAN_LOG_INFO;

static const char *const names[] = {"", "error", "warning", "info", "debug"};
static const char *const colours[] = {"", "\033[31m", "\033[33m", "", "\033[2m"};

/* Whether this second has room for another line; says afterwards how many had none. */
static bool may_write(int64_t monotonic_us) {
    static int64_t second = -1;
    static uint32_t lines;
    static uint32_t dropped;
    if (monotonic_us / 1000000 != second) {
        if (dropped > 0) {
            fprintf(stderr, "warning: %u more lines in one second were left out\n", dropped);
        }
        second = monotonic_us / 1000000;
        lines = 0;
        dropped = 0;
    }
    if (lines < LOG_LINES_PER_SECOND) {
        lines++;
        return true;
    }
    dropped++;
    return false;
}

void log_set_level(uint32_t level) {
    atomic_store_explicit(&highest_level, level, memory_order_relaxed);
}

void log_write(uint32_t level, dragoman_bytes about, dragoman_bytes text, dragoman_bytes private_text) {
    if (level == 0 || level > DRAGOMAN_LOG_DEBUG ||
        level > atomic_load_explicit(&highest_level, memory_order_relaxed)) {
        return;
    }
    dragoman_now now = clock_now();
    char when[TIME_TEXT_BYTES];
    size_t size = time_write_utc(now.wall_us, 3, when);
    pthread_mutex_lock(&lock);
    if (may_write(now.monotonic_us)) {
        bool is_terminal = isatty(STDERR_FILENO);
        fprintf(stderr, "%.*s %s%s%s", (int)size, when, is_terminal ? colours[level] : "", names[level],
                is_terminal && colours[level][0] != '\0' ? "\033[0m" : "");
        if (about.size > 0) {
            fprintf(stderr, " %.*s", BYTES_FORMAT(about));
        }
        fprintf(stderr, ": %.*s", BYTES_FORMAT(text));
        if (private_text.size > 0) {
            fprintf(stderr, " [%.*s]", BYTES_FORMAT(private_text));
        }
        fputc('\n', stderr);
    }
    pthread_mutex_unlock(&lock);
}

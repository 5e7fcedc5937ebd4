#include "loop/clock.h"

#include <sys/timex.h>
#include <time.h>

static int64_t read_us(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* adjtimex is a real system call, so its answer is kept for a second. */
static uint8_t wall_quality(int64_t monotonic_us) {
    static _Thread_local int64_t asked_at_us = INT64_MIN;
    static _Thread_local uint8_t quality = DRAGOMAN_CLOCK_UNKNOWN;
    if (asked_at_us == INT64_MIN || monotonic_us - asked_at_us >= 1000000) {
        struct timex state = {.modes = 0};
        int answer = adjtimex(&state);
        asked_at_us = monotonic_us;
        quality = answer < 0             ? DRAGOMAN_CLOCK_UNKNOWN
                  : answer == TIME_ERROR ? DRAGOMAN_CLOCK_UNSYNCHRONISED
                                         : DRAGOMAN_CLOCK_SYNCHRONISED;
    }
    return quality;
}

dragoman_now clock_now(void) {
    int64_t monotonic_us = read_us(CLOCK_MONOTONIC);
    return (dragoman_now){
        .monotonic_us = monotonic_us, .wall_us = read_us(CLOCK_REALTIME), .wall_quality = wall_quality(monotonic_us)};
}

int64_t clock_spent_ns(void) {
    struct timespec spent;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return (int64_t)spent.tv_sec * 1000000000 + spent.tv_nsec;
}

int64_t clock_monotonic_us(void) {
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_of_process_us(int pid) {
    clockid_t clock;
    return pid > 0 && clock_getcpuclockid(pid, &clock) == 0 ? read_us(clock) : 0;
}

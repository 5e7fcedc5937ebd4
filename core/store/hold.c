#include "store/hold.h"

#include "store/room.h"

/* The log, and what is written between two checkpoints. */
static const uint64_t overhead_bytes = UINT64_C(16) << 20;
static const uint64_t hour_us = UINT64_C(3600000000);

static uint64_t multiply(uint64_t a, uint64_t b) {
    uint64_t product = 0;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t add(uint64_t a, uint64_t b) {
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t available(const store_hold_plan *plan) {
    uint64_t disk = plan->disk_bytes == 0                ? UINT64_MAX
                    : plan->disk_bytes <= overhead_bytes ? 0
                                                         : plan->disk_bytes - overhead_bytes;
    uint64_t limit = plan->max_bytes == 0 ? UINT64_MAX : plan->max_bytes;
    return limit < disk ? limit : disk;
}

store_hold_answer store_hold_compute(const store_hold_plan *plan) {
    store_hold_answer answer = {.hours = UINT64_MAX, .fits = true};
    uint64_t hourly = multiply(plan->messages_per_hour, store_room_cost(plan->bytes_per_message));
    uint64_t space = available(plan);
    if (hourly == 0) {
        return answer;
    }
    uint64_t asked_hours = plan->hold_us / hour_us + (plan->hold_us % hour_us != 0 ? 1 : 0);
    uint64_t held = multiply(hourly, asked_hours);
    /* held is 15 of 16 parts: what it needs is 16/15 of it. */
    answer.needed_bytes = add(held, held / (STORE_RESERVE_SHARE - 1));
    if (space != UINT64_MAX) {
        answer.hours = (space - space / STORE_RESERVE_SHARE) / hourly;
        answer.fits = answer.hours >= asked_hours;
    }
    return answer;
}

/* Work and memory in proportion to the input: a ratio, so that it says the same on every machine. */
#include "host/contract_measure.h"

#include "host/contract_bench.h"
#include "loop/clock.h"
#include <stdio.h>
#include <stdlib.h>

/* The longer input is so many times the sample. */
#define TIMES 10u
/* Bytes that one read gives, as a serial line does. */
#define READ_BYTES 256u
/* The shortest of so many runs counts: the others were disturbed. */
#define ROUNDS 5u
/* A run is repeated until it takes so long: below that the clock says nothing. */
#define RUN_NS 2000000
/* Runs of one measurement at most. */
#define RUNS_MOST 4096u
/* Ten times the input may cost so many times the work a byte, in hundredths. Caches and the like stay below two; work
 * that grows with what came before is at ten. */
#define TIME_BOUND 400
#define MEMORY_BOUND 200
/* Stages in which memory may not grow each time. */
#define STAGES 5u

static void feed(subject *one, dragoman_bytes all) {
    for (size_t at = 0; at < all.size && !one->is_over; at += READ_BYTES) {
        size_t size = all.size - at < READ_BYTES ? all.size - at : READ_BYTES;
        subject_feed(one, (dragoman_bytes){all.data + at, size}, false);
    }
}

static contract_cost run_sample(void *context, uint32_t times) {
    bench *on = context;
    contract_cost found = {0};
    subject one;
    uint64_t before = on->watch.allocations;
    int64_t start_ns = clock_spent_ns();
    if (subject_init(&one, on)) {
        for (uint32_t i = 0; i < times; i++) {
            feed(&one, on->sample->bytes);
        }
    }
    found.is_over = one.is_over;
    subject_fini(&one);
    found.time_ns = clock_spent_ns() - start_ns;
    found.allocations = on->watch.allocations - before;
    return found;
}

static contract_cost measure(contract_run_times run, void *of, uint32_t times) {
    contract_cost best = run(of, times);
    uint32_t runs = 1;
    while (runs < RUNS_MOST && best.time_ns * runs < RUN_NS) {
        runs *= 2;
    }
    for (uint32_t round = 0; round < ROUNDS; round++) {
        int64_t total_ns = 0;
        for (uint32_t i = 0; i < runs; i++) {
            total_ns += run(of, times).time_ns;
        }
        best.time_ns = total_ns / runs < best.time_ns ? total_ns / runs : best.time_ns;
    }
    return best;
}

/* Hundredths of what a byte cost in the short input. */
static int64_t growth(uint64_t short_cost, uint64_t long_cost) {
    return short_cost == 0 ? 100 : (int64_t)(long_cost * 100 / (short_cost * TIMES));
}

static void say_cost(char *to, size_t room, size_t bytes, contract_cost first, int64_t time, int64_t memory) {
    uint64_t tenths_ns = (uint64_t)first.time_ns * 10 / bytes;
    uint64_t hundredths = first.allocations * 100 / bytes;
    snprintf(to, room,
             "%llu.%llu ns and %llu.%02llu pieces of memory a byte; with ten times the input %lld.%02lld and "
             "%lld.%02lld times as much a byte, of %d and %d that are allowed",
             (unsigned long long)(tenths_ns / 10), (unsigned long long)(tenths_ns % 10),
             (unsigned long long)(hundredths / 100), (unsigned long long)(hundredths % 100), (long long)(time / 100),
             (long long)(time % 100), (long long)(memory / 100), (long long)(memory % 100), TIME_BOUND / 100,
             MEMORY_BOUND / 100);
}

bool contract_measure_growth(contract_run_times run, void *of, size_t bytes, contract_tell tell, void *context) {
    static const char clause[] = "time and memory in proportion to the input";
    char text[256];
    char detail[448];
    contract_cost one = measure(run, of, 1);
    contract_cost ten = measure(run, of, TIMES);
    if (ten.is_over) {
        tell(context, clause, true, "not measured: its session ends before the sample came ten times");
        return true;
    }
    int64_t time = growth((uint64_t)one.time_ns, (uint64_t)ten.time_ns);
    int64_t memory = growth(one.allocations, ten.allocations);
    say_cost(text, sizeof(text), bytes, one, time, memory);
    bool is_kept = time <= TIME_BOUND && memory <= MEMORY_BOUND;
    snprintf(detail, sizeof(detail), "%s%s", text,
             is_kept             ? ""
             : time > TIME_BOUND ? ": the work for a byte grows with what came before, look for what is walked anew "
                                   "for each message"
                                 : ": memory is taken for what came before, again for each message");
    tell(context, clause, is_kept, detail);
    return is_kept;
}

/* What one instance holds after each stage. One that fills a store up to a limit may grow for a while. */
static bool check_leak(bench *on, contract_tell tell, void *context) {
    static const char clause[] = "memory that it takes comes back";
    char detail[256];
    subject one;
    uint32_t grown = 0;
    size_t before = on->watch.live_bytes;
    size_t last = 0;
    size_t more = 0;
    if (subject_init(&one, on)) {
        for (uint32_t stage = 0; stage < STAGES; stage++) {
            for (uint32_t i = 0; i < TIMES; i++) {
                feed(&one, on->sample->bytes);
            }
            size_t now = on->watch.live_bytes - before;
            more = now > last ? now - last : 0;
            grown += more > 0 ? 1 : 0;
            last = now;
        }
    }
    bool is_kept = grown < STAGES;
    snprintf(
        detail, sizeof(detail),
        "it takes %zu bytes more with each %zu bytes of input and never gives them back: release them, or give them "
        "a limit",
        more, on->sample->bytes.size * TIMES);
    subject_fini(&one);
    tell(context, clause, is_kept, is_kept ? "" : detail);
    return is_kept;
}

uint32_t contract_measure(const host_adapter *adapter, const contract_sample *sample, contract_tell tell,
                          void *context) {
    bench on;
    if (sample->bytes.size == 0) {
        return 0;
    }
    if (!bench_init(&on, adapter, sample)) {
        tell(context, "memory", false, "there is none");
        return 1;
    }
    on.watch.is_plain = true;
    uint32_t broken = contract_measure_growth(run_sample, &on, sample->bytes.size, tell, context) ? 0 : 1;
    broken += check_leak(&on, tell, context) ? 0 : 1;
    bench_fini(&on);
    return broken;
}

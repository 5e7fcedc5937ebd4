/*
 * The bench of the contract suite for samples: instances under test, what they say, and the clock that only the suite
 * moves. What the suite's files share and nobody else sees.
 */
#ifndef HOST_CONTRACT_BENCH_H
#define HOST_CONTRACT_BENCH_H

#include "host/border.h"
#include "host/contract.h"
#include "host/instance.h"

/* What one instance did with its input: reports, state and dead letters in their order, and actions in theirs. How the
 * two interleave, and how many answers are sent at once, depends on how the input came. */
typedef struct transcript {
    buffer text;
    buffer actions;
    uint32_t messages;
    const char *fault; /* the first thing that it must never do, or NULL */
} transcript;

/* Subjects that live at the same time. */
#define SUBJECTS_MOST 2

typedef struct bench {
    const host_adapter *adapter; /* the watched one */
    border_watch watch;
    host_adapter watched;
    uint64_t refused_before; /* reports, at the last look */
    char refusal[256];       /* why the last report was refused */
    char fault[384];         /* a fault that names it */
    /* What subjects had committed, each at its place: key and value with their sizes, one behind the other. */
    buffer states[SUBJECTS_MOST];
    bool is_taken[SUBJECTS_MOST];
    uint32_t called; /* the place of who is being called */
    const contract_sample *sample;
    host_environment *environment;
    dragoman_now now;
    dragoman_settlement settlement; /* of every message */
} bench;

/* An instance under test with its transcript. */
typedef struct subject {
    bench *on;
    uint32_t place; /* of its state */
    host_instance *instance;
    host_stream stream;
    transcript said;
    bool is_over;
} subject;

/* Makes the bench and its environment; false: there is no memory. An adapter that runs elsewhere is not watched. */
bool bench_init(bench *self, const host_adapter *adapter, const contract_sample *sample);
/* Frees it; its subjects must have ended. */
void bench_fini(bench *self);

/* Makes an instance and opens its channel. False: init fails, and its transcript says so. Ended with subject_fini in
 * any case. */
bool subject_init(subject *self, bench *on);
/* Ends it: its channel closes, unless its session was over. */
void subject_fini(subject *self);
/* Gives it bytes; `is_end`: nothing follows. */
void subject_feed(subject *self, dragoman_bytes bytes, bool is_end);
/* Looks at what must hold after every call, which answered `status`, and takes its actions. */
void subject_look(subject *self, dragoman_status status);

#endif

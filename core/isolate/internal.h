/*
 * What the files of the house's side share.
 */
#ifndef ISOLATE_INTERNAL_H
#define ISOLATE_INTERNAL_H

#include "isolate/codec.h"
#include "isolate/isolate.h"
#include "isolate/process.h"

/* Instances of one process: a link's connections at most, of some links. */
#define ISOLATE_INSTANCES_MAX 262144u
/* Inputs that are remembered as having ended processes. */
#define ISOLATE_POISONS 64u
/* Inputs under suspicion: all that were out when a process ended. */
#define ISOLATE_SUSPECTS 1024u
/* An input that ended two processes is not given to a third for so long. What is common (a poll's answer) may have been
 * there by chance. */
#define ISOLATE_POISON_US 600000000
/* How often a process that owes an answer is looked at. */
#define ISOLATE_WATCH_US 200000
/* After a process ended, its successor gets one thing at a time for so long: then it is known what ends it. */
#define ISOLATE_CAREFUL_US 10000000

/* What an instance may say: so much at once, so much for each byte that it was given, and so much in a second. Beyond,
 * it floods. */
typedef struct isolate_allowance {
    uint64_t most;
    uint64_t per_second;
    uint64_t bytes_each; /* one more for so many bytes; 0: none */
} isolate_allowance;

typedef struct isolate_budget {
    uint64_t left;
    int64_t filled_us;
    uint64_t bytes; /* not counted yet */
} isolate_budget;

typedef enum isolate_saying {
    ISOLATE_SAYS_MESSAGES,
    ISOLATE_SAYS_ACTIONS,
    ISOLATE_SAYS_LINES,
    ISOLATE_SAYINGS,
} isolate_saying;

/* An instance as we know it: what its adapter's descriptor gets as such. */
typedef struct isolate_far {
    isolate_child *child;
    host_instance *instance;
    dragoman_bytes link;
    uint32_t number;
    bool is_lost;
    bool is_touched; /* in the list of those to be told */
    struct isolate_far *touched;
    bool *is_freed; /* whom to tell of its end, or NULL */
    int64_t deadline_us;
    buffer actions; /* frames' bodies behind their sizes */
    size_t action_at;
    isolate_budget budgets[ISOLATE_SAYINGS];
    dragoman_status status; /* of the last answer */
    dragoman_progress progress;
} isolate_far;

/* Something that was given and is not answered. */
typedef struct isolate_given {
    uint32_t number; /* the instance's; 0: the adapter itself was asked */
    uint32_t kind;   /* wire_kind */
    dragoman_now now;
    size_t size; /* bytes of a device */
    uint64_t at; /* of its frame, in all that was ever put into `out` */
    uint64_t end;
} isolate_given;

/* What a device said, by its bytes. */
typedef struct isolate_input {
    uint64_t hash;
    size_t size; /* 0: none */
} isolate_input;

typedef struct isolate_poison {
    isolate_input input;
    int64_t until_us;
} isolate_poison;

typedef enum isolate_stage {
    ISOLATE_DOWN,     /* waits for its time to start, or for ever */
    ISOLATE_STARTING, /* it has not said hello */
    ISOLATE_UP,
    ISOLATE_DYING, /* ended by us, and not gone yet */
} isolate_stage;

typedef enum isolate_pipe {
    ISOLATE_PIPE_ENDED, /* or nothing of it is taken any more */
    ISOLATE_PIPE_EMPTY,
    ISOLATE_PIPE_MORE,
} isolate_pipe;

struct isolate_child {
    isolate_options options;
    host_far far;
    char path[512];
    dragoman_adapter_descriptor descriptor;
    arena memory;     /* the descriptor's */
    uint64_t printed; /* hash of the descriptor: the next process must say the same */
    bool can_recognise, can_check;

    isolate_stage stage;
    process at;
    loop_watch *pipe_watch, *end_watch;
    loop_timer *flush_timer, *watch_timer, *start_timer;
    buffer in, out, replies;
    uint64_t out_base; /* where `out` begins in all that was ever put into it */
    uint64_t sent;     /* likewise, up to where it went */
    isolate_given *given;
    uint32_t given_first, given_count, given_room;
    int64_t head_us;     /* since when the oldest given is out */
    int64_t cpu_us;      /* processor time at that time, or a little later */
    bool is_cpu_old;     /* the oldest is another than when it was taken */
    isolate_far **items; /* by number */
    uint32_t item_room, next_number;
    isolate_far *touched;
    arena report; /* one decoded report */

    char held[64];
    char reason[ERROR_TEXT_BYTES];
    uint64_t ended, dead;
    int64_t ended_us;
    uint32_t failures; /* in a row */
    int64_t up_us;
    int64_t careful_until_us;
    isolate_poison poisons[ISOLATE_POISONS];
    uint32_t poison_next;
    isolate_input suspects[ISOLATE_SUSPECTS];
    uint32_t suspect_count;
    bool is_closing;
    bool is_pipe_over;  /* it has hung up */
    bool is_distrusted; /* it said what it may not: the rest is not read */

    /* While the adapter itself is asked. */
    dragoman_mistake_teller tell;
    void *teller;
    dragoman_status likeness;
};

/* Puts a call into the queue: begin, append to `out`, end. Returns where it begins. */
size_t isolate_give_begin(isolate_child *self, wire_kind kind, uint32_t number);
/* The frame is sent soon. False: no memory, and the process is ended. */
bool isolate_give_end(isolate_child *self, size_t began, wire_kind kind, uint32_t number, const dragoman_now *now,
                      size_t size);
/* The oldest given thing, or NULL. */
isolate_given *isolate_head(isolate_child *self);
/* Takes it away. */
void isolate_pop(isolate_child *self);
/* Puts a reply, which overtakes what was not sent yet. */
void isolate_reply(isolate_child *self, dragoman_status status, dragoman_bytes value);
/* Sends what can be sent now. */
void isolate_flush(isolate_child *self);
/* Reads some turns of what there is and takes it. */
isolate_pipe isolate_read(isolate_child *self);
/* Forgets all that was given. */
void isolate_forget_given(isolate_child *self);

/* Takes a frame from the process. False: it may not say that, and has been ended. */
bool isolate_take(isolate_child *self, const wire_frame *frame);
/* The descriptor's slots, and those of host_far. */
void isolate_far_init(isolate_child *self);
/* An instance is to be told. */
void isolate_touch(isolate_far *one);
/* Takes it out of the table and frees it. */
void isolate_far_free(isolate_far *one);
/* It was given bytes, for which it may say more. */
void isolate_allow_for(isolate_far *one, size_t size);

/* host_far.close. */
void isolate_close(void *context);

/* Ends the process for what it said: nothing of it is taken any more. */
void isolate_distrust(isolate_child *self, const char *sentence);
/* Ends the process, for a reason. */
void isolate_end(isolate_child *self, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Waits until nothing is unanswered, or the time has come. */
void isolate_wait(isolate_child *self, int64_t until_us);

/* How much at the beginning of an event's bytes ended two processes lately; 0: nothing. */
size_t isolate_is_poison(const isolate_child *self, dragoman_bytes link, const dragoman_event *event,
                         int64_t monotonic_us);
/* A process has ended: sets aside what ended two, and remembers what may have ended this one. Before what was given is
 * forgotten. */
void isolate_suspect(isolate_child *self, const dragoman_now *now);

#endif

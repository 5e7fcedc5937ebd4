/*
 * One sink's thread: takes rows from the live feed or the store, renders them, has the sink carry them, and keeps count
 * of how far it came. Private to the publisher.
 *
 * Streams (a file) get rows in order, many joined to one item. Other sinks get one item a row, each device in order and
 * several devices at once. What cannot be delivered now waits and comes again; what never can becomes a dead letter;
 * neither holds up the rest.
 */
#ifndef PUBLISH_RUNNER_H
#define PUBLISH_RUNNER_H

#include "base/histogram.h"
#include "loop/clock.h"
#include "publish/module.h"
#include "publish/publish.h"
#include "publish/thin.h"
#include "publish/window.h"

/* The back-off after a failure doubles from the first to the last, and half of it is left to chance. */
#define RUNNER_FIRST_RETRY_US 250000
#define RUNNER_LAST_RETRY_US 60000000
/* A receiver that can never be served is asked again so seldom: it may have been mended. */
#define RUNNER_HOPELESS_RETRY_US 600000000
/* A receiver may not make us wait longer than this with Retry-After. */
#define RUNNER_LONGEST_WAIT_US 3600000000
/* A row that failed so often while others went through is at fault itself: five minutes with the back-off above. */
#define RUNNER_FAILURES_MAX 12
/* Positions ride in the next commit at most this often; at a pause a commit is made for them. */
#define RUNNER_POSITION_US 100000
#define RUNNER_PAUSE_US 1000000
/* How long a stop waits for what is under way and committed. */
#define RUNNER_STOP_US 3000000
/* Dead letters of which it is remembered that they are gone: a list of so many is read at a time. */
#define RUNNER_LETTERS 64
/* After a dead letter was marked it may take so long until a reader sees the mark; and how often to look for it. */
#define RUNNER_LOOK_US 3000000
#define RUNNER_LOOK_EVERY_US 100000
/* Rows and bytes of one step of catching up. */
#define RUNNER_STEP_ROWS 512
#define RUNNER_STEP_BYTES ((size_t)4 << 20)

/* Something that the sink has, or will get again. */
typedef struct runner_item {
    sink_item item;
    sink_subject subject;
    buffer body;
    bool is_used;
    bool is_waiting; /* streams: to be submitted again at retry_at_us */
    int64_t retry_at_us;
    window_entry *entry; /* a row of a lane; NULL: a stretch of a stream, or a dead letter */
    uint64_t end;        /* a stretch of a stream: the sequence number behind its last row */
    uint32_t rows;
    uint64_t letter; /* a dead letter's number, or 0 */
    uint16_t tries;
} runner_item;

typedef enum runner_source {
    RUNNER_STORE = 0,   /* catching up */
    RUNNER_JOINING = 1, /* has rejoined the feed and reads what was committed before that */
    RUNNER_LIVE = 2,
} runner_source;

/* What others may read while the thread runs. */
typedef struct runner_figures {
    _Atomic uint64_t delivered_rows, delivered_resources, delivered_bytes, retries, dead;
    _Atomic uint64_t passed;   /* rows up to here, as many as there are, are delivered or dead */
    _Atomic int64_t oldest_us; /* receive time of the oldest row at hand, or INT64_MAX */
} runner_figures;

typedef struct publish_runner {
    const publish_options *options;
    const site_publish *of;
    char name[128];
    const sink_descriptor *module;
    void *sink;
    sink_format format;
    uint64_t run_from; /* rows from here on were committed in this run: their latency is measured */
    bool counts;       /* it adds to the census */
    pthread_t thread;
    bool has_thread;
    publish_feed feed;
    atomic_bool is_stopping;
    atomic_bool must_look;
    runner_figures figures;
    pthread_mutex_t lock; /* of the three below */
    histogram published;
    bool is_well;
    char reason[ERROR_TEXT_BYTES];

    /* the thread's own */
    store_reader *reader;
    sink_needs needs;
    renderer rendering;
    window window;
    bool is_lane;
    thin *thinner; /* with `every`; or NULL */
    runner_source source;
    uint64_t read_through; /* the last row that was taken in or passed over */
    uint64_t *done;        /* saved numbers above low water that are done already */
    uint32_t done_count, done_at;
    publish_batch *batch;
    uint32_t batch_at;
    uint64_t batch_end;     /* sequence number behind the last row of it that entered the window, or 0 */
    int64_t store_retry_us; /* the store could not be read: not before */
    uint64_t stream_next;   /* sequence number of the next row to be joined */
    uint64_t stream_number; /* of the last item of a stream: its last row's */
    uint64_t stream_passed; /* of the last one that was delivered */
    runner_item *items;     /* SINK_ITEMS_MAX */
    uint32_t under_way;
    uint64_t next_number;
    bool is_lost;        /* the stream begins again at its mark */
    uint32_t losses;     /* of bytes that a stream's receiver had taken, since its mark moved last */
    uint64_t lost_above; /* the last row at that mark */
    bool is_sick;        /* nothing went through since the last failure */
    bool has_ended;
    uint32_t sick_tries;
    int64_t not_before_us;
    uint64_t deliveries; /* for telling whether others went through */
    uint64_t chance;     /* of the jitter */
    store_position put;  /* the last position that was put, without its numbers */
    uint32_t put_done_count;
    uint8_t put_note[SINK_MARK_BYTES];
    uint64_t *done_numbers; /* WINDOW_ROWS: room for writing a position */
    int64_t put_at_us, looked_at_us;
    bool must_flush;
    int64_t look_at_us, look_until_us; /* when to look for dead letters; INT64_MAX: not before somebody asks */
    bool has_letter;                   /* one of them is under way */
    uint64_t letter_to_settle;         /* it was delivered to a stream, but may not be safe there yet; 0: none */
    uint32_t letter_tries;
    uint64_t letters_gone[RUNNER_LETTERS]; /* removed lately, which a reader may still see */
    uint32_t letters_gone_count;
} publish_runner;

/* Opens the sink and prepares everything but the thread. INVALID: it cannot work, with the reason. */
dragoman_status runner_init(publish_runner *self, const publish_options *options, const site_publish *of,
                            error_record *error);
/* Starts the thread. */
dragoman_status runner_start(publish_runner *self, error_record *error);
/* Asks the thread to end; returns at once. */
void runner_stop(publish_runner *self);
/* Waits for the thread and frees everything. */
void runner_fini(publish_runner *self);

/* ---- the thread's own parts */

/* The monotonic time now. */
int64_t runner_now(void);
/* How long to wait after so many failures, with chance. */
int64_t runner_back_off(publish_runner *self, uint32_t tries);
/* Notes how the sink is, for health, and says it in the log when it changes. */
void runner_tell(publish_runner *self, bool is_well, const char *reason);

/* Takes rows in while there is room. Returns whether there may be more at once. */
bool runner_take_in(publish_runner *self, int64_t now_us);
/* Lets go of the batch at hand. */
void runner_end_batch(publish_runner *self);

/* Hands items to the sink as far as it takes them. */
void runner_submit(publish_runner *self, int64_t now_us);
/* Whether anything could be handed over at this time. */
bool runner_can_submit(const publish_runner *self, int64_t now_us);
/* What became of an item: the sink's `told`. */
void runner_told(void *self, const sink_result *result);
/* Hands a dead letter over once more; it is done at once when it has nothing to say or cannot be rendered. False: the
 * sink takes no more now. */
bool runner_submit_letter(publish_runner *self, const store_dead_row *letter, error_record *error);

/* Takes dead letters that are to be tried again, one at a time, when it is time to look for them. */
void runner_take_letters(publish_runner *self, int64_t now_us);
/* Makes a dead letter safe that a stream has taken, and removes it; one that was lost stays marked. */
void runner_settle_letter(publish_runner *self);
/* A dead letter went through, has to wait, or was refused again with a reason. */
void runner_letter_done(publish_runner *self, runner_item *item, const sink_result *result);

/* Whether the position that was put is where the sink is. */
bool runner_is_settled(const publish_runner *self);
/* Puts the position when it changed and it is time, and has it committed at a pause; `is_last`: now. */
void runner_put_position(publish_runner *self, int64_t now_us, bool is_last);

#endif

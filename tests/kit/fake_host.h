/*
 * A host for tests of adapters: it keeps what an adapter does as text that a test can compare, counts the memory it
 * holds, and settles messages when it is told to. No clock, no files, no threads.
 *
 * fake_host is the host table alone; fake_session runs one instance of an adapter on it and plays the link: it keeps
 * the unread bytes, obeys `needed`, asks for actions after each call, and checks the contract on the way (consumed
 * within unread, deadlines not in the past, no call after fini). A broken contract is noted in `broken`, so that a test
 * fails with a sentence.
 */
#ifndef KIT_FAKE_HOST_H
#define KIT_FAKE_HOST_H

#include "base/arena.h"
#include "base/buffer.h"
#include <dragoman/adapter.h>

#define FAKE_HOST_STATES 256
#define FAKE_HOST_COUNTERS 16

typedef struct fake_state {
    buffer key;
    buffer value;
} fake_state;

typedef struct fake_host {
    dragoman_host table;
    const dragoman_adapter_descriptor *adapter; /* whose charsets may be asked for; NULL: any */
    /* What happened, a line each: reports, observations, alerts, contexts, dead letters, state, log. Lines of a message
     * that was abandoned are taken out again. */
    buffer text;
    buffer log;         /* log lines, without private text */
    const char *broken; /* the first broken rule of the contract, or NULL */
    size_t allocated;   /* pieces of allocate that are out */
    size_t allocated_bytes;
    size_t allocated_most; /* bytes at most at any time */
    size_t limit;          /* bytes that allocate and batch each may hand out; 0: no limit */
    uint64_t counters[FAKE_HOST_COUNTERS];
    uint64_t last_number;
    uint64_t reports;
    uint64_t observations;
    uint64_t dead_letters;
    bool is_open;     /* a message is open */
    size_t open_text; /* where its lines begin */
    uint64_t open_counts[3];
    bool is_quiet;                /* reports are counted and checked, not written */
    dragoman_status refuse_begin; /* what message_begin answers; OK: it works */
    /* What profile_setting answers, as "key=value" separated by blanks; NULL: nothing. */
    const char *profile;
    arena batch;
    fake_state states[FAKE_HOST_STATES];
    uint32_t state_count;
} fake_host;

/* Prepares a host. */
void fake_host_init(fake_host *self, const dragoman_adapter_descriptor *adapter);
/* Frees everything. What an adapter did not give back is noted in `broken` before. */
void fake_host_fini(fake_host *self);
/* The text so far as a C string, borrowed until the next change. */
const char *fake_host_text(fake_host *self);
/* Forgets the text. */
void fake_host_forget(fake_host *self);

/* Appends a report as lines: one for the report, one for each node, observation, alert and context event. */
void fake_host_write_report(const dragoman_report *report, buffer *to);

typedef enum fake_settling {
    FAKE_SETTLE_AT_ONCE = 0, /* DURABLE after each call */
    FAKE_SETTLE_NEVER = 1,   /* only by fake_session_settle */
} fake_settling;

typedef struct fake_session {
    fake_host host;
    const dragoman_adapter_descriptor *adapter;
    void *instance;
    dragoman_now now;
    fake_settling settling;
    uint64_t settled; /* messages that were settled */
    buffer unread;
    size_t fresh; /* bytes of unread that the adapter has not seen */
    size_t needed;
    buffer sent;            /* data of SEND actions */
    buffer datagrams;       /* of DATAGRAM actions, a line each: "channel target data in hexadecimal" */
    uint32_t sends;         /* SEND actions */
    uint32_t closes;        /* CLOSE actions */
    uint64_t bytes_calls;   /* BYTES events */
    dragoman_status status; /* the last of handle */
    bool has_failed;        /* handle said that the session cannot go on */
} fake_session;

/* Makes an instance and opens channel 0 as `channel_kind`. `settings`: "key=value" words separated by blanks, or NULL;
 * '+' in a value stands for a blank. False when init failed (fini is still needed). */
bool fake_session_open(fake_session *self, const dragoman_adapter_descriptor *adapter, const char *settings,
                       dragoman_channel_kind channel_kind);
/* The same with a profile's device section, "key=value" words likewise. */
bool fake_session_open_device(fake_session *self, const dragoman_adapter_descriptor *adapter, const char *settings,
                              const char *device, dragoman_channel_kind channel_kind);
/* As if the program had been killed and started again: the instance ends without a word, another takes its place on the
 * same host with the state that was put, and numbers of messages begin anew. */
bool fake_session_restart(fake_session *self, const char *settings, dragoman_channel_kind channel_kind);
/* Hands over bytes as they might arrive. is_end: the peer or file ends behind them. */
void fake_session_feed(fake_session *self, dragoman_bytes bytes, bool is_end);
/* The same, in pieces of `size` bytes. */
void fake_session_feed_pieces(fake_session *self, dragoman_bytes bytes, size_t size, bool is_end);
/* Lets time pass; the instance is woken at each of its deadlines. */
void fake_session_pass(fake_session *self, int64_t us);
/* Hands over any other event as it is, with the clock a little later. */
void fake_session_tell(fake_session *self, dragoman_event event);
/* Hands over a datagram, in memory of its own size. */
void fake_session_datagram(fake_session *self, uint32_t channel, const char *from, dragoman_bytes payload);
/* The lines of `datagrams` as a C string, borrowed until the next change. */
const char *fake_session_datagrams(fake_session *self);
/* Settles all messages up to `through`. */
void fake_session_settle(fake_session *self, uint64_t through, dragoman_settlement settlement, dragoman_status status,
                         const char *reason);
/* What was sent as a C string, with \r as a line end and MLLP's signs as < and >. Borrowed until the next change. */
const char *fake_session_sent(fake_session *self);
/* Tells the adapter that the channel closed, ends the instance and the host. Returns what was broken, or NULL. */
const char *fake_session_close(fake_session *self);

#endif

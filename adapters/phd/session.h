/*
 * One manager for one connection: what it knows of its agent, what it asked and what it owes. The files around share
 * this struct; each has one part of the conversation:
 *
 *   session.c      the slots of the ABI, the state machine's rows put into effect, the clock
 *   association.c  aarq judged, aare written
 *   memory.c       learned configurations and what was read of stores
 *   answer.c       the outbox and every APDU that goes out
 *   event.c        event reports become messages; they are answered when these have settled
 *   scan.c         the forms of scan reports
 *   request.c      what is asked of an agent that operates, one thing after the other
 *   store.c        PM-stores: segments, their transfer, their entries
 */
#ifndef PHD_SESSION_H
#define PHD_SESSION_H

#include "device.h"
#include "frame.h"
#include "machine.h"
#include "observe.h"

/* What is asked of an agent once it operates, in this order. */
typedef enum phd_step {
    PHD_STEP_MDS = 0,      /* get of all MDS attributes */
    PHD_STEP_SCANNER,      /* each scanner is enabled */
    PHD_STEP_DATA_REQUEST, /* an agent that sends nothing by itself is asked to */
    PHD_STEP_STORE,        /* get of a PM-store's attributes */
    PHD_STEP_SEGMENT_INFO, /* what segments it has */
    PHD_STEP_TRANSFER,     /* a segment is sent for */
    PHD_STEP_CLEAR,        /* a segment is cleared, where the site wants that */
    PHD_STEP_DONE,
} phd_step;

typedef struct phd_settings {
    uint8_t system_id[PHD_SYSTEM_ID_BYTES];
    bool reads_stores;
    bool clears_stores;
    bool enables_scanners;
    int64_t release_after_ms; /* of silence; 0: never */
} phd_settings;

/* An event report that is answered when its message has settled. */
typedef struct phd_pending {
    uint64_t number;
    uint16_t invoke_id;
    uint16_t handle;
    uint16_t event_type;
    uint16_t config_id;                     /* of MDC_NOTI_CONFIG */
    uint16_t segment;                       /* of MDC_NOTI_SEGMENT_DATA */
    uint16_t segment_status;                /* the same */
    uint32_t segment_index, segment_length; /* the same */
} phd_pending;

typedef struct phd_segment {
    uint16_t instance;
    uint16_t person;
    uint32_t usage;
    bool has_usage;
    dragoman_bytes map;  /* PmSegmentEntryMap, borrowed from the store's segment list */
    dragoman_bytes info; /* all its attributes, likewise: what changes when it grows */
} phd_segment;

/* The PM-store that is being read. */
typedef struct phd_store {
    uint8_t *bytes; /* SegmentInfoList, ours */
    phd_segment *segments;
    uint32_t count;
    uint32_t at; /* the segment that is sent for */
    bool is_transferring;
} phd_store;

typedef struct phd_session {
    const dragoman_host *host;
    void *context;
    phd_settings settings;
    phd_state state;
    dragoman_now now;

    uint8_t *outbox;
    size_t outbox_size, outbox_room;
    bool is_sending; /* the host holds a pointer into the outbox until its next call */
    bool is_full;    /* what was owed did not fit */

    phd_facts facts;
    phd_configuration configuration;
    bool is_learned; /* the configuration came from an agent, not from a table */
    uint32_t protocol_version;
    uint16_t request_modes; /* DataReqModeFlags of the agent */

    phd_step step;
    uint32_t step_object; /* index of the object that the step is about */
    bool is_waiting;      /* for the answer to a request */
    uint16_t invoke_id;   /* of that request, or of the next */

    phd_store store;
    phd_pending pending[PHD_PENDING];
    uint32_t pending_count;

    int64_t deadline_us;   /* of the state or the request; DRAGOMAN_NO_DEADLINE */
    int64_t silence_us;    /* when the agent will have been silent too long; DRAGOMAN_NO_DEADLINE */
    int64_t incomplete_us; /* when the last byte of an APDU came that is not whole; 0: none is */
} phd_session;

/* --- session.c */

/* The slots of the ABI, as adapter.h describes them. */
dragoman_status phd_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                 void **ret_instance);
/* Likewise. */
void phd_session_fini(void *instance);
/* Likewise. */
dragoman_status phd_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                   dragoman_progress *ret_progress);
/* Likewise. */
int64_t phd_session_deadline(const void *instance);
/* Likewise. */
dragoman_status phd_session_expire(void *instance, const dragoman_now *now);
/* Likewise. */
dragoman_status phd_session_next(void *instance, dragoman_action *ret_action);
/* Puts the row for an input into effect; `data` is the data APDU that is the input, or NULL. */
void phd_session_input(phd_session *s, phd_input input, const phd_data *data);
/* Says something without patient data to the operator. */
void phd_session_log(phd_session *s, uint32_t level, const char *text);
/* Asks to be woken so much later; whatever was waited for before is no more. */
void phd_session_wait(phd_session *s, int64_t ms);

/* --- association.c */

/* Judges an AarqApdu and takes over what it says of the agent. `ret_result` is the AssociateResult to answer. */
phd_input phd_association_judge(phd_session *s, dragoman_bytes body, uint16_t *ret_result);
/* Reads settings and own identity. False when a setting is not what its rule promises. */
bool phd_association_settings(phd_session *s, const dragoman_start *start);

/* --- memory.c: what is remembered of agents through restarts */

typedef enum phd_memory_kind {
    PHD_MEMORY_CONFIGURATION = 'c', /* number: dev-config-id; value: ConfigObjectList */
    PHD_MEMORY_SEGMENT = 's',       /* number: store's handle << 16 | instance; value: digest of what was read */
} phd_memory_kind;

/* What is remembered of this agent under a number, until the call into the adapter returns; empty: nothing. */
dragoman_bytes phd_memory_get(phd_session *s, phd_memory_kind kind, uint32_t number);
/* Remembers something, in the open message if there is one; an empty value forgets it. The agents that were not heard
 * of for longest are forgotten when there are too many. */
dragoman_status phd_memory_put(phd_session *s, phd_memory_kind kind, uint32_t number, dragoman_bytes value);

/* --- answer.c: every APDU that goes out is written here. */

/* AareApdu. */
void phd_answer_association(phd_session *s, uint16_t result);
/* RlrqApdu, RlreApdu, AbrtApdu. */
void phd_answer_reason(phd_session *s, uint16_t choice, uint16_t reason);
/* rors-cmip-confirmed-event-report with the reply that its type asks for; `result` is ConfigResult or SegmEvtStatus. */
void phd_answer_event(phd_session *s, const phd_pending *event, uint16_t result);
/* roer or rorj. */
void phd_answer_refusal(phd_session *s, uint16_t invoke_id, uint16_t choice, uint16_t reason);
/* A request of ours, whose arguments behind the handle are `arguments`; its answer is waited for. */
void phd_answer_request(phd_session *s, uint16_t choice, uint16_t handle, dragoman_bytes arguments, int64_t timeout_ms);

/* --- event.c */

/* A configuration was sent (row 6.24). */
void phd_event_config(phd_session *s, const phd_data *data);
/* An event report came (row 8.21). */
void phd_event_take(phd_session *s, const phd_data *data);
/* Answers what has settled. */
void phd_event_settled(phd_session *s, const dragoman_settled_event *event);
/* Remembers an event report whose message has this number. */
void phd_event_wait(phd_session *s, const phd_pending *pending);

/* --- scan.c */

/* What a scan report says. */
typedef struct phd_scan {
    phd_report *reports; /* one, or one for each person, in batch memory */
    uint16_t *persons;   /* whom each is about */
    uint32_t report_count;
    uint32_t observations;
    uint32_t unstamped;       /* observations of no stated time */
    uint32_t unknown_handles; /* observations of objects that the configuration does not have */
    uint32_t odd_values;
    bool is_misfit; /* a fixed format does not fit the configuration */
} phd_scan;

/* Reads an event-info of a scan report. `event_time` is the agent's RelativeTime or PHD_TIME_UNKNOWN; `scanner` is the
 * handle that reports. INVALID: broken, or of no known form; NO_MEMORY. */
dragoman_status phd_scan_read(phd_session *s, uint16_t scanner, uint16_t event_type, uint32_t event_time,
                              dragoman_bytes info, phd_scan *ret_scan);

/* --- request.c */

/* Begins to ask a newly operating agent. */
void phd_request_begin(phd_session *s);
/* An answer came (row 8.26). */
void phd_request_answered(phd_session *s, const phd_data *data);
/* The next thing is asked; for those that end a step by an event. */
void phd_request_step(phd_session *s, phd_step step);

/* --- store.c */

/* Reads the SegmentInfoList of an action result. False when it is broken. */
bool phd_store_read(phd_session *s, dragoman_bytes list);
/* Moves to the next segment that has something new, from store.at on. False when there is none. */
bool phd_store_find(phd_session *s);
/* A segment-data-event came. */
void phd_store_event(phd_session *s, const phd_data *data, dragoman_bytes info);
/* The answer to one was sent: goes on when it was the last. */
void phd_store_answered(phd_session *s, const phd_pending *event, bool is_kept);
/* Forgets the store. */
void phd_store_clear(phd_session *s);

/* A 64-bit hash, FNV-1a. */
uint64_t phd_digest(dragoman_bytes bytes);

#endif

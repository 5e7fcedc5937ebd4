/*
 * The slots of the descriptor: bytes become packets; a device that is silent is asked, in V7.0, for its id and for what
 * it measures, and told every few seconds that somebody still listens.
 */
#ifndef CONTEC_SESSION_H
#define CONTEC_SESSION_H

#include "oximeter.h"

/* Before a silent device is asked. One of the first protocol speaks by itself, sixty times a second. */
#define CONTEC_QUIET_US 1000000
/* Before it is asked again, or one that spoke counts as silent. */
#define CONTEC_SILENCE_US 3000000
/* A device of V7.0 ends when it hears nothing; published readers say something every five seconds. */
#define CONTEC_ALIVE_US 5000000

/* Bytes that wait to be sent: two commands. */
#define CONTEC_COMMAND_BYTES 9u
#define CONTEC_OUT_BYTES (2u * CONTEC_COMMAND_BYTES)

typedef enum contec_state {
    CONTEC_CLOSED = 0,
    CONTEC_IN_FILE = 1, /* nobody can be asked */
    CONTEC_QUIET = 2,   /* nothing came yet */
    CONTEC_ASKED = 3,
    CONTEC_SPEAKS = 4,  /* the first protocol: it needs nobody */
    CONTEC_ANSWERS = 5, /* V7.0 */
} contec_state;

typedef struct contec_session {
    contec_oximeter oximeter;
    uint8_t state;    /* contec_state */
    bool is_in_step;  /* the byte before the next one ended a packet */
    int64_t heard_us; /* or opened, or asked */
    int64_t spoke_us;
    uint8_t out[CONTEC_OUT_BYTES];
    uint8_t out_size;
} contec_session;

/* The slot init of the descriptor: see dragoman/adapter.h, as for those below. */
dragoman_status contec_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                    void **ret_instance);
/* The slot fini. */
void contec_session_fini(void *instance);
/* The slot handle. */
dragoman_status contec_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                      dragoman_progress *ret_progress);
/* The slot deadline. */
int64_t contec_session_deadline(const void *instance);
/* The slot expire. */
dragoman_status contec_session_expire(void *instance, const dragoman_now *now);
/* The slot next: commands that only ask. */
dragoman_status contec_session_next(void *instance, dragoman_action *ret_action);

#endif

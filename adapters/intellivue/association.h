/*
 * The association control protocol ("Definition of the Association Control Protocol"): messages with a session header,
 * of which the first byte says what they are. What stands around the user data are fixed blocks that the guide prints
 * ("Association Control Protocol Examples").
 */
#ifndef INTELLIVUE_ASSOCIATION_H
#define INTELLIVUE_ASSOCIATION_H

#include "wire.h"

/* Session headers: the first byte of a message. */
typedef enum intellivue_session {
    CN_SPDU_SI = 0x0D, /* Association Request */
    AC_SPDU_SI = 0x0E, /* Association Response */
    RF_SPDU_SI = 0x0C, /* Refuse */
    FN_SPDU_SI = 0x09, /* Release Request */
    DN_SPDU_SI = 0x0A, /* Release Response */
    AB_SPDU_SI = 0x19, /* Abort */
} intellivue_session;

/* What a client asks for, or what a monitor grants, of PollProfileSupport and its extension. */
typedef struct intellivue_profile {
    uint32_t min_poll_period; /* ticks */
    uint32_t max_mtu_rx;
    uint32_t max_mtu_tx;
    uint32_t extensions; /* POLL_EXT_...; 0: the optional package was not granted */
} intellivue_profile;

/* Whether the length in the session header is that of the message. Any first byte of intellivue_session will do. */
bool intellivue_association_is_whole(dragoman_bytes message);

/* Appends an Association Request. */
void intellivue_association_request(intellivue_writer *writer, const intellivue_profile *profile);
/* Appends a Release Response. */
void intellivue_release_response(intellivue_writer *writer);
/* Appends an Abort. */
void intellivue_abort(intellivue_writer *writer);

/* Reads what an Association Response grants. INVALID: no user data, or they do not fit; UNSUPPORTED: the monitor does
 * not answer as a server, or without a poll profile. */
dragoman_status intellivue_association_response(dragoman_bytes message, intellivue_profile *ret_profile);

/* After how long without a word from us the monitor ends the association, in milliseconds ("PollProfileSupport"). */
int64_t intellivue_association_timeout_ms(const intellivue_profile *profile);

#endif

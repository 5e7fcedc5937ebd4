/*
 * The manager's state machine, as IEEE 11073-20601 Annex E prints it: a row for each state and input, with the
 * standard's number of the row. Inputs are IND (from the transport and the clock), REQ (from above) and Rx (APDUs).
 */
#ifndef PHD_MACHINE_H
#define PHD_MACHINE_H

#include <stddef.h>
#include <stdint.h>

/* The states of the manager's table. Associating, config sending and waiting for approval (3, 4, 5) are the agent's. */
typedef enum phd_state {
    PHD_DISCONNECTED = 1,
    PHD_UNASSOCIATED = 2,
    PHD_WAITING_FOR_CONFIG = 6,
    PHD_CHECKING_CONFIG = 7,
    PHD_OPERATING = 8,
    PHD_DISASSOCIATING = 9,
} phd_state;

typedef enum phd_input {
    PHD_IND_CONNECTION,
    PHD_IND_DISCONNECT,
    PHD_IND_TIMEOUT,
    PHD_REQ_RELEASE,
    PHD_REQ_ABORT,
    PHD_REQ_CONFIG_UNSUPPORTED,
    PHD_REQ_CONFIG_SUPPORTED,
    PHD_RX_AARQ_KNOWN,   /* acceptable, known configuration */
    PHD_RX_AARQ_UNKNOWN, /* acceptable, unknown configuration */
    PHD_RX_AARQ_UNACCEPTABLE,
    PHD_RX_AARE,
    PHD_RX_RLRQ,
    PHD_RX_RLRE,
    PHD_RX_ABRT,
    PHD_RX_CONFIRMED_EVENT,
    PHD_RX_OTHER_INVOKE, /* roiv-*, but a confirmed event report */
    PHD_RX_EVENT,
    PHD_RX_RESPONSE, /* rors-*, roer, rorj */
    PHD_INPUTS,
} phd_input;

typedef enum phd_act {
    PHD_ACT_NONE = 0,
    PHD_ACT_ACCEPT,             /* Tx aare(accepted), and begin to ask */
    PHD_ACT_ACCEPT_UNKNOWN,     /* Tx aare(accepted-unknown-config) */
    PHD_ACT_REFUSE,             /* Tx aare(rejected-*) */
    PHD_ACT_ABORT,              /* Tx abrt(undefined) */
    PHD_ACT_ABORT_LATE,         /* Tx abrt(response-timeout) */
    PHD_ACT_ABORT_NO_CONFIG,    /* Tx abrt(configuration-timeout) */
    PHD_ACT_RELEASE,            /* Tx rlrq(normal) */
    PHD_ACT_RELEASED,           /* Tx rlre(normal) */
    PHD_ACT_TAKE_CONFIG,        /* check what the agent sent */
    PHD_ACT_CONFIG_ACCEPTED,    /* Tx rors(accepted-config), and begin to ask */
    PHD_ACT_CONFIG_UNSUPPORTED, /* Tx rors(unsupported-config) */
    PHD_ACT_NO_SUCH_OBJECT,     /* Tx roer(no-such-object-instance) */
    PHD_ACT_TAKE_EVENT,         /* an event report */
    PHD_ACT_TAKE_RESPONSE,      /* what one of our requests got */
} phd_act;

typedef struct phd_row {
    const char *number; /* in the standard's table */
    uint8_t state;
    uint8_t input;
    uint8_t next;
    uint8_t act;
} phd_row;

/* The row for an input, or NULL: the standard gives none, and nothing happens. */
const phd_row *phd_machine_row(phd_state state, phd_input input);

#endif

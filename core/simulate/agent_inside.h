/*
 * What the two halves of an agent share: its line (agent.c) and what it says on it (agent_talk.c).
 */
#ifndef SIMULATE_AGENT_INSIDE_H
#define SIMULATE_AGENT_INSIDE_H

#include "simulate/agent.h"
#include "simulate/agent_apdu.h"

/* The agent's states (IEEE 11073-20601 Annex E), and the line's before them. */
typedef enum agent_state {
    AGENT_CONNECTING,
    AGENT_ASSOCIATING,
    AGENT_CONFIGURING,
    AGENT_OPERATING,
    AGENT_DISASSOCIATING,
} agent_state;

struct agent {
    loop *on;
    agent_options options;
    agent_state state;
    int descriptor;
    loop_watch *watch;
    loop_timer *timer;  /* the state's, or the wait for a confirmation */
    loop_timer *report; /* the next report */
    bool is_connected;
    bool is_releasing; /* when nothing is unconfirmed */
    uint32_t tries;    /* of the association */
    uint64_t random;
    uint16_t invoke_id;
    uint16_t scan_number;
    buffer out; /* bytes that wait for the line */
    size_t sent;
    uint8_t heard[AGENT_HEARD_BYTES];
    size_t heard_size;
    buffer unconfirmed; /* the observations of the report that is not confirmed; empty: none */
    int64_t measured_us;
    int64_t due_us;       /* the next report, with an interval */
    uint32_t stored_sent; /* entries of the store's transfer under way */
};

/* Sends aarq. */
void agent_talk_associate(agent *self);
/* Takes measurements and reports them; those that are not confirmed are reported again instead. */
void agent_talk_report(agent *self);
/* Sends rlrq or abrt with a reason. */
void agent_talk_reason(agent *self, uint16_t choice, uint16_t reason);
/* An APDU of the manager. */
void agent_talk_hear(agent *self, const apdu_heard *heard);

/* Writes what stands in `out` to the line. */
void agent_push(agent *self);
/* Cuts the line; it comes back by itself. */
void agent_hang_up(agent *self);
/* Changes the state and counts who operates. */
void agent_enter(agent *self, agent_state state);
/* Any number. */
uint32_t agent_draw(agent *self);

#endif

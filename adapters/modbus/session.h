/*
 * One bus or connection: the units on it, whose turn it is, and what was asked last.
 *
 * The client is alone on its bus and has one question out at a time (Over Serial Line V1.02, 2.4.1; over TCP the same,
 * so that gateways to a bus see no more than it can carry). A unit that does not answer is left alone for a while that
 * grows, so that it costs its neighbours one timeout and not their rate.
 */
#ifndef MODBUS_SESSION_H
#define MODBUS_SESSION_H

#include "frame.h"
#include "plan.h"
#include <dragoman/adapter.h>

/* Basic objects of a device identification (6.21): vendor name, product code, revision. */
#define MODBUS_OBJECTS 3u
#define MODBUS_NO_SINGLE UINT16_MAX

typedef enum modbus_state {
    MODBUS_CLOSED = 0,
    MODBUS_IDLE = 1,    /* 2.4.1 "idle": nothing is out; a question leaves only from here */
    MODBUS_WAITING = 2, /* 2.4.1 "waiting for reply" */
    MODBUS_PAUSING = 3, /* 2.5.1.1: silence between two frames */
} modbus_state;

/* A device on the bus. */
typedef struct modbus_unit {
    uint8_t address;
    uint8_t rounds_left; /* of identification */
    bool is_heard;       /* it has answered since the channel opened */
    bool is_gap_told;    /* its silence was stated, and it has not answered since; outlasts the connection */
    uint32_t failures;   /* timeouts in a row */
    int64_t quiet_until_us;
    uint16_t next_object;
    modbus_plan plan;
    int64_t *due_us;                               /* of each request */
    uint8_t *is_split;                             /* of each request: its registers are asked one by one */
    uint8_t *told;                                 /* of each register: the absent reason that was stated last, or 0 */
    dragoman_bytes place;                          /* or empty */
    dragoman_bytes identification[MODBUS_OBJECTS]; /* or empty */
} modbus_unit;

typedef struct modbus_session {
    const dragoman_host *host;
    void *context;
    modbus_map map;
    void *map_block;
    modbus_unit *units;
    void *room_block; /* lists of the units */
    uint32_t unit_count;
    bool is_framing_known; /* from the settings; else the channel tells */
    bool is_pause_known;
    uint8_t framing;
    uint8_t state;
    int64_t timeout_us, pause_us, every_ms;
    int64_t wake_us; /* WAITING: the answer is late then; PAUSING: the silence is over */
    uint64_t phase;  /* from the seed: two thousand links do not poll in one instant */
    dragoman_bytes place;
    dragoman_bytes peer; /* where a device that came to us came from; empty when we went to it */

    modbus_question asked;
    uint32_t asked_unit;
    uint16_t asked_request;
    uint16_t asked_single; /* of a split request, or MODBUS_NO_SINGLE */
    bool is_again;         /* the same question goes out once more: its answer came broken */
    bool was_again;
    bool goes_on;    /* the next single of the split request is due at once */
    bool is_garbled; /* something came that was no answer */
    bool is_stopping;
    bool has_stale; /* bytes of an earlier answer may be unread */
    uint16_t transaction;
    uint8_t out[MODBUS_ADU_MAX];
    size_t out_size;
    uint8_t room[MODBUS_PDU_MAX + 3];
} modbus_session;

/* The register that a request's place `index` stands for. */
static inline uint16_t modbus_register_at(const modbus_unit *unit, const modbus_request *request, uint32_t index) {
    return unit->plan.order[request->from + index];
}

/* Reads settings and profile into a session that is zeroed but for host and context. */
dragoman_status modbus_settings_read(modbus_session *self, const dragoman_start *start);
/* Gives back what it took. */
void modbus_settings_release(modbus_session *self);

/* When the next question is due, or DRAGOMAN_NO_DEADLINE. */
int64_t modbus_poll_due(const modbus_session *self);
/* Every unit is asked at once, then at its rates. */
void modbus_poll_start(modbus_session *self, const dragoman_now *now);
/* Puts the question that is due first into `out`. */
void modbus_poll_ask(modbus_session *self, const dragoman_now *now);
/* The request that was asked is done with for this time; it is due again by its rate. */
void modbus_poll_done(modbus_session *self, const dragoman_now *now);
/* Goes on with the next single of a split request, or is done. */
void modbus_poll_go_on(modbus_session *self, const dragoman_now *now);

/* The answer to what was asked: values go out. */
void modbus_hear_answer(modbus_session *self, dragoman_bytes pdu, const dragoman_now *now);
/* No answer came in time. */
void modbus_hear_nothing(modbus_session *self, const dragoman_now *now);
/* The channel closed: what was heard of is not known any more. */
void modbus_hear_end(modbus_session *self);

/* Emits the registers `from` to `from` + `count` - 1 of the unit's order with what `data`, read from `first` on, says.
 */
void modbus_report_values(modbus_session *self, modbus_unit *unit, uint32_t from, uint32_t count, dragoman_bytes data,
                          uint16_t first);
/* Emits that these registers have no value, for those of which it was not said last time. */
void modbus_report_absent(modbus_session *self, modbus_unit *unit, uint32_t from, uint32_t count, uint8_t absent);

/* The descriptor's init: INVALID without a register map. */
dragoman_status modbus_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                    void **ret_instance);
/* fini. */
void modbus_session_fini(void *instance);
/* handle: OPENED, BYTES and CLOSED of channel 0; settlements need no answer to a device that is polled. */
dragoman_status modbus_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                      dragoman_progress *ret_progress);
/* deadline. */
int64_t modbus_session_deadline(const void *instance);
/* expire. */
dragoman_status modbus_session_expire(void *instance, const dragoman_now *now);
/* next: the question that is due. */
dragoman_status modbus_session_next(void *instance, dragoman_action *ret_action);

#endif

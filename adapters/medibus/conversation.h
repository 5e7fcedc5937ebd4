/*
 * Our side of the conversation: who speaks when. A table of states follows "MEDIBUS-Life-Cycle" and "MEDIBUS
 * Realtime-Extension Life-Cycle": initialise, ask who it is, then one request after the other, each with its
 * repetitions. The device is a master too: what it asks is answered at once, in every state.
 */
#ifndef MEDIBUS_CONVERSATION_H
#define MEDIBUS_CONVERSATION_H

#include "device.h"
#include "frame.h"
#include "outbox.h"
#include "schedule.h"

typedef enum medibus_state {
    MEDIBUS_CLOSED = 0,    /* no line */
    MEDIBUS_LISTENING = 1, /* a file: what it holds is read, nobody is asked */
    MEDIBUS_STARTING = 2,  /* the communication is being initialised */
    MEDIBUS_NAMING = 3,    /* the device is asked who it is */
    MEDIBUS_TALKING = 4,
    MEDIBUS_PAUSED = 5, /* it ended or was lost, and will be initialised again */
} medibus_state;

typedef enum medibus_happening {
    MEDIBUS_OPENED = 1,
    MEDIBUS_FILE_OPENED = 2,
    MEDIBUS_LINE_CLOSED = 3,
    MEDIBUS_ANSWERED = 4,       /* the request that waits has its answer */
    MEDIBUS_REFUSED = 5,        /* it came to nothing although it was repeated, but the device speaks */
    MEDIBUS_LOST = 6,           /* silence, or no answer in time */
    MEDIBUS_DEVICE_STARTED = 7, /* the device initialises the communication */
    MEDIBUS_DEVICE_STOPPED = 8, /* the device ends it */
    MEDIBUS_PAUSE_OVER = 9,
} medibus_happening;

/* The request that waits for its answer. */
typedef struct medibus_request {
    uint8_t code; /* 0: none */
    uint8_t repeats;
    dragoman_bytes argument;
    int64_t first_us; /* monotonic, as all times here */
    int64_t sent_us;
} medibus_request;

typedef struct medibus_conversation {
    medibus_state state;
    medibus_device device;
    medibus_settings settings;
    medibus_scanner scanner;
    medibus_curves curves;
    medibus_outbox outbox;
    medibus_schedule schedule;
    medibus_request request;
    uint32_t refused_in_a_row;
    int64_t heard_us; /* when the last byte of an answer to the request came */
    int64_t spoke_us; /* when we last sent something */
    int64_t pause_until_us;
    int64_t suspended_until_us; /* 0: not suspended */
    uint8_t curve_argument[MEDIBUS_STREAMS * 4];
} medibus_conversation;

/* Something happened; `now` is the call's time. What has no row in the table changes nothing. */
void medibus_conversation_happens(medibus_conversation *self, medibus_happening what, const dragoman_now *now);
/* Takes a byte that the line brought. Returns true when a frame or block was completed: one is enough for a call. */
bool medibus_conversation_byte(medibus_conversation *self, uint8_t byte, const dragoman_now *now);
/* When medibus_conversation_expire wants to be called. */
int64_t medibus_conversation_deadline(const medibus_conversation *self);
/* Time has passed: silence, pauses, what is due. */
void medibus_conversation_expire(medibus_conversation *self, const dragoman_now *now);
/* What is to be sent now; empty: nothing. */
dragoman_bytes medibus_conversation_speak(medibus_conversation *self);

#endif

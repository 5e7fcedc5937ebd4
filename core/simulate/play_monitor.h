/*
 * A simulated IntelliVue patient monitor: it takes an association, creates its MDS, answers polls with numerics, waves,
 * a rhythm, alarms and an invented patient, and ends an association that falls silent. Written from the Data Export
 * Interface Programming Guide, apart from any adapter.
 *
 * It opens nothing and reads no clock: whoever plays it hands datagrams and the time over and sends what comes out. The
 * same seed, datagrams and times give the same life.
 */
#ifndef SIMULATE_PLAY_MONITOR_H
#define SIMULATE_PLAY_MONITOR_H

#include "simulate/play_message.h"

/* Extended polls that are served: numerics, waves, enumerations, alarms. */
#define PLAY_POLLS 4

typedef struct play_poll {
    uint16_t number; /* of the request, and its invoke id */
    uint16_t group;
    uint16_t sequence_no;
    int64_t until_us; /* monotonic; 0: not asked */
    int64_t due_us;
} play_poll;

typedef enum play_state { PLAY_UNASSOCIATED = 0, PLAY_CREATING, PLAY_OPERATING } play_state;

typedef struct play_monitor {
    play_identity identity;
    char bed[16];
    char serial[16];
    uint32_t number; /* from 1 */
    uint64_t random;
    play_state state;
    bool is_unplugged;       /* hears and says nothing */
    int64_t clock_offset_us; /* its Date and Time is wrong by this */
    int64_t started_us;      /* monotonic: Relative Time counts from here */
    int64_t heard_us;        /* the client's last word */
    int64_t create_due_us;   /* the MDS create event is said again */
    uint32_t creates;
    int64_t announce_due_us;
    play_poll polls[PLAY_POLLS];
    uint32_t blocks; /* of waves so far */
    int32_t rate;    /* heart rate */
    bool is_in_alarm;
    uint64_t polled; /* requests that were answered */
    uint64_t sent;   /* messages */
} play_monitor;

/* Takes a message that the monitor sends; `is_announcement`: by broadcast. */
typedef void (*play_send)(void *context, dragoman_bytes message, bool is_announcement);

/* Makes monitor `number` at `ip` and `port`, switched on at `now_us`. */
void play_monitor_init(play_monitor *self, uint32_t number, uint64_t seed, const uint8_t ip[4], uint16_t port,
                       int64_t now_us);
/* A datagram of the client. `wall_us` is UTC. */
void play_monitor_hear(play_monitor *self, dragoman_bytes message, int64_t now_us, int64_t wall_us, play_send send,
                       void *context);
/* Lets time pass: what is due is sent. */
void play_monitor_tick(play_monitor *self, int64_t now_us, int64_t wall_us, play_send send, void *context);
/* When it wants to tick next, monotonic. */
int64_t play_monitor_due_us(const play_monitor *self);

/* Writes the objects of a result: the numerics, the waves' block of 256 ms that `self` is at, and so on. */
void play_values_write(const play_monitor *self, play_result *result, int64_t wall_us, buffer *to);

#endif

/*
 * A patient monitor on a fake session: its messages are those of the simulator, its clock stands still, and what the
 * adapter sends to it is looked at one message after the other. Anything unexpected fails the running cmocka test.
 */
#ifndef KIT_MONITOR_SCENE_H
#define KIT_MONITOR_SCENE_H

#include "kit/fake_host.h"
#include "simulate/play_message.h"

#define MONITOR_SCENE_ADDRESS "10.0.0.9:24105"
/* Relative Time of the create event, at 2026-01-01 08:00:00. */
#define MONITOR_SCENE_TICKS 80000u
#define MONITOR_SCENE_CREATED_US INT64_C(1767254400000000)
/* Object classes that are polled. */
#define MONITOR_SCENE_ENUMERATIONS 5
#define MONITOR_SCENE_NUMERICS 6
#define MONITOR_SCENE_WAVES 9
#define MONITOR_SCENE_PATIENT 42
#define MONITOR_SCENE_ALERTS 54

extern const play_identity monitor_scene_identity;

typedef struct monitor_scene {
    fake_session session;
    buffer message; /* that is being written; monitor_scene_hear sends it */
    size_t read;    /* of the session's datagrams */
} monitor_scene;

/* A session with one monitor at MONITOR_SCENE_ADDRESS. */
void monitor_scene_open(monitor_scene *self, const dragoman_adapter_descriptor *adapter, const char *settings);
/* Up to the confirmed create event; `extensions` is what the monitor grants. */
void monitor_scene_associate(monitor_scene *self, uint32_t extensions);
/* Ends it; fails when the contract was broken. */
void monitor_scene_close(monitor_scene *self);
/* The adapter gets `message` as a datagram. */
void monitor_scene_hear(monitor_scene *self);
/* The next message that the adapter sent, in hexadecimal; NULL when there is none. Valid until the next call. */
const char *monitor_scene_sent(monitor_scene *self);
/* Skips to the poll for this class and group and gives its number. */
uint16_t monitor_scene_find_poll(monitor_scene *self, unsigned object_class, unsigned group);
/* The head of a result one second after the create event; sequence_no 0: of a single poll. */
play_result monitor_scene_result(uint16_t number, uint16_t object_class, uint16_t group, uint16_t sequence_no);
/* A numeric observed value; a heart rate as an object of its own; a whole result with one. */
void monitor_scene_put_numeric(buffer *to, uint16_t physio, uint16_t state, uint16_t unit, int32_t mantissa,
                               int8_t exponent);
void monitor_scene_put_heart_rate(buffer *to, play_result *result, uint16_t state, int32_t rate);
void monitor_scene_tell_heart_rate(monitor_scene *self, uint16_t number, uint16_t sequence_no, int32_t rate);
/* Fails unless the host's text has `text` in it. */
void monitor_scene_says(monitor_scene *self, const char *text);

#endif

/*
 * A pulse oximeter at the end of a line: it sends frames at its own pace, in the form that a protocol gives them.
 */
#ifndef SIMULATE_OXIMETER_LINE_H
#define SIMULATE_OXIMETER_LINE_H

#include "simulate/line_player.h"
#include "simulate/oximeter.h"

/* The longest frame or command of any protocol here. */
#define OXIMETER_FRAME_BYTES 9u

/* How its frames look. */
typedef struct oximeter_form {
    uint32_t frequency; /* frames a second */
    bool waits;         /* nothing is sent before the reader asked for it */
    /* Writes frame `number` since the line was opened; returns its bytes. */
    size_t (*write)(const oximeter_moment *now, uint64_t number, int64_t clock_shift_us, uint8_t *to);
} oximeter_form;

typedef struct oximeter_device {
    const oximeter_form *form;
    oximeter finger;
    int64_t clock_shift_us;
    bool is_sending;
    int64_t since_us; /* of the first frame; 0: it is still to come */
    uint64_t sent;    /* frames since then */
    uint8_t command[OXIMETER_FRAME_BYTES];
    size_t command_size; /* as far as it was heard */
} oximeter_device;

/* Makes a device; NULL: no memory. */
oximeter_device *oximeter_device_create(const oximeter_form *form, uint64_t seed, int64_t clock_shift_us);
/* As line_protocol.destroy. */
void oximeter_device_destroy(void *device);
/* As line_protocol.opened. */
void oximeter_device_opened(void *device);
/* As line_protocol.received, for one that does not listen. */
void oximeter_device_ignore(void *device, line_player *line, dragoman_bytes bytes);
/* As line_protocol.tick: sends the frames that are due. */
void oximeter_device_tick(void *device, line_player *line, int64_t utc_us);
/* Frames begin or stop. */
void oximeter_device_go(oximeter_device *self, bool is_sending);

#endif

/*
 * Devices with registers, as the MODBUS Application Protocol V1.1b3 describes a server: what they hold and how they
 * answer.
 *
 * Units 1 to the number of devices answer; each has a temperature that swings around 4 degrees, a humidity, a set point
 * and a door. All else holds its own address, so that a reader can see what it reads. Nothing can be written.
 */
#ifndef SIMULATE_REGISTER_DEVICE_H
#define SIMULATE_REGISTER_DEVICE_H

#include <dragoman/base.h>

/* Addresses that the devices have in each table; beyond them is exception 2. */
#define REGISTER_DEVICE_LAST 0x28ffu
/* The longest frame, of RTU and TCP (MODBUS over Serial Line V1.02, 2.5.1; Messaging on TCP/IP V1.0b, 3.1.3). */
#define REGISTER_FRAME_BYTES 260u

typedef enum register_framing {
    REGISTER_TCP = 0,
    REGISTER_RTU = 1,
} register_framing;

typedef struct register_devices {
    uint32_t count; /* units 1 to count */
    uint64_t seed;
} register_devices;

/* How long the request at the start of `bytes` is; 0: it is not there as a whole; SIZE_MAX: it is none. */
size_t register_request_size(register_framing framing, dragoman_bytes bytes);
/* Writes the answer to a whole request into `to` (REGISTER_FRAME_BYTES) and returns its length; 0: nobody answers.
 * `exception` above 0 is answered instead of values. */
size_t register_answer(const register_devices *self, register_framing framing, dragoman_bytes request, int64_t now_us,
                       uint8_t exception, uint8_t *to);

#endif

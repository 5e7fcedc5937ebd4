/*
 * Serial ports: settings, and finding a port by what is plugged in. Opening never waits. One thread.
 *
 * What was opened is read and written as any descriptor; LINK_STREAM does so.
 */
#ifndef LINK_SERIAL_H
#define LINK_SERIAL_H

#include "base/error.h"

typedef enum serial_parity {
    SERIAL_PARITY_DEFAULT = 0, /* none */
    SERIAL_PARITY_NONE = 1,
    SERIAL_PARITY_EVEN = 2,
    SERIAL_PARITY_ODD = 3,
    SERIAL_PARITY_MARK = 4,
    SERIAL_PARITY_SPACE = 5,
} serial_parity;

typedef enum serial_flow {
    SERIAL_FLOW_DEFAULT = 0, /* none */
    SERIAL_FLOW_NONE = 1,
    SERIAL_FLOW_RTS_CTS = 2,
    SERIAL_FLOW_XON_XOFF = 3,
} serial_flow;

typedef enum serial_line {
    SERIAL_LINE_DEFAULT = 0, /* on */
    SERIAL_LINE_ON = 1,
    SERIAL_LINE_OFF = 2,
} serial_line;

#define SERIAL_BAUD_DEFAULT 9600u
#define SERIAL_BITS_DEFAULT 8u
#define SERIAL_STOP_DEFAULT 1u

/* Zeros are the defaults. */
typedef struct serial_settings {
    uint32_t baud;
    uint32_t bits; /* 5 to 8 */
    uint32_t stop; /* 1 or 2 */
    int parity;    /* serial_parity */
    int flow;      /* serial_flow */
    int rts, dtr;  /* serial_line; rts is the driver's with SERIAL_FLOW_RTS_CTS */
} serial_settings;

/* Whether a speed is one that ports have. */
bool serial_has_baud(uint32_t baud);
/* What is said of a port by USB identity: "0403:6001" or "0403:6001:A50285BI", hexadecimal as lsusb writes it. */
typedef struct serial_usb {
    int vendor, product;
    dragoman_bytes serial; /* empty: any */
} serial_usb;
/* Reads "VID:PID" or "VID:PID:SERIAL". False: it is neither. `text` must outlive it. */
bool serial_usb_parse(dragoman_bytes text, serial_usb *ret_usb);

/* Opens the port that `place` names: a path, or "usb=VID:PID[:SERIAL]". What came before it was opened is thrown away.
 * NOT_FOUND: there is none now; EXISTS: two ports are like that; IO with the system's reason. `warning` is filled when
 * the port took other settings than asked for. */
dragoman_status serial_open(const char *place, const serial_settings *settings, int *ret_descriptor,
                            error_record *warning, error_record *error);

#endif

/*
 * Every size and time that a rack of pumps can drive, with the reason for its limit. Document: Technical Interface
 * Specification BCC 3.25/3.26, version 4.0 (I0022_000030).
 */
#ifndef BCC_LIMITS_H
#define BCC_LIMITS_H

/* Bytes of a frame: its length is five digits. On the line each byte can become two. */
#define BCC_FRAME_MOST 99999u
#define BCC_LINE_MOST (2u * BCC_FRAME_MOST)
/* The least frame: SOH, length, STX, one character, '>', ETX, checksum, EOT. */
#define BCC_FRAME_LEAST 16u
/* Digits of the length and of the checksum. */
#define BCC_DIGITS 5u

/* Characters of a bed's name that is used in requests. */
#define BCC_BED_MOST 32u
/* Characters of an address, of a serial number and of a version that are kept. */
#define BCC_NAME_MOST 24u

/* Pumps that are remembered: three pillars of 24 slots, and the rack itself. What is beyond is told without memory. */
#define BCC_PUMPS 80u
/* Alarms of a pump: INA1 to INA16. */
#define BCC_ALARMS 16u
/* Observations and alerts of one report. A pump has some 120 parameters; more go into a further report. */
#define BCC_ROWS 128u

/* A request frame: fifteen bytes around a bed, its "/1/1" and the longest request, each of which can become two. */
#define BCC_REQUEST_MOST 160u
/* What waits to be said: the requests, and an acknowledgement for each frame that is not settled. A frame that finds no
 * room here is not acknowledged, and comes again. */
#define BCC_TO_SAY 128u

/* Before a request counts as not answered, and how often it is sent. */
#define BCC_ANSWER_US 5000000
#define BCC_TRIES 3u
/* Before a rack that is silent is greeted again. */
#define BCC_PAUSE_US 5000000
/* "The interval shall be at least 5 seconds". */
#define BCC_INTERVAL_LEAST_MS 5000

#endif

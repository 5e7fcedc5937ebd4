/*
 * Every size and time that a device can drive, with the reason for its limit. Chapters are those of Dräger RS 232
 * MEDIBUS, Protocol Definition, revision level 6.00.
 */
#ifndef MEDIBUS_LIMITS_H
#define MEDIBUS_LIMITS_H

/* Characters behind the code of a command: "Structure of Commands". */
#define MEDIBUS_ARGUMENT_MOST 251u
/* Characters behind the code of a response. The longest are text messages: 256 codes with a text of 32 characters each.
 */
#define MEDIBUS_RESPONSE_MOST 16384u

/* Codes of a page of measured data, settings, texts or alarms: two hexadecimal digits. */
#define MEDIBUS_CODES 256u
/* Realtime data streams: "Sync-Commands" knows 12. */
#define MEDIBUS_STREAMS 12u
/* Samples of a block of one curve; at 200 values a second more than a second. */
#define MEDIBUS_BLOCK 256u
/* A block is handed on when it holds about this much. */
#define MEDIBUS_BLOCK_US 1000000
/* Characters of the device's name that are kept. Names have some twenty. */
#define MEDIBUS_NAME_MOST 64u
/* Settings "only" of a link. */
#define MEDIBUS_ONLY_MOST 16u
/* Characters of one such setting: two for each code. */
#define MEDIBUS_ONLY_TEXT 128u

/* Bytes that wait to be sent. A device that asks more before we may answer loses the answers and asks again. */
#define MEDIBUS_OUTBOX 4096u

/* "Time-Out": a side that hears nothing for three seconds takes the communication for ended. */
#define MEDIBUS_SILENCE_US 3000000
/* "Time-Out": an answer comes within ten seconds. */
#define MEDIBUS_ANSWER_US 10000000
/* We say something every two seconds, so that the other side's three never pass. */
#define MEDIBUS_KEEP_ALIVE_US 2000000
/* How often a command is sent again before the communication counts as lost. */
#define MEDIBUS_REPEATS 3u
/* Before a configuration, so that the device has finished its initialisation. */
#define MEDIBUS_SETTLE_US 200000
/* After a stop or a loss, before the communication is initialised again: the other side's time-out has passed then. */
#define MEDIBUS_PAUSE_US 3000000
/* "Software Handshaking": a lost DC1 must not silence us for ever; after the time of an answer we go on. */
#define MEDIBUS_SUSPENDED_US 10000000

#endif

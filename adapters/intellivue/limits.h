/*
 * Every size and count that a monitor, or somebody who plays one, can drive, with the reason for its limit.
 */
#ifndef INTELLIVUE_LIMITS_H
#define INTELLIVUE_LIMITS_H

/* Bytes of one message: the guide negotiates 1364 on a LAN and 1000 on RS-232, monitors have been seen to offer 1456,
 * and the headers come on top. */
#define INTELLIVUE_MESSAGE_BYTES 2048u

/* Unread bytes of an RS-232 frame, when each byte of the longest message is escaped, with its flags. */
#define INTELLIVUE_FRAME_BYTES (2u * (INTELLIVUE_MESSAGE_BYTES + 6u) + 2u)

/* What we send: the longest is an association request of 238 bytes; doubled for RS-232, where bytes are escaped. */
#define INTELLIVUE_REQUEST_BYTES 288u
#define INTELLIVUE_SENT_BYTES (2u * (INTELLIVUE_REQUEST_BYTES + 6u) + 2u)

/* Monitors of one link: those of a large house on one socket; each costs up to 30 kB. */
#define INTELLIVUE_MONITORS 256u
/* "255.255.255.255:65535", an IPv6 address in brackets with a zone and a port. */
#define INTELLIVUE_ADDRESS_BYTES 80u

/* Objects (numerics, waves, enumerations) of one monitor that are remembered: a monitor announces at most 201 numerics,
 * 60 waves and 60 enumerations. They are taken in steps. */
#define INTELLIVUE_OBJECTS 512u
#define INTELLIVUE_OBJECTS_STEP 32u

/* Observed values in one message: a message of the largest size holds fewer of the smallest. */
#define INTELLIVUE_OBSERVATIONS (INTELLIVUE_MESSAGE_BYTES / 10u)

/* Active alarms of one monitor, patient and technical each: what a message of the largest size can list is 72. */
#define INTELLIVUE_ALARMS 96u
/* Alerts in one report: all that end and all that begin, of both lists. */
#define INTELLIVUE_ALERTS (4u * INTELLIVUE_ALARMS)

/* Texts that are kept: a label has 8 characters, a bed label 16, a serial number 10, a revision 8, a name 30; UTF-8
 * takes up to three bytes each. What is longer is cut at a character. */
#define INTELLIVUE_LABEL_BYTES 32u
#define INTELLIVUE_TEXT_BYTES 96u
/* Versions of parts that are kept of a production specification. */
#define INTELLIVUE_VERSIONS 12u

/* Samples of one block of a wave: 128 in 256 ms at 500/s is the most that a monitor sends. */
#define INTELLIVUE_SAMPLES 1024u
/* Masks in a fixed value specification: the guide names six. */
#define INTELLIVUE_MASKS 6u

#endif

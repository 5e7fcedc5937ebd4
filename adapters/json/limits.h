/*
 * Every size and count that a sender or a profile can drive, with the reason for its limit.
 */
#ifndef JSON_LIMITS_H
#define JSON_LIMITS_H

/* Bytes of one message or line: what IoT gateways may send at once (256 KiB at a large cloud's hub) is far more than
 * measurements need. */
#define JSON_MESSAGE_BYTES (64u * 1024)
/* Objects and lists inside of each other. */
#define JSON_DEPTH 16
/* Values, objects and lists of one message: a number and its comma for each eight bytes. */
#define JSON_NODES 8192u
/* Kinds of messages of a profile. */
#define JSON_MESSAGES 64u
/* What a kind of message is known by: two or three members are usual. */
#define JSON_CONDITIONS 8u
/* Values of a kind of message. */
#define JSON_VALUES 12u
/* Further codings of a value: LOINC and one or two of a vendor. */
#define JSON_CODES 3u
/* Measurements in one message: a list of a minute's worth. */
#define JSON_MATCHES 256u

#endif

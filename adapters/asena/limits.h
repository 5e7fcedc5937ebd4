/*
 * Every size and time that a pump can drive, with the reason for its limit.
 */
#ifndef ASENA_LIMITS_H
#define ASENA_LIMITS_H

/* Characters between '!' and the carriage return. The longest answer that is known, to INF, has some 90. */
#define ASENA_LINE_MOST 256u
/* Fields of an answer; that to INF has 14. */
#define ASENA_FIELDS 24u
/* Characters of a serial number or version that are kept; "Asena Rev 2.1.5" has 15. */
#define ASENA_NAME_MOST 40u

/* COMMS_RESPONSE_MAX: an answer comes within four seconds. */
#define ASENA_ANSWER_US 4000000
/* How often a query is sent before it counts as not answered: a bit may be wrong in either direction. */
#define ASENA_TRIES 3u
/* Before a pump that is silent is asked for its name again. */
#define ASENA_PAUSE_US 5000000

/* Queries that wait to be sent. There is more than one only while many answers are read at once that nobody waited for;
 * what is beyond is lost as on the line, and asked for again. */
#define ASENA_TO_SEND 16u

#endif

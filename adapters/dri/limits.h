/*
 * Every size and time that a monitor can drive, with the reason for its limit. Sections are those of the Datex-Ohmeda
 * Record Specification (8005313) and the S/5 Computer Interface Specification (M1017617).
 */
#ifndef DRI_LIMITS_H
#define DRI_LIMITS_H

/* Bytes of a record's header, before its subrecords. */
#define DRI_HEADER 40u
/* Bytes of a record at most: the header and 1450 bytes of subrecords. */
#define DRI_RECORD_MOST 1490u
/* Subrecords that a header can name. */
#define DRI_SUBRECORDS 8u

/* Bytes of a subrecord of physiological data, and of what a class says in it. */
#define DRI_PHYSIOLOGICAL 278u
#define DRI_CLASS 270u
/* Bytes of auxiliary information that are read: the times of cuff pressure, cardiac output and wedge pressure. */
#define DRI_AUXILIARY 14u
/* Bytes of a message of alarms: ten, five alarms, ten. */
#define DRI_ALARM_MESSAGE 510u
/* Alarms that such a message shows. */
#define DRI_ALARMS 5u
/* Bytes of an alarm, and of its text. */
#define DRI_ALARM 98u
#define DRI_ALARM_TEXT 80u
/* An alarm's text in UTF-8: each byte of ISO 8859-1 becomes two at most. */
#define DRI_ALARM_UTF8 (2u * DRI_ALARM_TEXT)

/* Samples that fit a record behind the header of one wave. */
#define DRI_SAMPLES_MOST 722u
/* Waves that one request may name. */
#define DRI_WAVES 8u
/* Samples a second of all waves together. */
#define DRI_WAVE_RATE 600u

/* Rows that one subrecord can give: the basic class has 77 fields, none has more. */
#define DRI_ROWS 96u

/* Bytes that wait to be sent: all requests at once, each byte escaped, and as many again while the host is busy. */
#define DRI_OUTBOX 2048u

/* "the interval shall be at least 5 seconds". */
#define DRI_INTERVAL_LEAST_MS 5000
/* Without a record of its kind for this long beyond its interval, a request is sent again: the monitor was switched on,
 * or the cable put in, after it had been asked. */
#define DRI_PATIENCE_US 10000000
/* Waves come all the time, a record a second or more. */
#define DRI_WAVES_EVERY_US 1000000

#endif

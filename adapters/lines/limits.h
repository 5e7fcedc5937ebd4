/*
 * The sizes that a profile or a device can drive, each with its reason.
 */
#ifndef LINES_LIMITS_H
#define LINES_LIMITS_H

/* A record that a profile gives no limit: ventilators send some 1,100 characters, printers' lines 132. */
#define LINES_RECORD_BYTES 4096u
/* The largest limit that a profile may give: a minute of the fastest serial port that devices have is more than any
 * record. */
#define LINES_RECORD_BYTES_MAX 65536u
/* A mark or a command: the longest known command has eight letters. */
#define LINES_MARK_BYTES_MAX 64u
/* Different ends of one device's records: CR, LF, both, and a form feed. */
#define LINES_ENDS_MAX 4u
/* Bytes behind an end mark: a checksum of four digits and its own end. */
#define LINES_TRAILER_MAX 16u
/* Commands of one device: the longest public list has six. */
#define LINES_POLLS_MAX 16u
/* Kinds of records, and fields of all of them: a ventilator's report has 155 fields, and it may have six reports. */
#define LINES_RECORDS_MAX 64u
#define LINES_FIELDS_MAX 2000u
/* What one field's words or bits mean: a word of 64 bits. */
#define LINES_MEANINGS_MAX 64u
/* Columns of one record: 172 are known. */
#define LINES_COLUMNS_MAX 512u
/* A name ends up in every report. */
#define LINES_TEXT_MAX 128u
/* Column names of a header line are kept. */
#define LINES_HEADER_BYTES_MAX 2048u
/* How often a device is asked: no faster than a serial line answers, no slower than a day. */
#define LINES_EVERY_LEAST_MS 50
#define LINES_EVERY_MOST_MS 86400000
#define LINES_EVERY_MS 1000
#define LINES_TIMEOUT_MS 2000
/* Lines that no record of the profile fits are kept as dead letters, so many in a minute at most: enough to see what a
 * device says beside its values, and too few for noise to fill the store. */
#define LINES_LETTERS_MAX 8u
#define LINES_LETTERS_EVERY_US INT64_C(60000000)

#endif

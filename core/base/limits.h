/*
 * How much outside input may make us hold. Each limit says why it is what it is. Limits that belong to one room only
 * stand in that room's header.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* A warm arena keeps this much for its next round: a batch of a busy ward monitor fits; a single 64 MiB message gives
 * its memory back. */
#define ARENA_KEEP_BYTES ((size_t)1 << 20)
/* An arena's first block: what a message keeps beside its bytes until it has settled, and 2,000 devices may speak in
 * the same moment. An arena that needs more doubles from there, once, and stays warm. */
#define ARENA_FIRST_BYTES ((size_t)1 << 10)

/* The encoded bytes of one report: the largest HL7 message (64 MiB) grows by field headers when it is encoded. */
#define LIMIT_REPORT_BYTES ((size_t)128 << 20)
/* Observations of one report: 64 MiB of the shortest OBX rows (`OBX|1|NM|1||1\r`) are fewer. */
#define LIMIT_OBSERVATIONS 5000000u
/* Alerts, context events and nodes of one report: far above any message known, and each may cost a row of its own
 * downstream. */
#define LIMIT_ALERTS 65536u
#define LIMIT_CONTEXTS 65536u
#define LIMIT_NODES 65536u
/* Values, components, identifiers, names, versions, codings of one thing: OBX-5 repeats a few times in practice; an
 * 80-lead table has some hundreds. */
#define LIMIT_PARTS 65536u
/* Channels of one sample block: a 12-lead ECG has 12, an EEG 256. */
#define LIMIT_SAMPLE_DIMENSIONS 4096u
/* Memory that decoding one report may take: containers are larger than their bytes by at most some 250 times (an empty
 * observation is 2 bytes); normal ones by 20. */
#define LIMIT_DECODED_BYTES ((size_t)1 << 30)
/* A file of the time zone database: the largest has 3.6 kB in the slim form and 10 kB in the fat form. */
#define LIMIT_ZONE_FILE_BYTES ((size_t)64 << 10)
/* The name of a time zone: the longest in the database has 32 characters. */
#define LIMIT_ZONE_NAME_BYTES ((size_t)64)

#endif

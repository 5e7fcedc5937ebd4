/*
 * Every size and count that a sender can drive, with the reason for its limit.
 */
#ifndef HL7V2_LIMITS_H
#define HL7V2_LIMITS_H

/* Bytes of one message when the site says nothing else: a report with an embedded document may be tens of megabytes. */
#define HL7V2_MAX_MESSAGE (64u * 1024 * 1024)
/* The least and the most that a site may set: a header must fit; a host keeps little more than the most unread. */
#define HL7V2_MAX_MESSAGE_LEAST 1024
#define HL7V2_MAX_MESSAGE_MOST (64u * 1024 * 1024)

/* Fields of a segment that are indexed. The longest segment that is read here is PV1 with 52; what follows is not
 * looked at. */
#define HL7V2_FIELDS 56

/* Components of a field that are looked at: CWE has 22, nothing beyond CX.10 and CWE.12 is used. */
#define HL7V2_COMPONENTS 12

/* Repetitions that are read of identifiers, names and the like. Values of OBX-5 have their own limit. */
#define HL7V2_REPETITIONS 16

/* Values in one OBX-5, and samples in one block. What is beyond makes the row a dead letter, never a shorter value. */
#define HL7V2_VALUES 1024
#define HL7V2_SAMPLES (1024u * 1024)

/* Observations in one report: a patient's group with more gives several reports, so that memory stays bounded. */
#define HL7V2_ROWS_PER_REPORT 2048
/* Alerts, nodes and context events in one report. */
#define HL7V2_ALERTS_PER_REPORT 256
/* Room for a note when its first part comes. */
#define HL7V2_NOTE_ROOM 256
#define HL7V2_NODES_PER_REPORT 1024
#define HL7V2_CONTEXTS_PER_REPORT 256

/* Devices (MDSs) that one patient's group can speak of, and waveform blocks whose rate and scale may stand in other
 * rows. */
#define HL7V2_DEVICES_PER_GROUP 32
/* Devices of a group whose own rows describe them, and versions of each. */
#define HL7V2_DESCRIBED 8
#define HL7V2_VERSIONS 6
#define HL7V2_WAVES_PER_GROUP 64
#define HL7V2_FACETS_PER_GROUP 64

/* Working memory of one report, in blocks: a group that needs more gives several reports. Larger single pieces are the
 * host's to give. */
#define HL7V2_REPORT_MEMORY (4u * 1024 * 1024)
#define HL7V2_MEMORY_BLOCK (32u * 1024)
/* Bytes of the shortest OBX worth the name, for a guess at how many a message holds. */
#define HL7V2_ROW_BYTES 64

/* Bytes of an MSH segment that are kept for the answer: more than all its fields at their longest in any version. */
#define HL7V2_HEADER 4096

/* Places that are remembered of patients to notice an A08 that moves somebody. A larger house forgets some; it then
 * only loses the suspicion, never an outright transfer. */
#define HL7V2_PLACES 4096

/* Entries of the setting `discard`. */
#define HL7V2_DISCARDS 64

#endif

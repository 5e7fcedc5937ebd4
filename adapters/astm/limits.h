/*
 * Every size and count that a sender can drive, with the reason for its limit.
 */
#ifndef ASTM_LIMITS_H
#define ASTM_LIMITS_H

/* Bytes of one message when the site says nothing else: a blood count with all its histograms has 32 kB, the longest
 * seen with pictures inside some hundreds. What a frame holds is part of its message, and analysers that send a whole
 * message in one frame are common, so the limit is the same for both. */
#define ASTM_MAX_MESSAGE (1024u * 1024)
/* The least and the most that a site may set: a few records must fit; the message, and its copy while its memory grows,
 * must stay below what a host lends an instance. */
#define ASTM_MAX_MESSAGE_LEAST 4096
#define ASTM_MAX_MESSAGE_MOST (2u * 1024 * 1024)

/* What is kept of a half message is kept in blocks of this size, so that a short frame at the end of a long message
 * costs one block and not the message. */
#define ASTM_BLOCK (16u * 1024)

/* Answers that may be owed at once. The protocol allows one; some senders do not wait. */
#define ASTM_OWED 64

/* Fields of a record that are looked at: the order record has 31, nothing beyond the patient record's 26th is used. */
#define ASTM_FIELDS 32
/* Components, repetitions: the longest universal test id seen has 9. */
#define ASTM_COMPONENTS 16
#define ASTM_REPETITIONS 32

/* Observations of one report: a patient with more gives several reports, so that memory stays bounded. */
#define ASTM_ROWS_PER_REPORT 1024
/* Comments on a patient or order that are repeated with each of its results. A longer one would multiply. */
#define ASTM_SHARED_NOTE 1024

/* Bytes of the address of a peer that are told apart. */
#define ASTM_PEER 128

#endif

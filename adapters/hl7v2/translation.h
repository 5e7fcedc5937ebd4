/*
 * The state of translating one message: what its header says, the patient's group that is being read, and the report
 * that grows from it. It lives in the session and is used for one message after the other. One thread.
 */
#ifndef HL7V2_TRANSLATION_H
#define HL7V2_TRANSLATION_H

#include "dialect.h"
#include "person.h"

/* HL7 table 0357. */
#define HL7V2_SEGMENT_SEQUENCE 100
#define HL7V2_REQUIRED_FIELD 101
#define HL7V2_DATA_TYPE 102
#define HL7V2_UNSUPPORTED_MESSAGE 200
#define HL7V2_UNSUPPORTED_EVENT 201
#define HL7V2_UNSUPPORTED_VERSION 203
#define HL7V2_INTERNAL_ERROR 207

/* Why a message is refused. code == 0: it is not. */
typedef struct hl7v2_fault {
    uint32_t code;
    char segment[4];
    uint32_t sequence; /* of the segment among those of its name; of a nameless one in the message */
    uint32_t field;    /* 0: the segment as a whole */
    const char *reason;
    bool is_nameless; /* `segment` is whatever stood where a name should: for its sender only */
} hl7v2_fault;

/* What the site says of a link. The slices are the instance's. */
typedef struct hl7v2_settings {
    size_t max_message;
    dragoman_bytes charset; /* of the dialect, ours to release */
    bool sender_has_peer;   /* the peer's address is part of the sender's name */
    bool sender_has_header; /* MSH-3 and MSH-4 are */
    dragoman_bytes discard[HL7V2_DISCARDS];
    uint32_t discard_count;
} hl7v2_settings;

typedef enum hl7v2_kind {
    HL7V2_KIND_RESULTS,
    HL7V2_KIND_ALARMS, /* results, and rows with a facet are parts of alerts */
    HL7V2_KIND_ADT,
    HL7V2_KIND_DISCARDED,
} hl7v2_kind;

/* A device that rows of this group named by OBX-18. */
typedef struct hl7v2_heard {
    uint32_t mds;
    bool is_mds_row; /* it stood on the MDS's own row */
    dragoman_identifier identifier;
} hl7v2_heard;

/* What rows of a device say about the device itself. */
typedef struct hl7v2_described {
    uint32_t mds;
    dragoman_bytes manufacturer;
    dragoman_bytes model;
    dragoman_bytes serial;
    dragoman_version versions[HL7V2_VERSIONS];
    uint32_t version_count;
} hl7v2_described;

/* A block of samples whose rate and scale may stand in rows below it. */
typedef struct hl7v2_wave {
    uint32_t order;
    dragoman_path path;
    dragoman_samples *samples;
} hl7v2_wave;

/* A rate or scale that came before its block. */
typedef struct hl7v2_facet {
    uint32_t order;
    dragoman_path path;
    uint32_t row; /* its observation, which goes when the block comes */
    bool is_rate;
    dragoman_decimal number;
} hl7v2_facet;

typedef struct hl7v2_translation {
    const dragoman_host *host;
    void *context;
    const hl7v2_settings *settings;
    hl7v2_message message;
    hl7v2_memory memory;        /* of the report */
    hl7v2_memory header_memory; /* of the message */
    dragoman_bytes peer;        /* who is connected, without a port; empty for files. The session's. */
    hl7v2_dialects dialects;
    hl7v2_dialect dialect; /* of this message */
    hl7v2_fault fault;
    uint64_t odd_values;

    hl7v2_segment header;
    hl7v2_kind kind;
    dragoman_bytes type;
    dragoman_bytes trigger;
    dragoman_bytes version;
    dragoman_bytes id;
    dragoman_time sent_at;
    int16_t zone;   /* of MSH-7, for times without one */
    bool is_answer; /* it has an MSA: it answers something and is not answered itself */
    bool is_laboratory;
    bool is_monitor; /* the sender as a whole is one, whatever its codes */
    uint32_t reports;

    hl7v2_claim claim;
    hl7v2_claim first_claim; /* the first patient of a swap or unlink */
    bool has_first_claim;
    hl7v2_segment event; /* EVN */
    uint32_t patients;   /* PID segments */

    hl7v2_segment order; /* OBR */
    hl7v2_segment specimen;
    uint32_t order_number;
    uint32_t order_first_row;
    uint32_t order_first_alert;
    dragoman_time order_start;
    dragoman_time order_end;
    bool order_is_laboratory;
    const dragoman_order *order_read; /* of this report's memory, or NULL */

    uint32_t row_sequence;
    bool row_takes_notes; /* the last segment was an observation or its note */
    size_t note_room;     /* bytes that the last row's note may still grow in place */
    bool needs_bed; /* the group has rows that are no laboratory's: a sender's name alone may stand for many beds */
    dragoman_bytes producer_field; /* OBX-18 of the row before, and what it says */
    dragoman_identifier producer;

    hl7v2_rows observations;
    hl7v2_rows nodes;
    hl7v2_rows alerts;
    hl7v2_rows contexts;
    hl7v2_heard heard[HL7V2_DEVICES_PER_GROUP];
    uint32_t heard_count;
    hl7v2_described described[HL7V2_DESCRIBED];
    uint32_t described_count;
    hl7v2_wave waves[HL7V2_WAVES_PER_GROUP];
    uint32_t wave_count;
    hl7v2_facet facets[HL7V2_FACETS_PER_GROUP];
    uint32_t facet_count;
    uint32_t folded[HL7V2_FACETS_PER_GROUP]; /* observations that went into a block, in no order */
    uint32_t folded_count;
} hl7v2_translation;

/* Zeroes a translation and gives it its host. */
void hl7v2_translation_init(hl7v2_translation *translation, const dragoman_host *host, void *context,
                            const hl7v2_settings *settings);
/* Forgets the memory of the call before: at the start of each call that brings bytes. */
void hl7v2_translation_forget(hl7v2_translation *translation);

/* Reads the header of the message that begins at `text`: everything up to where its body begins to matter. On a fault
 * (translation->fault) what could be read is there nevertheless. */
void hl7v2_translation_begin(hl7v2_translation *translation, dragoman_bytes text);

/* Translates the body and emits its reports; a message is open at the host. Sets the fault when the message must be
 * refused. */
void hl7v2_translation_run(hl7v2_translation *translation);

/* Notes why the message is refused; the first reason counts. */
void hl7v2_fail(hl7v2_translation *translation, uint32_t code, const char *segment, uint32_t sequence, uint32_t field,
                const char *reason);

/* ---- one idea each, in the file of its name ---- */

/* row.c: an OBX segment. */
void hl7v2_row_read(hl7v2_translation *translation, const hl7v2_segment *segment);
/* row.c: a note (NTE) on the row before. */
void hl7v2_row_note(hl7v2_translation *translation, const hl7v2_segment *segment);
/* row.c: a participation (PRT) on the row before: the device that newer versions name there. */
void hl7v2_row_participant(hl7v2_translation *translation, const hl7v2_segment *segment);

/* What an OBX row is, before it is known what becomes of it. */
typedef struct hl7v2_row {
    const hl7v2_segment *segment;
    dragoman_concept code;
    uint32_t mdc; /* the number of its MDC coding, or 0 */
    dragoman_path path;
    uint32_t levels; /* of a containment path in OBX-4; 0: it is none */
    uint32_t facet;  /* the fifth level, 0 without */
    dragoman_bytes sub_id;
    bool is_monitor;
} hl7v2_row;

/* row.c: the value, unit and status of a row as an observation's parts. False: the row is at fault. */
bool hl7v2_row_values(hl7v2_translation *translation, const hl7v2_row *row, dragoman_observation *observation,
                      dragoman_samples **ret_samples);

/* waves.c: keeps a block of samples in mind, and takes what is known of it already. */
void hl7v2_wave_add(hl7v2_translation *translation, dragoman_path path, dragoman_samples *samples);
/* waves.c: whether the row is a rate or scale that went into a block. Else it may still do so later: `index` is where
 * its observation stands. */
bool hl7v2_wave_take(hl7v2_translation *translation, const hl7v2_row *row, const dragoman_observation *observation,
                     uint32_t index);
/* waves.c: takes the observations out that went into a block. */
void hl7v2_wave_compact(hl7v2_translation *translation);

/* acm.c: whether the row is part of an alert; it was added then. */
bool hl7v2_alert_take(hl7v2_translation *translation, const hl7v2_row *row);

/* order.c: an OBR segment: a new order. */
void hl7v2_order_begin(hl7v2_translation *translation, const hl7v2_segment *segment);
/* order.c: an SPM segment: the specimen of the rows before it, in OUL of the orders behind it. */
void hl7v2_order_specimen(hl7v2_translation *translation, const hl7v2_segment *segment);
/* order.c: the order of the rows that are being read, in the report's memory. */
const dragoman_order *hl7v2_order_get(hl7v2_translation *translation);
/* order.c: the time of a row: OBX-14, else OBR-7, else MSH-7. */
void hl7v2_order_time(hl7v2_translation *translation, dragoman_bytes field, dragoman_time *ret_time, bool *ret_is_own);

/* device.c: what OBX-18 of a row says; `is_mds_row`: on the row of the MDS itself. */
void hl7v2_device_hear(hl7v2_translation *translation, uint32_t mds, bool is_mds_row,
                       const dragoman_identifier *identifier);
/* device.c: takes a row that describes the device (model, serial, versions) to heart; it stays an observation beside
 * that. */
void hl7v2_device_describe(hl7v2_translation *translation, const hl7v2_row *row);
/* device.c: who sends the rows of `mds`; `is_only`: no other MDS speaks in this group. */
void hl7v2_device_find(hl7v2_translation *translation, uint32_t mds, bool is_only, dragoman_device *ret_device);

/* report.c: hands on what was gathered for the current patient and forgets it. */
void hl7v2_report_flush(hl7v2_translation *translation);
/* report.c: forgets what was gathered. */
void hl7v2_report_clear(hl7v2_translation *translation);
/* report.c: hands on as hl7v2_report_flush, if there is no more room for another row. */
void hl7v2_report_make_room(hl7v2_translation *translation);

/* adt.c: whether ADT messages of this trigger are understood. */
bool hl7v2_adt_knows(dragoman_bytes trigger);
/* adt.c: what the segments of the current patient say happened; nothing before the first PID. */
void hl7v2_adt_close(hl7v2_translation *translation);
/* adt.c: the end of the message: a swap that names only one patient. */
void hl7v2_adt_end(hl7v2_translation *translation);

#endif

/*
 * FHIR R4 from a report and its meanings. Reads nothing but model and terms.
 *
 * One writer per thread. A writer keeps blocks of JSON text rendered once per device and once per metric (bounded;
 * never per pair), so that an observation costs copies plus its value, time and id. Output is compact JSON text, UTF-8,
 * decimals exactly as sent.
 */
#ifndef FHIR_FHIR_H
#define FHIR_FHIR_H

#include "base/buffer.h"
#include "base/error.h"
#include "model/model.h"
#include "terms/terms.h"

typedef enum fhir_shape {
    FHIR_SHAPE_POCD = 0, /* MDS, VMD, channel devices and DeviceMetrics where the path is known (IHE/HL7 PoCD guide) */
    FHIR_SHAPE_CORE = 1, /* one Device; observations point at it */
    FHIR_SHAPE_PHD = 2,  /* personal health devices by the HL7 PHD guide, any other device as CORE */
} fhir_shape;

typedef enum fhir_bundle {
    FHIR_BUNDLE_TRANSACTION = 0,
    FHIR_BUNDLE_BATCH = 1,
    FHIR_BUNDLE_COLLECTION = 2,
    FHIR_RESOURCES = 3, /* NDJSON: one resource a line, no Bundle */
} fhir_bundle;

/* How a receiver wants to be written to. */
typedef enum fhir_write {
    FHIR_WRITE_PUT = 0,    /* PUT Type/id with our derived ids (server has updateCreate) */
    FHIR_WRITE_CREATE = 1, /* conditional create by identifier, references by urn:uuid */
} fhir_write;

typedef struct fhir_options {
    fhir_shape shape;
    fhir_bundle bundle;
    fhir_write write;
    bool unvalidated_is_final;    /* OBX-11 R becomes final instead of preliminary */
    bool repeats_are_written;     /* also write observations that only repeat an episodic value (archives) */
    dragoman_bytes status_system; /* measurement-status canonical; empty: terminology.hl7.org's */
    /* URI prefix for identifiers and codes without a universal authority, e.g. "urn:dragoman:st-example"; empty:
     * FHIR_DEFAULT_IDENTIFIER_BASE */
    dragoman_bytes identifier_base;
    /* What fullUrl starts with, without a final slash: the receiver's own base where it is known; empty:
     * FHIR_DEFAULT_BASE_URL. Receivers take the place from request.url; only references within the Bundle lean on it.
     */
    dragoman_bytes base_url;
    /* EUI-64 of this gateway, for FHIR_SHAPE_PHD; empty: the guide's zeros */
    dragoman_bytes gateway_id;
} fhir_options;

#define FHIR_DEFAULT_IDENTIFIER_BASE "urn:dragoman:local"
#define FHIR_DEFAULT_BASE_URL "http://dragoman.invalid/fhir"

typedef struct fhir_writer fhir_writer;

/* Makes a writer. `book` must outlive it; `options` are copied. */
dragoman_status fhir_writer_create(const fhir_options *options, const terms_book *book, fhir_writer **ret_writer,
                                   error_record *error);
/* Frees a writer; NULL is allowed. */
void fhir_writer_destroy(fhir_writer *writer);

/* Forgets what was written: the next reports of a stream of resources (FHIR_RESOURCES) carry their devices, metrics and
 * patients again. For a new file or a receiver that may have missed something. */
void fhir_writer_forget(fhir_writer *writer);

/* What a rendering held. */
typedef struct fhir_count {
    uint32_t resources;
    uint32_t observations;
} fhir_count;

/* Appends one report: a Bundle on one line, or with FHIR_RESOURCES one resource a line, each line ended by '\n'. A
 * report with nothing to say appends nothing. NO_MEMORY; else always succeeds for a report that passed model_check. */
dragoman_status fhir_render(fhir_writer *writer, const model_record *record, const terms_meanings *meanings, buffer *to,
                            fhir_count *ret_count);

#endif

/*
 * The report's life inside the house: checked, widened to our size, encoded once, decoded where it is read, and named.
 *
 * The C form is dragoman_report (dragoman/report.h); the written form is the message Report of schemas/dragoman.proto.
 * The host encodes what an adapter emitted; the store's committer appends a Stamp; publishers decode both. Because
 * protobuf fields may follow each other in any order, a stamped report is simply the report's bytes with the stamp's
 * field behind them.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include <dragoman/report.h>

#define MODEL_ID_BYTES 65 /* FHIR id: 64 characters of [A-Za-z0-9-.] and a NUL */

/* What the house knows of a report at commit and the device did not say. Fixed then. */
typedef struct model_stamp {
    dragoman_bytes link;    /* link name */
    dragoman_bytes adapter; /* adapter name */
    dragoman_bytes adapter_version;
    dragoman_bytes profile;    /* profile (dialect) that the link or sender pattern chose, or empty */
    dragoman_bytes device_key; /* the house-wide, never changing key of the device */
    int64_t received_at_us;    /* UTC: when the last byte arrived */
    uint8_t received_quality;  /* dragoman_clock_quality */
    uint8_t has_clock_offset;
    uint32_t clock_epoch;     /* rises at each jump of the device's clock */
    int64_t clock_offset_us;  /* device clock minus ours at receipt, when measured */
    const uint32_t *repeated; /* indexes of observations that only repeat an earlier episodic value */
    uint32_t repeated_count;
} model_stamp;

/* A report with its stamp, as read back. */
typedef struct model_record {
    dragoman_report report;
    model_stamp stamp;
    bool has_stamp;
} model_record;

/* Checks the invariants of the model (one MDS; a key where it is needed; values present or absent, not both; ranges in
 * order; finite exponents within -128..127; text valid UTF-8; counts within limits.h). INVALID or LIMIT with a sentence
 * that names the observation. */
dragoman_status model_check(const dragoman_report *report, error_record *error);

/* A report whose containers all have this build's sizes: `report` itself when they have, else a copy in `memory` (only
 * containers are copied, texts stay borrowed). Members that the adapter's headers did not know are zero. NO_MEMORY;
 * INVALID when a container states no size, or items are counted that are not there. */
dragoman_status model_widen(const dragoman_report *report, arena *memory, const dragoman_report **ret_report);

/* Appends the report's encoded bytes to `to` (the hot encoder: one backward pass, byte for byte what nanopb writes).
 * The report must have passed model_check and model_widen. NO_MEMORY. */
dragoman_status model_encode(const dragoman_report *report, buffer *to);
/* Appends the stamp's field, to stand behind a report's bytes. NO_MEMORY. */
dragoman_status model_encode_stamp(const model_stamp *stamp, buffer *to);

/* Reads a stamped or unstamped report from untrusted bytes into `memory`; slices point into `bytes`. CORRUPT with a
 * sentence and offset when they are no report; unknown fields are skipped. NO_MEMORY when the arena's limit is reached.
 * What came from outside still has to pass model_check. */
dragoman_status model_decode(dragoman_bytes bytes, arena *memory, model_record *ret_record, error_record *error);

/* The derived id of observation `index`: device, time, metric and occurrence, at most 64 characters of FHIR's id
 * alphabet (docs/decisions/ids.md). The same device saying the same thing again gives the same id. NUL-terminated into
 * `to`. Returns its length. Looks at all earlier observations: for whole reports, model_identities and
 * model_identity_id cost less. */
size_t model_observation_id(const model_record *record, uint32_t index, char to[MODEL_ID_BYTES]);
/* What an observation is known by, and how many earlier ones of its report are known by the same. */
typedef struct model_identity {
    uint64_t hash;
    uint32_t occurrence;
    uint32_t reserved;
} model_identity;

/* The identity of each observation of a report, in `memory`. NO_MEMORY. */
dragoman_status model_identities(const model_record *record, arena *memory, const model_identity **ret_identities);
/* As model_observation_id, from the identity that model_identities gave for `index`. */
size_t model_identity_id(const model_record *record, uint32_t index, model_identity identity, char to[MODEL_ID_BYTES]);

/* What the ids of one report's observations begin with while their time is the same. Zeroed before the first. */
typedef struct model_id_start {
    dragoman_time time;
    uint32_t size; /* 0: none yet */
    char text[MODEL_ID_BYTES];
} model_id_start;

/* As model_identity_id; `start` is kept between the calls for one record. */
size_t model_identity_id_after(const model_record *record, uint32_t index, model_identity identity,
                               model_id_start *start, char to[MODEL_ID_BYTES]);
/* The derived id of alert `index`: all phases of one alert share it. NUL-terminated into `to`. Returns its length. */
size_t model_alert_id(const model_record *record, uint32_t index, char to[MODEL_ID_BYTES]);
/* The derived id of context event `index`. NUL-terminated into `to`. Returns its length. */
size_t model_context_id(const model_record *record, uint32_t index, char to[MODEL_ID_BYTES]);
/* The derived id of the report's device; observations, alerts and nodes of it begin with it. NUL-terminated. Returns
 * its length. */
size_t model_device_id(const model_record *record, char to[MODEL_ID_BYTES]);
/* The derived id of the node or metric at `path` below the report's device; `code` tells metrics apart that swap
 * ordinals. NUL-terminated. Returns its length. */
size_t model_node_id(const model_record *record, dragoman_path path, dragoman_bytes code, char to[MODEL_ID_BYTES]);
/* The derived id of a patient identifier (authority, value and, where it does not name a person, type are hashed, so
 * that no identifier stands in a URL). NUL-terminated. Returns its length. */
size_t model_patient_id(const dragoman_identifier *identifier, char to[MODEL_ID_BYTES]);

#endif

/*
 * What the parts of this room share: the writer, the report that is being rendered, and resources rendered once.
 *
 * A scene lives for one fhir_render. Pointers into the writer's cache are good for that long.
 */
#ifndef FHIR_WRITER_H
#define FHIR_WRITER_H

#include "fhir/cache.h"
#include "fhir/fhir.h"
#include "fhir/json.h"

/* How resources name each other. */
typedef enum fhir_naming {
    FHIR_NAMED_BY_ID,         /* "Device/ID"; the receiver keeps our ids */
    FHIR_NAMED_BY_UUID,       /* "urn:uuid:..." of the entry; the receiver gives ids (transaction) */
    FHIR_NAMED_BY_IDENTIFIER, /* an identifier; entries must not lean on each other (batch) */
} fhir_naming;

/* The fixed texts around an Observation's id. */
typedef struct fhir_frame {
    dragoman_bytes head[4]; /* head[0] id head[1] id ...; empty slices end it */
    dragoman_bytes tail[3]; /* tail[0] id tail[1] ... */
    uint32_t head_count;
    uint32_t tail_count;
    size_t size; /* of all pieces */
} fhir_frame;

/* What is remembered of one resource id: what was last written of it, and in which report. */
typedef struct fhir_known {
    uint64_t digest;
    uint64_t report;
} fhir_known;

/* A resource that stands beside observations, as it goes out: a Bundle entry or a line. */
typedef struct fhir_resource {
    const char *type;
    char id[MODEL_ID_BYTES];
    dragoman_bytes text; /* entry with its comma, or line */
    uint64_t digest;
    fhir_known *known;
    dragoman_bytes reference; /* {"reference":"..."} */
} fhir_resource;

/* How many observations of a report are foreseen by their place in the device's last one: monitors send some tens, and
 * what stands further back is found by its key. */
#define FHIR_FORESEEN_MAX 512u

struct fhir_block;

/* The device of a report, with the parts that the message stated. */
typedef struct fhir_device {
    uint32_t number; /* stands for the device's whole content in the keys of its metrics */
    fhir_resource *mds;
    fhir_resource *gateway; /* of a device that is written by the PHD guide; else NULL */
    fhir_resource **parts;
    uint32_t part_count;
    struct fhir_block **foreseen; /* FHIR_FORESEEN_MAX of them, or NULL before the first observation */
} fhir_device;

struct fhir_writer {
    fhir_options options;
    const terms_book *book;
    arena memory; /* of the options' texts and frames */
    arena report; /* of one rendering */
    fhir_cache cache;
    buffer key;        /* of a look-up under way */
    buffer metric_key; /* the same for a metric, while `key` still holds its observation */
    buffer scratch;    /* of a resource under way */
    buffer wrapped;    /* of an entry under way */
    fhir_naming naming;
    fhir_frame created; /* Observations as written at first */
    fhir_frame updated; /* Observations that may replace an earlier one */
    dragoman_bytes status_system;
    uint64_t report_number;
    uint32_t device_number;
    bool is_bundle;
    bool has_requests;
    bool is_personal; /* the report under way is written by the PHD guide */
};

/* The report under way. */
typedef struct fhir_scene {
    fhir_writer *writer;
    const model_record *record;
    const terms_meanings *meanings;
    buffer *to;
    fhir_device *device;       /* or NULL: a report of context events only */
    fhir_resource *patient;    /* or NULL: nobody is named */
    fhir_resource *clock;      /* the coincident time stamp of the PHD guide, or NULL */
    dragoman_bytes subject;    /* members `"subject":...,` and `"encounter":...,` of an Observation about the patient */
    dragoman_bytes no_subject; /* the same for one about the device */
    const model_identity *identities; /* of the observations */
    model_id_start id_start;
    fhir_count count;
} fhir_scene;

/* Starts a resource in the writer's scratch: `{"resourceType":"TYPE","id":"ID",`. Followed by its members. */
buffer *fhir_resource_begin(fhir_scene *scene, const char *type, const char *id);
/* Ends it: wraps what stands in scratch and keeps it under type and id. `match_system` and `match_value` are the
 * identifier that finds it at a receiver that gives its own ids. NULL: no memory. */
fhir_resource *fhir_resource_end(fhir_scene *scene, const char *type, const char *id, dragoman_bytes match_system,
                                 dragoman_bytes match_value);
/* Appends a resource to the output, unless this report has it already or, in a stream of resources, its last written
 * form is the same. NULL is passed over. */
void fhir_resource_write(fhir_scene *scene, fhir_resource *resource);
/* Makes and adds the frame texts of Observations. NO_MEMORY. */
dragoman_status fhir_frames_make(fhir_writer *writer);

/* The system of the identifiers that we derive: the options' identifier base. */
dragoman_bytes fhir_base(const fhir_writer *writer);
/* Appends `urn:uuid:` and a UUID that is derived from type and id (version 8). */
void fhir_append_uuid(buffer *to, const char *type, const char *id);
/* Appends a reference object as value of `name` (or an element): to a resource by type and id under the writer's
 * naming. */
void fhir_reference(const fhir_scene *scene, buffer *to, const char *name, const fhir_resource *target);
/* A derived id: `prefix`, then 32 hexadecimal digits of a hash of `content`. */
void fhir_derive_id(const char *prefix, dragoman_bytes content, char to[MODEL_ID_BYTES]);
/* The identifier member array with our own derived identifier first; leaves the array open. Returns its begin. */
size_t fhir_own_identifier(const fhir_scene *scene, buffer *to, const char *id);

#endif

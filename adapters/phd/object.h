/*
 * An object of an agent's configuration and what its attributes say of it now (IEEE 11073-20601 clause 6, DIM).
 *
 * Attributes that describe a measurement stay in force until they are reported anew; the value and its time stamps
 * belong to one report only and are gathered in a phd_measure.
 */
#ifndef PHD_OBJECT_H
#define PHD_OBJECT_H

#include "codes.h"
#include "limits.h"
#include "mder.h"

typedef struct phd_type {
    uint16_t partition;
    uint16_t code;
} phd_type;

typedef struct phd_map_entry {
    uint16_t attribute;
    uint16_t size;
} phd_map_entry;

/* Scale-and-Range-Specification and Sa-Specification of samples (A.3.4). */
typedef struct phd_scale {
    uint32_t lower, upper; /* FLOAT-Type, absolute values */
    uint32_t lower_scaled, upper_scaled;
    uint8_t bytes; /* of the scaled values: 1, 2, 4; 0: not stated */
} phd_scale;

typedef struct phd_samples_spec {
    uint16_t count;
    uint8_t sample_bits;
    uint8_t significant_bits; /* 255: signed */
    bool is_known;
} phd_samples_spec;

typedef struct phd_object {
    uint16_t class_id;
    uint16_t handle;
    phd_type type;
    phd_type supplemental[PHD_SUPPLEMENTAL];
    uint16_t parts[PHD_PARTS]; /* Metric-Id-List: what the parts of a compound are */
    phd_map_entry map[PHD_MAP_ENTRIES];
    uint8_t supplemental_count, part_count, map_count;
    uint16_t metric_spec;
    uint16_t metric_id;        /* more exact than the type's code; 0: not stated */
    uint16_t metric_partition; /* of metric_id and parts; 0: the type's */
    uint16_t enum_partition;   /* of an enumeration's value; 0: the type's */
    uint16_t unit;
    uint16_t status;           /* MeasurementStatus as sent */
    uint32_t sample_period;    /* RelativeTime */
    uint32_t transfer_timeout; /* PM-store: RelativeTime; 0: not stated */
    uint32_t clear_timeout;    /* the same */
    uint16_t segment_count;    /* PM-store */
    bool has_segment_count;
    phd_scale scale;
    phd_samples_spec samples;
    dragoman_bytes handle_maps; /* scanner: HandleAttrValMap, borrowed from the configuration's bytes */
} phd_object;

/* What one scan says of one object. */
typedef struct phd_measure {
    uint16_t attribute; /* which observed value it is; 0: none */
    dragoman_bytes value;
    dragoman_bytes stamp_absolute, stamp_base_offset, stamp_relative, stamp_hires; /* as sent; empty: not sent */
    dragoman_bytes active_period;                                                  /* FLOAT-Type seconds */
} phd_measure;

typedef struct phd_configuration {
    phd_object *objects;
    uint32_t count;
    dragoman_bytes bytes; /* ConfigObjectList that the objects were read from; empty for a standard configuration */
} phd_configuration;

/* Takes a whole AttributeList from `reader`. `measure` may be NULL, for a configuration: then observed values and
 * stamps count for nothing. False when the list is broken or a value is not of its attribute's type. Attributes that
 * nobody needs here are taken and forgotten. */
bool phd_object_apply_list(phd_object *object, phd_measure *measure, phd_reader *reader);
/* Takes values in the order and sizes of a map, as fixed formats have them: exactly all of `values`. */
bool phd_object_apply_map(phd_object *object, phd_measure *measure, const phd_map_entry *map, uint32_t count,
                          phd_reader *values);
/* Reads an AttrValMap; false when it is broken or longer than PHD_MAP_ENTRIES. */
bool phd_map_read(phd_reader *reader, phd_map_entry *map, uint8_t *ret_count);
/* The object with a handle, or NULL. */
phd_object *phd_object_find(const phd_configuration *configuration, uint16_t handle);

#endif

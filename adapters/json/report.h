/*
 * Reports from the parts of a message that a map knows. Everything lies in batch memory.
 */
#ifndef JSON_REPORT_H
#define JSON_REPORT_H

#include "map.h"
#include "tree.h"

typedef struct json_outcome {
    uint32_t matches;  /* parts of the message that the map knows */
    uint32_t odd;      /* values and times that are not of their type */
    const char *fault; /* a sentence: the message as a whole must not be taken; NULL: it is good */
} json_outcome;

/* Emits a report for each part of the message that is of a known kind, into the host's open message. `topic` may be
 * empty. The host's status; OK with a fault when the message breaks what its profile demands. */
dragoman_status json_report_emit(const dragoman_host *host, void *context, const json_map *map, const json_tree *tree,
                                 dragoman_bytes topic, json_outcome *ret_outcome);

#endif

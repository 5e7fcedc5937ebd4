/*
 * One message of ASTM E1394 (LIS02), from its header to its terminator, as reports: one for each patient record.
 */
#ifndef ASTM_TRANSLATE_H
#define ASTM_TRANSLATE_H

#include "record.h"

/* Where the number of the order stands. */
typedef enum astm_order_number {
    ASTM_ORDER_UNSAID = 0,
    ASTM_ORDER_NONE = 1,
    ASTM_ORDER_SPECIMEN = 2, /* the specimen id is the order's number too */
} astm_order_number;

/* What the site and the device's profile say. Numbers of components and fields count from 1; 0: nobody said. */
typedef struct astm_dialect {
    dragoman_bytes charset;     /* as the host knows it; empty: found out */
    dragoman_bytes code_system; /* of the manufacturer's codes */
    uint32_t code_component;    /* of the universal test id, that is the code alone */
    uint32_t loinc_component;   /* of the universal test id, that is a LOINC code */
    uint32_t name_component;    /* of the sender's name (H-5), that tells this one from others; the next likewise */
    uint32_t model_component;
    uint32_t serial_component;
    uint32_t version_component;
    uint32_t specimen_component; /* of the specimen id (O-3), that is the number on the tube */
    uint32_t patient_field;      /* of P, that holds the hospital's number of the patient: 3, 4 or 5 */
    uint32_t order_number;       /* astm_order_number */
} astm_dialect;

/* What became of a message, beside its reports. */
typedef struct astm_outcome {
    const char *fault; /* why it could not be read, or NULL: nothing was emitted then */
    bool has_query;    /* the analyser asks for orders */
    uint64_t odd;      /* times that are none */
    uint64_t replaced; /* bytes that no character set explains */
} astm_outcome;

/* Reads a message and emits its reports inside of the host's open message; results that nobody could name go to the
 * dead letters. `peer` names the device where the message does not. Any failure is ours: memory, or a limit of the
 * host.
 */
dragoman_status astm_translate(const dragoman_host *host, void *context, const astm_dialect *link, dragoman_bytes peer,
                               dragoman_bytes text, astm_outcome *ret_outcome);

/* Bytes of `text` up to the end of its first message: behind the terminator record, or before the next header. 0: it
 * is not complete. A record counts once its line end is there. `searched` says up to where the text was looked at
 * before and is brought up to date; 0 for a new message. */
size_t astm_message_size(dragoman_bytes text, size_t *searched);

#endif

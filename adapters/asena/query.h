/*
 * All that may ever be said to a pump: queries, as whole frames with their checksums. They are constants: no frame is
 * put together anywhere, so that nothing that comes in, no setting and no profile can become part of one. A command of
 * the protocol has fields behind its name or another name; there is none here.
 */
#ifndef ASENA_QUERY_H
#define ASENA_QUERY_H

#include <dragoman/base.h>

typedef enum asena_query {
    ASENA_QUERY_SERIAL = 0,
    ASENA_QUERY_PROTOCOL = 1,
    ASENA_QUERY_INFUSION = 2,
    ASENA_QUERY_VOLUME_TO_INFUSE = 3,
    ASENA_QUERY_ALARM = 4,
    ASENA_QUERY_SYRINGE = 5,
    ASENA_QUERIES = 6,
} asena_query;

/* The name of a query, which its answer repeats. A constant. */
dragoman_bytes asena_query_name(asena_query query);
/* The frame of a query. A constant. */
dragoman_bytes asena_query_frame(asena_query query);

#endif

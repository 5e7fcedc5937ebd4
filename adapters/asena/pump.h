/*
 * What is known of the pump at the other end, and the reports that are made of its answers. Everything goes out under
 * the names of the queries and with the pump's own words; what they mean is the profile's.
 */
#ifndef ASENA_PUMP_H
#define ASENA_PUMP_H

#include "frame.h"
#include <dragoman/adapter.h>

/* Coding systems of ours for the fields of answers, and for the words in them. */
#define ASENA_SYSTEM_FIELD "urn:dragoman:asena:field"
#define ASENA_SYSTEM_WORD "urn:dragoman:asena:word"
#define ASENA_SYSTEM_ALARM "urn:dragoman:asena:alarm"

/* A text of the pump that is kept. */
typedef struct asena_text {
    uint8_t size;
    uint8_t bytes[ASENA_NAME_MOST];
} asena_text;

typedef struct asena_pump {
    const dragoman_host *host;
    void *context;
    asena_text serial;
    asena_text protocol;
    asena_text alarm; /* code of the alarm that is told; empty: none */
    asena_text words; /* that stood with it */
    int64_t since_us; /* our wall clock when it was first seen; names it */
    bool tells_again; /* after a break an alarm that is still there is told again */
} asena_pump;

/* A new connection: a standing alarm is told again. */
void asena_pump_begin(asena_pump *pump);
/* Takes an answer to a query. UNSUPPORTED: nobody asks that. INVALID: its fields are not
 * those of such an answer. Else what emit said. */
dragoman_status asena_pump_take(asena_pump *pump, const asena_answer *answer, const dragoman_now *now);

#endif

/*
 * All that is known of one monitor, and what is owed to it.
 */
#ifndef INTELLIVUE_MONITOR_H
#define INTELLIVUE_MONITOR_H

#include "alarm.h"
#include "association.h"
#include "clock.h"
#include "metric.h"
#include "poll.h"

/* The states of the protocol dialogue ("Protocol Dialog"). */
typedef enum intellivue_state {
    INTELLIVUE_UNASSOCIATED = 0,
    INTELLIVUE_ASSOCIATING = 1, /* Association Request is out */
    INTELLIVUE_ASSOCIATED = 2,  /* Association Response came; MDS Create Event is awaited */
    INTELLIVUE_OPERATING = 3,   /* MDS Create Event was confirmed: polls may be sent */
    INTELLIVUE_STATES
} intellivue_state;

/* Messages that are due, as bits; sent from the lowest on, polls last. */
#define INTELLIVUE_OWES_ABORT 1u
#define INTELLIVUE_OWES_RELEASE_RESPONSE 2u
#define INTELLIVUE_OWES_REQUEST 4u
#define INTELLIVUE_OWES_EVENT_RESULT 8u
#define INTELLIVUE_OWES_POLLS 16u

/* A text of the monitor in UTF-8. */
typedef struct intellivue_text {
    char data[INTELLIVUE_TEXT_BYTES];
    uint8_t size;
} intellivue_text;

/* ProdSpecEntry: a revision of a part. */
typedef struct intellivue_version {
    uint16_t spec_type;
    uint16_t component;
    uint8_t size;
    char value[INTELLIVUE_LABEL_BYTES];
} intellivue_version;

/* Which device it is. */
typedef struct intellivue_identity {
    intellivue_text key; /* what reports name it by: its system id, or its address when it states none */
    intellivue_text system_id;
    intellivue_text manufacturer;
    intellivue_text model;
    intellivue_text serial;
    intellivue_text bed;
    uint16_t type_partition;
    uint16_t type_code; /* 0: not said */
    uint32_t version_count;
    intellivue_version versions[INTELLIVUE_VERSIONS];
} intellivue_identity;

/* PatDemoState: only ADMITTED says that the patient's data are there and valid. */
#define INTELLIVUE_ADMITTED 2u

/* Whom the monitor says it measures. */
typedef struct intellivue_person {
    bool is_admitted;
    uint16_t sex;
    intellivue_text id;
    intellivue_text family;
    intellivue_text given;
    dragoman_time born_at;
} intellivue_person;

typedef struct intellivue_monitor {
    uint8_t address_size; /* 0: the other end of a serial line */
    char address[INTELLIVUE_ADDRESS_BYTES];
    uint8_t state; /* intellivue_state */
    bool has_person;
    uint32_t owes;
    uint32_t extensions;         /* POLL_EXT_... that the monitor grants */
    uint32_t failures;           /* associations in a row that did not come about */
    int64_t timeout_us;          /* monotonic: when the state's patience ends */
    int64_t patience_ms;         /* after which either side ends a silent association */
    intellivue_operation create; /* the MDS Create Event that is to be confirmed; its body is gone */
    intellivue_clock clock;
    intellivue_identity identity;
    intellivue_person person;
    intellivue_polls polls;
    intellivue_metrics metrics;
    intellivue_alarm_list patient_alarms;
    intellivue_alarm_list technical_alarms;
} intellivue_monitor;

/* Takes what an MDS object's attributes say: identity, clock, place. Used for the MDS Create Event and for polls. */
void intellivue_identity_learn(intellivue_monitor *monitor, const intellivue_object *object);
/* Takes what a Patient Demographics object's attributes say. */
void intellivue_person_learn(intellivue_monitor *monitor, const intellivue_object *object);
/* Forgets the alarms that were active, and gives their memory back. */
void intellivue_alarms_forget(intellivue_monitor *monitor, const dragoman_host *host, void *host_context);
/* Forgets what an association taught. The identity stays, and so do the alarms: the first list of the next association
 * tells which of them have ended meanwhile. */
void intellivue_monitor_forget(intellivue_monitor *monitor, const dragoman_host *host, void *host_context);

#endif

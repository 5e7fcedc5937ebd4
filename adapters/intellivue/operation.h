/*
 * Messages of the data export protocol ("Definition of the Data Export Protocol"): SPpdu, remote operation, command.
 * All lengths in them must agree with the message, or it is refused as a whole.
 */
#ifndef INTELLIVUE_OPERATION_H
#define INTELLIVUE_OPERATION_H

#include "wire.h"

typedef enum intellivue_ro_type {
    ROIV_APDU = 1,  /* invoke */
    RORS_APDU = 2,  /* result, and the last of linked ones */
    ROER_APDU = 3,  /* error */
    ROLRS_APDU = 5, /* linked result: more follow */
} intellivue_ro_type;

typedef enum intellivue_command {
    CMD_EVENT_REPORT = 0,
    CMD_CONFIRMED_EVENT_REPORT = 1,
    CMD_CONFIRMED_ACTION = 7,
} intellivue_command;

/* ManagedObjectId. */
typedef struct intellivue_object_id {
    uint16_t object_class;
    uint16_t context;
    uint16_t handle;
} intellivue_object_id;

/* A message with its headers taken off. */
typedef struct intellivue_operation {
    uint16_t ro_type;
    uint16_t invoke_id;
    uint16_t command; /* CMDType; an error's error_value in ROER */
    uint8_t linked_state;
    uint8_t linked_count; /* from 1; 0: not linked */
    intellivue_object_id object;
    uint32_t event_time; /* of an event report */
    uint16_t type;       /* event_type or action_type */
    dragoman_bytes body; /* what the event or action carries */
} intellivue_operation;

/* What stands in the connect indication where other messages have their SPpdu. */
#define INTELLIVUE_NOMENCLATURE_BYTES 4u
/* The first byte of data export messages. */
#define INTELLIVUE_SESSION_ID 0xE1

/* Reads an event report, an action's result or an error. INVALID: lengths that disagree, or too few bytes;
 * UNSUPPORTED: well formed, but of a kind that is never asked for here. A connect indication is read likewise: its
 * nomenclature takes the place of the SPpdu. */
dragoman_status intellivue_operation_read(dragoman_bytes message, intellivue_operation *ret_operation);

/* Appends the confirmation of an event report. */
void intellivue_event_result(intellivue_writer *writer, const intellivue_operation *event);

/* ManagedObjectId. */
intellivue_object_id intellivue_read_object_id(intellivue_reader *reader);

/* What a client asks with NOM_ACT_POLL_MDIB_DATA or, with a period, NOM_ACT_POLL_MDIB_DATA_EXT. */
typedef struct intellivue_poll_request {
    uint16_t number; /* also its invoke id */
    uint16_t object_class;
    uint16_t group;
    uint32_t active_ticks; /* of an extended poll; 0: a single poll */
} intellivue_poll_request;

/* Appends a poll request. */
void intellivue_poll_write(intellivue_writer *writer, const intellivue_poll_request *request);

/* A sentence for the log with an error value's name in the guide. */
const char *intellivue_error_sentence(uint16_t error_value);

#endif

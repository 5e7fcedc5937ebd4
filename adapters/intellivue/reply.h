/*
 * Poll results: PollMdibDataReply and PollMdibDataReplyExt, the objects in them and their attributes ("SINGLE POLL DATA
 * RESULT", "EXTENDED POLL DATA RESULT").
 */
#ifndef INTELLIVUE_REPLY_H
#define INTELLIVUE_REPLY_H

#include "operation.h"

typedef struct intellivue_reply {
    uint16_t poll_number;
    uint16_t sequence_no; /* extended polls only */
    bool is_extended;
    uint32_t rel_time_stamp; /* ticks; of waves: when the block begins */
    uint16_t object_class;
    uint16_t group;
    dragoman_bytes poll_info_list;
} intellivue_reply;

/* ObservationPoll: one object's attributes. */
typedef struct intellivue_object {
    uint16_t context;
    uint16_t handle;
    dragoman_bytes attributes; /* count of them, whose lengths were looked at */
    uint16_t count;
} intellivue_object;

/* Reads a result and looks at all counts and lengths in it. INVALID when any two disagree. */
dragoman_status intellivue_reply_read(const intellivue_operation *operation, intellivue_reply *ret_reply);

/* Is told of each object, in order. */
typedef void (*intellivue_visit)(void *context, const intellivue_object *object);
/* Visits all objects of a result that was read. */
void intellivue_reply_walk(const intellivue_reply *reply, intellivue_visit visit, void *context);

/* Reads an AttributeList that must reach to the reader's end, as the one of an object. False when lengths disagree. */
bool intellivue_attributes_read(intellivue_reader *reader, intellivue_object *ret_object);

/* The value of an attribute; empty when the object does not have it. */
dragoman_bytes intellivue_attribute(const intellivue_object *object, uint32_t id);

#endif

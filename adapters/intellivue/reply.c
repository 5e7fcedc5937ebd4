#include "reply.h"
#include "codes.h"

#define ABSOLUTE_TIME_BYTES 8u

static bool read_attributes(intellivue_reader *reader, intellivue_object *object) {
    intellivue_reader list = intellivue_read_list(reader, &object->count);
    object->attributes = (dragoman_bytes){list.at, list.left};
    for (uint16_t n = 0; n < object->count && !list.has_failed; n++) {
        (void)intellivue_read_u16(&list);
        (void)intellivue_read_sized(&list);
    }
    return intellivue_reader_is_done(&list) && !reader->has_failed;
}

bool intellivue_attributes_read(intellivue_reader *reader, intellivue_object *ret_object) {
    intellivue_object object = {0};
    bool is_whole = read_attributes(reader, &object) && reader->left == 0;
    *ret_object = is_whole ? object : (intellivue_object){0};
    return is_whole;
}

/* SingleContextPoll. */
static bool walk_context(intellivue_reader *reader, intellivue_visit visit, void *context) {
    intellivue_object object = {.context = intellivue_read_u16(reader)};
    uint16_t count = 0;
    intellivue_reader polls = intellivue_read_list(reader, &count);
    for (uint16_t n = 0; n < count; n++) {
        object.handle = intellivue_read_u16(&polls);
        if (!read_attributes(&polls, &object)) {
            return false;
        }
        if (visit != NULL) {
            visit(context, &object);
        }
    }
    return intellivue_reader_is_done(&polls);
}

/* PollInfoList. */
static bool walk(dragoman_bytes poll_info_list, intellivue_visit visit, void *context) {
    intellivue_reader reader = intellivue_reader_of(poll_info_list);
    uint16_t count = 0;
    intellivue_reader list = intellivue_read_list(&reader, &count);
    for (uint16_t n = 0; n < count; n++) {
        if (!walk_context(&list, visit, context)) {
            return false;
        }
    }
    return intellivue_reader_is_done(&list) && intellivue_reader_is_done(&reader);
}

dragoman_status intellivue_reply_read(const intellivue_operation *operation, intellivue_reply *ret_reply) {
    intellivue_reader reader = intellivue_reader_of(operation->body);
    intellivue_reply reply = {.is_extended = operation->type == NOM_ACT_POLL_MDIB_DATA_EXT};
    if (!reply.is_extended && operation->type != NOM_ACT_POLL_MDIB_DATA) {
        return DRAGOMAN_UNSUPPORTED;
    }
    reply.poll_number = intellivue_read_u16(&reader);
    reply.sequence_no = reply.is_extended ? intellivue_read_u16(&reader) : 0;
    reply.rel_time_stamp = intellivue_read_u32(&reader);
    (void)intellivue_read_bytes(&reader, ABSOLUTE_TIME_BYTES); /* not supported: all bits set */
    (void)intellivue_read_u16(&reader);                        /* partition of the class */
    reply.object_class = intellivue_read_u16(&reader);
    reply.group = intellivue_read_u16(&reader);
    reply.poll_info_list = (dragoman_bytes){reader.at, reader.left};
    if (reader.has_failed || !walk(reply.poll_info_list, NULL, NULL)) {
        return DRAGOMAN_INVALID;
    }
    *ret_reply = reply;
    return DRAGOMAN_OK;
}

void intellivue_reply_walk(const intellivue_reply *reply, intellivue_visit visit, void *context) {
    (void)walk(reply->poll_info_list, visit, context);
}

dragoman_bytes intellivue_attribute(const intellivue_object *object, uint32_t id) {
    intellivue_reader list = intellivue_reader_of(object->attributes);
    for (uint16_t n = 0; n < object->count; n++) {
        uint16_t attribute = intellivue_read_u16(&list);
        dragoman_bytes value = intellivue_read_sized(&list);
        if (attribute == id) {
            return value;
        }
    }
    return (dragoman_bytes){NULL, 0};
}

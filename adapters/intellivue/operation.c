#include "operation.h"
#include "codes.h"

#define SESSION_HEADER 0xE1000002u /* session id 0xE100, presentation context 2 */

intellivue_object_id intellivue_read_object_id(intellivue_reader *reader) {
    intellivue_object_id id = {0};
    id.object_class = intellivue_read_u16(reader);
    id.context = intellivue_read_u16(reader);
    id.handle = intellivue_read_u16(reader);
    return id;
}

static void write_object_id(intellivue_writer *writer, const intellivue_object_id *id) {
    intellivue_write_u16(writer, id->object_class);
    intellivue_write_u16(writer, id->context);
    intellivue_write_u16(writer, id->handle);
}

/* EventReportArgument, ActionResult. */
static dragoman_status read_command(intellivue_reader *reader, intellivue_operation *operation) {
    bool is_event = operation->ro_type == ROIV_APDU &&
                    (operation->command == CMD_EVENT_REPORT || operation->command == CMD_CONFIRMED_EVENT_REPORT);
    bool is_result = operation->ro_type != ROIV_APDU && operation->command == CMD_CONFIRMED_ACTION;
    if (!is_event && !is_result) {
        return DRAGOMAN_UNSUPPORTED;
    }
    operation->object = intellivue_read_object_id(reader);
    operation->event_time = is_event ? intellivue_read_u32(reader) : 0;
    operation->type = intellivue_read_u16(reader);
    operation->body = intellivue_read_sized(reader);
    return intellivue_reader_is_done(reader) ? DRAGOMAN_OK : DRAGOMAN_INVALID;
}

dragoman_status intellivue_operation_read(dragoman_bytes message, intellivue_operation *ret_operation) {
    intellivue_reader reader = intellivue_reader_of(message);
    (void)intellivue_read_u32(&reader);
    intellivue_operation operation = {0};
    operation.ro_type = intellivue_read_u16(&reader);
    intellivue_reader apdu = intellivue_read_part(&reader, intellivue_read_u16(&reader));
    if (!intellivue_reader_is_done(&reader) || apdu.has_failed) {
        return DRAGOMAN_INVALID;
    }
    if (operation.ro_type == ROLRS_APDU) {
        operation.linked_state = intellivue_read_u8(&apdu);
        operation.linked_count = intellivue_read_u8(&apdu);
        if (operation.linked_count == 0) {
            return DRAGOMAN_INVALID;
        }
    } else if (operation.ro_type != ROIV_APDU && operation.ro_type != RORS_APDU && operation.ro_type != ROER_APDU) {
        return DRAGOMAN_UNSUPPORTED;
    }
    operation.invoke_id = intellivue_read_u16(&apdu);
    operation.command = intellivue_read_u16(&apdu);
    intellivue_reader command = intellivue_reader_of(intellivue_read_sized(&apdu));
    if (!intellivue_reader_is_done(&apdu)) {
        return DRAGOMAN_INVALID;
    }
    dragoman_status status = operation.ro_type == ROER_APDU ? DRAGOMAN_OK : read_command(&command, &operation);
    if (status == DRAGOMAN_OK) {
        *ret_operation = operation;
    }
    return status;
}

/* The headers up to the command's length, whose place is returned; `ret_apdu` is the place of the operation's. */
static size_t write_headers(intellivue_writer *writer, uint16_t ro_type, uint16_t invoke_id, uint16_t command,
                            size_t *ret_apdu) {
    intellivue_write_u32(writer, SESSION_HEADER);
    intellivue_write_u16(writer, ro_type);
    *ret_apdu = intellivue_write_later(writer);
    intellivue_write_u16(writer, invoke_id);
    intellivue_write_u16(writer, command);
    return intellivue_write_later(writer);
}

void intellivue_event_result(intellivue_writer *writer, const intellivue_operation *event) {
    size_t apdu = 0;
    size_t command = write_headers(writer, RORS_APDU, event->invoke_id, CMD_CONFIRMED_EVENT_REPORT, &apdu);
    write_object_id(writer, &event->object);
    intellivue_write_u32(writer, event->event_time);
    intellivue_write_u16(writer, event->type);
    intellivue_write_u16(writer, 0);
    intellivue_write_length(writer, command);
    intellivue_write_length(writer, apdu);
}

void intellivue_poll_write(intellivue_writer *writer, const intellivue_poll_request *request) {
    const intellivue_object_id mds = {.object_class = NOM_MOC_VMS_MDS};
    bool is_extended = request->active_ticks > 0;
    size_t apdu = 0;
    size_t command = write_headers(writer, ROIV_APDU, request->number, CMD_CONFIRMED_ACTION, &apdu);
    write_object_id(writer, &mds);
    intellivue_write_u32(writer, 0); /* scope */
    intellivue_write_u16(writer, is_extended ? NOM_ACT_POLL_MDIB_DATA_EXT : NOM_ACT_POLL_MDIB_DATA);
    size_t action = intellivue_write_later(writer);
    intellivue_write_u16(writer, request->number);
    intellivue_write_u16(writer, INTELLIVUE_PART_OBJ);
    intellivue_write_u16(writer, request->object_class);
    intellivue_write_u16(writer, request->group);
    if (is_extended) {
        intellivue_write_u16(writer, 1); /* poll_ext_attr */
        size_t attributes = intellivue_write_later(writer);
        intellivue_write_u16(writer, NOM_ATTR_TIME_PD_POLL);
        intellivue_write_u16(writer, 4);
        intellivue_write_u32(writer, request->active_ticks);
        intellivue_write_length(writer, attributes);
    }
    intellivue_write_length(writer, action);
    intellivue_write_length(writer, command);
    intellivue_write_length(writer, apdu);
}

const char *intellivue_error_sentence(uint16_t error_value) {
    static const char *const sentences[] = {
        [0] = "the monitor refuses a poll: NO_SUCH_OBJECT_CLASS",
        [1] = "the monitor refuses a poll: NO_SUCH_OBJECT_INSTANCE",
        [2] = "the monitor refuses a poll: ACCESS_DENIED",
        [7] = "the monitor refuses a poll: GET_LIST_ERROR",
        [8] = "the monitor refuses a poll: SET_LIST_ERROR",
        [9] = "the monitor refuses a poll: NO_SUCH_ACTION",
        [10] = "the monitor refuses a poll: PROCESSING_FAILURE",
        [15] = "the monitor refuses a poll: INVALID_ARGUMENT_VALUE",
        [16] = "the monitor refuses a poll: INVALID_SCOPE",
        [17] = "the monitor refuses a poll: INVALID_OBJECT_INSTANCE",
    };
    const char *sentence = error_value < sizeof sentences / sizeof *sentences ? sentences[error_value] : NULL;
    return sentence == NULL ? "the monitor refuses a poll with an error that the guide does not name" : sentence;
}

#include "session.h"

#define RELATIVE_TICKS_PER_MS 8
/* Arguments of a request: the longest, a data request, has 22 bytes. */
#define ARGUMENT_ROOM 48
#define DATA_REQUEST_ID 1
/* SegmSelection (A.4). */
#define ALL_SEGMENTS 1
#define SEGMENT_LIST 2

/* The next object of one of two classes from step_object on, or NULL. */
static const phd_object *next_object(phd_session *s, uint16_t one_class, uint16_t other_class) {
    while (s->step_object < s->configuration.count) {
        const phd_object *object = &s->configuration.objects[s->step_object];
        if (object->class_id == one_class || object->class_id == other_class) {
            return object;
        }
        s->step_object++;
    }
    s->step_object = 0;
    return NULL;
}

/* GetArgumentSimple with an empty list: every attribute (A.10.4). */
static void get(phd_session *s, uint16_t handle) {
    static const uint8_t empty_list[4] = {0};
    phd_answer_request(s, PHD_GET, handle, (dragoman_bytes){empty_list, sizeof empty_list}, PHD_TO_GET_MS);
}

/* Replaces Operational-State by enabled: the scanner begins to report what it has (6.3.9.3). */
static void enable(phd_session *s, uint16_t handle) {
    uint8_t room[ARGUMENT_ROOM];
    phd_writer to = {.data = room, .room = sizeof room};
    phd_put_u16(&to, 1);
    size_t list = phd_open_length(&to);
    phd_put_u16(&to, 0); /* replace */
    phd_put_u16(&to, PHD_OP_STAT);
    phd_put_u16(&to, 2);
    phd_put_u16(&to, 1); /* enabled */
    phd_close_length(&to, list);
    phd_answer_request(s, PHD_CONFIRMED_SET, handle, (dragoman_bytes){room, to.size}, PHD_TO_SET_MS);
}

static void action(phd_session *s, uint16_t handle, uint16_t kind, const phd_writer *arguments, int64_t timeout_ms) {
    uint8_t room[ARGUMENT_ROOM];
    phd_writer to = {.data = room, .room = sizeof room};
    phd_put_u16(&to, kind);
    size_t length = phd_open_length(&to);
    phd_put_bytes(&to, (dragoman_bytes){arguments->data, arguments->size});
    phd_close_length(&to, length);
    phd_answer_request(s, PHD_CONFIRMED_ACTION, handle, (dragoman_bytes){room, to.size}, timeout_ms);
}

/* DataRequest (A.11.5) for all that the agent has. */
static void request_data(phd_session *s) {
    uint8_t room[ARGUMENT_ROOM];
    phd_writer to = {.data = room, .room = sizeof room};
    bool has_no_limit = (s->request_modes & PHD_SUPPORTS_NO_LIMIT) != 0;
    phd_put_u16(&to, DATA_REQUEST_ID);
    phd_put_u16(&to, has_no_limit ? PHD_REQUEST_ALL_NO_LIMIT : PHD_REQUEST_ALL_ONCE);
    phd_put_u32(&to, 0); /* data-req-time: not timed */
    phd_put_u16(&to, PHD_PERSON_UNKNOWN);
    phd_put_u16(&to, 0); /* data-req-class: all */
    phd_put_u32(&to, 0); /* no handles */
    action(s, PHD_HANDLE_MDS, PHD_ACT_DATA_REQUEST, &to, PHD_TO_ACTION_MS);
}

/* An agent that starts nothing by itself and can be asked for everything. */
static bool wants_request(const phd_session *s) {
    bool is_passive = (s->request_modes & PHD_SUPPORTS_AGENT_INITIATED) == 0;
    bool is_able = (s->request_modes & PHD_SUPPORTS_SCOPE_ALL) != 0 &&
                   (s->request_modes & (PHD_SUPPORTS_NO_LIMIT | PHD_SUPPORTS_SINGLE)) != 0;
    return is_passive && is_able;
}

static void select_segments(phd_session *s, uint16_t handle, bool is_all, uint16_t kind, int64_t timeout_ms) {
    uint8_t room[ARGUMENT_ROOM];
    phd_writer to = {.data = room, .room = sizeof room};
    phd_put_u16(&to, is_all ? ALL_SEGMENTS : SEGMENT_LIST);
    size_t length = phd_open_length(&to);
    if (is_all) {
        phd_put_u16(&to, 0);
    } else {
        phd_put_u16(&to, 1);
        phd_put_u16(&to, 2);
        phd_put_u16(&to, s->store.segments[s->store.at].instance);
    }
    phd_close_length(&to, length);
    action(s, handle, kind, &to, timeout_ms);
}

static void transfer(phd_session *s, uint16_t handle) {
    uint8_t room[ARGUMENT_ROOM];
    phd_writer to = {.data = room, .room = sizeof room};
    phd_put_u16(&to, s->store.segments[s->store.at].instance);
    action(s, handle, PHD_ACT_SEG_TRIG_XFER, &to, PHD_TO_ACTION_MS);
}

static int64_t timeout_of(uint32_t stated, int64_t otherwise_ms) {
    return stated == 0 ? otherwise_ms : (int64_t)stated / RELATIVE_TICKS_PER_MS + 1;
}

/* Goes on with the next store, when the loop over the steps comes round. */
static void next_store(phd_session *s) {
    phd_store_clear(s);
    s->step_object++;
    s->step = PHD_STEP_STORE - 1;
}

/* The steps about PM-stores. False: nothing is to be asked in this one. */
static bool ask_store(phd_session *s) {
    const phd_object *store = s->settings.reads_stores ? next_object(s, PHD_CLASS_PM_STORE, PHD_CLASS_PM_STORE) : NULL;
    if (store == NULL) {
        s->step = PHD_STEP_DONE - 1;
        return false;
    }
    switch (s->step) {
    case PHD_STEP_STORE:
        get(s, store->handle);
        return true;
    case PHD_STEP_SEGMENT_INFO:
        select_segments(s, store->handle, true, PHD_ACT_SEG_GET_INFO, PHD_TO_ACTION_MS);
        return true;
    case PHD_STEP_TRANSFER:
        if (phd_store_find(s)) {
            transfer(s, store->handle);
            return true;
        }
        next_store(s);
        return false;
    default:
        select_segments(s, store->handle, false, PHD_ACT_SEG_CLR, timeout_of(store->clear_timeout, PHD_TO_CLEAR_MS));
        return true;
    }
}

/* Asks what the step is about. False: nothing is to be asked in it. */
static bool ask(phd_session *s) {
    const phd_object *scanner = NULL;
    switch (s->step) {
    case PHD_STEP_MDS:
        get(s, PHD_HANDLE_MDS);
        return true;
    case PHD_STEP_SCANNER:
        scanner = s->settings.enables_scanners ? next_object(s, PHD_CLASS_EPISODIC_SCANNER, PHD_CLASS_PERIODIC_SCANNER)
                                               : NULL;
        if (scanner != NULL) {
            enable(s, scanner->handle);
        }
        return scanner != NULL;
    case PHD_STEP_DATA_REQUEST:
        if (wants_request(s)) {
            request_data(s);
            return true;
        }
        return false;
    default:
        return ask_store(s);
    }
}

static void go_on(phd_session *s) {
    while (s->state == PHD_OPERATING && !s->is_waiting && s->step < PHD_STEP_DONE && !ask(s)) {
        s->step = (phd_step)(s->step + 1);
    }
}

void phd_request_begin(phd_session *s) {
    s->step = PHD_STEP_MDS;
    s->step_object = 0;
    s->is_waiting = false;
    go_on(s);
}

void phd_request_step(phd_session *s, phd_step step) {
    s->step = step;
    s->is_waiting = false;
    s->deadline_us = DRAGOMAN_NO_DEADLINE;
    go_on(s);
}

/* --- answers */

static void emit_facts(phd_session *s) {
    const dragoman_host *host = s->host;
    dragoman_bytes name = {(const uint8_t *)s->facts.name, PHD_SYSTEM_NAME_BYTES};
    uint64_t number = 0;
    if (host->message_begin(s->context, name, (dragoman_bytes){NULL, 0}, phd_digest(s->facts.bytes), &number) !=
        DRAGOMAN_OK) {
        return;
    }
    phd_report report;
    phd_report_begin(&report, host, s->context, &s->facts);
    phd_report_add_facts(&report);
    if (phd_report_emit(&report, PHD_PERSON_UNKNOWN, true) != DRAGOMAN_OK) {
        host->message_abandon(s->context);
        return;
    }
    (void)host->message_end(s->context);
}

static void take_mds(phd_session *s, dragoman_bytes list) {
    if (phd_facts_read(&s->facts, s->host, s->context, list, &s->now) == DRAGOMAN_OK) {
        emit_facts(s);
    } else {
        phd_session_log(s, DRAGOMAN_LOG_WARNING, "what an agent says of itself cannot be understood");
        s->host->count(s->context, DRAGOMAN_COUNT_BAD_FRAME, 1);
    }
    phd_request_step(s, PHD_STEP_SCANNER);
}

/* A DataResponse may hold the data itself (single response). */
static void take_data_response(phd_session *s, uint16_t invoke_id, phd_reader *reader) {
    uint32_t time = phd_u32(reader);
    uint16_t result = phd_u16(reader);
    uint16_t type = phd_u16(reader);
    dragoman_bytes info = phd_octets(reader);
    if (!phd_is_done(reader) || result != 0) {
        phd_session_log(s, DRAGOMAN_LOG_WARNING, "an agent refused to be asked for its data");
    } else if (info.size > 0) {
        uint8_t room[16];
        phd_writer head = {.data = room, .room = sizeof room};
        phd_put_u16(&head, PHD_HANDLE_MDS);
        phd_put_u32(&head, time);
        phd_put_u16(&head, type);
        phd_put_u16(&head, (uint32_t)info.size);
        uint8_t *body = (uint8_t *)s->host->batch(s->context, head.size + info.size);
        if (body != NULL) {
            phd_writer to = {.data = body, .room = head.size + info.size};
            phd_put_bytes(&to, (dragoman_bytes){head.data, head.size});
            phd_put_bytes(&to, info);
            phd_data event = {.invoke_id = invoke_id, .choice = PHD_EVENT, .body = {body, to.size}};
            phd_event_take(s, &event);
        }
    }
}

static void give_store_up(phd_session *s) {
    phd_session_log(s, DRAGOMAN_LOG_WARNING, "an agent's store could not be read");
    phd_store_clear(s);
    s->step_object++;
    phd_request_step(s, PHD_STEP_STORE);
}

static void take_store_answer(phd_session *s, phd_reader *reader) {
    const phd_object *object = &s->configuration.objects[s->step_object];
    dragoman_bytes information = phd_rest(reader);
    (void)phd_u16(reader);
    uint16_t result = phd_u16(reader);
    switch (s->step) {
    case PHD_STEP_SEGMENT_INFO:
        if (phd_store_read(s, information)) {
            phd_request_step(s, PHD_STEP_TRANSFER);
        } else {
            give_store_up(s);
        }
        break;
    case PHD_STEP_TRANSFER:
        if (phd_is_done(reader) && result == 0) {
            s->is_waiting = true;
            s->store.is_transferring = true;
            phd_session_wait(s, timeout_of(object->transfer_timeout, PHD_TO_TRANSFER_MS));
            break;
        }
        s->store.at++;
        phd_request_step(s, PHD_STEP_TRANSFER);
        break;
    default:
        s->store.at++;
        phd_request_step(s, PHD_STEP_TRANSFER);
        break;
    }
}

static void take_action(phd_session *s, const phd_data *data) {
    phd_reader reader = phd_read(data->body);
    (void)phd_u16(&reader);
    uint16_t kind = phd_u16(&reader);
    phd_reader result = phd_read(phd_octets(&reader));
    if (kind == PHD_ACT_DATA_REQUEST && s->step == PHD_STEP_DATA_REQUEST) {
        take_data_response(s, data->invoke_id, &result);
        phd_request_step(s, PHD_STEP_STORE);
    } else {
        take_store_answer(s, &result);
    }
}

static void take_get(phd_session *s, const phd_data *data) {
    phd_reader reader = phd_read(data->body);
    uint16_t handle = phd_u16(&reader);
    phd_object *object = phd_object_find(&s->configuration, handle);
    if (s->step == PHD_STEP_MDS) {
        take_mds(s, phd_rest(&reader));
    } else if (object == NULL || !phd_object_apply_list(object, NULL, &reader)) {
        give_store_up(s);
    } else if (object->has_segment_count && object->segment_count == 0) {
        s->step_object++;
        phd_request_step(s, PHD_STEP_STORE);
    } else {
        phd_request_step(s, PHD_STEP_SEGMENT_INFO);
    }
}

/* A step that was refused is left out. */
static void skip_step(phd_session *s) {
    phd_session_log(s, DRAGOMAN_LOG_WARNING, "an agent refused a request");
    switch (s->step) {
    case PHD_STEP_MDS:
        phd_request_step(s, PHD_STEP_SCANNER);
        break;
    case PHD_STEP_SCANNER:
        s->step_object++;
        phd_request_step(s, PHD_STEP_SCANNER);
        break;
    case PHD_STEP_DATA_REQUEST:
        phd_request_step(s, PHD_STEP_STORE);
        break;
    default:
        give_store_up(s);
        break;
    }
}

static uint16_t expected(const phd_session *s) {
    switch (s->step) {
    case PHD_STEP_MDS:
    case PHD_STEP_STORE:
        return PHD_GET_RESULT;
    case PHD_STEP_SCANNER:
        return PHD_SET_RESULT;
    default:
        return PHD_ACTION_RESULT;
    }
}

void phd_request_answered(phd_session *s, const phd_data *data) {
    bool is_refusal = data->choice == PHD_ERROR || data->choice == PHD_REJECT;
    bool is_ours = s->is_waiting && !s->store.is_transferring && data->invoke_id == s->invoke_id &&
                   (is_refusal || data->choice == expected(s));
    if (!is_ours) {
        /* Row 8.26, remark: an answer to nothing that was asked. */
        phd_session_input(s, PHD_REQ_ABORT, NULL);
        return;
    }
    s->invoke_id++;
    s->is_waiting = false;
    s->deadline_us = DRAGOMAN_NO_DEADLINE;
    if (is_refusal) {
        skip_step(s);
    } else if (data->choice == PHD_GET_RESULT) {
        take_get(s, data);
    } else if (data->choice == PHD_SET_RESULT) {
        s->step_object++;
        phd_request_step(s, PHD_STEP_SCANNER);
    } else {
        take_action(s, data);
    }
}

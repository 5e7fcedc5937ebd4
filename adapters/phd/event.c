#include "session.h"

/* A message's id that says which bytes of the device it holds: "scan-" and 16 digits. */
#define ID_BYTES 21

/* EventReportArgumentSimple (A.10.3). */
typedef struct argument {
    uint16_t handle;
    uint32_t time;
    uint16_t type;
    dragoman_bytes info;
} argument;

static bool argument_read(dragoman_bytes body, argument *ret_argument) {
    phd_reader reader = phd_read(body);
    ret_argument->handle = phd_u16(&reader);
    ret_argument->time = phd_u32(&reader);
    ret_argument->type = phd_u16(&reader);
    ret_argument->info = phd_octets(&reader);
    return phd_is_done(&reader);
}

static dragoman_bytes name_of(const phd_session *s) {
    return (dragoman_bytes){(const uint8_t *)s->facts.name, PHD_SYSTEM_NAME_BYTES};
}

void phd_event_wait(phd_session *s, const phd_pending *pending) {
    s->pending[s->pending_count++] = *pending;
}

/* --- configurations */

static void refuse_config(phd_session *s, const phd_pending *event) {
    phd_session_log(s, DRAGOMAN_LOG_WARNING, "an agent's configuration cannot be understood");
    s->host->count(s->context, DRAGOMAN_COUNT_REFUSED, 1);
    phd_answer_event(s, event, PHD_CONFIG_UNSUPPORTED);
    phd_session_input(s, PHD_REQ_CONFIG_UNSUPPORTED, NULL);
}

static void accept_config(phd_session *s, const phd_pending *event) {
    if (s->state == PHD_CHECKING_CONFIG) {
        phd_answer_event(s, event, PHD_CONFIG_ACCEPTED);
        phd_session_input(s, PHD_REQ_CONFIG_SUPPORTED, NULL);
    }
}

/* Keeps a configuration for the agent's next visits; it is accepted when that has settled. */
static bool keep_config(phd_session *s, dragoman_bytes list, phd_pending *event) {
    const dragoman_host *host = s->host;
    if (host->message_begin(s->context, name_of(s), (dragoman_bytes){NULL, 0}, phd_digest(list), &event->number) !=
        DRAGOMAN_OK) {
        return false;
    }
    if (phd_memory_put(s, PHD_MEMORY_CONFIGURATION, event->config_id, list) != DRAGOMAN_OK ||
        host->message_end(s->context) != DRAGOMAN_OK) {
        host->message_abandon(s->context);
        return false;
    }
    return true;
}

void phd_event_config(phd_session *s, const phd_data *data) {
    argument event;
    bool is_good = argument_read(data->body, &event);
    if (is_good && event.type != PHD_NOTI_CONFIG) {
        phd_answer_refusal(s, data->invoke_id, PHD_ERROR, PHD_NO_SUCH_OBJECT);
        phd_session_input(s, PHD_REQ_CONFIG_UNSUPPORTED, NULL);
        return;
    }
    phd_reader reader = phd_read(event.info);
    phd_pending pending = {.invoke_id = data->invoke_id,
                           .handle = event.handle,
                           .event_type = PHD_NOTI_CONFIG,
                           .config_id = phd_u16(&reader)};
    dragoman_bytes list = phd_rest(&reader);
    phd_configuration_clear(&s->configuration, s->host, s->context);
    is_good = is_good && !reader.failed &&
              phd_configuration_read(&s->configuration, s->host, s->context, list) == DRAGOMAN_OK;
    if (!is_good) {
        refuse_config(s, &pending);
        return;
    }
    s->facts.config_id = pending.config_id;
    s->is_learned = true;
    phd_session_wait(s, PHD_TO_CONFIG_MS);
    if (keep_config(s, list, &pending)) {
        phd_event_wait(s, &pending);
    } else {
        accept_config(s, &pending);
    }
}

/* --- event reports */

/* A learned configuration that the agent itself does not keep to is worth nothing: it is asked for anew next time. */
static void forget_config(phd_session *s) {
    phd_session_log(s, DRAGOMAN_LOG_WARNING, "an agent's reports do not fit its configuration");
    if (s->is_learned) {
        (void)phd_memory_put(s, PHD_MEMORY_CONFIGURATION, s->facts.config_id, (dragoman_bytes){NULL, 0});
    }
    phd_session_input(s, PHD_REQ_ABORT, NULL);
}

/* What cannot be understood is kept as it came, and the agent is told. */
static void bury(phd_session *s, const phd_data *data, uint16_t problem, dragoman_bytes reason) {
    s->host->count(s->context, DRAGOMAN_COUNT_BAD_FRAME, 1);
    (void)s->host->dead_letter(s->context, data->body, DRAGOMAN_TEXT("translate"), reason);
    if (data->choice == PHD_CONFIRMED_EVENT) {
        phd_answer_refusal(s, data->invoke_id, PHD_REJECT, problem);
    }
}

static dragoman_bytes id_of(uint64_t digest, char *room) {
    static const char digits[] = "0123456789abcdef";
    static const char head[] = "scan-";
    size_t at = 0;
    for (; head[at] != 0; at++) {
        room[at] = head[at];
    }
    for (int shift = 60; shift >= 0; shift -= 4) {
        room[at++] = digits[digest >> shift & 15];
    }
    return (dragoman_bytes){(const uint8_t *)room, at};
}

/* What was left out of the reports stays to be read in the dead letters, in the same transaction. */
static void keep_leftovers(phd_session *s, const phd_scan *scan, dragoman_bytes body) {
    s->host->count(s->context, DRAGOMAN_COUNT_ODD_VALUE, scan->odd_values);
    if (scan->unknown_handles > 0) {
        phd_session_log(s, DRAGOMAN_LOG_WARNING, "an agent reported on objects that its configuration does not have");
        (void)s->host->dead_letter(s->context, body, DRAGOMAN_TEXT("translate"),
                                   DRAGOMAN_TEXT("an object that the configuration does not have"));
    } else if (scan->odd_values > 0) {
        (void)s->host->dead_letter(s->context, body, DRAGOMAN_TEXT("translate"),
                                   DRAGOMAN_TEXT("a value or time that is not of its type"));
    }
}

/* Measurements with times of their own are the same when they come again; others cannot be told apart from new ones. */
static dragoman_status emit_scan(phd_session *s, const argument *event, const phd_scan *scan, dragoman_bytes body,
                                 uint64_t *ret_number) {
    const dragoman_host *host = s->host;
    char room[ID_BYTES];
    phd_reader reader = phd_read(event->info);
    (void)phd_u32(&reader);
    uint64_t digest = phd_digest(phd_rest(&reader));
    bool is_recognisable = scan->observations > 0 && scan->unstamped == 0;
    dragoman_bytes id = is_recognisable ? id_of(digest, room) : (dragoman_bytes){NULL, 0};
    dragoman_status status = host->message_begin(s->context, name_of(s), id, digest, ret_number);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    for (uint32_t n = 0; n < scan->report_count && status == DRAGOMAN_OK; n++) {
        status = phd_report_emit(&scan->reports[n], scan->persons[n], false);
    }
    if (status != DRAGOMAN_OK) {
        host->message_abandon(s->context);
        return status;
    }
    keep_leftovers(s, scan, body);
    return host->message_end(s->context);
}

static void take_scan(phd_session *s, const phd_data *data, const argument *event) {
    bool is_confirmed = data->choice == PHD_CONFIRMED_EVENT;
    phd_pending pending = {.invoke_id = data->invoke_id, .handle = event->handle, .event_type = event->type};
    phd_scan scan = {.reports = NULL};
    dragoman_status status = DRAGOMAN_LIMIT;
    if (!is_confirmed || s->pending_count < PHD_PENDING) {
        status = phd_scan_read(s, event->handle, event->type, event->time, event->info, &scan);
    }
    if (status == DRAGOMAN_INVALID) {
        bury(s, data, PHD_BADLY_STRUCTURED, DRAGOMAN_TEXT("the event report is badly structured"));
        if (scan.is_misfit) {
            forget_config(s);
        }
        return;
    }
    status = status == DRAGOMAN_OK ? emit_scan(s, event, &scan, data->body, &pending.number) : status;
    if (status == DRAGOMAN_OK && is_confirmed) {
        phd_event_wait(s, &pending);
    } else if (status != DRAGOMAN_OK && is_confirmed) {
        phd_answer_refusal(s, data->invoke_id, PHD_REJECT,
                           status == DRAGOMAN_INVALID ? PHD_UNEXPECTED_ERROR : PHD_RESOURCE_LIMITATION);
    }
}

void phd_event_take(phd_session *s, const phd_data *data) {
    argument event;
    if (!argument_read(data->body, &event)) {
        bury(s, data, PHD_BADLY_STRUCTURED, DRAGOMAN_TEXT("the event report is badly structured"));
    } else if (event.type == PHD_NOTI_SEGMENT_DATA) {
        phd_store_event(s, data, event.info);
    } else if (event.type >= PHD_NOTI_SCAN_REPORT_FIXED && event.type <= PHD_NOTI_BUF_SCAN_REPORT_MP_GROUPED) {
        take_scan(s, data, &event);
    } else {
        bury(s, data, PHD_UNRECOGNIZED_OPERATION, DRAGOMAN_TEXT("an event report of an unknown type"));
    }
}

/* --- settlement */

static void answer(phd_session *s, const phd_pending *event, const dragoman_settled_event *settled) {
    bool is_kept = settled->settlement != DRAGOMAN_NOT_KEPT;
    switch (event->event_type) {
    case PHD_NOTI_CONFIG:
        /* One that could not be kept serves for this association. */
        accept_config(s, event);
        break;
    case PHD_NOTI_SEGMENT_DATA:
        phd_answer_event(
            s, event, (uint16_t)(event->segment_status | (is_kept ? PHD_SEGMENT_CONFIRM : PHD_SEGMENT_MANAGER_ABORT)));
        phd_store_answered(s, event, is_kept);
        break;
    default:
        if (is_kept) {
            phd_answer_event(s, event, 0);
        } else {
            uint16_t problem = settled->status == DRAGOMAN_INVALID ? PHD_UNEXPECTED_ERROR : PHD_RESOURCE_LIMITATION;
            phd_answer_refusal(s, event->invoke_id, PHD_REJECT, problem);
        }
        break;
    }
}

void phd_event_settled(phd_session *s, const dragoman_settled_event *event) {
    uint32_t kept = 0;
    phd_pending due[PHD_PENDING];
    uint32_t due_count = 0;
    for (uint32_t n = 0; n < s->pending_count; n++) {
        if (s->pending[n].number <= event->through) {
            due[due_count++] = s->pending[n];
        } else {
            s->pending[kept++] = s->pending[n];
        }
    }
    s->pending_count = kept;
    for (uint32_t n = 0; n < due_count && s->state != PHD_DISASSOCIATING; n++) {
        answer(s, &due[n], event);
    }
}

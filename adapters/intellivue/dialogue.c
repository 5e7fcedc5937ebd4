#include "dialogue.h"
#include "codes.h"
#include <string.h>

/* What we ask for: a poll period of a second, which makes a monitor end a silent association after ten; the largest
 * messages that the guide allows on a LAN. */
#define MIN_POLL_PERIOD_MS 1000u
#define MAX_MTU 1364u
/* RS-232 carries less. */
#define MAX_MTU_SERIAL 1000u

/* An Association Response comes within milliseconds; one that was held up comes before the monitor repeats its MDS
 * Create Event a second time, after which it must still be taken. */
#define RESPONSE_MS 5000
/* A monitor repeats its MDS Create Event and gives up after about this. */
#define CREATE_MS 10000
/* Between attempts: 2, 4, 8 ... seconds up to the most, a quarter of it more or less by chance. */
#define RETRY_MS 2000
#define RETRY_MOST_MS 30000
#define RETRY_DOUBLINGS 4u

/* Each does what a row says; false: the arrival cannot be used, and the state stays. */
typedef bool (*deed)(intellivue_monitor *monitor, const intellivue_arrival *arrival);

typedef struct row {
    deed act;
    intellivue_state next;
    bool is_known; /* a happening without a row is not expected in this state */
} row;

static void say(const intellivue_arrival *arrival, uint32_t level, const char *text) {
    const intellivue_wish *wish = arrival->wish;
    wish->host->log(wish->host_context, level, (dragoman_bytes){(const uint8_t *)text, strlen(text)},
                    (dragoman_bytes){NULL, 0});
}

/* xorshift32, seeded by the host: only to keep many monitors from being asked at the same moment. */
static uint32_t draw(intellivue_wish *wish) {
    wish->seed ^= wish->seed << 13;
    wish->seed ^= wish->seed >> 17;
    wish->seed ^= wish->seed << 5;
    return wish->seed;
}

static void wait_for(intellivue_monitor *monitor, const intellivue_arrival *arrival, int64_t patience_ms) {
    monitor->timeout_us = arrival->now->monotonic_us + patience_ms * 1000;
}

static bool ask(intellivue_monitor *monitor, const intellivue_arrival *arrival) {
    monitor->owes |= INTELLIVUE_OWES_REQUEST;
    wait_for(monitor, arrival, RESPONSE_MS);
    return true;
}

/* Forgets the association and waits before the next attempt. */
static bool leave(intellivue_monitor *monitor, const intellivue_arrival *arrival) {
    uint32_t doublings = monitor->failures < RETRY_DOUBLINGS ? monitor->failures : RETRY_DOUBLINGS;
    int64_t wait_ms = (int64_t)RETRY_MS << doublings;
    wait_ms = wait_ms > RETRY_MOST_MS ? RETRY_MOST_MS : wait_ms;
    wait_ms += wait_ms / 4 * ((int64_t)(draw(arrival->wish) % 201) - 100) / 100;
    monitor->failures++;
    monitor->owes &= INTELLIVUE_OWES_ABORT | INTELLIVUE_OWES_RELEASE_RESPONSE;
    intellivue_monitor_forget(monitor, arrival->wish->host, arrival->wish->host_context);
    wait_for(monitor, arrival, wait_ms);
    return true;
}

static bool be_refused(intellivue_monitor *monitor, const intellivue_arrival *arrival) {
    say(arrival, DRAGOMAN_LOG_WARNING,
        "the monitor refuses the association: another client has it, or its data export is off");
    return leave(monitor, arrival);
}

static bool be_aborted(intellivue_monitor *monitor, const intellivue_arrival *arrival) {
    say(arrival, DRAGOMAN_LOG_WARNING, "the monitor ended the association");
    return leave(monitor, arrival);
}

static bool release(intellivue_monitor *monitor, const intellivue_arrival *arrival) {
    (void)leave(monitor, arrival);
    monitor->owes |= INTELLIVUE_OWES_RELEASE_RESPONSE;
    return true;
}

/* The monitor is silent: it shall not keep an association that we take for lost. */
static bool give_up(intellivue_monitor *monitor, const intellivue_arrival *arrival) {
    say(arrival, DRAGOMAN_LOG_WARNING, "the monitor has fallen silent");
    (void)leave(monitor, arrival);
    monitor->owes |= INTELLIVUE_OWES_ABORT;
    return true;
}

static bool be_closed(intellivue_monitor *monitor, const intellivue_arrival *arrival) {
    (void)leave(monitor, arrival);
    monitor->owes = 0;
    monitor->failures = 0;
    monitor->timeout_us = INT64_MAX;
    return true;
}

static bool be_accepted(intellivue_monitor *monitor, const intellivue_arrival *arrival) {
    intellivue_profile granted;
    if (intellivue_association_response(arrival->message, &granted) != DRAGOMAN_OK) {
        arrival->wish->host->count(arrival->wish->host_context, DRAGOMAN_COUNT_BAD_FRAME, 1);
        return false;
    }
    if ((granted.extensions & POLL_EXT_PERIOD_NU) == 0) {
        say(arrival, DRAGOMAN_LOG_INFO, "the monitor grants no extended polls: numerics are polled one by one");
    } else if ((arrival->wish->wants & INTELLIVUE_WANTS_WAVES) != 0 &&
               (granted.extensions & POLL_EXT_PERIOD_RTSA) == 0) {
        say(arrival, DRAGOMAN_LOG_WARNING, "the monitor does not export waves");
    }
    monitor->extensions = granted.extensions;
    monitor->patience_ms = intellivue_association_timeout_ms(&granted);
    wait_for(monitor, arrival, CREATE_MS);
    return true;
}

/* The monitor says who it is. */
static bool take_create(intellivue_monitor *monitor, const intellivue_arrival *arrival) {
    intellivue_reader body = intellivue_reader_of(arrival->operation->body);
    (void)intellivue_read_object_id(&body);
    intellivue_object object;
    if (!intellivue_attributes_read(&body, &object)) {
        arrival->wish->host->count(arrival->wish->host_context, DRAGOMAN_COUNT_BAD_FRAME, 1);
        return false;
    }
    const intellivue_text before = monitor->identity.key;
    intellivue_identity_learn(monitor, &object);
    if (before.size != monitor->identity.key.size ||
        memcmp(before.data, monitor->identity.key.data, before.size) != 0) {
        /* Another monitor at the same place. */
        intellivue_alarms_forget(monitor, arrival->wish->host, arrival->wish->host_context);
    }
    monitor->create = *arrival->operation;
    monitor->create.body = (dragoman_bytes){NULL, 0};
    monitor->owes |= INTELLIVUE_OWES_EVENT_RESULT;
    wait_for(monitor, arrival, monitor->patience_ms);
    return true;
}

static void owe_polls(intellivue_monitor *monitor, const intellivue_arrival *arrival) {
    if (intellivue_polls_owe(&monitor->polls, monitor->patience_ms, arrival->now->monotonic_us)) {
        monitor->owes |= INTELLIVUE_OWES_POLLS;
    }
}

static bool begin(intellivue_monitor *monitor, const intellivue_arrival *arrival) {
    if (!take_create(monitor, arrival)) {
        return false;
    }
    monitor->failures = 0;
    intellivue_polls_start(&monitor->polls, arrival->wish->wants, monitor->extensions, arrival->now->monotonic_us);
    owe_polls(monitor, arrival);
    say(arrival, DRAGOMAN_LOG_INFO, "associated with a monitor");
    return true;
}

static bool hear(intellivue_monitor *monitor, const intellivue_arrival *arrival) {
    wait_for(monitor, arrival, monitor->patience_ms);
    intellivue_result_take(monitor, arrival);
    return true;
}

static bool take_error(intellivue_monitor *monitor, const intellivue_arrival *arrival) {
    wait_for(monitor, arrival, monitor->patience_ms);
    if (intellivue_polls_refused(&monitor->polls, arrival->operation->invoke_id, arrival->now->monotonic_us)) {
        say(arrival, DRAGOMAN_LOG_WARNING, intellivue_error_sentence(arrival->operation->command));
    }
    return true;
}

/* Clauses of the guide's chapters 3, 5 and 6 stand behind the rows. */
static const row table[INTELLIVUE_STATES][INTELLIVUE_HAPPENINGS] = {
    [INTELLIVUE_UNASSOCIATED] =
        {
            [INTELLIVUE_CHANNEL_OPENED] = {ask, INTELLIVUE_ASSOCIATING, true},     /* Association Request */
            [INTELLIVUE_CONNECT_INDICATION] = {ask, INTELLIVUE_ASSOCIATING, true}, /* Connect Indication */
            [INTELLIVUE_TIMEOUT] = {ask, INTELLIVUE_ASSOCIATING, true},
            [INTELLIVUE_RELEASE_REQUEST] = {release, INTELLIVUE_UNASSOCIATED, true},
            [INTELLIVUE_CHANNEL_CLOSED] = {be_closed, INTELLIVUE_UNASSOCIATED, true},
        },
    [INTELLIVUE_ASSOCIATING] =
        {
            [INTELLIVUE_ASSOCIATION_RESPONSE] = {be_accepted, INTELLIVUE_ASSOCIATED, true}, /* Association Result */
            [INTELLIVUE_REFUSE] = {be_refused, INTELLIVUE_UNASSOCIATED, true},              /* Refuse */
            [INTELLIVUE_ABORT] = {leave, INTELLIVUE_UNASSOCIATED, true},                    /* Association Abort */
            [INTELLIVUE_RELEASE_REQUEST] = {release, INTELLIVUE_UNASSOCIATED, true},
            [INTELLIVUE_TIMEOUT] = {leave, INTELLIVUE_UNASSOCIATED, true},
            [INTELLIVUE_CHANNEL_CLOSED] = {be_closed, INTELLIVUE_UNASSOCIATED, true},
        },
    [INTELLIVUE_ASSOCIATED] =
        {
            [INTELLIVUE_MDS_CREATE_EVENT] = {begin, INTELLIVUE_OPERATING, true}, /* MDS Create Event Report */
            [INTELLIVUE_REFUSE] = {be_refused, INTELLIVUE_UNASSOCIATED, true},
            [INTELLIVUE_ABORT] = {be_aborted, INTELLIVUE_UNASSOCIATED, true},
            [INTELLIVUE_RELEASE_REQUEST] = {release, INTELLIVUE_UNASSOCIATED, true}, /* Association Release Request */
            [INTELLIVUE_RELEASE_RESPONSE] = {leave, INTELLIVUE_UNASSOCIATED, true},  /* Association Release Result */
            [INTELLIVUE_TIMEOUT] = {give_up, INTELLIVUE_UNASSOCIATED, true},
            [INTELLIVUE_CHANNEL_CLOSED] = {be_closed, INTELLIVUE_UNASSOCIATED, true},
        },
    [INTELLIVUE_OPERATING] =
        {
            [INTELLIVUE_POLL_RESULT] = {hear, INTELLIVUE_OPERATING, true}, /* Poll Result */
            [INTELLIVUE_OPERATION_ERROR] = {take_error, INTELLIVUE_OPERATING, true},
            /* Our confirmation was lost. */
            [INTELLIVUE_MDS_CREATE_EVENT] = {take_create, INTELLIVUE_OPERATING, true}, /* MDS Create Event Result */
            [INTELLIVUE_ABORT] = {be_aborted, INTELLIVUE_UNASSOCIATED, true},
            [INTELLIVUE_RELEASE_REQUEST] = {release, INTELLIVUE_UNASSOCIATED, true},
            [INTELLIVUE_RELEASE_RESPONSE] = {leave, INTELLIVUE_UNASSOCIATED, true},
            [INTELLIVUE_TIMEOUT] = {give_up, INTELLIVUE_UNASSOCIATED, true}, /* Connection Time-out Mechanism */
            [INTELLIVUE_CHANNEL_CLOSED] = {be_closed, INTELLIVUE_UNASSOCIATED, true},
        },
};

bool intellivue_dialogue_step(intellivue_monitor *monitor, intellivue_happening happening,
                              const intellivue_arrival *arrival) {
    const row *found = &table[monitor->state][happening];
    if (!found->is_known || !found->act(monitor, arrival)) {
        return false;
    }
    monitor->state = (uint8_t)found->next;
    return true;
}

int64_t intellivue_dialogue_deadline_us(const intellivue_monitor *monitor) {
    int64_t due_us = intellivue_polls_due_us(&monitor->polls);
    return due_us < monitor->timeout_us ? due_us : monitor->timeout_us;
}

void intellivue_dialogue_expire(intellivue_monitor *monitor, const intellivue_arrival *arrival) {
    int64_t now_us = arrival->now->monotonic_us;
    if (monitor->timeout_us <= now_us) {
        (void)intellivue_dialogue_step(monitor, INTELLIVUE_TIMEOUT, arrival);
    } else {
        owe_polls(monitor, arrival);
    }
}

static void write_request(const intellivue_monitor *monitor, const intellivue_wish *wish, intellivue_writer *writer) {
    uint32_t mtu = monitor->address_size == 0 ? MAX_MTU_SERIAL : MAX_MTU;
    const intellivue_profile profile = {.min_poll_period = MIN_POLL_PERIOD_MS * INTELLIVUE_TICKS_PER_MS,
                                        .max_mtu_rx = mtu,
                                        .max_mtu_tx = mtu,
                                        .extensions = wish->extensions};
    intellivue_association_request(writer, &profile);
}

bool intellivue_dialogue_next(intellivue_monitor *monitor, const intellivue_wish *wish, intellivue_writer *writer) {
    uint32_t owed = monitor->owes & (0u - monitor->owes); /* the lowest */
    monitor->owes &= ~owed;
    intellivue_poll_request request;
    switch (owed) {
    case INTELLIVUE_OWES_ABORT:
        intellivue_abort(writer);
        return true;
    case INTELLIVUE_OWES_RELEASE_RESPONSE:
        intellivue_release_response(writer);
        return true;
    case INTELLIVUE_OWES_REQUEST:
        write_request(monitor, wish, writer);
        return true;
    case INTELLIVUE_OWES_EVENT_RESULT:
        intellivue_event_result(writer, &monitor->create);
        return true;
    case INTELLIVUE_OWES_POLLS:
        if (!intellivue_polls_next(&monitor->polls, &request)) {
            return false;
        }
        monitor->owes |= INTELLIVUE_OWES_POLLS;
        intellivue_poll_write(writer, &request);
        return true;
    default:
        return false;
    }
}

#include "poll.h"
#include "codes.h"

/* How long a monitor shall send results of an extended poll, and when we ask anew, well before it ends. */
#define ACTIVE_MS 60000
#define PROLONG_MS 40000
/* An extended poll, or one that is asked only once, is asked again after this when no answer came. */
#define ANSWER_MS 3000
/* A poll that was refused is tried again after this. */
#define REFUSED_MS 60000
/* A keep-alive goes out three times within the time after which a monitor ends the association. */
#define KEEP_ALIVES 3

#define LAST_PART 256u

typedef struct poll_rule {
    uint16_t object_class;
    uint16_t group;
    bool is_extended;
    int32_t first_ms;
    int32_t every_ms; /* 0: only once */
    uint32_t wants;   /* INTELLIVUE_WANTS_..., or 0: always */
    uint32_t granted; /* any of these must be, or 0 */
    uint32_t without; /* none of these may be */
} poll_rule;

static const poll_rule rules[INTELLIVUE_POLLS] = {
    [INTELLIVUE_POLL_ALERTS] = {NOM_MOC_VMO_AL_MON, NOM_ATTR_GRP_AL_MON, true, 0, PROLONG_MS, INTELLIVUE_WANTS_ALERTS,
                                POLL_EXT_PERIOD_NU, 0},
    [INTELLIVUE_POLL_NUMERICS] = {NOM_MOC_VMO_METRIC_NU, NOM_ATTR_GRP_ALL, true, 0, PROLONG_MS, 0, POLL_EXT_PERIOD_NU,
                                  0},
    [INTELLIVUE_POLL_WAVES] = {NOM_MOC_VMO_METRIC_SA_RT, NOM_ATTR_GRP_ALL, true, 2400, PROLONG_MS,
                               INTELLIVUE_WANTS_WAVES, POLL_EXT_PERIOD_RTSA, 0},
    [INTELLIVUE_POLL_ENUMERATIONS] = {NOM_MOC_VMO_METRIC_ENUM, NOM_ATTR_GRP_ALL, true, 0, PROLONG_MS,
                                      INTELLIVUE_WANTS_ENUMERATIONS, POLL_EXT_ENUM, 0},
    [INTELLIVUE_POLL_PRODUCTION] = {NOM_MOC_VMS_MDS, NOM_ATTR_GRP_SYS_PROD, false, 0, 0, 0, 0, 0},
    [INTELLIVUE_POLL_SYSTEM] = {NOM_MOC_VMS_MDS, NOM_ATTR_GRP_SYS_APPL, false, 30000, 60000, 0, 0, 0},
    [INTELLIVUE_POLL_DEMOGRAPHICS] = {NOM_MOC_PT_DEMOG, NOM_ATTR_GRP_PT_DEMOG, false, 0, 10000,
                                      INTELLIVUE_WANTS_DEMOGRAPHICS, 0, 0},
    [INTELLIVUE_POLL_WAVE_STATICS] = {NOM_MOC_VMO_METRIC_SA_RT, NOM_ATTR_GRP_VMO_STATIC, false, 0, 0,
                                      INTELLIVUE_WANTS_WAVES, POLL_EXT_PERIOD_RTSA, 0},
    [INTELLIVUE_POLL_WAVE_DYNAMICS] = {NOM_MOC_VMO_METRIC_SA_RT, NOM_ATTR_GRP_VMO_DYN, false, 1200, 0,
                                       INTELLIVUE_WANTS_WAVES, POLL_EXT_PERIOD_RTSA, 0},
    [INTELLIVUE_POLL_SINGLE_NUMERICS] = {NOM_MOC_VMO_METRIC_NU, NOM_ATTR_GRP_METRIC_VAL_OBS, false, 0, 1000, 0, 0,
                                         POLL_EXT_PERIOD_NU},
    [INTELLIVUE_POLL_NUMERIC_DYNAMICS] = {NOM_MOC_VMO_METRIC_NU, NOM_ATTR_GRP_VMO_DYN, false, 1200, 60000, 0, 0, 0},
    [INTELLIVUE_POLL_SINGLE_ALERTS] = {NOM_MOC_VMO_AL_MON, NOM_ATTR_GRP_AL_MON, false, 0, 2000, INTELLIVUE_WANTS_ALERTS,
                                       0, POLL_EXT_PERIOD_NU},
    [INTELLIVUE_POLL_KEEP_ALIVE] = {NOM_MOC_VMO_AL_MON, NOM_ATTR_GRP_VMO_STATIC, false, 1500, -1, 0, 0, 0},
};

void intellivue_polls_start(intellivue_polls *polls, uint32_t wants, uint32_t granted, int64_t now_us) {
    intellivue_polls_stop(polls);
    for (uint32_t n = 0; n < INTELLIVUE_POLLS; n++) {
        const poll_rule *rule = &rules[n];
        bool is_planned = (rule->wants == 0 || (rule->wants & wants) != 0) &&
                          (rule->granted == 0 || (rule->granted & granted) != 0) && (rule->without & granted) == 0;
        polls->polls[n].due_us = is_planned ? now_us + rule->first_ms * INT64_C(1000) : INT64_MAX;
    }
}

void intellivue_polls_stop(intellivue_polls *polls) {
    for (uint32_t n = 0; n < INTELLIVUE_POLLS; n++) {
        polls->polls[n] = (intellivue_poll){.due_us = INT64_MAX};
    }
}

int64_t intellivue_polls_due_us(const intellivue_polls *polls) {
    int64_t due_us = INT64_MAX;
    for (uint32_t n = 0; n < INTELLIVUE_POLLS; n++) {
        due_us = polls->polls[n].due_us < due_us ? polls->polls[n].due_us : due_us;
    }
    return due_us;
}

/* From now on results are expected: they are taken in the same way whether the request left before or behind other
 * messages of one read. */
static void open_slot(intellivue_poll *poll, uint16_t number) {
    poll->newest ^= 1;
    poll->is_answered = false;
    poll->slots[poll->newest] = (intellivue_poll_slot){.number = number, .is_open = true};
}

/* Whether the next time depends on an answer. */
static bool is_awaited(const poll_rule *rule) {
    return rule->is_extended || rule->every_ms == 0;
}

bool intellivue_polls_owe(intellivue_polls *polls, int64_t timeout_ms, int64_t now_us) {
    bool owes = false;
    for (uint32_t n = 0; n < INTELLIVUE_POLLS; n++) {
        intellivue_poll *poll = &polls->polls[n];
        if (poll->due_us <= now_us) {
            int64_t every_ms = n == INTELLIVUE_POLL_KEEP_ALIVE ? timeout_ms / KEEP_ALIVES : rules[n].every_ms;
            poll->is_owed = true;
            open_slot(poll, ++polls->last_number);
            poll->due_us = now_us + (is_awaited(&rules[n]) ? ANSWER_MS : every_ms) * 1000;
        }
        owes |= poll->is_owed;
    }
    return owes;
}

bool intellivue_polls_next(intellivue_polls *polls, intellivue_poll_request *ret_request) {
    for (uint32_t n = 0; n < INTELLIVUE_POLLS; n++) {
        intellivue_poll *poll = &polls->polls[n];
        if (!poll->is_owed) {
            continue;
        }
        poll->is_owed = false;
        *ret_request =
            (intellivue_poll_request){.number = poll->slots[poll->newest].number,
                                      .object_class = rules[n].object_class,
                                      .group = rules[n].group,
                                      .active_ticks = rules[n].is_extended ? ACTIVE_MS * INTELLIVUE_TICKS_PER_MS : 0};
        return true;
    }
    return false;
}

static intellivue_poll_slot *find_slot(intellivue_polls *polls, uint16_t number, uint32_t *ret_name) {
    for (uint32_t n = 0; n < INTELLIVUE_POLLS; n++) {
        for (uint32_t s = 0; s < 2; s++) {
            intellivue_poll_slot *slot = &polls->polls[n].slots[s];
            if (slot->is_open && slot->number == number) {
                *ret_name = n;
                return slot;
            }
        }
    }
    return NULL;
}

/* Sequence numbers wrap. */
static bool is_newer(const intellivue_poll_slot *slot, uint16_t sequence_no, uint16_t part) {
    int16_t ahead = (int16_t)(sequence_no - slot->sequence_no);
    return !slot->has_result || ahead > 0 || (ahead == 0 && part > slot->part);
}

/* The newest request has a result. */
static void answered(intellivue_poll *poll, const poll_rule *rule, int64_t now_us) {
    intellivue_poll_slot *older = &poll->slots[poll->newest ^ 1];
    bool is_first = !poll->is_answered;
    older->is_open = false; /* nothing of the request before follows */
    poll->is_answered = true;
    if (is_first && is_awaited(rule)) {
        poll->due_us = rule->every_ms == 0 ? INT64_MAX : now_us + rule->every_ms * INT64_C(1000);
    }
}

dragoman_status intellivue_polls_accept(intellivue_polls *polls, const intellivue_operation *operation,
                                        const intellivue_reply *reply, int64_t now_us, uint32_t *ret_lost) {
    uint32_t name = 0;
    intellivue_poll_slot *slot = find_slot(polls, reply->poll_number, &name);
    *ret_lost = 0;
    if (slot == NULL || operation->invoke_id != slot->number || rules[name].object_class != reply->object_class ||
        rules[name].is_extended != reply->is_extended) {
        return DRAGOMAN_NOT_FOUND;
    }
    uint16_t part = operation->ro_type == ROLRS_APDU ? operation->linked_count : LAST_PART;
    if (!is_newer(slot, reply->sequence_no, part)) {
        return DRAGOMAN_EXISTS;
    }
    uint16_t ahead = (uint16_t)(reply->sequence_no - slot->sequence_no);
    if (slot->has_result && ahead > 1) {
        *ret_lost = ahead - 1u;
    }
    slot->sequence_no = reply->sequence_no;
    slot->part = part;
    slot->has_result = true;
    slot->is_open = reply->is_extended || part != LAST_PART;
    intellivue_poll *poll = &polls->polls[name];
    if (slot == &poll->slots[poll->newest]) {
        answered(poll, &rules[name], now_us);
    }
    return DRAGOMAN_OK;
}

bool intellivue_polls_refused(intellivue_polls *polls, uint16_t invoke_id, int64_t now_us) {
    uint32_t name = 0;
    intellivue_poll_slot *slot = find_slot(polls, invoke_id, &name);
    if (slot == NULL) {
        return false;
    }
    slot->is_open = false;
    intellivue_poll *poll = &polls->polls[name];
    poll->due_us = now_us + REFUSED_MS * INT64_C(1000);
    return true;
}

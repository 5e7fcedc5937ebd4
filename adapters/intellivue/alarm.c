#include "alarm.h"
#include "codes.h"
#include "findings.h"
#include "text.h"
#include <string.h>

/* AlertType: technical alarms in the low byte, patient alarms in the high one. */
#define LOW_PRI_T_AL 0x0001u
#define MED_PRI_T_AL 0x0002u
#define HI_PRI_T_AL 0x0004u
#define LOW_PRI_P_AL 0x0100u
#define MED_PRI_P_AL 0x0200u
#define HI_PRI_P_AL 0x0400u

/* alert_info_id: what is appended to an entry. */
#define GEN_ALMON_INFO 513u
#define STR_ALMON_INFO 516u

/* Reads the next entry. False at the list's end and when lengths disagree; the reader has failed in the latter case. */
static bool read_alarm(intellivue_reader *list, intellivue_alarm *ret_alarm) {
    if (list->has_failed || list->left == 0) {
        return false;
    }
    intellivue_alarm alarm = {.source = intellivue_read_u16(list)};
    alarm.code = intellivue_read_u16(list);
    alarm.type = intellivue_read_u16(list);
    alarm.state = intellivue_read_u16(list);
    alarm.object = intellivue_read_object_id(list);
    uint16_t info_id = intellivue_read_u16(list);
    intellivue_reader info = intellivue_reader_of(intellivue_read_sized(list));
    if (list->has_failed) {
        return false;
    }
    if (info_id == GEN_ALMON_INFO || info_id == STR_ALMON_INFO) {
        alarm.instance = intellivue_read_u16(&info);
        (void)intellivue_read_u32(&info); /* TextId: the text in the monitor's catalogue */
        (void)intellivue_read_u32(&info); /* AlertPriority and AlertFlags: how the monitor shows it */
        alarm.text = info_id == STR_ALMON_INFO ? intellivue_read_sized(&info) : (dragoman_bytes){NULL, 0};
        if (info.has_failed) {
            list->has_failed = true;
            return false;
        }
    }
    *ret_alarm = alarm;
    return true;
}

static bool is_same(const intellivue_alarm *a, const intellivue_alarm *b) {
    return a->source == b->source && a->code == b->code && a->instance == b->instance &&
           a->object.object_class == b->object.object_class && a->object.context == b->object.context &&
           a->object.handle == b->object.handle;
}

static uint8_t priority_of(uint16_t type) {
    if ((type & (HI_PRI_P_AL | HI_PRI_T_AL)) != 0) {
        return DRAGOMAN_PRIORITY_HIGH;
    }
    if ((type & (MED_PRI_P_AL | MED_PRI_T_AL)) != 0) {
        return DRAGOMAN_PRIORITY_MEDIUM;
    }
    return (type & (LOW_PRI_P_AL | LOW_PRI_T_AL)) != 0 ? DRAGOMAN_PRIORITY_LOW : DRAGOMAN_PRIORITY_NONE;
}

static uint32_t inactivation_of(uint16_t state) {
    return ((state & AL_INHIBITED) != 0 ? DRAGOMAN_ALERT_ALARM_OFF : 0u) |
           ((state & AL_SUSPENDED) != 0 ? DRAGOMAN_ALERT_ALARM_PAUSED : 0u) |
           ((state & AL_SILENCED_RESET) != 0 ? DRAGOMAN_ALERT_ACKNOWLEDGED : 0u);
}

/* "8002-57354-0-33001-1@1767323045000": what it is, where, and when it began; the same in all reports of it. */
static dragoman_bytes write_id(intellivue_findings *self, const intellivue_alarm *alarm, bool has_number) {
    const uint64_t parts[] = {alarm->code, alarm->source, alarm->object.context, alarm->object.handle, alarm->instance};
    char *text = (char *)intellivue_take(self, 8 * (INTELLIVUE_DECIMAL_BYTES + 1));
    size_t size = 0;
    for (size_t n = 0; text != NULL && n < sizeof parts / sizeof *parts; n++) {
        size += intellivue_write_decimal(parts[n], text + size);
        text[size++] = n + 1 < sizeof parts / sizeof *parts ? '-' : '@';
    }
    if (text != NULL) {
        size += intellivue_write_decimal((uint64_t)(alarm->began_us / 1000), text + size);
        if (has_number) {
            text[size++] = '.';
            size += intellivue_write_decimal(alarm->updates, text + size);
        }
    }
    return (dragoman_bytes){(const uint8_t *)text, size};
}

static dragoman_bytes write_text(intellivue_findings *self, dragoman_bytes utf16) {
    char *text = utf16.size == 0 ? NULL : (char *)intellivue_take(self, INTELLIVUE_TEXT_BYTES);
    if (text == NULL) {
        return (dragoman_bytes){NULL, 0};
    }
    return (dragoman_bytes){(const uint8_t *)text, intellivue_text_from_utf16(utf16, text, INTELLIVUE_TEXT_BYTES)};
}

static void report_alarm(intellivue_findings *self, intellivue_alarm *alarm, dragoman_alert_kind kind,
                         dragoman_alert_phase phase) {
    dragoman_alert *alert = intellivue_findings_add_alert(self);
    dragoman_code *codings = (dragoman_code *)intellivue_take(self, 2 * sizeof *codings);
    if (alert == NULL || codings == NULL) {
        return;
    }
    /* The last bit of the code tells the partition of the source. */
    codings[0] = intellivue_code(self, INTELLIVUE_PART_EVT, alarm->code & 0xFFFEu);
    codings[1] =
        intellivue_code(self, (alarm->code & 1) != 0 ? INTELLIVUE_PART_OBJ : INTELLIVUE_PART_SCADA, alarm->source);
    alert->path = (dragoman_path){1, alarm->object.context + 1u, alarm->object.handle, 0};
    alert->id.value = write_id(self, alarm, alarm->updates > 0);
    if (alarm->updates > 0) {
        alert->parent.value = write_id(self, alarm, false);
    }
    alarm->updates++;
    alert->text = write_text(self, alarm->text);
    alert->event = (dragoman_concept){.codings = codings, .coding_count = 1};
    alert->source = (dragoman_concept){.codings = codings + 1, .coding_count = 1};
    alert->kind = (uint8_t)kind;
    alert->phase = (uint8_t)phase;
    alert->priority = priority_of(alarm->type);
    alert->state = phase == DRAGOMAN_PHASE_END        ? DRAGOMAN_STATE_INACTIVE
                   : (alarm->state & AL_LATCHED) != 0 ? DRAGOMAN_STATE_LATCHED
                                                      : DRAGOMAN_STATE_ACTIVE;
    alert->inactivation = inactivation_of(alarm->state);
}

static intellivue_alarm *find(intellivue_alarm_list *list, const intellivue_alarm *alarm) {
    for (uint32_t n = 0; n < list->count; n++) {
        if (is_same(&list->alarms[n], alarm)) {
            return &list->alarms[n];
        }
    }
    return NULL;
}

/* An alarm that is listed: new, changed, or as it was. */
static void take_alarm(intellivue_findings *self, intellivue_alarm_list *list, const intellivue_alarm *listed,
                       dragoman_alert_kind kind) {
    intellivue_alarm *known = find(list, listed);
    if (known == NULL && list->count == INTELLIVUE_ALARMS) {
        self->odd++;
        return;
    }
    /* What is in the first list may have begun before we came. */
    bool is_new = list->is_known || (listed->state & AL_NEW_ALERT) != 0;
    dragoman_alert_phase phase = is_new ? DRAGOMAN_PHASE_START : DRAGOMAN_PHASE_CONTINUE;
    bool is_told = true;
    if (known != NULL) {
        is_told = known->type != listed->type || ((known->state ^ listed->state) & (uint16_t)~AL_NEW_ALERT) != 0;
        phase = DRAGOMAN_PHASE_UPDATE;
        known->type = listed->type;
        known->state = listed->state;
        known->text = listed->text;
    } else {
        known = &list->alarms[list->count++];
        *known = *listed;
        known->began_us = self->at.precision == DRAGOMAN_TIME_NONE ? self->now_us : self->at.civil_us;
    }
    known->is_seen = true;
    if (is_told) {
        report_alarm(self, known, kind, phase);
    }
    known->text = (dragoman_bytes){NULL, 0};
}

/* Those that are listed no more have ended. */
static void end_unseen(intellivue_findings *self, intellivue_alarm_list *list, dragoman_alert_kind kind) {
    uint32_t kept = 0;
    for (uint32_t n = 0; n < list->count; n++) {
        if (list->alarms[n].is_seen) {
            list->alarms[n].is_seen = false;
            list->alarms[kept++] = list->alarms[n];
        } else {
            report_alarm(self, &list->alarms[n], kind, DRAGOMAN_PHASE_END);
        }
    }
    list->count = kept;
}

/* Whether an attribute is a list whose entries can all be read: a broken one must end no alarm. */
static bool is_list(dragoman_bytes attribute) {
    intellivue_reader reader = intellivue_reader_of(attribute);
    uint16_t count = 0;
    intellivue_reader entries = intellivue_read_list(&reader, &count);
    intellivue_alarm alarm;
    uint32_t read = 0;
    while (read_alarm(&entries, &alarm)) {
        read++;
    }
    return !reader.has_failed && intellivue_reader_is_done(&entries) && read == count;
}

static void read_list(intellivue_findings *self, intellivue_alarm_list *list, dragoman_bytes attribute,
                      dragoman_alert_kind kind) {
    if (attribute.size == 0) {
        return;
    }
    if (list->alarms == NULL) {
        list->alarms =
            (intellivue_alarm *)self->host->allocate(self->host_context, INTELLIVUE_ALARMS * sizeof *list->alarms);
    }
    if (list->alarms == NULL || !is_list(attribute)) {
        self->has_failed |= list->alarms == NULL;
        self->odd++;
        return;
    }
    intellivue_reader reader = intellivue_reader_of(attribute);
    uint16_t count = 0;
    intellivue_reader entries = intellivue_read_list(&reader, &count);
    intellivue_alarm alarm;
    while (read_alarm(&entries, &alarm)) {
        take_alarm(self, list, &alarm, kind);
    }
    end_unseen(self, list, kind);
    list->is_known = true;
}

void intellivue_alarms_read(intellivue_findings *self, const intellivue_object *object) {
    read_list(self, &self->monitor->patient_alarms, intellivue_attribute(object, NOM_ATTR_AL_MON_P_AL_LIST),
              DRAGOMAN_ALERT_PHYSIOLOGICAL);
    read_list(self, &self->monitor->technical_alarms, intellivue_attribute(object, NOM_ATTR_AL_MON_T_AL_LIST),
              DRAGOMAN_ALERT_TECHNICAL);
}

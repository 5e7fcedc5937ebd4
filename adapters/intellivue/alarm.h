/*
 * The alert monitor: its lists of active patient alarms and technical alarms ("Device P-Alarm List", "Device T-Alarm
 * List"). A list states what is active now; that an alarm began, changed or ended is concluded from two of them.
 */
#ifndef INTELLIVUE_ALARM_H
#define INTELLIVUE_ALARM_H

#include "limits.h"
#include "operation.h"

/* AlertState. */
#define AL_INHIBITED 0x8000u
#define AL_SUSPENDED 0x4000u
#define AL_LATCHED 0x2000u
#define AL_SILENCED_RESET 0x1000u
#define AL_NEW_ALERT 0x0008u

/* DevAlarmEntry, as far as it tells alarms apart and says how they are. */
typedef struct intellivue_alarm {
    uint16_t source;
    uint16_t code;
    uint16_t instance; /* al_inst_no */
    uint16_t type;     /* AlertType: the priority */
    uint16_t state;    /* AlertState */
    intellivue_object_id object;
    bool is_seen;        /* in the list that is being read */
    uint16_t updates;    /* reports of it so far */
    int64_t began_us;    /* civil time at which it was first seen; for its id */
    dragoman_bytes text; /* UTF-16, of the entry that is being read; not kept */
} intellivue_alarm;

typedef struct intellivue_alarm_list {
    bool is_known; /* a list came since the association began */
    uint32_t count;
    intellivue_alarm *alarms; /* INTELLIVUE_ALARMS of them, or NULL until the first list */
} intellivue_alarm_list;

#endif

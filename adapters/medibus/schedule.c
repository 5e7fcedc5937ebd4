#include "schedule.h"
#include "code.h"

static const dragoman_bytes no_argument = {NULL, 0};

static medibus_task task_of(uint8_t code, int64_t every_us, int64_t due_us) {
    return (medibus_task){.code = code, .argument = no_argument, .every_us = every_us, .due_us = due_us};
}

void medibus_schedule_begin(medibus_schedule *schedule, const medibus_settings *settings, int64_t now_us) {
    medibus_task *tasks = schedule->tasks;
    for (uint32_t n = 0; n < MEDIBUS_ONLY_MOST; n++) {
        tasks[n] = task_of(0, 0, MEDIBUS_NEVER);
        if (n < settings->only_count) {
            tasks[n] = task_of(MEDIBUS_CONFIGURE, 0, now_us + MEDIBUS_SETTLE_US);
            tasks[n].argument = (dragoman_bytes){settings->only[n].argument, settings->only[n].size};
        }
    }
    medibus_task *next = tasks + MEDIBUS_ONLY_MOST;
    *next++ = task_of(MEDIBUS_CURVES, 0, settings->curve_count > 0 ? now_us : MEDIBUS_NEVER);
    *next++ = task_of(MEDIBUS_CONFIGURE_CURVES, 0, MEDIBUS_NEVER);
    /* Limits before the values that carry them. */
    *next++ = task_of(MEDIBUS_CLOCK, settings->clock_every_us, now_us);
    *next++ = task_of(MEDIBUS_LOW_LIMITS_1, settings->limits_every_us, now_us);
    *next++ = task_of(MEDIBUS_HIGH_LIMITS_1, settings->limits_every_us, now_us);
    *next++ = task_of(MEDIBUS_LOW_LIMITS_2, settings->limits_every_us, now_us);
    *next++ = task_of(MEDIBUS_HIGH_LIMITS_2, settings->limits_every_us, now_us);
    *next++ = task_of(MEDIBUS_DATA_1, settings->measured_every_us, now_us);
    *next++ = task_of(MEDIBUS_DATA_2, settings->measured_every_us, now_us);
    *next++ = task_of(MEDIBUS_ALARMS_1, settings->alarms_every_us, now_us);
    *next++ = task_of(MEDIBUS_ALARMS_2, settings->alarms_every_us, now_us);
    *next++ = task_of(MEDIBUS_SETTINGS, settings->settings_every_us, now_us);
    *next = task_of(MEDIBUS_TEXTS, settings->settings_every_us, now_us);
}

/* The first task that happens once and has not; what comes after waits for it. */
static const medibus_task *first_once(const medibus_schedule *schedule) {
    for (uint32_t n = 0; n < MEDIBUS_ONCE; n++) {
        if (schedule->tasks[n].due_us != MEDIBUS_NEVER) {
            return &schedule->tasks[n];
        }
    }
    return NULL;
}

static const medibus_task *most_urgent(const medibus_schedule *schedule) {
    const medibus_task *first = first_once(schedule);
    if (first != NULL) {
        return first;
    }
    first = &schedule->tasks[MEDIBUS_ONCE];
    for (uint32_t n = MEDIBUS_ONCE + 1; n < MEDIBUS_TASKS; n++) {
        first = schedule->tasks[n].due_us < first->due_us ? &schedule->tasks[n] : first;
    }
    return first;
}

const medibus_task *medibus_schedule_next(const medibus_schedule *schedule, int64_t now_us) {
    const medibus_task *task = most_urgent(schedule);
    return task->due_us <= now_us ? task : NULL;
}

int64_t medibus_schedule_due(const medibus_schedule *schedule) {
    return most_urgent(schedule)->due_us;
}

void medibus_schedule_done(medibus_schedule *schedule, uint8_t code, dragoman_bytes argument, int64_t now_us) {
    for (uint32_t n = 0; n < MEDIBUS_TASKS; n++) {
        medibus_task *task = &schedule->tasks[n];
        if (task->code == code && task->argument.data == argument.data) {
            task->due_us = task->every_us > 0 ? now_us + task->every_us : MEDIBUS_NEVER;
        }
    }
}

void medibus_schedule_want(medibus_schedule *schedule, uint8_t code, dragoman_bytes argument, int64_t now_us) {
    for (uint32_t n = MEDIBUS_ONLY_MOST; n < MEDIBUS_TASKS; n++) {
        medibus_task *task = &schedule->tasks[n];
        if (task->code == code) {
            task->argument = argument;
            task->due_us = now_us;
        }
    }
}

/*
 * What is asked, in which order and how often. First what configures the answers, once; then each request at its
 * interval.
 */
#ifndef MEDIBUS_SCHEDULE_H
#define MEDIBUS_SCHEDULE_H

#include "settings.h"

#define MEDIBUS_ONCE (MEDIBUS_ONLY_MOST + 2u)
#define MEDIBUS_TASKS (MEDIBUS_ONCE + 11u)
#define MEDIBUS_NEVER INT64_MAX

typedef struct medibus_task {
    uint8_t code; /* 0: there is none */
    dragoman_bytes argument;
    int64_t every_us; /* 0: once */
    int64_t due_us;   /* or MEDIBUS_NEVER */
} medibus_task;

typedef struct medibus_schedule {
    medibus_task tasks[MEDIBUS_TASKS];
} medibus_schedule;

/* Everything is due: configurations after the device has settled, the rest behind them. `settings` must stay. */
void medibus_schedule_begin(medibus_schedule *schedule, const medibus_settings *settings, int64_t now_us);
/* The task to do now, or NULL. */
const medibus_task *medibus_schedule_next(const medibus_schedule *schedule, int64_t now_us);
/* When the next task is due. */
int64_t medibus_schedule_due(const medibus_schedule *schedule);
/* The request `code` with `argument` was answered or given up: it is due again after its interval, or no more. */
void medibus_schedule_done(medibus_schedule *schedule, uint8_t code, dragoman_bytes argument, int64_t now_us);
/* The request `code` is due now, with `argument` if it has one. */
void medibus_schedule_want(medibus_schedule *schedule, uint8_t code, dragoman_bytes argument, int64_t now_us);

#endif

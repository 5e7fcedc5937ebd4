/*
 * Reports of any shape the model allows, from a seed: every member takes every kind of content some time. The same seed
 * gives the same report on every machine.
 */
#ifndef KIT_RANDOM_REPORT_H
#define KIT_RANDOM_REPORT_H

#include "base/arena.h"
#include <dragoman/report.h>

/* A report that passes model_check. Everything lives in `memory`. */
dragoman_report *kit_random_report(uint64_t seed, arena *memory);

/* A bedside monitor's usual report: `count` numeric observations with MDC codes, units, times and paths. */
dragoman_report *kit_monitor_report(uint32_t count, arena *memory);

#endif

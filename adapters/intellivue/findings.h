/*
 * What one message of a monitor says, gathered into one report. Lies in the host's batch memory: nothing outlives the
 * call.
 */
#ifndef INTELLIVUE_FINDINGS_H
#define INTELLIVUE_FINDINGS_H

#include "monitor.h"
#include "reply.h"

/* MeasurementState ("Attribute: Numeric Observed Value"). */
#define MS_INVALID 0x8000u
#define MS_UNAVAILABLE 0x2000u
#define MS_CALIBRATION_ONGOING 0x1000u

typedef struct intellivue_findings {
    const dragoman_host *host;
    void *host_context;
    intellivue_monitor *monitor;
    uint32_t since_create; /* ticks from the MDS create event to the result */
    dragoman_time at;      /* the result's time on the monitor's clock */
    int64_t now_us;        /* this machine's time, for what needs one where the monitor states none */
    dragoman_observation *observations;
    uint32_t observation_count;
    dragoman_alert *alerts;
    uint32_t alert_count;
    uint32_t odd;    /* attributes and values that are not what they claim to be */
    bool has_failed; /* out of memory or above a limit: nothing is to be reported */
} intellivue_findings;

/* Room for observations and alerts; has_failed without memory. */
void intellivue_findings_init(intellivue_findings *self, const dragoman_host *host, void *host_context,
                              intellivue_monitor *monitor, uint32_t rel_time_stamp, int64_t now_us);
/* Memory of the batch; NULL sets has_failed. */
void *intellivue_take(intellivue_findings *self, size_t size);
/* A new observation with the result's time, zeroed otherwise; NULL when there is no room. */
dragoman_observation *intellivue_findings_add(intellivue_findings *self);
/* A new alert, likewise. */
dragoman_alert *intellivue_findings_add_alert(intellivue_findings *self);

/* A code of the nomenclature: MDC by its number, or, when it is private, the vendor's as MDIL writes it
 * ("0002-f0c7"). */
dragoman_code intellivue_code(intellivue_findings *self, uint32_t partition, uint32_t code);
/* What a value is: its physiological identifier, and the label under which the monitor shows it where that is another
 * code. `metric` may be NULL; with is_part the label names a whole of which this is a part, and is only words. */
dragoman_concept intellivue_concept(intellivue_findings *self, uint32_t partition, uint16_t physio_id,
                                    const intellivue_metric *metric, bool is_part);
/* DRAGOMAN_STATUS_... of a MeasurementState. */
uint32_t intellivue_status(uint16_t state);
/* Why a value with this state is none; PRESENT: it is one. */
dragoman_absent intellivue_absence(uint16_t state);
/* FLOAT as a decimal, or a special. */
dragoman_decimal intellivue_float(uint32_t bits);

/* Numeric Observed Value and Compound Numeric Observed Value of an object. */
void intellivue_numeric_read(intellivue_findings *self, const intellivue_object *object,
                             const intellivue_metric *metric);
/* Sample Array Observed Value and its compound. */
void intellivue_wave_read(intellivue_findings *self, const intellivue_object *object, const intellivue_metric *metric);
/* Enumeration Observed Value. */
void intellivue_enumeration_read(intellivue_findings *self, const intellivue_object *object,
                                 const intellivue_metric *metric);
/* The alarm lists of an alert monitor. */
void intellivue_alarms_read(intellivue_findings *self, const intellivue_object *object);

/* Hands the report to the host when there is anything in it. */
dragoman_status intellivue_findings_emit(intellivue_findings *self);

#endif

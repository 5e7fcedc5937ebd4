#include "findings.h"
#include "codes.h"
#include "text.h"
#include <string.h>

#define FLOAT_NAN 0x7FFFFFu
#define FLOAT_NRES 0x800000u
#define FLOAT_POSITIVE_INFINITY 0x7FFFFEu
#define FLOAT_NEGATIVE_INFINITY 0x800002u
#define FLOAT_RESERVED 0x800001u

/* MeasurementState bits that the guide defines; the others of the standard's sixteen are not used. */
#define MEASUREMENT_STATES 0xFCE3u

/* "0002-f0c7", and the largest number: 10 digits. */
#define CODE_BYTES 12u

void *intellivue_take(intellivue_findings *self, size_t size) {
    void *memory = self->host->batch(self->host_context, size);
    if (memory == NULL) {
        self->has_failed = true;
        return NULL;
    }
    return memset(memory, 0, size);
}

void intellivue_findings_init(intellivue_findings *self, const dragoman_host *host, void *host_context,
                              intellivue_monitor *monitor, uint32_t rel_time_stamp, int64_t now_us) {
    *self = (intellivue_findings){.host = host,
                                  .host_context = host_context,
                                  .monitor = monitor,
                                  .now_us = now_us,
                                  .since_create = rel_time_stamp - monitor->create.event_time,
                                  .at = intellivue_clock_time(&monitor->clock, rel_time_stamp)};
}

dragoman_observation *intellivue_findings_add(intellivue_findings *self) {
    if (self->observations == NULL) {
        self->observations =
            (dragoman_observation *)intellivue_take(self, INTELLIVUE_OBSERVATIONS * sizeof *self->observations);
    }
    if (self->observations == NULL || self->observation_count == INTELLIVUE_OBSERVATIONS) {
        self->has_failed = true;
        return NULL;
    }
    dragoman_observation *observation = &self->observations[self->observation_count++];
    observation->measured_at = self->at;
    observation->result = DRAGOMAN_RESULT_UNVALIDATED;
    return observation;
}

dragoman_alert *intellivue_findings_add_alert(intellivue_findings *self) {
    if (self->alerts == NULL) {
        self->alerts = (dragoman_alert *)intellivue_take(self, INTELLIVUE_ALERTS * sizeof *self->alerts);
    }
    if (self->alerts == NULL || self->alert_count == INTELLIVUE_ALERTS) {
        self->has_failed = true;
        return NULL;
    }
    dragoman_alert *alert = &self->alerts[self->alert_count++];
    alert->occurred_at = self->at;
    return alert;
}

dragoman_code intellivue_code(intellivue_findings *self, uint32_t partition, uint32_t code) {
    partition = partition == INTELLIVUE_PART_SETTINGS && code >= INTELLIVUE_PRIVATE ? INTELLIVUE_PART_SCADA : partition;
    char *text = (char *)intellivue_take(self, CODE_BYTES);
    if (text == NULL) {
        return (dragoman_code){0};
    }
    bool is_public = (partition > 0 && partition <= INTELLIVUE_PART_DIM) || partition == INTELLIVUE_PART_SETTINGS;
    if (is_public && code < INTELLIVUE_PRIVATE) {
        size_t size = intellivue_write_decimal((uint64_t)partition << 16 | code, text);
        return (dragoman_code){.code = {(const uint8_t *)text, size}, .system = DRAGOMAN_TEXT("MDC")};
    }
    (void)intellivue_write_hex(partition, 4, text);
    text[4] = '-';
    (void)intellivue_write_hex(code, 4, text + 5);
    return (dragoman_code){.code = {(const uint8_t *)text, 9}, .system = DRAGOMAN_TEXT("MDIL")};
}

dragoman_concept intellivue_concept(intellivue_findings *self, uint32_t partition, uint16_t physio_id,
                                    const intellivue_metric *metric, bool is_part) {
    dragoman_concept concept = {0};
    dragoman_code *codings = (dragoman_code *)intellivue_take(self, 2 * sizeof *codings);
    if (codings == NULL) {
        return concept;
    }
    codings[concept.coding_count++] = intellivue_code(self, partition, physio_id);
    concept.codings = codings;
    if (metric != NULL) {
        uint32_t own_label = INTELLIVUE_PART_SCADA << 16 | physio_id;
        if (!is_part && metric->label != 0 && metric->label != own_label) {
            codings[concept.coding_count++] = intellivue_code(self, metric->label >> 16, metric->label & 0xFFFF);
        }
        char *text = (char *)intellivue_take(self, sizeof metric->text);
        if (text != NULL) {
            memcpy(text, metric->text, metric->text_size);
            concept.text = (dragoman_bytes){(const uint8_t *)text, metric->text_size};
        }
    }
    return concept;
}

uint32_t intellivue_status(uint16_t state) {
    uint32_t status = 0;
    for (uint32_t bit = 0; bit < 16; bit++) {
        /* The guide counts from the most significant bit, as the standard's BITS do. */
        if ((state & MEASUREMENT_STATES & (0x8000u >> bit)) != 0) {
            status |= 1u << bit;
        }
    }
    return status;
}

dragoman_absent intellivue_absence(uint16_t state) {
    if ((state & MS_INVALID) != 0) {
        return DRAGOMAN_ABSENT_ERROR;
    }
    return (state & (MS_UNAVAILABLE | MS_CALIBRATION_ONGOING)) != 0 ? DRAGOMAN_ABSENT_TEMPORARILY_UNKNOWN
                                                                    : DRAGOMAN_PRESENT;
}

dragoman_decimal intellivue_float(uint32_t bits) {
    uint32_t mantissa = bits & 0xFFFFFF;
    switch (mantissa) {
    case FLOAT_NAN:
        return (dragoman_decimal){.special = DRAGOMAN_NAN};
    case FLOAT_NRES:
        return (dragoman_decimal){.special = DRAGOMAN_NRES};
    case FLOAT_POSITIVE_INFINITY:
        return (dragoman_decimal){.special = DRAGOMAN_POSITIVE_INFINITY};
    case FLOAT_NEGATIVE_INFINITY:
        return (dragoman_decimal){.special = DRAGOMAN_NEGATIVE_INFINITY};
    case FLOAT_RESERVED:
        return (dragoman_decimal){.special = DRAGOMAN_RESERVED};
    default:
        break;
    }
    int32_t number = (int32_t)mantissa - ((mantissa & 0x800000) != 0 ? 0x1000000 : 0);
    return (dragoman_decimal){.mantissa = number, .exponent = (int8_t)(bits >> 24)};
}

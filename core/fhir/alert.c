#include "fhir/alert.h"
#include "fhir/code.h"
#include "fhir/concept.h"
#include "fhir/observation.h"
#include "fhir/status.h"

#define MDC_EVT_ALARM 196616u
#define MDC_ATTR_ALERT_SOURCE 68480u
#define MDC_ATTR_EVENT_PHASE 68481u
#define MDC_ATTR_ALARM_STATE 68482u
#define MDC_ATTR_ALARM_INACTIVATION_STATE 68483u
#define MDC_ATTR_ALARM_PRIORITY 68484u
#define MDC_ATTR_ALERT_TYPE 68485u
#define PARTITION_EVENTS 3u

static void facet_code(const fhir_scene *scene, buffer *to, uint32_t mdc) {
    const terms_mdc *term = terms_find_mdc(scene->writer->book, mdc);
    size_t code = json_open(to, "code", '{');
    size_t codings = json_open(to, "coding", '[');
    fhir_mdc_coding(to, mdc, bytes_of(term == NULL ? NULL : term->refid));
    json_close(to, codings);
    json_close(to, code);
}

static void facet(const fhir_scene *scene, buffer *to, uint32_t mdc, const char *word) {
    if (word != NULL) {
        size_t element = json_open(to, NULL, '{');
        facet_code(scene, to, mdc);
        json_constant(to, "valueString", word);
        json_close(to, element);
    }
}

static const char *word_of(const char *const *words, size_t count, uint8_t value) {
    return value < count ? words[value] : NULL;
}

static void facets(const fhir_scene *scene, buffer *to, const dragoman_alert *alert) {
    static const char *const phases[] = {NULL,       "start",      "continue", "end",   "update",
                                         "escalate", "deescalate", "reset",    "tpoint"};
    static const char *const states[] = {NULL, "inactive", "active", "latched"};
    static const char *const priorities[] = {NULL, "PN", "PL", "PM", "PH"};
    static const char *const kinds[] = {NULL, "SP", "ST", "SA"};
    static const char *const inactivations[] = {"enabled",      "audio-paused", "audio-off",
                                                "alarm-paused", "alarm-off",    "alert-acknowledged"};
    facet(scene, to, MDC_ATTR_EVENT_PHASE, word_of(phases, sizeof phases / sizeof *phases, alert->phase));
    facet(scene, to, MDC_ATTR_ALARM_STATE, word_of(states, sizeof states / sizeof *states, alert->state));
    for (uint32_t i = 0; i < sizeof inactivations / sizeof *inactivations; i++) {
        bool is_set = (alert->inactivation >> i & 1) != 0;
        facet(scene, to, MDC_ATTR_ALARM_INACTIVATION_STATE, is_set ? inactivations[i] : NULL);
    }
    facet(scene, to, MDC_ATTR_ALARM_PRIORITY,
          word_of(priorities, sizeof priorities / sizeof *priorities, alert->priority));
    facet(scene, to, MDC_ATTR_ALERT_TYPE, word_of(kinds, sizeof kinds / sizeof *kinds, alert->kind));
}

/* What the alert is about, and the value at that moment with the limits that it broke. */
static void source(const fhir_scene *scene, buffer *to, const dragoman_alert *alert, const terms_meaning *meaning) {
    static const fhir_plan plain = {0};
    static const dragoman_range none = {0};
    bool is_named = alert->source.coding_count > 0 || json_trimmed(alert->source.text).size > 0;
    if (is_named) {
        size_t element = json_open(to, NULL, '{');
        facet_code(scene, to, MDC_ATTR_ALERT_SOURCE);
        fhir_code(scene->writer, to, "valueCodeableConcept", &alert->source, meaning, &plain);
        json_close(to, element);
    }
    fhir_unit unit = fhir_unit_of(meaning, &alert->source_unit);
    for (uint32_t i = 0; is_named && i < alert->source_values.count; i++) {
        const dragoman_value *value = dragoman_list_at(&alert->source_values, i);
        size_t element = json_open(to, NULL, '{');
        fhir_code(scene->writer, to, "code", &alert->source, meaning, &plain);
        const char *absent = fhir_absent_reason(0, DRAGOMAN_RESULT_UNSTATED, value, DRAGOMAN_PRESENT);
        if (absent != NULL) {
            fhir_absent(to, absent);
        } else {
            fhir_value(scene->writer, to, value, &unit, 0);
        }
        fhir_ranges(to, &none, &alert->limits, &unit);
        json_close(to, element);
    }
}

static bool is_over(const dragoman_alert *alert) {
    switch ((dragoman_alert_phase)alert->phase) {
    case DRAGOMAN_PHASE_END:
    case DRAGOMAN_PHASE_RESET:
    case DRAGOMAN_PHASE_PRESENT:
        return true;
    case DRAGOMAN_PHASE_UNSTATED:
        return alert->state == DRAGOMAN_STATE_INACTIVE;
    case DRAGOMAN_PHASE_START:
    case DRAGOMAN_PHASE_CONTINUE:
    case DRAGOMAN_PHASE_UPDATE:
    case DRAGOMAN_PHASE_ESCALATE:
    case DRAGOMAN_PHASE_DEESCALATE:
        break;
    }
    return false;
}

/* The event's own codes, behind MDC_EVT_ALARM where none of them is an MDC event. */
static void event_code(const fhir_scene *scene, buffer *to, const dragoman_alert *alert, const terms_meaning *event) {
    size_t code = json_open(to, "code", '{');
    size_t codings = json_open(to, "coding", '[');
    bool is_event = event->mdc >> 16 == PARTITION_EVENTS;
    uint32_t first = is_event ? event->mdc : MDC_EVT_ALARM;
    const terms_mdc *term = terms_find_mdc(scene->writer->book, first);
    fhir_mdc_coding(to, first, bytes_of(term == NULL ? NULL : term->refid));
    for (uint32_t i = 0; i < alert->event.coding_count; i++) {
        if (fhir_mdc_number(&alert->event.codings[i]) != first) {
            fhir_coding(scene->writer, to, &alert->event.codings[i], fhir_is_loinc(&alert->event.codings[i]));
        }
    }
    json_close(to, codings);
    json_text(to, "text", fhir_concept_words(&alert->event));
    json_close(to, code);
}

void fhir_alert_write(fhir_scene *scene, uint32_t index) {
    static const terms_meaning unknown = {0};
    const dragoman_alert *alert = dragoman_list_at(&scene->record->report.alerts, index);
    const terms_meanings *meanings = scene->meanings;
    const terms_meaning *event = meanings->alert_events == NULL ? &unknown : &meanings->alert_events[index];
    const terms_meaning *about = meanings->alert_sources == NULL ? &unknown : &meanings->alert_sources[index];
    buffer *to = scene->to;
    char id[MODEL_ID_BYTES];
    size_t id_size = model_alert_id(scene->record, index, id);
    fhir_frame_head(scene, id, id_size, true);
    JSON_APPEND(to, "],");
    json_constant(to, "status", is_over(alert) ? "final" : "preliminary");
    event_code(scene, to, alert, event);
    buffer_append_bytes(to, scene->subject);
    dragoman_observation timed = {.measured_at = alert->occurred_at};
    fhir_effective effective = {0};
    fhir_effective_make(scene, &timed, false, &effective);
    buffer_append(to, effective.text, effective.size);
    json_text(to, "valueString", alert->text);
    fhir_reference(scene, to, "device", scene->device->mds);
    size_t components = json_open(to, "component", '[');
    source(scene, to, alert, about);
    facets(scene, to, alert);
    if (!json_close(to, components) && json_trimmed(alert->text).size == 0) {
        fhir_absent(to, "unknown");
    }
    fhir_frame_tail(scene, id, id_size, true);
    scene->count.observations--;
}

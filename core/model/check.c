#include "base/bytes.h"
#include "base/decimal.h"
#include "base/limits.h"
#include "base/time.h"
#include "model/model.h"

#include <stdio.h>

#define LARGEST_OFFSET_MINUTES 1439
#define LARGEST_CONTEXT_KIND DRAGOMAN_CONTEXT_CANCEL_PENDING

/* Where the check stands, for the sentence. */
typedef struct checker {
    error_record *error;
    dragoman_status status;
    const char *thing; /* "observation", "alert", "context event", "node", "device", "patient" */
    uint32_t index;    /* from 1; 0: there is only one */
    const dragoman_concept *name;
} checker;

/* Notes the first fault and names the thing it is in. The sentences hold no value and no patient's data. */
static void fail(checker *self, dragoman_status status, const char *what) {
    if (self->status != DRAGOMAN_OK) {
        return;
    }
    char place[64] = "";
    char name[96] = "";
    if (self->index > 0) {
        snprintf(place, sizeof place, " %u", self->index);
    }
    if (self->name != NULL && self->name->coding_count > 0 && self->name->codings != NULL) {
        const dragoman_code *coding = &self->name->codings[0];
        dragoman_bytes said = coding->text.size > 0 ? coding->text : coding->code;
        if (said.size > 0 && bytes_is_utf8(said)) {
            snprintf(name, sizeof name, " (%.*s)", said.size < 80 ? (int)said.size : 80, (const char *)said.data);
        }
    }
    self->status = error_set(self->error, status, "the report's %s%s%s: %s", self->thing, place, name, what);
}

static void require(checker *self, bool holds, const char *what) {
    if (!holds) {
        fail(self, DRAGOMAN_INVALID, what);
    }
}

static inline void check_text(checker *self, dragoman_bytes text, const char *what) {
    if (text.size > 0 && (text.data == NULL || !bytes_is_utf8(text))) {
        fail(self, DRAGOMAN_INVALID, what);
    }
}

static void check_code(checker *self, const dragoman_code *code) {
    check_text(self, code->code, "a code is not valid UTF-8");
    check_text(self, code->text, "a code's text is not valid UTF-8");
    check_text(self, code->system, "a coding system is not valid UTF-8");
}

static void check_concept_parts(checker *self, const dragoman_concept *concept) {
    check_text(self, concept->text, "a concept's text is not valid UTF-8");
    if (concept->coding_count > LIMIT_PARTS) {
        fail(self, DRAGOMAN_LIMIT, "a concept has too many codings");
        return;
    }
    if (concept->coding_count > 0 && concept->codings == NULL) {
        fail(self, DRAGOMAN_INVALID, "a concept counts codings that are not there");
        return;
    }
    for (uint32_t i = 0; i < concept->coding_count; i++) {
        check_code(self, &concept->codings[i]);
    }
}

static inline void check_concept(checker *self, const dragoman_concept *concept) {
    if (concept->coding_count != 0 || concept->text.size != 0) {
        check_concept_parts(self, concept);
    }
}

static void check_identifier_parts(checker *self, const dragoman_identifier *identifier) {
    check_text(self, identifier->value, "an identifier is not valid UTF-8");
    check_text(self, identifier->authority, "an identifier's authority is not valid UTF-8");
    check_text(self, identifier->universal, "an identifier's universal id is not valid UTF-8");
    check_text(self, identifier->universal_type, "the type of a universal id is not valid UTF-8");
    check_text(self, identifier->type, "an identifier's type is not valid UTF-8");
}

/* Most identifiers, ranges and concepts of an observation say nothing. */
static inline void check_identifier(checker *self, const dragoman_identifier *identifier) {
    if ((identifier->value.size | identifier->authority.size | identifier->universal.size |
         identifier->universal_type.size | identifier->type.size) != 0) {
        check_identifier_parts(self, identifier);
    }
}

/* Whether a list may be walked. */
static bool check_list(checker *self, const dragoman_list *list, uint32_t limit, const char *what) {
    if (list->count > limit) {
        fail(self, DRAGOMAN_LIMIT, what);
        return false;
    }
    if (list->count > 0 && list->items == NULL) {
        fail(self, DRAGOMAN_INVALID, "a list counts items that are not there");
        return false;
    }
    return true;
}

static void check_identifiers(checker *self, const dragoman_list *list) {
    if (check_list(self, list, LIMIT_PARTS, "there are too many identifiers")) {
        for (uint32_t i = 0; i < list->count; i++) {
            check_identifier(self, dragoman_list_at(list, i));
        }
    }
}

static void check_time(checker *self, dragoman_time time) {
    if (time.precision == DRAGOMAN_TIME_NONE) {
        return;
    }
    require(self, time.precision <= DRAGOMAN_TIME_SECOND, "a time has an unknown precision");
    require(self, time.fraction_digits <= (time.precision == DRAGOMAN_TIME_SECOND ? 6 : 0),
            "a time has more fraction digits than its precision allows");
    require(self, time.flags <= (DRAGOMAN_TIME_ZONE_ASSUMED | DRAGOMAN_TIME_OF_DAY), "a time has unknown flags");
    require(self,
            time.offset_minutes == DRAGOMAN_OFFSET_UNKNOWN ||
                (time.offset_minutes >= -LARGEST_OFFSET_MINUTES && time.offset_minutes <= LARGEST_OFFSET_MINUTES),
            "a zone offset is a day or more");
    require(self, time.civil_us >= TIME_LEAST_US && time.civil_us <= TIME_LARGEST_US,
            "a time is outside of the years 1 to 9999");
}

static void check_decimal(checker *self, dragoman_decimal decimal) {
    require(self, decimal.special <= DRAGOMAN_RESERVED, "a number has an unknown special");
    require(self, decimal.exponent >= -128 && decimal.exponent <= 127, "an exponent is outside of -128 to 127");
    require(self, decimal.special == DRAGOMAN_FINITE || (decimal.mantissa == 0 && decimal.exponent == 0),
            "a number is special and has digits");
}

/* A range's ends: in order when both are there. */
static void check_ends(checker *self, dragoman_decimal low, dragoman_decimal high) {
    check_decimal(self, low);
    check_decimal(self, high);
    if (self->status == DRAGOMAN_OK && low.special == DRAGOMAN_FINITE && high.special == DRAGOMAN_FINITE) {
        require(self, decimal_compare(low, high) <= 0, "a range's low end is above its high end");
    }
}

static void check_range(checker *self, const dragoman_range *range) {
    const dragoman_decimal nothing = {0};
    if (range->text.size == 0 && decimal_same(range->low, nothing) && decimal_same(range->high, nothing)) {
        return;
    }
    check_text(self, range->text, "a range's text is not valid UTF-8");
    check_ends(self, range->low, range->high);
}

static void check_samples(checker *self, const dragoman_samples *samples) {
    if (samples == NULL) {
        fail(self, DRAGOMAN_INVALID, "a value of samples has none");
        return;
    }
    require(self, samples->sample_bytes == 2 || samples->sample_bytes == 4, "samples have neither 2 nor 4 bytes");
    require(self, samples->dimensions >= 1, "samples have no dimension");
    require(self, samples->period_ns >= 0, "the period of samples is negative");
    require(self, samples->count == 0 || samples->data != NULL, "samples are counted that are not there");
    require(self, samples->scale.special == DRAGOMAN_FINITE && samples->origin.special == DRAGOMAN_FINITE,
            "the scale or origin of samples is no number");
    check_decimal(self, samples->scale);
    check_decimal(self, samples->origin);
    check_ends(self, samples->low, samples->high);
    if (samples->dimensions > LIMIT_SAMPLE_DIMENSIONS ||
        (uint64_t)samples->count * samples->dimensions * samples->sample_bytes > LIMIT_REPORT_BYTES) {
        fail(self, DRAGOMAN_LIMIT, "there are too many samples");
    }
}

/* The kinds that are not a single number, code or text. */
static void check_large_value(checker *self, const dragoman_value *value) {
    switch (value->kind) {
    case DRAGOMAN_VALUE_BITS:
        require(self, value->bit_count <= 64, "a value has more than 64 bits");
        require(self, value->bit_count >= 64 || value->bits >> value->bit_count == 0,
                "a bit is set beyond the number of bits");
        break;
    case DRAGOMAN_VALUE_SAMPLES:
        check_samples(self, value->samples);
        break;
    case DRAGOMAN_VALUE_TIME:
    case DRAGOMAN_VALUE_PERIOD:
        check_time(self, value->from);
        check_time(self, value->to);
        break;
    case DRAGOMAN_VALUE_RANGE:
        check_ends(self, value->number, value->other_number);
        break;
    case DRAGOMAN_VALUE_RATIO:
        check_decimal(self, value->number);
        check_decimal(self, value->other_number);
        break;
    case DRAGOMAN_VALUE_ATTACHMENT:
        check_text(self, value->text, "a media type is not valid UTF-8");
        check_text(self, value->reference, "a reference is not valid UTF-8");
        require(self, value->data.size == 0 || value->data.data != NULL, "an attachment's bytes are not there");
        break;
    default:
        fail(self, DRAGOMAN_INVALID, "a value is of an unknown kind");
        break;
    }
}

static void check_value(checker *self, const dragoman_value *value) {
    require(self, value->comparator <= DRAGOMAN_GREATER_OR_EQUAL, "a value has an unknown comparator");
    if (value->kind == DRAGOMAN_VALUE_NONE) {
        require(self, value->absent != DRAGOMAN_PRESENT, "there is no value and no reason why");
        require(self, value->absent <= DRAGOMAN_ABSENT_MASKED, "a value is absent for an unknown reason");
        return;
    }
    require(self, value->absent == DRAGOMAN_PRESENT, "a value is there and said to be absent");
    switch (value->kind) {
    case DRAGOMAN_VALUE_DECIMAL:
        check_decimal(self, value->number);
        break;
    case DRAGOMAN_VALUE_TEXT:
        check_text(self, value->text, "a text value is not valid UTF-8");
        break;
    case DRAGOMAN_VALUE_CODE:
        check_concept(self, &value->concept);
        break;
    default:
        check_large_value(self, value);
        break;
    }
}

static void check_values(checker *self, const dragoman_list *values) {
    if (check_list(self, values, LIMIT_PARTS, "there are too many values")) {
        for (uint32_t i = 0; i < values->count; i++) {
            check_value(self, dragoman_list_at(values, i));
        }
    }
}

static void check_order(checker *self, const dragoman_order *order) {
    if (order != NULL) {
        check_identifier(self, &order->placer);
        check_identifier(self, &order->filler);
        check_concept(self, &order->service);
        check_identifier(self, &order->specimen);
        check_concept(self, &order->specimen_type);
        check_time(self, order->collected_at);
    }
}

static void check_components(checker *self, const dragoman_list *components) {
    if (check_list(self, components, LIMIT_PARTS, "there are too many components")) {
        for (uint32_t i = 0; i < components->count; i++) {
            const dragoman_component *component = dragoman_list_at(components, i);
            check_concept(self, &component->code);
            check_code(self, &component->unit);
            check_values(self, &component->values);
        }
    }
}

static void check_observation(checker *self, const dragoman_observation *observation) {
    check_text(self, observation->sub_id, "a sub-id is not valid UTF-8");
    check_concept(self, &observation->code);
    check_code(self, &observation->unit);
    require(self, observation->values.count > 0 || observation->components.count > 0,
            "there is neither a value, nor a component, nor a value that says why it is absent");
    check_values(self, &observation->values);
    check_components(self, &observation->components);
    check_time(self, observation->measured_at);
    check_time(self, observation->measured_until);
    require(self, observation->result <= DRAGOMAN_RESULT_PENDING, "the result status is unknown");
    require(self, observation->obtained <= DRAGOMAN_OBTAINED_MANUAL, "the way it was obtained is unknown");
    require(self, observation->domain <= DRAGOMAN_DOMAIN_PLACE, "the domain is unknown");
    require(self, observation->time_is_own <= 1, "time_is_own is neither 0 nor 1");
    check_range(self, &observation->alarm_limits);
    check_range(self, &observation->normal_range);
    check_concept(self, &observation->flags);
    check_concept(self, &observation->site);
    check_concept(self, &observation->method);
    check_identifier(self, &observation->instance);
    check_identifier(self, &observation->producer);
    check_order(self, observation->order);
    check_text(self, observation->note, "a note is not valid UTF-8");
}

static void check_alert(checker *self, const dragoman_alert *alert) {
    require(self, alert->event.coding_count > 0 || alert->event.text.size > 0 || alert->text.size > 0,
            "it says neither by a code nor by a text what happened");
    check_identifier(self, &alert->id);
    check_identifier(self, &alert->parent);
    check_concept(self, &alert->event);
    check_concept(self, &alert->source);
    check_values(self, &alert->source_values);
    check_code(self, &alert->source_unit);
    check_range(self, &alert->limits);
    check_text(self, alert->text, "its text is not valid UTF-8");
    check_time(self, alert->occurred_at);
    require(self, alert->priority <= DRAGOMAN_PRIORITY_HIGH, "its priority is unknown");
    require(self, alert->kind <= DRAGOMAN_ALERT_ADVISORY, "its kind is unknown");
    require(self, alert->phase <= DRAGOMAN_PHASE_PRESENT, "its phase is unknown");
    require(self, alert->state <= DRAGOMAN_STATE_LATCHED, "its state is unknown");
}

static void check_device(checker *self, const dragoman_device *device) {
    if (device == NULL) {
        return;
    }
    check_text(self, device->key, "its key is not valid UTF-8");
    check_identifiers(self, &device->identifiers);
    check_concept(self, &device->type);
    check_text(self, device->manufacturer, "its manufacturer is not valid UTF-8");
    check_text(self, device->model, "its model is not valid UTF-8");
    check_text(self, device->serial, "its serial number is not valid UTF-8");
    if (check_list(self, &device->versions, LIMIT_PARTS, "there are too many versions")) {
        for (uint32_t i = 0; i < device->versions.count; i++) {
            const dragoman_version *version = dragoman_list_at(&device->versions, i);
            check_text(self, version->part, "the part of a version is not valid UTF-8");
            check_text(self, version->value, "a version is not valid UTF-8");
        }
    }
}

static void check_place(checker *self, const dragoman_place *place) {
    if (place != NULL) {
        const dragoman_bytes parts[] = {place->point_of_care, place->room,     place->bed,
                                        place->facility,      place->building, place->floor};
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            check_text(self, parts[i], "a place is not valid UTF-8");
        }
    }
}

static void check_patient(checker *self, const dragoman_patient *patient) {
    if (patient == NULL) {
        return;
    }
    check_identifiers(self, &patient->identifiers);
    check_identifier(self, &patient->account);
    check_identifier(self, &patient->visit);
    check_time(self, patient->born_at);
    check_text(self, patient->sex, "a sex is not valid UTF-8");
    check_text(self, patient->visit_class, "a visit class is not valid UTF-8");
    if (check_list(self, &patient->names, LIMIT_PARTS, "there are too many names")) {
        for (uint32_t i = 0; i < patient->names.count; i++) {
            const dragoman_name *name = dragoman_list_at(&patient->names, i);
            const dragoman_bytes parts[] = {name->family, name->given, name->prefix,
                                            name->suffix, name->use,   name->representation};
            for (size_t n = 0; n < sizeof parts / sizeof parts[0]; n++) {
                check_text(self, parts[n], "a name is not valid UTF-8");
            }
        }
    }
}

static void check_context(checker *self, const dragoman_context *context) {
    require(self, context->kind != DRAGOMAN_CONTEXT_NONE && context->kind <= LARGEST_CONTEXT_KIND,
            "its kind is unknown");
    require(self, context->suspected <= 1, "suspected is neither 0 nor 1");
    check_text(self, context->trigger, "its trigger is not valid UTF-8");
    check_patient(self, context->patient);
    check_patient(self, context->prior_patient);
    check_place(self, context->place);
    check_place(self, context->prior_place);
    check_device(self, context->device);
    check_time(self, context->occurred_at);
    check_time(self, context->recorded_at);
}

static void enter(checker *self, const char *thing, uint32_t index, const dragoman_concept *name) {
    self->thing = thing;
    self->index = index;
    self->name = name;
}

static void check_lists(checker *self, const dragoman_report *report) {
    for (uint32_t i = 0; i < report->nodes.count; i++) {
        const dragoman_node *node = dragoman_list_at(&report->nodes, i);
        enter(self, "node", i + 1, &node->type);
        check_concept(self, &node->type);
        check_identifiers(self, &node->identifiers);
        check_text(self, node->manufacturer, "its manufacturer is not valid UTF-8");
        check_text(self, node->model, "its model is not valid UTF-8");
    }
    for (uint32_t i = 0; i < report->observations.count && self->status == DRAGOMAN_OK; i++) {
        const dragoman_observation *observation = dragoman_list_at(&report->observations, i);
        enter(self, "observation", i + 1, &observation->code);
        check_observation(self, observation);
    }
    for (uint32_t i = 0; i < report->alerts.count && self->status == DRAGOMAN_OK; i++) {
        const dragoman_alert *alert = dragoman_list_at(&report->alerts, i);
        enter(self, "alert", i + 1, &alert->event);
        check_alert(self, alert);
    }
    for (uint32_t i = 0; i < report->contexts.count && self->status == DRAGOMAN_OK; i++) {
        enter(self, "context event", i + 1, NULL);
        check_context(self, dragoman_list_at(&report->contexts, i));
    }
}

dragoman_status model_check(const dragoman_report *report, error_record *error) {
    checker self = {.error = error};
    enter(&self, "head", 0, NULL);
    check_time(&self, report->sent_at);
    check_text(&self, report->message_id, "the message id is not valid UTF-8");
    check_code(&self, &report->sender);
    bool may_walk = check_list(&self, &report->nodes, LIMIT_NODES, "there are too many nodes") &&
                    check_list(&self, &report->observations, LIMIT_OBSERVATIONS, "there are too many observations") &&
                    check_list(&self, &report->alerts, LIMIT_ALERTS, "there are too many alerts") &&
                    check_list(&self, &report->contexts, LIMIT_CONTEXTS, "there are too many context events");
    enter(&self, "device", 0, NULL);
    bool needs_device = report->observations.count > 0 || report->alerts.count > 0 || report->device_state != 0;
    require(&self, !needs_device || (report->device != NULL && report->device->key.size > 0),
            "observations, alerts and its state need one with a key");
    require(&self, report->device_state <= DRAGOMAN_DEVICE_GONE, "its state is none of those there are");
    check_device(&self, report->device);
    enter(&self, "place", 0, NULL);
    check_place(&self, report->place);
    enter(&self, "patient", 0, NULL);
    check_patient(&self, report->patient);
    if (may_walk) {
        check_lists(&self, report);
    }
    return self.status;
}

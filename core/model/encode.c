/* The hot encoder: one backward pass over a report. Fields of a message are written from the highest number to the
 * lowest. */
#include "base/bytes.h"
#include "model/fields.h"
#include "model/model.h"
#include "model/tables.h"
#include "model/writer.h"

/* What an encoded observation of a monitor usually takes; the room grows when it takes more. */
#define USUAL_OBSERVATION_BYTES 96
#define USUAL_REPORT_BYTES 1024
#define LARGEST_GUESS_BYTES ((size_t)16 << 20)

typedef struct encoder {
    writer out;
    dragoman_time base; /* precision NONE: no observation has a time */
    concept_table concepts;
    concept_table units;
    order_table orders;
} encoder;

static void put_concept(encoder *self, uint32_t number, const dragoman_concept *concept) {
    if (concept->coding_count > 0 || concept->text.size > 0) {
        writer_always(&self->out, number, concept_table_index(&self->concepts, concept));
    }
}

static void put_unit(encoder *self, uint32_t number, const dragoman_code *unit) {
    if (unit->code.size > 0 || unit->text.size > 0 || unit->system.size > 0) {
        dragoman_concept concept = {.codings = unit, .coding_count = 1};
        writer_always(&self->out, number, concept_table_index(&self->units, &concept));
    }
}

static void put_coding(writer *out, uint32_t number, const dragoman_code *coding) {
    size_t mark = writer_mark(out);
    writer_bytes(out, FIELD(Coding, system), coding->system);
    writer_bytes(out, FIELD(Coding, text), coding->text);
    writer_bytes(out, FIELD(Coding, code), coding->code);
    writer_close(out, number, mark);
}

static void put_path(writer *out, uint32_t number, dragoman_path path) {
    if ((path.mds | path.vmd | path.channel | path.metric) != 0) {
        size_t mark = writer_mark(out);
        (void)writer_room(out, 2 * WRITER_FIELD_BYTES);
        writer_varint(out, path.metric);
        writer_varint(out, path.channel);
        writer_varint(out, path.vmd);
        writer_varint(out, path.mds);
        writer_close(out, number, mark);
    }
}

static void put_time(writer *out, uint32_t number, dragoman_time time) {
    if (time.precision == DRAGOMAN_TIME_NONE) {
        return;
    }
    size_t mark = writer_mark(out);
    writer_unsigned(out, FIELD(Time, flags), time.flags);
    writer_unsigned(out, FIELD(Time, fraction_digits), time.fraction_digits);
    writer_unsigned(out, FIELD(Time, precision), time.precision);
    if (time.offset_minutes != DRAGOMAN_OFFSET_UNKNOWN) {
        writer_always(out, FIELD(Time, offset_minutes), writer_zigzag(time.offset_minutes));
    }
    writer_signed(out, FIELD(Time, civil_us), time.civil_us);
    writer_close(out, number, mark);
}

/* Whether a time can be told as a distance from the base. */
static bool is_like_base(const encoder *self, dragoman_time time, int64_t *ret_delta_us) {
    return self->base.precision == time.precision && self->base.offset_minutes == time.offset_minutes &&
           self->base.fraction_digits == time.fraction_digits && self->base.flags == time.flags &&
           !__builtin_sub_overflow(time.civil_us, self->base.civil_us, ret_delta_us);
}

static bool is_nothing(dragoman_decimal decimal) {
    return decimal.mantissa == 0 && decimal.exponent == 0 && decimal.special == DRAGOMAN_FINITE;
}

static void put_decimal(writer *out, uint32_t number, dragoman_decimal decimal) {
    size_t mark = writer_mark(out);
    writer_unsigned(out, FIELD(Decimal, special), decimal.special);
    writer_signed(out, FIELD(Decimal, exponent), decimal.exponent);
    writer_signed(out, FIELD(Decimal, mantissa), decimal.mantissa);
    writer_close(out, number, mark);
}

/* A decimal that is left out when it is the NAN of "not stated". */
static void put_stated(writer *out, uint32_t number, dragoman_decimal decimal) {
    if (decimal.special != DRAGOMAN_NAN) {
        put_decimal(out, number, decimal);
    }
}

static void put_range(writer *out, uint32_t number, const dragoman_range *range) {
    if (range->text.size > 0 || !is_nothing(range->low) || !is_nothing(range->high)) {
        size_t mark = writer_mark(out);
        writer_bytes(out, FIELD(Range, text), range->text);
        put_stated(out, FIELD(Range, high), range->high);
        put_stated(out, FIELD(Range, low), range->low);
        writer_close(out, number, mark);
    }
}

static void put_identifier_always(writer *out, uint32_t number, const dragoman_identifier *identifier) {
    size_t mark = writer_mark(out);
    writer_bytes(out, FIELD(Identifier, type), identifier->type);
    writer_bytes(out, FIELD(Identifier, universal_type), identifier->universal_type);
    writer_bytes(out, FIELD(Identifier, universal), identifier->universal);
    writer_bytes(out, FIELD(Identifier, authority), identifier->authority);
    writer_bytes(out, FIELD(Identifier, value), identifier->value);
    writer_close(out, number, mark);
}

static void put_identifier(writer *out, uint32_t number, const dragoman_identifier *identifier) {
    if ((identifier->value.size | identifier->authority.size | identifier->universal.size |
         identifier->universal_type.size | identifier->type.size) != 0) {
        put_identifier_always(out, number, identifier);
    }
}

static void put_identifiers(writer *out, uint32_t number, const dragoman_list *list) {
    for (uint32_t i = list->count; i > 0; i--) {
        put_identifier_always(out, number, dragoman_list_at(list, i - 1));
    }
}

static void put_samples(writer *out, const dragoman_samples *samples) {
    size_t mark = writer_mark(out);
    if (samples->has_missing != 0) {
        writer_always(out, FIELD(Samples, missing), writer_zigzag(samples->missing));
    }
    put_stated(out, FIELD(Samples, high), samples->high);
    put_stated(out, FIELD(Samples, low), samples->low);
    put_decimal(out, FIELD(Samples, origin), samples->origin);
    put_decimal(out, FIELD(Samples, scale), samples->scale);
    writer_signed(out, FIELD(Samples, period_ns), samples->period_ns);
    writer_unsigned(out, FIELD(Samples, dimensions), samples->dimensions);
    writer_unsigned(out, FIELD(Samples, sample_bytes), samples->sample_bytes);
    size_t size = (size_t)samples->count * samples->dimensions * samples->sample_bytes;
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "samples are written as they lie in memory");
    writer_bytes(out, FIELD(Samples, data), (dragoman_bytes){samples->data, size});
    writer_close(out, FIELD(Value, samples), mark);
}

/* The kinds that are messages of their own. */
static void put_large_value(writer *out, const dragoman_value *value) {
    size_t mark = writer_mark(out);
    switch (value->kind) {
    case DRAGOMAN_VALUE_BITS:
        writer_unsigned(out, FIELD(Bits, count), value->bit_count);
        writer_unsigned(out, FIELD(Bits, bits), value->bits);
        writer_close(out, FIELD(Value, bits), mark);
        break;
    case DRAGOMAN_VALUE_SAMPLES:
        put_samples(out, value->samples);
        break;
    case DRAGOMAN_VALUE_PERIOD:
        put_time(out, FIELD(Period, end), value->to);
        put_time(out, FIELD(Period, start), value->from);
        writer_close(out, FIELD(Value, period), mark);
        break;
    case DRAGOMAN_VALUE_RANGE:
        put_stated(out, FIELD(Range, high), value->other_number);
        put_stated(out, FIELD(Range, low), value->number);
        writer_close(out, FIELD(Value, range), mark);
        break;
    case DRAGOMAN_VALUE_RATIO:
        put_stated(out, FIELD(Ratio, denominator), value->other_number);
        put_stated(out, FIELD(Ratio, numerator), value->number);
        writer_close(out, FIELD(Value, ratio), mark);
        break;
    default:
        writer_bytes(out, FIELD(Attachment, reference), value->reference);
        writer_bytes(out, FIELD(Attachment, data), value->data);
        writer_bytes(out, FIELD(Attachment, media_type), value->text);
        writer_close(out, FIELD(Value, attachment), mark);
        break;
    }
}

static void put_value(encoder *self, uint32_t number, const dragoman_value *value) {
    writer *out = &self->out;
    size_t mark = writer_mark(out);
    writer_unsigned(out, FIELD(Value, comparator), value->comparator);
    switch (value->kind) {
    case DRAGOMAN_VALUE_DECIMAL:
        if (value->number.special != DRAGOMAN_FINITE) {
            writer_always(out, FIELD(Value, special), value->number.special);
        } else {
            writer_signed(out, FIELD(Value, exponent), value->number.exponent);
            writer_always(out, FIELD(Value, mantissa), writer_zigzag(value->number.mantissa));
        }
        break;
    case DRAGOMAN_VALUE_NONE:
        writer_always(out, FIELD(Value, absent), value->absent);
        break;
    case DRAGOMAN_VALUE_TEXT:
        writer_bytes_always(out, FIELD(Value, text), value->text);
        break;
    case DRAGOMAN_VALUE_CODE: {
        const dragoman_concept *concept = &value->concept;
        bool is_empty = concept->coding_count == 0 && concept->text.size == 0;
        writer_always(out, FIELD(Value, code), is_empty ? 0 : concept_table_index(&self->concepts, concept));
        break;
    }
    case DRAGOMAN_VALUE_TIME: {
        size_t before = writer_mark(out);
        put_time(out, FIELD(Value, time), value->from);
        if (writer_mark(out) == before) {
            writer_close(out, FIELD(Value, time), before);
        }
        break;
    }
    default:
        put_large_value(out, value);
        break;
    }
    writer_close(out, number, mark);
}

static void put_values(encoder *self, uint32_t number, const dragoman_list *values) {
    for (uint32_t i = values->count; i > 0; i--) {
        put_value(self, number, dragoman_list_at(values, i - 1));
    }
}

static void put_component(encoder *self, const dragoman_component *component) {
    size_t mark = writer_mark(&self->out);
    writer_unsigned(&self->out, FIELD(Component, status), component->status);
    put_values(self, FIELD(Component, values), &component->values);
    put_unit(self, FIELD(Component, unit), &component->unit);
    put_concept(self, FIELD(Component, code), &component->code);
    writer_close(&self->out, FIELD(Observation, components), mark);
}

/* The members that few observations have. */
static void put_rare(encoder *self, const dragoman_observation *observation) {
    writer *out = &self->out;
    writer_bytes(out, FIELD(Observation, note), observation->note);
    if (observation->order != NULL) {
        writer_always(out, FIELD(Observation, order), order_table_index(&self->orders, observation->order));
    }
    put_identifier(out, FIELD(Observation, producer), &observation->producer);
    put_identifier(out, FIELD(Observation, instance), &observation->instance);
    writer_bytes(out, FIELD(Observation, sub_id), observation->sub_id);
    put_concept(self, FIELD(Observation, method), &observation->method);
    put_concept(self, FIELD(Observation, site), &observation->site);
    put_concept(self, FIELD(Observation, flags), &observation->flags);
    put_range(out, FIELD(Observation, normal_range), &observation->normal_range);
    put_range(out, FIELD(Observation, alarm_limits), &observation->alarm_limits);
    for (uint32_t i = observation->components.count; i > 0; i--) {
        put_component(self, dragoman_list_at(&observation->components, i - 1));
    }
}

static void put_observation(encoder *self, const dragoman_observation *observation) {
    writer *out = &self->out;
    size_t mark = writer_mark(out);
    int64_t until_us = 0;
    int64_t measured_us = 0;
    bool has_until = observation->measured_until.precision != DRAGOMAN_TIME_NONE;
    bool has_measured = observation->measured_at.precision != DRAGOMAN_TIME_NONE;
    bool is_until_near = has_until && is_like_base(self, observation->measured_until, &until_us);
    bool is_measured_near = has_measured && is_like_base(self, observation->measured_at, &measured_us);
    if (!is_until_near) {
        put_time(out, FIELD(Observation, measured_until), observation->measured_until);
    }
    if (!is_measured_near) {
        put_time(out, FIELD(Observation, measured_at), observation->measured_at);
    }
    put_rare(self, observation);
    if (is_until_near) {
        writer_always(out, FIELD(Observation, until_delta_us), writer_zigzag(until_us));
    }
    writer_unsigned(out, FIELD(Observation, domain), observation->domain);
    writer_unsigned(out, FIELD(Observation, time_is_own), observation->time_is_own != 0);
    writer_unsigned(out, FIELD(Observation, obtained), observation->obtained);
    writer_unsigned(out, FIELD(Observation, result), observation->result);
    writer_unsigned(out, FIELD(Observation, status), observation->status);
    if (is_measured_near) {
        writer_always(out, FIELD(Observation, measured_delta_us), writer_zigzag(measured_us));
    }
    put_values(self, FIELD(Observation, values), &observation->values);
    put_unit(self, FIELD(Observation, unit), &observation->unit);
    put_concept(self, FIELD(Observation, code), &observation->code);
    put_path(out, FIELD(Observation, path), observation->path);
    writer_close(out, FIELD(Report, observations), mark);
}

static void put_device(encoder *self, uint32_t number, const dragoman_device *device) {
    writer *out = &self->out;
    size_t mark = writer_mark(out);
    for (uint32_t i = device->versions.count; i > 0; i--) {
        const dragoman_version *version = dragoman_list_at(&device->versions, i - 1);
        size_t inner = writer_mark(out);
        writer_bytes(out, FIELD(Version, value), version->value);
        writer_bytes(out, FIELD(Version, part), version->part);
        writer_close(out, FIELD(Device, versions), inner);
    }
    writer_bytes(out, FIELD(Device, serial), device->serial);
    writer_bytes(out, FIELD(Device, model), device->model);
    writer_bytes(out, FIELD(Device, manufacturer), device->manufacturer);
    put_concept(self, FIELD(Device, type), &device->type);
    put_identifiers(out, FIELD(Device, identifiers), &device->identifiers);
    writer_bytes(out, FIELD(Device, key), device->key);
    writer_close(out, number, mark);
}

static void put_place(writer *out, uint32_t number, const dragoman_place *place) {
    size_t mark = writer_mark(out);
    writer_bytes(out, FIELD(Place, floor), place->floor);
    writer_bytes(out, FIELD(Place, building), place->building);
    writer_bytes(out, FIELD(Place, facility), place->facility);
    writer_bytes(out, FIELD(Place, bed), place->bed);
    writer_bytes(out, FIELD(Place, room), place->room);
    writer_bytes(out, FIELD(Place, point_of_care), place->point_of_care);
    writer_close(out, number, mark);
}

static void put_name(writer *out, const dragoman_name *name) {
    size_t mark = writer_mark(out);
    writer_bytes(out, FIELD(Name, representation), name->representation);
    writer_bytes(out, FIELD(Name, use), name->use);
    writer_bytes(out, FIELD(Name, suffix), name->suffix);
    writer_bytes(out, FIELD(Name, prefix), name->prefix);
    writer_bytes(out, FIELD(Name, given), name->given);
    writer_bytes(out, FIELD(Name, family), name->family);
    writer_close(out, FIELD(Patient, names), mark);
}

static void put_patient(writer *out, uint32_t number, const dragoman_patient *patient) {
    size_t mark = writer_mark(out);
    writer_bytes(out, FIELD(Patient, visit_class), patient->visit_class);
    put_identifier(out, FIELD(Patient, visit), &patient->visit);
    put_identifier(out, FIELD(Patient, account), &patient->account);
    writer_bytes(out, FIELD(Patient, sex), patient->sex);
    put_time(out, FIELD(Patient, born_at), patient->born_at);
    for (uint32_t i = patient->names.count; i > 0; i--) {
        put_name(out, dragoman_list_at(&patient->names, i - 1));
    }
    put_identifiers(out, FIELD(Patient, identifiers), &patient->identifiers);
    writer_close(out, number, mark);
}

static void put_node(encoder *self, const dragoman_node *node) {
    writer *out = &self->out;
    size_t mark = writer_mark(out);
    writer_bytes(out, FIELD(Node, model), node->model);
    writer_bytes(out, FIELD(Node, manufacturer), node->manufacturer);
    put_identifiers(out, FIELD(Node, identifiers), &node->identifiers);
    put_concept(self, FIELD(Node, type), &node->type);
    put_path(out, FIELD(Node, path), node->path);
    writer_close(out, FIELD(Report, nodes), mark);
}

static void put_order(encoder *self, const dragoman_order *order) {
    writer *out = &self->out;
    size_t mark = writer_mark(out);
    put_time(out, FIELD(Order, collected_at), order->collected_at);
    put_concept(self, FIELD(Order, specimen_type), &order->specimen_type);
    put_identifier(out, FIELD(Order, specimen), &order->specimen);
    put_concept(self, FIELD(Order, service), &order->service);
    put_identifier(out, FIELD(Order, filler), &order->filler);
    put_identifier(out, FIELD(Order, placer), &order->placer);
    writer_close(out, FIELD(Report, orders), mark);
}

static void put_alert(encoder *self, const dragoman_alert *alert) {
    writer *out = &self->out;
    size_t mark = writer_mark(out);
    put_time(out, FIELD(Alert, occurred_at), alert->occurred_at);
    writer_bytes(out, FIELD(Alert, text), alert->text);
    put_range(out, FIELD(Alert, limits), &alert->limits);
    put_unit(self, FIELD(Alert, source_unit), &alert->source_unit);
    put_values(self, FIELD(Alert, source_values), &alert->source_values);
    put_identifier(out, FIELD(Alert, parent), &alert->parent);
    put_identifier(out, FIELD(Alert, id), &alert->id);
    writer_unsigned(out, FIELD(Alert, inactivation), alert->inactivation);
    writer_unsigned(out, FIELD(Alert, state), alert->state);
    writer_unsigned(out, FIELD(Alert, phase), alert->phase);
    writer_unsigned(out, FIELD(Alert, kind), alert->kind);
    writer_unsigned(out, FIELD(Alert, priority), alert->priority);
    put_concept(self, FIELD(Alert, source), &alert->source);
    put_concept(self, FIELD(Alert, event), &alert->event);
    put_path(out, FIELD(Alert, path), alert->path);
    writer_close(out, FIELD(Report, alerts), mark);
}

static void put_context(encoder *self, const dragoman_context *context) {
    writer *out = &self->out;
    size_t mark = writer_mark(out);
    put_time(out, FIELD(Context, recorded_at), context->recorded_at);
    put_time(out, FIELD(Context, occurred_at), context->occurred_at);
    if (context->device != NULL) {
        put_device(self, FIELD(Context, device), context->device);
    }
    if (context->prior_place != NULL) {
        put_place(out, FIELD(Context, prior_place), context->prior_place);
    }
    if (context->place != NULL) {
        put_place(out, FIELD(Context, place), context->place);
    }
    if (context->prior_patient != NULL) {
        put_patient(out, FIELD(Context, prior_patient), context->prior_patient);
    }
    if (context->patient != NULL) {
        put_patient(out, FIELD(Context, patient), context->patient);
    }
    writer_bytes(out, FIELD(Context, trigger), context->trigger);
    writer_unsigned(out, FIELD(Context, suspected), context->suspected != 0);
    writer_unsigned(out, FIELD(Context, kind), context->kind);
    writer_close(out, FIELD(Report, contexts), mark);
}

/* Everything above the observations' field number. */
static void put_tail(encoder *self, const dragoman_report *report) {
    writer *out = &self->out;
    writer_unsigned(out, FIELD(Report, device_state), report->device_state);
    for (uint32_t i = report->contexts.count; i > 0; i--) {
        put_context(self, dragoman_list_at(&report->contexts, i - 1));
    }
    for (uint32_t i = report->alerts.count; i > 0; i--) {
        put_alert(self, dragoman_list_at(&report->alerts, i - 1));
    }
    for (uint32_t i = report->nodes.count; i > 0; i--) {
        put_node(self, dragoman_list_at(&report->nodes, i - 1));
    }
    const dragoman_code *sender = &report->sender;
    if ((sender->code.size | sender->text.size | sender->system.size) != 0) {
        put_coding(out, FIELD(Report, sender), sender);
    }
    writer_bytes(out, FIELD(Report, message_id), report->message_id);
    put_time(out, FIELD(Report, sent_at), report->sent_at);
    if (report->patient != NULL) {
        put_patient(out, FIELD(Report, patient), report->patient);
    }
    if (report->place != NULL) {
        put_place(out, FIELD(Report, place), report->place);
    }
    if (report->device != NULL) {
        put_device(self, FIELD(Report, device), report->device);
    }
}

/* The tables come last, when everything that fills them is written. */
static void put_tables(encoder *self) {
    writer *out = &self->out;
    for (uint32_t i = self->orders.count; i > 0; i--) {
        put_order(self, self->orders.entries[i - 1]);
    }
    for (uint32_t i = self->units.count; i > 0; i--) {
        put_coding(out, FIELD(Report, units), self->units.entries[i - 1].concept.codings);
    }
    for (uint32_t i = self->concepts.count; i > 0; i--) {
        const dragoman_concept *concept = &self->concepts.entries[i - 1].concept;
        size_t mark = writer_mark(out);
        writer_bytes(out, FIELD(Concept, text), concept->text);
        for (uint32_t n = concept->coding_count; n > 0; n--) {
            put_coding(out, FIELD(Concept, codings), &concept->codings[n - 1]);
        }
        writer_close(out, FIELD(Report, concepts), mark);
    }
}

static dragoman_time base_of(const dragoman_report *report) {
    for (uint32_t i = 0; i < report->observations.count; i++) {
        const dragoman_observation *observation = dragoman_list_at(&report->observations, i);
        if (observation->measured_at.precision != DRAGOMAN_TIME_NONE) {
            return observation->measured_at;
        }
    }
    return (dragoman_time){0};
}

dragoman_status model_encode(const dragoman_report *report, buffer *to) {
    encoder self;
    self.base = base_of(report);
    concept_table_init(&self.concepts);
    concept_table_init(&self.units);
    order_table_init(&self.orders);
    size_t guess = USUAL_REPORT_BYTES + (size_t)report->observations.count * USUAL_OBSERVATION_BYTES;
    writer_begin(&self.out, to, guess < LARGEST_GUESS_BYTES ? guess : LARGEST_GUESS_BYTES);
    put_tail(&self, report);
    for (uint32_t i = report->observations.count; i > 0; i--) {
        put_observation(&self, dragoman_list_at(&report->observations, i - 1));
    }
    put_time(&self.out, FIELD(Report, base_time), self.base);
    put_tables(&self);
    bool failed = self.concepts.failed || self.units.failed || self.orders.failed;
    concept_table_fini(&self.concepts);
    concept_table_fini(&self.units);
    order_table_fini(&self.orders);
    return failed ? DRAGOMAN_NO_MEMORY : writer_finish(&self.out);
}

dragoman_status model_encode_stamp(const model_stamp *stamp, buffer *to) {
    writer out;
    writer_begin(&out, to, USUAL_REPORT_BYTES);
    if (stamp->repeated_count > 0) {
        size_t mark = writer_mark(&out);
        for (uint32_t i = stamp->repeated_count; i > 0; i--) {
            (void)writer_room(&out, WRITER_FIELD_BYTES);
            writer_varint(&out, stamp->repeated[i - 1]);
        }
        writer_close(&out, FIELD(Stamp, repeats), mark);
    }
    if (stamp->has_clock_offset != 0) {
        writer_always(&out, FIELD(Stamp, clock_offset_us), writer_zigzag(stamp->clock_offset_us));
    }
    writer_unsigned(&out, FIELD(Stamp, clock_epoch), stamp->clock_epoch);
    writer_unsigned(&out, FIELD(Stamp, received_quality), stamp->received_quality);
    writer_signed(&out, FIELD(Stamp, received_at_us), stamp->received_at_us);
    writer_bytes(&out, FIELD(Stamp, device_key), stamp->device_key);
    writer_bytes(&out, FIELD(Stamp, profile), stamp->profile);
    writer_bytes(&out, FIELD(Stamp, adapter_version), stamp->adapter_version);
    writer_bytes(&out, FIELD(Stamp, adapter), stamp->adapter);
    writer_bytes(&out, FIELD(Stamp, link), stamp->link);
    writer_close(&out, FIELD(Report, stamp), 0);
    return writer_finish(&out);
}

/* Tables are filled in the order in which the encoder meets their entries: from the report's last field to its first.
 */
#include "kit/nanopb_report.h"
#include "base/bytes.h"

#include <pb_encode.h>
#include <stdlib.h>

#define MOST_ENTRIES 60000

typedef struct builder {
    arena *memory;
    dragoman_v1_Report *to;
    dragoman_time base;
    const dragoman_concept **concepts;
    const dragoman_code **units;
    const dragoman_order **orders;
    uint32_t concept_count, unit_count, order_count;
} builder;

static void *make(builder *self, size_t count, size_t size) {
    void *memory = arena_allocate_zeroed(self->memory, (count == 0 ? 1 : count) * size);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static pb_size_t narrow(uint32_t count) {
    if (count > UINT16_MAX) {
        abort();
    }
    return (pb_size_t)count;
}

/* nanopb's strings end with a NUL, and NULL is left out. */
static char *text(builder *self, dragoman_bytes from) {
    if (from.size == 0) {
        return NULL;
    }
    char *copy = make(self, from.size + 1, 1);
    memcpy(copy, from.data, from.size);
    return copy;
}

static pb_bytes_array_t *bytes(builder *self, const void *data, size_t size) {
    if (size == 0) {
        return NULL;
    }
    pb_bytes_array_t *copy = make(self, 1, PB_BYTES_ARRAY_T_ALLOCSIZE(size));
    copy->size = narrow((uint32_t)size);
    memcpy(copy->bytes, data, size);
    return copy;
}

static bool same_code(const dragoman_code *a, const dragoman_code *b) {
    return bytes_equal(a->code, b->code) && bytes_equal(a->text, b->text) && bytes_equal(a->system, b->system);
}

static bool same_concept(const dragoman_concept *a, const dragoman_concept *b) {
    bool same = a->coding_count == b->coding_count && bytes_equal(a->text, b->text);
    for (uint32_t i = 0; same && i < a->coding_count; i++) {
        same = same_code(&a->codings[i], &b->codings[i]);
    }
    return same;
}

static uint32_t concept_at(builder *self, const dragoman_concept *concept) {
    if (concept->coding_count == 0 && concept->text.size == 0) {
        return 0;
    }
    for (uint32_t i = 0; i < self->concept_count; i++) {
        if (same_concept(self->concepts[i], concept)) {
            return i + 1;
        }
    }
    self->concepts[self->concept_count++] = concept;
    return self->concept_count;
}

static uint32_t unit_at(builder *self, const dragoman_code *unit) {
    if (unit->code.size == 0 && unit->text.size == 0 && unit->system.size == 0) {
        return 0;
    }
    for (uint32_t i = 0; i < self->unit_count; i++) {
        if (same_code(self->units[i], unit)) {
            return i + 1;
        }
    }
    self->units[self->unit_count++] = unit;
    return self->unit_count;
}

/* An order is entered again when four others were met since. */
static uint32_t order_at(builder *self, const dragoman_order *order) {
    for (uint32_t i = self->order_count; order != NULL && i > 0 && i + 4 > self->order_count; i--) {
        if (self->orders[i - 1] == order) {
            return i;
        }
    }
    if (order == NULL) {
        return 0;
    }
    self->orders[self->order_count++] = order;
    return self->order_count;
}

static pb_size_t path(builder *self, dragoman_path from, uint32_t **to) {
    if (from.mds == 0 && from.vmd == 0 && from.channel == 0 && from.metric == 0) {
        return 0;
    }
    *to = make(self, 4, sizeof **to);
    (*to)[0] = from.mds;
    (*to)[1] = from.vmd;
    (*to)[2] = from.channel;
    (*to)[3] = from.metric;
    return 4;
}

static bool time(dragoman_time from, dragoman_v1_Time *to) {
    if (from.precision == DRAGOMAN_TIME_NONE) {
        return false;
    }
    *to = (dragoman_v1_Time){.civil_us = from.civil_us,
                             .has_offset_minutes = from.offset_minutes != DRAGOMAN_OFFSET_UNKNOWN,
                             .offset_minutes = from.offset_minutes,
                             .precision = (dragoman_v1_Precision)from.precision,
                             .fraction_digits = from.fraction_digits,
                             .flags = from.flags};
    return true;
}

static bool is_near(const builder *self, dragoman_time a) {
    dragoman_time b = self->base;
    int64_t distance = 0;
    return a.precision == b.precision && a.offset_minutes == b.offset_minutes && a.flags == b.flags &&
           a.fraction_digits == b.fraction_digits && !__builtin_sub_overflow(a.civil_us, b.civil_us, &distance);
}

static bool decimal(dragoman_decimal from, dragoman_v1_Decimal *to) {
    *to = (dragoman_v1_Decimal){from.mantissa, from.exponent, (dragoman_v1_Special)from.special};
    return true;
}

static bool stated(dragoman_decimal from, dragoman_v1_Decimal *to) {
    return from.special != DRAGOMAN_NAN && decimal(from, to);
}

static bool is_zero(dragoman_decimal from) {
    return from.mantissa == 0 && from.exponent == 0 && from.special == 0;
}

static bool range(builder *self, const dragoman_range *from, dragoman_v1_Range *to) {
    if (from->text.size == 0 && is_zero(from->low) && is_zero(from->high)) {
        return false;
    }
    to->has_low = stated(from->low, &to->low);
    to->has_high = stated(from->high, &to->high);
    to->text = text(self, from->text);
    return true;
}

static bool identifier(builder *self, const dragoman_identifier *from, dragoman_v1_Identifier *to) {
    to->value = text(self, from->value);
    to->authority = text(self, from->authority);
    to->universal = text(self, from->universal);
    to->universal_type = text(self, from->universal_type);
    to->type = text(self, from->type);
    return from->value.size > 0 || from->authority.size > 0 || from->universal.size > 0 ||
           from->universal_type.size > 0 || from->type.size > 0;
}

static pb_size_t identifiers(builder *self, const dragoman_list *from, dragoman_v1_Identifier **to) {
    *to = make(self, from->count, sizeof **to);
    for (uint32_t i = 0; i < from->count; i++) {
        (void)identifier(self, dragoman_list_at(from, i), &(*to)[i]);
    }
    return narrow(from->count);
}

static void coding(builder *self, const dragoman_code *from, dragoman_v1_Coding *to) {
    to->code = text(self, from->code);
    to->text = text(self, from->text);
    to->system = text(self, from->system);
}

static void samples(builder *self, const dragoman_samples *from, dragoman_v1_Samples *to) {
    to->data = bytes(self, from->data, (size_t)from->count * from->dimensions * from->sample_bytes);
    to->sample_bytes = from->sample_bytes;
    to->dimensions = from->dimensions;
    to->period_ns = from->period_ns;
    to->has_scale = decimal(from->scale, &to->scale);
    to->has_origin = decimal(from->origin, &to->origin);
    to->has_low = stated(from->low, &to->low);
    to->has_high = stated(from->high, &to->high);
    to->has_missing = from->has_missing != 0;
    to->missing = from->missing;
}

static void large_value(builder *self, const dragoman_value *from, dragoman_v1_Value *to) {
    switch (from->kind) {
    case DRAGOMAN_VALUE_BITS:
        to->which_kind = dragoman_v1_Value_bits_tag;
        to->bits = (dragoman_v1_Bits){from->bits, from->bit_count};
        break;
    case DRAGOMAN_VALUE_SAMPLES:
        to->which_kind = dragoman_v1_Value_samples_tag;
        samples(self, from->samples, &to->samples);
        break;
    case DRAGOMAN_VALUE_TIME:
        to->which_kind = dragoman_v1_Value_time_tag;
        (void)time(from->from, &to->time);
        break;
    case DRAGOMAN_VALUE_PERIOD:
        to->which_kind = dragoman_v1_Value_period_tag;
        to->period.has_start = time(from->from, &to->period.start);
        to->period.has_end = time(from->to, &to->period.end);
        break;
    case DRAGOMAN_VALUE_RANGE:
        to->which_kind = dragoman_v1_Value_range_tag;
        to->range.has_low = stated(from->number, &to->range.low);
        to->range.has_high = stated(from->other_number, &to->range.high);
        break;
    case DRAGOMAN_VALUE_RATIO:
        to->which_kind = dragoman_v1_Value_ratio_tag;
        to->ratio.has_numerator = stated(from->number, &to->ratio.numerator);
        to->ratio.has_denominator = stated(from->other_number, &to->ratio.denominator);
        break;
    default:
        to->which_kind = dragoman_v1_Value_attachment_tag;
        to->attachment.media_type = text(self, from->text);
        to->attachment.data = bytes(self, from->data.data, from->data.size);
        to->attachment.reference = text(self, from->reference);
        break;
    }
}

static void value(builder *self, const dragoman_value *from, dragoman_v1_Value *to) {
    to->comparator = (dragoman_v1_Comparator)from->comparator;
    switch (from->kind) {
    case DRAGOMAN_VALUE_NONE:
        to->which_kind = dragoman_v1_Value_absent_tag;
        to->absent = (dragoman_v1_Absent)from->absent;
        break;
    case DRAGOMAN_VALUE_DECIMAL:
        if (from->number.special == DRAGOMAN_FINITE) {
            to->which_kind = dragoman_v1_Value_mantissa_tag;
            to->mantissa = from->number.mantissa;
            to->exponent = from->number.exponent;
        } else {
            to->which_kind = dragoman_v1_Value_special_tag;
            to->special = (dragoman_v1_Special)from->number.special;
        }
        break;
    case DRAGOMAN_VALUE_TEXT:
        to->which_kind = dragoman_v1_Value_text_tag;
        to->text = from->text.size == 0 ? make(self, 1, 1) : text(self, from->text);
        break;
    case DRAGOMAN_VALUE_CODE:
        to->which_kind = dragoman_v1_Value_code_tag;
        to->code = concept_at(self, &from->concept);
        break;
    default:
        large_value(self, from, to);
        break;
    }
}

static pb_size_t values(builder *self, const dragoman_list *from, dragoman_v1_Value **to) {
    *to = make(self, from->count, sizeof **to);
    for (uint32_t i = from->count; i > 0; i--) {
        value(self, dragoman_list_at(from, i - 1), &(*to)[i - 1]);
    }
    return narrow(from->count);
}

static void component(builder *self, const dragoman_component *from, dragoman_v1_Component *to) {
    to->status = from->status;
    to->values_count = values(self, &from->values, &to->values);
    to->unit = unit_at(self, &from->unit);
    to->code = concept_at(self, &from->code);
}

static void times(builder *self, const dragoman_observation *from, dragoman_v1_Observation *to) {
    if (from->measured_at.precision != DRAGOMAN_TIME_NONE && is_near(self, from->measured_at)) {
        to->which_measured = dragoman_v1_Observation_measured_delta_us_tag;
        to->measured.measured_delta_us = from->measured_at.civil_us - self->base.civil_us;
    } else if (time(from->measured_at, &to->measured.measured_at)) {
        to->which_measured = dragoman_v1_Observation_measured_at_tag;
    }
    if (from->measured_until.precision != DRAGOMAN_TIME_NONE && is_near(self, from->measured_until)) {
        to->which_until = dragoman_v1_Observation_until_delta_us_tag;
        to->until.until_delta_us = from->measured_until.civil_us - self->base.civil_us;
    } else if (time(from->measured_until, &to->until.measured_until)) {
        to->which_until = dragoman_v1_Observation_measured_until_tag;
    }
}

static void observation(builder *self, const dragoman_observation *from, dragoman_v1_Observation *to) {
    times(self, from, to);
    to->note = text(self, from->note);
    to->order = order_at(self, from->order);
    to->has_producer = identifier(self, &from->producer, &to->producer);
    to->has_instance = identifier(self, &from->instance, &to->instance);
    to->sub_id = text(self, from->sub_id);
    to->method = concept_at(self, &from->method);
    to->site = concept_at(self, &from->site);
    to->flags = concept_at(self, &from->flags);
    to->has_normal_range = range(self, &from->normal_range, &to->normal_range);
    to->has_alarm_limits = range(self, &from->alarm_limits, &to->alarm_limits);
    to->components_count = narrow(from->components.count);
    to->components = make(self, from->components.count, sizeof *to->components);
    for (uint32_t i = from->components.count; i > 0; i--) {
        component(self, dragoman_list_at(&from->components, i - 1), &to->components[i - 1]);
    }
    to->domain = (dragoman_v1_Domain)from->domain;
    to->time_is_own = from->time_is_own != 0;
    to->obtained = (dragoman_v1_Obtained)from->obtained;
    to->result = (dragoman_v1_Result)from->result;
    to->status = from->status;
    to->values_count = values(self, &from->values, &to->values);
    to->unit = unit_at(self, &from->unit);
    to->code = concept_at(self, &from->code);
    to->path_count = path(self, from->path, &to->path);
}

static void device(builder *self, const dragoman_device *from, dragoman_v1_Device *to) {
    to->versions_count = narrow(from->versions.count);
    to->versions = make(self, from->versions.count, sizeof *to->versions);
    for (uint32_t i = 0; i < from->versions.count; i++) {
        const dragoman_version *version = dragoman_list_at(&from->versions, i);
        to->versions[i].part = text(self, version->part);
        to->versions[i].value = text(self, version->value);
    }
    to->serial = text(self, from->serial);
    to->model = text(self, from->model);
    to->manufacturer = text(self, from->manufacturer);
    to->type = concept_at(self, &from->type);
    to->identifiers_count = identifiers(self, &from->identifiers, &to->identifiers);
    to->key = text(self, from->key);
}

static void place(builder *self, const dragoman_place *from, dragoman_v1_Place *to) {
    to->point_of_care = text(self, from->point_of_care);
    to->room = text(self, from->room);
    to->bed = text(self, from->bed);
    to->facility = text(self, from->facility);
    to->building = text(self, from->building);
    to->floor = text(self, from->floor);
}

static void patient(builder *self, const dragoman_patient *from, dragoman_v1_Patient *to) {
    to->identifiers_count = identifiers(self, &from->identifiers, &to->identifiers);
    to->names_count = narrow(from->names.count);
    to->names = make(self, from->names.count, sizeof *to->names);
    for (uint32_t i = 0; i < from->names.count; i++) {
        const dragoman_name *name = dragoman_list_at(&from->names, i);
        to->names[i] =
            (dragoman_v1_Name){text(self, name->family), text(self, name->given), text(self, name->prefix),
                               text(self, name->suffix), text(self, name->use),   text(self, name->representation)};
    }
    to->has_born_at = time(from->born_at, &to->born_at);
    to->sex = text(self, from->sex);
    to->has_account = identifier(self, &from->account, &to->account);
    to->has_visit = identifier(self, &from->visit, &to->visit);
    to->visit_class = text(self, from->visit_class);
}

static void node(builder *self, const dragoman_node *from, dragoman_v1_Node *to) {
    to->model = text(self, from->model);
    to->manufacturer = text(self, from->manufacturer);
    to->identifiers_count = identifiers(self, &from->identifiers, &to->identifiers);
    to->type = concept_at(self, &from->type);
    to->path_count = path(self, from->path, &to->path);
}

static void order(builder *self, const dragoman_order *from, dragoman_v1_Order *to) {
    to->has_collected_at = time(from->collected_at, &to->collected_at);
    to->specimen_type = concept_at(self, &from->specimen_type);
    to->has_specimen = identifier(self, &from->specimen, &to->specimen);
    to->service = concept_at(self, &from->service);
    to->has_filler = identifier(self, &from->filler, &to->filler);
    to->has_placer = identifier(self, &from->placer, &to->placer);
}

static void alert(builder *self, const dragoman_alert *from, dragoman_v1_Alert *to) {
    to->has_occurred_at = time(from->occurred_at, &to->occurred_at);
    to->text = text(self, from->text);
    to->has_limits = range(self, &from->limits, &to->limits);
    to->source_unit = unit_at(self, &from->source_unit);
    to->source_values_count = values(self, &from->source_values, &to->source_values);
    to->has_parent = identifier(self, &from->parent, &to->parent);
    to->has_id = identifier(self, &from->id, &to->id);
    to->inactivation = from->inactivation;
    to->state = (dragoman_v1_AlertState)from->state;
    to->phase = (dragoman_v1_AlertPhase)from->phase;
    to->kind = (dragoman_v1_AlertKind)from->kind;
    to->priority = (dragoman_v1_AlertPriority)from->priority;
    to->source = concept_at(self, &from->source);
    to->event = concept_at(self, &from->event);
    to->path_count = path(self, from->path, &to->path);
}

static void context(builder *self, const dragoman_context *from, dragoman_v1_Context *to) {
    to->kind = (dragoman_v1_ContextKind)from->kind;
    to->suspected = from->suspected != 0;
    to->trigger = text(self, from->trigger);
    to->has_occurred_at = time(from->occurred_at, &to->occurred_at);
    to->has_recorded_at = time(from->recorded_at, &to->recorded_at);
    to->has_device = from->device != NULL;
    to->has_place = from->place != NULL;
    to->has_prior_place = from->prior_place != NULL;
    to->has_patient = from->patient != NULL;
    to->has_prior_patient = from->prior_patient != NULL;
    if (to->has_device) {
        device(self, from->device, &to->device);
    }
    if (to->has_place) {
        place(self, from->place, &to->place);
    }
    if (to->has_prior_place) {
        place(self, from->prior_place, &to->prior_place);
    }
    if (to->has_patient) {
        patient(self, from->patient, &to->patient);
    }
    if (to->has_prior_patient) {
        patient(self, from->prior_patient, &to->prior_patient);
    }
}

static void tail(builder *self, const dragoman_report *from, dragoman_v1_Report *to) {
    to->device_state = (dragoman_v1_DeviceState)from->device_state;
    to->contexts_count = narrow(from->contexts.count);
    to->contexts = make(self, from->contexts.count, sizeof *to->contexts);
    for (uint32_t i = from->contexts.count; i > 0; i--) {
        context(self, dragoman_list_at(&from->contexts, i - 1), &to->contexts[i - 1]);
    }
    to->alerts_count = narrow(from->alerts.count);
    to->alerts = make(self, from->alerts.count, sizeof *to->alerts);
    for (uint32_t i = from->alerts.count; i > 0; i--) {
        alert(self, dragoman_list_at(&from->alerts, i - 1), &to->alerts[i - 1]);
    }
    to->nodes_count = narrow(from->nodes.count);
    to->nodes = make(self, from->nodes.count, sizeof *to->nodes);
    for (uint32_t i = from->nodes.count; i > 0; i--) {
        node(self, dragoman_list_at(&from->nodes, i - 1), &to->nodes[i - 1]);
    }
    to->has_sender = from->sender.code.size + from->sender.text.size + from->sender.system.size > 0;
    coding(self, &from->sender, &to->sender);
    to->message_id = text(self, from->message_id);
    to->has_sent_at = time(from->sent_at, &to->sent_at);
    to->has_patient = from->patient != NULL;
    to->has_place = from->place != NULL;
    to->has_device = from->device != NULL;
    if (to->has_patient) {
        patient(self, from->patient, &to->patient);
    }
    if (to->has_place) {
        place(self, from->place, &to->place);
    }
    if (to->has_device) {
        device(self, from->device, &to->device);
    }
}

static void tables(builder *self, dragoman_v1_Report *to) {
    to->orders_count = narrow(self->order_count);
    to->orders = make(self, self->order_count, sizeof *to->orders);
    for (uint32_t i = self->order_count; i > 0; i--) {
        order(self, self->orders[i - 1], &to->orders[i - 1]);
    }
    to->units_count = narrow(self->unit_count);
    to->units = make(self, self->unit_count, sizeof *to->units);
    for (uint32_t i = 0; i < self->unit_count; i++) {
        coding(self, self->units[i], &to->units[i]);
    }
    to->concepts_count = narrow(self->concept_count);
    to->concepts = make(self, self->concept_count, sizeof *to->concepts);
    for (uint32_t i = 0; i < self->concept_count; i++) {
        const dragoman_concept *from = self->concepts[i];
        to->concepts[i].text = text(self, from->text);
        to->concepts[i].codings_count = narrow(from->coding_count);
        to->concepts[i].codings = make(self, from->coding_count, sizeof *to->concepts[i].codings);
        for (uint32_t n = 0; n < from->coding_count; n++) {
            coding(self, &from->codings[n], &to->concepts[i].codings[n]);
        }
    }
}

const dragoman_v1_Report *kit_nanopb_report(const dragoman_report *report, arena *memory) {
    builder self = {.memory = memory};
    self.concepts = make(&self, MOST_ENTRIES, sizeof *self.concepts);
    self.units = make(&self, MOST_ENTRIES, sizeof *self.units);
    self.orders = make(&self, MOST_ENTRIES, sizeof *self.orders);
    dragoman_v1_Report *to = make(&self, 1, sizeof *to);
    uint32_t count = report->observations.count;
    for (uint32_t i = count; i > 0; i--) {
        const dragoman_observation *from = dragoman_list_at(&report->observations, i - 1);
        if (from->measured_at.precision != DRAGOMAN_TIME_NONE) {
            self.base = from->measured_at;
        }
    }
    tail(&self, report, to);
    to->observations_count = narrow(count);
    to->observations = make(&self, count, sizeof *to->observations);
    for (uint32_t i = count; i > 0; i--) {
        observation(&self, dragoman_list_at(&report->observations, i - 1), &to->observations[i - 1]);
    }
    to->has_base_time = time(self.base, &to->base_time);
    tables(&self, to);
    return to;
}

bool kit_nanopb_encode(const dragoman_v1_Report *message, buffer *to) {
    size_t size = 0;
    if (!pb_get_encoded_size(&size, dragoman_v1_Report_fields, message)) {
        return false;
    }
    uint8_t *room = buffer_reserve(to, size + 1);
    if (room == NULL) {
        return false;
    }
    pb_ostream_t stream = pb_ostream_from_buffer(room, size);
    if (!pb_encode(&stream, dragoman_v1_Report_fields, message)) {
        return false;
    }
    to->size += stream.bytes_written;
    return true;
}

#include "model/json.h"
#include "base/decimal.h"
#include "base/json_out.h"
#include "base/time.h"
#include "model/words.h"

#include <inttypes.h>
#include <stdio.h>

#define DIGITS_BYTES (DECIMAL_TEXT_BYTES + 8)

static void put_text(json_out *out, const char *key, dragoman_bytes text) {
    if (text.size > 0) {
        json_out_text(out, key, text);
    }
}

static void put_unsigned(json_out *out, const char *key, uint64_t number) {
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, number);
    json_out_digits(out, key, (dragoman_bytes){(const uint8_t *)digits, (size_t)length});
}

/* The word for a number, or the number itself where a newer adapter knows more words; nothing for "not said". */
static void put_word(json_out *out, const char *key, const word_list *words, uint32_t number) {
    const char *word = words_find(words, number);
    if (word != NULL) {
        json_out_text(out, key, (dragoman_bytes){(const uint8_t *)word, strlen(word)});
    } else if (number != 0) {
        put_unsigned(out, key, number);
    }
}

static void put_bits(json_out *out, const char *key, const word_list *words, uint32_t bits) {
    if (bits == 0) {
        return;
    }
    json_out_array(out, key);
    for (uint32_t bit = 0; bit < 32; bit++) {
        if ((bits >> bit & 1u) == 0) {
            continue;
        }
        char unnamed[16];
        const char *word = words_find(words, bit);
        if (word == NULL) {
            snprintf(unnamed, sizeof unnamed, "bit-%" PRIu32, bit);
            word = unnamed;
        }
        json_out_text(out, NULL, (dragoman_bytes){(const uint8_t *)word, strlen(word)});
    }
    json_out_array_end(out);
}

/* 98.0 as 98.0, 72 x 10^1 as 72e1, a special as its word. */
static void put_decimal(json_out *out, const char *key, dragoman_decimal decimal) {
    if (decimal.special != DRAGOMAN_FINITE) {
        put_word(out, key, &words_special, decimal.special);
        return;
    }
    char digits[DIGITS_BYTES];
    size_t length = 0;
    if (decimal.exponent > 0) {
        length = (size_t)snprintf(digits, sizeof digits, "%" PRId64 "e%d", decimal.mantissa, decimal.exponent);
    } else {
        length = decimal_write(decimal, digits);
    }
    json_out_digits(out, key, (dragoman_bytes){(const uint8_t *)digits, length});
}

/* A decimal whose NAN means that it was not stated. */
static void put_stated(json_out *out, const char *key, dragoman_decimal decimal) {
    if (decimal.special != DRAGOMAN_NAN) {
        put_decimal(out, key, decimal);
    }
}

static void put_time(json_out *out, const char *key, dragoman_time time) {
    char text[TIME_TEXT_BYTES];
    size_t length = time_write_stated(time, text);
    if (length == 0) {
        return;
    }
    json_out_text(out, key, (dragoman_bytes){(const uint8_t *)text, length});
    if ((time.flags & DRAGOMAN_TIME_ZONE_ASSUMED) != 0) {
        char assumed[48];
        snprintf(assumed, sizeof assumed, "%s_zone_assumed", key);
        json_out_boolean(out, assumed, true);
    }
}

static void put_coding(json_out *out, const char *key, const dragoman_code *code) {
    json_out_object(out, key);
    put_text(out, "code", code->code);
    put_text(out, "text", code->text);
    put_text(out, "system", code->system);
    json_out_object_end(out);
}

static void put_unit(json_out *out, const char *key, const dragoman_code *unit) {
    if (unit->code.size > 0 || unit->text.size > 0 || unit->system.size > 0) {
        put_coding(out, key, unit);
    }
}

static void put_concept_always(json_out *out, const char *key, const dragoman_concept *concept) {
    json_out_object(out, key);
    if (concept->coding_count > 0) {
        json_out_array(out, "codings");
        for (uint32_t i = 0; i < concept->coding_count; i++) {
            put_coding(out, NULL, &concept->codings[i]);
        }
        json_out_array_end(out);
    }
    put_text(out, "text", concept->text);
    json_out_object_end(out);
}

static void put_concept(json_out *out, const char *key, const dragoman_concept *concept) {
    if (concept->coding_count > 0 || concept->text.size > 0) {
        put_concept_always(out, key, concept);
    }
}

static void put_identifier_always(json_out *out, const char *key, const dragoman_identifier *identifier) {
    json_out_object(out, key);
    put_text(out, "value", identifier->value);
    put_text(out, "authority", identifier->authority);
    put_text(out, "universal", identifier->universal);
    put_text(out, "universal_type", identifier->universal_type);
    put_text(out, "type", identifier->type);
    json_out_object_end(out);
}

static void put_identifier(json_out *out, const char *key, const dragoman_identifier *identifier) {
    if ((identifier->value.size | identifier->authority.size | identifier->universal.size |
         identifier->universal_type.size | identifier->type.size) != 0) {
        put_identifier_always(out, key, identifier);
    }
}

static void put_identifiers(json_out *out, const dragoman_list *list) {
    if (list->count > 0) {
        json_out_array(out, "identifiers");
        for (uint32_t i = 0; i < list->count; i++) {
            put_identifier_always(out, NULL, dragoman_list_at(list, i));
        }
        json_out_array_end(out);
    }
}

static void put_path(json_out *out, dragoman_path path) {
    if ((path.mds | path.vmd | path.channel | path.metric) != 0) {
        const uint32_t levels[] = {path.mds, path.vmd, path.channel, path.metric};
        json_out_array(out, "path");
        for (size_t i = 0; i < 4; i++) {
            put_unsigned(out, NULL, levels[i]);
        }
        json_out_array_end(out);
    }
}

static void put_range(json_out *out, const char *key, const dragoman_range *range) {
    const dragoman_decimal nothing = {0};
    if (range->text.size > 0 || !decimal_same(range->low, nothing) || !decimal_same(range->high, nothing)) {
        json_out_object(out, key);
        put_stated(out, "low", range->low);
        put_stated(out, "high", range->high);
        put_text(out, "text", range->text);
        json_out_object_end(out);
    }
}

static void put_samples(json_out *out, const dragoman_samples *samples) {
    json_out_object(out, "samples");
    put_unsigned(out, "dimensions", samples->dimensions);
    put_unsigned(out, "sample_bytes", samples->sample_bytes);
    json_out_number(out, "period_ns", samples->period_ns);
    put_decimal(out, "scale", samples->scale);
    put_decimal(out, "origin", samples->origin);
    put_stated(out, "low", samples->low);
    put_stated(out, "high", samples->high);
    if (samples->has_missing != 0) {
        json_out_number(out, "missing", samples->missing);
    }
    json_out_array(out, "data");
    size_t count = (size_t)samples->count * samples->dimensions;
    for (size_t i = 0; i < count; i++) {
        int32_t sample = 0;
        int16_t narrow = 0;
        const uint8_t *at = (const uint8_t *)samples->data + i * samples->sample_bytes;
        if (samples->sample_bytes == 2) {
            memcpy(&narrow, at, 2);
            sample = narrow;
        } else {
            memcpy(&sample, at, 4);
        }
        json_out_number(out, NULL, sample);
    }
    json_out_array_end(out);
    json_out_object_end(out);
}

static void put_base64(json_out *out, const char *key, dragoman_bytes data) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    buffer text;
    buffer_init(&text);
    for (size_t i = 0; i < data.size; i += 3) {
        size_t left = data.size - i;
        uint32_t group = (uint32_t)data.data[i] << 16 | (left > 1 ? (uint32_t)data.data[i + 1] << 8 : 0u) |
                         (left > 2 ? data.data[i + 2] : 0u);
        const char four[4] = {digits[group >> 18 & 63u], digits[group >> 12 & 63u],
                              left > 1 ? digits[group >> 6 & 63u] : '=', left > 2 ? digits[group & 63u] : '='};
        buffer_append(&text, four, sizeof four);
    }
    out->to->failed |= text.failed;
    put_text(out, key, buffer_bytes(&text));
    buffer_fini(&text);
}

static void put_large_value(json_out *out, const dragoman_value *value) {
    switch (value->kind) {
    case DRAGOMAN_VALUE_BITS:
        put_unsigned(out, "bits", value->bits);
        put_unsigned(out, "bit_count", value->bit_count);
        break;
    case DRAGOMAN_VALUE_SAMPLES:
        put_samples(out, value->samples);
        break;
    case DRAGOMAN_VALUE_TIME:
        put_time(out, "time", value->from);
        break;
    case DRAGOMAN_VALUE_PERIOD:
        json_out_object(out, "period");
        put_time(out, "start", value->from);
        put_time(out, "end", value->to);
        json_out_object_end(out);
        break;
    case DRAGOMAN_VALUE_RANGE:
        json_out_object(out, "range");
        put_stated(out, "low", value->number);
        put_stated(out, "high", value->other_number);
        json_out_object_end(out);
        break;
    case DRAGOMAN_VALUE_RATIO:
        json_out_object(out, "ratio");
        put_stated(out, "numerator", value->number);
        put_stated(out, "denominator", value->other_number);
        json_out_object_end(out);
        break;
    default:
        json_out_object(out, "attachment");
        put_text(out, "media_type", value->text);
        put_base64(out, "data", value->data);
        put_text(out, "reference", value->reference);
        json_out_object_end(out);
        break;
    }
}

static void put_value(json_out *out, const dragoman_value *value) {
    json_out_object(out, NULL);
    put_word(out, "comparator", &words_comparator, value->comparator);
    switch (value->kind) {
    case DRAGOMAN_VALUE_NONE:
        put_word(out, "absent", &words_absent, value->absent);
        break;
    case DRAGOMAN_VALUE_DECIMAL:
        put_decimal(out, "number", value->number);
        break;
    case DRAGOMAN_VALUE_TEXT:
        json_out_text(out, "text", value->text);
        break;
    case DRAGOMAN_VALUE_CODE:
        put_concept_always(out, "code", &value->concept);
        break;
    default:
        put_large_value(out, value);
        break;
    }
    json_out_object_end(out);
}

static void put_values(json_out *out, const char *key, const dragoman_list *values) {
    if (values->count > 0) {
        json_out_array(out, key);
        for (uint32_t i = 0; i < values->count; i++) {
            put_value(out, dragoman_list_at(values, i));
        }
        json_out_array_end(out);
    }
}

static void put_components(json_out *out, const dragoman_list *components) {
    if (components->count == 0) {
        return;
    }
    json_out_array(out, "components");
    for (uint32_t i = 0; i < components->count; i++) {
        const dragoman_component *component = dragoman_list_at(components, i);
        json_out_object(out, NULL);
        put_concept(out, "code", &component->code);
        put_values(out, "values", &component->values);
        put_unit(out, "unit", &component->unit);
        put_bits(out, "status", &words_status_bits, component->status);
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

static void put_order(json_out *out, const dragoman_order *order) {
    json_out_object(out, "order");
    put_identifier(out, "placer", &order->placer);
    put_identifier(out, "filler", &order->filler);
    put_concept(out, "service", &order->service);
    put_identifier(out, "specimen", &order->specimen);
    put_concept(out, "specimen_type", &order->specimen_type);
    put_time(out, "collected_at", order->collected_at);
    json_out_object_end(out);
}

static void put_observation(json_out *out, const model_record *record, uint32_t index, model_identity identity) {
    const dragoman_observation *observation = dragoman_list_at(&record->report.observations, index);
    char id[MODEL_ID_BYTES];
    size_t length = model_identity_id(record, index, identity, id);
    json_out_text(out, "id", (dragoman_bytes){(const uint8_t *)id, length});
    put_path(out, observation->path);
    put_text(out, "sub_id", observation->sub_id);
    put_concept(out, "code", &observation->code);
    put_values(out, "values", &observation->values);
    put_unit(out, "unit", &observation->unit);
    put_components(out, &observation->components);
    put_time(out, "measured_at", observation->measured_at);
    put_time(out, "measured_until", observation->measured_until);
    if (observation->time_is_own != 0) {
        json_out_boolean(out, "time_is_own", true);
    }
    put_bits(out, "status", &words_status_bits, observation->status);
    put_word(out, "result", &words_result, observation->result);
    put_word(out, "obtained", &words_obtained, observation->obtained);
    put_word(out, "domain", &words_domain, observation->domain);
    put_range(out, "alarm_limits", &observation->alarm_limits);
    put_range(out, "normal_range", &observation->normal_range);
    put_concept(out, "flags", &observation->flags);
    put_concept(out, "site", &observation->site);
    put_concept(out, "method", &observation->method);
    put_identifier(out, "instance", &observation->instance);
    put_identifier(out, "producer", &observation->producer);
    if (observation->order != NULL) {
        put_order(out, observation->order);
    }
    put_text(out, "note", observation->note);
}

static void put_alert(json_out *out, const model_record *record, uint32_t index) {
    const dragoman_alert *alert = dragoman_list_at(&record->report.alerts, index);
    char derived[MODEL_ID_BYTES];
    size_t length = model_alert_id(record, index, derived);
    json_out_object(out, NULL);
    json_out_text(out, "id", (dragoman_bytes){(const uint8_t *)derived, length});
    put_path(out, alert->path);
    put_identifier(out, "own_id", &alert->id);
    put_identifier(out, "parent", &alert->parent);
    put_concept(out, "event", &alert->event);
    put_concept(out, "source", &alert->source);
    put_values(out, "source_values", &alert->source_values);
    put_unit(out, "source_unit", &alert->source_unit);
    put_range(out, "limits", &alert->limits);
    put_text(out, "text", alert->text);
    put_time(out, "occurred_at", alert->occurred_at);
    put_word(out, "priority", &words_priority, alert->priority);
    put_word(out, "kind", &words_alert_kind, alert->kind);
    put_word(out, "phase", &words_phase, alert->phase);
    put_word(out, "state", &words_state, alert->state);
    put_bits(out, "inactivation", &words_inactivation_bits, alert->inactivation);
    json_out_object_end(out);
}

static void put_device(json_out *out, const dragoman_device *device) {
    if (device == NULL) {
        return;
    }
    json_out_object(out, "device");
    put_text(out, "key", device->key);
    put_identifiers(out, &device->identifiers);
    put_concept(out, "type", &device->type);
    put_text(out, "manufacturer", device->manufacturer);
    put_text(out, "model", device->model);
    put_text(out, "serial", device->serial);
    if (device->versions.count > 0) {
        json_out_array(out, "versions");
        for (uint32_t i = 0; i < device->versions.count; i++) {
            const dragoman_version *version = dragoman_list_at(&device->versions, i);
            json_out_object(out, NULL);
            put_text(out, "part", version->part);
            put_text(out, "value", version->value);
            json_out_object_end(out);
        }
        json_out_array_end(out);
    }
    json_out_object_end(out);
}

static void put_place(json_out *out, const char *key, const dragoman_place *place) {
    if (place != NULL) {
        json_out_object(out, key);
        put_text(out, "point_of_care", place->point_of_care);
        put_text(out, "room", place->room);
        put_text(out, "bed", place->bed);
        put_text(out, "facility", place->facility);
        put_text(out, "building", place->building);
        put_text(out, "floor", place->floor);
        json_out_object_end(out);
    }
}

static void put_name(json_out *out, const dragoman_name *name) {
    json_out_object(out, NULL);
    put_text(out, "family", name->family);
    put_text(out, "given", name->given);
    put_text(out, "prefix", name->prefix);
    put_text(out, "suffix", name->suffix);
    put_text(out, "use", name->use);
    put_text(out, "representation", name->representation);
    json_out_object_end(out);
}

static void put_patient(json_out *out, const char *key, const dragoman_patient *patient) {
    if (patient == NULL) {
        return;
    }
    json_out_object(out, key);
    put_identifiers(out, &patient->identifiers);
    if (patient->names.count > 0) {
        json_out_array(out, "names");
        for (uint32_t i = 0; i < patient->names.count; i++) {
            put_name(out, dragoman_list_at(&patient->names, i));
        }
        json_out_array_end(out);
    }
    put_time(out, "born_at", patient->born_at);
    put_text(out, "sex", patient->sex);
    put_identifier(out, "account", &patient->account);
    put_identifier(out, "visit", &patient->visit);
    put_text(out, "visit_class", patient->visit_class);
    json_out_object_end(out);
}

static void put_context(json_out *out, const model_record *record, uint32_t index) {
    const dragoman_context *context = dragoman_list_at(&record->report.contexts, index);
    char id[MODEL_ID_BYTES];
    size_t length = model_context_id(record, index, id);
    json_out_object(out, NULL);
    json_out_text(out, "id", (dragoman_bytes){(const uint8_t *)id, length});
    put_word(out, "kind", &words_context, context->kind);
    if (context->suspected != 0) {
        json_out_boolean(out, "suspected", true);
    }
    put_text(out, "trigger", context->trigger);
    put_patient(out, "patient", context->patient);
    put_patient(out, "prior_patient", context->prior_patient);
    put_place(out, "place", context->place);
    put_place(out, "prior_place", context->prior_place);
    put_device(out, context->device);
    put_time(out, "occurred_at", context->occurred_at);
    put_time(out, "recorded_at", context->recorded_at);
    json_out_object_end(out);
}

static void put_nodes(json_out *out, const dragoman_list *nodes) {
    if (nodes->count == 0) {
        return;
    }
    json_out_array(out, "nodes");
    for (uint32_t i = 0; i < nodes->count; i++) {
        const dragoman_node *node = dragoman_list_at(nodes, i);
        json_out_object(out, NULL);
        put_path(out, node->path);
        put_concept(out, "type", &node->type);
        put_identifiers(out, &node->identifiers);
        put_text(out, "manufacturer", node->manufacturer);
        put_text(out, "model", node->model);
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

static void put_stamp(json_out *out, const model_stamp *stamp) {
    json_out_object(out, "stamp");
    put_text(out, "link", stamp->link);
    put_text(out, "adapter", stamp->adapter);
    put_text(out, "adapter_version", stamp->adapter_version);
    put_text(out, "profile", stamp->profile);
    put_text(out, "device_key", stamp->device_key);
    put_time(out, "received_at", time_of_utc_us(stamp->received_at_us));
    put_word(out, "received_quality", &words_quality, stamp->received_quality);
    put_unsigned(out, "clock_epoch", stamp->clock_epoch);
    if (stamp->has_clock_offset != 0) {
        json_out_number(out, "clock_offset_us", stamp->clock_offset_us);
    }
    if (stamp->repeated_count > 0) {
        json_out_array(out, "repeats");
        for (uint32_t i = 0; i < stamp->repeated_count; i++) {
            put_unsigned(out, NULL, stamp->repeated[i]);
        }
        json_out_array_end(out);
    }
    json_out_object_end(out);
}

static void put_lists(json_out *out, const model_record *record, const model_identity *identities) {
    const dragoman_report *report = &record->report;
    if (report->observations.count > 0) {
        json_out_array(out, "observations");
        for (uint32_t i = 0; i < report->observations.count; i++) {
            json_out_object(out, NULL);
            put_observation(out, record, i, identities[i]);
            json_out_object_end(out);
        }
        json_out_array_end(out);
    }
    if (report->alerts.count > 0) {
        json_out_array(out, "alerts");
        for (uint32_t i = 0; i < report->alerts.count; i++) {
            put_alert(out, record, i);
        }
        json_out_array_end(out);
    }
    if (report->contexts.count > 0) {
        json_out_array(out, "contexts");
        for (uint32_t i = 0; i < report->contexts.count; i++) {
            put_context(out, record, i);
        }
        json_out_array_end(out);
    }
}

static void put_report(json_out *out, const model_record *record, const model_identity *identities) {
    const dragoman_report *report = &record->report;
    const dragoman_code *sender = &report->sender;
    json_out_object(out, NULL);
    put_device(out, report->device);
    put_place(out, "place", report->place);
    put_patient(out, "patient", report->patient);
    put_time(out, "sent_at", report->sent_at);
    put_text(out, "message_id", report->message_id);
    if ((sender->code.size | sender->text.size | sender->system.size) != 0) {
        json_out_object(out, "sender");
        put_text(out, "application", sender->code);
        put_text(out, "facility", sender->text);
        put_text(out, "protocol", sender->system);
        json_out_object_end(out);
    }
    put_nodes(out, &report->nodes);
    put_word(out, "device_state", &words_device_state, report->device_state);
    put_lists(out, record, identities);
    if (record->has_stamp) {
        put_stamp(out, &record->stamp);
    }
    json_out_object_end(out);
}

dragoman_status model_write_json(const model_record *record, buffer *to) {
    arena memory;
    arena_init(&memory, SIZE_MAX);
    const model_identity *identities = NULL;
    json_out out;
    dragoman_status status = model_identities(record, &memory, &identities);
    if (status == DRAGOMAN_OK && !json_out_init(&out, to, false)) {
        status = DRAGOMAN_NO_MEMORY;
    }
    if (status == DRAGOMAN_OK) {
        put_report(&out, record, identities);
        json_out_fini(&out);
        status = to->failed ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
    }
    arena_fini(&memory);
    return status;
}

dragoman_status model_write_observation_json(const model_record *record, uint32_t index, model_identity identity,
                                             dragoman_bytes metric, buffer *to) {
    json_out out;
    if (!json_out_init(&out, to, false)) {
        return DRAGOMAN_NO_MEMORY;
    }
    json_out_object(&out, NULL);
    put_text(&out, "metric", metric);
    put_observation(&out, record, index, identity);
    if (record->has_stamp) {
        put_time(&out, "received_at", time_of_utc_us(record->stamp.received_at_us));
    }
    json_out_object_end(&out);
    json_out_fini(&out);
    return to->failed ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
}

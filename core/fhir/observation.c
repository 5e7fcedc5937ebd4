#include "fhir/observation.h"
#include "base/decimal.h"
#include "fhir/code.h"
#include "fhir/concept.h"
#include "fhir/key.h"
#include "fhir/laboratory.h"
#include "fhir/status.h"

void fhir_item_make(const fhir_scene *scene, uint32_t index, fhir_item *ret_item) {
    const dragoman_observation *observation = dragoman_list_at(&scene->record->report.observations, index);
    const terms_meaning *meaning = &scene->meanings->observations[index];
    const dragoman_value *value = observation->values.count > 0 ? dragoman_list_at(&observation->values, 0) : NULL;
    bool has_parts = observation->values.count > 1 || observation->components.count > 0;
    *ret_item = (fhir_item){.observation = observation, .meaning = meaning, .index = index};
    ret_item->value = value;
    ret_item->absent = fhir_absent_reason(observation->status, observation->result, value, meaning->absent);
    if (ret_item->absent != NULL && !(value == NULL && has_parts)) {
        ret_item->value_class = FHIR_VALUE_ABSENT;
    } else if (has_parts || value->kind == DRAGOMAN_VALUE_BITS) {
        ret_item->value_class = FHIR_VALUE_OTHER;
    } else if (value->kind == DRAGOMAN_VALUE_SAMPLES) {
        ret_item->value_class = FHIR_VALUE_SAMPLES;
    } else {
        ret_item->value_class = value->kind == DRAGOMAN_VALUE_DECIMAL ? FHIR_VALUE_NUMBER : FHIR_VALUE_OTHER;
    }
    ret_item->is_vital_possible = scene->patient != NULL && observation->domain != DRAGOMAN_DOMAIN_PLACE &&
                                  fhir_effective_is_known(scene, observation);
}

static void range_key(buffer *key, const dragoman_range *range) {
    fhir_key_bytes(key, range->text);
    if (range->text.size > 0) {
        fhir_key_decimal(key, range->low);
        fhir_key_decimal(key, range->high);
    }
}

void fhir_item_key(buffer *key, const fhir_item *item, uint32_t device_number) {
    const dragoman_observation *observation = item->observation;
    const terms_meaning *meaning = item->meaning;
    const struct {
        uint32_t device, status, mdc, unit, group;
        dragoman_path path;
        uint8_t result, obtained, domain, value_class, is_possible, is_mismatch, is_enumeration, mapping;
    } fixed = {device_number,
               observation->status,
               meaning->mdc,
               meaning->unit == NULL ? 0 : meaning->unit->code,
               meaning->group,
               observation->path,
               observation->result,
               observation->obtained,
               observation->domain,
               (uint8_t)item->value_class,
               item->is_vital_possible,
               meaning->is_mismatch,
               item->value_class == FHIR_VALUE_OTHER,
               meaning->mapping};
    buffer_append(key, &fixed, sizeof fixed);
    fhir_key_concept(key, &observation->code);
    fhir_key_code(key, &observation->unit);
    fhir_key_bytes(key, meaning->ucum);
    fhir_key_bytes(key, meaning->unit_text);
    range_key(key, &observation->normal_range);
    range_key(key, &observation->alarm_limits);
    fhir_key_concept(key, &observation->flags);
    fhir_key_concept(key, &observation->site);
    fhir_key_concept(key, &observation->method);
    fhir_key_bytes(key, observation->producer.value);
}

void fhir_observation_start(fhir_scene *scene, buffer *to, const dragoman_observation *observation, uint32_t status,
                            const char *category) {
    const char *domain_category = observation->domain == DRAGOMAN_DOMAIN_LABORATORY ? "laboratory"
                                  : observation->domain == DRAGOMAN_DOMAIN_CARDIAC  ? "procedure"
                                                                                    : NULL;
    fhir_meta(to, status, observation->domain);
    json_constant(to, "status", fhir_result_status(&scene->writer->options, observation->result, status));
    size_t begin = json_open(to, "category", '[');
    const char *categories[2] = {domain_category, category};
    for (size_t i = 0; i < 2; i++) {
        bool is_repeated =
            i == 1 && categories[0] != NULL && categories[1] != NULL && strcmp(categories[0], categories[1]) == 0;
        if (categories[i] != NULL && *categories[i] != '\0' && !is_repeated) {
            size_t element = json_open(to, NULL, '{');
            size_t codings = json_open(to, "coding", '[');
            fhir_plain_coding(to, "http://terminology.hl7.org/CodeSystem/observation-category", bytes_of(categories[i]),
                              (dragoman_bytes){NULL, 0});
            json_close(to, codings);
            json_close(to, element);
        }
    }
    json_close(to, begin);
}

void fhir_observation_place(fhir_scene *scene, buffer *to, const dragoman_observation *observation,
                            const fhir_metric *metric) {
    fhir_concept(scene->writer, to, "bodySite", &observation->site);
    fhir_concept(scene->writer, to, "method", &observation->method);
    bool is_elsewhere = metric->metric == NULL && json_trimmed(observation->producer.value).size > 0;
    if (is_elsewhere) {
        size_t begin = json_open(to, "device", '{');
        json_constant(to, "type", "Device");
        fhir_identifier(scene->writer, to, "identifier", &observation->producer);
        json_close(to, begin);
    } else {
        fhir_reference(scene, to, "device", metric->metric != NULL ? metric->metric : scene->device->mds);
    }
}

static void make_unit_tail(const fhir_item *item, fhir_block *block, buffer *to) {
    block->unit = fhir_unit_of(item->meaning, &item->observation->unit);
    if (block->plan.convert_to.size > 0) {
        block->unit.from = block->unit.ucum;
        block->unit.ucum = block->plan.convert_to;
        block->unit.text = block->plan.convert_to;
    }
    buffer_append_byte(to, ',');
    const char *comparator = fhir_comparator(fhir_comparator_of(DRAGOMAN_EQUAL, item->observation->status));
    json_constant(to, "comparator", comparator);
    fhir_unit_members(to, &block->unit);
    json_trim_comma(to);
    JSON_APPEND(to, "},");
}

/* Keeps what the block's unit points to: the report's memory does not last as long. */
static bool keep_unit(fhir_writer *writer, fhir_unit *unit) {
    dragoman_bytes *texts[] = {&unit->ucum, &unit->text, &unit->from};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        *texts[i] = arena_copy(&writer->cache.memory, *texts[i]);
        if (texts[i]->size > 0 && texts[i]->data == NULL) {
            return false;
        }
    }
    return true;
}

static dragoman_status make_block(fhir_scene *scene, const fhir_item *item, fhir_block *block) {
    fhir_writer *writer = scene->writer;
    const dragoman_observation *observation = item->observation;
    block->plan = fhir_plan_make(item->meaning, &observation->code, item->value_class, item->is_vital_possible);
    if (fhir_metric_is_due(writer, observation->path, observation->domain, item->meaning->mdc)) {
        fhir_metric_source source = {
            .path = observation->path,
            .code = &observation->code,
            .meaning = item->meaning,
            .category = fhir_metric_category(observation->obtained, item->meaning->mdc),
            .is_enumeration = item->value_class == FHIR_VALUE_OTHER,
        };
        dragoman_status status = fhir_metric_find(scene, &source, &block->metric);
        if (status != DRAGOMAN_OK) {
            return status;
        }
    }
    buffer *to = &writer->scratch;
    buffer_reset(to);
    make_unit_tail(item, block, to);
    block->unit_tail = arena_copy(&writer->cache.memory, buffer_bytes(to));
    buffer_reset(to);
    fhir_observation_start(scene, to, observation, observation->status, block->plan.category);
    fhir_code(writer, to, "code", &observation->code, item->meaning, &block->plan);
    fhir_observation_place(scene, to, observation, &block->metric);
    fhir_interpretation(writer, to, observation->status, &observation->flags);
    fhir_ranges(to, &observation->normal_range, &observation->alarm_limits, &block->unit);
    block->middle = arena_copy(&writer->cache.memory, buffer_bytes(to));
    bool failed = to->failed || block->middle.data == NULL || block->unit_tail.data == NULL;
    return failed || !keep_unit(writer, &block->unit) ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
}

dragoman_status fhir_block_find(fhir_scene *scene, fhir_item *item) {
    fhir_writer *writer = scene->writer;
    buffer *key = &writer->key;
    buffer_reset(key);
    buffer_append_byte(key, 'O');
    fhir_item_key(key, item, scene->device->number);
    item->block = fhir_cache_find(&writer->cache, buffer_bytes(key));
    if (item->block != NULL) {
        return DRAGOMAN_OK;
    }
    item->block = fhir_cache_add(&writer->cache, buffer_bytes(key), sizeof *item->block);
    return item->block == NULL ? DRAGOMAN_NO_MEMORY : make_block(scene, item, item->block);
}

dragoman_bytes fhir_subject_of(const fhir_scene *scene, const dragoman_observation *observation) {
    return observation->domain == DRAGOMAN_DOMAIN_PLACE ? scene->no_subject : scene->subject;
}

/* What few observations carry: order, specimen, notes. */
static void write_extras(fhir_scene *scene, buffer *to, const dragoman_observation *observation,
                         const terms_meaning *meaning) {
    if (observation->order != NULL) {
        fhir_laboratory_members(scene, to, observation->order);
    }
    if (observation->note.size > 0 || meaning->is_mismatch) {
        size_t begin = json_open(to, "note", '[');
        if (meaning->is_mismatch) {
            fhir_mismatch_note(to, &observation->code, meaning);
        }
        size_t element = json_open(to, NULL, '{');
        json_text(to, "text", observation->note);
        json_close(to, element);
        json_close(to, begin);
    }
}

/* Several values, or a bit set: one component each. */
static void value_components(fhir_scene *scene, buffer *to, const fhir_item *item) {
    const dragoman_observation *observation = item->observation;
    static const fhir_plan plain = {0};
    for (uint32_t i = 0; i < observation->values.count; i++) {
        const dragoman_value *value = dragoman_list_at(&observation->values, i);
        if (value->kind == DRAGOMAN_VALUE_BITS) {
            fhir_bits(to, value, item->meaning->mdc);
            continue;
        }
        size_t element = json_open(to, NULL, '{');
        fhir_code(scene->writer, to, "code", &observation->code, item->meaning, &plain);
        const char *absent = fhir_absent_reason(0, DRAGOMAN_RESULT_UNSTATED, value, DRAGOMAN_PRESENT);
        if (absent != NULL) {
            fhir_absent(to, absent);
        } else {
            fhir_value(scene->writer, to, value, &item->block->unit, observation->status);
        }
        json_close(to, element);
    }
}

/* The parts of a compound that is no pressure panel. */
static void compound_components(fhir_scene *scene, buffer *to, const fhir_item *item) {
    const dragoman_list *components = &item->observation->components;
    static const fhir_plan plain = {0};
    static const terms_meaning unknown = {0};
    const terms_meaning *meanings =
        scene->meanings->components == NULL ? NULL : scene->meanings->components[item->index];
    for (uint32_t i = 0; i < components->count; i++) {
        const dragoman_component *component = dragoman_list_at(components, i);
        const terms_meaning *meaning = meanings == NULL ? &unknown : &meanings[i];
        const dragoman_value *value = component->values.count > 0 ? dragoman_list_at(&component->values, 0) : NULL;
        fhir_unit unit = fhir_unit_of(meaning, &component->unit);
        size_t element = json_open(to, NULL, '{');
        fhir_code(scene->writer, to, "code", &component->code, meaning, &plain);
        const char *absent = fhir_absent_reason(component->status, DRAGOMAN_RESULT_UNSTATED, value, meaning->absent);
        if (absent != NULL) {
            fhir_absent(to, absent);
        } else {
            fhir_value(scene->writer, to, value, &unit, component->status);
        }
        fhir_interpretation(scene->writer, to, component->status, NULL);
        json_close(to, element);
    }
}

static void write_parts(fhir_scene *scene, const fhir_item *item) {
    const dragoman_observation *observation = item->observation;
    buffer *to = scene->to;
    bool are_values_parts =
        item->value != NULL && (observation->values.count > 1 || item->value->kind == DRAGOMAN_VALUE_BITS);
    if (item->value != NULL && !are_values_parts) {
        fhir_value(scene->writer, to, item->value, &item->block->unit, observation->status);
    }
    size_t begin = json_open(to, "component", '[');
    if (are_values_parts) {
        value_components(scene, to, item);
    }
    compound_components(scene, to, item);
    json_close(to, begin);
}

static void write_number(fhir_scene *scene, const fhir_item *item) {
    const fhir_block *block = item->block;
    buffer *to = scene->to;
    if (block->unit.from.size > 0 || item->value->comparator != DRAGOMAN_EQUAL) {
        fhir_value(scene->writer, to, item->value, &block->unit, item->observation->status);
        return;
    }
    JSON_APPEND(to, "\"valueQuantity\":{\"value\":");
    char *number = (char *)buffer_reserve(to, DECIMAL_TEXT_BYTES);
    if (number != NULL) {
        to->size += decimal_write(item->value->number, number);
    }
    buffer_append_bytes(to, block->unit_tail);
}

void fhir_observation_write(fhir_scene *scene, const fhir_item *item, fhir_effective *effective) {
    const dragoman_observation *observation = item->observation;
    const fhir_block *block = item->block;
    buffer *to = scene->to;
    char id[MODEL_ID_BYTES];
    size_t id_size = model_observation_id(scene->record, item->index, id);
    bool is_update = fhir_result_is_update(observation->result);
    fhir_frame_head(scene, id, id_size, is_update);
    if (json_trimmed(observation->instance.value).size > 0) {
        buffer_append_byte(to, ',');
        fhir_identifier(scene->writer, to, NULL, &observation->instance);
        json_trim_comma(to);
    }
    JSON_APPEND(to, "],");
    buffer_append_bytes(to, block->middle);
    buffer_append_bytes(to, fhir_subject_of(scene, observation));
    fhir_effective_make(scene, observation, block->plan.vital != NULL, effective);
    buffer_append(to, effective->text, effective->size);
    if (item->value_class == FHIR_VALUE_NUMBER) {
        write_number(scene, item);
    } else if (item->value_class == FHIR_VALUE_ABSENT) {
        fhir_absent(to, item->absent);
    } else if (item->value_class == FHIR_VALUE_SAMPLES) {
        fhir_value(scene->writer, to, item->value, &block->unit, observation->status);
    } else {
        write_parts(scene, item);
    }
    if (item->media != NULL) {
        size_t list = json_open(to, "derivedFrom", '[');
        fhir_reference(scene, to, NULL, item->media);
        json_close(to, list);
    }
    if (observation->order != NULL || observation->note.size > 0 || item->meaning->is_mismatch) {
        write_extras(scene, to, observation, item->meaning);
    }
    fhir_frame_tail(scene, id, id_size, is_update);
}

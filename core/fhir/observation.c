#include "fhir/observation.h"
#include "base/decimal.h"
#include "fhir/code.h"
#include "fhir/concept.h"
#include "fhir/laboratory.h"
#include "fhir/personal.h"
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
    } else if (value == NULL || has_parts || value->kind == DRAGOMAN_VALUE_BITS) {
        ret_item->value_class = FHIR_VALUE_OTHER;
    } else if (value->kind == DRAGOMAN_VALUE_SAMPLES) {
        ret_item->value_class = FHIR_VALUE_SAMPLES;
    } else {
        ret_item->value_class = value->kind == DRAGOMAN_VALUE_DECIMAL ? FHIR_VALUE_NUMBER : FHIR_VALUE_OTHER;
    }
    ret_item->is_vital_possible = scene->patient != NULL && observation->domain != DRAGOMAN_DOMAIN_PLACE &&
                                  fhir_effective_is_known(scene, observation);
}

void fhir_observation_start(fhir_scene *scene, buffer *to, const dragoman_observation *observation, uint32_t status,
                            const char *category, const char *profile) {
    const char *domain_category = observation->domain == DRAGOMAN_DOMAIN_LABORATORY ? "laboratory"
                                  : observation->domain == DRAGOMAN_DOMAIN_CARDIAC  ? "procedure"
                                                                                    : NULL;
    bool is_personal = scene->writer->is_personal;
    fhir_meta(to, profile, status, observation->domain);
    json_constant(to, "status", fhir_result_status(scene->writer, observation->result, status));
    size_t begin = json_open(to, "category", '[');
    if (is_personal) {
        JSON_APPEND(to, "{\"coding\":[{\"system\":\"http://hl7.org/fhir/uv/phd/CodeSystem/PhdObservationCategories\","
                        "\"code\":\"phd-observation\"}]},");
    }
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
                            const fhir_metric *metric, bool has_supplements) {
    fhir_concept(scene->writer, to, "bodySite", &observation->site);
    if (!has_supplements) {
        fhir_concept(scene->writer, to, "method", &observation->method);
    }
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

/* Supplemental types are components by the PHD guide; the vital-signs profiles allow no component without their unit,
 * so that with them they stay the method. */
static bool has_supplements(const fhir_scene *scene, const dragoman_observation *observation, const fhir_plan *plan) {
    return scene->writer->is_personal && plan->vital == NULL && observation->method.coding_count > 0;
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
    fhir_observation_start(scene, to, observation, observation->status, block->plan.category,
                           writer->is_personal ? fhir_personal_profile(observation) : NULL);
    fhir_code(writer, to, "code", &observation->code, item->meaning, &block->plan);
    fhir_observation_place(scene, to, observation, &block->metric, has_supplements(scene, observation, &block->plan));
    fhir_interpretation(writer, to, observation->status, &observation->flags);
    fhir_ranges(to, &observation->normal_range, &observation->alarm_limits, &block->unit);
    block->middle = arena_copy(&writer->cache.memory, buffer_bytes(to));
    bool failed = to->failed || block->middle.data == NULL || block->unit_tail.data == NULL;
    return failed || !keep_unit(writer, &block->unit) ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
}

/* A monitor says the same things in the same order: the block that stood at this place in its last report is nearly
 * always the one. */
static fhir_block **foreseen(fhir_device *device, fhir_writer *writer, const fhir_item *item) {
    if (item->index >= FHIR_FORESEEN_MAX) {
        return NULL;
    }
    if (device->foreseen == NULL) {
        device->foreseen = arena_allocate_zeroed(&writer->cache.memory, FHIR_FORESEEN_MAX * sizeof(fhir_block *));
    }
    return device->foreseen == NULL ? NULL : &device->foreseen[item->index];
}

dragoman_status fhir_block_find(fhir_scene *scene, fhir_item *item) {
    fhir_writer *writer = scene->writer;
    fhir_block **place = foreseen(scene->device, writer, item);
    if (place != NULL && *place != NULL && fhir_item_matches((*place)->key, item, scene->device->number)) {
        item->block = *place;
        return DRAGOMAN_OK;
    }
    buffer *key = &writer->key;
    buffer_reset(key);
    fhir_item_key(key, item, scene->device->number);
    size_t item_size = key->size;
    buffer_append_byte(key, 'O');
    dragoman_status status = DRAGOMAN_OK;
    item->block = fhir_cache_find(&writer->cache, buffer_bytes(key));
    if (item->block == NULL) {
        item->block = fhir_cache_add(&writer->cache, buffer_bytes(key), sizeof *item->block);
        if (item->block == NULL) {
            return DRAGOMAN_NO_MEMORY;
        }
        item->block->key = arena_copy(&writer->cache.memory, (dragoman_bytes){key->data, item_size});
        status = item->block->key.data == NULL ? DRAGOMAN_NO_MEMORY : make_block(scene, item, item->block);
    }
    if (place != NULL) {
        *place = item->block;
    }
    return status;
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

void fhir_identifiers_end(fhir_scene *scene, const dragoman_observation *observation) {
    if (scene->writer->is_personal) {
        fhir_personal_members(scene, observation);
    } else {
        JSON_APPEND(scene->to, "],");
    }
}

static void write_parts(fhir_scene *scene, const fhir_item *item) {
    const dragoman_observation *observation = item->observation;
    buffer *to = scene->to;
    /* Beside components the value is one of them: FHIR forbids it at the top where a component has the same code. */
    bool are_values_parts =
        item->value != NULL && (observation->values.count > 1 || observation->components.count > 0 ||
                                item->value->kind == DRAGOMAN_VALUE_BITS);
    if (item->value != NULL && !are_values_parts) {
        fhir_value(scene->writer, to, item->value, &item->block->unit, observation->status);
    }
    size_t begin = json_open(to, "component", '[');
    if (are_values_parts) {
        value_components(scene, to, item);
    }
    compound_components(scene, to, item);
    if (has_supplements(scene, observation, &item->block->plan)) {
        fhir_personal_supplements(scene, observation);
    }
    json_close(to, begin);
}

static char *put_bytes(char *to, dragoman_bytes bytes) {
    memcpy(to, bytes.data, bytes.size);
    return to + bytes.size;
}

/* Copies whole words past the id's end: what follows overwrites them. */
static char *put_id(char *to, const char id[MODEL_ID_BYTES], size_t size) {
    memcpy(to, id, MODEL_ID_BYTES - 1);
    return to + size;
}

static char *put_frame(char *to, const dragoman_bytes *pieces, uint32_t count, const char *id, size_t id_size) {
    to = put_bytes(to, pieces[0]);
    for (uint32_t i = 1; i < count; i++) {
        to = put_bytes(put_id(to, id, id_size), pieces[i]);
    }
    return to;
}

/* Whether nothing but a number as sent varies: nearly all that a monitor says. */
static bool is_plain_number(const fhir_scene *scene, const fhir_item *item) {
    const dragoman_observation *observation = item->observation;
    return item->value_class == FHIR_VALUE_NUMBER && item->block->unit.from.size == 0 &&
           item->value->comparator == DRAGOMAN_EQUAL && observation->order == NULL && observation->note.size == 0 &&
           observation->instance.value.size == 0 && item->meaning->is_mismatch == 0 && !scene->writer->is_personal &&
           (scene->writer->naming == FHIR_NAMED_BY_ID || !scene->writer->is_bundle);
}

/* The whole Observation in one stretch: copies, an id and a number. */
static void write_plain_number(fhir_scene *scene, const fhir_item *item, const char *id, size_t id_size,
                               const fhir_effective *effective) {
    static const char value[] = "\"valueQuantity\":{\"value\":";
    const fhir_writer *writer = scene->writer;
    const fhir_block *block = item->block;
    const fhir_frame *frame = fhir_result_is_update(item->observation->result) ? &writer->updated : &writer->created;
    dragoman_bytes subject = fhir_subject_of(scene, item->observation);
    size_t most = frame->size + 7 * (size_t)MODEL_ID_BYTES + 2 + block->middle.size + subject.size +
                  sizeof effective->text + sizeof value + DECIMAL_TEXT_BYTES + block->unit_tail.size;
    char *begin = (char *)buffer_reserve(scene->to, most);
    if (begin == NULL) {
        return;
    }
    char *to = put_frame(begin, frame->head, frame->head_count, id, id_size);
    memcpy(to, "],", 2);
    to = put_bytes(to + 2, block->middle);
    to = put_bytes(to, subject);
    memcpy(to, effective->text, sizeof effective->text);
    to += effective->size;
    memcpy(to, value, sizeof value - 1);
    to += sizeof value - 1;
    to += decimal_write(item->value->number, to);
    to = put_bytes(to, block->unit_tail);
    /* The last member's comma goes. */
    to = put_frame(to - 1, frame->tail, frame->tail_count, id, id_size);
    scene->to->size += (size_t)(to - begin);
    scene->count.resources++;
    scene->count.observations++;
}

void fhir_observation_write(fhir_scene *scene, const fhir_item *item, fhir_effective *effective) {
    const dragoman_observation *observation = item->observation;
    const fhir_block *block = item->block;
    buffer *to = scene->to;
    char id[MODEL_ID_BYTES];
    size_t id_size =
        model_identity_id_after(scene->record, item->index, scene->identities[item->index], &scene->id_start, id);
    fhir_effective_make(scene, observation, block->plan.vital != NULL, effective);
    if (is_plain_number(scene, item)) {
        write_plain_number(scene, item, id, id_size, effective);
        return;
    }
    bool is_update = fhir_result_is_update(observation->result);
    fhir_frame_head(scene, id, id_size, is_update);
    if (json_trimmed(observation->instance.value).size > 0) {
        buffer_append_byte(to, ',');
        fhir_identifier(scene->writer, to, NULL, &observation->instance);
        json_trim_comma(to);
    }
    fhir_identifiers_end(scene, observation);
    buffer_append_bytes(to, block->middle);
    buffer_append_bytes(to, fhir_subject_of(scene, observation));
    buffer_append(to, effective->text, effective->size);
    if (item->value_class == FHIR_VALUE_ABSENT) {
        fhir_absent(to, item->absent);
    } else if (item->value_class == FHIR_VALUE_NUMBER || item->value_class == FHIR_VALUE_SAMPLES) {
        fhir_value(scene->writer, to, item->value, &block->unit, observation->status);
    } else {
        write_parts(scene, item);
    }
    if (has_supplements(scene, observation, &block->plan) && item->value_class != FHIR_VALUE_OTHER) {
        size_t list = json_open(to, "component", '[');
        fhir_personal_supplements(scene, observation);
        json_close(to, list);
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

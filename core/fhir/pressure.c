#include "fhir/pressure.h"
#include "base/decimal.h"
#include "fhir/code.h"
#include "fhir/concept.h"
#include "fhir/key.h"
#include "fhir/laboratory.h"
#include "fhir/status.h"

struct fhir_panel_block {
    dragoman_bytes middle;
    fhir_plan plan;
    fhir_metric metric;
    struct {
        dragoman_bytes head;      /* `{"code":{...},` */
        dragoman_bytes unit_tail; /* behind a number, with its comma */
        dragoman_bytes tail;      /* interpretation and referenceRange, with their commas */
        fhir_unit unit;
    } parts[FHIR_PANEL_PARTS];
};

/* A panel that may still find members. */
typedef struct open_panel {
    fhir_item *members[FHIR_PANEL_PARTS];
    uint32_t group;
} open_panel;

static bool is_same_time(const dragoman_time *a, const dragoman_time *b) {
    return a->civil_us == b->civil_us && a->offset_minutes == b->offset_minutes && a->precision == b->precision;
}

static bool is_same_place(const fhir_item *a, const fhir_item *b) {
    const dragoman_path *p = &a->observation->path;
    const dragoman_path *q = &b->observation->path;
    return p->mds == q->mds && p->vmd == q->vmd && p->channel == q->channel &&
           is_same_time(&a->observation->measured_at, &b->observation->measured_at);
}

/* Systolic, diastolic and mean stand behind their group in the code table. FHIR_PANEL_PARTS: no member. */
static uint32_t role_in(const terms_meaning *meaning, uint32_t group) {
    uint32_t role = meaning->mdc - group - 1;
    return group != 0 && !meaning->is_mismatch && role < FHIR_PANEL_PARTS ? role : FHIR_PANEL_PARTS;
}

static uint32_t role_of(const fhir_scene *scene, const fhir_item *item) {
    bool is_single = item->value_class == FHIR_VALUE_NUMBER || item->value_class == FHIR_VALUE_ABSENT;
    uint32_t role = role_in(item->meaning, item->meaning->group);
    if (role == FHIR_PANEL_PARTS || !is_single || item->observation->components.count > 0 ||
        !fhir_is_panel_group(scene->writer->book, item->meaning->group)) {
        return FHIR_PANEL_PARTS;
    }
    return role;
}

static fhir_item *first_member(const open_panel *panel) {
    for (uint32_t i = 0; i < FHIR_PANEL_PARTS; i++) {
        if (panel->members[i] != NULL) {
            return panel->members[i];
        }
    }
    return NULL;
}

static void fill_part(fhir_panel *panel, uint32_t role, const fhir_item *item) {
    const dragoman_observation *observation = item->observation;
    panel->parts[role] = (fhir_part){
        .code = &observation->code,
        .meaning = item->meaning,
        .unit = &observation->unit,
        .value = item->value,
        .absent = item->absent,
        .normal = &observation->normal_range,
        .alarm = &observation->alarm_limits,
        .instance = &observation->instance,
        .note = observation->note,
        .status = observation->status,
        .value_class = item->value_class,
    };
    panel->status |= observation->status;
}

static terms_meaning group_meaning(const fhir_scene *scene, uint32_t group, const terms_meaning *part) {
    terms_meaning meaning = {.mdc = group, .unit = part->unit};
    meaning.term = terms_find_mdc(scene->writer->book, group);
    meaning.loincs = terms_find_loinc(scene->writer->book, group, &meaning.loinc_count);
    return meaning;
}

/* Makes a panel of an open one that has systolic and diastolic. */
static bool close_panel(const fhir_scene *scene, const open_panel *open, fhir_panel *panel) {
    static const dragoman_concept unnamed = {0};
    if (open->members[0] == NULL || open->members[1] == NULL) {
        return false;
    }
    *panel = (fhir_panel){.lead = open->members[0], .code = &unnamed};
    panel->meaning = group_meaning(scene, open->group, open->members[0]->meaning);
    bool is_repeated = true;
    for (uint32_t role = 0; role < FHIR_PANEL_PARTS; role++) {
        panel->indexes[role] = open->members[open->members[role] == NULL ? 0 : role]->index;
        if (open->members[role] != NULL) {
            fill_part(panel, role, open->members[role]);
            is_repeated &= open->members[role]->is_repeated;
        }
    }
    for (uint32_t role = 0; role < FHIR_PANEL_PARTS; role++) {
        if (open->members[role] != NULL) {
            open->members[role]->is_member = true;
            open->members[role]->is_repeated = is_repeated;
        }
    }
    open->members[0]->panel = panel;
    return true;
}

/* A compound that the device sent as such: all its components have a place in the panel. */
static bool panel_of_compound(const fhir_scene *scene, fhir_item *item, fhir_panel *panel) {
    const dragoman_list *components = &item->observation->components;
    const terms_meaning *meanings =
        scene->meanings->components == NULL ? NULL : scene->meanings->components[item->index];
    if (components->count == 0 || meanings == NULL || item->value != NULL || item->meaning->is_mismatch ||
        !fhir_is_panel_group(scene->writer->book, item->meaning->mdc)) {
        return false;
    }
    static const dragoman_range none = {0};
    *panel = (fhir_panel){.lead = item,
                          .indexes = {item->index, item->index, item->index},
                          .code = &item->observation->code,
                          .meaning = *item->meaning};
    panel->status = item->observation->status;
    for (uint32_t i = 0; i < components->count; i++) {
        const dragoman_component *component = dragoman_list_at(components, i);
        uint32_t role = role_in(&meanings[i], item->meaning->mdc);
        const dragoman_value *value = component->values.count > 0 ? dragoman_list_at(&component->values, 0) : NULL;
        const char *absent = fhir_absent_reason(component->status, DRAGOMAN_RESULT_UNSTATED, value, meanings[i].absent);
        bool is_number = absent == NULL && value != NULL && value->kind == DRAGOMAN_VALUE_DECIMAL;
        if (role == FHIR_PANEL_PARTS || panel->parts[role].code != NULL || component->values.count > 1 ||
            (absent == NULL && !is_number)) {
            return false;
        }
        panel->parts[role] = (fhir_part){
            .code = &component->code,
            .meaning = &meanings[i],
            .unit = &component->unit,
            .value = value,
            .absent = absent,
            .normal = &none,
            .alarm = &none,
            .status = component->status,
            .value_class = is_number ? FHIR_VALUE_NUMBER : FHIR_VALUE_ABSENT,
        };
        panel->meaning.unit = panel->meaning.unit == NULL ? meanings[i].unit : panel->meaning.unit;
        panel->status |= component->status;
    }
    if (panel->parts[0].code == NULL || panel->parts[1].code == NULL) {
        return false;
    }
    item->is_member = true;
    item->panel = panel;
    return true;
}

uint32_t fhir_panels_find(const fhir_scene *scene, fhir_item *items, uint32_t count, fhir_panel *panels) {
    open_panel open[FHIR_OPEN_PANELS];
    uint32_t opened = 0; /* ever; the place of a panel is its number modulo the room */
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        fhir_item *item = &items[i];
        if (item->observation->components.count > 0) {
            found += panel_of_compound(scene, item, &panels[found]);
            continue;
        }
        uint32_t role = item->meaning->group == 0 ? FHIR_PANEL_PARTS : role_of(scene, item);
        if (role == FHIR_PANEL_PARTS) {
            continue;
        }
        open_panel *home = NULL;
        uint32_t first = opened > FHIR_OPEN_PANELS ? opened - FHIR_OPEN_PANELS : 0;
        for (uint32_t k = first; k < opened && home == NULL; k++) {
            open_panel *candidate = &open[k % FHIR_OPEN_PANELS];
            bool fits = candidate->group == item->meaning->group && candidate->members[role] == NULL &&
                        is_same_place(first_member(candidate), item);
            home = fits ? candidate : NULL;
        }
        if (home == NULL) {
            home = &open[opened % FHIR_OPEN_PANELS];
            if (opened >= FHIR_OPEN_PANELS) {
                found += close_panel(scene, home, &panels[found]);
            }
            *home = (open_panel){.group = item->meaning->group};
            opened++;
        }
        home->members[role] = item;
    }
    for (uint32_t k = opened > FHIR_OPEN_PANELS ? opened - FHIR_OPEN_PANELS : 0; k < opened; k++) {
        found += close_panel(scene, &open[k % FHIR_OPEN_PANELS], &panels[found]);
    }
    return found;
}

static void part_key(buffer *key, uint32_t role, const fhir_part *part) {
    fhir_key_number(key, role);
    fhir_key_number(key, (uint64_t)part->status << 32 | part->meaning->mdc);
    fhir_key_number(key, (uint64_t)part->value_class);
    fhir_key_concept(key, part->code);
    fhir_key_code(key, part->unit);
    fhir_key_bytes(key, part->meaning->ucum);
    fhir_key_bytes(key, part->meaning->unit_text);
    const dragoman_range *ranges[2] = {part->normal, part->alarm};
    for (uint32_t i = 0; i < 2; i++) {
        fhir_key_bytes(key, ranges[i]->text);
        if (ranges[i]->text.size > 0) {
            fhir_key_decimal(key, ranges[i]->low);
            fhir_key_decimal(key, ranges[i]->high);
        }
    }
}

static bool copy_out(fhir_writer *writer, dragoman_bytes *ret_copy) {
    *ret_copy = arena_copy(&writer->cache.memory, buffer_bytes(&writer->scratch));
    return !writer->scratch.failed && (ret_copy->data != NULL || ret_copy->size == 0);
}

static bool make_part(fhir_scene *scene, const fhir_part *part, const fhir_plan *plan, fhir_panel_block *block,
                      uint32_t role) {
    fhir_writer *writer = scene->writer;
    buffer *to = &writer->scratch;
    fhir_plan part_plan = *plan;
    part_plan.is_part = true;
    fhir_unit unit = fhir_unit_of(part->meaning, part->unit);
    if (plan->convert_to.size > 0 && !bytes_equal(unit.ucum, plan->convert_to)) {
        unit = (fhir_unit){.ucum = plan->convert_to, .text = plan->convert_to, .from = unit.ucum};
    }
    buffer_reset(to);
    buffer_append_byte(to, '{');
    fhir_code(writer, to, "code", part->code, part->meaning, &part_plan);
    bool made = copy_out(writer, &block->parts[role].head);
    buffer_reset(to);
    buffer_append_byte(to, ',');
    fhir_unit_members(to, &unit);
    json_trim_comma(to);
    JSON_APPEND(to, "},");
    made = copy_out(writer, &block->parts[role].unit_tail) && made;
    buffer_reset(to);
    fhir_interpretation(writer, to, part->status, NULL);
    fhir_ranges(to, part->normal, part->alarm, &unit);
    made = copy_out(writer, &block->parts[role].tail) && made;
    unit.ucum = arena_copy(&writer->cache.memory, unit.ucum);
    unit.text = arena_copy(&writer->cache.memory, unit.text);
    unit.from = arena_copy(&writer->cache.memory, unit.from);
    block->parts[role].unit = unit;
    return made && (unit.ucum.size == 0 || unit.ucum.data != NULL) && (unit.text.size == 0 || unit.text.data != NULL) &&
           (unit.from.size == 0 || unit.from.data != NULL);
}

static fhir_plan make_plan(const fhir_panel *panel) {
    const terms_meaning *meanings[FHIR_PANEL_PARTS];
    fhir_value_class values[FHIR_PANEL_PARTS];
    uint32_t count = 0;
    for (uint32_t role = 0; role < FHIR_PANEL_PARTS; role++) {
        if (panel->parts[role].code != NULL) {
            meanings[count] = panel->parts[role].meaning;
            values[count++] = panel->parts[role].value_class;
        }
    }
    return fhir_plan_panel(meanings, values, count, panel->lead->is_vital_possible);
}

static dragoman_status make_block(fhir_scene *scene, const fhir_panel *panel, fhir_panel_block *block) {
    fhir_writer *writer = scene->writer;
    const dragoman_observation *lead = panel->lead->observation;
    block->plan = make_plan(panel);
    if (fhir_metric_is_due(writer, lead->path, lead->domain, panel->meaning.mdc)) {
        fhir_metric_source source = {
            .path = {lead->path.mds, lead->path.vmd, lead->path.channel, 0},
            .code = panel->code,
            .meaning = &panel->meaning,
            .category = fhir_metric_category(lead->obtained, panel->meaning.mdc),
        };
        dragoman_status status = fhir_metric_find(scene, &source, &block->metric);
        if (status != DRAGOMAN_OK) {
            return status;
        }
    }
    for (uint32_t role = 0; role < FHIR_PANEL_PARTS; role++) {
        if (panel->parts[role].code != NULL && !make_part(scene, &panel->parts[role], &block->plan, block, role)) {
            return DRAGOMAN_NO_MEMORY;
        }
    }
    buffer *to = &writer->scratch;
    buffer_reset(to);
    fhir_observation_start(scene, to, lead, panel->status, block->plan.category,
                           writer->is_personal ? "PhdCompoundNumericObservation" : NULL);
    fhir_code(writer, to, "code", panel->code, &panel->meaning, &block->plan);
    fhir_observation_place(scene, to, lead, &block->metric, false);
    return copy_out(writer, &block->middle) ? DRAGOMAN_OK : DRAGOMAN_NO_MEMORY;
}

dragoman_status fhir_panel_prepare(fhir_scene *scene, fhir_panel *panel) {
    fhir_writer *writer = scene->writer;
    buffer *key = &writer->key;
    buffer_reset(key);
    buffer_append_byte(key, 'P');
    fhir_item_key(key, panel->lead, scene->device->number);
    fhir_key_number(key, panel->status);
    for (uint32_t role = 0; role < FHIR_PANEL_PARTS; role++) {
        if (panel->parts[role].code != NULL) {
            part_key(key, role, &panel->parts[role]);
        }
    }
    fhir_panel_block *block = fhir_cache_find(&writer->cache, buffer_bytes(key));
    dragoman_status status = DRAGOMAN_OK;
    if (block == NULL) {
        block = fhir_cache_add(&writer->cache, buffer_bytes(key), sizeof *block);
        status = block == NULL ? DRAGOMAN_NO_MEMORY : make_block(scene, panel, block);
    }
    panel->block = block;
    return status;
}

void fhir_panel_metric_write(fhir_scene *scene, const fhir_panel *panel) {
    fhir_metric_write(scene, &panel->block->metric);
}

static void write_part(fhir_scene *scene, const fhir_panel *panel, uint32_t role) {
    const fhir_part *part = &panel->parts[role];
    buffer *to = scene->to;
    buffer_append_bytes(to, panel->block->parts[role].head);
    const fhir_unit *unit = &panel->block->parts[role].unit;
    uint8_t comparator =
        part->value == NULL ? DRAGOMAN_EQUAL : fhir_comparator_of(part->value->comparator, part->status);
    if (part->value == NULL || part->absent != NULL) {
        fhir_absent(to, part->absent);
    } else if (unit->from.size > 0 || comparator != DRAGOMAN_EQUAL) {
        fhir_value(scene->writer, to, part->value, unit, part->status);
    } else {
        JSON_APPEND(to, "\"valueQuantity\":{\"value\":");
        char *number = (char *)buffer_reserve(to, DECIMAL_TEXT_BYTES);
        to->size += number == NULL ? 0 : decimal_write(part->value->number, number);
        buffer_append_bytes(to, panel->block->parts[role].unit_tail);
    }
    buffer_append_bytes(to, panel->block->parts[role].tail);
    json_trim_comma(to);
    JSON_APPEND(to, "},");
}

static void write_notes(fhir_scene *scene, const fhir_panel *panel) {
    size_t begin = json_open(scene->to, "note", '[');
    for (uint32_t role = 0; role < FHIR_PANEL_PARTS; role++) {
        size_t element = json_open(scene->to, NULL, '{');
        json_text(scene->to, "text", panel->parts[role].note);
        json_close(scene->to, element);
    }
    json_close(scene->to, begin);
}

/* The sender's ids of the parts, behind our own of the whole. */
static void write_instances(fhir_scene *scene, const fhir_panel *panel) {
    for (uint32_t role = 0; role < FHIR_PANEL_PARTS; role++) {
        const dragoman_identifier *instance = panel->parts[role].instance;
        if (instance != NULL && json_trimmed(instance->value).size > 0) {
            buffer_append_byte(scene->to, ',');
            fhir_identifier(scene->writer, scene->to, NULL, instance);
            json_trim_comma(scene->to);
        }
    }
}

/* A panel is another one when any part is (docs/decisions/ids.md). */
static model_identity identity_of(const fhir_scene *scene, const fhir_panel *panel) {
    model_identity identity = scene->identities[panel->lead->index];
    for (uint32_t role = 1; role < FHIR_PANEL_PARTS; role++) {
        if (panel->indexes[role] != panel->lead->index) {
            uint64_t other = scene->identities[panel->indexes[role]].hash;
            identity.hash ^= other << role | other >> (64 - role);
        }
    }
    return identity;
}

void fhir_panel_write(fhir_scene *scene, const fhir_panel *panel, fhir_effective *effective) {
    const dragoman_observation *lead = panel->lead->observation;
    buffer *to = scene->to;
    char id[MODEL_ID_BYTES];
    uint32_t index = panel->lead->index;
    size_t id_size = model_identity_id_after(scene->record, index, identity_of(scene, panel), &scene->id_start, id);
    bool is_update = fhir_result_is_update(lead->result);
    fhir_frame_head(scene, id, id_size, is_update);
    write_instances(scene, panel);
    fhir_identifiers_end(scene, lead);
    buffer_append_bytes(to, panel->block->middle);
    buffer_append_bytes(to, fhir_subject_of(scene, lead));
    fhir_effective_make(scene, lead, panel->block->plan.vital != NULL, effective);
    buffer_append(to, effective->text, effective->size);
    JSON_APPEND(to, "\"component\":[");
    for (uint32_t role = 0; role < FHIR_PANEL_PARTS; role++) {
        if (panel->parts[role].code != NULL) {
            write_part(scene, panel, role);
        }
    }
    json_trim_comma(to);
    JSON_APPEND(to, "],");
    if (lead->order != NULL) {
        fhir_laboratory_members(scene, to, lead->order);
    }
    write_notes(scene, panel);
    fhir_frame_tail(scene, id, id_size, is_update);
}

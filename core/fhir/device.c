#include "fhir/device.h"
#include "fhir/concept.h"
#include "fhir/key.h"
#include "fhir/personal.h"

#define MDC_MOC_VMO 65537u     /* any virtual medical object: a VMD or channel of which only its place is known */
#define MDC_MOC_VMS_MDS 65569u /* any MDS */

/* The words for a place: "ICU 2, room 12, bed A". Appends nothing for no place. */
static void append_place_words(buffer *to, const dragoman_place *place) {
    if (place == NULL) {
        return;
    }
    const struct {
        const char *before;
        dragoman_bytes text;
    } parts[] = {{"", place->facility},      {"building ", place->building}, {"floor ", place->floor},
                 {"", place->point_of_care}, {"room ", place->room},         {"bed ", place->bed}};
    size_t begin = to->size;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (json_trimmed(parts[i].text).size > 0) {
            if (to->size > begin) {
                JSON_APPEND(to, ", ");
            }
            buffer_append_text(to, parts[i].before);
            buffer_append_bytes(to, json_trimmed(parts[i].text));
        }
    }
}

static const dragoman_node *node_at(const fhir_scene *scene, uint32_t vmd, uint32_t channel, uint32_t *ret_index) {
    const dragoman_list *nodes = &scene->record->report.nodes;
    for (uint32_t i = 0; i < nodes->count; i++) {
        const dragoman_node *node = dragoman_list_at(nodes, i);
        if (node->path.vmd == vmd && node->path.channel == channel) {
            *ret_index = i;
            return node;
        }
    }
    return NULL;
}

static bool has_mdc(const dragoman_concept *type, const terms_meaning *meaning) {
    if (meaning != NULL && meaning->mdc != 0) {
        return true;
    }
    for (uint32_t i = 0; i < type->coding_count; i++) {
        if (fhir_mdc_number(&type->codings[i]) != 0) {
            return true;
        }
    }
    return false;
}

/* Device.type; in the pocd shape with `generic`, the MDC object class, where no MDC type was stated. */
static void device_type(fhir_scene *scene, buffer *to, const dragoman_concept *type, const terms_meaning *meaning,
                        uint32_t generic) {
    terms_meaning object = {0};
    if (scene->writer->options.shape == FHIR_SHAPE_POCD && !has_mdc(type, meaning)) {
        object.mdc = generic;
        object.term = terms_find_mdc(scene->writer->book, generic);
        meaning = &object;
    }
    fhir_meant_concept(scene->writer, to, "type", type, meaning);
}

static const terms_meaning *node_meaning(const fhir_scene *scene, uint32_t index) {
    return scene->meanings->nodes == NULL ? NULL : &scene->meanings->nodes[index];
}

static void identifiers(fhir_scene *scene, buffer *to, const char *id, const dragoman_list *first,
                        const dragoman_list *second) {
    size_t begin = fhir_own_identifier(scene, to, id);
    const dragoman_list *lists[2] = {first, second};
    for (size_t k = 0; k < 2; k++) {
        for (uint32_t i = 0; lists[k] != NULL && i < lists[k]->count; i++) {
            const dragoman_identifier *identifier = dragoman_list_at(lists[k], i);
            if (!bytes_is(identifier->type, "UDI")) {
                fhir_identifier(scene->writer, to, NULL, identifier);
            }
        }
    }
    json_close(to, begin);
    begin = json_open(to, "udiCarrier", '[');
    for (uint32_t i = 0; first != NULL && i < first->count; i++) {
        const dragoman_identifier *identifier = dragoman_list_at(first, i);
        if (bytes_is(identifier->type, "UDI")) {
            size_t carrier = json_open(to, NULL, '{');
            json_text(to, "carrierHRF", identifier->value);
            json_close(to, carrier);
        }
    }
    json_close(to, begin);
}

static void versions(buffer *to, const dragoman_list *list) {
    size_t begin = json_open(to, "version", '[');
    for (uint32_t i = 0; i < list->count; i++) {
        const dragoman_version *version = dragoman_list_at(list, i);
        if (json_trimmed(version->value).size > 0) {
            size_t element = json_open(to, NULL, '{');
            size_t type = json_open(to, "type", '{');
            json_text(to, "text", version->part);
            json_close(to, type);
            json_text(to, "value", version->value);
            json_close(to, element);
        }
    }
    json_close(to, begin);
}

static void location(fhir_scene *scene, buffer *to) {
    buffer words;
    buffer_init(&words);
    append_place_words(&words, scene->record->report.place);
    size_t begin = json_open(to, "location", '{');
    json_text(to, "display", buffer_bytes(&words));
    json_close(to, begin);
    to->failed |= words.failed;
    buffer_fini(&words);
}

/* A device that is not heard may still be in use, so only the reason says more. */
static void state(buffer *to, uint32_t state) {
    static const struct {
        const char *code, *text;
    } reasons[] = {[DRAGOMAN_DEVICE_LIVE] = {"online", "it speaks"},
                   [DRAGOMAN_DEVICE_STALE] = {"offline", "it is connected, but nothing is heard of it"},
                   [DRAGOMAN_DEVICE_GONE] = {"offline", "it is not connected"}};
    if (state == DRAGOMAN_DEVICE_NOT_SAID || state >= sizeof reasons / sizeof *reasons) {
        return;
    }
    json_constant(to, "status", "active");
    size_t all = json_open(to, "statusReason", '[');
    size_t reason = json_open(to, NULL, '{');
    size_t codings = json_open(to, "coding", '[');
    size_t coding = json_open(to, NULL, '{');
    json_constant(to, "system", "http://terminology.hl7.org/CodeSystem/device-status-reason");
    json_constant(to, "code", reasons[state].code);
    json_close(to, coding);
    json_close(to, codings);
    json_constant(to, "text", reasons[state].text);
    json_close(to, reason);
    json_close(to, all);
}

static fhir_resource *make_mds(fhir_scene *scene, const dragoman_device *device) {
    char id[MODEL_ID_BYTES];
    model_device_id(scene->record, id);
    uint32_t index = 0;
    const dragoman_node *node = node_at(scene, 0, 0, &index);
    buffer *to = fhir_resource_begin(scene, "Device", id);
    identifiers(scene, to, id, &device->identifiers, node == NULL ? NULL : &node->identifiers);
    state(to, scene->record->report.device_state);
    bool has_maker = json_trimmed(device->manufacturer).size > 0;
    bool has_model = json_trimmed(device->model).size > 0;
    json_text(to, "manufacturer", has_maker || node == NULL ? device->manufacturer : node->manufacturer);
    json_text(to, "serialNumber", device->serial);
    json_text(to, "modelNumber", has_model || node == NULL ? device->model : node->model);
    bool by_node = node != NULL && (device->type.coding_count == 0 || !has_mdc(&device->type, NULL)) &&
                   node->type.coding_count > 0;
    if (by_node) {
        device_type(scene, to, &node->type, node_meaning(scene, index), MDC_MOC_VMS_MDS);
    } else {
        device_type(scene, to, &device->type, NULL, MDC_MOC_VMS_MDS);
    }
    versions(to, &device->versions);
    location(scene, to);
    return fhir_resource_end(scene, "Device", id, fhir_base(scene->writer), bytes_of(id));
}

static fhir_resource *make_part(fhir_scene *scene, dragoman_path path, const fhir_resource *parent) {
    static const dragoman_node bare = {0};
    uint32_t index = 0;
    bool is_stated = path.vmd != 0 || path.channel != 0;
    const dragoman_node *node = is_stated ? node_at(scene, path.vmd, path.channel, &index) : NULL;
    const terms_meaning *meaning = node == NULL ? NULL : node_meaning(scene, index);
    node = node == NULL ? &bare : node;
    char id[MODEL_ID_BYTES];
    dragoman_bytes code = node->type.coding_count > 0 ? node->type.codings[0].code : (dragoman_bytes){NULL, 0};
    model_node_id(scene->record, path, code, id);
    buffer *to = fhir_resource_begin(scene, "Device", id);
    identifiers(scene, to, id, &node->identifiers, NULL);
    json_text(to, "manufacturer", node->manufacturer);
    json_text(to, "modelNumber", node->model);
    device_type(scene, to, &node->type, meaning, MDC_MOC_VMO);
    fhir_reference(scene, to, "parent", parent);
    return fhir_resource_end(scene, "Device", id, fhir_base(scene->writer), bytes_of(id));
}

typedef struct part_entry {
    fhir_resource *resource;
} part_entry;

static fhir_resource *part_of(fhir_scene *scene, dragoman_path path, uint8_t level, const fhir_resource *parent) {
    struct {
        uint32_t kind, device, mds, vmd, channel;
    } fixed = {'N' + 256u * level, scene->device->number, path.mds, path.vmd, path.channel};
    dragoman_bytes key = {(const uint8_t *)&fixed, sizeof fixed};
    part_entry *entry = fhir_cache_find(&scene->writer->cache, key);
    if (entry == NULL) {
        fhir_resource *made = make_part(scene, path, parent);
        entry = made == NULL ? NULL : fhir_cache_add(&scene->writer->cache, key, sizeof *entry);
        if (entry == NULL) {
            return NULL;
        }
        entry->resource = made;
    }
    return entry->resource;
}

/* A level that is missing keeps its place free with this ordinal, which no device uses. */
#define MISSING_LEVEL UINT32_MAX

fhir_resource *fhir_device_part(fhir_scene *scene, dragoman_path path, bool channel_wanted) {
    dragoman_path vmd_path = {path.mds, path.vmd == 0 ? MISSING_LEVEL : path.vmd, 0, 0};
    fhir_resource *vmd = part_of(scene, vmd_path, 1, scene->device->mds);
    if (!channel_wanted || vmd == NULL) {
        return vmd;
    }
    dragoman_path channel_path = {path.mds, path.vmd, path.channel == 0 ? MISSING_LEVEL : path.channel, 0};
    return part_of(scene, channel_path, 2, vmd);
}

static void device_key(fhir_scene *scene, const dragoman_device *device) {
    buffer *key = &scene->writer->key;
    const dragoman_report *report = &scene->record->report;
    buffer_reset(key);
    buffer_append_byte(key, 'D');
    fhir_key_bytes(key, scene->record->stamp.device_key);
    fhir_key_bytes(key, scene->record->stamp.profile);
    fhir_key_bytes(key, device->key);
    fhir_key_identifiers(key, &device->identifiers);
    fhir_key_concept(key, &device->type);
    fhir_key_bytes(key, device->manufacturer);
    fhir_key_bytes(key, device->model);
    fhir_key_bytes(key, device->serial);
    for (uint32_t i = 0; i < device->versions.count; i++) {
        const dragoman_version *version = dragoman_list_at(&device->versions, i);
        fhir_key_bytes(key, version->part);
        fhir_key_bytes(key, version->value);
    }
    /* A state is said anew each time, also one that was said before. */
    fhir_key_number(key, report->device_state);
    fhir_key_number(
        key, report->device_state == DRAGOMAN_DEVICE_NOT_SAID ? 0 : (uint64_t)scene->record->stamp.received_at_us);
    fhir_key_number(key, report->place == NULL);
    append_place_words(key, report->place);
    fhir_key_number(key, report->nodes.count);
    for (uint32_t i = 0; i < report->nodes.count; i++) {
        const dragoman_node *node = dragoman_list_at(&report->nodes, i);
        buffer_append(key, &node->path, sizeof node->path);
        fhir_key_concept(key, &node->type);
        fhir_key_identifiers(key, &node->identifiers);
        fhir_key_bytes(key, node->manufacturer);
        fhir_key_bytes(key, node->model);
        fhir_key_number(key, scene->meanings->nodes == NULL ? 0 : scene->meanings->nodes[i].mdc);
    }
}

/* Renders the parts that the message states, outer ones first. */
static bool make_parts(fhir_scene *scene, fhir_device *device) {
    const dragoman_list *nodes = &scene->record->report.nodes;
    if (scene->writer->options.shape != FHIR_SHAPE_POCD || nodes->count == 0) {
        return true;
    }
    device->parts = arena_allocate(&scene->writer->cache.memory, 2 * (size_t)nodes->count * sizeof *device->parts);
    if (device->parts == NULL) {
        return false;
    }
    for (uint32_t level = 1; level <= 2; level++) {
        for (uint32_t i = 0; i < nodes->count; i++) {
            const dragoman_node *node = dragoman_list_at(nodes, i);
            bool is_channel = node->path.channel != 0;
            if ((node->path.vmd == 0 && !is_channel) || is_channel != (level == 2)) {
                continue;
            }
            fhir_resource *vmd = fhir_device_part(scene, node->path, false);
            fhir_resource *part = fhir_device_part(scene, node->path, is_channel);
            if (part == NULL) {
                return false;
            }
            if (is_channel) {
                device->parts[device->part_count++] = vmd;
            }
            device->parts[device->part_count++] = part;
        }
    }
    return true;
}

dragoman_status fhir_device_find(fhir_scene *scene, fhir_device **ret_device) {
    const dragoman_device *stated = scene->record->report.device;
    *ret_device = NULL;
    if (stated == NULL) {
        return DRAGOMAN_OK;
    }
    fhir_writer *writer = scene->writer;
    device_key(scene, stated);
    fhir_device *device = fhir_cache_find(&writer->cache, buffer_bytes(&writer->key));
    if (device == NULL) {
        device = fhir_cache_add(&writer->cache, buffer_bytes(&writer->key), sizeof *device);
        if (device == NULL) {
            return DRAGOMAN_NO_MEMORY;
        }
        device->number = ++writer->device_number;
        scene->device = device;
        bool is_personal = writer->is_personal;
        device->mds = is_personal ? fhir_personal_device(scene, stated) : make_mds(scene, stated);
        device->gateway = is_personal ? fhir_personal_gateway(scene) : NULL;
        if (device->mds == NULL || (is_personal && device->gateway == NULL) || !make_parts(scene, device)) {
            return DRAGOMAN_NO_MEMORY;
        }
    }
    *ret_device = device;
    return DRAGOMAN_OK;
}

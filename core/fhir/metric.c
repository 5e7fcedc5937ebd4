#include "fhir/metric.h"
#include "fhir/concept.h"
#include "fhir/device.h"
#include "fhir/key.h"

#define PARTITION_SETTINGS 258u

const char *fhir_metric_category(uint8_t obtained, uint32_t mdc) {
    if (obtained == DRAGOMAN_OBTAINED_SETTING || mdc >> 16 == PARTITION_SETTINGS) {
        return "setting";
    }
    return obtained == DRAGOMAN_OBTAINED_CALCULATED ? "calculation" : "measurement";
}

bool fhir_metric_is_due(const fhir_writer *writer, dragoman_path path, uint8_t domain, uint32_t mdc) {
    bool has_path = path.mds != 0 || path.vmd != 0 || path.channel != 0 || path.metric != 0;
    return writer->options.shape == FHIR_SHAPE_POCD && has_path && mdc != 0 && domain == DRAGOMAN_DOMAIN_DEVICE;
}

static dragoman_bytes first_code(const fhir_metric_source *source, char room[16]) {
    if (source->code->coding_count > 0) {
        return source->code->codings[0].code;
    }
    int size = 0;
    for (uint32_t left = source->meaning->mdc; left > 0; left /= 10) {
        size++;
    }
    uint32_t left = source->meaning->mdc;
    for (int i = size; i > 0; i--) {
        room[i - 1] = (char)('0' + left % 10);
        left /= 10;
    }
    return (dragoman_bytes){(const uint8_t *)room, (size_t)size};
}

static void unit_member(const fhir_writer *writer, buffer *to, const terms_meaning *meaning) {
    (void)writer;
    if (meaning->unit == NULL || meaning->unit->code == 0) {
        return;
    }
    size_t begin = json_open(to, "unit", '{');
    size_t codings = json_open(to, "coding", '[');
    fhir_mdc_coding(to, meaning->unit->code, bytes_of(meaning->unit->refid));
    json_close(to, codings);
    json_close(to, begin);
}

static fhir_resource *make_metric(fhir_scene *scene, const fhir_metric_source *source, const fhir_metric *chain) {
    char id[MODEL_ID_BYTES];
    char room[16];
    model_node_id(scene->record, source->path, first_code(source, room), id);
    buffer *to = fhir_resource_begin(scene, "DeviceMetric", id);
    json_close(to, fhir_own_identifier(scene, to, id));
    fhir_meant_concept(scene->writer, to, "type", source->code, source->meaning);
    if (!source->is_enumeration) {
        unit_member(scene->writer, to, source->meaning);
    }
    fhir_reference(scene, to, "source", scene->device->mds);
    fhir_reference(scene, to, "parent", chain->channel);
    json_constant(to, "category", source->category);
    return fhir_resource_end(scene, "DeviceMetric", id, fhir_base(scene->writer), bytes_of(id));
}

dragoman_status fhir_metric_find(fhir_scene *scene, const fhir_metric_source *source, fhir_metric *ret_metric) {
    fhir_writer *writer = scene->writer;
    buffer *key = &writer->metric_key;
    buffer_reset(key);
    buffer_append_byte(key, 'M');
    fhir_key_number(key, scene->device->number);
    buffer_append(key, &source->path, sizeof source->path);
    fhir_key_concept(key, source->code);
    fhir_key_number(key, source->meaning->mdc);
    bool has_unit = !source->is_enumeration && source->meaning->unit != NULL;
    fhir_key_number(key, has_unit ? source->meaning->unit->code : 0);
    fhir_key_bytes(key, bytes_of(source->category));
    fhir_metric *found = fhir_cache_find(&writer->cache, buffer_bytes(key));
    if (found == NULL) {
        found = fhir_cache_add(&writer->cache, buffer_bytes(key), sizeof *found);
        if (found == NULL) {
            return DRAGOMAN_NO_MEMORY;
        }
        found->vmd = fhir_device_part(scene, source->path, false);
        found->channel = fhir_device_part(scene, source->path, true);
        found->metric = make_metric(scene, source, found);
        if (found->vmd == NULL || found->channel == NULL || found->metric == NULL) {
            return DRAGOMAN_NO_MEMORY;
        }
    }
    *ret_metric = *found;
    return DRAGOMAN_OK;
}

void fhir_metric_write(fhir_scene *scene, const fhir_metric *metric) {
    fhir_resource_write(scene, metric->vmd);
    fhir_resource_write(scene, metric->channel);
    fhir_resource_write(scene, metric->metric);
}

#include "fhir/laboratory.h"
#include "base/time.h"
#include "fhir/concept.h"
#include "fhir/key.h"

typedef struct specimen_entry {
    fhir_resource *resource;
} specimen_entry;

static void specimen_key(const fhir_scene *scene, buffer *key, const dragoman_order *order) {
    buffer_reset(key);
    buffer_append_byte(key, 'S');
    fhir_key_identifier(key, &order->specimen);
    fhir_key_concept(key, &order->specimen_type);
    fhir_key_number(key, (uint64_t)order->collected_at.civil_us);
    fhir_key_number(key, (uint64_t)(uint16_t)order->collected_at.offset_minutes << 16 |
                             (uint64_t)order->collected_at.precision << 8 | order->collected_at.fraction_digits);
    fhir_key_bytes(key, bytes_of(scene->patient == NULL ? NULL : scene->patient->id));
}

static void specimen_id(const fhir_scene *scene, const dragoman_order *order, char id[MODEL_ID_BYTES]) {
    buffer *content = &scene->writer->scratch;
    buffer_reset(content);
    fhir_key_identifier(content, &order->specimen);
    fhir_derive_id("spm-", buffer_bytes(content), id);
}

static fhir_resource *make(fhir_scene *scene, const dragoman_order *order) {
    char id[MODEL_ID_BYTES];
    char time[TIME_TEXT_BYTES];
    specimen_id(scene, order, id);
    buffer *to = fhir_resource_begin(scene, "Specimen", id);
    size_t identifiers = json_open(to, "identifier", '[');
    fhir_identifier(scene->writer, to, NULL, &order->specimen);
    json_close(to, identifiers);
    fhir_concept(scene->writer, to, "type", &order->specimen_type);
    fhir_reference(scene, to, "subject", scene->patient);
    size_t collection = json_open(to, "collection", '{');
    dragoman_bytes collected = {(const uint8_t *)time, time_write_fhir(order->collected_at, time)};
    json_text(to, "collectedDateTime", collected);
    json_close(to, collection);
    buffer system;
    buffer_init(&system);
    fhir_append_authority(scene->writer, &system, &order->specimen);
    dragoman_bytes value = json_trimmed(order->specimen.value);
    fhir_resource *made = system.failed ? NULL : fhir_resource_end(scene, "Specimen", id, buffer_bytes(&system), value);
    buffer_fini(&system);
    return made;
}

static bool has_number(const dragoman_order *order) {
    return json_trimmed(order->specimen.value).size > 0;
}

dragoman_status fhir_specimen_write(fhir_scene *scene, const dragoman_order *order) {
    fhir_writer *writer = scene->writer;
    if (!has_number(order)) {
        return DRAGOMAN_OK;
    }
    specimen_key(scene, &writer->key, order);
    specimen_entry *entry = fhir_cache_find(&writer->cache, buffer_bytes(&writer->key));
    if (entry == NULL) {
        entry = fhir_cache_add(&writer->cache, buffer_bytes(&writer->key), sizeof *entry);
        fhir_resource *made = entry == NULL ? NULL : make(scene, order);
        if (made == NULL) {
            return DRAGOMAN_NO_MEMORY;
        }
        entry->resource = made;
    }
    fhir_resource_write(scene, entry->resource);
    return DRAGOMAN_OK;
}

void fhir_laboratory_members(fhir_scene *scene, buffer *to, const dragoman_order *order) {
    bool has_placer = json_trimmed(order->placer.value).size > 0;
    size_t list = json_open(to, "basedOn", '[');
    size_t element = json_open(to, NULL, '{');
    fhir_identifier(scene->writer, to, "identifier", has_placer ? &order->placer : &order->filler);
    if (json_close(to, element)) {
        json_trim_comma(to);
        to->size--;
        JSON_APPEND(to, ",\"type\":\"ServiceRequest\"},");
    }
    json_close(to, list);
    if (has_number(order)) {
        specimen_key(scene, &scene->writer->key, order);
        const specimen_entry *entry = fhir_cache_find(&scene->writer->cache, buffer_bytes(&scene->writer->key));
        fhir_reference(scene, to, "specimen", entry == NULL ? NULL : entry->resource);
    } else {
        size_t specimen = json_open(to, "specimen", '{');
        json_text(to, "display", fhir_concept_words(&order->specimen_type));
        json_close(to, specimen);
    }
}

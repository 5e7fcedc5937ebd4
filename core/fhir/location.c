#include "fhir/concept.h"
#include "fhir/context.h"
#include "fhir/key.h"

typedef struct level {
    dragoman_bytes name;
    const char *code; /* location-physical-type, or NULL where HL7's place part says no sure one */
    const char *display;
} level;

typedef struct location_entry {
    fhir_resource *resource;
} location_entry;

static fhir_resource *make(fhir_scene *scene, dragoman_bytes chain, const level *own, const fhir_resource *parent) {
    char id[MODEL_ID_BYTES];
    fhir_derive_id("loc-", chain, id);
    buffer *to = fhir_resource_begin(scene, "Location", id);
    json_close(to, fhir_own_identifier(scene, to, id));
    json_text(to, "name", own->name);
    if (own->code != NULL) {
        size_t type = json_open(to, "physicalType", '{');
        size_t codings = json_open(to, "coding", '[');
        fhir_plain_coding(to, "http://terminology.hl7.org/CodeSystem/location-physical-type", bytes_of(own->code),
                          bytes_of(own->display));
        json_close(to, codings);
        json_close(to, type);
    }
    fhir_reference(scene, to, "partOf", parent);
    return fhir_resource_end(scene, "Location", id, fhir_base(scene->writer), bytes_of(id));
}

dragoman_status fhir_location_write(fhir_scene *scene, const dragoman_place *place, const fhir_resource **ret_inner) {
    *ret_inner = NULL;
    if (place == NULL) {
        return DRAGOMAN_OK;
    }
    const level levels[] = {
        {place->facility, "si", "Site"},    {place->building, "bu", "Building"}, {place->floor, "lvl", "Level"},
        {place->point_of_care, NULL, NULL}, {place->room, "ro", "Room"},         {place->bed, "bd", "Bed"},
    };
    fhir_writer *writer = scene->writer;
    buffer *key = &writer->key;
    buffer_reset(key);
    buffer_append_byte(key, 'L');
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        fhir_key_bytes(key, json_trimmed(levels[i].name));
        if (json_trimmed(levels[i].name).size == 0) {
            continue;
        }
        location_entry *entry = fhir_cache_find(&writer->cache, buffer_bytes(key));
        if (entry == NULL) {
            entry = fhir_cache_add(&writer->cache, buffer_bytes(key), sizeof *entry);
            fhir_resource *made = entry == NULL ? NULL : make(scene, buffer_bytes(key), &levels[i], *ret_inner);
            if (made == NULL) {
                return DRAGOMAN_NO_MEMORY;
            }
            entry->resource = made;
        }
        fhir_resource_write(scene, entry->resource);
        *ret_inner = entry->resource;
    }
    return DRAGOMAN_OK;
}

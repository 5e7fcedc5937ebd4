#include "fhir/writer.h"

#include <stdio.h>

dragoman_bytes fhir_base(const fhir_writer *writer) {
    return writer->options.identifier_base;
}

static void put_hex(uint64_t value, unsigned digits, char *to) {
    static const char hex[] = "0123456789abcdef";
    for (unsigned i = 0; i < digits; i++) {
        to[i] = hex[(value >> (4 * (digits - 1 - i))) & 15];
    }
}

void fhir_append_uuid(buffer *to, const char *type, const char *id) {
    uint64_t seed = bytes_hash(bytes_of(type), 0);
    uint64_t high = (bytes_hash(bytes_of(id), seed) & ~(uint64_t)0xF000) | 0x8000;
    uint64_t low = (bytes_hash(bytes_of(id), seed + 1) & ~((uint64_t)3 << 62)) | (uint64_t)1 << 63;
    char text[36];
    put_hex(high >> 32, 8, text);
    text[8] = '-';
    put_hex(high >> 16, 4, text + 9);
    text[13] = '-';
    put_hex(high, 4, text + 14);
    text[18] = '-';
    put_hex(low >> 48, 4, text + 19);
    text[23] = '-';
    put_hex(low, 12, text + 24);
    JSON_APPEND(to, "urn:uuid:");
    buffer_append(to, text, sizeof text);
}

void fhir_derive_id(const char *prefix, dragoman_bytes content, char to[MODEL_ID_BYTES]) {
    snprintf(to, MODEL_ID_BYTES, "%s%016llx%016llx", prefix, (unsigned long long)bytes_hash(content, 1),
             (unsigned long long)bytes_hash(content, 2));
}

void fhir_reference(const fhir_scene *scene, buffer *to, const char *name, const fhir_resource *target) {
    (void)scene;
    if (target == NULL) {
        return;
    }
    if (name != NULL) {
        buffer_append_byte(to, '"');
        buffer_append_text(to, name);
        buffer_append(to, "\":", 2);
    }
    buffer_append_bytes(to, target->reference);
    buffer_append_byte(to, ',');
}

size_t fhir_own_identifier(const fhir_scene *scene, buffer *to, const char *id) {
    size_t begin = json_open(to, "identifier", '[');
    size_t element = json_open(to, NULL, '{');
    json_text(to, "system", fhir_base(scene->writer));
    json_constant(to, "value", id);
    json_close(to, element);
    return begin;
}

buffer *fhir_resource_begin(fhir_scene *scene, const char *type, const char *id) {
    buffer *to = &scene->writer->scratch;
    buffer_reset(to);
    buffer_append_byte(to, '{');
    json_constant(to, "resourceType", type);
    if (scene->writer->naming == FHIR_NAMED_BY_ID) {
        json_constant(to, "id", id);
    }
    return to;
}

static void append_match(buffer *to, dragoman_bytes system, dragoman_bytes value) {
    JSON_APPEND(to, "?identifier=");
    json_percent(to, system, ":/");
    buffer_append_byte(to, '|');
    json_percent(to, value, "");
}

/* Puts what stands in scratch into its entry or line. */
static void wrap(fhir_writer *writer, const fhir_resource *resource, dragoman_bytes system, dragoman_bytes value) {
    buffer *to = &writer->wrapped;
    buffer_reset(to);
    if (!writer->is_bundle) {
        buffer_append_bytes(to, buffer_bytes(&writer->scratch));
        buffer_append_byte(to, '\n');
        return;
    }
    JSON_APPEND(to, "{\"fullUrl\":\"");
    if (writer->naming == FHIR_NAMED_BY_ID) {
        buffer_append_bytes(to, writer->options.base_url);
        buffer_append_byte(to, '/');
        buffer_append_text(to, resource->type);
        buffer_append_byte(to, '/');
        buffer_append_text(to, resource->id);
    } else {
        fhir_append_uuid(to, resource->type, resource->id);
    }
    JSON_APPEND(to, "\",\"resource\":");
    buffer_append_bytes(to, buffer_bytes(&writer->scratch));
    if (writer->has_requests) {
        JSON_APPEND(to, ",\"request\":{\"method\":\"PUT\",\"url\":\"");
        buffer_append_text(to, resource->type);
        if (writer->naming == FHIR_NAMED_BY_ID) {
            buffer_append_byte(to, '/');
            buffer_append_text(to, resource->id);
        } else {
            append_match(to, system, value);
        }
        JSON_APPEND(to, "\"}");
    }
    JSON_APPEND(to, "},");
}

static dragoman_bytes make_reference(fhir_writer *writer, const fhir_resource *resource, dragoman_bytes system,
                                     dragoman_bytes value) {
    buffer *to = &writer->scratch;
    buffer_reset(to);
    if (writer->naming == FHIR_NAMED_BY_IDENTIFIER) {
        size_t begin = json_open(to, NULL, '{');
        json_constant(to, "type", resource->type);
        size_t identifier = json_open(to, "identifier", '{');
        json_text(to, "system", system);
        json_text(to, "value", value);
        json_close(to, identifier);
        json_close(to, begin);
        json_trim_comma(to);
    } else {
        JSON_APPEND(to, "{\"reference\":\"");
        if (writer->naming == FHIR_NAMED_BY_UUID) {
            fhir_append_uuid(to, resource->type, resource->id);
        } else {
            buffer_append_text(to, resource->type);
            buffer_append_byte(to, '/');
            buffer_append_text(to, resource->id);
        }
        JSON_APPEND(to, "\"}");
    }
    return arena_copy(&writer->cache.memory, buffer_bytes(to));
}

static fhir_known *known_of(fhir_writer *writer, const char *type, const char *id) {
    buffer key;
    buffer_init(&key);
    buffer_append_byte(&key, 'K');
    buffer_append_text(&key, type);
    buffer_append_byte(&key, '/');
    buffer_append_text(&key, id);
    fhir_known *known = NULL;
    if (!key.failed) {
        known = fhir_cache_find(&writer->cache, buffer_bytes(&key));
        known = known != NULL ? known : fhir_cache_add(&writer->cache, buffer_bytes(&key), sizeof *known);
    }
    buffer_fini(&key);
    return known;
}

fhir_resource *fhir_resource_end(fhir_scene *scene, const char *type, const char *id, dragoman_bytes match_system,
                                 dragoman_bytes match_value) {
    fhir_writer *writer = scene->writer;
    json_trim_comma(&writer->scratch);
    buffer_append_byte(&writer->scratch, '}');
    fhir_resource *made = arena_allocate_zeroed(&writer->cache.memory, sizeof *made);
    if (made == NULL) {
        return NULL;
    }
    made->type = type;
    snprintf(made->id, sizeof made->id, "%s", id);
    wrap(writer, made, match_system, match_value);
    made->digest = bytes_hash(buffer_bytes(&writer->wrapped), 0);
    made->text = arena_copy(&writer->cache.memory, buffer_bytes(&writer->wrapped));
    made->reference = make_reference(writer, made, match_system, match_value);
    made->known = known_of(writer, type, id);
    bool failed = writer->scratch.failed || writer->wrapped.failed || made->known == NULL || made->text.data == NULL ||
                  made->reference.data == NULL;
    return failed ? NULL : made;
}

void fhir_resource_write(fhir_scene *scene, fhir_resource *resource) {
    if (resource == NULL || resource->known->report == scene->writer->report_number) {
        return;
    }
    resource->known->report = scene->writer->report_number;
    if (!scene->writer->is_bundle && resource->known->digest == resource->digest) {
        return;
    }
    resource->known->digest = resource->digest;
    buffer_append_bytes(scene->to, resource->text);
    scene->count.resources++;
}

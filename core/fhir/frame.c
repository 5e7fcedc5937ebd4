#include "base/time.h"
#include "fhir/concept.h"
#include "fhir/observation.h"

/* The pieces of a frame, cut at the places where an id goes. */
#define ID_MARK '\x01'

static bool cut(fhir_writer *writer, const buffer *text, dragoman_bytes *pieces, uint32_t most, uint32_t *ret_count,
                size_t *size) {
    dragoman_bytes copy = arena_copy(&writer->memory, buffer_bytes(text));
    if (text->failed || (text->size > 0 && copy.data == NULL)) {
        return false;
    }
    uint32_t count = 0;
    size_t begin = 0;
    for (size_t i = 0; i <= copy.size; i++) {
        if (i == copy.size || copy.data[i] == ID_MARK) {
            if (count == most) {
                return false;
            }
            pieces[count++] = (dragoman_bytes){copy.data + begin, i - begin};
            begin = i + 1;
        }
    }
    *ret_count = count;
    *size += copy.size;
    return true;
}

static void head_text(const fhir_writer *writer, buffer *to) {
    bool has_id = writer->naming == FHIR_NAMED_BY_ID;
    if (writer->is_bundle) {
        if (has_id) {
            JSON_APPEND(to, "{\"fullUrl\":\"");
            buffer_append_bytes(to, writer->options.base_url);
            JSON_APPEND(to, "/Observation/\x01");
        }
        JSON_APPEND(to, "\",\"resource\":");
    }
    JSON_APPEND(to, "{\"resourceType\":\"Observation\",");
    if (has_id) {
        JSON_APPEND(to, "\"id\":\"\x01\",");
    }
    JSON_APPEND(to, "\"identifier\":[{\"system\":\"");
    json_escape(to, fhir_base(writer));
    JSON_APPEND(to, "\",\"value\":\"\x01\"}");
}

static void tail_text(const fhir_writer *writer, buffer *to, bool is_update) {
    if (!writer->is_bundle) {
        JSON_APPEND(to, "}\n");
        return;
    }
    JSON_APPEND(to, "}");
    if (writer->has_requests && writer->naming == FHIR_NAMED_BY_ID) {
        JSON_APPEND(to, ",\"request\":{\"method\":\"PUT\",\"url\":\"Observation/\x01\"}");
    } else if (writer->has_requests) {
        if (is_update) {
            JSON_APPEND(to, ",\"request\":{\"method\":\"PUT\",\"url\":\"Observation?identifier=");
        } else {
            JSON_APPEND(to, ",\"request\":{\"method\":\"POST\",\"url\":\"Observation\",\"ifNoneExist\":\"identifier=");
        }
        json_percent(to, fhir_base(writer), ":/");
        JSON_APPEND(to, "|\x01\"}");
    }
    JSON_APPEND(to, "},");
}

static bool make(fhir_writer *writer, fhir_frame *frame, bool is_update) {
    buffer *to = &writer->scratch;
    buffer_reset(to);
    head_text(writer, to);
    frame->size = 0;
    if (!cut(writer, to, frame->head, 4, &frame->head_count, &frame->size)) {
        return false;
    }
    buffer_reset(to);
    tail_text(writer, to, is_update);
    return cut(writer, to, frame->tail, 3, &frame->tail_count, &frame->size);
}

dragoman_status fhir_frames_make(fhir_writer *writer) {
    bool made = make(writer, &writer->created, false) && make(writer, &writer->updated, true);
    return made ? DRAGOMAN_OK : DRAGOMAN_NO_MEMORY;
}

static void put(buffer *to, const dragoman_bytes *pieces, uint32_t count, const char *id, size_t id_size) {
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) {
            buffer_append(to, id, id_size);
        }
        buffer_append_bytes(to, pieces[i]);
    }
}

void fhir_frame_head(fhir_scene *scene, const char *id, size_t id_size, bool is_update) {
    const fhir_frame *frame = is_update ? &scene->writer->updated : &scene->writer->created;
    if (scene->writer->is_bundle && scene->writer->naming != FHIR_NAMED_BY_ID) {
        JSON_APPEND(scene->to, "{\"fullUrl\":\"");
        fhir_append_uuid(scene->to, "Observation", id);
    }
    put(scene->to, frame->head, frame->head_count, id, id_size);
}

void fhir_frame_tail(fhir_scene *scene, const char *id, size_t id_size, bool is_update) {
    const fhir_frame *frame = is_update ? &scene->writer->updated : &scene->writer->created;
    json_trim_comma(scene->to);
    put(scene->to, frame->tail, frame->tail_count, id, id_size);
    scene->count.resources++;
    scene->count.observations++;
}

bool fhir_result_is_update(uint8_t result) {
    return result == DRAGOMAN_RESULT_CORRECTED || result == DRAGOMAN_RESULT_AMENDED ||
           result == DRAGOMAN_RESULT_WRONG || result == DRAGOMAN_RESULT_CANCELLED || result == DRAGOMAN_RESULT_PENDING;
}

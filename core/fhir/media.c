#include "fhir/media.h"

static void append_base64(buffer *to, dragoman_bytes data) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < data.size; i += 3) {
        uint32_t three = (uint32_t)data.data[i] << 16;
        three |= i + 1 < data.size ? (uint32_t)data.data[i + 1] << 8 : 0;
        three |= i + 2 < data.size ? data.data[i + 2] : 0;
        uint8_t four[4] = {(uint8_t)digits[three >> 18], (uint8_t)digits[(three >> 12) & 63],
                           i + 1 < data.size ? (uint8_t)digits[(three >> 6) & 63] : (uint8_t)'=',
                           i + 2 < data.size ? (uint8_t)digits[three & 63] : (uint8_t)'='};
        buffer_append(to, four, sizeof four);
    }
}

static bool is_absolute(dragoman_bytes reference) {
    static const char *const starts[] = {"http://", "https://", "ftp://", "file://", "urn:", "mllp://"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (bytes_starts_with(reference, starts[i])) {
            return memchr(reference.data, ' ', reference.size) == NULL;
        }
    }
    return false;
}

static void content(buffer *to, const dragoman_value *value) {
    dragoman_bytes reference = json_trimmed(value->reference);
    size_t begin = json_open(to, "content", '{');
    if (value->text.size > 0 && memchr(value->text.data, '/', value->text.size) != NULL) {
        json_code(to, "contentType", value->text);
    } else if (value->data.size > 0) {
        /* FHIR wants a type beside data; this one says that nobody knows more. */
        json_constant(to, "contentType", "application/octet-stream");
    }
    if (value->data.size > 0) {
        JSON_APPEND(to, "\"data\":\"");
        append_base64(to, value->data);
        JSON_APPEND(to, "\",");
    }
    json_text(to, is_absolute(reference) ? "url" : "title", reference);
    json_close(to, begin);
}

dragoman_status fhir_media_write(fhir_scene *scene, const dragoman_value *value, const char *observation_id,
                                 const fhir_resource **ret_media) {
    bool is_empty = value->data.size == 0 && json_trimmed(value->reference).size == 0;
    *ret_media = NULL;
    if (is_empty) {
        return DRAGOMAN_OK;
    }
    char id[MODEL_ID_BYTES];
    fhir_derive_id("med-", bytes_of(observation_id), id);
    buffer *to = fhir_resource_begin(scene, "Media", id);
    json_close(to, fhir_own_identifier(scene, to, id));
    json_constant(to, "status", "completed");
    fhir_reference(scene, to, "subject", scene->patient != NULL ? scene->patient : scene->device->mds);
    content(to, value);
    fhir_resource *made = fhir_resource_end(scene, "Media", id, fhir_base(scene->writer), bytes_of(id));
    fhir_resource_write(scene, made);
    *ret_media = made;
    return made == NULL ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
}

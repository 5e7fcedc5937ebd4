#include "fhir/writer.h"
#include "base/time.h"
#include "fhir/alert.h"
#include "fhir/concept.h"
#include "fhir/context.h"
#include "fhir/device.h"
#include "fhir/laboratory.h"
#include "fhir/media.h"
#include "fhir/patient.h"
#include "fhir/personal.h"
#include "fhir/pressure.h"

#include <stdlib.h>

static bool copy_option(fhir_writer *self, dragoman_bytes *option, const char *fallback) {
    dragoman_bytes text = json_trimmed(*option);
    while (text.size > 0 && (text.data[text.size - 1] == '/' || text.data[text.size - 1] == ':')) {
        text.size--;
    }
    *option = arena_copy(&self->memory, text.size > 0 ? text : bytes_of(fallback));
    return option->data != NULL;
}

/* Whether the text can stand in a JSON string and a URL as it is. */
static bool is_plain_uri(dragoman_bytes text) {
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] <= ' ' || text.data[i] >= 0x7F || strchr("\"\\<>^`{|}&?#", text.data[i]) != NULL) {
            return false;
        }
    }
    return true;
}

static dragoman_status check_options(const fhir_options *options, error_record *error) {
    const struct {
        const char *name;
        dragoman_bytes text;
    } uris[] = {{"status_system", options->status_system},
                {"identifier_base", options->identifier_base},
                {"base_url", options->base_url}};
    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
        if (!is_plain_uri(uris[i].text)) {
            return error_set(error, DRAGOMAN_INVALID, "%s \"%.*s\" is no URI: use letters, digits and \"-._~:/\" only",
                             uris[i].name, BYTES_FORMAT(uris[i].text));
        }
    }
    char gateway[FHIR_SYSTEM_ID_BYTES];
    if (options->gateway_id.size > 0 && !fhir_system_id_read(options->gateway_id, gateway)) {
        return error_set(error, DRAGOMAN_INVALID, "gateway_id \"%.*s\" is no EUI-64: 16 hexadecimal digits",
                         BYTES_FORMAT(options->gateway_id));
    }
    if (options->shape == FHIR_SHAPE_PHD && options->bundle == FHIR_BUNDLE_BATCH &&
        options->write == FHIR_WRITE_CREATE) {
        return error_set(error, DRAGOMAN_INVALID,
                         "shape phd needs references, which the entries of a batch without our ids cannot have: "
                         "use bundle transaction, or another shape");
    }
    return DRAGOMAN_OK;
}

static void init(fhir_writer *self, const fhir_options *options, const terms_book *book) {
    *self = (fhir_writer){.options = *options, .book = book};
    arena_init(&self->memory, SIZE_MAX / 2);
    arena_init(&self->report, SIZE_MAX / 2);
    fhir_cache_init(&self->cache);
    self->is_bundle = options->bundle != FHIR_RESOURCES;
    self->has_requests = options->bundle == FHIR_BUNDLE_TRANSACTION || options->bundle == FHIR_BUNDLE_BATCH;
    if (self->has_requests && options->write == FHIR_WRITE_CREATE) {
        self->naming = options->bundle == FHIR_BUNDLE_BATCH ? FHIR_NAMED_BY_IDENTIFIER : FHIR_NAMED_BY_UUID;
    }
}

dragoman_status fhir_writer_create(const fhir_options *options, const terms_book *book, fhir_writer **ret_writer,
                                   error_record *error) {
    dragoman_status status = check_options(options, error);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    fhir_writer *self = malloc(sizeof *self);
    if (self == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for a FHIR writer");
    }
    init(self, options, book);
    bool copied =
        copy_option(self, &self->options.identifier_base, FHIR_DEFAULT_IDENTIFIER_BASE) &&
        copy_option(self, &self->options.base_url, FHIR_DEFAULT_BASE_URL) &&
        copy_option(self, &self->options.status_system, "http://terminology.hl7.org/CodeSystem/measurement-status");
    self->options.gateway_id = arena_copy(&self->memory, options->gateway_id);
    copied = copied && (options->gateway_id.size == 0 || self->options.gateway_id.data != NULL);
    self->status_system = self->options.status_system;
    if (!copied || fhir_frames_make(self) != DRAGOMAN_OK) {
        fhir_writer_destroy(self);
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for a FHIR writer");
    }
    *ret_writer = self;
    return DRAGOMAN_OK;
}

void fhir_writer_destroy(fhir_writer *writer) {
    if (writer == NULL) {
        return;
    }
    buffer_fini(&writer->key);
    buffer_fini(&writer->metric_key);
    buffer_fini(&writer->scratch);
    buffer_fini(&writer->wrapped);
    fhir_cache_fini(&writer->cache);
    arena_fini(&writer->report);
    arena_fini(&writer->memory);
    free(writer);
}

void fhir_writer_forget(fhir_writer *writer) {
    fhir_cache_clear(&writer->cache);
}

/* `"subject":{...},` and, for the patient, the visit that the message names. */
static dragoman_status make_subjects(fhir_scene *scene) {
    fhir_writer *writer = scene->writer;
    buffer *to = &writer->scratch;
    buffer_reset(to);
    fhir_reference(scene, to, "subject", scene->device == NULL ? NULL : scene->device->mds);
    scene->no_subject = arena_copy(&writer->report, buffer_bytes(to));
    scene->subject = scene->no_subject;
    if (scene->patient != NULL) {
        buffer_reset(to);
        fhir_reference(scene, to, "subject", scene->patient);
        size_t begin = json_open(to, "encounter", '{');
        dragoman_identifier visit = scene->record->report.patient->visit;
        visit.type = json_trimmed(visit.value).size > 0 && visit.type.size == 0 ? bytes_of("VN") : visit.type;
        fhir_identifier(writer, to, "identifier", &visit);
        json_close(to, begin);
        scene->subject = arena_copy(&writer->report, buffer_bytes(to));
    }
    bool failed = to->failed || (scene->subject.size > 0 && scene->subject.data == NULL) ||
                  (scene->no_subject.size > 0 && scene->no_subject.data == NULL);
    return failed ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
}

/* Bundle.timestamp is an instant: the sender's own where it is that precise, else the time of receipt. */
static void timestamp(const fhir_scene *scene, buffer *to) {
    char text[TIME_TEXT_BYTES];
    dragoman_time sent = scene->record->report.sent_at;
    bool is_instant = sent.precision == DRAGOMAN_TIME_SECOND && sent.offset_minutes != DRAGOMAN_OFFSET_UNKNOWN &&
                      (sent.flags & DRAGOMAN_TIME_OF_DAY) == 0;
    if (!is_instant && scene->record->has_stamp) {
        sent = time_of_utc_us(scene->record->stamp.received_at_us);
        is_instant = true;
    }
    if (is_instant) {
        json_text(to, "timestamp", (dragoman_bytes){(const uint8_t *)text, time_write_fhir(sent, text)});
    }
}

static void bundle_begin(fhir_scene *scene) {
    static const char *const types[] = {"transaction", "batch", "collection"};
    buffer *to = scene->to;
    JSON_APPEND(to, "{\"resourceType\":\"Bundle\",");
    dragoman_bytes message = json_trimmed(scene->record->report.message_id);
    if (message.size > 0) {
        size_t begin = json_open(to, "identifier", '{');
        JSON_APPEND(to, "\"system\":\"");
        fhir_append_local_uri(scene->writer, to, "message", (dragoman_bytes){NULL, 0});
        JSON_APPEND(to, "\",");
        json_text(to, "value", message);
        json_close(to, begin);
    }
    json_constant(to, "type", types[scene->writer->options.bundle]);
    timestamp(scene, to);
    JSON_APPEND(to, "\"entry\":[");
}

static void mark_repeated(const fhir_scene *scene, fhir_item *items, uint32_t count) {
    const model_stamp *stamp = &scene->record->stamp;
    if (!scene->record->has_stamp || scene->writer->options.repeats_are_written) {
        return;
    }
    for (uint32_t i = 0; i < stamp->repeated_count; i++) {
        if (stamp->repeated[i] < count) {
            items[stamp->repeated[i]].is_repeated = true;
        }
    }
}

/* Finds the blocks, and writes what observations hang on before any of them. */
static dragoman_status prepare(fhir_scene *scene, fhir_item *items, uint32_t count) {
    dragoman_status status = DRAGOMAN_OK;
    for (uint32_t i = 0; i < count && status == DRAGOMAN_OK; i++) {
        fhir_item *item = &items[i];
        if (item->is_repeated) {
            continue;
        }
        if (item->panel != NULL) {
            status = fhir_panel_prepare(scene, item->panel);
            if (status == DRAGOMAN_OK) {
                fhir_panel_metric_write(scene, item->panel);
            }
        } else if (!item->is_member) {
            status = fhir_block_find(scene, item);
            if (status == DRAGOMAN_OK) {
                fhir_metric_write(scene, &item->block->metric);
            }
        }
        if (status == DRAGOMAN_OK && item->value != NULL && item->value->kind == DRAGOMAN_VALUE_ATTACHMENT) {
            char id[MODEL_ID_BYTES];
            model_identity_id_after(scene->record, item->index, scene->identities[item->index], &scene->id_start, id);
            status = fhir_media_write(scene, item->value, id, &item->media);
        }
        if (status == DRAGOMAN_OK && item->observation->order != NULL) {
            status = fhir_specimen_write(scene, item->observation->order);
        }
    }
    return status;
}

static dragoman_status find_items(fhir_scene *scene, fhir_item **ret_items, uint32_t count) {
    arena *memory = &scene->writer->report;
    fhir_item *items = arena_allocate(memory, (size_t)count * sizeof *items);
    fhir_panel *panels = NULL;
    if (items == NULL || model_identities(scene->record, memory, &scene->identities) != DRAGOMAN_OK) {
        return DRAGOMAN_NO_MEMORY;
    }
    bool may_have_panels = false;
    for (uint32_t i = 0; i < count; i++) {
        fhir_item_make(scene, i, &items[i]);
        may_have_panels |= items[i].meaning->group != 0 || items[i].observation->components.count > 0;
    }
    mark_repeated(scene, items, count);
    if (may_have_panels) {
        panels = arena_allocate(memory, (size_t)count * sizeof *panels);
        if (panels == NULL) {
            return DRAGOMAN_NO_MEMORY;
        }
        fhir_panels_find(scene, items, count, panels);
    }
    *ret_items = items;
    return DRAGOMAN_OK;
}

static dragoman_status write_observations(fhir_scene *scene) {
    uint32_t count = scene->record->report.observations.count;
    fhir_item *items = NULL;
    dragoman_status status = find_items(scene, &items, count);
    if (status == DRAGOMAN_OK) {
        status = prepare(scene, items, count);
    }
    fhir_effective effective = {0};
    for (uint32_t i = 0; i < count && status == DRAGOMAN_OK; i++) {
        const fhir_item *item = &items[i];
        if (item->is_repeated) {
            continue;
        }
        if (item->panel != NULL) {
            fhir_panel_write(scene, item->panel, &effective);
        } else if (!item->is_member) {
            fhir_observation_write(scene, item, &effective);
        }
    }
    return status;
}

static dragoman_status write_people(fhir_scene *scene) {
    const dragoman_report *report = &scene->record->report;
    dragoman_status status = fhir_patient_find(scene, report->patient, FHIR_PATIENT_ALONE, NULL, &scene->patient);
    for (uint32_t i = 0; i < report->contexts.count && status == DRAGOMAN_OK; i++) {
        status = fhir_context_write(scene, i);
    }
    if (status == DRAGOMAN_OK) {
        fhir_resource_write(scene, scene->patient);
    }
    return status;
}

static dragoman_status write_resources(fhir_scene *scene) {
    const dragoman_report *report = &scene->record->report;
    dragoman_status status = fhir_device_find(scene, &scene->device);
    bool has_measured = report->observations.count > 0 || report->alerts.count > 0;
    if (status != DRAGOMAN_OK || (has_measured && scene->device == NULL)) {
        return status;
    }
    if (scene->device != NULL) {
        fhir_resource_write(scene, scene->device->gateway);
        fhir_resource_write(scene, scene->device->mds);
        for (uint32_t i = 0; i < scene->device->part_count; i++) {
            fhir_resource_write(scene, scene->device->parts[i]);
        }
    }
    status = write_people(scene);
    if (status == DRAGOMAN_OK) {
        status = make_subjects(scene);
    }
    if (status == DRAGOMAN_OK && scene->writer->is_personal) {
        status = fhir_personal_clock_write(scene);
    }
    if (status == DRAGOMAN_OK && report->observations.count > 0) {
        status = write_observations(scene);
    }
    for (uint32_t i = 0; i < report->alerts.count && status == DRAGOMAN_OK; i++) {
        fhir_alert_write(scene, i);
    }
    return status;
}

/* Whether anything but repetitions stands in the report. */
static bool has_news(const fhir_writer *writer, const model_record *record) {
    const dragoman_report *report = &record->report;
    bool skips = record->has_stamp && !writer->options.repeats_are_written;
    uint32_t repeated = skips ? record->stamp.repeated_count : 0;
    return report->observations.count > repeated || report->alerts.count > 0 || report->contexts.count > 0 ||
           report->device_state != DRAGOMAN_DEVICE_NOT_SAID;
}

dragoman_status fhir_render(fhir_writer *writer, const model_record *record, const terms_meanings *meanings, buffer *to,
                            fhir_count *ret_count) {
    fhir_scene scene = {.writer = writer, .record = record, .meanings = meanings, .to = to};
    *ret_count = scene.count;
    if (!has_news(writer, record)) {
        return DRAGOMAN_OK;
    }
    size_t begin = to->size;
    if (fhir_cache_is_full(&writer->cache)) {
        fhir_cache_clear(&writer->cache);
    }
    arena_reset(&writer->report);
    writer->report_number++;
    writer->is_personal = fhir_personal_is(&writer->options, &record->report);
    if (writer->is_bundle) {
        bundle_begin(&scene);
    }
    dragoman_status status = write_resources(&scene);
    if (status == DRAGOMAN_OK && writer->is_bundle) {
        json_trim_comma(to);
        JSON_APPEND(to, "]}\n");
    }
    bool failed = status != DRAGOMAN_OK || to->failed || writer->key.failed || writer->scratch.failed ||
                  writer->wrapped.failed || writer->metric_key.failed;
    if (failed) {
        /* Half-made entries are no use, and a stream must not believe that its devices were written. */
        fhir_cache_clear(&writer->cache);
        to->size = begin;
        return DRAGOMAN_NO_MEMORY;
    }
    if (scene.count.resources == 0) {
        to->size = begin;
    }
    *ret_count = scene.count;
    return DRAGOMAN_OK;
}

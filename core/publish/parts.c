/* A report in parts: a message of its own for each observation, named by its metric. */
#include "publish/render.h"

#include "base/bytes.h"
#include "model/json.h"

sink_subject renderer_subject(const renderer *self, uint64_t number) {
    const dragoman_report *report = &self->record.report;
    const model_stamp *stamp = &self->record.stamp;
    sink_subject subject = {.report = number};
    if (report->place != NULL) {
        subject.unit = report->place->point_of_care;
        subject.bed = report->place->bed.size > 0 ? report->place->bed : report->place->room;
    }
    if (self->record.has_stamp && stamp->device_key.size > 0) {
        subject.device = stamp->device_key;
    } else if (report->device != NULL) {
        subject.device = report->device->key;
    }
    return subject;
}

/* The nomenclature's name where one is known, else the best of the device's own. */
static dragoman_bytes metric_of(const dragoman_observation *observation, const terms_meaning *meaning) {
    static const dragoman_code none = {0};
    if (meaning->term != NULL) {
        return bytes_of(meaning->term->refid);
    }
    const dragoman_code *coding = observation->code.coding_count > 0 ? &observation->code.codings[0] : &none;
    return coding->code.size > 0 ? coding->code : coding->text.size > 0 ? coding->text : observation->code.text;
}

/* A line without its end. */
static void end_part(sink_part *part, size_t at, dragoman_bytes metric, const buffer *to) {
    *part = (sink_part){.at = at, .size = to->size > at ? to->size - at - 1 : 0, .metric = metric};
}

static dragoman_status write_observations(renderer *self, sink_part *parts, buffer *to) {
    const dragoman_list *list = &self->record.report.observations;
    const model_identity *identities = NULL;
    dragoman_status status = model_identities(&self->record, &self->memory, &identities);
    for (uint32_t i = 0; status == DRAGOMAN_OK && i < list->count; i++) {
        dragoman_bytes metric = metric_of(dragoman_list_at(list, i), &self->meanings.observations[i]);
        size_t at = to->size;
        status = model_write_observation_json(&self->record, i, identities[i], metric, to);
        end_part(&parts[i], at, metric, to);
    }
    return status;
}

dragoman_status renderer_write_parts(renderer *self, buffer *to, const sink_part **ret_parts, uint32_t *ret_count,
                                     error_record *error) {
    const dragoman_report *report = &self->record.report;
    uint32_t count = report->observations.count;
    bool has_more = report->alerts.count > 0 || report->contexts.count > 0 || report->device_state != 0;
    sink_part *parts = arena_allocate(&self->memory, (count + (size_t)1) * sizeof *parts);
    size_t before = to->size;
    dragoman_status status = parts == NULL ? DRAGOMAN_NO_MEMORY : write_observations(self, parts, to);
    if (status == DRAGOMAN_OK && has_more) {
        model_record rest = self->record;
        size_t at = to->size;
        rest.report.observations.count = 0;
        rest.stamp.repeated_count = 0;
        status = model_write_json(&rest, to);
        end_part(&parts[count++], at, (dragoman_bytes){0}, to);
    }
    if (status != DRAGOMAN_OK || to->failed) {
        to->size = before;
        to->failed = false;
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory to write a report");
    }
    *ret_parts = parts;
    *ret_count = count;
    return DRAGOMAN_OK;
}

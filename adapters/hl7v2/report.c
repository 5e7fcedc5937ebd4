/* From rows to reports: one for each patient's group and MDS in it. */
#include "translation.h"

void hl7v2_report_clear(hl7v2_translation *t) {
    t->observations.count = t->nodes.count = t->alerts.count = t->contexts.count = 0;
    t->wave_count = 0;
    t->facet_count = 0;
    t->folded_count = 0;
    t->order_read = NULL;
    t->order_first_row = 0;
    t->order_first_alert = 0;
    t->row_takes_notes = false;
    hl7v2_memory_reset(&t->memory);
}

/* The devices of a group in the order in which they spoke. */
typedef struct speakers {
    uint32_t mds[HL7V2_DEVICES_PER_GROUP];
    uint32_t count;
} speakers;

static void add_mds(speakers *group, uint32_t mds) {
    if (mds == 0) {
        return;
    }
    for (uint32_t n = group->count; n > 0; n--) {
        if (group->mds[n - 1] == mds) {
            return;
        }
    }
    if (group->count < HL7V2_DEVICES_PER_GROUP) {
        group->mds[group->count++] = mds;
    }
}

static dragoman_path path_of(const hl7v2_rows *rows, size_t offset, uint32_t index) {
    dragoman_path path;
    memcpy(&path, (const uint8_t *)hl7v2_rows_at(rows, index) + offset, sizeof path);
    return path;
}

static void find_devices(const hl7v2_translation *t, speakers *ret_group) {
    ret_group->count = 0;
    for (uint32_t n = 0; n < t->nodes.count; n++) {
        add_mds(ret_group, path_of(&t->nodes, offsetof(dragoman_node, path), n).mds);
    }
    for (uint32_t n = 0; n < t->observations.count; n++) {
        add_mds(ret_group, path_of(&t->observations, offsetof(dragoman_observation, path), n).mds);
    }
    for (uint32_t n = 0; n < t->alerts.count; n++) {
        add_mds(ret_group, path_of(&t->alerts, offsetof(dragoman_alert, path), n).mds);
    }
}

/* The rows whose path begins with `mds`, and those without a path when it is the first; all of them when it is the only
 * one. */
static dragoman_list rows_of(hl7v2_translation *t, const hl7v2_rows *rows, size_t offset, const speakers *group,
                             uint32_t index) {
    dragoman_list all = hl7v2_rows_list(rows);
    if (group->count <= 1 || all.count == 0) {
        return all;
    }
    uint8_t *kept = (uint8_t *)hl7v2_take(&t->memory, (size_t)all.count * all.item_size);
    dragoman_list list = {kept, 0, all.item_size};
    for (uint32_t n = 0; kept != NULL && n < all.count; n++) {
        uint32_t mds = path_of(rows, offset, n).mds;
        bool is_known = false;
        for (uint32_t m = 0; m < group->count; m++) {
            is_known |= group->mds[m] == mds;
        }
        if (is_known ? mds == group->mds[index] : index == 0) {
            memcpy(kept + (size_t)list.count++ * all.item_size, hl7v2_rows_at(rows, n), all.item_size);
        }
    }
    return list;
}

/* A row's producer is only said where it is not the report's own device. */
static void drop_own_producer(dragoman_list *observations, const dragoman_identifier *own) {
    for (uint32_t n = 0; own != NULL && n < observations->count; n++) {
        dragoman_observation *row =
            (dragoman_observation *)((uint8_t *)(uintptr_t)observations->items + (size_t)n * observations->item_size);
        if (hl7v2_identifier_is_set(&row->producer) && hl7v2_identifier_same(&row->producer, own)) {
            row->producer = (dragoman_identifier){0};
        }
    }
}

static dragoman_code sender_of(hl7v2_translation *t) {
    hl7v2_message *message = &t->message;
    dragoman_bytes application = hl7v2_header_field(&t->header, 3);
    dragoman_bytes name = hl7v2_word(message, hl7v2_component(message, application, 1));
    dragoman_bytes protocol[2] = {DRAGOMAN_TEXT("HL7 v"), t->version};
    return (dragoman_code){
        .code = name.size > 0 ? name : hl7v2_word(message, hl7v2_component(message, application, 2)),
        .text = hl7v2_word(message, hl7v2_component(message, hl7v2_header_field(&t->header, 4), 1)),
        .system = t->version.size > 0 ? hl7v2_join(message, protocol, 2, ' ') : DRAGOMAN_TEXT("HL7 v2"),
    };
}

static void emit(hl7v2_translation *t, dragoman_report *report) {
    if (t->memory.failed || t->fault.code != 0) {
        return;
    }
    dragoman_status status = t->host->emit(t->context, report);
    if (status != DRAGOMAN_OK) {
        hl7v2_fail(t, HL7V2_INTERNAL_ERROR, "MSH", 1, 0,
                   status == DRAGOMAN_LIMIT ? "the message is larger than one message may be"
                                            : "the report breaks a rule of the model");
    }
    t->reports++;
}

/* One report; `index` is its device's place in the group. */
static void emit_device(hl7v2_translation *t, const speakers *group, uint32_t index, dragoman_device *device,
                        dragoman_report *report) {
    uint32_t mds = group->count > 0 ? group->mds[index] : 0;
    report->nodes = rows_of(t, &t->nodes, offsetof(dragoman_node, path), group, index);
    report->observations = rows_of(t, &t->observations, offsetof(dragoman_observation, path), group, index);
    report->alerts = rows_of(t, &t->alerts, offsetof(dragoman_alert, path), group, index);
    hl7v2_device_find(t, mds, group->count <= 1, device);
    for (uint32_t n = 0; n < t->heard_count; n++) {
        if (group->count <= 1 || t->heard[n].mds == mds) {
            dragoman_identifier own = {0};
            const dragoman_identifier *first =
                device->identifiers.count > 0 ? (const dragoman_identifier *)device->identifiers.items : &own;
            drop_own_producer(&report->observations, first);
            break;
        }
    }
    report->device = device;
    report->contexts = index == 0 ? hl7v2_rows_list(&t->contexts) : (dragoman_list){NULL, 0, sizeof(dragoman_context)};
    emit(t, report);
}

static void fail_without_memory(hl7v2_translation *t) {
    if (t->memory.failed) {
        hl7v2_fail(t, HL7V2_INTERNAL_ERROR, "MSH", 1, 0, "the message needs more memory than an adapter may use");
    }
}

void hl7v2_report_flush(hl7v2_translation *t) {
    fail_without_memory(t);
    bool has_rows = t->observations.count + t->alerts.count + t->nodes.count > 0;
    if ((!has_rows && t->contexts.count == 0) || t->fault.code != 0) {
        hl7v2_report_clear(t);
        return;
    }
    hl7v2_wave_compact(t);
    dragoman_report report = {
        .struct_size = sizeof report,
        .sent_at = t->sent_at,
        .message_id = t->id,
        .sender = sender_of(t),
        .contexts = hl7v2_rows_list(&t->contexts),
    };
    if (has_rows) {
        speakers devices;
        find_devices(t, &devices);
        report.patient = hl7v2_patient_read(&t->message, &t->claim);
        report.place = hl7v2_place_read(&t->message, hl7v2_field(&t->claim.pv1, 3));
        for (uint32_t n = 0; n < devices.count || n == 0; n++) {
            dragoman_device device;
            emit_device(t, &devices, n, &device, &report);
            report.device = NULL;
        }
    } else {
        report.nodes = (dragoman_list){NULL, 0, sizeof(dragoman_node)};
        report.observations = (dragoman_list){NULL, 0, sizeof(dragoman_observation)};
        report.alerts = (dragoman_list){NULL, 0, sizeof(dragoman_alert)};
        emit(t, &report);
    }
    fail_without_memory(t);
    hl7v2_report_clear(t);
}

void hl7v2_report_make_room(hl7v2_translation *t) {
    if (t->observations.count == HL7V2_ROWS_PER_REPORT || t->alerts.count == HL7V2_ALERTS_PER_REPORT ||
        t->nodes.count == HL7V2_NODES_PER_REPORT || t->contexts.count == HL7V2_CONTEXTS_PER_REPORT ||
        t->memory.in_use > HL7V2_REPORT_MEMORY) {
        hl7v2_report_flush(t);
    }
}

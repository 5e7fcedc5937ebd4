/* Reads a report in three walks over its outermost fields: count them, read the tables, read the rest. The second walk
 * ends with the last table, and the third begins there when nothing else stood before. */
#include "model/decode.h"
#include "base/limits.h"
#include "base/time.h"
#include "model/fields.h"

#include <string.h>

#define VARINT(message, name) READER_VARINT(FIELD(message, name))
#define BYTES(message, name) READER_BYTES(FIELD(message, name))

#define REPORT_FIELDS 16

/* What is being read. */
typedef struct draft {
    reader in;
    uint32_t counts[REPORT_FIELDS];
    dragoman_concept *concepts;
    dragoman_code *units;
    dragoman_order *orders;
    dragoman_observation *observations;
    dragoman_node *nodes;
    dragoman_alert *alerts;
    dragoman_context *contexts;
    dragoman_device *device;
    dragoman_place *place;
    dragoman_patient *patient;
    uint32_t repeat_room;
} draft;

static void count_fields(draft *self, dragoman_bytes bytes) {
    cursor at = reader_open(bytes);
    field next;
    while (reader_next(&self->in, &at, &next)) {
        uint32_t number = next.tag >> 3;
        if (number < REPORT_FIELDS && next.tag == READER_BYTES(number)) {
            self->counts[number]++;
        }
    }
}

static void check_count(draft *self, uint32_t count, uint32_t limit, const char *what) {
    if (count > limit && self->in.status == DRAGOMAN_OK) {
        self->in.status = error_set(self->in.error, DRAGOMAN_CORRUPT,
                                    "the encoded report has %u %s; no report has more than %u", count, what, limit);
    }
}

static void *make_array(draft *self, uint32_t count, size_t item_size) {
    return count == 0 || self->in.status != DRAGOMAN_OK ? NULL : reader_allocate(&self->in, count * item_size);
}

static void make_arrays(draft *self) {
    const uint32_t *counts = self->counts;
    check_count(self, counts[FIELD(Report, observations)], LIMIT_OBSERVATIONS, "observations");
    check_count(self, counts[FIELD(Report, nodes)], LIMIT_NODES, "nodes");
    check_count(self, counts[FIELD(Report, alerts)], LIMIT_ALERTS, "alerts");
    check_count(self, counts[FIELD(Report, contexts)], LIMIT_CONTEXTS, "context events");
    self->concepts = make_array(self, counts[FIELD(Report, concepts)], sizeof *self->concepts);
    self->units = make_array(self, counts[FIELD(Report, units)], sizeof *self->units);
    self->orders = make_array(self, counts[FIELD(Report, orders)], sizeof *self->orders);
    self->observations = make_array(self, counts[FIELD(Report, observations)], sizeof *self->observations);
    self->nodes = make_array(self, counts[FIELD(Report, nodes)], sizeof *self->nodes);
    self->alerts = make_array(self, counts[FIELD(Report, alerts)], sizeof *self->alerts);
    self->contexts = make_array(self, counts[FIELD(Report, contexts)], sizeof *self->contexts);
    self->in.first_codings = make_array(self, counts[FIELD(Report, concepts)], sizeof(dragoman_code));
    self->in.first_values = make_array(self, counts[FIELD(Report, observations)], sizeof(dragoman_value));
}

/* Returns where the rest begins. */
static cursor read_tables(draft *self, dragoman_bytes bytes) {
    reader *in = &self->in;
    const uint32_t *counts = self->counts;
    uint32_t left = counts[FIELD(Report, concepts)] + counts[FIELD(Report, units)] + counts[FIELD(Report, base_time)];
    bool is_rest_behind = true;
    cursor at = reader_open(bytes);
    field next;
    while (left > 0 && reader_next(in, &at, &next)) {
        left--;
        if (next.tag == BYTES(Report, concepts)) {
            decode_concept(in, next.bytes, &self->concepts[in->concept_count++]);
        } else if (next.tag == BYTES(Report, units)) {
            decode_code(in, next.bytes, &self->units[in->unit_count++]);
        } else if (next.tag == BYTES(Report, base_time)) {
            decode_time(in, next.bytes, &in->base);
        } else {
            left++;
            is_rest_behind = false;
        }
    }
    in->concepts = self->concepts;
    in->units = self->units;
    in->orders = self->orders;
    in->order_count = self->counts[FIELD(Report, orders)];
    return is_rest_behind ? at : reader_open(bytes);
}

static void add_repeat(draft *self, const field *from, model_stamp *to) {
    dragoman_list list = {to->repeated, to->repeated_count, sizeof *to->repeated};
    cursor at = reader_open(from->bytes);
    uint64_t index = from->value;
    bool is_packed = from->tag == BYTES(Stamp, repeats);
    while (!is_packed || reader_packed(&self->in, &at, &index)) {
        uint32_t *item = reader_append(&self->in, &list, &self->repeat_room, sizeof *item);
        if (item == NULL) {
            return;
        }
        *item = (uint32_t)index;
        if (!is_packed) {
            break;
        }
    }
    to->repeated = list.items;
    to->repeated_count = list.count;
}

static void read_stamp_number(draft *self, const field *from, model_stamp *to) {
    switch (from->tag) {
    case VARINT(Stamp, received_at_us):
        to->received_at_us = reader_signed(from->value);
        if (to->received_at_us < TIME_LEAST_US || to->received_at_us > TIME_LARGEST_US) {
            reader_fail(&self->in, DRAGOMAN_CORRUPT, from->bytes.data,
                        "it was received outside of the years 1 to 9999");
        }
        break;
    case VARINT(Stamp, received_quality):
        to->received_quality = reader_byte(&self->in, from);
        break;
    case VARINT(Stamp, clock_epoch):
        to->clock_epoch = (uint32_t)from->value;
        break;
    case VARINT(Stamp, clock_offset_us):
        to->has_clock_offset = 1;
        to->clock_offset_us = reader_signed(from->value);
        break;
    case BYTES(Stamp, repeats):
    case VARINT(Stamp, repeats):
        add_repeat(self, from, to);
        break;
    default:
        break;
    }
}

static void read_stamp(draft *self, dragoman_bytes from, model_stamp *to) {
    cursor at = reader_open(from);
    field next;
    while (reader_next(&self->in, &at, &next)) {
        switch (next.tag) {
        case BYTES(Stamp, link):
            to->link = next.bytes;
            break;
        case BYTES(Stamp, adapter):
            to->adapter = next.bytes;
            break;
        case BYTES(Stamp, adapter_version):
            to->adapter_version = next.bytes;
            break;
        case BYTES(Stamp, profile):
            to->profile = next.bytes;
            break;
        case BYTES(Stamp, device_key):
            to->device_key = next.bytes;
            break;
        default:
            read_stamp_number(self, &next, to);
            break;
        }
    }
}

/* Device, place, patient: allocated when they are first met. */
static void read_part(draft *self, const field *from, model_record *record) {
    reader *in = &self->in;
    switch (from->tag) {
    case BYTES(Report, device):
        self->device = self->device != NULL ? self->device : reader_allocate(in, sizeof *self->device);
        if (self->device != NULL) {
            decode_device(in, from->bytes, self->device);
        }
        break;
    case BYTES(Report, place):
        self->place = self->place != NULL ? self->place : reader_allocate(in, sizeof *self->place);
        if (self->place != NULL) {
            decode_place(in, from->bytes, self->place);
        }
        break;
    case BYTES(Report, patient):
        self->patient = self->patient != NULL ? self->patient : reader_allocate(in, sizeof *self->patient);
        if (self->patient != NULL) {
            decode_patient(in, from->bytes, self->patient);
        }
        break;
    case BYTES(Report, sent_at):
        decode_time(in, from->bytes, &record->report.sent_at);
        break;
    case BYTES(Report, message_id):
        record->report.message_id = from->bytes;
        break;
    case BYTES(Report, sender):
        decode_code(in, from->bytes, &record->report.sender);
        break;
    case VARINT(Report, device_state):
        record->report.device_state = reader_byte(in, from);
        break;
    case BYTES(Report, stamp):
        record->has_stamp = true;
        read_stamp(self, from->bytes, &record->stamp);
        break;
    default:
        break;
    }
}

static void read_rest(draft *self, cursor at, model_record *record) {
    reader *in = &self->in;
    dragoman_order *order = self->orders;
    dragoman_observation *observation = self->observations;
    dragoman_node *node = self->nodes;
    dragoman_alert *alert = self->alerts;
    dragoman_context *context = self->contexts;
    field next;
    while (reader_next(in, &at, &next)) {
        switch (next.tag) {
        case BYTES(Report, observations):
            decode_observation(in, next.bytes, observation++);
            break;
        case BYTES(Report, concepts):
        case BYTES(Report, units):
            break;
        case BYTES(Report, orders):
            decode_order(in, next.bytes, order++);
            break;
        case BYTES(Report, nodes):
            decode_node(in, next.bytes, node++);
            break;
        case BYTES(Report, alerts):
            decode_alert(in, next.bytes, alert++);
            break;
        case BYTES(Report, contexts):
            decode_context(in, next.bytes, context++);
            break;
        default:
            read_part(self, &next, record);
            break;
        }
    }
}

dragoman_status model_decode(dragoman_bytes bytes, arena *memory, model_record *ret_record, error_record *error) {
    if (bytes.size > LIMIT_REPORT_BYTES) {
        return error_set(error, DRAGOMAN_CORRUPT, "the encoded report has %zu bytes; no report has more than %zu",
                         bytes.size, LIMIT_REPORT_BYTES);
    }
    if (bytes.data == NULL) {
        bytes.data = (const uint8_t *)"";
    }
    draft self = {.in = {.origin = bytes.data, .memory = memory, .error = error}};
    model_record record = {.report = {.struct_size = sizeof record.report}};
    count_fields(&self, bytes);
    make_arrays(&self);
    cursor rest = read_tables(&self, bytes);
    read_rest(&self, rest, &record);
    if (self.in.status != DRAGOMAN_OK) {
        return self.in.status;
    }
    record.report.device = self.device;
    record.report.place = self.place;
    record.report.patient = self.patient;
    const uint32_t *counts = self.counts;
    record.report.nodes = DRAGOMAN_LIST(self.nodes, counts[FIELD(Report, nodes)]);
    record.report.observations = DRAGOMAN_LIST(self.observations, counts[FIELD(Report, observations)]);
    record.report.alerts = DRAGOMAN_LIST(self.alerts, counts[FIELD(Report, alerts)]);
    record.report.contexts = DRAGOMAN_LIST(self.contexts, counts[FIELD(Report, contexts)]);
    *ret_record = record;
    return DRAGOMAN_OK;
}

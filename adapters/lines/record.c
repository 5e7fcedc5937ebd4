/* A frame's text becomes the reports of one message: one for each record in it. */
#include "report.h"
#include "words.h"

static dragoman_bytes text_of(const lines_own_text *own) {
    return (dragoman_bytes){own->bytes, own->size};
}

static dragoman_bytes either(dragoman_bytes first, dragoman_bytes second) {
    return first.size > 0 ? first : second;
}

/* Counts the rows that are observations, and makes them one after the other. */
static bool make_observations(lines_building *to, dragoman_time time, dragoman_list *ret_list) {
    const lines_session *session = to->session;
    uint32_t most = to->record->field_count;
    uint32_t count = 0;
    dragoman_observation *items =
        (dragoman_observation *)session->host->batch(session->context, most * sizeof(dragoman_observation) + 1);
    for (uint32_t i = 0; items != NULL && i < most; i++) {
        lines_row *row = &to->rows[i];
        const lines_field *field = row->field;
        if (!row->is_said) {
            continue;
        }
        row->coding = (dragoman_code){field->name, field->text, session->layout.system};
        items[count++] = (dragoman_observation){
            .path = {.mds = 1, .vmd = 1, .channel = 1, .metric = to->record->first_field + i + 1},
            .code = {.codings = &row->coding, .coding_count = 1, .text = field->text},
            .values = DRAGOMAN_LIST(&row->value, 1),
            .measured_at = time,
            .status = row->status,
            .result = DRAGOMAN_RESULT_UNVALIDATED,
            .obtained = field->obtained == DRAGOMAN_OBTAINED_UNSTATED ? DRAGOMAN_OBTAINED_CONTINUOUS : field->obtained,
            .domain = session->layout.about == 0 ? DRAGOMAN_DOMAIN_DEVICE : DRAGOMAN_DOMAIN_PLACE,
            .alarm_limits = row->limits,
        };
        if (field->unit.size > 0) {
            items[count - 1].unit = (dragoman_code){.code = field->unit, .system = DRAGOMAN_TEXT("UCUM")};
        }
    }
    *ret_list = (dragoman_list){items, count, sizeof(dragoman_observation)};
    return items != NULL;
}

/* A frame of which nothing goes out is no message. */
static dragoman_status open_message(lines_session *self) {
    dragoman_bytes unnamed = {NULL, 0}; /* a line has no name of its own */
    uint64_t number = 0;
    if (self->is_message_open) {
        return DRAGOMAN_OK;
    }
    dragoman_status status = self->host->message_begin(self->context, unnamed, unnamed, 0, &number);
    self->is_message_open = status == DRAGOMAN_OK;
    return status;
}

static dragoman_status emit(lines_building *to, dragoman_list observations, dragoman_list alerts, dragoman_time time) {
    lines_session *session = to->session;
    dragoman_bytes serial = text_of(&session->serial);
    dragoman_version version = {DRAGOMAN_TEXT("software"), text_of(&session->version)};
    dragoman_device device = {.struct_size = sizeof device,
                              .key = either(serial, either(session->peer, DRAGOMAN_TEXT("device"))),
                              .manufacturer = session->layout.manufacturer,
                              .model = either(text_of(&session->model), session->layout.model),
                              .serial = serial};
    if (version.value.size > 0) {
        device.versions = DRAGOMAN_LIST(&version, 1);
    }
    dragoman_place place = {.struct_size = sizeof place, .point_of_care = session->place};
    dragoman_report report = {.struct_size = sizeof report,
                              .device = &device,
                              .place = session->place.size > 0 ? &place : NULL,
                              .sent_at = time,
                              .sender = {.system = DRAGOMAN_TEXT("lines")},
                              .observations = observations,
                              .alerts = alerts};
    dragoman_status status = open_message(session);
    return status == DRAGOMAN_OK ? session->host->emit(session->context, &report) : status;
}

static void read_fields(lines_building *to, bool *is_good) {
    lines_session *session = to->session;
    const lines_field *fields = &session->layout.fields[to->record->first_field];
    for (uint32_t i = 0; i < to->record->field_count; i++) {
        to->rows[i] = (lines_row){.field = &fields[i]};
    }
    for (uint32_t i = 0; *is_good && i < to->record->field_count; i++) {
        lines_row *row = &to->rows[i];
        if (lines_locate(to->record, row->field, &session->columns, &session->header, &row->text)) {
            row->text.data = row->text.data == NULL ? session->columns.record.data : row->text.data;
            *is_good = lines_value_read(to, row);
        } else if (row->field->type == LINES_ALARMS) {
            *is_good = lines_value_read(to, row); /* no word stands there: nothing is the case */
        }
    }
}

static dragoman_status read_record(lines_session *self, const lines_record *record, const dragoman_now *now) {
    lines_building to = {.session = self, .record = record, .now = now, .moment = LINES_NO_MOMENT};
    dragoman_list observations;
    dragoman_list alerts;
    to.rows = (lines_row *)self->host->batch(self->context, record->field_count * sizeof(lines_row));
    bool is_good = to.rows != NULL;
    if (is_good) {
        read_fields(&to, &is_good);
    }
    dragoman_time time = lines_clock_time(&to.moment);
    is_good = is_good && lines_limits_put(&to) && lines_alerts_make(&to, &alerts) &&
              make_observations(&to, time, &observations);
    if (!is_good) {
        return DRAGOMAN_NO_MEMORY;
    }
    self->host->count(self->context, DRAGOMAN_COUNT_ODD_VALUE, to.odd_values);
    self->host->count(self->context, DRAGOMAN_COUNT_REPLACED_CHARACTER, to.replaced);
    return observations.count + alerts.count == 0 ? DRAGOMAN_OK : emit(&to, observations, alerts, time);
}

static const lines_record *record_of(const lines_layout *layout, dragoman_bytes text) {
    for (uint32_t i = 0; i < layout->record_count; i++) {
        const lines_record *record = &layout->records[i];
        if (record->when.size == 0 || lines_fits(text, record->when)) {
            return record;
        }
    }
    return NULL;
}

/* Some are kept, so that a profile can be made to know it. */
static dragoman_status keep_unknown(lines_session *self, dragoman_bytes text, const dragoman_now *now) {
    self->host->count(self->context, DRAGOMAN_COUNT_BAD_FRAME, 1);
    if (now->monotonic_us >= self->letters_until_us) {
        self->letters_until_us = now->monotonic_us + LINES_LETTERS_EVERY_US;
        self->letters = 0;
    }
    if (self->letters == LINES_LETTERS_MAX) {
        return DRAGOMAN_OK;
    }
    self->letters++;
    return self->host->dead_letter(self->context, text, DRAGOMAN_TEXT("lines"),
                                   DRAGOMAN_TEXT("no record of the link's profile fits this line"));
}

static void keep_header(lines_session *self, const lines_record *record, dragoman_bytes text) {
    if (text.size > 0 && text.size <= sizeof self->header_text) {
        memcpy(self->header_text, text.data, text.size);
        lines_split((dragoman_bytes){self->header_text, text.size}, record->separators, &self->header);
    }
}

static dragoman_status take_line(lines_session *self, dragoman_bytes text, const dragoman_now *now) {
    const lines_record *record = record_of(&self->layout, text);
    if (record == NULL) {
        return keep_unknown(self, text, now);
    }
    if (record->is_ignored) {
        return DRAGOMAN_OK;
    }
    if (record->is_header) {
        keep_header(self, record, text);
        return DRAGOMAN_OK;
    }
    lines_split(text, record->separators, &self->columns);
    if (!lines_is_whole(&self->layout, record, &self->columns)) {
        self->host->count(self->context, DRAGOMAN_COUNT_BAD_FRAME, 1);
        return DRAGOMAN_OK;
    }
    return read_record(self, record, now);
}

/* Cuts off what stands before the mark, or all; false when nothing is left. */
static bool next_line(const lines_mark *mark, dragoman_bytes *rest, dragoman_bytes *ret_line) {
    if (rest->size == 0) {
        return false;
    }
    size_t at = 0;
    while (mark->size > 0 && at + mark->size <= rest->size && memcmp(rest->data + at, mark->bytes, mark->size) != 0) {
        at++;
    }
    bool has_mark = mark->size > 0 && at + mark->size <= rest->size;
    size_t size = has_mark ? at : rest->size;
    size_t used = has_mark ? at + mark->size : rest->size;
    *ret_line = lines_part(*rest, 0, size);
    *rest = lines_part(*rest, used, rest->size - used);
    return true;
}

static bool is_control(uint8_t byte) {
    return byte < ' ' && byte != '\t';
}

/* Without what is left of the marks around a line; blanks may be columns. */
static dragoman_bytes strip(dragoman_bytes line) {
    while (line.size > 0 && is_control(line.data[0])) {
        line = lines_part(line, 1, line.size - 1);
    }
    while (line.size > 0 && is_control(line.data[line.size - 1])) {
        line.size--;
    }
    return line;
}

dragoman_status lines_record_take(lines_session *self, dragoman_bytes text, const dragoman_now *now) {
    dragoman_bytes line = {NULL, 0};
    dragoman_status status = DRAGOMAN_OK;
    self->is_message_open = false;
    while (status == DRAGOMAN_OK && next_line(&self->layout.frame.lines, &text, &line)) {
        line = strip(line);
        status = lines_trim(line).size == 0 ? DRAGOMAN_OK : take_line(self, line, now);
    }
    self->tells_again = self->tells_again && !self->is_message_open;
    if (!self->is_message_open) {
        return status;
    }
    if (status == DRAGOMAN_OK) {
        return self->host->message_end(self->context);
    }
    self->host->message_abandon(self->context);
    return status;
}

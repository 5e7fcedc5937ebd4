#include "oximeter.h"
#include <string.h>

/* A second has 60 packets. */
#define SAMPLE_NS 16666667
#define WAVE_MOST 127
#define SATURATION_MOST 100u
/* "No value": what V7.0 names, and what both protocols show before the first pulse. */
#define NO_RATE 0xffu
#define NO_SATURATION 0x7fu
#define NO_PERFUSION 0xffffu

/* Rate, saturation, perfusion, signal, bar, wave. */
#define ROWS_MOST 6u

typedef struct rows {
    dragoman_observation *observations;
    dragoman_value *values;
    dragoman_code *codings;
    dragoman_alert *alerts;
    dragoman_code *alert_codings;
    uint8_t *alert_texts;
    uint32_t count;
} rows;

void contec_oximeter_begin(contec_oximeter *self) {
    self->count = 0;
    self->id_size = 0;
    self->tells_again = true;
    memset(self->was_there, 0, sizeof self->was_there);
}

static bool make_rows(const contec_oximeter *self, rows *ret_rows) {
    const dragoman_host *host = self->host;
    void *context = self->context;
    *ret_rows = (rows){
        .observations = (dragoman_observation *)host->batch(context, ROWS_MOST * sizeof(dragoman_observation)),
        .values = (dragoman_value *)host->batch(context, ROWS_MOST * sizeof(dragoman_value)),
        .codings = (dragoman_code *)host->batch(context, ROWS_MOST * sizeof(dragoman_code)),
        .alerts = (dragoman_alert *)host->batch(context, CONTEC_CONDITIONS * sizeof(dragoman_alert)),
        .alert_codings = (dragoman_code *)host->batch(context, CONTEC_CONDITIONS * sizeof(dragoman_code)),
        .alert_texts = (uint8_t *)host->batch(context, (size_t)CONTEC_CONDITIONS * CONTEC_ALERT_TEXT),
    };
    return ret_rows->observations != NULL && ret_rows->values != NULL && ret_rows->codings != NULL &&
           ret_rows->alerts != NULL && ret_rows->alert_codings != NULL && ret_rows->alert_texts != NULL;
}

/* The next row with a value that is still empty. */
static dragoman_value *add_row(rows *to, dragoman_bytes name, dragoman_bytes system, uint32_t status) {
    uint32_t n = to->count++;
    to->values[n] = (dragoman_value){.kind = DRAGOMAN_VALUE_DECIMAL};
    to->codings[n] = (dragoman_code){.code = name, .system = system};
    to->observations[n] = (dragoman_observation){
        .code = {.codings = &to->codings[n], .coding_count = 1},
        .values = DRAGOMAN_LIST(&to->values[n], 1),
        .components = {NULL, 0, sizeof(dragoman_component)},
        .status = status,
        .result = DRAGOMAN_RESULT_UNVALIDATED,
        .obtained = DRAGOMAN_OBTAINED_CONTINUOUS,
    };
    return &to->values[n];
}

static bool is_off(const contec_moment *moment) {
    return moment->is_out || moment->is_broken;
}

/* A number of the finger; `none` and 0 are no value, and nothing is one while there is no finger or no pulse yet. */
static void add_number(const contec_oximeter *self, dragoman_bytes name, uint32_t number, uint32_t none, rows *to) {
    bool is_absent = is_off(&self->last) || self->last.is_searching || number == 0 || number == none;
    uint32_t status = is_off(&self->last) ? DRAGOMAN_STATUS_PROBE_OFF : 0;
    dragoman_value *value = add_row(to, name, DRAGOMAN_TEXT(CONTEC_SYSTEM_VALUE), status);
    if (is_absent) {
        value->kind = DRAGOMAN_VALUE_NONE;
        value->absent = is_off(&self->last) ? DRAGOMAN_ABSENT_ERROR : DRAGOMAN_ABSENT_TEMPORARILY_UNKNOWN;
        return;
    }
    value->number.mantissa = number;
}

static void add_values(const contec_oximeter *self, rows *to) {
    const contec_moment *last = &self->last;
    dragoman_bytes system = DRAGOMAN_TEXT(CONTEC_SYSTEM_VALUE);
    add_number(self, DRAGOMAN_TEXT("PR"), last->rate, NO_RATE, to);
    add_number(self, DRAGOMAN_TEXT("SpO2"), last->saturation, NO_SATURATION, to);
    if (last->saturation > SATURATION_MOST && last->saturation != NO_SATURATION) {
        to->observations[to->count - 1].status |= DRAGOMAN_STATUS_QUESTIONABLE;
        self->host->count(self->context, DRAGOMAN_COUNT_ODD_VALUE, 1);
    }
    if (last->has_perfusion) {
        add_number(self, DRAGOMAN_TEXT("PI"), last->perfusion, NO_PERFUSION, to);
        dragoman_value *value = &to->values[to->count - 1];
        value->number.exponent = value->kind == DRAGOMAN_VALUE_DECIMAL ? -2 : 0;
    }
    add_row(to, DRAGOMAN_TEXT("SIGNAL"), system, 0)->number.mantissa = last->signal;
    add_row(to, DRAGOMAN_TEXT("BAR"), system, 0)->number.mantissa = last->bar;
}

static dragoman_status emit(contec_oximeter *self, const rows *made, uint32_t alerts) {
    dragoman_bytes id = {self->id, self->id_size};
    dragoman_device device = {
        .struct_size = sizeof device,
        .key = id.size > 0 ? id : DRAGOMAN_TEXT("contec"),
        .identifiers = {NULL, 0, sizeof(dragoman_identifier)},
        .manufacturer = DRAGOMAN_TEXT("Contec"),
        .serial = id,
        .versions = {NULL, 0, sizeof(dragoman_version)},
    };
    dragoman_report report = {
        .struct_size = sizeof report,
        .device = &device,
        .sender = {.code = DRAGOMAN_TEXT("CMS50"),
                   .system = self->is_v7 ? DRAGOMAN_TEXT("Contec V7.0") : DRAGOMAN_TEXT("Contec first protocol")},
        .nodes = {NULL, 0, sizeof(dragoman_node)},
        .observations = DRAGOMAN_LIST(made->observations, made->count),
        .alerts = DRAGOMAN_LIST(made->alerts, alerts),
        .contexts = {NULL, 0, sizeof(dragoman_context)},
    };
    return self->host->emit(self->context, &report);
}

dragoman_status contec_oximeter_tell(contec_oximeter *self, const dragoman_now *now) {
    rows made;
    if (self->count == 0) {
        return DRAGOMAN_OK;
    }
    if (!make_rows(self, &made)) {
        return DRAGOMAN_NO_MEMORY;
    }
    dragoman_samples wave = {
        .struct_size = sizeof wave,
        .sample_bytes = sizeof *self->wave,
        .data = self->wave,
        .count = self->count,
        .dimensions = 1,
        .period_ns = SAMPLE_NS,
        .scale = {.mantissa = 1},
        .high = {.mantissa = WAVE_MOST},
    };
    add_values(self, &made);
    uint32_t status = is_off(&self->last) ? DRAGOMAN_STATUS_QUESTIONABLE | DRAGOMAN_STATUS_PROBE_OFF : 0;
    dragoman_value *value = add_row(&made, DRAGOMAN_TEXT("PLETH"), DRAGOMAN_TEXT(CONTEC_SYSTEM_WAVE), status);
    value->kind = DRAGOMAN_VALUE_SAMPLES;
    value->samples = &wave;
    uint32_t alerts = contec_alerts(self, now, made.alert_codings, made.alert_texts, made.alerts);
    dragoman_status outcome = emit(self, &made, alerts);
    self->count = 0;
    return outcome;
}

/* "The device's id": seven characters, padded with what is none. */
static void take_id(contec_oximeter *self, const uint8_t *data) {
    self->id_size = 0;
    while (self->id_size < CONTEC_DATA_MOST && data[self->id_size] > ' ' && data[self->id_size] < 0x7f) {
        self->id[self->id_size] = data[self->id_size];
        self->id_size++;
    }
}

dragoman_status contec_oximeter_take(contec_oximeter *self, const contec_packet *packet, const dragoman_now *now) {
    if (packet->type == CONTEC_DEVICE_ID) {
        dragoman_status status = contec_oximeter_tell(self, now);
        take_id(self, packet->data);
        return status;
    }
    if (packet->type != CONTEC_FIRST && packet->type != CONTEC_REALTIME) {
        return DRAGOMAN_OK;
    }
    contec_moment moment = contec_packet_moment(packet);
    dragoman_status status = DRAGOMAN_OK;
    /* The numbers of a report are its last packet's: a finger that leaves must not take the second before with it. */
    if (is_off(&moment) != is_off(&self->last) || moment.is_searching != self->last.is_searching) {
        status = contec_oximeter_tell(self, now);
    }
    self->is_v7 = packet->type == CONTEC_REALTIME;
    self->last = moment;
    self->wave[self->count++] = self->last.wave;
    contec_alerts_note(self, &self->last);
    if (status == DRAGOMAN_OK && self->count == CONTEC_BLOCK) {
        status = contec_oximeter_tell(self, now);
    }
    return status;
}

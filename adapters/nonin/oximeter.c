#include "oximeter.h"

/* A second has 75 frames. */
#define SAMPLE_NS 13333333
/* "No data" of the two widths. */
#define NO_RATE 511u
#define NO_SATURATION 127u
#define SATURATION_MOST 100u

typedef struct value_rule {
    dragoman_bytes name;
    uint8_t at;
    bool is_rate; /* else a saturation */
} value_rule;

static const value_rule values[] = {
    {DRAGOMAN_TEXT_INIT("HR"), NONIN_AT_HR, true},
    {DRAGOMAN_TEXT_INIT("SpO2"), NONIN_AT_SPO2, false},
    {DRAGOMAN_TEXT_INIT("SpO2-D"), NONIN_AT_SPO2_DISPLAY, false},
    {DRAGOMAN_TEXT_INIT("SpO2 Fast"), NONIN_AT_SPO2_FAST, false},
    {DRAGOMAN_TEXT_INIT("SpO2 B-B"), NONIN_AT_SPO2_BEAT, false},
    {DRAGOMAN_TEXT_INIT("E-HR"), NONIN_AT_LONG_HR, true},
    {DRAGOMAN_TEXT_INIT("E-SpO2"), NONIN_AT_LONG_SPO2, false},
    {DRAGOMAN_TEXT_INIT("E-SpO2-D"), NONIN_AT_LONG_SPO2_DISPLAY, false},
    {DRAGOMAN_TEXT_INIT("HR-D"), NONIN_AT_HR_DISPLAY, true},
    {DRAGOMAN_TEXT_INIT("E-HR-D"), NONIN_AT_LONG_HR_DISPLAY, true},
};

#define VALUES (sizeof values / sizeof *values)
/* Beside the values: the wave, the perfusion of a pulse, the timer, STAT2. */
#define ROWS_MOST (VALUES + 4)

/* The rows of one report, in batch memory. */
typedef struct rows {
    dragoman_observation *observations;
    dragoman_value *values;
    dragoman_code *codings;
    dragoman_samples wave;
    dragoman_code perfusion;
    dragoman_alert *alerts;
    dragoman_code *alert_codings;
    uint8_t *alert_texts;
    uint32_t count;
} rows;

static bool make_rows(const nonin_oximeter *self, rows *ret_rows) {
    const dragoman_host *host = self->host;
    void *context = self->context;
    *ret_rows = (rows){
        .observations = (dragoman_observation *)host->batch(context, ROWS_MOST * sizeof(dragoman_observation)),
        .values = (dragoman_value *)host->batch(context, ROWS_MOST * sizeof(dragoman_value)),
        .codings = (dragoman_code *)host->batch(context, ROWS_MOST * sizeof(dragoman_code)),
        .alerts = (dragoman_alert *)host->batch(context, NONIN_CONDITIONS * sizeof(dragoman_alert)),
        .alert_codings = (dragoman_code *)host->batch(context, NONIN_CONDITIONS * sizeof(dragoman_code)),
        .alert_texts = (uint8_t *)host->batch(context, (size_t)NONIN_CONDITIONS * NONIN_ALERT_TEXT),
    };
    return ret_rows->observations != NULL && ret_rows->values != NULL && ret_rows->codings != NULL &&
           ret_rows->alerts != NULL && ret_rows->alert_codings != NULL && ret_rows->alert_texts != NULL;
}

static dragoman_observation *add_row(rows *to, dragoman_bytes name, dragoman_bytes system, uint32_t status,
                                     dragoman_value **ret_value) {
    uint32_t n = to->count++;
    to->values[n] = (dragoman_value){0};
    to->codings[n] = (dragoman_code){.code = name, .system = system};
    to->observations[n] = (dragoman_observation){
        .code = {.codings = &to->codings[n], .coding_count = 1},
        .values = DRAGOMAN_LIST(&to->values[n], 1),
        .components = {NULL, 0, sizeof(dragoman_component)},
        .status = status,
        .result = DRAGOMAN_RESULT_UNVALIDATED,
        .obtained = DRAGOMAN_OBTAINED_CONTINUOUS,
    };
    *ret_value = &to->values[n];
    return &to->observations[n];
}

static uint32_t two_frames(const nonin_packet *packet, size_t at, uint32_t high_mask) {
    return (packet->data[at] & high_mask) << 7 | (packet->data[at + 1] & 0x7fu);
}

/* What the packet says of all its values. */
static uint32_t status_of(const nonin_packet *packet) {
    uint32_t status = (packet->status & NONIN_OUT_OF_TRACK) != 0 ? DRAGOMAN_STATUS_QUESTIONABLE : 0;
    bool is_off = (packet->status & (NONIN_DISCONNECTED | NONIN_SENSOR_ALARM)) != 0;
    return is_off ? status | DRAGOMAN_STATUS_QUESTIONABLE | DRAGOMAN_STATUS_PROBE_OFF : status;
}

static void add_value(const nonin_oximeter *self, const nonin_packet *packet, const value_rule *rule, rows *to) {
    uint32_t number = rule->is_rate ? two_frames(packet, rule->at, 3) : packet->data[rule->at] & 0x7fu;
    uint32_t status = status_of(packet);
    dragoman_value *value = NULL;
    dragoman_observation *row = add_row(to, rule->name, DRAGOMAN_TEXT(NONIN_SYSTEM_VALUE), status, &value);
    if (number == (rule->is_rate ? NO_RATE : NO_SATURATION)) {
        bool is_off = (status & DRAGOMAN_STATUS_PROBE_OFF) != 0;
        value->kind = DRAGOMAN_VALUE_NONE;
        value->absent = is_off ? DRAGOMAN_ABSENT_ERROR : DRAGOMAN_ABSENT_TEMPORARILY_UNKNOWN;
        row->status = is_off ? DRAGOMAN_STATUS_PROBE_OFF : 0;
        return;
    }
    value->kind = DRAGOMAN_VALUE_DECIMAL;
    value->number.mantissa = number;
    if (!rule->is_rate && number > SATURATION_MOST) {
        row->status |= DRAGOMAN_STATUS_QUESTIONABLE;
        self->host->count(self->context, DRAGOMAN_COUNT_ODD_VALUE, 1);
    }
}

/* Artefacts are of single pulses: they put the wave in question, not the averages, which the device makes without
 * them. */
static void add_wave(const nonin_packet *packet, rows *to) {
    bool is_wide = packet->format == 7;
    uint32_t status = status_of(packet);
    dragoman_value *value = NULL;
    status |= (packet->status & NONIN_ARTEFACT) != 0 ? DRAGOMAN_STATUS_QUESTIONABLE : 0;
    (void)add_row(to, DRAGOMAN_TEXT("PLETH"), DRAGOMAN_TEXT(NONIN_SYSTEM_WAVE), status, &value);
    to->wave = (dragoman_samples){
        .struct_size = sizeof to->wave,
        .sample_bytes = sizeof *packet->pleth,
        .data = packet->pleth,
        .count = NONIN_FRAMES,
        .dimensions = 1,
        .period_ns = SAMPLE_NS,
        .scale = {.mantissa = 1},
        .low = {.mantissa = 0},
        .high = {.mantissa = is_wide ? 0xffff : 0xff},
    };
    value->kind = DRAGOMAN_VALUE_SAMPLES;
    value->samples = &to->wave;
}

/* Only a pulse has a perfusion; a packet is shorter than most pulses. */
static void add_perfusion(const nonin_packet *packet, rows *to) {
    if (packet->perfusion == 0) {
        return;
    }
    dragoman_value *value = NULL;
    (void)add_row(to, DRAGOMAN_TEXT("PRF"), DRAGOMAN_TEXT(NONIN_SYSTEM_VALUE), 0, &value);
    to->perfusion = (dragoman_code){
        .code = packet->perfusion == NONIN_GREEN ? DRAGOMAN_TEXT("GPRF")
                : packet->perfusion == NONIN_RED ? DRAGOMAN_TEXT("RPRF")
                                                 : DRAGOMAN_TEXT("YPRF"),
        .text = packet->perfusion == NONIN_GREEN ? DRAGOMAN_TEXT("green perfusion")
                : packet->perfusion == NONIN_RED ? DRAGOMAN_TEXT("red perfusion")
                                                 : DRAGOMAN_TEXT("yellow perfusion"),
        .system = DRAGOMAN_TEXT(NONIN_SYSTEM_PERFUSION),
    };
    value->kind = DRAGOMAN_VALUE_CODE;
    value->concept = (dragoman_concept){.codings = &to->perfusion, .coding_count = 1};
}

/* The timer counts packets, whether they arrive or not. */
static void add_format_7(const nonin_packet *packet, rows *to) {
    dragoman_value *value = NULL;
    (void)add_row(to, DRAGOMAN_TEXT("TMR"), DRAGOMAN_TEXT(NONIN_SYSTEM_VALUE), 0, &value);
    value->kind = DRAGOMAN_VALUE_DECIMAL;
    value->number.mantissa = two_frames(packet, NONIN_AT_TIMER, 0x7f);
    (void)add_row(to, DRAGOMAN_TEXT("STAT2"), DRAGOMAN_TEXT(NONIN_SYSTEM_VALUE), 0, &value);
    value->kind = DRAGOMAN_VALUE_BITS;
    value->bit_count = 8;
    value->bits = packet->data[NONIN_AT_STAT2];
}

static dragoman_bytes revision_of(uint8_t revision, uint8_t digits[3]) {
    size_t at = 3;
    do {
        digits[--at] = (uint8_t)('0' + revision % 10);
        revision = (uint8_t)(revision / 10);
    } while (revision > 0);
    return (dragoman_bytes){digits + at, 3 - at};
}

dragoman_status nonin_oximeter_tell(nonin_oximeter *self, const nonin_packet *packet, const dragoman_now *now) {
    rows made;
    uint8_t digits[3];
    if (!make_rows(self, &made)) {
        return DRAGOMAN_NO_MEMORY;
    }
    for (size_t n = 0; n < VALUES; n++) {
        add_value(self, packet, &values[n], &made);
    }
    add_perfusion(packet, &made);
    if (packet->format == 7) {
        add_format_7(packet, &made);
    }
    add_wave(packet, &made);
    dragoman_version firmware = {DRAGOMAN_TEXT("firmware"), revision_of(packet->data[NONIN_AT_REVISION], digits)};
    dragoman_device device = {
        .struct_size = sizeof device,
        .key = DRAGOMAN_TEXT("nonin"),
        .identifiers = {NULL, 0, sizeof(dragoman_identifier)},
        .manufacturer = DRAGOMAN_TEXT("Nonin"),
        .versions = DRAGOMAN_LIST(&firmware, 1),
    };
    uint32_t alerts = nonin_alerts(self, packet, now, made.alert_codings, made.alert_texts, made.alerts);
    dragoman_report report = {
        .struct_size = sizeof report,
        .device = &device,
        .sender = {.code = DRAGOMAN_TEXT("Nonin"),
                   .system = packet->format == 2 ? DRAGOMAN_TEXT("Nonin format 2") : DRAGOMAN_TEXT("Nonin format 7")},
        .nodes = {NULL, 0, sizeof(dragoman_node)},
        .observations = DRAGOMAN_LIST(made.observations, made.count),
        .alerts = DRAGOMAN_LIST(made.alerts, alerts),
        .contexts = {NULL, 0, sizeof(dragoman_context)},
    };
    return self->host->emit(self->context, &report);
}

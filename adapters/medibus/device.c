#include "device.h"
#include "clock.h"
#include "number.h"
#include <string.h>

/* Texts that name the patient: first and last name. */
#define TEXT_GIVEN 0x60u
#define TEXT_FAMILY 0x61u
/* Room for "1234-5678". */
#define RANGE_TEXT 12u

static const dragoman_decimal not_a_number = {.special = DRAGOMAN_NAN};

/* Rows of one report in batch memory. */
typedef struct rows {
    dragoman_observation *observations;
    dragoman_value *values;
    dragoman_code *codings;
    uint8_t *texts; /* RANGE_TEXT for each row */
    uint32_t count;
} rows;

static dragoman_bytes system_of(uint8_t code) {
    switch (code) {
    case MEDIBUS_DATA_1:
        return DRAGOMAN_TEXT(MEDIBUS_SYSTEM_MEASURED_1);
    case MEDIBUS_DATA_2:
        return DRAGOMAN_TEXT(MEDIBUS_SYSTEM_MEASURED_2);
    case MEDIBUS_SETTINGS:
        return DRAGOMAN_TEXT(MEDIBUS_SYSTEM_SETTING);
    case MEDIBUS_TEXTS:
        return DRAGOMAN_TEXT(MEDIBUS_SYSTEM_TEXT);
    case MEDIBUS_CLOCK:
        return DRAGOMAN_TEXT(MEDIBUS_SYSTEM_CLOCK);
    default:
        return DRAGOMAN_TEXT(MEDIBUS_SYSTEM_CURVE);
    }
}

void medibus_device_begin(medibus_device *device) {
    memset(device->limits, 0, sizeof device->limits);
    device->tells_again[0] = true;
    device->tells_again[1] = true;
    device->given_size = 0;
    device->family_size = 0;
}

dragoman_status medibus_device_emit(medibus_device *device, const dragoman_report *report) {
    const medibus_identity *identity = &device->identity;
    dragoman_bytes number = {identity->number, identity->number_size};
    dragoman_bytes name = {identity->name, identity->name_size};
    dragoman_code type = {number, name, DRAGOMAN_TEXT(MEDIBUS_SYSTEM_DEVICE)};
    dragoman_version versions[2];
    uint32_t version_count = 0;
    if (identity->software_size > 0) {
        versions[version_count++] =
            (dragoman_version){DRAGOMAN_TEXT("software"), {identity->software, identity->software_size}};
    }
    if (identity->protocol_size > 0) {
        versions[version_count++] =
            (dragoman_version){DRAGOMAN_TEXT("protocol"), {identity->protocol, identity->protocol_size}};
    }
    dragoman_device from = {
        .struct_size = sizeof from,
        .key = number.size > 0 ? number : DRAGOMAN_TEXT("medibus"),
        .identifiers = {NULL, 0, sizeof(dragoman_identifier)},
        .type = {.codings = &type, .coding_count = number.size > 0 ? 1 : 0},
        .manufacturer = DRAGOMAN_TEXT("Dr\xc3\xa4ger"),
        .model = name,
        .versions = DRAGOMAN_LIST(versions, version_count),
    };
    dragoman_name person = {.family = {device->family, device->family_size},
                            .given = {device->given, device->given_size}};
    dragoman_patient patient = {
        .struct_size = sizeof patient,
        .identifiers = {NULL, 0, sizeof(dragoman_identifier)},
        .names = DRAGOMAN_LIST(&person, 1),
    };
    dragoman_report full = *report;
    full.struct_size = sizeof full;
    full.device = &from;
    full.patient = device->given_size + device->family_size > 0 ? &patient : NULL;
    full.sender = (dragoman_code){.code = name, .system = DRAGOMAN_TEXT("MEDIBUS")};
    return device->host->emit(device->context, &full);
}

static dragoman_status emit_rows(medibus_device *device, const rows *from) {
    if (from->count == 0) {
        return DRAGOMAN_OK;
    }
    dragoman_report report = {.observations = DRAGOMAN_LIST(from->observations, from->count),
                              .nodes = {NULL, 0, sizeof(dragoman_node)},
                              .alerts = {NULL, 0, sizeof(dragoman_alert)},
                              .contexts = {NULL, 0, sizeof(dragoman_context)}};
    return medibus_device_emit(device, &report);
}

static bool make_rows(medibus_device *device, uint32_t most, rows *ret_rows) {
    const dragoman_host *host = device->host;
    ret_rows->count = 0;
    ret_rows->observations = (dragoman_observation *)host->batch(device->context, most * sizeof(dragoman_observation));
    ret_rows->values = (dragoman_value *)host->batch(device->context, most * sizeof(dragoman_value));
    ret_rows->codings = (dragoman_code *)host->batch(device->context, most * sizeof(dragoman_code));
    ret_rows->texts = (uint8_t *)host->batch(device->context, most * RANGE_TEXT);
    return ret_rows->observations != NULL && ret_rows->values != NULL && ret_rows->codings != NULL &&
           ret_rows->texts != NULL;
}

/* A new row with its code and one value that is still empty. */
static dragoman_observation *add_row(rows *to, dragoman_bytes digits, dragoman_bytes system,
                                     dragoman_value **ret_value) {
    uint32_t n = to->count++;
    to->values[n] = (dragoman_value){0};
    to->codings[n] = (dragoman_code){.code = digits, .system = system};
    to->observations[n] = (dragoman_observation){
        .code = {.codings = &to->codings[n], .coding_count = 1},
        .values = DRAGOMAN_LIST(&to->values[n], 1),
        .components = {NULL, 0, sizeof(dragoman_component)},
        .result = DRAGOMAN_RESULT_UNVALIDATED,
    };
    *ret_value = &to->values[n];
    return &to->observations[n];
}

/* False: the field is neither a number nor blank and stands there as it came. */
static bool set_value(dragoman_bytes field, dragoman_value *value) {
    switch (medibus_number_read(field, &value->number)) {
    case MEDIBUS_NUMBER:
        value->kind = DRAGOMAN_VALUE_DECIMAL;
        return true;
    case MEDIBUS_NUMBER_BLANK:
        value->kind = DRAGOMAN_VALUE_NONE;
        value->absent = DRAGOMAN_ABSENT_UNKNOWN;
        return true;
    default:
        value->kind = DRAGOMAN_VALUE_TEXT;
        value->text = medibus_trim(field);
        return false;
    }
}

static bool is_below(dragoman_decimal low, dragoman_decimal high) {
    dragoman_decimal step;
    return medibus_number_step(low, high, 1, &step);
}

static size_t append(uint8_t *to, size_t size, dragoman_bytes text) {
    memcpy(to + size, text.data, text.size);
    return size + text.size;
}

/* Both ends as "8-90", one as ">8" or "<90". */
static dragoman_range range_of(const medibus_limit *low, const medibus_limit *high, uint8_t *text) {
    dragoman_range range = {not_a_number, not_a_number, {NULL, 0}};
    dragoman_bytes low_text = {low->text, low->size};
    dragoman_bytes high_text = {high->text, high->size};
    bool has_low = medibus_number_read(low_text, &range.low) == MEDIBUS_NUMBER;
    bool has_high = medibus_number_read(high_text, &range.high) == MEDIBUS_NUMBER;
    size_t size = 0;
    if (!has_low && !has_high) {
        return (dragoman_range){0};
    }
    if (!has_low || !has_high) {
        size = append(text, size, has_low ? DRAGOMAN_TEXT(">") : DRAGOMAN_TEXT("<"));
    }
    size = has_low ? append(text, size, medibus_trim(low_text)) : size;
    size = has_low && has_high ? append(text, size, DRAGOMAN_TEXT("-")) : size;
    size = has_high ? append(text, size, medibus_trim(high_text)) : size;
    if (has_low && has_high && !is_below(range.low, range.high)) {
        range.low = range.high = not_a_number;
    }
    range.text = (dragoman_bytes){text, size};
    return range;
}

static void add_value(medibus_device *device, uint8_t code, const medibus_record *record, rows *to) {
    uint8_t *text = to->texts + (size_t)to->count * RANGE_TEXT;
    dragoman_value *value = NULL;
    dragoman_observation *row = add_row(to, record->digits, system_of(code), &value);
    if (!set_value(record->text, value)) {
        row->status |= DRAGOMAN_STATUS_QUESTIONABLE;
        device->host->count(device->context, DRAGOMAN_COUNT_ODD_VALUE, 1);
    }
    if (code == MEDIBUS_SETTINGS) {
        row->obtained = DRAGOMAN_OBTAINED_SETTING;
        return;
    }
    size_t page = code == MEDIBUS_DATA_1 ? 0 : 1;
    row->obtained = DRAGOMAN_OBTAINED_CONTINUOUS;
    row->alarm_limits = range_of(&device->limits[page][0][record->code], &device->limits[page][1][record->code], text);
}

static uint8_t keep_name(dragoman_bytes text, uint8_t *to) {
    text = medibus_trim(text);
    size_t size = text.size < MEDIBUS_NAME_MOST ? text.size : MEDIBUS_NAME_MOST;
    if (size > 0) {
        memcpy(to, text.data, size);
    }
    return (uint8_t)size;
}

/* Names are the patient's, not a value of the device. */
static void add_text(medibus_device *device, const medibus_record *record, rows *to) {
    if (record->code == TEXT_GIVEN) {
        device->given_size = keep_name(record->text, device->given);
        return;
    }
    if (record->code == TEXT_FAMILY) {
        device->family_size = keep_name(record->text, device->family);
        return;
    }
    dragoman_value *value = NULL;
    (void)add_row(to, record->digits, DRAGOMAN_TEXT(MEDIBUS_SYSTEM_TEXT), &value);
    dragoman_bytes text = medibus_trim(record->text);
    value->kind = text.size > 0 ? DRAGOMAN_VALUE_TEXT : DRAGOMAN_VALUE_NONE;
    value->absent = text.size > 0 ? DRAGOMAN_PRESENT : DRAGOMAN_ABSENT_UNKNOWN;
    value->text = text;
}

static dragoman_status take_rows(medibus_device *device, uint8_t code, dragoman_bytes data) {
    uint32_t count = 0;
    rows made;
    if (!medibus_records_check(code, data, &count)) {
        return DRAGOMAN_INVALID;
    }
    if (code == MEDIBUS_TEXTS) {
        device->given_size = device->family_size = 0;
    }
    if (count == 0) {
        return DRAGOMAN_OK;
    }
    if (!make_rows(device, count, &made)) {
        return DRAGOMAN_NO_MEMORY;
    }
    medibus_record record;
    while (medibus_record_next(code, &data, &record) == DRAGOMAN_OK) {
        if (code == MEDIBUS_TEXTS) {
            add_text(device, &record, &made);
        } else {
            add_value(device, code, &record, &made);
        }
    }
    return emit_rows(device, &made);
}

/* A code that is not in the list has no limit any more. */
static void take_limits(medibus_device *device, uint8_t code, dragoman_bytes data) {
    size_t page = code == MEDIBUS_LOW_LIMITS_1 || code == MEDIBUS_HIGH_LIMITS_1 ? 0 : 1;
    size_t end = code == MEDIBUS_LOW_LIMITS_1 || code == MEDIBUS_LOW_LIMITS_2 ? 0 : 1;
    medibus_limit *limits = device->limits[page][end];
    medibus_record record;
    memset(limits, 0, sizeof device->limits[page][end]);
    while (medibus_record_next(code, &data, &record) == DRAGOMAN_OK) {
        medibus_limit *limit = &limits[record.code];
        limit->size = sizeof limit->text;
        memcpy(limit->text, record.text.data, sizeof limit->text);
    }
}

static dragoman_status take_clock(medibus_device *device, dragoman_bytes data) {
    dragoman_time time;
    rows made;
    if (data.size == 0) {
        return DRAGOMAN_OK;
    }
    if (!medibus_clock_read(data, &time)) {
        device->host->count(device->context, DRAGOMAN_COUNT_ODD_VALUE, 1);
        return DRAGOMAN_OK;
    }
    if (!make_rows(device, 1, &made)) {
        return DRAGOMAN_NO_MEMORY;
    }
    dragoman_value *value = NULL;
    (void)add_row(&made, DRAGOMAN_TEXT("28"), DRAGOMAN_TEXT(MEDIBUS_SYSTEM_CLOCK), &value);
    value->kind = DRAGOMAN_VALUE_TIME;
    value->from = time;
    return emit_rows(device, &made);
}

dragoman_status medibus_device_take(medibus_device *device, uint8_t code, dragoman_bytes data,
                                    const dragoman_now *now) {
    switch (code) {
    case MEDIBUS_DATA_1:
    case MEDIBUS_DATA_2:
    case MEDIBUS_SETTINGS:
    case MEDIBUS_TEXTS:
        return take_rows(device, code, data);
    case MEDIBUS_LOW_LIMITS_1:
    case MEDIBUS_LOW_LIMITS_2:
    case MEDIBUS_HIGH_LIMITS_1:
    case MEDIBUS_HIGH_LIMITS_2:
        take_limits(device, code, data);
        return DRAGOMAN_OK;
    case MEDIBUS_ALARMS_1:
    case MEDIBUS_ALARMS_2:
        return medibus_device_take_alarms(device, code, data, now);
    case MEDIBUS_CLOCK:
        return take_clock(device, data);
    default:
        return DRAGOMAN_OK;
    }
}

dragoman_status medibus_device_curves(medibus_device *device, medibus_curves *curves, uint32_t mask) {
    rows made;
    dragoman_samples *blocks =
        (dragoman_samples *)device->host->batch(device->context, MEDIBUS_STREAMS * sizeof *blocks);
    if (blocks == NULL || !make_rows(device, MEDIBUS_STREAMS, &made)) {
        return DRAGOMAN_NO_MEMORY;
    }
    for (uint32_t n = 0; n < curves->stream_count; n++) {
        const medibus_stream *stream = &curves->streams[n];
        if ((mask & 1u << n) == 0 || stream->count == 0) {
            continue;
        }
        uint8_t *digits = made.texts + (size_t)made.count * RANGE_TEXT;
        dragoman_samples *block = &blocks[made.count];
        dragoman_value *value = NULL;
        medibus_hex_write(stream->facts.code, digits);
        dragoman_observation *row =
            add_row(&made, (dragoman_bytes){digits, 2}, DRAGOMAN_TEXT(MEDIBUS_SYSTEM_CURVE), &value);
        row->obtained = DRAGOMAN_OBTAINED_CONTINUOUS;
        *block = (dragoman_samples){
            .struct_size = sizeof *block,
            .sample_bytes = sizeof *stream->samples,
            .has_missing = stream->has_missing ? 1 : 0,
            .data = stream->samples,
            .count = stream->count,
            .dimensions = 1,
            .period_ns = (int64_t)stream->period_us * 1000,
            .scale = stream->facts.step,
            .origin = stream->facts.low,
            .low = stream->facts.low,
            .high = stream->facts.high,
            .missing = stream->has_missing ? MEDIBUS_MISSING : 0,
        };
        value->kind = DRAGOMAN_VALUE_SAMPLES;
        value->samples = block;
    }
    dragoman_status status = emit_rows(device, &made);
    for (uint32_t n = 0; n < curves->stream_count; n++) {
        if ((mask & 1u << n) != 0) {
            curves->streams[n].count = 0;
            curves->streams[n].has_missing = false;
        }
    }
    return status;
}

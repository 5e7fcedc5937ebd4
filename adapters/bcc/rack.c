#include "rack.h"
#include "block.h"
#include "parameter.h"
#include <string.h>

/* Room for "50113-INA16-1767323045000000-1767323047000000". */
#define ID_TEXT (BCC_NAME_MOST + 48u)
/* Values that are none: "no value", "not available". */
#define NO_VALUE "_NV"
#define NOT_AVAILABLE "_NA"

/* What stands among the values of a pump and is about all of them. */
typedef struct facts {
    dragoman_bytes serial;
    dragoman_bytes model;
    dragoman_bytes newcomer;
    dragoman_bytes patient;
    dragoman_bytes concentration_unit;
    dragoman_bytes dose_unit;
} facts;

/* What a frame tells of one pump. */
typedef struct telling {
    bcc_rack *rack;
    bcc_pump *pump;
    const bcc_frame *frame;
    int64_t now_us;
    facts known;
    dragoman_observation *observations;
    dragoman_value *values;
    dragoman_code *codings;
    dragoman_alert *alerts;
    uint8_t *ids; /* ID_TEXT for each alert */
    uint32_t count;
    uint32_t alert_count;
} telling;

void bcc_rack_begin(bcc_rack *rack) {
    for (uint32_t n = 0; n < rack->pump_count; n++) {
        rack->pumps[n].told_again = 0;
    }
}

static dragoman_bytes bytes_of(const bcc_text *text) {
    return (dragoman_bytes){text->bytes, text->size};
}

static void keep(bcc_text *to, dragoman_bytes text) {
    to->size = (uint8_t)(text.size < sizeof to->bytes ? text.size : sizeof to->bytes);
    if (to->size > 0) {
        memcpy(to->bytes, text.data, to->size);
    }
}

static bool is_none(dragoman_bytes value) {
    return value.size == 0 || bcc_is_same(value, DRAGOMAN_TEXT(NO_VALUE)) ||
           bcc_is_same(value, DRAGOMAN_TEXT(NOT_AVAILABLE));
}

static dragoman_bytes *fact_of(facts *known, dragoman_bytes parameter) {
    switch (bcc_sort_of(parameter)) {
    case BCC_SORT_SERIAL:
        return &known->serial;
    case BCC_SORT_MODEL:
        return &known->model;
    case BCC_SORT_NEW:
        return &known->newcomer;
    case BCC_SORT_PATIENT:
        return &known->patient;
    case BCC_SORT_CONCENTRATION_UNIT:
        return &known->concentration_unit;
    case BCC_SORT_DOSE_UNIT:
        return &known->dose_unit;
    default:
        return NULL;
    }
}

static bcc_pump *find_pump(bcc_rack *rack, dragoman_bytes address) {
    for (uint32_t n = 0; n < rack->pump_count; n++) {
        if (bcc_is_same(bytes_of(&rack->pumps[n].address), address)) {
            return &rack->pumps[n];
        }
    }
    bcc_pump *pump = rack->pump_count < BCC_PUMPS ? &rack->pumps[rack->pump_count++] : &rack->stranger;
    memset(pump, 0, sizeof *pump);
    keep(&pump->address, address);
    return pump;
}

/* Reads ahead what is about the same pump, up to the first block of another: who the pump is must be known before
 * anything is told of it. */
static facts read_facts(dragoman_bytes information, dragoman_bytes address) {
    facts found = {0};
    bcc_block block;
    bcc_block_outcome outcome;
    while ((outcome = bcc_block_next(&information, &block)) != BCC_BLOCK_NONE) {
        if (outcome == BCC_BLOCK_BAD) {
            continue;
        }
        if (!bcc_is_same(block.address, address)) {
            break;
        }
        dragoman_bytes *fact = fact_of(&found, block.parameter);
        if (fact != NULL && !is_none(block.value)) {
            *fact = block.value;
        }
    }
    return found;
}

/* Another pump at the same address has other alarms. */
static void learn(bcc_pump *pump, const facts *known) {
    bool is_other =
        known->serial.size > 0 && pump->serial.size > 0 && !bcc_is_same(known->serial, bytes_of(&pump->serial));
    if (known->newcomer.size > 0 || is_other) {
        pump->serial.size = 0;
        pump->model.size = 0;
        pump->alarms = 0;
    }
    if (known->serial.size > 0) {
        keep(&pump->serial, known->serial);
    }
    if (known->model.size > 0) {
        keep(&pump->model, known->model);
    }
}

/* ------------------------------------------------------------------ reports */

static bool make(telling *to) {
    const dragoman_host *host = to->rack->host;
    void *context = to->rack->context;
    to->observations = (dragoman_observation *)host->batch(context, BCC_ROWS * sizeof(dragoman_observation));
    to->values = (dragoman_value *)host->batch(context, BCC_ROWS * sizeof(dragoman_value));
    to->codings = (dragoman_code *)host->batch(context, (size_t)(BCC_ROWS + BCC_ALARMS) * sizeof(dragoman_code));
    to->alerts = (dragoman_alert *)host->batch(context, BCC_ALARMS * sizeof(dragoman_alert));
    to->ids = (uint8_t *)host->batch(context, (size_t)BCC_ALARMS * ID_TEXT);
    return to->observations != NULL && to->values != NULL && to->codings != NULL && to->alerts != NULL &&
           to->ids != NULL;
}

/* As UTF-8; letters beyond ASCII are read as ISO 8859-1. */
static dragoman_bytes text_of(const telling *to, dragoman_bytes text) {
    dragoman_bytes converted = text;
    dragoman_status status = to->rack->host->to_utf8(to->rack->context, "ISO-8859-1", text, &converted, NULL);
    return status == DRAGOMAN_OK ? converted : (dragoman_bytes){NULL, 0};
}

static dragoman_status emit(telling *to) {
    if (to->count == 0 && to->alert_count == 0) {
        return DRAGOMAN_OK;
    }
    const bcc_pump *pump = to->pump;
    dragoman_bytes bed = {to->frame->bed.data, 0};
    while (bed.size < to->frame->bed.size && bed.data[bed.size] != '/') {
        bed.size++;
    }
    dragoman_device from = {
        .struct_size = sizeof from,
        .key = text_of(to, bytes_of(pump->serial.size > 0 ? &pump->serial : &pump->address)),
        .identifiers = {NULL, 0, sizeof(dragoman_identifier)},
        .manufacturer = DRAGOMAN_TEXT("B. Braun"),
        .model = text_of(to, bytes_of(&pump->model)),
        .serial = text_of(to, bytes_of(&pump->serial)),
        .versions = {NULL, 0, sizeof(dragoman_version)},
    };
    dragoman_place place = {.struct_size = sizeof place, .bed = text_of(to, bed)};
    dragoman_identifier claim = {.value = text_of(to, to->known.patient)};
    dragoman_patient patient = {.struct_size = sizeof patient,
                                .identifiers = DRAGOMAN_LIST(&claim, 1),
                                .names = {NULL, 0, sizeof(dragoman_name)}};
    dragoman_report report = {
        .struct_size = sizeof report,
        .device = &from,
        .place = place.bed.size > 0 ? &place : NULL,
        .patient = claim.value.size > 0 ? &patient : NULL,
        .sender = {.code = DRAGOMAN_TEXT("Space"), .system = DRAGOMAN_TEXT("BCC")},
        .nodes = {NULL, 0, sizeof(dragoman_node)},
        .observations = DRAGOMAN_LIST(to->observations, to->count),
        .alerts = DRAGOMAN_LIST(to->alerts, to->alert_count),
        .contexts = {NULL, 0, sizeof(dragoman_context)},
    };
    to->count = 0;
    to->alert_count = 0;
    return to->rack->host->emit(to->rack->context, &report);
}

/* ------------------------------------------------------------------ values */

static uint32_t set_value(const telling *to, bcc_sort sort, dragoman_bytes text, dragoman_value *value) {
    if (is_none(text)) {
        value->kind = DRAGOMAN_VALUE_NONE;
        value->absent = DRAGOMAN_ABSENT_UNKNOWN;
        return bcc_is_same(text, DRAGOMAN_TEXT(NOT_AVAILABLE)) ? DRAGOMAN_STATUS_NOT_AVAILABLE : 0;
    }
    bool may_be_number =
        sort == BCC_SORT_VALUE || sort == BCC_SORT_SETTING || sort == BCC_SORT_CONCENTRATION || sort == BCC_SORT_DOSE;
    value->kind = DRAGOMAN_VALUE_DECIMAL;
    if (!may_be_number || !bcc_number_read(text, &value->number)) {
        value->kind = DRAGOMAN_VALUE_TEXT;
        value->text = text_of(to, text);
    }
    return 0;
}

static void add_value(telling *to, bcc_sort sort, const bcc_block *block) {
    uint32_t n = to->count++;
    dragoman_bytes unit = sort == BCC_SORT_CONCENTRATION ? to->known.concentration_unit
                          : sort == BCC_SORT_DOSE        ? to->known.dose_unit
                                                         : (dragoman_bytes){NULL, 0};
    bool is_chosen = sort != BCC_SORT_VALUE && sort != BCC_SORT_TEXT;
    to->codings[n] =
        (dragoman_code){.code = text_of(to, block->parameter), .system = DRAGOMAN_TEXT(BCC_SYSTEM_PARAMETER)};
    to->values[n] = (dragoman_value){0};
    to->observations[n] = (dragoman_observation){
        .code = {.codings = &to->codings[n], .coding_count = 1},
        .values = DRAGOMAN_LIST(&to->values[n], 1),
        .components = {NULL, 0, sizeof(dragoman_component)},
        .status = set_value(to, sort, block->value, &to->values[n]),
        .result = DRAGOMAN_RESULT_UNVALIDATED,
        .obtained = is_chosen ? DRAGOMAN_OBTAINED_SETTING : DRAGOMAN_OBTAINED_CONTINUOUS,
    };
    to->observations[n].unit.code = text_of(to, unit);
}

/* ------------------------------------------------------------------ alarms */

static size_t put(uint8_t *to, size_t size, dragoman_bytes text) {
    memcpy(to + size, text.data, text.size);
    return size + text.size;
}

static size_t put_number(uint8_t *to, size_t size, uint64_t number) {
    uint8_t digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return put(to, size, (dragoman_bytes){digits + at, sizeof digits - at});
}

/* The alarm's name is its parameter and when we first saw it. */
static void tell(telling *to, const bcc_block *block, uint32_t number, uint8_t phase) {
    uint32_t n = to->alert_count++;
    uint8_t *id = to->ids + (size_t)n * ID_TEXT;
    dragoman_code *coding = &to->codings[BCC_ROWS + n];
    dragoman_alert *alert = &to->alerts[n];
    *coding = (dragoman_code){.code = block->parameter, .system = DRAGOMAN_TEXT(BCC_SYSTEM_ALARM)};
    *alert = (dragoman_alert){
        .event = {.codings = coding, .coding_count = 1},
        .source_values = {NULL, 0, sizeof(dragoman_value)},
        .phase = phase,
        .state = phase == DRAGOMAN_PHASE_END ? DRAGOMAN_STATE_INACTIVE : DRAGOMAN_STATE_ACTIVE,
    };
    size_t size = put(id, 0, block->parameter);
    id[size++] = '-';
    size = put_number(id, size, (uint64_t)to->pump->since_us[number]);
    alert->id.value = (dragoman_bytes){id, size};
    if (phase != DRAGOMAN_PHASE_START) {
        alert->parent.value = alert->id.value;
        id[size++] = '-';
        alert->id.value.size = put_number(id, size, (uint64_t)to->now_us);
    }
}

/* Only 1 and 0 change what is known. */
static void take_alarm(telling *to, const bcc_block *block) {
    bcc_pump *pump = to->pump;
    uint32_t number = bcc_alarm_number(block->parameter);
    uint32_t bit = 1u << number;
    bool is_active = bcc_is_same(block->value, DRAGOMAN_TEXT("1"));
    bool was_active = (pump->alarms & bit) != 0;
    if (!is_active && !bcc_is_same(block->value, DRAGOMAN_TEXT("0"))) {
        return;
    }
    if (is_active && !was_active) {
        pump->alarms |= bit;
        pump->since_us[number] = to->now_us;
        tell(to, block, number, DRAGOMAN_PHASE_START);
    } else if (!is_active && was_active) {
        pump->alarms &= ~bit;
        tell(to, block, number, DRAGOMAN_PHASE_END);
    } else if (is_active && (pump->told_again & bit) == 0) {
        tell(to, block, number, DRAGOMAN_PHASE_CONTINUE);
    }
    pump->told_again |= bit;
}

/* ------------------------------------------------------------------- frames */

static void take_block(telling *to, const bcc_block *block) {
    bcc_sort sort = bcc_sort_of(block->parameter);
    switch (sort) {
    case BCC_SORT_VALUE:
    case BCC_SORT_SETTING:
    case BCC_SORT_TEXT:
    case BCC_SORT_LABEL:
    case BCC_SORT_CONCENTRATION:
    case BCC_SORT_CONCENTRATION_UNIT:
    case BCC_SORT_DOSE:
    case BCC_SORT_DOSE_UNIT:
        add_value(to, sort, block);
        break;
    case BCC_SORT_ALARM:
        take_alarm(to, block);
        break;
    default:
        break; /* what names the pump or the patient was read before */
    }
}

/* `ahead` begins with the first block about another pump. */
static dragoman_status turn_to(telling *to, dragoman_bytes address, dragoman_bytes ahead) {
    dragoman_status status = to->pump != NULL ? emit(to) : DRAGOMAN_OK;
    to->pump = find_pump(to->rack, address);
    to->known = read_facts(ahead, address);
    learn(to->pump, &to->known);
    return status;
}

dragoman_status bcc_rack_take(bcc_rack *rack, const bcc_frame *frame, const dragoman_now *now) {
    telling told = {.rack = rack, .frame = frame, .now_us = now->wall_us};
    dragoman_bytes rest = frame->information;
    dragoman_status status = DRAGOMAN_OK;
    bool is_bad = false;
    if (!make(&told)) {
        return DRAGOMAN_NO_MEMORY;
    }
    while (status == DRAGOMAN_OK) {
        dragoman_bytes ahead = rest;
        bcc_block block;
        bcc_block_outcome outcome = bcc_block_next(&rest, &block);
        if (outcome == BCC_BLOCK_NONE) {
            break;
        }
        if (outcome == BCC_BLOCK_BAD) {
            is_bad = true;
            continue;
        }
        if (told.pump == NULL || !bcc_is_same(bytes_of(&told.pump->address), block.address)) {
            status = turn_to(&told, block.address, ahead);
        } else if (told.count == BCC_ROWS || told.alert_count == BCC_ALARMS) {
            status = emit(&told);
        }
        take_block(&told, &block);
    }
    if (status == DRAGOMAN_OK) {
        status = emit(&told);
    }
    return status == DRAGOMAN_OK && is_bad ? DRAGOMAN_INVALID : status;
}

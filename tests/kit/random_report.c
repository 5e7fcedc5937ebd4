#include "kit/random_report.h"
#include "base/bytes.h"

#include <stdlib.h>

typedef struct dice {
    uint64_t state;
    arena *memory;
} dice;

static uint64_t roll(dice *self) {
    self->state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = self->state;
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static uint32_t below(dice *self, uint32_t limit) {
    return (uint32_t)(roll(self) % limit);
}

static bool often(dice *self) {
    return below(self, 2) == 0;
}

static bool seldom(dice *self) {
    return below(self, 5) == 0;
}

/* Numbers of every length, so that every length of varint comes up. */
static uint64_t any_size(dice *self) {
    return roll(self) >> below(self, 64);
}

static void *make(dice *self, size_t count, size_t size) {
    void *memory = arena_allocate_zeroed(self->memory, (count == 0 ? 1 : count) * size);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static dragoman_bytes word(dice *self) {
    static const char *const words[] = {"MDC",
                                        "150456",
                                        "MDC_PULS_OXIM_SAT_O2",
                                        "%",
                                        "mm[Hg]",
                                        "R\xC3\xB6ntgen",
                                        "x",
                                        "\xE6\xB8\xA9\xE5\xBA\xA6",
                                        "\xF0\x9F\xA9\xBA",
                                        "ab",
                                        "urn:oid:1.2.3.4.5.6.7.8.9"};
    if (!seldom(self)) {
        return bytes_of(words[below(self, sizeof words / sizeof words[0])]);
    }
    uint32_t size = below(self, 4) == 0 ? 1 + below(self, 400) : 1 + below(self, 24);
    uint8_t *text = make(self, size, 1);
    for (uint32_t i = 0; i < size; i++) {
        text[i] = (uint8_t)(' ' + below(self, 95));
    }
    return (dragoman_bytes){text, size};
}

static dragoman_bytes text(dice *self) {
    return often(self) ? word(self) : (dragoman_bytes){0};
}

static dragoman_decimal decimal(dice *self) {
    if (seldom(self)) {
        return (dragoman_decimal){.special = (uint8_t)(1 + below(self, 5))};
    }
    int64_t mantissa = (int64_t)any_size(self);
    return (dragoman_decimal){.mantissa = mantissa, .exponent = (int16_t)((int)below(self, 7) - 4)};
}

/* Two ends in order, either missing. */
static void ends(dice *self, dragoman_decimal *low, dragoman_decimal *high) {
    int32_t least = (int32_t)below(self, 1000) - 500;
    *low = (dragoman_decimal){.mantissa = least, .exponent = -1};
    *high = (dragoman_decimal){.mantissa = least + (int32_t)below(self, 100), .exponent = -1};
    if (seldom(self)) {
        *low = (dragoman_decimal){.special = DRAGOMAN_NAN};
    }
    if (seldom(self)) {
        *high = (dragoman_decimal){.special = DRAGOMAN_NAN};
    }
}

static dragoman_time time_near(dice *self, int64_t base_us) {
    static const int16_t offsets[] = {0, 60, -300, 345, DRAGOMAN_OFFSET_UNKNOWN};
    dragoman_time time = {.civil_us = base_us + (int64_t)below(self, 2000000000) - 1000000000,
                          .offset_minutes = 60,
                          .precision = DRAGOMAN_TIME_SECOND,
                          .fraction_digits = 3};
    if (seldom(self)) {
        time.offset_minutes = offsets[below(self, 5)];
        time.precision = (uint8_t)(1 + below(self, 6));
        time.fraction_digits = time.precision == DRAGOMAN_TIME_SECOND ? (uint8_t)below(self, 7) : 0;
        time.flags = (uint8_t)below(self, 4);
    }
    return time;
}

static dragoman_time time(dice *self) {
    return often(self) ? time_near(self, (int64_t)any_size(self) >> 8) : (dragoman_time){0};
}

static void coding(dice *self, dragoman_code *to) {
    *to = (dragoman_code){text(self), text(self), text(self)};
}

static dragoman_concept concept(dice *self) {
    dragoman_concept to = {.text = text(self), .coding_count = below(self, 4)};
    dragoman_code *codings = make(self, to.coding_count, sizeof *codings);
    for (uint32_t i = 0; i < to.coding_count; i++) {
        coding(self, &codings[i]);
    }
    to.codings = to.coding_count == 0 ? NULL : codings;
    return to;
}

static dragoman_concept rare_concept(dice *self) {
    return seldom(self) ? concept(self) : (dragoman_concept){0};
}

static dragoman_identifier identifier(dice *self) {
    return (dragoman_identifier){text(self), text(self), text(self), text(self), text(self)};
}

static dragoman_identifier rare_identifier(dice *self) {
    return seldom(self) ? identifier(self) : (dragoman_identifier){0};
}

static dragoman_list identifiers(dice *self) {
    uint32_t count = below(self, 4);
    dragoman_identifier *items = make(self, count, sizeof *items);
    for (uint32_t i = 0; i < count; i++) {
        items[i] = identifier(self);
    }
    return DRAGOMAN_LIST(items, count);
}

static dragoman_range range(dice *self) {
    dragoman_range to = {0};
    if (seldom(self)) {
        ends(self, &to.low, &to.high);
        to.text = word(self);
    }
    return to;
}

static dragoman_path path(dice *self) {
    if (seldom(self)) {
        return (dragoman_path){0};
    }
    return (dragoman_path){1, below(self, 9), below(self, 9), (uint32_t)any_size(self)};
}

static const dragoman_samples *samples(dice *self) {
    dragoman_samples *to = make(self, 1, sizeof *to);
    to->struct_size = sizeof *to;
    to->sample_bytes = often(self) ? 2 : 4;
    to->dimensions = 1 + below(self, 3);
    to->count = below(self, 200);
    size_t size = (size_t)to->count * to->dimensions * to->sample_bytes;
    uint8_t *data = make(self, size, 1);
    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t)roll(self);
    }
    to->data = data;
    to->period_ns = 1 + (int64_t)any_size(self) / 4;
    to->period_ns = to->period_ns < 0 ? -to->period_ns : to->period_ns;
    to->scale = (dragoman_decimal){.mantissa = 1 + below(self, 9), .exponent = -2};
    to->origin = (dragoman_decimal){.mantissa = below(self, 3)};
    ends(self, &to->low, &to->high);
    to->has_missing = often(self);
    to->missing = to->has_missing ? -32768 : 0;
    return to;
}

static dragoman_value value(dice *self) {
    dragoman_value to = {.kind = often(self) ? DRAGOMAN_VALUE_DECIMAL : (uint8_t)below(self, 11)};
    switch (to.kind) {
    case DRAGOMAN_VALUE_NONE:
        to.absent = (uint8_t)(1 + below(self, 11));
        break;
    case DRAGOMAN_VALUE_DECIMAL:
        to.number = decimal(self);
        to.comparator = seldom(self) ? (uint8_t)below(self, 5) : 0;
        break;
    case DRAGOMAN_VALUE_TEXT:
        to.text = text(self);
        break;
    case DRAGOMAN_VALUE_CODE:
        to.concept = concept(self);
        break;
    case DRAGOMAN_VALUE_BITS:
        to.bit_count = (uint8_t)(1 + below(self, 64));
        to.bits = roll(self) >> (64 - to.bit_count);
        break;
    case DRAGOMAN_VALUE_SAMPLES:
        to.samples = samples(self);
        break;
    case DRAGOMAN_VALUE_TIME:
        to.from = time_near(self, 0);
        break;
    case DRAGOMAN_VALUE_PERIOD:
        to.from = time(self);
        to.to = time(self);
        break;
    case DRAGOMAN_VALUE_RANGE:
        ends(self, &to.number, &to.other_number);
        break;
    case DRAGOMAN_VALUE_RATIO:
        to.number = (dragoman_decimal){.mantissa = 1};
        to.other_number = (dragoman_decimal){.mantissa = 128};
        break;
    default:
        to.text = text(self);
        to.data = text(self);
        to.reference = text(self);
        break;
    }
    return to;
}

static dragoman_list values(dice *self) {
    uint32_t count = often(self) ? 1 : 1 + below(self, 3);
    dragoman_value *items = make(self, count, sizeof *items);
    for (uint32_t i = 0; i < count; i++) {
        items[i] = value(self);
    }
    return DRAGOMAN_LIST(items, count);
}

static const dragoman_order *order(dice *self) {
    dragoman_order *to = make(self, 1, sizeof *to);
    *to = (dragoman_order){.struct_size = sizeof *to,
                           .placer = identifier(self),
                           .filler = identifier(self),
                           .service = concept(self),
                           .specimen = rare_identifier(self),
                           .specimen_type = rare_concept(self),
                           .collected_at = time(self)};
    return to;
}

static dragoman_list components(dice *self) {
    uint32_t count = seldom(self) ? below(self, 4) : 0;
    dragoman_component *items = make(self, count, sizeof *items);
    for (uint32_t i = 0; i < count; i++) {
        items[i].code = concept(self);
        coding(self, &items[i].unit);
        items[i].values = values(self);
        items[i].status = (uint32_t)any_size(self);
    }
    return DRAGOMAN_LIST(items, count);
}

static void observation(dice *self, const dragoman_order *shared, int64_t base_us, dragoman_observation *to) {
    to->path = path(self);
    to->sub_id = seldom(self) ? text(self) : (dragoman_bytes){0};
    to->code = concept(self);
    coding(self, &to->unit);
    to->components = components(self);
    to->values = to->components.count > 0 && often(self) ? (dragoman_list){0} : values(self);
    to->measured_at = seldom(self) ? time(self) : time_near(self, base_us);
    to->measured_until = seldom(self) ? time_near(self, base_us) : (dragoman_time){0};
    to->status = seldom(self) ? (uint32_t)any_size(self) : 0;
    to->result = (uint8_t)below(self, 10);
    to->obtained = (uint8_t)below(self, 6);
    to->domain = (uint8_t)below(self, 4);
    to->time_is_own = often(self);
    to->alarm_limits = range(self);
    to->normal_range = range(self);
    to->flags = rare_concept(self);
    to->site = rare_concept(self);
    to->method = rare_concept(self);
    to->instance = rare_identifier(self);
    to->producer = rare_identifier(self);
    to->order = seldom(self) ? order(self) : often(self) ? shared : NULL;
    to->note = seldom(self) ? text(self) : (dragoman_bytes){0};
}

static dragoman_device *device(dice *self) {
    dragoman_device *to = make(self, 1, sizeof *to);
    to->struct_size = sizeof *to;
    to->key = word(self);
    to->identifiers = identifiers(self);
    to->type = concept(self);
    to->manufacturer = text(self);
    to->model = text(self);
    to->serial = text(self);
    uint32_t count = below(self, 3);
    dragoman_version *versions = make(self, count, sizeof *versions);
    for (uint32_t i = 0; i < count; i++) {
        versions[i] = (dragoman_version){text(self), text(self)};
    }
    to->versions = DRAGOMAN_LIST(versions, count);
    return to;
}

static dragoman_place *place(dice *self) {
    dragoman_place *to = make(self, 1, sizeof *to);
    *to = (dragoman_place){sizeof *to, 0, text(self), text(self), text(self), text(self), text(self), text(self)};
    return to;
}

static dragoman_patient *patient(dice *self) {
    dragoman_patient *to = make(self, 1, sizeof *to);
    to->struct_size = sizeof *to;
    to->identifiers = identifiers(self);
    uint32_t count = below(self, 3);
    dragoman_name *names = make(self, count, sizeof *names);
    for (uint32_t i = 0; i < count; i++) {
        names[i] = (dragoman_name){text(self), text(self), text(self), text(self), text(self), text(self)};
    }
    to->names = DRAGOMAN_LIST(names, count);
    to->born_at = time(self);
    to->sex = text(self);
    to->account = rare_identifier(self);
    to->visit = rare_identifier(self);
    to->visit_class = text(self);
    return to;
}

static void alert(dice *self, dragoman_alert *to) {
    to->path = path(self);
    to->id = rare_identifier(self);
    to->parent = rare_identifier(self);
    to->event = concept(self);
    to->source = rare_concept(self);
    to->source_values = values(self);
    coding(self, &to->source_unit);
    to->limits = range(self);
    to->text = word(self);
    to->occurred_at = time(self);
    to->priority = (uint8_t)below(self, 5);
    to->kind = (uint8_t)below(self, 4);
    to->phase = (uint8_t)below(self, 9);
    to->state = (uint8_t)below(self, 4);
    to->inactivation = below(self, 64);
}

static void context(dice *self, dragoman_context *to) {
    to->kind = (uint8_t)(1 + below(self, 22));
    to->suspected = often(self);
    to->trigger = text(self);
    to->patient = often(self) ? patient(self) : NULL;
    to->prior_patient = seldom(self) ? patient(self) : NULL;
    to->place = often(self) ? place(self) : NULL;
    to->prior_place = seldom(self) ? place(self) : NULL;
    to->device = seldom(self) ? device(self) : NULL;
    to->occurred_at = time(self);
    to->recorded_at = time(self);
}

static dragoman_list nodes(dice *self) {
    uint32_t count = below(self, 4);
    dragoman_node *items = make(self, count, sizeof *items);
    for (uint32_t i = 0; i < count; i++) {
        items[i].path = path(self);
        items[i].path.metric = 0;
        items[i].type = concept(self);
        items[i].identifiers = identifiers(self);
        items[i].manufacturer = text(self);
        items[i].model = text(self);
    }
    return DRAGOMAN_LIST(items, count);
}

dragoman_report *kit_random_report(uint64_t seed, arena *memory) {
    dice self = {seed, memory};
    dragoman_report *report = make(&self, 1, sizeof *report);
    report->struct_size = sizeof *report;
    report->device = device(&self);
    report->place = often(&self) ? place(&self) : NULL;
    report->patient = often(&self) ? patient(&self) : NULL;
    report->sent_at = time(&self);
    report->message_id = text(&self);
    coding(&self, &report->sender);
    report->nodes = nodes(&self);
    uint32_t count = seldom(&self) ? 0 : below(&self, seldom(&self) ? 200 : 12);
    dragoman_observation *observations = make(&self, count, sizeof *observations);
    const dragoman_order *shared = order(&self);
    int64_t base_us = (int64_t)any_size(&self) >> 8;
    for (uint32_t i = 0; i < count; i++) {
        observation(&self, shared, base_us, &observations[i]);
    }
    report->observations = DRAGOMAN_LIST(observations, count);
    uint32_t alert_count = seldom(&self) ? below(&self, 4) : 0;
    dragoman_alert *alerts = make(&self, alert_count, sizeof *alerts);
    for (uint32_t i = 0; i < alert_count; i++) {
        alert(&self, &alerts[i]);
    }
    report->alerts = DRAGOMAN_LIST(alerts, alert_count);
    uint32_t context_count = seldom(&self) ? below(&self, 4) : 0;
    dragoman_context *contexts = make(&self, context_count, sizeof *contexts);
    for (uint32_t i = 0; i < context_count; i++) {
        context(&self, &contexts[i]);
    }
    report->contexts = DRAGOMAN_LIST(contexts, context_count);
    report->device_state = report->device != NULL && seldom(&self) ? below(&self, 4) : 0;
    return report;
}

static const dragoman_code monitor_codes[][2] = {
    {{DRAGOMAN_TEXT_INIT("147842"), DRAGOMAN_TEXT_INIT("MDC_ECG_HEART_RATE"), DRAGOMAN_TEXT_INIT("MDC")},
     {DRAGOMAN_TEXT_INIT("264864"), DRAGOMAN_TEXT_INIT("MDC_DIM_BEAT_PER_MIN"), DRAGOMAN_TEXT_INIT("MDC")}},
    {{DRAGOMAN_TEXT_INIT("150456"), DRAGOMAN_TEXT_INIT("MDC_PULS_OXIM_SAT_O2"), DRAGOMAN_TEXT_INIT("MDC")},
     {DRAGOMAN_TEXT_INIT("262688"), DRAGOMAN_TEXT_INIT("MDC_DIM_PERCENT"), DRAGOMAN_TEXT_INIT("MDC")}},
    {{DRAGOMAN_TEXT_INIT("151562"), DRAGOMAN_TEXT_INIT("MDC_RESP_RATE"), DRAGOMAN_TEXT_INIT("MDC")},
     {DRAGOMAN_TEXT_INIT("264928"), DRAGOMAN_TEXT_INIT("MDC_DIM_RESP_PER_MIN"), DRAGOMAN_TEXT_INIT("MDC")}},
    {{DRAGOMAN_TEXT_INIT("150033"), DRAGOMAN_TEXT_INIT("MDC_PRESS_BLD_ART_SYS"), DRAGOMAN_TEXT_INIT("MDC")},
     {DRAGOMAN_TEXT_INIT("266016"), DRAGOMAN_TEXT_INIT("MDC_DIM_MMHG"), DRAGOMAN_TEXT_INIT("MDC")}},
    {{DRAGOMAN_TEXT_INIT("150364"), DRAGOMAN_TEXT_INIT("MDC_TEMP_BODY"), DRAGOMAN_TEXT_INIT("MDC")},
     {DRAGOMAN_TEXT_INIT("268192"), DRAGOMAN_TEXT_INIT("MDC_DIM_DEGC"), DRAGOMAN_TEXT_INIT("MDC")}},
};

dragoman_report *kit_monitor_report(uint32_t count, arena *memory) {
    dice self = {1, memory};
    dragoman_device *monitor = make(&self, 1, sizeof *monitor);
    *monitor = (dragoman_device){.struct_size = sizeof *monitor,
                                 .key = DRAGOMAN_TEXT("0012210000000001"),
                                 .manufacturer = DRAGOMAN_TEXT("Acme"),
                                 .model = DRAGOMAN_TEXT("Bedside 3")};
    dragoman_report *report = make(&self, 1, sizeof *report);
    report->struct_size = sizeof *report;
    report->device = monitor;
    report->message_id = DRAGOMAN_TEXT("20240715120000001");
    dragoman_observation *items = make(&self, count, sizeof *items);
    dragoman_value *numbers = make(&self, count, sizeof *numbers);
    for (uint32_t i = 0; i < count; i++) {
        const dragoman_code *code = monitor_codes[i % (sizeof monitor_codes / sizeof monitor_codes[0])];
        numbers[i].kind = DRAGOMAN_VALUE_DECIMAL;
        numbers[i].number = (dragoman_decimal){.mantissa = 360 + below(&self, 600), .exponent = -1};
        items[i].path = (dragoman_path){1, 1 + i % 5, 1, 1 + i % 20};
        items[i].code = (dragoman_concept){.codings = &code[0], .coding_count = 1};
        items[i].unit = code[1];
        items[i].values = DRAGOMAN_LIST(&numbers[i], 1);
        items[i].measured_at = (dragoman_time){.civil_us = INT64_C(1721044800000000) + (int64_t)i / 5 * 1000000,
                                               .offset_minutes = 120,
                                               .precision = DRAGOMAN_TIME_SECOND};
        items[i].time_is_own = 1;
        items[i].result = DRAGOMAN_RESULT_UNVALIDATED;
    }
    report->observations = DRAGOMAN_LIST(items, count);
    return report;
}

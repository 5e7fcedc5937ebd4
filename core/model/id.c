/* Derived ids; docs/decisions/ids.md says what they are made of and why. Their values never change: they stand in EHRs.
 */
#include "base/bytes.h"
#include "base/time.h"
#include "model/identity.h"
#include "model/model.h"

#define US_PER_SECOND 1000000
#define IDENTITY_WORDS 15
#define US_PER_DAY (INT64_C(86400) * US_PER_SECOND)

/* Lower case without i, l, o, u: nothing is misread, and no word comes up. */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

/* Seeds tell apart what is hashed for different purposes. */
#define SEED_DEVICE 1u
#define SEED_DEVICE_MORE 2u
#define SEED_NODE 3u
#define SEED_PATIENT 4u
#define SEED_PATIENT_MORE 5u
#define SEED_OBSERVATION 6u
#define SEED_ALERT 7u
#define SEED_ALERT_MORE 8u
#define SEED_CONTEXT 9u
#define SEED_CONTEXT_MORE 10u
#define SEED_METRIC 11u
#define SEED_VALUE 12u

/* The 64-bit words that a thing is known by, each at its own place. */
typedef struct identity_words {
    uint64_t seed;
    uint64_t words[IDENTITY_WORDS];
} identity_words;

static char *put_base32(char *to, uint64_t value, unsigned characters) {
    for (unsigned i = characters; i > 0; i--) {
        to[i - 1] = alphabet[value & 31u];
        value >>= 5;
    }
    return to + characters;
}

static char *put_digits(char *to, uint64_t value, unsigned digits) {
    for (unsigned i = digits; i > 0; i--) {
        to[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return to + digits;
}

static char *put_number(char *to, uint32_t value) {
    unsigned digits = 1;
    for (uint32_t rest = value; rest >= 10; rest /= 10) {
        digits++;
    }
    return put_digits(to, value, digits);
}

/* 128 bits of hash as 26 characters. */
static char *put_wide(char *to, uint64_t first, uint64_t second) {
    return put_base32(put_base32(to, first, 13), second, 13);
}

static size_t end_id(char *id, char *end) {
    *end = '\0';
    return (size_t)(end - id);
}

/* A text as a word: 0 when it is empty. */
static uint64_t text_word(uint64_t seed, dragoman_bytes text) {
    return text.size == 0 ? 0 : bytes_hash(text, seed);
}

/* Hashes words in little-endian order, up to the last that is not 0. */
static uint64_t hash_words(uint64_t seed, const uint64_t *words, size_t count) {
    while (count > 0 && words[count - 1] == 0) {
        count--;
    }
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are hashed as they lie in memory");
    return bytes_hash((dragoman_bytes){(const uint8_t *)words, count * sizeof *words}, seed);
}

static uint64_t finish(const identity_words *self) {
    return hash_words(self->seed, self->words, IDENTITY_WORDS);
}

static void set_path(uint64_t *words, dragoman_path path) {
    words[0] = (uint64_t)path.mds << 32 | path.vmd;
    words[1] = (uint64_t)path.channel << 32 | path.metric;
}

/* What a concept is known by: its first code and system; only without a code its words, which change with a software
 * version. */
static void set_concept(uint64_t seed, uint64_t *words, const dragoman_concept *concept) {
    const dragoman_code none = {0};
    const dragoman_code *coding = concept->coding_count > 0 ? &concept->codings[0] : &none;
    if (coding->code.size > 0) {
        words[0] = text_word(seed, coding->code);
        words[1] = text_word(seed, coding->system);
    } else {
        words[0] = text_word(seed, coding->text.size > 0 ? coding->text : concept->text);
    }
}

/* An identifier as a word: 0 when it has no value. */
static uint64_t identifier_word(uint64_t seed, const dragoman_identifier *identifier) {
    if (identifier->value.size == 0) {
        return 0;
    }
    const uint64_t words[] = {
        text_word(seed, identifier->value),
        text_word(seed, identifier->authority.size > 0 ? identifier->authority : identifier->universal)};
    return hash_words(seed, words, 2);
}

/* A moment as the clock showed it. The offset belongs to it even when it was assumed: in the hour that a change of
 * clocks repeats nothing else tells two measurements apart. */
static void set_time(uint64_t *words, dragoman_time time) {
    if (time.precision != DRAGOMAN_TIME_NONE) {
        words[0] = (uint64_t)time.civil_us;
        words[1] = (uint64_t)(int64_t)time.offset_minutes;
    }
}

/* Values are chained: each part is hashed with the hash so far as its seed. */
static uint64_t add_text(uint64_t hash, dragoman_bytes text) {
    return bytes_hash(text, hash + text.size);
}

static uint64_t add_number(uint64_t hash, uint64_t number) {
    return bytes_hash_number(number, hash);
}

static uint64_t add_time(uint64_t hash, dragoman_time time) {
    if (time.precision == DRAGOMAN_TIME_NONE) {
        return hash;
    }
    hash = add_number(hash, (uint64_t)time.civil_us);
    return add_number(hash, (uint64_t)(int64_t)time.offset_minutes);
}

static uint64_t add_exact_concept(uint64_t hash, const dragoman_concept *concept) {
    for (uint32_t i = 0; i < concept->coding_count; i++) {
        const dragoman_code *coding = &concept->codings[i];
        hash = add_text(add_text(add_text(hash, coding->code), coding->text), coding->system);
    }
    return add_text(hash, concept->text);
}

static uint64_t add_decimal(uint64_t hash, dragoman_decimal decimal) {
    hash = add_number(hash, (uint64_t)decimal.mantissa);
    return add_number(hash, (uint64_t)(uint16_t)decimal.exponent << 8 | decimal.special);
}

static uint64_t add_samples(uint64_t hash, const dragoman_samples *samples) {
    size_t size = (size_t)samples->count * samples->dimensions * samples->sample_bytes;
    hash = add_number(hash, (uint64_t)samples->period_ns);
    hash = add_decimal(add_decimal(hash, samples->scale), samples->origin);
    return add_text(hash, (dragoman_bytes){samples->data, size});
}

static uint64_t add_value(uint64_t hash, const dragoman_value *value) {
    hash = add_number(hash, (uint64_t)value->kind << 16 | (uint64_t)value->absent << 8 | value->comparator);
    switch (value->kind) {
    case DRAGOMAN_VALUE_DECIMAL:
        return add_decimal(hash, value->number);
    case DRAGOMAN_VALUE_TEXT:
        return add_text(hash, value->text);
    case DRAGOMAN_VALUE_CODE:
        return add_exact_concept(hash, &value->concept);
    case DRAGOMAN_VALUE_BITS:
        return add_number(add_number(hash, value->bits), value->bit_count);
    case DRAGOMAN_VALUE_SAMPLES:
        return add_samples(hash, value->samples);
    case DRAGOMAN_VALUE_TIME:
        return add_time(hash, value->from);
    case DRAGOMAN_VALUE_PERIOD:
        return add_time(add_number(add_time(hash, value->from), 0), value->to);
    case DRAGOMAN_VALUE_RANGE:
    case DRAGOMAN_VALUE_RATIO:
        return add_decimal(add_decimal(hash, value->number), value->other_number);
    case DRAGOMAN_VALUE_ATTACHMENT:
        return add_text(add_text(add_text(hash, value->text), value->data), value->reference);
    default:
        return hash;
    }
}

static uint64_t add_values(uint64_t hash, const dragoman_list *values) {
    for (uint32_t i = 0; i < values->count; i++) {
        hash = add_value(hash, dragoman_list_at(values, i));
    }
    return hash;
}

uint64_t identity_value(const dragoman_observation *observation) {
    uint64_t hash = add_values(SEED_VALUE + observation->status, &observation->values);
    hash = add_text(add_text(hash, observation->unit.code), observation->unit.text);
    for (uint32_t i = 0; i < observation->components.count; i++) {
        const dragoman_component *component = dragoman_list_at(&observation->components, i);
        hash = add_exact_concept(add_number(hash, component->status), &component->code);
        hash = add_text(add_text(hash, component->unit.code), component->unit.text);
        hash = add_values(hash, &component->values);
    }
    return hash;
}

/* The first five words of an observation. */
static void set_metric(uint64_t *words, const dragoman_observation *observation) {
    set_path(words, observation->path);
    set_concept(SEED_METRIC, words + 2, &observation->code);
    words[4] = text_word(SEED_METRIC, observation->sub_id);
}

uint64_t identity_metric(const dragoman_observation *observation) {
    uint64_t words[5] = {0};
    set_metric(words, observation);
    return hash_words(SEED_METRIC, words, 5);
}

/* The key that never changes: the house's where the report is stamped, else the adapter's own. */
static dragoman_bytes device_key(const model_record *record) {
    if (record->has_stamp && record->stamp.device_key.size > 0) {
        return record->stamp.device_key;
    }
    return record->report.device != NULL ? record->report.device->key : (dragoman_bytes){0};
}

static char *put_device(const model_record *record, char *to) {
    dragoman_bytes key = device_key(record);
    to = put_base32(to, bytes_hash(key, SEED_DEVICE), 13);
    return put_base32(to, bytes_hash(key, SEED_DEVICE_MORE), 3);
}

size_t model_device_id(const model_record *record, char to[MODEL_ID_BYTES]) {
    return end_id(to, put_device(record, to));
}

size_t model_node_id(const model_record *record, dragoman_path path, dragoman_bytes code, char to[MODEL_ID_BYTES]) {
    char *at = put_device(record, to);
    *at++ = '-';
    uint64_t words[3] = {0};
    set_path(words, path);
    words[2] = text_word(SEED_NODE, code);
    return end_id(to, put_base32(at, hash_words(SEED_NODE, words, 3), 13));
}

/* Types of identifiers that name a person, and not a visit, an account or a document: different words for one thing. */
static bool names_person(dragoman_bytes type) {
    static const char *const types[] = {"", "MR", "PI", "PT", "PN", "MRN"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (bytes_is(type, types[i])) {
            return true;
        }
    }
    return false;
}

static uint64_t hash_patient(const dragoman_identifier *identifier, uint64_t seed) {
    const uint64_t words[] = {
        text_word(seed, identifier->value),
        text_word(seed, identifier->authority.size > 0 ? identifier->authority : identifier->universal),
        names_person(identifier->type) ? 0 : text_word(seed, identifier->type)};
    return hash_words(seed, words, 3);
}

size_t model_patient_id(const dragoman_identifier *identifier, char to[MODEL_ID_BYTES]) {
    uint64_t first = hash_patient(identifier, SEED_PATIENT);
    return end_id(to, put_wide(to, first, hash_patient(identifier, SEED_PATIENT_MORE)));
}

/* Where an observation stands in time, and how its id says so. */
typedef enum time_source {
    SOURCE_MEASURED = 1,
    SOURCE_SENT = 2,
    SOURCE_RECEIVED = 3,
} time_source;

static bool is_dated(dragoman_time time) {
    return time.precision >= DRAGOMAN_TIME_DAY && (time.flags & DRAGOMAN_TIME_OF_DAY) == 0;
}

static dragoman_time time_of(const model_record *record, dragoman_time stated, time_source *ret_source) {
    if (is_dated(stated)) {
        *ret_source = SOURCE_MEASURED;
        return stated;
    }
    if (is_dated(record->report.sent_at)) {
        *ret_source = SOURCE_SENT;
        return record->report.sent_at;
    }
    *ret_source = SOURCE_RECEIVED;
    return record->has_stamp ? time_of_utc_us(record->stamp.received_at_us) : (dragoman_time){0};
}

/* "20240715120005" with microseconds behind it when there are any. */
static char *put_time(char *to, dragoman_time time) {
    int64_t days = time.civil_us / US_PER_DAY - (time.civil_us % US_PER_DAY < 0);
    uint64_t us = (uint64_t)(time.civil_us - days * US_PER_DAY);
    uint64_t seconds = us / US_PER_SECOND;
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    time_date(days, &year, &month, &day);
    to = put_digits(to, (uint64_t)year, 4);
    to = put_digits(to, month, 2);
    to = put_digits(to, day, 2);
    to = put_digits(to, seconds / 3600, 2);
    to = put_digits(to, seconds / 60 % 60, 2);
    to = put_digits(to, seconds % 60, 2);
    return us % US_PER_SECOND == 0 ? to : put_digits(to, us % US_PER_SECOND, 6);
}

static bool has_identifier(const dragoman_identifier *identifier) {
    return identifier->value.size > 0;
}

uint64_t identity_patient(const model_record *record) {
    const dragoman_patient *patient = record->report.patient;
    return patient == NULL || patient->identifiers.count == 0
               ? 0
               : identifier_word(SEED_OBSERVATION, dragoman_list_at(&patient->identifiers, 0));
}

/* Everything of an observation's identity but its occurrence. */
static uint64_t hash_observation(const model_record *record, const dragoman_observation *observation,
                                 uint64_t patient) {
    identity_words self = {.seed = SEED_OBSERVATION};
    time_source source = SOURCE_MEASURED;
    dragoman_time time = time_of(record, observation->measured_at, &source);
    set_metric(self.words, observation);
    set_time(self.words + 5, time);
    self.words[7] = (uint64_t)source << 32 | record->stamp.clock_epoch;
    set_time(self.words + 8, observation->measured_until);
    const dragoman_order *order = observation->order;
    self.words[10] = identifier_word(SEED_OBSERVATION, &observation->instance);
    if (order != NULL) {
        bool is_filled = has_identifier(&order->filler);
        self.words[11] = identifier_word(SEED_OBSERVATION, is_filled ? &order->filler : &order->placer);
    }
    self.words[12] = identifier_word(SEED_OBSERVATION, &observation->producer);
    bool is_named = self.words[10] != 0 || self.words[11] != 0;
    if (!is_named && (time.precision < DRAGOMAN_TIME_SECOND || time.fraction_digits == 0)) {
        /* A monitor may say several values within a second; a time without a fraction does not tell them apart. */
        self.words[13] = identity_value(observation);
    }
    /* A bed that changes hands within a second must not give one patient's value to the other. */
    self.words[14] = patient;
    return finish(&self);
}

/* Whether two observations of a report may have the same hash: cheap, and never wrong when it says no. */
static bool may_be_same(const dragoman_observation *a, const dragoman_observation *b) {
    if (a->path.metric != b->path.metric || a->path.channel != b->path.channel || a->path.vmd != b->path.vmd) {
        return false;
    }
    if (is_dated(a->measured_at) && is_dated(b->measured_at) && a->measured_at.civil_us != b->measured_at.civil_us) {
        return false;
    }
    bool has_codings = a->code.coding_count > 0 && b->code.coding_count > 0;
    return !has_codings || a->code.codings == b->code.codings ||
           bytes_equal(a->code.codings[0].code, b->code.codings[0].code);
}

uint64_t identity_observation(const model_record *record, uint32_t index, uint64_t patient) {
    return hash_observation(record, dragoman_list_at(&record->report.observations, index), patient);
}

static bool is_same_moment(dragoman_time a, dragoman_time b) {
    return a.civil_us == b.civil_us && a.precision == b.precision && a.flags == b.flags;
}

size_t model_identity_id_after(const model_record *record, uint32_t index, model_identity identity,
                               model_id_start *start, char to[MODEL_ID_BYTES]) {
    const dragoman_observation *observation = dragoman_list_at(&record->report.observations, index);
    if (start->size == 0 || !is_same_moment(start->time, observation->measured_at)) {
        time_source source = SOURCE_MEASURED;
        char *at = put_device(record, start->text);
        *at++ = '-';
        at = put_time(at, time_of(record, observation->measured_at, &source));
        *at++ = '-';
        start->size = (uint32_t)(at - start->text);
        start->time = observation->measured_at;
    }
    memcpy(to, start->text, sizeof start->text);
    char *at = put_base32(to + start->size, identity.hash, 13);
    *at++ = '-';
    return end_id(to, put_number(at, identity.occurrence));
}

size_t model_identity_id(const model_record *record, uint32_t index, model_identity identity, char to[MODEL_ID_BYTES]) {
    model_id_start start = {0};
    return model_identity_id_after(record, index, identity, &start, to);
}

size_t model_observation_id(const model_record *record, uint32_t index, char to[MODEL_ID_BYTES]) {
    const dragoman_observation *observation = dragoman_list_at(&record->report.observations, index);
    uint64_t patient = identity_patient(record);
    model_identity identity = {.hash = hash_observation(record, observation, patient)};
    for (uint32_t i = 0; i < index; i++) {
        const dragoman_observation *earlier = dragoman_list_at(&record->report.observations, i);
        if (may_be_same(earlier, observation)) {
            identity.occurrence += hash_observation(record, earlier, patient) == identity.hash;
        }
    }
    return model_identity_id(record, index, identity, to);
}

/* An alert is known by the id that all its phases carry; one without any by what it says and when. */
static uint64_t hash_alert(const model_record *record, const dragoman_alert *alert, uint64_t seed) {
    identity_words self = {.seed = seed};
    const dragoman_identifier *id = has_identifier(&alert->parent) ? &alert->parent : &alert->id;
    self.words[0] = record->stamp.clock_epoch;
    self.words[1] = identifier_word(seed, id);
    if (self.words[1] == 0) {
        time_source source = SOURCE_MEASURED;
        set_time(self.words + 2, time_of(record, alert->occurred_at, &source));
        self.words[4] = (uint64_t)source << 32 | alert->phase;
        set_path(self.words + 5, alert->path);
        set_concept(seed, self.words + 7, &alert->event);
        set_concept(seed, self.words + 9, &alert->source);
        self.words[11] = text_word(seed, alert->text);
    }
    return finish(&self);
}

size_t model_alert_id(const model_record *record, uint32_t index, char to[MODEL_ID_BYTES]) {
    const dragoman_alert *alert = dragoman_list_at(&record->report.alerts, index);
    uint64_t first = hash_alert(record, alert, SEED_ALERT);
    char *at = put_device(record, to);
    *at++ = '-';
    at = put_wide(at, first, hash_alert(record, alert, SEED_ALERT_MORE));
    return end_id(to, at);
}

static uint64_t hash_context(const model_record *record, uint32_t index, uint64_t seed) {
    const dragoman_context *context = dragoman_list_at(&record->report.contexts, index);
    const dragoman_report *report = &record->report;
    identity_words self = {.seed = seed};
    self.words[0] = text_word(seed, report->sender.code);
    self.words[1] = text_word(seed, report->sender.text);
    self.words[2] = text_word(seed, report->message_id);
    self.words[3] = text_word(seed, context->trigger);
    self.words[4] = (uint64_t)context->kind << 32 | index;
    set_time(self.words + 5, report->sent_at);
    set_time(self.words + 7, context->occurred_at);
    set_time(self.words + 9, context->recorded_at);
    if (context->patient != NULL && context->patient->identifiers.count > 0) {
        self.words[11] = identifier_word(seed, dragoman_list_at(&context->patient->identifiers, 0));
    }
    bool says_when = report->message_id.size > 0 || report->sent_at.precision != DRAGOMAN_TIME_NONE ||
                     context->occurred_at.precision != DRAGOMAN_TIME_NONE ||
                     context->recorded_at.precision != DRAGOMAN_TIME_NONE;
    self.words[12] = says_when ? 0 : (uint64_t)record->stamp.received_at_us;
    return finish(&self);
}

size_t model_context_id(const model_record *record, uint32_t index, char to[MODEL_ID_BYTES]) {
    uint64_t first = hash_context(record, index, SEED_CONTEXT);
    return end_id(to, put_wide(to, first, hash_context(record, index, SEED_CONTEXT_MORE)));
}

/* A report as text: one line for each thing in it, every member that says something. */
#include "base/bytes.h"
#include "base/decimal.h"
#include "base/time.h"
#include "kit/fake_host.h"
#include <inttypes.h>
#include <stdio.h>

#define DAY_US INT64_C(86400000000)

static void put(buffer *to, const char *word, dragoman_bytes text) {
    if (text.size > 0) {
        buffer_append_format(to, " %s=", word);
        buffer_append_bytes(to, text);
    }
}

static void put_decimal(buffer *to, dragoman_decimal number) {
    static const char *const specials[] = {"", "NaN", "NRes", "+INF", "-INF", "RES"};
    char text[DECIMAL_TEXT_BYTES];
    size_t size = decimal_write(number, text);
    buffer_append(to, text, size);
    buffer_append_text(to, specials[number.special % 6]);
}

/* As stated: only the parts that were, and the zone only if one was. */
static void put_time(buffer *to, dragoman_time time) {
    if (time.precision == DRAGOMAN_TIME_NONE) {
        buffer_append_text(to, "none");
        return;
    }
    int64_t days = time.civil_us / DAY_US - (time.civil_us % DAY_US < 0);
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    time_date(days, &year, &month, &day);
    static const char *const separators[] = {"", "-", "-", "T", ":", ":"};
    int64_t rest = time.civil_us - days * DAY_US;
    const int parts[] = {(int)year,
                         (int)month,
                         (int)day,
                         (int)(rest / 3600000000),
                         (int)(rest / 60000000 % 60),
                         (int)(rest / 1000000 % 60)};
    for (int n = (time.flags & DRAGOMAN_TIME_OF_DAY) != 0 ? 3 : 0; n < time.precision; n++) {
        buffer_append_text(to, separators[n]);
        buffer_append_format(to, n == 0 ? "%04d" : "%02d", parts[n]);
    }
    if (time.fraction_digits > 0) {
        char fraction[16];
        (void)snprintf(fraction, sizeof fraction, ".%06d", (int)(rest % 1000000));
        buffer_append(to, fraction, (size_t)time.fraction_digits + 1);
    }
    if (time.offset_minutes != DRAGOMAN_OFFSET_UNKNOWN) {
        int offset = time.offset_minutes < 0 ? -time.offset_minutes : time.offset_minutes;
        buffer_append_format(to, "%c%02d:%02d", time.offset_minutes < 0 ? '-' : '+', offset / 60, offset % 60);
    }
}

static void put_code(buffer *to, dragoman_code code) {
    buffer_append_format(to, "%.*s^%.*s^%.*s", BYTES_FORMAT(code.code), BYTES_FORMAT(code.text),
                         BYTES_FORMAT(code.system));
}

static void put_concept(buffer *to, const char *word, const dragoman_concept *concept) {
    if (concept->coding_count == 0 && concept->text.size == 0) {
        return;
    }
    buffer_append_format(to, " %s=", word);
    for (uint32_t n = 0; n < concept->coding_count; n++) {
        buffer_append_text(to, n > 0 ? "+" : "");
        put_code(to, concept->codings[n]);
    }
    if (concept->text.size > 0) {
        buffer_append_format(to, "\"%.*s\"", BYTES_FORMAT(concept->text));
    }
}

static void put_identifier(buffer *to, const char *word, const dragoman_identifier *id) {
    if (id->value.size + id->universal.size == 0) {
        return;
    }
    buffer_append_format(to, " %s=%.*s^%.*s&%.*s&%.*s^%.*s", word, BYTES_FORMAT(id->value), BYTES_FORMAT(id->authority),
                         BYTES_FORMAT(id->universal), BYTES_FORMAT(id->universal_type), BYTES_FORMAT(id->type));
}

static void put_identifiers(buffer *to, const char *word, const dragoman_list *list) {
    for (uint32_t n = 0; n < list->count; n++) {
        put_identifier(to, word, dragoman_list_at(list, n));
    }
}

static void put_samples(buffer *to, const dragoman_samples *samples) {
    uint32_t count = samples->count * samples->dimensions;
    buffer_append_format(to, "samples %ux%u period=%" PRId64 " scale=", samples->count, samples->dimensions,
                         samples->period_ns);
    put_decimal(to, samples->scale);
    buffer_append_text(to, " [");
    for (uint32_t n = 0; n < count; n++) {
        int32_t sample =
            samples->sample_bytes == 2 ? ((const int16_t *)samples->data)[n] : ((const int32_t *)samples->data)[n];
        if (samples->has_missing != 0 && sample == samples->missing) {
            buffer_append_text(to, n > 0 ? " E" : "E");
        } else {
            buffer_append_format(to, n > 0 ? " %d" : "%d", sample);
        }
    }
    buffer_append_byte(to, ']');
}

static void put_value(buffer *to, const dragoman_value *value) {
    static const char *const comparators[] = {"", "<", "<=", ">", ">="};
    static const char *const absents[] = {"present",           "unknown",        "temp-unknown", "not-asked",
                                          "not-performed",     "error",          "not-a-number", "positive-infinity",
                                          "negative-infinity", "not-applicable", "unsupported",  "masked"};
    switch (value->kind) {
    case DRAGOMAN_VALUE_NONE:
        buffer_append_format(to, "absent:%s", absents[value->absent % 12]);
        break;
    case DRAGOMAN_VALUE_DECIMAL:
        buffer_append_text(to, comparators[value->comparator % 5]);
        put_decimal(to, value->number);
        break;
    case DRAGOMAN_VALUE_TEXT:
        buffer_append_format(to, "\"%.*s\"", BYTES_FORMAT(value->text));
        break;
    case DRAGOMAN_VALUE_CODE:
        put_concept(to, "code", &value->concept);
        break;
    case DRAGOMAN_VALUE_BITS:
        buffer_append_format(to, "bits %" PRIx64 "/%u", value->bits, value->bit_count);
        break;
    case DRAGOMAN_VALUE_SAMPLES:
        put_samples(to, value->samples);
        break;
    case DRAGOMAN_VALUE_TIME:
        put_time(to, value->from);
        break;
    case DRAGOMAN_VALUE_PERIOD:
        put_time(to, value->from);
        buffer_append_text(to, "..");
        put_time(to, value->to);
        break;
    case DRAGOMAN_VALUE_RANGE:
    case DRAGOMAN_VALUE_RATIO:
        put_decimal(to, value->number);
        buffer_append_text(to, value->kind == DRAGOMAN_VALUE_RANGE ? ".." : ":");
        put_decimal(to, value->other_number);
        break;
    default:
        buffer_append_format(to, "%.*s", BYTES_FORMAT(value->text));
        put(to, "where", value->reference);
        put(to, "data", value->data);
        break;
    }
}

static void put_values(buffer *to, const dragoman_list *values) {
    for (uint32_t n = 0; n < values->count; n++) {
        buffer_append_text(to, n > 0 ? "; " : " ");
        put_value(to, dragoman_list_at(values, n));
    }
}

static void put_path(buffer *to, dragoman_path path) {
    buffer_append_format(to, " %u.%u.%u.%u", path.mds, path.vmd, path.channel, path.metric);
}

static void put_range(buffer *to, const char *word, const dragoman_range *range) {
    if (range->text.size == 0) {
        return;
    }
    buffer_append_format(to, " %s=", word);
    put_decimal(to, range->low);
    buffer_append_text(to, "..");
    put_decimal(to, range->high);
    buffer_append_format(to, "(%.*s)", BYTES_FORMAT(range->text));
}

static void put_patient(buffer *to, const char *word, const dragoman_patient *patient) {
    if (patient == NULL) {
        return;
    }
    buffer_append_format(to, " %s{", word);
    put_identifiers(to, "id", &patient->identifiers);
    for (uint32_t n = 0; n < patient->names.count; n++) {
        const dragoman_name *name = dragoman_list_at(&patient->names, n);
        buffer_append_format(to, " name=%.*s,%.*s", BYTES_FORMAT(name->family), BYTES_FORMAT(name->given));
    }
    if (patient->born_at.precision != DRAGOMAN_TIME_NONE) {
        buffer_append_text(to, " born=");
        put_time(to, patient->born_at);
    }
    put(to, "sex", patient->sex);
    put_identifier(to, "account", &patient->account);
    put_identifier(to, "visit", &patient->visit);
    put(to, "class", patient->visit_class);
    buffer_append_text(to, " }");
}

static void put_place(buffer *to, const char *word, const dragoman_place *place) {
    if (place != NULL) {
        buffer_append_format(to, " %s=%.*s/%.*s/%.*s@%.*s", word, BYTES_FORMAT(place->point_of_care),
                             BYTES_FORMAT(place->room), BYTES_FORMAT(place->bed), BYTES_FORMAT(place->facility));
    }
}

static void put_unit(buffer *to, dragoman_code unit) {
    if (unit.code.size + unit.text.size > 0) {
        buffer_append_text(to, " unit=");
        put_code(to, unit);
    }
}

static void put_components(buffer *to, const dragoman_list *list) {
    for (uint32_t n = 0; n < list->count; n++) {
        const dragoman_component *component = dragoman_list_at(list, n);
        buffer_append_text(to, " [");
        put_concept(to, "code", &component->code);
        put_values(to, &component->values);
        put_unit(to, component->unit);
        if (component->status != 0) {
            buffer_append_format(to, " status=%x", component->status);
        }
        buffer_append_text(to, " ]");
    }
}

static void put_observation(buffer *to, const dragoman_observation *o) {
    static const char *const results[] = {"unstated", "final", "preliminary", "unvalidated", "corrected",
                                          "amended",  "wrong", "cancelled",   "not-asked",   "pending"};
    static const char *const domains[] = {"device", "laboratory", "cardiac", "place"};
    buffer_append_text(to, "observation");
    put_path(to, o->path);
    put(to, "sub", o->sub_id);
    put_concept(to, "code", &o->code);
    buffer_append_text(to, " :");
    put_values(to, &o->values);
    put_unit(to, o->unit);
    put_components(to, &o->components);
    buffer_append_text(to, o->time_is_own != 0 ? " own=" : " at=");
    put_time(to, o->measured_at);
    if (o->measured_until.precision != DRAGOMAN_TIME_NONE) {
        buffer_append_text(to, "..");
        put_time(to, o->measured_until);
    }
    buffer_append_format(to, " %s %s", results[o->result % 10], domains[o->domain % 4]);
    if (o->status != 0) {
        buffer_append_format(to, " status=%x", o->status);
    }
    if (o->obtained != 0) {
        buffer_append_format(to, " obtained=%u", o->obtained);
    }
    put_concept(to, "flags", &o->flags);
    put_range(to, "alarm", &o->alarm_limits);
    put_range(to, "normal", &o->normal_range);
    put_concept(to, "site", &o->site);
    put_concept(to, "method", &o->method);
    put_identifier(to, "instance", &o->instance);
    put_identifier(to, "producer", &o->producer);
    if (o->order != NULL) {
        put_identifier(to, "filler", &o->order->filler);
        put_identifier(to, "specimen", &o->order->specimen);
        put_concept(to, "specimen-type", &o->order->specimen_type);
    }
    put(to, "note", o->note);
    buffer_append_byte(to, '\n');
}

static void put_alert(buffer *to, const dragoman_alert *a) {
    buffer_append_text(to, "alert");
    put_path(to, a->path);
    put_identifier(to, "id", &a->id);
    put_identifier(to, "parent", &a->parent);
    put_concept(to, "event", &a->event);
    put(to, "text", a->text);
    put_concept(to, "source", &a->source);
    put_values(to, &a->source_values);
    if (a->source_unit.code.size > 0) {
        buffer_append_text(to, " unit=");
        put_code(to, a->source_unit);
    }
    put_range(to, "limits", &a->limits);
    buffer_append_format(to, " phase=%u state=%u priority=%u kind=%u inactivation=%x at=", a->phase, a->state,
                         a->priority, a->kind, a->inactivation);
    put_time(to, a->occurred_at);
    buffer_append_byte(to, '\n');
}

static void put_context(buffer *to, const dragoman_context *c) {
    buffer_append_format(to, "context %u%s", c->kind, c->suspected != 0 ? " suspected" : "");
    put(to, "trigger", c->trigger);
    put_patient(to, "patient", c->patient);
    put_patient(to, "prior", c->prior_patient);
    put_place(to, "place", c->place);
    put_place(to, "from", c->prior_place);
    buffer_append_text(to, " at=");
    put_time(to, c->occurred_at);
    buffer_append_byte(to, '\n');
}

void fake_host_write_report(const dragoman_report *report, buffer *to) {
    buffer_append_text(to, "report");
    if (report->device != NULL) {
        put(to, "device", report->device->key);
        put_concept(to, "type", &report->device->type);
        put_identifiers(to, "id", &report->device->identifiers);
        put(to, "maker", report->device->manufacturer);
        put(to, "model", report->device->model);
        put(to, "serial", report->device->serial);
        for (uint32_t n = 0; n < report->device->versions.count; n++) {
            const dragoman_version *version = dragoman_list_at(&report->device->versions, n);
            buffer_append_format(to, " %.*s=%.*s", BYTES_FORMAT(version->part), BYTES_FORMAT(version->value));
        }
    }
    put_patient(to, "patient", report->patient);
    put_place(to, "place", report->place);
    put(to, "message", report->message_id);
    if (report->device_state != DRAGOMAN_DEVICE_NOT_SAID) {
        buffer_append_format(to, " state=%u", report->device_state);
    }
    buffer_append_byte(to, '\n');
    for (uint32_t n = 0; n < report->nodes.count; n++) {
        const dragoman_node *node = dragoman_list_at(&report->nodes, n);
        buffer_append_text(to, "node");
        put_path(to, node->path);
        put_concept(to, "type", &node->type);
        buffer_append_byte(to, '\n');
    }
    for (uint32_t n = 0; n < report->observations.count; n++) {
        put_observation(to, dragoman_list_at(&report->observations, n));
    }
    for (uint32_t n = 0; n < report->alerts.count; n++) {
        put_alert(to, dragoman_list_at(&report->alerts, n));
    }
    for (uint32_t n = 0; n < report->contexts.count; n++) {
        put_context(to, dragoman_list_at(&report->contexts, n));
    }
}

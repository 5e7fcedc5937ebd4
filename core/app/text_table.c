#include "app/text_table.h"

#include "base/bytes.h"
#include "base/decimal.h"
#include "base/time.h"

#define NAME_COLUMN 34
#define VALUE_COLUMN 22

static const char *const absent_words[] = {
    [DRAGOMAN_PRESENT] = "",
    [DRAGOMAN_ABSENT_UNKNOWN] = "no value",
    [DRAGOMAN_ABSENT_TEMPORARILY_UNKNOWN] = "not yet",
    [DRAGOMAN_ABSENT_NOT_ASKED] = "not asked",
    [DRAGOMAN_ABSENT_NOT_PERFORMED] = "not measured",
    [DRAGOMAN_ABSENT_ERROR] = "measuring error",
    [DRAGOMAN_ABSENT_NOT_A_NUMBER] = "not a number",
    [DRAGOMAN_ABSENT_POSITIVE_INFINITY] = "above all numbers",
    [DRAGOMAN_ABSENT_NEGATIVE_INFINITY] = "below all numbers",
    [DRAGOMAN_ABSENT_NOT_APPLICABLE] = "not applicable",
    [DRAGOMAN_ABSENT_UNSUPPORTED] = "not supported",
    [DRAGOMAN_ABSENT_MASKED] = "masked",
};

static const struct {
    uint32_t bit;
    const char *word;
} status_words[] = {
    {DRAGOMAN_STATUS_INVALID, "invalid"},
    {DRAGOMAN_STATUS_QUESTIONABLE, "questionable"},
    {DRAGOMAN_STATUS_NOT_AVAILABLE, "not available"},
    {DRAGOMAN_STATUS_CALIBRATING, "calibrating"},
    {DRAGOMAN_STATUS_TEST_DATA, "test"},
    {DRAGOMAN_STATUS_DEMO_DATA, "demo"},
    {DRAGOMAN_STATUS_VALIDATED, "validated"},
    {DRAGOMAN_STATUS_EARLY, "early"},
    {DRAGOMAN_STATUS_ONGOING, "measuring"},
    {DRAGOMAN_STATUS_IN_ALARM, "ALARM"},
    {DRAGOMAN_STATUS_ALARM_INHIBITED, "alarm off"},
    {DRAGOMAN_STATUS_OVERFLOW, "above scale"},
    {DRAGOMAN_STATUS_UNDERFLOW, "below scale"},
    {DRAGOMAN_STATUS_PROBE_OFF, "probe off"},
    {DRAGOMAN_STATUS_NO_INFORMATION, "no information"},
    {DRAGOMAN_STATUS_CODE_MISMATCH, "code and name disagree"},
};

static void append_number(dragoman_decimal number, buffer *to) {
    char text[DECIMAL_TEXT_BYTES];
    if (number.special == DRAGOMAN_FINITE) {
        buffer_append(to, text, decimal_write(number, text));
    } else {
        buffer_append_text(to, "-");
    }
}

static void append_time(dragoman_time time, buffer *to) {
    char text[TIME_TEXT_BYTES];
    buffer_append(to, text, time_write_fhir(time, text));
}

/* Words that a person would show for a concept, best first. */
static dragoman_bytes concept_words(const dragoman_concept *concept) {
    if (concept->text.size > 0) {
        return concept->text;
    }
    for (uint32_t i = 0; i < concept->coding_count; i++) {
        if (concept->codings[i].text.size > 0) {
            return concept->codings[i].text;
        }
    }
    return concept->coding_count > 0 ? concept->codings[0].code : DRAGOMAN_TEXT("?");
}

static void append_value(const dragoman_value *value, buffer *to) {
    static const char *const comparators[] = {"", "<", "<=", ">", ">="};
    switch (value->kind) {
    case DRAGOMAN_VALUE_DECIMAL:
        buffer_append_text(to, comparators[value->comparator <= DRAGOMAN_GREATER_OR_EQUAL ? value->comparator : 0]);
        append_number(value->number, to);
        break;
    case DRAGOMAN_VALUE_TEXT:
        buffer_append_bytes(to, value->text);
        break;
    case DRAGOMAN_VALUE_CODE:
        buffer_append_bytes(to, concept_words(&value->concept));
        break;
    case DRAGOMAN_VALUE_BITS:
        buffer_append_format(to, "bits %llx", (unsigned long long)value->bits);
        break;
    case DRAGOMAN_VALUE_SAMPLES:
        buffer_append_format(to, "%u samples", value->samples == NULL ? 0 : value->samples->count);
        break;
    case DRAGOMAN_VALUE_TIME:
        append_time(value->from, to);
        break;
    case DRAGOMAN_VALUE_PERIOD:
        append_time(value->from, to);
        buffer_append_text(to, " to ");
        append_time(value->to, to);
        break;
    case DRAGOMAN_VALUE_RANGE:
        append_number(value->number, to);
        buffer_append_text(to, "..");
        append_number(value->other_number, to);
        break;
    case DRAGOMAN_VALUE_RATIO:
        append_number(value->number, to);
        buffer_append_text(to, ":");
        append_number(value->other_number, to);
        break;
    case DRAGOMAN_VALUE_ATTACHMENT:
        buffer_append_text(to, "attachment");
        break;
    default:
        buffer_append_format(to, "-- (%s)", absent_words[value->absent <= DRAGOMAN_ABSENT_MASKED ? value->absent : 1]);
        break;
    }
}

void text_table_value(const dragoman_observation *observation, const terms_meaning *meaning, buffer *to) {
    bool has_value = false;
    if (meaning->absent != DRAGOMAN_PRESENT) {
        buffer_append_format(to, "-- (%s)",
                             absent_words[meaning->absent <= DRAGOMAN_ABSENT_MASKED ? meaning->absent : 1]);
        return;
    }
    for (uint32_t i = 0; i < observation->values.count; i++) {
        const dragoman_value *value = dragoman_list_at(&observation->values, i);
        buffer_append_text(to, i == 0 ? "" : ", ");
        append_value(value, to);
        has_value = has_value || value->kind != DRAGOMAN_VALUE_NONE;
    }
    dragoman_bytes unit = meaning->unit_text.size > 0 ? meaning->unit_text : meaning->ucum;
    if (has_value && unit.size > 0) {
        buffer_append_text(to, " ");
        buffer_append_bytes(to, unit);
    }
}

/* Blanks up to `column`, counted in characters from `start`. */
static void pad(buffer *to, size_t start, size_t column) {
    size_t width = 0;
    for (size_t i = start; i < to->size; i++) {
        width += (to->data[i] & 0xC0) != 0x80;
    }
    do {
        buffer_append_byte(to, ' ');
        width++;
    } while (width < column);
}

static void append_range(const char *name, const dragoman_range *range, buffer *to) {
    if (range->text.size == 0) {
        return;
    }
    buffer_append_format(to, " %s ", name);
    buffer_append_bytes(to, range->text);
}

static void append_observation(const dragoman_observation *observation, const terms_meaning *meaning, buffer *to) {
    size_t start = to->size;
    buffer_append_text(to, "  ");
    if (meaning->term != NULL && !meaning->is_mismatch) {
        buffer_append_text(to, meaning->term->name);
    } else {
        buffer_append_bytes(to, concept_words(&observation->code));
    }
    pad(to, start, NAME_COLUMN);
    start = to->size;
    text_table_value(observation, meaning, to);
    pad(to, start, VALUE_COLUMN);
    append_time(observation->measured_at, to);
    append_range("limits", &observation->alarm_limits, to);
    append_range("normal", &observation->normal_range, to);
    for (size_t i = 0; i < sizeof(status_words) / sizeof(status_words[0]); i++) {
        if ((observation->status & status_words[i].bit) != 0) {
            buffer_append_format(to, " %s", status_words[i].word);
        }
    }
    for (uint32_t i = 0; i < observation->flags.coding_count; i++) {
        buffer_append_text(to, " ");
        buffer_append_bytes(to, observation->flags.codings[i].code);
    }
    if (meaning->mdc == 0 && meaning->loinc_count == 0) {
        buffer_append_text(to, " (unmapped)");
    }
    buffer_append_text(to, "\n");
}

static void append_alert(const dragoman_alert *alert, buffer *to) {
    static const char *const phases[] = {"",         "start",      "continue", "end",    "update",
                                         "escalate", "deescalate", "reset",    "present"};
    static const char *const priorities[] = {"", "no", "low", "medium", "high"};
    buffer_append_text(to, "  ALERT ");
    buffer_append_bytes(to, alert->text.size > 0 ? alert->text : concept_words(&alert->event));
    buffer_append_format(to, " %s priority %s ", phases[alert->phase <= DRAGOMAN_PHASE_PRESENT ? alert->phase : 0],
                         priorities[alert->priority <= DRAGOMAN_PRIORITY_HIGH ? alert->priority : 0]);
    append_time(alert->occurred_at, to);
    buffer_append_text(to, "\n");
}

static void append_place(const dragoman_place *place, buffer *to) {
    const dragoman_bytes parts[] = {place->facility, place->point_of_care, place->room, place->bed};
    const char *between = "";
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].size > 0) {
            buffer_append_text(to, between);
            buffer_append_bytes(to, parts[i]);
            between = "/";
        }
    }
}

static void append_patient(const dragoman_patient *patient, buffer *to) {
    if (patient->names.count > 0) {
        const dragoman_name *name = dragoman_list_at(&patient->names, 0);
        buffer_append_bytes(to, name->family);
        buffer_append_text(to, name->given.size > 0 ? ", " : "");
        buffer_append_bytes(to, name->given);
        buffer_append_text(to, " ");
    }
    if (patient->identifiers.count > 0) {
        const dragoman_identifier *id = dragoman_list_at(&patient->identifiers, 0);
        buffer_append_format(to, "(%.*s)", BYTES_FORMAT(id->value));
    }
}

static void append_context(const dragoman_context *context, buffer *to) {
    buffer_append_format(to, "  %.*s%s ", BYTES_FORMAT(context->trigger),
                         context->suspected ? " (suspected move)" : "");
    if (context->patient != NULL) {
        append_patient(context->patient, to);
    }
    if (context->prior_place != NULL) {
        buffer_append_text(to, " from ");
        append_place(context->prior_place, to);
    }
    if (context->place != NULL) {
        buffer_append_text(to, " in ");
        append_place(context->place, to);
    }
    buffer_append_text(to, " ");
    append_time(context->occurred_at, to);
    buffer_append_text(to, "\n");
}

void text_table_write(const model_record *record, const terms_meanings *meanings, buffer *to) {
    const dragoman_report *report = &record->report;
    append_time(report->sent_at, to);
    buffer_append_text(to, "  ");
    if (report->place != NULL) {
        append_place(report->place, to);
        buffer_append_text(to, "  ");
    }
    if (report->patient != NULL) {
        append_patient(report->patient, to);
    } else if (report->observations.count > 0) {
        buffer_append_text(to, "(no patient named)");
    }
    if (report->device != NULL) {
        buffer_append_format(to, "  %.*s", BYTES_FORMAT(report->device->key));
    }
    buffer_append_text(to, "\n");
    for (uint32_t i = 0; i < report->observations.count; i++) {
        append_observation(dragoman_list_at(&report->observations, i), &meanings->observations[i], to);
    }
    for (uint32_t i = 0; i < report->alerts.count; i++) {
        append_alert(dragoman_list_at(&report->alerts, i), to);
    }
    for (uint32_t i = 0; i < report->contexts.count; i++) {
        append_context(dragoman_list_at(&report->contexts, i), to);
    }
}

#include "app/text_table.h"

#include "base/bytes.h"
#include "base/decimal.h"
#include "base/time.h"

/* The columns of an observation. A cell that is wider than its column may grow pushes only its own line. */
enum { CELL_NAME, CELL_VALUE, CELL_TIME, CELL_NOTES, CELLS };
static const size_t widest[CELLS] = {44, 32, 32, 0};

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
    buffer_append(to, text, time_write_stated(time, text));
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
        buffer_append_format(to, "attachment %.*s", BYTES_FORMAT(value->text));
        if (value->reference.size > 0) {
            buffer_append_format(to, " at %.*s", BYTES_FORMAT(value->reference));
        } else {
            buffer_append_format(to, ", %zu bytes", value->data.size);
        }
        break;
    default:
        buffer_append_format(to, "-- (%s)", absent_words[value->absent <= DRAGOMAN_ABSENT_MASKED ? value->absent : 1]);
        break;
    }
}

static dragoman_bytes unit_of(const terms_meaning *meaning) {
    return meaning->unit_text.size > 0 ? meaning->unit_text : meaning->ucum;
}

static void append_unit(bool is_due, const terms_meaning *meaning, buffer *to) {
    if (is_due && unit_of(meaning).size > 0) {
        buffer_append_text(to, " ");
        buffer_append_bytes(to, unit_of(meaning));
    }
}

static void append_values(const dragoman_observation *observation, const terms_meaning *meaning, bool has_unit,
                          buffer *to) {
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
        has_value = has_value || (has_unit && value->kind != DRAGOMAN_VALUE_NONE);
    }
    append_unit(has_value, meaning, to);
}

/* Behind systolic and diastolic pressure the mean is a remark: by the numbering of groups it is their fourth term. */
static bool is_mean(const terms_meaning *group, const terms_meaning *part) {
    return group->mdc != 0 && part->mdc == group->mdc + 3;
}

/* The parts of a compound in their order: "120/80 (96) mm[Hg]". Their one unit stands behind them, several behind each.
 */
static void append_components(const dragoman_observation *observation, const terms_meaning *meaning,
                              const terms_meaning *parts, bool has_unit, buffer *to) {
    const terms_meaning unknown = {.mdc = 0};
    bool is_alike = true;
    for (uint32_t i = 1; parts != NULL && i < observation->components.count; i++) {
        is_alike = is_alike && bytes_equal(unit_of(&parts[i]), unit_of(&parts[0]));
    }
    for (uint32_t i = 0; i < observation->components.count; i++) {
        const dragoman_component *component = dragoman_list_at(&observation->components, i);
        bool has_value = component->values.count > 0;
        bool is_remark = i == 2 && parts != NULL && is_mean(meaning, &parts[i]);
        buffer_append_text(to, i == 0 ? "" : is_remark ? " (" : "/");
        if (has_value) {
            append_value(dragoman_list_at(&component->values, 0), to);
        } else {
            buffer_append_text(to, "--");
        }
        buffer_append_text(to, is_remark ? ")" : "");
        bool is_last = i + 1 == observation->components.count;
        append_unit(has_unit && (is_last || !is_alike), parts == NULL ? &unknown : &parts[i], to);
    }
}

void text_table_value(const dragoman_observation *observation, const terms_meaning *meaning, const terms_meaning *parts,
                      bool has_unit, buffer *to) {
    if (meaning->absent != DRAGOMAN_PRESENT || observation->values.count > 0) {
        append_values(observation, meaning, has_unit, to);
    } else {
        append_components(observation, meaning, parts, has_unit, to);
    }
}

/* Ends a line: no blanks behind it, and no control characters in it, which could lead a terminal astray. */
static void end_line(size_t start, buffer *to) {
    if (to->failed) {
        return;
    }
    for (size_t i = start; i < to->size; i++) {
        bool is_control = to->data[i] < ' ' || to->data[i] == 0x7F;
        /* U+0080 to U+009F are control characters too. */
        bool is_second = i > start && to->data[i - 1] == 0xC2 && to->data[i] < 0xA0 && to->data[i] >= 0x80;
        if (is_second) {
            to->data[i] = 0xA0;
        }
        to->data[i] = is_control ? ' ' : to->data[i];
    }
    while (to->size > start && to->data[to->size - 1] == ' ') {
        to->size--;
    }
    buffer_append_text(to, "\n");
}

/* Characters from `start` to the end. */
static size_t width_from(const buffer *of, size_t start) {
    size_t width = 0;
    for (size_t i = start; i < of->size; i++) {
        width += (of->data[i] & 0xC0) != 0x80;
    }
    return width;
}

static void append_note(const char *about, dragoman_bytes note, size_t start, buffer *to) {
    if (note.size > 0) {
        buffer_append_text(to, to->size > start ? ", " : "");
        buffer_append_text(to, about);
        buffer_append_bytes(to, note);
    }
}

static void append_notes(const dragoman_observation *observation, const terms_meaning *meaning, buffer *to) {
    size_t start = to->size;
    append_note("limits ", observation->alarm_limits.text, start, to);
    append_note("normal ", observation->normal_range.text, start, to);
    for (size_t i = 0; i < sizeof(status_words) / sizeof(status_words[0]); i++) {
        if ((observation->status & status_words[i].bit) != 0) {
            append_note("", bytes_of(status_words[i].word), start, to);
        }
    }
    for (uint32_t i = 0; i < observation->flags.coding_count; i++) {
        append_note("", observation->flags.codings[i].code, start, to);
    }
    if (meaning->mdc == 0 && meaning->loinc_count == 0) {
        append_note("", DRAGOMAN_TEXT("unmapped"), start, to);
    }
}

/* A cell of observation `index`. */
static void append_cell(int cell, const model_record *record, const terms_meanings *meanings, uint32_t index,
                        buffer *to) {
    const dragoman_observation *observation = dragoman_list_at(&record->report.observations, index);
    const terms_meaning *meaning = &meanings->observations[index];
    const terms_meaning *parts = meanings->components == NULL ? NULL : meanings->components[index];
    switch (cell) {
    case CELL_NAME:
        if (meaning->term != NULL && !meaning->is_mismatch) {
            buffer_append_text(to, meaning->term->name);
        } else {
            buffer_append_bytes(to, concept_words(&observation->code));
        }
        break;
    case CELL_VALUE:
        text_table_value(observation, meaning, parts, true, to);
        break;
    case CELL_TIME:
        append_time(observation->measured_at, to);
        break;
    default:
        append_notes(observation, meaning, to);
        break;
    }
}

/* Every column as wide as its widest cell, if that is not wider than it may grow. */
static void measure(const model_record *record, const terms_meanings *meanings, size_t widths[CELLS]) {
    buffer scratch;
    buffer_init(&scratch);
    for (uint32_t i = 0; i < record->report.observations.count; i++) {
        for (int cell = 0; cell < CELLS; cell++) {
            scratch.size = 0;
            append_cell(cell, record, meanings, i, &scratch);
            size_t width = width_from(&scratch, 0);
            widths[cell] = width > widths[cell] && width <= widest[cell] ? width : widths[cell];
        }
    }
    buffer_fini(&scratch);
}

static void append_observation(const model_record *record, const terms_meanings *meanings, uint32_t index,
                               const size_t widths[CELLS], buffer *to) {
    size_t line = to->size;
    size_t blanks = 2;
    for (int cell = 0; cell < CELLS; cell++) {
        size_t start = to->size + blanks;
        for (size_t i = 0; i < blanks; i++) {
            buffer_append_byte(to, ' ');
        }
        append_cell(cell, record, meanings, index, to);
        size_t width = to->failed ? 0 : width_from(to, start);
        blanks = 2 + (width < widths[cell] ? widths[cell] - width : 0);
    }
    end_line(line, to);
}

static void append_alert(const dragoman_alert *alert, buffer *to) {
    static const char *const phases[] = {"",         "start",      "continue", "end",    "update",
                                         "escalate", "deescalate", "reset",    "present"};
    static const char *const priorities[] = {"", "no priority", "low priority", "medium priority", "high priority"};
    size_t start = to->size;
    buffer_append_text(to, "  ALERT ");
    buffer_append_bytes(to, alert->text.size > 0 ? alert->text : concept_words(&alert->event));
    const char *phase = phases[alert->phase <= DRAGOMAN_PHASE_PRESENT ? alert->phase : 0];
    const char *priority = priorities[alert->priority <= DRAGOMAN_PRIORITY_HIGH ? alert->priority : 0];
    append_note("", bytes_of(phase), start, to);
    append_note("", bytes_of(priority), start, to);
    buffer_append_text(to, ", ");
    append_time(alert->occurred_at, to);
    end_line(start, to);
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

static const char *const context_words[] = {
    [DRAGOMAN_CONTEXT_NONE] = "event",
    [DRAGOMAN_CONTEXT_ADMIT] = "admitted",
    [DRAGOMAN_CONTEXT_PREADMIT] = "to be admitted",
    [DRAGOMAN_CONTEXT_TRANSFER] = "moved",
    [DRAGOMAN_CONTEXT_DISCHARGE] = "discharged",
    [DRAGOMAN_CONTEXT_UPDATE] = "updated",
    [DRAGOMAN_CONTEXT_SWAP] = "swapped beds",
    [DRAGOMAN_CONTEXT_LEAVE] = "on leave",
    [DRAGOMAN_CONTEXT_RETURN] = "back from leave",
    [DRAGOMAN_CONTEXT_MERGE] = "records merged",
    [DRAGOMAN_CONTEXT_MOVE] = "account or visit moved",
    [DRAGOMAN_CONTEXT_CHANGE_ID] = "identifier changed",
    [DRAGOMAN_CONTEXT_LINK_PATIENTS] = "linked with another patient",
    [DRAGOMAN_CONTEXT_UNLINK_PATIENTS] = "no longer linked with another patient",
    [DRAGOMAN_CONTEXT_CANCEL_ADMIT] = "admission cancelled",
    [DRAGOMAN_CONTEXT_CANCEL_TRANSFER] = "move cancelled",
    [DRAGOMAN_CONTEXT_CANCEL_DISCHARGE] = "discharge cancelled",
    [DRAGOMAN_CONTEXT_PENDING] = "announced",
    [DRAGOMAN_CONTEXT_CHANGE_CLASS] = "in or out changed",
    [DRAGOMAN_CONTEXT_TRACK] = "on the way",
    [DRAGOMAN_CONTEXT_DEVICE_LINK] = "device linked",
    [DRAGOMAN_CONTEXT_DEVICE_UNLINK] = "device unlinked",
    [DRAGOMAN_CONTEXT_CANCEL_PENDING] = "announcement cancelled",
};

/* "A02 moved: Keller, Hanna (4001), from ICU2/12/3, now ICU2/14/1, 2026-06-01T11:50:00+02:00". */
static void append_context(const dragoman_context *context, buffer *to) {
    size_t start = to->size;
    uint32_t kind = context->kind <= DRAGOMAN_CONTEXT_CANCEL_PENDING ? context->kind : DRAGOMAN_CONTEXT_NONE;
    buffer_append_format(to, "  %.*s%s%s%s:", BYTES_FORMAT(context->trigger), context->trigger.size > 0 ? " " : "",
                         context_words[kind], context->suspected ? " (it seems)" : "");
    if (context->patient != NULL) {
        buffer_append_text(to, " ");
        append_patient(context->patient, to);
    }
    if (context->prior_patient != NULL) {
        buffer_append_text(to, ", before: ");
        append_patient(context->prior_patient, to);
    }
    if (context->prior_place != NULL) {
        buffer_append_text(to, ", from ");
        append_place(context->prior_place, to);
    }
    if (context->place != NULL) {
        buffer_append_text(to, ", now ");
        append_place(context->place, to);
    }
    buffer_append_text(to, ", ");
    append_time(context->occurred_at, to);
    end_line(start, to);
}

static void append_gap(size_t start, buffer *to) {
    buffer_append_text(to, to->size > start ? "  " : "");
}

/* Who, where and when; nothing is said twice, and what is not known leaves no hole. */
static void append_head(const dragoman_report *report, buffer *to) {
    size_t start = to->size;
    append_time(report->sent_at, to);
    if (report->place != NULL) {
        append_gap(start, to);
        append_place(report->place, to);
    }
    if (report->patient != NULL) {
        append_gap(start, to);
        append_patient(report->patient, to);
    } else if (report->observations.count > 0) {
        append_gap(start, to);
        buffer_append_text(to, "(no patient named)");
    }
    if (report->device != NULL && report->device->key.size > 0) {
        append_gap(start, to);
        buffer_append_format(to, "from %.*s", BYTES_FORMAT(report->device->key));
    }
    if (report->device_state != DRAGOMAN_DEVICE_NOT_SAID && report->device_state <= DRAGOMAN_DEVICE_GONE) {
        static const char *const states[] = {"", "live", "stale", "gone"};
        append_gap(start, to);
        buffer_append_text(to, states[report->device_state]);
    }
    end_line(start, to);
}

void text_table_write(const model_record *record, const terms_meanings *meanings, buffer *to) {
    const dragoman_report *report = &record->report;
    size_t widths[CELLS] = {0};
    append_head(report, to);
    measure(record, meanings, widths);
    for (uint32_t i = 0; i < report->observations.count; i++) {
        append_observation(record, meanings, i, widths, to);
    }
    for (uint32_t i = 0; i < report->alerts.count; i++) {
        append_alert(dragoman_list_at(&report->alerts, i), to);
    }
    for (uint32_t i = 0; i < report->contexts.count; i++) {
        append_context(dragoman_list_at(&report->contexts, i), to);
    }
}

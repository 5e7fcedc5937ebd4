/* Alerts: the facets of IHE ACM (ORU^R40), their older form packed into OBX-8, and Philips' alert rows. */
#include "translation.h"
#include "value.h"

#define FACETS 7
#define MDC_EVT_ALARM 196616
#define MDC_ATTR_ALERT_SOURCE 68480

typedef struct word_row {
    const char *word;
    uint32_t value;
} word_row;

static const word_row phases[] = {
    {"start", DRAGOMAN_PHASE_START},
    {"continue", DRAGOMAN_PHASE_CONTINUE},
    {"end", DRAGOMAN_PHASE_END},
    {"update", DRAGOMAN_PHASE_UPDATE},
    {"escalate", DRAGOMAN_PHASE_ESCALATE},
    {"deescalate", DRAGOMAN_PHASE_DEESCALATE},
    {"de-escalate", DRAGOMAN_PHASE_DEESCALATE},
    {"reset", DRAGOMAN_PHASE_RESET},
    {"present", DRAGOMAN_PHASE_PRESENT},
    {"tpoint", DRAGOMAN_PHASE_PRESENT},
};
static const word_row states[] = {
    {"inactive", DRAGOMAN_STATE_INACTIVE},
    {"active", DRAGOMAN_STATE_ACTIVE},
    {"latched", DRAGOMAN_STATE_LATCHED},
};
static const word_row inactivations[] = {
    {"enabled", DRAGOMAN_ALERT_ENABLED},           {"audio-paused", DRAGOMAN_ALERT_AUDIO_PAUSED},
    {"audio-off", DRAGOMAN_ALERT_AUDIO_OFF},       {"alarm-paused", DRAGOMAN_ALERT_ALARM_PAUSED},
    {"alarm-off", DRAGOMAN_ALERT_ALARM_OFF},       {"alert-acknowledged", DRAGOMAN_ALERT_ACKNOWLEDGED},
    {"acknowledged", DRAGOMAN_ALERT_ACKNOWLEDGED},
};
static const word_row priorities[] = {
    {"PN", DRAGOMAN_PRIORITY_NONE},
    {"PL", DRAGOMAN_PRIORITY_LOW},
    {"PM", DRAGOMAN_PRIORITY_MEDIUM},
    {"PH", DRAGOMAN_PRIORITY_HIGH},
};
static const word_row kinds[] = {
    {"SP", DRAGOMAN_ALERT_PHYSIOLOGICAL},
    {"ST", DRAGOMAN_ALERT_TECHNICAL},
    {"SA", DRAGOMAN_ALERT_ADVISORY},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool same_word(dragoman_bytes text, const char *word) {
    for (size_t n = 0; n < text.size; n++) {
        uint8_t byte = text.data[n];
        byte = byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte - 'A' + 'a') : byte;
        uint8_t wanted = (uint8_t)word[n];
        wanted = wanted >= 'A' && wanted <= 'Z' ? (uint8_t)(wanted - 'A' + 'a') : wanted;
        if (byte != wanted || wanted == 0) {
            return false;
        }
    }
    return text.size > 0 && word[text.size] == 0;
}

/* All values of a table that a field's repetitions name, or-ed; 0 when none. */
static uint32_t read_words(hl7v2_message *message, dragoman_bytes field, const word_row *rows, size_t count) {
    uint32_t found = 0;
    dragoman_bytes repetition = {NULL, 0};
    while (field.size > 0 && hl7v2_cut(&field, message->delimiters.repetition, &repetition)) {
        dragoman_bytes word = hl7v2_word(message, hl7v2_component(message, repetition, 1));
        for (size_t n = 0; n < count; n++) {
            found |= same_word(word, rows[n].word) ? rows[n].value : 0;
        }
    }
    return found;
}

static uint32_t read_word(hl7v2_message *message, dragoman_bytes field, const word_row *rows, size_t count) {
    return read_words(message, hl7v2_component(message, field, 1), rows, count);
}

/* OBX-8 of the older form: any of abnormality, priority and kind, in any order. */
static void read_packed(hl7v2_message *message, dragoman_bytes field, dragoman_alert *alert) {
    dragoman_bytes repetition = {NULL, 0};
    while (field.size > 0 && hl7v2_cut(&field, message->delimiters.repetition, &repetition)) {
        uint32_t priority = read_word(message, repetition, priorities, COUNT(priorities));
        uint32_t kind = read_word(message, repetition, kinds, COUNT(kinds));
        alert->priority = alert->priority == 0 ? (uint8_t)priority : alert->priority;
        alert->kind = alert->kind == 0 ? (uint8_t)kind : alert->kind;
    }
}

/* OBR-29: the placer's and the filler's number of the first report; the filler's is what its OBR-3 said. */
static dragoman_identifier read_parent(hl7v2_message *message, dragoman_bytes field) {
    dragoman_bytes part = hl7v2_component(message, field, 2);
    part = part.size > 0 ? part : hl7v2_component(message, field, 1);
    return (dragoman_identifier){.value = hl7v2_word(message, hl7v2_subcomponent(message, part, 1)),
                                 .authority = hl7v2_word(message, hl7v2_subcomponent(message, part, 2)),
                                 .universal = hl7v2_word(message, hl7v2_subcomponent(message, part, 3)),
                                 .universal_type = hl7v2_word(message, hl7v2_subcomponent(message, part, 4))};
}

static bool names_no_event(const dragoman_concept *code) {
    return hl7v2_mdc_of(code) == MDC_EVT_ALARM;
}

static void read_event(hl7v2_translation *t, const hl7v2_row *row, dragoman_alert *alert) {
    hl7v2_message *message = &t->message;
    dragoman_bytes value = hl7v2_field(row->segment, 5);
    bool is_own = false;
    hl7v2_order_time(t, hl7v2_field(row->segment, 14), &alert->occurred_at, &is_own);
    hl7v2_components c;
    hl7v2_split(message, value, &c);
    if (names_no_event(&row->code) && c.part[0].size > 0 && c.part[2].size > 0) {
        alert->event = hl7v2_concept_of(message, &c);
        alert->text = alert->event.text;
        return;
    }
    alert->event = row->code;
    alert->text = hl7v2_word(message, value);
}

static bool says_source(const hl7v2_row *row) {
    for (uint32_t n = 0; n < row->code.coding_count; n++) {
        if (hl7v2_is(row->code.codings[n].text, "MDC_ATTR_ALERT_SOURCE")) {
            return true;
        }
    }
    return hl7v2_mdc_of(&row->code) == MDC_ATTR_ALERT_SOURCE;
}

static void read_source(hl7v2_translation *t, const hl7v2_row *row, dragoman_alert *alert) {
    hl7v2_message *message = &t->message;
    if (says_source(row)) {
        hl7v2_components c;
        hl7v2_split(message, hl7v2_field(row->segment, 5), &c);
        dragoman_bytes word = hl7v2_word(message, c.part[0]);
        if (c.part[2].size > 0) {
            alert->source = hl7v2_concept_of(message, &c);
        } else if (word.size > 0) {
            alert->source = (dragoman_concept){.text = word};
        }
        return;
    }
    dragoman_observation value = {0};
    dragoman_samples *samples = NULL;
    if (!hl7v2_row_values(t, row, &value, &samples)) {
        return;
    }
    alert->source = row->code;
    alert->source_values = value.values;
    alert->source_unit = value.unit;
    alert->limits = hl7v2_range_read(message, hl7v2_field(row->segment, 7));
}

static void read_facet(hl7v2_translation *t, const hl7v2_row *row, dragoman_alert *alert) {
    hl7v2_message *message = &t->message;
    dragoman_bytes value = hl7v2_field(row->segment, 5);
    switch (row->facet) {
    case 1:
        read_event(t, row, alert);
        break;
    case 2:
        read_source(t, row, alert);
        break;
    case 3:
        alert->phase = (uint8_t)read_word(message, value, phases, COUNT(phases));
        break;
    case 4:
        alert->state = (uint8_t)read_word(message, value, states, COUNT(states));
        break;
    case 5:
        alert->inactivation = read_words(message, value, inactivations, COUNT(inactivations));
        break;
    case 6: {
        uint32_t priority = read_word(message, value, priorities, COUNT(priorities));
        alert->priority = priority != 0 ? (uint8_t)priority : alert->priority;
        break;
    }
    default: {
        uint32_t kind = read_word(message, value, kinds, COUNT(kinds));
        alert->kind = kind != 0 ? (uint8_t)kind : alert->kind;
        break;
    }
    }
    read_packed(message, hl7v2_field(row->segment, 8), alert);
}

/* The alert of this order and path, begun when this is its first row. */
static dragoman_alert *find_alert(hl7v2_translation *t, dragoman_path path) {
    for (uint32_t n = t->alerts.count; n > t->order_first_alert; n--) {
        dragoman_alert *alert = (dragoman_alert *)hl7v2_rows_at(&t->alerts, n - 1);
        if (memcmp(&alert->path, &path, sizeof path) == 0) {
            return alert;
        }
    }
    dragoman_alert *alert = (dragoman_alert *)hl7v2_rows_push(&t->alerts, &t->memory, 4);
    if (alert != NULL) {
        bool is_own = false;
        alert->path = path;
        alert->id = hl7v2_entity_read(&t->message, hl7v2_field(&t->order, 3));
        /* Until its event is said, it is what the order says: some alarm. */
        alert->event = hl7v2_concept_read(&t->message, hl7v2_field(&t->order, 4));
        if (alert->event.coding_count == 0 && alert->event.text.size == 0) {
            alert->event.text = DRAGOMAN_TEXT("alarm");
        }
        alert->parent = read_parent(&t->message, hl7v2_field(&t->order, 29));
        hl7v2_order_time(t, (dragoman_bytes){NULL, 0}, &alert->occurred_at, &is_own);
    }
    return alert;
}

/* A row of the coding system MDIL-ALERT is an alert by itself; its number says how urgent it is and of which kind. */
static bool take_philips(hl7v2_translation *t, const hl7v2_row *row) {
    if (row->code.coding_count == 0 || !hl7v2_is(row->code.codings[0].system, "MDIL-ALERT")) {
        return false;
    }
    static const struct {
        const char *code;
        uint8_t priority;
        uint8_t kind;
    } table[] = {{"1", DRAGOMAN_PRIORITY_HIGH, DRAGOMAN_ALERT_PHYSIOLOGICAL},
                 {"2", DRAGOMAN_PRIORITY_MEDIUM, DRAGOMAN_ALERT_PHYSIOLOGICAL},
                 {"5", DRAGOMAN_PRIORITY_HIGH, DRAGOMAN_ALERT_TECHNICAL},
                 {"6", DRAGOMAN_PRIORITY_LOW, DRAGOMAN_ALERT_TECHNICAL}};
    dragoman_alert *alert = (dragoman_alert *)hl7v2_rows_push(&t->alerts, &t->memory, 4);
    if (alert == NULL) {
        return true;
    }
    bool is_own = false;
    alert->path = row->levels >= 4 ? row->path : alert->path;
    alert->event = row->code;
    alert->text = hl7v2_word(&t->message, hl7v2_field(row->segment, 5));
    hl7v2_order_time(t, hl7v2_field(row->segment, 14), &alert->occurred_at, &is_own);
    for (size_t n = 0; n < COUNT(table); n++) {
        if (hl7v2_is(row->code.codings[0].code, table[n].code)) {
            alert->priority = table[n].priority;
            alert->kind = table[n].kind;
        }
    }
    t->order_first_alert = t->alerts.count;
    return true;
}

bool hl7v2_alert_take(hl7v2_translation *t, const hl7v2_row *row) {
    if (take_philips(t, row)) {
        return true;
    }
    if (t->kind != HL7V2_KIND_ALARMS || row->levels != 5 || row->facet < 1 || row->facet > FACETS) {
        return false;
    }
    dragoman_alert *alert = find_alert(t, row->path);
    if (alert != NULL) {
        read_facet(t, row, alert);
    }
    return true;
}

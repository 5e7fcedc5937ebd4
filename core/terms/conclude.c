#include "terms/conclude.h"

#include "base/decimal.h"

static bool is_absent_number(const profile_absent *absent, const dragoman_value *value) {
    if (value->kind != DRAGOMAN_VALUE_DECIMAL || value->number.special != DRAGOMAN_FINITE) {
        return false;
    }
    for (uint32_t i = 0; i < absent->count; i++) {
        if (decimal_compare(absent->values[i], value->number) == 0) {
            return true;
        }
    }
    return false;
}

/* Only what the profile lists is judged by it: of another code nobody said that -1 is no value. */
static uint8_t absent_of(const conclude_context *context, const profile_code *row, const dragoman_list *values) {
    if (row == NULL || values->count == 0) {
        return DRAGOMAN_PRESENT;
    }
    const profile_absent *absent = row->absent.values != NULL ? &row->absent : &context->profile->absent;
    for (uint32_t i = 0; i < values->count; i++) {
        if (absent->count == 0 || !is_absent_number(absent, dragoman_list_at(values, i))) {
            return DRAGOMAN_PRESENT;
        }
    }
    return DRAGOMAN_ABSENT_UNKNOWN;
}

static void conclude_metric(const conclude_context *context, const dragoman_concept *code, const dragoman_code *unit,
                            const dragoman_list *values, terms_meaning *ret_meaning) {
    const profile_code *row = conclude_concept(context, code, ret_meaning);
    conclude_unit(context, unit, row, ret_meaning);
    ret_meaning->absent = absent_of(context, row, values);
}

static const terms_meaning *conclude_components(const conclude_context *context, const dragoman_list *components,
                                                arena *memory) {
    terms_meaning *meanings = arena_allocate(memory, components->count * sizeof(terms_meaning));
    for (uint32_t i = 0; meanings != NULL && i < components->count; i++) {
        const dragoman_component *component = dragoman_list_at(components, i);
        conclude_metric(context, &component->code, &component->unit, &component->values, meanings + i);
    }
    return meanings;
}

static bool conclude_observations(const conclude_context *context, const dragoman_report *report, arena *memory,
                                  terms_meanings *meanings) {
    uint32_t count = report->observations.count;
    terms_meaning *found = arena_allocate(memory, count * sizeof(*found));
    const terms_meaning **components = arena_allocate_zeroed(memory, count * sizeof(*components));
    if (found == NULL || components == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        const dragoman_observation *observation = dragoman_list_at(&report->observations, i);
        conclude_metric(context, &observation->code, &observation->unit, &observation->values, found + i);
        if (observation->components.count > 0) {
            components[i] = conclude_components(context, &observation->components, memory);
            if (components[i] == NULL) {
                return false;
            }
        }
    }
    meanings->observations = found;
    meanings->components = components;
    return true;
}

static bool conclude_alerts(const conclude_context *context, const dragoman_report *report, arena *memory,
                            terms_meanings *meanings) {
    uint32_t count = report->alerts.count;
    terms_meaning *events = arena_allocate(memory, count * sizeof(*events));
    terms_meaning *sources = arena_allocate(memory, count * sizeof(*sources));
    if (events == NULL || sources == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        const dragoman_alert *alert = dragoman_list_at(&report->alerts, i);
        conclude_concept(context, &alert->event, events + i);
        conclude_metric(context, &alert->source, &alert->source_unit, &alert->source_values, sources + i);
    }
    meanings->alert_events = events;
    meanings->alert_sources = sources;
    return true;
}

static bool conclude_nodes(const conclude_context *context, const dragoman_report *report, arena *memory,
                           terms_meanings *meanings) {
    terms_meaning *nodes = arena_allocate(memory, report->nodes.count * sizeof(*nodes));
    for (uint32_t i = 0; nodes != NULL && i < report->nodes.count; i++) {
        const dragoman_node *node = dragoman_list_at(&report->nodes, i);
        conclude_concept(context, &node->type, nodes + i);
    }
    meanings->nodes = nodes;
    return nodes != NULL;
}

static const terms_profile *profile_of(const terms_book *book, const model_record *record) {
    dragoman_bytes adapter = {0};
    if (record->has_stamp) {
        const terms_profile *named = terms_book_profile(book, record->stamp.profile);
        if (named != NULL) {
            return named;
        }
        adapter = record->stamp.adapter;
    }
    return terms_book_recognise(book, adapter, &record->report);
}

dragoman_status terms_conclude(const terms_book *book, const model_record *record, arena *memory,
                               terms_meanings *ret_meanings) {
    conclude_context context = {terms_tables_of(book), profile_of(book, record)};
    const dragoman_report *report = &record->report;
    terms_meanings meanings = {0};
    if (!conclude_observations(&context, report, memory, &meanings) ||
        !conclude_alerts(&context, report, memory, &meanings) || !conclude_nodes(&context, report, memory, &meanings)) {
        return DRAGOMAN_NO_MEMORY;
    }
    *ret_meanings = meanings;
    return DRAGOMAN_OK;
}

/* Whether a concept is a single measurement. Most devices speak the nomenclature: the sender is matched against the
 * profiles only when that said nothing. */
static bool is_episodic_concept(const terms_book *book, dragoman_bytes profile, const dragoman_report *report,
                                const dragoman_concept *concept) {
    conclude_context context = {terms_tables_of(book), NULL};
    terms_meaning meaning;
    const terms_mdc *listed = conclude_listed(context.tables, concept);
    if (listed != NULL) {
        return listed->episodic != 0;
    }
    conclude_concept(&context, concept, &meaning);
    if (meaning.mdc == 0) {
        context.profile = profile.size > 0 ? terms_book_profile(book, profile)
                                           : terms_book_recognise(book, (dragoman_bytes){0}, report);
        if (context.profile == NULL) {
            return false;
        }
        conclude_concept(&context, concept, &meaning);
    }
    return meaning.term != NULL && meaning.term->episodic != 0;
}

bool terms_is_episodic(const terms_book *book, dragoman_bytes profile, const dragoman_report *report,
                       const dragoman_observation *observation) {
    if (observation->obtained == DRAGOMAN_OBTAINED_EPISODIC) {
        return true;
    }
    if (observation->obtained == DRAGOMAN_OBTAINED_CONTINUOUS) {
        return false;
    }
    if (is_episodic_concept(book, profile, report, &observation->code)) {
        return true;
    }
    for (uint32_t i = 0; i < observation->components.count; i++) {
        const dragoman_component *component = dragoman_list_at(&observation->components, i);
        if (is_episodic_concept(book, profile, report, &component->code)) {
            return true;
        }
    }
    return false;
}

/* Alerts: a device says what is the case now; what began and ended shows in the comparison with what stood before. */
#include "report.h"
#include "words.h"

#include <stdio.h>

/* Room for "NAME-1767323045000000-1767323047000000". */
#define ID_TEXT (LINES_TEXT_MAX + 44)

typedef struct alerts {
    lines_building *to;
    dragoman_alert *items;
    dragoman_code *codings; /* two for each: event and source */
    char *texts;
    uint32_t count;
} alerts;

static const lines_row *row_named(const lines_building *to, dragoman_bytes name) {
    for (uint32_t i = 0; name.size > 0 && i < to->record->field_count; i++) {
        if (lines_same(to->rows[i].field->name, name)) {
            return &to->rows[i];
        }
    }
    return NULL;
}

/* The alert's name is when it was first seen; each later report of it names that one as its parent. */
static void set_names(dragoman_alert *alert, dragoman_bytes code, const lines_standing *standing, int64_t now_us,
                      char *text) {
    int first =
        snprintf(text, ID_TEXT, "%.*s-%lld", (int)code.size, (const char *)code.data, (long long)standing->since_us);
    alert->id.value = (dragoman_bytes){(const uint8_t *)text, (size_t)first};
    if (alert->phase != DRAGOMAN_PHASE_START) {
        int whole = snprintf(text, ID_TEXT, "%.*s-%lld-%lld", (int)code.size, (const char *)code.data,
                             (long long)standing->since_us, (long long)now_us);
        alert->parent.value = alert->id.value;
        alert->id.value.size = (size_t)whole;
    }
}

static void tell(alerts *self, const lines_meaning *meaning, const lines_standing *standing, uint8_t phase) {
    const lines_building *to = self->to;
    dragoman_bytes system = to->session->layout.system;
    dragoman_bytes code = meaning->name.size > 0 ? meaning->name : meaning->is.size > 0 ? meaning->is : meaning->mark;
    dragoman_bytes text = meaning->text.size > 0 ? meaning->text : code;
    dragoman_code *codings = self->codings + 2u * self->count;
    codings[0] = (dragoman_code){code, text, system};
    dragoman_alert *alert = &self->items[self->count];
    *alert = (dragoman_alert){.event = {.codings = &codings[0], .coding_count = 1, .text = text},
                              .source_values = {NULL, 0, sizeof(dragoman_value)},
                              .text = text,
                              .occurred_at = lines_clock_time(&to->moment),
                              .priority = meaning->priority,
                              .kind = meaning->alert,
                              .phase = phase,
                              .state = phase == DRAGOMAN_PHASE_END ? DRAGOMAN_STATE_INACTIVE : DRAGOMAN_STATE_ACTIVE};
    const lines_row *source = row_named(to, meaning->of);
    if (source != NULL) {
        codings[1] = (dragoman_code){source->field->name, source->field->text, system};
        alert->source = (dragoman_concept){.codings = &codings[1], .coding_count = 1, .text = source->field->text};
    }
    set_names(alert, code, standing, to->now->wall_us, self->texts + (size_t)self->count * ID_TEXT);
    self->count++;
}

static void compare(alerts *self, const lines_meaning *meaning, lines_standing *standing) {
    if (standing->is_seen && !standing->is_active) {
        standing->is_active = true;
        standing->since_us = self->to->now->wall_us;
        tell(self, meaning, standing, DRAGOMAN_PHASE_START);
    } else if (standing->is_seen && self->to->session->tells_again) {
        tell(self, meaning, standing, DRAGOMAN_PHASE_CONTINUE);
    } else if (!standing->is_seen && standing->is_active) {
        tell(self, meaning, standing, DRAGOMAN_PHASE_END);
        standing->is_active = false;
    }
}

static bool make_room(alerts *self, uint32_t most) {
    const dragoman_host *host = self->to->session->host;
    void *context = self->to->session->context;
    self->items = (dragoman_alert *)host->batch(context, most * sizeof(dragoman_alert) + 1);
    self->codings = (dragoman_code *)host->batch(context, most * 2 * sizeof(dragoman_code) + 1);
    self->texts = (char *)host->batch(context, (size_t)most * ID_TEXT + 1);
    return self->items != NULL && self->codings != NULL && self->texts != NULL;
}

/* The meanings of a record lie in a row: those of its first field to those of its last. */
static uint32_t meanings_of(const lines_building *to, uint32_t *ret_first) {
    const lines_field *first = &to->session->layout.fields[to->record->first_field];
    const lines_field *last = first + to->record->field_count - 1;
    *ret_first = first->first_meaning;
    return last->first_meaning + last->meaning_count - first->first_meaning;
}

bool lines_alerts_make(lines_building *to, dragoman_list *ret_alerts) {
    alerts self = {.to = to};
    uint32_t first = 0;
    uint32_t count = meanings_of(to, &first);
    *ret_alerts = (dragoman_list){NULL, 0, sizeof(dragoman_alert)};
    if (count == 0) {
        return true;
    }
    if (!make_room(&self, count)) {
        return false;
    }
    for (uint32_t i = first; i < first + count; i++) {
        const lines_meaning *meaning = &to->session->layout.meanings[i];
        lines_standing *standing = &to->session->standing[i];
        if (meaning->alert != DRAGOMAN_ALERT_UNSTATED && standing->is_heard_of) {
            compare(&self, meaning, standing);
        }
        standing->is_seen = false;
        standing->is_heard_of = false;
    }
    ret_alerts->items = self.items;
    ret_alerts->count = self.count;
    return true;
}

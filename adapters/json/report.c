#include "report.h"
#include "path.h"
#include "value.h"

typedef struct maker {
    const dragoman_host *host;
    void *context;
    const json_map *map;
    const json_tree *tree;
    const json_node *part; /* that the ways of the kind begin at */
    dragoman_bytes topic;
    json_outcome *outcome;
} maker;

/* What stands at a way as text: a text or number, else nothing. */
static dragoman_bytes text_at(const maker *self, dragoman_bytes path) {
    const json_node *node = path.size == 0 ? NULL : json_path_find(self->tree, self->part, path);
    bool has_text = node != NULL && (node->kind == JSON_TEXT || node->kind == JSON_NUMBER);
    return has_text ? node->text : (dragoman_bytes){NULL, 0};
}

static bool holds(const json_tree *tree, const json_node *part, dragoman_bytes condition) {
    dragoman_bytes path;
    dragoman_bytes text;
    bool has_text = json_condition_split(condition, &path, &text);
    const json_node *node = json_path_find(tree, part, path);
    return node != NULL && node->kind != JSON_NULL && (!has_text || json_same(node->text, text));
}

static bool is_kind(const json_tree *tree, const json_node *part, const json_message *kind) {
    bool is_it = part->kind == JSON_OBJECT && (kind->when_count > 0 || part == tree->nodes);
    for (uint32_t n = 0; n < kind->when_count && is_it; n++) {
        is_it = kind->when[n].size > 0 && holds(tree, part, kind->when[n]);
    }
    return is_it;
}

/* Level `number`, from 1, of a topic. */
static dragoman_bytes level_of(dragoman_bytes topic, uint32_t number) {
    size_t begin = 0;
    for (size_t at = 0; at <= topic.size; at++) {
        if (at == topic.size || topic.data[at] == '/') {
            if (--number == 0) {
                return (dragoman_bytes){topic.data + begin, at - begin};
            }
            begin = at + 1;
        }
    }
    return (dragoman_bytes){NULL, 0};
}

static dragoman_bytes device_of(const maker *self, const json_message *kind) {
    if (kind->device.data[0] == '$') {
        return text_at(self, kind->device);
    }
    bool is_level = kind->device.data[kind->device.size - 2] == ':';
    uint32_t number = (uint32_t)(kind->device.data[kind->device.size - 1] - '0');
    return is_level ? level_of(self->topic, number) : self->topic;
}

/* Its own name, and what else it is called. */
static bool code_of(const maker *self, dragoman_bytes name, dragoman_bytes text, const dragoman_code *more,
                    uint32_t count, dragoman_concept *ret_code) {
    dragoman_code *codings = (dragoman_code *)self->host->batch(self->context, (count + (size_t)1) * sizeof *codings);
    if (codings == NULL) {
        return false;
    }
    codings[0] = (dragoman_code){.code = name, .text = text, .system = self->map->system};
    for (uint32_t n = 0; n < count; n++) {
        codings[n + 1] = more[n];
    }
    *ret_code = (dragoman_concept){.codings = codings, .coding_count = count + 1, .text = text};
    return true;
}

static void odd(const maker *self, dragoman_value *value) {
    value->kind = DRAGOMAN_VALUE_NONE;
    value->absent = DRAGOMAN_ABSENT_ERROR;
    self->outcome->odd++;
}

static void fill(const maker *self, const json_value *of, const json_node *node, dragoman_value *value) {
    bool has_text = node->kind == JSON_TEXT || node->kind == JSON_NUMBER;
    *value = (dragoman_value){.kind = DRAGOMAN_VALUE_NONE, .absent = DRAGOMAN_ABSENT_UNKNOWN};
    if (node->kind == JSON_NULL || (has_text && node->text.size == 0)) {
        return;
    }
    if (of->type == JSON_AS_CONCEPT) {
        dragoman_code *coding = (dragoman_code *)self->host->batch(self->context, sizeof *coding);
        if (coding == NULL) {
            return;
        }
        *coding = of->concept;
        uint32_t count = of->concept.code.size > 0 ? 1 : 0;
        *value = (dragoman_value){
            .kind = DRAGOMAN_VALUE_CODE,
            .concept = {.codings = coding, .coding_count = count, .text = of->concept.text},
        };
    } else if (of->type == JSON_AS_TEXT && has_text) {
        *value = (dragoman_value){.kind = DRAGOMAN_VALUE_TEXT, .text = node->text};
    } else if (of->type == JSON_AS_TEXT && node->kind <= JSON_TRUE) {
        dragoman_bytes word = node->kind == JSON_TRUE ? DRAGOMAN_TEXT("true") : DRAGOMAN_TEXT("false");
        *value = (dragoman_value){.kind = DRAGOMAN_VALUE_TEXT, .text = word};
    } else if (of->type == JSON_AS_NUMBER && has_text && json_value_decimal(node->text, &value->number)) {
        value->kind = DRAGOMAN_VALUE_DECIMAL;
        value->absent = DRAGOMAN_PRESENT;
    } else {
        odd(self, value);
    }
}

/* A value that is there, as an observation or part of one. 1: made; 0: it is not there; -1: no memory. */
static int make_value(const maker *self, const json_value *of, dragoman_concept *ret_code, dragoman_code *ret_unit,
                      dragoman_list *ret_values) {
    const json_node *node = json_path_find(self->tree, self->part, of->path);
    if (node == NULL) {
        if (of->is_required) {
            self->outcome->fault = "a value that its profile calls required is not there";
        }
        return 0;
    }
    dragoman_value *value = (dragoman_value *)self->host->batch(self->context, sizeof *value);
    if (value == NULL || !code_of(self, of->name, of->text, of->codes, of->code_count, ret_code)) {
        return -1;
    }
    fill(self, of, node, value);
    *ret_unit = (dragoman_code){.code = of->unit};
    *ret_values = DRAGOMAN_LIST(value, 1);
    return 1;
}

static dragoman_time time_of(const maker *self, const json_message *kind) {
    dragoman_time time = {.precision = DRAGOMAN_TIME_NONE};
    dragoman_bytes text = text_at(self, kind->time);
    if (text.size > 0 && !json_value_time(text, &time)) {
        time = (dragoman_time){.precision = DRAGOMAN_TIME_NONE};
        self->outcome->odd++;
    }
    return time;
}

static void date(const dragoman_time *time, dragoman_observation *observation) {
    observation->measured_at = *time;
    observation->time_is_own = time->precision != DRAGOMAN_TIME_NONE ? 1 : 0;
    observation->result = DRAGOMAN_RESULT_UNVALIDATED;
}

/* The values as observations, or as the parts of one. False: no memory. */
static bool make_observations(const maker *self, const json_message *kind, dragoman_observation *observations,
                              uint32_t *ret_count) {
    dragoman_component *parts =
        (dragoman_component *)self->host->batch(self->context, kind->value_count * sizeof *parts);
    dragoman_time time = time_of(self, kind);
    uint32_t count = 0;
    for (uint32_t n = 0; n < kind->value_count && parts != NULL; n++) {
        dragoman_observation *own = &observations[count];
        dragoman_component *part = &parts[count];
        memset(own, 0, sizeof *own);
        memset(part, 0, sizeof *part);
        int made = kind->is_compound ? make_value(self, &kind->values[n], &part->code, &part->unit, &part->values)
                                     : make_value(self, &kind->values[n], &own->code, &own->unit, &own->values);
        if (made < 0) {
            return false;
        }
        date(&time, own);
        count += (uint32_t)made;
    }
    if (kind->is_compound && count > 0 && parts != NULL) {
        memset(observations, 0, sizeof *observations);
        date(&time, observations);
        observations->components = DRAGOMAN_LIST(parts, count);
        count = 1;
        if (!code_of(self, kind->name, kind->text, kind->codes, kind->code_count, &observations->code)) {
            return false;
        }
    }
    *ret_count = count;
    return parts != NULL;
}

static dragoman_status emit(const maker *self, const json_message *kind) {
    dragoman_observation *observations =
        (dragoman_observation *)self->host->batch(self->context, kind->value_count * sizeof *observations);
    uint32_t count = 0;
    if (observations == NULL || !make_observations(self, kind, observations, &count)) {
        return DRAGOMAN_NO_MEMORY;
    }
    dragoman_bytes key = device_of(self, kind);
    if (key.size == 0) {
        self->outcome->fault = "nothing says which device the message is of";
    }
    if (count == 0 || self->outcome->fault != NULL) {
        return DRAGOMAN_OK;
    }
    dragoman_identifier named = {.value = key};
    dragoman_device device = {.struct_size = sizeof device,
                              .key = key,
                              .identifiers = DRAGOMAN_LIST(&named, 1),
                              .manufacturer = self->map->manufacturer,
                              .model = self->map->model};
    dragoman_identifier person = {.value = text_at(self, kind->patient)};
    dragoman_patient patient = {.struct_size = sizeof patient,
                                .identifiers = DRAGOMAN_LIST(&person, 1),
                                .visit = {.value = text_at(self, kind->visit)}};
    dragoman_report report = {
        .struct_size = sizeof report,
        .device = &device,
        .patient = person.value.size > 0 ? &patient : NULL,
        .sender = {.code = self->map->model, .text = self->map->manufacturer, .system = self->map->system},
        .observations = DRAGOMAN_LIST(observations, count)};
    return self->host->emit(self->context, &report);
}

dragoman_status json_report_emit(const dragoman_host *host, void *context, const json_map *map, const json_tree *tree,
                                 dragoman_bytes topic, json_outcome *ret_outcome) {
    maker self = {.host = host, .context = context, .map = map, .tree = tree, .topic = topic, .outcome = ret_outcome};
    *ret_outcome = (json_outcome){.matches = 0};
    for (uint32_t at = 0; at < tree->count; at++) {
        self.part = &tree->nodes[at];
        for (uint32_t n = 0; n < map->count; n++) {
            if (!is_kind(tree, self.part, &map->messages[n])) {
                continue;
            }
            if (++ret_outcome->matches > JSON_MATCHES) {
                ret_outcome->fault = "there are more measurements than in any message";
                return DRAGOMAN_OK;
            }
            dragoman_status status = emit(&self, &map->messages[n]);
            if (status != DRAGOMAN_OK || ret_outcome->fault != NULL) {
                return status;
            }
        }
    }
    return DRAGOMAN_OK;
}

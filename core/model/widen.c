/* Adapters of other minors have containers of other sizes: what they do not know is zero, what we do not know is left
 * behind. */
#include "model/model.h"

/* Results of one order keep sharing it, as long as no more than so many other orders stand between them. */
#define REMEMBERED_ORDERS 64

typedef struct widener {
    arena *memory;
    dragoman_status status;
    const dragoman_order *orders[REMEMBERED_ORDERS][2]; /* theirs, and ours */
    uint32_t order_count;
} widener;

/* The size of a member's own items, and where they are. */
#define OURS(type) ((uint32_t)sizeof(type))

static bool is_list_ours(const dragoman_list *list, uint32_t size) {
    return list->count == 0 || (list->item_size == size && list->items != NULL);
}

static bool is_struct_ours(const void *pointer, uint32_t size) {
    uint32_t stated = size;
    if (pointer != NULL) {
        memcpy(&stated, pointer, sizeof stated);
    }
    return stated == size;
}

static bool are_values_ours(const dragoman_list *values) {
    if (!is_list_ours(values, OURS(dragoman_value))) {
        return false;
    }
    for (uint32_t i = 0; i < values->count; i++) {
        const dragoman_value *value = dragoman_list_at(values, i);
        if (value->kind == DRAGOMAN_VALUE_SAMPLES && !is_struct_ours(value->samples, OURS(dragoman_samples))) {
            return false;
        }
    }
    return true;
}

static bool is_observation_ours(const dragoman_observation *observation) {
    if (!are_values_ours(&observation->values) || !is_list_ours(&observation->components, OURS(dragoman_component)) ||
        !is_struct_ours(observation->order, OURS(dragoman_order))) {
        return false;
    }
    for (uint32_t i = 0; i < observation->components.count; i++) {
        const dragoman_component *component = dragoman_list_at(&observation->components, i);
        if (!are_values_ours(&component->values)) {
            return false;
        }
    }
    return true;
}

static bool is_device_ours(const dragoman_device *device) {
    return is_struct_ours(device, OURS(dragoman_device)) &&
           (device == NULL || (is_list_ours(&device->identifiers, OURS(dragoman_identifier)) &&
                               is_list_ours(&device->versions, OURS(dragoman_version))));
}

static bool is_patient_ours(const dragoman_patient *patient) {
    return is_struct_ours(patient, OURS(dragoman_patient)) &&
           (patient == NULL || (is_list_ours(&patient->identifiers, OURS(dragoman_identifier)) &&
                                is_list_ours(&patient->names, OURS(dragoman_name))));
}

static bool is_context_ours(const dragoman_context *context) {
    return is_patient_ours(context->patient) && is_patient_ours(context->prior_patient) &&
           is_struct_ours(context->place, OURS(dragoman_place)) &&
           is_struct_ours(context->prior_place, OURS(dragoman_place)) && is_device_ours(context->device);
}

static bool are_lists_ours(const dragoman_report *report) {
    return is_list_ours(&report->nodes, OURS(dragoman_node)) &&
           is_list_ours(&report->observations, OURS(dragoman_observation)) &&
           is_list_ours(&report->alerts, OURS(dragoman_alert)) &&
           is_list_ours(&report->contexts, OURS(dragoman_context));
}

static bool is_report_ours(const dragoman_report *report) {
    bool ours = report->struct_size == OURS(dragoman_report) && is_device_ours(report->device) &&
                is_patient_ours(report->patient) && is_struct_ours(report->place, OURS(dragoman_place)) &&
                are_lists_ours(report);
    for (uint32_t i = 0; ours && i < report->nodes.count; i++) {
        const dragoman_node *node = dragoman_list_at(&report->nodes, i);
        ours = is_list_ours(&node->identifiers, OURS(dragoman_identifier));
    }
    for (uint32_t i = 0; ours && i < report->observations.count; i++) {
        ours = is_observation_ours(dragoman_list_at(&report->observations, i));
    }
    for (uint32_t i = 0; ours && i < report->alerts.count; i++) {
        const dragoman_alert *alert = dragoman_list_at(&report->alerts, i);
        ours = are_values_ours(&alert->source_values);
    }
    for (uint32_t i = 0; ours && i < report->contexts.count; i++) {
        ours = is_context_ours(dragoman_list_at(&report->contexts, i));
    }
    return ours;
}

static void *take(widener *self, size_t count, size_t size) {
    void *memory = size > 0 && count > SIZE_MAX / size ? NULL : arena_allocate_zeroed(self->memory, count * size);
    if (memory == NULL && self->status == DRAGOMAN_OK) {
        self->status = DRAGOMAN_NO_MEMORY;
    }
    return memory;
}

/* Replaces a list by one with items of our size; returns them for their own members to be widened. */
static void *widen_list(widener *self, dragoman_list *list, size_t size) {
    if (list->count == 0 || self->status != DRAGOMAN_OK) {
        *list = (dragoman_list){NULL, 0, (uint32_t)size};
        return NULL;
    }
    if (list->items == NULL || list->item_size == 0) {
        self->status = DRAGOMAN_INVALID;
        *list = (dragoman_list){NULL, 0, (uint32_t)size};
        return NULL;
    }
    uint8_t *items = take(self, list->count, size);
    for (uint32_t i = 0; items != NULL && i < list->count; i++) {
        memcpy(items + i * size, dragoman_list_at(list, i), list->item_size < size ? list->item_size : size);
    }
    *list = (dragoman_list){items, items == NULL ? 0 : list->count, (uint32_t)size};
    return items;
}

/* A copy of our size of a container that says its own. NULL stays NULL. */
static void *widen_struct(widener *self, const void *from, uint32_t size) {
    uint32_t stated = 0;
    if (from == NULL || self->status != DRAGOMAN_OK) {
        return NULL;
    }
    memcpy(&stated, from, sizeof stated);
    if (stated < sizeof stated) {
        self->status = DRAGOMAN_INVALID;
        return NULL;
    }
    void *copy = take(self, 1, size);
    if (copy != NULL) {
        memcpy(copy, from, stated < size ? stated : size);
        memcpy(copy, &size, sizeof size);
    }
    return copy;
}

static void widen_values(widener *self, dragoman_list *values) {
    dragoman_value *items = widen_list(self, values, sizeof *items);
    for (uint32_t i = 0; i < values->count; i++) {
        items[i].samples = items[i].kind == DRAGOMAN_VALUE_SAMPLES
                               ? widen_struct(self, items[i].samples, OURS(dragoman_samples))
                               : NULL;
    }
}

static const dragoman_device *widen_device(widener *self, const dragoman_device *from) {
    dragoman_device *device = widen_struct(self, from, OURS(dragoman_device));
    if (device != NULL) {
        (void)widen_list(self, &device->identifiers, sizeof(dragoman_identifier));
        (void)widen_list(self, &device->versions, sizeof(dragoman_version));
    }
    return device;
}

static const dragoman_patient *widen_patient(widener *self, const dragoman_patient *from) {
    dragoman_patient *patient = widen_struct(self, from, OURS(dragoman_patient));
    if (patient != NULL) {
        (void)widen_list(self, &patient->identifiers, sizeof(dragoman_identifier));
        (void)widen_list(self, &patient->names, sizeof(dragoman_name));
    }
    return patient;
}

static const dragoman_order *widen_order(widener *self, const dragoman_order *from) {
    uint32_t known = self->order_count < REMEMBERED_ORDERS ? self->order_count : REMEMBERED_ORDERS;
    for (uint32_t i = 0; from != NULL && i < known; i++) {
        if (self->orders[i][0] == from) {
            return self->orders[i][1];
        }
    }
    const dragoman_order *order = widen_struct(self, from, OURS(dragoman_order));
    if (order != NULL) {
        self->orders[self->order_count % REMEMBERED_ORDERS][0] = from;
        self->orders[self->order_count % REMEMBERED_ORDERS][1] = order;
        self->order_count++;
    }
    return order;
}

static void widen_observations(widener *self, dragoman_list *list) {
    dragoman_observation *items = widen_list(self, list, sizeof *items);
    for (uint32_t i = 0; i < list->count; i++) {
        widen_values(self, &items[i].values);
        dragoman_component *components = widen_list(self, &items[i].components, sizeof *components);
        for (uint32_t n = 0; n < items[i].components.count; n++) {
            widen_values(self, &components[n].values);
        }
        items[i].order = widen_order(self, items[i].order);
    }
}

static void widen_contexts(widener *self, dragoman_list *list) {
    dragoman_context *items = widen_list(self, list, sizeof *items);
    for (uint32_t i = 0; i < list->count; i++) {
        items[i].patient = widen_patient(self, items[i].patient);
        items[i].prior_patient = widen_patient(self, items[i].prior_patient);
        items[i].place = widen_struct(self, items[i].place, OURS(dragoman_place));
        items[i].prior_place = widen_struct(self, items[i].prior_place, OURS(dragoman_place));
        items[i].device = widen_device(self, items[i].device);
    }
}

dragoman_status model_widen(const dragoman_report *report, arena *memory, const dragoman_report **ret_report) {
    if (is_report_ours(report)) {
        *ret_report = report;
        return DRAGOMAN_OK;
    }
    widener self = {.memory = memory};
    dragoman_report *copy = widen_struct(&self, report, OURS(dragoman_report));
    if (copy == NULL) {
        return self.status;
    }
    copy->device = widen_device(&self, copy->device);
    copy->place = widen_struct(&self, copy->place, OURS(dragoman_place));
    copy->patient = widen_patient(&self, copy->patient);
    dragoman_node *nodes = widen_list(&self, &copy->nodes, sizeof *nodes);
    for (uint32_t i = 0; i < copy->nodes.count; i++) {
        (void)widen_list(&self, &nodes[i].identifiers, sizeof(dragoman_identifier));
    }
    widen_observations(&self, &copy->observations);
    dragoman_alert *alerts = widen_list(&self, &copy->alerts, sizeof *alerts);
    for (uint32_t i = 0; i < copy->alerts.count; i++) {
        widen_values(&self, &alerts[i].source_values);
    }
    widen_contexts(&self, &copy->contexts);
    if (self.status != DRAGOMAN_OK) {
        return self.status;
    }
    *ret_report = copy;
    return DRAGOMAN_OK;
}

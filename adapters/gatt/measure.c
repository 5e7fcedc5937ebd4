#include "measure.h"
#include <string.h>

#define USER_UNKNOWN 255

void *gatt_take(gatt_measure *self, size_t size) {
    void *piece = self->host->batch(self->context, size);
    if (piece == NULL) {
        self->is_failed = true;
        return NULL;
    }
    memset(piece, 0, size);
    return piece;
}

dragoman_concept gatt_concept(gatt_measure *self, dragoman_code code) {
    dragoman_code *kept = (dragoman_code *)gatt_take(self, sizeof *kept);
    if (kept == NULL) {
        return (dragoman_concept){0};
    }
    *kept = code;
    return (dragoman_concept){.codings = kept, .coding_count = 1};
}

dragoman_observation *gatt_add(gatt_measure *self, dragoman_code code) {
    if (self->count == GATT_ROWS || self->is_failed) {
        self->is_failed = true;
        return NULL;
    }
    dragoman_observation *row = &self->rows[self->count++];
    *row = (dragoman_observation){.code = gatt_concept(self, code),
                                  .measured_at = self->measured_at,
                                  .time_is_own = self->time_is_own ? 1 : 0,
                                  .status = self->status,
                                  .obtained = self->obtained,
                                  .domain = self->domain,
                                  .result = DRAGOMAN_RESULT_UNVALIDATED,
                                  .sub_id = self->sub_id,
                                  .site = self->site,
                                  .method = self->method};
    return row;
}

/* A special is the reason why there is no number. */
static dragoman_value value_of(dragoman_decimal number) {
    dragoman_value value = {.kind = DRAGOMAN_VALUE_NONE};
    switch (number.special) {
    case DRAGOMAN_FINITE:
        return (dragoman_value){.kind = DRAGOMAN_VALUE_DECIMAL, .number = number};
    case DRAGOMAN_NAN:
        value.absent = DRAGOMAN_ABSENT_NOT_A_NUMBER;
        break;
    case DRAGOMAN_POSITIVE_INFINITY:
        value.absent = DRAGOMAN_ABSENT_POSITIVE_INFINITY;
        break;
    case DRAGOMAN_NEGATIVE_INFINITY:
        value.absent = DRAGOMAN_ABSENT_NEGATIVE_INFINITY;
        break;
    default:
        value.absent = DRAGOMAN_ABSENT_ERROR;
        break;
    }
    return value;
}

static dragoman_list one_value(gatt_measure *self, dragoman_value value) {
    dragoman_value *kept = (dragoman_value *)gatt_take(self, sizeof *kept);
    if (kept == NULL) {
        return (dragoman_list){NULL, 0, sizeof value};
    }
    *kept = value;
    return DRAGOMAN_LIST(kept, 1);
}

dragoman_observation *gatt_add_number(gatt_measure *self, dragoman_code code, dragoman_decimal number,
                                      dragoman_code unit) {
    dragoman_observation *row = gatt_add(self, code);
    if (row != NULL) {
        row->unit = unit;
        row->values = one_value(self, value_of(number));
    }
    return row;
}

void gatt_add_code(gatt_measure *self, dragoman_code code, dragoman_code value) {
    dragoman_observation *row = gatt_add(self, code);
    if (row != NULL) {
        dragoman_concept concept = gatt_concept(self, value);
        row->values = one_value(self, (dragoman_value){.kind = DRAGOMAN_VALUE_CODE, .concept = concept});
    }
}

void gatt_add_bits(gatt_measure *self, dragoman_code code, uint64_t bits, uint8_t bit_count) {
    dragoman_observation *row = bits == 0 ? NULL : gatt_add(self, code);
    if (row != NULL) {
        dragoman_value value = {.kind = DRAGOMAN_VALUE_BITS, .bits = bits, .bit_count = bit_count};
        row->values = one_value(self, value);
    }
}

void gatt_set_component(gatt_measure *self, dragoman_component *component, dragoman_code code, dragoman_decimal number,
                        dragoman_code unit) {
    component->code = gatt_concept(self, code);
    component->unit = unit;
    component->values = one_value(self, value_of(number));
}

void gatt_set_time(gatt_measure *self, dragoman_time time) {
    self->time_is_own = time.precision != DRAGOMAN_TIME_NONE;
    self->measured_at = self->time_is_own ? time : self->received_at;
}

void gatt_set_user(gatt_measure *self, uint32_t user) {
    if (user == USER_UNKNOWN) {
        return;
    }
    char *text = (char *)gatt_take(self, 8);
    if (text == NULL) {
        return;
    }
    size_t size = 5;
    memcpy(text, "user ", size);
    if (user >= 100) {
        text[size++] = (char)('0' + user / 100);
    }
    if (user >= 10) {
        text[size++] = (char)('0' + user / 10 % 10);
    }
    text[size++] = (char)('0' + user % 10);
    self->sub_id = (dragoman_bytes){(const uint8_t *)text, size};
}

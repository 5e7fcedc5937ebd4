#include "fhir/observation.h"

/* Two copies of each step, one that writes and one that compares, are what makes comparing cheap. */
#define INLINED static inline __attribute__((always_inline))

/* A key being written, or compared with what is there. The same code does both, so that they cannot differ. */
typedef struct visit {
    buffer *to;        /* written to, or NULL: compared */
    const uint8_t *at; /* what is left to compare */
    size_t left;
} visit;

INLINED bool bytes(visit *self, const void *data, size_t size, const bool compares) {
    if (!compares) {
        buffer_append(self->to, data, size);
        return true;
    }
    if (self->left < size || memcmp(self->at, data, size) != 0) {
        return false;
    }
    self->at += size;
    self->left -= size;
    return true;
}

INLINED bool text(visit *self, dragoman_bytes value, const bool compares) {
    uint32_t size = (uint32_t)value.size;
    if (compares) {
        uint32_t kept = 0;
        if (self->left < sizeof kept) {
            return false;
        }
        memcpy(&kept, self->at, sizeof kept);
        self->at += sizeof kept;
        self->left -= sizeof kept;
        if (kept != size) {
            return false;
        }
    } else {
        buffer_append(self->to, &size, sizeof size);
    }
    return size == 0 || bytes(self, value.data, value.size, compares);
}

INLINED bool code(visit *self, const dragoman_code *value, const bool compares) {
    return text(self, value->code, compares) && text(self, value->text, compares) &&
           text(self, value->system, compares);
}

INLINED bool concept(visit *self, const dragoman_concept *value, const bool compares) {
    if (!bytes(self, &value->coding_count, sizeof value->coding_count, compares)) {
        return false;
    }
    for (uint32_t i = 0; i < value->coding_count; i++) {
        if (!code(self, &value->codings[i], compares)) {
            return false;
        }
    }
    return text(self, value->text, compares);
}

INLINED bool decimal(visit *self, dragoman_decimal value, const bool compares) {
    const int64_t parts[2] = {value.mantissa, (int64_t)value.exponent * 256 + value.special};
    return bytes(self, parts, sizeof parts, compares);
}

INLINED bool range(visit *self, const dragoman_range *value, const bool compares) {
    return text(self, value->text, compares) &&
           (value->text.size == 0 || (decimal(self, value->low, compares) && decimal(self, value->high, compares)));
}

INLINED bool identifier(visit *self, const dragoman_identifier *value, const bool compares) {
    return text(self, value->value, compares) &&
           (value->value.size == 0 ||
            (text(self, value->authority, compares) && text(self, value->universal, compares) &&
             text(self, value->universal_type, compares) && text(self, value->type, compares)));
}

/* Whether there is more than a code and a unit: ranges, flags, a site, a method or a producer. */
INLINED bool has_more_parts(const dragoman_observation *observation) {
    size_t sizes = observation->normal_range.text.size | observation->alarm_limits.text.size |
                   observation->flags.text.size | observation->site.text.size | observation->method.text.size |
                   observation->producer.value.size;
    uint32_t codings =
        observation->flags.coding_count | observation->site.coding_count | observation->method.coding_count;
    return (sizes | codings) != 0;
}

INLINED bool fixed_parts(visit *self, const fhir_item *item, uint32_t device_number, bool has_more,
                         const bool compares) {
    const dragoman_observation *observation = item->observation;
    const terms_meaning *meaning = item->meaning;
    const struct {
        uint32_t device, status, mdc, unit;
        dragoman_path path;
        uint8_t result, obtained, domain, value_class, is_possible, is_mismatch, mapping, has_more;
    } fixed = {device_number,
               observation->status,
               meaning->mdc,
               meaning->unit == NULL ? 0 : meaning->unit->code,
               observation->path,
               observation->result,
               observation->obtained,
               observation->domain,
               (uint8_t)item->value_class,
               item->is_vital_possible,
               meaning->is_mismatch,
               meaning->mapping,
               has_more};
    return bytes(self, &fixed, sizeof fixed, compares);
}

INLINED bool more_parts(visit *self, const dragoman_observation *observation, const bool compares) {
    return range(self, &observation->normal_range, compares) && range(self, &observation->alarm_limits, compares) &&
           concept(self, &observation->flags, compares) && concept(self, &observation->site, compares) &&
           concept(self, &observation->method, compares) && identifier(self, &observation->producer, compares);
}

INLINED bool item_parts(visit *self, const fhir_item *item, uint32_t device_number, const bool compares) {
    const dragoman_observation *observation = item->observation;
    bool has_more = has_more_parts(observation);
    return fixed_parts(self, item, device_number, has_more, compares) && concept(self, &observation->code, compares) &&
           code(self, &observation->unit, compares) && text(self, item->meaning->ucum, compares) &&
           text(self, item->meaning->unit_text, compares) && (!has_more || more_parts(self, observation, compares));
}

void fhir_item_key(buffer *key, const fhir_item *item, uint32_t device_number) {
    visit writing = {.to = key};
    item_parts(&writing, item, device_number, false);
}

bool fhir_item_matches(dragoman_bytes key, const fhir_item *item, uint32_t device_number) {
    visit comparing = {.at = key.data, .left = key.size};
    return item_parts(&comparing, item, device_number, true) && comparing.left == 0;
}

#include "code.h"
#include "number.h"
#include "scan.h"

/* Codings that a CWE can hold. */
#define CODINGS 3

/* A code is a component's first part: some senders put an instance number behind it. Names may hold the sign as it is.
 */
static dragoman_bytes code_word(hl7v2_message *message, dragoman_bytes component) {
    for (size_t n = 0; n < component.size; n++) {
        if (component.data[n] == message->delimiters.subcomponent) {
            component.size = n;
        }
    }
    return hl7v2_word(message, component);
}

dragoman_concept hl7v2_concept_of(hl7v2_message *message, const hl7v2_components *components) {
    static const uint32_t starts[CODINGS] = {0, 3, 9};
    dragoman_concept concept = {0};
    dragoman_code *codings = NULL;
    uint32_t most = components->count > 9 ? 3 : components->count > 3 ? 2 : 1;
    concept.text = components->count > 8 ? hl7v2_word(message, components->part[8]) : concept.text;
    for (uint32_t n = 0; n < most; n++) {
        const dragoman_bytes *part = components->part + starts[n];
        dragoman_bytes code = code_word(message, part[0]);
        dragoman_bytes text = hl7v2_word(message, part[1]);
        if (code.size == 0) {
            concept.text = concept.text.size == 0 ? text : concept.text;
            continue;
        }
        if (codings == NULL) {
            codings = (dragoman_code *)hl7v2_take(message->memory, most * sizeof *codings);
            if (codings == NULL) {
                break;
            }
        }
        codings[concept.coding_count++] = (dragoman_code){code, text, hl7v2_word(message, part[2])};
    }
    concept.codings = codings;
    return concept;
}

/* The usual form of a coded field, one triplet: code, text and system without sub-components. False when it has
 * another form. */
static bool read_triplet(hl7v2_message *message, dragoman_bytes field, dragoman_code *ret_code) {
    const hl7v2_delimiters *signs = &message->delimiters;
    uint64_t marks = 0;
    uint64_t others = 0;
    if (field.size > 4 * HL7V2_STEP) {
        return false;
    }
    for (size_t at = 0; at < field.size; at += HL7V2_STEP) {
        hl7v2_lanes bytes = hl7v2_lanes_within(message->text, field.data + at, field.size - at);
        marks |= (uint64_t)hl7v2_bits(hl7v2_lanes_of(bytes, signs->component)) << at;
        others |=
            (uint64_t)hl7v2_bits(hl7v2_lanes_of(bytes, signs->repetition) | hl7v2_lanes_of(bytes, signs->subcomponent))
            << at;
    }
    uint64_t inside = field.size == 64 ? UINT64_MAX : (UINT64_C(1) << field.size) - 1;
    marks &= inside;
    if (marks == 0 || (others & inside) != 0) {
        return false;
    }
    size_t first = (size_t)__builtin_ctzll(marks);
    marks &= marks - 1;
    if (marks == 0 || (marks & (marks - 1)) != 0) {
        return false;
    }
    size_t second = (size_t)__builtin_ctzll(marks);
    const uint8_t *at = field.data;
    ret_code->code = hl7v2_word(message, hl7v2_slice(at, at + first));
    ret_code->text = hl7v2_word(message, hl7v2_slice(at + first + 1, at + second));
    ret_code->system = hl7v2_word(message, hl7v2_slice(at + second + 1, at + field.size));
    return ret_code->code.size > 0;
}

dragoman_concept hl7v2_concept_read(hl7v2_message *message, dragoman_bytes field) {
    if (field.size == 0) {
        return (dragoman_concept){0};
    }
    dragoman_code code;
    if (read_triplet(message, field, &code)) {
        dragoman_code *kept = (dragoman_code *)hl7v2_take(message->memory, sizeof *kept);
        if (kept == NULL) {
            return (dragoman_concept){0};
        }
        *kept = code;
        return (dragoman_concept){.codings = kept, .coding_count = 1};
    }
    hl7v2_components components;
    hl7v2_split(message, field, &components);
    return hl7v2_concept_of(message, &components);
}

dragoman_concept hl7v2_concept_of_word(hl7v2_message *message, dragoman_bytes code) {
    dragoman_code *coding = (dragoman_code *)hl7v2_take(message->memory, sizeof *coding);
    if (coding == NULL) {
        return (dragoman_concept){0};
    }
    *coding = (dragoman_code){.code = code};
    return (dragoman_concept){.codings = coding, .coding_count = 1};
}

dragoman_code hl7v2_code_read(hl7v2_message *message, dragoman_bytes field) {
    dragoman_code code = {0};
    if (field.size == 0 || read_triplet(message, field, &code)) {
        return code;
    }
    hl7v2_components components;
    hl7v2_split(message, field, &components);
    for (uint32_t n = 0; n < 2 && code.code.size == 0 && code.text.size == 0; n++) {
        const dragoman_bytes *part = components.part + (size_t)n * 3;
        code.code = hl7v2_word(message, part[0]);
        code.text = hl7v2_word(message, part[1]);
        code.system = hl7v2_word(message, part[2]);
    }
    return code;
}

dragoman_identifier hl7v2_entity_read(hl7v2_message *message, dragoman_bytes field) {
    if (field.size == 0) {
        return (dragoman_identifier){0};
    }
    hl7v2_components components;
    hl7v2_split(message, field, &components);
    return (dragoman_identifier){.value = hl7v2_word(message, components.part[0]),
                                 .authority = hl7v2_word(message, components.part[1]),
                                 .universal = hl7v2_word(message, components.part[2]),
                                 .universal_type = hl7v2_word(message, components.part[3])};
}

dragoman_identifier hl7v2_extended_read(hl7v2_message *message, dragoman_bytes repetition) {
    hl7v2_components components;
    hl7v2_split(message, repetition, &components);
    dragoman_bytes authority = components.part[3];
    return (dragoman_identifier){.value = hl7v2_word(message, hl7v2_subcomponent(message, components.part[0], 1)),
                                 .authority = hl7v2_word(message, hl7v2_subcomponent(message, authority, 1)),
                                 .universal = hl7v2_word(message, hl7v2_subcomponent(message, authority, 2)),
                                 .universal_type = hl7v2_word(message, hl7v2_subcomponent(message, authority, 3)),
                                 .type = hl7v2_word(message, components.part[4])};
}

bool hl7v2_identifier_same(const dragoman_identifier *a, const dragoman_identifier *b) {
    return hl7v2_same(a->value, b->value) && hl7v2_same(a->universal, b->universal) &&
           hl7v2_same(a->authority, b->authority) && hl7v2_same(a->universal_type, b->universal_type);
}

uint32_t hl7v2_mdc_of(const dragoman_concept *concept) {
    for (uint32_t n = 0; n < concept->coding_count; n++) {
        uint32_t number = 0;
        if (hl7v2_is(concept->codings[n].system, "MDC") && hl7v2_unsigned_read(concept->codings[n].code, &number)) {
            return number;
        }
    }
    return 0;
}

dragoman_bytes hl7v2_join(hl7v2_message *message, const dragoman_bytes *parts, size_t count, char separator) {
    size_t size = 0;
    for (size_t n = 0; n < count; n++) {
        size += parts[n].size + 1;
    }
    uint8_t *text = (uint8_t *)hl7v2_take(message->memory, size + 1);
    if (text == NULL) {
        return (dragoman_bytes){NULL, 0};
    }
    size_t used = 0;
    for (size_t n = 0; n < count; n++) {
        if (parts[n].size == 0) {
            continue;
        }
        if (used > 0 && separator != 0) {
            text[used++] = (uint8_t)separator;
        }
        memcpy(text + used, parts[n].data, parts[n].size);
        used += parts[n].size;
    }
    return (dragoman_bytes){text, used};
}

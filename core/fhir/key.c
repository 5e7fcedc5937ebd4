#include "fhir/key.h"

void fhir_key_code(buffer *key, const dragoman_code *code) {
    fhir_key_bytes(key, code->code);
    fhir_key_bytes(key, code->text);
    fhir_key_bytes(key, code->system);
}

void fhir_key_concept(buffer *key, const dragoman_concept *concept) {
    buffer_append(key, &concept->coding_count, sizeof concept->coding_count);
    for (uint32_t i = 0; i < concept->coding_count; i++) {
        fhir_key_code(key, &concept->codings[i]);
    }
    fhir_key_bytes(key, concept->text);
}

void fhir_key_decimal(buffer *key, dragoman_decimal decimal) {
    fhir_key_number(key, (uint64_t)decimal.mantissa);
    fhir_key_number(key, ((uint64_t)(uint16_t)decimal.exponent << 8) | decimal.special);
}

void fhir_key_identifier(buffer *key, const dragoman_identifier *identifier) {
    fhir_key_bytes(key, identifier->value);
    fhir_key_bytes(key, identifier->authority);
    fhir_key_bytes(key, identifier->universal);
    fhir_key_bytes(key, identifier->universal_type);
    fhir_key_bytes(key, identifier->type);
}

void fhir_key_identifiers(buffer *key, const dragoman_list *identifiers) {
    buffer_append(key, &identifiers->count, sizeof identifiers->count);
    for (uint32_t i = 0; i < identifiers->count; i++) {
        fhir_key_identifier(key, dragoman_list_at(identifiers, i));
    }
}

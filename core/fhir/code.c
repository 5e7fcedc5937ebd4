#include "fhir/code.h"
#include "fhir/concept.h"

#define MOST_LOINCS 8 /* of one code: a profile's own, and the special ones beside it */

typedef struct loinc_list {
    const char *codes[MOST_LOINCS];
    uint32_t count;
} loinc_list;

static bool is_listed(const loinc_list *list, dragoman_bytes code) {
    for (uint32_t i = 0; i < list->count; i++) {
        if (bytes_is(code, list->codes[i])) {
            return true;
        }
    }
    return false;
}

static void add_loinc(buffer *to, loinc_list *list, const char *code, const char *display) {
    if (list->count < MOST_LOINCS && !is_listed(list, bytes_of(code))) {
        list->codes[list->count++] = code;
        fhir_plain_coding(to, FHIR_LOINC, bytes_of(code), bytes_of(display));
    }
}

/* Whether a pairing goes out under the plan: with a profile all that belong to it, else those of no profile. */
static bool is_wanted(const terms_loinc *pair, const fhir_plan *plan) {
    const fhir_vital *vital = fhir_vital_of(bytes_of(pair->code));
    if (!pair->is_preferred) {
        return false;
    }
    if (plan->vital != NULL) {
        return vital == plan->vital || (vital == NULL && strcmp(pair->category, "vital-signs") == 0);
    }
    return vital == NULL;
}

static void loinc_codings(buffer *to, const terms_meaning *meaning, const fhir_plan *plan, loinc_list *ret_list) {
    if (!plan->has_loinc) {
        return;
    }
    if (plan->vital != NULL && !plan->is_part) {
        const char *display = NULL;
        for (uint32_t i = 0; i < meaning->loinc_count; i++) {
            if (strcmp(meaning->loincs[i].code, plan->vital->loinc) == 0) {
                display = meaning->loincs[i].display;
            }
        }
        add_loinc(to, ret_list, plan->vital->loinc, display);
    }
    for (uint32_t i = 0; i < meaning->loinc_count; i++) {
        const terms_loinc *pair = &meaning->loincs[i];
        if (is_wanted(pair, plan)) {
            add_loinc(to, ret_list, pair->code, pair->display);
        }
    }
}

void fhir_code(const fhir_writer *writer, buffer *to, const char *name, const dragoman_concept *concept,
               const terms_meaning *meaning, const fhir_plan *plan) {
    size_t begin = json_open(to, name, '{');
    size_t codings = json_open(to, "coding", '[');
    loinc_list list = {0};
    dragoman_bytes own_name = {NULL, 0};
    for (uint32_t i = 0; i < concept->coding_count && own_name.size == 0; i++) {
        if (fhir_mdc_number(&concept->codings[i]) == meaning->mdc) {
            own_name = concept->codings[i].text;
        }
    }
    if (meaning->mdc != 0) {
        /* Where number and name disagree, the name is the sender's: both are kept, and nobody is told that they agree.
         */
        bool is_own = meaning->term == NULL || (meaning->is_mismatch && own_name.size > 0);
        fhir_mdc_coding(to, meaning->mdc, is_own ? own_name : bytes_of(meaning->term->refid));
    }
    loinc_codings(to, meaning, plan, &list);
    for (uint32_t i = 0; i < concept->coding_count; i++) {
        const dragoman_code *code = &concept->codings[i];
        uint32_t number = fhir_mdc_number(code);
        if (number != 0 && number == meaning->mdc) {
            continue;
        }
        bool is_loinc = fhir_is_loinc(code);
        if (is_loinc && is_listed(&list, code->code)) {
            continue;
        }
        const fhir_vital *called = is_loinc ? fhir_vital_of(code->code) : NULL;
        fhir_coding(writer, to, code, called != NULL && called != plan->vital);
    }
    json_close(to, codings);
    json_text(to, "text", fhir_concept_words(concept));
    if (!json_close(to, begin)) {
        /* FHIR wants a code, and the device gave none. */
        begin = json_open(to, name, '{');
        JSON_APPEND(to, "\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/data-absent-reason\","
                        "\"valueCode\":\"unknown\"}],");
        json_close(to, begin);
    }
}

void fhir_mismatch_note(buffer *to, const dragoman_concept *concept, const terms_meaning *meaning) {
    size_t element = json_open(to, NULL, '{');
    JSON_APPEND(to, "\"text\":\"The sender's number and name for this value disagree: ");
    buffer_append_format(to, "%lu (", (unsigned long)meaning->mdc);
    json_escape(to, meaning->term == NULL ? (dragoman_bytes){NULL, 0} : bytes_of(meaning->term->refid));
    JSON_APPEND(to, ") was sent as ");
    json_escape(to, json_trimmed(fhir_concept_words(concept)));
    JSON_APPEND(to, "\",");
    json_close(to, element);
}

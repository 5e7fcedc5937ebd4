#include "fhir/vitals.h"
#include "fhir/concept.h"

enum { PANEL, RESPIRATION, HEART, OXYGEN, TEMPERATURE, HEIGHT, HEAD, WEIGHT, MASS_INDEX, PRESSURE };

static const fhir_vital vitals[] = {
    [PANEL] = {"vitalspanel", "85353-1", {NULL}, false},
    [RESPIRATION] = {"resprate", "9279-1", {"/min"}, true},
    [HEART] = {"heartrate", "8867-4", {"/min"}, false},
    [OXYGEN] = {"oxygensat", "2708-6", {"%"}, false},
    [TEMPERATURE] = {"bodytemp", "8310-5", {"Cel", "[degF]"}, false},
    [HEIGHT] = {"bodyheight", "8302-2", {"cm", "[in_i]"}, false},
    [HEAD] = {"headcircum", "9843-4", {"cm", "[in_i]"}, false},
    [WEIGHT] = {"bodyweight", "29463-7", {"kg", "g", "[lb_av]"}, false},
    [MASS_INDEX] = {"bmi", "39156-5", {"kg/m2"}, false},
    [PRESSURE] = {"bp", "85354-9", {"mm[Hg]"}, false},
};

typedef struct implied {
    const char *loinc;
    uint8_t vital;
} implied;

/* Sorted by code. */
static const implied implications[] = {
    {"11291-2", RESPIRATION}, {"11328-2", HEART},       {"19224-5", OXYGEN},      {"19840-8", RESPIRATION},
    {"20564-1", OXYGEN},      {"2708-6", OXYGEN},       {"2709-4", OXYGEN},       {"2710-2", OXYGEN},
    {"2713-6", OXYGEN},       {"29463-7", WEIGHT},      {"3137-7", HEIGHT},       {"3138-5", HEIGHT},
    {"3141-9", WEIGHT},       {"3142-7", WEIGHT},       {"33438-3", RESPIRATION}, {"35094-2", PRESSURE},
    {"39156-5", MASS_INDEX},  {"40443-4", HEART},       {"51733-4", OXYGEN},      {"55284-4", PRESSURE},
    {"55425-3", HEART},       {"59408-5", OXYGEN},      {"59417-6", OXYGEN},      {"60834-9", TEMPERATURE},
    {"60835-6", TEMPERATURE}, {"60836-4", TEMPERATURE}, {"60838-0", TEMPERATURE}, {"60955-2", TEMPERATURE},
    {"60978-4", HEART},       {"61009-7", TEMPERATURE}, {"68999-2", HEART},       {"69000-8", HEART},
    {"73795-7", HEART},       {"73799-9", HEART},       {"75292-3", WEIGHT},      {"75539-7", TEMPERATURE},
    {"75987-8", TEMPERATURE}, {"76010-8", TEMPERATURE}, {"76011-6", TEMPERATURE}, {"76170-0", RESPIRATION},
    {"76171-8", RESPIRATION}, {"76172-6", RESPIRATION}, {"76270-8", RESPIRATION}, {"76278-1", TEMPERATURE},
    {"76476-1", HEART},       {"76477-9", HEART},       {"76534-7", PRESSURE},    {"79348-9", WEIGHT},
    {"8287-5", HEAD},         {"8302-2", HEIGHT},       {"8306-3", HEIGHT},       {"8308-9", HEIGHT},
    {"8309-7", TEMPERATURE},  {"8310-5", TEMPERATURE},  {"8328-7", TEMPERATURE},  {"8329-5", TEMPERATURE},
    {"8330-3", TEMPERATURE},  {"8331-1", TEMPERATURE},  {"8332-9", TEMPERATURE},  {"8333-7", TEMPERATURE},
    {"8334-5", TEMPERATURE},  {"8350-1", WEIGHT},       {"8351-9", WEIGHT},       {"8459-0", PRESSURE},
    {"8480-6", PRESSURE},     {"85353-1", PANEL},       {"85354-9", PRESSURE},    {"8867-4", HEART},
    {"8886-4", HEART},        {"8889-8", HEART},        {"8890-6", HEART},        {"8891-4", HEART},
    {"8892-2", HEART},        {"8893-0", HEART},        {"89270-3", MASS_INDEX},  {"89276-0", OXYGEN},
    {"91371-5", TEMPERATURE}, {"9279-1", RESPIRATION},  {"97549-0", OXYGEN},      {"9843-4", HEAD},
    {"98657-0", TEMPERATURE}, {"98663-8", TEMPERATURE},
};

static int compare_code(dragoman_bytes code, const char *text) {
    size_t size = strlen(text);
    int order = memcmp(code.data, text, code.size < size ? code.size : size);
    return order != 0 ? order : (code.size > size) - (code.size < size);
}

const fhir_vital *fhir_vital_of(dragoman_bytes loinc) {
    size_t first = 0;
    size_t end = sizeof implications / sizeof *implications;
    while (loinc.size > 0 && first < end) {
        size_t middle = (first + end) / 2;
        int order = compare_code(loinc, implications[middle].loinc);
        if (order == 0) {
            return &vitals[implications[middle].vital];
        }
        if (order < 0) {
            end = middle;
        } else {
            first = middle + 1;
        }
    }
    return NULL;
}

/* Whether the profile is the blood pressure panel, which only a panel with components can meet. */
static bool is_panel(const fhir_vital *vital) {
    return vital == &vitals[PRESSURE] || vital == &vitals[PANEL];
}

/* The same for a code of a pressure part (8480-6, 8462-4, 8478-0) or of the panel itself. */
static bool is_pressure(dragoman_bytes loinc) {
    return is_panel(fhir_vital_of(loinc)) || bytes_is(loinc, "8462-4") || bytes_is(loinc, "8478-0");
}

/* Whether numbers in `ucum` can be written in `wanted`; with `ret_convert` set when they have to be converted. */
static bool unit_fits(dragoman_bytes ucum, const char *wanted, bool *ret_convert) {
    *ret_convert = false;
    if (bytes_is(ucum, wanted)) {
        return true;
    }
    dragoman_decimal one = {.mantissa = 1};
    dragoman_decimal converted;
    *ret_convert = terms_convert(one, ucum, bytes_of(wanted), &converted) == DRAGOMAN_OK;
    return *ret_convert;
}

/* Whether numbers in `ucum` meet the profile, as they are or converted. */
static bool unit_meets(const fhir_vital *vital, dragoman_bytes ucum, fhir_plan *plan) {
    bool convert = false;
    for (size_t i = 0; i < 3 && vital->units[i] != NULL; i++) {
        if (bytes_is(ucum, vital->units[i])) {
            return true;
        }
    }
    if (vital->units[0] == NULL || !unit_fits(ucum, vital->units[0], &convert)) {
        return false;
    }
    plan->convert_to = bytes_of(vital->units[0]);
    return true;
}

/* The profile that the pairings call for and can carry. `ret_refused`: a pairing calls for one that cannot be met. */
static const fhir_vital *vital_of_pairings(const terms_meaning *meaning, bool *ret_refused) {
    const fhir_vital *found = NULL;
    bool is_whole = false;
    for (uint32_t i = 0; i < meaning->loinc_count; i++) {
        const fhir_vital *vital = fhir_vital_of(bytes_of(meaning->loincs[i].code));
        if (vital != NULL && meaning->loincs[i].is_preferred) {
            found = vital;
            is_whole |= vital->is_added || strcmp(meaning->loincs[i].code, vital->loinc) == 0;
        }
    }
    *ret_refused = found != NULL && !is_whole;
    return found;
}

static const fhir_vital *vital_of_spoken(const dragoman_concept *spoken) {
    for (uint32_t i = 0; i < spoken->coding_count; i++) {
        if (fhir_is_loinc(&spoken->codings[i])) {
            const fhir_vital *vital = fhir_vital_of(spoken->codings[i].code);
            if (vital != NULL) {
                return vital;
            }
        }
    }
    return NULL;
}

static fhir_plan plan_vital(const terms_meaning *meaning, const fhir_vital *vital, fhir_value_class value) {
    fhir_plan plan = {.has_loinc = true, .vital = vital, .category = "vital-signs"};
    fhir_plan none = {0};
    if (is_panel(vital) || value == FHIR_VALUE_OTHER ||
        (value == FHIR_VALUE_NUMBER && !unit_meets(vital, meaning->ucum, &plan))) {
        return none;
    }
    return plan;
}

fhir_plan fhir_plan_make(const terms_meaning *meaning, const dragoman_concept *spoken, fhir_value_class value,
                         bool is_possible) {
    fhir_plan none = {0};
    if (!is_possible || value == FHIR_VALUE_SAMPLES || meaning->is_mismatch) {
        return none;
    }
    bool is_refused = false;
    const fhir_vital *vital = vital_of_pairings(meaning, &is_refused);
    if (vital == NULL && !is_refused) {
        vital = vital_of_spoken(spoken);
    }
    if (vital != NULL) {
        return is_refused ? none : plan_vital(meaning, vital, value);
    }
    for (uint32_t i = 0; i < meaning->loinc_count; i++) {
        const terms_loinc *pair = &meaning->loincs[i];
        bool convert = false;
        bool is_unitless = *pair->ucum == '\0' || strcmp(pair->ucum, "1") == 0;
        bool fits = value != FHIR_VALUE_NUMBER || unit_fits(meaning->ucum, pair->ucum, &convert) ||
                    (is_unitless && meaning->ucum.size == 0 && meaning->unit_text.size == 0);
        if (fits && pair->is_preferred && !is_pressure(bytes_of(pair->code))) {
            return (fhir_plan){.has_loinc = true, .category = pair->category};
        }
    }
    return none;
}

fhir_plan fhir_plan_panel(const terms_meaning *const *meanings, const fhir_value_class *values, uint32_t count,
                          bool is_possible) {
    fhir_plan plan = {.has_loinc = true, .vital = &vitals[PRESSURE], .category = "vital-signs"};
    fhir_plan none = {0};
    for (uint32_t i = 0; i < count; i++) {
        bool convert = false;
        const char *wanted = vitals[PRESSURE].units[0];
        if (values[i] == FHIR_VALUE_NUMBER && !bytes_is(meanings[i]->ucum, wanted) &&
            !unit_fits(meanings[i]->ucum, wanted, &convert)) {
            return none;
        }
        if (convert) {
            plan.convert_to = bytes_of(wanted);
        }
    }
    return is_possible ? plan : none;
}

bool fhir_is_panel_group(const terms_book *book, uint32_t mdc) {
    uint32_t count = 0;
    const terms_loinc *pairs = terms_find_loinc(book, mdc, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(pairs[i].code, vitals[PRESSURE].loinc) == 0) {
            return true;
        }
    }
    return false;
}

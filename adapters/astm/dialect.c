#include "dialect.h"

const char *const astm_dialect_keys[] = {"charset",          "code_system",       "code_component",
                                         "loinc_component",  "name_component",    "model_component",
                                         "serial_component", "version_component", "specimen_component",
                                         "patient_field",    "order_number",      NULL};

const char *const astm_charsets[ASTM_CHARSETS] = {"ISO-8859-1",   "ISO-8859-2",  "ISO-8859-5",   "ISO-8859-7",
                                                  "ISO-8859-9",   "ISO-8859-15", "WINDOWS-1250", "WINDOWS-1251",
                                                  "WINDOWS-1252", "SHIFT_JIS",   "GB18030",      "EUC-KR"};

static uint32_t number_of(dragoman_bytes text) {
    uint32_t number = 0;
    for (size_t n = 0; n < text.size && n < 2; n++) {
        if (text.data[n] < '0' || text.data[n] > '9') {
            return 0;
        }
        number = number * 10 + (uint32_t)(text.data[n] - '0');
    }
    return number;
}

void astm_dialect_set(astm_dialect *dialect, const char *key, dragoman_bytes value) {
    const struct {
        const char *key;
        uint32_t *number;
    } numbers[] = {
        {"code_component", &dialect->code_component},         {"loinc_component", &dialect->loinc_component},
        {"name_component", &dialect->name_component},         {"model_component", &dialect->model_component},
        {"serial_component", &dialect->serial_component},     {"version_component", &dialect->version_component},
        {"specimen_component", &dialect->specimen_component}, {"patient_field", &dialect->patient_field},
    };
    if (value.size == 0) {
        return;
    }
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
        if (strcmp(numbers[n].key, key) == 0) {
            *numbers[n].number = number_of(value);
        }
    }
    if (strcmp(key, "charset") == 0 && !astm_is(value, "auto")) {
        dialect->charset = value;
    } else if (strcmp(key, "code_system") == 0) {
        dialect->code_system = value;
    } else if (strcmp(key, "order_number") == 0) {
        dialect->order_number = astm_is(value, "specimen") ? ASTM_ORDER_SPECIMEN : ASTM_ORDER_NONE;
    }
}

/* `over` where it says something. */
static uint32_t either(uint32_t over, uint32_t under) {
    return over != 0 ? over : under;
}

astm_dialect astm_dialect_of(const dragoman_host *host, void *context, const astm_dialect *link,
                             const dragoman_code *sender) {
    astm_dialect profile = {0};
    for (const char *const *key = astm_dialect_keys; *key != NULL; key++) {
        dragoman_bytes name = {(const uint8_t *)*key, strlen(*key)};
        astm_dialect_set(&profile, *key, host->profile_setting(context, sender, name));
    }
    return (astm_dialect){
        .charset = link->charset.size > 0 ? link->charset : profile.charset,
        .code_system = link->code_system.size > 0 ? link->code_system : profile.code_system,
        .code_component = either(link->code_component, profile.code_component),
        .loinc_component = either(link->loinc_component, profile.loinc_component),
        .name_component = either(link->name_component, profile.name_component),
        .model_component = either(link->model_component, profile.model_component),
        .serial_component = either(link->serial_component, profile.serial_component),
        .version_component = either(link->version_component, profile.version_component),
        .specimen_component = either(link->specimen_component, profile.specimen_component),
        .patient_field = either(link->patient_field, profile.patient_field),
        .order_number = either(link->order_number, profile.order_number),
    };
}

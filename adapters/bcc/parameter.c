#include "parameter.h"
#include "limits.h"
#include <string.h>

typedef struct parameter_row {
    const char *name;
    uint8_t sort; /* bcc_sort */
} parameter_row;

static const parameter_row rows[] = {
    {"GNACK", BCC_SORT_ADMINISTRATIVE},
    {"GNNEW", BCC_SORT_NEW},
    {"GNMODEL", BCC_SORT_MODEL},
    {"INSERNUM", BCC_SORT_SERIAL},
    {"PATID", BCC_SORT_PATIENT},
    {"PATIDBADGE", BCC_SORT_PRIVATE},
    {"PATIDDRUG", BCC_SORT_PRIVATE},
    {"NURSEID", BCC_SORT_PRIVATE},
    {"INNR", BCC_SORT_TEXT},
    {"INDTNR", BCC_SORT_TEXT},
    {"FMBANY", BCC_SORT_PRIVATE},
    {"FMRT", BCC_SORT_TEXT},
    {"INSOL", BCC_SORT_LABEL},
    {"INSOLSN", BCC_SORT_LABEL},
    {"INSOLID", BCC_SORT_LABEL},
    {"INDCONU", BCC_SORT_CONCENTRATION_UNIT},
    {"INDORTU", BCC_SORT_DOSE_UNIT},
    {"DISPNAME", BCC_SORT_LABEL},
    {"DLNAME", BCC_SORT_LABEL},
    {"DRUGCAT", BCC_SORT_LABEL},
    {"DRUGORDERNO", BCC_SORT_LABEL},
    {"INRT", BCC_SORT_SETTING},
    {"INVTB", BCC_SORT_SETTING},
    {"INSYR", BCC_SORT_SETTING},
    {"INBORT", BCC_SORT_SETTING},
    {"INDCON", BCC_SORT_CONCENTRATION},
    {"INDORT", BCC_SORT_DOSE},
    {"INP1", BCC_SORT_SETTING},
    {"SLLOW", BCC_SORT_SETTING},
    {"SLHIGH", BCC_SORT_SETTING},
    {"HLHIGH", BCC_SORT_SETTING},
    {"RTLIMUT", BCC_SORT_LABEL},
    {"PCALOT", BCC_SORT_SETTING},
    {"TCIMOD", BCC_SORT_LABEL},
    {"TCIMODEL", BCC_SORT_LABEL},
    {"TCITAR", BCC_SORT_SETTING},
    {"PATW", BCC_SORT_SETTING},
    {"PATH", BCC_SORT_SETTING},
    {"PATAGE", BCC_SORT_SETTING},
};

static bool is_text(dragoman_bytes one, const char *other) {
    return one.size == strlen(other) && memcmp(one.data, other, one.size) == 0;
}

uint32_t bcc_alarm_number(dragoman_bytes name) {
    uint32_t number = 0;
    if (name.size < 4 || name.size > 5 || memcmp(name.data, "INA", 3) != 0) {
        return BCC_ALARMS;
    }
    for (size_t n = 3; n < name.size; n++) {
        if (name.data[n] < '0' || name.data[n] > '9') {
            return BCC_ALARMS;
        }
        number = number * 10 + (uint32_t)(name.data[n] - '0');
    }
    return number == 0 ? BCC_ALARMS : number - 1;
}

bcc_sort bcc_sort_of(dragoman_bytes name) {
    for (size_t n = 0; n < sizeof rows / sizeof *rows; n++) {
        if (is_text(name, rows[n].name)) {
            return (bcc_sort)rows[n].sort;
        }
    }
    return bcc_alarm_number(name) < BCC_ALARMS ? BCC_SORT_ALARM : BCC_SORT_VALUE;
}

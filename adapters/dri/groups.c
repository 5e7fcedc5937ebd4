#include "groups.h"

static const dri_field heart[] = {
    {"hr", "/min", 0, 0, DRI_QUIRK_HEART_RATE}, {"st1", "mm", 2, -2, DRI_QUIRK_NONE},
    {"st2", "mm", 4, -2, DRI_QUIRK_NONE},       {"st3", "mm", 6, -2, DRI_QUIRK_NONE},
    {"imp_rr", "/min", 8, 0, DRI_QUIRK_NONE},
};
static const dri_field pressure[] = {
    {"sys", "mm[Hg]", 0, -2, DRI_QUIRK_NONE},
    {"dia", "mm[Hg]", 2, -2, DRI_QUIRK_NONE},
    {"mean", "mm[Hg]", 4, -2, DRI_QUIRK_NONE},
    {"hr", "/min", 6, 0, DRI_QUIRK_NONE},
};
static const dri_field cuff[] = {
    {"sys", "mm[Hg]", 0, -2, DRI_QUIRK_CUFF},
    {"dia", "mm[Hg]", 2, -2, DRI_QUIRK_CUFF},
    {"mean", "mm[Hg]", 4, -2, DRI_QUIRK_CUFF},
    {"hr", "/min", 6, 0, DRI_QUIRK_CUFF},
};
static const dri_field temperature_1[] = {
    {"t1", "Cel", 0, -2, DRI_QUIRK_NONE},
};
static const dri_field temperature_2[] = {
    {"t2", "Cel", 0, -2, DRI_QUIRK_NONE},
};
static const dri_field temperature_3[] = {
    {"t3", "Cel", 0, -2, DRI_QUIRK_NONE},
};
static const dri_field temperature_4[] = {
    {"t4", "Cel", 0, -2, DRI_QUIRK_NONE},
};
static const dri_field temperature_5[] = {
    {"t5", "Cel", 0, -2, DRI_QUIRK_NONE},
};
static const dri_field temperature_6[] = {
    {"t6", "Cel", 0, -2, DRI_QUIRK_NONE},
};
static const dri_field saturation[] = {
    {"spo2", "%", 0, -2, DRI_QUIRK_NONE},
    {"pr", "/min", 2, 0, DRI_QUIRK_NONE},
    {"ir_amp", "%", 4, 0, DRI_QUIRK_NONE},
    {"so2", "%", 6, -2, DRI_QUIRK_SATURATION},
};
static const dri_field carbon_dioxide[] = {
    {"et", "%", 0, -2, DRI_QUIRK_NONE},
    {"fi", "%", 2, -2, DRI_QUIRK_NONE},
    {"rr", "/min", 4, 0, DRI_QUIRK_NONE},
    {"amb_press", "mm[Hg]", 6, -1, DRI_QUIRK_NONE},
};
static const dri_field gas[] = {
    {"et", "%", 0, -2, DRI_QUIRK_NONE},
    {"fi", "%", 2, -2, DRI_QUIRK_NONE},
};
static const dri_field agent[] = {
    {"et", "%", 0, -2, DRI_QUIRK_NONE},
    {"fi", "%", 2, -2, DRI_QUIRK_NONE},
    {"mac_sum", NULL, 4, -2, DRI_QUIRK_OF_ALL},
};
static const dri_field flow[] = {
    {"rr", "/min", 0, 0, DRI_QUIRK_NONE},
    {"ppeak", "cm[H2O]", 2, -2, DRI_QUIRK_NONE},
    {"peep", "cm[H2O]", 4, -2, DRI_QUIRK_NONE},
    {"pplat", "cm[H2O]", 6, -2, DRI_QUIRK_NONE},
    {"tv_insp", "mL", 8, -1, DRI_QUIRK_NONE},
    {"tv_exp", "mL", 10, -1, DRI_QUIRK_NONE},
    {"compliance", "mL/cm[H2O]", 12, -2, DRI_QUIRK_NONE},
    {"mv_exp", "L/min", 14, -2, DRI_QUIRK_NONE},
};
static const dri_field output[] = {
    {"co", "mL/min", 0, 0, DRI_QUIRK_OUTPUT},
    {"blood_temp", "Cel", 2, -2, DRI_QUIRK_NONE},
    {"ref", "%", 4, 0, DRI_QUIRK_OUTPUT},
    {"pcwp", "mm[Hg]", 6, -2, DRI_QUIRK_WEDGE},
};
static const dri_field relaxation[] = {
    {"t1", "%", 0, -1, DRI_QUIRK_NONE},
    {"tratio", "%", 2, -1, DRI_QUIRK_NONE},
};
static const dri_field heart_extra[] = {
    {"hr_ecg", "/min", 0, 0, DRI_QUIRK_NONE},
    {"hr_max", "/min", 2, 0, DRI_QUIRK_NONE},
    {"hr_min", "/min", 4, 0, DRI_QUIRK_NONE},
};
static const dri_field venous[] = {
    {"svo2", "%", 0, -2, DRI_QUIRK_NONE},
};
static const dri_field rhythm[] = {
    {"hr", "/min", 0, 0, DRI_QUIRK_NONE},
    {"rr_time", NULL, 2, 0, DRI_QUIRK_NONE},
};
static const dri_field twelve[] = {
    {"stI", "mm", 0, -2, DRI_QUIRK_NONE},   {"stII", "mm", 2, -2, DRI_QUIRK_NONE},
    {"stIII", "mm", 4, -2, DRI_QUIRK_NONE}, {"stAVL", "mm", 6, -2, DRI_QUIRK_NONE},
    {"stAVR", "mm", 8, -2, DRI_QUIRK_NONE}, {"stAVF", "mm", 10, -2, DRI_QUIRK_NONE},
    {"stV1", "mm", 12, -2, DRI_QUIRK_NONE}, {"stV2", "mm", 14, -2, DRI_QUIRK_NONE},
    {"stV3", "mm", 16, -2, DRI_QUIRK_NONE}, {"stV4", "mm", 18, -2, DRI_QUIRK_NONE},
    {"stV5", "mm", 20, -2, DRI_QUIRK_NONE}, {"stV6", "mm", 22, -2, DRI_QUIRK_NONE},
};
static const dri_field muscle[] = {
    {"femg", "uV", 0, -1, DRI_QUIRK_NONE},
};
static const dri_field brain[] = {
    {"ampl", "uV", 0, -1, DRI_QUIRK_NONE}, {"sef", "Hz", 2, -1, DRI_QUIRK_NONE}, {"mf", "Hz", 4, -1, DRI_QUIRK_NONE},
    {"delta", "%", 6, 0, DRI_QUIRK_NONE},  {"theta", "%", 8, 0, DRI_QUIRK_NONE}, {"alpha", "%", 10, 0, DRI_QUIRK_NONE},
    {"beta", "%", 12, 0, DRI_QUIRK_NONE},  {"bsr", "%", 14, 0, DRI_QUIRK_NONE},
};
static const dri_field bispectral[] = {
    {"bis", NULL, 0, 0, DRI_QUIRK_NONE},
    {"sqi", "%", 2, 0, DRI_QUIRK_NONE},
    {"emg", NULL, 4, 0, DRI_QUIRK_NONE},
    {"sr", "%", 6, 0, DRI_QUIRK_NONE},
};
static const dri_field entropy[] = {
    {"se", NULL, 0, 0, DRI_QUIRK_NONE},
    {"re", NULL, 2, 0, DRI_QUIRK_NONE},
    {"bsr", "%", 4, 0, DRI_QUIRK_NONE},
};
static const dri_field exchange[] = {
    {"vo2", "mL/min", 0, -1, DRI_QUIRK_NONE},
    {"vco2", "mL/min", 2, -1, DRI_QUIRK_NONE},
    {"ee", "kcal/d", 4, 0, DRI_QUIRK_NONE},
};
static const dri_field flow_2[] = {
    {"ipeep", "cm[H2O]", 0, -2, DRI_QUIRK_NONE},
    {"pmean", "cm[H2O]", 2, -2, DRI_QUIRK_NONE},
    {"raw", "cm[H2O].s/L", 4, -2, DRI_QUIRK_NONE},
    {"mv_insp", "L/min", 6, -2, DRI_QUIRK_NONE},
    {"epeep", "cm[H2O]", 8, -2, DRI_QUIRK_NONE},
    {"mv_spont", "L/min", 10, -2, DRI_QUIRK_NONE},
    {"insp_time", "s", 14, -2, DRI_QUIRK_NONE},
    {"exp_time", "s", 16, -2, DRI_QUIRK_NONE},
    {"static_compliance", "mL/cm[H2O]", 18, -2, DRI_QUIRK_NONE},
    {"static_pplat", "cm[H2O]", 20, -2, DRI_QUIRK_NONE},
    {"static_peepe", "cm[H2O]", 22, -2, DRI_QUIRK_NONE},
    {"static_peepi", "cm[H2O]", 24, -2, DRI_QUIRK_NONE},
};
static const dri_field tonometry[] = {
    {"prco2", "kPa", 0, -2, DRI_QUIRK_NONE},
    {"pr_et", "kPa", 2, -2, DRI_QUIRK_NONE},
    {"pr_pa", "kPa", 4, -2, DRI_QUIRK_NONE},
    {"pa_delay", "min", 6, 0, DRI_QUIRK_NONE},
    {"phi", NULL, 8, -2, DRI_QUIRK_NONE},
    {"phi_delay", "min", 10, 0, DRI_QUIRK_NONE},
    {"amb_press", "mm[Hg]", 12, -1, DRI_QUIRK_NONE},
};
static const dri_field age[] = {
    {"mac_age_sum", NULL, 0, -2, DRI_QUIRK_NONE},
};
static const dri_field variation[] = {
    {"spv", "mm[Hg]", 0, -2, DRI_QUIRK_NONE},
    {"ppv", "%", 2, -2, DRI_QUIRK_NONE},
};
static const dri_field perfusion[] = {
    {"cpp", "mm[Hg]", 0, -2, DRI_QUIRK_NONE},
};

#define FIELDS(of) (of), sizeof(of) / sizeof((of)[0])

const dri_group dri_groups[DRI_GROUPS] = {
    {"ecg", FIELDS(heart), 0, 0, 6, DRI_NAMED_PLAIN},
    {"p1", FIELDS(pressure), 0, 16, 22, DRI_NAMED_BY_PRESSURE},
    {"p2", FIELDS(pressure), 0, 30, 36, DRI_NAMED_BY_PRESSURE},
    {"p3", FIELDS(pressure), 0, 44, 50, DRI_NAMED_BY_PRESSURE},
    {"p4", FIELDS(pressure), 0, 58, 64, DRI_NAMED_BY_PRESSURE},
    {"nibp", FIELDS(cuff), 0, 72, 78, DRI_NAMED_PLAIN},
    {"temp", FIELDS(temperature_1), 0, 86, 92, DRI_NAMED_BY_TEMPERATURE},
    {"temp", FIELDS(temperature_2), 0, 94, 100, DRI_NAMED_BY_TEMPERATURE},
    {"temp", FIELDS(temperature_3), 0, 102, 108, DRI_NAMED_BY_TEMPERATURE},
    {"temp", FIELDS(temperature_4), 0, 110, 116, DRI_NAMED_BY_TEMPERATURE},
    {"spo2", FIELDS(saturation), 0, 118, 124, DRI_NAMED_PLAIN},
    {"co2", FIELDS(carbon_dioxide), 0, 132, 138, DRI_NAMED_PLAIN},
    {"o2", FIELDS(gas), 0, 146, 152, DRI_NAMED_PLAIN},
    {"n2o", FIELDS(gas), 0, 156, 162, DRI_NAMED_PLAIN},
    {"aa", FIELDS(agent), 0, 166, 172, DRI_NAMED_BY_AGENT},
    {"flow_vol", FIELDS(flow), 0, 178, 184, DRI_NAMED_PLAIN},
    {"co_wedge", FIELDS(output), 0, 200, 206, DRI_NAMED_PLAIN},
    {"nmt", FIELDS(relaxation), 0, 214, 220, DRI_NAMED_PLAIN},
    {"ecg_extra", FIELDS(heart_extra), 0, 0, 226, DRI_NAMED_PLAIN},
    {"svo2", FIELDS(venous), 0, 232, 238, DRI_NAMED_PLAIN},
    {"p5", FIELDS(pressure), 0, 240, 246, DRI_NAMED_BY_PRESSURE},
    {"p6", FIELDS(pressure), 0, 254, 260, DRI_NAMED_BY_PRESSURE},
    {"arrh_ecg", FIELDS(rhythm), 1, 0, 6, DRI_NAMED_PLAIN},
    {"ecg_12", FIELDS(twelve), 1, 48, 54, DRI_NAMED_PLAIN},
    {"p7", FIELDS(pressure), 1, 78, 84, DRI_NAMED_BY_PRESSURE},
    {"p8", FIELDS(pressure), 1, 92, 98, DRI_NAMED_BY_PRESSURE},
    {"spo2_ch2", FIELDS(saturation), 1, 106, 112, DRI_NAMED_PLAIN},
    {"temp", FIELDS(temperature_5), 1, 120, 126, DRI_NAMED_BY_TEMPERATURE},
    {"temp", FIELDS(temperature_6), 1, 128, 134, DRI_NAMED_BY_TEMPERATURE},
    {"eeg", FIELDS(muscle), 2, 24, 30, DRI_NAMED_PLAIN},
    {"eeg1", FIELDS(brain), 2, 24, 32, DRI_NAMED_PLAIN},
    {"eeg2", FIELDS(brain), 2, 24, 48, DRI_NAMED_PLAIN},
    {"eeg3", FIELDS(brain), 2, 24, 64, DRI_NAMED_PLAIN},
    {"eeg4", FIELDS(brain), 2, 24, 80, DRI_NAMED_PLAIN},
    {"eeg_bis", FIELDS(bispectral), 2, 96, 102, DRI_NAMED_PLAIN},
    {"ent", FIELDS(entropy), 2, 112, 118, DRI_NAMED_PLAIN},
    {"gasex", FIELDS(exchange), 3, 0, 6, DRI_NAMED_PLAIN},
    {"flow_vol2", FIELDS(flow_2), 3, 14, 20, DRI_NAMED_PLAIN},
    {"bal", FIELDS(gas), 3, 60, 66, DRI_NAMED_PLAIN},
    {"tono", FIELDS(tonometry), 3, 70, 76, DRI_NAMED_PLAIN},
    {"aa2", FIELDS(age), 3, 92, 98, DRI_NAMED_PLAIN},
    {"delp", FIELDS(variation), 3, 116, 122, DRI_NAMED_PLAIN},
    {"cpp", FIELDS(perfusion), 3, 126, 132, DRI_NAMED_PLAIN},
    {"cpp2", FIELDS(perfusion), 3, 134, 140, DRI_NAMED_PLAIN},
};

/* "Invasive pressure group": labels 9 to 14 are the channels' own names. */
static const char *const pressures[] = {NULL, "art", "cvp", "pa", "rap", "rvp", "lap", "icp", "abp"};
/* "Temperature group": 11 to 14 are the channels' own names. */
static const char *const temperatures[] = {NULL,   "eso", "naso", "tymp", "rect", "blad", "axil", "skin", "airw",
                                           "room", "myo", NULL,   NULL,   NULL,   NULL,   "core", "surf"};
/* "Anaesthesia agent group": 0 is unknown, 1 none. */
static const char *const agents[] = {NULL, NULL, "hal", "enf", "iso", "des", "sev"};
/* "SpO2 group": the lowest two bits. */
static const char *const saturations[] = {"so2", "sao2", "svo2", "so2"};

#define NAME_OF(names, label) ((label) < sizeof(names) / sizeof((names)[0]) ? (names)[label] : NULL)

const char *dri_group_name(const dri_group *group, uint16_t label) {
    const char *name = group->naming == DRI_NAMED_BY_PRESSURE ? NAME_OF(pressures, label)
                       : group->naming == DRI_NAMED_BY_AGENT  ? NAME_OF(agents, label)
                                                              : NULL;
    return name != NULL ? name : group->name;
}

/* "ECG group": 1 is the ECG, 2 to 5, 7 and 8 invasive pressures, 6 the pulse oximeter. */
static const char *heart_rate_name(uint32_t status) {
    switch (status >> DRI_SOURCE_SHIFT & DRI_SOURCE_MASK) {
    case 1:
        return "hr_ecg";
    case 2:
    case 3:
    case 4:
    case 5:
    case 7:
    case 8:
        return "hr_pressure";
    case 6:
        return "hr_spo2";
    default:
        return "hr";
    }
}

const char *dri_field_name(const dri_group *group, const dri_field *field, uint32_t status, uint16_t label) {
    if (field->quirk == DRI_QUIRK_HEART_RATE) {
        return heart_rate_name(status);
    }
    if (field->quirk == DRI_QUIRK_SATURATION) {
        return saturations[label & 3u];
    }
    const char *name = group->naming == DRI_NAMED_BY_TEMPERATURE ? NAME_OF(temperatures, label) : NULL;
    return name != NULL ? name : field->name;
}

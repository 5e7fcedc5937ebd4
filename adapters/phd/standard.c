/* The standard configurations, to be held beside the tables of IEEE 11073-104zz: the objects, their types and units,
 * and in which order and size a fixed-format report brings their attributes (Attribute-Value-Map).
 *
 * Only configurations whose tables are known for sure stand here. An agent with any other number is asked to send its
 * configuration, which every agent can (20601 clause 8.8.3): 10406, 10420, 10441 and 10471 work that way, as do all
 * extended configurations. */
#include "configuration.h"

/* clang-format off */

#define SINGLE {PHD_NU_VAL_OBS_BASIC, 2}
#define SIMPLE {PHD_NU_VAL_OBS_SIMP, 4}
#define COMPOUND_OF_3 {PHD_NU_CMPD_VAL_OBS_BASIC, 10}
#define STAMP {PHD_TIME_STAMP_ABS, 8}

/* MetricSpecSmall: 4040 stored data, agent initiated; F040 also intermittent, updated and measured aperiodically. */
#define STREAMED 0x4040
#define EPISODIC 0xf040

/* IEEE 11073-10404 Pulse oximeter, 0x0190: values without time stamps. */
static const phd_object oximeter_0190[] = {
    {.handle = 1,  .class_id = PHD_CLASS_NUMERIC, .type = {PHD_PART_SCADA, 19384}, /* MDC_PULS_OXIM_SAT_O2 */
     .metric_spec = STREAMED, .unit = 544,  /* MDC_DIM_PERCENT */      .map = {SINGLE}, .map_count = 1},
    {.handle = 10, .class_id = PHD_CLASS_NUMERIC, .type = {PHD_PART_SCADA, 18458}, /* MDC_PULS_OXIM_PULS_RATE */
     .metric_spec = STREAMED, .unit = 2720, /* MDC_DIM_BEAT_PER_MIN */ .map = {SINGLE}, .map_count = 1},
};

/* IEEE 11073-10404 Pulse oximeter, 0x0191: spot values with time stamps. */
static const phd_object oximeter_0191[] = {
    {.handle = 1,  .class_id = PHD_CLASS_NUMERIC, .type = {PHD_PART_SCADA, 19384}, /* MDC_PULS_OXIM_SAT_O2 */
     .supplemental = {{PHD_PART_SCADA, 19516}}, .supplemental_count = 1,           /* MDC_MODALITY_SPOT */
     .metric_spec = STREAMED, .unit = 544,  /* MDC_DIM_PERCENT */      .map = {SINGLE, STAMP}, .map_count = 2},
    {.handle = 10, .class_id = PHD_CLASS_NUMERIC, .type = {PHD_PART_SCADA, 18458}, /* MDC_PULS_OXIM_PULS_RATE */
     .supplemental = {{PHD_PART_SCADA, 19516}}, .supplemental_count = 1,           /* MDC_MODALITY_SPOT */
     .metric_spec = STREAMED, .unit = 2720, /* MDC_DIM_BEAT_PER_MIN */ .map = {SINGLE, STAMP}, .map_count = 2},
};

/* IEEE 11073-10407 Blood pressure monitor, 0x02BC. */
static const phd_object pressure_02bc[] = {
    {.handle = 1, .class_id = PHD_CLASS_NUMERIC, .type = {PHD_PART_SCADA, 18948}, /* MDC_PRESS_BLD_NONINV */
     .parts = {18949, 18950, 18951}, .part_count = 3,                             /* ..._SYS, ..._DIA, ..._MEAN */
     .metric_spec = EPISODIC, .unit = 3872, /* MDC_DIM_MMHG */         .map = {COMPOUND_OF_3, STAMP}, .map_count = 2},
    {.handle = 2, .class_id = PHD_CLASS_NUMERIC, .type = {PHD_PART_SCADA, 18474}, /* MDC_PULS_RATE_NON_INV */
     .metric_spec = EPISODIC, .unit = 2720, /* MDC_DIM_BEAT_PER_MIN */ .map = {SINGLE, STAMP}, .map_count = 2},
};

/* IEEE 11073-10408 Thermometer, 0x0320. */
static const phd_object thermometer_0320[] = {
    {.handle = 1, .class_id = PHD_CLASS_NUMERIC, .type = {PHD_PART_SCADA, 19292}, /* MDC_TEMP_BODY */
     .metric_spec = EPISODIC, .unit = 6048, /* MDC_DIM_DEGC */         .map = {SIMPLE, STAMP}, .map_count = 2},
};

/* IEEE 11073-10415 Weighing scale, 0x05DC. */
static const phd_object scale_05dc[] = {
    {.handle = 1, .class_id = PHD_CLASS_NUMERIC, .type = {PHD_PART_SCADA, 57664}, /* MDC_MASS_BODY_ACTUAL */
     .metric_spec = EPISODIC, .unit = 1731, /* MDC_DIM_KILO_G */       .map = {SIMPLE, STAMP}, .map_count = 2},
};

/* IEEE 11073-10417 Glucose meter, 0x06A4. */
static const phd_object glucose_06a4[] = {
    {.handle = 1, .class_id = PHD_CLASS_NUMERIC, .type = {PHD_PART_SCADA, 29112}, /* MDC_CONC_GLU_CAPILLARY_... */
     .metric_spec = EPISODIC, .unit = 2130, /* MDC_DIM_MILLI_G_PER_DL */ .map = {SINGLE, STAMP}, .map_count = 2},
};

#define CONFIGURATION(number, table) {number, table, sizeof(table) / sizeof *(table)}

static const phd_standard standards[] = {
    CONFIGURATION(0x0190, oximeter_0190),
    CONFIGURATION(0x0191, oximeter_0191),
    CONFIGURATION(0x02bc, pressure_02bc),
    CONFIGURATION(0x0320, thermometer_0320),
    CONFIGURATION(0x05dc, scale_05dc),
    CONFIGURATION(0x06a4, glucose_06a4),
};

static const phd_specialisation specialisations[] = {
    {4100, 0x0190, "IEEE 11073-10404", "MDC_DEV_SPEC_PROFILE_PULS_OXIM"},
    {4102, 0x0258, "IEEE 11073-10406", "MDC_DEV_SPEC_PROFILE_MIN_ECG"},
    {4103, 0x02bc, "IEEE 11073-10407", "MDC_DEV_SPEC_PROFILE_BP"},
    {4104, 0x0320, "IEEE 11073-10408", "MDC_DEV_SPEC_PROFILE_TEMP"},
    {4111, 0x05dc, "IEEE 11073-10415", "MDC_DEV_SPEC_PROFILE_SCALE"},
    {4113, 0x06a4, "IEEE 11073-10417", "MDC_DEV_SPEC_PROFILE_GLUCOSE"},
    {4116, 0x07d0, "IEEE 11073-10420", "MDC_DEV_SPEC_PROFILE_BCA"},
    {4137, 0x1004, "IEEE 11073-10441", "MDC_DEV_SPEC_PROFILE_HF_CARDIO"},
    {4167, 0x1bbc, "IEEE 11073-10471", "MDC_DEV_SPEC_PROFILE_AI_ACTIVITY_HUB"},
};

/* clang-format on */

#define CONFIGS_PER_SPECIALISATION 100

const phd_standard *phd_standard_find(uint16_t id) {
    for (size_t n = 0; n < sizeof standards / sizeof *standards; n++) {
        if (standards[n].id == id) {
            return &standards[n];
        }
    }
    return NULL;
}

const phd_specialisation *phd_specialisation_find(uint16_t code) {
    for (size_t n = 0; n < sizeof specialisations / sizeof *specialisations; n++) {
        if (specialisations[n].code == code) {
            return &specialisations[n];
        }
    }
    return NULL;
}

const phd_specialisation *phd_specialisation_of_config(uint16_t config_id) {
    for (size_t n = 0; n < sizeof specialisations / sizeof *specialisations; n++) {
        uint16_t first = specialisations[n].first_config;
        if (config_id >= first && config_id < first + CONFIGS_PER_SPECIALISATION) {
            return &specialisations[n];
        }
    }
    return NULL;
}

/* Glucose meters and continuous glucose monitors (GLS 1.0.1, CGMS 1.0.2). */
#include "measure.h"

/* Flags of 2A18. */
#define HAS_OFFSET 0x01u
#define HAS_CONCENTRATION 0x02u
#define IS_MOLAR 0x04u
#define HAS_STATUS 0x08u
#define HAS_CONTEXT 0x10u

/* Types of 2A18 and 2AA8, from 1. */
static const dragoman_code samples[] = {
    GATT_MDC_INIT("160184", "MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD"),
    GATT_MDC_INIT("160188", "MDC_CONC_GLU_CAPILLARY_PLASMA"),
    GATT_MDC_INIT("160192", "MDC_CONC_GLU_VENOUS_WHOLEBLOOD"),
    GATT_MDC_INIT("160196", "MDC_CONC_GLU_VENOUS_PLASMA"),
    GATT_MDC_INIT("160200", "MDC_CONC_GLU_ARTERIAL_WHOLEBLOOD"),
    GATT_MDC_INIT("160204", "MDC_CONC_GLU_ARTERIAL_PLASMA"),
    GATT_MDC_INIT("160364", "MDC_CONC_GLU_UNDETERMINED_WHOLEBLOOD"),
    GATT_MDC_INIT("160368", "MDC_CONC_GLU_UNDETERMINED_PLASMA"),
    GATT_MDC_INIT("160212", "MDC_CONC_GLU_ISF"),
    GATT_MDC_INIT("160208", "MDC_CONC_GLU_CONTROL"),
};
#define SAMPLE_CONTROL 10u

/* Locations, from 1; 5 stands in CGMS alone. */
static const dragoman_code locations[] = {
    GATT_MDC_INIT("8417848", "MDC_CTXT_GLU_SAMPLELOCATION_FINGER"),
    GATT_MDC_INIT("8417852", "MDC_CTXT_GLU_SAMPLELOCATION_AST"),
    GATT_MDC_INIT("8417856", "MDC_CTXT_GLU_SAMPLELOCATION_EARLOBE"),
    GATT_MDC_INIT("8417860", "MDC_CTXT_GLU_SAMPLELOCATION_CTRLSOLUTION"),
    GATT_MDC_INIT("8417849", "MDC_CTXT_GLU_SAMPLELOCATION_SUBCUTANEOUS"),
};
#define LOCATION_CONTROL 4u

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Sensor status of 2A18: what makes a number doubtful, and the two that say that it left the scale. */
#define STATUS_DOUBTFUL 0x079eu
#define STATUS_TOO_HIGH 0x0020u
#define STATUS_TOO_LOW 0x0040u

static dragoman_code sample_code(uint32_t type) {
    dragoman_code unspecified = GATT_MDC("160020", "MDC_CONC_GLU_GEN");
    return type >= 1 && type <= COUNT(samples) ? samples[type - 1] : unspecified;
}

static void set_location(gatt_measure *self, uint32_t location) {
    if (location >= 1 && location <= COUNT(locations)) {
        self->site = gatt_concept(self, locations[location - 1]);
    }
}

static uint32_t glucose_status(uint32_t bits) {
    return ((bits & STATUS_DOUBTFUL) != 0 ? DRAGOMAN_STATUS_QUESTIONABLE : 0) |
           ((bits & STATUS_TOO_HIGH) != 0 ? DRAGOMAN_STATUS_OVERFLOW : 0) |
           ((bits & STATUS_TOO_LOW) != 0 ? DRAGOMAN_STATUS_UNDERFLOW : 0);
}

void gatt_read_glucose(gatt_measure *self) {
    gatt_octets *octets = &self->octets;
    uint32_t flags = gatt_unsigned(octets, 1);
    uint16_t sequence = (uint16_t)gatt_unsigned(octets, 2);
    dragoman_time time = gatt_time(octets, &self->is_odd);
    time = gatt_time_after(time, (flags & HAS_OFFSET) != 0 ? gatt_signed16(octets) : 0);
    dragoman_decimal number = {0};
    uint32_t sample = 0;
    if ((flags & HAS_CONCENTRATION) != 0) {
        number = gatt_sfloat(octets);
        sample = gatt_unsigned(octets, 1);
    }
    uint32_t bits = (flags & HAS_STATUS) != 0 ? gatt_unsigned(octets, 2) : 0;
    bool is_control = (sample & 15u) == SAMPLE_CONTROL || sample >> 4 == LOCATION_CONTROL;
    gatt_set_time(self, time);
    self->status |= glucose_status(bits) | (is_control ? DRAGOMAN_STATUS_TEST_DATA : 0);
    set_location(self, sample >> 4);
    if ((flags & HAS_CONCENTRATION) != 0) {
        /* kg/L and mol/L: the point moves, the digits stay. */
        bool is_molar = (flags & IS_MOLAR) != 0;
        dragoman_code unit = is_molar ? GATT_MDC("266866", "MDC_DIM_MILLI_MOLE_PER_L") : GATT_MG_PER_DL;
        (void)gatt_add_number(self, sample_code(sample & 15u), gatt_moved(number, is_molar ? 3 : 5), unit);
    }
    gatt_add_bits(self, GATT_MDC("8417752", "MDC_GLU_METER_DEV_STATUS"), bits, 16);
    if ((flags & HAS_CONTEXT) != 0) {
        self->memory->has_glucose = true;
        self->memory->glucose_sequence = sequence;
        self->memory->glucose_time = time;
        self->memory->is_changed = true;
    }
}

/* Flags of 2A34. */
#define HAS_CARBOHYDRATE 0x01u
#define HAS_MEAL 0x02u
#define HAS_TESTER 0x04u
#define HAS_EXERCISE 0x08u
#define HAS_MEDICATION 0x10u
#define IS_VOLUME 0x20u
#define HAS_HBA1C 0x40u
#define HAS_EXTENSION 0x80u

static const dragoman_code carbohydrates[] = {
    GATT_MDC_INIT("8417768", "MDC_CTXT_GLU_CARB_BREAKFAST"), GATT_MDC_INIT("8417772", "MDC_CTXT_GLU_CARB_LUNCH"),
    GATT_MDC_INIT("8417776", "MDC_CTXT_GLU_CARB_DINNER"),    GATT_MDC_INIT("8417780", "MDC_CTXT_GLU_CARB_SNACK"),
    GATT_MDC_INIT("8417784", "MDC_CTXT_GLU_CARB_DRINK"),     GATT_MDC_INIT("8417788", "MDC_CTXT_GLU_CARB_SUPPER"),
    GATT_MDC_INIT("8417792", "MDC_CTXT_GLU_CARB_BRUNCH"),
};
static const dragoman_code meals[] = {
    GATT_MDC_INIT("8417868", "MDC_CTXT_GLU_MEAL_PREPRANDIAL"),
    GATT_MDC_INIT("8417872", "MDC_CTXT_GLU_MEAL_POSTPRANDIAL"),
    GATT_MDC_INIT("8417876", "MDC_CTXT_GLU_MEAL_FASTING"),
    GATT_MDC_INIT("8417880", "MDC_CTXT_GLU_MEAL_CASUAL"),
    GATT_MDC_INIT("8417869", "MDC_CTXT_GLU_MEAL_BEDTIME"),
};
static const dragoman_code testers[] = {
    GATT_MDC_INIT("8417888", "MDC_CTXT_GLU_TESTER_SELF"),
    GATT_MDC_INIT("8417892", "MDC_CTXT_GLU_TESTER_HCP"),
    GATT_MDC_INIT("8417896", "MDC_CTXT_GLU_TESTER_LAB"),
};
static const dragoman_code healths[] = {
    GATT_MDC_INIT("8417824", "MDC_CTXT_GLU_HEALTH_MINOR"),  GATT_MDC_INIT("8417828", "MDC_CTXT_GLU_HEALTH_MAJOR"),
    GATT_MDC_INIT("8417832", "MDC_CTXT_GLU_HEALTH_MENSES"), GATT_MDC_INIT("8417836", "MDC_CTXT_GLU_HEALTH_STRESS"),
    GATT_MDC_INIT("8417840", "MDC_CTXT_GLU_HEALTH_NONE"),
};
static const dragoman_code medications[] = {
    GATT_MDC_INIT("8417800", "MDC_CTXT_MEDICATION_RAPIDACTING"),
    GATT_MDC_INIT("8417804", "MDC_CTXT_MEDICATION_SHORTACTING"),
    GATT_MDC_INIT("8417808", "MDC_CTXT_MEDICATION_INTERMEDIATEACTING"),
    GATT_MDC_INIT("8417812", "MDC_CTXT_MEDICATION_LONGACTING"),
    GATT_MDC_INIT("8417816", "MDC_CTXT_MEDICATION_PREMIX"),
};

/* The code for `number` from 1; a reserved one has none, and the thing stays what its group is called. */
static const dragoman_code *found(const dragoman_code *codes, size_t count, uint32_t number) {
    return number >= 1 && number <= count ? &codes[number - 1] : NULL;
}

static void add_choice(gatt_measure *self, dragoman_code code, const dragoman_code *value) {
    if (value != NULL) {
        gatt_add_code(self, code, *value);
    }
}

static void read_exercise(gatt_measure *self) {
    const uint32_t overrun = 0xffff;
    uint32_t duration = gatt_unsigned(&self->octets, 2);
    dragoman_decimal intensity = {.mantissa = gatt_unsigned(&self->octets, 1)};
    (void)gatt_add_number(self, GATT_MDC("8417760", "MDC_CTXT_GLU_EXERCISE"), intensity, GATT_PERCENT);
    dragoman_decimal seconds = {.mantissa = duration};
    seconds = duration == overrun ? (dragoman_decimal){.special = DRAGOMAN_POSITIVE_INFINITY} : seconds;
    (void)gatt_add_number(self, GATT_OWN("exercise-duration", "Exercise duration"), seconds, GATT_SECOND);
}

static void read_medication(gatt_measure *self, bool is_volume) {
    const dragoman_code *kind = found(medications, COUNT(medications), gatt_unsigned(&self->octets, 1));
    dragoman_decimal amount = gatt_moved(gatt_sfloat(&self->octets), is_volume ? 3 : 6);
    dragoman_code any = GATT_MDC("8417796", "MDC_CTXT_MEDICATION");
    dragoman_code unit = is_volume ? GATT_MDC("263762", "MDC_DIM_MILLI_L") : GATT_MDC("263890", "MDC_DIM_MILLI_G");
    (void)gatt_add_number(self, kind == NULL ? any : *kind, amount, unit);
}

void gatt_read_glucose_context(gatt_measure *self) {
    gatt_octets *octets = &self->octets;
    uint32_t flags = gatt_unsigned(octets, 1);
    uint16_t sequence = (uint16_t)gatt_unsigned(octets, 2);
    bool is_known = self->memory->has_glucose && self->memory->glucose_sequence == sequence;
    dragoman_time none = {.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN};
    gatt_set_time(self, is_known ? self->memory->glucose_time : none);
    if ((flags & HAS_EXTENSION) != 0) {
        (void)gatt_unsigned(octets, 1);
    }
    if ((flags & HAS_CARBOHYDRATE) != 0) {
        const dragoman_code *kind = found(carbohydrates, COUNT(carbohydrates), gatt_unsigned(octets, 1));
        dragoman_code any = GATT_MDC("8417764", "MDC_CTXT_GLU_CARB");
        dragoman_decimal grams = gatt_moved(gatt_sfloat(octets), 3);
        (void)gatt_add_number(self, kind == NULL ? any : *kind, grams, GATT_MDC("263872", "MDC_DIM_G"));
    }
    if ((flags & HAS_MEAL) != 0) {
        const dragoman_code *meal = found(meals, COUNT(meals), gatt_unsigned(octets, 1));
        add_choice(self, GATT_MDC("8417864", "MDC_CTXT_GLU_MEAL"), meal);
    }
    if ((flags & HAS_TESTER) != 0) {
        uint32_t both = gatt_unsigned(octets, 1);
        add_choice(self, GATT_MDC("8417884", "MDC_CTXT_GLU_TESTER"), found(testers, COUNT(testers), both & 15u));
        add_choice(self, GATT_MDC("8417820", "MDC_CTXT_GLU_HEALTH"), found(healths, COUNT(healths), both >> 4));
    }
    if ((flags & HAS_EXERCISE) != 0) {
        read_exercise(self);
    }
    if ((flags & HAS_MEDICATION) != 0) {
        read_medication(self, (flags & IS_VOLUME) != 0);
    }
    if ((flags & HAS_HBA1C) != 0) {
        (void)gatt_add_number(self, GATT_MDC("160220", "MDC_CONC_HBA1C"), gatt_sfloat(octets), GATT_PERCENT);
    }
    for (uint32_t n = 0; n < self->count; n++) {
        self->rows[n].obtained = DRAGOMAN_OBTAINED_MANUAL;
    }
}

/* Flags of 2AA7. */
#define HAS_TREND 0x01u
#define HAS_QUALITY 0x02u
#define HAS_WARNING 0x20u
#define HAS_CALIBRATION 0x40u
#define HAS_STATE 0x80u
/* In the 24 bits of its status: sensor malfunction and faults; and what the device cannot process. */
#define CGM_DOUBTFUL 0x00002cu
#define CGM_UNCALIBRATED 0x000800u
#define CGM_TOO_LOW 0x400000u
#define CGM_TOO_HIGH 0x800000u

#define CRC_BYTES 2

/* A trailing check, when there is one. False: it is wrong. */
static bool has_good_check(const gatt_octets *octets, size_t size) {
    uint16_t said = (uint16_t)(octets->at[size] | octets->at[size + 1] << 8);
    return said == gatt_crc(octets->at, size);
}

static uint32_t cgm_status(uint32_t bits) {
    return ((bits & (CGM_DOUBTFUL | CGM_UNCALIBRATED)) != 0 ? DRAGOMAN_STATUS_QUESTIONABLE : 0) |
           ((bits & CGM_TOO_LOW) != 0 ? DRAGOMAN_STATUS_UNDERFLOW : 0) |
           ((bits & CGM_TOO_HIGH) != 0 ? DRAGOMAN_STATUS_OVERFLOW : 0);
}

/* Bytes of a record with these flags, without its check. */
static size_t cgm_size(uint32_t flags) {
    size_t size = 6;
    size += (flags & HAS_STATE) != 0 ? 1 : 0;
    size += (flags & HAS_CALIBRATION) != 0 ? 1 : 0;
    size += (flags & HAS_WARNING) != 0 ? 1 : 0;
    size += (flags & HAS_TREND) != 0 ? 2 : 0;
    return size + ((flags & HAS_QUALITY) != 0 ? 2 : 0);
}

static void read_cgm_record(gatt_measure *self, gatt_octets octets) {
    (void)gatt_unsigned(&octets, 1);
    uint32_t flags = gatt_unsigned(&octets, 1);
    dragoman_decimal glucose = gatt_sfloat(&octets);
    uint32_t offset = gatt_unsigned(&octets, 2);
    uint32_t bits = (flags & HAS_STATE) != 0 ? gatt_unsigned(&octets, 1) : 0;
    bits |= (flags & HAS_CALIBRATION) != 0 ? gatt_unsigned(&octets, 1) << 8 : 0;
    bits |= (flags & HAS_WARNING) != 0 ? gatt_unsigned(&octets, 1) << 16 : 0;
    uint32_t sample = self->memory->session_sample;
    gatt_set_time(self, gatt_time_after(self->memory->session_start, offset));
    self->status = cgm_status(bits);
    set_location(self, sample >> 4);
    dragoman_code fluid = GATT_MDC("160212", "MDC_CONC_GLU_ISF");
    (void)gatt_add_number(self, sample == 0 ? fluid : sample_code(sample & 15u), glucose, GATT_MG_PER_DL);
    if ((flags & HAS_TREND) != 0) {
        dragoman_code unit = GATT_UCUM("mg/dL/min", "milligram per decilitre per minute");
        (void)gatt_add_number(self, GATT_MDC("8418008", "MDC_CONC_GLU_TREND"), gatt_sfloat(&octets), unit);
    }
    if ((flags & HAS_QUALITY) != 0) {
        (void)gatt_add_number(self, GATT_OWN("cgm-quality", "CGM quality"), gatt_sfloat(&octets), GATT_PERCENT);
    }
    gatt_add_bits(self, GATT_MDC("8418060", "MDC_CGM_DEV_STAT"), bits, 24);
}

void gatt_read_cgm(gatt_measure *self) {
    gatt_octets *octets = &self->octets;
    self->obtained = DRAGOMAN_OBTAINED_CONTINUOUS;
    do {
        size_t size = octets->left > 1 ? octets->at[0] : 0;
        size_t plain = octets->left > 1 ? cgm_size(octets->at[1]) : 0;
        bool has_check = size == plain + CRC_BYTES;
        if (size > octets->left || (size != plain && !has_check) || size == 0) {
            self->fault = "the size of a CGM record is not that of its fields";
            return;
        }
        if (has_check && !has_good_check(octets, plain)) {
            self->fault = "the check of a CGM record is wrong";
            return;
        }
        read_cgm_record(self, (gatt_octets){octets->at, plain, false});
        octets->at += size;
        octets->left -= size;
    } while (octets->left > 0);
}

void gatt_read_cgm_feature(gatt_measure *self) {
    const uint32_t none = 0xffff;
    const gatt_octets whole = self->octets;
    (void)gatt_unsigned(&self->octets, 3);
    uint32_t sample = gatt_unsigned(&self->octets, 1);
    uint32_t check = gatt_unsigned(&self->octets, CRC_BYTES);
    if (!self->octets.is_short && check != none && !has_good_check(&whole, 4)) {
        self->fault = "the check of the CGM feature is wrong";
        return;
    }
    self->memory->session_sample = (uint8_t)sample;
    self->memory->is_changed = true;
}

/* A zone in quarters of an hour with -128 for none, and summer time likewise with 255. */
void gatt_read_cgm_session(gatt_measure *self) {
    const int32_t quarter = 15;
    const gatt_octets whole = self->octets;
    dragoman_time time = gatt_time(&self->octets, &self->is_odd);
    int32_t zone = gatt_signed8(&self->octets);
    uint32_t summer = gatt_unsigned(&self->octets, 1);
    if (self->octets.left == CRC_BYTES) {
        if (!has_good_check(&whole, whole.left - CRC_BYTES)) {
            self->fault = "the check of the CGM session start is wrong";
            return;
        }
        (void)gatt_unsigned(&self->octets, CRC_BYTES);
    }
    bool has_zone = zone >= -48 && zone <= 56 && summer <= 8;
    if (has_zone && time.precision != DRAGOMAN_TIME_NONE) {
        time.offset_minutes = (int16_t)((zone + (int32_t)summer) * quarter);
    }
    self->memory->session_start = time;
    self->memory->is_changed = true;
}

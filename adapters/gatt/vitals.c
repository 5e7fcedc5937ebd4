/* Thermometers, heart rate sensors, cuffs and oximeters (HTS 1.0, HRS 1.0, BLS 1.1, PLXS 1.0.1). */
#include "measure.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- 2A1C */
#define IS_FAHRENHEIT 0x01u
#define HAS_TIME_TEMPERATURE 0x02u
#define HAS_TYPE 0x04u

/* Temperature types, from 1. */
static const dragoman_code temperatures[] = {
    GATT_MDC_INIT("188452", "MDC_TEMP_AXILLA"), GATT_MDC_INIT("150364", "MDC_TEMP_BODY"),
    GATT_MDC_INIT("188428", "MDC_TEMP_EAR"),    GATT_MDC_INIT("188432", "MDC_TEMP_FINGER"),
    GATT_MDC_INIT("188456", "MDC_TEMP_GIT"),    GATT_MDC_INIT("188424", "MDC_TEMP_ORAL"),
    GATT_MDC_INIT("188420", "MDC_TEMP_RECT"),   GATT_MDC_INIT("188448", "MDC_TEMP_TOE"),
    GATT_MDC_INIT("150392", "MDC_TEMP_TYMP"),
};

void gatt_read_temperature(gatt_measure *self) {
    gatt_octets *octets = &self->octets;
    uint32_t flags = gatt_unsigned(octets, 1);
    dragoman_decimal number = gatt_float(octets);
    if ((flags & HAS_TIME_TEMPERATURE) != 0) {
        gatt_set_time(self, gatt_time(octets, &self->is_odd));
    }
    uint32_t type = (flags & HAS_TYPE) != 0 ? gatt_unsigned(octets, 1) : 0;
    dragoman_code body = GATT_MDC("150364", "MDC_TEMP_BODY");
    dragoman_code unit =
        (flags & IS_FAHRENHEIT) != 0 ? GATT_MDC("266560", "MDC_DIM_FAHR") : GATT_MDC("268192", "MDC_DIM_DEGC");
    bool is_known = type >= 1 && type <= COUNT(temperatures);
    (void)gatt_add_number(self, is_known ? temperatures[type - 1] : body, number, unit);
}

/* --- 2A37 */
#define IS_WIDE 0x01u
#define HAS_CONTACT 0x02u
#define KNOWS_CONTACT 0x04u
#define HAS_ENERGY 0x08u
#define HAS_INTERVALS 0x10u

/* n/1024 s, exactly: 1/1024 is 9765625 x 10^-10. */
static dragoman_decimal seconds_of(uint32_t parts) {
    dragoman_decimal seconds = {.mantissa = (int64_t)parts * 9765625, .exponent = -10};
    while (seconds.exponent < 0 && seconds.mantissa % 10 == 0) {
        seconds.mantissa /= 10;
        seconds.exponent++;
    }
    return seconds;
}

static void add_intervals(gatt_measure *self) {
    size_t count = self->octets.left / 2;
    if (count == 0 || self->octets.left % 2 != 0 || count > GATT_INTERVALS) {
        self->octets.is_short = true;
        return;
    }
    dragoman_observation *row = gatt_add(self, GATT_MDC("147240", "MDC_ECG_TIME_PD_RR_GL"));
    dragoman_value *values = (dragoman_value *)gatt_take(self, count * sizeof *values);
    if (row == NULL || values == NULL) {
        return;
    }
    for (size_t n = 0; n < count; n++) {
        values[n].kind = DRAGOMAN_VALUE_DECIMAL;
        values[n].number = seconds_of(gatt_unsigned(&self->octets, 2));
    }
    row->values = DRAGOMAN_LIST(values, count);
    row->unit = GATT_SECOND;
}

void gatt_read_heart_rate(gatt_measure *self) {
    gatt_octets *octets = &self->octets;
    uint32_t flags = gatt_unsigned(octets, 1);
    dragoman_decimal rate = {.mantissa = gatt_unsigned(octets, (flags & IS_WIDE) != 0 ? 2 : 1)};
    bool is_off = (flags & KNOWS_CONTACT) != 0 && (flags & HAS_CONTACT) == 0;
    self->status |= is_off ? DRAGOMAN_STATUS_PROBE_OFF : 0;
    self->obtained = DRAGOMAN_OBTAINED_CONTINUOUS;
    (void)gatt_add_number(self, GATT_MDC("147842", "MDC_ECG_HEART_RATE"), rate, GATT_PER_MINUTE);
    if ((flags & HAS_ENERGY) != 0) {
        const uint32_t most = 0xffff;
        uint32_t energy = gatt_unsigned(octets, 2);
        dragoman_observation *row =
            gatt_add_number(self, GATT_MDC("8454263", "MDC_HF_ENERGY"), (dragoman_decimal){.mantissa = energy},
                            GATT_UCUM("kJ", "kilojoule"));
        if (row != NULL && energy == most) {
            row->status |= DRAGOMAN_STATUS_OVERFLOW;
        }
    }
    if ((flags & HAS_INTERVALS) != 0) {
        add_intervals(self);
    }
}

/* --- 2A35 */
#define IS_KILOPASCAL 0x01u
#define HAS_TIME_PRESSURE 0x02u
#define HAS_PULSE 0x04u
#define HAS_USER 0x08u
#define HAS_STATUS 0x10u
/* Measurement status: the body moved, the cuff was loose or at the wrong height. */
#define PRESSURE_DOUBTFUL 0x23u

void gatt_read_blood_pressure(gatt_measure *self) {
    static const dragoman_code codes[] = {GATT_MDC_INIT("150021", "MDC_PRESS_BLD_NONINV_SYS"),
                                          GATT_MDC_INIT("150022", "MDC_PRESS_BLD_NONINV_DIA"),
                                          GATT_MDC_INIT("150023", "MDC_PRESS_BLD_NONINV_MEAN")};
    gatt_octets *octets = &self->octets;
    uint32_t flags = gatt_unsigned(octets, 1);
    dragoman_decimal numbers[COUNT(codes)] = {gatt_sfloat(octets), gatt_sfloat(octets), gatt_sfloat(octets)};
    if ((flags & HAS_TIME_PRESSURE) != 0) {
        gatt_set_time(self, gatt_time(octets, &self->is_odd));
    }
    dragoman_decimal pulse = (flags & HAS_PULSE) != 0 ? gatt_sfloat(octets) : (dragoman_decimal){0};
    if ((flags & HAS_USER) != 0) {
        gatt_set_user(self, gatt_unsigned(octets, 1));
    }
    uint32_t bits = (flags & HAS_STATUS) != 0 ? gatt_unsigned(octets, 2) : 0;
    self->status |= (bits & PRESSURE_DOUBTFUL) != 0 ? DRAGOMAN_STATUS_QUESTIONABLE : 0;
    dragoman_code unit =
        (flags & IS_KILOPASCAL) != 0 ? GATT_MDC("265987", "MDC_DIM_KILO_PASCAL") : GATT_MDC("266016", "MDC_DIM_MMHG");
    dragoman_observation *row = gatt_add(self, GATT_MDC("150020", "MDC_PRESS_BLD_NONINV"));
    dragoman_component *parts = (dragoman_component *)gatt_take(self, COUNT(codes) * sizeof *parts);
    if (row == NULL || parts == NULL) {
        return;
    }
    for (size_t n = 0; n < COUNT(codes); n++) {
        gatt_set_component(self, &parts[n], codes[n], numbers[n], unit);
    }
    row->components = DRAGOMAN_LIST(parts, COUNT(codes));
    if ((flags & HAS_PULSE) != 0) {
        (void)gatt_add_number(self, GATT_MDC("149546", "MDC_PULS_RATE_NON_INV"), pulse, GATT_PER_MINUTE);
    }
    gatt_add_bits(self, GATT_MDC("8410608", "MDC_BLOOD_PRESSURE_MEASUREMENT_STATUS"), bits, 16);
}

/* --- 2A5E, 2A5F */
#define SPOT_HAS_TIME 0x01u
#define SPOT_HAS_STATUS 0x02u
#define SPOT_HAS_SENSOR 0x04u
#define SPOT_HAS_INDEX 0x08u
#define SPOT_CLOCK_IS_NOT_SET 0x10u
#define HAS_FAST 0x01u
#define HAS_SLOW 0x02u
#define FLOW_HAS_STATUS 0x04u
#define FLOW_HAS_SENSOR 0x08u
#define FLOW_HAS_INDEX 0x10u
/* Device and sensor status: equipment, signal, pulse and sensor troubles; and what is not on the patient. */
#define SENSOR_DOUBTFUL 0x75deu
#define SENSOR_IS_OFF 0x8800u

static uint32_t measurement_status(uint32_t bits) {
    static const struct {
        uint32_t bit;
        uint32_t status;
    } rows[] = {
        {1u << 5, DRAGOMAN_STATUS_ONGOING},        {1u << 6, DRAGOMAN_STATUS_EARLY},
        {1u << 7, DRAGOMAN_STATUS_VALIDATED},      {1u << 10, DRAGOMAN_STATUS_DEMO_DATA},
        {1u << 11, DRAGOMAN_STATUS_TEST_DATA},     {1u << 12, DRAGOMAN_STATUS_CALIBRATING},
        {1u << 13, DRAGOMAN_STATUS_NOT_AVAILABLE}, {1u << 14, DRAGOMAN_STATUS_QUESTIONABLE},
        {1u << 15, DRAGOMAN_STATUS_INVALID},
    };
    uint32_t status = 0;
    for (size_t n = 0; n < COUNT(rows); n++) {
        status |= (bits & rows[n].bit) != 0 ? rows[n].status : 0;
    }
    return status;
}

typedef struct oxygen {
    dragoman_decimal saturation;
    dragoman_decimal pulse;
} oxygen;

static oxygen read_pair(gatt_octets *octets) {
    oxygen pair = {.saturation = gatt_sfloat(octets)};
    pair.pulse = gatt_sfloat(octets);
    return pair;
}

static void add_pair(gatt_measure *self, oxygen pair, const dragoman_code *modality) {
    self->method = modality == NULL ? (dragoman_concept){0} : gatt_concept(self, *modality);
    (void)gatt_add_number(self, GATT_MDC("150456", "MDC_PULS_OXIM_SAT_O2"), pair.saturation, GATT_PERCENT);
    (void)gatt_add_number(self, GATT_MDC("149530", "MDC_PULS_OXIM_PULS_RATE"), pair.pulse, GATT_PER_MINUTE);
    self->method = (dragoman_concept){0};
}

/* What follows the pairs. Returns what the device says of its sensor. */
static uint32_t read_states(gatt_measure *self, bool has_status, bool has_sensor) {
    uint32_t bits = has_status ? gatt_unsigned(&self->octets, 2) : 0;
    uint32_t sensor = has_sensor ? gatt_unsigned(&self->octets, 3) : 0;
    self->status |= measurement_status(bits);
    self->status |= (sensor & SENSOR_DOUBTFUL) != 0 ? DRAGOMAN_STATUS_QUESTIONABLE : 0;
    self->status |= (sensor & SENSOR_IS_OFF) != 0 ? DRAGOMAN_STATUS_PROBE_OFF : 0;
    return sensor;
}

static void add_rest(gatt_measure *self, uint32_t sensor, bool has_index) {
    if (has_index) {
        dragoman_decimal index = gatt_sfloat(&self->octets);
        (void)gatt_add_number(self, GATT_MDC("150488", "MDC_BLD_PERF_INDEX"), index, GATT_PERCENT);
    }
    gatt_add_bits(self, GATT_MDC("150604", "MDC_PULS_OXIM_DEV_STATUS"), sensor, 24);
}

void gatt_read_oximeter_spot(gatt_measure *self) {
    static const dragoman_code spot = GATT_MDC_INIT("150588", "MDC_MODALITY_SPOT");
    uint32_t flags = gatt_unsigned(&self->octets, 1);
    oxygen pair = read_pair(&self->octets);
    if ((flags & SPOT_HAS_TIME) != 0) {
        dragoman_time time = gatt_time(&self->octets, &self->is_odd);
        dragoman_time none = {.offset_minutes = DRAGOMAN_OFFSET_UNKNOWN};
        gatt_set_time(self, (flags & SPOT_CLOCK_IS_NOT_SET) != 0 ? none : time);
    }
    uint32_t sensor = read_states(self, (flags & SPOT_HAS_STATUS) != 0, (flags & SPOT_HAS_SENSOR) != 0);
    add_pair(self, pair, &spot);
    add_rest(self, sensor, (flags & SPOT_HAS_INDEX) != 0);
}

void gatt_read_oximeter(gatt_measure *self) {
    static const dragoman_code fast = GATT_MDC_INIT("150580", "MDC_MODALITY_FAST");
    static const dragoman_code slow = GATT_MDC_INIT("150584", "MDC_MODALITY_SLOW");
    uint32_t flags = gatt_unsigned(&self->octets, 1);
    oxygen normal = read_pair(&self->octets);
    oxygen quick = (flags & HAS_FAST) != 0 ? read_pair(&self->octets) : normal;
    oxygen late = (flags & HAS_SLOW) != 0 ? read_pair(&self->octets) : normal;
    self->obtained = DRAGOMAN_OBTAINED_CONTINUOUS;
    uint32_t sensor = read_states(self, (flags & FLOW_HAS_STATUS) != 0, (flags & FLOW_HAS_SENSOR) != 0);
    add_pair(self, normal, NULL);
    if ((flags & HAS_FAST) != 0) {
        add_pair(self, quick, &fast);
    }
    if ((flags & HAS_SLOW) != 0) {
        add_pair(self, late, &slow);
    }
    add_rest(self, sensor, (flags & FLOW_HAS_INDEX) != 0);
}

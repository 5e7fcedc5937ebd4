/* Scales, body composition, and what a device says of itself: clock and battery (WSS 1.0, BCS 1.0, CTS 1.1, BAS 1.0).
 */
#include "measure.h"

#define IS_IMPERIAL 0x01u
#define HAS_TIME 0x02u
#define HAS_USER 0x04u
#define HAS_HEIGHT 0x08u
/* A weight or share that could not be measured. */
#define UNSUCCESSFUL 0xffffu

static dragoman_code mass_unit(bool is_imperial) {
    return is_imperial ? GATT_MDC("263904", "MDC_DIM_LB") : GATT_MDC("263875", "MDC_DIM_KILO_G");
}

/* Steps of 0.005 kg, or of 0.01 lb. */
static dragoman_decimal read_mass(gatt_octets *octets, bool is_imperial) {
    uint32_t steps = gatt_unsigned(octets, 2);
    if (steps == UNSUCCESSFUL) {
        return (dragoman_decimal){.special = DRAGOMAN_NRES};
    }
    return is_imperial ? (dragoman_decimal){.mantissa = steps, .exponent = -2}
                       : (dragoman_decimal){.mantissa = (int64_t)steps * 5, .exponent = -3};
}

static dragoman_decimal read_tenths(gatt_octets *octets) {
    uint32_t tenths = gatt_unsigned(octets, 2);
    return (dragoman_decimal){.mantissa = tenths, .exponent = -1};
}

/* Steps of 0.001 m, as millimetres written in centimetres, or of 0.1 in. */
static void add_height(gatt_measure *self, bool is_imperial) {
    uint32_t steps = gatt_unsigned(&self->octets, 2);
    dragoman_code unit = is_imperial ? GATT_MDC("263520", "MDC_DIM_INCH") : GATT_MDC("263441", "MDC_DIM_CENTI_M");
    dragoman_decimal number = {.mantissa = steps, .exponent = -1};
    (void)gatt_add_number(self, GATT_MDC("188740", "MDC_LEN_BODY_ACTUAL"), number, unit);
}

void gatt_read_weight(gatt_measure *self) {
    gatt_octets *octets = &self->octets;
    uint32_t flags = gatt_unsigned(octets, 1);
    bool is_imperial = (flags & IS_IMPERIAL) != 0;
    dragoman_decimal weight = read_mass(octets, is_imperial);
    if ((flags & HAS_TIME) != 0) {
        gatt_set_time(self, gatt_time(octets, &self->is_odd));
    }
    if ((flags & HAS_USER) != 0) {
        gatt_set_user(self, gatt_unsigned(octets, 1));
    }
    (void)gatt_add_number(self, GATT_MDC("188736", "MDC_MASS_BODY_ACTUAL"), weight, mass_unit(is_imperial));
    if ((flags & HAS_HEIGHT) != 0) {
        dragoman_decimal index = read_tenths(octets);
        dragoman_observation *row = gatt_add_number(self, GATT_MDC("188752", "MDC_RATIO_MASS_BODY_LEN_SQ"), index,
                                                    GATT_MDC("264096", "MDC_DIM_KG_PER_M_SQ"));
        if (row != NULL) {
            row->obtained = DRAGOMAN_OBTAINED_CALCULATED;
        }
        add_height(self, is_imperial);
    }
}

/* Fields of 2A9C behind the time and the user, in their order. */
typedef enum field_kind { FIELD_MASS, FIELD_TENTHS, FIELD_WHOLE, FIELD_HEIGHT } field_kind;

typedef struct field {
    uint32_t flag;
    field_kind kind;
    dragoman_code code;
    dragoman_code unit;
} field;

static const field fields[] = {
    {0x0008,
     FIELD_WHOLE,
     GATT_MDC_INIT("188768", "MDC_BASAL_METABOLISM"),
     {DRAGOMAN_TEXT_INIT("kJ"), DRAGOMAN_TEXT_INIT("kilojoule"), DRAGOMAN_TEXT_INIT("UCUM")}},
    {0x0010,
     FIELD_TENTHS,
     {DRAGOMAN_TEXT_INIT("muscle-percentage"), DRAGOMAN_TEXT_INIT("Muscle percentage"),
      DRAGOMAN_TEXT_INIT("urn:dragoman:gatt")},
     GATT_MDC_INIT("262688", "MDC_DIM_PERCENT")},
    {0x0020, FIELD_MASS, GATT_MDC_INIT("188776", "MDC_MASS_BODY_MUSCLE"), {{NULL, 0}, {NULL, 0}, {NULL, 0}}},
    {0x0040, FIELD_MASS, GATT_MDC_INIT("188756", "MDC_MASS_BODY_FAT_FREE"), {{NULL, 0}, {NULL, 0}, {NULL, 0}}},
    {0x0080, FIELD_MASS, GATT_MDC_INIT("188760", "MDC_MASS_BODY_SOFT_LEAN"), {{NULL, 0}, {NULL, 0}, {NULL, 0}}},
    {0x0100, FIELD_MASS, GATT_MDC_INIT("188764", "MDC_BODY_WATER"), {{NULL, 0}, {NULL, 0}, {NULL, 0}}},
    {0x0200, FIELD_TENTHS, GATT_MDC_INIT("188780", "MDC_BODY_ELECTRICAL_IMPEDANCE"),
     GATT_MDC_INIT("266432", "MDC_DIM_X_OHM")},
    {0x0400, FIELD_MASS, GATT_MDC_INIT("188736", "MDC_MASS_BODY_ACTUAL"), {{NULL, 0}, {NULL, 0}, {NULL, 0}}},
    {0x0800, FIELD_HEIGHT, {{NULL, 0}, {NULL, 0}, {NULL, 0}}, {{NULL, 0}, {NULL, 0}, {NULL, 0}}},
};

static void read_field(gatt_measure *self, const field *of, bool is_imperial) {
    dragoman_decimal whole = {0};
    switch (of->kind) {
    case FIELD_MASS:
        (void)gatt_add_number(self, of->code, read_mass(&self->octets, is_imperial), mass_unit(is_imperial));
        break;
    case FIELD_TENTHS:
        (void)gatt_add_number(self, of->code, read_tenths(&self->octets), of->unit);
        break;
    case FIELD_WHOLE:
        whole.mantissa = gatt_unsigned(&self->octets, 2);
        (void)gatt_add_number(self, of->code, whole, of->unit);
        break;
    case FIELD_HEIGHT:
        add_height(self, is_imperial);
        break;
    }
}

void gatt_read_body(gatt_measure *self) {
    gatt_octets *octets = &self->octets;
    uint32_t flags = gatt_unsigned(octets, 2);
    uint32_t fat = gatt_unsigned(octets, 2);
    if ((flags & HAS_TIME) != 0) {
        gatt_set_time(self, gatt_time(octets, &self->is_odd));
    }
    if ((flags & HAS_USER) != 0) {
        gatt_set_user(self, gatt_unsigned(octets, 1));
    }
    dragoman_decimal share = {.mantissa = fat, .exponent = -1};
    share = fat == UNSUCCESSFUL ? (dragoman_decimal){.special = DRAGOMAN_NRES} : share;
    (void)gatt_add_number(self, GATT_MDC("188748", "MDC_BODY_FAT"), share, GATT_PERCENT);
    for (size_t n = 0; n < sizeof fields / sizeof *fields; n++) {
        if ((flags & fields[n].flag) != 0) {
            read_field(self, &fields[n], (flags & IS_IMPERIAL) != 0);
        }
    }
}

/* Parts of 1/256 s make its sixth digit uncertain by no more than 4 ms. */
void gatt_read_current_time(gatt_measure *self) {
    gatt_octets *octets = &self->octets;
    dragoman_time time = gatt_time(octets, &self->is_odd);
    (void)gatt_unsigned(octets, 1); /* the day of the week */
    uint32_t parts = gatt_unsigned(octets, 1);
    (void)gatt_unsigned(octets, 1); /* why it was set */
    self->domain = DRAGOMAN_DOMAIN_PLACE;
    dragoman_observation *row = gatt_add(self, GATT_MDC("67975", "MDC_ATTR_TIME_ABS"));
    dragoman_value *value = (dragoman_value *)gatt_take(self, sizeof *value);
    if (row == NULL || value == NULL) {
        return;
    }
    value->kind = DRAGOMAN_VALUE_NONE;
    value->absent = DRAGOMAN_ABSENT_UNKNOWN;
    if (time.precision != DRAGOMAN_TIME_NONE) {
        time.civil_us += (int64_t)parts * 1000000 / 256;
        time.fraction_digits = 3;
        value->kind = DRAGOMAN_VALUE_TIME;
        value->absent = DRAGOMAN_PRESENT;
        value->from = time;
    }
    row->values = DRAGOMAN_LIST(value, 1);
}

void gatt_read_battery(gatt_measure *self) {
    dragoman_decimal level = {.mantissa = gatt_unsigned(&self->octets, 1)};
    self->domain = DRAGOMAN_DOMAIN_PLACE;
    (void)gatt_add_number(self, GATT_MDC("67996", "MDC_ATTR_VAL_BATT_CHARGE"), level, GATT_PERCENT);
}

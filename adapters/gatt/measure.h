/*
 * What a characteristic becomes: observations of one report. Codes are MDC's where it has one, else our own with the
 * system "urn:dragoman:gatt". Everything lives in batch memory.
 */
#ifndef GATT_MEASURE_H
#define GATT_MEASURE_H

#include "limits.h"
#include "octets.h"
#include <dragoman/adapter.h>

/* What is remembered of a device between its messages: kept in the host's state. */
typedef struct gatt_memory {
    dragoman_time session_start; /* of a continuous glucose monitor */
    uint8_t session_sample;      /* its type and location; 0: not known */
    bool has_glucose;            /* the last glucose measurement that a context may follow */
    uint16_t glucose_sequence;
    dragoman_time glucose_time;
    bool is_changed;
} gatt_memory;

typedef struct gatt_measure {
    const dragoman_host *host;
    void *context;
    gatt_octets octets;
    gatt_memory *memory;
    dragoman_time received_at; /* by the gateway; NONE: not said */
    /* Of all rows that are added from now on. */
    dragoman_time measured_at;
    bool time_is_own;
    uint32_t status;
    uint8_t obtained;
    uint8_t domain;
    dragoman_bytes sub_id;
    dragoman_concept site;
    dragoman_concept method;
    dragoman_observation *rows; /* GATT_ROWS of them */
    uint32_t count;
    bool is_odd;       /* a time that is none */
    bool is_failed;    /* no memory, or too many rows */
    const char *fault; /* why the value cannot be read; NULL: it can */
} gatt_measure;

/* Batch memory, zeroed; NULL, and is_failed is set, when there is none. */
void *gatt_take(gatt_measure *self, size_t size);
/* A concept of one code: MDC's number with its name, as in GATT_MDC. */
dragoman_concept gatt_concept(gatt_measure *self, dragoman_code code);
/* A row with a number, or with the reason why there is none. NULL: see is_failed. */
dragoman_observation *gatt_add_number(gatt_measure *self, dragoman_code code, dragoman_decimal number,
                                      dragoman_code unit);
/* A row with a coded value. */
void gatt_add_code(gatt_measure *self, dragoman_code code, dragoman_code value);
/* A row with bits, when any is set. */
void gatt_add_bits(gatt_measure *self, dragoman_code code, uint64_t bits, uint8_t bit_count);
/* A component of a compound row: `at` of `components`. */
void gatt_set_component(gatt_measure *self, dragoman_component *component, dragoman_code code, dragoman_decimal number,
                        dragoman_code unit);
/* An empty row. NULL: see is_failed. */
dragoman_observation *gatt_add(gatt_measure *self, dragoman_code code);
/* The time of a device's clock becomes that of the rows; NONE: the gateway's. */
void gatt_set_time(gatt_measure *self, dragoman_time time);
/* Which of a device's persons it is: "user 2". 255: it does not know. */
void gatt_set_user(gatt_measure *self, uint32_t user);

/* MDC's number with its name. */
#define GATT_MDC(number, name) ((dragoman_code){DRAGOMAN_TEXT(number), DRAGOMAN_TEXT(name), DRAGOMAN_TEXT("MDC")})
/* The same as an initialiser. */
#define GATT_MDC_INIT(number, name) {DRAGOMAN_TEXT_INIT(number), DRAGOMAN_TEXT_INIT(name), DRAGOMAN_TEXT_INIT("MDC")}
/* A code of ours, where MDC has none. */
#define GATT_OWN(code, name)                                                                                           \
    ((dragoman_code){DRAGOMAN_TEXT(code), DRAGOMAN_TEXT(name), DRAGOMAN_TEXT("urn:dragoman:gatt")})
/* A unit that MDC has no number for. */
#define GATT_UCUM(code, name) ((dragoman_code){DRAGOMAN_TEXT(code), DRAGOMAN_TEXT(name), DRAGOMAN_TEXT("UCUM")})
#define GATT_PERCENT GATT_MDC("262688", "MDC_DIM_PERCENT")
#define GATT_PER_MINUTE GATT_MDC("264864", "MDC_DIM_BEAT_PER_MIN")
#define GATT_MG_PER_DL GATT_MDC("264274", "MDC_DIM_MILLI_G_PER_DL")
#define GATT_SECOND GATT_MDC("264320", "MDC_DIM_SEC")
#define GATT_NO_UNIT ((dragoman_code){{NULL, 0}, {NULL, 0}, {NULL, 0}})

/* Reads one characteristic. */
typedef void gatt_read(gatt_measure *measure);

/* 2A18 Glucose Measurement. */
gatt_read gatt_read_glucose;
/* 2A34 Glucose Measurement Context. */
gatt_read gatt_read_glucose_context;
/* 2AA7 CGM Measurement: records one behind the other. */
gatt_read gatt_read_cgm;
/* 2AA8 CGM Feature: nothing but the sample's type is kept. */
gatt_read gatt_read_cgm_feature;
/* 2AAA CGM Session Start Time: kept for the offsets of later measurements. */
gatt_read gatt_read_cgm_session;
/* 2A1C Temperature Measurement. */
gatt_read gatt_read_temperature;
/* 2A37 Heart Rate Measurement. */
gatt_read gatt_read_heart_rate;
/* 2A35 Blood Pressure Measurement. */
gatt_read gatt_read_blood_pressure;
/* 2A5E PLX Spot-Check Measurement. */
gatt_read gatt_read_oximeter_spot;
/* 2A5F PLX Continuous Measurement. */
gatt_read gatt_read_oximeter;
/* 2A9D Weight Measurement. */
gatt_read gatt_read_weight;
/* 2A9C Body Composition Measurement. */
gatt_read gatt_read_body;
/* 2A2B Current Time: what the device's clock shows when the gateway asks. */
gatt_read gatt_read_current_time;
/* 2A19 Battery Level. */
gatt_read gatt_read_battery;

#endif

/*
 * What is known of the device at the other end, and the reports that are made of it: values with their limits,
 * settings, texts, curves and alarms. Everything goes out with the device's own codes; what they mean is the profile's.
 */
#ifndef MEDIBUS_DEVICE_H
#define MEDIBUS_DEVICE_H

#include "curves.h"
#include "record.h"
#include "settings.h"

/* Coding systems of ours for the tables of the protocol. */
#define MEDIBUS_SYSTEM_MEASURED_1 "urn:dragoman:medibus:measured-1"
#define MEDIBUS_SYSTEM_MEASURED_2 "urn:dragoman:medibus:measured-2"
#define MEDIBUS_SYSTEM_SETTING "urn:dragoman:medibus:setting"
#define MEDIBUS_SYSTEM_TEXT "urn:dragoman:medibus:text"
#define MEDIBUS_SYSTEM_CURVE "urn:dragoman:medibus:curve"
#define MEDIBUS_SYSTEM_ALARM_1 "urn:dragoman:medibus:alarm-1"
#define MEDIBUS_SYSTEM_ALARM_2 "urn:dragoman:medibus:alarm-2"
#define MEDIBUS_SYSTEM_CLOCK "urn:dragoman:medibus:clock"
#define MEDIBUS_SYSTEM_DEVICE "urn:dragoman:medibus:device"

/* One alarm limit as it was sent. */
typedef struct medibus_limit {
    uint8_t size; /* 0: none */
    uint8_t text[4];
} medibus_limit;

/* One alarm code. */
typedef struct medibus_alarm {
    bool is_active;
    bool is_seen; /* in the list that is read now */
    uint8_t priority;
    uint8_t phrase_size;
    uint8_t phrase[12];
    int64_t since_us; /* our wall clock when it was first seen; names it */
} medibus_alarm;

typedef struct medibus_device {
    const dragoman_host *host;
    void *context;
    const medibus_settings *settings;
    medibus_identity identity;
    medibus_limit limits[2][2][MEDIBUS_CODES]; /* page; low, high; code */
    medibus_alarm alarms[2][MEDIBUS_CODES];
    bool tells_again[2]; /* after a start of the communication the alarms that are still there are told again */
    uint8_t given_size;
    uint8_t family_size;
    uint8_t given[MEDIBUS_NAME_MOST];
    uint8_t family[MEDIBUS_NAME_MOST];
} medibus_device;

/* A new conversation begins: limits are not known, standing alarms are told again. */
void medibus_device_begin(medibus_device *device);
/* Takes the data of a response that medibus_records_check found whole, or of a date and time. NO_MEMORY, LIMIT or what
 * emit said. */
dragoman_status medibus_device_take(medibus_device *device, uint8_t code, dragoman_bytes data, const dragoman_now *now);
/* Takes a list of alarms and tells what began, changed and ended. */
dragoman_status medibus_device_take_alarms(medibus_device *device, uint8_t code, dragoman_bytes data,
                                           const dragoman_now *now);
/* Hands the blocks of the streams in `mask` on and empties them. */
dragoman_status medibus_device_curves(medibus_device *device, medibus_curves *curves, uint32_t mask);
/* Emits a report of this device with the lists of `report`. */
dragoman_status medibus_device_emit(medibus_device *device, const dragoman_report *report);

#endif

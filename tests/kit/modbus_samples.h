/*
 * A register map and what a device answers to its first question, for tests of the adapter and of its library.
 */
#ifndef KIT_MODBUS_SAMPLES_H
#define KIT_MODBUS_SAMPLES_H

#include <dragoman/adapter.h>

/* Temperature and humidity of a sensor, read from two input registers. */
static const dragoman_setting modbus_sample_device[] = {
    {DRAGOMAN_TEXT_INIT("registers.0.name"), DRAGOMAN_TEXT_INIT("temperature")},
    {DRAGOMAN_TEXT_INIT("registers.0.table"), DRAGOMAN_TEXT_INIT("input")},
    {DRAGOMAN_TEXT_INIT("registers.0.address"), DRAGOMAN_TEXT_INIT("1")},
    {DRAGOMAN_TEXT_INIT("registers.0.type"), DRAGOMAN_TEXT_INIT("int16")},
    {DRAGOMAN_TEXT_INIT("registers.0.scale"), DRAGOMAN_TEXT_INIT("0.1")},
    {DRAGOMAN_TEXT_INIT("registers.0.unit"), DRAGOMAN_TEXT_INIT("Cel")},
    {DRAGOMAN_TEXT_INIT("registers.1.name"), DRAGOMAN_TEXT_INIT("humidity")},
    {DRAGOMAN_TEXT_INIT("registers.1.table"), DRAGOMAN_TEXT_INIT("input")},
    {DRAGOMAN_TEXT_INIT("registers.1.address"), DRAGOMAN_TEXT_INIT("2")},
    {DRAGOMAN_TEXT_INIT("registers.1.type"), DRAGOMAN_TEXT_INIT("uint16")},
    {DRAGOMAN_TEXT_INIT("registers.1.scale"), DRAGOMAN_TEXT_INIT("0.1")},
};
#define MODBUS_SAMPLE_DEVICE_COUNT (sizeof(modbus_sample_device) / sizeof(modbus_sample_device[0]))

/* Noise, then the answer to the first question over TCP: 30.5 degrees and 54.6 percent. */
#define MODBUS_SAMPLE "noise\x00\x01\x00\x00\x00\x07\x01\x04\x04\x01\x31\x02\x22"

#endif

/*
 * A layout of lines and what a device says in them, for tests of the adapter and of its library.
 */
#ifndef KIT_LINES_SAMPLES_H
#define KIT_LINES_SAMPLES_H

#include <dragoman/adapter.h>

/* Saturation and pulse rate of an oximeter, with its status words. */
static const dragoman_setting lines_sample_device[] = {
    {DRAGOMAN_TEXT_INIT("frame.end"), DRAGOMAN_TEXT_INIT("CRLF")},
    {DRAGOMAN_TEXT_INIT("records.0.when"), DRAGOMAN_TEXT_INIT("##:##:## *")},
    {DRAGOMAN_TEXT_INIT("records.0.fields.0.column"), DRAGOMAN_TEXT_INIT("1")},
    {DRAGOMAN_TEXT_INIT("records.0.fields.0.type"), DRAGOMAN_TEXT_INIT("time")},
    {DRAGOMAN_TEXT_INIT("records.0.fields.0.format"), DRAGOMAN_TEXT_INIT("HH:mm:ss")},
    {DRAGOMAN_TEXT_INIT("records.0.fields.1.name"), DRAGOMAN_TEXT_INIT("spo2")},
    {DRAGOMAN_TEXT_INIT("records.0.fields.1.column"), DRAGOMAN_TEXT_INIT("2")},
    {DRAGOMAN_TEXT_INIT("records.0.fields.1.unit"), DRAGOMAN_TEXT_INIT("%")},
    {DRAGOMAN_TEXT_INIT("records.0.fields.2.name"), DRAGOMAN_TEXT_INIT("pulse")},
    {DRAGOMAN_TEXT_INIT("records.0.fields.2.column"), DRAGOMAN_TEXT_INIT("3")},
    {DRAGOMAN_TEXT_INIT("records.0.fields.3.column"), DRAGOMAN_TEXT_INIT("4")},
    {DRAGOMAN_TEXT_INIT("records.0.fields.3.to"), DRAGOMAN_TEXT_INIT("last")},
    {DRAGOMAN_TEXT_INIT("records.0.fields.3.type"), DRAGOMAN_TEXT_INIT("alarms")},
    {DRAGOMAN_TEXT_INIT("records.0.fields.3.means.0.is"), DRAGOMAN_TEXT_INIT("SO")},
    {DRAGOMAN_TEXT_INIT("records.0.fields.3.means.0.alert"), DRAGOMAN_TEXT_INIT("technical")},
};
#define LINES_SAMPLE_DEVICE_COUNT (sizeof(lines_sample_device) / sizeof(lines_sample_device[0]))

/* The rest of a line, then three whole ones and one that nobody described. */
#define LINES_SAMPLE "98 61\r\n14:00:05 98 61\r\n14:00:07 --- --- SO\r\nPOWER ON\r\n14:00:09 97 60\r\n"

#endif

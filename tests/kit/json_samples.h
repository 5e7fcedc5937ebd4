/*
 * Messages of a hub, and the device section that they are read by. For tests.
 */
#ifndef KIT_JSON_SAMPLES_H
#define KIT_JSON_SAMPLES_H

#include <dragoman/adapter.h>

#define JSON_SAMPLE                                                                                                    \
    "{\"pulse\":\"78\",\"taken\":\"2026-01-05T10:00:00Z\",\"sensor\":\"band-7\",\"wearer\":\"P-1\"}\n"                 \
    "{\"Body\":[{\"pulse\":60.5,\"sensor\":\"band-7\"},{\"pulse\":null,\"sensor\":\"band-\\u00e9\"}]}\n"

#define JSON_SAMPLE_DEVICE_COUNT 8
static const dragoman_setting json_sample_device[JSON_SAMPLE_DEVICE_COUNT] = {
    {DRAGOMAN_TEXT_INIT("messages.0.name"), DRAGOMAN_TEXT_INIT("heartrate")},
    {DRAGOMAN_TEXT_INIT("messages.0.when.0"), DRAGOMAN_TEXT_INIT("$.pulse")},
    {DRAGOMAN_TEXT_INIT("messages.0.device"), DRAGOMAN_TEXT_INIT("$.sensor")},
    {DRAGOMAN_TEXT_INIT("messages.0.time"), DRAGOMAN_TEXT_INIT("$['taken']")},
    {DRAGOMAN_TEXT_INIT("messages.0.patient"), DRAGOMAN_TEXT_INIT("$.wearer")},
    {DRAGOMAN_TEXT_INIT("messages.0.values.0.name"), DRAGOMAN_TEXT_INIT("heartrate")},
    {DRAGOMAN_TEXT_INIT("messages.0.values.0.path"), DRAGOMAN_TEXT_INIT("$.pulse")},
    {DRAGOMAN_TEXT_INIT("messages.0.values.0.unit"), DRAGOMAN_TEXT_INIT("/min")},
};

#endif

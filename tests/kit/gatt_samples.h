/*
 * What a gateway sends, for tests that ask for nothing but a whole conversation.
 */
#ifndef KIT_GATT_SAMPLES_H
#define KIT_GATT_SAMPLES_H

#define GATT_SAMPLE_LINE(characteristic, value)                                                                        \
    "{\"gateway\":\"gw\",\"device\":{\"address\":\"AA:BB:CC:00:11:22\"},\"characteristic\":\"" characteristic          \
    "\",\"value\":\"" value "\",\"received_at\":\"2026-01-02T03:04:05Z\"}\n"

/* A glucose measurement with its context, a session of a continuous monitor and a measurement in it, a cuff, and two
 * lines that are no envelopes. */
#define GATT_SAMPLE_LINES                                                                                              \
    GATT_SAMPLE_LINE("2A18", "120700E807010203040578B011")                                                             \
    GATT_SAMPLE_LINE("2A34", "02070001")                                                                               \
    "noise\n" GATT_SAMPLE_LINE("2AAA", "E80701020304050404") GATT_SAMPLE_LINE("2AA7", "060078000A00")                  \
        GATT_SAMPLE_LINE("2A35", "00780050006000") GATT_SAMPLE_LINE("2A35", "0078005000")

#endif

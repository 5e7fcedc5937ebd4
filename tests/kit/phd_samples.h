/*
 * What a 20601 agent sends, for the contract: a thermometer that associates, answers what it is asked and measures
 * twice; and one that sends a configuration of its own, after one that a manager has to reject. For tests.
 */
#ifndef KIT_PHD_SAMPLES_H
#define KIT_PHD_SAMPLES_H

#define PHD_SAMPLE_PART_THERMOMETER                                                                                    \
    "\xe2\x00\x00\x32\x80\x00\x00\x00\x00\x01\x00\x2a\x50\x79\x00\x26\x80\x00\x00\x00\x80\x00\x80\x00\x00\x00"         \
    "\x00\x00\x00\x00\x00\x80\x00\x00\x00\x08\x00\x11\x22\x33\x44\x55\x66\x77"
#define PHD_SAMPLE_PART_ABLE "\x00\x01\x01\x00\x00\x00\x00\x00"
#define PHD_SAMPLE_PART_TEMPERATURE                                                                                    \
    "\xe7\x00\x00\x2a\x00\x28\x12\x36\x01\x01\x00\x22\x00\x00\x00\x00\x00\x00\x0d\x1d\x00\x18\xf0\x00\x00\x00"         \
    "\x00\x01\x00\x10\x00\x01\x00\x0c\xff\x00\x01"
#define PHD_SAMPLE_PART_CONFIGURATION                                                                                  \
    "\xe7\x00\x00\x44\x00\x42\x00\x03\x01\x01\x00\x3c\x00\x00\xff\xff\xff\xff\x0d\x1c\x00\x32\x40\x00\x00\x01"         \
    "\x00\x2c\x00\x06\x00\x01\x00\x04\x00\x24\x09\x2f\x00\x04\x00\x02\x4b\x5c\x0a\x46\x00\x02\xf0\x40\x09\x96"         \
    "\x00\x02\x17\xa0\x0a\x55\x00\x0c\x00\x02\x00\x08\x0a\x56\x00\x04\x09\x90\x00\x08"

#define PHD_SAMPLE_MEASUREMENTS                                                                                        \
    "noise" PHD_SAMPLE_PART_THERMOMETER "\x03\x20" PHD_SAMPLE_PART_ABLE                                                \
    "\xe7\x00\x00\x0e\x00\x0c\x00\x00\x02\x03\x00\x06\x00\x00\x00\x00\x00\x00" PHD_SAMPLE_PART_TEMPERATURE             \
    "\x72\x20\x09\x06\x12\x08\x30\x00\x00" PHD_SAMPLE_PART_TEMPERATURE "\x73\x20\x09\x06\x12\x08\x31\x00\x00"
#define PHD_SAMPLE_CONFIGURATION                                                                                       \
    PHD_SAMPLE_PART_THERMOMETER "\x80\x00" PHD_SAMPLE_PART_ABLE PHD_SAMPLE_PART_THERMOMETER                            \
                                "\x40\x00" PHD_SAMPLE_PART_ABLE PHD_SAMPLE_PART_CONFIGURATION

#endif

/*
 * Topics from a template: `dragoman/{site}/{unit}/{bed}/{device}/{metric}`.
 *
 * What stands in for a word is one level and stays one: whatever could be a wildcard, a level, an escape, a control
 * character or a non-character (MQTT 5.0, 1.5.4) is written as %XX of its UTF-8 bytes, so that two different names
 * never share a topic and no device can write into another's. An empty name is "-", and a name "-" is "%2D".
 */
#ifndef SINKS_MQTT_TOPIC_H
#define SINKS_MQTT_TOPIC_H

#include "base/error.h"

#define TOPIC_TEMPLATE_BYTES 512
/* MQTT allows 65,535; longer names than this are somebody's mistake. */
#define TOPIC_BYTES 4096

typedef enum topic_word {
    TOPIC_SITE = 0,
    TOPIC_SINK = 1,
    TOPIC_UNIT = 2,
    TOPIC_BED = 3,
    TOPIC_DEVICE = 4,
    TOPIC_METRIC = 5,
    TOPIC_LINK = 6,
    TOPIC_WORDS = 7,
} topic_word;

typedef struct topic_template {
    char text[TOPIC_TEMPLATE_BYTES];
    bool has[TOPIC_WORDS]; /* which words it uses */
} topic_template;

/* Reads a template. `allowed`: a bit for each word that may stand in it. INVALID with the mend. */
dragoman_status topic_template_read(topic_template *self, dragoman_bytes text, uint32_t allowed, error_record *error);
/* Writes the topic with these names of the words, NUL-terminated. Returns its length; 0: it would be longer than
 * TOPIC_BYTES - 1. */
size_t topic_write(const topic_template *self, const dragoman_bytes names[TOPIC_WORDS], char to[TOPIC_BYTES]);

#endif

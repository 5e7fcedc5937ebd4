/*
 * What a profile's device section says of the messages of a sender: how each kind is known, and where its values are.
 */
#ifndef JSON_MAP_H
#define JSON_MAP_H

#include "limits.h"
#include <dragoman/adapter.h>

typedef enum json_type {
    JSON_AS_NUMBER = 0,
    JSON_AS_TEXT = 1,
    JSON_AS_CONCEPT = 2, /* that it is there says what it means */
} json_type;

/* One value of a message. */
typedef struct json_value {
    dragoman_bytes name; /* its code */
    dragoman_bytes text; /* for people, or empty */
    dragoman_bytes path;
    dragoman_bytes unit; /* or empty */
    dragoman_code concept;
    dragoman_code codes[JSON_CODES]; /* further codings of its code */
    uint32_t code_count;
    uint8_t type; /* json_type */
    bool is_required;
} json_value;

/* One kind of message. */
typedef struct json_message {
    dragoman_bytes name, text;
    dragoman_bytes when[JSON_CONDITIONS]; /* "$.way", or "$.way=text": an object with all of them is one */
    dragoman_bytes device;                /* a way, "topic", or "topic:2" for the second level of it */
    dragoman_bytes patient, visit, time;  /* ways, or empty */
    dragoman_code codes[JSON_CODES];      /* of a compound */
    json_value values[JSON_VALUES];
    uint32_t when_count, code_count, value_count;
    bool is_compound; /* its values are parts of one observation */
} json_message;

typedef struct json_map {
    dragoman_bytes manufacturer, model; /* or empty */
    dragoman_bytes system;              /* coding system of the names */
    json_message *messages;
    void *texts; /* what all of it points to */
    uint32_t count;
} json_map;

/* Tells every mistake of a section. */
void json_map_check(const dragoman_list *profile, dragoman_mistake_teller tell, void *context);
/* Makes a map from a section that has no mistakes, in memory of the instance. NO_MEMORY; INVALID: it has no messages.
 */
dragoman_status json_map_read(const dragoman_list *profile, const dragoman_host *host, void *context,
                              json_map *ret_map);
/* Gives the memory of a map back. */
void json_map_release(json_map *map, const dragoman_host *host, void *context);
/* Splits a condition: "$.way=text". False: it has no text. */
bool json_condition_split(dragoman_bytes condition, dragoman_bytes *ret_path, dragoman_bytes *ret_text);

#endif

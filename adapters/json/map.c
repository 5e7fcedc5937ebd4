#include "map.h"
#include "path.h"

typedef struct teller {
    dragoman_mistake_teller tell;
    void *context;
} teller;

static void mistake(const teller *to, dragoman_bytes key, const char *sentence) {
    if (to->tell != NULL) {
        to->tell(to->context, key, (dragoman_bytes){(const uint8_t *)sentence, strlen(sentence)});
    }
}

/* Cuts off what stands before the next '.'. */
static dragoman_bytes cut(dragoman_bytes *rest) {
    size_t size = 0;
    while (size < rest->size && rest->data[size] != '.') {
        size++;
    }
    dragoman_bytes part = {rest->data, size};
    size_t used = size < rest->size ? size + 1 : size;
    *rest = (dragoman_bytes){rest->data + used, rest->size - used};
    return part;
}

/* Cuts a number off; `most` and above: there is none, or it is too large. */
static uint32_t cut_index(dragoman_bytes *rest, uint32_t most) {
    dragoman_bytes part = cut(rest);
    uint32_t number = part.size == 0 ? most : 0;
    for (size_t n = 0; n < part.size && number < most; n++) {
        number = part.data[n] >= '0' && part.data[n] <= '9' ? number * 10 + (uint32_t)(part.data[n] - '0') : most;
    }
    return number;
}

bool json_condition_split(dragoman_bytes condition, dragoman_bytes *ret_path, dragoman_bytes *ret_text) {
    size_t at = 0;
    while (at < condition.size && condition.data[at] != '=') {
        at++;
    }
    *ret_path = (dragoman_bytes){condition.data, at};
    bool has_text = at < condition.size;
    *ret_text =
        has_text ? (dragoman_bytes){condition.data + at + 1, condition.size - at - 1} : (dragoman_bytes){NULL, 0};
    return has_text;
}

static bool is_source(dragoman_bytes value) {
    static const char topic[] = "topic";
    size_t size = sizeof topic - 1;
    bool is_topic = value.size >= size && memcmp(value.data, topic, size) == 0;
    bool is_level = is_topic && value.size == size + 2 && value.data[size] == ':' && value.data[size + 1] >= '1' &&
                    value.data[size + 1] <= '9';
    return is_level || (is_topic && value.size == size) || json_path_is_good(value);
}

static bool take_boolean(dragoman_bytes value, bool *ret_is) {
    *ret_is = json_is(value, "true");
    return *ret_is || json_is(value, "false");
}

/* A coding's member. */
static bool take_code(dragoman_code *code, dragoman_bytes key, dragoman_bytes value) {
    dragoman_bytes *member = json_is(key, "code")     ? &code->code
                             : json_is(key, "system") ? &code->system
                             : json_is(key, "text")   ? &code->text
                                                      : NULL;
    if (member != NULL) {
        *member = value;
    }
    return member != NULL;
}

/* "codes.0.system" behind its first part. NULL: taken; else what is wrong. */
static const char *take_codes(dragoman_code *codes, uint32_t *count, dragoman_bytes rest, dragoman_bytes value) {
    uint32_t index = cut_index(&rest, JSON_CODES);
    if (index >= JSON_CODES) {
        return "a list of at most 3 codes is expected";
    }
    *count = index + 1 > *count ? index + 1 : *count;
    return take_code(&codes[index], rest, value) ? NULL : "code, system and text are expected";
}

static const char *take_of_value(json_value *to, dragoman_bytes rest, dragoman_bytes value) {
    dragoman_bytes key = cut(&rest);
    if (json_is(key, "name") || json_is(key, "text") || json_is(key, "unit")) {
        *(key.data[0] == 'n' ? &to->name : key.data[0] == 't' ? &to->text : &to->unit) = value;
    } else if (json_is(key, "path")) {
        to->path = value;
        return json_path_is_good(value) ? NULL : "a way like $.a.b or $.list[0] is expected";
    } else if (json_is(key, "type")) {
        to->type = json_is(value, "text") ? JSON_AS_TEXT : json_is(value, "concept") ? JSON_AS_CONCEPT : JSON_AS_NUMBER;
        return to->type != JSON_AS_NUMBER || json_is(value, "number") ? NULL : "number, text or concept is expected";
    } else if (json_is(key, "required")) {
        return take_boolean(value, &to->is_required) ? NULL : "true or false is expected";
    } else if (json_is(key, "codes")) {
        return take_codes(to->codes, &to->code_count, rest, value);
    } else if (json_is(key, "concept")) {
        return take_code(&to->concept, rest, value) ? NULL : "code, system and text are expected";
    } else {
        return "this key is not known here; known are name, text, path, unit, type, required, codes, concept";
    }
    return NULL;
}

static const char *take_of_message(json_message *to, dragoman_bytes rest, dragoman_bytes value) {
    dragoman_bytes key = cut(&rest);
    dragoman_bytes path = value;
    dragoman_bytes text;
    if (json_is(key, "when")) {
        uint32_t index = cut_index(&rest, JSON_CONDITIONS);
        if (index >= JSON_CONDITIONS) {
            return "a list of at most 8 ways is expected";
        }
        to->when[index] = value;
        to->when_count = index + 1;
        json_condition_split(value, &path, &text);
        return json_path_is_good(path) ? NULL : "a way like $.a.b is expected, or one with its text: $.kind=heart";
    }
    if (json_is(key, "name") || json_is(key, "text")) {
        *(key.data[0] == 'n' ? &to->name : &to->text) = value;
    } else if (json_is(key, "device")) {
        to->device = value;
        return is_source(value) ? NULL : "a way like $.a.b is expected, topic, or topic:2 for a level of it";
    } else if (json_is(key, "patient") || json_is(key, "visit") || json_is(key, "time")) {
        *(key.data[0] == 'p' ? &to->patient : key.data[0] == 'v' ? &to->visit : &to->time) = value;
        return json_path_is_good(value) ? NULL : "a way like $.a.b is expected";
    } else if (json_is(key, "compound")) {
        return take_boolean(value, &to->is_compound) ? NULL : "true or false is expected";
    } else if (json_is(key, "codes")) {
        return take_codes(to->codes, &to->code_count, rest, value);
    } else if (json_is(key, "values")) {
        uint32_t index = cut_index(&rest, JSON_VALUES);
        if (index >= JSON_VALUES) {
            return "a list of at most 12 values is expected";
        }
        to->value_count = index + 1;
        return take_of_value(&to->values[index], rest, value);
    } else {
        return "this key is not known here; known are name, text, when, device, patient, visit, time, compound, codes, "
               "values";
    }
    return NULL;
}

static const char *take_head(json_map *map, dragoman_bytes key, dragoman_bytes value) {
    dragoman_bytes *member = json_is(key, "manufacturer") ? &map->manufacturer
                             : json_is(key, "model")      ? &map->model
                             : json_is(key, "system")     ? &map->system
                                                          : NULL;
    if (member == NULL) {
        return "this key is not known here; known are manufacturer, model, system, messages";
    }
    *member = value;
    return NULL;
}

/* What a message lacks. */
static const char *lack_of(const json_message *message) {
    if (message->name.size == 0 || message->device.size == 0 || message->value_count == 0) {
        return "a message needs a name, a device and values";
    }
    for (uint32_t n = 0; n < message->value_count; n++) {
        const json_value *value = &message->values[n];
        if (value->name.size == 0 || value->path.size == 0) {
            return "every value needs a name and a path";
        }
        if (value->type == JSON_AS_CONCEPT && value->concept.code.size == 0 && value->concept.text.size == 0) {
            return "a value of type concept needs its concept";
        }
        for (uint32_t k = 0; k < value->code_count; k++) {
            if (value->codes[k].code.size == 0) {
                return "every one of the codes needs a code";
            }
        }
    }
    return NULL;
}

/* One message at a time is enough to see what is wrong. */
static void walk(const dragoman_list *profile, json_map *map, json_message *messages, const teller *to) {
    json_message one = {.when_count = 0};
    json_message *at = &one;
    uint32_t current = UINT32_MAX;
    dragoman_bytes place = {NULL, 0};
    for (uint32_t n = 0; n < profile->count; n++) {
        const dragoman_setting *setting = (const dragoman_setting *)dragoman_list_at(profile, n);
        dragoman_bytes rest = setting->key;
        if (!json_is(cut(&rest), "messages")) {
            const char *wrong = take_head(map, setting->key, setting->value);
            if (wrong != NULL) {
                mistake(to, setting->key, wrong);
            }
            continue;
        }
        uint32_t index = cut_index(&rest, JSON_MESSAGES);
        if (index >= JSON_MESSAGES) {
            mistake(to, setting->key, "a list of at most 64 messages is expected");
            continue;
        }
        if (index != current) {
            const char *lack = current == UINT32_MAX ? NULL : lack_of(at);
            if (lack != NULL) {
                mistake(to, place, lack);
            }
            at = messages == NULL ? &one : &messages[index];
            memset(at, 0, sizeof *at);
            current = index;
            map->count = index + 1;
            place = (dragoman_bytes){setting->key.data, (size_t)(rest.data - setting->key.data) - 1};
        }
        const char *wrong = take_of_message(at, rest, setting->value);
        if (wrong != NULL) {
            mistake(to, setting->key, wrong);
        }
    }
    const char *lack = current == UINT32_MAX ? "a device section with messages is needed" : lack_of(at);
    if (lack != NULL) {
        mistake(to, place, lack);
    }
}

void json_map_check(const dragoman_list *profile, dragoman_mistake_teller tell, void *context) {
    json_map map = {.count = 0};
    const teller to = {tell, context};
    walk(profile, &map, NULL, &to);
}

/* The section in memory of our own. */
static bool copy(const dragoman_list *profile, const dragoman_host *host, void *context, dragoman_list *ret_copy,
                 void **ret_block) {
    size_t size = 1;
    for (uint32_t n = 0; n < profile->count; n++) {
        const dragoman_setting *setting = (const dragoman_setting *)dragoman_list_at(profile, n);
        size += setting->key.size + setting->value.size;
    }
    size_t head = (size_t)profile->count * sizeof(dragoman_setting);
    dragoman_setting *settings = (dragoman_setting *)host->allocate(context, head + size);
    uint8_t *to = settings == NULL ? NULL : (uint8_t *)settings + head;
    for (uint32_t n = 0; n < profile->count && to != NULL; n++) {
        const dragoman_setting *setting = (const dragoman_setting *)dragoman_list_at(profile, n);
        const dragoman_bytes from[2] = {setting->key, setting->value};
        dragoman_bytes *into[2] = {&settings[n].key, &settings[n].value};
        for (int k = 0; k < 2; k++) {
            *into[k] = (dragoman_bytes){to, from[k].size};
            memcpy(to, from[k].size == 0 ? to : from[k].data, from[k].size);
            to += from[k].size;
        }
    }
    *ret_copy = DRAGOMAN_LIST(settings, profile->count);
    *ret_block = settings;
    return settings != NULL;
}

static void note_mistake(void *context, dragoman_bytes key, dragoman_bytes sentence) {
    (void)key;
    (void)sentence;
    *(bool *)context = true;
}

dragoman_status json_map_read(const dragoman_list *profile, const dragoman_host *host, void *context,
                              json_map *ret_map) {
    bool is_wrong = false;
    dragoman_list own;
    *ret_map = (json_map){.system = DRAGOMAN_TEXT("urn:dragoman:json")};
    json_map_check(profile, note_mistake, &is_wrong);
    if (is_wrong) {
        return DRAGOMAN_INVALID;
    }
    json_map counted = {.count = 0};
    const teller nobody = {NULL, NULL};
    walk(profile, &counted, NULL, &nobody);
    ret_map->messages = (json_message *)host->allocate(context, counted.count * sizeof *ret_map->messages);
    if (ret_map->messages == NULL || !copy(profile, host, context, &own, &ret_map->texts)) {
        return DRAGOMAN_NO_MEMORY;
    }
    walk(&own, ret_map, ret_map->messages, &nobody);
    return DRAGOMAN_OK;
}

void json_map_release(json_map *map, const dragoman_host *host, void *context) {
    host->release(context, map->messages);
    host->release(context, map->texts);
}

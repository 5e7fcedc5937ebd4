#include "sinks/mqtt/topic.h"

#include "base/bytes.h"
#include <stdio.h>

static const char *const words[TOPIC_WORDS] = {
    [TOPIC_SITE] = "site",     [TOPIC_SINK] = "sink",     [TOPIC_UNIT] = "unit", [TOPIC_BED] = "bed",
    [TOPIC_DEVICE] = "device", [TOPIC_METRIC] = "metric", [TOPIC_LINK] = "link",
};

/* The word between braces at `at`; TOPIC_WORDS: it is none. */
static topic_word find_word(const char *at, size_t size) {
    topic_word word = TOPIC_SITE;
    while (word < TOPIC_WORDS && (strlen(words[word]) != size || memcmp(words[word], at, size) != 0)) {
        word++;
    }
    return word;
}

static dragoman_status read_words(topic_template *self, uint32_t allowed, error_record *error) {
    for (const char *at = self->text; (at = strpbrk(at, "{}")) != NULL; at++) {
        const char *end = strchr(at, '}');
        if (*at == '}' || end == NULL) {
            return error_set(error, DRAGOMAN_INVALID, "the topic \"%s\" has a brace without its other one", self->text);
        }
        topic_word word = find_word(at + 1, (size_t)(end - at) - 1);
        if (word == TOPIC_WORDS || (allowed >> word & 1u) == 0) {
            return error_set(error, DRAGOMAN_INVALID, "nothing can stand in for %.*s in the topic \"%s\"",
                             (int)(end - at) + 1, at, self->text);
        }
        self->has[word] = true;
        at = end;
    }
    return DRAGOMAN_OK;
}

dragoman_status topic_template_read(topic_template *self, dragoman_bytes text, uint32_t allowed, error_record *error) {
    *self = (topic_template){.text = ""};
    if (text.size == 0 || text.size >= sizeof self->text || !bytes_is_utf8(text)) {
        return error_set(error, DRAGOMAN_INVALID, "a topic has 1 to %d characters", TOPIC_TEMPLATE_BYTES - 1);
    }
    snprintf(self->text, sizeof self->text, "%.*s", BYTES_FORMAT(text));
    if (strpbrk(self->text, "+#") != NULL) {
        return error_set(error, DRAGOMAN_INVALID, "the topic \"%s\" has a wildcard: nothing can be published to it",
                         self->text);
    }
    if (self->text[0] == '$' || self->text[0] == '/') {
        return error_set(error, DRAGOMAN_INVALID, "the topic \"%s\" must begin with a name: those with %c are not ours",
                         self->text, self->text[0]);
    }
    for (const char *at = self->text; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            return error_set(error, DRAGOMAN_INVALID, "a topic has no control characters");
        }
    }
    return read_words(self, allowed, error);
}

/* Bytes of the UTF-8 character at `at`; names are valid UTF-8. */
static size_t character_size(dragoman_bytes name, size_t at) {
    uint8_t first = name.data[at];
    size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    return size <= name.size - at ? size : 1;
}

static uint32_t character(dragoman_bytes name, size_t at, size_t size) {
    uint32_t code = size == 1 ? name.data[at] : name.data[at] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        code = code << 6 | (name.data[at + i] & 0x3fu);
    }
    return code;
}

static bool must_escape(uint32_t code, bool is_first) {
    bool is_control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    bool is_none = (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) == 0xfffe;
    return is_control || is_none || code == '+' || code == '#' || code == '/' || code == '%' ||
           (is_first && code == '$');
}

/* Appends a name as one level. False: there is no room. */
static bool write_level(dragoman_bytes name, char to[TOPIC_BYTES], size_t *length) {
    enum { LONGEST = 4 * 3 }; /* a character of four bytes, escaped */
    bool is_dash = bytes_is(name, "-");
    if (*length + LONGEST >= TOPIC_BYTES) {
        return false;
    }
    if (name.size == 0 || is_dash) {
        *length += (size_t)snprintf(to + *length, LONGEST, "%s", is_dash ? "%2D" : "-");
        return true;
    }
    for (size_t at = 0; at < name.size;) {
        size_t size = character_size(name, at);
        bool is_escaped = must_escape(character(name, at, size), at == 0);
        if (*length + LONGEST >= TOPIC_BYTES) {
            return false;
        }
        for (size_t i = 0; i < size; i++, at++) {
            if (is_escaped) {
                *length += (size_t)snprintf(to + *length, 4, "%%%02X", name.data[at]);
            } else {
                to[(*length)++] = (char)name.data[at];
            }
        }
    }
    return true;
}

size_t topic_write(const topic_template *self, const dragoman_bytes names[TOPIC_WORDS], char to[TOPIC_BYTES]) {
    size_t length = 0;
    for (const char *at = self->text; *at != '\0';) {
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        if (length + 1 >= TOPIC_BYTES) {
            return 0;
        }
        if (end == NULL) {
            to[length++] = *at++;
        } else if (write_level(names[find_word(at + 1, (size_t)(end - at) - 1)], to, &length)) {
            at = end + 1;
        } else {
            return 0;
        }
    }
    to[length] = '\0';
    return length;
}

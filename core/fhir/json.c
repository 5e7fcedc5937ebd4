#include "fhir/json.h"
#include "base/decimal.h"

#include <stdio.h>

static void append_name(buffer *to, const char *name) {
    if (name != NULL) {
        buffer_append_byte(to, '"');
        buffer_append_text(to, name);
        buffer_append(to, "\":", 2);
    }
}

size_t json_open(buffer *to, const char *name, char bracket) {
    size_t begin = to->size;
    append_name(to, name);
    buffer_append_byte(to, (uint8_t)bracket);
    return begin;
}

bool json_close(buffer *to, size_t begin) {
    if (to->failed || to->size == 0) {
        return false;
    }
    if (to->data[to->size - 1] != ',') {
        to->size = begin;
        return false;
    }
    /* The bracket that was opened says which one closes: it is the first byte behind the name, if there is one. */
    size_t at = begin;
    if (to->data[at] == '"') {
        at++;
        while (to->data[at] != '"') {
            at++;
        }
        at += 2;
    }
    to->data[to->size - 1] = to->data[at] == '{' ? '}' : ']';
    buffer_append_byte(to, ',');
    return true;
}

void json_escape(buffer *to, dragoman_bytes text) {
    size_t plain = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t character = text.data[i];
        if (character >= 0x20 && character != '"' && character != '\\') {
            continue;
        }
        buffer_append(to, text.data + plain, i - plain);
        plain = i + 1;
        switch (character) {
        case '"':
            JSON_APPEND(to, "\\\"");
            break;
        case '\\':
            JSON_APPEND(to, "\\\\");
            break;
        case '\n':
            JSON_APPEND(to, "\\n");
            break;
        case '\r':
            JSON_APPEND(to, "\\r");
            break;
        case '\t':
            JSON_APPEND(to, "\\t");
            break;
        default:
            JSON_APPEND(to, "\xEF\xBF\xBD");
            break;
        }
    }
    buffer_append(to, text.size == 0 ? "" : (const char *)text.data + plain, text.size - plain);
}

static bool is_blank(uint8_t character) {
    return character == ' ' || (character >= '\t' && character <= '\r');
}

dragoman_bytes json_trimmed(dragoman_bytes text) {
    while (text.size > 0 && is_blank(text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && is_blank(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

void json_text(buffer *to, const char *name, dragoman_bytes text) {
    text = json_trimmed(text);
    if (text.size == 0) {
        return;
    }
    append_name(to, name);
    buffer_append_byte(to, '"');
    json_escape(to, text);
    buffer_append(to, "\",", 2);
}

void json_code(buffer *to, const char *name, dragoman_bytes text) {
    text = json_trimmed(text);
    if (text.size == 0) {
        return;
    }
    append_name(to, name);
    buffer_append_byte(to, '"');
    while (text.size > 0) {
        size_t word = 0;
        while (word < text.size && !is_blank(text.data[word])) {
            word++;
        }
        json_escape(to, (dragoman_bytes){text.data, word});
        size_t next = word;
        while (next < text.size && is_blank(text.data[next])) {
            next++;
        }
        if (next < text.size) {
            buffer_append_byte(to, ' ');
        }
        text = (dragoman_bytes){text.data + next, text.size - next};
    }
    buffer_append(to, "\",", 2);
}

void json_constant(buffer *to, const char *name, const char *text) {
    if (text == NULL || *text == '\0') {
        return;
    }
    append_name(to, name);
    buffer_append_byte(to, '"');
    buffer_append_text(to, text);
    buffer_append(to, "\",", 2);
}

void json_decimal(buffer *to, const char *name, dragoman_decimal number) {
    char text[DECIMAL_TEXT_BYTES];
    size_t size = decimal_write(number, text);
    if (size > 0) {
        append_name(to, name);
        buffer_append(to, text, size);
        buffer_append_byte(to, ',');
    }
}

void json_unsigned(buffer *to, const char *name, uint64_t number) {
    append_name(to, name);
    buffer_append_format(to, "%llu,", (unsigned long long)number);
}

void json_boolean(buffer *to, const char *name, bool value) {
    append_name(to, name);
    buffer_append_text(to, value ? "true," : "false,");
}

void json_percent(buffer *to, dragoman_bytes text, const char *also) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.size; i++) {
        uint8_t character = text.data[i];
        bool is_plain = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
                        (character >= '0' && character <= '9') || character == '-' || character == '.' ||
                        character == '_' || character == '~' || (character != 0 && strchr(also, character) != NULL);
        if (is_plain) {
            buffer_append_byte(to, character);
        } else {
            uint8_t coded[3] = {'%', (uint8_t)digits[character >> 4], (uint8_t)digits[character & 15]};
            buffer_append(to, coded, sizeof coded);
        }
    }
}

/* Expressions of iomt-fhir's templates: JSON path. */
#include "app/iomt.h"

#include "base/bytes.h"
#include <stdio.h>

void iomt_quote(buffer *to, dragoman_bytes text) {
    buffer_append_byte(to, '"');
    for (size_t i = 0; text.data != NULL && i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte == '"' || byte == '\\') {
            buffer_append_byte(to, '\\');
            buffer_append_byte(to, byte);
        } else if (byte < ' ' || byte == 0x7F) {
            buffer_append_format(to, "\\u%04x", byte);
        } else {
            buffer_append_byte(to, byte);
        }
    }
    buffer_append_byte(to, '"');
}

static dragoman_bytes trimmed(dragoman_bytes text) {
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text = (dragoman_bytes){text.data + 1, text.size - 1};
    }
    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t')) {
        text.size--;
    }
    return text;
}

/* Cuts `what` off the front, if it stands there. */
static bool cut(dragoman_bytes *text, const char *what) {
    size_t size = strlen(what);
    bool is_there = bytes_starts_with(*text, what);
    if (is_there) {
        *text = (dragoman_bytes){text->data + size, text->size - size};
    }
    return is_there;
}

/* The envelope of an event hub is none of the message: over MQTT its Body is all. */
static bool cut_envelope(dragoman_bytes *steps) {
    dragoman_bytes rest = *steps;
    bool is_body = cut(&rest, ".Body") || cut(&rest, "['Body']");
    if (is_body && (rest.size == 0 || rest.data[0] == '.' || rest.data[0] == '[')) {
        *steps = rest;
    }
    return !bytes_starts_with(*steps, ".Properties") && !bytes_starts_with(*steps, ".SystemProperties");
}

/* Whether the steps are members and elements only, as the adapter reads them. */
static bool are_regular(dragoman_bytes steps) {
    bool is_quoted = false;
    for (size_t i = 0; i < steps.size; i++) {
        uint8_t byte = steps.data[i];
        is_quoted = byte == '\'' ? !is_quoted : is_quoted;
        bool is_double = byte == '.' && (i + 1 == steps.size || steps.data[i + 1] == '.' || steps.data[i + 1] == '[');
        bool is_filter = strchr("*?@()\",:= ", byte) != NULL;
        if (byte < ' ' || (!is_quoted && (is_double || is_filter))) {
            return false;
        }
    }
    return !is_quoted && (steps.size == 0 || steps.data[0] == '.' || steps.data[0] == '[');
}

bool iomt_way(dragoman_bytes expression, dragoman_bytes prefix, buffer *to) {
    dragoman_bytes steps = trimmed(expression);
    if (!cut(&steps, "$") || !cut_envelope(&steps) || !are_regular(steps)) {
        return false;
    }
    buffer way;
    buffer_init(&way);
    buffer_append_byte(&way, '$');
    buffer_append_bytes(&way, prefix);
    buffer_append_bytes(&way, steps);
    iomt_quote(to, buffer_bytes(&way));
    bool made = !way.failed;
    buffer_fini(&way);
    return made;
}

/* "@.kind == 'heart'" or "@heartRate", as a condition. */
static bool add_term(dragoman_bytes term, buffer *to) {
    term = trimmed(term);
    dragoman_bytes wanted = {NULL, 0};
    for (size_t i = 0; i + 1 < term.size; i++) {
        if (term.data[i] == '=' && term.data[i + 1] == '=') {
            wanted = trimmed((dragoman_bytes){term.data + i + 2, term.size - i - 2});
            term = trimmed((dragoman_bytes){term.data, i});
            break;
        }
    }
    bool is_text = wanted.size >= 2 && (wanted.data[0] == '\'' || wanted.data[0] == '"') &&
                   wanted.data[wanted.size - 1] == wanted.data[0];
    if (!cut(&term, "@") || term.size == 0 || (wanted.data != NULL && !is_text)) {
        return false;
    }
    buffer steps;
    buffer_init(&steps);
    if (term.data[0] != '.' && term.data[0] != '[') {
        buffer_append_byte(&steps, '.');
    }
    buffer_append_bytes(&steps, term);
    dragoman_bytes whole = buffer_bytes(&steps);
    bool is_good = whole.data != NULL && !steps.failed && cut_envelope(&whole) && whole.size > 0 && are_regular(whole);
    if (is_good) {
        buffer condition;
        buffer_init(&condition);
        buffer_append_byte(&condition, '$');
        buffer_append_bytes(&condition, whole);
        if (is_text) {
            buffer_append_byte(&condition, '=');
            buffer_append(&condition, wanted.data + 1, wanted.size - 2);
        }
        iomt_quote(to, buffer_bytes(&condition));
        buffer_append_text(to, ", ");
        buffer_fini(&condition);
    }
    buffer_fini(&steps);
    return is_good;
}

bool iomt_conditions(dragoman_bytes expression, buffer *to, buffer *prefix) {
    dragoman_bytes filter = trimmed(expression);
    dragoman_bytes end = {filter.data + (filter.size < 2 ? 0 : filter.size - 2), filter.size < 2 ? 0 : 2};
    bool is_filter = cut(&filter, "$..[?(") && bytes_is(end, ")]");
    if (!is_filter) {
        dragoman_bytes steps = trimmed(expression);
        bool is_way = cut(&steps, "$") && cut_envelope(&steps) && are_regular(steps);
        if (is_way && steps.size > 0) {
            iomt_way(expression, (dragoman_bytes){NULL, 0}, to);
            buffer_append_text(to, ", ");
        }
        buffer_append_bytes(prefix, is_way ? steps : (dragoman_bytes){NULL, 0});
        return is_way;
    }
    filter.size -= 2;
    size_t begin = 0;
    for (size_t i = 0; i <= filter.size; i++) {
        bool is_and = i + 1 < filter.size && filter.data[i] == '&' && filter.data[i + 1] == '&';
        if (i == filter.size || is_and) {
            if (!add_term((dragoman_bytes){filter.data + begin, i - begin}, to)) {
                return false;
            }
            begin = i + 2;
            i += is_and ? 1 : 0;
        }
    }
    return true;
}

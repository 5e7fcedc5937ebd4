#include "tree.h"

typedef struct reader {
    const dragoman_host *host;
    void *context;
    const uint8_t *at;
    const uint8_t *end;
    json_node *nodes;
    uint32_t count;
    uint32_t room;
} reader;

static void skip_blanks(reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')) {
        r->at++;
    }
}

static bool take(reader *r, uint8_t sign) {
    skip_blanks(r);
    if (r->at == r->end || *r->at != sign) {
        return false;
    }
    r->at++;
    return true;
}

static int hex_digit(uint8_t byte) {
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    uint8_t small = (uint8_t)(byte | 0x20u);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/* Four hexadecimal digits of \uXXXX; UINT32_MAX: they are none. */
static uint32_t read_unit(reader *r) {
    uint32_t unit = 0;
    for (int n = 0; n < 4; n++) {
        int digit = r->at < r->end ? hex_digit(*r->at++) : -1;
        if (digit < 0) {
            return UINT32_MAX;
        }
        unit = unit * 16 + (uint32_t)digit;
    }
    return unit;
}

/* The character behind \u; half of a pair and NUL are none. 0: none. */
static uint32_t read_point(reader *r) {
    uint32_t high = read_unit(r);
    if (high == UINT32_MAX || high < 0xd800 || high > 0xdfff) {
        return high == UINT32_MAX ? 0 : high;
    }
    if (high > 0xdbff || r->end - r->at < 2 || r->at[0] != '\\' || r->at[1] != 'u') {
        return 0;
    }
    r->at += 2;
    uint32_t low = read_unit(r);
    return low < 0xdc00 || low > 0xdfff ? 0 : 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static size_t put_utf8(uint32_t point, uint8_t *to) {
    size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const uint8_t marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t n = size; n-- > 1;) {
        to[n] = (uint8_t)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    to[0] = (uint8_t)(marks[size] | point);
    return size;
}

static size_t read_escape(reader *r, uint8_t *to) {
    static const char from[] = "\"\\/bfnrt";
    static const char into[] = "\"\\/\b\f\n\r\t";
    uint8_t letter = r->at < r->end ? *r->at++ : 0;
    const char *found = letter == 0 ? NULL : strchr(from, letter);
    if (found != NULL) {
        to[0] = (uint8_t)into[found - from];
        return 1;
    }
    uint32_t point = letter == 'u' ? read_point(r) : 0;
    return point == 0 ? 0 : put_utf8(point, to);
}

/* Bytes of the well-formed character at `at` (Unicode 3.9); 0: there is none, or a control. */
static size_t character_size(const uint8_t *at, size_t left) {
    uint8_t first = at[0];
    size_t size = first < 0x80                     ? 1
                  : first >= 0xc2 && first <= 0xdf ? 2
                  : (first & 0xf0) == 0xe0         ? 3
                  : first >= 0xf0 && first <= 0xf4 ? 4
                                                   : 0;
    if (size == 0 || left < size || first < ' ') {
        return 0;
    }
    uint8_t least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    bool is_good = size == 1 || (at[1] >= least && at[1] <= most);
    for (size_t n = 2; n < size; n++) {
        is_good = is_good && (at[n] & 0xc0) == 0x80;
    }
    return is_good ? size : 0;
}

/* A text with its quotes. */
static bool read_text(reader *r, dragoman_bytes *ret_text) {
    if (!take(r, '"')) {
        return false;
    }
    const uint8_t *close = r->at;
    while (close < r->end && *close != '"') {
        close += *close == '\\' && close + 1 < r->end ? 2 : 1;
    }
    /* No escape is shorter than what it stands for. */
    uint8_t *to = (uint8_t *)r->host->batch(r->context, (size_t)(close - r->at) + 4);
    size_t size = 0;
    while (to != NULL && r->at < r->end && *r->at != '"') {
        size_t step = 0;
        if (*r->at == '\\') {
            r->at++;
            step = read_escape(r, to + size);
        } else {
            step = character_size(r->at, (size_t)(r->end - r->at));
            memcpy(to + size, r->at, step);
            r->at += step;
        }
        if (step == 0) {
            return false;
        }
        size += step;
    }
    *ret_text = (dragoman_bytes){to, size};
    return to != NULL && take(r, '"');
}

static size_t digits(dragoman_bytes text, size_t at) {
    size_t count = 0;
    while (at + count < text.size && text.data[at + count] >= '0' && text.data[at + count] <= '9') {
        count++;
    }
    return count;
}

bool json_is_number(dragoman_bytes text) {
    size_t at = text.size > 0 && text.data[0] == '-' ? 1 : 0;
    size_t whole = digits(text, at);
    bool is_good = whole == 1 || (whole > 1 && text.data[at] != '0');
    at += whole;
    if (at < text.size && text.data[at] == '.') {
        size_t fraction = digits(text, at + 1);
        is_good = is_good && fraction > 0;
        at += 1 + fraction;
    }
    if (at < text.size && (text.data[at] == 'e' || text.data[at] == 'E')) {
        at++;
        at += at < text.size && (text.data[at] == '-' || text.data[at] == '+') ? 1 : 0;
        size_t exponent = digits(text, at);
        is_good = is_good && exponent > 0;
        at += exponent;
    }
    return is_good && at == text.size;
}

static bool read_word(reader *r, const char *word) {
    size_t size = strlen(word);
    bool is_it = (size_t)(r->end - r->at) >= size && memcmp(r->at, word, size) == 0;
    r->at += is_it ? size : 0;
    return is_it;
}

static bool read_number(reader *r, json_node *node) {
    const uint8_t *begin = r->at;
    while (r->at < r->end && strchr("+-.eE0123456789", *r->at) != NULL && *r->at != 0) {
        r->at++;
    }
    node->kind = JSON_NUMBER;
    node->text = (dragoman_bytes){begin, (size_t)(r->at - begin)};
    return json_is_number(node->text);
}

/* A value; what an object or list holds follows it. */
static bool read_value(reader *r, json_node *node) {
    skip_blanks(r);
    uint8_t first = r->at < r->end ? *r->at : 0;
    switch (first) {
    case '"':
        node->kind = JSON_TEXT;
        return read_text(r, &node->text);
    case '{':
    case '[':
        r->at++;
        node->kind = first == '{' ? JSON_OBJECT : JSON_LIST;
        return true;
    case 't':
        node->kind = JSON_TRUE;
        return read_word(r, "true");
    case 'f':
        node->kind = JSON_FALSE;
        return read_word(r, "false");
    case 'n':
        node->kind = JSON_NULL;
        return read_word(r, "null");
    default:
        return read_number(r, node);
    }
}

/* The next node, with its name inside of an object. NULL: it breaks a rule. */
static json_node *read_node(reader *r, bool is_member) {
    if (r->nodes == NULL || r->count == r->room) {
        return NULL;
    }
    json_node *node = &r->nodes[r->count++];
    *node = (json_node){.end = r->count};
    bool is_good = !is_member || (read_text(r, &node->name) && take(r, ':'));
    return is_good && read_value(r, node) ? node : NULL;
}

static bool read_all(reader *r) {
    uint32_t open[JSON_DEPTH];
    uint32_t depth = 0;
    bool is_first = true;
    for (;;) {
        const json_node *inside = depth == 0 ? NULL : &r->nodes[open[depth - 1]];
        if (inside != NULL && take(r, inside->kind == JSON_OBJECT ? '}' : ']')) {
            r->nodes[open[--depth]].end = r->count;
            is_first = false;
        } else if (inside != NULL && !is_first && !take(r, ',')) {
            return false;
        } else {
            const json_node *node = read_node(r, inside != NULL && inside->kind == JSON_OBJECT);
            if (node == NULL) {
                return false;
            }
            bool opens = node->kind >= JSON_LIST;
            if (opens && depth == JSON_DEPTH) {
                return false;
            }
            if (opens) {
                open[depth++] = r->count - 1;
            }
            is_first = opens;
        }
        if (depth == 0) {
            skip_blanks(r);
            return r->at == r->end;
        }
    }
}

const char *json_tree_read(const dragoman_host *host, void *context, dragoman_bytes text, json_tree *ret_tree) {
    uint32_t most = 1;
    for (size_t n = 0; n < text.size; n++) {
        most += text.data[n] == ',' || text.data[n] == '{' || text.data[n] == '[' ? 1 : 0;
    }
    if (text.size == 0 || most > JSON_NODES) {
        return text.size == 0 ? "there is no text" : "there are more values than in any message of measurements";
    }
    json_node *nodes = (json_node *)host->batch(context, most * sizeof *nodes);
    if (nodes == NULL) {
        return "there is no memory";
    }
    reader r = {host, context, text.data, text.data + text.size, nodes, 0, most};
    bool is_good = read_all(&r);
    *ret_tree = (json_tree){nodes, r.count};
    return is_good ? NULL : "it is no JSON";
}

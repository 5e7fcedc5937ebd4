#include "json.h"

gatt_json gatt_json_of(const dragoman_host *host, void *context, dragoman_bytes text) {
    const uint8_t *at = text.data;
    return (gatt_json){.host = host, .context = context, .at = at, .end = text.size == 0 ? at : at + text.size};
}

static void skip_blanks(gatt_json *self) {
    while (self->at < self->end && (*self->at == ' ' || *self->at == '\t' || *self->at == '\n' || *self->at == '\r')) {
        self->at++;
    }
}

/* Takes `sign` if it stands next. */
static bool take(gatt_json *self, uint8_t sign) {
    skip_blanks(self);
    if (self->is_bad || self->at == self->end || *self->at != sign) {
        return false;
    }
    self->at++;
    return true;
}

static bool need(gatt_json *self, uint8_t sign) {
    bool is_there = take(self, sign);
    self->is_bad = self->is_bad || !is_there;
    return is_there;
}

bool gatt_json_enter(gatt_json *self) {
    return take(self, '{');
}

static int hex_digit(uint8_t byte) {
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    uint8_t small = (uint8_t)(byte | 0x20u);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/* Four hexadecimal digits of \uXXXX. */
static bool read_unit(gatt_json *self, uint32_t *ret_unit) {
    uint32_t unit = 0;
    for (int n = 0; n < 4; n++) {
        int digit = self->at < self->end ? hex_digit(*self->at) : -1;
        if (digit < 0) {
            return false;
        }
        unit = unit * 16 + (uint32_t)digit;
        self->at++;
    }
    *ret_unit = unit;
    return true;
}

static size_t put_utf8(uint32_t point, uint8_t *to) {
    if (point < 0x80) {
        to[0] = (uint8_t)point;
        return 1;
    }
    if (point < 0x800) {
        to[0] = (uint8_t)(0xc0 | point >> 6);
        to[1] = (uint8_t)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        to[0] = (uint8_t)(0xe0 | point >> 12);
        to[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
        to[2] = (uint8_t)(0x80 | (point & 0x3f));
        return 3;
    }
    to[0] = (uint8_t)(0xf0 | point >> 18);
    to[1] = (uint8_t)(0x80 | (point >> 12 & 0x3f));
    to[2] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
    to[3] = (uint8_t)(0x80 | (point & 0x3f));
    return 4;
}

/* \uXXXX, with a second one for what lies beyond the first plane. Half a pair is no character. */
static bool read_point(gatt_json *self, uint32_t *ret_point) {
    uint32_t high = 0;
    uint32_t low = 0;
    if (!read_unit(self, &high)) {
        return false;
    }
    *ret_point = high;
    if (high < 0xd800 || high > 0xdfff) {
        return high != 0;
    }
    if (high > 0xdbff || self->end - self->at < 2 || self->at[0] != '\\' || self->at[1] != 'u') {
        return false;
    }
    self->at += 2;
    if (!read_unit(self, &low) || low < 0xdc00 || low > 0xdfff) {
        return false;
    }
    *ret_point = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

/* One escape behind its backslash. Returns the bytes written, 0 when it is none. */
static size_t read_escape(gatt_json *self, uint8_t *to) {
    static const char from[] = "\"\\/bfnrt";
    static const char into[] = "\"\\/\b\f\n\r\t";
    uint8_t letter = self->at < self->end ? *self->at++ : 0;
    const char *found = letter == 0 ? NULL : strchr(from, letter);
    if (found != NULL) {
        to[0] = (uint8_t)into[found - from];
        return 1;
    }
    uint32_t point = 0;
    return letter == 'u' && read_point(self, &point) ? put_utf8(point, to) : 0;
}

/* Bytes of the well-formed character at `at` (Unicode 3.9), 0 when there is none; controls are none. */
static size_t character_size(const uint8_t *at, size_t left) {
    uint8_t first = at[0];
    if (first < 0x80) {
        return first >= ' ' ? 1 : 0;
    }
    size_t size = first >= 0xc2 && first <= 0xdf   ? 2
                  : (first & 0xf0) == 0xe0         ? 3
                  : first >= 0xf0 && first <= 0xf4 ? 4
                                                   : 0;
    if (size == 0 || left < size) {
        return 0;
    }
    uint8_t least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    bool is_good = at[1] >= least && at[1] <= most;
    for (size_t n = 2; n < size; n++) {
        is_good = is_good && (at[n] & 0xc0) == 0x80;
    }
    return is_good ? size : 0;
}

/* The text behind its opening quote, into `to`. */
static bool read_text(gatt_json *self, uint8_t *to, size_t *ret_size) {
    size_t size = 0;
    while (self->at < self->end && *self->at != '"') {
        size_t step = 0;
        if (*self->at == '\\') {
            self->at++;
            step = read_escape(self, to + size);
        } else {
            step = character_size(self->at, (size_t)(self->end - self->at));
            memcpy(to + size, self->at, step);
            self->at += step;
        }
        if (step == 0) {
            return false;
        }
        size += step;
    }
    *ret_size = size;
    return self->at < self->end;
}

bool gatt_json_text(gatt_json *self, dragoman_bytes *ret_text) {
    if (!need(self, '"')) {
        return false;
    }
    /* No escape is shorter than what it stands for. */
    size_t most = (size_t)(self->end - self->at) + 1;
    uint8_t *to = (uint8_t *)self->host->batch(self->context, most);
    size_t size = 0;
    if (to == NULL || !read_text(self, to, &size)) {
        self->is_bad = true;
        return false;
    }
    self->at++;
    *ret_text = (dragoman_bytes){to, size};
    return true;
}

bool gatt_json_member(gatt_json *self, uint32_t *count, dragoman_bytes *ret_name) {
    if (take(self, '}')) {
        return false;
    }
    if (*count > 0 && !need(self, ',')) {
        return false;
    }
    (*count)++;
    return gatt_json_text(self, ret_name) && need(self, ':');
}

static bool is_digit(const gatt_json *self) {
    return self->at < self->end && *self->at >= '0' && *self->at <= '9';
}

static size_t take_digits(gatt_json *self) {
    size_t count = 0;
    while (is_digit(self)) {
        self->at++;
        count++;
    }
    return count;
}

/* A number by RFC 8259, 6. */
static bool skip_number(gatt_json *self) {
    self->at += self->at < self->end && *self->at == '-' ? 1 : 0;
    bool is_zero = self->at < self->end && *self->at == '0';
    size_t digits = take_digits(self);
    bool is_good = digits > 0 && (!is_zero || digits == 1);
    if (self->at < self->end && *self->at == '.') {
        self->at++;
        is_good = take_digits(self) > 0 && is_good;
    }
    if (self->at < self->end && (*self->at == 'e' || *self->at == 'E')) {
        self->at++;
        self->at += self->at < self->end && (*self->at == '-' || *self->at == '+') ? 1 : 0;
        is_good = take_digits(self) > 0 && is_good;
    }
    return is_good;
}

bool gatt_json_integer(gatt_json *self, int32_t *ret_number) {
    skip_blanks(self);
    const uint8_t *begin = self->at;
    bool is_negative = begin < self->end && *begin == '-';
    if (self->is_bad || !skip_number(self)) {
        self->is_bad = true;
        return false;
    }
    begin += is_negative ? 1 : 0;
    int32_t number = 0;
    self->is_bad = self->at - begin > 9;
    for (; begin < self->at && !self->is_bad; begin++) {
        self->is_bad = *begin < '0' || *begin > '9';
        number = number * 10 + (*begin - '0');
    }
    *ret_number = is_negative ? -number : number;
    return !self->is_bad;
}

static bool skip_word(gatt_json *self, const char *word) {
    size_t size = strlen(word);
    if ((size_t)(self->end - self->at) < size || memcmp(self->at, word, size) != 0) {
        return false;
    }
    self->at += size;
    return true;
}

/* Skips one value that opens nothing. */
static bool skip_plain(gatt_json *self) {
    uint8_t first = self->at < self->end ? *self->at : 0;
    dragoman_bytes ignored = {NULL, 0};
    switch (first) {
    case '"':
        return gatt_json_text(self, &ignored);
    case 't':
        return skip_word(self, "true");
    case 'f':
        return skip_word(self, "false");
    case 'n':
        return skip_word(self, "null");
    default:
        return skip_number(self);
    }
}

/* What stands behind an opening sign or a comma of an object: a name and a colon. */
static void skip_name(gatt_json *self, bool is_object) {
    dragoman_bytes ignored = {NULL, 0};
    if (is_object) {
        (void)(gatt_json_text(self, &ignored) && need(self, ':'));
    }
}

void gatt_json_skip(gatt_json *self) {
    uint8_t closing[GATT_DEPTH];
    uint32_t depth = 0;
    bool wants_value = true;
    while (!self->is_bad && (wants_value || depth > 0)) {
        skip_blanks(self);
        uint8_t first = self->at < self->end ? *self->at : 0;
        if (wants_value && (first == '{' || first == '[')) {
            self->at++;
            uint8_t close = first == '{' ? '}' : ']';
            if (depth == GATT_DEPTH) {
                self->is_bad = true;
            } else if (take(self, close)) {
                wants_value = false;
            } else {
                closing[depth++] = close;
                skip_name(self, first == '{');
            }
        } else if (wants_value) {
            self->is_bad = !skip_plain(self);
            wants_value = false;
        } else if (take(self, closing[depth - 1])) {
            depth--;
        } else if (need(self, ',')) {
            skip_name(self, closing[depth - 1] == '}');
            wants_value = true;
        }
    }
}

bool gatt_json_is_done(gatt_json *self) {
    skip_blanks(self);
    return !self->is_bad && self->at == self->end;
}

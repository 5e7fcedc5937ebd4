#include "ward24/said.h"

#include "base/decimal.h"
#include <stdlib.h>
#include <string.h>

/* Numbers that are remembered: some hundred times more than a device says in SAID_REMEMBERED_S that differ. */
#define ROOM_BITS 18
#define ROOM (1u << ROOM_BITS)
#define PLACES 4u /* for numbers of the same hash */
/* Bytes that are kept for the next call: a number may be cut in two. */
#define REST_BYTES 24u
#define LINE_BYTES 4096u

typedef struct place {
    int64_t key;
    int64_t at_s;
} place;

struct said {
    said_form form;
    uint8_t rest[LINE_BYTES];
    size_t rest_size;
    place places[ROOM];
};

static uint32_t first_of(int64_t key) {
    return (uint32_t)(((uint64_t)key * 0x9e3779b97f4a7c15u) >> (64 - ROOM_BITS)) & ~(PLACES - 1);
}

static void note(said *self, int64_t key, int64_t now_s) {
    place *oldest = &self->places[first_of(key)];
    place *first = oldest;
    for (uint32_t i = 0; i < PLACES; i++) {
        if (first[i].key == key) {
            oldest = &first[i];
            break;
        }
        oldest = first[i].at_s < oldest->at_s ? &first[i] : oldest;
    }
    *oldest = (place){key, now_s};
}

static int64_t without_zeros(int64_t mantissa) {
    while (mantissa != 0 && mantissa % 10 == 0) {
        mantissa /= 10;
    }
    return mantissa;
}

static int64_t key_of(said_form form, dragoman_decimal number) {
    bool is_text = form == SAID_WORDS || form == SAID_FIELDS;
    return is_text ? number.mantissa * 64 + number.exponent + 32 : without_zeros(number.mantissa);
}

static void note_text(said *self, const uint8_t *text, size_t size, int64_t now_s) {
    dragoman_decimal number;
    if (size > 0 && decimal_parse((dragoman_bytes){text, size}, &number) == DRAGOMAN_OK) {
        note(self, key_of(self->form, number), now_s);
    }
}

static bool is_of_number(uint8_t byte) {
    return (byte >= '0' && byte <= '9') || byte == '.' || byte == '-' || byte == '+';
}

/* Returns how much of the bytes may belong to a number that goes on. */
static size_t hear_words(said *self, dragoman_bytes bytes, int64_t now_s) {
    size_t start = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        if (!is_of_number(bytes.data[i])) {
            note_text(self, bytes.data + start, i - start, now_s);
            start = i + 1;
        }
    }
    return bytes.size - start;
}

static size_t hear_fields(said *self, dragoman_bytes bytes, int64_t now_s) {
    enum { LEAST = 4, MOST = 6 };
    for (size_t at = 0; at + LEAST <= bytes.size; at++) {
        for (size_t size = LEAST; size <= MOST && at + size <= bytes.size; size++) {
            size_t blanks = 0;
            while (blanks < size && bytes.data[at + blanks] == ' ') {
                blanks++;
            }
            note_text(self, bytes.data + at + blanks, size - blanks, now_s);
        }
    }
    return bytes.size < MOST ? bytes.size : MOST - 1;
}

static void note_binary(said *self, int64_t number, int64_t now_s) {
    note(self, without_zeros(number), now_s);
}

static int64_t with_sign(uint32_t number, unsigned bits) {
    return number >> (bits - 1) != 0 ? (int64_t)number - (INT64_C(1) << bits) : (int64_t)number;
}

static size_t hear_registers(said *self, dragoman_bytes bytes, int64_t now_s) {
    for (size_t at = 0; at + 2 <= bytes.size; at++) {
        uint32_t number = (uint32_t)(bytes.data[at] << 8 | bytes.data[at + 1]);
        note_binary(self, number, now_s);
        note_binary(self, with_sign(number, 16), now_s);
    }
    return bytes.size > 0 ? 1 : 0;
}

static size_t hear_floats(said *self, dragoman_bytes bytes, int64_t now_s) {
    for (size_t at = 0; at + 2 <= bytes.size; at++) {
        const uint8_t *from = bytes.data + at;
        note_binary(self, with_sign((uint32_t)((from[0] & 15) << 8 | from[1]), 12), now_s);
        /* Exponents of a device are small: bytes that are something else mostly do not look so. */
        if (at + 4 <= bytes.size && (from[0] <= 2 || from[0] >= 0xf8)) {
            note_binary(self, with_sign((uint32_t)(from[1] << 16 | from[2] << 8 | from[3]), 24), now_s);
        }
    }
    return bytes.size < 3 ? bytes.size : 3;
}

static void hear_value(said *self, const uint8_t *from, size_t size, int64_t now_s) {
    for (size_t at = 0; at < size; at++) {
        uint32_t number = from[at];
        note_binary(self, number, now_s);
        if (at + 2 > size) {
            continue;
        }
        number |= (uint32_t)from[at + 1] << 8;
        note_binary(self, number, now_s);
        note_binary(self, with_sign(number & 0xfff, 12), now_s);
        /* Steps of 5 g, and of a 1,024th of a second. */
        note_binary(self, (int64_t)number * 5, now_s);
        note_binary(self, (int64_t)number * 9765625, now_s);
        if (at + 4 <= size) {
            note_binary(self, with_sign(number | (uint32_t)from[at + 2] << 16, 24), now_s);
        }
    }
}

static size_t hear_lines(said *self, dragoman_bytes bytes, int64_t now_s) {
    static const char name[] = "\"value\":\"";
    size_t start = 0;
    for (size_t end = 0; end < bytes.size; end++) {
        if (bytes.data[end] != '\n') {
            continue;
        }
        const uint8_t *found = memmem(bytes.data + start, end - start, name, sizeof(name) - 1);
        uint8_t value[64];
        size_t size = 0;
        for (const uint8_t *at = found == NULL ? NULL : found + sizeof(name) - 1;
             at != NULL && *at != '"' && size < sizeof(value); at += 2) {
            char digits[3] = {(char)at[0], (char)at[1], 0};
            value[size++] = (uint8_t)strtoul(digits, NULL, 16);
        }
        hear_value(self, value, size, now_s);
        start = end + 1;
    }
    return bytes.size - start;
}

said *said_create(said_form form) {
    said *self = calloc(1, sizeof(*self));
    if (self != NULL) {
        self->form = form;
        memset(self->places, 0xff, sizeof(self->places)); /* never */
    }
    return self;
}

void said_destroy(said *self) {
    free(self);
}

void said_hear(said *self, dragoman_bytes bytes, int64_t now_s) {
    static size_t (*const readers[])(said *, dragoman_bytes, int64_t) = {
        [SAID_WORDS] = hear_words,   [SAID_FIELDS] = hear_fields, [SAID_REGISTERS] = hear_registers,
        [SAID_FLOATS] = hear_floats, [SAID_LINES] = hear_lines,
    };
    uint8_t joined[2 * LINE_BYTES];
    while (bytes.size > 0) {
        size_t more = bytes.size < LINE_BYTES ? bytes.size : LINE_BYTES;
        memcpy(joined, self->rest, self->rest_size);
        memcpy(joined + self->rest_size, bytes.data, more);
        dragoman_bytes whole = {joined, self->rest_size + more};
        size_t rest = readers[self->form](self, whole, now_s);
        size_t most = self->form == SAID_LINES ? LINE_BYTES : REST_BYTES;
        rest = rest < most ? rest : most;
        memcpy(self->rest, joined + whole.size - rest, rest);
        self->rest_size = rest;
        bytes.data += more;
        bytes.size -= more;
    }
}

bool said_has(const said *self, dragoman_decimal number, int64_t now_s) {
    int64_t key = key_of(self->form, number);
    const place *first = &self->places[first_of(key)];
    for (uint32_t i = 0; i < PLACES; i++) {
        if (first[i].key == key && now_s - first[i].at_s <= SAID_REMEMBERED_S && first[i].at_s >= 0) {
            return true;
        }
    }
    return false;
}

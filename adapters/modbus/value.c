#include "value.h"
#include "number.h"
#include "words.h"

#include <stdio.h>

#define REGISTER_BITS 16u
#define DIGITS 24

static bool keep_text(modbus_scene *scene, const char *text, size_t size, dragoman_bytes *ret_text) {
    char *kept = (char *)scene->host->batch(scene->context, size + 1);
    if (kept == NULL) {
        return false;
    }
    memcpy(kept, text, size);
    *ret_text = (dragoman_bytes){(const uint8_t *)kept, size};
    return true;
}

/* The register's bytes in the order in which a number is written, high byte first. */
static void put_in_order(const modbus_register *is, const uint8_t *from, uint8_t *to) {
    for (uint32_t i = 0; i < is->size; i++) {
        const uint8_t *word = from + 2u * (is->is_word_little ? is->size - 1u - i : i);
        to[2 * i] = word[is->is_byte_little ? 1 : 0];
        to[2 * i + 1] = word[is->is_byte_little ? 0 : 1];
    }
}

static uint64_t bits_of(const modbus_register *is, const uint8_t *from) {
    uint8_t bytes[8];
    uint64_t bits = 0;
    put_in_order(is, from, bytes);
    for (uint32_t i = 0; i < is->size * 2u; i++) {
        bits = bits << 8 | bytes[i];
    }
    return bits;
}

/* Bits of a table of bits: the first one asked for is the lowest of the first byte (6.1). */
static uint64_t packed_bits_of(const modbus_register *is, dragoman_bytes data, uint16_t first) {
    uint64_t bits = 0;
    for (uint32_t i = 0; i < is->size; i++) {
        uint32_t at = (uint32_t)is->address - first + i;
        bits |= (uint64_t)(data.data[at / 8] >> at % 8 & 1) << i;
    }
    return bits;
}

static uint64_t mask_of(uint32_t count) {
    return count >= 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
}

/* The bits that are meant of the whole number. */
static uint64_t cut_bits(const modbus_register *is, uint64_t bits) {
    return is->bit_count == 0 ? bits : bits >> is->first_bit & mask_of(is->bit_count);
}

static void say_absent(modbus_said *said, uint8_t absent) {
    said->value = (dragoman_value){.kind = DRAGOMAN_VALUE_NONE, .absent = absent};
}

static bool is_absent(const modbus_register *is, dragoman_decimal raw) {
    for (uint32_t i = 0; i < is->absent_count; i++) {
        if (modbus_same(is->absents[i], raw)) {
            return true;
        }
    }
    return false;
}

/* A number too long for a decimal is said as text: nothing of it is lost. */
static bool say_digits(modbus_scene *scene, uint64_t bits, modbus_said *said) {
    char text[DIGITS];
    int size = snprintf(text, sizeof text, "%llu", (unsigned long long)bits);
    said->value = (dragoman_value){.kind = DRAGOMAN_VALUE_TEXT};
    scene->odd_values++;
    return keep_text(scene, text, (size_t)size, &said->value.text);
}

static void say_number(modbus_scene *scene, const modbus_register *is, dragoman_decimal raw, modbus_said *said) {
    dragoman_decimal scaled;
    if (is_absent(is, raw)) {
        say_absent(said, is->absent);
    } else if (modbus_multiply(raw, is->scale, &scaled) &&
               (is->offset.mantissa == 0 || modbus_add(scaled, is->offset, &scaled))) {
        said->value = (dragoman_value){.kind = DRAGOMAN_VALUE_DECIMAL, .number = scaled};
    } else {
        scene->odd_values++;
        say_absent(said, DRAGOMAN_ABSENT_ERROR);
    }
}

/* What a number is called; one without a name goes out as itself. */
static bool say_meaning(modbus_scene *scene, const modbus_register *is, int64_t number, modbus_said *said) {
    char text[DIGITS];
    if (is_absent(is, (dragoman_decimal){.mantissa = number})) {
        say_absent(said, is->absent);
        return true;
    }
    int size = snprintf(text, sizeof text, "%lld", (long long)number);
    said->coding = (dragoman_code){.system = scene->map->system};
    for (uint32_t i = 0; i < is->meaning_count; i++) {
        if (is->meanings[i].number == number) {
            said->coding.text = is->meanings[i].text;
        }
    }
    said->value = (dragoman_value){.kind = DRAGOMAN_VALUE_CODE,
                                   .concept = {.codings = &said->coding, .coding_count = 1, .text = said->coding.text}};
    return keep_text(scene, text, (size_t)size, &said->coding.code);
}

static bool is_signed(uint8_t type) {
    return type == MODBUS_INT16 || type == MODBUS_INT32 || type == MODBUS_INT64;
}

static bool read_whole(modbus_scene *scene, const modbus_register *is, uint64_t bits, modbus_said *said) {
    uint32_t width = is->bit_count > 0 ? is->bit_count : is->size * REGISTER_BITS;
    bits = cut_bits(is, bits);
    uint64_t sign = (mask_of(width) >> 1) + 1;
    bool is_negative = is_signed(is->type) && (bits & sign) != 0;
    if (!is_signed(is->type) && bits > INT64_MAX) {
        return say_digits(scene, bits, said);
    }
    int64_t number = (int64_t)(is_negative ? bits | ~mask_of(width) : bits);
    if (is->meaning_count > 0) {
        return say_meaning(scene, is, number, said);
    }
    say_number(scene, is, (dragoman_decimal){.mantissa = number}, said);
    return true;
}

static bool read_float(modbus_scene *scene, const modbus_register *is, uint64_t bits, modbus_said *said) {
    static const uint8_t absents[] = {[DRAGOMAN_NAN] = DRAGOMAN_ABSENT_NOT_A_NUMBER,
                                      [DRAGOMAN_POSITIVE_INFINITY] = DRAGOMAN_ABSENT_POSITIVE_INFINITY,
                                      [DRAGOMAN_NEGATIVE_INFINITY] = DRAGOMAN_ABSENT_NEGATIVE_INFINITY};
    dragoman_decimal number;
    char text[MODBUS_NUMBER_TEXT];
    bool fits = is->type == MODBUS_FLOAT32 ? modbus_float32((uint32_t)bits, &number, text)
                                           : modbus_float64(bits, &number, text);
    if (!fits) {
        scene->odd_values++;
        said->value = (dragoman_value){.kind = DRAGOMAN_VALUE_TEXT};
        return keep_text(scene, text, strlen(text), &said->value.text);
    }
    if (number.special != DRAGOMAN_FINITE) {
        say_absent(said, absents[number.special]);
    } else {
        say_number(scene, is, number, said);
    }
    return true;
}

/* Four bits a decimal digit. */
static void read_bcd(modbus_scene *scene, const modbus_register *is, uint64_t bits, modbus_said *said) {
    int64_t number = 0;
    for (uint32_t left = is->size * REGISTER_BITS; left > 0; left -= 4) {
        uint32_t digit = (uint32_t)(bits >> (left - 4) & 15);
        if (digit > 9) {
            scene->odd_values++;
            say_absent(said, is_absent(is, (dragoman_decimal){.mantissa = (int64_t)bits}) ? is->absent
                                                                                          : DRAGOMAN_ABSENT_ERROR);
            return;
        }
        number = number * 10 + digit;
    }
    say_number(scene, is, (dragoman_decimal){.mantissa = number}, said);
}

/* ASCII characters, two a register; blanks and NULs at the end fill up. What is no character becomes U+FFFD. */
static bool read_string(modbus_scene *scene, const modbus_register *is, const uint8_t *from, modbus_said *said) {
    uint8_t bytes[MODBUS_STRING_WORDS_MAX * 2];
    char text[MODBUS_STRING_WORDS_MAX * 6];
    size_t size = is->size * 2u;
    size_t at = 0;
    put_in_order(is, from, bytes);
    while (size > 0 && (bytes[size - 1] == 0 || bytes[size - 1] == ' ')) {
        size--;
    }
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] >= ' ' && bytes[i] < 0x7f) {
            text[at++] = (char)bytes[i];
        } else {
            memcpy(text + at, "\xef\xbf\xbd", 3);
            at += 3;
            scene->replaced++;
        }
    }
    if (at == 0) {
        say_absent(said, DRAGOMAN_ABSENT_UNKNOWN);
        return true;
    }
    said->value = (dragoman_value){.kind = DRAGOMAN_VALUE_TEXT};
    return keep_text(scene, text, at, &said->value.text);
}

static bool read_bits(modbus_scene *scene, const modbus_register *is, uint64_t bits, uint32_t count,
                      modbus_said *said) {
    if (is->type == MODBUS_BIT && is->meaning_count > 0) {
        return say_meaning(scene, is, (int64_t)bits, said);
    }
    if (is->type == MODBUS_BIT) {
        say_number(scene, is, (dragoman_decimal){.mantissa = (int64_t)bits}, said);
        return true;
    }
    said->value = (dragoman_value){.kind = DRAGOMAN_VALUE_BITS, .bits = bits, .bit_count = (uint8_t)count};
    return true;
}

bool modbus_value_read(modbus_scene *scene, const modbus_register *is, dragoman_bytes data, uint16_t first,
                       modbus_said *ret_said) {
    memset(ret_said, 0, sizeof *ret_said);
    if (modbus_is_bits(is->table)) {
        return read_bits(scene, is, packed_bits_of(is, data, first), is->size, ret_said);
    }
    const uint8_t *from = data.data + 2u * ((uint32_t)is->address - first);
    if (is->type == MODBUS_STRING) {
        return read_string(scene, is, from, ret_said);
    }
    uint64_t bits = bits_of(is, from);
    switch (is->type) {
    case MODBUS_BIT:
    case MODBUS_BITS: {
        uint32_t count = is->bit_count > 0 ? is->bit_count : is->size * REGISTER_BITS;
        return read_bits(scene, is, cut_bits(is, bits), count, ret_said);
    }
    case MODBUS_FLOAT32:
    case MODBUS_FLOAT64:
        return read_float(scene, is, bits, ret_said);
    case MODBUS_BCD16:
    case MODBUS_BCD32:
        read_bcd(scene, is, bits, ret_said);
        return true;
    default:
        return read_whole(scene, is, bits, ret_said);
    }
}

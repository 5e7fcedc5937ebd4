/*
 * Reading texts: what a profile says and what a device sent, as slices. Pure functions.
 */
#ifndef LINES_WORDS_H
#define LINES_WORDS_H

#include <dragoman/adapter.h>
#include <string.h>

/* Whether the slice is this text. */
static inline bool lines_is(dragoman_bytes text, const char *wanted) {
    return strlen(wanted) == text.size && (text.size == 0 || memcmp(text.data, wanted, text.size) == 0);
}

/* Whether both are the same text. */
static inline bool lines_same(dragoman_bytes a, dragoman_bytes b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* `count` bytes of the slice from `from` on; both must lie in it. */
static inline dragoman_bytes lines_part(dragoman_bytes text, size_t from, size_t count) {
    return count == 0 ? (dragoman_bytes){NULL, 0} : (dragoman_bytes){text.data + from, count};
}

/* Without the blanks and control characters at both ends. */
dragoman_bytes lines_trim(dragoman_bytes text);
/* Whether it begins, or ends, with `part`, which is then cut off. */
bool lines_cut_prefix(dragoman_bytes *text, dragoman_bytes part);
/* The same at the end. */
bool lines_cut_suffix(dragoman_bytes *text, dragoman_bytes part);
/* Cuts off what stands before `mark`, or all; false when nothing is left. */
bool lines_cut(dragoman_bytes *rest, uint8_t mark, dragoman_bytes *ret_part);
/* Cuts off the next word between blanks; false when none is left. */
bool lines_next_word(dragoman_bytes *rest, dragoman_bytes *ret_word);
/* "1328", "-8": false when it is no whole number between least and most. */
bool lines_integer(dragoman_bytes text, int64_t least, int64_t most, int64_t *ret_number);
/* "0.1", "-40", "098", "+5.50": exactly, with its digits. `point` stands before the fraction. False: it is no decimal,
 * or one of more than 18 digits. */
bool lines_decimal(dragoman_bytes text, uint8_t point, dragoman_decimal *ret_decimal);
/* Up to 16 hexadecimal digits. */
bool lines_hexadecimal(dragoman_bytes text, uint64_t *ret_bits);
/* "500ms", "10s", "5m", "1h": milliseconds. */
bool lines_duration(dragoman_bytes text, int64_t *ret_ms);
/* The place of the word in a list that a NULL ends; -1: it is none of them. */
int lines_word(dragoman_bytes text, const char *const *words);
/* Whether a text fits a pattern: * stands for any text, ? for one character, # for one digit, anything else for itself.
 */
bool lines_fits(dragoman_bytes text, dragoman_bytes pattern);

/* a x b exactly. False: it does not fit. */
bool lines_multiply(dragoman_decimal a, dragoman_decimal b, dragoman_decimal *ret_product);
/* Below 0: a < b; 0: the same number; above 0: a > b. Also where one is too large to be brought to the other's digits.
 */
int lines_compare(dragoman_decimal a, dragoman_decimal b);

#endif

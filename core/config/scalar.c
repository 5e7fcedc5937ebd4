#include "config/scalar.h"

#include "base/bytes.h"

#define DURATION_MAX_US ((int64_t)100 * 366 * 86400 * 1000000)
#define SIZE_MAX_BYTES ((int64_t)1 << 60)

typedef struct suffix {
    const char *text;
    int64_t factor;
} suffix;

static const suffix durations[] = {{"ms", 1000},      {"s", 1000000},     {"m", 60000000}, {"min", 60000000},
                                   {"h", 3600000000}, {"d", 86400000000}, {"us", 1}};

static const suffix sizes[] = {{"B", 1},         {"KiB", 1 << 10},          {"MiB", 1 << 20},
                               {"GiB", 1 << 30}, {"TiB", (int64_t)1 << 40}, {"KB", 1000},
                               {"MB", 1000000},  {"GB", 1000000000},        {"TB", 1000000000000}};

static bool with_suffix(dragoman_bytes text, const suffix *suffixes, size_t count, int64_t most, int64_t *ret_number) {
    size_t digits = 0;
    while (digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9') {
        digits++;
    }
    size_t end = digits;
    while (end < text.size && text.data[end] == ' ') {
        end++;
    }
    dragoman_bytes unit = {text.data + end, text.size - end};
    int64_t number = 0;
    if (!scalar_integer((dragoman_bytes){text.data, digits}, &number)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (bytes_is(unit, suffixes[i].text)) {
            if (number > most / suffixes[i].factor) {
                return false;
            }
            *ret_number = number * suffixes[i].factor;
            return true;
        }
    }
    return false;
}

bool scalar_duration(dragoman_bytes text, int64_t *ret_us) {
    return with_suffix(text, durations, sizeof(durations) / sizeof(durations[0]), DURATION_MAX_US, ret_us);
}

bool scalar_size(dragoman_bytes text, uint64_t *ret_bytes) {
    int64_t bytes = 0;
    if (!with_suffix(text, sizes, sizeof(sizes) / sizeof(sizes[0]), SIZE_MAX_BYTES, &bytes)) {
        return false;
    }
    *ret_bytes = (uint64_t)bytes;
    return true;
}

bool scalar_integer(dragoman_bytes text, int64_t *ret_number) {
    bool is_negative = text.size > 0 && text.data[0] == '-';
    size_t at = is_negative ? 1 : 0;
    /* 18 digits always fit. */
    if (text.size == at || text.size - at > 18) {
        return false;
    }
    int64_t number = 0;
    for (; at < text.size; at++) {
        if (text.data[at] < '0' || text.data[at] > '9') {
            return false;
        }
        number = number * 10 + (text.data[at] - '0');
    }
    *ret_number = is_negative ? -number : number;
    return true;
}

bool scalar_boolean(dragoman_bytes text, bool *ret_value) {
    *ret_value = bytes_is(text, "true");
    return *ret_value || bytes_is(text, "false");
}

int scalar_choice(dragoman_bytes text, const char *choices) {
    const char *at = choices;
    for (int index = 0; *at != '\0'; index++) {
        size_t size = strcspn(at, " ");
        if (bytes_equal(text, (dragoman_bytes){(const uint8_t *)at, size})) {
            return index;
        }
        at += size + (at[size] == ' ' ? 1 : 0);
    }
    return -1;
}

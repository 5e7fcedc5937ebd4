#include "record.h"

bool astm_delimiters_read(dragoman_bytes record, astm_delimiters *ret_delimiters) {
    if (record.size < 5 || (record.data[0] != 'H' && record.data[0] != 'h')) {
        return false;
    }
    const uint8_t *signs = record.data + 1;
    for (size_t n = 0; n < 4; n++) {
        if (signs[n] <= ' ' || signs[n] >= 0x7f || astm_is_word(signs[n]) || signs[n] == '"') {
            return false;
        }
        for (size_t m = 0; m < n; m++) {
            if (signs[m] == signs[n]) {
                return false;
            }
        }
    }
    *ret_delimiters = (astm_delimiters){signs[0], signs[1], signs[2], signs[3]};
    return record.size == 5 || record.data[5] == signs[0] || astm_is_end(record.data[5]);
}

bool astm_record_cut(dragoman_bytes *text, dragoman_bytes *ret_record) {
    const uint8_t *at = text->data;
    const uint8_t *end = text->size == 0 ? at : text->data + text->size;
    while (at < end && (astm_is_end(*at) || *at == ' ')) {
        at++;
    }
    const uint8_t *begin = at;
    while (at < end && !astm_is_end(*at)) {
        at++;
    }
    *ret_record = (dragoman_bytes){begin, (size_t)(at - begin)};
    *text = (dragoman_bytes){at, (size_t)(end - at)};
    return ret_record->size > 0;
}

void astm_record_split(const astm_delimiters *delimiters, dragoman_bytes raw, astm_record *ret_record) {
    ret_record->raw = raw;
    ret_record->count = 0;
    uint8_t type = raw.size > 0 ? raw.data[0] : 0;
    ret_record->type = type >= 'a' && type <= 'z' ? (uint8_t)(type - 'a' + 'A') : type;
    bool is_typed = raw.size == 1 || (raw.size > 1 && raw.data[1] == delimiters->field);
    if (ret_record->type < 'A' || ret_record->type > 'Z' || !is_typed) {
        ret_record->type = 0;
    }
    while (ret_record->count < ASTM_FIELDS &&
           astm_cut(&raw, delimiters->field, &ret_record->fields[ret_record->count])) {
        ret_record->count++;
    }
}

dragoman_bytes astm_field(const astm_record *record, uint32_t number) {
    return number >= 1 && number <= record->count ? record->fields[number - 1] : (dragoman_bytes){NULL, 0};
}

dragoman_bytes astm_component(const astm_delimiters *delimiters, dragoman_bytes field, uint32_t number) {
    dragoman_bytes part = {NULL, 0};
    for (uint32_t n = 0; n < number; n++) {
        if (!astm_cut(&field, delimiters->component, &part)) {
            return (dragoman_bytes){NULL, 0};
        }
    }
    return part;
}

static int hex_digit(uint8_t byte) {
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    if (byte >= 'A' && byte <= 'F') {
        return byte - 'A' + 10;
    }
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* Writes the bytes of an escape "Xhhhh". False when it holds anything else. */
static bool put_hex(dragoman_bytes digits, uint8_t *to, size_t *at) {
    if (digits.size % 2 != 0) {
        return false;
    }
    for (size_t n = 0; n < digits.size; n++) {
        if (hex_digit(digits.data[n]) < 0) {
            return false;
        }
    }
    for (size_t n = 0; n < digits.size; n += 2) {
        to[(*at)++] = (uint8_t)(hex_digit(digits.data[n]) * 16 + hex_digit(digits.data[n + 1]));
    }
    return true;
}

/* One escape without its signs. False: nobody knows it. H and N (highlighting) have no place in a text. */
static bool put_escape(const astm_delimiters *signs, dragoman_bytes escape, uint8_t *to, size_t *at) {
    uint8_t letter = escape.size > 0 ? escape.data[0] : 0;
    if (letter == 'X' && escape.size > 1) {
        return put_hex((dragoman_bytes){escape.data + 1, escape.size - 1}, to, at);
    }
    if (escape.size != 1) {
        return false;
    }
    uint8_t sign = letter == 'F'   ? signs->field
                   : letter == 'S' ? signs->component
                   : letter == 'R' ? signs->repetition
                   : letter == 'E' ? signs->escape
                                   : 0;
    if (sign != 0) {
        to[(*at)++] = sign;
    }
    return sign != 0 || letter == 'H' || letter == 'N';
}

/* Undoes escapes. What is none stays as it was sent. */
static dragoman_bytes unescape(astm_words *words, dragoman_bytes sent) {
    uint8_t escape = words->delimiters.escape;
    if (sent.size == 0 || memchr(sent.data, escape, sent.size) == NULL) {
        return sent;
    }
    uint8_t *to = (uint8_t *)words->host->batch(words->context, sent.size);
    if (to == NULL) {
        words->failed = true;
        return (dragoman_bytes){NULL, 0};
    }
    size_t size = 0;
    for (size_t at = 0; at < sent.size;) {
        size_t left = sent.size - at - 1;
        const uint8_t *close =
            sent.data[at] == escape && left > 0 ? (const uint8_t *)memchr(sent.data + at + 1, escape, left) : NULL;
        size_t inside = close == NULL ? 0 : (size_t)(close - sent.data) - at - 1;
        if (close != NULL && put_escape(&words->delimiters, (dragoman_bytes){sent.data + at + 1, inside}, to, &size)) {
            at += inside + 2;
        } else {
            to[size++] = sent.data[at++];
        }
    }
    return (dragoman_bytes){to, size};
}

/* Bytes of the well-formed character at `at` (Unicode 3.9), 0 when there is none. Controls but the tab are none. */
static size_t character_size(const uint8_t *at, size_t left) {
    uint8_t first = at[0];
    if (first < 0x80) {
        return (first >= ' ' && first != 0x7f) || first == '\t';
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

static bool is_utf8(dragoman_bytes text) {
    for (size_t at = 0; at < text.size;) {
        size_t size = character_size(text.data + at, text.size - at);
        if (size == 0) {
            return false;
        }
        at += size;
    }
    return true;
}

/* Replaces what is no character, so that the text is valid whatever came. */
static dragoman_bytes repair(astm_words *words, dragoman_bytes text) {
    uint8_t *to = (uint8_t *)words->host->batch(words->context, text.size * 3);
    if (to == NULL) {
        words->failed = true;
        return (dragoman_bytes){NULL, 0};
    }
    size_t size = 0;
    for (size_t at = 0; at < text.size;) {
        size_t step = character_size(text.data + at, text.size - at);
        if (step > 0) {
            memcpy(to + size, text.data + at, step);
            size += step;
            at += step;
        } else {
            memcpy(to + size, "\xef\xbf\xbd", 3);
            size += 3;
            at++;
            words->replaced++;
        }
    }
    return (dragoman_bytes){to, size};
}

dragoman_bytes astm_word(astm_words *words, dragoman_bytes sent) {
    dragoman_bytes text = unescape(words, astm_trim(sent));
    bool is_plain = words->charset == NULL && is_utf8(text);
    if (text.size == 0 || is_plain) {
        return text;
    }
    size_t replaced = 0;
    const char *charset = words->charset == NULL ? "ISO-8859-1" : words->charset;
    bool is_converted = strcmp(charset, "UTF-8") != 0 &&
                        words->host->to_utf8(words->context, charset, text, &text, &replaced) == DRAGOMAN_OK;
    words->replaced += is_converted ? replaced : 0;
    return is_utf8(text) ? text : repair(words, text);
}

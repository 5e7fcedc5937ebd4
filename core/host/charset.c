#include "base/bytes.h"
#include "host/internal.h"
#include <errno.h>
#include <stdio.h>

/* A byte becomes at most this many: one U+FFFD, or the longest UTF-8 form of what a single byte can mean. */
#define UTF8_BYTES_PER_BYTE 4

static iconv_t find_converter(host_environment *environment, const char *charset) {
    for (uint32_t i = 0; i < environment->charset_count; i++) {
        if (strcmp(environment->charsets[i].name, charset) == 0) {
            return environment->charsets[i].converter;
        }
    }
    if (environment->charset_count == HOST_CHARSETS_MAX || strlen(charset) >= sizeof(environment->charsets[0].name)) {
        return (iconv_t)-1;
    }
    iconv_t converter = iconv_open("UTF-8", charset);
    if (converter != (iconv_t)-1) {
        host_charset *added = &environment->charsets[environment->charset_count++];
        snprintf(added->name, sizeof(added->name), "%s", charset);
        added->converter = converter;
    }
    return converter;
}

void host_environment_open_charset(host_environment *environment, const char *charset) {
    (void)find_converter(environment, charset);
}

dragoman_status host_charset_to_utf8(host_environment *environment, const char *charset, dragoman_bytes text,
                                     dragoman_bytes *ret_text, size_t *ret_replaced) {
    iconv_t converter = find_converter(environment, charset);
    if (converter == (iconv_t)-1) {
        return DRAGOMAN_UNSUPPORTED;
    }
    size_t room = text.size * UTF8_BYTES_PER_BYTE + UTF8_BYTES_PER_BYTE;
    char *start = arena_allocate(&environment->batch, room);
    if (start == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    char *to = start;
    /* iconv's prototype lacks const; it does not write to its input. */
    char *from = (char *)(uintptr_t)text.data;
    size_t left = text.size;
    size_t replaced = 0;
    iconv(converter, NULL, NULL, NULL, NULL);
    while (left > 0) {
        if (iconv(converter, &from, &left, &to, &room) != (size_t)-1) {
            break;
        }
        if (errno == E2BIG || room < 3) {
            return DRAGOMAN_LIMIT;
        }
        memcpy(to, "\xEF\xBF\xBD", 3);
        to += 3;
        room -= 3;
        from++;
        left--;
        replaced++;
    }
    /* Some converters hold the last character back, in case a combining one follows. */
    iconv(converter, NULL, NULL, &to, &room);
    *ret_text = (dragoman_bytes){(const uint8_t *)start, (size_t)(to - start)};
    if (ret_replaced != NULL) {
        *ret_replaced = replaced;
    }
    return DRAGOMAN_OK;
}

void host_charset_close_all(host_environment *environment) {
    for (uint32_t i = 0; i < environment->charset_count; i++) {
        iconv_close(environment->charsets[i].converter);
    }
    environment->charset_count = 0;
}

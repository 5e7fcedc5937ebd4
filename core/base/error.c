#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Takes the bytes of a character that vsnprintf cut in two off the end of a full text. */
static void drop_cut_character(char *text, size_t size) {
    size_t start = size;
    while (start > 0 && size - start < 4 && ((uint8_t)text[start - 1] & 0xC0u) == 0x80u) {
        start--;
    }
    if (start == 0) {
        return;
    }
    uint8_t lead = (uint8_t)text[start - 1];
    size_t needed = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (size - (start - 1) < needed) {
        text[start - 1] = '\0';
    }
}

dragoman_status error_set(error_record *error, dragoman_status status, const char *format, ...) {
    if (error == NULL) {
        return status;
    }
    /* The sentence may quote an earlier one that stands in the same record. */
    char text[ERROR_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0) {
        text[0] = '\0';
    } else if ((size_t)length >= sizeof text) {
        drop_cut_character(text, sizeof text - 1);
    }
    error->status = status;
    memcpy(error->text, text, strlen(text) + 1);
    return status;
}

const char *error_status_name(dragoman_status status) {
    static const char *const names[] = {
        [DRAGOMAN_OK] = "ok",
        [DRAGOMAN_NEED_MORE] = "need-more",
        [DRAGOMAN_INVALID] = "invalid",
        [DRAGOMAN_UNSUPPORTED] = "unsupported",
        [DRAGOMAN_LIMIT] = "limit",
        [DRAGOMAN_NO_MEMORY] = "no-memory",
        [DRAGOMAN_NOT_FOUND] = "not-found",
        [DRAGOMAN_EXISTS] = "exists",
        [DRAGOMAN_FULL] = "disk-full",
        [DRAGOMAN_READ_ONLY] = "read-only",
        [DRAGOMAN_IO] = "io",
        [DRAGOMAN_DENIED] = "denied",
        [DRAGOMAN_CLOSED] = "closed",
        [DRAGOMAN_TIMED_OUT] = "timed-out",
        [DRAGOMAN_CORRUPT] = "corrupt",
        [DRAGOMAN_INTERNAL] = "internal",
    };
    size_t index = (size_t)status;
    return index < sizeof names / sizeof names[0] ? names[index] : "unknown";
}

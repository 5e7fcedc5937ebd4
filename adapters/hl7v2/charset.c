#include "charset.h"

#define REPLACEMENT "\xef\xbf\xbd"
#define ESCAPE_BYTE 0x1b

const char *const hl7v2_charsets[HL7V2_CHARSETS] = {
    "ISO-8859-1", "ISO-8859-2", "ISO-8859-3",  "ISO-8859-4",   "ISO-8859-5",   "ISO-8859-6",   "ISO-8859-7",
    "ISO-8859-8", "ISO-8859-9", "ISO-8859-15", "WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1252", "ISO-2022-JP-2",
    "JIS_X0201",  "SHIFT_JIS",  "EUC-JP",      "GB18030",      "BIG5",         "EUC-KR",       "EUC-TW"};

static const char ascii[] = "ASCII";

typedef struct charset_name {
    const char *said; /* upper case, without blanks, '-', '_' and '/' */
    const char *set;  /* NULL: UTF-8 */
} charset_name;

static const charset_name names[] = {
    {"UNICODEUTF8", NULL},
    {"UTF8", NULL},
    {"UNICODE", NULL},
    {"ASCII", ascii},
    {"USASCII", ascii},
    {"ISOIR6", ascii},
    {"88591", "ISO-8859-1"},
    {"88592", "ISO-8859-2"},
    {"88593", "ISO-8859-3"},
    {"88594", "ISO-8859-4"},
    {"88595", "ISO-8859-5"},
    {"88596", "ISO-8859-6"},
    {"88597", "ISO-8859-7"},
    {"88598", "ISO-8859-8"},
    {"88599", "ISO-8859-9"},
    {"885915", "ISO-8859-15"},
    {"ISO88591", "ISO-8859-1"},
    {"ISO88592", "ISO-8859-2"},
    {"ISO88593", "ISO-8859-3"},
    {"ISO88594", "ISO-8859-4"},
    {"ISO88595", "ISO-8859-5"},
    {"ISO88596", "ISO-8859-6"},
    {"ISO88597", "ISO-8859-7"},
    {"ISO88598", "ISO-8859-8"},
    {"ISO88599", "ISO-8859-9"},
    {"ISO885915", "ISO-8859-15"},
    {"ISOIR100", "ISO-8859-1"},
    {"LATIN1", "ISO-8859-1"},
    {"WINDOWS1250", "WINDOWS-1250"},
    {"CP1250", "WINDOWS-1250"},
    {"WINDOWS1251", "WINDOWS-1251"},
    {"CP1251", "WINDOWS-1251"},
    {"WINDOWS1252", "WINDOWS-1252"},
    {"CP1252", "WINDOWS-1252"},
    {"ISOIR87", "ISO-2022-JP-2"},
    {"ISOIR159", "ISO-2022-JP-2"},
    {"ISO2022JP", "ISO-2022-JP-2"},
    {"ISOIR14", "JIS_X0201"},
    {"ISOIR13", "JIS_X0201"},
    {"JISX0201", "JIS_X0201"},
    {"SHIFTJIS", "SHIFT_JIS"},
    {"SJIS", "SHIFT_JIS"},
    {"EUCJP", "EUC-JP"},
    {"GB180302000", "GB18030"},
    {"GB18030", "GB18030"},
    {"GB2312", "GB18030"},
    {"BIG5", "BIG5"},
    {"KSX1001", "EUC-KR"},
    {"EUCKR", "EUC-KR"},
    {"CNS116431992", "EUC-TW"},
};

/* Writes `name` as the table has it. Returns its length, 0 when it is longer than any name there. */
static size_t normal_name(dragoman_bytes name, char to[24]) {
    size_t size = 0;
    for (size_t n = 0; n < name.size; n++) {
        char sign = (char)name.data[n];
        if (sign == ' ' || sign == '-' || sign == '_' || sign == '/') {
            continue;
        }
        if (size == 23) {
            return 0;
        }
        to[size++] = sign >= 'a' && sign <= 'z' ? (char)(sign - 'a' + 'A') : sign;
    }
    to[size] = 0;
    return size;
}

dragoman_status hl7v2_charset_find(dragoman_bytes name, const char **ret_name) {
    char normal[24];
    if (normal_name(name, normal) == 0) {
        return DRAGOMAN_NOT_FOUND;
    }
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        if (strcmp(names[n].said, normal) == 0) {
            *ret_name = names[n].set;
            return DRAGOMAN_OK;
        }
    }
    return DRAGOMAN_NOT_FOUND;
}

/* Whether all bytes are ASCII without NUL and ESC: then no set makes a difference. */
static bool is_plain(dragoman_bytes text) {
    uint8_t high = 0;
    uint8_t other = 0;
    for (size_t n = 0; n < text.size; n++) {
        uint8_t byte = text.data[n];
        high |= byte;
        other |= (uint8_t)((byte == 0) | (byte == ESCAPE_BYTE));
    }
    return (high & 0x80) == 0 && other == 0;
}

static bool is_tail(uint8_t byte) {
    return (byte & 0xc0) == 0x80;
}

/* Bytes of the well-formed character at `at` (Unicode 3.9, table of well-formed sequences), 0 when there is none; NUL
 * is none. */
static size_t character_size(const uint8_t *at, size_t left) {
    if (at[0] < 0x80) {
        return at[0] != 0;
    }
    if (at[0] >= 0xc2 && at[0] <= 0xdf) {
        return left >= 2 && is_tail(at[1]) ? 2 : 0;
    }
    if (at[0] >= 0xe0 && at[0] <= 0xef) {
        uint8_t least = at[0] == 0xe0 ? 0xa0 : 0x80;
        uint8_t most = at[0] == 0xed ? 0x9f : 0xbf;
        return left >= 3 && at[1] >= least && at[1] <= most && is_tail(at[2]) ? 3 : 0;
    }
    if (at[0] >= 0xf0 && at[0] <= 0xf4) {
        uint8_t least = at[0] == 0xf0 ? 0x90 : 0x80;
        uint8_t most = at[0] == 0xf4 ? 0x8f : 0xbf;
        return left >= 4 && at[1] >= least && at[1] <= most && is_tail(at[2]) && is_tail(at[3]) ? 4 : 0;
    }
    return 0;
}

/* Bytes at the start of `text` that are well-formed. */
static size_t valid_size(dragoman_bytes text) {
    size_t at = 0;
    while (at < text.size) {
        size_t size = character_size(text.data + at, text.size - at);
        if (size == 0) {
            break;
        }
        at += size;
    }
    return at;
}

/* `text` with each byte that is no part of a character replaced. */
static dragoman_bytes repair(hl7v2_message *message, dragoman_bytes text) {
    size_t valid = valid_size(text);
    if (valid == text.size) {
        return text;
    }
    uint8_t *copy = (uint8_t *)hl7v2_take(message->memory, text.size * 3);
    if (copy == NULL) {
        return (dragoman_bytes){NULL, 0};
    }
    size_t size = 0;
    size_t at = 0;
    while (at < text.size) {
        size_t good = valid_size((dragoman_bytes){text.data + at, text.size - at});
        memcpy(copy + size, text.data + at, good);
        size += good;
        at += good;
        if (at < text.size) {
            memcpy(copy + size, REPLACEMENT, 3);
            size += 3;
            at++;
            message->replaced++;
        }
    }
    return (dragoman_bytes){copy, size};
}

dragoman_bytes hl7v2_charset_convert(hl7v2_message *message, const char *charset, dragoman_bytes text) {
    if (is_plain(text)) {
        return text;
    }
    size_t replaced = 0;
    if (charset != NULL) {
        dragoman_status status = message->host->to_utf8(message->context, charset, text, &text, &replaced);
        if (status == DRAGOMAN_NO_MEMORY) {
            message->memory->failed = true;
        }
        message->replaced += replaced;
    }
    return repair(message, text);
}

/* Looks at the escape signs behind MSH-2, which holds one itself: sets may_escape, and is_raw when one of them may be
 * \\C..\\ or
 * \\M..\\. */
static void look_for_escapes(hl7v2_message *message, bool is_plain_text) {
    dragoman_bytes text = message->text;
    uint8_t escape = message->delimiters.escape;
    const uint8_t *end = text.data + text.size;
    message->may_escape = false;
    if (text.size < 4) {
        return;
    }
    const uint8_t *at = (const uint8_t *)memchr(text.data + 4, message->delimiters.field, text.size - 4);
    while (at != NULL && at < end) {
        at = (const uint8_t *)memchr(at, escape, (size_t)(end - at));
        if (at == NULL) {
            return;
        }
        message->may_escape = true;
        at++;
        if (is_plain_text) {
            return;
        }
        if (at < end && (*at == 'C' || *at == 'M')) {
            message->is_raw = true;
            return;
        }
    }
}

/* The set by MSH-18: its first repetition, or ISO 2022 when any of them needs that. */
static bool find_declared(const hl7v2_message *message, dragoman_bytes declared, const char **ret_name) {
    dragoman_bytes part = {NULL, 0};
    const char *set = NULL;
    bool found = false;
    for (uint32_t n = 0; n < HL7V2_REPETITIONS && hl7v2_cut(&declared, message->delimiters.repetition, &part); n++) {
        if (hl7v2_charset_find(hl7v2_component(message, part, 1), &set) != DRAGOMAN_OK) {
            continue;
        }
        bool is_switched = set != NULL && strcmp(set, "ISO-2022-JP-2") == 0;
        /* ASCII says nothing about bytes that are none. */
        if ((n == 0 && set != ascii) || is_switched) {
            found = true;
            *ret_name = set;
        }
        if (is_switched) {
            break;
        }
    }
    return found;
}

dragoman_status hl7v2_charset_apply(hl7v2_message *message, dragoman_bytes override, dragoman_bytes declared) {
    const char *set = NULL;
    bool is_known = override.size > 0 && hl7v2_charset_find(override, &set) == DRAGOMAN_OK;
    is_known = is_known || find_declared(message, declared, &set);
    message->charset = set == ascii ? NULL : set;
    bool is_ascii = is_plain(message->text);
    look_for_escapes(message, is_ascii);
    if (is_ascii) {
        return DRAGOMAN_OK;
    }
    if (!is_known && valid_size(message->text) < message->text.size) {
        message->charset = "ISO-8859-1";
        message->replaced++;
    }
    if (message->is_raw) {
        return DRAGOMAN_OK;
    }
    size_t replaced = 0;
    dragoman_status status = DRAGOMAN_OK;
    if (message->charset != NULL) {
        status = message->host->to_utf8(message->context, message->charset, message->text, &message->text, &replaced);
    }
    message->replaced += replaced;
    message->text = repair(message, message->text);
    return message->text.data == NULL ? DRAGOMAN_NO_MEMORY : status;
}

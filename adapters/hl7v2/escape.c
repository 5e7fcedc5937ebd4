#include "escape.h"
#include "charset.h"

/* Empty lines that \.sp<n>\ may ask for: no more bytes than about what was written. */
#define LINES_MOST 7

typedef struct unescaper {
    hl7v2_message *message;
    uint8_t *at;
    uint8_t *end;
    bool is_checked;     /* what was put is known to be valid UTF-8 */
    bool is_switched;    /* a \C..\ or \M..\ holds */
    const char *charset; /* of what follows in the text; NULL: UTF-8 */
    uint8_t prefix[4];   /* the ISO 2022 sequence that a \M..\ stands for */
    size_t prefix_size;
} unescaper;

static void put(unescaper *u, dragoman_bytes bytes) {
    size_t size = bytes.size;
    if (size > (size_t)(u->end - u->at)) {
        size = (size_t)(u->end - u->at);
    }
    if (size > 0) {
        memcpy(u->at, bytes.data, size);
        u->at += size;
    }
}

static void put_byte(unescaper *u, uint8_t byte) {
    put(u, (dragoman_bytes){&byte, 1});
}

/* A run between sequences. */
static void put_run(unescaper *u, dragoman_bytes run) {
    if (run.size == 0) {
        return;
    }
    if (u->prefix_size > 0) {
        uint8_t *whole = (uint8_t *)hl7v2_take(u->message->memory, run.size + u->prefix_size + 3);
        if (whole == NULL) {
            return;
        }
        memcpy(whole, u->prefix, u->prefix_size);
        memcpy(whole + u->prefix_size, run.data, run.size);
        memcpy(whole + u->prefix_size + run.size, "\x1b(B", 3);
        run = (dragoman_bytes){whole, run.size + u->prefix_size + 3};
    }
    bool is_converted = u->is_switched || u->message->is_raw;
    put(u, is_converted ? hl7v2_charset_convert(u->message, u->charset, run) : run);
}

static int digit_of(uint8_t byte) {
    return byte >= '0' && byte <= '9'   ? byte - '0'
           : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
           : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
                                        : -1;
}

/* The bytes that pairs of hexadecimal digits stand for, at most `most` of them. Returns their number, 0 when they are
 * no such pairs. */
static size_t read_hex(dragoman_bytes digits, uint8_t *to, size_t most) {
    if (digits.size % 2 != 0 || digits.size / 2 > most) {
        return 0;
    }
    for (size_t n = 0; n < digits.size; n += 2) {
        int high = digit_of(digits.data[n]);
        int low = digit_of(digits.data[n + 1]);
        if (high < 0 || low < 0) {
            return 0;
        }
        to[n / 2] = (uint8_t)(high << 4 | low);
    }
    return digits.size / 2;
}

static bool put_hex(unescaper *u, dragoman_bytes digits) {
    uint8_t *bytes = (uint8_t *)hl7v2_take(u->message->memory, digits.size / 2 + 1);
    size_t size = bytes == NULL ? 0 : read_hex(digits, bytes, digits.size / 2);
    if (size == 0) {
        return false;
    }
    dragoman_bytes text = {bytes, size};
    if (u->message->charset == NULL) {
        /* Characters may be spread over several sequences: the whole is checked at the end. */
        u->is_checked = false;
        put(u, text);
    } else {
        put(u, hl7v2_charset_convert(u->message, u->message->charset, text));
    }
    return true;
}

typedef struct switched_set {
    const char *sequence; /* the bytes after ESC of ISO 2022 that the digits stand for */
    const char *charset;  /* NULL: ASCII */
} switched_set;

static const switched_set sets[] = {
    {"(B", NULL},          {"-A", "ISO-8859-1"}, {"-B", "ISO-8859-2"}, {"-C", "ISO-8859-3"}, {"-D", "ISO-8859-4"},
    {"-L", "ISO-8859-5"},  {"-G", "ISO-8859-6"}, {"-F", "ISO-8859-7"}, {"-H", "ISO-8859-8"}, {"-M", "ISO-8859-9"},
    {"-b", "ISO-8859-15"}, {"(J", "JIS_X0201"},  {")I", "JIS_X0201"},
};

/* \Cxxyy\ names a set of single bytes, \Mxxyy[zz]\ one of several bytes. */
static bool switch_set(unescaper *u, dragoman_bytes digits, bool is_wide) {
    uint8_t sequence[4] = {0};
    size_t size = read_hex(digits, sequence + 1, 3);
    if (size < 2) {
        return false;
    }
    if (is_wide) {
        sequence[0] = 0x1b;
        memcpy(u->prefix, sequence, sizeof sequence);
        u->prefix_size = size + 1;
        u->charset = "ISO-2022-JP-2";
        u->is_switched = true;
        return true;
    }
    for (size_t n = 0; n < sizeof sets / sizeof *sets; n++) {
        if (size == 2 && memcmp(sets[n].sequence, sequence + 1, 2) == 0) {
            u->prefix_size = 0;
            u->charset = sets[n].charset;
            u->is_switched = true;
            return true;
        }
    }
    return false;
}

/* Layout of formatted text (FT). */
static bool put_layout(unescaper *u, dragoman_bytes body) {
    if (body.size < 3) {
        return false;
    }
    if (memcmp(body.data, ".br", 3) == 0) {
        put_byte(u, '\n');
        return true;
    }
    if (memcmp(body.data, ".sp", 3) == 0) {
        uint32_t lines = 0;
        for (size_t n = 3; n < body.size && lines < LINES_MOST; n++) {
            int digit = digit_of(body.data[n]);
            lines = digit >= 0 && digit <= 9 ? lines * 10 + (uint32_t)digit : lines;
        }
        lines = lines == 0 ? 1 : lines > LINES_MOST ? LINES_MOST : lines;
        while (lines-- > 0) {
            put_byte(u, '\n');
        }
        return true;
    }
    static const char *const dropped[] = {".in", ".ti", ".fi", ".nf", ".ce", ".sk"};
    for (size_t n = 0; n < sizeof dropped / sizeof *dropped; n++) {
        if (memcmp(body.data, dropped[n], 3) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether `body` is a sequence of the standard; what it stands for was put then. */
static bool put_sequence(unescaper *u, dragoman_bytes body) {
    const hl7v2_delimiters *delimiters = &u->message->delimiters;
    if (body.size == 1) {
        switch (body.data[0]) {
        case 'F':
            put_byte(u, delimiters->field);
            return true;
        case 'S':
            put_byte(u, delimiters->component);
            return true;
        case 'T':
            put_byte(u, delimiters->subcomponent);
            return true;
        case 'R':
            put_byte(u, delimiters->repetition);
            return true;
        case 'E':
            put_byte(u, delimiters->escape);
            return true;
        case 'P':
            put_byte(u, delimiters->truncation != 0 ? delimiters->truncation : '#');
            return true;
        case 'H':
        case 'N':
            return true;
        default:
            return false;
        }
    }
    dragoman_bytes digits = {body.data + 1, body.size > 0 ? body.size - 1 : 0};
    switch (body.size > 0 ? body.data[0] : 0) {
    case 'X':
        return put_hex(u, digits);
    case 'C':
        return switch_set(u, digits, false);
    case 'M':
        return switch_set(u, digits, true);
    case '.':
        return put_layout(u, body);
    default:
        return false;
    }
}

dragoman_bytes hl7v2_unescape(hl7v2_message *message, dragoman_bytes raw) {
    /* A byte of another set becomes three at most; everything else shrinks or grows a little. */
    size_t room = message->is_raw ? raw.size * 4 : raw.size * 2 + 16;
    uint8_t *text = (uint8_t *)hl7v2_take(message->memory, room);
    if (text == NULL) {
        return (dragoman_bytes){NULL, 0};
    }
    unescaper u = {.message = message, .at = text, .end = text + room, .is_checked = true, .charset = message->charset};
    uint8_t sign = message->delimiters.escape;
    const uint8_t *at = raw.data;
    const uint8_t *end = raw.data + raw.size;
    while (at < end) {
        const uint8_t *open = (const uint8_t *)memchr(at, sign, (size_t)(end - at));
        const uint8_t *shut = open == NULL ? NULL : (const uint8_t *)memchr(open + 1, sign, (size_t)(end - open - 1));
        if (shut == NULL) {
            put_run(&u, hl7v2_slice(at, end));
            break;
        }
        put_run(&u, hl7v2_slice(at, open));
        if (!put_sequence(&u, hl7v2_slice(open + 1, shut))) {
            put_run(&u, hl7v2_slice(open, shut + 1));
        }
        at = shut + 1;
    }
    dragoman_bytes put_text = hl7v2_slice(text, u.at);
    return u.is_checked ? put_text : hl7v2_charset_convert(message, NULL, put_text);
}

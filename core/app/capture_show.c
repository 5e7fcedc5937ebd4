/* `dragoman capture show`: a capture as text that people read, and that tests/captures/capture.py turns into one. */
#include "app/capture_show.h"

#include "base/bytes.h"
#include "base/time.h"

static const char *const controls[] = {"NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS",  "HT",  "LF",
                                       "VT",  "FF",  "CR",  "SO",  "SI",  "DLE", "DC1", "DC2", "DC3", "DC4", "NAK",
                                       "SYN", "ETB", "CAN", "EM",  "SUB", "ESC", "FS",  "GS",  "RS",  "US"};

static bool is_text(uint8_t byte) {
    return byte >= 0x20 && byte < 0x7f;
}

/* Whether a run of text is long enough to be one: single letters in binary data are none. */
static size_t text_at(dragoman_bytes bytes, size_t at) {
    size_t size = 0;
    while (at + size < bytes.size && is_text(bytes.data[at + size])) {
        size++;
    }
    return size;
}

static void print_quoted(FILE *to, const uint8_t *text, size_t size) {
    fputs(" \"", to);
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"' || text[i] == '\\') {
            fputc('\\', to);
        }
        fputc(text[i], to);
    }
    fputc('"', to);
}

static void print_bytes(FILE *to, dragoman_bytes bytes, bool only_sizes) {
    size_t texts = 0;
    if (only_sizes) {
        fprintf(to, " %zu bytes", bytes.size);
        return;
    }
    for (size_t i = 0; i < bytes.size; i++) {
        texts += is_text(bytes.data[i]) ? 1 : 0;
    }
    bool is_mostly_text = texts * 4 >= bytes.size * 3;
    for (size_t at = 0; at < bytes.size;) {
        size_t size = text_at(bytes, at);
        if (size > 0 && (is_mostly_text || size >= 4)) {
            print_quoted(to, bytes.data + at, size);
            at += size;
        } else if (is_mostly_text && bytes.data[at] < 0x20) {
            fprintf(to, " <%s>", controls[bytes.data[at++]]);
        } else {
            fprintf(to, " %02x", bytes.data[at++]);
        }
    }
}

static dragoman_bytes part(const capture_record *record, uint32_t index) {
    return index < record->part_count ? record->parts[index] : (dragoman_bytes){NULL, 0};
}

static void print_addressed(FILE *to, const char *way, const capture_record *record, bool only_sizes) {
    fprintf(to, " %s%.*s :", way, BYTES_FORMAT(part(record, 0)));
    print_bytes(to, part(record, 1), only_sizes);
}

static const char *reason_of(uint32_t reason) {
    static const char *const words[] = {"", "peer", "broken", "timeout", "self", "shutdown"};
    return reason < sizeof(words) / sizeof(words[0]) ? words[reason] : "peer";
}

/* What is no line of the readable form is a comment in it. */
static void print_comment(FILE *to, const capture_record *record) {
    static const char *const settlements[] = {"", "durable", "duplicate", "not kept"};
    switch (record->kind) {
    case CAPTURE_SETTLED:
        fprintf(to, " settled through %llu: %s", (unsigned long long)record->number,
                record->code < 4 ? settlements[record->code] : "");
        break;
    case CAPTURE_REFUSED:
        fprintf(to, " refused: action %u: %.*s", record->code, BYTES_FORMAT(part(record, 0)));
        break;
    case CAPTURE_ASK_OPEN:
        fprintf(to, " asks to open %.*s", BYTES_FORMAT(part(record, 0)));
        break;
    case CAPTURE_ASK_CLOSE:
        fputs(" asks to close", to);
        break;
    case CAPTURE_STATE:
        fprintf(to, " reads state \"%.*s\"%s", BYTES_FORMAT(part(record, 0)), record->part_count > 1 ? "" : ": none");
        break;
    case CAPTURE_STARTED:
        fprintf(to, " started%s", (record->flags & CAPTURE_IS_CONTINUED) != 0 ? " in an earlier file" : "");
        break;
    case CAPTURE_ENDED:
        fputs(" ended", to);
        break;
    default:
        fprintf(to, " kind %u, number %llu, code %u", record->kind, (unsigned long long)record->number, record->code);
        break;
    }
}

static bool is_line(uint8_t kind) {
    return kind == CAPTURE_OPENED || kind == CAPTURE_BYTES || kind == CAPTURE_DATAGRAM || kind == CAPTURE_MESSAGE ||
           kind == CAPTURE_CLOSED || kind == CAPTURE_SEND || kind == CAPTURE_SEND_DATAGRAM || kind == CAPTURE_EXPIRED;
}

static void print_channel(FILE *to, const capture_header *header, uint8_t index) {
    uint32_t seen = 0;
    for (uint32_t i = 0; i < header->fact_count; i++) {
        dragoman_bytes value = header->facts[i].value;
        if (bytes_is(header->facts[i].key, "channel") && seen++ == index) {
            const uint8_t *blank = value.size == 0 ? NULL : memchr(value.data, ' ', value.size);
            fprintf(to, "%.*s", blank == NULL ? (int)value.size : (int)(blank - value.data), (const char *)value.data);
            return;
        }
    }
    fprintf(to, "channel-%u", index);
}

static void print_line(FILE *to, const capture_record *record, bool only_sizes) {
    switch (record->kind) {
    case CAPTURE_OPENED:
        fprintf(to, " open %.*s%s", BYTES_FORMAT(part(record, 0)), record->detail != 0 ? " initiator" : "");
        break;
    case CAPTURE_CLOSED:
        fprintf(to, " close %s", reason_of(record->code));
        break;
    case CAPTURE_DATAGRAM:
        print_addressed(to, "< from ", record, only_sizes);
        break;
    case CAPTURE_SEND_DATAGRAM:
        print_addressed(to, "> to ", record, only_sizes);
        break;
    case CAPTURE_MESSAGE:
        fprintf(to, " < %.*s%s :", BYTES_FORMAT(part(record, 0)), record->code != 0 ? " retained" : "");
        print_bytes(to, part(record, 1), only_sizes);
        break;
    case CAPTURE_BYTES:
        fputs(part(record, 0).size == 0 && record->code != 0 ? " end" : " <", to);
        if (part(record, 0).size > 0) {
            print_bytes(to, part(record, 0), only_sizes);
        }
        break;
    default:
        fputs(" >", to);
        print_bytes(to, part(record, 0), only_sizes);
        break;
    }
}

void capture_show_header(const capture_header *header, FILE *to) {
    char start[TIME_TEXT_BYTES];
    size_t size = time_write_utc(header->start.wall_us, 6, start);
    fprintf(to, "start %.*s\n", (int)size, start);
    for (uint32_t i = 0; i < header->fact_count; i++) {
        dragoman_bytes key = header->facts[i].key;
        bool is_setting = bytes_starts_with(key, "setting:");
        bool is_ours = bytes_is(key, "dragoman") || bytes_is(key, "adapter_version");
        fprintf(to, "%s%s%.*s %.*s\n", is_ours ? "# " : "", is_setting ? "setting " : "",
                (int)(is_setting ? key.size - 8 : key.size), (const char *)key.data + (is_setting ? 8 : 0),
                BYTES_FORMAT(header->facts[i].value));
    }
}

void capture_show_record(const capture_header *header, const capture_record *record, bool only_sizes, uint32_t *session,
                         FILE *to) {
    int64_t at_us = record->now.monotonic_us - header->start.monotonic_us;
    if (record->session != *session) {
        *session = record->session;
        fprintf(to, "session %u\n", record->session);
    }
    if (record->kind == CAPTURE_STARTED && part(record, 0).size > 0) {
        fputs("seed ", to);
        for (size_t i = 0; i < record->parts[0].size; i++) {
            fprintf(to, "%02x", record->parts[0].data[i]);
        }
        fputc('\n', to);
    }
    fprintf(to, "%s%lld.%06lld ", is_line(record->kind) ? "" : "# ", (long long)(at_us / 1000000),
            (long long)(at_us % 1000000));
    if (record->kind == CAPTURE_EXPIRED) {
        fputs("wait\n", to);
        return;
    }
    print_channel(to, header, record->channel);
    if (is_line(record->kind)) {
        print_line(to, record, only_sizes);
    } else {
        print_comment(to, record);
    }
    fputc('\n', to);
}

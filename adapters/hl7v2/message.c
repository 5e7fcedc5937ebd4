#include "message.h"

/* Bytes that are compared at once. */
#define STEP 16
typedef uint8_t lanes __attribute__((vector_size(STEP)));

static const hl7v2_delimiters usual = {'|', '^', '~', '\\', '&', 0};

static bool is_sign(uint8_t byte) {
    return byte > ' ' && byte < 0x7f && !(byte >= '0' && byte <= '9') && !(byte >= 'A' && byte <= 'Z') &&
           !(byte >= 'a' && byte <= 'z');
}

dragoman_status hl7v2_delimiters_read(dragoman_bytes text, hl7v2_delimiters *ret_delimiters) {
    *ret_delimiters = usual;
    if (text.size < 4 || memcmp(text.data, "MSH", 3) != 0 || !is_sign(text.data[3])) {
        return DRAGOMAN_INVALID;
    }
    ret_delimiters->field = text.data[3];
    uint8_t *const declared[] = {&ret_delimiters->component, &ret_delimiters->repetition, &ret_delimiters->escape,
                                 &ret_delimiters->subcomponent, &ret_delimiters->truncation};
    for (size_t n = 0; n < sizeof declared / sizeof *declared && 4 + n < text.size; n++) {
        uint8_t byte = text.data[4 + n];
        if (byte == ret_delimiters->field || byte == '\r' || byte == '\n') {
            break;
        }
        if (!is_sign(byte)) {
            *ret_delimiters = usual;
            ret_delimiters->field = text.data[3];
            return DRAGOMAN_INVALID;
        }
        *declared[n] = byte;
    }
    return DRAGOMAN_OK;
}

size_t hl7v2_line_size(dragoman_bytes text) {
    const uint8_t *end = text.size == 0 ? NULL : (const uint8_t *)memchr(text.data, '\r', text.size);
    size_t size = end == NULL ? text.size : (size_t)(end - text.data);
    end = size == 0 ? NULL : (const uint8_t *)memchr(text.data, '\n', size);
    return end == NULL ? size : (size_t)(end - text.data);
}

dragoman_status hl7v2_message_init(hl7v2_message *message, dragoman_bytes text) {
    size_t end = hl7v2_line_size(text);
    message->text = text;
    message->returns_first = end < text.size && text.data[end] == '\r';
    return hl7v2_delimiters_read(text, &message->delimiters);
}

static bool is_name_sign(uint8_t byte) {
    return (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
}

static uint32_t name_of(dragoman_bytes raw, uint8_t separator) {
    if (raw.size < 3 || raw.data[0] < 'A' || raw.data[0] > 'Z' || !is_name_sign(raw.data[1]) ||
        !is_name_sign(raw.data[2]) || (raw.size > 3 && raw.data[3] != separator)) {
        return 0;
    }
    return HL7V2_NAME(raw.data[0], raw.data[1], raw.data[2]);
}

/* Whether what follows a lone \n at `at` goes on with the message rather than with the text of a field. */
static bool starts_segment(dragoman_bytes text, size_t at, uint8_t separator) {
    size_t left = text.size - at;
    return left == 0 || text.data[at] == '\r' || text.data[at] == '\n' ||
           (left > 3 && name_of((dragoman_bytes){text.data + at, 4}, separator) != 0);
}

/* One bit for each of the STEP bytes at `at` that is the separator or ends a line. */
static inline uint32_t marks_of(const uint8_t *at, uint8_t separator) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    lanes bytes;
    memcpy(&bytes, at, STEP);
    lanes marks = (lanes)(bytes == separator) | (lanes)(bytes == '\r') | (lanes)(bytes == '\n');
    uint64_t half[2];
    memcpy(half, &marks, STEP);
    /* The product gathers the lowest bit of each byte in the highest byte. */
    const uint64_t low = UINT64_C(0x0101010101010101);
    const uint64_t gather = UINT64_C(0x0102040810204080);
    return (uint32_t)((half[0] & low) * gather >> 56) | (uint32_t)((half[1] & low) * gather >> 56) << 8;
#else
    uint32_t marks = 0;
    for (uint32_t n = 0; n < STEP; n++) {
        marks |= (uint32_t)(at[n] == separator || at[n] == '\r' || at[n] == '\n') << n;
    }
    return marks;
#endif
}

/* The marks of the bytes from `at` on, with none beyond the end of the text. */
static uint32_t marks_at_end(dragoman_bytes text, size_t at, uint8_t separator) {
    uint8_t last[STEP] = {0};
    memcpy(last, text.data + at, text.size - at);
    uint32_t marks = marks_of(last, separator);
    return marks & ((1u << (text.size - at)) - 1);
}

/* Splits the line that starts at `start` and returns where it ends. */
static size_t split_line(const hl7v2_message *message, size_t start, hl7v2_segment *segment) {
    dragoman_bytes text = message->text;
    uint8_t separator = message->delimiters.field;
    uint32_t count = 1;
    segment->starts[0] = 0;
    for (size_t at = start; at < text.size; at += STEP) {
        uint32_t marks =
            text.size - at >= STEP ? marks_of(text.data + at, separator) : marks_at_end(text, at, separator);
        for (; marks != 0; marks &= marks - 1) {
            size_t mark = at + (size_t)__builtin_ctz(marks);
            uint8_t byte = text.data[mark];
            if (byte == separator) {
                if (count < HL7V2_FIELDS + 2) {
                    segment->starts[count++] = (uint32_t)(mark + 1 - start);
                }
            } else if (byte == '\r' || !message->returns_first || starts_segment(text, mark + 1, separator)) {
                segment->count = count;
                return mark;
            }
        }
    }
    segment->count = count;
    return text.size;
}

static bool is_blank(dragoman_bytes text) {
    return hl7v2_trim(text).size == 0;
}

bool hl7v2_reader_next(hl7v2_reader *reader, hl7v2_segment *ret_segment) {
    const hl7v2_message *message = reader->message;
    dragoman_bytes text = message->text;
    while (reader->at < text.size) {
        size_t start = reader->at;
        if (text.data[start] == '\r' || text.data[start] == '\n') {
            reader->at++;
            continue;
        }
        size_t end = split_line(message, start, ret_segment);
        reader->at = end + 1;
        ret_segment->raw = (dragoman_bytes){text.data + start, end - start};
        if (is_blank(ret_segment->raw)) {
            continue;
        }
        if (ret_segment->count < HL7V2_FIELDS + 2) {
            ret_segment->starts[ret_segment->count] = (uint32_t)(end - start + 1);
        } else {
            ret_segment->count--;
        }
        ret_segment->name = name_of(ret_segment->raw, message->delimiters.field);
        ret_segment->position = ++reader->position;
        return true;
    }
    return false;
}

void hl7v2_split(const hl7v2_message *message, dragoman_bytes field, hl7v2_components *ret_components) {
    uint8_t component = message->delimiters.component;
    uint8_t repetition = message->delimiters.repetition;
    memset(ret_components, 0, sizeof *ret_components);
    if (field.data == NULL) {
        return;
    }
    const uint8_t *start = field.data;
    const uint8_t *end = field.data + field.size;
    const uint8_t *at = start;
    for (;; at++) {
        if (at < end && *at != component && *at != repetition) {
            continue;
        }
        if (ret_components->count < HL7V2_COMPONENTS) {
            ret_components->part[ret_components->count] = hl7v2_slice(start, at);
        }
        ret_components->count++;
        if (at == end || *at == repetition) {
            break;
        }
        start = at + 1;
    }
    ret_components->whole = hl7v2_slice(field.data, at);
    if (at < end) {
        ret_components->rest = hl7v2_slice(at + 1, end);
    }
}

dragoman_bytes hl7v2_component(const hl7v2_message *message, dragoman_bytes field, uint32_t number) {
    dragoman_bytes repetition = {NULL, 0};
    dragoman_bytes part = {NULL, 0};
    if (!hl7v2_cut(&field, message->delimiters.repetition, &repetition)) {
        return part;
    }
    for (uint32_t n = 0; n < number; n++) {
        if (!hl7v2_cut(&repetition, message->delimiters.component, &part)) {
            return (dragoman_bytes){NULL, 0};
        }
    }
    return part;
}

dragoman_bytes hl7v2_subcomponent(const hl7v2_message *message, dragoman_bytes component, uint32_t number) {
    dragoman_bytes part = {NULL, 0};
    for (uint32_t n = 0; n < number; n++) {
        if (!hl7v2_cut(&component, message->delimiters.subcomponent, &part)) {
            return (dragoman_bytes){NULL, 0};
        }
    }
    return part;
}

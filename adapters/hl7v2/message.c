#include "message.h"
#include "scan.h"

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
    return hl7v2_find_either(text, 0, '\r', '\n');
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

/* Where a line goes on or ends, in the HL7V2_STEP bytes that are looked at. */
typedef struct line_marks {
    uint32_t separators;
    uint32_t ends;
} line_marks;

static inline line_marks marks_of(dragoman_bytes text, size_t at, uint8_t separator) {
    size_t left = text.size - at;
    hl7v2_lanes bytes = left >= HL7V2_STEP ? hl7v2_lanes_at(text.data + at) : hl7v2_lanes_last(text.data + at, left);
    return (line_marks){hl7v2_bits(hl7v2_lanes_of(bytes, separator)),
                        hl7v2_bits(hl7v2_lanes_of(bytes, '\r') | hl7v2_lanes_of(bytes, '\n'))};
}

/* The first of `ends` that is the end of a line, as a bit; 0 when none is. */
static uint32_t real_end(const hl7v2_message *message, size_t at, uint32_t ends) {
    dragoman_bytes text = message->text;
    for (; ends != 0; ends &= ends - 1) {
        size_t mark = at + (size_t)__builtin_ctz(ends);
        if (text.data[mark] == '\r' || !message->returns_first ||
            starts_segment(text, mark + 1, message->delimiters.field)) {
            return ends & (~ends + 1);
        }
    }
    return 0;
}

/* Notes the fields that begin behind `separators` as long as there is room. Returns how many there are then. */
static uint32_t note_last(hl7v2_segment *segment, uint32_t count, uint32_t offset, uint32_t separators) {
    for (; separators != 0 && count < HL7V2_FIELDS + 2; separators &= separators - 1) {
        segment->starts[count++] = offset + (uint32_t)__builtin_ctz(separators) + 1;
    }
    return count;
}

/* Splits the line that starts at `start` and returns where it ends. */
static size_t split_line(const hl7v2_message *message, size_t start, hl7v2_segment *segment) {
    dragoman_bytes text = message->text;
    uint32_t count = 1;
    segment->starts[0] = 0;
    for (size_t at = start; at < text.size; at += HL7V2_STEP) {
        line_marks marks = marks_of(text, at, message->delimiters.field);
        uint32_t end = marks.ends == 0 ? 0 : real_end(message, at, marks.ends);
        if (end != 0) {
            marks.separators &= end - 1;
        }
        if (count > HL7V2_FIELDS + 2 - HL7V2_STEP) {
            count = note_last(segment, count, (uint32_t)(at - start), marks.separators);
        } else {
            uint32_t next = (uint32_t)(at - start) + 1;
            for (; marks.separators != 0; marks.separators &= marks.separators - 1) {
                segment->starts[count++] = next + (uint32_t)__builtin_ctz(marks.separators);
            }
        }
        if (end != 0) {
            segment->count = count;
            return at + (size_t)__builtin_ctz(end);
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
    memset(ret_components, 0, sizeof *ret_components);
    if (field.data == NULL) {
        return;
    }
    const uint8_t *start = field.data;
    uint32_t count = 0;
    size_t end = field.size;
    for (size_t at = 0; at < field.size && end == field.size; at += HL7V2_STEP) {
        size_t left = field.size - at;
        hl7v2_lanes bytes = hl7v2_lanes_within(message->text, field.data + at, left);
        uint32_t inside = left >= HL7V2_STEP ? UINT32_MAX : (1u << left) - 1;
        uint32_t components = hl7v2_bits(hl7v2_lanes_of(bytes, message->delimiters.component)) & inside;
        uint32_t ends = hl7v2_bits(hl7v2_lanes_of(bytes, message->delimiters.repetition)) & inside;
        if (ends != 0) {
            end = at + (size_t)__builtin_ctz(ends);
            components &= (ends & (~ends + 1)) - 1;
        }
        for (; components != 0; components &= components - 1) {
            const uint8_t *mark = field.data + at + (size_t)__builtin_ctz(components);
            if (count < HL7V2_COMPONENTS) {
                ret_components->part[count] = hl7v2_slice(start, mark);
            }
            count++;
            start = mark + 1;
        }
    }
    if (count < HL7V2_COMPONENTS) {
        ret_components->part[count] = hl7v2_slice(start, field.data + end);
    }
    ret_components->count = count + 1;
    ret_components->whole = (dragoman_bytes){field.data, end};
    if (end < field.size) {
        ret_components->rest = hl7v2_slice(field.data + end + 1, field.data + field.size);
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

/* ED and RP: embedded documents and pointers to others. */
#include "value.h"

static int digit_of(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z'   ? byte - 'A'
           : byte >= 'a' && byte <= 'z' ? byte - 'a' + 26
           : byte >= '0' && byte <= '9' ? byte - '0' + 52
           : byte == '+'                ? 62
           : byte == '/'                ? 63
                                        : -1;
}

/* Reads Base64 (RFC 4648; line ends and blanks are passed over). False when it is none. */
static bool read_base64(hl7v2_message *message, dragoman_bytes text, dragoman_bytes *ret_data) {
    uint8_t *data = (uint8_t *)hl7v2_take(message->memory, text.size / 4 * 3 + 4);
    if (data == NULL) {
        return false;
    }
    uint32_t bits = 0;
    uint32_t held = 0; /* bits that are not written yet */
    size_t size = 0;
    size_t digits = 0;
    size_t padding = 0;
    for (size_t n = 0; n < text.size; n++) {
        uint8_t byte = text.data[n];
        int digit = digit_of(byte);
        if (byte == '=') {
            padding++;
        } else if (digit >= 0 && padding == 0) {
            digits++;
            bits = bits << 6 | (uint32_t)digit;
            held += 6;
            if (held >= 8) {
                held -= 8;
                data[size++] = (uint8_t)(bits >> held);
            }
        } else if (byte != '\r' && byte != '\n' && byte != ' ') {
            return false;
        }
    }
    *ret_data = (dragoman_bytes){data, size};
    return digits % 4 != 1 && (padding == 0 || (digits + padding) % 4 == 0) && padding <= 2;
}

static int hex_of(uint8_t byte) {
    return byte >= '0' && byte <= '9'   ? byte - '0'
           : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
           : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
                                        : -1;
}

static bool read_hex(hl7v2_message *message, dragoman_bytes text, dragoman_bytes *ret_data) {
    uint8_t *data = (uint8_t *)hl7v2_take(message->memory, text.size / 2 + 1);
    if (data == NULL || text.size % 2 != 0) {
        return false;
    }
    for (size_t n = 0; n < text.size; n += 2) {
        int high = hex_of(text.data[n]);
        int low = hex_of(text.data[n + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        data[n / 2] = (uint8_t)(high << 4 | low);
    }
    *ret_data = (dragoman_bytes){data, text.size / 2};
    return true;
}

/* HL7 table 0191 to the type of a media type; words that are one already stay. */
static dragoman_bytes media_type(dragoman_bytes word) {
    static const struct {
        const char *said;
        const char *type;
    } table[] = {{"AP", "application"},
                 {"Application", "application"},
                 {"AU", "audio"},
                 {"Audio", "audio"},
                 {"IM", "image"},
                 {"Image", "image"},
                 {"TEXT", "text"},
                 {"TX", "text"},
                 {"FT", "text"},
                 {"multipart", "multipart"},
                 {"MULTIPART", "multipart"}};
    for (size_t n = 0; n < sizeof table / sizeof *table; n++) {
        if (hl7v2_is(word, table[n].said)) {
            return (dragoman_bytes){(const uint8_t *)table[n].type, strlen(table[n].type)};
        }
    }
    return word;
}

static dragoman_bytes media_of(hl7v2_message *message, dragoman_bytes type, dragoman_bytes subtype) {
    dragoman_bytes parts[2] = {media_type(hl7v2_word(message, type)), hl7v2_word(message, subtype)};
    return hl7v2_join(message, parts, 2, '/');
}

bool hl7v2_embedded_read(hl7v2_message *message, dragoman_bytes repetition, dragoman_value *ret_value) {
    hl7v2_components c;
    hl7v2_split(message, repetition, &c);
    if (c.part[4].size == 0) {
        *ret_value = (dragoman_value){.kind = DRAGOMAN_VALUE_NONE, .absent = DRAGOMAN_ABSENT_UNKNOWN};
        return true;
    }
    ret_value->kind = DRAGOMAN_VALUE_ATTACHMENT;
    ret_value->text = media_of(message, c.part[1], c.part[2]);
    dragoman_bytes encoding = hl7v2_word(message, c.part[3]);
    dragoman_bytes data = hl7v2_text(message, c.part[4]);
    if (hl7v2_is(encoding, "Base64") || hl7v2_is(encoding, "BASE64") || hl7v2_is(encoding, "base64")) {
        return read_base64(message, data, &ret_value->data);
    }
    if (hl7v2_is(encoding, "Hex") || hl7v2_is(encoding, "HEX")) {
        return read_hex(message, data, &ret_value->data);
    }
    ret_value->data = data;
    return encoding.size == 0 || hl7v2_is(encoding, "A");
}

bool hl7v2_reference_read(hl7v2_message *message, dragoman_bytes repetition, dragoman_value *ret_value) {
    hl7v2_components c;
    hl7v2_split(message, repetition, &c);
    dragoman_bytes pointer = hl7v2_word(message, c.part[0]);
    if (pointer.size == 0) {
        *ret_value = (dragoman_value){.kind = DRAGOMAN_VALUE_NONE, .absent = DRAGOMAN_ABSENT_UNKNOWN};
        return true;
    }
    ret_value->kind = DRAGOMAN_VALUE_ATTACHMENT;
    ret_value->text = media_of(message, c.part[2], c.part[3]);
    ret_value->reference = pointer;
    return true;
}

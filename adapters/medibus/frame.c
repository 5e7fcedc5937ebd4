#include "frame.h"

void medibus_scanner_reset(medibus_scanner *scanner) {
    scanner->has_command = false;
    scanner->has_response = false;
    scanner->command_size = 0;
    scanner->response_size = 0;
}

uint8_t medibus_checksum(uint8_t first, dragoman_bytes rest) {
    uint32_t sum = first;
    for (size_t n = 0; n < rest.size; n++) {
        sum += rest.data[n];
    }
    return (uint8_t)sum;
}

/* A frame between its first character and the carriage return: code, data, two digits. */
static bool read_frame(uint8_t first, dragoman_bytes frame, medibus_item *ret_item) {
    uint32_t stated = 0;
    if (frame.size < 3 || !medibus_hex(frame.data + frame.size - 2, 2, &stated)) {
        return false;
    }
    frame.size -= 2;
    if (medibus_checksum(first, frame) != stated) {
        return false;
    }
    ret_item->code = frame.data[0];
    ret_item->data = (dragoman_bytes){frame.data + 1, frame.size - 1};
    return true;
}

static medibus_item end_frame(medibus_scanner *scanner) {
    medibus_item item = {.kind = MEDIBUS_ITEM_NONE};
    if (scanner->has_command) {
        scanner->has_command = false;
        bool is_good = read_frame(MEDIBUS_ESC, (dragoman_bytes){scanner->command, scanner->command_size}, &item);
        item.kind = is_good ? MEDIBUS_ITEM_COMMAND : MEDIBUS_ITEM_BROKEN_COMMAND;
    } else if (scanner->has_response) {
        scanner->has_response = false;
        bool is_good = read_frame(MEDIBUS_SOH, (dragoman_bytes){scanner->response, scanner->response_size}, &item);
        item.kind = is_good ? MEDIBUS_ITEM_RESPONSE : MEDIBUS_ITEM_BROKEN_RESPONSE;
    }
    return item;
}

static medibus_item begin_command(medibus_scanner *scanner) {
    medibus_item item = {.kind = scanner->has_command ? MEDIBUS_ITEM_BROKEN_COMMAND : MEDIBUS_ITEM_NONE};
    scanner->has_command = true;
    scanner->command_size = 0;
    return item;
}

/* A response never stands inside of a command: one that is open lost its end. */
static medibus_item begin_response(medibus_scanner *scanner) {
    medibus_item item = {.kind = scanner->has_command    ? MEDIBUS_ITEM_BROKEN_COMMAND
                                 : scanner->has_response ? MEDIBUS_ITEM_BROKEN_RESPONSE
                                                         : MEDIBUS_ITEM_NONE};
    scanner->has_command = false;
    scanner->has_response = true;
    scanner->response_size = 0;
    return item;
}

/* "Allowable Characters": printable ones, the end of a text in responses, and the code of a refusal. */
static bool is_allowed(const medibus_scanner *scanner, uint8_t byte) {
    if (byte >= 0x20 && byte <= 0x7e) {
        return true;
    }
    if (scanner->has_command) {
        return false;
    }
    return scanner->response_size == 0 ? byte == MEDIBUS_CORRUPT : byte == MEDIBUS_ETX;
}

static medibus_item take_character(medibus_scanner *scanner, uint8_t byte) {
    medibus_item item = {.kind = MEDIBUS_ITEM_NONE};
    bool is_command = scanner->has_command;
    if (!is_command && !scanner->has_response) {
        item.kind = MEDIBUS_ITEM_NOISE;
        return item;
    }
    size_t *size = is_command ? &scanner->command_size : &scanner->response_size;
    size_t room = is_command ? sizeof scanner->command : sizeof scanner->response;
    if (*size == room || !is_allowed(scanner, byte)) {
        item.kind = is_command ? MEDIBUS_ITEM_BROKEN_COMMAND : MEDIBUS_ITEM_BROKEN_RESPONSE;
        medibus_scanner_reset(scanner);
        return item;
    }
    (is_command ? scanner->command : scanner->response)[(*size)++] = byte;
    return item;
}

medibus_item medibus_scan(medibus_scanner *scanner, uint8_t byte) {
    if ((byte & 0x80) != 0) {
        return (medibus_item){.kind = MEDIBUS_ITEM_FAST, .byte = byte};
    }
    switch (byte) {
    case MEDIBUS_DC1:
        return (medibus_item){.kind = MEDIBUS_ITEM_RESUME};
    case MEDIBUS_DC3:
        return (medibus_item){.kind = MEDIBUS_ITEM_SUSPEND};
    case MEDIBUS_ESC:
        return begin_command(scanner);
    case MEDIBUS_SOH:
        return begin_response(scanner);
    case MEDIBUS_CR:
        return end_frame(scanner);
    default:
        return take_character(scanner, byte);
    }
}

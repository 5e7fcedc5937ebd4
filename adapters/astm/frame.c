#include "frame.h"
#include "scan.h"

/* Check sum and CR behind ETB or ETX. */
#define TAIL 3

static bool is_sign(uint8_t byte) {
    return byte == ASTM_ENQ || byte == ASTM_EOT || byte == ASTM_ACK || byte == ASTM_NAK;
}

/* What may not stand in a text and ends the search for its end. ACK and NAK do not: noise that looks like one would
 * otherwise hide the rest of the frame, which its sum refuses anyway. */
static bool is_border(uint8_t byte) {
    return byte == ASTM_STX || byte == ASTM_ETX || byte == ASTM_ETB || byte == ASTM_ENQ || byte == ASTM_EOT;
}

uint8_t astm_sum(dragoman_bytes bytes) {
    uint32_t sum = 0;
    for (size_t n = 0; n < bytes.size; n++) {
        sum += bytes.data[n];
    }
    return (uint8_t)sum;
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

/* Bytes before the first frame or sign. */
static void see_noise(dragoman_bytes unread, astm_sight *sight) {
    size_t at = 0;
    while (at < unread.size && unread.data[at] != ASTM_STX && !is_sign(unread.data[at])) {
        sight->noise += astm_is_end(unread.data[at]) ? 0 : 1;
        at++;
    }
    sight->consumed = at;
    sight->kind = at > 0 ? ASTM_SEES_NOISE : ASTM_SEES_NOTHING;
}

/* A frame whose ETB or ETX is at `end`, with its tail. */
static void see_frame(dragoman_bytes unread, size_t end, astm_sight *sight) {
    const uint8_t *tail = unread.data + end + 1;
    int high = hex_digit(tail[0]);
    int low = hex_digit(tail[1]);
    uint8_t number = unread.data[1];
    sight->kind = ASTM_SEES_BAD;
    sight->consumed = end + 1;
    if (high < 0 || low < 0 || high * 16 + low != astm_sum((dragoman_bytes){unread.data + 1, end})) {
        sight->fault = "the check sum is wrong";
    } else if (end < 2 || number < '0' || number > '7') {
        sight->fault = "the frame number is no digit from 0 to 7";
    } else if (tail[2] != '\r') {
        sight->fault = "there is no CR behind the check sum";
    } else {
        sight->kind = ASTM_SEES_FRAME;
        sight->number = (uint8_t)(number - '0');
        sight->text = (dragoman_bytes){unread.data + 2, end - 2};
        sight->consumed = end + 1 + TAIL;
        bool has_line_feed = sight->consumed < unread.size && unread.data[sight->consumed] == '\n';
        sight->consumed += has_line_feed ? 1 : 0;
    }
}

static void cut(astm_sight *sight, size_t consumed) {
    sight->kind = ASTM_SEES_CUT;
    sight->consumed = consumed;
}

/* unread begins with STX. */
static void see_text(astm_scanner *scanner, const dragoman_bytes_event *bytes, astm_sight *sight) {
    dragoman_bytes unread = bytes->unread;
    size_t at = scanner->scanned > 0 ? scanner->scanned : 1;
    while (at < unread.size && at <= scanner->limit && !is_border(unread.data[at])) {
        at++;
    }
    if (at > scanner->limit) {
        sight->kind = ASTM_SEES_BAD;
        sight->fault = "the frame is longer than max_message";
        sight->consumed = at;
        scanner->scanned = 0;
        return;
    }
    scanner->scanned = at;
    bool is_end_there = at < unread.size && (unread.data[at] == ASTM_ETX || unread.data[at] == ASTM_ETB);
    if (at < unread.size && !is_end_there) {
        cut(sight, at);
    } else if (is_end_there && unread.size > at + TAIL) {
        see_frame(unread, at, sight);
    } else if (bytes->is_end != 0) {
        cut(sight, unread.size);
    }
    scanner->scanned = sight->kind == ASTM_SEES_NOTHING ? at : 0;
}

void astm_scanner_next(astm_scanner *scanner, const dragoman_bytes_event *bytes, astm_sight *ret_sight) {
    *ret_sight = (astm_sight){0};
    dragoman_bytes unread = bytes->unread;
    if (unread.size == 0) {
        scanner->scanned = 0;
        return;
    }
    uint8_t first = unread.data[0];
    if (first == ASTM_STX) {
        see_text(scanner, bytes, ret_sight);
    } else if (is_sign(first)) {
        *ret_sight = (astm_sight){.kind = ASTM_SEES_SIGN, .sign = first, .consumed = 1};
    } else {
        see_noise(unread, ret_sight);
    }
}

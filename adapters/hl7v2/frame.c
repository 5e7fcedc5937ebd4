#include "frame.h"
#include "scan.h"

#define BLOCK_BEGIN 0x0b
#define BLOCK_END 0x1c

static size_t find(dragoman_bytes bytes, size_t from, uint8_t byte) {
    if (from >= bytes.size) {
        return bytes.size;
    }
    const uint8_t *at = (const uint8_t *)memchr(bytes.data + from, byte, bytes.size - from);
    return at == NULL ? bytes.size : (size_t)(at - bytes.data);
}

static bool starts_with(dragoman_bytes bytes, const char *name) {
    return bytes.size >= 3 && memcmp(bytes.data, name, 3) == 0;
}

static bool is_message_line(dragoman_bytes line) {
    return starts_with(line, "MSH");
}

bool hl7v2_frame_is_batch_line(dragoman_bytes line) {
    return starts_with(line, "FHS") || starts_with(line, "BHS") || starts_with(line, "BTS") || starts_with(line, "FTS");
}

static dragoman_bytes rest(dragoman_bytes bytes, size_t from) {
    return (dragoman_bytes){bytes.data + from, bytes.size - from};
}

static bool is_between(uint8_t byte) {
    return byte == '\r' || byte == '\n' || byte == ' ' || byte == '\t' || byte == 0;
}

/* The byte order mark that some editors put before a text. */
static size_t mark_size(dragoman_bytes bytes) {
    return bytes.size >= 3 && memcmp(bytes.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* How many bytes at the start of `bytes` stand between messages and mean nothing. */
static size_t between_size(dragoman_bytes bytes) {
    size_t size = 0;
    while (size < bytes.size && is_between(bytes.data[size])) {
        size++;
    }
    return size;
}

/* The last place inside a block where the sender began anew, or 0. */
static size_t last_restart(dragoman_bytes block) {
    size_t restart = 0;
    for (size_t at = find(block, 1, BLOCK_BEGIN); at < block.size; at = find(block, at + 1, BLOCK_BEGIN)) {
        if (is_message_line(rest(block, at + 1))) {
            restart = at;
        }
    }
    return restart;
}

static void too_long(hl7v2_framer *framer, dragoman_bytes content, size_t consumed, hl7v2_frame *frame) {
    frame->kind = HL7V2_FRAME_TOO_LONG;
    frame->content = content;
    frame->consumed = consumed;
    framer->is_skipping = true;
    framer->scanned = 0;
}

static void next_block(hl7v2_framer *framer, const dragoman_bytes_event *event, hl7v2_frame *frame) {
    dragoman_bytes unread = event->unread;
    size_t end = find(unread, framer->scanned > 1 ? framer->scanned : 1, BLOCK_END);
    size_t size = (end < unread.size ? end : unread.size) - 1;
    if (size > framer->limit) {
        framer->is_plain = false;
        too_long(framer, (dragoman_bytes){unread.data + 1, size}, 1 + size, frame);
        return;
    }
    if (end == unread.size && event->is_end == 0) {
        framer->scanned = end;
        return;
    }
    framer->scanned = 0;
    size_t restart = last_restart((dragoman_bytes){unread.data, end});
    if (restart > 0) {
        frame->kind = HL7V2_FRAME_BROKEN;
        frame->consumed = restart;
        return;
    }
    /* A file may have lost its last byte; on a stream the sender was cut off, has no answer, and sends the whole again.
     */
    frame->kind = end < unread.size || framer->is_file ? HL7V2_FRAME_MESSAGE : HL7V2_FRAME_BROKEN;
    frame->content = (dragoman_bytes){unread.data + 1, size};
    frame->consumed = end < unread.size ? end + 1 : end;
}

/* Whether a line that starts at `line` ends a plain message; -1 when more bytes must come first. */
static int ends_plain(dragoman_bytes line, bool is_end) {
    if (line.size < 3) {
        return is_end || (line.size > 0 && line.data[0] != BLOCK_BEGIN && strchr("MFB", line.data[0]) == NULL) ? 0 : -1;
    }
    return is_message_line(line) || hl7v2_frame_is_batch_line(line);
}

typedef struct line_search {
    size_t at;      /* where the next line starts, or where the search stopped */
    size_t content; /* where the last line that belongs to the message ends */
    bool found;     /* a line that begins something new starts at `at` */
} line_search;

/* Looks from `from`, which is inside or at the end of a line, for a line that begins something new. */
static line_search find_line(dragoman_bytes unread, size_t from, bool is_end) {
    size_t at = from;
    while (at < unread.size) {
        size_t line_end = hl7v2_find_either(unread, at, '\r', '\n');
        if (line_end == unread.size) {
            return (line_search){unread.size, unread.size, false};
        }
        size_t line = line_end + 1;
        while (line < unread.size && is_between(unread.data[line])) {
            line++;
        }
        dragoman_bytes following = rest(unread, line);
        if (following.size > 0 && following.data[0] == BLOCK_BEGIN) {
            return (line_search){line, line_end, true};
        }
        int ends = ends_plain(following, is_end);
        if (ends != 0) {
            return (line_search){ends > 0 ? line : line_end, line_end, ends > 0};
        }
        at = line;
    }
    return (line_search){unread.size, unread.size, false};
}

static void next_plain(hl7v2_framer *framer, const dragoman_bytes_event *event, hl7v2_frame *frame) {
    dragoman_bytes unread = event->unread;
    line_search search = find_line(unread, framer->scanned, event->is_end != 0);
    size_t size = search.found ? search.at : unread.size;
    if (search.content > framer->limit) {
        framer->is_plain = true;
        too_long(framer, (dragoman_bytes){unread.data, size}, search.found ? size : search.at, frame);
        framer->is_skipping = !search.found;
        return;
    }
    if (!search.found && event->is_end == 0) {
        framer->scanned = search.at;
        return;
    }
    framer->scanned = 0;
    frame->consumed = size;
    frame->content = (dragoman_bytes){unread.data, size};
    frame->kind = HL7V2_FRAME_MESSAGE;
}

/* A batch or file header or trailer: its line says nothing that is needed. */
static bool next_batch_line(const dragoman_bytes_event *event, hl7v2_frame *frame) {
    dragoman_bytes unread = event->unread;
    if (!hl7v2_frame_is_batch_line(unread)) {
        return false;
    }
    size_t end = find(unread, 0, '\r');
    size_t feed = find((dragoman_bytes){unread.data, end}, 0, '\n');
    end = feed < end ? feed : end;
    if (end < unread.size || event->is_end != 0 || unread.size > 65536) {
        frame->kind = HL7V2_FRAME_SKIP;
        frame->consumed = end;
    }
    return true;
}

/* The rest of a message that is over the limit. */
static void skip_long(hl7v2_framer *framer, const dragoman_bytes_event *event, hl7v2_frame *frame) {
    dragoman_bytes unread = event->unread;
    frame->kind = HL7V2_FRAME_SKIP;
    if (framer->is_plain) {
        line_search search = find_line(unread, 0, event->is_end != 0);
        frame->consumed = search.at;
        framer->is_skipping = !search.found;
        if (search.at == 0) {
            frame->kind = HL7V2_FRAME_MORE;
        }
    } else {
        size_t end = find(unread, 0, BLOCK_END);
        framer->is_skipping = end == unread.size;
        frame->consumed = framer->is_skipping ? end : end + 1;
    }
    frame->garbage = frame->consumed;
}

/* Bytes on a stream that belong to no block. */
static void skip_garbage(const dragoman_bytes_event *event, hl7v2_frame *frame) {
    frame->kind = HL7V2_FRAME_SKIP;
    frame->consumed = find(event->unread, 0, BLOCK_BEGIN);
    frame->garbage = frame->consumed;
}

static bool wait_for_name(const hl7v2_framer *framer, const dragoman_bytes_event *event) {
    return framer->is_file && event->is_end == 0 && event->unread.size < 3 && event->unread.data[0] != BLOCK_BEGIN;
}

void hl7v2_framer_next(hl7v2_framer *framer, const dragoman_bytes_event *event, hl7v2_frame *ret_frame) {
    *ret_frame = (hl7v2_frame){.kind = HL7V2_FRAME_MORE};
    dragoman_bytes unread = event->unread;
    if (unread.size == 0) {
        return;
    }
    if (framer->is_skipping) {
        skip_long(framer, event, ret_frame);
        return;
    }
    if (framer->scanned == 0) {
        size_t between = between_size(unread);
        between = between > 0 ? between : framer->is_file ? mark_size(unread) : 0;
        if (between > 0) {
            ret_frame->kind = HL7V2_FRAME_SKIP;
            ret_frame->consumed = between;
            return;
        }
        if (wait_for_name(framer, event)) {
            return;
        }
    }
    if (unread.data[0] == BLOCK_BEGIN) {
        next_block(framer, event, ret_frame);
    } else if (!framer->is_file) {
        skip_garbage(event, ret_frame);
    } else if (!next_batch_line(event, ret_frame)) {
        next_plain(framer, event, ret_frame);
    }
}

#include "frame.h"
#include "checksum.h"
#include "words.h"

/* The place of a mark in bytes, or SIZE_MAX. */
static size_t find(dragoman_bytes in, size_t from, const lines_mark *mark) {
    for (size_t at = from; at + mark->size <= in.size; at++) {
        const uint8_t *first = (const uint8_t *)memchr(in.data + at, mark->bytes[0], in.size - mark->size - at + 1);
        if (first == NULL) {
            return SIZE_MAX;
        }
        at = (size_t)(first - in.data);
        if (memcmp(first, mark->bytes, mark->size) == 0) {
            return at;
        }
    }
    return SIZE_MAX;
}

/* The first end from `from` on; of two at one place the longer one. */
static size_t find_end(const lines_frame *frame, dragoman_bytes in, size_t from, size_t *ret_size) {
    size_t first = SIZE_MAX;
    for (uint32_t i = 0; i < frame->end_count; i++) {
        size_t at = find(in, from, &frame->ends[i]);
        if (at != SIZE_MAX && (at < first || (at == first && frame->ends[i].size > *ret_size))) {
            first = at;
            *ret_size = frame->ends[i].size;
        }
    }
    return first;
}

/* Where the last start mark between `from` and `to` stands, or SIZE_MAX. */
static size_t find_last_start(const lines_frame *frame, dragoman_bytes in, size_t from, size_t to) {
    dragoman_bytes part = lines_part(in, 0, to);
    size_t last = SIZE_MAX;
    for (size_t at = find(part, from, &frame->start); at != SIZE_MAX; at = find(part, at + 1, &frame->start)) {
        last = at;
    }
    return last;
}

/* Whether the frame at `begin` to `whole` keeps its checksum; the text between `from` and `to` loses it. */
static bool take_checksum(const lines_layout *layout, dragoman_bytes unread, size_t from, size_t end, size_t *to) {
    const lines_checksum *is = &layout->checksum;
    size_t size = lines_checksum_size(is);
    if (size == 0) {
        return true;
    }
    bool is_behind = layout->frame.trailer > 0;
    size_t at = is_behind ? end : *to - size;
    size_t begin = is->skip_first;
    bool has_room = is_behind ? layout->frame.trailer >= size : *to >= from + size;
    if (!has_room || at < begin + is->skip_last) {
        return false;
    }
    dragoman_bytes covered = lines_part(unread, begin, at - begin - is->skip_last);
    *to = is_behind || at - is->skip_last < from ? *to : at - is->skip_last;
    return lines_checksum_fits(is, covered, lines_part(unread, at, size));
}

/* A frame that begins with `unread`, whose text begins at `from`, ends at `to` and whose end mark ends at `end`. */
static dragoman_status close_frame(const lines_layout *layout, dragoman_bytes unread, size_t from, size_t to,
                                   size_t end, lines_found *found) {
    const lines_frame *frame = &layout->frame;
    if (unread.size < end + frame->trailer) {
        return DRAGOMAN_NEED_MORE;
    }
    size_t last = frame->start.size == 0 ? SIZE_MAX : find_last_start(frame, unread, from, to);
    if (last != SIZE_MAX) {
        found->consumed += last;
        return DRAGOMAN_INVALID;
    }
    found->consumed += end + frame->trailer;
    if (!take_checksum(layout, unread, from, end, &to)) {
        return DRAGOMAN_INVALID;
    }
    found->text = lines_part(unread, from, to - from);
    return DRAGOMAN_OK;
}

static dragoman_status find_length(const lines_layout *layout, dragoman_bytes unread, size_t from, lines_found *found) {
    size_t end = from + layout->frame.length;
    if (unread.size < end) {
        return DRAGOMAN_NEED_MORE;
    }
    size_t to = end;
    found->consumed += end;
    if (!take_checksum(layout, unread, from, end, &to)) {
        /* Without an end nothing tells where the next one begins: it is looked for from the next byte on. */
        found->consumed -= end - 1;
        return DRAGOMAN_INVALID;
    }
    found->text = lines_part(unread, from, to - from);
    return DRAGOMAN_OK;
}

static dragoman_status find_text(const lines_layout *layout, dragoman_bytes unread, bool is_end, lines_found *found) {
    const lines_frame *frame = &layout->frame;
    size_t from = (size_t)frame->start.size + frame->skip;
    size_t mark = 0;
    if (frame->length > 0) {
        return find_length(layout, unread, from, found);
    }
    size_t to = unread.size < from ? SIZE_MAX : find_end(frame, unread, from, &mark);
    if (to != SIZE_MAX && to - from <= frame->longest) {
        return close_frame(layout, unread, from, to, to + mark, found);
    }
    if (to == SIZE_MAX && is_end && frame->start.size == 0 && unread.size > from &&
        unread.size - from <= frame->longest && frame->trailer == 0) {
        return close_frame(layout, unread, from, unread.size, unread.size, found);
    }
    if (to == SIZE_MAX && unread.size <= from + frame->longest) {
        return DRAGOMAN_NEED_MORE;
    }
    size_t again = frame->start.size == 0 ? SIZE_MAX : find(unread, from, &frame->start);
    found->consumed += again != SIZE_MAX ? again : to != SIZE_MAX ? to + mark : unread.size;
    return DRAGOMAN_INVALID;
}

dragoman_status lines_frame_find(const lines_layout *layout, dragoman_bytes unread, bool is_end,
                                 lines_found *ret_found) {
    const lines_mark *start = &layout->frame.start;
    *ret_found = (lines_found){.text = {NULL, 0}};
    if (start->size > 0) {
        size_t at = find(unread, 0, start);
        size_t kept = start->size - 1u < unread.size ? start->size - 1u : unread.size;
        ret_found->skipped = at != SIZE_MAX ? at : unread.size - kept;
        ret_found->consumed = ret_found->skipped;
        if (at == SIZE_MAX) {
            return DRAGOMAN_NEED_MORE;
        }
        unread = lines_part(unread, at, unread.size - at);
    }
    return unread.size == 0 ? DRAGOMAN_NEED_MORE : find_text(layout, unread, is_end, ret_found);
}

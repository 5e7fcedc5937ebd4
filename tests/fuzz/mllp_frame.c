/* Any bytes as a stream or file: the same messages are found however the bytes arrive, and nothing is taken twice or
 * left. */
#include "adapters/hl7v2/frame.h"
#include "base/bytes.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIMIT 256

typedef struct walk {
    hl7v2_framer framer;
    uint64_t found; /* a hash of all that was found, in order */
    size_t garbage;
} walk;

/* Everything that can be done with the unread bytes now. Returns how many were consumed. */
static size_t take(walk *self, dragoman_bytes unread, size_t fresh, bool is_end) {
    size_t consumed = 0;
    for (;;) {
        dragoman_bytes_event event = {
            .unread = {unread.data + consumed, unread.size - consumed}, .fresh = fresh, .is_end = is_end ? 1 : 0};
        hl7v2_frame frame;
        hl7v2_framer_next(&self->framer, &event, &frame);
        if (frame.consumed > event.unread.size || (frame.kind == HL7V2_FRAME_MORE && frame.consumed > 0)) {
            abort();
        }
        if (frame.kind == HL7V2_FRAME_MESSAGE) {
            self->found = bytes_hash(frame.content, self->found + 1);
        } else if (frame.kind == HL7V2_FRAME_TOO_LONG || frame.kind == HL7V2_FRAME_BROKEN) {
            self->found = bytes_hash(DRAGOMAN_TEXT("-"), self->found + frame.kind);
        }
        self->garbage += frame.garbage;
        consumed += frame.consumed;
        fresh = 0;
        if (frame.kind == HL7V2_FRAME_MORE || consumed == unread.size) {
            return consumed;
        }
        if (frame.consumed == 0 && frame.kind != HL7V2_FRAME_MESSAGE) {
            abort();
        }
    }
}

/* Pieces as long as the bytes of `sizes` say; all at once when there are none. */
static walk run(dragoman_bytes input, bool is_file, const uint8_t *sizes, size_t size_count) {
    walk self = {.framer = {.limit = LIMIT, .is_file = is_file}};
    size_t begin = 0;
    size_t have = 0;
    for (size_t n = 0; have < input.size || n == 0; n++) {
        size_t piece = size_count == 0 ? input.size : 1u + sizes[n % size_count] % 16u;
        piece = piece < input.size - have ? piece : input.size - have;
        have += piece;
        /* In memory of its own, so that a look beyond the end is seen. */
        uint8_t *copy = malloc(have - begin + 1);
        memcpy(copy, input.data + begin, have - begin);
        begin += take(&self, (dragoman_bytes){copy, have - begin}, piece, have == input.size);
        free(copy);
    }
    if (begin != input.size) {
        abort();
    }
    return self;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    bool is_file = (data[0] & 1) != 0;
    size_t size_count = data[1] % 8u;
    if (size < 3 + size_count) {
        return 0;
    }
    dragoman_bytes input = {data + 2 + size_count, size - 2 - size_count};
    walk whole = run(input, is_file, NULL, 0);
    walk pieces = run(input, is_file, data + 2, size_count);
    if (whole.found != pieces.found) {
        abort();
    }
    return 0;
}

#include "frame.h"
#include "codes.h"
#include "limits.h"

#define HEAD_BYTES 4

typedef enum likeness {
    UNLIKE,
    UNDECIDED, /* so far it could be one */
    ALIKE,     /* every length agrees */
} likeness;

static uint32_t number_at(dragoman_bytes bytes, size_t at) {
    return (uint32_t)bytes.data[at] << 8 | bytes.data[at + 1];
}

static bool is_data_choice(uint32_t choice) {
    switch (choice) {
    case PHD_EVENT:
    case PHD_CONFIRMED_EVENT:
    case PHD_GET:
    case PHD_SET:
    case PHD_CONFIRMED_SET:
    case PHD_ACTION:
    case PHD_CONFIRMED_ACTION:
    case PHD_EVENT_RESULT:
    case PHD_GET_RESULT:
    case PHD_SET_RESULT:
    case PHD_ACTION_RESULT:
    case PHD_ERROR:
    case PHD_REJECT:
        return true;
    default:
        return false;
    }
}

/* A rule about the two bytes at a place of the APDU. */
typedef struct length_rule {
    uint32_t choice;
    uint32_t least;  /* value of the length behind the choice */
    uint32_t most;   /* the same */
    uint32_t place;  /* of another length in the APDU; 0: none */
    uint32_t before; /* how much smaller than the first it is */
} length_rule;

static const length_rule length_rules[] = {
    {PHD_AARQ, 8, PHD_APDU_BYTES - HEAD_BYTES, 10, 8}, /* data-proto-list.length */
    {PHD_AARE, 6, PHD_APDU_BYTES - HEAD_BYTES, 8, 6},  /* data-proto-info.length */
    {PHD_RLRQ, 2, 2, 0, 0},                            /* only a reason */
    {PHD_RLRE, 2, 2, 0, 0},                            /* only a reason */
    {PHD_ABRT, 2, 2, 0, 0},                            /* only a reason */
    {PHD_PRST, 8, PHD_APDU_BYTES - HEAD_BYTES, 4, 2},  /* OCTET STRING.length */
    {PHD_PRST, 8, PHD_APDU_BYTES - HEAD_BYTES, 10, 8}, /* length of the data APDU's choice */
};

static likeness check_lengths(dragoman_bytes bytes) {
    uint32_t choice = number_at(bytes, 0);
    uint32_t length = number_at(bytes, 2);
    likeness found = UNLIKE;
    for (size_t n = 0; n < sizeof length_rules / sizeof *length_rules; n++) {
        const length_rule *rule = &length_rules[n];
        if (rule->choice != choice) {
            continue;
        }
        if (length < rule->least || length > rule->most) {
            return UNLIKE;
        }
        bool is_there = rule->place == 0 || bytes.size >= (size_t)rule->place + 2;
        if (!is_there) {
            return UNDECIDED;
        }
        if (rule->place != 0 && number_at(bytes, rule->place) != length - rule->before) {
            return UNLIKE;
        }
        found = ALIKE;
    }
    bool is_odd = choice == PHD_PRST && !is_data_choice(number_at(bytes, 8));
    return found == ALIKE && is_odd ? UNLIKE : found;
}

static likeness look(dragoman_bytes bytes) {
    if (bytes.size > 0 && (bytes.data[0] < PHD_AARQ >> 8 || bytes.data[0] > PHD_PRST >> 8)) {
        return UNLIKE;
    }
    if (bytes.size > 1 && bytes.data[1] != 0) {
        return UNLIKE;
    }
    return bytes.size < HEAD_BYTES ? UNDECIDED : check_lengths(bytes);
}

static dragoman_bytes from(dragoman_bytes bytes, size_t at) {
    return (dragoman_bytes){bytes.data + at, bytes.size - at};
}

/* Everything up to the next place where an APDU may begin. */
static phd_frame skip(dragoman_bytes unread, bool is_broken) {
    size_t at = 1;
    while (at < unread.size && look(from(unread, at)) == UNLIKE) {
        at++;
    }
    return (phd_frame){.kind = PHD_FRAME_SKIP, .consumed = at, .is_broken = is_broken};
}

phd_frame phd_frame_next(dragoman_bytes unread) {
    if (unread.size == 0) {
        return (phd_frame){.kind = PHD_FRAME_MORE};
    }
    likeness found = look(unread);
    if (found == UNLIKE) {
        return skip(unread, false);
    }
    if (found == UNDECIDED) {
        return (phd_frame){.kind = PHD_FRAME_MORE};
    }
    size_t whole = HEAD_BYTES + number_at(unread, 2);
    if (unread.size < whole) {
        return (phd_frame){.kind = PHD_FRAME_MORE};
    }
    if (look(from(unread, whole)) == UNLIKE) {
        return skip(unread, true);
    }
    return (phd_frame){.kind = PHD_FRAME_APDU,
                       .consumed = whole,
                       .choice = (uint16_t)number_at(unread, 0),
                       .body = {unread.data + HEAD_BYTES, whole - HEAD_BYTES}};
}

phd_data phd_data_read(dragoman_bytes body) {
    phd_reader reader = phd_read(body);
    (void)phd_u16(&reader);
    phd_data data = {.invoke_id = phd_u16(&reader), .choice = phd_u16(&reader)};
    data.body = phd_octets(&reader);
    return data;
}

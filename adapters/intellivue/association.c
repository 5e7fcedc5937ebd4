#include "association.h"
#include "codes.h"
#include <string.h>

#define SESSION_LONG 0xFF /* a length of three bytes: this one and a u_16 */
#define ASN_LONG 0x80     /* a length whose low bits count the bytes that hold it */

#define MDDL_VERSION1 0x80000000u
#define NOMEN_VERSION 0x40000000u
#define SYST_CLIENT 0x80000000u
#define SYST_SERVER 0x00800000u
#define COLD_START 0x20000000u
#define POLL_PROFILE_REV_0 0x80000000u
#define P_OPT_DYN_OBJECTS 0x60000000u /* P_OPT_DYN_CREATE_OBJECTS and P_OPT_DYN_DELETE_OBJECTS */
#define BANDWIDTH_UNKNOWN 0xFFFFFFFFu

static const uint8_t session_data[] = {0x05, 0x08, 0x13, 0x01, 0x00, 0x16, 0x01,
                                       0x02, 0x80, 0x00, 0x14, 0x02, 0x00, 0x02};

#define PRESENTATION_HEADER 0xC1
static const uint8_t request_header[] = {
    0x31, 0x80, 0xA0, 0x80, 0x80, 0x01, 0x01, 0x00, 0x00, 0xA2, 0x80, 0xA0, 0x03, 0x00, 0x00, 0x01, 0xA4, 0x80, 0x30,
    0x80, 0x02, 0x01, 0x01, 0x06, 0x04, 0x52, 0x01, 0x00, 0x01, 0x30, 0x80, 0x06, 0x02, 0x51, 0x01, 0x00, 0x00, 0x00,
    0x00, 0x30, 0x80, 0x02, 0x01, 0x02, 0x06, 0x0C, 0x2A, 0x86, 0x48, 0xCE, 0x14, 0x02, 0x01, 0x00, 0x00, 0x00, 0x01,
    0x01, 0x30, 0x80, 0x06, 0x0C, 0x2A, 0x86, 0x48, 0xCE, 0x14, 0x02, 0x01, 0x00, 0x00, 0x00, 0x02, 0x01, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x61, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01, 0xA0, 0x80, 0x60, 0x80, 0xA1, 0x80, 0x06, 0x0C,
    0x2A, 0x86, 0x48, 0xCE, 0x14, 0x02, 0x01, 0x00, 0x00, 0x00, 0x03, 0x01, 0x00, 0x00, 0xBE, 0x80, 0x28, 0x80, 0x06,
    0x0C, 0x2A, 0x86, 0x48, 0xCE, 0x14, 0x02, 0x01, 0x00, 0x00, 0x00, 0x01, 0x01, 0x02, 0x01, 0x02, 0x81};

#define TRAILER_BYTES 16u
static const uint8_t trailer[TRAILER_BYTES] = {0};

static const uint8_t release_response[] = {0x0A, 0x18, 0xC1, 0x16, 0x61, 0x80, 0x30, 0x80, 0x02,
                                           0x01, 0x01, 0xA0, 0x80, 0x63, 0x80, 0x80, 0x01, 0x00,
                                           0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};

static const uint8_t abort_message[] = {0x19, 0x2E, 0x11, 0x01, 0x03, 0xC1, 0x29, 0xA0, 0x80, 0xA0, 0x80, 0x30,
                                        0x80, 0x02, 0x01, 0x01, 0x06, 0x02, 0x51, 0x01, 0x00, 0x00, 0x00, 0x00,
                                        0x61, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01, 0xA0, 0x80, 0x64, 0x80, 0x80,
                                        0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};

/* How user data begin in a response, in its two encodings ("Association Response Message"). */
static const uint8_t data_begin_short[] = {0xBE, 0x80, 0x28, 0x80, 0x81};
static const uint8_t data_begin[] = {0xBE, 0x80, 0x28, 0x80, 0x02, 0x01, 0x02, 0x81};

bool intellivue_association_is_whole(dragoman_bytes message) {
    intellivue_reader reader = intellivue_reader_of(message);
    (void)intellivue_read_u8(&reader);
    size_t length = intellivue_read_u8(&reader);
    if (length == SESSION_LONG) {
        length = intellivue_read_u16(&reader);
    }
    return !reader.has_failed && reader.left == length;
}

static void write_user_data(intellivue_writer *writer, const intellivue_profile *profile) {
    const uint32_t versions[] = {MDDL_VERSION1, NOMEN_VERSION, 0, SYST_CLIENT, COLD_START};
    for (size_t n = 0; n < sizeof versions / sizeof *versions; n++) {
        intellivue_write_u32(writer, versions[n]);
    }
    intellivue_write_u32(writer, 0); /* option_list: empty */
    intellivue_write_u16(writer, 1); /* supported_aprofiles */
    size_t profiles = intellivue_write_later(writer);
    intellivue_write_u16(writer, NOM_POLL_PROFILE_SUPPORT);
    size_t support = intellivue_write_later(writer);
    const uint32_t parts[] = {POLL_PROFILE_REV_0,  profile->min_poll_period, profile->max_mtu_rx,
                              profile->max_mtu_tx, BANDWIDTH_UNKNOWN,        P_OPT_DYN_OBJECTS};
    for (size_t n = 0; n < sizeof parts / sizeof *parts; n++) {
        intellivue_write_u32(writer, parts[n]);
    }
    intellivue_write_u16(writer, 1); /* optional_packages */
    size_t packages = intellivue_write_later(writer);
    intellivue_write_u16(writer, NOM_ATTR_POLL_PROFILE_EXT);
    size_t extension = intellivue_write_later(writer);
    intellivue_write_u32(writer, profile->extensions);
    intellivue_write_u32(writer, 0); /* ext_attr: empty */
    intellivue_write_length(writer, extension);
    intellivue_write_length(writer, packages);
    intellivue_write_length(writer, support);
    intellivue_write_length(writer, profiles);
}

/* Bytes of the user data of a request, whose lists have no variable parts: the lengths in front of them can be stated.
 */
#define USER_DATA_BYTES 72u

void intellivue_association_request(intellivue_writer *writer, const intellivue_profile *profile) {
    const size_t inner = sizeof request_header + 1 + USER_DATA_BYTES + TRAILER_BYTES;
    intellivue_write_u8(writer, CN_SPDU_SI);
    intellivue_write_u8(writer, (uint8_t)(sizeof session_data + 2 + inner));
    intellivue_write_bytes(writer, session_data, sizeof session_data);
    intellivue_write_u8(writer, PRESENTATION_HEADER);
    intellivue_write_u8(writer, (uint8_t)inner);
    intellivue_write_bytes(writer, request_header, sizeof request_header);
    intellivue_write_u8(writer, USER_DATA_BYTES);
    write_user_data(writer, profile);
    intellivue_write_bytes(writer, trailer, sizeof trailer);
}

void intellivue_release_response(intellivue_writer *writer) {
    intellivue_write_bytes(writer, release_response, sizeof release_response);
}

void intellivue_abort(intellivue_writer *writer) {
    intellivue_write_bytes(writer, abort_message, sizeof abort_message);
}

/* Moves the reader behind the first place where `mark` stands. */
static bool skip_to(intellivue_reader *reader, const uint8_t *mark, size_t size) {
    for (size_t n = 0; n + size <= reader->left; n++) {
        if (memcmp(reader->at + n, mark, size) == 0) {
            (void)intellivue_read_bytes(reader, n + size);
            return true;
        }
    }
    return false;
}

/* ASNLength: one byte below 128, or the number of bytes that hold the length. */
static size_t read_asn_length(intellivue_reader *reader) {
    size_t length = intellivue_read_u8(reader);
    if ((length & ASN_LONG) == 0) {
        return length;
    }
    size_t bytes = length & ~(size_t)ASN_LONG;
    length = 0;
    for (; bytes > 0 && length <= UINT16_MAX; bytes--) {
        length = length << 8 | intellivue_read_u8(reader);
    }
    return length;
}

/* The attribute `id` of a list that is read to its end; an empty reader when it is not in it. */
static intellivue_reader find_attribute(intellivue_reader *reader, uint32_t id) {
    uint16_t count = 0;
    intellivue_reader list = intellivue_read_list(reader, &count);
    intellivue_reader found = {NULL, 0, false};
    for (uint16_t n = 0; n < count; n++) {
        uint16_t attribute = intellivue_read_u16(&list);
        dragoman_bytes value = intellivue_read_sized(&list);
        if (attribute == id) {
            found = intellivue_reader_of(value);
        }
    }
    reader->has_failed |= !intellivue_reader_is_done(&list);
    return found;
}

static dragoman_status read_user_data(intellivue_reader *reader, intellivue_profile *profile) {
    (void)intellivue_read_bytes(reader, 12); /* protocol and nomenclature version, functional units */
    uint32_t system_type = intellivue_read_u32(reader);
    (void)intellivue_read_u32(reader);    /* startup mode */
    (void)find_attribute(reader, 0xFFFF); /* option_list: none is defined */
    intellivue_reader support = find_attribute(reader, NOM_POLL_PROFILE_SUPPORT);
    if (reader->has_failed) {
        return DRAGOMAN_INVALID;
    }
    if ((system_type & SYST_SERVER) == 0 || support.left == 0) {
        return DRAGOMAN_UNSUPPORTED;
    }
    (void)intellivue_read_u32(&support); /* revision */
    profile->min_poll_period = intellivue_read_u32(&support);
    profile->max_mtu_rx = intellivue_read_u32(&support);
    profile->max_mtu_tx = intellivue_read_u32(&support);
    (void)intellivue_read_u32(&support); /* bandwidth */
    (void)intellivue_read_u32(&support); /* options: whether objects come and go, which we expect anyway */
    intellivue_reader extension = find_attribute(&support, NOM_ATTR_POLL_PROFILE_EXT);
    profile->extensions = extension.left >= 4 ? intellivue_read_u32(&extension) : 0;
    return support.has_failed ? DRAGOMAN_INVALID : DRAGOMAN_OK;
}

dragoman_status intellivue_association_response(dragoman_bytes message, intellivue_profile *ret_profile) {
    intellivue_reader reader = intellivue_reader_of(message);
    if (!skip_to(&reader, data_begin, sizeof data_begin) &&
        !skip_to(&reader, data_begin_short, sizeof data_begin_short)) {
        return DRAGOMAN_INVALID;
    }
    size_t length = read_asn_length(&reader);
    if (reader.has_failed || length + TRAILER_BYTES > reader.left) {
        return DRAGOMAN_INVALID;
    }
    intellivue_reader data = intellivue_read_part(&reader, length);
    intellivue_profile profile = {0};
    dragoman_status status = read_user_data(&data, &profile);
    if (status == DRAGOMAN_OK) {
        *ret_profile = profile;
    }
    return status;
}

int64_t intellivue_association_timeout_ms(const intellivue_profile *profile) {
    int64_t period_ms = profile->min_poll_period / INTELLIVUE_TICKS_PER_MS;
    return period_ms < 3300 ? 10000 : period_ms <= 43000 ? 3 * period_ms : 130000;
}

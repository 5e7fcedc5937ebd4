/* Who speaks: the device that a group of rows comes from, and a key for it that never holds a patient's data. */
#include "translation.h"

void hl7v2_device_hear(hl7v2_translation *t, uint32_t mds, bool is_mds_row, const dragoman_identifier *identifier) {
    for (uint32_t n = 0; n < t->heard_count; n++) {
        hl7v2_heard *heard = &t->heard[n];
        if (heard->mds == mds) {
            if (is_mds_row && !heard->is_mds_row) {
                heard->identifier = *identifier;
                heard->is_mds_row = true;
            }
            return;
        }
    }
    if (t->heard_count < HL7V2_DEVICES_PER_GROUP) {
        t->heard[t->heard_count++] = (hl7v2_heard){mds, is_mds_row, *identifier};
    }
}

/* The parts of an identifier joined by '^', empty ones at the end left out. */
static dragoman_bytes joined_parts(hl7v2_message *message, const dragoman_bytes *parts, size_t count) {
    size_t size = 0;
    while (count > 0 && parts[count - 1].size == 0) {
        count--;
    }
    for (size_t n = 0; n < count; n++) {
        size += parts[n].size + 1;
    }
    uint8_t *text = (uint8_t *)hl7v2_take(message->memory, size + 1);
    if (text == NULL) {
        return (dragoman_bytes){NULL, 0};
    }
    size_t used = 0;
    for (size_t n = 0; n < count; n++) {
        if (n > 0) {
            text[used++] = '^';
        }
        if (parts[n].size > 0) {
            memcpy(text + used, parts[n].data, parts[n].size);
        }
        used += parts[n].size;
    }
    return (dragoman_bytes){text, used};
}

/* A field that carries an EUI-64 in one of its first four components: its identifier. */
static bool find_eui(hl7v2_message *message, dragoman_bytes field, dragoman_identifier *ret_identifier,
                     dragoman_bytes *ret_key) {
    if (field.size == 0) {
        return false;
    }
    hl7v2_components c;
    hl7v2_split(message, field, &c);
    dragoman_bytes part[4];
    bool has_eui = false;
    for (size_t n = 0; n < 4; n++) {
        part[n] = hl7v2_word(message, c.part[n]);
        has_eui |= hl7v2_is(part[n], "EUI-64");
    }
    if (!has_eui) {
        return false;
    }
    /* HD is namespace, id, type; EI has a value before them. */
    bool is_entity = hl7v2_is(part[3], "EUI-64");
    *ret_identifier = (dragoman_identifier){.authority = part[is_entity ? 1 : 0],
                                            .universal = part[is_entity ? 2 : 1],
                                            .universal_type = part[is_entity ? 3 : 2]};
    *ret_key = joined_parts(message, part, 4);
    return true;
}

static void keep_identifier(hl7v2_message *message, const dragoman_identifier *identifier, dragoman_device *device) {
    dragoman_identifier *kept = (dragoman_identifier *)hl7v2_take(message->memory, sizeof *kept);
    if (kept != NULL) {
        *kept = *identifier;
        device->identifiers = DRAGOMAN_LIST(kept, 1);
    }
}

/* The names of the sender, and for all but laboratories the bed, since one gateway speaks for many of them, else the
 * address: two monitors of one make must never be taken for one. */
static dragoman_bytes sender_key(hl7v2_translation *t) {
    hl7v2_message *message = &t->message;
    dragoman_bytes application = hl7v2_header_field(&t->header, 3);
    dragoman_bytes parts[2] = {hl7v2_word(message, hl7v2_component(message, application, 1)),
                               hl7v2_word(message, hl7v2_component(message, hl7v2_header_field(&t->header, 4), 1))};
    if (parts[0].size == 0) {
        parts[0] = hl7v2_word(message, hl7v2_component(message, application, 2));
    }
    dragoman_bytes sender = hl7v2_join(message, parts, 2, '/');
    dragoman_bytes bed = hl7v2_word(message, hl7v2_field(&t->claim.pv1, 3));
    bed = bed.size > 0 ? bed : t->peer;
    if (t->needs_bed && bed.size > 0) {
        dragoman_bytes with_bed[2] = {sender, bed};
        return hl7v2_join(message, with_bed, 2, '@');
    }
    return sender.size > 0 ? sender : DRAGOMAN_TEXT("-");
}

static const hl7v2_heard *find_heard(const hl7v2_translation *t, uint32_t mds, bool is_only) {
    const hl7v2_heard *found = NULL;
    for (uint32_t n = 0; n < t->heard_count; n++) {
        const hl7v2_heard *heard = &t->heard[n];
        bool is_candidate = heard->mds == mds || is_only;
        if (is_candidate && (found == NULL || (heard->is_mds_row && !found->is_mds_row))) {
            found = heard;
        }
    }
    return found;
}

/* ---- what rows say about the device itself ---- */

typedef enum part_kind {
    PART_MANUFACTURER,
    PART_MODEL,
    PART_SERIAL,
    PART_VERSION,
} part_kind;

static const struct {
    const char *name;
    part_kind kind;
    const char *part; /* of a version */
} described_by[] = {
    {"MDC_ID_MODEL_MANUFACTURER", PART_MANUFACTURER, NULL},
    {"MDC_ID_MODEL_NUMBER", PART_MODEL, NULL},
    {"MDC_ID_PROD_SPEC_SERIAL", PART_SERIAL, NULL},
    {"MDC_ID_PROD_SPEC_HW", PART_VERSION, "hardware"},
    {"MDC_ID_PROD_SPEC_SW", PART_VERSION, "software"},
    {"MDC_ID_PROD_SPEC_FW", PART_VERSION, "firmware"},
    {"MDC_ID_PROD_SPEC_PROTOCOL_REV", PART_VERSION, "protocol"},
    {"MDC_IDC_DEV_MFG", PART_MANUFACTURER, NULL},
    {"MDC_IDC_DEV_MODEL", PART_MODEL, NULL},
    {"MDC_IDC_DEV_SERIAL_NUMBER", PART_SERIAL, NULL},
};

static hl7v2_described *described_of(hl7v2_translation *t, uint32_t mds) {
    for (uint32_t n = 0; n < t->described_count; n++) {
        if (t->described[n].mds == mds) {
            return &t->described[n];
        }
    }
    if (t->described_count == HL7V2_DESCRIBED) {
        return NULL;
    }
    hl7v2_described *described = &t->described[t->described_count++];
    *described = (hl7v2_described){.mds = mds};
    return described;
}

static void keep_part(hl7v2_described *described, part_kind kind, const char *part, dragoman_bytes text) {
    switch (kind) {
    case PART_MANUFACTURER:
        described->manufacturer = text;
        break;
    case PART_MODEL:
        described->model = text;
        break;
    case PART_SERIAL:
        described->serial = text;
        break;
    default:
        if (described->version_count < HL7V2_VERSIONS) {
            described->versions[described->version_count++] =
                (dragoman_version){{(const uint8_t *)part, strlen(part)}, text};
        }
        break;
    }
}

void hl7v2_device_describe(hl7v2_translation *t, const hl7v2_row *row) {
    dragoman_bytes name = row->code.coding_count > 0 ? row->code.codings[0].text : row->code.text;
    /* Parts below the MDS describe themselves, not the device. */
    if (name.size < 7 || memcmp(name.data, "MDC_ID", 6) != 0 || row->path.vmd != 0 || row->path.channel != 0) {
        return;
    }
    for (size_t n = 0; n < sizeof described_by / sizeof *described_by; n++) {
        if (!hl7v2_is(name, described_by[n].name)) {
            continue;
        }
        hl7v2_described *described = described_of(t, row->levels >= 4 ? row->path.mds : 0);
        dragoman_bytes field = hl7v2_field(row->segment, 5);
        /* It is remembered beyond this report. A code is told by its name. */
        t->message.memory = &t->header_memory;
        dragoman_bytes text = hl7v2_word(&t->message, hl7v2_component(&t->message, field, 2));
        text = text.size > 0 ? text : hl7v2_word(&t->message, hl7v2_component(&t->message, field, 1));
        t->message.memory = &t->memory;
        if (described != NULL && text.size > 0) {
            keep_part(described, described_by[n].kind, described_by[n].part, text);
        }
        return;
    }
}

static void take_description(hl7v2_translation *t, uint32_t mds, bool is_only, dragoman_device *device) {
    for (uint32_t n = 0; n < t->described_count; n++) {
        const hl7v2_described *described = &t->described[n];
        if (described->mds == mds || is_only) {
            device->manufacturer = described->manufacturer.size > 0 ? described->manufacturer : device->manufacturer;
            device->model = described->model.size > 0 ? described->model : device->model;
            device->serial = described->serial.size > 0 ? described->serial : device->serial;
            device->versions = DRAGOMAN_LIST(described->versions, described->version_count);
            return;
        }
    }
}

/* Whether `text` begins with `word`, in letters of either case. */
static bool begins_with(dragoman_bytes text, const char *word) {
    size_t size = strlen(word);
    for (size_t n = 0; n < size; n++) {
        if (n >= text.size || (text.data[n] | 0x20) != (word[n] | 0x20)) {
            return false;
        }
    }
    return true;
}

/* IHE IDCO names the implanted device in PID-3: "model:M/serial:S" with its maker as the authority. */
static bool find_implant(hl7v2_translation *t, dragoman_identifier *ret_identifier, dragoman_device *device) {
    hl7v2_message *message = &t->message;
    dragoman_bytes field = hl7v2_field(&t->claim.pid, 3);
    dragoman_bytes repetition = {NULL, 0};
    while (field.size > 0 && hl7v2_cut(&field, message->delimiters.repetition, &repetition)) {
        dragoman_identifier found = hl7v2_extended_read(message, repetition);
        if (!begins_with(found.value, "model:")) {
            continue;
        }
        for (size_t n = 6; n < found.value.size; n++) {
            dragoman_bytes rest = {found.value.data + n, found.value.size - n};
            if (begins_with(rest, "/serial:")) {
                device->manufacturer = found.authority;
                device->model = (dragoman_bytes){found.value.data + 6, n - 6};
                device->serial = (dragoman_bytes){rest.data + 8, rest.size - 8};
                *ret_identifier = (dragoman_identifier){
                    .value = device->serial, .authority = found.authority, .type = DRAGOMAN_TEXT("SN")};
                dragoman_bytes parts[2] = {found.authority, found.value};
                device->key = hl7v2_join(message, parts, 2, '/');
                return device->serial.size > 0;
            }
        }
    }
    return false;
}

/* What the device rows of this MDS say of it. */
static void describe(const hl7v2_translation *t, uint32_t mds, bool is_only, dragoman_device *device) {
    for (uint32_t n = 0; n < t->nodes.count; n++) {
        const dragoman_node *node = (const dragoman_node *)hl7v2_rows_at(&t->nodes, n);
        if ((node->path.mds == mds || is_only) && node->path.vmd == 0 && node->path.channel == 0) {
            device->type = node->type;
            if (node->identifiers.count > 0) {
                device->identifiers = node->identifiers;
            }
            return;
        }
    }
}

void hl7v2_device_find(hl7v2_translation *t, uint32_t mds, bool is_only, dragoman_device *ret_device) {
    hl7v2_message *message = &t->message;
    *ret_device = (dragoman_device){.struct_size = sizeof *ret_device};
    dragoman_identifier identifier = {0};
    const hl7v2_heard *heard = find_heard(t, mds, is_only);
    if (heard != NULL) {
        identifier = heard->identifier;
        const dragoman_bytes parts[4] = {identifier.value, identifier.authority, identifier.universal,
                                         identifier.universal_type};
        ret_device->key = joined_parts(message, parts, 4);
    } else if (!find_implant(t, &identifier, ret_device) &&
               !find_eui(message, hl7v2_header_field(&t->header, 3), &identifier, &ret_device->key) &&
               !find_eui(message, hl7v2_field(&t->order, 3), &identifier, &ret_device->key)) {
        ret_device->key = sender_key(t);
    }
    if (heard == NULL && !is_only) {
        /* Two devices behind one name: their numbers in the message are all that tells them apart. */
        uint8_t digits[12];
        size_t size = 0;
        for (uint32_t rest = mds; rest > 0 || size == 0; rest /= 10) {
            digits[sizeof digits - ++size] = (uint8_t)('0' + rest % 10);
        }
        dragoman_bytes parts[2] = {ret_device->key, {digits + sizeof digits - size, size}};
        ret_device->key = hl7v2_join(message, parts, 2, '#');
    }
    if (hl7v2_identifier_is_set(&identifier)) {
        keep_identifier(message, &identifier, ret_device);
    }
    take_description(t, mds, is_only, ret_device);
    describe(t, mds, is_only, ret_device);
}

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

/* The names of the sender, and for monitors the bed: one gateway speaks for many of them. */
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
    if (t->has_monitor_rows && bed.size > 0) {
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
    } else if (!find_eui(message, hl7v2_header_field(&t->header, 3), &identifier, &ret_device->key) &&
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
    describe(t, mds, is_only, ret_device);
}

#include "link/mqtt.h"

#include "base/bytes.h"
#include <stdio.h>

/* MQTT 5.0, 2.1.2; the same numbers in 3.1.1. */
enum {
    CONNECT = 1,
    CONNACK = 2,
    PUBLISH = 3,
    PUBACK = 4,
    SUBSCRIBE = 8,
    SUBACK = 9,
    PINGREQ = 12,
    PINGRESP = 13,
    DISCONNECT = 14,
};

/* 2.2.2.2: the properties that we send or look for. */
enum {
    SESSION_EXPIRY = 0x11,
    SERVER_KEEP_ALIVE = 0x13,
    RECEIVE_MAXIMUM = 0x21,
    MAXIMUM_PACKET = 0x27,
};

enum {
    SUBSCRIBE_PACKET = 1, /* the one packet that we number ourselves */
    REFUSED = 0x80,       /* reason codes from here on */
};

static void put_number(buffer *to, uint64_t number, unsigned bytes) {
    while (bytes-- > 0) {
        buffer_append_byte(to, (uint8_t)(number >> 8 * bytes));
    }
}

static void put_text(buffer *to, dragoman_bytes text) {
    put_number(to, text.size, 2);
    buffer_append_bytes(to, text);
}

/* 2.1.4: seven bits a byte, the lowest first. */
static void put_length(buffer *to, size_t length) {
    do {
        buffer_append_byte(to, (uint8_t)((length & 0x7f) | (length > 0x7f ? 0x80 : 0)));
        length >>= 7;
    } while (length > 0);
}

static void put_packet(buffer *to, uint8_t type, uint8_t flags, const buffer *body) {
    buffer_append_byte(to, (uint8_t)(type << 4 | flags));
    put_length(to, body->size);
    if (body->data != NULL) {
        buffer_append_bytes(to, buffer_bytes(body));
    }
    to->failed |= body->failed;
}

void mqtt_start(mqtt_reader *self, const mqtt_subscription *of, buffer *to) {
    buffer body;
    buffer_init(&body);
    *self = (mqtt_reader){.of = of, .keep_alive_s = of->keep_alive_s};
    put_text(&body, bytes_of("MQTT"));
    buffer_append_byte(&body, of->is_v5 ? 5 : 4);
    /* 3.1.2.3: user, password; Clean Start is 0, so that the session goes on. */
    buffer_append_byte(&body, (uint8_t)((of->user.size > 0 ? 0x80 : 0) | (of->password.size > 0 ? 0x40 : 0)));
    put_number(&body, of->keep_alive_s, 2);
    if (of->is_v5) {
        put_length(&body, 5 + 3 + 5);
        buffer_append_byte(&body, SESSION_EXPIRY);
        put_number(&body, MQTT_SESSION_S, 4);
        buffer_append_byte(&body, RECEIVE_MAXIMUM);
        put_number(&body, of->receive_max, 2);
        buffer_append_byte(&body, MAXIMUM_PACKET);
        put_number(&body, MQTT_PACKET_BYTES_MAX, 4);
    }
    put_text(&body, of->client_id);
    if (of->user.size > 0) {
        put_text(&body, of->user);
    }
    if (of->password.size > 0) {
        put_text(&body, of->password);
    }
    put_packet(to, CONNECT, 0, &body);
    buffer_fini(&body);
}

static void subscribe(const mqtt_subscription *of, buffer *to) {
    /* 3.8.3.1: QoS 1; kept values only where the subscription is new, since the session holds what came later. */
    enum { QOS_1 = 1, RETAINED_WHEN_NEW = 0x10 };
    buffer body;
    buffer_init(&body);
    put_number(&body, SUBSCRIBE_PACKET, 2);
    if (of->is_v5) {
        put_length(&body, 0);
    }
    for (uint32_t i = 0; i < of->topic_count; i++) {
        put_text(&body, of->topics[i]);
        buffer_append_byte(&body, of->is_v5 ? QOS_1 | RETAINED_WHEN_NEW : QOS_1);
    }
    put_packet(to, SUBSCRIBE, 2, &body);
    buffer_fini(&body);
}

void mqtt_acknowledge(uint16_t packet, buffer *to) {
    buffer_append_byte(to, PUBACK << 4);
    put_length(to, 2);
    put_number(to, packet, 2);
}

void mqtt_ping(buffer *to) {
    buffer_append(to, (const uint8_t[]){PINGREQ << 4, 0}, 2);
}

void mqtt_farewell(buffer *to) {
    buffer_append(to, (const uint8_t[]){DISCONNECT << 4, 0}, 2);
}

/* What is left of a packet while it is taken apart. */
typedef struct rest {
    dragoman_bytes left;
    bool is_short; /* something was not there */
} rest;

static dragoman_bytes take(rest *from, size_t size) {
    dragoman_bytes taken = {from->left.data, size};
    if (size > from->left.size) {
        from->is_short = true;
        return (dragoman_bytes){0};
    }
    from->left.data += size;
    from->left.size -= size;
    return taken;
}

static uint32_t take_number(rest *from, unsigned bytes) {
    dragoman_bytes taken = take(from, bytes);
    uint32_t number = 0;
    for (size_t i = 0; i < taken.size; i++) {
        number = number << 8 | taken.data[i];
    }
    return number;
}

/* 1.5.5: at most four bytes. */
static uint32_t take_length(rest *from) {
    uint32_t length = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t byte = take_number(from, 1);
        length |= (byte & 0x7f) << 7 * i;
        if ((byte & 0x80) == 0) {
            return length;
        }
    }
    from->is_short = true;
    return 0;
}

static dragoman_bytes take_text(rest *from) {
    uint32_t size = take_number(from, 2);
    return take(from, size);
}

/* 2.2.2.2: how a property's value is laid out: fixed bytes, or a length as a variable number, a text, two texts. */
static bool skip_property(rest *from, uint32_t id) {
    static const char layouts[] = {
        [0x01] = '1', [0x02] = '4', [0x03] = 't', [0x08] = 't', [0x09] = 't', [0x0b] = 'v', [0x11] = '4',
        [0x12] = 't', [0x13] = '2', [0x15] = 't', [0x16] = 't', [0x17] = '1', [0x18] = '4', [0x19] = '1',
        [0x1a] = 't', [0x1c] = 't', [0x1f] = 't', [0x21] = '2', [0x22] = '2', [0x23] = '2', [0x24] = '1',
        [0x25] = '1', [0x26] = 'p', [0x27] = '4', [0x28] = '1', [0x29] = '1', [0x2a] = '1',
    };
    switch (id < sizeof layouts ? layouts[id] : 0) {
    case '1':
    case '2':
    case '4':
        (void)take(from, (size_t)(layouts[id] - '0'));
        return true;
    case 'p':
        (void)take_text(from);
        (void)take_text(from);
        return true;
    case 't':
        (void)take_text(from);
        return true;
    case 'v':
        (void)take_length(from);
        return true;
    default:
        return false;
    }
}

/* Goes through properties; ret_keep_alive (may be NULL) gets the broker's keep-alive. False: they are malformed. */
static bool take_properties(rest *from, uint16_t *ret_keep_alive) {
    uint32_t size = take_length(from);
    rest properties = {.left = take(from, size)};
    while (properties.left.size > 0 && !properties.is_short && !from->is_short) {
        uint32_t id = take_length(&properties);
        if (id == SERVER_KEEP_ALIVE && ret_keep_alive != NULL) {
            *ret_keep_alive = (uint16_t)take_number(&properties, 2);
        } else if (!skip_property(&properties, id)) {
            return false;
        }
    }
    return !properties.is_short && !from->is_short;
}

static dragoman_status malformed(error_record *error) {
    return error_set(error, DRAGOMAN_INVALID, "the broker does not keep to MQTT");
}

/* 3.2.2.2 of 5.0, and of 3.1.1 what is below 6. */
static dragoman_status refused(const mqtt_subscription *of, uint32_t code, error_record *error) {
    static const struct {
        uint8_t code;
        const char *text;
    } texts[] = {
        {1, "it does not speak this version of MQTT"},
        {2, "it does not like our client_id"},
        {3, "its service is not available"},
        {4, "user or password is wrong"},
        {5, "we are not authorised"},
        {0x84, "it does not speak MQTT 5: write `version: 3`"},
        {0x85, "it does not like our client_id"},
        {0x86, "user or password is wrong"},
        {0x87, "we are not authorised"},
        {0x88, "its service is not available"},
        {0x89, "it is busy"},
        {0x8a, "we are banned"},
    };
    const char *text = "it says no";
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        text = texts[i].code == code ? texts[i].text : text;
    }
    return error_set(error, DRAGOMAN_DENIED, "the broker refuses us: %s (%s 0x%02x)", text,
                     of->is_v5 ? "reason" : "return code", code);
}

static dragoman_status read_connack(mqtt_reader *self, rest *from, buffer *to, error_record *error) {
    (void)take_number(from, 1);
    uint32_t code = take_number(from, 1);
    if (from->is_short || self->stage != MQTT_STARTING) {
        return malformed(error);
    }
    if (code != 0) {
        return refused(self->of, code, error);
    }
    if (self->of->is_v5 && !take_properties(from, &self->keep_alive_s)) {
        return malformed(error);
    }
    self->stage = MQTT_SUBSCRIBING;
    subscribe(self->of, to);
    return DRAGOMAN_OK;
}

static dragoman_status read_suback(mqtt_reader *self, rest *from, error_record *error) {
    uint32_t packet = take_number(from, 2);
    bool is_good = self->stage == MQTT_SUBSCRIBING && packet == SUBSCRIBE_PACKET &&
                   (!self->of->is_v5 || take_properties(from, NULL));
    if (!is_good || from->is_short || from->left.size != self->of->topic_count) {
        return malformed(error);
    }
    for (uint32_t i = 0; i < self->of->topic_count; i++) {
        if (from->left.data[i] >= REFUSED) {
            return error_set(error, DRAGOMAN_DENIED, "the broker does not let us read %.*s (0x%02x)",
                             BYTES_FORMAT(self->of->topics[i]), from->left.data[i]);
        }
    }
    self->stage = MQTT_READY;
    return DRAGOMAN_OK;
}

static bool is_topic(dragoman_bytes topic) {
    return topic.size > 0 && bytes_is_utf8(topic) && memchr(topic.data, '+', topic.size) == NULL &&
           memchr(topic.data, '#', topic.size) == NULL;
}

/* 3.3: up to the payload. */
static dragoman_status read_publish(const mqtt_reader *self, uint8_t flags, rest *from, mqtt_message *ret_message,
                                    error_record *error) {
    unsigned qos = flags >> 1 & 3u;
    mqtt_message message = {.is_retained = (flags & 1u) != 0};
    message.topic = take_text(from);
    message.packet = qos == 0 ? 0 : (uint16_t)take_number(from, 2);
    if (self->of->is_v5 && !from->is_short && !take_properties(from, NULL)) {
        from->is_short = true;
    }
    message.payload = from->left;
    if (from->is_short) {
        return DRAGOMAN_NEED_MORE;
    }
    /* We asked for QoS 1, and allow no aliases of topics. */
    if (self->stage == MQTT_STARTING || qos > 1 || (qos == 1 && message.packet == 0) || !is_topic(message.topic)) {
        return malformed(error);
    }
    *ret_message = message;
    return DRAGOMAN_OK;
}

/* The first bytes of a message that is too long: enough to acknowledge it. */
static dragoman_status read_too_long(mqtt_reader *self, uint8_t flags, rest *from, uint32_t length, size_t *ret_used,
                                     mqtt_message *ret_message, error_record *error) {
    enum { HEAD_BYTES_MAX = 2 + 65535 + 2 };
    if (self->of->is_v5) {
        /* 3.1.2.11.4: it must not send what is longer than we said. */
        return malformed(error);
    }
    size_t before = from->left.size;
    dragoman_status status = read_publish(self, flags, from, ret_message, error);
    if (status == DRAGOMAN_OK) {
        size_t head = before - ret_message->payload.size;
        ret_message->is_too_long = true;
        ret_message->payload.size = 0;
        *ret_used += head;
        self->skip = length - (uint32_t)head;
    } else if (status == DRAGOMAN_NEED_MORE && before >= HEAD_BYTES_MAX) {
        return malformed(error);
    }
    return status;
}

static dragoman_status read_disconnect(const mqtt_reader *self, rest *from, error_record *error) {
    uint32_t code = from->left.size > 0 ? take_number(from, 1) : 0;
    if (!self->of->is_v5) {
        return malformed(error);
    }
    const char *why = code == 0x8e ? "somebody else came with our client_id" : "by itself";
    return error_set(error, DRAGOMAN_CLOSED, "the broker ended it: %s (reason 0x%02x)", why, code);
}

static dragoman_status read_body(mqtt_reader *self, uint8_t head, rest *from, mqtt_message *ret_message, buffer *to,
                                 error_record *error) {
    uint8_t flags = head & 0xf;
    uint8_t type = head >> 4;
    if (type == PUBLISH) {
        dragoman_status status = read_publish(self, flags, from, ret_message, error);
        return status == DRAGOMAN_NEED_MORE ? malformed(error) : status;
    }
    if (flags != 0) {
        return malformed(error);
    }
    switch (type) {
    case CONNACK:
        return read_connack(self, from, to, error);
    case SUBACK:
        return read_suback(self, from, error);
    case PINGRESP:
        return from->left.size == 0 ? DRAGOMAN_OK : malformed(error);
    case DISCONNECT:
        return read_disconnect(self, from, error);
    default:
        return malformed(error);
    }
}

dragoman_status mqtt_read(mqtt_reader *self, dragoman_bytes unread, size_t *ret_used, mqtt_message *ret_message,
                          buffer *to, error_record *error) {
    enum { LENGTH_BYTES_MAX = 4 };
    *ret_message = (mqtt_message){.packet = 0};
    *ret_used = unread.size < self->skip ? unread.size : self->skip;
    self->skip -= (uint32_t)*ret_used;
    rest from = {.left = {unread.data + *ret_used, unread.size - *ret_used}};
    uint8_t head = (uint8_t)take_number(&from, 1);
    uint32_t length = take_length(&from);
    if (from.is_short) {
        bool is_none = unread.size - *ret_used >= 1 + LENGTH_BYTES_MAX;
        return is_none ? malformed(error) : *ret_used > 0 ? DRAGOMAN_OK : DRAGOMAN_NEED_MORE;
    }
    size_t before = (size_t)(from.left.data - unread.data);
    if (length > MQTT_PACKET_BYTES_MAX && head >> 4 == PUBLISH) {
        size_t used = before;
        dragoman_status status = read_too_long(self, head & 0xf, &from, length, &used, ret_message, error);
        *ret_used = status == DRAGOMAN_OK ? used : *ret_used;
        return status == DRAGOMAN_NEED_MORE && *ret_used > 0 ? DRAGOMAN_OK : status;
    }
    if (length > MQTT_PACKET_BYTES_MAX) {
        return malformed(error);
    }
    if (from.left.size < length) {
        return *ret_used > 0 ? DRAGOMAN_OK : DRAGOMAN_NEED_MORE;
    }
    from.left.size = length;
    *ret_used = before + length;
    return read_body(self, head, &from, ret_message, to, error);
}

/* A report as messages: their topics, bytes and properties, and what the broker answers. */
#include "sinks/mqtt/mqtt.h"

#include "base/bytes.h"
#include "loop/clock.h"
#include <stdio.h>
#include <stdlib.h>

/* What comes in place of the metric for alerts and context events. */
static const dragoman_bytes events_name = DRAGOMAN_TEXT_INIT("_events");

static dragoman_status fail(mqtt_slot *slot, dragoman_status status, sink_outcome outcome, const char *reason) {
    slot->outcome = outcome;
    snprintf(slot->reason, sizeof slot->reason, "%s", reason);
    return status;
}

static dragoman_status add_part(mqtt_slot *slot, const char *topic, size_t length, mqtt_part part) {
    if (slot->part_count == slot->part_room) {
        uint32_t room = slot->part_room == 0 ? 16 : slot->part_room * 2;
        mqtt_part *parts = realloc(slot->parts, room * sizeof *parts);
        if (parts == NULL) {
            return fail(slot, DRAGOMAN_NO_MEMORY, SINK_RETRY, "no memory for a message");
        }
        slot->parts = parts;
        slot->part_room = room;
    }
    part.topic_at = slot->topics.size;
    buffer_append(&slot->topics, topic, length + 1);
    slot->parts[slot->part_count++] = part;
    return slot->topics.failed ? fail(slot, DRAGOMAN_NO_MEMORY, SINK_RETRY, "no memory for a message") : DRAGOMAN_OK;
}

/* A message is one thing: it needs no length before it and no line end behind it. */
static mqtt_part whole(const mqtt_sink *self, dragoman_bytes body) {
    mqtt_part part = {.at = 0, .size = body.size, .is_retained = self->is_retained};
    if (self->format == SINK_FORMAT_PROTOBUF) {
        while (part.at + 1 < body.size && (body.data[part.at] & 0x80) != 0) {
            part.at++;
        }
        part.at++;
        part.size -= part.at;
    } else if (self->format != SINK_FORMAT_RESOURCES && body.size > 0 && body.data[body.size - 1] == '\n') {
        part.size--;
    }
    return part;
}

static dragoman_status check_size(const mqtt_sink *self, mqtt_slot *slot, mqtt_part part) {
    /* MQTT 5.0, 2.1.4: what a length of four bytes can say; and what the broker says, less a header. */
    enum { LONGEST = 268435455, HEADER_BYTES = TOPIC_BYTES + 512 };
    size_t most = self->limits.packet_bytes == 0 ? LONGEST : self->limits.packet_bytes;
    if (part.size + HEADER_BYTES > most && part.size + strlen((char *)slot->topics.data + part.topic_at) + 512 > most) {
        char reason[128];
        snprintf(reason, sizeof reason, "a message of %zu bytes is more than the broker takes (%zu)", part.size, most);
        return fail(slot, DRAGOMAN_LIMIT, SINK_REJECTED, reason);
    }
    return DRAGOMAN_OK;
}

dragoman_status mqtt_lay_out(mqtt_sink *self, mqtt_slot *slot) {
    const sink_item *item = &slot->item;
    char topic[TOPIC_BYTES];
    dragoman_bytes names[TOPIC_WORDS] = {
        [TOPIC_SITE] = bytes_of(self->site), [TOPIC_SINK] = bytes_of(self->name),    [TOPIC_UNIT] = item->subject->unit,
        [TOPIC_BED] = item->subject->bed,    [TOPIC_DEVICE] = item->subject->device,
    };
    buffer_reset(&slot->topics);
    slot->part_count = 0;
    slot->report = item->subject->report;
    bool has_parts = self->topic.has[TOPIC_METRIC];
    dragoman_status status = DRAGOMAN_OK;
    for (uint32_t i = 0; status == DRAGOMAN_OK && i < (has_parts ? item->part_count : 1); i++) {
        mqtt_part part = whole(self, item->body);
        if (has_parts) {
            const sink_part *one = &item->parts[i];
            bool is_value = i + 1 < item->part_count || one->metric.size > 0;
            names[TOPIC_METRIC] = is_value ? one->metric : events_name;
            /* The last alert is no state of anything: who comes later must not take it for one. */
            part = (mqtt_part){.at = one->at, .size = one->size, .is_retained = self->is_retained && is_value};
        }
        size_t length = topic_write(&self->topic, names, topic);
        status = length == 0
                     ? fail(slot, DRAGOMAN_LIMIT, SINK_REJECTED, "the names in this report make a topic too long")
                     : add_part(slot, topic, length, part);
        if (status == DRAGOMAN_OK) {
            status = check_size(self, slot, slot->parts[slot->part_count - 1]);
        }
    }
    return status;
}

static void ring(mqtt_sink *self) {
    self->is_rung = true;
    pthread_cond_signal(&self->news);
}

/* One message more goes to the client. */
static void count_out(mqtt_sink *self) {
    pthread_mutex_lock(&self->lock);
    if (self->inflight_now++ == 0) {
        self->progress_at_us = clock_now().monotonic_us;
    }
    pthread_mutex_unlock(&self->lock);
}

/* With the lock held: one came back. */
static void count_back(mqtt_sink *self) {
    self->inflight_now--;
    self->progress_at_us = clock_now().monotonic_us;
}

/* With the lock held. */
static uint32_t most_at_once(const mqtt_sink *self) {
    return self->qos > 0 && self->limits.at_once < self->inflight ? self->limits.at_once : self->inflight;
}

/* With the lock held. */
static uint32_t room_now(const mqtt_sink *self) {
    uint32_t most = most_at_once(self);
    return self->state == MQTT_UP && most > self->inflight_now ? most - self->inflight_now : 0;
}

static void answered(mqtt_slot *slot, sink_outcome outcome, const char *reason) {
    mqtt_sink *self = slot->owner;
    pthread_mutex_lock(&self->lock);
    slot->answered++;
    count_back(self);
    if (outcome != SINK_DELIVERED && slot->outcome == 0) {
        slot->outcome = outcome;
        snprintf(slot->reason, sizeof slot->reason, "%s answers %s", self->shown, reason);
    }
    /* Not for each message: waking costs more than sending one. */
    bool can_send = self->is_short && self->inflight_now <= most_at_once(self) / 2;
    if (can_send || slot->outcome != 0 || slot->answered == slot->part_count) {
        ring(self);
    }
    pthread_mutex_unlock(&self->lock);
}

static void took(void *context, MQTTAsync_successData *data) {
    (void)data;
    answered(context, SINK_DELIVERED, "");
}

static void took_5(void *context, MQTTAsync_successData5 *data) {
    (void)data;
    answered(context, SINK_DELIVERED, "");
}

static void took_not(void *context, MQTTAsync_failureData *data) {
    answered(context, SINK_RETRY, data != NULL && data->message != NULL ? data->message : "nothing");
}

/* MQTT 5.0, 3.4.2.1: these speak of the message itself, so that it will never be taken. */
static bool is_final(int code) {
    return code == MQTTREASONCODE_TOPIC_NAME_INVALID || code == MQTTREASONCODE_PAYLOAD_FORMAT_INVALID ||
           code == MQTTREASONCODE_PACKET_TOO_LARGE;
}

static void took_not_5(void *context, MQTTAsync_failureData5 *data) {
    /* Without a reason of the broker's it is the library that gave up. */
    const char *reason = data == NULL                                 ? NULL
                         : data->reasonCode != MQTTREASONCODE_SUCCESS ? MQTTReasonCode_toString(data->reasonCode)
                         : data->message != NULL                      ? data->message
                                                                      : MQTTAsync_strerror(data->code);
    bool is_rejected = data != NULL && is_final((int)data->reasonCode);
    answered(context, is_rejected ? SINK_REJECTED : SINK_RETRY, reason == NULL ? "nothing" : reason);
}

static bool add_text(MQTTProperties *to, enum MQTTPropertyCodes code, const char *name, const char *value) {
    MQTTProperty property = {.identifier = code};
    /* The library copies both and writes to neither. */
    property.value.data = (MQTTLenString){(int)strlen(name), (char *)(uintptr_t)name};
    property.value.value = (MQTTLenString){(int)strlen(value), (char *)(uintptr_t)value};
    return MQTTProperties_add(to, &property) == 0;
}

static bool describe(const mqtt_sink *self, const mqtt_slot *slot, MQTTProperties *to) {
    static const char *const types[] = {
        [SINK_FORMAT_BUNDLES] = "application/fhir+json",
        [SINK_FORMAT_RESOURCES] = "application/fhir+ndjson",
        [SINK_FORMAT_PROTOBUF] = "application/x-protobuf; messageType=dragoman.v1.Report",
        [SINK_FORMAT_JSON] = "application/json",
    };
    char number[24];
    snprintf(number, sizeof number, "%llu", (unsigned long long)slot->report);
    MQTTProperty is_text = {.identifier = MQTTPROPERTY_CODE_PAYLOAD_FORMAT_INDICATOR};
    is_text.value.byte = self->format != SINK_FORMAT_PROTOBUF;
    MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL};
    expiry.value.integer4 = (unsigned)(self->expiry_ms / 1000);
    return MQTTProperties_add(to, &is_text) == 0 &&
           add_text(to, MQTTPROPERTY_CODE_CONTENT_TYPE, types[self->format], "") &&
           (self->expiry_ms == 0 || MQTTProperties_add(to, &expiry) == 0) &&
           add_text(to, MQTTPROPERTY_CODE_USER_PROPERTY, "report", number);
}

/* False: the client does not take it. */
static bool send_part(mqtt_sink *self, mqtt_slot *slot, const MQTTProperties *properties) {
    const mqtt_part *part = &slot->parts[slot->sent];
    MQTTAsync_message message = MQTTAsync_message_initializer;
    MQTTAsync_responseOptions answer = MQTTAsync_responseOptions_initializer;
    /* The library copies it. */
    message.payload = (void *)(uintptr_t)(slot->item.body.data + part->at);
    message.payloadlen = (int)part->size;
    message.qos = self->qos;
    message.retained = part->is_retained;
    message.properties = *properties;
    answer.context = slot;
    if (self->version == 5) {
        answer.onSuccess5 = took_5;
        answer.onFailure5 = took_not_5;
    } else {
        answer.onSuccess = took;
        answer.onFailure = took_not;
    }
    count_out(self);
    slot->sent++;
    const char *topic = (const char *)slot->topics.data + part->topic_at;
    int code = MQTTAsync_sendMessage(self->client, topic, &message, &answer);
    if (code == MQTTASYNC_SUCCESS) {
        return true;
    }
    pthread_mutex_lock(&self->lock);
    self->inflight_now--;
    slot->answered++;
    pthread_mutex_unlock(&self->lock);
    mqtt_break(self, MQTTAsync_strerror(code));
    return false;
}

uint32_t mqtt_room(mqtt_sink *self) {
    pthread_mutex_lock(&self->lock);
    uint32_t room = room_now(self);
    pthread_mutex_unlock(&self->lock);
    return room;
}

/* How many messages may go out of what still has some. */
static uint32_t find_room(mqtt_sink *self) {
    pthread_mutex_lock(&self->lock);
    uint32_t room = room_now(self);
    self->is_short = room == 0;
    pthread_mutex_unlock(&self->lock);
    return room;
}

static void send_slot(mqtt_sink *self, mqtt_slot *slot, uint32_t room) {
    MQTTProperties properties = MQTTProperties_initializer;
    if (self->version == 5 && !describe(self, slot, &properties)) {
        mqtt_break(self, "there is no memory for a message");
        room = 0;
    }
    while (room > 0 && slot->sent < slot->part_count && send_part(self, slot, &properties)) {
        room--;
    }
    MQTTProperties_free(&properties);
}

/* The oldest item that has something to send and has not failed. */
static mqtt_slot *find_oldest(mqtt_sink *self) {
    mqtt_slot *oldest = NULL;
    pthread_mutex_lock(&self->lock);
    for (uint32_t i = 0; i < SINK_ITEMS_MAX; i++) {
        mqtt_slot *slot = &self->slots[i];
        bool has_more = slot->is_used && slot->outcome == 0 && slot->sent < slot->part_count;
        if (has_more && (oldest == NULL || slot->item.number < oldest->item.number)) {
            oldest = slot;
        }
    }
    pthread_mutex_unlock(&self->lock);
    return oldest;
}

void mqtt_send(mqtt_sink *self) {
    mqtt_slot *slot = NULL;
    uint32_t room = 0;
    while ((slot = find_oldest(self)) != NULL && (room = find_room(self)) > 0) {
        send_slot(self, slot, room);
    }
}

static void heard(mqtt_sink *self) {
    pthread_mutex_lock(&self->lock);
    count_back(self);
    ring(self);
    pthread_mutex_unlock(&self->lock);
}

static void said(void *context, MQTTAsync_successData *data) {
    (void)data;
    heard(context);
}

static void said_5(void *context, MQTTAsync_successData5 *data) {
    (void)data;
    heard(context);
}

/* What is not taken is said again over the next connection. */
static void said_not(void *context, MQTTAsync_failureData *data) {
    (void)data;
    heard(context);
}

static void said_not_5(void *context, MQTTAsync_failureData5 *data) {
    (void)data;
    heard(context);
}

void mqtt_say(mqtt_sink *self, const char *topic, dragoman_bytes body) {
    MQTTAsync_message message = MQTTAsync_message_initializer;
    MQTTAsync_responseOptions answer = MQTTAsync_responseOptions_initializer;
    message.payload = (void *)(uintptr_t)body.data;
    message.payloadlen = (int)body.size;
    message.qos = 1;
    message.retained = 1;
    answer.context = self;
    if (self->version == 5) {
        answer.onSuccess5 = said_5;
        answer.onFailure5 = said_not_5;
    } else {
        answer.onSuccess = said;
        answer.onFailure = said_not;
    }
    count_out(self);
    int code = MQTTAsync_sendMessage(self->client, topic, &message, &answer);
    if (code != MQTTASYNC_SUCCESS) {
        heard(self);
        mqtt_break(self, MQTTAsync_strerror(code));
    }
}

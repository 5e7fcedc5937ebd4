/*
 * The subscriber's side of MQTT 3.1.1 and 5.0, as bytes: what to send, and what came. Sans-IO; the line over which it
 * runs is mqtt_line.c.
 *
 * It is written out here because a message must be acknowledged after it was kept, and client libraries acknowledge it
 * when they have read it (docs/decisions/mqtt.md). It subscribes with QoS 1 and keeps its session, so that the broker
 * holds what came while we were away and gives again what was not acknowledged.
 */
#ifndef LINK_MQTT_H
#define LINK_MQTT_H

#include "base/buffer.h"
#include "base/error.h"

/* Topic filters of one link. */
#define MQTT_TOPICS_MAX 64u
/* The longest topic and payload together: a minute of a fast waveform as text. The broker of version 5 is told; what
 * one of 3.1.1 sends beyond it is refused. */
#define MQTT_PACKET_BYTES_MAX ((uint32_t)1 << 20)
/* How long a broker keeps what came while we were away (5.0; with 3.1.1 it decides itself): a long weekend. */
#define MQTT_SESSION_S (7u * 86400u)

typedef struct mqtt_subscription {
    bool is_v5;
    dragoman_bytes client_id;
    dragoman_bytes user, password; /* empty: none */
    const dragoman_bytes *topics;
    uint32_t topic_count;
    uint16_t keep_alive_s;
    uint16_t receive_max; /* messages that may wait for their acknowledgement (5.0) */
} mqtt_subscription;

typedef enum mqtt_stage {
    MQTT_STARTING = 0,    /* CONNECT is out */
    MQTT_SUBSCRIBING = 1, /* SUBSCRIBE is out; messages of the old session may come */
    MQTT_READY = 2,
} mqtt_stage;

typedef struct mqtt_reader {
    const mqtt_subscription *of;
    mqtt_stage stage;
    uint16_t keep_alive_s; /* the broker's, where it states one */
    uint32_t skip;         /* bytes of a message that is too long and is not kept */
} mqtt_reader;

/* A message that came. Borrowed from the bytes that were given. */
typedef struct mqtt_message {
    dragoman_bytes topic; /* empty: this packet was none */
    dragoman_bytes payload;
    uint16_t packet; /* to be acknowledged under this number; 0: not */
    bool is_retained;
    bool is_too_long; /* without its payload, whose bytes will be skipped */
} mqtt_message;

/* Begins a conversation: appends CONNECT. `of` must outlive it. */
void mqtt_start(mqtt_reader *self, const mqtt_subscription *of, buffer *to);
/* Reads one packet and appends what has to be answered at once. OK: ret_used bytes were taken, and ret_message has a
 * topic when it was a message. NEED_MORE: it is not whole. DENIED: the broker refuses us. CLOSED: it says farewell.
 * INVALID: it does not keep to the protocol. */
dragoman_status mqtt_read(mqtt_reader *self, dragoman_bytes unread, size_t *ret_used, mqtt_message *ret_message,
                          buffer *to, error_record *error);
/* Appends the acknowledgement of a message (PUBACK). */
void mqtt_acknowledge(uint16_t packet, buffer *to);
/* Appends a sign of life (PINGREQ). */
void mqtt_ping(buffer *to);
/* Appends the farewell (DISCONNECT); the session stays. */
void mqtt_farewell(buffer *to);

#endif

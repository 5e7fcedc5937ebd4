/*
 * The MQTT sink's own view of itself: reports as messages to a broker, several under way at once, through Paho's
 * asynchronous client.
 *
 * The store is the queue. Paho keeps nothing, a session is clean, and an item counts as delivered when the broker has
 * acknowledged all of its messages. When a connection is lost, whatever was under way is told as "not now", the client
 * is thrown away with what it still held, and the publisher gives the reports again. So a message may come twice and
 * none is lost; with QoS 0 what was written to a connection counts.
 *
 * Paho calls back on threads of its own. They only note what happened, under the lock; the sink's thread does the rest.
 */
#ifndef SINKS_MQTT_MQTT_H
#define SINKS_MQTT_MQTT_H

#include "base/buffer.h"
#include "sinks/mqtt/topic.h"
#include "sinks/sink.h"
#include <MQTTAsync.h>
#include <pthread.h>

#define MQTT_HOST_BYTES 256
#define MQTT_PATH_BYTES 4096
#define MQTT_NAME_BYTES 256
#define MQTT_REASON_BYTES 512
/* A password file has one line; longer ones are no passwords. */
#define MQTT_PASSWORD_BYTES 1024
/* A broker that does not answer at all is given up after this. */
#define MQTT_CONNECT_MS 10000
/* How long a first question blocks the sink's thread at the most. */
#define MQTT_PROBE_MS 5000
/* How long a farewell may take. */
#define MQTT_FAREWELL_MS 1000
/* Idle and cut off, the sink calls again after this, doubled up to the last; half of it is left to chance. */
#define MQTT_FIRST_RETRY_US 500000
#define MQTT_LAST_RETRY_US 60000000
/* How often an idle connection is looked after. */
#define MQTT_LOOK_AFTER_MS 1000
/* Messages on the way to the broker and not acknowledged. */
#define MQTT_INFLIGHT_MAX 1024

typedef enum mqtt_state {
    MQTT_DOWN = 0,
    MQTT_CONNECTING = 1,
    MQTT_UP = 2,
    MQTT_BROKEN = 3, /* to be thrown away; `reason` says why */
} mqtt_state;

/* One message of an item. */
typedef struct mqtt_part {
    size_t topic_at; /* in the slot's topics */
    size_t at, size; /* in the item's body */
    bool is_retained;
} mqtt_part;

typedef struct mqtt_sink mqtt_sink;

/* One item under way. */
typedef struct mqtt_slot {
    mqtt_sink *owner;
    bool is_used;
    sink_item item;
    uint64_t report;
    buffer topics; /* NUL-terminated, one behind the other */
    mqtt_part *parts;
    uint32_t part_count, part_room;
    uint32_t sent;
    uint32_t answered; /* the lock's */
    uint32_t outcome;  /* the lock's: sink_outcome, or 0 while all is well */
    char reason[MQTT_REASON_BYTES];
} mqtt_slot;

/* What a broker of version 5 says that it can take. */
typedef struct mqtt_limits {
    uint32_t packet_bytes; /* 0: not said */
    uint32_t at_once;      /* messages of QoS 1 and 2 that are not acknowledged (MQTT 5.0, 3.2.2.3.3) */
    bool refuses_retained;
    int qos;
} mqtt_limits;

struct mqtt_sink {
    /* As the site says; constant. */
    char uri[MQTT_HOST_BYTES + 16];   /* as Paho wants it */
    char shown[MQTT_HOST_BYTES + 16]; /* as the site wrote it */
    char certificate_file[MQTT_PATH_BYTES], key_file[MQTT_PATH_BYTES], authority_file[MQTT_PATH_BYTES];
    char password_file[MQTT_PATH_BYTES];
    char user[MQTT_NAME_BYTES], client_id[MQTT_NAME_BYTES];
    char site[MQTT_NAME_BYTES], name[MQTT_NAME_BYTES];
    bool is_tls, verify_server;
    int version; /* 3 or 5 */
    int qos;
    bool is_retained;
    uint32_t inflight;
    int64_t timeout_us, expiry_ms;
    int keep_alive_s;
    sink_format format;
    fhir_bundle bundle;
    topic_template topic, state_topic, links_topic;
    bool tells_links;
    sink_links *links;
    void *links_context;
    char state_text[TOPIC_BYTES]; /* the topic of our own state; empty: none */
    void (*log)(void *context, dragoman_log_level level, const char *text);
    void *log_context;

    /* The sink's thread's. */
    MQTTAsync client; /* or NULL */
    mqtt_slot slots[SINK_ITEMS_MAX];
    uint32_t under_way;
    bool has_announced;
    uint64_t *told; /* a hash of what was told of each link over this connection */
    uint32_t told_room;
    int64_t tell_links_us; /* not before */
    int64_t connecting_until_us, retry_at_us;
    uint32_t tries;
    uint64_t chance;

    pthread_mutex_t lock; /* of what follows, and what is marked in slots */
    pthread_cond_t news;
    bool is_rung, is_woken;
    mqtt_state state;
    uint32_t inflight_now;
    bool is_short;          /* there was no room for all that is to go out */
    int64_t progress_at_us; /* when an answer came last, or the first of what is under way went out */
    bool has_farewell;      /* the broker has our last word, or the connection's end */
    mqtt_limits limits;
    char reason[MQTT_REASON_BYTES];
};

/* Waits until something came from the broker (true), somebody wakes the sink, or the monotonic time has come. */
bool mqtt_pause(mqtt_sink *self, int64_t until_us);

/* Starts to connect. What comes of it stands in `state`. */
void mqtt_connect(mqtt_sink *self);
/* Tells the broker that we go, waits a bounded time, and throws the client away. */
void mqtt_disconnect(mqtt_sink *self);
/* Throws the client away: whatever it held is not delivered. */
void mqtt_drop(mqtt_sink *self);
/* Notes that the connection is of no use any more. */
void mqtt_break(mqtt_sink *self, const char *reason);
/* Says on the topic of our state that we are here. */
void mqtt_announce(mqtt_sink *self);
/* Says on the topics of links how they stand, where that has changed over this connection. */
void mqtt_tell_links(mqtt_sink *self, int64_t now_us);

/* Lays out the messages of the slot's item: topics and bytes. LIMIT: a topic or message is too long, with the reason in
 * the slot; NO_MEMORY. */
dragoman_status mqtt_lay_out(mqtt_sink *self, mqtt_slot *slot);
/* Hands messages to the client, the oldest item's first, as many as may be under way. */
void mqtt_send(mqtt_sink *self);
/* Hands over a retained message of QoS 1 about ourselves; there must be room. */
void mqtt_say(mqtt_sink *self, const char *topic, dragoman_bytes body);
/* How many messages may go to the client now. It gets no more than the broker takes at once: what it has to hold back
 * it looks at again only when it is given something else, or after a second. */
uint32_t mqtt_room(mqtt_sink *self);

#endif

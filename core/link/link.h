/*
 * A link: one way in which devices reach us or we reach them, over one or more channels: streams and datagrams. An
 * adapter of DRAGOMAN_SCOPE_SESSION has an instance for each connection, one of DRAGOMAN_SCOPE_LINK a single instance
 * that lives through all reconnections of the link's channels.
 *
 * A link lives on one loop's thread with that thread's environment. Its channels listen, or connect and reconnect with
 * back-off and jitter, are not read while too much is unsettled, and it tells how it stands.
 *
 * The program must ignore SIGPIPE: OpenSSL writes to sockets that the peer has closed.
 */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include "host/instance.h"
#include "link/address.h"
#include "link/serial.h"
#include "link/tls.h"
#include "loop/loop.h"

/* Connections that one listener holds: a large house's monitors; each costs some kB. */
#define LINK_CONNECTIONS_MAX_DEFAULT 2048u
/* Messages that one session may have unsettled before it is not read any more: enough to keep a pipelining sender's
 * pipe full. */
#define LINK_UNSETTLED_MAX_DEFAULT 256u
/* Wait before connecting again: doubles from the first to the last, less a random part. */
#define LINK_BACKOFF_FIRST_US 500000
#define LINK_BACKOFF_LAST_US 30000000
/* A serial port that is not there is looked for more often: it costs nobody anything. */
#define LINK_BACKOFF_SERIAL_LAST_US 2000000
/* How long a connect or a TLS handshake may take. */
#define LINK_CONNECT_TIMEOUT_US 10000000
/* How long a peer may leave what we send untouched before it counts as gone: TCP itself would wait for ever. */
#define LINK_SEND_TIMEOUT_US 30000000
/* A quiet peer is asked by TCP whether it is there after so long, so often, and so many times: a monitor that lost its
 * power comes back with a new connection, and the old ones must not use up connections_max. Two minutes in all; the
 * system's own habit is two hours. */
#define LINK_PROBE_AFTER_S 60
#define LINK_PROBE_EVERY_S 15
#define LINK_PROBES 4
/* Datagrams that waited longer than this before they could be read count as dropped: their values would pass for new
 * ones. */
#define LINK_DATAGRAM_AGE_US 1000000
/* The largest payload of a UDP datagram over IPv4 (RFC 768: 65,535 less the two headers). */
#define LINK_DATAGRAM_BYTES_MAX 65507u
/* Hosts that a channel remembers having heard, which it may answer: more monitors than one network segment has. */
#define LINK_HOSTS_MAX 1024u
/* Actions that one call into the link carries out: more than the answers that unsettled_max allows. An adapter that
 * has more does not end. */
#define LINK_ACTIONS_MAX 131072u
/* The least time between two calls of an adapter's expire, whatever its deadline says. */
#define LINK_EXPIRE_LEAST_US 1000
/* Wait before accepting again when there was no descriptor for a connection. */
#define LINK_ACCEPT_PAUSE_US 500000

/* Where one channel of a link goes. */
typedef struct link_channel_options {
    uint32_t channel; /* index into the adapter's channels */
    link_address address;
    bool is_listener;
} link_channel_options;

/* What a link that gets messages from a broker says to it. */
typedef struct link_mqtt_options {
    bool is_v5;
    const dragoman_bytes *topics; /* filters; at least one */
    uint32_t topic_count;
    dragoman_bytes client_id;  /* the broker knows our session by it */
    dragoman_bytes user;       /* or empty */
    const char *password_file; /* or NULL */
    uint16_t keep_alive_s;
} link_mqtt_options;

typedef struct link_options {
    dragoman_bytes name;
    const host_adapter *adapter;
    const link_channel_options *channels;
    uint32_t channel_count;
    const dragoman_bytes *allow_open; /* what an adapter may open or send datagrams to: "10.1.2.*:24105" */
    uint32_t allow_open_count;
    link_tls_options tls;   /* used with LINK_TLS and LINK_MQTTS */
    serial_settings serial; /* used with LINK_SERIAL and LINK_RFC2217 */
    link_mqtt_options mqtt; /* used with LINK_MQTT and LINK_MQTTS */
    dragoman_bytes profile;
    const dragoman_setting *settings;
    uint32_t setting_count;
    const time_zone *zone;
    time_habit habit;
    int64_t pace_us;        /* the least time between two sends on a line */
    int64_t stale_after_us; /* quiet for this long: the link is stale; 0: never */
    uint32_t connections_max;
    uint32_t unsettled_max;
    int64_t send_timeout_us;    /* 0: LINK_SEND_TIMEOUT_US */
    capture_recorder *recorder; /* what crosses it is recorded there; NULL: nothing is */
} link_options;

typedef enum link_state {
    LINK_NEVER_SEEN = 0, /* nobody has spoken yet */
    LINK_CONNECTING = 1,
    LINK_LIVE = 2,
    LINK_STALE = 3, /* connected, but quiet for longer than stale_after */
    LINK_GONE = 4,  /* it spoke, and nobody is connected now */
} link_state;

/* Figures since the start. */
typedef struct link_health {
    link_state state;
    uint32_t sessions;
    uint64_t sessions_total;
    uint64_t bytes_in, bytes_out;
    uint64_t restarts;     /* sessions ended by an adapter's failure */
    uint64_t dropped;      /* datagrams that could not be read in time */
    int64_t last_heard_us; /* UTC; 0: never */
    uint64_t counters[16]; /* by dragoman_counter */
    char last_error[ERROR_TEXT_BYTES];
} link_health;

typedef struct link_link link_link;

/* Makes and starts a link. What `options` points to must outlive it. INVALID, IO: it cannot listen (address in use, TLS
 * files) — with the mend; a link that cannot connect yet is no error. */
dragoman_status link_create(loop *on, host_environment *environment, const link_options *options, link_link **ret_link,
                            error_record *error);
/* Stops listening, connecting and reading; sessions end once their messages are settled and answered. link_is_drained
 * says when. */
void link_drain(link_link *self);
/* Whether a draining link has no session left, and none whose last answers are still on their way. */
bool link_is_drained(const link_link *self);
/* Ends everything at once and frees it. NULL is allowed. */
void link_destroy(link_link *self);

/* The port that the first listening channel got (for port 0), or 0. */
uint16_t link_port(const link_link *self);
/* The port that the channel with this index in the adapter listens on, or 0. */
uint16_t link_channel_port(const link_link *self, uint32_t channel);
/* How it stands. */
void link_health_get(const link_link *self, link_health *ret_health);
/* Adds to a counter (the environment's count hook finds the link by name and calls this). */
void link_count(link_link *self, uint32_t counter, uint64_t add);
/* After host_environment_settle told an instance: sends its actions and reads on. `owner` is host_instance_owner of it.
 */
void link_session_told(void *owner);

#endif

/*
 * What the files of this room share and nobody else sees.
 *
 * A link has channels (what the site file says: listen here, connect there). A session drives one instance of the
 * adapter over its lines; a line is what a channel runs over at the moment: a connection, a datagram socket. What may
 * end in the middle of a call is marked and freed when the outermost call leaves its session.
 */
#ifndef LINK_INTERNAL_H
#define LINK_INTERNAL_H

#include "link/datagram.h"
#include "link/link.h"
#include "link/resolve.h"
#include "link/rfc2217.h"
#include "link/stream.h"

/* Bytes read at a time: one buffer a link, so that idle sessions own none. It holds any datagram. */
#define LINK_READ_BYTES ((size_t)64 << 10)
/* Reads in one turn before the other lines get theirs. */
#define LINK_READS_PER_TURN 4
#define LINK_PEER_BYTES 80

typedef struct link_channel link_channel;
typedef struct link_session link_session;
typedef struct link_line link_line;
typedef struct link_farewell link_farewell;
typedef struct link_paced link_paced;

struct link_link {
    loop *on;
    host_environment *environment;
    const link_options *options;
    link_channel *channels; /* options->channel_count */
    link_session *sessions;
    loop_timer *restart;      /* of a link's only instance, after it failed */
    uint32_t restarts;        /* in a row, without anything heard */
    link_farewell *farewells; /* ended streams whose peers have not ended yet */
    uint32_t open_lines;      /* those that an adapter speaks over: connected, and TLS is done */
    bool is_draining;
    int64_t heard_us; /* monotonic: when something was heard last */
    uint64_t random;
    uint64_t untold;         /* dropped datagrams that the log does not know of yet */
    int64_t tell_dropped_us; /* not before */
    uint8_t *read_room;      /* the thread's */
    link_health health;
};

struct link_channel {
    link_link *link;
    const link_channel_options *options;
    link_tls *tls;
    int listener;
    loop_watch *listener_watch;
    loop_timer *accept_again;
    loop_timer *reconnect;
    link_resolve *resolve;
    uint32_t failures; /* connects that led to nothing, in a row */
    uint16_t port;     /* that it listens on */
};

typedef enum line_stage {
    LINE_CONNECTING, /* the socket is not connected yet */
    LINE_SHAKING,    /* TLS, or the settings of a terminal server's port */
    LINE_OPEN,
    LINE_CLOSING, /* no more input; what is unsent still leaves */
    LINE_OVER,
} line_stage;

/* What kinds of lines do in their own way. */
typedef struct line_carrier {
    uint32_t kind; /* dragoman_channel_kind */
    /* Carries a SEND or DATAGRAM out, or refuses it. May end the line. */
    void (*act)(link_line *line, const dragoman_action *action);
    /* Reads on after it was held back. May end the line. */
    void (*go_on)(link_line *line);
    /* Bytes that have not left yet. */
    size_t (*unsent)(const link_line *line);
    /* After any call into the adapter: waits for what is needed now. */
    void (*update)(link_line *line);
    /* give_up_us has passed. May end the line. */
    void (*give_up)(link_line *line);
    /* Closes and frees what it runs over; `is_orderly`: the peer may still hear what was said. */
    void (*end)(link_line *line, bool is_orderly);
} line_carrier;

struct link_line {
    link_line *after; /* in its session */
    link_session *session;
    link_channel *channel; /* NULL: opened by an action */
    uint32_t index;        /* the channel's, for events */
    const line_carrier *carrier;
    line_stage stage;
    bool is_initiator;
    bool is_open;       /* the adapter was told so */
    bool is_stopped;    /* too much is unsettled: not reading */
    bool is_ended;      /* the peer sends no more */
    int64_t give_up_us; /* monotonic; INT64_MAX: nothing is waited for */
    char peer[LINK_PEER_BYTES];
    link_stream *stream; /* one of these two */
    link_datagram *datagram;
    loop_watch *watch;
    host_stream unread;
    rfc2217 *telnet;        /* streams to a terminal server */
    int64_t quiet_until_us; /* monotonic: nothing is sent before */
    link_paced *waiting;    /* what was to be sent before that, in order */
    size_t waiting_bytes;
    size_t unread_by_peer; /* streams: what the peer had not taken when give_up_us was set */
};

/* Makes a stream's line around a socket that is connected or on its way. `host` is for TLS. Frees the descriptor on
 * failure. */
dragoman_status link_stream_line_start(link_session *session, link_channel *channel, uint32_t index, int descriptor,
                                       bool is_initiator, const char *peer, error_record *error);
/* Makes a datagram socket's line, which is open at once. Frees the socket on failure. */
dragoman_status link_datagram_line_start(link_session *session, link_channel *channel, uint32_t index,
                                         link_datagram *datagram, bool is_initiator, const char *peer,
                                         error_record *error);

/* Makes the line of a broker around a socket that is on its way. Frees the descriptor on failure. */
dragoman_status link_mqtt_line_start(link_session *session, link_channel *channel, uint32_t index, int descriptor,
                                     const char *peer, error_record *error);

/* Starts a channel: it listens, or begins to connect. */
dragoman_status link_channel_start(link_channel *channel, error_record *error);
/* Stops listening and connecting. Lines go on. */
void link_channel_stop(link_channel *channel);
/* A channel that keeps a line by itself (all but those that wait for connections) has none: plan the next try. */
void link_channel_again(link_channel *channel);
/* Carries out an OPEN, or refuses it. */
void link_channel_dial(link_session *session, const dragoman_action *action);

/* How long to wait after so many failures in a row, at most about `last_us`, with jitter. */
int64_t link_backoff_us(link_link *link, uint32_t failures, int64_t last_us);
/* After the only instance of a link failed: all begins anew, a little later. */
void link_restart_later(link_link *link);
/* Bytes were heard: the device is there. */
void link_heard(link_line *line, size_t size, const dragoman_now *now);
/* Datagrams were dropped before they were read (0 as well): counts them, and tells the gap now and then. */
void link_dropped(link_link *link, uint64_t count, const dragoman_now *now);
/* Keeps a sentence as the link's last error and logs it. */
void link_say(link_link *link, uint32_t level, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif

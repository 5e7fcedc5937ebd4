/*
 * The adapter ABI: what an adapter `.so` exports and what the host gives it.
 *
 * An adapter is a pure function with a memory. It gets events and the time; it gives reports, actions, and when it next
 * wants to be woken. It opens nothing, reads no clock, draws no random number but from its seed, starts no thread,
 * holds no global that changes, and calls nothing but the C library's pure functions and the host table. So the same
 * code is fuzzed, replayed from a capture, run for an hour of protocol time in a millisecond, and put in a process that
 * may do nothing but read and write a pipe.
 *
 * Threads: an instance is called from one thread at a time, always the same one. Different instances of one adapter may
 * run on different threads at once.
 *
 * Memory: whatever crosses the border is borrowed until the call returns, in both directions, unless a slot says
 * otherwise.
 *
 * Growth: this is ABI major 1. A minor appends members and kinds; nothing else changes. Every struct that may grow
 * begins with struct_size, filled by whoever made it; use DRAGOMAN_HAS to ask whether the other side knows a member. An
 * unknown event kind is answered with DRAGOMAN_OK and no effect; an unknown action kind is refused by the host with a
 * `refused` event.
 */
#ifndef DRAGOMAN_ADAPTER_H
#define DRAGOMAN_ADAPTER_H

#include "base.h"
#include "report.h"

#define DRAGOMAN_ABI_MAGIC 0x4e4d4744u /* "DGMN", little endian */
#define DRAGOMAN_ABI_MAJOR 1
#define DRAGOMAN_ABI_MINOR 1

/* Whether the struct that `pointer` points to was made by somebody who knows `member`. */
#define DRAGOMAN_HAS(pointer, member)                                                                                  \
    ((pointer)->struct_size >= offsetof(__typeof__(*(pointer)), member) + sizeof((pointer)->member))

#define DRAGOMAN_NO_DEADLINE INT64_MAX
#define DRAGOMAN_SEED_BYTES 32

/* What a channel carries. */
typedef enum dragoman_channel_kind {
    DRAGOMAN_CHANNEL_STREAM = 1,   /* serial, TCP, TLS: bytes in order */
    DRAGOMAN_CHANNEL_DATAGRAM = 2, /* UDP */
    DRAGOMAN_CHANNEL_MESSAGE = 3,  /* MQTT: topic and payload */
    DRAGOMAN_CHANNEL_HTTP_CLIENT = 4,
    DRAGOMAN_CHANNEL_HTTP_SERVER = 5,
    DRAGOMAN_CHANNEL_FILE = 6, /* a finite stream that cannot be answered */
} dragoman_channel_kind;

/* A channel that an adapter wants its links to have. Its index in the descriptor is how events and actions name it. */
typedef struct dragoman_channel {
    const char *name;     /* "main", "broadcast", "unicast" ... unique in the adapter */
    uint32_t kinds;       /* 1 << dragoman_channel_kind for each kind that will do */
    uint32_t is_optional; /* 1: a link without it still works */
} dragoman_channel;

/* For how much of a link one instance stands. */
typedef enum dragoman_scope {
    DRAGOMAN_SCOPE_SESSION = 1, /* one instance for each connection or file */
    DRAGOMAN_SCOPE_LINK = 2,    /* one instance for the link, through all its reconnections */
} dragoman_scope;

/* ------------------------------------------------------------------ events */

typedef enum dragoman_event_kind {
    DRAGOMAN_EVENT_OPENED = 1,
    DRAGOMAN_EVENT_BYTES = 2,
    DRAGOMAN_EVENT_DATAGRAM = 3,
    DRAGOMAN_EVENT_MESSAGE = 4,
    DRAGOMAN_EVENT_HTTP_REQUEST = 5,
    DRAGOMAN_EVENT_HTTP_RESPONSE = 6,
    DRAGOMAN_EVENT_CLOSED = 7,
    DRAGOMAN_EVENT_SETTLED = 8,
    DRAGOMAN_EVENT_REFUSED = 9, /* an action of yours was not carried out */
} dragoman_event_kind;

typedef struct dragoman_opened_event {
    uint32_t channel_kind;      /* dragoman_channel_kind: what this channel turned out to be */
    uint32_t is_initiator;      /* 1: we connected to the device; 0: it came to us */
    dragoman_bytes peer;        /* "10.0.0.9:2575", "/dev/ttyUSB0", a file's name: for identities, not for showing */
    dragoman_bytes tls_subject; /* of a verified client certificate, RFC 2253; else empty */
    dragoman_bytes tls_fingerprint; /* SHA-256 of it, 32 bytes; else empty */
} dragoman_opened_event;

typedef struct dragoman_bytes_event {
    dragoman_bytes unread; /* everything that was received and not consumed yet, oldest first */
    size_t fresh;          /* how many bytes at its end were not in the last call's unread */
    uint32_t is_end;       /* 1: the peer or file ends here; nothing follows */
    uint32_t reserved;
} dragoman_bytes_event;

typedef struct dragoman_datagram_event {
    dragoman_bytes payload;
    dragoman_bytes from; /* "address:port" */
} dragoman_datagram_event;

typedef struct dragoman_message_event {
    dragoman_bytes topic;
    dragoman_bytes payload;
    uint32_t is_retained; /* 1: an old value that the broker kept */
    uint32_t reserved;
} dragoman_message_event;

/* Headers are given as "Name: value\r\n" lines. */
typedef struct dragoman_http_event {
    uint64_t exchange;     /* names the request that a response belongs to */
    dragoman_bytes method; /* requests only */
    dragoman_bytes target; /* requests only */
    dragoman_bytes headers;
    dragoman_bytes body;
    uint32_t code; /* responses only; 0: none came, see body for the reason */
    uint32_t reserved;
} dragoman_http_event;

typedef enum dragoman_close_reason {
    DRAGOMAN_CLOSE_PEER = 1,   /* the other side ended it properly */
    DRAGOMAN_CLOSE_BROKEN = 2, /* reset, cable out, TLS failure */
    DRAGOMAN_CLOSE_TIMEOUT = 3,
    DRAGOMAN_CLOSE_SELF = 4,     /* your own close action */
    DRAGOMAN_CLOSE_SHUTDOWN = 5, /* dragoman stops */
} dragoman_close_reason;

typedef struct dragoman_closed_event {
    uint32_t reason; /* dragoman_close_reason */
    uint32_t reserved;
} dragoman_closed_event;

typedef enum dragoman_settlement {
    DRAGOMAN_DURABLE = 1,   /* committed to disk: acknowledge it */
    DRAGOMAN_DUPLICATE = 2, /* the same sender, id and bytes were committed before: acknowledge it again */
    DRAGOMAN_NOT_KEPT = 3,  /* it was not committed: see status and reason */
} dragoman_settlement;

/* Cumulative: speaks of every message of this instance up to and with `through` that was not spoken of before. */
typedef struct dragoman_settled_event {
    uint64_t through;    /* a number that message_begin gave */
    uint32_t settlement; /* dragoman_settlement */
    uint32_t
        status; /* dragoman_status; with NOT_KEPT: FULL, READ_ONLY, IO, LIMIT (our trouble) or INVALID (its fault) */
    dragoman_bytes reason; /* a sentence without patient data */
} dragoman_settled_event;

typedef struct dragoman_refused_event {
    uint32_t action; /* dragoman_action_kind */
    uint32_t status; /* dragoman_status */
    dragoman_bytes reason;
} dragoman_refused_event;

/* What happened. */
typedef struct dragoman_event {
    uint32_t struct_size;
    uint32_t kind;    /* dragoman_event_kind */
    uint32_t channel; /* index into the descriptor's channels; without meaning for SETTLED */
    uint32_t reserved;
    union {
        dragoman_opened_event opened;
        dragoman_bytes_event bytes;
        dragoman_datagram_event datagram;
        dragoman_message_event message;
        dragoman_http_event http;
        dragoman_closed_event closed;
        dragoman_settled_event settled;
        dragoman_refused_event refused;
        uint64_t room[16]; /* the union's size for this major */
    } of;
} dragoman_event;

/* What an adapter says of a BYTES event. */
typedef struct dragoman_progress {
    size_t consumed; /* bytes of unread that it is done with; never more than there are */
    size_t needed;   /* unread bytes it wants before it is called again; 0: any fresh byte will do */
} dragoman_progress;

/* ----------------------------------------------------------------- actions */

typedef enum dragoman_action_kind {
    DRAGOMAN_ACTION_SEND = 1,     /* data onto a stream channel */
    DRAGOMAN_ACTION_DATAGRAM = 2, /* data to `target` */
    DRAGOMAN_ACTION_OPEN = 3,     /* connect a channel to `target`; refused unless the site file allows it */
    DRAGOMAN_ACTION_CLOSE = 4,    /* after what was sent before has left */
    DRAGOMAN_ACTION_HTTP_REQUEST = 5,
    DRAGOMAN_ACTION_HTTP_RESPOND = 6,
} dragoman_action_kind;

/* Something the adapter wants done towards its device. Never a command that changes therapy, limits or a patient's
 * device. */
typedef struct dragoman_action {
    uint32_t struct_size; /* set by the host before the call; an adapter fills only what fits */
    uint32_t kind;        /* dragoman_action_kind */
    uint32_t channel;
    uint32_t code;         /* HTTP_RESPOND */
    uint64_t exchange;     /* HTTP_REQUEST: the adapter's own number; HTTP_RESPOND: the request's */
    dragoman_bytes data;   /* bytes, or a body */
    dragoman_bytes target; /* address:port, or method and URL ("POST /x") */
    dragoman_bytes headers;
} dragoman_action;

/* -------------------------------------------------------------------- host */

typedef enum dragoman_log_level {
    DRAGOMAN_LOG_ERROR = 1,
    DRAGOMAN_LOG_WARNING = 2,
    DRAGOMAN_LOG_INFO = 3,
    DRAGOMAN_LOG_DEBUG = 4,
} dragoman_log_level;

/* Things that are counted per link and shown by `dragoman status`. */
typedef enum dragoman_counter {
    DRAGOMAN_COUNT_RESYNCHRONISED = 1,     /* bytes skipped to find the next frame */
    DRAGOMAN_COUNT_BAD_FRAME = 2,          /* checksum, length or framing errors */
    DRAGOMAN_COUNT_REFUSED = 3,            /* messages answered with a refusal */
    DRAGOMAN_COUNT_DISCARDED = 4,          /* messages that the site told us to discard */
    DRAGOMAN_COUNT_REPLACED_CHARACTER = 5, /* bytes that no character set explains */
    DRAGOMAN_COUNT_CODE_MISMATCH = 6,
    DRAGOMAN_COUNT_ODD_VALUE = 7, /* values and times that are not of the type they claim */
} dragoman_counter;

/* The services of the host. `context` is the first argument of every slot. Slots are only appended. All may be called
 * only from inside init, handle, expire and next of the instance they were given to, on the same thread. */
typedef struct dragoman_host {
    uint32_t struct_size;
    uint16_t abi_major;
    uint16_t abi_minor;

    /* Memory that lives as long as the instance. size > 0; aligned for any type; zeroed. NULL when the instance's limit
     * is reached: the adapter then returns DRAGOMAN_NO_MEMORY. Given back with release or at the instance's end. */
    void *(*allocate)(void *context, size_t size);
    /* Gives memory of allocate back. NULL is allowed. */
    void (*release)(void *context, void *memory);
    /* Memory until the current call into the adapter returns. Not zeroed. NULL when the batch limit is reached. */
    void *(*batch)(void *context, size_t size);

    /* Opens a message: one transaction, even when nothing is emitted in it. `sender` and `id` name it as the device
     * does (both may be empty: then it is never taken for a duplicate); `digest` is a 64-bit hash of its bytes.
     * ret_number counts from 1 in this instance. Fails with INVALID when one is open already. A message that is open
     * when the call into the adapter returns stays open. */
    dragoman_status (*message_begin)(void *context, dragoman_bytes sender, dragoman_bytes id, uint64_t digest,
                                     uint64_t *ret_number);
    /* Adds a report to the open message; outside of one it becomes a message of its own. The report is checked against
     * the model's rules: INVALID (with the reason in the log) when it breaks one; nothing was added then. LIMIT: the
     * message has more reports or bytes than the named limit. */
    dragoman_status (*emit)(void *context, const dragoman_report *report);
    /* Closes the message and hands it on. It will be settled. */
    dragoman_status (*message_end)(void *context);
    /* Drops the open message and what was emitted in it; its number is not settled. */
    void (*message_abandon)(void *context);

    /* State that survives restarts, kept by link and key (at most 64 bytes). Inside a message it commits with it. */
    dragoman_status (*state_put)(void *context, dragoman_bytes key, dragoman_bytes value);
    /* Reads state, also what was put and is not committed yet. ret_value lives until the call into the adapter returns.
     * NOT_FOUND when there is none. */
    dragoman_status (*state_get)(void *context, dragoman_bytes key, dragoman_bytes *ret_value);

    /* Converts text from `charset` (a name that the descriptor lists) to UTF-8 in batch memory. Bytes that are not of
     * that set become U+FFFD and are counted in ret_replaced (may be NULL). UNSUPPORTED: a set the descriptor does not
     * list, or that this machine lacks. */
    dragoman_status (*to_utf8)(void *context, const char *charset, dragoman_bytes text, dragoman_bytes *ret_text,
                               size_t *ret_replaced);

    /* Says something to the operator. `text` must be free of patient data; what may hold any goes into `private_text`,
     * which is written only where the site allows it. Rate limited. */
    void (*log)(void *context, uint32_t level, dragoman_bytes text, dragoman_bytes private_text);
    /* Adds to one of the link's counters. */
    void (*count)(void *context, uint32_t counter, uint64_t add);
    /* Hands something that could not be understood to the dead letters: its bytes, where it failed and why. Inside a
     * message it commits with it, outside it is a message of its own. */
    dragoman_status (*dead_letter)(void *context, dragoman_bytes payload, dragoman_bytes stage, dragoman_bytes reason);
    /* What the device profile that speaks for `sender` (as it would stand in a report) says of the setting `key`, in
     * the form of a dragoman_setting; empty when no profile speaks or it does not mention it. A setting of the link
     * itself counts more: ask that first. Borrowed for the instance's life. */
    dragoman_bytes (*profile_setting)(void *context, const dragoman_code *sender, dragoman_bytes key);
} dragoman_host;

/* One setting of the link, already checked against the adapter's schema: booleans are "true" and "false", numbers
 * decimal, a list is one setting for each element. */
typedef struct dragoman_setting {
    dragoman_bytes key;
    dragoman_bytes value;
} dragoman_setting;

/* What an instance is made with. */
typedef struct dragoman_start {
    uint32_t struct_size;
    uint32_t reserved;
    dragoman_bytes link;    /* the link's name in the site file */
    dragoman_list settings; /* dragoman_setting */
    uint8_t seed[DRAGOMAN_SEED_BYTES];
    dragoman_now now;
    /* Since 1.1: what the `device:` section of the link's profile says, a dragoman_setting for each value in the order
     * of the file; its key is the way to it: "registers.0.address". Checked by check_profile before. Empty when the
     * link names no profile, or one without such a section. */
    dragoman_list profile;
} dragoman_start;

/* The value of a setting, or an empty slice. The last one counts when there are several. Borrowed from `start`. */
static inline dragoman_bytes dragoman_setting_find(const dragoman_start *start, dragoman_bytes key) {
    dragoman_bytes found = {NULL, 0};
    for (uint32_t i = 0; i < start->settings.count; i++) {
        const dragoman_setting *setting = (const dragoman_setting *)dragoman_list_at(&start->settings, i);
        bool same = setting->key.size == key.size;
        for (size_t n = 0; same && n < key.size; n++) {
            same = setting->key.data[n] == key.data[n];
        }
        if (same) {
            found = setting->value;
        }
    }
    return found;
}

/* -------------------------------------------------------------- descriptor */

typedef enum dragoman_setting_type {
    DRAGOMAN_SETTING_TEXT = 1,
    DRAGOMAN_SETTING_BOOLEAN = 2,
    DRAGOMAN_SETTING_INTEGER = 3,  /* minimum and maximum count */
    DRAGOMAN_SETTING_CHOICE = 4,   /* one of choices */
    DRAGOMAN_SETTING_DURATION = 5, /* "30s", handed over in milliseconds; minimum and maximum in milliseconds */
    DRAGOMAN_SETTING_SIZE = 6,     /* "64MiB", handed over in bytes */
    DRAGOMAN_SETTING_SECRET = 7,   /* never shown */
} dragoman_setting_type;

/* One key that a link of this adapter may set. The site file's checker, its JSON schema, the help and the documentation
 * are all made from this table. */
typedef struct dragoman_setting_rule {
    const char *key;
    const char *summary;       /* one sentence */
    const char *default_value; /* in the site file's form, or NULL */
    const char *choices;       /* words separated by blanks, with DRAGOMAN_SETTING_CHOICE */
    int64_t minimum;
    int64_t maximum;
    uint32_t type;    /* dragoman_setting_type */
    uint32_t is_list; /* 1: may be given several times or as a YAML list */
} dragoman_setting_rule;

/* How sure an adapter is that some bytes are its protocol. */
typedef enum dragoman_likeness {
    DRAGOMAN_UNLIKE = 0,
    DRAGOMAN_MAYBE = 1,
    DRAGOMAN_ALIKE = 2,
} dragoman_likeness;

/* How check_profile tells of a mistake. `key` is that of a value, or of what it stands in ("registers.0"), or empty for
 * the section as a whole; `sentence` says what is wrong and the mend. Both are copied. */
typedef void (*dragoman_mistake_teller)(void *context, dragoman_bytes key, dragoman_bytes sentence);

/* What the `.so` exports under the name `dragoman_adapter`: constant data, with no other exported symbol beside it. */
typedef struct dragoman_adapter_descriptor {
    uint32_t magic; /* DRAGOMAN_ABI_MAGIC */
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t struct_size;
    uint32_t scope;                   /* dragoman_scope */
    const char *name;                 /* "hl7v2": lower case letters, digits, '-'; at most 32 */
    const char *version;              /* of the adapter: "1.0.0" */
    const char *summary;              /* one line for `dragoman adapters` */
    const dragoman_channel *channels; /* at least one */
    uint32_t channel_count;
    uint32_t setting_count;
    const dragoman_setting_rule *settings;
    const char *const *charsets; /* names as iconv knows them, or NULL */
    uint32_t charset_count;
    uint32_t reserved;

    /* Whether `start` (the first bytes of some input, at most 4096) looks like this protocol. Returns a
     * dragoman_likeness. Pure: no host. NULL: never recognised by itself. */
    uint32_t (*recognise)(dragoman_bytes start);

    /* Makes an instance. `host` and `host_context` stay valid until fini returns. Before any other slot. On failure
     * *ret_instance is either NULL or something that fini takes. */
    dragoman_status (*init)(const dragoman_host *host, void *host_context, const dragoman_start *start,
                            void **ret_instance);
    /* Ends an instance; takes NULL. It may call release and log only. Messages that are not settled stay
     * unacknowledged. Nothing is called after it. */
    void (*fini)(void *instance);
    /* One event. With BYTES it consumes at most one message and says so in `ret_progress` (zeroed by the host; ignored
     * for other kinds). It is called again at once while it consumes and bytes are left. Any status but OK and
     * NEED_MORE means that the session cannot go on: the host logs it, closes the channels and makes a new instance.
     * NEED_MORE: nothing consumed. */
    dragoman_status (*handle)(void *instance, const dragoman_event *event, const dragoman_now *now,
                              dragoman_progress *ret_progress);
    /* The monotonic time at which expire wants to be called, or DRAGOMAN_NO_DEADLINE. Asked after each call of handle
     * and expire. After expire(now) it is later than now. */
    int64_t (*deadline)(const void *instance);
    /* The deadline has passed. */
    dragoman_status (*expire)(void *instance, const dragoman_now *now);
    /* The next action, in the order in which they must be done, or NOT_FOUND. Called until NOT_FOUND before the host
     * waits for anything; several calls of handle may come before it (all messages of one read), so an instance keeps
     * as many actions as it owes. What the action points to stays valid until the next call into the instance. */
    dragoman_status (*next)(void *instance, dragoman_action *ret_action);

    /* Since 1.1, may be NULL. Tells every mistake of a profile's `device:` section, given as in dragoman_start.profile:
     * `dragoman check` shows them with file, line and column, and a link with such a profile is not started. An empty
     * list is what a link without profile, or whose profile has no such section, would get. Pure: no host; called
     * without an instance. */
    void (*check_profile)(const dragoman_list *profile, dragoman_mistake_teller tell, void *context);
} dragoman_adapter_descriptor;

/* Puts the exported symbol into an adapter's source. */
#if defined(__GNUC__)
#define DRAGOMAN_EXPORT __attribute__((visibility("default")))
#else
#define DRAGOMAN_EXPORT
#endif

#define DRAGOMAN_ADAPTER_SYMBOL "dragoman_adapter"

extern DRAGOMAN_EXPORT const dragoman_adapter_descriptor dragoman_adapter;

#endif

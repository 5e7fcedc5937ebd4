/*
 * The site file: what a hospital writes to say which devices to listen to, how long to keep what they said, and where
 * to publish it.
 *
 * One table of keys (core/config/keys.h) checks the file, gives the defaults, makes schemas/site.schema.json and the
 * help. Every mistake is reported at once with file:line:column, what is wrong and the mend. A site is immutable once
 * read.
 */
#ifndef CONFIG_SITE_H
#define CONFIG_SITE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/time.h"
#include <dragoman/adapter.h>

/* TLS files of a link or sink; empty where none is named. Paths are relative to the site file's folder and made
 * absolute here. */
typedef struct site_tls {
    dragoman_bytes certificate_file;
    dragoman_bytes key_file;
    dragoman_bytes authority_file;
    bool verify_client;
    bool verify_server;
} site_tls;

/* Settings of serial ports; 0: not given. The words in the order of link/serial.h. */
typedef struct site_serial {
    uint32_t baud, bits, stop;
    int parity, flow, rts, dtr;
} site_serial;

/* One channel of a link whose adapter has several. */
typedef struct site_channel {
    dragoman_bytes name;    /* the adapter's */
    dragoman_bytes listen;  /* either this */
    dragoman_bytes connect; /* or this */
    uint32_t index;         /* among the adapter's channels; filled in when the rules are known */
    uint32_t line;
} site_channel;

/* What a link says to a broker. */
typedef struct site_mqtt {
    int version; /* 0: MQTT 5; 1: 3.1.1 */
    dragoman_bytes client_id, user;
    dragoman_bytes password_file;
    int64_t keep_alive_us;
} site_mqtt;

/* One link. */
typedef struct site_link {
    dragoman_bytes name;
    dragoman_bytes adapter;
    dragoman_bytes listen;        /* either this */
    dragoman_bytes connect;       /* or this */
    const site_channel *channels; /* or these */
    uint32_t channel_count;
    const dragoman_bytes *allow_open;
    uint32_t allow_open_count;
    site_serial serial;
    const dragoman_bytes *topics; /* of a broker */
    uint32_t topic_count;
    site_mqtt mqtt;
    site_tls tls;
    dragoman_bytes profile;   /* dialect, or empty: by the sender's name */
    dragoman_bytes time_zone; /* empty: the site's */
    int habit;                /* time_habit */
    int64_t stale_after_us;
    int64_t pace_us;
    dragoman_bytes record; /* the capture file, or empty */
    uint64_t record_max_bytes;
    uint32_t connections_max;
    uint32_t unsettled_max;
    int isolate;                      /* site_isolate */
    int child;                        /* site_child */
    const dragoman_setting *settings; /* the adapter's own keys, as text in the adapter's units */
    uint32_t setting_count;
    const dragoman_setting *defaults; /* what its profile said of it, and what it did not say itself */
    uint32_t default_count;
    uint32_t line; /* in the site file, for messages */
} site_link;

/* How long and how much of one class of reports is kept. */
typedef struct site_hold {
    int64_t hold_us;
    uint64_t max_bytes; /* 0: only the total counts */
} site_hold;

/* Whether an adapter runs in a process of its own. */
typedef enum site_isolate {
    SITE_ISOLATE_DEFAULT = 0, /* a link's: as the site says; the site's: as the house chooses */
    SITE_ISOLATE_PROCESS = 1,
    SITE_ISOLATE_NONE = 2,
} site_isolate;

typedef enum site_child {
    SITE_CHILD_SHARED = 0, /* one for all links of an adapter */
    SITE_CHILD_OWN = 1,    /* one for this link */
} site_child;

/* What an adapter's process may take. */
typedef struct site_isolation {
    uint64_t memory_max;
    int64_t answer_within_us;
    int64_t cpu_max_us;
} site_isolation;

typedef enum site_when_full {
    SITE_DROP_OLDEST = 0,
    SITE_REFUSE = 1,
} site_when_full;

typedef struct site_store {
    dragoman_bytes path;
    int64_t hold_us;
    uint64_t max_bytes;
    int when_full;                            /* site_when_full */
    site_hold values, alerts, context, waves; /* where they differ; the store's hold is filled in where none is given */
} site_store;

typedef enum site_format {
    SITE_FHIR = 0,
    SITE_FHIR_NDJSON = 1,
    SITE_PROTOBUF = 2,
    SITE_JSON = 3,
} site_format;

/* A key and value of a sink that the sink itself understands (checked against the sink's rules). */
typedef struct site_publish {
    dragoman_bytes name;
    dragoman_bytes to;         /* "file:out/ward.ndjson", "stdout:", "https://fhir.example.org/r4" */
    int format;                /* site_format */
    int shape;                 /* fhir_shape */
    dragoman_bytes gateway_id; /* EUI-64 of this gateway; empty: none was given */
    int bundle;                /* fhir_bundle */
    bool unvalidated_is_final;
    bool values, alerts, context, waves; /* which classes it gets */
    int64_t every_us;                    /* least time between two values of one continuous metric; 0: all of them */
    site_tls tls;
    const dragoman_setting *settings; /* the sink's own keys: token_file, rotate, fsync ... */
    uint32_t setting_count;
    uint32_t line;
} site_publish;

typedef struct site {
    dragoman_bytes name;
    dragoman_bytes time_zone;       /* empty: none was given, zoneless times stay so */
    dragoman_bytes identifier_base; /* URI prefix for identifiers without an authority of their own */
    dragoman_bytes folder;          /* the site file's */
    dragoman_bytes control_path;    /* the local socket for `dragoman status` */
    dragoman_bytes mappings;        /* the site's own mapping folder, or empty */
    bool log_private;               /* patient data may be logged */
    int isolate;                    /* site_isolate */
    site_isolation isolation;
    site_store store;
    const site_link *links;
    uint32_t link_count;
    const site_publish *publish;
    uint32_t publish_count;
    arena memory; /* everything above lives here */
} site;

/* What the reader asks about adapters and sinks, so that their own keys are checked too. Both give NULL for an unknown
 * name and then `refusal` says why. */
typedef struct site_rules {
    void *context;
    const dragoman_adapter_descriptor *(*adapter)(void *context, dragoman_bytes name, error_record *refusal);
    /* The rules of the sink that serves the address `to`; ret_count of them. */
    const dragoman_setting_rule *(*sink)(void *context, dragoman_bytes to, uint32_t *ret_count, error_record *refusal);
    /* Whether a profile of that name exists for the adapter. */
    bool (*profile)(void *context, dragoman_bytes adapter, dragoman_bytes name);
    /* Looks whether the adapter can do with what the link's profile (empty: none) says of its devices. False with
     * `refusal`: it cannot; what is wrong inside the profile's file is told there. May be NULL. */
    bool (*device)(void *context, const dragoman_adapter_descriptor *adapter, dragoman_bytes profile,
                   error_record *refusal);
    /* What the profile says of the links that name it, items that begin with a dragoman_setting: see
     * site_link_default_check. Only asked when the adapter can do with it. May be NULL. */
    dragoman_list (*defaults)(void *context, dragoman_bytes profile);
    /* Whether a link can have this address, what kind of channel (dragoman_channel_kind) it is, and whether it means
     * TLS; else `refusal` says why. May be NULL. */
    bool (*address)(void *context, dragoman_bytes text, bool is_listener, uint32_t *ret_kind, bool *ret_is_tls,
                    error_record *refusal);
} site_rules;

/* One mistake. */
typedef struct site_mistake {
    uint32_t line, column; /* from 1; 0: the file as a whole */
    dragoman_bytes text;   /* what is wrong and the mend */
} site_mistake;

typedef struct site_mistakes {
    const site_mistake *items; /* in the order of the file */
    uint32_t count;
} site_mistakes;

/* Reads the file `path` ("-": standard input). `rules` may be NULL: then the keys of adapters and sinks are taken
 * unchecked. INVALID when there is any mistake: `ret_mistakes` lists all (in the site's memory), and the site must
 * still be freed with site_fini. */
dragoman_status site_read(const char *path, const site_rules *rules, site *ret_site, site_mistakes *ret_mistakes,
                          error_record *error);
/* The same from text; `folder` is what relative paths are relative to. */
dragoman_status site_read_text(dragoman_bytes text, const char *folder, const site_rules *rules, site *ret_site,
                               site_mistakes *ret_mistakes);
/* Whether a profile can say this of the links that name it: keys of the site file's links that are their devices'
 * (serial.baud, stale_after, pace ...), in the form of the site file. False with `refusal`. */
bool site_link_default_check(dragoman_bytes way, dragoman_bytes value, error_record *refusal);
/* Frees a site. */
void site_fini(site *self);

#endif

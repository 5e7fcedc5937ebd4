/*
 * What the files of the running house share.
 */
#ifndef APP_HOUSE_INSIDE_H
#define APP_HOUSE_INSIDE_H

#include "app/dialects.h"
#include "app/house.h"
#include "app/house_states.h"
#include "base/json_out.h"
#include "control/control.h"
#include "host/instance.h"
#include "isolate/isolate.h"

/* "dragoman", 15 digits and a NUL: 23 characters are what every broker must take (MQTT 3.1.1, 3.1.3.1). */
#define APP_CLIENT_ID_BYTES 24

typedef struct house_link {
    link_options options;
    link_channel_options *channels;
    char files[4][APP_PATH_BYTES]; /* TLS: certificate, key, authority; a broker's password; as C strings */
    char client_id[APP_CLIENT_ID_BYTES];
    time_zone *zone;            /* its own, or NULL */
    capture_recorder *recorder; /* NULL: it is not recorded */
    link_link *link;            /* NULL: it could not start; see trouble */
    error_record trouble;
} house_link;

/* An adapter that links use. */
typedef struct house_adapter {
    host_adapter adapter;
    bool is_process; /* it runs in a process of its own */
    bool is_said;    /* since the site says so */
    bool is_own;     /* for one link alone */
} house_adapter;

struct house {
    const site *of;
    app_places places;
    dragoman_now started_at;
    loop *on;
    loop_bell *bell; /* messages were settled */
    loop_timer *drain_timer;
    int signals;
    loop_watch *signal_watch;
    bool is_draining;
    host_environment *environment;
    terms_book *book;
    terms_census *census;
    dialects dialects;
    time_zone *zone; /* the site's, or NULL */
    store *kept;     /* NULL: it cannot be opened yet, see store_trouble */
    error_record store_trouble;
    error_record failure; /* what ended the house by itself */
    loop_timer *store_timer;
    loop_timer *devices_timer;
    publish *publisher;
    control_server *control;
    house_adapter *adapters; /* each that a link names, once for all links that can share it */
    uint32_t adapter_count;
    house_link *links;
    uint32_t link_count;
    house_states states;
    loop_timer *states_timer;
};

/* Loads the adapters and starts the links. A link that cannot start keeps its reason; when none can, that is the error.
 */
dragoman_status house_open_links(house *self, error_record *error);
/* Ends the links at once. */
void house_close_links(house *self);
/* The adapter for a link, loaded or started when it is the first that needs it. */
dragoman_status house_need_adapter(house *self, const site_link *link, const host_adapter **ret_adapter,
                                   error_record *error);
/* Lets adapters' processes answer what they were given: after the links have ended, before the store closes. */
void house_settle_adapters(house *self);
/* Closes all adapters. */
void house_close_adapters(house *self);
/* Closes the adapters and frees what the links used; after the environment is gone. */
void house_unload(house *self);
/* Takes up the devices that were known before the restart; after the links are open. */
void house_restore_devices(house *self);
/* Begins to look for devices that have become quiet. */
dragoman_status house_watch_devices(house *self, error_record *error);
/* Writes `devices`, of the status: how each stands. */
void house_write_devices(const house *self, json_out *out);
/* The answer of the control socket to one request. */
void house_answer(void *context, dragoman_bytes request, buffer *to);

/* Answers the requests that change the store: false when it is none of them. */
bool house_answer_store(house *self, dragoman_bytes request, buffer *to);

#endif

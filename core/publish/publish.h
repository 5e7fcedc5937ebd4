/*
 * The publisher: takes committed rows to each sink, in order per device, exactly once as far as the receiver allows,
 * and remembers how far it came.
 *
 * One thread a sink. Live rows come from memory after the commit (bounded); what was missed while a sink was slow or
 * away is read from the store. A row is decoded, its meanings concluded and rendered once per sink.
 */
#ifndef PUBLISH_PUBLISH_H
#define PUBLISH_PUBLISH_H

#include "config/site.h"
#include "fhir/fhir.h"
#include "sinks/sink.h"
#include "store/store.h"
#include "terms/terms.h"

typedef struct publish publish;

/* Sinks of one house: each has a thread and its window. */
#define PUBLISH_SINKS_MAX 64u

typedef struct publish_options {
    const site *of;
    store *from;
    const terms_book *book;
    terms_census *census;     /* or NULL; counted once a row, by the first sink, or without one */
    const char *sinks_folder; /* where the modules lie */
    /* For tests: the sink that serves every address, instead of a module. Else NULL. */
    const struct sink_descriptor *sink;
    /* As sink_options.links; or NULL. */
    sink_links *links;
    void *links_context;
    void *log_context;
    void (*log)(void *context, dragoman_bytes sink, uint32_t level, dragoman_bytes text);
} publish_options;

/* Loads the sinks, opens them and starts their threads. Sets itself as the store's listener. INVALID: a sink's options
 * cannot work, or its module is missing. */
dragoman_status publish_start(const publish_options *options, publish **ret_publish, error_record *error);
/* Lets every sink deliver what is committed, as long as it goes and for a bounded time, writes the positions, stops the
 * threads. What is committed later waits in the store. Before store_close. NULL is allowed. */
void publish_stop(publish *self);

typedef struct publish_health {
    dragoman_bytes name;
    bool is_well;
    char reason[ERROR_TEXT_BYTES]; /* of the last trouble */
    uint64_t delivered_rows, delivered_resources, delivered_bytes;
    uint64_t retries, dead, parked;
    uint64_t behind_rows; /* committed and not delivered */
    int64_t behind_us;    /* age of the oldest of them */
} publish_health;

/* Figures of sink `index`. False when there is none. Any thread. */
bool publish_health_get(publish *self, uint32_t index, publish_health *ret_health);

/* Dead letters were marked to be tried again: every sink looks for its own. Any thread. */
void publish_look_again(publish *self);

/* Latency of delivered rows, from last byte to committed and to published, in microseconds at the given percentile
 * (0-100). */
void publish_latency(publish *self, double percentile, int64_t *ret_committed_us, int64_t *ret_published_us);

/* The rules of the sink that would serve the address `to`: for site_rules. Loads the module to ask. NULL with the
 * reason when there is none. */
const dragoman_setting_rule *publish_sink_rules(const char *sinks_folder, dragoman_bytes to, uint32_t *ret_count,
                                                error_record *refusal);

#endif

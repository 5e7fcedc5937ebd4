/*
 * What the instances of one thread share: batch memory, spare messages, character-set converters, and the hooks to the
 * rest of the house.
 *
 * One environment per link loop (and one for `translate`). Everything here belongs to that thread, except
 * host_message_settle.
 */
#ifndef HOST_ENVIRONMENT_H
#define HOST_ENVIRONMENT_H

#include "base/time.h"
#include "host/message.h"
#include <dragoman/adapter.h>

/* What a profile says of a device's clock and of itself. */
typedef struct host_profile {
    dragoman_bytes name;   /* empty: none speaks */
    const time_zone *zone; /* NULL: the link's */
    time_habit habit;
} host_profile;

/* The rest of the house as an instance sees it. `context` is the first argument of each. All are called on the
 * environment's thread. */
typedef struct host_hooks {
    void *context;
    /* A message is complete. Ownership passes; it comes back by host_message_settle (which may be called from inside).
     */
    void (*keep)(void *context, host_message *message);
    /* Reads adapter state into `memory`. NOT_FOUND when there is none. */
    dragoman_status (*state_get)(void *context, dragoman_bytes link, dragoman_bytes key, arena *memory,
                                 dragoman_bytes *ret_value);
    /* Says something to the operator. `private_text` may hold patient data. */
    void (*log)(void *context, dragoman_bytes link, uint32_t level, dragoman_bytes text, dragoman_bytes private_text);
    void (*count)(void *context, dragoman_bytes link, uint32_t counter, uint64_t add);
    /* Messages were settled on another thread: call host_environment_settle soon, on this one. Called from any thread.
     */
    void (*wake)(void *context);

    /* The next ones get `meaning` first: they speak of terms, not of this run. */
    void *meaning;
    /* The profile for a report of this adapter; `chosen` is the link's own choice or empty. */
    host_profile (*profile)(void *meaning, dragoman_bytes adapter, dragoman_bytes chosen,
                            const dragoman_report *report);
    /* A setting of the profile that speaks for `sender`. */
    dragoman_bytes (*profile_setting)(void *meaning, dragoman_bytes adapter, dragoman_bytes chosen,
                                      const dragoman_code *sender, dragoman_bytes key);
    /* The device section of the profile that the link chose, as dragoman_start.profile; borrowed for the environment's
     * life. NULL: there are no profiles. */
    dragoman_list (*device)(void *meaning, dragoman_bytes chosen);
    /* Whether an observation is a single measurement by nature; `profile` is the name that `profile` gave for its
     * report. */
    bool (*is_episodic)(void *meaning, dragoman_bytes profile, const dragoman_report *report,
                        const dragoman_observation *observation);
} host_hooks;

typedef struct host_environment host_environment;

/* Makes an environment; the hooks are copied. NULL when there is no memory. */
host_environment *host_environment_create(const host_hooks *hooks);
/* Frees it, with all its spare messages. Every instance must have been destroyed and every message settled. */
void host_environment_destroy(host_environment *environment);

/* Says what became of a message, and gives it back. Any thread, once a message. `reason` is copied; may be NULL. */
void host_message_settle(host_message *message, dragoman_settlement settlement, dragoman_status status,
                         const char *reason);

/* Delivers what was settled since the last call to the instances (as SETTLED events) and takes the messages back. Each
 * instance hears of its messages in the order of their numbers: one that was settled before an earlier one waits for
 * it. `told` is called after each event, since the instance may have actions then; it may destroy the instance. Not
 * from inside a call into an adapter. */
void host_environment_settle(host_environment *environment, const dragoman_now *now,
                             void (*told)(void *context, host_instance *instance), void *context);

/* Asks for host_environment_settle to be called soon, though nothing was settled: something else has ended. */
void host_environment_wake(const host_environment *environment);

/* Opens a character set before it is needed, where it could not be opened later. Unknown ones are passed over. */
void host_environment_open_charset(host_environment *environment, const char *charset);

/* Says something to the operator in a link's name, without patient data. */
void host_environment_log(const host_environment *environment, dragoman_bytes link, uint32_t level,
                          dragoman_bytes text);

#endif

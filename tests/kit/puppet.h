/*
 * One instance of an adapter that does what its input says, and the house around it, for tests of what the host does
 * with an adapter.
 *
 * Each byte of the input is a command: `(` and `)` begin and end a message, `x` abandons it, `r` emits a report, `d`
 * and `D` hand over a small and a large dead letter, `1` and `2` put state, `L` `M` `B` ask for more than there may be,
 * `w` wants four bytes, `W` never has enough, `!` consumes more than it has.
 */
#ifndef KIT_PUPPET_H
#define KIT_PUPPET_H

#include "host/instance.h"
#include "host/limits.h"

#define PUPPET_BIG_PAYLOAD (HOST_UNSETTLED_BYTES_MAX / 4)

/* The adapter. */
typedef struct puppet {
    const dragoman_host *host;
    void *context;
    dragoman_status last;
    uint64_t number;
    char settled[64]; /* what it was told, in order: D, d (duplicate), N and the message's number */
    size_t fresh, unread;
    int64_t deadline_us;
} puppet;

/* The instance that was made last. */
extern puppet *puppet_made;

/* The house around it: keeps messages until the test settles them. */
typedef struct puppet_bench {
    host_environment *environment;
    host_adapter adapter;
    host_instance *instance;
    host_stream stream;
    host_message *kept[HOST_UNSETTLED_MESSAGES_MAX + 8];
    size_t kept_count;
    int wakes, told;
    dragoman_now now;
} puppet_bench;

/* Set-up and tear-down of a cmocka test whose state is a puppet_bench. */
int puppet_set_up(void **state);
int puppet_tear_down(void **state);
/* Counts an instance that was told of a settlement: for host_environment_settle, with the bench as context. */
void puppet_told(void *context, host_instance *instance);
/* Settles the message that was kept as number `index`, from 0. */
void puppet_settle(puppet_bench *self, size_t index, dragoman_settlement settlement);
/* Gives it commands; as host_instance_feed. */
dragoman_status puppet_feed(puppet_bench *self, const char *text, uint32_t stop_at, bool *ret_is_stopped);
/* Gives it commands and returns what the last one came to. */
dragoman_status puppet_tell(puppet_bench *self, const char *text);

#endif

#include "host/environment.h"

#include "base/bytes.h"
#include "host/internal.h"
#include "host/limits.h"
#include <stdio.h>
#include <stdlib.h>

host_environment *host_environment_create(const host_hooks *hooks) {
    host_environment *environment = calloc(1, sizeof(*environment));
    if (environment != NULL) {
        environment->hooks = *hooks;
        arena_init(&environment->batch, HOST_BATCH_BYTES_MAX);
        atomic_init(&environment->settled, NULL);
    }
    return environment;
}

void host_environment_destroy(host_environment *environment) {
    if (environment == NULL) {
        return;
    }
    while (environment->spare != NULL) {
        host_message *message = environment->spare;
        environment->spare = message->next;
        host_message_destroy(message);
    }
    host_charset_close_all(environment);
    host_presence_forget_all(environment);
    arena_fini(&environment->batch);
    free(environment);
}

host_message *host_environment_take(host_environment *environment) {
    host_message *message = environment->spare;
    if (message == NULL) {
        return host_message_create();
    }
    environment->spare = message->next;
    environment->spare_count--;
    message->next = NULL;
    return message;
}

void host_environment_give(host_environment *environment, host_message *message) {
    if (environment->spare_count >= HOST_SPARE_MESSAGES_MAX || !host_message_recycle(message)) {
        host_message_destroy(message);
        return;
    }
    message->next = environment->spare;
    environment->spare = message;
    environment->spare_count++;
}

void host_environment_remember(host_environment *environment, host_message *message) {
    if (message->store.state_count == 0) {
        return;
    }
    message->older = environment->newest_state;
    if (message->older != NULL) {
        message->older->newer = message;
    }
    environment->newest_state = message;
}

static void forget(host_environment *environment, host_message *message) {
    if (message->store.state_count == 0) {
        return;
    }
    if (message->newer != NULL) {
        message->newer->older = message->older;
    } else {
        environment->newest_state = message->older;
    }
    if (message->older != NULL) {
        message->older->newer = message->newer;
    }
    message->newer = message->older = NULL;
}

bool host_environment_pending(const host_environment *environment, dragoman_bytes link, dragoman_bytes key,
                              dragoman_bytes *ret_value) {
    for (const host_message *message = environment->newest_state; message != NULL; message = message->older) {
        if (bytes_equal(message->store.link, link) && host_message_find_state(message, key, ret_value)) {
            return true;
        }
    }
    return false;
}

void host_message_settle(host_message *message, dragoman_settlement settlement, dragoman_status status,
                         const char *reason) {
    message->settlement = settlement;
    message->status = status;
    snprintf(message->reason, sizeof(message->reason), "%s", reason == NULL ? "" : reason);
    host_environment *environment = message->instance->environment;
    host_message *first = atomic_load_explicit(&environment->settled, memory_order_relaxed);
    do {
        message->next = first;
    } while (!atomic_compare_exchange_weak_explicit(&environment->settled, &first, message, memory_order_release,
                                                    memory_order_relaxed));
    /* Whoever finds the list empty wakes the thread; the others are taken along. After the exchange the message may be
     * gone already. */
    if (first == NULL) {
        environment->hooks.wake(environment->hooks.context);
    }
}

/* The stack of settled messages, turned into the order in which they were settled. */
static host_message *take_settled(host_environment *environment) {
    host_message *stack = atomic_exchange_explicit(&environment->settled, NULL, memory_order_acquire);
    host_message *queue = NULL;
    while (stack != NULL) {
        host_message *message = stack;
        stack = message->next;
        message->next = queue;
        queue = message;
    }
    return queue;
}

/* Tells an instance of its settled messages up to the first that is not. `told` may destroy it. */
static void tell(host_environment *environment, host_instance *instance, const dragoman_now *now,
                 void (*told)(void *context, host_instance *instance), void *context) {
    host_message *message;
    instance->is_being_told = true;
    while ((message = host_instance_take_settled(instance)) != NULL) {
        forget(environment, message);
        environment->unsettled--;
        environment->unsettled_bytes -= message->weight;
        bool is_alive = host_instance_settle(instance, message, now);
        host_environment_give(environment, message);
        if (is_alive) {
            told(context, instance);
        }
    }
    instance->is_being_told = false;
    host_instance_free_dead(instance);
}

void host_environment_settle(host_environment *environment, const dragoman_now *now,
                             void (*told)(void *context, host_instance *instance), void *context) {
    host_message *message = take_settled(environment);
    while (message != NULL) {
        host_message *next = message->next;
        message->is_settled = true;
        tell(environment, message->instance, now, told, context);
        message = next;
    }
}

void host_environment_wake(const host_environment *environment) {
    environment->hooks.wake(environment->hooks.context);
}

void host_environment_log(const host_environment *environment, dragoman_bytes link, uint32_t level,
                          dragoman_bytes text) {
    environment->hooks.log(environment->hooks.context, link, level, text, (dragoman_bytes){NULL, 0});
}

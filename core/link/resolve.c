#include "link/resolve.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* The asker and the thread each hold one share; who drops the last one frees it. The thread rings under the lock, so
 * that a bell that is being destroyed is never rung. */
struct link_resolve {
    pthread_mutex_t lock;
    int shares;
    bool is_cancelled;
    loop_bell *bell;
    link_address address;
    struct addrinfo *found;
    int problem;
    void (*done)(void *context, const struct addrinfo *found, const char *problem);
    void *context;
};

/* Call with the lock held; it is released. */
static void drop_share(link_resolve *resolve) {
    bool is_last = --resolve->shares == 0;
    pthread_mutex_unlock(&resolve->lock);
    if (!is_last) {
        return;
    }
    if (resolve->found != NULL) {
        freeaddrinfo(resolve->found);
    }
    pthread_mutex_destroy(&resolve->lock);
    free(resolve);
}

static void *ask(void *context) {
    link_resolve *resolve = context;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found = NULL;
    int problem = getaddrinfo(resolve->address.host, resolve->address.port, &hints, &found);
    pthread_mutex_lock(&resolve->lock);
    resolve->found = found;
    resolve->problem = problem;
    if (!resolve->is_cancelled) {
        loop_bell_ring(resolve->bell);
    }
    drop_share(resolve);
    return NULL;
}

static void answered(void *context) {
    link_resolve *resolve = context;
    pthread_mutex_lock(&resolve->lock);
    loop_bell_destroy(resolve->bell);
    resolve->bell = NULL;
    pthread_mutex_unlock(&resolve->lock);
    const char *problem = resolve->problem == 0 ? NULL : gai_strerror(resolve->problem);
    resolve->done(resolve->context, resolve->found, problem);
    pthread_mutex_lock(&resolve->lock);
    drop_share(resolve);
}

link_resolve *link_resolve_start(loop *on, const link_address *address,
                                 void (*done)(void *context, const struct addrinfo *found, const char *problem),
                                 void *context) {
    link_resolve *resolve = calloc(1, sizeof(*resolve));
    if (resolve == NULL) {
        return NULL;
    }
    *resolve = (link_resolve){.shares = 2, .address = *address, .done = done, .context = context};
    pthread_mutex_init(&resolve->lock, NULL);
    resolve->bell = loop_bell_create(on, answered, resolve);
    pthread_t thread;
    if (resolve->bell == NULL || pthread_create(&thread, NULL, ask, resolve) != 0) {
        loop_bell_destroy(resolve->bell);
        pthread_mutex_destroy(&resolve->lock);
        free(resolve);
        return NULL;
    }
    pthread_detach(thread);
    return resolve;
}

void link_resolve_cancel(link_resolve *resolve) {
    if (resolve == NULL) {
        return;
    }
    pthread_mutex_lock(&resolve->lock);
    resolve->is_cancelled = true;
    loop_bell_destroy(resolve->bell);
    resolve->bell = NULL;
    drop_share(resolve);
}

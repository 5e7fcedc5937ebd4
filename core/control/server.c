#include "control/control.h"

#include "control/address.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct control_client {
    struct control_client *next;
    control_server *server;
    int descriptor;
    loop_watch *watch;
    loop_timer *timer;
    char request[CONTROL_REQUEST_BYTES];
    size_t request_size;
    buffer answer;
    size_t sent;
    bool is_answered;
} control_client;

struct control_server {
    loop *on;
    int descriptor;
    loop_watch *watch;
    loop_timer *accept_again;
    struct sockaddr_un address;
    control_client *clients;
    int client_count;
    void (*answer)(void *context, dragoman_bytes request, buffer *to);
    void *context;
};

static void client_end(control_client *client) {
    control_server *server = client->server;
    control_client **at = &server->clients;
    while (*at != client) {
        at = &(*at)->next;
    }
    *at = client->next;
    server->client_count--;
    loop_watch_destroy(client->watch);
    loop_timer_destroy(client->timer);
    close(client->descriptor);
    buffer_fini(&client->answer);
    free(client);
}

static void client_late(void *context) {
    client_end(context);
}

/* Reads the request; true when it is whole. */
static bool take_request(control_client *client, bool *ret_is_over) {
    size_t room = sizeof(client->request) - client->request_size;
    ssize_t size = read(client->descriptor, client->request + client->request_size, room);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    if (size <= 0) {
        *ret_is_over = true;
        return false;
    }
    client->request_size += (size_t)size;
    if (memchr(client->request, '\n', client->request_size) != NULL) {
        return true;
    }
    *ret_is_over = client->request_size == sizeof(client->request);
    return false;
}

static void client_ready(void *context, bool can_read, bool can_write) {
    control_client *client = context;
    bool is_over = false;
    (void)can_write;
    if (can_read && !client->is_answered && take_request(client, &is_over)) {
        const char *end = memchr(client->request, '\n', client->request_size);
        dragoman_bytes request = {(const uint8_t *)client->request, (size_t)(end - client->request)};
        client->server->answer(client->server->context, request, &client->answer);
        client->is_answered = true;
        loop_watch_want(client->watch, false, true);
    }
    if (client->is_answered) {
        size_t left = client->answer.size - client->sent;
        ssize_t size = left == 0 ? 0 : send(client->descriptor, client->answer.data + client->sent, left, MSG_NOSIGNAL);
        client->sent += size > 0 ? (size_t)size : 0;
        is_over = client->sent == client->answer.size || (size < 0 && errno != EAGAIN && errno != EINTR);
    }
    if (is_over) {
        client_end(client);
    }
}

static void client_accept(control_server *server, int descriptor) {
    control_client *client = server->client_count < CONTROL_CLIENTS_MAX ? calloc(1, sizeof(*client)) : NULL;
    if (client == NULL) {
        close(descriptor);
        return;
    }
    *client = (control_client){.next = server->clients, .server = server, .descriptor = descriptor};
    buffer_init(&client->answer);
    server->clients = client;
    server->client_count++;
    client->watch = loop_watch_create(server->on, descriptor, client_ready, client);
    client->timer = loop_timer_create(server->on, client_late, client);
    if (client->watch == NULL || client->timer == NULL) {
        client_end(client);
        return;
    }
    loop_timer_set(client->timer, clock_now().monotonic_us + CONTROL_TIMEOUT_US);
    loop_watch_want(client->watch, true, false);
}

static void server_ready(void *context, bool can_read, bool can_write) {
    control_server *server = context;
    (void)can_read;
    (void)can_write;
    int descriptor = accept4(server->descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
        client_accept(server, descriptor);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        /* It stays ready, so looking again at once would turn in a circle. */
        loop_watch_want(server->watch, false, false);
        loop_timer_set(server->accept_again, clock_now().monotonic_us + CONTROL_ACCEPT_PAUSE_US);
    }
}

static void accept_again(void *context) {
    control_server *server = context;
    loop_watch_want(server->watch, true, false);
}

/* Whether somebody listens on the socket file already. One that is too busy to take us in listens too. */
static bool is_taken(const struct sockaddr_un *address) {
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool taken = descriptor >= 0 &&
                 (connect(descriptor, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN);
    if (descriptor >= 0) {
        close(descriptor);
    }
    return taken;
}

/* A socket that nobody listens on was left by a program that was killed, and goes. Anything else is somebody's. */
static bool is_something_else(const char *path) {
    struct stat found;
    return lstat(path, &found) == 0 && !S_ISSOCK(found.st_mode);
}

static dragoman_status listen_on(control_server *server, const char *path, error_record *error) {
    if (is_taken(&server->address)) {
        return error_set(error, DRAGOMAN_EXISTS, "%s: another dragoman runs with this site: stop it first", path);
    }
    if (is_something_else(path)) {
        return error_set(error, DRAGOMAN_EXISTS, "%s: it is there and no socket: let `control` name another file",
                         path);
    }
    unlink(path);
    server->descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    mode_t before = umask(0177);
    bool is_good = server->descriptor >= 0 &&
                   bind(server->descriptor, (struct sockaddr *)&server->address, sizeof(server->address)) == 0 &&
                   listen(server->descriptor, CONTROL_CLIENTS_MAX) == 0;
    int reason = errno;
    umask(before);
    if (!is_good) {
        return error_set(
            error, DRAGOMAN_IO,
            "%s: the control socket cannot be made (%s): its folder must exist and be writable, or let `control` "
            "name another",
            path, strerror(reason));
    }
    server->watch = loop_watch_create(server->on, server->descriptor, server_ready, server);
    server->accept_again = loop_timer_create(server->on, accept_again, server);
    if (server->watch == NULL || server->accept_again == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for the control socket");
    }
    loop_watch_want(server->watch, true, false);
    return DRAGOMAN_OK;
}

dragoman_status control_server_create(loop *on, const char *path,
                                      void (*answer)(void *context, dragoman_bytes request, buffer *to), void *context,
                                      control_server **ret_server, error_record *error) {
    control_server *server = calloc(1, sizeof(*server));
    if (server == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for the control socket");
    }
    *server = (control_server){.on = on, .descriptor = -1, .answer = answer, .context = context};
    dragoman_status status = control_address(path, &server->address, error);
    if (status == DRAGOMAN_OK) {
        status = listen_on(server, path, error);
    }
    if (status != DRAGOMAN_OK) {
        loop_watch_destroy(server->watch);
        loop_timer_destroy(server->accept_again);
        if (server->descriptor >= 0) {
            close(server->descriptor);
        }
        free(server);
        return status;
    }
    *ret_server = server;
    return DRAGOMAN_OK;
}

void control_server_destroy(control_server *server) {
    if (server == NULL) {
        return;
    }
    for (control_client *client = server->clients; client != NULL;) {
        control_client *next = client->next;
        client_end(client);
        client = next;
    }
    loop_watch_destroy(server->watch);
    loop_timer_destroy(server->accept_again);
    close(server->descriptor);
    unlink(server->address.sun_path);
    free(server);
}

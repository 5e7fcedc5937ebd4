/*
 * From the last byte of a message on its link to its delivery at a subscriber: how long that takes at a fixed rate.
 *
 *     delivery --broker PORT --beds N --seconds N [--warm N] [--parts N] --link PORT --messages FILE
 *     delivery --broker PORT --beds N --seconds N [--warm N] [--parts N] --bytes N
 *
 * Each bed says one message a second, the beds one after the other. With --link they are those of FILE (HL7, in the
 * order of the beds), each over the bed's own MLLP connection, and somebody else publishes what comes of them, in
 * --parts messages each, to topics that hold the bed's EUI-64. With --bytes this program publishes messages of that
 * size itself, as the yardstick: QoS 1, and no more under way than Mosquitto takes by itself.
 *
 * Topics keep their order, so that the n-th message of a topic belongs to the n-th of its bed. Prints one line of JSON.
 */
#include "base/histogram.h"
#include "loop/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What generate.py gives its beds; the number follows in six hexadecimal digits. */
#define EUI_PREFIX "001A2BFFFE"
#define EUI_DIGITS 6
/* Topics that are told apart: a power of two, at least twice 500 beds with 20 metrics each. */
#define TOPICS 32768u
/* The broker's `max_inflight_messages` when nobody sets it. */
#define UNDER_WAY_MAX 20
/* After the last message was said, deliveries are waited for so long. */
#define PATIENCE_US 15000000
#define READ_BYTES 262144u
#define FILTER "bench/#"

typedef struct settings {
    int broker, link;
    const char *messages;
    size_t bytes;
    uint32_t beds, seconds, warm, parts;
} settings;

/* How often something came on a topic. */
typedef struct topic {
    uint64_t hash; /* 0: free */
    uint32_t count;
} topic;

typedef struct bench {
    settings wanted;
    uint32_t total; /* messages in all */
    _Atomic int64_t *said_us;
    int subscription, publication;
    atomic_uint under_way; /* of our own publication */
    atomic_bool is_over;
    atomic_uint delivered;
    /* The subscriber's. */
    topic *topics;
    histogram latencies;
    uint64_t bytes;
    int64_t last_us;
    /* The listener's: to the answers on the links. */
    histogram answers;
    int *links;
    int epoll;
} bench;

static _Noreturn void give_up(const char *what) {
    fprintf(stderr, "delivery: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_us(void) {
    return clock_now().monotonic_us;
}

static int connect_to(int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&to, sizeof to) != 0 ||
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        give_up("connect");
    }
    return descriptor;
}

static void write_all(int descriptor, const uint8_t *data, size_t size) {
    while (size > 0) {
        ssize_t written = write(descriptor, data, size);
        if (written <= 0) {
            give_up("write");
        }
        data += written;
        size -= (size_t)written;
    }
}

/* ---- MQTT 3.1.1, as far as it is needed here */

static size_t put_number(uint8_t *to, size_t number) {
    to[0] = (uint8_t)(number >> 8);
    to[1] = (uint8_t)number;
    return 2;
}

static size_t put_text(uint8_t *to, const char *text) {
    size_t size = strlen(text);
    memcpy(to + put_number(to, size), text, size);
    return size + 2;
}

/* Type and length of a packet (2.2). */
static size_t put_head(uint8_t *to, uint8_t first, size_t size) {
    size_t at = 0;
    to[at++] = first;
    do {
        to[at++] = (uint8_t)((size & 0x7f) | (size > 0x7f ? 0x80 : 0));
        size >>= 7;
    } while (size > 0);
    return at;
}

static void say_packet(int descriptor, uint8_t first, const uint8_t *body, size_t size) {
    uint8_t head[8];
    write_all(descriptor, head, put_head(head, first, size));
    write_all(descriptor, body, size);
}

static int connect_broker(int port, const char *name) {
    uint8_t body[64];
    uint8_t answer[4];
    int descriptor = connect_to(port);
    size_t size = put_text(body, "MQTT");
    body[size++] = 4; /* 3.1.1 */
    body[size++] = 2; /* a clean session */
    size += put_number(body + size, 0);
    size += put_text(body + size, name);
    say_packet(descriptor, 0x10, body, size);
    if (recv(descriptor, answer, sizeof answer, MSG_WAITALL) != sizeof answer || answer[3] != 0) {
        give_up("the broker refuses");
    }
    return descriptor;
}

static void subscribe(int descriptor) {
    uint8_t body[64];
    uint8_t answer[5];
    size_t size = put_number(body, 1);
    size += put_text(body + size, FILTER);
    body[size++] = 1;
    say_packet(descriptor, 0x82, body, size);
    if (recv(descriptor, answer, sizeof answer, MSG_WAITALL) != sizeof answer || answer[4] > 1) {
        give_up("no subscription");
    }
}

/* ---- What comes from the broker */

/* How often this topic came before. */
static uint32_t count_topic(bench *self, const uint8_t *name, size_t size) {
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ name[i]) * UINT64_C(1099511628211);
    }
    hash |= 1;
    uint32_t at = (uint32_t)(hash >> 20) % TOPICS;
    while (self->topics[at].hash != 0 && self->topics[at].hash != hash) {
        at = (at + 1) % TOPICS;
    }
    self->topics[at].hash = hash;
    return self->topics[at].count++;
}

/* The bed's number from the EUI-64 in a topic; 0: there is none. */
static uint32_t bed_of(const uint8_t *name, size_t size) {
    char digits[EUI_DIGITS + 1] = "";
    size_t prefix = strlen(EUI_PREFIX);
    const uint8_t *found = memmem(name, size, EUI_PREFIX, prefix);
    if (found == NULL || (size_t)(name + size - found) < prefix + EUI_DIGITS) {
        return 0;
    }
    memcpy(digits, found + prefix, EUI_DIGITS);
    return (uint32_t)strtoul(digits, NULL, 16);
}

static void take_message(bench *self, const uint8_t *name, size_t size, size_t payload, int64_t at_us) {
    uint32_t bed = bed_of(name, size);
    uint64_t number = bed == 0 ? UINT64_MAX : (uint64_t)count_topic(self, name, size) * self->wanted.beds + bed - 1;
    if (bed == 0 || bed > self->wanted.beds || number >= self->total) {
        fprintf(stderr, "delivery: %.*s was not expected\n", (int)size, (const char *)name);
        exit(1);
    }
    if (number >= (uint64_t)self->wanted.warm * self->wanted.beds) {
        histogram_add(&self->latencies, at_us - atomic_load(&self->said_us[number]));
    }
    self->bytes += payload;
    self->last_us = at_us;
    atomic_fetch_add(&self->delivered, 1);
}

/* Takes a whole PUBLISH (3.3) and acknowledges it. */
static void take_publish(bench *self, uint8_t first, const uint8_t *body, size_t size, int64_t at_us) {
    size_t name = (size_t)body[0] << 8 | body[1];
    size_t at = 2 + name;
    if ((first & 0x06) != 0) {
        say_packet(self->subscription, 0x40, body + at, 2);
        at += 2;
    }
    take_message(self, body + 2, name, size - at, at_us);
}

/* Takes the packets that are whole; returns how many bytes they had. */
static size_t take_packets(bench *self, const uint8_t *data, size_t size, int64_t at_us) {
    size_t done = 0;
    for (;;) {
        size_t at = done + 1;
        size_t length = 0;
        for (unsigned shift = 0; at < size; shift += 7) {
            uint8_t byte = data[at++];
            length |= (size_t)(byte & 0x7f) << shift;
            if ((byte & 0x80) == 0) {
                break;
            }
        }
        if (at >= size || (data[at - 1] & 0x80) != 0 || size - at < length) {
            return done;
        }
        if (data[done] >> 4 == 3) {
            take_publish(self, data[done], data + at, length, at_us);
        }
        done = at + length;
    }
}

static void *listen_to_broker(void *context) {
    bench *self = context;
    uint8_t *data = malloc(READ_BYTES);
    size_t size = 0;
    while (data != NULL && !atomic_load(&self->is_over)) {
        struct pollfd ready = {.fd = self->subscription, .events = POLLIN};
        if (poll(&ready, 1, 100) <= 0) {
            continue;
        }
        ssize_t fresh = read(self->subscription, data + size, READ_BYTES - size);
        if (fresh <= 0) {
            give_up("the broker ended the subscription");
        }
        size += (size_t)fresh;
        size_t done = take_packets(self, data, size, now_us());
        memmove(data, data + done, size - done);
        size -= done;
    }
    free(data);
    return NULL;
}

/* ---- What is said over the links */

/* Answers end with FS (MLLP); the n-th of a link answers its n-th message. */
static void *listen_to_links(void *context) {
    bench *self = context;
    uint32_t *counts = calloc(self->wanted.beds, sizeof *counts);
    uint8_t data[4096];
    while (counts != NULL && !atomic_load(&self->is_over)) {
        struct epoll_event ready[64];
        int count = epoll_wait(self->epoll, ready, 64, 100);
        int64_t at_us = now_us();
        for (int i = 0; i < count; i++) {
            uint32_t bed = ready[i].data.u32;
            ssize_t size = read(self->links[bed], data, sizeof data);
            for (ssize_t at = 0; at < size; at++) {
                if (data[at] == 0x1c) {
                    uint32_t number = counts[bed]++ * self->wanted.beds + bed;
                    histogram_add(&self->answers, at_us - atomic_load(&self->said_us[number]));
                }
            }
        }
    }
    free(counts);
    return NULL;
}

static void open_links(bench *self) {
    self->epoll = epoll_create1(EPOLL_CLOEXEC);
    self->links = calloc(self->wanted.beds, sizeof *self->links);
    if (self->links == NULL || self->epoll < 0) {
        give_up("links");
    }
    for (uint32_t i = 0; i < self->wanted.beds; i++) {
        struct epoll_event interest = {.events = EPOLLIN, .data.u32 = i};
        self->links[i] = connect_to(self->wanted.link);
        epoll_ctl(self->epoll, EPOLL_CTL_ADD, self->links[i], &interest);
    }
}

/* The messages of a file, framed as MLLP wants them; the n-th ends where the next begins. */
typedef struct script {
    uint8_t *data;
    size_t *begins;
} script;

static script read_script(const char *path, uint32_t count) {
    script made = {.begins = calloc(count + (size_t)1, sizeof *made.begins)};
    FILE *file = fopen(path, "re");
    if (file == NULL || made.begins == NULL || fseek(file, 0, SEEK_END) != 0) {
        give_up(path);
    }
    size_t size = (size_t)ftell(file);
    rewind(file);
    uint8_t *text = malloc(size);
    made.data = malloc(size + (size_t)3 * count);
    if (text == NULL || made.data == NULL || fread(text, 1, size, file) != size) {
        give_up(path);
    }
    fclose(file);
    const uint8_t *at = text;
    size_t used = 0;
    uint32_t number = 0;
    for (; number < count && at != NULL; number++) {
        const uint8_t *next = memmem(at + 1, (size_t)(text + size - at) - 1, "\rMSH|", 5);
        size_t length = (size_t)((next == NULL ? text + size : next + 1) - at);
        made.begins[number] = used;
        made.data[used++] = 0x0b;
        memcpy(made.data + used, at, length);
        used += length;
        made.data[used++] = 0x1c;
        made.data[used++] = '\r';
        at = next == NULL ? NULL : next + 1;
    }
    if (number < count) {
        errno = ENODATA;
        give_up(path);
    }
    made.begins[count] = used;
    free(text);
    return made;
}

/* ---- What is published without anybody between */

/* A PUBACK (3.4) has four bytes. */
static void take_acknowledgements(bench *self, bool is_full) {
    uint8_t data[4 * UNDER_WAY_MAX];
    ssize_t size = recv(self->publication, data, is_full ? 4 : sizeof data, is_full ? MSG_WAITALL : MSG_DONTWAIT);
    if (size > 0 && size % 4 != 0) {
        size += recv(self->publication, data + size, 4 - (size_t)size % 4, MSG_WAITALL);
    }
    if (size > 0) {
        atomic_fetch_sub(&self->under_way, (unsigned)(size / 4));
    }
}

static void publish(bench *self, uint32_t bed, uint32_t part) {
    uint8_t head[8];
    uint8_t body[128];
    char name[96];
    static uint16_t identifier;
    static uint8_t payload[1 << 20];
    snprintf(name, sizeof name, self->wanted.parts == 1 ? "bench/%s%06X" : "bench/%s%06X/%u", EUI_PREFIX, bed, part);
    size_t size = put_text(body, name);
    identifier = (uint16_t)(identifier == UINT16_MAX ? 1 : identifier + 1);
    size += put_number(body + size, identifier);
    do {
        take_acknowledgements(self, atomic_load(&self->under_way) >= UNDER_WAY_MAX);
    } while (atomic_load(&self->under_way) >= UNDER_WAY_MAX);
    atomic_fetch_add(&self->under_way, 1);
    write_all(self->publication, head, put_head(head, 0x32, size + self->wanted.bytes));
    write_all(self->publication, body, size);
    write_all(self->publication, payload, self->wanted.bytes);
}

/* ---- The measurement */

static void sleep_until(int64_t until_us) {
    struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
        /* Interrupted: the time is still the same. */
    }
}

/* Says everything at its time. Returns by how much the last was late. */
static int64_t say_all(bench *self, const script *of) {
    int64_t start_us = now_us();
    int64_t late_us = 0;
    for (uint32_t i = 0; i < self->total; i++) {
        uint32_t bed = i % self->wanted.beds;
        int64_t due_us = start_us + (int64_t)i * 1000000 / self->wanted.beds;
        sleep_until(due_us);
        int64_t said_us = now_us();
        late_us = said_us - due_us;
        atomic_store(&self->said_us[i], said_us);
        if (of->data != NULL) {
            write_all(self->links[bed], of->data + of->begins[i], of->begins[i + 1] - of->begins[i]);
            continue;
        }
        for (uint32_t part = 0; part < self->wanted.parts; part++) {
            publish(self, bed + 1, part);
        }
    }
    return late_us;
}

static int64_t await_all(bench *self) {
    int64_t said_us = now_us();
    uint32_t expected = self->total * self->wanted.parts;
    while (atomic_load(&self->delivered) < expected && now_us() < said_us + PATIENCE_US) {
        if (self->wanted.link == 0) {
            take_acknowledgements(self, false);
        }
        sleep_until(now_us() + 1000);
    }
    return said_us;
}

static void print(const bench *self, int64_t late_us, int64_t said_us) {
    uint32_t delivered = atomic_load(&self->delivered);
    printf(
        "{\"messages\": %u, \"missing\": %u, \"bytes\": %.0f, \"p50_us\": %lld, \"p99_us\": %lld, \"longest_us\": "
        "%lld, \"answer_p50_us\": %lld, \"answer_p99_us\": %lld, \"behind_us\": %lld, \"late_us\": %lld}\n",
        delivered, self->total * self->wanted.parts - delivered, delivered == 0 ? 0.0 : (double)self->bytes / delivered,
        (long long)histogram_percentile(&self->latencies, 50), (long long)histogram_percentile(&self->latencies, 99),
        (long long)self->latencies.largest, (long long)histogram_percentile(&self->answers, 50),
        (long long)histogram_percentile(&self->answers, 99), (long long)(self->last_us - said_us), (long long)late_us);
}

static int run(bench *self) {
    pthread_t threads[2];
    script of = {0};
    self->total = self->wanted.beds * (self->wanted.seconds + self->wanted.warm);
    self->said_us = calloc(self->total, sizeof *self->said_us);
    self->topics = calloc(TOPICS, sizeof *self->topics);
    if (self->said_us == NULL || self->topics == NULL) {
        give_up("memory");
    }
    self->subscription = connect_broker(self->wanted.broker, "bench-subscriber");
    subscribe(self->subscription);
    if (self->wanted.link != 0) {
        of = read_script(self->wanted.messages, self->total);
        open_links(self);
    } else {
        self->publication = connect_broker(self->wanted.broker, "bench-publisher");
    }
    pthread_create(&threads[0], NULL, listen_to_broker, self);
    if (self->wanted.link != 0) {
        pthread_create(&threads[1], NULL, listen_to_links, self);
    }
    int64_t late_us = say_all(self, &of);
    int64_t said_us = await_all(self);
    atomic_store(&self->is_over, true);
    pthread_join(threads[0], NULL);
    if (self->wanted.link != 0) {
        pthread_join(threads[1], NULL);
    }
    print(self, late_us, said_us);
    return 0;
}

int main(int argc, char **argv) {
    static bench self = {.wanted = {.warm = 1, .parts = 1}};
    settings *wanted = &self.wanted;
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *key = argv[i];
        unsigned long number = strtoul(argv[i + 1], NULL, 10);
        if (strcmp(key, "--messages") == 0) {
            wanted->messages = argv[i + 1];
        } else if (strcmp(key, "--broker") == 0) {
            wanted->broker = (int)number;
        } else if (strcmp(key, "--link") == 0) {
            wanted->link = (int)number;
        } else if (strcmp(key, "--bytes") == 0) {
            wanted->bytes = number;
        } else if (strcmp(key, "--beds") == 0) {
            wanted->beds = (uint32_t)number;
        } else if (strcmp(key, "--seconds") == 0) {
            wanted->seconds = (uint32_t)number;
        } else if (strcmp(key, "--warm") == 0) {
            wanted->warm = (uint32_t)number;
        } else if (strcmp(key, "--parts") == 0) {
            wanted->parts = (uint32_t)number;
        }
    }
    if (wanted->beds == 0 || wanted->broker == 0 || (wanted->link != 0) != (wanted->messages != NULL)) {
        fprintf(stderr, "delivery: --broker, --beds, and --link with --messages\n");
        return 2;
    }
    return run(&self);
}

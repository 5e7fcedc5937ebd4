#include "sinks/mqtt/mqtt.h"

#include "base/bytes.h"
#include "loop/clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int64_t number_of(const sink_options *options, const char *key, const char *otherwise) {
    char digits[24];
    dragoman_bytes value = sink_setting(options, key, otherwise);
    snprintf(digits, sizeof digits, "%.*s", (int)(value.size < 20 ? value.size : 20), (const char *)value.data);
    return strtoll(digits, NULL, 10);
}

static bool copy(char *to, size_t room, dragoman_bytes text) {
    int length = snprintf(to, room, "%.*s", BYTES_FORMAT(text));
    return length >= 0 && (size_t)length < room;
}

static bool is_this_machine(const char *host) {
    return strncmp(host, "localhost", 9) == 0 || strncmp(host, "127.", 4) == 0 || strncmp(host, "[::1]", 5) == 0;
}

/* mqtt://HOST[:PORT] as the library wants it. */
static dragoman_status find_broker(mqtt_sink *self, const sink_options *options, error_record *error) {
    char to[MQTT_HOST_BYTES];
    bool fits = copy(to, sizeof to, options->to);
    self->is_tls = strncasecmp(to, "mqtts:", 6) == 0;
    const char *host = to + (self->is_tls ? 6 : 5);
    if (strchr(to, '@') != NULL) {
        return error_set(error, DRAGOMAN_INVALID,
                         "no name and password belong into an address: use `user` and `password_file`");
    }
    if (!fits || strncmp(host, "//", 2) != 0 || host[2] == '\0' || host[2] == ':' ||
        strpbrk(host + 2, "/?# ") != NULL) {
        return error_set(error, DRAGOMAN_INVALID,
                         "\"%.*s\" is no address of a broker: write mqtts://HOST or mqtts://HOST:PORT",
                         BYTES_FORMAT(options->to));
    }
    host += 2;
    const char *behind = host[0] == '[' ? strchr(host, ']') : host;
    bool has_port = behind != NULL && strchr(behind, ':') != NULL;
    snprintf(self->shown, sizeof self->shown, "%s", to);
    snprintf(self->uri, sizeof self->uri, "%s://%s%s", self->is_tls ? "ssl" : "tcp", host,
             has_port       ? ""
             : self->is_tls ? ":8883"
                            : ":1883");
    if (!self->is_tls && !is_this_machine(host) && options->log != NULL) {
        options->log(options->log_context, DRAGOMAN_LOG_WARNING,
                     "patient data goes to this broker in the clear: use mqtts://");
    }
    return DRAGOMAN_OK;
}

static dragoman_status find_topics(mqtt_sink *self, const sink_options *options, error_record *error) {
    enum {
        OURS = 1u << TOPIC_SITE | 1u << TOPIC_SINK,
        ALL = OURS | 1u << TOPIC_UNIT | 1u << TOPIC_BED | 1u << TOPIC_DEVICE | 1u << TOPIC_METRIC,
    };
    dragoman_bytes topic = sink_setting(options, "topic", "dragoman/{site}/{unit}/{bed}/{device}");
    dragoman_bytes state = sink_setting(options, "state_topic", "dragoman/{site}/state/{sink}");
    dragoman_bytes links = sink_setting(options, "links_topic", "dragoman/{site}/links/{link}");
    dragoman_status status = topic_template_read(&self->topic, topic, ALL, error);
    if (status == DRAGOMAN_OK && self->topic.has[TOPIC_METRIC] && self->format != SINK_FORMAT_JSON) {
        return error_set(error, DRAGOMAN_INVALID,
                         "a topic with {metric} needs `format: json`: a message is one value then");
    }
    if (status == DRAGOMAN_OK && !bytes_is(links, "none")) {
        self->tells_links = options->links != NULL;
        status = topic_template_read(&self->links_topic, links, OURS | 1u << TOPIC_LINK, error);
    }
    if (status != DRAGOMAN_OK || bytes_is(state, "none")) {
        return status;
    }
    status = topic_template_read(&self->state_topic, state, OURS, error);
    const dragoman_bytes names[TOPIC_WORDS] = {
        [TOPIC_SITE] = bytes_of(self->site), [TOPIC_SINK] = bytes_of(self->name)};
    if (status == DRAGOMAN_OK && topic_write(&self->state_topic, names, self->state_text) == 0) {
        return error_set(error, DRAGOMAN_INVALID, "the topic \"%s\" gets too long", self->state_topic.text);
    }
    return status;
}

/* A broker knows us by it: it is the same after a restart, so that a connection that only we know to be dead ends. 23
 * characters, which every broker must take (MQTT 3.1.1, 3.1.3.1). */
static void make_client_id(mqtt_sink *self) {
    char machine[MQTT_NAME_BYTES] = "";
    (void)gethostname(machine, sizeof machine - 1);
    uint64_t hash =
        bytes_hash(bytes_of(self->name), bytes_hash(bytes_of(self->site), bytes_hash(bytes_of(machine), 1)));
    snprintf(self->client_id, sizeof self->client_id, "dragoman%015llx", (unsigned long long)(hash >> 4));
}

static dragoman_status read_settings(mqtt_sink *self, const sink_options *options, error_record *error) {
    bool fits = copy(self->site, sizeof self->site, options->site) &&
                copy(self->name, sizeof self->name, options->name) &&
                copy(self->user, sizeof self->user, sink_setting(options, "user", "")) &&
                copy(self->client_id, sizeof self->client_id, sink_setting(options, "client_id", "")) &&
                copy(self->certificate_file, MQTT_PATH_BYTES, bytes_of(options->certificate_file)) &&
                copy(self->key_file, MQTT_PATH_BYTES, bytes_of(options->key_file)) &&
                copy(self->authority_file, MQTT_PATH_BYTES, bytes_of(options->authority_file));
    dragoman_bytes password = sink_setting(options, "password_file", "");
    if (password.size > 0) {
        int length =
            snprintf(self->password_file, MQTT_PATH_BYTES, "%s%s%.*s", password.data[0] == '/' ? "" : options->folder,
                     password.data[0] == '/' ? "" : "/", BYTES_FORMAT(password));
        fits = fits && length > 0 && length < MQTT_PATH_BYTES;
    }
    if (!fits) {
        return error_set(error, DRAGOMAN_INVALID, "a name or path of this sink is too long");
    }
    if (self->client_id[0] == '\0') {
        make_client_id(self);
    }
    self->verify_server = options->verify_server;
    self->format = options->format;
    self->bundle = options->bundle;
    self->version = (int)number_of(options, "version", "5");
    self->qos = (int)number_of(options, "qos", "1");
    self->inflight = (uint32_t)number_of(options, "inflight", "64");
    self->timeout_us = number_of(options, "timeout", "30000") * 1000;
    self->keep_alive_s = (int)(number_of(options, "keep_alive", "30000") / 1000);
    self->expiry_ms = number_of(options, "expiry", "0");
    self->is_retained = bytes_is(sink_setting(options, "retain", "false"), "true");
    return DRAGOMAN_OK;
}

static dragoman_status check(const mqtt_sink *self, error_record *error) {
    if (self->password_file[0] != '\0' && self->user[0] == '\0' && self->version == 3) {
        return error_set(error, DRAGOMAN_INVALID, "a password needs a `user` in MQTT 3.1.1");
    }
    if (self->expiry_ms > 0 && self->version != 5) {
        return error_set(error, DRAGOMAN_INVALID, "`expiry` needs `version: 5`");
    }
    if (self->format == SINK_FORMAT_BUNDLES && self->bundle == FHIR_RESOURCES) {
        return error_set(error, DRAGOMAN_INVALID, "write `format: fhir-ndjson` for single resources");
    }
    return DRAGOMAN_OK;
}

static void close_sink(void *sink) {
    mqtt_sink *self = sink;
    if (self == NULL) {
        return;
    }
    if (self->client != NULL) {
        mqtt_disconnect(self);
    }
    for (uint32_t i = 0; i < SINK_ITEMS_MAX; i++) {
        buffer_fini(&self->slots[i].topics);
        free(self->slots[i].parts);
    }
    free(self->told);
    pthread_cond_destroy(&self->news);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

static void make_lock(mqtt_sink *self) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&self->news, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&self->lock, NULL);
}

static dragoman_status open_sink(const sink_options *options, void **ret_sink, error_record *error) {
    mqtt_sink *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for a sink");
    }
    make_lock(self);
    for (uint32_t i = 0; i < SINK_ITEMS_MAX; i++) {
        buffer_init(&self->slots[i].topics);
        self->slots[i].owner = self;
    }
    self->links = options->links;
    self->links_context = options->links_context;
    self->log = options->log;
    self->log_context = options->log_context;
    self->chance = (uint64_t)clock_now().wall_us ^ bytes_hash(options->name, 2);
    dragoman_status status = read_settings(self, options, error);
    status = status == DRAGOMAN_OK ? find_broker(self, options, error) : status;
    status = status == DRAGOMAN_OK ? find_topics(self, options, error) : status;
    status = status == DRAGOMAN_OK ? check(self, error) : status;
    if (status != DRAGOMAN_OK) {
        close_sink(self);
        return status;
    }
    *ret_sink = self;
    return DRAGOMAN_OK;
}

bool mqtt_pause(mqtt_sink *self, int64_t until_us) {
    struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
    pthread_mutex_lock(&self->lock);
    while (!self->is_rung && !self->is_woken && pthread_cond_timedwait(&self->news, &self->lock, &until) == 0) {
        /* Rung for something else. */
    }
    bool was_rung = self->is_rung;
    self->is_rung = false;
    pthread_mutex_unlock(&self->lock);
    return was_rung;
}

static mqtt_state state_of(mqtt_sink *self) {
    pthread_mutex_lock(&self->lock);
    mqtt_state state = self->state;
    pthread_mutex_unlock(&self->lock);
    return state;
}

static bool is_woken(mqtt_sink *self) {
    pthread_mutex_lock(&self->lock);
    bool woken = self->is_woken;
    self->is_woken = false;
    pthread_mutex_unlock(&self->lock);
    return woken;
}

/* What the broker said it cannot do, of what the site asks for. */
static dragoman_status compare(mqtt_sink *self, error_record *error) {
    pthread_mutex_lock(&self->lock);
    mqtt_limits limits = self->limits;
    pthread_mutex_unlock(&self->lock);
    if (self->qos > limits.qos) {
        return error_set(error, DRAGOMAN_UNSUPPORTED, "%s takes no QoS above %d: write `qos: %d`", self->shown,
                         limits.qos, limits.qos);
    }
    if (limits.refuses_retained && (self->is_retained || self->tells_links || self->state_text[0] != '\0')) {
        return error_set(error, DRAGOMAN_UNSUPPORTED,
                         "%s keeps no retained messages: write `retain: false`, `state_topic: none` and "
                         "`links_topic: none`",
                         self->shown);
    }
    return DRAGOMAN_OK;
}

static dragoman_status probe(void *sink, sink_needs *ret_needs, error_record *error) {
    mqtt_sink *self = sink;
    int64_t until_us = clock_now().monotonic_us + (int64_t)MQTT_PROBE_MS * 1000;
    dragoman_status status = DRAGOMAN_OK;
    (void)is_woken(self);
    if (state_of(self) == MQTT_BROKEN) {
        mqtt_drop(self);
    }
    if (state_of(self) == MQTT_DOWN) {
        mqtt_connect(self);
    }
    while (status == DRAGOMAN_OK && state_of(self) == MQTT_CONNECTING) {
        (void)mqtt_pause(self, until_us);
        if (is_woken(self) || clock_now().monotonic_us >= until_us) {
            status = error_set(error, DRAGOMAN_TIMED_OUT, "%s does not answer", self->shown);
        }
    }
    if (status == DRAGOMAN_OK && state_of(self) == MQTT_BROKEN) {
        status = error_set(error, DRAGOMAN_IO, "%s", self->reason);
    }
    if (status == DRAGOMAN_OK) {
        status = compare(self, error);
    }
    if (status != DRAGOMAN_OK) {
        mqtt_drop(self);
        return status;
    }
    *ret_needs = (sink_needs){.write = FHIR_WRITE_PUT,
                              .bundle = self->bundle,
                              .items_at_once = self->inflight < SINK_ITEMS_MAX ? self->inflight : SINK_ITEMS_MAX,
                              .needs_subject = true,
                              .needs_parts = self->topic.has[TOPIC_METRIC],
                              .look_after_ms = MQTT_LOOK_AFTER_MS};
    return DRAGOMAN_OK;
}

static dragoman_status submit(void *sink, const sink_item *item) {
    mqtt_sink *self = sink;
    for (uint32_t i = 0; i < SINK_ITEMS_MAX; i++) {
        mqtt_slot *slot = &self->slots[i];
        if (slot->is_used) {
            continue;
        }
        slot->is_used = true;
        slot->item = *item;
        slot->sent = 0;
        slot->answered = 0;
        slot->outcome = 0;
        self->under_way++;
        /* What fails already here is told by the next wait. */
        if (mqtt_lay_out(self, slot) == DRAGOMAN_OK && state_of(self) == MQTT_UP) {
            mqtt_send(self);
        }
        return DRAGOMAN_OK;
    }
    return DRAGOMAN_FULL;
}

static int64_t back_off(mqtt_sink *self) {
    int64_t wait_us = self->tries > 20 ? MQTT_LAST_RETRY_US : (int64_t)MQTT_FIRST_RETRY_US << self->tries;
    wait_us = wait_us > MQTT_LAST_RETRY_US ? MQTT_LAST_RETRY_US : wait_us;
    self->tries++;
    self->chance = self->chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return wait_us / 2 + (int64_t)(self->chance >> 33) % (wait_us / 2 + 1);
}

/* The connection is of no use: everything under way that was not answered is to come again. */
static void give_back(mqtt_sink *self, int64_t now_us) {
    pthread_mutex_lock(&self->lock);
    for (uint32_t i = 0; i < SINK_ITEMS_MAX; i++) {
        mqtt_slot *slot = &self->slots[i];
        bool is_done = slot->answered == slot->part_count && slot->sent == slot->part_count;
        if (slot->is_used && !is_done && slot->outcome == 0) {
            slot->outcome = SINK_RETRY;
            snprintf(slot->reason, sizeof slot->reason, "%s", self->reason);
        }
    }
    pthread_mutex_unlock(&self->lock);
    mqtt_drop(self);
    self->retry_at_us = now_us + back_off(self);
}

/* A connection on which nothing moves is no connection, whatever the system says. */
static void watch(mqtt_sink *self, int64_t now_us) {
    pthread_mutex_lock(&self->lock);
    bool is_stuck =
        self->state == MQTT_UP && self->inflight_now > 0 && now_us - self->progress_at_us > self->timeout_us;
    bool is_late = self->state == MQTT_CONNECTING && now_us > self->connecting_until_us;
    pthread_mutex_unlock(&self->lock);
    if (is_stuck || is_late) {
        mqtt_break(self, is_late ? "no answer" : "it acknowledges nothing any more");
    }
}

static void look_after(mqtt_sink *self, int64_t now_us) {
    watch(self, now_us);
    mqtt_state state = state_of(self);
    if (state == MQTT_BROKEN) {
        give_back(self, now_us);
    } else if (state == MQTT_DOWN && (self->under_way > 0 || now_us >= self->retry_at_us)) {
        mqtt_connect(self);
    } else if (state == MQTT_UP) {
        self->tries = 0;
        if (!self->has_announced) {
            mqtt_announce(self);
        }
        mqtt_tell_links(self, now_us);
        mqtt_send(self);
    }
}

/* Takes what is finished out of its slot. False: it is not. */
static bool finish(mqtt_sink *self, mqtt_slot *slot, sink_result *ret_result) {
    if (!slot->is_used) {
        return false;
    }
    pthread_mutex_lock(&self->lock);
    /* What was sent of a failed item is waited for, so that nothing of it calls back into another's slot. */
    bool is_all = slot->answered == slot->sent && (slot->sent == slot->part_count || slot->outcome != 0);
    bool is_done = (is_all || self->client == NULL) && (slot->outcome != 0 || is_all);
    pthread_mutex_unlock(&self->lock);
    if (is_done) {
        slot->is_used = false;
        self->under_way--;
        *ret_result = (sink_result){.number = slot->item.number,
                                    .outcome = slot->outcome == 0 ? SINK_DELIVERED : (sink_outcome)slot->outcome,
                                    .reason = bytes_of(slot->outcome == 0 ? "" : slot->reason)};
    }
    return is_done;
}

static bool tell(mqtt_sink *self, void (*told)(void *context, const sink_result *result), void *context) {
    bool is_any = false;
    for (uint32_t i = 0; i < SINK_ITEMS_MAX; i++) {
        sink_result result;
        if (finish(self, &self->slots[i], &result)) {
            is_any = true;
            told(context, &result);
        }
    }
    return is_any;
}

static void wait_for(void *sink, int wait_ms, void (*told)(void *context, const sink_result *result), void *context) {
    mqtt_sink *self = sink;
    int64_t until_us = clock_now().monotonic_us + (int64_t)wait_ms * 1000;
    (void)is_woken(self);
    for (;;) {
        int64_t now_us = clock_now().monotonic_us;
        look_after(self, now_us);
        if (tell(self, told, context) || wait_ms <= 0 || now_us >= until_us || self->under_way == 0) {
            return;
        }
        (void)mqtt_pause(self, until_us);
        if (is_woken(self)) {
            until_us = 0;
        }
    }
}

static void wake(void *sink) {
    mqtt_sink *self = sink;
    pthread_mutex_lock(&self->lock);
    self->is_woken = true;
    pthread_cond_signal(&self->news);
    pthread_mutex_unlock(&self->lock);
}

static const dragoman_setting_rule rules[] = {
    {.key = "topic",
     .type = DRAGOMAN_SETTING_TEXT,
     .summary = "Where messages go. {site} {sink} {unit} {bed} {device} are names, escaped to one level each; with "
                "{metric}, which needs `format: json`, each value is a message of its own.",
     .default_value = "dragoman/{site}/{unit}/{bed}/{device}"},
    {.key = "state_topic",
     .type = DRAGOMAN_SETTING_TEXT,
     .summary =
         "Where it says online and, by its will, offline, retained; {site} and {sink} may stand in it. none: nowhere.",
     .default_value = "dragoman/{site}/state/{sink}"},
    {.key = "links_topic",
     .type = DRAGOMAN_SETTING_TEXT,
     .summary = "Where it says how each link stands (live, stale, gone ...), retained; {site}, {sink} and {link} may "
                "stand in it. none: nowhere.",
     .default_value = "dragoman/{site}/links/{link}"},
    {.key = "version",
     .type = DRAGOMAN_SETTING_CHOICE,
     .summary = "MQTT 5, or 3 for 3.1.1.",
     .default_value = "5",
     .choices = "5 3"},
    {.key = "qos",
     .type = DRAGOMAN_SETTING_INTEGER,
     .summary = "1 and 2: delivered is what the broker has acknowledged; 0: what was written, and may be lost.",
     .default_value = "1",
     .minimum = 0,
     .maximum = 2},
    {.key = "retain",
     .type = DRAGOMAN_SETTING_BOOLEAN,
     .summary =
         "The broker keeps the last message of each topic for who comes later; never alerts of a {metric} topic.",
     .default_value = "false"},
    {.key = "expiry",
     .type = DRAGOMAN_SETTING_DURATION,
     .summary = "MQTT 5: the broker throws a message away that nobody took in this time; 0s: never.",
     .default_value = "0s",
     .minimum = 0,
     .maximum = INT64_C(4294967295) * 1000},
    {.key = "user", .type = DRAGOMAN_SETTING_TEXT, .summary = "Our name at the broker."},
    {.key = "password_file",
     .type = DRAGOMAN_SETTING_TEXT,
     .summary = "A file with our password in its first line; read at each connect."},
    {.key = "client_id",
     .type = DRAGOMAN_SETTING_TEXT,
     .summary = "What the broker tells clients apart by; by default made from machine, site and sink."},
    {.key = "inflight",
     .type = DRAGOMAN_SETTING_INTEGER,
     .summary = "Messages under way at once.",
     .default_value = "64",
     .minimum = 1,
     .maximum = MQTT_INFLIGHT_MAX},
    {.key = "timeout",
     .type = DRAGOMAN_SETTING_DURATION,
     .summary = "A broker that acknowledges nothing for so long is left and called again.",
     .default_value = "30s",
     .minimum = 1000,
     .maximum = 3600000},
    {.key = "keep_alive",
     .type = DRAGOMAN_SETTING_DURATION,
     .summary = "How often an idle connection is tried; the broker publishes our will after one and a half of it.",
     .default_value = "30s",
     .minimum = 5000,
     .maximum = 3600000},
};

const sink_descriptor dragoman_sink = {.magic = SINK_MAGIC,
                                       .major = SINK_MAJOR,
                                       .name = "mqtt",
                                       .schemes = "mqtt: mqtts:",
                                       .settings = rules,
                                       .setting_count = sizeof rules / sizeof rules[0],
                                       .open = open_sink,
                                       .close = close_sink,
                                       .probe = probe,
                                       .submit = submit,
                                       .wait = wait_for,
                                       .wake = wake};

#include "base/bytes.h"
#include "config/reading.h"
#include "config/scalar.h"
#include <stdio.h>

/* What one SUBSCRIBE asks for (link/mqtt.h). */
#define TOPICS_MAX 64

static const char *const kind_names[] = {
    [DRAGOMAN_CHANNEL_STREAM] = "a stream of bytes",  [DRAGOMAN_CHANNEL_DATAGRAM] = "datagrams",
    [DRAGOMAN_CHANNEL_MESSAGE] = "messages",          [DRAGOMAN_CHANNEL_HTTP_CLIENT] = "HTTP requests",
    [DRAGOMAN_CHANNEL_HTTP_SERVER] = "HTTP requests", [DRAGOMAN_CHANNEL_FILE] = "a file",
};

/* An address of a link or channel. `wanted` is the adapter's channel that it is for, or NULL. */
static void check_address(reading *self, yaml_node_t *node, const site_link *link, dragoman_bytes listen,
                          dragoman_bytes connect, const dragoman_channel *wanted) {
    bool is_listener = listen.size > 0;
    dragoman_bytes text = is_listener ? listen : connect;
    if (self->rules == NULL || self->rules->address == NULL || text.size == 0) {
        return;
    }
    error_record refusal = {0};
    bool is_tls = false;
    uint32_t kind = 0;
    yaml_node_t *at = yaml_tree_value(&self->tree, node, is_listener ? "listen" : "connect");
    if (!self->rules->address(self->rules->context, text, is_listener, &kind, &is_tls, &refusal)) {
        yaml_tree_mistake(&self->tree, at, "%s", refusal.text);
    } else if (is_tls && is_listener && link->tls.certificate_file.size == 0) {
        yaml_tree_mistake(&self->tree, at,
                          "a tls:// listener needs a certificate: tls: { certificate: FILE, key: FILE }");
    } else if (wanted != NULL && (wanted->kinds >> kind & 1) == 0) {
        yaml_tree_mistake(&self->tree, at, "\"%.*s\" carries %s, and the adapter's channel \"%s\" does not take that",
                          BYTES_FORMAT(text), kind_names[kind], wanted->name);
    }
}

/* MQTT 5.0, 4.7.1: # alone in the last level, + alone in any. */
static bool is_filter(dragoman_bytes filter) {
    for (size_t i = 0; i < filter.size; i++) {
        bool is_first = i == 0 || filter.data[i - 1] == '/';
        bool is_last = i + 1 == filter.size;
        bool ends = is_last || filter.data[i + 1] == '/';
        if ((filter.data[i] == '#' && (!is_first || !is_last)) || (filter.data[i] == '+' && (!is_first || !ends))) {
            return false;
        }
    }
    return filter.size > 0 && filter.size <= 65535;
}

static void check_topics(reading *self, yaml_node_t *node, const site_link *link) {
    yaml_node_t *at = yaml_tree_value(&self->tree, node, "topics");
    bool is_broker = false;
    uint32_t count = link->channel_count > 0 ? link->channel_count : 1;
    for (uint32_t i = 0; i < count; i++) {
        dragoman_bytes connect = link->channel_count > 0 ? link->channels[i].connect : link->connect;
        is_broker |= bytes_starts_with(connect, "mqtt://") || bytes_starts_with(connect, "mqtts://");
    }
    if (is_broker != (link->topic_count > 0)) {
        yaml_tree_mistake(&self->tree, at == NULL ? node : at, "%s",
                          is_broker ? "a broker needs `topics`: write topics: [\"wearables/#\"]"
                                    : "`topics` are for `connect: mqtts://HOST`: take them away");
    }
    if (link->topic_count > TOPICS_MAX) {
        yaml_tree_mistake(&self->tree, at, "more than %d topics: make two links of it", TOPICS_MAX);
    }
    for (uint32_t i = 0; i < link->topic_count; i++) {
        if (!is_filter(link->topics[i])) {
            yaml_tree_mistake(&self->tree, at,
                              "\"%.*s\" is no filter of MQTT: + and # stand alone between slashes, # last",
                              BYTES_FORMAT(link->topics[i]));
        }
    }
    if (link->mqtt.version != 0 && link->mqtt.password_file.size > 0 && link->mqtt.user.size == 0) {
        yaml_tree_mistake(&self->tree, yaml_tree_value(&self->tree, node, "mqtt"),
                          "a password needs a `user` in MQTT 3.1.1");
    }
}

static void check_one_way(reading *self, yaml_node_t *node, dragoman_bytes listen, dragoman_bytes connect,
                          const char *what) {
    if ((listen.size > 0) == (connect.size > 0)) {
        yaml_tree_mistake(&self->tree, node, "a %s has either `listen` or `connect`: %s", what,
                          listen.size > 0 ? "take one of them away" : "add one, like listen: tcp://0.0.0.0:2575");
    }
}

/* "main, broadcast (may be missing)" */
static const char *names_of(const dragoman_adapter_descriptor *adapter) {
    static _Thread_local char text[256];
    size_t used = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < adapter->channel_count && used < sizeof(text); i++) {
        int size = snprintf(text + used, sizeof(text) - used, "%s%s%s", i == 0 ? "" : ", ", adapter->channels[i].name,
                            adapter->channels[i].is_optional != 0 ? " (may be missing)" : "");
        used += size < 0 ? 0 : (size_t)size;
    }
    return text;
}

/* The adapter's channel of that name, or NULL. */
static const dragoman_channel *find_channel(const dragoman_adapter_descriptor *adapter, dragoman_bytes name,
                                            uint32_t *ret_index) {
    for (uint32_t i = 0; i < adapter->channel_count; i++) {
        if (bytes_is(name, adapter->channels[i].name)) {
            *ret_index = i;
            return &adapter->channels[i];
        }
    }
    return NULL;
}

static bool has_channel(const site_link *link, const char *name) {
    for (uint32_t i = 0; i < link->channel_count; i++) {
        if (bytes_is(link->channels[i].name, name)) {
            return true;
        }
    }
    return false;
}

static bool stands_before(const site_link *link, uint32_t index) {
    for (uint32_t i = 0; i < index; i++) {
        if (bytes_equal(link->channels[i].name, link->channels[index].name)) {
            return true;
        }
    }
    return false;
}

static void check_channel(reading *self, yaml_node_t *node, yaml_node_t *key_node, const site_link *link,
                          site_channel *channel, const dragoman_adapter_descriptor *adapter) {
    const dragoman_channel *wanted = NULL;
    check_one_way(self, node, channel->listen, channel->connect, "channel");
    if (adapter != NULL) {
        wanted = find_channel(adapter, channel->name, &channel->index);
        if (wanted == NULL) {
            yaml_tree_mistake(&self->tree, key_node, "the adapter %s has no channel \"%.*s\"; it has %s", adapter->name,
                              BYTES_FORMAT(channel->name), names_of(adapter));
        }
    }
    check_address(self, node, link, channel->listen, channel->connect, wanted);
}

static void check_channels(reading *self, yaml_node_t *node, const site_link *link,
                           const dragoman_adapter_descriptor *adapter) {
    yaml_node_t *all = yaml_tree_value(&self->tree, node, "channels");
    for (uint32_t i = 0; i < link->channel_count; i++) {
        dragoman_bytes name;
        yaml_node_t *value = yaml_tree_pair(&self->tree, all, i, &name);
        if (stands_before(link, i)) {
            yaml_tree_mistake(&self->tree, yaml_tree_key_node(&self->tree, all, i), "the key \"%.*s\" stands twice",
                              BYTES_FORMAT(name));
        }
        check_channel(self, value, yaml_tree_key_node(&self->tree, all, i), link,
                      (site_channel *)(uintptr_t)&link->channels[i], adapter);
    }
    for (uint32_t i = 0; adapter != NULL && i < adapter->channel_count; i++) {
        if (adapter->channels[i].is_optional == 0 && !has_channel(link, adapter->channels[i].name)) {
            yaml_tree_mistake(&self->tree, all, "the adapter %s needs the channel \"%s\" too; it has %s", adapter->name,
                              adapter->channels[i].name, names_of(adapter));
        }
    }
    if (link->listen.size > 0 || link->connect.size > 0) {
        yaml_tree_mistake(&self->tree, node,
                          "a link has either `channels` or one `listen` or `connect`: take one of them away");
    }
}

/* A link with one channel: the adapter's first. */
static void check_only_channel(reading *self, yaml_node_t *node, const site_link *link,
                               const dragoman_adapter_descriptor *adapter) {
    check_one_way(self, node, link->listen, link->connect, "link");
    check_address(self, node, link, link->listen, link->connect,
                  adapter == NULL || adapter->channel_count == 0 ? NULL : &adapter->channels[0]);
    for (uint32_t i = 1; adapter != NULL && i < adapter->channel_count; i++) {
        if (adapter->channels[i].is_optional == 0) {
            yaml_tree_mistake(&self->tree, node,
                              "the adapter %s has several channels: write channels: { NAME: { listen: ... }, ... } "
                              "for %s",
                              adapter->name, names_of(adapter));
            return;
        }
    }
}

bool reading_has_speed(uint32_t baud, const char **ret_why) {
#define SPEEDS "300 600 1200 2400 4800 9600 19200 38400 57600 115200 230400 460800 500000 921600 1000000"
    char text[16];
    int size = snprintf(text, sizeof(text), "%u", baud);
    *ret_why = "one of these is expected: " SPEEDS;
    return scalar_choice((dragoman_bytes){(const uint8_t *)text, (size_t)size}, SPEEDS) >= 0;
#undef SPEEDS
}

/* What no port has. */
static void check_serial(reading *self, yaml_node_t *node, const site_link *link) {
    const char *why = NULL;
    if (link->serial.baud != 0 && !reading_has_speed(link->serial.baud, &why)) {
        yaml_tree_mistake(&self->tree, yaml_tree_value(&self->tree, node, "serial"), "baud: %u: %s", link->serial.baud,
                          why);
    }
}

void reading_check_link(reading *self, yaml_node_t *node, site_link *link) {
    uint32_t count = 0;
    const key_rule *known = reading_children("links", &count);
    error_record refusal = {0};
    const dragoman_adapter_descriptor *adapter = NULL;
    if (self->rules != NULL && link->adapter.size > 0) {
        adapter = self->rules->adapter(self->rules->context, link->adapter, &refusal);
    }
    check_serial(self, node, link);
    if (link->channel_count > 0) {
        check_channels(self, node, link, adapter);
    } else {
        check_only_channel(self, node, link, adapter);
    }
    check_topics(self, node, link);
    if (self->rules == NULL || link->adapter.size == 0) {
        return;
    }
    yaml_node_t *named = yaml_tree_value(&self->tree, node, "adapter");
    if (adapter == NULL) {
        yaml_tree_mistake(&self->tree, named == NULL ? node : named, "%s", refusal.text);
        return;
    }
    reading_settings(self, node, known, count, adapter->settings, adapter->setting_count, adapter->name,
                     &link->settings, &link->setting_count);
    yaml_node_t *profile = yaml_tree_value(&self->tree, node, "profile");
    if (link->profile.size > 0 && !self->rules->profile(self->rules->context, link->adapter, link->profile)) {
        yaml_tree_mistake(&self->tree, profile, "there is no profile \"%.*s\" for the adapter %s",
                          BYTES_FORMAT(link->profile), adapter->name);
    } else if (self->rules->device != NULL &&
               !self->rules->device(self->rules->context, adapter, link->profile, &refusal)) {
        yaml_tree_mistake(&self->tree, profile == NULL ? node : profile, "%s", refusal.text);
    } else {
        reading_link_defaults(self, node, link);
    }
}

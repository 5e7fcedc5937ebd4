/* How the links stand, as retained messages: so that nobody takes the last value of a silent device for a new one. */
#include "base/bytes.h"
#include "base/time.h"
#include "sinks/mqtt/mqtt.h"
#include <stdlib.h>

/* How often the links are looked at. */
#define TELL_EVERY_US 1000000
/* How long one look may wait for the broker to take what was told: it comes back for the rest. */
#define TELL_WAIT_US 100000

/* One look at all links. */
typedef struct looking {
    mqtt_sink *self;
    uint32_t at;
    int64_t until_us;
} looking;

/* False: there is no memory for another link. */
static bool has_room(mqtt_sink *self, uint32_t index) {
    if (index < self->told_room) {
        return true;
    }
    uint32_t room = self->told_room == 0 ? 64 : self->told_room * 2;
    uint64_t *told = realloc(self->told, room * sizeof *told);
    if (told == NULL) {
        return false;
    }
    memset(told + self->told_room, 0, (room - self->told_room) * sizeof *told);
    self->told = told;
    self->told_room = room;
    return true;
}

/* The words are our own: nothing in them has to be escaped. */
static void write_state(const char *state, int64_t last_heard_us, buffer *to) {
    char text[TIME_TEXT_BYTES];
    size_t size = last_heard_us == 0 ? 0 : time_write_utc(last_heard_us, 3, text);
    buffer_append_format(to, "{\"state\":\"%s\"", state);
    if (size > 0) {
        buffer_append_format(to, ",\"last_heard\":\"%.*s\"", (int)size, text);
    }
    buffer_append_text(to, "}");
}

static void tell(mqtt_sink *self, dragoman_bytes name, const char *state, int64_t last_heard_us) {
    char topic[TOPIC_BYTES];
    buffer body;
    const dragoman_bytes names[TOPIC_WORDS] = {
        [TOPIC_SITE] = bytes_of(self->site), [TOPIC_SINK] = bytes_of(self->name), [TOPIC_LINK] = name};
    buffer_init(&body);
    write_state(state, last_heard_us, &body);
    if (!body.failed && topic_write(&self->links_topic, names, topic) > 0) {
        mqtt_say(self, topic, buffer_bytes(&body));
    }
    buffer_fini(&body);
}

static bool await_room(mqtt_sink *self, int64_t until_us) {
    while (mqtt_room(self) == 0) {
        if (!mqtt_pause(self, until_us)) {
            return false;
        }
    }
    return true;
}

static void look(void *to, dragoman_bytes name, const char *state, int64_t last_heard_us) {
    looking *at = to;
    mqtt_sink *self = at->self;
    uint32_t index = at->at++;
    uint64_t hash = bytes_hash(bytes_of(state), bytes_hash(name, 3)) | 1;
    if (!has_room(self, index) || self->told[index] == hash) {
        return;
    }
    if (!await_room(self, at->until_us)) {
        self->tell_links_us = 0;
        return;
    }
    self->told[index] = hash;
    tell(self, name, state, last_heard_us);
}

void mqtt_tell_links(mqtt_sink *self, int64_t now_us) {
    looking at = {.self = self, .until_us = now_us + TELL_WAIT_US};
    if (self->tells_links && now_us >= self->tell_links_us) {
        self->tell_links_us = now_us + TELL_EVERY_US;
        self->links(self->links_context, look, &at);
    }
}

/* Any bytes from a broker: the same messages are found however the bytes arrive, nothing is read beyond what came, and
 * what is taken is never more than what is there. The first byte chooses the version and how far the talk is. */
#include "base/bytes.h"
#include "link/mqtt.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const dragoman_bytes topics[] = {DRAGOMAN_TEXT_INIT("a/#")};

static void must(bool holds) {
    if (!holds) {
        abort();
    }
}

/* What came of the bytes: a hash of all messages in order, and how it ended. */
typedef struct outcome {
    uint64_t found;
    dragoman_status status;
} outcome;

static void note(outcome *self, const mqtt_message *message) {
    if (message->topic.size > 0) {
        must(bytes_is_utf8(message->topic) && (!message->is_too_long || message->payload.size == 0));
        self->found = bytes_hash(message->topic, self->found + message->packet);
        self->found = bytes_hash(message->payload, self->found + message->is_retained);
    }
}

/* Takes what can be taken of `unread`; returns how much that was. */
static size_t take(mqtt_reader *reader, dragoman_bytes unread, outcome *self, buffer *answers) {
    size_t used = 0;
    while (used < unread.size) {
        size_t size = 0;
        mqtt_message message;
        dragoman_bytes rest = {unread.data + used, unread.size - used};
        dragoman_status status = mqtt_read(reader, rest, &size, &message, answers, NULL);
        must(size <= rest.size);
        if (status == DRAGOMAN_NEED_MORE) {
            break;
        }
        if (status != DRAGOMAN_OK) {
            self->status = status;
            break;
        }
        must(size > 0);
        note(self, &message);
        used += size;
    }
    return used;
}

static outcome run(dragoman_bytes input, const mqtt_subscription *of, mqtt_stage stage, size_t piece) {
    outcome self = {.found = 0};
    mqtt_reader reader;
    buffer answers;
    buffer_init(&answers);
    mqtt_start(&reader, of, &answers);
    reader.stage = stage;
    size_t begin = 0;
    for (size_t have = 0; have < input.size && self.status == DRAGOMAN_OK;) {
        have += piece < input.size - have ? piece : input.size - have;
        /* In memory of its own, so that a look beyond the end is seen. */
        uint8_t *copy = malloc(have - begin + 1);
        memcpy(copy, input.data + begin, have - begin);
        begin += take(&reader, (dragoman_bytes){copy, have - begin}, &self, &answers);
        free(copy);
    }
    must(!answers.failed);
    buffer_fini(&answers);
    return self;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    mqtt_subscription of = {.is_v5 = (data[0] & 1) != 0,
                            .client_id = DRAGOMAN_TEXT("id"),
                            .topics = topics,
                            .topic_count = 1,
                            .receive_max = 20};
    mqtt_stage stage = (mqtt_stage)((data[0] >> 1) % (MQTT_READY + 1));
    dragoman_bytes input = {data + 1, size - 1};
    outcome whole = run(input, &of, stage, input.size);
    outcome split = run(input, &of, stage, 1 + (data[0] >> 3));
    must(whole.found == split.found && whole.status == split.status);
    return 0;
}

#include "kit/sink_kit.h"

#include "base/bytes.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
    pthread_mutex_t lock;
    sink_kit_manner manner;
    char **texts;
    size_t count, room;
    sink_item items[SINK_ITEMS_MAX];
    uint32_t under_way_count, most_under_way;
    uint64_t through, safe_through; /* the last item that was delivered, and that is safe */
    size_t safe_count;
    bool shared;
} kit = {.lock = PTHREAD_MUTEX_INITIALIZER};

static size_t head_of(dragoman_bytes body, size_t *ret_size) {
    size_t at = 0;
    size_t size = 0;
    do {
        size |= (size_t)(body.data[at] & 0x7f) << (7 * at);
    } while ((body.data[at++] & 0x80) != 0);
    *ret_size = size;
    return at;
}

/* The first report of a body. */
static dragoman_bytes text_of(dragoman_bytes body) {
    size_t size = 0;
    size_t head = head_of(body, &size);
    return (dragoman_bytes){body.data + head, size};
}

static void keep(dragoman_bytes body) {
    while (body.size > 0) {
        size_t size = 0;
        size_t head = head_of(body, &size);
        if (kit.count == kit.room) {
            kit.room = kit.room == 0 ? 1024 : kit.room * 2;
            kit.texts = realloc(kit.texts, kit.room * sizeof *kit.texts);
        }
        kit.texts[kit.count++] = strndup((const char *)body.data + head, size < 32 ? size : 32);
        body.data += head + size;
        body.size -= head + size;
    }
}

static dragoman_status open_kit(const sink_options *options, void **ret_sink, error_record *error) {
    (void)options;
    (void)error;
    kit.under_way_count = 0;
    kit.through = kit.safe_through = 0;
    *ret_sink = &kit;
    return DRAGOMAN_OK;
}

static void close_kit(void *sink) {
    (void)sink;
}

static dragoman_status probe(void *sink, sink_needs *ret_needs, error_record *error) {
    (void)sink;
    (void)error;
    pthread_mutex_lock(&kit.lock);
    *ret_needs =
        (sink_needs){.items_at_once = kit.manner.items_at_once, .is_stream = kit.manner.is_stream, .batch_bytes = 4096};
    pthread_mutex_unlock(&kit.lock);
    return DRAGOMAN_OK;
}

static dragoman_status submit(void *sink, const sink_item *item) {
    (void)sink;
    pthread_mutex_lock(&kit.lock);
    dragoman_bytes text = text_of(item->body);
    const uint8_t *colon = memchr(text.data, ':', text.size);
    dragoman_bytes device = {text.data, colon == NULL ? 0 : (size_t)(colon - text.data) + 1};
    for (uint32_t i = 0; i < kit.under_way_count && device.size > 0; i++) {
        dragoman_bytes other = text_of(kit.items[i].body);
        kit.shared |= other.size >= device.size && memcmp(other.data, device.data, device.size) == 0;
    }
    kit.items[kit.under_way_count++] = *item;
    kit.most_under_way = kit.most_under_way > kit.under_way_count ? kit.most_under_way : kit.under_way_count;
    pthread_mutex_unlock(&kit.lock);
    return DRAGOMAN_OK;
}

static bool begins(const sink_item *item, const char *with) {
    return with != NULL && bytes_starts_with(text_of(item->body), with);
}

static bool take(sink_result *ret_result) {
    pthread_mutex_lock(&kit.lock);
    bool is_there = kit.under_way_count > 0 && !kit.manner.is_held;
    if (is_there) {
        uint32_t at = kit.manner.shuffles ? kit.under_way_count - 1 : 0;
        sink_item item = kit.items[at];
        memmove(&kit.items[at], &kit.items[at + 1], (--kit.under_way_count - at) * sizeof item);
        *ret_result = (sink_result){.number = item.number, .outcome = SINK_DELIVERED};
        if (begins(&item, kit.manner.rejects)) {
            ret_result->outcome = SINK_REJECTED;
            ret_result->reason = DRAGOMAN_TEXT("the kit does not like it");
        } else if (begins(&item, kit.manner.retries)) {
            ret_result->outcome = SINK_RETRY;
            ret_result->reason = DRAGOMAN_TEXT("the kit is busy");
            ret_result->retry_after_us = kit.manner.retry_after_us;
        } else {
            keep(item.body);
            kit.through = item.number;
            if (kit.manner.safe_each == 0 ||
                kit.count / kit.manner.safe_each != kit.safe_count / kit.manner.safe_each) {
                kit.safe_through = kit.through;
                kit.safe_count = kit.count;
            }
        }
    }
    pthread_mutex_unlock(&kit.lock);
    return is_there;
}

static bool lose(void) {
    pthread_mutex_lock(&kit.lock);
    bool is_lost = kit.manner.losses > 0 && kit.safe_count > 0 && kit.count > kit.safe_count;
    kit.manner.losses -= is_lost;
    pthread_mutex_unlock(&kit.lock);
    return is_lost;
}

static void make_safe(void) {
    pthread_mutex_lock(&kit.lock);
    kit.safe_through = kit.through;
    kit.safe_count = kit.count;
    pthread_mutex_unlock(&kit.lock);
}

static void wait_for(void *sink, int wait_ms, void (*told)(void *context, const sink_result *result), void *context) {
    sink_result result;
    (void)sink;
    bool is_any = false;
    while (take(&result)) {
        told(context, &result);
        is_any = true;
    }
    if (lose()) {
        told(context, &(sink_result){.outcome = SINK_LOST, .reason = DRAGOMAN_TEXT("the kit lost something")});
    } else if (wait_ms == SINK_WAIT_LAST) {
        make_safe();
    }
    if (!is_any && wait_ms > 0 && kit.under_way_count > 0) {
        usleep(1000);
    }
}

static void mark(void *sink, sink_mark *ret_mark) {
    (void)sink;
    pthread_mutex_lock(&kit.lock);
    ret_mark->through = kit.safe_through;
    ret_mark->size = (size_t)snprintf((char *)ret_mark->text, sizeof ret_mark->text, "%zu", kit.safe_count);
    pthread_mutex_unlock(&kit.lock);
}

/* What follows the mark comes again. */
static void resume(void *sink, dragoman_bytes mark_text) {
    (void)sink;
    char digits[24];
    snprintf(digits, sizeof digits, "%.*s", BYTES_FORMAT(mark_text));
    pthread_mutex_lock(&kit.lock);
    for (size_t count = strtoul(digits, NULL, 10); kit.manner.is_stream && kit.count > count;) {
        free(kit.texts[--kit.count]);
    }
    kit.safe_count = kit.count;
    pthread_mutex_unlock(&kit.lock);
}

const sink_descriptor sink_kit = {.magic = SINK_MAGIC,
                                  .major = SINK_MAJOR,
                                  .name = "kit",
                                  .schemes = "kit:",
                                  .open = open_kit,
                                  .close = close_kit,
                                  .resume = resume,
                                  .probe = probe,
                                  .submit = submit,
                                  .wait = wait_for,
                                  .mark = mark};

void sink_kit_reset(void) {
    pthread_mutex_lock(&kit.lock);
    for (size_t i = 0; i < kit.count; i++) {
        free(kit.texts[i]);
    }
    free(kit.texts);
    kit.texts = NULL;
    kit.count = 0;
    kit.room = 0;
    kit.most_under_way = 0;
    kit.shared = false;
    kit.through = kit.safe_through = 0;
    kit.safe_count = 0;
    kit.manner = (sink_kit_manner){.items_at_once = 1};
    pthread_mutex_unlock(&kit.lock);
}

void sink_kit_set(const sink_kit_manner *manner) {
    pthread_mutex_lock(&kit.lock);
    kit.manner = *manner;
    pthread_mutex_unlock(&kit.lock);
}

void sink_kit_hold(bool is_held) {
    pthread_mutex_lock(&kit.lock);
    kit.manner.is_held = is_held;
    pthread_mutex_unlock(&kit.lock);
}

size_t sink_kit_count(void) {
    pthread_mutex_lock(&kit.lock);
    size_t count = kit.count;
    pthread_mutex_unlock(&kit.lock);
    return count;
}

void sink_kit_wait(size_t count) {
    enum { STEP_US = 2000, STEPS = 30000 };
    for (int i = 0; i < STEPS && sink_kit_count() < count; i++) {
        usleep(STEP_US);
    }
}

const char *sink_kit_text(size_t index) {
    return index < sink_kit_count() ? kit.texts[index] : "";
}

uint32_t sink_kit_most_under_way(void) {
    return kit.most_under_way;
}

bool sink_kit_lanes_never_shared(void) {
    return !kit.shared;
}

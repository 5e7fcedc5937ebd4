#include "kit/puppet.h"

#include "base/bytes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

puppet *puppet_made;

static dragoman_status puppet_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                   void **ret_instance) {
    (void)start;
    puppet *self = host->allocate(context, sizeof(*self));
    *self = (puppet){.host = host, .context = context, .deadline_us = DRAGOMAN_NO_DEADLINE};
    puppet_made = self;
    *ret_instance = self;
    return DRAGOMAN_OK;
}

static void puppet_fini(void *instance) {
    puppet *self = instance;
    self->host->release(self->context, self);
}

static dragoman_status emit(puppet *self) {
    dragoman_code code = {DRAGOMAN_TEXT("HR"), DRAGOMAN_TEXT(""), DRAGOMAN_TEXT("X")};
    dragoman_value value = {.kind = DRAGOMAN_VALUE_DECIMAL, .number = {.mantissa = 72}};
    dragoman_observation observation = {.code = {.codings = &code, .coding_count = 1},
                                        .values = DRAGOMAN_LIST(&value, 1),
                                        .measured_at = {.civil_us = INT64_C(1720000000000000),
                                                        .offset_minutes = DRAGOMAN_OFFSET_UNKNOWN,
                                                        .precision = DRAGOMAN_TIME_SECOND}};
    dragoman_device device = {.struct_size = sizeof(device), .key = DRAGOMAN_TEXT("bed 1")};
    dragoman_report report = {
        .struct_size = sizeof(report), .device = &device, .observations = DRAGOMAN_LIST(&observation, 1)};
    return self->host->emit(self->context, &report);
}

static dragoman_status obey(puppet *self, uint8_t command) {
    dragoman_bytes key = DRAGOMAN_TEXT("key");
    switch (command) {
    case '(':
        return self->host->message_begin(self->context, DRAGOMAN_TEXT("sender"), DRAGOMAN_TEXT("id"), 1, &self->number);
    case ')':
        return self->host->message_end(self->context);
    case 'x':
        self->host->message_abandon(self->context);
        return DRAGOMAN_OK;
    case 'r':
        return emit(self);
    case 'd':
        return self->host->dead_letter(self->context, DRAGOMAN_TEXT("payload"), DRAGOMAN_TEXT("stage"),
                                       DRAGOMAN_TEXT("reason"));
    case 'D': {
        static uint8_t large[PUPPET_BIG_PAYLOAD];
        return self->host->dead_letter(self->context, (dragoman_bytes){large, sizeof(large)}, DRAGOMAN_TEXT("stage"),
                                       DRAGOMAN_TEXT("reason"));
    }
    case '1':
    case '2':
        return self->host->state_put(self->context, key, (dragoman_bytes){&command, 1});
    case 'L':
        return self->host->state_put(self->context,
                                     (dragoman_bytes){(const uint8_t *)self, HOST_STATE_KEY_BYTES_MAX + 1}, key);
    case 'M':
        return self->host->allocate(self->context, HOST_INSTANCE_BYTES_MAX) == NULL ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
    case 'B':
        return self->host->batch(self->context, HOST_BATCH_BYTES_MAX + 1) == NULL ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
    default:
        return DRAGOMAN_OK;
    }
}

static dragoman_status puppet_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                     dragoman_progress *ret_progress) {
    puppet *self = instance;
    (void)now;
    if (event->kind == DRAGOMAN_EVENT_SETTLED) {
        size_t used = strlen(self->settled);
        snprintf(self->settled + used, sizeof(self->settled) - used, "%c%llu ", "?DdN"[event->of.settled.settlement],
                 (unsigned long long)event -> of.settled.through);
    }
    if (event->kind != DRAGOMAN_EVENT_BYTES) {
        return DRAGOMAN_OK;
    }
    self->unread = event->of.bytes.unread.size;
    self->fresh = event->of.bytes.fresh;
    if (self->unread == 0) {
        return DRAGOMAN_OK;
    }
    uint8_t command = event->of.bytes.unread.data[0];
    if (command == 'W') {
        ret_progress->needed = SIZE_MAX;
        return DRAGOMAN_NEED_MORE;
    }
    if (command == 'w' && self->unread < 4 && event->of.bytes.is_end == 0) {
        ret_progress->needed = 4;
        return DRAGOMAN_NEED_MORE;
    }
    self->last = obey(self, command);
    ret_progress->consumed = command == '!' ? self->unread + 1 : command == 'w' && self->unread >= 4 ? 4 : 1;
    return DRAGOMAN_OK;
}

static int64_t puppet_deadline(const void *instance) {
    return ((const puppet *)instance)->deadline_us;
}

static dragoman_status puppet_expire(void *instance, const dragoman_now *now) {
    (void)instance;
    (void)now;
    return DRAGOMAN_OK;
}

static dragoman_status puppet_next(void *instance, dragoman_action *ret_action) {
    (void)instance;
    (void)ret_action;
    return DRAGOMAN_NOT_FOUND;
}

static const dragoman_channel channels[] = {{.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM}};
static const char *const charsets[] = {"ISO-8859-1", "ISO-2022-JP", "CP1258"};
static const dragoman_adapter_descriptor descriptor = {.magic = DRAGOMAN_ABI_MAGIC,
                                                       .abi_major = DRAGOMAN_ABI_MAJOR,
                                                       .struct_size = sizeof(descriptor),
                                                       .scope = DRAGOMAN_SCOPE_SESSION,
                                                       .name = "puppet",
                                                       .version = "1",
                                                       .summary = "does what it is told",
                                                       .channels = channels,
                                                       .channel_count = 1,
                                                       .charsets = charsets,
                                                       .charset_count = 3,
                                                       .init = puppet_init,
                                                       .fini = puppet_fini,
                                                       .handle = puppet_handle,
                                                       .deadline = puppet_deadline,
                                                       .expire = puppet_expire,
                                                       .next = puppet_next};

static void keep(void *context, host_message *message) {
    puppet_bench *self = context;
    self->kept[self->kept_count++] = message;
}

static dragoman_status state_get(void *context, dragoman_bytes link, dragoman_bytes key, arena *memory,
                                 dragoman_bytes *ret_value) {
    (void)context, (void)link, (void)key, (void)memory;
    *ret_value = DRAGOMAN_TEXT("committed");
    return DRAGOMAN_OK;
}

static void say(void *context, dragoman_bytes link, uint32_t level, dragoman_bytes text, dragoman_bytes private_text) {
    (void)context, (void)link, (void)level, (void)text, (void)private_text;
}

static void count(void *context, dragoman_bytes link, uint32_t counter, uint64_t add) {
    (void)context, (void)link, (void)counter, (void)add;
}

static void wake(void *context) {
    ((puppet_bench *)context)->wakes++;
}

static host_profile profile(void *meaning, dragoman_bytes adapter, dragoman_bytes chosen,
                            const dragoman_report *report) {
    (void)meaning, (void)adapter, (void)chosen, (void)report;
    return (host_profile){0};
}

static bool episodic(void *meaning, dragoman_bytes name, const dragoman_report *report,
                     const dragoman_observation *observation) {
    (void)meaning, (void)name, (void)report, (void)observation;
    return false;
}

void puppet_told(void *context, host_instance *instance) {
    (void)instance;
    ((puppet_bench *)context)->told++;
}

int puppet_set_up(void **state) {
    puppet_bench *self = calloc(1, sizeof(*self));
    host_hooks hooks = {.context = self,
                        .keep = keep,
                        .state_get = state_get,
                        .log = say,
                        .count = count,
                        .wake = wake,
                        .profile = profile,
                        .is_episodic = episodic};
    static const uint8_t seed[DRAGOMAN_SEED_BYTES];
    host_instance_options options = {.link = DRAGOMAN_TEXT("link"), .seed = seed, .owner = self};
    self->environment = host_environment_create(&hooks);
    self->adapter.descriptor = &descriptor;
    self->now = (dragoman_now){.monotonic_us = 1000, .wall_us = INT64_C(1720000000000000)};
    assert_int_equal(
        host_instance_create(self->environment, &self->adapter, &options, &self->now, &self->instance, NULL),
        DRAGOMAN_OK);
    *state = self;
    return 0;
}

void puppet_settle(puppet_bench *self, size_t index, dragoman_settlement settlement) {
    host_message_settle(self->kept[index], settlement, DRAGOMAN_OK, NULL);
}

int puppet_tear_down(void **state) {
    puppet_bench *self = *state;
    host_instance_destroy(self->instance);
    host_environment_settle(self->environment, &self->now, puppet_told, self);
    host_stream_fini(&self->stream);
    host_environment_destroy(self->environment);
    free(self);
    return 0;
}

dragoman_status puppet_feed(puppet_bench *self, const char *text, uint32_t stop_at, bool *ret_is_stopped) {
    return host_instance_feed(self->instance, 0, &self->stream, bytes_of(text), false, stop_at, &self->now,
                              ret_is_stopped);
}

dragoman_status puppet_tell(puppet_bench *self, const char *text) {
    bool is_stopped = false;
    assert_int_equal(puppet_feed(self, text, 0, &is_stopped), DRAGOMAN_OK);
    return puppet_made->last;
}

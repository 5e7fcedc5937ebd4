#include "base/bytes.h"
#include "host/internal.h"
#include "host/limits.h"
#include <stdlib.h>

static void *service_allocate(void *context, size_t size) {
    host_instance *instance = context;
    if (size == 0 || size > HOST_INSTANCE_BYTES_MAX - instance->allocated) {
        return NULL;
    }
    host_piece *piece = calloc(1, sizeof(*piece) + size);
    if (piece == NULL) {
        return NULL;
    }
    piece->size = size;
    piece->before = instance->pieces.before;
    piece->after = &instance->pieces;
    piece->before->after = piece;
    instance->pieces.before = piece;
    instance->allocated += size;
    return piece + 1;
}

static void service_release(void *context, void *memory) {
    host_instance *instance = context;
    if (memory == NULL) {
        return;
    }
    host_piece *piece = (host_piece *)memory - 1;
    piece->before->after = piece->after;
    piece->after->before = piece->before;
    instance->allocated -= piece->size;
    free(piece);
}

static void *service_batch(void *context, size_t size) {
    host_instance *instance = context;
    return arena_allocate(&instance->environment->batch, size);
}

static void say(host_instance *instance, uint32_t level, const char *text) {
    const host_hooks *hooks = &instance->environment->hooks;
    hooks->log(hooks->context, instance->link, level, bytes_of(text), (dragoman_bytes){NULL, 0});
}

dragoman_status host_message_open(host_instance *instance, uint64_t number, dragoman_bytes sender, dragoman_bytes id,
                                  uint64_t digest) {
    if (instance->open != NULL || number <= instance->last_number) {
        return DRAGOMAN_INVALID;
    }
    host_message *message = host_environment_take(instance->environment);
    if (message == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    message->instance = instance;
    store_message *kept = &message->store;
    kept->sender = arena_copy(&message->memory, sender);
    kept->id = arena_copy(&message->memory, id);
    if ((sender.size > 0 && kept->sender.data == NULL) || (id.size > 0 && kept->id.data == NULL)) {
        host_environment_give(instance->environment, message);
        return DRAGOMAN_NO_MEMORY;
    }
    kept->digest = digest;
    kept->link = instance->link;
    kept->adapter = bytes_of(instance->adapter->name);
    kept->adapter_version = bytes_of(instance->adapter->version);
    kept->received_at_us = instance->now.wall_us;
    kept->received_quality = instance->now.wall_quality;
    kept->number = instance->last_number = number;
    message->caused_by = instance->answered + 1;
    instance->open = message;
    return DRAGOMAN_OK;
}

static dragoman_status service_message_begin(void *context, dragoman_bytes sender, dragoman_bytes id, uint64_t digest,
                                             uint64_t *ret_number) {
    host_instance *instance = context;
    dragoman_status status = host_message_open(instance, instance->last_number + 1, sender, id, digest);
    if (status == DRAGOMAN_OK) {
        *ret_number = instance->last_number;
    }
    return status;
}

static dragoman_status service_message_end(void *context) {
    host_instance *instance = context;
    if (instance->open == NULL) {
        return DRAGOMAN_INVALID;
    }
    host_instance_keep(instance);
    return DRAGOMAN_OK;
}

static void service_message_abandon(void *context) {
    host_instance *instance = context;
    if (instance->open != NULL) {
        host_environment_give(instance->environment, instance->open);
        instance->open = NULL;
    }
}

/* Runs `add` in the open message, or in a message of its own. */
static dragoman_status in_message(host_instance *instance, dragoman_status (*add)(host_instance *, const void *),
                                  const void *what) {
    bool is_own = instance->open == NULL;
    uint64_t number = 0;
    if (is_own) {
        dragoman_bytes none = {NULL, 0};
        dragoman_status status = service_message_begin(instance, none, none, 0, &number);
        if (status != DRAGOMAN_OK) {
            return status;
        }
    }
    dragoman_status status = add(instance, what);
    if (is_own) {
        if (status == DRAGOMAN_OK) {
            host_instance_keep(instance);
        } else {
            service_message_abandon(instance);
        }
    }
    return status;
}

/* A hook with the profile that it is asked about. */
typedef struct episodic_question {
    const host_hooks *hooks;
    dragoman_bytes profile;
} episodic_question;

static bool ask_episodic(void *context, const dragoman_report *report, const dragoman_observation *observation) {
    const episodic_question *question = context;
    return question->hooks->is_episodic(question->hooks->meaning, question->profile, report, observation);
}

static dragoman_status add_report(host_instance *instance, const void *what) {
    const host_hooks *hooks = &instance->environment->hooks;
    const dragoman_report *report = what;
    host_message *message = instance->open;
    host_presence_heard(instance, report);
    host_profile profile = hooks->profile(hooks->meaning, bytes_of(instance->adapter->name), instance->profile, report);
    bool has_clock = profile.zone != NULL || profile.habit != TIME_FOLLOWS;
    const time_zone *zone = profile.zone != NULL ? profile.zone : instance->zone;
    report = host_assume_zones(report, zone, has_clock ? profile.habit : instance->habit, instance->now.wall_us,
                               &instance->environment->batch);
    if (report == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    if (message->store.report_count == 0) {
        message->store.profile = profile.name;
    }
    episodic_question question = {hooks, profile.name};
    return host_message_add_report(message, report, ask_episodic, &question);
}

static dragoman_status service_emit(void *context, const dragoman_report *report) {
    host_instance *instance = context;
    const dragoman_report *wide = NULL;
    dragoman_status status = model_widen(report, &instance->environment->batch, &wide);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    error_record error = {0};
    status = model_check(wide, &error);
    if (status != DRAGOMAN_OK) {
        say(instance, DRAGOMAN_LOG_ERROR, error.text);
        return status;
    }
    return in_message(instance, add_report, wide);
}

static dragoman_status add_state(host_instance *instance, const void *what) {
    const store_state *state = what;
    return host_message_add_state(instance->open, state->key, state->value);
}

static dragoman_status service_state_put(void *context, dragoman_bytes key, dragoman_bytes value) {
    store_state state = {key, value};
    return in_message(context, add_state, &state);
}

/* What was there before the recording began, and what was not, is part of it. */
static void tap_state(const host_instance *instance, dragoman_bytes key, const dragoman_bytes *value) {
    if (instance->tap != NULL) {
        capture_record record = {.kind = CAPTURE_STATE, .now = instance->now, .part_count = 1, .parts = {key}};
        if (value != NULL) {
            record.parts[record.part_count++] = *value;
        }
        capture_session_add(instance->tap, record);
    }
}

static dragoman_status service_state_get(void *context, dragoman_bytes key, dragoman_bytes *ret_value) {
    host_instance *instance = context;
    const host_hooks *hooks = &instance->environment->hooks;
    /* What was put but is not committed yet counts before what was committed: the open message first, then the newest.
     */
    if ((instance->open != NULL && host_message_find_state(instance->open, key, ret_value)) ||
        host_environment_pending(instance->environment, instance->link, key, ret_value)) {
        return DRAGOMAN_OK;
    }
    dragoman_status status =
        hooks->state_get(hooks->context, instance->link, key, &instance->environment->batch, ret_value);
    tap_state(instance, key, status == DRAGOMAN_OK ? ret_value : NULL);
    return status;
}

static dragoman_status service_to_utf8(void *context, const char *charset, dragoman_bytes text,
                                       dragoman_bytes *ret_text, size_t *ret_replaced) {
    host_instance *instance = context;
    for (uint32_t i = 0; i < instance->adapter->charset_count; i++) {
        if (strcmp(instance->adapter->charsets[i], charset) == 0) {
            return host_charset_to_utf8(instance->environment, charset, text, ret_text, ret_replaced);
        }
    }
    return DRAGOMAN_UNSUPPORTED;
}

static void service_log(void *context, uint32_t level, dragoman_bytes text, dragoman_bytes private_text) {
    host_instance *instance = context;
    const host_hooks *hooks = &instance->environment->hooks;
    hooks->log(hooks->context, instance->link, level, text, private_text);
}

static void service_count(void *context, uint32_t counter, uint64_t add) {
    host_instance *instance = context;
    const host_hooks *hooks = &instance->environment->hooks;
    hooks->count(hooks->context, instance->link, counter, add);
}

static dragoman_status add_dead(host_instance *instance, const void *what) {
    const store_dead *dead = what;
    return host_message_add_dead(instance->open, dead->payload, dead->stage, dead->reason);
}

static dragoman_status service_dead_letter(void *context, dragoman_bytes payload, dragoman_bytes stage,
                                           dragoman_bytes reason) {
    store_dead dead = {payload, stage, reason};
    return in_message(context, add_dead, &dead);
}

static dragoman_bytes service_profile_setting(void *context, const dragoman_code *sender, dragoman_bytes key) {
    host_instance *instance = context;
    const host_hooks *hooks = &instance->environment->hooks;
    return hooks->profile_setting(hooks->meaning, bytes_of(instance->adapter->name), instance->profile, sender, key);
}

const dragoman_host host_services = {
    .struct_size = sizeof(dragoman_host),
    .abi_major = DRAGOMAN_ABI_MAJOR,
    .abi_minor = DRAGOMAN_ABI_MINOR,
    .allocate = service_allocate,
    .release = service_release,
    .batch = service_batch,
    .message_begin = service_message_begin,
    .emit = service_emit,
    .message_end = service_message_end,
    .message_abandon = service_message_abandon,
    .state_put = service_state_put,
    .state_get = service_state_get,
    .to_utf8 = service_to_utf8,
    .log = service_log,
    .count = service_count,
    .dead_letter = service_dead_letter,
    .profile_setting = service_profile_setting,
};

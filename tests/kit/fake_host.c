#include "kit/fake_host.h"
#include "base/bytes.h"
#include "model/model.h"
#include <iconv.h>
#include <stdlib.h>

#define BATCH_MOST ((size_t)1 << 30)

typedef struct piece {
    size_t size;
    uint64_t mark; /* ours, and not given back yet */
} piece;

#define PIECE_MARK UINT64_C(0x6472616d616e2121)

static void note(fake_host *host, const char *what) {
    host->broken = host->broken == NULL ? what : host->broken;
}

static void *host_allocate(void *context, size_t size) {
    fake_host *host = context;
    if (size == 0) {
        note(host, "allocate of nothing");
        return NULL;
    }
    if (host->limit > 0 && (size > host->limit || host->allocated_bytes > host->limit - size)) {
        return NULL;
    }
    piece *made = calloc(1, sizeof *made + size);
    if (made == NULL) {
        return NULL;
    }
    *made = (piece){size, PIECE_MARK};
    host->allocated++;
    host->allocated_bytes += size;
    host->allocated_most = host->allocated_bytes > host->allocated_most ? host->allocated_bytes : host->allocated_most;
    return made + 1;
}

static void host_release(void *context, void *memory) {
    fake_host *host = context;
    if (memory == NULL) {
        return;
    }
    piece *made = (piece *)memory - 1;
    if (made->mark != PIECE_MARK) {
        note(host, "release of memory that is not allocated");
        return;
    }
    made->mark = 0;
    host->allocated--;
    host->allocated_bytes -= made->size;
    free(made);
}

static void *host_batch(void *context, size_t size) {
    fake_host *host = context;
    return host->limit > 0 && size > host->limit ? NULL : arena_allocate(&host->batch, size);
}

static dragoman_status host_begin(void *context, dragoman_bytes sender, dragoman_bytes id, uint64_t digest,
                                  uint64_t *ret_number) {
    fake_host *host = context;
    (void)digest;
    if (host->refuse_begin != DRAGOMAN_OK) {
        return host->refuse_begin;
    }
    if (host->is_open) {
        note(host, "message_begin inside of a message");
        return DRAGOMAN_INVALID;
    }
    host->is_open = true;
    host->open_text = host->text.size;
    host->open_counts[0] = host->reports;
    host->open_counts[1] = host->observations;
    host->open_counts[2] = host->dead_letters;
    *ret_number = ++host->last_number;
    if (!host->is_quiet) {
        buffer_append_format(&host->text, "message %llu sender=%.*s id=%.*s\n", (unsigned long long)*ret_number,
                             BYTES_FORMAT(sender), BYTES_FORMAT(id));
    }
    return DRAGOMAN_OK;
}

static dragoman_status host_end(void *context) {
    fake_host *host = context;
    if (!host->is_open) {
        note(host, "message_end outside of a message");
        return DRAGOMAN_INVALID;
    }
    host->is_open = false;
    return DRAGOMAN_OK;
}

static void host_abandon(void *context) {
    fake_host *host = context;
    if (!host->is_open) {
        note(host, "message_abandon outside of a message");
        return;
    }
    host->is_open = false;
    host->text.size = host->open_text;
    host->reports = host->open_counts[0];
    host->observations = host->open_counts[1];
    host->dead_letters = host->open_counts[2];
}

static dragoman_status host_emit(void *context, const dragoman_report *report) {
    fake_host *host = context;
    error_record error = {0};
    const dragoman_report *wide = NULL;
    dragoman_status status = model_widen(report, &host->batch, &wide);
    status = status == DRAGOMAN_OK ? model_check(wide, &error) : status;
    if (status == DRAGOMAN_INVALID) {
        buffer_append_format(&host->log, "invalid: %s\n", error.text);
        note(host, "a report breaks a rule of the model");
    }
    if (status != DRAGOMAN_OK) {
        return status;
    }
    host->reports++;
    host->observations += report->observations.count;
    if (!host->is_quiet) {
        fake_host_write_report(report, &host->text);
    }
    return DRAGOMAN_OK;
}

static fake_state *find_state(fake_host *host, dragoman_bytes key) {
    for (uint32_t n = 0; n < host->state_count; n++) {
        if (bytes_equal(buffer_bytes(&host->states[n].key), key)) {
            return &host->states[n];
        }
    }
    return NULL;
}

static dragoman_status host_state_put(void *context, dragoman_bytes key, dragoman_bytes value) {
    fake_host *host = context;
    fake_state *state = find_state(host, key);
    if (key.size == 0 || key.size > 64) {
        note(host, "a state key has 1 to 64 bytes");
        return DRAGOMAN_INVALID;
    }
    if (state == NULL && host->state_count == FAKE_HOST_STATES) {
        return DRAGOMAN_LIMIT;
    }
    if (state == NULL) {
        state = &host->states[host->state_count++];
        buffer_append_bytes(&state->key, key);
    }
    buffer_reset(&state->value);
    buffer_append_bytes(&state->value, value);
    return DRAGOMAN_OK;
}

static dragoman_status host_state_get(void *context, dragoman_bytes key, dragoman_bytes *ret_value) {
    fake_state *state = find_state(context, key);
    if (state == NULL) {
        return DRAGOMAN_NOT_FOUND;
    }
    *ret_value = buffer_bytes(&state->value);
    return DRAGOMAN_OK;
}

static bool may_ask_for(const fake_host *host, const char *charset) {
    bool may = host->adapter == NULL;
    for (uint32_t n = 0; !may && n < host->adapter->charset_count; n++) {
        may = strcmp(host->adapter->charsets[n], charset) == 0;
    }
    return may;
}

static dragoman_status host_to_utf8(void *context, const char *charset, dragoman_bytes text, dragoman_bytes *ret_text,
                                    size_t *ret_replaced) {
    fake_host *host = context;
    iconv_t converter = may_ask_for(host, charset) ? iconv_open("UTF-8", charset) : (iconv_t)-1;
    if (converter == (iconv_t)-1) {
        return DRAGOMAN_UNSUPPORTED;
    }
    size_t room = text.size * 6 + 16;
    char *to = host_batch(host, room);
    size_t replaced = 0;
    char *at = to;
    char *from = (char *)(uintptr_t)text.data;
    size_t left = text.size;
    while (to != NULL && left > 0 && iconv(converter, &from, &left, &at, &room) == (size_t)-1 && left > 0) {
        memcpy(at, "\xef\xbf\xbd", 3);
        at += 3;
        room -= 3;
        from++;
        left--;
        replaced++;
    }
    (void)iconv_close(converter);
    if (to == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    *ret_text = (dragoman_bytes){(const uint8_t *)to, (size_t)(at - to)};
    if (ret_replaced != NULL) {
        *ret_replaced = replaced;
    }
    return DRAGOMAN_OK;
}

static void host_log(void *context, uint32_t level, dragoman_bytes text, dragoman_bytes private_text) {
    fake_host *host = context;
    (void)private_text;
    buffer_append_format(&host->log, "%u %.*s\n", level, BYTES_FORMAT(text));
}

static void host_count(void *context, uint32_t counter, uint64_t add) {
    fake_host *host = context;
    if (counter < FAKE_HOST_COUNTERS) {
        host->counters[counter] += add;
    } else {
        note(host, "a counter that nobody knows");
    }
}

static dragoman_status host_dead_letter(void *context, dragoman_bytes payload, dragoman_bytes stage,
                                        dragoman_bytes reason) {
    fake_host *host = context;
    host->dead_letters++;
    if (!host->is_quiet) {
        buffer_append_format(&host->text, "dead %zu bytes stage=%.*s reason=%.*s\n", payload.size, BYTES_FORMAT(stage),
                             BYTES_FORMAT(reason));
    }
    return DRAGOMAN_OK;
}

/* Cuts the next "key=value" off words separated by blanks. */
static bool cut_setting(const char **words, dragoman_setting *ret_setting) {
    while (**words == ' ') {
        (*words)++;
    }
    size_t size = strcspn(*words, " ");
    size_t key = strcspn(*words, "=");
    if (size == 0 || key >= size) {
        return false;
    }
    const uint8_t *at = (const uint8_t *)*words;
    *ret_setting = (dragoman_setting){{at, key}, {at + key + 1, size - key - 1}};
    *words += size;
    return true;
}

static dragoman_bytes host_profile_setting(void *context, const dragoman_code *sender, dragoman_bytes key) {
    const fake_host *host = context;
    const char *words = host->profile;
    dragoman_setting setting;
    (void)sender;
    while (words != NULL && cut_setting(&words, &setting)) {
        if (bytes_equal(setting.key, key)) {
            return setting.value;
        }
    }
    return (dragoman_bytes){NULL, 0};
}

void fake_host_init(fake_host *self, const dragoman_adapter_descriptor *adapter) {
    memset(self, 0, sizeof *self);
    self->adapter = adapter;
    self->table = (dragoman_host){
        .struct_size = sizeof self->table,
        .abi_major = DRAGOMAN_ABI_MAJOR,
        .abi_minor = DRAGOMAN_ABI_MINOR,
        .allocate = host_allocate,
        .release = host_release,
        .batch = host_batch,
        .message_begin = host_begin,
        .emit = host_emit,
        .message_end = host_end,
        .message_abandon = host_abandon,
        .state_put = host_state_put,
        .state_get = host_state_get,
        .to_utf8 = host_to_utf8,
        .log = host_log,
        .count = host_count,
        .dead_letter = host_dead_letter,
        .profile_setting = host_profile_setting,
    };
    buffer_init(&self->text);
    buffer_init(&self->log);
    arena_init(&self->batch, BATCH_MOST);
}

void fake_host_fini(fake_host *self) {
    if (self->allocated > 0) {
        note(self, "memory was not given back");
    }
    buffer_fini(&self->text);
    buffer_fini(&self->log);
    arena_fini(&self->batch);
    for (uint32_t n = 0; n < self->state_count; n++) {
        buffer_fini(&self->states[n].key);
        buffer_fini(&self->states[n].value);
    }
}

const char *fake_host_text(fake_host *self) {
    buffer_append_byte(&self->text, 0);
    self->text.size--;
    return (const char *)self->text.data;
}

void fake_host_forget(fake_host *self) {
    buffer_reset(&self->text);
}

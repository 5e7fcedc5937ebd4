/*
 * An adapter with every fault that another may have by mistake. A line "T=37" is a report, answered "OK\n" once it is
 * kept; a line that begins with one of the words below shows that fault. For tests: it is built by them and never
 * installed.
 */
#include <dragoman/adapter.h>
#include <stdlib.h>
#include <string.h>

/* More than any instance may say, and than any memory that it gets. */
#define MANY 300000u
#define CHUNK ((size_t)1 << 20)

typedef struct faulty {
    const dragoman_host *host;
    void *context;
    uint32_t owed;
    bool is_endless; /* its actions do not end */
} faulty;

static void *volatile sink;

static dragoman_status faulty_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                   void **ret_instance) {
    faulty *self = host->allocate(context, sizeof(*self));
    (void)start;
    if (self == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    self->host = host;
    self->context = context;
    *ret_instance = self;
    return DRAGOMAN_OK;
}

static void faulty_fini(void *instance) {
    (void)instance;
}

static dragoman_status emit(faulty *self, int64_t mantissa, uint32_t kind) {
    dragoman_value value = {.kind = kind, .number = {.mantissa = mantissa}};
    dragoman_code code = {DRAGOMAN_TEXT("T"), DRAGOMAN_TEXT("Temperature"), DRAGOMAN_TEXT("FAULTY")};
    dragoman_observation observation = {.path = {1, 1, 1, 1},
                                        .code = {.codings = &code, .coding_count = 1},
                                        .unit = {DRAGOMAN_TEXT("Cel"), DRAGOMAN_TEXT("Celsius"), DRAGOMAN_TEXT("UCUM")},
                                        .values = DRAGOMAN_LIST(&value, 1),
                                        .result = DRAGOMAN_RESULT_UNVALIDATED};
    dragoman_device device = {.struct_size = sizeof(device), .key = DRAGOMAN_TEXT("faulty")};
    dragoman_report report = {
        .struct_size = sizeof(report), .device = &device, .observations = DRAGOMAN_LIST(&observation, 1)};
    return self->host->emit(self->context, &report);
}

static void hang(void) {
    for (volatile uint64_t n = 0;; n++) {
    }
}

/* Takes all that it gets. */
static dragoman_status leak(void) {
    uint8_t *piece;
    while ((piece = malloc(CHUNK)) != NULL) {
        memset(piece, 1, CHUNK);
        sink = piece;
    }
    return DRAGOMAN_NO_MEMORY;
}

static dragoman_status take(faulty *self, dragoman_bytes line, dragoman_progress *ret_progress) {
    char word[32] = "";
    memcpy(word, line.data, line.size < sizeof(word) ? line.size : sizeof(word) - 1);
    word[strcspn(word, " ")] = '\0';
    if (strcmp(word, "CRASH") == 0) {
        *(volatile int *)0 = 1;
    } else if (strcmp(word, "ABORT") == 0) {
        abort();
    } else if (strcmp(word, "EXIT") == 0) {
        exit(0);
    } else if (strcmp(word, "HANG") == 0) {
        hang();
    } else if (strcmp(word, "LEAK") == 0) {
        return leak();
    } else if (strcmp(word, "REPORTS") == 0) {
        for (uint32_t i = 0; i < MANY; i++) {
            (void)emit(self, i, DRAGOMAN_VALUE_DECIMAL);
        }
    } else if (strcmp(word, "ACTIONS") == 0) {
        self->is_endless = true;
    } else if (strcmp(word, "LINES") == 0) {
        for (uint32_t i = 0; i < MANY; i++) {
            self->host->log(self->context, DRAGOMAN_LOG_DEBUG, DRAGOMAN_TEXT("again"), (dragoman_bytes){NULL, 0});
        }
    } else if (strcmp(word, "CONSUME") == 0) {
        ret_progress->consumed = (size_t)1 << 40;
    } else if (strcmp(word, "IMPOSSIBLE") == 0) {
        return emit(self, 1, 77) == DRAGOMAN_OK ? DRAGOMAN_OK : DRAGOMAN_INVALID;
    } else {
        return emit(self, strtol(word + 2, NULL, 10), DRAGOMAN_VALUE_DECIMAL);
    }
    return DRAGOMAN_OK;
}

static dragoman_status faulty_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                     dragoman_progress *ret_progress) {
    faulty *self = instance;
    (void)now;
    if (event->kind == DRAGOMAN_EVENT_SETTLED && event->of.settled.settlement != DRAGOMAN_NOT_KEPT) {
        self->owed++;
    }
    if (event->kind != DRAGOMAN_EVENT_BYTES) {
        return DRAGOMAN_OK;
    }
    dragoman_bytes unread = event->of.bytes.unread;
    const uint8_t *end = unread.size == 0 ? NULL : memchr(unread.data, '\n', unread.size);
    if (end == NULL) {
        return DRAGOMAN_NEED_MORE;
    }
    ret_progress->consumed = (size_t)(end - unread.data) + 1;
    return take(self, (dragoman_bytes){unread.data, (size_t)(end - unread.data)}, ret_progress);
}

static int64_t faulty_deadline(const void *instance) {
    (void)instance;
    return DRAGOMAN_NO_DEADLINE;
}

static dragoman_status faulty_expire(void *instance, const dragoman_now *now) {
    (void)instance;
    (void)now;
    return DRAGOMAN_OK;
}

static dragoman_status faulty_next(void *instance, dragoman_action *ret_action) {
    faulty *self = instance;
    if (self->owed == 0 && !self->is_endless) {
        return DRAGOMAN_NOT_FOUND;
    }
    self->owed -= self->owed > 0 ? 1 : 0;
    ret_action->kind = DRAGOMAN_ACTION_SEND;
    ret_action->data = DRAGOMAN_TEXT("OK\n");
    return DRAGOMAN_OK;
}

static const dragoman_channel channels[] = {{.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM}};

DRAGOMAN_EXPORT const dragoman_adapter_descriptor dragoman_adapter = {
    .magic = DRAGOMAN_ABI_MAGIC,
    .abi_major = DRAGOMAN_ABI_MAJOR,
    .abi_minor = DRAGOMAN_ABI_MINOR,
    .struct_size = sizeof(dragoman_adapter_descriptor),
    .scope = DRAGOMAN_SCOPE_SESSION,
    .name = "faulty",
    .version = "1.0.0",
    .summary = "every fault that an adapter may have",
    .channels = channels,
    .channel_count = 1,
    .init = faulty_init,
    .fini = faulty_fini,
    .handle = faulty_handle,
    .deadline = faulty_deadline,
    .expire = faulty_expire,
    .next = faulty_next,
};

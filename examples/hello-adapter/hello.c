/*
 * The smallest adapter that is of use: a thermometer that sends lines such as "T=37.2\n" over TCP or a serial line.
 *
 * It shows the whole way: bytes come in, one message goes out and is settled, and only then the device is answered
 * "OK\n". There is no socket, no clock and no thread in here; the host has them.
 */
#include <dragoman/adapter.h>

/* What one connection remembers. */
typedef struct hello {
    const dragoman_host *host;
    void *context; /* the host's, for every call to it */
    uint32_t owed; /* answers that are due */
} hello;

static dragoman_status hello_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                  void **ret_instance) {
    (void)start;
    hello *self = host->allocate(context, sizeof(*self));
    if (self == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    self->host = host;
    self->context = context;
    *ret_instance = self;
    return DRAGOMAN_OK;
}

static void hello_fini(void *instance) {
    hello *self = instance;
    if (self != NULL) {
        self->host->release(self->context, self);
    }
}

/* "37.2" becomes 372 x 10^-1, exactly. False: it is no number. */
static bool read_decimal(dragoman_bytes text, dragoman_decimal *ret_number) {
    bool has_point = false;
    bool has_digit = false;
    dragoman_decimal number = {0};
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '.' && !has_point) {
            has_point = true;
        } else if (text.data[i] >= '0' && text.data[i] <= '9' && number.mantissa < 100000000) {
            number.mantissa = number.mantissa * 10 + (text.data[i] - '0');
            number.exponent = (int16_t)(number.exponent - (has_point ? 1 : 0));
            has_digit = true;
        } else {
            return false;
        }
    }
    *ret_number = number;
    return has_digit;
}

/* A line is a message of one report with one observation. */
static dragoman_status take_line(hello *self, dragoman_bytes line) {
    dragoman_value value = {.kind = DRAGOMAN_VALUE_DECIMAL};
    if (line.size < 3 || line.data[0] != 'T' || line.data[1] != '=' ||
        !read_decimal((dragoman_bytes){line.data + 2, line.size - 2}, &value.number)) {
        /* It is kept for somebody to look at: a message of its own, which is settled like any other. */
        self->host->count(self->context, DRAGOMAN_COUNT_BAD_FRAME, 1);
        return self->host->dead_letter(self->context, line, DRAGOMAN_TEXT("line"),
                                       DRAGOMAN_TEXT("it is not T= and a number"));
    }
    dragoman_code code = {DRAGOMAN_TEXT("T"), DRAGOMAN_TEXT("Temperature"), DRAGOMAN_TEXT("HELLO")};
    dragoman_observation observation = {
        .path = {1, 1, 1, 1},
        .code = {.codings = &code, .coding_count = 1},
        .unit = {DRAGOMAN_TEXT("Cel"), DRAGOMAN_TEXT("degree Celsius"), DRAGOMAN_TEXT("UCUM")},
        .values = DRAGOMAN_LIST(&value, 1),
        .result = DRAGOMAN_RESULT_UNVALIDATED,
    };
    dragoman_device device = {.struct_size = sizeof(device), .key = DRAGOMAN_TEXT("thermometer")};
    dragoman_report report = {
        .struct_size = sizeof(report), .device = &device, .observations = DRAGOMAN_LIST(&observation, 1)};
    dragoman_bytes unnamed = {NULL, 0}; /* the device gives its messages no ids */
    uint64_t number;
    dragoman_status status = self->host->message_begin(self->context, unnamed, unnamed, 0, &number);
    if (status == DRAGOMAN_OK) {
        status = self->host->emit(self->context, &report);
        if (status == DRAGOMAN_OK) {
            return self->host->message_end(self->context);
        }
        self->host->message_abandon(self->context);
    }
    return status;
}

static dragoman_status hello_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                    dragoman_progress *ret_progress) {
    hello *self = instance;
    (void)now;
    if (event->kind == DRAGOMAN_EVENT_SETTLED && event->of.settled.settlement != DRAGOMAN_NOT_KEPT) {
        self->owed++;
    }
    if (event->kind != DRAGOMAN_EVENT_BYTES) {
        return DRAGOMAN_OK;
    }
    dragoman_bytes unread = event->of.bytes.unread;
    /* Only the fresh bytes can hold a line end that was not there before. */
    for (size_t i = unread.size - event->of.bytes.fresh; i < unread.size; i++) {
        if (unread.data[i] == '\n') {
            ret_progress->consumed = i + 1;
            return take_line(self, (dragoman_bytes){unread.data, i});
        }
    }
    return DRAGOMAN_NEED_MORE;
}

static int64_t hello_deadline(const void *instance) {
    (void)instance;
    return DRAGOMAN_NO_DEADLINE;
}

static dragoman_status hello_expire(void *instance, const dragoman_now *now) {
    (void)instance;
    (void)now;
    return DRAGOMAN_OK;
}

static dragoman_status hello_next(void *instance, dragoman_action *ret_action) {
    hello *self = instance;
    if (self->owed == 0) {
        return DRAGOMAN_NOT_FOUND;
    }
    self->owed--;
    ret_action->kind = DRAGOMAN_ACTION_SEND;
    ret_action->data = DRAGOMAN_TEXT("OK\n");
    return DRAGOMAN_OK;
}

static uint32_t hello_recognise(dragoman_bytes start) {
    return start.size > 2 && start.data[0] == 'T' && start.data[1] == '=' ? DRAGOMAN_ALIKE : DRAGOMAN_UNLIKE;
}

static const dragoman_channel channels[] = {
    {.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM | 1u << DRAGOMAN_CHANNEL_FILE}};

DRAGOMAN_EXPORT const dragoman_adapter_descriptor dragoman_adapter = {
    .magic = DRAGOMAN_ABI_MAGIC,
    .abi_major = DRAGOMAN_ABI_MAJOR,
    .abi_minor = DRAGOMAN_ABI_MINOR,
    .struct_size = sizeof(dragoman_adapter_descriptor),
    .scope = DRAGOMAN_SCOPE_SESSION,
    .name = "hello",
    .version = "1.0.0",
    .summary = "the smallest adapter: a thermometer that says T=37.2",
    .channels = channels,
    .channel_count = 1,
    .recognise = hello_recognise,
    .init = hello_init,
    .fini = hello_fini,
    .handle = hello_handle,
    .deadline = hello_deadline,
    .expire = hello_expire,
    .next = hello_next,
};

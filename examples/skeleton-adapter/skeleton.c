/*
 * An adapter for a device that sends lines such as "HR=72;SpO2=97.5\r\n" over a serial line or TCP, and says "--" where
 * it has no value. Each line is one message of one report; the device is answered "OK\n" when the line is on disk.
 *
 * Replace what is marked with 1 to 5 by what your device says. The contract of every slot stands in dragoman/adapter.h.
 */
#include <dragoman/adapter.h>

/* 1. What outside input can make large has a limit, and a reason: */
#define LINE_BYTES_MAX 1024u /* the device's longest line has some 80 */
#define PAIRS_MAX 16u        /* values in a line */

/* What one connection remembers. */
typedef struct skeleton {
    const dragoman_host *host;
    void *context;         /* the host's, for every call to it */
    dragoman_bytes device; /* what this device is called: stable, unique on the link, never a patient's name */
    uint32_t owed;         /* answers that are due */
} skeleton;

static dragoman_status skeleton_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                     void **ret_instance) {
    skeleton *self = host->allocate(context, sizeof(*self));
    if (self == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    dragoman_bytes name = dragoman_setting_find(start, DRAGOMAN_TEXT("device"));
    uint8_t *kept = name.size == 0 ? NULL : host->allocate(context, name.size);
    /* What `start` points to is gone when init returns. */
    for (size_t i = 0; kept != NULL && i < name.size; i++) {
        kept[i] = name.data[i];
    }
    self->host = host;
    self->context = context;
    self->device = kept == NULL ? DRAGOMAN_TEXT("skeleton") : (dragoman_bytes){kept, name.size};
    *ret_instance = self;
    return DRAGOMAN_OK;
}

static void skeleton_fini(void *instance) {
    skeleton *self = instance;
    if (self != NULL) {
        /* Everything that was allocated goes with the instance. */
        self->host->release(self->context, self);
    }
}

/* "-37.20" becomes -3720 x 10^-2, exactly as sent. False: it is no number. */
static bool read_decimal(dragoman_bytes text, dragoman_decimal *ret_number) {
    bool is_negative = text.size > 0 && text.data[0] == '-';
    bool has_point = false;
    bool has_digit = false;
    dragoman_decimal number = {0};
    for (size_t i = is_negative ? 1 : 0; i < text.size; i++) {
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
    number.mantissa = is_negative ? -number.mantissa : number.mantissa;
    *ret_number = number;
    return has_digit;
}

/* Names are of letters, digits and '_'. What a disturbed line makes of them is no code: emit would refuse it. */
static bool is_name(dragoman_bytes text) {
    for (size_t i = 0; i < text.size; i++) {
        uint8_t one = text.data[i];
        bool is_good = (one >= 'A' && one <= 'Z') || (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9');
        if (!is_good && one != '_') {
            return false;
        }
    }
    return text.size > 0;
}

/* One "NAME=VALUE". The name travels on as the device's own code; a profile says what it means. */
static bool read_pair(dragoman_bytes pair, uint32_t index, dragoman_code *code, dragoman_value *value,
                      dragoman_observation *ret_observation) {
    size_t equals = 0;
    while (equals < pair.size && pair.data[equals] != '=') {
        equals++;
    }
    if (equals == pair.size || !is_name((dragoman_bytes){pair.data, equals})) {
        return false;
    }
    dragoman_bytes text = {pair.data + equals + 1, pair.size - equals - 1};
    /* 2. How your device says that it has no value: never a number. */
    bool is_absent = text.size == 2 && text.data[0] == '-' && text.data[1] == '-';
    *value = (dragoman_value){.kind = is_absent ? DRAGOMAN_VALUE_NONE : DRAGOMAN_VALUE_DECIMAL,
                              .absent = is_absent ? DRAGOMAN_ABSENT_TEMPORARILY_UNKNOWN : DRAGOMAN_PRESENT};
    if (!is_absent && !read_decimal(text, &value->number)) {
        return false;
    }
    /* 3. The name of your device's codes: your own, for ever. */
    *code = (dragoman_code){{pair.data, equals}, {NULL, 0}, DRAGOMAN_TEXT("99SKELETON")};
    *ret_observation = (dragoman_observation){.path = {1, 1, 1, index + 1},
                                              .code = {.codings = code, .coding_count = 1},
                                              .values = {value, 1, sizeof(*value)},
                                              .result = DRAGOMAN_RESULT_UNVALIDATED,
                                              .obtained = DRAGOMAN_OBTAINED_CONTINUOUS};
    return true;
}

/* What could not be understood is kept for somebody to look at, never thrown away. */
static dragoman_status refuse(skeleton *self, dragoman_bytes line, dragoman_bytes reason) {
    self->host->count(self->context, DRAGOMAN_COUNT_BAD_FRAME, 1);
    return self->host->dead_letter(self->context, line, DRAGOMAN_TEXT("line"), reason);
}

static dragoman_status send_report(skeleton *self, dragoman_observation *observations, uint32_t count) {
    /* 4. Who made it, and what it is called. */
    dragoman_device device = {
        .struct_size = sizeof(device), .key = self->device, .manufacturer = DRAGOMAN_TEXT("Skeleton")};
    dragoman_report report = {
        .struct_size = sizeof(report), .device = &device, .observations = DRAGOMAN_LIST(observations, count)};
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

/* 5. A frame of your device: here a line without its end. */
static dragoman_status take_line(skeleton *self, dragoman_bytes line) {
    dragoman_code codes[PAIRS_MAX];
    dragoman_value values[PAIRS_MAX];
    dragoman_observation observations[PAIRS_MAX];
    uint32_t count = 0;
    for (size_t at = 0; at <= line.size; count++) {
        size_t end = at;
        while (end < line.size && line.data[end] != ';') {
            end++;
        }
        if (count == PAIRS_MAX) {
            return refuse(self, line, DRAGOMAN_TEXT("it has more than 16 values"));
        }
        dragoman_bytes pair = {line.data + at, end - at};
        if (!read_pair(pair, count, &codes[count], &values[count], &observations[count])) {
            return refuse(self, line, DRAGOMAN_TEXT("it is not NAME=NUMBER;NAME=NUMBER"));
        }
        at = end + 1;
    }
    return send_report(self, observations, count);
}

static dragoman_status skeleton_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                       dragoman_progress *ret_progress) {
    skeleton *self = instance;
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
            bool has_return = i > 0 && unread.data[i - 1] == '\r';
            ret_progress->consumed = i + 1;
            return take_line(self, (dragoman_bytes){unread.data, has_return ? i - 1 : i});
        }
    }
    if (unread.size > LINE_BYTES_MAX) {
        self->host->count(self->context, DRAGOMAN_COUNT_RESYNCHRONISED, unread.size);
        ret_progress->consumed = unread.size;
        return DRAGOMAN_OK;
    }
    return DRAGOMAN_NEED_MORE;
}

static int64_t skeleton_deadline(const void *instance) {
    (void)instance;
    return DRAGOMAN_NO_DEADLINE;
}

static dragoman_status skeleton_expire(void *instance, const dragoman_now *now) {
    (void)instance;
    (void)now;
    return DRAGOMAN_OK;
}

static dragoman_status skeleton_next(void *instance, dragoman_action *ret_action) {
    skeleton *self = instance;
    if (self->owed == 0) {
        return DRAGOMAN_NOT_FOUND;
    }
    self->owed--;
    ret_action->kind = DRAGOMAN_ACTION_SEND;
    ret_action->data = DRAGOMAN_TEXT("OK\n");
    return DRAGOMAN_OK;
}

static uint32_t skeleton_recognise(dragoman_bytes start) {
    return start.size > 3 && start.data[0] == 'H' && start.data[1] == 'R' && start.data[2] == '=' ? DRAGOMAN_ALIKE
                                                                                                  : DRAGOMAN_UNLIKE;
}

static const dragoman_channel channels[] = {
    {.name = "main", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM | 1u << DRAGOMAN_CHANNEL_FILE}};

/* What a link of the site file may say; `dragoman check` and `dragoman adapters skeleton` read it here. */
static const dragoman_setting_rule settings[] = {
    {.key = "device",
     .summary = "What the device at this link is called.",
     .default_value = "skeleton",
     .type = DRAGOMAN_SETTING_TEXT},
};

DRAGOMAN_EXPORT const dragoman_adapter_descriptor dragoman_adapter = {
    .magic = DRAGOMAN_ABI_MAGIC,
    .abi_major = DRAGOMAN_ABI_MAJOR,
    .abi_minor = DRAGOMAN_ABI_MINOR,
    .struct_size = sizeof(dragoman_adapter_descriptor),
    .scope = DRAGOMAN_SCOPE_SESSION,
    .name = "skeleton",
    .version = "0.1.0",
    .summary = "lines of NAME=NUMBER pairs",
    .channels = channels,
    .channel_count = 1,
    .setting_count = 1,
    .settings = settings,
    .recognise = skeleton_recognise,
    .init = skeleton_init,
    .fini = skeleton_fini,
    .handle = skeleton_handle,
    .deadline = skeleton_deadline,
    .expire = skeleton_expire,
    .next = skeleton_next,
};

#include "conversation.h"
#include <string.h>

/* Requests in a row that came to nothing, before the communication is begun anew. */
#define REFUSED_MOST 4u

static const dragoman_bytes nothing = {NULL, 0};

static void tell(medibus_conversation *self, uint32_t level, dragoman_bytes text) {
    self->device.host->log(self->device.context, level, text, nothing);
}

static void count(medibus_conversation *self, uint32_t counter, uint64_t add) {
    self->device.host->count(self->device.context, counter, add);
}

/* ------------------------------------------------------------------ asking */

static void say(medibus_conversation *self, uint8_t code, dragoman_bytes argument, const dragoman_now *now) {
    if (medibus_send_command(&self->outbox, code, argument) != DRAGOMAN_OK) {
        tell(self, DRAGOMAN_LOG_WARNING, DRAGOMAN_TEXT("a request finds no room among what waits to be sent"));
    }
    self->spoke_us = now->monotonic_us;
}

static void ask(medibus_conversation *self, uint8_t code, dragoman_bytes argument, const dragoman_now *now) {
    self->request = (medibus_request){
        .code = code, .argument = argument, .first_us = now->monotonic_us, .sent_us = now->monotonic_us};
    say(self, code, argument, now);
}

/* "Responding to corrupt Commands", "Time-Out": the same again. False: it was repeated enough. */
static bool ask_again(medibus_conversation *self, const dragoman_now *now) {
    if (self->request.repeats == MEDIBUS_REPEATS) {
        return false;
    }
    self->request.repeats++;
    self->request.sent_us = now->monotonic_us;
    say(self, self->request.code, self->request.argument, now);
    return true;
}

/* The next request that is due, or a sign of life. */
static void ask_next(medibus_conversation *self, const dragoman_now *now) {
    if (self->request.code != 0) {
        return;
    }
    const medibus_task *task = medibus_schedule_next(&self->schedule, now->monotonic_us);
    if (task != NULL) {
        ask(self, task->code, task->argument, now);
    } else if (now->monotonic_us >= self->spoke_us + MEDIBUS_KEEP_ALIVE_US) {
        ask(self, MEDIBUS_NO_OPERATION, nothing, now);
    }
}

static void end_request(medibus_conversation *self, const dragoman_now *now) {
    medibus_schedule_done(&self->schedule, self->request.code, self->request.argument, now->monotonic_us);
    self->request.code = 0;
}

/* ---------------------------------------------------------- what states do */

static void flush_curves(medibus_conversation *self, uint32_t mask) {
    if (mask != 0 && medibus_device_curves(&self->device, &self->curves, mask) != DRAGOMAN_OK) {
        tell(self, DRAGOMAN_LOG_ERROR, DRAGOMAN_TEXT("a block of a curve could not be handed on"));
    }
}

static void forget_curves(medibus_conversation *self) {
    flush_curves(self, medibus_curves_held(&self->curves));
    medibus_curves_reset(&self->curves);
}

static void begin(medibus_conversation *self, const dragoman_now *now) {
    self->refused_in_a_row = 0;
    forget_curves(self);
    ask(self, MEDIBUS_INITIALISE, nothing, now);
}

static void open_line(medibus_conversation *self, const dragoman_now *now) {
    medibus_scanner_reset(&self->scanner);
    medibus_outbox_reset(&self->outbox);
    self->suspended_until_us = 0;
    begin(self, now);
}

static void open_file(medibus_conversation *self, const dragoman_now *now) {
    (void)now;
    medibus_scanner_reset(&self->scanner);
    medibus_device_begin(&self->device);
}

static void close_line(medibus_conversation *self, const dragoman_now *now) {
    (void)now;
    forget_curves(self);
    medibus_outbox_reset(&self->outbox);
    self->request.code = 0;
}

static void ask_name(medibus_conversation *self, const dragoman_now *now) {
    forget_curves(self);
    medibus_device_begin(&self->device);
    ask(self, MEDIBUS_IDENTIFY, nothing, now);
}

static void talk(medibus_conversation *self, const dragoman_now *now) {
    self->request.code = 0;
    tell(self, DRAGOMAN_LOG_INFO, DRAGOMAN_TEXT("the communication with the device is initialised"));
    medibus_schedule_begin(&self->schedule, &self->settings, now->monotonic_us);
    ask_next(self, now);
}

static void go_on(medibus_conversation *self, const dragoman_now *now) {
    self->refused_in_a_row = 0;
    end_request(self, now);
    ask_next(self, now);
}

static void pause(medibus_conversation *self, const dragoman_now *now) {
    self->request.code = 0;
    self->pause_until_us = now->monotonic_us + MEDIBUS_PAUSE_US;
    forget_curves(self);
}

/* "Terminating Communication": the device shall not go on with what we did not understand. */
static void stop(medibus_conversation *self, const dragoman_now *now) {
    tell(self, DRAGOMAN_LOG_WARNING, DRAGOMAN_TEXT("the device gives no answers; the communication begins anew"));
    say(self, MEDIBUS_STOP, nothing, now);
    pause(self, now);
}

static void skip(medibus_conversation *self, const dragoman_now *now) {
    end_request(self, now);
    if (++self->refused_in_a_row >= REFUSED_MOST) {
        medibus_conversation_happens(self, MEDIBUS_LOST, now);
        return;
    }
    ask_next(self, now);
}

/* ---------------------------------------------------------------- the table */

typedef struct transition {
    medibus_state state;
    medibus_happening what;
    medibus_state next;
    void (*act)(medibus_conversation *self, const dragoman_now *now);
    const char *chapter; /* of the protocol definition */
} transition;

static const transition transitions[] = {
    {MEDIBUS_CLOSED, MEDIBUS_OPENED, MEDIBUS_STARTING, open_line, "Initializing Communication"},
    {MEDIBUS_CLOSED, MEDIBUS_FILE_OPENED, MEDIBUS_LISTENING, open_file, ""},
    {MEDIBUS_LISTENING, MEDIBUS_LINE_CLOSED, MEDIBUS_CLOSED, close_line, ""},

    {MEDIBUS_STARTING, MEDIBUS_ANSWERED, MEDIBUS_NAMING, ask_name, "MEDIBUS-Life-Cycle"},
    {MEDIBUS_STARTING, MEDIBUS_REFUSED, MEDIBUS_PAUSED, pause, "Responding to corrupt Commands"},
    {MEDIBUS_STARTING, MEDIBUS_LOST, MEDIBUS_PAUSED, pause, "Time-Out"},
    {MEDIBUS_STARTING, MEDIBUS_LINE_CLOSED, MEDIBUS_CLOSED, close_line, ""},

    {MEDIBUS_NAMING, MEDIBUS_ANSWERED, MEDIBUS_TALKING, talk, "MEDIBUS-Life-Cycle"},
    {MEDIBUS_NAMING, MEDIBUS_REFUSED, MEDIBUS_PAUSED, stop, "Responding to corrupt Commands"},
    {MEDIBUS_NAMING, MEDIBUS_LOST, MEDIBUS_PAUSED, stop, "Time-Out"},
    {MEDIBUS_NAMING, MEDIBUS_DEVICE_STARTED, MEDIBUS_NAMING, ask_name, "Initializing Communication"},
    {MEDIBUS_NAMING, MEDIBUS_DEVICE_STOPPED, MEDIBUS_PAUSED, pause, "Terminating Communication"},
    {MEDIBUS_NAMING, MEDIBUS_LINE_CLOSED, MEDIBUS_CLOSED, close_line, ""},

    {MEDIBUS_TALKING, MEDIBUS_ANSWERED, MEDIBUS_TALKING, go_on, "MEDIBUS-Life-Cycle"},
    {MEDIBUS_TALKING, MEDIBUS_REFUSED, MEDIBUS_TALKING, skip, "Responding to corrupt Commands"},
    {MEDIBUS_TALKING, MEDIBUS_LOST, MEDIBUS_PAUSED, stop, "Time-Out"},
    {MEDIBUS_TALKING, MEDIBUS_DEVICE_STARTED, MEDIBUS_NAMING, ask_name, "Initializing Communication"},
    {MEDIBUS_TALKING, MEDIBUS_DEVICE_STOPPED, MEDIBUS_PAUSED, pause, "Terminating Communication"},
    {MEDIBUS_TALKING, MEDIBUS_LINE_CLOSED, MEDIBUS_CLOSED, close_line, ""},

    {MEDIBUS_PAUSED, MEDIBUS_PAUSE_OVER, MEDIBUS_STARTING, begin, "Initializing Communication"},
    {MEDIBUS_PAUSED, MEDIBUS_DEVICE_STARTED, MEDIBUS_NAMING, ask_name, "Initializing Communication"},
    {MEDIBUS_PAUSED, MEDIBUS_LINE_CLOSED, MEDIBUS_CLOSED, close_line, ""},
};

void medibus_conversation_happens(medibus_conversation *self, medibus_happening what, const dragoman_now *now) {
    for (size_t n = 0; n < sizeof transitions / sizeof *transitions; n++) {
        const transition *row = &transitions[n];
        if (row->state == self->state && row->what == what) {
            self->state = row->next;
            row->act(self, now);
            return;
        }
    }
}

/* ------------------------------------------------------- what the line says */

/* "0161'...": the number that the protocol keeps for computers, a name, our version and the protocol's. */
#define OUR_IDENTITY "0161'DRAGOMAN'01.00:06.00"

static void respond(medibus_conversation *self, uint8_t code, dragoman_bytes data, const dragoman_now *now) {
    if (self->state == MEDIBUS_LISTENING || medibus_send_response(&self->outbox, code, data) != DRAGOMAN_OK) {
        return;
    }
    self->spoke_us = now->monotonic_us;
}

/* "Responding to Control Commands and unknown Commands": the code comes back; we have no data to give. */
static void take_command(medibus_conversation *self, const medibus_item *item, const dragoman_now *now) {
    respond(self, item->code, item->code == MEDIBUS_IDENTIFY ? DRAGOMAN_TEXT(OUR_IDENTITY) : nothing, now);
    switch (item->code) {
    case MEDIBUS_INITIALISE:
        medibus_conversation_happens(self, MEDIBUS_DEVICE_STARTED, now);
        break;
    case MEDIBUS_STOP:
        medibus_conversation_happens(self, MEDIBUS_DEVICE_STOPPED, now);
        break;
    case MEDIBUS_TIME_CHANGED:
        medibus_schedule_want(&self->schedule, MEDIBUS_CLOCK, nothing, now->monotonic_us);
        break;
    case MEDIBUS_CURVES_CHANGED:
        forget_curves(self);
        if (self->settings.curve_count > 0) {
            medibus_schedule_want(&self->schedule, MEDIBUS_CURVES, nothing, now->monotonic_us);
        }
        break;
    default:
        break;
    }
    if (self->state == MEDIBUS_TALKING) {
        ask_next(self, now);
    }
}

static const medibus_record *find_curve(uint8_t code, dragoman_bytes data, medibus_record *record) {
    while (medibus_record_next(MEDIBUS_CURVES, &data, record) == DRAGOMAN_OK) {
        if (record->code == code) {
            return record;
        }
    }
    return NULL;
}

/* Of the curves that the site wants, those that the device has; in this order they become its streams. */
static void choose_curves(medibus_conversation *self, dragoman_bytes data, const dragoman_now *now) {
    size_t size = 0;
    forget_curves(self);
    for (uint32_t n = 0; n < self->settings.curve_count; n++) {
        const medibus_wanted_curve *wanted = &self->settings.curves[n];
        medibus_record record;
        medibus_curve_facts facts;
        if (find_curve(wanted->code, data, &record) == NULL || !medibus_curve_facts_read(&record, &facts)) {
            tell(self, DRAGOMAN_LOG_WARNING, DRAGOMAN_TEXT("the device does not have a curve that the site wants"));
            continue;
        }
        if (medibus_curves_add(&self->curves, &facts, wanted->every)) {
            medibus_hex_write(wanted->code, self->curve_argument + size);
            medibus_hex_write(wanted->every, self->curve_argument + size + 2);
            size += 4;
        }
    }
    if (size > 0) {
        medibus_schedule_want(&self->schedule, MEDIBUS_CONFIGURE_CURVES, (dragoman_bytes){self->curve_argument, size},
                              now->monotonic_us);
    }
}

/* Another device at the same line has other alarms. */
static void take_identity(medibus_conversation *self, const medibus_identity *identity) {
    medibus_device *device = &self->device;
    if (memcmp(identity->number, device->identity.number, sizeof identity->number) != 0) {
        memset(device->alarms, 0, sizeof device->alarms);
    }
    device->identity = *identity;
    medibus_settings_complete(&self->settings, device->host, device->context,
                              (dragoman_bytes){device->identity.name, device->identity.name_size});
}

/* Whether the data are what a response to `code` holds. What has no form of its own is an echo. */
static bool take_data(medibus_conversation *self, uint8_t code, dragoman_bytes data, const dragoman_now *now) {
    uint32_t records = 0;
    medibus_identity identity;
    switch (code) {
    case MEDIBUS_IDENTIFY:
        if (!medibus_identity_read(data, &identity)) {
            return false;
        }
        take_identity(self, &identity);
        return true;
    case MEDIBUS_CURVES:
        if (!medibus_records_check(code, data, &records)) {
            return false;
        }
        choose_curves(self, data, now);
        return true;
    case MEDIBUS_CONFIGURE_CURVES:
        (void)medibus_send_streams(&self->outbox, (1u << self->curves.stream_count) - 1);
        return true;
    case MEDIBUS_NO_OPERATION:
    case MEDIBUS_INITIALISE:
    case MEDIBUS_CONFIGURE:
    case MEDIBUS_STOP:
        return true;
    default:
        break;
    }
    if (code != MEDIBUS_CLOCK && !medibus_records_check(code, data, &records)) {
        return false;
    }
    if (medibus_device_take(&self->device, code, data, now) != DRAGOMAN_OK) {
        tell(self, DRAGOMAN_LOG_ERROR, DRAGOMAN_TEXT("a report could not be handed on"));
    }
    return true;
}

/* The device did not understand us, or we not the device. */
static void take_trouble(medibus_conversation *self, const dragoman_now *now) {
    if (self->request.code != 0 && !ask_again(self, now)) {
        medibus_conversation_happens(self, MEDIBUS_REFUSED, now);
    }
}

/* A late answer to a request that was given up is as good as one in time, once the device is known. */
static void take_response(medibus_conversation *self, const medibus_item *item, const dragoman_now *now) {
    bool is_awaited = self->request.code == item->code && self->request.code != 0;
    bool is_talking = self->state == MEDIBUS_TALKING || self->state == MEDIBUS_LISTENING;
    bool is_control = item->code == MEDIBUS_CONFIGURE_CURVES || item->code == MEDIBUS_CURVES;
    if (item->code == MEDIBUS_CORRUPT) {
        count(self, DRAGOMAN_COUNT_REFUSED, 1);
        take_trouble(self, now);
        return;
    }
    if (!is_awaited && (!is_talking || is_control)) {
        return;
    }
    if (!take_data(self, item->code, item->data, now)) {
        count(self, DRAGOMAN_COUNT_BAD_FRAME, 1);
        take_trouble(self, now);
        return;
    }
    if (is_awaited) {
        medibus_conversation_happens(self, MEDIBUS_ANSWERED, now);
    }
}

static bool take_fast(medibus_conversation *self, uint8_t byte) {
    medibus_curves_step step = medibus_curves_take(&self->curves, byte);
    if (step.is_broken) {
        count(self, DRAGOMAN_COUNT_BAD_FRAME, 1);
    }
    if (step.beyond > 0) {
        count(self, DRAGOMAN_COUNT_ODD_VALUE, step.beyond);
    }
    flush_curves(self, step.full);
    return step.full != 0;
}

static void resume(medibus_conversation *self, const dragoman_now *now) {
    self->suspended_until_us = 0;
    self->request.first_us = now->monotonic_us;
    self->request.sent_us = now->monotonic_us;
    self->spoke_us = now->monotonic_us;
}

static bool take(medibus_conversation *self, const medibus_item *item, const dragoman_now *now) {
    switch (item->kind) {
    case MEDIBUS_ITEM_FAST:
        return take_fast(self, item->byte);
    case MEDIBUS_ITEM_COMMAND:
        take_command(self, item, now);
        return true;
    case MEDIBUS_ITEM_RESPONSE:
        take_response(self, item, now);
        return true;
    case MEDIBUS_ITEM_BROKEN_COMMAND:
        count(self, DRAGOMAN_COUNT_BAD_FRAME, 1);
        respond(self, MEDIBUS_CORRUPT, nothing, now);
        return true;
    case MEDIBUS_ITEM_BROKEN_RESPONSE:
        count(self, DRAGOMAN_COUNT_BAD_FRAME, 1);
        take_trouble(self, now);
        return true;
    case MEDIBUS_ITEM_NOISE:
        count(self, DRAGOMAN_COUNT_RESYNCHRONISED, 1);
        return false;
    case MEDIBUS_ITEM_SUSPEND:
        self->suspended_until_us = now->monotonic_us + MEDIBUS_SUSPENDED_US;
        return false;
    case MEDIBUS_ITEM_RESUME:
        if (self->suspended_until_us != 0) {
            resume(self, now);
        }
        return false;
    default:
        return false;
    }
}

/* What else the device says does not tell whether it heard the request. */
static void hear(medibus_conversation *self, const dragoman_now *now) {
    const medibus_scanner *scanner = &self->scanner;
    if (scanner->has_response && scanner->response_size > 0 && scanner->response[0] == self->request.code) {
        self->heard_us = now->monotonic_us;
    }
}

bool medibus_conversation_byte(medibus_conversation *self, uint8_t byte, const dragoman_now *now) {
    medibus_item item = medibus_scan(&self->scanner, byte);
    hear(self, now);
    return item.kind != MEDIBUS_ITEM_NONE && take(self, &item, now);
}

/* --------------------------------------------------------------------- time */

static int64_t silence_until(const medibus_conversation *self) {
    int64_t since = self->request.sent_us > self->heard_us ? self->request.sent_us : self->heard_us;
    return since + MEDIBUS_SILENCE_US;
}

static int64_t earlier(int64_t one, int64_t other) {
    return one < other ? one : other;
}

int64_t medibus_conversation_deadline(const medibus_conversation *self) {
    if (self->state == MEDIBUS_CLOSED || self->state == MEDIBUS_LISTENING) {
        return DRAGOMAN_NO_DEADLINE;
    }
    if (self->suspended_until_us != 0) {
        return self->suspended_until_us;
    }
    if (self->state == MEDIBUS_PAUSED) {
        return self->pause_until_us;
    }
    int64_t alive_us = self->state == MEDIBUS_TALKING ? self->spoke_us + MEDIBUS_KEEP_ALIVE_US : DRAGOMAN_NO_DEADLINE;
    if (self->request.code != 0) {
        return earlier(alive_us, earlier(silence_until(self), self->request.first_us + MEDIBUS_ANSWER_US));
    }
    return earlier(alive_us, medibus_schedule_due(&self->schedule));
}

/* While a long answer comes in, the device must hear from us too. */
static void wait_for_answer(medibus_conversation *self, const dragoman_now *now) {
    if (self->state == MEDIBUS_TALKING && now->monotonic_us >= self->spoke_us + MEDIBUS_KEEP_ALIVE_US) {
        say(self, MEDIBUS_NO_OPERATION, nothing, now);
    }
    bool is_late = now->monotonic_us >= self->request.first_us + MEDIBUS_ANSWER_US;
    if (is_late || (now->monotonic_us >= silence_until(self) && !ask_again(self, now))) {
        medibus_conversation_happens(self, MEDIBUS_LOST, now);
    }
}

void medibus_conversation_expire(medibus_conversation *self, const dragoman_now *now) {
    if (now->monotonic_us < medibus_conversation_deadline(self)) {
        return;
    }
    if (self->suspended_until_us != 0) {
        resume(self, now);
    }
    if (self->state == MEDIBUS_PAUSED) {
        if (now->monotonic_us >= self->pause_until_us) {
            medibus_conversation_happens(self, MEDIBUS_PAUSE_OVER, now);
        }
    } else if (self->request.code != 0) {
        wait_for_answer(self, now);
    } else if (self->state == MEDIBUS_TALKING) {
        ask_next(self, now);
    }
}

dragoman_bytes medibus_conversation_speak(medibus_conversation *self) {
    if (self->suspended_until_us != 0 || self->state == MEDIBUS_LISTENING) {
        return nothing;
    }
    return medibus_outbox_lend(&self->outbox);
}

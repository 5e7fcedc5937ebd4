#include "session.h"
#include "frame.h"
#include "monitor.h"
#include "request.h"
#include "settings.h"

#define SECOND_US 1000000

/* Something that is asked for. */
typedef struct wish {
    int64_t every_us; /* how often it comes once asked for; 0: not wanted */
    int64_t due_us;   /* monotonic: when it is asked for, if none comes before */
    bool is_repeated; /* asked for at its interval, whatever comes */
} wish;

typedef struct session {
    dri_monitor monitor;
    dri_settings settings;
    dri_scanner scanner;
    dri_outbox outbox;
    bool is_asking; /* the other end is a monitor and no file */
    wish wishes[DRI_REQUESTS];
} session;

static const dragoman_bytes nothing = {NULL, 0};

static void make_wishes(session *self) {
    const dri_settings *settings = &self->settings;
    self->wishes[DRI_REQUEST_DISPLAYED].every_us = settings->displayed_every_us;
    self->wishes[DRI_REQUEST_AUXILIARY].every_us = settings->displayed_every_us;
    self->wishes[DRI_REQUEST_TREND_10].every_us = settings->has_mean_10 ? INT64_C(10) * SECOND_US : 0;
    self->wishes[DRI_REQUEST_TREND_60].every_us = settings->has_mean_60 ? INT64_C(60) * SECOND_US : 0;
    self->wishes[DRI_REQUEST_WAVES].every_us = settings->wave_count > 0 ? DRI_WAVES_EVERY_US : 0;
    self->wishes[DRI_REQUEST_ALARMS] = (wish){.every_us = settings->alarms_every_us, .is_repeated = true};
    self->wishes[DRI_REQUEST_CHANGES] = (wish){.every_us = settings->alarms_every_us, .is_repeated = true};
}

dragoman_status dri_session_init(const dragoman_host *host, void *context, const dragoman_start *start,
                                 void **ret_instance) {
    session *made = (session *)host->allocate(context, sizeof *made);
    *ret_instance = made;
    if (made == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    made->monitor.host = host;
    made->monitor.context = context;
    dragoman_status status = dri_settings_read(host, context, start, &made->settings);
    make_wishes(made);
    return status;
}

void dri_session_fini(void *instance) {
    session *self = (session *)instance;
    if (self != NULL) {
        self->monitor.host->release(self->monitor.context, self);
    }
}

static void tell(session *self, uint32_t level, dragoman_bytes text) {
    self->monitor.host->log(self->monitor.context, level, text, nothing);
}

static void ask(session *self, dri_request request, int64_t now_us) {
    wish *wanted = &self->wishes[request];
    dragoman_bytes waves = {self->settings.waves, self->settings.wave_count};
    if (dri_request_put(&self->outbox, request, (uint32_t)(wanted->every_us / SECOND_US), waves) != DRAGOMAN_OK) {
        tell(self, DRAGOMAN_LOG_WARNING, DRAGOMAN_TEXT("a request finds no room among what waits to be sent"));
    }
    wanted->due_us = now_us + wanted->every_us + (wanted->is_repeated ? 0 : DRI_PATIENCE_US);
}

static void ask_what_is_due(session *self, int64_t now_us) {
    for (uint32_t n = 0; n < DRI_REQUESTS; n++) {
        if (self->wishes[n].every_us > 0 && self->wishes[n].due_us <= now_us) {
            ask(self, (dri_request)n, now_us);
        }
    }
}

static void open_line(session *self, bool is_file, int64_t now_us) {
    dri_scanner_reset(&self->scanner);
    dri_outbox_reset(&self->outbox);
    dri_monitor_begin(&self->monitor);
    self->is_asking = !is_file;
    for (uint32_t n = 0; n < DRI_REQUESTS; n++) {
        self->wishes[n].due_us = now_us;
    }
    if (self->is_asking) {
        ask_what_is_due(self, now_us);
    }
}

static void close_line(session *self) {
    self->is_asking = false;
    dri_outbox_reset(&self->outbox);
}

/* Something came that was asked for. */
static void hear(session *self, dri_request request, const dragoman_now *now) {
    wish *wanted = &self->wishes[request];
    if (!wanted->is_repeated) {
        wanted->due_us = now->monotonic_us + wanted->every_us + DRI_PATIENCE_US;
    }
}

/* ---------------------------------------------------------- what the line says */

static dragoman_status take_values(session *self, const dri_subrecord *subrecord, const dragoman_now *now) {
    switch (subrecord->kind) {
    case DRI_KIND_DISPLAYED:
        hear(self, DRI_REQUEST_DISPLAYED, now);
        return dri_monitor_values(&self->monitor, subrecord);
    case DRI_KIND_MEAN_10:
        hear(self, DRI_REQUEST_TREND_10, now);
        return dri_monitor_values(&self->monitor, subrecord);
    case DRI_KIND_MEAN_60:
        hear(self, DRI_REQUEST_TREND_60, now);
        return dri_monitor_values(&self->monitor, subrecord);
    case DRI_KIND_AUXILIARY:
        hear(self, DRI_REQUEST_AUXILIARY, now);
        return dri_monitor_auxiliary(&self->monitor, subrecord);
    default:
        return DRAGOMAN_UNSUPPORTED;
    }
}

static dragoman_status take_subrecord(session *self, uint16_t main_type, const dri_subrecord *subrecord,
                                      const dragoman_now *now) {
    switch (main_type) {
    case DRI_MAIN_PHYSIOLOGICAL:
        return take_values(self, subrecord, now);
    case DRI_MAIN_WAVES:
        hear(self, DRI_REQUEST_WAVES, now);
        return dri_monitor_wave(&self->monitor, subrecord);
    case DRI_MAIN_ALARMS:
        return subrecord->kind == DRI_KIND_ALARMS ? dri_monitor_alarms(&self->monitor, subrecord, now)
                                                  : DRAGOMAN_UNSUPPORTED;
    default:
        return DRAGOMAN_UNSUPPORTED;
    }
}

static void bury(session *self, dragoman_bytes payload, dragoman_bytes reason) {
    (void)self->monitor.host->dead_letter(self->monitor.context, payload, DRAGOMAN_TEXT("record"), reason);
}

static void take_record(session *self, dragoman_bytes bytes, const dragoman_now *now) {
    dri_record record;
    if (!dri_record_read(bytes, &record)) {
        bury(self, bytes, DRAGOMAN_TEXT("its length or the place of a subrecord is not what its header says"));
        return;
    }
    self->monitor.level = record.level;
    for (uint32_t n = 0; n < record.count; n++) {
        dragoman_status status = take_subrecord(self, record.main_type, &record.subrecords[n], now);
        if (status == DRAGOMAN_INVALID) {
            bury(self, bytes, DRAGOMAN_TEXT("a subrecord is shorter than its kind says"));
        } else if (status != DRAGOMAN_OK && status != DRAGOMAN_UNSUPPORTED) {
            tell(self, DRAGOMAN_LOG_ERROR, DRAGOMAN_TEXT("a report could not be handed on"));
        }
    }
}

/* Up to the end of the first frame. */
static size_t take_bytes(session *self, dragoman_bytes unread, const dragoman_now *now) {
    const dragoman_host *host = self->monitor.host;
    for (size_t n = 0; n < unread.size; n++) {
        dragoman_bytes record;
        switch (dri_scan(&self->scanner, unread.data[n], &record)) {
        case DRI_SCANNED_RECORD:
            take_record(self, record, now);
            return n + 1;
        case DRI_SCANNED_BROKEN:
            host->count(self->monitor.context, DRAGOMAN_COUNT_BAD_FRAME, 1);
            break;
        case DRI_SCANNED_NOISE:
            host->count(self->monitor.context, DRAGOMAN_COUNT_RESYNCHRONISED, 1);
            break;
        default:
            break;
        }
    }
    return unread.size;
}

dragoman_status dri_session_handle(void *instance, const dragoman_event *event, const dragoman_now *now,
                                   dragoman_progress *ret_progress) {
    session *self = (session *)instance;
    switch (event->kind) {
    case DRAGOMAN_EVENT_OPENED:
        open_line(self, event->of.opened.channel_kind == DRAGOMAN_CHANNEL_FILE, now->monotonic_us);
        break;
    case DRAGOMAN_EVENT_BYTES:
        ret_progress->consumed = take_bytes(self, event->of.bytes.unread, now);
        break;
    case DRAGOMAN_EVENT_CLOSED:
        close_line(self);
        break;
    default:
        break;
    }
    return DRAGOMAN_OK;
}

int64_t dri_session_deadline(const void *instance) {
    const session *self = (const session *)instance;
    int64_t first_us = DRAGOMAN_NO_DEADLINE;
    for (uint32_t n = 0; self->is_asking && n < DRI_REQUESTS; n++) {
        const wish *wanted = &self->wishes[n];
        first_us = wanted->every_us > 0 && wanted->due_us < first_us ? wanted->due_us : first_us;
    }
    return first_us;
}

dragoman_status dri_session_expire(void *instance, const dragoman_now *now) {
    session *self = (session *)instance;
    if (self->is_asking) {
        ask_what_is_due(self, now->monotonic_us);
    }
    return DRAGOMAN_OK;
}

dragoman_status dri_session_next(void *instance, dragoman_action *ret_action) {
    session *self = (session *)instance;
    dragoman_bytes bytes = dri_outbox_lend(&self->outbox);
    if (bytes.size == 0) {
        return DRAGOMAN_NOT_FOUND;
    }
    ret_action->kind = DRAGOMAN_ACTION_SEND;
    ret_action->channel = 0;
    ret_action->data = bytes;
    return DRAGOMAN_OK;
}

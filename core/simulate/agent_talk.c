#include "simulate/agent_inside.h"

#include <string.h>

#define AARQ 0xe200
#define AARE 0xe300
#define RLRQ 0xe400
#define RLRE 0xe500
#define ABRT 0xe600
#define PRST 0xe700

/* Data APDUs. */
#define CONFIRMED_EVENT 0x0101
#define GET 0x0103
#define CONFIRMED_SET 0x0105
#define CONFIRMED_ACTION 0x0107
#define EVENT_RESULT 0x0201
#define GET_RESULT 0x0203
#define ACTION_RESULT 0x0207
#define ERROR_RESULT 0x0300
#define REJECT_RESULT 0x0400

#define NOTI_CONFIG 3356
#define NOTI_SCAN_REPORT_FIXED 3357
#define NOTI_SEGMENT_DATA 3361
#define ACT_SEGMENT_CLEAR 3084
#define ACT_SEGMENT_INFO 3085
#define ACT_SEGMENT_TRANSFER 3100

/* One transfer event carries so many entries. */
#define ENTRIES_AT_ONCE 5
#define SEGMENT 1
#define HOUR_US INT64_C(3600000000)

static void wait_for(agent *self, int64_t us) {
    loop_timer_set(self->timer, us == INT64_MAX ? us : clock_now().monotonic_us + us);
}

/* Locally administered, with the number at its end. */
static void write_system_id(const agent *self, buffer *to) {
    apdu_u32(to, 0x02ab0000);
    apdu_u32(to, self->options.number);
}

void agent_talk_reason(agent *self, uint16_t choice, uint16_t reason) {
    apdu_u16(&self->out, choice);
    apdu_u16(&self->out, 2);
    apdu_u16(&self->out, reason);
    agent_push(self);
}

void agent_talk_associate(agent *self) {
    buffer *to = &self->out;
    apdu_u16(to, AARQ);
    size_t length = apdu_open(to);
    apdu_u32(to, 0x80000000);
    size_t protocols = apdu_list(to, 1);
    apdu_u16(to, 20601);
    size_t information = apdu_open(to);
    apdu_u32(to, 0x80000000); /* protocol version 1 */
    apdu_u16(to, 0x8000);     /* MDER */
    apdu_u32(to, 0x80000000); /* nomenclature version 1 */
    apdu_u32(to, 0);
    apdu_u32(to, 0x00800000); /* an agent */
    apdu_u16(to, 8);
    write_system_id(self, to);
    apdu_u16(to, self->options.kind->config_id);
    apdu_u32(to, 0x00010100); /* it reports by itself */
    apdu_u32(to, 0);
    apdu_close(to, information);
    apdu_close(to, protocols);
    apdu_close(to, length);
    agent_enter(self, AGENT_ASSOCIATING);
    loop_timer_set(self->report, INT64_MAX);
    wait_for(self, AGENT_ASSOCIATION_US);
    agent_push(self);
}

static void send_configuration(agent *self) {
    buffer *to = &self->out;
    apdu_data data = apdu_data_begin(to, ++self->invoke_id, CONFIRMED_EVENT);
    apdu_u16(to, 0);
    apdu_u32(to, 0xffffffff);
    apdu_u16(to, NOTI_CONFIG);
    size_t information = apdu_open(to);
    apdu_u16(to, self->options.kind->config_id);
    agent_kind_write_objects(self->options.kind, to);
    apdu_close(to, information);
    apdu_data_end(to, &data);
    agent_enter(self, AGENT_CONFIGURING);
    wait_for(self, AGENT_ASSOCIATION_US);
    agent_push(self);
}

static void operate(agent *self) {
    agent_enter(self, AGENT_OPERATING);
    self->options.figures->associated++;
    self->scan_number = 0;
    self->stored_sent = 0;
    wait_for(self, INT64_MAX);
    int64_t next_us = clock_now().monotonic_us + self->options.first_us;
    int64_t due_us = self->measured_us + self->options.interval_us;
    self->due_us = self->measured_us > 0 && due_us > next_us ? due_us : next_us;
    loop_timer_set(self->report, self->due_us);
    if (self->unconfirmed.size > 0) {
        agent_talk_report(self);
    }
}

/* --- reports */

static void measure(agent *self) {
    const agent_kind *kind = self->options.kind;
    uint8_t stamp[8];
    apdu_time(clock_now().wall_us - self->options.faults.delay_us + self->options.faults.clock_us, stamp);
    size_t list = apdu_list(&self->unconfirmed, kind->metric_count);
    for (size_t n = 0; n < kind->metric_count; n++) {
        apdu_u16(&self->unconfirmed, kind->metrics[n].handle);
        size_t value = apdu_open(&self->unconfirmed);
        agent_metric_write(&kind->metrics[n], agent_draw(self), kind->has_stamps ? stamp : NULL, &self->unconfirmed);
        apdu_close(&self->unconfirmed, value);
    }
    apdu_close(&self->unconfirmed, list);
}

static bool happens(agent *self, uint32_t one_in) {
    return one_in > 0 && agent_draw(self) % one_in == 0;
}

static void write_report(agent *self, buffer *to) {
    apdu_data data = apdu_data_begin(to, ++self->invoke_id, CONFIRMED_EVENT);
    apdu_u16(to, 0);
    apdu_u32(to, 0xffffffff);
    apdu_u16(to, NOTI_SCAN_REPORT_FIXED);
    size_t information = apdu_open(to);
    apdu_u16(to, 0xf000);
    apdu_u16(to, self->scan_number++);
    buffer_append_bytes(to, buffer_bytes(&self->unconfirmed));
    apdu_close(to, information);
    apdu_data_end(to, &data);
}

void agent_talk_report(agent *self) {
    agent_figures *figures = self->options.figures;
    const agent_faults *faults = &self->options.faults;
    bool is_new = self->unconfirmed.size == 0;
    if (is_new) {
        measure(self);
    }
    figures->sent += is_new ? 1 : 0;
    figures->resent += is_new ? 0 : 1;
    self->measured_us = clock_now().monotonic_us;
    wait_for(self, AGENT_CONFIRM_US);
    size_t begin = self->out.size;
    write_report(self, &self->out);
    if (happens(self, faults->drop)) {
        self->out.size = begin;
    } else if (happens(self, faults->corrupt)) {
        self->out.data[begin + agent_draw(self) % (self->out.size - begin)] ^= (uint8_t)(1 + agent_draw(self) % 255);
    } else if (happens(self, faults->unplug)) {
        self->out.size = begin + (self->out.size - begin) / 2;
        agent_push(self);
        agent_hang_up(self);
        return;
    }
    agent_push(self);
}

static void report_confirmed(agent *self) {
    agent_figures *figures = self->options.figures;
    if (self->unconfirmed.size == 0) {
        return;
    }
    figures->confirmed++;
    histogram_add(&figures->latency, clock_now().monotonic_us - self->measured_us);
    buffer_reset(&self->unconfirmed);
    wait_for(self, INT64_MAX);
    self->options.confirmed(self->options.context);
    if (self->is_releasing) {
        agent_release(self);
    } else if (self->options.interval_us == 0 && self->options.may_report(self->options.context)) {
        agent_talk_report(self);
    }
}

/* --- the store */

static void send_entries(agent *self) {
    const agent_kind *kind = self->options.kind;
    uint32_t left = AGENT_STORED - self->stored_sent;
    uint32_t count = left < ENTRIES_AT_ONCE ? left : ENTRIES_AT_ONCE;
    buffer *to = &self->out;
    apdu_data data = apdu_data_begin(to, ++self->invoke_id, CONFIRMED_EVENT);
    apdu_u16(to, kind->store);
    apdu_u32(to, 0xffffffff);
    apdu_u16(to, NOTI_SEGMENT_DATA);
    size_t information = apdu_open(to);
    apdu_u16(to, SEGMENT);
    apdu_u32(to, self->stored_sent);
    apdu_u32(to, count);
    apdu_u16(to, (self->stored_sent == 0 ? 0x8000u : 0) | (count == left ? 0x4000u : 0));
    size_t entries = apdu_open(to);
    for (uint32_t n = 0; n < count; n++) {
        uint8_t stamp[8];
        /* One an hour of the first day of the year; the same whenever it is asked. */
        uint32_t entry = self->stored_sent + n;
        apdu_time(INT64_C(1767225600000000) + entry * HOUR_US + self->options.faults.clock_us, stamp);
        agent_metric_write_entry(&kind->metrics[0], self->options.number + entry * 7, stamp, to);
    }
    apdu_close(to, entries);
    apdu_close(to, information);
    apdu_data_end(to, &data);
    agent_push(self);
}

static void entries_confirmed(agent *self, dragoman_bytes body) {
    uint16_t status = apdu_at(body, 20);
    if ((status & 0x0080) == 0) {
        return;
    }
    uint32_t count = apdu_at(body, 18);
    self->stored_sent += count;
    self->options.figures->stored += count;
    if (self->stored_sent < AGENT_STORED) {
        send_entries(self);
    }
}

/* --- answers to what the manager asks */

static void write_mds(const agent *self, buffer *to) {
    const agent_kind *kind = self->options.kind;
    uint8_t stamp[8];
    apdu_time(clock_now().wall_us + self->options.faults.clock_us, stamp);
    apdu_u16(to, 0);
    size_t list = apdu_list(to, 5);
    const uint8_t specialisation[8] = {0, 1, 0, 4, (uint8_t)(kind->specialisation >> 8), (uint8_t)kind->specialisation,
                                       0, 1};
    apdu_attribute(to, 2650, specialisation, sizeof specialisation);
    apdu_u16(to, 2344);
    size_t model = apdu_open(to);
    apdu_u16(to, 8);
    buffer_append_text(to, "Dragoman");
    apdu_u16(to, 12);
    buffer_append(to, "            ", 12 - strlen(kind->model));
    buffer_append_text(to, kind->model);
    apdu_close(to, model);
    apdu_u16(to, 2436);
    apdu_u16(to, 10);
    apdu_u16(to, 8);
    write_system_id(self, to);
    apdu_attribute_u16(to, 2628, kind->config_id);
    apdu_attribute(to, 2439, stamp, sizeof stamp);
    apdu_close(to, list);
}

static void write_store(const agent *self, buffer *to) {
    apdu_u16(to, self->options.kind->store);
    size_t list = apdu_list(to, 1);
    apdu_attribute_u16(to, 2385, 1);
    apdu_close(to, list);
}

static void refuse(agent *self, uint16_t invoke_id, uint16_t value) {
    apdu_data data = apdu_data_begin(&self->out, invoke_id, ERROR_RESULT);
    apdu_u16(&self->out, value);
    apdu_u16(&self->out, 0);
    apdu_data_end(&self->out, &data);
    agent_push(self);
}

static void answer_get(agent *self, const apdu_heard *heard) {
    uint16_t handle = apdu_at(heard->body, 0);
    if (handle != 0 && handle != self->options.kind->store) {
        refuse(self, heard->invoke_id, 1);
        return;
    }
    apdu_data data = apdu_data_begin(&self->out, heard->invoke_id, GET_RESULT);
    if (handle == 0) {
        write_mds(self, &self->out);
    } else {
        write_store(self, &self->out);
    }
    apdu_data_end(&self->out, &data);
    agent_push(self);
}

static void write_segments(const agent *self, buffer *to) {
    static const uint8_t usage[4] = {0, 0, 0, AGENT_STORED};
    size_t segments = apdu_list(to, 1);
    apdu_u16(to, SEGMENT);
    size_t attributes = apdu_list(to, 2);
    apdu_u16(to, 2638);
    size_t map = apdu_open(to);
    agent_kind_write_entry_map(&self->options.kind->metrics[0], to);
    apdu_close(to, map);
    apdu_attribute(to, 2427, usage, sizeof usage);
    apdu_close(to, attributes);
    apdu_close(to, segments);
}

static void answer_action(agent *self, const apdu_heard *heard) {
    uint16_t action = apdu_at(heard->body, 2);
    bool is_known = action == ACT_SEGMENT_INFO || action == ACT_SEGMENT_TRANSFER || action == ACT_SEGMENT_CLEAR;
    if (!is_known || self->options.kind->store == 0) {
        refuse(self, heard->invoke_id, 9);
        return;
    }
    buffer *to = &self->out;
    apdu_data data = apdu_data_begin(to, heard->invoke_id, ACTION_RESULT);
    apdu_u16(to, self->options.kind->store);
    apdu_u16(to, action);
    size_t information = apdu_open(to);
    if (action == ACT_SEGMENT_INFO) {
        write_segments(self, to);
    } else if (action == ACT_SEGMENT_TRANSFER) {
        apdu_u16(to, apdu_at(heard->body, 6));
        apdu_u16(to, apdu_at(heard->body, 6) == SEGMENT ? 0 : 1);
    }
    apdu_close(to, information);
    apdu_data_end(to, &data);
    agent_push(self);
    if (action == ACT_SEGMENT_TRANSFER && apdu_at(heard->body, 6) == SEGMENT) {
        self->stored_sent = 0;
        send_entries(self);
    }
}

static void take_event_result(agent *self, const apdu_heard *heard) {
    switch (apdu_at(heard->body, 6)) {
    case NOTI_CONFIG:
        if (self->state == AGENT_CONFIGURING && apdu_at(heard->body, 12) == 0) {
            self->options.figures->configured++;
            operate(self);
        }
        break;
    case NOTI_SEGMENT_DATA:
        entries_confirmed(self, heard->body);
        break;
    default:
        report_confirmed(self);
        break;
    }
}

static void take_data(agent *self, const apdu_heard *heard) {
    switch (heard->operation) {
    case GET:
        answer_get(self, heard);
        break;
    case CONFIRMED_ACTION:
        answer_action(self, heard);
        break;
    case CONFIRMED_SET:
        refuse(self, heard->invoke_id, 17);
        break;
    case EVENT_RESULT:
        take_event_result(self, heard);
        break;
    case ERROR_RESULT:
    case REJECT_RESULT:
        /* It keeps what it measured and reports it again at its time-out. */
        self->options.figures->refused++;
        break;
    default:
        break;
    }
}

void agent_talk_hear(agent *self, const apdu_heard *heard) {
    switch (heard->choice) {
    case AARE:
        if (self->state == AGENT_ASSOCIATING && heard->reason == 0) {
            operate(self);
        } else if (self->state == AGENT_ASSOCIATING && heard->reason == 3) {
            send_configuration(self);
        } else {
            self->options.figures->refused++;
        }
        break;
    case RLRQ:
        agent_talk_reason(self, RLRE, 0);
        agent_talk_associate(self);
        break;
    case RLRE:
        agent_hang_up(self);
        break;
    case ABRT:
        self->options.figures->aborted++;
        self->tries = 0;
        agent_talk_associate(self);
        break;
    case PRST:
        take_data(self, heard);
        break;
    default:
        break;
    }
}

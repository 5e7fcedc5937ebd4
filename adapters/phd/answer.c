#include "session.h"
#include <string.h>

/* The largest APDU that is written whole here: aare has 48 bytes, a request up to 40. */
#define APDU_ROOM 128

static bool make_room(phd_session *s, size_t size) {
    if (s->outbox_size + size <= s->outbox_room) {
        return true;
    }
    size_t room = s->outbox_room == 0 ? APDU_ROOM : s->outbox_room * 2;
    uint8_t *grown = room > PHD_OUTBOX_BYTES ? NULL : (uint8_t *)s->host->allocate(s->context, room);
    if (grown == NULL) {
        s->is_full = true;
        return false;
    }
    if (s->outbox_size > 0) {
        memcpy(grown, s->outbox, s->outbox_size);
    }
    s->host->release(s->context, s->outbox);
    s->outbox = grown;
    s->outbox_room = room;
    return true;
}

static void send(phd_session *s, const phd_writer *apdu) {
    if (make_room(s, apdu->size)) {
        memcpy(s->outbox + s->outbox_size, apdu->data, apdu->size);
        s->outbox_size += apdu->size;
    }
}

void phd_answer_association(phd_session *s, uint16_t result) {
    uint8_t room[APDU_ROOM];
    phd_writer to = {.data = room, .room = sizeof room};
    bool is_accepted = result == PHD_ACCEPTED || result == PHD_ACCEPTED_UNKNOWN_CONFIG;
    phd_put_u16(&to, PHD_AARE);
    size_t length = phd_open_length(&to);
    phd_put_u16(&to, result);
    phd_put_u16(&to, is_accepted ? PHD_DATA_PROTOCOL : PHD_DATA_PROTOCOL_EMPTY);
    size_t information = phd_open_length(&to);
    if (is_accepted) {
        phd_put_u32(&to, s->protocol_version);
        phd_put_u16(&to, 0x8000);      /* MDER */
        phd_put_u32(&to, 0x80000000u); /* nomenclature version 1 */
        phd_put_u32(&to, 0);           /* functional units: no test association */
        phd_put_u32(&to, 0x80000000u); /* sys-type-manager */
        phd_put_u16(&to, PHD_SYSTEM_ID_BYTES);
        phd_put_bytes(&to, (dragoman_bytes){s->settings.system_id, PHD_SYSTEM_ID_BYTES});
        phd_put_u16(&to, 0); /* manager-config-response */
        phd_put_u32(&to, 0); /* no data-req-mode capabilities */
        phd_put_u32(&to, 0); /* empty option list */
    }
    phd_close_length(&to, information);
    phd_close_length(&to, length);
    send(s, &to);
}

void phd_answer_reason(phd_session *s, uint16_t choice, uint16_t reason) {
    uint8_t room[APDU_ROOM];
    phd_writer to = {.data = room, .room = sizeof room};
    phd_put_u16(&to, choice);
    phd_put_u16(&to, 2);
    phd_put_u16(&to, reason);
    send(s, &to);
}

/* A PrstApdu up to the body of its DataApdu. */
typedef struct data_writer {
    phd_writer to;
    size_t lengths[3];
    uint8_t room[APDU_ROOM];
} data_writer;

static void begin_data(data_writer *self, uint16_t invoke_id, uint16_t choice) {
    self->to = (phd_writer){.data = self->room, .room = sizeof self->room};
    phd_put_u16(&self->to, PHD_PRST);
    self->lengths[0] = phd_open_length(&self->to);
    self->lengths[1] = phd_open_length(&self->to);
    phd_put_u16(&self->to, invoke_id);
    phd_put_u16(&self->to, choice);
    self->lengths[2] = phd_open_length(&self->to);
}

static void send_data(phd_session *s, data_writer *self) {
    for (size_t n = 3; n > 0; n--) {
        phd_close_length(&self->to, self->lengths[n - 1]);
    }
    send(s, &self->to);
}

void phd_answer_event(phd_session *s, const phd_pending *event, uint16_t result) {
    data_writer apdu;
    begin_data(&apdu, event->invoke_id, PHD_EVENT_RESULT);
    phd_put_u16(&apdu.to, event->handle);
    phd_put_u32(&apdu.to, 0); /* currentTime: this manager has no relative time */
    phd_put_u16(&apdu.to, event->event_type);
    size_t reply = phd_open_length(&apdu.to);
    if (event->event_type == PHD_NOTI_CONFIG) {
        phd_put_u16(&apdu.to, event->config_id);
        phd_put_u16(&apdu.to, result);
    } else if (event->event_type == PHD_NOTI_SEGMENT_DATA) {
        phd_put_u16(&apdu.to, event->segment);
        phd_put_u32(&apdu.to, event->segment_index);
        phd_put_u32(&apdu.to, event->segment_length);
        phd_put_u16(&apdu.to, result);
    }
    phd_close_length(&apdu.to, reply);
    send_data(s, &apdu);
}

void phd_answer_refusal(phd_session *s, uint16_t invoke_id, uint16_t choice, uint16_t reason) {
    data_writer apdu;
    begin_data(&apdu, invoke_id, choice);
    phd_put_u16(&apdu.to, reason);
    if (choice == PHD_ERROR) {
        phd_put_u16(&apdu.to, 0); /* no parameter */
    }
    send_data(s, &apdu);
}

void phd_answer_request(phd_session *s, uint16_t choice, uint16_t handle, dragoman_bytes arguments,
                        int64_t timeout_ms) {
    data_writer apdu;
    begin_data(&apdu, s->invoke_id, choice);
    phd_put_u16(&apdu.to, handle);
    phd_put_bytes(&apdu.to, arguments);
    send_data(s, &apdu);
    s->is_waiting = true;
    phd_session_wait(s, timeout_ms);
}

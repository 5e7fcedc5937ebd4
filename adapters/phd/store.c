#include "session.h"
#include <string.h>

/* SegmEntryHeader (A.11.8): what stands before each entry, in the order of the bits. */
#define HEADER_ABSOLUTE 0x8000u
#define HEADER_RELATIVE 0x4000u
#define HEADER_HIRES 0x2000u
#define HEADER_BASE_OFFSET 0x1000u
#define HEADER_KNOWN 0xf000u
#define ID_ROOM 64

void phd_store_clear(phd_session *s) {
    s->host->release(s->context, s->store.bytes);
    s->host->release(s->context, s->store.segments);
    s->store = (phd_store){.bytes = NULL};
}

static bool segment_read(phd_reader *list, phd_segment *ret_segment) {
    *ret_segment = (phd_segment){.instance = phd_u16(list), .person = PHD_PERSON_UNKNOWN};
    uint16_t count = 0;
    phd_reader attributes = phd_list(list, &count);
    ret_segment->info = phd_rest(&attributes);
    for (uint16_t n = 0; n < count; n++) {
        uint16_t attribute = phd_u16(&attributes);
        dragoman_bytes value = phd_octets(&attributes);
        phd_reader reader = phd_read(value);
        if (attribute == PHD_PM_SEG_MAP) {
            ret_segment->map = value;
        } else if (attribute == PHD_PM_SEG_PERSON_ID) {
            ret_segment->person = phd_u16(&reader);
        } else if (attribute == PHD_SEG_USAGE_CNT) {
            ret_segment->usage = phd_u32(&reader);
            ret_segment->has_usage = true;
        }
    }
    return phd_is_done(&attributes);
}

bool phd_store_read(phd_session *s, dragoman_bytes list) {
    phd_store_clear(s);
    phd_reader reader = phd_read(list);
    uint16_t count = 0;
    (void)phd_list(&reader, &count);
    if (!phd_is_done(&reader) || count > PHD_SEGMENTS) {
        return false;
    }
    s->store.bytes = (uint8_t *)s->host->allocate(s->context, list.size);
    s->store.segments = (phd_segment *)s->host->allocate(s->context, (count + (size_t)1) * sizeof *s->store.segments);
    if (s->store.bytes == NULL || s->store.segments == NULL) {
        return false;
    }
    memcpy(s->store.bytes, list.data, list.size);
    reader = phd_read((dragoman_bytes){s->store.bytes, list.size});
    phd_reader segments = phd_list(&reader, &count);
    for (uint16_t n = 0; n < count; n++) {
        if (!segment_read(&segments, &s->store.segments[s->store.count++])) {
            return false;
        }
    }
    return phd_is_done(&segments);
}

static void put_number(phd_writer *to, uint32_t number) {
    uint8_t digits[10];
    size_t at = sizeof digits;
    do {
        digits[--at] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    phd_put_bytes(to, (dragoman_bytes){digits + at, sizeof digits - at});
}

/* The number under which a segment of this store is remembered. */
static uint32_t segment_number(const phd_session *s, uint16_t instance) {
    return (uint32_t)s->configuration.objects[s->step_object].handle << 16 | instance;
}

static dragoman_bytes digest_bytes(uint64_t digest, phd_writer *to) {
    phd_put_u32(to, (uint32_t)(digest >> 32));
    phd_put_u32(to, (uint32_t)digest);
    return (dragoman_bytes){to->data, to->size};
}

/* A segment whose attributes (count of entries, times) are as they were when it was read to its end has nothing new. */
static bool is_known(phd_session *s, const phd_segment *segment) {
    uint8_t room[8];
    phd_writer to = {.data = room, .room = sizeof room};
    dragoman_bytes kept = phd_memory_get(s, PHD_MEMORY_SEGMENT, segment_number(s, segment->instance));
    dragoman_bytes now = digest_bytes(phd_digest(segment->info), &to);
    return kept.size == now.size && memcmp(kept.data, now.data, now.size) == 0;
}

bool phd_store_find(phd_session *s) {
    for (; s->store.at < s->store.count; s->store.at++) {
        const phd_segment *segment = &s->store.segments[s->store.at];
        bool is_empty = segment->has_usage && segment->usage == 0;
        if (!is_empty && segment->map.size > 0 && !is_known(s, segment)) {
            return true;
        }
    }
    return false;
}

/* --- entries */

typedef struct entries {
    phd_session *session;
    const phd_segment *segment;
    phd_report report;
    uint16_t header;
    uint16_t element_count;
    phd_reader elements; /* SegmEntryElemList */
} entries;

static bool header_read(entries *self, phd_reader *reader) {
    dragoman_time time = {.precision = DRAGOMAN_TIME_NONE};
    dragoman_time best = time;
    if ((self->header & HEADER_ABSOLUTE) != 0 && phd_absolute_time(reader, &time)) {
        best = time;
    }
    if ((self->header & HEADER_RELATIVE) != 0) {
        time = phd_relative_time(&self->session->facts.relative, phd_u32(reader));
        best = best.precision == DRAGOMAN_TIME_NONE ? time : best;
    }
    if ((self->header & HEADER_HIRES) != 0) {
        time = phd_hires_time(&self->session->facts.hires, phd_u64(reader));
        best = best.precision == DRAGOMAN_TIME_NONE ? time : best;
    }
    if ((self->header & HEADER_BASE_OFFSET) != 0 && phd_base_offset_time(reader, &time)) {
        best = time;
    }
    self->report.entry_at = best;
    return !reader->failed;
}

static bool entry_read(entries *self, phd_reader *reader) {
    phd_reader elements = self->elements;
    bool is_good = header_read(self, reader);
    for (uint16_t n = 0; n < self->element_count && is_good; n++) {
        phd_map_entry map[PHD_MAP_ENTRIES];
        uint8_t count = 0;
        phd_measure measure = {0};
        phd_object stored = {.class_id = phd_u16(&elements)};
        stored.type.partition = phd_u16(&elements);
        stored.type.code = phd_u16(&elements);
        stored.handle = phd_u16(&elements);
        const phd_object *live = phd_object_find(&self->session->configuration, stored.handle);
        phd_object object = live != NULL ? *live : stored;
        is_good = phd_map_read(&elements, map, &count) && phd_object_apply_map(&object, &measure, map, count, reader);
        if (is_good) {
            (void)phd_report_add(&self->report, &object, &measure);
        }
    }
    return is_good;
}

/* All entries of one event. False when they are not exactly what the segment's map promises. */
static bool entries_read(entries *self, uint32_t count, dragoman_bytes bytes) {
    phd_reader map = phd_read(self->segment->map);
    self->header = phd_u16(&map);
    self->elements = phd_list(&map, &self->element_count);
    if (!phd_is_done(&map) || (self->header & ~HEADER_KNOWN) != 0) {
        return false;
    }
    phd_reader reader = phd_read(bytes);
    for (uint32_t n = 0; n < count; n++) {
        size_t before = reader.left;
        /* An entry without a byte would make any count true. */
        if (!entry_read(self, &reader) || reader.left == before) {
            return false;
        }
    }
    return phd_is_done(&reader);
}

/* --- events */

/* "stored-20.3.0": the store's handle, the segment and the first entry. */
static dragoman_bytes id_of(const phd_session *s, const phd_pending *event, phd_writer *to) {
    const phd_object *store = &s->configuration.objects[s->step_object];
    phd_put_bytes(to, DRAGOMAN_TEXT("stored-"));
    put_number(to, store->handle);
    phd_put_u8(to, '.');
    put_number(to, event->segment);
    phd_put_u8(to, '.');
    put_number(to, event->segment_index);
    return (dragoman_bytes){to->data, to->size};
}

static dragoman_status emit_entries(phd_session *s, entries *from, phd_pending *event, dragoman_bytes bytes) {
    const dragoman_host *host = s->host;
    uint8_t id_room[ID_ROOM];
    uint8_t digest_room[8];
    phd_writer id = {.data = id_room, .room = sizeof id_room};
    phd_writer digest = {.data = digest_room, .room = sizeof digest_room};
    dragoman_bytes name = {(const uint8_t *)s->facts.name, PHD_SYSTEM_NAME_BYTES};
    dragoman_status status =
        host->message_begin(s->context, name, id_of(s, event, &id), phd_digest(bytes), &event->number);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    status = phd_report_emit(&from->report, from->segment->person, false);
    if (status == DRAGOMAN_OK && (event->segment_status & PHD_SEGMENT_LAST) != 0) {
        dragoman_bytes read = digest_bytes(phd_digest(from->segment->info), &digest);
        status = phd_memory_put(s, PHD_MEMORY_SEGMENT, segment_number(s, event->segment), read);
    }
    if (status != DRAGOMAN_OK) {
        host->message_abandon(s->context);
        return status;
    }
    s->host->count(s->context, DRAGOMAN_COUNT_ODD_VALUE, from->report.odd_values);
    return host->message_end(s->context);
}

/* Ends a transfer from our side, or agrees to its end from the agent's. */
static void end_transfer(phd_session *s, const phd_pending *event, uint16_t status, bool is_confirmed) {
    if (is_confirmed) {
        phd_answer_event(s, event, status);
    }
    if (s->store.is_transferring) {
        s->store.is_transferring = false;
        s->store.at++;
        phd_request_step(s, PHD_STEP_TRANSFER);
    }
}

void phd_store_event(phd_session *s, const phd_data *data, dragoman_bytes info) {
    phd_reader body = phd_read(data->body);
    phd_reader reader = phd_read(info);
    phd_pending event = {.invoke_id = data->invoke_id, .handle = phd_u16(&body), .event_type = PHD_NOTI_SEGMENT_DATA};
    event.segment = phd_u16(&reader);
    event.segment_index = phd_u32(&reader);
    event.segment_length = phd_u32(&reader);
    event.segment_status = phd_u16(&reader);
    dragoman_bytes bytes = phd_octets(&reader);
    bool is_confirmed = data->choice == PHD_CONFIRMED_EVENT;
    bool is_ours = s->store.is_transferring && phd_is_done(&reader) && s->pending_count < PHD_PENDING &&
                   s->store.segments[s->store.at].instance == event.segment &&
                   s->configuration.objects[s->step_object].handle == event.handle;
    if (!is_ours || (event.segment_status & PHD_SEGMENT_AGENT_ABORT) != 0) {
        /* The reply has the agent's status; a transfer that nobody asked for is told to stop. */
        uint16_t status = (uint16_t)(event.segment_status | (is_ours ? 0 : PHD_SEGMENT_MANAGER_ABORT));
        end_transfer(s, &event, status, is_confirmed);
        return;
    }
    entries from = {.session = s, .segment = &s->store.segments[s->store.at]};
    phd_report_begin(&from.report, s->host, s->context, &s->facts);
    dragoman_status status = DRAGOMAN_INVALID;
    if (entries_read(&from, event.segment_length, bytes)) {
        status = emit_entries(s, &from, &event, bytes);
    } else {
        (void)s->host->dead_letter(s->context, data->body, DRAGOMAN_TEXT("translate"),
                                   DRAGOMAN_TEXT("stored entries that do not fit their segment's map"));
        s->host->count(s->context, DRAGOMAN_COUNT_BAD_FRAME, 1);
    }
    if (status != DRAGOMAN_OK) {
        end_transfer(s, &event, (uint16_t)(event.segment_status | PHD_SEGMENT_MANAGER_ABORT), is_confirmed);
        return;
    }
    const phd_object *object = &s->configuration.objects[s->step_object];
    phd_session_wait(s, object->transfer_timeout == 0 ? PHD_TO_TRANSFER_MS : (int64_t)object->transfer_timeout / 8 + 1);
    if (is_confirmed) {
        phd_event_wait(s, &event);
    }
}

void phd_store_answered(phd_session *s, const phd_pending *event, bool is_kept) {
    bool is_current = s->store.is_transferring && s->store.segments[s->store.at].instance == event->segment;
    if (!is_current || (is_kept && (event->segment_status & PHD_SEGMENT_LAST) == 0)) {
        return;
    }
    s->store.is_transferring = false;
    if (is_kept && s->settings.clears_stores) {
        phd_request_step(s, PHD_STEP_CLEAR);
        return;
    }
    s->store.at++;
    phd_request_step(s, PHD_STEP_TRANSFER);
}

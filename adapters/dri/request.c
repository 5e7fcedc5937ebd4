#include "request.h"
#include "frame.h"
#include "record.h"
#include <string.h>

/* Bytes behind the header: "Physiological data transmission request", "Alarm transmission commands", "Waveform
 * transmission request". */
#define VALUES_BYTES 9u
#define ALARMS_BYTES 12u
#define WAVES_BYTES 32u
/* Classes that are wanted beside the basic one: the three extended ones. */
#define ALL_CLASSES 0x0eu

typedef struct request_row {
    uint8_t main_type;
    uint8_t bytes; /* behind the header */
    uint8_t word;  /* the kind of subrecord that is wanted, or the command */
} request_row;

static const request_row rows[DRI_REQUESTS] = {
    [DRI_REQUEST_DISPLAYED] = {DRI_MAIN_PHYSIOLOGICAL, VALUES_BYTES, 1},
    [DRI_REQUEST_TREND_10] = {DRI_MAIN_PHYSIOLOGICAL, VALUES_BYTES, 2},
    [DRI_REQUEST_TREND_60] = {DRI_MAIN_PHYSIOLOGICAL, VALUES_BYTES, 3},
    [DRI_REQUEST_AUXILIARY] = {DRI_MAIN_PHYSIOLOGICAL, VALUES_BYTES, 4},
    [DRI_REQUEST_ALARMS] = {DRI_MAIN_ALARMS, ALARMS_BYTES, 0},  /* send the status once */
    [DRI_REQUEST_CHANGES] = {DRI_MAIN_ALARMS, ALARMS_BYTES, 2}, /* enter the differential mode */
    [DRI_REQUEST_WAVES] = {DRI_MAIN_WAVES, WAVES_BYTES, 0},     /* start, and go on */
};

/* Two bytes for one that is escaped. */
static size_t put_byte(uint8_t *to, size_t at, uint8_t byte) {
    if (byte != DRI_FLAG && byte != DRI_ESCAPE) {
        to[at] = byte;
        return at + 1;
    }
    to[at] = DRI_ESCAPE;
    to[at + 1] = (uint8_t)(byte & ~DRI_ESCAPED_BIT);
    return at + 2;
}

static void fill(uint8_t *record, const request_row *row, uint32_t interval_s, dragoman_bytes waves) {
    uint8_t *body = record + DRI_HEADER;
    record[0] = (uint8_t)(DRI_HEADER + row->bytes);
    record[14] = row->main_type;
    record[21] = DRI_LAST_SUBRECORD; /* the first subrecord is of kind 0, a request, at 0; there is no second */
    body[0] = row->word;
    if (row->main_type == DRI_MAIN_PHYSIOLOGICAL) {
        body[1] = (uint8_t)interval_s;
        body[2] = (uint8_t)(interval_s >> 8 & 0x7fu);
        body[3] = ALL_CLASSES;
    }
    for (size_t n = 0; row->main_type == DRI_MAIN_WAVES && n < DRI_WAVES; n++) {
        body[4 + n] = n < waves.size ? waves.data[n] : DRI_LAST_SUBRECORD;
    }
}

dragoman_status dri_request_put(dri_outbox *outbox, dri_request request, uint32_t interval_s, dragoman_bytes waves) {
    uint8_t record[DRI_HEADER + WAVES_BYTES] = {0};
    const request_row *row = &rows[request];
    size_t size = DRI_HEADER + row->bytes;
    if (2 * (size + 1) + 2 > sizeof outbox->bytes - outbox->size) {
        return DRAGOMAN_LIMIT;
    }
    fill(record, row, interval_s, waves);
    size_t at = outbox->size;
    outbox->bytes[at++] = DRI_FLAG;
    for (size_t n = 0; n < size; n++) {
        at = put_byte(outbox->bytes, at, record[n]);
    }
    at = put_byte(outbox->bytes, at, dri_checksum((dragoman_bytes){record, size}));
    outbox->bytes[at++] = DRI_FLAG;
    outbox->size = at;
    return DRAGOMAN_OK;
}

dragoman_bytes dri_outbox_lend(dri_outbox *outbox) {
    memmove(outbox->bytes, outbox->bytes + outbox->lent, outbox->size - outbox->lent);
    outbox->size -= outbox->lent;
    outbox->lent = outbox->size;
    return (dragoman_bytes){outbox->bytes, outbox->size};
}

void dri_outbox_reset(dri_outbox *outbox) {
    outbox->size = 0;
    outbox->lent = 0;
}

#include "outbox.h"
#include "frame.h"
#include <string.h>

static dragoman_status append_frame(medibus_outbox *outbox, uint8_t first, uint8_t code, dragoman_bytes data) {
    size_t size = data.size + 5;
    if (data.size > MEDIBUS_OUTBOX || size > MEDIBUS_OUTBOX - outbox->size) {
        return DRAGOMAN_LIMIT;
    }
    uint8_t *at = outbox->bytes + outbox->size;
    at[0] = first;
    at[1] = code;
    if (data.size > 0) {
        memcpy(at + 2, data.data, data.size);
    }
    uint8_t sum = medibus_checksum(first, (dragoman_bytes){at + 1, data.size + 1});
    medibus_hex_write(sum, at + 2 + data.size);
    at[size - 1] = MEDIBUS_CR;
    outbox->size += size;
    return DRAGOMAN_OK;
}

dragoman_status medibus_send_command(medibus_outbox *outbox, uint8_t code, dragoman_bytes argument) {
    if (!medibus_may_send(code)) {
        return DRAGOMAN_UNSUPPORTED;
    }
    return append_frame(outbox, MEDIBUS_ESC, code, argument);
}

dragoman_status medibus_send_response(medibus_outbox *outbox, uint8_t code, dragoman_bytes data) {
    return append_frame(outbox, MEDIBUS_SOH, code, data);
}

dragoman_status medibus_send_streams(medibus_outbox *outbox, uint32_t mask) {
    /* Sync-byte; command and argument for streams 1 to 4, 5 to 8, 9 to 12; end of the sequence. */
    const uint8_t bytes[] = {0xd0,
                             0xc1,
                             (uint8_t)(0xc0u | (mask & 15u)),
                             0xc2,
                             (uint8_t)(0xc0u | (mask >> 4 & 15u)),
                             0xc3,
                             (uint8_t)(0xc0u | (mask >> 8 & 15u)),
                             0xc0,
                             0xc0};
    if (sizeof bytes > MEDIBUS_OUTBOX - outbox->size) {
        return DRAGOMAN_LIMIT;
    }
    memcpy(outbox->bytes + outbox->size, bytes, sizeof bytes);
    outbox->size += sizeof bytes;
    return DRAGOMAN_OK;
}

dragoman_bytes medibus_outbox_lend(medibus_outbox *outbox) {
    memmove(outbox->bytes, outbox->bytes + outbox->lent, outbox->size - outbox->lent);
    outbox->size -= outbox->lent;
    outbox->lent = outbox->size;
    return (dragoman_bytes){outbox->bytes, outbox->size};
}

void medibus_outbox_reset(medibus_outbox *outbox) {
    outbox->size = 0;
    outbox->lent = 0;
}

#include "answers.h"
#include "frame.h"
#include <string.h>

/* Room for one frame of ours. */
#define REPLY_BYTES 64

bool astm_answers_add(astm_answers *self, const astm_owed *owed) {
    if (self->count == ASTM_OWED) {
        return false;
    }
    self->count++;
    *astm_answers_at(self, self->count - 1) = *owed;
    return true;
}

astm_owed *astm_answers_at(astm_answers *self, uint32_t index) {
    return &self->owed[(self->first + index) % ASTM_OWED];
}

static uint8_t sum_digit(uint32_t number) {
    return (uint8_t)"0123456789ABCDEF"[number & 15u];
}

static size_t write_reply(uint8_t number, uint8_t to[REPLY_BYTES]) {
    static const dragoman_bytes records[ASTM_REPLY_FRAMES] = {DRAGOMAN_TEXT_INIT("H|\\^&|||dragoman|||||||P|LIS2-A2\r"),
                                                              DRAGOMAN_TEXT_INIT("L|1|I\r")};
    const dragoman_bytes *record = &records[number - 1];
    size_t size = 0;
    to[size++] = ASTM_STX;
    to[size++] = (uint8_t)('0' + number);
    memcpy(to + size, record->data, record->size);
    size += record->size;
    to[size++] = ASTM_ETX;
    uint8_t sum = astm_sum((dragoman_bytes){to + 1, size - 1});
    to[size++] = sum_digit(sum / 16u);
    to[size++] = sum_digit(sum);
    to[size++] = '\r';
    to[size++] = '\n';
    return size;
}

void astm_answers_flush(astm_answers *self) {
    while (self->count > 0 && astm_answers_at(self, 0)->is_due && self->out_size + REPLY_BYTES <= ASTM_OUT) {
        const astm_owed *owed = astm_answers_at(self, 0);
        if (owed->reply > 0) {
            self->out_size += write_reply(owed->reply, self->out + self->out_size);
        } else if (owed->sign != 0) {
            self->out[self->out_size++] = owed->sign;
        }
        self->first = (self->first + 1) % ASTM_OWED;
        self->count--;
    }
}

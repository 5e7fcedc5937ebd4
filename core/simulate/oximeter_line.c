#include "simulate/oximeter_line.h"

#include <stdlib.h>

#define SECOND_US 1000000

oximeter_device *oximeter_device_create(const oximeter_form *form, uint64_t seed, int64_t clock_shift_us) {
    oximeter_device *self = calloc(1, sizeof(*self));
    if (self != NULL) {
        self->form = form;
        self->clock_shift_us = clock_shift_us;
        oximeter_init(&self->finger, seed, form->frequency);
    }
    return self;
}

void oximeter_device_destroy(void *device) {
    free(device);
}

void oximeter_device_go(oximeter_device *self, bool is_sending) {
    if (is_sending && !self->is_sending) {
        self->since_us = 0;
        self->sent = 0;
    }
    self->is_sending = is_sending;
}

void oximeter_device_opened(void *device) {
    oximeter_device *self = device;
    self->is_sending = false;
    self->command_size = 0;
    oximeter_device_go(self, !self->form->waits);
}

void oximeter_device_ignore(void *device, line_player *line, dragoman_bytes bytes) {
    (void)device;
    line_player_figures(line)->others += bytes.size > 0 ? 1 : 0;
}

void oximeter_device_tick(void *device, line_player *line, int64_t utc_us) {
    oximeter_device *self = device;
    if (!self->is_sending) {
        return;
    }
    self->since_us = self->since_us == 0 ? utc_us : self->since_us;
    uint64_t due = (uint64_t)(utc_us - self->since_us) * self->form->frequency / SECOND_US;
    while (self->sent < due) {
        uint8_t frame[OXIMETER_FRAME_BYTES];
        oximeter_moment now = oximeter_next(&self->finger);
        size_t size = self->form->write(&now, self->sent++, self->clock_shift_us, frame);
        line_player_send(line, (dragoman_bytes){frame, size});
    }
}

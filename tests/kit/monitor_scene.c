#include "kit/monitor_scene.h"
#include "base/bytes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

const play_identity monitor_scene_identity = {.system_id = {0x00, 0x09, 0x5C, 0x12, 0x34, 0x56},
                                              .model = "M8000",
                                              .serial = "DE12345678",
                                              .bed = "ICU 3",
                                              .ip = {10, 0, 0, 9},
                                              .port = 24105};

void monitor_scene_hear(monitor_scene *self) {
    fake_session_datagram(&self->session, 0, MONITOR_SCENE_ADDRESS, buffer_bytes(&self->message));
    buffer_reset(&self->message);
}

const char *monitor_scene_sent(monitor_scene *self) {
    static char line[2048];
    const char *all = fake_session_datagrams(&self->session) + self->read;
    const char *end = strchr(all, '\n');
    if (end == NULL) {
        return NULL;
    }
    self->read += (size_t)(end - all) + 1;
    (void)snprintf(line, sizeof line, "%.*s", (int)(end - all), all);
    assert_int_equal(strncmp(line, "0 " MONITOR_SCENE_ADDRESS " ", strlen("0 " MONITOR_SCENE_ADDRESS " ")), 0);
    return line + strlen("0 " MONITOR_SCENE_ADDRESS " ");
}

static unsigned field(const char *hexadecimal, size_t at) {
    unsigned value = 0;
    assert_int_equal(sscanf(hexadecimal + at * 2, "%4x", &value), 1);
    return value;
}

uint16_t monitor_scene_find_poll(monitor_scene *self, unsigned object_class, unsigned group) {
    for (const char *sent = monitor_scene_sent(self); sent != NULL; sent = monitor_scene_sent(self)) {
        if (strncmp(sent, "e10000020001", 12) == 0 && field(sent, 32) == object_class && field(sent, 34) == group) {
            return (uint16_t)field(sent, 28);
        }
    }
    fail_msg("class %u group %x was not polled", object_class, group);
    return 0;
}

void monitor_scene_open(monitor_scene *self, const dragoman_adapter_descriptor *adapter, const char *settings) {
    char words[256];
    (void)snprintf(words, sizeof words, "monitors=" MONITOR_SCENE_ADDRESS " %s", settings);
    *self = (monitor_scene){0};
    buffer_init(&self->message);
    assert_true(fake_session_open(&self->session, adapter, words, DRAGOMAN_CHANNEL_DATAGRAM));
}

void monitor_scene_associate(monitor_scene *self, uint32_t extensions) {
    assert_int_equal(strncmp(monitor_scene_sent(self), "0dec", 4), 0);
    play_association_response(&self->message, extensions);
    monitor_scene_hear(self);
    assert_null(monitor_scene_sent(self));
    play_create_event(&self->message, &monitor_scene_identity, 7, MONITOR_SCENE_TICKS, MONITOR_SCENE_CREATED_US);
    monitor_scene_hear(self);
    /* RORS, invoke id 7, confirmed event report, the same object, time and event, no data. */
    assert_string_equal(monitor_scene_sent(self), "e1000002000200140007"
                                                  "0001000e"
                                                  "002100000000"
                                                  "000138800d060000");
    fake_session_pass(&self->session, 1);
}

void monitor_scene_close(monitor_scene *self) {
    buffer_fini(&self->message);
    assert_null(fake_session_close(&self->session));
}

play_result monitor_scene_result(uint16_t number, uint16_t object_class, uint16_t group, uint16_t sequence_no) {
    return (play_result){.invoke_id = number,
                         .number = number,
                         .is_extended = sequence_no != 0,
                         .sequence_no = sequence_no,
                         .ticks = MONITOR_SCENE_TICKS + 8000, /* one second after the create event */
                         .object_class = object_class,
                         .group = group};
}

void monitor_scene_put_numeric(buffer *to, uint16_t physio, uint16_t state, uint16_t unit, int32_t mantissa,
                               int8_t exponent) {
    size_t at = play_attribute(to, 0x0950);
    play_put16(to, physio);
    play_put16(to, state);
    play_put16(to, unit);
    play_put_float(to, mantissa, exponent);
    play_close(to, at);
}

void monitor_scene_put_heart_rate(buffer *to, play_result *result, uint16_t state, int32_t rate) {
    size_t at = play_object(to, result, 101, 2);
    monitor_scene_put_numeric(to, 0x4182, state, 0x0AA0, rate, 0);
    size_t label = play_attribute(to, 0x0924);
    play_put32(to, 0x00024182);
    play_close(to, label);
    play_close(to, at);
}

void monitor_scene_says(monitor_scene *self, const char *text) {
    const char *said = fake_host_text(&self->session.host);
    if (strstr(said, text) == NULL) {
        fail_msg("\"%s\" is not in\n%s", text, said);
    }
}

void monitor_scene_tell_heart_rate(monitor_scene *self, uint16_t number, uint16_t sequence_no, int32_t rate) {
    play_result result = monitor_scene_result(number, MONITOR_SCENE_NUMERICS, 0, sequence_no);
    play_result_begin(&self->message, &result);
    monitor_scene_put_heart_rate(&self->message, &result, 0, rate);
    play_result_end(&self->message, &result);
    monitor_scene_hear(self);
}

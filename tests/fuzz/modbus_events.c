/* Sequences of events at a bus of four units: answers that may be good, noise, time, endings, in any order and framing.
 * What goes out is checked: nothing but the reading functions ever leaves. */
#include "kit/bytes_left.h"
#include "kit/fake_host.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_modbus;

#define ROW(n, name, table, address, more)                                                                             \
    "registers." #n ".name=" name " registers." #n ".table=" table " registers." #n ".address=" address                \
    " registers." #n "." more " "

static const char map[] = "every=1s identification=true max_gap=2 " ROW(0, "a", "input", "0", "type=int16")
    ROW(1, "b", "input", "2", "type=float32") ROW(2, "c", "holding", "9", "type=bcd32")
        ROW(3, "d", "holding", "11", "type=string registers.3.length=3")
            ROW(4, "e", "coil", "3", "type=bits registers.4.length=9")
                ROW(5, "f", "discrete", "1", "type=bit registers.5.meanings.1=open")
                    ROW(6, "g", "holding", "14", "type=float64");

static int hex_of(uint8_t character) {
    return character <= '9' ? character - '0' : character - 'A' + 10;
}

/* The function of a request: behind MBAP and unit, behind the unit, or in characters. */
static void check_sent(const fake_session *bus, uint8_t framing) {
    if (bus->sent.size == 0) {
        return;
    }
    const uint8_t *sent = bus->sent.data;
    int function = framing == 0 ? sent[7] : framing == 1 ? sent[1] : hex_of(sent[3]) * 16 + hex_of(sent[4]);
    if (!((function >= 1 && function <= 4) || function == 0x2b)) {
        abort();
    }
}

static uint16_t crc_of(const uint8_t *bytes, size_t size) {
    uint16_t crc = 0xffff;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (uint16_t)((crc & 1) != 0 ? crc >> 1 ^ 0xa001 : crc >> 1);
        }
    }
    return crc;
}

/* An answer to the last request whose data are what comes next: values, an exception, objects. */
static void answer(fake_session *bus, const uint8_t *request, uint8_t framing, bytes_left *from) {
    uint8_t frame[300];
    size_t head = framing == 0 ? 6 : 0;
    const uint8_t *asked = request + head;
    size_t count = (size_t)asked[4] << 8 | asked[5];
    size_t size = asked[1] == 0x2b ? take(from) % 64u : asked[1] < 3 ? (count + 7) / 8 : count * 2;
    size_t at = head;
    frame[at++] = asked[0];
    frame[at++] = asked[1];
    frame[at++] = asked[1] == 0x2b ? 0x0e : (uint8_t)size;
    for (size_t i = 0; i < size && at < sizeof frame - 2; i++) {
        frame[at++] = take(from);
    }
    if (framing == 0) {
        memcpy(frame, request, 4);
        frame[4] = (uint8_t)((at - 6) >> 8);
        frame[5] = (uint8_t)(at - 6);
    } else {
        uint16_t crc = crc_of(frame, at);
        frame[at++] = (uint8_t)crc;
        frame[at++] = (uint8_t)(crc >> 8);
    }
    fake_session_feed(bus, (dragoman_bytes){frame, at}, false);
}

static void reopen(fake_session *bus) {
    dragoman_progress progress = {0};
    dragoman_event event = {.struct_size = sizeof event, .kind = DRAGOMAN_EVENT_CLOSED};
    event.of.closed.reason = DRAGOMAN_CLOSE_BROKEN;
    (void)bus->adapter->handle(bus->instance, &event, &bus->now, &progress);
    arena_reset(&bus->host.batch);
    event = (dragoman_event){.struct_size = sizeof event, .kind = DRAGOMAN_EVENT_OPENED};
    event.of.opened = (dragoman_opened_event){.channel_kind = DRAGOMAN_CHANNEL_STREAM, .peer = DRAGOMAN_TEXT("/dev/x")};
    (void)bus->adapter->handle(bus->instance, &event, &bus->now, &progress);
}

static void step(fake_session *bus, uint8_t framing, bytes_left *from) {
    uint8_t request[64] = {0};
    uint8_t noise[32];
    bool was_asked = bus->sent.size > 0 && bus->sent.size <= sizeof request;
    check_sent(bus, framing);
    if (was_asked) {
        memcpy(request, bus->sent.data, bus->sent.size);
    }
    bus->sent.size = 0;
    switch (take(from) % 5u) {
    case 0:
    case 1:
        if (was_asked && framing < 2) {
            answer(bus, request, framing, from);
        }
        break;
    case 2: {
        size_t size = take(from) % sizeof noise;
        for (size_t i = 0; i < size; i++) {
            noise[i] = take(from);
        }
        fake_session_feed(bus, (dragoman_bytes){noise, size}, false);
        break;
    }
    case 3:
        fake_session_pass(bus, take(from) * INT64_C(10000));
        break;
    default:
        reopen(bus);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const settings[] = {"framing=tcp units=1-4 timeout=100", "framing=rtu units=1-4 timeout=100",
                                           "framing=ascii units=1-4 timeout=100"};
    bytes_left from = {data, size};
    uint8_t framing = take(&from) % 3u;
    fake_session bus;
    if (!fake_session_open_device(&bus, &dragoman_adapter_modbus, settings[framing], map, DRAGOMAN_CHANNEL_STREAM)) {
        abort();
    }
    bus.host.is_quiet = true;
    while (from.size > 0 && !bus.has_failed) {
        step(&bus, framing, &from);
    }
    if (fake_session_close(&bus) != NULL) {
        abort();
    }
    return 0;
}

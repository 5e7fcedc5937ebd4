/* Sequences of events at a device that is asked and whose records have a checksum, and at one that is only heard:
 * records that may be good, noise, time, endings, in any order. Only the profile's commands ever leave. */
#include "kit/bytes_left.h"
#include "kit/fake_host.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const dragoman_adapter_descriptor dragoman_adapter_lines;

#define FIELDS                                                                                                         \
    "records.0.fields.0.name=a records.0.fields.0.key=A records.0.fields.0.means.0.mark=* "                            \
    "records.0.fields.0.means.0.alert=physiological records.0.fields.1.name=b records.0.fields.1.column=2 "            \
    "records.0.fields.1.type=word records.0.fields.2.key=E records.0.fields.2.type=bits "                              \
    "records.0.fields.2.means.0.bit=1 records.0.fields.2.means.0.name=one records.0.fields.2.means.0.alert=technical " \
    "records.0.fields.3.column=3 records.0.fields.3.to=last records.0.fields.3.type=alarms "                           \
    "records.0.fields.3.means.0.is=SO records.0.fields.3.means.0.alert=technical "                                     \
    "records.0.fields.4.key=T records.0.fields.4.type=time records.0.fields.4.format=HH:mm:ss "                        \
    "records.0.fields.5.key=L records.0.fields.5.type=low-limit records.0.fields.5.of=a "                              \
    "records.0.fields.6.key=S records.0.fields.6.type=serial "

static const char asked[] =
    "frame.start=STX frame.end=ETX frame.trailer=2 frame.longest=300 checksum.kind=xor poll.0.send=GO "
    "poll.0.end=CR poll.0.every=1s poll.1.send=ALL poll.1.every=2s " FIELDS;
static const char heard[] = "frame.end.0=CRLF frame.end.1=LF frame.longest=300 " FIELDS;

static void check_sent(fake_session *line) {
    const buffer *sent = &line->sent;
    for (size_t at = 0; at < sent->size; at += 3) {
        const uint8_t *command = sent->data + at;
        if (sent->size - at < 3 || (memcmp(command, "GO\r", 3) != 0 && memcmp(command, "ALL", 3) != 0)) {
            abort();
        }
    }
    line->sent.size = 0;
}

/* A record of what comes next, framed as the device would. */
static void say(fake_session *line, bool is_asked, bytes_left *from) {
    static const char *const words[] = {"A=95*", "A=--", "A=7", "x",  "SO",         "E=02", "E=FF",
                                        "L=50",  "S=12", "SO",  "ZZ", "T=12:00:01", "A=",   "\xff"};
    char text[400];
    size_t size = 0;
    uint8_t sum = 0;
    if (is_asked) {
        text[size++] = 2;
    }
    for (uint8_t left = take(from) % 12u; left > 0; left--) {
        size += (size_t)snprintf(text + size, 20, "%s ", words[take(from) % (sizeof words / sizeof *words)]);
    }
    if (is_asked) {
        text[size++] = 3;
        for (size_t i = 0; i < size; i++) {
            sum ^= (uint8_t)text[i];
        }
    }
    size += (size_t)(is_asked ? snprintf(text + size, 4, "%02X", sum) : snprintf(text + size, 4, "\r\n"));
    fake_session_feed(line, (dragoman_bytes){(const uint8_t *)text, size}, false);
}

static void reopen(fake_session *line) {
    dragoman_event event = {.struct_size = sizeof event, .kind = DRAGOMAN_EVENT_CLOSED};
    event.of.closed.reason = DRAGOMAN_CLOSE_BROKEN;
    fake_session_tell(line, event);
    event = (dragoman_event){.struct_size = sizeof event, .kind = DRAGOMAN_EVENT_OPENED};
    event.of.opened = (dragoman_opened_event){.channel_kind = DRAGOMAN_CHANNEL_STREAM, .peer = DRAGOMAN_TEXT("/dev/x")};
    fake_session_tell(line, event);
}

static void make_noise(fake_session *line, bytes_left *from) {
    uint8_t noise[32];
    size_t size = take(from) % sizeof noise;
    for (size_t i = 0; i < size; i++) {
        noise[i] = take(from);
    }
    fake_session_feed(line, (dragoman_bytes){noise, size}, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bytes_left from = {data, size};
    bool is_asked = (take(&from) & 1) != 0;
    fake_session line;
    if (!fake_session_open_device(&line, &dragoman_adapter_lines, NULL, is_asked ? asked : heard,
                                  DRAGOMAN_CHANNEL_STREAM)) {
        abort();
    }
    line.host.is_quiet = true;
    while (from.size > 0 && !line.has_failed) {
        check_sent(&line);
        switch (take(&from) % 5u) {
        case 0:
        case 1:
            say(&line, is_asked, &from);
            break;
        case 2:
            make_noise(&line, &from);
            break;
        case 3:
            fake_session_pass(&line, take(&from) * INT64_C(20000));
            break;
        default:
            reopen(&line);
            break;
        }
    }
    if (fake_session_close(&line) != NULL) {
        abort();
    }
    return 0;
}

/* Device sections: every mistake at its key, and what is good is good. */
#include "layout.h"

#include "base/bytes.h"
#include "kit/fake_host.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SETTINGS 64

/* "key=value" words; '+' stands for a blank. */
static dragoman_list section(char *words, dragoman_setting *settings) {
    uint32_t count = 0;
    for (char *word = strtok(words, " "); word != NULL && count < SETTINGS; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        assert_non_null(value);
        *value++ = 0;
        for (char *at = value; *at != 0; at++) {
            *at = *at == '+' ? ' ' : *at;
        }
        settings[count++] = (dragoman_setting){bytes_of(word), bytes_of(value)};
    }
    return DRAGOMAN_LIST(settings, count);
}

static void tell(void *context, dragoman_bytes key, dragoman_bytes sentence) {
    buffer_append_format(context, "%.*s: %.*s\n", BYTES_FORMAT(key), BYTES_FORMAT(sentence));
}

/* What is told; an empty `wanted` means that nothing is. */
static void assert_told(const char *words, const char *wanted) {
    dragoman_setting settings[SETTINGS];
    buffer told;
    buffer_init(&told);
    char *copy = strdup(words);
    dragoman_list list = section(copy, settings);
    lines_layout_check(&list, tell, &told);
    buffer_append_byte(&told, 0);
    const char *text = (const char *)told.data;
    if (wanted[0] == '\0' ? text[0] != '\0' : strstr(text, wanted) == NULL) {
        fail_msg("told: %s\nwanted: %s", text, wanted);
    }
    free(copy);
    buffer_fini(&told);
}

#define GOOD "frame.end=CRLF records.0.fields.0.name=a records.0.fields.0.column=1 "

static void mistakes_are_told_at_their_key(void **state) {
    (void)state;
    assert_told(GOOD, "");
    assert_told("", ": a device section with records is needed");
    assert_told("records.0.fields.0.name=a records.0.fields.0.column=1", ": a frame has either an end");
    assert_told(GOOD "frame.length=9", ": a frame has either an end");
    assert_told(GOOD "colour=red", "colour: this key is not known here");
    assert_told(GOOD "frame.colour=red", "frame.colour: this key is not known here");
    assert_told(GOOD "frame.longest=70000", "frame.longest: a number from 1 to 65536");
    assert_told(GOOD "about=room", "about: patient or place");
    assert_told(GOOD "checksum.kind=md5", "checksum.kind: one of these is expected: none, xor");
    assert_told(GOOD "dashes=never", "dashes: one of these is expected: unknown");
    assert_told(GOOD "poll.0.every=1s", "poll.0: what is sent is needed");
    assert_told(GOOD "poll.0.send=A poll.0.every=1d", "poll.0.every: a time from 50ms to 24h");
    assert_told(GOOD "poll=A", "poll: a list is expected here");
    assert_told(GOOD "records.0.colour=red", "records.0.colour: this key is not known here");
    assert_told(GOOD "records.1.when=x", "records.1: a record has fields");
    assert_told(GOOD "records.1.ignore=true", "");
    assert_told(GOOD "records.0.ignore=true", "records.0: a record has fields, or is one to ignore");
    assert_told(GOOD "records.0.counted=3", "records.0: counted and counted_from");
    assert_told(GOOD "records.0.divider=::", "records.0: a divider is one character");
}

static void mistakes_of_fields_are_told_at_their_key(void **state) {
    (void)state;
    assert_told(GOOD "records.0.fields.0.key=A", "records.0.fields.0: one of key, column");
    assert_told(GOOD "records.0.fields.1.name=b", "records.0.fields.1: one of key, column");
    assert_told(GOOD "records.0.fields.1.column=2", "records.0.fields.1: a value needs a name");
    assert_told(GOOD "records.0.fields.1.name=a records.0.fields.1.column=2",
                "records.0.fields.1.name: another field of this record has this name");
    assert_told(GOOD "records.0.fields.0.text=a\tb", "records.0.fields.0.text: a text without control characters");
    assert_told(GOOD "records.0.fields.0.prefix=a\tb", "");
    assert_told(GOOD "records.0.fields.0.to=last", "");
    assert_told(GOOD "records.0.fields.0.to=0", "records.0.fields.0.to: a column from 1 to 512, or last");
    assert_told(GOOD "records.0.fields.0.type=numeral", "records.0.fields.0.type: one of these");
    assert_told(GOOD "records.0.fields.0.type=time", "records.0.fields.0: a time needs its format");
    assert_told(GOOD "records.0.fields.0.type=time records.0.fields.0.format=day", "a format is made of");
    assert_told(GOOD "records.0.fields.0.scale=x", "records.0.fields.0.scale: a decimal number");
    assert_told(GOOD "records.0.fields.0.type=text records.0.fields.0.least=1", "only numbers have scale");
    assert_told(GOOD "records.0.fields.1.type=low-limit records.0.fields.1.column=2", "a limit says `of`");
    assert_told(GOOD "records.0.fields.1.type=low-limit records.0.fields.1.column=2 records.0.fields.1.of=b",
                "records.0.fields.1.of: no field of this record has this name");
    assert_told(GOOD "records.0.fields.0.means.0.status=off", "records.0.fields.0.means.0.status: one of these");
    assert_told(GOOD "records.0.fields.0.means.0.status=test", "records.0.fields.0.means.0: one of is, mark and bit");
    assert_told(GOOD "records.0.fields.0.means.0.bit=3 records.0.fields.0.means.0.alert=technical",
                "the alert of a bit needs a name");
    assert_told(GOOD "records.0.fields.0.means.0.is=x records.0.fields.0.means.0.of=b",
                "records.0.fields.0.means.0.of: no field of this record has this name");
    assert_told(GOOD "records.0.fields=none", "records.0.fields: this key is not known here");
}

static void a_layout_keeps_its_own_texts(void **state) {
    (void)state;
    dragoman_setting settings[SETTINGS];
    fake_host host;
    lines_layout layout;
    void *block = NULL;
    char words[] = "system=urn:x frame.end.0=CR frame.end.1=LF poll.0.send=SNDA poll.0.end=CR records.0.when=M* "
                   "records.0.fields.0.name=a records.0.fields.0.column=2 records.0.fields.0.means.0.is=x "
                   "records.0.fields.1.name=b records.0.fields.1.key=B records.1.ignore=true";
    dragoman_list list = section(words, settings);
    fake_host_init(&host, NULL);
    assert_int_equal(lines_layout_read(&list, &host.table, &host, &layout, &block), DRAGOMAN_OK);
    memset(words, '!', sizeof words);
    assert_true(bytes_is(layout.system, "urn:x"));
    assert_int_equal(layout.frame.end_count, 2);
    assert_int_equal(layout.poll_count, 1);
    assert_memory_equal(layout.polls[0].send.bytes, "SNDA", 4);
    assert_int_equal(layout.record_count, 2);
    assert_true(bytes_is(layout.records[0].when, "M*"));
    assert_int_equal(layout.records[0].field_count, 2);
    assert_int_equal(layout.records[1].first_field, 2);
    assert_int_equal(layout.fields[0].number, 2);
    assert_int_equal(layout.fields[0].meaning_count, 1);
    assert_true(bytes_is(layout.meanings[0].is, "x"));
    assert_true(bytes_is(layout.fields[1].key, "B"));
    host.table.release(&host, block);
    fake_host_fini(&host);
    assert_null(host.broken);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_told_at_their_key),
        cmocka_unit_test(mistakes_of_fields_are_told_at_their_key),
        cmocka_unit_test(a_layout_keeps_its_own_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is remembered of agents has an end: the one that was not heard of for longest is forgotten. */
#include "kit/fake_host.h"
#include "session.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define KEY_BYTES 25

static void set_up(fake_host *host, phd_session *s) {
    fake_host_init(host, NULL);
    *s = (phd_session){.host = &host->table, .context = host};
    phd_facts_name(&s->facts, DRAGOMAN_TEXT("\x00\x11\x22\x33\x44\x55\x66\x77"));
}

static void what_is_put_is_found_until_it_is_forgotten(void **state) {
    (void)state;
    fake_host host;
    phd_session s;
    set_up(&host, &s);
    assert_int_equal(phd_memory_get(&s, PHD_MEMORY_CONFIGURATION, 0x4000).size, 0);
    assert_int_equal(phd_memory_put(&s, PHD_MEMORY_CONFIGURATION, 0x4000, DRAGOMAN_TEXT("objects")), DRAGOMAN_OK);
    assert_int_equal(phd_memory_get(&s, PHD_MEMORY_CONFIGURATION, 0x4000).size, 7);
    assert_int_equal(phd_memory_get(&s, PHD_MEMORY_CONFIGURATION, 0x4001).size, 0);
    assert_int_equal(phd_memory_get(&s, PHD_MEMORY_SEGMENT, 0x4000).size, 0);
    assert_int_equal(phd_memory_put(&s, PHD_MEMORY_CONFIGURATION, 0x4000, (dragoman_bytes){NULL, 0}), DRAGOMAN_OK);
    assert_int_equal(phd_memory_get(&s, PHD_MEMORY_CONFIGURATION, 0x4000).size, 0);
    fake_host_fini(&host);
}

static dragoman_bytes all_keys(fake_host *host) {
    dragoman_bytes keys = {NULL, 0};
    assert_int_equal(host->table.state_get(host, DRAGOMAN_TEXT("keys"), &keys), DRAGOMAN_OK);
    return keys;
}

static void the_oldest_is_forgotten_when_there_are_too_many(void **state) {
    (void)state;
    static char list[PHD_MEMORIES * KEY_BYTES + 1];
    fake_host host;
    phd_session s;
    set_up(&host, &s);
    for (unsigned n = 0; n < PHD_MEMORIES; n++) {
        (void)snprintf(list + (size_t)n * KEY_BYTES, KEY_BYTES + 1, "c%016X%08X", n, 0x4000u);
    }
    dragoman_bytes oldest = {(const uint8_t *)list, KEY_BYTES};
    dragoman_bytes found = {NULL, 0};
    host.table.state_put(&host, oldest, DRAGOMAN_TEXT("objects"));
    host.table.state_put(&host, DRAGOMAN_TEXT("keys"), (dragoman_bytes){(const uint8_t *)list, sizeof list - 1});
    assert_int_equal(phd_memory_put(&s, PHD_MEMORY_CONFIGURATION, 0x4000, DRAGOMAN_TEXT("objects")), DRAGOMAN_OK);
    assert_int_equal(host.table.state_get(&host, oldest, &found), DRAGOMAN_OK);
    assert_int_equal(found.size, 0);
    dragoman_bytes keys = all_keys(&host);
    assert_int_equal(keys.size, PHD_MEMORIES * KEY_BYTES);
    assert_memory_equal(keys.data, list + KEY_BYTES, KEY_BYTES);
    assert_memory_equal(keys.data + keys.size - KEY_BYTES, "c001122334455667700004000", KEY_BYTES);
    /* What is put again is the newest, and stands in the list once. */
    phd_facts_name(&s.facts, DRAGOMAN_TEXT("\x00\x00\x00\x00\x00\x00\x00\x02"));
    assert_int_equal(phd_memory_put(&s, PHD_MEMORY_CONFIGURATION, 0x4000, DRAGOMAN_TEXT("objects")), DRAGOMAN_OK);
    keys = all_keys(&host);
    assert_int_equal(keys.size, PHD_MEMORIES * KEY_BYTES);
    assert_memory_equal(keys.data + keys.size - KEY_BYTES, "c000000000000000200004000", KEY_BYTES);
    fake_host_fini(&host);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_found_until_it_is_forgotten),
        cmocka_unit_test(the_oldest_is_forgotten_when_there_are_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

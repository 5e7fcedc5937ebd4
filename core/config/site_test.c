#include "config/site.h"

#include "base/bytes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static dragoman_status read_text(const char *text, site *to, site_mistakes *mistakes) {
    return site_read_text(bytes_of(text), "/srv/ward", NULL, to, mistakes);
}

static const char whole[] = "site: St. Example, ICU 2\n"
                            "time_zone: Europe/Berlin\n"
                            "store: { path: store.db, hold: 72h, max_size: 20GiB }\n"
                            "links:\n"
                            "  - { name: monitors, adapter: hl7v2, listen: \"tcp://127.0.0.1:2575\" }\n"
                            "  - { name: gateway,  adapter: hl7v2, connect: \"tls://10.0.0.9:2575\" }\n"
                            "publish:\n"
                            "  - { name: archive, to: \"file:out/ward.ndjson\", format: fhir-ndjson }\n"
                            "  - { name: ehr, to: \"https://fhir.example.org/r4\", format: fhir }\n";

static void the_documented_site_is_read(void **state) {
    (void)state;
    site of;
    site_mistakes mistakes;
    assert_int_equal(read_text(whole, &of, &mistakes), DRAGOMAN_OK);
    assert_true(bytes_is(of.name, "St. Example, ICU 2"));
    assert_true(bytes_is(of.identifier_base, "urn:dragoman:st-example-icu-2"));
    assert_true(bytes_is(of.store.path, "/srv/ward/store.db"));
    assert_true(bytes_is(of.control_path, "/srv/ward/store.db.sock"));
    assert_int_equal(of.store.hold_us, INT64_C(72) * 3600 * 1000000);
    assert_int_equal(of.store.values.hold_us, of.store.hold_us);
    assert_int_equal(of.store.max_bytes, UINT64_C(20) << 30);
    assert_int_equal(of.link_count, 2);
    assert_true(bytes_is(of.links[0].listen, "tcp://127.0.0.1:2575"));
    assert_int_equal(of.links[1].connect.size, strlen("tls://10.0.0.9:2575"));
    assert_int_equal(of.links[0].line, 5);
    assert_true(of.links[1].tls.verify_server);
    assert_int_equal(of.publish_count, 2);
    assert_int_equal(of.publish[0].format, SITE_FHIR_NDJSON);
    assert_true(of.publish[1].values && of.publish[1].alerts);
    site_fini(&of);
}

static void a_link_and_a_sink_are_a_working_site(void **state) {
    (void)state;
    site of;
    site_mistakes mistakes;
    const char *text = "site: x\nlinks: [{name: a, adapter: hl7v2, listen: tcp://0.0.0.0:2575}]\n"
                       "publish: [{name: b, to: \"stdout:\"}]\n";
    assert_int_equal(read_text(text, &of, &mistakes), DRAGOMAN_OK);
    assert_true(bytes_is(of.store.path, "/srv/ward/store.db"));
    assert_int_equal(of.store.when_full, SITE_DROP_OLDEST);
    assert_int_equal(of.links[0].connections_max, 2048);
    site_fini(&of);
}

/* Whatever its length, a folder that a sink gets ends with a NUL. */
static void the_folder_is_a_text_for_the_system(void **state) {
    (void)state;
    static const char *const folders[] = {"/srv/ward", "/srv/ward/sixteen", "/srv/ward/of-16b",
                                          "/tmp/ward-of-32-bytes/abcdefghij"};
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        site of;
        site_mistakes mistakes;
        assert_int_equal(site_read_text(bytes_of(whole), folders[i], NULL, &of, &mistakes), DRAGOMAN_OK);
        assert_int_equal(of.folder.size, strlen(folders[i]));
        assert_string_equal((const char *)of.folder.data, folders[i]);
        site_fini(&of);
    }
}

typedef struct expected_mistake {
    uint32_t line, column;
    const char *words; /* that must stand in the sentence */
} expected_mistake;

static void all_mistakes_are_told_at_once_with_their_places(void **state) {
    (void)state;
    const char *text = "site: x\n"
                       "time_zone: Europe/Berln\n"
                       "stroe: { path: a }\n"
                       "store: { hold: 3 days, max_size: 20 }\n"
                       "links:\n"
                       "  - { name: a, adapter: hl7v2, listen: tcp://h:1, connect: tcp://h:2 }\n"
                       "  - { name: a, adapter: hl7v2 }\n"
                       "  - { adapter: hl7v2, listen: tcp://h:1, connections_max: 0 }\n"
                       "publish:\n"
                       "  - { name: b, to: x, format: fihr, values: yes }\n";
    const expected_mistake expected[] = {
        {2, 12, "no such time zone"},
        {3, 1, "did you mean \"store\"?"},
        {4, 16, "a time is expected"},
        {4, 34, "a size is expected"},
        {6, 5, "either `listen` or `connect`"},
        {7, 5, "either `listen` or `connect`"},
        {7, 5, "the name \"a\" is taken"},
        {8, 5, "the key \"name\" is missing"},
        {8, 59, "it must be from 1 to 65536"},
        {10, 31, "one of these is expected: fhir fhir-ndjson"},
        {10, 45, "true or false"},
    };
    site of;
    site_mistakes mistakes;
    assert_int_equal(read_text(text, &of, &mistakes), DRAGOMAN_INVALID);
    for (uint32_t i = 0; i < mistakes.count; i++) {
        print_message("%u:%u %.*s\n", mistakes.items[i].line, mistakes.items[i].column,
                      BYTES_FORMAT(mistakes.items[i].text));
    }
    assert_int_equal(mistakes.count, sizeof(expected) / sizeof(expected[0]));
    for (uint32_t i = 0; i < mistakes.count; i++) {
        char sentence[512];
        size_t size = mistakes.items[i].text.size;
        memcpy(sentence, mistakes.items[i].text.data, size);
        sentence[size] = '\0';
        assert_int_equal(mistakes.items[i].line, expected[i].line);
        assert_int_equal(mistakes.items[i].column, expected[i].column);
        assert_non_null(strstr(sentence, expected[i].words));
    }
    site_fini(&of);
}

static void what_is_no_yaml_is_told_with_its_place(void **state) {
    (void)state;
    site of;
    site_mistakes mistakes;
    assert_int_equal(read_text("site: x\nlinks: [", &of, &mistakes), DRAGOMAN_INVALID);
    assert_int_equal(mistakes.count, 1);
    assert_true(mistakes.items[0].line >= 2);
    site_fini(&of);
    assert_int_equal(read_text("", &of, &mistakes), DRAGOMAN_INVALID);
    site_fini(&of);
    assert_int_equal(read_text("- a\n- b\n", &of, &mistakes), DRAGOMAN_INVALID);
    site_fini(&of);
}

/* An adapter's own keys. */
static const dragoman_setting_rule adapter_rules[] = {
    {.key = "on_refusal", .type = DRAGOMAN_SETTING_CHOICE, .choices = "AR AE close"},
    {.key = "max_message", .type = DRAGOMAN_SETTING_SIZE, .minimum = 1024, .maximum = 1 << 30},
    {.key = "wait", .type = DRAGOMAN_SETTING_DURATION},
    {.key = "discard", .type = DRAGOMAN_SETTING_TEXT, .is_list = 1},
};
static const dragoman_adapter_descriptor adapter = {.name = "hl7v2", .settings = adapter_rules, .setting_count = 4};

static const dragoman_adapter_descriptor *find_adapter(void *context, dragoman_bytes name, error_record *refusal) {
    (void)context;
    if (bytes_is(name, "hl7v2")) {
        return &adapter;
    }
    error_set(refusal, DRAGOMAN_NOT_FOUND, "there is no adapter \"%.*s\"", BYTES_FORMAT(name));
    return NULL;
}

static const dragoman_setting_rule *find_sink(void *context, dragoman_bytes to, uint32_t *ret_count,
                                              error_record *refusal) {
    (void)context;
    (void)to;
    *ret_count = 0;
    error_set(refusal, DRAGOMAN_NOT_FOUND, "no sink serves this address");
    return NULL;
}

static bool has_profile(void *context, dragoman_bytes of_adapter, dragoman_bytes name) {
    (void)context;
    (void)of_adapter;
    return bytes_is(name, "mindray");
}

static const site_rules rules = {.adapter = find_adapter, .sink = find_sink, .profile = has_profile};

static void an_adapters_own_keys_are_checked_and_handed_over_in_its_units(void **state) {
    (void)state;
    site of;
    site_mistakes mistakes;
    const char *text =
        "site: x\nlinks:\n"
        "  - { name: a, adapter: hl7v2, listen: tcp://h:1, profile: mindray, on_refusal: AE, max_message: 1MiB,\n"
        "      wait: 2s, discard: [MDM, ORM] }\n";
    assert_int_equal(site_read_text(bytes_of(text), "/", &rules, &of, &mistakes), DRAGOMAN_OK);
    const dragoman_setting *settings = of.links[0].settings;
    assert_int_equal(of.links[0].setting_count, 5);
    assert_true(bytes_is(settings[0].key, "on_refusal") && bytes_is(settings[0].value, "AE"));
    assert_true(bytes_is(settings[1].value, "1048576"));
    assert_true(bytes_is(settings[2].value, "2000"));
    assert_true(bytes_is(settings[3].value, "MDM") && bytes_is(settings[4].value, "ORM"));
    /* The rules belong to a module that may be gone when the settings are used. */
    assert_ptr_not_equal(settings[0].key.data, adapter_rules[0].key);
    site_fini(&of);
}

static void unknown_adapters_keys_profiles_and_sinks_are_mistakes(void **state) {
    (void)state;
    site of;
    site_mistakes mistakes;
    const char *text =
        "site: x\nlinks:\n"
        "  - { name: a, adapter: nosuch, listen: tcp://h:1 }\n"
        "  - { name: b, adapter: hl7v2, listen: tcp://h:1, on_refusl: AE, max_message: 1B, profile: none }\n"
        "publish: [{name: s, to: \"gopher:x\"}]\n";
    assert_int_equal(site_read_text(bytes_of(text), "/", &rules, &of, &mistakes), DRAGOMAN_INVALID);
    assert_int_equal(mistakes.count, 5);
    assert_int_equal(mistakes.items[0].line, 3);
    assert_int_equal(mistakes.items[1].line, 4);
    assert_int_equal(mistakes.items[4].line, 5);
    site_fini(&of);
}

/* An adapter with several channels, one of which may be missing. */
static const dragoman_channel several[] = {{.name = "broadcast", .kinds = 1u << DRAGOMAN_CHANNEL_DATAGRAM},
                                           {.name = "unicast", .kinds = 1u << DRAGOMAN_CHANNEL_DATAGRAM},
                                           {.name = "wire", .kinds = 1u << DRAGOMAN_CHANNEL_STREAM, .is_optional = 1}};
static const dragoman_adapter_descriptor wide = {.name = "wide", .channels = several, .channel_count = 3};

static const dragoman_adapter_descriptor *find_wide(void *context, dragoman_bytes name, error_record *refusal) {
    (void)context, (void)name, (void)refusal;
    return &wide;
}

static bool is_address(void *context, dragoman_bytes text, bool is_listener, uint32_t *ret_kind, bool *ret_is_tls,
                       error_record *refusal) {
    (void)context, (void)is_listener, (void)refusal;
    *ret_kind = bytes_starts_with(text, "udp://") ? DRAGOMAN_CHANNEL_DATAGRAM : DRAGOMAN_CHANNEL_STREAM;
    *ret_is_tls = false;
    return true;
}

static const site_rules wide_rules = {
    .adapter = find_wide, .sink = find_sink, .profile = has_profile, .address = is_address};

static void channels_are_found_by_their_names(void **state) {
    (void)state;
    site of;
    site_mistakes mistakes;
    const char *text = "site: x\nlinks:\n"
                       "  - name: a\n"
                       "    adapter: wide\n"
                       "    channels: { unicast: { connect: udp://h:1 }, broadcast: { listen: udp://h:2 } }\n"
                       "    allow_open: [\"10.0.0.*:3\", \"10.0.1.*:3\"]\n"
                       "  - { name: b, adapter: wide, allow_open: \"*:1\",\n"
                       "      channels: { broadcast: { listen: udp://h:2 }, unicast: { listen: udp://h:3 } } }\n";
    assert_int_equal(site_read_text(bytes_of(text), "/", &wide_rules, &of, &mistakes), DRAGOMAN_OK);
    const site_link *link = &of.links[0];
    assert_int_equal(link->channel_count, 2);
    assert_true(bytes_is(link->channels[0].name, "unicast") && bytes_is(link->channels[0].connect, "udp://h:1"));
    assert_int_equal(link->channels[0].index, 1);
    assert_int_equal(link->channels[1].index, 0);
    assert_int_equal(link->channels[1].line, 5);
    assert_int_equal(link->allow_open_count, 2);
    assert_true(bytes_is(link->allow_open[1], "10.0.1.*:3"));
    assert_int_equal(of.links[1].allow_open_count, 1);
    assert_true(bytes_is(of.links[1].allow_open[0], "*:1"));
    site_fini(&of);
}

static void channels_that_do_not_fit_the_adapter_are_mistakes(void **state) {
    (void)state;
    static const struct {
        const char *link, *words;
    } cases[] = {
        {"channels: { broadcast: { listen: udp://h:2 } }", "needs the channel \"unicast\""},
        {"channels: { broadcast: { listen: tcp://h:2 }, unicast: { listen: udp://h:3 } }", "does not take that"},
        {"channels: { broadcast: { listen: udp://h:2 }, unicast: { } }", "a channel has either"},
        {"channels: { broadcast: { listen: udp://h:2 }, unicast: { listen: udp://h:3 }, air: { listen: udp://h:4 } }",
         "has no channel \"air\"; it has broadcast, unicast, wire (may be missing)"},
        {"channels: { broadcast: { listen: udp://h:2 }, unicast: { listen: udp://h:3 } }, listen: udp://h:4",
         "either `channels` or one"},
        {"channels: { broadcast: { listen: udp://h:2 }, unicast: { listen: udp://h:3 }, unicast: { listen: udp://h:4 } "
         "}",
         "stands twice"},
        {"channels: { broadcast: { listne: udp://h:2 }, unicast: { listen: udp://h:3 } }", "did you mean \"listen\""},
        {"listen: udp://h:2, serial: { baud: 9601 }", "one of these is expected: 300"},
        {"listen: udp://h:2, serial: { bits: 9 }", "it must be from 5 to 8"},
        {"channels: [broadcast]", "mapping"},
        {"listen: udp://h:2", "has several channels"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        site of;
        site_mistakes mistakes;
        bool is_told = false;
        snprintf(text, sizeof(text), "site: x\nlinks: [{ name: a, adapter: wide, %s }]\n", cases[i].link);
        assert_int_equal(site_read_text(bytes_of(text), "/", &wide_rules, &of, &mistakes), DRAGOMAN_INVALID);
        for (uint32_t n = 0; n < mistakes.count; n++) {
            char sentence[512];
            snprintf(sentence, sizeof(sentence), "%.*s", BYTES_FORMAT(mistakes.items[n].text));
            print_message("%s\n", sentence);
            is_told = is_told || strstr(sentence, cases[i].words) != NULL;
        }
        assert_true(is_told);
        site_fini(&of);
    }
}

static dragoman_list profiles_defaults(void *context, dragoman_bytes profile) {
    static const dragoman_setting said[] = {
        {DRAGOMAN_TEXT_INIT("serial.baud"), DRAGOMAN_TEXT_INIT("19200")},
        {DRAGOMAN_TEXT_INIT("serial.parity"), DRAGOMAN_TEXT_INIT("even")},
        {DRAGOMAN_TEXT_INIT("stale_after"), DRAGOMAN_TEXT_INIT("30s")},
        {DRAGOMAN_TEXT_INIT("serial.stop"), DRAGOMAN_TEXT_INIT("3")}, /* a mistake: told in the profile's file */
    };
    (void)context;
    return (dragoman_list){said, bytes_is(profile, "mindray") ? 4 : 0, sizeof(said[0])};
}

static void what_a_profile_says_of_links_holds_where_they_say_nothing(void **state) {
    (void)state;
    static const site_rules with_defaults = {
        .adapter = find_adapter, .sink = find_sink, .profile = has_profile, .defaults = profiles_defaults};
    site of;
    site_mistakes mistakes;
    const char *text = "site: x\nlinks:\n"
                       "  - { name: a, adapter: hl7v2, connect: serial:/dev/x, profile: mindray }\n"
                       "  - { name: b, adapter: hl7v2, connect: serial:/dev/y, profile: mindray, stale_after: 5m,\n"
                       "      serial: { baud: 9600 } }\n"
                       "  - { name: c, adapter: hl7v2, connect: serial:/dev/z }\n";
    assert_int_equal(site_read_text(bytes_of(text), "/", &with_defaults, &of, &mistakes), DRAGOMAN_OK);
    const site_link *links = of.links;
    assert_int_equal(links[0].serial.baud, 19200);
    assert_int_equal(links[0].serial.parity, 2);
    assert_int_equal(links[0].serial.stop, 0);
    assert_int_equal(links[0].stale_after_us, 30000000);
    assert_int_equal(links[0].default_count, 3);
    assert_true(bytes_is(links[0].defaults[1].key, "serial.parity") && bytes_is(links[0].defaults[1].value, "even"));
    assert_int_equal(links[1].serial.baud, 9600);
    assert_int_equal(links[1].serial.parity, 2);
    assert_int_equal(links[1].stale_after_us, 300000000);
    assert_int_equal(links[1].default_count, 1);
    assert_int_equal(links[2].serial.baud, 0);
    assert_int_equal(links[2].default_count, 0);
    site_fini(&of);
}

static void what_a_profile_may_say_of_links_is_what_their_devices_need(void **state) {
    (void)state;
    static const struct {
        const char *way, *value, *words; /* NULL: good */
    } cases[] = {
        {"serial.baud", "38400", NULL},
        {"serial.flow", "xon-xoff", NULL},
        {"pace", "20ms", NULL},
        {"serial.baud", "9601", "one of these is expected: 300"},
        {"serial.bits", "9", "from 5 to 8"},
        {"serial.parity", "evn", "one of these is expected: default none even"},
        {"stale_after", "soon", "a time is expected"},
        {"serial", "9600", "there are serial.baud, serial.bits"},
        {"serial.speed", "9600", "serial.dtr, stale_after, pace"},
        {"connect", "serial:/dev/x", "nothing that a profile says"},
        {"pace.fast", "1ms", "nothing that a profile says"},
        {"", "1", "nothing that a profile says"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        error_record refusal = {0};
        bool is_good = site_link_default_check(bytes_of(cases[i].way), bytes_of(cases[i].value), &refusal);
        assert_int_equal(is_good, cases[i].words == NULL);
        assert_true(is_good || strstr(refusal.text, cases[i].words) != NULL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_documented_site_is_read),
        cmocka_unit_test(a_link_and_a_sink_are_a_working_site),
        cmocka_unit_test(the_folder_is_a_text_for_the_system),
        cmocka_unit_test(all_mistakes_are_told_at_once_with_their_places),
        cmocka_unit_test(what_is_no_yaml_is_told_with_its_place),
        cmocka_unit_test(an_adapters_own_keys_are_checked_and_handed_over_in_its_units),
        cmocka_unit_test(channels_are_found_by_their_names),
        cmocka_unit_test(channels_that_do_not_fit_the_adapter_are_mistakes),
        cmocka_unit_test(unknown_adapters_keys_profiles_and_sinks_are_mistakes),
        cmocka_unit_test(what_a_profile_says_of_links_holds_where_they_say_nothing),
        cmocka_unit_test(what_a_profile_may_say_of_links_is_what_their_devices_need),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "link/address.h"

#include "base/bytes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void addresses(void **state) {
    (void)state;
    static const struct {
        const char *text;
        link_scheme scheme;
        const char *host, *port;
    } good[] = {{"tcp://127.0.0.1:2575", LINK_TCP, "127.0.0.1", "2575"},
                {"tls://gateway.example.org:2576", LINK_TLS, "gateway.example.org", "2576"},
                {"udp://239.255.1.1:24005", LINK_UDP, "239.255.1.1", "24005"},
                {"tcp://[::1]:0", LINK_TCP, "::1", "0"}};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        link_address address;
        assert_int_equal(link_address_parse(bytes_of(good[i].text), &address, NULL), DRAGOMAN_OK);
        assert_int_equal(address.scheme, good[i].scheme);
        assert_string_equal(address.host, good[i].host);
        assert_string_equal(address.port, good[i].port);
    }
}

static void what_is_no_address_is_told_with_the_mend(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } bad[] = {{"", "no scheme"},
               {"ftp://x:1", "no scheme"},
               {"tcp://x", "port is missing"},
               {"tcp://:1", "host is missing"},
               {"tcp://x:65536", "0 to 65535"},
               {"tcp://x:1a", "0 to 65535"},
               {"tcp://x:", "0 to 65535"},
               {"tcp://::1:5", "brackets"}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        link_address address;
        error_record error = {0};
        assert_int_equal(link_address_parse(bytes_of(bad[i].text), &address, &error), DRAGOMAN_INVALID);
        assert_non_null(strstr(error.text, bad[i].words));
        assert_non_null(strstr(error.text, "tcp://HOST:PORT"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(addresses),
                                       cmocka_unit_test(what_is_no_address_is_told_with_the_mend)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

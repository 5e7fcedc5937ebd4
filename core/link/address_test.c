#include "link/address.h"

#include "base/bytes.h"
#include "link/serial.h"
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
                {"serial:/dev/ttyUSB0", LINK_SERIAL, "/dev/ttyUSB0", ""},
                {"serial:usb=0403:6001", LINK_SERIAL, "usb=0403:6001", ""},
                {"serial:usb=067B:2303:A5:01", LINK_SERIAL, "usb=067B:2303:A5:01", ""},
                {"rfc2217://ts.example.org:4001", LINK_RFC2217, "ts.example.org", "4001"},
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
               {"serial:", "path of the port"},
               {"serial:ttyS0", "path of the port"},
               {"serial:usb=0403", "USB identity"},
               {"serial:usb=0403:60012", "USB identity"},
               {"serial:usb=04g3:6001", "USB identity"},
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

static void usb_identities(void **state) {
    (void)state;
    serial_usb usb;
    assert_true(serial_usb_parse(DRAGOMAN_TEXT("0403:6001"), &usb));
    assert_int_equal(usb.vendor, 0x0403);
    assert_int_equal(usb.product, 0x6001);
    assert_int_equal(usb.serial.size, 0);
    assert_true(serial_usb_parse(DRAGOMAN_TEXT("67b:AF03:A5:01"), &usb));
    assert_int_equal(usb.vendor, 0x67b);
    assert_int_equal(usb.product, 0xaf03);
    assert_true(bytes_is(usb.serial, "A5:01"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(addresses), cmocka_unit_test(usb_identities),
                                       cmocka_unit_test(what_is_no_address_is_told_with_the_mend)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

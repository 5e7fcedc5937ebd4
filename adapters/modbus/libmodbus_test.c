/* Beside libmodbus: our requests are its requests, its server's answers are read as what it holds, and why it is not
 * the adapter's codec (docs/decisions/modbus.md). It works on one end of a socket pair; the other is ours. */
#include "frame.h"

#include <errno.h>
#include <modbus/modbus.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct peer {
    modbus_t *library;
    int ours;
    int theirs;
} peer;

static peer make_peer(modbus_framing framing) {
    int ends[2];
    peer made = {0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    made.library =
        framing == MODBUS_TCP ? modbus_new_tcp("127.0.0.1", 502) : modbus_new_rtu("/dev/null", 9600, 'N', 8, 1);
    assert_non_null(made.library);
    made.theirs = ends[0];
    made.ours = ends[1];
    assert_int_equal(modbus_set_slave(made.library, 1), 0);
    assert_int_equal(modbus_set_socket(made.library, made.theirs), 0);
    modbus_set_response_timeout(made.library, 0, 1);
    modbus_set_byte_timeout(made.library, 0, 1);
    return made;
}

static void free_peer(peer *self) {
    modbus_free(self->library);
    close(self->theirs);
    close(self->ours);
}

static size_t take(int from, uint8_t *to, size_t room) {
    ssize_t size = recv(from, to, room, MSG_DONTWAIT);
    return size < 0 ? 0 : (size_t)size;
}

/* Lets the library ask; it waits a microsecond for an answer and gives up. */
static void ask(modbus_t *library, uint8_t function, int first, int count) {
    uint8_t bits[2000];
    uint16_t words[125];
    int outcome = function == MODBUS_READ_COILS             ? modbus_read_bits(library, first, count, bits)
                  : function == MODBUS_READ_DISCRETE_INPUTS ? modbus_read_input_bits(library, first, count, bits)
                  : function == MODBUS_READ_HOLDING_REGISTERS
                      ? modbus_read_registers(library, first, count, words)
                      : modbus_read_input_registers(library, first, count, words);
    assert_int_equal(outcome, -1);
}

static void our_requests_are_its_requests(void **state) {
    (void)state;
    for (int framing = MODBUS_TCP; framing <= MODBUS_RTU; framing++) {
        peer other = make_peer((modbus_framing)framing);
        for (uint16_t round = 0; round < 40; round++) {
            modbus_question asked = {.framing = (uint8_t)framing,
                                     .unit = 1,
                                     .function = (uint8_t)(1 + round % 4),
                                     .transaction = (uint16_t)(round + 1),
                                     .first = (uint16_t)(round * 1601),
                                     .count = (uint16_t)(1 + round * 3)};
            uint8_t wanted[300];
            uint8_t written[MODBUS_ADU_MAX];
            ask(other.library, asked.function, asked.first, asked.count);
            size_t size = take(other.ours, wanted, sizeof wanted);
            assert_int_equal(modbus_frame_write(&asked, written), size);
            assert_memory_equal(written, wanted, size);
        }
        free_peer(&other);
    }
}

static void its_server_is_understood(void **state) {
    (void)state;
    modbus_mapping_t *holds = modbus_mapping_new(500, 500, 500, 500);
    assert_non_null(holds);
    for (int i = 0; i < 500; i++) {
        holds->tab_bits[i] = (uint8_t)(i % 3 == 0);
        holds->tab_input_bits[i] = (uint8_t)(i % 5 == 0);
        holds->tab_registers[i] = (uint16_t)(i * 131);
        holds->tab_input_registers[i] = (uint16_t)(65535 - i * 131);
    }
    for (int round = 0; round < 200; round++) {
        modbus_framing framing = round % 2 == 0 ? MODBUS_TCP : MODBUS_RTU;
        peer server = make_peer(framing);
        uint8_t frame[300];
        uint8_t query[300];
        uint8_t room[MODBUS_PDU_MAX + 3];
        modbus_answer answer;
        modbus_question asked = {.framing = (uint8_t)framing,
                                 .unit = 1,
                                 .function = (uint8_t)(1 + round / 2 % 4),
                                 .transaction = (uint16_t)round,
                                 .first = (uint16_t)(round * 3),
                                 .count = (uint16_t)(1 + round % 100)};
        size_t size = modbus_frame_write(&asked, frame);
        assert_int_equal(write(server.ours, frame, size), (ssize_t)size);
        int heard = modbus_receive(server.library, query);
        assert_true(heard > 0 && modbus_reply(server.library, query, heard, holds) != 0);
        size = take(server.ours, frame, sizeof frame);
        modbus_frame_find(&asked, (dragoman_bytes){frame, size}, room, &answer);
        assert_int_equal(answer.find, MODBUS_FIND_ANSWER);
        if (asked.first + asked.count > 500) {
            assert_int_equal(answer.pdu.data[0], asked.function | 0x80);
            assert_int_equal(answer.pdu.data[1], MODBUS_EXCEPTION_ILLEGAL_DATA_ADDRESS);
        } else if (asked.function > 2) {
            const uint16_t *words = asked.function == 3 ? holds->tab_registers : holds->tab_input_registers;
            for (int i = 0; i < asked.count; i++) {
                assert_int_equal(answer.pdu.data[2 + 2 * i] << 8 | answer.pdu.data[3 + 2 * i], words[asked.first + i]);
            }
        }
        free_peer(&server);
    }
    modbus_mapping_free(holds);
}

/* Whether its only function that takes an answer without asking first takes this one. */
static bool takes(peer *of, const uint8_t *frame, size_t size) {
    uint8_t room[300];
    assert_int_equal(write(of->ours, frame, size), (ssize_t)size);
    bool is_taken = modbus_receive_confirmation(of->library, room) > 0;
    take(of->theirs, room, sizeof room);
    return is_taken;
}

static void it_does_not_hold_an_answer_to_its_question(void **state) {
    static const uint8_t foreign[] = {9, 9, 0, 0, 0, 5, 1, 3, 2, 0, 7};          /* another transaction */
    static const uint8_t no_modbus[] = {0, 1, 0x12, 0x34, 0, 5, 1, 3, 2, 0, 7};  /* another protocol */
    static const uint8_t wrong_size[] = {0, 1, 0, 0, 0x7f, 0xff, 1, 3, 2, 0, 7}; /* another length */
    uint8_t named[] = {1, 0x2b, 0x0e, 1, 1, 0, 0, 1, 0, 3, 'A', 'B', 'C', 0, 0}; /* 43/14, good CRC */
    (void)state;
    peer tcp = make_peer(MODBUS_TCP);
    assert_true(takes(&tcp, foreign, sizeof foreign));
    assert_true(takes(&tcp, no_modbus, sizeof no_modbus));
    assert_true(takes(&tcp, wrong_size, sizeof wrong_size));
    free_peer(&tcp);
    uint16_t crc = modbus_crc(named, sizeof named - 2);
    named[sizeof named - 2] = (uint8_t)crc;
    named[sizeof named - 1] = (uint8_t)(crc >> 8);
    peer rtu = make_peer(MODBUS_RTU);
    assert_false(takes(&rtu, named, sizeof named));
    free_peer(&rtu);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_requests_are_its_requests),
        cmocka_unit_test(its_server_is_understood),
        cmocka_unit_test(it_does_not_hold_an_answer_to_its_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

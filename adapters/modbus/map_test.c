/* Register maps: how they are read, what is wrong with them, and which requests they come to. */
#include "map.h"
#include "plan.h"

#include "base/bytes.h"
#include "kit/fake_host.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SETTINGS 128

/* "key=value" words; '+' stands for a blank. */
static dragoman_list section(char *words, dragoman_setting *settings) {
    uint32_t count = 0;
    for (char *word = strtok(words, " "); word != NULL && count < SETTINGS; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        assert_non_null(value);
        *value++ = 0;
        settings[count++] = (dragoman_setting){bytes_of(word), bytes_of(value)};
    }
    return DRAGOMAN_LIST(settings, count);
}

static void tell(void *context, dragoman_bytes key, dragoman_bytes sentence) {
    buffer_append_format(context, "%.*s: %.*s\n", BYTES_FORMAT(key), BYTES_FORMAT(sentence));
}

static void assert_told(const char *words, const char *wanted) {
    dragoman_setting settings[SETTINGS];
    buffer told;
    buffer_init(&told);
    char *copy = strdup(words);
    dragoman_list list = section(copy, settings);
    modbus_map_check(&list, tell, &told);
    buffer_append_byte(&told, 0);
    if (strstr((const char *)told.data, wanted) == NULL) {
        fail_msg("told: %s\nwanted: %s", (const char *)told.data, wanted);
    }
    free(copy);
    buffer_fini(&told);
}

#define ROW "registers.0.name=air registers.0.table=input registers.0.address=7 registers.0.type=int16 "

static void mistakes_are_told_at_their_key(void **state) {
    (void)state;
    assert_told("", ": a device section with registers is needed");
    assert_told(ROW "colour=red", "colour: this key is not known here");
    assert_told(ROW "registers.0.colour=red", "registers.0.colour: this key is not known here");
    assert_told(ROW "registers.0.scale=x", "registers.0.scale: a decimal number is expected");
    assert_told("registers.0.name=a registers.0.table=inputs registers.0.address=70000",
                "registers.0.table: one of these");
    assert_told("registers.0.name=a registers.0.table=input registers.0.address=70000",
                "registers.0.address: an address");
    assert_told("registers.0.name=a registers.0.table=input", "registers.0: a register needs name, table and address");
    assert_told("registers.0.name=a registers.0.table=input registers.0.address=1",
                "registers.0: a register needs its type");
    assert_told(
        ROW "address_base=1 registers.1.name=b registers.1.table=input registers.1.address=0 registers.1.type=int16",
        "registers.1: it does not lie between");
    assert_told(ROW "registers.1.name=air registers.1.table=input registers.1.address=8 registers.1.type=int16",
                "registers.1.name: another register has this name");
    assert_told(ROW "registers.0.bit=12 registers.0.bit_count=5", "registers.0: these bits are not in it");
    assert_told(ROW "registers.0.length=2", "registers.0: only a string");
    assert_told("registers.0.name=s registers.0.table=holding registers.0.address=1 registers.0.type=string",
                "registers.0: a string needs its length");
    assert_told("registers.0.name=s registers.0.table=coil registers.0.address=1 registers.0.type=int16",
                "registers.0: coils and discrete inputs");
    assert_told(ROW "registers.0.scale=0.1 registers.0.meanings.1=open", "registers.0: only a bit or a whole number");
    assert_told(ROW "registers.0.meanings.open=1", "registers.0.meanings.open: a meaning has a whole number");
    assert_told(ROW "registers.0.every=1d", "registers.0.every: a time from 50ms to 24h");
    assert_told(ROW "registers.0.type=int17", "registers.0.type: one of these is expected");
    assert_told(ROW "registers=none", "registers: a list of registers is expected here");
    assert_told(ROW "registers.0.absent=never", "registers.0.absent: one of these is expected");
}

static void a_good_one_has_none(void **state) {
    dragoman_setting settings[SETTINGS];
    buffer told;
    (void)state;
    buffer_init(&told);
    char words[] = ROW "registers.0.scale=0.1 registers.0.unit=Cel registers.0.absent_values.0=0x7fff "
                       "registers.0.note=x address_base=0 system=urn:x identification=false max_gap=3";
    dragoman_list list = section(words, settings);
    modbus_map_check(&list, tell, &told);
    assert_int_equal(told.size, 0);
    buffer_fini(&told);
}

/* Makes the plan of a map in words and writes it as "table first+count", a line each. */
static void assert_plan(const char *words, uint8_t unit, const char *wanted) {
    dragoman_setting settings[SETTINGS];
    fake_host host;
    modbus_map map;
    void *block = NULL;
    char text[512] = "";
    uint16_t order[64];
    modbus_request requests[64];
    modbus_plan plan = {.order = order, .requests = requests};
    char *copy = strdup(words);
    dragoman_list list = section(copy, settings);
    fake_host_init(&host, NULL);
    assert_int_equal(modbus_map_read(&list, &host.table, &host, &map, &block), DRAGOMAN_OK);
    memset(copy, 'x', strlen(words));
    modbus_plan_make(&map, unit, 0, &plan);
    for (uint32_t i = 0; i < plan.count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%u:%u+%u(%u) ", requests[i].table, requests[i].first,
                 requests[i].count, requests[i].registers);
    }
    assert_string_equal(text, wanted);
    host.table.release(&host, block);
    free(copy);
    fake_host_fini(&host);
}

#define AT(n, table, address, more)                                                                                    \
    "registers." #n ".name=r" #n " registers." #n ".table=" table " registers." #n ".address=" address                 \
    " registers." #n "." more " "

static void near_registers_are_read_together(void **state) {
    (void)state;
    assert_plan(AT(0, "input", "0", "type=int16") AT(1, "input", "1", "type=float32") AT(2, "input", "3", "type=int16"),
                1, "2:0+4(3) ");
    /* Order of the file does not matter; a gap is bridged only as far as the map allows. */
    assert_plan(AT(0, "input", "9", "type=int16") AT(1, "input", "0", "type=int16") "max_gap=8", 1, "2:0+10(2) ");
    assert_plan(AT(0, "input", "9", "type=int16") AT(1, "input", "0", "type=int16") "max_gap=7", 1,
                "2:0+1(1) 2:9+1(1) ");
    /* Tables and rates are kept apart. */
    assert_plan(AT(0, "input", "0", "type=int16") AT(1, "holding", "1", "type=int16") AT(2, "input", "1", "type=int16"),
                1, "2:0+2(2) 3:1+1(1) ");
    assert_plan(AT(0, "input", "0", "type=int16") AT(1, "input", "1", "type=int16 registers.1.every=1s"), 1,
                "2:1+1(1) 2:0+1(1) ");
    /* One register may hold several values. */
    assert_plan(AT(0, "input", "4", "type=bit registers.0.bit=1") AT(1, "input", "4", "type=bit registers.1.bit=2"), 1,
                "2:4+1(2) ");
    assert_plan("address_base=1 " AT(0, "input", "1", "type=int16"), 1, "2:0+1(1) ");
    assert_plan(AT(0, "input", "1", "type=int16 registers.0.device=2"), 1, "");
    assert_plan(AT(0, "input", "1", "type=int16 registers.0.device=2"), 2, "2:1+1(1) ");
}

static void requests_keep_to_their_longest(void **state) {
    (void)state;
    assert_plan(AT(0, "holding", "0", "type=int16") AT(1, "holding", "124", "type=int16") "max_gap=125", 1,
                "3:0+125(2) ");
    assert_plan(AT(0, "holding", "0", "type=int16") AT(1, "holding", "125", "type=int16") "max_gap=125", 1,
                "3:0+1(1) 3:125+1(1) ");
    assert_plan(AT(0, "holding", "0", "type=int32") AT(1, "holding", "2", "type=int32") "max_registers=2", 1,
                "3:0+2(1) 3:2+2(1) ");
    assert_plan(AT(0, "coil", "0", "type=bit") AT(1, "coil", "100", "type=bit") "max_gap=125 max_bits=100", 1,
                "0:0+1(1) 0:100+1(1) ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_told_at_their_key),
        cmocka_unit_test(a_good_one_has_none),
        cmocka_unit_test(near_registers_are_read_together),
        cmocka_unit_test(requests_keep_to_their_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The adapter that is driven by a register map keeps the contract: its sample needs a profile's device section. */
#include "base/bytes.h"
#include "host/contract.h"
#include "kit/modbus_samples.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const dragoman_adapter_descriptor dragoman_adapter_modbus;

static void tell(void *context, const char *clause, bool is_kept, const char *detail) {
    if (!is_kept) {
        print_error("%s: broken: %s: %s\n", (const char *)context, clause, detail);
    }
}

static void modbus_over_tcp(void **state) {
    host_adapter adapter = {.descriptor = &dragoman_adapter_modbus, .path = "(linked in)"};
    contract_sample sample = {.bytes = DRAGOMAN_TEXT(MODBUS_SAMPLE),
                              .channel_kind = DRAGOMAN_CHANNEL_STREAM,
                              .device = modbus_sample_device,
                              .device_count = MODBUS_SAMPLE_DEVICE_COUNT};
    (void)state;
    assert_int_equal(contract_run(&adapter, &sample, tell, (void *)(uintptr_t)"modbus"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(modbus_over_tcp)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

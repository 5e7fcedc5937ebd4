/* Valid and invalid units from The Unified Code for Units of Measure, version 2.1, and FHIR's list of common UCUM
 * units. */
#include "base/bytes.h"
#include "terms/tables.h"
#include "terms/ucum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const valid[] = {
    "m",
    "mm[Hg]",
    "/min",
    "10*3/uL",
    "10*9/L",
    "10^6",
    "mmol/L",
    "g/dL",
    "kg/m2",
    "m/s2",
    "ug/kg/min",
    "L/min/m2",
    "{INR}",
    "mg{cre}",
    "%",
    "[degF]",
    "[lb_av]",
    "cm[H2O].s/L",
    "1",
    "4.[pi].10*-7.N/A2",
    "dyn.s/(cm5.m2)",
    "meq/L",
    "m[IU]/mL",
    "[in_i'Hg]",
    "kg.m.s-2",
    "mL/min/{1.73_m2}",
    "/{tot}",
    "mol.kg-1",
    "10*-12",
    "nkat/L",
    "ms",
    "Cel",
    "dB",
    "uV",
    "kPa",
    "U/L",
    "mosm/kg",
    "wk",
    "/[HPF]",
};
static const char *const invalid[] = {
    "",     "mmHg", "bpm", "sec",  "cmH2O", "deg C", "mg/",  "/",   "(m", "m)", "{open",
    "m..s", "MM",   "k%",  "m--2", "2x",    "[foo]", "kmin", "m 2", "°C", "m-", "()",
};

static void takes_what_ucum_takes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++) {
        if (!ucum_is_valid(bytes_of(valid[i]))) {
            fail_msg("%s is a UCUM unit", valid[i]);
        }
    }
}

static void refuses_what_ucum_refuses(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
        if (ucum_is_valid(bytes_of(invalid[i]))) {
            fail_msg("%s is no UCUM unit", invalid[i]);
        }
    }
    assert_false(ucum_is_valid(DRAGOMAN_TEXT("((((((((((m))))))))))")));
}

/* Two ways to the same list: the table was checked with another implementation, the grammar is our own. */
static void takes_every_unit_of_the_tables(void **state) {
    (void)state;
    for (uint32_t i = 0; i < terms_compiled.unit_count; i++) {
        if (!ucum_is_valid(bytes_of(terms_compiled.units[i].ucum))) {
            fail_msg("%s of %s is not taken", terms_compiled.units[i].ucum, terms_compiled.units[i].refid);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_ucum_takes),
        cmocka_unit_test(refuses_what_ucum_refuses),
        cmocka_unit_test(takes_every_unit_of_the_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

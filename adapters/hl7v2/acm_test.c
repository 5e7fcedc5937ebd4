/* Alerts by facets, packed, and in Philips' rows. The numbers in the expected lines are those of report.h. */
#include "kit/fake_check.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HEADER "MSH|^~\\&|GW^0012210000000055^EUI-64|ICU|||20191121102601+0100||ORU^R40^ORU_R40|A1|P|2.6\nPID|||1\n"
#define REPORT                                                                                                         \
    "message 1 sender=GW^0012210000000055^EUI-64|ICU id=A1\n"                                                          \
    "report device=GW^0012210000000055^EUI-64 id=^GW&0012210000000055&EUI-64^ patient{ id=1^&&^ } message=A1\n"

static void check(const char *input, const char *expected) {
    fake_check_file(&dragoman_adapter, NULL, input, expected);
}

static void facets_of_one_path_are_one_alert(void **state) {
    (void)state;
    check(
        HEADER "OBR|1||9003^GW|196616^MDC_EVT_ALARM^MDC|||20191121102600||||||||||||||||||||||^9001&GW\n"
               "OBX|1|ST|196648^MDC_EVT_HI^MDC|1.1.1.1.1|ABPs 119>110||||||R\n"
               "OBX|2|NM|150037^MDC_PRESS_BLD_ART_ABP_SYS^MDC|1.1.1.1.2|119|266016^MDC_DIM_MMHG^MDC|90-110||||R\n"
               "OBX|3|ST|68481^MDC_ATTR_EVENT_PHASE^MDC|1.1.1.1.3|update||||||R\n"
               "OBX|4|ST|68482^MDC_ATTR_ALARM_STATE^MDC|1.1.1.1.4|latched||||||R\n"
               "OBX|5|ST|68483^MDC_ATTR_ALARM_INACTIVATION_STATE^MDC|1.1.1.1.5|audio-paused~alert-acknowledged||||||R\n"
               "OBX|6|ST|68484^MDC_ATTR_ALARM_PRIORITY^MDC|1.1.1.1.6|PM||||||R\n"
               "OBX|7|ST|68485^MDC_ATTR_ALERT_TYPE^MDC|1.1.1.1.7|SP||||||R\n"
               "OBX|8|ST|196652^MDC_EVT_LO^MDC|1.1.1.2.1|HR low||||||R\n",
        REPORT "alert 1.1.1.1 id=9003^GW&&^ parent=9001^GW&&^ event=196648^MDC_EVT_HI^MDC text=ABPs 119>110 "
               "source=150037^MDC_PRESS_BLD_ART_ABP_SYS^MDC 119 unit=266016^MDC_DIM_MMHG^MDC limits=90..110(90-110) "
               "phase=4 state=3 priority=3 kind=1 inactivation=22 at=2019-11-21T10:26:00+01:00\n"
               "alert 1.1.1.2 id=9003^GW&&^ parent=9001^GW&&^ event=196652^MDC_EVT_LO^MDC text=HR low phase=0 state=0 "
               "priority=0 kind=0 inactivation=0 at=2019-11-21T10:26:00+01:00\n");
}

static void a_technical_alert_names_its_event_in_the_value(void **state) {
    (void)state;
    check(HEADER "OBR|1||7|196616^MDC_EVT_ALARM^MDC|||20191121102600\n"
                 "OBX|1|CWE|196616^MDC_EVT_ALARM^MDC|1.2.0.5.1|196882^MDC_EVT_LEADS_OFF^MDC^^^^^^ECG "
                 "off|||A~PL~ST|||R|||20191121102530\n"
                 "OBX|2|CWE|68480^MDC_ATTR_ALERT_SOURCE^MDC|1.2.0.5.2|69798^MDC_DEV_ECG_VMD^MDC||||||R\n",
          REPORT "alert 1.2.0.5 id=7^&&^ event=196882^MDC_EVT_LEADS_OFF^MDC\"ECG off\" text=ECG off "
                 "source=69798^MDC_DEV_ECG_VMD^MDC phase=0 state=0 priority=2 kind=2 inactivation=0 "
                 "at=2019-11-21T10:25:30+01:00\n");
}

static void each_order_has_alerts_of_its_own(void **state) {
    (void)state;
    check(HEADER "OBR|1||7|196616^MDC_EVT_ALARM^MDC|||20191121102600\nOBX|1|ST|68481^P^MDC|1.1.1.1.3|start||||||R\n"
                 "OBR|2||8|196616^MDC_EVT_ALARM^MDC|||20191121102601\nOBX|2|ST|68481^P^MDC|1.1.1.1.3|end||||||R\n",
          REPORT
          "alert 1.1.1.1 id=7^&&^ event=196616^MDC_EVT_ALARM^MDC phase=1 state=0 priority=0 kind=0 inactivation=0 "
          "at=2019-11-21T10:26:00+01:00\n"
          "alert 1.1.1.1 id=8^&&^ event=196616^MDC_EVT_ALARM^MDC phase=3 state=0 priority=0 kind=0 inactivation=0 "
          "at=2019-11-21T10:26:01+01:00\n");
}

static void a_philips_row_is_an_alert_by_itself(void **state) {
    (void)state;
    check(
        "MSH|^~\\&|^CM||||||ORU^R01|A1|P|2.4\nPID|||1\nOBR||||ALARM|||20260103020458\n"
        "OBX||TX|1^Red Alarm^MDIL-ALERT||*** ASYSTOLE||||||F\nOBX||TX|6^Soft Inop^MDIL-ALERT||probe off||||||F\n",
        "message 1 sender=^CM id=A1\nreport device=CM patient{ id=1^&&^ } message=A1\n"
        "alert 0.0.0.0 event=1^Red Alarm^MDIL-ALERT text=*** ASYSTOLE phase=0 state=0 priority=4 kind=1 inactivation=0 "
        "at=2026-01-03T02:04:58\n"
        "alert 0.0.0.0 event=6^Soft Inop^MDIL-ALERT text=probe off phase=0 state=0 priority=2 kind=2 inactivation=0 "
        "at=2026-01-03T02:04:58\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facets_of_one_path_are_one_alert),
        cmocka_unit_test(a_technical_alert_names_its_event_in_the_value),
        cmocka_unit_test(each_order_has_alerts_of_its_own),
        cmocka_unit_test(a_philips_row_is_an_alert_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

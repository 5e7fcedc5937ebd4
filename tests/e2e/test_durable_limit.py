"""The store is at its own size limit: what is refused or dropped, what is still taken, and that it is told."""

import mllp
from fhir_server import FhirServer
from test_durable_disk import ADMISSION, told
from ward import Ward, dragoman, until

LARGE = b"OBX|2|ST|0^MDC_NOTE^99TEST|1.1.1.2|" + b"long story " * (16 << 10) + b"||||||R\r"
ALARM = "\r".join((
    "MSH|^~\\&|MON^00A0370098007A01^EUI-64||||20260401090000+0200||ORU^R40^ORU_R40|%s|P|2.6|||AL|NE|||||"
    "IHE_PCD_ACM_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.4.1^ISO",
    "PID|||605^^^StExample^MR",
    "OBR|1||%s|196616^MDC_EVT_ALARM^MDC|||20260401090000+0200",
    "OBX|1|CWE|196648^MDC_EVT_HI_VAL_GT_LIM^MDC|1.1.1.1.1|147842^MDC_ECG_HEART_RATE^MDC||||||R|||20260401090000+0200",
    "OBX|2|NM|147842^MDC_ECG_HEART_RATE^MDC|1.1.1.1.2|180|264864^MDC_DIM_BEAT_PER_MIN^MDC|50-120|H~PM~SP|||R",
    "OBX|3|ST|68481^MDC_ATTR_EVENT_PHASE^MDC|1.1.1.1.3|start||||||R",
    "OBX|4|ST|68482^MDC_ATTR_ALARM_STATE^MDC|1.1.1.1.4|active||||||R",
    ""))


def large(number):
    return mllp.report(f"L{number}", 60 + number, at=number) + LARGE


def test_at_the_size_limit_values_are_refused_and_alarms_and_admissions_taken_until_a_sink_is_mended(tmp_path):
    """The server is away, so nothing may go although its hold is long over; once it is back, room comes by itself."""
    with FhirServer() as server:
        server.fault(answer=503, times=None)
        publish = [{"name": "ehr", "to": server.url, "format": "fhir"}]
        store = {"path": "store.db", "max_size": "8MiB", "when_full": "refuse", "hold": "1s"}
        with Ward(tmp_path, [{"name": "monitors"}], store=store, publish=publish) as ward:
            with mllp.Device(ward.port("monitors")) as device:
                answers = []
                while not answers or answers[-1].code == "AA":
                    answers.append(device.ask(large(len(answers))))
                refused = len(answers) - 1
                assert answers[-1].code == "AR" and refused >= 10
                assert "size limit" in answers[-1].words and "sink that is behind" in answers[-1].words
                code, said, status = told(ward)
                assert code == 1 and "size limit" in said and status["store"]["state"] == "disk-full"
                for number in range(200):
                    assert device.ask(ADMISSION % b"A%d" % number).code == "AA"
                    alarm = (ALARM % (f"R{number}", f"R{number}")).encode()
                    assert device.ask(alarm).code in ("AA", "CA")
                assert ward.status()["store"]["state"] == "disk-full", "their going through does not make it well"
                assert device.ask(large(refused)).code == "AR", "room for those is no room for values"
                assert status["store"]["dropped"] == 0
                server.clear_faults()
                until(lambda: device.ask(large(refused)).code == "AA", ward.log)
            until(lambda: ward.status()["sinks"][0]["behind_reports"] == 0, ward.log)
            until(lambda: ward.status()["well"], ward.log)
            assert ward.status()["store"]["dropped"] == 0
        values = [one["resource"]["valueQuantity"]["value"] for key, one in server.store.dump().items()
                  if key.startswith("Observation/") and "147842" in str(one["resource"]["code"])
                  and "196648" not in str(one["resource"]["code"])]
        assert sorted(values) == [60 + n for n in range(refused + 1)]


def test_at_the_size_limit_the_oldest_go_and_are_counted_and_the_sink_that_was_away_goes_on(tmp_path):
    with FhirServer() as server:
        server.fault(answer=503, times=None)
        publish = [{"name": "ehr", "to": server.url, "format": "fhir"}]
        store = {"path": "store.db", "max_size": "8MiB"}
        with Ward(tmp_path, [{"name": "monitors"}], store=store, publish=publish) as ward:
            with mllp.Device(ward.port("monitors")) as device:
                for number in range(80):
                    assert device.ask(large(number)).code == "AA"
            status = ward.status()["store"]
            assert status["dropped"] > 0 and status["rows"] + status["dropped"] == 80
            assert status["bytes"] <= 8 << 20
            said = dragoman("status", ward.path).stdout
            assert "drops its oldest values" in said and "raise store.max_size" in said, said
            server.clear_faults()
            until(lambda: ward.status()["sinks"][0]["behind_reports"] == 0, ward.log)
        times = {one["resource"]["effectiveDateTime"] for key, one in server.store.dump().items()
                 if key.startswith("Observation/")}
        newest = mllp.report("L79", at=79).decode().split("|")[6]
        assert f"{newest[8:10]}:{newest[10:12]}:{newest[12:14]}" in max(times)
        assert len(times) >= status["rows"]

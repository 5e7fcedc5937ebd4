"""The program agrees with every expected block of the corpus, field by field."""

import json
import re
import subprocess
from decimal import Decimal
from functools import lru_cache

import pytest

from oracle.cases import ROOT, all_cases
from program import canonical, expected, fhir, proto

CASES = all_cases()
MMHG_PER_KPA = Decimal(1000) / Decimal("133.322387415")
FHIR = ROOT / ".dev" / "fhir"  # what ./dev conformance puts before the validator
BINARY = ROOT / "zig-out" / "bin" / "dragoman"


@lru_cache(maxsize=None)
def run(name: str, form: str, *options: str) -> subprocess.CompletedProcess:
    case = next(c for c in CASES if c.name == name)
    assert BINARY.exists(), f"{BINARY} is missing: run `zig build` first"
    settings = case.settings
    command = [str(BINARY), "translate", "--adapter", "hl7v2", "--to", form,
               "--time-zone", settings.get("time_zone", "Europe/Berlin")]
    if "dialect" in settings:
        command += ["--profile", settings["dialect"]]
    if "character_set" in settings:
        command += ["--set", f"charset={settings['character_set'].upper()}"]
    if "discard" in settings:
        command += ["--set", f"discard={settings['discard']}"]
    done = subprocess.run(command + [*options, "-"], input=case.input_bytes(), capture_output=True, timeout=60,
                          check=False)
    if form == "ndjson" and not options and done.stdout:
        FHIR.mkdir(parents=True, exist_ok=True)
        (FHIR / f"golden-{name}.ndjson").write_bytes(done.stdout)
    return done


def translate(case, form: str, *options: str) -> subprocess.CompletedProcess:
    return run(case.name, form, *options)


def readings(case) -> list:
    return [canonical.Reading(report) for report in proto.reports(translate(case, "protobuf").stdout)]


def may_keep_the_value(wanted: dict, case) -> bool:
    """The report keeps what was sent where only its status or the dialect says that it is no value."""
    return wanted["value"].startswith("absent:") and \
        (wanted["value"] != "absent:unknown" or case.settings.get("dialect") == "mindray")


@pytest.mark.parametrize("case", [c for c in CASES if c.lines("observations")], ids=lambda case: case.name)
def test_observations(case):
    wanted = expected.observations(case.lines("observations"))
    said = [r.observation(o) for r in readings(case) for i, o in enumerate(r.report.get("observations", []))
            if i not in r.report.get("stamp", {}).get("repeats", [])]
    assert len(said) == len(wanted), [s["code"] for s in said]
    for have, want in zip(said, wanted):
        name = f"{want['path']} {want['code'][0]}"
        assert have["code"] == want["code"], name
        assert same_path(have["path"], want["path"]), name
        if have["value"] != want["source_value"] and not may_keep_the_value(want, case):
            assert have["value"] == want["source_value"], name
        assert have["time"] in want["times"], name
        assert have["status"] == want["status"], name
        assert have["words"] == want["words"], name
        assert have["limits"] == want["limits"], name


@pytest.mark.parametrize("case", [c for c in CASES if c.lines("observations")], ids=lambda case: case.name)
def test_patients_and_places(case):
    wanted = [expected.report(line) for line in case.lines("observations") if line.startswith("report ")]
    said = [r.who_and_where() for r in readings(case) if r.report.get("observations") or r.report.get("alerts")]
    assert len(said) == len(wanted)
    for have, want in zip(said, wanted):
        for key in ("patient", "names", "birth", "sex", "location"):
            assert have[key] == want.get(key, ""), key


def same_path(have: str, want: str) -> bool:
    """The model's path has four levels; a facet below them stands in the sub-id."""
    return have == want or bool(re.fullmatch(r"\d+(\.\d+){4}", want)) and want.startswith(have + ".")


@pytest.mark.parametrize("case", [c for c in CASES if c.lines("events")], ids=lambda case: case.name)
def test_events(case):
    wanted = [expected.event(line) for line in case.lines("events")]
    found = readings(case)
    contexts = [r.context(c) for r in found for c in r.report.get("contexts", [])]
    alerts = [r.alert(a) for r in found for a in r.report.get("alerts", [])]
    check_contexts(contexts, [event for event in wanted if event["what"] != "alert"])
    check_alerts(alerts, [event for event in wanted if event["what"] == "alert"])


def check_contexts(contexts: list, wanted: list) -> None:
    assert [c["kind"] for c in contexts] == [w["what"] for w in wanted]
    for have, want in zip(contexts, wanted):
        name = f"{want['what']} {want.get('trigger')}"
        assert have["suspected"] == want["suspected"], name
        assert have["trigger"] == want["trigger"], name
        assert have["at"] == want["at"], name
        assert ",".join(have["patient"]) == want["patient"], name
        assert have["names"] == want["names"] or want["suspected"], name
        prior = want.get("prior") or want.get("prior-patient") or ""
        assert ",".join(have["prior"]) == prior, name
        place = want.get("pending") or want.get("to", "")
        assert have["to"] in (place if place != "none" else "", want.get("to", "")), name
        if want["what"] in ("transfer", "cancel-transfer"):
            assert have["from"] == want.get("from", ""), name
        for key in ("account", "visit", "prior-account", "prior-visit"):
            if key in want:
                assert have.get(key) == want[key], f"{name} {key}"


def check_alerts(alerts: list, wanted: list) -> None:
    assert len(alerts) == len(wanted)
    for have, want in zip(alerts, wanted):
        name = want.get("event", "")
        assert have["path"] == want["path"], name
        assert have["event"][:2] == expected.code_of(re.sub(r"!\S+$", "", want["event"]))[:2], name
        for key in ("phase", "state", "priority", "kind", "text", "id", "parent"):
            assert have[key] == want.get(key, ""), f"{name} {key}"
        assert ",".join(have["inactivation"]) == want.get("inactivation", ""), name
        assert have["at"] == want["at"], name
        if "value" in want:
            assert have["value"] == [expected.source_value(want["value"], False)], name


@pytest.mark.parametrize("case", [c for c in CASES if "code " in " ".join(c.lines("outcome"))], ids=lambda c: c.name)
def test_refusals(case):
    """What is refused is told with its segment, and the exit code says so; the rest still comes out."""
    done = translate(case, "protobuf")
    assert done.returncode == 1
    told = done.stderr.decode("utf-8")
    for line in case.lines("outcome"):
        found = re.match(r"ack \S+ at (\w+)\[(\d+)\](?: field (\d+))? code (\d+)", line)
        if found:
            assert found.group(1).upper() in told.upper(), line


@pytest.mark.parametrize("case", [c for c in CASES if c.lines("fhir")], ids=lambda case: case.name)
def test_fhir_checks(case):
    resources = fhir.read(translate(case, "ndjson").stdout.decode("utf-8"))
    problems = [text for text in (fhir.problem(resources, check) for check in case.lines("fhir")) if text]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("case", [c for c in CASES if c.lines("observations")], ids=lambda case: case.name)
def test_fhir_conclusions(case):
    """MDC, LOINC, category and UCUM of every observation line, wherever FHIR puts it (resource or component)."""
    resources = [r for r in fhir.read(translate(case, "ndjson").stdout.decode("utf-8"))
                 if r["resourceType"] == "Observation"]
    parts = [(r, part) for r in resources for part in r.get("component", [])]
    for want in expected.observations(case.lines("observations")):
        if want["mdc"] == "-":
            continue
        holders = [(r, r) for r in resources] + parts
        mine = [(r, e) for r, e in holders
                if any(c.get("system") == fhir.SYSTEMS["MDC"] and c.get("code") == want["mdc"]
                       for c in fhir.codings(e))]
        assert mine, f"no FHIR for {want['code']}"
        assert any(conclusions_fit(r, e, want) for r, e in mine), \
            f"{want['code']}: none of {[e.get('valueQuantity') for _, e in mine]} fits {want}"


@pytest.mark.parametrize("case", [c for c in CASES if c.lines("observations")], ids=lambda case: case.name)
def test_fhir_says_the_same(case):
    """Status, time, security, interpretation, range and subject of every Observation that stands alone in FHIR."""
    resources = [r for r in fhir.read(translate(case, "ndjson").stdout.decode("utf-8"))
                 if r["resourceType"] == "Observation"]
    for want, has_patient in with_patients(case.lines("observations")):
        mine = [r for r in resources if any(c.get("code") == want["code"][0] for c in fhir.codings(r))
                and want["code"][0] and not want["loinc"][:1] == ["8480-6"]]
        if mine:
            told = [difference(r, want, has_patient) for r in mine]
            assert "" in told, f"{want['path']} {want['code']}: {told}"


def test_only_unvalidated_values_can_be_asked_for_as_final():
    resources = fhir.read(run("result-status-all-letters", "ndjson", "--final").stdout.decode("utf-8"))
    final = {fhir.codings(r)[-1]["code"] for r in resources if r.get("status") == "final" and "valueQuantity" in r}
    assert final == {"SF", "SR"}


def with_patients(lines: list):
    has_patient = False
    for line in lines:
        if line.startswith("report "):
            has_patient = bool(expected.report(line)["patient"])
        else:
            yield expected.observation(line), has_patient


def difference(resource: dict, want: dict, has_patient: bool) -> str:
    """Empty when the Observation says what the line says; else what differs."""
    if resource["status"] != want["status"]:
        return f"status {resource['status']}"
    said = resource.get("effectiveDateTime") or "..".join(
        resource.get("effectivePeriod", {}).get(end, "") for end in ("start", "end"))
    times = {re.sub(r"\(\w+\)", "", time) for time in want["times"]}
    if "received" not in times and fhir.simple(said) not in times:
        return f"time {said}"
    security = {label["code"] for label in resource.get("meta", {}).get("security", [])}
    if security - {"RELIABLE"} != want["security"]:
        return f"security {security}"
    codes = {c["code"] for i in resource.get("interpretation", []) for c in i.get("coding", [])}
    if not codes <= want["words"] or not want["words"] - codes <= {"msmt-ongoing", "demo-data", "test-data"}:
        return f"interpretation {codes}"
    if want["limits"].startswith("normal") != ("referenceRange" in resource) and "alarm" not in want["limits"]:
        return f"range {resource.get('referenceRange')}"
    kind = resource["subject"].get("reference", "Patient/").split("/")[0]
    return "" if kind == ("Patient" if has_patient else "Device") else f"subject {kind}"


def conclusions_fit(resource: dict, element: dict, want: dict) -> bool:
    loinc = [c["code"] for c in fhir.codings(element) if c.get("system") == fhir.SYSTEMS["LOINC"]]
    categories = {c.get("code") for category in resource.get("category", []) for c in category.get("coding", [])}
    if sorted(loinc) != sorted(want["loinc"]) or (want["category"] != "-" and want["category"] not in categories):
        return False
    number = re.match(r"[<>=]*(-?[\d.]+)(?: (.+) → (\S+))?$", want["value"])
    if want["value"].startswith("absent:"):
        return "valueQuantity" not in element and "dataAbsentReason" in element
    if not number:
        return True
    quantity = element.get("valueQuantity", {})
    ucum = number.group(3) if number.group(3) not in (None, "-") else None
    if ucum == "kPa" and quantity.get("code") == "mm[Hg]":
        return is_rounded(Decimal(number.group(1)) * MMHG_PER_KPA, quantity.get("value", ""))
    return quantity.get("value") == number.group(1) and quantity.get("code") == ucum


def is_rounded(exact: Decimal, text: str) -> bool:
    """Whether `text` is `exact` rounded to the digits that `text` has."""
    return bool(text) and abs(Decimal(text) - exact) <= Decimal(1).scaleb(Decimal(text).as_tuple().exponent) / 2


def test_the_same_from_a_process_of_its_own(tmp_path):
    """Every case of one dialect and setting, with the adapter where it can do nothing but its work."""
    files = []
    for case in CASES:
        if not set(case.settings) - {"time_zone"}:
            files.append(tmp_path / f"{case.name}.hl7")
            files[-1].write_bytes(case.input_bytes())
    said = []
    for options in ([], ["--isolate"]):
        command = [BINARY, "translate", "--adapter", "hl7v2", "--to", "json", "--time-zone", "Europe/Berlin"]
        done = subprocess.run([*command, *options, *files], capture_output=True, text=True, timeout=60, check=False)
        reports = [json.loads(line, parse_float=str) for line in done.stdout.splitlines()]
        for report in reports:
            # What this run's clock says.
            assert report["stamp"].pop("received_at")
            report["stamp"].pop("clock_offset_us", None)
        said.append((reports, done.stderr))
    assert len(files) > 50 and len(said[0][0]) > 50
    assert said[0] == said[1]

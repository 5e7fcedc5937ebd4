"""The validator itself: a good bundle passes, and each rule refuses a bundle that breaks it alone.

Every case is the good bundle with one fault put in. All run in one go, since starting the validator takes seconds.
"""

import copy
import csv
import json
import pathlib
import re
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
GOOD = json.loads((HERE / "examples" / "monitor.json").read_text())
MDC = "urn:iso:std:iso:11073:10101"
UCUM = "http://unitsofmeasure.org"
CASES = {}


def resource(bundle, name):
    """The resource called Type/id in a bundle."""
    kind, _, ident = name.partition("/")
    return next(
        entry["resource"]
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == kind and entry["resource"]["id"] == ident
    )


def entry(bundle, name):
    return next(e for e in bundle["entry"] if e["request"]["url"] == name)


def refused(expected):
    """Registers a fault; `expected` must be found in an error line about its bundle."""

    def register(fault):
        CASES[fault.__name__] = (fault, expected)
        return fault

    return register


# What R4 and its vital-signs profiles say.


@refused(r"Observation/o-bp .*kPa")
def kilopascal_in_blood_pressure(b):
    part = resource(b, "Observation/o-bp")["component"][0]
    part["valueQuantity"] = {"value": 16.0, "unit": "kPa", "system": UCUM, "code": "kPa"}


@refused(r"Observation/o-bp .*component")
def diastolic_left_out(b):
    del resource(b, "Observation/o-bp")["component"][1]


@refused(r"Observation/o-cvp .*component")
def lone_systolic(b):
    coding = resource(b, "Observation/o-cvp")["code"]["coding"][0]
    coding.update(code="8480-6", display="Systolic blood pressure")


@refused(r"Observation/o-hr .*valueQuantity.code")
def heart_rate_in_hertz(b):
    resource(b, "Observation/o-hr")["valueQuantity"].update(unit="Hz", code="Hz")


@refused(r"Observation/o-hr .*category")
def vital_sign_without_category(b):
    del resource(b, "Observation/o-hr")["category"]


@refused(r"Observation/o-hr .*subject")
def vital_sign_of_a_device(b):
    resource(b, "Observation/o-hr")["subject"]["reference"] = "Device/mds-1"


@refused(r"Observation/o-hr .*vs-1")
def vital_sign_over_a_period(b):
    observation = resource(b, "Observation/o-hr")
    del observation["effectiveDateTime"]
    observation["effectivePeriod"] = {"start": "2024-03-01T10:15:00+01:00", "end": "2024-03-01T10:16:00+01:00"}


@refused(r"Observation/o-hr .*vs-2")
def vital_sign_without_value(b):
    del resource(b, "Observation/o-hr")["valueQuantity"]


@refused(r"Observation/o-rr .*9279-1|Observation/o-rr .*code")
def ventilator_rate_without_the_magic_code(b):
    resource(b, "Observation/o-rr")["code"]["coding"][0].update(code="19840-8", display="Breaths total")


@refused(r"Observation/o-spo2 .*code")
def pulse_oximetry_without_2708(b):
    del resource(b, "Observation/o-spo2")["code"]["coding"][0]


@refused(r"Observation/o-temp .*code")
def core_temperature_without_8310(b):
    resource(b, "Observation/o-temp")["code"]["coding"][0].update(code="8329-5", display="Body temperature - Core")


@refused(r"Observation/o-cvp .*obs-6")
def absent_reason_beside_a_value(b):
    reason = {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "error"}
    resource(b, "Observation/o-cvp")["dataAbsentReason"] = {"coding": [reason]}


@refused(r"Observation/o-cvp .*qty-3")
def unit_code_without_system(b):
    del resource(b, "Observation/o-cvp")["valueQuantity"]["system"]


@refused(r"Observation/o-cvp .*cmHg")
def unit_unknown_to_ucum(b):
    resource(b, "Observation/o-cvp")["valueQuantity"]["code"] = "cmHg2O!"


@refused(r"Observation/o-cvp .*status")
def status_from_elsewhere(b):
    resource(b, "Observation/o-cvp")["status"] = "unvalidated"


@refused(r"Observation/o-cvp .*effective")
def time_without_zone(b):
    resource(b, "Observation/o-cvp")["effectiveDateTime"] = "2024-03-01T10:15:00"


@refused(r"Patient/p_1 .*id")
def underscore_in_an_id(b):
    text = json.dumps(b).replace("Patient/p-1", "Patient/p_1").replace('"id": "p-1"', '"id": "p_1"')
    b.clear()
    b.update(json.loads(text))


@refused(r"Observation/o-cvp .*interpretation")
def empty_array(b):
    resource(b, "Observation/o-cvp")["interpretation"] = []


@refused(r"Observation/o-cvp .*Unrecognized|Observation/o-cvp .*bogus")
def unknown_property(b):
    resource(b, "Observation/o-cvp")["bogus"] = 1


@refused(r"Observation/o-cvp .*cannot be a code")
def mistyped_loinc(b):
    resource(b, "Observation/o-cvp")["code"]["coding"][0]["code"] = "60985-8"


@refused(r"Observation/o-cvp .*cannot be a code")
def mdc_name_in_place_of_its_number(b):
    resource(b, "Observation/o-cvp")["code"]["coding"][1]["code"] = "MDC_PRESS_BLD_VEN_CENT"


@refused(r"DeviceMetric/m-hr .*category")
def metric_without_category(b):
    del resource(b, "DeviceMetric/m-hr")["category"]


@refused(r"bdl-3")
def transaction_entry_without_request(b):
    del entry(b, "Observation/o-cvp")["request"]


@refused(r"bdl-7")
def full_url_twice(b):
    entry(b, "Observation/o-cvp")["fullUrl"] = entry(b, "Observation/o-hr")["fullUrl"]


# Our own rules.


@refused(r"Observation/o-hr Observation.code: MDC 147842 .* 8867-4")
def heart_rate_with_mdc_alone(b):
    observation = resource(b, "Observation/o-hr")
    del observation["code"]["coding"][0], observation["category"]


@refused(r"Observation/o-bp Observation.code: MDC 150020 .* 85354-9")
def blood_pressure_with_mdc_alone(b):
    observation = resource(b, "Observation/o-bp")
    del observation["code"]["coding"][0], observation["category"]


@refused(r"Observation/o-bp Observation.component\[0\].code: MDC 150021 .* 8480-6")
def component_with_mdc_alone(b):
    del resource(b, "Observation/o-bp")["component"][0]["code"]["coding"][0]


@refused(r"Observation/o-cvp Observation.category: vital-signs without a LOINC code of a vital sign")
def category_of_vital_signs_for_another_pressure(b):
    resource(b, "Observation/o-cvp")["category"] = resource(b, "Observation/o-hr")["category"]


@refused(r"Observation/o-rhythm Observation.category: an alert is no vital sign")
def alert_as_vital_sign(b):
    observation = resource(b, "Observation/o-rhythm")
    observation["code"] = {"coding": [{"system": MDC, "code": "196648", "display": "MDC_EVT_HI"}]}
    observation["category"] = resource(b, "Observation/o-hr")["category"]


@refused(r"Observation/o-cvp Observation.subject: reference 'Patient/p-2' leads nowhere")
def dangling_reference(b):
    resource(b, "Observation/o-cvp")["subject"]["reference"] = "Patient/p-2"


@refused(r"reference 'urn:uuid:[0-9a-f-]+' leads nowhere")
def dangling_urn(b):
    resource(b, "Observation/o-cvp")["subject"]["reference"] = "urn:uuid:5d2b6c0e-3f5c-4d5e-8a2e-3b1c7f9e0a11"


@refused(r"conditional reference .* outside a transaction")
def conditional_reference_in_a_batch(b):
    b["type"] = "batch"
    resource(b, "Observation/o-cvp")["subject"]["reference"] = "Patient?identifier=urn:oid:2.999.1|MRN-1001"


@refused(r"PUT Observation/o-cvp carries Observation/o-other")
def put_to_another_id(b):
    resource(b, "Observation/o-cvp")["id"] = "o-other"


@refused(r"stands twice in one bundle")
def written_twice(b):
    for name in ("Patient/p-1", "Device/mds-1"):
        entry(b, name)["request"]["url"] = "Device?identifier=urn:x|1"


# The structure of the device guide.


@refused(r"Device/vmd-1 Device.patient: a VMD has no patient")
def vmd_with_patient(b):
    resource(b, "Device/vmd-1")["patient"] = {"reference": "Patient/p-1"}


@refused(r"Device/chan-1 Device.patient: a Channel has no patient")
def channel_with_patient(b):
    resource(b, "Device/chan-1")["patient"] = {"reference": "Patient/p-1"}


@refused(r"Device/chan-1 Device.location: a Channel has no location")
def channel_with_location(b):
    resource(b, "Device/chan-1")["location"] = {"identifier": {"value": "bed 1"}}


@refused(r"Device/chan-1 Device.parent: a Channel needs a parent that is a VMD")
def channel_under_the_mds(b):
    resource(b, "Device/chan-1")["parent"]["reference"] = "Device/mds-1"


@refused(r"Device/vmd-1 Device.parent: a VMD needs a parent that is a MDS")
def vmd_without_parent(b):
    del resource(b, "Device/vmd-1")["parent"]


@refused(r"Device/mds-1 Device.parent: an MDS has no parent")
def mds_under_a_vmd(b):
    resource(b, "Device/mds-1")["parent"] = {"reference": "Device/vmd-1"}


@refused(r"Device/mds-1 Device.identifier")
def mds_without_identifier(b):
    del resource(b, "Device/mds-1")["identifier"]


@refused(r"DeviceMetric/m-hr DeviceMetric.source")
def metric_of_a_channel(b):
    resource(b, "DeviceMetric/m-hr")["source"]["reference"] = "Device/chan-1"


@refused(r"DeviceMetric/m-hr DeviceMetric.parent")
def metric_without_channel(b):
    del resource(b, "DeviceMetric/m-hr")["parent"]


@refused(r"DeviceMetric/m-hr DeviceMetric.unit: needs an MDC coding")
def metric_unit_in_ucum(b):
    resource(b, "DeviceMetric/m-hr")["unit"]["coding"] = [{"system": UCUM, "code": "/min"}]


@refused(r"DeviceMetric/m-rhythm DeviceMetric.unit: an enumeration has no unit")
def enumeration_with_unit(b):
    resource(b, "DeviceMetric/m-rhythm")["unit"] = {"coding": [{"system": MDC, "code": "262656"}]}


@refused(r"Observation/o-cvp Observation.device: its DeviceMetric is of another type")
def metric_of_another_type(b):
    resource(b, "Observation/o-cvp")["device"]["reference"] = "DeviceMetric/m-hr"


@refused(r"Observation/o-cvp Observation.device: needs a DeviceMetric")
def observation_without_device(b):
    del resource(b, "Observation/o-cvp")["device"]


@refused(r"Observation/o-cvp Observation.effective\[x\]: is missing")
def observation_without_time(b):
    del resource(b, "Observation/o-cvp")["effectiveDateTime"]


@refused(r"Observation/o-cvp Observation.subject: needs a Patient or an MDS")
def subject_is_a_channel(b):
    resource(b, "Observation/o-cvp")["subject"]["reference"] = "Device/chan-1"


@refused(r"Observation/o-cvp Observation.value\[x\]: needs a value or a dataAbsentReason")
def observation_without_value(b):
    del resource(b, "Observation/o-cvp")["valueQuantity"]


@refused(r"Observation/o-cvp Observation.valueQuantity.system: is not UCUM")
def unit_in_mdc(b):
    resource(b, "Observation/o-cvp")["valueQuantity"].update(system=MDC, code="266016")


LOINC_CODES = "8867-4 8480-6 8462-4 8478-0 85354-9 2708-6 59408-5 9279-1 8310-5 29463-7 39156-5 60985-9 33438-3".split()


def test_takes_every_true_loinc_number(tmp_path):
    """The check digit, on numbers of LOINC's own; each with its last digit moved by one must be refused."""
    file = tmp_path / "codes.ndjson"
    with file.open("w") as out:
        for code in LOINC_CODES:
            for shift in (0, 1):
                stated = code[:-1] + str((int(code[-1]) + shift) % 10)
                kind = {"coding": [{"system": "http://loinc.org", "code": stated}]}
                out.write(json.dumps({"resourceType": "Basic", "id": f"{shift}.{code}", "code": kind}) + "\n")
    _, said = run(*ALLOW, file)
    refused_ids = set(re.findall(r"Basic/(\S+) .*cannot be a code", said))
    assert refused_ids == {f"1.{code}" for code in LOINC_CODES}


def without_conclusions(observation, code):
    """Leaves an Observation its MDC code alone."""
    observation.pop("category", None)
    observation["code"] = {"coding": [code]}


def test_accepts_what_cannot_be_a_vital_sign(tmp_path):
    """A unit that no profile takes, a name that belongs to another number, a lone systolic: MDC alone is right."""
    b = copy.deepcopy(GOOD)
    heart = resource(b, "Observation/o-hr")
    without_conclusions(heart, heart["code"]["coding"][1])
    heart["valueQuantity"].update(unit="Hz", code="Hz")
    temperature = resource(b, "Observation/o-temp")
    without_conclusions(temperature, {"system": MDC, "code": "150364", "display": "MDC_TEMP_SKIN"})
    pressure = resource(b, "Observation/o-cvp")
    without_conclusions(pressure, {"system": MDC, "code": "150021", "display": "MDC_PRESS_BLD_NONINV_SYS"})
    resource(b, "DeviceMetric/m-cvp")["type"] = pressure["code"]
    file = tmp_path / "alone.json"
    file.write_text(json.dumps(b))
    code, out = run(*RULES, *ALLOW, file)
    assert code == 0, out


def run(*arguments, text=None):
    command = [HERE / "validate", *arguments]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, done.stdout


RULES = ("--shape", "pocd", "--mdc-loinc", HERE / "examples" / "mdc-loinc.csv")
ALLOW = ("--allow", HERE / "allowed-warnings.tsv")


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """What the validator says about every faulty bundle: name → its error lines."""
    folder = tmp_path_factory.mktemp("bundles")
    for name, (fault, _) in CASES.items():
        bundle = copy.deepcopy(GOOD)
        fault(bundle)
        (folder / f"{name}.json").write_text(json.dumps(bundle))
    code, out = run(*RULES, *ALLOW, *sorted(folder.iterdir()))
    assert code == 1
    said = {name: [] for name in CASES}
    for line in out.splitlines():
        found = re.match(r"error \S*/(\w+)\.json:\d+ (.*)", line)
        if found:
            said[found[1]].append(found[2])
    return said


@pytest.mark.parametrize("name", CASES)
def test_refuses(verdicts, name):
    expected = CASES[name][1]
    assert any(re.search(expected, line) for line in verdicts[name]), "\n".join(verdicts[name])


def test_accepts_the_good_bundle_and_counts():
    code, out = run(*RULES, *ALLOW, HERE / "examples" / "monitor.json")
    assert code == 0, out
    resources = len(GOOD["entry"]) + 1
    assert out.splitlines()[-1].startswith(f"{resources} resources, 0 errors, 0 warnings")


def panel_part(code, value):
    quantity = {"value": value, "unit": "mm[Hg]", "system": UCUM, "code": "mm[Hg]"}
    return {"code": {"coding": code}, "valueQuantity": quantity}


def observation_of(rows):
    """The Observation that an MDC term's rows of the LOINC table lead to."""
    coding = [{"system": "http://loinc.org", "code": row["loinc"]} for row in rows]
    coding.append({"system": MDC, "code": rows[0]["code10"], "display": rows[0]["refid"]})
    system = "http://terminology.hl7.org/CodeSystem/observation-category"
    out = {
        "resourceType": "Observation",
        "id": rows[0]["code10"],
        "status": "final",
        "category": [{"coding": [{"system": system, "code": rows[0]["fhir_category"]}]}],
        "code": {"coding": coding},
        "subject": {"reference": "Patient/p-1"},
        "effectiveDateTime": "2024-03-01T10:15:00+01:00",
    }
    if rows[0]["loinc"] == "85354-9":
        out["component"] = [panel_part([{"system": "http://loinc.org", "code": part}], 100) for part in PRESSURES]
    else:
        out["valueQuantity"] = {"value": 10, "unit": "x", "system": UCUM, "code": rows[0]["ucum"]}
    return out


PHD = "http://hl7.org/fhir/uv/phd/"


def personal():
    """An oximeter, its gateway, what its clock showed and one rate, as the Personal Health Device guide wants them."""
    def coded(code, system=MDC):
        return {"coding": [{"system": system, "code": code}]}

    def device(ident, profile, kind, system_id):
        return {"resourceType": "Device", "id": ident, "meta": {"profile": [f"{PHD}StructureDefinition/{profile}"]},
                "identifier": [{"type": coded("SYSID", PHD + "CodeSystem/ContinuaDeviceIdentifiers"),
                                "system": "urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680", "value": system_id}],
                "manufacturer": "Nonin", "modelNumber": "3230", "type": coded(kind),
                "specialization": [{"systemType": coded("528388"), "version": "1"}],
                "version": [{"type": coded("531976"), "value": "r2.1"}]}

    clock = {"resourceType": "Observation", "id": "clock", "status": "final", "code": coded("67975"),
             "meta": {"profile": [PHD + "StructureDefinition/PhdCoincidentTimeStampObservation"]},
             "subject": {"reference": "Device/phd"}, "device": {"reference": "Device/phg"},
             "effectiveDateTime": "2018-11-11T19:07:36-05:00", "valueDateTime": "2018-11-11T19:07:35-05:00"}
    gateway = "http://hl7.org/fhir/StructureDefinition/observation-gatewayDevice"
    rate = {"resourceType": "Observation", "id": "rate", "status": "final", "code": coded("150604"),
            "meta": {"profile": [PHD + "StructureDefinition/PhdNumericObservation"]},
            "extension": [{"url": gateway, "valueReference": {"reference": "Device/phg"}},
                          {"url": PHD + "StructureDefinition/CoincidentTimeStampReference",
                           "valueReference": {"reference": "Observation/clock"}}],
            "category": [coded("phd-observation", PHD + "CodeSystem/PhdObservationCategories")],
            "subject": {"reference": "Device/phd"}, "device": {"reference": "Device/phd"},
            "effectiveDateTime": "2018-11-11T19:07:30-05:00", "performer": [{"display": "nobody"}],
            "valueQuantity": {"value": 48.0, "unit": "/min", "system": UCUM, "code": "/min"}}
    return {it["id"]: it for it in (device("phg", "PhgDevice", "531981", "EC-DE-3D-4E-58-53-2D-31"),
                                    device("phd", "PhdDevice", "65573", "74-E8-FF-FE-FF-05-1C-00"), clock, rate)}


PERSONAL_FAULTS = {
    "Device.identifier": lambda them: them["phd"]["identifier"][0].update(value="74E8FFFEFF051C00"),
    "Device.type": lambda them: them["phg"].update(type=them["phd"]["type"]),
    "Device.specialization": lambda them: them["phd"].pop("specialization"),
    "Device.manufacturer": lambda them: them["phd"].pop("manufacturer"),
    "Observation.category": lambda them: them["rate"].pop("category"),
    "Observation.extension": lambda them: them["rate"].pop("extension"),
    "Observation.device": lambda them: them["rate"].update(device={"reference": "Device/phg"}),
    "Observation.value": lambda them: them["rate"].pop("valueQuantity"),
    "Observation.code": lambda them: them["clock"].update(code=them["rate"]["code"]),
}


def test_personal_health_devices(tmp_path):
    """The guide's shape passes, and each fault alone is refused at its element."""
    for place, fault in {"good": lambda them: None, **PERSONAL_FAULTS}.items():
        them = personal()
        fault(them)
        (tmp_path / f"{place}.ndjson").write_text("".join(json.dumps(it) + "\n" for it in them.values()))
    code, out = run("--shape", "phd", "--references", "file", *ALLOW, *sorted(tmp_path.iterdir()))
    assert code == 1
    assert "good.ndjson" not in out, out
    for place in PERSONAL_FAULTS:
        assert re.search(rf"^error \S*/{re.escape(place)}\.ndjson:\d+ \S+ {re.escape(place)}", out, re.M), place


PRESSURES = ("8480-6", "8462-4", "8478-0")


def test_every_pairing_of_the_table_can_be_sent(tmp_path):
    """HL7's validator implies profiles from more LOINC codes than the table marks: each has to hold in the end."""
    table = HERE.parent.parent / "mappings" / "terms" / "mdc-loinc.csv"
    terms = {}
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["use"] != "other" and row["loinc"] not in PRESSURES:
                terms.setdefault(row["code10"], []).append(row)
    for rows in terms.values():
        rows.sort(key=lambda row: row["use"] != "first")
    file = tmp_path / "table.ndjson"
    file.write_text("".join(json.dumps(observation_of(rows)) + "\n" for rows in terms.values()))
    code, out = run(*ALLOW, "--mdc-loinc", table, file)
    assert code == 0, "\n".join(line for line in out.splitlines() if line.startswith(("error", "warning")))


def test_a_warning_nobody_allowed_fails_and_an_unused_line_is_reported(tmp_path):
    allow = tmp_path / "allow.tsv"
    allow.write_text("performer$\tnobody performs here\nnever seen\tjust in case\n")
    code, out = run(*RULES, "--allow", allow, HERE / "examples" / "monitor.json")
    assert code == 1
    assert re.search(r"^warning .*dom-6", out, re.M)
    assert not re.search(r"^warning .*performer$", out, re.M)
    assert re.search(r"^unused .*allow.tsv:2: never seen$", out, re.M)


def test_reads_ndjson_of_resources_and_names_the_line(tmp_path):
    lines = [json.dumps(e["resource"]) for e in GOOD["entry"]]
    faulty = copy.deepcopy(GOOD)
    resource(faulty, "Observation/o-hr")["status"] = "odd"
    lines += [json.dumps(resource(faulty, "Observation/o-hr")), '{"resourceType":"Patient","id":"a","id":"b"}', "{"]
    code, out = run(*RULES, *ALLOW, "--references", "file", "-", text="\n".join(lines) + "\n")
    assert code == 1
    errors = [line for line in out.splitlines() if line.startswith("error")]
    assert all(re.match(rf"error -:({len(lines) - 2}|{len(lines) - 1}|{len(lines)}) ", line) for line in errors), errors
    assert any("status" in line for line in errors)
    assert any("Duplicate field 'id'" in line for line in errors)


def test_references_to_earlier_lines_need_the_option(tmp_path):
    devices = copy.deepcopy(GOOD)
    values = copy.deepcopy(GOOD)
    devices["entry"] = [e for e in GOOD["entry"] if e["resource"]["resourceType"] != "Observation"]
    values["entry"] = [e for e in GOOD["entry"] if e["resource"]["resourceType"] == "Observation"]
    file = tmp_path / "two.ndjson"
    file.write_text(json.dumps(devices) + "\n" + json.dumps(values) + "\n")
    assert run(*RULES, *ALLOW, "--references", "file", file)[0] == 0
    code, out = run(*RULES, *ALLOW, file)
    assert code == 1
    assert "leads nowhere" in out

"""A simulated ventilator that speaks MEDIBUS, read by a running dragoman: what it says, and its faults."""

import contextlib
import json
import shutil
import subprocess
from decimal import Decimal

from ward import PROGRAM, ROOT, Ward, canonical, until

SYSTEM = "urn:dragoman:medibus:"
# What the simulation keeps its values within.
PLAUSIBLE = {"05": (4, 30), "07": (35, 70), "08": (6, 20), "73": (6, 14), "78": (4, 6), "7D": (18, 37), "B9": (3, 10),
             "D6": (10, 28), "E6": (30, 52), "F0": (38, 42), "21": (300, 620), "22": (310, 630)}
CURVES = {"00": (-20, 100), "01": (-180, 180), "03": (0, 2400)}
QUICK = {"measured_every": "500ms", "alarms_every": "500ms", "limits_every": "5s"}


class Ventilator:
    """`dragoman simulate medibus` on a TCP port."""

    def __init__(self, *faults):
        self.process = subprocess.Popen([str(PROGRAM), "simulate", "medibus", "--listen", "tcp://127.0.0.1:0", "--json",
                                         *map(str, faults)], stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()

    def stop(self) -> dict:
        """Ends it; what it counted."""
        self.process.terminate()
        said, _ = self.process.communicate(timeout=10)
        return json.loads(said[said.index("{"):])


@contextlib.contextmanager
def reading(folder, *faults, **settings):
    """A ward that reads a ventilator."""
    device = Ventilator(*faults)
    try:
        link = {"name": "vent", "adapter": "medibus", "connect": device.address, **QUICK, **settings}
        with Ward(folder, [link]) as ward:
            yield ward, device
    finally:
        if device.process.poll() is None:
            device.process.kill()
            device.process.wait()
        device.process.stdout.close()


def observations(reports) -> list:
    """(code, system without its beginning, value, limits) of all."""
    found = []
    for report in reports:
        whole = canonical.Reading(report)
        for observation in report.get("observations", []):
            one = whole.observation(observation)
            code, _, system = one["code"]
            found.append((code, system.removeprefix(SYSTEM), one["value"], one["limits"]))
    return found


def published(ward) -> list:
    """What is out so far; before the first report there is no file."""
    return ward.published() if (ward.folder / "out.pb").exists() else []


def count(ward, system) -> int:
    return sum(1 for one in observations(published(ward)) if one[1] == system)


def check_plausible(found):
    for code, system, value, _ in found:
        if system in ("measured-1", "measured-2"):
            low, high = PLAUSIBLE[code]
            assert low <= Decimal(value) <= high, (code, value)
        if system == "curve":
            low, high = CURVES[code]
            shown = value.split(" period ")[0].split(" ")[2:]
            assert shown and all(low <= Decimal(one) <= high for one in shown), value


def test_values_limits_settings_texts_and_curves_arrive(tmp_path):
    with reading(tmp_path, curves=["00", "01:2"]) as (ward, device):
        until(lambda: count(ward, "measured-1") >= 30 and count(ward, "curve") >= 4, ward.log)
        reports = ward.published()
        said = device.stop()
    found = observations(reports)
    check_plausible(found)
    assert {code for code, system, _, _ in found if system.startswith("measured")} == set(PLAUSIBLE)
    assert {limits for code, _, _, limits in found if code == "B9"} == {"alarm 4.0..12.0"}
    assert {limits for code, _, _, limits in found if code == "7D"} == {"alarm ..35"}
    assert ("13", "setting", "35.0", "-") in found and ("0E", "text", 'text "BIPAP"', "-") in found
    # 16 ms, and twice that
    periods = {code: value.rpartition(" period ")[2] for code, system, value, _ in found if system == "curve"}
    assert periods == {"00": "16", "01": "32"}
    assert {report["device"]["key"] for report in reports} == {"8200"}
    assert said["refused"] == 0 and said["others"] == 0 and said["records"] > 50


def test_an_alarm_is_told_when_it_begins_and_when_it_ends(tmp_path):
    def phases():
        return {(whole.alert(alert)["event"][0], whole.alert(alert)["phase"])
                for report in published(ward) for whole in [canonical.Reading(report)]
                for alert in report.get("alerts", [])}

    with reading(tmp_path, "--seed", 154) as (ward, _):
        until(lambda: any((code, "end") in phases() for code, phase in phases() if phase == "start"), ward.log,
              patience_s=100)


def test_corrupt_answers_are_asked_again_and_no_wrong_value_comes_out(tmp_path):
    with reading(tmp_path, "--corrupt", 5) as (ward, device):
        until(lambda: count(ward, "measured-1") >= 60, ward.log)
        found = observations(ward.published())
        assert ward.link("vent")["bad_frames"] > 0
        said = device.stop()
    check_plausible(found)
    assert said["corrupted"] > 5 and said["others"] == 0


def test_an_unplugged_line_is_found_again(tmp_path):
    with reading(tmp_path, "--unplug", "2s", curves=["00"]) as (ward, device):
        until(lambda: count(ward, "measured-1") > 0, ward.log)
        until(lambda: ward.link("vent")["state"] != "live", ward.log)
        before = count(ward, "measured-1")
        until(lambda: count(ward, "measured-1") > before + 10 and count(ward, "curve") > 0, ward.log)
        found = observations(ward.published())
        said = device.stop()
    check_plausible(found)
    assert said["opened"] >= 2 and said["others"] == 0


def test_a_wrong_clock_is_said_and_dates_nothing(tmp_path):
    with reading(tmp_path, "--wrong-clock=-175200h") as (ward, _):
        until(lambda: count(ward, "clock") > 0 and count(ward, "measured-1") > 0, ward.log)
        found = observations(ward.published())
        times = {canonical.Reading(report).observation(observation)["time"]
                 for report in ward.published() for observation in report.get("observations", [])}
    assert next(value for _, system, value, _ in found if system == "clock").startswith("time 200")
    assert times == {"received"}


@contextlib.contextmanager
def on_a_pseudo_terminal(folder, *faults, **settings):
    """The same on a serial port."""
    device = subprocess.Popen([str(PROGRAM), "simulate", "medibus", "--link", str(folder / "port"), *map(str, faults)],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert device.stdout.readline().startswith("/dev/pts/")
        link = {"name": "vent", "adapter": "medibus", "connect": f"serial:{folder / 'port'}", "serial": {"baud": 19200},
                **QUICK, **settings}
        sinks = [{"name": "all", "to": "file:out.pb", "format": "protobuf"},
                 {"name": "ehr", "to": "file:out.ndjson", "format": "fhir-ndjson"}]
        with Ward(folder, [link], publish=sinks) as ward:
            yield ward
    finally:
        device.terminate()
        device.communicate(timeout=10)


def test_a_ventilator_on_a_serial_port(tmp_path):
    with on_a_pseudo_terminal(tmp_path, curves=["00", "03"]) as ward:
        until(lambda: count(ward, "measured-1") >= 30 and count(ward, "curve") >= 4, ward.log)
        found = observations(published(ward))
    check_plausible(found)
    assert {code for code, system, _, _ in found if system.startswith("measured")} == set(PLAUSIBLE)
    resources = [json.loads(line) for line in (tmp_path / "out.ndjson").read_text(encoding="utf-8").splitlines()]
    peep = next(one for one in resources if {"system": SYSTEM + "measured-1", "code": "78"} in
                one.get("code", {}).get("coding", []))
    assert peep["code"]["coding"][0] == {"system": "urn:iso:std:iso:11073:10101", "code": "151976",
                                         "display": "MDC_VENT_PRESS_AWAY_END_EXP_POS"}
    assert peep["valueQuantity"]["code"] == "mbar" and 4 <= peep["valueQuantity"]["value"] <= 6
    # What ./dev conformance puts before the validator.
    (ROOT / ".dev" / "fhir").mkdir(parents=True, exist_ok=True)
    shutil.copy(tmp_path / "out.ndjson", ROOT / ".dev" / "fhir" / "medibus-on-a-serial-port.ndjson")


def test_a_serial_port_that_is_pulled_out_comes_back(tmp_path):
    with on_a_pseudo_terminal(tmp_path, "--unplug", "3s") as ward:
        until(lambda: count(ward, "measured-1") > 0, ward.log)
        until(lambda: ward.link("vent")["state"] != "live", ward.log)
        before = count(ward, "measured-1")
        until(lambda: count(ward, "measured-1") > before, ward.log)
        check_plausible(observations(published(ward)))

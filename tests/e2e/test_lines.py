"""Simulated devices that speak in text, each read by a running dragoman with its profile, and with faults."""

import contextlib
import json
import subprocess
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation

import pytest
from ward import PROGRAM, Ward, canonical, dragoman, until

# What the simulation keeps its values within.
PLAUSIBLE = {"SPO2": (94, 99), "BPM": (60, 90), "spo2": (94, 99), "pulse-rate": (60, 90), "HR": (60, 90),
             "PR": (60, 90), "rate": (12, 18), "exhaled-tidal-volume": (Decimal("0.47"), Decimal("0.49")),
             "peak-pressure": (22, 46), "peak-inspiratory-pressure": (24, 25), "NIBP-systolic": (121, 121),
             "T1": (Decimal("36.9"), Decimal("36.9"))}
DEVICES = {"masimo-rad-8": "SPO2", "masimo-radical-7": "BPM", "nellcor-n-595": "spo2", "nonin-ascii": "SPO2",
           "ivy-450c": "HR", "puritan-bennett-snda": "exhaled-tidal-volume", "puritan-bennett-sndf": "peak-pressure",
           "respironics-v200": "peak-inspiratory-pressure"}
FAST = {name: {"every": "200ms"} for name in DEVICES if "bennett" in name or "v200" in name}


class Device:
    """`dragoman simulate lines` on a TCP port."""

    def __init__(self, name, *faults):
        self.process = subprocess.Popen(
            [str(PROGRAM), "simulate", "lines", "--device", name, "--listen", "tcp://127.0.0.1:0", "--json",
             *map(str, faults)], stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()

    def stop(self) -> dict:
        """Ends it; what it counted."""
        self.process.terminate()
        said, _ = self.process.communicate(timeout=10)
        return json.loads(said[said.index("{"):])


@contextlib.contextmanager
def playing(names, *faults):
    devices = {name: Device(name, *faults) for name in names}
    try:
        yield devices
    finally:
        for device in devices.values():
            if device.process.poll() is None:
                device.process.kill()
                device.process.wait()
            device.process.stdout.close()


def link_of(name, device):
    return {"name": name, "adapter": "lines", "connect": device.address, "profile": name, **FAST.get(name, {})}


def values(ward) -> list:
    """(code, value, status) of every observation that is out."""
    if not (ward.folder / "out.pb").exists():
        return []
    found = []
    for report in ward.published():
        whole = canonical.Reading(report)
        for observation in report.get("observations", []):
            one = whole.observation(observation)
            found.append((one["code"][0], one["value"], one["status"]))
    return found


def implausible(found) -> list:
    """Numbers beyond what the simulation says. What is absent or flagged as no number is none."""
    wrong = []
    for code, value, status in found:
        with contextlib.suppress(InvalidOperation):
            low, high = PLAUSIBLE.get(code, (Decimal("-Infinity"), Decimal("Infinity")))
            if not low <= Decimal(value) <= high:
                wrong.append((code, value, status))
    return wrong


def test_every_device_is_read_with_its_profile(tmp_path):
    with playing(DEVICES) as devices:
        with Ward(tmp_path, [link_of(name, device) for name, device in devices.items()]) as ward:
            until(lambda: set(DEVICES.values()) <= {code for code, value, _ in values(ward) if value[0].isdigit()},
                  ward.log)
            assert not implausible(values(ward))
            for name in DEVICES:
                assert ward.link(name)["state"] == "live", name
        for name, device in devices.items():
            counted = device.stop()
            assert counted["others"] == counted["refused"] == 0, (name, counted)
            assert (counted["asked"] > 0) == (name in FAST), (name, counted)


def test_a_struck_record_costs_one_value_at_most(tmp_path):
    """Without a checksum a digit may become another one; nothing else of its record does, and the next one is read."""
    names = ("puritan-bennett-snda", "respironics-v200")
    with playing(names, "--corrupt", 2, "--drop", 5) as devices:
        with Ward(tmp_path, [link_of(name, device) for name, device in devices.items()]) as ward:
            until(lambda: len(values(ward)) > 200, ward.log)
            found = values(ward)
        counted = [device.stop() for device in devices.values()]
    assert all(one["corrupted"] > 2 and one["dropped"] > 0 for one in counted), counted
    assert len(implausible(found)) <= sum(one["corrupted"] for one in counted)


def test_a_line_that_is_pulled_comes_back(tmp_path):
    with playing(["masimo-rad-8"], "--unplug", "2s") as devices:
        with Ward(tmp_path, [link_of("masimo-rad-8", devices["masimo-rad-8"])]) as ward:
            until(lambda: len(values(ward)) > 20, ward.log)
            assert not implausible(values(ward))
        assert devices["masimo-rad-8"].stop()["opened"] >= 2


def test_a_wrong_clock_is_the_devices_own(tmp_path):
    """What it says is kept as it was said, two days ahead of when it came."""
    with playing(["masimo-rad-8"], "--wrong-clock", "48h") as devices:
        with Ward(tmp_path, [link_of("masimo-rad-8", devices["masimo-rad-8"])], time_zone="UTC") as ward:
            until(lambda: values(ward), ward.log)
            report = next(one for one in ward.published() if one.get("observations"))
    said = canonical.Reading(report).observation(report["observations"][0])["time"]
    ahead = datetime.strptime(said[:10], "%Y-%m-%d").date() - datetime.now(timezone.utc).date()
    assert 1 <= ahead.days <= 3, said


def test_mistakes_of_a_profile_are_told_where_they_are(tmp_path):
    (tmp_path / "p.yaml").write_text(
        "profile: mine\nfor: lines\nsource: { document: d }\ndevice:\n  frame: { ende: CR }\n  records:\n"
        "    - when: \"A*\"\n      fields:\n        - { name: a, colum: 1 }\n        - { name: b, column: 2, unit: x, "
        "means: [{ is: z, status: bad }] }\n")
    told = dragoman("profile", "check", tmp_path / "p.yaml").stderr
    for place, words in (("5:18", "frame.ende: this key is not known here"),
                         ("9:29", "records.0.fields.0.colum: this key is not known here"),
                         ("9:19", "records.0.fields.0: one of key, column"),
                         ("10:67", "records.0.fields.1.means.0.status: one of these is expected"),
                         ("5:3", "a frame has either an end")):
        start = f"{tmp_path}/p.yaml:{place}: "
        assert any(line.startswith(start) and words in line for line in told.splitlines()), told


@pytest.mark.parametrize("name", DEVICES)
def test_a_link_takes_its_port_from_the_profile(tmp_path, name):
    (tmp_path / "site.yaml").write_text(
        f"site: x\nlinks:\n  - {{ name: a, adapter: lines, connect: \"serial:/dev/ttyS9\", profile: {name} }}\n")
    said = dragoman("check", "site.yaml", cwd=tmp_path).stdout
    assert f"from its profile {name}: serial.baud {'19200' if 'v200' in name else '9600'}" in said

"""Simulated IntelliVue monitors on UDP: association, discovery, values and waves as FHIR, faults on the way."""

import json
import signal
import socket
import subprocess
from datetime import datetime, timedelta, timezone

import pytest
import yaml
from ward import PROGRAM, dragoman, until

HEART_RATE, ECG_II, RHYTHM, PANEL = "147842", "131330", "184327", "85354-9"


def free_port(count=1) -> int:
    """The first of `count` free UDP ports in a row."""
    while True:
        sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM)]
        try:
            sockets[0].bind(("127.0.0.1", 0))
            first = sockets[0].getsockname()[1]
            for port in range(first + 1, first + count):
                sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                sockets[-1].bind(("127.0.0.1", port))
            return first
        except (OSError, OverflowError):
            pass
        finally:
            for each in sockets:
                each.close()


class House:
    """A site with IntelliVue links and a FHIR file, and the monitors that it hears."""

    def __init__(self, folder, channels):
        self.site = folder / "site.yaml"
        self.out = folder / "out.ndjson"
        self.site.write_text(yaml.safe_dump({
            "site": "Test", "time_zone": "Europe/Berlin",
            "links": [{"name": "icu", "adapter": "intellivue", "channels": channels}],
            "publish": [{"name": "fhir", "to": "file:out.ndjson", "format": "fhir"}]}), encoding="utf-8")
        self.processes = []

    def start(self, *words):
        self.processes.append(subprocess.Popen([str(PROGRAM), *map(str, words)], stdout=subprocess.PIPE,
                                               stderr=subprocess.PIPE, text=True))
        return self.processes[-1]

    def run(self):
        self.start("run", self.site)
        until(lambda: dragoman("status", self.site).returncode == 0)

    def simulate(self, port, *words):
        return self.start("simulate", "intellivue", "--listen", f"udp://127.0.0.1:{port}", *words)

    def resources(self, kind) -> list:
        lines = self.out.read_text(encoding="utf-8").splitlines(keepends=True) if self.out.exists() else []
        return [entry["resource"] for line in lines if line.endswith("\n") for entry in json.loads(line)["entry"]
                if entry["resource"]["resourceType"] == kind]

    def observations(self, code) -> list:
        return [one for one in self.resources("Observation")
                if any(coding["code"] == code for coding in one["code"].get("coding", []))]

    def stop(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)


@pytest.fixture(name="house_of")
def make_house(tmp_path):
    houses = []

    def make(**channels):
        houses.append(House(tmp_path, channels))
        return houses[-1]
    yield make
    for house in houses:
        house.stop()


def test_a_monitor_gives_values_waves_a_rhythm_and_its_patient(house_of):
    port = free_port()
    house = house_of(main={"connect": f"udp://127.0.0.1:{port}"})
    house.simulate(port)
    house.run()
    for code in (HEART_RATE, PANEL, RHYTHM, ECG_II):
        until(lambda code=code: house.observations(code), f"{code} did not come")
    rate = house.observations(HEART_RATE)[-1]
    assert 40 <= rate["valueQuantity"]["value"] <= 130 and rate["valueQuantity"]["code"] == "/min"
    assert rate["status"] == "preliminary"
    panel = house.observations(PANEL)[-1]
    assert [part["code"]["coding"][0]["code"] for part in panel["component"]] == ["150037", "150038", "150039"]
    wave = house.observations(ECG_II)[-1]["valueSampledData"]
    assert (wave["origin"]["value"], wave["factor"], wave["period"]) == (-40.96, 0.005, 2)
    assert len(wave["data"].split()) == 128
    assert house.observations(RHYTHM)[-1]["valueCodeableConcept"]["coding"][0]["code"] == "147474"
    device = next(one for one in house.resources("Device") if "serialNumber" in one)
    assert (device["manufacturer"], device["modelNumber"], device["serialNumber"]) == \
        ("Philips", "M8000", "DE00000001")
    assert house.resources("Patient")[-1]["identifier"][0]["value"] == "SIM0001"


def test_monitors_that_announce_themselves_are_found(house_of):
    discovery, first = free_port(), free_port(3)
    house = house_of(main={"listen": "udp://127.0.0.1:0"}, discovery={"listen": f"udp://127.0.0.1:{discovery}"})
    house.run()
    house.simulate(first, "--monitors", 3, "--announce", f"udp://127.0.0.1:{discovery}")
    until(lambda: {one.get("serialNumber") for one in house.resources("Device")} >=
          {"DE00000001", "DE00000002", "DE00000003"}, "not all three were found")


def test_what_a_bad_network_does_harms_nothing(house_of):
    """Each value has one observation, however its datagrams came; nothing falls out of its range."""
    port = free_port()
    house = house_of(main={"connect": f"udp://127.0.0.1:{port}"})
    monitor = house.simulate(port, "--drop", 10, "--delay", 4, "--json")
    house.run()
    until(lambda: len(house.observations(HEART_RATE)) >= 5, "it did not associate")
    monitor.send_signal(signal.SIGTERM)
    told = json.loads(monitor.communicate(timeout=30)[0])
    assert told["dropped"] > 0 and told["delayed"] > 0
    rates = house.observations(HEART_RATE)
    assert len({one["id"] for one in rates}) == len(rates)
    assert all(40 <= one["valueQuantity"]["value"] <= 130 for one in rates)


def test_a_wrong_clock_is_carried_as_the_monitor_shows_it(house_of):
    port = free_port()
    house = house_of(main={"connect": f"udp://127.0.0.1:{port}"})
    house.simulate(port, "--clock-off", "48h")
    house.run()
    until(lambda: house.observations(HEART_RATE))
    shown = datetime.fromisoformat(house.observations(HEART_RATE)[-1]["effectiveDateTime"])
    ahead = shown - datetime.now(timezone.utc)
    assert timedelta(hours=46) < ahead < timedelta(hours=50), "it shows UTC, and Berlin is believed"

"""Simulated IntelliVue monitors on UDP: association, discovery, values and waves as FHIR, faults on the way."""

import json
import os
import pty
import select
import signal
import socket
import subprocess
import threading
import tty
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

    def __init__(self, folder, link):
        self.site = folder / "site.yaml"
        self.out = folder / "out.ndjson"
        self.site.write_text(yaml.safe_dump({
            "site": "Test", "time_zone": "Europe/Berlin",
            "links": [{"name": "icu", "adapter": "intellivue", **link}],
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

    def make(**link):
        houses.append(House(tmp_path, link))
        return houses[-1]
    yield make
    for house in houses:
        house.stop()


def test_a_monitor_gives_values_waves_a_rhythm_and_its_patient(house_of):
    port = free_port()
    house = house_of(connect=f"udp://127.0.0.1:{port}")
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
    house = house_of(channels={"main": {"listen": "udp://127.0.0.1:0"},
                               "discovery": {"listen": f"udp://127.0.0.1:{discovery}"}})
    house.run()
    house.simulate(first, "--monitors", 3, "--announce", f"udp://127.0.0.1:{discovery}")
    until(lambda: {one.get("serialNumber") for one in house.resources("Device")} >=
          {"DE00000001", "DE00000002", "DE00000003"}, "not all three were found")


def test_what_a_bad_network_does_harms_nothing(house_of):
    """Each value has one observation, however its datagrams came; nothing falls out of its range."""
    port = free_port()
    house = house_of(connect=f"udp://127.0.0.1:{port}")
    monitor = house.simulate(port, "--drop", 12, "--delay", 8, "--json")
    house.run()
    until(lambda: len(house.observations(HEART_RATE)) >= 5, "it did not associate", patience_s=90)
    monitor.send_signal(signal.SIGTERM)
    told = json.loads(monitor.communicate(timeout=30)[0])
    assert told["dropped"] > 0 and told["delayed"] > 0
    rates = house.observations(HEART_RATE)
    assert len({one["id"] for one in rates}) == len(rates)
    assert all(40 <= one["valueQuantity"]["value"] <= 130 for one in rates)


def test_a_wrong_clock_is_carried_as_the_monitor_shows_it(house_of):
    port = free_port()
    house = house_of(connect=f"udp://127.0.0.1:{port}")
    house.simulate(port, "--clock-off", "48h")
    house.run()
    until(lambda: house.observations(HEART_RATE))
    shown = datetime.fromisoformat(house.observations(HEART_RATE)[-1]["effectiveDateTime"])
    ahead = shown - datetime.now(timezone.utc)
    assert timedelta(hours=46) < ahead < timedelta(hours=50), "it shows UTC, and Berlin is believed"


def frame(message: bytes) -> bytes:
    """The fixed baudrate protocol: header, CRC-16/X.25, flags, and escapes between them."""
    body = bytes([0x11, 0x01]) + len(message).to_bytes(2, "big") + message
    check = 0xFFFF
    for byte in body:
        check ^= byte
        for _ in range(8):
            check = (check >> 1) ^ (0x8408 if check & 1 else 0)
    body += (check ^ 0xFFFF).to_bytes(2, "little")
    return b"\xc0" + b"".join(bytes([0x7D, byte ^ 0x20]) if byte in (0xC0, 0xC1, 0x7D) else bytes([byte])
                              for byte in body) + b"\xc1"


def messages(line: bytearray):
    """Takes whole frames off the line's front."""
    while 0xC1 in line:
        raw = bytes(line[:line.index(0xC1)])
        del line[:len(raw) + 1]
        parts = raw[raw.rindex(0xC0) + 1:].split(b"\x7d")
        yield (parts[0] + b"".join(bytes([part[0] ^ 0x20]) + part[1:] for part in parts[1:]))[4:-2]


class Converter(threading.Thread):
    """A monitor on a serial port: what a simulated one says in datagrams, framed, with some noise on the line."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.line, self.other = pty.openpty()
        tty.setraw(self.other)
        self.path = os.ttyname(self.other)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.is_over = False

    def run(self):
        heard, sent = bytearray(), 0
        while not self.is_over:
            ready, _, _ = select.select([self.line, self.socket], [], [], 0.1)
            if self.line in ready:
                heard += os.read(self.line, 4096)
                for message in messages(heard):
                    self.socket.send(message)
            if self.socket in ready:
                sent += 1
                os.write(self.line, (b"\x00\xc0\x11noise" if sent % 5 == 0 else b"") + frame(self.socket.recv(4096)))


def test_a_monitor_on_a_serial_port(house_of):
    port = free_port()
    converter = Converter(port)
    house = house_of(connect=f"serial:{converter.path}", serial={"baud": 115200})
    house.simulate(port)
    until(lambda: socket_is_taken(port))
    converter.start()
    try:
        house.run()
        for code in (HEART_RATE, ECG_II):
            until(lambda code=code: house.observations(code), f"{code} did not come")
        link = json.loads(dragoman("status", "--json", house.site).stdout)["links"][0]
        assert link["bad_frames"] > 0, "the noise begins frames that never end"
    finally:
        converter.is_over = True
        converter.join()


def socket_is_taken(port) -> bool:
    """Without trying to take it: that could be just when the simulator does."""
    with open("/proc/net/udp", encoding="ascii") as lines:
        return any(line.split()[1].endswith(f":{port:04X}") for line in lines)

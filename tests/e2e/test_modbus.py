"""The adapter modbus against servers that were not written here, and against simulated devices with faults."""

import json
import subprocess

import pytest
from registers import Server, unit
from ward import PROGRAM, Ward, until

FHIR = [{"name": "all", "to": "file:out.ndjson", "format": "fhir-ndjson"}]


def seen(folder, kind="Observation"):
    """Every resource of a kind that was published."""
    file = folder / "out.ndjson"
    # What stands behind the last line's end is still being written.
    lines = file.read_text(encoding="utf-8").split("\n")[:-1] if file.exists() else []
    return [one for one in map(json.loads, filter(None, lines)) if one["resourceType"] == kind]


def values(folder, code, unit_address=None):
    """What was said of a metric: numbers as they stand in the text, words, or absent reasons."""
    devices = {one["id"]: one for one in seen(folder, "Device")}
    found = []
    for one in seen(folder):
        place = devices.get(one["device"]["reference"].split("/")[1], {}).get("location", {}).get("display")
        if not any(coding["code"] == code for coding in one["code"]["coding"]) or unit_address not in (None, place):
            continue
        if "valueQuantity" in one:
            found.append(one["valueQuantity"]["value"])
        elif "valueCodeableConcept" in one:
            found.append(one["valueCodeableConcept"]["text"])
        elif "valueString" in one:
            found.append(one["valueString"])
        else:
            found.append(one["dataAbsentReason"]["coding"][0]["code"])
    return found


def functions(server):
    """The function codes that the server was asked with."""
    at = {"tcp": 7, "rtu": 1, "pty": 1, "serial": 1}[server.framing]
    return {data[at] for data in server.asked if len(data) > at}


def link(server, profile, **more):
    framing = "tcp" if server.framing == "tcp" else "rtu"
    return {"name": "bus", "adapter": "modbus", "connect": server.address, "profile": profile, "framing": framing,
            "every": "100ms", "timeout": "300ms", **more}


@pytest.mark.parametrize("framing", ["tcp", "rtu", "pty", "serial"])
def test_a_sensor_is_read(tmp_path, framing):
    with Server({1: unit(inputs={1: 0x0131, 2: 0x0222})}, framing) as server:
        with Ward(tmp_path, [link(server, "xy-md02")], publish=FHIR) as ward:
            until(lambda: len(values(tmp_path, "temperature")) >= 3, ward.log)
    assert set(values(tmp_path, "temperature")) == {30.5} and set(values(tmp_path, "humidity")) == {54.6}
    assert functions(server) == {4}
    room = next(one for one in seen(tmp_path) if one["code"]["text"] == "Temperature")
    assert "188508" in {coding["code"] for coding in room["code"]["coding"]}
    # A room is no patient: its temperature is nobody's vital sign.
    assert room["subject"]["reference"].startswith("Device/") and "category" not in room


def test_a_vaccine_refrigerator_reaches_fhir(tmp_path):
    holdings = {0x0501: 1, 0x0557: 0x0200, 0x0558: 50, 0x0601: 50, 0x060D: 20, 0x28C4: 1 << 11, 0x28C6: 1 << 10}
    with Server({3: unit(holdings=holdings)}) as server:
        links = [link(server, "penn-tc3", units=["3=Pharmacy"])]
        with Ward(tmp_path, links, publish=FHIR) as ward:
            until(lambda: values(tmp_path, "service-request") and values(tmp_path, "setpoint"), ward.log)
    assert values(tmp_path, "setpoint-in-use", "Pharmacy")[0] == 5.0
    assert values(tmp_path, "defrost-phase")[0] == "pre-dripping"
    assert values(tmp_path, "power")[0] == "on" and values(tmp_path, "service-request")[0] == "yes"
    assert functions(server) == {3}
    device = seen(tmp_path, "Device")[0]
    assert device["manufacturer"] == "PENN Controls" and device["modelNumber"] == "TC3223"


def test_floats_word_order_and_who_it_is(tmp_path):
    # 41F47AE1h, low word first, is 30.56; a quiet NaN is no value.
    holdings = {0: 0x7AE1, 1: 0x41F4, 2: 0x0000, 3: 0x7FC0, 8: 0xE666, 9: 0xC2F6}
    with Server({240: unit(holdings=holdings)}) as server:
        with Ward(tmp_path, [link(server, "vaisala-hmp", units=["240"])], publish=FHIR) as ward:
            until(lambda: values(tmp_path, "dew-point"), ward.log)
    assert values(tmp_path, "relative-humidity")[0] == 30.56
    assert values(tmp_path, "temperature")[0] == "not-a-number"
    assert values(tmp_path, "dew-point")[0] == -123.45
    assert functions(server) == {3, 0x2B}
    assert seen(tmp_path, "Device")[0]["modelNumber"] == "Probe 7"


def test_what_a_device_has_not_is_an_exception_and_no_silence(tmp_path):
    # It has set points, and nothing from 0x1000 on: an exception for the rest.
    with Server({1: unit(holdings={0x0558: 50}, size=0x1000)}) as server:
        with Ward(tmp_path, [link(server, "penn-tc3")], publish=FHIR) as ward:
            until(lambda: len(values(tmp_path, "setpoint-in-use")) > 5, ward.log)
    assert values(tmp_path, "service-request") == ["unsupported"]
    assert "temp-unknown" not in values(tmp_path, "setpoint-in-use")


def test_a_dead_neighbour_costs_the_others_little_and_is_said_once(tmp_path):
    with Server({1: unit(inputs={1: 40}), 3: unit(inputs={1: 43})}, "rtu") as server:
        links = [link(server, "xy-md02", units=["1=A", "2=B", "3=C"])]
        with Ward(tmp_path, links, publish=FHIR) as ward:
            until(lambda: len(values(tmp_path, "temperature", "C")) > 20, ward.log)
    assert values(tmp_path, "temperature", "B") == ["temp-unknown"]
    assert set(values(tmp_path, "temperature", "A")) == {4.0} and set(values(tmp_path, "temperature", "C")) == {4.3}
    assert len(values(tmp_path, "temperature", "A")) > 15


@pytest.mark.parametrize("framing", ["tcp", "rtu"])
def test_faults_of_a_simulated_bus(tmp_path, framing):
    words = "--devices 2 --drop 10 --busy 10 --unplug 700ms --seed 3".split()
    if framing == "rtu":  # a flipped bit is seen by the checksum, which TCP leaves to TCP
        words += ["--corrupt", "20", "--framing", "rtu"]
    command = [PROGRAM, "simulate", "modbus", "--listen", "tcp://127.0.0.1:0", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as simulator:
        port = simulator.stderr.readline().strip().rsplit(":", 1)[1]
        links = [{"name": "bus", "adapter": "modbus", "connect": f"tcp://127.0.0.1:{port}", "profile": "xy-md02",
                  "framing": framing, "units": ["1-2"], "every": "50ms", "timeout": "50ms"}]
        try:
            with Ward(tmp_path, links, publish=FHIR) as ward:
                until(lambda: len(seen(tmp_path)) > 80, ward.log)
        finally:
            simulator.terminate()
            simulator.wait(10)
    found = values(tmp_path, "temperature")
    # The simulated refrigerator stays between 3.5 and 4.5 degrees: nothing else may have come out.
    assert all(3.5 <= one <= 4.5 for one in found if not isinstance(one, str)), found
    assert {one for one in found if isinstance(one, str)} <= {"temp-unknown"}


def test_a_register_map_with_mistakes_is_told_where(tmp_path):
    (tmp_path / "map.yaml").write_text(
        "profile: mine\nfor: modbus\nsource: { document: d }\ndevice:\n  registers:\n"
        "    - { name: a, table: input, address: 70000, type: int16 }\n"
        "    - { name: a, table: coil, address: 1, type: int16 }\n"
    )
    done = subprocess.run([PROGRAM, "profile", "check", "map.yaml"], cwd=tmp_path, capture_output=True, text=True,
                          check=False)
    lines = done.stderr.splitlines()
    assert done.returncode == 1
    assert any(line.startswith("map.yaml:6:41: registers.0.address: an address") for line in lines), lines
    assert any(line.startswith("map.yaml:7:15: registers.1: coils and discrete inputs") for line in lines), lines
    assert any(line.startswith("map.yaml:7:15: registers.1.name: another register") for line in lines), lines

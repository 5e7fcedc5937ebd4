"""Simulated personal health devices, the running program, and what it publishes."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time

from ward import PROGRAM, ROOT, Ward, dragoman, until

LINK = {"name": "ward", "adapter": "phd"}
SPO2, PULSE, MASS, GLUCOSE, LEAD_I = "150456", "149530", "188736", "160184", "131329"


def simulate(ward, *words):
    """The summary of `dragoman simulate phd` against the ward's link."""
    done = dragoman("simulate", "phd", "--to", f"tcp://127.0.0.1:{ward.port('ward')}", "--json", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def observations(ward):
    return [(report, one) for report in ward.published() for one in report.get("observations", [])]


def code_of(report, one):
    return report["concepts"][one["code"] - 1]["codings"][0]["code"]


def time_of(report, one):
    """What the device's clock showed, in microseconds."""
    if "measured_at" in one:
        return one["measured_at"]["civil_us"]
    return report["base_time"]["civil_us"] + one["measured_delta_us"]


def measurements(ward):
    return [(report["device"]["key"], time_of(report, one), one["values"][0]["mantissa"])
            for report, one in observations(ward)]


def test_devices_of_every_kind_are_taken(tmp_path):
    with Ward(tmp_path, [LINK]) as ward:
        # Two equal values in one second of a device's clock would be one measurement.
        told = simulate(ward, "--reports", "21", "--every", "1100ms")
        assert told["associated"] == 7
        assert told["configured"] == 3
        assert told["sent"] == told["confirmed"] == 21
        assert told["stored"] == 12
        assert told["refused"] == told["timeouts"] == told["aborted"] == told["broken"] == 0
        found = observations(ward)
        codes = {code_of(*one) for one in found}
        assert {SPO2, PULSE, MASS, GLUCOSE, LEAD_I, "150020", "150364", "188748", "147842"} <= codes
        reports = [report for report in ward.published() if report.get("observations")]
        assert len(reports) == told["confirmed"] + 3, "and three events of the store"
        # The store's twelve, each with its own hour.
        stored = {time_of(*one) for one in found if code_of(*one) == GLUCOSE and not one[1].get("time_is_own")}
        assert len(stored) == 12
        assert {report["device"]["key"] for report, _ in found} == {f"02AB0000{n:08X}" for n in range(1, 8)}


def test_learned_configurations_outlive_a_restart(tmp_path):
    with Ward(tmp_path, [LINK]) as ward:
        assert simulate(ward, "--reports", "14", "--every", "50ms")["configured"] == 3
    with Ward(tmp_path, [LINK]) as ward:
        told = simulate(ward, "--reports", "14", "--every", "50ms")
        assert told["associated"] == 7
        assert told["configured"] == 0
        assert told["stored"] == 0, "nor is the store read again"


def test_every_measurement_of_troubled_devices_arrives_once(tmp_path):
    """Cables come out in the middle and reports get lost: nothing is missing and nothing is there twice."""
    with Ward(tmp_path, [LINK]) as ward:
        told = simulate(ward, "--kind", "scale", "--agents", "20", "--reports", "60", "--every", "1s", "--unplug", "6",
                        "--drop", "25")
        assert told["broken"] > 0 and told["resent"] > 0
        assert told["confirmed"] == told["sent"]
        found = measurements(ward)
        assert len(set(found)) == len(found) == told["confirmed"]


def test_what_was_confirmed_outlives_kill_9(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    link = {**LINK, "listen": f"tcp://127.0.0.1:{port}"}
    with Ward(tmp_path, [link]) as ward:
        devices = subprocess.Popen([PROGRAM, "simulate", "phd", "--to", f"tcp://127.0.0.1:{port}", "--kind", "scale",
                                    "--agents", "30", "--every", "1s", "--reports", "150", "--json"],
                                   stdout=subprocess.PIPE, text=True)
        until(lambda: ward.status()["store"]["messages"] > 100)
        ward.stop(signal.SIGKILL)
    with Ward(tmp_path, [link]) as ward:
        told = json.loads(devices.communicate(timeout=60)[0])
        assert told["broken"] >= 30
        assert told["confirmed"] == told["sent"] == 150
        found = measurements(ward)
        assert len(set(found)) == len(found) == 150, "each is there, and once"


def test_garbled_reports_cost_no_more_than_themselves(tmp_path):
    with Ward(tmp_path, [LINK]) as ward:
        told = simulate(ward, "--kind", "thermometer", "--agents", "20", "--seconds", "3", "--every", "100ms",
                        "--corrupt", "8")
        assert told["confirmed"] > 50
        told = simulate(ward, "--kind", "oximeter", "--agents", "5", "--reports", "20", "--every", "50ms")
        assert told["confirmed"] == told["sent"] == 20


def test_a_wrong_clock_is_the_devices_own(tmp_path):
    with Ward(tmp_path, [LINK]) as ward:
        simulate(ward, "--kind", "scale", "--agents", "1", "--reports", "1", "--clock-ahead", "24h")
        (report, one), = observations(ward)
        ahead = time_of(report, one) - report["stamp"]["received_at_us"]
        assert 86390e6 < ahead < 86410e6


def test_published_bytes_of_another_makers_scale(tmp_path):
    """The APDUs that a maker of microcontrollers prints in its example of a scale, over a real connection."""
    frames = [bytes.fromhex(text.replace(" ", "")) for text in (
        "E200 0032 80000000 0001 002A 5079 0026 80000000 8000 80000000 00000000 00800000 0008 1122334455667788 4000 "
        "0001 01 00 0000 0000",
        "E700 00A2 00A0 1235 0101 009A 0000 FFFFFFFF 0D1C 0090 4000 0003 008A"
        "0006 0001 0004 0024 092F 0004 0002E140 0A46 0002 F040 0996 0002 06C3 0A55 000C 0002 0008 0A56 0004 0990 0008"
        "0006 0002 0004 0024 092F 0004 0002E144 0A46 0002 F048 0996 0002 0511 0A55 000C 0002 0008 0A56 0004 0990 0008"
        "0006 0003 0005 002A 092F 0004 0002E150 0A46 0002 F042 0996 0002 07A0 0A47 0002 0001 0A55 000C 0002 0008"
        "0A56 0004 0990 0008",
        "E700 005A 0058 1236 0101 0052 0000 00000000 0D1D 0048 F000 0000 0004 0040"
        "0001 000C FF0002FA 2007120612100000 0003 000C FF0000F3 2007120612100000"
        "0001 000C FF0002F8 2007120620050000 0003 000C FF0000F2 2007120620050000")]
    with Ward(tmp_path, [LINK]) as ward, socket.create_connection(("127.0.0.1", ward.port("ward"))) as scale:
        scale.settimeout(10)
        scale.sendall(frames[0])
        assert scale.recv(48, socket.MSG_WAITALL)[:6] == bytes.fromhex("E300002C0003")
        scale.sendall(frames[1])
        assert scale.recv(26, socket.MSG_WAITALL) == bytes.fromhex("E7000016001412350201000E0000000000000D1C0004"
                                                                   "40000000")
        assert scale.recv(18, socket.MSG_WAITALL)[8:10] == bytes.fromhex("0103")
        scale.sendall(frames[2])
        assert scale.recv(22, socket.MSG_WAITALL) == bytes.fromhex("E7000012001012360201000A0000000000000D1D0000")
        values = [one["values"][0] for _, one in observations(ward)]
        assert [(value["mantissa"], value["exponent"]) for value in values] == [
            (762, -1), (243, -1), (760, -1), (242, -1)]


THERMOMETER = bytes.fromhex("E20000328000000000010 02A507900268000000080008000000000000000008000000008"
                            "0011223344556677032000010100 00000000".replace(" ", ""))
TEMPERATURE = bytes.fromhex("E700002A0028123601010022000000000000 0D1D0018F000000000010010"
                            "0001000CFF0001722009061208300000".replace(" ", ""))


def test_a_device_on_a_serial_port(tmp_path):
    """What it says before the port is open is lost, so it associates until it is answered, as TO_assoc has it."""
    device, slave = os.openpty()
    os.set_blocking(device, False)
    link = {**LINK, "connect": f"serial:{os.ttyname(slave)}", "serial": {"baud": 115200}}
    heard = b""

    def say_until(frame, head):
        nonlocal heard
        for _ in range(100):
            os.write(device, frame)
            time.sleep(0.1)
            with contextlib.suppress(BlockingIOError):
                heard += os.read(device, 65536)
            if head in heard:
                return
        raise AssertionError(f"no answer but {heard!r}")

    with Ward(tmp_path, [link]) as ward:
        say_until(THERMOMETER, bytes.fromhex("E300002C0000"))
        say_until(TEMPERATURE, bytes.fromhex("E7000012001012360201"))
        assert any(code_of(*one) == "150364" for one in observations(ward))
    os.close(device)
    os.close(slave)


def test_a_device_that_falls_silent_is_released(tmp_path):
    with Ward(tmp_path, [{**LINK, "release_after": "1s"}]) as ward, \
            socket.create_connection(("127.0.0.1", ward.port("ward"))) as device:
        device.settimeout(10)
        device.sendall(THERMOMETER)
        device.recv(48, socket.MSG_WAITALL)
        device.recv(18, socket.MSG_WAITALL)
        device.sendall(bytes.fromhex("E700000E000C000002030006000000000000"))
        assert device.recv(6, socket.MSG_WAITALL) == bytes.fromhex("E40000020000")


def test_a_pressure_reads_as_people_write_it():
    done = dragoman("translate", "--to", "text", str(ROOT / "tests" / "captures" / "phd" / "pressure-02bc.capture"))
    assert "120/80 (100) mm[Hg]" in done.stdout

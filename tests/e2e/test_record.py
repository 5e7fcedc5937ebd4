"""`record:` on a link, and `dragoman replay` of what it recorded."""

import json
import stat
import subprocess
import sys

import pytest
from house import PROGRAM, ROOT, House, Monitor, message

sys.path.insert(0, str(ROOT / "tests" / "captures"))
import capture  # noqa: E402  pylint: disable=wrong-import-position


def run(*words):
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def lines(house):
    file = house.folder / "out.ndjson"
    return len(file.read_bytes().splitlines()) if file.exists() else 0


@pytest.fixture(name="recorded")
def record(tmp_path):
    """A house that recorded two monitors, one of whose messages came twice."""
    house = House(tmp_path, "file:out.ndjson", format="json")
    site = house.site.read_text().replace("adapter: hl7v2,", "adapter: hl7v2, record: ward.capture,")
    house.site.write_text(site)
    try:
        first = house.start()
        second = Monitor(house.port)
        for number in range(20):
            first.send(message(number))
            second.send(message(number, bed="B"))
        first.send(message(7))
        first.socket.close()
        house.until(lambda: lines(house) >= 40)
        house.stop()
    finally:
        house.kill()
    return house


def test_a_replay_gives_the_reports_of_the_house(recorded):
    """Byte by byte, also the second time: receive times, ids and stamps too."""
    lived = (recorded.folder / "out.ndjson").read_bytes()
    file = recorded.folder / "ward.capture"
    assert len(lived.splitlines()) == 40
    assert run("replay", "--to", "json", file) == lived
    assert run("replay", "--to", "json", file) == lived
    for form in ("fhir", "ndjson", "protobuf", "text"):
        assert run("replay", "--to", form, file) == run("translate", "--to", form, file)


def test_the_adapter_answers_the_replay_as_it_answered_the_devices(recorded):
    file = recorded.folder / "ward.capture"
    again = recorded.folder / "again.capture"
    run("replay", "--record", again, file)
    assert again.read_bytes()[12:] and capture.decode(again.read_bytes()).records == \
        capture.decode(file.read_bytes()).records


def test_it_is_the_owners_alone_and_a_warning_says_what_it_holds(recorded):
    file = recorded.folder / "ward.capture"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "patient data" in recorded.log()
    check = subprocess.run([PROGRAM, "check", recorded.site], capture_output=True, text=True, check=False)
    assert check.returncode == 0 and "patient data" in check.stdout + check.stderr


def test_a_recording_that_was_cut_short_plays_to_its_end(recorded):
    file = recorded.folder / "ward.capture"
    whole = run("replay", "--to", "json", file).splitlines()
    torn = recorded.folder / "torn.capture"
    torn.write_bytes(file.read_bytes()[:-5])
    assert run("replay", "--to", "json", torn).splitlines() == whole
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    torn.write_bytes(damaged)
    done = subprocess.run([PROGRAM, "replay", "--to", "json", torn], capture_output=True, check=False)
    assert done.returncode == 1 and b"is damaged" in done.stderr
    assert done.stdout.splitlines() == whole[:len(done.stdout.splitlines())]


def test_speed(recorded):
    """At 60 times its speed a recording of a second takes a sixtieth; the words are checked."""
    file = recorded.folder / "ward.capture"
    assert run("replay", "--to", "json", "--speed", "60", file) == run("replay", "--to", "json", "--speed", "max", file)
    bad = subprocess.run([PROGRAM, "replay", "--speed", "0", file], capture_output=True, text=True, check=False)
    assert bad.returncode == 2 and "--speed 0" in bad.stderr


def test_a_recording_that_rotates_plays_whole_and_file_by_file(tmp_path):
    house = House(tmp_path, "file:out.ndjson", format="json")
    house.site.write_text(house.site.read_text().replace(
        "adapter: hl7v2,", "adapter: hl7v2, record: ward.capture, record_max_size: 256KiB,"))
    try:
        monitor = house.start()
        for number in range(120):
            monitor.send(message(number))
        house.until(lambda: lines(house) >= 120)
        house.stop()
    finally:
        house.kill()
    files = [tmp_path / name for name in ("ward.capture.3", "ward.capture.2", "ward.capture.1", "ward.capture")]
    files = [file for file in files if file.exists()]
    lived = (tmp_path / "out.ndjson").read_bytes()
    assert len(files) == 2 and all(file.stat().st_size <= 65536 for file in files)
    assert run("replay", "--to", "json", *files) == lived
    # A file alone begins in the middle of the connection.
    last = [json.loads(line)["message_id"] for line in run("replay", "--to", "json", files[-1]).splitlines()]
    assert last == [json.loads(line)["message_id"] for line in lived.splitlines()][-len(last):] and len(last) > 10

"""What `dragoman run` writes into files: every report once, whole lines only, whatever happens to it."""

import json
import pathlib
import random
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from house import House, message  # pylint: disable=wrong-import-position


@pytest.fixture
def start(tmp_path):
    houses = []

    def make(to, **settings):
        house = House(tmp_path, to, **settings)
        houses.append(house)
        return house, house.start()

    yield make
    for house in houses:
        house.kill()


def bundles(path):
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    assert all(line.endswith("\n") for line in lines)
    return [json.loads(line) for line in lines]


def rates(path):
    found = []
    for bundle in bundles(path):
        assert bundle["resourceType"] == "Bundle"
        for entry in bundle["entry"]:
            if entry["resource"]["resourceType"] == "Observation":
                found.append(entry["resource"]["valueQuantity"]["value"])
    return found


def delivered(path, number):
    return path.exists() and path.read_text().count("\n") == number


@pytest.mark.parametrize("fsync", ["each", "interval", "close"])
def test_a_kill_leaves_every_report_once(start, tmp_path, fsync):
    """Killed at random moments, also while it writes what waits: what is there is whole, in order and not double."""
    out = tmp_path / "ward.ndjson"
    chance = random.Random(f"kill {fsync}")
    house, monitor = start("file:ward.ndjson", fsync=fsync)
    number = 0
    for _ in range(12):
        for _ in range(chance.randrange(1, 40)):
            monitor.send(message(number))
            number += 1
        house.stop(signal.SIGKILL)
        monitor = house.start()
    house.until(lambda: house.sink()["behind_reports"] == 0)
    house.stop()
    assert rates(out) == [60 + n % 100 for n in range(number)]


def test_a_stop_writes_what_was_acknowledged(start, tmp_path):
    house, monitor = start("file:ward.ndjson")
    for number in range(200):
        monitor.send(message(number))
    house.stop()
    assert rates(tmp_path / "ward.ndjson") == [60 + n % 100 for n in range(200)]


def test_rotation_by_size(start, tmp_path):
    house, monitor = start("file:ward.ndjson", rotate_size="20KiB", keep=3, bundle="collection")
    for number in range(100):
        monitor.send(message(number))
    house.stop()
    files = sorted(tmp_path.glob("ward*.ndjson"))
    assert len(files) == 4
    assert all(path.stat().st_size <= 20480 for path in files)
    *aside, last = [rates(path) for path in files]
    found = [value for values in aside for value in values] + last
    assert found == [60 + n % 100 for n in range(100 - len(found), 100)]


def test_rotation_holds_also_for_what_waited(start, tmp_path):
    """What was kept while the file could not be written is joined to large writes, and the files stay small."""
    out = tmp_path / "ward.ndjson"
    out.mkdir()
    house, monitor = start("file:ward.ndjson", rotate_size="64KiB")
    for number in range(100):
        monitor.send(message(number))
    house.until(lambda: not house.sink()["well"])
    out.rmdir()
    house.until(lambda: house.sink()["behind_reports"] == 0)
    house.stop()
    files = sorted(tmp_path.glob("ward-*.ndjson")) + [out]
    assert len(files) > 3
    assert all(path.stat().st_size <= 65536 for path in files)
    assert [value for path in files for value in rates(path)] == [60 + n for n in range(100)]


def test_a_file_that_cannot_be_written_is_waited_for(start, tmp_path):
    """A folder stands where the file should be; once it is gone, everything is written."""
    out = tmp_path / "ward.ndjson"
    out.mkdir()
    house, monitor = start("file:ward.ndjson")
    for number in range(5):
        monitor.send(message(number))
    house.until(lambda: not house.sink()["well"])
    assert "ward.ndjson" in house.sink()["trouble"]
    out.rmdir()
    house.until(lambda: delivered(out, 5))
    house.until(lambda: house.sink()["well"])


def test_the_canonical_forms(start, tmp_path):
    house, monitor = start("file:ward.json", format="json")
    monitor.send(message(0))
    house.stop()
    (line,) = (tmp_path / "ward.json").read_text().splitlines()
    assert json.loads(line)["observations"][0]["values"]


def test_what_is_kept_is_not_for_everybody(start, tmp_path):
    house, monitor = start("file:ward.ndjson")
    monitor.send(message(0))
    house.until(lambda: delivered(tmp_path / "ward.ndjson", 1))
    for name in ("store.db", "store.db-wal", "store.db-shm", "ward.ndjson"):
        assert (tmp_path / name).stat().st_mode & 0o007 == 0, name

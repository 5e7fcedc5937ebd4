"""A disk that is really full: devices are told, the status says so, and it heals by itself."""

import contextlib
import json
import re
import socket
import subprocess
from pathlib import Path

import pytest
from house import PROGRAM, House, message


@pytest.fixture(name="disk")
def small_disk(tmp_path):
    """A file system of 6 MiB. Mounting takes root, as everything else of the whole test run on a bare machine does."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.fixture(name="house")
def house_on_it(disk, tmp_path):
    place = tmp_path / "house"
    place.mkdir()
    house = House(place, f"file:{tmp_path / 'out.ndjson'}", format="json")
    house.site.write_text(house.site.read_text().replace("path: store.db", f"path: {disk / 'store.db'}"))
    house.start()
    yield house
    house.kill()


def answer(connection, text):
    connection.sendall(b"\x0b" + text.encode() + b"\x1c\r")
    said = b""
    while not said.endswith(b"\x1c\r"):
        part = connection.recv(65536)
        assert part, "the connection was closed"
        said += part
    return said.decode()


def code_of(said):
    return re.search(r"MSA\|(\w\w)\|", said).group(1)


def status_of(house):
    said = subprocess.run([PROGRAM, "status", "--json", house.site], capture_output=True, text=True, check=False)
    return said.returncode, json.loads(said.stdout)


def test_a_full_disk_refuses_with_the_reason_and_recovers(house, disk, tmp_path):
    ballast = Path(disk) / "ballast"
    with socket.create_connection(("127.0.0.1", house.port), timeout=20) as connection:
        assert code_of(answer(connection, message(0))) == "AA"
        with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"x" * 4096) > 0:
                pass
        number, said = 0, ""
        while code_of(said or "MSA|AA|") == "AA":
            number += 1
            assert number < 5000
            said = answer(connection, message(number))
        assert code_of(said) == "AR" and "ERR|" in said and re.search("full|space", said)
        code, status = status_of(house)
        assert code == 1 and not status["well"] and status["store"]["state"] != "ok" and status["store"]["trouble"]
        ballast.unlink()
        # The monitor sends it again, on the same connection, and the same dragoman takes it.
        assert code_of(answer(connection, message(number))) == "AA"
        assert code_of(answer(connection, message(number + 1))) == "AA"
    house.until(lambda: house.sink()["behind_reports"] == 0)
    assert status_of(house)[1]["well"]
    ids = [json.loads(line)["message_id"] for line in open(tmp_path / "out.ndjson", encoding="utf-8")]
    assert ids == [f"A{one}" for one in range(number + 2)]


def test_what_is_kept_is_not_for_everybody(house, disk, tmp_path):
    with socket.create_connection(("127.0.0.1", house.port), timeout=20) as connection:
        assert code_of(answer(connection, message(0))) == "AA"
    house.until(lambda: house.sink()["behind_reports"] == 0)
    for file in (disk / "store.db", disk / "store.db-wal", tmp_path / "out.ndjson"):
        assert file.stat().st_mode & 0o007 == 0, file

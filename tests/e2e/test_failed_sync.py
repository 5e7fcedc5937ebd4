"""A disk that takes what is written and fails when it is to be made safe: a real file system that runs out of the disk
below it."""

import signal

import mllp
import pytest
from disk import Disk, own_mounts, run
from ward import Ward, until

LINKS = [{"name": "monitors"}]


class Thin:
    """A file system that believes to have more room than the disk below it: it finds out only when it syncs."""

    def __init__(self, folder):
        self.below = Disk(folder / "below", "24m")
        self.image, self.folder = self.below.folder / "image", folder / "thin"
        self.folder.mkdir()
        run("truncate", "-s", "256M", self.image)
        run("mkfs.ext4", "-q", "-F", "-O", "^has_journal", "-E", "lazy_itable_init=0", self.image)
        self.mount()

    def mount(self):
        run("mount", "-o", "loop", self.image, self.folder)

    def forget(self):
        """What the system has in its memory only is gone, as after a power cut."""
        run("umount", self.folder)
        self.mount()


@pytest.fixture(name="thin")
def thin_disk(tmp_path):
    with own_mounts():
        yield Thin(tmp_path)


def ids(ward):
    return [report["message_id"] for report in ward.published()]


def long_report(number):
    return mllp.report(f"T{number}", 60 + number % 50, at=number) + b"OBX|2|ST|0^MDC_NOTE^99TEST|1.1.1.2|" + \
        b"long story " * 4096 + b"||||||R\r"


def test_what_is_acknowledged_after_a_sync_that_failed_is_on_the_disk(tmp_path, thin):
    store = {"path": str(thin.folder / "store.db")}
    with Ward(tmp_path, LINKS, store=store) as ward, mllp.Device(ward.port("monitors")) as device:
        number, answer = 0, None
        while answer is None or answer.code == "AA":
            if number == 20:
                thin.below.fill()
            answer = device.ask(long_report(number))
            number += 1
        assert answer.code == "AR" and 20 < number < 1000 and not ward.status()["well"]
        thin.below.free()
        assert device.ask(long_report(number - 1)).code == "AA"
        assert device.ask(long_report(number)).code == "AA"
        until(lambda: ward.status()["well"], ward.log)
        assert ward.stop(signal.SIGKILL) == -signal.SIGKILL
    thin.forget()
    again = {"name": "again", "to": "file:out.pb", "format": "protobuf"}
    (tmp_path / "out.pb").unlink()
    with Ward(tmp_path, LINKS, store=store, publish=[again]) as ward:
        assert ids(ward) == [f"T{n}" for n in range(number + 1)]


def test_a_file_whose_sync_failed_is_told_and_whole_in_the_end(tmp_path, thin):
    sink = {"name": "all", "to": f"file:{thin.folder}/out.pb", "format": "protobuf"}
    second = {"name": "elsewhere", "to": "file:out.pb", "format": "protobuf"}
    with Ward(tmp_path, LINKS, publish=[sink, second]) as ward, mllp.Device(ward.port("monitors")) as device:
        number = 0
        while ward.status()["well"]:
            if number == 20:
                thin.below.fill()
            assert number < 3000 and device.ask(long_report(number)).code == "AA"
            number += 1
        by_name = {one["name"]: one for one in ward.status()["sinks"]}
        assert "make room" in by_name["all"]["trouble"] and by_name["elsewhere"]["well"]
        thin.below.free()
        assert device.ask(long_report(number)).code == "AA"
        assert ids(ward) == [f"T{n}" for n in range(number + 1)]
        until(lambda: ward.status()["well"], ward.log)
    thin.forget()
    assert (thin.folder / "out.pb").read_bytes() == (tmp_path / "out.pb").read_bytes()

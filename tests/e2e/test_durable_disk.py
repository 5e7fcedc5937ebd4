"""The disk is full, or may not be written: senders are told why, the status too, and it goes on without a restart."""

import contextlib
import json
import signal

import mllp
import pytest
from disk import Disk, own_mounts, run
from ward import Ward, dragoman, until

ADMISSION = (
    b"MSH|^~\\&|ADT|HOUSE|||20260401090000+0200||ADT^A01^ADT_A01|%s|P|2.6\r"
    b"EVN|A01|20260401090000+0200\rPID|||605^^^StExample^MR\rPV1||I|ICU^^3\r"
)


@pytest.fixture(name="small")
def small_disk(tmp_path):
    with own_mounts():
        yield Disk(tmp_path / "disk", "4m")


def ids(ward):
    return [report["message_id"] for report in ward.published()]


def told(ward):
    """The status for people and for programs, and its exit code."""
    plain = dragoman("status", ward.path)
    return plain.returncode, plain.stdout, ward.status()


def ask_until_refused(device, most=5000):
    """Sends until one is refused: ids of those that were accepted, the refused message and its answer."""
    accepted = []
    for number in range(most):
        message = mllp.report(f"F{number}", 60 + number % 50, at=number)
        answer = device.ask(message)
        if answer.code != "AA":
            return accepted, message, answer
        accepted.append(f"F{number}")
    raise AssertionError("nothing was refused")


def test_a_full_disk_refuses_says_so_and_goes_on_when_there_is_room(tmp_path, small):
    store = {"path": str(small.folder / "store.db")}
    with Ward(tmp_path, [{"name": "monitors"}], store=store) as ward:
        with mllp.Device(ward.port("monitors")) as device:
            assert device.ask(mllp.report("FIRST")).code == "AA"
            small.fill()
            accepted, message, refusal = ask_until_refused(device)
            assert (refusal.code, refusal.error) == ("AR", 207)
            assert "disk" in refusal.words and "full" in refusal.words and "free space" in refusal.words
            assert device.ask(message).code == "AR", "and stays so"
            assert device.ask(ADMISSION % b"ADT1").code == "AR"
            code, said, status = told(ward)
            assert code == 1 and "full" in said and "free space" in said, said
            assert not status["well"] and status["store"]["state"] == "disk-full" and status["store"]["refused"] >= 3
            small.free()
            assert device.ask(message).code == "AA", "the same connection, the same process"
            assert device.ask(ADMISSION % b"ADT1").code == "AA"
        assert told(ward)[0] == 0
        assert ids(ward) == ["FIRST", *accepted, refusal.message_id, "ADT1"]
        assert ward.process.poll() is None


@pytest.mark.parametrize("site", [{}, {"publish": []}], ids=["with a sink", "without sinks"])
def test_the_status_is_well_again_before_anybody_sends(tmp_path, small, site):
    with Ward(tmp_path, [{"name": "monitors"}], store={"path": str(small.folder / "store.db")}, **site) as ward:
        with mllp.Device(ward.port("monitors")) as device:
            small.fill()
            ask_until_refused(device)
        assert told(ward)[0] == 1
        small.free()
        until(lambda: ward.status()["well"], ward.log)


def test_what_was_acknowledged_on_a_disk_that_is_full_now_survives_a_kill(tmp_path, small):
    store = {"path": str(small.folder / "store.db")}
    ward = Ward(tmp_path, [{"name": "monitors"}], store=store)
    with contextlib.suppress(AssertionError), ward, mllp.Device(ward.port("monitors")) as device:
        small.fill()
        accepted, message, _ = ask_until_refused(device)
        ward.process.kill()
        ward.process.wait()
    assert ward.process.returncode == -signal.SIGKILL
    small.free()
    with Ward(tmp_path, [{"name": "monitors"}], store=store) as again:
        with mllp.Device(again.port("monitors")) as device:
            assert device.ask(message).code == "AA"
        assert ids(again) == [*accepted, f"F{len(accepted)}"]


def test_a_file_on_a_full_disk_is_told_and_catches_up(tmp_path, small):
    sink = {"name": "all", "to": f"file:{small.folder}/out.pb", "format": "protobuf"}
    second = {"name": "elsewhere", "to": "file:out.pb", "format": "protobuf"}
    with Ward(tmp_path, [{"name": "monitors"}], publish=[sink, second]) as ward:
        with mllp.Device(ward.port("monitors")) as device:
            assert device.ask(mllp.report("FIRST")).code == "AA"
            ward.published()
            small.fill()
            names = [f"F{n}" for n in range(200)]
            for at, name in enumerate(names):
                assert device.ask(mllp.report(name, at=at)).code == "AA", "a sink is no reason to refuse"
            until(lambda: not ward.status()["well"], ward.log)
            code, said, status = told(ward)
            assert code == 1 and "out.pb: the disk is full: make room" in said
            by_name = {one["name"]: one for one in status["sinks"]}
            assert not by_name["all"]["well"] and by_name["all"]["behind_reports"] > 0
            assert by_name["elsewhere"]["well"] and status["store"]["state"] == "ok"
            small.free()
            assert ids(ward) == ["FIRST", *names]
        whole = (small.folder / "out.pb").read_bytes()
        assert whole == (tmp_path / "out.pb").read_bytes(), "no gap and nothing twice"
        until(lambda: ward.status()["well"], ward.log)


@pytest.fixture(name="real")
def real_file_system(tmp_path):
    """A folder on an ext4 of its own."""
    with own_mounts():
        image, folder = tmp_path / "image", tmp_path / "disk"
        run("truncate", "-s", "32M", image)
        run("mkfs.ext4", "-q", "-F", image)
        folder.mkdir()
        run("mount", "-o", "loop", image, folder)
        yield folder


def test_a_store_that_may_not_be_written_goes_on_when_it_may(tmp_path, real):
    with Ward(tmp_path, [{"name": "monitors"}], store={"path": str(real / "store.db")}) as ward:
        with mllp.Device(ward.port("monitors")) as device:
            assert device.ask(mllp.report("1")).code == "AA"
            ward.published()
            files = [real / "store.db", real / "store.db-wal", real / "store.db-shm"]
            run("chattr", "+i", *files)
            message = mllp.report("2", at=1)
            refusal = device.ask(message)
            assert (refusal.code, refusal.error) == ("AR", 207)
            assert "cannot be written" in refusal.words and "writable" in refusal.words
            code, said, status = told(ward)
            assert code == 1 and "cannot be written" in said
            assert status["store"]["state"] == "read-only", json.dumps(status["store"])
            run("chattr", "-i", *files)
            assert device.ask(message).code == "AA"
        assert ids(ward) == ["1", "2"]
        until(lambda: ward.status()["well"], ward.log)


def test_a_file_system_that_went_read_only_after_an_error(tmp_path, real):
    with Ward(tmp_path, [{"name": "monitors"}], store={"path": str(real / "store.db")}) as ward:
        with mllp.Device(ward.port("monitors")) as device:
            assert device.ask(mllp.report("1")).code == "AA"
            ward.published()
            run("mount", "-o", "remount,abort", real)
            for number in range(2, 20):
                refusal = device.ask(mllp.report(str(number), at=number))
                assert (refusal.code, refusal.error) == ("AR", 207) and "cannot be written" in refusal.words
        code, said, status = told(ward)
        assert code == 1 and "cannot be written" in said and "Bad file descriptor" not in said
        assert status["store"]["state"] == "read-only" and status["store"]["refused"] == 18


@pytest.mark.parametrize("is_new", [True, False])
def test_a_disk_that_is_full_at_the_start_is_waited_for(tmp_path, small, is_new):
    """Nothing is listened to, so that devices keep what they say; with room, it begins."""
    store = {"path": str(small.folder / "store.db")}
    if not is_new:
        with Ward(tmp_path, [{"name": "monitors"}], store=store) as ward:
            with mllp.Device(ward.port("monitors")) as device:
                assert device.ask(mllp.report("1")).code == "AA"
    small.fill()
    with Ward(tmp_path, [{"name": "monitors"}], store=store) as ward:
        code, said, status = told(ward)
        assert code == 1 and "is full" in said and "free space there" in said and "nothing is listened to" in said
        assert status["store"]["state"] == "disk-full" and status["links"] == [] and not status["well"]
        small.free()
        ward.until_told("has room")
        until(lambda: ward.status()["well"], ward.log)
        with mllp.Device(ward.port("monitors")) as device:
            assert device.ask(mllp.report("2", at=1)).code == "AA"
        assert ids(ward) == ["1"] * (not is_new) + ["2"]


def test_who_waits_for_room_can_be_told_to_stop(tmp_path, small):
    small.fill()
    with Ward(tmp_path, [{"name": "monitors"}], store={"path": str(small.folder / "store.db")}) as ward:
        assert told(ward)[0] == 1
    assert "the disk that holds the store" in ward.log()

"""Ends and beginnings: what was acknowledged is delivered, sinks go on where they stood, and a store that cannot be
used is refused with what to do about it."""

import json
import re
import signal
import sqlite3
import subprocess
import threading
from contextlib import closing

import mllp
import pytest
from fhir_server import FhirServer
from ward import PROGRAM, Ward, dragoman, proto, until

LINKS = [{"name": "monitors"}]
ANSWER = re.compile(rb"\rMSA\|([AC][AER])\|([^\r|]*)")


def burst(port, count, stop_after, stop):
    """Sends without waiting, and calls `stop` once so many answers came: ids by what was answered."""
    with mllp.Device(port) as device:
        whole = b"".join(mllp.frame(mllp.report(f"S{n}", 60 + n % 50, at=n)) for n in range(count))
        writer = threading.Thread(target=send_quietly, args=(device, whole))
        writer.start()
        stream, has_stopped = b"", False
        while True:
            try:
                part = device.socket.recv(1 << 16)
            except ConnectionError:
                part = b""
            stream += part
            if not has_stopped and stream.count(mllp.END) >= stop_after:
                has_stopped = True
                stop()
            if not part:
                break
        writer.join()
    return [(code.decode(), ident.decode()) for code, ident in ANSWER.findall(stream)]


def send_quietly(device, data):
    try:
        device.send_raw(data)
    except OSError:
        pass


def archived(folder):
    return [report["message_id"] for report in proto.reports((folder / "out.pb").read_bytes())]


def run_to_its_end(site):
    done = subprocess.run([str(PROGRAM), "run", str(site)], capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stderr


# --- The end ---------------------------------------------------------------------------------------------------------


def test_at_sigterm_what_was_read_is_acknowledged_and_what_was_acknowledged_is_delivered(tmp_path):
    with Ward(tmp_path, LINKS) as ward:
        answers = burst(ward.port("monitors"), 20000, 500, lambda: ward.process.send_signal(signal.SIGTERM))
        assert ward.process.wait(timeout=20) == 0
    assert {code for code, _ in answers} == {"AA"}
    acknowledged = [ident for _, ident in answers]
    assert 500 <= len(acknowledged) < 20000
    assert archived(tmp_path) == acknowledged, "in order, without a gap, and nothing that nobody was told of"


def test_a_peer_that_never_ends_does_not_keep_it_from_ending(tmp_path):
    """One that is idle, and one that goes on sending and closes only when the process is gone."""
    with Ward(tmp_path, LINKS) as ward:
        port = ward.port("monitors")
        with mllp.Device(port) as idle, mllp.Device(port) as device:
            assert idle.ask(mllp.report("IDLE")).code == "AA"
            ward.process.send_signal(signal.SIGTERM)
            number = 0
            while ward.process.poll() is None:
                send_quietly(device, mllp.frame(mllp.report(f"N{number}", at=number % 3600)))
                number += 1
            assert ward.process.returncode == 0


def test_sinks_go_on_where_they_stood(tmp_path):
    """One sink is away in the first run and half of the second; the other must not begin anew."""
    with FhirServer() as server:
        server.fault(answer=503, times=None)
        publish = [{"name": "all", "to": "file:out.pb", "format": "protobuf"},
                   {"name": "ehr", "to": server.url, "format": "fhir"}]
        for first in (0, 20):
            with Ward(tmp_path, LINKS, publish=publish) as ward, mllp.Device(ward.port("monitors")) as device:
                if first:
                    by_name = {one["name"]: one for one in ward.status()["sinks"]}
                    assert by_name["all"]["behind_reports"] == 0
                for n in range(first, first + 20):
                    assert device.ask(mllp.report(f"M{n}", at=n)).code == "AA"
                until(lambda: archived(tmp_path) == [f"M{n}" for n in range(first + 20)], ward.log)
                if first:
                    until(lambda: {one["name"]: one for one in ward.status()["sinks"]}["ehr"]["behind_reports"] == 40)
                    server.clear_faults()
                    ward.published()
        kept = [key for key in server.store.dump() if key.startswith("Observation/")]
        assert len(kept) == 40 and not server.store.duplicates()
        assert archived(tmp_path) == [f"M{n}" for n in range(40)]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_dead_letter_outlives_a_restart_and_is_delivered_when_it_is_tried_again(tmp_path, how):
    with FhirServer() as server:
        server.fault(reject=422, match='"value":77[,}]', times=None)
        publish = [{"name": "ehr", "to": server.url, "format": "fhir"}]
        ward = Ward(tmp_path, LINKS, publish=publish)
        with ward, mllp.Device(ward.port("monitors")) as device:
            for n, value in enumerate((76, 77, 78)):
                assert device.ask(mllp.report(f"D{n}", value, at=n)).code == "AA"
            until(lambda: "not to this server's liking" in dragoman("store", "dead", ward.path).stdout, ward.log)
            until(lambda: ward.status()["sinks"][0]["behind_reports"] == 0, ward.log)
        server.clear_faults()
        if how == signal.SIGKILL:
            with pytest.raises(AssertionError), Ward(tmp_path, LINKS, publish=publish) as ward:
                ward.process.kill()
        with Ward(tmp_path, LINKS, publish=publish) as ward:
            number = dragoman("store", "dead", ward.path).stdout.split()[0]
            assert ward.status()["store"]["dead_letters"] == 1
            assert dragoman("store", "retry", ward.path, number).returncode == 0
            until(lambda: ward.status()["store"]["dead_letters"] == 0, ward.log)
            assert not json.loads(dragoman("store", "dead", "--json", ward.path).stdout)
        values = sorted(one["resource"]["valueQuantity"]["value"] for key, one in server.store.dump().items()
                        if key.startswith("Observation/"))
        assert values == [76, 77, 78]


# --- What is said twice ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [None, signal.SIGTERM, signal.SIGKILL])
def test_what_is_sent_again_is_acknowledged_again_and_kept_once(tmp_path, how):
    message = mllp.report("TWICE")
    ward = Ward(tmp_path, LINKS)
    with ward, mllp.Device(ward.port("monitors")) as device:
        assert device.ask(message).code == "AA"
        if how is None:
            assert device.ask(message).code == "AA"
            assert ward.status()["store"]["duplicates"] == 1
        elif how == signal.SIGTERM:
            ward.process.send_signal(how)
            ward.process.wait()
    if how == signal.SIGKILL:
        with pytest.raises(AssertionError), Ward(tmp_path, LINKS) as ward:
            ward.process.kill()
    with Ward(tmp_path, LINKS) as ward, mllp.Device(ward.port("monitors")) as device:
        assert device.ask(message).code == "AA"
        status = ward.status()["store"]
        assert (status["duplicates"], status["messages"], status["rows"]) == (1, 0, 1)
        assert [report["message_id"] for report in ward.published()] == ["TWICE"]


@pytest.mark.parametrize("is_restarted", [False, True])
def test_the_same_id_with_other_bytes_is_new_data_and_counted(tmp_path, is_restarted):
    with Ward(tmp_path, LINKS) as ward, mllp.Device(ward.port("monitors")) as device:
        assert device.ask(mllp.report("ORU", 70)).code == "AA"
        if not is_restarted:
            assert device.ask(mllp.report("ORU", 71, at=1)).code == "AA"
            assert ward.status()["store"]["same_id_other_bytes"] == 1
    with Ward(tmp_path, LINKS) as ward, mllp.Device(ward.port("monitors")) as device:
        if is_restarted:
            assert device.ask(mllp.report("ORU", 71, at=1)).code == "AA"
            assert ward.status()["store"]["same_id_other_bytes"] == 1
        values = [report["observations"][0]["values"] for report in ward.published()]
        assert len(values) == 2 and values[0] != values[1]
        assert ward.status()["store"]["duplicates"] == 0


# --- What cannot begin -----------------------------------------------------------------------------------------------


@pytest.fixture(name="stored")
def stored_site(tmp_path):
    """A site that ran once: its site file, and its store."""
    with Ward(tmp_path, LINKS, store={"path": "store.db"}) as ward, mllp.Device(ward.port("monitors")) as device:
        assert device.ask(mllp.report("1")).code == "AA"
    return ward.path, tmp_path / "store.db"


def test_another_site_cannot_use_the_same_store(tmp_path, stored):
    other = tmp_path / "other.yaml"
    other.write_text(f"site: Other\ncontrol: other.sock\nstore: {{ path: {stored[1]} }}\nlinks: []\n")
    with Ward(tmp_path, LINKS, store={"path": "store.db"}) as ward:
        code, said = run_to_its_end(other)
        assert code == 1 and "another dragoman uses the store" in said and "store.path" in said
        assert ward.status()["well"]


def damage_head(path):
    with open(path, "r+b") as file:
        file.write(b"\0" * 4096)


def damage_schema(path):
    with open(path, "r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 3996)


def replace_by_text(path):
    path.write_text("once upon a time\n" * 1000)


def make_foreign(path):
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE lunch(day TEXT)")


def raise_layout(path):
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version=99")


def make_a_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("harm, words", [
    (damage_head, "damaged or no database|no store of ours"),
    (damage_schema, "damaged or no database"),
    (replace_by_text, "damaged or no database"),
    (make_foreign, "no store of ours: name another file"),
    (raise_layout, "layout version 99, this program knows version \\d+: use the program that wrote it"),
    (make_a_folder, "cannot be opened|no database"),
])
def test_a_store_that_is_none_is_refused_with_the_mend_and_left_alone(stored, harm, words):
    site, store = stored
    harm(store)
    before = store.read_bytes() if store.is_file() else None
    code, said = run_to_its_end(site)
    assert code == 1 and re.search(words, said), said
    assert len(said.splitlines()) == 1 and str(store.name) in said
    assert before is None or store.read_bytes() == before


@pytest.mark.parametrize("harm, words", [(replace_by_text, "damaged"), (raise_layout, "layout version 99")])
def test_the_store_command_refuses_it_too(stored, harm, words):
    site, store = stored
    harm(store)
    done = dragoman("store", "status", site)
    assert done.returncode == 1 and words in done.stderr and not done.stdout

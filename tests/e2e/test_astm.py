"""An analyser's line: frames made by a codec that was not written here, acknowledgements after the disk, a program that
is killed in the middle of a message."""

import json
import signal
import socket
import subprocess

import pytest
from astm import codec
from ward import PROGRAM, Ward, canonical, dragoman

ENQ, ACK, NAK, EOT = b"\x05", b"\x06", b"\x15", b"\x04"
RECORDS = [
    [b"H", b"\\^&", None, None, b"XN-550^00-24^22^^^^BD634", None, None, None, None, None, None, b"P", b"E1394-97"],
    [b"P", b"1", None, None, b"37182", [b"Brown", b"Jim"]],
    [b"O", b"1", [b"2", b"1", b"T-27"]],
    [b"R", b"1", [None, None, None, None, b"WBC", b"1"], b"8.13", b"10*3/uL", None, b"H", None, b"F", None, None, None,
     b"20240627135407"],
    [b"R", b"2", [None, None, None, None, b"RBC", b"1"], b"<2.60", b"10*6/uL", None, b"L", None, b"F", None, None, None,
     b"20240627135407"],
    [b"L", b"1", b"N"],
]
LINK = [{"name": "lab", "adapter": "astm"}]


class Analyser:
    """Sends frames one at a time and says what each was answered with."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def say(self, data, answer=ACK):
        self.socket.sendall(data)
        assert self.hear(len(answer)) == answer

    def hear(self, size):
        heard = b""
        while len(heard) < size:
            part = self.socket.recv(size - len(heard))
            assert part, f"closed after {heard!r}"
            heard += part
        return heard

    def hear_frame(self):
        heard = b""
        while not heard.endswith(b"\n"):
            heard += self.hear(1)
        return heard


def frames(size=None):
    return list(codec.iter_encode(RECORDS, size=size))


def results(reports):
    """Of every result its code, value, time and status."""
    found = []
    for report in reports:
        reading = canonical.Reading(report)
        rows = [reading.observation(row) for row in report["observations"]]
        found += [(row["code"][0], row["value"], row["time"], row["status"]) for row in rows]
    return found


WHITE = ("WBC", "8.13 10*3/uL", "2024-06-27T13:54:07+02:00(assumed)", "final")
RED = ("RBC", "<2.60 10*6/uL", "2024-06-27T13:54:07+02:00(assumed)", "final")


@pytest.mark.parametrize("size", [None, 40])
def test_frames_of_another_maker_whole_and_cut(tmp_path, size):
    with Ward(tmp_path, LINK) as ward:
        with Analyser(ward.port("lab")) as analyser:
            analyser.say(ENQ)
            for frame in frames(size):
                analyser.say(frame)
            analyser.socket.sendall(EOT)
        reports = ward.published()
        assert results(reports) == [WHITE, RED]
        assert len(reports) == 1
        assert canonical.Reading(reports[0]).who_and_where()["patient"] == "37182"
        assert reports[0]["device"]["key"] == "BD634" and reports[0]["device"]["model"] == "XN-550"
        assert reports[0]["orders"] == [{"specimen": {"value": "T-27"}}]


def test_a_damaged_frame_is_refused_and_taken_when_it_is_whole(tmp_path):
    with Ward(tmp_path, LINK) as ward:
        with Analyser(ward.port("lab")) as analyser:
            analyser.say(ENQ)
            for frame in frames():
                analyser.say(frame.replace(b"|", b"!", 1), NAK)
                analyser.say(frame)
        assert results(ward.published()) == [WHITE, RED]
        assert ward.link("lab")["bad_frames"] == len(RECORDS)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_program_that_ends_in_the_middle_of_a_message(tmp_path, how):
    """What was acknowledged is on disk: the rest of the message completes the report, whichever frame comes first."""
    sent = frames(40)
    for cut in range(1, len(sent), 3):
        folder = tmp_path / str(cut)
        folder.mkdir()
        ward = Ward(folder, LINK)
        with ward:
            with Analyser(ward.port("lab")) as analyser:
                analyser.say(ENQ)
                for frame in sent[:cut]:
                    analyser.say(frame)
                ward.stop(how)
        with Ward(folder, LINK) as ward:
            with Analyser(ward.port("lab")) as analyser:
                for frame in sent[cut:]:
                    analyser.say(frame)
                analyser.socket.sendall(EOT)
            reports = ward.published()
            assert len(reports) == 1 and results(reports) == [WHITE, RED], cut


def test_an_analyser_that_begins_anew_after_the_kill_leaves_each_result_once(tmp_path):
    sent = frames()
    with Ward(tmp_path, LINK) as ward:
        with Analyser(ward.port("lab")) as analyser:
            analyser.say(ENQ)
            for frame in sent[:4]:
                analyser.say(frame)
            ward.stop(signal.SIGKILL)
    with Ward(tmp_path, LINK) as ward:
        with Analyser(ward.port("lab")) as analyser:
            analyser.say(ENQ)
            for frame in sent:
                analyser.say(frame)
        assert ward.published()
    found = []
    for report in ("1", "2"):
        done = dragoman("store", "show", "--to", "ndjson", tmp_path / "site.yaml", report)
        found += [row for row in map(json.loads, done.stdout.splitlines()) if row["resourceType"] == "Observation"]
    assert sorted(row["code"]["coding"][0]["code"] for row in found) == ["RBC", "WBC", "WBC"]
    assert len({row["id"] for row in found}) == 2


def test_a_query_is_told_that_there_are_no_orders(tmp_path):
    query = codec.iter_encode([RECORDS[0], [b"Q", b"1", [None, b"T-27"], None, b"ALL"], [b"L", b"1", b"N"]])
    with Ward(tmp_path, LINK) as ward:
        with Analyser(ward.port("lab")) as analyser:
            analyser.say(ENQ)
            for frame in query:
                analyser.say(frame)
            analyser.say(EOT, ENQ)
            heard = []
            for _ in range(2):
                analyser.socket.sendall(ACK)
                heard.append(codec.decode_message(analyser.hear_frame(), "ascii"))
            analyser.say(ACK, EOT)
    assert [frame[0] for frame in heard] == [1, 2]
    assert heard[0][1][0][4] == "dragoman" and heard[1][1] == [["L", "1", "I"]]


def test_a_file_is_recognised_with_and_without_frames(tmp_path):
    bare = b"".join(codec.encode_record(record, "ascii") + b"\r\n" for record in RECORDS)
    for name, content in (("bare", bare), ("framed", ENQ + b"".join(frames(40)) + EOT)):
        (tmp_path / name).write_bytes(content)
        done = dragoman("translate", "--to", "text", tmp_path / name)
        assert done.returncode == 0 and not done.stderr
        assert "Brown, Jim (37182)" in done.stdout and "WBC  8.13 10*3/uL" in done.stdout


def simulate(ward, *words):
    done = dragoman("simulate", "astm", "--to", f"tcp://127.0.0.1:{ward.port('lab')}", "--every", "10ms", "--json",
                    *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_simulated_analyser_with_wrong_bits_in_short_frames(tmp_path):
    with Ward(tmp_path, LINK) as ward:
        figures = simulate(ward, "--messages", "4", "--frame", "24", "--corrupt", "7", "--seed", "9")
        assert figures["messages"] == 4 and figures["corrupted"] > 10
        # A frame may be taken although a bit of its line feed is wrong.
        assert figures["refused"] > 0.5 * figures["corrupted"]
        reports = ward.published()
        codes = [[row[0] for row in results([report])] for report in reports]
        whole = ["WBC", "RBC", "HGB", "HCT", "PLT"]
        assert codes.count(whole) == 4
        # What was given up half-way is a beginning of the same.
        assert all(found == whole[:len(found)] for found in codes)


def test_a_simulated_analyser_that_asks_and_refuses_the_answer(tmp_path):
    with Ward(tmp_path, LINK) as ward:
        figures = simulate(ward, "--messages", "3", "--ask")
        assert (figures["messages"], figures["queries"], figures["answers"]) == (3, 3, 3)
        figures = simulate(ward, "--messages", "1", "--ask", "--refuse")
        assert (figures["messages"], figures["queries"], figures["answers"]) == (1, 1, 1)
        assert len(ward.published()) == 4


def test_a_simulated_analyser_on_a_serial_port(tmp_path):
    port = tmp_path / "analyser"
    with subprocess.Popen([str(PROGRAM), "simulate", "astm", "--link", str(port), "--every", "2s", "--messages", "2",
                           "--json"], stdout=subprocess.PIPE, text=True) as analyser:
        try:
            analyser.stdout.readline()
            link = {**LINK[0], "connect": f"serial:{port}", "serial": {"baud": 9600}}
            with Ward(tmp_path, [link]) as ward:
                said, _ = analyser.communicate(timeout=30)
                assert json.loads(said)["messages"] == 2
                reports = ward.published()
                assert [len(report["observations"]) for report in reports] == [5] * 2
        finally:
            analyser.kill()

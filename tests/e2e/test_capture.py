"""`dragoman capture`: show, cut and scrub, on the captures of the golden cases and on one with everything in it."""

import re
import stat
import subprocess
import sys

import pytest
from house import PROGRAM, ROOT

sys.path.insert(0, str(ROOT / "tests" / "captures"))
import capture  # noqa: E402  pylint: disable=wrong-import-position

CAPTURES = sorted((ROOT / "tests" / "captures").glob("*/*.capture"))
SOURCE = """
adapter hl7v2
link icu-two
profile mindray
time_zone Europe/Berlin
setting charset UTF-8
setting discard MDM
channel main stream
start 2024-07-15T10:00:00Z
+0 main open 10.1.2.3:40001
+1 main < "Muster^Hanna 1957" <CR> c3 a4 00 ff
+1 main > <ACK>
session 2
+1 main open 10.1.2.4:40001 initiator
+1 main < "Beispiel^Otto"
session 1
+1 main < "Muster again"
+1 main close broken
"""


def run(*words, code=0):
    done = subprocess.run([PROGRAM, "capture", *map(str, words)], capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


@pytest.fixture(name="file")
def made(tmp_path):
    (tmp_path / "a.capture").write_bytes(capture.encode(capture.from_text(SOURCE)))
    return tmp_path / "a.capture"


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_is_shown_is_the_capture_as_text(path):
    """Read again by another language's reader of the same form it is the same capture."""
    again, first = capture.from_text(run("show", path)), capture.decode(path.read_bytes())
    assert again.start_us == first.start_us and again.facts == first.facts
    assert [(r.kind, r.at_us, r.channel, r.session, r.code, r.parts) for r in again.records] == \
        [(r.kind, r.at_us, r.channel, r.session, r.code, r.parts) for r in first.records]


def test_sizes_show_nothing_that_was_said(file):
    said = run("show", "--sizes", file)
    assert "Muster" not in said and "22 bytes" in said and "close broken" in said


def test_cut_keeps_what_stands_when_it_begins(file, tmp_path):
    run("cut", "--from", "2.5", "--until", "5", file, tmp_path / "b.capture")
    part = capture.decode((tmp_path / "b.capture").read_bytes())
    assert [(r.kind, r.session, r.at_us) for r in part.records] == [
        ("started", 1, 0), ("opened", 1, 0), ("started", 2, 3000000), ("opened", 2, 3000000), ("bytes", 2, 4000000),
        ("bytes", 1, 5000000)]
    run("cut", "--session", "2", file, tmp_path / "c.capture")
    assert {r.session for r in capture.decode((tmp_path / "c.capture").read_bytes()).records} == {2}
    assert stat.S_IMODE((tmp_path / "c.capture").stat().st_mode) == 0o600
    assert "cannot be made" in run("cut", file, tmp_path / "c.capture", code=1)


def test_scrub_leaves_nothing_that_is_not_known_to_be_harmless(file, tmp_path):
    said = run("scrub", file, tmp_path / "s.capture")
    assert "Look at it" in said
    data = (tmp_path / "s.capture").read_bytes()
    for word in (b"Muster", b"Hanna", b"1957", b"\xc3\xa4", b"Beispiel", b"10.1.2", b"icu-two", b"Berlin", b"mindray",
                 b"MDM"):
        assert word not in data, word
    assert b"UTF-8" in data  # a choice of the adapter's own
    first, after = capture.decode(file.read_bytes()), capture.decode(data)
    assert [(r.kind, r.at_us, r.session, len(r.parts[-1]) if r.kind in ("bytes", "send") else 0)
            for r in after.records] == [(r.kind, r.at_us, r.session, len(r.parts[-1]) if r.kind in ("bytes", "send")
                                         else 0) for r in first.records]
    assert after.start_us == 946684800000000 and all(r.wall_us - r.at_us == after.start_us for r in after.records)
    assert [r.parts[0] for r in after.records if r.kind == "opened"] == [b"192.0.2.1:40001", b"192.0.2.2:40001"]
    assert [r.parts[0] for r in after.records if r.kind == "bytes"] == \
        [b"xxxxxx.xxxxx.9999.....", b"xxxxxxxx.xxxx", b"xxxxxx.xxxxx"]
    assert [r.parts[0] for r in after.records if r.kind == "send"] == [b"."]


def test_scrub_keeps_what_it_is_told_to(file, tmp_path):
    run("scrub", "--keep", "^", "--keep", r"\x0d", "--keep", "again", "--keep", r"\x06", file, tmp_path / "s.capture")
    after = capture.decode((tmp_path / "s.capture").read_bytes())
    assert [r.parts[0] for r in after.records if r.kind == "bytes"] == \
        [b"xxxxxx^xxxxx.9999\r....", b"xxxxxxxx^xxxx", b"xxxxxx.again"]
    assert [r.parts[0] for r in after.records if r.kind == "send"] == [b"\x06"]


def test_scrub_leaves_out_records_of_kinds_that_nobody_knows(file, tmp_path):
    unknown = capture.Record("bytes", 1, parts=[b"Muster"])
    made_again = capture.from_text(SOURCE)
    capture.KINDS["later"] = 200
    try:
        unknown.kind = "later"
        made_again.records.insert(2, unknown)
        file.write_bytes(capture.encode(made_again))
    finally:
        del capture.KINDS["later"]
    run("scrub", file, tmp_path / "s.capture")
    assert len(capture.decode((tmp_path / "s.capture").read_bytes()).records) == len(made_again.records) - 1
    assert not re.search(rb"Muster|\xc8", (tmp_path / "s.capture").read_bytes()[100:])


def test_words(file, tmp_path):
    assert "is none of" in run("mend", file, code=2)
    assert "OUT" in run("cut", file, code=2)
    assert "seconds" in run("cut", "--from", "x", file, tmp_path / "o", code=2)
    assert "no capture" in run("show", PROGRAM, code=1)

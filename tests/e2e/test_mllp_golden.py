"""Every case of the corpus over a real socket: the answers of its outcome block, and so many reports published.

One daemon for all: each case has a link of its own with the case's settings.
"""

import re
from collections import Counter

import mllp
import pytest
from ward import Ward

from oracle.cases import all_cases

CASES = {case.name: case for case in all_cases()}
SETTINGS = {"dialect": "profile", "character_set": "charset", "discard": "discard", "time_zone": "time_zone"}


def link_of(case) -> dict:
    found = {SETTINGS[key]: value for key, value in case.settings.items() if key in SETTINGS}
    if "charset" in found:
        found["charset"] = found["charset"].upper()
    return {"name": case.name, **found}


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    with Ward(tmp_path_factory.mktemp("golden"), [link_of(case) for case in CASES.values()]) as running:
        running.ports = {link["name"]: link["port"] for link in running.status()["links"]}
        yield running


@pytest.fixture(scope="module")
def said(ward):
    """All cases are sent one after the other; name → the answers before the one to the message that ends the case."""
    heard = {}
    for number, (name, case) in enumerate(CASES.items()):
        with mllp.Device(ward.ports[name]) as device:
            device.send(*mllp.split(case.input_bytes()), mllp.report(f"END{number}"))
            heard[name] = device.answers_until(f"END{number}")
    return heard


@pytest.fixture(scope="module")
def published(ward, said):
    assert len(said) == len(CASES)
    return Counter(report["stamp"]["link"] for report in ward.published())


def control_id(message: bytes) -> str:
    head = re.split(rb"[\r\n]", message)[0].decode("latin-1")
    fields = head.split(head[3]) if head.startswith("MSH") else []
    return fields[9] if len(fields) > 9 else ""


def expected(case) -> list:
    """One for each answer: code, the message's id, and place and error code where it is a refusal."""
    lines = [line for line in case.lines("outcome") if line.startswith("ack ")]
    messages = mllp.split(case.input_bytes())
    assert len(lines) == len(messages), "the test cuts the input into other messages than the case does"
    wanted = []
    for line, message in zip(lines, messages):
        codes = line.split()[1]
        place = re.search(r" at (\w+)\[(\d+)\](?: field (\d+))? code (\d+)", line)
        at = (place[1], int(place[2]), int(place[3] or 0), int(place[4])) if place else ("", 0, 0, 0)
        wanted += [(code, control_id(message), *at) for code in codes.split(",") if code != "none"]
    return wanted


@pytest.mark.parametrize("name", CASES)
def test_answers(name, said):
    have = [(a.code, a.message_id, a.segment, a.sequence, a.field, a.error) for a in said[name]]
    assert have == expected(CASES[name])
    for answer in said[name]:
        assert answer.code[1] == "A" or answer.words or answer.raw.count(b"ERR") == 1, "a refusal says why"


@pytest.mark.parametrize("name", CASES)
def test_reports(name, published):
    wanted = int(re.search(r"reports (\d+)", CASES[name].lines("outcome")[-1])[1])
    assert published[name] - 1 == wanted  # the message that ends the case is one more

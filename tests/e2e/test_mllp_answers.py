"""What senders are told over a real MLLP connection: every message of the golden corpus gets the answer that its case
states, in order; one that comes again is acknowledged again and kept once."""

import pathlib
import re
import socket
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "golden")]

from house import House  # pylint: disable=wrong-import-position
from oracle.cases import all_cases  # pylint: disable=wrong-import-position
from oracle.hl7 import split_messages  # pylint: disable=wrong-import-position

# The others need settings of their own at the link.
CASES = [case for case in all_cases() if not set(case.settings) & {"character_set", "discard", "dialect"}]
BLOCK = re.compile(rb"\x0b(.*?)\x1c\r", re.S)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("answers"), "file:out.ndjson", format="fhir-ndjson")
    house.start().socket.close()
    yield house
    house.stop()


@pytest.fixture
def port(running):
    return running.port


def block(text):
    return b"\x0b" + text + b"\x1c\r"


def blocks(case):
    return [block(b"\r".join(lines) + b"\r") for lines in split_messages(case.input_bytes())]


def expected(case):
    """[`AA`, `AE at OBX[2] field 5 code 102` …]: one for each answer, those that are `none` left out."""
    found = []
    for line in case.lines("outcome"):
        said = re.match(r"ack (\S+)((?: at \S+(?: field \d+)? code \d+)?)", line)
        if said and said.group(1) != "none":
            found += [code + said.group(2) for code in said.group(1).split(",")]
    return found


def fault_of(fields, component, sub):
    """The place and code of an ERR segment, of either form."""
    if len(fields) > 3:
        place, code = fields[2].split(component), fields[3].split(component)[0]
    else:
        *place, code = fields[1].split(component)
        code = code.split(sub)[0]
    place = [part for part in place if part]
    return f" at {place[0]}[{place[1]}]" + (f" field {place[2]}" if len(place) > 2 else "") + f" code {code}"


def outcome_of(answer):
    text = answer.decode("latin-1")
    separator, component, sub = text[3], text[4], text[7:8] if text[7:8] not in ("", text[3]) else "&"
    segments = {line.split(separator)[0]: line.split(separator) for line in text.split("\r") if line}
    fault = fault_of(segments["ERR"], component, sub) if "ERR" in segments else ""
    return segments["MSA"][1] + fault


def answers(connection, count):
    """The next `count` answers."""
    received = b""
    while len(BLOCK.findall(received)) < count:
        part = connection.recv(65536)
        assert part, received
        received += part
    return BLOCK.findall(received)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_case_gets_its_answers(port, case):
    probe = block(b"MSH|^~\\&|PROBE|LAB|||2026||ORU^R01|%s|P|2.5\r" % case.name.encode())
    wanted = expected(case) + ["AA"]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"".join(blocks(case)) + probe)
        # The probe's answer comes last: whatever came before it answers the case.
        assert [outcome_of(answer) for answer in answers(connection, len(wanted))] == wanted


def test_answers_name_their_messages_and_have_ids_of_their_own(port):
    sent = [block(b"MSH|^~\\&|MON|ICU|GW|H|2026||ORU^R01|N%d|P|2.5\r" % number) for number in range(200)]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"".join(sent))
        received = [answer.split(b"\r") for answer in answers(connection, len(sent))]
    assert [lines[1] for lines in received] == [b"MSA|AA|N%d" % number for number in range(200)]
    headers = [lines[0].split(b"|") for lines in received]
    assert all(header[2:6] == [b"GW", b"H", b"MON", b"ICU"] for header in headers)
    assert len({header[9] for header in headers}) == 200


def row(number, code):
    return block(b"MSH|^~\\&|MON|ICU|||2026||ORU^R01|%s|P|2.5\rPID|||1\rOBX|1|NM|%s^a^L||1||||||F\r" % (number, code))


def test_a_message_that_comes_again_is_acknowledged_again_and_kept_once(running):
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as connection:
        for message in (row(b"TWICE", b"SAME"), row(b"TWICE", b"SAME"), row(b"TWICE", b"OTHER"), row(b"LAST", b"LAST")):
            connection.sendall(message)
            assert [outcome_of(answer) for answer in answers(connection, 1)] == ["AA"]
    published = running.folder / "out.ndjson"

    def said(code):
        return published.read_text().count(f'"code":"{code}"') if published.exists() else 0

    running.until(lambda: said("LAST"))
    # The same id with other bytes is new data: some monitors write a message type there.
    assert (said("SAME"), said("OTHER")) == (1, 1)

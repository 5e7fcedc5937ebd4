"""Network packets read directly: what comes out of pcap and pcapng is what comes out of the bytes themselves."""

import json
import random
import subprocess
import sys

import pytest
from house import PROGRAM, ROOT, message

sys.path.insert(0, str(ROOT / "tests" / "captures"))
import packets  # noqa: E402  pylint: disable=wrong-import-position

MONITOR, GATEWAY = ("10.0.0.9", 40001), ("10.0.0.1", 2575)
WORDS = b"".join(b"\x0b" + message(number).encode() + b"\x1c\r" for number in range(12))
ANSWERS = b"\x0bMSH|^~\\&|H|H|A|ICU|||ACK|1|P|2.6\rMSA|AA|A1\r\x1c\r"


def translate(folder, data, *options, code=0):
    (folder / "file.pcap").write_bytes(data)
    done = subprocess.run([PROGRAM, "translate", "--to", "json", *options, folder / "file.pcap"], capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == code, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def ids(reports):
    return [report["message_id"] for report in reports]


def pieces(size, data=WORDS):
    return [data[at:at + size] for at in range(0, len(data), size)]


def conversation(client=MONITOR, server=GATEWAY, size=100):
    made = packets.Conversation(client, server)
    for piece in pieces(size):
        made.say(piece)
        made.say(ANSWERS[:20], is_server=True)
    made.close()
    return made.packets


@pytest.mark.parametrize("link_type", [packets.ETHERNET, packets.RAW, packets.LINUX_SLL, packets.LINUX_SLL2])
@pytest.mark.parametrize("write", [packets.pcap, packets.pcapng])
def test_kinds_of_frames_and_files(tmp_path, write, link_type):
    reports, _ = translate(tmp_path, write(conversation(), link_type))
    assert ids(reports) == [f"A{number}" for number in range(12)]
    assert reports[0]["stamp"]["received_at"].startswith("2024-03-01T12:00:00.0")
    assert [o["values"] for o in reports[5]["observations"]] == [[{"number": 65}]]


def test_big_endian_and_ipv6(tmp_path):
    six = conversation(("2001:db8::9", 40001), ("2001:db8::1", 2575))
    reports, _ = translate(tmp_path, packets.pcap(six, order=">"))
    assert len(reports) == 12


def test_segments_out_of_order_and_twice(tmp_path):
    """Shuffled within a window, each third one sent again, some joined with what follows; the numbers wrap."""
    rng = random.Random(1)
    made = packets.Conversation(MONITOR, GATEWAY)
    segments = []
    for piece in pieces(61):
        segments.append(made.segment(piece))
    sent = []
    for at in range(0, len(segments), 8):
        window = segments[at:at + 8]
        rng.shuffle(window)
        sent += window + window[::3]
    reports, said = translate(tmp_path, packets.pcap(made.packets + sent))
    assert ids(reports) == [f"A{number}" for number in range(12)] and said == ""


def test_a_retransmission_that_overlaps(tmp_path):
    made = packets.Conversation(MONITOR, GATEWAY)
    at = made.next[0]
    for begin in range(0, len(WORDS), 50):  # each repeats the 25 bytes before it
        first = max(0, begin - 25)
        made.packets.append(packets.tcp(MONITOR, GATEWAY, at + first, packets.ACK, WORDS[first:begin + 50]))
    assert len(translate(tmp_path, packets.pcap(made.packets))[0]) == 12


def test_missing_packets_are_told_and_nothing_is_put_together(tmp_path):
    made = packets.Conversation(MONITOR, GATEWAY)
    for number, piece in enumerate(pieces(100)):
        segment = made.segment(piece)
        if number != 9:
            made.packets.append(segment)
        made.packets.append(made.segment(b"", packets.ACK, True))
    reports, said = translate(tmp_path, packets.pcap(made.packets))
    whole = {f"A{number}" for number in range(12)}
    assert "packets are missing 1 times" in said
    assert set(ids(reports)) < whole and 10 <= len(reports) <= 11


def test_a_reset_and_the_same_ports_again(tmp_path):
    first = packets.Conversation(MONITOR, GATEWAY, start=5000)
    for piece in pieces(200)[:7]:
        first.say(piece)
    again = packets.Conversation(MONITOR, GATEWAY, start=90000)
    for piece in pieces(200):
        again.say(piece)
    reset = packets.tcp(MONITOR, GATEWAY, first.next[0], packets.RST)
    assert len(translate(tmp_path, packets.pcap([*first.packets, reset, *again.packets]))[0]) > 12
    assert len(translate(tmp_path, packets.pcap([*first.packets, *again.packets]))[0]) > 12


def test_what_is_nobodys_is_told(tmp_path):
    dns = packets.udp(("10.0.0.9", 5353), ("10.0.0.2", 53), bytes(30))
    fragment = packets.ip_packet(17, "10.0.0.9", "10.0.0.1", bytes(30), fragment=0x2000)
    reports, said = translate(tmp_path, packets.pcap([dns, fragment, *conversation()]))
    assert len(reports) == 12 and "1 of 2 conversations are nobody's" in said and "1 fragments" in said
    reports, said = translate(tmp_path, packets.pcap([dns, *conversation()], packets.RAW), "--filter", "tcp port 2575")
    assert len(reports) == 12 and said == ""
    assert "--filter" in translate(tmp_path, packets.pcap([dns]), "--filter", "no such thing", code=1)[1]
    assert "no adapter" in translate(tmp_path, packets.pcap([dns]), code=1)[1]


def test_the_device_can_be_named(tmp_path):
    assert len(translate(tmp_path, packets.pcap(conversation()), "--adapter", "hl7v2", "--device", "10.0.0.9")[0]) == 12
    reports, _ = translate(tmp_path, packets.pcap(conversation()), "--device", "10.0.0.1", "--adapter", "hl7v2")
    assert ids(reports) == []


def test_a_file_that_ends_in_the_middle_of_a_packet(tmp_path):
    data = packets.pcap(conversation())
    for size in range(24, len(data), 97):
        (tmp_path / "cut.pcap").write_bytes(data[:size])
        done = subprocess.run([PROGRAM, "translate", "--to", "json", tmp_path / "cut.pcap"], capture_output=True,
                              timeout=60, check=False)
        assert done.returncode in (0, 1)


def test_packets_become_a_capture(tmp_path):
    reports, _ = translate(tmp_path, packets.pcap(conversation()), "--record", tmp_path / "made.capture")
    done = subprocess.run([PROGRAM, "replay", "--to", "json", tmp_path / "made.capture"], capture_output=True,
                          text=True, timeout=60, check=True)
    assert [json.loads(line) for line in done.stdout.splitlines()] == reports

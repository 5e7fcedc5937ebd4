"""MLLP as devices really speak it: many at once, in pieces, broken, repeated, too long, and without reading answers."""

import select
import socket
import threading

import mllp
import pytest
from ward import Ward, canonical, until

MIB = 1 << 20


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    """One daemon for all tests that do not disturb each other; each has its own link."""
    names = ("pipeline modes bytes garbage broken duplicates other crowd stalled flooded calm").split()
    links = [{"name": name} for name in names] + [
        {"name": "short", "max_message": "4KiB"},
        {"name": "large"},
        {"name": "thrown", "discard": ["MDM", "ORM^O01"]},
        {"name": "windows", "charset": "WINDOWS-1252"},
        {"name": "never", "acknowledge": "never"},
        {"name": "enhanced", "acknowledge": "enhanced"},
        {"name": "original", "acknowledge": "original"},
        {"name": "few", "connections_max": 2},
    ]
    with Ward(tmp_path_factory.mktemp("mllp"), links) as running:
        running.ports = {link["name"]: link["port"] for link in running.status()["links"]}
        yield running


@pytest.fixture
def device(ward):
    """device(LINK) connects to that link; all are closed at the end."""
    opened = []

    def connect(link):
        opened.append(mllp.Device(ward.ports[link]))
        return opened[-1]

    yield connect
    for one in opened:
        one.close()


def published(ward, link) -> list:
    return [report for report in ward.published() if report["stamp"]["link"] == link]


def values(reports) -> list:
    return [canonical.Reading(report).observation(observation)["value"]
            for report in reports for observation in report.get("observations", [])]


def test_a_hundred_pipelined_messages_are_answered_each_in_its_place(ward, device):
    sender = device("pipeline")
    sender.send(*(mllp.report(f"P{n}", 50 + n, at=n) for n in range(100)))
    answers = [sender.answer() for _ in range(100)]
    assert [(a.code, a.message_id) for a in answers] == [("AA", f"P{n}") for n in range(100)]
    assert len({a.raw.split(b"|")[9] for a in answers}) == 100, "an answer has a message id of its own"
    assert values(published(ward, "pipeline")) == [f"{50 + n} MDC_DIM_BEAT_PER_MIN" for n in range(100)]


@pytest.mark.parametrize("link, accept, application, wanted", [
    ("modes", "", "", ["AA"]),
    ("modes", "AL", "NE", ["CA"]),
    ("modes", "NE", "AL", ["AA"]),
    ("modes", "AL", "AL", ["CA", "AA"]),
    ("modes", "NE", "NE", []),
    ("original", "AL", "NE", ["AA"]),
    ("enhanced", "", "", ["CA"]),
    ("never", "", "", []),
])
def test_a_message_or_the_site_says_which_answers_there_are(ward, device, link, accept, application, wanted):
    sender = device(link)
    name = f"{link}-{accept}-{application}"
    before = ward.status()["store"]["messages"]
    sender.send(mllp.report(name, accept=accept, application=application))
    assert [sender.answer().code for _ in wanted] == wanted
    until(lambda: ward.status()["store"]["messages"] > before, ward.log)
    if not wanted:
        sender.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            sender.socket.recv(1)


def test_one_byte_at_a_time(ward, device):
    sender = device("bytes")
    for byte in mllp.frame(mllp.report("SLOW1", 61)) + mllp.frame(mllp.report("SLOW2", 62)):
        sender.send_raw(bytes([byte]))
    assert [sender.answer().message_id for _ in range(2)] == ["SLOW1", "SLOW2"]
    assert values(published(ward, "bytes")) == ["61 MDC_DIM_BEAT_PER_MIN", "62 MDC_DIM_BEAT_PER_MIN"]


def test_garbage_between_frames_is_passed_over_and_counted(ward, device):
    sender = device("garbage")
    first, second = (mllp.frame(mllp.report(f"G{n}", 60 + n, at=n)) for n in range(2))
    sender.send_raw(b"login: \xff\xfe" + first + b"\r\n\x1c\x00noise" + second)
    assert [sender.answer().message_id for _ in range(2)] == ["G0", "G1"]
    assert ward.link("garbage")["resynchronised_bytes"] >= len(b"login: \xff\xfe") + len(b"noise")


def test_a_message_without_its_end_costs_only_itself(ward, device):
    sender = device("broken")
    sender.send_raw(mllp.BEGIN + mllp.report("B0", 80))
    sender.send(mllp.report("B1", 81))
    assert sender.answer().message_id == "B1"
    assert ward.link("broken")["bad_frames"] == 1
    assert values(published(ward, "broken")) == ["81 MDC_DIM_BEAT_PER_MIN"]


def test_a_connection_that_ends_inside_a_message_stores_nothing_of_it(ward, device):
    sender = device("broken")
    before = ward.status()["store"]["messages"]
    sender.send_raw(mllp.BEGIN + mllp.report("B2", 82))
    sender.close()
    assert device("broken").ask(mllp.report("B3", 83)).message_id == "B3"
    assert ward.status()["store"]["messages"] == before + 1


def test_a_repeated_message_is_acknowledged_again_and_stored_once(ward, device):
    before = ward.status()["store"]["duplicates"]
    message = mllp.report("D1", 75)
    sender = device("duplicates")
    assert [sender.ask(message).code for _ in range(3)] == ["AA"] * 3
    assert device("duplicates").ask(message).code == "AA", "on another connection too"
    assert ward.status()["store"]["duplicates"] == before + 3
    assert len(published(ward, "duplicates")) == 1


def test_the_same_id_with_other_bytes_is_new(ward, device):
    before = ward.status()["store"]["same_id_other_bytes"]
    sender = device("other")
    assert [sender.ask(mllp.report("204", 70 + n, at=n)).code for n in range(3)] == ["AA"] * 3
    assert ward.status()["store"]["same_id_other_bytes"] == before + 2
    assert len(values(published(ward, "other"))) == 3


def test_what_the_site_throws_away_is_acknowledged_counted_and_not_kept(ward, device):
    sender = device("thrown")
    for kind in ("MDM^T02", "ORM^O01"):
        assert sender.ask(b"MSH|^~\\&|HIS|||||" + b"|%s|T%s|P|2.4\rPID|1\r" % (kind.encode(), kind[:3].encode())) \
            .code == "AA"
    refused = sender.ask(b"MSH|^~\\&|HIS||||||ORM^O02|T9|P|2.4\rPID|1\r")
    assert (refused.code, refused.error) == ("AE", 200), "only what is listed"
    assert ward.link("thrown")["discarded"] == 2
    assert not published(ward, "thrown")


def test_the_site_names_the_character_set(ward, device):
    text = mllp.report("W1").replace(b"^^^StExample^MR\r", b"^^^StExample^MR||M\xfcller^\x8ait\xe9\r")
    assert device("windows").ask(text).code == "AA"
    assert published(ward, "windows")[0]["patient"]["names"][0]["family"] == "Müller"
    assert published(ward, "windows")[0]["patient"]["names"][0]["given"] == "Šité"


def long_message(control_id: str, size: int) -> bytes:
    """One message of exactly `size` bytes with a value and a document in base 64."""
    head = mllp.report(control_id, 77) + b"OBX|2|ED|18748-4^Diagnostic imaging study^LN||^IM^JPEG^Base64^"
    tail = b"||||||F\rNTE|1||"
    room = size - len(head) - len(tail) - 1
    return head + b"A" * (room // 4 * 4) + tail + b"x" * (room % 4) + b"\r"


def test_a_message_of_64_mib_is_taken_in_bounded_memory(ward, device):
    size = 64 * MIB
    answer = device("large").ask(long_message("L1", size))
    assert (answer.code, answer.message_id) == ("AA", "L1"), answer
    found = published(ward, "large")[0]["observations"]
    assert len(found[1]["values"][0]["attachment"]["data"]) > 47 * MIB
    until(lambda: ward.resident_kib() < 64 * 1024, lambda: f"{ward.resident_kib()} KiB are still resident")
    assert ward.resident_kib(peak=True) < 4 * size // 1024


def test_a_message_over_the_limit_is_refused_and_the_connection_goes_on(ward, device):
    sender = device("short")
    assert sender.ask(mllp.report("S0", 70)).code == "AA"
    sender.send(long_message("S1", 5 * MIB), mllp.report("S2", 72, at=2))
    refused, taken = sender.answer(), sender.answer()
    assert (refused.code, refused.message_id) == ("AE", "S1")
    assert "max_message" in refused.words
    assert (taken.code, taken.message_id) == ("AA", "S2")
    assert len(published(ward, "short")) == 2


def test_five_hundred_connections(ward, device):
    before = ward.descriptors()
    crowd = [device("crowd") for _ in range(500)]
    for n, sender in enumerate(crowd):
        sender.send(mllp.report(f"C{n}", 60 + n % 40, sender=f"MON^{n:016X}^EUI-64"))
    assert [sender.answer().message_id for sender in crowd] == [f"C{n}" for n in range(500)]
    assert ward.link("crowd")["sessions"] == 500
    for sender in crowd:
        sender.close()
    until(lambda: ward.link("crowd")["sessions"] == 0)
    assert ward.descriptors() <= before, "every connection gives its descriptor back"
    assert len(published(ward, "crowd")) == 500


def test_more_connections_than_the_site_allows_are_turned_away(ward, device):
    kept = [device("few") for _ in range(2)]
    assert [one.ask(mllp.report(f"F{n}")).code for n, one in enumerate(kept)] == ["AA", "AA"]
    assert device("few").until_closed() == b""
    assert kept[0].ask(mllp.report("F2", at=2)).code == "AA"
    assert "connections" in ward.link("few")["trouble"]


def test_who_does_not_read_its_answers_is_not_read_any_more(ward, device):
    sender, other = device("stalled"), device("calm")
    sender.socket.setblocking(False)
    numbers = iter(range(1 << 20))
    queue, sent, heard = b"", 0, -1
    while True:
        if len(queue) < MIB:
            batch = [next(numbers) for _ in range(256)]
            queue += b"".join(mllp.frame(mllp.report(f"Q{n}", 60, at=n % 3600)) for n in batch)
        _, writable, _ = select.select([], [sender.socket], [], 0)
        if writable:
            written = sender.socket.send(queue)
            queue, sent = queue[written:], sent + written
            continue
        # The pipe is full: has it been taken from in the meantime, or does dragoman really not read?
        now = ward.link("stalled")["bytes_in"]
        if now == heard:
            break
        heard = now
        assert sent < 256 * MIB, "it reads on and on"
    assert ward.resident_kib() < 200 * 1024
    assert other.ask(mllp.report("calm1")).code == "AA"
    # Once the answers are read, everything goes on in order.
    sender.socket.setblocking(True)
    rest = threading.Thread(target=sender.socket.sendall, args=(queue,))
    rest.start()
    total = next(numbers)
    assert [sender.answer().message_id for _ in range(total)] == [f"Q{n}" for n in range(total)]
    rest.join()


@pytest.mark.parametrize("junk", [b"\x00\xff\r\n junk " * 4096, mllp.frame(b"PID|no header\r") * 2048,
                                  mllp.frame(b"MSH|^~\\&|X||||||ZZZ^Z01|1|P|2.4\r") * 512],
                         ids=["no frames", "frames without a header", "messages nobody knows"])
def test_a_flood_on_one_link_does_not_hold_up_another(ward, device, junk):
    flooding, calm = [device("flooded") for _ in range(4)], device("calm")
    over = threading.Event()

    def flood(sender):
        """Sends and reads as fast as it goes, from anywhere in the junk."""
        sender.setblocking(False)
        rest = b""
        while not over.is_set():
            readable, writable, _ = select.select([sender], [sender], [], 0.05)
            if readable:
                sender.recv(1 << 16)
            if writable:
                rest = rest or junk
                rest = rest[sender.send(rest):]

    threads = [threading.Thread(target=flood, args=(one.socket,)) for one in flooding]
    for thread in threads:
        thread.start()
    try:
        before = ward.link("flooded")["bytes_in"]
        calm.socket.settimeout(2)  # each answer must come within this, flood or not
        for n in range(30):
            assert calm.ask(mllp.report(f"calm-{len(junk)}-{n}", at=n)).code == "AA"
        until(lambda: ward.link("flooded")["bytes_in"] > before, "nothing was flooded")
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert ward.resident_kib() < 200 * 1024


def test_a_long_batch_in_one_block_is_taken_to_its_end(tmp_path):
    many = 15000
    with Ward(tmp_path, [{"name": "monitors"}]) as ward, mllp.Device(ward.port("monitors")) as device:
        device.send(b"BHS|^~\\&|MON\r" + b"".join(mllp.report(f"B{n}", at=n % 1000) for n in range(many)) + b"BTS|1\r")
        for n in range(many):
            answer = device.answer()
            assert (answer.code, answer.message_id) == ("AA", f"B{n}")

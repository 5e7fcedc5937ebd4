"""What `dragoman run` writes to a TCP receiver: every report at least once, in order; read by stock protobuf."""

import contextlib
import json
import queue
import signal
import socket
import threading

import pytest
from google.protobuf import proto
from house import House, free_port, message
from schema import read_schema

TAKEN = b"\x06"


class Receiver:
    """Takes one connection after the other; each is a queue entry with a file to read from and the socket to answer."""

    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.calls = queue.Queue()
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                self.calls.put(self.listener.accept()[0])

    def next(self):
        call = self.calls.get(timeout=40)
        call.settimeout(40)
        self.open.append(call)
        return call, call.makefile("rb")

    def close(self):
        # A listener that another thread accepts on ends when it is shut down.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for call in self.open:
            # Also those that a file still reads from.
            with contextlib.suppress(OSError):
                call.shutdown(socket.SHUT_RDWR)
            call.close()


@pytest.fixture(scope="module")
def report_class(tmp_path_factory):
    return read_schema(tmp_path_factory.mktemp("schema"))


@pytest.fixture
def ends():
    with contextlib.ExitStack() as stack:
        yield stack


def start(ends, folder, port, **settings):
    house = House(folder, f"tcp://127.0.0.1:{port}", **settings)
    ends.callback(house.kill)
    return house, house.start()


def listen(ends, port):
    receiver = Receiver(port)
    ends.callback(receiver.close)
    return receiver


def rate(report):
    (observation,) = report.observations
    return observation.values[0].mantissa


def read(report_class, stream, count):
    return [rate(proto.parse_length_prefixed(report_class, stream)) for _ in range(count)]


def test_a_stock_protobuf_library_reads_the_stream(ends, tmp_path, report_class):
    port = free_port()
    receiver = listen(ends, port)
    house, monitor = start(ends, tmp_path, port, format="protobuf")
    _, stream = receiver.next()
    for number in range(20):
        monitor.send(message(number))
    assert read(report_class, stream, 20) == [60 + number for number in range(20)]
    house.stop()
    assert stream.read() == b""


@pytest.mark.parametrize("form, kind", [("fhir", "Bundle"), ("fhir-ndjson", "Observation"), ("json", None)])
def test_the_other_forms_are_lines(ends, tmp_path, form, kind):
    port = free_port()
    receiver = listen(ends, port)
    house, monitor = start(ends, tmp_path, port, format=form)
    _, stream = receiver.next()
    monitor.send(message(0))
    house.until(lambda: house.sink()["behind_reports"] == 0)
    house.stop()
    lines = [json.loads(line) for line in stream.read().splitlines()]
    assert lines and (kind is None or kind in {line["resourceType"] for line in lines})


def test_a_receiver_that_comes_late_and_goes_gets_everything(ends, tmp_path, report_class):
    """Reports that come while nobody listens, and what a cut connection took with it."""
    port = free_port()
    house, monitor = start(ends, tmp_path, port, format="protobuf")
    for number in range(10):
        monitor.send(message(number))
    house.until(lambda: not house.sink()["well"])
    assert f"127.0.0.1 port {port}" in house.sink()["trouble"]
    first = listen(ends, port)
    _, stream = first.next()
    assert read(report_class, stream, 10) == [60 + number for number in range(10)]
    house.until(lambda: house.sink()["well"])
    first.close()
    house.until(lambda: not house.sink()["well"])
    for number in range(10, 20):
        monitor.send(message(number))
    second = listen(ends, port)
    _, stream = second.next()
    found = read(report_class, stream, 1)
    while found[-1] != 79:
        found += read(report_class, stream, 1)
    # Old ones may come again; those that nobody had must all come, in order.
    assert found[-10:] == [60 + number for number in range(10, 20)]
    house.stop()


def test_what_the_receiver_has_not_acknowledged_comes_again(ends, tmp_path, report_class):
    port = free_port()
    receiver = listen(ends, port)
    house, monitor = start(ends, tmp_path, port, format="protobuf", acknowledged_by="receiver")
    call, stream = receiver.next()
    for number in range(6):
        monitor.send(message(number))
    assert read(report_class, stream, 6) == [60, 61, 62, 63, 64, 65]
    # The first four are kept; each is an item of its own or part of one, so that only whole items count.
    call.sendall(TAKEN * 4)
    house.stop(signal.SIGKILL)
    house.start()
    call, stream = receiver.next()
    found = read(report_class, stream, 1)
    while found[-1] != 65:
        found += read(report_class, stream, 1)
    assert found[-2:] == [64, 65] and found == list(range(66 - len(found), 66))
    call.sendall(TAKEN * len(found))
    house.until(lambda: house.sink()["behind_reports"] == 0)
    house.stop()
    house.start().send(message(6))
    _, stream = receiver.next()
    assert read(report_class, stream, 1) == [66]
    house.stop(signal.SIGKILL)


def test_a_receiver_that_acknowledges_what_it_did_not_get_is_left(ends, tmp_path):
    port = free_port()
    receiver = listen(ends, port)
    house, _ = start(ends, tmp_path, port, format="protobuf", acknowledged_by="receiver")
    call, _ = receiver.next()
    call.sendall(TAKEN)
    house.until(lambda: "06h" in house.sink().get("trouble", ""))
    receiver.next()
    house.stop(signal.SIGKILL)


def test_a_receiver_that_never_acknowledges_is_called_anew(ends, tmp_path, report_class):
    port = free_port()
    receiver = listen(ends, port)
    house, monitor = start(ends, tmp_path, port, format="protobuf", acknowledged_by="receiver", timeout="500ms")
    _, stream = receiver.next()
    monitor.send(message(0))
    assert read(report_class, stream, 1) == [60]
    _, stream = receiver.next()
    assert read(report_class, stream, 1) == [60]
    assert "acknowledged nothing" in house.sink()["trouble"]
    house.stop(signal.SIGKILL)


@pytest.mark.parametrize("to", ["tcp://127.0.0.1", "tcp://:70", "tcp://h:0", "tcp://h:x", "tcp://h:70000"])
def test_what_is_no_address_is_told(tmp_path, to):
    house = House(tmp_path, to)
    said = house.ask("run", house.site)
    assert "tcp://HOST:PORT" in said

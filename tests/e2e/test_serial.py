"""Serial ports: a pseudo-terminal that is pulled out and plugged in again, and a terminal server that was not written
here (pyserial's side of RFC 2217)."""

import contextlib
import os
import pathlib
import queue
import socket
import threading
import time

import mllp
import serial
import serial.rfc2217
from serial.urlhandler import protocol_loop
from ward import Ward, until


class Port:
    """The device's end of a cable to `place`, which is there while it is plugged in."""

    def __init__(self, place):
        self.place = pathlib.Path(place)
        self.master = None
        self.plug_in()

    def plug_in(self):
        self.master, slave = os.openpty()
        self.place.symlink_to(os.ttyname(slave))
        os.set_blocking(self.master, False)
        os.close(slave)

    def pull_out(self):
        os.close(self.master)
        self.place.unlink()

    def ask(self, control_id, at=0):
        """Says it until it is answered: what is said before the port is open is lost."""
        deadline = time.monotonic() + mllp.TIMEOUT_S
        heard = b""
        while time.monotonic() < deadline:
            os.write(self.master, mllp.frame(mllp.report(control_id, at=at)))
            for _ in range(50):
                time.sleep(0.02)
                with contextlib.suppress(BlockingIOError, OSError):
                    heard += os.read(self.master, 65536)
                if mllp.END in heard:
                    begin = heard.index(mllp.BEGIN)
                    return mllp.Answer.read(heard[begin + 1:heard.index(mllp.END)])
        raise AssertionError(f"no answer but {heard!r}")


def test_a_device_on_a_serial_port_that_is_pulled_out_and_plugged_in(tmp_path):
    port = Port(tmp_path / "tty")
    link = {"name": "bed", "connect": f"serial:{tmp_path}/tty", "serial": {"baud": 19200, "stop": 2}}
    with Ward(tmp_path, [link]) as ward:
        for visit in range(3):
            assert port.ask(f"V{visit}", at=visit).message_id == f"V{visit}"
            assert ward.link("bed")["state"] == "live"
            port.pull_out()
            until(lambda: ward.link("bed")["state"] == "gone", ward.log)
            until(lambda: "No such file" in ward.link("bed").get("trouble", ""), ward.log)
            port.plug_in()
        assert port.ask("LAST", at=9).code == "AA"
        assert len(ward.published()) == 4
        # Pulled out before the stop: nothing hangs.
        port.pull_out()


class Wire(protocol_loop.Serial):
    """A serial port of the terminal server, with the device at its other end."""

    def __init__(self):
        super().__init__("loop://")
        self.to_device = queue.Queue()
        self.timeout = 0.02

    def write(self, data):
        self.to_device.put(bytes(data))
        return len(data)

    def say(self, data):
        for byte in data:
            self.queue.put(bytes((byte,)))


class TerminalServer:
    """One connection at a time, as pyserial's own example of a server has it."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.wire = Wire()
        self.peer = None
        self.is_over = False
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def write(self, data):
        self.peer.sendall(data)

    def serve(self):
        while not self.is_over:
            try:
                self.peer = self.listener.accept()[0]
            except OSError:
                return
            manager = serial.rfc2217.PortManager(self.wire, self)
            reader = threading.Thread(target=self.carry, args=(manager, self.peer), daemon=True)
            reader.start()
            with contextlib.suppress(OSError):
                while data := self.peer.recv(1024):
                    self.wire.write(b"".join(manager.filter(data)))
            self.peer.close()
            reader.join()

    def carry(self, manager, peer):
        with contextlib.suppress(OSError):
            while peer.fileno() >= 0:
                data = self.wire.read(512)
                if data:
                    peer.sendall(b"".join(manager.escape(data)))

    def restart(self):
        self.peer.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.is_over = True
        self.listener.close()

    def ask(self, control_id, at=0):
        self.wire.say(mllp.frame(mllp.report(control_id, at=at)))
        heard = b""
        while mllp.END not in heard:
            heard += self.wire.to_device.get(timeout=mllp.TIMEOUT_S)
        return mllp.Answer.read(heard[heard.index(mllp.BEGIN) + 1:heard.index(mllp.END)])


def test_a_device_behind_a_terminal_server(tmp_path):
    server = TerminalServer()
    link = {"name": "bed", "connect": f"rfc2217://127.0.0.1:{server.port}",
            "serial": {"baud": 38400, "bits": 7, "parity": "even", "stop": 2, "dtr": "off"}}
    with Ward(tmp_path, [link]) as ward:
        for visit in range(2):
            until(lambda visit=visit: ward.link("bed")["sessions_total"] == visit + 1, ward.log)
            assert server.ask(f"V{visit}", at=visit).message_id == f"V{visit}"
            wire = server.wire
            assert (wire.baudrate, wire.bytesize, wire.parity, wire.stopbits) == (38400, 7, "E", 2)
            assert (wire.dtr, wire.rts, wire.xonxoff, wire.rtscts) == (False, True, False, False)
            server.restart()
        assert len(ward.published()) == 2
    server.close()


def test_a_server_that_does_not_know_the_option_is_said_to_be_one(tmp_path):
    server = socket.create_server(("127.0.0.1", 0))
    link = {"name": "bed", "connect": f"rfc2217://127.0.0.1:{server.getsockname()[1]}"}
    with Ward(tmp_path, [link]) as ward:
        peer = server.accept()[0]
        assert peer.recv(64).startswith(b"\xff\xfb\x00")
        peer.sendall(b"\xff\xfe\x2c")
        until(lambda: "does not speak RFC 2217" in ward.link("bed").get("trouble", ""), ward.log)
        assert not peer.recv(64)
        peer.close()
    server.close()

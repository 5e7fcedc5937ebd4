"""A running dragoman with one link and one sink, and a monitor that speaks bare MLLP to it: for end-to-end tests."""

import contextlib
import json
import pathlib
import re
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "zig-out" / "bin" / "dragoman"
PATIENCE_S = 40


def message(number, value=None, bed="A"):
    """One report of a monitor: a heart rate that tells its number."""
    at = f"20240301{12 + number // 3600:02}{number // 60 % 60:02}{number % 60:02}+0000"
    rate = 60 + number % 100 if value is None else value
    rows = [
        f"MSH|^~\\&|MON{bed}^0012340000{ord(bed):02X}0001^EUI-64|ICU|||{at}||ORU^R01^ORU_R01|{bed}{number}|P|2.6",
        f"PID|||{1000 + ord(bed)}^^^Hospital^MR||Muster^{bed}",
        f"OBR|1|{number}^MON{bed}|{number}^MON{bed}|182777000^monitoring of patient^SCT|||{at}",
        f"OBX|1|NM|147842^MDC_ECG_HEART_RATE^MDC|1.7.4.147842|{rate}|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||R|||{at}",
    ]
    return "\r".join(rows) + "\r"


class Monitor:
    """Sends messages over one connection and waits for each acknowledgement."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)

    def send(self, text):
        self.socket.sendall(b"\x0b" + text.encode() + b"\x1c\r")
        answer = b""
        while not answer.endswith(b"\x1c\r"):
            part = self.socket.recv(65536)
            assert part, "the connection was closed"
            answer += part
        assert re.search(rb"MSA\|[AC]A\|", answer), answer


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class House:
    """A running dragoman with one link and one sink."""

    def __init__(self, folder, to, **settings):
        self.folder = folder
        self.port = free_port()
        self.site = folder / "site.yaml"
        sink = {"name": "ehr", "to": to, **settings}
        self.site.write_text(
            "site: Test\nstore: { path: store.db }\n"
            f"links:\n  - {{ name: monitors, adapter: hl7v2, listen: 'tcp://127.0.0.1:{self.port}' }}\n"
            f"publish:\n  - {json.dumps(sink)}\n"
        )
        self.process = None

    def start(self):
        log = open(self.folder / "log", "ab")  # pylint: disable=consider-using-with
        self.process = subprocess.Popen([PROGRAM, "run", self.site], stderr=log)  # pylint: disable=consider-using-with
        log.close()
        deadline = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError):
                return Monitor(self.port)
            assert self.process.poll() is None and time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            code = self.process.wait(timeout=20)
            assert how == signal.SIGKILL or code == 0

    def ask(self, *words):
        done = subprocess.run([PROGRAM, *words], cwd=self.folder, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def sink(self):
        return json.loads(self.ask("status", "--json", self.site))["sinks"][0]

    def until(self, check):
        deadline = time.monotonic() + PATIENCE_S
        while not check():
            assert time.monotonic() < deadline, f"{self.ask('status', self.site)}\n{self.log()}"
            time.sleep(0.02)

    def kill(self):
        """Ends it for good, whatever it does."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

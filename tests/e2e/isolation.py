"""An installation with adapters that are faulty or hostile beside the house's own, and devices that speak to them."""

import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PREFIX = ROOT / "zig-out"
FIXTURES = ROOT / "tests" / "faults"
PATIENCE_S = 30


def install(folder: Path, *names: str) -> Path:
    """A prefix that has what is installed, and these fixtures, built now."""
    prefix = folder / "prefix"
    adapters = prefix / "lib/dragoman/adapters"
    adapters.mkdir(parents=True)
    for part in ("share", "bin"):
        (prefix / part).symlink_to(PREFIX / part)
    for part in ("adapter-host", "sinks"):
        (prefix / "lib/dragoman" / part).symlink_to(PREFIX / "lib/dragoman" / part)
    for adapter in (PREFIX / "lib/dragoman/adapters").iterdir():
        (adapters / adapter.name).symlink_to(adapter)
    for name in names:
        flags = "-std=c11 -D_GNU_SOURCE -O1 -fPIC -shared -fvisibility=hidden -Wall -Wextra -Werror".split()
        subprocess.run(["cc", *flags, "-I", PREFIX / "include", "-o", adapters / f"{name}.so", FIXTURES / f"{name}.c"],
                       check=True)
    return prefix


class Lines:
    """A device that says lines and is answered lines."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.file = self.socket.makefile("rb")

    def say(self, text):
        self.socket.sendall(text.encode() + b"\n")

    def answer(self) -> str:
        """The next line, or an empty text at the end of the connection."""
        try:
            return self.file.readline().decode().strip()
        except ConnectionError:
            return ""

    def ask(self, text) -> str:
        self.say(text)
        return self.answer()

    def close(self):
        self.file.close()
        self.socket.close()


def back_after(port, text="T=37") -> float:
    """Seconds until somebody who connects and speaks is answered."""
    begun = time.monotonic()
    while True:
        device = Lines(port)
        said = ""
        try:
            said = device.ask(text)
        except ConnectionError:
            pass
        device.close()
        if said == "OK":
            return time.monotonic() - begun
        assert time.monotonic() - begun < PATIENCE_S, "it never came back"
        time.sleep(0.01)

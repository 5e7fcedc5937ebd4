"""A running dragoman for tests: its site file, its log as it is written, its status, its end.

Nothing here sleeps: what has to become true is waited for where it is told (the log's lines) or asked for again
(`dragoman status`, which itself takes some milliseconds).
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "zig-out" / "bin" / "dragoman"
PATIENCE_S = 30

sys.path.insert(0, str(ROOT / "tests" / "golden"))

from program import canonical, proto  # noqa: E402  pylint: disable=wrong-import-position

__all__ = ["Ward", "canonical", "dragoman", "proto", "until"]


def dragoman(*words, cwd=None, **more) -> subprocess.CompletedProcess:
    """One call of the program, its output as text."""
    more.setdefault("text", True)
    return subprocess.run([str(PROGRAM), *map(str, words)], cwd=cwd, capture_output=True, timeout=60, check=False,
                          **more)


def until(check, why="", patience_s=PATIENCE_S):
    """Asks again until the answer is true, and gives it back."""
    deadline = time.monotonic() + patience_s
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < deadline, why() if callable(why) else why or "it never came true"


class Ward:
    """`dragoman run` of a site with these links and, as `out.pb`, everything that was published."""

    def __init__(self, folder: Path, links: list, prefix=None, **site):
        """`prefix`: another installation, with adapters of its own."""
        self.folder = folder
        self.environment = {**os.environ, **({"DRAGOMAN_PREFIX": str(prefix)} if prefix else {})}
        self.path = folder / "site.yaml"
        sink = {"name": "all", "to": "file:out.pb", "format": "protobuf"}
        whole = {"site": "Test", "time_zone": "Europe/Berlin", "links": [
            {"adapter": "hl7v2", **({} if "connect" in link else {"listen": "tcp://127.0.0.1:0"}), **link}
            for link in links], "publish": [sink], **site}
        self.path.write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
        self.process = None
        self.lines = []
        self.told = threading.Condition()
        self.reader = None

    def __enter__(self):
        self.process = subprocess.Popen([str(PROGRAM), "run", str(self.path)], stderr=subprocess.PIPE,
                                        env=self.environment, encoding="utf-8", errors="replace")
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()
        self.until_told(": running")
        return self

    def __exit__(self, *failure):
        was_killed = self.process.returncode == -signal.SIGKILL
        code = self.stop()
        if failure[0] is None and not was_killed:
            assert code == 0, self.log()

    def stop(self, how=signal.SIGTERM) -> int:
        """Ends it, unless it has ended already; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.reader.join()
            self.process.stderr.close()

    def read_log(self):
        for line in self.process.stderr:
            with self.told:
                self.lines.append(line.rstrip("\n"))
                self.told.notify_all()
        with self.told:
            self.lines.append(None)
            self.told.notify_all()

    def until_told(self, words: str):
        """Waits for a line of the log that holds these words; gives it back."""
        def found():
            return next((line for line in self.lines if line and words in line), None) or (None in self.lines and "")
        with self.told:
            line = self.told.wait_for(lambda: found() is not None and found() is not False, timeout=PATIENCE_S) and \
                found()
        assert line, f"never told: {words}\n{self.log()}"
        return line

    def log(self) -> str:
        return "\n".join(line for line in self.lines if line)

    def status(self) -> dict:
        done = dragoman("status", "--json", self.path)
        assert done.stdout, done.stderr + self.log()
        return json.loads(done.stdout)

    def link(self, name: str) -> dict:
        return next(link for link in self.status()["links"] if link["name"] == name)

    def port(self, name: str) -> int:
        return self.link(name)["port"]

    def published(self) -> list:
        """Every report in the file sink, once all that is stored is there; call it when the answers are in."""
        until(lambda: all(sink["behind_reports"] == 0 for sink in self.status()["sinks"]), self.log)
        return proto.reports((self.folder / "out.pb").read_bytes())

    def resident_kib(self, peak=False) -> int:
        """Resident memory of the process now, or its highest."""
        word = "VmHWM:" if peak else "VmRSS:"
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(next(line.split()[1] for line in text.splitlines() if line.startswith(word)))

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

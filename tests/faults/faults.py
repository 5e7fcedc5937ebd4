"""`./dev faults`: eight links of four adapters under load, one of them faulty in every way in turn.

    ./dev faults [--seconds N]

For each fault: the time to an answer on the other links before it and while it lasts, whether anything that was
acknowledged is missing, and how soon the faulty link is back once its cause is gone.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

import isolation  # noqa: E402  pylint: disable=wrong-import-position
import mllp  # noqa: E402  pylint: disable=wrong-import-position
from ward import PROGRAM, Ward, until  # noqa: E402  pylint: disable=wrong-import-position

FAULTS = ["CRASH", "ABORT", "EXIT", "HANG", "LEAK", "REPORTS", "ACTIONS", "LINES", "CONSUME", "IMPOSSIBLE"]
LINKS = [
    {"name": "faulty", "adapter": "faulty", "child": "own"},
    {"name": "healthy", "adapter": "faulty", "child": "own"},
    *({"name": f"mllp-{n}", "adapter": "hl7v2"} for n in (1, 2)),
    *({"name": f"analyser-{n}", "adapter": "astm"} for n in (1, 2)),
    *({"name": f"wearables-{n}", "adapter": "phd"} for n in (1, 2)),
]
EVERY_S = 0.02  # between two messages of a measured link: 50 a second, as a ward has
BACK_WITHIN_S = 1


class Asker(threading.Thread):
    """A device that says something again and again, and measures how long the answer takes."""

    def __init__(self, name, port):
        super().__init__(daemon=True)
        self.link, self.port = name, port
        self.answers = []  # (when, seconds)
        self.asked = 0
        self.problem = None
        self.is_over = threading.Event()

    def run(self):
        try:
            self.talk()
        except (OSError, AssertionError) as problem:
            self.problem = problem

    def talk(self):
        is_mllp = self.link.startswith("mllp")
        device = mllp.Device(self.port) if is_mllp else isolation.Lines(self.port)
        while not self.is_over.wait(EVERY_S):
            self.asked += 1
            begun = time.monotonic()
            if is_mllp:
                said = device.ask(mllp.report(f"{self.link}-{self.asked}", self.asked % 200, at=self.asked)).code
            else:
                said = device.ask(f"T={self.asked}")
            assert said in ("AA", "OK"), f"{self.link}: {said!r} instead of an answer"
            self.answers.append((begun, time.monotonic() - begun))
        device.close()


class Load:
    """What speaks on the other links while one of them is faulty."""

    def __init__(self, ward):
        ports = {link["name"]: link["port"] for link in ward.status()["links"]}
        self.askers = [Asker(name, ports[name]) for name in ("healthy", "mllp-1", "mllp-2")]
        self.players = {}
        for name in ("analyser-1", "analyser-2", "wearables-1", "wearables-2"):
            kind = "astm" if name.startswith("analyser") else "phd"
            words = [PROGRAM, "simulate", kind, "--to", f"tcp://127.0.0.1:{ports[name]}", "--every", "100ms", "--json",
                     "--seed", name[-1]]
            self.players[name] = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def __enter__(self):
        for asker in self.askers:
            asker.start()
        return self

    def __exit__(self, *_):
        for asker in self.askers:
            asker.is_over.set()
        for player in self.players.values():
            player.terminate()
            player.wait(timeout=20)
        for asker in self.askers:
            asker.join()

    def p99_ms(self, since, to):
        """Of all answers to what was asked between the two."""
        took = sorted(seconds for asker in self.askers for begun, seconds in asker.answers if since <= begun < to)
        return took[min(len(took) - 1, int(len(took) * 0.99))] * 1e3 if took else float("nan")


def provoke(port, word, seconds):
    """Brings the fault about again and again, each time in other words: the same would be set aside."""
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end:
        number += 1
        device = isolation.Lines(port)
        try:
            device.say(f"{word} {number}")
            device.answer()
        except OSError:
            pass
        device.close()


def missing(ward, load):
    """Acknowledged messages of the other links that are not there, by their link."""
    counted = {}
    for report in ward.published():
        name = report["stamp"]["link"]
        counted[name] = counted.get(name, 0) + 1
    return {asker.link: len(asker.answers) - counted.get(asker.link, 0) for asker in load.askers
            if len(asker.answers) > counted.get(asker.link, 0)}


def run(seconds, faults=tuple(FAULTS), tell=print):
    """Plays all, and returns the rows: fault, p99 before and during in ms, seconds until the faulty one is back."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        prefix = isolation.install(Path(folder), "faulty")
        with Ward(Path(folder), LINKS, isolate="process", prefix=prefix) as ward, Load(ward) as load:
            port = ward.port("faulty")
            until(lambda: all(link["bytes_in"] > 0 for link in ward.status()["links"] if link["name"] != "faulty"))
            tell(f"{'fault':<11} {'p99 before ms':>14} {'p99 during ms':>14} {'back after s':>13}  why")
            for word in faults:
                begun = time.monotonic()
                time.sleep(seconds)
                middle = time.monotonic()
                provoke(port, word, seconds)
                end = time.monotonic()
                back = isolation.back_after(port)
                link = ward.link("faulty")
                why = link["isolation"].get("reason", "") if word not in ("CONSUME", "IMPOSSIBLE") else "its session"
                rows.append((word, load.p99_ms(begun, middle), load.p99_ms(middle, end), back))
                tell(f"{word:<11} {rows[-1][1]:>14.2f} {rows[-1][2]:>14.2f} {back:>13.2f}  {why}")
            others = [link for link in ward.status()["links"] if link["name"] != "faulty"]
            for asker in load.askers:
                assert asker.problem is None, asker.problem
            assert all(link["restarts"] == 0 and link["isolation"]["replaced"] == 0 for link in others), others
            load.__exit__()
            lost = missing(ward, load)
            tell(f"others: {sum(len(asker.answers) for asker in load.askers)} acknowledged and measured, "
                 f"{sum(lost.values())} missing")
            assert not lost, lost
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5, help="before each fault, and while it lasts")
    rows = run(parser.parse_args().seconds)
    late = [word for word, _, _, back in rows if back > BACK_WITHIN_S]
    if late:
        sys.exit(f"faults: not back within {BACK_WITHIN_S} s of the last: {' '.join(late)}")


if __name__ == "__main__":
    main()

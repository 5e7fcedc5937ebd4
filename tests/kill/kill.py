"""Kills dragoman with SIGKILL at random moments while monitors send, and counts afterwards.

Eight monitors send all the time and send again what was not acknowledged. dragoman publishes to a FHIR server that
keeps what it gets, to a file of Bundles and to a file of reports. At the end:

- every message that was acknowledged is in both files and at the server,
- no message is in a file twice, no resource is at the server in two versions or under two ids,
- the server has nothing that was never sent.

    ./dev kill [--rounds N] [--seed N]
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from house import free_port  # noqa: E402  pylint: disable=wrong-import-position

PROGRAM = ROOT / "zig-out" / "bin" / "dragoman"
PATIENCE_S = 240
BEDS = 8

SITE = """site: kill
store: {{ path: store.db, hold: 24h }}
links:
  - {{ name: monitors, adapter: hl7v2, listen: "tcp://127.0.0.1:{port}" }}
publish:
  - {{ name: ehr, to: "{server}", format: fhir }}
  - {{ name: bundles, to: "file:bundles.ndjson", format: fhir }}
  - {{ name: reports, to: "file:reports.ndjson", format: json }}
"""


class Bench:
    """A FHIR server, monitors, and a dragoman between them that is killed again and again."""

    def __init__(self, folder):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.acknowledged = folder / "acknowledged"
        self.acknowledged.touch()
        self.port = free_port()
        self.server = subprocess.Popen(
            [sys.executable, ROOT / "tests/e2e/fhir_server.py", "--port", str(free_port())],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = self.server.stdout.readline().split()[1]
        self.site = folder / "site.yaml"
        self.site.write_text(SITE.format(port=self.port, server=self.url))
        self.dragoman = None
        self.start()
        self.monitors = subprocess.Popen(
            [
                PROGRAM,
                "simulate",
                "hl7v2",
                "--to",
                f"tcp://127.0.0.1:{self.port}",
                "--beds",
                str(BEDS),
                "--every",
                "15ms",
            ]
            + ["--acknowledged", self.acknowledged],
            stdout=subprocess.DEVNULL,
        )

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.dragoman = subprocess.Popen([PROGRAM, "run", "--quiet", self.site], stderr=log)

    def kill(self):
        self.dragoman.send_signal(signal.SIGKILL)
        self.dragoman.wait()

    def status(self):
        said = subprocess.run([PROGRAM, "status", "--json", self.site], capture_output=True, text=True, check=False)
        return json.loads(said.stdout) if said.stdout else None

    def admin(self, what):
        with urllib.request.urlopen(f"{self.url}/admin/{what}") as answer:
            return json.load(answer)

    def count_acknowledged(self):
        with open(self.acknowledged, "rb") as lines:
            return sum(1 for _ in lines)

    def drain(self):
        """The monitors stop, and what is under way arrives."""
        self.monitors.send_signal(signal.SIGINT)
        self.monitors.wait()
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            status = self.status()
            if status and all(sink["behind_reports"] == 0 for sink in status["sinks"]):
                break
        else:
            sys.exit(f"kill: not everything was delivered in {PATIENCE_S} s: {json.dumps(self.status())}")
        self.dragoman.terminate()
        self.dragoman.wait()

    def end(self):
        for process in (self.monitors, self.dragoman, self.server):
            process.kill()
            process.wait()


def lines_of(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def judge(bench):
    """What is wrong, as sentences, and the figures."""
    acknowledged = Counter(bench.acknowledged.read_text().split())
    bundles, resources = Counter(), set()
    for bundle in lines_of(bench.folder / "bundles.ndjson"):
        bundles[bundle["identifier"]["value"]] += 1
        resources |= {f"{entry['resource']['resourceType']}/{entry['resource']['id']}" for entry in bundle["entry"]}
    reports = Counter(report["message_id"] for report in lines_of(bench.folder / "reports.ndjson"))
    dump = bench.admin("dump")
    kept = set(dump)
    wrong = []

    def demand(what, found):
        if found:
            wrong.append(f"{what}: {len(found)}, such as {sorted(found)[:3]}")

    demand("acknowledged and not in the file of Bundles", set(acknowledged) - set(bundles))
    demand("acknowledged and not in the file of reports", set(acknowledged) - set(reports))
    demand("twice in the file of Bundles", {key for key, count in bundles.items() if count > 1})
    demand("twice in the file of reports", {key for key, count in reports.items() if count > 1})
    demand("in the file and not at the server", resources - kept)
    demand("at the server and never sent", {key for key in kept if not key.startswith("Bundle/")} - resources)
    demand(
        "at the server in two versions",
        {
            key
            for key, one in dump.items()
            if key.startswith("Observation/")
            and one["versions"] > 1
            and "MDC_EVT" not in json.dumps(one["resource"]["code"])
        },
    )
    demand("at the server under two ids", set(bench.admin("duplicates")))
    return wrong, {
        "acknowledged": len(acknowledged),
        "stored": len(reports),
        "resources at the server": len(kept),
        "written again at the server": sum(one["received"] > 1 for key, one in dump.items() if "Observation" in key),
    }


def main():
    parser = argparse.ArgumentParser(prog="./dev kill", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    wanted = parser.parse_args()
    chance = random.Random(wanted.seed)
    print(f"kill: {wanted.rounds} rounds with seed {wanted.seed}", flush=True)
    folder = ROOT / ".dev" / "kill" / str(os.getpid())
    bench = Bench(folder)
    try:
        for number in range(1, wanted.rounds + 1):
            # Every third kill comes while it is still starting, the others while it is at work.
            time.sleep(chance.uniform(0.0, 0.05) if number % 3 == 0 else chance.uniform(0.1, 1.2))
            bench.kill()
            bench.start()
            if number % 20 == 0:
                print(f"kill: round {number}, {bench.count_acknowledged()} acknowledged", flush=True)
        bench.drain()
        wrong, figures = judge(bench)
    finally:
        bench.end()
    print(f"kill: {wanted.rounds} rounds, " + ", ".join(f"{value} {key}" for key, value in figures.items()))
    for sentence in wrong:
        print(f"kill: {sentence}")
    if not wrong:
        shutil.rmtree(folder)
    print(f"{0 if wrong else 1} passed, {1 if wrong else 0} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

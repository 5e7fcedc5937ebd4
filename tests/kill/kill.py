"""Kills dragoman with SIGKILL at random moments while monitors send, and counts afterwards.

Eight monitors send all the time and send again what was not acknowledged. dragoman publishes to a FHIR server that
keeps what it gets, to a file of Bundles and to an archive of reports. Some kills come while it is still starting, some
while the server is slow, refuses or drops connections. Connections of monitors break too, the server itself is killed
now and then, and answers get lost after dragoman gave them. At the end, when all is delivered:

- every message that was acknowledged is in the store, in both files and at the server, with all its values,
- nothing is in the store or a file twice, and no resource is at the server twice, or in two versions,
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
from pathlib import Path

from judge import judge
from relay import Relay

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from house import free_port  # noqa: E402  pylint: disable=wrong-import-position

PROGRAM = ROOT / "zig-out" / "bin" / "dragoman"
PATIENCE_S = 600

SITE = """site: kill
store: {{ path: store.db, hold: 24h }}
links:
  - {{ name: monitors, adapter: hl7v2, listen: "tcp://127.0.0.1:{port}" }}
publish:
  - {{ name: ehr, to: "{server}", format: fhir }}
  - {{ name: bundles, to: "file:bundles.ndjson", format: fhir }}
  - {{ name: reports, to: "file:reports.pb", format: protobuf }}
"""

FAULTS = [
    {"drop": "before", "times": 3},
    {"drop": "after", "times": 3},
    {"answer": 503, "times": 5},
    {"answer": 429, "times": 2},
    {"delay_ms": 300, "times": 20},
]


class Bench:
    """A FHIR server, monitors, and a dragoman between them that is killed again and again."""

    def __init__(self, folder):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.processes = []
        self.port, self.server_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.start_server()
        self.site = folder / "site.yaml"
        self.site.write_text(SITE.format(port=self.port, server=self.url))
        self.start()
        self.relay = Relay(self.port)
        to = f"tcp://127.0.0.1:{self.relay.port}"
        words = ["simulate", "hl7v2", "--to", to, "--every", "30ms"]
        self.monitors = self.begin([PROGRAM, *words], stdout=subprocess.DEVNULL)

    def begin(self, words, **more):
        process = subprocess.Popen(words, **more)  # pylint: disable=consider-using-with
        self.processes.append(process)
        return process

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.dragoman = self.begin([PROGRAM, "run", "--quiet", self.site], stderr=log)

    def start_server(self):
        words = [sys.executable, ROOT / "tests/e2e/fhir_server.py", "--port", str(self.server_port), "--log",
                 self.folder / "server"]
        self.server = self.begin(words, stdout=subprocess.PIPE, text=True)
        assert self.server.stdout.readline().split() == ["listening", self.url]

    def kill(self):
        self.dragoman.send_signal(signal.SIGKILL)
        assert self.dragoman.wait() == -signal.SIGKILL, "it ended by itself: see its log"

    def kill_server(self):
        self.server.kill()
        self.server.wait()
        self.server.stdout.close()
        self.start_server()

    def status(self):
        said = subprocess.run([PROGRAM, "status", "--json", self.site], capture_output=True, text=True, check=False)
        return json.loads(said.stdout) if said.stdout else None

    def admin(self, what, method="GET", body=None):
        request = urllib.request.Request(f"{self.url}/admin/{what}", method=method,
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request) as answer:
            return json.load(answer, parse_float=str, parse_int=str) if what == "dump" else json.load(answer)

    def upset(self, chance):
        """Something else goes wrong in this round, or nothing."""
        what = chance.randrange(8)
        if what == 0:
            self.admin("faults", "POST", chance.choice(FAULTS))
        elif what == 1:
            self.relay.cut()
        elif what == 2:
            self.relay.lose(chance.randint(1, 8))
        elif what == 3 and chance.random() < 0.5:
            self.kill_server()

    def is_drained(self):
        status = self.status()
        return status and status["sinks"] and all(sink["behind_reports"] == 0 for sink in status["sinks"])

    def drain(self):
        """The monitors stop, and what is under way arrives."""
        self.monitors.send_signal(signal.SIGINT)
        self.monitors.wait()
        self.admin("faults", "DELETE")
        until = time.monotonic() + PATIENCE_S
        while not self.is_drained():
            if time.monotonic() > until:
                sys.exit(f"kill: not everything was delivered in {PATIENCE_S} s: {json.dumps(self.status())}")
        letters = self.status()["store"]["dead_letters"]
        self.dragoman.terminate()
        code = self.dragoman.wait()
        return [f"{letters} dead letters, and nothing was refused for good"] * (letters > 0) + \
            [f"it ended with {code} when it was told to stop"] * (code != 0)

    def verdict(self):
        dump = self.admin("dump")
        for one in dump.values():
            one["versions"] = int(one["versions"])
        return judge(self.folder, self.relay, dump, self.admin("duplicates"))

    def end(self):
        self.relay.close()
        for process in self.processes:
            process.kill()
            process.wait()


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
            bench.upset(chance)
            # Every third kill comes while it is still starting, the others while it is at work.
            time.sleep(chance.uniform(0.0, 0.05) if number % 3 == 0 else chance.uniform(0.1, 1.2))
            bench.kill()
            bench.start()
            if number % 20 == 0:
                print(f"kill: round {number}, {len(bench.relay.acknowledged)} acknowledged", flush=True)
        wrong = bench.drain()
        found, figures = bench.verdict()
        wrong += found
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

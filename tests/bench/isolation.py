"""What it costs to run an adapter in a process of its own, beside the same input in dragoman's own.

The two take turns, so that a machine that is slower for a while is so for both.
"""

import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "zig-out/bin/dragoman"
MODES = ("none", "process")
ROUNDS = 3
OBX = 20
# 10,000 observations a second, 20 in a message: 50 monitors, each ten times a second.
PACED = {"senders": 50, "every": "100ms"}
FLOOR_SHARE = 0.6
FLOOR_ADDED_MS = 0.2


class House:
    """A running dragoman with one MLLP link whose adapter runs here or in a process, and a file sink."""

    def __init__(self, folder, mode):
        self.file = Path(folder) / "site.yaml"
        self.file.write_text(f"""site: bench
isolate: {mode}
store: {{ path: store.db, hold: 24h, max_size: 20GiB }}
links:
  - {{ name: monitors, adapter: hl7v2, listen: "tcp://127.0.0.1:0" }}
publish:
  - {{ name: archive, to: "file:ward.ndjson", format: fhir-ndjson }}
""", encoding="utf-8")

    def __enter__(self):
        self.process = subprocess.Popen([PROGRAM, "run", "--quiet", self.file])
        while not (status := self.status()):
            assert self.process.poll() is None, "dragoman did not start"
            time.sleep(0.01)
        self.port = status["links"][0]["port"]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def status(self):
        said = subprocess.run([PROGRAM, "status", "--json", self.file], capture_output=True, text=True, check=False)
        return json.loads(said.stdout) if said.stdout else None

    def simulate(self, senders, every, seconds, first):
        words = ["--to", f"tcp://127.0.0.1:{self.port}", "--beds", senders, "--every", every, "--seconds", seconds,
                 "--values-only", "--first-id", first, "--json"]
        said = subprocess.run([PROGRAM, "simulate", "hl7v2", *map(str, words)], check=True, capture_output=True,
                              text=True)
        return json.loads(said.stdout)


def measure(folder, mode, senders, every, seconds):
    """Observations a second, p50 and p99 of an acknowledgement in ms."""
    with tempfile.TemporaryDirectory(dir=folder) as place, House(place, mode) as house:
        house.simulate(senders, "0s", 1, 1)
        said = house.simulate(senders, every, seconds, 1000000)
        return said["accepted"] * OBX * 1e6 / said["elapsed_us"], said["p50_us"] / 1e3, said["p99_us"] / 1e3


def both(folder, senders, every, seconds):
    taken = {mode: [] for mode in MODES}
    for _ in range(ROUNDS):
        for mode in MODES:
            taken[mode].append(measure(folder, mode, senders, every, seconds))
    return {mode: [statistics.median(column) for column in zip(*rows)] for mode, rows in taken.items()}


def bench(folder, seconds):
    print("\nIsolation: MLLP, 20 OBX a message, acknowledged after commit; the adapter in dragoman, and in a process")
    print(f"{'senders':>8} {'load':>10} {'none obs/s':>11} {'process obs/s':>14} {'share':>6} "
          f"{'none p50/p99 ms':>17} {'process p50/p99 ms':>19} {'added p50 ms':>13}")
    for senders, every in ((1, "0s"), (50, "0s"), (500, "0s"), (PACED["senders"], PACED["every"])):
        rows = both(folder, senders, every, seconds)
        none, process = rows["none"], rows["process"]
        load = "10,000/s" if every != "0s" else "all it can"
        print(f"{senders:>8} {load:>10} {none[0]:>11,.0f} {process[0]:>14,.0f} {process[0] / none[0]:>6.0%} "
              f"{none[1]:>8.2f} {none[2]:>8.2f} {process[1]:>10.2f} {process[2]:>8.2f} {process[1] - none[1]:>13.3f}")
        if every == "0s" and process[0] < FLOOR_SHARE * none[0]:
            print(f"         below the floor of {FLOOR_SHARE:.0%}")
        if every != "0s" and process[1] - none[1] > FLOOR_ADDED_MS:
            print(f"         above the {FLOOR_ADDED_MS} ms that may be added at p50")

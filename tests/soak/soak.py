"""A mixed ward in real time whose devices are unplugged, rebooted and killed at random.

Every device of examples/ward/devices.txt is simulated against a running dragoman. One after the other they are stopped
in the middle of a word and started again after some seconds. It fails when

- the program ends, or answers `dragoman status` no more,
- a device that is away for longer than its link's `stale_after` is not shown as stale or gone,
- a link whose device is back for half a minute is not live again,
- descriptors or threads grow, or resident memory does after the first third.

With --valgrind the program runs under valgrind's memcheck, each device is unplugged once, and it fails on every error
and on every block that is lost.

    ./dev soak [--seconds N] [--seed N] [--valgrind]
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
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "zig-out" / "bin" / "dragoman"
WARD = ROOT / "examples" / "mixed-ward"
BACK_S = 60  # the longest back-off of a link, and a poll
STALE_S = 15  # `stale_after` of the ward's links
SAMPLE_S = 5
GROWTH_KIB = 2048  # the allocator's own room, not what a leak in ten minutes leaves
START_S = 30
SLOWNESS = 8  # of starting and ending under valgrind, which translates all code once
VALGRIND = ["valgrind", f"--log-file={WARD / 'out' / 'valgrind.txt'}", "--error-exitcode=99",
            "--leak-check=full", "--errors-for-leak-kinds=definite", "--show-leak-kinds=definite", "--num-callers=24",
            "--child-silent-after-fork=yes"]


def devices():
    """Link name → the command that plays its device. What says something seldom cannot be told from what is away."""
    lines = (WARD / "devices.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split(None, 1) for line in lines if line and not line.startswith("#"))


class Player:
    """The simulator of one link."""

    def __init__(self, name, command, environment):
        self.name, self.command, self.environment = name, command, environment
        self.process = None
        self.since = 0.0
        self.start()

    def start(self):
        # Its own group, so that a pipe of programs dies as a whole.
        self.process = subprocess.Popen(["sh", "-c", self.command], start_new_session=True, env=self.environment,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.since = time.monotonic()

    def unplug(self):
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None
        self.since = time.monotonic()


class Soak:
    """The running ward and what is wrong with it."""

    def __init__(self, seconds, seed, with_valgrind):
        self.seconds, self.chance = seconds, random.Random(seed)
        self.patience_s = START_S * (SLOWNESS if with_valgrind else 1)
        self.wrong = []
        self.samples = []
        self.upsets = 0
        out = WARD / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        self.log = open(out / "log.txt", "ab")  # pylint: disable=consider-using-with
        self.environment = {**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}:/usr/sbin"}
        self.broker = Player("broker", f"exec mosquitto -c {WARD}/broker.conf", self.environment)
        self.house = subprocess.Popen([*(VALGRIND if with_valgrind else []), PROGRAM, "run", "--quiet",
                                       WARD / "site.yaml"], stderr=self.log)
        until = time.monotonic() + self.patience_s
        while self.status() is None:
            if self.house.poll() is not None or time.monotonic() > until:
                sys.exit(f"soak: it does not start: {(out / 'log.txt').read_text(encoding='utf-8')}")
        self.players = [Player(name, command, self.environment) for name, command in devices().items()]
        self.round = []

    def status(self):
        said = subprocess.run([PROGRAM, "status", "--json", WARD / "site.yaml"], capture_output=True, text=True,
                              check=False, timeout=30)
        return json.loads(said.stdout) if said.stdout else None

    def sample(self):
        base = Path(f"/proc/{self.house.pid}")
        text = (base / "status").read_text(encoding="ascii")
        resident = int(next(line.split()[1] for line in text.splitlines() if line.startswith("VmRSS:")))
        self.samples.append((time.monotonic(), resident, len(os.listdir(base / "fd")), len(os.listdir(base / "task"))))

    def look(self):
        """Compares what the status says of each link with what was done to its device."""
        status = self.status()
        if status is None:
            self.wrong.append("no status is given any more")
            return
        links = {link["name"]: link for link in status["links"]}
        now = time.monotonic()
        broker_since = min(now - self.broker.since, BACK_S * (self.broker.process is not None))
        for player in self.players:
            link, since = links[player.name], now - player.since
            if "mosquitto" in player.command and player.process is not None:
                since = min(since, broker_since)
            if player.process is None and since > STALE_S + SAMPLE_S and link["state"] == "live":
                self.wrong.append(f"{player.name} is away for {since:.0f} s and counts as live")
            if player.process is not None and since > BACK_S and link["state"] != "live":
                self.wrong.append(f"{player.name} is back for {since:.0f} s and counts as {link['state']}")

    def next_upset(self):
        """By chance, but nobody a second time before all others had theirs."""
        if not self.round:
            self.round = self.chance.sample([*self.players, self.broker], len(self.players) + 1)
        return self.round.pop()

    def run(self):
        end = time.monotonic() + self.seconds
        upset_at = time.monotonic() + 10
        while time.monotonic() < end and self.house.poll() is None and len(self.wrong) < 20:
            time.sleep(SAMPLE_S)
            self.sample()
            self.look()
            away = [player for player in [*self.players, self.broker] if player.process is None]
            for player in away:
                if time.monotonic() - player.since > self.chance.uniform(2, STALE_S * 2.5):
                    player.start()
            if time.monotonic() > upset_at and not away and end - time.monotonic() > BACK_S * 2:
                self.next_upset().unplug()
                self.upsets += 1
                upset_at = time.monotonic() + self.chance.uniform(1, 8)
        if self.house.poll() is not None:
            self.wrong.append(f"it ended with {self.house.returncode}")

    def judge(self):
        third = len(self.samples) // 3
        early, late = self.samples[third:2 * third], self.samples[2 * third:]
        for index, what, most in ((1, "KiB resident", GROWTH_KIB), (2, "descriptors", 2), (3, "threads", 0)):
            before, after = max(one[index] for one in early), max(one[index] for one in late)
            print(f"soak: {what}: at most {before} in the second third, {after} in the last")
            if after > before + most:
                self.wrong.append(f"{what} grew from {before} to {after}")

    @staticmethod
    def show_valgrind():
        for line in (WARD / "out" / "valgrind.txt").read_text(encoding="utf-8").splitlines():
            if " lost:" in line or "ERROR SUMMARY" in line or "still reachable:" in line:
                print(f"soak: valgrind: {' '.join(line.split()[1:])}")

    def end(self):
        for player in self.players:
            player.unplug()
        if self.house.poll() is None:
            self.house.terminate()
            code = self.house.wait(timeout=self.patience_s)
            if code != 0:
                self.wrong.append(f"it ended with {code} when it was told to stop: see {WARD / 'out' / 'log.txt'}")
        self.broker.unplug()
        self.log.close()


def main():
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=int, help="600; with --valgrind 300, enough for a round of faults")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--valgrind", action="store_true")
    wanted = parser.parse_args()
    wanted.seconds = wanted.seconds or (300 if wanted.valgrind else 600)
    print(f"soak: {wanted.seconds} s with seed {wanted.seed}", flush=True)
    soak = Soak(wanted.seconds, wanted.seed, wanted.valgrind)
    try:
        soak.run()
        if not wanted.valgrind:
            soak.judge()
    finally:
        soak.end()
    if wanted.valgrind:
        soak.show_valgrind()
    for sentence in soak.wrong:
        print(f"soak: {sentence}")
    print(f"soak: {soak.upsets} times a device or the broker was unplugged")
    print(f"{0 if soak.wrong else 1} passed, {1 if soak.wrong else 0} failed")
    return 1 if soak.wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""What the benchmarks ask of a running dragoman."""

import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = ROOT / "zig-out/bin/dragoman"
PROGRAMS = ROOT / "zig-out/bench"
# How long it is waited for what has to stand before anything is measured.
PATIENCE_S = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def quiet_port():
    """One that no outgoing connection gets by chance."""
    while True:
        port = random.randrange(15000, 30000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def status(site):
    said = subprocess.run([PROGRAM, "status", "--json", site], capture_output=True, text=True, check=False)
    return json.loads(said.stdout) if said.stdout else None


@contextlib.contextmanager
def house(site):
    """A running dragoman that answers."""
    with (site.parent / "run.log").open("w", encoding="utf-8") as log:
        with subprocess.Popen([PROGRAM, "run", site], stderr=log) as process:
            try:
                until(lambda: status(site) is not None, process)
                yield process
            finally:
                process.terminate()


def until(is_so, process):
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit("bench: dragoman does not come so far")
        time.sleep(0.05)


def cpu_seconds(process):
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(process):
    text = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def committed(site):
    """What is on the disk, and when the last of it was committed: asking takes longer than that."""
    store = status(site)["store"]
    return store["messages"], store["observations"], datetime.fromisoformat(store["newest"]).timestamp()


def watch(site, process, seconds):
    """What it commits in a second, what of a core it needs for that, and its memory."""
    cpu, before = cpu_seconds(process), committed(site)
    start = time.monotonic()
    time.sleep(seconds)
    used, took = cpu_seconds(process) - cpu, time.monotonic() - start
    after = committed(site)
    between = after[2] - before[2]
    return {"messages": (after[0] - before[0]) / between, "values": (after[1] - before[1]) / between,
            "cpu": used / took, "memory": resident_mib(process)}

"""Modbus TCP at 500 and 2,000 connections, 30 registers each second, beside a simulator of ours.

What is counted: values that are committed in a second; processor time of `dragoman run` as a share of one core; its
resident memory; how late questions come, as the simulator sees them (against the earliest one of each connection).
"""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = ROOT / "zig-out/bin/dragoman"
REGISTERS = 30
# Links are made and have asked once; then it is measured.
SETTLING_S = 5


def write_site(folder, port, links):
    rows = "\n".join(
        f'    - {{ name: r{n}, table: holding, address: {n}, type: int16, scale: "0.1", unit: Cel }}'
        for n in range(100, 100 + REGISTERS)
    )
    profiles = folder / "ours/modbus"
    profiles.mkdir(parents=True)
    (profiles / "bench.yaml").write_text(
        f"profile: bench\nfor: modbus\nsource: {{ document: bench }}\ndevice:\n  every: 1s\n  registers:\n{rows}\n"
    )
    lines = "\n".join(
        f'  - {{ name: d{n}, adapter: modbus, connect: "tcp://127.0.0.1:{port}", profile: bench }}'
        for n in range(links)
    )
    site = folder / "site.yaml"
    site.write_text(
        f"site: bench\nmappings: ours\nstore: {{ path: bench.db, hold: 1h }}\ncontrol: bench.sock\nlinks:\n{lines}\n"
    )
    return site


def used_seconds(pid):
    """Processor time of a process so far."""
    parts = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("VmRSS:"))) / 1024


def committed(site):
    """Values on the disk since the start."""
    done = subprocess.run([PROGRAM, "status", "--json", site], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["store"]["observations"]


def watch(site, seconds):
    """Runs the site and looks at it for so long."""
    log = (site.parent / "run.log").open("w", encoding="utf-8")
    with log, subprocess.Popen([PROGRAM, "run", site], stderr=log) as house:
        try:
            time.sleep(SETTLING_S)
            before, first, start = used_seconds(house.pid), committed(site), time.monotonic()
            time.sleep(seconds)
            cpu, last, elapsed = used_seconds(house.pid) - before, committed(site), time.monotonic() - start
            memory = resident_mib(house.pid)
        finally:
            house.terminate()
    return {"points": (last - first) / elapsed, "cpu": cpu / elapsed, "memory": memory}


def measure(folder, links, seconds):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    simulate = [PROGRAM, "simulate", "modbus", "--listen", "tcp://127.0.0.1:0", "--every", "1s", "--json"]
    with subprocess.Popen(simulate, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as simulator:
        try:
            port = simulator.stderr.readline().strip().rsplit(":", 1)[1]
            found = watch(write_site(folder, port, links), seconds)
        finally:
            simulator.terminate()
        figures = json.loads(simulator.stdout.read())
    return {**found, "p50": figures["late_p50_us"] / 1000, "p99": figures["late_p99_us"] / 1000}


def bench_modbus(folder, seconds):
    print("\nModbus TCP, 30 registers of each connection in a second, to the disk (no sink)")
    print(f"{'connections':>12} {'values/s':>10} {'of a core':>10} {'resident':>10} {'late p50':>9} {'late p99':>9}")
    for links in (500, 2000):
        found = measure(folder / f"modbus{links}", links, seconds)
        print(
            f"{links:>12} {found['points']:>10.0f} {found['cpu'] * 100:>8.0f} % {found['memory']:>6.1f} MiB "
            f"{found['p50']:>6.1f} ms {found['p99']:>6.1f} ms"
        )

"""Modbus TCP at 500 and 2,000 connections, 30 registers each second, beside a simulator of ours.

What is counted: values that are committed in a second; processor time of `dragoman run` as a share of one core; its
resident memory; how late questions come, as the simulator sees them (against the earliest one of each connection).
"""

import json
import shutil
import subprocess

from running import PROGRAM, house, status, until, watch

REGISTERS = 30


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


def is_all_asked(site, links):
    """Every link has its connection, and has had an answer twice: it asks in its own phase now."""
    said = status(site)
    is_live = all(link["state"] == "live" for link in said["links"])
    return is_live and said["store"]["observations"] >= 3 * REGISTERS * links


def measure(folder, links, seconds):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    simulate = [PROGRAM, "simulate", "modbus", "--listen", "tcp://127.0.0.1:0", "--every", "1s", "--json"]
    with subprocess.Popen(simulate, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as simulator:
        try:
            port = simulator.stderr.readline().strip().rsplit(":", 1)[1]
            site = write_site(folder, port, links)
            with house(site) as process:
                until(lambda: is_all_asked(site, links), process)
                found = watch(site, process, seconds)
        finally:
            simulator.terminate()
        figures = json.loads(simulator.stdout.read())
    return {**found, "p50": figures["late_p50_us"] / 1000, "p99": figures["late_p99_us"] / 1000}


def bench_modbus(folder, seconds):
    print("\nModbus TCP, 30 registers of each connection in a second, to the disk (no sink)")
    print("(floors at 2,000 connections: 60,000 values/s below one core and 64 MiB, late p99 below 50 ms)")
    print(f"{'connections':>12} {'values/s':>10} {'of wanted':>10} {'core':>6} {'MiB':>6} {'late p50 ms':>12} "
          f"{'late p99 ms':>12}")
    for links in (500, 2000):
        found = measure(folder / f"modbus{links}", links, seconds)
        print(f"{links:>12,} {found['values']:>10,.0f} {found['values'] / links / REGISTERS:>10.3f} "
              f"{found['cpu']:>6.2f} {found['memory']:>6.1f} {found['p50']:>12.2f} {found['p99']:>12.2f}")

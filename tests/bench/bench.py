"""`./dev bench`: what dragoman does in a second, each figure beside something run in the same minutes here.

    ./dev bench [text] [durable] [memory] [phd] [intellivue] [modbus] [mqtt] [isolation] [bytes] [--seconds N]

text     HL7 text to FHIR text on one core, beside HAPI HL7v2 + HAPI FHIR doing the same work, and beside memcpy
durable  MLLP messages acknowledged after commit and delivered to a file, beside append + fdatasync + acknowledge
memory   resident memory when idle, and with 500 idle connections
phd      1,000 associated IEEE 11073-20601 agents of seven kinds, each report confirmed after commit
intellivue  200 simulated IntelliVue monitors with numerics and four waves each
modbus   500 and 2,000 Modbus TCP connections, 30 registers of each in a second, beside a simulator
isolation  an adapter in a process of its own beside the same in dragoman, all it can and 10,000 values a second
mqtt     from the last byte of a message over the disk to a subscriber, 1,000 and 10,000 values a second
bytes    of a numeric observation in protobuf, JSON and FHIR, plain and compressed
"""

import argparse
import contextlib
import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import delivery
import intellivue
import isolation
import registers
import sizes
from running import PROGRAM, PROGRAMS, ROOT, free_port, house, resident_mib, status, until, watch

ROUNDS = 5


def one_core():
    """Puts a child on the last of the processors it may use."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def cpu_seconds(command):
    """CPU and wall seconds of one run on one core."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, preexec_fn=one_core)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def generate(folder, obx, messages):
    file = folder / f"obx{obx}.hl7"
    subprocess.run(
        [
            sys.executable,
            ROOT / "tests/bench/generate.py",
            "--obx",
            str(obx),
            "--messages",
            str(messages),
            "--out",
            file,
        ],
        check=True,
    )
    return file


def bench_text(folder, seconds):
    print("\nHL7 text to FHIR text (transaction Bundles), one core")
    print(
        f"{'OBX':>5} {'observations/s':>15} {'MB/s in':>9} {'GB/s out':>9} {'HAPI obs/s':>11} {'x HAPI':>7} "
        f"{'of memcpy':>10}"
    )
    sizes = {1: 60000, 20: 15000, 200: 1500}
    files = {obx: generate(folder, obx, count) for obx, count in sizes.items()}
    hapi = subprocess.run(
        [
            ROOT / "tests/bench/hapi/run",
            "--terms",
            ROOT / "mappings/terms",
            "--seconds",
            str(seconds),
            *files.values(),
        ],
        check=True,
        capture_output=True,
        text=True,
        preexec_fn=one_core,
    )
    theirs = [json.loads(line) for line in hapi.stdout.splitlines() if line.startswith("{")]
    for (obx, count), them in zip(sizes.items(), theirs):
        file, out = files[obx], folder / "out.json"
        subprocess.run([PROGRAM, "translate", "--output", out, file], check=True)
        command = [PROGRAM, "translate", "--output", "/dev/null", file]
        taken = statistics.median(cpu_seconds(command)[0] for _ in range(ROUNDS))
        copy = json.loads(
            subprocess.run(
                [PROGRAMS / "memcpy", out, "1"], check=True, capture_output=True, preexec_fn=one_core
            ).stdout
        )
        observations = obx * count / taken
        out_rate = out.stat().st_size / taken
        their_rate = them["observations_per_s"]
        print(
            f"{obx:>5} {observations:>15,.0f} {file.stat().st_size / taken / 1e6:>9.1f} {out_rate / 1e9:>9.2f} "
            f"{their_rate:>11,.0f} "
            f"{observations / their_rate:>7.0f} {out_rate / copy['bytes_per_second']:>10.2f}"
        )
        out.unlink()


class Site:
    """A running dragoman with one link, MLLP if nothing else is said, and one file sink."""

    def __init__(self, folder, adapter="hl7v2"):
        self.port = free_port()
        self.file = folder / "site.yaml"
        self.file.write_text(f"""site: bench
store: {{ path: store.db, hold: 24h, max_size: 20GiB }}
links:
  - {{ name: monitors, adapter: {adapter}, listen: "tcp://127.0.0.1:{self.port}" }}
publish:
  - {{ name: archive, to: "file:ward.ndjson", format: fhir-ndjson }}
""")
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        self.process = self.stack.enter_context(house(self.file))
        return self

    def __exit__(self, *_):
        self.stack.close()


def simulate(site, senders, seconds, first):
    said = subprocess.run(
        [
            PROGRAM,
            "simulate",
            "hl7v2",
            "--to",
            f"tcp://127.0.0.1:{site.port}",
            "--beds",
            str(senders),
            "--every",
            "0s",
            "--seconds",
            str(seconds),
            "--values-only",
            "--first-id",
            str(first),
            "--json",
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(said.stdout)


def bench_durable(folder, seconds):
    print("\nDurable MLLP, 20 OBX a message: acknowledged after commit, and delivered to a file of FHIR NDJSON")
    print(
        f"{'senders':>8} {'acknowledged/s':>15} {'delivered/s':>12} {'ACK p50 ms':>11} {'ACK p99 ms':>11} "
        f"{'floor/s':>9} {'of floor':>9} "
        f"{'floor p99 ms':>13}"
    )
    for senders in (1, 50, 500):
        with tempfile.TemporaryDirectory(dir=folder) as place, Site(Path(place)) as site:
            simulate(site, senders, 1, 1)
            said = simulate(site, senders, seconds, 1000000)
            start = time.monotonic()
            while any(sink["behind_reports"] > 0 for sink in status(site.file)["sinks"]):
                pass
            behind = time.monotonic() - start
            rate = said["accepted"] * 1e6 / said["elapsed_us"]
            delivered = said["accepted"] / (said["elapsed_us"] / 1e6 + behind)
            floor = json.loads(
                subprocess.run(
                    [
                        PROGRAMS / "disk_floor",
                        "--folder",
                        place,
                        "--bytes",
                        "3000",
                        "--senders",
                        str(senders),
                        "--seconds",
                        str(seconds),
                    ],
                    check=True,
                    capture_output=True,
                ).stdout
            )
            print(
                f"{senders:>8} {rate:>15,.0f} {delivered:>12,.0f} {said['p50_us'] / 1e3:>11.2f} "
                f"{said['p99_us'] / 1e3:>11.2f} {floor['messages_per_second']:>9,.0f} "
                f"{rate / floor['messages_per_second']:>9.2f} {floor['p99_us'] / 1e3:>13.2f}"
            )


def bench_memory(folder, _seconds):
    print("\nResident memory, one MLLP link and a file sink")
    with tempfile.TemporaryDirectory(dir=folder) as place, Site(Path(place)) as site:
        idle = resident_mib(site.process)
        held = [socket.create_connection(("127.0.0.1", site.port)) for _ in range(500)]
        while status(site.file)["links"][0]["sessions"] < 500:
            pass
        print(f"idle {idle:.1f} MiB; with 500 idle connections {resident_mib(site.process):.1f} MiB")
        for each in held:
            each.close()


def play_agents(site, agents, every, seconds):
    """What is committed in a second once all are associated, and what the agents say of it."""
    command = [PROGRAM, "simulate", "phd", "--to", f"tcp://127.0.0.1:{site.port}", "--agents", str(agents),
               "--every", every, "--seconds", str(seconds + 4), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as player:
        until(lambda: status(site.file)["links"][0]["sessions"] == agents, site.process)
        # The first report of each comes within its first second.
        until(lambda: status(site.file)["store"]["observations"] >= agents, site.process)
        found = watch(site.file, site.process, seconds)
        said = json.loads(player.communicate()[0])
    if said["associated"] != agents or said["timeouts"] or said["refused"]:
        sys.exit(f"bench: not all agents were served: {said}")
    return {**found, "p50": said["p50_us"] / 1000, "p99": said["p99_us"] / 1000}


def bench_agents(folder, seconds):
    print("\nIEEE 11073-20601 agents: reports are confirmed after commit and delivered to a file of FHIR")
    print(f"{'agents':>7} {'every':>6} {'confirmed/s':>12} {'values/s':>9} {'p50 ms':>8} {'p99 ms':>8} {'core':>6} "
          f"{'MiB':>6}")
    for agents, every in ((1000, "1s"), (1000, "0s")):
        with tempfile.TemporaryDirectory(dir=folder) as place, Site(Path(place), "phd") as site:
            found = play_agents(site, agents, every, seconds)
            print(f"{agents:>7,} {every:>6} {found['messages']:>12,.0f} {found['values']:>9,.0f} {found['p50']:>8.2f} "
                  f"{found['p99']:>8.2f} {found['cpu']:>6.2f} {found['memory']:>6.1f}")


STEPS = {
    "text": bench_text,
    "durable": bench_durable,
    "memory": bench_memory,
    "phd": bench_agents,
    "intellivue": intellivue.bench,
    "modbus": registers.bench_modbus,
    "mqtt": delivery.bench,
    "isolation": isolation.bench,
    "bytes": sizes.bench,
}


def main():
    parser = argparse.ArgumentParser(
        prog="./dev bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", help=f"{', '.join(STEPS)}; without: all")
    parser.add_argument("--seconds", type=int, default=5, help="length of one measurement")
    wanted = parser.parse_args()
    unknown = set(wanted.what) - set(STEPS)
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}")
    folder = ROOT / ".dev/bench"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, step in STEPS.items():
        if not wanted.what or name in wanted.what:
            step(folder, wanted.seconds)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

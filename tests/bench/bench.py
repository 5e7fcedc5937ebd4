"""`./dev bench`: what dragoman does in a second, each figure beside something run in the same minutes here.

    ./dev bench [text] [durable] [memory] [agents] [intellivue] [modbus] [mqtt] [--seconds N]

text     HL7 text to FHIR text on one core, beside HAPI HL7v2 + HAPI FHIR doing the same work, and beside memcpy
durable  MLLP messages acknowledged after commit and delivered to a file, beside append + fdatasync + acknowledge
memory   resident memory when idle, and with 500 idle connections
agents   1,000 associated IEEE 11073-20601 agents of seven kinds, each report confirmed after commit
intellivue  200 simulated IntelliVue monitors with numerics and four waves each
modbus   500 and 2,000 Modbus TCP connections, 30 registers of each in a second, beside a simulator
mqtt     from the last byte of a message over the disk to a subscriber, 1,000 and 10,000 values a second
"""

import argparse
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
import registers

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = ROOT / "zig-out/bin/dragoman"
PROGRAMS = ROOT / "zig-out/bench"
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


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site:
    """A running dragoman with one link, MLLP if nothing else is said, and one file sink."""

    def __init__(self, folder, adapter="hl7v2"):
        self.folder, self.port = folder, free_port()
        self.file = folder / "site.yaml"
        self.file.write_text(f"""site: bench
store: {{ path: store.db, hold: 24h, max_size: 20GiB }}
links:
  - {{ name: monitors, adapter: {adapter}, listen: "tcp://127.0.0.1:{self.port}" }}
publish:
  - {{ name: archive, to: "file:ward.ndjson", format: fhir-ndjson }}
""")

    def __enter__(self):
        self.process = subprocess.Popen([PROGRAM, "run", "--quiet", self.file])
        while self.status() is None:
            if self.process.poll() is not None:
                sys.exit("bench: dragoman did not start")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def status(self):
        said = subprocess.run([PROGRAM, "status", "--json", self.file], capture_output=True, text=True)
        return json.loads(said.stdout) if said.stdout else None

    def resident_mib(self):
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
            while any(sink["behind_reports"] > 0 for sink in site.status()["sinks"]):
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
        idle = site.resident_mib()
        held = [socket.create_connection(("127.0.0.1", site.port)) for _ in range(500)]
        while site.status()["links"][0]["sessions"] < 500:
            pass
        print(f"idle {idle:.1f} MiB; with 500 idle connections {site.resident_mib():.1f} MiB")
        for each in held:
            each.close()


def bench_agents(folder, seconds):
    print("\nIEEE 11073-20601 agents: reports are confirmed after commit and delivered to a file of FHIR")
    print(f"{'agents':>7} {'every':>6} {'confirmed/s':>12} {'p50 ms':>8} {'p99 ms':>8} {'cores':>6} {'MiB':>6}")
    for agents, every in ((1000, "1s"), (1000, "0s")):
        with tempfile.TemporaryDirectory(dir=folder) as place, Site(Path(place), "phd") as site:
            before = site.cpu_seconds()
            player = subprocess.Popen(
                [
                    PROGRAM,
                    "simulate",
                    "phd",
                    "--to",
                    f"tcp://127.0.0.1:{site.port}",
                    "--agents",
                    str(agents),
                    "--every",
                    every,
                    "--seconds",
                    str(seconds),
                    "--json",
                ],
                stdout=subprocess.PIPE,
                text=True,
            )
            time.sleep(seconds * 0.8)
            resident = site.resident_mib()
            said = json.loads(player.communicate()[0])
            cores = (site.cpu_seconds() - before) / (said["elapsed_us"] / 1e6)
            if said["associated"] != agents or said["timeouts"] or said["refused"]:
                sys.exit(f"bench: not all agents were served: {said}")
            print(
                f"{agents:>7} {every:>6} {said['confirmed'] * 1e6 / said['elapsed_us']:>12,.0f} "
                f"{said['p50_us'] / 1e3:>8.2f} {said['p99_us'] / 1e3:>8.2f} {cores:>6.2f} {resident:>6.1f}"
            )


STEPS = {
    "text": bench_text,
    "durable": bench_durable,
    "memory": bench_memory,
    "agents": bench_agents,
    "intellivue": intellivue.bench,
    "modbus": registers.bench_modbus,
    "mqtt": delivery.bench,
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

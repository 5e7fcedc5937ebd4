"""`./dev bench intellivue`: 200 simulated monitors with numerics and four waves each on one link, into a file."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent.parent / "zig-out/bin/dragoman"
MONITORS = 200
# Of one monitor in a second: a report of numerics, one of states, and 3.9 of waves; alarms only when they change.
REPORTS_EACH = 1 + 1 + 1 / 0.256
PATIENCE_S = 30


def free_ports(count):
    """The first of `count` UDP ports in a row that are free."""
    while True:
        sockets = []
        try:
            for number in range(count):
                sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                sockets[-1].bind(("127.0.0.1", sockets[0].getsockname()[1] + number if number else 0))
            return sockets[0].getsockname()[1]
        except (OSError, OverflowError):
            pass
        finally:
            for each in sockets:
                each.close()


def status(site):
    said = subprocess.run([PROGRAM, "status", "--json", site], capture_output=True, text=True, check=False)
    return json.loads(said.stdout) if said.stdout else None


def cpu_seconds(process):
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(process):
    text = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def reports(site):
    return status(site)["store"]["messages"]


def settled_reports(site, least):
    """Waits until as many monitors as there are have been heard for a while."""
    deadline = time.monotonic() + PATIENCE_S
    while reports(site) < least:
        if time.monotonic() > deadline:
            sys.exit("bench: the monitors did not associate")
        time.sleep(0.2)


def measure(place, seconds):
    announce, first = free_ports(1), free_ports(MONITORS)
    site = place / "site.yaml"
    site.write_text(f"""site: bench
store: {{ path: store.db, hold: 24h, max_size: 20GiB }}
links:
  - name: ward
    adapter: intellivue
    channels:
      main: {{ listen: "udp://127.0.0.1:0" }}
      discovery: {{ listen: "udp://127.0.0.1:{announce}" }}
publish:
  - {{ name: archive, to: "file:ward.pb", format: protobuf }}
""", encoding="utf-8")
    with subprocess.Popen([PROGRAM, "run", "--quiet", site]) as house:
        while status(site) is None and house.poll() is None:
            time.sleep(0.05)
        ward = subprocess.Popen([PROGRAM, "simulate", "intellivue", "--listen", f"udp://127.0.0.1:{first}",
                                 "--monitors", str(MONITORS), "--announce", f"udp://127.0.0.1:{announce}"],
                                stdout=subprocess.DEVNULL)
        try:
            settled_reports(site, MONITORS * 20)
            before, began, cpu = reports(site), time.monotonic(), cpu_seconds(house.pid)
            time.sleep(seconds)
            after, took = reports(site), time.monotonic() - began
            used = cpu_seconds(house.pid) - cpu
            return (after - before) / took, used / took, resident_mib(house.pid), status(site)
        finally:
            ward.terminate()
            ward.wait()
            house.terminate()


def bench(folder, seconds):
    print(f"\n{MONITORS} IntelliVue monitors on one link, to a file of protobuf: numerics, states and alarms each "
          "second, four waves each 256 ms")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        rate, cpu, memory, said = measure(Path(place), seconds)
    print(f"{rate:,.0f} reports/s of {MONITORS * REPORTS_EACH:,.0f} that are sent, CPU {cpu:.2f} of a core, "
          f"{memory:.0f} MiB resident, {said['links'][0]['dropped_datagrams']} datagrams dropped")


if __name__ == "__main__":
    bench(sys.argv[1], 10)

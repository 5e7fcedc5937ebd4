"""200 simulated IntelliVue monitors with numerics and four waves each on one link, into a file."""

import socket
import subprocess
import tempfile
from pathlib import Path

from running import PROGRAM, house, status, until, watch

MONITORS = 200
# Of one monitor in a second: a report of numerics, one of states, and 3.9 of waves; alarms only when they change.
REPORTS_EACH = 1 + 1 + 1 / 0.256


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


def write_site(place, announce):
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
    return site


def measure(place, seconds):
    announce, first = free_ports(1), free_ports(MONITORS)
    site = write_site(place, announce)
    simulate = [PROGRAM, "simulate", "intellivue", "--listen", f"udp://127.0.0.1:{first}",
                "--monitors", str(MONITORS), "--announce", f"udp://127.0.0.1:{announce}"]
    with house(site) as process, subprocess.Popen(simulate, stdout=subprocess.DEVNULL) as ward:
        try:
            until(lambda: status(site)["store"]["messages"] >= MONITORS * 20, process)
            return watch(site, process, seconds), status(site)
        finally:
            ward.terminate()


def bench(folder, seconds):
    print(f"\n{MONITORS} IntelliVue monitors on one link, to a file of protobuf: numerics, states and alarms each "
          "second, four waves each 256 ms")
    print(f"{'reports/s':>10} {'of sent':>8} {'values/s':>9} {'core':>6} {'MiB':>6} {'dropped':>8}")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        found, said = measure(Path(place), seconds)
    print(f"{found['messages']:>10,.0f} {found['messages'] / MONITORS / REPORTS_EACH:>8.3f} {found['values']:>9,.0f} "
          f"{found['cpu']:>6.2f} {found['memory']:>6.1f} {said['links'][0]['dropped_datagrams']:>8}")

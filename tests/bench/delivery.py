"""`./dev bench mqtt`: from the last byte of a message on its link, through the disk, to a subscriber of a Mosquitto.

Monitors send 20 values once a second, each over a link of its own. Beside it the same number of messages of the same
size published to the same broker by the bench itself, one after the other at the same pace.
"""

import contextlib
import json
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from running import PROGRAMS, ROOT, cpu_seconds, free_port, house, quiet_port

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
VALUES = 20
RATES = (1000, 10000)
WARM_S = 2
FLOORS = "floors at 10,000 values/s: p50 5 ms, p99 20 ms"
# Format, topic, messages of a report.
WAYS = (
    ("fhir", "bench/{device}", 1),
    ("json", "bench/{device}", 1),
    ("protobuf", "bench/{device}", 1),
    ("json", "bench/{device}/{metric}", VALUES),
)


@contextlib.contextmanager
def broker(folder):
    """As Mosquitto comes, but that it sends at once (TCP_NODELAY) and loses nothing for a slow subscriber."""
    port = quiet_port()
    (folder / "broker.conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\nmax_queued_messages 0\n"
        f"log_dest file {folder}/broker.log\n",
        encoding="utf-8",
    )
    with subprocess.Popen([MOSQUITTO, "-c", folder / "broker.conf"], stderr=subprocess.DEVNULL) as process:
        try:
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                if process.poll() is not None:
                    sys.exit("bench: mosquitto did not start")
                time.sleep(0.02)
            yield port, process
        finally:
            process.terminate()


def write_site(folder, port, form, topic):
    link = free_port()
    site = folder / "site.yaml"
    site.write_text(
        f"""site: bench
store: {{ path: store.db, hold: 24h, max_size: 20GiB }}
links:
  - {{ name: monitors, adapter: hl7v2, listen: "tcp://127.0.0.1:{link}" }}
publish:
  - {{ name: broker, to: "mqtt://127.0.0.1:{port}", format: {form}, topic: "{topic}" }}
""",
        encoding="utf-8",
    )
    return site, link


def deliver(port, beds, seconds, parts, *more):
    command = [PROGRAMS / "delivery", "--broker", port, "--beds", beds, "--seconds", seconds, "--warm", WARM_S,
               "--parts", parts, *more]
    said = subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(said.stdout)


def measure(folder, messages, beds, seconds, way):
    form, topic, parts = way
    with broker(folder) as (port, mosquitto), contextlib.ExitStack() as stack:
        site, link = write_site(folder, port, form, topic)
        dragoman = stack.enter_context(house(site))
        before = cpu_seconds(dragoman), cpu_seconds(mosquitto)
        found = deliver(port, beds, seconds, parts, "--link", link, "--messages", messages)
        took = seconds + WARM_S + max(0, found["behind_us"]) / 1e6
        found["cpu"] = (cpu_seconds(dragoman) - before[0]) / took
        found["broker_cpu"] = (cpu_seconds(mosquitto) - before[1]) / took
    with broker(folder) as (port, _):
        found["alone"] = deliver(port, beds, seconds, parts, "--bytes", round(found["bytes"]))
    return found


def disk(folder):
    """What this disk takes for an append and a sync, milliseconds."""
    said = subprocess.run([PROGRAMS / "disk_floor", "--folder", folder, "--seconds", "2"], check=True,
                          stdout=subprocess.PIPE)
    floor = json.loads(said.stdout)
    return floor["p50_us"] / 1e3, floor["p99_us"] / 1e3


def bench(folder, seconds):
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, allowed[1]), allowed[1]))
    print("\nFrom the last byte of a message on its link, over the disk, to a subscriber of Mosquitto (QoS 1), ms")
    print(f"({FLOORS}; `alone`: the bench publishes as many messages of that size itself)")
    print(
        f"{'values/s':>9} {'format':>9} {'messages/s':>11} {'bytes':>6} {'p50':>7} {'p99':>7} {'longest':>8} "
        f"{'ACK p50':>8} {'ACK p99':>8} {'alone p50':>10} {'alone p99':>10} {'x p50':>6} {'core':>5} {'broker':>7}"
    )
    for rate in RATES:
        beds = rate // VALUES
        print("one append and sync on this disk: p50 {:.2f}, p99 {:.2f}".format(*disk(folder)))
        for way in WAYS:
            with tempfile.TemporaryDirectory(dir=folder) as place:
                messages = Path(place) / "ward.hl7"
                subprocess.run(
                    [sys.executable, ROOT / "tests/bench/generate.py", "--obx", str(VALUES), "--messages",
                     str(beds * (seconds + WARM_S)), "--beds", str(beds), "--every", "1", "--out", messages],
                    check=True,
                )
                found = measure(Path(place), messages, beds, seconds, way)
            alone = found["alone"]
            print(
                f"{rate:>9,} {way[0] + ('*' if way[2] > 1 else ''):>9} {beds * way[2]:>11,} {found['bytes']:>6} "
                f"{found['p50_us'] / 1e3:>7.2f} {found['p99_us'] / 1e3:>7.2f} {found['longest_us'] / 1e3:>8.1f} "
                f"{found['answer_p50_us'] / 1e3:>8.2f} {found['answer_p99_us'] / 1e3:>8.2f} "
                f"{alone['p50_us'] / 1e3:>10.2f} {alone['p99_us'] / 1e3:>10.2f} "
                f"{found['p50_us'] / max(1, alone['p50_us']):>6.1f} {found['cpu']:>5.2f} {found['broker_cpu']:>7.2f}"
                + (f"  {found['missing']} did not come" if found["missing"] else ""),
                flush=True,
            )
    print("*: a topic with {metric}, a message a value")


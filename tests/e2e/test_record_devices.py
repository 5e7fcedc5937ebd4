"""What a link of each simulated device recorded, with faults on the way, gives the reports of the house when replayed:
byte by byte, for datagrams, pollers, deadlines, reconnections and persistent state."""

import json
import signal
import subprocess
import time

import pytest
from house import PROGRAM, free_port

SECONDS = 4
DEVICES = {
    "intellivue": ({"connect": "udp://127.0.0.1:{}"},
                   ["--listen", "udp://127.0.0.1:{}", "--drop", "15", "--unplug-every", "3s", "--unplug-for", "1s"]),
    "modbus": ({"connect": "tcp://127.0.0.1:{}", "profile": "xy-md02", "framing": "tcp"},
               ["--listen", "tcp://127.0.0.1:{}", "--drop", "10", "--corrupt", "5", "--unplug", "2s"]),
    "medibus": ({"connect": "tcp://127.0.0.1:{}"}, ["--listen", "tcp://127.0.0.1:{}", "--corrupt", "10"]),
    "asena": ({"connect": "tcp://127.0.0.1:{}", "values_every": "1s"},
              ["--listen", "tcp://127.0.0.1:{}", "--corrupt", "10"]),
    "bcc": ({"connect": "tcp://127.0.0.1:{}", "values_every": "5s"},
            ["--listen", "tcp://127.0.0.1:{}", "--corrupt", "10"]),
    "dri": ({"connect": "tcp://127.0.0.1:{}", "displayed_every": "5s", "waves": "PLETH"},
            ["--listen", "tcp://127.0.0.1:{}", "--corrupt", "10"]),
    "contec": ({"connect": "tcp://127.0.0.1:{}"},
               ["--listen", "tcp://127.0.0.1:{}", "--protocol", "v7", "--drop", "50"]),
    "nonin": ({"connect": "tcp://127.0.0.1:{}"}, ["--listen", "tcp://127.0.0.1:{}", "--corrupt", "100"]),
    "phd": ({"listen": "tcp://127.0.0.1:{}"},
            ["--to", "tcp://127.0.0.1:{}", "--unplug", "20", "--corrupt", "20", "--every", "200ms"]),
}


def run(folder, log):
    return subprocess.Popen([PROGRAM, "run", folder / "site.yaml"], stderr=log)


def stop(house):
    house.send_signal(signal.SIGTERM)
    assert house.wait(timeout=20) == 0


def play(folder, name, isolate):
    link, words = DEVICES[name]
    port = free_port()
    site = {"site": "Test", "isolate": isolate, "time_zone": "Europe/Berlin", "store": {"path": "store.db"},
            "links": [{"name": "l", "adapter": name, "record": "l.capture",
                       **{key: value.format(port) for key, value in link.items()}}],
            "publish": [{"name": "out", "to": "file:out.ndjson", "format": "json"}]}
    (folder / "site.yaml").write_text(json.dumps(site))
    with open(folder / "log", "wb") as log:
        house = run(folder, log)
        device = subprocess.Popen([PROGRAM, "simulate", name, *(word.format(port) for word in words)],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(SECONDS)
            out, deadline = folder / "out.ndjson", time.monotonic() + 40
            while not out.exists() or out.read_bytes().count(b"\n") < 3:
                assert time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.1)
        finally:
            device.send_signal(signal.SIGINT)
            device.wait(timeout=20)
            stop(house)
        # What was stored last may not be published yet: it is at the next start, whose recording is another file.
        house = run(folder, log)
        time.sleep(1.5)
        stop(house)


@pytest.mark.parametrize("name, isolate", [*((name, "none") for name in sorted(DEVICES)), ("phd", "process")])
def test_a_replay_gives_the_reports_of_the_house(name, isolate, tmp_path):
    play(tmp_path, name, isolate)
    lived = (tmp_path / "out.ndjson").read_bytes()
    command = [PROGRAM, "replay", "--to", "json", tmp_path / "l.capture.1"]
    said = [subprocess.run(command, capture_output=True, timeout=60, check=False).stdout for _ in range(2)]
    assert said[0] == said[1]
    assert said[0] == lived

"""Simulated pulse oximeters on a line, read by a running dragoman."""

import contextlib
import json
import subprocess

from ward import PROGRAM, Ward, canonical


class Oximeter:
    """`dragoman simulate NAME` on a TCP port."""

    def __init__(self, name, *words):
        self.process = subprocess.Popen([str(PROGRAM), "simulate", name, "--listen", "tcp://127.0.0.1:0", "--json",
                                         *map(str, words)], stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()

    def stop(self) -> dict:
        """Ends it; what it counted."""
        self.process.terminate()
        said, _ = self.process.communicate(timeout=10)
        return json.loads(said[said.index("{"):])


@contextlib.contextmanager
def reading(folder, name, *words):
    """A ward that reads an oximeter."""
    device = Oximeter(name, *words)
    try:
        with Ward(folder, [{"name": "finger", "adapter": name, "connect": device.address}]) as ward:
            yield ward, device
    finally:
        if device.process.poll() is None:
            device.process.kill()
            device.process.wait()
        device.process.stdout.close()


def published(ward) -> list:
    """What is out so far; before the first report there is no file."""
    return ward.published() if (ward.folder / "out.pb").exists() else []


def values(reports) -> list:
    """(code, value, status) of all observations."""
    found = []
    for report in reports:
        whole = canonical.Reading(report)
        for observation in report.get("observations", []):
            one = whole.observation(observation)
            found.append((one["code"][0], one["value"], one["status"]))
    return found


def alerts(reports) -> list:
    """(code, phase) of all alerts."""
    return [(one["event"][0], one["phase"]) for report in reports for whole in [canonical.Reading(report)]
            for alert in report.get("alerts", []) for one in [whole.alert(alert)]]


def samples(value) -> list:
    """The numbers of a wave."""
    return [int(one) for one in value.split("] ")[-1].split(" period ")[0].split(" ") if one.lstrip("-").isdigit()]

"""A simulated device at the end of a line, read by a running dragoman."""

import contextlib
import json
import subprocess

from ward import PROGRAM, Ward, canonical


class Device:
    """`dragoman simulate NAME` on a TCP port."""

    def __init__(self, name, *faults):
        self.process = subprocess.Popen([str(PROGRAM), "simulate", name, "--listen", "tcp://127.0.0.1:0", "--json",
                                         *map(str, faults)], stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()

    def stop(self) -> dict:
        """Ends it; what it counted."""
        self.process.terminate()
        said, _ = self.process.communicate(timeout=10)
        return json.loads(said[said.index("{"):])


@contextlib.contextmanager
def reading(folder, name, *faults, **settings):
    """A ward with one link, called like its adapter, that reads such a device."""
    device = Device(name, *faults)
    try:
        with Ward(folder, [{"name": name, "adapter": name, "connect": device.address, **settings}]) as ward:
            yield ward, device
    finally:
        if device.process.poll() is None:
            device.process.kill()
            device.process.wait()
        device.process.stdout.close()


@contextlib.contextmanager
def on_a_pseudo_terminal(folder, name, **settings):
    """The same on a serial port."""
    device = subprocess.Popen([str(PROGRAM), "simulate", name, "--link", str(folder / "port")], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    try:
        assert device.stdout.readline().startswith("/dev/pts/")
        link = {"name": name, "adapter": name, "connect": f"serial:{folder / 'port'}", **settings}
        with Ward(folder, [link]) as ward:
            yield ward
    finally:
        device.terminate()
        device.communicate(timeout=10)


def published(ward) -> list:
    """What is out so far; before the first report there is no file."""
    return ward.published() if (ward.folder / "out.pb").exists() else []


def rows(ward) -> list:
    """Every observation so far, with its code's system without what stands before the last colon."""
    found = []
    for report in published(ward):
        whole = canonical.Reading(report)
        for observation in report.get("observations", []):
            one = whole.observation(observation)
            code, _, system = one["code"]
            found.append({**one, "code": code, "system": system.rpartition(":")[2], "device": report["device"]["key"]})
    return found


def alerts(ward) -> list:
    """(text of the event, phase) of every alert so far."""
    return [(whole.alert(alert)["event"][0], whole.alert(alert)["phase"])
            for report in published(ward) for whole in [canonical.Reading(report)]
            for alert in report.get("alerts", [])]

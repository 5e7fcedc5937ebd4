"""The mixed ward with every adapter in a process of its own."""

import json
import os
import re
import subprocess

import pytest
import yaml
from broker import Broker
from house import free_port
from ward import PROGRAM, ROOT, dragoman, until

EXAMPLE = ROOT / "examples" / "mixed-ward"
WORDS = [line.split(None, 1) for line in (EXAMPLE / "devices.txt").read_text().splitlines() if line.strip()
         and not line.startswith("#")]


@pytest.fixture(name="moved")
def moved_fixture(tmp_path):
    """The example's site and devices, on free ports, in a folder of the test's own."""
    with Broker(tmp_path) as broker:
        text = (EXAMPLE / "site.yaml").read_text()
        devices = {name: command.strip() for name, command in WORDS}
        ports = {"18830": str(broker.port)} | {port: str(free_port()) for port in ("2575", "24105", "1502", "6024",
                                                                                  "15200")}
        ports["dragoman-demo-ventilator"] = f"isolated-ventilator-{os.getpid()}"
        for old, new in ports.items():
            text = re.sub(rf"\b{old}\b", new, text)
            devices = {name: re.sub(rf"\b{old}\b", new, command) for name, command in devices.items()}
        site = yaml.safe_load(text) | {"isolate": "process"}
        (tmp_path / "out").mkdir()
        (tmp_path / "site.yaml").write_text(yaml.safe_dump(site))
        yield tmp_path, devices


def end(processes):
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        process.wait(timeout=20)


def test_every_adapter_speaks_with_its_device_from_its_own_process(moved):
    folder, devices = moved
    environment = {**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}:/usr/sbin"}
    processes = []

    def status():
        return json.loads(dragoman("status", "--json", folder / "site.yaml").stdout or "{}")

    try:
        with open(folder / "log", "wb") as log:
            processes.append(subprocess.Popen([PROGRAM, "run", folder / "site.yaml"], stderr=log, cwd=folder))
        until(lambda: status().get("links"))
        for command in devices.values():
            # Of `a | b` both are started, b reading what a says.
            heard = subprocess.DEVNULL
            parts = command.split("|")
            for part in parts:
                said = subprocess.DEVNULL if part is parts[-1] else subprocess.PIPE
                processes.append(subprocess.Popen(part.split(), env=environment, stdin=heard, stdout=said,
                                                  stderr=subprocess.DEVNULL))
                heard = processes[-1].stdout

        def all_spoke():
            now = status()
            return {device["link"] for device in now["devices"]} == set(devices) and now
        now = until(all_spoke, lambda: (folder / "log").read_text() + json.dumps(status()))
        assert {link["isolation"]["mode"] for link in now["links"]} == {"process"}
        assert len({link["isolation"]["pid"] for link in now["links"]}) == len(devices)
        assert all(link["isolation"]["up"] and link["isolation"]["replaced"] == 0 for link in now["links"])
    finally:
        end(processes[:0:-1])
        end(processes[:1])
    assert processes[0].returncode == 0, (folder / "log").read_text()
    said = {json.loads(line)["resourceType"] for line in (folder / "out" / "ward.ndjson").read_text().splitlines()}
    assert {"Observation", "Device"} <= said

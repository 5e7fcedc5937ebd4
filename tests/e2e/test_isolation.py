"""Adapters in processes of their own: what they say arrives, and what they do wrong is nobody else's trouble."""

import json
import os
import signal

import isolation
import mllp
import pytest
from ward import Ward, dragoman, until


@pytest.fixture(name="prefix", scope="module")
def installed(tmp_path_factory):
    return isolation.install(tmp_path_factory.mktemp("isolation"), "faulty")


@pytest.fixture(name="ward", scope="module")
def running(tmp_path_factory, prefix):
    """One daemon with a link for each fault, each in a process of its own, and a link of ours."""
    links = [{"name": word.lower(), "adapter": "faulty", "child": "own"} for word in FAULTS]
    links += [{"name": "one", "adapter": "faulty"}, {"name": "other", "adapter": "faulty"}, {"name": "mllp"},
              {"name": "twice", "adapter": "faulty", "child": "own"}]
    with Ward(tmp_path_factory.mktemp("ward"), links, prefix=prefix, isolate="process",
              isolation={"memory_max": "128MiB", "answer_within": "2s", "cpu_max": "500ms"}) as ward:
        ward.ports = {link["name"]: link["port"] for link in ward.status()["links"]}
        yield ward


# The word that brings the fault about, and what is said of it.
FAULTS = {
    "CRASH": "crashed: Segmentation fault",
    "ABORT": "crashed",
    "EXIT": "ended by itself (0)",
    "HANG": "no answer within",
    "LEAK": "memory is used up",
    "REPORTS": "a flood of messages",
    "ACTIONS": "a flood of actions",
    "LINES": "a flood of lines",
}


@pytest.mark.parametrize("word", FAULTS)
def test_a_fault_costs_its_own_process_which_is_replaced(ward, word):
    port = ward.ports[word.lower()]
    device = isolation.Lines(port)
    assert device.ask("T=36") == "OK"
    device.say(word)
    while device.answer():  # what was asked for before the fault may still come
        pass
    assert isolation.back_after(port) < 1
    device.close()
    link = ward.link(word.lower())
    assert link["isolation"]["replaced"] == 1 and FAULTS[word] in link["isolation"]["reason"]
    assert FAULTS[word] in dragoman("status", ward.path).stdout
    assert FAULTS[word] in ward.log()


@pytest.mark.parametrize("word", ["CONSUME", "IMPOSSIBLE"])
def test_a_lie_ends_the_session_alone(ward, word):
    device = isolation.Lines(ward.ports["one"])
    replaced = ward.link("one")["isolation"]["replaced"]
    other = isolation.Lines(ward.ports["other"])
    assert device.ask(word) == ""
    assert other.ask("T=37") == "OK"
    assert ward.link("one")["isolation"]["replaced"] == replaced
    device.close()
    other.close()


def test_links_share_a_process_unless_the_site_says_otherwise(ward):
    pids = {link["name"]: link["isolation"]["pid"] for link in ward.status()["links"]}
    assert pids["one"] == pids["other"]
    assert len(set(pids.values())) == len(FAULTS) + 3
    assert all(pid > 0 for pid in pids.values())


def test_what_is_ours_runs_so_too_and_survives_being_killed(ward):
    with mllp.Device(ward.ports["mllp"]) as device:
        assert device.ask(mllp.report("A1", 61)).code == "AA"
        os.kill(ward.link("mllp")["isolation"]["pid"], signal.SIGKILL)
        assert device.until_closed() == b""

    def is_answered():
        with mllp.Device(ward.ports["mllp"]) as again:
            return again.ask(mllp.report("A2", 62)).code == "AA"

    until(is_answered)
    assert ward.link("mllp")["isolation"]["reason"] == "its process crashed: Killed"


def test_input_that_ended_two_processes_is_set_aside(ward):
    """The third time it is not given to anybody, and the device goes on."""
    port = ward.ports["twice"]
    for _ in range(2):
        device = isolation.Lines(port)
        device.say("CRASH")
        assert device.answer() == ""
        device.close()
    until(lambda: ward.link("twice")["isolation"]["up"])
    before = ward.link("twice")["isolation"]
    assert before["set_aside"] == 1
    device = isolation.Lines(port)
    device.say("CRASH")
    assert device.ask("T=38") == "OK"
    device.close()
    assert ward.link("twice")["isolation"]["replaced"] == before["replaced"]
    dead = json.loads(dragoman("store", "dead", "--json", ward.path).stdout)
    assert any("ended the process of the adapter faulty twice" in letter["reason"] for letter in dead), dead


def test_a_child_holds_nothing_but_its_pipe(ward):
    pid = ward.link("one")["isolation"]["pid"]
    with open(f"/proc/{pid}/environ", encoding="ascii") as environment:
        assert environment.read() == ""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        said = dict(line.split(":\t", 1) for line in status.read().splitlines())
    assert said["NoNewPrivs"] == "1" and said["Seccomp"] == "2" and said["Seccomp_filters"] == "2"
    assert [os.readlink(f"/proc/{pid}/fd/{name}").split(":")[0] for name in os.listdir(f"/proc/{pid}/fd")] == ["socket"]
    with open(f"/proc/{pid}/limits", encoding="ascii") as limits:
        assert any(line.split()[:4] == ["Max", "address", "space", str(128 << 20)] for line in limits)


def test_a_strangers_adapter_has_a_process_where_nobody_says_so(prefix, tmp_path):
    with Ward(tmp_path, [{"name": "ours"}, {"name": "theirs", "adapter": "faulty"},
                         {"name": "trusted", "adapter": "faulty", "isolate": "none"}], prefix=prefix) as ward:
        assert {link["name"]: link["isolation"]["mode"] for link in ward.status()["links"]} == {
            "ours": "none", "theirs": "process", "trusted": "none"}
        device = isolation.Lines(ward.port("theirs"))
        assert device.ask("T=37") == "OK"
        device.close()

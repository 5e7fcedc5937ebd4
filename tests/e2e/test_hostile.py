"""An adapter that tries to get out of its process: what it tried, and that it got nothing."""

import errno
from pathlib import Path

import isolation
import pytest
from ward import Ward, dragoman, until

CANARY = Path("/tmp/isolation-canary")
REFUSED = {errno.EPERM, errno.EACCES}


@pytest.fixture(name="ward", scope="module")
def running(tmp_path_factory):
    prefix = isolation.install(tmp_path_factory.mktemp("hostile"), "hostile", "faulty")
    links = [{"name": "hostile", "adapter": "hostile"}, {"name": "twin", "adapter": "hostile"},
             {"name": "victim", "adapter": "faulty"}]
    CANARY.touch()
    with Ward(tmp_path_factory.mktemp("ward"), links, prefix=prefix, isolate="process") as ward:
        ward.ports = {link["name"]: link["port"] for link in ward.status()["links"]}
        yield ward
    CANARY.unlink()


def tried(ward, when) -> dict:
    device = isolation.Lines(ward.ports["hostile"])
    said = dict(each.rsplit(" ", 1) for each in device.ask(when).split(";") if each)
    device.close()
    return said


@pytest.mark.parametrize("when", ["CONSTRUCTOR", "CALL"])
def test_nothing_that_it_tries_is_let_through(ward, when):
    said = tried(ward, when)
    print(f"{when.lower()}:", *(f"  {name}: {'GOT IT' if what == 'GOT' else errno.errorcode[int(what)]}"
                                for name, what in said.items()), sep="\n")
    assert len(said) >= 50
    for name in ("read a file", "write a file", "TCP socket", "UDP socket", "fork", "exec", "ptrace the parent",
                 "read another's memory", "write to another descriptor"):
        assert name in said
    got = {name: what for name, what in said.items() if what == "GOT" or int(what) not in REFUSED}
    assert not got
    assert CANARY.exists() and not Path("/tmp/hostile-was-here").exists()


def test_a_forged_key_names_a_device_of_its_own_link(ward):
    victim = isolation.Lines(ward.ports["victim"])
    assert victim.ask("T=37") == "OK"
    hostile = isolation.Lines(ward.ports["hostile"])
    hostile.ask("KEY faulty")
    hostile.ask("KEY victim/faulty")
    victim.close()
    hostile.close()
    reports = until(lambda: len(found := ward.published()) == 3 and found)
    keys = {(report["stamp"]["link"], report["stamp"]["device_key"]) for report in reports}
    assert keys == {("victim", "victim/faulty"), ("hostile", "hostile/faulty"), ("hostile", "hostile/victim/faulty")}


# A frame's kind, whose instance it claims to be from (1 is the twin's, 2 its own), and its size: core/isolate/wire.h.
FORGED = {
    "a message of another link": (35, 1, 16),
    "a message of nobody": (35, 99, 16),
    "a message that is none": (35, 2, 40),
    "an action of another link": (36, 1, 16),
    "an answer to what others were asked": (34, 1, 32),
    "an unknown kind": (77, 2, 0),
    "a second hello": (32, 0, 16),
    "a frame without end": (35, 2, 0xFFFFFFFF),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_frame_ends_its_process(ward, what):
    twin = isolation.Lines(ward.ports["twin"])
    before = ward.link("hostile")["isolation"]["replaced"]
    hostile = isolation.Lines(ward.ports["hostile"])
    stored = ward.status()["store"]["messages"]
    kind, instance, size = FORGED[what]
    hostile.say(f"FRAME {kind} {instance} {size}")
    hostile.answer()
    twin.close()
    hostile.close()
    assert isolation.back_after(ward.ports["victim"]) < 1
    link = ward.link("hostile")["isolation"]
    assert link["replaced"] == before + 1, link
    assert ward.status()["store"]["messages"] == stored + 1  # the victim's own
    assert link["reason"] in dragoman("status", ward.path).stdout

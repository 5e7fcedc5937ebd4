"""The commands around a running site: run, status, watch, store, simulate."""

import json
import os
import re
import signal
import subprocess

import mllp
import pytest
from test_cli import FAILED, GOOD, USAGE, desk, examples, lines, on_a_terminal  # noqa: F401  (desk is a fixture)
from ward import PROGRAM, Ward, dragoman, until


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    """A site that heard 200 messages of a simulated ward of four beds, and one that it refused."""
    with Ward(tmp_path_factory.mktemp("site"), [{"name": "monitors"}]) as running:
        port = running.port("monitors")
        done = dragoman("simulate", "hl7v2", "--to", f"tcp://127.0.0.1:{port}", "--beds", 4, "--every", "0s",
                        "--messages", 200, "--obx", 5, "--json")
        running.summary = json.loads(done.stdout)
        with mllp.Device(port) as device:
            device.send(mllp.report("BAD", "no number"), mllp.report("LAST", sender="MON^\x1b[31mRED^EUI-64"))
            assert [device.answer().code for _ in range(2)] == ["AE", "AA"]
        running.published()
        yield running


# --- simulate --------------------------------------------------------------------------------------------------------


def test_the_summary_of_simulate_is_what_the_site_got(ward):
    assert ward.summary["sent"] == ward.summary["accepted"] == 200
    assert ward.summary["refused"] == ward.summary["broken"] == 0
    assert 0 < ward.summary["p50_us"] <= ward.summary["p99_us"] <= ward.summary["largest_us"]
    assert ward.status()["store"]["messages"] == 202


def test_simulate_notes_what_was_accepted_and_says_it_in_words(ward, tmp_path):
    done = dragoman("simulate", "hl7v2", "--to", f"tcp://127.0.0.1:{ward.port('monitors')}", "--beds", 1,
                    "--messages", 5, "--every", "0s", "--first-id", 900000, "--values-only",
                    "--acknowledged", tmp_path / "ids")
    assert done.returncode == GOOD and re.match(r"5 messages in [\d.]+ s: 5 accepted ", done.stdout)
    assert len(set((tmp_path / "ids").read_text().split())) == 5


def test_simulate_says_when_nobody_answers(tmp_path):
    server = mllp.listen()
    port = server.getsockname()[1]
    server.close()
    playing = subprocess.Popen([str(PROGRAM), "simulate", "hl7v2", "--to", f"tcp://127.0.0.1:{port}"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert f"127.0.0.1:{port}" in playing.stderr.readline()
    playing.send_signal(signal.SIGINT)
    said, _ = playing.communicate(timeout=20)
    assert playing.returncode == FAILED and said.startswith("0 messages")


# --- status ----------------------------------------------------------------------------------------------------------


def test_status_for_people(ward):
    done = dragoman("status", ward.path)
    assert done.returncode == GOOD and not done.stderr
    assert done.stdout.startswith("Test: all is well\n")
    for words in (r"^monitors +hl7v2 +(live|gone) ", r"^store: ok, \d+ reports in [\d.]+ [KM]iB$",
                  r"^all +well +\d+ +0 +0 +0$", r"p50 [\d.]+ ms"):
        assert re.search(words, done.stdout, re.M), words


def test_status_seen_lists_what_a_hospital_signs_off(ward):
    said = dragoman("status", "--seen", ward.path).stdout
    assert re.search(r"^spoken +\d+ code .*147842 +MDC_ECG_HEART_RATE$", said, re.M)
    listed = json.loads(dragoman("status", "--seen", "--json", ward.path).stdout)
    heart = next(row for row in listed if row["mdc"] == 147842)
    assert heart["mapping"] == "spoken" and heart["count"] >= 180 and not heart["mismatch"]


def test_status_without_a_running_site(tmp_path):
    (tmp_path / "site.yaml").write_text("site: x\nlinks: []\n")
    done = dragoman("status", tmp_path / "site.yaml")
    assert done.returncode == FAILED and "`dragoman run`" in done.stderr and not done.stdout
    (tmp_path / "site.yaml").write_text("sites: x\n")
    done = dragoman("status", "site.yaml", cwd=tmp_path)
    assert done.stderr == "dragoman status: site.yaml has 3 mistakes: `dragoman check site.yaml` tells them\n"


def test_a_link_that_cannot_listen_costs_only_itself_and_is_told(tmp_path):
    taken = mllp.listen()
    with Ward(tmp_path, [{"name": "taken", "listen": f"tcp://127.0.0.1:{taken.getsockname()[1]}"},
                         {"name": "good"}]) as ward:
        with mllp.Device(ward.port("good")) as device:
            assert device.ask(mllp.report("1")).code == "AA"
        done = dragoman("status", ward.path)
        assert done.returncode == FAILED and done.stdout.startswith("Test: something is wrong\n")
        assert re.search(r"^taken .*failed", done.stdout, re.M) and "in use" in done.stdout
    taken.close()


# --- watch -----------------------------------------------------------------------------------------------------------


def test_watch_in_a_pipe_prints_the_table_once(ward):
    done = dragoman("watch", ward.path)
    assert done.returncode == GOOD
    told = done.stdout.splitlines()
    assert told[0].split() == "bed patient HR SpO2 RR ART sys ART dia NIBP sys NIBP dia Temp age alarm".split()
    assert {line.split()[0] for line in told[1:-1]} >= {"B1", "B2", "B3", "B4"}
    assert re.match(r"\d+ reports, \d+ observations$", told[-1])
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.stdout), "nothing for a terminal, and nothing of a device's"
    assert all(line == line.rstrip() for line in told)


def test_watch_on_a_terminal_draws_anew(ward):
    said = on_a_terminal("watch", "--seconds", "1", str(ward.path), cwd=ward.folder)
    assert said.count("\033[H") >= 2 and "B1" in said
    assert "\033[31mRED" not in said


# --- store -----------------------------------------------------------------------------------------------------------


def test_store_status(ward):
    said = dragoman("store", "status", ward.path).stdout
    assert re.search(r"^values +\d+ ", said, re.M) and "sink all" in said
    figures = json.loads(dragoman("store", "status", "--json", ward.path).stdout)
    assert {one["class"] for one in figures["classes"]} == {"values", "alerts", "context", "waves"}
    assert figures["next_number"] > 200


def test_dead_letters_are_listed_shown_and_given_up(tmp_path):
    bad = mllp.report("BAD", "no number")
    with Ward(tmp_path, [{"name": "monitors"}]) as ward:
        with mllp.Device(ward.port("monitors")) as device:
            device.ask(bad)
        listed = json.loads(dragoman("store", "dead", "--json", ward.path).stdout)
        assert len(listed) == 1 and listed[0]["link"] == "monitors" and "OBX[1] field 5" in listed[0]["reason"]
        number = listed[0]["number"]
        assert re.match(rf"{number}  \d{{4}}-.*Z  monitors  .*OBX\[1\] field 5",
                        dragoman("store", "dead", ward.path).stdout)
        letter = dragoman("store", "dead", ward.path, number, text=False)
        assert letter.stdout == bad and b"OBX[1] field 5" in letter.stderr
        retried = dragoman("store", "retry", ward.path, number)
        assert retried.returncode == FAILED and "nothing to deliver" in retried.stderr
        assert dragoman("store", "remove", ward.path, number).returncode == GOOD
        assert json.loads(dragoman("store", "dead", "--json", ward.path).stdout) == []
        for word in ("remove", "retry", "dead"):
            gone = dragoman("store", word, ward.path, number)
            assert gone.returncode == FAILED and f"no dead letter {number}" in gone.stderr
        assert dragoman("store", "remove", ward.path).returncode == USAGE


@pytest.mark.parametrize("form, wanted", [
    ("text", b"WARD"), ("json", b'{"device"'), ("fhir", b'{"resourceType":"Bundle"'),
    ("ndjson", b'{"resourceType":"'), ("protobuf", b"monitors"),
])
def test_a_report_is_shown_in_every_form(ward, form, wanted):
    done = dragoman("store", "show", "--to", form, ward.path, 10, text=False)
    assert done.returncode == GOOD and wanted in done.stdout, done.stderr


def test_what_is_not_there_is_said_so(ward):
    done = dragoman("store", "show", ward.path, 10, 99999999)
    assert done.returncode == FAILED and "99999999" in done.stderr and done.stdout
    assert dragoman("store", "show", ward.path).returncode == USAGE


def test_the_store_can_be_read_while_nothing_runs(tmp_path):
    with Ward(tmp_path, [{"name": "monitors"}]) as ward:
        with mllp.Device(ward.port("monitors")) as device:
            assert device.ask(mllp.report("1", 66)).code == "AA"
    for words in (["store", "status"], ["store", "dead"], ["store", "show"], ["watch"]):
        done = dragoman(*words, ward.path, *([1] if words[-1] == "show" else []))
        assert done.returncode == GOOD, done.stderr
    assert "66" in dragoman("store", "show", ward.path, 1).stdout


# --- run -------------------------------------------------------------------------------------------------------------


def test_one_site_runs_once(ward):
    done = dragoman("run", ward.path)
    assert done.returncode == FAILED and "another dragoman" in done.stderr
    assert ward.status()["well"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("option", [None, "--quiet", "--verbose"])
def test_run_ends_in_order_and_logs_as_it_is_told(tmp_path, how, option):
    (tmp_path / "site.yaml").write_text("site: x\nlinks: []\n")
    process = subprocess.Popen([str(PROGRAM), "run", *([option] if option else []), str(tmp_path / "site.yaml")],
                               stderr=subprocess.PIPE, text=True)
    until(lambda: dragoman("status", tmp_path / "site.yaml").returncode == GOOD)
    process.send_signal(how)
    _, told = process.communicate(timeout=20)
    assert process.returncode == GOOD
    assert bool(lines(told)) == (option != "--quiet"), told
    assert "\033" not in told
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info x: running\n", told) or option == "--quiet"


@pytest.mark.parametrize("example", examples("run") + examples("simulate hl7v2"))
def test_examples_of_help_run(desk, example):  # noqa: F811
    """As written, but for the port, which may be taken on this machine, and the end, which Ctrl-C makes."""
    ward_site = desk / "examples" / "ward" / "site.yaml"
    ward_site.write_text(ward_site.read_text().replace("127.0.0.1:2575", "127.0.0.1:0"))
    path = {**os.environ, "PATH": f"{desk / 'bin'}:{os.environ['PATH']}"}
    site = ward_site if "ward" in example or "simulate" in example else desk / "site.yaml"
    running = example if "dragoman run" in example else f"dragoman run {site}"
    process = subprocess.Popen("exec " * ("&&" not in running) + running, shell=True, cwd=desk, env=path,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    until(lambda: dragoman("status", site).returncode == GOOD)
    if "simulate" in example:
        port = json.loads(dragoman("status", "--json", site).stdout)["links"][0]["port"]
        words = example.replace(":2575", f":{port}").replace("--seconds 10", "--seconds 1").split()[1:]
        words += [] if "--messages" in words or "--seconds" in words else ["--messages", "16"]
        words += [] if "--every" in words else ["--every", "10ms"]
        done = dragoman(*words)
        assert done.returncode == GOOD and not done.stderr and done.stdout
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode in (GOOD, -signal.SIGINT), "the shell between may be told of Ctrl-C too"

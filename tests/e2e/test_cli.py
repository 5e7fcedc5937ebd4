"""The commands that need no running site: help, translate, check, adapters, terms; exit codes, colour, pipes."""

import json
import os
import pty
import re
import shlex
import shutil
import subprocess

import jsonschema
import mllp
import pytest
import yaml
from ward import PROGRAM, ROOT, dragoman

COMMANDS = ("translate replay capture run check status watch store adapters simulate terms profile adapter "
            "import").split()
DEVICES = [f"simulate {line.split()[0]}" for line in re.search(
    r"devices:\n(.*?)\n\n", dragoman("simulate", "--help").stdout, re.S)[1].splitlines()]
EXAMPLE = ROOT / "examples" / "oru.hl7"
GOOD, FAILED, USAGE = 0, 1, 2


def lines(text: str) -> list:
    return [line for line in text.splitlines() if line.strip()]


# --- Help ------------------------------------------------------------------------------------------------------------


def examples(command: str) -> list:
    said = dragoman(*command.split(), "--help").stdout
    return [line.strip() for line in said.split("examples:\n")[1].splitlines() if line.strip()]


def test_help_names_every_command():
    said = dragoman("--help")
    assert said.returncode == GOOD
    assert re.findall(r"^  (\w+) ", said.stdout, re.M) == COMMANDS
    assert dragoman().returncode == USAGE


@pytest.mark.parametrize("command", COMMANDS + DEVICES)
def test_help_fits_a_terminal_and_names_every_option_it_shows(command):
    said = dragoman(*command.split(), "--help")
    assert said.returncode == GOOD and not said.stderr
    assert said.stdout.startswith(f"usage: dragoman {command}")
    assert max(map(len, said.stdout.splitlines())) <= 80
    explained = set(re.findall(r"--[a-z-]+", said.stdout.split("examples:")[0]))
    used = set(re.findall(r"--[a-z-]+", said.stdout.split("examples:")[1]))
    assert used <= explained


@pytest.fixture
def desk(tmp_path):
    """A folder in which the words of help and documentation are true: examples/, and a site without ports."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("out"))
    (tmp_path / "examples" / "ward" / "out").mkdir()
    (tmp_path / "site.yaml").write_text("site: Desk\nlinks: []\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "dragoman").symlink_to(PROGRAM)
    return tmp_path


@pytest.mark.parametrize("example", [e for c in ("translate", "check", "adapters", "terms") for e in examples(c)])
def test_examples_of_help_do_what_they_say(desk, example):
    path = f"{desk / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(example, shell=True, cwd=desk, env={**os.environ, "PATH": path}, capture_output=True,
                          text=True, timeout=30, check=False)
    assert done.returncode == GOOD, done.stderr


@pytest.mark.parametrize("example", [e for c in ("status", "watch", "store") for e in examples(c)])
def test_examples_that_need_a_site_are_understood(desk, example):
    """Without a running site they fail, but never because of how they are written."""
    done = dragoman(*shlex.split(example)[1:], cwd=desk)
    assert done.returncode in (GOOD, FAILED), done.stderr


# --- Exit codes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [
    ["nonsense"], ["translate"], ["translate", "--to", "xml", "-"], ["translate", "--nonsense", "-"],
    ["translate", "--set", "x", "-"],
    ["translate", "--shape", "round", "-"], ["check"], ["check", "a", "b"], ["check", "--rate", "0", "a"], ["run"],
    ["run", "--nonsense", "a"], ["status"], ["status", "--nonsense", "a"], ["watch"], ["watch", "--seconds", "x", "a"],
    ["store"], ["store", "nonsense", "a"], ["store", "dead"], ["store", "show", "a", "x"], ["adapters", "--nonsense"],
    ["simulate"], ["simulate", "hl7v2"], ["simulate", "hl7v2", "--nonsense"], ["watch", "--nonsense", "a"],
    ["simulate", "hl7v2", "--to", "tcp://h"], ["terms"],
    ["simulate", "hl7v2", "--to", "tcp://127.0.0.1:1", "--beds", "0"],
    ["simulate", "gatt", "--every", "-1s"], ["simulate", "medibus", "--delay", "-1s"],
], ids=" ".join)
def test_what_is_not_understood_gives_2_and_says_where_help_is(words):
    done = dragoman(*words)
    assert done.returncode == USAGE and not done.stdout
    assert done.stderr.startswith("dragoman") and "--help" in done.stderr, done.stderr


@pytest.mark.parametrize("words, said", [
    (["translate", "no-such-file"], "no-such-file"),
    (["translate", "/"], "directory"),
    (["translate", "--adapter", "nobody", "-"], "`dragoman adapters`"),
    (["translate", "--profile", "nobody", str(EXAMPLE)], "nobody"),
    (["translate", "--time-zone", "Mars/Base", str(EXAMPLE)], "Mars/Base"),
    (["translate", "--mappings", "/nowhere", str(EXAMPLE)], "/nowhere"),
    (["translate", "--output", "/nowhere/x", str(EXAMPLE)], "/nowhere/x"),
    (["check", "no-such-file"], "no-such-file"),
    (["run", "no-such-file"], "no-such-file"),
    (["status", "no-such-file"], "no-such-file"),
    (["watch", "no-such-file"], "no-such-file"),
    (["store", "status", "no-such-file"], "no-such-file"),
    (["adapters", "nobody"], "nobody"),
    (["terms", "MDC_NOTHING"], "MDC_NOTHING"),
    (["simulate", "hl7v2", "--to", "tcp://no-such-host.invalid:1"], "no-such-host.invalid"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else None)
def test_what_cannot_be_done_gives_1_and_says_what(words, said):
    done = dragoman(*words, input="")
    assert done.returncode == FAILED, done.stdout
    assert said in done.stderr
    assert len(lines(done.stderr)) == 1, done.stderr


# --- translate -------------------------------------------------------------------------------------------------------

BAD = mllp.report("BAD", "no number")


def test_every_form_says_the_same_values():
    forms = {form: dragoman("translate", "--to", form, EXAMPLE, text=form != "protobuf").stdout
             for form in ("fhir", "ndjson", "json", "protobuf", "text")}
    bundle = [json.loads(line) for line in lines(forms["fhir"])]
    resources = [json.loads(line) for line in lines(forms["ndjson"])]
    model = [json.loads(line) for line in lines(forms["json"])]
    assert [b["resourceType"] for b in bundle] == ["Bundle"] and len(model) == 1
    assert [e["resource"]["resourceType"] for e in bundle[0]["entry"]] == [r["resourceType"] for r in resources]
    assert [o["values"][0]["number"] for o in model[0]["observations"]] == [120, 80, 93, 63]
    for value in ("120 mm[Hg]", "80 mm[Hg]", "93 mm[Hg]", "63 /min", "Hon, Albert"):
        assert value in forms["text"]
    assert b"HO2009001" in forms["protobuf"]


def test_standard_input_and_output_file(tmp_path):
    wanted = dragoman("translate", EXAMPLE).stdout
    assert dragoman("translate", "-", input=EXAMPLE.read_text()).stdout == wanted
    done = dragoman("translate", "--output", tmp_path / "out", EXAMPLE)
    assert (done.returncode, done.stdout, (tmp_path / "out").read_text()) == (GOOD, "", wanted)


def test_a_message_at_fault_is_told_with_its_place_and_the_others_come_out(tmp_path):
    file = tmp_path / "day.hl7"
    file.write_bytes(mllp.report("1", 61) + BAD + mllp.report("3", 63, at=3))
    done = dragoman("translate", "--to", "json", file)
    assert done.returncode == FAILED
    assert [json.loads(line)["message_id"] for line in lines(done.stdout)] == ["1", "3"]
    assert len(lines(done.stderr)) == 1
    assert done.stderr.startswith(f"{file}: ") and "OBX[1] field 5" in done.stderr
    assert "no number" not in done.stderr, "values may be patient data"


def test_several_files_one_missing_one_unknown(tmp_path):
    (tmp_path / "a").write_bytes(mllp.report("A", 61))
    (tmp_path / "b").write_bytes(b"\x7fELF\x02\x01\x01")
    (tmp_path / "c").write_bytes(mllp.report("C", 63))
    done = dragoman("translate", "--to", "json", *"a b missing c".split(), cwd=tmp_path)
    assert done.returncode == FAILED
    assert [json.loads(line)["message_id"] for line in lines(done.stdout)] == ["A", "C"]
    told = lines(done.stderr)
    assert len(told) == 2 and "b: no adapter" in told[0] and "--adapter" in told[0] and "missing" in told[1]


def test_empty_input_is_told():
    done = dragoman("translate", "-", input="")
    assert done.returncode == FAILED and lines(done.stderr)


def test_columns_line_up_and_nothing_leads_the_terminal_astray(tmp_path):
    file = tmp_path / "evil.hl7"
    evil = b"OBX|2|ST|X^very long name that goes on for quite a while^L|1.1.1.2|" \
           b"\\X1B\\[31mred\\X0D\\\\X0A\\next||||||F\r"
    file.write_bytes(mllp.report("E", 70) + evil)
    text = dragoman("translate", "--to", "text", EXAMPLE, file).stdout
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    rows = [line for line in text.splitlines() if line.startswith("  ") and "mm[Hg]" in line]
    assert len(rows) == 3
    assert len({row.index(" mm[Hg]") - len(row.split(" mm[Hg]")[0].split()[-1]) for row in rows}) == 1
    assert len({row.index("2011-06-02T") for row in rows}) == 1
    assert all(line == line.rstrip() for line in text.splitlines())


# --- check -----------------------------------------------------------------------------------------------------------

LINK = "links: [{ name: a, adapter: hl7v2, listen: 'tcp://127.0.0.1:2575' }]\n"


@pytest.mark.parametrize("text, mistakes", [
    ("", ["1:1: the file is empty"]),
    ("site: x\nlinks: [\n", [r"3:1: no YAML"]),
    ("\tsite: x\n", ["1:1: no YAML"]),
    ("links: []\n", ["1:1: the key \"site\" is missing: add site: "]),
    ("site: x\n", ["1:1: the key \"links\" is missing"]),
    ("site: [x]\n" + LINK, ["1:7: a single value is expected"]),
    ("site: x\nlinks: 7\n", ["2:8: a list is expected"]),
    ("site: x\nsites: y\n" + LINK, ["2:1: there is no key \"sites\" here; did you mean \"site\""]),
    ("site: x\nsite: y\n" + LINK, ["2:1: the key \"site\""]),
    ("site: x\ntime_zone: Europe/Berln\n" + LINK, ["2:12: time_zone: \"Europe/Berln\".*write one like Europe/Berlin"]),
    ("site: x\nstore: { hold: 72, max_size: 20 gigs, when_full: drop }\n" + LINK,
     ["2:16: hold: .*like 500ms", "2:30: max_size: .*like 512MiB", "2:50: when_full: .*drop-oldest refuse"]),
    ("site: x\nlinks:\n  - { name: a b, adapter: hl7v2, listen: 'tcp://h:1' }\n", ["3:13: name: \"a b\""]),
    ("site: x\nlinks:\n  - { name: a, adapter: hl7v2 }\n", ["3:5: a link has either `listen` or `connect`: add one"]),
    ("site: x\nlinks:\n  - { name: a, adapter: hl7v2, listen: 'tcp://h:1', connect: 'tcp://h:1' }\n",
     ["3:5: .*take one of them away"]),
    ("site: x\nlinks:\n  - { name: a, adapter: hl7, listen: 'tcp://h:1' }\n",
     ["3:25: there is no adapter \"hl7\".*`dragoman adapters`"]),
    ("site: x\nlinks:\n  - { name: a, adapter: hl7v2, listen: '2575' }\n"
     "  - { name: b, adapter: hl7v2, listen: 'udp://h:1' }\n"
     "  - { name: c, adapter: hl7v2, connect: 'tcp://h:99999' }\n",
     ["3:40: \"2575\".*tcp://HOST:PORT", "4:40: .*carries datagrams", "5:41: .*99999"]),
    ("site: x\nlinks:\n  - { name: a, adapter: hl7v2, listen: 'tls://h:1' }\n", ["3:40: .*needs a certificate: tls: "]),
    ("site: x\nlinks:\n  - { name: a, adapter: hl7v2, listen: 'tcp://h:1', discrad: MDM, max_message: 1B }\n",
     ["3:53: neither dragoman nor hl7v2 knows the key \"discrad\"; did you mean \"discard\"", "3:80: .*from 1KiB to"]),
    ("site: x\nlinks:\n  - { name: a, adapter: hl7v2, listen: 'tcp://h:1', profile: mindrey }\n",
     ["3:62: there is no profile \"mindrey\""]),
    ("site: x\nlinks:\n  - { name: a, adapter: hl7v2, listen: 'tcp://h:1' }\n"
     "  - { name: a, adapter: hl7v2, listen: 'tcp://h:2' }\n",
     ["4:5: the name \"a\" is taken"]),
    ("site: x\n" + LINK + "publish:\n  - { name: p, to: 'files:x', format: xml }\n  - { name: q, to: 'nothing' }\n"
     "  - { name: r, to: 'file:x', colour: red }\n",
     ["4:20: there is no sink for files:.*file:PATH", "4:39: format: .*fhir-ndjson", "5:20: .*file:PATH",
      "6:30: .*knows the key \"colour\""]),
], ids=lambda value: None if isinstance(value, list) else value.replace("\n", " ")[:60])
def test_every_mistake_at_once_with_its_place_and_the_mend(tmp_path, text, mistakes):
    file = tmp_path / "site.yaml"
    file.write_text(text)
    done = dragoman("check", "site.yaml", cwd=tmp_path)
    told = lines(done.stderr)
    assert done.returncode == FAILED and not done.stdout
    assert len(told) == len(mistakes), done.stderr
    for line, mistake in zip(told, mistakes):
        place, words = re.match(r"(\d+:\d+: )(.*)", mistake).groups()
        assert line.startswith("site.yaml:" + place), line
        assert re.search(words, line), line
    listed = json.loads(dragoman("check", "--json", "site.yaml", cwd=tmp_path).stdout)
    assert not listed["good"]
    assert [f"site.yaml:{m['line']}:{m['column']}: {m['text']}" for m in listed["mistakes"]] == told
    assert dragoman("check", "-", input=text).stderr == done.stderr.replace("site.yaml:", "standard input:")
    refused = dragoman("run", "site.yaml", cwd=tmp_path)
    assert (refused.returncode, refused.stderr) == (FAILED, done.stderr), "run says the same"


def test_a_good_site_is_said_to_be_good_and_how_long_it_holds(tmp_path):
    (tmp_path / "site.yaml").write_text("site: x\nstore: { max_size: 36GB, hold: 72h }\n" + LINK)
    done = dragoman("check", "--rate", "10", "--message-bytes", "1000", "site.yaml", cwd=tmp_path)
    assert done.returncode == GOOD and not done.stderr
    assert done.stdout.startswith("site.yaml is good: 1 link, 0 sinks.\n")
    listed = json.loads(dragoman("check", "--json", "--rate", "1000000", "site.yaml", cwd=tmp_path).stdout)
    assert listed["good"] and listed["mistakes"] == [] and listed["hours_that_fit"] < 72 and not listed["hold_fits"]


def test_the_schema_is_the_one_that_is_shipped_and_accepts_real_sites():
    said = dragoman("check", "--schema").stdout
    shipped = (ROOT / "schemas" / "site.schema.json").read_text(encoding="utf-8")
    assert said == shipped, "bring it up to date: zig-out/bin/dragoman check --schema > schemas/site.schema.json"
    schema = json.loads(said)
    jsonschema.Draft202012Validator.check_schema(schema)
    guide = (ROOT / "docs" / "site-guide.md").read_text(encoding="utf-8")
    sites = [yaml.safe_load((ROOT / "examples" / "ward" / "site.yaml").read_text(encoding="utf-8"))]
    sites += [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", guide, re.S)]
    for site in sites:
        jsonschema.validate(site, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**sites[0], "sites": 1}, schema)


# --- adapters --------------------------------------------------------------------------------------------------------


def test_adapters_for_people_and_programs():
    people = dragoman("adapters", "hl7v2").stdout
    listed = json.loads(dragoman("adapters", "--json").stdout)
    hl7v2 = next(one for one in listed if one["name"] == "hl7v2")
    for setting in hl7v2["settings"]:
        assert f"\n  {setting['key']} " in people and setting["summary"] in people
        assert setting["type"]
    assert "AE" in next(s for s in hl7v2["settings"] if s["key"] == "on_refusal")["choices"]


def test_a_file_that_is_no_adapter_is_refused_by_name_and_the_others_work(tmp_path):
    prefix = tmp_path / "prefix"
    shutil.copytree(ROOT / "zig-out" / "lib", prefix / "lib")
    shutil.copytree(ROOT / "zig-out" / "share", prefix / "share")
    (prefix / "lib" / "dragoman" / "adapters" / "broken.so").write_text("no library")
    env = {**os.environ, "DRAGOMAN_PREFIX": str(prefix)}
    done = dragoman("adapters", env=env)
    assert done.returncode == FAILED and "broken.so" in done.stderr and "hl7v2" in done.stdout
    assert dragoman("translate", "--adapter", "hl7v2", EXAMPLE, env=env).returncode == GOOD


# --- Colour and pipes ------------------------------------------------------------------------------------------------


def on_a_terminal(*words, cwd) -> str:
    """What the program writes on a terminal."""
    main, other = pty.openpty()
    done = subprocess.Popen([str(PROGRAM), *words], stdout=other, stderr=other, stdin=other, cwd=cwd)
    os.close(other)
    said = b""
    try:
        while part := os.read(main, 4096):
            said += part
    except OSError:  # the terminal is closed when nobody writes to it any more
        pass
    os.close(main)
    done.wait(timeout=20)
    return said.decode("utf-8")


def test_colour_on_a_terminal_only(tmp_path):
    (tmp_path / "site.yaml").write_text("sites: x\n")
    assert "\033[31m" in on_a_terminal("check", "site.yaml", cwd=tmp_path)
    assert "\033" not in dragoman("check", "site.yaml", cwd=tmp_path).stderr
    (tmp_path / "site.yaml").write_text("site: x\nlinks: []\n")
    assert "\033" not in on_a_terminal("check", "site.yaml", cwd=tmp_path)


def test_who_stops_reading_is_no_failure_worth_a_word(tmp_path):
    file = tmp_path / "day.hl7"
    file.write_bytes(b"".join(mllp.report(f"N{n}", 60, at=n) for n in range(3000)))
    for form in ("fhir", "text", "protobuf"):
        done = subprocess.run(f"{PROGRAM} translate --to {form} {file} | head -c 1 >/dev/null; echo ${{PIPESTATUS[0]}}",
                              shell=True, executable="/bin/bash", capture_output=True, text=True, check=False)
        assert done.stderr == "" and int(done.stdout) in (0, 1, 141), done


def test_a_full_disk_is_told():
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([PROGRAM, "translate", EXAMPLE], stdout=full, stderr=subprocess.PIPE, text=True,
                              check=False)
    assert done.returncode == FAILED and "No space left" in done.stderr

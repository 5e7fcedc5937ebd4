"""What is given to who writes an adapter: a skeleton that builds outside of the tree, and a check that tells faults."""

import json
import os
import subprocess

import pytest
from ward import PROGRAM, ROOT, dragoman

PREFIX = ROOT / "zig-out"
ENVIRONMENT = {**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
               "PKG_CONFIG_PATH": str(PREFIX / "share" / "pkgconfig")}


@pytest.fixture(name="made")
def a_new_adapter(tmp_path):
    said = dragoman("adapter", "new", "thermo", cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    return tmp_path / "thermo"


def build(folder):
    subprocess.run(["make", "thermo.so"], cwd=folder, env=ENVIRONMENT, check=True, capture_output=True)


def findings(folder, *words):
    said = dragoman("adapter", "check", "--json", "./thermo.so", *words, cwd=folder)
    found = json.loads(said.stdout)
    assert said.returncode == (0 if all(one["kept"] for one in found) else 1), said.stderr
    return found


def broken(folder, *words):
    return {one["clause"]: one["detail"] for one in findings(folder, *words) if not one["kept"]}


def change(folder, before, after):
    source = folder / "thermo.c"
    text = source.read_text(encoding="utf-8")
    assert before in text
    source.write_text(text.replace(before, after, 1), encoding="utf-8")
    build(folder)


def test_a_new_one_builds_and_passes(made):
    said = subprocess.run(["make", "check"], cwd=made, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert said.returncode == 0 and "warning" not in said.stderr, said.stdout + said.stderr
    assert "pass: 33 kept, 0 broken" in said.stdout


def test_a_new_one_is_named_throughout(made):
    for path in made.iterdir():
        assert "skeleton" not in path.read_text(encoding="utf-8").lower(), path
    assert "99THERMO" in (made / "thermo.c").read_text(encoding="utf-8")


def test_a_new_one_translates(made, tmp_path):
    build(made)
    prefix = tmp_path / "prefix"
    for part in ("lib/dragoman/adapters", "share/dragoman"):
        (prefix / part).parent.mkdir(parents=True, exist_ok=True)
    (prefix / "lib/dragoman/adapters").mkdir()
    (prefix / "share/dragoman").symlink_to(PREFIX / "share/dragoman")
    (made / "thermo.so").rename(prefix / "lib/dragoman/adapters/thermo.so")
    environment = {**ENVIRONMENT, "DRAGOMAN_PREFIX": str(prefix)}
    said = dragoman("translate", "--to", "json", made / "sample.txt", env=environment)
    rows = [json.loads(line, parse_float=str)["observations"] for line in said.stdout.splitlines()]
    assert said.returncode == 1 and "NAME=NUMBER" in said.stderr
    assert [[one["values"][0].get("number") for one in row] for row in rows] == [
        [72, "97.5"], [None, "97.0"], [71, "96.5"]]


@pytest.mark.parametrize("name", ["", "Thermo", "9x", "a-b", "a/b", "x" * 33])
def test_a_bad_name_is_refused(tmp_path, name):
    said = dragoman("adapter", "new", name, cwd=tmp_path)
    assert said.returncode == 2 and "no name for an adapter" in said.stderr and not list(tmp_path.iterdir())


def test_what_is_there_is_not_written_over(made):
    said = dragoman("adapter", "new", "thermo", cwd=made.parent)
    assert said.returncode == 1 and "File exists" in said.stderr


def test_one_that_consumes_too_much_is_told(made):
    change(made, "ret_progress->consumed = i + 1;", "ret_progress->consumed = i + 2;")
    assert "the whole sample at once" in broken(made, "--sample", "sample.txt")


def test_one_that_crashes_is_told_with_the_clause_before(made):
    before = "return refuse(self, line, DRAGOMAN_TEXT(\"it is not"
    change(made, before, "*(volatile int *)0 = 1;\n            " + before)
    found = broken(made, "--sample", "sample.txt")
    assert "Segmentation fault" in found["comes to its end"] and "the start" in found["comes to its end"]


def test_one_that_asks_the_system_is_told_what_to_do_instead(made):
    before = "#include <dragoman/adapter.h>"
    change(made, before, before + "\n#include <stdlib.h>\n#include <time.h>")
    change(made, "ret_action->kind = DRAGOMAN_ACTION_SEND;",
           "ret_action->kind = DRAGOMAN_ACTION_SEND;\n"
           "    void *volatile taken = malloc((size_t)time(NULL));\n    free(taken);")
    details = [one["detail"] for one in findings(made) if not one["kept"]]
    assert any("time(): take the time from `now`" in detail for detail in details), details
    assert any("malloc(): take memory from the host" in detail for detail in details), details


def test_another_major_is_told(made):
    change(made, ".abi_major = DRAGOMAN_ABI_MAJOR", ".abi_major = 99")
    assert "99" in broken(made)["loads"]


@pytest.mark.parametrize("path", ["nowhere.so", "thermo.c"])
def test_what_is_no_library_is_told(made, path):
    said = dragoman("adapter", "check", path, cwd=made)
    assert said.returncode == 1 and "BROKEN  loads" in said.stdout, said.stdout


@pytest.mark.parametrize("adapter", sorted(path.stem for path in (PREFIX / "lib/dragoman/adapters").glob("*.so")))
def test_the_installed_ones_pass(adapter):
    words = [word for path in sorted((ROOT / "tests/captures" / adapter).glob("*.capture"))
             for word in ("--capture", path)]
    said = dragoman("adapter", "check", PREFIX / "lib/dragoman/adapters" / f"{adapter}.so", *words)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("adapter", sorted(path.stem for path in (PREFIX / "lib/dragoman/adapters").glob("*.so")))
def test_the_installed_ones_pass_in_a_process_of_their_own(adapter):
    """On the shortest of their conversations: each call is two messages between processes."""
    captures = (ROOT / "tests/captures" / adapter).glob("*.capture")
    shortest = min(captures, key=lambda path: path.stat().st_size)
    said = dragoman("adapter", "check", "--isolate", PREFIX / "lib/dragoman/adapters" / f"{adapter}.so", "--capture",
                    shortest)
    assert said.returncode == 0, said.stdout + said.stderr

"""The smallest adapter, built outside of the tree against the installed headers with plain cc, and run."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PREFIX = ROOT / "zig-out"


@pytest.fixture(name="prefix", scope="module")
def installed_with_hello(tmp_path_factory):
    """A copy of what is installed with the adapter in it, built in a folder that has nothing else of ours."""
    place = tmp_path_factory.mktemp("hello")
    prefix = place / "prefix"
    for part in ("lib/dragoman", "share/dragoman", "include/dragoman"):
        shutil.copytree(PREFIX / part, prefix / part)
    source = shutil.copy(ROOT / "examples/hello-adapter/hello.c", place / "hello.c")
    build = "cc -std=c11 -Wall -Wextra -Wpedantic -Werror -fPIC -shared -fvisibility=hidden".split()
    library = prefix / "lib/dragoman/adapters/hello.so"
    subprocess.run([*build, "-I", prefix / "include", "-o", library, source], check=True, cwd=place)
    return prefix


def run(prefix, *words, text=""):
    environment = {**os.environ, "DRAGOMAN_PREFIX": str(prefix)}
    return subprocess.run(
        [PREFIX / "bin/dragoman", *words], input=text, capture_output=True, text=True, env=environment, check=False
    )


def test_it_translates(prefix):
    said = run(prefix, "translate", "--to", "json", "-", text="T=37.20\nT=x\nT=.\nT=36.9\n")
    assert said.returncode == 1 and said.stderr.count("it is not T= and a number") == 2, said.stderr
    values = [json.loads(line)["observations"][0]["values"][0]["number"] for line in said.stdout.splitlines()]
    assert [line.split('"number":')[1].split("}")[0] for line in said.stdout.splitlines()] == ["37.20", "36.9"], values


def test_it_is_listed_beside_the_others(prefix):
    listed = json.loads(run(prefix, "adapters", "--json").stdout)
    assert {"hello", "hl7v2"} <= {one["name"] for one in listed}


def test_it_needs_nothing_but_the_c_library_and_exports_one_symbol(prefix):
    library = prefix / "lib/dragoman/adapters/hello.so"
    symbols = subprocess.run(["nm", "-D", library], capture_output=True, text=True, check=True).stdout.splitlines()
    defined = [line.split()[-1] for line in symbols if " U " not in line and " w " not in line]
    assert defined == ["dragoman_adapter"]
    assert not [line for line in symbols if " U " in line and "dragoman" in line]

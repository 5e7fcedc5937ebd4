"""Adapters that must be refused, each by name and number, while the rest of the house starts."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PREFIX = ROOT / "zig-out"
HELLO = (ROOT / "examples" / "hello-adapter" / "hello.c").read_text(encoding="utf-8")

# name: (what is changed in the smallest adapter, words that the refusal must have)
FIXTURES = {
    "other-major": ((".abi_major = DRAGOMAN_ABI_MAJOR", ".abi_major = 2"), ["ABI 2.1", "has 1.1", "rebuild"]),
    "no-magic": ((".magic = DRAGOMAN_ABI_MAGIC", ".magic = 7"), ["0x00000007", "0x4e4d4744"]),
    "short": ((".struct_size = sizeof(dragoman_adapter_descriptor)", ".struct_size = 40"), ["40 bytes", "at least"]),
    "no-handle": (("    .handle = hello_handle,\n", ""), ["`handle` is not filled"]),
    "bad-name": (('.name = "hello"', '.name = "Hello World"'), ["a-z, 0-9"]),
    "bad-scope": ((".scope = DRAGOMAN_SCOPE_SESSION", ".scope = 9"), ["scope 9"]),
    "no-channels": ((".channel_count = 1", ".channel_count = 0"), ["`channels` is not filled"]),
    "no-symbol": (("dragoman_adapter = {", "another_symbol = {"), ["exports no `dragoman_adapter`"]),
}


@pytest.fixture(name="prefix", scope="module")
def installed_with_bad_ones(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("refusals")
    for part in ("lib/dragoman", "share/dragoman"):
        shutil.copytree(PREFIX / part, prefix / part)
    adapters = prefix / "lib/dragoman/adapters"
    for name, ((old, new), _) in FIXTURES.items():
        assert old in HELLO
        source = prefix / f"{name}.c"
        source.write_text(HELLO.replace(old, new), encoding="utf-8")
        flags = "-std=c11 -fPIC -shared -fvisibility=hidden -w".split()
        include = ["-I", PREFIX / "include"]
        subprocess.run(["cc", *flags, *include, "-o", adapters / f"{name}.so", source], check=True)
    (adapters / "no-library.so").write_text("this is no library")
    return prefix


def run(prefix, *words):
    environment = {**os.environ, "DRAGOMAN_PREFIX": str(prefix)}
    command = [PREFIX / "bin/dragoman", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize("name", [*FIXTURES, "no-library"])
def test_it_is_refused_with_its_file_and_the_reason(prefix, name):
    lines = [line for line in run(prefix, "adapters").stderr.splitlines() if f"{name}.so" in line]
    assert len(lines) == 1, lines
    for words in FIXTURES[name][1] if name in FIXTURES else ["cannot be loaded"]:
        assert words in lines[0]


def test_the_others_work_all_the_same(prefix):
    said = run(prefix, "adapters")
    assert said.returncode == 1 and "hl7v2" in said.stdout
    said = run(prefix, "translate", "--adapter", "hl7v2", ROOT / "examples/oru.hl7")
    assert said.returncode == 0 and '"Bundle"' in said.stdout and said.stderr == ""


def test_a_site_that_names_one_is_told_so(prefix, tmp_path):
    site = tmp_path / "site.yaml"
    site.write_text("site: x\nlinks: [{ name: a, adapter: other-major, listen: tcp://127.0.0.1:0 }]\n")
    said = run(prefix, "check", site)
    assert said.returncode == 1 and "site.yaml:2:" in said.stderr and "ABI 2.1" in said.stderr

"""What an adapter has against the device section of a profile is told with its place in the file."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PREFIX = ROOT / "zig-out"
SOURCE = Path(__file__).parent / "profiled.c"
GOOD = """profile: acme
for: profiled
source: { document: d }
device:
  lines:
    - name: air
    - { name: door, kind: bits }
"""


@pytest.fixture(name="prefix", scope="module")
def installed_with_it(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("profiled")
    for part in ("lib/dragoman", "share/dragoman"):
        shutil.copytree(PREFIX / part, prefix / part)
    library = prefix / "lib/dragoman/adapters/profiled.so"
    flags = "-std=c11 -fPIC -shared -fvisibility=hidden".split()
    subprocess.run(["cc", *flags, "-I", PREFIX / "include", "-o", library, SOURCE], check=True)
    return prefix


def run(prefix, folder, *words):
    environment = {**os.environ, "DRAGOMAN_PREFIX": str(prefix)}
    command = [PREFIX / "bin/dragoman", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)


def write(folder, profile, link="profile: acme"):
    (folder / "ours/profiled").mkdir(parents=True, exist_ok=True)
    (folder / "ours/profiled/acme.yaml").write_text(profile, encoding="utf-8")
    links = f"links:\n  - {{ name: a, adapter: profiled, connect: tcp://127.0.0.1:9, {link} }}\n"
    (folder / "site.yaml").write_text(f"site: x\nmappings: ours\n{links}", encoding="utf-8")


def test_a_good_one_is_good(prefix, tmp_path):
    write(tmp_path, GOOD)
    said = run(prefix, tmp_path, "profile", "check", "ours/profiled/acme.yaml")
    assert said.returncode == 0 and "3 values of its device section" in said.stdout and said.stderr == ""
    assert run(prefix, tmp_path, "check", "site.yaml").returncode == 0


def test_mistakes_have_their_place(prefix, tmp_path):
    write(tmp_path, GOOD.replace("air", "wrong").replace("bits", "wrong"))
    said = run(prefix, tmp_path, "profile", "check", "ours/profiled/acme.yaml")
    file = "ours/profiled/acme.yaml"
    assert said.returncode == 1
    assert said.stderr.splitlines() == [
        f"{file}:6:13: lines.0.name: this is wrong",
        f"{file}:7:27: lines.1.kind: this is wrong",
        'dragoman profile: the profile "acme" has 2 mistakes in its device or link section',
    ]
    for command in ("check", "run"):
        said = run(prefix, tmp_path, command, "site.yaml")
        assert said.returncode == 1 and "acme.yaml:6:13: lines.0.name: this is wrong" in said.stderr
        assert 'site.yaml:4:72: the profile "acme" has 2 mistakes' in said.stderr


def test_a_link_without_one_is_told_when_its_adapter_needs_it(prefix, tmp_path):
    write(tmp_path, GOOD, link="stale_after: 1m")
    said = run(prefix, tmp_path, "check", "site.yaml")
    assert said.returncode == 1 and "site.yaml:4:5: a device section is needed: name a profile" in said.stderr


def test_what_is_no_profile_is_told(prefix, tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n", encoding="utf-8")
    assert run(prefix, tmp_path, "profile", "check", "x.csv").returncode == 1
    assert run(prefix, tmp_path, "profile", "check", "absent.yaml").returncode == 1
    assert run(prefix, tmp_path, "profile", "check").returncode == 2
    write(tmp_path, GOOD.replace("for: profiled", "for: nothing"))
    said = run(prefix, tmp_path, "profile", "check", "ours/profiled/acme.yaml")
    assert said.returncode == 1 and "nothing" in said.stderr

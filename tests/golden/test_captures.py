"""Golden cases that are conversations: tests/golden/ADAPTER/NAME.txt, and beside it what has to come out."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "captures"))
import capture  # noqa: E402  pylint: disable=wrong-import-position

BINARY = ROOT / "zig-out" / "bin" / "dragoman"
FHIR = ROOT / ".dev" / "fhir"  # what ./dev conformance puts before the validator
SOURCES = [source for _, source in capture.golden_sources()]


def name_of(source):
    return f"{source.parent.name}/{source.stem}"


def translate(source, folder, form, *options):
    """What the program says of the case; its exit code is the case's `exit` line, else 0."""
    made = folder / f"{source.stem}.capture"
    made.write_bytes(capture.encode(capture.from_text(source.read_text(encoding="utf-8"))))
    done = subprocess.run([BINARY, "translate", "--to", form, *options, made], capture_output=True, text=True,
                          timeout=60, check=False)
    expected = re.search(r"^# exit (\d)$", source.read_text(encoding="utf-8"), re.M)
    assert done.returncode == (int(expected.group(1)) if expected else 0), done.stderr
    return done.stdout


def difference(have, want, where=""):
    """Where `have` says something else than `want`, or an empty text. `want` may leave members of objects out."""
    if isinstance(want, dict):
        if not isinstance(have, dict):
            return f"{where}: {have!r} is no object"
        found = (f"{where}.{key}: missing" if key not in have else difference(have[key], value, f"{where}.{key}")
                 for key, value in want.items())
    elif isinstance(want, list):
        if not isinstance(have, list) or len(have) != len(want):
            return f"{where}: {len(have) if isinstance(have, list) else have!r} instead of {len(want)}: {have}"
        found = (difference(have[i], value, f"{where}[{i}]") for i, value in enumerate(want))
    else:
        return "" if have == want else f"{where}: {have!r} instead of {want!r}"
    return next((text for text in found if text), "")


def read(text):
    """Numbers stay as they are written: 98.0 is not 98."""
    return json.loads(text, parse_float=str, parse_int=str)


def squeezed(text):
    return [" ".join(line.split()) for line in text.splitlines() if line.strip() and not line.startswith("#")]


def beside(ending):
    return [source for source in SOURCES if source.with_suffix(ending).exists()]


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_case_is_complete(source):
    """A case has an expectation, and its capture for the tests in C is the text's."""
    assert source.with_suffix(".json").exists() or source.with_suffix(".text").exists()
    made = capture.capture_of(source.parent.name, source)
    assert made.exists() and made.read_bytes() == capture.encode(
        capture.from_text(source.read_text(encoding="utf-8"))), "run python3 tests/captures/capture.py"


@pytest.mark.parametrize("source", beside(".json"), ids=name_of)
def test_reports(source, tmp_path):
    said = [read(line) for line in translate(source, tmp_path, "json").splitlines()]
    assert difference(said, read(source.with_suffix(".json").read_text(encoding="utf-8"))) == ""


@pytest.mark.parametrize("source", beside(".text"), ids=name_of)
def test_table(source, tmp_path):
    said = squeezed(translate(source, tmp_path, "text"))
    assert said == squeezed(source.with_suffix(".text").read_text(encoding="utf-8"))


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_answers(source, tmp_path):
    """What the adapter sends is what the text's lines with `>` say, byte by byte."""
    wanted = capture.from_text(source.read_text(encoding="utf-8"))
    translate(source, tmp_path, "json", "--record", tmp_path / "answers")
    said = capture.decode((tmp_path / "answers").read_bytes())
    assert said.sent() == wanted.sent()


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_the_same_from_a_process_of_its_own(source, tmp_path):
    """Reports and answers, with the adapter where it can do nothing but its work."""
    here = translate(source, tmp_path, "json", "--record", tmp_path / "here")
    assert translate(source, tmp_path, "json", "--isolate", "--record", tmp_path / "there") == here
    heard = [capture.decode((tmp_path / place).read_bytes()).sent() for place in ("here", "there")]
    assert heard[0] == heard[1]


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_fhir_is_written(source, tmp_path):
    """The same twice; kept for the validator."""
    said = translate(source, tmp_path, "ndjson")
    assert said == translate(source, tmp_path, "ndjson")
    if said:
        FHIR.mkdir(parents=True, exist_ok=True)
        (FHIR / f"golden-{source.parent.name}-{source.stem}.ndjson").write_text(said, encoding="utf-8")

"""Templates of iomt-fhir become a profile, and what cannot be carried over is listed."""

import json
import re

from ward import ROOT, dragoman

TEMPLATES = [str(ROOT / "examples" / "iomt-fhir" / f"{name}.json") for name in ("devicecontent", "fhirmapping")]


def test_what_is_left_stands_with_its_line():
    done = dragoman("import", "iomt-fhir", "--name", "iomt-example", *TEMPLATES)
    assert done.returncode == 1
    left = {(name, int(line)) for name, line in re.findall(r"(\w+)\.json:(\d+):\d+: ", done.stderr)}
    lines = {name: open(path, encoding="utf-8").read().splitlines()
             for name, path in zip(("devicecontent", "fhirmapping"), TEMPLATES)}
    told = " ".join(lines[name][line - 1] for name, line in left)
    for word in ("JmesPath", "periodInterval\": 60", "SampledData", "category"):
        assert word in told, word
    assert len(left) == 5
    shipped = (ROOT / "mappings" / "json" / "iomt-example.yaml").read_text(encoding="utf-8")
    assert shipped.split("\n", 2)[2] == done.stdout, "bring mappings/json/iomt-example.yaml up to date"


def test_json_says_the_same_and_the_profile_is_good(tmp_path):
    made = tmp_path / "hub.yaml"
    done = dragoman("import", "iomt-fhir", "--name", "hub", "--json", "--output", str(made), *TEMPLATES)
    said = json.loads(done.stdout)
    assert (said["messages"], said["values"], len(said["left"])) == (3, 4, 5)
    assert {entry["line"] > 0 for entry in said["left"]} == {True}
    assert dragoman("profile", "check", str(made)).returncode == 0


def test_nothing_that_cannot_be_read_becomes_a_profile(tmp_path):
    bad = tmp_path / "bad.json"
    for text in ("", "[1]", "{\"templateType\": \"Other\", \"template\": {}}", "{"):
        bad.write_text(text)
        done = dragoman("import", "iomt-fhir", str(bad))
        assert (done.returncode, done.stdout) == (1, ""), text
        assert done.stderr


def test_the_words_are_checked():
    for words in ([], ["iomt-fhir"], ["x", "y"], ["iomt-fhir", "--name", "A", "f"], ["iomt-fhir", "--json", "f"]):
        assert dragoman("import", *words).returncode == 2, words

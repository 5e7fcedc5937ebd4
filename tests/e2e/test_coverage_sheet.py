"""`dragoman profile coverage`: what was seen, mapped, not mapped and never seen, counted."""

import json
import subprocess
import sys

import pytest
from house import PROGRAM, ROOT

sys.path.insert(0, str(ROOT / "tests" / "captures"))
import capture  # noqa: E402  pylint: disable=wrong-import-position

PROFILE = """
profile: sheet
for: hl7v2
source: { document: a test }
code_systems: [99T]
codes:
  - { code: "HR", system: "99T", mdc: 147842 }
  - { code: "SPO2", system: "99T", mdc: 150456 }
  - { code: "OWN", system: "99T", name: Own }
units:
  - { text: "bpm", unit: "/min" }
"""
HEAD = r"MSH|^~\&|T|T|||20240301120000+0000||ORU^R01|{}|P|2.6" "\rPID|||4711^^^H^MR||Muster^Hanna\rOBR|1|||1^x^L\r"
ROW = "OBX|{0}|NM|{1}|1.1.1.{0}|{2}|{3}|||||F\r"


def messages():
    for number, value in enumerate((71, 72, 73)):
        yield HEAD.format(number) + ROW.format(1, "HR^Heart^99T", value, "bpm") + \
            ROW.format(2, "OWN^Own^99T", "1.50", "") + ROW.format(3, "NEW^New^99T", 5, "furlong") + \
            ROW.format(4, "150456^MDC_PULS_OXIM_SAT_O2^MDC", 98, "262688^MDC_DIM_PERCENT^MDC")


def run(*words, code=0):
    done = subprocess.run([PROGRAM, "profile", *map(str, words)], capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(name="files")
def make(tmp_path):
    (tmp_path / "sheet.yaml").write_text(PROFILE)
    made = capture.Capture([("adapter", "hl7v2"), ("link", "l"), ("channel", "main stream")],
                           [capture.Record("started", parts=[bytes(32)])])
    for message in messages():
        made.records.append(capture.Record("bytes", 1000, parts=[b"\x0b" + message.encode() + b"\x1c\r"]))
    (tmp_path / "three.capture").write_bytes(capture.encode(made))
    return tmp_path / "sheet.yaml", tmp_path / "three.capture"


def rows(sheet, part):
    return {(row["unit"], row["code"]): row for row in sheet[part]}


def test_every_code_stands_in_its_part_with_its_count(files):
    sheet = json.loads(run("coverage", "--json", *files))
    assert (sheet["profile"], sheet["document"]) == ("sheet", "a test")
    mapped, unmapped, spoken = rows(sheet, "mapped"), rows(sheet, "unmapped"), rows(sheet, "spoken")
    assert mapped[False, "HR"]["count"] == 3 and mapped[False, "HR"]["mdc"] == 147842
    assert mapped[False, "HR"]["meaning"] == "MDC_ECG_HEART_RATE" and mapped[False, "HR"]["example"] == 73
    assert unmapped[False, "NEW"]["count"] == 3 and not unmapped[False, "NEW"]["private"]
    assert unmapped[False, "OWN"]["private"] and (True, "furlong") in unmapped
    assert spoken[False, "150456"]["mdc"] == 150456
    assert [row["code"] for row in sheet["never_seen"]] == ["SPO2"]


def test_the_sheet_for_people_names_no_patient(files):
    said = run("coverage", *files)
    assert "such as 1.50" in said and "in the profile, without a term" in said
    assert "3 of the profile's 4 codes and units were seen" in said
    assert "Muster" not in said and "4711" not in said


def test_words(files):
    assert "is expected" in run("coverage", files[0], code=2)
    assert "cannot be opened" in run("coverage", files[0], "nowhere.capture", code=1)
    assert "profile" in run("coverage", files[1], files[1], code=1)

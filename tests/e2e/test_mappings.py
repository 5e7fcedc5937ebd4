"""A site's own mappings: beside the installed ones, checked with the site, used by everything that looks at it."""

import json

import mllp
import pytest
from ward import Ward, dragoman

PROFILE = """profile: acme-icu
for: hl7v2
source: { document: "Acme ICU HL7 Guide", edition: "3" }
recognise:
  - { application: "ACME*" }
code_systems: [99ACME]
codes:
  - { code: "101", mdc: MDC_ECG_HEART_RATE, unit: /min, name: HR, confidence: S }
"""
MESSAGE = (b"MSH|^~\\&|ACME1|ICU|||20260401090000+0200||ORU^R01|A1|P|2.4\rPID|||7^^^H^MR\rOBR|1|||MON\r"
           b"OBX|1|NM|101^HR^99ACME||61||||||F\r")


@pytest.fixture
def ours(tmp_path):
    (tmp_path / "ours" / "hl7v2").mkdir(parents=True)
    file = tmp_path / "ours" / "hl7v2" / "acme.yaml"
    file.write_text(PROFILE)
    return file


def test_a_profile_of_the_site_is_known_to_every_command(ours, tmp_path):
    links = [{"name": "acme", "profile": "acme-icu"}, {"name": "other", "profile": "mindray"}, {"name": "told"}]
    with Ward(tmp_path, links, mappings="ours") as ward:
        with mllp.Device(ward.port("told")) as device:
            assert device.ask(MESSAGE).code == "AA"
        ward.published()
        seen = json.loads(dragoman("status", "--seen", "--json", ward.path).stdout)
        assert [(row["profile"], row["mdc"], row["mapping"]) for row in seen if row["code"] == "101"] == \
            [("acme-icu", 147842, "profile")]
        assert "Heart rate" in dragoman("store", "show", ward.path, 1).stdout
        assert " 61 " in dragoman("watch", ward.path).stdout


def test_translate_takes_the_same_folder(ours, tmp_path):
    (tmp_path / "a.hl7").write_bytes(MESSAGE)
    said = dragoman("translate", "--to", "text", "--mappings", tmp_path / "ours", tmp_path / "a.hl7").stdout
    assert "Heart rate" in said and "61 /min" in said
    assert "unmapped" in dragoman("translate", "--to", "text", tmp_path / "a.hl7").stdout


def test_mistakes_in_them_are_told_with_their_place(ours, tmp_path):
    ours.write_text(PROFILE.replace("MDC_ECG_HEART_RATE", "MDC_ECG_HART_RATE").replace("unit: /min", "unit: /minute"))
    (tmp_path / "site.yaml").write_text("site: x\nmappings: ours\nlinks: []\n")
    for command in ("check", "run"):
        done = dragoman(command, "site.yaml", cwd=tmp_path)
        assert done.returncode == 1
        told = done.stderr.splitlines()
        assert len(told) == 2 and all(line.startswith(f"{ours}:8:") for line in told), done.stderr
        assert "MDC_ECG_HART_RATE" in told[0] and "/minute" in told[1]


def test_a_folder_that_is_not_there_is_told(tmp_path):
    (tmp_path / "site.yaml").write_text("site: x\nmappings: nowhere\nlinks: []\n")
    done = dragoman("check", "site.yaml", cwd=tmp_path)
    assert done.returncode == 1 and f"{tmp_path}/nowhere" in done.stderr


VENTILATOR = """site: x
mappings: ours
links:
  - { name: bed-1, adapter: medibus, connect: "serial:/dev/ttyS7", profile: acme-vent, serial: { parity: odd } }
  - { name: bed-2, adapter: medibus, connect: "serial:/dev/ttyS8", profile: draeger-evita-4 }
"""


def test_what_a_profile_says_of_its_links_is_shown(tmp_path):
    (tmp_path / "ours" / "medibus").mkdir(parents=True)
    vent = tmp_path / "ours" / "medibus" / "vent.yaml"
    text = ("profile: acme-vent\nfor: medibus\nsource: { document: d }\ncodes_of: draeger-medibus\n"
            "link:\n  serial: { baud: 38400, parity: even }\n  stale_after: 20s\n")
    vent.write_text(text)
    (tmp_path / "site.yaml").write_text(VENTILATOR)
    done = dragoman("check", "site.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "The link bed-1 has from its profile acme-vent: serial.baud 38400, stale_after 20s." in done.stdout
    assert ("The link bed-2 has from its profile draeger-evita-4: serial.baud 19200, serial.bits 8, "
            "serial.parity even, serial.stop 1.") in done.stdout
    said = json.loads(dragoman("check", "--json", "site.yaml", cwd=tmp_path).stdout)["from_profiles"]
    assert {"link": "bed-1", "key": "stale_after", "value": "20s"} in said and len(said) == 6
    vent.write_text(text.replace("38400", "38401").replace("stale_after", "stale_aftr"))
    done = dragoman("profile", "check", vent)
    told = done.stderr.splitlines()
    assert done.returncode == 1
    assert told[0].startswith(f"{vent}:6:19: serial.baud: \"38401\": one of these is expected: 300")
    assert told[1].startswith(f"{vent}:7:15: stale_aftr: ") and "stale_after, pace" in told[1]
    assert "has 2 mistakes in its device or link section" in dragoman("check", "site.yaml", cwd=tmp_path).stderr

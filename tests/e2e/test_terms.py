"""The term tables, checked a second time and in another language than the one that compiles them in.

UCUM codes are parsed by ucumvert, whose grammar is generated from the UCUM specification's own definition file.
"""

import csv
import json
import pathlib

import jsonschema
import pytest
import yaml
from ucumvert import get_ucum_parser

ROOT = pathlib.Path(__file__).resolve().parents[2]
TERMS = ROOT / "mappings" / "terms"


def rows(name):
    with open(TERMS / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def is_ucum():
    parser = get_ucum_parser()

    def check(text):
        try:
            parser.parse(text)
            return True
        except Exception:
            return False

    return check


def test_numbers_are_partition_and_term():
    for row in rows("mdc-terms.csv"):
        assert int(row["code10"]) == int(row["partition"]) * 65536 + int(row["term"]), row


def test_every_term_stands_once():
    terms = rows("mdc-terms.csv")
    for column in ("refid", "code10"):
        assert len({row[column] for row in terms}) == len(terms), column


def test_files_agree_on_numbers():
    numbers = {row["refid"]: row["code10"] for row in rows("mdc-terms.csv")}
    for name in ("term-units.csv", "mdc-loinc.csv", "groups.csv", "episodic.csv"):
        for row in rows(name):
            assert numbers[row["refid"]] == row["code10"], (name, row)
    for row in rows("units.csv"):
        assert numbers[row["mdc_refid"]] == row["code10"], row
    for row in rows("groups.csv"):
        assert numbers[row["group_refid"]] == row["group_code10"], row


def test_settings_are_their_measurement_in_partition_258():
    numbers = {row["refid"]: int(row["code10"]) for row in rows("mdc-terms.csv")}
    for refid, number in numbers.items():
        measurement = numbers.get(refid.removesuffix("_SETTING"))
        if refid in ("MDC_VENT_PRESS_AWAY_RISETIME_SUPP_PERCENT_SETTING", "MDC_VOL_AWAY_TIDAL_PER_IBW_SETTING"):
            continue  # the registry numbers these two otherwise; README, conflicts
        if refid.endswith("_SETTING") and number >> 16 == 258 and measurement is not None:
            assert number == measurement + 16777216, refid


def test_units_are_valid_ucum(is_ucum):
    texts = {row["ucum"] for row in rows("units.csv")} | {row["ucum"] for row in rows("mdc-loinc.csv")}
    texts |= {text for row in rows("term-units.csv") for text in row["ucum_units"].split(";")}
    assert sorted(text for text in texts if not is_ucum(text)) == []


def test_the_ucum_check_can_fail(is_ucum):
    assert not is_ucum("mmHg")
    assert not is_ucum("k[arb'U]")


def prefix(number):
    """The SI prefix in the low five bits of a dimension's number."""
    up = ("", "da", "h", "k", "M", "G", "T", "P", "E", "Z", "Y")
    down = ("d", "c", "m", "u", "n", "p", "f", "a", "z", "y")
    bits = number & 31
    return down[bits - 16] if bits >= 16 else up[bits]


def test_prefixes_follow_the_low_five_bits():
    """milli-, micro- ... of a unit whose base is in the table carry the prefix of their number."""
    units = {int(row["code10"]): row["ucum"] for row in rows("units.csv")}
    checked = 0
    for number, ucum in units.items():
        base = units.get(number & ~31)
        simple = base is not None and base.isalpha()
        if simple and number & 31 and prefix(number) and base not in ("Cel",):
            assert ucum == prefix(number) + base, number
            checked += 1
    assert checked > 30


def check_digit(code):
    """Mod 10 as LOINC's users' guide has it: the digits in odd places from the right, read as one number, times two."""
    digits = code.split("-")[0][::-1]
    doubled = str(int(digits[0::2][::-1]) * 2)
    total = sum(map(int, doubled)) + sum(map(int, digits[1::2]))
    return str(-total % 10)


def test_loinc_codes_have_their_check_digit():
    for row in rows("mdc-loinc.csv"):
        assert row["loinc"].split("-")[1] == check_digit(row["loinc"]), row


MAGIC = {  # FHIR R4 observation-vitalsigns: the LOINC code each profile fixes, and its components
    "resprate": {"9279-1"},
    "heartrate": {"8867-4"},
    "oxygensat": {"2708-6"},
    "bodytemp": {"8310-5"},
    "bodyheight": {"8302-2"},
    "headcircum": {"9843-4"},
    "bodyweight": {"29463-7"},
    "bmi": {"39156-5"},
    "bp": {"85354-9", "8480-6", "8462-4", "8478-0"},
}
VITALS_COMMON = {"%", "cm", "[in_i]", "kg", "g", "[lb_av]", "Cel", "[degF]", "mm[Hg]", "/min", "kg/m2", "m2"}


def test_profiles_go_with_their_magic_codes_and_units():
    profile_of = {code: profile for profile, codes in MAGIC.items() for code in codes}
    for row in rows("mdc-loinc.csv"):
        assert row["profile"] == profile_of.get(row["loinc"], ""), row
        if row["profile"]:
            assert row["fhir_category"] == "vital-signs", row
            assert row["ucum"] in VITALS_COMMON, row


def test_pairings_use_a_unit_that_the_registry_lists():
    listed = {row["refid"]: row["ucum_units"].split(";") for row in rows("term-units.csv")}
    # mm[Hg] where the registry has percent (README, conflicts); L/min where it has L/s and mL/min
    known = {"MDC_O2_OXYGENATION_RATIO", "MDC_VENT_VOL_MINUTE_INSP"}
    for row in rows("mdc-loinc.csv"):
        if row["refid"] in listed and row["refid"] not in known:
            assert row["ucum"] in listed[row["refid"]], row


def profiles():
    return sorted((ROOT / "mappings").glob("*/*.yaml"))


def assert_is_profile(text):
    schema = json.loads((ROOT / "schemas" / "profile.schema.json").read_text())
    jsonschema.validate(yaml.safe_load(text), schema)


@pytest.mark.parametrize("path", profiles(), ids=lambda path: path.stem)
def test_profile_fits_its_schema(path):
    assert_is_profile(path.read_text())


def test_the_guides_profile_fits_the_schema():
    guide = (ROOT / "docs" / "mapping-guide.md").read_text()
    assert_is_profile(guide.split("```yaml\n")[1].split("```")[0])


def test_philips_codes_are_what_their_rule_says():
    numbers = {row["refid"]: int(row["code10"]) for row in rows("mdc-terms.csv")}
    profile = yaml.safe_load((ROOT / "mappings" / "hl7v2" / "philips-mdil.yaml").read_text())
    for row in profile["codes"]:
        if "mdc" in row:
            assert int(row["code"].replace("-", ""), 16) == numbers[row["mdc"]], row

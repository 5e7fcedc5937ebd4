"""A simulated Alaris Asena pump, read by a running dragoman: what it says, its faults, and no command."""

from decimal import Decimal

from line_device import alerts, on_a_pseudo_terminal, published, reading, rows
from ward import until

QUICK = {"values_every": "1s"}
# What the simulation keeps its values within.
PLAUSIBLE = {"INF.rate": (0, Decimal("12.5")), "INF.volume": (1, 50), "INF.pressure": (17, 530)}


def check_plausible(found):
    for one in found:
        if one["code"] in PLAUSIBLE:
            low, high = PLAUSIBLE[one["code"]]
            assert low <= Decimal(one["value"].split(" ")[0]) <= high, one


def test_an_infusion_its_syringe_and_an_occlusion_arrive(tmp_path):
    with reading(tmp_path, "asena", **QUICK) as (ward, device):
        until(lambda: ("AL_OCCLU", "end") in alerts(ward), ward.log)
        found, told = rows(ward), alerts(ward)
        said = device.stop()
    check_plausible(found)
    assert told == [("AL_OCCLU", "start"), ("AL_OCCLU", "end")]
    assert {"code HLD^^urn:dragoman:asena:word", "code SET^^urn:dragoman:asena:word"} == {
        one["value"] for one in found if one["code"] == "INF.mode"}
    assert any(one["code"] == "SYRINGE_STATUS.make" and one["value"] == 'text "BD PLASTIPAK"' for one in found)
    assert {one["device"] for one in found} == {"8002-00042"}
    assert said["others"] == 0 and said["refused"] == 0


def test_wrong_bits_and_lost_answers_cost_repetitions_and_no_wrong_value(tmp_path):
    with reading(tmp_path, "asena", "--corrupt", 3, "--drop", 7, **QUICK) as (ward, device):
        until(lambda: ward.link("asena")["bad_frames"] > 2 and len(rows(ward)) > 20, ward.log)
        found = rows(ward)
        said = device.stop()
    check_plausible(found)
    assert said["corrupted"] > 2 and said["others"] == 0


def test_an_unplugged_line_is_found_again(tmp_path):
    with reading(tmp_path, "asena", "--unplug", "2s", **QUICK) as (ward, device):
        until(lambda: published(ward), ward.log)
        until(lambda: ward.link("asena")["state"] != "live", ward.log)
        before = len(published(ward))
        until(lambda: len(published(ward)) > before + 2, ward.log)
        said = device.stop()
    assert said["opened"] >= 2 and said["others"] == 0


def test_a_pump_on_a_serial_port(tmp_path):
    with on_a_pseudo_terminal(tmp_path, "asena", profile="alaris-asena", **QUICK) as ward:
        until(lambda: rows(ward), ward.log)
        check_plausible(rows(ward))

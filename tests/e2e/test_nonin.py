"""A simulated Nonin oximeter, read by a running dragoman: what it says in both formats, and its faults."""

import pytest
from line_device import alerts, published, reading, rows
from ward import until

VARIANTS = {"HR", "SpO2", "SpO2-D", "SpO2 Fast", "SpO2 B-B", "E-HR", "E-SpO2", "E-SpO2-D", "HR-D", "E-HR-D"}
# A life that begins with the finger in, and one whose finger goes out after five seconds.
LONG_IN, SOON_OUT = ("--seed", 1), ("--seed", 32)


def values(ward) -> list:
    return [(one["code"], one["value"], one["status"]) for one in rows(ward)]


def check_plausible(found):
    """What the simulation keeps its values within."""
    for code, value, _ in found:
        if code in VARIANTS and not value.startswith("absent"):
            low, high = (68, 76) if "HR" in code else (96, 98)
            assert low <= int(value) <= high, (code, value)


@pytest.mark.parametrize("words,more", [((), {"PLETH", "PRF"}), (("--format", 7), {"PLETH", "PRF", "TMR", "STAT2"})])
def test_values_and_wave_arrive_in_both_formats(tmp_path, words, more):
    with reading(tmp_path, "nonin", *LONG_IN, *words) as (ward, device):
        until(lambda: len(published(ward)) >= 6, ward.log)
        reports, found = ward.published(), values(ward)
        status = ward.link("nonin")
        said = device.stop()
    check_plausible(found)
    assert {code for code, _, _ in found} == VARIANTS | more
    assert status["bad_frames"] == 0 and said["answered"] >= 6 * 25 and said["others"] == 0
    assert all(report["device"]["versions"] == [{"part": "firmware", "value": "48"}] for report in reports)


def test_a_finger_that_leaves_is_an_alert_and_no_value(tmp_path):
    with reading(tmp_path, "nonin", *SOON_OUT) as (ward, _):
        until(lambda: ("SNSA", "end") in alerts(ward), ward.log)
        found, told = values(ward), alerts(ward)
    assert told == [("SNSA", "start"), ("SNSA", "end")]
    assert ("SpO2", "absent:error") in {(code, value) for code, value, _ in found}
    check_plausible(found)


def test_wrong_and_lost_frames_cost_their_packets_and_no_wrong_value_comes_out(tmp_path):
    with reading(tmp_path, "nonin", *LONG_IN, "--corrupt", 60, "--drop", 170) as (ward, device):
        until(lambda: ward.link("nonin")["bad_frames"] >= 3 and len(published(ward)) >= 4, ward.log)
        found = values(ward)
        said = device.stop()
    check_plausible(found)
    assert said["corrupted"] + said["dropped"] >= 3


def test_an_unplugged_line_is_found_again(tmp_path):
    with reading(tmp_path, "nonin", *LONG_IN, "--unplug", "3s", "--delay", "100ms") as (ward, device):
        until(lambda: published(ward), ward.log)
        until(lambda: ward.link("nonin")["state"] != "live", ward.log)
        before = len(published(ward))
        until(lambda: len(published(ward)) > before + 2, ward.log)
        found = values(ward)
        said = device.stop()
    check_plausible(found)
    assert said["opened"] >= 2


def test_a_timer_that_is_wrong_dates_nothing(tmp_path):
    with reading(tmp_path, "nonin", *LONG_IN, "--format", 7, "--wrong-clock", "30m") as (ward, _):
        until(lambda: published(ward), ward.log)
        found = values(ward)
    # Thirds of a second: half an hour is 5400 of them.
    assert next(int(value) for code, value, _ in found if code == "TMR") >= 5400

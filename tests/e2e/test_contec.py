"""A simulated Contec finger clip, read by a running dragoman: both protocols, and its faults."""

import pytest
from line_device import alerts, on_a_pseudo_terminal, published, reading, rows
from ward import until

# A life that begins with the finger in, and one whose finger goes out after five seconds.
LONG_IN, SOON_OUT = ("--seed", 1), ("--seed", 32)
V7 = ("--protocol", "v7")
WITHIN = {"PR": (68, 76), "SpO2": (96, 98)}


def values(ward) -> set:
    return {(one["code"], one["value"]) for one in rows(ward) if one["code"] != "PLETH"}


def check_plausible(found):
    """What the simulation keeps its values within."""
    for code, value in found:
        if code in WITHIN and not value.startswith("absent"):
            assert WITHIN[code][0] <= int(value) <= WITHIN[code][1], (code, value)


@pytest.mark.parametrize("words,more,key", [((), set(), "contec"), (V7, {"PI"}, "50D701")])
def test_values_and_wave_arrive_in_both_protocols(tmp_path, words, more, key):
    with reading(tmp_path, "contec", *LONG_IN, *words) as (ward, device):
        until(lambda: len(published(ward)) >= 4, ward.log)
        reports, found, codes = ward.published(), values(ward), {one["code"] for one in rows(ward)}
        said = device.stop()
    check_plausible(found)
    assert codes == {"PR", "SpO2", "SIGNAL", "BAR", "PLETH"} | more
    assert {report["device"]["key"] for report in reports} == {key}
    assert said["others"] == 0 and (said["asked"] >= 2 if words else said["asked"] == 0)


@pytest.mark.parametrize("words,told", [((), [("FINGER", "start"), ("FINGER", "end")]), (V7, [])])
def test_a_finger_that_leaves_is_no_value(tmp_path, words, told):
    with reading(tmp_path, "contec", *SOON_OUT, *words) as (ward, _):
        until(lambda: any(value.startswith("absent") for _, value in values(ward)) and len(published(ward)) >= 10,
              ward.log)
        found, said = values(ward), alerts(ward)
    assert ("SpO2", "absent:temp-unknown" if words else "absent:error") in found
    assert said == told
    check_plausible(found)


def test_a_line_that_breaks_and_loses_is_found_and_asked_again(tmp_path):
    faults = ("--unplug", "3s", "--drop", 40, "--delay", "50ms")
    with reading(tmp_path, "contec", *LONG_IN, *V7, *faults) as (ward, device):
        until(lambda: published(ward), ward.log)
        until(lambda: ward.link("contec")["state"] != "live", ward.log)
        before = len(published(ward))
        until(lambda: len(published(ward)) > before + 1, ward.log)
        found = values(ward)
        said = device.stop()
    check_plausible(found)
    assert said["opened"] >= 2 and said["asked"] >= 4 and said["dropped"] > 0 and said["others"] == 0


def test_a_flipped_bit_does_not_stop_it(tmp_path):
    with reading(tmp_path, "contec", *LONG_IN, "--corrupt", 7) as (ward, device):
        until(lambda: len(published(ward)) > 3, ward.log)
        said = device.stop()
    assert said["corrupted"] > 3


def test_a_clip_on_a_serial_port(tmp_path):
    with on_a_pseudo_terminal(tmp_path, "contec", profile="contec-cms50-first") as ward:
        until(lambda: ("SpO2", "97") in values(ward) or ("SpO2", "96") in values(ward), ward.log)

"""Two simulated Space pumps, read by a running dragoman over BCC: what they say, their faults, and no command."""

from decimal import Decimal

from line_device import alerts, on_a_pseudo_terminal, published, reading, rows
from ward import until

QUICK = {"values_every": "5s"}
# What the simulation keeps its values within.
PLAUSIBLE = {"INRT": (5, 50), "INVTB": (50, 500), "INVI": (0, 10), "INP2": (10, 50)}


def check_plausible(found):
    for one in found:
        if one["code"] in PLAUSIBLE:
            low, high = PLAUSIBLE[one["code"]]
            assert low <= Decimal(one["value"].split(" ")[0]) <= high, one


def test_pumps_and_an_empty_syringe_arrive_frame_after_frame(tmp_path):
    """The simulation sends the next pump once the one before was acknowledged."""
    with reading(tmp_path, "bcc", **QUICK) as (ward, device):
        until(lambda: ("INA2", "start") in alerts(ward), ward.log)
        found = rows(ward)
        reports = published(ward)
        said = device.stop()
    check_plausible(found)
    assert {one["device"] for one in found} == {"50100", "561150", "561151"}
    assert any(one["code"] == "INSOL" and one["value"] == 'text "Noradrenalin"' for one in found)
    assert any(one["code"] == "INDORT" and one["value"] == "absent:unknown" for one in found)
    assert {report["place"]["bed"] for report in reports} == {"SpaceCom9"}
    assert said["others"] == 0 and said["refused"] == 0


def test_wrong_bits_cost_frames_and_no_wrong_value(tmp_path):
    with reading(tmp_path, "bcc", "--corrupt", 4, **QUICK) as (ward, device):
        until(lambda: ward.link("bcc")["bad_frames"] > 1 and len(rows(ward)) > 8, ward.log)
        found = rows(ward)
        said = device.stop()
    check_plausible(found)
    assert said["corrupted"] > 1 and said["others"] == 0


def test_an_unplugged_line_is_found_again(tmp_path):
    with reading(tmp_path, "bcc", "--unplug", "2s", **QUICK) as (ward, device):
        # Asked once in five seconds, a line that is open for two brings three reports: the fourth is another opening's.
        until(lambda: len(published(ward)) > 3, ward.log)
        said = device.stop()
    assert said["opened"] >= 2 and said["others"] == 0


def test_a_rack_on_a_serial_port(tmp_path):
    with on_a_pseudo_terminal(tmp_path, "bcc", profile="braun-space", **QUICK) as ward:
        until(lambda: rows(ward), ward.log)
        check_plausible(rows(ward))

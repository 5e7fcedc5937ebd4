"""A simulated S/5 monitor, read by a running dragoman: what it says, and its faults."""

from decimal import Decimal

from line_device import alerts, on_a_pseudo_terminal, published, reading, rows
from ward import until

QUICK = {"displayed_every": "5s"}
# What the simulation keeps its values within.
PLAUSIBLE = {"ecg.hr_ecg": (48, 124), "art.sys": (90, 165), "art.dia": (45, 95), "cvp.mean": (2, 14),
             "nibp.sys": (90, 160),
             "temp.eso": (35, 38), "spo2.spo2": (91, 100), "co2.et": (4, 6), "o2.fi": (38, 42), "sev.et": (1, 3),
             "flow_vol.ppeak": (14, 26), "flow_vol.tv_exp": (420, 560), "ent.se": (30, 70),
             "flow_vol2.pmean": (7, 13)}


def check_plausible(found):
    for one in found:
        if one["code"] in PLAUSIBLE and not one["value"].startswith("absent"):
            low, high = PLAUSIBLE[one["code"]]
            assert low <= Decimal(one["value"].split(" ")[0]) <= high, one
        if one["system"] == "wave" and one["code"] == "ECG1":
            shown = one["value"].split(" period ")[0].split(" ")[2:]
            assert all(-200 <= Decimal(sample) <= 900 for sample in shown)


def test_values_waves_and_alarms_arrive(tmp_path):
    with reading(tmp_path, "dri", waves=["ECG1", "PLETH", "CO2"], means="10s", **QUICK) as (ward, device):
        until(lambda: ("SpO2 probe off", "end") in alerts(ward), ward.log)
        found, told = rows(ward), alerts(ward)
        said = device.stop()
    check_plausible(found)
    assert set(PLAUSIBLE) <= {one["code"] for one in found}
    assert {"displayed", "mean-10s", "wave"} == {one["system"] for one in found}
    periods = {one["code"]: one["value"].rpartition(" period ")[2] for one in found if one["system"] == "wave"}
    assert periods == {"ECG1": "3.333333", "PLETH": "10", "CO2": "40"}
    assert any(one["code"] == "cvp.sys" and one["value"] == "absent:unknown" for one in found)
    assert ("SpO2 probe off", "start") in told
    assert said["others"] == 0 and said["refused"] == 0


def test_no_wrong_value_comes_out_of_a_line_with_wrong_bits(tmp_path):
    with reading(tmp_path, "dri", "--corrupt", 2, waves=["ECG1"], **QUICK) as (ward, device):
        until(lambda: ward.link("dri")["bad_frames"] > 2 and len(rows(ward)) > 50, ward.log)
        found = rows(ward)
        said = device.stop()
    check_plausible(found)
    assert said["corrupted"] > 2 and said["others"] == 0


def test_an_unplugged_line_is_found_again_and_asked_anew(tmp_path):
    with reading(tmp_path, "dri", "--unplug", "2s", waves=["ECG1"], **QUICK) as (ward, device):
        until(lambda: published(ward), ward.log)
        until(lambda: ward.link("dri")["state"] != "live", ward.log)
        before = len(published(ward))
        until(lambda: len(published(ward)) > before + 2, ward.log)
        said = device.stop()
    assert said["opened"] >= 2 and said["others"] == 0


def test_a_wrong_clock_dates_what_it_shows(tmp_path):
    with reading(tmp_path, "dri", "--wrong-clock=-175200h", **QUICK) as (ward, _):
        until(lambda: rows(ward), ward.log)
        found = rows(ward)
    assert {one["time"][:3] for one in found} == {"200"}


def test_a_monitor_on_a_serial_port(tmp_path):
    with on_a_pseudo_terminal(tmp_path, "dri", profile="datex-s5", **QUICK) as ward:
        until(lambda: rows(ward), ward.log)
        check_plausible(rows(ward))

"""A consumer never mistakes an old value for a new one: who becomes quiet, goes or comes back is said so."""

import json
import signal

import mllp
import pytest
from disk import Disk, own_mounts
from ward import Ward, dragoman, until

STATE_SYSTEM = "http://terminology.hl7.org/CodeSystem/device-status-reason"


def states(ward):
    return [device["state"] for device in ward.status()["devices"]]


def test_a_device_that_is_quiet_then_gone_then_back_is_published_as_that(tmp_path):
    fhir = {"name": "fhir", "to": "file:out.ndjson", "format": "fhir-ndjson"}
    compact = {"name": "json", "to": "file:out.json", "format": "json"}
    protobuf = {"name": "all", "to": "file:out.pb", "format": "protobuf"}
    with Ward(tmp_path, [{"name": "bed", "stale_after": "1s"}], publish=[protobuf, fhir, compact]) as ward:
        with mllp.Device(ward.port("bed")) as device:
            assert device.ask(mllp.report("A1")).code == "AA"
            assert states(ward) == ["live"]
            until(lambda: states(ward) == ["stale"], ward.log)
        until(lambda: states(ward) == ["gone"], ward.log)
        assert "on bed: gone" in dragoman("status", ward.path).stdout
        with mllp.Device(ward.port("bed")) as device:
            assert device.ask(mllp.report("A2", at=1)).code == "AA"
            until(lambda: states(ward) == ["live"], ward.log)
            reports = until(lambda: len(ward.published()) >= 5 and ward.published(), ward.log)
    said = [report.get("device_state") for report in reports]
    # A1 alone says that it lives; then stale, gone, live again and A2.
    assert said[:5] == [None, "DEVICE_STATE_STALE", "DEVICE_STATE_GONE", "DEVICE_STATE_LIVE", None]
    assert len({(report["stamp"]["link"], report["stamp"]["device_key"]) for report in reports}) == 1
    assert not any(report.get("observations") for report in reports if "device_state" in report)
    lines = [json.loads(line) for line in (tmp_path / "out.json").read_text().splitlines()]
    assert [line.get("device_state") for line in lines][:5] == [None, "stale", "gone", "live", None]
    devices = [json.loads(line) for line in (tmp_path / "out.ndjson").read_text().splitlines()]
    devices = [one for one in devices if one["resourceType"] == "Device" and "statusReason" in one]
    assert len({one["id"] for one in devices}) == 1
    assert [one["statusReason"][0]["coding"][0] for one in devices][:3] == [
        {"system": STATE_SYSTEM, "code": code} for code in ("offline", "offline", "online")]
    assert {one["status"] for one in devices} == {"active"}


def test_nothing_is_said_where_the_site_says_never(tmp_path):
    with Ward(tmp_path, [{"name": "bed", "stale_after": "0s"}]) as ward:
        with mllp.Device(ward.port("bed")) as device:
            assert device.ask(mllp.report("A1")).code == "AA"
        assert states(ward) == []


def said(ward):
    return [report["device_state"].removeprefix("DEVICE_STATE_") for report in ward.published()
            if "device_state" in report]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_device_that_is_away_after_a_restart_is_said_to_be(tmp_path, how):
    """Its last value was live before: whoever reads must hear that it is not any more, once, and that it is back."""
    links = [{"name": "bed", "stale_after": "1s"}]
    with Ward(tmp_path, links) as ward:
        with mllp.Device(ward.port("bed")) as device:
            assert device.ask(mllp.report("A1")).code == "AA"
            assert said(ward) == []
            ward.stop(how)
    with Ward(tmp_path, links) as ward:
        until(lambda: said(ward) == ["GONE"], ward.log)
        last = ward.published()[-1]
        first = ward.published()[0]
        assert (last["device"], last["stamp"]["device_key"]) == (first["device"], first["stamp"]["device_key"])
        ward.stop(how)
    with Ward(tmp_path, links) as ward:
        assert states(ward) == ["gone"]
        with mllp.Device(ward.port("bed")) as device:
            assert device.ask(mllp.report("A2", at=1)).code == "AA"
            until(lambda: said(ward) == ["GONE", "LIVE"], ward.log)


def test_what_a_full_disk_did_not_take_is_said_when_there_is_room(tmp_path):
    with own_mounts():
        small = Disk(tmp_path / "disk", "4m")
        store = {"path": str(small.folder / "store.db")}
        with Ward(tmp_path, [{"name": "bed", "stale_after": "1s"}], store=store) as ward:
            with mllp.Device(ward.port("bed")) as device:
                small.fill()
                number = 0
                while device.ask(mllp.report(f"F{number}", at=number)).code == "AA":
                    number += 1
                refused = ward.status()["store"]["refused"]
                # It falls silent, and nothing of that can be kept.
                until(lambda: ward.status()["store"]["refused"] > refused + 1, ward.log)
                assert said(ward) == []
                small.free()
                until(lambda: said(ward) == ["STALE"], ward.log)
            until(lambda: said(ward) == ["STALE", "GONE"], ward.log)

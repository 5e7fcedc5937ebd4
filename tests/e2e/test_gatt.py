"""A gateway's lines over TCP: what is published, what a kill leaves, and that schema and adapter agree."""

import copy
import json
import signal
import socket

import jsonschema
import paho.mqtt.client as paho
import pytest
from broker import Broker
from paho.mqtt.enums import CallbackAPIVersion
from ward import ROOT, Ward, canonical, dragoman, until

LINK = [{"name": "wearables", "adapter": "gatt"}]
SCHEMA = json.loads((ROOT / "schemas" / "gatt-envelope.schema.json").read_text(encoding="utf-8"))
LINES = (ROOT / "examples" / "wearables.jsonl").read_text(encoding="utf-8").splitlines()


def envelope(characteristic, value, address="AA:BB:CC:00:11:22"):
    return {"device": {"address": address}, "characteristic": characteristic, "value": value,
            "received_at": "2026-01-02T03:04:05Z"}


def send(port, *envelopes):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as gateway:
        gateway.sendall(b"".join(json.dumps(one).encode() + b"\n" for one in envelopes))


def results(reports):
    """Of each observation its device, first code, value and time."""
    found = []
    for report in reports:
        reading = canonical.Reading(report)
        for row in map(reading.observation, report["observations"]):
            found.append((report["device"]["key"][-2:], row["code"][0], row["value"], row["time"]))
    return found


def test_lines_over_tcp(tmp_path):
    with Ward(tmp_path, LINK) as ward:
        send(ward.port("wearables"), *map(json.loads, LINES))
        until(lambda: ward.status()["store"]["messages"] == 3, ward.log)
        assert results(ward.published()) == [
            ("22", "150020", "[]", "2024-07-15T12:00:05+02:00(assumed)"),
            ("22", "149546", "72 MDC_DIM_BEAT_PER_MIN", "2024-07-15T12:00:05+02:00(assumed)"),
            ("23", "160184", "120 MDC_DIM_MILLI_G_PER_DL", "2024-01-02T03:04:05+01:00(assumed)"),
            ("24", "188428", "36.4 MDC_DIM_DEGC", "2026-01-02T03:04:07Z(said)"),
        ]


def test_the_session_of_a_continuous_monitor_outlives_a_kill(tmp_path):
    with Ward(tmp_path, LINK) as ward:
        send(ward.port("wearables"), envelope("2AAA", "E80701020304050404"))
        until(lambda: ward.status()["store"]["messages"] == 1, ward.log)
        ward.stop(signal.SIGKILL)
    with Ward(tmp_path, LINK) as ward:
        send(ward.port("wearables"), envelope("2AA7", "060078000A00"))
        until(lambda: ward.status()["store"]["messages"] >= 1, ward.log)
        assert results(ward.published()) == [
            ("22", "160212", "120 MDC_DIM_MILLI_G_PER_DL", "2024-01-02T03:14:05+02:00(said)")]


def publisher(port):
    client = paho.Client(CallbackAPIVersion.VERSION2, "gateway", protocol=paho.MQTTv5)
    client.reconnect_delay_set(0.1, 0.2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


def test_messages_through_a_broker_that_restarts(tmp_path):
    """A gateway publishes to a real Mosquitto. What an old retained message measured, nobody knows when."""
    folder = tmp_path / "broker"
    folder.mkdir()
    link = [{"name": "wearables", "adapter": "gatt", "topics": ["ward/+/gatt"]}]
    with Broker(folder) as broker:
        link[0]["connect"] = f"mqtt://127.0.0.1:{broker.port}"
        gateway = publisher(broker.port)
        undated = {key: value for key, value in envelope("2A19", "01").items() if key != "received_at"}
        gateway.publish("ward/7/gatt", json.dumps(undated), 1, True).wait_for_publish(20)
        with Ward(tmp_path, link) as ward:
            until(lambda: ward.link("wearables")["sessions"] == 1, ward.log)
            for line in LINES[:3]:
                gateway.publish("ward/7/gatt", line, 1).wait_for_publish(20)
            until(lambda: ward.status()["store"]["messages"] >= 3, ward.log)
            broker.stop()
            until(lambda: ward.link("wearables")["sessions"] == 0, ward.log)
            broker.start()
            until(lambda: ward.link("wearables")["sessions"] == 1, ward.log)
            gateway.publish("ward/7/gatt", json.dumps(envelope("2A19", "5F")), 1).wait_for_publish(20)
            until(lambda: any(row[2].startswith("95 ") for row in results(ward.published())), ward.log)
            values = [row[2] for row in results(ward.published())]
            assert values[:4] == ["[]", "72 MDC_DIM_BEAT_PER_MIN", "120 MDC_DIM_MILLI_G_PER_DL", "36.4 MDC_DIM_DEGC"]
            assert not any(value.startswith("1 ") for value in values)
        gateway.loop_stop()


GOOD = [
    {}, {"rssi": -60}, {"id": "1"}, {"future": [1, {"a": None}]}, {"service": "0x180F"},
    {"characteristic": "00002a19-0000-1000-8000-00805f9b34fb"}, {"device": {"address": "aa-bb-cc-00-11-22"}},
    {"device": {"address": "AA:BB:CC:00:11:22", "address_kind": "random-private", "system_id": "00" * 8}},
    {"received_at": "2026-01-02T03:04:05.25+01:00"},
]
BAD = [
    {"value": "5"}, {"value": "5G"}, {"value": 5}, {"value": "5F" * 513}, {"rssi": 1.5}, {"rssi": "1"}, {"id": 7},
    {"characteristic": "2A1"}, {"service": "xyz"}, {"device": {}}, {"device": {"address": "AA:BB:CC:00:11:2"}},
    {"device": {"address": "AA:BB:CC:00:11:22", "address_kind": "other"}},
    {"device": {"address": "AA:BB:CC:00:11:22", "system_id": "12"}}, {"device": "AA:BB:CC:00:11:22"},
]


@pytest.mark.parametrize("change", GOOD + BAD, ids=str)
def test_schema_and_adapter_agree(tmp_path, change):
    one = {**copy.deepcopy(envelope("2A19", "5F")), **change}
    is_valid = jsonschema.Draft202012Validator(SCHEMA).is_valid(one)
    (tmp_path / "lines").write_text(json.dumps(one) + "\n", encoding="utf-8")
    done = dragoman("translate", "--adapter", "gatt", "--to", "text", tmp_path / "lines")
    assert is_valid == (change in GOOD)
    assert is_valid == ("95 %" in done.stdout), done.stdout + done.stderr


def test_a_simulated_gateway_with_a_check_and_wrong_bits(tmp_path):
    link = [{**LINK[0], "line_check": "crc16"}]
    with Ward(tmp_path, link) as ward:
        done = dragoman("simulate", "gatt", "--to", f"tcp://127.0.0.1:{ward.port('wearables')}", "--every", "50ms",
                        "--lines", "60", "--check", "--corrupt", "6")
        assert done.returncode == 0, done.stderr
        until(lambda: ward.status()["store"]["messages"] >= 60, ward.log)
        reports = ward.published()
        # Small and capital digits of a check mean the same: such a bit does no harm.
        assert 50 <= len(reports) <= 52
        bad = ward.link("wearables")["bad_frames"]
        assert len(reports) + bad == 60


def test_what_a_simulated_gateway_prints_is_an_envelope():
    done = dragoman("simulate", "gatt", "--lines", "12", "--every", "0s")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 12
    for line in lines:
        jsonschema.validate(line, SCHEMA)

"""`dragoman run` publishes to a real Mosquitto that wants certificates and passwords, and is cut off, slow and killed.

What arrives is read by Eclipse Paho's Python client, which knows nothing of dragoman.
"""

import json
import pathlib
import signal
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from broker import PASSWORD, USER, Broker, Proxy, Subscriber  # pylint: disable=wrong-import-position
from certificates import make_house  # pylint: disable=wrong-import-position
from house import House  # pylint: disable=wrong-import-position
from schema import read_schema  # pylint: disable=wrong-import-position

JSON = {"format": "json"}


def report(number, bed="A", place="ICU^1^BedA", code="147842^MDC_ECG_HEART_RATE^MDC"):
    """One report of a monitor at a place: a heart rate that tells its number."""
    at = f"20240301{12 + number // 3600:02}{number // 60 % 60:02}{number % 60:02}+0000"
    rows = [
        f"MSH|^~\\&|MON{bed}^0012340000{ord(bed):02X}0001^EUI-64|ICU|||{at}||ORU^R01^ORU_R01|{bed}{number}|P|2.6",
        f"PID|||{1000 + ord(bed)}^^^Hospital^MR||Muster^{bed}",
        f"PV1||I|{place}",
        f"OBR|1|{number}^MON{bed}|{number}^MON{bed}|182777000^monitoring of patient^SCT|||{at}",
        f"OBX|1|NM|{code}|1.7.4.147842|{number}|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||R|||{at}",
        f"OBX|2|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.6.1.150456|98.0|262688^MDC_DIM_PERCENT^MDC|||||R|||{at}",
    ]
    return "\r".join(rows) + "\r"


def device(message):
    """The lasting key of the device, escaped as a level."""
    key = json.loads(message.payload)["stamp"]["device_key"]
    return "".join(f"%{ord(one):02X}" if one in "+#/%" else one for one in key)


@pytest.fixture
def start(tmp_path):
    houses = []

    def make(port, scheme="mqtt", links=(), **settings):
        house = House(tmp_path, f"{scheme}://127.0.0.1:{port}", **settings)
        house.site.write_text(house.site.read_text().replace("publish:", "".join(links) + "publish:"))
        houses.append(house)
        return house, house.start()

    yield make
    for house in houses:
        house.kill()


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "broker"
    made.mkdir()
    return made


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return make_house(tmp_path_factory.mktemp("tls"))


@pytest.fixture(name="report_class", scope="session")
def fixture_report_class(tmp_path_factory):
    return read_schema(tmp_path_factory.mktemp("schema"))


def numbers(subscriber):
    """Heart rates in the order in which they first came; each may come again when a connection was cut."""
    found = []
    for one in subscriber.got():
        number = int(json.loads(one.payload)["observations"][0]["values"][0]["number"])
        if number not in found:
            found.append(number)
    return found


def assert_all(house, subscriber, count):
    try:
        house.until(lambda: len(numbers(subscriber)) >= count)
    except AssertionError as late:
        raise AssertionError(f"not there: {sorted(set(range(count)) - set(numbers(subscriber)))}") from late
    assert numbers(subscriber) == list(range(count))


@pytest.mark.parametrize("version", ["3", "5"])
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_reports_reach_a_subscriber_over_tls_with_passwords(start, folder, tmp_path, tls, version, qos):
    (tmp_path / "password").write_text(PASSWORD + "\n")
    own = {name: str(tls / file)
           for name, file in (("authority", "house.pem"), ("certificate", "monitor.pem"), ("key", "monitor.key"))}
    with Broker(folder, tls, users=True) as broker:
        with Subscriber(broker.port, version=int(version), user=(USER, PASSWORD), tls=tls, qos=2) as subscriber:
            house, monitor = start(broker.port, "mqtts", version=version, qos=qos, user=USER, password_file="password",
                                   tls=own, **JSON)
            for number in range(50):
                monitor.send(report(number))
            assert_all(house, subscriber, 50)
            assert len(subscriber.got()) == 50
            one = subscriber.got()[0]
            assert one.topic == "dragoman/Test/ICU/BedA/" + device(one)
            assert one.qos == qos and not one.retain
            house.until(lambda: house.sink()["behind_reports"] == 0)
            house.stop()
            house.until(lambda: subscriber.states() == ["online", "offline"])


@pytest.mark.parametrize("version", ["3", "5"])
def test_a_killed_broker_gets_what_it_missed(start, folder, version):
    """It forgets who subscribed, so that the way to it opens only when the subscriber is back."""
    with Broker(folder) as broker, Proxy(broker.port) as proxy, Subscriber(broker.port) as subscriber:
        house, monitor = start(proxy.port, version=version, **JSON)
        sent = 0
        for _ in range(3):
            for _ in range(30):
                monitor.send(report(sent))
                sent += 1
            house.until(lambda: house.sink()["behind_reports"] == 0)
            house.until(lambda: len(numbers(subscriber)) == sent)  # pylint: disable=cell-var-from-loop
            proxy.closed.set()
            broker.kill()
            for _ in range(30):
                monitor.send(report(sent))
                sent += 1
            house.until(lambda: not house.sink()["well"])
            assert "is not reached" in house.sink()["trouble"]
            (folder / "mosquitto.db").unlink(missing_ok=True)
            subscriber.ready.clear()
            broker.start()
            assert subscriber.ready.wait(10)
            proxy.closed.clear()
        assert_all(house, subscriber, sent)
        house.until(lambda: house.sink()["well"])


def test_a_broker_that_is_stopped_under_load_loses_nothing(start, folder):
    with Broker(folder) as broker, Subscriber(broker.port) as subscriber:
        house, monitor = start(broker.port, **JSON)
        for number in range(600):
            monitor.send(report(number))
            if number % 150 == 149:
                broker.stop()
                broker.start()
        assert_all(house, subscriber, 600)


@pytest.mark.parametrize("version", ["3", "5"])
def test_connections_that_are_cut_lose_nothing(start, folder, version):
    with Broker(folder) as broker, Proxy(broker.port) as proxy, Subscriber(broker.port) as subscriber:
        house, monitor = start(proxy.port, version=version, **JSON)
        for number in range(400):
            monitor.send(report(number))
            if number % 40 == 39:
                proxy.cut()
        assert_all(house, subscriber, 400)
        assert house.sink()["dead_letters"] == 0


def test_a_connection_on_which_nothing_moves_is_left(start, folder):
    with Broker(folder) as broker, Proxy(broker.port) as proxy, Subscriber(broker.port) as subscriber:
        house, monitor = start(proxy.port, timeout="1s", **JSON)
        monitor.send(report(0))
        house.until(lambda: len(numbers(subscriber)) == 1)
        proxy.stalled.set()
        for number in range(1, 20):
            monitor.send(report(number))
        house.until(lambda: "acknowledges nothing" in house.sink().get("trouble", ""))
        proxy.stalled.clear()
        assert_all(house, subscriber, 20)


def test_a_slow_broker_gets_everything_in_order(start, folder):
    with Broker(folder) as broker, Proxy(broker.port) as proxy, Subscriber(broker.port) as subscriber:
        proxy.delay_s = 0.05
        house, monitor = start(proxy.port, **JSON)
        for number in range(100):
            monitor.send(report(number))
        assert_all(house, subscriber, 100)
        assert len(subscriber.got()) == 100


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_lost_when_dragoman_restarts(start, folder, how):
    with Broker(folder) as broker, Proxy(broker.port) as proxy, Subscriber(broker.port) as subscriber:
        house, monitor = start(proxy.port, **JSON)
        for number in range(40):
            monitor.send(report(number))
        proxy.delay_s = 0.02
        for number in range(40, 80):
            monitor.send(report(number))
        house.stop(how)
        proxy.delay_s = 0
        broker.stop()
        monitor = house.start()
        for number in range(80, 100):
            monitor.send(report(number))
        broker.start()
        assert_all(house, subscriber, 100)
        house.until(lambda: house.sink()["behind_reports"] == 0)


def test_the_will_says_offline_when_dragoman_is_killed(start, folder):
    with Broker(folder) as broker, Subscriber(broker.port) as subscriber:
        house, _ = start(broker.port, **JSON)
        house.until(lambda: subscriber.states() == ["online"])
        house.stop(signal.SIGKILL)
        house.until(lambda: subscriber.states() == ["online", "offline"])
        with Subscriber(broker.port, "dragoman/Test/state/ehr") as late:
            house.until(lambda: late.states() == ["offline"])
            assert late.messages[0].retain


def test_an_idle_sink_comes_back_by_itself(start, folder):
    with Broker(folder) as broker:
        house, _ = start(broker.port, **JSON)
        house.until(lambda: house.sink()["well"])
        broker.stop()
        broker.start()
        with Subscriber(broker.port, "dragoman/Test/state/ehr") as late:
            house.until(lambda: late.states()[-1:] == ["online"])


def test_each_value_is_a_retained_message_of_its_own(start, folder):
    with Broker(folder) as broker, Subscriber(broker.port) as subscriber:
        topic = "dragoman/{site}/{unit}/{bed}/{device}/{metric}"
        house, monitor = start(broker.port, topic=topic, retain=True, expiry="1h", **JSON)
        monitor.send(report(71))
        monitor.send(report(72))
        house.until(lambda: len(subscriber.got()) == 4)
        with Subscriber(broker.port, "dragoman/Test/#") as late:
            house.until(lambda: len(late.got()) == 2)
            kept = {one.topic.rsplit("/", 1)[1]: one for one in late.got()}
        assert set(kept) == {"MDC_ECG_HEART_RATE", "MDC_PULS_OXIM_SAT_O2"}
        assert all(one.retain and 3590 < one.properties.MessageExpiryInterval <= 3600 for one in kept.values())
        rate = json.loads(kept["MDC_ECG_HEART_RATE"].payload)
        assert rate["values"] == [{"number": 72}] and rate["metric"] == "MDC_ECG_HEART_RATE"
        assert rate["measured_at"] == "2024-03-01T12:01:12Z" and "received_at" in rate
        assert b'{"number":98.0}' in kept["MDC_PULS_OXIM_SAT_O2"].payload


def test_links_say_how_they_stand(start, folder):
    with Broker(folder) as broker, Subscriber(broker.port, "dragoman/Test/links/monitors") as subscriber:
        def states():
            return [json.loads(one.payload)["state"] for one in list(subscriber.messages)]

        house, monitor = start(broker.port, **JSON)
        house.until(lambda: states()[-1:] == ["never-seen"])
        monitor.send(report(0))
        house.until(lambda: states()[-1:] == ["live"])
        monitor.socket.close()
        house.until(lambda: states()[-1:] == ["gone"])
        broker.stop()
        broker.start()
        with Subscriber(broker.port, "dragoman/Test/links/+") as late:
            house.until(lambda: late.messages)
            assert json.loads(late.messages[0].payload)["state"] == "gone"
            assert json.loads(late.messages[0].payload)["last_heard"].endswith("Z")


@pytest.mark.parametrize("qos", [1, 2])
def test_what_a_broker_takes_at_once_is_kept_to_and_nothing_waits(start, folder, qos):
    """The library looks at what it has to hold back only each second: 20 of those here."""
    with Broker(folder, lines=["max_inflight_messages 2"]) as broker, Subscriber(broker.port, qos=0) as subscriber:
        house, monitor = start(broker.port, topic="dragoman/{site}/{device}/{metric}", qos=qos, **JSON)
        house.until(lambda: subscriber.states() == ["online"])
        more = [f"OBX|{number}|NM|{number}^VALUE{number}^99ACME|1.6.1.{number}|{number}\r" for number in range(3, 41)]
        began = time.monotonic()
        monitor.send(report(1) + "".join(more))
        house.until(lambda: len(subscriber.got()) == 40)
        assert time.monotonic() - began < 5


def test_many_links_are_told_at_once(start, folder):
    with Broker(folder, lines=["max_inflight_messages 2"]) as broker:
        with Subscriber(broker.port, "dragoman/Test/links/+", qos=0) as subscriber:
            names = [f"more{number}" for number in range(40)]
            more = [f"  - {{ name: {name}, adapter: hl7v2, listen: 'tcp://127.0.0.1:0' }}\n" for name in names]
            house, _ = start(broker.port, links=more, **JSON)
            began = time.monotonic()
            house.until(lambda: len(subscriber.messages) > 40)
            assert time.monotonic() - began < 5


def test_names_of_devices_form_neither_wildcards_nor_levels(start, folder):
    with Broker(folder) as broker, Subscriber(broker.port) as subscriber:
        topic = "dragoman/{site}/{unit}/{bed}/{metric}"
        house, monitor = start(broker.port, topic=topic, **JSON)
        monitor.send(report(1, place="$SYS^1^+/#", code="1/2+#%^x^99ACME"))
        house.until(lambda: len(subscriber.got()) == 2)
        assert subscriber.got()[0].topic == "dragoman/Test/%24SYS/%2B%2F%23/1%2F2%2B%23%25"
        monitor.send(report(2, place="^^"))
        house.until(lambda: len(subscriber.got()) == 4)
        assert subscriber.got()[2].topic == "dragoman/Test/-/-/MDC_ECG_HEART_RATE"
        assert house.sink()["well"]


@pytest.mark.parametrize(("form", "content"), [
    ("fhir", "application/fhir+json"),
    ("fhir-ndjson", "application/fhir+ndjson"),
    ("protobuf", "application/x-protobuf; messageType=dragoman.v1.Report"),
    ("json", "application/json"),
])
def test_formats_and_what_version_5_says_of_them(start, folder, form, content, report_class):
    with Broker(folder) as broker, Subscriber(broker.port) as subscriber:
        house, monitor = start(broker.port, format=form)
        monitor.send(report(70))
        monitor.send(report(71))
        house.until(lambda: len(subscriber.got()) == 2)
        one, other = subscriber.got()
        assert one.properties.ContentType == content
        ids = [dict(each.properties.UserProperty)["report"] for each in (one, other)]
        assert int(ids[1]) > int(ids[0]) > 0
        if form == "protobuf":
            read = report_class.FromString(one.payload)
            assert read.observations[0].values[0].mantissa == 70 and read.HasField("stamp")
            return
        assert one.properties.PayloadFormatIndicator == 1
        lines = one.payload.decode().splitlines()
        assert (len(lines) > 1) == (form == "fhir-ndjson")
        whole = [json.loads(line) for line in lines]
        assert {"fhir": "Bundle", "json": None}.get(form, "Patient") in [each.get("resourceType") for each in whole]


def test_a_wrong_password_is_told_and_a_mended_one_counts(start, folder, tmp_path):
    (tmp_path / "password").write_text("wrong")
    with Broker(folder, users=True) as broker:
        house, monitor = start(broker.port, user=USER, password_file="password", **JSON)
        monitor.send(report(0))
        house.until(lambda: not house.sink()["well"])
        assert "refuses us" in house.sink()["trouble"] and "wrong" not in house.sink()["trouble"]
        with Subscriber(broker.port, user=(USER, PASSWORD)) as subscriber:
            (tmp_path / "password").write_text(PASSWORD)
            assert_all(house, subscriber, 1)
            assert PASSWORD not in house.log()


@pytest.mark.parametrize(("trusted", "own", "why"), [
    ("stranger", "monitor", "TLS: certificate verify failed"),
    ("house", "intruder", ""),
    ("house", None, ""),
])
def test_certificates_that_do_not_fit_are_refused(start, folder, tls, trusted, own, why):
    files = {"authority": str(tls / f"{trusted}.pem")}
    if own:
        files |= {"certificate": str(tls / f"{own}.pem"), "key": str(tls / f"{own}.key")}
    with Broker(folder, tls) as broker:
        house, monitor = start(broker.port, "mqtts", tls=files, **JSON)
        monitor.send(report(0))
        house.until(lambda: not house.sink()["well"])
        assert f"is not reached ({why}" in house.sink()["trouble"]


def test_a_broker_of_another_name_is_not_spoken_to(start, folder, tls):
    with Broker(folder, tls, certificate="elsewhere") as broker:
        files = {"authority": str(tls / "house.pem"), "certificate": str(tls / "monitor.pem"),
                 "key": str(tls / "monitor.key")}
        house, _ = start(broker.port, "mqtts", tls=files, **JSON)
        house.until(lambda: not house.sink()["well"])
        assert "is not reached" in house.sink()["trouble"]


def test_what_a_broker_forbids_waits_and_is_told(start, folder):
    rules = folder / "rules"
    rules.write_text("topic readwrite dragoman/Test/links/#\ntopic readwrite dragoman/Test/state/#\ntopic read #\n")
    with Broker(folder, lines=[f"acl_file {rules}"]) as broker:
        house, monitor = start(broker.port, **JSON)
        monitor.send(report(0))
        # Mosquitto 2.0.11 answers so, or ends the connection without a word; then it is asked again.
        house.until(lambda: "Not authorized" in house.sink().get("trouble", ""))
        assert not house.sink()["well"]
        assert house.sink()["behind_reports"] == 1


@pytest.mark.parametrize(("settings", "words"), [
    ({"topic": "ward/#"}, "wildcard"),
    ({"topic": "ward/{nobody}"}, "{nobody}"),
    ({"topic": "ward/{metric}"}, "format: json"),
    ({"topic": "$SYS/x"}, "begin with a name"),
    ({"state_topic": "state/{bed}"}, "{bed}"),
    ({"version": "3", "expiry": "1h"}, "version: 5"),
    ({"qos": 3}, "qos"),
    ({"version": "4"}, "version"),
    ({"to": "mqtt://user:word@localhost"}, "password_file"),
    ({"to": "mqtt://localhost/path"}, "no address"),
])
def test_settings_that_cannot_work_are_told(tmp_path, settings, words):
    house = House(tmp_path, settings.pop("to", "mqtt://localhost"), **settings)
    assert words in house.ask("run", house.site)

"""`dragoman run` pushes to a FHIR server that refuses, is busy, goes away, wants tokens and speaks TLS.

The server is a real HTTP server (fhir_server.py) that keeps what it gets; a monitor is played by bare MLLP.
"""

import pathlib
import signal
import socket
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from fhir_auth import Auth  # pylint: disable=wrong-import-position
from fhir_server import FhirServer  # pylint: disable=wrong-import-position
from house import PROGRAM, House, free_port, message  # pylint: disable=wrong-import-position


@pytest.fixture
def start(tmp_path):
    houses = []

    def make(to, **settings):
        house = House(tmp_path, to, **settings)
        houses.append(house)
        return house, house.start()

    yield make
    for house in houses:
        house.kill()


def observations(server):
    with server.store.lock:
        kept = [versions[-1]["resource"] for versions in server.store.kept.values()]
    return [one for one in kept if one["resourceType"] == "Observation"]


def rates(server):
    """What the server has, in the order of measurement."""
    found = sorted(observations(server), key=lambda one: one["effectiveDateTime"])
    return [one["valueQuantity"]["value"] for one in found]


def order_of_arrival(server):
    """Heart rates in the order in which the server first kept them."""
    return [one["valueQuantity"]["value"] for one in observations(server)]


def count(server):
    return len(observations(server))


def assert_clean(server, number):
    assert rates(server) == [60 + n % 100 for n in range(number)]
    assert not server.store.duplicates()


@pytest.mark.parametrize("update_create", [True, False])
def test_reports_reach_the_server(start, update_create):
    with FhirServer() as server:
        server.store.update_create = update_create
        house, monitor = start(server.url)
        for number in range(20):
            monitor.send(message(number))
        house.until(lambda: count(server) == 20)
        assert_clean(server, 20)
        house.until(lambda: house.sink()["behind_reports"] == 0)
        assert house.sink()["well"]
        house.stop()


def test_a_server_with_batches_only(start, monkeypatch):
    with FhirServer() as server:
        whole = server.capability()
        whole["rest"][0]["interaction"] = [{"code": "batch"}]
        monkeypatch.setattr(server, "capability", lambda: whole)
        house, monitor = start(server.url)
        for number in range(5):
            monitor.send(message(number))
        house.until(lambda: count(server) == 5)
        assert_clean(server, 5)


def test_a_server_without_bundles_gets_one_resource_at_a_time(start, monkeypatch):
    with FhirServer() as server:
        whole = server.capability()
        whole["rest"][0]["interaction"] = [{"code": "history-system"}]
        monkeypatch.setattr(server, "capability", lambda: whole)
        house, monitor = start(server.url)
        for number in range(5):
            monitor.send(message(number))
        house.until(lambda: count(server) == 5)
        assert_clean(server, 5)
        assert all(one["method"] != "POST" for one in server.requests)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"fhirVersion": "5.0.0"}, "speaks FHIR 5.0.0"),
        ({"resourceType": "Basic"}, "no CapabilityStatement"),
        ({"format": ["xml"]}, "takes no JSON"),
    ],
)
def test_a_server_that_can_never_be_served_is_refused_with_the_reason(start, monkeypatch, change, reason):
    with FhirServer() as server:
        whole = {**server.capability(), **change}
        monkeypatch.setattr(server, "capability", lambda: whole)
        house, monitor = start(server.url)
        monitor.send(message(0))
        house.until(lambda: not house.sink()["well"])
        assert reason in house.sink()["trouble"]
        assert count(server) == 0


def test_neither_ids_nor_conditions_is_refused(start):
    with FhirServer() as server:
        server.store.update_create = server.store.conditional_create = False
        house, _ = start(server.url)
        house.until(lambda: not house.sink()["well"])
        assert "updateCreate" in house.sink()["trouble"]


def test_retry_after_is_kept(start):
    with FhirServer() as server:
        house, monitor = start(server.url)
        server.fault(answer=429, retry_after=2, method="POST")
        monitor.send(message(0))
        house.until(lambda: count(server) == 1)
        tries = [one for one in server.requests if one["method"] == "POST"]
        assert [one["status"] for one in tries] == [429, 200]
        assert tries[1]["at"] - tries[0]["at"] >= 2
        assert_clean(server, 1)


@pytest.mark.parametrize(
    "fault", [{"answer": 503}, {"answer": 500}, {"answer": 408}, {"drop": "before"}, {"drop": "after"}]
)
def test_trouble_of_the_server_is_tried_again_without_doubles(start, fault):
    with FhirServer() as server:
        house, monitor = start(server.url)
        for number in range(10):
            if number in (2, 5):
                server.fault(**fault, method="POST", times=2)
            monitor.send(message(number))
        house.until(lambda: count(server) == 10)
        assert_clean(server, 10)
        assert house.sink()["retries"] >= 2
        assert house.sink()["dead_letters"] == 0


def test_a_server_that_was_away_is_drained_in_order(start):
    port = free_port()
    house, monitor = start(f"http://127.0.0.1:{port}")
    for number in range(30):
        monitor.send(message(number))
    house.until(lambda: not house.sink()["well"])
    assert house.sink()["behind_reports"] == 30
    with FhirServer(port) as server:
        house.until(lambda: count(server) == 30)
        assert order_of_arrival(server) == [60 + n for n in range(30)]
        assert_clean(server, 30)
        house.until(lambda: house.sink()["well"])


def test_what_the_server_rejects_is_a_dead_letter_and_can_be_retried(start):
    with FhirServer() as server:
        house, monitor = start(server.url)
        server.fault(reject=422, match='"value":250', times=None)
        for number in range(6):
            monitor.send(message(number, 250 if number == 3 else None))
        house.until(lambda: count(server) == 5)
        house.until(lambda: house.sink()["dead_letters"] == 1)
        assert house.sink()["well"]
        # The letter is in the next commit.
        house.until(lambda: "not to this server's liking" in house.ask("store", "dead", house.site))
        assert "not to this server's liking" not in house.log()
        server.clear_faults()
        letter = house.ask("store", "dead", house.site).split()[0]
        house.ask("store", "retry", house.site, letter)
        house.until(lambda: count(server) == 6)
        house.until(lambda: "not to this server's liking" not in house.ask("store", "dead", house.site))
        assert not server.store.duplicates()


def test_a_bearer_token_is_read_again_when_it_is_refused(start, tmp_path):
    (tmp_path / "ehr.token").write_text("first\n")
    auth = Auth(["first"])
    with FhirServer(auth=auth) as server:
        house, monitor = start(server.url, token_file="ehr.token")
        monitor.send(message(0))
        house.until(lambda: count(server) == 1)
        auth.fixed = {"second"}
        monitor.send(message(1))
        house.until(lambda: not house.sink()["well"])
        assert "401" in house.sink()["trouble"]
        (tmp_path / "ehr.token").write_text("second\n")
        house.until(lambda: count(server) == 2)
        assert_clean(server, 2)
        assert house.sink()["dead_letters"] == 0
        assert "first" not in house.log() and "second" not in house.log()


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_smart_backend_services(start, tmp_path, kind):
    key, public = tmp_path / "key.pem", tmp_path / "public.pem"
    how = ["-algorithm", "RSA"] if kind == "rsa" else ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]
    subprocess.run(["openssl", "genpkey", *how, "-out", key], check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public], check=True)
    auth = Auth(clients={"ward": public.read_text()}, token_life_s=2)
    with FhirServer(auth=auth) as server:
        house, monitor = start(server.url, client_id="ward", private_key_file="key.pem", key_id="k1")
        monitor.send(message(0))
        house.until(lambda: count(server) == 1)
        auth.revoke()
        monitor.send(message(1))
        house.until(lambda: count(server) == 2)
        time.sleep(2.1)
        monitor.send(message(2))
        house.until(lambda: count(server) == 3)
        assert_clean(server, 3)
        tokens = [one for one in server.requests if one["path"] == "/token"]
        assert len(tokens) == 3 and all(one["status"] == 200 for one in tokens)
        refused = [one for one in server.requests if one["status"] == 401]
        assert len(refused) == 1


def certificates(folder):
    """An authority of our own, and a server's and a client's certificate by it."""

    def run(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)

    run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA")
    for name in ("server", "client"):
        files = ["-keyout", f"{name}.key", "-out", f"{name}.csr"]
        run("req", "-newkey", "rsa:2048", "-nodes", *files, "-subj", f"/CN={name}")
        (folder / "ext").write_text("subjectAltName=IP:127.0.0.1\n")
        run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
            f"{name}.pem", "-extfile", "ext")  # fmt: skip


def test_tls_with_an_authority_and_a_certificate_of_our_own(start, tmp_path):
    certificates(tmp_path)
    tls = [str(tmp_path / name) for name in ("server.pem", "server.key", "ca.pem")]
    with FhirServer(tls=tls) as server:
        own = {"authority": "ca.pem", "certificate": "client.pem", "key": "client.key"}
        house, monitor = start(server.url, tls=own)
        for number in range(5):
            monitor.send(message(number))
        house.until(lambda: count(server) == 5)
        assert_clean(server, 5)


def test_a_server_of_an_unknown_authority_gets_nothing(start, tmp_path):
    certificates(tmp_path)
    tls = [str(tmp_path / name) for name in ("server.pem", "server.key")]
    with FhirServer(tls=tls) as server:
        house, monitor = start(server.url)
        monitor.send(message(0))
        house.until(lambda: not house.sink()["well"])
        assert "certificate" in house.sink()["trouble"]
        assert not server.requests


def test_a_token_never_goes_in_the_clear(tmp_path):
    (tmp_path / "ehr.token").write_text("secret\n")
    house = House(tmp_path, "http://fhir.example.org/r4", token_file="ehr.token")
    done = subprocess.run([PROGRAM, "run", house.site], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode != 0
    assert "https://" in done.stderr and "secret" not in done.stderr


def test_a_kill_in_the_middle_leaves_no_double(start):
    with FhirServer() as server:
        house, monitor = start(server.url)
        for number in range(60):
            monitor.send(message(number))
            if number % 20 == 10:
                house.stop(signal.SIGKILL)
                monitor = house.start()
        house.until(lambda: count(server) == 60)
        assert_clean(server, 60)


def test_every_sends_one_value_of_a_metric_in_its_time(start):
    with FhirServer() as server:
        house, monitor = start(server.url, every="3s")
        until = time.time() // 3 * 3 + 3
        time.sleep(max(0, until - time.time()))
        for number in range(20):
            monitor.send(message(number))
        house.until(lambda: count(server) > 0)
        assert rates(server) == [79]
        # At the monitor's next word, or when the clock says so: the second value waits for neither more nor less.
        monitor.send(message(20))
        house.until(lambda: count(server) == 2)
        assert rates(server) == [79, 80]
        assert house.sink()["well"]


def test_a_stop_does_not_wait_for_a_server_that_says_nothing(start):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        house, monitor = start(f"http://127.0.0.1:{silent.getsockname()[1]}")
        monitor.send(message(0))
        from_s = time.monotonic()
        house.stop()
        assert time.monotonic() - from_s < 4

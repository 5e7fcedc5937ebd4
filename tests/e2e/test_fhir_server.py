"""The FHIR server of the tests, through HTTP as a client sees it."""

import base64
import http.client
import json
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.parse
import uuid

import pytest
from fhir_auth import ASSERTION, Auth
from fhir_server import FhirServer

SERVER = pathlib.Path(__file__).resolve().with_name("fhir_server.py")
FHIR = {"Content-Type": "application/fhir+json"}


def call(server, method, path, body=None, context=None, **headers):
    """(status, headers, content) of one request on a connection of its own."""
    url = urllib.parse.urlsplit(server if isinstance(server, str) else server.url)
    if url.scheme == "https":
        link = http.client.HTTPSConnection(url.hostname, url.port, timeout=10, context=context)
    else:
        link = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
    try:
        text = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
        sent = {**FHIR, **{name.replace("_", "-"): value for name, value in headers.items()}}
        link.request(method, path, text, sent)
        answer = link.getresponse()
        content = answer.read()
        return answer.status, answer.headers, json.loads(content) if content else None
    finally:
        link.close()


def patient(number, **more):
    return {"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": str(number)}], **more}


def observation(ident, subject, value=80):
    return {
        "resourceType": "Observation",
        "id": ident,
        "status": "final",
        "code": {"text": "heart rate"},
        "subject": {"reference": subject},
        "valueQuantity": {"value": value},
    }


def put(resource):
    url = f"{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": f"http://here/{url}", "resource": resource, "request": {"method": "PUT", "url": url}}


def bundle(kind, *entries):
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


@pytest.fixture
def server():
    with FhirServer() as running:
        yield running


def test_capability_follows_the_settings(server):
    server.store.update_create = False
    status, _, said = call(server, "GET", "/metadata")
    assert status == 200
    assert said["resourceType"] == "CapabilityStatement" and said["fhirVersion"] == "4.0.1"
    assert {one["updateCreate"] for one in said["rest"][0]["resource"]} == {False}
    assert {one["conditionalCreate"] for one in said["rest"][0]["resource"]} == {True}


def test_put_creates_repeats_and_updates(server):
    one = patient(1, id="p1")
    status, headers, stored = call(server, "PUT", "/Patient/p1", one)
    assert (status, headers["ETag"], stored["meta"]["versionId"]) == (201, 'W/"1"', "1")
    status, headers, _ = call(server, "PUT", "/Patient/p1", one)
    assert (status, headers["ETag"]) == (200, 'W/"1"'), "an unchanged PUT keeps its version"
    status, headers, nothing = call(server, "PUT", "/Patient/p1", {**one, "active": True}, Prefer="return=minimal")
    assert (status, headers["ETag"], nothing) == (200, 'W/"2"', None)
    assert call(server, "GET", "/Patient/p1")[2]["active"] is True
    assert "active" not in call(server, "GET", "/Patient/p1/_history/1")[2]
    assert call(server, "GET", "/admin/dump")[2]["Patient/p1"]["versions"] == 2


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/Patient/p1", patient(1, id="p2"), 400),
        ("/Patient/17", patient(1, id="17"), 400),
        ("/Patient/a_b", patient(1, id="a_b"), 400),
        ("/Patient/p1", observation("p1", "Patient/x"), 400),
        ("/Observation/o1", observation("o1", "Patient/nobody"), 400),
        ("/Patient/p1", "{", 400),
        ("/Dragon/d1", {"resourceType": "Dragon", "id": "d1"}, 404),
    ],
)
def test_refuses_with_an_outcome_and_keeps_nothing(server, path, body, status):
    got, _, outcome = call(server, "PUT", path, body)
    assert (got, outcome["resourceType"]) == (status, "OperationOutcome")
    assert server.store.dump() == {}


def test_wrong_media_type_is_415(server):
    assert call(server, "PUT", "/Patient/p1", patient(1, id="p1"), Content_Type="text/plain")[0] == 415


def test_without_update_create_a_put_makes_nothing(server):
    assert call(server, "POST", "/admin/settings", {"update_create": False})[0] == 200
    assert call(server, "PUT", "/Patient/p1", patient(1, id="p1"))[0] == 405


def test_if_match(server):
    call(server, "PUT", "/Patient/p1", patient(1, id="p1"))
    changed = patient(1, id="p1", active=True)
    assert call(server, "PUT", "/Patient/p1", changed, If_Match='W/"2"')[0] == 412
    assert call(server, "PUT", "/Patient/p1", changed, If_Match='W/"1"')[0] == 200
    assert call(server, "PUT", "/Patient/new", patient(2, id="new"), If_Match='W/"1"')[0] == 412


def test_conditional_create_once_twice_and_ambiguous(server):
    condition = {"If_None_Exist": "identifier=urn:x|1"}
    status, headers, first = call(server, "POST", "/Patient", patient(1), **condition)
    assert status == 201 and headers["Location"].endswith(f"/Patient/{first['id']}/_history/1")
    status, _, again = call(server, "POST", "/Patient", patient(1), **condition)
    assert (status, again["id"]) == (200, first["id"])
    assert call(server, "POST", "/Patient", patient(1))[0] == 201
    assert call(server, "POST", "/Patient", patient(1), **condition)[0] == 412
    assert list(server.store.duplicates()) == ["Patient|urn:x|1"]


def test_conditional_update(server):
    assert call(server, "PUT", "/Patient?identifier=urn:x%7C1", patient(1))[0] == 201
    assert call(server, "PUT", "/Patient?identifier=urn:x%7C1", patient(1, active=True))[0] == 200
    (kept,) = server.store.dump().values()
    assert kept["versions"] == 2 and kept["resource"]["active"] is True


def test_search_by_identifier(server):
    for number in (1, 2):
        call(server, "PUT", f"/Patient/p{number}", patient(number, id=f"p{number}"))
    found = call(server, "GET", "/Patient?identifier=urn:x%7C2")[2]
    assert (found["total"], found["entry"][0]["resource"]["id"]) == (1, "p2")
    assert call(server, "GET", "/Patient?name=x")[0] == 400


def test_transaction_resolves_urns_and_orders_by_method(server):
    urn = f"urn:uuid:{uuid.UUID(int=7)}"
    entries = (
        {
            "fullUrl": f"urn:uuid:{uuid.UUID(int=8)}",
            "resource": {**observation("o1", urn)},
            "request": {"method": "PUT", "url": "Observation/o1"},
        },
        {
            "fullUrl": urn,
            "resource": patient(1),
            "request": {"method": "POST", "url": "Patient", "ifNoneExist": "identifier=urn:x|1"},
        },
    )
    status, _, answer = call(server, "POST", "/", bundle("transaction", *entries))
    assert (status, answer["type"]) == (200, "transaction-response")
    assert [one["response"]["status"] for one in answer["entry"]] == ["201 Created", "201 Created"]
    location = answer["entry"][1]["response"]["location"].partition("/_history")[0]
    assert server.store.dump()["Observation/o1"]["resource"]["subject"]["reference"] == location
    _, _, answer = call(server, "POST", "/", bundle("transaction", *entries))
    assert [one["response"]["status"] for one in answer["entry"]] == ["200 OK", "200 OK"]
    assert {one["versions"] for one in server.store.dump().values()} == {1}


def test_conditional_update_in_a_transaction_takes_the_id_its_urn_was_given(server):
    urn = f"urn:uuid:{uuid.UUID(int=7)}"
    device = {"resourceType": "Device", "identifier": [{"system": "urn:x", "value": "d"}]}
    entries = (
        {"fullUrl": urn, "resource": device, "request": {"method": "PUT", "url": "Device?identifier=urn:x|d"}},
        put(observation("o1", urn)),
    )
    assert call(server, "POST", "/", bundle("transaction", *entries))[0] == 200
    kept = server.store.dump()
    assert kept["Observation/o1"]["resource"]["subject"]["reference"] in kept


def test_transaction_is_all_or_nothing_and_names_the_entry(server):
    good, bad = put(patient(1, id="p1")), put(observation("o1", "Patient/p1"))
    server.fault(reject=422, match='"heart rate"', times=None)
    status, _, outcome = call(server, "POST", "/", bundle("transaction", good, bad))
    assert status == 422
    assert outcome["issue"][0]["expression"] == ["Bundle.entry[1]"]
    assert server.store.dump() == {}
    call(server, "DELETE", "/admin/faults")
    assert call(server, "POST", "/", bundle("transaction", good, bad))[0] == 200


def test_transaction_refuses_one_resource_twice(server):
    twice = bundle("transaction", put(patient(1, id="p1")), put(patient(2, id="p1")))
    assert call(server, "POST", "/", twice)[0] == 400


def test_batch_answers_each_entry(server):
    entries = put(patient(1, id="p1")), put(observation("o1", "Patient/nobody")), put(patient(2, id="p2"))
    status, _, answer = call(server, "POST", "/", bundle("batch", *entries))
    assert status == 200
    said = [one["response"]["status"][:3] for one in answer["entry"]]
    assert said == ["201", "400", "201"]
    assert answer["entry"][1]["response"]["outcome"]["resourceType"] == "OperationOutcome"
    assert sorted(server.store.dump()) == ["Patient/p1", "Patient/p2"]


def test_busy_with_retry_after_then_well_again(server):
    rule = {"answer": 429, "retry_after": 2, "times": 2, "method": "PUT"}
    assert call(server, "POST", "/admin/faults", rule)[0] == 200
    for _ in range(2):
        status, headers, _ = call(server, "PUT", "/Patient/p1", patient(1, id="p1"))
        assert (status, headers["Retry-After"]) == (429, "2")
    assert server.store.dump() == {}
    assert call(server, "PUT", "/Patient/p1", patient(1, id="p1"))[0] == 201
    assert [one["status"] for one in server.requests] == [429, 429, 201]


@pytest.mark.parametrize(("when", "kept"), [("before", []), ("after", ["Patient/p1"])])
def test_drops_the_connection(server, when, kept):
    server.fault(drop=when)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        call(server, "PUT", "/Patient/p1", patient(1, id="p1"))
    assert list(server.store.dump()) == kept
    assert call(server, "PUT", "/Patient/p1", patient(1, id="p1"))[0] == (200 if kept else 201)


def test_slow(server):
    server.fault(delay_ms=200)
    begun = time.monotonic()
    assert call(server, "GET", "/metadata")[0] == 200
    assert time.monotonic() - begun >= 0.2


def test_unknown_fault_is_an_error(server):
    with pytest.raises(ValueError):
        server.fault(answr=503)


def test_one_connection_many_requests_chunked_and_not(server):
    host = server.url.removeprefix("http://")
    link = http.client.HTTPConnection(host, timeout=10)
    text = json.dumps(patient(1, id="p1")).encode()
    halves = [text[:10], text[10:]]
    link.request("PUT", "/Patient/p1", iter(halves), FHIR, encode_chunked=True)
    answer = link.getresponse()
    answer.read()
    assert answer.status == 201
    link.request("GET", "/Patient/p1")
    assert json.loads(link.getresponse().read())["id"] == "p1"
    link.close()


def test_keeps_the_bytes_received(tmp_path):
    with FhirServer(keep=tmp_path / "kept.ndjson") as server:
        text = '{"resourceType":"Patient","id":"p1",\n"extension":[{"url":"urn:x","valueDecimal":98.0}]}'
        call(server, "PUT", "/Patient/p1", text)
    assert (tmp_path / "kept.ndjson").read_text() == text.replace("\n", " ") + "\n"


def test_bearer_token():
    with FhirServer(auth=Auth(tokens=["right"])) as server:
        one = patient(1, id="p1")
        assert call(server, "GET", "/metadata")[0] == 200
        status, headers, _ = call(server, "PUT", "/Patient/p1", one)
        assert (status, headers["WWW-Authenticate"]) == (401, "Bearer")
        assert call(server, "PUT", "/Patient/p1", one, Authorization="Bearer wrong")[0] == 401
        assert call(server, "PUT", "/Patient/p1", one, Authorization="Bearer right")[0] == 201


def openssl(*arguments, text=None):
    return subprocess.run(["openssl", *arguments], input=text, capture_output=True, check=True).stdout


def encoded(data):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def bare_signature(der):
    """r and s of an ASN.1 ECDSA signature, 48 bytes each."""
    numbers, at = b"", 2 if der[1] < 0x80 else 3
    for _ in range(2):
        length = der[at + 1]
        numbers += der[at + 2 : at + 2 + length].lstrip(b"\0").rjust(48, b"\0")
        at += 2 + length
    return numbers


def assertion(key, algorithm, **claims):
    head = encoded({"alg": algorithm, "typ": "JWT", "kid": "k1"})
    text = f"{head}.{encoded(claims)}"
    signature = openssl("dgst", "-sha384", "-sign", str(key), text=text.encode())
    return f"{text}.{encoded(bare_signature(signature) if algorithm == 'ES384' else signature)}"


@pytest.fixture(scope="module", params=["RS384", "ES384"])
def client(request, tmp_path_factory):
    """(algorithm, private key file, public key text) of a client."""
    key = tmp_path_factory.mktemp("client") / "key.pem"
    kind = ["rsa", "-pkeyopt", "rsa_keygen_bits:2048"] if request.param == "RS384" else ["ec"]
    if kind == ["ec"]:
        kind += ["-pkeyopt", "ec_paramgen_curve:P-384"]
    openssl("genpkey", "-algorithm", *kind, "-out", str(key))
    return request.param, key, openssl("pkey", "-in", str(key), "-pubout").decode()


def ask_token(server, proof):
    form = {
        "grant_type": "client_credentials",
        "scope": "system/Observation.cu",
        "client_assertion_type": ASSERTION,
        "client_assertion": proof,
    }
    kind = "application/x-www-form-urlencoded"
    return call(server, "POST", "/token", urllib.parse.urlencode(form), Content_Type=kind)


def test_smart_backend_services(client):
    algorithm, key, public = client
    with FhirServer(auth=Auth(clients={"dragoman": public})) as server:
        smart = call(server, "GET", "/.well-known/smart-configuration")[2]
        claims = {"iss": "dragoman", "sub": "dragoman", "aud": smart["token_endpoint"], "exp": int(time.time()) + 200}
        proof = assertion(key, algorithm, jti="1", **claims)
        status, _, said = ask_token(server, proof)
        assert (status, said["token_type"], said["expires_in"]) == (200, "bearer", 300)
        bearer = {"Authorization": f"Bearer {said['access_token']}"}
        assert call(server, "PUT", "/Patient/p1", patient(1, id="p1"), **bearer)[0] == 201
        call(server, "POST", "/admin/revoke-tokens")
        assert call(server, "GET", "/Patient/p1", **bearer)[0] == 401
        assert ask_token(server, proof)[0] == 400, "a jti is good once"
        for wrong in (
            {"jti": "2", "aud": "https://elsewhere/token"},
            {"jti": "3", "exp": int(time.time()) - 60},
            {"jti": "4", "exp": int(time.time()) + 900},
            {"jti": "5", "iss": "stranger"},
            {},
        ):
            status, _, said = ask_token(server, assertion(key, algorithm, **{**claims, **wrong}))
            assert (status, said["error"]) == (400, "invalid_client"), wrong
        forged = assertion(key, algorithm, jti="6", **claims).split(".")
        forged[1] = encoded({**claims, "jti": "7"})
        assert ask_token(server, ".".join(forged))[0] == 400


def test_tls_and_a_client_without_it(tmp_path):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=test"]
    openssl(*new, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert))
    with FhirServer(tls=(cert, key)) as server:
        with socket.create_connection(server.http.server_address, timeout=10) as plain:
            plain.sendall(b"GET /metadata HTTP/1.1\r\n\r\n")
            assert b"CapabilityStatement" not in plain.recv(1000)
        trusting = ssl.create_default_context(cafile=cert)
        assert call(server, "GET", "/metadata", context=trusting)[0] == 200


def start(*arguments):
    command = [sys.executable, str(SERVER), *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().split()[1]


def test_what_was_answered_survives_a_kill(tmp_path):
    log = tmp_path / "log"
    process, url = start("--log", log)
    try:
        assert call(url, "PUT", "/Patient/p1", patient(1, id="p1"))[0] == 201
        first = call(url, "POST", "/Patient", patient(2))[2]["id"]
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    with log.open("ab") as torn:
        torn.write(b'[["Patient","cut","of')
    process, url = start("--log", log)
    try:
        assert sorted(call(url, "GET", "/admin/dump")[2]) == ["Patient/p1", f"Patient/{first}"]
        assert call(url, "POST", "/Patient", patient(3))[2]["id"] != first
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    with FhirServer(log=log) as server:
        assert len(server.store.dump()) == 3

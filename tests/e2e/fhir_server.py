#!/usr/bin/env python3
"""A small real FHIR R4 server for tests: keeps what it gets, and misbehaves when told to.

    fhir_server.py [--port N] [--log FILE] [--cert FILE --key FILE] [--token T]... [--client ID=PUBLIC.pem]...

prints `listening URL` and serves until it is killed; with --log everything it answered is there again after a restart.
In a test: `with FhirServer() as server:` and `server.url`, `server.store`, `server.fault(...)`.

Faults are rules, the first that fits counts, each for `times` requests (None: always):
  {"answer": 503, "retry_after": 1}    refuse with this status, keep nothing (429, 503, 500, 401 ...)
  {"reject": 422, "match": "REGEX"}    refuse every resource whose JSON text the expression is found in
  {"drop": "before" | "after"}         close the connection without an answer, before or after keeping
  {"delay_ms": 500}                    wait, then go on
`method` and `path` (an expression) narrow a rule. Over HTTP, for a server in another process: POST /admin/faults with a
rule, DELETE /admin/faults, GET /admin/dump, /admin/duplicates, /admin/requests, POST /admin/settings (update_create,
conditional_create, conditional_update, check_references), POST /admin/revoke-tokens. The admin side asks for no token.
"""

import argparse
import gzip
import json
import re
import socket
import ssl
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from fhir_auth import Auth, Denied
from fhir_store import TYPES, Refused, Store

FHIR_JSON = "application/fhir+json"
SETTINGS = ("update_create", "conditional_create", "conditional_update", "check_references")
LARGEST_BODY = 64 << 20


class FhirServer:
    """The server with its store, faults and record of requests. Runs in threads of this process."""

    def __init__(self, port=0, log=None, tls=None, auth=None, keep=None):
        """`tls`: (certificate file, key file) or with a third, the CA that clients are asked for. `keep`: a file that
        every FHIR body received is appended to as a line, for validating it later."""
        self.store = Store(log)
        self.store.reject = self._reject
        self.auth = auth or Auth()
        self.keep = keep
        self.faults = []
        self.requests = []
        self.lock = threading.Lock()
        self.http = Listener(("127.0.0.1", port), Handler)
        self.http.owner = self
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.http.server_address[1]}"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls[0], tls[1])
            if len(tls) > 2:
                context.load_verify_locations(tls[2])
                context.verify_mode = ssl.CERT_REQUIRED
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self._thread.join()
        self.http.server_close()
        self.store.close()

    # --- Faults --------------------------------------------------------------------------------------------------

    def fault(self, **rule):
        """Adds a rule, see above; it holds for `times` requests, once when not said."""
        deeds = {"answer", "reject", "drop", "delay_ms"}
        if set(rule) - deeds - {"retry_after", "match", "method", "path", "times"} or not deeds & set(rule):
            raise ValueError(f"not a fault: {rule}")
        with self.lock:
            self.faults.append({"times": 1, **rule})

    def clear_faults(self):
        with self.lock:
            self.faults.clear()

    def _use(self, fits):
        """The first rule that fits, used up by one; None when there is none."""
        with self.lock:
            for rule in self.faults:
                if fits(rule):
                    if rule["times"] is not None:
                        rule["times"] -= 1
                        if rule["times"] <= 0:
                            self.faults.remove(rule)
                    return rule
        return None

    def request_fault(self, method, path):
        return self._use(
            lambda rule: "reject" not in rule
            and rule.get("method", method) == method
            and re.search(rule.get("path", ""), path)
        )

    def _reject(self, resource):
        text = json.dumps(resource, separators=(",", ":"))
        rule = self._use(lambda rule: "reject" in rule and re.search(rule.get("match", ""), text))
        name = f"{resource.get('resourceType')}/{resource.get('id')}"
        return rule and Refused(rule["reject"], "invariant", f"{name} is not to this server's liking")

    # --- What it says about itself -------------------------------------------------------------------------------

    def capability(self):
        resource = {
            "interaction": [{"code": code} for code in ("read", "vread", "create", "update", "search-type")],
            "versioning": "versioned-update",
            "readHistory": True,
            "updateCreate": self.store.update_create,
            "conditionalCreate": self.store.conditional_create,
            "conditionalUpdate": self.store.conditional_update,
            "searchParam": [{"name": "identifier", "type": "token"}, {"name": "_id", "type": "token"}],
        }
        rest = {
            "mode": "server",
            "resource": [{"type": kind, **resource} for kind in TYPES],
            "interaction": [{"code": "transaction"}, {"code": "batch"}],
        }
        if self.auth.clients:
            system = "http://terminology.hl7.org/CodeSystem/restful-security-service"
            rest["security"] = {"service": [{"coding": [{"system": system, "code": "SMART-on-FHIR"}]}]}
        return {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": "2024-01-01",
            "kind": "instance",
            "fhirVersion": "4.0.1",
            "format": ["json", FHIR_JSON],
            "implementation": {"description": "the FHIR server of the tests", "url": self.url},
            "rest": [rest],
        }

    def smart_configuration(self):
        return {
            "token_endpoint": f"{self.url}/token",
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
            "scopes_supported": ["system/*.cruds"],
            "capabilities": ["client-confidential-asymmetric"],
        }

    def admin(self, method, what, body):
        """The side door for tests in another process."""
        if (method, what) == ("GET", "dump"):
            return self.store.dump()
        if (method, what) == ("GET", "duplicates"):
            return self.store.duplicates()
        if (method, what) == ("GET", "requests"):
            return self.requests
        if (method, what) == ("POST", "faults"):
            self.fault(**json.loads(body))
        elif (method, what) == ("DELETE", "faults"):
            self.clear_faults()
        elif (method, what) == ("POST", "settings"):
            for name, value in json.loads(body).items():
                if name not in SETTINGS:
                    raise ValueError(f"no setting {name}")
                setattr(self.store, name, value)
        elif (method, what) == ("POST", "revoke-tokens"):
            self.auth.revoke()
        else:
            raise Refused(404, "not-found", f"no {method} /admin/{what}")
        return {}


class Listener(ThreadingHTTPServer):
    """A thread a connection. A client that goes away, or speaks no TLS, is no news."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError, ssl.SSLError)):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection: reads requests, asks the owner, answers each with one write."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        """Nothing: requests are in the server's record."""

    def _body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            body = b"".join(parts)
        else:
            length = int(self.headers.get("Content-Length", 0))
            if length > LARGEST_BODY:
                self.close_connection = True
                raise Refused(413, "too-long", f"{length} bytes are more than {LARGEST_BODY}")
            body = self.rfile.read(length)
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return body

    def _answer(self, status, content=None, kind=FHIR_JSON, **headers):
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if body:
            self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self._headers_buffer.append(b"\r\n")
        self.wfile.write(b"".join(self._headers_buffer) + (b"" if self.command == "HEAD" else body))
        self._headers_buffer = []

    def _drop(self):
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _serve(self):
        owner = self.server.owner
        url = urllib.parse.urlsplit(self.path)
        path = url.path.strip("/")
        try:
            body = self._body()
            if path.startswith("admin/"):
                self._answer(200, owner.admin(self.command, path[6:], body), "application/json")
                return
            record = {"method": self.command, "path": self.path, "bytes": len(body), "at": time.time(), "status": None}
            with owner.lock:
                owner.requests.append(record)
            fault = owner.request_fault(self.command, self.path) or {}
            time.sleep(fault.get("delay_ms", 0) / 1000)
            if fault.get("drop") == "before":
                self._drop()
                return
            answer = self._faulty(fault) or self._do(owner, path, url.query, body)
            record["status"] = answer[0]
            if fault.get("drop") == "after":
                self._drop()
                return
            self._answer(answer[0], answer[1], **(answer[2] if len(answer) > 2 else {}))
        except Refused as refused:
            self._answer(refused.status, refused.outcome)
        except Denied as denied:
            self._answer(400, denied.body, "application/json")
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            self._answer(400, Refused(400, "structure", f"not readable: {error}").outcome)
        except ConnectionError:
            self.close_connection = True

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve

    @staticmethod
    def _faulty(fault):
        if "answer" not in fault:
            return None
        headers = {"Retry_After": str(fault["retry_after"])} if "retry_after" in fault else {}
        outcome = Refused(fault["answer"], "transient", "told to refuse").outcome
        return fault["answer"], outcome, headers

    def _do(self, owner, path, query, body):
        """(status, content, headers) of a FHIR request; a refusal is answered here so that it is recorded."""
        if path == "metadata":
            return 200, owner.capability()
        if path == ".well-known/smart-configuration":
            return 200, owner.smart_configuration(), {}
        try:
            if path == "token" and self.command == "POST":
                form = dict(urllib.parse.parse_qsl(body.decode(), strict_parsing=True))
                return 200, owner.auth.token(form, f"{owner.url}/token"), {"Cache_Control": "no-store"}
            if not owner.auth.admits(self.headers.get("Authorization")):
                outcome = Refused(401, "login", "a token is needed").outcome
                return 401, outcome, {"WWW_Authenticate": "Bearer"}
            if self.command in ("GET", "HEAD"):
                return self._read(owner, path, query)
            return self._write(owner, path, query, body)
        except Refused as refused:
            return refused.status, refused.outcome
        except Denied as denied:
            return 400, denied.body

    @staticmethod
    def _read(owner, path, query):
        parts = path.split("/")
        if len(parts) == 1:
            found = [owner.store.read(*key) for key in owner.store.search(parts[0], query)]
            entries = [
                {"fullUrl": f"{owner.url}/{'/'.join(one.key)}", "resource": one.version["resource"]} for one in found
            ]
            return 200, {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}
        version = parts[3] if len(parts) == 4 and parts[2] == "_history" else None
        result = owner.store.read(parts[0], parts[1], version)
        return 200, result.version["resource"], {"ETag": result.etag}

    def _write(self, owner, path, query, body):
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip()
        if kind not in (FHIR_JSON, "application/json"):
            raise Refused(415, "not-supported", f"Content-Type '{kind}' is not {FHIR_JSON}")
        resource = json.loads(body)
        if owner.keep:
            with owner.lock, open(owner.keep, "ab") as file:
                file.write(body.replace(b"\n", b" ").strip() + b"\n")
        minimal = "return=minimal" in self.headers.get("Prefer", "")
        parts = path.split("/")
        if self.command == "POST" and path == "":
            return 200, owner.store.bundle(resource)
        if self.command == "POST" and len(parts) == 1:
            result = owner.store.create(path, resource, self.headers.get("If-None-Exist"))
        elif self.command == "PUT" and len(parts) == 2:
            result = owner.store.update(parts[0], parts[1], resource, self.headers.get("If-Match"))
        elif self.command == "PUT" and len(parts) == 1 and query:
            result = owner.store.update_where(path, query, resource)
        else:
            raise Refused(405, "not-supported", f"{self.command} /{path} is not done here")
        place = f"{owner.url}/{'/'.join(result.key)}/_history/{result.version['version']}"
        headers = {"Location": place, "Content_Location": place, "ETag": result.etag}
        return result.status, None if minimal else result.version["resource"], headers


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", help="file that what was kept is written to and read from")
    parser.add_argument("--keep", help="file that every FHIR body received is appended to")
    parser.add_argument("--cert", help="TLS certificate (PEM)")
    parser.add_argument("--key", help="its key (PEM)")
    parser.add_argument("--client-ca", help="ask clients for a certificate of this CA")
    parser.add_argument("--token", action="append", default=[], help="a bearer token that is taken")
    parser.add_argument("--client", action="append", default=[], metavar="ID=PUBLIC.pem", help="a SMART client")
    parser.add_argument("--token-life", type=int, default=300, metavar="SECONDS")
    options = parser.parse_args()
    clients = {}
    for client in options.client:
        name, _, file = client.partition("=")
        with open(file, encoding="ascii") as key:
            clients[name] = key.read()
    tls = [options.cert, options.key] + ([options.client_ca] if options.client_ca else []) if options.cert else None
    auth = Auth(options.token, clients, options.token_life)
    with FhirServer(options.port, options.log, tls, auth, options.keep) as server:
        print("listening", server.url, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            sys.exit(0)


if __name__ == "__main__":
    main()

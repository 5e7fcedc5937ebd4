"""What the FHIR server of the tests keeps: resources with all their versions, in memory and in an fsynced log.

Reads, creates and updates one resource, conditionally or not, and whole transactions and batches. Nothing here knows
HTTP; a refusal is a `Refused` with the status a server would answer. One lock: callers may come from any thread.
"""

import contextlib
import copy
import datetime
import json
import os
import re
import threading
import urllib.parse

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}\Z")
TYPES = (
    "Bundle Communication Device DeviceMetric DeviceUseStatement DiagnosticReport Encounter Location Observation "
    "Organization Patient Practitioner Provenance"
).split()
REASONS = {200: "OK", 201: "Created", 204: "No Content"}


class Refused(Exception):
    """A request the server does not do: status, FHIR issue code, and the reason in words."""

    def __init__(self, status, code, text, where=None):
        super().__init__(text)
        self.status = status
        issue = {"severity": "error", "code": code, "diagnostics": text}
        if where:
            issue["expression"] = [where]
        self.outcome = {"resourceType": "OperationOutcome", "issue": [issue]}


class Result:
    """What became of one write or read: HTTP status and the stored version it is about."""

    def __init__(self, status, key, version):
        self.status = status
        self.key = key
        self.version = version

    @property
    def etag(self):
        return f'W/"{self.version["version"]}"'

    def entry(self):
        """As an entry of a transaction's or batch's response."""
        kind, ident = self.key
        return {
            "response": {
                "status": f"{self.status} {REASONS[self.status]}",
                "location": f"{kind}/{ident}/_history/{self.version['version']}",
                "etag": self.etag,
                "lastModified": self.version["at"],
            }
        }


class Store:
    """All resources. `log` is a file that outlives the process: what was answered stands in it."""

    def __init__(self, log=None):
        self.lock = threading.RLock()
        self.update_create = True
        self.conditional_create = True
        self.conditional_update = True
        self.check_references = True
        self.reject = lambda resource: None
        self.kept = {}
        self.by_identifier = {}
        self.received = {}
        self.created = 0
        self._draft = None
        self._log = None
        if log:
            self._open(log)

    def _open(self, log):
        if os.path.exists(log):
            with open(log, encoding="utf-8") as lines:
                for line in lines:
                    if not line.endswith("\n"):
                        break  # the write that a kill cut off was never answered
                    for kind, ident, version in json.loads(line):
                        self._keep((kind, ident), version)
        # A log may outlive this process: what a kill cut off goes, so that the next line starts a line.
        self._log = open(log, "ab+")  # pylint: disable=consider-using-with
        self._log.seek(0)
        whole = self._log.read().rfind(b"\n") + 1
        self._log.truncate(whole)

    def close(self):
        if self._log:
            self._log.close()

    # --- Reading -------------------------------------------------------------------------------------------------

    def _versions(self, key):
        draft = self._draft or {}
        return self.kept.get(key, []) + draft.get(key, [])

    def read(self, kind, ident, version=None):
        with self.lock:
            versions = self._versions((kind, ident))
            for kept in versions[-1:] if version is None else versions:
                if version is None or str(kept["version"]) == version:
                    return Result(200, (kind, ident), kept)
        raise Refused(404, "not-found", f"there is no {kind}/{ident}")

    def search(self, kind, query):
        """Keys of the resources of a type that meet a query text: identifier and _id are known, others refused."""
        wanted = urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
        with self.lock:
            found = None
            for name, value in wanted:
                if name == "identifier":
                    keys = self._with_identifier(kind, value)
                elif name == "_id":
                    keys = {(kind, value)} if self._versions((kind, value)) else set()
                elif name in ("_count", "_sort", "_format", "_summary"):
                    continue
                else:
                    raise Refused(400, "not-supported", f"no search by {name} here")
                found = keys if found is None else found & keys
            if found is None:
                found = {key for key in self.kept if key[0] == kind}
            return sorted(found)

    def _with_identifier(self, kind, value):
        system, bar, number = value.rpartition("|")
        if not bar:
            raise Refused(400, "invalid", "identifier needs system|value here")
        keys = set(self.by_identifier.get((kind, system, number), ()))
        for key, versions in (self._draft or {}).items():
            if key[0] == kind and (system, number) in identifiers(versions[-1]["resource"]):
                keys.add(key)
        return {key for key in keys if (system, number) in identifiers(self._versions(key)[-1]["resource"])}

    # --- Writing -------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def transaction(self):
        """Everything written inside is kept together at the end, in one line of the log, or not at all."""
        with self.lock:
            if self._draft is not None:
                yield
                return
            self._draft = {}
            try:
                yield
                self._commit(self._draft)
            finally:
                self._draft = None

    def _commit(self, draft):
        changes = [(kind, ident, version) for (kind, ident), versions in draft.items() for version in versions]
        if not changes:
            return
        if self._log:
            self._log.write(json.dumps(changes, separators=(",", ":")).encode() + b"\n")
            self._log.flush()
            os.fsync(self._log.fileno())
        for kind, ident, version in changes:
            self._keep((kind, ident), version)

    def _keep(self, key, version):
        self.kept.setdefault(key, []).append(version)
        if key[1].startswith("server-") and key[1][7:].isdigit():
            self.created = max(self.created, int(key[1][7:]))
        for system, number in identifiers(version["resource"]):
            self.by_identifier.setdefault((key[0], system, number), set()).add(key)

    def _write(self, key, resource, if_match=None):
        kind, ident = key
        self._judge(kind, resource)
        versions = self._versions(key)
        if if_match is not None and (not versions or if_match != f'W/"{versions[-1]["version"]}"'):
            now = versions[-1]["version"] if versions else "none"
            raise Refused(412, "conflict", f"{kind}/{ident} is at version {now}, not {if_match}")
        self.received[key] = self.received.get(key, 0) + 1
        content = {**resource, "id": ident}
        if versions and bare(versions[-1]["resource"]) == bare(content):
            return Result(200, key, versions[-1])
        number = len(versions) + 1
        at = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
        content["meta"] = {**content.get("meta", {}), "versionId": str(number), "lastUpdated": at}
        version = {"version": number, "at": at, "resource": content}
        self._draft.setdefault(key, []).append(version)
        return Result(200 if versions else 201, key, version)

    def _judge(self, kind, resource):
        if kind not in TYPES:
            raise Refused(404, "not-supported", f"no resources of type {kind} here")
        if not isinstance(resource, dict) or resource.get("resourceType") != kind:
            raise Refused(400, "invalid", f"the body is not of type {kind}")
        refusal = self.reject(resource)
        if refusal:
            raise refusal

    def _settle_references(self, keys):
        """Every Type/id that these resources point at must be here by now."""
        if not self.check_references:
            return
        for key in keys:
            for reference in references(self._versions(key)[-1]["resource"]):
                target = reference["reference"]
                kind, _, ident = target.partition("/")
                if kind in TYPES and not self._versions((kind, ident.partition("/")[0])):
                    raise Refused(400, "processing", f"{'/'.join(key)} points at {target}, which is not here")
                if target.startswith("urn:"):
                    raise Refused(400, "processing", f"{'/'.join(key)} points at {target}, which nothing here bears")

    def create(self, kind, resource, if_none_exist=None):
        """POST Type. A client's id is ignored, as FHIR wants it."""
        with self.transaction():
            if if_none_exist is not None:
                if not self.conditional_create:
                    raise Refused(400, "not-supported", "no conditional create here")
                found = self._found(kind, if_none_exist)
                if found:
                    return self.read(*found)
            result = self._write((kind, self._new_id()), resource)
            self._settle_references([result.key])
            return result

    def _new_id(self):
        self.created += 1
        return f"server-{self.created}"

    def _found(self, kind, query):
        """The one resource that meets a condition, or None; more than one is refused."""
        if not query or "=" not in query:
            raise Refused(400, "invalid", f"'{query}' is no condition")
        found = self.search(kind, query)
        if len(found) > 1:
            raise Refused(412, "multiple-matches", f"{len(found)} resources meet {kind}?{query}")
        return found[0] if found else None

    def update(self, kind, ident, resource, if_match=None):
        """PUT Type/id."""
        with self.transaction():
            self._judge_id(kind, ident, resource)
            if not self._versions((kind, ident)) and not self.update_create and if_match is None:
                raise Refused(405, "not-supported", f"there is no {kind}/{ident}, and clients do not choose ids here")
            result = self._write((kind, ident), resource, if_match)
            self._settle_references([result.key])
            return result

    @staticmethod
    def _judge_id(kind, ident, resource):
        if not ID.match(ident):
            raise Refused(400, "value", f"'{ident}' is no id")
        if ident.isdigit():
            raise Refused(400, "value", f"{kind}/{ident}: an id of digits only is the server's to give")
        if isinstance(resource, dict) and resource.get("id") != ident:
            raise Refused(400, "invalid", f"the body's id is {resource.get('id')}, the address says {ident}")

    def update_where(self, kind, query, resource, planned=None):
        """PUT Type?query; `planned` is the key that a new resource gets."""
        with self.transaction():
            if not self.conditional_update:
                raise Refused(400, "not-supported", "no conditional update here")
            key = self._found(kind, query) or planned or (kind, self._new_id())
            result = self._write(key, resource)
            self._settle_references([result.key])
            return result

    # --- Bundles -------------------------------------------------------------------------------------------------

    def bundle(self, bundle):
        """A transaction or a batch: the response Bundle. A transaction that fails raises, and nothing of it is kept."""
        kind = bundle.get("type")
        entries = bundle.get("entry", [])
        if kind not in ("transaction", "batch"):
            raise Refused(400, "invalid", f"a Bundle of type {kind} is not done here")
        if kind == "transaction":
            answers = self._transaction(entries)
        else:
            answers = [self._batched(entry) for entry in entries]
        return {"resourceType": "Bundle", "type": f"{kind}-response", "entry": answers}

    def _batched(self, entry):
        try:
            if any(ref["reference"].startswith("urn:") for ref in references(entry.get("resource", {}))):
                raise Refused(400, "processing", "entries of a batch do not point at each other")
            return self._do(entry).entry()
        except Refused as refused:
            status = f"{refused.status} Refused"
            return {"response": {"status": status, "outcome": refused.outcome}}

    def _transaction(self, entries):
        """Creates before updates before reads, as FHIR orders; urn:uuid references become Type/id on the way."""
        asked, urns, keys = set(), {}, []
        with self.transaction():
            references_wanted, self.check_references = self.check_references, False
            try:
                for place, entry in enumerate(entries):
                    self._target(place, entry, asked, urns)
                results = {}
                order = {"POST": 0, "PUT": 1, "GET": 2}
                by_method = sorted(range(len(entries)), key=lambda at: order.get(self._request(entries[at])[0], 3))
                for place in by_method:
                    results[place] = self._one(place, entries[place], urns)
                    keys.append(results[place].key)
            finally:
                self.check_references = references_wanted
            self._settle_references(keys)
            return [results[place].entry() for place in range(len(entries))]

    def _target(self, place, entry, asked, urns):
        """Refuses a resource that is written twice, and gives each urn:uuid the id it will have."""
        method, url = self._request(entry)
        condition = entry.get("request", {}).get("ifNoneExist")
        name = url if method == "PUT" else f"{url}?{condition}" if condition else None
        if name in asked and name is not None:
            raise Refused(400, "processing", f"{name} is written twice", f"Bundle.entry[{place}]")
        asked.add(name)
        full_url = entry.get("fullUrl", "")
        if not full_url.startswith("urn:") or not entry.get("resource"):
            return
        kind, _, rest = url.partition("?")[0].partition("/")
        query = url.partition("?")[2] or condition
        found = self._found(kind, query) if query else None
        urns[full_url] = found or (kind, rest or self._new_id())

    @staticmethod
    def _request(entry):
        request = entry.get("request") or {}
        return request.get("method"), request.get("url", "")

    def _one(self, place, entry, urns):
        try:
            resource = resolved(entry.get("resource"), urns, self)
            return self._do({**entry, "resource": resource}, urns.get(entry.get("fullUrl")))
        except Refused as refused:
            refused.outcome["issue"][0].setdefault("expression", [f"Bundle.entry[{place}]"])
            raise

    def _do(self, entry, planned=None):
        method, url = self._request(entry)
        resource = entry.get("resource")
        path, _, query = url.partition("?")
        kind, _, ident = path.partition("/")
        if method == "PUT":
            if query:
                return self.update_where(kind, query, resource, planned)
            return self.update(kind, ident, resource, entry["request"].get("ifMatch"))
        if method == "POST":
            condition = entry["request"].get("ifNoneExist")
            if planned and not self._versions(planned):
                if condition is not None and not self.conditional_create:
                    raise Refused(400, "not-supported", "no conditional create here")
                with self.transaction():
                    return self._write(planned, resource)
            return self.create(kind, resource, condition)
        if method == "GET" and ident:
            return self.read(kind, ident)
        raise Refused(400, "not-supported", f"an entry cannot ask for {method} {url}")

    # --- What a test asks ----------------------------------------------------------------------------------------

    def dump(self):
        """Everything kept: Type/id → newest content, how many versions it has and how often it was written."""
        with self.lock:
            return {
                "/".join(key): {
                    "versions": len(versions),
                    "received": self.received.get(key, 0),
                    "resource": versions[-1]["resource"],
                }
                for key, versions in sorted(self.kept.items())
            }

    def duplicates(self):
        """Identifiers that more than one resource of a type bears now: type|system|value → their ids."""
        with self.lock:
            out = {}
            for (kind, system, number), keys in self.by_identifier.items():
                now = [key for key in keys if (system, number) in identifiers(self.kept[key][-1]["resource"])]
                if len(now) > 1:
                    out[f"{kind}|{system}|{number}"] = sorted(ident for _, ident in now)
            return out


def identifiers(resource):
    """(system, value) of each identifier; Identifier is a list in most resources and single in Bundle."""
    listed = resource.get("identifier", [])
    return {
        (one.get("system", ""), one["value"])
        for one in (listed if isinstance(listed, list) else [listed])
        if one.get("value")
    }


def references(node):
    """Every Reference with a literal target inside a resource."""
    if isinstance(node, list):
        for item in node:
            yield from references(item)
    elif isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            yield node
        for item in node.values():
            yield from references(item)


def resolved(resource, urns, store):
    """A copy whose urn:uuid and conditional references are Type/id."""
    out = copy.deepcopy(resource)
    for reference in references(out):
        target = reference["reference"]
        kind, question, query = target.partition("?")
        if target in urns:
            reference["reference"] = "/".join(urns[target])
        elif question:
            found = store.search(kind, query)
            if len(found) != 1:
                raise Refused(412, "processing", f"{target} leads to {len(found)} resources")
            reference["reference"] = "/".join(found[0])
    return out


def bare(resource):
    """Content without what the server writes into it, for telling whether an update changes anything."""
    ours = ("versionId", "lastUpdated")
    meta = {name: value for name, value in resource.get("meta", {}).items() if name not in ours}
    content = {name: value for name, value in resource.items() if name != "meta"}
    return {**content, "meta": meta} if meta else content

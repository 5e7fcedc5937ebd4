"""Compares what monitors sent, as it went over the wire, with what is in the store, in the files and at the server.

A fact is (patient number, MDC code, time, value): read from HL7 on one side, and from FHIR on the other.
"""

import json
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))

from program import proto  # noqa: E402  pylint: disable=wrong-import-position

MDC = "urn:iso:std:iso:11073:10101"
MESSAGE_ID = 10  # its field in dragoman.proto
EVENTS = 3  # the partition of MDC codes that alarms are in


def moment(hl7):
    """20261124101805+0000 as FHIR writes it."""
    assert hl7[14:] == "+0000", hl7
    return f"{hl7[:4]}-{hl7[4:6]}-{hl7[6:8]}T{hl7[8:10]}:{hl7[10:12]}:{hl7[12:14]}Z"


def facts_sent(message):
    """The facts of an ORU^R01; of other messages None."""
    rows = [row.split("|") for row in message.decode("utf-8").split("\r")]
    if not rows[0][8].startswith("ORU^R01"):
        return None
    patient = order_time = None
    facts = set()
    for row in rows:
        row += [""] * (15 - len(row))
        if row[0] == "PID":
            patient = row[3].split("^")[0]
        elif row[0] == "OBR":
            order_time = row[7]
        elif row[0] == "OBX" and row[2] == "NM":
            facts.add((patient, row[3].split("^")[0], moment(row[14] or order_time), Decimal(row[5])))
    return facts


def mdc_of(concept):
    return next((coding["code"] for coding in concept["coding"] if coding.get("system") == MDC), None)


class Kept:
    """What a FHIR server has, as its admin side gives it out."""

    def __init__(self, dump):
        self.dump = dump
        self.numbers = {key: one["resource"]["identifier"][0]["value"] for key, one in dump.items()
                        if key.startswith("Patient/")}
        self.facts = set()
        self.wholes = Counter()
        self.rewritten = set()
        for key, one in dump.items():
            if key.startswith("Observation/"):
                self._take(key, one)

    def _take(self, key, one):
        resource = one["resource"]
        parts = [part for part in [resource, *resource.get("component", [])] if "valueQuantity" in part]
        code = mdc_of(resource["code"])
        if not parts or (code and int(code) >> 16 == EVENTS):
            return  # an alarm is written again when it ends
        who, when = self.numbers[resource["subject"]["reference"]], resource["effectiveDateTime"]
        self.facts |= {(who, mdc_of(part["code"]), when, Decimal(part["valueQuantity"]["value"])) for part in parts}
        names = ("id", "identifier", "meta")
        self.wholes[json.dumps({key: part for key, part in resource.items() if key not in names})] += 1
        if one["versions"] > 1:
            self.rewritten.add(key)


def message_id(report):
    """Field 10 of a report, without reading the rest."""
    at = 0
    while at < len(report):
        key, at = proto.varint(report, at)
        size, at = proto.varint(report, at)
        if key & 7 == 0:
            continue
        if key >> 3 == MESSAGE_ID:
            return report[at:at + size].decode()
        at += size
    return ""


def rows_of(store):
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
        return [row[0] for row in database.execute("SELECT bytes FROM report ORDER BY number")]


def records_of(path):
    stream, found, at = Path(path).read_bytes(), [], 0
    while at < len(stream):
        size, at = proto.varint(stream, at)
        assert at + size <= len(stream), "the archive ends within a record"
        found.append(stream[at:at + size])
        at += size
    return found


def bundles_of(path):
    """Message ids, and the names of all resources."""
    ids, names = Counter(), set()
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            bundle = json.loads(line)
            ids[bundle["identifier"]["value"]] += 1
            names |= {f"{entry['resource']['resourceType']}/{entry['resource']['id']}" for entry in bundle["entry"]}
    return ids, names


def judge(folder, relay, dump, duplicates):
    """What is wrong, as sentences by what went wrong, and the figures."""
    stored, archived = rows_of(folder / "store.db"), records_of(folder / "reports.pb")
    bundles, names = bundles_of(folder / "bundles.ndjson")
    kept = Kept(dump)
    stored_ids, archived_ids = {message_id(row) for row in stored}, {message_id(row) for row in archived}
    facts = {ident: found for ident, message in relay.sent.items() if (found := facts_sent(message)) is not None}
    said = set().union(*facts.values())
    due = set().union(*(found for ident, found in facts.items() if ident in stored_ids))
    missing = {
        "acknowledged and not in the store": relay.acknowledged - stored_ids,
        "acknowledged and not in the archive": relay.acknowledged - archived_ids,
        "acknowledged and not in the file of Bundles": relay.acknowledged - set(bundles),
        "acknowledged facts that are not at the server": due - kept.facts,
        "resources that are in the file and not at the server": names - set(dump),
        "reports that are in the store and not in the archive": Counter(stored) - Counter(archived),
    }
    double = {
        "messages twice in the store": {ident for ident, n in Counter(map(message_id, stored)).items() if n > 1},
        "reports twice in the archive": Counter(archived) - Counter(set(archived)),
        "messages twice in the file of Bundles": {ident for ident, n in bundles.items() if n > 1},
        "Observations that say the same twice": {whole for whole, n in kept.wholes.items() if n > 1},
        "resources under two ids": set(duplicates),
    }
    wrong = {
        "Observations in two versions": kept.rewritten,
        "facts at the server that nobody sent": kept.facts - said,
        "messages stored that nobody sent": stored_ids - set(relay.sent),
        "messages that a monitor changed when it sent them again": relay.changed,
    }
    sentences = [f"{len(found)} {what}, such as {sorted(map(str, found))[:3]}"
                 for group in (missing, double, wrong) for what, found in group.items() if found]
    return sentences, {
        "messages sent": len(relay.sent),
        "acknowledged": len(relay.acknowledged),
        "answers lost on the way": relay.answers_lost,
        "in the store": len(stored_ids),
        "facts at the server": len(kept.facts),
        "missing": sum(map(len, missing.values())),
        "double": sum(map(len, double.values())),
        "wrong": sum(map(len, wrong.values())),
    }

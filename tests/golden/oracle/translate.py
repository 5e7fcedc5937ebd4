"""A whole input → report, observation, event and outcome lines."""

import re

from . import alerts, context, times
from .hl7 import Message, Refused, split_messages
from .observations import Translator

RESULTS = {("ORU", t) for t in ("R01", "R30", "R31", "R32", "R40")} | {("OUL", "R22"), ("ORF", "R04")}
VERSIONS = {"2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2"}


def check(message: Message) -> tuple:
    msh = message.first("MSH")
    for number, segment in enumerate(message.segments):
        if not re.fullmatch(r"[A-Z][A-Z0-9]{2}", segment[0]):
            raise Refused(segment[0][:3], 0, 100, number + 1)
    kind, trigger = (message.text(message.get(msh, 9), component=i) for i in (1, 2))
    if not kind:
        raise Refused("MSH", 9, 101)
    if not message.text(message.get(msh, 10)):
        raise Refused("MSH", 10, 101)
    version = message.text(message.get(msh, 12))
    if version and version not in VERSIONS:
        raise Refused("MSH", 12, 203)
    return kind, trigger


def groups(message: Message) -> list:
    """The PID groups of a result message: (PID, PV1, [(OBX, OBR, notes)])."""
    found, order, sequence = [], ["OBR"], 0
    current = None
    for segment in message.segments:
        name = segment[0]
        if name == "PID" or (name in ("OBR", "OBX") and current is None):
            current = {"PID": segment if name == "PID" else ["PID"], "PV1": ["PV1"], "rows": []}
            found.append(current)
            order = ["OBR"]
        if name == "PV1" and current:
            current["PV1"] = segment
        elif name == "OBR":
            order = segment
        elif name == "OBX":
            sequence += 1
            current["rows"].append((segment, order, sequence, []))
        elif name == "NTE" and current and current["rows"] and message.get(segment, 3):
            current["rows"][-1][3].append(message.unescape(message.get(segment, 3)).strip())
    return found


def device_of(message: Message, rows: list, pv1: list) -> str:
    """Who speaks: OBX-18 of the MDS row, else of the first row that has one, else MSH-3 or OBR-3 with an EUI-64, else
    MSH-3/MSH-4, and then for monitors the bed as sent, since one gateway speaks for many beds."""
    m = message
    for row in sorted(rows, key=lambda r: r.levels[1:4] != ["0", "0", "0"]):
        field = m.parts(m.get(row.segment, 18))[0]
        parts = [m.unescape(c[0]).strip() for c in field] + [""] * 4
        if parts[0] or parts[2]:
            return "^".join(parts[:4]).rstrip("^")
    msh = m.first("MSH")
    for field in (m.get(msh, 3), m.get(m.first("OBR"), 3)):
        parts = [m.text(field, component=i) for i in (1, 2, 3, 4)]
        if "EUI-64" in parts:
            return "^".join(parts).strip("^")
    named = [m.text(m.get(msh, 3)) or m.text(m.get(msh, 3), component=2), m.text(m.get(msh, 4))]
    bed = m.get(pv1, 3).strip(m.component) if any(row.is_monitor for row in rows) else ""
    return ("/".join(part for part in named if part) + (f"@{m.get(pv1, 3)}" if bed else "")) or "-"


def report_line(message: Message, group: dict, rows: list) -> str:
    ids = context.patient_ids(message, group["PID"])
    place = context.location(message, message.get(group["PV1"], 3))
    names = context.demographics(message, group["PID"])
    device = context.shown(device_of(message, rows, group["PV1"]))
    words = ["report", f"device={device}", f"patient={ids or '-'}"] + names
    return " ".join(words + ([f"location={place}"] if place else []))


def results(message: Message, settings: dict, memory: dict, out: dict) -> None:
    translator = Translator(message, settings, memory)
    for group in groups(message):
        rows = []
        for segment, order, sequence, notes in group["rows"]:
            row = translator.row(segment, order, sequence)
            row.notes = notes
            row.is_monitor = translator.is_monitor_row(row)
            rows.append(row)
        alert_rows = [row for row in rows if alerts.belongs(message, row)]
        plain = [row for row in rows if row not in alert_rows and not row.is_device]
        for row in plain:
            translator.fill(row)
        if not rows:
            continue
        by_mds = {}
        first = next((row.mds for row in rows if row.mds), "")
        for row in rows:
            by_mds.setdefault(row.mds or first, []).append(row)
        for members in by_mds.values():
            out["reports"] += 1
            line = report_line(message, group, members)
            out["observations"].append(line)
            mine = [row for row in plain if row in members]
            translator.join_waveforms(mine)
            translator.drop_repeats(mine, device_of(message, members, group["PV1"]))
            known = bool(context.patient_ids(message, group["PID"]))
            out["observations"] += [translator.line(row, mine, known) for row in mine if not row.silent]
        out["events"] += alerts.lines(message, alert_rows, translator)


def acknowledgement(message: Message, good: bool) -> str:
    """Enhanced mode when MSH-15 or MSH-16 is there: CA/CE for the accept level, AA/AE for the application level."""
    msh = message.first("MSH")
    accept, application = message.text(message.get(msh, 15)), message.text(message.get(msh, 16))
    if not accept and not application:
        return "none" if message.all("MSA") else ("AA" if good else "AE")

    def wanted(condition):
        return condition == "AL" or condition == ("SU" if good else "ER")

    sent = (["CA" if good else "CE"] if wanted(accept) else []) + \
           (["AA" if good else "AE"] if wanted(application) and (good or not wanted(accept)) else [])
    return ",".join(sent) or "none"


def refuse(out: dict, answer: str, fault: Refused) -> None:
    place = f"{fault.segment}[{fault.sequence}]" + (f" field {fault.field}" if fault.field else "")
    out["outcome"].append(f"ack {answer} at {place} code {fault.code}")


def translate_one(raw: list, settings: dict, memory: dict, out: dict) -> None:
    before = {key: (len(value) if isinstance(value, list) else value) for key, value in out.items()}
    try:
        message = Message(raw, settings.get("character_set", ""))
    except Refused as fault:
        refuse(out, "none", fault)
        return
    try:
        kind, trigger = check(message)
        if f"{kind}^{trigger}" in settings.get("discard", "").split():
            out["outcome"].append(f"ack {acknowledgement(message, True)} discarded")
            return
        if (kind, trigger) in RESULTS:
            results(message, settings, memory, out)
        elif kind == "ADT" and trigger in context.TRIGGERS:
            out["events"] += context.lines(message, trigger, settings, memory)
            out["reports"] += 1
            if message.all("OBX"):
                results(message, settings, memory, out)
                out["reports"] -= 1
        else:
            raise Refused("MSH", 9, 201 if kind == "ADT" else 200)
    except Refused as fault:
        for key, value in before.items():
            out[key] = out[key][:value] if isinstance(out[key], list) else value
        refuse(out, acknowledgement(message, False), fault)
        return
    words = [f"ack {acknowledgement(message, True)}"] + [f"!{flag}" for flag in message.flags]
    out["outcome"].append(" ".join(words))


def translate(data: bytes, settings: dict) -> dict:
    out = {"observations": [], "events": [], "outcome": [], "reports": 0}
    memory = {}
    for raw in split_messages(data):
        translate_one(raw, settings, memory, out)
    out["outcome"].append(f"messages {len(out['outcome'])} reports {out.pop('reports')}")
    return out

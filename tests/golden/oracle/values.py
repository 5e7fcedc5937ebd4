"""OBX-5 by OBX-2: the value column of an observation line."""

import re
from decimal import Decimal

from . import times
from .hl7 import Refused

NUMBER = re.compile(r"^[+-]?(\d+(\.\d*)?|\.\d+)$")
NO_VALUE = re.compile(r"^(-{2,}|\*{2,}|-\?-|\?{2,})$")
CODED = {"CE", "CWE", "CNE", "CF"}
TEXTS = {"ST", "TX", "FT", "VR"}


def decimal(text: str) -> str:
    """The sender's digits: trailing zeros stay, a plus sign and leading zeros go, a bare point is completed."""
    sign = "-" if text.startswith("-") else ""
    whole, _, fraction = text.lstrip("+-").partition(".")
    return sign + (whole.lstrip("0") or "0") + ("." + fraction if fraction else "")


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("|", "\\|")
    return '"' + escaped.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n") + '"'


def code_text(identifier: str, text: str, system: str) -> str:
    return "^".join(part.replace("\\", "\\\\").replace("|", "\\|").replace("^", "\\^")
                    for part in (identifier, text, system))


def with_unit(number: str, unit: tuple) -> str:
    source, ucum = unit[0], unit[1]
    return f"{number} {source} → {ucum}" if source else number


class Value:
    """Reads one OBX-5 field in the light of OBX-2 and OBX-6."""

    def __init__(self, message, segment, unit, site_zone, message_zone, sequence):
        self.message, self.segment, self.unit = message, segment, unit
        self.site_zone, self.message_zone, self.sequence = site_zone, message_zone, sequence

    def refuse(self):
        raise Refused("OBX", 5, 102, self.sequence)

    def number(self, text: str) -> str:
        if NUMBER.match(text):
            return with_unit(decimal(text), self.unit)
        compared = re.match(r"^(<=|>=|<|>)\s*(.+)$", text)
        if compared and NUMBER.match(compared.group(2)):
            return compared.group(1) + with_unit(decimal(compared.group(2)), self.unit)
        return self.refuse()

    def structured(self, comps: list) -> str:
        comparator, first, separator, second = (comps + ["", "", "", ""])[:4]
        numbers = [decimal(n) if NUMBER.match(n) else self.refuse() for n in (first, second) if n]
        if not numbers:
            return "absent:unknown"
        if separator == "-" and len(numbers) == 2:
            return "range " + with_unit(f"{numbers[0]}..{numbers[1]}", self.unit)
        if separator in ("/", ":") and len(numbers) == 2:
            return with_unit(f"ratio {numbers[0]}:{numbers[1]}", self.unit)
        if separator or comparator == "<>":
            return "text " + quoted(comparator + first + separator + second)
        return (comparator if comparator != "=" else "") + with_unit(numbers[0], self.unit)

    def time(self, text: str) -> str:
        found = times.instant(text, self.message_zone, self.site_zone)
        return f"time {found}" if found else self.refuse()

    def one(self, kind: str, repetition: list) -> str:
        unescape = self.message.unescape
        comps = [unescape(comp[0]).strip() for comp in repetition]
        first = comps[0]
        if kind == "NM":
            return "absent:unknown" if NO_VALUE.match(first) or first in ("", '""') else self.number(first)
        if kind == "SN":
            return self.structured(comps)
        if kind in CODED:
            comps += [""] * (9 - len(comps))
            shown = "code " + code_text(comps[0], comps[1] or comps[8], comps[2])
            return shown + ("+" + code_text(*comps[3:6]) if comps[3] else "")
        if kind in ("IS", "ID"):
            return "code " + code_text(first, "", "")
        if kind == "DT":
            return f"date {times.date(first)}" if times.instant(first, "", "UTC") else self.refuse()
        if kind in ("TS", "DTM"):
            return self.time(first)
        if kind == "TM":
            found = times.clock(first)
            return f"clock {found}" if found else self.refuse()
        if kind == "DR":
            ends = [times.instant(c, self.message_zone, self.site_zone) if c else "" for c in (comps + [""])[:2]]
            return "period " + "..".join(end if end is not None else self.refuse() for end in ends)
        if kind == "NR":
            ends = [decimal(c) if NUMBER.match(c) else "" if not c else self.refuse() for c in (comps + [""])[:2]]
            return "range " + with_unit("..".join(ends), self.unit)
        if kind == "RP":
            comps += [""] * (4 - len(comps))
            return f"reference {comps[2] or '-'}/{comps[3] or '-'} {quoted(comps[0])}"
        if kind == "ED":
            comps += [""] * (5 - len(comps))
            return f"attachment {comps[1]}/{comps[2]} {comps[3]} {quoted(comps[4])}"
        raw = self.message.component.join(self.message.sub.join(sub for sub in comp) for comp in repetition)
        return "text " + quoted(unescape(raw)) if raw not in ("", '""') else "absent:unknown"

    def samples(self, kind: str, reps: list) -> str:
        rows = [[comp[0].strip() for comp in rep] for rep in reps]
        width = max(len(row) for row in rows)
        dimensions = width if kind == "MA" or len(rows) > 1 else 1
        out = []
        for row in rows:
            for value in row + [""] * ((width - len(row)) if dimensions > 1 else 0):
                out.append(decimal(value) if NUMBER.match(value) else "E" if not value else self.refuse())
        return f"samples {len(out)}x{dimensions} [{' '.join(out)}]"

    def read(self, kind: str) -> str:
        field = self.message.get(self.segment, 5)
        if field.strip() in ("", '""'):
            return "absent:unknown"
        reps = self.message.parts(field)
        if kind in ("NA", "MA"):
            return self.samples(kind, reps)
        if kind in ("TX", "FT") and len(reps) > 1:
            lines = field.split(self.message.repetition)
            return "text " + quoted("\n".join(self.message.unescape(line) for line in lines))
        if kind in ("", "ST") or kind not in CODED | {"NM", "SN", "IS", "ID", "DT", "TS", "DTM", "TM", "DR", "NR",
                                                      "RP", "ED", "TX", "FT"}:
            kind = "ST"
        shown = [self.one(kind, rep) for rep in reps]
        return shown[0] if len(shown) == 1 else "[" + "; ".join(shown) + "]"


def limits(text: str) -> str:
    """OBX-7: `low..high`, one side open, or the text as it came."""
    text = text.strip()
    if text in ("", '""'):
        return "-"
    one = re.match(r"^(<=|>=|<|>)\s*(.+)$", text)
    if one and NUMBER.match(one.group(2)):
        number = decimal(one.group(2))
        return f"{number}.." if ">" in one.group(1) else f"..{number}"
    two = re.match(r"^([+-]?[\d.]+)\s*-\s*([+-]?[\d.]+)$", text)
    if two and NUMBER.match(two.group(1)) and NUMBER.match(two.group(2)):
        low, high = decimal(two.group(1)), decimal(two.group(2))
        if Decimal(low) <= Decimal(high):
            return f"{low}..{high}"
    return quoted(text)

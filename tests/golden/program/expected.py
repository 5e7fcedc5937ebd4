"""The lines of a case, parsed, in the same form as canonical.py gives."""

import re
import shlex
from decimal import Decimal

from oracle.values import code_text

SECURITY = {"UNRELIABLE", "UNCERTREL", "HTEST", "HRELIABLE"}


def split_columns(line: str) -> list:
    return re.split(r" \| ", line)


def zone_rule(text: str) -> str:
    """stated and header were said by the sender; the others were added from the site's zone."""
    return re.sub(r"\((stated|header)\)", "(said)", re.sub(r"\((ambiguous|nonexistent)\)", "(assumed)", text))


def possible_times(text: str, offsets: tuple = ("+01:00", "+02:00")) -> set:
    """In the doubled hour (Europe/Berlin in these cases) the reading nearer to the time of receipt is taken."""
    if "(ambiguous)" not in text:
        return {zone_rule(text)}
    return {re.sub(r"[+-]\d\d:\d\d\(ambiguous\)", f"{offset}(assumed)", text) for offset in offsets}


def words_of(text: str) -> list:
    return re.findall(r'(?:[^\s"]|"(?:\\.|[^"\\])*")+', text)


def code_of(text: str) -> tuple:
    parts = re.split(r"(?<!\\)\^", text)
    return tuple(re.sub(r"\\(.)", r"\1", part) for part in (parts + ["", ""])[:3])


def source_value(value: str, implied: bool) -> str:
    """The value without the conclusion (UCUM), and without a unit that only the profile knows."""
    if value.startswith("["):
        return "[" + "; ".join(source_value(part, implied) for part in value[1:-1].split("; ")) + "]"
    shown = re.sub(r" → \S+", "", value)
    if implied:
        shown = re.sub(r"^([<>=]*-?[\d.]+) .*$", r"\1", shown)
    if shown.startswith("samples"):
        return source_samples(value)
    if shown.startswith("attachment"):
        return re.sub(r" \S+ (?=\")", " ", shown)
    if shown.startswith("reference"):
        return "attachment" + shown[len("reference"):]
    return zone_rule(shown)


def source_samples(value: str) -> str:
    found = re.match(r"samples (\S+) \[(.*?)\](?: period (\S+) ms)?(?: scale (\S+))?", value)
    count, listed, period, scale = found.groups()
    factor = Decimal(scale) if scale else Decimal(1)
    shown = ["E" if text == "E" else str((Decimal(text) * factor).normalize()) for text in listed.split()]
    return f"samples {count} {' '.join(shown)}" + (f" period {Decimal(period).normalize():f}" if period else "")


def observation(line: str) -> dict:
    path, code, mdc, value, loinc, category, time, status, limits = split_columns(line)
    words = words_of(status)
    flags = {word[1:] for word in words if word.startswith("!")}
    plain = {word for word in words[1:] if not word.startswith("!") and ":" not in word} - SECURITY
    plain |= {word.split(":", 1)[1] for word in words if word.startswith("other:")}
    return {"path": path, "code": code_of(code), "mdc": mdc, "value": value,
            "source_value": source_value(value, "unit-implied" in flags), "category": category,
            "loinc": [] if loinc == "-" else loinc.split(","), "times": possible_times(time), "status": words[0],
            "words": plain, "flags": flags, "security": {word for word in words if word in SECURITY},
            "limits": limits}


def observations(lines: list) -> list:
    return [observation(line) for line in lines if not line.startswith("report ")]


def report(line: str) -> dict:
    """`report device=… patient=… name=… birth=… sex=… location=…`."""
    out = {"names": []}
    for word in shlex.split(line)[1:]:
        key, _, text = word.partition("=")
        if key == "name":
            out["names"].append(text)
        else:
            out[key] = "" if text == "-" else text
    return out


def event(line: str) -> dict:
    """`what word key=value …`; names may stand more than once."""
    words = shlex.split(line)
    out = {"what": words[0], "suspected": "suspected" in words[1:2], "names": [], "prior-names": []}
    for word in words[1:]:
        key, _, text = word.partition("=")
        if key in ("name", "prior-name"):
            out[key + "s"].append(text)
        elif text:
            out[key] = text
    out["at"] = zone_rule(out["at"])
    return out


def same_code(left: tuple, right: tuple) -> bool:
    return code_text(*left) == code_text(*right)

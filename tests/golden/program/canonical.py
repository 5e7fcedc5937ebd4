"""Decoded reports → the columns that a report itself holds (no conclusions: no LOINC, no category, no UCUM)."""

import struct
from base64 import b64encode
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from oracle.values import code_text, quoted

EPOCH = datetime(1970, 1, 1)
ABSENT = {"ABSENT_UNKNOWN": "unknown", "ABSENT_TEMPORARILY_UNKNOWN": "temp-unknown", "ABSENT_NOT_ASKED": "not-asked",
          "ABSENT_NOT_PERFORMED": "not-performed", "ABSENT_ERROR": "error"}
RESULT = {"RESULT_FINAL": "final", "RESULT_PRELIMINARY": "preliminary", "RESULT_UNVALIDATED": "preliminary",
          "RESULT_CORRECTED": "corrected", "RESULT_AMENDED": "amended", "RESULT_WRONG": "entered-in-error",
          "RESULT_CANCELLED": "preliminary", "RESULT_NOT_ASKED": "final", "RESULT_PENDING": "registered",
          None: "unknown"}
STATUS_WORDS = {0x2: "questionable", 0x8: "calibration-ongoing", 0x10: "test-data", 0x20: "demo-data",
                0x100: "validated-data", 0x200: "early-indication", 0x400: "msmt-ongoing", 0x4000: "in-alarm",
                0x8000: "alarm-inhibited", 0x10000: ">", 0x20000: "<"}
COMPARATORS = {"COMPARATOR_LESS": "<", "COMPARATOR_LESS_OR_EQUAL": "<=", "COMPARATOR_GREATER": ">",
               "COMPARATOR_GREATER_OR_EQUAL": ">="}
INACTIVATION = ("enabled", "audio-paused", "audio-off", "alarm-paused", "alarm-off", "alert-acknowledged")
WORDS = {"PRIORITY_NONE": "PN", "PRIORITY_LOW": "PL", "PRIORITY_MEDIUM": "PM", "PRIORITY_HIGH": "PH",
         "ALERT_PHYSIOLOGICAL": "SP", "ALERT_TECHNICAL": "ST", "ALERT_ADVISORY": "SA"}


def decimal(number: dict) -> str:
    mantissa, exponent = number.get("mantissa", 0), number.get("exponent", 0)
    return str(Decimal((mantissa < 0, tuple(int(d) for d in str(abs(mantissa))), 0)).scaleb(exponent)) \
        if exponent > 0 else format(Decimal(mantissa).scaleb(exponent), "f")


def zone(minutes: int) -> str:
    return "Z" if minutes == 0 else f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def time(value: dict) -> str:
    """RFC 3339 and how sure the zone is: `said` or `assumed`; a date or a clock time alone as the cases write them."""
    moment = EPOCH + timedelta(microseconds=value.get("civil_us", 0))
    precision = value.get("precision", "PRECISION_NONE")
    fraction = f"{moment.microsecond:06}".rstrip("0")
    seconds = f"{moment:%H:%M:%S}" + (f".{fraction}" if fraction else "")
    if value.get("flags", 0) & 2:
        return seconds
    if precision in ("PRECISION_YEAR", "PRECISION_MONTH", "PRECISION_DAY"):
        return f"{moment:%Y-%m-%d}"[:{"PRECISION_YEAR": 4, "PRECISION_MONTH": 7, "PRECISION_DAY": 10}[precision]]
    if precision == "PRECISION_NONE":
        return "received"
    assumed = "assumed" if value.get("flags", 0) & 1 else "said"
    offset = value.get("offset_minutes")
    return f"{moment:%Y-%m-%d}T{seconds}{zone(offset) if offset is not None else '?'}({assumed})"


def samples(block: dict) -> str:
    width, dimensions = block.get("sample_bytes", 2), block.get("dimensions", 1)
    data = block.get("data", b"")
    raw = struct.unpack(f"<{len(data) // width}{'h' if width == 2 else 'i'}", data)
    scale = Decimal(decimal(block["scale"])) if "scale" in block else Decimal(1)
    origin = Decimal(decimal(block["origin"])) if "origin" in block else Decimal(0)
    missing = block.get("missing")
    shown = ["E" if value == missing and missing is not None else str((value * scale + origin).normalize())
             for value in raw]
    period = Decimal(block.get("period_ns", 0)) / 1000000
    return f"samples {len(raw)}x{dimensions} {' '.join(shown)}" + (f" period {period.normalize():f}" if period else "")


class Reading:
    """One decoded report with its tables."""

    def __init__(self, report: dict):
        self.report = report

    def concept(self, index: int) -> dict:
        return self.report["concepts"][index - 1] if index else {}

    def coding(self, index: int) -> tuple:
        concept = self.concept(index)
        first = (concept.get("codings") or [{}])[0]
        return first.get("code", ""), first.get("text", "") or concept.get("text", ""), first.get("system", "")

    def unit(self, index: int) -> str:
        unit = self.report["units"][index - 1] if index else {}
        code, text, system = unit.get("code", ""), unit.get("text", ""), unit.get("system", "")
        return (text or code) if system in ("MDC", "MDIL") else (code or text)

    def value(self, value: dict, unit: str) -> str:
        with_unit = f" {unit}" if unit else ""
        if "mantissa" in value:
            return COMPARATORS.get(value.get("comparator"), "") + decimal(value) + with_unit
        if "text" in value:
            return "text " + quoted(value["text"])
        if "code" in value:
            concept = self.concept(value["code"])
            codings = concept.get("codings") or [{}]
            first = codings[0]
            shown = code_text(first.get("code", ""), first.get("text", "") or concept.get("text", ""),
                              first.get("system", ""))
            return "code " + "+".join([shown] + [code_text(c.get("code", ""), c.get("text", ""), c.get("system", ""))
                                                 for c in codings[1:]])
        if "samples" in value:
            return samples(value["samples"])
        if "time" in value:
            kind = "clock" if value["time"].get("flags", 0) & 2 else \
                "date" if "T" not in time(value["time"]) else "time"
            return f"{kind} {time(value['time'])}"
        if "period" in value:
            ends = [time(value["period"][end]) if end in value["period"] else "" for end in ("start", "end")]
            return "period " + "..".join(ends)
        if "range" in value:
            ends = [decimal(value["range"][end]) if end in value["range"] else "" for end in ("low", "high")]
            return "range " + "..".join(ends) + with_unit
        if "ratio" in value:
            ends = [decimal(value["ratio"].get(end, {})) for end in ("numerator", "denominator")]
            return "ratio " + ":".join(ends) + with_unit
        if "attachment" in value:
            held = value["attachment"]
            return f"attachment {held.get('media_type', '')} " + quoted(
                held["reference"] if held.get("reference") else b64encode(held.get("data", b"")).decode("ascii"))
        return "absent:" + ABSENT.get(value.get("absent"), str(value.get("absent", "unknown")))

    def measured(self, observation: dict) -> str:
        base = self.report.get("base_time", {})

        def at(delta, whole):
            if whole in observation:
                return time(observation[whole])
            if delta in observation:
                return time({**base, "civil_us": base.get("civil_us", 0) + observation[delta]})
            return ""

        start, end = at("measured_delta_us", "measured_at"), at("until_delta_us", "measured_until")
        return f"{start}..{end}" if end else start or "received"

    def limits(self, observation: dict) -> str:
        for field, word in (("alarm_limits", "alarm"), ("normal_range", "normal")):
            if field in observation:
                found = observation[field]
                if "low" not in found and "high" not in found:
                    return f"{word} " + quoted(found.get("text", ""))
                return f"{word} " + "..".join(decimal(found[e]) if e in found else "" for e in ("low", "high"))
        return "-"

    def observation(self, observation: dict) -> dict:
        unit = self.unit(observation.get("unit", 0))
        values = [self.value(value, unit) for value in observation.get("values", [])]
        words = {word for bit, word in STATUS_WORDS.items() if observation.get("status", 0) & bit}
        flags = self.concept(observation.get("flags", 0))
        words |= {coding.get("code", "") for coding in flags.get("codings", [])}
        path = observation.get("path", [])
        return {"path": ".".join(str(level) for level in path) or observation.get("sub_id", "") or "-",
                "code": self.coding(observation.get("code", 0)),
                "value": values[0] if len(values) == 1 else "[" + "; ".join(values) + "]",
                "time": self.measured(observation), "status": RESULT.get(observation.get("result")), "words": words,
                "limits": self.limits(observation)}

    def who_and_where(self) -> dict:
        patient = self.report.get("patient", {})
        sex = {"M": "male", "F": "female", "U": "unknown", "O": "other", "A": "other", "N": "other"}
        return {"patient": ",".join(self.identifiers(patient)), "names": names(patient),
                "birth": time(patient["born_at"])[:10] if "born_at" in patient else "",
                "sex": sex.get(patient.get("sex"), ""), "location": place(self.report.get("place", {}))}

    def identifiers(self, patient: dict) -> list:
        return [identifier(found) for found in patient.get("identifiers", [])]

    def context(self, context: dict) -> dict:
        patient, prior = context.get("patient", {}), context.get("prior_patient", {})
        out = {"kind": context["kind"].replace("CONTEXT_", "").lower().replace("_", "-"),
               "suspected": bool(context.get("suspected")), "trigger": context.get("trigger", ""),
               "patient": self.identifiers(patient), "names": names(patient), "prior": self.identifiers(prior),
               "to": place(context.get("place", {})), "from": place(context.get("prior_place", {})),
               "at": time(context.get("occurred_at") or context.get("recorded_at") or {})}
        for word, claim in (("", patient), ("prior-", prior)):
            for field in ("account", "visit"):
                if claim.get(field):
                    out[word + field] = identifier(claim[field])
        return out

    def alert(self, alert: dict) -> dict:
        source = self.coding(alert.get("source", 0))
        unit = self.unit(alert.get("source_unit", 0))
        return {"path": ".".join(str(level) for level in alert.get("path", [])) or "-",
                "event": self.coding(alert.get("event", 0)), "source": source,
                "value": [self.value(value, unit) for value in alert.get("source_values", [])],
                "phase": alert.get("phase", "").replace("PHASE_", "").lower(),
                "state": alert.get("state", "").replace("STATE_", "").lower(),
                "inactivation": [word for bit, word in enumerate(INACTIVATION)
                                 if alert.get("inactivation", 0) & (1 << bit)],
                "priority": WORDS.get(alert.get("priority"), ""), "kind": WORDS.get(alert.get("kind"), ""),
                "text": alert.get("text", ""), "id": alert.get("id", {}).get("value", ""),
                "parent": alert.get("parent", {}).get("value", ""), "at": time(alert.get("occurred_at", {}))}


def identifier(found: dict) -> str:
    authority = "&".join(found[part] for part in ("authority", "universal", "universal_type") if found.get(part))
    return "^".join([found.get("value", ""), authority, found.get("type", "")]).rstrip("^")


def names(patient: dict) -> list:
    return [", ".join(part for part in (name.get("family", ""), name.get("given", "")) if part)
            for name in patient.get("names", [])]


def place(found: dict) -> str:
    parts = [found.get(part, "") for part in ("point_of_care", "room", "bed")]
    facility = found.get("facility", "")
    if not any(parts) and not facility:
        return ""
    return "/".join(part or "-" for part in parts) + (f"@{facility}" if facility else "")

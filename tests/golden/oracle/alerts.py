"""ORU^R40 (IHE ACM) rows, their older packed form, and Philips alert rows → alert lines."""

from . import terms, times
from .context import shown
from .values import code_text, limits

FACETS = {"1": "event", "2": "source", "3": "phase", "4": "state", "5": "inactivation", "6": "priority", "7": "kind"}
PRIORITIES, KINDS = {"PN", "PL", "PM", "PH"}, {"SP", "ST", "SA"}
WORDS = {"phase": {"start", "continue", "end", "update", "escalate", "deescalate", "reset"},
         "state": {"active", "inactive", "latched"},
         "inactivation": {"enabled", "audio-paused", "audio-off", "alarm-paused", "alarm-off", "alert-acknowledged"},
         "priority": PRIORITIES, "kind": KINDS}
PHILIPS = {"1": ("PH", "SP"), "2": ("PM", "SP"), "5": ("PH", "ST"), "6": ("PL", "ST")}


def is_alarm_message(message) -> bool:
    return message.text(message.get(message.first("MSH"), 9), component=2) == "R40"


def belongs(message, row) -> bool:
    return (is_alarm_message(message) and len(row.levels) == 5 and row.levels[4] in FACETS) \
        or row.code[2] == "MDIL-ALERT"


def tokens(message, field: str) -> list:
    return [message.text(field, repetition=i + 1) for i in range(len(message.parts(field)))] if field else []


def checked(code: tuple) -> str:
    """A coded element, with `!` and the flag when number and name do not belong together."""
    flags = terms.resolve_mdc(code[0], code[1])[1] if code[2] == "MDC" else []
    return shown(code_text(*code)) + "".join(f"!{flag}" for flag in flags if flag != "unmapped")


def event_words(message, row) -> list:
    value = message.get(row.segment, 5)
    parts = [message.text(value, component=i) for i in (1, 2, 3, 9)]
    if row.code[0] == "196616" and parts[0] and parts[2]:
        words = [f"event={checked(tuple(parts[:3]))}"]
        return words + ([f"text={shown(parts[3])}"] if parts[3] else [])
    text = message.unescape(value).strip()
    return [f"event={checked(row.code)}"] + ([f"text={shown(text)}"] if text else [])


def source_words(message, row, translator) -> list:
    value = message.get(row.segment, 5)
    if row.code[0] == "68480" or row.code[1] == "MDC_ATTR_ALERT_SOURCE":
        parts = [message.text(value, component=i) for i in (1, 2, 3)]
        coded = checked(tuple(parts)) if parts[2] else shown(parts[0]) if parts[0] else ""
        return [f"source={coded}"] if coded else []
    translator.fill(row)
    bounds = limits(message.text(message.get(row.segment, 7)))
    return [f"source={checked(row.code)}", f"value={shown(row.value)}"] + \
        ([f"limits={bounds}"] if bounds != "-" else [])


def grouped(rows: list) -> dict:
    groups = {}
    for row in rows:
        groups.setdefault((id(row.order), ".".join(row.levels[:4])), {})[row.levels[4]] = row
    return groups


def packed(message, rows) -> dict:
    """Priority, kind and abnormality of the older style, which repeats them in OBX-8 of each row."""
    found = {}
    for row in rows:
        for token in tokens(message, message.get(row.segment, 8)):
            if token in PRIORITIES:
                found.setdefault("priority", token)
            elif token in KINDS:
                found.setdefault("kind", token)
    return found


def alert_time(message, row, translator) -> str:
    for text in (message.text(message.get(row.segment, 14)) if row else "",
                 message.text(message.get(translator.current_order, 7)), translator.message_time):
        found = times.instant(text, translator.message_zone, translator.zone) if text else None
        if found:
            return found
    return "received"


def identity(message, order: list) -> list:
    words = []
    own = message.text(message.get(order, 3))
    parent = message.get(order, 29)
    given = [message.text(parent, component=c) for c in (1, 2)]
    sub = [message.text(parent, component=c, sub=1) for c in (1, 2)]
    if own:
        words.append(f"id={shown(own)}")
    if any(given):
        words.append(f"parent={shown(sub[1] or sub[0])}")
    return words


def lines(message, rows: list, translator) -> list:
    out = []
    for row in (row for row in rows if row.code[2] == "MDIL-ALERT"):
        translator.current_order = row.order
        priority, kind = PHILIPS.get(row.code[0], ("", ""))
        text = message.unescape(message.get(row.segment, 5)).strip()
        words = ["alert", f"path={row.path or '-'}", f"event={shown(code_text(*row.code))}", f"text={shown(text)}"]
        words += [f"priority={priority}"] if priority else []
        words += [f"kind={kind}"] if kind else []
        out.append(" ".join(words + [f"at={alert_time(message, row, translator)}"]))
    for (_, path), facets in grouped([row for row in rows if row.code[2] != "MDIL-ALERT"]).items():
        order = next(iter(facets.values())).order
        translator.current_order = order
        words = ["alert", f"path={path}"] + identity(message, order)
        words += event_words(message, facets["1"]) if "1" in facets else []
        words += source_words(message, facets["2"], translator) if "2" in facets else []
        extra = packed(message, facets.values())
        for number in "34567":
            word = FACETS[number]
            said = tokens(message, message.get(facets[number].segment, 5)) if number in facets else []
            said = [text for text in said if text in WORDS[word]]
            if said:
                words.append(f"{word}={','.join(shown(text) for text in said)}")
            elif word in extra:
                words.append(f"{word}={extra[word]}")
        out.append(" ".join(words + [f"at={alert_time(message, facets.get('1'), translator)}"]))
    return out

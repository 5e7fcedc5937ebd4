"""HL7 times (TS, DTM, DT, TM) as RFC 3339 text with the rule by which the zone was found."""

import re
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

DTM = re.compile(r"^(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:\.(\d{1,6}))?([+-]\d{4})?$")


def header_zone(text: str) -> str:
    match = DTM.match(text)
    return (match.group(8) or "") if match else ""


def _zone_text(offset: timedelta) -> str:
    minutes = int(offset.total_seconds() // 60)
    if minutes == 0:
        return "Z"
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def instant(text: str, message_zone: str, site_zone: str):
    """RFC 3339 text plus `(stated)`, `(header)` or `(assumed)`; a date alone has no zone; None when it is no time."""
    match = DTM.match(text)
    if not match:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        checked = datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0),
                           int(second or 0))
    except ValueError:
        return None
    if hour is None:
        return "-".join(part for part in (year, month, day) if part)
    rule = "stated" if zone else "header" if message_zone else "assumed"
    zone = zone or message_zone
    if zone:
        offset = timedelta(hours=int(zone[:3]), minutes=int(zone[0] + zone[3:]))
        timezone(offset)
    else:
        local = checked.replace(tzinfo=ZoneInfo(site_zone), fold=0)
        offset = local.utcoffset()
        if local.replace(fold=1).utcoffset() != offset:
            rule = "ambiguous" if local.replace(fold=1).utcoffset() < offset else "nonexistent"
    fraction = (fraction or "").rstrip("0")
    seconds = f"{checked.second:02}" + (f".{fraction}" if fraction else "")
    return f"{checked:%Y-%m-%dT%H:%M}:{seconds}{_zone_text(offset)}({rule})"


def date(text: str) -> str:
    """A birth date or DT: year, month, day as far as given; a part that is 00 was unknown to the sender."""
    digits = re.match(r"^(\d{4})(\d{2})?(\d{2})?", text)
    if not digits:
        return "-"
    kept = []
    for part in digits.groups():
        if part is None or int(part) == 0:
            break
        kept.append(part)
    return "-".join(kept) or "-"


def clock(text: str):
    match = re.match(r"^(\d{2})(\d{2})?(\d{2})?(?:\.(\d+))?([+-]\d{4})?$", text)
    if not match:
        return None
    hour, minute, second, fraction, _ = match.groups()
    return f"{hour}:{minute or '00'}:{second or '00'}" + (f".{fraction}" if fraction else "")

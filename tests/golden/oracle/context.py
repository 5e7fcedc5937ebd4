"""ADT messages → context event lines: who, where, when, and what changed."""

from . import times
from .hl7 import Refused

TRIGGERS = {
    "A01": "admit", "A02": "transfer", "A03": "discharge", "A04": "admit", "A05": "preadmit", "A06": "change-class",
    "A07": "change-class", "A08": "update", "A09": "track", "A10": "track", "A11": "cancel-admit",
    "A12": "cancel-transfer", "A13": "cancel-discharge", "A15": "pending", "A17": "swap", "A18": "merge",
    "A21": "leave", "A22": "return", "A28": "update", "A31": "update", "A34": "merge", "A35": "merge", "A36": "merge",
    "A37": "unlink-patients", "A39": "merge", "A40": "merge", "A41": "merge", "A42": "merge", "A43": "move",
    "A44": "move", "A45": "move", "A47": "change-id", "A49": "change-id", "A50": "change-id", "A51": "change-id",
}
SEX = {"M": "male", "F": "female", "O": "other", "U": "unknown", "A": "other", "N": "other"}


def shown(text: str) -> str:
    """A word of a line; quoted when it has blanks or quotes."""
    return '"' + text.replace('"', '\\"') + '"' if any(c in text for c in ' "|') else text


def identifiers(message, field: str) -> list:
    found = []
    for index in range(len(message.parts(field)) if field else 0):
        rep = index + 1
        value = message.text(field, rep, 1)
        if value in ("", '""'):
            continue
        authority = "&".join(part for part in (message.text(field, rep, 4, sub) for sub in (1, 2, 3)) if part)
        kind = message.text(field, rep, 5)
        found.append("^".join([value, authority, kind]).rstrip("^"))
    return found


def patient_ids(message, pid: list) -> str:
    """PID-3; in the oldest versions the only identifier may stand in PID-2."""
    found = identifiers(message, message.get(pid, 3)) or identifiers(message, message.get(pid, 2))
    return ",".join(shown(text) for text in found)


def demographics(message, pid: list) -> list:
    words = []
    field = message.get(pid, 5)
    for index in range(len(message.parts(field)) if field else 0):
        parts = [message.text(field, index + 1, component) for component in (1, 2, 3)]
        parts = [part for part in parts if part not in ("", '""')]
        if parts:
            words.append(f"name={shown(', '.join([parts[0], ' '.join(parts[1:])]) if parts[1:] else parts[0])}")
    birth, sex = message.text(message.get(pid, 7)), message.text(message.get(pid, 8))
    if birth not in ("", '""') and times.date(birth) != "-":
        words.append(f"birth={times.date(birth)}")
    if sex in SEX:
        words.append(f"sex={SEX[sex]}")
    return words


def location(message, field: str) -> str:
    """PL as unit/room/bed@facility, each its first sub-component that says something; null takes the place away."""
    if field.strip() == '""':
        return "none"
    parts = [next((text for text in (message.text(field, 1, component, sub) for sub in (1, 2, 3)) if text), "")
             for component in (1, 2, 3)]
    parts = ["" if part == '""' else part for part in parts]
    facility = message.text(field, component=4)
    if not any(parts) and not facility:
        return ""
    return shown("/".join(part or "-" for part in parts) + (f"@{facility}" if facility not in ("", '""') else ""))


def visit(message, pv1: list) -> list:
    found = identifiers(message, message.get(pv1, 19))
    return [f"visit={shown(found[0])}"] if found else []


def valid_time(message, trigger: str, settings: dict) -> str:
    """EVN-6 (when it happened), else EVN-2 (when it was recorded), else MSH-7."""
    evn, msh = message.first("EVN"), message.first("MSH")
    header = message.text(message.get(msh, 7))
    zone, site = times.header_zone(header), settings.get("time_zone", "Europe/Berlin")
    for text in (message.text(message.get(evn, 6)), message.text(message.get(evn, 2)), header):
        found = times.instant(text, zone, site) if text not in ("", '""') else None
        if found:
            return found
    return "received"


def merge_words(message, mrg: list) -> list:
    words = []
    for number, word in ((1, "prior"), (3, "prior-account"), (5, "prior-visit"), (6, "prior-alternate-visit")):
        found = identifiers(message, message.get(mrg, number))
        if found:
            words.append(f"{word}={','.join(shown(text) for text in found)}")
    return words


def claim(message, group: dict) -> list:
    pid, pv1 = group["PID"], group["PV1"]
    words = [f"patient={patient_ids(message, pid) or '-'}"] + demographics(message, pid)
    account = identifiers(message, message.get(pid, 18))
    alternate = identifiers(message, message.get(pv1, 50))
    words += [f"account={shown(account[0])}"] if account else []
    return words + visit(message, pv1) + ([f"alternate-visit={shown(alternate[0])}"] if alternate else [])


def one(message, trigger: str, group: dict, at: str, memory: dict) -> list:
    """The lines of one patient group: the event itself and, for an update in another bed, a suspected transfer."""
    pv1, ids = group["PV1"], patient_ids(message, group["PID"])
    words = [TRIGGERS[trigger], f"trigger={trigger}"] + claim(message, group)
    if group["MRG"]:
        words += merge_words(message, group["MRG"])
    here, before, pending = (location(message, message.get(pv1, number)) for number in (3, 6, 42))
    words += [f"from={before}"] if before else []
    words += [f"to={here}"] if here else []
    words += [f"pending={pending}"] if pending else []
    said = [" ".join(words + [f"at={at}"])]
    last = memory.get(("place", ids))
    if trigger == "A08" and here and last and here != last:
        said.append(f"transfer suspected trigger=A08 patient={ids} from={last} to={here} at={at}")
    if here and ids:
        memory[("place", ids)] = here
    return said


def swapped(word: str) -> str:
    return word.replace("patient=", "prior-patient=", 1).replace("name=", "prior-name=", 1) \
        .replace("birth=", "prior-birth=", 1).replace("sex=", "prior-sex=", 1).replace("visit=", "prior-visit=", 1) \
        .replace("account=", "prior-account=", 1)


def pair(message, trigger: str, groups: list, at: str, memory: dict) -> str:
    """Swap and unlink name two patients in one event."""
    words = [TRIGGERS[trigger], f"trigger={trigger}"] + claim(message, groups[0])
    places = [location(message, message.get(group["PV1"], 3)) for group in groups]
    words += [f"to={places[0]}"] if places[0] else []
    words += [swapped(word) for word in claim(message, groups[1])]
    words += [f"prior-to={places[1]}"] if places[1] else []
    for group, place in zip(groups, places):
        ids = patient_ids(message, group["PID"])
        if ids and place:
            memory[("place", ids)] = place
    return " ".join(words + [f"at={at}"])


def lines(message, trigger: str, settings: dict, memory: dict) -> list:
    groups = []
    for segment in message.segments:
        if segment[0] == "PID":
            groups.append({"PID": segment, "PV1": ["PV1"], "MRG": None})
        elif segment[0] in ("PV1", "MRG") and groups:
            groups[-1][segment[0]] = segment
    if not groups:
        raise Refused("PID", 0, 100)
    at = valid_time(message, trigger, settings)
    if trigger in ("A17", "A37") and len(groups) == 2:
        return [pair(message, trigger, groups, at, memory)]
    return [line for group in groups for line in one(message, trigger, group, at, memory)]

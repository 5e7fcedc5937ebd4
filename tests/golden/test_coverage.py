"""The corpus speaks of everything the HL7 v2 adapter promises. What is missing is named."""

import re

from oracle.cases import all_cases
from oracle.hl7 import Message, Refused, split_messages

CASES = all_cases()
RESULTS = {"ORU^R01", "ORU^R30", "ORU^R31", "ORU^R32", "ORU^R40", "OUL^R22", "ORF^R04"}
CONTEXT = {f"ADT^A{n:02}" for n in [*range(1, 14), 15, 17, 18, 21, 22, 28, 31, *range(34, 38), *range(39, 46), 47, 49,
                                     50, 51]}
VALUE_TYPES = set("NM SN ST TX FT CE CWE IS ID DT TM TS DTM NA MA ED RP NR DR".split())
MEASUREMENT = set("INV QUES NAV CAL TEST DEMO VAL EARLY BUSY ALACT ALINH NI OFF > <".split())
VERSIONS = {"2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8"}
ESCAPES = {"F", "S", "T", "R", "E", "X", "C", ".br"}
CHARACTER_SETS = {"UNICODE UTF-8", "8859/1", "8859/15", "~ISO IR87", "ASCII"}


def messages():
    for case in CASES:
        for raw in split_messages(case.input_bytes()):
            try:
                yield Message(raw, case.settings.get("character_set", ""))
            except Refused:
                pass


def collected() -> dict:
    seen = {key: set() for key in ("types", "value types", "OBX-8", "OBX-11", "versions", "sets", "escapes", "ends")}
    for message in messages():
        msh = message.first("MSH")
        seen["types"].add("^".join(message.text(message.get(msh, 9), component=i) for i in (1, 2)))
        seen["versions"].add(message.text(message.get(msh, 12)))
        seen["sets"].add(message.get(msh, 18))
        for row in message.all("OBX"):
            seen["value types"].add(message.get(row, 2))
            seen["OBX-8"].update(message.get(row, 8).split(message.repetition))
            seen["OBX-11"].add(message.get(row, 11))
            if message.escape == "\\":
                seen["escapes"].update(re.findall(r"\\(F|S|T|R|E|X|\.br)", message.get(row, 5)))
        seen["escapes"].update(re.findall(r"\\(C)[0-9A-F]{4}\\", "".join(message.first("PID"))))
    seen["ends"] = {case.settings.get("line_end", "cr") for case in CASES}
    return seen


def test_everything_promised_is_there():
    seen = collected()
    wanted = {"types": RESULTS | CONTEXT | {"MDM^T02", "ORM^O01"}, "value types": VALUE_TYPES | {""},
              "OBX-8": MEASUREMENT, "OBX-11": set("FPCADWRSIOUVBXN") | {""}, "versions": VERSIONS,
              "sets": CHARACTER_SETS | {""}, "escapes": ESCAPES, "ends": {"cr", "lf", "crlf"}}
    missing = {key: sorted(values - seen[key]) for key, values in wanted.items() if values - seen[key]}
    assert not missing


def test_corpus_is_large_enough():
    assert len(CASES) >= 100
    assert all(case.path.stem == re.sub(r"[^a-z0-9-]", "", case.path.stem) for case in CASES)

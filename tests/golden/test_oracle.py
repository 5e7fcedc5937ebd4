"""Every expected block of the corpus agrees with the independent oracle, and every case is complete."""

import pytest

from oracle.cases import all_cases
from oracle.translate import translate

CASES = all_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_oracle_agrees(case):
    said = translate(case.input_bytes(), case.settings)
    for kind in ("observations", "events", "outcome"):
        assert said[kind] == case.lines(kind), f"{case.path.name}: block {kind}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_is_complete(case):
    assert case.has("hl7") or case.has("hl7-hex")
    assert case.lines("outcome"), "a case says how the message is answered"
    assert case.lines("observations") or case.lines("events") or "ack" in case.lines("outcome")[0]

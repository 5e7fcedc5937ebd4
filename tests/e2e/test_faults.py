"""The short form of `./dev faults`: while one link is faulty, the others lose nothing."""

import sys

from ward import ROOT

sys.path.insert(0, str(ROOT / "tests" / "faults"))

import faults  # noqa: E402  pylint: disable=wrong-import-position


def test_the_others_lose_nothing_and_the_faulty_one_is_back_within_a_second():
    rows = faults.run(0.5, ("CRASH", "HANG", "LEAK", "REPORTS"))
    assert all(back < faults.BACK_WITHIN_S for _, _, _, back in rows), rows

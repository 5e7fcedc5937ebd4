"""The sum that ./dev test ends with is the sum of what its parts said."""

import subprocess
from pathlib import Path

import pytest

CMOCKA = "[==========] 3 test(s) run.\n[  PASSED  ] 2 test(s).\n"
CMOCKA_FAILED = CMOCKA + "[  FAILED  ] 1 test(s), listed below:\n[  FAILED  ] adds\n\n 1 FAILED TEST(S)\n"


@pytest.mark.parametrize(
    "ok, log, sums",
    [
        (1, "", "1 0"),
        (0, "", "0 1"),
        (1, CMOCKA * 3, "6 0"),
        (0, CMOCKA + CMOCKA_FAILED, "4 1"),
        (0, CMOCKA + "process terminated with signal ABRT\n", "2 1"),
        (1, "....\n4 passed in 0.5s\n", "4 0"),
        (0, "F..E\n1 failed, 102 passed, 2 errors in 108.49s (0:01:48)\n", "102 3"),
        (0, "==== 1 failed in 0.50s ====\n", "0 1"),
        (0, "103 passed in 2.0s\n7 passed, 2 failed\n", "7 2"),
        (1, "7 passed, 0 failed\n", "7 0"),
    ],
)
def test_cases_are_counted(ok, log, sums):
    command = ["awk", "-v", f"ok={ok}", "-f", str(Path(__file__).parent / "count.awk")]
    assert subprocess.run(command, input=log, capture_output=True, text=True, check=True).stdout == sums + "\n"

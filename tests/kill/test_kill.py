"""A few rounds of the kill test; `./dev kill` runs two hundred."""

import subprocess
import sys
from pathlib import Path


def test_what_was_acknowledged_survives_eight_kills():
    command = [sys.executable, Path(__file__).parent / "kill.py", "--rounds", "8", "--seed", "8"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr

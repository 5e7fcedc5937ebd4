#!/usr/bin/env python3
"""Translates the golden corpus to FHIR in each shape and form, personal health devices in theirs: produce.py FOLDER.

Writes FOLDER/CASE.FORM.ndjson; what the program said goes nowhere, the golden tests look at that.
"""

import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "golden"))

import test_golden  # noqa: E402  (its folder is not a package)

FORMS = {
    "transaction": ("fhir",),
    "batch": ("fhir", "--bundle", "batch"),
    "collection": ("fhir", "--bundle", "collection"),
    "resources": ("ndjson",),
    "transaction.core": ("fhir", "--shape", "core"),
    "resources.core": ("ndjson", "--shape", "core"),
}
PERSONAL = {
    "transaction.phd": ("fhir", "--shape", "phd"),
    "resources.phd": ("ndjson", "--shape", "phd"),
}


def main(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    written = {form: 0 for form in FORMS}
    for case in test_golden.CASES:
        for form, (to, *options) in FORMS.items():
            text = test_golden.translate(case, to, *options).stdout
            (folder / f"{case.name}.{form}.ndjson").write_bytes(text)
            written[form] += bool(text)
    for capture in sorted((ROOT / "tests" / "captures" / "phd").glob("*.capture")):
        for form, (to, *options) in PERSONAL.items():
            command = [test_golden.BINARY, "translate", "--to", to, *options, "--time-zone", "Europe/Berlin", capture]
            done = subprocess.run(command, capture_output=True, check=False)
            (folder / f"{capture.stem}.{form}.ndjson").write_bytes(done.stdout)
            written[form] = written.get(form, 0) + bool(done.stdout)
    empty = [form for form, count in written.items() if not count]
    if empty:
        sys.exit(f"produce: no case gave any FHIR as {', '.join(empty)}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

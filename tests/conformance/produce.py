#!/usr/bin/env python3
"""Translates every case of the golden corpus to FHIR, in each shape and form: produce.py FOLDER.

Writes FOLDER/CASE.FORM.ndjson; what the program said goes nowhere, the golden tests look at that.
"""

import pathlib
import shutil
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


def main(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    written = {form: 0 for form in FORMS}
    for case in test_golden.CASES:
        for form, (to, *options) in FORMS.items():
            text = test_golden.translate(case, to, *options).stdout
            (folder / f"{case.name}.{form}.ndjson").write_bytes(text)
            written[form] += bool(text)
    empty = [form for form, count in written.items() if not count]
    if empty:
        sys.exit(f"produce: no case gave any FHIR as {', '.join(empty)}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

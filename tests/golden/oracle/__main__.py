"""`python3 -m oracle CASE.md…` (from tests/golden): prints what the oracle says about a case, block by block."""

import sys
from pathlib import Path

from .cases import read_case
from .translate import translate


def main(paths: list) -> None:
    for path in paths:
        case = read_case(Path(path))
        said = translate(case.input_bytes(), case.settings)
        print(f"# {case.title}")
        for kind in ("observations", "events", "outcome"):
            if said[kind]:
                print(f"```{kind}\n" + "\n".join(said[kind]) + "\n```")


if __name__ == "__main__":
    main(sys.argv[1:])

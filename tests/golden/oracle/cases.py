"""Reads the golden cases: one Markdown file each, which a clinician can read from top to bottom.

A case has a heading, a `Source:` line, a `Shows:` line, an optional `Settings:` list and fenced blocks:
`hl7` or `hl7-hex` (the input, in order), `observations`, `events`, `outcome`, `fhir` (what must come out).
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
LINE_ENDS = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n"}
FENCE = re.compile(r"^```(\S+)\n(.*?)^```\s*$", re.M | re.S)
KNOWN_BLOCKS = {"hl7", "hl7-hex", "observations", "events", "outcome", "fhir"}


@dataclass
class Case:
    path: Path
    title: str
    source: str
    shows: str
    settings: dict = field(default_factory=dict)
    blocks: list = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.path.stem

    def lines(self, kind: str) -> list:
        """The non-empty lines of every block of this kind, in order."""
        return [line for name, body in self.blocks if name == kind for line in body.splitlines() if line.strip()]

    def has(self, kind: str) -> bool:
        return any(name == kind for name, _ in self.blocks)

    def input_bytes(self) -> bytes:
        """The bytes a device would send: each line of a text block is a segment, ended as `line_end` says."""
        end = LINE_ENDS[self.settings.get("line_end", "cr")]
        out = b""
        for name, body in self.blocks:
            if name == "hl7":
                out += b"".join(line.encode("utf-8") + end for line in body.splitlines() if line)
            elif name == "hl7-hex":
                digits = "".join(line.split("#")[0] for line in body.splitlines())
                out += bytes.fromhex("".join(digits.split()))
        return out


def read_case(path: Path) -> Case:
    text = path.read_text(encoding="utf-8")
    head = text.split("```", 1)[0].splitlines()
    case = Case(path=path, title="", source="", shows="")
    part = None
    for line in head:
        if line.startswith("# "):
            case.title = line[2:].strip()
        elif line.startswith(("Source:", "Shows:", "Settings:")):
            part, value = line.split(":", 1)
            if part != "Settings":
                setattr(case, part.lower(), value.strip())
        elif part == "Settings" and line.startswith("- "):
            key, value = line[2:].split(":", 1)
            case.settings[key.strip()] = value.strip()
        elif part in ("Source", "Shows") and line.strip():
            setattr(case, part.lower(), getattr(case, part.lower()) + " " + line.strip())
    case.blocks = FENCE.findall(text)
    unknown = {name for name, _ in case.blocks} - KNOWN_BLOCKS
    if not (case.title and case.source and case.shows and case.blocks) or unknown:
        raise ValueError(f"{path}: a case needs a heading, Source, Shows and known blocks only (unknown: {unknown})")
    return case


def all_cases() -> list:
    return [read_case(path) for path in sorted((HERE / "hl7v2").glob("*.md"))]

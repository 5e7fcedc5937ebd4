"""The code tables as the oracle reads them: MDC terms, units, LOINC pairs, vendor dialects (CSV files)."""

import csv
import os
from functools import lru_cache
from pathlib import Path

from .cases import HERE, ROOT

TWO_MEANINGS = set("ABCDEFGHIJKMNOPQRSTUVWXYZ")  # C is a coulomb for UCUM and degrees for a thermometer; only L is sure


def terms_folder() -> Path:
    folder = Path(os.environ.get("DRAGOMAN_TERMS", ROOT / "mappings" / "terms"))
    if not (folder / "mdc-terms.csv").exists():
        raise FileNotFoundError(f"no code tables in {folder}; name their folder in DRAGOMAN_TERMS")
    return folder


@lru_cache(maxsize=None)
def table(name: str) -> list:
    with open(terms_folder() / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@lru_cache(maxsize=None)
def by_number() -> dict:
    return {row["code10"]: row for row in table("mdc-terms.csv")}


@lru_cache(maxsize=None)
def by_name() -> dict:
    return {row["refid"]: row["code10"] for row in table("mdc-terms.csv")}


@lru_cache(maxsize=None)
def aliases() -> set:
    return {(row["refid"], row["code10"]) for row in table("aliases.csv")}


@lru_cache(maxsize=None)
def units_by_number() -> dict:
    return {row["code10"]: row for row in table("units.csv")}


@lru_cache(maxsize=None)
def units_by_name() -> dict:
    return {row["mdc_refid"]: row["code10"] for row in table("units.csv")}


@lru_cache(maxsize=None)
def unit_texts() -> dict:
    """Spellings without a system that can mean one thing only: the table's, and every UCUM code of the unit table."""
    known = {row["ucum"]: row["ucum"] for row in table("units.csv")}
    known |= {row["text"]: row["ucum"] for row in table("unit-texts.csv")}
    return {text: ucum for text, ucum in known.items() if text not in TWO_MEANINGS}


@lru_cache(maxsize=None)
def groups() -> dict:
    return {row["code10"]: row["group_code10"] for row in table("groups.csv")}


@lru_cache(maxsize=None)
def episodic() -> set:
    return {row["code10"] for row in table("episodic.csv")}


@lru_cache(maxsize=None)
def vendor_codes() -> list:
    """The oracle's own list of vendor codes, typed from the same public sources as the program's profiles."""
    with open(HERE / "oracle" / "vendor-codes.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@lru_cache(maxsize=None)
def dialect(name: str) -> dict:
    return {row["vendor_code"] or "text:" + row["vendor_text"]: row for row in vendor_codes() if row["dialect"] == name}


def goes_out(row: dict) -> bool:
    """A pairing that the table sends, unless it holds only where the body site is known, which no message says."""
    return row["use"] in ("first", "also") and "only when" not in row["note"]


@lru_cache(maxsize=None)
def loinc_rows() -> dict:
    rows = {}
    for row in table("mdc-loinc.csv"):
        if goes_out(row):
            rows.setdefault(row["code10"], []).append(row)
    return rows


def resolve_mdc(number: str, name: str):
    """(MDC code or None, flags): number and name of an MDC coded element against the tables.

    The number counts; an MDC name that is neither the term's nor an alias is kept and flagged as `code-mismatch`, and
    nothing more is concluded from the pair. A plain name never disagrees. A number 0 means that there is only a name.
    """
    known = by_number().get(number)
    owner = by_name().get(name)
    if number in ("", "0"):
        return (owner, []) if owner else (None, ["unmapped"])
    if not number.isdigit():
        return None, ["unmapped"]
    if owner and owner != number and (name, number) not in aliases():
        return number, ["code-mismatch"]
    if not known:
        return number, ["unmapped"]
    if name.startswith("MDC_") and known["refid"] != name and (name, number) not in aliases():
        return number, ["code-mismatch"]
    return number, []


def resolve_unit(number: str, name: str, system: str):
    """(source text, UCUM or '-', flags) of OBX-6."""
    shown = name or number
    if not number and not name:
        return "", "", []
    if system in ("UCUM", "ucum"):
        return number, number, []
    if system == "MDC":
        row = units_by_number().get(number)
        owner = units_by_name().get(name)
        if row and owner and owner != number:
            return shown, "-", ["unit-mismatch"]
        row = row or units_by_number().get(owner or "")
        return (shown, row["ucum"], []) if row else (shown, "-", ["unit-unknown"])
    if system == "MDIL":
        code = mdil_number(number)
        row = units_by_number().get(code or "")
        return (shown, row["ucum"], []) if row else (shown, "-", ["unit-unknown"])
    text = unit_texts().get(number) or unit_texts().get(name)
    return (number or name, text, []) if text else (number or name, "-", ["unit-unknown"])


def mdil_number(code: str):
    """Philips MDIL `0002-4bb8`: partition and term in hexadecimal; None for a private or malformed one."""
    try:
        partition, term = (int(part, 16) for part in code.split("-"))
    except ValueError:
        return None
    if term >= 0xF000 or partition in (0x401, 0x402):
        return None
    return str(partition * 65536 + term)

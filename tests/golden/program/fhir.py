"""The checks of a `fhir` block against resources: `Type[code]#n.path = value`."""

import json
import re

SYSTEMS = {"MDC": "urn:iso:std:iso:11073:10101", "LOINC": "http://loinc.org", "UCUM": "http://unitsofmeasure.org",
           "CATEGORY": "http://terminology.hl7.org/CodeSystem/observation-category",
           "DAR": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
           "V3INT": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
           "MSTATUS": "http://terminology.hl7.org/CodeSystem/measurement-status"}
STEP = re.compile(r"([A-Za-z]+)(?:\[([^\]]*)\])?(?:#(\d+))?")
MISSING = object()


class Number(str):
    """A JSON number by its text: 98.0 is not 98."""


def read(ndjson: str) -> list:
    return [json.loads(line, parse_float=Number, parse_int=Number) for line in ndjson.splitlines() if line.strip()]


def codings(element: dict) -> list:
    concept = element.get("code")
    return concept.get("coding", []) if isinstance(concept, dict) else []


def is_named(resource: dict, name: str) -> bool:
    return any(coding.get("code") == name for coding in codings(resource)) or resource.get("id") == name or \
        any(identifier.get("value") == name for identifier in resource.get("identifier", []))


def select(resources: list, head: str) -> list:
    kind, name, index = STEP.fullmatch(head).groups()
    found = [r for r in resources if r.get("resourceType") == kind and (name is None or is_named(r, name))]
    return found[int(index) - 1:int(index)] if index else found


def step(values: list, part: str) -> list:
    field, selector, index = STEP.fullmatch(part).groups()
    out = []
    for value in values:
        held = value.get(field) if isinstance(value, dict) else None
        if held is None:
            continue
        if selector is None:
            out += held if isinstance(held, list) and index else [held]
        elif selector == "":
            out += held
        elif field == "coding":
            codes = [c.get("code") for c in held if c.get("system") == SYSTEMS[selector]]
            out += [",".join(codes)] if codes else []
        else:
            out += [element for element in held if is_named(element, selector)]
    return out[int(index) - 1:int(index)] if index else out


def simple(value) -> str:
    if isinstance(value, dict) and "reference" in value:
        return value["reference"].split("/")[0].removeprefix("urn:uuid:")
    if isinstance(value, dict):
        return value.get("code", json.dumps(value, ensure_ascii=False))
    return re.sub(r"(T\d\d:\d\d:\d\d(?:\.\d*?[1-9])?)\.?0*(?=Z|[+-]\d\d:)", r"\1", str(value))


def problem(resources: list, check: str) -> str:
    """Empty when the check holds; else a sentence."""
    left, wanted = check.split(" = ", 1)
    head, *parts = re.split(r"\.(?![^\[]*\])", left)
    found = select(resources, head)
    if parts == ["count"]:
        return "" if str(len(found)) == wanted else f"{left}: {len(found)} instead of {wanted}"
    if not found:
        return f"{left}: no such resource"
    values = found
    for part in parts:
        values = step(values, part)
    said = [simple(value) for value in values]
    if wanted == "absent":
        return "" if not said else f"{left}: {said} instead of nothing"
    wanted = wanted.replace("\\n", "\n")
    holds = wanted in said if "[]" in left else said[:1] == [wanted] or bool(said) and set(said) == {wanted}
    return "" if holds else f"{left}: {said or 'nothing'} instead of {wanted}"

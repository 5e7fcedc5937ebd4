"""A small protobuf reader that is guided by schemas/dragoman.proto itself, so that it shares nothing with nanopb."""

import re
from functools import lru_cache

from oracle.cases import ROOT

SCALARS = {"string", "bytes", "bool", "uint32", "uint64", "sint32", "sint64", "int32", "int64"}


@lru_cache(maxsize=None)
def schema() -> tuple:
    """(messages: name → {number: (field, type, repeated)}, enums: name → {number: word})."""
    text = re.sub(r"//.*", "", (ROOT / "schemas" / "dragoman.proto").read_text(encoding="utf-8"))
    messages, enums, current, kind = {}, {}, None, None
    for line in text.splitlines():
        opened = re.match(r"\s*(message|enum)\s+(\w+)\s*\{", line)
        if opened:
            kind, name = opened.groups()
            current = (messages if kind == "message" else enums).setdefault(name, {})
            continue
        member = re.match(r"\s*(repeated\s+|optional\s+)?(\w+)\s+(\w+)\s*=\s*(\d+)\s*;", line)
        word = re.match(r"\s*(\w+)\s*=\s*(0x[0-9A-Fa-f]+|\d+)\s*;", line)
        if kind == "message" and member:
            label, type_name, field, number = member.groups()
            current[int(number)] = (field, type_name, (label or "").strip() == "repeated")
        elif kind == "enum" and word:
            current[int(word.group(2), 0)] = word.group(1)
    return messages, enums


def varint(data: bytes, at: int) -> tuple:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def number(type_name: str, raw: int):
    if type_name in ("sint32", "sint64"):
        return (raw >> 1) ^ -(raw & 1)
    if type_name in ("int32", "int64") and raw >= 1 << 63:
        return raw - (1 << 64)
    if type_name == "bool":
        return bool(raw)
    enum = schema()[1].get(type_name)
    return enum.get(raw, raw) if enum else raw


def decode(name: str, data: bytes) -> dict:
    """One message as a dict; fields that are not there are missing; enums are words."""
    fields, out, at = schema()[0][name], {}, 0
    while at < len(data):
        key, at = varint(data, at)
        field, type_name, repeated = fields.get(key >> 3, (f"unknown_{key >> 3}", "bytes", True))
        if key & 7 == 0:
            raw, at = varint(data, at)
            values = [number(type_name, raw)]
        elif key & 7 == 2:
            size, at = varint(data, at)
            chunk, at = data[at:at + size], at + size
            values = read_chunk(type_name, chunk)
        else:
            raise ValueError(f"{name}.{field}: wire type {key & 7}")
        if repeated:
            out.setdefault(field, []).extend(values)
        else:
            out[field] = values[-1]
    return out


def read_chunk(type_name: str, chunk: bytes) -> list:
    if type_name == "string":
        return [chunk.decode("utf-8")]
    if type_name == "bytes":
        return [chunk]
    if type_name in schema()[0]:
        return [decode(type_name, chunk)]
    packed, at = [], 0
    while at < len(chunk):
        raw, at = varint(chunk, at)
        packed.append(number(type_name, raw))
    return packed


def reports(stream: bytes) -> list:
    """A length-delimited stream of reports."""
    found, at = [], 0
    while at < len(stream):
        size, at = varint(stream, at)
        found.append(decode("Report", stream[at:at + size]))
        at += size
    return found

"""schemas/dragoman.proto is a contract: each field is documented, and what was published is never changed.

tests/abi/dragoman-v1.proto is what was published; docs/protobuf.md says what may be done to it.
"""

import pathlib

import pytest
from google.protobuf import descriptor_pb2
from schema import SCHEMAS, describe, report_class

ROOT = pathlib.Path(__file__).resolve().parents[2]
PUBLISHED = ROOT / "tests" / "abi" / "dragoman-v1.proto"
# Numbers of fields in a descriptor that lead to parts: messages, enums, fields, values.
MESSAGES, ENUMS, FIELDS, VALUES = 4, 5, 2, 2


def parts(file):
    """(path in the source, name) of every message, field and enum."""
    for i, message in enumerate(file.message_type):
        yield (MESSAGES, i), message.name
        for j, field in enumerate(message.field):
            yield (MESSAGES, i, FIELDS, j), f"{message.name}.{field.name}"
        assert not message.nested_type and not message.enum_type, "the schema is flat"
    for i, enum in enumerate(file.enum_type):
        yield (ENUMS, i), enum.name


def undocumented(file):
    told = {tuple(place.path) for place in file.source_code_info.location
            if (place.leading_comments + place.trailing_comments).strip()}
    return [name for path, name in parts(file) if path not in told]


def members(file):
    """What a reader and a generated class depend on, by name."""
    found = {}
    for message in file.message_type:
        oneofs = [oneof.name for oneof in message.oneof_decl]
        for field in message.field:
            found[f"{message.name}.{field.name}"] = {
                "number": field.number, "type": descriptor_pb2.FieldDescriptorProto.Type.Name(field.type),
                "of": field.type_name, "label": field.label, "optional": field.proto3_optional,
                "choice": oneofs[field.oneof_index] if field.HasField("oneof_index") else None,
                "packed": field.options.packed if field.options.HasField("packed") else None}
    for enum in file.enum_type:
        for value in enum.value:
            found[f"{enum.name}.{value.name}"] = {"number": value.number}
    return found


def breaks(published, now):
    """Each way in which the schema no longer keeps what was published."""
    before, after = members(published), members(now)
    told = [f"{name} is gone" for name in before if name not in after]
    told += [f"{name} was {before[name]} and is {after[name]}" for name in before
             if name in after and before[name] != after[name]]
    if (published.package, published.syntax) != (now.package, now.syntax):
        told.append("another package or syntax")
    return told


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("schema")


def changed(folder, before, after):
    text = (SCHEMAS / "dragoman.proto").read_text(encoding="utf-8")
    assert text.count(before) == 1, before
    return describe(folder, "--include_source_info", schema=text.replace(before, after))


def test_every_field_is_documented(folder):
    assert not undocumented(describe(folder, "--include_source_info"))


def test_an_undocumented_field_is_found(folder):
    file = changed(folder, "message Ratio {\n", "message Ratio {\n  string extra = 9;\n")
    assert undocumented(file) == ["Ratio.extra"]


def test_what_was_published_is_kept(folder):
    published = describe(folder, schema=PUBLISHED.read_text(encoding="utf-8"))
    assert not breaks(published, describe(folder))


@pytest.mark.parametrize(("before", "after", "told"), [
    ("string serial = 6;", "string serial = 16;", "Device.serial was"),
    ("string serial = 6;", "bytes serial = 6;", "Device.serial was"),
    ("string serial = 6;", "string serial_number = 6;", "Device.serial is gone"),
    ("string serial = 6;", "repeated string serial = 6;", "Device.serial was"),
    ("Samples samples = 7;", "Bits samples = 7;", "Value.samples was"),
    ("  CONTEXT_LEAVE = 7;", "  CONTEXT_LEAVE = 99;", "ContextKind.CONTEXT_LEAVE was"),
    ("  ABSENT_MASKED = 11;", "", "Absent.ABSENT_MASKED is gone"),
    ("package dragoman.v1;", "package dragoman.v2;", "another package"),
])
def test_a_change_of_what_was_published_is_found(folder, before, after, told):
    published = describe(folder, schema=PUBLISHED.read_text(encoding="utf-8"))
    assert any(one.startswith(told) for one in breaks(published, changed(folder, before, after)))


def test_what_is_added_is_allowed(folder):
    published = describe(folder, schema=PUBLISHED.read_text(encoding="utf-8"))
    now = changed(folder, "message Ratio {\n", "message Ratio {\n  string extra = 9;  // new\n")
    assert not breaks(published, now)


def test_what_was_published_before_is_still_read(folder):
    """A reader of the first schema reads what a writer of today's writes, and keeps what it does not know."""
    old = report_class(describe(folder, schema=PUBLISHED.read_text(encoding="utf-8")))
    new = report_class(changed(folder, "message Report {\n", "message Report {\n  string extra = 99;  // new\n"))
    written = new(message_id="17", extra="of tomorrow").SerializeToString()
    read = old.FromString(written)
    assert read.message_id == "17" and new.FromString(read.SerializeToString()).extra == "of tomorrow"

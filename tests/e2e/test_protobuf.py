"""What `translate --to protobuf` writes, read by the stock protobuf library, says the same as `--to json`.

The library knows nothing but schemas/dragoman.proto; the expectations are those of docs/json.md.
"""

import base64
import decimal
import io
import json
import pathlib
import re
import struct
import subprocess
from datetime import datetime, timedelta

import pytest
from google.protobuf import proto
from schema import read_schema

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "zig-out" / "bin" / "dragoman"
EXAMPLE = ROOT / "examples" / "oru.hl7"
# Cases in plain text; those with bytes of other character sets are told in hexadecimal.
CASES = [path for path in sorted((ROOT / "tests/golden/hl7v2").glob("*.md")) if "```hl7\n" in path.read_text("utf-8")]

SPECIALS = {1: "NaN", 2: "NRes", 3: "+INFINITY", 4: "-INFINITY", 5: "reserved"}
CONCEPTS = ("code", "type", "flags", "site", "method", "event", "source", "service", "specimen_type")
COMPARATORS = {1: "<", 2: "<=", 3: ">", 4: ">="}
EPOCH = datetime(1970, 1, 1)


@pytest.fixture(scope="session")
def report_class(tmp_path_factory):
    return read_schema(tmp_path_factory.mktemp("schema"))


def translate(text, form):
    done = subprocess.run([PROGRAM, "translate", "--to", form, "-"], input=text, capture_output=True, check=False)
    return done.stdout


def delimited(stream):
    at = 0
    while at < len(stream):
        size = shift = 0
        while True:
            byte = stream[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        yield stream[at : at + size]
        at += size


class Telling:
    """A report of the library as docs/json.md says that it is written."""

    def __init__(self, report):
        self.report = report

    @staticmethod
    def number(mantissa, exponent, special=0):
        if special:
            return SPECIALS[special]
        return decimal.Decimal((int(mantissa < 0), tuple(map(int, str(abs(mantissa)))), exponent))

    def decimal(self, message):
        return self.number(message.mantissa, message.exponent, message.special)

    @staticmethod
    def time_text(civil_us, time):
        moment = EPOCH + timedelta(microseconds=civil_us)
        text = "" if time.flags & 2 else moment.strftime("%Y-%m-%d").zfill(10)[: {1: 4, 2: 7}.get(time.precision, 10)]
        if time.precision >= 4:
            text += "T" + moment.strftime("%H:%M:%S")[: {4: 2, 5: 5, 6: 8}[time.precision]]
            if time.fraction_digits:
                text += "." + f"{moment.microsecond:06}"[: time.fraction_digits]
            if time.HasField("offset_minutes"):
                minutes = abs(time.offset_minutes)
                sign = "-" if time.offset_minutes < 0 else "+"
                text += f"{sign}{minutes // 60:02}:{minutes % 60:02}" if minutes else "Z"
        return text

    def put_time(self, into, name, time, civil_us=None):
        if time.precision:
            into[name] = self.time_text(time.civil_us if civil_us is None else civil_us, time)
            if time.flags & 1:
                into[name + "_zone_assumed"] = True

    def word(self, message, name, hides_zero=True):
        number = getattr(message, name)
        if number == 0 and hides_zero:
            return None
        enum = message.DESCRIPTOR.fields_by_name[name].enum_type
        return enum.values_by_number[number].name.split("_", 1)[1].lower().replace("_", "-")

    def status(self, bits):
        enum = self.report.DESCRIPTOR.file.enum_types_by_name["Status"]
        names = {value.number: value.name.split("_", 1)[1].lower().replace("_", "-") for value in enum.values}
        return [names.get(1 << bit, f"bit-{bit}") for bit in range(32) if bits >> bit & 1]

    def plain(self, message):
        """A message of nothing but texts."""
        return {field.name: value for field, value in message.ListFields()}

    def concept(self, index):
        found = self.report.concepts[index - 1]
        told = {}
        if found.codings:
            told["codings"] = [self.plain(coding) for coding in found.codings]
        if found.text:
            told["text"] = found.text
        return told

    def samples(self, block):
        form = {2: "h", 4: "i"}[block.sample_bytes]
        told = {
            "dimensions": block.dimensions,
            "sample_bytes": block.sample_bytes,
            "period_ns": block.period_ns,
            "data": list(struct.unpack(f"<{len(block.data) // block.sample_bytes}{form}", block.data)),
        }
        for name in ("scale", "origin", "low", "high"):
            if block.HasField(name):
                told[name] = self.decimal(getattr(block, name))
        if block.HasField("missing"):
            told["missing"] = block.missing
        return told

    def pair(self, message, names):
        return {name: self.decimal(getattr(message, name)) for name in names if message.HasField(name)}

    def value(self, value):
        told = {}
        if value.comparator:
            told["comparator"] = COMPARATORS[value.comparator]
        kind = value.WhichOneof("kind")
        if kind == "mantissa":
            told["number"] = self.number(value.mantissa, value.exponent)
        elif kind == "special":
            told["number"] = SPECIALS[value.special]
        elif kind == "text":
            told["text"] = value.text
        elif kind == "code":
            told["code"] = self.concept(value.code) if value.code else {}
        elif kind == "bits":
            told.update(bits=value.bits.bits, bit_count=value.bits.count)
        elif kind == "samples":
            told["samples"] = self.samples(value.samples)
        elif kind == "time":
            self.put_time(told, "time", value.time)
        elif kind == "period":
            told["period"] = {}
            self.put_time(told["period"], "start", value.period.start)
            self.put_time(told["period"], "end", value.period.end)
        elif kind == "range":
            told["range"] = self.pair(value.range, ("low", "high"))
        elif kind == "ratio":
            told["ratio"] = self.pair(value.ratio, ("numerator", "denominator"))
        elif kind == "attachment":
            told["attachment"] = self.plain(value.attachment)
            if value.attachment.data:
                told["attachment"]["data"] = base64.b64encode(value.attachment.data).decode()
        else:
            told["absent"] = self.word(value, "absent")
        return told

    def any(self, message):
        """Any other message, by the names of its fields."""
        told = {}
        for field, content in message.ListFields():
            name = field.name
            if name in ("concepts", "units", "orders", "base_time"):
                continue  # what points to them is resolved
            if name in CONCEPTS and isinstance(content, int):
                told[name] = self.concept(content)
            elif name in ("unit", "source_unit"):
                told[name] = self.plain(self.report.units[content - 1])
            elif name == "order":
                told[name] = self.any(self.report.orders[content - 1])
            elif name == "status":
                told[name] = self.status(content)
            elif name in ("values", "source_values"):
                told[name] = [self.value(value) for value in content]
            elif name in ("measured_delta_us", "until_delta_us"):
                base = self.report.base_time
                told_as = "measured_at" if name == "measured_delta_us" else "measured_until"
                self.put_time(told, told_as, base, base.civil_us + content)
            elif field.enum_type is not None:
                told[name] = self.word(message, name)
            elif field.message_type is None:
                told[name] = list(content) if name == "path" else content
            elif field.message_type.name == "Time":
                self.put_time(told, name, content)
            elif field.message_type.name == "Range":
                told[name] = self.pair(content, ("low", "high"))
                if content.text:
                    told[name]["text"] = content.text
            elif field.message_type.name == "Identifier" and hasattr(content, "ListFields"):
                told[name] = self.plain(content)
            elif hasattr(content, "ListFields"):
                told[name] = self.any(content)
            elif field.message_type.name in ("Identifier", "Name", "Version"):
                told[name] = [self.plain(item) for item in content]
            else:
                told[name] = [self.any(item) for item in content]
        return told

    def whole(self):
        told = self.any(self.report)
        for observation in told.get("observations", []):
            observation.setdefault("domain", "device")
        for alert in told.get("alerts", []):
            alert.pop("inactivation", None)
            if "id" in alert:
                alert["own_id"] = alert.pop("id")
        if "sender" in told:
            names = {"code": "application", "text": "facility", "system": "protocol"}
            told["sender"] = {names[name]: text for name, text in self.plain(self.report.sender).items()}
        told.pop("stamp", None)
        return told


def without_ids(told):
    told.pop("stamp", None)
    for name in ("observations", "alerts", "contexts"):
        for item in told.get(name, []):
            assert re.fullmatch("[0-9a-z-]{26,64}", item.pop("id"))
            item.pop("inactivation", None)
    return told


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_both_forms_say_the_same(case, report_class):
    blocks = re.findall(r"```hl7\n(.*?)```", case.read_text(encoding="utf-8"), re.S)
    compare("".join(blocks).replace("\n", "\r").encode(), report_class)


def compare(message, report_class):
    reports = [report_class.FromString(bytes_) for bytes_ in delimited(translate(message, "protobuf"))]
    lines = translate(message, "json").decode().splitlines()
    assert len(reports) == len(lines)
    for report, line in zip(reports, lines):
        said = without_ids(json.loads(line, parse_float=decimal.Decimal, parse_int=decimal.Decimal))
        expected = Telling(report).whole()
        assert normal(said) == normal(expected)
        assert report.HasField("stamp")
    return reports


def normal(thing):
    """Numbers that are compared with all their digits: 98.0 is not 98."""
    if isinstance(thing, dict):
        return {name: normal(value) for name, value in thing.items()}
    if isinstance(thing, list):
        return [normal(value) for value in thing]
    if isinstance(thing, (int, decimal.Decimal)) and not isinstance(thing, bool):
        return decimal.Decimal(thing).as_tuple()
    return thing


def test_something_is_compared(report_class):
    assert len(CASES) > 50
    (report,) = compare(EXAMPLE.read_bytes(), report_class)
    assert len(report.observations) > 2 and report.device.key


def test_the_librarys_own_reader_of_streams_reads_ours(report_class):
    stream = translate(EXAMPLE.read_bytes() + EXAMPLE.read_bytes(), "protobuf")
    source = io.BytesIO(stream)
    read = list(iter(lambda: proto.parse_length_prefixed(report_class, source), None))
    assert len(read) == 2 and read == [report_class.FromString(one) for one in delimited(stream)]

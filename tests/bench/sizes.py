"""Bytes of a numeric observation: in protobuf, in the model's JSON and as FHIR, plain and compressed.

A monitor's 20 values a report (HL7 v2), an IntelliVue's numerics, and a register device's 30 values; each report also
says which device it is, whose patient, and what its metrics and units are called. `of itself` is what one value adds.
Compressed: each report for itself, as a message of a broker would be, and the stream as a whole, as in a file.
"""

import ctypes
import ctypes.util
import gzip
import subprocess
import sys
import tempfile
from pathlib import Path

import intellivue
import registers
from running import PROGRAM, ROOT, house, status, until

FORMS = {"protobuf": "protobuf", "json": "json", "fhir": "fhir"}
REPORTS = 1000
LEVEL = 3

# Fields of schemas/dragoman.proto.
OBSERVATIONS, VALUES, MANTISSA = 5, 4, 1


def varint(data, at):
    number, shift = 0, 0
    while True:
        number |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return number, at


def fields(data):
    """Number, bytes (of a length-delimited one) and size with its tag."""
    at = 0
    while at < len(data):
        begin = at
        tag, at = varint(data, at)
        size, body = 0, b""
        if tag & 7 == 2:
            size, at = varint(data, at)
            body = data[at:at + size]
            at += size
        else:
            _, at = varint(data, at)
        yield tag >> 3, body, at - begin


def is_numeric(observation):
    return any(number == VALUES and any(kind == MANTISSA for kind, _, _ in fields(value))
               for number, value, _ in fields(observation))


def split_delimited(data):
    found, at = [], 0
    while at < len(data):
        size, at = varint(data, at)
        found.append(data[at:at + size])
        at += size
    return found


def count_numeric(reports):
    """How many numeric observations there are, and the bytes of those alone."""
    sizes = [size for report in reports for number, body, size in fields(report)
             if number == OBSERVATIONS and is_numeric(body)]
    return len(sizes), sum(sizes)


def zstd(data, library=ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")):
    library.ZSTD_compressBound.restype = library.ZSTD_compress.restype = ctypes.c_size_t
    room = ctypes.create_string_buffer(library.ZSTD_compressBound(ctypes.c_size_t(len(data))))
    return library.ZSTD_compress(room, ctypes.c_size_t(len(room)), data, ctypes.c_size_t(len(data)), LEVEL)


def gzipped(data):
    return len(gzip.compress(data, 6))


def monitors(place):
    """As `dragoman translate` writes what HL7 monitors sent."""
    ward = place / "ward.hl7"
    subprocess.run([sys.executable, ROOT / "tests/bench/generate.py", "--obx", "20", "--messages", str(REPORTS),
                    "--beds", "50", "--every", "1", "--out", ward], check=True)
    return {form: subprocess.run([PROGRAM, "translate", "--to", to, ward], check=True, stdout=subprocess.PIPE).stdout
            for form, to in FORMS.items()}


def published(site, player):
    """What a site wrote to a file of each form while a simulation played."""
    sinks = "".join(f'  - {{ name: {form}, to: "file:out.{form}", format: {to}, waves: false, alerts: false }}\n'
                    for form, to in FORMS.items())
    text = site.read_text().split("publish:")[0]
    site.write_text(text + "publish:\n" + sinks)
    with house(site) as process:
        with subprocess.Popen(player, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as playing:
            until(lambda: status(site)["store"]["messages"] >= REPORTS, process)
            playing.terminate()
    return {form: (site.parent / f"out.{form}").read_bytes() for form in FORMS}


def intellivues(place):
    announce, first = intellivue.free_ports(1), intellivue.free_ports(20)
    return published(intellivue.write_site(place, announce),
                     [PROGRAM, "simulate", "intellivue", "--listen", f"udp://127.0.0.1:{first}", "--monitors", "20",
                      "--announce", f"udp://127.0.0.1:{announce}"])


def register_devices(place):
    port = intellivue.free_ports(1)
    return published(registers.write_site(place, port, 100),
                     [PROGRAM, "simulate", "modbus", "--listen", f"tcp://127.0.0.1:{port}"])


SOURCES = {"HL7 monitor": monitors, "IntelliVue": intellivues, "Modbus": register_devices}


def show(name, streams):
    reports = split_delimited(streams["protobuf"])
    count, alone = count_numeric(reports)
    for form, data in streams.items():
        messages = reports if form == "protobuf" else data.splitlines()
        row = [len(data), sum(map(gzipped, messages)), sum(map(zstd, messages)), gzipped(data), zstd(data)]
        itself = f"{alone / count:>10.1f}" if form == "protobuf" else f"{'':>10}"
        print(f"{name:>12} {form:>9} {count / len(messages):>8.1f} {itself} "
              + " ".join(f"{size / count:>9.1f}" for size in row), flush=True)


def bench(folder, _seconds):
    print("\nBytes of a numeric observation, with its share of the report (protobuf's floor: 40, plain)")
    print(f"{'':>12} {'':>9} {'values a':>8} {'of':>10} {'':>9} {'each report':>19} {'the stream':>19}")
    print(f"{'from':>12} {'as':>9} {'report':>8} {'itself':>10} {'plain':>9} {'gzip':>9} {'zstd':>9} {'gzip':>9} "
          f"{'zstd':>9}")
    for name, source in SOURCES.items():
        with tempfile.TemporaryDirectory(dir=folder) as place:
            show(name, source(Path(place)))

"""Captures of dragoman (docs/capture.md) in Python: written from a text that people can read, and read back.

    python3 tests/captures/capture.py                       every golden case's capture anew
    python3 tests/captures/capture.py FILE.txt FILE.capture
    python3 tests/captures/capture.py FILE.capture          as text, on standard output
"""

import datetime
import re
import struct
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path

MAGIC = b"\x89DCAP\r\n\x1a"
MAJOR, MINOR = 1, 0
COMPLETE = 0x01

KINDS = {
    "opened": 1, "bytes": 2, "datagram": 3, "message": 4, "closed": 7, "settled": 8, "refused": 9,
    "send": 65, "send-datagram": 66, "ask-open": 67, "ask-close": 68,
    "started": 128, "expired": 129, "ended": 130, "state": 131,
}  # fmt: skip
NAMES = {number: name for name, number in KINDS.items()}
CHANNEL_KINDS = {"stream": 1, "datagram": 2, "message": 3, "file": 6}
REASONS = {"peer": 1, "broken": 2, "timeout": 3, "self": 4, "shutdown": 5}
SETTLEMENTS = {"durable": 1, "duplicate": 2, "not-kept": 3}
CONTROLS = (
    "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US"
).split()
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


@dataclass
class Record:
    """One record. `at_us` is the monotonic time since the start of the capture."""

    kind: str
    at_us: int = 0
    channel: int = 0
    session: int = 1
    number: int = 0
    code: int = 0
    detail: int = 0
    parts: list = field(default_factory=list)
    wall_us: int = None


@dataclass
class Capture:
    """A whole capture: facts of the header as (key, value) pairs, and records."""

    facts: list = field(default_factory=list)
    records: list = field(default_factory=list)
    start_us: int = 1767323045_000_000  # 2026-01-02T03:04:05Z
    monotonic_us: int = 1_000_000
    flags: int = 0

    def fact(self, key, default=""):
        return next((value for name, value in self.facts if name == key), default)

    def channels(self):
        return [value.split()[0] for name, value in self.facts if name == "channel"]

    def sent(self, channel=None, session=None):
        """What the adapter sent on each channel: streams as one, datagrams as (to, payload) in their order."""
        said = {}
        names = self.channels()
        for record in self.records:
            name = names[record.channel] if record.channel < len(names) else str(record.channel)
            if (channel, session) != (None, None) and (channel not in (None, name) or session != record.session):
                continue
            if record.kind == "send":
                said[name] = said.get(name, b"") + record.parts[0]
            elif record.kind == "send-datagram":
                said.setdefault(name, []).append((record.parts[0].decode(), record.parts[1]))
        return said


# --- Bytes


def frame(body):
    return struct.pack("<II", len(body), zlib.crc32(body)) + body


def part(data):
    return struct.pack("<I", len(data)) + data


def encode(capture):
    """The bytes of the file."""
    facts = b"".join(part(key.encode()) + part(value.encode()) for key, value in capture.facts)
    head = struct.pack("<IIqqI", capture.flags, len(capture.facts), capture.monotonic_us, capture.start_us, 2)
    out = [MAGIC, struct.pack("<HH", MAJOR, MINOR), frame(head + facts)]
    for record in capture.records:
        wall_us = capture.start_us + record.at_us if record.wall_us is None else record.wall_us
        body = struct.pack("<BBBBIqqQII", KINDS[record.kind], 0, record.channel, 2, record.session,
                           capture.monotonic_us + record.at_us, wall_us, record.number, record.code, record.detail)
        out.append(frame(body + b"".join(part(data) for data in record.parts)))
    return b"".join(out)


def parts_of(data):
    at = 0
    while at < len(data):
        size, = struct.unpack_from("<I", data, at)
        yield data[at + 4:at + 4 + size]
        at += 4 + size


def bodies(data, at):
    while at + 8 <= len(data):
        size, check = struct.unpack_from("<II", data, at)
        body = data[at + 8:at + 8 + size]
        if len(body) < size or zlib.crc32(body) != check:
            assert at + 8 + size >= len(data), f"the record at byte {at} is damaged"
            return
        yield body
        at += 8 + size


def decode(data):
    """A Capture of the file's bytes. A torn last record is passed over."""
    assert data[:8] == MAGIC, "this is no capture"
    assert struct.unpack_from("<H", data, 8)[0] == MAJOR
    frames = bodies(data, 12)
    head = next(frames)
    flags, count, monotonic_us, start_us, _ = struct.unpack_from("<IIqqI", head)
    words = [word.decode() for word in parts_of(head[28:])]
    made = Capture(list(zip(words[::2], words[1::2]))[:count], [], start_us, monotonic_us, flags)
    for body in frames:
        kind, _, channel, _, session, at_us, wall_us, number, code, detail = struct.unpack_from("<BBBBIqqQII", body)
        if kind in NAMES:
            made.records.append(Record(NAMES[kind], at_us - monotonic_us, channel, session, number, code, detail,
                                       list(parts_of(body[40:])), wall_us))
    return made


# --- Text

TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|<([A-Z0-9]+)>|((?:[0-9A-Fa-f]{2})+)(?=\s|$|"|<))')
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "0": "\0"}


def read_bytes(text):
    """`02 31`, `0231`, `<STX>` and `"text"` with \\n \\r \\t \\0 \\" \\\\ \\xNN in any order."""
    out, at = b"", 0
    text = text.rstrip()
    while at < len(text):
        token = TOKEN.match(text, at)
        assert token, f"not understood: {text[at:]}"
        quoted, control, digits = token.groups()
        if control is not None:
            out += bytes([0x7F if control == "DEL" else CONTROLS.index(control)])
        elif digits is not None:
            out += bytes.fromhex(digits)
        else:
            pieces = re.split(r"\\(x[0-9A-Fa-f]{2}|.)", quoted)
            for index, piece in enumerate(pieces):
                if index % 2 == 0:
                    out += piece.encode()
                else:
                    out += bytes([int(piece[1:], 16)]) if piece[0] == "x" and len(piece) == 3 \
                        else ESCAPES[piece].encode()
        at = token.end()
    return out


def logical_lines(text):
    """(number, line) without comments; lines that begin with a blank go on with the one before."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        bare = re.sub(r'((?:"(?:[^"\\]|\\.)*"|[^"#])*)#.*', r"\1", line).rstrip()
        if not bare:
            continue
        if bare[0].isspace() and found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {bare.strip()}")
        else:
            found.append((number, bare))
    return found


class Parser:
    """Builds a capture from its text: see tests/captures/README.md."""

    def __init__(self):
        self.made = Capture()
        self.channels = []
        self.at_us = 0
        self.session = 1
        self.started = set()
        self.seed = bytes([1, 2, 3] + [0] * 29)
        self.open = {}

    def line(self, text):
        timed = re.match(r"(\+?)(\d+(?:\.\d+)?)(ms|s)?\s+(.*)", text)
        if timed:
            plus, amount, unit, rest = timed.groups()
            us = round(float(amount) * (1000 if unit == "ms" else 1_000_000))
            self.at_us = self.at_us + us if plus else us
            self.event(rest)
        else:
            word, _, rest = text.partition(" ")
            self.fact(word, rest.strip())

    def fact(self, word, rest):
        if word == "start":
            at = datetime.datetime.fromisoformat(rest.replace("Z", "+00:00"))
            self.made.start_us = round((at - EPOCH) / datetime.timedelta(microseconds=1))
        elif word == "seed":
            self.seed = bytes.fromhex(rest)
        elif word == "session":
            self.session = int(rest)
        elif word == "channel":
            name, kind = rest.split()
            self.channels.append((name, kind))
            self.made.facts.append(("channel", f"{name} {kind}"))
        elif word == "setting":
            key, value = rest.split(None, 1)
            self.made.facts.append((f"setting:{key}", value))
        else:
            assert word in ("adapter", "link", "profile", "time_zone", "daylight_saving"), f"unknown word {word}"
            self.made.facts.append((word, rest))

    def add(self, kind, channel=0, **what):
        self.made.records.append(Record(kind, self.at_us, channel, self.session, **what))

    def begin(self):
        if not self.channels:
            self.fact("channel", "main stream")
        if self.session not in self.started:
            self.started.add(self.session)
            self.add("started", parts=[self.seed])

    def event(self, text):
        self.begin()
        if text == "wait":
            self.add("expired")
            return
        name, verb, rest = (text.split(None, 2) + ["", ""])[:3]
        names = [channel for channel, _ in self.channels]
        assert name in names, f"there is no channel {name}: {', '.join(names)}"
        index = names.index(name)
        kind = self.channels[index][1]
        if verb == "open":
            words = rest.split()
            peer = words[0] if words else "192.0.2.1:1"
            self.opened(index, kind, peer, "initiator" in words[1:])
        elif verb == "close":
            self.open.pop((self.session, index), None)
            self.add("closed", index, code=REASONS[rest or "peer"])
        elif verb == "end":
            self.add("bytes", index, code=1, parts=[b""])
        elif verb in ("<", ">"):
            if (self.session, index) not in self.open:
                self.opened(index, kind, "192.0.2.1:1", False)
            self.data(index, kind, verb == ">", rest)
        else:
            raise AssertionError(f"unknown word {verb}")

    def opened(self, index, kind, peer, is_initiator):
        self.open[(self.session, index)] = True
        self.add("opened", index, code=CHANNEL_KINDS[kind], detail=int(is_initiator),
                 parts=[peer.encode(), b"", b""])

    def data(self, index, kind, is_sent, rest):
        if kind == "datagram":
            address, data = re.match(r"(?:(?:from|to)\s+(\S+)\s*:\s)?(.*)", rest).groups()
            parts = [(address or "192.0.2.1:1").encode(), read_bytes(data)]
            self.add("send-datagram" if is_sent else "datagram", index, parts=parts)
        elif kind == "message":
            topic, retained, data = re.match(r"(\S+)(\s+retained)?\s*:\s(.*)", rest).groups()
            parts = [topic.encode(), read_bytes(data)]
            self.add("send-datagram" if is_sent else "message", index, code=int(bool(retained)), parts=parts)
        else:
            self.add("send" if is_sent else "bytes", index, parts=[read_bytes(rest)])


def from_text(text):
    """A Capture of the readable form. Every mistake names its line."""
    parser = Parser()
    for number, line in logical_lines(text):
        try:
            parser.line(line)
        except (AssertionError, AttributeError, ValueError, KeyError) as error:
            raise ValueError(f"line {number}: {line}: {error}") from error
    parser.begin()
    return parser.made


def show_bytes(data):
    return data.hex(" ")


def to_text(capture):
    """The readable form of a capture."""
    lines = [f"start {(EPOCH + datetime.timedelta(microseconds=capture.start_us)).isoformat()}"]
    lines += [f"setting {key[8:]} {value}" if key.startswith("setting:") else f"{key} {value}"
              for key, value in capture.facts]
    names, session = capture.channels(), 1
    for record in capture.records:
        if record.session != session:
            session = record.session
            lines.append(f"session {session}")
        name = names[record.channel] if record.channel < len(names) else record.channel
        head = f"{record.at_us / 1e6:.6f} {name}"
        way = ">" if KINDS[record.kind] >= 64 else "<"
        if record.kind == "opened":
            lines.append(f"{head} open {record.parts[0].decode()}{' initiator' if record.detail else ''}")
        elif record.kind == "closed":
            lines.append(f"{head} close {next(word for word, code in REASONS.items() if code == record.code)}")
        elif record.kind in ("bytes", "send"):
            if record.parts[0]:
                lines.append(f"{head} {way} {show_bytes(record.parts[0])}")
            if record.kind == "bytes" and record.code:
                lines.append(f"{head} end")
        elif record.kind in ("datagram", "send-datagram"):
            word = "to" if way == ">" else "from"
            lines.append(f"{head} {way} {word} {record.parts[0].decode()} : {show_bytes(record.parts[1])}")
        elif record.kind == "message":
            lines.append(f"{head} < {record.parts[0].decode()}{' retained' if record.code else ''} : "
                         f"{show_bytes(record.parts[1])}")
        else:
            lines.append(f"# {head} {record.kind} {record.number} {record.code} {record.detail}")
    return "\n".join(lines) + "\n"


HERE = Path(__file__).resolve().parent
GOLDEN = HERE.parent / "golden"


def golden_sources():
    """(adapter, path) of every golden case that is written as a capture's text."""
    return [(path.parent.name, path) for path in sorted(GOLDEN.glob("*/*.txt"))]


def capture_of(adapter, source):
    """Where the capture of a golden case lies, for tests in C."""
    return HERE / adapter / f"{source.stem}.capture"


def write_golden():
    for adapter, source in golden_sources():
        target = capture_of(adapter, source)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(encode(from_text(source.read_text(encoding="utf-8"))))


def main(words):
    if not words:
        write_golden()
    elif len(words) == 2:
        Path(words[1]).write_bytes(encode(from_text(Path(words[0]).read_text(encoding="utf-8"))))
    else:
        sys.stdout.write(to_text(decode(Path(words[0]).read_bytes())))


if __name__ == "__main__":
    main(sys.argv[1:])

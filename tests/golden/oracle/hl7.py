"""A small HL7 v2 reader for the oracle: bytes → messages → segments → fields, by the rules of HL7 v2 chapter 2.

It is written for clarity and shares nothing with the program under test.
"""

import re

HEADERS = (b"MSH", b"FHS", b"BHS", b"BTS", b"FTS")
CHARACTER_SETS = {
    "UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "UNICODE": "utf-8", "ASCII": "ascii", "": "",
    "8859/1": "iso-8859-1", "8859/2": "iso-8859-2", "8859/5": "iso-8859-5", "8859/7": "iso-8859-7",
    "8859/9": "iso-8859-9", "8859/15": "iso-8859-15", "ISO IR87": "iso2022_jp", "ISO IR14": "iso2022_jp",
}
ESCAPE_SETS = {"2842": "ascii", "2D41": "iso-8859-1", "2D42": "iso-8859-2", "2D4C": "iso-8859-5", "2D46": "iso-8859-7"}


class Refused(Exception):
    """A message that is answered with AE (or CE): where it is at fault and the HL7 table 0357 code."""

    def __init__(self, segment: str, field: int, code: int, sequence: int = 1):
        super().__init__(f"{segment}[{sequence}] field {field} code {code}")
        self.segment, self.field, self.code, self.sequence = segment, field, code, sequence


def split_messages(data: bytes) -> list:
    """Splits a file into messages; \r, \n and \r\n all end a segment; batch and file headers fall away."""
    lines = [line for line in re.split(rb"\r\n|\r|\n", data) if line.strip(b"\x0b\x1c ")]
    messages, current = [], None
    for line in lines:
        if line[:3] in (b"FHS", b"BHS", b"BTS", b"FTS"):
            current = None
        elif line[:3] == b"MSH":
            current = [line]
            messages.append(current)
        elif current is None:
            current = [line]
            messages.append(current)
        else:
            current.append(line)
    return messages


class Message:
    def __init__(self, raw_segments: list, character_set: str = ""):
        first = raw_segments[0]
        if first[:3] != b"MSH" or len(first) < 8:
            raise Refused("MSH", 1, 100)
        self.field_separator = first[3:4]
        encoding = first[4:].split(self.field_separator)[0].decode("latin-1")
        defaults = "^~\\&"
        self.component, self.repetition, self.escape, self.sub = (encoding + defaults[len(encoding):])[:4]
        self.flags = []
        header = [part.decode("latin-1") for part in first.split(self.field_separator)]
        declared = (header[17] if len(header) > 17 else "").split(self.repetition)
        self.codec = self._choose_codec(raw_segments, character_set, [name.strip() for name in declared])
        self.segments = [self._segment(raw) for raw in raw_segments]

    def _choose_codec(self, raw_segments: list, override: str, declared: list) -> str:
        if override:
            return override
        names = [CHARACTER_SETS.get(name, "") for name in declared]
        if "iso2022_jp" in names:
            return "iso2022_jp"
        if names[0] and names[0] != "ascii":
            return names[0]
        if len(names) > 1:
            return "ascii"
        data = b"\r".join(raw_segments)
        try:
            data.decode("utf-8")
            return "utf-8"
        except UnicodeDecodeError:
            self.flags.append("character-set")
            return "iso-8859-1"

    def _segment(self, raw: bytes) -> list:
        """[name, field 1, field 2, …]; in MSH field 1 is the separator itself, as HL7 counts."""
        if self.codec == "iso2022_jp":
            text = raw.decode(self.codec)
        else:
            # Bytes that a \Cxxyy\ escape puts in another set must survive until the escape is read.
            text = raw.decode(self.codec, errors="surrogateescape")
        fields = text.split(self.field_separator.decode("latin-1"))
        if fields[0] == "MSH":
            fields = [fields[0], fields[0][0:0] + self.field_separator.decode("latin-1")] + fields[1:]
        return fields

    def unescape(self, text: str) -> str:
        out, position, codec = [], 0, None
        mark = self.escape
        while position < len(text):
            start = text.find(mark, position) if mark else -1
            end = text.find(mark, start + 1) if start >= 0 else -1
            if start < 0 or end < 0:
                out.append(self._in_set(text[position:], codec))
                break
            out.append(self._in_set(text[position:start], codec))
            body = text[start + 1:end]
            codec, replaced = self._escape(body, codec)
            out.append(replaced)
            position = end + 1
        return "".join(out)

    def _in_set(self, text: str, codec) -> str:
        return text.encode(self.codec, errors="surrogateescape").decode(codec) if codec else text

    def _escape(self, body: str, codec):
        simple = {"F": self.field_separator.decode("latin-1"), "S": self.component, "T": self.sub,
                  "R": self.repetition, "E": self.escape, "P": "#", "H": "", "N": "", ".br": "\n", ".sp": "\n"}
        if body in simple:
            return codec, simple[body]
        if re.fullmatch(r"X([0-9A-Fa-f]{2})+", body):
            return codec, bytes.fromhex(body[1:]).decode(self.codec)
        if re.fullmatch(r"C[0-9A-Fa-f]{4}", body):
            return ESCAPE_SETS[body[1:].upper()], ""
        if re.fullmatch(r"\.sp\d+", body):
            return codec, "\n" * int(body[3:])
        if re.fullmatch(r"\.(in|ti|fi|nf|ce|sk).*", body):
            return codec, ""
        return codec, self.escape + body + self.escape

    def parts(self, field: str) -> list:
        """A field as repetitions of components of raw sub-components."""
        return [[comp.split(self.sub) for comp in rep.split(self.component)] for rep in field.split(self.repetition)]

    def text(self, field: str, repetition: int = 1, component: int = 1, sub: int = 1) -> str:
        """One sub-component unescaped; the HL7 null `""` stays `""` so that callers can tell it from empty."""
        reps = self.parts(field)
        if len(reps) < repetition or len(reps[repetition - 1]) < component:
            return ""
        subs = reps[repetition - 1][component - 1]
        return self.unescape(subs[sub - 1]).strip() if len(subs) >= sub else ""

    def get(self, segment: list, number: int) -> str:
        return segment[number] if len(segment) > number else ""

    def all(self, name: str) -> list:
        return [segment for segment in self.segments if segment[0] == name]

    def first(self, name: str) -> list:
        return next(iter(self.all(name)), [name])

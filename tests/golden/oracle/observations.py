"""OBX rows → observation lines, by the agreed table in README.md."""

import re
from dataclasses import dataclass, field

from . import terms, times
from .values import NO_VALUE, NUMBER, Value, code_text, decimal, limits, quoted

STATUS = {"F": "final", "P": "preliminary", "C": "corrected", "A": "amended", "D": "entered-in-error",
          "W": "entered-in-error", "X": "preliminary", "N": "final", **dict.fromkeys("IO", "registered"),
          **dict.fromkeys("RSUVB", "preliminary")}
MEASUREMENT = {  # OBX-8 → (absent reason or None, words of the flags column)
    "INV": ("error", ["UNRELIABLE"]), "QUES": (None, ["questionable", "UNCERTREL"]), "NAV": ("temp-unknown", []),
    "CAL": (None, ["calibration-ongoing", "UNCERTREL"]), "TEST": (None, ["test-data", "HTEST"]),
    "DEMO": (None, ["demo-data", "HTEST"]), "VAL": (None, ["validated-data", "HRELIABLE"]),
    "EARLY": (None, ["early-indication"]), "BUSY": ("temp-unknown", ["msmt-ongoing"]), "ALACT": (None, ["in-alarm"]),
    "ALINH": (None, ["alarm-inhibited"]), "NI": ("unknown", []), "OFF": ("not-performed", []),
}
INTERPRETATION = {"N", "L", "LL", "H", "HH", "A", "AA", "<", ">", "U", "D", "B", "W", "S", "R", "I", "MS", "VS",
                  "POS", "NEG", "IND", "DET", "ND"}
MONITOR_SYSTEMS = {"MDC", "MDCX", "MDIL", "EHC", "99MNDRY"}
CUFF_PULSE, CUFF_GROUP = "149546", "150020"  # the pulse rate of an inflation belongs to its pressures
PROFILE_UNITS = {"bodytemp": {"Cel", "[degF]"}, "bodyheight": {"cm", "[in_i]"}, "headcircum": {"cm", "[in_i]"},
                 "bodyweight": {"kg", "g", "[lb_av]"}, "bp": {"mm[Hg]", "kPa"}}
LAB_SECTIONS = {"AU", "BG", "BLB", "CH", "CP", "CUS", "GE", "HM", "IMM", "LAB", "MB", "MCB", "MYC", "PAR", "SP",
                "SR", "TX", "URN", "VR"}
RATE_FACETS, RESOLUTION_FACETS = {"MDC_ATTR_SAMP_RATE", "MDC_ATTR_SAMPLE_RATE"}, {"MDC_ATTR_NU_MSMT_RES"}


@dataclass
class Row:
    """One OBX with what stands around it."""
    segment: list
    order: list
    sequence: int
    path: str = ""
    code: tuple = ("", "", "")
    alternate: tuple = ("", "", "")
    mdc: str = ""
    name: str = ""
    unit: tuple = ("", "")
    flags: list = field(default_factory=list)
    value: str = ""
    time: str = ""
    status: str = ""
    words: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    dialect_row: dict = None
    silent: bool = False
    is_device: bool = False
    is_monitor: bool = False

    @property
    def levels(self) -> list:
        return self.path.split(".") if re.fullmatch(r"\d+(\.\d+){3,4}", self.path) else []

    @property
    def mds(self) -> str:
        """The ordinal of the MDS, or nothing when the row does not say it (no path, or level 0)."""
        if self.levels:
            return self.levels[0].strip("0") and self.levels[0]
        return self.path.split(".")[0] if self.is_device and re.fullmatch(r"\d+(\.\d+){0,2}", self.path) else ""


def dialect_of(settings: dict, message) -> str:
    if "dialect" in settings:
        return settings["dialect"]
    msh = message.first("MSH")
    application = message.text(message.get(msh, 3))
    return "nihon-kohden" if application == "NIHON KOHDEN" else ""


def find_code(row: Row, dialect: str) -> None:
    """Settles the MDC code of a row: MDC itself, MDIL arithmetic, or a row of the dialect's table."""
    for code in (row.code, row.alternate):
        number, name, system = code
        if system == "MDC":
            row.mdc, flags = terms.resolve_mdc(number, name)
            row.flags += flags
            break
        if system == "MDIL":
            row.mdc = terms.mdil_number(number)
            known = row.mdc in terms.by_number() if row.mdc else False
            row.flags += [] if known else ["unmapped"]
            break
    else:
        table = {"EHC": "edan", "99MNDRY": "mindray"}.get(row.code[2], dialect)
        if table:
            rows = terms.dialect(table)
            number = row.code[0] + ("^99MNDRY" if row.code[2] == "99MNDRY" else "")
            found = rows.get(number) or rows.get("text:" + row.code[1])
            row.dialect_row = found
            row.mdc = found["code10"] if found and found["code10"] else None
        row.flags += [] if row.mdc or row.code[2] in ("LN", "LOINC") or row.alternate[2] in ("LN", "LOINC") \
            else ["unmapped"]
    term = terms.by_number().get(row.mdc or "")
    row.name = term["refid"] if term else ""


class Translator:
    def __init__(self, message, settings, memory):
        self.message, self.settings, self.memory = message, settings, memory
        self.zone = settings.get("time_zone", "Europe/Berlin")
        msh = message.first("MSH")
        self.message_time = message.text(message.get(msh, 7))
        self.message_zone = times.header_zone(self.message_time)
        self.dialect = dialect_of(settings, message)

    def instant(self, text):
        return times.instant(text, self.message_zone, self.zone)

    def row(self, segment, order, sequence) -> Row:
        m = self.message
        row = Row(segment=segment, order=order, sequence=sequence)
        row.path = m.text(m.get(segment, 4))
        coded = m.get(segment, 3)
        row.code = tuple(m.text(coded, component=i) for i in (1, 2, 3))
        row.alternate = tuple(m.text(coded, component=i) for i in (4, 5, 6))
        find_code(row, self.dialect)
        row.is_device = self.is_device_row(row)
        return row

    def is_device_row(self, row: Row) -> bool:
        if self.message.get(row.segment, 5):
            return False
        if row.mdc and terms.by_number().get(row.mdc, {}).get("kind") == "device":
            return True
        if len(row.levels) == 4:
            return row.levels[3] == "0"
        return not self.message.get(row.segment, 2) and not row.levels and row.code[2] == "MDC"

    def unit(self, row: Row) -> tuple:
        m, field6 = self.message, self.message.get(row.segment, 6)
        number, name, system = (m.text(field6, component=i) for i in (1, 2, 3))
        source, ucum, flags = terms.resolve_unit(number, name, system)
        if not source and row.dialect_row and row.dialect_row["ucum"]:
            return row.dialect_row["unit_text"] or row.dialect_row["ucum"], row.dialect_row["ucum"], ["unit-implied"]
        return source, ucum, flags

    def fill(self, row: Row) -> None:
        m, segment = self.message, row.segment
        kind = m.text(m.get(segment, 2))
        row.unit = self.unit(row)
        value = Value(m, segment, row.unit, self.zone, self.message_zone, row.sequence).read(kind)
        row.flags += row.unit[2] if re.match(r"[<>=]*[-\d.]+ |\[|range|ratio|samples", value) else []
        row.value = self.no_value_number(row, value)
        self.fill_status(row)
        self.fill_time(row)
        for word, number in (("site", 20), ("method", 17)):
            coded = m.get(segment, number)
            said = m.text(coded) or m.text(coded, component=2)
            row.words += [f"{word}:{said}" if " " not in said else f"{word}:{quoted(said)}"] if said else []
        row.words += [f"note:{quoted(note)}" for note in row.notes]

    def no_value_number(self, row: Row, value: str) -> str:
        """Mindray's local numbers say -100 (and -1, save for ST and temperature difference) for no value."""
        if self.dialect != "mindray" or row.code[2] or not row.code[0].isdigit():
            return value
        number = value.split(" ")[0]
        signed = row.code[0] == "202" or 105 <= int(row.code[0]) <= 117
        stand_ins = {-100.0} if signed else {-1.0, -100.0}
        return "absent:unknown" if NUMBER.match(number) and float(number) in stand_ins else value

    def fill_status(self, row: Row) -> None:
        m = self.message
        letter = m.text(m.get(row.segment, 11))
        row.status = STATUS.get(letter, "unknown")
        if letter and letter not in STATUS:
            row.flags.append("status-unknown")
        tokens = [m.text(m.get(row.segment, 8), repetition=i + 1)
                  for i in range(len(m.parts(m.get(row.segment, 8))))]
        reason = None
        for token in tokens:
            if token in MEASUREMENT:
                absent, words = MEASUREMENT[token]
                reason = reason or absent
                row.words += words
                if token == "EARLY":
                    row.status = "preliminary"
            elif token in INTERPRETATION:
                row.words.append(token)
            elif token not in ("", '""'):
                row.words.append(f"other:{token}")
        if letter == "N":
            reason = "not-asked"
        if letter == "X" and not reason:
            reason = "error" if row.code[2] == "MDIL" else "unknown"
        if reason:
            row.value = f"absent:{reason}"

    def fill_time(self, row: Row) -> None:
        m = self.message
        start, end = m.text(m.get(row.order, 7)), m.text(m.get(row.order, 8))
        for text in (m.text(m.get(row.segment, 14)), start, self.message_time):
            found = self.instant(text) if text not in ("", '""') else None
            if found:
                row.time = found
                break
            if text not in ("", '""'):
                row.flags.append("time-invalid")
        else:
            row.time = "received"
        if row.value.startswith("samples") and self.instant(start) and self.instant(end):
            row.time = self.instant(start) + ".." + self.instant(end)

    def join_waveforms(self, rows: list) -> None:
        """A sample rate or resolution row one level below a waveform row belongs to the waveform."""
        for wave in rows:
            if not wave.value.startswith("samples"):
                continue
            for facet in rows:
                if facet.levels[:4] != wave.levels[:4] or len(facet.levels) != 5 or facet.order is not wave.order:
                    continue
                number = facet.value.split(" ")[0]
                if facet.code[1] in RATE_FACETS and float(number):
                    period = 1000 / float(number)
                    wave.value += f" period {period:.10g} ms"
                elif facet.code[1] in RESOLUTION_FACETS:
                    wave.value += f" scale {facet.value}"
                else:
                    continue
                facet.silent = True
            if wave.unit[0] and "scale" not in wave.value:
                wave.value += f" unit {wave.unit[0]} → {wave.unit[1]}"

    def drop_repeats(self, rows: list, device: str) -> None:
        """An episodic measurement without its own time that only repeats what was said before is no new one. The parts
        of a compound (and the pulse of a cuff) are one measurement: when one differs, all of them are new."""
        measured = {}
        for row in rows:
            if row.mdc in terms.episodic() and not self.message.text(self.message.get(row.segment, 14)):
                group = CUFF_GROUP if row.mdc == CUFF_PULSE else terms.groups().get(row.mdc, row.mdc)
                measured.setdefault((device, ".".join(row.levels[:3]), group), []).append(row)
        for key, members in measured.items():
            said = tuple((row.code, row.path, row.value, row.status) for row in members)
            if self.memory.get(key) == said:
                for row in members:
                    row.silent = True
            self.memory[key] = said

    def loinc(self, row: Row, rows: list, patient_known: bool) -> tuple:
        own = [c[0] for c in (row.code, row.alternate) if c[2] in ("LN", "LOINC") and c[0]]
        found = terms.loinc_rows().get(row.mdc or "", []) if patient_known else []
        if "code-mismatch" in row.flags or found and found[0]["profile"] == "bp" and not self.has_pair(row, rows):
            found = []
        if found and not self.unit_fits(row, found[0]):
            found = []
        codes = own + [r["loinc"] for r in found if r["loinc"] not in own]
        category = next((r["fhir_category"] for r in found), "-")
        if own and category == "-" and patient_known and not row.mdc:
            category = next((r["fhir_category"] for group in terms.loinc_rows().values() for r in group
                             if r["loinc"] in own), "-")
        return codes, category

    def unit_fits(self, row: Row, pair: dict) -> bool:
        """A LOINC code says what is measured in which kind of unit: another unit than the pair's makes it untrue."""
        if not re.match(r"[<>=]*-?\d", row.value):
            return True
        return row.unit[1] in PROFILE_UNITS.get(pair["profile"], {pair["ucum"]})

    def has_pair(self, row: Row, rows: list) -> bool:
        """Blood pressure fits its profile only with systolic and diastolic of the same group, place and time."""
        group = int(terms.groups().get(row.mdc, row.mdc))
        near = {r.mdc for r in rows if r.levels[:3] == row.levels[:3] and r.time == row.time and not r.silent}
        return {str(group + 1), str(group + 2)} <= near

    def is_monitor_row(self, row: Row) -> bool:
        return bool({row.code[2], row.alternate[2]} & MONITOR_SYSTEMS) or bool(row.dialect_row) or bool(self.dialect)

    def category(self, row: Row, category: str) -> str:
        m = self.message
        kind = m.text(m.get(m.first("MSH"), 9)), m.text(m.get(m.first("MSH"), 9), component=2)
        lab = kind == ("OUL", "R22") or kind[1] in ("R30", "R31", "R32") or \
            m.text(m.get(row.order, 24)) in LAB_SECTIONS
        return "laboratory" if category == "-" and lab else category

    def line(self, row: Row, rows: list, patient_known: bool) -> str:
        codes, category = self.loinc(row, rows, patient_known)
        bounds = limits(self.message.text(self.message.get(row.segment, 7)))
        if bounds != "-":
            bounds = ("alarm " if row.is_monitor else "normal ") + bounds
        flags = [f"!{flag}" for flag in dict.fromkeys(row.flags)]
        return " | ".join([row.path or "-", code_text(*row.code), row.mdc or "-", row.value,
                           ",".join(codes) or "-", self.category(row, category), row.time,
                           " ".join([row.status] + row.words + flags), bounds])

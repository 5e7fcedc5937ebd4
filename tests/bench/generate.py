#!/usr/bin/env python3
"""Writes the HL7 v2 messages that the benchmarks read: IHE PCD-01 (ORU^R01) as a bedside monitor sends them.

    generate.py --obx 20 --messages 500 --out ward.hl7

A message is one MDS with its VMD and channel rows and `--obx` metric rows (device rows are not counted), PID and PV1.
Every segment ends with a carriage return, messages follow each other, a new one begins at its MSH. Values walk
plausibly from message to message; the same arguments give the same bytes. Messages come from `--beds` monitors in turn,
those of one monitor `--every` seconds apart.
"""

import argparse
import datetime
import random
import sys

# Channels of a monitor: (VMD, channel, metrics). Device types are MDC codes of partition 1, metrics of partition 2.
# Metric: code, name, unit code, unit name, usual value, spread, decimals, episodic.
BPM = (264864, "MDC_DIM_BEAT_PER_MIN")
RPM = (264928, "MDC_DIM_RESP_PER_MIN")
PERCENT = (262688, "MDC_DIM_PERCENT")
MMHG = (266016, "MDC_DIM_MMHG")
CELSIUS = (268192, "MDC_DIM_DEGC")
MILLIMETRE = (263442, "MDC_DIM_MILLI_M")
LITRE_PER_MIN = (265216, "MDC_DIM_L_PER_MIN")
MILLILITRE = (263762, "MDC_DIM_MILLI_L")
CMH2O = (266048, "MDC_DIM_CM_H2O")

CHANNELS = [
    (
        (69798, "MDC_DEV_ECG_VMD"),
        (69799, "MDC_DEV_ECG_CHAN"),
        [
            (147842, "MDC_ECG_HEART_RATE", *BPM, 78, 25, 0, False),
            (131841, "MDC_ECG_AMPL_ST_I", *MILLIMETRE, 0.2, 0.6, 1, False),
            (131842, "MDC_ECG_AMPL_ST_II", *MILLIMETRE, 0.3, 0.6, 1, False),
            (131901, "MDC_ECG_AMPL_ST_III", *MILLIMETRE, 0.1, 0.6, 1, False),
        ],
    ),
    (
        (69642, "MDC_DEV_ANALY_SAT_O2_VMD"),
        (69643, "MDC_DEV_ANALY_SAT_O2_CHAN"),
        [
            (150456, "MDC_PULS_OXIM_SAT_O2", *PERCENT, 97, 3, 0, False),
            (149530, "MDC_PULS_OXIM_PULS_RATE", *BPM, 78, 25, 0, False),
            (150448, "MDC_PULS_OXIM_PERF_REL", *PERCENT, 2.4, 1.5, 1, False),
        ],
    ),
    (
        (69854, "MDC_DEV_METER_PRESS_BLD_VMD"),
        (69855, "MDC_DEV_METER_PRESS_BLD_CHAN"),
        [
            (150021, "MDC_PRESS_BLD_NONINV_SYS", *MMHG, 121, 25, 0, True),
            (150022, "MDC_PRESS_BLD_NONINV_DIA", *MMHG, 74, 15, 0, True),
            (150023, "MDC_PRESS_BLD_NONINV_MEAN", *MMHG, 90, 18, 0, True),
        ],
    ),
    (
        (69854, "MDC_DEV_METER_PRESS_BLD_VMD"),
        (69855, "MDC_DEV_METER_PRESS_BLD_CHAN"),
        [
            (150037, "MDC_PRESS_BLD_ART_ABP_SYS", *MMHG, 124, 25, 0, False),
            (150038, "MDC_PRESS_BLD_ART_ABP_DIA", *MMHG, 71, 15, 0, False),
            (150039, "MDC_PRESS_BLD_ART_ABP_MEAN", *MMHG, 89, 18, 0, False),
            (150087, "MDC_PRESS_BLD_VEN_CENT_MEAN", *MMHG, 8, 4, 0, False),
        ],
    ),
    (
        (69902, "MDC_DEV_METER_TEMP_VMD"),
        (69903, "MDC_DEV_METER_TEMP_CHAN"),
        [
            (150368, "MDC_TEMP_CORE", *CELSIUS, 37.1, 1.2, 1, False),
            (150388, "MDC_TEMP_SKIN", *CELSIUS, 34.2, 1.5, 1, False),
        ],
    ),
    (
        (69682, "MDC_DEV_ANALY_AWAY_MULTI_PARAM_VMD"),
        (69683, "MDC_DEV_ANALY_AWAY_MULTI_PARAM_CHAN"),
        [
            (151562, "MDC_RESP_RATE", *RPM, 15, 6, 0, False),
            (151708, "MDC_CONC_AWAY_CO2_ET", *MMHG, 38, 6, 0, False),
            (152004, "MDC_VENT_VOL_MINUTE_INSP", *LITRE_PER_MIN, 6.8, 2.0, 1, False),
            (151980, "MDC_VENT_VOL_TIDAL", *MILLILITRE, 460, 90, 0, False),
            (151976, "MDC_VENT_PRESS_AWAY_END_EXP_POS", *CMH2O, 5.0, 2.0, 1, False),
        ],
    ),
]

MDS = (69965, "MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS")


class Bed:
    """One monitor and its patient, with the values it showed last."""

    def __init__(self, number, metrics, chance):
        self.number = number
        self.chance = chance
        self.eui = f"001A2BFFFE{number:06X}"
        self.rows = self.layout(metrics)
        self.values = [row[1][4] for row in self.rows if len(row) == 2]

    @staticmethod
    def layout(metrics):
        """Rows in the order sent: (path, device type, name) or (path, metric). As many channels as the metrics fill."""
        rows = [("1.0.0.0", *MDS)]
        left = metrics
        vmd = 0
        while left > 0:
            vmd_type, channel_type, listed = CHANNELS[vmd % len(CHANNELS)]
            vmd += 1
            rows.append((f"1.{vmd}.0.0", *vmd_type))
            rows.append((f"1.{vmd}.1.0", *channel_type))
            for ordinal, metric in enumerate(listed[:left], 1):
                rows.append((f"1.{vmd}.1.{ordinal}", metric))
            left -= len(listed[:left])
        return rows

    def message(self, control, time):
        stamp = time.strftime("%Y%m%d%H%M%S") + "+0100"
        # A cuff reading of its own for each message: one that only repeats would be dropped, and the work with it.
        cuff = time - datetime.timedelta(seconds=2)
        segments = [
            f"MSH|^~\\&|MONITOR^{self.eui}^EUI-64|WARD|DRAGOMAN|HOSPITAL|{stamp}||ORU^R01^ORU_R01|{control}|P|2.6"
            "|||AL|NE||UNICODE UTF-8|||IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO",
            f"PID|||MRN{10000 + self.number}^^^WARD^MR||DOE^PAT{self.number}||19600101|U",
            f"PV1||I|ICU^^BED{self.number:02}",
            f"OBR|1|{control}^MONITOR^{self.eui}^EUI-64|{control}^MONITOR^{self.eui}^EUI-64"
            f"|182777000^monitoring of patient^SCT|||{stamp}",
        ]
        metric = 0
        for number, row in enumerate(self.rows, 1):
            if len(row) == 3:
                path, code, name = row
                segments.append(f"OBX|{number}||{code}^{name}^MDC|{path}|||||||X|||||||{self.eui}^^{self.eui}^EUI-64")
                continue
            path, (code, name, unit, unit_name, usual, spread, decimals, episodic) = row
            value = self.values[metric] + self.chance.uniform(-spread, spread) / 10
            self.values[metric] = min(max(value, usual - spread), usual + spread)
            text = f"{self.values[metric]:.{decimals}f}"
            taken = cuff.strftime("%Y%m%d%H%M%S") + "+0100" if episodic else ""
            segments.append(
                f"OBX|{number}|NM|{code}^{name}^MDC|{path}|{text}|{unit}^{unit_name}^MDC|||||R|||{taken}||||"
                f"{self.eui}^^{self.eui}^EUI-64"
            )
            metric += 1
        return "".join(segment + "\r" for segment in segments)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--obx", type=int, required=True, help="metric rows a message")
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--beds", type=int, default=8)
    parser.add_argument("--every", type=int, default=10, help="seconds between the messages of one monitor")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", help="file to write (default: standard output)")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    beds = [Bed(number, options.obx, chance) for number in range(1, options.beds + 1)]
    begin = datetime.datetime(2024, 3, 1, 10, 0, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    with open(options.out, "wb") if options.out else sys.stdout.buffer as out:
        for number in range(options.messages):
            time = begin + datetime.timedelta(seconds=options.every * (number // len(beds)))
            out.write(beds[number % len(beds)].message(f"M{number + 1:07}", time).encode())


if __name__ == "__main__":
    main()

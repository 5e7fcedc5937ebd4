"""The device's side of MLLP: sockets, frames, and what an answer says."""

import contextlib
import re
import socket
from dataclasses import dataclass

BEGIN, END = b"\x0b", b"\x1c\r"
TIMEOUT_S = 30


def frame(message: bytes) -> bytes:
    return BEGIN + message + END


def report(control_id, value=70, *, sender="MON^00A0370098007A01^EUI-64", accept="", application="", at=0) -> bytes:
    """One PCD-01 message with a heart rate; `at` moves its time by seconds."""
    time = f"20260401{9 + at // 3600:02}{at // 60 % 60:02}{at % 60:02}+0200"
    return "".join(line + "\r" for line in (
        f"MSH|^~\\&|{sender}||||{time}||ORU^R01^ORU_R01|{control_id}|P|2.6|||{accept}|{application}",
        "PID|||605^^^StExample^MR",
        f"OBR|1||{control_id}|182777000^monitoring of patient^SCT|||{time}",
        f"OBX|1|NM|147842^MDC_ECG_HEART_RATE^MDC|1.1.1.1|{value}|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||R|||{time}",
    )).encode()


@dataclass
class Answer:
    """What one acknowledgement says."""

    code: str
    message_id: str
    segment: str = ""
    sequence: int = 0
    field: int = 0
    error: int = 0
    words: str = ""
    raw: bytes = b""

    @classmethod
    def read(cls, raw: bytes) -> "Answer":
        segments = [line for line in raw.decode("latin-1").split("\r") if line]
        field, component, subcomponent = raw[3:4].decode(), raw[4:5].decode(), raw[7:8].decode()
        split = {line[:3]: line.split(field) for line in segments}
        assert segments[0].startswith("MSH") and "MSA" in split, raw
        answer = cls(code=split["MSA"][1], message_id=split["MSA"][2], raw=raw)
        if "ERR" in split:
            error = split["ERR"] + [""] * 9
            place = (error[2] or error[1]).split(component) + ["", "", ""]
            # Up to 2.4 the code is the fourth component of ERR-1.
            code = error[3].split(component)[0] if error[2] or error[3] else place[3].split(subcomponent)[0]
            answer.segment, answer.words = place[0], error[8]
            answer.sequence, answer.field, answer.error = (int(n or 0) for n in (place[1], place[2], code))
        return answer


class Device:
    """A connection that sends frames and reads answers in order."""

    def __init__(self, port: int, wrap=lambda plain: plain):
        plain = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.hold(wrap(plain))
        except OSError:
            plain.close()
            raise

    @classmethod
    def around(cls, connected: socket.socket) -> "Device":
        """One whose connection is there already."""
        device = cls.__new__(cls)
        connected.settimeout(TIMEOUT_S)
        device.hold(connected)
        return device

    def hold(self, connected: socket.socket):
        self.socket = connected
        self.unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.close()

    def send(self, *messages: bytes):
        self.socket.sendall(b"".join(frame(message) for message in messages))

    def send_raw(self, data: bytes):
        self.socket.sendall(data)

    def answer(self) -> Answer:
        """The next answer; fails when the connection ends before."""
        end = self.unread.find(END)
        while end < 0:
            part = self.socket.recv(1 << 12)
            assert part, f"closed after {self.unread!r}"
            self.unread += part
            end = self.unread.find(END)
        one, self.unread = self.unread[:end], self.unread[end + len(END):]
        assert one[:1] == BEGIN, one
        return Answer.read(one[1:])

    def answers_until(self, message_id: str) -> list:
        """All answers before the one to this message, which must be the last."""
        found = []
        while True:
            answer = self.answer()
            if answer.message_id == message_id:
                assert not self.unread, self.unread
                return found
            found.append(answer)

    def ask(self, message: bytes) -> Answer:
        self.send(message)
        return self.answer()

    def until_closed(self) -> bytes:
        """What still came before the other side closed."""
        while True:
            try:
                part = self.socket.recv(1 << 16)
            except ConnectionResetError:
                part = b""
            if not part:
                return self.unread
            self.unread += part


def split(stream: bytes) -> list:
    """The messages of a file, as a sender puts one in each frame; headers and trailers of batches stay behind."""
    messages = []
    for line in re.findall(rb"[^\r\n]*(?:\r\n|\r|\n|$)", stream):
        if line[:3] in (b"FHS", b"BHS", b"BTS", b"FTS") or not line.strip():
            continue
        if line.startswith(b"MSH") or not messages or not messages[-1].startswith(b"MSH"):
            messages.append(line)
        else:
            messages[-1] += line
    return messages


def listen(port=0) -> socket.socket:
    """A gateway's listening socket."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    server.listen(8)
    server.settimeout(TIMEOUT_S)
    return server


def accept(server: socket.socket) -> Device:
    """The next connection that comes to it."""
    connection, _ = server.accept()
    return Device.around(connection)

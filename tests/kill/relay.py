"""Stands between the monitors and dragoman, writes down what each side said, and breaks connections when told to.

What dragoman acknowledged counts from the moment its answer left it, whether or not the monitor ever got it.
"""

import contextlib
import re
import socket
import threading

END = b"\x1c\r"
ACKNOWLEDGED = re.compile(rb"\rMSA\|[AC]A\|([^\r|]*)")


class Relay:
    """Listens at `port` and passes on to `to`, each connection in two threads."""

    def __init__(self, to):
        self.to = to
        self.lock = threading.Lock()
        self.sent = {}
        self.changed = set()
        self.acknowledged = set()
        self.answers_lost = 0
        self.must_lose = 0
        self.pairs = set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()
        self.cut()

    def cut(self):
        """Breaks every connection, wherever it is in a message."""
        with self.lock:
            pairs = list(self.pairs)
        for pair in pairs:
            self._end(pair)

    def lose(self, count):
        """The next answers reach nobody: their connections break instead."""
        with self.lock:
            self.must_lose = count

    def _end(self, pair):
        with self.lock:
            self.pairs.discard(pair)
        for one in pair:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                monitor, _ = self.listener.accept()
                self._open(monitor)

    def _open(self, monitor):
        try:
            house = socket.create_connection(("127.0.0.1", self.to), timeout=10)
        except OSError:
            monitor.close()
            return
        house.settimeout(None)
        for one in (monitor, house):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = (monitor, house)
        with self.lock:
            self.pairs.add(pair)
        threading.Thread(target=self._pass, args=(pair, monitor, house, self._note_sent), daemon=True).start()
        threading.Thread(target=self._pass, args=(pair, house, monitor, self._note_answer), daemon=True).start()

    def _pass(self, pair, whence, whither, note):
        unread = b""
        with contextlib.suppress(OSError):
            while data := whence.recv(1 << 16):
                *frames, unread = (unread + data).split(END)
                if not all([note(frame) for frame in frames]):
                    break
                whither.sendall(data)
        self._end(pair)

    def _note_sent(self, frame):
        message = frame[frame.index(b"\x0b") + 1:]
        ident = message.split(b"|", 10)[9].decode()
        with self.lock:
            if self.sent.setdefault(ident, message) != message:
                self.changed.add(ident)
        return True

    def _note_answer(self, frame):
        """False: the answer is to be lost."""
        found = ACKNOWLEDGED.search(frame)
        with self.lock:
            if found:
                self.acknowledged.add(found[1].decode())
            if self.must_lose == 0:
                return True
            self.must_lose -= 1
            self.answers_lost += 1
            return False

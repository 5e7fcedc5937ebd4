"""A real Mosquitto for tests, a proxy that can cut and stall what goes to it, and a subscriber by Eclipse Paho."""

import contextlib
import random
import shutil
import socket
import subprocess
import threading
import time

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

PROGRAM = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
USER, PASSWORD = "ward", "not a secret"


def quiet_port():
    """One that no outgoing connection gets by chance while the broker is away."""
    while True:
        port = random.randrange(15000, 30000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Broker:
    """Mosquitto on this port of the loopback, with what is in memory kept over a restart."""

    def __init__(self, folder, tls=None, users=False, lines=(), certificate="ours"):
        self.folder = folder
        self.port = quiet_port()
        self.process = None
        rows = [f"listener {self.port} 127.0.0.1", "persistence true", f"persistence_location {folder}/",
                "max_queued_messages 0", "set_tcp_nodelay true", f"log_dest file {folder}/broker.log", "user root",
                *lines]
        if tls:
            rows += [f"cafile {tls}/house.pem", f"certfile {tls}/{certificate}.pem",
                     f"keyfile {tls}/{certificate}.key",
                     "require_certificate true"]
        if users:
            passwords = folder / "passwords"
            passwords.touch(mode=0o700)
            subprocess.run(["mosquitto_passwd", "-b", passwords, USER, PASSWORD], check=True, capture_output=True)
            rows += [f"password_file {passwords}"]
        rows += [f"allow_anonymous {'false' if users else 'true'}"]
        (folder / "broker.conf").write_text("\n".join(rows) + "\n")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()

    def start(self):
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen([PROGRAM, "-c", self.folder / "broker.conf"], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return self
            assert self.process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=10)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Subscriber:
    """Keeps every message of a topic filter, through the broker's restarts: its session is kept."""

    def __init__(self, port, topics="#", version=5, user=None, tls=None, qos=1):
        self.messages = []
        self.lock = threading.Lock()
        self.ready = threading.Event()
        protocol = paho.MQTTv5 if version == 5 else paho.MQTTv311
        more = {} if version == 5 else {"clean_session": False}
        self.client = paho.Client(CallbackAPIVersion.VERSION2, f"subscriber-{port}-{topics}", protocol=protocol, **more)
        if user:
            self.client.username_pw_set(*user)
        if tls:
            self.client.tls_set(str(tls / "house.pem"), str(tls / "monitor.pem"), str(tls / "monitor.key"))
        self.client.reconnect_delay_set(0.1, 0.5)
        self.client.on_connect = lambda client, *_: client.subscribe(topics, qos)
        self.client.on_subscribe = lambda *_: self.ready.set()
        self.client.on_message = self.take
        kept = None
        if version == 5:
            kept = Properties(PacketTypes.CONNECT)
            kept.SessionExpiryInterval = 3600
        self.client.connect("127.0.0.1", port, clean_start=paho.MQTT_CLEAN_START_FIRST_ONLY, properties=kept)
        self.client.loop_start()
        assert self.ready.wait(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.disconnect()
        self.client.loop_stop()

    def take(self, _client, _context, message):
        with self.lock:
            self.messages.append(message)

    def got(self, under="dragoman/Test/"):
        """What came, but for the state of sinks and links."""
        with self.lock:
            return [one for one in self.messages if one.topic.startswith(under) and
                    not {"state", "links"} & set(one.topic.split("/"))]

    def states(self):
        with self.lock:
            return [one.payload.decode() for one in self.messages if "/state/" in one.topic]


class Proxy:
    """Hands on between a port of its own and the broker, until it is told not to."""

    def __init__(self, port):
        self.to = port
        self.delay_s = 0
        self.stalled = threading.Event()
        self.closed = threading.Event()
        self.pairs = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.close()
        self.cut()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                here, _ = self.server.accept()
                try:
                    if self.closed.is_set():
                        raise ConnectionRefusedError
                    there = socket.create_connection(("127.0.0.1", self.to))
                except OSError:
                    here.close()
                    continue
                self.pairs.append((here, there))
                threading.Thread(target=self.join, args=(here, there), daemon=True).start()

    def join(self, here, there):
        """Closes both when nobody uses either: a closed one's number may be the next connection's."""
        back = threading.Thread(target=self.carry, args=(there, here), daemon=True)
        back.start()
        self.carry(here, there)
        back.join()
        here.close()
        there.close()

    def carry(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(4096):
                while self.stalled.is_set():
                    time.sleep(0.01)
                time.sleep(self.delay_s)
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def cut(self):
        """Ends every connection in the middle of what it carries."""
        pairs, self.pairs = self.pairs, []
        for one in (socket_ for pair in pairs for socket_ in pair):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

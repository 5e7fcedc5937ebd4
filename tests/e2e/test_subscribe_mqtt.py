"""A link gets messages from a real Mosquitto: nothing is acknowledged before it is kept, and nothing is lost.

The adapter is the smallest one, which is taught here to take messages too. The publisher is Eclipse Paho's.
"""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from broker import PASSWORD, USER, Broker, Proxy
from certificates import make_house
from paho.mqtt.enums import CallbackAPIVersion
from ward import ROOT, Ward, dragoman, until

PREFIX = ROOT / "zig-out"
CHANGES = [
    ("    if (event->kind != DRAGOMAN_EVENT_BYTES) {",
     "    if (event->kind == DRAGOMAN_EVENT_MESSAGE) {\n"
     "        return take_line(self, event->of.message.payload);\n    }\n"
     "    if (event->kind != DRAGOMAN_EVENT_BYTES) {"),
    ("        self->owed++;", "        self->owed += 0;"),
    ("message_begin(self->context, unnamed, unnamed, 0, &number)",
     'message_begin(self->context, DRAGOMAN_TEXT("post"), line, 1, &number)'),
    ("    dragoman_bytes unnamed = {NULL, 0}; /* the device gives its messages no ids */\n", ""),
    ("1u << DRAGOMAN_CHANNEL_STREAM |", "1u << DRAGOMAN_CHANNEL_MESSAGE |"),
    ('.name = "hello"', '.name = "post"'),
]


@pytest.fixture(scope="module", autouse=True)
def adapter(tmp_path_factory):
    """An installation with the adapter `post`."""
    place = tmp_path_factory.mktemp("post")
    prefix = place / "prefix"
    for part in ("lib/dragoman", "share/dragoman", "include/dragoman"):
        shutil.copytree(PREFIX / part, prefix / part)
    source = (ROOT / "examples/hello-adapter/hello.c").read_text(encoding="utf-8")
    for before, after in CHANGES:
        assert source.count(before) == 1, before
        source = source.replace(before, after)
    (place / "post.c").write_text(source)
    build = "cc -std=c11 -Wall -Wextra -Wpedantic -Werror -fPIC -shared -fvisibility=hidden".split()
    library = prefix / "lib/dragoman/adapters/post.so"
    subprocess.run([*build, "-I", prefix / "include", "-o", library, "post.c"], check=True, cwd=place)
    os.environ["DRAGOMAN_PREFIX"] = str(prefix)
    yield
    del os.environ["DRAGOMAN_PREFIX"]


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "broker"
    made.mkdir()
    return made


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return make_house(tmp_path_factory.mktemp("tls"))


def ward(tmp_path, port, scheme="mqtt", **link):
    return Ward(tmp_path, [{"name": "wearables", "adapter": "post", "connect": f"{scheme}://127.0.0.1:{port}",
                            "topics": ["a/#"], **link}],
                publish=[{"name": "all", "to": "file:out.json", "format": "json"}])


def publisher(port, version=5, user=None, tls=None):
    client = paho.Client(CallbackAPIVersion.VERSION2, f"publisher-{port}",
                         protocol=paho.MQTTv5 if version == 5 else paho.MQTTv311)
    if user:
        client.username_pw_set(*user)
    if tls:
        client.tls_set(str(tls / "house.pem"), str(tls / "monitor.pem"), str(tls / "monitor.key"))
    client.reconnect_delay_set(0.1, 0.2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


def publish(client, numbers, qos=1, retain=False):
    for number in numbers:
        client.publish(f"a/{number}", f"T={number}.0", qos, retain).wait_for_publish(20)


def kept(tmp_path):
    out = Path(tmp_path) / "out.json"
    # A line that is being written, or that a crash cut off, is none yet.
    lines = out.read_text(encoding="utf-8").rpartition("\n")[0].splitlines() if out.exists() else []
    return [json.loads(line)["observations"][0]["values"][0]["number"] for line in lines]


def until_subscribed(running, link="wearables"):
    until(lambda: running.status()["links"][0]["sessions"] == 1, why=running.log)
    assert running.status()["links"][0]["name"] == link


@pytest.mark.parametrize("version", ["3", "5"])
def test_messages_over_tls_with_passwords(tmp_path, folder, tls, version):
    (tmp_path / "password").write_text(PASSWORD)
    own = {name: str(tls / file)
           for name, file in (("authority", "house.pem"), ("certificate", "monitor.pem"), ("key", "monitor.key"))}
    with Broker(folder, tls, users=True) as broker:
        client = publisher(broker.port, int(version), (USER, PASSWORD), tls)
        mqtt = {"version": version, "user": USER, "password_file": "password"}
        with ward(tmp_path, broker.port, "mqtts", tls=own, mqtt=mqtt) as running:
            until_subscribed(running)
            publish(client, range(50))
            until(lambda: kept(tmp_path) == list(range(50)), why=lambda: f"{kept(tmp_path)}\n{running.log()}")
        client.loop_stop()


@pytest.mark.parametrize("version", ["3", "5"])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_what_comes_while_dragoman_is_away_is_kept_by_the_broker(tmp_path, folder, version, how):
    with Broker(folder) as broker:
        client = publisher(broker.port)
        for start in range(0, 300, 100):
            with ward(tmp_path, broker.port, mqtt={"version": version}) as running:
                until_subscribed(running)
                publish(client, range(start, start + 50))
                running.process.send_signal(how)
                running.process.wait(20)
            publish(client, range(start + 50, start + 100))
        with ward(tmp_path, broker.port, mqtt={"version": version}):
            until(lambda: sorted(set(kept(tmp_path))) == list(range(300)), why=lambda: str(kept(tmp_path)))
        client.loop_stop()


def test_a_connection_that_is_cut_loses_nothing(tmp_path, folder):
    with Broker(folder) as broker, Proxy(broker.port) as proxy, ward(tmp_path, proxy.port) as running:
        client = publisher(broker.port)
        until_subscribed(running)
        for start in range(0, 400, 40):
            publish(client, range(start, start + 40))
            proxy.cut()
        until(lambda: sorted(set(kept(tmp_path))) == list(range(400)), why=lambda: f"{kept(tmp_path)}\n{running.log()}")
        client.loop_stop()


def test_a_broker_that_restarts_is_called_again(tmp_path, folder):
    with Broker(folder) as broker, ward(tmp_path, broker.port) as running:
        until_subscribed(running)
        for start in range(3):
            broker.stop()
            broker.start()
            client = publisher(broker.port)
            publish(client, range(start * 10, start * 10 + 10))
            client.loop_stop()
        until(lambda: sorted(set(kept(tmp_path))) == list(range(30)), why=lambda: f"{kept(tmp_path)}\n{running.log()}")


def test_a_retained_value_comes_once_to_a_new_subscription(tmp_path, folder):
    with Broker(folder) as broker:
        client = publisher(broker.port)
        publish(client, [7], retain=True)
        for _ in range(2):
            with ward(tmp_path, broker.port) as running:
                until_subscribed(running)
                until(lambda: kept(tmp_path) == [7])
        client.loop_stop()


@pytest.mark.parametrize(("link", "words"), [
    ({"topics": None}, "a broker needs `topics`"),
    ({"topics": ["a/#/b"]}, "no filter of MQTT"),
    ({"topics": ["a/b+"]}, "no filter of MQTT"),
    ({"connect": "tcp://127.0.0.1:1"}, "carries a stream of bytes"),
    ({"connect": "mqtt://"}, "the host is missing"),
    ({"mqtt": {"version": "3", "password_file": "x"}}, "needs a `user`"),
    ({"mqtt": {"version": "4"}}, "version"),
])
def test_mistakes_are_told(tmp_path, link, words):
    whole = {"name": "wearables", "adapter": "post", "connect": "mqtt://localhost", "topics": ["a/#"], **link}
    whole = {key: value for key, value in whole.items() if value is not None}
    (tmp_path / "site.yaml").write_text(json.dumps({"site": "Test", "links": [whole]}))
    said = dragoman("check", "site.yaml", cwd=tmp_path)
    assert said.returncode != 0 and words in said.stdout + said.stderr, said.stdout + said.stderr


def test_nobody_listens_for_a_broker(tmp_path):
    link = {"name": "wearables", "adapter": "post", "listen": "mqtt://127.0.0.1:0"}
    (tmp_path / "site.yaml").write_text(json.dumps({"site": "Test", "links": [link]}))
    said = dragoman("check", "site.yaml", cwd=tmp_path)
    assert "write `connect`" in said.stdout + said.stderr, said.stdout + said.stderr

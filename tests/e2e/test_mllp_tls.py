"""MLLP over TLS, with certificates that openssl makes here: who is let in, who is not, and what is said about it."""

import socket
import ssl
import struct

import mllp
import pytest
from certificates import make_house
from ward import Ward, until


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_house(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def ward(folder):
    own = {"certificate": "ours.pem", "key": "ours.key"}
    links = [{"name": "open", "listen": "tls://127.0.0.1:0", "tls": own},
             {"name": "mutual", "listen": "tls://127.0.0.1:0",
              "tls": {**own, "authority": "house.pem", "verify_client": True}}]
    with Ward(folder, links) as running:
        yield running


def connect(ward, folder, link, trusted="house", own=None) -> mllp.Device:
    context = ssl.create_default_context(cafile=folder / f"{trusted}.pem")
    if own:
        context.load_cert_chain(folder / f"{own}.pem", folder / f"{own}.key")
    return mllp.Device(ward.port(link), lambda plain: context.wrap_socket(plain, server_hostname="127.0.0.1"))


def test_answers_come_over_tls(ward, folder):
    with connect(ward, folder, "open") as device:
        assert device.socket.version() in ("TLSv1.2", "TLSv1.3")
        device.send(*(mllp.report(f"T{n}", 60 + n, at=n) for n in range(20)))
        assert [device.answer().message_id for _ in range(20)] == [f"T{n}" for n in range(20)]


def test_a_large_message_over_tls(ward, folder):
    message = mllp.report("TL") + b"".join(b"NTE|%d||%s\r" % (n, b"x" * 1000) for n in range(1, 3001))
    with connect(ward, folder, "open") as device:
        assert device.ask(message).code == "AA"


def test_a_device_that_trusts_another_authority_does_not_speak_to_us(ward, folder):
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(ward, folder, "open", trusted="stranger")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_protocols_are_not_spoken(ward):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match="(?i)protocol.version"):
        mllp.Device(ward.port("open"), context.wrap_socket)


def test_a_device_of_the_house_is_let_in(ward, folder):
    with connect(ward, folder, "mutual", own="monitor") as device:
        assert device.ask(mllp.report("M1")).code == "AA"


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_a_device_of_the_house_may_resume_its_session(ward, folder, version):
    context = ssl.create_default_context(cafile=folder / "house.pem")
    context.load_cert_chain(folder / "monitor.pem", folder / "monitor.key")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    session = None
    for turn in range(3):
        # pylint: disable-next=cell-var-from-loop
        with mllp.Device(ward.port("mutual"), lambda plain: context.wrap_socket(
                plain, server_hostname="127.0.0.1", session=session)) as device:
            assert device.ask(mllp.report(f"S{version}{turn}")).code == "AA"
            session = device.socket.session


@pytest.mark.parametrize("own", [None, "intruder"])
def test_a_device_without_a_certificate_of_the_house_is_turned_away(ward, folder, own):
    before = ward.status()["store"]["messages"]
    # With TLS 1.3 the client learns of it only when it reads.
    with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
        with connect(ward, folder, "mutual", own=own) as device:
            device.ask(mllp.report("M2"))
    assert "certificate" in until(lambda: ward.link("mutual").get("trouble"), ward.log)
    assert ward.status()["store"]["messages"] == before
    with connect(ward, folder, "mutual", own="monitor") as device:
        assert device.ask(mllp.report(f"M3{own}")).code == "AA"


def test_plain_mllp_on_a_tls_port_is_turned_away(ward):
    with mllp.Device(ward.port("open")) as device:
        device.send(mllp.report("PLAIN"))
        assert b"MSA" not in device.until_closed()
    assert until(lambda: ward.link("open").get("trouble"), ward.log)


def test_a_device_that_resets_its_connection_costs_only_itself(ward, folder):
    for turn in range(5):
        device = connect(ward, folder, "open")
        device.send(*(mllp.report(f"R{turn}-{n}", at=n) for n in range(20)))
        # Closed with a reset: what we still write there, answers and the end of TLS, meets a broken connection.
        device.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        device.close()
        until(lambda: ward.link("open")["sessions"] == 0, ward.log)
    with connect(ward, folder, "open") as device:
        assert device.ask(mllp.report("R9")).code == "AA"


class TlsServer:
    """A gateway that waits for one connection at a time and shows the certificate that it is told to."""

    def __init__(self, folder):
        self.folder = folder
        self.socket = mllp.listen()
        self.port = self.socket.getsockname()[1]

    def accept(self, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        plain, _ = self.socket.accept()
        plain.settimeout(mllp.TIMEOUT_S)
        return context.wrap_socket(plain, server_side=True)


@pytest.mark.parametrize("shown", ["intruder", "elsewhere"])
def test_we_speak_only_to_the_gateway_we_know(folder, tmp_path, shown):
    server = TlsServer(folder)
    link = {"name": "gateway", "connect": f"tls://127.0.0.1:{server.port}", "tls": {"authority": f"{folder}/house.pem"}}
    with Ward(tmp_path, [link]) as ward:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            server.accept(shown).recv(1)
        until(lambda: "certificate" in ward.link("gateway").get("trouble", ""), ward.log)
        with server.accept("monitor") as right, mllp.Device.around(right) as device:
            assert device.ask(mllp.report("K1")).code == "AA"
            assert ward.link("gateway")["state"] == "live"
    server.socket.close()

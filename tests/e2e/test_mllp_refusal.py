"""dragoman itself is in trouble (its store is at its limit and may not drop): what senders get, link by link."""

import mllp
import pytest
from ward import Ward

DOCUMENT = b"OBX|2|ED|18748-4^Imaging study^LN||^IM^JPEG^Base64^" + b"A" * (256 << 10) + b"\r"


def large(control_id: str, **more) -> bytes:
    return mllp.report(control_id, **more) + DOCUMENT


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    """A house whose store has no room for another document."""
    links = [{"name": "plain"}, {"name": "ae", "on_refusal": "AE"}, {"name": "closing", "on_refusal": "close"}]
    store = {"path": "store.db", "max_size": "8MiB", "when_full": "refuse"}
    with Ward(tmp_path_factory.mktemp("refusal"), links, store=store) as running:
        with mllp.Device(running.port("plain")) as device:
            answers = (device.ask(large(f"X{n}", at=n)) for n in range(200))
            running.refusal = next(answer for answer in answers if answer.code != "AA")
        yield running


def test_a_receiver_in_trouble_says_so_and_why(ward):
    assert (ward.refusal.code, ward.refusal.error) == ("AR", 207)
    assert "size limit" in ward.refusal.words and "store.max_size" in ward.refusal.words


def test_the_connection_goes_on_and_what_was_refused_can_be_sent_again(ward):
    with mllp.Device(ward.port("plain")) as device:
        device.send(large("R0"), large("R0"), large("R1"))
        assert [(a.code, a.message_id) for a in (device.answer() for _ in range(3))] == \
            [("AR", "R0"), ("AR", "R0"), ("AR", "R1")], "a refusal is no duplicate"


def test_enhanced_mode_has_its_own_word_for_it(ward):
    with mllp.Device(ward.port("plain")) as device:
        assert device.ask(large("R2", accept="AL", application="NE")).code == "CR"


def test_a_monitor_that_drops_the_link_on_ar_gets_ae(ward):
    with mllp.Device(ward.port("ae")) as device:
        assert device.ask(large("R3")).code == "AE"


def test_or_a_closed_connection(ward):
    with mllp.Device(ward.port("closing")) as device:
        device.send(large("R4"))
        assert device.until_closed() == b""


def test_a_message_that_is_itself_at_fault_is_ae_as_ever(ward):
    with mllp.Device(ward.port("plain")) as device:
        assert device.ask(mllp.report("R5", "no number")).code == "AE"


def test_the_status_says_what_is_wrong(ward):
    with mllp.Device(ward.port("plain")) as device:
        device.ask(large("R6"))
        status = ward.status()
    assert not status["well"]
    assert "size limit" in status["store"]["trouble"]
    assert status["store"]["refused"] >= 7

"""We go to the device: a gateway that listens, goes away, comes back, or is not there yet."""

import mllp
from ward import Ward, until


def test_a_gateway_that_goes_and_comes_back(tmp_path):
    server = mllp.listen()
    port = server.getsockname()[1]
    with Ward(tmp_path, [{"name": "gateway", "connect": f"tcp://127.0.0.1:{port}"}]) as ward:
        for visit in range(3):
            with mllp.accept(server) as device:
                device.send(*(mllp.report(f"V{visit}-{n}", 60 + n, at=visit * 10 + n) for n in range(5)))
                assert [device.answer().message_id for _ in range(5)] == [f"V{visit}-{n}" for n in range(5)]
                assert ward.link("gateway")["state"] == "live"
            until(lambda: ward.link("gateway")["state"] != "live", ward.log)
            # The gateway restarts: for a while nobody listens at all.
            server.close()
            until(lambda: "refused" in ward.link("gateway").get("trouble", "").lower(), ward.log)
            server = mllp.listen(port)
        with mllp.accept(server) as device:
            assert device.ask(mllp.report("LAST", at=99)).code == "AA"
        assert len(ward.published()) == 16
    server.close()


def test_a_gateway_that_is_not_there_yet_does_not_hold_up_the_house(tmp_path):
    server = mllp.listen()
    port = server.getsockname()[1]
    server.close()
    with Ward(tmp_path, [{"name": "gateway", "connect": f"tcp://127.0.0.1:{port}"},
                         {"name": "unknown", "connect": "tcp://no-such-host.invalid:2575"},
                         {"name": "monitors"}]) as ward:
        with mllp.Device(ward.port("monitors")) as device:
            assert device.ask(mllp.report("H1")).code == "AA"
        until(lambda: "no-such-host.invalid" in ward.link("unknown").get("trouble", ""), ward.log)
        server = mllp.listen(port)
        with mllp.accept(server) as device:
            assert device.ask(mllp.report("H2", at=1)).code == "AA"
        server.close()


def test_an_answer_that_the_gateway_did_not_wait_for_is_not_given_to_the_next(tmp_path):
    """The message is kept; sent again on the new connection it is a repetition, and answered there."""
    server = mllp.listen()
    with Ward(tmp_path, [{"name": "gateway", "connect": f"tcp://127.0.0.1:{server.getsockname()[1]}"}]) as ward:
        with mllp.accept(server) as device:
            device.send(mllp.report("A1"))
        until(lambda: ward.status()["store"]["messages"] == 1, ward.log)
        with mllp.accept(server) as device:
            assert device.ask(mllp.report("A2", at=1)).message_id == "A2"
            assert device.ask(mllp.report("A1")).message_id == "A1"
        assert len(ward.published()) == 2
    server.close()

"""The server from the first to the last: ports that are taken, signals, requests that run, connections that idle."""

import http.client
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

PATIENCE = 20.0

SLOW = """
    import asyncio, sys
    from rostra import log
    from rostra_aiohttp import get

    go_on = asyncio.Event()

    @get("/slow")
    async def slow() -> str:
        log.get("slow").info("slow.arrived")
        await go_on.wait()
        return "answered"

    @get("/go-on-when-draining")
    async def go() -> None:
        go_on.set()

    @get("/")
    async def hello() -> str:
        return "hello"
"""


def test_a_request_that_runs_when_the_signal_comes_is_answered(start):
    program = start("""
        import asyncio
        from rostra import log, plugin
        from rostra_aiohttp import get

        @get("/slow")
        async def slow(lifecycle: plugin.Lifecycle) -> str:
            log.get("slow").info("slow.arrived")
            await lifecycle.wait_for(plugin.Phase.STOPPING)
            await asyncio.sleep(0.2)
            return "answered"
    """)
    with ThreadPoolExecutor() as threads:
        asking = threads.submit(program.ask, "/slow")
        program.wait_for("slow.arrived")

        program.terminate()

        assert asking.result(PATIENCE) == (200, "close", "answered")
    assert program.ended() == 0


def test_a_body_that_is_on_its_way_when_the_signal_comes_is_received_and_answered(start):
    program = start("""
        from rostra_aiohttp import Body, post

        @post("/up")
        async def up(body: Body[bytes]) -> str:
            return f"{len(body)} bytes"
    """)
    with closing(program.connect()) as sending:
        sending.putrequest("POST", "/up")
        sending.putheader("Content-Length", "10")
        sending.putheader("Expect", "100-continue")
        sending.endheaders(b"hello")
        assert sending.sock.recv(1024).startswith(b"HTTP/1.1 100 ")

        program.terminate()
        program.wait_for("http.draining")
        sending.send(b"world")

        answer = sending.sock.recv(1024)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b"10 bytes")
    assert program.ended() == 0


def test_a_connection_without_a_request_does_not_hold_the_exit(start):
    program = start(SLOW)
    with (
        closing(program.connect()) as idle,
        socket.create_connection(program.address, timeout=PATIENCE) as silent,
    ):
        idle.request("GET", "/")
        assert idle.getresponse().read() == b"hello"

        program.terminate()

        assert program.ended() == 0
        assert idle.sock.recv(1) == silent.recv(1) == b""


def test_nobody_is_accepted_while_the_last_requests_are_finished(start):
    program = start("""
        import asyncio
        from rostra import log, plugin
        from rostra_aiohttp import get

        @get("/slow")
        async def slow() -> str:
            log.get("slow").info("slow.arrived")
            await asyncio.Event().wait()
    """, stop_timeout=4)  # fmt: skip
    with ThreadPoolExecutor() as threads:
        asking = threads.submit(program.ask, "/slow")
        program.wait_for("slow.arrived")
        program.terminate()
        program.wait_for("http.draining")

        with pytest.raises(OSError, match=r"refused|reset"):
            program.ask("/")
        with pytest.raises((OSError, http.client.HTTPException)):
            asking.result(PATIENCE)
    assert program.ended() == 1, "the stop was cut short, since a request never ends"


def test_during_the_grace_period_readiness_says_no_and_all_else_goes_on(start):
    program = start(SLOW, grace="1s")
    assert program.ask("/readyz")[0] == 200

    program.terminate()
    program.wait_for("http.waiting")

    status, _, body = program.ask("/readyz")
    assert (status, json.loads(body)) == (503, {"status": "failing", "checks": {"stage": "failing"}})
    assert program.ask("/livez")[0] == 200
    assert program.ask("/")[2] == "hello"
    assert program.ended() == 0


def test_a_port_that_is_taken_is_a_clear_error_and_exit_code_1(start):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        program = start(SLOW, listening=False, port=port)

        assert program.ended() == 1
    assert program.process.stderr is not None
    text = program.process.stderr.read()
    assert f"cannot listen on 127.0.0.1:{port}" in text
    assert "another process listens there already" in text
    assert "Traceback" in text


def test_a_second_signal_cuts_requests_short(start):
    program = start(SLOW)
    with ThreadPoolExecutor() as threads:
        asking = threads.submit(program.ask, "/slow")
        program.wait_for("slow.arrived")

        program.terminate()
        program.wait_for("stage.stopping")
        program.terminate()

        with pytest.raises((OSError, http.client.HTTPException)):
            asking.result(PATIENCE)
    assert program.ended() == 1


def test_probes_can_be_left_out_and_a_handler_may_take_their_path(start):
    program = start("""
        from rostra_aiohttp import get

        @get("/readyz")
        async def mine() -> str:
            return "mine"
    """)
    without = start(SLOW, probes=False)

    assert program.ask("/readyz")[2] == "mine"
    assert program.ask("/livez")[0] == 200
    assert without.ask("/livez")[0] == 404


HANGING = """
    import asyncio
    from rostra import log, plugin
    from rostra_aiohttp import get

    @get("/slow/{number}")
    async def slow(number: int) -> str:
        log.get("slow").info("slow.arrived")
        try:
            await asyncio.Event().wait()
        finally:
            log.get("slow").info("slow.ended")
"""


def ended_in_order(program: Any) -> list[str]:
    """What of the end stands in the log, in order."""
    program.wait_for("stage.teardown")
    wanted = ("http.cut", "slow.ended", "task.abandoned", "stage.teardown")
    return [line["event"] for line in program.lines if line["event"] in wanted]


@pytest.mark.parametrize("grace", ["0s", "1m"])
def test_a_second_signal_names_each_request_that_is_cut_and_ends_it_before_the_teardown(start, grace):
    program = start(HANGING, grace=grace)
    with ThreadPoolExecutor() as threads:
        asking = threads.submit(program.ask, "/slow/1")
        program.wait_for("slow.arrived")
        program.terminate()
        program.wait_for("http.draining" if grace == "0s" else "http.waiting")

        program.terminate()

        assert ended_in_order(program) == ["http.cut", "slow.ended", "stage.teardown"]
        with pytest.raises((OSError, http.client.HTTPException)):
            asking.result(PATIENCE)
    [cut] = [line for line in program.lines if line["event"] == "http.cut"]
    assert (cut["level"], cut["method"], cut["path"]) == ("warning", "GET", "/slow/1")
    assert cut["handler"].startswith("handler slow, ")
    assert "served.py:" in cut["handler"]
    assert program.ended() == 1


def test_requests_that_run_at_the_end_of_the_stop_timeout_are_cut_before_the_teardown(start):
    program = start(HANGING, stop_timeout=2)
    with ThreadPoolExecutor() as threads:
        asking = [threads.submit(program.ask, f"/slow/{number}") for number in range(2)]
        for _ in asking:
            program.wait_for("slow.arrived")

        program.terminate()

        assert ended_in_order(program) == [*["http.cut"] * 2, *["slow.ended"] * 2, "stage.teardown"]
    assert program.ended() == 1


def test_a_request_that_ignores_that_it_is_cut_does_not_make_the_server_one_that_does(start):
    program = start("""
        import asyncio
        from rostra import log
        from rostra_aiohttp import get

        @get("/deaf")
        async def deaf() -> str:
            log.get("slow").info("slow.arrived")
            while True:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    pass
    """)
    with ThreadPoolExecutor() as threads:
        asking = threads.submit(program.ask, "/deaf")
        program.wait_for("slow.arrived")
        program.terminate()
        program.wait_for("http.draining")

        program.terminate()

        assert ended_in_order(program) == ["http.cut", "stage.teardown"]
        with pytest.raises((OSError, http.client.HTTPException)):
            asking.result(PATIENCE)
    told = program.process.stderr.read()
    assert program.ended() == 1
    assert "deaf served.py:11  " in told, "the handler holds things up"
    assert "rostra_aiohttp/closing.py" not in told
    assert "destroyed" not in told, "it has been told"

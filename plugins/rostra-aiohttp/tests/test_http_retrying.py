"""What the client session sends again, when, and what never."""

import asyncio
import io
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from rostra import context, di, plugin
from rostra.clock import Clock
from rostra.testing import ManualClock
from rostra_aiohttp import delete, get, post, put
from rostra_aiohttp.retrying import Retrying, pause, seconds_in

NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Flaky:
    """Refuses so often before it answers, and says what came."""

    def __init__(self, refusals: int, status: int = 503, headers: dict[str, str] | None = None) -> None:
        self.refusals, self.status, self.headers = refusals, status, headers
        self.bodies: list[bytes] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        if len(self.bodies) <= self.refusals:
            return web.Response(status=self.status, headers=self.headers)
        return web.Response(text=f"{request.method} {len(self.bodies)}")


def routed(flaky: Flaky) -> list[Any]:
    @get("/")
    async def got(request: web.Request) -> web.Response:
        return await flaky.answer(request)

    @put("/")
    async def putted(request: web.Request) -> web.Response:
        return await flaky.answer(request)

    @delete("/")
    async def deleted(request: web.Request) -> web.Response:
        return await flaky.answer(request)

    @post("/")
    async def posted(request: web.Request) -> web.Response:
        return await flaky.answer(request)

    return [got, putted, deleted, posted]


async def asked(
    url: str, method: str = "GET", *, settings: dict[str, Any] | None = None, **options: Any
) -> Any:
    """Status and text, by the session of a stage whose clock moves on as soon as somebody waits for it."""
    clock = ManualClock()
    config = {"http_client": settings or {}}

    async def given_clock() -> None:
        context.add(clock, Clock)

    async def moving() -> None:
        while True:
            await clock.wait_for_sleepers()
            await clock.advance(10)

    async with plugin.Stage(given_clock, "rostra_aiohttp.client", config=config) as stage:
        with context.use(stage.components):
            session = await di.nject(aiohttp.ClientSession)
        mover = asyncio.create_task(moving())
        try:
            async with session.request(method, url, **options) as answer:
                return answer.status, await answer.text()
        finally:
            mover.cancel()


@pytest.mark.asyncio
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_what_may_come_twice_is_sent_again_with_its_body(serve, method):
    flaky = Flaky(2)

    async with serve(*routed(flaky)) as served:
        assert await asked(served.url, method, data=b"body") == (200, f"{method} 3")

    assert flaky.bodies == [b"body"] * 3


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("method", "options"),
    [("POST", {}), ("PUT", {"data": io.BytesIO(b"once")})],
    ids=["not idempotent", "a body that is gone"],
)
async def test_what_may_not_is_sent_once(serve, method, options):
    flaky = Flaky(2)

    async with serve(*routed(flaky)) as served:
        assert (await asked(served.url, method, **options))[0] == 503

    assert len(flaky.bodies) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [200, 404, 500, 501])
async def test_an_answer_is_an_answer(serve, status):
    flaky = Flaky(2, status)

    async with serve(*routed(flaky)) as served:
        assert (await asked(served.url))[0] == status

    assert len(flaky.bodies) == 1


@pytest.mark.asyncio
async def test_the_last_answer_is_returned_when_there_are_no_more_retries(serve):
    flaky = Flaky(9)

    async with serve(*routed(flaky)) as served:
        assert (await asked(served.url, settings={"retries": 1}))[0] == 503
        assert (await asked(served.url, settings={"retries": 0}))[0] == 503

    assert len(flaky.bodies) == 2 + 1


@pytest.mark.asyncio
async def test_a_server_that_asks_for_more_than_anybody_waits_for_is_not_asked_again(serve):
    flaky = Flaky(1, headers={"Retry-After": "3600"})

    async with serve(*routed(flaky)) as served:
        assert (await asked(served.url))[0] == 503


@pytest.mark.asyncio
async def test_nothing_is_waited_for_that_would_come_too_late(serve):
    flaky = Flaky(1, headers={"Retry-After": "3"})

    async with serve(*routed(flaky)) as served:
        assert (await asked(served.url, settings={"timeout": 2}))[0] == 503
        assert (await asked(served.url, settings={"timeout": 20}))[0] == 200


@pytest.mark.asyncio
async def test_a_connection_that_breaks_before_the_answer_is_tried_again():
    count = 0

    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        await reader.readuntil(b"\r\n\r\n")
        if count > 2:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(break_off, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await asked(f"http://127.0.0.1:{port}/") == (200, "ok")


@pytest.mark.asyncio
async def test_while_most_fails_what_is_sent_again_is_a_small_part():
    class Request:
        method, body, url = "GET", b"", URL("http://x/")

    class Refusal:
        status, headers = 503, dict[str, str]()

        def release(self) -> None: ...

    class AtOnce(ManualClock):
        async def sleep(self, seconds: float) -> None:
            assert seconds > 0

    sent = 0

    async def refuse(_: Any) -> Any:
        nonlocal sent
        sent += 1
        return Refusal()

    retrying = Retrying(3, 0, AtOnce())
    for _ in range(1000):
        await retrying(Request(), refuse)  # type: ignore[arg-type]

    assert 1000 < sent <= 1000 + 10 + 100


@given(st.integers(0, 50), st.floats(0, 1))
def test_pauses_grow_and_are_bounded(count, jitter):
    first, second = pause(count, jitter, None), pause(count + 1, jitter, None)

    assert first is not None
    assert second is not None
    assert 0 < first <= second <= 5


@given(st.integers(0, 9), st.floats(0, 1), st.floats(0, 5))
def test_nobody_comes_back_before_the_server_wants_it(count, jitter, wanted):
    seconds = pause(count, jitter, wanted)

    assert seconds is not None
    assert wanted <= seconds <= wanted + 0.1


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (format_datetime(NOW + timedelta(seconds=3), usegmt=True), 3.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(said, seconds):
    assert seconds_in(said, NOW) == seconds


@given(st.text())
def test_whatever_a_server_says_is_no_error(said):
    seconds_in(said, NOW)

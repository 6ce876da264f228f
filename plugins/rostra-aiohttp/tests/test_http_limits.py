"""What the server bounds: time, number, size; clients that are slow on purpose."""

import asyncio
import gc
import io
import resource
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from rostra import di
from rostra_aiohttp import get, post
from rostra_aiohttp.connections import Connection

pytestmark = pytest.mark.asyncio

PATIENCE = 20.0


class Ledger:
    """Something that di makes."""


@get("/")
async def hello() -> str:
    return "hello"


@post("/orders")
async def place(request: web.Request) -> int:
    return len(await request.read())


async def connected(served: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = served.url.removeprefix("http://").rpartition(":")
    return await asyncio.open_connection(host, int(port))


async def heard(served: Any, *said: bytes) -> bytes:
    """What comes until the server closes the connection."""
    reader, writer = await connected(served)
    try:
        for part in said:
            writer.write(part)
        return await asyncio.wait_for(reader.read(), PATIENCE)
    finally:
        writer.close()


async def test_a_request_that_takes_too_long_is_cancelled_and_its_scope_closed(serve):
    journal: list[str] = []

    async def transaction() -> AsyncIterator[Ledger]:
        try:
            yield Ledger()
        except asyncio.CancelledError:
            journal.append("rolled back")
            raise

    @get("/slow")
    async def slow(ledger: Ledger) -> None:
        await asyncio.Event().wait()

    async def prepare() -> None:
        di.register(transaction)

    async with serve(slow, hello, prepare, timeout=0.05) as served:
        status, problem = await served.ask("GET", "/slow")
        assert await served.ask("GET", "/") == (200, "hello")

    assert status == 504
    assert problem == {
        "status": 504,
        "title": "Gateway Timeout",
        "detail": "it took longer than 0.05 seconds",
    }
    assert journal == ["rolled back"]


async def test_an_answer_that_has_begun_takes_as_long_as_it_takes(serve):
    @get("/stream")
    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"a")
        await asyncio.sleep(0.2)
        await response.write(b"b")
        return response

    async with serve(stream, timeout=0.05) as served:
        assert await served.ask("GET", "/stream") == (200, "ab")


async def test_a_timeout_of_the_handlers_own_is_an_error_and_no_504(serve):
    @get("/own")
    async def own() -> None:
        raise TimeoutError

    async with serve(own, timeout=5) as served:
        assert (await served.ask("GET", "/own"))[0] == 500


async def test_more_requests_than_wanted_are_refused_at_once_and_probes_are_not(serve):
    arrived, go_on = asyncio.Event(), asyncio.Event()

    @get("/slow")
    async def slow() -> str:
        arrived.set()
        await go_on.wait()
        return "done"

    async with serve(slow, place, most_requests=1) as served:
        first = asyncio.create_task(served.ask("GET", "/slow"))
        await arrived.wait()
        head = b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"
        reader, writer = await connected(served)
        writer.write(head)
        refused = await reader.readuntil(b"}")
        writer.close()
        probe, _ = await served.ask("GET", "/livez")
        go_on.set()
        answered = await first
        after, _ = await served.ask("POST", "/orders", data=b"x")

    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 1" in refused
    assert b"X-Request-ID: " in refused
    assert (probe, answered, after) == (200, (200, "done"), 200)


async def test_a_connection_that_brings_no_request_is_closed(serve):
    async with serve(hello, headers_timeout=0.1) as served:
        assert await heard(served) == b""
        assert await heard(served, b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ") == b""


async def test_connections_that_are_gone_are_forgotten_at_once(serve):
    def kept() -> int:
        gc.collect()
        return sum(isinstance(each, Connection) for each in gc.get_objects())

    async with serve(hello, place, headers_timeout=60, body_timeout=60) as served:
        before = kept()
        for _ in range(50):
            await heard(served, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            _, writer = await connected(served)
            writer.write(b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhello")
            await writer.drain()
            writer.close()

        async with asyncio.timeout(PATIENCE):
            while kept() > before + 1:  # noqa: ASYNC110  (nobody tells)
                await asyncio.sleep(0.01)


async def test_one_that_has_brought_a_request_may_idle_as_long_as_it_is_kept_alive(serve):
    async with serve(hello, headers_timeout=0.1) as served:
        reader, writer = await connected(served)
        for _ in range(2):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.2)
        writer.close()


async def test_an_idle_connection_is_closed_when_it_was_kept_long_enough(serve):
    async with serve(hello, keep_alive=0.1) as served:
        answer = await heard(served, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    assert answer.endswith(b"hello")


async def test_a_body_that_comes_too_slowly_is_answered_by_408(serve, caplog):
    head = b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"

    async with serve(place, body_timeout=0.1) as served:
        answer = await heard(served, head, b"x")

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"detail":"the body comes too slowly"' in answer
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_body_that_keeps_coming_is_read_to_its_end(serve):
    async with serve(place, body_timeout=1) as served:
        reader, writer = await connected(served)
        writer.write(b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 12000\r\n\r\n")
        for _ in range(12):  # in all it takes longer than the time in which something has to come
            writer.write(b"x" * 1000)
            await asyncio.sleep(0.1)
        answer = await reader.readuntil(b"12000")
        writer.close()

    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_a_handler_that_reads_slowly_is_not_the_fault_of_its_client(serve):
    @post("/slow")
    async def slow(request: web.Request) -> int:
        await asyncio.sleep(0.3)
        return len(await request.read())

    async with serve(slow, body_timeout=0.1, body_limit="4MiB") as served:
        assert await served.ask("POST", "/slow", data=io.BytesIO(b"x" * 3_000_000)) == (200, 3_000_000)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * 2000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 2000 + b"\r\n\r\n",
    ],
    ids=["line", "header"],
)
async def test_a_head_that_is_too_long_is_refused_in_words_and_not_logged(serve, caplog, head):
    caplog.set_level("INFO")

    async with serve(hello, header_limit="1KiB") as served:
        answer = await heard(served, head)

    assert b" 431 " in answer.splitlines()[0]
    assert b'"title":"Request Header Fields Too Large"' in answer
    assert "xxx" not in caplog.text


@pytest.mark.parametrize(("method", "path", "status"), [("POST", "/nothing", 404), ("PUT", "/orders", 405)])
async def test_a_body_that_nobody_wants_is_never_kept(serve, method, path, status):
    size, chunk = 128 * 1024 * 1024, b"x" * 65536

    async def body() -> AsyncIterator[bytes]:
        for _ in range(size // len(chunk)):
            yield chunk

    async with serve(place) as served:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        answered, _ = await served.ask(method, path, data=body(), headers={"Content-Length": str(size)})
        grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    assert answered == status
    assert grown_kib < 16 * 1024


async def test_a_client_that_takes_nothing_of_its_answer_is_cut_by_the_system(serve):
    ended: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    @get("/flood")
    async def flood(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 100_000)
        except BaseException as error:
            ended.set_result(type(error))
            raise

    async with serve(flood, send_timeout=1) as served:
        host, _, port = served.url.removeprefix("http://").rpartition(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(b"GET /flood HTTP/1.1\r\nHost: x\r\n\r\n")
            error = await asyncio.wait_for(ended, PATIENCE)

    assert issubclass(error, ConnectionError)

"""The end of a server that has much to do: nothing is lost, and nobody who idles or goes away leaves anything behind."""

import asyncio
import contextlib
import resource
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import attrs
import pytest
from aiohttp import web

from rostra_aiohttp import get, post

CLIENTS = 16
MOST_IDLE = 10_000
OTHERS = 1_000
"""Descriptors that are left to everybody else."""
PATIENCE = 20.0

FOLDER = Path("/proc/self/fd")

SERVICE = """
    import asyncio
    from rostra_aiohttp import get

    @get("/")
    async def hello() -> str:
        await asyncio.sleep(0.002)
        return "hello"
"""


@attrs.define(eq=False)
class Load:
    """Clients that keep their connections as long as they may, and open new ones only while a balancer lets them."""

    address: tuple[str, int]
    is_ready: bool = True
    answered: int = 0
    lost: list[str] = attrs.field(factory=list)

    async def balance(self) -> None:
        """Notice that the server wants no more, as a balancer does."""
        while self.is_ready:
            reader, writer = await asyncio.open_connection(*self.address)
            writer.write(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.is_ready = b" 200 " in (await reader.read()).splitlines()[0]
            writer.close()
            await asyncio.sleep(0.02)

    async def ask(self) -> None:
        """One client."""
        while self.is_ready:
            reader, writer = await asyncio.open_connection(*self.address)
            try:
                while await self._is_kept(reader, writer):
                    pass
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                self.lost.append(repr(error))
            finally:
                writer.close()

    async def _is_kept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Ask once; whether the connection may be used again."""
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(5)
        if not head.startswith(b"HTTP/1.1 200 ") or body != b"hello":
            self.lost.append(head.decode())
        self.answered += 1
        return b"connection: close" not in head.lower()


@pytest.mark.asyncio
async def test_a_server_that_is_stopped_under_steady_load_loses_no_request(start):
    program = start(SERVICE, grace="1s")
    load = Load(program.address)

    async with asyncio.TaskGroup() as clients:
        clients.create_task(load.balance())
        for _ in range(CLIENTS):
            clients.create_task(load.ask())
        while load.answered < 20 * CLIENTS:  # noqa: ASYNC110  (a process of its own sets no event)
            await asyncio.sleep(0.01)
        program.terminate()

    assert load.lost == []
    assert await asyncio.to_thread(program.ended) == 0


@contextlib.contextmanager
def idle_connections(address: tuple[str, int], count: int) -> Iterator[list[socket.socket]]:
    """Connections over which a request was answered, and which are kept since."""
    with contextlib.ExitStack() as opened:
        kept = []
        for _ in range(count):
            client = opened.enter_context(socket.create_connection(address, PATIENCE))
            client.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            kept.append(client)
        for client in kept:
            assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
        yield kept


def test_ten_thousand_idle_connections_do_not_hold_the_exit(start):
    """Fewer where there are not so many descriptors."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    program = start(SERVICE)

    with idle_connections(program.address, min(MOST_IDLE, allowed - OTHERS)) as kept:
        program.terminate()
        assert program.ended() == 0
        assert kept[0].recv(1) == b""


def descriptors() -> int:
    return sum(1 for _ in FOLDER.iterdir())


@get("/stream")
async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x" * 10_000)


@post("/upload")
async def upload(request: web.Request) -> int:
    return len(await request.read())


@get("/parts")
async def parts() -> AsyncIterator[str]:
    while True:
        yield "x" * 10_000


HEADS = [
    b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /parts HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhello",
    b"POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
    b"GET /str",
    b"",
]


@pytest.mark.asyncio
@pytest.mark.skipif(not FOLDER.is_dir(), reason="counts descriptors as Linux shows them")
async def test_clients_that_go_away_in_the_middle_leave_nothing_running(serve):
    async with serve(stream, upload, parts) as served:
        host, _, port = served.url.removeprefix("http://").rpartition(":")
        await served.ask("GET", "/livez")
        tasks, opened, threads = len(asyncio.all_tasks()), descriptors(), threading.active_count()

        async def go_away(number: int) -> None:
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(head := HEADS[number % len(HEADS)])
            if head.startswith((b"GET /stream", b"GET /parts")):
                await reader.readexactly(20_000)
            (writer.transport.abort if number % 2 else writer.close)()

        for _ in range(5):
            await asyncio.gather(*(go_away(number) for number in range(60)))

        async def are_gone() -> None:
            while len(asyncio.all_tasks()) > tasks + 1 or descriptors() > opened:  # noqa: ASYNC110  (nobody tells)
                await asyncio.sleep(0.01)

        await asyncio.wait_for(are_gone(), PATIENCE)
        assert threading.active_count() <= threads
        assert (await served.ask("GET", "/livez"))[0] == 200

"""How web sockets end: peers that leave, die or do not listen, handlers that hang, and stages that stop."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType
from yarl import URL

from rostra import di, plugin
from rostra_aiohttp import SocketClosedError
from rostra_aiohttp.handling import Serving
from rostra_aiohttp.websockets import Sockets, WebSocket, websocket

pytestmark = pytest.mark.asyncio

PATIENCE = 20.0
UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Seat:
    """Something that has to be given back."""


class Journal:
    """What was opened, closed and said."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.closed = asyncio.Event()


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def seat(journal: Journal) -> Callable[[], AsyncIterator[Seat]]:
    @di.adapter
    async def seat() -> AsyncIterator[Seat]:
        journal.lines.append("taken")
        try:
            await asyncio.sleep(0)
            yield Seat()
        finally:
            journal.lines.append("left")
            journal.closed.set()

    return seat


async def raw(url: str, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that was upgraded and then says and hears nothing by itself."""
    parts = URL(url)
    reader, writer = await asyncio.open_connection(parts.host, parts.port)
    writer.write(UPGRADE.format(path=path, host=f"{parts.host}:{parts.port}").encode())
    answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 101"), answer
    return reader, writer


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110  (what is waited for tells nobody)
            await asyncio.sleep(0)


def files_open() -> int:
    """How many files and sockets this process has."""
    return len(list(Path("/proc/self/fd").iterdir()))


def ours(served: Any) -> list[str]:
    """Connections that are not over, and the names of tasks that belong to web sockets."""
    tasks = [task.get_name() for task in asyncio.all_tasks()]
    open_ones = [repr(life.socket) for life in served.stage.components.get(Sockets)]
    return [*open_ones, *(name for name in tasks if name.startswith("websocket"))]


@pytest.mark.parametrize("how", ["abort", "close"])
async def test_a_peer_that_vanishes_ends_the_iteration_and_closes_the_scope(serve, journal, seat, how):
    @websocket("/sit")
    async def sit(socket: WebSocket, seat: Seat) -> None:
        async for _ in socket:
            pass
        journal.lines.append(f"{socket.close_code}")

    async with serve(seat, sit) as served:
        _, writer = await raw(served.url, "/sit")
        await until(lambda: journal.lines == ["taken"])
        writer.transport.abort() if how == "abort" else writer.close()

        async with asyncio.timeout(PATIENCE):
            await journal.closed.wait()
        await until(lambda: not ours(served))

        assert journal.lines == ["taken", "1006", "left"]


async def test_a_peer_that_answers_no_ping_is_noticed(serve, journal, seat):
    @websocket("/sit")
    async def sit(socket: WebSocket, seat: Seat) -> None:
        async for _ in socket:
            pass

    async with serve(seat, sit, websocket={"ping": "100ms"}) as served:
        reader, writer = await raw(served.url, "/sit")

        async with asyncio.timeout(PATIENCE):
            await journal.closed.wait()

        assert (await reader.read()).startswith(b"\x89\x00"), "it was asked"
        writer.close()


async def test_a_peer_that_answers_pings_stays(serve):
    @websocket("/sit")
    async def sit(socket: WebSocket) -> None:
        async for message in socket:
            await socket.send(message)

    async with (
        serve(sit, websocket={"ping": "50ms"}) as served,
        served.session.ws_connect(f"{served.url}/sit", autoping=False) as client,
    ):
        for _ in range(5):
            ping = await client.receive()
            assert ping.type is WSMsgType.PING
            await client.pong(ping.data)
        await client.send_str("still here")
        assert (await client.receive()).data == "still here"


async def test_a_peer_that_never_reads_is_let_go_and_what_waits_for_it_is_bounded(serve, journal, seat):
    sent = 0

    @websocket("/flood")
    async def flood(socket: WebSocket, seat: Seat) -> None:
        nonlocal sent
        try:
            while True:
                await socket.send(b"a" * 65536)
                sent += 65536
        except SocketClosedError as error:
            journal.lines.append(error.reason)

    async with serve(seat, flood, websocket={"ping": 0, "send_timeout": "200ms"}) as served:
        _, writer = await raw(served.url, "/flood")
        writer.transport.pause_reading()

        async with asyncio.timeout(PATIENCE):
            await journal.closed.wait()
        await until(lambda: not ours(served))

        assert journal.lines == ["taken", "it took nothing for 0.2s", "left"]
        assert sent < 30 * 2**20, "the kernel's buffers and a little"
        writer.close()


async def test_a_peer_that_sends_more_than_is_taken_has_to_wait(serve):
    go_on = asyncio.Event()
    taken: list[int] = []

    @websocket("/slow")
    async def slow(socket: WebSocket) -> None:
        async for message in socket:
            await go_on.wait()
            taken.append(len(message))

    pushed = 0

    async def push(client: aiohttp.ClientWebSocketResponse) -> None:
        nonlocal pushed
        while True:
            await client.send_bytes(b"a" * 100_000)
            pushed += 1

    async with serve(slow) as served, served.session.ws_connect(f"{served.url}/slow") as client:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(push(client), 1)
        assert pushed < 500
        go_on.set()
        await client.close()

    assert len(taken) >= pushed, "all that had come was taken"


async def test_nobody_speaks_for_too_long(serve):
    @websocket("/idle")
    async def idle(socket: WebSocket) -> None:
        async for message in socket:
            await socket.send(message)
        await socket.send("bye")

    async with (
        serve(idle, websocket={"idle": "200ms"}) as served,
        served.session.ws_connect(f"{served.url}/idle") as client,
    ):
        await client.send_str("hello")
        messages = [await client.receive() for _ in range(3)]

    assert [message.data for message in messages] == ["hello", "bye", 1000]
    assert messages[-1].extra == "nothing was said for 0.2s"


async def test_a_handler_that_does_not_hear_that_its_client_has_gone_is_cancelled_after_a_while(
    serve, journal, seat
):
    @websocket("/deaf")
    async def deaf(socket: WebSocket, seat: Seat) -> None:
        await socket.receive()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            journal.lines.append("cancelled")
            raise

    async with serve(seat, deaf, websocket={"patience": "100ms"}) as served:
        async with served.session.ws_connect(f"{served.url}/deaf") as client:
            await client.send_str("hello")
        async with asyncio.timeout(PATIENCE):
            await journal.closed.wait()

    assert journal.lines == ["taken", "cancelled", "left"]


async def test_a_handler_that_never_asks_for_messages_is_cancelled_when_its_client_has_gone(
    serve, journal, seat, caplog
):
    @websocket("/news")
    async def news(socket: WebSocket, seat: Seat) -> None:
        await socket.send("the first")
        await asyncio.Event().wait()

    async with serve(seat, news, websocket={"patience": "1h"}) as served:
        async with served.session.ws_connect(f"{served.url}/news") as client:
            await client.receive_str()
        async with asyncio.timeout(PATIENCE):
            await journal.closed.wait()

    assert journal.lines == ["taken", "left"]
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_what_a_handler_does_with_a_message_is_not_cut_when_its_client_goes(serve, journal, seat):
    arrived, go_on = asyncio.Event(), asyncio.Event()

    @websocket("/pay")
    async def pay(socket: WebSocket, seat: Seat) -> None:
        async for message in socket:
            arrived.set()
            await go_on.wait()
            journal.lines.append(f"paid {message}")

    async with serve(seat, pay) as served:
        async with served.session.ws_connect(f"{served.url}/pay") as client:
            await client.send_str("7")
            await arrived.wait()
        go_on.set()
        await journal.closed.wait()

    assert journal.lines == ["taken", "paid 7", "left"]


async def test_a_handler_that_sends_without_end_leaves_others_their_turn(serve):
    @websocket("/ticks")
    async def ticks(socket: WebSocket) -> None:
        while True:
            await socket.send("tick")

    async with serve(ticks) as served, served.session.ws_connect(f"{served.url}/ticks") as client:
        for _ in range(5000):
            await client.receive_str()

        assert (await served.ask("GET", "/livez"))[0] == 200


async def test_a_handler_that_lets_the_end_pass_is_no_failure(serve, caplog):
    @websocket("/ticks")
    async def ticks(socket: WebSocket) -> None:
        await socket.receive()
        while True:
            await socket.send("tick")

    async with serve(ticks) as served:
        async with served.session.ws_connect(f"{served.url}/ticks") as client:
            await client.send_str("go")
            await client.receive_str()
        await until(lambda: not ours(served))

    assert [record for record in caplog.records if record.levelname in ("ERROR", "WARNING")] == []


async def test_at_shutdown_each_of_200_handlers_has_its_chance_and_each_client_hears_1001(serve, journal):
    files = files_open()
    left: list[bool] = []

    @websocket("/chat/{number}")
    async def chat(number: int, socket: WebSocket, cancel: plugin.Cancel) -> None:
        async for _ in socket:
            pass
        left.append(cancel.is_set())
        await socket.send(f"goodbye {number}")

    heard: list[list[Any]] = []

    async def listen(client: aiohttp.ClientWebSocketResponse) -> None:
        heard.append([(await client.receive()).data for _ in range(2)])

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        async with serve(chat) as served:
            clients = [await session.ws_connect(f"{served.url}/chat/{number}") for number in range(200)]
            listening = [asyncio.create_task(listen(client)) for client in clients]
            assert len(served.stage.components.get(Sockets)) == 200
            begun = time.monotonic()
        took = time.monotonic() - begun
        await asyncio.gather(*listening)

    assert sorted(heard) == sorted([f"goodbye {number}", 1001] for number in range(200))
    assert left == [True] * 200
    assert took < 10, "within the patience, and far within the stop budget"
    assert ours(served) == []
    await until(lambda: files_open() <= files)


async def test_what_had_come_before_the_stage_stopped_is_still_handled(serve):
    go_on = asyncio.Event()
    taken: list[Any] = []

    @websocket("/orders")
    async def orders(socket: WebSocket) -> None:
        async for order in socket:
            taken.append(order)
            await go_on.wait()

    async with aiohttp.ClientSession() as session:
        async with serve(orders) as served:
            client = await session.ws_connect(f"{served.url}/orders")
            for number in range(3):
                await client.send_str(str(number))
            await until(lambda: bool(taken))
            hearing = asyncio.create_task(client.receive())
            asyncio.get_running_loop().call_later(0.2, go_on.set)
        closed = await hearing

    assert taken == ["0", "1", "2"]
    assert closed.data == 1001


async def test_after_the_stop_no_new_one_begins(serve):
    @websocket("/echo")
    async def echo(socket: WebSocket) -> None: ...

    async with serve(echo) as served:
        served.stage.components.get(Sockets).is_stopping = True
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await served.session.ws_connect(f"{served.url}/echo")

    assert refused.value.status == 503


@pytest.mark.parametrize("steps", range(24))
async def test_cut_at_any_step_everything_opened_is_closed_and_nothing_is_left(serve, journal, seat, steps):
    @websocket("/all")
    async def everything(socket: WebSocket, seat: Seat) -> None:
        journal.lines.append("handler")
        socket.start(asyncio.Event().wait())
        try:
            await socket.send("welcome")
            async for message in socket:
                await asyncio.sleep(0)
                await socket.send(message)
        finally:
            journal.lines.append("handler ended")

    async with serve(seat, everything) as served:
        serving = served.stage.components.get(Serving)
        parts = URL(served.url)
        reader, writer = await asyncio.open_connection(parts.host, parts.port)
        request = UPGRADE.format(path="/all", host=f"{parts.host}:{parts.port}").encode()
        writer.write(request + b"\x81\x82\0\0\0\0hi")
        for _ in range(steps):
            await asyncio.sleep(0)

        serving.cut()

        await until(lambda: not serving.running and not ours(served))
        if steps > 12:
            await asyncio.wait_for(reader.read(), PATIENCE)
        writer.close()

    closed = {"taken": "left", "handler": "handler ended"}
    assert [journal.lines.count(first) for first in closed] == [
        journal.lines.count(each) for each in closed.values()
    ]
    assert len(served.stage.components.get(Sockets)) == 0

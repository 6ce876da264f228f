"""What is heard of a peer although nobody reads: pings, farewells, silence. And what an open web socket takes."""

import asyncio
import struct
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType
from hypothesis import given
from hypothesis import strategies as st

from rostra_aiohttp import SocketClosedError
from rostra_aiohttp.websockets import WebSocket, websocket
from rostra_aiohttp.websockets.watching import Limits, Signs, Step, next_step

PATIENCE = 20.0
SECONDS = st.integers(0, 1_000_000).map(lambda thousandths: thousandths / 1000)


@websocket("/echo")
async def echo(socket: WebSocket) -> None:
    async for message in socket:
        await socket.send(message)


@pytest.mark.asyncio
async def test_an_open_web_socket_needs_no_task_besides_those_that_aiohttp_has(serve):
    """One for the connection, and one for its request, in which the handler runs."""
    async with serve(echo) as served, served.session.ws_connect(f"{served.url}/echo") as first:
        await first.send_str("hello")
        await first.receive_str()
        before = len(asyncio.all_tasks())
        clients = [await served.session.ws_connect(f"{served.url}/echo") for _ in range(10)]
        for client in clients:
            await client.send_str("hello")
            await client.receive_str()

        assert len(asyncio.all_tasks()) - before == 2 * len(clients)

        for client in clients:
            await client.close()


@pytest.mark.asyncio
async def test_pings_are_answered_while_the_handler_does_something_else(serve):
    go_on = asyncio.Event()

    @websocket("/busy")
    async def busy(socket: WebSocket) -> None:
        await go_on.wait()

    async with (
        serve(busy) as served,
        served.session.ws_connect(f"{served.url}/busy", autoping=False) as client,
    ):
        for content in (b"one", b"two"):
            await client.ping(content)
            pong = await client.receive(PATIENCE)
            assert (pong.type, bytes(pong.data)) == (WSMsgType.PONG, content)
        go_on.set()


@pytest.mark.asyncio
async def test_a_farewell_is_answered_while_the_handler_does_something_else(serve):
    go_on = asyncio.Event()
    seen: list[Any] = []

    @websocket("/busy")
    async def busy(socket: WebSocket) -> None:
        async for message in socket:
            await go_on.wait()
            seen.append((message, socket.is_open, socket.close_code))

    async with serve(busy) as served, served.session.ws_connect(f"{served.url}/busy") as client:
        for message in ("one", "two"):
            await client.send_str(message)
        assert await client.close(code=4007, message=b"enough")
        assert client.close_code == 4007, "it was said back"
        go_on.set()

    assert seen == [("one", False, 4007), ("two", False, 4007)]


@pytest.mark.asyncio
async def test_a_farewell_without_a_code_is_told_as_1005(serve):
    codes: list[int | None] = []

    @websocket("/echo")
    async def listen(socket: WebSocket) -> None:
        async for _ in socket:
            pass
        codes.append(socket.close_code)

    async with serve(listen) as served, served.session.ws_connect(f"{served.url}/echo") as client:
        await client.send_frame(b"", WSMsgType.CLOSE)
        assert (await client.receive(PATIENCE)).type is WSMsgType.CLOSE

    assert codes == [1005]


@pytest.mark.asyncio
async def test_of_several_that_iterate_each_message_reaches_one(serve):
    got: list[Any] = []

    @websocket("/shared")
    async def shared(socket: WebSocket) -> None:
        async def take() -> None:
            async for message in socket:
                got.append(message)
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(3):
                tasks.create_task(take())

    sent = [str(number) for number in range(20)]
    async with serve(shared) as served, served.session.ws_connect(f"{served.url}/shared") as client:
        for message in sent:
            await client.send_str(message)

    assert sorted(got) == sorted(sent)


@pytest.mark.asyncio
async def test_who_waits_for_a_message_with_a_time_limit_loses_none(serve):
    @websocket("/patient")
    async def patient(socket: WebSocket) -> None:
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.receive(), 0.01)
        await socket.send("now")
        await socket.send(await socket.receive())

    async with serve(patient) as served, served.session.ws_connect(f"{served.url}/patient") as client:
        assert await client.receive_str() == "now"
        await client.send_str("here")
        assert await client.receive_str() == "here"


@pytest.mark.asyncio
async def test_a_handler_closes_in_order_though_it_has_left_much_unread(serve):
    """Until the client's farewell is heard, what it sent before has to be read; what had come is still given."""
    has_come = asyncio.Event()
    taken: list[int] = []

    @websocket("/full")
    async def full(socket: WebSocket) -> None:
        await socket.receive()
        await has_come.wait()
        await socket.close(4000, "too much")
        taken.extend([len(message) async for message in socket])

    async def push(client: aiohttp.ClientWebSocketResponse) -> None:
        for number in range(200):
            await client.send_bytes(b"a" * 10_000)
            if number == 20:
                has_come.set()

    async with serve(full) as served, served.session.ws_connect(f"{served.url}/full") as client:
        pushing = asyncio.create_task(push(client))
        closed = await client.receive(PATIENCE)
        await asyncio.wait({pushing})

    assert (closed.data, closed.extra) == (4000, "too much")
    assert len(taken) < 100, "what was read ahead, and no more"
    assert set(taken) <= {10_000}


@pytest.mark.asyncio
async def test_many_tiny_messages_are_read_no_further_ahead_than_large_ones(serve):
    taken = 0

    @websocket("/slow")
    async def slow(socket: WebSocket) -> None:
        nonlocal taken
        await socket.receive()
        for _ in range(100):  # rounds of the loop, in each of which more could be read
            await asyncio.sleep(0)
        await socket.close()
        async for _ in socket:
            taken += 1

    async with serve(slow) as served, served.session.ws_connect(f"{served.url}/slow") as client:
        one = b"\x81\x80" + struct.pack(">I", 0)
        assert client._writer is not None
        client._writer.transport.write(one * 100_000)
        await client.receive(PATIENCE)

    assert taken < 2000


@pytest.mark.asyncio
async def test_a_handler_that_takes_its_time_loses_no_client_that_goes_on_sending(serve):
    """Where nothing is read, nothing is heard, and the silence is ours."""
    taken: list[int] = []

    @websocket("/slow")
    async def slow(socket: WebSocket) -> None:
        await socket.receive()
        await asyncio.sleep(0.5)
        async for message in socket:
            taken.append(len(message))
            if len(taken) == 30:
                return

    async with (
        serve(slow, websocket={"ping": "100ms"}) as served,
        served.session.ws_connect(f"{served.url}/slow") as client,
    ):
        for _ in range(31):
            await client.send_bytes(b"a" * 10_000)
        assert (await client.receive(PATIENCE)).data == 1000

    assert len(taken) == 30


@pytest.mark.asyncio
async def test_a_peer_that_does_not_answer_is_let_go_though_much_waits_for_it(serve):
    reasons: list[str] = []

    @websocket("/flood")
    async def flood(socket: WebSocket) -> None:
        await socket.receive()
        try:
            while True:
                await socket.send(b"a" * 65536)
        except SocketClosedError as error:
            reasons.append(error.reason)

    async with (
        serve(flood, websocket={"ping": "100ms", "send_timeout": 0}) as served,
        served.session.ws_connect(f"{served.url}/flood") as client,
    ):
        assert client._conn is not None
        transport = client._conn.transport
        assert transport is not None
        await client.send_str("go")
        transport.pause_reading()
        async with asyncio.timeout(PATIENCE):
            while not reasons:  # noqa: ASYNC110  (what is waited for tells nobody)
                await asyncio.sleep(0.01)
        transport.abort()

    assert reasons[0].startswith("it has given no sign of life for 0.")


@given(SECONDS, st.tuples(SECONDS, SECONDS, SECONDS), SECONDS, SECONDS)
def test_after_a_step_the_next_look_is_in_the_future_and_never_too_late(now, times, ping, idle):
    heard, asked, spoken = (min(each, now) for each in times)
    limits = Limits(ping, idle)

    step, again = next_step(now, Signs(heard, asked, spoken), limits)

    if step in (Step.WAIT, Step.ASK):
        assert again > now or (step is Step.ASK and again == now)
        assert not ping or again <= now + ping
        assert not idle or again <= spoken + idle


@given(SECONDS, SECONDS.filter(bool))
def test_who_says_nothing_is_asked_once_and_then_lost(heard, ping):
    limits = Limits(ping, 0)

    asked_at = heard + ping
    assert next_step(asked_at, Signs(heard, 0, 0), limits)[0] is Step.ASK
    assert next_step(asked_at, Signs(heard, asked_at, 0), limits)[0] is Step.WAIT
    too_late = asked_at + ping / 2
    assert next_step(too_late, Signs(heard, asked_at, 0), limits)[0] is Step.LOST
    assert next_step(too_late, Signs(too_late - ping / 4, asked_at, 0), limits)[0] is Step.WAIT


@given(SECONDS, SECONDS, SECONDS, SECONDS)
def test_where_nothing_is_bounded_nothing_is_done(now, heard, asked, spoken):
    assert next_step(now, Signs(heard, asked, spoken), Limits(0, 0)) == (Step.WAIT, float("inf"))
    assert Limits(0, 0).shortest == 0

"""Clients of web sockets that take nothing, or send what nobody takes: what they are told, and that they are let go of."""

import asyncio
import socket as sockets
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import WSMsgType

from rostra_aiohttp import SocketClosedError
from rostra_aiohttp.websockets import WebSocket, websocket

pytestmark = pytest.mark.asyncio

PATIENCE = 20.0


async def until_stuck(socket: WebSocket) -> None:
    """Send until the client takes no more."""
    is_stuck = False
    while not is_stuck:
        try:
            await asyncio.wait_for(socket.send(b"a" * 65536), 0.3)
        except TimeoutError:
            is_stuck = socket._line.request.protocol.writing_paused


@asynccontextmanager
async def deaf(client: aiohttp.ClientWebSocketResponse) -> AsyncIterator[None]:
    """The client reads nothing meanwhile."""
    assert client._conn is not None
    transport = client._conn.transport
    assert transport is not None
    transport.pause_reading()
    try:
        yield
    finally:
        transport.resume_reading()


async def test_who_gives_up_to_send_takes_nobody_along(serve):
    is_stuck, told = asyncio.Event(), list[str]()

    @websocket("/several")
    async def several(socket: WebSocket) -> None:
        async def send(text: str) -> None:
            await socket.send(text)
            told.append(text)

        await socket.receive()
        await until_stuck(socket)
        socket.start(send("beside"))
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.send("given up"), 0.05)
        is_stuck.set()
        await send("at last")

    async with serve(several) as served, served.session.ws_connect(f"{served.url}/several") as client:
        await client.send_str("go")
        async with deaf(client), asyncio.timeout(PATIENCE):
            await is_stuck.wait()
        texts = [message.data async for message in client if message.type is WSMsgType.TEXT]

        assert client.close_code == 1000
    assert sorted(told) == ["at last", "beside"]
    assert texts[-1] == "at last"


async def test_all_who_send_are_told_that_the_client_takes_nothing(serve):
    told, is_over = list[str](), asyncio.Event()

    @websocket("/several")
    async def several(socket: WebSocket) -> None:
        async def send() -> None:
            try:
                while True:
                    await socket.send(b"a" * 65536)
            except SocketClosedError as error:
                told.append(error.reason)

        await socket.receive()
        await asyncio.gather(*(send() for _ in range(3)))
        is_over.set()

    async with (
        serve(several, websocket={"send_timeout": "200ms"}) as served,
        served.session.ws_connect(f"{served.url}/several") as client,
    ):
        await client.send_str("go")
        async with deaf(client), asyncio.timeout(PATIENCE):
            await is_over.wait()

    assert len(told) == 3
    assert told[0].startswith("it took nothing for")


async def test_a_ping_is_answered_as_soon_as_the_client_reads_again_though_nobody_sends(serve):
    is_stuck, go_on = asyncio.Event(), asyncio.Event()

    @websocket("/stuck")
    async def stuck(socket: WebSocket) -> None:
        await until_stuck(socket)
        is_stuck.set()
        await socket.receive()
        is_stuck.set()
        await go_on.wait()

    async with (
        serve(stuck) as served,
        served.session.ws_connect(f"{served.url}/stuck", autoping=False) as client,
        asyncio.timeout(PATIENCE),
    ):
        async with deaf(client):
            await is_stuck.wait()
            is_stuck.clear()
            await client.ping(b"one")
            await client.ping(b"two")
            await client.send_str("these are heard")
            await is_stuck.wait()
        pongs = 0
        while not pongs:
            message = await client.receive()
            if message.type is WSMsgType.PONG:
                pongs += 1
                assert bytes(message.data) == b"two", "the last of many is enough"
            else:
                assert message.type is WSMsgType.BINARY
        go_on.set()


async def test_a_client_that_leaves_much_unread_behind_and_goes_is_let_go_of(serve):
    is_full, ended = asyncio.Event(), asyncio.Event()

    @websocket("/deaf")
    async def handle(socket: WebSocket) -> None:
        transport = socket._line.request.transport
        assert transport is not None
        try:
            while transport.is_reading():  # noqa: ASYNC110  (what is waited for tells nobody)
                await asyncio.sleep(0.01)
            is_full.set()
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with serve(handle, websocket={"ping": "100ms"}) as served, asyncio.timeout(PATIENCE):
        client = await served.session.ws_connect(f"{served.url}/deaf")
        transport = client._writer.transport if client._writer is not None else None
        assert transport is not None
        transport.write((b"\x82\xfe" + struct.pack(">HI", 60_000, 0) + b"a" * 60_000) * 5)
        await is_full.wait()
        known = transport.get_extra_info("socket")
        known.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()

        await ended.wait()


async def test_a_compressed_message_that_is_none_ends_in_1007(serve):
    @websocket("/echo")
    async def echo(socket: WebSocket) -> None:
        async for message in socket:
            await socket.send(message)

    async with (
        serve(echo, websocket={"compression": True}) as served,
        served.session.ws_connect(f"{served.url}/echo", compress=15) as client,
    ):
        assert client._writer is not None
        client._writer.transport.write(b"\xc1\x83" + struct.pack(">I", 0) + b"\xff\xff\xff")
        closed = await client.receive(PATIENCE)

    assert (closed.data, closed.extra) == (1007, "a compressed message cannot be read")

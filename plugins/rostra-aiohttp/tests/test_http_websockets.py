"""Web sockets as clients and handlers see them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Literal

import aiohttp
import attrs
import pytest
from aiohttp import WSMsgType, web

from rostra import di, handlers, plugin
from rostra_aiohttp import Header, SocketClosedError, get
from rostra_aiohttp.websockets import Sockets, Unfit, WebSocket, websocket

pytestmark = pytest.mark.asyncio


@websocket("/echo")
async def echo(socket: WebSocket) -> None:
    async for message in socket:
        await socket.send(message)


async def test_texts_and_binary_messages_come_in_order_and_as_what_they_are(serve):
    sent = ["one", b"two", "", b"", "drei ☃", bytes(range(256))]

    async with serve(echo) as served, served.session.ws_connect(f"{served.url}/echo") as client:
        for message in sent:
            await (client.send_str(message) if isinstance(message, str) else client.send_bytes(message))
        got = [(await client.receive()).data for _ in sent]

    assert got == sent


async def test_a_handler_takes_what_any_handler_may_take(serve):
    class Rooms:
        def __init__(self) -> None:
            self.name = "rooms"

    @di.adapter
    def rooms() -> Rooms:
        return Rooms()

    @websocket("/chat/{room}")
    async def chat(
        room: str, socket: WebSocket, since: int, x_token: Header[str], request: web.Request, all_rooms: Rooms
    ) -> None:
        await socket.send_json([room, since, x_token, request.path, all_rooms.name])

    async with serve(chat, rooms) as served:
        url = f"{served.url}/chat/green?since=7"
        async with served.session.ws_connect(url, headers={"X-Token": "t"}) as client:
            assert await client.receive_json() == ["green", 7, "t", "/chat/green", "rooms"]
            assert (await client.receive()).type is WSMsgType.CLOSE
    assert client.close_code == 1000


async def test_a_method_of_a_class_is_a_handler_too(serve):
    class Counter:
        def __init__(self) -> None:
            self.visits = 0

        @websocket("/count")
        async def count(self, socket: WebSocket) -> None:
            self.visits += 1
            await socket.send_json(self.visits)

    async with serve(Counter) as served:
        for visit in (1, 2):
            async with served.session.ws_connect(f"{served.url}/count") as client:
                assert await client.receive_json() == visit


async def test_what_does_not_fit_is_refused_by_422_before_the_upgrade(serve):
    called = []

    @websocket("/rooms/{number}")
    async def room(number: int, socket: WebSocket, since: int) -> None:
        called.append(number)

    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }  # fmt: skip
    async with serve(room) as served:
        status, body = await served.ask("GET", "/rooms/green?since=x", headers=upgrade)

    assert (status, [fault["name"] for fault in body["errors"]], called) == (422, ["number", "since"], [])


async def test_who_asks_for_no_web_socket_is_told_that_here_is_one(serve):
    async with serve(echo) as served:
        async with served.session.get(f"{served.url}/echo") as plain:
            assert (plain.status, plain.headers["Upgrade"]) == (426, "websocket")
        old = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "8"}
        async with served.session.get(f"{served.url}/echo", headers=old) as outdated:
            assert (outdated.status, outdated.headers["Sec-WebSocket-Version"]) == (426, "13")
        wrong = {**old, "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "short"}
        async with served.session.get(f"{served.url}/echo", headers=wrong) as unshaken:
            assert unshaken.status == 400


async def test_an_adapter_that_fails_or_refuses_is_answered_before_the_upgrade(serve):
    class Door:
        pass

    @di.adapter
    def door() -> Door:
        raise web.HTTPUnauthorized(text="who are you?")

    @websocket("/secret")
    async def secret(socket: WebSocket, door: Door) -> None: ...

    async with serve(door, secret) as served:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await served.session.ws_connect(f"{served.url}/secret")

    assert refused.value.status == 401


async def test_a_guard_may_answer_instead_before_the_upgrade(serve):
    called = []

    async def needs_token(x_token: Header[str]) -> tuple[int, str] | None:
        return None if x_token == "right" else (401, "who are you?")

    @websocket("/secret")
    @handlers.guard(needs_token)
    async def secret(socket: WebSocket) -> None:
        called.append(socket)
        await socket.send("welcome")

    async with serve(secret) as served:
        url = f"{served.url}/secret"
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await served.session.ws_connect(url, headers={"X-Token": "wrong"})
        assert (refused.value.status, called) == (401, [])
        async with served.session.ws_connect(url, headers={"X-Token": "right"}) as client:
            assert await client.receive_str() == "welcome"


async def test_a_page_of_another_host_is_refused_before_the_upgrade(serve):
    async with serve(echo) as served:
        for origin in ("https://evil.example", "null", f"{served.url}.evil.example"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await served.session.ws_connect(f"{served.url}/echo", origin=origin)
            assert refused.value.status == 403
        async with served.session.ws_connect(f"{served.url}/echo", origin=served.url) as client:
            assert not client.closed


async def test_other_origins_may_be_allowed_by_settings_and_by_the_handler(serve):
    @websocket("/open", origins=["https://partner.example"])
    async def opened(socket: WebSocket) -> None:
        await socket.send("welcome")

    async with serve(opened, websocket={"origins": ["https://*.shop.example"]}) as served:
        for origin in ("https://www.shop.example", "https://partner.example:443"):
            async with served.session.ws_connect(f"{served.url}/open", origin=origin) as client:
                assert await client.receive_str() == "welcome"


async def test_a_subprotocol_is_agreed_upon_or_the_client_refused(serve):
    @websocket("/chat", protocols=["chat.v2", "chat.v1"])
    async def chat(socket: WebSocket) -> None:
        await socket.send(socket.protocol or "none")

    async with serve(chat) as served:
        url = f"{served.url}/chat"
        async with served.session.ws_connect(url, protocols=["chat.v1", "chat.v2"]) as client:
            assert (await client.receive_str(), client.protocol) == ("chat.v1", "chat.v1")
        async with served.session.ws_connect(url) as client:
            assert await client.receive_str() == "none"
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await served.session.ws_connect(url, protocols=["soap"])
    assert refused.value.status == 400


@attrs.frozen
class Say:
    text: str
    kind: Literal["say"] = "say"


async def test_a_message_that_does_not_fit_is_told_and_the_connection_goes_on(serve):
    @websocket("/say")
    async def say(socket: WebSocket) -> None:
        async for said in socket.json(Say):
            await socket.send(said.text)

    async with serve(say) as served, served.session.ws_connect(f"{served.url}/say") as client:
        await client.send_str('{"text": 1}')
        await client.send_str("{")
        await client.send_bytes(b'{"text": "hello"}')

        unfit, unread, heard = [(await client.receive()).data for _ in range(3)]

    assert '"pointer":"#/text"' in unfit
    assert '"status":422' in unfit
    assert '"status":400' in unread
    assert "the message is no JSON" in unread
    assert heard == "hello"


async def test_a_handler_may_decide_what_becomes_of_what_does_not_fit(serve):
    @websocket("/say")
    async def say(socket: WebSocket) -> None:
        async def refuse(unfit: Unfit) -> None:
            await socket.close(1007, str(unfit.faults[0].place))

        async for said in socket.json(Say, on_unfit=refuse):
            await socket.send(said.text)

    async with serve(say) as served, served.session.ws_connect(f"{served.url}/say") as client:
        await client.send_str("{}")
        closed = await client.receive()

    assert (closed.type, closed.data, closed.extra) == (WSMsgType.CLOSE, 1007, "('text',)")


async def test_a_handler_closes_with_a_code_and_a_reason_and_goes_on(serve):
    seen: list[Any] = []

    @websocket("/bye")
    async def bye(socket: WebSocket) -> None:
        await socket.close(4001, "no more")
        await socket.close(4002, "twice is nothing more")
        seen.append((socket.is_open, socket.close_code, [message async for message in socket]))
        with pytest.raises(SocketClosedError, match="4001: no more"):
            await socket.send("too late")
        with pytest.raises(SocketClosedError):
            await socket.receive()
        seen.append("done")

    async with serve(bye) as served, served.session.ws_connect(f"{served.url}/bye") as client:
        closed = await client.receive()

    assert (closed.data, closed.extra) == (4001, "no more")
    assert seen == [(False, 4001, []), "done"]


async def test_a_code_or_reason_that_cannot_be_sent_is_refused(serve):
    refused: list[str] = []

    @websocket("/bye")
    async def bye(socket: WebSocket) -> None:
        for code, reason in ((1006, ""), (999, ""), (1000, "ä" * 62)):
            try:
                await socket.close(code, reason)
            except ValueError as error:
                refused.append(str(error))
        try:
            await socket.send(1)  # type: ignore[arg-type]
        except TypeError as error:
            refused.append(str(error))

    async with serve(bye) as served, served.session.ws_connect(f"{served.url}/bye") as client:
        assert (await client.receive()).data == 1000

    assert [text.split(" ")[0] for text in refused] == ["1006", "999", "a", "a"]


async def test_a_handler_that_raises_closes_with_1011_and_is_logged_once(serve, caplog):
    @websocket("/broken")
    async def broken(socket: WebSocket) -> None:
        await socket.receive()
        raise ValueError("hunter2")

    async with serve(broken) as served, served.session.ws_connect(f"{served.url}/broken") as client:
        await client.send_str("go")
        closed = await client.receive()

    assert (closed.type, closed.data, closed.extra) == (WSMsgType.CLOSE, 1011, "")
    [record] = [record for record in caplog.records if record.levelname in ("ERROR", "WARNING")]
    assert record.getMessage().startswith("websocket.failed method=GET path=/broken")
    assert "hunter2" in str(record.exc_info[1])


async def test_a_message_that_is_too_large_ends_the_connection_with_1009(serve):
    @websocket("/small", largest=10)
    async def small(socket: WebSocket) -> None:
        async for message in socket:
            await socket.send(message)

    async with serve(echo, small, websocket={"largest": "1kB"}) as served:
        for path, size in (("/small", 10), ("/echo", 1000)):
            async with served.session.ws_connect(f"{served.url}{path}") as client:
                await client.send_bytes(b"a" * size)
                assert await client.receive_bytes() == b"a" * size
                await client.send_bytes(b"a" * (size + 1))
                assert (await client.receive()).data == 1009


async def test_compression_is_an_option(serve):
    for is_on in (True, False):
        async with (
            serve(echo, websocket={"compression": is_on}) as served,
            served.session.ws_connect(f"{served.url}/echo", compress=15) as client,
        ):
            await client.send_str("a" * 50_000)
            assert await client.receive_str() == "a" * 50_000
            assert bool(client.compress) is is_on


async def test_the_scope_lives_as_long_as_the_connection(serve):
    events: list[str] = []

    class Seat:
        pass

    @di.adapter
    async def seat() -> AsyncIterator[Seat]:
        events.append("taken")
        try:
            yield Seat()
        finally:
            events.append("left")

    @websocket("/sit")
    async def sit(socket: WebSocket, seat: Seat) -> None:
        async for message in socket:
            events.extend([str(message)])
        events.append("end")

    async with serve(seat, sit) as served, served.session.ws_connect(f"{served.url}/sit") as client:
        assert len(served.stage.components.get(Sockets)) == 1
        await client.send_str("hello")

    assert events == ["taken", "hello", "end", "left"]


async def test_what_is_started_beside_the_handler_ends_with_it_and_before_its_scope(serve):
    events: list[str] = []

    class Feed:
        pass

    @di.adapter
    async def feed() -> AsyncIterator[Feed]:
        yield Feed()
        events.append("feed closed")

    @websocket("/ticks")
    async def ticks(socket: WebSocket, feed: Feed) -> None:
        async def tick() -> None:
            try:
                await socket.send("tick")
                await asyncio.Event().wait()
            finally:
                events.append("tick ended")

        socket.start(tick())
        async for _ in socket:
            pass
        events.append("handler ended")

    async with serve(feed, ticks) as served, served.session.ws_connect(f"{served.url}/ticks") as client:
        assert await client.receive_str() == "tick"

    assert events == ["handler ended", "tick ended", "feed closed"]


async def test_what_fails_beside_the_handler_ends_it_with_1011_and_one_line_in_the_log(serve, caplog):
    @websocket("/ticks")
    async def ticks(socket: WebSocket) -> None:
        async def tick() -> None:
            raise ValueError("no more ticks")

        socket.start(tick())
        async for _ in socket:
            pass

    async with serve(ticks) as served, served.session.ws_connect(f"{served.url}/ticks") as client:
        assert (await client.receive()).data == 1011

    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "no more ticks" in str(record.exc_info[1])


async def test_a_route_and_a_web_socket_at_one_path_are_a_conflict(serve):
    @get("/echo")
    async def page() -> str:
        return "page"

    for pair in ((echo, page), (page, echo)):
        with pytest.raises(Exception, match=r"GET /echo is answered twice"):
            async with serve(*pair):
                pass


async def test_a_handler_hears_the_end_by_its_cancel(serve):
    heard: list[bool] = []

    @websocket("/wait")
    async def wait(socket: WebSocket, cancel: plugin.Cancel) -> None:
        await socket.send("waiting")
        await cancel.wait()
        heard.append(socket.is_open)

    async with serve(wait) as served, served.session.ws_connect(f"{served.url}/wait") as client:
        assert await client.receive_str() == "waiting"
        await client.close()

    assert heard == [False]

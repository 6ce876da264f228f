"""Answers in parts: streams of text, bytes and JSON lines, and server-sent events."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import attrs
import pytest
from aiohttp import web

from rostra import di
from rostra_aiohttp import Address, Event, Header, ResponseHead, get

pytestmark = pytest.mark.asyncio


@attrs.frozen
class Row:
    number: int


class Journal:
    """What has happened, and when."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.happened = asyncio.Condition()

    async def say(self, line: str) -> None:
        async with self.happened:
            self.lines.append(line)
            self.happened.notify_all()

    async def heard(self, line: str) -> None:
        async with asyncio.timeout(10), self.happened:
            await self.happened.wait_for(lambda: line in self.lines)


def connection_to(journal: Journal) -> Any:
    class Rows:
        pass

    async def connection() -> AsyncIterator[Rows]:
        await journal.say("opened")
        try:
            yield Rows()
        except BaseException as error:
            await journal.say(f"closed by {type(error).__name__}")
            raise
        await journal.say("closed")

    connection.__annotations__["return"] = AsyncIterator[Rows]
    return di.adapter(connection), Rows


async def test_the_annotation_says_what_a_stream_is_made_of(serve):
    @get("/text")
    async def text() -> AsyncIterator[str]:
        yield "grü"
        yield "ße"

    @get("/bytes")
    def raw() -> Iterator[bytes]:
        yield b"\0"
        yield b"\1"

    @get("/rows", status=206)
    async def rows(count: int = 2) -> AsyncIterator[Row]:
        for number in range(count):
            yield Row(number)

    @get("/unsaid")
    async def unsaid():
        yield "a"

    @get("/returned")
    async def returned() -> AsyncIterator[dict[str, int]]:
        return (row async for row in made())

    async def made() -> AsyncIterator[dict[str, int]]:
        yield {"a": 1}

    found = {}
    async with serve(text, raw, rows, unsaid, returned) as served:
        for path in ("/text", "/bytes", "/rows", "/rows?count=0", "/unsaid", "/returned"):
            async with served.session.get(served.url + path) as response:
                found[path] = (response.status, response.headers["Content-Type"], await response.read())

    assert found == {
        "/text": (200, "text/plain; charset=utf-8", "grüße".encode()),
        "/bytes": (200, "application/octet-stream", b"\0\1"),
        "/rows": (206, "application/jsonl", b'{"number":0}\n{"number":1}\n'),
        "/rows?count=0": (206, "application/jsonl", b""),
        "/unsaid": (200, "text/plain; charset=utf-8", b"a"),
        "/returned": (200, "application/jsonl", b'{"a":1}\n'),
    }


async def test_the_scope_is_open_while_it_streams_and_headers_may_be_added(serve):
    journal = Journal()
    connection, rows = connection_to(journal)

    async def stream(rows: Any, head: ResponseHead) -> AsyncIterator[bytes]:
        head.headers["Content-Type"] = "text/csv"
        await journal.say("first")
        yield b"a,b\n"
        await journal.say("last")
        yield b"1,2\n"

    stream.__annotations__["rows"] = rows

    async with serve(get("/")(stream), connection) as served:
        async with served.session.get(served.url) as response:
            assert response.headers["Content-Type"] == "text/csv"
            assert await response.read() == b"a,b\n1,2\n"
        async with served.session.head(served.url) as response:
            assert response.headers["Content-Type"] == "application/octet-stream"
            assert await response.read() == b""

    assert journal.lines == ["opened", "first", "last", "closed", "opened", "closed"]


async def test_what_goes_wrong_before_the_first_item_is_answered_as_usual(serve):
    @get("/")
    async def stream(number: int) -> AsyncIterator[str]:
        if number == 7:
            raise web.HTTPNotFound(text="there is no order 7")
        yield "found"

    async with serve(stream) as served:
        assert (await served.ask("GET", "/?number=x"))[0] == 422
        status, problem = await served.ask("GET", "/?number=7")

    assert (status, problem["detail"]) == (404, "there is no order 7")


@pytest.mark.parametrize("error", [RuntimeError("hunter2"), web.HTTPNotFound(), TypeError("x")], ids=str)
async def test_an_error_in_the_middle_cuts_the_connection_and_is_logged_once(serve, error, caplog):
    journal = Journal()
    connection, rows = connection_to(journal)

    async def stream(rows: Any) -> AsyncIterator[str]:
        yield "a"
        raise error

    stream.__annotations__["rows"] = rows

    async with serve(get("/")(stream), connection) as served, served.session.get(served.url) as response:
        assert response.status == 200
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()

    assert journal.lines == ["opened", f"closed by {type(error).__name__}"]
    assert len([line for line in caplog.records if line.levelname == "ERROR"]) == 1


async def test_a_client_of_http_1_0_does_not_take_a_part_for_the_whole(serve):
    @get("/")
    async def stream() -> AsyncIterator[str]:
        yield "a"
        raise RuntimeError

    async with serve(stream) as served:
        reader, writer = await asyncio.open_connection(*served.stage.components.get(Address)[:2])
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()


async def test_an_item_of_another_kind_is_told_with_the_handler(serve, caplog):
    @get("/")
    async def stream() -> AsyncIterator[str]:
        yield 3  # type: ignore[misc]  # that is what is wrong

    async with serve(stream) as served:
        assert (await served.ask("GET", "/"))[0] == 500

    assert "stream returned a int in a stream of text" in caplog.text


async def test_a_client_that_goes_ends_the_generator_and_closes_the_scope(serve, caplog):
    journal = Journal()
    connection, rows = connection_to(journal)

    async def stream(rows: Any) -> AsyncIterator[str]:
        try:
            yield "a"
            await asyncio.Event().wait()
        finally:
            await journal.say("ended")

    stream.__annotations__["rows"] = rows

    async with serve(get("/")(stream), connection) as served:
        response = await served.session.get(served.url)
        assert await response.content.readany() == b"a"
        response.close()
        await journal.heard("closed by ConnectionResetError")

    assert journal.lines == ["opened", "ended", "closed by ConnectionResetError"]
    assert not [line for line in caplog.records if line.levelname == "ERROR"]


async def test_nothing_is_made_faster_than_it_is_taken(serve):
    made = 0
    journal = Journal()

    @get("/")
    async def stream() -> AsyncIterator[bytes]:
        nonlocal made
        try:
            for _ in range(2000):
                made += 1
                yield b"x" * 65536
        finally:
            await journal.say("ended")

    async with serve(stream) as served:
        response = await served.session.get(served.url)
        await response.content.readexactly(65536)
        seen = -1
        while seen != made:  # until it stands still
            seen = made
            for _ in range(200):
                await asyncio.sleep(0)
        assert made < 1000
        response.close()
        await journal.heard("ended")


async def test_events_are_written_as_browsers_read_them(serve):
    @get("/")
    async def events(last_event_id: Header[int] = 0) -> AsyncIterator[Event]:
        yield Event("a\nb", event="letters", id=str(last_event_id + 1), retry=1.5)
        yield Event({"a": 1})
        yield Event("")

    async with (
        serve(events) as served,
        served.session.get(served.url, headers={"Last-Event-ID": "41"}) as response,
    ):
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-store"
        assert await response.text() == (
            'event: letters\nid: 42\nretry: 1500\ndata: a\ndata: b\n\ndata: {"a":1}\n\ndata: \n\n'
        )


async def test_events_begin_at_once_are_kept_alive_and_end_when_the_stage_stops(serve):
    journal = Journal()

    @get("/")
    async def events() -> AsyncIterator[Event]:
        try:
            await asyncio.Event().wait()
            yield Event("never")
        finally:
            await journal.say("ended")

    async with aiohttp.ClientSession() as session:
        async with serve(events, event_ping="10ms") as served:
            response = await session.get(served.url)
            assert response.status == 200
            assert await response.content.readexactly(3) == b":\n\n"
        rest = await response.content.read()

    assert not rest.replace(b":\n\n", b"")
    assert journal.lines == ["ended"]


@pytest.mark.parametrize("options", [{"event": "a\nb"}, {"id": "a\0"}, {"id": "\r"}, {"retry": -1}])
async def test_an_event_cannot_smuggle_another_one(options):
    with pytest.raises(ValueError, match=r"an event|clients"):
        Event("x", **options)


async def test_line_breaks_of_all_kinds_stay_inside_the_data():
    assert Event("a\rb\r\nc\n").lines() == b"data: a\ndata: b\ndata: c\ndata: \n\n"


@pytest.mark.parametrize("status", [204, 304])
async def test_a_stream_with_a_status_that_has_no_body_is_an_error_that_names_the_handler(
    serve, status, caplog
):
    @get("/")
    async def rows(head: ResponseHead) -> AsyncIterator[str]:
        head.status = status
        yield "row"

    @get("/last")
    async def last() -> str:
        return "last"

    async with serve(rows, last) as served:
        assert (await served.ask("GET", "/"))[0] == 500
        assert await served.ask("GET", "/last") == (200, "last")

    assert f"rows returned a stream with the status {status}" in caplog.text

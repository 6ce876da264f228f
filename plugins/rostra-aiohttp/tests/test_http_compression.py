"""Files and streams on their way to clients that take them compressed. Whole answers stand in ``test_http_browsers``."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from rostra_aiohttp import Event, File, ResponseHead, get
from rostra_aiohttp.compression import Gzip
from rostra_aiohttp.static import static

pytestmark = pytest.mark.asyncio

ON = {"enabled": True}
TAKES, PLAIN = {"Accept-Encoding": "gzip"}, {"Accept-Encoding": "identity"}
PAGE = b"<p>the same again</p>\n" * 5000
PATIENCE = 20.0


class Items:
    """What a stream yields, one at a time, when the test says so."""

    def __init__(self) -> None:
        self.waiting: asyncio.Queue[Any] = asyncio.Queue()

    async def all(self) -> AsyncIterator[Any]:
        while (item := await self.waiting.get()) is not None:
            yield item


@pytest.fixture
def items() -> Items:
    return Items()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page.html").write_bytes(PAGE)
    (tmp_path / "short.html").write_bytes(b"<p>short</p>")
    (tmp_path / "photo.png").write_bytes(PAGE)
    (tmp_path / "app.js").write_bytes(PAGE)
    (tmp_path / "app.js.gz").write_bytes(gzip.compress(PAGE, 9))
    return tmp_path


Serve = Callable[..., AbstractAsyncContextManager[tuple[str, aiohttp.ClientSession]]]


@pytest.fixture
def plain(serve, folder) -> Serve:
    """Serves, and gives a client that leaves everything as it comes."""

    async def prepare() -> None:
        static("/files", folder)

    @asynccontextmanager
    async def served(*items: Any, **settings: Any) -> AsyncIterator[tuple[str, aiohttp.ClientSession]]:
        async with (
            serve(prepare, *items, compression=ON, **settings) as stage,
            aiohttp.ClientSession(auto_decompress=False) as session,
        ):
            yield stage.url, session

    return served


async def test_a_file_is_compressed_on_its_way_and_says_so(plain, folder):
    @get("/report")
    async def report() -> File:
        return File(folder / "page.html")

    async with plain(report) as (url, session):
        for path in ("/files/page.html", "/report"):
            async with session.get(url + path, headers=TAKES) as answer:
                body = await answer.read()
                said = answer.headers

            assert gzip.decompress(body) == PAGE
            assert len(body) < len(PAGE) / 10
            assert (said["Content-Encoding"], said["Vary"]) == ("gzip", "Accept-Encoding")
            assert said["ETag"].startswith('W/"'), "the bytes are not those of the file"
            assert said["Accept-Ranges"] == "none"
            assert "Content-Length" not in said


async def test_a_client_that_does_not_take_it_gets_the_file_as_it_is_and_caches_know(plain):
    async with plain() as (url, session), session.get(f"{url}/files/page.html", headers=PLAIN) as answer:
        assert await answer.read() == PAGE
        assert (answer.headers["Content-Length"], answer.headers["Vary"]) == (
            str(len(PAGE)),
            "Accept-Encoding",
        )
        assert answer.headers["ETag"].startswith('"')
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("name", ["short.html", "photo.png"])
async def test_what_is_small_or_compressed_by_its_nature_stays_as_it_is(plain, name):
    async with plain() as (url, session), session.get(f"{url}/files/{name}", headers=TAKES) as answer:
        assert "Content-Encoding" not in answer.headers
        assert "Vary" not in answer.headers
        assert answer.headers["ETag"].startswith('"')


async def test_a_file_that_lies_there_compressed_is_not_compressed_again(plain):
    async with plain() as (url, session), session.get(f"{url}/files/app.js", headers=TAKES) as answer:
        body = await answer.read()

    assert gzip.decompress(body) == PAGE
    assert answer.headers["Content-Length"] == str(len(body))
    assert answer.headers["ETag"].endswith('-gzip"'), "a tag of its own, since it is a file of its own"


async def test_head_says_what_get_says_and_sends_nothing(plain):
    async with plain() as (url, session):
        said = []
        for method in ("GET", "HEAD"):
            async with session.request(method, f"{url}/files/page.html", headers=TAKES) as answer:
                body = await answer.read()
                changing = {"Date", "X-Request-ID", "Transfer-Encoding"}
                said.append({name: value for name, value in answer.headers.items() if name not in changing})
        async with session.get(f"{url}/files/short.html") as after:
            assert await after.read() == b"<p>short</p>", "the connection is as it should be"

    assert said[0] == said[1]
    assert body == b""


async def test_who_has_it_compressed_is_told_that_it_has_not_changed(plain):
    async with plain() as (url, session):
        async with session.get(f"{url}/files/page.html", headers=TAKES) as first:
            await first.read()
        known = {**TAKES, "If-None-Match": first.headers["ETag"]}
        async with session.get(f"{url}/files/page.html", headers=known) as again:
            assert (again.status, await again.read()) == (304, b"")
            assert again.headers["ETag"] == first.headers["ETag"]
            assert again.headers["Vary"] == "Accept-Encoding"


async def test_a_part_is_of_the_file_as_it_is_and_never_joined_to_compressed_bytes(plain):
    async with plain() as (url, session):
        async with session.get(f"{url}/files/page.html", headers=TAKES) as whole:
            await whole.read()
        part = {**TAKES, "Range": "bytes=3-9"}
        async with session.get(f"{url}/files/page.html", headers=part) as answer:
            assert (answer.status, await answer.read()) == (206, PAGE[3:10])
            assert "Content-Encoding" not in answer.headers
            assert answer.headers["ETag"] == whole.headers["ETag"].removeprefix("W/")
        resumed = {**part, "If-Range": whole.headers["ETag"]}
        async with session.get(f"{url}/files/page.html", headers=resumed) as answer:
            assert (answer.status, gzip.decompress(await answer.read())) == (200, PAGE)


async def test_a_client_of_http_1_0_gets_it_to_the_end_of_the_connection(plain):
    async with plain() as (url, _):
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /files/page.html HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n")
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()

    assert b"content-encoding: gzip" in head.lower()
    assert gzip.decompress(body) == PAGE


async def test_what_a_handler_returned_and_has_not_changed_keeps_the_tag_that_the_client_has(plain):
    @get("/tagged")
    async def tagged() -> web.Response:
        return web.Response(body=PAGE, content_type="text/html", headers={"ETag": '"v1"'})

    async with plain(tagged) as (url, session):
        for known in ('W/"v1"', '"v1"'):
            async with session.get(f"{url}/tagged", headers={**TAKES, "If-None-Match": known}) as answer:
                assert (answer.status, answer.headers["ETag"]) == (304, known)


@pytest.mark.parametrize("kind", ["text", "lines", "events"])
async def test_each_item_of_a_stream_can_be_read_before_the_next_one_is_asked_for(plain, items, kind):
    @get("/text")
    async def text() -> AsyncIterator[str]:
        async for item in items.all():
            yield item

    @get("/lines")
    async def lines() -> AsyncIterator[dict[str, str]]:
        async for item in items.all():
            yield {"item": item}

    @get("/events")
    async def events() -> AsyncIterator[Event]:
        async for item in items.all():
            yield Event(item)

    reading = zlib.decompressobj(wbits=31)
    async with plain(text, lines, events) as (url, session):
        items.waiting.put_nowait("first")
        async with session.get(f"{url}/{kind}", headers=TAKES) as answer:
            assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding")
            for item in ("first", "second", "x" * 200_000):
                if item != "first":
                    items.waiting.put_nowait(item)
                got = b""
                async with asyncio.timeout(PATIENCE):
                    while item.encode() not in got:
                        got += reading.decompress(await answer.content.readany())
            items.waiting.put_nowait(None)
            got = reading.decompress(await answer.content.read()) + reading.flush()

    assert got.strip() == b""
    assert reading.eof, "it says that there is no more"


async def test_a_silent_stream_of_events_sends_its_comments_compressed(plain, items):
    @get("/events")
    async def events() -> AsyncIterator[Event]:
        async for item in items.all():
            yield Event(item)

    reading = zlib.decompressobj(wbits=31)
    async with (
        plain(events, event_ping="20ms") as (url, session),
        session.get(f"{url}/events", headers=TAKES) as answer,
    ):
        got = b""
        async with asyncio.timeout(PATIENCE):
            while got.count(b":") < 2:
                got += reading.decompress(await answer.content.readany())
        items.waiting.put_nowait("and now")
        async with asyncio.timeout(PATIENCE):
            while b"data: and now" not in got:
                got += reading.decompress(await answer.content.readany())
        items.waiting.put_nowait(None)


async def test_a_stream_of_events_is_whole_when_the_stage_stops(plain, items):
    @get("/events")
    async def events() -> AsyncIterator[Event]:
        async for item in items.all():
            yield Event(item)

    reading = zlib.decompressobj(wbits=31)
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        async with plain(events) as (url, _):
            items.waiting.put_nowait("hello")
            answer = await session.get(f"{url}/events", headers=TAKES)
            got = reading.decompress(await answer.content.readany())
            rest = asyncio.create_task(answer.content.read())
        got += reading.decompress(await rest)

    assert b"data: hello" in got
    assert reading.eof


async def test_head_of_a_stream_and_streams_of_other_types_are_as_ever(plain):
    @get("/text")
    def text() -> Iterator[str]:
        yield from ("one", "two")

    @get("/bytes")
    def raw() -> Iterator[bytes]:
        yield from (b"one", b"two")

    async with plain(text, raw) as (url, session):
        async with session.head(f"{url}/text", headers=TAKES) as answer:
            assert (await answer.read(), answer.headers["Content-Encoding"]) == (b"", "gzip")
        async with session.get(f"{url}/bytes", headers=TAKES) as answer:
            assert await answer.read() == b"onetwo"
            assert "Content-Encoding" not in answer.headers
        async with session.get(f"{url}/text", headers=PLAIN) as answer:
            assert await answer.read() == b"onetwo"


async def test_a_length_that_a_handler_has_said_is_not_said_of_compressed_bytes(serve):
    @get("/known")
    async def known(head: ResponseHead) -> AsyncIterator[str]:
        head.headers["Content-Length"] = "10"
        yield "01234"
        yield "56789"

    async with serve(known, compression=ON) as served:
        url = f"{served.url}/known"
        async with served.session.get(url, headers=TAKES) as squeezed:
            assert (squeezed.headers.get("Content-Length"), await squeezed.text()) == (None, "0123456789")
        async with served.session.get(url, headers=PLAIN) as whole:
            assert (whole.headers["Content-Length"], await whole.text()) == ("10", "0123456789")


async def test_what_was_cut_in_the_middle_of_an_item_does_not_end_as_if_it_were_whole():
    response = web.StreamResponse()
    squeezed = Gzip()

    writing = asyncio.create_task(squeezed.write(response, b"x" * 10_000_000))
    await asyncio.sleep(0)
    writing.cancel()
    await asyncio.wait({writing})

    with pytest.raises(ConnectionResetError):
        await squeezed.end(response)

"""Bodies that come compressed: they are read as they were before, and one that is not whole is refused."""

import asyncio
import gzip
import importlib.util
import logging
import os
import zlib
from collections.abc import AsyncIterator

import aiohttp
import attrs
import pytest
from aiohttp import web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.streams import StreamReader

from rostra_aiohttp import Address, Body, Form, Upload, post
from rostra_aiohttp.inflating import Inflated

pytestmark = pytest.mark.asyncio

CONTENT = os.urandom(100_000) + bytes(300_000) + b'{"a": 1}'


def without_header(content: bytes) -> bytes:
    """As some clients take ``deflate`` to be."""
    compressing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressing.compress(content) + compressing.flush()


def in_two_members(content: bytes) -> bytes:
    return gzip.compress(content[:1000]) + gzip.compress(content[1000:])


WAYS = [
    ("gzip", gzip.compress),
    ("gzip", in_two_members),
    ("deflate", zlib.compress),
    ("deflate", without_header),
]


@post("/length")
async def length(body: Body[bytes]) -> bytes:
    return zlib.adler32(body).to_bytes(4)


@post("/unread")
async def unread() -> str:
    return "unread"


async def said(response: aiohttp.ClientResponse) -> str:
    return str((await response.json(content_type="application/problem+json")).get("detail"))


@pytest.mark.parametrize(("encoding", "compress"), WAYS)
@pytest.mark.parametrize("content", [b"", b"x", CONTENT])
async def test_a_whole_body_is_read_as_it_was(serve, encoding, compress, content):
    sent = compress(content)

    async def in_pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(sent), 7_001):
            yield sent[start : start + 7_001]

    async with serve(length) as served:
        for data in (sent, in_pieces(), sent):
            headers = {"Content-Encoding": encoding}
            async with served.session.post(f"{served.url}/length", data=data, headers=headers) as response:
                assert (response.status, await response.read()) == (200, zlib.adler32(content).to_bytes(4))


@pytest.mark.parametrize(("encoding", "compress"), WAYS)
@pytest.mark.parametrize("missing", [1, 5, 50_000])
async def test_a_body_that_is_cut_off_is_a_400_and_no_error_of_ours(
    serve, caplog, encoding, compress, missing
):
    headers = {"Content-Encoding": encoding}

    async with serve(length) as served:
        data = compress(CONTENT)[:-missing]
        async with served.session.post(f"{served.url}/length", data=data, headers=headers) as response:
            told = await said(response)
        again = await served.ask("POST", "/length", data=b"")

    assert response.status == 400
    assert told == f"the body cannot be read: it ends in the middle of what {encoding} has compressed"
    assert again[0] == 200
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_what_becomes_too_large_is_a_413_whatever_it_was(serve):
    async with serve(length, body_limit="1MiB") as served:
        answer = await served.ask(
            "POST", "/length", data=gzip.compress(bytes(50_000_000)), headers={"Content-Encoding": "gzip"}
        )

    assert answer[0] == 413


class Line(BaseProtocol):
    """Over which a body comes, as far as a body slows it down."""

    def __init__(self) -> None:
        super().__init__(asyncio.get_running_loop())
        self.is_reading = True

    def pause_reading(self) -> None:
        self.is_reading = False

    def resume_reading(self, resume_parser: bool = True) -> None:
        self.is_reading = True


async def test_what_reads_much_of_little_does_not_let_more_come_than_there_is_room_for():
    line = Line()
    raw = StreamReader(line, 65536)
    raw.feed_data(gzip.compress(bytes(200_000_000)))
    body = Inflated(raw, "gzip")

    read = [len(await body.read(65536)) for _ in range(1000)]

    assert sum(read) > 60_000_000
    assert not line.is_reading


async def test_members_that_are_empty_keep_nobody_waiting(serve):
    @post("/length")
    async def length(body: Body[bytes]) -> str:
        return str(len(body))

    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with serve(length) as served:
        counting = asyncio.create_task(count_turns())
        answer = await served.ask(
            "POST", "/length", data=gzip.compress(b"") * 3_000, headers={"Content-Encoding": "gzip"}
        )
        counting.cancel()

    assert answer == (200, "0")
    assert turns > 3_000


async def test_a_body_that_is_much_larger_than_what_it_becomes_is_a_400(serve):
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(10_000):
            yield gzip.compress(b"") * 100

    async with (
        serve(length) as served,
        aiohttp.ClientSession(served.url) as session,
        session.post("/length", data=endless(), headers={"Content-Encoding": "gzip"}) as response,
    ):
        assert response.status == 400
        assert "larger than what it becomes" in await said(response)


async def test_a_line_of_a_compressed_body_may_be_as_long_as_one_of_any_other(serve):
    @post("/lines")
    async def lines(request: web.Request) -> list[int]:
        return [len(line) async for line in request.content]

    sent = b"x" * 400_000 + b"\n" + b"y\n"

    async with serve(lines) as served:
        plain = await served.ask("POST", "/lines", data=sent)
        headers = {"Content-Encoding": "gzip"}
        inflated = await served.ask("POST", "/lines", data=gzip.compress(sent), headers=headers)

    assert plain == inflated == (200, [400_001, 2])


async def test_a_connection_goes_on_after_a_compressed_body_that_nobody_read(serve):
    request = b"POST /unread HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 5000\r\n\r\n"

    async with serve(unread) as served:
        address = served.stage.components.get(Address)
        reader, writer = await asyncio.open_connection(address.host, address.port)
        for _ in range(2):
            writer.write(request + bytes(5000))
            assert await asyncio.wait_for(reader.readuntil(b"unread"), 20)
        writer.close()


async def test_a_client_that_goes_away_in_the_middle_is_no_error(serve, caplog):
    sent = gzip.compress(CONTENT)
    head = (
        f"POST /length HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: {len(sent)}\r\n\r\n"
    )

    async with serve(length) as served:
        address = served.stage.components.get(Address)
        _, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(head.encode() + sent[:50_000])
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_form_with_files_may_be_compressed(serve):
    @attrs.frozen
    class Sent:
        file: Upload

    @post("/upload")
    async def upload(form: Form[Sent]) -> bytes:
        return await form.file.read()

    parts = aiohttp.MultipartWriter("form-data")
    parts.append(CONTENT).set_content_disposition("form-data", name="file", filename="a.bin")
    written = gzip.compress(await parts.as_bytes())
    headers = {"Content-Encoding": "gzip", "Content-Type": parts.content_type}

    async with serve(upload) as served:
        url = f"{served.url}/upload"
        async with served.session.post(url, data=written, headers=headers) as response:
            assert (response.status, await response.read()) == (200, CONTENT)
        async with served.session.post(url, data=written[:-5], headers=headers) as response:
            assert response.status == 400


@pytest.mark.skipif(
    any(importlib.util.find_spec(name) for name in ("brotli", "brotlicffi")), reason="it would be known"
)
async def test_what_nothing_here_knows_is_a_415_that_says_what_is_known(serve):
    async with serve(length) as served:
        headers = {"Content-Encoding": "br"}
        async with served.session.post(f"{served.url}/length", data=b"xyz", headers=headers) as response:
            told = await said(response)

    assert (response.status, response.headers["Accept-Encoding"]) == (415, "gzip, deflate")
    assert told == "bodies that are compressed by br are not known here: send it as it is, or by gzip"

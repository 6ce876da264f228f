"""A file as an answer: all of it, a part, or that it has not changed; by ``sendfile`` where the system has it."""

import asyncio
import os
import stat
import time
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.typedefs import LooseHeaders

from rostra_aiohttp.conditions import Held, Verdict, judged
from rostra_aiohttp.heads import COMPRESSION

_CONDITIONS = ("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range")
_CHUNK_BYTES = 262144
_FLAGS = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)
"""A link that has taken the file's place is not followed, and a pipe does not make anybody wait."""


class FileAnswer(web.StreamResponse):
    """A file, sent in the way that the request asks for.

    Conditional requests and single ranges are answered as RFC 9110 says. The file is opened when the headers are
    sent, and a file that is gone by then is a 404.

    Args:
        path: Of a file; a link as its last part is not followed.
        content_type: With its charset, if it has one.
        encoding: In which the file already is: ``gzip``. It becomes ``Content-Encoding``.
        headers: Further ones.
        status: Of the whole file; parts and the like have their own.
    """

    def __init__(
        self,
        path: Path,
        content_type: str,
        *,
        encoding: str | None = None,
        headers: LooseHeaders | None = None,
        status: int = 200,
    ) -> None:
        super().__init__(status=status, headers=headers)
        self._path = path
        self._encoding = encoding
        self._is_begun = False
        self.headers[hdrs.CONTENT_TYPE] = content_type

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send it. aiohttp calls this; once."""
        if self._is_begun:
            return await super().prepare(request)
        self._is_begun = True
        opened = await _opened(self._path)
        if opened is None:
            return await self._say(request, HTTPStatus.NOT_FOUND)
        file, info = opened
        try:
            return await self._answer(request, file, held_of(info, self._encoding))
        finally:
            file.close()

    async def _answer(
        self, request: web.BaseRequest, file: BinaryIO, held: Held
    ) -> AbstractStreamWriter | None:
        verdict = (
            _verdict(request, held)
            if self.status == HTTPStatus.OK
            else Verdict(HTTPStatus.OK, 0, held.size_bytes)
        )
        is_squeezed = self._encoding is None and self._is_squeezed(request, held, verdict)
        self.headers[hdrs.ETAG] = f'W/"{held.etag}"' if is_squeezed else f'"{held.etag}"'
        self.headers[hdrs.LAST_MODIFIED] = formatdate(held.modified, usegmt=True)
        self.headers[hdrs.ACCEPT_RANGES] = "none" if is_squeezed else "bytes"
        if verdict.status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            if verdict.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                self.headers[hdrs.CONTENT_RANGE] = f"bytes */{held.size_bytes}"
            return await self._say(request, verdict.status)
        if verdict.status == HTTPStatus.PARTIAL_CONTENT:
            last = verdict.start + verdict.length - 1
            self.headers[hdrs.CONTENT_RANGE] = f"bytes {verdict.start}-{last}/{held.size_bytes}"
            self.set_status(verdict.status)
        if is_squeezed:
            self._squeeze(request)
        else:
            self.content_length = verdict.length
            if self._encoding is not None:
                self.headers[hdrs.CONTENT_ENCODING] = self._encoding
        writer = await super().prepare(request)
        if writer is not None and verdict.length and request.method != hdrs.METH_HEAD:
            await self._send(request, file, verdict)
        return writer

    def _is_squeezed(self, request: web.BaseRequest, held: Held, verdict: Verdict) -> bool:
        """Whether all of it is, or would be, compressed on its way; parts are of the file as it is."""
        compression: Any = request.get(COMPRESSION)
        is_whole = verdict.status in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)
        agreed = compression is not None and compression.is_agreed(request, self, held.size_bytes)
        return is_whole and agreed

    def _squeeze(self, request: web.BaseRequest) -> None:
        self.headers[hdrs.CONTENT_ENCODING] = "gzip"
        self.headers.popall(hdrs.CONTENT_LENGTH, None)
        if request.method != hdrs.METH_HEAD:  # else aiohttp would send the end of what it compresses
            self.enable_compression(web.ContentCoding.gzip)

    async def _say(self, request: web.BaseRequest, status: int) -> AbstractStreamWriter | None:
        """An answer without content."""
        self.set_status(status)
        self.headers.popall(hdrs.CONTENT_TYPE, None)
        if status != HTTPStatus.NOT_MODIFIED:
            self.content_length = 0
        return await super().prepare(request)

    async def _send(self, request: web.BaseRequest, file: BinaryIO, verdict: Verdict) -> None:
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the client has gone")
        is_encrypted = transport.get_extra_info("sslcontext") is not None
        if self.compression or is_encrypted:  # asyncio's own way fails over TLS when the client goes
            sent = await self._write(file, verdict)
        else:
            try:
                loop = asyncio.get_running_loop()
                sent = await loop.sendfile(transport, file, verdict.start, verdict.length)
            except NotImplementedError:  # uvloop has none
                sent = await self._write(file, verdict)
        if sent < verdict.length:  # it has become shorter, which cannot be told any more
            transport.abort()

    async def _write(self, file: BinaryIO, verdict: Verdict) -> int:
        file.seek(verdict.start)
        sent = 0
        while sent < verdict.length:
            size = min(_CHUNK_BYTES, verdict.length - sent)
            chunk = await asyncio.to_thread(file.read, size)
            if not chunk:
                break
            await self.write(chunk)
            sent += len(chunk)
        return sent


def held_of(info: os.stat_result, encoding: str | None) -> Held:
    """What a client needs to know to ask for it again. The encoding is part of it: other bytes, another tag."""
    tag = f"{info.st_mtime_ns:x}-{info.st_size:x}"
    return Held(f"{tag}-{encoding}" if encoding else tag, int(info.st_mtime), info.st_size)


def _verdict(request: web.BaseRequest, held: Held) -> Verdict:
    headers = {
        name.lower(): ", ".join(request.headers.getall(name))
        for name in _CONDITIONS
        if name in request.headers
    }
    return judged(request.method, headers, held, time.time())


async def _opened(path: Path) -> tuple[BinaryIO, os.stat_result] | None:
    """The file, opened; None if it is not there any more, or is no file."""
    opening = asyncio.get_running_loop().run_in_executor(None, _open, path)
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close_unused)
        raise


def _open(path: Path) -> tuple[BinaryIO, os.stat_result] | None:
    try:
        number = os.open(path, _FLAGS)
    except OSError:
        return None
    file = os.fdopen(number, "rb")
    info = os.fstat(number)
    if stat.S_ISREG(info.st_mode):
        return file, info
    file.close()
    return None


def _close_unused(opening: "asyncio.Future[tuple[BinaryIO, os.stat_result] | None]") -> None:
    if not opening.cancelled() and opening.exception() is None and (opened := opening.result()) is not None:
        opened[0].close()

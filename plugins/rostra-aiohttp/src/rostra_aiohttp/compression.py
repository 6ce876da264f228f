"""Answers are compressed for clients that want it: those of a type and size for which it pays.

A whole body is compressed at once, files piece by piece, and streams item by item: what a handler has yielded is on its way
before the next one is asked for. ``Compression`` decides for all of them.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeAlias

from aiohttp import hdrs, web

from rostra_aiohttp.cors import vary_by
from rostra_aiohttp.heads import COMPRESSION
from rostra_aiohttp.settings import CompressionConfig

Handler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_TAKEN_APART = frozenset({206, 204, 304})
"""A part of an answer, or none: what its headers say is meant for the bytes as they are."""
_CODING = "gzip"
_GZIP = 16
"""What zlib wants to have added to the size of the window for the format of gzip."""
_AT_ONCE_BYTES = 65536
"""Larger items are compressed in a thread: a loop that compresses as much has no more than a few milliseconds of that."""


def compressing(handler: Handler, settings: CompressionConfig) -> Handler:
    """Compress what ``handler`` answers, if its client takes that."""
    compression = Compression(settings)

    async def compressed(request: web.BaseRequest) -> web.StreamResponse:
        request[COMPRESSION] = compression
        response = await handler(request)
        size_bytes = _whole(response)
        if size_bytes is not None and compression.is_agreed(request, response, size_bytes):
            response.enable_compression(web.ContentCoding.gzip)
            weaken(response)
        elif response.status == HTTPStatus.NOT_MODIFIED and not response.prepared:
            _say_what_is_known(request, response)
        return response

    return compressed


class Compression:
    """Which answers are compressed.

    Args:
        settings: Of which type and size.
    """

    __slots__ = ("_smallest", "_types")

    def __init__(self, settings: CompressionConfig) -> None:
        self._smallest, self._types = int(settings.smallest), tuple(settings.types)

    def is_agreed(
        self, request: web.BaseRequest, response: web.StreamResponse, size_bytes: int | None = None
    ) -> bool:
        """Whether this answer is to be compressed; where that depends on the client, caches are told.

        Args:
            request: Says what the client takes.
            response: With all its headers.
            size_bytes: Of its content; None if nobody knows it yet.
        """
        is_small = size_bytes is not None and size_bytes < self._smallest
        if is_small or response.prepared or not _is_worth_it(response, self._types):
            return False
        vary_by(response, hdrs.ACCEPT_ENCODING)
        return accepts_gzip(",".join(request.headers.getall(hdrs.ACCEPT_ENCODING, ())))

    def begun(
        self, request: web.BaseRequest, response: web.StreamResponse, *, is_endless: bool
    ) -> "Gzip | None":
        """What compresses the items of a stream; None if they are sent as they are."""
        if not self.is_agreed(request, response):
            return None
        response.headers[hdrs.CONTENT_ENCODING] = _CODING
        response.headers.popall(hdrs.CONTENT_LENGTH, None)  # whoever has said it meant the bytes as they were
        weaken(response)
        return Gzip(is_endless)


class Gzip:
    """Compresses a stream, item by item: each can be read as soon as it has come.

    Args:
        is_modest: It lasts, and there may be many: 64 KiB of memory have to be enough, in place of 256.
    """

    __slots__ = ("_compressor", "_is_whole", "_turn")

    def __init__(self, is_modest: bool = False) -> None:
        window, level_of_memory = (13, 6) if is_modest else (zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL)
        self._compressor = zlib.compressobj(wbits=_GZIP + window, memLevel=level_of_memory)
        self._turn = asyncio.Lock()
        self._is_whole = True

    async def write(self, response: web.StreamResponse, item: bytes) -> None:
        """Send an item, and wait while the client does not take it. Several tasks may.

        Raises:
            ConnectionError: The client has gone.
        """
        async with self._turn:
            self._is_whole = False
            squeezed = await self._squeezed(item)
            rest = self._compressor.flush(zlib.Z_SYNC_FLUSH)
            self._is_whole = True
            await response.write(squeezed + rest)

    async def _squeezed(self, item: bytes) -> bytes:
        if len(item) <= _AT_ONCE_BYTES:
            return self._compressor.compress(item)
        return await asyncio.to_thread(self._compressor.compress, item)

    async def end(self, response: web.StreamResponse) -> None:
        """Send what tells that there is no more.

        Raises:
            ConnectionError: The client has gone; or who wrote was cancelled in the middle, and the rest could not be read.
        """
        if not self._is_whole:
            raise ConnectionResetError("an item was not compressed to its end")
        await response.write(self._compressor.flush())


def accepts_gzip(said: str) -> bool:
    """Whether ``Accept-Encoding`` takes gzip, and likes nothing better that could be sent (RFC 9110, section 12.5.3)."""
    weights = {}
    for item in said.lower().split(","):
        coding, _, parameters = item.partition(";")
        weights[coding.strip()] = _weight(parameters)
    weight = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    return weight > 0 and weight >= weights.get("identity", 0.0)


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _whole(response: web.StreamResponse) -> int | None:
    """The size of a body that is there as a whole; None for what is sent in parts."""
    body = response.body if isinstance(response, web.Response) else None
    return len(body) if isinstance(body, bytes | bytearray) else None


def _is_worth_it(response: web.StreamResponse, types: tuple[str, ...]) -> bool:
    return (
        response.status not in _TAKEN_APART
        and hdrs.CONTENT_ENCODING not in response.headers
        and _is_of(response.content_type, types)
        and "no-transform" not in response.headers.get(hdrs.CACHE_CONTROL, "")
    )


def _is_of(content_type: str, types: tuple[str, ...]) -> bool:
    return any(
        content_type.startswith(each) if each.endswith("/") else content_type.endswith(each)
        for each in types
        if each == content_type or each.endswith("/") or each.startswith("+")
    )


def _say_what_is_known(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """A client that has it compressed keeps the tag that says so, or it would take parts of other bytes for parts of it."""
    tag = response.etag
    if tag is not None and any(
        each.is_weak and each.value == tag.value for each in request.if_none_match or ()
    ):
        vary_by(response, hdrs.ACCEPT_ENCODING)
        weaken(response)


def weaken(response: web.StreamResponse) -> None:
    """The bytes are others, so a tag says no more than that the meaning is the same (RFC 9110, section 8.8.1)."""
    tag = response.headers.get(hdrs.ETAG, "")
    if tag.startswith('"'):
        response.headers[hdrs.ETAG] = f"W/{tag}"

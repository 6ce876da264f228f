"""Bodies that come compressed, made what they were, piece by piece as they are read; one that ends too early is refused.

aiohttp would do it as they arrive, and takes what was cut off for whole. Imported when the first such body comes.
"""

import asyncio
import zlib
from typing import Any, Protocol

from aiohttp import hdrs, web
from aiohttp.http_exceptions import ContentEncodingError
from aiohttp.http_parser import DeflateBuffer
from aiohttp.streams import StreamReader

_PIECE_BYTES = 65536
_TAKEN_BYTES = 16384
"""Of what is compressed, at a time: zlib copies what it leaves, and may leave nearly all of it many times."""
_OVERHEAD_BYTES = 65536
"""So much more than twice what it becomes a body may be: what is compressed is larger by a few bytes at most, so that whoever sends
more only keeps us busy, and no limit of what it becomes would ever end that."""
_GZIP = 16
"""What zlib wants to have added to the size of the window for the format of gzip."""
_DEFLATED = 8
"""In the last four bits of the first byte, if a deflated body has the header that it should have (RFC 1950)."""


class _Inflating(Protocol):
    """Makes what was compressed what it was."""

    def taken(self, data: bytes) -> bool:
        """Take what has come, or nothing; true if there may be more of it to be had before more comes."""
        ...

    def ended(self) -> None:
        """Nothing more comes."""
        ...


class _Unhurried:
    """What a body that takes only what it is asked for has for a connection.

    That has to be slowed down by the body as it comes alone: it would be told to go on while that is still full.
    """

    def pause_reading(self) -> None:
        """There never is too much of it."""

    def resume_reading(self, resume_parser: bool = True) -> None:
        """It never was paused."""


_UNHURRIED: Any = _Unhurried()


class Inflated(StreamReader):
    """The body of a request as it was before it was compressed.

    Args:
        raw: The body as it comes.
        encoding: How it says that it is compressed: ``gzip``, ``deflate``, ``br`` or ``zstd``.

    Raises:
        web.RequestPayloadError: From all that reads: it is not compressed in that way, or not whole.
        web.HTTPUnsupportedMediaType: From the same: nothing is installed that knows this encoding.
    """

    def __init__(self, raw: StreamReader, encoding: str) -> None:
        super().__init__(_UNHURRIED, raw.get_read_buffer_limits()[0])
        self._raw, self._encoding = raw, encoding
        self._inflating: _Inflating | None = None
        self._has_more = False
        self._taken_bytes = 0

    def is_eof(self) -> bool:
        """Whether all of it has come."""
        return self._raw.is_eof()

    def exception(self) -> BaseException | None:
        """What is wrong with it, or with how it came."""
        return super().exception() or self._raw.exception()

    def set_exception(self, exc: BaseException, exc_cause: Any = None) -> None:
        """Whoever reads it, or waits for more of it, gets this instead: the client has gone, say."""
        cause = () if exc_cause is None else (exc_cause,)
        super().set_exception(exc, *cause)
        self._raw.set_exception(exc, *cause)

    def feed_eof(self) -> None:
        """It ends here; what comes over a connection that has failed, too."""
        super().feed_eof()
        if self._raw.exception() is not None:
            self._raw.feed_eof()

    async def wait_eof(self) -> None:
        """Wait until all of it has come."""
        await self._raw.wait_eof()

    async def _wait(self, func_name: str) -> None:  # noqa: ARG002  (what all that reads asks for more by)
        if self._has_more:
            data = b""
            await asyncio.sleep(0)  # others get on, however much it becomes
        else:
            data = await self._raw.read(_TAKEN_BYTES)
        try:
            self._take(data)
        except (zlib.error, EOFError, ContentEncodingError) as error:
            told = (
                str(error)
                if isinstance(error, EOFError)
                else f"Can not decode content-encoding: {self._encoding}"
            )
            failed = web.RequestPayloadError(told)
            failed.__cause__ = ContentEncodingError(told)
            super().set_exception(failed)  # what else comes is well, and will be thrown away
            raise failed from failed.__cause__

    def _take(self, data: bytes) -> None:
        """Make what has come what it was; nothing, if there is not more of it either, is its end."""
        is_end = not (data or self._has_more)
        self._taken_bytes += len(data)
        if self._inflating is None:
            self._inflating = _inflating(self._encoding, data, self)
        if is_end:
            self._inflating.ended()
        else:
            self._has_more = self._inflating.taken(data)
        if self._taken_bytes > 2 * self.total_bytes + _OVERHEAD_BYTES:
            msg = "it is much larger than what it becomes"
            raise EOFError(msg)


class _Zlib:
    """What gzip or deflate has made, one member after the other (RFC 1952, section 2.2)."""

    __slots__ = ("_encoding", "_inflator", "_is_within", "_left", "_out", "_window_bits")

    def __init__(self, encoding: str, first: bytes, out: StreamReader) -> None:
        has_header = encoding == "gzip" or first[:1] == b"" or first[0] & 0x0F == _DEFLATED
        self._window_bits = (zlib.MAX_WBITS | _GZIP) if encoding == "gzip" else zlib.MAX_WBITS
        if not has_header:
            self._window_bits = -zlib.MAX_WBITS
        self._encoding, self._out, self._left = encoding, out, b""
        self._inflator = zlib.decompressobj(self._window_bits)
        self._is_within = False

    def taken(self, data: bytes) -> bool:
        data = self._left + data
        self._is_within = self._is_within or bool(data)
        piece = self._inflator.decompress(data, _PIECE_BYTES)
        self._left = self._inflator.unconsumed_tail
        if self._inflator.eof:
            self._left = self._inflator.unused_data
            self._inflator = zlib.decompressobj(self._window_bits)
            self._is_within = False
        if piece:
            self._out.feed_data(piece)
        return bool(self._left) or len(piece) == _PIECE_BYTES

    def ended(self) -> None:
        if self._is_within:
            msg = f"it ends in the middle of what {self._encoding} has compressed"
            raise EOFError(msg)
        self._out.feed_eof()


class _Other:
    """What aiohttp knows besides, if what it needs for that is installed."""

    __slots__ = ("_buffer",)

    def __init__(self, buffer: DeflateBuffer) -> None:
        self._buffer = buffer

    def taken(self, data: bytes) -> bool:
        return self._buffer.feed_data(data, len(data))

    def ended(self) -> None:
        self._buffer.feed_eof()


def _inflating(encoding: str, first: bytes, out: StreamReader) -> _Inflating:
    if encoding in {"gzip", "deflate"}:
        return _Zlib(encoding, first, out)
    try:
        return _Other(DeflateBuffer(out, encoding, _PIECE_BYTES))
    except ContentEncodingError:
        text = f"bodies that are compressed by {encoding} are not known here: send it as it is, or by gzip"
        raise web.HTTPUnsupportedMediaType(
            text=text, headers={hdrs.ACCEPT_ENCODING: "gzip, deflate"}
        ) from None

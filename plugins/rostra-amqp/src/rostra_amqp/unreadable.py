"""Messages that cannot be read: text that is no UTF-8, a time beyond all calendars. RabbitMQ takes them all.

aiormq ends the connection for one, and it comes again on the next. So where that is to be feared, frames are looked at
before aiormq sees them: a message whose properties cannot be read comes without them, and of a topic that is no text each
byte that is none comes as a question mark.
"""

import asyncio
import struct

from aiormq.exceptions import InvalidFrameError
from pamqp.commands import Basic
from pamqp.constants import FRAME_HEADER, FRAME_METHOD
from pamqp.header import ContentHeader

from rostra import log

_FLAGS = slice(12, 14)
"""Of a content header: which properties follow, after class, weight and the size of the body."""
_NONE = b"\x00\x00"
_METHOD = slice(0, 4)
"""Of a method frame: its class and itself."""
_DELIVER, _GET_OK = (struct.pack(">I", method.index) for method in (Basic.Deliver, Basic.GetOk))
_TAG_AND_FLAG = 9
"""Bytes of the number of a delivery and of whether it was delivered before."""
_ASCII = 128
_log = log.get(__name__)


def is_unreadable(error: BaseException | None) -> bool:
    """Whether a connection ended for what it could not read."""
    return isinstance(error, InvalidFrameError | RecursionError)


def readable(header: bytes) -> bytes:
    """A content header that can be read, of the same length: without its properties, if they cannot.

    Args:
        header: As it came, what stands behind it included.
    """
    try:
        ContentHeader().unmarshal(header)
    except (
        ValueError,
        TypeError,
        OverflowError,
        OSError,
        LookupError,
        RecursionError,
        struct.error,
    ) as error:
        _log.warning("message.unreadable", reason=type(error).__name__, size_bytes=len(header))
    else:
        return header
    return header[: _FLAGS.start] + _NONE + header[_FLAGS.stop :]


def routed_by_text(method: bytes) -> bytes:
    """A method frame that can be read, of the same length: exchange and topic of a message may be any bytes.

    Args:
        method: As it came, what stands behind it included.
    """
    match method[_METHOD]:
        case kind if kind == _DELIVER:
            start = _METHOD.stop + 1 + method[_METHOD.stop] + _TAG_AND_FLAG  # behind the consumer's tag
        case kind if kind == _GET_OK:
            start = _METHOD.stop + _TAG_AND_FLAG
        case _:
            return method
    found = bytearray(method)
    for _ in ("exchange", "topic"):
        end = start + 1 + method[start]
        found[start + 1 : end] = _as_text(method[start + 1 : end])
        start = end
    if found == method:
        return method
    _log.warning("message.unreadable", reason="its topic is no UTF-8", size_bytes=len(method))
    return bytes(found)


def _as_text(name: bytes) -> bytes:
    try:
        name.decode()
    except UnicodeDecodeError:
        return bytes(each if each < _ASCII else ord("?") for each in name)
    return name


class CheckedReader(asyncio.StreamReader):
    """Reads frames for aiormq, which asks for each in three pieces: its type, its channel and length, and the rest.

    Args:
        reader: Of the socket.
    """

    def __init__(self, reader: asyncio.StreamReader) -> None:
        super().__init__()
        self._reader = reader
        self._pieces = 0
        self._type = 0

    def at_eof(self) -> bool:
        """Whether nothing will come any more."""
        return self._reader.at_eof()

    async def read(self, n: int = -1) -> bytes:
        """What there is, as it is."""
        return await self._reader.read(n)

    async def readexactly(self, n: int) -> bytes:
        """The next piece."""
        piece = await self._reader.readexactly(n)
        if self._pieces == 0:
            self._type = piece[0]
        is_content = self._pieces == 2  # noqa: PLR2004  (the third one)
        self._pieces = (self._pieces + 1) % 3
        if is_content and self._type == FRAME_HEADER:
            return readable(piece)
        return routed_by_text(piece) if is_content and self._type == FRAME_METHOD else piece

"""Messages whose properties cannot be read: text that is no UTF-8, a time beyond all calendars. RabbitMQ takes them all.

aiormq ends the connection for one, and it comes again on the next. So where that is to be feared, frames are looked at
before aiormq sees them, and a message like that comes without its properties.
"""

import asyncio
import struct

from aiormq.exceptions import InvalidFrameError
from pamqp.constants import FRAME_HEADER
from pamqp.header import ContentHeader

from rostra import log

_FLAGS = slice(12, 14)
"""Of a content header: which properties follow, after class, weight and the size of the body."""
_NONE = b"\x00\x00"
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
        is_header = self._pieces == 2 and self._type == FRAME_HEADER  # noqa: PLR2004  (the third one)
        self._pieces = (self._pieces + 1) % 3
        return readable(piece) if is_header else piece

"""The socket of a connection, and what RabbitMQ says on it before the connection is open.

aiormq drops the words with which a connection is refused, of a vhost that does not exist say, and tells only which class it did
not expect. So what comes is kept until the connection is open.
"""

import asyncio
import ssl
from collections.abc import Iterable
from typing import SupportsIndex

from pamqp import frame
from pamqp.commands import Connection
from pamqp.exceptions import PAMQPException

_MOST_BYTES = 16_384
"""Of what is kept: a greeting has less than one."""


class Greeted(asyncio.StreamReader):
    """A reader that keeps what comes until it is told that the greeting is over."""

    def __init__(self) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self._greeting: bytes | None = b""

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        """Take what the socket has."""
        if self._greeting is not None:
            self._greeting = (self._greeting + bytes(data))[:_MOST_BYTES]
        super().feed_data(data)

    def end_greeting(self) -> None:
        """Keep nothing of what comes from now on."""
        self._greeting = None

    @property
    def refusal(self) -> str | None:
        """The words with which the other side refused the connection; None if it said none."""
        return refusal_in(self._greeting or b"")


def refusal_in(greeting: bytes) -> str | None:
    """The words of the frame that closes the connection, on one line; None if there is none among the frames."""
    try:
        while greeting:
            size_bytes, _, said = frame.unmarshal(greeting)
            if isinstance(said, Connection.Close):
                return " ".join(str(said.reply_text).split())
            greeting = greeting[size_bytes:]
    except (PAMQPException, ValueError, LookupError, TypeError):
        pass  # it is cut off, or no AMQP
    return None


async def open_stream(
    host: str, port: int, context: ssl.SSLContext | None
) -> tuple[Greeted, asyncio.StreamWriter]:
    """What ``asyncio.open_connection`` does, with a reader that keeps the greeting.

    Raises:
        OSError: Nobody can be reached there, or it is no TLS.
    """
    reader = Greeted()
    loop = asyncio.get_running_loop()
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport, _ = await loop.create_connection(lambda: protocol, host, port, ssl=context)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)

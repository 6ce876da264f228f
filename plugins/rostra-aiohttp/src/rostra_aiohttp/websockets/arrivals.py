"""What comes from the peer, where aiohttp puts it: messages wait here until they are taken, all else is told at once.

So nobody has to read, and an open connection needs no task besides that of its request. Beyond a limit nothing more is
read from the network, whoever talks.
"""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from aiohttp import WSMessage, WSMsgType, web
from aiohttp._websocket.reader import WebSocketDataQueue
from aiohttp.http import WebSocketReader, WebSocketWriter
from aiohttp.streams import EofStream

_READ_AHEAD_BYTES = 65536
"""Of messages that the handler has not taken yet."""


class Farewell(NamedTuple):
    """The peer's close frame.

    Args:
        code: Why; 0 if it does not say.
        reason: In words.
    """

    code: int
    reason: str


class Listener(Protocol):
    """Who is told. Nothing may be raised by it, since aiohttp's parser calls."""

    def hear(self) -> None:
        """Something has come, whatever it is."""

    def hear_message(self) -> None:
        """A message has come."""

    def hear_ping(self, content: bytes) -> None:
        """The peer asks for a sign of life."""

    def hear_end(self) -> None:
        """The peer has said farewell, broken the rules, or gone."""


class Arrivals(WebSocketDataQueue):
    """Messages that have come and were not taken yet.

    Args:
        request: Over whose connection they come.
        listener: Is told of all else.
    """

    __slots__ = ("_kept", "_listener", "_waiting", "farewell", "is_ended", "was_asked")

    def __init__(self, request: web.BaseRequest, listener: Listener) -> None:
        super().__init__(request.protocol, _READ_AHEAD_BYTES // 2, loop=asyncio.get_running_loop())
        self._listener = listener
        self._kept: tuple[str | bytes, ...] = ()
        self._waiting: tuple[asyncio.Future[None], ...] = ()  # there are many sockets: nothing costs less
        self.farewell: Farewell | None = None
        self.is_ended = False
        self.was_asked = False

    def feed_data(self, data: Any, size: int) -> None:
        """Take what the parser has read."""
        kind = data.type
        if kind is WSMsgType.TEXT or kind is WSMsgType.BINARY:
            if not self.is_ended:
                super().feed_data(data, size)
                self._listener.hear_message()
                self._wake()
        elif kind is WSMsgType.PING:
            self._listener.hear_ping(bytes(data.data))
        elif kind is WSMsgType.CLOSE:
            self.farewell = Farewell(data.data, data.extra or "")
            self._over()

    def set_exception(self, exc: BaseException, exc_cause: BaseException | None = None) -> None:
        """What comes is against the rules, or cannot come any more."""
        super().set_exception(*filter(None, (exc, exc_cause)))
        self._over()

    def feed_eof(self) -> None:
        """The connection is gone."""
        super().feed_eof()
        self._over()

    def _over(self) -> None:
        self._listener.hear_end()
        self._wake()

    def end(self) -> None:
        """Let those who wait know that there will be no more. What comes from now on is dropped."""
        self.is_ended = True
        self._wake()

    async def get(self, ended: Callable[[], Exception]) -> str | bytes:
        """The next one; those that have come before the end are still given. It waits in this one frame.

        Args:
            ended: Makes what is raised if there is none any more.
        """
        self.was_asked = True
        while not (self._kept or self._buffer):
            if self.is_ended:
                raise ended()
            waiter = self._something()
            try:
                await waiter
            except asyncio.CancelledError:
                self._forget(waiter)
                raise
        if self._kept:
            message, *kept = self._kept
            self._kept = tuple(kept)
            return message
        return await self._taken()

    async def read(self) -> Any:
        """What aiohttp waits for once it has said farewell: that of the peer.

        Raises:
            EofStream: The peer has gone.
            WebSocketError: It breaks the rules.
        """
        while self._buffer:  # else nothing more would be read
            self._kept = (*self._kept, await self._taken())
        while True:
            if self.farewell is not None:
                return WSMessage(WSMsgType.CLOSE, *self.farewell)
            if (error := self.exception()) is not None:
                raise error
            if self.is_eof():
                raise EofStream
            await self._something()

    async def _taken(self) -> str | bytes:
        """The first one in the queue, which lets more be read. It does not wait, where there is one."""
        message = await super().read()
        return message.data  # type: ignore[no-any-return]  # a text or bytes, as feed_data sees to

    def _something(self) -> "asyncio.Future[None]":
        """Done when something has come, or nothing will."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting += (waiter,)
        return waiter

    def _forget(self, waiter: "asyncio.Future[None]") -> None:
        self._waiting = tuple(each for each in self._waiting if each is not waiter)

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, ()
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)


class Upgrade(web.WebSocketResponse):
    """The answer that makes a web socket of a connection; aiohttp speaks the protocol, and ``Arrivals`` listens."""

    __slots__ = ("arrivals", "listener")
    arrivals: Arrivals
    listener: Listener
    """To be set before it is prepared."""

    def _post_start(self, request: web.BaseRequest, protocol: str | None, writer: WebSocketWriter) -> None:
        """What aiohttp does when the answer is on its way, but for who hears what comes."""
        self._ws_protocol, self._writer = protocol, writer
        self._reader = self.arrivals = Arrivals(request, self.listener)
        self._parser = WebSocketReader(
            self._reader, self._max_msg_size, compress=bool(self._compress), decode_text=True
        )
        request.protocol.set_parser(self._parser, data_received_cb=self.listener.hear)
        request.protocol.keep_alive(False)

"""One connection: what is read from it and written to it, why it ends, and how it is closed.

Only the task of the request reads and closes. Others send, and may ask for the end.
"""

import asyncio
import contextlib
import os
import socket
from typing import Any, NamedTuple

from aiohttp import WebSocketError, WSCloseCode, WSMessage, WSMsgType, web

from rostra_aiohttp.errors import SocketClosedError
from rostra_aiohttp.settings import WebSocketConfig
from rostra_aiohttp.websockets.inbox import Inbox

_READ_AHEAD_BYTES = 65536
"""Of messages that the handler has not taken yet; aiohttp keeps as much again before it stops reading."""
_LOOK_EVERY = 1.0
"""Seconds between looks whether the peer is still there, while nothing is read from it."""
_CLOSING = 3.0
"""Seconds that a peer has to answer a close frame, and to take what was sent before."""
_IN_A_ROW = 64
"""Messages that may be sent before others have their turn, where the network takes all at once."""
_UNLIMITED = 1 << 62


class End(NamedTuple):
    """Why a connection ends.

    Args:
        code: What the peer is told (RFC 6455, section 7.4), or has told.
        reason: In words.
        is_gone: The peer has gone, so nothing can be told any more.
        is_kind: The handler may say something yet.
        is_asked: The handler itself asked for it.
    """

    code: int
    reason: str
    is_gone: bool = False
    is_kind: bool = False
    is_asked: bool = False


class Line:
    """The connection of one web socket.

    Args:
        request: Which asks for it.
        response: Of aiohttp, not prepared yet.
        settings: How patient it is.
    """

    __slots__ = (
        "_closed", "_idle_handle", "_in_a_row", "_is_over", "_is_shut", "_lingering", "_news", "_reading", "_spoken", "_transport", "_writer",
        "end", "inbox", "request", "response", "settings",
    )  # fmt: skip

    def __init__(
        self, request: web.Request, response: web.WebSocketResponse, settings: WebSocketConfig
    ) -> None:
        self.request = request
        self.response = response
        self.settings = settings
        self.inbox = Inbox(_READ_AHEAD_BYTES)
        self.end: End | None = None
        self._closed: asyncio.Event | None = None
        self._is_over = False
        self._is_shut = False
        self._lingering: socket.socket | None = None
        self._in_a_row = 0
        self._spoken = 0.0
        self._idle_handle: asyncio.TimerHandle | None = None
        self._news = asyncio.get_running_loop().create_future()
        self._reading: asyncio.Timeout | None = None
        self._transport: asyncio.Transport | None = None
        self._writer: Any = None

    @property
    def is_open(self) -> bool:
        """Whether something can be sent."""
        return self._transport is not None and not self.is_shut and not self._transport.is_closing()

    @property
    def is_shut(self) -> bool:
        """Whether it was closed, or is being closed."""
        return self._is_shut

    @property
    def is_opened(self) -> bool:
        """Whether it ever was open."""
        return self._transport is not None

    async def open(self) -> None:
        """Upgrade the connection.

        Raises:
            web.HTTPException: The handshake is wrong.
            ConnectionError: The peer has gone.
        """
        self._writer = await self.response.prepare(self.request)
        self._transport = self.request.transport
        self._spoken = asyncio.get_running_loop().time()
        self.wake()

    async def opened_or_over(self) -> None:
        """Wait until there is something to read, or nothing will ever be."""
        await self._news

    def wake(self) -> None:
        """Let the one who waits for the opening look again."""
        if not self._news.done():
            self._news.set_result(None)

    def finish(self, end: End) -> None:
        """Ask for the end; the first one who does says why. Nothing is read any more."""
        if self.end is None:
            self.end = end
        if self._reading is not None and not self._reading.expired():
            self._reading.reschedule(0)

    async def read(self) -> None:
        """Read messages until the end is known."""
        self._watch_idle()
        try:
            async with asyncio.timeout(None) as self._reading:
                while self.end is None:
                    self._take(await self.response.receive())
                    while self.inbox.is_full and self.is_open and self.end is None:
                        await self.inbox.room(_LOOK_EVERY)
        except TimeoutError:
            if self.end is None:
                raise
        finally:
            self._reading = None
            if self._idle_handle is not None:
                self._idle_handle.cancel()

    def _take(self, message: WSMessage) -> None:
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            self._note_speech()
            self.inbox.put(message.data)
        else:
            if isinstance(message.data, WebSocketError):
                with contextlib.suppress(OSError):  # the peer has gone already
                    self._lingering = _second_handle(self._transport)
            self.finish(_lost(message, self.response))

    async def send(self, message: str | bytes) -> None:
        """Send a message, and wait while the peer does not take what was sent.

        Raises:
            SocketClosedError: It is closed, or the peer has taken too long.
        """
        if not self.is_open:
            raise self.closed()
        if self.request.protocol.writing_paused:
            await self._drain()
        try:
            if isinstance(message, str):
                await self.response.send_str(message)
            else:
                await self.response.send_bytes(message)
        except ConnectionError:
            is_gone = True
        else:
            is_gone = False
            self._note_speech()
        if is_gone:
            self.finish(End(WSCloseCode.ABNORMAL_CLOSURE, "the peer has gone", is_gone=True))
            raise self.closed()
        if self.request.protocol.writing_paused:
            await self._drain()
        else:
            await self._let_others_in()

    async def _let_others_in(self) -> None:
        self._in_a_row += 1
        if self._in_a_row >= _IN_A_ROW:
            self._in_a_row = 0
            await asyncio.sleep(0)

    async def _drain(self) -> None:
        """Wait until what was sent is on its way, as long as the settings say."""
        limit = self.settings.send_timeout or None
        patience = asyncio.timeout(limit)
        end = None
        try:
            async with patience:
                await self._writer.drain()
        except TimeoutError:
            if not patience.expired():
                raise
            end = End(WSCloseCode.ABNORMAL_CLOSURE, f"it took nothing for {limit}", is_gone=True)
        except ConnectionError:
            end = End(WSCloseCode.ABNORMAL_CLOSURE, "the peer has gone", is_gone=True)
        if end is not None or not self.is_open:
            self.finish(end or End(WSCloseCode.ABNORMAL_CLOSURE, "the peer has gone", is_gone=True))
            raise self.closed()

    def closed(self) -> SocketClosedError:
        """What those are told who want to send or receive."""
        end = self.end or End(WSCloseCode.ABNORMAL_CLOSURE, "the peer has gone", is_gone=True)
        return SocketClosedError(self.request.path, int(end.code), end.reason)

    async def ask_to_close(self, end: End) -> None:
        """Close it on behalf of the handler, and return when that is done."""
        is_first = self.end is None
        self.finish(end)
        if is_first or self.is_shut:  # the task of the request does it
            await self._until_closed()
        else:
            await self.close(end.code, end.reason)

    async def close(self, code: int, reason: str, seconds: float = _CLOSING) -> None:
        """Tell the peer, wait a little for its answer, and let go of the connection in any case. Once."""
        if self.is_shut:
            await self._until_closed()
            return
        self._is_shut = True
        try:
            async with asyncio.timeout(seconds):
                await self.response.close(code=code, message=reason.encode())
                if self._lingering is not None:
                    await _read_away(self._lingering)
        except (TimeoutError, OSError):
            pass  # it does not answer, which changes nothing
        finally:
            self._hang_up()
            self._is_over = True
            if self._closed is not None:
                self._closed.set()

    async def _until_closed(self) -> None:
        if not self._is_over:
            self._closed = self._closed or asyncio.Event()
            await self._closed.wait()

    def _hang_up(self) -> None:
        """Let go of the connection. What the peer has not taken by now it never will."""
        if self._lingering is not None:
            self._lingering.close()
        transport = self._transport
        if transport is not None and (not transport.is_closing() or transport.get_write_buffer_size() > 0):
            transport.abort()

    def _note_speech(self) -> None:
        if self.settings.idle:
            self._spoken = asyncio.get_running_loop().time()

    def _watch_idle(self) -> None:
        """End the connection when nobody has said anything for long. One timer, however much is said."""
        if not self.settings.idle or self.end is not None:
            return
        loop = asyncio.get_running_loop()
        due = self._spoken + self.settings.idle
        if loop.time() >= due:
            self.finish(End(WSCloseCode.OK, f"nothing was said for {self.settings.idle}", is_kind=True))
        else:
            self._idle_handle = loop.call_at(due, self._watch_idle)


def _lost(message: WSMessage, response: web.WebSocketResponse) -> End:
    """The peer has closed, is not there any more, or broke the rules; aiohttp has answered it already."""
    if message.type is WSMsgType.CLOSE:
        return End(message.data, message.extra or "", is_gone=True)
    error = message.data if message.type is WSMsgType.ERROR else response.exception()
    code = getattr(error, "code", WSCloseCode.ABNORMAL_CLOSURE)
    return End(code, str(error or "") or "the peer has gone", is_gone=True)


def _second_handle(transport: asyncio.Transport | None) -> socket.socket | None:
    """The socket of a connection that aiohttp is closing, so that what the peer still sends can be read away.

    A socket that is closed with something unread resets the connection, and the peer may never see why it was closed.
    """
    known = transport.get_extra_info("socket") if transport is not None else None
    if transport is None or known is None or known.fileno() < 0 or transport.get_write_buffer_size() > 0:
        return None
    handle = socket.socket(fileno=os.dup(known.fileno()))
    handle.setblocking(False)
    if transport.get_extra_info("ssl_object") is None:  # TLS has something to say yet
        handle.shutdown(socket.SHUT_WR)
    return handle


async def _read_away(handle: socket.socket) -> None:
    """Read until the peer has closed its side, and keep nothing."""
    while await asyncio.get_running_loop().sock_recv(handle, 65536):
        pass


def response_for(
    settings: WebSocketConfig, protocols: tuple[str, ...], largest: int | None
) -> web.WebSocketResponse:
    """What aiohttp speaks the protocol with. What is sent waits in ``Line.send``, so it does not wait itself."""
    return web.WebSocketResponse(
        timeout=_CLOSING,
        heartbeat=settings.ping or None,
        protocols=protocols,
        compress=settings.compression,
        max_msg_size=(settings.largest if largest is None else largest)
        + 1,  # aiohttp refuses what is as large
        writer_limit=_UNLIMITED,
    )

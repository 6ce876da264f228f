"""One connection: what is written to it, why it ends, and how it is closed.

What comes over it is heard by ``Arrivals``, so nobody has to read. Any task may send, and ask for the end; whoever
has to closes.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Coroutine
from typing import Any, NamedTuple, Protocol

from aiohttp import WebSocketError, WSCloseCode, web

from rostra_aiohttp.errors import SocketClosedError
from rostra_aiohttp.settings import WebSocketConfig
from rostra_aiohttp.websockets.arrivals import Arrivals, Upgrade
from rostra_aiohttp.websockets.watching import Limits, Signs, Step, next_step

_CLOSING = 3.0
"""Seconds that a peer has to answer a close frame, and to take what was sent before."""
_IN_A_ROW = 64
"""Messages that may be sent before others have their turn, where the network takes all at once."""
_UNLIMITED = 1 << 62
CODES = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)})
"""Those of farewells that may be sent (RFC 6455, section 7.4)."""
_NO_CODE = 1005
"""A peer that closes without a code is told of as this (RFC 6455, section 7.1.5)."""


class End(NamedTuple):
    """Why a connection ends.

    Args:
        code: What the peer is told (RFC 6455, section 7.4), or has told.
        reason: In words.
        is_gone: The peer has gone, so nothing can be told any more.
        is_broken: The peer has broken the rules, and may be sending yet.
        is_kind: The handler may say something yet.
        is_asked: The handler itself asked for it.
    """

    code: int
    reason: str
    is_gone: bool = False
    is_broken: bool = False
    is_kind: bool = False
    is_asked: bool = False


class Owner(Protocol):
    """Who has to know that a connection ends."""

    def wind_down(self) -> None:
        """The end is known, for the first time; nothing of it is done."""

    def fail(self, error: BaseException) -> None:
        """What was started beside the handler has failed."""


class Line:
    """The connection of one web socket.

    Args:
        request: Which asks for it.
        response: Of aiohttp, not prepared yet.
        settings: How patient it is.

    ``owner`` is to be set before it is opened.
    """

    __slots__ = (
        "_answering", "_asked", "_closed", "_heard", "_in_a_row", "_is_over", "_ping", "_spoken", "_transport", "_writer",
        "end", "is_opened", "is_shut", "owner", "request", "response", "settings",
    )  # fmt: skip

    owner: Owner

    def __init__(self, request: web.Request, response: Upgrade, settings: WebSocketConfig) -> None:
        self.request = request
        self.response = response
        self.settings = settings
        self.end: End | None = None
        self.is_opened = False
        self.is_shut = False
        """It was closed, or is being closed."""
        self._closed: asyncio.Event | None = None
        self._is_over = False
        self._in_a_row = 0
        self._heard = self._asked = self._spoken = 0.0
        self._ping: bytes | None = None
        self._answering: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._writer: Any = None

    @property
    def arrivals(self) -> Arrivals:
        """What has come, once it is opened."""
        return self.response.arrivals

    @property
    def is_open(self) -> bool:
        """Whether something can be sent."""
        if self._transport is None or self.is_shut or self._transport.is_closing():
            return False
        return self.end is None or self.end.is_kind

    async def open(self) -> None:
        """Upgrade the connection.

        Raises:
            web.HTTPException: The handshake is wrong.
            ConnectionError: The peer has gone.
        """
        self.response.listener = self
        self._writer = await self.response.prepare(self.request)
        self._transport = self.request.transport
        self._heard = self._spoken = asyncio.get_running_loop().time()
        self.is_opened = True
        if self.end is not None:
            self._wind_down()

    def finish(self, end: End) -> None:
        """Ask for the end; the first one who does says why. No message is taken any more."""
        if self.end is None:
            self.end = end
            if self.is_opened:
                self._wind_down()

    def _wind_down(self) -> None:
        self.owner.wind_down()
        self.arrivals.end()

    def hear(self) -> None:
        """Something has come, so the peer is there."""
        self._heard = asyncio.get_running_loop().time()

    def hear_message(self) -> None:
        """A message has come."""
        if self.settings.idle:
            self._spoken = asyncio.get_running_loop().time()

    def hear_ping(self, content: bytes) -> None:
        """Answer, at once or when the peer takes again what is sent to it: the last one of many is enough (RFC 6455, 5.5.3)."""
        if not self.request.protocol.writing_paused:
            _say(self.response.pong(content))
            return
        if self._ping is None:
            self._answering = asyncio.create_task(
                self._answer_later(), name=f"websocket: {self.request.path}"
            )
        self._ping = content

    async def _answer_later(self) -> None:
        """Nobody else may be about to send anything."""
        with contextlib.suppress(ConnectionError):
            while self.is_open and self.request.protocol.writing_paused:
                await self.request.writer.drain()
        ping, self._ping, self._answering = self._ping, None, None
        if self.is_open and ping is not None:
            _say(self.response.pong(ping))

    def hear_end(self) -> None:
        """The peer has said farewell, broken the rules, or gone."""
        arrivals = self.arrivals
        farewell, error = arrivals.farewell, arrivals.exception() or self.response.exception()
        if farewell is not None:
            self.finish(End(farewell.code or _NO_CODE, farewell.reason))
        elif isinstance(error, WebSocketError):
            self.finish(End(error.code, str(error), is_broken=True))
        elif error is not None and not isinstance(error, OSError):  # of zlib
            self.finish(End(WSCloseCode.INVALID_TEXT, "a compressed message cannot be read", is_broken=True))
        else:
            self.finish(_gone(str(error or "")))

    def look(self, now: float, limits: Limits) -> float:
        """See whether the peer is still there, and say when to look again."""
        if self._transport is None or self._transport.is_closing() or self.end is not None:
            return float("inf")
        if not self._transport.is_reading():  # the handler takes nothing, and so no answer is heard
            self._heard = now
            if (
                limits.ping and now - self._asked >= limits.ping
            ):  # but who has gone is told of when something is sent
                self._asked = now
                _say(self.response.ping())
        step, again = next_step(now, Signs(self._heard, self._asked, self._spoken), limits)
        match step:
            case Step.ASK:
                self._asked = now
                _say(self.response.ping())
            case Step.LOST:
                self.finish(_gone(f"it has given no sign of life for {now - self._heard:.1f}s"))
            case Step.IDLE:
                self.finish(End(WSCloseCode.OK, f"nothing was said for {self.settings.idle}", is_kind=True))
        return again

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
            self.hear_message()
        if is_gone:
            self.finish(_gone())
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
            end = _gone(f"it took nothing for {limit}")
        except ConnectionError:
            end = _gone()
        if end is not None or not self.is_open:
            self.finish(end or _gone())
            raise self.closed()

    def closed(self) -> SocketClosedError:
        """What those are told who want to send or receive."""
        end = self.end or _gone()
        return SocketClosedError(self.request.path, int(end.code), end.reason)

    async def ask_to_close(self, end: End) -> None:
        """Close it on behalf of the handler, and return when that is done."""
        is_first = self.end is None
        self.finish(end)
        if is_first or self.is_shut:  # whoever winds down does it
            await self._until_closed()
        else:
            await self.close(end.code, end.reason)

    async def close(self, code: int, reason: str, seconds: float = _CLOSING) -> None:
        """Tell the peer, wait a little for its answer, and let go of the connection in any case. Once."""
        if self.is_shut:
            await self._until_closed()
            return
        self.is_shut = True
        try:
            if self.end is None or not self.end.is_gone:
                async with asyncio.timeout(seconds):
                    await self._say_farewell(code, reason)
        except (TimeoutError, OSError):
            pass  # it does not answer, which changes nothing
        finally:
            self._is_over = True
            if self._closed is not None:
                self._closed.set()
            self._hang_up()

    async def _say_farewell(self, code: int, reason: str) -> None:
        said = self.arrivals.farewell
        if said is not None:  # as it said it (RFC 6455, section 5.5.1)
            answer = said.code if said.code in CODES else WSCloseCode.OK
            await self.response.close(code=answer, drain=False)
            return
        transport = self._transport
        known = (
            transport.get_extra_info("socket") if transport is not None else None
        )  # which is forgotten with the rest
        is_plain = transport is not None and transport.get_extra_info("ssl_object") is None
        await self.response.close(code=code, message=reason.encode())
        if (
            self.end is not None
            and self.end.is_broken
            and transport is not None
            and not _has_unsent(transport)
        ):
            await _read_away(_second_handle(known, is_plain=is_plain))

    async def _until_closed(self) -> None:
        if not self._is_over:
            self._closed = self._closed or asyncio.Event()
            await self._closed.wait()

    def _hang_up(self) -> None:
        """Let go of the connection. What the peer has not taken by now it never will."""
        transport = self._transport
        if transport is not None and (not transport.is_closing() or _has_unsent(transport)):
            transport.abort()


def _say(frame: Coroutine[Any, Any, None]) -> None:
    """Send a control frame here and now: the writer has no limit, so it never waits."""
    try:
        frame.send(None)
    except (StopIteration, ConnectionError):  # it is sent, or nobody is there
        pass
    finally:
        frame.close()


def _gone(why: str = "") -> End:
    return End(WSCloseCode.ABNORMAL_CLOSURE, why or "the peer has gone", is_gone=True)


def _has_unsent(transport: asyncio.Transport) -> bool:
    """Whether something is on its way to the peer. A transport of TLS that was closed twice has forgotten its connection."""
    try:
        return transport.get_write_buffer_size() > 0
    except AttributeError:
        return False


def _second_handle(known: socket.socket | None, *, is_plain: bool) -> socket.socket | None:
    """The socket of a connection that aiohttp is closing, so that what the peer still sends can be read away.

    A socket that is closed with something unread resets the connection, and the peer may never see why it was closed.
    """
    if known is None or known.fileno() < 0:
        return None
    handle = socket.socket(fileno=os.dup(known.fileno()))
    handle.setblocking(False)
    if is_plain:  # TLS has something to say yet
        with contextlib.suppress(OSError):  # the peer has gone already
            handle.shutdown(socket.SHUT_WR)
    return handle


async def _read_away(handle: socket.socket | None) -> None:
    """Read until the peer has closed its side, and keep nothing."""
    if handle is None:
        return
    with handle:
        while await asyncio.get_running_loop().sock_recv(handle, 65536):
            pass


def response_for(settings: WebSocketConfig, protocols: tuple[str, ...], largest: int | None) -> Upgrade:
    """What aiohttp speaks the protocol with. What is sent waits in ``Line.send``, so it does not wait itself."""
    return Upgrade(
        timeout=_CLOSING,
        protocols=protocols,
        compress=settings.compression,
        max_msg_size=(settings.largest if largest is None else largest)
        + 1,  # aiohttp refuses what is as large
        writer_limit=_UNLIMITED,
    )

"""One connection, as aiohttp serves it, but patient for a bounded time only, and with problems worded as everywhere.

Where workers accept from the same sockets, each has a share of all connections.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from aiohttp import ClientConnectionResetError, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_exceptions import ContentEncodingError, HttpProcessingError, LineTooLong
from aiohttp.streams import StreamReader

from rostra import log
from rostra.fork import Balance
from rostra.values import Values
from rostra_aiohttp.problems import problem

_STATUSES = {LineTooLong: 431, ContentEncodingError: 415}
"""Of what could not be read, where it is not 400."""
_SLOWEST = 500
"""Bytes per second, below which a body is not worth the wait: a tenth of the worst mobile line."""

_log = log.get("rostra.http")

Mark: TypeAlias = Callable[[web.BaseRequest, web.StreamResponse], None]
"""Is called with each answer just before its headers are sent, and may add to them."""


class Share(Values):
    """The part that this worker has of all connections.

    Args:
        balance: What the workers know of each other.
        here: How many there are here.
    """

    balance: Balance
    here: Callable[[], int]


class Connection(web.RequestHandler):
    """Serves one connection, which ends if it brings no request in time."""

    __slots__ = ("_patience", "_waiting", "marks", "on_end", "on_lost", "slow_body")

    def __init__(self, *arguments: Any, patience: float, marks: tuple[Mark, ...], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._patience = patience
        self.marks = marks
        """What is done to all answers."""
        self._waiting: asyncio.TimerHandle | None = None
        self.slow_body: SlowBody | None = None
        """The latest body that is on its way; the others have come."""
        self.on_lost: Callable[[], None] | None = None
        """Called when the client has gone; who streams sets it."""
        self.on_end: Callable[[], None] | None = None
        """Called when it is over, and what it was served by has ended; who accepted it sets it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        if self._patience:
            loop = asyncio.get_running_loop()
            self._waiting = loop.call_later(self._patience, self._expect_request)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Tell whoever streams over this connection."""
        serving = self._task_handler
        super().connection_lost(exc)
        if self._waiting is not None:  # else many short connections would be kept in memory for as long
            self._waiting.cancel()
        if self.slow_body is not None:
            self.slow_body.look_no_more()
        if self.on_lost is not None:
            self.on_lost()
        if self.on_end is not None:
            _call_after(serving, self.on_end)

    async def _drain_helper(self) -> None:
        """Wait as aiohttp does, until the client takes again what is sent; who gives up does not take along all others who wait."""
        if self.transport is None:
            raise ClientConnectionResetError("the client has gone")
        if self._paused:
            if self._drain_waiter is None:
                self._drain_waiter = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._drain_waiter)

    @property
    def is_unheard(self) -> bool:
        """Whether it is open and has brought no request yet."""
        return self._request_count == 0 and self.transport is not None

    def _expect_request(self) -> None:
        """End the connection if no request has come over it yet."""
        if self._request_count == 0 and self.transport is not None:
            _log.debug("http.expired", client=_client(self.transport))
            self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what could not even be read: a problem, and a line that shows nothing of what was sent."""
        if not isinstance(exc, HttpProcessingError):
            return super().handle_error(request, status, exc, message)
        answered = next((known for kind, known in _STATUSES.items() if isinstance(exc, kind)), status)
        _log.info("http.refused", status=answered, reason=type(exc).__name__, client=request.remote)
        response = problem(answered, _why(exc))
        response.force_close()
        return response


def _call_after(task: "asyncio.Task[None] | None", told: Callable[[], None]) -> None:
    if task is None or task.done():
        told()
    else:
        task.add_done_callback(lambda _: told())


def opening(server: web.Server, patience: float, marks: Iterable[Mark]) -> Callable[[], Connection]:
    """What asyncio makes connections by.

    Args:
        server: To which they belong.
        patience: Seconds in which the first request must have come; 0 is as long as an idle connection is kept.
        marks: What is done to all their answers.
    """
    options = server._kwargs  # noqa: SLF001  (with what the application itself has set)
    loop, marked = asyncio.get_running_loop(), tuple(marks)

    return lambda: Connection(server, loop=loop, patience=patience, marks=marked, **options)


class SlowBody:
    """Watches over a body that is on its way: what comes too slowly is answered by 408.

    Args:
        payload: Where it arrives.
        writer: Of the answer.
        connection: Over which it comes.
        seconds: How long it may be too slow.

    It is looked at twice in that time, and has to be too slow both times: at one look, it may be the handler that
    has let it wait until a moment ago.
    """

    __slots__ = ("_connection", "_payload", "_seconds", "_seen", "_timer", "_was_slow", "_writer")

    def __init__(
        self,
        payload: StreamReader,
        writer: AbstractStreamWriter,
        connection: Connection,
        seconds: float,
    ) -> None:
        self._payload, self._writer, self._connection = payload, writer, connection
        self._seconds = seconds / 2
        self._seen = 0
        self._was_slow = False
        self._look_later()
        payload.on_eof(self.look_no_more)
        connection.slow_body = self

    def _look_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._look)

    def look_no_more(self) -> None:
        """It has come, or never will."""
        self._timer.cancel()

    def _look(self) -> None:
        transport, payload = self._connection.transport, self._payload
        if transport is None or payload.is_eof() or payload.exception() is not None:
            return
        come, self._seen = payload.total_bytes - self._seen, payload.total_bytes
        is_slow = come < _SLOWEST * self._seconds and transport.is_reading()
        if is_slow and self._was_slow:
            self._end()
        else:
            self._was_slow = is_slow
            self._look_later()

    def _end(self) -> None:
        if self._writer.output_size > 0:  # it is answered already, and only waited for
            self._connection.force_close()
        else:
            self._payload.set_exception(web.HTTPRequestTimeout(text="the body comes too slowly"))


def _why(error: HttpProcessingError) -> str:
    if isinstance(error, LineTooLong):
        return "the first line or a header is too long"
    if isinstance(error, ContentEncodingError):
        return (
            "the body is compressed in a way that is not known here, or badly: send it as it is, or by gzip"
        )
    return "this is no HTTP/1.1 request"


def _client(transport: asyncio.Transport) -> str:
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if isinstance(peer, tuple) else ""

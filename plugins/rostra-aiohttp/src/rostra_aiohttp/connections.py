"""One connection, as aiohttp serves it, but patient for a bounded time only, and with problems worded as everywhere."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from aiohttp import ClientConnectionResetError, web
from aiohttp.http_exceptions import HttpProcessingError

from rostra import log

_log = log.get("rostra.http")

Mark: TypeAlias = Callable[[web.BaseRequest, web.StreamResponse], None]
"""Is called with each answer just before its headers are sent, and may add to them."""


class Connection(web.RequestHandler):
    """Serves one connection, which ends if it brings no request in time."""

    __slots__ = ("_patience", "_waiting", "marks", "on_body_lost", "on_end", "on_lost")

    def __init__(self, *arguments: Any, patience: float, marks: tuple[Mark, ...], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._patience = patience
        self.marks = marks
        """What is done to all answers."""
        self._waiting: asyncio.TimerHandle | None = None
        self.on_body_lost: Callable[[], None] | None = None
        """Called when the client has gone; who watches over a body that is on its way sets it."""
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
        if self.on_body_lost is not None:
            self.on_body_lost()
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
        from rostra_aiohttp.problems import unread  # which is not imported before something goes wrong

        return unread(request, exc, status)


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


def _client(transport: asyncio.Transport) -> str:
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if isinstance(peer, tuple) else ""

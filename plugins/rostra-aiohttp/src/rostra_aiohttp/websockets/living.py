"""The life of a connection, from the request to the last of what its handler started.

The task of the request reads and closes; the handler runs in a task of its own, in its scope. Whoever ends first, the
other one follows, and nothing is left.
"""

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

from aiohttp import WSCloseCode

from rostra import log, plugin
from rostra_aiohttp.errors import SocketClosedError
from rostra_aiohttp.websockets.line import End, Line
from rostra_aiohttp.websockets.socket import WebSocket

_LAST_WORD = 0.1
"""Seconds for a close frame when the stage waits no longer."""
_STOPPING = End(WSCloseCode.GOING_AWAY, "the service stops", is_kind=True)

_log = log.get("rostra.http")

Run = Callable[["Life"], Coroutine[Any, Any, Any]]


class Sockets:
    """The connections of a stage. A component."""

    __slots__ = ("_all_ended", "_lives", "is_stopping")

    def __init__(self) -> None:
        self._lives: set[Life] = set()
        self._all_ended = asyncio.Event()
        self.is_stopping = False

    def __len__(self) -> int:
        return len(self._lives)

    def add(self, life: "Life") -> None:
        """Know of a connection."""
        self._lives.add(life)

    def discard(self, life: "Life") -> None:
        """Know of it no longer."""
        self._lives.discard(life)
        if not self._lives:
            self._all_ended.set()

    async def stop(self) -> None:
        """Let no new ones begin, and those that are there end; return when they have."""
        self.is_stopping = True
        for life in list(self._lives):
            life.line.finish(_STOPPING)
        if self._lives:
            self._all_ended.clear()
            await self._all_ended.wait()


class Life:
    """One connection and its handler.

    Args:
        line: The connection.
        hears: The handler takes a ``plugin.Cancel``, so it is told of the end by that.
    """

    __slots__ = (
        "__weakref__",
        "_failure",
        "_handler",
        "_is_cancelled",
        "cancel",
        "hears",
        "is_ending",
        "line",
        "socket",
    )

    def __init__(self, line: Line, *, hears: bool) -> None:
        self.line = line
        self.hears = hears
        self.cancel = plugin.Cancel()
        self.socket = WebSocket(line, self._fail)
        self._failure: BaseException | None = None
        self._handler: asyncio.Task[Any] | None = None
        self._is_cancelled = False
        self.is_ending = False

    async def live(self, run: Run) -> Any:
        """Run the handler and speak with the peer, until both have ended.

        Args:
            run: Calls the handler, which has to ``open`` the line.

        Returns:
            The response of aiohttp; or what was returned without the line having been opened.

        Raises:
            Exception: What was raised before the line was opened.
        """
        name = f"websocket: {self.line.request.path}"
        handler = self._handler = asyncio.create_task(run(self), name=name)
        handler.add_done_callback(self._handler_ended)
        try:
            await self.line.opened_or_over()
            if not self.line.is_opened:
                return await handler
            await self.line.read()
            await self._wind_down(handler)
        except asyncio.CancelledError:
            self.line.finish(_STOPPING)
            raise
        finally:
            await self._put_away(handler)
        return self.line.response

    async def speak(
        self, function: Callable[..., Any], positional: Iterable[Any], named: Mapping[str, Any]
    ) -> Any:
        """Open the line and call the handler's function. Done in the handler's task and scope.

        What the handler started has ended when this returns, so before anything of the scope is closed.
        """
        await self.line.open()
        try:
            result = function(*positional, **named)
            return await result if inspect.isawaitable(result) else result
        finally:
            self.is_ending = True
            await self.socket.end_started()

    async def _wind_down(self, handler: "asyncio.Task[Any]") -> None:
        """Let the handler know, and give it time to end by itself."""
        end = self.line.end
        assert end is not None, "reading ends with a reason"  # noqa: S101  (for type checkers)
        self.line.inbox.end()
        self.cancel.set()
        if not handler.done() and not end.is_kind:
            await self.line.close(end.code, end.reason)
        is_told = self.line.inbox.was_asked or self.hears or end.is_asked
        if not handler.done() and is_told:
            await asyncio.wait({handler}, timeout=self.line.settings.patience)
        self._cancel_handler()
        await asyncio.wait({handler})
        await self._close(handler, end)

    async def _close(self, handler: "asyncio.Task[Any]", end: End) -> None:
        if self._has_failed(handler):
            await self.line.close(WSCloseCode.INTERNAL_ERROR, "")
        else:
            await self.line.close(end.code, end.reason)

    async def _put_away(self, handler: "asyncio.Task[Any]") -> None:
        """Whatever happened, nothing is left when this returns."""
        self._cancel_handler()
        self.line.inbox.end()
        if not handler.done():
            await asyncio.wait({handler})
        if self.line.is_opened and not self.line.is_shut:
            await self.line.close(WSCloseCode.GOING_AWAY, "the service stops", _LAST_WORD)

    def _handler_ended(self, handler: "asyncio.Task[Any]") -> None:
        self.line.wake()
        if self.line.is_opened:
            self._report(handler)
            self.line.finish(End(WSCloseCode.OK, ""))

    def _report(self, handler: "asyncio.Task[Any]") -> None:
        """Log what the handler, or what it started, raised; once."""
        if not self._has_failed(handler):
            return
        by_itself = asyncio.CancelledError("nobody had cancelled it")
        error = self._failure or (by_itself if handler.cancelled() else handler.exception())
        request = self.line.request
        _log.error("websocket.failed", method=request.method, path=request.path, exc_info=error)

    def _has_failed(self, handler: "asyncio.Task[Any]") -> bool:
        if self._failure is not None:
            return True
        if handler.cancelled():
            return not self._is_cancelled
        error = handler.exception()
        return error is not None and not isinstance(error, SocketClosedError)

    def _fail(self, error: BaseException) -> None:
        """Something that the handler started has failed; the handler goes with it."""
        if not isinstance(error, SocketClosedError):
            self._failure = self._failure or error
            if not self.is_ending:
                self._cancel_handler()

    def _cancel_handler(self) -> None:
        if self._handler is not None and not self._handler.done():
            self._is_cancelled = True
            self._handler.cancel()

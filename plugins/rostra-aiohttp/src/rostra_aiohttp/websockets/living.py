"""The life of a connection, from the request to the last of what its handler started.

The handler runs in the task of the request, which closes the connection when it has ended. When the end comes from
elsewhere, a task of its own closes meanwhile, and cancels a handler that goes on for too long. Nothing is left.
"""

import asyncio
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from aiohttp import WSCloseCode

from rostra import log, plugin
from rostra_aiohttp.errors import SocketClosedError
from rostra_aiohttp.settings import WebSocketConfig
from rostra_aiohttp.websockets.line import End, Line
from rostra_aiohttp.websockets.socket import WebSocket
from rostra_aiohttp.websockets.watching import Limits, Watch

_LAST_WORD = 0.1
"""Seconds for a close frame when the stage waits no longer."""
_STOPPING = End(WSCloseCode.GOING_AWAY, "the service stops", is_kind=True)

_log = log.get("rostra.http")


class Sockets:
    """The connections of a stage. A component."""

    __slots__ = ("_all_ended", "_lives", "_watch", "is_stopping")

    def __init__(self) -> None:
        self._lives: set[Life] = set()
        self._all_ended = asyncio.Event()
        self._watch = Watch(self._lines)
        self.is_stopping = False

    def __len__(self) -> int:
        return len(self._lives)

    def __iter__(self) -> "Iterator[Life]":
        return iter(self._lives)

    def _lines(self) -> Iterator[Line]:
        return (life.line for life in self._lives)

    def add(self, life: "Life") -> None:
        """Know of a connection."""
        self._lives.add(life)

    def watch(self, settings: WebSocketConfig) -> None:
        """See that connections of these settings, one of which was just opened, are looked after."""
        self._watch.begin(Limits(settings.ping, settings.idle))

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
        self._watch.end()


class Life:
    """One connection and its handler.

    As an async context manager, around the handler and its scope: before the line is opened it lets pass whatever is
    raised; from then on it ends the connection as the handler did, and logs what went wrong.

    Args:
        line: The connection.
        sockets: Those of the stage.
        hears: The handler takes a ``plugin.Cancel``, so it is told of the end by that.
    """

    __slots__ = (
        "_before", "_failure", "_has_ended", "_is_cancelled", "_is_ending", "_sockets", "_task", "_winding",
        "cancel", "hears", "line", "socket",
    )  # fmt: skip

    def __init__(self, line: Line, sockets: Sockets, *, hears: bool) -> None:
        self.line = line
        self.hears = hears
        self.cancel = plugin.Cancel()
        self.socket = WebSocket(line)
        self._sockets = sockets
        self._failure: BaseException | None = None
        self._task: asyncio.Task[Any] | None = None
        self._before = 0
        self._winding: asyncio.Task[None] | None = None
        self._is_cancelled = self._is_ending = self._has_ended = False
        line.owner = self

    async def __aenter__(self) -> Self:
        self._task = asyncio.current_task()
        assert self._task is not None, "requests run in tasks"  # noqa: S101  (for type checkers)
        self._before = self._task.cancelling()
        self._sockets.add(self)
        return self

    async def open(self) -> None:
        """Upgrade the connection: everything that the handler takes is there.

        Raises:
            web.HTTPException: The handshake is wrong.
            ConnectionError: The peer has gone.
        """
        await self.line.open()
        self._sockets.watch(self.line.settings)

    async def end_started(self) -> None:
        """End what the handler has started, before anything of its scope is closed."""
        self._is_ending = True
        await self.socket.end_started()

    async def __aexit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        self._has_ended = True
        try:
            if not self.line.is_opened or isinstance(error, KeyboardInterrupt | SystemExit):
                return False
            is_cut = self._is_cut(error)
            failure = self._failed(error, is_cut)
            if failure is not None:
                request = self.line.request
                _log.error("websocket.failed", method=request.method, path=request.path, exc_info=failure)
            await (self._cut_off() if is_cut else self._close(failure is not None))
            return not (is_cut and isinstance(error, asyncio.CancelledError))
        finally:
            await self._unwind()
            self._task = None
            self._sockets.discard(self)

    def wind_down(self) -> None:
        """Let the handler know of the end, give it time to end by itself, and close what can be closed before."""
        self.cancel.set()
        if not self._has_ended:
            name = f"websocket: {self.line.request.path}"
            self._winding = asyncio.create_task(self._wind_down(), name=name)

    async def _wind_down(self) -> None:
        line, end = self.line, self.line.end
        assert end is not None, "that is why it winds down"  # noqa: S101  (for type checkers)
        if not end.is_kind:
            await line.close(end.code, end.reason)
        if line.arrivals.was_asked or self.hears or end.is_asked:
            await asyncio.sleep(line.settings.patience)
        self._cancel_handler()

    async def _unwind(self) -> None:
        """What winds down has nothing to wait for any more."""
        if self._winding is not None:
            self._winding.cancel()
            await asyncio.wait({self._winding})

    async def _close(self, has_failed: bool) -> None:
        self.line.finish(End(WSCloseCode.OK, ""))
        end = self.line.end
        if has_failed or end is None:
            await self.line.close(WSCloseCode.INTERNAL_ERROR, "")
        else:
            await self.line.close(end.code, end.reason)

    async def _cut_off(self) -> None:
        """The stage waits no longer."""
        self.line.finish(_STOPPING)
        await self._unwind()
        if not self.line.is_shut:
            await self.line.close(WSCloseCode.GOING_AWAY, "the service stops", _LAST_WORD)

    def _is_cut(self, error: BaseException | None) -> bool:
        """Whether somebody else than this has cancelled the handler."""
        assert self._task is not None, "it was entered"  # noqa: S101  (for type checkers)
        asked = self._task.uncancel() if self._is_cancelled else self._task.cancelling()
        return error is not None and asked > self._before

    def _failed(self, error: BaseException | None, is_cut: bool) -> BaseException | None:
        """What the handler, or what it started, raised; None if nothing went wrong."""
        if self._failure is not None:
            return self._failure
        if isinstance(error, asyncio.CancelledError):
            is_known = is_cut or self._is_cancelled
            return None if is_known else asyncio.CancelledError("nobody had cancelled it")
        return None if isinstance(error, SocketClosedError) else error

    def fail(self, error: BaseException) -> None:
        """Something that the handler started has failed; the handler goes with it."""
        if not isinstance(error, SocketClosedError):
            self._failure = self._failure or error
            if not self._is_ending:
                self._cancel_handler()

    def _cancel_handler(self) -> None:
        if not self._has_ended and not self._is_cancelled and self._task is not None:
            self._is_cancelled = True
            self._task.cancel()

"""The life of a connection, from the request to the last of what its handler started.

The handler runs in the task of the request, which closes the connection when it has ended. When the end comes from
elsewhere, a task of its own closes meanwhile, and cancels a handler that goes on for too long. Nothing is left.
"""

import asyncio
from collections.abc import Iterator
from contextvars import Token
from types import TracebackType
from typing import Any, Self

from aiohttp import WSCloseCode

from rostra import context, di, log, plugin
from rostra.components import Components
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

    As an async context manager, around the handler: first it closes the scope. Then, if the line was not opened, it lets pass
    whatever was raised; else it ends the connection as the handler did, and logs what went wrong.

    Args:
        line: The connection.
        layer: Of the stage.
        sockets: Those of the stage.
        hears: The handler takes a ``plugin.Cancel``, so it is told of the end by that.
    """

    __slots__ = (
        "_before", "_failure", "_has_ended", "_is_cancelled", "_is_ending", "_scope", "_sockets", "_task",
        "_token", "_winding", "cancel", "hears", "line", "socket",
    )  # fmt: skip

    def __init__(self, line: Line, layer: Components, sockets: Sockets, *, hears: bool) -> None:
        self.line = line
        self.hears = hears
        self.cancel = plugin.Cancel()
        self.socket = WebSocket(line)
        self._sockets = sockets
        self._token: Token[Components] | None = None
        self._scope = self._scoped(layer)
        self._failure: BaseException | None = None
        self._task: asyncio.Task[Any] | None = None
        self._before = 0
        self._winding: asyncio.Task[None] | None = None
        self._is_cancelled = self._is_ending = self._has_ended = False
        line.owner = self

    @property
    def items(self) -> tuple[object, ...]:
        """What the handler, its guards and adapters may take."""
        return self._scope.items

    def _scoped(self, layer: Components) -> di.LateScope:
        """The scope of the request, as long as nobody has looked into it; else one of its own."""
        items = (self.line.request, self.socket, self.cancel)
        here = context.peek(None)
        if type(here) is di.LateScope and here.closing is None and not here.holders:
            here.items = items
            return here
        return di.LateScope(layer, items)

    async def __aenter__(self) -> Self:
        self._task = asyncio.current_task()
        assert self._task is not None, "requests run in tasks"  # noqa: S101  (for type checkers)
        self._before = self._task.cancelling()
        if context.peek(None) is not self._scope:
            self._token = context.enter(self._scope)
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

    async def __aexit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        try:
            last = await self._put_away(error)
            self._has_ended = True
            if not self.line.is_opened or isinstance(last, KeyboardInterrupt | SystemExit):
                return _raised(last, error)
            is_cut = self._is_cut(last)
            failure = self._failed(last, is_cut)
            if failure is not None:
                request = self.line.request
                _log.error("websocket.failed", method=request.method, path=request.path, exc_info=failure)
            await (self._cut_off() if is_cut else self._close(failure is not None))
            return not (is_cut and isinstance(last, asyncio.CancelledError)) or _raised(last, error)
        finally:
            try:
                await self._unwind()
            finally:
                self._task = None
                self._sockets.discard(self)

    async def _put_away(self, error: BaseException | None) -> BaseException | None:
        """End what the handler has started, and close its scope.

        Returns:
            What went wrong at last; the closed see what went wrong before.
        """
        self._is_ending = True
        try:
            await self.socket.end_started()
        except BaseException as worse:  # noqa: BLE001  (raised by who called, unless it belongs into the log)
            error = worse
        try:
            if (closing := self._scope.end()) is not None:
                await closing.close(error)
        except BaseException as worse:  # noqa: BLE001  (as above)
            error = worse
        finally:
            if self._token is not None:
                context.leave(self._token)
        return error

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


def _raised(last: BaseException | None, known: BaseException | None) -> bool:
    """Let what went wrong at last be raised, by a context manager that knows what had gone wrong before."""
    if last is not None and last is not known:
        raise last
    return False

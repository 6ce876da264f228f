"""What a handler sees of its connection: messages to iterate over, and ways to answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from aiohttp import WSCloseCode
from typing_extensions import TypeForm

from rostra.components import name_of
from rostra.documents import encoded
from rostra.errors import HandlerError
from rostra_aiohttp.problems import Fault, of_body, problem
from rostra_aiohttp.websockets.line import CODES, End, Line

T = TypeVar("T")

_LONGEST_REASON = 123
"""Bytes; a control frame has 125, two of which are the code (RFC 6455, section 5.5)."""


class Unfit(NamedTuple):
    """A message that says something else than was expected.

    Args:
        message: As it came.
        status: 400 for what is no JSON, 422 for what does not fit.
        detail: What is wrong with it as a whole; empty if ``faults`` say more.
        faults: All that is wrong with it.
    """

    message: str | bytes
    status: int
    detail: str
    faults: tuple[Fault, ...] = ()


OnUnfit: TypeAlias = Callable[[Unfit], Awaitable[None]]


class WebSocket:
    """The connection of one client, as its handler sees it.

    ``async for message in socket`` gives texts as ``str`` and binary messages as ``bytes``, in the order in which they
    were sent, until the client closes or goes away, the stage stops, or somebody calls ``close``. What had come
    before that is still given. Several tasks may send at a time; of several that iterate, each message reaches one.
    """

    __slots__ = ("_line", "_started")

    def __init__(self, line: Line) -> None:
        """Made by rostra.

        Args:
            line: The connection.
        """
        self._line = line
        self._started: set[asyncio.Task[Any]] | None = None  # most start nothing, and there are many sockets

    def __repr__(self) -> str:
        state = "open" if self.is_open else "closed"
        return f"<WebSocket {self._line.request.path} {state}>"

    @property
    def is_open(self) -> bool:
        """Whether something can be sent. True also while the stage stops, until the handler has returned."""
        return self._line.is_open

    @property
    def protocol(self) -> str | None:
        """The subprotocol that both speak, if one was asked for."""
        return self._line.response.ws_protocol

    @property
    def close_code(self) -> int | None:
        """Why it ended: the client's code, or ours. None while it lasts.

        1005 if the client said none, 1006 if it has gone without a word (RFC 6455, section 7.4.1).
        """
        return int(self._line.end.code) if self._line.end is not None else None

    def __aiter__(self) -> AsyncIterator[str | bytes]:
        return self

    def __anext__(self) -> Awaitable[str | bytes]:
        return self._line.arrivals.get(StopAsyncIteration)

    async def receive(self) -> str | bytes:
        """The next message, where one is awaited outside of a loop.

        Raises:
            SocketClosedError: There will be none any more.
        """
        return await self._line.arrivals.get(self._line.closed)

    def json(self, kind: TypeForm[T], *, on_unfit: OnUnfit | None = None) -> AsyncIterator[T]:
        """Messages as values, read as strictly as the body of a request; binary ones too.

        ::

            async for move in socket.json(Move):
                await game.play(move)

        Args:
            kind: An attrs class, a dataclass, a union of such that a ``Literal`` tells apart, ``dict``, ``list`` …
            on_unfit: Called with each message that is no such value. By default the client is told all that is wrong
                with it, as ``tell`` does. The iteration then goes on, unless it raises or closes the socket.

        Raises:
            rostra.errors.HandlerError: No such value can be made from JSON.
        """
        return _Values(self, kind, on_unfit or self.tell)

    async def send(self, message: str | bytes | bytearray | memoryview) -> None:
        """Send a text, or bytes as a binary message. It waits while the client does not take what was sent before.

        Raises:
            SocketClosedError: The client has gone, or has taken nothing for ``[http.websocket] send_timeout``.
            TypeError: The message is neither.
        """
        if not isinstance(message, str | bytes | bytearray | memoryview):
            msg = f"a message is a text or bytes; for a {type(message).__qualname__} there is send_json"
            raise TypeError(msg)
        await self._line.send(message if isinstance(message, str | bytes) else bytes(message))

    async def send_json(self, value: Any) -> None:
        """Send a value as JSON, in a text message, written as answers are.

        Raises:
            SocketClosedError: As ``send``.
            TypeError: There is something in it that JSON cannot say.
        """
        await self._line.send(encoded(value).decode())

    async def tell(self, unfit: Unfit) -> None:
        """Tell the client what is wrong with a message, with the members of problem details (RFC 9457)."""
        more = {"errors": [fault.as_json() for fault in unfit.faults]} if unfit.faults else {}
        body = problem(unfit.status, unfit.detail, **more).body
        await self._line.send(body.decode() if isinstance(body, bytes) else "")

    async def close(self, code: int = WSCloseCode.OK, reason: str = "") -> None:
        """Close the connection, and end the iteration. More than once is nothing more.

        Args:
            code: 1000 to 1003, 1007 to 1014, or one of your own from 3000 to 4999.
            reason: At most 123 bytes.

        Raises:
            ValueError: A code or reason that cannot be sent.
        """
        if code not in CODES:
            msg = f"{code} cannot be sent as the code of a close; take 1000, or one of your own from 4000 to 4999"
            raise ValueError(msg)
        if len(reason.encode()) > _LONGEST_REASON:
            msg = f"a reason has at most {_LONGEST_REASON} bytes, and this one {len(reason.encode())}"
            raise ValueError(msg)
        await self._line.ask_to_close(End(code, reason, is_asked=True))

    def start(self, work: Coroutine[Any, Any, Any], *, name: str | None = None) -> asyncio.Task[Any]:
        """Run something beside the handler, as long as the handler runs.

        ::

            socket.start(forward(posts, socket))
            async for message in socket: ...

        When the handler returns, fails or is cancelled, it is cancelled and awaited, before anything that the handler
        took from ``di`` is closed. If it fails, the handler is cancelled, and the connection ends as if the handler
        had failed.
        """
        task = asyncio.create_task(work, name=name or f"websocket: {self._line.request.path}")
        self._started = self._started or set()
        self._started.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        if self._started is not None:
            self._started.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._line.owner.fail(error)

    async def end_started(self) -> None:
        """Cancel what was started, and wait until it has ended. Called by rostra, in the handler's task."""
        is_cancelled = False
        while self._started:
            tasks = set(self._started)
            for task in tasks:
                task.cancel()
            try:
                await asyncio.wait(tasks)
            except asyncio.CancelledError:  # nothing of it may be left, even so
                is_cancelled = True
        if is_cancelled:
            raise asyncio.CancelledError


class _Values(Generic[T]):
    """The iteration of ``WebSocket.json``."""

    __slots__ = ("_kind", "_on_unfit", "_socket")

    def __init__(self, socket: WebSocket, kind: TypeForm[T], on_unfit: OnUnfit) -> None:
        from rostra import documents  # cattrs, which a service without documents does without

        try:
            documents.check_readable(kind)
        except documents.UnreadableTypeError as error:
            raise _unreadable(kind, str(error)) from None
        self._socket = socket
        self._kind = kind
        self._on_unfit = on_unfit

    def __aiter__(self) -> "_Values[T]":
        return self

    async def __anext__(self) -> T:
        while True:
            message = await anext(self._socket)
            value, unfit = _read(message, self._kind)
            if unfit is None:
                return value  # type: ignore[no-any-return]  # documents.read gives what kind says
            await self._on_unfit(unfit)


def _unreadable(kind: Any, why: str) -> HandlerError:
    return HandlerError(
        f"messages cannot be read as {name_of(kind)}",
        why=(why,),
        fix=("take a class of texts, numbers, lists and the like: an attrs class, a dataclass, a dict",),
    )


def _read(message: str | bytes, kind: Any) -> tuple[Any, Unfit | None]:
    from rostra import documents

    try:
        content = documents.parse(message.encode() if isinstance(message, str) else message)
    except ValueError as error:
        return None, Unfit(message, 400, f"the message is no JSON: {error}")
    try:
        return documents.read(content, kind), None
    except documents.UNFIT as error:
        return None, Unfit(message, 422, "", tuple(of_body(error)))

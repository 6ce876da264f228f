"""Answers in parts: what a handler yields is sent item by item, in its scope, which closes after the last one.

Nothing is made faster than the client takes it. When the client goes, the generator ends where it stands; so do
server-sent events when the stage stops, while other streams are finished.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from http import HTTPStatus
from types import TracebackType
from typing import Any, NamedTuple, Self

from aiohttp import hdrs, web
from aiohttp.helpers import must_be_empty_body

from rostra import context
from rostra.clock import Clock
from rostra.documents import UnsayableError, encoded
from rostra.handlers import Bound, bare, union_members
from rostra_aiohttp import refusals
from rostra_aiohttp.answers import add_head, check_head
from rostra_aiohttp.connections import Connection
from rostra_aiohttp.events import SILENCE, Event, event_lines
from rostra_aiohttp.handling import Take
from rostra_aiohttp.heads import COMPRESSION, known_head
from rostra_aiohttp.settings import HttpConfig


class Kind(NamedTuple):
    """What a stream is made of.

    Args:
        content_type: With its charset.
        encode: An item as bytes.
        is_endless: It ends only when somebody goes: the client, or the stage.
    """

    content_type: str
    encode: Callable[[Any], bytes]
    is_endless: bool = False


def _text(item: Any) -> bytes:
    if not isinstance(item, str):
        raise _mixed(item, "text")
    return item.encode()


def _bytes(item: Any) -> bytes:
    if not isinstance(item, bytes | bytearray | memoryview):
        raise _mixed(item, "bytes")
    return bytes(item)


def _line(item: Any) -> bytes:
    if isinstance(item, Event):
        raise _mixed(item, "JSON lines")
    return encoded(item) + b"\n"


TEXT = Kind("text/plain; charset=utf-8", _text)
BYTES = Kind("application/octet-stream", _bytes)
LINES = Kind("application/jsonl", _line)
EVENTS = Kind("text/event-stream; charset=utf-8", event_lines, is_endless=True)


class Endless:
    """The streams that end when the stage stops."""

    __slots__ = ("_endings", "is_stopping")

    def __init__(self) -> None:
        self._endings: set[Ending] = set()
        self.is_stopping = False

    async def stop(self, _: web.Application) -> None:
        """Let no new ones begin, and those that run end."""
        self.is_stopping = True
        for ending in self._endings:
            ending.end()

    @contextmanager
    def knowing(self, ending: "Ending") -> Iterator[None]:
        """End it when the stage stops."""
        self._endings.add(ending)
        try:
            yield
        finally:
            self._endings.discard(ending)


class Ending:
    """Cancels what runs in the body when nobody wants it any more, and only that; as ``asyncio.timeout`` does."""

    __slots__ = ("_before", "_is_gone", "_is_over", "_task")

    def __init__(self) -> None:
        self._task: asyncio.Task[Any] | None = None
        self._before = 0
        self._is_over = self._is_gone = False

    def __enter__(self) -> Self:
        self._task = asyncio.current_task()
        assert self._task is not None, "requests run in tasks"  # noqa: S101  (for type checkers)
        self._before = self._task.cancelling()
        return self

    def end(self) -> None:
        """The body has done its part."""
        if self._task is not None and not self._is_over:
            self._is_over = True
            self._task.cancel()

    def lose(self) -> None:
        """The client has gone."""
        self._is_gone = True
        self.end()

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> bool:
        task, self._task = self._task, None
        if not self._is_over or task is None:
            return False
        is_mine = (
            task.uncancel() <= self._before and kind is not None and issubclass(kind, asyncio.CancelledError)
        )
        if is_mine and self._is_gone:
            raise ConnectionResetError("the client has gone") from None
        return is_mine


class Sender(NamedTuple):
    """How the streams of one handler are sent.

    Args:
        take: Calls the handler.
        kind: What it yields; None if the first item says so.
        status: Of the answer.
        endless: Of the application.
        clock: Of the stage.
        ping: Seconds of silence after which a stream of events sends a comment; 0 never does.
    """

    take: Take
    kind: Kind | None
    status: int
    endless: Endless
    clock: Clock
    ping: float

    async def send(self, request: web.Request) -> web.StreamResponse:
        """Call the handler and send what it yields. To be called in the scope of the request.

        Raises:
            UnsayableError: An item is nothing that can be sent.
            ConnectionError: The client has gone.
        """
        if self.kind is EVENTS and self.endless.is_stopping:
            raise web.HTTPServiceUnavailable
        items = await self.take(request)
        if isinstance(items, web.StreamResponse):  # a guard has answered
            return items
        if isinstance(items, str | bytes) or not isinstance(items, AsyncIterable | Iterable):
            raise _no_stream(items)
        return await Stream(self, request).send(items)


class Stream:
    """One of them."""

    __slots__ = ("_gzip", "_is_silent", "_kind", "_request", "_response", "_sender")

    def __init__(self, sender: Sender, request: web.Request) -> None:
        self._sender, self._request = sender, request
        self._kind = sender.kind
        self._response: web.StreamResponse | None = None
        self._gzip: Any = None
        self._is_silent = True

    async def send(self, items: Any) -> web.StreamResponse:
        """Send all of them; the answer is finished by whoever gets it."""
        ending = Ending()
        async with _closing(items), _watching(self._request, ending):
            is_endless = self._kind is not None and self._kind.is_endless
            if is_endless or self._request.method == hdrs.METH_HEAD:
                await self._begun()
            if self._request.method == hdrs.METH_HEAD:
                return await self._begun()
            with self._sender.endless.knowing(ending) if is_endless else nullcontext(), ending:
                async with self._pinging(is_endless):
                    await self._pump(items)
        response = await self._begun()
        if self._gzip is not None:
            await self._gzip.end(response)
        return response

    async def _pump(self, items: Any) -> None:
        if hasattr(items, "__aiter__"):
            async for item in items:
                await self._write(item)
            return
        for item in items:
            await self._write(item)
            await asyncio.sleep(0)  # or one whose client is quick would hold the loop

    async def _write(self, item: Any) -> None:
        """The headers go with the first item, so that what goes wrong before it is still answered as usual."""
        self._kind = self._kind or _kind_of_item(item)
        part = self._kind.encode(item)
        await self._begun()
        self._is_silent = False
        if part:
            await self._put(part)

    async def _put(self, part: bytes) -> None:
        """Send it now; nothing waits for what comes after it."""
        response = await self._begun()
        await (response.write(part) if self._gzip is None else self._gzip.write(response, part))

    async def _begun(self) -> web.StreamResponse:
        if self._response is None:
            self._response = self._made()
            compression: Any = self._request.get(COMPRESSION)
            if compression is not None:
                is_endless = self._kind is not None and self._kind.is_endless
                self._gzip = compression.begun(self._request, self._response, is_endless=is_endless)
            await self._response.prepare(self._request)
        return self._response

    def _made(self) -> web.StreamResponse:
        head, kind = known_head(self._request), self._kind or LINES
        headers: dict[str, str] = {hdrs.CONTENT_TYPE: kind.content_type}
        if kind.is_endless:
            headers |= {hdrs.CACHE_CONTROL: "no-store", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(status=self._sender.status, headers=headers)
        if head is not None:
            check_head(head)
            response.set_status(head.status or self._sender.status)
            add_head(head, response)
        if must_be_empty_body(hdrs.METH_GET, response.status):
            raise UnsayableError(
                f"a stream with the status {response.status}",
                "an answer of this status has no body",
                "give it another status, or return None instead of yielding",
            )
        return response

    @asynccontextmanager
    async def _pinging(self, is_endless: bool) -> AsyncIterator[None]:
        if not (is_endless and self._sender.ping):
            yield
            return
        pinging = asyncio.create_task(self._ping(), name=f"http: ping {self._request.path}")
        try:
            yield
        finally:
            pinging.cancel()
            await asyncio.wait({pinging})

    async def _ping(self) -> None:
        await self._begun()
        with suppress(ConnectionError):  # the connection tells that by itself
            while True:
                self._is_silent = True
                await self._sender.clock.sleep(self._sender.ping)
                if self._is_silent:
                    await self._put(SILENCE)


def sending(
    bound: Bound,
    take: Take,
    item: Any,
    status: int | None,
    application: web.Application,
    settings: HttpConfig,
) -> Take:
    """Calls a handler that yields, and sends its items.

    Args:
        bound: It.
        take: Calls it.
        item: What it yields, by its annotation.
        status: Of the answer; None is 200.
        application: Which knows those that are endless.
        settings: Of the server.
    """
    endless, clock = endless_of(application), context.get(Clock)
    sender = Sender(take, kind_of(item), status or HTTPStatus.OK, endless, clock, float(settings.event_ping))

    async def send(request: web.Request) -> web.StreamResponse:
        try:
            return await sender.send(request)
        except UnsayableError as error:
            unsayable = refusals.unsayable(bound, error)
        raise unsayable

    return send


def kind_of(item: Any) -> Kind | None:
    """What a stream of items of this annotation is made of; None if it says nothing."""
    members = [bare(member) for member in union_members(bare(item)) or (bare(item),)]
    if any(member is Event for member in members):
        return EVENTS
    if any(member in (Any, object) or not isinstance(member, type) for member in members):
        return None if members in ([Any], [object]) else LINES
    if all(issubclass(member, str) for member in members):
        return TEXT
    if all(issubclass(member, bytes | bytearray | memoryview) for member in members):
        return BYTES
    return LINES


def endless_of(application: web.Application) -> Endless:
    """Those of an application, which has not started yet."""
    endless = application.get(_ENDLESS)
    if endless is None:
        endless = application[_ENDLESS] = Endless()
        application.on_shutdown.append(endless.stop)
    return endless


_ENDLESS = web.AppKey("rostra_endless", Endless)


def _kind_of_item(item: Any) -> Kind:
    return kind_of(type(item)) or LINES


@asynccontextmanager
async def _closing(items: Any) -> AsyncIterator[None]:
    """Whatever happens, the generator has ended afterwards."""
    try:
        yield
    finally:
        if hasattr(items, "aclose"):
            await items.aclose()
        elif hasattr(items, "close"):
            items.close()


@asynccontextmanager
async def _watching(request: web.Request, ending: Ending) -> AsyncIterator[None]:
    """Know when the client goes."""
    connection = request.protocol
    if not isinstance(connection, Connection):  # of a server that is not ours: it shows at the next item
        yield
        return
    connection.on_lost = ending.lose
    try:
        if request.transport is None:
            raise ConnectionResetError("the client has gone")
        yield
    finally:
        connection.on_lost = None


def _mixed(item: Any, kind: str) -> UnsayableError:
    return UnsayableError(
        f"a {type(item).__qualname__} in a stream of {kind}",
        "the return annotation, or else the first item, says what a stream is made of",
        "annotate what is yielded: AsyncIterator[str], [bytes], [Event]; of all else JSON lines are made",
    )


def _no_stream(found: Any) -> UnsayableError:
    return UnsayableError(
        f"a {type(found).__qualname__}, and its annotation says that it returns items one by one",
        "how a handler is answered is decided by its annotation, once",
        "return an iterator, or annotate what is returned",
    )

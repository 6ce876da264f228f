"""One connection to RabbitMQ that comes back: made, watched by a real question every few seconds, made again.

Nothing here decides what is done over it. Whoever needs it waits for it, and is told why there is none.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from random import SystemRandom
from typing import Any, TypeVar, cast

import aio_pika
import aiormq.connection
from aiormq import Channel
from yarl import URL

from rostra import log
from rostra_amqp.addresses import Address
from rostra_amqp.cancelling import cancellations, heeding, judged
from rostra_amqp.faults import LOST, Fault, diagnose
from rostra_amqp.greeting import Greeted, open_stream
from rostra_amqp.hushing import hush
from rostra_amqp.pacing import pauses
from rostra_amqp.unreadable import CheckedReader, is_unreadable

_CHECK_EVERY = 1.0
_CHECK_PATIENCE = 2.0
_GIVE_UP_AFTER = 2.0
"""Times the heartbeat: how long a link may answer nothing before it is cut."""
_FAREWELL = 1.0
_BLOCKED = "RabbitMQ takes no messages at the moment: it is short of memory or disk"
_SILENT = "RabbitMQ does not answer"
_CLOSED_EARLY = "it closed the connection before it answered, as a port for TLS does if amqp:// is asked for"

T = TypeVar("T")
_log = log.get(__name__)


hush()


class _Transport(aiormq.connection.TransportFactory):
    """Opens the socket, and remembers it: a link that hangs can be cut without a farewell that would hang, too."""

    def __init__(self, context: ssl.SSLContext | None, *, is_checked: bool = False) -> None:
        self._context, self._is_checked = context, is_checked
        self._reader: Greeted | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def create(self, url: URL, **_: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = url.host, url.port
        assert host is not None  # noqa: S101  (addresses are only such as have both)
        assert port is not None  # noqa: S101
        self._reader, self._writer = await open_stream(host, port, self._context)
        return CheckedReader(self._reader) if self._is_checked else self._reader, self._writer

    @property
    def refusal(self) -> str | None:
        """The words with which RabbitMQ refused the connection, if it did."""
        return self._reader.refusal if self._reader is not None else None

    def be_open(self) -> None:
        """Keep nothing more of what is read."""
        if self._reader is not None:
            self._reader.end_greeting()

    def cut(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()


class Live:
    """A connection that is up, or was.

    Args:
        connection: aio-pika's.
        transport: What it runs over.
        address: Of the node.
    """

    def __init__(self, connection: aio_pika.Connection, transport: _Transport, address: Address) -> None:
        self._connection, self._transport, self.address = connection, transport, address
        under = connection.transport
        assert under is not None  # noqa: S101  (it is connected)
        self._wire = under.connection
        self.lost: asyncio.Future[Any] = self._wire.closing
        self.lost.add_done_callback(self._end_waiting)
        self._asked: Channel | None = None
        self._waiting: set[asyncio.Timeout] = set()

    @property
    def is_lost(self) -> bool:
        """Whether it is over."""
        return self.lost.done()

    @property
    def reason(self) -> BaseException | None:
        """By what it was ended; None if it is up."""
        return self.lost.exception() if self.is_lost and not self.lost.cancelled() else None

    @asynccontextmanager
    async def as_long_as_it_is_up(self) -> AsyncIterator[None]:
        """End the body by TimeoutError when the connection is lost.

        aiormq's writer takes its frames from a short line, and who waits for a place in it when the writer dies would wait
        for ever.
        """
        if self.is_lost:
            raise ConnectionResetError
        bound = asyncio.timeout(None)
        self._waiting.add(bound)
        try:
            async with bound:
                yield
        finally:
            self._waiting.discard(bound)

    def _end_waiting(self, _: "asyncio.Future[Any]") -> None:
        for bound in self._waiting:
            bound.reschedule(0)

    @property
    def is_unblocked(self) -> bool:
        """Whether RabbitMQ takes messages now."""
        asking = self._wire.ready()
        try:
            asking.send(None)
        except StopIteration:
            return True
        asking.close()
        return False

    async def unblocked(self) -> None:
        """Return when RabbitMQ takes messages; it does not while it is short of memory or disk."""
        await self._wire.ready()

    async def answers(self) -> None:
        """Ask RabbitMQ something that changes nothing, and return when it has answered."""
        if self._asked is None or self._asked.is_closed:
            self._asked = await self.channel()
        await heeding(self._asked.basic_qos(prefetch_count=1))

    async def channel(self, *, confirms: bool = False) -> Channel:
        """A new channel; with ``confirms`` one on which a publish returns when the message is stored, or raises."""
        if self.is_lost:
            raise ConnectionResetError
        channel = await heeding(self._wire.channel(publisher_confirms=confirms, on_return_raises=confirms))
        return cast("Channel", channel)  # aiormq declares the abstract one, which lacks half of the arguments

    @asynccontextmanager
    async def passing_channel(self, patience: float) -> AsyncIterator[Channel]:
        """A channel for the body, thrown away after it; whatever closes it disturbs nobody else.

        Args:
            patience: Seconds for opening and closing.
        """
        async with asyncio.timeout(patience):
            channel = await self.channel()
        try:
            yield channel
        finally:
            await close_channel(channel, patience)

    def cut(self) -> None:
        """End it without a farewell."""
        self._transport.cut()

    async def close(self) -> None:
        """End it in order if the other side still answers, else without."""
        closing = asyncio.ensure_future(self._connection.close())
        try:
            await asyncio.wait([closing], timeout=_FAREWELL)
        finally:
            self.cut()
        await asyncio.wait([closing], timeout=_FAREWELL)
        closing.cancel()
        await asyncio.gather(closing, return_exceptions=True)


async def close_channel(channel: Channel, patience: float) -> None:
    """Close a channel, as far as that goes: one whose connection hangs goes with that."""
    before = cancellations()
    try:
        async with asyncio.timeout(patience):
            await heeding(channel.close())
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  (what is not of the wire is raised again)
        judged(error, before)


class Link:
    """A connection that is kept up by ``run``.

    Args:
        addresses: Of the nodes, tried in turn.
        name: That RabbitMQ's own tools show.
        heartbeat: Seconds.
        patience: Seconds for each try to connect.
        context: For TLS.
        delayed: Called with the reason, each time that it is another one for which no node can be reached.
        is_checked: Whether what cannot be read is looked for from the start. Else from the first loss on for which that was
            the reason, since it takes time for each message that comes.
    """

    def __init__(
        self,
        addresses: Sequence[Address],
        name: str,
        *,
        heartbeat: int,
        patience: float,
        context: ssl.SSLContext | None,
        delayed: Callable[[str], object],
        is_checked: bool = False,
    ) -> None:
        self._addresses, self.name, self._context = addresses, name, context
        self._heartbeat, self._patience, self._delayed = heartbeat, patience, delayed
        self._live: Live | None = None
        self._is_checked = is_checked
        self._is_up = asyncio.Event()
        self._random = SystemRandom()
        self._crash: Exception | None = None
        self.trouble: str | None = "not connected yet"

    async def live(self) -> Live:
        """The connection, as soon as there is one."""
        while (live := self._live) is None or live.is_lost:
            if self._crash is not None:
                raise self._crash
            self._is_up.clear()
            await self._is_up.wait()
        return live

    @property
    def is_up(self) -> bool:
        """Whether there is a connection at this moment."""
        return self._live is not None and not self._live.is_lost

    async def run(self) -> None:
        """Connect, watch, and connect again, until cancelled. If that crashes, all who wait for a connection are told."""
        try:
            await self._keep_up()
        except Exception as error:
            self._crash, self.trouble = error, type(error).__name__
            self._is_up.set()
            raise

    async def _keep_up(self) -> None:
        turn = 0
        tries = pauses(self._random)
        while True:
            address = self._addresses[turn % len(self._addresses)]
            turn += 1
            live = await self._connected(address)
            if live is None:
                await asyncio.sleep(next(tries))
                continue
            tries = pauses(self._random)
            turn -= 1  # a node that served is the first to be asked again
            try:
                await self._watch(live)
            finally:
                self._live = None
                await live.close()

    async def _connected(self, address: Address) -> Live | None:
        try:
            return await self._connect(address)
        except _Failed as failure:
            if self.trouble != failure.reason:
                _log.warning("amqp.unreachable", link=self.name, broker=str(address), reason=failure.reason)
                self._delayed(f"{failure.reason} ({address})")
            self.trouble = failure.reason
            return None

    async def _connect(self, address: Address) -> Live:
        transport = _Transport(self._context if address.is_encrypted else None, is_checked=self._is_checked)
        connection = aio_pika.Connection(address.url, client_properties={"connection_name": self.name})
        connection.kwargs["transport_factory"] = transport
        try:
            await _answered(connection.connect(), self._patience, transport)
        except BaseException:
            transport.cut()
            with contextlib.suppress(Exception):
                await connection.close()
            raise
        transport.be_open()
        live = Live(connection, transport, address)
        self._live, self.trouble = live, None
        self._is_up.set()
        _log.info("amqp.connected", link=self.name, broker=str(address))
        return live

    async def _watch(self, live: Live) -> None:
        """Return when the connection is over. It is asked a question every other second, and cut if it stays silent."""
        loop = asyncio.get_running_loop()
        answered = loop.time()
        while not live.is_lost:
            trouble = await self._trouble_of(live)
            if live.is_lost:
                break  # that is why it did not answer
            now = loop.time()
            if trouble != _SILENT:
                answered = now
            self._note(trouble)
            if now - answered > _GIVE_UP_AFTER * self._heartbeat:
                live.cut()
            await asyncio.wait([live.lost], timeout=_CHECK_EVERY)
        self._is_checked = self._is_checked or is_unreadable(live.reason)
        self._note(_ended_by(live.reason))

    async def _trouble_of(self, live: Live) -> str | None:
        """What a real question finds."""
        try:
            await _answered(live.unblocked(), _CHECK_PATIENCE)
        except _Failed:
            return _BLOCKED
        try:
            await _answered(live.answers(), _CHECK_PATIENCE)
        except _Failed:
            return _SILENT
        return None

    def _note(self, trouble: str | None) -> None:
        if trouble == self.trouble:
            return
        if trouble is None:
            _log.info("amqp.recovered", link=self.name)
        else:
            _log.warning("amqp.troubled", link=self.name, reason=trouble)
        self.trouble = trouble


class _Failed(Exception):  # noqa: N818  (it never leaves this file)
    """Something did not succeed at the other side."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def _answered(asked: Awaitable[T], patience: float, transport: _Transport | None = None) -> T:
    """What the other side answers in time.

    Args:
        asked: What waits for it.
        patience: Seconds.
        transport: Over which a connection is being opened, and may be refused.

    Raises:
        _Failed: It did not.
    """
    before = cancellations()
    try:
        async with asyncio.timeout(patience):
            return await heeding(asked)
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  (what is not of the wire is raised again)
        fault = judged(error, before)
    raise _Failed(fault.reason if transport is None else _unopened(fault, transport.refusal))


def _ended_by(error: BaseException | None) -> str:
    """That a connection was lost, and RabbitMQ's reason if it gave one."""
    fault = diagnose(error) if error is not None else None
    return LOST if fault is None or fault.reason == LOST else f"{LOST}: {fault.reason}"


def _unopened(fault: Fault, refusal: str | None) -> str:
    """Why a connection could not even be opened."""
    if refusal is not None and fault.kind != "refused":
        return f"RabbitMQ refused the connection: {refusal}"
    return _CLOSED_EARLY if fault.reason == LOST else fault.reason

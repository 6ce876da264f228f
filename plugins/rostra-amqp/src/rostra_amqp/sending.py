"""Getting a message stored: confirmed, mandatory, persistent, and tried again until its deadline.

It ends as confirmed or with one exception. Whatever RabbitMQ refuses closes a channel and fails all that was on its way
there, so after such an end each message is tried again on a channel of its own: the guilty one gets its answer, and
the others go through.
"""

import asyncio
from collections.abc import Awaitable, Callable
from random import SystemRandom
from typing import Literal, TypeAlias

import attrs
from pamqp.commands import Basic

from rostra_amqp import wire
from rostra_amqp.cancelling import cancellations, judged
from rostra_amqp.faults import Fault, Kind
from rostra_amqp.links import Link, Live, close_channel
from rostra_amqp.outlets import Outlet
from rostra_amqp.pacing import pauses

_ALONE_AT_ONCE = 16
_SILENT = 1.0
"""Seconds that RabbitMQ has to answer before a channel is thought to hang, however soon the deadline of a message is over."""

IsStored: TypeAlias = Literal["no", "perhaps"]
Prepare: TypeAlias = Callable[[Live], Awaitable[None]]
"""Makes what a message needs at the broker and is not there."""


@attrs.frozen
class Outgoing:
    """What goes over the wire.

    Args:
        exchange: To which it goes; empty for a queue by its name.
        key: The routing key.
        body: As the envelope wrote it.
        properties: Its ``message_id`` is on its way only once at a time.
        restore: Makes what it needs, when that turned out to be missing; None if nothing is to be made.
        prepare: Called before each try.
    """

    exchange: str
    key: str
    body: bytes = attrs.field(repr=False)
    properties: Basic.Properties = attrs.field(repr=False)
    restore: Prepare | None = attrs.field(default=None, repr=False)
    prepare: Prepare | None = attrs.field(default=None, repr=False)


class NotStoredError(Exception):
    """A message is not known to be stored.

    Args:
        fault: Why.
        is_stored: ``no``, or ``perhaps`` if it was on its way at some time and nobody knows what became of it.
    """

    def __init__(self, fault: Fault, is_stored: IsStored) -> None:
        super().__init__(fault.reason)
        self.fault = fault
        self.is_stored: IsStored = is_stored


class Sender:
    """Sends over one link.

    Args:
        link: The one for publishing.
        in_flight: How many messages may be on their way at once.
        patience: Seconds for opening and closing a channel.
    """

    def __init__(self, link: Link, *, in_flight: int, patience: float) -> None:
        self._link, self._patience = link, patience
        self._slots = asyncio.Semaphore(in_flight)
        self._alone = asyncio.Semaphore(_ALONE_AT_ONCE)
        self._on_their_way: dict[str, asyncio.Future[None]] = {}
        self._opening = asyncio.Lock()
        self._live: Live | None = None
        self._outlet: Outlet | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._random = SystemRandom()

    async def send(self, message: Outgoing, deadline: float) -> None:
        """Return when the message is stored.

        Args:
            message: To be sent.
            deadline: Seconds in which this ends.

        Raises:
            NotStoredError: It is not known to be stored.
        """
        course, limit = _Course(), asyncio.timeout(deadline)
        try:
            async with limit, self._slots:
                await self._send_only(message, course)
        except TimeoutError:
            if not limit.expired():
                raise
            fault = course.late(deadline, self._link.trouble)
            if fault.kind == "silent" and course.waits_at is self._outlet:
                self._leave_outlet()
        except _Final as final:
            fault = final.fault
        else:
            return
        raise NotStoredError(fault, course.is_stored)

    async def _try(self, message: Outgoing, course: "_Course") -> None:
        tries = None
        while (fault := await self._once(message, course)) is not None:
            if (now := course.next(fault, can_be_made=message.restore is not None)) == "end":
                raise _Final(fault)
            if now == "wait":
                tries = tries or pauses(self._random)
                await asyncio.sleep(next(tries))

    async def _once(self, message: Outgoing, course: "_Course") -> Fault | None:
        """One try; what went wrong, or None."""
        before = cancellations()
        try:
            live = await self._link.live()
            if course.goes_alone or not self._is_open(live):
                async with live.as_long_as_it_is_up():
                    await live.unblocked()
                    if course.goes_alone:
                        await self._send_alone(live, message, course)
                        return None
                    await self._open(live)
            if message.prepare is not None:
                async with live.as_long_as_it_is_up():
                    await message.prepare(live)
            await self._send(message, course)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  (what is not of the wire is raised again)
            return judged(error, before)
        return None

    async def _send_alone(self, live: Live, message: Outgoing, course: "_Course") -> None:
        async with self._alone:
            prepare = message.restore if course.makes else message.prepare
            if prepare is not None:
                await prepare(live)
            channel = await live.channel(confirms=True)
            try:
                await _send(Outlet(channel), message, course)
            finally:
                await close_channel(channel, self._patience)

    def _is_open(self, live: Live) -> bool:
        """Whether the outlet that all messages share can be used at once."""
        outlet = self._outlet
        return outlet is not None and self._live is live and not outlet.is_closed and live.is_unblocked

    async def _open(self, live: Live) -> None:
        async with self._opening:
            if not self._is_open(live):
                self._outlet, self._live = Outlet(await live.channel(confirms=True)), live

    async def close(self) -> None:
        """Leave nothing running."""
        for closing in self._closing:
            closing.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)

    def _leave_outlet(self) -> None:
        """Let the others go on over another channel: one that waits for a queue without a leader hangs for all of them."""
        outlet, self._outlet = self._outlet, None
        if outlet is not None:
            closing = asyncio.create_task(outlet.close(self._patience), name="amqp: close a silent channel")
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def _send(self, message: Outgoing, course: "_Course") -> None:
        if self._outlet is None or self._outlet.is_closed:
            raise ConnectionResetError  # it was closed while something else was made ready
        await _send(self._outlet, message, course)

    async def _send_only(self, message: Outgoing, course: "_Course") -> None:
        """Let no message of this id be on its way twice: RabbitMQ tells by its id which one it returns."""
        name = message.properties.message_id or ""
        while (other := self._on_their_way.get(name)) is not None:
            await asyncio.wait([other])
        mine = self._on_their_way[name] = asyncio.get_running_loop().create_future()
        try:
            await self._try(message, course)
        finally:
            del self._on_their_way[name]
            mine.set_result(None)


async def _send(outlet: Outlet, message: Outgoing, course: "_Course") -> None:
    confirmed = outlet.send(message.exchange, message.key, message.properties, message.body)
    course.waits_at = outlet
    await confirmed
    course.waits_at = None


class _Final(Exception):  # noqa: N818  (it never leaves this file)
    """Trying again is no use."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.reason)
        self.fault = fault


@attrs.define(eq=False)
class _Course:
    """What became of the tries so far, and so what comes next. Pure but for its own state.

    Attributes:
        waits_at: Where RabbitMQ has still to answer the try at hand; None if nothing is on its way.
    """

    waits_at: Outlet | None = None
    goes_alone: bool = False
    makes: bool = False
    _is_doubtful: bool = False
    _suspect: Fault | None = None
    _last: Fault | None = None

    @property
    def is_stored(self) -> IsStored:
        """Whether it may have arrived after all: not if what closed the channel they shared was its own fault."""
        was_bystander = self._suspect is not None and self._suspect != self._last
        return "perhaps" if self._is_doubtful or self.waits_at is not None or was_bystander else "no"

    def late(self, deadline: float, trouble: str | None) -> Fault:
        """Why the deadline was missed."""
        over = f"the deadline of {deadline:g} s is over"
        if trouble is not None:
            return Fault("lost", f"{trouble}; {over}")
        known = f"{self._last.reason}; " if self._last is not None else ""
        if self.waits_at is None:
            return Fault("lost", f"{known or 'RabbitMQ did not answer; '}{over}")
        kind: Kind = "silent" if self.waits_at.silence >= _SILENT else "lost"
        return Fault(kind, f"{known}RabbitMQ did not confirm it; {over}")

    def next(self, fault: Fault, *, can_be_made: bool) -> Literal["end", "again", "wait"]:
        """What comes after a try that failed so."""
        was_judged = fault.kind in {"unroutable", "unsendable"} or (fault.is_of_channel and self.goes_alone)
        if self.waits_at is not None and not was_judged:
            if fault.is_of_channel:
                self._suspect = fault
            else:
                self._is_doubtful = True
        self.waits_at = None
        self._last = fault
        if fault.kind == "unsendable":
            return "end"
        if fault.kind in {"lost", "full"}:
            return "wait"
        if not was_judged:
            self.goes_alone = True
            return "again"
        if can_be_made and not self.makes and fault.kind in {"unroutable", "missing"}:
            self.goes_alone = self.makes = True
            return "again"
        return "end"


def headers_fit(properties: Basic.Properties) -> bool:
    """Whether the headers are short enough for AMQP's frames."""
    headers = properties.headers or {}
    return sum(wire.size_bytes(name, value) for name, value in headers.items()) < wire.MOST_BYTES

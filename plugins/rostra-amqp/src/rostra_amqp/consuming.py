"""Consuming one queue, across reconnects: a channel of its own, topology made anew each time, deliveries handed over.

Nothing of aiormq's ever runs a handler: its callback puts a delivery into a line, from which the framework's tasks
take it. What was in the line when the channel ended is forgotten, because RabbitMQ hands it out again.
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from random import SystemRandom

from aiormq import Channel
from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic

from rostra import log
from rostra_amqp import wire
from rostra_amqp.cancelling import cancellations, heeding, judged
from rostra_amqp.declaring import declare
from rostra_amqp.deliveries import AmqpDelivery, Home
from rostra_amqp.faults import Fault, diagnose
from rostra_amqp.frames import consume
from rostra_amqp.links import Link, Live, close_channel
from rostra_amqp.names import Topology
from rostra_amqp.outlets import Pen
from rostra_amqp.pacing import Repeats, pauses
from rostra_amqp.streams import Position

_FAREWELL = 2.0
_OTHERS_WAIT = 1.0
_SUSPICIOUS = 3
"""Times that a message came back unsettled; once or twice it does so when a connection is lost, or at a deployment."""
_CANCELLED = "the queue was deleted, or its node went away"
_log = log.get(__name__)


class AmqpConsumer:
    """Takes messages from a queue; see ``rostra_messaging.brokers.Consumer``.

    Args:
        link: The one for consuming.
        wanted: What is consumed.
        home: To which deliveries turn.
        prefetch: How many deliveries may be unsettled at once.
        prefix: Of the broker's names.
        patience: Seconds for each answer of RabbitMQ.
        settle: Seconds for which a new queue is left alone.
        refuse: Makes the exception that users see.
    """

    def __init__(
        self,
        link: Link,
        wanted: Topology,
        home: Home,
        *,
        prefetch: int,
        prefix: str,
        patience: float,
        settle: float,
        refuse: Callable[[Fault], Exception],
    ) -> None:
        self._link, self._wanted, self._home = link, wanted, home
        self._prefetch, self._prefix, self._patience, self._settle = prefetch, prefix, patience, settle
        self._refuse = refuse
        # Neither is ever longer than the prefetch.
        self._line: asyncio.Queue[AmqpDelivery | None] = asyncio.Queue()
        self._handed_out: set[AmqpDelivery] = set()
        self._giving_back: asyncio.Task[None] | None = None
        self._decided = asyncio.Event()
        self._position = Position(wanted.consume["x-stream-offset"]) if wanted.is_stream else None
        self._channel: Channel | None = None
        self._pen: Pen | None = None
        self._tags: list[str] = []
        self._widening: asyncio.Task[None] | None = None
        self._is_careful = False
        self._is_stopping = False
        self._end: Exception | None = None
        self._trouble: str | None = "not consumed yet"
        self.began = asyncio.Event()
        """Set when the queue is consumed for the first time, or cannot be."""

    @property
    def trouble(self) -> str | None:
        """Why nothing comes at the moment."""
        if self._trouble is not None:
            return self._link.trouble or self._trouble
        return self._link.trouble

    async def __aiter__(self) -> AsyncIterator[AmqpDelivery]:
        while True:
            delivery = await self._line.get()
            if delivery is None:
                break
            if not delivery.is_lost:
                self._handed_out.add(delivery)
                yield delivery
        self.raise_if_over()

    def raise_if_over(self) -> None:
        """Raise if nothing will ever come, because the queue cannot be had."""
        if self._end is not None:
            raise self._end

    async def stop(self) -> None:
        """Let RabbitMQ send no more. What nobody has begun with is given back: after what was begun before it, so that it
        keeps its place if that comes back, too; but where order does not count, others wait for it a moment only.
        """
        self._is_stopping = True
        if self._widening is not None:
            await asyncio.wait([self._widening], timeout=_FAREWELL)
        channel = self._channel
        for tag in self._tags:
            if channel is not None and not channel.is_closed:
                await _cancel(channel, tag)
        waiting = self._cleared()
        self._line.put_nowait(None)
        if waiting:
            self._giving_back = asyncio.create_task(self._give_back(waiting))

    async def _give_back(self, waiting: list[AmqpDelivery]) -> None:
        patience = None if self._wanted.is_ordered else _OTHERS_WAIT
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._finished()
        for delivery in waiting:
            if not delivery.is_lost:
                await delivery.give_back()

    async def _finished(self) -> None:
        """Return when it is decided what becomes of all that was begun."""
        while any(not delivery.is_lost for delivery in self._handed_out):
            self._decided.clear()
            await self._decided.wait()

    def _hand_over(self, delivery: AmqpDelivery) -> None:
        if self._position is not None and delivery.offset is not None:
            self._position.came(delivery.offset)
        self._line.put_nowait(delivery)

    def _hand_over_later(self, delivery: AmqpDelivery, delay: float) -> None:
        """Once more, in this process; if the channel is lost meanwhile, it is read again anyway."""
        self._handed_out.discard(delivery)
        self._decided.set()
        asyncio.get_running_loop().call_later(delay, self._line.put_nowait, delivery)

    def _settled(self, delivery: AmqpDelivery) -> None:
        if self._position is not None and delivery.offset is not None and not delivery.is_lost:
            self._position.settled(delivery.offset)
        self._handed_out.discard(delivery)
        self._decided.set()

    async def run(self) -> None:
        """Consume until cancelled, or until the queue cannot be had; whoever iterates is told why."""
        try:
            await self._keep_consuming()
        except Exception as error:  # noqa: BLE001  (it is raised where somebody waits for deliveries)
            self._trouble = type(error).__name__
            self._end = error
        self._line.put_nowait(None)
        self.began.set()

    async def _keep_consuming(self) -> None:
        repeats = Repeats()
        tries = pauses(SystemRandom())
        while not self._is_stopping:
            was_careful = self._is_careful
            fault = await self._consume_once(repeats)
            if self._is_careful and not was_careful:
                self._tags.clear()
                continue
            self._forget(fault)
            if repeats.are_too_many(fault):
                raise self._refuse(fault)
            if self.began.is_set() and fault.kind == "lost":
                tries = pauses(SystemRandom())
            await asyncio.sleep(next(tries))

    async def settled(self) -> None:
        """Return when all that was said about deliveries so far has arrived."""
        if self._channel is not None and not self._channel.is_closed:
            await self._written()
            asked = self._channel.basic_qos(prefetch_count=self._prefetch, timeout=self._patience)
            await heeding(asked)

    async def close(self) -> None:
        """Give back what is not settled, in its order."""
        for running in (self._giving_back, self._widening):
            if running is not None:
                running.cancel()
                await asyncio.wait([running])
        if self._channel is not None and not self._channel.is_closed:
            await self._written()
            await close_channel(self._channel, _FAREWELL)

    async def _written(self) -> None:
        """Return when what was said about deliveries is with the socket; not later than a link that hangs allows."""
        if self._pen is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FAREWELL):
                    await self._pen.written()

    async def _consume_once(self, repeats: Repeats) -> Fault:
        """Consume until that ends; why it did."""
        before = cancellations()
        try:
            live = await self._link.live()
            await declare(live, self._wanted, patience=self._patience, settle=self._settle)
            channel = self._channel = await live.channel()
            over = await self._consume(live, channel)
            repeats.forget()
            self._begin()
            return await _why(over, channel)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  (what is not of the wire is raised again)
            return judged(error, before)

    async def _consume(self, live: Live, channel: Channel) -> asyncio.Future[None]:
        """Begin; what is returned is done when RabbitMQ has cancelled the consumer."""
        cancelled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        pen = self._pen = Pen(channel)

        def note(_: Basic.Cancel) -> None:
            if not cancelled.done():
                cancelled.set_result(None)

        is_first, is_left = True, False

        async def hand_over(message: DeliveredMessage) -> None:
            nonlocal is_first, is_left
            if is_left:
                return  # it comes again
            times, was_first = wire.returns(message), is_first
            is_first = False
            if times < _SUSPICIOUS:
                if self._is_careful and not self._is_stopping:
                    self._is_careful = False
                    widening = _or_close(channel, self._take(channel, self._prefetch - 1, hand_over))
                    self._widening = asyncio.create_task(widening, name="amqp: consume more")
            elif was_first and self._can_be_careful:
                self._is_careful = is_left = True
                note(Basic.Cancel())
                return
            else:
                found = message.header.properties.message_id
                _log.warning("message.returned", queue=self._home.label, message=found, times=times)
            delivery = AmqpDelivery(
                self._home,
                message,
                live,
                channel,
                pen,
                prefix=self._prefix,
                settled=self._settled,
                is_ordered=self._wanted.is_ordered,
                again=self._hand_over_later if self._position is not None else None,
            )
            self._hand_over(delivery)

        channel.on_consumer_cancel_callbacks.add(note)
        await self._take(channel, 1 if self._is_careful else self._prefetch, hand_over)
        return cancelled

    @property
    def _can_be_careful(self) -> bool:
        """Whether to begin anew and take one message at a time, until one comes that was not back again and again.

        One that kills each process that takes it does so alone then: what is taken beside it comes back as often, and would
        be dead with it. Where order counts one consumer has the queue; RabbitMQ counts nothing for queues of one process.
        """
        wanted = self._wanted
        is_shared = not (wanted.is_ordered or wanted.is_stream or wanted.is_own)
        return is_shared and self._prefetch > 1 and not self._is_careful and not self._is_stopping

    async def _take(
        self, channel: Channel, count: int, hand_over: Callable[[DeliveredMessage], Awaitable[None]]
    ) -> None:
        """Have so many more messages handed over at once."""
        await heeding(channel.basic_qos(prefetch_count=count, timeout=self._patience))
        tag = uuid.uuid4().hex
        self._tags.append(tag)
        arguments = dict(self._wanted.consume)
        if self._position is not None:
            arguments["x-stream-offset"] = self._position.resume
        await consume(channel, self._wanted.queue.name, tag, hand_over, arguments, self._patience)

    def _begin(self) -> None:
        self._trouble = None
        _log.info("queue.consumed", queue=self._home.label, name=self._wanted.queue.name)
        self.began.set()

    def _forget(self, fault: Fault) -> None:
        """What waits in the line comes again."""
        self._cleared()
        self._handed_out.clear()
        self._decided.set()
        if self._is_stopping:
            self._line.put_nowait(None)
        self._tags.clear()
        if self._link.is_up and not self._is_stopping and self._trouble != fault.reason:
            # Of a connection that is lost its link tells, once for all queues.
            _log.warning("queue.lost", queue=self._home.label, reason=fault.reason)
        self._trouble = fault.reason

    def _cleared(self) -> list[AmqpDelivery]:
        found = []
        while not self._line.empty():
            if (delivery := self._line.get_nowait()) is not None:
                found.append(delivery)
        return found


async def _or_close(channel: Channel, asked: Awaitable[None]) -> None:
    """Await what is asked on a channel, and close that if it fails, so that all is asked anew."""
    before = cancellations()
    try:
        await asked
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  (what is not of the wire is raised again)
        judged(error, before)
        await close_channel(channel, _FAREWELL)


async def _why(cancelled: asyncio.Future[None], channel: Channel) -> Fault:
    """Wait until the consumer or its channel is over, and say why that is."""
    lost = channel.closing
    await asyncio.wait([cancelled, lost], return_when=asyncio.FIRST_COMPLETED)
    if not lost.done():
        await close_channel(channel, _FAREWELL)
        return Fault("lost", _CANCELLED)
    error = None if lost.cancelled() else lost.exception()
    found = diagnose(error) if error is not None else None
    return Fault(
        "lost", found.reason if found else "the channel was closed"
    )  # it worked until now, so try again


async def _cancel(channel: Channel, tag: str) -> None:
    before = cancellations()
    try:
        async with asyncio.timeout(_FAREWELL):
            await heeding(channel.basic_cancel(tag))
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  (what is not of the wire is raised again)
        judged(error, before)

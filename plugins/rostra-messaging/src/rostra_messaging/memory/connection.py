"""A connection to a broker in memory: what the rest of the stage knows as its broker."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Literal

from rostra import log
from rostra.clock import Clock
from rostra.errors import closest
from rostra_messaging.brokers import Connection, Consumer, DeadLetters, Parcel, Queue
from rostra_messaging.errors import PublishError, SubscriptionError
from rostra_messaging.memory.consuming import MemoryConsumer
from rostra_messaging.memory.dead import MemoryDeadLetters
from rostra_messaging.memory.exchange import Exchange, Unroutable
from rostra_messaging.memory.queues import KeptQueue
from rostra_messaging.topics import mistake_in

_log = log.get(__name__)

_IN_A_ROW = 64
"""So many messages are published without a pause; then others get their turn."""

_CLOSED = ("publish before the stage is put away: in a task or a handler",)


class MemoryBroker:
    """One connection to an exchange.

    Args:
        connection: What was asked for.
        exchange: To which.
        clock: Of the stage; delays are seconds of this clock.
    """

    def __init__(self, connection: Connection, exchange: Exchange, clock: Clock) -> None:
        self._name = connection.name
        self._prefix = connection.prefix
        self._raises_unroutable = connection.raise_unroutable
        self._exchange, self._clock = exchange, clock
        self._consumers: list[MemoryConsumer] = []
        self._in_a_row = 0
        self._is_closed = False

    @property
    def trouble(self) -> str | None:
        """That it is away, as a test may let it be."""
        return "the connection is closed" if self._is_closed else self._exchange.trouble

    async def publish(self, parcel: Parcel, *, deadline: float, delay: float = 0.0) -> None:
        """Return when every queue that wants the parcel has it; wait for room in them until the deadline.

        Raises:
            PublishError: No queue has it: none wants it, or one has no room in time. Or the confirmation was lost, as a
                test may want it, and the deadline over.
        """
        self._in_a_row += 1
        if self._in_a_row >= _IN_A_ROW:
            self._in_a_row = 0
            await asyncio.sleep(0)
        is_confirmed = not self._exchange.lost_confirms
        try:
            obstacle = self._obstacle(parcel, delay)
            if obstacle is not None or not is_confirmed:
                await self._insist(parcel, deadline, delay, obstacle, is_confirmed=is_confirmed)
        except Unroutable:
            pass
        else:
            return
        self._tell_unroutable(parcel)

    @asynccontextmanager
    async def consume(self, queue: Queue) -> AsyncIterator[Consumer]:
        """Make the queue, if need be, and take from it during the body.

        Raises:
            SubscriptionError: Its topic is none, or it exists otherwise.
        """
        while self._exchange.trouble is not None:
            await self._exchange.is_back.wait()
        consumer = self._consumer(queue)
        self._consumers.append(consumer)
        try:
            yield consumer
        finally:
            self._consumers.remove(consumer)
            consumer.end()

    def dead_letters(self, queue: str) -> DeadLetters:
        """The dead letters of the queue of this name."""
        return MemoryDeadLetters(self._exchange, self._prefix, queue)

    async def queues_with_dead_letters(self) -> Sequence[str]:
        """The names of the queues that have some."""
        found = self._exchange.with_dead_letters(self._prefix)
        return [queue.name.removeprefix(self._prefix) for queue in found]

    def cut(self) -> None:
        """The connection is lost."""
        for consumer in self._consumers:
            consumer.cut()

    def restore(self) -> None:
        """It can be had again."""
        for consumer in self._consumers:
            consumer.restore()

    def close(self) -> None:
        """Nothing is published or consumed here any more."""
        self._is_closed = True
        for consumer in self._consumers:
            consumer.end()

    async def bring_back(self) -> None:
        """Give to its queue, as the clock says, what is to come later; for ever."""
        exchange = self._exchange
        while True:
            exchange.bring_back(self._clock.monotonic())
            await self._until(exchange.next_due)

    async def _until(self, due: float | None) -> None:
        """Return when it is due, or when something is due sooner."""
        if due is None:
            await self._exchange.changed.wait()
            return
        changed = asyncio.ensure_future(self._exchange.changed.wait())
        passed = asyncio.ensure_future(self._clock.sleep(due - self._clock.monotonic()))
        try:
            await asyncio.wait({changed, passed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            passed.cancel()
            await asyncio.wait({changed, passed})

    def _consumer(self, queue: Queue) -> MemoryConsumer:
        topic = f"{self._prefix}{queue.topic}"
        if (mistake := mistake_in(topic)) is not None:
            reason = f"its topic is {topic}, but {mistake}"
            fix = 'write it as words between dots: "orders.placed", "orders.*"; let the prefix end with a dot'
            raise SubscriptionError(queue.label, self._name, reason, (), (fix,))
        try:
            return MemoryConsumer(self._exchange, queue, self._prefix, self._clock)
        except ValueError as error:
            reason = str(error)
        fix = "let all subscriptions of this queue agree, or give this one another group"
        raise SubscriptionError(queue.label, self._name, reason, (), (fix,))

    def _obstacle(
        self, parcel: Parcel, delay: float, *, is_next: bool = False
    ) -> "Exchange | KeptQueue | None":
        """Publish, or say what for to wait."""
        exchange = self._exchange
        if self._is_closed:
            raise PublishError(parcel.topic, self._name, "the connection is closed", "no", _CLOSED)
        if exchange.trouble is not None:
            return exchange
        due = self._clock.monotonic() + delay if delay > 0 else None
        return exchange.offer(parcel, self._prefix, due, is_next=is_next)

    async def _insist(
        self,
        parcel: Parcel,
        deadline: float,
        delay: float,
        obstacle: "Exchange | KeptQueue | None",
        *,
        is_confirmed: bool,
    ) -> None:
        """Publish again whenever it may help, until the deadline."""
        is_stored: Literal["no", "perhaps"] = "no"
        try:
            async with asyncio.timeout(deadline):
                while obstacle is not None or not is_confirmed:
                    if obstacle is None:
                        is_stored = "perhaps"
                        self._exchange.lost_confirms -= 1
                        await asyncio.sleep(0)
                    else:
                        await _turn(obstacle)
                    is_confirmed = not self._exchange.lost_confirms
                    obstacle = self._obstacle(parcel, delay, is_next=True)
        except TimeoutError:
            reason, fix = self._why(obstacle, deadline)
        else:
            return
        raise PublishError(parcel.topic, self._name, reason, is_stored, fix)

    def _why(self, obstacle: "Exchange | KeptQueue | None", deadline: float) -> tuple[str, tuple[str, ...]]:
        if isinstance(obstacle, KeptQueue):
            name = obstacle.label
            parts = (
                f"{len(obstacle.ready) + obstacle.out} wait or are being handled",
                f"{obstacle.later} are to come later",
                f"{len(obstacle.dead)} are dead",
            )
            fix = (
                "handle more at once, look at what is dead: rostra dead list",
                "or let queues hold more: [messaging.options] queue_messages, queue_size",
            )
            return f"the queue {name} was full for {deadline:g} s: {', '.join(parts)}", fix
        return self.trouble or f"the confirmation was lost, again and again for {deadline:g} s", ()

    def _tell_unroutable(self, parcel: Parcel) -> None:
        if not self._raises_unroutable:
            _log.warning("publish.unroutable", topic=parcel.topic, broker=self._name, id=parcel.id)
            for watcher in self._exchange.watchers:
                watcher.published(self._exchange, parcel, ())
            return
        reason = "no queue wants this topic: nobody subscribes to it"
        near = closest(parcel.topic, self._exchange.topics(self._prefix))
        fix = (
            *((f"did you mean {near}?",) if near else ()),
            f'@subscribe("{parcel.topic}", group="...") in a plugin of this stage, which is started by then',
            'or, if that is no mistake: [messaging] unroutable = "log"',
        )
        raise PublishError(parcel.topic, self._name, reason, "no", fix)


async def _turn(obstacle: Exchange | KeptQueue) -> None:
    waiting = obstacle.room if isinstance(obstacle, KeptQueue) else obstacle.is_back
    await waiting.wait()

"""A consumer of a queue in memory, and what it is handed."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

import attrs

from rostra import log
from rostra.clock import Clock
from rostra_messaging.brokers import Delivery, Failure, Parcel, Queue
from rostra_messaging.memory.exchange import Exchange
from rostra_messaging.memory.queues import Entry, KeptQueue

_log = log.get(__name__)

_IN_A_ROW = 64
"""So many deliveries are had without a pause; then others get their turn."""


class MemoryConsumer:
    """Takes from one queue as long as it is connected.

    Args:
        exchange: Where the queue is.
        wanted: What the subscription asks for.
        prefix: Of the connection.
        clock: For what is to come later.

    Its ``room`` is how many more deliveries it may hold unsettled.

    Raises:
        ValueError: The queue exists otherwise; with the reason.
    """

    def __init__(self, exchange: Exchange, wanted: Queue, prefix: str, clock: Clock) -> None:
        self._exchange, self._wanted, self._prefix, self._clock = exchange, wanted, prefix, clock
        self._held: dict[MemoryDelivery, None] = {}
        self._buffer: deque[MemoryDelivery] = deque()
        self._waits: asyncio.Future[None] | None = None
        self._is_stopped = False
        self._in_a_row = 0
        self.room = wanted.prefetch
        self._queue = exchange.queue_for(wanted, prefix)
        self._queue.join(self)

    @property
    def trouble(self) -> str | None:
        """That the broker is away, if it is."""
        return self._exchange.trouble

    def take(self, entry: Entry) -> None:
        """Keep it until somebody asks for the next one."""
        self.room -= 1
        delivery = MemoryDelivery(self._seen(entry), entry, self)
        self._held[delivery] = None
        self._buffer.append(delivery)
        self._wake()

    def __aiter__(self) -> AsyncIterator[Delivery]:
        return self

    async def __anext__(self) -> "MemoryDelivery":
        self._in_a_row += 1
        if self._in_a_row >= _IN_A_ROW:
            self._in_a_row = 0
            await asyncio.sleep(0)
        while not self._buffer:
            if self._is_stopped:
                raise StopAsyncIteration
            await self._wait()
        return self._buffer.popleft()

    async def stop(self) -> None:
        """Take no more, and give back what nobody has asked for yet."""
        if self._is_stopped:
            return
        self._is_stopped, self.room = True, 0
        unasked, self._buffer = self._buffer, deque()
        for delivery in unasked:
            del self._held[delivery]
        self._queue.put_back(delivery.entry for delivery in unasked)
        self._leave_if_done()
        self._wake()

    def end(self) -> None:
        """Give everything back. A queue of this process alone goes, with what is in it."""
        self._is_stopped, self.room = True, 0
        self.cut()
        self._wake()

    def cut(self) -> None:
        """Give everything back: what was handed out can be settled no more."""
        entries = [delivery.entry for delivery in self._held]
        self._held.clear()
        self._buffer.clear()
        self._queue.leave(self, entries)
        if self._queue.is_private:
            self._exchange.remove(self._queue)

    def restore(self) -> None:
        """Take again, from the same queue; one of this process alone is made anew."""
        if not self._is_stopped:
            self.room = self._wanted.prefetch
            self._queue = self._exchange.queue_for(self._wanted, self._prefix)
            self._queue.join(self)

    def settle(
        self, delivery: "MemoryDelivery", outcome: str, failure: Failure | None = None, delay: float = 0.0
    ) -> KeptQueue | None:
        """The queue that is to be told of the outcome; None if it has given the message to somebody else since."""
        if delivery not in self._held:
            _log.info("delivery.lost", queue=self._wanted.label, id=delivery.parcel.id, outcome=outcome)
            return None
        del self._held[delivery]
        if not self._is_stopped:
            self.room += 1
        exchange = self._exchange
        if exchange.lost_outcomes:
            exchange.lost_outcomes -= 1
            _log.info("delivery.lost", queue=self._wanted.label, id=delivery.parcel.id, outcome=outcome)
            self._queue.put_back([delivery.entry])
            return None
        for watcher in exchange.watchers:
            watcher.settled(self._queue, delivery.parcel, outcome, failure, delay)
        return self._queue

    def done(self, delivery: "MemoryDelivery") -> bool:
        """Forget it."""
        queue = self.settle(delivery, "done")
        if queue is None:
            return False
        queue.forget(delivery.entry)
        return self._leave_if_done()

    def retry(self, delivery: "MemoryDelivery", delay: float, failure: Failure, *, counts: bool) -> bool:
        """Hand it out again later."""
        queue = self.settle(delivery, "retry", failure, delay)
        if queue is None:
            return False
        entry = delivery.entry
        entry.is_redelivered = False
        first = entry.parcel.first_failure or failure
        entry.parcel = attrs.evolve(entry.parcel, attempt=entry.parcel.attempt + counts, first_failure=first)
        queue.postpone()
        if delay > 0:
            self._exchange.postpone(queue, entry, self._clock.monotonic() + delay)
        else:
            queue.bring_back(entry)
        return self._leave_if_done()

    def dead(
        self, delivery: "MemoryDelivery", failure: Failure, attempts: int | None, first: Failure | None
    ) -> bool:
        """Keep it among the dead."""
        queue = self.settle(delivery, "dead", failure)
        if queue is None:
            return False
        entry = delivery.entry
        parcel = entry.parcel
        entry.parcel = attrs.evolve(
            parcel,
            attempt=parcel.attempt if attempts is None else attempts,
            first_failure=first or parcel.first_failure or failure,
        )
        queue.bury(entry, failure)
        return self._leave_if_done()

    def release(self, delivery: "MemoryDelivery") -> bool:
        """Hand it out again, at its old place."""
        queue = self.settle(delivery, "release")
        if queue is None:
            return False
        queue.put_back([delivery.entry])
        return self._leave_if_done()

    def _seen(self, entry: Entry) -> Parcel:
        """The parcel with its topic as this connection calls it."""
        if entry.prefix == self._prefix:
            return entry.parcel
        topic = f"{entry.prefix}{entry.parcel.topic}".removeprefix(self._prefix)
        return attrs.evolve(entry.parcel, topic=topic)

    def _leave_if_done(self) -> bool:
        """Of an ordered queue the next in line gets nothing before all is settled that this one was handed."""
        if self._is_stopped and not self._held:
            self._queue.leave(self)
        return True

    def _wake(self) -> None:
        if self._waits is not None and not self._waits.done():
            self._waits.set_result(None)

    async def _wait(self) -> None:
        if self._waits is not None:
            msg = "a consumer is iterated by one task at a time"
            raise RuntimeError(msg)
        self._waits = asyncio.get_running_loop().create_future()
        try:
            await self._waits
        finally:
            self._waits = None


class MemoryDelivery:
    """A message that was handed out.

    Args:
        parcel: As the consumer sees it.
        entry: In the queue.
        consumer: To whom.
    """

    __slots__ = ("_consumer", "entry", "is_redelivered", "parcel")

    def __init__(self, parcel: Parcel, entry: Entry, consumer: MemoryConsumer) -> None:
        self.parcel = parcel
        self.is_redelivered = entry.is_redelivered
        self.entry = entry
        self._consumer = consumer

    async def done(self) -> bool:
        """It was handled; the queue forgets it."""
        return self._consumer.done(self)

    async def retry(self, delay: float, failure: Failure, *, counts: bool = True) -> bool:
        """It failed; it comes again after ``delay`` seconds of the stage's clock."""
        return self._consumer.retry(self, delay, failure, counts=counts)

    async def dead(
        self, failure: Failure, *, attempts: int | None = None, first_failure: Failure | None = None
    ) -> bool:
        """It failed for good; it is kept among the dead letters of its queue."""
        return self._consumer.dead(self, failure, attempts, first_failure)

    async def release(self) -> bool:
        """It was not handled; it is the next to be handed out."""
        return self._consumer.release(self)

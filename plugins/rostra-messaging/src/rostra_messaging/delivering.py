"""The engine of one subscription: deliveries come in, each has a task of its own, and each is settled once.

Only as many are handled at once as the subscription says. The tasks belong to nobody else: trouble with the broker
cancels none of them. What is decided about a message is decided in ``tries`` and ``outcomes``.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import attrs

from rostra import log
from rostra.clock import Clock
from rostra_messaging.brokers import Consumer, Delivery, Failure, Parcel
from rostra_messaging.messages import Message
from rostra_messaging.outcomes import Again, Dead, Outcome
from rostra_messaging.tries import Tries

_LOOK_EVERY = 0.2
"""Seconds between two looks at whether the broker is away, while what runs is finished."""
_MOST_BEGUN = 1000
_LAST_PATIENCE = 0.5
"""Seconds for handlers to end once they were cut; well within what the stage grants to a cancelled task."""

_log = log.get("rostra.messaging")

Note = Callable[[Outcome, float], None]
"""Told of each outcome, and of how many seconds it took, for whoever counts."""
Bury = Callable[[Message, Failure], Awaitable[None]]
"""Told of each message that is dead, unless it could not be decoded."""


class Engine:
    """Handles what a consumer brings.

    Args:
        tries: How one message is tried.
        clock: By which an order waits for the next try.
        note: Told of each outcome.
        bury: Told of the dead.
        lost: Called when nothing can be taken any more though nobody asked for that, before what runs is finished.
        is_away: Whether the broker cannot be told anything at the moment.
    """

    def __init__(
        self,
        tries: Tries,
        clock: Clock,
        note: Note,
        bury: Bury,
        lost: Callable[[], None],
        is_away: Callable[[], bool],
    ) -> None:
        subscription = tries.subscribed.subscription
        self._tries = tries
        self._clock = clock
        self._note = note
        self._bury = bury
        self._lost = lost
        self._is_away = is_away
        self._most = subscription.concurrency
        self._free = asyncio.Semaphore(self._most)  # of those that wait for their turn
        self._room = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._settling: set[asyncio.Task[Any] | None] = set()
        self._turns: dict[str | None, _Turn] = {}
        self._begun = Begun()
        self._is_ordered = subscription.ordered
        self._stopping = asyncio.Event()
        self._failed: list[BaseException] = []
        self._consumer: Consumer | None = None
        self._stopping_consumer: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()

    async def consume(self, consumer: Consumer) -> None:
        """Handle what it brings until it ends, and finish what runs then.

        If this is cancelled, nobody waits any longer: the handlers are cancelled, and what they had is not settled.

        Raises:
            SubscriptionError: The queue was lost for good. What ran has been finished.
        """
        self._consumer = consumer
        try:
            try:
                await (self._take_ordered(consumer) if self._is_ordered else self._take(consumer))
            except Exception:
                self._lost()
                await self._finish()
                raise
            await self._finish()
        except asyncio.CancelledError:
            await self._cut()
            raise
        finally:
            self._tries.close()
        if self._failed:
            raise self._failed[0]

    async def stop(self) -> None:
        """Take nothing more. What waits for its turn is released, what runs goes on; ``consume`` returns after that."""
        self._stopping.set()
        self._room.set()
        if self._consumer is not None:
            await self._consumer.stop()

    @property
    def running(self) -> int:
        """How many deliveries have not been settled yet."""
        return len(self._running)

    async def _take(self, consumer: Consumer) -> None:
        """One more whenever there is room for it, so that nothing waits in here."""
        deliveries = aiter(consumer)
        while True:
            await self._roomy()
            try:
                delivery = await anext(deliveries)
            except StopAsyncIteration:
                return
            self._start(self._handle(delivery), delivery)

    async def _roomy(self) -> None:
        """Wait until there is room for one more.

        Once nothing more is to be taken that is for those who run by themselves, which takes longer: so who looks what holds up
        the stop finds their handlers.
        """
        while len(self._running) >= self._most:
            if self._stopping.is_set():
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            else:
                self._room.clear()
                await self._room.wait()

    async def _take_ordered(self, consumer: Consumer) -> None:
        """All that come, since those with other keys may overtake. How many may wait, the prefetch says."""
        async for delivery in consumer:
            self._start(self._handle_in_turn(delivery), delivery)

    def _start(self, handling: Coroutine[Any, Any, None], delivery: Delivery) -> None:
        task = self._loop.create_task(handling, name=f"message {delivery.parcel.id}")
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        self._room.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed.append(error)  # of a broker that breaks its word: nothing can be settled any more
            self._lost()
            self._stopping.set()
            if self._consumer is not None:
                self._stopping_consumer = asyncio.ensure_future(self._consumer.stop())

    async def _handle(self, delivery: Delivery) -> None:
        begun = self._clock.monotonic()
        tried = await self._tries.attempt(delivery.parcel, is_redelivered=delivery.is_redelivered)
        match tried.outcome:
            case Again(delay, failure, counts):
                await self._settled(delivery.retry(delay, failure, counts=counts))
            case Dead(failure):
                await self._settled(delivery.dead(failure))
                await self._buried(tried.message, failure)
            case _:
                await self._settled(delivery.done())
        self._note(tried.outcome, self._clock.monotonic() - begun)

    async def _settled(self, settling: Awaitable[bool]) -> bool:
        task = asyncio.current_task()
        self._settling.add(task)
        try:
            return await settling
        finally:
            self._settling.discard(task)

    async def _buried(self, message: Message | None, failure: Failure) -> None:
        if message is not None:
            await self._bury(message, failure)

    async def _handle_in_turn(self, delivery: Delivery) -> None:
        key = delivery.parcel.key
        turn = self._turns.setdefault(key, _Turn())
        turn.waiting += 1
        try:
            async with turn.lock:
                await (delivery.release() if self._stopping.is_set() else self._handle_in_place(delivery))
        finally:
            turn.waiting -= 1
            if not turn.waiting:
                del self._turns[key]

    async def _handle_in_place(self, delivery: Delivery) -> None:
        """Try until it is done or dead, while those with the same key wait."""
        parcel = self._begun.resumed(delivery.parcel)
        while True:
            begun = self._clock.monotonic()
            async with self._free:
                with log.bound():
                    tried = await self._tries.attempt(parcel, is_redelivered=delivery.is_redelivered)
            took = self._clock.monotonic() - begun
            match tried.outcome:
                case Again(delay, failure, counts):
                    parcel = next_try(parcel, failure, counts=counts)
                    self._note(tried.outcome, took)
                    if not await self._stops_within(delay):
                        continue
                    await self._settled(delivery.release())
                    return
                case Dead(failure):
                    dead = delivery.dead(failure, attempts=parcel.attempt, first_failure=parcel.first_failure)
                    if not await self._settled(dead):
                        self._begun.keep(parcel)
                    await self._buried(tried.message, failure)
                case _:
                    await self._settled(delivery.done())
            self._note(tried.outcome, took)
            return

    async def _stops_within(self, seconds: float) -> bool:
        """Whether it is to stop within so many seconds."""
        pause = asyncio.ensure_future(self._clock.sleep(seconds))
        heard = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({pause, heard}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()
            heard.cancel()
        return self._stopping.is_set()

    async def _finish(self) -> None:
        self._stopping.set()
        while self._running:
            await asyncio.wait(self._running, timeout=_LOOK_EVERY)
            if self._is_away():
                self._give_up_settling()

    def _give_up_settling(self) -> None:
        """Nobody can be told how those ended that have, and so they come again: a stage that stops waits for none."""
        for task in [*self._settling]:
            if task is not None and task in self._running:
                _log.warning("message.unsettled", queue=self._tries.subscribed.label, message=_id_of(task))
                task.cancel()

    async def _cut(self) -> None:
        """Cancel what runs, and say whose it is."""
        self._tries.is_cut = True
        subscribed = self._tries.subscribed
        for task in self._running:
            handler = subscribed.handler.bound.declared.label
            _log.warning("message.cut", queue=subscribed.label, handler=handler, message=_id_of(task))
            task.set_name(f"{task.get_name()} → {handler}")  # by which it is named if it does not end
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=_LAST_PATIENCE)


@attrs.define(eq=False)
class _Turn:
    """Whose turn it is among the messages with one key.

    Args:
        waiting: How many there are, the one that is being handled included.
        lock: Has it; who waits for it gets it in order.
    """

    waiting: int = 0
    lock: asyncio.Lock = attrs.field(factory=asyncio.Lock)


class Begun:
    """Remembers of messages that died in place, which nobody could be told, how far they had come: they come again, and have
    not all tries before them then.
    """

    def __init__(self) -> None:
        self._parcels: dict[object, Parcel] = {}

    def keep(self, parcel: Parcel) -> None:
        """Remember how often it was tried; of so many messages at most."""
        self._parcels[_identity(parcel)] = parcel
        if len(self._parcels) > _MOST_BEGUN:
            del self._parcels[next(iter(self._parcels))]

    def resumed(self, parcel: Parcel) -> Parcel:
        """A message that comes, as it was when it was last tried."""
        return self._parcels.pop(_identity(parcel), parcel)


def _identity(parcel: Parcel) -> object:
    """What strangers write may have no id, or that of another one."""
    return parcel.id, parcel.topic, parcel.key, parcel.body


def _id_of(task: "asyncio.Task[None]") -> str:
    """Of the message that is handled in it."""
    return task.get_name().partition(" ")[2]


def next_try(parcel: Parcel, failure: Failure, *, counts: bool) -> Parcel:
    """A parcel as it is when it is tried again in place."""
    return attrs.evolve(
        parcel,
        attempt=parcel.attempt + counts,
        first_failure=parcel.first_failure or failure,
    )

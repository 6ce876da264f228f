"""What a broker in memory holds: queues, which topics go where, what is to come later.

Several connections may share an exchange: those of a stage, or of several stages of one test. It knows no clock and
starts no task; a connection that has a clock asks it what is due.
"""

import asyncio
import heapq
from collections.abc import Iterable, Iterator
from typing import Protocol

from rostra_messaging.brokers import Connection, Failure, Parcel, Queue
from rostra_messaging.memory.queues import Entry, KeptQueue, Limits
from rostra_messaging.memory.waiting import Waiting
from rostra_messaging.topics import Topics


class Unroutable(Exception):  # noqa: N818  (it never leaves this room)
    """No queue wants the parcel."""


class Connected(Protocol):
    """Whoever is connected to an exchange."""

    def cut(self) -> None:
        """The connection is lost."""
        ...

    def restore(self) -> None:
        """It can be had again."""
        ...


class Opened:
    """A connection of a stage, and what is kept behind it. A component, under the name of the broker."""

    __slots__ = ("connection", "exchange")

    def __init__(self, connection: Connection, exchange: "Exchange") -> None:
        self.connection = connection
        self.exchange = exchange


class Watcher(Protocol):
    """Whoever wants to see what happens in an exchange. A component, if it is to see everything from the start."""

    def opened(self, opened: "Opened") -> None:
        """A connection is about to be used."""
        ...

    def published(self, exchange: "Exchange", parcel: Parcel, queues: Iterable[KeptQueue]) -> None:
        """This is put into these queues."""
        ...

    def settled(
        self, queue: KeptQueue, parcel: Parcel, outcome: str, failure: Failure | None, delay: float = 0.0
    ) -> None:
        """This one, of this queue, is ``done``, ``retry`` after so many seconds, ``dead`` or ``release``, and why."""
        ...


class Exchange:
    """Queues and the topics that go to them.

    Args:
        limits: What each queue may hold.

    Tests may set ``lost_confirms`` and ``lost_outcomes``: of so many publishes the confirmation does not arrive, and of so
    many deliveries the outcome. And they may watch.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.queues: dict[str, KeptQueue] = {}
        self.connections: list[Connected] = []
        self.loop: asyncio.AbstractEventLoop | None = None
        self.changed = Waiting()
        self.trouble: str | None = None
        self.is_back = Waiting()
        self.lost_confirms = 0
        self.lost_outcomes = 0
        self.watchers: list[Watcher] = []
        self._topics: Topics[KeptQueue] = Topics()
        self._later: list[tuple[float, int, KeptQueue, Entry]] = []
        self._numbers = 0

    def queue_for(self, queue: Queue, prefix: str) -> KeptQueue:
        """The queue that a subscription wants, made if need be, with the subscription's topic among its own.

        Raises:
            ValueError: It exists otherwise; with the reason.
        """
        self._numbers += 1
        name = f"{prefix}{queue.name}" if queue.name is not None else f"{prefix}private-{self._numbers}"
        kept = self.queues.get(name)
        if kept is None:
            limits = next((each for each in queue.options if isinstance(each, Limits)), self.limits)
            kept = self.queues[name] = KeptQueue(
                name, queue.label, limits, is_ordered=queue.ordered, is_private=queue.name is None
            )
        elif kept.is_ordered != queue.ordered:
            is_now, wanted = ("ordered", "not") if kept.is_ordered else ("not ordered", "ordered")
            msg = f"it exists and is {is_now}; this subscription wants it {wanted}"
            raise ValueError(msg)
        pattern = f"{prefix}{queue.topic}"
        kept.patterns.add(pattern)
        self._topics.add(pattern, kept)
        return kept

    def remove(self, queue: KeptQueue) -> None:
        """Forget a queue with all that is in it."""
        if self.queues.get(queue.name) is queue:
            del self.queues[queue.name]
        for pattern in queue.patterns:
            self._topics.discard(pattern, queue)
        queue.end()

    def offer(self, parcel: Parcel, prefix: str, due: float | None, *, is_next: bool) -> KeptQueue | None:
        """Put a parcel into every queue that wants its topic, or into none.

        Args:
            parcel: What to put.
            prefix: Of its topic.
            due: When it is to be handed out; None is now.
            is_next: It is the turn of this one; else those who wait for room already come first.

        Returns:
            A queue that has no room, for which to wait; None if all is done.

        Raises:
            Unroutable: No queue wants it.
        """
        queues = self._topics.match(prefix + parcel.topic)
        if not queues:
            raise Unroutable
        for queue in queues:
            if queue.is_full or (queue.room and not is_next):
                _pass_on(queues)
                return queue
        for watcher in self.watchers:
            watcher.published(self, parcel, queues)
        for queue in queues:
            entry = queue.entry(parcel, prefix)
            if due is None:
                queue.put(entry)
            else:
                queue.later += 1
                self.postpone(queue, entry, due)
        if is_next:
            _pass_on(queues)
        return None

    def postpone(self, queue: KeptQueue, entry: Entry, due: float) -> None:
        """Bring the entry, which the queue has given away, back to it when it is due."""
        self._numbers += 1
        heapq.heappush(self._later, (due, self._numbers, queue, entry))
        if self._later[0][1] == self._numbers:
            self.changed.wake_all()

    @property
    def next_due(self) -> float | None:
        """When the next one is due that was postponed; None if none was."""
        return self._later[0][0] if self._later else None

    @property
    def postponed(self) -> int:
        """How many are to come later."""
        return sum(not queue.is_gone for _, _, queue, _ in self._later)

    def bring_back(self, now: float) -> None:
        """Give what is due to its queue."""
        while self._later and self._later[0][0] <= now:
            _, _, queue, entry = heapq.heappop(self._later)
            if not queue.is_gone:
                queue.bring_back(entry)

    def lose_connections(self) -> None:
        """Every connection is cut; what was being handled is handed out again. Clients come back at once, unless the
        broker is away.
        """
        for connected in self.connections:
            connected.cut()
        if self.trouble is None:
            self._restore()

    def go_away(self, reason: str) -> None:
        """Cut every connection, and let none back until ``come_back``."""
        self.trouble = reason
        self.lose_connections()

    def come_back(self) -> None:
        """Let clients connect again."""
        self.trouble = None
        self._restore()
        self.is_back.wake_all()
        for queue in self.queues.values():
            queue.room.wake_all()  # whose turn it was may have given up meanwhile

    def topics(self, prefix: str) -> set[str]:
        """What queues want, as whoever has this prefix calls it; with wildcards."""
        wanted = (pattern for queue in self.queues.values() for pattern in queue.patterns)
        return {pattern.removeprefix(prefix) for pattern in wanted if pattern.startswith(prefix)}

    def with_dead_letters(self, prefix: str) -> Iterator[KeptQueue]:
        """The queues whose names begin so and that have dead letters."""
        return (queue for queue in self.queues.values() if queue.dead and queue.name.startswith(prefix))

    def _restore(self) -> None:
        for connected in self.connections:
            connected.restore()


def _pass_on(queues: Iterable[KeptQueue]) -> None:
    """Give the turn to the next who waits for room where there still is some."""
    for queue in queues:
        if queue.room and not queue.is_full:
            queue.room.wake_next()

"""A queue in memory: what waits in it, who takes from it, what failed for good.

Nothing here waits; each call leaves the queue as it should be. What it holds is bounded, and all that it holds counts:
what waits, what is being handled, what is to come again later, and what is dead. So nothing is ever dropped; whoever
publishes waits instead.
"""

from bisect import insort
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from rostra_messaging.brokers import DeadLetter, Failure, Parcel
from rostra_messaging.memory.waiting import Waiting

OVERHEAD_BYTES = 1000
"""Roughly what a message takes beside its body."""


class Entry:
    """A parcel in a queue.

    Args:
        number: In the order in which it came; it keeps its place when it is given back.
        parcel: As it is to be delivered.
        prefix: Of the one who published it.
    """

    __slots__ = ("is_redelivered", "number", "parcel", "prefix", "size_bytes")

    def __init__(self, number: int, parcel: Parcel, prefix: str) -> None:
        self.number = number
        self.parcel = parcel
        self.prefix = prefix
        self.is_redelivered = False
        self.size_bytes = OVERHEAD_BYTES + len(parcel.body)


class Taker(Protocol):
    """Who takes from a queue."""

    @property
    def room(self) -> int:
        """How many more it may be given."""
        ...

    def take(self, entry: Entry) -> None:
        """Here is one more."""
        ...


class Limits(NamedTuple):
    """How much each queue may hold.

    Args:
        messages: Of any kind: waiting, being handled, to come again, dead.
        size_bytes: Of their bodies, and about a kilobyte for each message.
    """

    messages: int = 100_000
    size_bytes: int = 256 * 2**20


class KeptQueue:
    """A queue.

    Args:
        name: With the prefix.
        label: What people call it.
        limits: What it may hold.
        is_ordered: One taker at a time has it.
        is_private: It goes with the connection that made it.
    """

    __slots__ = (
        "_most", "_most_bytes", "_numbers", "_size_bytes", "count", "dead", "is_gone", "is_ordered", "is_private", "label",
        "later", "name", "out", "patterns", "ready", "room", "takers",
    )  # fmt: skip

    def __init__(self, name: str, label: str, limits: Limits, *, is_ordered: bool, is_private: bool) -> None:
        self.name = name
        self.label = label
        self.is_ordered = is_ordered
        self.is_private = is_private
        self.is_gone = False
        self.patterns: set[str] = set()
        self.ready: deque[Entry] = deque()
        self.takers: deque[Taker] = deque()
        self.dead: dict[int, tuple[Entry, Failure]] = {}
        self.out = 0
        self.later = 0
        self.room = Waiting()
        self.count = 0
        self._size_bytes = 0
        self._most, self._most_bytes = limits.messages, limits.size_bytes
        self._numbers = 0

    @property
    def is_full(self) -> bool:
        """Whether whoever wants to put something in has to wait."""
        return self.count >= self._most or self._size_bytes >= self._most_bytes

    def entry(self, parcel: Parcel, prefix: str) -> Entry:
        """Let this queue hold the parcel; where, is for the caller to say next."""
        self._numbers += 1
        entry = Entry(self._numbers, parcel, prefix)
        self._size_bytes += entry.size_bytes
        self.count += 1
        return entry

    def put(self, entry: Entry) -> None:
        """Let it be handed out after what waits already."""
        self.ready.append(entry)
        self.hand_out()

    def put_back(self, entries: Iterable[Entry]) -> None:
        """Let these, which were handed out and came to nothing, be handed out again, each at its old place."""
        for entry in entries:
            entry.is_redelivered = True
            self.out -= 1
            if not self.ready or entry.number > self.ready[-1].number:
                self.ready.append(entry)
            else:
                insort(self.ready, entry, key=_number)
        self.hand_out()

    def forget(self, entry: Entry) -> None:
        """It was handled."""
        self.out -= 1
        self._leave(entry)
        self.hand_out()

    def postpone(self) -> None:
        """One that was handed out is kept elsewhere until it is due; then ``bring_back`` it."""
        self.out -= 1
        self.later += 1
        self.hand_out()

    def bring_back(self, entry: Entry) -> None:
        """It is due. It takes its place at the end, as if it had come just now."""
        self.later -= 1
        self._numbers += 1
        entry.number = self._numbers
        self.put(entry)

    def bury(self, entry: Entry, failure: Failure) -> None:
        """It failed for good."""
        self.out -= 1
        self.dead[entry.number] = (entry, failure)
        self.hand_out()

    def unbury(self, number: int, parcel: Parcel) -> None:
        """Let a dead one be handed out again, as this parcel."""
        entry, _ = self.dead.pop(number)
        entry.parcel, entry.is_redelivered = parcel, False
        self._numbers += 1
        entry.number = self._numbers
        self.put(entry)

    def drop(self, number: int) -> None:
        """Forget a dead one."""
        self._leave(self.dead.pop(number)[0])

    def join(self, taker: Taker) -> None:
        """Let it take its part, or all, if the queue is ordered and it is the only one."""
        self.takers.append(taker)
        self.hand_out()

    def leave(self, taker: Taker, entries: Iterable[Entry] = ()) -> None:
        """Hand nothing to it any more, and these entries to others."""
        if taker in self.takers:
            self.takers.remove(taker)
        self.put_back(entries)

    def end(self) -> None:
        """It is there no more, nor what it held; whoever waits to put something in looks again."""
        self.is_gone = True
        self.ready.clear()
        self.dead.clear()
        self.room.wake_all()

    def letters(self, label: str) -> list[DeadLetter]:
        """The dead ones, oldest first, for people who call the queue so."""
        return [
            DeadLetter(parcel=entry.parcel, reason=failure.reason, time=failure.time, queue=label)
            for entry, failure in self.dead.values()
        ]

    def hand_out(self) -> None:
        """Give what waits to those who have room, in turn; of an ordered queue, to the first alone."""
        ready, takers = self.ready, self.takers
        while ready and takers:
            taker = takers[0]
            if taker.room <= 0:
                if self.is_ordered or not self._turn_to_room():
                    return
                taker = takers[0]
            if not self.is_ordered:
                takers.rotate(-1)
            self.out += 1
            taker.take(ready.popleft())

    def _turn_to_room(self) -> bool:
        """Let the next one who has room be the first; whether there is one."""
        takers = self.takers
        for _ in range(len(takers) - 1):
            takers.rotate(-1)
            if takers[0].room > 0:
                return True
        return False

    def _leave(self, entry: Entry) -> None:
        self._size_bytes -= entry.size_bytes
        self.count -= 1
        if self.room:
            self.room.wake_next()


def _number(entry: Entry) -> int:
    return entry.number

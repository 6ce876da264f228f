"""The dead letters of a queue in memory."""

from collections.abc import Iterator, Sequence

import attrs

from rostra_messaging.brokers import DeadLetter, Looked, nobody_looks
from rostra_messaging.memory.exchange import Exchange
from rostra_messaging.memory.queues import KeptQueue


class MemoryDeadLetters:
    """What failed for good in one queue; there is nothing if there is no such queue.

    Args:
        exchange: Where the queue is.
        prefix: Of the connection.
        queue: Its name, without the prefix.
    """

    def __init__(self, exchange: Exchange, prefix: str, queue: str) -> None:
        self._exchange, self._prefix, self._name = exchange, prefix, queue

    async def exists(self) -> bool:
        """Whether there is such a queue."""
        return self._queue() is not None

    async def count(self) -> int:
        """How many there are."""
        queue = self._queue()
        return len(queue.dead) if queue else 0

    async def list(self, limit: int = 100) -> Sequence[DeadLetter]:
        """The oldest, at most ``limit``; they stay."""
        queue = self._queue()
        return queue.letters(self._name)[:limit] if queue else ()

    async def replay(self, ids: Sequence[str] | None = None, *, looked: Looked = nobody_looks) -> int:  # noqa: ARG002  (it takes no time)
        """Put them back into their queue as if new; how many it was."""
        chosen = [*self._chosen(ids)]
        for queue, number in chosen:
            entry, _ = queue.dead[number]
            queue.unbury(number, attrs.evolve(entry.parcel, attempt=1, first_failure=None))
        return len(chosen)

    async def drop(self, ids: Sequence[str] | None = None, *, looked: Looked = nobody_looks) -> int:  # noqa: ARG002  (likewise)
        """Forget them; how many it was."""
        chosen = [*self._chosen(ids)]
        for queue, number in chosen:
            queue.drop(number)
        return len(chosen)

    def _queue(self) -> KeptQueue | None:
        return self._exchange.queues.get(f"{self._prefix}{self._name}")

    def _chosen(self, ids: Sequence[str] | None) -> Iterator[tuple[KeptQueue, int]]:
        queue = self._queue()
        if queue is None:
            return
        wanted = None if ids is None else frozenset(ids)
        for number, (entry, _) in queue.dead.items():
            if wanted is None or entry.parcel.id in wanted:
                yield queue, number

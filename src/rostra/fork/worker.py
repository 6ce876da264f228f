"""Who am I among the workers, and which of us takes the next connection?

``Worker`` is a component of each worker's stage; a process without a parent has none.

The system wakes all who wait at a listening socket that they share, and the first to run would take all connections of a
client that opens several at once, and keep them as long as they last. So the one takes it that has the fewest: each worker
writes how many it has where the others can read that, in memory that all of them share. What stands there is a hint: whoever
has more lets the others have a moment, and then takes what is still there.
"""

from collections.abc import Callable

NOBODY = -1
"""Stands at a place of which no worker takes connections."""


class Balance:
    """What one worker knows of the others, and they of it.

    Args:
        numbers: In memory that is shared: how many places were ever taken, and then for each place how many connections
            there are, or -1.
        place: Its own, from 1 on.
    """

    __slots__ = ("_numbers", "_place")

    def __init__(self, numbers: "memoryview[int]", place: int) -> None:
        self._numbers = numbers
        self._place = place

    def tell(self, count: int) -> None:
        """It has so many, and takes more."""
        self._numbers[self._place] = count

    def leave(self) -> None:
        """It takes no more; the others need not wait for it."""
        self._numbers[self._place] = NOBODY

    @property
    def is_due(self) -> bool:
        """Whether nobody who takes connections has clearly fewer than it told: a quarter of them is no difference."""
        numbers = self._numbers[1 : self._numbers[0] + 1].tolist()
        own = numbers[self._place - 1]
        return not any(other > NOBODY and other + other // 4 < own for other in numbers)


class Worker:
    """This process, as one of several that run the same stage.

    ::

        async def report(worker: fork.Worker | None = None):
            name = "alone" if worker is None else f"worker {worker.number} of {worker.count}"

    Args:
        number: From 1 to ``count``. One that takes the place of another has its number, while that one may still finish
            what it has.
        count: How many workers there should be, at the moment in which this one was started.
        generation: 1 for the first workers, and one more each time that they are replaced by a reload.
        count_request: Called by transports for each request or message that was answered; None if nobody counts, so
            that it costs a look at an attribute.
        balance: How many connections this and the other workers have, for those that accept from the same sockets; None if
            sockets are not shared.
        is_relieved: Others have taken over when it is told to stop, so that a server need not serve on until balancers have
            noticed.
    """

    __slots__ = ("balance", "count", "count_request", "generation", "is_relieved", "number")

    def __init__(
        self,
        number: int,
        count: int,
        generation: int = 1,
        count_request: Callable[[], None] | None = None,
        balance: Balance | None = None,
    ) -> None:
        self.number = number
        self.count = count
        self.generation = generation
        self.count_request = count_request
        self.balance = balance
        self.is_relieved = False

    def __repr__(self) -> str:
        return f"<Worker {self.number} of {self.count}>"

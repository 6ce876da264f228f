"""Who am I among the workers? A component of each worker's stage; a process without a parent has none."""

from collections.abc import Callable

from rostra.fork.balancing import Balance

__all__ = ["Worker"]


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

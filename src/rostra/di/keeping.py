"""Made once, also when several tasks ask at the same time.

A task that is cancelled while it makes something does not take with it those that wait for it: the next of them
makes it. No lock and no future outlives the loop in which it was needed. Tasks that would wait for each other for
ever are told so.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from rostra.errors import CycleError, NeedsAwaitError

Asker: TypeAlias = asyncio.Task[Any] | int


class Flight:
    """Something that is being made.

    Args:
        maker: The task that makes it; outside of any, the thread.
        waiting: Those who are told when it is made or has failed.
    """

    __slots__ = ("maker", "waiting")

    def __init__(self, maker: Asker) -> None:
        self.maker = maker
        self.waiting: list[asyncio.Future[BaseException | None]] = []

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """The body waits for this: so it is known who waits for whom."""
        asking = _who()
        _waits[asking] = self
        try:
            yield
        finally:
            del _waits[asking]

    def land(self, error: BaseException | None) -> None:
        """Wake all who wait; an ``error`` is theirs, too."""
        for each in self.waiting:
            if not each.done():
                each.set_result(error)


_waits: dict[Asker, Flight] = {}
"""Which task waits for what: to see that two wait for each other."""


class Kept:
    """What was made once, by key, and what is being made now."""

    __slots__ = ("_flights", "_values")

    def __init__(self) -> None:
        self._values: dict[Any, Any] = {}
        self._flights: dict[Any, Flight] = {}

    def has(self, key: Any) -> bool:
        """True if it is there already."""
        return key in self._values

    async def take(self, key: Any, make: Callable[[Flight], Awaitable[Any]], label: str) -> Any:
        """What is kept under ``key``; made now, unless it is there or another task makes it.

        A failure is that of all who wait; after a cancellation the next who waits makes it.

        Raises:
            CycleError: Whoever makes it waits, in the end, for the task that asks.
        """
        while key not in self._values:
            flight = self._flights.get(key)
            if flight is None:
                return await self._make(key, make)
            error = await _landed(flight, label)
            if error is not None and not isinstance(error, asyncio.CancelledError):
                raise error
        return self._values[key]

    async def _make(self, key: Any, make: Callable[[Flight], Awaitable[Any]]) -> Any:
        flight = self._flights[key] = Flight(_who())
        error: BaseException | None = None
        try:
            self._values[key] = await make(flight)
        except BaseException as raised:
            error = raised
            raise
        finally:
            del self._flights[key]
            flight.land(error)
        return self._values[key]


async def _landed(flight: Flight, label: str) -> BaseException | None:
    """How the flight ended: without an error, or with this one."""
    asking = _who()
    follow: Flight | None = flight
    while follow is not None:
        if follow.maker == asking:
            reason = f"{label} is asked for by what makes it"
            fix = "take it as a parameter, or ask for it lazily: di.Lazy[...]"
            raise CycleError(label, reason, ((label, reason),), fixes=(fix,))
        follow = _waits.get(follow.maker)
    if isinstance(asking, int):
        reason = "another thread or task is making it"
        raise NeedsAwaitError(label, reason, ((label, reason),), fixes=("await di.nject(...)",))
    told: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()
    flight.waiting.append(told)
    with flight.awaited():
        return await told


def _who() -> Asker:
    """The running task, or the thread where none runs."""
    try:
        return asyncio.current_task() or threading.get_ident()
    except RuntimeError:
        return threading.get_ident()

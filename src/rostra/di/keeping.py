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

MISSING: Any = object()
"""Stands where nothing is kept."""

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
        asker = asking()
        _waits[asker] = self
        try:
            yield
        finally:
            del _waits[asker]

    def land(self, error: BaseException | None) -> None:
        """Wake all who wait; an ``error`` is theirs, too."""
        waiting, self.waiting = self.waiting, []
        for each in waiting:
            if not each.done():
                each.set_result(error)


_waits: dict[Asker, Flight] = {}
"""Which task waits for what: to see that two wait for each other."""


class Kept:
    """What was made once, by key, and what is being made now."""

    __slots__ = ("flights", "values")

    def __init__(self) -> None:
        self.values: dict[Any, Any] = {}
        self.flights: dict[Any, Flight] = {}

    def has(self, key: Any) -> bool:
        """True if it is there already."""
        return key in self.values

    async def take(self, key: Any, make: Callable[[Flight], Awaitable[Any]], label: str) -> Any:
        """What is kept under ``key``; made now, unless it is there or another task makes it.

        A failure is that of all who wait; after a cancellation the next who waits makes it.

        Raises:
            CycleError: Whoever makes it waits, in the end, for the task that asks.
        """
        found = await self.landed(key, label)
        return await self._make(key, make) if found is MISSING else found

    async def landed(self, key: Any, label: str) -> Any:
        """What is kept under ``key``, once another task has made it; ``MISSING`` if none does.

        Raises:
            CycleError: As for ``take``.
        """
        while key not in self.values:
            flight = self.flights.get(key)
            if flight is None:
                return MISSING
            error = await _landed(flight, label)
            if error is not None and not isinstance(error, asyncio.CancelledError):
                raise error
        return self.values[key]

    def abandon(self, flight: Flight, error: BaseException) -> None:
        """Whatever that flight was making failed."""
        for key in [key for key, each in self.flights.items() if each is flight]:
            del self.flights[key]
        flight.land(error)

    async def _make(self, key: Any, make: Callable[[Flight], Awaitable[Any]]) -> Any:
        flight = self.flights[key] = Flight(asking())
        error: BaseException | None = None
        try:
            self.values[key] = await make(flight)
        except BaseException as raised:
            error = raised
            raise
        finally:
            del self.flights[key]
            flight.land(error)
        return self.values[key]


async def _landed(flight: Flight, label: str) -> BaseException | None:
    """How the flight ended: without an error, or with this one."""
    asker = asking()
    follow: Flight | None = flight
    while follow is not None:
        if follow.maker == asker:
            reason = f"{label} is asked for by what makes it"
            fix = "take it as a parameter, or ask for it lazily: di.Lazy[...]"
            raise CycleError(label, reason, ((label, reason),), fixes=(fix,))
        follow = _waits.get(follow.maker)
    if isinstance(asker, int):
        reason = "another thread or task is making it"
        raise NeedsAwaitError(label, reason, ((label, reason),), fixes=("await di.nject(...)",))
    told: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()
    flight.waiting.append(told)
    with flight.awaited():
        return await told


def asking() -> Asker:
    """The running task, or the thread where none runs."""
    try:
        return asyncio.current_task() or threading.get_ident()
    except RuntimeError:
        return threading.get_ident()

"""Made once, also when several tasks ask at the same time.

A task that is cancelled while it makes something does not take with it those that wait for it: the next of them
makes it. No lock and no future outlives the loop in which it was needed. How it is waited for stands in ``waiting``.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

MISSING: Any = object()
"""Stands where nothing is kept."""


class Flight:
    """Something that is being made.

    ``waiting`` are those who are told when it is made or has failed. ``held_up_by`` is what its maker waits for, until one of
    these futures is done. Whoever makes it has it in a local variable named ``flight``, or its scope in one named ``first``:
    that is how it is known what the running code is about to make. To note the task instead would take every call the time
    of a system call, though hardly anybody ever asks.
    ``maker`` is the task that makes it, if it does nothing else; so many ``passengers`` wait for that.
    """

    __slots__ = ("held_up_by", "maker", "passengers", "waiting")

    def __init__(self) -> None:
        self.held_up_by: tuple[Flight, tuple[asyncio.Future[Any], ...]] | None = None
        self.maker: asyncio.Task[None] | None = None
        self.passengers = 0
        self.waiting: list[asyncio.Future[BaseException | None]] | None = None

    def land(self, error: BaseException | None) -> None:
        """Wake all who wait; an ``error`` is theirs, too."""
        waiting, self.waiting = self.waiting, None
        for told in waiting or ():
            loop = told.get_loop()
            if loop is _running_loop():
                _tell(told, error)
            elif not told.done() and not loop.is_closed():  # it was made in another thread
                loop.call_soon_threadsafe(_tell, told, error)


class Kept:
    """What was made once, by key, and what is being made now."""

    __slots__ = ("flights", "values")

    def __init__(self) -> None:
        self.values: dict[Any, Any] = {}
        self.flights: dict[Any, Flight] = {}

    def has(self, key: Any) -> bool:
        """True if it is there already."""
        return self.find(key) is not MISSING

    def find(self, key: Any) -> Any:
        """What is kept under ``key``, or ``MISSING``."""
        return self.values.get(key, MISSING)

    async def take(self, key: Any, make: Callable[[Flight], Awaitable[Any]], label: str) -> Any:
        """What is kept under ``key``; made now, unless it is there or another task makes it.

        A failure is that of all who wait; after a cancellation the next who waits makes it.

        Raises:
            CycleError: Whoever makes it waits, in the end, for the task that asks.
        """
        if key in self.flights:
            from rostra.di.waiting import landed  # hardly anything is asked for by two at once

            found = await landed(self, key, label)
        else:
            found = self.find(key)
        if found is not MISSING:
            return found
        flight = self.flights[key] = Flight()
        await self.make(key, flight, make)
        return self.values[key]

    def abandon(self, flight: Flight, error: BaseException | None) -> None:
        """Nobody makes any more what that flight was making; an ``error`` is that of all who wait."""
        for key in [key for key, each in list(self.flights.items()) if each is flight]:
            del self.flights[key]
        flight.land(error)

    async def make(self, key: Any, flight: Flight, make: Callable[[Flight], Awaitable[Any]]) -> None:
        """Make what is kept under ``key`` from then on, and wake all who wait for ``flight``."""
        try:
            self.values[key] = await make(flight)
        except BaseException as error:
            self.abandon(flight, error)
            raise
        del self.flights[key]
        flight.land(None)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _tell(told: "asyncio.Future[BaseException | None]", error: BaseException | None) -> None:
    if not told.done():
        told.set_result(error)

"""Made once, also when several tasks ask at the same time.

A task that is cancelled while it makes something does not take with it those that wait for it: the next of them
makes it. No lock and no future outlives the loop in which it was needed. Tasks that would wait for each other for
ever are told so.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import attrs

from rostra.errors import CycleError


@attrs.define(eq=False)
class Flight:
    """Something that is being made.

    Args:
        maker: The task that makes it; None outside of any loop.
        waiting: Those who are told when it is made or has failed.
    """

    maker: asyncio.Task[Any] | None
    waiting: list[asyncio.Future[BaseException | None]] = attrs.field(factory=list)

    def land(self, error: BaseException | None) -> None:
        """Wake all who wait; an ``error`` is theirs, too."""
        for each in self.waiting:
            if not each.done():
                each.set_result(error)


_waits: dict[asyncio.Task[Any], Flight] = {}
"""Which task waits for what: to see that two wait for each other."""


@attrs.define(eq=False)
class Kept:
    """What was made once, by key, and what is being made now."""

    _values: dict[Any, Any] = attrs.field(factory=dict, init=False)
    _flights: dict[Any, Flight] = attrs.field(factory=dict, init=False)

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
        flight = self._flights[key] = Flight(_current_task())
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
    asking = asyncio.current_task()
    follow: Flight | None = flight
    while follow is not None:
        if follow.maker is asking:
            raise CycleError(
                label, f"{label} is asked for while it is being made", ((label, "is being made already"),)
            )
        follow = _waits.get(follow.maker) if follow.maker else None
    told: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()
    flight.waiting.append(told)
    if asking is None:
        return await told
    _waits[asking] = flight
    try:
        return await told
    finally:
        del _waits[asking]


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
